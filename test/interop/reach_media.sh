# Elementary streams through real servers, every codec that ffmpeg reads in FLV,
# and a server that is killed while rtmp-push goes on, for test/interop.sh.  A
# part of that script.

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
	decodes "$dir/rtmp-pull.flv"
}

# Of Speex in FLV ffmpeg says that it guesses the channels, whoever wrote it.
no_guess=(-guess_layout_max 0)

decodes() # FLV
{
	"${ffmpeg[@]}" -xerror "${no_guess[@]}" -i "$1" -f null - \
	    >"$dir/decoded.log" 2>&1 && [ ! -s "$dir/decoded.log" ]
	result "ffmpeg decodes it without a warning" $?
}

# sums NAME INPUT...: what ffmpeg makes of it, the bytes of the packets and
# the samples.
sums()
{
	local name=$1
	shift
	begin "$name" "${ffmpeg[@]}" -xerror "${no_guess[@]}" "$@" \
	    -map 0:a -c copy -f md5 "$dir/$name.packets" \
	    -map 0:a -f md5 "$dir/$name.samples"
}

# es_made ENCODER EXTENSION: video that test/data has not.
es_made()
{
	es=$dir
	"${ffmpeg[@]}" -f lavfi -i testsrc=size=160x120:rate=10:duration=3 \
	    -c:v "$1" "$dir/made.$2" >"$dir/made.log" 2>&1 ||
	    give_up "ffmpeg does not make it"
	es "made.$2" -
}

# sound ENCODER RATE CHANNELS EXTENSION [OPTION...]: a file of ffmpeg's, pushed
# as frames and played by ffmpeg: it says nothing, and has the bytes and the
# samples of the file.
sound()
{
	local file=$dir/sound.$4 what
	"${ffmpeg[@]}" -f lavfi -i sine=sample_rate=44100:duration=3 \
	    -c:a "$1" -ar "$2" -ac "$3" "${@:5}" "$file" \
	    >"$dir/made.log" 2>&1 || give_up "ffmpeg does not make it"
	begin_pull rtmp-pull
	sums ffmpeg-plays -i "$url"
	all_joined 2
	begin rtmp-push "$push" --fast --audio "$file" "$url"
	ended rtmp-push 0
	end_pull rtmp-pull
	ended ffmpeg-plays 0
	[ ! -s "$dir/ffmpeg-plays.log" ]
	result "ffmpeg plays it without a warning" $?
	case $4 in
	alaw | ulaw) sums source -f "${4/ulaw/mulaw}" -ar "$2" -ac "$3" -i "$file" ;;
	*) sums source -i "$file" ;;
	esac
	ended source 0
	for what in packets samples; do
		# Of MP3 files ffmpeg leaves out what the encoder put before
		# the first sample.
		[ "$4 $what" != "mp3 samples" ] || continue
		cmp -s "$dir/source.$what" "$dir/ffmpeg-plays.$what"
		result "ffmpeg has the $what of the file" $?
	done
	decodes "$dir/rtmp-pull.flv"
}

# made VIDEO AUDIO RATE CHANNELS: packets of codecs that have no files of their
# own, muxed by ffmpeg.
made()
{
	flv=$dir
	"${ffmpeg[@]}" -f lavfi -i testsrc=size=160x120:rate=10:duration=3 \
	    -f lavfi -i sine=sample_rate=44100:duration=3 -c:v "$1" \
	    -c:a "$2" -ar "$3" -ac "$4" "$dir/made.flv" \
	    >"$dir/made.log" 2>&1 || give_up "ffmpeg does not make it"
	relay made --fast
	[ ! -s "$dir/ffmpeg-plays.log" ]
	result "ffmpeg plays it without a warning" $?
	decodes "$dir/rtmp-pull.flv"
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
		begin serve "$serve" --quiet --record "$dir/life$life" \
		    "127.0.0.1:$port"
		wait_for listening "$port" ||
		    give_up "rtmp-serve does not listen"
		[ $life -ne 0 ] || begin rtmp-push "$push" --reconnect \
		    --loop 4 "$flv/h264_aac.flv" "$url"
		[ $life -eq 10 ] || sleep 1.1
		[ $life -eq 10 ] || pkill -KILL -f -- "--record $dir/life$life "
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
	local rate law

	run es_decoded nginx h264_annexb.h264 aac.adts
	run es_decoded nginx h264_annexb.h264 mp3.mp3
	run es_decoded nginx - aac.adts
	# All other sound that ffmpeg 5 reads in FLV, at each rate.
	for rate in 5512 11025 22050 44100; do
		run sound nginx pcm_u8 $rate 1 wav
		run sound nginx pcm_s16le $rate 2 wav
	done
	for law in alaw mulaw; do
		run sound nginx pcm_$law 8000 1 wav
		run sound nginx pcm_$law 8000 2 wav
		run sound nginx pcm_$law 8000 1 "${law/mulaw/ulaw}" -f $law
	done
	run sound nginx libspeex 16000 1 spx
	for rate in 8000 11025 16000 22050 48000; do
		run sound nginx libmp3lame $rate 1 mp3
	done
	# VP6 it reads as well, but nothing here encodes it.
	run made nginx flv1 adpcm_swf 44100 2
	run made nginx flv1 nellymoser 8000 1
	run made nginx flashsv nellymoser 16000 1
	run made nginx flashsv2 nellymoser 44100 1
	run made nginx flashsv2 pcm_u8 11025 1
	run es nms h264_annexb.h264 aac.adts
	run es nms hevc_annexb.h265 aac.adts
	run es nms hevc_annexb.h265 flac.flac
	run es nms av1.ivf opus.ogg
	run es nms av1.obu opus.ogg
	run es nms vp9.ivf opus.ogg
	run es_made nms libvpx ivf
	run es nms h264_annexb.h264 ac3.ac3
	run es nms h264_annexb.h264 eac3.eac3
	run survives serve
}
