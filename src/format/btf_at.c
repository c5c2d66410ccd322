/* btf_at: goes down from a struct to what is none, through the members that hold the byte. */
#include "format/btf_at.h"

enum { DEPTH_MOST = 64 };

static bool descend(const struct btf *b, uint32_t id, uint64_t byte, struct btf_place *at,
		    int depth);

static bool add_step(struct btf_place *at, const char *name, uint32_t index)
{
	if (at->count == BTF_AT_STEPS)
		return false;
	at->steps[at->count++] = (struct btf_at_step){name, index};
	return true;
}

/* Whether the byte is of the member, which starts at *start. */
static bool holds(const struct btf *b, const struct btf_member *m, uint64_t byte, uint64_t *start)
{
	int64_t size =
	    m->bit_size ? (int64_t)(m->bit_offset % 8 + m->bit_size + 7) / 8 : btf_size(b, m->type);

	*start = m->bit_offset / 8;
	return size > 0 && byte >= *start && byte - *start < (uint64_t)size;
}

static bool in_members(const struct btf *b, const struct btf_type *t, uint64_t byte,
		       struct btf_place *at, int depth)
{
	unsigned count = at->count;

	for (uint32_t i = 0; i < t->vlen && at->budget-- > 0; i++) {
		struct btf_member m = btf_member(t, i);
		struct btf_type in = btf_strip(b, m.type);
		uint64_t start;

		/* Bits without a name are padding. */
		if (!holds(b, &m, byte, &start) || (!*m.name && !btf_is_composite(&in)))
			continue;
		if (*m.name && !add_step(at, m.name, 0))
			return false;
		if (m.bit_size) {
			at->type = m.type;
			at->rest = (uint32_t)(byte - start);
			return true;
		}
		if (descend(b, m.type, byte - start, at, depth + 1))
			return true;
		at->count = count;
	}
	return false;
}

static bool in_array(const struct btf *b, const struct btf_type *t, uint64_t byte,
		     struct btf_place *at, int depth)
{
	struct btf_array a = btf_array(t);
	int64_t size = btf_size(b, a.elem);

	return size > 0 && add_step(at, NULL, (uint32_t)(byte / (uint64_t)size)) &&
	       descend(b, a.elem, byte % (uint64_t)size, at, depth + 1);
}

static bool descend(const struct btf *b, uint32_t id, uint64_t byte, struct btf_place *at,
		    int depth)
{
	struct btf_type t = btf_strip(b, id);

	if (depth > DEPTH_MOST)
		return false;
	if (btf_is_composite(&t))
		return in_members(b, &t, byte, at, depth);
	if (t.kind == BTF_ARRAY)
		return in_array(b, &t, byte, at, depth);
	at->type = id;
	at->rest = (uint32_t)byte;
	return true;
}

bool btf_at(const struct btf *b, uint32_t id, uint64_t byte, struct btf_place *at)
{
	struct btf_type t = btf_strip(b, id);

	at->count = 0;
	at->budget = BTF_AT_BUDGET;
	return btf_is_composite(&t) && byte < t.size && descend(b, id, byte, at, 0) &&
	       at->budget >= 0;
}
