#!/bin/sh
# rtmp-inspect: every tag of the FLV files and every message of the captures
# as the truth beside them has it, configurations in words, no stream keys.
# usage: test/test_inspect.sh BUILD
set -u
. test/support/programs.sh
data=test/data

# same FILE FILE: the first is what was wanted.
same() {
	diff "$1" "$2" >"$tmp/diff" ||
	    fail "$(head -n 4 "$tmp/diff" | cut -c 1-300)"
}

# A field of a line of JSON, compact or not: get(line, key).
get='
function get(s, key,    i, v) {
	i = index(s, "\"" key "\":")
	if (i == 0)
		return "-"
	v = substr(s, i + length(key) + 3)
	sub(/^ */, "", v)
	if (substr(v, 1, 1) == "\"") {
		v = substr(v, 2)
		return substr(v, 1, index(v, "\"") - 1)
	}
	match(v, /^[-+.0-9a-z]*/)
	return substr(v, 1, RLENGTH)
}
# AMF0 values, compact: as the truth writes them, without its marks for ECMA
# arrays and undefined, and as JSON has them.
function values(s,    i, v) {
	i = index(s, "\"values\":")
	if (i == 0)
		return "-"
	v = substr(s, i + 9)
	gsub(/ /, "", v)
	gsub(/\{"\$undefined":true\}/, "null", v)
	while (match(v, /\{"\$ecma":\{[^{}]*\}\}/))
		v = substr(v, 1, RSTART - 1) \
		    substr(v, RSTART + 9, RLENGTH - 10) \
		    substr(v, RSTART + RLENGTH)
	sub(/[]}]*,?$/, "", v)
	return v
}
'

# ---- FLV ----

for f in "$data"/flv/*.flv; do
	name=$(basename "$f")
	"$inspect" --json "$f" >"$tmp/json" 2>"$tmp/err" || fail "status $?"
	grep -v '^#' "$f.tags" | cut -d ' ' -f 1-4 >"$tmp/want"
	grep -v '"flv":' "$tmp/json" | awk "$get"'{
		print get($0, "offset"), get($0, "type"),
		    get($0, "timestamp"), get($0, "size") }' >"$tmp/got"
	same "$tmp/want" "$tmp/got"
done

# ---- Captures ----

# Of the header of a tag: what both have words for.
media='
function frame(s) { return get(s, "frame") }
function media(s,    p) {
	p = get(s, "packet")
	if (p == "sequence_header")
		p = "SequenceStart"
	else if (p == "nalu" || p == "raw")
		p = "CodedFrames"
	else if (p == "end_of_sequence")
		p = "SequenceEnd"
	return p " " get(s, "fourcc") " " get(s, "multitrack") " " \
	    get(s, "track")
}
'
want_messages="$get$media"'
/^ "(c2s|s2c)": \[/ { side = substr($1, 2, 3) }
/^  \{"i": / && side == want {
	line = get($0, "end") " " get($0, "csid") " " get($0, "msid") " " \
	    get($0, "type") " " get($0, "timestamp") " " get($0, "length")
	tail = $0
	sub(/.*"sha256": "[0-9a-f]*",?/, "", tail)
	type = get($0, "type")
	if ((type == 8 || type == 9) && !index($0, "\"empty\": true")) {
		line = line " " media(tail)
		if (type == 9)
			line = line " " frame(tail)
		if (get(tail, "cts") != "-")
			line = line " cts " get(tail, "cts")
		if (get(tail, "payload_size") != "-")
			line = line " " get(tail, "payload_size")
	} else if (type == 20 || type == 18) {
		line = line " " values(tail)
	} else if (type == 4) {
		line = line " " get(tail, "event_name")
	} else if (type < 8) {
		line = line " " get(tail, "value")
	}
	print line
}'
got_messages="$get$media"'
/"end":/ && !/"unfinished":/ {
	line = get($0, "end") " " get($0, "csid") " " get($0, "msid") " " \
	    get($0, "type") " " get($0, "timestamp") " " get($0, "size")
	tail = $0
	sub(/.*"size":[0-9]*,"pieces":\[/, "", tail)
	type = get($0, "type")
	if ((type == 8 || type == 9) && get($0, "size") != 0) {
		line = line " " media(tail)
		if (type == 9)
			line = line " " frame(tail)
		if (get(tail, "cts") != "-" && (!index(tail, "enhanced") ||
		    get(tail, "packet") == "CodedFrames"))
			line = line " cts " get(tail, "cts")
		if (get(tail, "packet") != "Metadata")
			line = line " " get(tail, "size")
	} else if (type == 20 || type == 18) {
		line = line " " values($0)
	} else if (type == 4) {
		line = line " " get($0, "event_name")
	} else if (type < 8) {
		line = line " " get($0, "value")
	}
	print line
}'

messages=0
for d in "$data"/captures/*/; do
	for side in c2s s2c; do
		# The RTMP in those of RTMPT, whose other files are HTTP.
		f=$d$side.bin
		[ ! -e "${d}rtmp_$side.bin" ] || f=${d}rtmp_$side.bin
		name=$(basename "$d")
		name=$name/$side
		"$inspect" --json --verbose "$f" >"$tmp/json" 2>"$tmp/err" ||
		    fail "status $?"
		awk -v want="$side" "$want_messages" "$d/messages.json" \
		    >"$tmp/want"
		awk "$got_messages" "$tmp/json" >"$tmp/got"
		same "$tmp/want" "$tmp/got"
		messages=$((messages + $(wc -l <"$tmp/got")))
	done
