/* policy: who decides, and libbpf's answers to what is a line or two; see policy.h. */
#include "core/policy.h"

int default_value(struct asked *a)
{
	struct value_asked *v = (struct value_asked *)a;

	a->reason = value_calc(v->accessor, a->q->object->big_endian, &v->value);
	return 0;
}

/* What disagrees is ambiguous. */
int default_choose(struct asked *a)
{
	struct choose_asked *c = (struct choose_asked *)a;

	c->chosen = c->count;
	a->reason = REASON_AMBIGUOUS;
	return 0;
}

int default_missing(struct asked *a)
{
	struct missing_asked *m = (struct missing_asked *)a;

	m->value = 0;
	m->what = value_missing(a->q->local->kind, &m->value) ? MISSING_VALUE : MISSING_POISON;
	return 0;
}

int default_patch(struct asked *a)
{
	struct patch_asked *p = (struct patch_asked *)a;

	p->patched =
	    patch_insn(&p->patch, p->insn, p->room, a->q->object->big_endian, p->after, &a->reason);
	return 0;
}

int policy_ask(const struct policy *p, enum hook hook, struct asked *a)
{
#define DEFAULT_OF(X, x) [HOOK_##X] = default_##x,
	static int (*const defaults[])(struct asked *) = {HOOKS(DEFAULT_OF)};

	a->decision = 0;
	return p && p->has[hook] ? p->ask(p->ctx, hook, a) : defaults[hook](a);
}
