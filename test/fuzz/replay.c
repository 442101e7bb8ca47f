/* Runs a fuzz target over files: the corpus, in make check.  Folders are
 * walked; each input ends at an unreadable page. */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static unsigned long inputs;

static void
replay_bytes(const uint8_t *bytes, size_t size)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	size_t room = (size / page + 1) * page;
	uint8_t *map = mmap(NULL, room + page, PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (map == MAP_FAILED || mprotect(map + room, page, PROT_NONE) != 0) {
		perror("replay: mmap");
		exit(1);
	}
	if (size != 0)
		memcpy(map + room - size, bytes, size);
	LLVMFuzzerTestOneInput(map + room - size, size);
	munmap(map, room + page);
	inputs++;
}

static void
replay_file(const char *path, size_t size)
{
	uint8_t *bytes = malloc(size + 1);
	FILE *f = fopen(path, "rb");

	if (bytes == NULL || f == NULL || fread(bytes, 1, size, f) != size) {
		fprintf(stderr, "replay: cannot read %s\n", path);
		exit(1);
	}
	fclose(f);
	replay_bytes(bytes, size);
	free(bytes);
}

static void
replay_path(const char *path)
{
	struct stat st;
	struct dirent *e;
	DIR *d;

	if (stat(path, &st) != 0) {
		perror(path);
		exit(1);
	}
	if (!S_ISDIR(st.st_mode)) {
		replay_file(path, (size_t)st.st_size);
		return;
	}
	d = opendir(path);
	while (d != NULL && (e = readdir(d)) != NULL) {
		char name[4096];

		if (e->d_name[0] == '.')
			continue;
		snprintf(name, sizeof(name), "%s/%s", path, e->d_name);
		replay_path(name);
	}
	if (d != NULL)
		closedir(d);
}

int
main(int argc, char **argv)
{
	int i;

	for (i = 1; i < argc; i++)
		replay_path(argv[i]);
	printf("%lu inputs\n", inputs);
	return inputs != 0 ? 0 : 1;
}
