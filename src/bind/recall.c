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
 * whether files beside it may tell more. Returns its number. */
int engine_recall_meet(lua_State *L)
{
	lua_pushinteger(L, recall_meet(recall_at(L, 1), check_target(L, 2), lua_toboolean(L, 3)));
	return 1;
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

/* (): whether somebody listens. */
int engine_recall_is_heard(lua_State *L)
{
	lua_pushboolean(L, asked_by != NULL);
	return 1;
}

/* What was asked in a part, as recall_again() takes it: the number of those whose it is, and
 * theirs. */
static void push_asked(lua_State *L, const uint32_t *list, size_t count)
{
	uint32_t number = asked_by->number;
	luaL_Buffer out;

	luaL_buffinit(L, &out);
	luaL_addlstring(&out, (const char *)&number, sizeof(number));
	luaL_addlstring(&out, list ? (const char *)list : "", count * sizeof(*list));
	luaL_pushresult(&out);
}

/* (f, ...): what f(...) returns, one value, and what it asked, which engine.recall_again() asks
 * again: nil when nobody listens, false for what no other kernel can be asked. */
int engine_recall_part(lua_State *L)
{
	uint32_t *list;
	size_t count;
	struct err e;
	int failed, rc;

	if (!asked_by) {
		lua_call(L, lua_gettop(L) - 1, 1);
		lua_pushnil(L);
		return 2;
	}
	if (asked_part_begin(&e) < 0)
		return raise_err(L, &e);
	failed = lua_pcall(L, lua_gettop(L) - 1, 1, 0);
	rc = asked_part_end(&list, &count, &e);
	if (failed || rc < 0) {
		free(list);
		return failed ? lua_error(L) : raise_err(L, &e);
	}
	if (rc == 0)
		push_asked(L, list, count);
	else
		lua_pushboolean(L, false);
	free(list);
	return 2;
}

/* (part): asks it again. Whether that could be done: not of what nobody heard, or others did. */
int engine_recall_again(lua_State *L)
{
	size_t len = 0;
	const char *part = lua_tolstring(L, 1, &len);
	uint32_t number = 0;

	if (len >= sizeof(number))
		memcpy(&number, part, sizeof(number));
	if (asked_by && lua_isboolean(L, 1))
		asked_all(NULL);
	else if (asked_by && number == asked_by->number)
		asked_again((const uint32_t *)(const void *)(part + sizeof(number)),
			    len / sizeof(number) - 1);
	else if (asked_by)
		part = NULL;
	lua_pushboolean(L, !asked_by || lua_isboolean(L, 1) || part);
	return 1;
}

/* Leaves out what is asked of relocations: what these became is asked by all that tells it. Returns
 * how many are left. */
static size_t without_results(const struct questions *q, uint32_t *list, size_t count)
{
	size_t kept = 0;

	for (size_t i = 0; i < count; i++)
		if (!asked_of_object(q->list[list[i]].kind))
			list[kept++] = list[i];
	return kept;
}

/* Calls the function below so many arguments, at the top, which gives one value. Pushes the
 * questions that it has asked; nil where that is false or nil, or one of them cannot be put to
 * another kernel. Those about relocations only where these were looked at before. */
static void listen(lua_State *L, struct recall *r, int args, bool relocated)
{
	struct err e;
	uint32_t *list;
	size_t count;
	int failed, rc;

	if (asked_listen(r->questions, r->target->btf, r->target->count, &e) < 0)
		raise_err(L, &e);
	failed = lua_pcall(L, args, 1, 0);
	rc = asked_stop(r->questions, &list, &count, &e);
	if (failed || rc < 0) {
		free(list);
		if (failed)
			lua_error(L);
		raise_err(L, &e);
	}
	if (rc == 0 && !relocated)
		count = without_results(r->questions, list, count);
	if (rc == 0 && lua_toboolean(L, -1))
		lua_pushlstring(L, list ? (const char *)list : "", count * sizeof(*list));
	else
		lua_pushnil(L);
	free(list);
}

/* (recall, object, target, f, relocated): calls f(), which asks the target for all that it finds of
 * the object. Returns the questions, as engine_recall_answers() takes them; nil when f() returned
 * false, or asked what no other kernel can be asked. With `relocated` they are besides what
 * engine_recall_relocate() gave. */
int engine_recall_listen(lua_State *L)
{
	lua_settop(L, 5);
	if (!lua_toboolean(L, 5))
		forget_resolutions(L, 2, 3);
	lua_pushvalue(L, 4);
	listen(L, recall_at(L, 1), 0, lua_toboolean(L, 5));
	return 1;
}

static int relocate(lua_State *L)
{
	lua_pushnil(L);
	push_resolution(L, 1, 2, 3);
	return 1;
}

/* (recall, object, target): relocates the object by libbpf's rules, for who asks next. Returns the
 * questions, and what came of it but for the numbers, 16 bytes: where that is the same, questions
 * that are asked afterwards tell all. Nothing where that cannot be told. */
int engine_recall_relocate(lua_State *L)
{
	const struct owner *o;
	struct digest d;
	struct err e;
	int rc = 1;

	lua_settop(L, 3);
	forget_resolutions(L, 2, 3);
	lua_pushcfunction(L, relocate);
	lua_pushvalue(L, 2);
	lua_pushvalue(L, 3);
	listen(L, recall_at(L, 1), 2, false);
	o = lua_touserdata(L, -2);
	if (!lua_isnil(L, -1))
		rc = recall_relocated(recall_at(L, 1), o->native, &d, &e);
	if (rc < 0)
		return raise_err(L, &e);
	if (rc == 0) {
		lua_pushlstring(L, (const char *)&d, sizeof(d));
		return 2;
	}
	forget_resolutions(L, 2, 3);
	return 0;
}

/* (recall, relocating, besides): both, each once, without what relocating tells by the first: what
 * relocations became, and, where nothing goes by them, the ids that they put into instructions. */
int engine_recall_join(lua_State *L)
{
	struct recall *r = recall_at(L, 1);
	size_t count[2], at[2] = {0};
	const uint32_t *list[2] = {NULL};
	luaL_Buffer out;
	bool ids;

	for (int i = 0; i < 2; i++) {
		list[i] = (const uint32_t *)(const void *)luaL_checklstring(L, i + 2, &count[i]);
		count[i] /= sizeof(**list);
	}
	ids = recall_goes_by_ids(r, list[1], count[1]);
	luaL_buffinit(L, &out);
	while (at[0] < count[0] || at[1] < count[1]) {
		uint32_t next = UINT32_MAX;
		bool has[2];
		enum asked_kind kind;

		for (int i = 0; i < 2; i++)
			if (at[i] < count[i] && list[i][at[i]] < next)
				next = list[i][at[i]];
		for (int i = 0; i < 2; i++) {
			has[i] = at[i] < count[i] && list[i][at[i]] == next;
			at[i] += has[i];
		}
		kind = r->questions->list[next].kind;
		if (!asked_of_object(kind) && (ids || has[1] || kind != ASKED_IDS))
			luaL_addlstring(&out, (const char *)&next, sizeof(next));
	}
	luaL_pushresult(&out);
	return 1;
}

/* (recall, questions, relocated): what the kernel of now answers to them, 16 bytes; nil for what
 * cannot be told. `relocated` when engine_recall_relocate() was asked for the object before. */
int engine_recall_answers(lua_State *L)
{
	size_t len;
	const char *list = luaL_checklstring(L, 2, &len);
	struct digest d;
	struct err e;
	int rc =
	    recall_answers(recall_at(L, 1), lua_toboolean(L, 3),
			   (const uint32_t *)(const void *)list, len / sizeof(uint32_t), &d, &e);

	if (rc < 0)
		return raise_err(L, &e);
	if (rc == 0)
		lua_pushlstring(L, (const char *)&d, sizeof(d));
	else
		lua_pushnil(L);
	return 1;
}

/* (recall, questions, since): whether the kernel of now answers to them as that number did, which
 * engine.recall_answers() has told of it. They are not about what relocations became. */
int engine_recall_unchanged(lua_State *L)
{
	size_t len;
	const char *list = luaL_checklstring(L, 2, &len);
	struct err e;
	int rc = recall_unchanged(recall_at(L, 1), (uint32_t)luaL_checkinteger(L, 3),
				  (const uint32_t *)(const void *)list, len / sizeof(uint32_t), &e);

	if (rc < 0)
		return raise_err(L, &e);
	lua_pushboolean(L, rc);
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
