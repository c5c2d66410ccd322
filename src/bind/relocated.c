/* relocated: engine.relocate(object, target, options, keep, forced): an object as a loader makes of
 * it. */
#include "bind/policy/policy.h"
#include "write/relocated.h"

static bool is_whole(const struct resolution *r)
{
	for (size_t i = 0; i < r->object->relo_count; i++)
		if (r->results[i].status == STATUS_ERROR && !r->results[i].relocated)
			return false;
	return true;
}

/* Gives the bytes, nil where a relocation is an error, and an iterator over the results. */
int engine_relocate(lua_State *L)
{
	const struct object *o = check_object(L, 1);
	bool keep = lua_toboolean(L, 4), forced = lua_toboolean(L, 5);
	enum { OBJECT = 1, TARGET, OPTIONS, POLICY, RESOLUTION };
	const struct resolution *r;
	size_t len = o->elf->input->len;
	struct err e;
	uint8_t *out;

	check_target(L, TARGET);
	lua_settop(L, OPTIONS);
	push_policy(L, OPTIONS);
	if (forced)
		push_forced(L, OBJECT, TARGET, POLICY);
	else
		push_resolution(L, OBJECT, TARGET, POLICY);
	r = owner_native(L, lua_touserdata(L, RESOLUTION));
	if (is_whole(r)) {
		out = lua_newuserdatauv(L, len, 0);
		if (relocated_write(r, keep, out, &e) < 0)
			return raise_err(L, &e);
		lua_pushlstring(L, (const char *)out, len);
	} else {
		lua_pushnil(L);
	}
	push_results(L, RESOLUTION);
	return 2;
}
