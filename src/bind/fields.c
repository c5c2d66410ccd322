/*
 * fields: type:fields(), the fields of a struct or union as plain values, all of them at once for
 * lua/btfl/diagnose/instead.lua, and for lua/btfl/arguments/fits.lua what it starts with.
 */
#include "bind/classes.h"
#include "format/btf_fields.h"
#include "format/btf_starts.h"

enum { UP_BTF = 1, UP_LOOP };

struct fields_loop {
	unsigned turn; /* of the btf */
	struct btf_fields fields;
};

static int fields_next(lua_State *L)
{
	struct fields_loop *l = lua_touserdata(L, lua_upvalueindex(UP_LOOP));
	struct btf_fields *f = &l->fields;
	struct btf_field field;
	struct err e;
	int got;

	owner_native_since(L, lua_touserdata(L, lua_upvalueindex(UP_BTF)), l->turn);
	got = btf_fields_next(f, &field, &e);
	if (got < 0)
		return raise_err(L, &e);
	if (!got) {
		lua_pushnil(L);
		return 1;
	}
	lua_pushstring(L, field.member.name);
	lua_pushinteger(L, (lua_Integer)field.bit_offset);
	push_bit_size(L, f->btf, &field.member);
	push_type(L, lua_upvalueindex(UP_BTF), field.member.type);
	lua_pushboolean(L, field.member.bit_size != 0);
	return 5;
}

int type_fields(lua_State *L)
{
	const struct handle *h = class_check(L, 1, &type_class);
	struct btf_type t = handle_type(L, h);
	struct fields_loop *l;

	lua_getiuservalue(L, 1, HANDLE_OWNER);
	l = lua_newuserdatauv(L, sizeof(*l), 0);
	l->turn = h->owner->turn;
	btf_fields_start(&l->fields, t.btf, t.id);
	lua_pushcclosure(L, fields_next, 2);
	return 1;
}

int engine_starts_with(lua_State *L)
{
	const struct handle *h = class_check(L, 1, &type_class);
	size_t len;
	const char *name = luaL_checklstring(L, 2, &len);

	lua_pushboolean(L, btf_starts_with(owner_native(L, h->owner), h->id, name, len));
	return 1;
}

/* What engine_members_inline() has on the stack, the type at 1. */
enum { WITH_TYPES = 2, OF_BTF, NAMES, FIRSTS, SIZES, TYPES, BITFIELDS };

/* Members looked at, and how deep: a hostile struct may contain the same one over and over. */
enum { MOST_INLINE = 8192, DEEPEST_INLINE = 16 };

struct inlined {
	const struct btf *btf;
	int looked_at;
	lua_Integer count;
	bool with_types;
};

static void add_inline(lua_State *L, struct inlined *x, const struct btf_member *m, uint64_t at)
{
	lua_Integer n = ++x->count;

	lua_pushstring(L, m->name);
	lua_rawseti(L, NAMES, n);
	lua_pushinteger(L, (lua_Integer)at);
	lua_rawseti(L, FIRSTS, n);
	push_bit_size(L, x->btf, m);
	lua_pushinteger(L, lua_tointeger(L, -1));
	lua_rawseti(L, SIZES, n);
	lua_pop(L, 1);
	if (!x->with_types)
		return;
	push_type(L, OF_BTF, m->type);
	lua_rawseti(L, TYPES, n);
	lua_pushboolean(L, m->bit_size != 0);
	lua_rawseti(L, BITFIELDS, n);
}

static void add_members(lua_State *L, struct inlined *x, const struct btf_type *t, uint64_t base,
			int depth)
{
	if (!btf_is_composite(t))
		return;
	for (uint32_t i = 0; i < t->vlen; i++) {
		struct btf_member m = btf_member(t, i);
		struct btf_type inner;

		if (++x->looked_at > MOST_INLINE)
			return;
		if (*m.name) {
			add_inline(L, x, &m, base + m.bit_offset);
		} else if (depth < DEEPEST_INLINE) {
			inner = btf_strip(x->btf, m.type);
			add_members(L, x, &inner, base + m.bit_offset, depth + 1);
		}
	}
}

int engine_members_inline(lua_State *L)
{
	struct btf_type t = handle_type(L, class_check(L, 1, &type_class));
	struct inlined x = {.btf = t.btf, .with_types = lua_toboolean(L, WITH_TYPES)};
	int room = !btf_is_composite(&t) ? 0 : t.vlen < MOST_INLINE ? (int)t.vlen : MOST_INLINE;

	lua_settop(L, WITH_TYPES);
	lua_getiuservalue(L, 1, HANDLE_OWNER);
	for (int i = NAMES; i <= BITFIELDS; i++)
		lua_createtable(L, i < TYPES || x.with_types ? room : 0, 0);
	add_members(L, &x, &t, 0, 0);
	return BITFIELDS - OF_BTF;
}
