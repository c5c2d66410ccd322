/* answer: describes types by what they hold, and looks up the rest; see answer.h. */
#include "verify/answer.h"

#include <string.h>

#include "core/features.h"
#include "core/kernel_version.h"
#include "verify/releases.h"

/* More than what types without a name hold of such: hostile ones hold twice what each holds. */
enum { DEEPEST = 64, MOST = 1 << 20 };

struct answer {
	const struct target *target;
	struct digester d;
	bool failed;
};

struct digest answer_base(const struct target *t)
{
	const struct btf *b = t->btf[0];
	struct digester d = {0};

	digest_add(&d, (uint64_t)b->big_endian << 8 | b->ptr_size);
	digest_string(&d, t->arch);
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

/* How many stand before it under its name. */
static uint64_t rank_of(const struct btf_type *t)
{
	size_t len = btf_named_len(t->btf, t->kind, t->name);
	uint32_t id = btf_first_named(t->btf, t->kind, t->name, len);
	uint64_t n = 0;

	for (; id && id != t->id; n++)
		id = btf_next_named(t->btf, id, t->name, len);
	return n;
}

static void add_content(struct answer *a, const struct btf_type *t, unsigned depth);

/* A type that another one holds or refers to. One with a name is a question of its own to who reads
 * it. */
static void add_type(struct answer *a, const struct btf *b, uint32_t id, unsigned depth)
{
	struct btf_type t = btf_type(b, id);

	digest_add(&a->d, (uint64_t)t.kind << 1 | (id && is_named(&t)));
	if (!t.id)
		return;
	if (!is_named(&t)) {
		add_content(a, &t, depth + 1);
		return;
	}
	digest_string(&a->d, t.name);
	digest_add(&a->d, (uint64_t)place_of(a->target, t.btf) << 32 | rank_of(&t));
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
			else
				add_content(a, &t, 0);
		}
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

/* Thresholds are between release lines, or abilities; and whether the last number is 0 tells
 * kernels that hide theirs (helper_types.h). */
static void add_line(struct answer *a)
{
	const char *release = target_known_as(a->target);
	struct abilities abilities;
	uint32_t code = 0;

	digest_add(&a->d, kernel_version_code(release, &code));
	digest_add(&a->d, (uint64_t)(code >> 8) << 1 | ((code & 0xff) != 0));
	releases_abilities(release, &abilities);
	digest_bytes(&a->d, &abilities, sizeof(abilities));
}

bool answer_to(const struct target *t, const struct asked_what *q, struct digest *out)
{
	struct answer a = {.target = t};

	switch (q->kind) {
	case ASKED_TYPES:
	case ASKED_OTHERS:
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
	case ASKED_LINE: add_line(&a); break;
	case ASKED_VERSION:
		digest_string(&a.d, t->version);
		digest_string(&a.d, t->release);
		break;
	}
	*out = digest_of(&a.d);
	return !a.failed;
}
