/*
 * hooks: carries the engine's questions to a policy's Lua functions, and the answers back, checked;
 * see hooks.h. One section for each hook: what is asked, the engine's own answer, what may be
 * answered.
 */
#include "bind/hooks.h"

#include <stdlib.h>
#include <string.h>

void push_run_btf(lua_State *L, const struct run *r, int run, const struct btf *b)
{
	run = lua_absindex(L, run);
	if (b == r->q->object->btf) {
		lua_getiuservalue(L, run, RUN_OBJECT);
		push_object_btf(L, -1);
	} else {
		lua_getiuservalue(L, run, RUN_TARGET);
		push_target_btf(L, -1, b);
	}
	lua_replace(L, -2);
}

static void push_run_type(lua_State *L, const struct run *r, int run, const struct btf *b,
			  uint32_t id)
{
	push_run_btf(L, r, run, b);
	push_type(L, -1, id);
	lua_replace(L, -2);
}

static void push_run_element(lua_State *L, const struct run *r, int run, const struct class *c,
			     const struct btf_type *t, uint32_t i)
{
	push_run_btf(L, r, run, t->btf);
	push_element(L, -1, c, t->id, i);
	lua_replace(L, -2);
}

static void push_run_relo(lua_State *L, const struct run *r, int run)
{
	lua_getiuservalue(L, run, RUN_OBJECT);
	push_part(L, -1, &relo_class, r->q->relo);
	lua_replace(L, -2);
}

/* Raises: the answer is of the wrong type. */
static int bad_answer(lua_State *L, int answer, const char *expected)
{
	return luaL_error(L, "must return %s, not a %s value", expected, luaL_typename(L, answer));
}

static enum reason check_reason(lua_State *L, int idx)
{
	const char *name = lua_type(L, idx) == LUA_TSTRING ? lua_tostring(L, idx) : "";

	for (int r = REASON_NONE + 1; r < REASON_COUNT; r++)
		if (strcmp(reason_name((enum reason)r), name) == 0)
			return (enum reason)r;
	return (enum reason)luaL_error(
	    L, "'%s' is no reason code (nil goes with one, such as 'unsupported')", name);
}

/* Whether b is vmlinux or a module of the target (or a base of one). */
static bool is_target_btf(const struct target *t, const struct btf *b)
{
	for (size_t i = 0; i < t->count; i++)
		for (const struct btf *own = t->btf[i]; own; own = own->base)
			if (own == b)
				return true;
	return false;
}

static struct btf_type check_target_type(lua_State *L, const struct run *r, int idx)
{
	struct btf_type t = handle_type(L, class_check(L, idx, &type_class));

	if (!is_target_btf(r->q->target, t.btf))
		luaL_error(L, "[%d] %s is a type of %s, not of the target", (int)t.id,
			   *t.name ? t.name : btf_kind_name(t.kind), t.btf->name);
	return t;
}

static struct btf_type check_local_type(lua_State *L, const struct run *r, int idx)
{
	struct btf_type t = handle_type(L, class_check(L, idx, &type_class));

	if (t.btf != r->q->object->btf)
		luaL_error(L, "[%d] %s is not a type of the object", (int)t.id,
			   *t.name ? t.name : btf_kind_name(t.kind));
	return t;
}

/* candidates(relo, target, default) -> list of types */

static int ask_relo_target(lua_State *L, struct run *r, int run)
{
	push_run_relo(L, r, run);
	lua_getiuservalue(L, run, RUN_TARGET);
	return 2;
}

static void own_candidates(lua_State *L, struct run *r, int run)
{
	struct candidates usual = {0};
	struct err e;
	int rc = default_candidates(r->q, &usual, &e);
	size_t n = usual.count;
	struct candidate *items = NULL;

	/* Owned by Lua before anything can raise. */
	if (rc == 0 && n) {
		items = lua_newuserdatauv(L, n * sizeof(*items), 0);
		memcpy(items, usual.items, n * sizeof(*items));
	}
	free(usual.items);
	if (rc < 0)
		raise_err(L, &e);
	lua_createtable(L, (int)n, 0);
	for (size_t i = 0; i < n; i++) {
		push_run_type(L, r, run, items[i].btf, items[i].id);
		lua_rawseti(L, -2, (lua_Integer)i + 1);
	}
	lua_pushnil(L);
}

