#!/bin/sh
# Holds the rules of doc/design.md: who may include whom, who may know what a
# socket, a clock or an output is, and which symbols the library shows.
# usage: test/layers.sh BUILD
set -u
build=${1:-build}
bad=0
fail() {
	echo "layers: $*"
	bad=1
}

# allow FILES PATTERN WHAT: every include in FILES matches PATTERN or is libc.
allow() {
	for f in $1; do
		[ -f "$f" ] || { fail "$1 matches no file"; return; }
		wrong=$(grep -hE '^#include ("|<rtmpio/)' "$f" |
		    sed 's/^#include ["<]\(.*\)[">].*/\1/' | grep -vE "^($2)$")
		[ -z "$wrong" ] || fail "$f includes" $wrong "($3)"
	done
}
allow 'lib/base/*.[ch]' 'rtmpio/types\.h|base/.*' 'floor 0'
allow 'lib/codec/handshake*.[ch]' \
    'rtmpio/(types|handshake)\.h|base/.*|codec/handshake.*|crypto/.*' \
    'a codec knows no other'
allow 'lib/codec/chunk*.[ch]' \
    'rtmpio/(types|chunk)\.h|base/.*|codec/chunk.*' 'a codec knows no other'
allow 'lib/codec/amf0*.[ch]' \
    'rtmpio/(types|amf0)\.h|base/.*|codec/amf0.*' 'a codec knows no other'
allow 'lib/crypto/*.[ch]' 'base/wire\.h|crypto/.*' \
    'the crypto wing knows nothing of RTMP'
allow 'lib/media/*.[ch]' \
    'rtmpio/(types|amf0|flv|tag|media|metadata|stream_cache)\.h|base/.*|media/.*' \
    'the media wing uses floor 0 and amf0.h'
allow 'lib/session/*.[ch]' \
    'rtmpio/(types|handshake|chunk|amf0|session|url|capabilities)\.h|base/.*|session/.*|crypto/.*' \
    'the session does no I/O'
allow 'lib/transport/*.[ch]' \
    'rtmpio/(types|io)\.h|base/.*|transport/.*|crypto/.*' \
    'a transport knows no RTMP'
allow 'lib/client/*.[ch]' \
    'rtmpio/(types|io|url|amf0|capabilities|session|media|stream_cache|rtmp|reconnect|librtmp)\.h|base/.*|client/.*|transport/(wake|deadline)\.h|crypto/.*' \
    'the client stands on public headers'

# forbid FILES PATTERN WHAT
forbid() {
	# shellcheck disable=SC2086
	found=$(grep -nE "$2" $1 /dev/null | grep -vE ':[0-9]+:[[:space:]]*(/?\*|#define)')
	[ -z "$found" ] || { fail "$3:"; echo "$found"; }
}
low='lib/base/*.[ch] lib/crypto/*.[ch] lib/codec/*.[ch] lib/media/*.[ch]
lib/session/*.[ch]'
forbid "$low" '(^|[^a-z_])(time|rand|srand|random|clock_gettime|gettimeofday)\(' \
    'clock or random numbers below floor 3'
forbid "$low lib/client/*.[ch]" '<(sys/socket|netdb|netinet/.*|arpa/.*|poll)\.h>' \
    'sockets outside of lib/transport'
forbid 'lib/*/*.[ch]' '(^|[^a-z_])(f|v|vf)?printf\(|(^|[^a-z_])(puts|perror|abort|exit)\(' \
    'output or exit in the library'
forbid 'lib/*/*.[ch]' '(^|[^a-z_])assert\(' 'assert in the library'
forbid 'lib/client/*.c' '[^&][rl]->canceled' \
    'what other threads set, without rtmp_flag_get() and _set()'
# A name look-up may outlive its caller, and so cannot use its memory.
others=$(ls lib/*/*.[ch] | grep -v '^lib/transport/resolve\.c$')
forbid "$others" '(^|[^a-z_])(malloc|calloc|strdup)\(' \
    'memory that is not from struct rtmp_mem'

wide=$(for f in include/rtmpio/*.h lib/*/*.[ch] examples/*.[ch] \
    test/*.[ch] test/*/*.[ch] bench/*.[ch]; do
	expand "$f" | awk -v f="$f" 'length > 79 { print f ":" FNR }'
done)
[ -z "$wide" ] || { fail "more than 79 columns:"; echo "$wide"; }

# Only rtmp_* is visible, and nothing in the library is writable data.
if [ -f "$build/librtmpio.so" ]; then
	names=$(nm -D --defined-only "$build/librtmpio.so" | awk '{print $3}' |
	    grep -vE '^rtmp_')
	[ -z "$names" ] || fail "librtmpio.so shows" $names
fi
# Sanitizers add data of their own.
if ! nm "$build/librtmpio.a" 2>/dev/null | grep -qE '__(asan|ubsan)_'; then
	data=$(size -A "$build/librtmpio.a" |
	    awk '$1 ~ /^\.(data|bss)/ && $1 !~ /rel\.ro/ && $2 > 0' | head)
	[ -z "$data" ] || { fail "global variables:"; echo "$data"; }
fi
[ $bad = 0 ] && echo "the floors hold"
exit $bad
