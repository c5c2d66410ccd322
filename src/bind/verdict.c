/*
 * verdict: the Lua classes btfl.verdict, btfl.failure and btfl.guard: whether a program loads on a
 * target, what failed in it, and what keeps that from being reached.
 */
#include "bind/policy.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "verify/verdict.h"
#include "verify/releases.h"

/* User values of a verdict. */
enum {
	VERDICT_OBJECT = OWNER_LINK,
	VERDICT_TARGET = OWNER_MORE,
	VERDICT_RESOLUTION = OWNER_RULES,
};
enum { TAG_FAILURE = 1, TAG_GUARD };

/* What a verdict owns. */
struct bundle {
	uint32_t program;
	struct externs *externs;
	struct verdict *verdict;
	struct input *kconfig, *kallsyms;
};

static void free_bundle(void *native)
{
	struct bundle *b = native;

	verdict_free(b->verdict);
	externs_free(b->externs);
	input_unref(b->kconfig);
	input_unref(b->kallsyms);
	free(b);
}

static const struct bundle *bundle_of(lua_State *L, const struct owner *o)
{
	return owner_native(L, o);
}

static const struct object *object_of(lua_State *L, const struct owner *o)
{
	return bundle_of(L, o)->externs->object;
}

/* options */

static const char *const option_names[] = {"kallsyms", "kconfig", "policy", "release",
					   "set",      "unset",   NULL};

static void check_options(lua_State *L, int arg)
{
	lua_pushnil(L);
	while (lua_next(L, arg)) {
		const char *name;
		int i = 0;

		lua_pop(L, 1);
		lua_pushvalue(L, -1);
		name = lua_tostring(L, -1);
		while (name && option_names[i] && strcmp(name, option_names[i]) != 0)
			i++;
		if (!name || !option_names[i]) {
			lua_pushfstring(L, "no option `%s`", name ? name : luaL_typename(L, -1));
			if (name)
				suggest(L, name, option_names);
			luaL_argerror(L, arg, lua_tostring(L, -1));
		}
		lua_pop(L, 1);
	}
}

/* The option's string, which the table keeps; NULL when it is not given. */
static const char *string_option(lua_State *L, int arg, const char *name)
{
	const char *s = NULL;

	if (!lua_istable(L, arg))
		return NULL;
	if (lua_getfield(L, arg, name) != LUA_TNIL) {
		if (lua_type(L, -1) != LUA_TSTRING)
			luaL_argerror(L, arg, lua_pushfstring(L, "`%s` must be a string", name));
		s = lua_tostring(L, -1);
	}
	lua_pop(L, 1);
	return s;
}

static const char *release_option(lua_State *L, int arg)
{
	const char *release = string_option(L, arg, "release");
	uint32_t code;

	if (release && !releases_code(release, &code))
		luaL_argerror(
		    L, arg,
		    lua_pushfstring(L, "`release` is no release such as 6.12.1: '%s'", release));
	return release;
}

/* A number, a boolean or a string as text; pushed. */
static const char *push_setting(lua_State *L, int idx)
{
	if (lua_isboolean(L, idx))
		lua_pushstring(L, lua_toboolean(L, idx) ? "true" : "false");
	else if (lua_isinteger(L, idx))
		lua_pushfstring(L, "%I", lua_tointeger(L, idx));
	else
		lua_pushvalue(L, idx);
	return lua_type(L, -1) == LUA_TSTRING ? lua_tostring(L, -1) : NULL;
}

static void apply_sets(lua_State *L, int arg, struct externs *x)
{
	struct err e;

	if (lua_getfield(L, arg, "set") == LUA_TTABLE) {
		lua_pushnil(L);
		while (lua_next(L, -2)) {
			const char *text = push_setting(L, lua_absindex(L, -1));

			if (lua_type(L, -3) != LUA_TSTRING || !text)
				luaL_argerror(L, arg, "`set` must be a table of numbers by name");
			if (externs_set(x, lua_tostring(L, -3), text, &e) < 0)
				raise_err(L, &e);
			lua_pop(L, 2);
		}
	} else if (!lua_isnil(L, -1)) {
		luaL_argerror(L, arg, "`set` must be a table of numbers by name");
	}
	lua_pop(L, 1);
}

