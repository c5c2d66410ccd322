/*
 * open: btfl.btf, btfl.object and btfl.open: what is given as a path, or as the bytes themselves.
 */
#include "bind/classes.h"

#include <string.h>

/* An input as a script gives it. */
struct given {
	const char *path; /* or the name of the bytes */
	const char *bytes;
	size_t len;
};

static const char *const given_names[] = {"bytes", "name", NULL};

/* A path, or a table of bytes and maybe a name. The table keeps both. */
static struct given check_given(lua_State *L, int arg)
{
	struct given g = {0};

	if (!lua_istable(L, arg)) {
		g.path = check_cstring(L, arg);
		return g;
	}
	check_option_names(L, arg, arg, given_names);
	g.path = string_option(L, arg, "name");
	if (!g.path)
		g.path = "(bytes)";
	if (lua_getfield(L, arg, "bytes") != LUA_TSTRING)
		luaL_argerror(L, arg, "`bytes` must be a string");
	g.bytes = lua_tolstring(L, -1, &g.len);
	lua_pop(L, 1);
	return g;
}

static struct input *open_given(lua_State *L, const struct given *g)
{
	struct input *in;
	struct err e;

	if ((g->bytes ? input_bytes(g->path, g->bytes, g->len, &in, &e)
		      : input_open(g->path, &in, &e)) < 0)
		raise_err(L, &e);
	return in;
}

int open_btf(lua_State *L)
{
	struct given g = check_given(L, 1);
	const struct btf *base;
	struct input *in;
	struct btf *b;
	struct err e;
	int rc;

	lua_settop(L, 2);
	base = optional_base(L, 2);
	owner_new(L, &btf_class, sizeof(struct owner), "btf", g.path);
	in = open_given(L, &g);
	rc = btf_from_input(in, base, &b, &e);
	input_unref(in);
	if (rc < 0)
		return raise_err(L, &e);
	open_closed_btf(L, 3, b, 2);
	return 1;
}

int open_object(lua_State *L)
{
	struct given g = check_given(L, 1);
	struct owner *o = push_closed_object(L, g.path);
	struct input *in = open_given(L, &g);
	struct object *native;
	struct err e;
	int rc = object_from_input(in, &native, &e);

	input_unref(in);
	if (rc < 0)
		return raise_err(L, &e);
	open_closed_object(L, o, native);
	return 1;
}

int open_file(lua_State *L)
{
	struct given g = check_given(L, 1);
	const struct btf *base;
	struct owner *object;
	struct object *o = NULL;
	struct btf *b = NULL;
	struct input *in;
	struct err e;
	int rc;

	lua_settop(L, 2);
	base = optional_base(L, 2);
	owner_new(L, &btf_class, sizeof(struct owner), "btf", g.path);
	object = push_closed_object(L, g.path);
	in = open_given(L, &g);
	rc = object_is(in) ? object_from_input(in, &o, &e) : btf_from_input(in, base, &b, &e);
	input_unref(in);
	if (rc < 0)
		return raise_err(L, &e);
	if (o) {
		open_closed_object(L, object, o);
	} else {
		open_closed_btf(L, 3, b, 2);
		lua_settop(L, 3);
	}
	lua_pushstring(L, o ? "object" : "btf");
	return 2;
}
