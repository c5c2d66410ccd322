/* resolution: candidates, matches, agreement, patch, for one relocation after the other; see
 * resolution.h. */
#include "core/resolution.h"

#include <stdlib.h>
#include <string.h>

#include "core/compat.h"

const char *status_name(enum status s)
{
	static const char *const names[] = {
	    [STATUS_OK] = "ok", [STATUS_POISON] = "poison", [STATUS_ERROR] = "error"};

	return names[s];
}

struct options {
	struct option *items;
	size_t count, cap;
};

/* What is carried from one relocation to the next. */
struct resolver {
	struct resolution *r;
	const struct policy *p;
	struct candidates_pool *pool; /* NULL when candidates are given */
	struct candidates asked; /* of the relocation at hand, when the policy names them ... */
	enum reason left_out;    /* ... the reason why it names none ... */
	uint32_t left_out_by;    /* ... and its decision */
	struct options matched;  /* likewise: what each candidate that matched would give */
	bool *parted;            /* by local type: the pool is not what it was for p->usual */
	struct accessor_room local, target;
	struct err *e;
};

static int fail(struct result *res, enum reason reason)
{
	res->status = STATUS_ERROR;
	res->reason = reason;
	return 0;
}

/* Gives res the reason of a decision, and whose it is. */
static void blame(struct result *res, enum reason reason, const struct asked *a)
{
	res->reason = reason;
	res->decision = a->decision;
}

/* Whether it is the instruction that keeps a relocation from being done. */
static bool is_insn_reason(enum reason reason)
{
	return reason == REASON_INSN_MISMATCH || reason == REASON_INSN_UNSUPPORTED;
}

static int apply(struct resolver *x, const struct question *q, const struct patch *p,
		 struct result *res)
{
	const struct relo *relo = &q->object->relos[q->relo];
	struct patch_asked ask = {{.q = q, .e = x->e}, *p,      relo->insn,
				  relo->insn_room,     REFUSED, {0}};

	if (policy_ask(x->p, HOOK_PATCH, &ask.asked) < 0)
		return -1;
	memcpy(res->after, ask.after, res->insn_len);
	switch (ask.patched) {
	case PATCHED: res->status = STATUS_OK; break;
	case POISONED:
		res->status = STATUS_POISON;
		res->has_target = false; /* no value reaches the instruction */
		break;
	case REFUSED:
		res->status = STATUS_ERROR;
		res->relocated =
		    is_insn_reason(ask.asked.reason) &&
		    patch_is_done(p, relo->insn, relo->insn_room, q->object->big_endian);
		break;
	}
	if (ask.asked.reason != REASON_NONE)
		blame(res, ask.asked.reason, &ask.asked);
	else if (res->status != STATUS_OK && res->reason == REASON_NONE)
		/* nobody but a policy poisons for nothing */
		blame(res, REASON_BY_POLICY, &ask.asked);
	return 0;
}

/* An enum reason, or HOOK_FAIL. */
static int value_of(struct resolver *x, const struct question *q, const struct accessor *s,
		    struct relo_value *out)
{
	struct value_asked ask = {{.q = q, .e = x->e}, s, {0}};

	if (policy_ask(x->p, HOOK_VALUE, &ask.asked) < 0)
		return HOOK_FAIL;
	*out = ask.value;
	if (ask.asked.reason != REASON_NONE || out->poison)
		out->decision = ask.asked.decision;
	return (int)ask.asked.reason;
}

static struct attempt *new_attempt(struct resolver *x, struct result *res)
{
	struct resolution *r = x->r;
	struct attempt *more =
	    array_grow(r->attempts, &r->attempt_cap, r->attempt_count, sizeof(*more));

	if (!more) {
		err_memory(x->e, r->object->path);
		return NULL;
	}
	r->attempts = more;
	res->attempt_count++;
	return &r->attempts[r->attempt_count++];
}

static int keep_match(struct resolver *x, const struct attempt *a, struct relo_value value)
{
	struct option *more =
	    array_grow(x->matched.items, &x->matched.cap, x->matched.count, sizeof(*more));

	if (!more)
		return err_memory(x->e, x->r->object->path);
	x->matched.items = more;
	x->matched.items[x->matched.count++] = (struct option){a->candidate, a->accessor, value};
	return 0;
}

/* Tries one candidate. Returns 1 when it makes the relocation an error (res is filled), whatever
 * the others would give (semantics 13). */
static int try_candidate(struct resolver *x, const struct question *q, struct candidate c,
			 struct result *res)
{
	struct attempt *a = new_attempt(x, res);
	struct relo_value value;
	enum match m;
	int reason;

