/*
 * hook_member: the hook of members and enumerators: what one of the object has become in a struct
 * or enum of the target. An answer is turned into a path through nested structs, and so checked.
 */
#include "bind/hook_parts.h"

#include <string.h>

/* Members looked at for one answer, at most. */
enum { SEARCH_MEMBERS = 100000 };

void ask_member(lua_State *L, struct run *r, int run)
{
	push_run_element(L, r, run, r->enumerator ? &enumerator_class : &member_class, &r->of,
			 r->element);
	push_run_element(L, r, run, &type_class, &r->in, 0);
}

/* Reads what default is asked about; the engine's own question needs no check. */
static uint32_t read_arguments(lua_State *L, struct run *r, int run, struct btf_type *of,
			       struct btf_type *in)
{
	const struct class *c = r->enumerator ? &enumerator_class : &member_class;
	const struct handle *m;

	if (r->same) {
		*of = r->of;
		*in = r->in;
		return r->element;
	}
	m = class_test(L, run + 1, c);
	if (!m)
		return (uint32_t)bad_argument(L, run + 1,
					      r->enumerator ? "an enumerator" : "a member");
	*of = handle_type(L, m);
	if (of->btf != r->q->object->btf)
		luaL_error(L, "default takes a member of the object, not of %s", of->btf->name);
	*in = check_target_type(L, r, run + 2);
	*in = btf_strip(in->btf, in->id);
	return m->index;
}

void own_member(lua_State *L, struct run *r, int run)
{
	struct btf_type of, in, t;
	uint32_t element = read_arguments(L, r, run, &of, &in), i = 0;
	int why;

	r->usual.room = r->enumerator ? 1 : r->path->room;
	r->usual.len = 0;
	r->usual_handle = NULL;
	t = in;
	if (r->enumerator)
		why = btf_is_enum(&in) ? default_enumerator(&of, element, &in, &i)
				       : REASON_NO_ENUMVAL;
	else
		why = default_member(&of, element, &in, &r->usual);
	r->why = (enum reason)why;
	if (why != REASON_NONE) {
		r->usual.len = 0;
		lua_pushnil(L);
		push_name(L, reason_name(r->why));
		return;
	}
	if (!r->enumerator) {
		for (uint32_t k = 0; k + 1 < r->usual.len; k++)
			t = btf_strip(t.btf, btf_member(&t, r->usual.index[k]).type);
		i = r->usual.index[r->usual.len - 1];
		r->usual_in = in;
		r->usual_of = t;
	}
	push_run_element(L, r, run, r->enumerator ? &enumerator_class : &member_class, &t, i);
	if (r->same)
		r->usual_handle = lua_touserdata(L, -1);
	lua_pushnil(L);
}

/* A struct that is looked for among the members of another. */
struct search {
	const struct btf_type *sought;
	struct member_path at, found; /* where the search is; where it was found first */
	uint32_t bit_offset;          /* likewise, of the place found */
	bool unnamed;                 /* only members without a name are entered */
	unsigned places;              /* at different offsets; the search ends at 2 */
	unsigned budget;              /* members to look at */
};

static void find_inner(struct search *s, const struct btf_type *t, uint32_t bit_offset)
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

static void find_parent(struct search *s, const struct run *r, const struct btf_type *parent)
{
	s->sought = parent;
	s->at.room = r->path->room;
	s->places = 0;
	for (int pass = 0; pass < 2 && !s->places; pass++) {
		s->unnamed = pass == 0;
		s->at.len = s->found.len = 0;
		s->budget = SEARCH_MEMBERS;
		find_inner(s, &r->in, 0);
	}
}

/* Whether m is what default found last. */
static bool is_usual(const struct run *r, const struct handle *m)
{
	return r->usual.len && r->usual_in.btf == r->in.btf && r->usual_in.id == r->in.id &&
	       r->usual_of.btf == m->owner->native && r->usual_of.id == m->id &&
	       r->usual.index[r->usual.len - 1] == m->index;
}

static void take_usual(struct run *r)
{
	r->path->len = r->usual.len;
	memcpy(r->path->index, r->usual.index, r->usual.len * sizeof(*r->usual.index));
}

