/* mutate_elf: changes sections of an ELF file of 64 bits, by what they hold; see mutate.h. */
#include <elf.h>
#include <string.h>

#include "mutate.h"

enum { SECTIONS_MOST = 256, ROOM = 1 << 16 };

/* A section of the file, which lies in it. */
struct place {
	uint64_t header, offset, size;
	uint32_t type;
	bool runs;
	const char *name;
};

struct layout {
	struct place section[SECTIONS_MOST];
	uint32_t count;
};

static uint64_t at64(const struct draft *d, size_t off)
{
	return load_u64(d->at + off, d->swap);
}

static bool lies(const struct draft *d, uint64_t off, uint64_t size)
{
	return off <= d->len && size <= d->len - off;
}

/* The name at byte `at` of the names, "" when there is none. */
static const char *name_at(const struct draft *d, uint64_t names, uint64_t size, uint32_t at)
{
	if (!lies(d, names, size) || at >= size || !memchr(d->at + names + at, 0, size - at))
		return "";
	return (const char *)d->at + names + at;
}

static bool lay_out(struct draft *d, struct layout *l)
{
	uint64_t headers, names = 0, names_size = 0;
	uint32_t count, at;

	if (d->len < sizeof(Elf64_Ehdr))
		return false;
	d->swap = (d->at[EI_DATA] == ELFDATA2MSB) != host_big_endian();
	headers = at64(d, offsetof(Elf64_Ehdr, e_shoff));
	count = load_u16(d->at + offsetof(Elf64_Ehdr, e_shnum), d->swap);
	at = load_u16(d->at + offsetof(Elf64_Ehdr, e_shstrndx), d->swap);
	if (!count || count > SECTIONS_MOST || !lies(d, headers, count * sizeof(Elf64_Shdr)))
		return false;
	if (at < count) {
		names =
		    at64(d, headers + at * sizeof(Elf64_Shdr) + offsetof(Elf64_Shdr, sh_offset));
		names_size =
		    at64(d, headers + at * sizeof(Elf64_Shdr) + offsetof(Elf64_Shdr, sh_size));
	}
	for (uint32_t i = l->count = 0; i < count; i++) {
		uint64_t header = headers + i * sizeof(Elf64_Shdr);
		struct place p = {
		    .header = header,
		    .offset = at64(d, header + offsetof(Elf64_Shdr, sh_offset)),
		    .size = at64(d, header + offsetof(Elf64_Shdr, sh_size)),
		    .type = draft_u32(d, header + offsetof(Elf64_Shdr, sh_type)),
		    .runs = at64(d, header + offsetof(Elf64_Shdr, sh_flags)) & SHF_EXECINSTR,
		    .name = name_at(d, names, names_size, draft_u32(d, header)),
		};

		if (p.type != SHT_NOBITS && p.size && lies(d, p.offset, p.size))
			l->section[l->count++] = p;
	}
	return l->count > 0;
}

static const struct place *section_of(const struct layout *l, const char *name)
{
	for (uint32_t i = 0; i < l->count; i++)
		if (!strcmp(l->section[i].name, name))
			return &l->section[i];
	return NULL;
}

/* Puts other bytes into a section: where it is when they fit, else at the end of the file. */
static bool put(struct draft *d, const struct place *p, const uint8_t *bytes, size_t n)
{
	uint64_t offset = p->offset, old = p->size;

	if (n > p->size && p->offset + p->size != d->len) {
		offset = (d->len + 7) / 8 * 8;
		old = 0;
		if (!draft_splice(d, d->len, 0, NULL, offset - d->len))
			return false;
	}
	if (n <= old)
		memcpy(d->at + offset, bytes, n);
	else if (!draft_splice(d, offset, old, bytes, n))
		return false;
	store_u64(d->at + p->header + offsetof(Elf64_Shdr, sh_offset), offset, d->swap);
	store_u64(d->at + p->header + offsetof(Elf64_Shdr, sh_size), n, d->swap);
	return true;
}

/* The strings of .BTF, and how many types it may have. */
static const char *strings_of(struct draft *d, const struct layout *l, uint32_t *len,
			      uint32_t *types)
{
	const struct place *p = section_of(l, ".BTF");
	struct draft btf;
	struct draft_btf b;

	*len = *types = 0;
	if (!p)
		return "";
	btf = (struct draft){.at = d->at + p->offset, .len = p->size, .most = p->size};
	if (!draft_is_btf(&btf, &b))
		return "";
	*len = b.strings_len;
	*types = b.types_len / 16;
	return (const char *)btf.at + b.strings;
}

static bool change_section(struct draft *d, const struct layout *l, const struct place *p)
{
	static uint8_t room[ROOM];
	static char strings[ROOM];
	struct draft part = {.at = room, .len = p->size, .most = ROOM, .swap = d->swap};
	const char *from;
	uint32_t len, types;
	bool changed;

	if (p->size > ROOM / 2)
		return false;
	memcpy(room, d->at + p->offset, p->size);
	part.random = d->random;
	from = strings_of(d, l, &len, &types);
	if (len > ROOM)
		return false;
	memcpy(strings, from, len);
	if (!strcmp(p->name, ".BTF"))
		changed = mutate_btf(&part);
	else if (!strcmp(p->name, ".BTF.ext"))
		changed = mutate_ext(&part, types, strings, len);
	else if (p->runs)
		changed = mutate_insns(&part);
	else {
		size_t off = draft_below(&part, (uint32_t)p->size / 4) * 4;

		changed = p->size >= 4;
		if (changed)
			draft_set_u32(&part, off, draft_edge(&part, draft_u32(&part, off)));
	}
	d->random = part.random;
	return changed && put(d, p, room, part.len);
}

/* A number of the file's or a section's header. */
static bool change_header(struct draft *d, const struct layout *l)
{
	const struct place *p = &l->section[draft_below(d, l->count)];
	size_t off = p->header + draft_below(d, sizeof(Elf64_Shdr) / 4) * 4;

	if (draft_one_of(d, 8))
		off = 16 + draft_below(d, 12) * 4;
	draft_set_u32(d, off, draft_edge(d, draft_u32(d, off)));
	return true;
}

bool mutate_elf(struct draft *d)
{
	static struct layout l;
	static const char *const liked[] = {".BTF", ".BTF.ext"};
	const struct place *p = NULL;

	if (!lay_out(d, &l))
		return false;
	if (draft_one_of(d, 24))
		return change_header(d, &l);
	if (draft_one_of(d, 2))
		p = section_of(&l, liked[draft_below(d, 2)]);
	for (unsigned i = 0; !p && i < 8; i++)
		if (l.section[draft_below(d, l.count)].runs)
			p = &l.section[draft_below(d, l.count)];
	if (!p)
		p = &l.section[draft_below(d, l.count)];
	return change_section(d, &l, p);
}
