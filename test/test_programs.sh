#!/bin/sh
# rtmp-push and rtmp-pull as a user meets them: what they print, their exit
# statuses, and the files that they leave, with rtmp-serve as the server.
# usage: test/test_programs.sh BUILD
set -u
. test/support/programs.sh
flv=test/data/flv/h264_aac.flv

# ---- Options and URLs ----

expect no-arguments 1 usage "$push"
expect unknown-option 1 ': --nosuch: no such' "$push" --nosuch=geheim "$flv" \
    rtmp://h/a/b
expect unknown-letter 1 ': -v: no such option' "$push" -v "$flv" rtmp://h/a/b
expect wrong-number 1 'from 0 to' "$push" --loop x "$flv" rtmp://h/a/b
expect large-number 1 'from 1 to' "$push" --chunk-size 2147483648 "$flv" \
    rtmp://h/a/b
expect wrong-choice 1 'live\|record\|append' "$push" --type no "$flv" \
    rtmp://h/a/b
expect wrong-seconds 1 seconds "$pull" --duration -1 rtmp://h/a/b -
expect many-seconds 1 'from 0.001 to 2147483' "$pull" --duration 3e6 \
    rtmp://h/a/b -
for o in --fps=25 --fourcc --video-format=h264 --audio-format=aac; do
	expect "streams-only $o" 1 'not with an FLV' "$push" $o "$flv" \
	    rtmp://h/a/b
done
expect value-missing 1 'needs a value' "$pull" --timeout
expect url-none 1 'no scheme' "$push" "$flv" geheim
expect url-scheme 1 'unknown scheme' "$push" "$flv" http://h/a/geheim
expect url-no-app 1 app "$push" "$flv" rtmp://host
expect url-port-0 1 port "$push" "$flv" rtmp://h:0/a/geheim
expect url-port-99999 1 port "$pull" rtmp://h:99999/a/geheim -
expect url-no-stream 1 'stream name' "$push" "$flv" rtmp://h/app
expect proxy-kind 1 'neither socks5:// nor http://' "$push" --proxy ftp://h:1 \
    "$flv" rtmp://h/a/geheim
expect proxy-no-port 1 'proxy: no port' "$pull" --proxy http://h \
    rtmp://h/a/geheim -
expect url-long 1 'too long' "$push" "$flv" \
    "rtmp://h/a/$(printf '%03000d' 0)"

# Secrets in odd places: a query of many values before the key, a key that is
# longer than any in a URL, passwords of the URL and of a proxy.
many=$(seq -s '&' 1 40 | sed 's/[0-9]*/k&=v&/g')
expect secret-behind-a-query 3 'live\?\*\*\*/\*\*\*' "$push" "$flv" \
    "rtmp://127.0.0.1:1/live?$many/geheim"
expect secret-of-3000-letters 3 '/live/\*\*\*: could' "$push" \
    --stream "$(printf 'geheim%02994d' 0)" "$flv" rtmp://127.0.0.1:1/live
expect secret-password 3 refused "$push" "$flv" \
    rtmp://user:geheim@127.0.0.1:1/live/geheim
expect secret-proxy 3 'proxy: connect to .* refused' "$push" \
    --proxy socks5://user:geheim@127.0.0.1:1 "$flv" rtmp://h/a/b

# ---- Files that cannot be sent ----

expect file-missing 2 'No such file' "$push" "$tmp/none" rtmp://h/a/b
expect file-empty 2 empty "$push" - rtmp://h/a/b
expect file-is-a-folder 2 'Is a directory' "$push" test rtmp://h/a/b
expect input-is-closed 2 'Bad file descriptor' sh -c \
    "'$push' - rtmp://h/a/b <&-"
expect file-no-flv 2 'not an FLV file' "$push" Makefile rtmp://h/a/b
head -c 13 "$flv" >"$tmp/no_tags.flv"
expect file-no-tags 2 'no tags' "$push" "$tmp/no_tags.flv" rtmp://h/a/b

expect swf-is-a-folder 2 'Is a directory' "$pull" --swf test rtmp://h/a/b -
expect swf-is-endless 2 'too large' "$pull" --swf /dev/zero rtmp://h/a/b -
name=signal-while-opening
mkfifo "$tmp/fifo"
"$push" "$tmp/fifo" rtmp://h/a/b 2>"$tmp/err" &
pusher=$!
sleep 0.3
kill -INT $pusher
status_of $pusher
[ "$status" = 130 ] || fail "status $status"
[ ! -s "$tmp/err" ] || fail "says something"

# ---- The network ----

