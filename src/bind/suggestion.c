/*
 * suggestion: asks what a missing name has become; the answer is a list of tables,
 * which lua/btfl/successor/suggest.lua hands out one by one.
 */
#include "bind/classes.h"
#include "bind/suggestion.h"

#include "dataflow/registers.h"
#include "successor/pairs.h"
#include "successor/suggest.h"

static int answer_gc(lua_State *L)
{
	suggestions_free(lua_touserdata(L, 1));
	return 0;
}

static void set_text(lua_State *L, const char *field, const char *text)
{
	if (!text)
		return;
	lua_pushstring(L, text);
	lua_setfield(L, -2, field);
}

static void push_suggestion(lua_State *L, int target, const struct suggestion *s)
{
	lua_createtable(L, 0, 8);
	set_text(L, "successor", s->successor);
	set_text(L, "change", change_name(s->change));
	set_text(L, "evidence", s->evidence);
	set_text(L, "via", s->via);
	set_text(L, "flag", s->flag);
	if (s->mask) {
		lua_pushinteger(L, (lua_Integer)s->mask);
		lua_setfield(L, -2, "mask");
	}
	lua_pushnumber(L, s->score);
	lua_setfield(L, -2, "score");
	push_target_btf(L, target, s->btf);
	push_type(L, -1, s->type);
	lua_setfield(L, -3, "type");
	lua_pop(L, 1);
	lua_createtable(L, 0, 8);
	for (unsigned i = 0; i < SIGNAL_COUNT; i++) {
		if (!(s->signals[i] > 0))
			continue;
		lua_pushnumber(L, (lua_Number)s->signals[i]);
		lua_setfield(L, -2, signal_name((enum signal)i));
	}
	lua_setfield(L, -2, "signals");
}

/* The BTFs of the list at arg, which keeps them. */
static const struct btf **check_btfs(lua_State *L, int arg, size_t *count)
{
	const struct btf **list;

	luaL_checktype(L, arg, LUA_TTABLE);
	*count = lua_rawlen(L, arg);
	list = lua_newuserdatauv(L, (*count + 1) * sizeof(*list), 0);
	for (size_t i = 0; i < *count; i++) {
		lua_rawgeti(L, arg, (lua_Integer)i + 1);
		if (!class_test(L, -1, &btf_class))
			luaL_argerror(L, arg, "a list of btfs expected");
		list[i] = check_btf(L, lua_gettop(L));
		lua_pop(L, 1);
	}
	return list;
}

/* By enum suggest_about. */
static const char *const abouts[] = {"type", "func", "tracepoint", NULL};

static int kept_gc(lua_State *L)
{
	pairs_free(lua_touserdata(L, 1));
	return 0;
}

/* Under which the registry keeps what questions found out, one for all. */
static const char key;

static struct pairs *kept_pairs(lua_State *L)
{
	struct pairs *kept;

	if (lua_rawgetp(L, LUA_REGISTRYINDEX, &key) == LUA_TNIL) {
		lua_pop(L, 1);
		push_freed(L, sizeof(*kept), kept_gc);
		lua_pushvalue(L, -1);
		lua_rawsetp(L, LUA_REGISTRYINDEX, &key);
	}
	kept = lua_touserdata(L, -1);
	lua_pop(L, 1);
	return kept;
}

void suggestion_tidy(lua_State *L)
{
	if (lua_rawgetp(L, LUA_REGISTRYINDEX, &key) != LUA_TNIL)
		pairs_tidy(lua_touserdata(L, -1));
	lua_pop(L, 1);
}

/* engine.suggest(target, path, btfs, excerpt, least, about): see suggest_find(). */
int engine_suggest(lua_State *L)
{
	struct suggest_query q = {0};
	const struct target *t = check_target(L, 1);
	struct suggestions *answer;
	struct err e;

	q.path = check_cstring(L, 2);
	lua_settop(L, 6);
	q.about = (enum suggest_about)luaL_checkoption(L, 6, "type", abouts);
	q.least = luaL_optnumber(L, 5, 0);
	if (!lua_isnil(L, 4))
		q.excerpt = check_btf(L, 4);
	q.from = check_btfs(L, 3, &q.from_count);
	q.pairs = kept_pairs(L);
	answer = push_freed(L, sizeof(*answer), answer_gc);
	if (suggest_find(&q, t, answer, &e) < 0)
		return raise_err(L, &e);
	lua_createtable(L, (int)answer->count, 0);
	for (size_t i = 0; i < answer->count; i++) {
		push_suggestion(L, 1, &answer->items[i]);
		lua_rawseti(L, -2, (lua_Integer)i + 1);
	}
	lua_pushboolean(L, answer->known);
	return 2;
}

/* engine.registers(): for each architecture the members of pt_regs by enum register_role. */
int engine_registers(lua_State *L)
{
	lua_newtable(L);
	for (size_t i = 0; registers_known(i); i++) {
		lua_createtable(L, ROLE_COUNT, 0);
		for (unsigned role = 0; role < ROLE_COUNT; role++) {
			char place[REGISTER_PLACE_MAX];

			registers_place(i, (enum register_role)role, place);
			lua_pushstring(L, place);
			lua_rawseti(L, -2, (lua_Integer)role + 1);
		}
		lua_setfield(L, -2, registers_known(i));
	}
	return 1;
}
