/*
 * scan: btf:scan(), btf:scan_members(), btf:functions() and btf:places(): everything there is in a
 * BTF as plain values. No handle is made, which is what a loop over types() and members() mostly
 * costs.
 */
#include <string.h>

#include "bind/classes.h"
#include "format/btf_kfuncs.h"

struct scan {
	struct btf_type type; /* the last that was given, or whose members are */
	int kind;             /* that is asked for; -1 for any */
	const char *part;     /* of names that are asked for; NULL for any */
	uint32_t next;        /* member of it */
	unsigned turn;        /* of the btf */
	uint8_t bits[];       /* of btf_mark_names(), where there is a part */
};

enum { UP_BTF = 1, UP_SCAN, UP_KINDS, UP_PART, UP_NAME = UP_KINDS };

static const struct btf *scanned(lua_State *L, struct scan **s)
{
	*s = lua_touserdata(L, lua_upvalueindex(UP_SCAN));
	return owner_native_since(L, lua_touserdata(L, lua_upvalueindex(UP_BTF)), (*s)->turn);
}

static void push_scan(lua_State *L, int kind, const struct btf *b, const char *part)
{
	size_t more = part ? b->strings_len / 8 + 1 : 0;
	struct scan *s;

	lua_pushvalue(L, 1);
	s = lua_newuserdatauv(L, sizeof(*s) + more, 0);
	memset(s, 0, sizeof(*s) + more);
	s->kind = kind;
	s->turn = ((struct owner *)lua_touserdata(L, 1))->turn;
	s->part = part;
	if (part)
		btf_mark_names(b, part, s->bits);
}

static int next_type(lua_State *L)
{
	struct scan *s;
	const struct btf *b = scanned(L, &s);
	bool found = s->part ? btf_next_with(b, &s->type, s->kind, s->part, s->bits)
			     : btf_next(b, &s->type, s->kind);

	if (!found) {
		lua_pushnil(L);
		return 1;
	}
	lua_pushinteger(L, s->type.id);
	if (s->type.kind < BTF_KIND_COUNT)
		lua_rawgeti(L, lua_upvalueindex(UP_KINDS), s->type.kind);
	else
		lua_pushstring(L, btf_kind_name(s->type.kind));
	push_name(L, s->type.name);
	/* A func has its linkage there. */
	lua_pushinteger(L, b->shape[s->type.kind].each ? s->type.vlen : 0);
	return 4;
}

int btf_scan_method(lua_State *L)
{
	const char *part = lua_isnoneornil(L, 3) ? NULL : check_cstring(L, 3);
	const struct btf *b = check_btf(L, 1);

	lua_settop(L, 3);
	push_scan(L, check_kind(L, 2), b, part && *part ? part : NULL);
	lua_createtable(L, BTF_KIND_COUNT, 1);
	for (int k = 0; k < BTF_KIND_COUNT; k++) {
		lua_pushstring(L, btf_kind_name((unsigned)k));
		lua_rawseti(L, -2, k);
	}
	lua_pushvalue(L, 3);
	lua_pushcclosure(L, next_type, 4);
	return 1;
}

/* The next member of that name (NULL for any); false when there is none. */
static bool next_named(const struct btf *b, struct scan *s, const char *name, struct btf_member *m)
{
	for (;;) {
		if (!btf_is_composite(&s->type) || s->next == s->type.vlen) {
			s->next = 0;
			if (!btf_next(b, &s->type, -1))
				return false;
			continue;
		}
		*m = btf_member(&s->type, s->next++);
		if (!name || strcmp(m->name, name) == 0)
			return true;
	}
}

