# Publishers and players of test/interop.sh, and what came of them.  A part of
# that script; inside a case, with its label, server, stream, url and dir.

declare -A pid

# ---- Results of a case ----

# result WORDS STATUS: one comparison of this case.
result()
{
	if [ "$2" -eq 0 ]; then
		echo ok >>"$dir/result"
		passed "$label, $1"
	else
		echo FAIL >>"$dir/result"
		failed "$label, $1" "$dir"/*.log
	fi
}

# give_up WORDS: the case cannot go on.
give_up()
{
	result "$1" 1
	exit 1
}

# ---- Programs ----

# begin NAME COMMAND...: in the background, with what it says in NAME.log.
begin()
{
	local name=$1
	shift
	timeout --foreground -k 3 60 "$@" >"$dir/$name.log" 2>&1 &
	pid[$name]=$!
}

# ended NAME STATUS...: waits for it; the status must be one of these.
ended()
{
	local name=$1 status
	shift
	wait "${pid[$name]}"
	status=$?
	case " $* " in
	*" $status "*) ;;
	*) give_up "$name ended with status $status instead of $*" ;;
	esac
}

# settled FILE: waits until it is there and has not grown for half a second.
settled()
{
	local before=-1 now still=0
	wait_for test -s "$1"
	while [ $still -lt 5 ]; do
		sleep 0.1
		now=$(stat -c %s "$1" 2>/dev/null || echo 0)
		if [ "$now" = "$before" ]; then
			still=$((still + 1))
		else
			still=0
		fi
		before=$now
	done
}

# all_joined COUNT: so many players play this case's stream.
all_joined()
{
	wait_for joined "$server" "$stream" "$1" ||
	    give_up "the server did not take $1 players"
}

# ---- rtmp-push and rtmp-pull ----

# push_file FILE [OPTION...]: all of it, and it must succeed.
push_file()
{
	local file=$1
	shift
	begin rtmp-push "$push" "$@" "$flv/$file.flv" "$url"
	ended rtmp-push 0
}

# rtmp-pull NAME [OPTION...]: into NAME.flv.
begin_pull()
{
	local name=$1
	shift
	begin "$name" "$pull" "$@" "$url" "$dir/$name.flv"
}

# The publisher has left.  nginx and rtmp-serve say so to the players, and
# rtmp-pull ends; node-media-server says nothing for half a minute in which
# the publisher may come back.
end_pull() # NAME
{
	if [ "$server" = nms ]; then
		settled "$dir/$1.flv"
		kill -INT "${pid[$1]}"
		ended "$1" 130
	else
		ended "$1" 0
	fi
}

# ---- Comparing ----

# same_packets WORDS [OPTION...] SOURCE PULLED: both are FLV files.
same_packets()
{
	local words=$1 found status
	shift
	found=$("$flvcmp" "$@" 2>&1)
	status=$?
	result "$words: ${found//$'\n'/; }" $status
}

# Does the server hand on metadata as it came?  nginx makes its own.
metadata()
{
	case $server in
	nms | serve*) echo -d ;;
	esac
}

# What ffmpeg makes of its input: a line for each packet with stream, dts,
# pts, duration, size and SHA-256, and one for each sequence header.
hashing=(-map '0:v?' -map '0:a?' -c copy -flush_packets 1 -f framehash)
ffmpeg=(ffmpeg -nostdin -hide_banner -loglevel warning -y -copyts)

# same_hashes WORDS FILE HASHES: of FILE and of what ffmpeg has received.
same_hashes()
{
	local words=$1 source=$dir/source.txt count
	begin hash-source "${ffmpeg[@]}" -i "$flv/$2.flv" "${hashing[@]}" \
	    "$source"
	ended hash-source 0
	# Streams may come interleaved in another way.
	sort -s -t , -k 1,1 "$source" >"$source.sorted"
	sort -s -t , -k 1,1 "$3" >"$3.sorted"
	count=$(grep -vc '^#' "$source")
	diff "$source.sorted" "$3.sorted" >"$dir/diff.log" 2>&1
	case $? in
	0) result "$words: $count packets hash the same" 0 ;;
	*) result "$words: hashes differ" 1 ;;
	esac
}

# ---- Other players and publishers ----

# ffmpeg ends when nginx and rtmp-serve say that the publisher has left; with
# node-media-server it has to run into a silence.
begin_ffmpeg_play() # NAME
{
	local name=$1 silence=()
	[ "$server" != nms ] || silence=(-rw_timeout 4000000)
	begin "$name" "${ffmpeg[@]}" "${silence[@]}" -i "$url" \
	    "${hashing[@]}" "$dir/$name.txt"
}

# A publisher also writes what it muxes to reference.flv, which tells what it
# sends.
ffmpeg_publishes() # FILE
{
	begin ffmpeg "${ffmpeg[@]}" -i "$flv/$1.flv" \
	    -map 0 -c copy -f flv "$url" \
	    -map 0 -c copy -f flv "$dir/reference.flv"
	ended ffmpeg 0
}

gst_publishes()
{
	begin gst gst-launch-1.0 -q -e \
	    videotestsrc num-buffers=75 is-live=true ! \
	    video/x-raw,width=320,height=180,framerate=25/1 ! \
	    x264enc tune=zerolatency key-int-max=25 bitrate=250 ! \
	    h264parse ! mux. \
	    audiotestsrc num-buffers=130 is-live=true ! \
	    audio/x-raw,rate=44100,channels=2 ! avenc_aac bitrate=96000 ! \
	    aacparse ! mux. \
	    flvmux name=mux streamable=true ! tee name=both \
	    both. ! queue ! rtmp2sink location="$url" \
	    both. ! queue ! filesink location="$dir/reference.flv"
	ended gst 0
}

print_versions()
{
	printf 'interop: %s, %s, node %s, %s, %s, %s\n' \
	    "$(nginx -v 2>&1 | sed 's/.*: //')" "$nms_package" \
	    "$(node --version)" \
	    "$(ffmpeg -version | sed -n '1s/ version \([^ ]*\).*/ \1/p')" \
	    "$(rtmpdump -h 2>&1 | sed -n '1s/RTMPDump v/rtmpdump /p')" \
	    "$(gst-launch-1.0 --version | sed -n 2p)"
}
