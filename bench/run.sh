#!/bin/sh
# Prints the table of figures: what, measured, what is to be reached, librtmp.
# Ends with 1 when one of them could not be taken.  A figure out of reach is
# not a failure: machines differ, and are busy.
# Run it in the root of the project: it builds what it needs.
# usage: bench/run.sh [--short] BUILD
set -eu

short=
if [ "${1:-}" = --short ]; then
	short=1
	shift
fi
[ $# = 1 ] || { echo "usage: $0 [--short] BUILD" >&2; exit 2; }
build=$1
bin=$build/bench
test/install.sh bench
make --no-print-directory -s B="$build" bench-programs
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT

if [ -n "$short" ]; then
	rounds=1 repeats=3 connects=1
else
	rounds=5 repeats=5 connects=5
fi

fail() {
	echo "bench: $*" >&2
	exit 1
}

row() { # what, measured, reach, librtmp
	printf '%-47s %13s %13s %13s\n' "$1" "$2" "$3" "$4"
}

# ---- Instructions in memory ----

# Those of one run, without what memcpy() and memset() do for each byte.
instructions() { # program, mode, rounds
	valgrind --tool=callgrind --callgrind-out-file="$tmp/callgrind" \
	    "$1" "$2" "$3" >"$tmp/totals" 2>"$tmp/log" ||
	    { cat "$tmp/log" >&2; fail "$1 $2 failed"; }
	callgrind_annotate --threshold=100 --auto=no "$tmp/callgrind" |
	    awk '/^ *[0-9,]+ .*:/ && !/:[^ ]*mem(p?cpy|move|set)/ {
			gsub(",", "", $1)
			sum += $1
		}
		END { printf "%.0f\n", sum }'
}

# Twice as many rounds cost so much more, without start and end of the
# program.  Instructions do not vary, so that few rounds are enough.
per() { # program, mode, messages | chunks
	less=$(instructions "$1" "$2" "$turns") || exit 1
	more=$(instructions "$1" "$2" $((turns * 2))) || exit 1
	awk -v more="$more" -v less="$less" -v unit="$3" '{
		for (i = 1; i < NF; i += 2)
			if ($i == unit)
				printf "%.0f\n", (more - less) / ($(i + 1) / 2)
	}' "$tmp/totals"
}

codec() { # what, mode, messages | chunks, reach, rounds
	turns=$5
	own=$(per "$bin/codec" "$2" "$3") || exit 1
	other="not installed"
	if [ -x "$bin/librtmp_codec" ]; then
		other=$(per "$bin/librtmp_codec" "$2" "$3") || exit 1
	fi
	if [ -z "$own" ] || [ -z "$other" ]; then
		fail "$2 was not measured"
	fi
	row "$1" "$own" "$4" "$other"
}

# ---- Size ----

needed() { # library
	readelf -d "$1" | sed -n 's/.*(NEEDED).*\[\(.*\)\]/\1/p'
}

# Of all that comes with it but libc, in KB.
needed_size() { # library
	ldd "$1" | sed -n 's/.* => \(\/[^ ]*\) .*/\1/p' |
	    grep -v '/libc\.so' | xargs -r stat -L -c %s |
	    awk '{ sum += $1 } END { printf "%.0f\n", sum / 1024 }'
}

stripped_size() { # library
	strip -o "$tmp/stripped" "$1" || exit 1
	stat -c %s "$tmp/stripped" | awk '{ printf "%.1f KB\n", $1 / 1024 }'
}

size() {
	own=$build/librtmpio.so
	own_size=$(stripped_size "$own") || exit 1
	own_needs=$(needed "$own") || exit 1
	own_needs_size=$(needed_size "$own") || exit 1
	other=$(${CC:-cc} -print-file-name=librtmp.so)
	other_size="not installed" other_needs="not installed"
	other_needs_size="not installed"
	if [ -x "$bin/librtmp_codec" ]; then
		other_size=$(stripped_size "$other") || exit 1
		other_needs="$(needed "$other" | wc -l) libraries"
		other_needs_size="$(needed_size "$other") KB"
	fi
	[ -n "$own_needs" ] || fail "$own needs no library, not even libc"
	row "stripped shared library" "$own_size" "<= 160 KB" "$other_size"
	make --no-print-directory -s CORE=1 B="$build/core" \
	    "$build/core/librtmpio.so"
	core_size=$(stripped_size "$build/core/librtmpio.so") || exit 1
	row "  the core alone, make CORE=1" "$core_size" "<= 80 KB" ""
	row "  needs" "$(echo "$own_needs" | paste -s -d ' ' -)" \
	    "libc only" "$other_needs"
	row "  their size with all they need, but libc" \
	    "$own_needs_size KB" "0 KB" "$other_needs_size"
}

# ---- The table ----

model=$(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | sed -n 1p)
echo "machine: ${model:-$(uname -m)}, $(nproc) CPUs, $(uname -s) $(uname -r)"
echo "mix: 30 fps video of 6 Mbit/s, AAC of 128 kbit/s; GB: 10^9 bytes;" \
    "medians of $((rounds * 5)) turns," \
    "of $rounds with the peer on another CPU"
echo
row "what" "rtmpio" "reach" "librtmp"
row "----" "------" "-----" "-------"
codec "encode 4 KB messages at 128, instr. per chunk" \
    encode-128 chunks "<= 60" 4
codec "encode mix at 60000, instr. per message" \
    encode-60000 messages "<= 150" 4
codec "encode mix at 4096, instr. per message" encode-4096 messages "" 4
codec "decode 4 KB messages at 128, instr. per chunk" \
    decode-128 chunks "<= 100" 4
codec "decode mix at 4096, instr. per message" \
    decode-4096 messages "<= 400" 4
codec "decode 200 KB messages at 65536, per message" \
    decode-65536 messages "" 1
"$bin/publish" "$rounds"
"$bin/play" "$rounds"
"$bin/connect" "$connects"
"$bin/heap"
"$bin/media" "$repeats"
size
