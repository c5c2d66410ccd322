/* map_uses: the rows of map_uses.def, and which calls they may concern; see map_uses.h. */
#include "verify/map_uses.h"

#include <stdlib.h>
#include <string.h>

#include "verify/helpers.h"
#include "verify/map_attrs.h"
#include "verify/map_fields.h"

enum { LIST_MOST = 8, LOOK_BACK = 64 };

/* What goes with a type or a helper, ended by 0; all does where `closed` is not set. */
struct partners {
	bool closed;
	uint8_t list[LIST_MOST];
};

static const struct partners helpers_of[] = {
#define MAP_GOES(type, name, ...) [type] = {true, {__VA_ARGS__}},
#include "verify/map_uses.def"
};

static const struct partners types_of[] = {
#define HELPER_TAKES(helper, name, ...) [helper] = {true, {__VA_ARGS__}},
#include "verify/map_uses.def"
};

static bool goes_with(const struct partners *table, size_t count, uint32_t one, uint32_t other)
{
	if (one >= count || !table[one].closed)
		return true;
	for (unsigned i = 0; i < LIST_MOST && table[one].list[i]; i++)
		if (table[one].list[i] == other)
			return true;
	return false;
}

static bool is_sockets(uint32_t type)
{
	return type == BPF_MAP_TYPE_SOCKMAP || type == BPF_MAP_TYPE_SOCKHASH;
}

/* Programs that replace others are taken for those. */
static bool may_update_sockets(const struct loading *l)
{
	if (l->prog_type == BPF_PROG_TYPE_TRACING)
		return l->attach_type == BPF_TRACE_ITER;
#define UPDATES_SOCKETS(type, name) \
	if (l->prog_type == (type)) \
		return true;
#include "verify/map_uses.def"
	return l->prog_type == BPF_PROG_TYPE_EXT;
}

/* Whether the kernel lets who may not update a map of sockets delete from it. */
static bool may_delete_sockets(const struct loading *l)
{
#define CLEARS_SOCKETS(type, name)  \
	if (l->prog_type == (type)) \
		return true;
#include "verify/map_uses.def"
#define DELETES_SOCKETS(major, minor) return !age_since(l->age, AGE_LINE(major, minor));
#include "verify/map_uses.def"
}

static bool type_refused(const struct loading *l, uint32_t type, uint32_t helper)
{
	if (!goes_with(helpers_of, sizeof(helpers_of) / sizeof(*helpers_of), type, helper) ||
	    !goes_with(types_of, sizeof(types_of) / sizeof(*types_of), helper, type))
		return true;
	if (!is_sockets(type) || may_update_sockets(l))
		return false;
	return helper == HELPER_map_update_elem ||
	       (helper == HELPER_map_delete_elem && !may_delete_sockets(l));
}

bool map_uses_refused(const struct loading *l, uint32_t type, uint32_t helper)
{
	return type != MAP_TYPE_UNKNOWN && type_refused(l, type, helper) && !age_is_unseen(l->age);
}

uint32_t map_uses_type(const struct loading *l, uint32_t map)
{
	return l->setting_count ? loading_map(l, map).type : l->externs->references->maps[map].type;
}

uint32_t map_uses_inner_type(const struct loading *l, uint32_t map)
{
	const struct map_def *def = &l->externs->references->maps[map];

	return def->inner && !loading_sets_inner(l, def->name) ? def->inner->type
							       : MAP_TYPE_UNKNOWN;
}

/* what a program refers to */

static bool is_hash(uint32_t type)
{
	return type == BPF_MAP_TYPE_HASH || type == BPF_MAP_TYPE_PERCPU_HASH ||
	       type == BPF_MAP_TYPE_HASH_OF_MAPS;
}

/* Whether no kernel as old as l's gives a program that may sleep maps of that type. */
static bool sleep_refused(const struct loading *l, uint32_t type)
{
	bool refused = !age_is_unseen(l->age);

#define SLEEPS(number, name) refused = refused && type != (number);
#include "verify/map_uses.def"
#define AWAKE(number, name, major, minor) \
	refused = refused || (type == (number) && age_up_to(l->age, AGE_LINE(major, minor)));
#include "verify/map_uses.def"
	return refused;
}

static bool must_be_preallocated(const struct loading *l)
{
	if (!l->sleepable && l->prog_type != BPF_PROG_TYPE_PERF_EVENT)
		return false;
#define PREALLOCATED(major, minor) return age_up_to(l->age, AGE_LINE(major, minor));
#include "verify/map_uses.def"
}

const char *map_uses_program_refused(const struct loading *l, uint32_t map)
{
	const struct map_def m = loading_map(l, map);
	bool inner = m.inner && !loading_sets_inner(l, m.name);

	if (l->sleepable && sleep_refused(l, m.type))
		return "sleepable";
	if (must_be_preallocated(l) &&
	    ((is_hash(m.type) && (m.flags & BPF_F_NO_PREALLOC)) ||
	     (inner && is_hash(m.inner->type) && (m.inner->flags & BPF_F_NO_PREALLOC))))
		return "preallocated";
	return map_fields_refused(l, &m);
}

