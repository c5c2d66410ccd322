/*
 * btf: the Lua class btfl.btf: an open BTF, looked up by id and by name. A split BTF keeps its
 * base's userdata, so that a type of the base is one value whichever way it was reached.
 */
#include "bind/classes.h"

#include <stdlib.h>
#include <string.h>

#include "format/nearest.h"

static void free_btf(void *native)
{
	btf_unref(native);
}

void close_btf_of(lua_State *L, int idx, const struct owner *parent)
{
	struct owner *o;

	lua_pushvalue(L, idx);
	while ((o = lua_touserdata(L, -1)) && o->needs[0] == parent) {
		owner_drop(o);
		lua_getiuservalue(L, -1, OWNER_LINK);
		lua_replace(L, -2);
	}
	lua_pop(L, 1);
}

/* That of an object, which has no base. */
static void wake_btf(lua_State *L, struct owner *o)
{
	const struct object *of = owner_native(L, o->needs[0]);

	o->native = btf_ref(of->btf);
	o->wake = NULL;
}

void rest_btf_of(lua_State *L, int idx, const struct owner *parent)
{
	struct owner *o = lua_touserdata(L, idx);

	if (!o)
		return;
	if (o->native)
		owner_rest(o, wake_btf);
	else
		o->turn++; /* what was made of the object's own */
	o->since[0] = parent->turn;
	lua_pushvalue(L, idx);
	close_align(L);
}

/* A base that only this file implied is closed with it. */
static int btf_close(lua_State *L)
{
	struct owner *o = class_check(L, 1, &btf_class);

	owner_drop(o);
	lua_getiuservalue(L, 1, OWNER_LINK);
	close_btf_of(L, -1, o);
	return 0;
}

/* The path of an implied base is that of the file that it stands in. */
static void push_implied_base(lua_State *L, const struct btf *b, int parent)
{
	if (b->base)
		push_btf(L, b->base, b->base->name, 0, parent);
	else
		lua_pushnil(L);
}

void push_btf(lua_State *L, const struct btf *b, const char *path, int base, int parent)
{
	struct owner *o;
	int self;

	base = base ? lua_absindex(L, base) : 0;
	parent = parent ? lua_absindex(L, parent) : 0;
	luaL_checkstack(L, 8, "too many bases");
	o = owner_new(L, &btf_class, sizeof(*o), "btf", path);
	self = lua_gettop(L);
	o->native = btf_ref(b);
	if (base)
		lua_pushvalue(L, base);
	else
		push_implied_base(L, b, parent ? parent : self);
	lua_setiuservalue(L, self, OWNER_LINK);
	if (parent) {
		owner_need(o, 0, lua_touserdata(L, parent));
		lua_pushvalue(L, parent);
		lua_setiuservalue(L, self, OWNER_MORE);
	}
}

void open_closed_btf(lua_State *L, int idx, struct btf *b, int base)
{
	struct owner *o = lua_touserdata(L, idx);

	o->native = b;
	if (!lua_isnil(L, base) && b->base == check_btf(L, base))
		lua_pushvalue(L, base);
	else
		push_implied_base(L, b, idx);
	lua_setiuservalue(L, idx, OWNER_LINK);
	owner_weighs(L, b->raw.len);
}

const struct btf *optional_base(lua_State *L, int arg)
{
	return lua_isnil(L, arg) ? NULL : check_btf(L, arg);
}

const struct btf *check_btf(lua_State *L, int arg)
{
	return owner_native(L, class_check(L, arg, &btf_class));
}

int check_kind(lua_State *L, int arg)
{
	const char *names[BTF_KIND_COUNT + 1] = {NULL}, *name;
	int kind;

	if (lua_isnoneornil(L, arg))
		return -1;
	name = luaL_checkstring(L, arg);
	kind = btf_kind_from_name(name);
	if (kind >= 0)
		return kind;
	for (unsigned k = 0; k < BTF_KIND_COUNT; k++)
		names[k] = btf_kind_name(k);
	lua_pushfstring(L, "no kind is called '%s'", name);
	add_meant(L, name, names);
	luaL_argerror(L, arg, lua_tostring(L, -1));
	return -1;
}

void push_endian(lua_State *L, bool big_endian)
{
	lua_pushstring(L, big_endian ? "big" : "little");
}

static int get_path(lua_State *L, const void *self)
{
	owner_native(L, self);
	lua_getiuservalue(L, 1, OWNER_PATH);
	return 1;
}

