# RTMPS, for test/interop.sh.  A part of that script.
#
#     rtmp-push, rtmp-pull --TLS--> stunnel --RTMP--> nginx
#
# One stunnel with a port for each certificate, all of which are for localhost
# but one:
#
#     good         issued by the CA that --tls-ca names
#     expired      by the same, valid for the second in which it is made
#     wrong-host   by the same, for another.example.org
#     self-signed  by itself
#
# and two more: one that speaks no TLS newer than 1.1, and one whose good
# certificate is for those alone who say the name of the host, as servers of
# many hosts want it.
#
# The programs have OpenSSL; what "mbedtls" precedes runs with those that have
# the adapter for Mbed TLS instead.

tls_certificates="good expired wrong-host self-signed"

# issue_certificate NAME HOST [OPTION...]: into NAME.pem, with its key.
issue_certificate()
{
	local name=$1 host=$2
	shift 2
	openssl req -newkey rsa:2048 -nodes -subj "/CN=$host" \
	    -keyout "$name.key" -out "$name.csr"
	printf 'subjectAltName=DNS:%s\n' "$host" >"$name.ext"
	openssl x509 -req -in "$name.csr" -extfile "$name.ext" \
	    -out "$name.crt" "$@"
	cat "$name.key" "$name.crt" >"$name.pem"
}

make_certificates()
{
	openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=interop \
	    -keyout ca.key -out ca.pem
	set -- -CA ca.pem -CAkey ca.key -CAcreateserial
	issue_certificate good localhost -days 2 "$@"
	issue_certificate expired localhost -days 0 "$@"
	issue_certificate wrong-host another.example.org -days 2 "$@"
	issue_certificate self-signed localhost -days 2 \
	    -signkey self-signed.key
}

reach_tls_servers()
{
	local folder=$work/tls name
	mkdir -p "$folder"
	(cd "$folder" && make_certificates) >"$folder/openssl.log" 2>&1
	log_of[stunnel-tls]=$folder/stunnel.log
	printf 'foreground = yes\npid =\n' >"$folder/stunnel.conf"
	for name in $tls_certificates; do
		take_port; port_of[tls-$name]=$port
		cat >>"$folder/stunnel.conf" <<-END
		[$name]
		accept = 127.0.0.1:$port
		connect = 127.0.0.1:${port_of[nginx]}
		cert = $folder/$name.pem
		END
	done
	port_of[stunnel-tls]=$port
	take_port; port_of[tls-old]=$port
	cat >>"$folder/stunnel.conf" <<-END
	[old]
	accept = 127.0.0.1:$port
	connect = 127.0.0.1:${port_of[nginx]}
	cert = $folder/good.pem
	securityLevel = 0
	sslVersionMin = TLSv1
	sslVersionMax = TLSv1.1
	END
	take_port; port_of[tls-by-name]=$port
	cat >>"$folder/stunnel.conf" <<-END
	[by-name]
	accept = 127.0.0.1:$port
	connect = 127.0.0.1:${port_of[nginx]}
	cert = $folder/wrong-host.pem
	[by-name-localhost]
	sni = by-name:localhost
	connect = 127.0.0.1:${port_of[nginx]}
	cert = $folder/good.pem
	END
	serve_with stunnel-tls "$folder" stunnel stunnel.conf
}

# tls_to CERTIFICATE: by way of the port that has it.
tls_to()
{
	url=rtmps://localhost:${port_of[tls-$1]}/live/$stream
}

# mbedtls FUNCTION ARGUMENT...
mbedtls()
{
	push=$build/interop/rtmp-push-mbedtls
	pull=$build/interop/rtmp-pull-mbedtls
	"$@"
}

# tls_relay CERTIFICATE FILE [OPTION...]: both sides through TLS, and a player
# without.
tls_relay()
{
	local file=$2 plain=$url ca=$work/tls/ca.pem
	tls_to "$1"
	shift 2
	begin_pull rtmp-pull --tls-ca "$ca"
	begin straight "$pull" "$plain" "$dir/straight.flv"
	all_joined 2
	push_file "$file" --tls-ca "$ca" "$@"
	end_pull rtmp-pull
	end_pull straight
	same_packets rtmp-pull "$flv/$file.flv" "$dir/rtmp-pull.flv"
	same_packets straight "$flv/$file.flv" "$dir/straight.flv"
}

# tls_refused CERTIFICATE WORDS: although the CA is known.
tls_refused()
{
	local ca=$work/tls/ca.pem
	tls_to "$1"
	[ "$1" != expired ] || sleep 1
	refused rtmp-push 7 "$2" \
	    "$push" --tls-ca "$ca" "$flv/h264_aac.flv" "$url"
	refused rtmp-pull 7 "$2" \
	    "$pull" --tls-ca "$ca" "$url" "$dir/none.flv"
}

# The good one, to who does not know the CA.
tls_unknown_ca()
{
	tls_to good
	refused rtmp-push 7 "no trusted CA has issued it" \
	    "$push" "$flv/h264_aac.flv" "$url"
}

tls_insecure() # CERTIFICATE
{
	tls_to "$1"
	push_file h264_aac --fast --tls-insecure
	result "rtmp-push to it" 0
}

# A server that speaks RTMP alone waits for the rest of C1, or closes.
tls_missing() # STATUS WORDS
{
	url=${url/rtmp:/rtmps:}
	refused rtmp-push "$1" "$2" \
	    "$push" --timeout 2 "$flv/h264_aac.flv" "$url"
}

# run_both FUNCTION SERVER ARGUMENT...: with either adapter.
run_both()
{
	run "$@"
	run mbedtls "$2" "$1" "${@:3}"
}

reach_tls_cases()
{
	local flight

	for flight in $flights; do
		run tls_relay nginx good h264_aac --fast --flight "$flight"
	done
	run mbedtls nginx tls_relay good h264_aac --fast
	run_both tls_relay nginx good large_keyframe --fast
	run_both tls_relay nginx good long_timestamps_2p31 --fast
	run_both tls_relay nginx by-name h264_aac --fast
	run_both tls_refused nginx expired "certificate has expired"
	run_both tls_refused nginx wrong-host "ostname mismatch"
	run_both tls_refused nginx self-signed "self.signed certificate"
	run_both tls_refused nginx old "speaks no TLS newer than 1.1"
	run_both tls_unknown_ca nginx
	run_both tls_insecure nginx self-signed
	run_both tls_missing nginx 5 "the TLS handshake took too long"
	run_both tls_missing serve 7 "not speak TLS"
}
