/* sparse: which sections are left out, and reading what stands between them; see sparse.h. */
#include "format/sparse.h"

#include <elf.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/scale.h"
#include "base/span.h"

/* Bytes that are not worth a gap, and those that all gaps together have to have. */
#define NEAR SCALE(4096u, 16u)
#define LEAST SCALE((size_t)32 << 10, 64)

size_t sparse_memory(const struct sparse *s)
{
	size_t bytes = 0;

	for (size_t i = 0; i < s->count; i++)
		bytes += s->parts[i].end - s->parts[i].at;
	return bytes;
}

/* Everything needed of the file's headers. */
struct headers {
	bool swap;
	size_t at, count;     /* of the section headers, in the file */
	size_t number;        /* of the section with the names */
	const uint8_t *table; /* the section headers */
	const uint8_t *names; /* its bytes */
	uint64_t names_len;
};

/* Reads [at, end) of the file to `out`. */
static bool read_bytes(int fd, uint8_t *out, uint64_t at, uint64_t end)
{
	while (at < end) {
		ssize_t got = pread(fd, out, end - at, (off_t)at);

		if (got <= 0)
			return false;
		at += (uint64_t)got;
		out += got;
	}
	return true;
}

static bool read_part(int fd, struct sparse *s, uint64_t at, uint64_t end)
{
	return read_bytes(fd, s->data + at, at, end);
}

static Elf64_Shdr section_of(const struct headers *h, size_t i)
{
	const uint8_t *p = h->table + i * sizeof(Elf64_Shdr);

	return (Elf64_Shdr){
	    .sh_name = load_u32(p + offsetof(Elf64_Shdr, sh_name), h->swap),
	    .sh_type = load_u32(p + offsetof(Elf64_Shdr, sh_type), h->swap),
	    .sh_flags = load_u64(p + offsetof(Elf64_Shdr, sh_flags), h->swap),
	    .sh_offset = load_u64(p + offsetof(Elf64_Shdr, sh_offset), h->swap),
	    .sh_size = load_u64(p + offsetof(Elf64_Shdr, sh_size), h->swap),
	    .sh_info = load_u32(p + offsetof(Elf64_Shdr, sh_info), h->swap),
	};
}

/* Where the header of a file of that size says that those of the sections are. False where anything
 * of it is unusual. */
static bool take_head(const uint8_t *p, size_t size, struct headers *h)
{
	uint64_t at;

	if (memcmp(p, ELFMAG, SELFMAG) != 0 || p[EI_CLASS] != ELFCLASS64)
		return false;
	h->swap = (p[EI_DATA] == ELFDATA2MSB) != host_big_endian();
	at = load_u64(p + offsetof(Elf64_Ehdr, e_shoff), h->swap);
	h->count = load_u16(p + offsetof(Elf64_Ehdr, e_shnum), h->swap);
	h->number = load_u16(p + offsetof(Elf64_Ehdr, e_shstrndx), h->swap);
	if (load_u16(p + offsetof(Elf64_Ehdr, e_machine), h->swap) != EM_BPF ||
	    load_u16(p + offsetof(Elf64_Ehdr, e_shentsize), h->swap) != sizeof(Elf64_Shdr) ||
	    h->number >= h->count || at > size || h->count * sizeof(Elf64_Shdr) > size - at)
		return false;
	h->at = (size_t)at;
	return true;
}

/* Reads the headers, and what they call the sections. */
static bool read_headers(int fd, struct sparse *s, struct headers *h)
{
	Elf64_Shdr names;

	if (!read_part(fd, s, 0, sizeof(Elf64_Ehdr)) || !take_head(s->data, s->size, h) ||
	    !read_part(fd, s, h->at, h->at + h->count * sizeof(Elf64_Shdr)))
		return false;
	h->table = s->data + h->at;
	names = section_of(h, h->number);
	if (names.sh_offset > s->size || !names.sh_size ||
	    names.sh_size > s->size - names.sh_offset)
		return false;
	h->names = s->data + names.sh_offset;
	h->names_len = names.sh_size;
	return read_part(fd, s, names.sh_offset, names.sh_offset + names.sh_size) &&
	       h->names[h->names_len - 1] == '\0';
}

static bool is_named(const struct headers *h, const Elf64_Shdr *sh, const char *prefix)
{
	const char *name = (const char *)h->names + sh->sh_name;

	return sh->sh_name < h->names_len && strncmp(name, prefix, strlen(prefix)) == 0;
}

/* Whether no loader looks at the section's bytes, nor btfl; object.c reads the rest where some
 * table names it all the same. */