expect host-unknown 3 'not found' "$push" "$flv" rtmp://no.such.invalid/a/geheim
expect refused 3 refused "$pull" rtmp://127.0.0.1:1/a/geheim -
expect bind-wrong 1 'local address' "$pull" --bind nowhere \
    rtmp://127.0.0.1:1/a/geheim -
start_server
kill -STOP "$server"
expect silent-server 5 'timed out' "$push" --timeout 0.5 "$flv" "$url"
name=signal-while-connecting
"$push" "$flv" "$url" 2>"$tmp/err" &
pusher=$!
sleep 0.3
kill -INT $pusher
status_of $pusher
[ "$status" = 130 ] || fail "status $status"
name=signal-while-connecting-reconnect
"$push" --reconnect "$flv" "$url" 2>"$tmp/err" &
pusher=$!
sleep 0.3
before=$(date +%s)
kill -INT $pusher
status_of $pusher
[ "$status" = 130 ] || fail "status $status"
[ $(($(date +%s) - before)) -le 2 ] || fail "does not end at once"
kill -CONT "$server"
stop_server

# ---- A server that says no ----

start_server --app live --no-wait
expect unknown-app 4 'rejected' "$push" "$flv" \
    "rtmp://127.0.0.1:$port/other/geheim"
expect no-such-stream 4 'StreamNotFound' "$pull" "$url" "$tmp/none.flv"
[ ! -e "$tmp/none.flv" ] || fail "leaves a file"
"$push" --quiet "$flv" "$url" &
pusher=$!
sleep 0.5
expect name-in-use 4 'BadName' "$push" "$flv" "$url"
kill -INT $pusher
name=signal-while-sending
status_of $pusher
[ "$status" = 130 ] || fail "status $status"
stop_server

# ---- Packets ----

start_server
for f in h264_aac long_timestamps_wrap large_keyframe; do
	pull_begin "$tmp/pulled.flv"
	expect "push-$f" 0 'sent .* packets' "$push" --fast \
	    "test/data/flv/$f.flv" "$url"
	name=pull-$f
	status_of $puller
	[ "$status" = 0 ] || fail "status $status"
	expect_same "pull-$f" "test/data/flv/$f.flv" "$tmp/pulled.flv"
done

for flight in pipelined eager zero-rtt; do
	pull_begin "$tmp/pulled.flv" --flight $flight
	expect "flight-$flight" 0 sent "$push" --flight $flight --fast "$flv" \
	    "$url"
	status_of $puller
	expect_same "flight-$flight" "$flv" "$tmp/pulled.flv"
done

url=rtmp://127.0.0.1:$port/live
pull_begin - --stream geheim >"$tmp/pulled.flv"
expect stream-apart 0 sent "$push" --fast --stream geheim "$flv" "$url"
url=$url/geheim
status_of $puller
expect_same standard-output "$flv" "$tmp/pulled.flv"

# What is hidden is shown when it is asked for.
name=verbose
run "$push" --verbose --fast "$flv" "$url"
grep -q geheim "$tmp/err" || fail "hides the stream key"
grep -q NetStream.Publish.Start "$tmp/err" || fail "hides the server's words"

# Three passes, each a step behind the one before: pushing what was pulled
# tells of no timestamp that goes back.
pull_begin "$tmp/pulled.flv"
expect loop 0 'sent 1038 packets' "$push" --fast --loop 3 "$flv" "$url"
status_of $puller
run "$push" --fast "$tmp/pulled.flv" "$url"
[ "$(grep -c . "$tmp/err")" = 1 ] || fail "timestamps go back"
# One packet, at 0.
printf 'FLV\1\1\0\0\0\011\0\0\0\0\011\0\0\5\0\0\0\0\0\0\0\027\1\0\0\0\0\0\0\020' \
    >"$tmp/short.flv"
expect loop-of-no-time 2 'loop: .* lasts no time' "$push" --loop 0 \
    "$tmp/short.flv" "$url"
expect loop-of-a-pipe 2 loop sh -c \
    "cat $flv | '$push' --loop 2 - rtmp://127.0.0.1:1/a/b"

# Real time: 4 s of media take as long.
name=real-time
before=$(date +%s)
run "$push" test/data/flv/audio_only_aac.flv "$url"
[ $(($(date +%s) - before)) -ge 3 ] || fail "does not wait"

# ---- What connect says ----

stop_server
start_server --verbose
expect connect-words 0 Publish.Start "$push" --quiet --verbose --fast \
    --tc-url rtmp://other/live --swf-url http://h/player.swf \
    --page-url http://h/page --flash-ver 'LNX 9,0,124,2' "$flv" \
    "rtmp://127.0.0.1:$port/live/name"
for words in 'tcUrl: "rtmp://other/live"' 'swfUrl: "http://h/player.swf"' \
    'pageUrl: "http://h/page"' 'flashVer: "LNX 9,0,124,2"'; do
	grep -q "connect: .*$words" "$tmp/serve.log" || fail "lacks $words"
