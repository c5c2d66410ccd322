/*
 * target_features: the methods of btfl.target that tell what the kernel has. Where nobody can tell
 * the answer is nil.
 */
#include <stdio.h>
#include <string.h>

#include "bind/classes.h"
#include "core/features.h"

/* Types between a parameter and the name that it is written by. */
enum { SPELLED_MOST = 8 };

static const char *const set_names[FEATURE_SETS + 2] = {
    [FEATURE_HELPER] = "helper",       [FEATURE_MAP_TYPE] = "map_type",
    [FEATURE_PROG_TYPE] = "prog_type", [FEATURE_ATTACH_TYPE] = "attach_type",
    [FEATURE_SETS] = "mark",
};

static int answer(lua_State *L, enum known k)
{
	push_known(L, k);
	return 1;
}

/* The set that argument 2 names; FEATURE_SETS for marks. */
static int check_set(lua_State *L)
{
	const char *name = check_cstring(L, 2);

	for (int set = 0; set_names[set]; set++)
		if (strcmp(set_names[set], name) == 0)
			return set;
	lua_pushfstring(L, "there is no `%s` to be asked for", name);
	add_meant(L, name, set_names);
	return luaL_argerror(L, 2, lua_tostring(L, -1));
}

static const char **mark_names(void)
{
	static const char *names[FEATURE_MARKS + 1];

	for (int i = 0; i < FEATURE_MARKS; i++)
		names[i] = features_mark_name((enum feature_mark)i);
	return names;
}

static enum feature_mark check_mark(lua_State *L)
{
	const char *name = check_cstring(L, 3);

	for (int i = 0; i < FEATURE_MARKS; i++)
		if (strcmp(features_mark_name((enum feature_mark)i), name) == 0)
			return (enum feature_mark)i;
	lua_pushfstring(L, "there is no mark `%s`", name);
	add_meant(L, name, mark_names());
	return (enum feature_mark)luaL_argerror(L, 3, lua_tostring(L, -1));
}

/* Whether the kernel has the number or the name at arg. */
static enum known has(lua_State *L, const struct target *t, enum feature_set set, int arg,
		      uint32_t *number)
{
	lua_Integer i;

	if (lua_type(L, arg) == LUA_TNUMBER) {
		i = luaL_checkinteger(L, arg);
		*number = i >= 0 && i < UINT32_MAX ? (uint32_t)i : UINT32_MAX;
	} else if (!features_number(t, set, check_cstring(L, arg), number)) {
		*number = UINT32_MAX;
	}
	return features_has(t, set, *number);
}

int target_has(lua_State *L)
{
	const struct target *t = check_target(L, 1);
	int set = check_set(L);
	uint32_t number;

	if (set == FEATURE_SETS)
		return answer(L, features_mark(t, check_mark(L)));
	return answer(L, has(L, t, (enum feature_set)set, 3, &number));
}

int target_helper(lua_State *L)
{
	const struct target *t = check_target(L, 1);
	uint32_t number;
	enum known known = has(L, t, FEATURE_HELPER, 2, &number);

	if (known != KNOWN_YES)
		return answer(L, known);
	lua_pushinteger(L, number);
	lua_pushstring(L, features_name(t, FEATURE_HELPER, number));
	return 2;
}

/* Pushes the type that was found under that id, of the target at stack index 1. */
static void push_found_type(lua_State *L, const struct found *f, uint32_t id)
{
	push_target_btf(L, 1, f->btf);
	push_type(L, -1, id);
	lua_replace(L, -2);
}

int target_kfunc(lua_State *L)
{
	const struct target *t = check_target(L, 1);
	const char *name = check_cstring(L, 2);
	struct found f;

	features_find(t, BTF_FUNC, name, strlen(name), &f);
	if (f.found != KNOWN_YES)
		return answer(L, f.found);
	push_found_type(L, &f, f.id);
	lua_pushstring(L, t->module[f.module]);
	return 2;
}

/* The form of that name; -1 for none. */
static int form_of(const char *name)
{
	for (int i = 0; i < ATTACH_FORM_COUNT; i++)
		if (strcmp(attach_form_name((enum attach_form)i), name) == 0)
			return i;
	return -1;
}

