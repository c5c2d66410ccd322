/* opening: libbpf's checks of an object, in its order; see opening.h. */
#include "format/opening.h"

#include <elf.h>
#include <string.h>

#include "format/section.h"

static const char *const kind_names[OPENING_KIND_COUNT] = {
    [OPENING_SYMBOLS] = "symbols",       [OPENING_LEGACY] = "legacy",
    [OPENING_PROGRAM] = "program",       [OPENING_BTF] = "btf",
    [OPENING_EXTERN] = "extern",         [OPENING_MAP] = "map",
    [OPENING_RELOCATION] = "relocation",
};

const char *opening_kind_name(enum opening_kind kind)
{
	return kind_names[kind];
}

static bool refuse(struct opening *out, enum opening_kind kind, const char *name,
		   const char *section, const char *why)
{
	*out = (struct opening){.kind = kind,
				.name = name,
				.section = section,
				.why = why,
				.section_index = OBJECT_NONE,
				.insn_off = OBJECT_NONE};
	return true;
}

static bool sections_refused(const struct object *o, struct opening *out)
{
	const struct elffile *c = o->elf;

	for (size_t i = 1; i < c->section_count; i++)
		if (strcmp(c->sections[i].name, "maps") == 0)
			return refuse(out, OPENING_LEGACY, NULL, "maps",
				      "libbpf 1.0 and later know no maps in a section `maps`");
	return false;
}

static bool programs_refused(const struct object *o, struct opening *out)
{
	const struct elffile *c = o->elf;

	for (size_t i = 0; i < c->symbol_count; i++) {
		const struct symbol *sym = &c->symbols[i];
		const struct section *s;

		if (sym->type != STT_FUNC || sym->section == 0 || sym->section >= c->section_count)
			continue;
		s = &c->sections[sym->section];
		if (s->type != SHT_PROGBITS || !(s->flags & SHF_EXECINSTR))
			continue;
		if (sym->size == 0)
			return refuse(out, OPENING_PROGRAM, sym->name, s->name,
				      "a function has no instructions");
		if (sym->bind == STB_LOCAL && strcmp(s->name, ".text") != 0)
			return refuse(out, OPENING_PROGRAM, sym->name, s->name,
				      "a static function can only stand in .text");
	}
	return false;
}

static bool btf_is_missing(const struct object *o, struct opening *out)
{
	const struct elffile *c = o->elf;
	enum map_kind kind;

	for (size_t i = 1; !o->btf && i < c->section_count; i++)
		if (map_kind_of(&c->sections[i], &kind) &&
		    (kind == MAP_DEFINED || kind == MAP_STRUCT_OPS))
			return refuse(out, OPENING_BTF, NULL, c->sections[i].name,
				      "the object has no BTF, which says what its maps are");
	return false;
}

static bool maps_refused(const struct references *l, struct opening *out)
{
	const struct map_def *arena = NULL;

	for (size_t i = 0; i < l->map_count; i++) {
		const struct map_def *m = &l->maps[i];

		if (m->bad && m->kind != MAP_LEGACY)
			return refuse(out, OPENING_MAP, m->name, m->section, m->bad);
		if (m->kind != MAP_DEFINED || m->type != BPF_MAP_TYPE_ARENA)
			continue;
		if (arena)
			return refuse(out, OPENING_MAP, m->name, m->section,
				      "libbpf takes one arena only");
		arena = m;
	}
	return false;
}

/* Sections that are no maps, and that libbpf takes references to. */
static bool is_data_of_its_own(const char *section)
{
	return strcmp(section, ".addr_space.1") == 0 || strcmp(section, ".jumptables") == 0;
}

static bool ref_refused(const struct object *o, const struct references *l, const struct ref *r,
			struct opening *out)
{
	static const char no_map[] =
	    "libbpf takes maps from .maps, and data from .data, .rodata and .bss";
	const struct elffile *c = o->elf;
	const struct symbol *sym;
	const char *section;

	switch (r->kind) {
	case REF_OTHER:
		sym = &c->symbols[r->symbol];
		section = sym->section < c->section_count ? c->sections[sym->section].name : NULL;
		if (section && is_data_of_its_own(section))
			return false;
		return refuse(out, OPENING_RELOCATION, *sym->name ? sym->name : NULL, section,
			      no_map);
	case REF_MAP:
		if (l->maps[r->target].kind != MAP_LEGACY)
			return false;
		return refuse(out, OPENING_RELOCATION, l->maps[r->target].name,
			      l->maps[r->target].section, no_map);
	case REF_FUNC:
		sym = &c->symbols[r->symbol];
		if (sym->bind == STB_LOCAL && sym->type != STT_SECTION)
			return refuse(
			    out, OPENING_RELOCATION, sym->name, o->programs[r->target].section,
			    "libbpf takes the address of a static function from a symbol of "
			    "its section");
		/* fall through */
	case REF_CALL:
		if (!r->symbol || strcmp(o->programs[r->target].section, ".text") == 0)
			return false;
		return refuse(out, OPENING_RELOCATION, o->programs[r->target].name,
			      o->programs[r->target].section,
			      "libbpf takes functions that others call from .text");
	case REF_EXTERN:
	case REF_EXTERN_CALL:
		if (!l->externs[r->target].bad)
			return false;
		return refuse(out, OPENING_EXTERN, l->externs[r->target].name, NULL,
			      l->externs[r->target].bad);
	case REF_DATA: return false;
	}
	return false;
}

