/* answer: describes types by what they hold, and looks up the rest; see answer.h. */
#include "verify/answer.h"

#include <string.h>

#include "core/features.h"
#include "core/kernel_version.h"
#include "format/btf_starts.h"
#include "verify/age.h"
#include "verify/context.h"
#include "verify/dated.h"
#include "verify/releases.h"

/* More than what types without a name hold of such: hostile ones hold twice what each holds. */
enum { DEEPEST = 64, MOST = 1 << 20 };

/* Types with a name that relocations lead to come again and again. To tell each time which they are
 * took 8 % of the instructions of verdicts of 105 objects on 10 kernels of a series, and so 2.5. */
struct told {
	const struct btf *btf; /* NULL for none as yet */
	uint32_t id;
	struct digest digest;
};

enum { TOLD = 256 };

struct answer {
	const struct target *target;
	struct digester d;
	struct told *told; /* TOLD by id; NULL for who does not ask for many */
	bool failed;
};

struct digest answer_base(const struct target *t)
{
	const struct btf *b = t->btf[0];
	struct digester d = {0};

	digest_add(&d, (uint64_t)b->big_endian << 8 | b->ptr_size);
	for (size_t i = 0; i < t->count; i++)
		digest_string(&d, t->module[i]);
	return digest_of(&d);
}

static size_t place_of(const struct target *t, const struct btf *b)
{
	size_t i = 0;

	while (i < t->count && t->btf[i] != b)
		i++;
	return i;
}

/* Whether it is found by name, so that who reads it is heard. */
static bool is_named(const struct btf_type *t)
{
	return *t->name && t->btf->shape[t->kind].names != BTF_NAMES_NOTHING;
}

static void add_content(struct answer *a, const struct btf_type *t, unsigned depth);

/* Which type it is, of those with a name. */
static void add_name(const struct answer *a, struct digester *d, const struct btf_type *t)
{
	digest_add(d, (uint64_t)t->kind << 1 | 1);
	digest_string(d, t->name);
	digest_add(d, (uint64_t)place_of(a->target, t->btf) << 32 | btf_rank(t));
}

/* A type that another one holds or refers to. One with a name is a question of its own to who reads
 * it. */
static void add_type(struct answer *a, const struct btf *b, uint32_t id, unsigned depth)
{
	struct told *told = a->told ? &a->told[id % TOLD] : NULL;
	struct btf_type t;

	if (told && b && told->btf == b && told->id == id) {
		digest_digest(&a->d, told->digest);
		return;
	}
	t = btf_type(b, id);
	if (!t.id || !is_named(&t)) {
		digest_add(&a->d, (uint64_t)t.kind << 1);
		if (t.id)
			add_content(a, &t, depth + 1);
	} else if (told) {
		struct digester d = {0};

		add_name(a, &d, &t);
		*told = (struct told){b, id, digest_of(&d)};
		digest_digest(&a->d, told->digest);
	} else {
		add_name(a, &a->d, &t);
	}
}

static void add_elements(struct answer *a, const struct btf_type *t, unsigned depth)
{
	for (uint32_t i = 0; i < t->vlen; i++) {
		if (btf_is_composite(t)) {
			struct btf_member m = btf_member(t, i);

			digest_string(&a->d, m.name);
			digest_add(&a->d, (uint64_t)m.bit_offset << 32 | m.bit_size);
			add_type(a, t->btf, m.type, depth);
		} else if (btf_is_enum(t)) {
			struct btf_enumerator v = btf_enumerator(t, i);

			digest_string(&a->d, v.name);
			digest_add(&a->d, v.value);
		} else if (t->kind == BTF_FUNC_PROTO) {
			struct btf_param p = btf_param(t, i);

			digest_string(&a->d, p.name);
			add_type(a, t->btf, p.type, depth);
		} else if (t->kind == BTF_DATASEC) {
			struct btf_secinfo s = btf_secinfo(t, i);

			digest_add(&a->d, (uint64_t)s.offset << 32 | s.size);
			add_type(a, t->btf, s.type, depth);
		}
	}
}

