/* accessor: parses access strings over local types; see accessor.h. */
#include "core/accessor.h"

#include <string.h>

struct accessor *accessor_start(struct accessor_room *room, const struct btf *b, uint32_t root_id,
				uint32_t kind)
{
	room->accessor = (struct accessor){
	    .btf = b, .root_id = root_id, .kind = kind, .step = room->step, .raw = room->raw};
	return &room->accessor;
}

const struct accessor *accessor_keep(const struct accessor *s, struct arena *a)
{
	size_t steps = s->len * sizeof(*s->step), raws = s->raw_len * sizeof(*s->raw);
	struct accessor *copy = arena_alloc(a, 1, sizeof(*copy) + steps + raws);

	if (!copy)
		return NULL;
	*copy = *s;
	copy->step = (struct step *)(copy + 1);
	copy->raw = (uint32_t *)(copy->step + s->len);
	if (steps)
		memcpy(copy->step, s->step, steps);
	if (raws)
		memcpy(copy->raw, s->raw, raws);
	return copy;
}

bool accessor_is_flexible(const struct btf *b, const struct step *from, struct btf_array array)
{
	return from && from->name && array.count == 0 &&
	       from->index + 1 == btf_type(b, from->type_id).vlen;
}

/* One decimal number up to INT32_MAX; *s moves past it. */
static bool read_index(const char **s, uint32_t *out)
{
	uint32_t n = 0;

	if (**s < '0' || **s > '9')
		return false;
	for (; **s >= '0' && **s <= '9'; ++*s) {
		uint32_t digit = (uint32_t)(**s - '0');

		if (n > (INT32_MAX - digit) / 10)
			return false;
		n = n * 10 + digit;
	}
	*out = n;
	return true;
}

static enum reason read_indexes(const char *s, struct accessor *accessor)
{
	for (;;) {
		if (accessor->raw_len == ACCESSOR_MAX)
			return REASON_TOO_DEEP;
		if (!read_index(&s, &accessor->raw[accessor->raw_len++]))
			return REASON_BAD_ACCESS;
		if (*s == '\0')
			return REASON_NONE;
		if (*s++ != ':')
			return REASON_BAD_ACCESS;
	}
}

static void add_step(struct accessor *s, uint32_t type_id, uint32_t index, const char *name)
{
	s->step[s->len++] = (struct step){.type_id = type_id, .index = index, .name = name};
}

static enum reason parse_enumerator(struct accessor *s, const struct btf_type *t)
{
	if (!btf_is_enum(t) || s->raw_len != 1 || s->raw[0] >= t->vlen)
		return REASON_BAD_ACCESS;
	add_step(s, t->id, s->raw[0], btf_enumerator(t, s->raw[0]).name);
	return REASON_NONE;
}

/* Steps over index elements of a type; false when its size is unknown. */
static bool advance(struct accessor *s, uint32_t type_id, uint32_t index)
{
	int64_t size = btf_size(s->btf, type_id);

	if (size < 0)
		return false;
	s->bit_offset += (uint32_t)((uint64_t)size * index * 8);
	return true;
}

/* Steps from *t into its member or element. */
static enum reason descend(struct accessor *s, struct btf_type *t, uint32_t index)
{
	if (btf_is_composite(t)) {
		struct btf_member m;

		if (index >= t->vlen)
			return REASON_BAD_ACCESS;
		m = btf_member(t, index);
		s->bit_offset += m.bit_offset;
		if (*m.name)
			add_step(s, t->id, index, m.name);
		*t = btf_strip(s->btf, m.type);
		return REASON_NONE;
	}
	if (t->kind == BTF_ARRAY) {
		struct btf_array a = btf_array(t);

		if (index >= a.count && !accessor_is_flexible(s->btf, &s->step[s->len - 1], a))
			return REASON_BAD_ACCESS;
		*t = btf_strip(s->btf, a.elem);
		add_step(s, t->id, index, NULL);
		return advance(s, t->id, index) ? REASON_NONE : REASON_UNSIZED;
	}
	return REASON_BAD_ACCESS;
}

enum reason accessor_parse(const struct btf *b, uint32_t type_id, const char *access, uint32_t kind,
			   struct accessor_room *room)
{
	struct accessor *s = accessor_start(room, b, type_id, kind);
	enum reason r = read_indexes(access, s);
	struct btf_type t;

	if (r != REASON_NONE)
		return r;
	if (kind >= RELO_KIND_COUNT)
		return REASON_UNSUPPORTED;
	if (relo_is_type(kind))
		return strcmp(access, "0") == 0 ? REASON_NONE : REASON_BAD_ACCESS;
	t = btf_strip(b, type_id);
	if (relo_is_enumval(kind))
		return parse_enumerator(s, &t);
	add_step(s, t.id, s->raw[0], NULL);
	if (!advance(s, t.id, s->raw[0]))
		return REASON_UNSIZED;
	for (uint32_t i = 1; i < s->raw_len && r == REASON_NONE; i++)
		r = descend(s, &t, s->raw[i]);
	return r;
}
