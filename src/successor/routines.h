/*
 * routines: the functions, or the tracepoints, that a kernel has lost and gained beside another:
 * their names as words and their prototypes, with how rare each word and each type is, and which
 * words took the place of which.
 */
#ifndef BTFL_ROUTINES_H
#define BTFL_ROUTINES_H

#include "core/target.h"
#include "successor/prototypes.h"
#include "successor/swaps.h"

enum routine_kind { ROUTINE_FUNC, ROUTINE_TRACEPOINT };

struct routine {
	const char *name;
	const struct btf *btf;
	struct type_keys *keys; /* of btf; NULL where it is not of a list */
	uint64_t hash;          /* of the name; 0 where it is not of a list */
	uint32_t id;            /* of the FUNC, or of the typedef that describes the tracepoint */
	uint32_t proto;         /* of its prototype */
	uint32_t at;            /* its place in the list */
	uint32_t other;         /* place + 1 of the one of its name in the other list; 0: none */
};

/* By which names are told apart before they are compared: a bit for each word, by its hash, and one
 * for the letters it begins with. */
struct glimpse {
	uint64_t words, starts;
};

/* One that only one of two kernels has. */
struct single {
	struct routine routine;
	struct words words; /* weighed */
	struct glimpse glimpse;
};

/* Those of one kernel that the other lacks. */
struct singles {
	struct single *at;
	size_t n, cap;
};

/* All of a BTF, or of several. */
struct routine_list {
	struct routine *at;
	size_t n, cap;
	bool scattered; /* they stand in the order of names, and not of sources */
};

/* What is common to all questions about a pair of kernels. */
struct routines {
	enum routine_kind kind;
	struct arena arena;
	struct type_keys *keys; /* all of them */
	const struct btf *witness;
	const struct target *target;   /* while a question is asked */
	struct routine_list were, are; /* of the witness, base first, and of the target */
	struct tally named;            /* of `are`: place + 1 of the first of a name, by hash */
	struct singles lost, gained;
	struct vocabulary names; /* of a sample, where they are many */
	struct type_counts types;
	struct swaps *swaps;
};

/* Finds what t lacks of the witness, and what it has that the witness lacks. The BTFs must outlive
 * what it gives, which routines_free() frees; NULL when memory is out. */
struct routines *routines_new(enum routine_kind kind, const struct btf *witness,
			      const struct target *t);
void routines_free(struct routines *r); /* NULL is allowed */

/* The routine of that name in b or its base; false when there is none. */
bool routine_find(enum routine_kind kind, const struct btf *b, const char *name,
		  struct routine *out);

/* The one of that name in the witness or in the target; NULL for none. */
const struct routine *routines_lost_named(const struct routines *r, const char *name);
const struct routine *routines_named(const struct routines *r, const char *name);
/* The one of the witness that has the name of x, which is of a list; NULL for none. */
const struct routine *routines_was(const struct routines *r, const struct routine *x);
/* The one of the target likewise. */
const struct routine *routines_is(const struct routines *r, const struct routine *x);

/* Where those stand in the target that stood around one of the witness. */
enum { NEIGHBOURS = 8 };
struct neighbours {
	unsigned n;
	uint32_t at[NEIGHBOURS];
	double weight[NEIGHBOURS]; /* 0 to 1: the nearer it stood, the more */
};

/* Finds them; false when a kernel has its functions in another order than sources have. */
bool routine_neighbours(const struct routines *r, const struct routine *x, struct neighbours *out);
/* 0 to 1: how near them one of the target stands. */
double routine_near(const struct neighbours *around, const struct routine *x);

/* Between which two of the target those stand that stood on either side of one of the witness. */
struct gap {
	uint32_t from, to; /* 0 and 0: they stand apart, or nobody can tell */
};
struct gap routine_gap(const struct routines *r, const struct routine *x);

/* Whether its name is made from that of another: a tracepoint's functions, stubs of the compiler,
 * and those by which Rust calls inline functions. Returns the length of what stands before that
 * name; 0 when it is not. */
size_t routine_made_len(const char *name);

/* Splits the name into words and weighs them. */
void routine_words(const struct routines *r, const struct routine *x, struct words *out);

/* Whether names may be alike: not where they share no word, none that took the place of another and
 * none that begins alike. came: swaps_glimpse() of the first's words. */
struct glimpse words_glimpse(const struct words *w);
static inline bool glimpses_meet(const struct glimpse *a, uint64_t came, const struct glimpse *b)
{
	return (a->starts & b->starts) | ((a->words | came) & b->words);
}

void routine_prototype(const struct routines *r, const struct routine *x, struct prototype *out);

/* 0 to 1: how alike two names, or two types, are: words that took the place of others count nearly
 * as the same. */
double routines_names_alike(const struct routines *r, const struct words *a, const struct words *b);
double routines_types_alike(const struct routines *r, const struct slot *a, const struct slot *b);

#endif
