/* member(m, struct, default) -> a member, a path or nil: what a member of the object has become in
 * a struct of the target. An answer is turned into a path through nested structs, and so checked.
 */
#include "bind/policy/hook.h"

#include <string.h>

#include "core/match.h"

static void ask_member(lua_State *L, const struct asked *a)
{
	const struct member_asked *m = (const struct member_asked *)a;

	push_asked_element(L, a, &member_class, &m->of, m->index);
	push_asked_element(L, a, &type_class, &m->in, 0);
}

static void read_member(lua_State *L, struct asked *a)
{
	struct member_asked *m = (struct member_asked *)a;

	read_element(L, a, &member_class, "a member", &m->of, &m->index, &m->in);
}

/* What the path's members and elements from `from` to before `to` lead to, from t on. */
static struct btf_type follow_path(struct btf_type t, const struct member_path *path, uint32_t from,
				   uint32_t to)
{
	for (uint32_t i = from; i < to; i++)
		t = btf_strip(t.btf, path_is_element(path, i)
					 ? btf_array(&t).elem
					 : btf_member(&t, path->index[i]).type);
	return t;
}

/* Elements of arrays only policies give. */
static void tell_member(lua_State *L, const struct asked *a)
{
	const struct member_path *path = &((const struct member_asked *)a)->path;
	struct btf_type in = ((const struct member_asked *)a)->in;

	if (a->reason == REASON_NONE) {
		in = follow_path(in, path, 0, path->len - 1);
		push_asked_element(L, a, &member_class, &in, path->index[path->len - 1]);
	} else {
		lua_pushnil(L);
	}
}

/* A struct that is looked for among the members of another. */
struct parent_search {
	const struct btf_type *sought;
	struct member_path at, found; /* where the search is; where it was found first */
	uint32_t bit_offset;          /* likewise, of the place found */
	bool unnamed;                 /* only members without a name are entered */
	unsigned places;              /* at different offsets; the search ends at 2 */
	uint32_t budget;              /* members to look at */
};

static void find_inner(struct parent_search *s, const struct btf_type *t, uint32_t bit_offset)
{
	if (t->id == s->sought->id && t->btf == s->sought->btf) {
		if (!s->places) {
			s->found = s->at;
			s->bit_offset = bit_offset;
		}
		s->places += !s->places || bit_offset != s->bit_offset;
		return;
	}
	if (!btf_is_composite(t) || s->at.len + 1 >= s->at.room)
		return;
	for (uint32_t i = 0; i < t->vlen && s->places < 2 && s->budget; i++) {
		struct btf_member m = btf_member(t, i);
		struct btf_type inner = btf_strip(t->btf, m.type);

		s->budget--;
		if (s->unnamed && *m.name)
			continue;
		s->at.index[s->at.len++] = i;
		find_inner(s, &inner, bit_offset + m.bit_offset);
		s->at.len--;
		if (s->unnamed && s->places)
			return; /* as a search by name would */
	}
}

static void find_parent(struct parent_search *s, const struct member_asked *m,
			const struct btf_type *parent)
{
	s->sought = parent;
	s->at.room = m->path.room;
	s->at.elements = 0;
	s->places = 0;
	for (int pass = 0; pass < 2 && !s->places; pass++) {
		s->unnamed = pass == 0;
		s->at.len = s->found.len = 0;
		s->budget = MEMBER_STEPS;
		find_inner(s, &m->in, 0);
	}
}

/* A member of the struct that is searched, or of one that it holds by value at one place. */
static void take_handle(lua_State *L, struct member_asked *m, const struct handle *h)
{
	struct btf_type parent = handle_type(L, h);
	struct parent_search s;

	find_parent(&s, m, &parent);
	if (!s.places)
		luaL_error(L, "member '%s' is of %s, which is no part of %s",
			   btf_member(&parent, h->index).name,
			   *parent.name ? parent.name : "an anonymous struct",
			   *m->in.name ? m->in.name : "the anonymous struct");
	if (s.places > 1)
		luaL_error(L, "member '%s' stands in %s more than once: return its path instead",
			   btf_member(&parent, h->index).name, m->in.name);
	m->path = s.found;
	m->path.index[m->path.len++] = h->index;
}

/* The indexes of elements behind a name, "[2][0]"; s moves behind them. Gives what is there. */
static struct btf_type take_elements(lua_State *L, struct member_asked *m, const char *path,
				     const char **s, struct btf_type t)
{
	while (**s == '[') {
		struct btf_array a = t.kind == BTF_ARRAY ? btf_array(&t) : (struct btf_array){0};
		uint32_t index;
		const char *end = btf_index_in(*s, &index);

		if (!end)
			luaL_error(L, "path '%s': '%s' is no index of an element", path, *s);
		if (t.kind != BTF_ARRAY || btf_size(t.btf, a.elem) < 0)
			luaL_error(L, "path '%s': what stands before '%s' is no array", path, *s);
		if (a.count && index >= a.count)
			luaL_error(L, "path '%s': the array before '%s' has %I elements", path, *s,
				   (LUAI_UACINT)a.count);
		if (m->path.len == m->path.room)
			luaL_error(L, "path '%s' is too deep", path);
		m->path.elements |= UINT64_C(1) << m->path.len;
		m->path.index[m->path.len++] = index;
		t = btf_strip(t.btf, a.elem);
		*s = end;
	}
	return t;
}

/* "signal.pids", "counts[1].value": names of members, one within the other, and elements. */
static void take_path(lua_State *L, struct member_asked *m, const char *path)
{
	struct btf_type t = m->in;

	m->path.len = 0;
	m->path.elements = 0;
	for (const char *s = path;; s++) {
		size_t len = strcspn(s, ".[");
		uint32_t before = m->path.len;
		const char *name = lua_pushlstring(L, s, len);
		enum reason found;

		if (t.kind == BTF_PTR)
			luaL_error(L,
				   "a relocation cannot cross a pointer: it gives one offset, and "
				   "what stands before '%s' must be read first",
				   s);
		found = find_member(&t, name, &m->path);
		if (found == REASON_TOO_DEEP)
			luaL_error(L, "path '%s' is too deep", path);
		if (found != REASON_NONE)
			luaL_error(L, "path '%s': %s has no member '%s'", path,
				   *t.name ? t.name : "what stands there", name);
		t = follow_path(t, &m->path, before, m->path.len);
		lua_pop(L, 1);
		s += len;
		t = take_elements(L, m, path, &s, t);
		if (!*s)
			break;
		if (*s != '.')
			luaL_error(L, "path '%s': a name stands behind '.'", path);
	}
}

static void take_member(lua_State *L, struct asked *a, int answer)
{
	struct member_asked *m = (struct member_asked *)a;
	const struct handle *h = class_test(L, answer, &member_class);

	if (lua_isnil(L, answer)) {
		a->reason = refusal(L, answer, a->reason, REASON_NO_FIELD);
		return;
	}
	a->reason = REASON_NONE;
	if (h)
		take_handle(L, m, h);
	else if (lua_type(L, answer) == LUA_TSTRING)
		take_path(L, m, lua_tostring(L, answer));
	else
		bad_answer(L, &member_hook, answer);
}

const struct lua_hook member_hook = {
    .name = "member",
    .answers = "a member, a path or nil",
    .ask = ask_member,
    .read = read_member,
    .tell = tell_member,
    .take = take_member,
    .refuses = is_no,
};
