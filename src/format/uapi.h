/*
 * uapi: numbers of the kernel's interface that never change, and their names (uapi.def): types of
 * programs, of maps, and of what programs attach to.
 */
#ifndef BTFL_UAPI_H
#define BTFL_UAPI_H

#include <stdint.h>

#define PROG_TYPE(number, enumerator, name) enumerator = number,
#define MAP_TYPE(number, enumerator, name)
#define ATTACH_TYPE(number, enumerator, name)
enum bpf_prog_type {
#include "format/uapi.def"
};
#undef PROG_TYPE
#undef MAP_TYPE
#undef ATTACH_TYPE

#define PROG_TYPE(number, enumerator, name)
#define MAP_TYPE(number, enumerator, name) enumerator = number,
#define ATTACH_TYPE(number, enumerator, name)
enum bpf_map_type {
#include "format/uapi.def"
};
#undef PROG_TYPE
#undef MAP_TYPE
#undef ATTACH_TYPE

#define PROG_TYPE(number, enumerator, name)
#define MAP_TYPE(number, enumerator, name)
#define ATTACH_TYPE(number, enumerator, name) enumerator = number,
enum bpf_attach_type {
#include "format/uapi.def"
};
#undef PROG_TYPE
#undef MAP_TYPE
#undef ATTACH_TYPE

enum uapi_set { UAPI_PROG_TYPE, UAPI_MAP_TYPE, UAPI_ATTACH_TYPE, UAPI_SET_COUNT };

/* libbpf's name for a number of that set: "kprobe", "ringbuf", "trace_fentry"; NULL for one that is
 * newer than the table. */
const char *uapi_name(enum uapi_set set, uint32_t number);

/* The number with that name, libbpf's or the kernel's; -1 when there is none. */
int64_t uapi_number(enum uapi_set set, const char *name);

#endif
