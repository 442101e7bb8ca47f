# RTMPT, and ways through proxies, for test/interop.sh.  A part of that script.
#
# The web server of all RTMPT cases is rtmp-serve, for lack of another one that
# can be installed; its clients are rtmpdump, ffmpeg and ours.  The proxies are
# those of Debian.

# ---- Servers ----

# rtmp-serve with RTMPT; one that ends each connection behind three requests;
# one with RTMPE as well; and stunnel in front of the second, for rtmpts.
start_rtmpt()
{
	local name
	for name in serve-rtmpt serve-close serve-rtmpte; do
		take_port; port_of[$name]=$port
		log_of[$name]=$work/$name.log
	done
	serve_with serve-rtmpt "$work" "$serve" --verbose --rtmpt \
	    "127.0.0.1:${port_of[serve-rtmpt]}"
	serve_with serve-close "$work" "$serve" --verbose \
	    --rtmpt-requests 3 "127.0.0.1:${port_of[serve-close]}"
	serve_with serve-rtmpte "$work" "$serve" --verbose --rtmpt \
	    --rtmpe 8 "127.0.0.1:${port_of[serve-rtmpte]}"
	start_stunnel
}

start_stunnel()
{
	local folder=$work/stunnel
	mkdir -p "$folder"
	openssl req -x509 -newkey rsa:2048 -nodes -days 2 \
	    -subj /CN=localhost -addext subjectAltName=DNS:localhost \
	    -keyout "$folder/key.pem" -out "$folder/cert.pem" \
	    >"$folder/openssl.log" 2>&1
	take_port; port_of[stunnel]=$port
	log_of[stunnel]=$folder/stunnel.log
	cat >"$folder/stunnel.conf" <<-END
	foreground = yes
	pid =
	[rtmpts]
	accept = 127.0.0.1:$port
	connect = 127.0.0.1:${port_of[serve-close]}
	cert = $folder/cert.pem
	key = $folder/key.pem
	END
	serve_with stunnel "$folder" stunnel stunnel.conf
}

# A proxy of each kind, and of two kinds one that wants a password.
start_proxies()
{
	local folder=$work/proxies name
	mkdir -p "$folder"
	for name in dante microsocks microsocks-pw tinyproxy tinyproxy-pw \
	    squid; do
		take_port; port_of[$name]=$port
		log_of[$name]=$folder/$name.log
	done
	cat >"$folder/dante.conf" <<-END
	logoutput: stderr
	internal: 127.0.0.1 port = ${port_of[dante]}
	external: 127.0.0.1
	clientmethod: none
	socksmethod: none
	user.unprivileged: nobody
	client pass { from: 127.0.0.0/8 to: 0.0.0.0/0 }
	socks pass { from: 0.0.0.0/0 to: 0.0.0.0/0 }
	END
	cat >"$folder/tinyproxy.conf" <<-END
	Port ${port_of[tinyproxy]}
	Listen 127.0.0.1
	Timeout 60
	Allow 127.0.0.1
	END
	sed "s/^Port.*/Port ${port_of[tinyproxy-pw]}/" \
	    "$folder/tinyproxy.conf" >"$folder/tinyproxy-pw.conf"
	echo "BasicAuth us pw1" >>"$folder/tinyproxy-pw.conf"
	# Only squid knows this name.
	printf '127.0.0.1 serve.interop\n127.0.0.1 localhost\n' \
	    >"$folder/hosts"
	cat >"$folder/squid.conf" <<-END
	http_port 127.0.0.1:${port_of[squid]}
	http_access allow all
	hosts_file hosts
	cache deny all
	cache_mem 8 MB
	access_log none
	cache_log /dev/null
	pid_filename none
	shutdown_lifetime 0 seconds
	END
	serve_with dante "$folder" danted -f dante.conf -p dante.pid
	serve_with microsocks "$folder" \
	    microsocks -i 127.0.0.1 -p "${port_of[microsocks]}"
	serve_with microsocks-pw "$folder" microsocks -i 127.0.0.1 \
	    -p "${port_of[microsocks-pw]}" -u us -P p:w@1
	serve_with tinyproxy "$folder" tinyproxy -d -c tinyproxy.conf
	serve_with tinyproxy-pw "$folder" tinyproxy -d -c tinyproxy-pw.conf
	serve_with squid "$folder" squid -N -f "$folder/squid.conf"
}

