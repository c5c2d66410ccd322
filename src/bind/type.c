/*
 * type: the Lua class btfl.type. A type is decoded anew at each access, which costs less than
 * keeping a copy of 150,000 of them.
 */
#include <stdio.h>
#include <string.h>

#include "bind/classes.h"
#include "format/asked.h"
#include "format/btf_at.h"
#include "print/align.h"

struct btf_type handle_type(lua_State *L, const struct handle *h)
{
	struct btf_type t = btf_type(owner_native(L, h->owner), h->id);

	return t;
}

/* No more than what it is called. */
static struct btf_head handle_head(lua_State *L, const struct handle *h)
{
	return btf_head(owner_native(L, h->owner), h->id);
}

void push_type(lua_State *L, int btf, uint32_t id)
{
	push_element(L, btf, &type_class, id, 0);
}

/* Pushes type id, seen from the type or element at stack index 1. */
int push_referred(lua_State *L, uint32_t id)
{
	lua_getiuservalue(L, 1, HANDLE_OWNER);
	push_type(L, -1, id);
	return 1;
}

static struct btf_type check_type(lua_State *L, int arg)
{
	return handle_type(L, class_check(L, arg, &type_class));
}

static int push_int(lua_State *L, bool present, lua_Integer v)
{
	if (present)
		lua_pushinteger(L, v);
	else
		lua_pushnil(L);
	return 1;
}

static int get_id(lua_State *L, const void *self)
{
	struct btf_type t = handle_type(L, self);

	if (*t.name)
		asked_name(t.btf, ASKED_IDS, t.name, btf_named_len(t.btf, t.kind, t.name));
	else
		asked_all(t.btf);
	lua_pushinteger(L, t.id);
	return 1;
}

static int get_kind(lua_State *L, const void *self)
{
	lua_pushstring(L, btf_kind_name(handle_head(L, self).kind));
	return 1;
}

static int get_name(lua_State *L, const void *self)
{
	push_name(L, handle_head(L, self).name);
	return 1;
}

static int get_essential(lua_State *L, const void *self)
{
	const char *name = handle_head(L, self).name;

	if (*name)
		lua_pushlstring(L, name, btf_essential_len(name, strlen(name)));
	else
		lua_pushnil(L);
	return 1;
}

static int get_flavor(lua_State *L, const void *self)
{
	const char *name = handle_head(L, self).name;
	size_t len = strlen(name), essential = btf_essential_len(name, len);

	push_name(L, essential < len ? name + essential + strlen("___") : NULL);
	return 1;
}

static int get_btf(lua_State *L, const void *self)
{
	handle_head(L, self);
	lua_getiuservalue(L, 1, HANDLE_OWNER);
	return 1;
}

static int get_size(lua_State *L, const void *self)
{
	struct btf_type t = handle_type(L, self);
	int64_t size = btf_size(t.btf, t.id);

	return push_int(L, size >= 0, size);
}

/* Pushes what is known of alignments, and gives the type. */
static struct btf_type push_type_align(lua_State *L, const void *self, struct align **a)
{
	struct btf_type t = handle_type(L, self);

	lua_getiuservalue(L, 1, HANDLE_OWNER);
	*a = push_align(L, lua_gettop(L));
	return t;
}

static void check_known(lua_State *L, const struct align *a)
{
	if (align_failed(a))
		raise_memory(L);
}

static int get_align(lua_State *L, const void *self)
{
	struct align *a;
	struct btf_type t = push_type_align(L, self, &a);
	uint32_t bytes = align_of(a, t.id);

	check_known(L, a);
	return push_int(L, bytes > 0, bytes);
}

static int get_packed(lua_State *L, const void *self)
{
	struct align *a;
	struct btf_type t = push_type_align(L, self, &a), to = btf_strip(t.btf, t.id);
	bool packed = align_is_packed(a, to.id);

	check_known(L, a);
	if (btf_is_composite(&to))
		lua_pushboolean(L, packed);
	else
		lua_pushnil(L);
	return 1;
}

static int get_type(lua_State *L, const void *self)
{
	struct btf_type t = handle_type(L, self);

	if (t.kind == BTF_ARRAY)
		return push_referred(L, btf_array(&t).elem);
	if (btf_kind_refers(t.kind))
		return push_referred(L, t.type);
	lua_pushnil(L);
	return 1;
}

static int get_kind_flag(lua_State *L, const void *self)
{
	lua_pushboolean(L, handle_type(L, self).kflag);
	return 1;
}

