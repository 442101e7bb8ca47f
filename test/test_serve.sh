#!/bin/sh
# rtmp-serve as a user meets it: where it can listen and where not, the files
# it writes, and what it prints.  What it does on the wire is in test_serve*.c.
# usage: test/test_serve.sh BUILD
set -u
. test/support/programs.sh
flv=test/data/flv/h264_aac.flv

# ---- Options ----

expect port-99999 1 'port: 99999 is not from 0 to 65535' "$serve" 99999
expect port-none 1 'port' "$serve" 127.0.0.1:x
expect host-unknown 3 'no.such.invalid: ' "$serve" no.such.invalid:1935
expect user-without-a-password 1 'not NAME:PASSWORD' "$serve" --auth adobe \
    --user geheim 0
expect queue-too-small 1 'queue: 1 is not' "$serve" --queue 1 0
expect record-missing 2 'record: .*No such file' "$serve" \
    --record "$tmp/none" 0
expect record-into-a-file 2 'record: .*Not a directory' "$serve" \
    --record Makefile 0
expect port-file-missing 2 'No such file' "$serve" --quiet \
    --port-file "$tmp/none/port" 127.0.0.1:0
# What is no file stays what it is.  Of these names one is this test's alone.
ln -s /dev/full "$tmp/full"
expect port-file-full 2 'No space left' "$serve" --quiet \
    --port-file "$tmp/full" 127.0.0.1:0
[ -L "$tmp/full" ] || fail "is replaced"
expect host-ipv6 3 '^rtmp-serve: 2001:db8::1( port 1935)?: ' "$serve" \
    2001:db8::1

# ---- Listening ----

start_server
expect port-in-use 3 "127.0.0.1 port $port: .* in use" "$serve" \
    "127.0.0.1:$port"
stop_server
[ "$status" = 3 ] || fail "status $status"

# On standard output; on standard error who comes, without the stream name.
# What stands for a stream that is closed is no socket of a client.
name=output
"$serve" --port-file "$tmp/port2" 127.0.0.1:0 >"$tmp/out" 2>"$tmp/err" <&- &
server=$!
for _ in 1 2 3 4 5 6 7 8 9 10; do
	[ -s "$tmp/port2" ] && break
	sleep 0.1
done
url=rtmp://127.0.0.1:$(cat "$tmp/port2")/live/geheim
grep -qx "listening on 127.0.0.1:$(cat "$tmp/port2")" "$tmp/out" ||
    fail "does not say where it listens"
"$push" --quiet --fast "$flv" "$url"
kill "$server"
status_of "$server"
server=
[ "$status" = 0 ] || fail "status $status"
grep -q 'publishes live/\*\*\*' "$tmp/err" || fail "does not say who came"
! grep -q geheim "$tmp/err" || fail "shows the stream key"

# ---- Recordings ----

mkdir "$tmp/rec"
start_server --record "$tmp/rec"
"$push" --quiet --fast "$flv" "$url"
stop_server
expect_same record "$flv" "$tmp/rec/geheim.flv"

# A file that cannot be written is told, and the stream goes on.
start_server --record "$tmp/rec"
mkdir "$tmp/rec/name.flv"
name=record-fails
run "$push" --quiet --fast "$flv" "rtmp://127.0.0.1:$port/live/name"
stop_server
[ "$status" = 0 ] || fail "status $status"
grep -q 'recording ends: Is a directory' "$tmp/serve.log" ||
    fail "does not say why"

finish "rtmp-serve keeps its word"