reach_http_servers()
{
	start_rtmpt
	start_proxies
}

# ---- RTMPT ----

# rtmpt_relay FILE [OPTION...]: rtmp-push to all players, through HTTP.
rtmpt_relay()
{
	local file=$1
	url=${url/rtmp:/rtmpt:}
	shift
	begin_pull rtmp-pull
	begin_ffmpeg_play ffmpeg-plays
	begin rtmpdump rtmpdump -v -r "$url" -o "$dir/rtmpdump.flv"
	all_joined 3
	push_file "$file" "$@"
	end_pull rtmp-pull
	ended ffmpeg-plays 0
	ended rtmpdump 0 2
	same_packets rtmp-pull -d "$flv/$file.flv" "$dir/rtmp-pull.flv"
	same_hashes ffmpeg "$file" "$dir/ffmpeg-plays.txt"
	same_packets rtmpdump -s 5 "$flv/$file.flv" "$dir/rtmpdump.flv"
}

# rtmpt_publishes FILE: ffmpeg through HTTP, to players with and without it.
# At the end it drops what it has buffered, up to nine packets.
rtmpt_publishes()
{
	local plain=$url
	url=${url/rtmp:/rtmpt:}
	begin_pull rtmp-pull
	begin straight "$pull" "$plain" "$dir/straight.flv"
	all_joined 2
	ffmpeg_publishes "$1"
	end_pull rtmp-pull
	end_pull straight
	same_packets rtmp-pull -e "$dir/reference.flv" "$dir/rtmp-pull.flv"
	same_packets straight -e "$dir/reference.flv" "$dir/straight.flv"
}

# rtmpt_flight FLIGHT
rtmpt_flight()
{
	url=${url/rtmp:/rtmpt:}
	flight "$1"
}

# rtmpt_alone FILE [OPTION...]: rtmp-push to rtmp-pull, for the server whose
# connections end, which the others don't survive.
rtmpt_alone()
{
	local file=$1
	url=${url/rtmp:/rtmpt:}
	shift
	begin_pull rtmp-pull
	all_joined 1
	push_file "$file" "$@"
	end_pull rtmp-pull
	same_packets rtmp-pull -d "$flv/$file.flv" "$dir/rtmp-pull.flv"
}

# By way of stunnel.
rtmpts()
{
	local ca=$work/stunnel/cert.pem
	url=rtmpts://localhost:${port_of[stunnel]}/live/$stream
	begin_pull rtmp-pull --tls-ca "$ca"
	all_joined 1
	push_file h264_aac --tls-ca "$ca"
	end_pull rtmp-pull
	same_packets rtmp-pull -d "$flv/h264_aac.flv" "$dir/rtmp-pull.flv"
	refused "certificate" 7 "certificate" \
	    "$push" "$flv/h264_aac.flv" "$url"
}

# rtmp-push and rtmp-pull have RTMPE within HTTP, and rtmpdump plays it.
rtmpte()
{
	url=${url/rtmp:/rtmpte:}
	begin_pull rtmp-pull
	begin rtmpdump rtmpdump -v -r "$url" -o "$dir/rtmpdump.flv"
	all_joined 2
	push_file h264_aac --fast
	end_pull rtmp-pull
	ended rtmpdump 0 2
	same_packets rtmp-pull -d "$flv/h264_aac.flv" "$dir/rtmp-pull.flv"
	same_packets rtmpdump -s 5 "$flv/h264_aac.flv" "$dir/rtmpdump.flv"
}

# A web server that knows nothing of RTMPT: squid, as it happens.
no_rtmpt()
{
	url=rtmpt://127.0.0.1:${port_of[squid]}/live/$stream
	refused rtmp-push 4 "POST /open: the server answers 4" \
	    "$push" "$flv/h264_aac.flv" "$url"
	url=rtmpt://127.0.0.1:${port_of[serve]}/live/$stream
	refused "no HTTP" 3 "POST /open: connection closed" \
	    "$push" "$flv/h264_aac.flv" "$url"
}

# ---- Proxies ----

