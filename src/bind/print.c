/*
 * print: types in C, and as they are stored, for Lua: type:decl(), type:define() and btf:print().
 * Text is gathered, or handed to a Lua function in pieces. What Lua raises meanwhile is kept until
 * the engine has returned.
 */
#include <stdlib.h>

#include "base/buf.h"
#include "bind/classes.h"
#include "print/ctext.h"
#include "print/dump.h"
#include "print/source.h"

/* One is kept for all calls of a Lua state; while it is at work, a function that it calls gets
 * another. */
struct printer {
	struct out out;
	struct ctext text;
	struct buf gathered;
	bool busy;
	/* Of the call that is at work: where on the Lua stack its values are; 0 for none. */
	lua_State *L;
	int btf, rename, write;
	int kept; /* the name that was given last; what was raised */
	bool raised;
};

static const char printer_key = 0; /* in the registry */

static int printer_gc(lua_State *L)
{
	struct printer *p = lua_touserdata(L, 1);

	free(p->gathered.data);
	p->gathered = (struct buf){0};
	ctext_free(&p->text);
	return 0;
}

/* Pushes a printer that is not at work. */
static struct printer *push_printer(lua_State *L)
{
	struct printer *p;

	if (lua_rawgetp(L, LUA_REGISTRYINDEX, &printer_key) == LUA_TUSERDATA) {
		p = lua_touserdata(L, -1);
		if (!p->busy)
			return p;
	}
	lua_pop(L, 1);
	p = push_freed(L, sizeof(*p), printer_gc);
	lua_pushvalue(L, -1);
	lua_rawsetp(L, LUA_REGISTRYINDEX, &printer_key);
	return p;
}

/* Calls f with the topmost `args` values, and keeps the one that it gives, or what it raises. */
static bool call_kept(struct printer *p, lua_CFunction f, int args)
{
	lua_State *L = p->L;
	bool done;

	lua_pushcfunction(L, f);
	lua_insert(L, -args - 1);
	done = lua_pcall(L, args, 1, 0) == LUA_OK;
	lua_replace(L, p->kept);
	p->raised = !done;
	return done;
}

static bool gather(void *ctx, const char *text, size_t len)
{
	struct printer *p = ctx;

	buf_add(&p->gathered, text, len);
	return !p->gathered.failed;
}

/* (write, text, length) */
static int write_piece(lua_State *L)
{
	const char *text = lua_touserdata(L, 2);
	size_t len = (size_t)lua_tointeger(L, 3);

	lua_settop(L, 1);
	lua_pushlstring(L, text, len);
	lua_call(L, 1, 0);
	return 0;
}

static bool hand_on(void *ctx, const char *text, size_t len)
{
	struct printer *p = ctx;

	if (!lua_checkstack(p->L, 8))
		return false;
	lua_pushvalue(p->L, p->write);
	lua_pushlightuserdata(p->L, (void *)(uintptr_t)text);
	lua_pushinteger(p->L, (lua_Integer)len);
	return call_kept(p, write_piece, 3);
}

/* (rename, btf, id, name): what the table or the function gives for the type. */
static int find_name(lua_State *L)
{
	if (lua_istable(L, 1)) {
		lua_pushstring(L, lua_touserdata(L, 4));
		lua_gettable(L, 1);
	} else {
		lua_pushvalue(L, 1);
		push_type(L, 2, (uint32_t)lua_tointeger(L, 3));
		lua_call(L, 1, 1);
	}
	if (!lua_isnil(L, -1) && lua_type(L, -1) != LUA_TSTRING)
		return luaL_error(L, "rename gives a string or nil, not a %s value",
				  luaL_typename(L, -1));
	return 1;
}

static const char *rename_type(void *ctx, const struct btf_type *t)
{
	struct printer *p = ctx;

	if (p->raised || !lua_checkstack(p->L, 8))
		return NULL;
	lua_pushvalue(p->L, p->rename);
	lua_pushvalue(p->L, p->btf);
	lua_pushinteger(p->L, t->id);
	lua_pushlightuserdata(p->L, (void *)(uintptr_t)t->name);
	return call_kept(p, find_name, 4) ? lua_tostring(p->L, p->kept) : NULL;
}

/* Makes the printer ready for the BTF at that index. It is not to be left by an error from here on,
 * until finish(): the BTF, too, is held, for functions that are called may close it. */
static void start(lua_State *L, struct printer *p, int btf)
{
	const struct btf *b = owner_native(L, lua_touserdata(L, btf));

	lua_pushnil(L);
	p->L = L;
	p->kept = lua_gettop(L);
	p->btf = btf;
	p->rename = p->write = 0;
	p->raised = false;
	p->busy = true;
	p->gathered.len = 0;
	p->gathered.failed = false;
	out_start(&p->out, gather, p);
	ctext_free(&p->text);
	p->text = (struct ctext){.out = &p->out, .btf = btf_ref(b), .most_members = 1 << 16};
}

