/*
 * ctext: types written in C: declarations, which go around a name, and the bodies of structs,
 * unions and enums.
 *
 * What is written for a compiler has the layout that the BTF says, whatever it takes: padding where
 * there is a gap, packed where members stand closer than they would. Nested pieces that a hostile
 * BTF makes endless are cut off with "...", and bodies for a compiler with {}, which ctext_check()
 * tells.
 */
#ifndef BTFL_CTEXT_H
#define BTFL_CTEXT_H

#include "base/out.h"
#include "format/btf.h"
#include "print/align.h"
#include "print/holes.h"
#include "print/names.h"

enum ctext_style {
	CTEXT_DECL, /* what is anonymous has no body: struct {...}; names are as they are stored */
	CTEXT_SOURCE,  /* for a compiler */
	CTEXT_OFFSETS, /* for people: offsets and sizes in bytes stand beside members */
	CTEXT_LAYOUT,  /* also holes, padding and cachelines, as pahole tells of them */
};

enum { CTEXT_DEPTH = 32 }; /* what a body may stand in */

/* A part of a declarator, from the name to the type at the left. */
struct ctext_part {
	uint32_t id;
	uint8_t kind;
};

/* Zero-initialise it, and fill what stands before `left`. It can be used again. */
struct ctext {
	struct out *out;
	const struct btf *btf;
	enum ctext_style style;
	struct align *align; /* of a compiler; CTEXT_SOURCE only */
	struct names *names; /* NULL: names as they are stored */
	/* What a named type is called instead; NULL for no other. */
	const char *(*rename)(void *ctx, const struct btf_type *t);
	void *rename_ctx;

	/* Members of anonymous types that may be written in others; what comes then is cut off. */
	uint64_t most_members;

	unsigned left;            /* parts that may still be written of this declaration */
	unsigned nested;          /* declarations around it */
	unsigned depth;           /* bodies around what is written */
	uint64_t start;           /* where that begins, in bits from the start of the outermost */
	uint64_t members;         /* of anonymous types that were written in others */
	bool cut;                 /* a body was cut off */
	unsigned gaps;            /* members that stand for padding */
	uint64_t line;            /* cacheline that the comments have reached */
	bool failed;              /* memory was out */
	struct ctext_part *parts; /* a stack; owned */
	size_t part_count, part_cap;
};

void ctext_free(struct ctext *c);

/* Whether what was written for a compiler is whole: -1 when memory was out, or a body was cut off.
 */
int ctext_check(const struct ctext *c, struct err *e);

/* Writes the declaration of a name (NULL or "" for none) of that type. Returns the id of the type
 * at the left: that behind its pointers, arrays and qualifiers. */
uint32_t ctext_decl(struct ctext *c, uint32_t id, const char *name);

/* The same of the name that the type `of` has. */
void ctext_decl_of(struct ctext *c, uint32_t id, const struct btf_type *of);

/* Writes the definition of a type, with its body and the `;` and the end of the line. What has no
 * body is declared. */
void ctext_define(struct ctext *c, uint32_t id);

/* What the files of ctext share. */

/* Writes the body of a struct, union or enum, from " {" to "}" and its attributes. */
void ctext_body(struct ctext *c, const struct btf_type *t);
/* A struct, union or enum with its body, and no name. */
void ctext_anonymous(struct ctext *c, const struct btf_type *t);
void ctext_enum_body(struct ctext *c, const struct btf_type *t);
void ctext_indent(struct ctext *c);
/* What a layout says before a member, and at the end of a body. */
void ctext_layout_member(struct ctext *c, const struct btf_member *m, struct gap gap);
void ctext_layout_end(struct ctext *c, const struct btf_type *t, const struct holes *h);
/* The name of a type. */
void ctext_type_name(struct ctext *c, const struct btf_type *t);
/* A name that is no type's, and the number behind it. */
void ctext_name(struct ctext *c, const char *name, uint32_t number);

#endif