static int get_endian(lua_State *L, const void *self)
{
	push_endian(L, ((const struct btf *)owner_native(L, self))->big_endian);
	return 1;
}

static int get_ptr_size(lua_State *L, const void *self)
{
	lua_pushinteger(L, ((const struct btf *)owner_native(L, self))->ptr_size);
	return 1;
}

static int get_header_size(lua_State *L, const void *self)
{
	const struct btf *b = owner_native(L, self);

	lua_pushinteger(L, load_u32(b->raw.at + BTF_HDR_LEN, b->swap));
	return 1;
}

static int get_base(lua_State *L, const void *self)
{
	owner_native(L, self);
	lua_getiuservalue(L, 1, OWNER_LINK);
	return 1;
}

static int btf_type_method(lua_State *L)
{
	const struct btf *b = check_btf(L, 1);
	lua_Integer id = luaL_checkinteger(L, 2);

	if (id >= 0 && id < b->end_id)
		push_type(L, 1, (uint32_t)id);
	else
		lua_pushnil(L);
	return 1;
}

/* A name with a NUL in it is no type's. */
static uint32_t find(lua_State *L, const struct btf *b, int kind)
{
	size_t len;
	const char *name = luaL_checklstring(L, 2, &len);
	uint32_t id = strlen(name) == len ? btf_find(b, name, kind) : 0;

	return id;
}

static int btf_find_method(lua_State *L)
{
	const struct btf *b = check_btf(L, 1);
	uint32_t id = find(L, b, check_kind(L, 3));

	if (id)
		push_type(L, 1, id);
	else
		lua_pushnil(L);
	return 1;
}

static int btf_get_method(lua_State *L)
{
	const struct btf *b = check_btf(L, 1);
	int kind = check_kind(L, 3);
	uint32_t id = find(L, b, kind), near[3];
	const char *name = lua_tostring(L, 2);
	const char *path = ((const struct owner *)lua_touserdata(L, 1))->path;
	size_t n;

	if (id) {
		push_type(L, 1, id);
		return 1;
	}
	luaL_where(L, 1);
	lua_pushfstring(L, "no %s '%s' in %s", kind < 0 ? "type" : btf_kind_name((unsigned)kind),
			name, path);
	n = nearest_types(b, name, kind, near, 3);
	for (size_t i = 0; i < n; i++) {
		lua_pushfstring(L, "%s'%s'",
				i == 0      ? " (did you mean "
				: i + 1 < n ? ", "
					    : " or ",
				btf_type(b, near[i]).name);
		lua_concat(L, 2);
	}
	lua_pushstring(L, n ? "?)" : "");
	lua_concat(L, 3);
	return lua_error(L);
}

struct types_loop {
	struct btf_type type; /* the last that was given */
	int kind;             /* that is asked for; -1 for any */
	unsigned turn;        /* of the btf */
};

/* Upvalues: btf, loop. */
static int next_type(lua_State *L)
{
	struct types_loop *l = lua_touserdata(L, lua_upvalueindex(2));
	const struct btf *b =
	    owner_native_since(L, lua_touserdata(L, lua_upvalueindex(1)), l->turn);
	bool found = btf_next(b, &l->type, l->kind);

	if (found)
		handle_push(L, lua_upvalueindex(1), &type_class, l->type.id, 0);
	else
		lua_pushnil(L);
	return 1;
}

static int btf_types_method(lua_State *L)
{
	int kind = check_kind(L, 2);
	struct types_loop *l;

	check_btf(L, 1);
	lua_pushvalue(L, 1);
	l = lua_newuserdatauv(L, sizeof(*l), 0);
	*l =
	    (struct types_loop){.kind = kind, .turn = ((struct owner *)lua_touserdata(L, 1))->turn};
	lua_pushcclosure(L, next_type, 2);
	return 1;
}

/* The id, or the next one of that name, which is of the kind (any for < 0); 0 for none. */
static uint32_t of_kind(const struct btf *b, uint32_t id, int kind, const char *name, size_t len)
{
	while (id && kind >= 0 && btf_type(b, id).kind != (unsigned)kind)
		id = btf_next_named(b, id, name, len);
	return id;
}