static void take_candidates(lua_State *L, struct run *r, int run, int answer)
{
	(void)run;
	if (!lua_istable(L, answer))
		bad_answer(L, answer, "a list of types");
	for (lua_Integer i = 1, n = luaL_len(L, answer); i <= n; i++) {
		struct btf_type t;

		lua_rawgeti(L, answer, i);
		if (!class_test(L, -1, &type_class))
			bad_answer(L, -1, "a list of types");
		t = check_target_type(L, r, lua_gettop(L));
		if (candidates_add(r->candidates, (struct candidate){t.btf, t.id}) < 0)
			luaL_error(L, "not enough memory");
		lua_pop(L, 1);
	}
}

/* member(m, target_struct, default) -> member, path or enumerator */

static int ask_member(lua_State *L, struct run *r, int run)
{
	push_run_element(L, r, run, r->enumerator ? &enumerator_class : &member_class, &r->of,
			 r->element);
	push_run_type(L, r, run, r->in.btf, r->in.id);
	return 2;
}

static void own_member(lua_State *L, struct run *r, int run)
{
	const struct class *c = r->enumerator ? &enumerator_class : &member_class;
	const struct handle *m = class_check(L, run + 1, c);
	struct btf_type of = handle_type(L, m), in = check_target_type(L, r, run + 2), t;
	uint32_t i = 0;
	int why;

	in = btf_strip(in.btf, in.id);
	if (of.btf != r->q->object->btf)
		luaL_error(L, "default takes a member of the object, not of %s", of.btf->name);
	r->usual = (struct member_path){.room = r->enumerator ? 1 : r->path->room};
	r->usual_in = in;
	if (r->enumerator) {
		why = btf_is_enum(&in) ? default_enumerator(&of, m->index, &in, &i)
				       : REASON_NO_ENUMVAL;
		t = in;
	} else {
		why = default_member(&of, m->index, &in, &r->usual);
		t = in;
		for (uint32_t k = 0; why == REASON_NONE && k + 1 < r->usual.len; k++)
			t = btf_strip(t.btf, btf_member(&t, r->usual.index[k]).type);
		if (why == REASON_NONE)
			i = r->usual.index[r->usual.len - 1];
	}
	r->why = (enum reason)why;
	if (why == REASON_NONE)
		push_run_element(L, r, run, c, &t, i);
	else
		lua_pushnil(L);
	lua_pushnil(L);
}

/* How often struct `sought` stands in t by value; the path to it is left in p for the first. */
static unsigned find_inner(const struct btf_type *t, uint32_t sought, struct member_path *p,
			   unsigned *budget, struct member_path *first)
{
	unsigned found = 0;

	if (t->id == sought) {
		*first = *p;
		return 1;
	}
	if (!btf_is_composite(t) || p->len + 1 >= p->room)
		return 0;
	for (uint32_t i = 0; i < t->vlen && found < 2 && *budget; i++) {
		struct btf_type inner = btf_strip(t->btf, btf_member(t, i).type);
		struct member_path more;

		--*budget;
		p->index[p->len++] = i;
		if (find_inner(&inner, sought, p, budget, &more) && !found++)
			*first = more;
		else if (found == 1 && inner.id == sought)
			found++;
		p->len--;
	}
	return found;
}

/* A member of the struct that is searched, or of one that it holds by value just once. */
static void take_member_handle(lua_State *L, struct run *r, const struct handle *m)
{
	struct btf_type parent = handle_type(L, m);
	struct member_path p = {.room = r->path->room}, first = {0};
	unsigned budget = 100000, n = 0;

	if (parent.btf == r->in.btf || is_target_btf(r->q->target, parent.btf))
		n = find_inner(&r->in, parent.id, &p, &budget, &first);
	if (n == 0)
		luaL_error(L, "member '%s' is of %s, which is no part of %s",
			   btf_member(&parent, m->index).name,
			   *parent.name ? parent.name : "an anonymous struct",
			   *r->in.name ? r->in.name : "the anonymous struct");
	if (n > 1)
		luaL_error(L, "member '%s' stands in %s more than once: return its path instead",
			   btf_member(&parent, m->index).name, r->in.name);
	r->path->len = first.len;
	memcpy(r->path->index, first.index, first.len * sizeof(*first.index));
	r->path->index[r->path->len++] = m->index;
}

