/*
 * suggest_probe: how much a member of a target's struct looks like the field that is sought.
 */
#include "study/suggest_impl.h"

/* 0 to 1: whether the name is that of a word of flags and of nothing more special. */
static double says_flags(const struct words *w)
{
	double special = 0;
	bool said = false;

	for (unsigned i = 0; i < w->n; i++) {
		const struct word *x = &w->at[i];

		if ((x->len == 5 && strncmp(x->at, "flags", 5) == 0) ||
		    (x->len == 4 && strncmp(x->at, "flag", 4) == 0))
			said = true;
		else if ((double)x->weight > special)
			special = (double)x->weight;
	}
	return said ? 1 - 0.7 * special : 0;
}

double slot_flag(const struct btf *b, const struct slot *s)
{
	struct btf_type t = btf_strip(b, s->type);

	if (t.kind != BTF_INT)
		return 0;
	if (s->bit_size)
		return s->bit_size <= 2;
	if (BTF_INT_ENCODING(btf_tail_u32(&t)) & BTF_INT_BOOL)
		return 1;
	return t.size == 1 ? 0.7 : 0;
}

const char *slot_home(const struct btf *b, const struct slot *s)
{
	const char *name = btf_type(b, s->owner).name;

	return *name ? name : NULL;
}

void probe_signals(const struct probe *p, const struct slots *s, size_t i,
		   const struct vocabulary *own, bool gained, float out[SIGNAL_COUNT])
{
	const struct slot *at = &s->at[i];
	struct shape shape = shape_of(s->btf, at->type, at->bit_size);
	const char *home = slot_home(s->btf, at);
	struct words w;

	memset(out, 0, SIGNAL_COUNT * sizeof(*out));
	words_split(at->name, &w);
	words_weigh(&w, &p->lineup->words, false);
	if (own)
		words_weigh(&w, own, true);
	words_discount(&w, shape.name);
	out[SIGNAL_NAME] = (float)words_alike(&p->words, &w);
	out[SIGNAL_WITHIN] = words_within(&p->words, &w);
	out[SIGNAL_OLD] = !gained;
	if (!p->slot.name)
		return;
	out[SIGNAL_TYPE] = (float)shape_alike(&p->slot.shape, &shape);
	out[SIGNAL_RARE] = out[SIGNAL_TYPE] > 0.6f ? out[SIGNAL_TYPE] * (float)p->rarity : 0;
	out[SIGNAL_BOTH] = out[SIGNAL_NAME] * out[SIGNAL_RARE];
	out[SIGNAL_HOME] =
	    p->home && home && strcmp(p->home, home) == 0 && strcmp(p->name, at->name) == 0;
	if (p->flag > 0 && gained && !at->bit_size && shape.inner_kind == BTF_INT &&
	    shape.bits >= 16)
		out[SIGNAL_FLAG] = (float)(p->flag * p->flags * says_flags(&w));
	out[SIGNAL_VAGUE] =
	    out[SIGNAL_NAME] < 0.3f && !(out[SIGNAL_FLAG] > 0) &&
	    (p->slot.bit_size || (p->slot.shape.kind == BTF_INT && p->rarity < 0.6));
	out[SIGNAL_KIN] =
	    !gained && out[SIGNAL_TYPE] > 0.94f && out[SIGNAL_WITHIN] > 0 ? (float)p->rarity : 0;
	out[SIGNAL_CLASH] = !(out[SIGNAL_FLAG] > 0) && out[SIGNAL_TYPE] <= 0.2f;
	for (size_t m = 0; !p->lineup->unordered && m < p->lineup->nref; m++) {
		const struct item *x = &p->lineup->ref[m];

		if (x->twin < 0 && strcmp(x->name, at->name) == 0 && strcmp(x->name, p->name) != 0)
			out[SIGNAL_TAKEN] = 1;
	}
}

int own_words(const struct slots *s, struct arena *a, struct vocabulary *v)
{
	struct words w;

	if (vocabulary_init(v, a, s->n) < 0)
		return -1;
	for (size_t i = 0; i < s->n; i++) {
		words_split(s->at[i].name, &w);
		vocabulary_add(v, &w);
	}
	return 0;
}