static void apply_unsets(lua_State *L, int arg, struct externs *x)
{
	struct err e;

	if (lua_getfield(L, arg, "unset") == LUA_TTABLE) {
		for (lua_Integer i = 1; lua_rawgeti(L, -1, i) != LUA_TNIL; i++) {
			if (lua_type(L, -1) != LUA_TSTRING)
				luaL_argerror(L, arg, "`unset` must be a list of names");
			if (externs_set(x, lua_tostring(L, -1), NULL, &e) < 0)
				raise_err(L, &e);
			lua_pop(L, 1);
		}
		lua_pop(L, 1);
	} else if (!lua_isnil(L, -1)) {
		luaL_argerror(L, arg, "`unset` must be a list of names");
	}
	lua_pop(L, 1);
}

/* The running kernel says its configuration itself, where it was built to. */
static void read_config(lua_State *L, struct bundle *b, const struct target *t, const char *path)
{
	const char *own = "/proc/config.gz";
	struct err e;

	if (path)
		b->kconfig = kept_input(L, path);
	if (!path && t->path && strcmp(t->path, "/sys/kernel/btf/vmlinux") == 0 &&
	    input_open(own, &b->kconfig, &e) < 0)
		b->kconfig = NULL;
}

/* The object is at stack index `object`. */
static void study(lua_State *L, struct bundle *b, const struct resolution *r, int object,
		  int options)
{
	const struct references *references = object_references(L, object);
	const char *kallsyms = string_option(L, options, "kallsyms");
	const char *release = release_option(L, options);
	struct extern_facts facts = {.target = r->target,
				     .release = release ? release : r->target->release};
	struct err e = {.code = ERR_NONE};

	read_config(L, b, r->target, string_option(L, options, "kconfig"));
	if (kallsyms)
		b->kallsyms = kept_input(L, kallsyms);
	if (b->kconfig) {
		facts.kconfig = (const char *)b->kconfig->data;
		facts.kconfig_len = b->kconfig->len;
	}
	if (b->kallsyms) {
		facts.kallsyms = (const char *)b->kallsyms->data;
		facts.kallsyms_len = b->kallsyms->len;
	}
	if (externs_new(r->object, references, &facts, &b->externs, &e) < 0)
		raise_err(L, &e);
	if (lua_istable(L, options)) {
		apply_sets(L, options, b->externs);
		apply_unsets(L, options, b->externs);
	}
	if (verdict_new(r, b->externs, b->program, facts.release, &b->verdict, &e) < 0)
		raise_err(L, &e);
}

int program_verdict(lua_State *L)
{
	const struct handle *h = class_check(L, 1, &program_class);
	const struct owner *r;
	struct bundle *b;
	struct owner *o;

	check_target(L, 2);
	if (!lua_isnoneornil(L, 3)) {
		luaL_checktype(L, 3, LUA_TTABLE);
		check_options(L, 3);
	}
	lua_settop(L, 3);
	lua_getiuservalue(L, 1, HANDLE_OWNER);
	push_policy(L, 3);
	push_resolution(L, 4, 2, 5);
	lua_replace(L, 5);
	r = lua_touserdata(L, 5);
	o = owner_new(L, &verdict_class, sizeof(*o), "verdict", ((struct owner *)h->owner)->path);
	o->needs[0] = lua_touserdata(L, 4);
	o->needs[1] = lua_touserdata(L, 2);
	lua_pushvalue(L, 4);
	lua_setiuservalue(L, 6, VERDICT_OBJECT);
	lua_pushvalue(L, 2);
	lua_setiuservalue(L, 6, VERDICT_TARGET);
	lua_pushvalue(L, 5);
	lua_setiuservalue(L, 6, VERDICT_RESOLUTION);
	b = calloc(1, sizeof(*b));
	if (!b)
		return luaL_error(L, "out of memory");
	o->native = b;
	b->program = h->id;
	study(L, b, owner_native(L, r), 4, 3);
	owner_weighs(
	    L,
	    b->verdict->linked->count * sizeof(struct linked_insn) +
		(b->verdict->walk ? b->verdict->walk->step_count * sizeof(struct step_taken) : 0));
	return 1;
}

