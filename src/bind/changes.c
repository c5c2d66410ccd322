/*
 * changes: btfl.same(), btfl.changes() and btfl.diff(): what differs between two types, and between
 * two BTFs. What C finds is kept until Lua takes it, for nothing that raises may interrupt it.
 */
#include "compare/changes.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "bind/classes.h"
#include "compare/diff.h"

struct kept_change {
	struct change change; /* its path is not set */
	size_t path;          /* in the text */
};

struct change_list {
	struct kept_change *list;
	size_t count, cap, next;
	struct buf text;
	bool failed, one; /* only the first is wanted */
	unsigned turn[2]; /* of the two btfs */
};

static int list_gc(lua_State *L)
{
	struct change_list *l = lua_touserdata(L, 1);

	free(l->list);
	free(l->text.data);
	*l = (struct change_list){0};
	return 0;
}

static bool keep(void *ctx, const struct change *c)
{
	struct change_list *l = ctx;
	struct kept_change *list = l->list;

	if (l->count == l->cap)
		list = array_grow(l->list, &l->cap, l->count, sizeof(*list));
	if (list) {
		l->list = list;
		list[l->count++] = (struct kept_change){*c, l->text.len};
		buf_add(&l->text, c->path, strlen(c->path) + 1);
	}
	l->failed = !list || l->text.failed;
	return !l->failed && !l->one;
}

static bool option(lua_State *L, const char *name)
{
	bool on = lua_getfield(L, 3, name) == LUA_TNIL || lua_toboolean(L, -1);

	lua_pop(L, 1);
	return on;
}

static unsigned depth_option(lua_State *L)
{
	lua_Number depth;

	lua_getfield(L, 3, "depth");
	depth = luaL_optnumber(L, -1, 0);
	lua_pop(L, 1);
	if (!(depth >= 0))
		luaL_argerror(L, 3, "`depth` must not be negative");
	return depth > CHANGES_DEPTH_MOST ? CHANGES_DEPTH_MOST : (unsigned)depth;
}

static struct changes_options check_options(lua_State *L)
{
	static const char *const names[] = {"names", "layout", "depth", NULL};
	struct changes_options o = {0};

	if (lua_isnoneornil(L, 3))
		return o;
	luaL_checktype(L, 3, LUA_TTABLE);
	check_option_names(L, 3, 3, names);
	o.by_place = !option(L, "names");
	o.no_layout = !option(L, "layout");
	o.depth = depth_option(L);
	return o;
}

/* Compares the types at 1 and 2, and pushes what was found. */
static struct change_list *push_changes(lua_State *L, bool one)
{
	const struct handle *a = class_check(L, 1, &type_class);
	const struct handle *b = class_check(L, 2, &type_class);
	struct btf_type old = handle_type(L, a), new = handle_type(L, b);
	struct changes_options o = check_options(L);
	struct change_list *l = push_freed(L, sizeof(*l), list_gc);
	struct err e;

	l->one = one;
	l->turn[0] = a->owner->turn;
	l->turn[1] = b->owner->turn;
	if (changes_of(old.btf, old.id, new.btf, new.id, &o, keep, l, &e) < 0)
		raise_err(L, &e);
	if (l->failed)
		raise_memory(L);
	return l;
}

int engine_same(lua_State *L)
{
	const struct change_list *l = push_changes(L, true);

	lua_pushboolean(L, !l->count);
	if (!l->count)
		return 1;
	lua_pushstring(L, (const char *)l->text.data);
	lua_pushstring(L, changes_name(l->list[0].change.kind));
	return 3;
}

enum { UP_LIST = 1, UP_OLD, UP_NEW };

static void push_side_type(lua_State *L, int owner, bool present, uint32_t id)
{
	if (present)
		push_type(L, owner, id);
	else
		lua_pushnil(L);
}

/* What was and what is: types or numbers. Of enumerators that came or went, their values: they have
 * no type, as a field may not be of void. */
