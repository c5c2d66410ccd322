/*
 * batch: engine.batch(), which opens objects and targets on several threads. Lua itself stays on
 * one: it gets what the threads made once they have ended.
 */
#include <stdlib.h>

#include "bind/classes.h"
#include "core/batch.h"

/* What Lua has not taken over yet. */
static void drop(struct batch *b)
{
	for (size_t i = 0; b->targets && i < b->target_count; i++) {
		struct batch_target *t = &b->targets[i];

		target_free(t->target);
		kconfig_unref(t->facts.kconfig);
		symbols_unref(t->facts.symbols);
	}
	for (size_t i = 0; b->objects && i < b->object_count; i++)
		object_free(b->objects[i].object);
	free(b->targets);
	free(b->objects);
	*b = (struct batch){0};
}

static const struct class batch_class;

static int batch_gc(lua_State *L)
{
	drop(class_check(L, 1, &batch_class));
	return 0;
}

static const luaL_Reg meta[] = {{"__gc", batch_gc}, {NULL, NULL}};

static const struct class batch_class = {"btfl.batch", 0, NULL, NULL, meta, NULL};

static void push_object_outcome(lua_State *L, struct batch_object *o)
{
	struct object *native = o->object;
	struct owner *owner;

	if (!native) {
		push_err(L, &o->e);
		return;
	}
	owner = push_closed_object(L, o->path);
	o->object = NULL;
	open_closed_object(L, owner, native);
}

static void push_target_outcome(lua_State *L, struct batch_target *t)
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
}

/* What is told of target i. It is held, for what is kept elsewhere may go. */
static void take_facts(lua_State *L, struct batch_target *t, int facts, size_t i)
{
	lua_rawgeti(L, facts, (lua_Integer)i + 1);
	t->facts = check_facts(L, lua_gettop(L));
	t->facts.kconfig = t->facts.kconfig ? kconfig_ref(t->facts.kconfig) : NULL;
	t->facts.symbols = t->facts.symbols ? symbols_ref(t->facts.symbols) : NULL;
	lua_pop(L, 1);
}

/* engine.batch(targets, modules, objects, jobs, facts, functions), the first three lists of paths,
 * facts a list of options of target(): a list with, for each target, it or the error that opening
 * it met, and such a list for the objects. With `functions`, these can be found by name in targets
 * without more ado. */
int engine_batch(lua_State *L)
{
	size_t target_count, module_count, object_count;
	const char **targets, **modules, **objects;
	lua_Integer jobs = luaL_checkinteger(L, 4);
	struct batch *b;
	int first;

	luaL_argcheck(L, jobs >= 1 && jobs <= 1024, 4, "from 1 to 1024 jobs");
	lua_settop(L, 6);
	targets = check_paths(L, 1, &target_count);
	modules = check_paths(L, 2, &module_count);
	objects = check_paths(L, 3, &object_count);
	luaL_checktype(L, 5, LUA_TTABLE);
	b = lua_newuserdatauv(L, sizeof(*b), 0);
	*b = (struct batch){.target_count = target_count,
			    .object_count = object_count,
			    .modules = modules,
			    .module_count = module_count,
			    .functions = lua_toboolean(L, 6),
			    .jobs = (unsigned)jobs};
	class_set(L, &batch_class);
	b->targets = calloc(target_count + 1, sizeof(*b->targets));
	b->objects = calloc(object_count + 1, sizeof(*b->objects));
	if (!b->targets || !b->objects)
		return raise_memory(L);
	for (size_t i = 0; i < target_count; i++)
		b->targets[i].path = targets[i];
	for (size_t i = 0; i < target_count; i++)
		take_facts(L, &b->targets[i], 5, i);
	for (size_t i = 0; i < object_count; i++)
		b->objects[i].path = objects[i];
	batch_run(b);
	lua_createtable(L, (int)target_count, 0);
	lua_createtable(L, (int)object_count, 0);
	first = lua_gettop(L);
	for (size_t i = 0; i < object_count; i++) {
		push_object_outcome(L, &b->objects[i]);
		lua_rawseti(L, first, (lua_Integer)i + 1);
	}
	for (size_t i = 0; i < target_count; i++) {
		push_target_outcome(L, &b->targets[i]);
		lua_rawseti(L, first - 1, (lua_Integer)i + 1);
	}
	return 2;
}
