# Passwords and redirects, for test/interop.sh.  A part of that script.
#
# The server of all these cases is rtmp-serve: nginx asks nobody for a password
# and redirects nobody.  It checks passwords with code of its own, and ffmpeg
# and rtmpdump bear out that it does so as others do.

auth_user=us
auth_password=se+c=ret

# start_with NAME OPTION...: a rtmp-serve.
start_with()
{
	local name=$1
	shift
	take_port; port_of[$name]=$port
	log_of[$name]=$work/$name.log
	serve_with "$name" "$work" "$serve" --verbose "$@" "127.0.0.1:$port"
}

reach_auth_servers()
{
	local user=$auth_user:$auth_password
	start_with serve-adobe --auth adobe --user "$user"
	start_with serve-adobe-no --auth adobe --auth-opaque no --user "$user"
	start_with serve-adobe-same --auth adobe --auth-opaque same \
	    --user "$user"
	start_with serve-llnw --auth llnw --user "$user"
	start_with serve-token --secure-token mykey123
	start_with serve-redirect \
	    --redirect "rtmp://127.0.0.1:${port_of[serve]}/live"
}

# ---- Passwords ----

with_password()
{
	url=${url/127.0.0.1/$auth_user:$auth_password@127.0.0.1}
}

# ffmpeg publishes, rtmp-pull plays; both have the password in the URL.
auth_publishes()
{
	with_password
	begin_pull rtmp-pull
	all_joined 1
	ffmpeg_publishes h264_aac
	end_pull rtmp-pull
	same_packets rtmp-pull "$dir/reference.flv" "$dir/rtmp-pull.flv"
}

# rtmp-push has it in the environment, in every flight.
auth_relay() # FLIGHT
{
	begin_pull rtmp-pull --flight "$1" --user $auth_user \
	    --password "$auth_password"
	all_joined 1
	RTMP_PASSWORD=$auth_password push_file h264_aac --fast \
	    --flight "$1" --user $auth_user
	end_pull rtmp-pull
	same_packets rtmp-pull -d "$flv/h264_aac.flv" "$dir/rtmp-pull.flv"
}

# Limelight's answer depends on the app.
auth_instance()
{
	url=${url/live/live/inst}
	with_password
	push_file h264_aac --fast
	result "rtmp-push to an instance" 0
	url=${url}2
	ffmpeg_publishes h264_aac
	result "ffmpeg to an instance" 0
}

auth_refused()
{
	refused "nobody" 4 "asks for a user and a password" \
	    "$push" "$flv/h264_aac.flv" "$url"
	refused "wrong password" 4 "wrong password" "$push" \
	    --user $auth_user --password other "$flv/h264_aac.flv" "$url"
	refused "unknown user" 4 "unknown user" "$pull" \
	    --user other --password other "$url" "$dir/none.flv"
}

# rtmpdump and rtmp-pull play what rtmp-push sends, all of them with the token.
token()
{
	begin_pull rtmp-pull --secure-token mykey123
	begin rtmpdump rtmpdump -v --token mykey123 -r "$url" \
	    -o "$dir/rtmpdump.flv"
	all_joined 2
	push_file h264_aac --fast --secure-token mykey123
	end_pull rtmp-pull
	ended rtmpdump 0 2
	same_packets rtmp-pull -d "$flv/h264_aac.flv" "$dir/rtmp-pull.flv"
	same_packets rtmpdump -s 5 "$flv/h264_aac.flv" "$dir/rtmpdump.flv"
	refused "wrong token" 4 "closed the connection" \
	    "$pull" --secure-token other "$url" "$dir/none.flv"
}

# ---- Redirects ----

# From the app "old" of one server to "live" of another.
redirect()
{
	url=${url/live/old}
	server=serve
	begin_pull rtmp-pull
	all_joined 1
	push_file h264_aac --fast
	end_pull rtmp-pull
	same_packets rtmp-pull -d "$flv/h264_aac.flv" "$dir/rtmp-pull.flv"
	refused "not followed" 4 Redirected "$push" --no-redirect \
	    "$flv/h264_aac.flv" "$url"
}

# As SRS does: behind publish and play, and with a stream.
redirect_late()
{
	local target=rtmp://127.0.0.1:${port_of[serve]}/live
	begin old "$serve" --verbose --redirect-as status \
	    --redirect "$target" --redirect2 "$target/$stream" \
	    "127.0.0.1:$port"
	wait_for listening "$port" || give_up "rtmp-serve does not listen"
	url=rtmp://127.0.0.1:$port/old/another
	begin_pull rtmp-pull
	all_joined 1
	push_file h264_aac --fast
	end_pull rtmp-pull
	same_packets rtmp-pull -d "$flv/h264_aac.flv" "$dir/rtmp-pull.flv"
	[ "$(grep -c 'redirected, as it knows' "$dir/old.log")" -eq 2 ]
	result "both answered" $?
}

# ---- All of them ----

reach_auth_cases()
{
	local server flight

	for server in serve-adobe serve-adobe-no serve-adobe-same serve-llnw
	do
		run auth_publishes $server
		for flight in $flights; do
			run auth_relay $server "$flight"
		done
		run auth_instance $server
		run auth_refused $server
	done
	run token serve-token
	run redirect serve-redirect
	run redirect_late serve
}
