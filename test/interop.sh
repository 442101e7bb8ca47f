#!/bin/bash
# Runs rtmp-push and rtmp-pull against real peers, and compares packet by
# packet: nginx with its RTMP module, node-media-server ("nms"), ffmpeg as a
# server and as a client, rtmpdump, GStreamer's rtmp2, and rtmp-serve.
#
#     FLV file -> publisher -> server -> player -> FLV file or hashes
#                                                  = those of the source?
#
# Everything is sent at full speed but where a case says otherwise.  A player
# joins before the publisher, so it gets every packet.  What a peer is known
# to change is named at the case that allows it; nothing else may differ.
#
# usage: test/interop.sh [PATTERN]
#
# PATTERN is a regular expression for names of cases (the arguments of run()
# below).  One line for each comparison; the last line is "N passed, N
# failed".  Failures leave their files in build/interop/run/.
# Environment: B (build), JOBS (3), RTMP_PUSH, RTMP_PULL, RTMP_SERVE.
set -u
cd "$(dirname "$0")/.." || exit 1
PATH=$PATH:/usr/sbin:/sbin
export LC_ALL=C
pattern=${1:-.}
B=${B:-build}
mkdir -p "$B/interop" || exit 1
build=$(cd "$B" && pwd)
push=${RTMP_PUSH:-$build/rtmp-push}
pull=${RTMP_PULL:-$build/rtmp-pull}
serve=${RTMP_SERVE:-$build/rtmp-serve}
flvcmp=$build/flvcmp
flv=$PWD/test/data/flv
work=$build/interop/run
jobs_max=${JOBS:-3}

. test/interop/servers.sh
. test/interop/peers.sh
. test/interop/cases.sh
# Further parts: reach_X.sh has reach_X_servers() and reach_X_cases().
parts=
for part in test/interop/reach_*.sh; do
	. "$part"
	part=${part##*/}
	parts="$parts ${part%.sh}"
done

# ---- What is reported ----

passed() # WORDS
{
	echo "ok    $1" | tee -a "$work/results"
}

# failed WORDS [LOG...]: with the last lines of the logs, printed at once so
# that cases that run at the same time do not mix.
failed()
{
	local log text="FAIL  $1"
	shift
	echo "$text" >>"$work/results"
	for log; do
		[ ! -s "$log" ] || text="$text
      ${log##*/}:
$(tail -n 6 "$log" | cut -c 1-300 | sed 's/^/        /')"
	done
	echo "$text"
}

# ---- Running ----

# wait_for COMMAND...: until it succeeds, ten seconds at most.
wait_for()
{
	local tries=0
	until "$@" 2>/dev/null; do
		tries=$((tries + 1))
		[ $tries -le 200 ] || return 1
		sleep 0.05
	done
}

# The end of a case: nothing of it runs on, and it has had a result.
end_case()
{
	local left
	left=$(jobs -p)
	# shellcheck disable=SC2086
	[ -z "$left" ] || kill $left 2>/dev/null
	[ -e "$dir/result" ] || give_up "ended without a result"
	grep -q FAIL "$dir/result" || rm -rf "$dir"
}

# run FUNCTION SERVER ARGUMENT...: one case, in the background, in a folder
# and with a stream name and a port of its own.
run()
{
	[[ "$*" =~ $pattern ]] || return 0
	while [ "$(jobs -rp | wc -l)" -ge "$jobs_max" ]; do
		wait -n
	done
	case_number=$((case_number + 1))
	take_port
	(
		label=$* server=$2
		stream=case$case_number
		dir=$work/$case_number
		mkdir "$dir"
		trap end_case EXIT
		trap 'touch "$dir/result"; exit 143' INT TERM
		if [ "$server" != ffmpeg ] &&
		    [ -z "${server_pid[$server]-}" ]; then
			give_up "$server does not run"
		fi
		url=rtmp://127.0.0.1:${port_of[$server]-$port}/live/$stream
		"$1" "${@:3}"
	) &
}

cleanup()
{
	local left
	left=$(jobs -p)
	# shellcheck disable=SC2086
	[ -z "$left" ] || kill $left 2>/dev/null
	wait
	stop_servers
}

# ---- Here it begins ----

test/install.sh interop || exit 1
make -s B="$B" interop-clients || exit 1
for program in "$push" "$pull" "$serve"; do
	if [ ! -x "$program" ]; then
		echo "interop: no $program; 'make interop' builds it" >&2
		exit 1
	fi
done
# One run at a time in one build folder.
exec 9>"$build/interop/lock"
flock 9
rm -rf "$work"
mkdir -p "$work" || exit 1
: >"$work/results"
case_number=0
trap cleanup EXIT
trap 'exit 130' INT TERM

print_versions
start_servers
for part in $parts; do
	"${part}_servers"
done
all_cases
for part in $parts; do
	"${part}_cases"
done
wait
check_servers
good=$(grep -c '^ok' "$work/results")
bad=$(grep -c '^FAIL' "$work/results")
echo "$good passed, $bad failed"
[ "$bad" -eq 0 ] && [ "$good" -ne 0 ]