static void add_content(struct answer *a, const struct btf_type *t, unsigned depth)
{
	a->failed = a->failed || depth > DEEPEST || a->d.count > MOST;
	if (a->failed)
		return;
	digest_string(&a->d, t->name);
	digest_add(&a->d, (uint64_t)t->kind << 33 | (uint64_t)t->kflag << 32 | t->vlen);
	if (t->kind == BTF_ARRAY) {
		struct btf_array array = btf_array(t);

		digest_add(&a->d, array.count);
		add_type(a, t->btf, array.elem, depth);
		add_type(a, t->btf, array.index, depth);
	} else if (btf_kind_refers(t->kind)) {
		add_type(a, t->btf, t->type, depth);
	} else {
		digest_add(&a->d, t->size);
	}
	if (t->kind == BTF_INT || t->kind == BTF_VAR || t->kind == BTF_DECL_TAG)
		digest_add(&a->d, btf_tail_u32(t));
	add_elements(a, t, depth);
}

static void add_head(struct answer *a, const struct btf_type *t)
{
	digest_add(&a->d, (uint64_t)(btf_is_enum(t) ? t->size : 0) << 32 | t->kind);
	digest_string(&a->d, t->name);
}

/* All of that name, of vmlinux and of modules. */
static void add_named(struct answer *a, const struct asked_what *q)
{
	int kind = q->kind == ASKED_OTHERS ? BTF_FUNC : -1;

	for (size_t i = 0; i < a->target->count; i++) {
		const struct btf *b = a->target->btf[i];
		uint32_t id = btf_first_named(b, kind, q->text, q->len);

		for (; id; id = btf_next_named(b, id, q->text, q->len)) {
			struct btf_type t = btf_type(b, id);

			digest_add(&a->d, (uint64_t)i + 1);
			if (q->kind == ASKED_IDS)
				digest_add(&a->d, id);
			else if (q->kind == ASKED_HEADS)
				add_head(a, &t);
			else
				add_content(a, &t, 0);
		}
	}
}

/* With what those of a name start, of vmlinux and of modules. */
static void add_starts(struct answer *a, const struct asked_what *q)
{
	const char *name = q->text + q->number;

	for (size_t i = 0; i < a->target->count; i++) {
		const struct btf *b = a->target->btf[i];
		uint32_t id = btf_first_named(b, -1, q->text, q->number);

		for (; id; id = btf_next_named(b, id, q->text, q->number))
			digest_add(&a->d, (uint64_t)i << 1 |
					      btf_starts_with(b, id, name, q->len - q->number));
	}
}

static void add_symbol(struct answer *a, const struct asked_what *q)
{
	const struct symbols *s = target_symbols(a->target);
	const char *name = q->text + q->number;

	digest_add(&a->d, s != NULL);
	if (!s)
		return;
	if (q->kind == ASKED_LISTED)
		digest_add(&a->d, symbols_list_modules(s));
	else if (q->kind == ASKED_SYMBOL)
		digest_add(&a->d, symbols_has(s, q->text, q->len));
	else if (q->kind == ASKED_PATTERN)
		digest_add(&a->d, symbols_match(s, q->text, q->len));
	else
		digest_add(&a->d,
			   symbols_function(s, q->text, q->number, name, q->len - q->number));
}

static void add_config(struct answer *a, const struct asked_what *q)
{
	const struct kconfig *k = target_kconfig(a->target);
	size_t len = 0;
	const char *value = k && q->len ? kconfig_value(k, q->text, &len) : NULL;

	digest_add(&a->d, (uint64_t)(k != NULL) << 1 | (value != NULL));
	if (value)
		digest_bytes(&a->d, value, len);
}

static void add_able(struct answer *a)
{
	struct abilities abilities;

	digest_add(&a->d, releases_abilities(target_known_as(a->target), &abilities));
	digest_bytes(&a->d, &abilities, sizeof(abilities));
}

/* Where a tool says another release, helpers tell alone. */
static void add_age(struct answer *a, const struct asked_what *q)
{
	struct kernel_age age = age_of(a->target, target_known_as(a->target));

	if (q->kind == ASKED_SINCE) {
		digest_add(&a->d, age_since(age, q->number));
		return;
	}
	digest_add(&a->d, age_up_to(age, q->number));
	age.version = 0;
	digest_add(&a->d, age_up_to(age, q->number));
}

