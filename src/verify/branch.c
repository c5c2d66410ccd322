/* branch: conditional jumps: the ways that are open, and what each tells; see machine.h. */
#include "verify/machine.h"

enum { LINKS_MOST = 6 }; /* copies of one number that a verifier keeps together */

/* Calls f on every value of the state, the top frame's first, in the verifier's order. */
typedef void visit_value(struct value *v, void *ctx);

static void for_each_value(struct state *s, visit_value *f, void *ctx)
{
	for (unsigned d = s->depth; d-- > 0;) {
		struct frame *frame = s->frame[d];

		for (unsigned i = 0; i < REGISTERS - 1; i++)
			f(&frame->reg[i], ctx);
		for (unsigned i = 0; i < frame->slot_count; i++)
			if (frame->slot[i].byte[0] == BYTE_SPILL)
				f(&frame->slot[i].spill, ctx);
	}
}

struct comparison {
	struct value a, b;
	uint8_t op;
	bool wide;
	bool has_register; /* b is register src */
};

struct link_count {
	uint32_t id;
	unsigned count;
};

static void cut_link(struct value *v, void *ctx)
{
	struct link_count *links = ctx;

	if (v->kind == VALUE_SCALAR && v->id == links->id && links->count++ >= LINKS_MOST)
		v->id = 0;
}

/* Copies beyond the most that are kept together, those of both sides counted, become strangers. */
static void cut_links(struct state *s, const struct comparison *c)
{
	struct link_count links = {c->b.id, 0};

	if (c->has_register && c->b.kind == VALUE_SCALAR && links.id)
		for_each_value(s, cut_link, &links);
	links.id = c->a.id;
	if (c->a.kind == VALUE_SCALAR && links.id)
		for_each_value(s, cut_link, &links);
}

struct link_news {
	struct needs *needs;
	uint32_t id, need;
	struct scalar number;
};

static void tell_link(struct value *v, void *ctx)
{
	const struct link_news *news = ctx;

	if (v->kind != VALUE_SCALAR || v->id != news->id)
		return;
	v->number = news->number;
	v->need = needs_join(news->needs, v->need, news->need);
}

static void tell_links(struct machine *m, struct state *s, const struct value *v)
{
	struct link_news news = {&m->needs, v->id, v->need, v->number};

	if (v->id && v->kind == VALUE_SCALAR)
		for_each_value(s, tell_link, &news);
}

struct null_news {
	uint32_t id;
	bool null;
};

static void tell_null(struct value *v, void *ctx)
{
	const struct null_news *news = ctx;

	if (!v->maybe_null || v->id != news->id)
		return;
	if (news->null) {
		*v = value_scalar(scalar_known(0));
	} else {
		v->maybe_null = false;
		v->id = 0;
	}
}

/* What the verifier knows of `pointer == 0`: 0 when it is none, -1 otherwise. */
static int is_null(const struct value *v, const struct abilities *r)
{
	if (v->maybe_null)
		return -1;
	switch (v->kind) {
	case VALUE_ITEM:
	case VALUE_DATA:
	case VALUE_OBJECT: return 0;
	case VALUE_MEMORY: return r->memory_not_null ? 0 : -1;
	case VALUE_SYMBOL: return r->symbols_not_null ? 0 : -1;
	default: return -1;
	}
}

static int decide(const struct machine *m, const struct comparison *c)
{
	bool zero = c->b.kind == VALUE_SCALAR && scalar_is_known(&c->b.number) &&
		    c->b.number.bits.value == 0 && !c->has_register;
	int null;

	if (c->a.kind == VALUE_SCALAR && c->b.kind == VALUE_SCALAR)
		return scalar_holds(&c->a.number, &c->b.number, c->op, c->wide, m->w->abilities);
	if (c->has_register && c->wide && m->w->abilities->packet_end)
		return packet_holds(&c->a, &c->b, c->op);
	if (!zero || (c->op != JUMP_EQ && c->op != JUMP_NE))
		return -1;
	null = is_null(&c->a, m->w->abilities);
	if (null < 0)
		return -1;
	return c->op == JUMP_EQ ? null : !null;
}

/* Whether no number is left for one side of the comparison if that holds, or does not. A verifier
 * that leaves out no such way may make one number of it, and hide that. */
static bool contradicts(const struct comparison *c, bool same, bool holds,
			const struct abilities *r)
{
	struct abilities strict = *r;
	struct scalar x = c->a.number, y = c->b.number;

	strict.impossible_sides = true;
	scalar_assume(&x, same ? &x : &y, c->op, c->wide, holds, &strict);
	return scalar_contradicts(&x) || scalar_contradicts(&y);
}

