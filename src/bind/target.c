/*
 * target: the Lua class btfl.target: a kernel. OWNER_LINK is a table of its BTFs' userdata by the
 * address of the BTF, so that a candidate, which names its BTF, is the same value everywhere.
 */
#include "bind/classes.h"
#include "bind/suggestion.h"
#include "format/asked.h"

#include <string.h>

static void free_target(void *native)
{
	target_free(native);
}

static int target_close(lua_State *L)
{
	struct owner *o = class_check(L, 1, &target_class);

	owner_check_idle(L, o);
	owner_drop(o);
	owner_lightens(L, o->weight);
	o->weight = 0;
	if (lua_getiuservalue(L, 1, OWNER_LINK) != LUA_TTABLE)
		return 0;
	lua_pushnil(L);
	while (lua_next(L, -2)) {
		close_btf_of(L, -1, o);
		lua_pop(L, 1);
	}
	lua_pushnil(L);
	lua_setiuservalue(L, 1, OWNER_LINK);
	suggestion_tidy(L);
	return 0;
}

/* The strings stay in the list, which keeps them. */
const char **check_path_list(lua_State *L, int idx, int arg, const char *what, size_t *count)
{
	const char **paths;

	if (!lua_istable(L, idx))
		luaL_argerror(L, arg, lua_pushfstring(L, "%s expected", what));
	*count = lua_rawlen(L, idx);
	paths = lua_newuserdatauv(L, (*count + 1) * sizeof(*paths), 0);
	for (size_t i = 0; i < *count; i++) {
		bool is_text = lua_rawgeti(L, idx, (lua_Integer)i + 1) == LUA_TSTRING;
		size_t len;

		paths[i] = is_text ? lua_tolstring(L, -1, &len) : NULL;
		if (!is_text || strlen(paths[i]) != len)
			luaL_argerror(L, arg, lua_pushfstring(L, "%s expected", what));
		lua_pop(L, 1);
	}
	return paths;
}

const char **check_paths(lua_State *L, int arg, size_t *count)
{
	luaL_checktype(L, arg, LUA_TTABLE);
	return check_path_list(L, arg, arg, "a list of paths", count);
}

/* Makes the open btf at idx, and its bases, known to the table at the top of the stack. */
static void adopt(lua_State *L, int idx)
{
	const struct owner *o;

	lua_pushvalue(L, idx);
	while ((o = lua_touserdata(L, -1))) {
		if (o->native) {
			lua_pushvalue(L, -1);
			lua_rawsetp(L, -3, o->native);
		}
		lua_getiuservalue(L, -1, OWNER_LINK);
		lua_replace(L, -2);
	}
	lua_pop(L, 1);
}

/* A list of modules at 2 becomes the option. */
static void make_options(lua_State *L)
{
	if (!lua_istable(L, 2) || lua_rawlen(L, 2) == 0)
		return;
	lua_createtable(L, 0, 1);
	lua_pushvalue(L, 2);
	lua_setfield(L, -2, "modules");
	lua_replace(L, 2);
}

static int open_of_btf(lua_State *L)
{
	const struct owner *of = lua_touserdata(L, 1);
	struct btf *b = owner_native(L, of);
	struct target_facts facts = check_facts(L, 2);
	struct target *native;
	struct owner *o;
	struct err e;

	if (!lua_isnil(L, 2) && lua_getfield(L, 2, "modules") != LUA_TNIL)
		return luaL_argerror(L, 2, "modules go with a path, not with an open btf");
	o = owner_new(L, &target_class, sizeof(*o), "target", of->path);
	lua_newtable(L);
	adopt(L, 1);
	lua_setiuservalue(L, -2, OWNER_LINK);
	if (target_of(b, &facts, &native, &e) < 0)
		return raise_err(L, &e);
	o->native = native;
	return 1;
}

struct owner *push_closed_target(lua_State *L, const char *path)
{
	struct owner *o = owner_new(L, &target_class, sizeof(*o), "target", path);

	lua_newtable(L);
	lua_setiuservalue(L, -2, OWNER_LINK);
	return o;
}

void open_closed_target(lua_State *L, struct owner *o, struct target *native)
{
	o->native = native;
	for (size_t i = 0; i < native->count; i++)
		o->weight += native->btf[i]->raw.len;
	owner_weighs(L, o->weight);
}

int open_target(lua_State *L)
{
	const char *path = NULL, **modules = NULL;
	struct target_facts facts;
	struct target *native;
	struct owner *o;
	size_t count = 0;
	struct err e;

	lua_settop(L, 2);
	make_options(L);
	if (class_test(L, 1, &btf_class))
		return open_of_btf(L);
	if (!lua_isnil(L, 1))
		path = check_cstring(L, 1);
	facts = check_facts(L, 2);
	if (!lua_isnil(L, 2) && lua_getfield(L, 2, "modules") != LUA_TNIL)
		modules = check_path_list(L, 3, 2, "a list of paths", &count);
	o = push_closed_target(L, path ? path : TARGET_RUNNING);
	if (target_open(path, modules, count, &facts, &native, &e) < 0)
		return raise_err(L, &e);
	open_closed_target(L, o, native);
	return 1;
}

const struct target *check_target(lua_State *L, int arg)
{
	return owner_native(L, class_check(L, arg, &target_class));
}

