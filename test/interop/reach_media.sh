# Elementary streams through real servers, and a server that is killed while
# rtmp-push goes on, for test/interop.sh.  A part of that script.

es=$(pwd)/test/data/es
inspect=$build/rtmp-inspect

reach_media_servers()
{
	:
}

# es VIDEO AUDIO: what rtmp-push makes of elementary streams comes back from
# the server as it comes back from rtmp-serve, which changes nothing.
es()
{
	local files=() first=$url
	[ "$1" = - ] || files+=(--video "$es/$1")
	[ "$1" != av1.obu ] || files+=(--fps 25)
	[ "$2" = - ] || files+=(--audio "$es/$2")
	begin_pull rtmp-pull
	all_joined 1
	begin rtmp-push "$push" --fast "${files[@]}" "$url"
	ended rtmp-push 0
	end_pull rtmp-pull

	server=serve url=rtmp://127.0.0.1:${port_of[serve]}/live/$stream
	begin_pull reference
	all_joined 1
	begin again "$push" --fast "${files[@]}" "$url"
	ended again 0
	end_pull reference
	url=$first
	same_packets rtmp-pull "$dir/reference.flv" "$dir/rtmp-pull.flv"
}

# The same, decoded by ffmpeg without a word: for codecs that Debian's reads in
# FLV.
es_decoded()
{
	es "$@"
	"${ffmpeg[@]}" -v warning -i "$dir/rtmp-pull.flv" -f null - \
	    >"$dir/decoded.log" 2>&1
	[ ! -s "$dir/decoded.log" ]
	result "ffmpeg decodes it without a warning" $?
}

# media FILE...: the audio and video packets that are no configuration.
media()
{
	local file
	for file; do
		[ ! -s "$file" ] || "$inspect" --json "$file"
	done | grep -E '"type":[89],' | grep -vc '"kind":"configuration"'
}

# Ten times killed and started again; what is reported as lost is what the
# recordings lack.  A server that is killed between two packets takes at most
# one along that TCP had accepted, which nobody can count: test_reconnecting,
# which kills it in a pause, wants them equal.
survives()
{
	local life sum sent got uncounted
	url=rtmp://127.0.0.1:$port/live/key
	for life in 0 1 2 3 4 5 6 7 8 9 10; do
		mkdir "$dir/life$life"
		"$serve" --quiet --record "$dir/life$life" \
		    "127.0.0.1:$port" >"$dir/serve.log" 2>&1 &
		pid[serve]=$!
		wait_for listening "$port" ||
		    give_up "rtmp-serve does not listen"
		[ $life -ne 0 ] || begin rtmp-push "$push" --reconnect \
		    --loop 4 "$flv/h264_aac.flv" "$url"
		[ $life -eq 10 ] || sleep 1.1
		if [ $life -ne 10 ]; then
			kill -KILL "${pid[serve]}"
			wait "${pid[serve]}" 2>/dev/null
		fi
		sleep 0.3
	done
	ended rtmp-push 0
	sum=$(sed -n 's/.*connected again: \([0-9]*\) packets.*/\1/p' \
	    "$dir/rtmp-push.log" | awk '{ n += $1 } END { print n + 0 }')
	sent=$(($(media "$flv/h264_aac.flv") * 4))
	got=$(media "$dir"/life*/key.flv)
	# Some lives end before a try is due.
	[ "$(grep -c 'connected again' "$dir/rtmp-push.log")" -ge 3 ]
	result "connected again" $?
	uncounted=$((sent - got - sum))
	[ $uncounted -ge 0 ] && [ $uncounted -le 10 ]
	result "$got of $sent packets recorded, $sum reported as lost" $?
	"${ffmpeg[@]}" -v error -i "$dir/life5/key.flv" -f null - \
	    >"$dir/decoded.log" 2>&1
	[ ! -s "$dir/decoded.log" ]
	result "the recording of a life is playable" $?
}

reach_media_cases()
{
	run es_decoded nginx h264_annexb.h264 aac.adts
	run es_decoded nginx h264_annexb.h264 mp3.mp3
	run es_decoded nginx - aac.adts
	run es nms h264_annexb.h264 aac.adts
	run es nms hevc_annexb.h265 aac.adts
	run es nms hevc_annexb.h265 flac.flac
	run es nms av1.ivf opus.ogg
	run es nms av1.obu opus.ogg
	run es nms vp9.ivf opus.ogg
	run es nms h264_annexb.h264 ac3.ac3
	run es nms h264_annexb.h264 eac3.eac3
	run survives serve
}
