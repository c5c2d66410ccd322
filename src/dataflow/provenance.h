/*
 * provenance: where values of a program come from: an argument of what it attaches to, moved on by
 * constants and relocations, or what was loaded from there. Sources and facts are interned, so that
 * equal ones have equal numbers; 0 is none, and nothing known.
 */
#ifndef BTFL_PROVENANCE_H
#define BTFL_PROVENANCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Arguments that are none of those from 1. */
enum { ARGUMENT_RESULT = 0xff, ARGUMENT_TASK = 0xfe };

struct source {
	uint32_t argument; /* the number of the slot from 1, or one of the above */
	uint32_t parent;   /* the source that it was loaded from; 0 for the argument itself */
	int32_t relo;      /* the relocation whose offset was added, or loaded at; -1 for none */
	int32_t offset;    /* bytes that were added; of what was loaded, at which */
	uint32_t depth;    /* how many loads it took */
	bool nested;       /* more relocations were added, of what the first led to */
	bool maybe;        /* it is one of several, of which a kernel tells which */
	uint32_t child;    /* the newest of those that were loaded from it, or of all arguments */
	uint32_t sibling;  /* the one before it that has the same parent */
};

enum { SOURCES_MOST = 6 };

/* What a value is besides. */
enum fact_place {
	PLACE_NOTHING, /* nothing is known */
	PLACE_NUMBER,  /* `number`, of relocation `relo` */
	PLACE_CONTEXT, /* the context, moved on by `number` bytes */
	PLACE_STACK,   /* the stack of function `func`, `number` bytes from its end */
	PLACE_MAP,     /* map `number` */
	PLACE_MIXED,   /* this or that */
	PLACE_EITHER,  /* one of the places whose bits `number` has, or nothing known */
};

struct fact {
	uint32_t place; /* enum fact_place */
	uint32_t func;
	int32_t relo; /* -1 for none */
	int32_t number;
	uint32_t source[SOURCES_MOST]; /* any of them; ascending, with 0 behind the last */
};

struct provenance {
	struct source *sources; /* [0] is none */
	size_t source_count, source_cap;
	struct fact *facts; /* [0] is nothing */
	size_t fact_count, fact_cap;
	uint32_t *table; /* of facts by what they are: numbers, 0 for none */
	size_t table_size;
	bool lost;   /* an argument was one source too many */
	bool failed; /* memory is out */
};

/* Zero-initialised p becomes ready; -1 when memory is out. */
int provenance_start(struct provenance *p);
void provenance_free(struct provenance *p);
/* Gives up facts: sources stay. */
void provenance_forget(struct provenance *p);

/* The number of that source; 0 when there are too many, or it is too far from its argument. */
uint32_t provenance_source(struct provenance *p, struct source s);
/* The number of that fact; 0 when memory is out, which is noted in p. */
uint32_t provenance_fact(struct provenance *p, struct fact f);
/* A value of that source alone, and one of no source. */
uint32_t provenance_of(struct provenance *p, uint32_t source);
uint32_t provenance_place(struct provenance *p, enum fact_place place, uint32_t func, int32_t relo,
			  int64_t number);
/* A fact of a value in some place, whatever the value comes from. */
uint32_t provenance_bare(struct provenance *p, uint32_t fact);
/* Either of two facts. */
uint32_t provenance_join(struct provenance *p, uint32_t a, uint32_t b);
/* Adds a source to those of f, if there is room; false when there is none. */
bool fact_add(struct fact *f, uint32_t source);
/* Whether a source is an argument itself, and nothing that was loaded from one. */
bool source_is_argument(const struct provenance *p, uint32_t source);
/* The bits 1 << PLACE_* of the numbers and addresses that a fact may be. */
uint32_t fact_places(const struct fact *f);

static inline const struct fact *provenance_at(const struct provenance *p, uint32_t fact)
{
	return &p->facts[fact < p->fact_count ? fact : 0];
}

/* The same value, whatever it comes from; 0 where it is in no place. */
static inline uint32_t provenance_without(struct provenance *p, uint32_t fact)
{
	const struct fact *f = provenance_at(p, fact);

	if (f->place == PLACE_NOTHING || f->place == PLACE_MIXED)
		return 0;
	return f->source[0] ? provenance_bare(p, fact) : fact;
}

#endif
