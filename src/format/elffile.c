/* elffile: ELF files through libelf; see elffile.h. */
#include "format/elffile.h"

#include <gelf.h>
#include <libelf.h>
#include <stdlib.h>
#include <zlib.h>

#include "base/arena.h"

/* What nobody else sees of a struct elffile, which it begins with. */
struct elffile_box {
	struct elffile file;
	Elf *elf;
	struct arena inflated;
};

static struct elffile_box *box_of(const struct elffile *c)
{
	return (struct elffile_box *)(uintptr_t)c;
}

static int elf_error(const struct input *in, const char *section, const char *what, struct err *e)
{
	int code = elf_errno();

	return err_set(e, ERR_FORMAT, in->path, section, ERR_NO_OFFSET, "%s%s%s", what,
		       code ? ": " : "", code ? elf_errmsg(code) : "");
}

bool elffile_is_elf(const struct input *in)
{
	return in->len >= SELFMAG && memcmp(in->data, ELFMAG, SELFMAG) == 0;
}

/* libelf's own elf_compress() writes to the file's bytes, which are read-only here. */
static int inflate_section(const struct elffile *c, Elf_Scn *scn, struct section *s, struct err *e)
{
	const struct input *in = c->input;
	size_t head = gelf_fsize(box_of(c)->elf, ELF_T_CHDR, 1, EV_CURRENT);
	uLongf len;
	GElf_Chdr ch;
	uint8_t *out;

	if (!gelf_getchdr(scn, &ch) || s->bytes.len < head)
		return elf_error(in, s->name, "cannot be decompressed", e);
	if (ch.ch_type != ELFCOMPRESS_ZLIB)
		return err_set(e, ERR_UNSUPPORTED, in->path, s->name, ERR_NO_OFFSET,
			       "cannot be decompressed: method %u is not zlib (1)",
			       (unsigned)ch.ch_type);
	if (ch.ch_size > INPUT_MAX)
		return err_set(e, ERR_LIMIT, in->path, s->name, ERR_NO_OFFSET,
			       "larger than %zu MiB, the most that is read", INPUT_MAX >> 20);
	len = (uLongf)ch.ch_size;
	out = arena_alloc(&box_of(c)->inflated, len ? len : 1, 1);
	if (!out)
		return err_memory(e, in->path);
	if (uncompress(out, &len, s->bytes.at + head, s->bytes.len - head) != Z_OK ||
	    len != ch.ch_size)
		return err_set(e, ERR_FORMAT, in->path, s->name, ERR_NO_OFFSET,
			       "cannot be decompressed: its data are broken");
	s->bytes.at = out;
	s->bytes.len = len;
	return 0;
}

/* Section bytes in place when they stand in the file as they are, else inflated. */
static int section_bytes(const struct elffile *c, Elf_Scn *scn, const GElf_Shdr *sh,
			 struct section *s, struct err *e)
{
	const struct input *in = c->input;

	s->bytes = (struct span){
	    .file = in->path, .section = s->name, .swap = c->big_endian != host_big_endian()};
	if (sh->sh_type == SHT_NOBITS || sh->sh_type == SHT_NULL || sh->sh_size == 0)
		return 0;
	if (sh->sh_offset > in->len || sh->sh_size > in->len - sh->sh_offset)
		return err_set(e, ERR_FORMAT, in->path, s->name, ERR_NO_OFFSET,
			       "%llu bytes at %#llx reach past the end of the file",
			       (unsigned long long)sh->sh_size, (unsigned long long)sh->sh_offset);
	s->unread = !input_has(in, sh->sh_offset, sh->sh_size);
	if (s->unread)
		return 0;
	s->bytes.at = in->data + sh->sh_offset;
	s->bytes.len = sh->sh_size;
	return sh->sh_flags & SHF_COMPRESSED ? inflate_section(c, scn, s, e) : 0;
}

/* Only sections that somebody reads are worth inflating; vmlinux compresses hundreds of MB of
 * DWARF. */
static bool is_wanted(const char *name, const GElf_Shdr *sh)
{
	return !(sh->sh_flags & SHF_COMPRESSED) || strncmp(name, ".BTF", 4) == 0;
}

