#!/bin/sh
# The demo: pushes the sample FLV to a server on this machine, pulls it back
# at the same time, and compares packet by packet.
# usage: test/demo.sh BUILD
set -u
build=$1
sample=test/data/flv/h264_aac.flv
dir=$(mktemp -d)
server=
player=

# Ends what is still running.
cleanup()
{
	for pid in $player $server; do
		kill "$pid" 2>/dev/null
	done
	rm -rf "$dir"
}
trap cleanup EXIT
trap 'exit 130' INT TERM

fail()
{
	echo "demo FAILED: $*"
	for log in "$dir"/*.log; do
		[ -s "$log" ] && sed 's/^/    /' "$log"
	done
	exit 1
}

# wait_for COMMAND...: until it succeeds, ten seconds at most.
wait_for()
{
	tries=0
	until "$@" 2>/dev/null; do
		tries=$((tries + 1))
		[ $tries -le 100 ] || return 1
		sleep 0.1
	done
}

"$build/rtmp-serve" --once --port-file "$dir/port" 127.0.0.1:0 \
    >"$dir/serve.log" 2>&1 &
server=$!
wait_for test -s "$dir/port" || fail "the server does not listen"
url=rtmp://127.0.0.1:$(cat "$dir/port")/live/demo
printf 'rtmp-serve  listens on %s\n' "${url%/live/demo}"

timeout 30 "$build/rtmp-pull" "$url" "$dir/pulled.flv" \
    >"$dir/pull.log" 2>&1 &
player=$!
wait_for grep -q ' plays ' "$dir/serve.log" || fail "the player does not play"

timeout 30 "$build/rtmp-push" --fast "$sample" "$url" >"$dir/push.log" 2>&1 ||
    fail "rtmp-push ended with status $?"
printf 'rtmp-push   %s: %s bytes\n' "$sample" "$(wc -c <"$sample")"

wait "$player" || fail "rtmp-pull ended with status $?"
player=
printf 'rtmp-pull   what the server relayed: %s bytes\n' \
    "$(wc -c <"$dir/pulled.flv")"

"$build/flvcmp" -d "$sample" "$dir/pulled.flv" >"$dir/compare.log" 2>&1 ||
    fail "what came back differs"
printf 'compared    type, time, size and each byte: %s\n' \
    "$(cat "$dir/compare.log")"

wait "$server" || fail "rtmp-serve ended with status $?"
server=
echo "demo passed"
