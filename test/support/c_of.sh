#!/bin/sh
# The C in a text with ``` fences, each piece into a file: DIR/1.c, DIR/2.c ...
# usage: test/support/c_of.sh FILE DIR
set -eu
rm -rf "$2"
mkdir -p "$2"
awk -v dir="$2" '
	/^```c$/ { file = dir "/" ++n ".c"; next }
	/^```$/ { file = ""; next }
	file != "" { print > file }' "$1"
