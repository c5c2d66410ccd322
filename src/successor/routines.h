/*
 * routines: the functions, or the tracepoints, that a kernel has lost and gained beside another:
 * their names as words and their prototypes, with how rare each word and each type is, and which
 * words took the place of which.
 */
#ifndef BTFL_ROUTINES_H
#define BTFL_ROUTINES_H

#include "core/target.h"
#include "successor/swaps.h"

enum routine_kind { ROUTINE_FUNC, ROUTINE_TRACEPOINT };

struct routine {
	const char *name;
	const struct btf *btf;
	uint32_t id;    /* of the FUNC, or of the typedef that describes the tracepoint */
	uint32_t proto; /* of its prototype */
	uint64_t hash;  /* of the name; 0 where it is not of a list */
};

/* One that only one of two kernels has. */
struct single {
	struct routine routine;
	struct words words; /* weighed */
};

/* A parameter or a result, without const and volatile. */
struct slot {
	const char *name;      /* of the parameter, "" without one */
	struct btf_type named; /* what it is without pointers */
	uint64_t key;          /* equal for equal types */
	uint8_t pointers;
	double weight; /* 0 to 1: how rare the type is among the parameters of all */
};

enum { PROTOTYPE_SLOTS = 16 };

struct prototype {
	unsigned n; /* parameters that a program sees; more than PROTOTYPE_SLOTS are left out */
	struct slot ret, at[PROTOTYPE_SLOTS];
	uint32_t vlen; /* parameters in BTF */
	uint64_t key;  /* equal for equal ones, whatever their parameters are called */
};

/* Those of one kernel that the other lacks. */
struct singles {
	struct single *at;
	size_t n, cap;
	struct tally protos; /* how many have a prototype, by its key: of those asked for */
};

/* All of a BTF, or of several. */
struct routine_list {
	struct routine *at;
	size_t n, cap;
	struct tally named; /* their names, by hash */
};

struct routines {
	enum routine_kind kind;
	const struct btf *witness;
	const struct target *target;
	struct routine_list were, are; /* of the witness, base first, and of the target */
	struct singles lost, gained;
	struct vocabulary names; /* of a sample, where they are many */
	struct tally types;      /* how many prototypes of the sample have a parameter of a type */
	double sampled;          /* routines in it */
	struct swaps *swaps;
};

/* Finds what t lacks of the witness, and what it has that the witness lacks. The arena, the BTFs
 * and the target must outlive r, which routines_free() frees also after a failure: memory is out
 * then.
 */
int routines_new(enum routine_kind kind, const struct btf *witness, const struct target *t,
		 struct arena *a, struct routines *r);
void routines_free(struct routines *r);

/* The routine of that name in b or its base; false when there is none. */
bool routine_find(enum routine_kind kind, const struct btf *b, const char *name,
		  struct routine *out);

/* Whether the witness has one of the name of x, which is of a list. */
bool routines_were(const struct routines *r, const struct routine *x);

/* How many of lost or gained ones have that prototype; at least 1. */
double singles_alike(const struct routines *r, struct singles *l, const struct prototype *p);

/* Whether its name is made from that of another: a tracepoint's functions, stubs of the compiler.
 * Returns the length of what stands before that name; 0 when it is not. */
size_t routine_made_len(const char *name);

/* Splits the name into words and weighs them. */
void routine_words(const struct routines *r, const struct routine *x, struct words *out);

void routine_prototype(const struct routines *r, const struct routine *x, struct prototype *out);

/* 0 to 1: how alike two names, or two types, are: words that took the place of others count nearly
 * as the same. */
double routines_names_alike(const struct routines *r, const struct words *a, const struct words *b);
double routines_types_alike(const struct routines *r, const struct slot *a, const struct slot *b);

#endif