/* As LINUX_KERNEL_VERSION has it: not for libbpf, all, all but the last number, or nothing. */
static void add_dated(struct answer *a)
{
	uint32_t code;

	digest_add(&a->d, a->target->unread);
	digest_add(&a->d, kernel_version_code(a->target->version, &code));
	digest_add(&a->d, a->target->version || kernel_version_code(a->target->release, &code));
}

static void add_landing(struct answer *a, const struct asked_what *q, int64_t moved)
{
	const struct btf *b;
	struct landing l;

	a->failed = a->failed || !struct_walk_again(a->target, q->text, q->len, moved, &b, &l);
	if (a->failed)
		return;
	digest_add(&a->d, l.kind);
	digest_add(&a->d, (uint64_t)l.off);
	digest_string(&a->d, l.cause);
	digest_string(&a->d, l.in);
	digest_string(&a->d, l.member);
	add_type(a, b, l.type, 0);
}

bool answer_to(const struct target *t, const struct asked_what *q, struct digest *out)
{
	struct answer a = {.target = t};

	switch (q->kind) {
	case ASKED_TYPES:
	case ASKED_OTHERS:
	case ASKED_HEADS:
	case ASKED_IDS: add_named(&a, q); break;
	case ASKED_LISTED:
	case ASKED_SYMBOL:
	case ASKED_FUNCTION:
	case ASKED_PATTERN: add_symbol(&a, q); break;
	case ASKED_CONFIG: add_config(&a, q); break;
	case ASKED_FEATURE:
		digest_add(&a.d, features_has(t, (enum feature_set)q->text[0], q->number));
		break;
	case ASKED_LAST: digest_add(&a.d, features_last(t, (enum feature_set)q->number)); break;
	case ASKED_MARK: digest_add(&a.d, features_mark(t, (enum feature_mark)q->number)); break;
	case ASKED_ABLE: add_able(&a); break;
	case ASKED_SINCE:
	case ASKED_UP_TO: add_age(&a, q); break;
	case ASKED_ARCH: digest_string(&a.d, t->arch); break;
	case ASKED_VERSION:
		digest_string(&a.d, t->version);
		digest_string(&a.d, t->release);
		break;
	case ASKED_STARTS: add_starts(&a, q); break;
	case ASKED_LANDING:
	case ASKED_LANDED: add_landing(&a, q, 0); break;
	case ASKED_ACCESS: digest_add(&a.d, context_again(t, q->text)); break;
	case ASKED_DATED: add_dated(&a); break;
	case ASKED_COMPARED: dated_answer(t, q->text, &a.d); break;
	case ASKED_RESULT:
	case ASKED_PATCH:
	case ASKED_SIGN:
	case ASKED_LANDS: return false;
	}
	*out = digest_of(&a.d);
	return !a.failed;
}

bool answer_landing(const struct target *t, const struct asked_what *q, int64_t moved,
		    struct digest *out)
{
	struct answer a = {.target = t};

	add_landing(&a, q, moved);
	*out = digest_of(&a.d);
	return !a.failed;
}

static void add_accessor(struct answer *a, const struct accessor *s)
{
	digest_add(&a->d, s != NULL);
	if (!s)
		return;
	add_type(a, s->btf, s->root_id, 0);
	digest_add(&a->d, (uint64_t)s->kind << 32 | s->bit_offset);
	digest_add(&a->d, s->len);
	for (uint32_t i = 0; i < s->len; i++) {
		add_type(a, s->btf, s->step[i].type_id, 0);
		digest_add(&a->d, s->step[i].index);
		digest_string(&a->d, s->step[i].name);
	}
	digest_add(&a->d, s->raw_len);
	for (uint32_t i = 0; i < s->raw_len; i++)
		digest_add(&a->d, s->raw[i]);
}