static bool is_left_out(const struct headers *h, const Elf64_Shdr *sh)
{
	const uint64_t loaded = SHF_ALLOC | SHF_WRITE | SHF_EXECINSTR;
	Elf64_Shdr of;

	if (sh->sh_type == SHT_PROGBITS)
		return !(sh->sh_flags & loaded) && is_named(h, sh, ".debug_");
	if (sh->sh_type != SHT_REL || sh->sh_info >= h->count)
		return false;
	of = section_of(h, sh->sh_info);
	return of.sh_type == SHT_PROGBITS && !(of.sh_flags & loaded) &&
	       (is_named(h, &of, ".debug_") || is_named(h, &of, ".BTF"));
}

static int by_place(const void *x, const void *y)
{
	const struct sparse_part *a = x, *b = y;

	return (a->at > b->at) - (a->at < b->at);
}

/* Lists what is to be read. Returns how many bytes these are, 0 where a section is not in the file.
 */
static size_t list_parts(struct sparse *s, const struct headers *h)
{
	size_t n = 2, kept = 0;

	s->parts[0] = (struct sparse_part){0, sizeof(Elf64_Ehdr)};
	s->parts[1] = (struct sparse_part){h->at, h->at + h->count * sizeof(Elf64_Shdr)};
	for (size_t i = 1; i < h->count; i++) {
		Elf64_Shdr sh = section_of(h, i);

		if (sh.sh_type == SHT_NOBITS || sh.sh_type == SHT_NULL || !sh.sh_size)
			continue;
		if (sh.sh_offset > s->size || sh.sh_size > s->size - sh.sh_offset)
			return 0;
		if (!is_left_out(h, &sh))
			s->parts[n++] =
			    (struct sparse_part){sh.sh_offset, sh.sh_offset + sh.sh_size};
	}
	qsort(s->parts, n, sizeof(*s->parts), by_place);
	for (size_t i = 0; i < n; i++) {
		struct sparse_part p = s->parts[i], *last = kept ? &s->parts[kept - 1] : NULL;

		if (!last || p.at > last->end + NEAR)
			s->parts[kept++] = p;
		else if (p.end > last->end)
			last->end = p.end;
	}
	s->count = kept;
	return sparse_memory(s);
}

static int read_parts(int fd, struct sparse *s)
{
	struct headers h;
	size_t bytes;

	if (!read_headers(fd, s, &h))
		return 0;
	s->parts = malloc((h.count + 2) * sizeof(*s->parts));
	if (!s->parts)
		return -1;
	bytes = list_parts(s, &h);
	if (!bytes || s->size - bytes < LEAST)
		return 0;
	for (size_t i = 0; i < s->count; i++)
		if (!read_part(fd, s, s->parts[i].at, s->parts[i].end))
			return 0;
	return 1;
}

int sparse_read(int fd, size_t size, struct sparse *out)
{
	void *p;
	int rc;

	if (size < LEAST)
		return 0;
	p = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (p == MAP_FAILED)
		return 0;
	*out = (struct sparse){.data = p, .size = size};
	rc = read_parts(fd, out);
	if (rc < 1)
		sparse_free(out);
	return rc;
}

bool sparse_code(int fd, size_t size, size_t *sections, uint64_t *bytes)
{
	uint8_t head[sizeof(Elf64_Ehdr)], *table;
	struct headers h;
	bool is_read;
	size_t len;

	*sections = 0;
	*bytes = 0;
	if (!read_bytes(fd, head, 0, sizeof(head)) || !take_head(head, size, &h))
		return false;
	len = h.count * sizeof(Elf64_Shdr);
	table = malloc(len);
	h.table = table;
	is_read = table && read_bytes(fd, table, h.at, h.at + len);
	for (size_t i = 1; is_read && i < h.count; i++) {
		Elf64_Shdr sh = section_of(&h, i);

		if (sh.sh_type == SHT_PROGBITS && sh.sh_flags & SHF_EXECINSTR && sh.sh_size &&
		    sh.sh_size <= size) {
			++*sections;
			*bytes += sh.sh_size;
		}
	}
	free(table);
	return is_read;
}

void sparse_free(struct sparse *s)
{
	if (s->data)
		munmap(s->data, s->size);
	free(s->parts);
	*s = (struct sparse){0};
}

bool sparse_has(const struct sparse *s, uint64_t at, uint64_t len)
{
	for (size_t i = 0; i < s->count; i++)
		if (at >= s->parts[i].at && at < s->parts[i].end)
			return len <= s->parts[i].end - at;
	return false;
}

bool sparse_same(const struct sparse *s, const uint8_t *data, size_t len)
{
	bool same = len == s->size;

	for (size_t i = 0; i < s->count && same; i++) {
		uint64_t at = s->parts[i].at;

		same = memcmp(s->data + at, data + at, s->parts[i].end - at) == 0;
	}
	return same;
}
