/* fields: type:fields(): the fields of a struct or union as plain values. */
#include "bind/classes.h"
#include "format/btf_fields.h"

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
