#!/bin/sh
# What every program says of itself: --help, --version, one line for what is
# wrong with an option; and man pages that name the options that there are.
# usage: test/test_usage.sh BUILD
set -u
. test/support/programs.sh

version=$(sed -n 's/^.define RTMP_LIBRARY_VERSION "\(.*\)"/\1/p' \
    include/rtmpio/types.h)

for p in rtmp-push rtmp-pull rtmp-inspect rtmp-serve poll_publish poll_play
do
	name="$p --help"
	run "$build/$p" --help
	[ "$status" = 0 ] || fail "status $status"
	head -n 1 "$tmp/out" | grep -q "^usage: $p " || fail "has no usage"
	[ ! -s "$tmp/err" ] || fail "is on standard error"
	! grep -qE '^.{80}' "$tmp/out" || fail "is wider than 79 columns"
	name="$p --version"
	run "$build/$p" --version
	[ "$status" = 0 ] || fail "status $status"
	[ "$(cat "$tmp/out")" = "$p (rtmpio) $version" ] ||
	    fail "says $(cat "$tmp/out")"
done
for p in poll_publish poll_play; do
	expect "$p-arguments" 1 usage "$build/$p"
	expect "$p-url" 1 URL "$build/$p" none rtmps://h/a/geheim
done

# options FILE: the words that begin with two dashes, one a line.
options() {
	tr -d '\\' <"$1" | grep -oE -- '(^|[^a-z-])--[a-z][a-z0-9-]*' |
	    grep -oE -- '--.*' | sort -u
}

for p in push pull inspect serve; do
	name="rtmp-$p -h"
	"$build/rtmp-$p" --help >"$tmp/help"
	run "$build/rtmp-$p" -h
	cmp -s "$tmp/help" "$tmp/out" || fail "is not --help"
	for o in --help --version; do
		expect "rtmp-$p-$o-in-vain" 2 ': standard output: No space' \
		    sh -c "'$build/rtmp-$p' $o >/dev/full"
	done

	name="doc/rtmp-$p.1"
	options "$tmp/help" >"$tmp/want"
	sed -n '/^\.SH OPTIONS/,/^\.SH URLS/p' "doc/rtmp-$p.1" >"$tmp/page"
	options "$tmp/page" >"$tmp/got"
	# Those for rtmps are in the pages, whatever was built.
	grep -q -- --tls-ca "$tmp/want" || sed -i '/^--tls-/d' "$tmp/got"
	diff "$tmp/want" "$tmp/got" >"$tmp/err" || fail "has other options"

	expect "rtmp-$p-option" 1 ': --none: no such option' \
	    "$build/rtmp-$p" --none=geheim
	expect "rtmp-$p-letter" 1 ': -x: no such option' "$build/rtmp-$p" -x
	expect "rtmp-$p-flag" 1 ': --quiet: takes no value' \
	    "$build/rtmp-$p" --quiet=geheim
	expect "rtmp-$p-value" 1 ': --[a-z-]*: needs a value' \
	    "$build/rtmp-$p" --handshake
	expect "rtmp-$p-arguments" 1 'usage|more than one|one address' \
	    "$build/rtmp-$p" a b c
done

finish "the programs say what they are"
