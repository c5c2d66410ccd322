/*
 * prototypes: what functions take and give, so that it can be compared between kernels: types have
 * keys that are equal for equal ones, a weight by how rare they are among parameters, and partners:
 * what functions that stayed took in place of them.
 */
#ifndef BTFL_PROTOTYPES_H
#define BTFL_PROTOTYPES_H

#include "format/btf.h"
#include "successor/tally.h"

/* A parameter or a result, without const and volatile. */
struct slot {
	const char *name;      /* of the parameter, "" without one */
	const struct btf *btf; /* of the type */
	uint64_t key;          /* equal for equal types */
	uint32_t named;        /* the type without pointers */
	uint8_t pointers;
	double weight;   /* 0 to 1: how rare the type is among the parameters of all */
	uint64_t called; /* the name's hash; 0 without one */
	double says;     /* 0 to 2: how rare the name is among the parameters of that type */
};

enum { PROTOTYPE_SLOTS = 16 };

struct prototype {
	unsigned n; /* parameters that a program sees; more than PROTOTYPE_SLOTS are left out */
	struct slot ret, at[PROTOTYPE_SLOTS];
	uint32_t vlen; /* parameters in BTF */
	uint64_t key;  /* equal for equal ones, whatever their parameters are called */
};

/* The types of one BTF as parameters, each looked at once. */
struct type_keys {
	const struct btf *btf;
	struct type_keys *base; /* NULL without */
	uint32_t *of;           /* by id - btf->first_id: place in `at`, 0: not looked at */
	struct type_key *at;    /* from 1 on */
	size_t n, cap;
	struct type_keys *next; /* for type_keys_free() */
};

/* What is counted over prototypes. */
struct type_counts {
	struct tally seen;    /* prototypes of the sample that have a parameter of a type */
	struct tally called;  /* those that have one of a name */
	struct tally both;    /* those that have one of a type and a name */
	struct tally swapped; /* functions that took one type for another */
	double sampled;       /* prototypes in the sample; 0 while it is made: nothing weighs */
};

/* Those of b over base's, put before those in *all; NULL when memory is out. */
struct type_keys *type_keys_new(const struct btf *b, struct type_keys *base,
				struct type_keys **all);
void type_keys_free(struct type_keys *all); /* NULL is allowed */

int type_counts_init(struct type_counts *c, struct arena *a);
/* Counts what one of the sample takes, each type and each name once. */
void type_counts_add(struct type_counts *c, const struct prototype *p);
/* Counts what a function that stayed takes for what: its FUNC_PROTO before and now. */
void type_counts_swap(struct type_counts *c, struct type_keys *were, uint32_t was,
		      struct type_keys *are, uint32_t is);

/* Reads the FUNC_PROTO of that id; the first `skipped` parameters are none that a program sees. */
void prototype_read(struct type_keys *keys, const struct type_counts *c, uint32_t proto,
		    uint32_t skipped, struct prototype *out);

/* 0 to 1: how often functions that stayed take b for a. */
double type_swapped_often(const struct type_counts *c, const struct slot *a, const struct slot *b);

/* The name of the type without pointers, "" without one. */
const char *slot_type_name(const struct slot *s);

#endif
