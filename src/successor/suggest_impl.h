/*
 * suggest_impl: what the parts of suggest share: one hunt for one name with one witness, and the
 * hits that it has found so far.
 */
#ifndef BTFL_SUGGEST_IMPL_H
#define BTFL_SUGGEST_IMPL_H

#include "successor/lineup.h"
#include "successor/members.h"
#include "successor/pairs.h"
#include "successor/routines.h"
#include "successor/suggest.h"
#include "successor/swaps.h"

/* A type of a known BTF. */
struct place {
	const struct btf *btf; /* NULL: nowhere */
	uint32_t id;
};

/* What is looked for decides how signals count. */
enum scale { SCALE_FIELD, SCALE_TYPE, SCALE_ENUM, SCALE_ROUTINE, SCALE_COUNT };

struct hit {
	struct suggestion s;
	double odds; /* logarithm of the odds that this is it */
};

struct hunt {
	struct arena *arena;
	const struct target *target;
	const struct btf *witness; /* NULL when no witness knows the name */
	bool excerpt;              /* witness is an object's BTF */
	struct pairs *pairs;       /* what is kept; never NULL */
	struct hit *hits;          /* grown by array_grow() */
	size_t count, cap;
	double ceiling; /* 0, or: no hit is likelier than the struct or enum that it is in */
	bool failed;    /* memory is out */
};

/* Adds a hit, or betters the one of that successor. name and via are copied; via may be NULL. */
void hunt_add(struct hunt *h, enum scale scale, const char *successor, const char *via,
	      enum change change, struct place type, const float signals[SIGNAL_COUNT],
	      double more_odds);

/* The hit of that successor, made when there is none; NULL, with h->failed set, when memory is out.
 */
struct hit *hunt_hit(struct hunt *h, const char *successor);

/* Sorts the hits, the likeliest first. */
void hunt_sort(struct hunt *h);

/* A copy of s that lives as long as the arena; NULL, with h->failed set, when memory is out. */
const char *hunt_keep(struct hunt *h, const char *s);

/* The odds that signals give on a scale. */
double weights_odds(enum scale scale, const float signals[SIGNAL_COUNT]);

/* What a name refers to: a type that can have members (or, without a path, any) in b; of several
 * of that name the one in which the path goes furthest. nowhere when there is none. */
struct place find_type(const struct btf *b, const char *name, size_t len, const char *path);
/* The same in the target, vmlinux first. */
struct place find_in_target(const struct target *t, const char *name, size_t len, const char *path);

/* Whether a struct is what a tracepoint writes down, or where in that its strings are: a copy, in
 * which nothing lives. */
bool is_record(const struct btf_type *t);

/* The id of the named type that stands in a declaration: behind pointers and arrays. */
uint32_t named_in(const struct btf *b, uint32_t id);

/* What is kept of b, see rolls.h; NULL, with h->failed set, when memory is out. */
const struct roll *hunt_roll(struct hunt *h, const struct btf *b);
/* All structs and unions, or enums, of b and its base; none, with h->failed set, when memory is
 * out.
 */
struct type_list hunt_composites(struct hunt *h, const struct btf *b);
struct type_list hunt_enums(struct hunt *h, const struct btf *b);

/* Steps *t to the next type of these kinds (see btf_next_of()), of b's base first; a zeroed *t
 * stands before the first. False when there is none. */
bool next_type(const struct btf *b, struct btf_type *t, uint64_t kinds);

/* Whether b has a type of that name that is not a forward declaration. */
bool has_type(const struct btf *b, const char *name);

/* Whether the enum at e has an enumerator of that name. */
bool enum_has(struct place e, const char *name);

/* What became of `path` in root (a type of h->witness, nowhere without one), which is `into` in the
 * target, called into_name. */
void hunt_field(struct hunt *h, struct place root, struct place into, const char *into_name,
		const char *path);

/* Structs near the target's root that gained what root lost. */
struct probe;
void hunt_neighbours(struct hunt *h, const struct probe *p);

/* What became of a field of a struct that is gone: who pointed to it may have it. */
void hunt_orphan(struct hunt *h, struct place root, const char *path);
/* Structs of the target that gained what such a struct held. */
void hunt_heirs(struct hunt *h, const struct probe *p);

/* What became of a type of the witness that the target lacks. */
void hunt_type(struct hunt *h, struct place type);

/* What most likely took its place, if anything did, and how likely. */
const char *hunt_heir(struct hunt *h, struct place type, double *score);

/* What became of an enumerator; `of` is its enum in the witness, `in` that in the
 * target (or nowhere). */
void hunt_enumerator(struct hunt *h, struct place of, struct place in, const char *name);

/* What became of a function or a tracepoint of the witness that the target lacks. */
void hunt_routine(struct hunt *h, enum routine_kind kind, const char *name);

/* Most members of a struct that an object's author wrote to reach a few. */
enum { RIVAL_MEMBERS = 6 };

/* Other structs of which the object lists a few members under a flavor: where else it looks. */
void hunt_rivals(struct hunt *h, const struct probe *p);

/* Structs nested in the root, and the root itself when the path breaks off further in. */
void hunt_nested(struct hunt *h, const struct probe *p);

/* Adds the member at that path of the target's root. */
void hunt_add_field(struct hunt *h, const struct probe *p, const char *path, enum change change,
		    struct place type, const float signals[SIGNAL_COUNT], double more);

