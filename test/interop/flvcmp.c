/*
 * flvcmp: are two FLV files the same packets?
 *
 *     "FLV" version flags data-offset(4)           the header, 9 bytes
 *     0(4)                                         PreviousTagSize 0
 *     type size(3) timestamp(3) upper(1) 0(3)      a tag, 11 bytes
 *     body, PreviousTagSize(4) = 11 + size         ... and so on
 *
 * It reads FLV by itself, so that it can judge the library's reader and
 * writer.  Audio, video and data are each compared as a sequence: order,
 * timestamp, size and each byte of the body.
 */
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { AUDIO = 8, VIDEO = 9, DATA = 18 };

struct tag {
	uint8_t type;
	uint32_t timestamp;
	uint32_t size;
	const uint8_t *body;
};

struct file {
	const char *name;
	uint8_t *bytes;
	size_t size;
	struct tag *tags;
	size_t count;
};

struct rules {
	int data;	/* -d: data tags are compared as well */
	int late;	/* -l: PULLED may begin later than SOURCE */
	int early;	/* -e: PULLED may end earlier than SOURCE */
	int wrap;	/* -w: PULLED ends where the time of SOURCE wraps */
	uint32_t small; /* -s N: PULLED lacks video of N bytes and less */
};

/* What was found in one sequence. */
struct result {
	size_t equal;
	size_t before; /* packets of SOURCE before the first of PULLED */
	size_t after;  /* packets of SOURCE after the last of PULLED */
	size_t again;  /* headers that a late player was given first */
};

/* ---- Reading ---- */

static uint32_t
get24(const uint8_t *p)
{
	return (uint32_t)p[0] << 16 | (uint32_t)p[1] << 8 | p[2];
}

static uint32_t
get32(const uint8_t *p)
{
	return get24(p) << 8 | p[3];
}

static void
bad_file(const struct file *f, const char *why, size_t offset)
{
	printf("%s: %s at byte %lu\n", f->name, why, (unsigned long)offset);
	exit(2);
}

static void *
grow(void *p, size_t size)
{
	p = realloc(p, size);
	if (p == NULL) {
		printf("out of memory\n");
		exit(2);
	}
	return p;
}

static void
load(struct file *f, const char *name)
{
	size_t n, room = 0;
	FILE *in = fopen(name, "rb");

	memset(f, 0, sizeof(*f));
	f->name = name;
	if (in == NULL) {
		printf("%s: %s\n", name, strerror(errno));
		exit(2);
	}
	do {
		if (f->size == room) {
			room = room * 2 + 65536;
			f->bytes = grow(f->bytes, room);
		}
		n = fread(f->bytes + f->size, 1, room - f->size, in);
		f->size += n;
	} while (n != 0);
	fclose(in);
}

/* The tag at *at, and the PreviousTagSize behind it. */
static void
parse_tag(struct file *f, size_t *at)
{
	const uint8_t *p = f->bytes + *at;
	struct tag tag;

	if (f->size - *at < 11)
		bad_file(f, "cut in a tag's header", *at);
	tag.type = p[0];
	tag.size = get24(p + 1);
	tag.timestamp = (uint32_t)p[7] << 24 | get24(p + 4);
	tag.body = p + 11;
	if (tag.type != AUDIO && tag.type != VIDEO && tag.type != DATA)
		bad_file(f, "unknown type of tag", *at);
	if (get24(p + 8) != 0)
		bad_file(f, "stream id is not 0", *at);
	if (f->size - *at - 11 < (size_t)tag.size + 4)
		bad_file(f, "cut in a tag", *at);
	if (get32(tag.body + tag.size) != tag.size + 11)
		bad_file(f, "wrong size behind the tag", *at);
	if (f->count % 256 == 0)
		f->tags = grow(f->tags,
		    (f->count + 256) * sizeof(struct tag));
	f->tags[f->count++] = tag;
	*at += 11 + (size_t)tag.size + 4;
}