static int get_encoding(lua_State *L, const void *self)
{
	static const struct {
		unsigned bit;
		const char *name;
	} names[] = {{BTF_INT_SIGNED, "signed"}, {BTF_INT_CHAR, "char"}, {BTF_INT_BOOL, "bool"}};
	struct btf_type t = handle_type(L, self);
	unsigned encoding;

	if (t.kind != BTF_INT) {
		lua_pushnil(L);
		return 1;
	}
	encoding = BTF_INT_ENCODING(btf_tail_u32(&t));
	lua_pushliteral(L, "");
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		if (!(encoding & names[i].bit))
			continue;
		lua_pushfstring(L, "%s%s", lua_rawlen(L, -1) ? " " : "", names[i].name);
		lua_concat(L, 2);
	}
	return 1;
}

static int get_bits(lua_State *L, const void *self)
{
	struct btf_type t = handle_type(L, self);

	return push_int(L, t.kind == BTF_INT,
			t.kind == BTF_INT ? BTF_INT_BITS(btf_tail_u32(&t)) : 0);
}

static int get_signed(lua_State *L, const void *self)
{
	struct btf_type t = handle_type(L, self);

	if (t.kind == BTF_INT)
		lua_pushboolean(L, BTF_INT_ENCODING(btf_tail_u32(&t)) & BTF_INT_SIGNED);
	else if (btf_is_enum(&t))
		lua_pushboolean(L, t.kflag);
	else
		lua_pushnil(L);
	return 1;
}

static int get_nelems(lua_State *L, const void *self)
{
	struct btf_type t = handle_type(L, self);

	return push_int(L, t.kind == BTF_ARRAY, t.kind == BTF_ARRAY ? btf_array(&t).count : 0);
}

static int get_index_type(lua_State *L, const void *self)
{
	struct btf_type t = handle_type(L, self);

	if (t.kind == BTF_ARRAY)
		return push_referred(L, btf_array(&t).index);
	lua_pushnil(L);
	return 1;
}

static int get_linkage(lua_State *L, const void *self)
{
	struct btf_type t = handle_type(L, self);

	lua_pushstring(L, btf_linkage_name(&t));
	return 1;
}

static int get_component(lua_State *L, const void *self)
{
	struct btf_type t = handle_type(L, self);

	return push_int(L, t.kind == BTF_DECL_TAG,
			t.kind == BTF_DECL_TAG ? (int32_t)btf_tail_u32(&t) : 0);
}

static int get_fwd_kind(lua_State *L, const void *self)
{
	struct btf_type t = handle_type(L, self);

	push_name(L, t.kind != BTF_FWD ? NULL : t.kflag ? "union" : "struct");
	return 1;
}

/* The class of a type's elements, NULL for a kind without. */
static const struct class *element_class(const struct btf_type *t)
{
	switch (t->kind) {
	case BTF_STRUCT:
	case BTF_UNION: return &member_class;
	case BTF_ENUM:
	case BTF_ENUM64: return &enumerator_class;
	case BTF_FUNC_PROTO: return &param_class;
	case BTF_DATASEC: return &secvar_class;
	default: return NULL;
	}
}

/* Pushes the userdata of the BTF, btf or its base, that stores type id. */
static void push_home(lua_State *L, int btf, uint32_t id)
{
	const struct btf *b = owner_native(L, lua_touserdata(L, btf));

	lua_pushvalue(L, btf);
	while (id < b->first_id && b->base) {
		lua_getiuservalue(L, -1, OWNER_LINK);
		lua_replace(L, -2);
		b = owner_native(L, lua_touserdata(L, -1));
	}
}

void push_element(lua_State *L, int btf, const struct class *c, uint32_t id, uint32_t i)
{
	push_home(L, btf, id);
	handle_push(L, -1, c, id, i);
	lua_replace(L, -2);
}

struct elements_loop {
	const struct class *class;
	uint32_t id, next, count;
};

/* Upvalues: btf, loop. */
static int next_element(lua_State *L)
{
	struct elements_loop *l = lua_touserdata(L, lua_upvalueindex(2));

	owner_native(L, lua_touserdata(L, lua_upvalueindex(1)));
	if (l->next == l->count)
		lua_pushnil(L);
	else
		push_element(L, lua_upvalueindex(1), l->class, l->id, l->next++);
	return 1;
}

