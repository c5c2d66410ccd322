/* why: what the types, fields, enumerators, functions and tracepoints of one kernel have become on
 * another. */
#include "support/fuzz.h"

#include <stdio.h>
#include <string.h>

#include "successor/suggest.h"

const unsigned fuzz_parts = 2;

enum { QUESTIONS_MOST = 40 };

struct asking {
	const struct btf *old;
	const struct target *target;
	unsigned count;
};

static void ask(struct asking *a, enum suggest_about about, const char *path)
{
	const struct suggest_query q = {.about = about,
					.path = path,
					.from = &a->old,
					.from_count = a->count % 4 != 3,
					.excerpt = a->count % 3 == 2 ? a->old : NULL,
					.least = a->count % 2 ? 0.05 : 0};
	struct suggestions found;
	struct err e = {0};

	a->count++;
	if (suggest_find(&q, a->target, &found, &e) < 0) {
		fuzz_refused(&e);
		return;
	}
	for (size_t i = 0; i < found.count; i++) {
		const struct suggestion *s = &found.items[i];

		fuzz_holds(s->score >= 0 && s->score <= 1, "a score is 0 to 1");
		fuzz_holds(i == 0 || s->score <= found.items[i - 1].score, "the best comes first");
		fuzz_holds(s->successor && s->successor[0] && s->evidence,
			   "a suggestion has a name and evidence");
		fuzz_holds(!s->btf || btf_has(s->btf, s->type), "its type exists");
	}
	suggestions_free(&found);
}

static void ask_about(struct asking *a, const struct btf_type *t)
{
	char path[512];

	if (t->kind == BTF_FUNC)
		ask(a, ABOUT_FUNC, t->name);
	else if (t->kind == BTF_TYPEDEF && !strncmp(t->name, "btf_trace_", 10))
		ask(a, ABOUT_TRACEPOINT, t->name + 10);
	else
		ask(a, ABOUT_TYPE, t->name);
	for (uint32_t i = 0; i < t->vlen && i < 4 && (btf_is_composite(t) || btf_is_enum(t)); i++) {
		const char *name =
		    btf_is_enum(t) ? btf_enumerator(t, i).name : btf_member(t, i).name;

		snprintf(path, sizeof(path), "%s.%s", t->name, name);
		ask(a, ABOUT_TYPE, path);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	const struct target_facts facts = {.name = "input"};
	struct bytes part[FUZZ_PARTS_MOST];
	struct target *target = NULL;
	struct btf_type t = {0};
	struct btf *old, *new;
	struct err e = {0};

	fuzz_split(data, len, part);
	old = fuzz_btf(part[0], NULL);
	new = old ? fuzz_btf(part[1], NULL) : NULL;
	if (new &&target_of(new, &facts, &target, &e) < 0)
		fuzz_refused(&e);
	if (target) {
		struct asking a = {.old = old, .target = target};

		while (a.count < QUESTIONS_MOST && btf_next(old, &t, -1))
			if (t.name[0])
				ask_about(&a, &t);
	}
	target_free(target);
	btf_unref(new);
	btf_unref(old);
	return 0;
}
