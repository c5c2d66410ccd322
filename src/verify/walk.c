/* walk: explores paths depth first: past a branch first and its target later, as the verifier does;
 * see walk.h. */
#include "verify/walk.h"

#include <stdlib.h>
#include <string.h>

#include "format/asked.h"
#include "verify/helpers.h"
#include "verify/kfuncs.h"
#include "verify/liveness.h"
#include "verify/machine.h"

/* Instructions, and jumps among them, between two states that are remembered, as verifiers have it
 * (is_state_visited()); and where a path comes by again. */
enum { APART = 8, APART_JUMPS = 2, TURN_APART = 100, TURN_APART_JUMPS = 20 };
enum { KEPT_MOST = 96 * 1024 * 1024 }; /* bytes of states that are remembered */

static enum go step(struct machine *m, struct state *s, const struct linked_insn *n)
{
	if (n->in.dst >= REGISTERS || n->in.src >= REGISTERS)
		return machine_give_up(m, WALK_BROKEN, "an instruction names no register");
	if (m->dates.count)
		dated_step(m, s, n);
	switch (BPF_CLASS(n->in.code)) {
	case BPF_ALU:
	case BPF_ALU64: return machine_alu(m, s, n);
	case BPF_LD:
		return n->in.code == BPF_LDIMM64 ? machine_load_immediate(m, s, n)
						 : machine_load_packet(s);
	case BPF_LDX: return machine_load(m, s, n);
	case BPF_ST:
	case BPF_STX: return machine_store(m, s, n);
	default: break;
	}
	if (BPF_CLASS(n->in.code) == BPF_JMP && BPF_OP(n->in.code) == JUMP_CALL)
		return machine_call(m, s, n);
	if (BPF_CLASS(n->in.code) == BPF_JMP && BPF_OP(n->in.code) == JUMP_EXIT)
		return machine_exit(m, s);
	return machine_branch(m, s, n);
}

/* remembering */

static void frame_liveness(const struct machine *m, const struct state *s, struct liveness *out)
{
	for (unsigned i = 0; i < s->depth; i++) {
		struct liveness *n = &out[i];

		if (i + 1 == s->depth) {
			*n = m->liveness[s->at];
			continue;
		}
		/* What its callee, or the call itself when it runs again, may read. */
		*n = m->liveness[s->frame[i + 1]->call + 1];
		if (s->frame[i + 1]->callback) {
			n->live |= m->liveness[s->frame[i + 1]->call].live;
			n->decides |= m->liveness[s->frame[i + 1]->call].decides;
		}
		n->slot_live = n->slot_decides = UINT64_MAX;
	}
}

/* What leads on from a state is walked when no path waits that was put aside after it. */
static void close_states(struct machine *m)
{
	while (m->open_count && m->open[m->open_count - 1].waiting > m->todo_count) {
		struct state *s = m->open[--m->open_count].state;

		s->open = false;
		state_free(s);
	}
}

static int open_state(struct machine *m, struct state *s)
{
	struct open_state *more = array_grow(m->open, &m->open_cap, m->open_count, sizeof(*more));

	if (!more)
		return -1;
	m->open = more;
	m->open[m->open_count++] = (struct open_state){s, m->todo_count};
	s->holders++;
	return 0;
}

/* A path ends in a state from which others wait: what they will need, all on the way there does,
 * so that it is open as long. */
static void keep_open(struct machine *m, const struct state *old)
{
	size_t at = m->open_count;

	while (at && m->open[at - 1].state != old)
		at--;
	for (size_t i = at; at && i < m->open_count; i++)
		m->open[i].waiting = m->open[at - 1].waiting;
}

static enum keeping keeping_at(const struct machine *m, const struct seen *x)
{
	uint64_t work = m->w->work - m->kept_work, jumps = m->jumps - m->kept_jumps;

	if (x->always)
		return KEEP;
	if (work < APART || jumps < APART_JUMPS)
		return KEEP_NOT;
	return work < TURN_APART && jumps < TURN_APART_JUMPS ? KEEP_OUTSIDE_LOOPS : KEEP;
}

/* 1 when all that follows was walked from here before; -1 when memory is out. */
static int was_here(struct machine *m, struct state *s)
{
	struct seen *x = &m->seen[s->at];
	struct liveness live[FRAMES];
	enum keeping keeping;
	struct state *old;

	if (!x->checkpoint)
		return 0;
	frame_liveness(m, s, live);
	if (m->dates.count) {
		if (!x->always && dated_branch(s, m->w->linked->insns[s->at].in))
			return 0;
		dated_states(s, live);
	}
	keeping = keeping_at(m, x);
	old = seen_find(x, s, live, m->context->suspect, &m->needs, &keeping, &m->kept);
	if (old) {
		if (old->open)
			keep_open(m, old);
		machine_meet_needs(m, old, s, live);
		return 1;
	}
	if (m->kept >= KEPT_MOST || keeping == KEEP_NOT)
		return 0;
	m->kept_work = m->w->work;
	m->kept_jumps = m->jumps;
	machine_name_needs(m, s, live);
	old = seen_keep(x, s, live, &m->kept);
	if (old && open_state(m, old) == 0)
		return 0;
	machine_fail(m);
	return -1;
}