# through PROXY URL [HOST]: both ways, RTMP and RTMPT.
through()
{
	local proxy=$2 scheme
	proxy=${proxy/PORT/${port_of[$1]}}
	url=${url/127.0.0.1/${3:-localhost}}
	for scheme in rtmp rtmpt; do
		url=$scheme:${url#*:}-$scheme
		stream=${url##*/}
		begin_pull $scheme --proxy "$proxy"
		all_joined 1
		push_file h264_aac --fast --proxy "$proxy"
		end_pull $scheme
		same_packets $scheme -d "$flv/h264_aac.flv" \
		    "$dir/$scheme.flv"
	done
}

# proxy_refuses PROXY URL STATUS WORDS [TARGET]
proxy_refuses()
{
	local proxy=$2
	proxy=${proxy/PORT/${port_of[$1]-1}}
	refused "$1" "$3" "$4" "$push" --timeout 5 --proxy "$proxy" \
	    "$flv/h264_aac.flv" "${5:-$url}"
}

# Whoever accepts and says nothing is no good proxy.
proxy_stalls()
{
	local start=$SECONDS
	begin stall "$serve" --quiet "127.0.0.1:$port"
	wait_for listening "$port" || give_up "nobody listens"
	kill -STOP "$(pgrep -P "${pid[stall]}" || echo "${pid[stall]}")"
	refused "SOCKS5" 5 "SOCKS5 proxy: no answer in time" \
	    "$push" --timeout 2 --proxy "socks5://127.0.0.1:$port" \
	    "$flv/h264_aac.flv" "$url"
	refused "CONNECT" 5 "HTTP proxy: no answer in time" \
	    "$push" --timeout 2 --proxy "http://127.0.0.1:$port" \
	    "$flv/h264_aac.flv" "$url"
	[ $((SECONDS - start)) -lt 10 ]
	result "both within the deadline" $?
	kill -CONT "$(pgrep -P "${pid[stall]}" || echo "${pid[stall]}")"
}

# ---- All of them ----

reach_http_cases()
{
	local server file flight no=rtmp://localhost:1/live/x

	for file in h264_aac large_keyframe long_timestamps_2p31; do
		run rtmpt_relay serve-rtmpt $file --fast
		run rtmpt_publishes serve-rtmpt $file
		run rtmpt_alone serve-close $file --fast
	done
	for server in serve-rtmpt serve-close; do
		# In real time: many requests, most of them idle.
		run rtmpt_alone $server h264_aac
		for flight in $flights; do
			run rtmpt_flight $server "$flight"
		done
	done
	run rtmpts serve-close
	run rtmpte serve-rtmpte
	run no_rtmpt serve

	run through serve-rtmpt dante socks5://127.0.0.1:PORT
	run through serve-rtmpt microsocks socks5://127.0.0.1:PORT
	run through serve-rtmpt microsocks-pw \
	    socks5://us:p%3Aw%401@127.0.0.1:PORT
	run through serve-rtmpt tinyproxy http://127.0.0.1:PORT
	run through serve-rtmpt tinyproxy-pw http://us:pw1@127.0.0.1:PORT
	run through serve-rtmpt squid http://127.0.0.1:PORT serve.interop

	run proxy_refuses serve microsocks-pw socks5://us:no@127.0.0.1:PORT \
	    4 "does not accept the user and password"
	run proxy_refuses serve microsocks-pw socks5://127.0.0.1:PORT \
	    4 "wants a user and password"
	run proxy_refuses serve tinyproxy-pw http://us:no@127.0.0.1:PORT \
	    4 "does not accept the user and password"
	run proxy_refuses serve tinyproxy-pw http://127.0.0.1:PORT \
	    4 "wants a user and password"
	run proxy_refuses serve dante socks5://127.0.0.1:PORT \
	    3 "connection refused" $no
	run proxy_refuses serve squid http://127.0.0.1:PORT \
	    3 "localhost port 1: 50" $no
	run proxy_refuses serve nobody http://127.0.0.1:PORT \
	    3 "Connection refused"
	run proxy_refuses serve microsocks http://127.0.0.1:PORT \
	    6 "not an HTTP reply"
	run proxy_stalls serve
}