/* A field of what stands at argument 2, a string or nil, which that keeps. */
static const char *part(lua_State *L, const char *name, size_t *len)
{
	const char *s = NULL;

	*len = 0;
	if (lua_getfield(L, 2, name) != LUA_TNIL) {
		if (lua_type(L, -1) != LUA_TSTRING)
			luaL_argerror(L, 2, lua_pushfstring(L, "`%s` must be a string", name));
		s = lua_tolstring(L, -1, len);
	}
	lua_pop(L, 1);
	return s;
}

/* What a program attaches to: a section's name, or what has the fields form, name, module and
 * place.
 */
static struct attach_point check_attach(lua_State *L)
{
	struct attach_point p = {.form = ATTACH_NONE};
	const char *form;
	size_t len;
	int number;

	if (lua_type(L, 2) == LUA_TSTRING)
		return attach_point_of(check_cstring(L, 2));
	if (!lua_istable(L, 2) && !lua_isuserdata(L, 2))
		luaL_argerror(L, 2, "a section, or a table with form and name expected");
	form = part(L, "form", &len);
	number = form ? form_of(form) : -1;
	if (number < 0)
		luaL_argerror(L, 2,
			      lua_pushfstring(L, "there is no form `%s`", form ? form : "nil"));
	p.form = (enum attach_form)number;
	p.name = part(L, "name", &p.name_len);
	p.module = part(L, "module", &p.module_len);
	p.place = part(L, "category", &p.place_len);
	p.pattern =
	    p.name_len && (memchr(p.name, '*', p.name_len) || memchr(p.name, '?', p.name_len));
	return p;
}

int target_attach(lua_State *L)
{
	const struct target *t = check_target(L, 1);
	struct attach_point p = check_attach(L);
	struct found f;

	features_attach(t, &p, &f);
	lua_createtable(L, 0, 7);
	if (p.name_len) {
		lua_pushstring(L, attach_prefix(p.form));
		lua_pushlstring(L, p.name, p.name_len);
		lua_concat(L, 2);
		lua_setfield(L, -2, "name");
	}
	push_known(L, f.found);
	lua_setfield(L, -2, "found");
	push_known(L, f.addressed);
	lua_setfield(L, -2, "addressed");
	lua_pushboolean(L, f.elsewhere);
	lua_setfield(L, -2, "elsewhere");
	if (!f.id)
		return 1;
	lua_pushstring(L, t->module[f.module]);
	lua_setfield(L, -2, "module");
	push_found_type(L, &f, f.id);
	lua_setfield(L, -2, "type");
	if (f.proto) {
		push_found_type(L, &f, f.proto);
		lua_setfield(L, -2, "proto");
	}
	return 1;
}

/* What a target's signature is asked of at argument 2; false when no prototype was found. */
static bool find_prototype(lua_State *L, const struct target *t, struct attach_point *p,
			   struct found *f)
{
	const char *name;

	*p = (struct attach_point){.form = ATTACH_NONE};
	if (lua_type(L, 2) == LUA_TSTRING && !strchr(check_cstring(L, 2), '/')) {
		name = lua_tostring(L, 2);
		features_find(t, BTF_FUNC, name, strlen(name), f);
	} else {
		*p = check_attach(L);
		features_attach(t, p, f);
	}
	return f->proto != 0;
}

int target_signature(lua_State *L)
{
	const struct target *t = check_target(L, 1);
	struct attach_point p;
	struct btf_type proto;
	struct found f;
	int btf;

	if (!find_prototype(L, t, &p, &f)) {
		lua_pushnil(L);
		return 1;
	}
	push_target_btf(L, 1, f.btf);
	btf = lua_gettop(L);
	proto = btf_type(f.btf, f.proto);
	lua_createtable(L, (int)(proto.vlen - f.skip), 1);
	for (uint32_t i = f.skip; i < proto.vlen; i++) {
		push_element(L, btf, &param_class, f.proto, i);
		lua_rawseti(L, -2, (lua_Integer)(i - f.skip) + 1);
	}
	push_type(L, btf, proto.type);
	lua_setfield(L, -2, "returns");
	return 1;
}

