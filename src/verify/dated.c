/* dated: follows the version through registers; see dated.h and machine.h. What a walk does not
 * look at by liveness (state.h) decides nothing. */
#include "verify/dated.h"

#include <string.h>

#include "core/kernel_version.h"
#include "format/asked.h"
#include "verify/machine.h"

enum { STEPS_MOST = 4, ARGUMENTS = 0x3e };

/* How a number is made of the version, and what it is compared with; as bytes, with no gaps. */
struct date_step {
	uint8_t op, wide, is_signed, unused;
	int32_t with;
};

struct date_question {
	uint64_t with;
	uint8_t op, wide;
	uint8_t right; /* the version is on the right */
	uint8_t count; /* of steps that are there */
	uint8_t unused[4];
	struct date_step step[STEPS_MOST]; /* the last one first */
};

static void ask_all(void)
{
	asked_for(ASKED_VERSION, 0, NULL, 0);
}

/* A new date, or one that there is; 0, and the version is asked for, where memory is out. */
static uint32_t date_of(struct machine *m, struct date want)
{
	struct dates *x = &m->dates;
	struct date *list;

	for (size_t i = 0; i < x->count; i++) {
		const struct date *d = &x->list[i];

		if (d->of == want.of && d->op == want.op && d->wide == want.wide &&
		    d->is_signed == want.is_signed && d->with == want.with)
			return (uint32_t)i + 1;
	}
	list = array_grow(x->list, &x->cap, x->count, sizeof(*list));
	if (!list) {
		ask_all();
		return 0;
	}
	x->list = list;
	list[x->count++] = want;
	return (uint32_t)x->count;
}

/* Also where nobody listens: which states are kept depends on it, see dated_branch(). */
uint32_t dated_load(struct machine *m, uint32_t number, unsigned size)
{
	const struct externs *x = m->w->externs;
	const struct extern_def *def = &x->references->externs[number];

	if (strcmp(def->name, EXTERN_VERSION) != 0)
		return 0;
	if (x->dated && size == sizeof(uint32_t) && def->size == size)
		return date_of(m, (struct date){0});
	ask_all();
	return 0;
}

static bool is_exact(const struct scalar *s)
{
	struct scalar exact = scalar_known(s->bits.value);

	return scalar_is_known(s) && scalar_same(s, &exact);
}

/* Registers that an instruction reads, by number. */
static uint32_t read_by(struct insn in)
{
	uint32_t dst = 1u << in.dst, src = 1u << in.src;

	switch (BPF_CLASS(in.code)) {
	case BPF_ALU:
	case BPF_ALU64:
		if (BPF_OP(in.code) == ALU_MOV)
			return in.code & BPF_X ? src : 0;
		return in.code & BPF_X ? dst | src : dst;
	case BPF_LD: return in.code == BPF_LDIMM64 ? 0 : src;
	case BPF_LDX: return src;
	case BPF_ST: return dst;
	case BPF_STX: return dst | src;
	default: break;
	}
	if (BPF_CLASS(in.code) == BPF_JMP && BPF_OP(in.code) == JUMP_CALL)
		return ARGUMENTS;
	if (BPF_CLASS(in.code) == BPF_JMP && BPF_OP(in.code) == JUMP_EXIT)
		return 1;
	return in.code & BPF_X ? dst | src : dst;
}

/* Whether what it does with a dated register asks for nothing, or for what is asked otherwise. */
static bool is_followed(const struct machine *m, struct state *s, const struct linked_insn *n)
{
	struct insn in = n->in;
	const struct liveness *live = &m->liveness[s->at];
	uint32_t wanted = 0;

	switch (BPF_CLASS(in.code)) {
	case BPF_ALU:
	case BPF_ALU64: return BPF_OP(in.code) == ALU_MOV ? !in.off : !(in.code & BPF_X);
	case BPF_STX:
		return machine_reg(s, in.dst)->kind != VALUE_STACK &&
		       !machine_reg(s, in.dst)->dated && BPF_MODE(in.code) != BPF_ATOMIC;
	case BPF_JMP: break;
	default: return BPF_CLASS(in.code) == BPF_JMP32;
	}
	if (BPF_OP(in.code) != JUMP_CALL)
		return BPF_OP(in.code) != JUMP_EXIT;
	/* Registers may still hold what was compared before. */
	for (unsigned i = 1; i <= 5; i++)
		if (machine_reg(s, i)->dated)
			wanted |= 1u << i;
	return !(wanted & (live->live | live->decides));
}

