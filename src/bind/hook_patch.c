/*
 * hook_patch: the hook that writes the instruction: what is about to be done to it is a table that
 * a policy may change and hand to default, or it returns the bytes itself.
 */
#include "bind/hook_parts.h"

#include <string.h>

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

void ask_patch(lua_State *L, struct run *r, int run)
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
}

static lua_Integer change_integer(lua_State *L, int change, const char *key, bool strict)
{
	lua_Integer v;

	lua_getfield(L, change, key);
	if (strict && !lua_isinteger(L, -1))
		luaL_error(L, "change.%s must be an integer, not a %s value", key,
			   luaL_typename(L, -1));
	v = lua_isinteger(L, -1) ? lua_tointeger(L, -1) : 0;
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

static void read_fields(lua_State *L, int change, struct patch *p, bool strict)
{
	p->target = (uint64_t)change_integer(L, change, "value", strict);
	p->local = (uint64_t)change_integer(L, change, "old", strict);
	p->target_size = (uint32_t)change_integer(L, change, "size", strict);
	p->local_size = (uint32_t)change_integer(L, change, "old_size", strict);
	p->check = change_flag(L, change, "check");
	p->poison = change_flag(L, change, "poison");
	p->resize_forbidden = !change_flag(L, change, "resizable");
}

void read_change(lua_State *L, int idx, struct patch *p)
{
	*p = (struct patch){0};
	if (lua_istable(L, idx))
		read_fields(L, idx, p, false);
}

void own_patch(lua_State *L, struct run *r, int run)
{
	int change = run + 2;
	uint8_t after[16];
	struct patch p;

	check_own_relo(L, r, run + 1);
	if (!lua_istable(L, change))
		bad_argument(L, change, "a change");
	read_fields(L, change, &p, true);
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
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

void take_patch(lua_State *L, struct run *r, int run, int answer)
{
	size_t n = patch_length(r->insn, r->room), len = 0;
	const char *hex = lua_type(L, answer) == LUA_TSTRING ? lua_tolstring(L, answer, &len) : "";

	(void)run;
	if (lua_isnil(L, answer)) {
		r->patched = REFUSED;
		r->why = check_reason(L, answer);
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
	if (r->patched == REFUSED) {
		r->patched = r->patch->poison ? POISONED : PATCHED;
		r->why = REASON_NONE;
	}
	if (r->patched == PATCHED)
		r->why = REASON_NONE;
}
