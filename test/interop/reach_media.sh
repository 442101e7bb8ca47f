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

# sum_of WORDS: the numbers in front of them that rtmp-push has told.
sum_of()
{
	sed -n "s/.* \([0-9]*\) packets.*$1.*/\1/p" "$dir/rtmp-push.log" |
	    awk '{ n += $1 } END { print n + 0 }'
}

# survives SCHEME [OPTION...]: rtmp-serve with these options is ten times
# killed and started again, at any moment: what is reported as lost
# is what the recordings lack, but for packets that were sent and that the
# server had no time to acknowledge, which are reported as such.
survives()
{
	local life
	url=$1://127.0.0.1:$port/live/key
	shift
	for life in 0 1 2 3 4 5 6 7 8 9 10; do
		mkdir "$dir/life$life"
		"$serve" --quiet --record "$dir/life$life" \
		    "$@" "127.0.0.1:$port" >"$dir/serve.log" 2>&1 &
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
	account "$dir"/life*/key.flv
}

# account RECORDING...: of what was sent four times.
account()
{
	local lost unacked sent got missing file
	lost=$(sum_of 'were lost') unacked=$(sum_of 'not acknowledged')
	sent=$(($(media "$flv/h264_aac.flv") * 4))
	got=$(media "$@")
	# Some lives end before a try is due.
	[ "$(grep -c 'connected again' "$dir/rtmp-push.log")" -ge 3 ]
	result "connected again" $?
	missing=$((sent - got))
	[ $missing -ge "$lost" ] && [ $missing -le $((lost + unacked)) ] &&
	    [ "$unacked" -le 60 ]
	result "$missing of $sent packets missing, $lost reported as lost, \
$unacked as not acknowledged" $?
	for file; do
		[ ! -s "$file" ] ||
		    "${ffmpeg[@]}" -v warning -i "$file" -f null -
	done >"$dir/decoded.log" 2>&1
	[ ! -s "$dir/decoded.log" ]
	result "the recordings are playable, and in order" $?
}

# The same of nginx, which records, too.
survives_nginx()
{
	local life
	url=rtmp://127.0.0.1:$port/live/key
	mkdir "$dir/recorded"
	cat >"$dir/nginx.conf" <<-END
	load_module $nginx_module;
	daemon off;
	master_process off;
	pid nginx.pid;
	error_log stderr;
	events {}
	rtmp { server { listen 127.0.0.1:$port; application live {
		live on;
		record all;
		record_path $dir/recorded;
		record_suffix -%s.flv;
		record_unique on;
	} } }
	END
	for life in 0 1 2 3 4 5 6 7 8 9 10; do
		begin nginx nginx -p "$dir/" -c nginx.conf -e stderr
		wait_for listening "$port" || give_up "nginx does not listen"
		[ "$life" -ne 0 ] || begin rtmp-push "$push" --reconnect \
		    --loop 4 "$flv/h264_aac.flv" "$url"
		[ "$life" -eq 10 ] || sleep 1.1
		[ "$life" -eq 10 ] || kill -KILL "$(cat "$dir/nginx.pid")"
		sleep 0.3
	done
	ended rtmp-push 0
	account "$dir"/recorded/*
}

# A server that acknowledges nothing leaves in doubt what was sent, and
# rtmp-push says so in place of a number.
survives_silence()
{
	local life
	url=rtmp://127.0.0.1:$port/live/key
	for life in 0 1; do
		begin nms env -C "${work%/*}/nms" \
		    node "$PWD/test/interop/nms.js" "$port"
		wait_for listening "$port" || give_up "nms does not listen"
		[ "$life" -ne 0 ] || begin rtmp-push "$push" --reconnect \
		    "$flv/h264_aac.flv" "$url"
		[ "$life" -ne 0 ] || sleep 1
		[ "$life" -ne 0 ] || pkill -KILL -P "${pid[nms]}"
		sleep 0.3
	done
	ended rtmp-push 0
	kill "${pid[nms]}"
	grep -q 'connected again' "$dir/rtmp-push.log" &&
	    grep -q 'the server acknowledges nothing' "$dir/rtmp-push.log"
	result "the server acknowledges nothing, which is told" $?
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
	run survives serve rtmp
	run survives serve rtmpt --rtmpt
	run survives serve rtmpe --rtmpe 9
	run survives_nginx nginx
	run survives_silence nms
}
