/*
 * btf_kfuncs: reads tags, and the sets in .BTF_ids (linux/btf_ids.h): words of four bytes, which
 * are ids alone, sets of ids behind their count, and sets of pairs, an id and its KF_* flags,
 * behind their count and flags. Only kernel functions stand in pairs, and a few that programs may
 * attach to. A kernel as it boots has no symbols that say where each begins; but sets are
 * sorted, and in one without flags every second id would have to be low.
 */
#include "format/btf_kfuncs.h"

#include <stdlib.h>
#include <string.h>

#include "format/btf_impl.h"

enum {
	SET_KFUNCS = 1, /* a flag of a set, since 6.9 */
	FLAGS = 1 << 13 /* KF_* flags that kernels without tags have are below */
};

/* In sets of pairs before 6.9, for fmod_ret. */
static const char *const attached_to[] = {
    "bpf_fentry_test1",    "bpf_modify_return_test", "bpf_modify_return_test2",
    "__hid_bpf_tail_call", "hid_bpf_device_event",   "hid_bpf_rdesc_fixup",
};

struct sets {
	const struct btf *b;
	const uint8_t *words;
	size_t count;
	uint32_t *ids; /* room for as many as there are words */
	size_t found;
	bool flagged; /* a set that says that it is one of kernel functions was met */
};

static uint32_t word(const struct sets *s, size_t i)
{
	return load_u32(s->words + 4 * i, s->b->swap);
}

static bool is_func(const struct sets *s, uint32_t id)
{
	return id && btf_has(s->b, id) && btf_type(s->b, id).kind == BTF_FUNC;
}

static bool is_attached_to(const char *name)
{
	for (size_t i = 0; i < sizeof(attached_to) / sizeof(*attached_to); i++)
		if (strcmp(name, attached_to[i]) == 0)
			return true;
	return false;
}

/* The pairs of the set that begins at word `at`; 0 when there is none. Of what the configuration
 * leaves out the id is 0. */
static size_t pairs_at(const struct sets *s, size_t at)
{
	size_t count;
	uint32_t last = 0;

	if (s->count - at < 4)
		return 0;
	count = word(s, at);
	if (!count || count > (s->count - at - 2) / 2 || word(s, at + 1) > SET_KFUNCS)
		return 0;
	for (size_t i = 0; i < count; i++) {
		uint32_t id = word(s, at + 2 + 2 * i), flags = word(s, at + 3 + 2 * i);

		if (id < last || (id && !is_func(s, id)) || (flags >= FLAGS && is_func(s, flags)))
			return 0;
		last = id;
	}
	return last ? count : 0;
}

static void take_pairs(struct sets *s, size_t at, size_t count)
{
	bool flagged = word(s, at + 1) == SET_KFUNCS;

	if (s->flagged && !flagged)
		return;
	if (flagged && !s->flagged)
		s->found = 0;
	s->flagged = flagged;
	for (size_t i = 0; i < count; i++) {
		uint32_t id = word(s, at + 2 + 2 * i);

		if (id && (flagged || !is_attached_to(btf_type(s->b, id).name)))
			s->ids[s->found++] = id;
	}
}

uint32_t *btf_kfuncs_in_sets(const struct btf *b, const struct span *ids, size_t *count)
{
	struct sets s = {.b = b, .words = ids->at, .count = ids->len / 4};
	size_t pairs;

	*count = 0;
	s.ids = malloc((s.count + 1) * sizeof(*s.ids));
	if (!s.ids)
		return NULL;
	for (size_t at = 0; at < s.count; at += pairs ? 2 + 2 * pairs : 1) {
		pairs = pairs_at(&s, at);
		if (pairs)
			take_pairs(&s, at, pairs);
	}
	*count = s.found;
	if (!s.found) {
		free(s.ids);
		return NULL;
	}
	return s.ids;
}

static bool is_own(const struct btf *b, uint32_t id)
{
	return id >= b->first_id && btf_has(b, id) && btf_type(b, id).kind == BTF_FUNC;
}

bool btf_kfuncs(const struct btf *b, btf_kfunc_fn *tell, void *ctx)
{
	struct btf_type t = {0};
	bool known = false;
	size_t count;
	const uint32_t *ids = btf_set_kfuncs(b, &count);

	while (btf_next(b, &t, BTF_DECL_TAG))
		if (strcmp(t.name, "bpf_kfunc") == 0 && is_own(b, t.type)) {
			known = true;
			tell(ctx, t.type);
		}
	if (known)
		return true;
	for (size_t i = 0; i < count; i++)
		if (is_own(b, ids[i]))
			tell(ctx, ids[i]);
	return count > 0;
}
