/*
 * policy: the decisions of a relocation that a user may take over. What a policy does not take over
 * is libbpf's behaviour, so it costs only what it names.
 *
 * Whoever decides puts the question in a struct on the stack, calls policy_ask(), and finds the
 * answer in the struct. `reason` says why there is none, REASON_NONE when there is. A
 * candidate that member, enumerator or compatible refuse is passed over, but for REASON_TOO_DEEP,
 * _LIMIT, _UNSIZED and _UNSUPPORTED, which make the relocation an error. Any reason of value,
 * choose or patch does.
 */
#ifndef BTFL_POLICY_H
#define BTFL_POLICY_H

#include "base/scale.h"
#include "core/patch.h"
#include "core/target.h"

/* The hooks: HOOK_X is asked with a struct x_asked, and answered by default_x(). */
#define HOOKS(X)                  \
	X(CANDIDATES, candidates) \
	X(MEMBER, member)         \
	X(ENUMERATOR, enumerator) \
	X(COMPATIBLE, compatible) \
	X(VALUE, value)           \
	X(CHOOSE, choose)         \
	X(MISSING, missing)       \
	X(PATCH, patch)

#define HOOK_NUMBER(X, x) HOOK_##X,
enum hook { HOOKS(HOOK_NUMBER) HOOK_COUNT };

enum { HOOK_FAIL = -1 };

struct candidate {
	const struct btf *btf; /* vmlinux or a module of the target */
	uint32_t id;
};

struct candidates {
	struct candidate *items; /* freed with free() */
	size_t count, cap;
};

/* Appends one; -1 when memory is out. */
int candidates_add(struct candidates *c, struct candidate item);

/* The relocation that is being decided. */
struct question {
	const struct object *object;
	const struct target *target;
	uint32_t relo; /* index into object->relos */
	const struct accessor *local;
	struct candidates_pool
	    *pool; /* what earlier relocations left of the candidates; NULL when the one
		    * to try is given, and HOOK_CANDIDATES is not asked */
};

/* What the struct of every hook begins with. */
struct asked {
	const struct question *q;
	struct err *e;
	enum reason reason;
	uint32_t decision; /* whose answer it is: a number of the policy's, 0 for the engine */
};

/* The types to try, in the order to try them, appended to *out, which is empty; none is a refusal
 * with a reason. Asked for each relocation; without the hook it is candidates_of(), searched once
 * for all relocations of a type. */
struct candidates_asked {
	struct asked asked;
	struct candidates *out;
};

/* Members that a search for one looks at, at most: a nest of anonymous structs in a hostile BTF can
 * hold 2^30. */
enum { MEMBER_STEPS = SCALE(4000000, 20000) };

/* Members, and elements of arrays, that lead from a struct to what is sought, through nested
 * structs but no pointer. The first is a member. */
struct member_path {
	uint32_t room; /* most numbers that may be used; a path that needs more is too deep */
	uint32_t len;
	uint64_t elements; /* bit i: index[i] is that of an element, not of a member */
	uint32_t index[ACCESSOR_MAX];
};
_Static_assert(ACCESSOR_MAX <= 64, "a bit for each");

static inline bool path_is_element(const struct member_path *path, uint32_t i)
{
	return path->elements >> i & 1;
}

/* What member `index` of the local struct `of` has become in the target struct `in`. */
struct member_asked {
	struct asked asked;
	struct btf_type of, in;
	uint32_t index;
	struct member_path path; /* the answer; room is asked */
};

/* The same for an enumerator of the local enum `of`; `found` is the index of one of `in`. */
struct enumerator_asked {
	struct asked asked;
	struct btf_type of, in;
	uint32_t index;
	uint32_t found;
};

/* What a pair of types is compared for. */
enum compat {
	COMPAT_FIELD,   /* a field's type (semantics 21) */
	COMPAT_TYPE,    /* the root of a type-based relocation (semantics 22) */
	COMPAT_MATCHES, /* type_matches (semantics 23) */
};

struct type_pair {
	const struct btf *local_btf, *target_btf;
	uint32_t local_id, target_id;
};

/* Whether the pair is compatible, or why not. */
struct compatible_asked {
	struct asked asked;
	enum compat what;
	struct type_pair pair;
};

/* The value of `accessor`, which is q->local or the access in a candidate. One that is to be
 * poisoned is a value, too. */
struct value_asked {
	struct asked asked;
	const struct accessor *accessor;
	struct relo_value value;
};

/* What one candidate that matched would give. */
struct option {
	struct candidate candidate;
	const struct accessor *accessor; /* of the access in it */
	struct relo_value value;
};

/* Asked when options disagree: `chosen` is the index of the one to use; or why all are refused. */
struct choose_asked {
	struct asked asked;
	const struct option *options;
	size_t count, chosen;
};

/* What becomes of a relocation that nothing in the target matches. */
enum missing { MISSING_POISON, MISSING_ERROR, MISSING_VALUE };

/* Asked when nothing matched, for the reason asked.reason, which the answer may change. `value` is
 * the new value in the last case. */
struct missing_asked {
	struct asked asked;
	enum missing what;
	uint64_t value;
};

/* The instruction at insn, of which `room` bytes are there, after `patch`: patch_insn() and its
 * contract. */
struct patch_asked {
	struct asked asked;
	struct patch patch;
	const uint8_t *insn;
	uint32_t room;
	enum patched patched;
	uint8_t after[16];
};

struct policy {
	void *ctx; /* passed to ask */
	bool has[HOOK_COUNT];
	/* Answers one of these. HOOK_FAIL after filling a->e: nothing is relocated any further
	 * then. Keeps no pointer that it is given. */
	int (*ask)(void *ctx, enum hook hook, struct asked *a);
	/* What libbpf's policy makes of the same, and whether any answer to what was asked of a
	 * relocation there would be another one. NULL where that is not known. */
	const struct resolution *usual;
	bool (*decides)(void *ctx, uint32_t relo);
};

/* Has the question answered by the policy where it has the hook, else as libbpf would; p may be
 * NULL. Returns 0, or HOOK_FAIL after filling a->e. */
int policy_ask(const struct policy *p, enum hook hook, struct asked *a);

#define DECLARE_DEFAULT(X, x) int default_##x(struct asked *a);
HOOKS(DECLARE_DEFAULT)

/*
 * pool: the candidates of each local type, searched once and then pruned to those that matched, so
 * that the order of relocations matters (semantics 11).
 */
struct candidates_pool *candidates_pool_new(const struct object *o);
void candidates_pool_free(struct candidates_pool *p); /* NULL is allowed */

/* The candidates of q's local type that are left, found on first use; NULL after filling e. */
struct candidates *candidates_of(const struct question *q, struct err *e);

/* Whether rules may differ on which types q's local type may stand for. They do not where there is
 * none of its name in all of the target, or one, which is in vmlinux and of the same kind, itself
 * and behind typedefs; where all have the same for its name,
 * a type's; and where no name there goes on behind
 * that with a `___`. */
bool candidates_disputed(const struct question *q);

/* Drops from c, a list of the pool, what is not among the n options. */
void candidates_prune(struct candidates *c, const struct option *options, size_t n);

#endif