/* Lets a state learn that the comparison holds, or does not. False when it cannot be so. */
static bool learn(struct machine *m, struct state *s, const struct comparison *c,
		  const struct insn *in, bool holds)
{
	const struct abilities *r = m->w->abilities;
	struct value *a = machine_reg(s, in->dst), *b = machine_reg(s, in->src);
	struct scalar x = c->a.number, y = c->b.number;

	if (c->a.kind == VALUE_SCALAR && c->b.kind == VALUE_SCALAR) {
		bool same = c->has_register && in->dst == in->src;

		scalar_assume(&x, same ? &x : &y, c->op, c->wide, holds, r);
		if (r->impossible_sides && (scalar_is_empty(&x) || scalar_is_empty(&y)))
			return false;
		m->w->contradicts |= contradicts(c, same, holds, r);
		scalar_mend(&x, r);
		scalar_mend(&y, r);
		a->number = x;
		if (c->has_register && !same) {
			b->number = y;
			/* What one is compared with tells how large it is. */
			a->need = b->need = needs_join(&m->needs, a->need, b->need);
			tell_links(m, s, b);
		}
		tell_links(m, s, a);
	} else if (c->a.maybe_null && c->wide && !c->has_register && c->b.number.bits.value == 0 &&
		   (c->op == JUMP_EQ || c->op == JUMP_NE)) {
		struct null_news news = {c->a.id, (c->op == JUMP_EQ) == holds};

		for_each_value(s, tell_null, &news);
	} else if (c->has_register && c->wide) {
		packet_learn(s, a, b, c->op, holds);
	}
	return true;
}

/* Both decide which way is gone. */
static void meet_sides(struct machine *m, const struct comparison *c)
{
	if (c->a.kind == VALUE_SCALAR)
		needs_meet(&m->needs, c->a.need);
	if (c->b.kind == VALUE_SCALAR)
		needs_meet(&m->needs, c->b.need);
}

static enum go one_way(struct machine *m, struct state *s, const struct comparison *c, bool jump,
		       uint32_t target)
{
	struct trace *t = &m->w->traces[s->at];
	uint32_t origin = c->a.origin ? c->a.origin : c->b.origin;

	t->origins |= (t->fell || t->jumped) && t->origin != origin;
	t->origin = origin;
	if (jump) {
		t->jumped = true;
		return machine_jump(m, s, target);
	}
	t->fell = true;
	s->at++;
	return GO_ON;
}

static enum go both_ways(struct machine *m, struct state *s, const struct comparison *c,
			 const struct insn *in, uint32_t target)
{
	struct trace *t = &m->w->traces[s->at];
	struct state *other;
	bool jumps, falls;

	cut_links(s, c);
	other = machine_fork(m, s, target);
	if (!other)
		return GO_FAIL;
	jumps = learn(m, other, c, in, true);
	falls = learn(m, s, c, in, false);
	if (!jumps || !falls)
		meet_sides(m, c);
	if (!jumps) {
		m->todo_count--;
		state_free(other);
	}
	t->jumped = t->jumped || jumps;
	t->fell = t->fell || falls;
	s->at++;
	return falls ? GO_ON : GO_END;
}

/* may_goto: out of the loop first. */
static enum go may_jump(struct machine *m, struct state *s, uint32_t target)
{
	struct state *turn = machine_turn(m, s, true);

	if (!turn)
		return GO_FAIL;
	m->w->traces[s->at].jumped = m->w->traces[s->at].fell = true;
	turn->at++;
	return machine_jump(m, s, target);
}

enum go machine_branch(struct machine *m, struct state *s, const struct linked_insn *n)
{
	const struct insn *in = &n->in;
	struct comparison c = {.op = BPF_OP(in->code),
			       .wide = BPF_CLASS(in->code) == BPF_JMP,
			       .has_register = in->code & BPF_X};
	uint32_t target = (uint32_t)insn_jump_target(*in, s->at);
	int taken;

	if (c.op == JUMP_ALWAYS) {
		m->w->traces[s->at].jumped = true;
		return machine_jump(m, s, target);
	}
	if (c.op == JUMP_MAY)
		return may_jump(m, s, target);
	c.a = *machine_reg(s, in->dst);
	c.b = c.has_register ? *machine_reg(s, in->src)
			     : value_scalar(scalar_known((uint64_t)(int64_t)in->imm));
	dated_compare(m, &c.a, &c.b, c.op, c.wide);
	taken = decide(m, &c);
	if (taken < 0)
		return both_ways(m, s, &c, in, target);
	meet_sides(m, &c);
	return one_way(m, s, &c, taken, target);
}
