/* functions: what BTF says of them; see functions.h. */
#include "verify/functions.h"

#include <stdlib.h>
#include <string.h>

/* Arguments that registers hold. */
enum { ARGUMENTS_MOST = 5 };

/* Arguments behind those are on the stack since this line. Compilers leave out what no function
 * reads or what is always the same, and BTF still tells of it. */
enum { STACK_ARGUMENTS = AGE_LINE(7, 2) };

/* Tags of arguments count since this line; "untrusted" is one since the second. What came behind
 * the last is not known. */
enum { TAGS = AGE_LINE(6, 8), UNTRUSTED = AGE_LINE(6, 17), TOLD = AGE_LINE(6, 18) };

struct judging {
	const struct loading *l;
	const struct linked *f;
	const struct btf *btf;
	enum known on_stack; /* whether the kernel looks for arguments there */
	struct function_refusal *list;
};

static bool is_scalar(struct btf_type t)
{
	return t.kind == BTF_INT || btf_is_enum(&t);
}

static void refuse(struct function_refusal *x, const char *cause, int64_t number, bool doubtful)
{
	if (!x->cause)
		*x = (struct function_refusal){cause, number, doubtful};
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
	struct function_refusal *x = &j->list[func];

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

/* A kernel that takes arguments on the stack counts them for each function. */
static enum known takes_on_stack(const struct loading *l)
{
	const struct btf *b = l->target->btf[0];
	struct btf_type t = btf_type(b, btf_find(b, "bpf_subprog_info", BTF_STRUCT));

	for (uint32_t i = 0; t.kind == BTF_STRUCT && i < t.vlen; i++)
		if (strcmp(btf_member(&t, i).name, "stack_arg_cnt") == 0)
			return KNOWN_YES;
	if (t.kind == BTF_STRUCT || age_before(l->age, STACK_ARGUMENTS))
		return KNOWN_NO;
	return age_since(l->age, STACK_ARGUMENTS) ? KNOWN_YES : KNOWN_NOT;
}

/* Of how many arguments BTF tells; 0 for a function that it does not know. */
static uint32_t argument_count(const struct judging *j, size_t func)
{
	uint32_t id = func_id(j, func);
	struct btf_type proto = btf_type(j->btf, btf_type(j->btf, id).type);

	return id && proto.kind == BTF_FUNC_PROTO ? proto.vlen : 0;
}

static void look_at_count(struct judging *j, size_t func)
{
	uint32_t count = argument_count(j, func);

	if (count <= ARGUMENTS_MOST || (!j->f->funcs[func].global && j->on_stack == KNOWN_NO))
		return;
	refuse(&j->list[func], "arguments", count,
	       !j->f->funcs[func].global && j->on_stack == KNOWN_NOT);
}

/* Whether BTF is to be asked of some function. */
static bool has_any(struct judging *j)
{
	bool many = false;

	for (size_t i = 1; i < j->f->func_count; i++) {
		if (j->f->funcs[i].global)
			return true;
		many = many || argument_count(j, i) > ARGUMENTS_MOST;
	}
	return many;
}

int functions_judge(const struct loading *l, const struct linked *f, struct function_refusal **out,
		    struct err *e)
{
	struct judging j = {.l = l, .f = f, .btf = l->resolution->object->btf};
	uint32_t *tagged;
	bool any = false;

	*out = NULL;
	if (!j.btf || !has_any(&j))
		return 0;
	j.on_stack = takes_on_stack(l);
	j.list = calloc(f->func_count, sizeof(*j.list));
	tagged = calloc(f->func_count, sizeof(*tagged));
	if (!j.list || !tagged) {
		free(j.list);
		free(tagged);
		return err_memory(e, f->object->path);
	}
	look_at_tags(&j, tagged);
	for (size_t i = 1; i < f->func_count; i++) {
		look_at_count(&j, i);
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