static void push_values(lua_State *L, const struct change *c)
{
	bool added = c->kind == CHANGE_ADDED, removed = c->kind == CHANGE_REMOVED;

	if (c->kind == CHANGE_RENAMED) {
		lua_pushnil(L);
		lua_pushstring(L, c->new_name);
	} else if (c->is_value && (added || removed)) {
		lua_pushnil(L);
		push_u64(L, added ? c->new : c->old);
		if (removed)
			lua_insert(L, -2);
	} else if (added || removed || c->kind == CHANGE_RETYPED) {
		push_side_type(L, lua_upvalueindex(UP_OLD), !added, c->old_type);
		push_side_type(L, lua_upvalueindex(UP_NEW), !removed, c->new_type);
	} else {
		push_u64(L, c->old);
		push_u64(L, c->new);
	}
}

/* Raises where one of the two is closed. */
static void check_sides(lua_State *L, const unsigned turn[2])
{
	owner_native_since(L, lua_touserdata(L, lua_upvalueindex(UP_OLD)), turn[0]);
	owner_native_since(L, lua_touserdata(L, lua_upvalueindex(UP_NEW)), turn[1]);
}

static int next_change(lua_State *L)
{
	struct change_list *l = lua_touserdata(L, lua_upvalueindex(UP_LIST));
	const struct kept_change *k;

	if (l->next == l->count) {
		lua_pushnil(L);
		return 1;
	}
	k = &l->list[l->next++];
	check_sides(L, l->turn);
	lua_pushstring(L, (const char *)l->text.data + k->path);
	lua_pushstring(L, changes_name(k->change.kind));
	push_values(L, &k->change);
	lua_pushboolean(L, k->change.core);
	return 5;
}

int engine_changes(lua_State *L)
{
	push_changes(L, false);
	lua_getiuservalue(L, 1, HANDLE_OWNER);
	lua_getiuservalue(L, 2, HANDLE_OWNER);
	lua_pushcclosure(L, next_change, 3);
	return 1;
}

struct diff_box {
	struct diff *diff;
	unsigned turn[2]; /* of the two btfs */
};

static int diff_gc(lua_State *L)
{
	struct diff_box *box = lua_touserdata(L, 1);

	diff_free(box->diff);
	box->diff = NULL;
	return 0;
}

static void push_id(lua_State *L, uint32_t id)
{
	if (id)
		lua_pushinteger(L, id);
	else
		lua_pushnil(L);
}

static int next_row(lua_State *L)
{
	static const char *const words[] = {"added", "removed", "changed"};
	const struct diff_box *box = lua_touserdata(L, lua_upvalueindex(UP_LIST));
	struct diff_row row;
	struct err e;
	int got;

	check_sides(L, box->turn);
	got = diff_next(box->diff, &row, &e);
	if (got < 0)
		return raise_err(L, &e);
	if (!got) {
		lua_pushnil(L);
		return 1;
	}
	lua_pushstring(L, btf_kind_name(row.kind));
	lua_pushstring(L, row.name);
	lua_pushstring(L, words[row.what]);
	push_id(L, row.old);
	push_id(L, row.new);
	return 5;
}

static void push_counts(lua_State *L, const struct diff *d)
{
	lua_newtable(L);
	for (unsigned kind = 0; kind < BTF_KIND_COUNT; kind++) {
		size_t n = diff_count(d, kind);

		if (!n)
			continue;
		lua_pushinteger(L, (lua_Integer)n);
		lua_setfield(L, -2, btf_kind_name(kind));
	}
}

int engine_diff(lua_State *L)
{
	const struct btf *old = check_btf(L, 1), *new = check_btf(L, 2);
	struct diff_box *box = push_freed(L, sizeof(*box), diff_gc);
	struct err e;

	for (int i = 0; i < 2; i++)
		box->turn[i] = ((struct owner *)lua_touserdata(L, 1 + i))->turn;
	box->diff = diff_new(old, new, &e);
	if (!box->diff)
		return raise_err(L, &e);
	lua_pushvalue(L, 1);
	lua_pushvalue(L, 2);
	lua_pushcclosure(L, next_row, 3);
	push_counts(L, box->diff);
	return 2;
}
