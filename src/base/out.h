/*
 * out: text that is handed on in pieces while it is written, so that memory does not grow with it.
 */
#ifndef BTFL_OUT_H
#define BTFL_OUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/scale.h"

enum { OUT_PIECE = SCALE(1 << 16, 64) }; /* bytes */

struct out {
	/* Takes a piece; false when it cannot, and no more is asked of it. */
	bool (*take)(void *ctx, const char *text, size_t len);
	void *ctx;
	bool failed;    /* take() has said no: what is written since is lost */
	uint64_t line;  /* where the current line began, in bytes from the start of all */
	uint64_t given; /* bytes that were handed on */
	size_t len;     /* of what is held back */
	char text[OUT_PIECE];
};

/* Makes o ready; it hands on to take. */
void out_start(struct out *o, bool (*take)(void *ctx, const char *text, size_t len), void *ctx);

/* Hands on what is held back. False when anything was lost. */
bool out_flush(struct out *o);

void out_bytes(struct out *o, const char *s, size_t n);

static inline void out_char(struct out *o, char c)
{
	if (o->len == sizeof(o->text))
		out_flush(o);
	o->text[o->len++] = c;
}

static inline void out_text(struct out *o, const char *s)
{
	out_bytes(o, s, strlen(s));
}

/* A character n times. */
void out_repeat(struct out *o, char c, size_t n);

/* Decimal numbers; right-aligned in `width` columns, 0 for as many as it takes. */
void out_u64(struct out *o, uint64_t v, unsigned width);
void out_i64(struct out *o, int64_t v);

/* Ends the line. */
static inline void out_line(struct out *o)
{
	out_char(o, '\n');
	o->line = o->given + o->len;
}

/* Bytes that stand in the current line. */
static inline size_t out_column(const struct out *o)
{
	return (size_t)(o->given + o->len - o->line);
}

/* Text of a hostile file: what is not printable ASCII is written so that it moves nothing on a
 * screen: \n, \xNN. UTF-8 stays, but for what reorders text. */
void out_name(struct out *o, const char *s);

/* A string of JSON, with its quotes. Bytes that are no UTF-8 become U+FFFD. */
void out_json(struct out *o, const char *s);

#endif
