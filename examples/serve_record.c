/*
 * FLV files of what is published: a header, then each message as a tag.
 *
 *     "FLV" | 1 | flags | 9 (32 bits) | 0 (32 bits)
 *     type | size 24 | time 24, its high 8 bits | 0 (24 bits) | body | size 32
 *
 * FLV specification, annex E.2 to E.4.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "serve.h"

#define FLV_FLAGS_AT 4
#define FLAG_AUDIO 4
#define FLAG_VIDEO 1

/* DIR/NAME.flv, where NAME can't leave DIR or hide in it. */
static char *
record_path(const char *dir, const char *name)
{
	static const char safe[] = "abcdefghijklmnopqrstuvwxyz"
				   "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-.";
	size_t size = strlen(dir) + strlen(name) + sizeof("/.flv");
	char *path = malloc(size), *p;

	if (path == NULL)
		return NULL;
	snprintf(path, size, "%s/%s.flv", dir, name);
	p = path + strlen(dir) + 1;
	if (*p == '.')
		*p = '_';
	for (; *p != '\0'; p++)
		if (strchr(safe, *p) == NULL)
			*p = '_';
	return path;
}

static int
is_being_written(const struct server *s, const char *path)
{
	const struct serve_channel *ch;

	for (ch = s->channels; ch != NULL; ch = ch->next)
		if (ch->record.file != NULL &&
		    strcmp(ch->record.path, path) == 0)
			return 1;
	return 0;
}

static void
record_failed(struct serve_channel *ch, const char *why)
{
	serve_log(ch->server, SERVE_QUIET, "%s: recording ends: %s",
	    serve_channel_title(ch), why);
	if (ch->record.file != NULL)
		fclose(ch->record.file);
	free(ch->record.path);
	memset(&ch->record, 0, sizeof(ch->record));
}

void
serve_record_start(struct serve_channel *ch)
{
	static const uint8_t header[13] = { 'F', 'L', 'V', 1, 0, 0, 0, 0, 9 };
	char *path;

	if (ch->server->record_dir == NULL)
		return;
	path = record_path(ch->server->record_dir, ch->name);
	if (path != NULL && is_being_written(ch->server, path)) {
		free(path);
		record_failed(ch, "another stream has the same file name");
		return;
	}
	ch->record.path = path;
	if (path != NULL)
		ch->record.file = fopen(path, "wb");
	if (ch->record.file == NULL ||
	    fwrite(header, sizeof(header), 1, ch->record.file) != 1)
		record_failed(ch, strerror(errno));
}

void
serve_record_packet(struct serve_channel *ch, const struct serve_packet *p)
{
	FILE *f = ch->record.file;
	uint8_t head[11] = { 0 }, back[4];

	if (f == NULL)
		return;
	serve_put_be32(head, (uint32_t)p->size);
	head[0] = p->type;
	serve_put_be32(head + 4, p->timestamp << 8);
	head[7] = (uint8_t)(p->timestamp >> 24);
	serve_put_be32(back, (uint32_t)p->size + 11);
	if (fwrite(head, sizeof(head), 1, f) != 1 ||
	    fwrite(p->data, 1, p->size, f) != p->size ||
	    fwrite(back, sizeof(back), 1, f) != 1 || fflush(f) != 0) {
		record_failed(ch, strerror(errno));
		return;
	}
	if (p->type == RTMP_MSG_AUDIO)
		ch->record.flags |= FLAG_AUDIO;
	else if (p->type == RTMP_MSG_VIDEO)
		ch->record.flags |= FLAG_VIDEO;
}

void
serve_record_stop(struct serve_channel *ch)
{
	struct serve_record *r = &ch->record;
	int failed;

	if (r->file == NULL)
		return;
	failed = fseek(r->file, FLV_FLAGS_AT, SEEK_SET) != 0 ||
	    putc(r->flags, r->file) == EOF;
	if (fclose(r->file) != 0 || failed)
		serve_log(ch->server, SERVE_QUIET, "%s: recording: %s",
		    serve_channel_title(ch), strerror(errno));
	free(r->path);
	memset(r, 0, sizeof(*r));
}