done
name=captures
[ $messages -gt 8000 ] || fail "only $messages messages were compared"

# Chunks without a handshake in front.
for f in "$data"/wire/*.bin; do
	name=$f
	"$inspect" --json --chunks "$f" >"$tmp/json" 2>"$tmp/err" ||
	    fail "status $?"
	grep '"csid": ' "${f%.bin}.json" | awk "$get"'{
		print get($0, "csid"), get($0, "msid"), get($0, "type"),
		    get($0, "timestamp"), get($0, "length") }' >"$tmp/want"
	grep -v unfinished "$tmp/json" | awk "$get"'{
		print get($0, "csid"), get($0, "msid"), get($0, "type"),
		    get($0, "timestamp"), get($0, "size") }' >"$tmp/got"
	same "$tmp/want" "$tmp/got"
done

# ---- Words ----

# says FILE WORDS: WORDS is a grep -E pattern for a line of the text.
says() {
	name=$1
	"$inspect" "$data/$1" >"$tmp/out" 2>"$tmp/err" || fail "status $?"
	grep -qE "$2" "$tmp/out" || fail "does not say $2"
}
says flv/h264_aac.flv 'FLV: audio and video'
says flv/h264_aac.flv \
    'H.264, key frame, configuration, High, level 1.3, 320x180, 25 fps, 4:2:0'
says flv/h264_aac.flv 'AAC, configuration, AAC-LC, 44100 Hz, 2 channels'
says flv/h264_aac.flv 'H.264, inter frame, composition time 160 ms, 643 bytes'
says flv/h264_aac.flv 'end of sequence'
says flv/hevc_aac.flv \
    'HEVC \(hvc1, SequenceStart\), .* Main, level 2.0, 320x180, 25 fps'
says flv/hevc_aac.flv 'HEVC \(hvc1, CodedFramesX\), inter frame, [0-9]+ bytes'
says flv/av1_opus.flv 'AV1 \(av01, SequenceStart\), .* Main, level 2.0, 320x180'
says flv/av1_opus.flv '"colorInfo" \{colorConfig'
says flv/av1_opus.flv 'channels, native order, 2 channels, mask 0x3'
says flv/vp9_opus.flv 'VP9 \(vp09, SequenceStart\), .* Profile 0'
says flv/vp9_opus.flv 'Opus \(Opus, SequenceStart\), configuration, 48000 Hz'
says flv/hevc_flac.flv 'FLAC \(fLaC, .*configuration, 48000 Hz, 2 channels, 16'
says flv/hevc_modex.flv '123456 ns later, ModEx type 15, 1 byte'
says flv/spec_only/multitrack_manycodecs.flv 'H.264 \(avc1, SequenceStart\), ManyTracksManyCodecs, track 0, .*; HEVC \(hvc1, SequenceStart\), ManyTracksManyCodecs, track 1, .* 160x90'
says flv/multitrack_2audio_aac.flv 'OneTrack, track 1'
says captures/ffmpeg9-nginx-publish/c2s.bin 'handshake: RTMP version 3'
says captures/ffmpeg9-nginx-publish/s2c.bin 'peer bandwidth .*dynamic'
says captures/rtmpdump-srs-play/s2c.bin 'StreamBegin 1'

# Every line of JSON is one object.
name=json
"$inspect" --json "$data/flv/multitrack_mixed.flv" >"$tmp/json"
grep -vq '^{.*}$' "$tmp/json" && fail "a line is no object"

# ---- Secrets ----

for d in "$data"/captures/*/; do
	key=$(sed -n 's/.*"values": \["\(publish\|play\)", [0-9]*, null, "\([^"]*\)".*/\2/p' \
	    "$d/messages.json" | head -n 1)
	[ -n "$key" ] || continue
	for f in "$d"*c2s.bin "$d"*s2c.bin; do
		name=secret-$f
		"$inspect" "$f" 2>"$tmp/err" | grep -F 'command' |
		    sed 's/"live"//' >"$tmp/out"
		grep -qE "\"$key\"|[ \"]$key is" "$tmp/out" &&
		    fail "shows the stream name $key"
	done
