/* kfunc_types: who may call a kernel function, and which sleep, out of kfunc_types.def; see
 * kfunc_types.h. */
#include "verify/kfunc_types.h"

#include <string.h>

/* Sets of callers, by the names of the table: bit n is program type n. */
enum {
#define CALLER(name, type) TYPE_##name = (type),
#include "verify/kfunc_types.def"
};

#define CALLER(name, type) static const uint64_t name = UINT64_C(1) << (type);
#define GROUP(name, callers) static const uint64_t name = callers;
#include "verify/kfunc_types.def"

static const uint64_t NOBODY = 0, EVERY = 0
#define CALLER(name, type) | name
#include "verify/kfunc_types.def"
    ;

enum line {
#define LINE(major, minor, whole) LINE_##major##_##minor,
#include "verify/kfunc_types.def"
	LINE_COUNT
};

static const struct {
	uint32_t line;
	bool whole;
} lines[LINE_COUNT] = {
#define LINE(major, minor, whole) {AGE_LINE(major, minor), whole},
#include "verify/kfunc_types.def"
};

static const struct row {
	const char *name;
	enum line first, last;
	uint64_t callers;
} rows[] = {
#define KFUNC(name, first, last, callers) {#name, first, last, callers},
#include "verify/kfunc_types.def"
};

enum { ROW_COUNT = sizeof(rows) / sizeof(*rows) };

/* Lines that a kernel may be like, and whether it may be newer than all of them. */
struct like {
	unsigned first, last;
	bool unseen;
};

static struct like like_of(struct kernel_age age)
{
	struct like like = {0, LINE_COUNT - 1, age_since(age, lines[LINE_COUNT - 1].line + 1)};

	for (unsigned i = 1; i < LINE_COUNT && age_since(age, lines[i].line); i++)
		like.first = i;
	for (unsigned i = LINE_COUNT; i-- > like.first && age_up_to(age, lines[i].line);)
		like.last = i;
	return like;
}

/* The first row of the name, ROW_COUNT for none: they are sorted. */
static size_t first_row(const char *name, size_t len)
{
	size_t low = 0, high = ROW_COUNT;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int order = strncmp(rows[middle].name, name, len);

		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	for (; low < ROW_COUNT && strncmp(rows[low].name, name, len) == 0; low++)
		if (!rows[low].name[len])
			return low;
	return ROW_COUNT;
}

/* What lines say of a function: who may call it in some of them, and in all. */
struct said {
	uint64_t some, all;
	bool any;      /* one of them has it */
	bool last_too; /* the last has it */
};

static void hear(struct said *s, const struct row *row, struct like like)
{
	if (row->last < like.first || row->first > like.last)
		return;
	s->some |= row->callers;
	s->all &= row->callers;
	s->any = true;
	s->last_too |= row->last >= like.last;
}

/* The nearest older line has it: where a newer one is not whole, it may be as it was. */
static void hear_older(struct said *s, const struct row *row, struct like like)
{
	if (row->last >= like.first)
		return;
	s->some = s->all = row->callers;
	s->any = true;
}

static bool is_attached_otherwise(const char *name, uint32_t prog_type, uint32_t attach_type)
{
	bool told = false, like = false;

#define ATTACHED(kfunc, caller, attach)                                          \
	if (strcmp(name, #kfunc) == 0 && prog_type == (uint32_t)TYPE_##caller) { \
		told = true;                                                     \
		like |= attach_type == (attach);                                 \
	}
#include "verify/kfunc_types.def"
	return told && !like;
}

enum kfunc_answer kfunc_type_allowed(const char *name, size_t len, uint32_t prog_type,
				     uint32_t attach_type, struct kernel_age age, uint64_t *callers)
{
	size_t row = first_row(name, len);
	uint64_t type = prog_type < 64 ? UINT64_C(1) << prog_type & EVERY : NOBODY;
	struct said s = {.all = EVERY};
	struct like like;

	*callers = NOBODY;
	if (row == ROW_COUNT || !type)
		return KFUNC_UNTOLD;
	name = rows[row].name;
	like = like_of(age);
	for (size_t i = row; i < ROW_COUNT && strcmp(rows[i].name, name) == 0; i++)
		hear(&s, &rows[i], like);
	for (size_t i = row;
	     !s.any && !lines[like.first].whole && i < ROW_COUNT && strcmp(rows[i].name, name) == 0;
	     i++)
		hear_older(&s, &rows[i], like);
	if (!s.any)
		return KFUNC_UNTOLD;
	*callers = s.all;
	if (is_attached_otherwise(name, prog_type, attach_type))
		s.some &= ~type;
	if (!(s.some & type))
		return like.unseen || !s.last_too ? KFUNC_DOUBTED : KFUNC_REFUSED;
	return s.all & type ? KFUNC_ALLOWED : KFUNC_DOUBTED;
}

/* The lines from first to last, as bits. */
static uint32_t lines_of(unsigned first, unsigned last)
{
	return (UINT32_C(2) << last) - (UINT32_C(1) << first);
}

enum known kfunc_sleeps(const char *name, size_t len, struct kernel_age age)
{
	size_t row = first_row(name, len);
	uint32_t has = 0, sleeps = 0, among;
	struct like like;

	if (row == ROW_COUNT)
		return KNOWN_NO;
	name = rows[row].name;
#define SLEEPS(kfunc, first, last)     \
	if (strcmp(name, #kfunc) == 0) \
		sleeps |= lines_of(first, last);
#include "verify/kfunc_types.def"
	if (!sleeps)
		return KNOWN_NO;
	for (; row < ROW_COUNT && strcmp(rows[row].name, name) == 0; row++)
		has |= lines_of(rows[row].first, rows[row].last);
	like = like_of(age);
	among = has & lines_of(like.first, like.last);
	/* Where a line is not whole, it may be as in the lines before. */
	if (!among && !lines[like.first].whole)
		among = has & lines_of(0, like.first);
	if (!(sleeps & among))
		return KNOWN_NO;
	return like.unseen || among & ~sleeps || !(has >> like.last & 1) ? KNOWN_NOT : KNOWN_YES;
}
