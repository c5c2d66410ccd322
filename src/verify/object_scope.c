/* object_scope: bpf_object__open(), bpf_object__resolve_externs(),
 * bpf_object__init_kern_struct_ops_maps() and bpf_object__create_maps() of libbpf.c; see
 * object_scope.h. */
#include "verify/object_scope.h"

#include <stdio.h>
#include <string.h>

#include "core/compat.h"
#include "verify/map_attrs.h"
#include "verify/map_fields.h"

struct object_search {
	const struct loading *l;
	const struct object *object;
	const struct target *target;
	struct obstacles *o;
	struct err *e;
};

static int add(struct object_search *s, struct obstacle x)
{
	x.object = true;
	return obstacles_add(s->o, x, s->e);
}

static int look_at_open(struct object_search *s)
{
	const struct opening *refused = s->l->refused;
	struct obstacle x;

	if (!refused)
		return 0;
	x = obstacle_of(STAGE_OPEN, RULE_OPEN, refused->name ? refused->name : refused->section,
			opening_kind_name(refused->kind));
	x.type = refused->why;
	return add(s, x);
}

/* externs */

/* A kernel function must have the prototype that the object declares, by the rules of
 * bpf_core_types_are_compat(). */
static int look_at_proto(struct object_search *s, const struct extern_def *def)
{
	struct found found;
	struct btf_type t = btf_type(s->object->btf, def->var_id);

	features_find(s->target, BTF_FUNC, def->name,
		      btf_essential_len(def->name, strlen(def->name)), &found);
	if (found.found != KNOWN_YES)
		return 0;
	if (compat_types(s->object->btf, t.type, found.btf, found.proto))
		return 0;
	return add(s, obstacle_of(STAGE_EXTERNS, RULE_KFUNC, def->name, "incompatible"));
}

/* A variable with a type must have one like it in the kernel's BTF, weak or not, by the same rules;
 * one of type void is looked for among its symbols. */
static int look_at_variable(struct object_search *s, const struct extern_def *def)
{
	const struct btf *b = s->object->btf;
	struct btf_type t = btf_type(b, def->var_id), has;
	struct found found;

	if (t.kind != BTF_VAR)
		return 0;
	t = btf_strip(b, t.type);
	if (t.kind == BTF_VOID)
		return 0;
	features_find(s->target, BTF_VAR, def->name,
		      btf_essential_len(def->name, strlen(def->name)), &found);
	if (!found.id)
		return 0;
	has = btf_strip(found.btf, btf_type(found.btf, found.id).type);
	if (compat_types(b, t.id, found.btf, has.id))
		return 0;
	return add(s, obstacle_of(STAGE_EXTERNS, RULE_KSYM, def->name, "incompatible"));
}

static int look_at_extern(struct object_search *s, uint32_t i)
{
	const struct extern_def *def = &s->l->externs->references->externs[i];
	enum extern_state state = s->l->externs->values[i].state;
	struct obstacle x = obstacle_of(STAGE_EXTERNS, RULE_KSYM, def->name, "missing");

	if (def->kind == EXTERN_KFUNC) {
		x.rule = RULE_KFUNC;
		if (state == EXTERN_ADDRESS)
			return look_at_proto(s, def);
	}
	if (def->kind == EXTERN_KSYM && state == EXTERN_ADDRESS)
		return look_at_variable(s, def);
	if (def->kind == EXTERN_KCONFIG)
		x.rule = RULE_KCONFIG;
	if (state == EXTERN_UNRECOGNIZED || state == EXTERN_MISFIT || state == EXTERN_UNREAD) {
		x.cause = state == EXTERN_MISFIT   ? "type"
			  : state == EXTERN_UNREAD ? "version"
						   : "name";
		return add(s, x);
	}
	if (def->weak || state == EXTERN_ADDRESS || state == EXTERN_BYTES)
		return 0;
	if (state == EXTERN_UNKNOWN_VALUE) {
		x.cause = "unknown";
		x.reached = KNOWN_NOT;
	}
	return add(s, x);
}

/* maps */

static bool has_inner(uint32_t type)
{
	return type == BPF_MAP_TYPE_ARRAY_OF_MAPS || type == BPF_MAP_TYPE_HASH_OF_MAPS;
}

/* What is missing to create it; NULL for nothing, and *of the attribute of an inner map.
 * max_entries is not asked for: a tool that leaves it at 0 sets it always. */