static void rename_by(struct printer *p, int rename)
{
	if (lua_isnoneornil(p->L, rename))
		return;
	p->rename = rename;
	p->text.rename = rename_type;
	p->text.rename_ctx = p;
}

/* Raises what was raised, or e, or that memory is out; otherwise pushes the text that was gathered.
 */
static void finish(lua_State *L, struct printer *p, const struct err *e)
{
	bool done = out_flush(&p->out) && !p->text.failed && !p->gathered.failed;

	p->busy = false;
	btf_unref((struct btf *)(uintptr_t)p->text.btf);
	p->text.btf = NULL;
	if (p->raised) {
		lua_pushvalue(L, p->kept);
		lua_error(L);
	}
	if (e)
		raise_err(L, e);
	if (!done)
		raise_memory(L);
	lua_pushlstring(L, (const char *)p->gathered.data, p->gathered.len);
}

/* Pushes the BTF of the type at 1, and a printer; gives the type. */
static struct btf_type push_type_printer(lua_State *L, int *btf, struct printer **p)
{
	const struct handle *h = class_check(L, 1, &type_class);
	struct btf_type t = handle_type(L, h);

	lua_getiuservalue(L, 1, HANDLE_OWNER);
	*btf = lua_gettop(L);
	*p = push_printer(L);
	return t;
}

int engine_type_decl(lua_State *L)
{
	struct printer *p;
	struct btf_type t;
	uint32_t base;
	const char *name;
	int btf;

	lua_settop(L, 3);
	name = lua_tostring(L, 2);
	t = push_type_printer(L, &btf, &p);
	start(L, p, btf);
	rename_by(p, 3);
	base = ctext_decl(&p->text, t.id, name);
	finish(L, p, NULL);
	push_type(L, btf, base);
	return 2;
}

static const char *const styles[] = {"none", "offsets", "layout", NULL};
static const enum ctext_style style_of[] = {CTEXT_SOURCE, CTEXT_OFFSETS, CTEXT_LAYOUT};

int engine_type_define(lua_State *L)
{
	struct printer *p;
	struct btf_type t;
	struct align *align;
	struct err e;
	int btf, style, rc;

	lua_settop(L, 3);
	style = luaL_checkoption(L, 2, "none", styles);
	t = push_type_printer(L, &btf, &p);
	align = push_align(L, btf);
	start(L, p, btf);
	rename_by(p, 3);
	p->text.align = align;
	p->text.style = style_of[style];
	ctext_define(&p->text, t.id);
	rc = p->text.style == CTEXT_SOURCE ? ctext_check(&p->text, &e) : 0;
	finish(L, p, rc < 0 ? &e : NULL);
	return 1;
}

/* The ids of the list of types at that index, kept by a userdata that is pushed; NULL for nil. */
static uint32_t *push_ids(lua_State *L, int list, const struct btf *b, size_t *count)
{
	uint32_t *ids;

	*count = 0;
	lua_pushnil(L);
	if (lua_isnoneornil(L, list))
		return NULL;
	*count = lua_rawlen(L, list);
	ids = lua_newuserdatauv(L, (*count + 1) * sizeof(*ids), 0);
	lua_replace(L, -2);
	for (size_t i = 0; i < *count; i++) {
		const struct handle *h;
		struct btf_type t;

		lua_rawgeti(L, list, (lua_Integer)i + 1);
		h = class_test(L, -1, &type_class);
		if (!h)
			luaL_error(L, "number %d of the types is none", (int)i + 1);
		t = handle_type(L, h);
		if (t.id && btf_type(b, t.id).btf != t.btf)
			luaL_error(L, "number %d of the types is of another BTF", (int)i + 1);
		ids[i] = t.id;
		lua_pop(L, 1);
	}
	return ids;
}

static const char *const formats[] = {"c", "json", "raw", NULL};
enum { FORMAT_C, FORMAT_JSON, FORMAT_RAW };

int engine_btf_print(lua_State *L)
{
	struct source_options options = {0};
	const struct btf *b = check_btf(L, 1);
	struct printer *p;
	struct err e;
	int format, rc = 0;

	lua_settop(L, 5);
	format = luaL_checkoption(L, 2, "c", formats);
	options.header = lua_toboolean(L, 3);
	options.ids = push_ids(L, 4, b, &options.id_count);
	p = push_printer(L);
	start(L, p, 1);
	if (!lua_isnil(L, 5)) {
		p->write = 5;
		p->out.take = hand_on;
	}
	if (format == FORMAT_C)
		rc = source_write(b, &options, &p->out, &e);
	else
		dump_write(b, format == FORMAT_JSON ? DUMP_JSON : DUMP_RAW, options.ids,
			   options.id_count, &p->out);
	finish(L, p, rc < 0 && !p->out.failed ? &e : NULL);
	if (p->write)
		lua_pushnil(L);
	return 1;
}
