/* patch(relo, change, default) -> the instruction in hex, or nil and a reason code: what is about
 * to be done is a table that a function may change and hand to default, or it returns the bytes. */
#include "bind/policy/hook.h"

#include <string.h>

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

static void ask_patch(lua_State *L, const struct asked *a)
{
	const struct patch_asked *x = (const struct patch_asked *)a;
	const struct patch *p = &x->patch;

	push_asked_relo(L, a);
	lua_createtable(L, 0, 8);
	set_integer(L, "value", (lua_Integer)p->target);
	set_integer(L, "old", (lua_Integer)p->local);
	set_integer(L, "size", p->target_size);
	set_integer(L, "old_size", p->local_size);
	set_boolean(L, "check", p->check);
	set_boolean(L, "poison", p->poison);
	set_boolean(L, "resizable", !p->resize_forbidden);
	push_hex(L, x->insn, patch_length(x->insn, x->room));
	lua_setfield(L, -2, "insn");
}

static lua_Integer change_integer(lua_State *L, const char *key, bool strict)
{
	lua_Integer v;

	lua_getfield(L, AT_ARG + 1, key);
	if (strict && !lua_isinteger(L, -1))
		luaL_error(L, "change.%s must be an integer, not a %s value", key,
			   luaL_typename(L, -1));
	v = lua_isinteger(L, -1) ? lua_tointeger(L, -1) : 0;
	lua_pop(L, 1);
	return v;
}

static bool change_flag(lua_State *L, const char *key)
{
	bool v;

	lua_getfield(L, AT_ARG + 1, key);
	v = lua_toboolean(L, -1);
	lua_pop(L, 1);
	return v;
}

/* Where it is not strict, a field of a wrong type is 0. */
static void read_change(lua_State *L, struct patch *p, bool strict)
{
	p->target = (uint64_t)change_integer(L, "value", strict);
	p->local = (uint64_t)change_integer(L, "old", strict);
	p->target_size = (uint32_t)change_integer(L, "size", strict);
	p->local_size = (uint32_t)change_integer(L, "old_size", strict);
	p->check = change_flag(L, "check");
	p->poison = change_flag(L, "poison");
	p->resize_forbidden = !change_flag(L, "resizable");
}

static void plan_patch(lua_State *L)
{
	struct patch p = {0};
	uint64_t plan[4];

	if (lua_istable(L, AT_ARG + 1))
		read_change(L, &p, false);
	plan[0] = p.target;
	plan[1] = p.local;
	plan[2] = (uint64_t)p.target_size << 32 | p.local_size;
	plan[3] = (uint64_t)p.check << 2 | (uint64_t)p.poison << 1 | p.resize_forbidden;
	lua_pushlstring(L, (const char *)plan, sizeof(plan));
}

static void read_patch(lua_State *L, struct asked *a)
{
	read_relo(L, a);
	if (!lua_istable(L, AT_ARG + 1))
		bad_argument(L, AT_ARG + 1, "a change");
	read_change(L, &((struct patch_asked *)a)->patch, true);
}

static void tell_patch(lua_State *L, const struct asked *a)
{
	const struct patch_asked *x = (const struct patch_asked *)a;

	if (x->patched == REFUSED)
		lua_pushnil(L);
	else
		push_hex(L, x->after, patch_length(x->insn, x->room));
}

static void take_patch(lua_State *L, struct asked *a, int answer)
{
	struct patch_asked *x = (struct patch_asked *)a;
	size_t n = patch_length(x->insn, x->room), len = 0;
	const char *hex = lua_type(L, answer) == LUA_TSTRING ? lua_tolstring(L, answer, &len) : "";

	if (lua_isnil(L, answer)) {
		x->patched = REFUSED;
		memcpy(x->after, x->insn, n);
		a->reason = check_reason(L, answer);
		return;
	}
	if (len != 2 * n || !read_hex(hex, n, x->after))
		luaL_error(L, "must return an instruction of %d hex digits, or nil and a reason",
			   (int)(2 * n));
	if (x->patched == REFUSED) {
		x->patched = x->patch.poison ? POISONED : PATCHED;
		a->reason = REASON_NONE;
	}
	if (x->patched == PATCHED)
		a->reason = REASON_NONE;
}

const struct lua_hook patch_hook = {
    .name = "patch",
    .answers = "an instruction in hex, or nil and a reason",
    .ask = ask_patch,
    .read = read_patch,
    .tell = tell_patch,
    .take = take_patch,
    .refuses = is_no,
    .plan = plan_patch,
};