static void add_number(luaL_Buffer *out, uint32_t n)
{
	luaL_addlstring(out, (const char *)&n, sizeof(n));
}

/* How a type is written: kinds and names on the way from it to a named one. Gives whether that is
 * all. */
static bool add_spelling(luaL_Buffer *out, const struct btf *b, uint32_t id)
{
	struct btf_head t;

	for (int depth = 0; depth < SPELLED_MOST; depth++, id = btf_type(b, id).type) {
		if (!id)
			return true;
		t = btf_head(b, id);
		luaL_addchar(out, (char)t.kind);
		luaL_addlstring(out, t.name, strlen(t.name) + 1);
		if (t.kind == BTF_FWD || t.kind == BTF_TYPE_TAG)
			return false;
		if (*t.name)
			return true;
		if (t.kind != BTF_PTR && t.kind != BTF_CONST && t.kind != BTF_VOLATILE &&
		    t.kind != BTF_RESTRICT)
			return false;
	}
	return false;
}

/* What a value of a type may be: its kind and size, and what it points to; and how it is written.
 * Gives whether types of the same are written alike. */
static bool add_type(luaL_Buffer *out, const struct btf *b, uint32_t id)
{
	struct btf_type t = btf_strip_value(b, id);
	bool whole = add_spelling(out, b, id);
	struct btf_head to;

	luaL_addchar(out, (char)t.kind);
	if (t.kind == BTF_INT || btf_is_enum(&t) || btf_is_composite(&t))
		add_number(out, t.size);
	if (t.kind != BTF_PTR)
		return whole;
	to = btf_strip_head(b, t.type);
	luaL_addchar(out, t.type ? 'c' : 'v');
	luaL_addchar(out, (char)to.kind);
	if (to.kind == BTF_INT)
		add_number(out, btf_type(b, to.id).size);
	luaL_addlstring(out, to.name, strlen(to.name) + 1);
	return whole;
}

/* The prototype with the names of a tracepoint's parameters, when it is told; as signature.lua. */
static struct btf_type named_prototype(const struct target *t, const struct attach_point *p,
				       const struct found *f, const struct btf **b, uint32_t *first)
{
	struct btf_type proto = btf_type(f->btf, f->proto), probe;
	char name[256];
	struct found g;

	*b = f->btf;
	*first = f->skip;
	if ((p->form != ATTACH_TP_BTF && p->form != ATTACH_RAW_TP) ||
	    p->name_len >= sizeof(name) - sizeof("__traceiter_"))
		return proto;
	snprintf(name, sizeof(name), "__traceiter_%.*s", (int)p->name_len, p->name);
	features_find(t, BTF_FUNC, name, strlen(name), &g);
	if (!g.proto)
		return proto;
	probe = btf_type(g.btf, g.proto);
	if (probe.vlen != proto.vlen - f->skip + 1)
		return proto;
	*b = g.btf;
	*first = 1;
	return probe;
}

/* engine.signature_key(target, attach): a text that is equal for prototypes whose parameters have
 * equal names, sizes and kinds, and point to structs of equal names; nil for no prototype. And
 * whether those of one text are written alike in C. */
int engine_signature_key(lua_State *L)
{
	const struct target *t = check_target(L, 1);
	struct btf_type proto, result;
	struct attach_point p;
	const struct btf *b;
	struct found f;
	luaL_Buffer out;
	bool whole = true;
	uint32_t first;

	if (!find_prototype(L, t, &p, &f)) {
		lua_pushnil(L);
		return 1;
	}
	result = btf_type(f.btf, f.proto);
	proto = named_prototype(t, &p, &f, &b, &first);
	luaL_buffinit(L, &out);
	for (uint32_t i = first; i < proto.vlen; i++) {
		struct btf_param param = btf_param(&proto, i);

		luaL_addlstring(&out, param.name, strlen(param.name) + 1);
		whole = add_type(&out, b, param.type) && whole;
	}
	luaL_addchar(&out, '>');
	whole = add_type(&out, f.btf, result.type) && whole;
	luaL_pushresult(&out);
	lua_pushboolean(L, whole);
	return 2;
}