static int read_sections(struct elffile *c, struct err *e)
{
	Elf *elf = box_of(c)->elf;
	Elf_Scn *scn = NULL;
	size_t count, names;

	if (elf_getshdrnum(elf, &count) < 0 || elf_getshdrstrndx(elf, &names) < 0)
		return elf_error(c->input, NULL, "broken section table", e);
	c->sections = calloc(count ? count : 1, sizeof(*c->sections));
	if (!c->sections)
		return err_memory(e, c->input->path);
	c->section_count = count;
	for (size_t i = 0; i < count; i++)
		c->sections[i] = (struct section){.name = "", .index = (uint32_t)i};
	while ((scn = elf_nextscn(elf, scn))) {
		struct section *s;
		GElf_Shdr sh;
		size_t i = elf_ndxscn(scn);

		if (i >= count || !gelf_getshdr(scn, &sh))
			return elf_error(c->input, NULL, "broken section header", e);
		s = &c->sections[i];
		s->name = elf_strptr(elf, names, sh.sh_name);
		if (!s->name)
			return err_set(e, ERR_FORMAT, c->input->path, NULL, ERR_NO_OFFSET,
				       "section %zu: its name is out of range", i);
		s->flags = sh.sh_flags;
		s->type = sh.sh_type;
		s->size = sh.sh_size;
		s->offset = sh.sh_offset;
		s->link = sh.sh_link;
		s->info = sh.sh_info;
		if (is_wanted(s->name, &sh) && section_bytes(c, scn, &sh, s, e) < 0)
			return -1;
	}
	return 0;
}

static int read_symbol(struct elffile *c, Elf_Data *data, const struct section *table, size_t i,
		       struct err *e)
{
	struct symbol *s = &c->symbols[i];
	GElf_Sym sym;

	if (!gelf_getsym(data, (int)i, &sym))
		return elf_error(c->input, table->name, "broken symbol", e);
	s->name = elf_strptr(box_of(c)->elf, table->link, sym.st_name);
	if (!s->name)
		return err_set(e, ERR_FORMAT, c->input->path, table->name, ERR_NO_OFFSET,
			       "symbol %zu: its name is out of range", i);
	s->value = sym.st_value;
	s->size = sym.st_size;
	s->section = sym.st_shndx;
	s->type = GELF_ST_TYPE(sym.st_info);
	s->bind = GELF_ST_BIND(sym.st_info);
	s->visibility = GELF_ST_VISIBILITY(sym.st_other);
	return 0;
}

int elffile_symbols(struct elffile *c, struct err *e)
{
	const struct section *table = NULL;
	Elf_Data *data;
	Elf_Scn *scn;

	for (size_t i = 0; i < c->section_count && !table; i++)
		if (c->sections[i].type == SHT_SYMTAB)
			table = &c->sections[i];
	if (!table || !table->bytes.len)
		return 0;
	scn = elf_getscn(box_of(c)->elf, table->index);
	data = scn ? elf_getdata(scn, NULL) : NULL;
	if (!data)
		return elf_error(c->input, table->name, "broken symbol table", e);
	c->symbol_count = data->d_size / gelf_fsize(box_of(c)->elf, ELF_T_SYM, 1, EV_CURRENT);
	if (c->symbol_count > INT32_MAX)
		return err_set(e, ERR_FORMAT, c->input->path, table->name, ERR_NO_OFFSET,
			       "too many symbols");
	c->symbols = calloc(c->symbol_count ? c->symbol_count : 1, sizeof(*c->symbols));
	if (!c->symbols)
		return err_memory(e, c->input->path);
	for (size_t i = 0; i < c->symbol_count; i++)
		if (read_symbol(c, data, table, i, e) < 0)
			return -1;
	return 0;
}