/* which calls may be refused */

struct call_search {
	const struct loading *l;
	const struct linked *f;
	bool *target;    /* by instruction: some jump leads there */
	uint32_t *calls; /* of helpers that take a map, or a field of its values */
	size_t count;
};

static bool takes_map(const struct linked_insn *n)
{
	uint32_t helper = (uint32_t)n->in.imm;

	return n->ref_kind == LINKED_NONE && !n->in.src && !n->stop &&
	       (helper_map(helper) || map_fields_taken(helper) != MAP_FIELDS);
}

static void find_calls(struct call_search *s)
{
	const struct linked *f = s->f;

	for (uint32_t at = 0; at < f->count; at++) {
		struct insn in = f->insns[at].in;
		int64_t to;

		if (!insn_is_jump(in) || BPF_OP(in.code) == JUMP_EXIT)
			continue;
		if (BPF_OP(in.code) == JUMP_CALL) {
			if (takes_map(&f->insns[at]))
				s->calls[s->count++] = at;
			continue;
		}
		to = insn_jump_target(in, at);
		if (to >= 0 && to < (int64_t)f->count)
			s->target[to] = true;
	}
}

/* Whether an instruction may change a register otherwise than by a move from another. */
static bool changes(struct insn in, unsigned reg)
{
	enum { SCRATCH = 6 };

	switch (BPF_CLASS(in.code)) {
	case BPF_ST: return false;
	case BPF_STX: return BPF_MODE(in.code) == BPF_ATOMIC && in.src == reg;
	case BPF_JMP: return BPF_OP(in.code) == JUMP_CALL && reg < SCRATCH;
	case BPF_JMP32: return false;
	case BPF_LD: return in.code == BPF_LDIMM64 ? in.dst == reg : in.code && reg < SCRATCH;
	default: return in.dst == reg;
	}
}

/* The map that register `reg` has wherever the call at `at` is come to, OBJECT_NONE when that does
 * not show in the instructions right before. */
static uint32_t map_before(const struct call_search *s, uint32_t at, unsigned reg)
{
	const struct linked_insn *n = &s->f->insns[at];
	uint32_t func = n->func;

	for (unsigned i = 0; i < LOOK_BACK && at && !s->target[at]; i++) {
		n = &s->f->insns[--at];
		if (n->func != func || n->stop || !insn_falls_through(n->in))
			return OBJECT_NONE;
		if (n->in.code == (BPF_ALU64 | BPF_X | ALU_MOV) && n->in.dst == reg && !n->in.off)
			reg = n->in.src;
		else if (changes(n->in, reg))
			return n->ref_kind == REF_MAP ? n->target : OBJECT_NONE;
	}
	return OBJECT_NONE;
}

/* Whether the helper does not take some map that the program can come by. */
static bool refuses_any(const struct call_search *s, uint32_t helper)
{
	for (uint32_t at = 0; at < s->f->count; at++) {
		const struct linked_insn *n = &s->f->insns[at];

		if (n->ref_kind == REF_MAP &&
		    (map_uses_refused(s->l, map_uses_type(s->l, n->target), helper) ||
		     map_uses_refused(s->l, map_uses_inner_type(s->l, n->target), helper)))
			return true;
	}
	return false;
}

/* Whether values of some map that the program can come by lack the field. */
static bool some_lacks(const struct call_search *s, enum map_field field)
{
	for (uint32_t at = 0; at < s->f->count; at++) {
		const struct linked_insn *n = &s->f->insns[at];
		uint32_t map = OBJECT_NONE;

		if (n->ref_kind == REF_MAP)
			map = n->target;
		else if (n->ref_kind == REF_DATA)
			map = map_fields_of_data(s->l, n->target);
		if (map != OBJECT_NONE && map_fields_lack(s->l, map, field))
			return true;
	}
	return false;
}

static bool suspects(const struct call_search *s, uint32_t at)
{
	uint32_t helper = (uint32_t)s->f->insns[at].in.imm, map;
	enum map_field field = map_fields_taken(helper);

	if (field != MAP_FIELDS && some_lacks(s, field))
		return true;
	if (!helper_map(helper))
		return false;
	map = map_before(s, at, helper_map(helper));
	if (map == OBJECT_NONE)
		return refuses_any(s, helper);
	return map_uses_refused(s->l, map_uses_type(s->l, map), helper);
}

int map_uses_suspects(const struct loading *l, const struct linked *f, bool *out, struct err *e)
{
	struct call_search s = {.l = l, .f = f};
	int rc = 0;

	*out = false;
	s.calls = malloc(f->count * sizeof(*s.calls) + 1);
	s.target = calloc(f->count + 1, sizeof(*s.target));
	if (!s.calls || !s.target) {
		rc = err_memory(e, f->object->path);
	} else {
		find_calls(&s);
		for (size_t i = 0; i < s.count && !*out; i++)
			*out = suspects(&s, s.calls[i]);
	}
	free(s.calls);
	free(s.target);
	return rc;
}
