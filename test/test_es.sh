#!/bin/sh
# Elementary streams: what rtmp-push makes of them is what the FLV of the same
# encode has, and what rtmp-pull --demux writes is what was pushed.  Where
# ffmpeg is installed it must read it without a warning.
# usage: test/test_es.sh BUILD
set -u
. test/support/programs.sh
es=test/data/es
flv=test/data/flv
start_server

# pull_begin: into $tmp/pulled.flv and $tmp/d, as $puller.
pull_begin() {
	rm -rf "$tmp/d" "$tmp/pulled.flv"
	"$pull" --quiet --demux "$tmp/d" "$url" "$tmp/pulled.flv" \
	    2>"$tmp/pull.err" &
	puller=$!
	sleep 0.3
}

pull_end() {
	wait $puller || fail "rtmp-pull: status $?"
	[ ! -s "$tmp/pull.err" ] || fail "$(cat "$tmp/pull.err")"
}

# round NAME OPTION...: through the server.
round() {
	name=$1
	shift
	pull_begin
	"$push" --quiet --fast "$@" "$url" 2>"$tmp/err" </dev/null ||
	    fail "rtmp-push: status $?"
	pull_end
}

# same FILE FILE
same() {
	cmp "$1" "$2" >"$tmp/diff" 2>&1 || fail "$(cat "$tmp/diff")"
}

# says WORDS: a grep -E pattern for a line of the inspected FLV.
says() {
	"$inspect" "$tmp/pulled.flv" >"$tmp/out" 2>"$tmp/err"
	grep -qE "$1" "$tmp/out" || fail "does not say $1"
}

# moments TYPE FILE: the times and composition times of coded frames.
moments() {
	"$inspect" --json "$2" | grep "\"type\":$1,.*\"kind\":\"coded\"" |
	    sed -e 's/.*"timestamp":\([0-9]*\).*/\1 &/' \
	    -e 's/ {.*"cts":\([-0-9]*\).*/ \1/' -e 's/ {.*/ 0/'
}

# same_times TYPE FLV: those of the FLV of the same encode.
same_times() {
	moments "$1" "$flv/$2.flv" >"$tmp/want"
	moments "$1" "$tmp/pulled.flv" >"$tmp/got"
	[ -s "$tmp/want" ] || fail "no times"
	diff "$tmp/want" "$tmp/got" >"$tmp/diff" ||
	    fail "times differ: $(sed -n 2,4p "$tmp/diff" | tr '\n' ' ')"
}

# readable FILE...: by ffmpeg, if there is one.
readable() {
	command -v ffmpeg >/dev/null || return 0
	for f; do
		ffmpeg -v warning -i "$f" -map 0 -f null - \
		    >"$tmp/ffmpeg" 2>&1 </dev/null ||
		    fail "ffmpeg: $(head -n 1 "$tmp/ffmpeg")"
		# It says so of every ADTS and E-AC-3 file.
		grep -v 'Estimating duration from bitrate' "$tmp/ffmpeg" \
		    >"$tmp/warnings" &&
		    fail "ffmpeg: $f: $(head -n 1 "$tmp/warnings")"
	done
}

# twice FILE OPTION: pushed again, what was written is written again.
twice() {
	cp "$1" "$tmp/${1##*/}"
	round "$name-again" "$2" "$tmp/${1##*/}"
	same "$tmp/${1##*/}" "$1"
}

# ---- Each format ----

round h264-aac --video $es/h264_annexb.h264 --audio $es/aac.adts
same_times 9 h264_aac
says '"onMetaData" .*width: 320, height: 180, framerate: 25, .*videocodecid: 7'
says 'audiosamplerate: 44100'
says 'H.264, key frame, configuration, High, level 1.3, 320x180, 25 fps'
same $es/aac.adts "$tmp/d/audio.aac"
readable "$tmp/d/audio.aac" "$tmp/d/video.h264" "$tmp/pulled.flv"
twice "$tmp/d/video.h264" --video

round hevc-flac --video $es/hevc_annexb.h265 --audio $es/flac.flac
same_times 9 hevc_flac
same $es/hevc_annexb.h265 "$tmp/d/video.h265"
readable "$tmp/d/video.h265" "$tmp/d/audio.flac"
twice "$tmp/d/audio.flac" --audio

# Opus begins 6.5 ms before what is heard of it: the video comes 7 ms later.
round av1-opus --video $es/av1.ivf --audio $es/opus.ogg
same_times 9 av1_opus
readable "$tmp/d/video.ivf" "$tmp/d/audio.ogg"
cp "$tmp/d/video.ivf" "$tmp/av1.ivf"
twice "$tmp/d/audio.ogg" --audio

