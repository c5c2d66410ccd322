/*
 * accessor: the Lua class btfl.accessor: what an access string says, in a relocation or in a
 * target. It holds its own copy of the steps, because a relocation's is parsed anew at each use and
 * a result's lives as long as its resolution only.
 */
#include "bind/classes.h"

#include <string.h>

struct accessor_handle {
	struct handle handle;
	unsigned turn;            /* of the btf */
	struct accessor accessor; /* its arrays follow */
};

/* The further user value: the btf of the accessor's types. */
enum { SPEC_BTF = HANDLE_OWNER + 1, SPEC_VALUES = SPEC_BTF };

/* Fills the new handle at the top of the stack. */
static void fill(lua_State *L, struct accessor_handle *h, int btf, const struct accessor *s)
{
	size_t steps = s->len * sizeof(*s->step), raw = s->raw_len * sizeof(*s->raw);

	h->accessor = *s;
	h->accessor.step = (void *)(h + 1);
	h->accessor.raw = (void *)((char *)(h + 1) + steps);
	if (steps)
		memcpy(h->accessor.step, s->step, steps);
	if (raw)
		memcpy(h->accessor.raw, s->raw, raw);
	h->turn = ((struct owner *)lua_touserdata(L, btf))->turn;
	lua_pushvalue(L, btf);
	lua_setiuservalue(L, -2, SPEC_BTF);
}

static size_t handle_size(const struct accessor *s)
{
	return sizeof(struct accessor_handle) + s->len * sizeof(*s->step) +
	       s->raw_len * sizeof(*s->raw);
}

bool find_accessor(lua_State *L, int owner, int btf, uint32_t number)
{
	const struct owner *of = lua_touserdata(L, btf);

	if (!handle_find(L, owner, &accessor_class, number, 0))
		return false;
	if (((struct accessor_handle *)lua_touserdata(L, -1))->turn == of->turn)
		return true;
	lua_pop(L, 1);
	return false;
}

void push_accessor(lua_State *L, int owner, int btf, uint32_t number, const struct accessor *s)
{
	btf = lua_absindex(L, btf);
	owner = lua_absindex(L, owner);
	if (find_accessor(L, owner, btf, number))
		return;
	fill(L,
	     (void *)handle_add(L, owner, &accessor_class, number, 0, handle_size(s), SPEC_VALUES),
	     btf, s);
}

void push_free_accessor(lua_State *L, int owner, int btf, const struct accessor *s)
{
	btf = lua_absindex(L, btf);
	fill(L, (void *)handle_new(L, owner, &accessor_class, 0, 0, handle_size(s), SPEC_VALUES),
	     btf, s);
}

/* The BTF is checked too: a target of an open btf does not own it. */
static const struct accessor *accessor_of(lua_State *L, int idx, const struct accessor_handle *h)
{
	owner_native(L, h->handle.owner);
	lua_getiuservalue(L, idx, SPEC_BTF);
	owner_native_since(L, lua_touserdata(L, -1), h->turn);
	lua_pop(L, 1);
	return &h->accessor;
}

const struct accessor *check_accessor(lua_State *L, int arg)
{
	return accessor_of(L, arg, class_check(L, arg, &accessor_class));
}

const char *path_name(const struct btf *b, uint32_t id)
{
	struct btf_type t = btf_type(b, id);

	if (!*t.name)
		t = btf_strip(b, id);
	return *t.name ? t.name : t.kind == BTF_VOID ? "void" : "<anon>";
}

static void add_number(luaL_Buffer *out, uint32_t n)
{
	lua_pushinteger(out->L, n);
	luaL_addvalue(out);
}

void add_accessor_path(luaL_Buffer *out, const struct accessor *s)
{
	luaL_addstring(out, path_name(s->btf, s->root_id));
	if (relo_is_enumval(s->kind)) {
		luaL_addstring(out, "::");
		luaL_addstring(out, s->step[0].name);
		return;
	}
	for (uint32_t i = 0; i < s->len && relo_is_field(s->kind); i++) {
		if (s->step[i].name) {
			luaL_addchar(out, '.');
			luaL_addstring(out, s->step[i].name);
		} else if (i > 0 || s->step[i].index) {
			luaL_addchar(out, '[');
			add_number(out, s->step[i].index);
			luaL_addchar(out, ']');
		}
	}
}

