/* line: the Lua class btfl.line: a source line as line_info has it. */
#include "bind/classes.h"

#include <stdlib.h>
#include <string.h>

static const struct line *line_of(lua_State *L, const struct handle *h)
{
	const struct object *o = owner_native(L, h->owner);

	return &o->lines[h->id];
}

static int get_file(lua_State *L, const void *self)
{
	lua_pushstring(L, line_of(L, self)->file);
	return 1;
}

static const char *name_of(const struct line *l)
{
	const char *slash = strrchr(l->file, '/');

	return slash ? slash + 1 : l->file;
}

static int get_name(lua_State *L, const void *self)
{
	lua_pushstring(L, name_of(line_of(L, self)));
	return 1;
}

static int get_line(lua_State *L, const void *self)
{
	lua_pushinteger(L, line_of(L, self)->line);
	return 1;
}

static int get_column(lua_State *L, const void *self)
{
	lua_pushinteger(L, line_of(L, self)->column);
	return 1;
}

static int get_text(lua_State *L, const void *self)
{
	lua_pushstring(L, line_of(L, self)->text);
	return 1;
}

static int order_alike(const struct line *a, const struct line *b)
{
	int by = strcmp(name_of(a), name_of(b));

	return by ? by : strcmp(a->text, b->text);
}

static int order_lines(const void *x, const void *y)
{
	const struct line *a = *(const struct line *const *)x, *b = *(const struct line *const *)y;
	int by = order_alike(a, b);

	if (!by)
		by = strcmp(a->file, b->file);
	return by ? by : (a->line > b->line) - (a->line < b->line);
}

/* Fills in get_nth() of every line of an object; sorted is room for as many. */
static void rank_lines(const struct object *o, const struct line **sorted, uint32_t *ranks)
{
	uint32_t rank = 1;

	for (size_t i = 0; i < o->line_count; i++)
		sorted[i] = &o->lines[i];
	qsort(sorted, o->line_count, sizeof(const struct line *), order_lines);
	for (size_t i = 0; i < o->line_count; i++) {
		if (i && order_alike(sorted[i - 1], sorted[i]))
			rank = 1;
		else if (i && order_lines(&sorted[i - 1], &sorted[i]))
			rank++;
		ranks[sorted[i] - o->lines] = rank;
	}
}

/* Pushes those ranks of the object at the top of the stack, which has lines: made for the first
 * that is asked for.
 */
static const uint32_t *push_ranks(lua_State *L, const struct object *o)
{
	static const char key;
	const uint32_t *known;
	const struct line **sorted;
	uint32_t *ranks;

	if (lua_rawgetp(L, LUA_REGISTRYINDEX, &key) != LUA_TTABLE) {
		lua_pop(L, 1);
		push_weak(L, weak_keys);
		lua_pushvalue(L, -1);
		lua_rawsetp(L, LUA_REGISTRYINDEX, &key);
	}
	lua_pushvalue(L, -2);
	lua_rawget(L, -2);
	known = lua_touserdata(L, -1);
	if (known)
		return known;
	ranks = lua_newuserdatauv(L, o->line_count * sizeof(*ranks), 0);
	sorted = lua_newuserdatauv(L, o->line_count * sizeof(*sorted), 0);
	rank_lines(o, sorted, ranks);
	lua_pop(L, 1);
	lua_pushvalue(L, -4);
	lua_pushvalue(L, -2);
	lua_rawset(L, -5);
	return ranks;
}

/* Which one it is of the lines of that text, in files of that name. */
static int get_nth(lua_State *L, const void *self)
{
	const struct handle *h = self;
	const struct line *l = line_of(L, h);
	const struct object *o = h->owner->native;

	lua_getiuservalue(L, 1, HANDLE_OWNER);
	lua_pushinteger(L, push_ranks(L, o)[l - o->lines]);
	return 1;
}

static int line_tostring(lua_State *L)
{
	const struct line *l = line_of(L, class_check(L, 1, &line_class));

	lua_pushfstring(L, "%s:%I:%I", l->file, (LUAI_UACINT)l->line, (LUAI_UACINT)l->column);
	return 1;
}

static const struct field fields[] = {
    {"file", get_file}, {"name", get_name}, {"line", get_line}, {"column", get_column},
    {"text", get_text}, {"nth", get_nth},   {NULL, NULL},
};

static const luaL_Reg meta[] = {{"__tostring", line_tostring}, {NULL, NULL}};

const struct class line_class = {"btfl.line", TAG_LINE, fields, NULL, meta, NULL};