void dated_step(struct machine *m, struct state *s, const struct linked_insn *n)
{
	uint32_t read = read_by(n->in);

	for (unsigned i = 0; i < REGISTERS; i++) {
		if (!(read >> i & 1) || !machine_reg(s, i)->dated)
			continue;
		if (!is_followed(m, s, n))
			ask_all();
		return;
	}
}

uint32_t dated_result(struct machine *m, uint32_t before, const struct value *v, struct insn in)
{
	uint8_t op = BPF_OP(in.code);
	bool wide = BPF_CLASS(in.code) == BPF_ALU64;

	if (!before || (op == ALU_MOV && wide))
		return before;
	if (op == ALU_END || op == ALU_NEG || v->kind != VALUE_SCALAR || !is_exact(&v->number)) {
		ask_all();
		return 0;
	}
	return date_of(m, (struct date){.of = before,
					.op = op,
					.wide = wide,
					.is_signed = in.off == 1,
					.with = op == ALU_MOV ? 0 : in.imm});
}

void dated_states(const struct state *s, const struct liveness *live)
{
	for (unsigned d = 0; d < s->depth; d++)
		for (unsigned i = 0; i < REGISTERS - 1; i++)
			if (s->frame[d]->reg[i].dated && (!live || live[d].decides >> i & 1))
				ask_all();
}

/* False for one that is made in too many steps. */
static bool list_steps(const struct dates *x, uint32_t date, struct date_question *q)
{
	for (const struct date *d = &x->list[date - 1]; d->of; d = &x->list[d->of - 1]) {
		if (q->count == STEPS_MOST)
			return false;
		q->step[q->count++] = (struct date_step){d->op, d->wide, d->is_signed, 0, d->with};
	}
	return true;
}

bool dated_branch(const struct state *s, struct insn in)
{
	uint32_t read = read_by(in);
	bool dated = false;

	for (unsigned i = 0; i < REGISTERS - 1; i++)
		dated = dated || ((read >> i & 1) && TOP(s)->reg[i].dated);
	return dated && insn_leads_away(in);
}

void dated_compare(struct machine *m, const struct value *a, const struct value *b, uint8_t op,
		   bool wide)
{
	struct date_question q = {.op = op, .wide = wide, .right = !a->dated};
	const struct value *dated = a->dated ? a : b, *other = a->dated ? b : a;

	if (!dated->dated)
		return;
	if (other->dated || other->kind != VALUE_SCALAR || !scalar_is_known(&other->number) ||
	    !list_steps(&m->dates, dated->dated, &q)) {
		ask_all();
		return;
	}
	q.with = other->number.bits.value;
	asked_for(ASKED_COMPARED, 0, (const char *)&q, sizeof(q));
}

bool dated_is_question(const char *text, size_t len)
{
	struct date_question q;

	if (len != sizeof(q))
		return false;
	memcpy(&q, text, sizeof(q));
	return q.count <= STEPS_MOST;
}

/* What the walk makes of the version; false where that is more than one number. */
static bool made_of(struct scalar *v, const struct date_question *q, const struct abilities *r)
{
	for (unsigned i = q->count; i-- > 0;) {
		const struct date_step *s = &q->step[i];

		if (s->op == ALU_MOV)
			scalar_cut(v, 4, r);
		else
			scalar_alu(
			    v,
			    scalar_known(s->wide ? (uint64_t)(int64_t)s->with : (uint32_t)s->with),
			    s->op, s->wide, s->is_signed, r);
		if (!is_exact(v))
			return false;
	}
	return true;
}

void dated_answer(const struct target *t, const char *text, struct digester *out)
{
	struct abilities abilities;
	struct date_question q;
	struct scalar v, with;
	uint32_t code;

	memcpy(&q, text, sizeof(q));
	releases_abilities(target_known_as(t), &abilities);
	digest_add(out, kernel_version_code(t->version, &code));
	if (!kernel_version_code(t->version, &code))
		return;
	v = scalar_known(code);
	with = scalar_known(q.with);
	if (!made_of(&v, &q, &abilities)) {
		digest_add(out, code);
		return;
	}
	digest_add(out, (uint64_t)scalar_holds(q.right ? &with : &v, q.right ? &v : &with, q.op,
					       q.wide, &abilities));
}
