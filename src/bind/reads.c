/*
 * reads: program:reads(), a list of plain tables of what a program does with the arguments of what
 * it attaches to.
 */
#include <stdlib.h>

#include "bind/policy/policy.h"
#include "bind/verdict.h"
#include "core/arch.h"
#include "dataflow/alike.h"
#include "verify/guards.h"
#include "verify/helpers.h"

/* What is freed whatever raises; where nothing does at once, for it may be large, and the collector
 * does not know of it. */
struct reading {
	struct target *target;
	struct externs *externs;
	struct reads *reads;
};

static void end(struct reading *r)
{
	reads_free(r->reads);
	externs_free(r->externs);
	target_free(r->target);
	*r = (struct reading){0};
}

static int free_reading(lua_State *L)
{
	end(lua_touserdata(L, 1));
	return 0;
}

static void set_integer(lua_State *L, const char *name, lua_Integer v)
{
	lua_pushinteger(L, v);
	lua_setfield(L, -2, name);
}

static void set_string(lua_State *L, const char *name, const char *s)
{
	push_name(L, s);
	lua_setfield(L, -2, name);
}

static void set_part(lua_State *L, int object, const char *name, const struct class *c, uint32_t id)
{
	push_part(L, object, c, id);
	lua_setfield(L, -2, name);
}

static void set_true(lua_State *L, const char *name)
{
	lua_pushboolean(L, true);
	lua_setfield(L, -2, name);
}

static void set_argument(lua_State *L, const struct source *s)
{
	if (s->argument == ARGUMENT_RESULT)
		lua_pushliteral(L, "return");
	else if (s->argument == ARGUMENT_TASK)
		lua_pushliteral(L, "task");
	else
		lua_pushinteger(L, s->argument);
	lua_setfield(L, -2, "argument");
}

/* The source's parents, nearest first: where what is used was loaded from. */
static void set_path(lua_State *L, int object, const struct reads *r, const struct source *s)
{
	lua_Integer n = 0;

	lua_newtable(L);
	while (s->parent) {
		s = &r->provenance.sources[s->parent];
		lua_createtable(L, 0, 2);
		set_integer(L, "offset", s->offset);
		set_part(L, object, "relo", &relo_class,
			 s->relo < 0 ? OBJECT_NONE : (uint32_t)s->relo);
		if (s->nested)
			set_true(L, "nested");
		lua_rawseti(L, -2, ++n);
	}
	lua_setfield(L, -2, "from");
}

/* How many fields it has, or one or two more: few have all, and there are many reads. */
static int fields_of(const struct source *s, const struct read *x, int32_t relo)
{
	return 5 + (relo >= 0) + (s->parent != 0) + (x->size != 0) + (x->number != 0) +
	       (x->use == USE_HELPER || x->use == USE_MEMORY || x->use == USE_PROBE ||
		x->use == USE_KFUNC) +
	       (x->map != 0) + (x->refused != NULL) + s->maybe + (x->when != WHEN_LOADED);
}

static void push_read(lua_State *L, int object, const struct reads *r, const struct references *l,
		      const struct read *x)
{
	const struct source *s = &r->provenance.sources[x->source];
	const struct linked_func *f = &r->linked->funcs[r->linked->insns[x->at].func];
	int32_t relo = s->relo >= 0 ? s->relo : x->relo;

	lua_createtable(L, 0, fields_of(s, x, relo));
	set_argument(L, s);
	set_string(L, "use", read_use_name((enum read_use)x->use));
	set_part(L, object, "program", &program_class, f->program);
	set_integer(L, "insn", x->at - (lua_Integer)f->start);
	set_integer(L, "offset", (lua_Integer)s->offset + (x->relo < 0 ? x->offset : 0));
	set_part(L, object, "relo", &relo_class, relo < 0 ? OBJECT_NONE : (uint32_t)relo);
	if (s->parent)
		set_path(L, object, r, s);
	if (x->size)
		set_integer(L, "size", x->size);
	if (x->number)
		set_integer(L, "number", x->number);
	if (x->use == USE_HELPER || x->use == USE_MEMORY || x->use == USE_PROBE)
		set_string(L, "callee", helper_name(x->callee));
	else if (x->use == USE_KFUNC)
		set_string(L, "callee", l->externs[x->callee].name);
	set_part(L, object, "map", &map_class, x->map ? x->map - 1 : OBJECT_NONE);
	set_string(L, "struct", read_struct(r, l, x));
	set_string(L, "refused", x->refused);
	if (s->maybe)
		set_true(L, "maybe");
	if (x->when == WHEN_SET)
		set_true(L, "setting");
	else if (x->when == WHEN_UNKNOWN)
		set_true(L, "unsure");
	set_string(L, "variable", guard_variable(r->linked, l, x->guard_origin));
}

