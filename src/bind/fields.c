/*
 * fields: type:fields(): the fields of a struct or union as C names them, those of anonymous
 * members among them, as plain values.
 */
#include "bind/classes.h"

enum { FIELDS_DEPTH = 32, FIELDS_STEPS = 1 << 20 };

struct fields_at {
	struct btf_type type;
	uint32_t next;
	uint64_t start; /* bits from the root */
};

struct fields_loop {
	struct fields_at at[FIELDS_DEPTH];
	int depth;
};

enum { UP_BTF = 1, UP_LOOP };

static int too_many(lua_State *L, const struct btf *b)
{
	struct err e;

	err_set(&e, ERR_LIMIT, b->name, NULL, ERR_NO_OFFSET,
		"anonymous members nest deeper than %d, or without end", FIELDS_DEPTH);
	return raise_err(L, &e);
}

/* The next member that has a name; false when there is none. */
static bool next_field(lua_State *L, const struct btf *b, struct fields_loop *l,
		       struct btf_member *m)
{
	/* Without a field there are as many steps as a hostile BTF likes. */
	for (uint32_t steps = 0; l->depth; steps++) {
		struct fields_at *f = &l->at[l->depth - 1];
		struct btf_type t;

		if (steps == FIELDS_STEPS)
			too_many(L, b);
		if (f->next == f->type.vlen) {
			l->depth--;
			continue;
		}
		*m = btf_member(&f->type, f->next++);
		if (*m->name)
			return true;
		t = btf_strip(b, m->type);
		if (!btf_is_composite(&t))
			continue; /* bits without a name */
		if (l->depth == FIELDS_DEPTH)
			too_many(L, b);
		l->at[l->depth++] = (struct fields_at){t, 0, f->start + m->bit_offset};
	}
	return false;
}

static int fields_next(lua_State *L)
{
	const struct btf *b = owner_native(L, lua_touserdata(L, lua_upvalueindex(UP_BTF)));
	struct fields_loop *l = lua_touserdata(L, lua_upvalueindex(UP_LOOP));
	struct btf_member m;

	if (!next_field(L, b, l, &m)) {
		lua_pushnil(L);
		return 1;
	}
	lua_pushstring(L, m.name);
	lua_pushinteger(L, (lua_Integer)(l->at[l->depth - 1].start + m.bit_offset));
	push_bit_size(L, b, &m);
	push_type(L, lua_upvalueindex(UP_BTF), m.type);
	lua_pushboolean(L, m.bit_size != 0);
	return 5;
}

int type_fields(lua_State *L)
{
	struct btf_type t = handle_type(L, class_check(L, 1, &type_class));
	struct fields_loop *l;

	t = btf_strip(t.btf, t.id);
	lua_getiuservalue(L, 1, HANDLE_OWNER);
	l = lua_newuserdatauv(L, sizeof(*l), 0);
	l->depth = btf_is_composite(&t);
	l->at[0] = (struct fields_at){t, 0, 0};
	lua_pushcclosure(L, fields_next, 2);
	return 1;
}
