/*
 * policy: the decisions of a relocation that a user may take over. A NULL hook is libbpf's
 * behaviour, so a policy costs only what it names. Every hook may call the default of the same name
 * below.
 *
 * Hooks return HOOK_FAIL after filling e (nothing is relocated any further then), and otherwise
 * what each says. They must not keep the pointers that they are given. A candidate that member,
 * enumerator or compatible refuse is passed over, but for REASON_TOO_DEEP, _LIMIT, _UNSIZED and
 * _UNSUPPORTED, which make the relocation an error. Any reason of value, choose or patch does.
 */
#ifndef BTFL_POLICY_H
#define BTFL_POLICY_H

#include "core/patch.h"
#include "core/target.h"

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
	const struct spec *local;
	struct pool *pool; /* what earlier relocations left of the candidates; NULL for none */
};

/* Members to walk from a struct to the one sought, through nested structs but no pointer. */
struct member_path {
	uint32_t room; /* most levels that may be used; a path that needs more is too deep */
	uint32_t len;
	uint32_t index[SPEC_MAX];
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

/* What one candidate that matched would give. */
struct option {
	struct candidate candidate;
	const struct spec *spec; /* of the access in it */
	struct relo_value value;
};

/* What becomes of a relocation that nothing in the target matches. */
enum missing { MISSING_POISON, MISSING_ERROR, MISSING_VALUE };

struct policy {
	const char *name;
	void *ctx; /* passed to each hook */

	/* Appends to out the types to try, in the order to try them: REASON_NONE, or the reason why
	 * there are none. Asked for each relocation; without the hook it is pool_candidates(),
	 * searched once for all relocations of a type. */
	int (*candidates)(void *ctx, const struct question *q, struct candidates *out,
			  struct err *e);

	/* Finds in the target struct `in` what member `index` of the local struct `of` has become:
	 * fills out and returns REASON_NONE, or returns the reason why there is none. */
	int (*member)(void *ctx, const struct question *q, const struct btf_type *of,
		      uint32_t index, const struct btf_type *in, struct member_path *out,
		      struct err *e);

	/* The same for enumerator `index` of the local enum `of`: *out is an index in `in`. */
	int (*enumerator)(void *ctx, const struct question *q, const struct btf_type *of,
			  uint32_t index, const struct btf_type *in, uint32_t *out, struct err *e);

	/* Whether the pair is compatible: REASON_NONE, or the reason why not. */
	int (*compatible)(void *ctx, const struct question *q, enum compat what,
			  struct type_pair pair, struct err *e);

	/* The value of s, which is q->local or the access in a candidate: REASON_NONE, or the
	 * reason why there is none. One that is to be poisoned is a value, too. */
	int (*value)(void *ctx, const struct question *q, const struct spec *s,
		     struct relo_value *out, struct err *e);

	/* Called when options disagree: the index of the one to use, or n to refuse all for the
	 * reason *why, which is preset to REASON_AMBIGUOUS. */
	int (*choose)(void *ctx, const struct question *q, const struct option *options, size_t n,
		      enum reason *why, struct err *e);

	/* Called when nothing matched, for the reason *why, which the hook may change: an enum
	 * missing; *value is the new value in the last case, and preset to what libbpf would use.
	 */
	int (*missing)(void *ctx, const struct question *q, enum reason *why, uint64_t *value,
		       struct err *e);

	/* Writes the instruction, as patch_insn() does and with its contract. */
	int (*patch)(void *ctx, const struct question *q, const struct patch *p,
		     const uint8_t *insn, uint32_t room, uint8_t after[16], enum reason *why,
		     struct err *e);

	/* Who gave the last answer of a hook: a number of the owner's choice for a decision of the
	 * policy, 0 when it is what the engine says. Asked for answers that refuse or poison. */
	uint32_t (*decision)(void *ctx);
};

/* libbpf's behaviour, hook by hook, with the same contracts. Without a value or patch hook it is
 * relo_calc() and patch_insn(), without a choose hook what disagrees is ambiguous, and without a
 * missing hook relo_missing_value() decides. */
int default_candidates(const struct question *q, struct candidates *out, struct err *e);
int default_member(const struct btf_type *of, uint32_t index, const struct btf_type *in,
		   struct member_path *out);
int default_enumerator(const struct btf_type *of, uint32_t index, const struct btf_type *in,
		       uint32_t *out);
int default_compatible(enum compat what, struct type_pair pair);

/*
 * pool: the candidates of each local type, searched once and then pruned to those that matched, so
 * that the order of relocations matters (semantics 11).
 */
struct pool *pool_new(const struct object *o);
void pool_free(struct pool *p); /* NULL is allowed */

/* The candidates of q's local type that are left, found on first use; NULL after filling e. */
struct candidates *pool_candidates(const struct question *q, struct err *e);

/* Drops from c, a list of the pool, what is not among the n options. */
void pool_prune(struct candidates *c, const struct option *options, size_t n);

#endif