round obu-mp3 --video $es/av1.obu --fps 25 --audio $es/mp3.mp3
same $es/mp3.mp3 "$tmp/d/audio.mp3"
same "$tmp/av1.ivf" "$tmp/d/video.ivf"
readable "$tmp/d/audio.mp3"

round vp9-ac3 --video $es/vp9.ivf --audio $es/ac3.ac3
same $es/ac3.ac3 "$tmp/d/audio.ac3"
readable "$tmp/d/video.ivf" "$tmp/d/audio.ac3"
twice "$tmp/d/video.ivf" --video

round eac3 --audio $es/eac3.eac3
same $es/eac3.eac3 "$tmp/d/audio.eac3"
readable "$tmp/d/audio.eac3"

# le NUMBER BYTES: little-endian, for printf %b.
le() {
	[ "$2" = 0 ] || printf '\\0%03o' $(($1 & 255))
	[ "$2" = 0 ] || le $(($1 >> 8)) $(($2 - 1))
}

# wav FORMAT CHANNELS RATE BITS: of 20000 bytes that sound like noise.
wav() {
	printf %b "RIFF$(le 20036 4)WAVEfmt $(le 16 4)$(le "$1" 2)$(le "$2" 2)"
	printf %b "$(le "$3" 4)$(le $(($3 * $2 * $4 / 8)) 4)"
	printf %b "$(le $(($2 * $4 / 8)) 2)$(le "$4" 2)data$(le 20000 4)"
	head -c 20000 $es/aac.adts
}
for sound in '2 44100 16' '1 22050 8' '2 11025 8' '1 5512 16'; do
	# shellcheck disable=SC2086
	wav 1 $sound >"$tmp/mic.wav"
	round "pcm ${sound}" --audio "$tmp/mic.wav"
	same "$tmp/mic.wav" "$tmp/d/audio.wav"
	readable "$tmp/pulled.flv"
done
for format in 6 7; do
	law=alaw
	[ $format = 6 ] || law=ulaw
	wav $format 1 8000 8 >"$tmp/mic.wav"
	tail -c 20000 "$tmp/mic.wav" >"$tmp/mic.$law"
	round $law-in-wav --audio "$tmp/mic.wav"
	same "$tmp/mic.$law" "$tmp/d/audio.$law"
	round $law --audio "$tmp/mic.$law"
	same "$tmp/mic.$law" "$tmp/d/audio.$law"
	readable "$tmp/pulled.flv"
done
says 'audiosamplerate: 8000, .*audiocodecid: 8'
says '2480 ms .* G.711 mu-law, 160 bytes of media'

# Speex of three frames a packet; the FLV is written by hand.
{
	printf 'FLV\1\4\0\0\0\11\0\0\0\0'
	for time in 0 74 170; do # 0, 60, 120 ms
		printf %b "\\010\\0\\0\\055\\0\\0\\0$time\\0\\0\\0\\0\\0262"
		printf '\100\124\210\7\134\205\130\340\2\161\47\14\0\0\10'
		printf '\12\221\0\353\242\204\52\307\0\44\341\200\0\1\1'
		printf '\122\40\35\162\161\24\41\126\74\234\60\0\0\77'
		printf '\0\0\0\70'
	done
} >"$tmp/speex.flv"
round speex "$tmp/speex.flv"
same "$tmp/speex.flv" "$tmp/pulled.flv"
twice "$tmp/d/audio.spx" --audio
says ' 120 ms .* Speex, 44 bytes of media'

round fourcc --fourcc --video $es/h264_annexb.h264 --audio $es/aac.adts
says 'H.264 \(avc1, CodedFrames\)'
says 'AAC \(mp4a, CodedFrames\)'

# ---- Tracks of FLV files ----

round multitrack $flv/multitrack_mixed.flv
for f in video.h264 video-1.h265 audio.aac audio-1.ogg; do
	[ -s "$tmp/d/$f" ] || fail "no $f"
	readable "$tmp/d/$f"
done
round hevc-flac-flv $flv/hevc_flac.flv
readable "$tmp/d/video.h265" "$tmp/d/audio.flac"
round manycodecs $flv/spec_only/multitrack_manycodecs.flv
readable "$tmp/d/video.h264" "$tmp/d/video-1.h265"

# ---- Pipes ----

name=standard-input
pull_begin
(
	head -c 50000 $es/h264_annexb.h264
	sleep 0.3
	tail -c +50001 $es/h264_annexb.h264
) | "$push" --quiet --fast --video - --video-format h264 "$url" \
    2>"$tmp/err" || fail "status $?"
