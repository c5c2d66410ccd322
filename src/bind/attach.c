/* attach: the Lua class btfl.attach: what a program attaches to, as its section says. */
#include "bind/classes.h"

#include <string.h>

#include "format/section.h"

static const struct program *program_of(lua_State *L, const struct handle *h)
{
	return &((const struct object *)owner_native(L, h->owner))->programs[h->id];
}

static struct attach_point point_of(lua_State *L, const void *self)
{
	return attach_point_of(program_of(L, self)->section);
}

static int push_words(lua_State *L, const char *s, size_t len)
{
	if (len)
		lua_pushlstring(L, s, len);
	else
		lua_pushnil(L);
	return 1;
}

static int get_kind(lua_State *L, const void *self)
{
	const char *section = program_of(L, self)->section;

	section += *section == '?';
	return push_words(L, section, strcspn(section, "/.+"));
}

static int get_form(lua_State *L, const void *self)
{
	lua_pushstring(L, attach_form_name(point_of(L, self).form));
	return 1;
}

static int get_type(lua_State *L, const void *self)
{
	uint32_t type = point_of(L, self).def->attach_type;

	push_name(L, type ? uapi_name(UAPI_ATTACH_TYPE, type) : NULL);
	return 1;
}

static int get_name(lua_State *L, const void *self)
{
	struct attach_point p = point_of(L, self);

	return push_words(L, p.name, p.name_len);
}

static int get_module(lua_State *L, const void *self)
{
	struct attach_point p = point_of(L, self);

	return push_words(L, p.module, p.module_len);
}

static int get_category(lua_State *L, const void *self)
{
	struct attach_point p = point_of(L, self);

	return push_words(L, p.place, p.form == ATTACH_TRACEPOINT ? p.place_len : 0);
}

static int get_path(lua_State *L, const void *self)
{
	struct attach_point p = point_of(L, self);

	return push_words(L, p.place, p.form == ATTACH_TRACEPOINT ? 0 : p.place_len);
}

static int get_provider(lua_State *L, const void *self)
{
	struct attach_point p = point_of(L, self);

	return push_words(L, p.provider, p.provider_len);
}

static int get_offset(lua_State *L, const void *self)
{
	push_u64(L, point_of(L, self).offset);
	return 1;
}

static int get_in_btf(lua_State *L, const void *self)
{
	struct attach_point p = point_of(L, self);

	if (!attach_by_btf(p.form) || !p.name_len) {
		lua_pushnil(L);
		return 1;
	}
	lua_pushstring(L, attach_prefix(p.form));
	lua_pushlstring(L, p.name, p.name_len);
	lua_concat(L, 2);
	return 1;
}

static int get_sleepable(lua_State *L, const void *self)
{
	lua_pushboolean(L, point_of(L, self).def->sleepable);
	return 1;
}

static int get_auto(lua_State *L, const void *self)
{
	lua_pushboolean(L, point_of(L, self).automatic);
	return 1;
}

static int get_pattern(lua_State *L, const void *self)
{
	lua_pushboolean(L, point_of(L, self).pattern);
	return 1;
}

static int get_program(lua_State *L, const void *self)
{
	const struct handle *h = self;

	program_of(L, h);
	lua_getiuservalue(L, 1, HANDLE_OWNER);
	push_part(L, -1, &program_class, h->id);
	return 1;
}

/* The section without its `?`. */
static int attach_tostring(lua_State *L)
{
	const char *section = program_of(L, class_check(L, 1, &attach_class))->section;

	lua_pushstring(L, section + (*section == '?'));
	return 1;
}

static const struct field fields[] = {
    {"kind", get_kind},       {"form", get_form},           {"name", get_name},
    {"in_btf", get_in_btf},   {"module", get_module},       {"category", get_category},
    {"path", get_path},       {"provider", get_provider},   {"offset", get_offset},
    {"type", get_type},       {"sleepable", get_sleepable}, {"auto", get_auto},
    {"pattern", get_pattern}, {"program", get_program},     {NULL, NULL},
};

static const luaL_Reg meta[] = {{"__tostring", attach_tostring}, {NULL, NULL}};

const struct class attach_class = {"btfl.attach", TAG_ATTACH, fields, NULL, meta, NULL};

void push_attach(lua_State *L, int object, uint32_t program)
{
	const struct object *o = check_object(L, object);

	push_part(L, object, &attach_class,
		  section_def_of(o->programs[program].section) ? program : OBJECT_NONE);
}