static int next_member(lua_State *L)
{
	struct scan *s;
	const struct btf *b = scanned(L, &s);
	struct btf_member m;
	bool found = next_named(b, s, lua_tostring(L, lua_upvalueindex(UP_NAME)), &m);

	if (!found) {
		lua_pushnil(L);
		return 1;
	}
	lua_pushinteger(L, s->type.id);
	lua_pushinteger(L, s->next - 1);
	push_name(L, m.name);
	lua_pushinteger(L, m.type);
	lua_pushinteger(L, m.bit_offset);
	lua_pushinteger(L, m.bit_size);
	return 6;
}

int btf_scan_members_method(lua_State *L)
{
	check_btf(L, 1);
	if (!lua_isnoneornil(L, 2))
		check_cstring(L, 2);
	lua_settop(L, 2);
	push_scan(L, -1, NULL, NULL);
	lua_pushvalue(L, 2);
	lua_pushcclosure(L, next_member, 3);
	return 1;
}

static int next_function(lua_State *L)
{
	struct scan *s;
	const struct btf *b = scanned(L, &s);

	/* One without a name would end the loop, and nobody can call it. */
	do {
		if (!btf_next(b, &s->type, BTF_FUNC)) {
			lua_pushnil(L);
			return 1;
		}
	} while (!*s->type.name);
	push_name(L, s->type.name);
	lua_pushinteger(L, s->type.id);
	lua_pushinteger(L, s->type.type);
	lua_pushstring(L, btf_linkage_name(&s->type));
	return 4;
}

int btf_functions_method(lua_State *L)
{
	check_btf(L, 1);
	push_scan(L, BTF_FUNC, NULL, NULL);
	lua_pushcclosure(L, next_function, 2);
	return 1;
}

/* The struct or union without a name that a type is, or arrays of it are; void for another, and
 * behind more arrays and qualifiers than anybody writes. */
static struct btf_type unnamed(const struct btf *b, uint32_t id)
{
	struct btf_type t = btf_type(b, id);

	for (int steps = 0; steps < 32; steps++) {
		switch (t.kind) {
		case BTF_ARRAY: t = btf_type(b, btf_array(&t).elem); break;
		case BTF_CONST:
		case BTF_VOLATILE:
		case BTF_RESTRICT:
		case BTF_TYPE_TAG: t = btf_type(b, t.type); break;
		case BTF_STRUCT:
		case BTF_UNION: return *t.name ? btf_type(b, 0) : t;
		default: return btf_type(b, 0);
		}
	}
	return btf_type(b, 0);
}

enum { PLACE_OWNERS = 2, PLACE_BITS };

static void note_place(lua_State *L, const struct btf *b, uint32_t id, uint32_t owner,
		       uint32_t bits)
{
	id = unnamed(b, id).id;
	if (id && lua_rawgeti(L, PLACE_OWNERS, id) == LUA_TNIL) {
		lua_pushinteger(L, owner);
		lua_rawseti(L, PLACE_OWNERS, id);
		lua_pushinteger(L, bits);
		lua_rawseti(L, PLACE_BITS, id);
	}
	lua_settop(L, PLACE_BITS);
}

int btf_places_method(lua_State *L)
{
	const struct btf *b = check_btf(L, 1);
	struct btf_type t = {0};

	lua_settop(L, 1);
	lua_newtable(L);
	lua_newtable(L);
	while (btf_next(b, &t, -1)) {
		if (t.kind == BTF_TYPEDEF)
			note_place(L, b, t.type, t.id, 0);
		for (uint32_t i = 0; btf_is_composite(&t) && i < t.vlen; i++) {
			struct btf_member m = btf_member(&t, i);

			note_place(L, b, m.type, t.id, m.bit_offset);
		}
	}
	return 2;
}

static void mark(void *ctx, uint32_t id)
{
	lua_State *L = ctx;

	lua_pushboolean(L, true);
	lua_rawseti(L, -2, id);
}

int engine_kfunc_ids(lua_State *L)
{
	const struct btf *b = check_btf(L, 1);

	lua_newtable(L);
	if (!btf_kfuncs(b, mark, L))
		lua_pushnil(L);
	return 1;
}