int object_constant(lua_State *L)
{
	const struct object *o = check_object(L, 1);
	const char *name = check_cstring(L, 2);
	uint32_t section, offset, size;

	lua_pushboolean(L, references_variable(o, name, &section, &offset, &size) &&
			       references_is_frozen(o, section));
	return 1;
}

/* verdict */

static int get_verdict(lua_State *L, const void *self)
{
	lua_pushstring(L, verdict_name(bundle_of(L, self)->verdict->kind));
	return 1;
}

static int get_ok(lua_State *L, const void *self)
{
	enum verdict_kind kind = bundle_of(L, self)->verdict->kind;

	lua_pushboolean(L, kind == VERDICT_LOADS || kind == VERDICT_GUARDED);
	return 1;
}

static int get_why(lua_State *L, const void *self)
{
	push_name(L, bundle_of(L, self)->verdict->why);
	return 1;
}

static int get_relocations(lua_State *L, const void *self)
{
	lua_pushinteger(L, (lua_Integer)bundle_of(L, self)->verdict->relocations);
	return 1;
}

static int get_failed(lua_State *L, const void *self)
{
	lua_pushinteger(L, (lua_Integer)bundle_of(L, self)->verdict->failed);
	return 1;
}

static int get_first_poison(lua_State *L, const void *self)
{
	const struct bundle *b = bundle_of(L, self);
	const struct walk *w = b->verdict->walk;
	const struct linked *f = b->verdict->linked;
	uint32_t at;

	if (!w || !w->hit_count) {
		lua_pushnil(L);
		return 1;
	}
	at = w->hits[0].at;
	lua_pushfstring(L, "%s+%I",
			f->object->programs[f->funcs[f->insns[at].func].program].section,
			(lua_Integer)linked_offset(f, at));
	return 1;
}

static int get_program(lua_State *L, const void *self)
{
	const struct bundle *b = bundle_of(L, self);

	lua_getiuservalue(L, 1, VERDICT_OBJECT);
	push_part(L, -1, &program_class, b->program);
	return 1;
}

static int get_target(lua_State *L, const void *self)
{
	bundle_of(L, self);
	lua_getiuservalue(L, 1, VERDICT_TARGET);
	return 1;
}

/* Upvalues: verdict, next number. */
static int next_failure(lua_State *L)
{
	const struct bundle *b = bundle_of(L, lua_touserdata(L, lua_upvalueindex(1)));
	lua_Integer i = lua_tointeger(L, lua_upvalueindex(2));

	if ((size_t)i >= b->verdict->failed) {
		lua_pushnil(L);
		return 1;
	}
	lua_pushinteger(L, i + 1);
	lua_replace(L, lua_upvalueindex(2));
	handle_push(L, lua_upvalueindex(1), &failure_class, (uint32_t)i, 0);
	return 1;
}

static int verdict_failures(lua_State *L)
{
	bundle_of(L, class_check(L, 1, &verdict_class));
	lua_pushvalue(L, 1);
	lua_pushinteger(L, 0);
	lua_pushcclosure(L, next_failure, 2);
	return 1;
}

static int verdict_tostring(lua_State *L)
{
	const struct bundle *b = bundle_of(L, class_check(L, 1, &verdict_class));

	lua_pushfstring(L, "verdict %s", verdict_name(b->verdict->kind));
	return 1;
}

static const struct field verdict_fields[] = {
    {"verdict", get_verdict},         {"ok", get_ok},         {"why", get_why},
    {"relocations", get_relocations}, {"failed", get_failed}, {"first_poison", get_first_poison},
    {"program", get_program},         {"target", get_target}, {NULL, NULL},
};

