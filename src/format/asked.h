/*
 * asked: what is asked of a kernel while somebody listens. Who asks is told by what is answered,
 * and by nothing else: of another kernel that answers all of it alike, the same is found.
 *
 * All that is read of BTF goes through btf_type(), btf_next() and the functions that find by name,
 * so that nothing that reads it needs to know of this. Ids mean nothing to another kernel: types
 * are noted by name, and one without a name belongs to those with one that lead to it.
 */
#ifndef BTFL_ASKED_H
#define BTFL_ASKED_H

#include "base/err.h"
#include "format/btf.h"

enum asked_kind {
	ASKED_TYPES,  /* the types of an essential name, and what they hold */
	ASKED_OTHERS, /* likewise functions, variables and sections of a name */
	ASKED_HEADS,  /* the types of an essential name: kinds, names, sizes of enums */
	ASKED_IDS,    /* the ids of the types of an essential name */
	ASKED_LISTED, /* whether it has a list of symbols, and whether that has those of modules */
	ASKED_SYMBOL, /* a symbol */
	ASKED_FUNCTION, /* a function among its symbols; `number` bytes of the module, then the name
			 */
	ASKED_PATTERN,  /* functions among its symbols that match */
	ASKED_CONFIG,   /* an option of its configuration */
	ASKED_FEATURE,  /* `number` of the feature set whose number is the text's one byte */
	ASKED_LAST,     /* the last of feature set `number` */
	ASKED_MARK,     /* mark `number` of features.h */
	ASKED_ABLE,     /* what its verifier can tell by its version */
	ASKED_SINCE,    /* whether it is of release line `number` or a newer one */
	ASKED_UP_TO,    /* whether it is surely not newer than that */
	ASKED_ARCH,     /* its architecture */
	ASKED_VERSION,  /* its version and release, to the letter */
	ASKED_STARTS,   /* with what structs start, as btf_starts.h asks */
	ASKED_LANDING,  /* where a load by a typed pointer lands, as struct_walk.h asks */
	ASKED_LANDED,   /* likewise, of a load of which ASKED_LANDS asks, too: it tells where what
			   relocations became is not known, and nothing where that is */
	ASKED_ACCESS,   /* where an access of a context is, as context.h asks */
	ASKED_DATED,    /* how much of its version is known */
	ASKED_COMPARED, /* how its version compares, as dated.h asks */
	ASKED_RESULT,   /* all that relocation `number` of the object that is looked into became */
	ASKED_PATCH,    /* what it put into its instruction */
	ASKED_SIGN,     /* whether the immediate there is negative then */
	ASKED_LANDS,    /* where a load lands that goes as far on as the number in its instruction
			   says */
};

enum { ASKED_KINDS = ASKED_LANDS + 1 };

/* Whether it is about the object that is looked into, once that was relocated: ASKED_RESULT and all
 * that follow. */
static inline bool asked_of_object(enum asked_kind kind)
{
	return kind >= ASKED_RESULT;
}

struct asked_what {
	enum asked_kind kind;
	uint32_t number;
	const char *text; /* of len bytes; in a list a zero follows */
	size_t len;
	uint32_t next;  /* in its bucket, 1 + index */
	uint32_t round; /* in which it was asked last */
};

/* All that was asked, each once, in the order in which it came up. */
struct questions {
	struct asked_what *list;
	size_t count;
	uint32_t number; /* no others of this process have it */
};

/* The caller frees it when nobody listens. */
int questions_new(struct questions **out, struct err *e);
void questions_free(struct questions *q); /* NULL is allowed */

/* The number of a question in q's list, which is added when it was not asked before. Returns -1
 * when memory was out. */
int questions_number(struct questions *q, const struct asked_what *want, uint32_t *number,
		     struct err *e);

/* From now on what this thread asks of a kernel is noted; of BTFs, these, which stay open. */
int asked_listen(struct questions *q, struct btf *const *btf, size_t count, struct err *e);

/* No more. Gives what was asked since then, by number in q's list, ascending, which the caller
 * frees. Returns 0; 1 when something was asked that cannot be put to another kernel, with no list;
 * -1 when memory was out. */
int asked_stop(struct questions *q, uint32_t **list, size_t *count, struct err *e);

/* While somebody listens: what is asked from here to the end of this part is told for itself, and
 * asked in what is around it, too. Ends as asked_stop() does; of parts that were not ended nothing
 * is told. */
int asked_part_begin(struct err *e);
int asked_part_end(uint32_t **list, size_t *count, struct err *e);

/* While somebody listens: what such a part asked is asked once more. */
void asked_again(const uint32_t *list, size_t count);

/* Whose round it is; NULL when nobody listens in this thread. */
extern _Thread_local struct questions *asked_by;

/* Between the two nothing is noted: of what is found out once and kept. */
static inline struct questions *asked_pause(void)
{
	struct questions *q = asked_by;

	asked_by = NULL;
	return q;
}

static inline void asked_go_on(struct questions *q)
{
	asked_by = q;
}

void asked_note(enum asked_kind kind, uint32_t number, const char *text, size_t len);
void asked_note_type(const struct btf *b, uint32_t id, bool head);
void asked_note_name(const struct btf *b, enum asked_kind kind, const char *name, size_t len);
void asked_note_all(const struct btf *b);

/* A question that is no type's. */
static inline void asked_for(enum asked_kind kind, uint32_t number, const char *text, size_t len)
{
	if (asked_by)
		asked_note(kind, number, text, len);
}

/* A type that b itself stores, not its base. */
static inline void asked_type(const struct btf *b, uint32_t id)
{
	if (asked_by)
		asked_note_type(b, id, false);
}

/* Of such a type, what it is called. */
static inline void asked_head(const struct btf *b, uint32_t id)
{
	if (asked_by)
		asked_note_type(b, id, true);
}

/* A name in b itself; kind is ASKED_HEADS, ASKED_OTHERS or ASKED_IDS. */
static inline void asked_name(const struct btf *b, enum asked_kind kind, const char *name,
			      size_t len)
{
	if (asked_by)
		asked_note_name(b, kind, name, len);
}

/* Something that cannot be put to another kernel: all of b; of NULL, of the kernel. */
static inline void asked_all(const struct btf *b)
{
	if (asked_by)
		asked_note_all(b);
}

#endif