pull_end
moments 9 "$tmp/pulled.flv" >"$tmp/got"
moments 9 $flv/h264_aac.flv | cmp -s - "$tmp/got" || fail "times differ"

name=wav-without-sizes
wav 1 2 44100 16 >"$tmp/mic.wav"
pull_begin
{
	printf 'RIFF\377\377\377\377'
	tail -c +9 "$tmp/mic.wav" | head -c 32
	printf '\377\377\377\377'
	tail -c +45 "$tmp/mic.wav"
} | "$push" --quiet --fast --audio - --audio-format wav "$url" \
    2>"$tmp/err" || fail "status $?"
pull_end
same "$tmp/mic.wav" "$tmp/d/audio.wav"

# The writer fills the audio before it begins with the video.
name=fifos
mkfifo "$tmp/v.h265" "$tmp/a.flac"
pull_begin
(
	exec 3>"$tmp/a.flac" 4>"$tmp/v.h265"
	cat $es/flac.flac $es/flac.flac $es/flac.flac >&3
	exec 3>&-
	cat $es/hevc_annexb.h265 >&4
) &
writer=$!
timeout 20 "$push" --quiet --fast --video "$tmp/v.h265" \
    --audio "$tmp/a.flac" "$url" 2>"$tmp/err"
status=$?
# A second "fLaC" in the middle is no frame.
[ $status = 2 ] || fail "status $status"
wait $writer
pull_end
same $es/hevc_annexb.h265 "$tmp/d/video.h265"

# ---- Time ----

name=real-time
head -c 25000 $es/aac.adts >"$tmp/two-seconds.aac"
before=$(date +%s%N)
"$push" --quiet --audio "$tmp/two-seconds.aac" "$url" 2>"$tmp/err"
took=$((($(date +%s%N) - before) / 1000000))
[ $took -ge 1900 ] && [ $took -lt 4000 ] || fail "took $took ms"

round loop --loop 2 --video $es/h264_annexb.h264 --audio $es/aac.adts
moments 9 "$tmp/pulled.flv" | cut -d ' ' -f 1 >"$tmp/got"
sort -n -c "$tmp/got" 2>"$tmp/err" || fail "times go back"
[ "$(wc -l <"$tmp/got")" = 250 ] || fail "not all frames twice"

# ---- What is wrong ----

# expect NAME STATUS WORDS OPTION...
expect() {
	name=$1
	want=$2
	words=$3
	shift 3
	"$push" --quiet "$@" "$url" >/dev/null 2>"$tmp/err" </dev/null
	status=$?
	[ $status = "$want" ] || fail "status $status, not $want"
	grep -qE "$words" "$tmp/err" || fail "does not say $words"
}
expect no-fps 2 'give --fps' --video $es/av1.obu
expect wrong-fps 1 'frames per second' --fps x --video $es/av1.obu
expect zero-fps 1 'frames per second' --fps 25/0 --video $es/av1.obu
expect no-format 1 'say it with --video-format' --video Makefile
expect no-such-file 2 'No such file' --audio "$tmp/none.aac"
expect not-it 2 'no frame of this format' --video Makefile \
    --video-format h264
expect not-flac 2 'not a FLAC file' --audio Makefile --audio-format flac
wav 1 2 48000 16 >"$tmp/mic.wav"
expect wav-48000 2 'RTMP has PCM of .* 44100 Hz' --audio "$tmp/mic.wav"
wav 3 1 44100 32 >"$tmp/mic.wav"
expect wav-float 2 'RTMP has PCM of 8 or 16 bits' --audio "$tmp/mic.wav"
expect not-wav 2 'not a WAV file' --audio $es/mp3.mp3 --audio-format wav
expect not-ogg 2 'Opus or Speex' --audio $es/mp3.mp3 --audio-format ogg
expect both-standard-input 1 'cannot be both' --video - --audio - \
    --video-format h264 --audio-format aac
expect too-many-files 1 usage --video $es/vp9.ivf $flv/h264_aac.flv
{
	head -c 30000 $es/aac.adts
	printf 'garbage'
	tail -c +30001 $es/aac.adts
} >"$tmp/damaged.aac"
expect damaged 2 'belong to no frame' --fast --audio "$tmp/damaged.aac"

name=directory
touch "$tmp/file"
"$push" --quiet --audio $es/aac.adts "$url" 2>/dev/null &
pusher=$!
sleep 0.3
"$pull" --quiet --demux "$tmp/file" "$url" 2>"$tmp/err"
status=$?
kill $pusher
[ $status = 2 ] || fail "status $status"

finish "elementary streams go there and back"
