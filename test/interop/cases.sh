# The cases of test/interop.sh.  A part of that script; each function runs
# with label, server, stream, url, port and dir set by run().

legacy="h264_aac h264_mp3 video_only audio_only_aac large_keyframe
    long_timestamps long_timestamps_2p31 long_timestamps_2p32
    long_timestamps_wrap"
enhanced="av1_opus fourcc_avc1_mp3 fourcc_avc1_mp4a h264_ac3 h264_eac3
    hevc_aac hevc_flac hevc_modex multitrack_2audio_aac
    multitrack_2video_h264 multitrack_mixed vp9_opus"
flights="stepwise pipelined eager zero-rtt"

# ---- From rtmp-push to players ----

# relay FILE [OPTION...]: rtmp-push to rtmp-pull and to ffmpeg.
relay()
{
	local file=$1
	shift
	begin_pull rtmp-pull
	begin_ffmpeg_play ffmpeg-plays
	all_joined 2
	push_file "$file" "$@"
	end_pull rtmp-pull
	ended ffmpeg-plays 0
	# shellcheck disable=SC2046
	same_packets rtmp-pull $(metadata) "$flv/$file.flv" \
	    "$dir/rtmp-pull.flv"
	same_hashes ffmpeg "$file" "$dir/ffmpeg-plays.txt"
}

# enhanced FILE: codecs that not every ffmpeg knows, so rtmp-pull only.
enhanced()
{
	begin_pull rtmp-pull
	all_joined 1
	push_file "$1" --fast
	end_pull rtmp-pull
	same_packets rtmp-pull -d "$flv/$1.flv" "$dir/rtmp-pull.flv"
}

# flight FLIGHT: rtmp-push in this flight, to a rtmp-pull that waits for each
# answer and to one that is in the same flight.
flight()
{
	begin_pull stepwise
	begin_pull same --flight "$1"
	all_joined 2
	push_file h264_aac --fast --flight "$1"
	end_pull stepwise
	end_pull same
	# shellcheck disable=SC2046
	same_packets "published" $(metadata) "$flv/h264_aac.flv" \
	    "$dir/stepwise.flv"
	# shellcheck disable=SC2046
	same_packets "played" $(metadata) "$flv/h264_aac.flv" "$dir/same.flv"
}

# late: real time, and a player that comes 1.5 s after the publisher.
late()
{
	begin rtmp-push "$push" "$flv/h264_aac.flv" "$url"
	sleep 1.5
	begin_pull rtmp-pull
	ended rtmp-push 0
	end_pull rtmp-pull
	same_packets rtmp-pull -l "$flv/h264_aac.flv" "$dir/rtmp-pull.flv"
}

# duration: rtmp-pull ends by itself after two seconds of media.
duration()
{
	begin_pull rtmp-pull --duration 2
	all_joined 1
	push_file h264_aac
	ended rtmp-pull 0
	same_packets rtmp-pull -e "$flv/h264_aac.flv" "$dir/rtmp-pull.flv"
}

# ---- ffmpeg as the server ----

# listen FILE [OPTION...]: ffmpeg takes what rtmp-push sends.
listen()
{
	local file=$1
	shift
	begin ffmpeg-listens "${ffmpeg[@]}" -f flv -listen 1 -i "$url" \
	    "${hashing[@]}" "$dir/ffmpeg-listens.txt"
	wait_for listening "$port" || give_up "ffmpeg does not listen"
	push_file "$file" "$@"
	ended ffmpeg-listens 0
	same_hashes rtmp-push "$file" "$dir/ffmpeg-listens.txt"
}

# serves FILE [OPTION...]: ffmpeg sends to rtmp-pull, in real time: at the end
# it closes with the client's words unread, and a reset takes what has not been
# sent yet.
serves()
{
	local file=$1
	shift
	begin ffmpeg-serves "${ffmpeg[@]}" -re -i "$flv/$file.flv" \
	    -map 0 -c copy -f flv -listen 1 "$url" \
	    -map 0 -c copy -f flv "$dir/reference.flv"
	wait_for listening "$port" || give_up "ffmpeg does not listen"
	begin_pull rtmp-pull "$@"
	ended ffmpeg-serves 0
	ended rtmp-pull 3
	same_packets rtmp-pull "$dir/reference.flv" "$dir/rtmp-pull.flv"
}

# ---- Other players and publishers ----

# dump FILE: rtmp-push to rtmpdump, which leaves out video of up to 5 bytes:
# the end of sequence of AVC.
dump()
{
	begin rtmpdump rtmpdump -v -r "$url" -o "$dir/rtmpdump.flv"
	all_joined 1
	push_file "$1" --fast
	if [ "$server" = nms ]; then
		settled "$dir/rtmpdump.flv"
		kill -INT "${pid[rtmpdump]}"
	fi
	# 2: less than the duration of the metadata has come.
	ended rtmpdump 0 2
	same_packets rtmpdump -s 5 "$flv/$1.flv" "$dir/rtmpdump.flv"
}

# gst FILE: rtmp-push to GStreamer, which leaves out video of up to 5 bytes as
# well, and often the very last packet when Stream EOF comes right behind it.
# So the publisher stays for a second: it reads from a pipe.
gst()
{
	begin gst gst-launch-1.0 -q -e rtmp2src location="$url" ! \
	    filesink location="$dir/gst.flv" buffer-mode=unbuffered
	all_joined 1
	{ cat "$flv/$1.flv" && sleep 1; } |
	    timeout 20 "$push" --fast - "$url" >"$dir/rtmp-push.log" 2>&1 ||
	    give_up "rtmp-push ended with status $?"
	ended gst 0
	same_packets gst -s 5 "$flv/$1.flv" "$dir/gst.flv"
}

