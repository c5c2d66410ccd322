/* relo: the Lua class btfl.relo: a relocation and its local side. */
#include "bind/policy/policy.h"

#include <stdlib.h>
#include <string.h>

#include "core/patch.h"
#include "core/value.h"

static const struct object *object_of(lua_State *L, const struct handle *h)
{
	return owner_native(L, h->owner);
}

static const struct relo *relo_of(lua_State *L, const struct handle *h)
{
	return &object_of(L, h)->relos[h->id];
}

static enum reason parse(const struct object *o, const struct relo *r, struct accessor_room *room)
{
	return accessor_parse(o->btf, r->type_id, r->access, r->kind, room);
}

static enum reason local_value(const struct object *o, const struct relo *r, uint64_t *value)
{
	struct accessor_room room;
	struct relo_value v;
	enum reason reason = parse(o, r, &room);

	*value = r->type_id;
	if (reason != REASON_NONE || r->kind == RELO_LOCAL_TYPE_ID)
		return reason;
	reason = value_calc(&room.accessor, o->big_endian, &v);
	*value = v.value;
	return reason;
}

/* Pushes the object and its btf. */
static void push_btf_of_relo(lua_State *L)
{
	lua_getiuservalue(L, 1, HANDLE_OWNER);
	push_object_btf(L, -1);
}

static int get_index(lua_State *L, const void *self)
{
	const struct handle *h = self;

	object_of(L, h);
	lua_pushinteger(L, h->id);
	return 1;
}

static int get_kind(lua_State *L, const void *self)
{
	lua_pushstring(L, relo_kind_name(relo_of(L, self)->kind));
	return 1;
}

static int get_type(lua_State *L, const void *self)
{
	const struct relo *r = relo_of(L, self);

	push_btf_of_relo(L);
	push_type(L, -1, r->type_id);
	return 1;
}

static int get_access(lua_State *L, const void *self)
{
	lua_pushstring(L, relo_of(L, self)->access);
	return 1;
}

/* An access that means nothing is shown by its root alone. */
static void add_path(lua_State *L, const struct handle *h, luaL_Buffer *out)
{
	const struct object *o = object_of(L, h);
	const struct relo *r = relo_of(L, h);
	struct accessor_room room;

	if (parse(o, r, &room) == REASON_NONE)
		add_accessor_path(out, &room.accessor);
	else
		luaL_addstring(out, path_name(o->btf, r->type_id));
}

static int get_path(lua_State *L, const void *self)
{
	luaL_Buffer out;

	luaL_buffinit(L, &out);
	add_path(L, self, &out);
	luaL_pushresult(&out);
	return 1;
}

static int get_accessor(lua_State *L, const void *self)
{
	const struct handle *h = self;
	const struct relo *r = relo_of(L, h);
	struct accessor_room room;

	push_btf_of_relo(L);
	if (find_accessor(L, -2, -1, h->id))
		return 1;
	if (parse(object_of(L, h), r, &room) == REASON_NONE)
		push_accessor(L, -2, -1, h->id, &room.accessor);
	else
		lua_pushnil(L);
	return 1;
}

static int get_program(lua_State *L, const void *self)
{
	const struct relo *r = relo_of(L, self);

	lua_getiuservalue(L, 1, HANDLE_OWNER);
	push_part(L, -1, &program_class, r->program);
	return 1;
}

static int get_section(lua_State *L, const void *self)
{
	const struct object *o = object_of(L, self);

	lua_pushstring(L, o->elf->sections[relo_of(L, self)->section_index].name);
	return 1;
}

static int get_insn(lua_State *L, const void *self)
{
	const struct object *o = object_of(L, self);
	const struct relo *r = relo_of(L, self);

	if (r->program == OBJECT_NONE)
		lua_pushnil(L);
	else
		lua_pushinteger(L, (r->insn_off - o->programs[r->program].offset) / INSN_SIZE);
	return 1;
}

static int get_insn_off(lua_State *L, const void *self)
{
	lua_pushinteger(L, relo_of(L, self)->insn_off);
	return 1;
}

static int get_bytes(lua_State *L, const void *self)
{
	const struct relo *r = relo_of(L, self);

	push_hex(L, r->insn, patch_length(r->insn, r->insn_room));
	return 1;
}

static int get_value(lua_State *L, const void *self)
{
	uint64_t value;

	if (local_value(object_of(L, self), relo_of(L, self), &value) == REASON_NONE)
		push_u64(L, value);
	else
		lua_pushnil(L);
	return 1;
}

static int get_reason(lua_State *L, const void *self)
{
	uint64_t value;

	push_name(L, reason_name(local_value(object_of(L, self), relo_of(L, self), &value)));
	return 1;
}

