#!/bin/sh
# Runs the tests given, programs and scripts; says what failed.
# usage: test/run.sh BUILD TEST...
set -u
build=$1
shift

passed=0
failed=
run() { # name, command...
	name=$1
	shift
	if "$@" >"$build/$name.log" 2>&1; then
		passed=$((passed + 1))
		printf 'ok    %s\n' "$name"
	else
		failed="$failed $name"
		printf 'FAIL  %s\n' "$name"
		tail -n 40 "$build/$name.log"
	fi
}

for t in "$@" test/layers.sh test/readme.sh; do
	name=$(basename "$t" .replay)
	case $t in
	*.replay) run "$name" "$t" "test/fuzz/corpus/${name#fuzz_}" ;;
	*.sh) run "$name" "$t" "$build" ;;
	*) run "$name" "$t" ;;
	esac
done
# shellcheck disable=SC2086
set -- $failed
echo "$passed passed, $# failed"
[ $# = 0 ] || { echo "failed:$failed; logs are in $build"; exit 1; }