static void set_located(lua_State *L, int object, const struct reads *r)
{
	lua_createtable(L, (int)r->located_count, 0);
	for (size_t i = 0; i < r->located_count; i++) {
		push_part(L, object, &relo_class, (uint32_t)r->located[i]);
		lua_rawseti(L, -2, (lua_Integer)i + 1);
	}
	lua_setfield(L, -2, "located");
}

static void push_reads(lua_State *L, int object, const struct reads *r, bool fixed)
{
	const struct references *l = object_references(L, object);
	lua_Integer n = 0;

	lua_createtable(L, fixed ? 0 : (int)r->count, 3);
	for (size_t i = 0; i < r->count; i++) {
		if (fixed && !read_is_fixed(r, &r->list[i]))
			continue;
		push_read(L, object, r, l, &r->list[i]);
		lua_rawseti(L, -2, ++n);
	}
	lua_pushboolean(L, r->complete);
	lua_setfield(L, -2, "complete");
	lua_pushboolean(L, !r->lost);
	lua_setfield(L, -2, "whole");
	set_located(L, object, r);
}

/* The architecture that a string names; NULL for nil. */
static const char *arch_named(lua_State *L, int arg)
{
	size_t len;
	const char *word, *arch;

	if (lua_isnoneornil(L, arg))
		return NULL;
	word = luaL_checklstring(L, arg, &len);
	arch = arch_of_word(word, len);
	luaL_argcheck(L, arch, arg, "not an architecture");
	return arch;
}

/* The program at 1, a target or an architecture at 2, nil for none, and options at 3, which it
 * looks at. Pushes the object, and what is freed. */
static struct reading *begin(lua_State *L, struct loading *l)
{
	const struct handle *h = class_check(L, 1, &program_class);

	owner_native(L, h->owner);
	*l = (struct loading){.entry = h->id};
	if (!lua_isnil(L, 3)) {
		luaL_checktype(L, 3, LUA_TTABLE);
		check_verdict_options(L, 3);
	}
	lua_getiuservalue(L, 1, HANDLE_OWNER);
	return push_freed(L, sizeof(struct reading), free_reading);
}

/* Fills in l on the target at 2, after begin(). `object` is that one's place. */
static void load_on(lua_State *L, int object, struct reading *r, struct loading *l)
{
	struct err e = {0};

	push_policy(L, 3);
	push_resolution(L, object, 2, lua_gettop(L));
	l->resolution = owner_native(L, lua_touserdata(L, -1));
	r->target = target_options(L, 3, l->resolution->target);
	l->target = r->target ? r->target : l->resolution->target;
	if (externs_new(l->resolution->object, object_references(L, object), l->target, &r->externs,
			&e) < 0)
		raise_err(L, &e);
	extern_options(L, 3, r->externs);
	l->externs = r->externs;
	loading_options(L, 3, l);
}

int program_reads(lua_State *L)
{
	struct loading loading;
	struct reading *r;
	struct abilities abilities;
	struct err e = {0};
	bool fixed, anywhere = lua_isnoneornil(L, 2) || lua_type(L, 2) == LUA_TSTRING;

	class_check(L, 1, &program_class);
	lua_settop(L, 4);
	fixed = lua_toboolean(L, 4);
	lua_settop(L, 3);
	if (!anywhere)
		check_target(L, 2);
	r = begin(L, &loading);
	if (anywhere) {
		if (reads_anywhere(check_object(L, 4), object_references(L, 4), loading.entry,
				   arch_named(L, 2), &r->reads, &e) < 0)
			return raise_err(L, &e);
	} else {
		load_on(L, 4, r, &loading);
		loading_abilities(&loading, &abilities);
		if (reads_new(&loading, &abilities, &r->reads, &e) < 0)
			return raise_err(L, &e);
	}
	push_reads(L, 4, r->reads, fixed);
	end(r);
	return 1;
}

/* alike.h, for lua/btfl/arguments/alike.lua */

struct alike_box {
	struct alike *alike;
};

static int free_alike(lua_State *L)
{
	struct alike_box *x = lua_touserdata(L, 1);

	alike_free(x->alike);
	x->alike = NULL;
	return 0;
}

/* engine.alike(program): what tells on which kernels it reads the same. */
int engine_alike(lua_State *L)
{
	const struct handle *h = class_check(L, 1, &program_class);
	struct alike_box *x;
	struct err e = {0};

	owner_native(L, h->owner);
	lua_settop(L, 1);
	lua_getiuservalue(L, 1, HANDLE_OWNER);
	x = push_freed(L, sizeof(*x), free_alike);
	if (alike_new(check_object(L, 2), object_references(L, 2), h->id, &x->alike, &e) < 0)
		return raise_err(L, &e);
	return 1;
}

/* The one behind the arguments of begin(). */
static struct alike *alike_of(lua_State *L)
{
	return ((struct alike_box *)lua_touserdata(L, 4))->alike;
}

