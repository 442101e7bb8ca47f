#!/bin/sh
# The event loops of the examples: what one publishes the other plays, packet
# by packet, and what a server refuses is told in one line.
# usage: test/test_poll.sh BUILD
set -u
. test/support/programs.sh
publish=$build/poll_publish
play=$build/poll_play
flv=test/data/flv/audio_only_aac.flv

start_server
for pair in "$publish:$play" "$publish:$pull" "$push:$play"; do
	name=$(basename "${pair%:*}")-$(basename "${pair#*:}")
	"${pair#*:}" "$url" "$tmp/played.flv" 2>"$tmp/play.err" &
	player=$!
	sleep 0.3
	run "${pair%:*}" "$flv" "$url"
	[ "$status" = 0 ] || fail "publisher: status $status"
	status_of $player
	[ "$status" = 0 ] || fail "player: status $status"
	# poll_play says that there is audio and video before it can know.
	tail -c +6 "$flv" >"$tmp/want"
	tail -c +6 "$tmp/played.flv" >"$tmp/got"
	expect_same "$name" "$tmp/want" "$tmp/got"
done

name=listed
"$play" "$url" >"$tmp/list" &
player=$!
sleep 0.3
"$push" --quiet --fast "$flv" "$url"
status_of $player
[ "$(grep -c ' ms  audio  ' "$tmp/list")" -gt 100 ] || fail "lists no packets"
expect publish-no-flv 1 'not an FLV file' "$publish" Makefile "$url"
expect publish-empty 1 'it is empty' "$publish" /dev/null "$url"
expect publish-a-folder 1 'Is a directory' "$publish" test "$url"
name=listed-in-vain
"$play" "$url" >/dev/full 2>"$tmp/err" &
player=$!
sleep 0.3
"$push" --quiet --fast "$flv" "$url"
status_of $player
[ "$status" = 1 ] || fail "status $status"
stop_server

start_server --app other --no-wait
expect publish-refused 1 'InvalidApp' "$publish" "$flv" "$url"
expect play-refused 1 'StreamNotFound' "$play" \
    "rtmp://127.0.0.1:$port/other/geheim"
stop_server
expect publish-nobody 1 refused "$publish" "$flv" "$url"
expect play-nobody 1 refused "$play" "$url"
expect publish-no-file 1 'No such file' "$publish" "$tmp/none" "$url"

finish "the event loops work"