static void
parse(struct file *f)
{
	size_t at = 13;

	if (f->size < at || memcmp(f->bytes, "FLV\1", 4) != 0 ||
	    get32(f->bytes + 5) != 9 || get32(f->bytes + 9) != 0)
		bad_file(f, "no FLV header", 0);
	while (at < f->size)
		parse_tag(f, &at);
}

/* ---- Comparing ---- */

/* A sequence header of legacy AAC, AVC or of a FourCC codec. */
static int
is_header(const struct tag *tag)
{
	const uint8_t *b = tag->body;

	if (tag->size < 2)
		return 0;
	if (tag->type == VIDEO)
		return b[0] & 0x80 ? (b[0] & 15) == 0 :
				     (b[0] & 15) == 7 && b[1] == 0;
	if (tag->type == AUDIO)
		return b[0] >> 4 == 9 ? (b[0] & 15) == 0 :
					b[0] >> 4 == 10 && b[1] == 0;
	return 0;
}

static int
same_body(const struct tag *a, const struct tag *b)
{
	return a->size == b->size &&
	    (a->size == 0 || memcmp(a->body, b->body, a->size) == 0);
}

static int
same(const struct tag *a, const struct tag *b)
{
	return a->timestamp == b->timestamp && same_body(a, b);
}

/* The tags of one type, and of SOURCE those only that PULLED has to have
 * (rules, or NULL); returns how many. */
static size_t
select_type(const struct file *f, int type, const struct rules *rules,
    struct tag *to)
{
	const struct tag *tag;
	size_t i, n = 0;

	for (i = 0; i < f->count; i++) {
		tag = &f->tags[i];
		if (tag->type != type ||
		    (rules != NULL && type == VIDEO &&
		    tag->size <= rules->small))
			continue;
		if (rules != NULL && rules->wrap && n != 0 &&
		    to[n - 1].timestamp > tag->timestamp &&
		    to[n - 1].timestamp - tag->timestamp > 0x80000000u)
			break;
		to[n++] = *tag;
	}
	return n;
}

static const char *
type_name(int type)
{
	return type == AUDIO ? "audio" : type == VIDEO ? "video" : "data";
}

static void
print_difference(const char *type, size_t index, const struct tag *source,
    const struct tag *pulled)
{
	uint32_t i = 0;

	printf("%s packet %lu:", type, (unsigned long)index);
	if (source->timestamp != pulled->timestamp)
		printf(" timestamp %lu instead of %lu,",
		    (unsigned long)pulled->timestamp,
		    (unsigned long)source->timestamp);
	if (source->size != pulled->size)
		printf(" size %lu instead of %lu,",
		    (unsigned long)pulled->size, (unsigned long)source->size);
	while (i < source->size && i < pulled->size &&
	    source->body[i] == pulled->body[i])
		i++;
	if (same_body(source, pulled))
		printf(" bodies are equal\n");
	else
		printf(" bodies differ at byte %lu\n", (unsigned long)i);
}

/* Is this one of the sequence headers of SOURCE? */
static int
known_header(const struct tag *source, size_t ns, const struct tag *pulled)
{
	size_t i;

	for (i = 0; is_header(pulled) && i < ns; i++) {
		if (same_body(&source[i], pulled))
			return 1;
	}
	return 0;
}

/* Where PULLED begins in SOURCE: the headers that it was given first are left
 * out, and the packet behind them decides; those that stand before it in
 * SOURCE as well are taken in again. */
static void
find_start(const struct tag *source, size_t ns, const struct tag *pulled,
    size_t np, size_t *i, size_t *j)
{
	while (*j < np && known_header(source, ns, &pulled[*j]))
		++*j;
	while (*j < np && *i < ns && !same(&source[*i], &pulled[*j]))
		++*i;
	while (*i > 0 && *j > 0 && same(&source[*i - 1], &pulled[*j - 1])) {
		--*i;
		--*j;
	}
}

