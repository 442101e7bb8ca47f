/* The tables of doc/ name tests that exist. */
#include "support/support.h"

#define NAME_MAX_SIZE 128

static int
is_script(const char *program)
{
	const char *dot = strrchr(program, '.');

	return dot != NULL && strcmp(dot, ".sh") == 0;
}

/* The source of test/PROGRAM, which is looked at many times. */
static const char *
source_of(const char *program)
{
	static char loaded[NAME_MAX_SIZE];
	static char *text;
	char path[NAME_MAX_SIZE + 16];
	size_t size;

	if (strcmp(program, loaded) != 0) {
		free(text);
		snprintf(path, sizeof(path), "../%s%s", program,
		    is_script(program) ? "" : ".c");
		text = (char *)load_data(path, &size);
		snprintf(loaded, sizeof(loaded), "%s", program);
	}
	return text;
}

static int
has_words(const char *program, const char *before, const char *name,
    const char *after)
{
	char words[NAME_MAX_SIZE + 16];

	snprintf(words, sizeof(words), "%s%s%s", before, name, after);
	return strstr(source_of(program), words) != NULL;
}

/* 1 when the program has a test of this name: one that is not run would be a
 * warning of the compiler. */
static int
has_test(const char *program, const char *name)
{
	if (is_script(program))
		return has_words(program, "\nexpect ", name, " ") ||
		    has_words(program, "\nname=", name, "\n") ||
		    has_words(program, "\nname='", name, "'\n");
	return has_words(program, "\n", name, "(void **");
}

/* "program: test, test, program: test": how many tests there are. */
static int
check_cell(const char *document, char *cell)
{
	char program[NAME_MAX_SIZE] = "", *part, *colon;
	int count = 0;

	for (part = strtok(cell, ", "); part != NULL;
	     part = strtok(NULL, ", ")) {
		colon = strchr(part, ':');
		if (colon != NULL) {
			*colon = '\0';
			snprintf(program, sizeof(program), "%s", part);
			continue;
		}
		if (!has_test(program, part))
			fail_msg("%s: %s has no test %s", document, program,
			    part);
		count++;
	}
	return count;
}

/* The last cell of a row, without blanks at its end. */
static char *
last_cell(char *line)
{
	size_t n = strlen(line);

	while (n != 0 && (line[n - 1] == ' ' || line[n - 1] == '|'))
		line[--n] = '\0';
	while (n != 0 && line[n - 1] != '|')
		n--;
	return line + n + strspn(line + n, " ");
}

/* Every row of a table whose last column is "Test" names at least one. */
static int
check_document(const char *document)
{
	size_t size;
	char *text = (char *)load_data(document, &size), *line, *next, *cell;
	int row = 0, wanted = 0, rows = 0;

	for (line = text; line != NULL; line = next) {
		next = strchr(line, '\n');
		if (next != NULL)
			*next++ = '\0';
		if (*line != '|') {
			row = 0;
			continue;
		}
		cell = last_cell(line);
		if (row++ == 0)
			wanted = strcmp(cell, "Test") == 0;
		if (row < 3 || !wanted)
			continue;
		if (check_cell(document, cell) == 0)
			fail_msg("%s: no test in %s", document, line);
		rows++;
	}
	free(text);
	return rows;
}

static void
every_deviation_names_its_test(void **state)
{
	(void)state;
	assert_true(check_document("../../doc/deviations.md") > 50);
}

static void
every_limit_names_its_test(void **state)
{
	(void)state;
	assert_true(check_document("../../doc/limits.md") > 20);
}

static void
every_bad_input_names_its_test(void **state)
{
	(void)state;
	assert_true(check_document("../../doc/errors.md") > 30);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_deviation_names_its_test),
		cmocka_unit_test(every_limit_names_its_test),
		cmocka_unit_test(every_bad_input_names_its_test),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