static void add_candidate(struct answer *a, struct candidate c)
{
	digest_add(&a->d, c.id != 0);
	if (!c.id)
		return;
	digest_add(&a->d, place_of(a->target, c.btf));
	add_type(a, c.btf, c.id, 0);
}

static void add_attempt(struct answer *a, const struct attempt *x)
{
	add_candidate(a, x->candidate);
	digest_add(&a->d, (uint64_t)x->reason << 32 | x->step);
	digest_add(&a->d, (uint64_t)x->local_id << 32 | x->decision);
	add_type(a, x->candidate.btf, x->target_id, 0);
	add_accessor(a, x->accessor);
}

static void add_result(struct answer *a, const struct result *x)
{
	digest_add(&a->d, (uint64_t)x->status << 32 | x->reason);
	digest_add(&a->d, x->decision);
	digest_add(&a->d,
		   x->has_local | x->has_target << 1 | x->relocated << 2 | x->sign_extended << 3);
	digest_add(&a->d, x->local);
	digest_add(&a->d, x->target);
	add_candidate(a, x->used);
	add_accessor(a, x->accessor);
	digest_add(&a->d, x->attempt_count);
	digest_bytes(&a->d, x->before, x->insn_len);
	digest_bytes(&a->d, x->after, x->insn_len);
}

static bool has_offset(const struct result *x)
{
	uint8_t class = BPF_CLASS(x->before[0]);

	return class == BPF_LDX || class == BPF_ST || class == BPF_STX;
}

/* The instruction that is left where the number in it is not told: its offset, or its immediate. */
static void add_patched(struct answer *a, const struct result *x)
{
	enum { OFFSET = 2, IMMEDIATE = 4, END = 8 };
	uint8_t after[2 * INSN_SIZE];

	memcpy(after, x->after, sizeof(after));
	if (x->status == STATUS_OK && has_offset(x))
		memset(after + OFFSET, 0, IMMEDIATE - OFFSET);
	else if (x->status == STATUS_OK)
		memset(after + IMMEDIATE, 0, END - IMMEDIATE);
	if (x->status == STATUS_OK && x->insn_len > INSN_SIZE)
		memset(after + INSN_SIZE + IMMEDIATE, 0, END - IMMEDIATE);
	digest_add(&a->d, x->insn_len);
	digest_bytes(&a->d, after, x->insn_len);
}

static bool tell_result(const struct resolution *r, const struct result *x, struct told *told,
			struct became *out)
{
	const struct insn after = insn_load(x->after, r->object->big_endian);
	struct answer a = {.target = r->target, .told = told};
	struct digester patch = {0};

	digest_add(&patch, x->target);
	digest_bytes(&patch, x->after, x->insn_len);
	out->patch = digest_of(&patch);
	out->number = has_offset(x) ? after.off : after.imm;
	add_result(&a, x);
	for (uint32_t i = 0; i < x->attempt_count; i++)
		add_attempt(&a, &r->attempts[x->first_attempt + i]);
	out->result = digest_of(&a.d);
	return !a.failed;
}

/* Any id fits an immediate; not all fit an offset, and what is refused may be so for its number. */
static bool decides_by_id(const struct result *x)
{
	return x->status == STATUS_ERROR || has_offset(x);
}

bool answer_relocated(const struct resolution *r, struct digest *out, struct became *each,
		      bool *by_id)
{
	struct told told[TOLD] = {0};
	struct answer a = {.target = r->target};

	*by_id = false;
	for (uint32_t i = 0; i < r->object->relo_count; i++) {
		const struct result *x = &r->results[i];

		each[i].has_id = r->object->relos[i].kind == RELO_TARGET_TYPE_ID;
		*by_id = *by_id || (each[i].has_id && decides_by_id(x));
		digest_add(&a.d, (uint64_t)x->status << 32 | x->reason);
		digest_add(&a.d, x->decision);
		digest_add(&a.d, x->has_local | x->has_target << 1 | x->relocated << 2 |
				     x->sign_extended << 3 | (x->used.id != 0) << 4);
		add_patched(&a, x);
		if (!tell_result(r, x, told, &each[i]))
			return false;
	}
	*out = digest_of(&a.d);
	return true;
}
