/* graph: see graph.h. Dominators are found by the way of Lengauer and Tarjan (1979), with simple
 * links: m log n steps for m ways and n instructions, however they lie. */
#include "dataflow/graph.h"

#include <stdlib.h>

void graph_ways_of(const struct linked *f, uint32_t at, uint32_t *falls, uint32_t *jumps)
{
	struct insn in = f->insns[at].in;
	int64_t next = (int64_t)at + 1, end = f->funcs[0].count, to = insn_jump_target(in, at);

	*falls = *jumps = GRAPH_NONE;
	if (in.code == BPF_LDIMM64)
		next++;
	if (insn_is_jump(in) && BPF_OP(in.code) == JUMP_EXIT)
		*falls = (uint32_t)end;
	else if (insn_falls_through(in))
		*falls = (uint32_t)(next > end ? end : next);
	if (insn_leads_away(in))
		*jumps = (uint32_t)(to < 0 || to > end ? end : to);
}

/* ways */

static int ways_room(struct graph_ways *w, uint32_t nodes)
{
	w->start = calloc((size_t)nodes + 2, sizeof(*w->start));
	w->to = calloc(2 * (size_t)nodes + 1, sizeof(*w->to));
	return w->start && w->to ? 0 : -1;
}

/* Counts the ways of each node, then fills them in behind one another. */
static void count_up(struct graph_ways *w, uint32_t nodes)
{
	for (uint32_t i = 0; i < nodes; i++)
		w->start[i + 1] += w->start[i];
}

static void fill_ways(const struct linked *f, struct graph *w)
{
	uint32_t to[2], n = 0;

	for (uint32_t at = 0; at < w->count; at++) {
		w->next.start[at] = n;
		graph_ways_of(f, at, &to[0], &to[1]);
		for (unsigned i = 0; i < 2; i++) {
			if (to[i] == GRAPH_NONE || (i == 1 && to[1] == to[0]))
				continue;
			w->next.to[n++] = to[i];
			w->before.start[to[i] + 1]++;
		}
	}
	w->next.start[w->count] = w->next.start[w->count + 1] = n;
	count_up(&w->before, w->count + 1);
	for (uint32_t at = w->count; at-- > 0;)
		for (uint32_t i = w->next.start[at + 1]; i-- > w->next.start[at];)
			w->before.to[--w->before.start[w->next.to[i] + 1]] = at;
	/* Each start has come down to where its node's ways begin, one too far right. */
	for (uint32_t i = 0; i <= w->count; i++)
		w->before.start[i] = w->before.start[i + 1];
	w->before.start[w->count + 1] = n;
}

/* dominators */

struct tree {
	const struct graph_ways *next, *before;
	uint32_t nodes, found;
	uint32_t *vertex; /* by number, in the order of a depth-first search */
	uint32_t *number; /* by node, GRAPH_NONE for what was not found */
	uint32_t *parent, *semi, *label, *ancestor, *bucket, *queue, *dominator;
	uint32_t *room;
};

static int tree_room(struct tree *t)
{
	enum { LISTS = 9 };
	uint32_t **list[LISTS] = {&t->vertex,   &t->number, &t->parent, &t->semi,     &t->label,
				  &t->ancestor, &t->bucket, &t->queue,  &t->dominator};

	t->room = malloc(sizeof(*t->room) * LISTS * t->nodes);
	if (!t->room)
		return -1;
	for (unsigned i = 0; i < LISTS; i++)
		*list[i] = t->room + (size_t)i * t->nodes;
	for (uint32_t v = 0; v < t->nodes; v++) {
		t->number[v] = t->ancestor[v] = t->bucket[v] = t->dominator[v] = GRAPH_NONE;
		t->label[v] = v;
	}
	return 0;
}

/* Numbers what is found from the root. queue is the path, semi the next way of each on it. */
static void search(struct tree *t, uint32_t root)
{
	uint32_t depth = 0;

	t->parent[root] = GRAPH_NONE;
	t->queue[depth++] = root;
	t->number[root] = t->found;
	t->vertex[t->found++] = root;
	t->semi[root] = t->next->start[root];
	while (depth) {
		uint32_t v = t->queue[depth - 1], to;

		if (t->semi[v] == t->next->start[v + 1]) {
			depth--;
			continue;
		}
		to = t->next->to[t->semi[v]++];
		if (t->number[to] != GRAPH_NONE)
			continue;
		t->parent[to] = v;
		t->number[to] = t->found;
		t->vertex[t->found++] = to;
		t->semi[to] = t->next->start[to];
		t->queue[depth++] = to;
	}
}

/* Of the linked nodes above v, itself included, one whose semidominator is least. */
static uint32_t evaluate(struct tree *t, uint32_t v)
{
	uint32_t depth = 0, at = v;

	if (t->ancestor[v] == GRAPH_NONE)
		return v;
	for (; t->ancestor[t->ancestor[at]] != GRAPH_NONE; at = t->ancestor[at])
		t->queue[depth++] = at;
	while (depth) {
		uint32_t low = t->queue[--depth], up = t->ancestor[low];

		if (t->semi[t->label[up]] < t->semi[t->label[low]])
			t->label[low] = t->label[up];
		t->ancestor[low] = t->ancestor[up];
	}
	return t->label[v];
}