static void forget(struct machine *m)
{
	while (m->open_count)
		state_free(m->open[--m->open_count].state);
	for (size_t i = 0; i < m->w->linked->count; i++)
		seen_forget(&m->seen[i]);
	m->kept = 0;
}

/* Whether the verifier cannot count the turns of a loop that this instruction makes. */
static bool is_uncounted(const struct machine *m, const struct linked_insn *n)
{
	if (n->in.code == (BPF_JMP | JUMP_MAY))
		return true;
	if (n->in.code != (BPF_JMP | JUMP_CALL))
		return false;
	if (n->ref_kind == REF_EXTERN_CALL)
		return kfunc_of(&m->w->externs->references->externs[n->target]) == KFUNC_ITER_NEXT;
	return n->ref_kind == LINKED_NONE && n->in.src == 0 && m->w->abilities->callback_later &&
	       helper_callback((uint32_t)n->in.imm);
}

static void mark(struct machine *m, int64_t at)
{
	if (at >= 0 && at < (int64_t)m->w->linked->count)
		m->seen[at].checkpoint = true;
}

/* Where verifiers look for a state that they have seen (their mark_prune_point()): at conditional
 * jumps, where jumps lead, and before and after calls of a program's functions, after others. */
static void mark_checkpoints(struct machine *m)
{
	const struct linked *f = m->w->linked;

	for (size_t i = 0; i < f->func_count; i++)
		mark(m, f->funcs[i].start);
	for (size_t i = 0; i < f->count; i++) {
		struct insn in = f->insns[i].in;
		bool call = insn_is_jump(in) && BPF_OP(in.code) == JUMP_CALL;

		if (!insn_is_jump(in))
			continue;
		if (insn_leads_away(in))
			mark(m, insn_jump_target(in, (uint32_t)i));
		if (call)
			mark(m, (int64_t)i + 1);
		if (call ? f->insns[i].ref_kind == REF_CALL
			 : insn_leads_away(in) && insn_falls_through(in))
			m->seen[i].checkpoint = true;
		if (is_uncounted(m, &f->insns[i]))
			m->seen[i].checkpoint = m->seen[i].always = true;
	}
}

/* A frame has slots down to the lowest that was touched. */
static void note_frames(struct machine *m, const struct state *s)
{
	for (unsigned i = 0; i < s->depth; i++) {
		uint16_t bytes = (uint16_t)(s->frame[i]->slot_count * SLOT_SIZE);
		uint16_t *touched = &m->w->touched[s->frame[i]->func];

		*touched = bytes > *touched ? bytes : *touched;
	}
}

static int walk_path(struct machine *m, struct state *s)
{
	const struct linked *f = m->w->linked;
	enum go go = GO_ON;
	int known;

	while (go == GO_ON) {
		const struct linked_insn *n;

		if (s->at >= f->count || f->insns[s->at].func != TOP(s)->func) {
			machine_give_up(m, WALK_BROKEN, "a path leaves its function");
			break;
		}
		n = &f->insns[s->at];
		if (n->stop) {
			m->w->traces[s->at].reached = true;
			go = machine_stop(m, s, n->stop, NULL, 0);
			break;
		}
		known = was_here(m, s);
		if (known)
			return known < 0 ? -1 : 0;
		m->w->traces[s->at].reached = true;
		if (++m->w->work > m->most) {
			machine_give_up(m, WALK_LIMIT,
					"more than a million instructions on its paths");
			break;
		}
		if (m->todo_count > WALK_MOST_WAITING) {
			machine_give_up(m, WALK_LIMIT, "more than 8192 branches on one path");
			break;
		}
		m->jumps += insn_is_jump(n->in);
		go = step(m, s, n);
		if (m->w->touched)
			note_frames(m, s);
	}
	return go == GO_FAIL ? -1 : 0;
}

static int walk_all(struct machine *m)
{
	int rc = 0;

	while (m->todo_count && rc == 0) {
		struct state *s = m->todo[--m->todo_count];

		close_states(m);
		rc = m->w->end == WALK_DONE ? walk_path(m, s) : 0;
		state_free(s);
	}
	return rc;
}

