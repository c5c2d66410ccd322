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
	const char *prefix; /* of a struct's name; NULL for none */
	bool tagged;        /* pointers with a type tag, too */
	unsigned left;      /* types to be looked at */
};

/* Whether the type has that within, at whatever depth: older kernels look only at the members of
 * the value itself. True where it has too much within to tell. */
static bool may_have(struct field_search *s, uint32_t id, unsigned depth)
{
	struct btf_type t = btf_strip(s->btf, id);

	if (depth > NESTED_MOST || !s->left)
		return true;
	s->left--;
	switch (t.kind) {
	case BTF_PTR: return s->tagged && btf_type(s->btf, t.type).kind == BTF_TYPE_TAG;
	case BTF_ARRAY: return may_have(s, btf_array(&t).elem, depth + 1);
	case BTF_VAR: return may_have(s, t.type, depth + 1);
	case BTF_STRUCT:
	case BTF_UNION:
		if (s->prefix && strncmp(t.name, s->prefix, strlen(s->prefix)) == 0)
			return true;
		for (uint32_t i = 0; i < t.vlen; i++)
			if (may_have(s, btf_member(&t, i).type, depth + 1))
				return true;
		return false;
	case BTF_DATASEC:
		for (uint32_t i = 0; i < t.vlen; i++)
			if (may_have(s, btf_secinfo(&t, i).type, depth + 1))
				return true;
		return false;
	default: return false;
	}
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
	struct field_search s = {.btf = l->resolution->object->btf, .left = TYPES_MOST};

	if (m.kind == MAP_LEGACY || age_is_unseen(l->age))
		return false;
	if (!m.value_type || !goes_with(field, m.type))
		return true;
	if (field == FIELD_KPTR)
		s.tagged = true;
	else
		s.prefix = fields[field].name;
	return !may_have(&s, m.value_type, 0);
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
		if (t.kind == BTF_STRUCT && strcmp(t.name, fields[f].name) == 0)
			return f;
	return MAP_FIELDS;
}

/* The fields that the members of a struct are, as bits: none where it has one that kernels may
 * refuse, or anything else within that they may know, for then they may take none. */
static unsigned fields_in(const struct btf *b, struct btf_type t)
{
	unsigned found = 0, locks = 1 << FIELD_SPIN_LOCK | 1 << FIELD_RES_SPIN_LOCK;
	struct field_search others = {
	    .btf = b, .prefix = "bpf_", .tagged = true, .left = TYPES_MOST};
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
