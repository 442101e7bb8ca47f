# rtmpio: an embeddable RTMP client library.
#
#   make            the libraries and the programs
#   make demo       pushes the sample FLV to a loopback server, pulls it back
#   make check      every test; installs cmocka first where it is missing
#   make install    DESTDIR and PREFIX are honoured
#   make help       all other targets

PREFIX ?= /usr/local
LIBDIR ?= $(PREFIX)/lib
INCLUDEDIR ?= $(PREFIX)/include
BINDIR ?= $(PREFIX)/bin
MANDIR ?= $(PREFIX)/share/man
INSTALL ?= install

CC ?= cc
AR ?= ar
CFLAGS ?= -O2 -g
WARNINGS = -Wall -Wextra -Wpedantic -Wconversion -Wshadow \
    -Wstrict-prototypes -Wmissing-prototypes -Wvla
# B is the build folder; SANITIZE builds get one of their own, and so do those
# with NO_CRYPTO=1: no digest handshake, no RTMPE, no passwords; and those with
# CORE=1, which have neither tunnels, proxies, frames nor reconnecting either.
CORE ?=
NO_CRYPTO ?= $(CORE)
B ?= build$(if $(CORE),/core,$(if $(NO_CRYPTO),/nocrypto))
SANITIZE ?=

VERSION := $(shell sed -n 's/^.define RTMP_LIBRARY_VERSION "\(.*\)"/\1/p' \
    include/rtmpio/types.h)
SOVERSION := 0

# C99, and POSIX 2008 for sockets.
ALL_CFLAGS = -std=c99 -D_POSIX_C_SOURCE=200809L $(WARNINGS) $(CFLAGS) \
    $(SANITIZE) -Iinclude -MMD -MP $(if $(NO_CRYPTO),-DRTMP_NO_CRYPTO)
LIB_CFLAGS = $(ALL_CFLAGS) -Ilib -DRTMP_BUILDING -fvisibility=hidden -fPIC \
    -ffunction-sections -fdata-sections -fno-ident
ALL_LDFLAGS = $(LDFLAGS) $(SANITIZE) -pthread

# Where no packet passes, small beats fast; unwind tables, a sixth of the
# library, serve C++ exceptions, which do not cross it.  The passes left out
# make code larger, though gcc has them at -Os and -Oz, which it knows since
# version 12.  Hot are the files that take fewer instructions for a packet at
# -O2; of those that others with packets pass, session, message and loop among
# them, callgrind counts as many at -Oz.  Copying structs in vectors, or
# filling up to the next 16 bytes, saves none.
HOT := chunk_reader chunk_header chunk_body chunk_writer queue write tcp rc4
OPTIMIZED := $(filter -O2,$(CFLAGS))
IS_GCC := $(if $(shell $(CC) --version | grep -i clang),,1)
SMALLEST := $(shell $(CC) -Oz -E -x c /dev/null >/dev/null 2>&1 && \
    echo -Oz || echo -Os)
# Else x86 has an array of 32 bytes begin at a multiple of them.
PACKED := $(shell $(CC) -malign-data=abi -E -x c /dev/null >/dev/null 2>&1 && \
    echo -malign-data=abi)
SMALL_FLAGS := $(SMALLEST) $(PACKED) $(if $(IS_GCC),-fno-caller-saves \
    -fno-shrink-wrap -fno-tree-dominator-opts -fno-move-loop-invariants \
    -fno-if-conversion -fno-thread-jumps -fno-tree-tail-merge \
    -fno-tree-loop-im -fira-region=all -fno-semantic-interposition \
    -fno-inline-small-functions)
HOT_FLAGS := $(if $(IS_GCC),-fno-tree-vectorize -fno-align-functions \
    -fno-align-jumps -fno-align-loops -fno-align-labels)
SMALL = $(if $(OPTIMIZED),-fno-asynchronous-unwind-tables \
    $(if $(filter $(HOT),$(*F)),$(HOT_FLAGS),$(SMALL_FLAGS)))

# What the compiler links to run constructors: the library has none.
NO_START := $(if $(SANITIZE),,-nostartfiles)