static const luaL_Reg verdict_methods[] = {{"failures", verdict_failures}, {NULL, NULL}};

static const luaL_Reg verdict_meta[] = {
    {"__tostring", verdict_tostring},
    {NULL, NULL},
};

const struct class verdict_class = {"btfl.verdict", 0,          verdict_fields, verdict_methods,
				    verdict_meta,   free_bundle};

/* failure and guard: both are numbered by the failure */

static const struct failure *failure_of(lua_State *L, const struct handle *h)
{
	return &bundle_of(L, h->owner)->verdict->failures[h->id];
}

/* Pushes the object of the verdict whose part stands at stack index 1. */
static void push_side(lua_State *L, int which)
{
	lua_getiuservalue(L, 1, HANDLE_OWNER);
	lua_getiuservalue(L, -1, which);
	lua_replace(L, -2);
}

static int get_relo(lua_State *L, const void *self)
{
	uint32_t relo = failure_of(L, self)->relo;

	push_side(L, VERDICT_OBJECT);
	push_part(L, -1, &relo_class, relo);
	return 1;
}

static int get_result(lua_State *L, const void *self)
{
	uint32_t relo = failure_of(L, self)->relo;

	push_side(L, VERDICT_RESOLUTION);
	handle_push(L, -1, &result_class, relo, 0);
	return 1;
}

static int get_guarded(lua_State *L, const void *self)
{
	lua_pushboolean(L, failure_of(L, self)->guarded);
	return 1;
}

static int get_reached(lua_State *L, const void *self)
{
	lua_pushboolean(L, failure_of(L, self)->hit >= 0);
	return 1;
}

static int get_guard(lua_State *L, const void *self)
{
	const struct handle *h = self;

	if (failure_of(L, h)->guard < 0) {
		lua_pushnil(L);
		return 1;
	}
	lua_getiuservalue(L, 1, HANDLE_OWNER);
	handle_push(L, -1, &guard_class, h->id, 0);
	return 1;
}

static uint32_t line_of(const struct linked *f, uint32_t at)
{
	const struct object *o = f->object;
	const struct program *p = &o->programs[f->funcs[f->insns[at].func].program];

	return object_line_at(o, p->section_index, linked_offset(f, at));
}

/* So many instructions from its end a path is searched for its last lines. */
enum { LOOKED_BACK = 1024 };

/* Turns the list at the top of the stack around. */
static void turn_around(lua_State *L, lua_Integer n)
{
	for (lua_Integer i = 1, k = n; i < k; i++, k--) {
		lua_rawgeti(L, -1, i);
		lua_rawgeti(L, -2, k);
		lua_rawseti(L, -3, i);
		lua_rawseti(L, -2, k);
	}
}

/* Source lines in the order in which the path meets them, each once in a row. */
static int failure_path(lua_State *L)
{
	const struct handle *h = class_check(L, 1, &failure_class);
	const struct failure *x = failure_of(L, h);
	const struct verdict *v = bundle_of(L, h->owner)->verdict;
	bool all = lua_isnoneornil(L, 2);
	lua_Integer most = luaL_optinteger(L, 2, LUA_MAXINTEGER), n = 0;
	uint32_t last = OBJECT_NONE;
	size_t seen = 0;
	struct way way;

	luaL_argcheck(L, most >= 0, 2, "how many lines, 0 or more");
	lua_settop(L, 1);
	lua_newtable(L);
	if (x->hit < 0)
		return 1;
	push_side(L, VERDICT_OBJECT);
	verdict_way(v, x, &way);
	do {
		uint32_t line = line_of(v->linked, way.at);

		if (line == OBJECT_NONE || line == last)
			continue;
		if (n == most)
			break;
		last = line;
		push_part(L, 3, &line_class, line);
		lua_rawseti(L, 2, ++n);
	} while ((all || ++seen < LOOKED_BACK) && verdict_back(&way));
	lua_settop(L, 2);
	turn_around(L, n);
	return 1;
}

