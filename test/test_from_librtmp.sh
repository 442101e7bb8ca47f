#!/bin/sh
# The programs of doc/from-librtmp.md that stand under "After": they compile
# without a warning, and what one publishes the other one plays.
# usage: test/test_from_librtmp.sh BUILD
set -u
. test/support/programs.sh
flv=test/data/flv/h264_aac.flv
dir=$build/from_librtmp

name=from-librtmp
test/support/c_of.sh doc/from-librtmp.md "$dir"
[ "$(ls "$dir" | wc -l)" = 4 ] || fail "has not four programs"
sanitize=
nm "$build/librtmpio.a" 2>/dev/null | grep -q __asan_ &&
    sanitize=-fsanitize=address,undefined
for program in 2 4; do
	# shellcheck disable=SC2086
	${CC:-cc} -std=c99 -D_POSIX_C_SOURCE=200809L -Wall -Wextra -Werror \
	    -Iinclude "$dir/$program.c" "$build/librtmpio.a" $sanitize \
	    -pthread -o "$dir/$program" 2>"$tmp/err" ||
	    fail "program $program does not compile"
done

start_server --verbose
"$dir/4" "$url.mp4 live=1 conn=S:me" "$tmp/played.flv" 2>"$tmp/play.err" &
player=$!
sleep 0.5
run "$dir/2" "$flv" "$url.mp4 conn=S:me"
[ "$status" = 0 ] || fail "publishing: status $status"
status_of $player
[ "$status" = 0 ] || fail "playing: status $status: $(cat "$tmp/play.err")"
expect_same from-librtmp "$flv" "$tmp/played.flv"
[ "$(grep -c 'connect: .*} "me"$' "$tmp/serve.log")" = 2 ] ||
    fail "conn= does not arrive"
grep -q 'FCSubscribe: null "mp4:geheim"' "$tmp/serve.log" ||
    fail "does not subscribe"
# What goes wrong is said.
run "$dir/2" "$flv" "rtmp://127.0.0.1:1/live/x"
[ "$status" = 1 ] || fail "nobody listens: status $status"
grep -q refused "$tmp/err" || fail "does not say why"
stop_server

finish "what doc/from-librtmp.md promises holds"