static void empty_bucket(struct tree *t, uint32_t of)
{
	while (t->bucket[of] != GRAPH_NONE) {
		uint32_t v = t->bucket[of], u;

		/* The list of a bucket goes on in the dominator that its nodes have not yet. */
		t->bucket[of] = t->dominator[v];
		u = evaluate(t, v);
		t->dominator[v] = t->semi[u] < t->semi[v] ? u : of;
	}
}

static void dominate(struct tree *t)
{
	for (uint32_t i = 0; i < t->found; i++)
		t->semi[t->vertex[i]] = i;
	for (uint32_t i = t->found; i-- > 1;) {
		uint32_t w = t->vertex[i], semi;

		for (uint32_t k = t->before->start[w]; k < t->before->start[w + 1]; k++) {
			uint32_t v = t->before->to[k];

			if (t->number[v] == GRAPH_NONE)
				continue;
			semi = t->semi[evaluate(t, v)];
			t->semi[w] = semi < t->semi[w] ? semi : t->semi[w];
		}
		semi = t->vertex[t->semi[w]];
		t->dominator[w] = t->bucket[semi];
		t->bucket[semi] = w;
		t->ancestor[w] = t->parent[w];
		empty_bucket(t, t->parent[w]);
	}
	for (uint32_t i = 1; i < t->found; i++) {
		uint32_t w = t->vertex[i];

		if (t->dominator[w] != t->vertex[t->semi[w]])
			t->dominator[w] = t->dominator[t->dominator[w]];
	}
	t->dominator[t->vertex[0]] = GRAPH_NONE;
}

/* Writes first and last: a node stands before what it dominates, and that together. label is the
 * size of each part of the tree, ancestor its next free place. */
static void order(struct tree *t, struct graph *w)
{
	for (uint32_t v = 0; v < t->nodes; v++)
		t->label[v] = 1;
	for (uint32_t i = t->found; i-- > 1;)
		t->label[t->dominator[t->vertex[i]]] += t->label[t->vertex[i]];
	for (uint32_t i = 0; i < t->found; i++) {
		uint32_t v = t->vertex[i], above = t->dominator[v];

		w->first[v] = above == GRAPH_NONE ? 0 : t->ancestor[above];
		if (above != GRAPH_NONE)
			t->ancestor[above] += t->label[v];
		t->ancestor[v] = w->first[v] + 1;
		w->last[v] = w->first[v] + t->label[v] - 1;
	}
}

/* The dominators of what is found along `next` from the root. */
static int find_dominators(struct graph *w, const struct graph_ways *next,
			   const struct graph_ways *before, uint32_t root, uint32_t *dominator,
			   bool ordered)
{
	struct tree t = {.next = next, .before = before, .nodes = w->count + 1};

	if (tree_room(&t) < 0)
		return -1;
	search(&t, root);
	dominate(&t);
	for (uint32_t v = 0; v < t.nodes; v++)
		dominator[v] = t.dominator[v];
	if (ordered)
		order(&t, w);
	free(t.room);
	return 0;
}

static uint32_t *nodes_room(uint32_t nodes)
{
	uint32_t *list = malloc(sizeof(*list) * nodes);

	if (!list)
		return NULL;
	for (uint32_t i = 0; i < nodes; i++)
		list[i] = GRAPH_NONE;
	return list;
}

struct graph *graph_new(const struct linked *f)
{
	struct graph *w = calloc(1, sizeof(*w));
	uint32_t nodes = f->funcs[0].count + 1;
	int rc = -1;

	if (!w)
		return NULL;
	w->count = f->funcs[0].count;
	w->dominator = nodes_room(nodes);
	w->meeting = nodes_room(nodes);
	w->first = nodes_room(nodes);
	w->last = nodes_room(nodes);
	if (w->dominator && w->meeting && w->first && w->last && ways_room(&w->next, nodes) == 0 &&
	    ways_room(&w->before, nodes) == 0) {
		fill_ways(f, w);
		rc = find_dominators(w, &w->next, &w->before, 0, w->dominator, true);
		if (rc == 0)
			rc = find_dominators(w, &w->before, &w->next, w->count, w->meeting, false);
	}
	if (rc == 0)
		return w;
	graph_free(w);
	return NULL;
}

bool graph_is_only_way(const struct graph *w, uint32_t from, uint32_t to)
{
	if (w->dominator[to] != from)
		return false;
	for (uint32_t i = w->before.start[to]; i < w->before.start[to + 1]; i++) {
		uint32_t other = w->before.to[i];

		if (other != from && w->first[other] != GRAPH_NONE &&
		    (w->first[other] < w->first[to] || w->first[other] > w->last[to]))
			return false;
	}
	return true;
}

void graph_free(struct graph *w)
{
	if (!w)
		return;
	free(w->next.start);
	free(w->next.to);
	free(w->before.start);
	free(w->before.to);
	free(w->dominator);
	free(w->meeting);
	free(w->first);
	free(w->last);
	free(w);
}