	if (!a)
		return -1;
	m = match_candidate(q, x->p, c, &x->target, a, x->e);
	if (m == MATCH_FAIL)
		return -1;
	a->accessor = accessor_keep(&x->target.accessor, &x->r->arena);
	if (!a->accessor)
		return err_memory(x->e, x->r->object->path);
	if (m == MATCH_NO)
		return 0;
	if (m == MATCH_YES) {
		reason = value_of(x, q, &x->target.accessor, &value);
		if (reason == HOOK_FAIL)
			return -1;
		a->reason = (enum reason)reason;
	}
	if (a->reason == REASON_NONE)
		return keep_match(x, a, value);
	if (m == MATCH_YES)
		a->decision = value.decision;
	fail(res, a->reason);
	res->decision = a->decision;
	return 1;
}

/* semantics 12: field offset first, whatever the kind, then what becomes of the instruction. */
static bool agree(const struct option *a, const struct option *b)
{
	return a->accessor->bit_offset == b->accessor->bit_offset &&
	       a->value.poison == b->value.poison && a->value.value == b->value.value;
}

/* Which of the matches to use: all of them must agree unless the policy chooses. *out is NULL when
 * none is, for the reason that res gets. */
static int choose(struct resolver *x, const struct question *q, struct result *res,
		  const struct option **out)
{
	const struct options *o = &x->matched;
	struct choose_asked ask = {
	    {.q = q, .e = x->e, .reason = REASON_AMBIGUOUS}, o->items, o->count, o->count};
	size_t i = 1;

	*out = o->items;
	while (i < o->count && agree(&o->items[0], &o->items[i]))
		i++;
	if (i == o->count)
		return 0;
	if (policy_ask(x->p, HOOK_CHOOSE, &ask.asked) < 0)
		return -1;
	*out = ask.chosen < o->count ? &o->items[ask.chosen] : NULL;
	if (!*out && ask.asked.reason != REASON_AMBIGUOUS)
		res->decision = ask.asked.decision;
	return *out ? 0 : fail(res, ask.asked.reason);
}

/* Gives res the reason of the candidate that came closest, or why there is none. */
static void take_closest(const struct resolver *x, struct result *res)
{
	const struct resolution *r = x->r;
	const struct attempt *best = NULL;

	for (uint32_t i = 0; i < res->attempt_count; i++) {
		const struct attempt *a = &r->attempts[res->first_attempt + i];

		if (!best || a->step > best->step ||
		    (a->step == best->step && a->reason == REASON_INCOMPATIBLE))
			best = a;
	}
	res->reason = best ? best->reason : x->left_out ? x->left_out : REASON_NO_TYPE;
	res->decision = best ? best->decision : x->left_out_by;
}

static int missing(struct resolver *x, const struct question *q, struct patch *p,
		   struct result *res)
{
	struct missing_asked ask = {{.q = q, .e = x->e}, MISSING_POISON, 0};

	take_closest(x, res);
	ask.asked.reason = res->reason;
	if (policy_ask(x->p, HOOK_MISSING, &ask.asked) < 0)
		return -1;
	if (ask.asked.reason != res->reason)
		blame(res, ask.asked.reason, &ask.asked);
	if (ask.what == MISSING_ERROR)
		return fail(res, res->reason);
	p->poison = ask.what == MISSING_POISON;
	p->target = res->target = ask.value;
	p->target_size = p->local_size;
	res->has_target = true;
	return apply(x, q, p, res);
}

static int found(struct resolver *x, const struct question *q, const struct option *use,
		 const struct relo_value *local, struct patch *p, struct result *res)
{
	res->used = use->candidate;
	res->accessor = use->accessor;
	res->target = p->target = use->value.value;
	res->has_target = true;
	res->sign_extended = local->sign_extended || use->value.sign_extended;
	p->poison = use->value.poison;
	if (p->poison) {
		res->reason = REASON_BY_POLICY;
		res->decision = use->value.decision;
	}
	p->target_size = use->value.size;
	p->resize_forbidden = local->size != use->value.size &&
			      !compat_resizable(x->local.accessor.btf, local->size_id,
						use->accessor->btf, use->value.size_id);
	return apply(x, q, p, res);
}

/* The candidates of q: those given, or that the policy names, or what the pool has left. */
static const struct candidates *asked_candidates(struct resolver *x, const struct question *q)
{
	struct candidates_asked ask = {{.q = q, .e = x->e}, &x->asked};

	if (!x->pool)
		return &x->asked;
	if (!x->p || !x->p->has[HOOK_CANDIDATES])
		return candidates_of(q, x->e);
	x->asked.count = 0;
	if (policy_ask(x->p, HOOK_CANDIDATES, &ask.asked) < 0)
		return NULL;
	x->left_out = ask.asked.reason;
	x->left_out_by = ask.asked.reason != REASON_NONE ? ask.asked.decision : 0;
	return &x->asked;
}

