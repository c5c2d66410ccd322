/* object: opens a BPF object and finds what stands where in it; see object.h. */
#include "format/object.h"

#include <elf.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "format/btf_ext.h"
#include "format/foreign.h"

static const char *const kind_names[RELO_KIND_COUNT] = {
    [RELO_BYTE_OFF] = "byte_off",
    [RELO_BYTE_SZ] = "byte_sz",
    [RELO_FIELD_EXISTS] = "field_exists",
    [RELO_SIGNED] = "signed",
    [RELO_LSHIFT_U64] = "lshift_u64",
    [RELO_RSHIFT_U64] = "rshift_u64",
    [RELO_LOCAL_TYPE_ID] = "local_type_id",
    [RELO_TARGET_TYPE_ID] = "target_type_id",
    [RELO_TYPE_EXISTS] = "type_exists",
    [RELO_TYPE_SIZE] = "type_size",
    [RELO_ENUMVAL_EXISTS] = "enumval_exists",
    [RELO_ENUMVAL_VALUE] = "enumval_value",
    [RELO_TYPE_MATCHES] = "type_matches",
};

const char *relo_kind_name(uint32_t kind)
{
	return kind < RELO_KIND_COUNT ? kind_names[kind] : "unknown";
}

/* Growing arrays while the object is read. */
struct reader {
	struct object *o;
	struct span ext;
	size_t program_cap, line_cap, relo_cap;
	bool unread; /* a section is named of which not all was read */
	struct err *e;
};

static const struct section *code_section(const struct object *o, uint32_t index)
{
	const struct section *s;

	if (index == 0 || index >= o->elf->section_count)
		return NULL;
	s = &o->elf->sections[index];
	return s->type == SHT_PROGBITS && (s->flags & SHF_EXECINSTR) ? s : NULL;
}

static int add_program(struct reader *r, struct program p)
{
	struct object *o = r->o;
	struct program *more =
	    array_grow(o->programs, &r->program_cap, o->program_count, sizeof(*more));

	if (!more)
		return err_memory(r->e, o->path);
	o->programs = more;
	o->programs[o->program_count++] = p;
	return 0;
}

static int by_place(const void *x, const void *y)
{
	const struct program *a = x, *b = y;

	if (a->section_index != b->section_index)
		return a->section_index < b->section_index ? -1 : 1;
	if (a->offset != b->offset)
		return a->offset < b->offset ? -1 : 1;
	return (b->count > a->count) - (b->count < a->count); /* a symbol before func_info's 0 */
}

static int symbol_programs(struct reader *r)
{
	struct object *o = r->o;

	if (elffile_symbols(o->elf, r->e) < 0)
		return -1;
	for (size_t i = 0; i < o->elf->symbol_count; i++) {
		const struct symbol *sym = &o->elf->symbols[i];
		const struct section *s;
		const uint8_t *insns;

		if (sym->type != STT_FUNC || !(s = code_section(o, sym->section)))
			continue;
		if (sym->value % INSN_SIZE || sym->size % INSN_SIZE ||
		    !span_has(&s->bytes, sym->value, sym->size) || sym->value > UINT32_MAX)
			return err_set(r->e, ERR_FORMAT, o->path, s->name, sym->value,
				       "function %s of %llu bytes does not lie on whole "
				       "instructions of its section (%zu bytes)",
				       sym->name, (unsigned long long)sym->size, s->bytes.len);
		insns = s->bytes.len ? s->bytes.at + sym->value : NULL;
		if (add_program(r, (struct program){.name = sym->name,
						    .section = s->name,
						    .section_index = s->index,
						    .offset = (uint32_t)sym->value,
						    .count = (uint32_t)(sym->size / INSN_SIZE),
						    .insns = insns,
						    .global = sym->bind != STB_LOCAL,
						    .hidden = sym->visibility == STV_HIDDEN ||
							      sym->visibility == STV_INTERNAL}) < 0)
			return -1;
	}
	return 0;
}