/* Appends to path what leads from *t to the member of that name, which becomes *t. */
static bool descend(const struct btf_type *t, const char *name, size_t len,
		    struct member_path *path)
{
	for (uint32_t i = 0; btf_is_composite(t) && i < t->vlen && path->len < path->room; i++) {
		struct btf_member m = btf_member(t, i);

		path->index[path->len++] = i;
		if (strlen(m.name) == len && len && memcmp(m.name, name, len) == 0)
			return true;
		if (!*m.name) {
			struct btf_type inner = btf_strip(t->btf, m.type);

			if (descend(&inner, name, len, path))
				return true;
		}
		path->len--;
	}
	return false;
}

/* "signal.pids": names of members, one within the other. */
static void take_member_path(lua_State *L, struct run *r, const char *s)
{
	struct btf_type t = r->in;

	r->path->len = 0;
	while (*s) {
		size_t len = strcspn(s, ".");
		uint32_t before = r->path->len;

		if (t.kind == BTF_PTR)
			luaL_error(L,
				   "a relocation cannot cross a pointer: it gives one offset, and "
				   "what stands before '%s' must be read first",
				   s);
		if (!descend(&t, s, len, r->path))
			luaL_error(L, "%s has no member '%s'", *t.name ? t.name : "the struct",
				   lua_pushlstring(L, s, len));
		for (; before < r->path->len; before++)
			t = btf_strip(t.btf, btf_member(&t, r->path->index[before]).type);
		s += len + (s[len] == '.');
	}
	if (r->path->len == 0)
		luaL_error(L, "an empty path names no member");
}

static void take_enumerator(lua_State *L, struct run *r, int answer)
{
	const struct handle *v = class_test(L, answer, &enumerator_class);

	if (!v)
		bad_answer(L, answer, "an enumerator or nil");
	else if (handle_type(L, v).id != r->in.id || handle_type(L, v).btf != r->in.btf)
		luaL_error(L, "the enumerator is not one of %s",
			   *r->in.name ? r->in.name : "the enum that is searched");
	else
		*r->found = v->index;
}

static void take_member(lua_State *L, struct run *r, int run, int answer)
{
	const struct handle *m = class_test(L, answer, &member_class);
	enum reason why = r->why;

	(void)run;
	r->why = REASON_NONE;
	if (lua_isnil(L, answer))
		r->why = why != REASON_NONE ? why
			 : r->enumerator    ? REASON_NO_ENUMVAL
					    : REASON_NO_FIELD;
	else if (r->enumerator)
		take_enumerator(L, r, answer);
	else if (m)
		take_member_handle(L, r, m);
	else if (lua_type(L, answer) == LUA_TSTRING)
		take_member_path(L, r, lua_tostring(L, answer));
	else
		bad_answer(L, answer, "a member, a path or nil");
}

/* compatible(want, have, default) -> boolean, why */

static int ask_compatible(lua_State *L, struct run *r, int run)
{
	push_run_type(L, r, run, r->pair.local_btf, r->pair.local_id);
	push_run_type(L, r, run, r->pair.target_btf, r->pair.target_id);
	return 2;
}

static void own_compatible(lua_State *L, struct run *r, int run)
{
	struct btf_type want = check_local_type(L, r, run + 1);
	struct btf_type have = check_target_type(L, r, run + 2);
	struct type_pair p = {want.btf, have.btf, want.id, have.id};

	r->why = (enum reason)default_compatible(r->what, p);
	lua_pushboolean(L, r->why == REASON_NONE);
	push_name(L, reason_name(r->why));
}

static void take_compatible(lua_State *L, struct run *r, int run, int answer)
{
	(void)run;
	if (!lua_isboolean(L, answer))
		bad_answer(L, answer, "a boolean");
	if (lua_toboolean(L, answer))
		r->why = REASON_NONE;
	else if (r->why == REASON_NONE)
		r->why = REASON_INCOMPATIBLE;
}

/* value(relo, spec, default) -> integer, or nil and "poison" or a reason code */

static int ask_value(lua_State *L, struct run *r, int run)
{
	push_run_relo(L, r, run);
	push_run_btf(L, r, run, r->spec->btf);
	lua_getiuservalue(L, run, RUN_OBJECT);
	push_free_spec(L, -1, -2, r->spec);
	lua_replace(L, -3);
	lua_pop(L, 1);
	return 2;
}

static void own_value(lua_State *L, struct run *r, int run)
{
	const struct spec *s = check_spec(L, run + 2);
	struct relo_value v;

	r->why = relo_calc(s, r->q->object->big_endian, &v);
	if (r->why == REASON_NONE)
		push_u64(L, v.value);
	else
		lua_pushnil(L);
	push_name(L, reason_name(r->why));
}