static bool is_program(const struct object *o, const struct symbol *sym)
{
	uint32_t p = sym->value <= UINT32_MAX
			 ? object_program_at(o, sym->section, (uint32_t)sym->value)
			 : OBJECT_NONE;

	return p != OBJECT_NONE && o->programs[p].offset == sym->value &&
	       strcmp(o->programs[p].name, sym->name) == 0 && object_is_entry(o, &o->programs[p]);
}

/* Of a value that is put into a map of programs or of maps before the object is loaded. */
static bool value_refused(const struct object *o, const struct references *l,
			  const struct section *of, struct rel rel, struct opening *out)
{
	const struct elffile *c = o->elf;
	uint32_t map = map_defs_until(&l->map_defs, of->index, rel.offset);
	const struct symbol *sym = rel.symbol < c->symbol_count ? &c->symbols[rel.symbol] : NULL;
	const char *bad = "it has values, but holds neither maps nor programs";

	if (map == OBJECT_NONE || !sym)
		return refuse(out, OPENING_MAP, NULL, of->name,
			      "a relocation is of no map, or names nothing");
	if (l->maps[map].type == BPF_MAP_TYPE_PROG_ARRAY)
		bad = is_program(o, sym) ? NULL : "one of its values is no program";
	else if (l->maps[map].type == BPF_MAP_TYPE_HASH_OF_MAPS &&
		 l->maps[map].key_size != sizeof(uint32_t))
		bad = "it has values, but its size of keys is not 4";
	else if (l->maps[map].type == BPF_MAP_TYPE_ARRAY_OF_MAPS ||
		 l->maps[map].type == BPF_MAP_TYPE_HASH_OF_MAPS)
		bad = map_defs_at(&l->map_defs, sym->section, sym->value) != OBJECT_NONE
			  ? NULL
			  : "one of its values is no map";
	return bad && refuse(out, OPENING_MAP, l->maps[map].name, of->name, bad);
}

static bool values_refused(const struct object *o, const struct references *l, struct opening *out)
{
	const struct elffile *c = o->elf;

	for (size_t i = 1; i < c->section_count; i++) {
		const struct section *s = &c->sections[i];
		enum map_kind kind;

		if (s->type != SHT_REL || s->info >= c->section_count ||
		    !map_kind_of(&c->sections[s->info], &kind) || kind != MAP_DEFINED)
			continue;
		for (size_t n = 0; n < s->bytes.len / REL_SIZE; n++)
			if (value_refused(o, l, &c->sections[s->info], elffile_rel(s, n), out))
				return true;
	}
	return false;
}

/* A member of struct_ops must be a program for that. */
static bool slots_refused(const struct object *o, const struct references *l, struct opening *out)
{
	for (size_t i = 0; i < l->slot_count; i++) {
		const struct program *p = &o->programs[l->slots[i].program];
		const struct section_def *d = section_def_of(p->section);

		if (!d || d->prog_type != BPF_PROG_TYPE_STRUCT_OPS)
			return refuse(out, OPENING_RELOCATION, p->name,
				      l->maps[l->slots[i].map].section,
				      "a member of struct_ops is a program for something else");
	}
	return false;
}

bool object_refused(const struct object *o, const struct references *l, struct opening *out)
{
	if (!o->elf->symbol_count)
		return refuse(out, OPENING_SYMBOLS, NULL, NULL, "the object has no symbols");
	if (sections_refused(o, out) || programs_refused(o, out) || btf_is_missing(o, out))
		return true;
	for (size_t i = 0; i < l->extern_count; i++)
		if (l->externs[i].bad)
			return refuse(out, OPENING_EXTERN, l->externs[i].name, NULL,
				      l->externs[i].bad);
	if (maps_refused(l, out))
		return true;
	for (size_t i = 0; i < l->ref_count; i++) {
		const struct ref *r = &l->refs[i];

		if (object_program_at(o, r->section_index, r->insn_off) == OBJECT_NONE ||
		    !ref_refused(o, l, r, out))
			continue;
		out->section_index = r->section_index;
		out->insn_off = r->insn_off;
		return true;
	}
	return values_refused(o, l, out) || slots_refused(o, l, out);
}