/* The type whose elements type arg has: that behind typedefs and modifiers, as for its size and for
 * a member's path; of a func its prototype. */
static struct btf_type check_with_elements(lua_State *L, int arg)
{
	struct btf_type t = check_type(L, arg);

	t = btf_strip(t.btf, t.id);
	if (t.kind == BTF_FUNC)
		t = btf_type(t.btf, t.type);
	return t;
}

static int no_element(lua_State *L)
{
	lua_pushnil(L);
	return 1;
}

static int push_elements(lua_State *L, const struct class *c)
{
	struct btf_type t = check_with_elements(L, 1);
	struct elements_loop *l;

	if (t.vlen == 0 || element_class(&t) != c) {
		lua_pushcfunction(L, no_element); /* most types: no closure for them */
		return 1;
	}
	lua_getiuservalue(L, 1, HANDLE_OWNER);
	l = lua_newuserdatauv(L, sizeof(*l), 0);
	*l = (struct elements_loop){c, t.id, 0, t.vlen};
	lua_pushcclosure(L, next_element, 2);
	return 1;
}

static int type_members(lua_State *L)
{
	return push_elements(L, &member_class);
}

static int type_values(lua_State *L)
{
	return push_elements(L, &enumerator_class);
}

static int type_params(lua_State *L)
{
	return push_elements(L, &param_class);
}

static int type_vars(lua_State *L)
{
	return push_elements(L, &secvar_class);
}

/* A member being looked for; budget bounds the work on hostile nests of anonymous members. */
struct member_search {
	const char *name;
	size_t len;
	long budget;
	uint32_t parent, found; /* the answer: member `found` of type `parent` */
	uint64_t bit_offset;    /* from the start of the type searched */
};

enum { SEARCH_DEPTH = 32, SEARCH_BUDGET = 1000000 };

static bool search_members(struct member_search *s, const struct btf *b, uint32_t id, uint64_t base,
			   int depth)
{
	struct btf_type t = btf_strip(b, id);

	if (!btf_is_composite(&t) || depth > SEARCH_DEPTH)
		return false;
	for (uint32_t i = 0; i < t.vlen && s->budget-- > 0; i++) {
		struct btf_member m = btf_member(&t, i);

		if (strncmp(m.name, s->name, s->len) == 0 && !m.name[s->len]) {
			s->parent = t.id;
			s->found = i;
			s->bit_offset = base + m.bit_offset;
			return true;
		}
		if (!*m.name && search_members(s, b, m.type, base + m.bit_offset, depth + 1))
			return true;
	}
	return false;
}

/* Reads the indexes of array elements behind a name of a path, "[2][0]", which starts at *s of type
 * *id: moves all three on to the element. False for what is none of the array's. */
static bool search_elements(const struct btf *b, const char **s, uint32_t *id, uint64_t *bit_offset)
{
	while (**s == '[') {
		struct btf_type t = btf_strip(b, *id);
		struct btf_array a = t.kind == BTF_ARRAY ? btf_array(&t) : (struct btf_array){0};
		int64_t size = btf_size(b, a.elem);
		uint32_t index;
		const char *end = btf_index_in(*s, &index);

		/* An array without a length is as long as what it stands in. */
		if (t.kind != BTF_ARRAY || size < 0 || !end || (a.count && index >= a.count))
			return false;
		*s = end;
		*id = a.elem;
		*bit_offset += index * (uint64_t)size * 8;
	}
	return true;
}

/* Looks for the member at the dotted path at stack index 2 from the type at 1; raises when the
 * search meets its bound. */
static bool search_path(lua_State *L, struct member_search *s)
{
	struct btf_type t = check_type(L, 1);
	const struct btf *b = t.btf;
	const char *path = check_cstring(L, 2), *at = path;
	uint64_t base = 0;
	uint32_t id = t.id;
	struct err e;

	*s = (struct member_search){.budget = SEARCH_BUDGET};
	for (;;) {
		s->name = at;
		s->len = strcspn(at, ".[");
		if (s->len == 0 || !search_members(s, b, id, base, 0))
			break;
		at += s->len;
		t = btf_type(b, s->parent);
		id = btf_member(&t, s->found).type;
		if (!search_elements(b, &at, &id, &s->bit_offset))
			break;
		if (!*at)
			return true;
		if (*at++ != '.')
			break;
		base = s->bit_offset;
	}
	if (s->budget <= 0) {
		err_fill(&e, ERR_LIMIT, b->name, NULL, ERR_NO_OFFSET,
			 "looking for '%s' took more than %d members", path, SEARCH_BUDGET);
		raise_err(L, &e);
	}
	return false;
}