static void take_value(lua_State *L, struct run *r, int run, int answer)
{
	(void)run;
	/* Size and the check of the old value stay the engine's; a patch hook changes them. */
	r->why = relo_calc(r->spec, r->q->object->big_endian, r->value);
	if (lua_isinteger(L, answer)) {
		if (r->why != REASON_NONE)
			*r->value = (struct relo_value){.check = true};
		if (r->value->value != (uint64_t)lua_tointeger(L, answer))
			r->value->sign_extended = false;
		r->value->value = (uint64_t)lua_tointeger(L, answer);
		r->why = REASON_NONE;
	} else if (!lua_isnil(L, answer)) {
		bad_answer(L, answer, "an integer, or nil and a reason");
	} else if (lua_isstring(L, answer + 1) && !strcmp(lua_tostring(L, answer + 1), "poison")) {
		r->why = REASON_NONE;
		r->value->poison = true;
	} else {
		r->why = check_reason(L, answer + 1);
	}
}

/* choose(relo, results, default) -> one of the results, or nil */

static int ask_choose(lua_State *L, struct run *r, int run)
{
	push_run_relo(L, r, run);
	lua_createtable(L, (int)r->option_count, 0);
	for (size_t i = 0; i < r->option_count; i++) {
		const struct option *o = &r->options[i];

		lua_createtable(L, 0, 4);
		push_run_type(L, r, run, o->candidate.btf, o->candidate.id);
		lua_setfield(L, -2, "candidate");
		push_u64(L, o->value.value);
		lua_setfield(L, -2, "value");
		lua_pushinteger(L, o->spec->bit_offset);
		lua_setfield(L, -2, "bit_offset");
		lua_pushboolean(L, o->value.poison);
		lua_setfield(L, -2, "poison");
		lua_rawseti(L, -2, (lua_Integer)i + 1);
	}
	return 2;
}

static void own_choose(lua_State *L, struct run *r, int run)
{
	(void)r;
	(void)run;
	lua_pushnil(L);
	lua_pushnil(L);
}

static void take_choose(lua_State *L, struct run *r, int run, int answer)
{
	(void)run;
	r->chosen = (int)r->option_count;
	if (lua_isnil(L, answer))
		return;
	if (!lua_istable(L, answer))
		bad_answer(L, answer, "one of the results or nil");
	lua_getfield(L, answer, "candidate");
	for (size_t i = 0; class_test(L, -1, &type_class) && i < r->option_count; i++) {
		struct btf_type t = handle_type(L, lua_touserdata(L, -1));

		if (t.btf == r->options[i].candidate.btf && t.id == r->options[i].candidate.id)
			r->chosen = (int)i;
	}
	lua_pop(L, 1);
	if ((size_t)r->chosen == r->option_count)
		bad_answer(L, answer, "one of the results or nil");
}

/* missing(relo, target, default) -> "poison", "error" or an integer */

static void own_missing(lua_State *L, struct run *r, int run)
{
	uint64_t value;

	(void)run;
	if (relo_missing_value(r->q->local->kind, &value))
		push_u64(L, value);
	else
		lua_pushliteral(L, "poison");
	lua_pushnil(L);
}

static void take_missing(lua_State *L, struct run *r, int run, int answer)
{
	const char *word = lua_type(L, answer) == LUA_TSTRING ? lua_tostring(L, answer) : "";

	(void)run;
	if (lua_isinteger(L, answer)) {
		r->missing = MISSING_VALUE;
		*r->missing_value = (uint64_t)lua_tointeger(L, answer);
	} else if (strcmp(word, "poison") == 0) {
		r->missing = MISSING_POISON;
	} else if (strcmp(word, "error") == 0) {
		r->missing = MISSING_ERROR;
	} else {
		bad_answer(L, answer, "\"poison\", \"error\" or an integer");
	}
}

/* patch(relo, change, default) -> the instruction in hex, or nil and a reason code */

static void set_integer(lua_State *L, const char *key, lua_Integer v)
{
	lua_pushinteger(L, v);
	lua_setfield(L, -2, key);
}

static void set_boolean(lua_State *L, const char *key, bool v)
{
	lua_pushboolean(L, v);
	lua_setfield(L, -2, key);
}

