/*
 * hook_parts: what the hooks share; see hook_parts.h.
 */
#include "bind/hooks.h"

#include <string.h>

/* Which of the two BTFs that are kept in the run b is: the object's, vmlinux, or -1. */
static int kept_side(const struct run *r, const struct btf *b)
{
	return b == r->q->object->btf ? 0 : b == r->q->target->btf[0] ? 1 : -1;
}

/* Keeps the BTF at the top of the stack and its cache of handles. */
static void keep_btf(lua_State *L, struct run *r, int run, int side)
{
	lua_pushvalue(L, -1);
	lua_setiuservalue(L, run, RUN_OBJECT_BTF + side);
	push_cache(L, -1);
	lua_setiuservalue(L, run, RUN_OBJECT_CACHE + side);
	r->kept[side] = lua_touserdata(L, -1);
}

void push_run_btf(lua_State *L, struct run *r, int run, const struct btf *b)
{
	int side = kept_side(r, b);

	if (side >= 0 && r->kept[side]) {
		lua_getiuservalue(L, run, RUN_OBJECT_BTF + side);
		return;
	}
	lua_getiuservalue(L, run, side == 0 ? RUN_OBJECT : RUN_TARGET);
	if (side == 0)
		push_object_btf(L, -1);
	else
		push_target_btf(L, -1, b);
	lua_replace(L, -2);
	if (side >= 0)
		keep_btf(L, r, run, side);
}

void push_run_element(lua_State *L, struct run *r, int run, const struct class *c,
		      const struct btf_type *t, uint32_t index)
{
	int side = kept_side(r, t->btf);

	if (side >= 0 && r->kept[side] && r->kept[side]->native) {
		lua_getiuservalue(L, run, RUN_OBJECT_CACHE + side);
		if (handle_cached(L, -1, c, t->id, index)) {
			lua_replace(L, -2);
			return;
		}
		lua_pop(L, 1);
	}
	push_run_btf(L, r, run, t->btf);
	owner_native(L, lua_touserdata(L, -1));
	handle_push(L, -1, c, t->id, index);
	lua_replace(L, -2);
}

void push_run_type(lua_State *L, struct run *r, int run, const struct btf *b, uint32_t id)
{
	push_run_btf(L, r, run, b);
	push_type(L, -1, id);
	lua_replace(L, -2);
}

void push_run_relo(lua_State *L, const struct run *r, int run)
{
	lua_getiuservalue(L, run, RUN_OBJECT);
	push_part(L, -1, &relo_class, r->q->relo);
	lua_replace(L, -2);
}

/* What an error calls the value at idx: a class of ours by its name. */
static const char *type_called(lua_State *L, int idx)
{
	if (luaL_getmetafield(L, idx, "__name") == LUA_TSTRING)
		return lua_tostring(L, -1);
	return luaL_typename(L, idx);
}

int bad_answer(lua_State *L, const struct run *r, int answer)
{
	return luaL_error(L, "must return %s, not a %s value", hook_answers(r),
			  type_called(L, answer));
}

int bad_argument(lua_State *L, int idx, const char *expected)
{
	return luaL_error(L, "default takes %s, not a %s value", expected, type_called(L, idx));
}

bool is_word(lua_State *L, int idx, const char *word)
{
	return lua_type(L, idx) == LUA_TSTRING && strcmp(lua_tostring(L, idx), word) == 0;
}

bool is_poison(lua_State *L, enum hook hook, int answer)
{
	return hook == HOOK_VALUE && lua_isnil(L, answer) && is_word(L, answer + 1, "poison");
}

enum reason find_reason(lua_State *L, int idx)
{
	const char *name = lua_type(L, idx) == LUA_TSTRING ? lua_tostring(L, idx) : "";

	for (int r = REASON_NONE + 1; r < REASON_COUNT; r++)
		if (strcmp(reason_name((enum reason)r), name) == 0)
			return (enum reason)r;
	return REASON_NONE;
}

enum reason check_reason(lua_State *L, int answer)
{
	enum reason r = find_reason(L, answer + 1);

	if (r == REASON_NONE && lua_isnil(L, answer + 2))
		luaL_error(L, "returns nil alone: a reason code goes with it, such as "
			      "'unsupported'");
	if (r == REASON_NONE)
		luaL_error(L, "'%s' is no reason code (nil goes with one, such as 'unsupported')",
			   lua_tostring(L, answer + 2));
	return r;
}

enum reason refusal(lua_State *L, int answer, enum reason given, enum reason usual)
{
	enum reason r = find_reason(L, answer + 1);

	return r != REASON_NONE ? r : given != REASON_NONE ? given : usual;
}

bool is_target_btf(const struct target *t, const struct btf *b)
{
	for (size_t i = 0; i < t->count; i++)
		for (const struct btf *own = t->btf[i]; own; own = own->base)
			if (own == b)
				return true;
	return false;
}

static struct btf_type check_type_of(lua_State *L, int idx)
{
	const struct handle *h = class_test(L, idx, &type_class);
	struct btf_type none = {0};

	if (h)
		return handle_type(L, h);
	bad_argument(L, idx, "a btfl.type");
	return none;
}

struct btf_type check_target_type(lua_State *L, const struct run *r, int idx)
{
	struct btf_type t = check_type_of(L, idx);

	if (!is_target_btf(r->q->target, t.btf))
		luaL_error(L, "[%d] %s is a type of %s, not of the target", (int)t.id,
			   *t.name ? t.name : btf_kind_name(t.kind), t.btf->name);
	return t;
}

struct btf_type check_local_type(lua_State *L, const struct run *r, int idx)
{
	struct btf_type t = check_type_of(L, idx);

	if (t.btf != r->q->object->btf)
		luaL_error(L, "[%d] %s is not a type of the object", (int)t.id,
			   *t.name ? t.name : btf_kind_name(t.kind));
	return t;
}

void check_own_relo(lua_State *L, const struct run *r, int idx)
{
	const struct handle *h = class_test(L, idx, &relo_class);

	if (!h || h->owner != r->object || h->id != r->q->relo)
		luaL_error(L, "default is asked for the relocation at hand only");
}
