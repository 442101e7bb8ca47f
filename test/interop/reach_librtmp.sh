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

# What connect says that the options of either can change: a line each.
connected()
{
	awk '/ connect: / && !/releaseStream/ {
		sub(/^[^{]*/, "")
		line = ""
		values = $0
		while (match($0, /(app|flashVer|swfUrl|tcUrl|pageUrl): "[^"]*"/)) {
			line = line " " substr($0, RSTART, RLENGTH)
			$0 = substr($0, RSTART + RLENGTH)
		}
		sub(/.*} true/, "true", values)
		print line, values
	}' "$1"
}

# string: a string of librtmp, to rtmp-push and to rtmp-pull, is what the same
# options are to rtmpdump.
string()
{
	local text
	begin_own
	stream=mp4:$stream
	url=$url.mp4
	text="$url live=1 swfUrl=http://s/p.swf pageUrl=http://p/ buffer=77 \
tcUrl=rtmp://other:1/live flashVer=LNX\\2010,0 conn=B:1 conn=S:authMe \
conn=O:1 conn=NN:code:1.23 conn=NS:flag:ok conn=O:0"
	begin rtmpdump rtmpdump -v -r "$url" -s http://s/p.swf -p http://p/ \
	    -b 77 -t rtmp://other:1/live -f "LNX 10,0" -C B:1 -C S:authMe \
	    -C O:1 -C NN:code:1.23 -C NS:flag:ok -C O:0 \
	    -o "$dir/rtmpdump.flv"
	begin rtmp-pull "$pull" "$text" "$dir/rtmp-pull.flv"
	all_joined 2
	begin rtmp-push "$push" --fast "$flv/h264_aac.flv" "$text"
	ended rtmp-push 0
	end_pull rtmp-pull
	ended rtmpdump 0 2
	kill -INT "${pid[own]}"
	connected "$dir/own.log" >"$dir/connected"
	[ "$(sort -u "$dir/connected" | wc -l)" -eq 1 ] &&
	    [ "$(wc -l <"$dir/connected")" -eq 3 ] &&
	    grep -q 'true "authMe" {code: 1.23, flag: "ok"}$' \
		"$dir/connected"
	result "connects as rtmpdump connects" $?
	[ "$(asked "$dir/own.log" | grep -c "^; connect; createStream;\
 FCSubscribe; FCSubscribe: null \"$stream\"; play\$")" -eq 2 ]
	result "asks as rtmpdump asks" $?
	same_packets rtmp-pull -d "$flv/h264_aac.flv" "$dir/rtmp-pull.flv"
	same_packets rtmpdump -s 5 "$flv/h264_aac.flv" "$dir/rtmpdump.flv"
}

# The same from nginx, whose log has the arguments of play.
string_nginx()
{
	local start
	begin rtmpdump rtmpdump -v -r "$url" -B 1000 -o "$dir/rtmpdump.flv"
	begin rtmp-pull "$pull" "$url live=1 stop=1000000" \
	    "$dir/rtmp-pull.flv"
	all_joined 2
	push_file h264_aac --fast
	end_pull rtmp-pull
	ended rtmpdump 0 2
	start=$(grep "play: name='$stream'" "${log_of[nginx]}" |
	    sed 's/.*\(start=.*reset=[0-9]*\).*/\1/' | sort -u)
	[ "$(echo "$start" | wc -l)" -eq 1 ] &&
	    [[ $start == start=-1000\ duration=1000000* ]]
	result "plays as rtmpdump plays: $start" $?
	# shellcheck disable=SC2046
	same_packets rtmp-pull $(metadata) "$flv/h264_aac.flv" \
	    "$dir/rtmp-pull.flv"
}

# The programs of doc/from-librtmp.md, 1 and 3 before, 2 and 4 after; both
# libraries are linked into each, and both players play what either publishes.
from_librtmp()
{
	local i publisher
	test/support/c_of.sh doc/from-librtmp.md "$dir/c"
	cat >"$dir/c/both.h" <<-'END'
	#include <librtmp/rtmp.h>
	#include <librtmp/log.h>
	#include <rtmpio/librtmp.h>
	int both(void);
	int both(void)
	{
		return RTMP_LibVersion() + *rtmp_library_version();
	}
	END
	for i in 1 2 3 4; do
		${CC:-cc} -std=c99 -D_POSIX_C_SOURCE=200809L -Wall -Wextra \
		    -Werror -Iinclude -include "$dir/c/both.h" \
		    "$dir/c/$i.c" "$build/librtmpio.a" -lrtmp -pthread \
		    -o "$dir/$i" || give_up "program $i does not compile"
	done
	for publisher in 1 2; do
		stream=$stream-$publisher
		url=${url%/*}/$stream
		begin before "$dir/3" "$url live=1" "$dir/before.flv"
		begin after "$dir/4" "$url live=1" "$dir/after.flv"
		all_joined 2
		begin publisher "$dir/$publisher" "$flv/h264_aac.flv" "$url"
		ended publisher 0
		ended after 0
		ended before 0
		# shellcheck disable=SC2046
		same_packets "$publisher to after" $(metadata) \
		    "$flv/h264_aac.flv" "$dir/after.flv"
		# shellcheck disable=SC2046
		same_packets "$publisher to before" $(metadata) -s 5 \
		    "$flv/h264_aac.flv" "$dir/before.flv"
	done
}

reach_librtmp_cases()
{
	run from_librtmp serve
	run from_librtmp nginx
	run string serve
	run string_nginx nginx
	run subscribe serve
	run subscribe serve other
}
