/*
 * batch: core.batch(), which opens targets and resolves objects against them on several threads.
 * Lua itself stays on one: it gets what the threads made once they have ended.
 */
#include <stdlib.h>

#include "bind/classes.h"
#include "core/batch.h"

/* What Lua has not taken over yet. */
struct box {
	struct batch_target *targets;
	size_t count, objects;
};

static int box_gc(lua_State *L)
{
	struct box *b = class_check(L, 1, &batch_class);

	for (size_t i = 0; b->targets && i < b->count; i++) {
		struct batch_target *t = &b->targets[i];

		for (size_t k = 0; t->results && k < b->objects; k++)
			resolution_free(t->results[k]);
		free(t->results);
		target_free(t->target);
	}
	free(b->targets);
	b->targets = NULL;
	return 0;
}

static const luaL_Reg meta[] = {{"__gc", box_gc}, {NULL, NULL}};

const struct class batch_class = {"btfl.batch", 0, NULL, NULL, meta};

/* Pushes what holds the array of the objects in the list at arg. */
static const struct object **check_objects(lua_State *L, int arg, size_t *count)
{
	const struct object **objects;

	luaL_checktype(L, arg, LUA_TTABLE);
	*count = lua_rawlen(L, arg);
	objects = lua_newuserdatauv(L, (*count + 1) * sizeof(*objects), 0);
	for (size_t i = 0; i < *count; i++) {
		lua_rawgeti(L, arg, (lua_Integer)i + 1);
		objects[i] = check_object(L, lua_gettop(L));
		lua_pop(L, 1);
	}
	return objects;
}

/* Pushes the target, or the error for which there is none. */
static void push_outcome(lua_State *L, struct batch_target *t, int objects, size_t count)
{
	struct target *native = t->target;
	struct owner *o;

	if (!native) {
		push_err(L, &t->e);
		return;
	}
	o = push_closed_target(L, t->path);
	t->target = NULL;
	open_closed_target(L, o, native);
	for (size_t k = 0; t->results && k < count; k++) {
		if (!t->results[k])
			continue;
		lua_rawgeti(L, objects, (lua_Integer)k + 1);
		adopt_resolution(L, -1, -2, &t->results[k]);
		lua_pop(L, 1);
	}
}

/* core.batch(paths, modules, objects, jobs, resolve): a list with, for each path, its target or the
 * error that opening it met. With `resolve`, object:results() of each pair by libbpf's rules is
 * known from then on. */
int core_batch(lua_State *L)
{
	size_t path_count, module_count = 0, object_count;
	const struct object **objects;
	const char **paths, **modules = NULL;
	lua_Integer jobs = luaL_checkinteger(L, 4);
	struct box *b;

	luaL_argcheck(L, jobs >= 1 && jobs <= 1024, 4, "from 1 to 1024 jobs");
	lua_settop(L, 5);
	paths = check_paths(L, 1, &path_count);
	if (!lua_isnil(L, 2))
		modules = check_paths(L, 2, &module_count);
	objects = check_objects(L, 3, &object_count);
	b = lua_newuserdatauv(L, sizeof(*b), 0);
	*b = (struct box){.count = path_count, .objects = object_count};
	class_set(L, &batch_class);
	b->targets = calloc(path_count ? path_count : 1, sizeof(*b->targets));
	if (!b->targets)
		return luaL_error(L, "not enough memory");
	for (size_t i = 0; i < path_count; i++)
		b->targets[i].path = paths[i];
	batch_run(b->targets, path_count, modules, module_count, objects, object_count,
		  lua_toboolean(L, 5), (unsigned)jobs);
	lua_createtable(L, (int)path_count, 0);
	for (size_t i = 0; i < path_count; i++) {
		push_outcome(L, &b->targets[i], 3, object_count);
		lua_rawseti(L, -2, (lua_Integer)i + 1);
	}
	return 1;
}
