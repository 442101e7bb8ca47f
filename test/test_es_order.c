/* When the pictures of an elementary stream are shown, by the order that they
 * tell. */
#include "../examples/es_order.h"
#include "support/support.h"

/* order: of each picture as decoded; |: a new sequence. */
static void
expect_places(const char *order, int depth, int learn, const char *want)
{
	struct es_order o;
	struct es_picture p;
	char got[200] = "", *end;
	int64_t decoded;
	int sequence = 0;

	memset(&o, 0, sizeof(o));
	while (*order != '\0') {
		memset(&p, 0, sizeof(p));
		if (*order == '|') {
			sequence++;
			order += 2;
		}
		p.key = strtol(order, &end, 10);
		p.sequence = sequence;
		order = end + (*end == ' ');
		es_order_put(&o, &p, depth, learn);
		while (es_order_next(&o, &p, &decoded))
			sprintf(got + strlen(got), "%d:%d ", (int)decoded,
			    (int)p.place);
	}
	es_order_finish(&o);
	while (es_order_next(&o, &p, &decoded))
		sprintf(got + strlen(got), "%d:%d ", (int)decoded,
		    (int)p.place);
	assert_string_equal(got, want);
}

static void
pictures_find_their_places(void **state)
{
	(void)state;
	/* none held back */
	expect_places("0 2 4 | 0 2", 0, 0, "0:0 1:1 2:2 3:3 4:4 ");
	/* B-frames, whatever the step of the order is */
	expect_places("0 6 2 4 12 8 10", 1, 0,
	    "-1:0 0:3 1:1 2:2 3:6 4:4 5:5 ");
	expect_places("0 3 1 2 6 4 5", 1, 0,
	    "-1:0 0:3 1:1 2:2 3:6 4:4 5:5 ");
	/* a pyramid */
	expect_places("0 8 4 2 6", 2, 0, "-2:0 -1:4 0:2 1:1 2:3 ");
	/* pictures shown before the first of their sequence */
	expect_places("0 4 2 | 0 -2 4 2", 1, 0,
	    "-1:0 0:2 1:1 2:4 3:3 4:6 5:5 ");
	/* not told: found out */
	expect_places("0 6 2 4", -1, 3, "-1:0 0:3 1:1 2:2 ");
	expect_places("0 2 4 6", -1, 2, "0:0 1:1 2:2 3:3 ");
	/* told wrongly: from there on later, and never before decoding */
	expect_places("0 2 6 4 8 10", 0, 0,
	    "0:0 1:1 2:2 3:4 4:5 5:6 ");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pictures_find_their_places),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
