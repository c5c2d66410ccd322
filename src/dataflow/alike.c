/* alike: which relocations' numbers decide nothing is told by liveness, as states are compared by
 * it, and where that does not tell, by the walk and the flow themselves; see alike.h. */
#include "dataflow/alike.h"

#include <stdlib.h>
#include <string.h>

#include "format/asked.h"
#include "verify/liveness.h"

struct place {
	int32_t relo;
	bool counts; /* what number it became */
};

struct alike {
	struct place *places; /* its relocations, by instruction */
	size_t place_count;
	uint32_t *externs; /* to which it refers */
	size_t extern_count;
	bool callbacks, globals; /* it has such functions: when they run is no gain (releases.h) */
};

static int list_places(struct alike *a, const struct linked *f, const struct references *l)
{
	struct abilities newest;
	struct liveness *live;

	releases_newest(&newest);
	live = liveness_new(f, l, &newest);
	a->places = calloc(f->count + 1, sizeof(*a->places));
	a->externs = calloc(f->count + 1, sizeof(*a->externs));
	for (uint32_t at = 0; live && a->places && a->externs && at < f->count; at++) {
		const struct linked_insn *n = &f->insns[at];

		if (n->relo >= 0)
			a->places[a->place_count++] =
			    (struct place){n->relo, liveness_counts(f, live, at)};
		if (n->ref_kind == REF_EXTERN || n->ref_kind == REF_EXTERN_CALL)
			a->externs[a->extern_count++] = n->target;
	}
	a->callbacks = linked_has_callbacks(f);
	a->globals = linked_has_globals(f);
	free(live);
	return live && a->places && a->externs ? 0 : -1;
}

int alike_new(const struct object *o, const struct references *l, uint32_t program,
	      struct alike **out, struct err *e)
{
	struct alike *a = calloc(1, sizeof(*a));
	struct linked *f = NULL;
	int rc = a ? linked_unresolved(o, l, program, &f, e) : err_memory(e, o->path);

	if (rc == 0 && list_places(a, f, l) < 0)
		rc = err_memory(e, o->path);
	linked_free(f);
	if (rc < 0)
		alike_free(a);
	else
		*out = a;
	return rc;
}

void alike_free(struct alike *a)
{
	if (!a)
		return;
	free(a->places);
	free(a->externs);
	free(a);
}

/* The instruction that a relocation left, without its number where that does not count. */
static void add_result(struct digester *d, const struct result *x, bool counts)
{
	enum { OFFSET = 2, IMMEDIATE = 4, HALF = 4 };
	uint8_t after[2 * INSN_SIZE];

	memcpy(after, x->after, sizeof(after));
	if (!counts && x->status != STATUS_POISON) {
		if (BPF_CLASS(after[0]) == BPF_LDX)
			memset(after + OFFSET, 0, IMMEDIATE - OFFSET);
		else
			memset(after + IMMEDIATE, 0, HALF);
		if (x->insn_len > INSN_SIZE)
			memset(after + INSN_SIZE + IMMEDIATE, 0, HALF);
	}
	digest_add(d, (uint64_t)x->status << 8 | x->insn_len);
	digest_bytes(d, after, x->insn_len);
}

static void add_extern(struct digester *d, const struct extern_value *v)
{
	digest_add(d, v->state);
	if (v->state != EXTERN_BYTES)
		return;
	digest_bytes(d, v->bytes, v->size);
	digest_add(d, v->unknown != NULL);
	if (v->unknown)
		digest_bytes(d, v->unknown, v->size);
}

static void add_constants(struct digester *d, const struct externs *x)
{
	for (size_t i = 0; i < x->overlay_count; i++) {
		const struct overlay *o = &x->overlays[i];

		digest_add(d, (uint64_t)o->section_index << 32 | o->offset);
		digest_add(d, (uint64_t)o->size << 1 | (o->bytes != NULL));
		if (o->bytes)
			digest_bytes(d, o->bytes, o->size);
	}
}

bool alike_key(const struct alike *a, const struct loading *l, struct digest *out)
{
	const struct attach_point *p = &l->attach;
	struct digester d = {0};
	struct abilities abilities;

	digest_add(&d, (uint64_t)l->prog_type << 32 | l->attach_type);
	digest_add(&d, (uint64_t)p->form << 1 | (p->offset != 0));
	digest_string(&d, p->def ? p->def->name : NULL);
	if (p->form == ATTACH_KPROBE || p->form == ATTACH_KPROBE_MULTI)
		digest_string(&d, registers_arch(registers_own(l->resolution->object), l->target));
	if (a->callbacks || a->globals)
		loading_abilities(l, &abilities);
	if (a->callbacks)
		digest_add(&d, abilities.callback_later);
	if (a->globals)
		digest_add(&d, abilities.lazy_globals);
	for (size_t i = 0; i < a->place_count; i++) {
		if (a->places[i].counts)
			asked_for(ASKED_PATCH, (uint32_t)a->places[i].relo, NULL, 0);
		add_result(&d, &l->resolution->results[a->places[i].relo], a->places[i].counts);
	}
	for (size_t i = 0; i < a->extern_count; i++) {
		/* Who listens is to hear how it is compared, and not that it is asked for. */
		if (asked_by && strcmp(l->externs->references->externs[a->externs[i]].name,
				       EXTERN_VERSION) == 0)
			return false;
		add_extern(&d, &l->externs->values[a->externs[i]]);
	}
	add_constants(&d, l->externs);
	*out = digest_of(&d);
	return true;
}

bool alike_learn(struct alike *a, const struct reads *r)
{
	for (size_t i = 0; i < a->place_count; i++) {
		struct place *p = &a->places[i];

		p->counts |= r->by_number;
		for (size_t k = 0; k < r->valued_count && !p->counts; k++)
			p->counts = r->valued[k] == p->relo;
	}
	return !r->unsettled;
}

void alike_bounds(const struct alike *a, const struct abilities *own, struct abilities *least,
		  struct abilities *most)
{
	releases_bounds(own, a->callbacks, a->globals, least, most);
}
