#!/bin/sh
# Runs the test programs given, then the layer check; says what failed.
# usage: test/run.sh BUILD PROGRAM...
set -u
build=$1
shift

passed=0
failed=
for t in "$@"; do
	name=$(basename "$t" .replay)
	case $t in
	*.replay) set -- "test/fuzz/corpus/${name#fuzz_}" ;;
	*) set -- ;;
	esac
	if "$t" "$@" >"$t.log" 2>&1; then
		passed=$((passed + 1))
		printf 'ok    %s\n' "$name"
	else
		failed="$failed $name"
		printf 'FAIL  %s\n' "$name"
		tail -n 40 "$t.log"
	fi
done
for s in test/layers.sh; do
	if "$s" "$build" >"$build/layers.log" 2>&1; then
		passed=$((passed + 1))
		printf 'ok    %s\n' "$(basename "$s")"
	else
		failed="$failed $(basename "$s")"
		printf 'FAIL  %s\n' "$(basename "$s")"
		cat "$build/layers.log"
	fi
done
# shellcheck disable=SC2086
set -- $failed
echo "$passed passed, $# failed"
[ $# = 0 ] || { echo "failed:$failed"; exit 1; }