/* The section a group of .BTF.ext names, NULL after filling e. */
static const struct section *group_section(struct reader *r, const struct btf_ext_group *g)
{
	const struct section *s = elffile_section(r->o->elf, g->section);

	if (!s)
		(void)span_err(r->e, &r->ext, (uint64_t)(g->records - r->ext.at) - 8,
			       "the object has no section %s", g->section);
	else if (s->unread)
		r->unread = true;
	return s && !s->unread ? s : NULL;
}

/* The instruction offset that starts a record, checked. */
static int record_insn(struct reader *r, const struct section *s, const uint8_t *rec, uint32_t *off)
{
	*off = load_u32(rec, r->ext.swap);
	if (*off % INSN_SIZE || !span_has(&s->bytes, *off, INSN_SIZE))
		return span_err(r->e, &r->ext, (uint64_t)(rec - r->ext.at),
				"offset %#x is no instruction of section %s (%zu bytes)", *off,
				s->name, s->bytes.len);
	return 0;
}

static int record_type(struct reader *r, const uint8_t *at, uint32_t *id)
{
	*id = load_u32(at, r->ext.swap);
	if (!btf_has(r->o->btf, *id))
		return span_err(r->e, &r->ext, (uint64_t)(at - r->ext.at),
				"refers to type %u, but the last one is %u", *id,
				r->o->btf->end_id - 1);
	return 0;
}

static int record_string(struct reader *r, const uint8_t *at, const char **s)
{
	uint32_t off = load_u32(at, r->ext.swap);

	if (!btf_has_string(r->o->btf, off))
		return span_err(r->e, &r->ext, (uint64_t)(at - r->ext.at),
				"string offset %#x is out of range", off);
	*s = btf_string(r->o->btf, off);
	return 0;
}

typedef int read_record(struct reader *r, const struct section *s, const uint8_t *rec);

static int for_each_record(struct reader *r, enum btf_ext_table table, read_record *read)
{
	struct btf_ext_group *groups;
	size_t count;
	int rc;

	rc = btf_ext_groups(&r->ext, r->o->btf, table, &groups, &count, r->e);
	for (size_t i = 0; i < count && rc == 0; i++) {
		const struct section *s = group_section(r, &groups[i]);

		rc = s ? 0 : -1;
		for (uint32_t k = 0; k < groups[i].count && rc == 0; k++)
			rc = read(r, s, groups[i].records + (size_t)k * groups[i].size);
	}
	free(groups);
	return rc;
}

/* Adds it with no length: settle_programs() drops it where a symbol says the same, and otherwise
 * lets it end where the next function starts. */
static int read_func(struct reader *r, const struct section *s, const uint8_t *rec)
{
	struct object *o = r->o;
	struct btf_type func;
	uint32_t off, id;

	if (record_insn(r, s, rec, &off) < 0 || record_type(r, rec + 4, &id) < 0)
		return -1;
	func = btf_type(o->btf, id);
	if (func.kind != BTF_FUNC)
		return span_err(r->e, &r->ext, (uint64_t)(rec + 4 - r->ext.at),
				"type %u is a %s, not a func", id, btf_kind_name(func.kind));
	return add_program(r, (struct program){.name = func.name,
					       .section = s->name,
					       .section_index = s->index,
					       .offset = off,
					       .insns = s->bytes.at + off,
					       .global = func.vlen != 0});
}

static int read_func_id(struct reader *r, const struct section *s, const uint8_t *rec)
{
	uint32_t off = load_u32(rec, r->ext.swap);
	uint32_t i = object_program_at(r->o, s->index, off);

	if (i != OBJECT_NONE && r->o->programs[i].offset == off)
		r->o->programs[i].func_id = load_u32(rec + 4, r->ext.swap);
	return 0;
}

static int read_line(struct reader *r, const struct section *s, const uint8_t *rec)
{
	struct object *o = r->o;
	struct line *more, l = {.section_index = s->index};
	uint32_t place;

	if (record_insn(r, s, rec, &l.insn_off) < 0 || record_string(r, rec + 4, &l.file) < 0 ||
	    record_string(r, rec + 8, &l.text) < 0)
		return -1;
	place = load_u32(rec + 12, r->ext.swap);
	l.line = place >> 10;
	l.column = place & 0x3ff;
	more = array_grow(o->lines, &r->line_cap, o->line_count, sizeof(*more));
	if (!more)
		return err_memory(r->e, o->path);
	o->lines = more;
	o->lines[o->line_count++] = l;
	return 0;
}

