/*
 * recall: for lua/btfl/recall/: what is asked of a kernel while something is found out, and what it
 * and others answer to that.
 */
#include "verify/recall.h"

#include <stdlib.h>
#include <string.h>

#include "bind/classes.h"

struct recall_box {
	struct recall *recall;
};

static int free_box(lua_State *L)
{
	struct recall_box *x = lua_touserdata(L, 1);

	recall_free(x->recall);
	x->recall = NULL;
	return 0;
}

static struct recall *recall_at(lua_State *L, int idx)
{
	return ((struct recall_box *)lua_touserdata(L, idx))->recall;
}

/* (): what is remembered of a run. */
int engine_recall_new(lua_State *L)
{
	struct recall_box *x = push_freed(L, sizeof(*x), free_box);
	struct err e;

	return recall_new(&x->recall, &e) < 0 ? raise_err(L, &e) : 1;
}

/* (recall, target, files): the kernel that is asked from now on, whatever was answered before, and
 * whether files beside it may tell more. */
int engine_recall_meet(lua_State *L)
{
	recall_meet(recall_at(L, 1), check_target(L, 2), lua_toboolean(L, 3));
	return 0;
}

/* (): what is found now depends on what no other kernel can be asked. */
int engine_recall_nothing(lua_State *L)
{
	(void)L;
	asked_all(NULL);
	return 0;
}

/* (f, ...): what f(...) returns, one value, of which nobody hears what it asks: it decides nothing
 * that is found. */
int engine_recall_unheard(lua_State *L)
{
	struct questions *heard_by = asked_pause();
	int failed = lua_pcall(L, lua_gettop(L) - 1, 1, 0);

	asked_go_on(heard_by);
	return failed ? lua_error(L) : 1;
}

/* (recall, object, target, f): calls f(), which asks the target for all that it finds of the
 * object. Returns the questions, as engine_recall_answers() takes them; nil when f() returned
 * false, or asked what no other kernel can be asked. */
int engine_recall_listen(lua_State *L)
{
	struct recall *r = recall_at(L, 1);
	struct err e;
	uint32_t *list;
	size_t count;
	int failed, rc;

	lua_settop(L, 4);
	forget_resolutions(L, 2, 3);
	if (asked_listen(r->questions, r->target->btf, r->target->count, &e) < 0)
		return raise_err(L, &e);
	failed = lua_pcall(L, 0, 1, 0);
	rc = asked_stop(r->questions, &list, &count, &e);
	if (failed || rc < 0) {
		free(list);
		return failed ? lua_error(L) : raise_err(L, &e);
	}
	if (rc == 0 && lua_toboolean(L, -1))
		lua_pushlstring(L, list ? (const char *)list : "", count * sizeof(*list));
	else
		lua_pushnil(L);
	free(list);
	return 1;
}

/* (recall, questions): what the kernel of now answers to them, 16 bytes; nil for what cannot be
 * told. */
int engine_recall_answers(lua_State *L)
{
	size_t len;
	const char *list = luaL_checklstring(L, 2, &len);
	struct digest d;
	struct err e;
	int rc = recall_answers(recall_at(L, 1), (const uint32_t *)(const void *)list,
				len / sizeof(uint32_t), &d, &e);

	if (rc < 0)
		return raise_err(L, &e);
	if (rc == 0)
		lua_pushlstring(L, (const char *)&d, sizeof(d));
	else
		lua_pushnil(L);
	return 1;
}

/* How a question stands in a file, before its text. */
struct spelled {
	uint32_t kind, number, len;
};

/* (recall, questions): the same for another run, as engine_recall_read() takes it. */
int engine_recall_spell(lua_State *L)
{
	const struct questions *q = recall_at(L, 1)->questions;
	size_t len;
	const char *list = luaL_checklstring(L, 2, &len);
	luaL_Buffer out;

	luaL_buffinit(L, &out);
	for (size_t i = 0; i < len / sizeof(uint32_t); i++) {
		const struct asked_what *x = &q->list[((const uint32_t *)(const void *)list)[i]];
		struct spelled s = {x->kind, x->number, (uint32_t)x->len};

		luaL_addlstring(&out, (const char *)&s, sizeof(s));
		luaL_addlstring(&out, x->text, x->len);
	}
	luaL_pushresult(&out);
	return 1;
}

static int by_number(const void *x, const void *y)
{
	uint32_t a = *(const uint32_t *)x, b = *(const uint32_t *)y;

	return (a > b) - (a < b);
}

/* Takes a question off the front of the text; false where none stands there. */
static bool take_question(const char **at, const char *end, struct asked_what *out)
{
	struct spelled s;

	if ((size_t)(end - *at) < sizeof(s))
		return false;
	memcpy(&s, *at, sizeof(s));
	*at += sizeof(s);
	if (s.len > (size_t)(end - *at) || s.kind >= ASKED_KINDS)
		return false;
	*out = (struct asked_what){(enum asked_kind)s.kind, s.number, *at, s.len, 0, 0};
	*at += s.len;
	return recall_can_ask(out);
}

/* (recall, spelled): the questions, as engine_recall_answers() takes them; nil for bytes that spell
 * none. */
int engine_recall_read(lua_State *L)
{
	struct questions *q = recall_at(L, 1)->questions;
	size_t len, count = 0;
	const char *at = luaL_checklstring(L, 2, &len), *end = at + len;
	uint32_t *list = lua_newuserdatauv(L, len / sizeof(struct spelled) * sizeof(*list) + 1, 0);
	struct asked_what want;
	struct err e;

	while (at < end) {
		if (!take_question(&at, end, &want)) {
			lua_pushnil(L);
			return 1;
		}
		if (questions_number(q, &want, &list[count++], &e) < 0)
			return raise_err(L, &e);
	}
	if (count)
		qsort(list, count, sizeof(*list), by_number);
	lua_pushlstring(L, (const char *)list, count * sizeof(*list));
	return 1;
}