static int failure_tostring(lua_State *L)
{
	const struct failure *x = failure_of(L, class_check(L, 1, &failure_class));

	lua_pushfstring(L, "failure of relocation %d (%s)", (int)x->relo,
			x->refused    ? "error"
			: x->hit >= 0 ? "reached"
			: x->guarded  ? "guarded"
				      : "unknown");
	return 1;
}

static const struct field failure_fields[] = {
    {"relo", get_relo},       {"result", get_result}, {"guarded", get_guarded},
    {"reached", get_reached}, {"guard", get_guard},   {NULL, NULL},
};

static const luaL_Reg failure_methods[] = {{"path", failure_path}, {NULL, NULL}};

static const luaL_Reg failure_meta[] = {{"__tostring", failure_tostring}, {NULL, NULL}};

const struct class failure_class = {"btfl.failure",  TAG_FAILURE,  failure_fields,
				    failure_methods, failure_meta, NULL};

static int get_guard_program(lua_State *L, const void *self)
{
	const struct handle *h = self;
	const struct failure *x = failure_of(L, h);
	const struct linked *f = bundle_of(L, h->owner)->verdict->linked;

	push_side(L, VERDICT_OBJECT);
	push_part(L, -1, &program_class, f->funcs[f->insns[x->guard].func].program);
	return 1;
}

static int get_guard_insn(lua_State *L, const void *self)
{
	const struct handle *h = self;
	const struct failure *x = failure_of(L, h);
	const struct linked *f = bundle_of(L, h->owner)->verdict->linked;

	lua_pushinteger(L, x->guard - (lua_Integer)f->funcs[f->insns[x->guard].func].start);
	return 1;
}

static int get_guard_line(lua_State *L, const void *self)
{
	const struct handle *h = self;
	const struct failure *x = failure_of(L, h);
	uint32_t line = line_of(bundle_of(L, h->owner)->verdict->linked, (uint32_t)x->guard);

	push_side(L, VERDICT_OBJECT);
	push_part(L, -1, &line_class, line);
	return 1;
}

static uint32_t origin_number(uint32_t origin, uint32_t kind)
{
	return origin >> ORIGIN_SHIFT == kind ? origin & ((1u << ORIGIN_SHIFT) - 1) : OBJECT_NONE;
}

static int get_guard_relo(lua_State *L, const void *self)
{
	uint32_t relo = origin_number(failure_of(L, self)->guard_origin, ORIGIN_RELO);

	push_side(L, VERDICT_OBJECT);
	push_part(L, -1, &relo_class, relo);
	return 1;
}

/* The variable of a section of constants that an instruction loads the address of. */
static void push_constant(lua_State *L, const struct object *o, const struct linked_insn *n)
{
	const struct elffile *c = o->elf;

	for (size_t i = 0; i < c->symbol_count; i++) {
		const struct symbol *s = &c->symbols[i];

		if (s->section == n->target && s->size && n->offset >= 0 &&
		    (uint64_t)n->offset - s->value < s->size && (uint64_t)n->offset >= s->value) {
			push_name(L, s->name);
			return;
		}
	}
	lua_pushnil(L);
}

static int get_guard_variable(lua_State *L, const void *self)
{
	const struct handle *h = self;
	const struct bundle *b = bundle_of(L, h->owner);
	uint32_t origin = failure_of(L, h)->guard_origin;
	uint32_t number = origin_number(origin, ORIGIN_EXTERN);

	if (number != OBJECT_NONE) {
		lua_pushstring(L, b->externs->references->externs[number].name);
		return 1;
	}
	number = origin_number(origin, ORIGIN_DATA);
	if (number == OBJECT_NONE)
		lua_pushnil(L);
	else
		push_constant(L, object_of(L, h->owner), &b->verdict->linked->insns[number]);
	return 1;
}

static const struct field guard_fields[] = {
    {"program", get_guard_program}, {"insn", get_guard_insn},         {"line", get_guard_line},
    {"relo", get_guard_relo},       {"variable", get_guard_variable}, {NULL, NULL},
};

const struct class guard_class = {"btfl.guard", TAG_GUARD, guard_fields, NULL, NULL, NULL};