/* Upvalues: btf, name, the id that comes next (0: none), kind. */
static int next_candidate(lua_State *L)
{
	const struct btf *b = owner_native(L, lua_touserdata(L, lua_upvalueindex(1)));
	uint32_t id = (uint32_t)lua_tointeger(L, lua_upvalueindex(3)), next;
	int kind = (int)lua_tointeger(L, lua_upvalueindex(4));
	size_t len;
	const char *name = lua_tolstring(L, lua_upvalueindex(2), &len);

	if (!id) {
		lua_pushnil(L);
		return 1;
	}
	len = btf_named_len(b, kind, name);
	next = of_kind(b, btf_next_named(b, id, name, len), kind, name, len);
	lua_pushinteger(L, next);
	lua_replace(L, lua_upvalueindex(3));
	push_type(L, lua_upvalueindex(1), id);
	return 1;
}

static int free_ids(lua_State *L)
{
	free(((struct btf_ids *)lua_touserdata(L, 1))->ids);
	return 0;
}

/* Upvalues: btf, ids, how many of them were given, kind. */
static int next_cut(lua_State *L)
{
	const struct btf *b = owner_native(L, lua_touserdata(L, lua_upvalueindex(1)));
	const struct btf_ids *l = lua_touserdata(L, lua_upvalueindex(2));
	size_t i = (size_t)lua_tointeger(L, lua_upvalueindex(3));
	int kind = (int)lua_tointeger(L, lua_upvalueindex(4));

	while (i < l->count && kind >= 0 && btf_type(b, l->ids[i]).kind != (unsigned)kind)
		i++;
	lua_pushinteger(L, (lua_Integer)i + 1);
	lua_replace(L, lua_upvalueindex(3));
	if (i < l->count)
		push_type(L, lua_upvalueindex(1), l->ids[i]);
	else
		lua_pushnil(L);
	return 1;
}

/* Pushes the iterator over the types of a name by another rule of what is essential of it. */
static int push_cut(lua_State *L, const struct btf *b, int kind)
{
	static const char *const cuts[] = {
	    [BTF_CUT_FIRST] = "first", [BTF_CUT_LAST] = "last", NULL};
	enum btf_cut cut = (enum btf_cut)luaL_checkoption(L, 4, NULL, cuts);
	const char *name = check_cstring(L, 2);

	lua_pushvalue(L, 1);
	if (btf_cut_named(b, name, cut, push_freed(L, sizeof(struct btf_ids), free_ids)) < 0)
		raise_memory(L);
	lua_pushinteger(L, 0);
	lua_pushinteger(L, kind);
	lua_pushcclosure(L, next_cut, 4);
	return 1;
}

static int btf_candidates_method(lua_State *L)
{
	const struct btf *b = check_btf(L, 1);
	int kind = check_kind(L, 3);
	uint32_t id = 0;
	size_t len;
	const char *name = luaL_checklstring(L, 2, &len);

	if (!lua_isnoneornil(L, 4))
		return push_cut(L, b, kind);
	if (len && strlen(name) == len) {
		len = btf_named_len(b, kind, name);
		id = of_kind(b, btf_first_named(b, kind, name, len), kind, name, len);
	}
	lua_pushvalue(L, 1);
	lua_pushvalue(L, 2);
	lua_pushinteger(L, id);
	lua_pushinteger(L, kind);
	lua_pushcclosure(L, next_candidate, 4);
	return 1;
}

static int btf_len(lua_State *L)
{
	lua_pushinteger(L, (lua_Integer)check_btf(L, 1)->end_id - 1);
	return 1;
}

static int btf_tostring(lua_State *L)
{
	lua_pushfstring(L, "btf '%s'", ((struct owner *)class_check(L, 1, &btf_class))->path);
	return 1;
}

static const struct field fields[] = {
    {"path", get_path},         {"endian", get_endian},
    {"ptr_size", get_ptr_size}, {"header_size", get_header_size},
    {"base", get_base},         {NULL, NULL},
};

static const luaL_Reg methods[] = {
    {"type", btf_type_method},
    {"find", btf_find_method},
    {"get", btf_get_method},
    {"types", btf_types_method},
    {"candidates", btf_candidates_method},
    {"scan", btf_scan_method},
    {"scan_members", btf_scan_members_method},
    {"functions", btf_functions_method},
    {"places", btf_places_method},
    {"close", btf_close},
    {NULL, NULL},
};

static const luaL_Reg meta[] = {
    {"__len", btf_len},
    {"__tostring", btf_tostring},
    {"__close", btf_close},
    {NULL, NULL},
};

const struct class btf_class = {"btfl.btf", 0, fields, methods, meta, free_btf};
