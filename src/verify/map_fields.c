/* map_fields: see map_fields.h. */
#include "verify/map_fields.h"

#include <string.h>

#include "verify/helpers.h"
#include "verify/map_attrs.h"

/* Structs within structs that are looked into, and how many types in all. */
enum { NESTED_MOST = 16, TYPES_MOST = 4096 };

static const struct field {
	const char *name;
	const char *cause; /* see map_fields_refused() */
	uint8_t size, align;
} fields[] = {
    [FIELD_SPIN_LOCK] = {"bpf_spin_lock", "spin-lock", 4, 4},
    [FIELD_RES_SPIN_LOCK] = {"bpf_res_spin_lock", "spin-lock", 4, 4},
    [FIELD_TIMER] = {"bpf_timer", "timer", 16, 8},
    [FIELD_WQ] = {"bpf_wq", "work-queue", 16, 8},
    [FIELD_TASK_WORK] = {"bpf_task_work", NULL, 8, 8},
    [FIELD_KPTR] = {"kptr", NULL, 8, 8},
};

const char *map_field_name(enum map_field field)
{
	return fields[field].name;
}

enum map_field map_fields_taken(uint32_t helper)
{
	switch (helper) {
	case HELPER_spin_lock:
	case HELPER_spin_unlock: return FIELD_SPIN_LOCK;
	case HELPER_timer_init:
	case HELPER_timer_set_callback:
	case HELPER_timer_start:
	case HELPER_timer_cancel: return FIELD_TIMER;
	case HELPER_kptr_xchg: return FIELD_KPTR;
	default: return MAP_FIELDS;
	}
}

/* what may be in a type */

struct field_search {
	const struct btf *btf;
	enum map_field field; /* of finds() */
	bool deep;            /* for finds(): looks into structs and arrays within */
	unsigned left;        /* types to be looked at */
};

/* Whether the type has within, at whatever depth, what some kernel may know: structs called bpf_…,
 * and pointers with a type tag. True where it has too much within to tell. */
static bool may_have(struct field_search *s, uint32_t id, unsigned depth)
{
	struct btf_type t = btf_strip(s->btf, id);

	if (depth > NESTED_MOST || !s->left)
		return true;
	s->left--;
	switch (t.kind) {
	case BTF_PTR: return btf_type(s->btf, t.type).kind == BTF_TYPE_TAG;
	case BTF_ARRAY: return may_have(s, btf_array(&t).elem, depth + 1);
	case BTF_STRUCT:
	case BTF_UNION:
		if (strncmp(t.name, "bpf_", 4) == 0)
			return true;
		for (uint32_t i = 0; i < t.vlen; i++)
			if (may_have(s, btf_member(&t, i).type, depth + 1))
				return true;
		return false;
	default: return false;
	}
}

/* Up to it kernels look only at the members of the value itself. */
enum { LOOKS_ON_TOP = AGE_LINE(6, 10) };

/* What a kernel finds in a type: nothing, something, or what makes it find nothing in the value. */
enum finding { FINDS_NOTHING, FINDS_SOME, FINDS_WRONG };

/* A pointer that its type tag makes one that is counted (btf_find_kptr()). */
static enum finding finds_kptr(const struct btf *b, struct btf_type t)
{
	if (t.kind == BTF_VOLATILE)
		t = btf_type(b, t.type);
	if (t.kind != BTF_PTR)
		return FINDS_NOTHING;
	return btf_type(b, t.type).kind == BTF_TYPE_TAG ? FINDS_SOME : FINDS_NOTHING;
}

/* Whether t is the struct, as it stands: no typedef of one, and none that is volatile. */
static bool is_field(struct btf_type t, enum map_field field)
{
	return t.kind == BTF_STRUCT && strcmp(t.name, fields[field].name) == 0;
}

static enum finding finds_in_struct(struct field_search *s, struct btf_type t, unsigned depth);

/* Of one member or variable (btf_find_field_one()). */
static enum finding finds(struct field_search *s, struct btf_type t, unsigned depth)
{
	bool several = false;

	for (; s->deep && t.kind == BTF_ARRAY && s->left; s->left--) {
		struct btf_array a = btf_array(&t);

		if (!a.count)
			return FINDS_NOTHING;
		several = several || a.count > 1;
		t = btf_type(s->btf, a.elem);
	}
	if (!s->left)
		return FINDS_SOME;
	s->left--;
	if (is_field(t, s->field)) {
		if (t.size != fields[s->field].size)
			return FINDS_NOTHING;
		return several ? FINDS_WRONG : FINDS_SOME;
	}
	if (s->deep && t.kind == BTF_STRUCT) {
		enum finding found = finds_in_struct(s, t, depth + 1);

		return several && found == FINDS_SOME && s->field != FIELD_KPTR ? FINDS_WRONG
										: found;
	}
	return s->field == FIELD_KPTR ? finds_kptr(s->btf, t) : FINDS_NOTHING;
}