done

# Players that ask with FCSubscribe, for the stream or by another name; and
# those that do not.
"$push" --quiet --loop 0 "$flv" "$url" 2>"$tmp/push.err" &
pusher=$!
sleep 0.5
expect no-subscribe 0 received "$pull" --duration 0.1 "$url" "$tmp/some.flv"
! grep -q FCSubscribe "$tmp/serve.log" || fail "sends FCSubscribe"
expect subscribe 0 received "$pull" --duration 0.1 --subscribe "$url" \
    "$tmp/some.flv"
grep -q ': FCSubscribe: null "geheim"' "$tmp/serve.log" || fail "does not"
expect subscribe-name 0 received "$pull" --duration 0.1 \
    --subscribe='geheim?other=1' "$url" "$tmp/some.flv"
grep -q ': FCSubscribe: null "geheim?other=1"' "$tmp/serve.log" ||
    fail "does not"
name=subscribe-inspect
run "$inspect" --count 9 --subscribe=two "$url"
[ "$status" = 0 ] || fail "status $status"
grep -q ': FCSubscribe: null "two"' "$tmp/serve.log" || fail "does not"
kill -INT $pusher
status_of $pusher

# ---- librtmp's strings ----

expect string-option 1 'wrong URL: nosuch: no option' "$pull" \
    "$url nosuch=1" "$tmp/some.flv"
expect string-value 1 'wrong URL: live: takes 0 or 1' "$push" "$flv" \
    "$url live=geheim"
expect string-space 1 'wrong URL: an option: without' "$push" "$flv" \
    "rtmp://h/a/b geheim"
expect string-no-stream 1 'no stream name' "$pull" \
    "rtmp://127.0.0.1:$port/live live=1" "$tmp/some.flv"
expect string-secrets 3 '/live/\*\*\*: could' "$pull" \
    "rtmp://127.0.0.1:1/live/geheim live=1 pubUser=u \
pubPasswd=geheim subscribe=geheim" "$tmp/some.flv"
# The app has two segments, the stream its prefix, and connect the rest.
plain=$url
string="rtmp://127.0.0.1:$port/live/one/geheim.mp4 live=1 pageUrl=http://p/ \
swfUrl=http://s/\\20x tcUrl=rtmp://t/u FLASHVER=LNX\\2010 conn=B:1 \
conn=O:1 conn=NS:k:v"
url=$string
pull_begin "$tmp/pulled.flv"
expect string-push 0 'sent 346 packets' "$push" --fast "$flv" "$url"
status_of $puller
name=string-pull
[ "$status" = 0 ] || fail "status $status"
expect_same string-pull "$flv" "$tmp/pulled.flv"
for words in 'app: "live/one"' 'tcUrl: "rtmp://t/u"' 'pageUrl: "http://p/"' \
    'swfUrl: "http://s/ x"' 'flashVer: "LNX 10"' '} true {k: "v"}'; do
	[ "$(grep -c "connect: .*$words" "$tmp/serve.log")" = 2 ] ||
	    fail "lacks $words"
done
grep -q 'plays live/one/mp4:geheim$' "$tmp/serve.log" || fail "other stream"
grep -q ': FCSubscribe: null "mp4:geheim"' "$tmp/serve.log" ||
    fail "does not subscribe"
# Options have the last word.
pull_begin "$tmp/pulled.flv" --page-url http://q/ --stream geheim \
    --subscribe=three
expect string-options 0 'sent 346 packets' "$push" --stream geheim --fast \
    "$flv" "$url"
status_of $puller
expect_same string-options "$flv" "$tmp/pulled.flv"
grep -q 'connect: .*pageUrl: "http://q/"' "$tmp/serve.log" || fail "no page"
grep -q 'plays live/one/geheim$' "$tmp/serve.log" || fail "other stream"
grep -q ': FCSubscribe: null "three"' "$tmp/serve.log" || fail "other name"
url=$plain
stop_server
start_server

# ---- Damaged files ----

{
	head -c 100000 "$flv"
	printf 'garbage'
	tail -c +100001 "$flv" | head -c 50000
} >"$tmp/damaged.flv"
pull_begin "$tmp/pulled.flv"
expect damaged 2 'byte 99876: .*skipped' "$push" --fast "$tmp/damaged.flv" \
    "$url"
grep -q 'byte 149418: the file ends' "$tmp/err" || fail "misses the end"
grep -q 'sent 234 packets' "$tmp/err" || fail "does not send what is whole"
status_of $puller
name=damaged-arrives
[ "$status" = 0 ] || fail "status $status"
expect damaged-without 0 'sent 234 packets' "$push" --fast \
    "$tmp/pulled.flv" "$url"

