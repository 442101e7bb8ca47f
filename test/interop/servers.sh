# The servers of test/interop.sh: a port of each, a log, and whether it runs.
# A part of that script, not a script of its own.

# What the npm registry has to give.  Its package.json asks for Node.js 20;
# that of Debian 12, 18, runs it as well.
nms_package=node-media-server@4.4.3
nginx_module=/usr/lib/nginx/modules/ngx_rtmp_module.so

declare -A port_of log_of server_pid
next_port=21000

# listening PORT: does somebody?  (No connection is made: ffmpeg as a server
# takes only one.)
listening()
{
	grep -qs "$(printf ':%04X [0-9A-F]*:0000 0A ' "$1")" \
	    /proc/net/tcp /proc/net/tcp6
}

# Sets port to one that is free.
take_port()
{
	while
		port=$next_port
		next_port=$((next_port + 1))
		listening "$port"
	do
		if [ "$port" -ge 21999 ]; then
			echo "interop: no free port from 21000 to 21999" >&2
			exit 1
		fi
	done
}

# serve_with SERVER FOLDER COMMAND...: starts a server in a folder of its own
# and waits until it listens.
serve_with()
{
	local server=$1 folder=$2
	shift 2
	(cd "$folder" && exec "$@") >"${log_of[$server]}" 2>&1 9>&- &
	server_pid[$server]=$!
	disown
	wait_for listening "${port_of[$server]}" && return
	failed "$server does not listen" "${log_of[$server]}"
	unset "server_pid[$server]"
}

start_nginx()
{
	local folder=$work/nginx
	mkdir -p "$folder"
	take_port; port_of[nginx]=$port
	take_port; port_of[nginx-128]=$port
	take_port; port_of[nginx-plain]=$port
	sed -e "s|@MODULE@|$nginx_module|" \
	    -e "s|@PORT@|${port_of[nginx]}|" \
	    -e "s|@PORT_128@|${port_of[nginx-128]}|" \
	    -e "s|@PORT_PLAIN@|${port_of[nginx-plain]}|" \
	    test/interop/nginx.conf >"$folder/nginx.conf"
	log_of[nginx]=$folder/stderr.log
	serve_with nginx "$folder" \
	    nginx -p "$folder/" -c nginx.conf -e error.log
	log_of[nginx]=$folder/error.log
	log_of[nginx-128]=$folder/error.log
	log_of[nginx-plain]=$folder/error.log
	server_pid[nginx-128]=${server_pid[nginx]-}
	server_pid[nginx-plain]=${server_pid[nginx]-}
}

# Installs node-media-server where it is not there in that version.
install_nms()
{
	local folder=$1 version=${nms_package##*@}
	grep -qs "\"version\": \"$version\"" \
	    "$folder/node_modules/node-media-server/package.json" && return
	echo "interop: npm install $nms_package"
	mkdir -p "$folder"
	echo '{ "private": true }' >"$folder/package.json"
	(cd "$folder" && npm install --no-audit --no-fund --ignore-scripts \
	    "$nms_package") >"$work/npm.log" 2>&1
}

start_nms()
{
	local folder=${work%/*}/nms
	if ! install_nms "$folder"; then
		failed "nms: npm install $nms_package failed" "$work/npm.log"
		return
	fi
	take_port; port_of[nms]=$port
	log_of[nms]=$work/nms.log
	serve_with nms "$folder" node "$PWD/test/interop/nms.js" "$port"
}

start_serve()
{
	take_port; port_of[serve]=$port
	log_of[serve]=$work/serve.log
	serve_with serve "$work" "$serve" --verbose "127.0.0.1:$port"
}

# All of them start, whatever the pattern picks.
start_servers()
{
	start_nginx
	start_nms
	start_serve
}

stop_servers()
{
	local server
	for server in "${!server_pid[@]}"; do
		[ -z "${server_pid[$server]-}" ] ||
		    kill "${server_pid[$server]}" 2>/dev/null
	done
}

# A server that has died has failed, whatever the cases say.
check_servers()
{
	local server
	for server in "${!server_pid[@]}"; do
		kill -0 "${server_pid[$server]:-0}" 2>/dev/null ||
		    failed "$server died" "${log_of[$server]}"
	done
}

# joined SERVER NAME COUNT: do COUNT players play NAME, by the server's log?
joined()
{
	local words
	case $1 in
	nginx*) words="play: name='$2'" ;;
	nms) words="start play /live/$2\$" ;;
	serve*) words="plays live/$2\$" ;;
	esac
	[ "$(grep -c "$words" "${log_of[$1]}")" -ge "$3" ]
}

# published SERVER NAME: is NAME published, by the server's log?
published()
{
	local words
	case $1 in
	nginx*) words="publish: name='$2'" ;;
	nms) words="start push /live/$2\$" ;;
	serve*) words="publishes live/$2\$" ;;
	esac
	grep -q "$words" "${log_of[$1]}"
}
