/* attempt: the Lua class btfl.attempt: a candidate that was tried. Its handle's id is the attempt,
 * its index the relocation. */
#include "bind/classes.h"

static const struct attempt *attempt_of(lua_State *L, const struct handle *h)
{
	return &handle_resolution(L, h)->attempts[h->id];
}

static int push_target_type(lua_State *L, const struct btf *b, uint32_t id)
{
	push_result_side(L, 1, RESOLUTION_TARGET);
	push_target_btf(L, -1, b);
	push_type(L, -1, id);
	return 1;
}

static int get_candidate(lua_State *L, const void *self)
{
	const struct attempt *a = attempt_of(L, self);

	return push_target_type(L, a->candidate.btf, a->candidate.id);
}

static int get_ok(lua_State *L, const void *self)
{
	lua_pushboolean(L, attempt_of(L, self)->reason == REASON_NONE);
	return 1;
}

static int get_reason(lua_State *L, const void *self)
{
	push_name(L, reason_name(attempt_of(L, self)->reason));
	return 1;
}

/* Nothing failed in an attempt that matched: it has no step and no pair of types. */
static const struct attempt *failed_attempt(lua_State *L, const struct handle *h)
{
	const struct attempt *a = attempt_of(L, h);

	if (a->reason != REASON_NONE)
		return a;
	lua_pushnil(L);
	return NULL;
}

static int get_step(lua_State *L, const void *self)
{
	const struct attempt *a = failed_attempt(L, self);

	if (a)
		lua_pushinteger(L, a->step);
	return 1;
}

static int get_want(lua_State *L, const void *self)
{
	const struct attempt *a = failed_attempt(L, self);

	if (!a)
		return 1;
	push_result_side(L, 1, RESOLUTION_OBJECT);
	push_object_btf(L, -1);
	push_type(L, -1, a->local_id);
	return 1;
}

static int get_have(lua_State *L, const void *self)
{
	const struct attempt *a = failed_attempt(L, self);

	return a ? push_target_type(L, a->candidate.btf, a->target_id) : 1;
}

static int get_result(lua_State *L, const void *self)
{
	const struct handle *h = self;

	attempt_of(L, h);
	lua_getiuservalue(L, 1, HANDLE_OWNER);
	handle_push(L, -1, &result_class, h->index, 0);
	return 1;
}

static int attempt_refusal(lua_State *L)
{
	const struct handle *h = class_check(L, 1, &attempt_class);

	return push_decision(L, h->index, attempt_of(L, h)->decision);
}

static const struct field fields[] = {
    {"candidate", get_candidate}, {"ok", get_ok},     {"reason", get_reason}, {"step", get_step},
    {"want", get_want},           {"have", get_have}, {"result", get_result}, {NULL, NULL},
};

static const luaL_Reg methods[] = {{"refusal", attempt_refusal}, {NULL, NULL}};

const struct class attempt_class = {"btfl.attempt", TAG_ATTEMPT, fields, methods, NULL, NULL};