static int get_root(lua_State *L, const void *self)
{
	const struct accessor *s = accessor_of(L, 1, self);

	lua_getiuservalue(L, 1, SPEC_BTF);
	push_type(L, -1, s->root_id);
	return 1;
}

static int get_bit_offset(lua_State *L, const void *self)
{
	lua_pushinteger(L, accessor_of(L, 1, self)->bit_offset);
	return 1;
}

static int get_access(lua_State *L, const void *self)
{
	const struct accessor *s = accessor_of(L, 1, self);
	luaL_Buffer out;

	luaL_buffinit(L, &out);
	for (uint32_t i = 0; i < s->raw_len; i++) {
		if (i)
			luaL_addchar(&out, ':');
		add_number(&out, s->raw[i]);
	}
	luaL_pushresult(&out);
	return 1;
}

static int get_path(lua_State *L, const void *self)
{
	const struct accessor *s = accessor_of(L, 1, self);
	luaL_Buffer out;

	luaL_buffinit(L, &out);
	add_accessor_path(&out, s);
	luaL_pushresult(&out);
	return 1;
}

/* Pushes the member or enumerator that a step leads to, of the BTF at stack index 1; nil for an
 * element or the root. */
static void push_stepped(lua_State *L, const struct accessor *s, const struct step *step)
{
	const struct class *c = relo_is_enumval(s->kind) ? &enumerator_class : &member_class;

	if (step->name)
		push_element(L, 1, c, step->type_id, step->index);
	else
		lua_pushnil(L);
}

static int get_last(lua_State *L, const void *self)
{
	const struct accessor *s = accessor_of(L, 1, self);

	lua_getiuservalue(L, 1, SPEC_BTF);
	lua_replace(L, 1);
	if (s->len)
		push_stepped(L, s, &s->step[s->len - 1]);
	else
		lua_pushnil(L);
	return 1;
}

/* Upvalues: accessor, next step. */
static int next_step(lua_State *L)
{
	const struct accessor *s =
	    accessor_of(L, lua_upvalueindex(1), lua_touserdata(L, lua_upvalueindex(1)));
	uint32_t i = (uint32_t)lua_tointeger(L, lua_upvalueindex(2));

	if (i >= s->len) {
		lua_pushnil(L);
		return 1;
	}
	lua_pushinteger(L, (lua_Integer)i + 1);
	lua_replace(L, lua_upvalueindex(2));
	lua_settop(L, 0);
	lua_getiuservalue(L, lua_upvalueindex(1), SPEC_BTF);
	push_type(L, 1, s->step[i].type_id);
	lua_pushinteger(L, s->step[i].index);
	push_stepped(L, s, &s->step[i]);
	return 3;
}

static int spec_steps(lua_State *L)
{
	accessor_of(L, 1, class_check(L, 1, &accessor_class));
	lua_pushvalue(L, 1);
	lua_pushinteger(L, 0);
	lua_pushcclosure(L, next_step, 2);
	return 1;
}

static int spec_len(lua_State *L)
{
	lua_pushinteger(L, accessor_of(L, 1, class_check(L, 1, &accessor_class))->len);
	return 1;
}

static int spec_tostring(lua_State *L)
{
	return get_path(L, class_check(L, 1, &accessor_class));
}

static const struct field fields[] = {
    {"root", get_root},     {"last", get_last}, {"bit_offset", get_bit_offset},
    {"access", get_access}, {"path", get_path}, {NULL, NULL},
};

static const luaL_Reg methods[] = {{"steps", spec_steps}, {NULL, NULL}};

static const luaL_Reg meta[] = {{"__len", spec_len}, {"__tostring", spec_tostring}, {NULL, NULL}};

const struct class accessor_class = {"btfl.accessor", TAG_ACCESSOR, fields, methods, meta, NULL};