static int resolve_named(struct resolver *x, const struct question *q, struct result *res)
{
	const struct candidates *c;
	struct relo_value local;
	struct patch p = {0};
	const struct option *use;
	int rc;

	rc = value_of(x, q, q->local, &local);
	if (rc == HOOK_FAIL)
		return -1;
	if (rc != REASON_NONE) {
		res->decision = local.decision;
		return fail(res, (enum reason)rc);
	}
	res->local = p.local = local.value;
	res->has_local = true;
	p.local_size = local.size;
	p.check = local.check;
	c = asked_candidates(x, q);
	if (!c)
		return -1;
	x->matched.count = 0;
	for (size_t i = 0; i < c->count; i++) {
		rc = try_candidate(x, q, c->items[i], res);
		if (rc != 0)
			return rc < 0 ? -1 : 0;
	}
	if (x->matched.count == 0)
		return missing(x, q, &p, res);
	rc = choose(x, q, res, &use);
	if (rc < 0 || !use)
		return rc;
	if (x->pool)
		candidates_prune(candidates_of(q, x->e), x->matched.items, x->matched.count);
	return found(x, q, use, &local, &p, res);
}

static int resolve_one(struct resolver *x, uint32_t index)
{
	const struct object *o = x->r->object;
	const struct relo *relo = &o->relos[index];
	const struct question q = {o, x->r->target, index, &x->local.accessor, x->pool};
	struct result *res = &x->r->results[index];
	struct patch p = {0};
	enum reason reason;

	res->first_attempt = (uint32_t)x->r->attempt_count;
	res->insn_len = (uint8_t)patch_length(relo->insn, relo->insn_room);
	memcpy(res->before, relo->insn, res->insn_len);
	memcpy(res->after, relo->insn, res->insn_len);
	reason = accessor_parse(o->btf, relo->type_id, relo->access, relo->kind, &x->local);
	if (reason != REASON_NONE)
		return fail(res, reason);
	if (relo->kind == RELO_LOCAL_TYPE_ID) { /* semantics 3 */
		res->local = res->target = p.target = relo->type_id;
		res->has_local = res->has_target = true;
		return apply(x, &q, &p, res);
	}
	if (!*btf_type(o->btf, relo->type_id).name)
		return fail(res, REASON_ANONYMOUS);
	return resolve_named(x, &q, res);
}

/* Poisons the instruction of a relocation that is an error, which keeps its reason. */
static int force(struct resolver *x, uint32_t index)
{
	const struct question q = {x->r->object, x->r->target, index, &x->local.accessor, x->pool};
	const struct patch p = {.poison = true};

	return apply(x, &q, &p, &x->r->results[index]);
}

/* Gives x an empty resolution to fill. */
static int start(struct resolver *x, const struct object *o, const struct target *t)
{
	struct resolution *r;

	if (o->relo_count && o->big_endian != t->btf[0]->big_endian) {
		err_fill(x->e, ERR_UNSUPPORTED, o->path, NULL, ERR_NO_OFFSET,
			 "is %s-endian, but %s is %s-endian", o->big_endian ? "big" : "little",
			 t->name, o->big_endian ? "little" : "big");
		return -1;
	}
	r = x->r = calloc(1, sizeof(*r));
	if (!r)
		return err_memory(x->e, o->path);
	r->object = o;
	r->target = t;
	r->results = calloc(o->relo_count ? o->relo_count : 1, sizeof(*r->results));
	return r->results ? 0 : err_memory(x->e, o->path);
}

static int finish(struct resolver *x, int rc, struct resolution **out)
{
	candidates_pool_free(x->pool);
	free(x->asked.items);
	free(x->matched.items);
	free(x->parted);
	if (rc < 0)
		resolution_free(x->r);
	else
		*out = x->r;
	return rc;
}

/* The next candidate from *i on that matched, or that was tried, if nothing matched: those that are
 * left. NULL after the last. */
static const struct attempt *next_left(const struct resolution *r, const struct result *res,
				       uint32_t *i)
{
	while (*i < res->attempt_count) {
		const struct attempt *a = &r->attempts[res->first_attempt + (*i)++];

		if (a->reason == REASON_NONE || !res->used.id)
			return a;
	}
	return NULL;
}

/* Whether what a policy made of a relocation leaves the same in the pool as what libbpf's made of
 * it; in doubt not. */