/* A member of the struct that is searched, or of one that it holds by value at one place. */
static void take_member_handle(lua_State *L, struct run *r, const struct handle *m)
{
	struct btf_type parent;
	struct search s;

	if (is_usual(r, m)) {
		take_usual(r);
		return;
	}
	parent = handle_type(L, m);
	find_parent(&s, r, &parent);
	if (!s.places)
		luaL_error(L, "member '%s' is of %s, which is no part of %s",
			   btf_member(&parent, m->index).name,
			   *parent.name ? parent.name : "an anonymous struct",
			   *r->in.name ? r->in.name : "the anonymous struct");
	if (s.places > 1)
		luaL_error(L, "member '%s' stands in %s more than once: return its path instead",
			   btf_member(&parent, m->index).name, r->in.name);
	r->path->len = s.found.len;
	memcpy(r->path->index, s.found.index, s.found.len * sizeof(*s.found.index));
	r->path->index[r->path->len++] = m->index;
}

/* Appends to path what leads from *t to the member of that name. budget bounds the members looked
 * at: nests of anonymous members can be large. */
static bool descend(const struct btf_type *t, const char *name, size_t len,
		    struct member_path *path, unsigned *budget)
{
	for (uint32_t i = 0; btf_is_composite(t) && i < t->vlen && path->len < path->room; i++) {
		struct btf_member m = btf_member(t, i);

		if (!*budget)
			return false;
		--*budget;
		path->index[path->len++] = i;
		if (strlen(m.name) == len && len && memcmp(m.name, name, len) == 0)
			return true;
		if (!*m.name) {
			struct btf_type inner = btf_strip(t->btf, m.type);

			if (descend(&inner, name, len, path, budget))
				return true;
		}
		path->len--;
	}
	return false;
}

/* "signal.pids": names of members, one within the other. */
static void take_member_path(lua_State *L, struct run *r, const char *path)
{
	struct btf_type t = r->in;
	unsigned budget = SEARCH_MEMBERS;

	r->path->len = 0;
	for (const char *s = path;; s++) {
		size_t len = strcspn(s, ".");
		uint32_t before = r->path->len;

		if (t.kind == BTF_PTR)
			luaL_error(L,
				   "a relocation cannot cross a pointer: it gives one offset, and "
				   "what stands before '%s' must be read first",
				   s);
		if (!descend(&t, s, len, r->path, &budget))
			luaL_error(L, "path '%s': %s has no member '%s'", path,
				   *t.name ? t.name : "what stands there",
				   lua_pushlstring(L, s, len));
		for (; before < r->path->len; before++)
			t = btf_strip(t.btf, btf_member(&t, r->path->index[before]).type);
		s += len;
		if (!*s)
			break;
	}
}

static void take_enumerator(lua_State *L, struct run *r, int answer)
{
	const struct handle *v = class_test(L, answer, &enumerator_class);

	if (!v)
		bad_answer(L, r, answer);
	else if (handle_type(L, v).id != r->in.id || handle_type(L, v).btf != r->in.btf)
		luaL_error(L, "the enumerator is not one of %s",
			   *r->in.name ? r->in.name : "the enum that is searched");
	else
		*r->found = v->index;
}

void take_member(lua_State *L, struct run *r, int run, int answer)
{
	const struct handle *m;
	enum reason why = r->why;

	(void)run;
	r->why = REASON_NONE;
	if (r->usual_handle && !r->enumerator && r->usual_handle == lua_touserdata(L, answer)) {
		take_usual(r);
		return;
	}
	m = class_test(L, answer, &member_class);
	if (lua_isnil(L, answer))
		r->why =
		    refusal(L, answer, why, r->enumerator ? REASON_NO_ENUMVAL : REASON_NO_FIELD);
	else if (r->enumerator)
		take_enumerator(L, r, answer);
	else if (m)
		take_member_handle(L, r, m);
	else if (lua_type(L, answer) == LUA_TSTRING)
		take_member_path(L, r, lua_tostring(L, answer));
	else
		bad_answer(L, r, answer);
}