/* The arguments of a function that is verified on its own. */
static void set_arguments(struct machine *m, struct state *s, uint32_t func)
{
	const struct object *o = m->w->linked->object;
	const struct program *p = &o->programs[m->w->linked->funcs[func].program];
	struct frame *f = TOP(s);
	struct btf_type t;

	if (func == 0) {
		f->reg[1] = value_of(VALUE_CTX, 0);
		return;
	}
	for (unsigned i = 1; i <= 5; i++)
		f->reg[i] = value_any();
	if (!o->btf || !p->func_id)
		return;
	t = btf_type(o->btf, btf_type(o->btf, p->func_id).type);
	for (unsigned i = 0; t.kind == BTF_FUNC_PROTO && i < t.vlen && i < 5; i++) {
		struct btf_type arg = btf_strip(o->btf, btf_param(&t, i).type);

		if (arg.kind == BTF_INT || btf_is_enum(&arg))
			f->reg[i + 1] = value_unknown();
	}
}

static int walk_function(struct machine *m, uint32_t func)
{
	struct state *s = machine_start(m, func);

	if (!s)
		return -1;
	m->entry = s->at;
	set_arguments(m, s, func);
	forget(m);
	needs_forget(&m->needs);
	return walk_all(m);
}

static int walk_called(struct machine *m)
{
	const struct linked *f = m->w->linked;
	bool *done = calloc(f->func_count, sizeof(*done));
	int rc = done ? 0 : -1;

	if (!done)
		machine_fail(m);
	for (size_t i = 1; i < f->func_count && rc == 0; i++) {
		if (!m->called[i] || done[i])
			continue;
		done[i] = true;
		rc = walk_function(m, (uint32_t)i);
		i = 0;
	}
	free(done);
	return rc;
}

static int walk_program(struct machine *m)
{
	const struct linked *f = m->w->linked;
	int rc = 0;

	if (m->w->abilities->lazy_globals) {
		rc = walk_function(m, 0);
		return rc < 0 ? rc : walk_called(m);
	}
	for (size_t i = 1; i < f->func_count && rc == 0; i++)
		if (f->funcs[i].global)
			rc = walk_function(m, (uint32_t)i);
	return rc < 0 ? rc : walk_function(m, 0);
}

static int prepare(struct machine *m)
{
	const struct linked *f = m->w->linked;
	struct walk *w = m->w;

	w->traces = calloc(f->count + 1, sizeof(*w->traces));
	m->seen = calloc(f->count + 1, sizeof(*m->seen));
	m->called = calloc(f->func_count + 1, sizeof(*m->called));
	m->liveness = liveness_new(f, w->externs->references, w->abilities);
	if (m->context->frames) {
		w->touched = calloc(f->func_count + 1, sizeof(*w->touched));
		w->later = calloc(f->func_count + 1, sizeof(*w->later));
	}
	if (!w->traces || !m->seen || !m->called || !m->liveness ||
	    (m->context->frames && (!w->touched || !w->later))) {
		machine_fail(m);
		return -1;
	}
	m->ctx_numbers = prog_type_has_number_context(m->context->prog_type);
	/* The kernel takes it for called. */
	for (size_t i = 0; i < f->func_count; i++)
		m->called[i] = f->funcs[i].exception;
	mark_checkpoints(m);
	/* Step 0 is the start of every path. */
	return machine_jump(m, &(struct state){0}, 0) == GO_ON ? 0 : -1;
}

/* Who listens is to hear which relocated numbers counted. */
static void ask(const struct machine *m)
{
	const struct linked *f = m->w->linked;
	bool all = m->w->by_number || m->w->end != WALK_DONE || m->dates.count;

	for (uint32_t at = 0; asked_by && at < f->count; at++)
		if (f->insns[at].relo >= 0 &&
		    (all || m->w->traces[at].by_value || liveness_counts(f, m->liveness, at)))
			linked_ask(f, at);
}

int walk_new(const struct linked *f, const struct externs *x, const struct context *c,
	     const struct abilities *r, struct walk **out, struct err *e)
{
	struct machine m = {.context = c, .e = e, .most = WALK_MOST};
	int rc;

	m.w = calloc(1, sizeof(*m.w));
	if (!m.w)
		return err_memory(e, f->object->path);
	m.w->linked = f;
	m.w->externs = x;
	m.w->abilities = r;
	rc = prepare(&m);
	if (rc == 0)
		rc = walk_program(&m);
	if (rc == 0)
		ask(&m);
	while (m.todo_count)
		state_free(m.todo[--m.todo_count]);
	for (size_t i = 0; m.seen && i < f->count; i++)
		seen_free(&m.seen[i]);
	while (m.open_count)
		state_free(m.open[--m.open_count].state);
	free(m.open);
	needs_free(&m.needs);
	free(m.dates.list);
	free(m.todo);
	free(m.seen);
	free(m.called);
	free(m.liveness);
	if (rc < 0)
		walk_free(m.w);
	else
		*out = m.w;
	return rc;
}

void walk_free(struct walk *w)
{
	if (!w)
		return;
	free(w->traces);
	free(w->touched);
	free(w->later);
	free(w->hits);
	free(w->steps);
	free(w);
}