/* What the hits of one witness say of each other: which are parts of what went, and which are less
 * likely, or no more than a guess, beside the others. */
void hunt_judge(struct hunt *h, const char *question);

/* A set of hashes, to ask what was there before. */
struct hashes {
	uint64_t *at;
	size_t n;
};
/* s must be sorted. */
bool hashes_have(const struct hashes *s, uint64_t hash);
void hashes_sort(struct hashes *s);

/* Enumerators that came and may name the bit that a field has become. */
struct bits {
	const struct btf *btf; /* of the target */
	struct bit {
		const char *name;
		uint64_t hash; /* of the name */
		uint64_t value;
		uint32_t owner; /* its enum */
	} * at;
	size_t n;
};

/* Lists those that share a word with the field; -1 when memory is out. */
int bits_list(struct hunt *h, const struct words *field, struct bits *bits);
/* The one whose name is that of the field, in `word` of struct `owner`, and has a word of `of`, if
 * that is not NULL; NULL for none. */
const struct bit *bits_of(const struct bits *bits, const struct words *field, const char *owner,
			  const char *word, const char *of);
/* Its mask in the word of flags; 0 where that is not known. */
uint64_t bit_mask(const struct bits *bits, const struct bit *bit);

enum { TYPE_SPREAD_MOST = 8 };

/* Where fields of a type came, and how far it says something that one did. */
struct type_spread {
	double spread;                 /* 0 to 1: 1 when no other went, came or stayed */
	uint32_t at[TYPE_SPREAD_MOST]; /* structs of the target that gained one; some */
	unsigned count;
};

/* The field that is sought, and what its witness knows of it. */
struct probe {
	const char *name;     /* its last name */
	struct words words;   /* weighed by lineup */
	struct member member; /* in the witness; shape filled. name NULL without a witness */
	const char *home;     /* the named struct that declares it; NULL */
	double rarity;        /* of its type */
	double spread;        /* of its name: see name_spread() */
	struct type_spread of_type;
	struct place root; /* in the witness; nowhere without */
	struct place into; /* in the target */
	const char *into_name;
	const struct lineup *lineup; /* of the struct in which the path breaks off */
	const struct lineup *kin;    /* of the struct that declares it: what may have moved along */
	const char *rest;            /* the path from there */
	bool deeper;                 /* a struct on the way to it went, not just itself */
	const char *prefix;          /* the path up to there, "" for the root itself */
	const char *heir;            /* what took the place of its type; NULL while that is there */
	double heir_score;           /* 0 to 1 */
	struct bits bits;            /* of a number: what may name it as one */
	struct swaps *swaps;         /* of its words elsewhere; NULL: not asked */
	double flag;                 /* 0 to 1: how much it is one */
	double flags;                /* how many flags went with it, n / (n + 1) */
};

/* How much a member is a flag: 1 for a single bit or a truth value, less for a byte, which may hold
 * no more, else 0. */
double member_flag(const struct btf *b, const struct member *s);
/* Of a number that may well be no flag: its struct, whose name that of its bit should have a word
 * of. NULL for what is one. */
const char *flag_of(const struct probe *p);
/* How many flags a struct that the target has, too, lost itself, of n: n / (n + 1). A word of flags
 * that it gained holds flags of others only if it holds its own. was: its members in the witness.
 */
double flags_lost(const struct hunt *h, const struct members *was, const char *name);
/* The named struct that declares it; NULL for none. */
const char *member_home(const struct btf *b, const struct member *s);

/* 0 to 1: what it says that a struct of the target gained a name which one of the witness lost: 1
 * when no other did either, or has it. */
double name_spread(struct hunt *h, const char *name);

/* A part of a name that is told without the prefix that its struct gives: "rx_dst_cookie" of
 * "sk_rx_dst_cookie". */
struct stem {
	struct words words; /* none when a name has no such part */
	double spread;      /* as name_spread(), of names that have it */
	uint8_t *marked;    /* strings of the target that have it: see btf_mark_names() */
};

/* -1 when memory is out. */
int stem_of(struct hunt *h, const char *name, struct stem *out);

/* Whether a name of the target has the stem. */
bool stem_is_in(const struct hunt *h, const struct stem *stem, const char *name);

/* The same of fields of a type of the witness; -1 when memory is out. */
int type_spread(struct hunt *h, struct place type, struct type_spread *out);

/* The vocabulary of a list of members; -1 when memory is out. */
int own_words(const struct members *s, struct arena *a, struct vocabulary *v);

/* Scores member i of a target's struct as the probe's successor, by everything but order. gained:
 * it was not there before. */
void probe_signals(const struct probe *p, const struct members *s, size_t i,
		   const struct vocabulary *own, bool gained, float out[SIGNAL_COUNT]);

/* n / (n + 1) for n other members that went from the probe's struct and came to where member i is
 * (to any member of s with `anywhere`), under their names or with the prefix that i has for the
 * probe's; before: what was there already. */
double moved_along(const struct probe *p, const struct members *s, size_t i, bool anywhere,
		   const struct hashes *before);

/* Whether a name came, alone, with one that comes and goes everywhere: it says little then. */
bool is_everywhere(const struct probe *p, const char *name, const float signals[SIGNAL_COUNT]);

/* Whether a named struct around member i is new in the root; before: what was there already. */
bool is_in_new(const struct members *s, size_t i, const struct hashes *before);

#endif
