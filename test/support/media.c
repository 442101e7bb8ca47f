#include "support/media.h"

const char *const flv_files[] = {
	"audio_only_aac", "av1_opus", "fourcc_avc1_mp3", "fourcc_avc1_mp4a",
	"h264_aac", "h264_ac3", "h264_eac3", "h264_mp3", "hevc_aac",
	"hevc_flac", "hevc_modex", "large_keyframe", "long_timestamps",
	"long_timestamps_2p31", "long_timestamps_2p32", "long_timestamps_wrap",
	"multitrack_2audio_aac", "multitrack_2video_h264", "multitrack_mixed",
	"spec_only/multitrack_manycodecs",
	"spec_only/multitrack_manytracks_aac",
	"spec_only/multitrack_manytracks_h264", "video_only", "vp9_opus",
};
const size_t flv_files_count = sizeof(flv_files) / sizeof(*flv_files);

static void *
grow(void *p, size_t count, size_t item)
{
	/* Doubles at each power of two. */
	if ((count & (count - 1)) == 0)
		p = realloc(p, (count != 0 ? count * 2 : 1) * item);
	assert_non_null(p);
	return p;
}

/* ---- FLV files ---- */

void
load_flv(struct flv_file *f, const char *name)
{
	struct rtmp_flv_reader *r;
	struct rtmp_flv_fault fault;
	struct rtmp_flv_tag tag;
	const uint8_t *data;
	char path[128];
	size_t size;

	memset(f, 0, sizeof(*f));
	snprintf(path, sizeof(path), "flv/%s.flv", name);
	data = f->bytes = load_data(path, &size);
	assert_int_equal(rtmp_flv_reader_new(&r, NULL), 0);
	while (rtmp_flv_reader_next(r, &data, &size, &tag, &fault) > 0) {
		f->packets = grow(f->packets, f->count, sizeof(*f->packets));
		f->offsets = grow(f->offsets, f->count, sizeof(*f->offsets));
		f->packets[f->count] = tag.packet;
		f->offsets[f->count++] = (size_t)tag.offset;
	}
	rtmp_flv_reader_free(r);
	assert_true(f->count > 10);
}

void
free_flv(struct flv_file *f)
{
	free(f->bytes);
	free(f->packets);
	free(f->offsets);
}

/* ---- Side-cars ---- */

struct truth *
load_truth(const char *name, size_t *count)
{
	struct truth *list = NULL;
	char path[128], *text, *line;
	size_t size;

	snprintf(path, sizeof(path), "%s.packets", name);
	text = (char *)load_data(path, &size);
	*count = 0;
	for (line = strtok(text, "\n"); line != NULL;
	    line = strtok(NULL, "\n")) {
		struct truth t;
		long long pts, dts;
		char key;

		if (*line == '#')
			continue;
		memset(&t, 0, sizeof(t));
		if (sscanf(line, "%ld %d %lld %lld %zu %c %32s", &t.offset,
		    &t.track, &pts, &dts, &t.size, &key, t.hash) == 7) {
			t.pts = pts;
			t.dts = dts;
		} else {
			assert_int_equal(sscanf(line, "%ld %zu %c %32s",
			    &t.offset, &t.size, &key, t.hash), 4);
		}
		t.key = key == 'K';
		list = grow(list, *count, sizeof(*list));
		list[(*count)++] = t;
	}
	free(text);
	assert_true(*count != 0);
	return list;
}

int
has_hash(const void *data, size_t size, const char *hash)
{
	char hex[65];

	sha256_hex(data, size, hex);
	return memcmp(hex, hash, strlen(hash)) == 0;
}

/* ---- Elementary streams ---- */

static void
add_unit(struct es_file *f, const uint8_t *data, size_t size, int key)
{
	f->data = grow(f->data, f->count, sizeof(*f->data));
	f->sizes = grow(f->sizes, f->count, sizeof(*f->sizes));
	f->keys = grow(f->keys, f->count, sizeof(*f->keys));
	f->data[f->count] = data;
	f->sizes[f->count] = size;
	f->keys[f->count++] = key;
}

/* The packets of an Ogg file (RFC 3533), one page after the other; none of
 * these files has a packet on two pages.  The first two are headers. */
static void
load_ogg(struct es_file *f)
{
	const uint8_t *p = f->bytes, *end = f->bytes + f->size;

	while (end - p >= 27) {
		const uint8_t *table = p + 27, *body = table + p[26];
		size_t i, size = 0;

		assert_memory_equal(p, "OggS", 4);
		for (i = 0; i < p[26]; i++) {
			size += table[i];
			if (table[i] == 255)
				continue;
			add_unit(f, body, size, 1);
			body += size;
			size = 0;
		}
		p = body;
	}
	assert_ptr_equal(p, end);
}

