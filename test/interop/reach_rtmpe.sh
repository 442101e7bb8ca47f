# Digest handshakes and RTMPE, for test/interop.sh.  A part of that script.
#
# rtmpdump is the only program at hand that speaks RTMPE; it verifies S1, S2
# and the keys.  ffmpeg as a player, and nginx, verify digests.

# rtmp-serve with RTMPE of each type, and with digests alone.
reach_rtmpe_servers()
{
	local type
	for type in 6 8 9 digest; do
		take_port; port_of[serve-rtmpe-$type]=$port
		log_of[serve-rtmpe-$type]=$work/serve-rtmpe-$type.log
	done
	for type in 6 8 9; do
		serve_with serve-rtmpe-$type "$work" "$serve" --verbose \
		    --rtmpe $type "127.0.0.1:${port_of[serve-rtmpe-$type]}"
	done
	serve_with serve-rtmpe-digest "$work" "$serve" --verbose \
	    --handshake digest "127.0.0.1:${port_of[serve-rtmpe-digest]}"
}

# rtmpe_relay FILE [OPTION...]: rtmp-push to players with and without RTMPE.
rtmpe_relay()
{
	local file=$1 plain=$url
	url=${url/rtmp:/rtmpe:}
	shift
	begin_pull rtmp-pull
	begin straight "$pull" "$plain" "$dir/straight.flv"
	begin rtmpdump rtmpdump -v -r "$url" -o "$dir/rtmpdump.flv"
	all_joined 3
	push_file "$file" "$@"
	end_pull rtmp-pull
	end_pull straight
	ended rtmpdump 0 2
	same_packets rtmp-pull -d "$flv/$file.flv" "$dir/rtmp-pull.flv"
	same_packets straight -d "$flv/$file.flv" "$dir/straight.flv"
	same_packets rtmpdump -s 5 "$flv/$file.flv" "$dir/rtmpdump.flv"
}

# rtmpe_often COUNT: new keys each time, until rtmpdump has media.
rtmpe_often()
{
	local i bad=0
	url=${url/rtmp:/rtmpe:}
	begin rtmp-push "$push" --loop 0 "$flv/h264_aac.flv" "$url"
	wait_for published "$server" "$stream" || give_up "nobody publishes"
	for ((i = 0; i < $1; i++)); do
		begin rtmpdump rtmpdump -v -r "$url" -o "$dir/$i.flv"
		wait_for test -s "$dir/$i.flv" || bad=$((bad + 1))
		kill -INT "${pid[rtmpdump]}"
		wait "${pid[rtmpdump]}"
	done
	kill -INT "${pid[rtmp-push]}"
	result "rtmpdump: $bad of $1 sessions without media" $bad
}

# digest_relay FILE [OPTION...]: all sides with digests.
digest_relay()
{
	local file=$1
	shift
	begin_pull rtmp-pull --handshake digest
	begin_ffmpeg_play ffmpeg-plays
	all_joined 2
	push_file "$file" --handshake digest "$@"
	end_pull rtmp-pull
	ended ffmpeg-plays 0
	# shellcheck disable=SC2046
	same_packets rtmp-pull $(metadata) "$flv/$file.flv" \
	    "$dir/rtmp-pull.flv"
	same_hashes ffmpeg "$file" "$dir/ffmpeg-plays.txt"
}

# nginx hangs up on C0 = 6.
no_rtmpe()
{
	refused rtmp-push 3 "during the handshake.*may not speak RTMPE" \
	    "$push" "$flv/h264_aac.flv" "${url/rtmp:/rtmpe:}"
}

reach_rtmpe_cases()
{
	local type file flight

	for type in 6 8 9; do
		for file in h264_aac large_keyframe long_timestamps_2p31; do
			run rtmpe_relay serve-rtmpe-$type $file --fast
		done
		run rtmpe_relay serve-rtmpe-$type h264_aac
		run rtmpe_often serve-rtmpe-$type 10
	done
	for flight in $flights; do
		run rtmpe_relay serve-rtmpe-8 h264_aac --fast \
		    --flight "$flight"
		run digest_relay nginx h264_aac --fast --flight "$flight"
	done
	run digest_relay serve-rtmpe-digest large_keyframe --fast
	run digest_relay serve-rtmpe-8 h264_aac
	run publishes serve-rtmpe-digest ffmpeg h264_aac
	run no_rtmpe nginx
}