static int ask_patch(lua_State *L, struct run *r, int run)
{
	const struct patch *p = r->patch;

	push_run_relo(L, r, run);
	lua_createtable(L, 0, 8);
	set_integer(L, "value", (lua_Integer)p->target);
	set_integer(L, "old", (lua_Integer)p->local);
	set_integer(L, "size", p->target_size);
	set_integer(L, "old_size", p->local_size);
	set_boolean(L, "check", p->check);
	set_boolean(L, "poison", p->poison);
	set_boolean(L, "resizable", !p->resize_forbidden);
	push_hex(L, r->insn, patch_length(r->insn, r->room));
	lua_setfield(L, -2, "insn");
	return 2;
}

static lua_Integer change_integer(lua_State *L, int change, const char *key)
{
	lua_Integer v;

	if (lua_getfield(L, change, key) != LUA_TNUMBER || !lua_isinteger(L, -1))
		luaL_error(L, "change.%s must be an integer", key);
	v = lua_tointeger(L, -1);
	lua_pop(L, 1);
	return v;
}

static bool change_flag(lua_State *L, int change, const char *key)
{
	bool v;

	lua_getfield(L, change, key);
	v = lua_toboolean(L, -1);
	lua_pop(L, 1);
	return v;
}

static void own_patch(lua_State *L, struct run *r, int run)
{
	int change = run + 2;
	uint8_t after[16];
	struct patch p;

	luaL_checktype(L, change, LUA_TTABLE);
	p.target = (uint64_t)change_integer(L, change, "value");
	p.local = (uint64_t)change_integer(L, change, "old");
	p.target_size = (uint32_t)change_integer(L, change, "size");
	p.local_size = (uint32_t)change_integer(L, change, "old_size");
	p.check = change_flag(L, change, "check");
	p.poison = change_flag(L, change, "poison");
	p.resize_forbidden = !change_flag(L, change, "resizable");
	r->patched =
	    (int)patch_insn(&p, r->insn, r->room, r->q->object->big_endian, after, &r->why);
	if (r->patched == REFUSED)
		lua_pushnil(L);
	else
		push_hex(L, after, patch_length(r->insn, r->room));
	push_name(L, reason_name(r->why));
}

static int hex_digit(char c)
{
	return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static void take_patch(lua_State *L, struct run *r, int run, int answer)
{
	size_t n = patch_length(r->insn, r->room), len = 0;
	const char *hex = lua_type(L, answer) == LUA_TSTRING ? lua_tolstring(L, answer, &len) : "";

	(void)run;
	if (lua_isnil(L, answer)) {
		r->patched = REFUSED;
		r->why = check_reason(L, answer + 1);
		return;
	}
	for (size_t i = 0; i < n && len == 2 * n; i++) {
		int high = hex_digit(hex[2 * i]), low = hex_digit(hex[2 * i + 1]);

		if (high < 0 || low < 0)
			len = 0;
		else
			r->after[i] = (uint8_t)(high << 4 | low);
	}
	if (len != 2 * n)
		luaL_error(L, "must return an instruction of %d hex digits, or nil and a reason",
			   (int)(2 * n));
	if (r->patched == REFUSED)
		r->patched = r->patch->poison ? POISONED : PATCHED;
	if (r->patched == PATCHED)
		r->why = REASON_NONE;
}

/* The table of all that. */

static const struct hook_class {
	int (*ask)(lua_State *L, struct run *r, int run);
	void (*own)(lua_State *L, struct run *r, int run);
	void (*take)(lua_State *L, struct run *r, int run, int answer);
} hooks[HOOK_COUNT] = {
    [HOOK_CANDIDATES] = {ask_relo_target, own_candidates, take_candidates},
    [HOOK_MEMBER] = {ask_member, own_member, take_member},
    [HOOK_COMPATIBLE] = {ask_compatible, own_compatible, take_compatible},
    [HOOK_VALUE] = {ask_value, own_value, take_value},
    [HOOK_CHOOSE] = {ask_choose, own_choose, take_choose},
    [HOOK_MISSING] = {ask_relo_target, own_missing, take_missing},
    [HOOK_PATCH] = {ask_patch, own_patch, take_patch},
};

int push_question(lua_State *L, struct run *r, int run)
{
	return hooks[r->hook].ask(L, r, run);
}

void push_default_answer(lua_State *L, struct run *r, int run)
{
	hooks[r->hook].own(L, r, run);
}

void take_answer(lua_State *L, struct run *r, int run, int answer)
{
	hooks[r->hook].take(L, r, run, answer);
}