/* Of several, of which there can be one of each struct (btf_find_struct_field()). */
static enum finding finds_in_struct(struct field_search *s, struct btf_type t, unsigned depth)
{
	bool some = false, met = false;

	if (depth > NESTED_MOST)
		return FINDS_SOME;
	for (uint32_t i = 0; i < t.vlen; i++) {
		struct btf_member m = btf_member(&t, i);
		struct btf_type of = btf_type(s->btf, m.type);
		enum finding found = finds(s, of, depth);

		if (found == FINDS_WRONG || (met && found == FINDS_SOME && is_field(of, s->field)))
			return FINDS_WRONG;
		some = some || found == FINDS_SOME;
		met = met || (found == FINDS_SOME && is_field(of, s->field));
	}
	return some ? FINDS_SOME : FINDS_NOTHING;
}

static enum finding finds_in_section(struct field_search *s, struct btf_type t)
{
	bool some = false;

	for (uint32_t i = 0; i < t.vlen; i++) {
		struct btf_type var = btf_type(s->btf, btf_secinfo(&t, i).type);
		enum finding found = finds(s, btf_type(s->btf, var.type), 1);

		if (found == FINDS_WRONG)
			return found;
		some = some || found == FINDS_SOME;
	}
	return some ? FINDS_SOME : FINDS_NOTHING;
}

/* Whether some kernel takes a map of that type whose values have the field: without, libbpf creates
 * it again, and tells the kernel nothing of its values. */
static bool goes_with(enum map_field field, uint32_t type)
{
	static const uint8_t types[][16] = {
#define HOLDS(name, ...) [FIELD_##name] = {__VA_ARGS__},
#include "verify/map_uses.def"
	};

	for (unsigned i = 0; i < sizeof(types[field]) && types[field][i]; i++)
		if (types[field][i] == type)
			return true;
	return false;
}

bool map_fields_lack(const struct loading *l, uint32_t map, enum map_field field)
{
	const struct map_def m = loading_map(l, map);
	struct field_search s = {
	    .btf = l->resolution->object->btf,
	    .field = field,
	    .deep = !age_up_to(l->age, LOOKS_ON_TOP),
	    .left = TYPES_MOST,
	};
	struct btf_type t;

	if (m.kind == MAP_LEGACY || age_is_unseen(l->age))
		return false;
	if (!m.value_type || !goes_with(field, m.type))
		return true;
	t = btf_strip(s.btf, m.value_type);
	if (t.kind == BTF_DATASEC)
		return finds_in_section(&s, t) != FINDS_SOME;
	return t.kind != BTF_STRUCT || finds_in_struct(&s, t, 0) != FINDS_SOME;
}

uint32_t map_fields_of_data(const struct loading *l, uint32_t section_index)
{
	const struct references *r = l->externs->references;

	for (size_t i = 0; i < r->map_count; i++)
		if (r->maps[i].section_index == section_index &&
		    (r->maps[i].kind == MAP_DATA || r->maps[i].kind == MAP_RODATA ||
		     r->maps[i].kind == MAP_BSS))
			return (uint32_t)i;
	return OBJECT_NONE;
}

/* what is there for sure */

static enum map_field field_of(struct btf_type t)
{
	for (enum map_field f = 0; f < MAP_FIELDS; f++)
		if (is_field(t, f))
			return f;
	return MAP_FIELDS;
}

/* The fields that the members of a struct are, as bits: none where it has one that kernels may
 * refuse, or anything else within that they may know, for then they may take none. */
static unsigned fields_in(const struct btf *b, struct btf_type t)
{
	unsigned found = 0, locks = 1 << FIELD_SPIN_LOCK | 1 << FIELD_RES_SPIN_LOCK;
	struct field_search others = {.btf = b, .left = TYPES_MOST};
	uint64_t end = 0; /* of the last one, in bits */

	for (uint32_t i = 0; i < t.vlen; i++) {
		struct btf_member m = btf_member(&t, i);
		struct btf_type of = btf_type(b, m.type);
		enum map_field f = field_of(of);

		if (f == MAP_FIELDS)
			continue;
		if (found >> f & 1 || of.size != fields[f].size || m.bit_offset < end ||
		    m.bit_offset % (fields[f].align * 8u))
			return 0;
		end = m.bit_offset + of.size * UINT64_C(8);
		found |= 1u << f;
	}
	if (!found || (found & locks) == locks || end > t.size * UINT64_C(8))
		return 0;
	for (uint32_t i = 0; i < t.vlen; i++) {
		struct btf_member m = btf_member(&t, i);

		if (field_of(btf_type(b, m.type)) == MAP_FIELDS && may_have(&others, m.type, 0))
			return 0;
	}
	return found;
}