static int
compare_sequences(const char *type, const struct tag *source, size_t ns,
    const struct tag *pulled, size_t np, const struct rules *rules,
    struct result *res)
{
	size_t i = 0, j = 0;

	if (rules->late)
		find_start(source, ns, pulled, np, &i, &j);
	res->before += i;
	res->again += j;
	for (; i < ns && j < np; i++, j++) {
		if (!same(&source[i], &pulled[j])) {
			print_difference(type, i, &source[i], &pulled[j]);
			return 1;
		}
		res->equal++;
	}
	res->after += ns - i;
	if (j < np) {
		printf("%s: %lu packets more than the %lu of the source\n",
		    type, (unsigned long)(np - j), (unsigned long)ns);
		return 1;
	}
	if (i < ns && !rules->early) {
		printf("%s: %lu of %lu packets, the rest is missing\n", type,
		    (unsigned long)i, (unsigned long)ns);
		return 1;
	}
	return 0;
}

static int
compare_type(const struct file *source, const struct file *pulled, int type,
    const struct rules *rules, struct result *res)
{
	struct tag *s = grow(NULL, (source->count + 1) * sizeof(*s));
	struct tag *p = grow(NULL, (pulled->count + 1) * sizeof(*p));
	size_t ns = select_type(source, type, rules, s);
	size_t np = select_type(pulled, type, NULL, p);
	int differs = compare_sequences(type_name(type), s, ns, p, np, rules,
	    res);

	free(s);
	free(p);
	return differs;
}

/* ---- The command line ---- */

static int
usage(void)
{
	fprintf(stderr,
	    "usage: flvcmp [options] SOURCE.flv PULLED.flv\n"
	    "  -d    compare data tags (metadata) as well\n"
	    "  -l    PULLED may begin late (the player joined late)\n"
	    "  -e    PULLED may end early\n"
	    "  -w    PULLED ends where the timestamps of SOURCE wrap\n"
	    "  -s N  PULLED lacks video packets of N bytes and less\n"
	    "exit: 0 equal, 1 different, 2 a file cannot be read\n");
	return 2;
}

static int
parse_options(int argc, char **argv, struct rules *rules)
{
	int c;

	memset(rules, 0, sizeof(*rules));
	while ((c = getopt(argc, argv, "dlews:")) != -1) {
		if (c == 'd')
			rules->data = 1;
		else if (c == 'l')
			rules->late = 1;
		else if (c == 'e')
			rules->early = 1;
		else if (c == 'w')
			rules->wrap = 1;
		else if (c == 's' && atoi(optarg) > 0)
			rules->small = (uint32_t)atoi(optarg);
		else
			return 0;
	}
	return argc - optind == 2;
}

static void
print_result(const struct result *res)
{
	printf("%lu packets equal", (unsigned long)res->equal);
	if (res->before != 0)
		printf(", joined after %lu", (unsigned long)res->before);
	if (res->after != 0)
		printf(", %lu left at the end", (unsigned long)res->after);
	if (res->again != 0)
		printf(", %lu headers sent again", (unsigned long)res->again);
	printf("\n");
}

int
main(int argc, char **argv)
{
	struct file source, pulled;
	struct result res = { 0, 0, 0, 0 };
	struct rules rules;
	int differs;

	if (!parse_options(argc, argv, &rules))
		return usage();
	load(&source, argv[optind]);
	load(&pulled, argv[optind + 1]);
	parse(&source);
	parse(&pulled);
	differs = compare_type(&source, &pulled, VIDEO, &rules, &res);
	differs |= compare_type(&source, &pulled, AUDIO, &rules, &res);
	if (rules.data)
		differs |= compare_type(&source, &pulled, DATA, &rules, &res);
	if (!differs && res.equal == 0) {
		printf("no packet at all\n");
		differs = 1;
	}
	if (!differs)
		print_result(&res);
	free(source.tags);
	free(source.bytes);
	free(pulled.tags);
	free(pulled.bytes);
	return differs;
}
