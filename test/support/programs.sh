# What the scripts that run programs share: a folder, a server, what failed.
# Read by them at their beginning, with the build folder as $1.
build=${1:-build}
push=$build/rtmp-push
pull=$build/rtmp-pull
inspect=$build/rtmp-inspect
serve=$build/rtmp-serve
tmp=$(mktemp -d)
server=
failed=0

cleanup() {
	[ -z "$server" ] || kill -9 "$server" 2>/dev/null
	rm -rf "$tmp"
}
trap cleanup EXIT
trap 'exit 1' INT TERM

# $name says what fails, $tmp/err what it printed.
fail() {
	echo "FAIL  $name: $*"
	[ ! -s "$tmp/err" ] || sed 's/^/      /' "$tmp/err"
	failed=$((failed + 1))
}

# The end of the script.
finish() {
	[ $failed = 0 ] || exit 1
	echo "$*"
	exit 0
}

# start_server [OPTION...]: sets server, port and url.
start_server() {
	rm -f "$tmp/port"
	"$serve" --quiet --port-file "$tmp/port" "$@" \
	    127.0.0.1:0 >"$tmp/serve.log" 2>&1 &
	server=$!
	tries=0
	until [ -s "$tmp/port" ] || [ $tries = 100 ]; do
		tries=$((tries + 1))
		sleep 0.1
	done
	port=$(cat "$tmp/port")
	url=rtmp://127.0.0.1:$port/live/geheim
}

stop_server() {
	kill "$server"
	wait "$server"
	server=
}

# run COMMAND...: its output in $tmp/out, $tmp/err, its status in $status.
run() {
	"$@" >"$tmp/out" 2>"$tmp/err" </dev/null
	status=$?
}

# expect NAME STATUS WORDS COMMAND...: WORDS is a grep -E pattern for standard
# error; no stream key may be on it, nor a line that does not begin with the
# program.
expect() {
	name=$1
	want=$2
	words=$3
	shift 3
	run "$@"
	[ "$status" = "$want" ] || fail "status $status, not $want"
	grep -qE "$words" "$tmp/err" || fail "does not say $words"
	! grep -q geheim "$tmp/err" || fail "shows the stream key"
	! grep -vE '^(rtmp-(push|pull|inspect|serve)|poll_(publish|play)): ' \
	    "$tmp/err" | grep -q . ||
	    fail "prints lines that do not begin with its name"
}

# expect_same NAME FILE FILE
expect_same() {
	name=$1
	cmp "$2" "$3" >"$tmp/err" 2>&1 || fail "the files differ"
}

# When the pid given has ended; its status.
status_of() {
	wait "$1"
	status=$?
}

# pull_begin FILE [OPTION...]: in the background, as $puller, and ready.
pull_begin() {
	file=$1
	shift
	"$pull" --quiet "$@" "$url" "$file" 2>"$tmp/pull.err" &
	puller=$!
	sleep 0.3
}