static const char *unset(const struct loading *l, const struct map_def *m, const char **of)
{
	*of = NULL;
	if (has_inner(m->type) && !loading_sets_inner(l, m->name)) {
		if (!m->inner)
			return "inner";
		*of = map_attrs_of_inner(m->inner);
		if (*of)
			return "inner_attr";
	}
	return map_attrs_unset(m);
}

static int look_at_map(struct object_search *s, uint32_t i)
{
	const struct map_def m = loading_map(s->l, i);
	struct obstacle x = obstacle_of(STAGE_MAPS, RULE_MAP_TYPE, m.name, "missing");
	const char *type = uapi_name(UAPI_MAP_TYPE, m.type), *of;
	enum known takes;

	if (!m.automatic || (m.kind != MAP_DEFINED && m.kind != MAP_STRUCT_OPS))
		return 0;
	x.type = type;
	x.number = m.type;
	if (features_has(s->target, FEATURE_MAP_TYPE, m.type) == KNOWN_NO)
		return add(s, x);
	if (m.inner && !loading_sets_inner(s->l, m.name) &&
	    features_has(s->target, FEATURE_MAP_TYPE, m.inner->type) == KNOWN_NO) {
		x.cause = "inner";
		x.type = uapi_name(UAPI_MAP_TYPE, m.inner->type);
		x.number = m.inner->type;
		return add(s, x);
	}
	x.rule = RULE_MAP_UNSET;
	x.cause = unset(s->l, &m, &of);
	x.settable = SET_MAP;
	x.type = of ? of : type;
	if (x.cause)
		return add(s, x);
	x.rule = RULE_MAP_ATTR;
	x.settable = SET_NONE;
	x.cause = map_attrs_refused(&m);
	if (!x.cause && map_fields_refuse_map(s->l, &m))
		x.cause = "field";
	if (x.cause)
		return add(s, x);
	takes = map_attrs_takes_flags(&m, s->l->age);
	/* Those of a struct_ops that is attached by a link came with the attach type, in 6.4. */
	if (m.kind == MAP_STRUCT_OPS && m.flags &&
	    features_has(s->l->target, FEATURE_ATTACH_TYPE, BPF_STRUCT_OPS) == KNOWN_NO)
		takes = KNOWN_NO;
	if (takes != KNOWN_YES) {
		x.cause = takes == KNOWN_NO ? "map_flags" : "flags-unknown";
		x.reached = takes == KNOWN_NO ? KNOWN_YES : KNOWN_NOT;
		return add(s, x);
	}
	x.cause = map_attrs_by_sysctl(&m);
	x.reached = KNOWN_NOT;
	return x.cause ? add(s, x) : 0;
}

/* A type of struct_ops needs the struct that its users fill in, and the kernel's around it. */
static int look_at_struct_ops(struct object_search *s, const struct map_def *m)
{
	struct btf_type t = btf_type(s->object->btf, m->type_id);
	size_t len = btf_essential_len(t.name, strlen(t.name));
	struct obstacle x = obstacle_of(STAGE_STRUCT_OPS, RULE_STRUCT_OPS, m->name, "missing");
	struct found type, around;
	char name[256];

	x.type = t.name;
	if (snprintf(name, sizeof(name), "bpf_struct_ops_%.*s", (int)len, t.name) >=
	    (int)sizeof(name))
		return add(s, x);
	features_find(s->target, BTF_STRUCT, t.name, len, &type);
	features_find(s->target, BTF_STRUCT, name, strlen(name), &around);
	if (type.found == KNOWN_NO || around.found == KNOWN_NO)
		return add(s, x);
	return 0;
}

int object_scope_find(const struct loading *l, struct obstacles *o, struct err *e)
{
	const struct references *r = l->externs->references;
	struct object_search s = {l, l->resolution->object, l->target, o, e};

	if (look_at_open(&s) < 0)
		return -1;
	for (uint32_t i = 0; i < r->extern_count; i++)
		if (look_at_extern(&s, i) < 0)
			return -1;
	for (uint32_t i = 0; i < r->map_count; i++)
		if (r->maps[i].kind == MAP_STRUCT_OPS && r->maps[i].automatic &&
		    look_at_struct_ops(&s, &r->maps[i]) < 0)
			return -1;
	for (uint32_t i = 0; i < r->map_count; i++)
		if (look_at_map(&s, i) < 0)
			return -1;
	return 0;
}
