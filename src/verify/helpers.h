/*
 * helpers: what the kernel's helper functions do to the memory of a program, by their stable
 * numbers. What is known of each is a row of helpers.def.
 */
#ifndef BTFL_HELPERS_H
#define BTFL_HELPERS_H

#include <stdbool.h>
#include <stdint.h>

/* HELPER_map_lookup_elem = 1 ...: the numbers of those listed. */
enum helper_id {
#define HELPER(number, name, result, args) HELPER_##name = number,
#define TAKES(number, n, type)
#include "verify/helpers.def"
#undef HELPER
#undef TAKES
};

enum helper_result { RESULT_NUMBER, RESULT_ITEM, RESULT_MEMORY, RESULT_POINTER, RESULT_ERRNO };

/* How large the memory behind an argument is. */
enum helper_size { SIZE_NONE, SIZE_KEY, SIZE_VALUE, SIZE_NEXT, SIZE_FIXED, SIZE_ANY };

struct helper_arg {
	uint8_t size;  /* enum helper_size */
	uint8_t bytes; /* SIZE_FIXED */
	bool writes;
};

/* The kernel's name without its "bpf_": "map_lookup_elem"; NULL when it is not listed. */
const char *helper_name(uint32_t helper);

/* Argument n (1 to 5) of a helper. What is not in the table is SIZE_ANY and written. */
struct helper_arg helper_arg(uint32_t helper, unsigned n);

/* The argument (1 to 5) that is a map, 0 for none. */
unsigned helper_map(uint32_t helper);

/* Whether its first argument is the context, or nothing that could be made of it. */
bool helper_takes_context(uint32_t helper);

/* How many arguments it takes; 5 of one with variable arguments, and of one that is not listed. */
unsigned helper_arity(uint32_t helper);

/* The struct of the kernel that argument n points to; NULL for none. */
const char *helper_takes(uint32_t helper, unsigned n);

/* What it returns: a number, a map's value or memory that may be null, another pointer, or a
 * number that is at most the size of what was written. */
enum helper_result helper_result(uint32_t helper);

/* Whether it returns a struct of the kernel that the verifier knows the type of
 * (RET_PTR_TO_BTF_ID_OR_NULL), in programs of any license. */
bool helper_gives_struct(uint32_t helper);

/* The argument (1 to 5) that is a function for it to call, 0 for none; and the one handed on as the
 * callback's context (0: none). */
unsigned helper_callback(uint32_t helper);
unsigned helper_context(uint32_t helper, unsigned *callback_argument);

#endif
