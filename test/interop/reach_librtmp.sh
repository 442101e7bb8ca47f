# What programs that leave librtmp are used to, for test/interop.sh.  A part of
# that script.
#
# rtmpdump is librtmp's own player: what it asks for, and gets, is what
# rtmp-pull asks for, and gets.

# Each case has rtmp-serve for itself, and its log.
reach_librtmp_servers()
{
	:
}

begin_own()
{
	begin own "$serve" --verbose "127.0.0.1:$port"
	wait_for listening "$port" || give_up "rtmp-serve does not listen"
	url=rtmp://127.0.0.1:$port/live/$stream
	log_of[serve]=$dir/own.log
}

# asked FILE: the commands of each client that the log tells of up to play,
# and the values of FCSubscribe: one line for each client.
asked()
{
	awk '/ (connect|createStream|FCSubscribe|play), transaction / ||
	    / FCSubscribe: / {
		who = $2
		sub(/^[^ ]* [^ ]* /, "")
		sub(/, transaction.*/, "")
		said[who] = said[who] "; " $0
	}
	END { for (who in said) print said[who] }' "$1"
}

# subscribe [NAME]: rtmpdump and rtmp-pull ask in the same way.
subscribe()
{
	local name=${1-$stream}
	begin_own
	begin rtmpdump rtmpdump -r "$url" -d "$name" -o "$dir/rtmpdump.flv"
	begin_pull rtmp-pull --subscribe${1+="$1"}
	all_joined 2
	push_file h264_aac --fast
	end_pull rtmp-pull
	ended rtmpdump 0 2
	kill -INT "${pid[own]}"
	asked "$dir/own.log" | grep play >"$dir/asked"
	[ "$(grep -c "^; connect; createStream; FCSubscribe; FCSubscribe:\
 null \"$name\"; play\$" "$dir/asked")" -eq 2 ]
	result "asked as rtmpdump asks" $?
	same_packets rtmp-pull -d "$flv/h264_aac.flv" "$dir/rtmp-pull.flv"
	same_packets rtmpdump -s 5 "$flv/h264_aac.flv" "$dir/rtmpdump.flv"
}

reach_librtmp_cases()
{
	run subscribe serve
	run subscribe serve other
}
