#!/bin/sh
# The C in README compiles as it stands, and links.
# usage: test/readme.sh BUILD
set -eu
build=${1:-build}
dir=$build/readme
test/support/c_of.sh README "$dir"
n=0
for c in "$dir"/*.c; do
	${CC:-cc} -std=c99 -D_POSIX_C_SOURCE=200809L -Wall -Wextra -Werror \
	    -Iinclude -c "$c" -o "${c%.c}.o"
	n=$((n + 1))
done
[ "$n" = 4 ] || { echo "README has $n programs, not 4"; exit 1; }
echo "README: $n programs compile"