/* Abilities as the bits of a number. */
static void push_abilities(lua_State *L, const struct abilities *a)
{
	lua_Unsigned bits = 0;

	_Static_assert(sizeof(*a) < sizeof(bits) * 8, "one bit for each");
	for (size_t i = 0; i < sizeof(*a); i++)
		bits |= (lua_Unsigned)((const bool *)a)[i] << i;
	lua_pushinteger(L, (lua_Integer)bits);
}

/* Pushes the key, 16 bytes, or nil. */
static void push_key(lua_State *L, const struct alike *a, const struct loading *l)
{
	struct digest d;

	if (alike_key(a, l, &d))
		lua_pushlstring(L, (const char *)&d, sizeof(d));
	else
		lua_pushnil(L);
}

static void push_ways(lua_State *L, const struct reads *r)
{
	struct digest d = digest_of(&r->ways);

	lua_pushlstring(L, (const char *)&d, sizeof(d));
}

/* engine.alike_key(program, target, options, alike): the key of alike_key(), and what the target's
 * verifier can tell; nil for none. */
int engine_alike_key(lua_State *L)
{
	struct abilities abilities;
	struct loading loading;
	struct reading *r;

	lua_settop(L, 4);
	r = begin(L, &loading);
	load_on(L, 5, r, &loading);
	push_key(L, alike_of(L), &loading);
	releases_abilities(loading.release, &abilities);
	push_abilities(L, &abilities);
	end(r);
	return 2;
}

/* engine.alike_ask(program, target, options): has who listens hear what the target's verifier can
 * tell, of which the others here leave it to know whether it counts. */
int engine_alike_ask(lua_State *L)
{
	struct abilities abilities;
	struct loading loading;
	struct reading *r;

	lua_settop(L, 3);
	r = begin(L, &loading);
	load_on(L, 4, r, &loading);
	loading_abilities(&loading, &abilities);
	end(r);
	return 0;
}

/* Pushes what engine.alike_refused() asks; nil where nothing is refused of such a program. */
static void push_kept(lua_State *L, struct reading *r)
{
	struct reading *kept = push_freed(L, sizeof(*kept), free_reading);

	kept->reads = r->reads;
	r->reads = NULL;
	if (!reads_keep(kept->reads)) {
		lua_pop(L, 1);
		lua_pushnil(L);
	}
}

/* engine.alike_reads(program, target, options, alike): program:reads(); and, where other kernels
 * may have the same, a key as it is from now on, which ways were gone, and for
 * engine.alike_refused() what is refused; nil for nothing on any kernel. */
int engine_alike_reads(lua_State *L)
{
	struct abilities abilities;
	struct loading loading;
	struct reading *r;
	struct err e = {0};

	lua_settop(L, 4);
	r = begin(L, &loading);
	load_on(L, 5, r, &loading);
	releases_abilities(loading.release, &abilities);
	if (reads_new(&loading, &abilities, &r->reads, &e) < 0)
		return raise_err(L, &e);
	push_reads(L, 5, r->reads, false);
	if (!alike_learn(alike_of(L), r->reads)) {
		end(r);
		return 1;
	}
	push_key(L, alike_of(L), &loading);
	push_ways(L, r->reads);
	push_kept(L, r);
	end(r);
	return 4;
}

/* engine.alike_refused(program, target, options, kept): whether the target's verifier refuses the
 * same loads. */
int engine_alike_refused(lua_State *L)
{
	struct loading loading;
	struct reading *r;

	lua_settop(L, 4);
	r = begin(L, &loading);
	load_on(L, 5, r, &loading);
	lua_pushboolean(
	    L, reads_refused_alike(&loading, ((struct reading *)lua_touserdata(L, 4))->reads));
	end(r);
	return 1;
}

/* engine.alike_ways(program, target, options, alike, most): which ways would be gone by the
 * verifier that can tell the most, or the least, and what it can tell; nil where that cannot be
 * told, or the key was another one before. */
int engine_alike_ways(lua_State *L)
{
	struct abilities own, least, most;
	struct loading loading;
	struct reading *r;
	struct alike *a = alike_of(L);
	struct err e = {0};
	bool upper = lua_toboolean(L, 5);

	lua_settop(L, 4);
	r = begin(L, &loading);
	load_on(L, 5, r, &loading);
	releases_abilities(loading.release, &own);
	alike_bounds(a, &own, &least, &most);
	if (reads_ways(&loading, upper ? &most : &least, &r->reads, &e) < 0)
		return raise_err(L, &e);
	push_key(L, a, &loading);
	if (!alike_learn(a, r->reads))
		return 0;
	push_key(L, a, &loading);
	if (!lua_rawequal(L, -1, -2))
		return 0;
	push_ways(L, r->reads);
	push_abilities(L, upper ? &most : &least);
	end(r);
	return 2;
}