void push_target_btf(lua_State *L, int target, const struct btf *b)
{
	int table;

	target = lua_absindex(L, target);
	luaL_checkstack(L, 8, "too many bases");
	lua_getiuservalue(L, target, OWNER_LINK);
	table = lua_gettop(L);
	if (lua_rawgetp(L, table, b) == LUA_TNIL) {
		if (b->base)
			push_target_btf(L, target, b->base);
		push_btf(L, b, b->name, b->base ? -1 : 0, target);
		lua_pushvalue(L, -1);
		lua_rawsetp(L, table, b);
	}
	lua_replace(L, table);
	lua_settop(L, table);
}

static int get_path(lua_State *L, const void *self)
{
	lua_pushstring(L, ((const struct target *)owner_native(L, self))->path);
	return 1;
}

static int get_name(lua_State *L, const void *self)
{
	lua_pushstring(L, ((const struct target *)owner_native(L, self))->name);
	return 1;
}

static int get_release(lua_State *L, const void *self)
{
	asked_for(ASKED_VERSION, 0, NULL, 0);
	lua_pushstring(L, ((const struct target *)owner_native(L, self))->release);
	return 1;
}

static int get_version(lua_State *L, const void *self)
{
	const struct target *t = owner_native(L, self);

	asked_for(ASKED_VERSION, 0, NULL, 0);
	if (t->version)
		push_version(L, t->version);
	else
		lua_pushnil(L);
	return 1;
}

static int get_arch(lua_State *L, const void *self)
{
	lua_pushstring(L, target_arch(owner_native(L, self)));
	return 1;
}

static int get_distro(lua_State *L, const void *self)
{
	asked_all(NULL);
	push_name(L, ((const struct target *)owner_native(L, self))->distro);
	return 1;
}

static int get_flavour(lua_State *L, const void *self)
{
	asked_all(NULL);
	push_name(L, ((const struct target *)owner_native(L, self))->flavour);
	return 1;
}

static int get_kconfig(lua_State *L, const void *self)
{
	const struct kconfig *k = target_kconfig(owner_native(L, self));

	asked_all(NULL);
	lua_pushstring(L, k ? k->input->path : NULL);
	return 1;
}

static int get_kallsyms(lua_State *L, const void *self)
{
	const struct symbols *s = target_symbols(owner_native(L, self));

	asked_all(NULL);
	lua_pushstring(L, s ? symbols_path(s) : NULL);
	return 1;
}

static int get_digest(lua_State *L, const void *self)
{
	push_digest(L, target_digest(owner_native(L, self)));
	return 1;
}

static int get_btf(lua_State *L, const void *self)
{
	push_target_btf(L, 1, ((const struct target *)owner_native(L, self))->btf[0]);
	return 1;
}

static int get_endian(lua_State *L, const void *self)
{
	push_endian(L, ((const struct target *)owner_native(L, self))->btf[0]->big_endian);
	return 1;
}

/* Upvalues: target, next number. */
static int next_module(lua_State *L)
{
	const struct target *t = owner_native(L, lua_touserdata(L, lua_upvalueindex(1)));
	lua_Integer i = lua_tointeger(L, lua_upvalueindex(2));

	if (i >= (lua_Integer)t->count) {
		lua_pushnil(L);
		return 1;
	}
	lua_pushinteger(L, i + 1);
	lua_replace(L, lua_upvalueindex(2));
	lua_pushstring(L, t->module[i]);
	push_target_btf(L, lua_upvalueindex(1), t->btf[i]);
	return 2;
}

static int target_modules(lua_State *L)
{
	check_target(L, 1);
	lua_pushvalue(L, 1);
	lua_pushinteger(L, 1);
	lua_pushcclosure(L, next_module, 2);
	return 1;
}

/* Upvalues: target, next number. */
static int next_skipped(lua_State *L)
{
	const struct target *t = owner_native(L, lua_touserdata(L, lua_upvalueindex(1)));
	lua_Integer i = lua_tointeger(L, lua_upvalueindex(2));
	char text[ERR_LINE_MAX];

	if (i >= (lua_Integer)t->skipped_count) {
		lua_pushnil(L);
		return 1;
	}
	lua_pushinteger(L, i + 1);
	lua_replace(L, lua_upvalueindex(2));
	lua_pushstring(L, err_line(&t->skipped[i], text, sizeof(text)));
	return 1;
}

static int target_skipped(lua_State *L)
{
	check_target(L, 1);
	lua_pushvalue(L, 1);
	lua_pushinteger(L, 0);
	lua_pushcclosure(L, next_skipped, 2);
	return 1;
}

static int target_tostring(lua_State *L)
{
	lua_pushfstring(L, "target '%s'", check_target(L, 1)->name);
	return 1;
}

static const struct field fields[] = {
    {"path", get_path},
    {"name", get_name},
    {"release", get_release},
    {"version", get_version},
    {"arch", get_arch},
    {"distro", get_distro},
    {"flavour", get_flavour},
    {"kconfig", get_kconfig},
    {"kallsyms", get_kallsyms},
    {"btf", get_btf},
    {"endian", get_endian},
    {"digest", get_digest},
    {NULL, NULL},
};

static const luaL_Reg methods[] = {
    {"modules", target_modules},     {"skipped", target_skipped}, {"has", target_has},
    {"helper", target_helper},       {"kfunc", target_kfunc},     {"attach", target_attach},
    {"signature", target_signature}, {"close", target_close},     {NULL, NULL},
};

static const luaL_Reg meta[] = {
    {"__tostring", target_tostring},
    {"__close", target_close},
    {NULL, NULL},
};

const struct class target_class = {"btfl.target", 0, fields, methods, meta, free_target};