/* Local storage, which a kernel creates by its BTF alone. */
static bool is_storage(uint32_t type)
{
	return type == BPF_MAP_TYPE_SK_STORAGE || type == BPF_MAP_TYPE_INODE_STORAGE ||
	       type == BPF_MAP_TYPE_TASK_STORAGE || type == BPF_MAP_TYPE_CGRP_STORAGE;
}

/* The fields that each kernel which knows them finds in values of m: it is told of them by the BTF
 * of a map that it takes (map_check_btf() of syscall.c). */
static unsigned surely_has(const struct loading *l, const struct map_def *m)
{
	const struct btf *b = l->resolution->object->btf;
	struct btf_type key, value;
	unsigned found;

	if ((m->type != BPF_MAP_TYPE_HASH && m->type != BPF_MAP_TYPE_ARRAY &&
	     !is_storage(m->type)) ||
	    !b || !m->key_type || !m->value_type ||
	    (m->flags & (BPF_F_RDONLY_PROG | BPF_F_WRONLY_PROG)))
		return 0;
	value = btf_strip(b, m->value_type);
	if (value.kind != BTF_STRUCT || value.size != m->value_size)
		return 0;
	found = fields_in(b, value);
	if (!found)
		return 0;
	key = btf_strip(b, m->key_type);
	if (m->type == BPF_MAP_TYPE_ARRAY ? key.kind != BTF_INT || key.size != 4
					  : btf_size(b, m->key_type) != m->key_size)
		return 0;
	return found;
}

static bool kernel_knows(const struct loading *l, enum map_field field)
{
	switch (field) {
	case FIELD_SPIN_LOCK:
		return features_has(l->target, FEATURE_HELPER, HELPER_spin_lock) != KNOWN_NO;
	case FIELD_TIMER:
		return features_has(l->target, FEATURE_HELPER, HELPER_timer_init) == KNOWN_YES;
	case FIELD_WQ: return features_function(l->target, "bpf_wq_init");
	case FIELD_TASK_WORK:
		return features_function(l->target, "bpf_task_work_schedule_signal") ||
		       features_function(l->target, "bpf_task_work_schedule_signal_impl");
	case FIELD_RES_SPIN_LOCK: return features_function(l->target, "bpf_res_spin_lock");
	default: return false;
	}
}

/* which programs may have it */

static bool is_tracing(const struct loading *l)
{
#define TRACING(type, name)         \
	if (l->prog_type == (type)) \
		return true;
#define TRACING_SINCE(type, name, major, minor)                                  \
	if (l->prog_type == (type) && age_since(l->age, AGE_LINE(major, minor))) \
		return true;
#include "verify/map_uses.def"
	return false;
}

static bool is_untraced(const struct loading *l, enum map_field field)
{
#define UNTRACED(name)             \
	if (field == FIELD_##name) \
		return true;
#define UNTRACED_TO(name, major, minor) \
	if (field == FIELD_##name)      \
		return age_up_to(l->age, AGE_LINE(major, minor));
#include "verify/map_uses.def"
	return false;
}

/* Whether the kernel keeps locks from programs that may sleep. */
static bool locks_awake(const struct loading *l)
{
#define AWAKE_LOCKS(first, first_minor, last, last_minor)         \
	return age_since(l->age, AGE_LINE(first, first_minor)) && \
	       age_up_to(l->age, AGE_LINE(last, last_minor));
#include "verify/map_uses.def"
}

static bool field_refused(const struct loading *l, enum map_field field)
{
	if (is_tracing(l) && is_untraced(l, field))
		return true;
	if (field == FIELD_SPIN_LOCK && l->sleepable && locks_awake(l))
		return true;
	return l->prog_type == BPF_PROG_TYPE_SOCKET_FILTER &&
	       (field == FIELD_SPIN_LOCK || field == FIELD_RES_SPIN_LOCK);
}

const char *map_fields_refused(const struct loading *l, const struct map_def *m)
{
	unsigned has;

	if ((!is_tracing(l) && !l->sleepable && l->prog_type != BPF_PROG_TYPE_SOCKET_FILTER) ||
	    is_storage(m->type) || age_is_unseen(l->age))
		return NULL;
	has = surely_has(l, m);
	for (enum map_field f = 0; f < MAP_FIELDS; f++)
		if (has >> f & 1 && field_refused(l, f) && kernel_knows(l, f))
			return fields[f].cause;
	return NULL;
}

bool map_fields_refuse_map(const struct loading *l, const struct map_def *m)
{
	unsigned has;

	if (!is_storage(m->type) || age_is_unseen(l->age))
		return false;
	has = surely_has(l, m);
	for (enum map_field f = 0; f < MAP_FIELDS; f++)
		if (has >> f & 1 && !goes_with(f, m->type) && kernel_knows(l, f))
			return true;
	return false;
}
