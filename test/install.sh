#!/bin/sh
# Installs what a target needs and says so; silent where all is there.
# usage: test/install.sh libc | check | fuzz | interop | bench
set -eu

missing=
need() { # package, test command...
	package=$1
	shift
	"$@" >/dev/null 2>&1 || missing="$missing $package"
}
header() { # package, header, library
	printf '#include <stdarg.h>\n#include <stddef.h>\n#include <stdint.h>\n#include <setjmp.h>\n#include <%s>\nint main(void){return 0;}\n' "$2" |
	    ${CC:-cc} ${CFLAGS:-} -x c - -o /dev/null ${LDFLAGS:-} "-l$3" \
	    >/dev/null 2>&1 ||
	    missing="$missing $1"
}

case ${1:-} in
libc)
	header libc6-dev stdio.h c
	;;
check)
	header libcmocka-dev cmocka.h cmocka
	header libcjson-dev cjson/cJSON.h cjson
	;;
fuzz)
	need clang command -v clang
	;;
interop)
	header libssl-dev openssl/ssl.h ssl
	header librtmp-dev librtmp/rtmp.h rtmp
	need nginx-light test -x /usr/sbin/nginx
	need libnginx-mod-rtmp test -e /usr/lib/nginx/modules/ngx_rtmp_module.so
	need ffmpeg command -v ffmpeg
	need rtmpdump command -v rtmpdump
	need gstreamer1.0-tools command -v gst-launch-1.0
	need gstreamer1.0-plugins-bad gst-inspect-1.0 rtmp2sink
	need gstreamer1.0-plugins-good gst-inspect-1.0 flvmux
	need gstreamer1.0-plugins-base gst-inspect-1.0 videotestsrc
	need gstreamer1.0-plugins-ugly gst-inspect-1.0 x264enc
	need gstreamer1.0-libav gst-inspect-1.0 avenc_aac
	need dante-server command -v danted
	need microsocks command -v microsocks
	need tinyproxy command -v tinyproxy
	need squid command -v squid
	need stunnel4 command -v stunnel
	need openssl command -v openssl
	need libssl-dev test -e /usr/include/openssl/ssl.h
	need libmbedtls-dev test -e /usr/include/mbedtls/ssl.h
	need nodejs command -v node
	need npm command -v npm
	;;
bench)
	header librtmp-dev librtmp/rtmp.h rtmp
	need valgrind command -v valgrind
	;;
*)
	echo "usage: $0 libc | check | fuzz | interop | bench" >&2
	exit 2
	;;
esac
[ -n "$missing" ] || exit 0

by_hand() { # reason
	echo "rtmpio: $1; please install by hand:$missing" >&2
	exit 1
}
command -v apt-get >/dev/null || by_hand "no apt-get here"
sudo=
if [ "$(id -u)" != 0 ]; then
	command -v sudo >/dev/null || by_hand "neither root nor sudo here"
	sudo=sudo
fi
for=
[ "$1" = libc ] || for=" for 'make $1'"
echo "rtmpio: installing$for:$missing"
log=$(mktemp)
trap 'rm -f "$log"' EXIT
# sudo hands no variables on.  Where lists cannot be had, older ones may do.
apt() {
	$sudo env DEBIAN_FRONTEND=noninteractive apt-get \
	    -o DPkg::Lock::Timeout=300 "$@" >>"$log" 2>&1
}
apt update || :
# shellcheck disable=SC2086
if ! apt install -y --no-install-recommends $missing; then
	tail -n 20 "$log" >&2
	by_hand "apt-get failed"
fi