# ---- Pulling that ends early leaves a valid FLV ----

"$push" --quiet --loop 0 "$flv" "$url" 2>"$tmp/push.err" &
pusher=$!
sleep 0.5
expect duration 0 'received .* packets, 0:00:0[01]\.' "$pull" \
    --duration 1 "$url" "$tmp/part.flv"
expect duration-file 0 sent "$push" --fast --stream two "$tmp/part.flv" \
    "rtmp://127.0.0.1:$port/live"
expect disk-full 2 'No space' sh -c "'$pull' '$url' - >/dev/full"
expect output-is-closed 2 'Bad file descriptor' sh -c "'$pull' '$url' - >&-"
expect pipe-closed 2 'Broken pipe' sh -c "{ '$pull' '$url' -; echo \$? \
    >'$tmp/status'; } | head -c 10000 >'$tmp/part.flv'; exit \$(cat \
    '$tmp/status')"
# The reader has cut off what it got, and nothing else is wrong with that.
expect pipe-closed-file 2 'the file ends in the middle of a tag' "$push" \
    --quiet --fast --stream two "$tmp/part.flv" "rtmp://127.0.0.1:$port/live"
[ "$(grep -c . "$tmp/err")" = 1 ] || fail "is damaged"
# As a disk that becomes full in the middle of a tag.
expect file-too-large 2 'too large' sh -c \
    "ulimit -f 50; exec '$pull' '$url' '$tmp/part.flv'"
expect file-too-large-file 0 sent "$push" --fast --stream two \
    "$tmp/part.flv" "rtmp://127.0.0.1:$port/live"
[ "$(grep -c . "$tmp/err")" = 1 ] || fail "is damaged"
name=signal-while-opening-output
pull_begin "$tmp/fifo"
kill -INT $puller
status_of $puller
[ "$status" = 130 ] || fail "status $status"
[ ! -s "$tmp/pull.err" ] || fail "says something"
name=loop-of-a-file-that-shrinks
cp test/data/flv/audio_only_aac.flv "$tmp/shrinks.flv"
"$push" --loop 0 --stream two "$tmp/shrinks.flv" \
    "rtmp://127.0.0.1:$port/live" 2>"$tmp/err" &
shrinks=$!
sleep 0.5
head -c 13 "$flv" >"$tmp/shrinks.flv"
status_of $shrinks
[ "$status" = 2 ] || fail "status $status"
grep -q 'no tags' "$tmp/err" || fail "does not say so"
name=signal-while-playing
pull_begin "$tmp/part.flv"
kill -TERM $puller
status_of $puller
[ "$status" = 130 ] || fail "status $status"
expect signal-file 0 sent "$push" --fast --stream two "$tmp/part.flv" \
    "rtmp://127.0.0.1:$port/live"

name='server-dies'
pull_begin "$tmp/part.flv"
kill -9 "$server"
wait "$server" 2>/dev/null
server=
status_of $puller
[ "$status" = 3 ] || fail "rtmp-pull: status $status"
status_of $pusher
[ "$status" = 3 ] || fail "rtmp-push: status $status"

# What is lost at the end is lost for good, and not told as sent.
start_server
name=reconnect-in-vain
"$push" --reconnect test/data/flv/audio_only_aac.flv "$url" 2>"$tmp/err" &
pusher=$!
sleep 1
kill -9 "$server"
wait "$server" 2>/dev/null
server=
status_of $pusher
[ "$status" = 3 ] || fail "status $status"
grep -q 'the end of the stream with it' "$tmp/err" || fail "does not say so"
all=$("$inspect" test/data/flv/audio_only_aac.flv | grep -c ' ms ')
awk -v all="$all" '/: sent / { n += $3 } /: lost / { n += $3; lost = $3 }
	END { exit !(n == all && lost > 50) }' "$tmp/err" ||
    fail "does not count $all packets"

# ---- RTMPT, with and without connections that end ----

for option in --rtmpt --rtmpt-requests=3; do
	name=rtmpt$option
	start_server $option
	url=rtmpt:${url#*:}
	pull_begin "$tmp/tunnel.flv"
	expect "$name" 0 sent "$push" --fast "$flv" "$url"
	status_of $puller
	[ "$status" = 0 ] || fail "rtmp-pull: status $status"
	expect "$name-file" 0 'sent 346 packets' "$push" --fast \
	    "$tmp/tunnel.flv" "$url"
	stop_server
done
start_server
expect rtmpt-none 3 'POST /open' "$push" "$flv" \
    "rtmpt://127.0.0.1:$port/live/geheim"
stop_server

finish "the programs keep their word"
