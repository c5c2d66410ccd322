/*
 * err: what went wrong with an input, said once at the place that knows.
 *
 * A function that can fail takes a `struct err *` last, fills it with err_set() or span_err() and
 * returns -1 (or NULL); it returns 0 (or a value) otherwise and leaves the error alone. Callers
 * pass it on unchanged. Only a broken invariant of our own aborts.
 */
#ifndef BTFL_ERR_H
#define BTFL_ERR_H

#include <stddef.h>
#include <stdint.h>

enum err_code {
	ERR_NONE,
	ERR_IO,          /* the operating system refused; the message ends with its reason */
	ERR_FORMAT,      /* the bytes are not what the format says */
	ERR_UNSUPPORTED, /* well formed, but nothing that btfl reads */
	ERR_LIMIT,       /* a limit of btfl's own, named in the message */
	ERR_MEMORY,
	ERR_POLICY, /* a hook of a policy failed, or answered what it may not */
};

#define ERR_NO_OFFSET UINT64_MAX

struct err {
	enum err_code code;
	uint64_t offset;   /* bytes from the start of the section (of the file without one) */
	char file[512];    /* "" when no file is concerned; the tail of a longer path */
	char section[64];  /* "" for the file itself */
	char message[512]; /* one line, no final full stop */
};

/* Fills e. file and section may be NULL; offset may be ERR_NO_OFFSET. */
void err_fill(struct err *e, enum err_code code, const char *file, const char *section,
	      uint64_t offset, const char *fmt, ...) __attribute__((format(printf, 6, 7)));

/* err_fill(), and -1, so that `return err_set(...)` reads as one step; a macro for analyzers to see
 * the -1. */
#define err_set(...) (err_fill(__VA_ARGS__), -1)

/* Out of memory while reading `file` (NULL when none); returns -1. */
static inline int err_memory(struct err *e, const char *file)
{
	return err_set(e, ERR_MEMORY, file, NULL, ERR_NO_OFFSET, "out of memory");
}

/* Writes "file: section+0xoffset: message" without the parts that are missing; control characters
 * become '?', so that the result is one line. Returns out. */
char *err_line(const struct err *e, char *out, size_t size);

/* Longest line that err_line() writes, with its terminator. */
#define ERR_LINE_MAX 1200

#endif