static bool same_left(const struct resolution *r, const struct resolution *u, uint32_t index)
{
	const struct result *a = &r->results[index], *b = &u->results[index];
	bool changed = a->used.id || b->used.id;
	/* Of an error not all candidates may have been tried. */
	bool all = b->used.id || b->status != STATUS_ERROR || b->reason == REASON_AMBIGUOUS;
	const struct attempt *one, *other;
	struct result untouched;
	uint32_t i = 0, k = 0;

	if (!changed || !all)
		return !changed;
	if (!a->used.id) {
		untouched = *b;
		untouched.used.id = 0;
		a = &untouched;
		r = u;
	}
	do {
		one = next_left(r, a, &i);
		other = next_left(u, b, &k);
	} while (one && other && one->candidate.btf == other->candidate.btf &&
		 one->candidate.id == other->candidate.id);
	return !one && !other;
}

static int need_pool(struct resolver *x)
{
	if (!x->pool)
		x->pool = candidates_pool_new(x->r->object);
	return x->pool ? 0 : err_memory(x->e, x->r->object->path);
}

/* Leaves of the candidates what the result has left that was taken over; one that was alone stays.
 */
static int prune_again(struct resolver *x, uint32_t index)
{
	const struct object *o = x->r->object;
	const struct relo *relo = &o->relos[index];
	struct question q = {o, x->r->target, index, &x->local.accessor, NULL};
	const struct result *res = &x->r->results[index];
	const struct attempt *a;
	struct candidates *c;

	if (res->attempt_count < 2 || !res->used.id)
		return 0;
	if (need_pool(x) < 0)
		return -1;
	q.pool = x->pool;
	accessor_parse(o->btf, relo->type_id, relo->access, relo->kind, &x->local);
	c = candidates_of(&q, x->e);
	if (!c)
		return -1;
	x->matched.count = 0;
	for (uint32_t i = 0; (a = next_left(x->r, res, &i));)
		if (keep_match(x, a, (struct relo_value){0}) < 0)
			return -1;
	candidates_prune(c, x->matched.items, x->matched.count);
	return 0;
}

/* Takes over what libbpf's policy made of a relocation. */
static int take_usual(struct resolver *x, uint32_t index)
{
	const struct resolution *u = x->p->usual;
	const struct result *from = &u->results[index];
	struct result *res = &x->r->results[index];
	uint32_t first = (uint32_t)x->r->attempt_count;

	*res = *from;
	res->usual = true;
	res->first_attempt = first;
	res->attempt_count = 0;
	for (uint32_t i = 0; i < from->attempt_count; i++) {
		struct attempt *a = new_attempt(x, res);

		if (!a)
			return -1;
		*a = u->attempts[from->first_attempt + i];
	}
	return prune_again(x, index);
}

/* What p->usual has is taken over where p says nothing else, and nothing before left other
 * candidates: the rules of four loaders for 57 objects on 13 kernels cost half of what they would.
 */
static int resolve_next(struct resolver *x, uint32_t index)
{
	uint32_t type = x->r->object->relos[index].type_id;

	if (x->parted && !x->parted[type] && !x->p->decides(x->p->ctx, index))
		return take_usual(x, index);
	if (need_pool(x) < 0 || resolve_one(x, index) < 0)
		return -1;
	if (x->parted)
		x->parted[type] |= !same_left(x->r, x->p->usual, index);
	return 0;
}

static int resolve_all(const struct object *o, const struct target *t, const struct policy *p,
		       bool forced, struct resolution **out, struct err *e)
{
	struct resolver x = {.p = p, .e = e};
	int rc = start(&x, o, t);

	if (rc == 0 && p && p->usual) {
		x.parted = calloc(o->btf ? o->btf->end_id : 1, sizeof(*x.parted));
		rc = x.parted ? 0 : err_memory(e, o->path);
	}
	for (uint32_t i = 0; i < o->relo_count && rc == 0; i++) {
		const struct result *res = &x.r->results[i];

		rc = resolve_next(&x, i);
		if (rc == 0 && forced && res->status == STATUS_ERROR && !res->relocated)
			rc = force(&x, i);
	}
	return finish(&x, rc, out);
}

int resolution_new(const struct object *o, const struct target *t, const struct policy *p,
		   struct resolution **out, struct err *e)
{
	return resolve_all(o, t, p, false, out, e);
}

int resolution_forced(const struct object *o, const struct target *t, const struct policy *p,
		      struct resolution **out, struct err *e)
{
	return resolve_all(o, t, p, true, out, e);
}

int resolution_try(const struct object *o, const struct target *t, const struct policy *p,
		   uint32_t relo, struct candidate c, struct resolution **out, struct err *e)
{
	struct resolver x = {.p = p, .e = e};
	int rc = start(&x, o, t);

	if (rc == 0 && candidates_add(&x.asked, c) < 0)
		rc = err_memory(e, o->path);
	if (rc == 0)
		rc = resolve_one(&x, relo);
	return finish(&x, rc, out);
}

void resolution_free(struct resolution *r)
{
	if (!r)
		return;
	arena_free(&r->arena);
	free(r->results);
	free(r->attempts);
	free(r);
}
