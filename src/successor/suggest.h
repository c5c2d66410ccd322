/*
 * suggest: what a field, type or enumerator that a target lacks has become there. A witness that
 * still has it shows what stood around it; names, types, order and what moved along are the
 * evidence, and too little of it is no suggestion at all.
 */
#ifndef BTFL_SUGGEST_H
#define BTFL_SUGGEST_H

#include "base/arena.h"
#include "core/target.h"

enum change {
	CHANGE_SAME,    /* the target has it as it is: nothing is missing */
	CHANGE_RENAMED, /* another name in the same struct */
	CHANGE_MOVED,   /* another struct, nested or not */
	CHANGE_SPLIT,   /* one of several that took its place, or the word that holds its bit */
	CHANGE_RETYPED, /* the same path, another type */
	CHANGE_TYPE,    /* a struct, union, enum or typedef of another name */
	CHANGE_ENUMVAL, /* an enumerator of another name, or of another enum */
	CHANGE_FUNC,    /* a function of another name */
	CHANGE_TRACEPOINT,
};

/* What speaks for a suggestion or against it, mostly 0 to 1. */
enum signal {
	SIGNAL_NAME,  /* words shared, by rarity */
	SIGNAL_TYPE,  /* how alike the types are */
	SIGNAL_RARE,  /* the same type, times how rare it is in the struct; an enumerator's value */
	SIGNAL_PLACE, /* stands where it stood */
	SIGNAL_PAIRED, /* the best partner of each other over the whole struct */
	SIGNAL_SOLE,   /* little else went, and little else came */
	SIGNAL_TAKEN,  /* is a better partner of another name that went */
	SIGNAL_OLD,    /* was there before under that name */
	SIGNAL_KIN,    /* was there before, of the same type and with all the words */
	SIGNAL_HOME,   /* the same member of the same struct, elsewhere */
	SIGNAL_ALONG,  /* siblings that went came to the same struct */
	SIGNAL_NEST,   /* in a struct nested in the same root */
	SIGNAL_AWAY,   /* in a struct behind a pointer, or one that points here */
	SIGNAL_BACK,   /* the latter: one that points here, or embeds this one */
	SIGNAL_WITHIN, /* has all the words of what went, or the reverse */
	SIGNAL_BOTH,   /* name times rare type */
	SIGNAL_FITS,   /* place times type */
	SIGNAL_FLAG,   /* a word of flags, where a flag went */
	SIGNAL_BIT,    /* and an enumerator that came names its bit */
	SIGNAL_BOX,    /* in a struct that is new as a whole, so its names are by chance */
	SIGNAL_FAR,    /* in a struct that nothing here leads to */
	SIGNAL_VAGUE,  /* a common type, and hardly a word in common */
	SIGNAL_CLASH,  /* another kind of type altogether */
	SIGNAL_OTHER,  /* is, or points to, another struct, though both kernels have both */
	SIGNAL_USE,    /* users of the type now use this one */
	SIGNAL_HEIR,   /* of the type that took the place of what its type was */
	SIGNAL_SPREAD, /* the same name: the fewer structs lost, gained or have it, the more */
	SIGNAL_SPARSE, /* the same type: the fewer fields of it went and came, the more */
	SIGNAL_LINK,   /* words that the names of such a struct and of the one left share */
	SIGNAL_RIVAL,  /* another flavor in the same object names it */
	SIGNAL_AGREE,  /* of functions: name times type, because either says much already */
	SIGNAL_SPELT,  /* the same name, but for how it is written */
	SIGNAL_LEAD,   /* as many underscores before the name */
	SIGNAL_APART,  /* stands elsewhere in the sources than what stood around it */
	SIGNAL_STEM,   /* was there before, and the name and the prototype went on from its own */
	SIGNAL_TOOK,   /* was there before, and takes now what the lost one took */
	SIGNAL_MIXED,  /* words that both have stand in another order */
	SIGNAL_SAID,   /* how much the words weigh that both have */
	SIGNAL_FAMILY, /* others that went came as others, by the same words for the same */
	SIGNAL_CALLED, /* its parameters of the same types are called the same */
	SIGNAL_VOID,   /* only one of them gives a result */
	SIGNAL_ARITY,  /* how many more parameters one of them has */
	SIGNAL_TRACEPOINT, /* is one: nobody inlines it, as functions are of which others go on */
	SIGNAL_BETWEEN,    /* stands in the sources between the two that it stood between: says more
			    * where the name does not */
	SIGNAL_COUNT
};

const char *signal_name(enum signal s);
const char *change_name(enum change c);

struct suggestion {
	const char
	    *successor;  /* "inode.i_ctime_sec", "trace_event_raw_kfree", "pagetype.PGTY_slab" */
	const char *via; /* the access in C when it takes more than one relocation, else NULL */
	const char *evidence; /* one line */
	const char *flag;     /* the enumerator that names the bit of it that the field is; NULL */
	uint64_t mask;        /* of that bit; 0 without, or where nobody can tell */
	enum change change;
	double score; /* 0 to 1 */
	float signals[SIGNAL_COUNT];
	const struct btf *btf; /* of the target: where the successor's type is */
	uint32_t type;         /* of the field; the type itself; the enum */
};

/* What a question is about. */
enum suggest_about { ABOUT_TYPE, ABOUT_FUNC, ABOUT_TRACEPOINT };

struct pairs; /* see pairs.h */

/* What is asked: `path` is "struct.field.field", "type", or "enum.value". Witnesses are tried in
 * order; those that lack it are used, in their order, to follow its name further. An excerpt is the
 * BTF of an object, whose structs may list two members of a hundred. */
struct suggest_query {
	enum suggest_about about; /* ABOUT_FUNC, ABOUT_TRACEPOINT: path is its name */
	const char *path;
	const struct btf *const *from;
	size_t from_count;
	const struct btf *excerpt; /* NULL for none; asked when no witness has it, and for rivals */
	double least;              /* score below which nothing is suggested; 0: SUGGEST_LEAST */
	struct pairs *pairs;       /* what was found out for questions before; NULL: keep nothing */
};

struct suggestions {
	struct suggestion *items; /* best first */
	size_t count;
	bool known; /* a witness, or the target, has what was asked for */
	struct arena arena;
};

/* Fills out, which suggestions_free() frees. No item is an answer too: gone without a successor.
 * Fails when memory is out. */
int suggest_find(const struct suggest_query *q, const struct target *t, struct suggestions *out,
		 struct err *e);
void suggestions_free(struct suggestions *s);

/* Scores below this are more often wrong than right. */
#define SUGGEST_LEAST 0.5

#endif