static int read_relo(struct reader *r, const struct section *s, const uint8_t *rec)
{
	struct object *o = r->o;
	struct relo *more, x = {.section_index = s->index};
	uint64_t end = s->bytes.len;

	if (record_insn(r, s, rec, &x.insn_off) < 0 || record_type(r, rec + 4, &x.type_id) < 0 ||
	    record_string(r, rec + 8, &x.access) < 0)
		return -1;
	x.kind = load_u32(rec + 12, r->ext.swap);
	x.program = object_program_at(o, s->index, x.insn_off);
	if (x.program != OBJECT_NONE)
		end = o->programs[x.program].offset +
		      (uint64_t)o->programs[x.program].count * INSN_SIZE;
	x.insn = s->bytes.at + x.insn_off;
	x.insn_room = (uint32_t)(end - x.insn_off > UINT32_MAX ? UINT32_MAX : end - x.insn_off);
	more = array_grow(o->relos, &r->relo_cap, o->relo_count, sizeof(*more));
	if (!more)
		return err_memory(r->e, o->path);
	o->relos = more;
	o->relos[o->relo_count++] = x;
	return 0;
}

/* Sorts, drops aliases (symbols at the same place) and gives a length to functions without one. */
static void settle_programs(struct object *o)
{
	size_t n = 0;

	if (o->program_count)
		qsort(o->programs, o->program_count, sizeof(*o->programs), by_place);
	for (size_t i = 0; i < o->program_count; i++) {
		struct program *p = &o->programs[i];

		if (n && p->section_index == o->programs[n - 1].section_index &&
		    p->offset == o->programs[n - 1].offset)
			continue;
		o->programs[n++] = *p;
	}
	o->program_count = n;
	for (size_t i = 0; i < n; i++) {
		struct program *p = &o->programs[i];
		size_t end = o->elf->sections[p->section_index].bytes.len;

		if (i + 1 < n && p[1].section_index == p->section_index)
			end = p[1].offset;
		if (p->count == 0)
			p->count = (uint32_t)((end - p->offset) / INSN_SIZE);
	}
}

static int line_order(const void *x, const void *y)
{
	const struct line *a = x, *b = y;

	if (a->section_index != b->section_index)
		return a->section_index < b->section_index ? -1 : 1;
	if (a->insn_off != b->insn_off)
		return a->insn_off < b->insn_off ? -1 : 1;
	return (a->line > b->line) - (a->line < b->line);
}

/* As compilers write them; linkers may not. */
static bool are_lines_sorted(const struct object *o)
{
	size_t i = 1;

	while (i < o->line_count && line_order(&o->lines[i - 1], &o->lines[i]) <= 0)
		i++;
	return i >= o->line_count;
}

static int read_ext(struct reader *r)
{
	struct object *o = r->o;

	if (for_each_record(r, EXT_FUNC_INFO, read_func) < 0)
		return -1;
	settle_programs(o);
	if (for_each_record(r, EXT_FUNC_INFO, read_func_id) < 0 ||
	    for_each_record(r, EXT_LINE_INFO, read_line) < 0 ||
	    for_each_record(r, EXT_CORE_RELO, read_relo) < 0)
		return -1;
	if (!are_lines_sorted(o))
		qsort(o->lines, o->line_count, sizeof(*o->lines), line_order);
	return 0;
}

static int check_machine(const struct elffile *c, struct err *e)
{
	bool is_kernel = elffile_section(c, ".BTF") != NULL;

	if (c->machine != ELFFILE_EM_BPF && c->machine != EM_NONE)
		return err_set(e, ERR_UNSUPPORTED, c->input->path, NULL, ERR_NO_OFFSET,
			       "an ELF file for machine %u, not for BPF (%u)%s%s", c->machine,
			       ELFFILE_EM_BPF, is_kernel ? "; " : "",
			       is_kernel ? foreign_kernel : "");
	if (c->bits != 64)
		return err_set(e, ERR_UNSUPPORTED, c->input->path, NULL, ERR_NO_OFFSET,
			       "a %u-bit ELF file; BPF objects have 64", c->bits);
	return 0;
}

