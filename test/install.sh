#!/bin/sh
# Installs what a target needs and says so; silent where all is there.
# usage: test/install.sh check | fuzz | interop | bench
set -eu

missing=
need() { # package, test command...
	package=$1
	shift
	"$@" >/dev/null 2>&1 || missing="$missing $package"
}
header() { # package, header, library
	printf '#include <stdarg.h>\n#include <stddef.h>\n#include <stdint.h>\n#include <setjmp.h>\n#include <%s>\nint main(void){return 0;}\n' "$2" |
	    ${CC:-cc} -x c - -o /dev/null "-l$3" >/dev/null 2>&1 ||
	    missing="$missing $1"
}

case ${1:-} in
check)
	header libcmocka-dev cmocka.h cmocka
	header libcjson-dev cjson/cJSON.h cjson
	;;
fuzz)
	need clang command -v clang
	;;
interop)
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
	echo "usage: $0 check | fuzz | interop | bench" >&2
	exit 2
	;;
esac
[ -n "$missing" ] || exit 0

echo "rtmpio: installing for 'make $1':$missing"
sudo=
[ "$(id -u)" = 0 ] || sudo=sudo
if ! command -v apt-get >/dev/null; then
	echo "rtmpio: no apt-get here; please install:$missing" >&2
	exit 1
fi
log=$(mktemp)
trap 'rm -f "$log"' EXIT
export DEBIAN_FRONTEND=noninteractive
# shellcheck disable=SC2086
if ! { $sudo apt-get update && $sudo apt-get install -y \
    --no-install-recommends $missing; } >"$log" 2>&1; then
	tail -n 20 "$log" >&2
	echo "rtmpio: could not install:$missing" >&2
	exit 1
fi
