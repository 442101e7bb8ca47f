#!/bin/sh
# Runs the tests given, programs and scripts; says what failed, and what was
# skipped and why.  NAME=WHAT is a program that could not be built, as WHAT is
# not there.
# usage: test/run.sh BUILD TEST... [NAME=WHAT]...
set -u
build=$1
shift

passed=0
failed=
skipped=$build/skipped
: >"$skipped"
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
	skips "$name" <"$build/$name.log" >>"$skipped"
}

# What cmocka has skipped, each with the line that was printed before.
skips() { # name
	awk -v name="$1" '
		/^\[  SKIPPED \] [0-9]+ test/ { exit }
		/^\[  SKIPPED \]/ {
			if (last ~ /^\[/)
				last = "it does not say why"
			print name ": " $4 ": " last
		}
		{ last = $0 }'
}

for t in "$@" test/layers.sh test/readme.sh; do
	name=$(basename "$t" .replay)
	case $t in
	*=*) echo "${t%%=*}: ${t#*=} is not there" >>"$skipped" ;;
	*.replay) run "$name" "$t" "test/fuzz/corpus/${name#fuzz_}" ;;
	*.sh) run "$name" "$t" "$build" ;;
	*) run "$name" "$t" ;;
	esac
done
sed 's/^/skipped: /' "$skipped"
[ -z "$failed" ] || echo "failed:$failed; logs are in $build"
# shellcheck disable=SC2086
set -- $failed
line="$passed passed, $# failed"
[ ! -s "$skipped" ] || line="$line, $(grep -c '' "$skipped") skipped"
echo "$line"
[ $# = 0 ]
