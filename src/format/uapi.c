/* uapi: looks numbers and names up in uapi.def; see uapi.h. */
#include "format/uapi.h"

#include <stddef.h>
#include <string.h>

struct row {
	const char *name, *enumerator;
};

#define SKIP(number, enumerator, name)
#define KEEP(number, enumerator, name) [number] = {name, #enumerator},

static const struct row prog_types[] = {
#define PROG_TYPE KEEP
#define MAP_TYPE SKIP
#define ATTACH_TYPE SKIP
#include "format/uapi.def"
#undef PROG_TYPE
#undef MAP_TYPE
};

static const struct row map_types[] = {
#define PROG_TYPE SKIP
#define MAP_TYPE KEEP
#include "format/uapi.def"
#undef MAP_TYPE
#undef ATTACH_TYPE
};

static const struct row attach_types[] = {
#define MAP_TYPE SKIP
#define ATTACH_TYPE KEEP
#include "format/uapi.def"
};

#define ROWS(a)                             \
	{                                   \
		a, sizeof(a) / sizeof(*(a)) \
	}

static const struct {
	const struct row *rows;
	uint32_t count;
} sets[UAPI_SET_COUNT] = {
    [UAPI_PROG_TYPE] = ROWS(prog_types),
    [UAPI_MAP_TYPE] = ROWS(map_types),
    [UAPI_ATTACH_TYPE] = ROWS(attach_types),
};

const char *uapi_name(enum uapi_set set, uint32_t number)
{
	return number < sets[set].count ? sets[set].rows[number].name : NULL;
}

int64_t uapi_number(enum uapi_set set, const char *name)
{
	for (uint32_t i = 0; i < sets[set].count; i++) {
		const struct row *r = &sets[set].rows[i];

		if (r->name && (strcmp(r->name, name) == 0 || strcmp(r->enumerator, name) == 0))
			return i;
	}
	return -1;
}
