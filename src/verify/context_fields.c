/* context_fields: what programs may do with their context, out of context_fields.def; see
 * context_fields.h. */
#include "verify/context_fields.h"

#include <stddef.h>
#include <string.h>

enum { ANY_ATTACH = UINT16_MAX, END = UINT16_MAX, WORD = 0 };

#define COUNT(rows) (sizeof(rows) / sizeof(*(rows)))

enum view {
#define VIEW(name) name,
#include "verify/context_fields.def"
	VIEW_COUNT
};

_Static_assert(VIEW_COUNT <= 64, "a set of views is 64 bits");

static const struct {
	uint8_t view, prog_type;
	uint16_t attach_type;
} seen[] = {
#define SEEN(view, type, attach) {view, type, attach},
#include "verify/context_fields.def"
};

enum way { WAY_READ, WAY_WRITE, WAY_EITHER };

static const struct range {
	uint8_t view, way, sizes;
	uint16_t begin, end;
} ranges[] = {
#define READS(view, begin, end, sizes) {view, WAY_READ, sizes, begin, end},
#define WRITES(view, begin, end, sizes) {view, WAY_WRITE, sizes, begin, end},
#define OPENS(view, begin, end, sizes) {view, WAY_EITHER, sizes, begin, end},
#include "verify/context_fields.def"
};

static const struct {
	uint32_t prog_type;
	const char *name;
} structs[] = {
#define STRUCT(type, name) {type, name},
#include "verify/context_fields.def"
};

static const uint8_t converts[] = {
#define CONVERTS(type) type,
#include "verify/context_fields.def"
};

/* The views that such a program may have: several, and not `exact`, where the table does not know
 * its attach type. */
static uint64_t views_of(const struct context_access *a, bool *exact)
{
	uint64_t of_type = 0, of_attach = 0;

	for (size_t i = 0; i < COUNT(seen); i++) {
		uint64_t view = UINT64_C(1) << seen[i].view;

		if (seen[i].prog_type != a->prog_type)
			continue;
		of_type |= view;
		if (seen[i].attach_type == ANY_ATTACH || seen[i].attach_type == a->attach_type)
			of_attach |= view;
	}
	*exact = of_attach != 0;
	return of_attach ? of_attach : of_type;
}

/* Where an end of a range is; of those told from the end of a context whose size is not known, as
 * far out as it may be. */
static uint32_t place(uint16_t at, uint32_t context_size, bool is_begin)
{
	if (at < END - 64)
		return at;
	if (!context_size)
		return is_begin ? 0 : UINT32_MAX;
	return context_size - (uint32_t)(END - at);
}

/* Whether a range of one of these views, of that way, holds the access. */
static bool is_in(const struct context_access *a, uint64_t views, enum way way,
		  uint32_t context_size)
{
	for (size_t i = 0; i < COUNT(ranges); i++) {
		const struct range *r = &ranges[i];

		if (r->way == way && views >> r->view & 1 &&
		    (r->sizes == WORD ? a->size == a->word : r->sizes & a->size) &&
		    a->offset % a->size == 0 && a->offset >= place(r->begin, context_size, true) &&
		    (uint64_t)a->offset + a->size <= place(r->end, context_size, false))
			return true;
	}
	return false;
}

static bool is_newer_than_table(struct kernel_age age)
{
#define NEWEST(major, minor) return age_since(age, AGE_LINE(major, minor) + 1);
#include "verify/context_fields.def"
}

/* What the size of a context tells of an access. */
enum side { SIDE_BEYOND = 1, SIDE_SIZED = 2, SIDE_IN = 4 };

unsigned context_fields_side(const struct context_access *a, uint32_t context_size)
{
	bool exact, sized = context_fields_struct(a->prog_type) != NULL;
	uint64_t views = views_of(a, &exact);
	unsigned side = 0;

	if (!views || !a->size || a->size > 8 || a->size & (a->size - 1))
		return 0;
	if (!sized)
		context_size = 0;
	else if (context_size && (uint64_t)a->offset + a->size > context_size)
		return SIDE_BEYOND;
	for (unsigned way = WAY_READ; way <= WAY_EITHER; way++)
		if (is_in(a, views, (enum way)way, context_size))
			side |= SIDE_IN << way;
	return side | (context_size ? SIDE_SIZED : 0);
}

enum known context_fields_access(const struct context_access *a, uint32_t context_size,
				 struct kernel_age age)
{
	bool exact, sized = context_fields_struct(a->prog_type) != NULL;
	uint64_t views = views_of(a, &exact);
	unsigned side = context_fields_side(a, context_size);

	if (!views || !a->size || a->size > 8 || a->size & (a->size - 1))
		return KNOWN_NOT;
	if (side & SIDE_BEYOND)
		return KNOWN_NO;
	if (side & SIDE_IN << (a->write ? WAY_WRITE : WAY_READ))
		return exact && (side & SIDE_SIZED || !sized) ? KNOWN_YES : KNOWN_NOT;
	if (side & SIDE_IN << WAY_EITHER)
		return KNOWN_NOT;
	return is_newer_than_table(age) ? KNOWN_NOT : KNOWN_NO;
}

const char *context_fields_struct(uint32_t prog_type)
{
	for (size_t i = 0; i < COUNT(structs); i++)
		if (structs[i].prog_type == prog_type)
			return structs[i].name;
	return NULL;
}

bool context_fields_packet(uint32_t prog_type, int64_t offset)
{
	const char *name = context_fields_struct(prog_type);

#define PACKETS(struct_name, begin, end)                                                   \
	if (name && strcmp(name, struct_name) == 0 && offset >= (begin) && offset < (end)) \
		return true;
#include "verify/context_fields.def"
	return false;
}

enum known context_fields_moved(uint32_t prog_type, struct kernel_age age)
{
	bool converted = false;

	for (size_t i = 0; i < COUNT(converts); i++)
		converted |= converts[i] == prog_type;
#define LAST_FIXED(major, minor)                    \
	if (age_up_to(age, AGE_LINE(major, minor))) \
		return KNOWN_NO;
#include "verify/context_fields.def"
	if (is_newer_than_table(age))
		return KNOWN_NOT;
	if (converted)
		return KNOWN_NO;
#define FIRST_MOVED(major, minor)                   \
	if (age_since(age, AGE_LINE(major, minor))) \
		return KNOWN_YES;
#include "verify/context_fields.def"
	return KNOWN_NOT;
}