static void read_license(struct object *o)
{
	const struct section *s = elffile_section(o->elf, "license");
	size_t len = s ? s->bytes.len : 0;

	if (len)
		memcpy(o->license, s->bytes.at, len < LICENSE_SIZE ? len : LICENSE_SIZE - 1);
}

static int read_object(struct reader *r)
{
	struct object *o = r->o;
	const struct section *ext;

	o->big_endian = o->elf->big_endian;
	if (check_machine(o->elf, r->e) < 0 || symbol_programs(r) < 0)
		return -1;
	read_license(o);
	if (elffile_section(o->elf, ".BTF") &&
	    btf_from_section(o->elf, ".BTF", NULL, &o->btf, r->e) < 0)
		return -1;
	ext = elffile_section(o->elf, ".BTF.ext");
	if (!ext || !o->btf) {
		settle_programs(o);
		return 0;
	}
	if (o->btf->big_endian != o->big_endian)
		return span_err(r->e, &o->btf->raw, 0, "its byte order is not that of the object");
	r->ext = ext->bytes;
	return read_ext(r);
}

bool object_is(const struct input *in)
{
	const size_t machine = offsetof(Elf64_Ehdr, e_machine);
	bool swap;

	if (!elffile_is_elf(in) || in->len < machine + sizeof(uint16_t))
		return false;
	swap = (in->data[EI_DATA] == ELFDATA2MSB) != host_big_endian();
	return load_u16(in->data + machine, swap) == ELFFILE_EM_BPF;
}

static int open_image(struct input *in, struct reader *r)
{
	struct object *o = r->o;

	if (!elffile_is_elf(in))
		return foreign_object(in, r->e);
	if (elffile_open(in, &o->elf, r->e) < 0)
		return -1;
	o->path = o->elf->input->path;
	return read_object(r);
}

static int open_read(struct input *in, bool *unread, struct object **out, struct err *e)
{
	struct reader r = {.o = calloc(1, sizeof(*r.o)), .e = e};
	int rc;

	if (!r.o)
		return err_memory(e, in->path);
	rc = open_image(in, &r);
	*unread = r.unread;
	if (rc < 0)
		object_free(r.o);
	else
		*out = r.o;
	return rc;
}

int object_from_input(struct input *in, struct object **out, struct err *e)
{
	struct input *whole;
	bool unread = false;
	int rc = open_read(in, &unread, out, e);

	if (rc == 0 || !unread)
		return rc;
	if (input_whole(in, &whole, e) < 0)
		return -1;
	rc = open_read(whole, &unread, out, e);
	input_unref(whole);
	return rc;
}

/* What libelf takes for a file, for a section, and malloc() for what is small. */
enum { ELF_MEMORY = 4096, SECTION_MEMORY = 256 };

size_t object_memory(const struct object *o)
{
	size_t n = sizeof(*o) + ELF_MEMORY + input_memory(o->elf->input);

	if (o->btf)
		n += sizeof(*o->btf) + o->btf->types_len / 4;
	return n + o->elf->section_count * (sizeof(struct section) + SECTION_MEMORY) +
	       o->elf->symbol_count * sizeof(struct symbol) +
	       o->program_count * sizeof(*o->programs) + o->line_count * sizeof(*o->lines) +
	       o->relo_count * sizeof(*o->relos);
}

int object_open(const char *path, struct object **out, struct err *e)
{
	struct input *in;
	int rc;

	if (input_open(path, &in, e) < 0)
		return -1;
	rc = object_from_input(in, out, e);
	input_unref(in);
	return rc;
}

void object_free(struct object *o)
{
	if (!o)
		return;
	btf_unref(o->btf);
	elffile_free(o->elf);
	free(o->programs);
	free(o->lines);
	free(o->relos);
	free(o);
}

bool object_is_entry(const struct object *o, const struct program *p)
{
	return strcmp(p->section, ".text") == 0 ? o->program_count == 1 : p->global;
}

bool object_is_gpl(const struct object *o)
{
	static const char *const names[] = {
	    "GPL",          "GPL v2",       "GPL and additional rights",
	    "Dual BSD/GPL", "Dual MIT/GPL", "Dual MPL/GPL"};

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (strcmp(o->license, names[i]) == 0)
			return true;
	return false;
}

