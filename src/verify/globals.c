/* globals: the signatures of functions that are verified on their own; see globals.h. */
#include "verify/globals.h"

#include <stdlib.h>
#include <string.h>

enum { ARGUMENTS_MOST = 5 };

/* Tags of arguments count since this line; "untrusted" is one since the second. What came behind
 * the last is not known. */
enum { TAGS = AGE_LINE(6, 8), UNTRUSTED = AGE_LINE(6, 17), TOLD = AGE_LINE(6, 18) };

struct judging {
	const struct loading *l;
	const struct linked *f;
	const struct btf *btf;
	struct global_refusal *list;
};

static bool is_scalar(struct btf_type t)
{
	return t.kind == BTF_INT || btf_is_enum(&t);
}

static void refuse(struct global_refusal *x, const char *cause, int64_t number, bool doubtful)
{
	if (!x->cause)
		*x = (struct global_refusal){cause, number, doubtful};
}

static uint32_t func_id(const struct judging *j, size_t func)
{
	return j->l->resolution->object->programs[j->f->funcs[func].program].func_id;
}

static bool is_known_tag(const struct judging *j, const char *tag)
{
	static const char *const tags[] = {"ctx", "trusted", "nonnull", "nullable", "arena"};

	for (size_t i = 0; i < sizeof(tags) / sizeof(*tags); i++)
		if (strcmp(tag, tags[i]) == 0)
			return true;
	return strcmp(tag, "untrusted") == 0 && !age_before(j->l->age, UNTRUSTED);
}

/* A tag says what an argument is, and nothing more is asked of what it points to. */
static void look_at_tags(struct judging *j, uint32_t *tagged)
{
	static const char prefix[] = "arg:";
	struct btf_type t = {.kind = BTF_VOID};

	while (btf_next(j->btf, &t, BTF_DECL_TAG)) {
		uint32_t n = btf_tail_u32(&t);

		if (n >= ARGUMENTS_MOST || strncmp(t.name, prefix, sizeof(prefix) - 1) != 0)
			continue;
		for (size_t i = 1; i < j->f->func_count; i++) {
			if (!j->f->funcs[i].global || func_id(j, i) != t.type)
				continue;
			if (!age_before(j->l->age, TAGS))
				tagged[i] |= 1u << n;
			if (age_since(j->l->age, TAGS) &&
			    !is_known_tag(j, t.name + sizeof(prefix) - 1))
				refuse(&j->list[i], "tag", n + INT64_C(1),
				       !age_up_to(j->l->age, TOLD));
		}
	}
}

/* Whether a pointer leads to what has no size; the kernel knows contexts and dynptrs by name. */
static bool leads_nowhere(const struct btf *b, struct btf_type pointer)
{
	struct btf_type to = btf_type(b, pointer.type);

	if (to.kind == BTF_TYPEDEF && strcmp(to.name, "bpf_user_pt_regs_t") == 0)
		return false;
	to = btf_strip(b, to.id);
	return to.kind == BTF_VOID || to.kind == BTF_FUNC_PROTO ||
	       (to.kind == BTF_FWD && strcmp(to.name, "bpf_dynptr") != 0);
}

static void look_at_signature(struct judging *j, size_t func, uint32_t tagged)
{
	struct btf_type proto = btf_type(j->btf, btf_type(j->btf, func_id(j, func)).type), t;
	struct global_refusal *x = &j->list[func];

	if (proto.kind != BTF_FUNC_PROTO)
		return;
	t = btf_strip(j->btf, proto.type);
	if (!is_scalar(t))
		refuse(x, "return", 0, t.kind == BTF_VOID && !age_up_to(j->l->age, TOLD));
	for (uint32_t i = 0; i < proto.vlen && i < ARGUMENTS_MOST; i++) {
		t = btf_strip(j->btf, btf_param(&proto, i).type);
		if (is_scalar(t) || tagged >> i & 1)
			continue;
		if (t.kind != BTF_PTR)
			refuse(x, "argument", i + INT64_C(1), false);
		else if (leads_nowhere(j->btf, t))
			refuse(x, "size", i + INT64_C(1), false);
	}
}

static bool has_globals(const struct linked *f)
{
	for (size_t i = 1; i < f->func_count; i++)
		if (f->funcs[i].global)
			return true;
	return false;
}

int globals_judge(const struct loading *l, const struct linked *f, struct global_refusal **out,
		  struct err *e)
{
	struct judging j = {.l = l, .f = f, .btf = l->resolution->object->btf};
	uint32_t *tagged;
	bool any = false;

	*out = NULL;
	if (!j.btf || !has_globals(f))
		return 0;
	j.list = calloc(f->func_count, sizeof(*j.list));
	tagged = calloc(f->func_count, sizeof(*tagged));
	if (!j.list || !tagged) {
		free(j.list);
		free(tagged);
		return err_memory(e, f->object->path);
	}
	look_at_tags(&j, tagged);
	for (size_t i = 1; i < f->func_count; i++) {
		if (f->funcs[i].global && func_id(&j, i))
			look_at_signature(&j, i, tagged[i]);
		any |= j.list[i].cause != NULL;
	}
	free(tagged);
	if (any)
		*out = j.list;
	else
		free(j.list);
	return 0;
}