done
name=verbose
"$inspect" --verbose "$data/captures/ffmpeg9-nms-publish-multitrack/c2s.bin" \
    >"$tmp/out"
grep -q '"publish" 5 null "multi"' "$tmp/out" || fail "hides the stream name"

# ---- Damage ----

# expect NAME STATUS WORDS FILE
expect() {
	name=$1
	"$inspect" "$4" >"$tmp/out" 2>"$tmp/err"
	status=$?
	[ $status = "$2" ] || fail "status $status, not $2"
	cat "$tmp/out" "$tmp/err" | grep -qE "$3" || fail "does not say $3"
}
expect empty 2 '/dev/null: not an FLV file: it is empty' /dev/null
expect missing 2 'No such file' "$tmp/none"
expect neither 2 'neither FLV nor' Makefile
head -c 100000 "$data/flv/h264_aac.flv" >"$tmp/cut.flv"
expect flv-cut 2 'damaged: the file ends' "$tmp/cut.flv"
head -c 10000 "$data/captures/ffmpeg9-nginx-publish/c2s.bin" >"$tmp/cut.bin"
expect capture-cut 0 'the capture ends in a message: [0-9]+ bytes' \
    "$tmp/cut.bin"
head -c 2000 "$tmp/cut.bin" >"$tmp/cut2.bin"
expect handshake-cut 0 'the capture ends in the handshake: 2000 bytes' \
    "$tmp/cut2.bin"
{
	head -c 3073 "$tmp/cut.bin"
	printf '\377\377\377\377'
} >"$tmp/broken.bin"
expect capture-broken 2 'byte 307[0-9]: .*type 3' "$tmp/broken.bin"

# ---- A stream of a server ----

start_server
"$inspect" --json "$url" >"$tmp/json" 2>"$tmp/err" &
pid=$!
sleep 0.3
"$push" --quiet --fast "$data/flv/h264_aac.flv" "$url"
name=url
wait $pid || fail "status $?"
grep -v '"event":' "$tmp/json" | awk "$get"'{
	print get($0, "type"), get($0, "timestamp"), get($0, "size") }' \
    >"$tmp/got"
grep -v '^#' "$data/flv/h264_aac.flv.tags" | cut -d ' ' -f 2-4 >"$tmp/want"
same "$tmp/want" "$tmp/got"
grep -q NetStream.Play.Start "$tmp/json" || fail "shows no events"
! grep -q geheim "$tmp/json" "$tmp/err" || fail "shows the stream key"

# Events are lines, too, and the last may be one.
for n in 1 3; do
	name=count-$n
	timeout 5 "$inspect" --count $n "$url" >"$tmp/out" 2>"$tmp/err"
	status=$?
	[ $status = 0 ] || fail "status $status"
	[ "$(grep -c . "$tmp/out")" = $n ] || fail "prints other than $n lines"
done
name=url-disk-full
timeout 5 "$inspect" --count 3 "$url" >/dev/full 2>"$tmp/err"
status=$?
[ $status = 2 ] || fail "status $status"

finish "$messages messages and all tags as they are"