uint32_t object_program_at(const struct object *o, uint32_t section_index, uint32_t insn_off)
{
	size_t low = 0, high = o->program_count;

	while (low < high) {
		size_t mid = low + (high - low) / 2;
		const struct program *p = &o->programs[mid];

		if (p->section_index < section_index ||
		    (p->section_index == section_index && p->offset <= insn_off))
			low = mid + 1;
		else
			high = mid;
	}
	if (low-- == 0 || o->programs[low].section_index != section_index ||
	    insn_off - o->programs[low].offset >= (uint64_t)o->programs[low].count * INSN_SIZE)
		return OBJECT_NONE;
	return (uint32_t)low;
}

uint32_t object_line_at(const struct object *o, uint32_t section_index, uint32_t insn_off)
{
	uint32_t program = object_program_at(o, section_index, insn_off);
	size_t low = 0, high = o->line_count;

	while (low < high) {
		size_t mid = low + (high - low) / 2;
		const struct line *l = &o->lines[mid];

		if (l->section_index < section_index ||
		    (l->section_index == section_index && l->insn_off <= insn_off))
			low = mid + 1;
		else
			high = mid;
	}
	while (low > 0 && o->lines[low - 1].line == 0)
		low--; /* the compiler's own code: it belongs to what stands before it */
	if (low-- == 0 || o->lines[low].section_index != section_index)
		return OBJECT_NONE;
	if (program != OBJECT_NONE && o->lines[low].insn_off < o->programs[program].offset)
		return OBJECT_NONE;
	return (uint32_t)low;
}

/* Registers that hold the relocated constant or a pointer made with it, as bits. */
static uint32_t bit(uint8_t reg)
{
	return 1u << reg;
}

/* The registers that an instruction reads. */
static uint32_t reads(const struct insn *in)
{
	uint32_t source = (in->code & BPF_X) ? bit(in->src) : 0;

	switch (BPF_CLASS(in->code)) {
	case BPF_LDX: return bit(in->src);
	case BPF_ST: return bit(in->dst);
	case BPF_STX: return bit(in->src) | bit(in->dst);
	case BPF_ALU:
	case BPF_ALU64: return source | (BPF_OP(in->code) == ALU_MOV ? 0 : bit(in->dst));
	case BPF_JMP: return BPF_OP(in->code) == JUMP_CALL ? 0x3e : source | bit(in->dst);
	case BPF_JMP32: return source | bit(in->dst);
	default: return 0;
	}
}

static uint32_t derived_after(const struct insn *in, uint32_t derived)
{
	switch (BPF_CLASS(in->code)) {
	case BPF_ALU:
	case BPF_ALU64:
		return reads(in) & derived ? derived | bit(in->dst) : derived & ~bit(in->dst);
	case BPF_LD:
	case BPF_LDX: return derived & ~bit(in->dst);
	case BPF_JMP:
	case BPF_JMP32: return 0;
	default: return derived;
	}
}

/* How far the use of a relocated constant may be from it, in instructions. */
#define USE_WINDOW 16

uint32_t object_line_of_relo(const struct object *o, const struct relo *r)
{
	uint32_t line = object_line_at(o, r->section_index, r->insn_off);
	struct insn in = insn_load(r->insn, o->big_endian);
	uint32_t derived = bit(in.dst);
	bool constant = in.code == BPF_LDIMM64 ||
			(BPF_CLASS(in.code) == BPF_ALU64 && BPF_OP(in.code) == ALU_MOV);

	if (!constant || (line != OBJECT_NONE && o->lines[line].insn_off == r->insn_off))
		return line;
	for (uint32_t at = INSN_SIZE; derived && at < USE_WINDOW * INSN_SIZE && at < r->insn_room;
	     at += INSN_SIZE) {
		in = insn_load(r->insn + at, o->big_endian);
		if (reads(&in) & derived) {
			uint32_t use = object_line_at(o, r->section_index, r->insn_off + at);

			if (use != OBJECT_NONE && o->lines[use].insn_off > r->insn_off)
				return use;
		}
		derived = derived_after(&in, derived);
	}
	return line;
}
