/*
 * resolution: every relocation of one object against one target, in the order in which libbpf
 * applies them, because candidates that failed one relocation are not tried by the next one of the
 * same local type (semantics 11). An error in one relocation never stops the others.
 */
#ifndef BTFL_RESOLUTION_H
#define BTFL_RESOLUTION_H

#include "base/arena.h"
#include "core/match.h"

enum status {
	STATUS_OK,
	STATUS_POISON, /* the instruction is made invalid: harmless unless it is reached */
	STATUS_ERROR,  /* a loader refuses the whole object */
};

struct result {
	enum status status;
	enum reason reason; /* REASON_NONE when the target has what is accessed, and only when ok */
	uint32_t decision;  /* of the policy, whose reason it is; 0: the engine's own */
	bool has_local, has_target;
	bool relocated;                  /* an error, and the instruction is patched already */
	bool sign_extended;              /* a 32-bit unsigned enumerator >= 2^31 (semantics 7) */
	bool usual;                      /* taken from policy.usual: no answer was another one */
	uint64_t local, target;          /* values; has_local, has_target */
	struct candidate used;           /* the first that matched; id 0 for none */
	const struct accessor *accessor; /* of the access in `used`; NULL for none */
	uint32_t first_attempt;          /* into attempts */
	uint32_t attempt_count;
	uint8_t insn_len; /* 8 or 16 */
	uint8_t before[16], after[16];
};

struct resolution {
	const struct object *object;
	const struct target *target;
	struct result *results; /* one for each of object->relos */
	struct attempt *attempts;
	size_t attempt_count, attempt_cap;
	struct arena arena;
};

/* Resolves all; p NULL is libbpf's policy. object, target and p->usual must outlive the resolution,
 * and the object must have the target's byte order. Fails only when memory is out or a hook failed.
 */
int resolution_new(const struct object *o, const struct target *t, const struct policy *p,
		   struct resolution **out, struct err *e);
/* The same for a loader that refuses nothing: what is an error is poisoned, as the policy poisons,
 * and keeps its reason; but not what is relocated. Not with p->usual. */
int resolution_forced(const struct object *o, const struct target *t, const struct policy *p,
		      struct resolution **out, struct err *e);
/* Resolves one relocation as if c, a type of the target, were its only candidate; the other results
 * stay zero. */
int resolution_try(const struct object *o, const struct target *t, const struct policy *p,
		   uint32_t relo, struct candidate c, struct resolution **out, struct err *e);
void resolution_free(struct resolution *r); /* NULL is allowed */

/* "ok", "poison", "error". */
const char *status_name(enum status s);

#endif