static int open_elf(struct elffile *c, struct err *e)
{
	struct input *in = c->input;
	GElf_Ehdr eh;

	if (elf_version(EV_CURRENT) == EV_NONE)
		return elf_error(in, NULL, "libelf is too old", e);
	elf_errno(); /* forgets what was wrong with another file */
	box_of(c)->elf = elf_memory((char *)(uintptr_t)in->data, in->len);
	if (!box_of(c)->elf || elf_kind(box_of(c)->elf) != ELF_K_ELF ||
	    !gelf_getehdr(box_of(c)->elf, &eh))
		return elf_error(in, NULL, "not a readable ELF file", e);
	/* libelf takes a file cut off before its section headers for one without sections. */
	if (eh.e_shoff > in->len || (uint64_t)eh.e_shnum * eh.e_shentsize > in->len - eh.e_shoff)
		return err_set(e, ERR_FORMAT, in->path, NULL, ERR_NO_OFFSET,
			       "%u section headers at %#llx reach past the end of the file",
			       eh.e_shnum, (unsigned long long)eh.e_shoff);
	c->bits = eh.e_ident[EI_CLASS] == ELFCLASS32 ? 32 : 64;
	c->big_endian = eh.e_ident[EI_DATA] == ELFDATA2MSB;
	c->machine = eh.e_machine;
	c->type = eh.e_type;
	return 0;
}

int elffile_open(struct input *in, struct elffile **out, struct err *e)
{
	struct elffile_box *x = calloc(1, sizeof(*x));
	struct elffile *c;

	if (!x)
		return err_memory(e, in->path);
	c = &x->file;
	c->input = input_ref(in);
	if (open_elf(c, e) < 0 || read_sections(c, e) < 0) {
		elffile_free(c);
		return -1;
	}
	*out = c;
	return 0;
}

void elffile_free(struct elffile *c)
{
	if (!c)
		return;
	elf_end(box_of(c)->elf);
	arena_free(&box_of(c)->inflated);
	free(c->sections);
	free(c->symbols);
	input_unref(c->input);
	free(c);
}

uint64_t elffile_header_at(const struct elffile *c, size_t section)
{
	GElf_Ehdr eh;

	return gelf_getehdr(box_of(c)->elf, &eh) ? eh.e_shoff + section * sizeof(Elf64_Shdr) : 0;
}

/* Whether [a, a + a_len) and [b, b + b_len) meet; the sums do not wrap. */
static bool ranges_meet(uint64_t a, uint64_t a_len, uint64_t b, uint64_t b_len)
{
	return a < b + b_len && b < a + a_len;
}

static bool is_in_place(const struct section *s)
{
	return (s->unread || s->bytes.len) && !(s->flags & SHF_COMPRESSED);
}

int elffile_writable(const struct elffile *c, const struct section *s, size_t *at, struct err *e)
{
	uint64_t headers = elffile_header_at(c, 0);

	if (!is_in_place(s))
		return err_set(e, ERR_UNSUPPORTED, c->input->path, s->name, ERR_NO_OFFSET,
			       "cannot be written to: it is compressed");
	*at = s->offset;
	if (ranges_meet(*at, s->size, 0, sizeof(Elf64_Ehdr)) ||
	    ranges_meet(*at, s->size, headers, elffile_header_at(c, c->section_count) - headers))
		return err_set(e, ERR_UNSUPPORTED, c->input->path, s->name, ERR_NO_OFFSET,
			       "cannot be written to: a header of the file stands in it");
	for (size_t i = 1; i < c->section_count; i++) {
		const struct section *other = &c->sections[i];

		if (other != s && is_in_place(other) &&
		    ranges_meet(*at, s->size, other->offset, other->size))
			return err_set(e, ERR_UNSUPPORTED, c->input->path, s->name, ERR_NO_OFFSET,
				       "cannot be written to: section %s stands there, too",
				       other->name);
	}
	return 0;
}

struct rel elffile_rel(const struct section *s, size_t i)
{
	const uint8_t *at = s->bytes.at + i * REL_SIZE;
	bool swap = s->bytes.swap, big = swap != host_big_endian();
	uint64_t first = load_u32(at, swap), second = load_u32(at + 4, swap);

	return (struct rel){
	    .offset = big ? first << 32 | second : second << 32 | first,
	    .symbol = load_u32(at + (big ? 8 : 12), swap),
	    .type = load_u32(at + (big ? 12 : 8), swap),
	};
}

const struct section *elffile_section(const struct elffile *c, const char *name)
{
	for (size_t i = 1; i < c->section_count; i++)
		if (strcmp(c->sections[i].name, name) == 0)
			return &c->sections[i];
	return NULL;
}
