/* map_attrs: the rules of map_attrs.def, and how flags go together; see map_attrs.h. */
#include "verify/map_attrs.h"

#include <stdbool.h>
#include <stddef.h>

#include "format/uapi.h"

/* Those that kernels know, but for the one that a loader may set with the number of a token. */
enum { BPF_F_TOKEN_FD = 1 << 16, LAST_FLAG = BPF_F_RB_OVERWRITE };
enum { KNOWN_FLAGS = LAST_FLAG * 2 - 1 - BPF_F_TOKEN_FD };

/* The last line that knows no ring buffer that overwrites, nor any flag behind that one. */
enum { FLAGS_TOLD = AGE_LINE(6, 18) };

/* From `least` to `most`, and a multiple of `step`. */
struct size_rule {
	uint32_t least, most, step;
};

struct map_rule {
	struct size_rule key, value, entries;
	uint32_t must, may;
};

#define NO              \
	{               \
		0, 0, 1 \
	}
#define SOME                     \
	{                        \
		1, UINT32_MAX, 1 \
	}
#define ONLY(n)         \
	{               \
		n, n, 1 \
	}
#define EITHER(n, twice)    \
	{                   \
		n, twice, n \
	}
#define BETWEEN(least, most)   \
	{                      \
		least, most, 1 \
	}
#define TIMES(n)                 \
	{                        \
		n, UINT32_MAX, n \
	}
#define MAP_ATTRS(type, key, value, entries, must, may) [type] = {key, value, entries, must, may},
static const struct map_rule rules[] = {
#include "verify/map_attrs.def"
};

static bool fits(const struct size_rule *r, uint32_t size)
{
	return size >= r->least && size <= r->most && size % r->step == 0;
}

/* bpf_get_file_flag() and bpf_map_flags_access_ok() */
static bool both(uint32_t flags, uint32_t a, uint32_t b)
{
	return (flags & a) && (flags & b);
}

static bool flags_fit(const struct map_rule *r, uint32_t flags)
{
	return (flags & r->must) == r->must && !(flags & KNOWN_FLAGS & ~(r->must | r->may)) &&
	       !both(flags, BPF_F_RDONLY, BPF_F_WRONLY) &&
	       !both(flags, BPF_F_RDONLY_PROG, BPF_F_WRONLY_PROG);
}

/* Bytes of a frame: a struct bpf_stack_build_id with that flag, else an address. */
static uint32_t frame_size(const struct map_def *m)
{
	return m->flags & BPF_F_STACK_BUILD_ID ? 32 : 8;
}

/* Local storage, which its users are shown by BTF. */
static bool needs_types(const struct map_rule *r)
{
	return r->may & BPF_F_CLONE;
}

/* NULL for a type that the table does not have. */
static const struct map_rule *rule_of(const struct map_def *m)
{
	if (m->type >= sizeof(rules) / sizeof(*rules) || !rules[m->type].value.step)
		return NULL;
	return &rules[m->type];
}

static bool is_open(const struct size_rule *r)
{
	return r->least > 0 && r->least < r->most;
}

const char *map_attrs_unset(const struct map_def *m)
{
	const struct map_rule *r = rule_of(m);

	if (!r)
		return NULL;
	if (!m->key_size && is_open(&r->key))
		return "key_size";
	return !m->value_size && is_open(&r->value) ? "value_size" : NULL;
}

const char *map_attrs_refused(const struct map_def *m)
{
	const struct map_rule *r = rule_of(m);

	if (!r)
		return NULL;
	if (!fits(&r->key, m->key_size))
		return "key_size";
	if (!fits(&r->value, m->value_size) ||
	    (m->type == BPF_MAP_TYPE_STACK_TRACE && m->value_size % frame_size(m)))
		return "value_size";
	if (m->max_entries && !fits(&r->entries, m->max_entries))
		return "max_entries";
	if (!flags_fit(r, m->flags))
		return "map_flags";
	if (needs_types(r) && (!m->key_type || !m->value_type))
		return "types";
	return NULL;
}

/* Types without map_meta_equal(), which bpf_map_meta_alloc() asks for, and maps of maps. */
static bool is_never_inner(uint32_t type)
{
	switch (type) {
	case BPF_MAP_TYPE_PROG_ARRAY:
	case BPF_MAP_TYPE_ARRAY_OF_MAPS:
	case BPF_MAP_TYPE_HASH_OF_MAPS:
	case BPF_MAP_TYPE_CGROUP_STORAGE:
	case BPF_MAP_TYPE_PERCPU_CGROUP_STORAGE:
	case BPF_MAP_TYPE_STRUCT_OPS: return true;
	default: return false;
	}
}

const char *map_attrs_of_inner(const struct map_def *m)
{
	const struct map_rule *r = rule_of(m);
	const char *refused = map_attrs_refused(m);

	if (is_never_inner(m->type))
		return "type";
	/* Newer libbpfs set the number of CPUs, as they do for a map that is in no other. */
	if (refused || !r || m->type == BPF_MAP_TYPE_PERF_EVENT_ARRAY)
		return refused;
	return fits(&r->entries, m->max_entries) ? NULL : "max_entries";
}

enum known map_attrs_takes_flags(const struct map_def *m, struct kernel_age age)
{
	bool later = m->flags & ~(uint32_t)(LAST_FLAG * 2 - 1);

	if (!rule_of(m) || (!later && !(m->flags & BPF_F_RB_OVERWRITE)))
		return KNOWN_YES;
	if (age_up_to(age, FLAGS_TOLD))
		return KNOWN_NO;
	return !later && age_since(age, FLAGS_TOLD + 1) ? KNOWN_YES : KNOWN_NOT;
}

const char *map_attrs_by_sysctl(const struct map_def *m)
{
	enum { PERF_MAX_STACK_DEPTH = 127 };

	return m->type == BPF_MAP_TYPE_STACK_TRACE &&
		       m->value_size / frame_size(m) > PERF_MAX_STACK_DEPTH
		   ? "max_stack"
		   : NULL;
}