void
load_es(struct es_file *f, const char *name)
{
	struct truth *truth;
	char path[128];
	/* Positions in IVF are those of the frame headers. */
	size_t i, count, skip = strstr(name, ".ivf") != NULL ? 12 : 0;

	memset(f, 0, sizeof(*f));
	snprintf(path, sizeof(path), "es/%s", name);
	f->bytes = load_data(path, &f->size);
	truth = load_truth(path, &count);
	if (strstr(name, ".ogg") != NULL)
		load_ogg(f);
	else
		for (i = 0; i < count; i++)
			add_unit(f, f->bytes + truth[i].offset + skip,
			    truth[i].size, truth[i].key);
	for (i = 0; i < count; i++) {
		size_t at = i + (f->count - count);

		assert_true(has_hash(f->data[at], f->sizes[at],
		    truth[i].hash));
	}
	free(truth);
}

void
free_es(struct es_file *f)
{
	free(f->bytes);
	free(f->data);
	free(f->sizes);
	free(f->keys);
}

/* ---- Packets ---- */

void
take_packets(struct packets *list, struct rtmp_packetizer *p)
{
	struct rtmp_packet packet;
	uint8_t *copy;
	int ret;

	while ((ret = rtmp_packetizer_next(p, &packet)) == 1) {
		copy = malloc(packet.size + 1);
		assert_non_null(copy);
		if (packet.size != 0)
			memcpy(copy, packet.data, packet.size);
		packet.data = copy;
		list->items = grow(list->items, list->count,
		    sizeof(*list->items));
		list->items[list->count++] = packet;
	}
	assert_int_equal(ret, 0);
}

int
put_frame(struct packets *list, struct rtmp_packetizer *p,
    const struct rtmp_frame *frame)
{
	int ret = rtmp_packetizer_put(p, frame);

	take_packets(list, p);
	return ret;
}

void
free_packets(struct packets *list)
{
	size_t i;

	for (i = 0; i < list->count; i++)
		free((void *)(uintptr_t)list->items[i].data);
	free(list->items);
	memset(list, 0, sizeof(*list));
}

void
expect_packet(const struct rtmp_packet *packet, uint8_t type,
    uint32_t timestamp, const void *data, size_t size)
{
	assert_int_equal(packet->type, type);
	assert_int_equal(packet->timestamp, timestamp);
	assert_int_equal(packet->size, size);
	if (size != 0)
		assert_memory_equal(packet->data, data, size);
}

void
expect_hex(const struct rtmp_packet *packet, uint8_t type, uint32_t timestamp,
    const char *hex)
{
	size_t size;
	uint8_t *bytes = from_hex(hex, &size);

	expect_packet(packet, type, timestamp, bytes, size);
	free(bytes);
}

/* ---- Tags ---- */

int
write_tags_again(uint8_t type, const uint8_t *body, size_t size, uint8_t *out,
    size_t cap, size_t *out_size)
{
	struct rtmp_tag_reader r;
	struct rtmp_tag t;
	size_t len;
	int ret, first = 1;

	*out_size = 0;
	rtmp_tag_reader_init(&r, type, body, size);
	while ((ret = rtmp_tag_next(&r, &t)) == 1) {
		if (t.nano_offset > 999999)
			t.has_nano = 0; /* as it stands in the chain */
		assert_int_equal((first ? rtmp_tag_put : rtmp_tag_put_track)(
		    out + *out_size, cap - *out_size, &t, &len), 0);
		*out_size += len;
		assert_true(t.size <= cap - *out_size);
		if (t.size != 0)
			memcpy(out + *out_size, t.data, t.size);
		*out_size += t.size;
		first = 0;
	}
	/* An error stays. */
	assert_int_equal(rtmp_tag_next(&r, &t), 0);
	return ret;
}

void
expect_same_tags(uint8_t type, const uint8_t *body, size_t size)
{
	uint8_t *guard = guard_copy(body, size);
	uint8_t *out = malloc(size + 64);
	size_t out_size;

	assert_non_null(out);
	assert_int_equal(write_tags_again(type, guard, size, out, size + 64,
	    &out_size), 0);
	assert_int_equal(out_size, size);
	assert_memory_equal(out, body, size);
	free(out);
	guard_free(guard, size);
}
