/*
 * fuzz: what the targets of `make fuzz` share. A target is one file of spec/fuzz: it opens its
 * input, asks it everything, and ends the process where an answer is not what the headers promise;
 * sanitizers do the rest.
 *
 * An input has one part, the file itself, or several: before each but the last stand 4 bytes, its
 * length in little-endian order.
 */
#ifndef BTFL_FUZZ_H
#define BTFL_FUZZ_H

#include "base/out.h"
#include "core/resolution.h"
#include "format/btf.h"
#include "format/object.h"

enum { FUZZ_PARTS_MOST = 4 };

struct bytes {
	const uint8_t *at;
	size_t len;
};

/* How many parts the inputs of this target have: each target says so. */
extern const unsigned fuzz_parts;

/* What libFuzzer calls. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

/* Splits an input into its parts; what is missing is empty. */
void fuzz_split(const uint8_t *data, size_t len, struct bytes part[FUZZ_PARTS_MOST]);

/* Writes parts as an input of up to `most` bytes; the last are cut where there is no room. */
size_t fuzz_join(const struct bytes part[FUZZ_PARTS_MOST], uint8_t *data, size_t most);

/* Ends the process, with what was promised, unless it holds. */
void fuzz_holds(bool holds, const char *promise, ...) __attribute__((format(printf, 2, 3)));

/* Every refusal is one line that says something. */
void fuzz_refused(const struct err *e);

/* An input of a copy of the bytes. */
struct input *fuzz_input(struct bytes b);

/* NULL where they are refused. */
struct btf *fuzz_btf(struct bytes b, const struct btf *base);
struct object *fuzz_object(struct bytes b);

/* The kernel of that BTF, and the relocations of o on it; false, with nothing to free, where there
 * is none, or they are of two byte orders. */
struct pair {
	struct object *object;
	struct btf *btf;
	struct target *target;
	struct resolution *resolution;
};
bool fuzz_pair(struct bytes kernel, struct bytes object, struct pair *out);
void fuzz_pair_free(struct pair *p);

/* Asks everything of every type. */
void fuzz_look(const struct btf *b);

/* Text that grows; out_start(o, fuzz_take, buf). */
bool fuzz_take(void *ctx, const char *text, size_t len);

#endif
