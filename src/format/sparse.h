/*
 * sparse: of a BPF object only the bytes that anybody but a debugger reads. clang -g writes DWARF
 * beside BTF: six sevenths of such a file.
 */
#ifndef BTFL_SPARSE_H
#define BTFL_SPARSE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Bytes of a file that stand in memory. */
struct sparse_part {
	uint64_t at, end;
};

struct sparse {
	uint8_t *data; /* size bytes, mapped; what is not read is zero, and takes no memory */
	size_t size;
	struct sparse_part *parts; /* ascending, apart; owned */
	size_t count;
};

/* Reads the file of that size so, from its start. Returns 1; 0 where it is no BPF object, where
 * hardly anything would be left out, and where the system refuses: it is to be read as any other
 * then, and what read() is at has not moved; -1 when memory was out. */
int sparse_read(int fd, size_t size, struct sparse *out);
void sparse_free(struct sparse *s);

/* How many sections of the BPF object in a file of that size have instructions, and bytes of these,
 * by its headers alone. False where it is none, or an unusual one. */
bool sparse_code(int fd, size_t size, size_t *sections, uint64_t *bytes);

/* Bytes that were read. */
size_t sparse_memory(const struct sparse *s);

/* Whether all bytes of [at, at + len) were read. */
bool sparse_has(const struct sparse *s, uint64_t at, uint64_t len);

/* Whether these bytes of the whole file are those that were read of it. */
bool sparse_same(const struct sparse *s, const uint8_t *data, size_t len);

#endif