LIB_SRC := $(sort $(wildcard lib/*/*.c))
ifneq ($(NO_CRYPTO),)
LIB_SRC := $(filter-out lib/crypto/% %/handshake_digest.c \
    %/handshake_cipher.c %/client/auth.c,$(LIB_SRC))
endif
# Of media/ the core has FLV.  lib/client/core.c refuses what is not there.
ifneq ($(CORE),)
LIB_SRC := $(filter-out lib/media/% %/transport/http.c %/transport/proxy.c \
    lib/transport/rtmpt% $(addprefix %/client/,reach.c frames.c \
    librtmp.c link.c pending.c player.c publisher.c),$(LIB_SRC)) \
    $(wildcard lib/media/flv_*.c)
else
LIB_SRC := $(filter-out %/client/core.c,$(LIB_SRC))
endif
LIB_OBJ := $(LIB_SRC:%.c=$(B)/%.o)
STATIC := $(B)/librtmpio.a
SHARED := $(B)/librtmpio.so.$(SOVERSION)

# What the clients share is examples/cli*.c, and es_*.c for elementary streams;
# rtmp-inspect has inspect_*.c, too.  They speak TLS where OpenSSL is found.
# The server is rtmp-serve.c and serve_*.c.
# The event loops need nothing but the library.
HAVE_OPENSSL := $(shell echo 'int main(void) \
    {return SSL_CTX_new(TLS_client_method()) == 0;}' | \
    $(CC) -include openssl/ssl.h -x c - -o /dev/null -lssl -lcrypto \
    2>/dev/null && echo 1)
HAVE_MBEDTLS := $(shell echo 'int main(void) \
    {mbedtls_ssl_context ssl; mbedtls_ssl_init(&ssl); return 0;}' | \
    $(CC) -include mbedtls/ssl.h -x c - -o /dev/null -lmbedtls \
    -lmbedx509 -lmbedcrypto 2>/dev/null && echo 1)
CLIENTS := $(B)/rtmp-push $(B)/rtmp-pull $(B)/rtmp-inspect
SERVER := $(B)/rtmp-serve
ifneq ($(CORE),)
CLIENTS :=
endif
PROGRAMS := $(CLIENTS) $(SERVER)
EXAMPLES := $(B)/poll_publish $(B)/poll_play
objects = $(patsubst %.c,$(B)/%.o,$(sort $(wildcard $(1))))
CLI_OBJ := $(call objects,examples/cli*.c)
ES_OBJ := $(call objects,examples/es_*.c)
INSPECT_OBJ := $(call objects,examples/inspect_*.c)
SERVE_SRC := examples/rtmp-serve.c $(sort $(wildcard examples/serve_*.c))
SERVE_OBJ := $(SERVE_SRC:%.c=$(B)/%.o)
EX_CFLAGS = $(ALL_CFLAGS)
# It changes when OpenSSL has come or gone since the programs were built.
TLS_FOUND := $(B)/openssl
ifeq ($(HAVE_OPENSSL),1)
TLS_OBJ := $(B)/examples/tls_openssl.o
TLS_LIBS := -lssl -lcrypto
EX_CFLAGS += -DHAVE_OPENSSL
endif

MBEDTLS_LIBS := -lmbedtls -lmbedx509 -lmbedcrypto

all: $(STATIC) $(SHARED) $(B)/librtmpio.so $(PROGRAMS) $(EXAMPLES)

# Debian only recommends libc's headers to who installs gcc; the two commands
# of README install them where they are missing.
LIBC := $(if $(filter demo check,$(MAKECMDGOALS)),libc-deps)
libc-deps:
	@test/install.sh libc

# The arithmetic of hashes and of 1024 bits has no branch that a fuzzer could
# look for: UNTRACED is what keeps it from tracing millions of comparisons.
$(B)/lib/crypto/modexp.o $(B)/lib/crypto/sha256.o: PLAIN = $(UNTRACED)
$(B)/lib/%.o: lib/%.c Makefile | $(LIBC)
	@mkdir -p $(@D)
	$(CC) $(LIB_CFLAGS) $(SMALL) $(PLAIN) -c $< -o $@

$(TLS_FOUND): FORCE
	@mkdir -p $(B)
	@echo "$(HAVE_OPENSSL)" | cmp -s - $@ || echo "$(HAVE_OPENSSL)" >$@

$(STATIC): $(LIB_OBJ)
	rm -f $@
	$(AR) rcs $@ $(LIB_OBJ)

$(SHARED): $(LIB_OBJ)
	$(CC) -shared -Wl,-soname,librtmpio.so.$(SOVERSION) \
	    -Wl,--gc-sections,-z,defs,-z,relro,-z,now,-z,noseparate-code \
	    -Wl,-Bsymbolic-functions,--hash-style=gnu $(NO_START) \
	    $(LIB_OBJ) -o $@ $(ALL_LDFLAGS)

$(B)/librtmpio.so: $(SHARED)
	ln -sf $(notdir $(SHARED)) $@

$(B)/examples/%.o: examples/%.c $(TLS_FOUND) | $(LIBC)
	@mkdir -p $(@D)
	$(CC) $(EX_CFLAGS) -c $< -o $@

$(B)/rtmp-push $(B)/rtmp-pull: $(ES_OBJ)
$(B)/rtmp-inspect: $(INSPECT_OBJ)
$(CLIENTS): $(B)/%: $(B)/examples/%.o $(CLI_OBJ) $(TLS_OBJ) $(STATIC)
	$(CC) $(filter %.o,$^) $(STATIC) -o $@ $(ALL_LDFLAGS) $(TLS_LIBS)

$(SERVER): $(SERVE_OBJ) $(STATIC)
	$(CC) $(SERVE_OBJ) $(STATIC) -o $@ $(ALL_LDFLAGS)

$(EXAMPLES): $(B)/%: $(B)/examples/%.o $(STATIC)
	$(CC) $< $(STATIC) -o $@ $(ALL_LDFLAGS)

# ---- Tests ----

# One cmocka program per module, and what they share in test/support/.
TEST_SRC := $(sort $(wildcard test/test_*.c))
# The server of the TLS tests is OpenSSL.  SKIPPED: what test/run.sh reports.
SKIPPED := $(if $(filter 1,$(HAVE_OPENSSL)),,test_tls=OpenSSL) \
    $(if $(filter 11,$(HAVE_OPENSSL)$(HAVE_MBEDTLS)),,test_tls_mbedtls=$(if \
    $(filter 1,$(HAVE_OPENSSL)),Mbed-TLS,OpenSSL))
TEST_SRC := $(filter-out $(foreach s,$(SKIPPED),test/$(firstword \
    $(subst =, ,$(s))).c),$(TEST_SRC))
ifneq ($(NO_CRYPTO),)
TEST_SRC := $(filter-out test/test_crypto_% test/test_handshake_% \
    test/test_rtmpe% test/test_session_swf.c test/test_auth.c \
    test/test_client_auth.c,$(TEST_SRC))
endif
# Scripts, and what the core has no use for: all tests of what it lacks.
TEST_SCRIPTS := $(sort $(wildcard test/test_*.sh))
SUPPORT_SRC := $(sort $(wildcard test/support/*.c))
ifneq ($(NO_CRYPTO),)
SUPPORT_SRC := $(filter-out %/digest.c,$(SUPPORT_SRC))
endif
ifneq ($(CORE),)
TEST_SRC := $(filter-out test/test_media_% test/test_metadata% \
    test/test_rtmpt% test/test_reconnect% $(addprefix test/test_, \
    client_frames.c es% http.c librtmp.c proxy.c stream_cache.c),$(TEST_SRC))
TEST_SCRIPTS :=
SUPPORT_SRC := $(filter-out %/bench.c %/gate.c %/media.c %/meta.c \
    %/unpack.c,$(SUPPORT_SRC))
else
TEST_SRC := $(filter-out %/test_core.c,$(TEST_SRC))
endif
TESTS := $(TEST_SRC:test/%.c=$(B)/test/%)
SUPPORT_OBJ := $(SUPPORT_SRC:%.c=$(B)/%.o)
TEST_CFLAGS = $(ALL_CFLAGS) -Ilib -Itest -D_DEFAULT_SOURCE \
    -DTEST_DATA='"test/data"' -DTEST_BUILD='"$(B)"'
# Each fuzz target is one file; make check replays its corpus.
FUZZ_SRC := $(sort $(wildcard test/fuzz/fuzz_*.c))
ifneq ($(NO_CRYPTO),)
FUZZ_SRC := $(filter-out %/fuzz_digest.c %/fuzz_auth.c,$(FUZZ_SRC))
endif
ifneq ($(CORE),)
FUZZ_SRC := $(filter $(addprefix %/fuzz_,amf0.c chunk.c flv.c handshake.c \
    session.c url.c),$(FUZZ_SRC))
endif
REPLAYS := $(FUZZ_SRC:test/fuzz/%.c=$(B)/fuzz/%.replay)
FUZZERS := $(FUZZ_SRC:test/fuzz/%.c=$(B)/fuzz/%)
FUZZ_CC ?= clang

$(B)/test/%.o: test/%.c | test-deps
	@mkdir -p $(@D)
	$(CC) $(TEST_CFLAGS) -c $< -o $@

$(B)/test/test_serve $(B)/test/test_serve_wire \
    $(B)/test/test_serve_http $(B)/test/test_client_auth \
    $(B)/test/test_serve_redirect $(B)/test/test_reconnecting: | $(SERVER)
$(B)/test/test_serve_auth: $(addprefix $(B)/examples/,serve_auth.o \
    serve_hash.o)
$(B)/test/test_cli: $(addprefix $(B)/examples/,cli.o cli_secrets.o)
$(B)/test/test_es $(B)/test/test_es_sound $(B)/test/test_es_order: \
    $(filter-out %/es_mux.o %/es_demux.o,$(ES_OBJ))
$(B)/test/test_es $(B)/test/test_es_sound: $(B)/test/es_got.o
TLS_TEST_OBJ := $(B)/test/tls_cases.o $(B)/test/tls_peer.o
$(B)/test/test_tls: $(TLS_OBJ) $(TLS_TEST_OBJ)
$(B)/test/test_tls: TEST_LIBS := $(TLS_LIBS)
$(B)/test/test_tls_mbedtls: $(B)/examples/tls_mbedtls.o $(TLS_TEST_OBJ)
$(B)/test/test_tls_mbedtls: TEST_LIBS := $(MBEDTLS_LIBS) $(TLS_LIBS)

$(TESTS): $(B)/test/%: $(B)/test/%.o $(SUPPORT_OBJ) $(STATIC)
	$(CC) $(filter %.o,$^) $(STATIC) -o $@ $(ALL_LDFLAGS) -lcmocka \
	    -lcjson -lm $(TEST_LIBS)

$(REPLAYS): $(B)/fuzz/%.replay: $(B)/test/fuzz/%.o $(B)/test/fuzz/replay.o \
    $(STATIC)
	@mkdir -p $(@D)
	$(CC) $< $(B)/test/fuzz/replay.o $(STATIC) -o $@ $(ALL_LDFLAGS)

test-deps: $(LIBC)
	@test/install.sh check

check: all $(TESTS) $(REPLAYS)
	@test/run.sh $(B) $(TESTS) $(REPLAYS) $(TEST_SCRIPTS) $(SKIPPED)

# ASan and UBSan, in a build folder of their own.
check-asan:
	$(MAKE) check B=build/asan CFLAGS="-O1 -g -fno-omit-frame-pointer" \
	    SANITIZE="-fsanitize=address,undefined -fno-sanitize-recover=all"

# libFuzzer targets: build/libfuzzer/fuzz/fuzz_NAME test/fuzz/corpus/NAME
fuzz:
	@test/install.sh fuzz
	$(MAKE) fuzzers B=build/libfuzzer CC=$(FUZZ_CC) CFLAGS="-O1 -g" \
	    SANITIZE="-fsanitize=address,undefined,fuzzer-no-link \
	    -fno-sanitize-recover=all" \
	    UNTRACED="-O2 -fno-sanitize=fuzzer-no-link"

fuzzers: $(FUZZERS)
$(FUZZERS): $(B)/fuzz/%: $(B)/test/fuzz/%.o $(STATIC)
	@mkdir -p $(@D)
	$(CC) $< $(STATIC) -o $@ $(ALL_LDFLAGS) -fsanitize=fuzzer

# The clients over the other TLS adapter.
MBEDTLS_CLIENTS := $(addprefix $(B)/interop/,rtmp-push-mbedtls \
    rtmp-pull-mbedtls)
$(MBEDTLS_CLIENTS): $(B)/interop/%-mbedtls: $(B)/examples/%.o $(CLI_OBJ) \
    $(ES_OBJ) $(B)/examples/tls_mbedtls.o test/interop/tls_mbedtls.c $(STATIC)
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) $(filter-out $(STATIC),$^) $(STATIC) -o $@ \
	    $(ALL_LDFLAGS) $(MBEDTLS_LIBS)

interop-clients: $(B)/flvcmp $(if $(HAVE_OPENSSL),$(MBEDTLS_CLIENTS))

# The programs need OpenSSL, which may have come just now.
interop:
	@test/install.sh interop
	$(MAKE) all interop-clients
	test/interop.sh

demo: all $(B)/flvcmp
	@test/demo.sh $(B)

$(B)/flvcmp: test/interop/flvcmp.c | $(LIBC)
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) $< -o $@ $(LDFLAGS) $(SANITIZE)

# Each benchmark is one file and what they share; librtmp is compared with
# where it is found.  BENCH_FLAGS=--short takes less time.
BENCH_SHARED := $(addprefix $(B)/bench/,calls.o delay.o librtmp.o load.o \
    peer.o pump.o turns.o util.o)
BENCH := $(addprefix $(B)/bench/,publish play connect heap media)
BENCH_CFLAGS = $(ALL_CFLAGS) -D_GNU_SOURCE
HAVE_LIBRTMP := $(if $(findstring bench,$(MAKECMDGOALS)),$(shell \
    echo 'int main(void) {return RTMP_LibVersion() == 0;}' | \
    $(CC) -include librtmp/rtmp.h -x c - -o /dev/null -lrtmp 2>/dev/null && \
    echo 1))
ifeq ($(HAVE_LIBRTMP),1)
BENCH_CFLAGS += -DHAVE_LIBRTMP
LIBRTMP := -lrtmp
LIBRTMP_BENCH := $(B)/bench/librtmp_codec
endif

# It builds bench-programs once librtmp is there.
bench:
	+@bench/run.sh $(BENCH_FLAGS) $(B)

bench-programs: $(BENCH) $(LIBRTMP_BENCH) $(B)/bench/codec \
    $(B)/librtmpio.so

$(B)/bench/%.o: bench/%.c
	@mkdir -p $(@D)
	$(CC) $(BENCH_CFLAGS) -c $< -o $@

$(BENCH): $(B)/bench/%: $(B)/bench/%.o $(BENCH_SHARED) $(STATIC)
	$(CC) $< $(BENCH_SHARED) $(STATIC) -o $@ $(ALL_LDFLAGS) $(LIBRTMP)

$(B)/bench/codec: $(B)/bench/codec.o $(STATIC)
	$(CC) $< $(STATIC) -o $@ $(ALL_LDFLAGS)

# It has its own send() and recv().
$(B)/bench/librtmp_codec: $(B)/bench/librtmp_codec.o $(B)/bench/util.o \
    $(B)/bench/librtmp.o
	$(CC) $^ -o $@ $(ALL_LDFLAGS) $(LIBRTMP)

# ---- Installation ----

$(B)/rtmpio.pc: pkgconfig/rtmpio.pc.in include/rtmpio/types.h Makefile
	@mkdir -p $(@D)
	sed -e 's|@PREFIX@|$(PREFIX)|' -e 's|@LIBDIR@|$(LIBDIR)|' \
	    -e 's|@INCLUDEDIR@|$(INCLUDEDIR)|' -e 's|@VERSION@|$(VERSION)|' \
	    $< > $@

# The .pc depends on PREFIX, so it is made anew each time.
install: all
	rm -f $(B)/rtmpio.pc
	$(MAKE) $(B)/rtmpio.pc
	$(INSTALL) -d "$(DESTDIR)$(INCLUDEDIR)/rtmpio" "$(DESTDIR)$(BINDIR)" \
	    "$(DESTDIR)$(LIBDIR)/pkgconfig" "$(DESTDIR)$(MANDIR)/man1"
	$(INSTALL) -m 644 include/rtmpio/*.h \
	    "$(DESTDIR)$(INCLUDEDIR)/rtmpio"
	$(INSTALL) -m 644 $(STATIC) "$(DESTDIR)$(LIBDIR)"
	$(INSTALL) -m 755 $(SHARED) "$(DESTDIR)$(LIBDIR)"
	ln -sf $(notdir $(SHARED)) "$(DESTDIR)$(LIBDIR)/librtmpio.so"
	$(INSTALL) -m 644 $(B)/rtmpio.pc "$(DESTDIR)$(LIBDIR)/pkgconfig"
	$(INSTALL) -m 755 $(PROGRAMS) "$(DESTDIR)$(BINDIR)"
	$(INSTALL) -m 644 $(PROGRAMS:$(B)/%=doc/%.1) \
	    "$(DESTDIR)$(MANDIR)/man1"

uninstall:
	rm -rf "$(DESTDIR)$(INCLUDEDIR)/rtmpio"
	rm -f "$(DESTDIR)$(LIBDIR)"/librtmpio.* \
	    "$(DESTDIR)$(LIBDIR)/pkgconfig/rtmpio.pc" \
	    $(foreach p,$(PROGRAMS),"$(DESTDIR)$(BINDIR)/$(notdir $p)" \
	    "$(DESTDIR)$(MANDIR)/man1/$(notdir $p).1")

clean:
	rm -rf build

help:
	@sed -n '3,/^$$/s/^# \{0,1\}//p' Makefile
	@echo "  make check-asan | fuzz | interop | bench | uninstall | clean;"
	@echo "       variables: PREFIX DESTDIR CC CFLAGS LDFLAGS NO_CRYPTO=1 CORE=1"

.PHONY: all check check-asan fuzz fuzzers interop interop-clients demo \
    bench bench-programs install uninstall clean help test-deps libc-deps \
    FORCE
.SECONDARY:

-include $(shell find $(B)/lib $(B)/examples $(B)/test $(B)/bench \
    -name '*.d' 2>/dev/null)