static int type_member(lua_State *L)
{
	struct member_search s;

	if (!search_path(L, &s)) {
		lua_pushnil(L);
		return 1;
	}
	lua_getiuservalue(L, 1, HANDLE_OWNER);
	push_element(L, -1, &member_class, s.parent, s.found);
	push_u64(L, s.bit_offset);
	return 2;
}

static int type_offsetof(lua_State *L)
{
	struct member_search s;
	bool found = search_path(L, &s);

	return push_int(L, found, (lua_Integer)(s.bit_offset / 8));
}

/* type:at(byte): path, type, rest */
static int type_at(lua_State *L)
{
	struct btf_type t = check_type(L, 1);
	lua_Integer byte = luaL_checkinteger(L, 2);
	struct btf_place at;
	luaL_Buffer path;
	struct err e;

	if (byte < 0 || !btf_at(t.btf, t.id, (uint64_t)byte, &at)) {
		if (byte >= 0 && at.budget < 0) {
			err_fill(&e, ERR_LIMIT, t.btf->name, NULL, ERR_NO_OFFSET,
				 "looking for byte %lld took more than %d members", (long long)byte,
				 BTF_AT_BUDGET);
			raise_err(L, &e);
		}
		lua_pushnil(L);
		return 1;
	}
	luaL_buffinit(L, &path);
	for (unsigned i = 0; i < at.count; i++) {
		char index[16];

		if (at.steps[i].name && i)
			luaL_addchar(&path, '.');
		snprintf(index, sizeof(index), "[%u]", at.steps[i].index);
		luaL_addstring(&path, at.steps[i].name ? at.steps[i].name : index);
	}
	luaL_pushresult(&path);
	push_referred(L, at.type);
	lua_remove(L, -2);
	lua_pushinteger(L, at.rest);
	return 3;
}

static int type_value(lua_State *L)
{
	struct btf_type t = check_with_elements(L, 1);
	const char *name = check_cstring(L, 2);

	for (uint32_t i = 0; btf_is_enum(&t) && i < t.vlen; i++) {
		if (strcmp(btf_enumerator(&t, i).name, name) != 0)
			continue;
		lua_getiuservalue(L, 1, HANDLE_OWNER);
		push_element(L, -1, &enumerator_class, t.id, i);
		return 1;
	}
	lua_pushnil(L);
	return 1;
}

static int type_resolve(lua_State *L)
{
	const struct handle *h = class_check(L, 1, &type_class);

	return push_referred(L, btf_strip_head(owner_native(L, h->owner), h->id).id);
}

static int type_len(lua_State *L)
{
	struct btf_type t = check_with_elements(L, 1);

	lua_pushinteger(L, element_class(&t) ? t.vlen : 0);
	return 1;
}

static int type_tostring(lua_State *L)
{
	struct btf_type t = check_type(L, 1);

	lua_pushfstring(L, "[%I] %s%s%s", (LUAI_UACINT)t.id, btf_kind_name(t.kind),
			*t.name ? " " : "", t.name);
	return 1;
}

static const struct field fields[] = {
    {"id", get_id},
    {"kind", get_kind},
    {"name", get_name},
    {"essential", get_essential},
    {"flavor", get_flavor},
    {"btf", get_btf},
    {"size", get_size},
    {"align", get_align},
    {"packed", get_packed},
    {"type", get_type},
    {"kind_flag", get_kind_flag},
    {"encoding", get_encoding},
    {"bits", get_bits},
    {"signed", get_signed},
    {"nelems", get_nelems},
    {"index_type", get_index_type},
    {"linkage", get_linkage},
    {"component", get_component},
    {"fwd_kind", get_fwd_kind},
    {NULL, NULL},
};

static const luaL_Reg methods[] = {
    {"members", type_members},
    {"member", type_member},
    {"offsetof", type_offsetof},
    {"values", type_values},
    {"value", type_value},
    {"params", type_params},
    {"vars", type_vars},
    {"resolve", type_resolve},
    {"fields", type_fields},
    {"at", type_at},
    {NULL, NULL},
};

static const luaL_Reg meta[] = {
    {"__len", type_len},
    {"__tostring", type_tostring},
    {NULL, NULL},
};

const struct class type_class = {"btfl.type", TAG_TYPE, fields, methods, meta, NULL};
