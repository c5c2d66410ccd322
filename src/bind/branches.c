/* branches: program:branches(): the branches that relocations decide, as plain tables. */
#include "bind/classes.h"
#include "bind/policy/policy.h"

#include "dataflow/ladder.h"

/* What a call holds, which the collector frees when something raises. */
struct climb_box {
	struct linked *linked;
	struct ladder *ladder;
};

static int free_box(lua_State *L)
{
	struct climb_box *b = lua_touserdata(L, 1);

	ladder_free(b->ladder);
	linked_free(b->linked);
	*b = (struct climb_box){0};
	return 0;
}

/* Sets field `side` of the table at the top: where the code lies that is behind that way of the
 * branch alone; nothing when there is none. */
static void set_side(lua_State *L, const struct graph *w, uint32_t at, uint32_t to,
		     const char *side)
{
	if (to >= w->count || !graph_is_only_way(w, at, to))
		return;
	lua_createtable(L, 0, 2);
	lua_pushinteger(L, w->first[to]);
	lua_setfield(L, -2, "from");
	lua_pushinteger(L, w->last[to]);
	lua_setfield(L, -2, "to");
	lua_setfield(L, -2, side);
}

/* object is the stack index of the program's object. */
static void push_branch(lua_State *L, const struct ladder *x, const struct rung *r, int object)
{
	lua_createtable(L, 0, 7);
	lua_pushinteger(L, r->at);
	lua_setfield(L, -2, "insn");
	lua_createtable(L, (int)r->by.count, 0);
	for (uint32_t i = 0; i < r->by.count; i++) {
		push_part(L, object, &relo_class, r->by.relo[i]);
		lua_rawseti(L, -2, (lua_Integer)i + 1);
	}
	lua_setfield(L, -2, "relos");
	lua_pushboolean(L, r->asked);
	lua_setfield(L, -2, "asked");
	lua_pushinteger(L, x->rungs[r->head].at);
	lua_setfield(L, -2, "head");
	if (r->asked) {
		lua_pushstring(L, r->jumps_there ? "jumps" : "falls");
		lua_setfield(L, -2, "taken");
	}
	if (r->asked && x->rungs[r->head].at == r->at) {
		push_u64(L, r->arm);
		lua_setfield(L, -2, "arm");
	}
	set_side(L, x->graph, r->at, r->falls, "falls");
	set_side(L, x->graph, r->at, r->jumps, "jumps");
}

/* Pushes by instruction where those stand that are relocated, or call something. */
static void push_places(lua_State *L, const struct linked *f, const struct graph *w)
{
	lua_newtable(L);
	for (uint32_t at = 0; at < w->count; at++) {
		const struct linked_insn *n = &f->insns[at];

		if ((n->relo < 0 && n->in.code != (BPF_JMP | JUMP_CALL) &&
		     n->ref_kind != REF_FUNC) ||
		    w->first[at] == GRAPH_NONE)
			continue;
		lua_pushinteger(L, w->first[at]);
		lua_rawseti(L, -2, at);
	}
}

int program_branches(lua_State *L)
{
	const struct handle *h = class_check(L, 1, &program_class);
	const struct resolution *r;
	struct climb_box *b;
	struct err e;

	check_target(L, 2);
	lua_settop(L, 3);
	lua_getiuservalue(L, 1, HANDLE_OWNER);
	push_policy_option(L, 3);
	push_resolution(L, 4, 2, 5);
	r = owner_native(L, lua_touserdata(L, 6));
	b = push_freed(L, sizeof(*b), free_box);
	if (linked_new(r, object_references(L, 4), h->id, &b->linked, &e) < 0 ||
	    ladder_new(b->linked, &b->ladder, &e) < 0)
		return raise_err(L, &e);
	linked_ask_all(b->linked);
	lua_createtable(L, (int)b->ladder->count, 0);
	for (size_t i = 0; i < b->ladder->count; i++) {
		push_branch(L, b->ladder, &b->ladder->rungs[i], 4);
		lua_rawseti(L, -2, (lua_Integer)i + 1);
	}
	push_places(L, b->linked, b->ladder->graph);
	ladder_free(b->ladder);
	linked_free(b->linked);
	*b = (struct climb_box){0};
	return 2;
}
