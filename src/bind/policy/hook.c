/* hook: what the files of the hooks share; see hook.h. */
#include "bind/policy/hook.h"

#include <string.h>

#define HOOK_OF(X, x) [HOOK_##X] = &x##_hook,
#define SIZE_OF(X, x) [HOOK_##X] = sizeof(struct x##_asked),
const struct lua_hook *const hooks[HOOK_COUNT] = {HOOKS(HOOK_OF)};
const size_t hook_size[HOOK_COUNT] = {HOOKS(SIZE_OF)};

size_t hook_shared(enum hook h)
{
	return hooks[h]->plan ? hook_size[h] : sizeof(struct asked);
}

void push_asked_btf(lua_State *L, const struct asked *a, const struct btf *b)
{
	if (b == a->q->object->btf) {
		lua_getiuservalue(L, AT_RUN, RUN_BTF);
	} else if (b == a->q->target->btf[0]) {
		lua_getiuservalue(L, AT_RUN, RUN_VMLINUX);
	} else {
		lua_getiuservalue(L, AT_RUN, RUN_TARGET);
		push_target_btf(L, -1, b);
		lua_replace(L, -2);
	}
}

void push_asked_element(lua_State *L, const struct asked *a, const struct class *c,
			const struct btf_type *t, uint32_t index)
{
	push_asked_btf(L, a, t->btf);
	owner_native(L, lua_touserdata(L, -1));
	handle_push(L, -1, c, t->id, index);
	lua_replace(L, -2);
}

void push_asked_type(lua_State *L, const struct asked *a, const struct btf *b, uint32_t id)
{
	push_asked_btf(L, a, b);
	push_type(L, -1, id);
	lua_replace(L, -2);
}

void push_asked_relo(lua_State *L, const struct asked *a)
{
	lua_getiuservalue(L, AT_RUN, RUN_OBJECT);
	push_part(L, -1, &relo_class, a->q->relo);
	lua_replace(L, -2);
}

void push_asked_target(lua_State *L)
{
	lua_getiuservalue(L, AT_RUN, RUN_TARGET);
}

/* What an error calls the value at idx: a class of ours by its name. */
static const char *type_called(lua_State *L, int idx)
{
	if (luaL_getmetafield(L, idx, "__name") == LUA_TSTRING)
		return lua_tostring(L, -1);
	return luaL_typename(L, idx);
}

int bad_answer(lua_State *L, const struct lua_hook *hook, int answer)
{
	return luaL_error(L, "must return %s, not a %s value", hook->answers,
			  type_called(L, answer));
}

int bad_argument(lua_State *L, int idx, const char *expected)
{
	return luaL_error(L, "default takes %s, not a %s value", expected, type_called(L, idx));
}

bool is_word(lua_State *L, int idx, const char *word)
{
	return lua_type(L, idx) == LUA_TSTRING && strcmp(lua_tostring(L, idx), word) == 0;
}

bool is_no(lua_State *L, int answer)
{
	return !lua_toboolean(L, answer);
}

enum reason find_reason(lua_State *L, int idx)
{
	const char *name = lua_type(L, idx) == LUA_TSTRING ? lua_tostring(L, idx) : "";

	for (int r = REASON_NONE + 1; r < REASON_COUNT; r++)
		if (strcmp(reason_name((enum reason)r), name) == 0)
			return (enum reason)r;
	return REASON_NONE;
}

enum reason check_reason(lua_State *L, int answer)
{
	enum reason r = find_reason(L, answer + 1);

	if (r == REASON_NONE && lua_isnil(L, answer + 2))
		luaL_error(L, "returns nil alone: a reason code goes with it, such as "
			      "'unsupported'");
	if (r == REASON_NONE)
		luaL_error(L, "'%s' is no reason code (nil goes with one, such as 'unsupported')",
			   lua_tostring(L, answer + 2));
	return r;
}

enum reason refusal(lua_State *L, int answer, enum reason given, enum reason usual)
{
	enum reason r = find_reason(L, answer + 1);

	return r != REASON_NONE ? r : given != REASON_NONE ? given : usual;
}

/* Whether b is vmlinux or a module of the target (or a base of one). */
static bool is_target_btf(const struct target *t, const struct btf *b)
{
	for (size_t i = 0; i < t->count; i++)
		for (const struct btf *own = t->btf[i]; own; own = own->base)
			if (own == b)
				return true;
	return false;
}

static struct btf_type check_type_of(lua_State *L, int idx)
{
	const struct handle *h = class_test(L, idx, &type_class);
	struct btf_type none = {0};

	if (h)
		return handle_type(L, h);
	bad_argument(L, idx, "a btfl.type");
	return none;
}

struct btf_type check_target_type(lua_State *L, const struct asked *a, int idx)
{
	struct btf_type t = check_type_of(L, idx);

	if (!is_target_btf(a->q->target, t.btf))
		luaL_error(L, "[%d] %s is a type of %s, not of the target", (int)t.id,
			   *t.name ? t.name : btf_kind_name(t.kind), t.btf->name);
	return t;
}

struct btf_type check_local_type(lua_State *L, const struct asked *a, int idx)
{
	struct btf_type t = check_type_of(L, idx);

	if (t.btf != a->q->object->btf)
		luaL_error(L, "[%d] %s is not a type of the object", (int)t.id,
			   *t.name ? t.name : btf_kind_name(t.kind));
	return t;
}

void ask_relo_target(lua_State *L, const struct asked *a)
{
	push_asked_relo(L, a);
	push_asked_target(L);
}

void read_relo(lua_State *L, struct asked *a)
{
	const struct handle *h = class_test(L, AT_ARG, &relo_class);

	if (!h || h->owner->native != a->q->object || h->id != a->q->relo)
		luaL_error(L, "default is asked for the relocation at hand only");
}

void read_relo_target(lua_State *L, struct asked *a)
{
	read_relo(L, a);
	push_asked_target(L);
	if (!lua_rawequal(L, AT_ARG + 1, -1))
		luaL_error(L, "default is asked for the target at hand only");
	lua_pop(L, 1);
}

void read_element(lua_State *L, const struct asked *a, const struct class *c, const char *noun,
		  struct btf_type *of, uint32_t *index, struct btf_type *in)
{
	const struct handle *h = class_test(L, AT_ARG, c);

	if (!h) {
		bad_argument(L, AT_ARG, noun);
		return;
	}
	*of = handle_type(L, h);
	if (of->btf != a->q->object->btf)
		luaL_error(L, "default takes a member of the object, not of %s", of->btf->name);
	*index = h->index;
	*in = check_target_type(L, a, AT_ARG + 1);
	*in = btf_strip(in->btf, in->id);
}