# publishes ffmpeg|gst [FILE]: rtmp-pull plays it.
publishes()
{
	begin_pull rtmp-pull
	all_joined 1
	"$1_publishes" "${@:2}"
	end_pull rtmp-pull
	same_packets rtmp-pull "$dir/reference.flv" "$dir/rtmp-pull.flv"
}

# ---- The server says no ----

# refused WORDS STATUSES ANSWER COMMAND...: it ends with one of STATUSES, and
# what it says matches ANSWER.
refused()
{
	local words=$1 want=$2 answer=$3 status
	shift 3
	timeout --foreground 20 "$@" >"$dir/refused.log" 2>&1
	status=$?
	if [[ " $want " != *" $status "* ]]; then
		result "$words: status $status instead of $want" 1
	elif ! grep -q "$answer" "$dir/refused.log"; then
		result "$words: does not say \"$answer\"" 1
	else
		result "$words: status $status, \"$answer\"" 0
	fi
}

# nginx closes the connection without a word.
unknown_app() # FLIGHT
{
	url=${url/live/nosuch}
	refused rtmp-push 4 "closed the connection in answer to connect" \
	    "$push" --flight "$1" "$flv/h264_aac.flv" "$url"
	refused rtmp-pull 4 "closed the connection in answer to connect" \
	    "$pull" --flight "$1" "$url" "$dir/none.flv"
}

name_in_use() # FLIGHT
{
	begin first "$push" "$flv/h264_aac.flv" "$url"
	wait_for published "$server" "$stream" || give_up "not published"
	case $server in
	nginx)
		refused rtmp-push 4 NetStream.Publish.BadName \
		    "$push" --flight "$1" "$flv/h264_aac.flv" "$url"
		;;
	nms)	# says Publish.Start, then closes
		refused rtmp-push 3 "closed the connection" \
		    "$push" --flight "$1" "$flv/h264_aac.flv" "$url"
		;;
	serve)
		refused rtmp-push 4 NetStream.Publish.BadName \
		    "$push" --flight "$1" "$flv/h264_aac.flv" "$url"
		;;
	esac
	ended first 0
}

missing_stream() # FLIGHT
{
	url=${url/live/strict}
	refused rtmp-pull 4 NetStream.Play.StreamNotFound \
	    "$pull" --flight "$1" "$url" "$dir/none.flv"
}

# Play.Start, then silence.
nobody_publishes()
{
	refused rtmp-pull 5 "timed out" \
	    "$pull" --timeout 1 "$url" "$dir/none.flv"
}

# nginx says Publish.Start or Play.Start, then closes.  If it has not read all
# that the client has sent by then, which only STEPWISE rules out, the reset can
# take its answers along: the connection seems to be refused.
denied() # FLIGHT
{
	local statuses="3 4"
	[ "$1" != stepwise ] || statuses=3
	refused rtmp-push "$statuses" "closed the connection" \
	    "$push" --flight "$1" "$flv/h264_aac.flv" \
	    "${url/live/deny_publish}"
	refused rtmp-pull "$statuses" "closed the connection" \
	    "$pull" --flight "$1" "${url/live/deny_play}" "$dir/none.flv"
}

# ---- All of them ----

all_cases()
{
	local server file flight

	# nginx does not hand on video of Enhanced RTMP.
	for file in $legacy; do
		run relay nginx "$file" --fast
		run relay nginx-128 "$file" --fast --chunk-size 128
		run relay serve "$file" --fast
		run listen ffmpeg "$file" --fast
		run relay nms "$file" --fast
	done
	for file in long_timestamps_2p31 large_keyframe; do
		run relay nms "$file" --fast --chunk-size 128
		run relay serve "$file" --fast --chunk-size 128
		run listen ffmpeg "$file" --fast --chunk-size 128
	done
	for file in $enhanced; do
		run enhanced nms "$file"
		run enhanced serve "$file"
	done
	for flight in $flights; do
		for server in nginx nginx-128 nms serve; do
			run flight $server "$flight"
		done
		run listen ffmpeg h264_aac --fast --flight "$flight"
		run serves ffmpeg h264_aac --flight "$flight"
	done
	for file in large_keyframe long_timestamps; do
		run serves ffmpeg "$file"
	done

	# In real time, the server as it comes.
	run relay nginx-plain h264_aac
	for server in nginx-plain nms serve; do
		run late $server
		run duration $server
	done

	for file in h264_aac video_only large_keyframe long_timestamps_2p31; do
		for server in nginx nginx-128 nms serve; do
			run dump $server "$file"
		done
		# node-media-server sends media on message stream 0, and
		# GStreamer ignores it there.
		for server in nginx nginx-128 serve; do
			run gst $server "$file"
		done
	done
	# FFmpeg's muxer keeps 31 bits of a timestamp; the reference has as
	# many.
	for server in nginx nginx-128 nms serve; do
		for file in $legacy; do
			run publishes $server ffmpeg "$file"
		done
		run publishes $server gst
	done

	for flight in $flights; do
		run unknown_app nginx "$flight"
		for server in nginx nms serve; do
			run name_in_use $server "$flight"
		done
		run missing_stream nginx "$flight"
		run denied nginx "$flight"
	done
	for server in nginx nms serve; do
		run nobody_publishes $server
	done
}