static int get_line(lua_State *L, const void *self)
{
	const struct object *o = object_of(L, self);
	const struct relo *r = relo_of(L, self);

	lua_getiuservalue(L, 1, HANDLE_OWNER);
	push_part(L, -1, &line_class, object_line_of_relo(o, r));
	return 1;
}

static int relo_resolve(lua_State *L)
{
	const struct handle *h = class_check(L, 1, &relo_class);

	relo_of(L, h);
	check_target(L, 2);
	lua_settop(L, 3);
	lua_getiuservalue(L, 1, HANDLE_OWNER);
	push_policy_option(L, 3);
	push_resolution(L, -2, 2, -1);
	handle_push(L, -1, &result_class, h->id, 0);
	return 1;
}

static int relo_try(lua_State *L)
{
	const struct handle *h = class_check(L, 1, &relo_class);
	const struct target *t = check_target(L, 2);
	struct btf_type type = handle_type(L, class_check(L, 3, &type_class));
	bool known = false;

	relo_of(L, h);
	for (size_t i = 0; i < t->count; i++)
		known |= t->btf[i] == type.btf;
	luaL_argcheck(L, known && type.id, 3, "not a type of the target");
	lua_settop(L, 4);
	lua_getiuservalue(L, 1, HANDLE_OWNER);
	push_policy_option(L, 4);
	push_trial(L, -2, 2, -1, h->id, (struct candidate){type.btf, type.id});
	handle_push(L, -1, &result_class, h->id, 0);
	return 1;
}

struct numbered {
	const struct relo *relo;
	uint32_t number;
};

/* Equal ones stand side by side, the first of them first. */
static int by_access(const void *a, const void *b)
{
	const struct numbered *x = a, *y = b;
	int text;

	if (x->relo->type_id != y->relo->type_id)
		return x->relo->type_id < y->relo->type_id ? -1 : 1;
	if (x->relo->kind != y->relo->kind)
		return x->relo->kind < y->relo->kind ? -1 : 1;
	text = strcmp(x->relo->access, y->relo->access);
	return text ? text : (x->number > y->number) - (x->number < y->number);
}

static bool is_like(const struct relo *x, const struct relo *y)
{
	return x->type_id == y->type_id && x->kind == y->kind && strcmp(x->access, y->access) == 0;
}

/* engine.distinct_relos(object): of relocations that are alike but for where they stand the first,
 * in order. */
int engine_distinct_relos(lua_State *L)
{
	const struct object *o = check_object(L, 1);
	struct numbered *list = lua_newuserdatauv(L, o->relo_count * sizeof(*list) + 1, 0);
	bool *again = lua_newuserdatauv(L, o->relo_count + 1, 0);

	for (uint32_t i = 0; i < o->relo_count; i++)
		list[i] = (struct numbered){&o->relos[i], i};
	if (o->relo_count)
		qsort(list, o->relo_count, sizeof(*list), by_access);
	for (uint32_t i = 0; i < o->relo_count; i++)
		again[list[i].number] = i && is_like(list[i - 1].relo, list[i].relo);
	lua_newtable(L);
	for (uint32_t i = 0, count = 0; i < o->relo_count; i++) {
		if (again[i])
			continue;
		push_part(L, 1, &relo_class, i);
		lua_rawseti(L, -2, ++count);
	}
	return 1;
}

static int relo_tostring(lua_State *L)
{
	const struct handle *h = class_check(L, 1, &relo_class);
	luaL_Buffer out;

	luaL_buffinit(L, &out);
	luaL_addstring(&out, relo_kind_name(relo_of(L, h)->kind));
	luaL_addchar(&out, ' ');
	add_path(L, h, &out);
	luaL_pushresult(&out);
	return 1;
}

static const struct field fields[] = {
    {"index", get_index},     {"kind", get_kind},
    {"type", get_type},       {"access", get_access},
    {"path", get_path},       {"accessor", get_accessor},
    {"program", get_program}, {"section", get_section},
    {"insn", get_insn},       {"insn_off", get_insn_off},
    {"bytes", get_bytes},     {"value", get_value},
    {"reason", get_reason},   {"line", get_line},
    {"object", get_owner},    {NULL, NULL},
};

static const luaL_Reg methods[] = {{"resolve", relo_resolve}, {"try", relo_try}, {NULL, NULL}};

static const luaL_Reg meta[] = {{"__tostring", relo_tostring}, {NULL, NULL}};

const struct class relo_class = {"btfl.relo", TAG_RELO, fields, methods, meta, NULL};
