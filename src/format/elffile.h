/*
 * elffile: an ELF file seen as named sections and symbols, through libelf.
 */
#ifndef BTFL_ELFFILE_H
#define BTFL_ELFFILE_H

#include "format/input.h"

#define ELFFILE_EM_BPF 247

struct section {
	const char *name;
	struct span bytes; /* inflated when the file has it compressed; len 0 for NOBITS, and where
			      they were not read */
	bool unread;       /* it has bytes, of which some were not read (sparse.h) */
	uint64_t offset;   /* sh_offset: where it stands in the file, bytes */
	uint64_t flags;    /* SHF_* */
	uint32_t type;     /* SHT_* */
	uint32_t index;
	uint32_t link, info; /* sh_link, sh_info */
	uint64_t size;       /* sh_size: also of NOBITS */
};

struct symbol {
	const char *name;
	uint64_t value; /* bytes from the start of its section */
	uint64_t size;  /* bytes */
	uint32_t section;
	uint8_t type, bind, visibility; /* STT_*, STB_*, STV_* */
};

struct elffile {
	struct input *input;
	uint8_t bits; /* 32 or 64 */
	bool big_endian;
	uint16_t machine; /* EM_* */
	uint16_t type;    /* ET_* */
	struct section *sections;
	size_t section_count;   /* section 0 included: sections[i].index == i */
	struct symbol *symbols; /* once elffile_symbols() has read them */
	size_t symbol_count;
};

/* Whether in starts with the ELF magic. */
bool elffile_is_elf(const struct input *in);

/* Takes a reference to in. Every section header is checked against the file. */
int elffile_open(struct input *in, struct elffile **out, struct err *e);
void elffile_free(struct elffile *c); /* NULL is allowed */

/* Reads the symbol table into c->symbols; a file without one has no symbols. Section indexes and
 * values are as the file has them, unchecked. */
int elffile_symbols(struct elffile *c, struct err *e);

/* Where the header of a section of a 64-bit file stands, in bytes from the file's start; that of
 * number section_count would follow the last one. */
uint64_t elffile_header_at(const struct elffile *c, size_t section);

/* Where the bytes of s, which has some, stand in the file. Fails where they may not be written to:
 * the file has them compressed, or something else stands there, too. */
int elffile_writable(const struct elffile *c, const struct section *s, size_t *at, struct err *e);

/* A relocation of a section of type SHT_REL. */
struct rel {
	uint64_t offset; /* bytes from the start of the section that it is of */
	uint32_t symbol, type;
};

enum { REL_SIZE = 16 };

/* Relocation i of s, which has as many as REL_SIZE goes into its bytes. */
struct rel elffile_rel(const struct section *s, size_t i);

/* The first section of that name, NULL when there is none. */
const struct section *elffile_section(const struct elffile *c, const char *name);

#endif
