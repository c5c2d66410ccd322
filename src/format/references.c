/* references: reads ELF relocations of program sections; see references.h. */
#include "format/references.h"

#include <elf.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"

enum { R_BPF_64 = 1, R_BPF_CALL = 10 };
enum { PSEUDO_CALL = 1, PSEUDO_KFUNC = 2, CALL_CODE = 0x85 };

struct linker {
	const struct object *o;
	struct references *l;
	struct extern_defs externs;
	size_t ref_cap, slot_cap;
	uint32_t *extern_of; /* by symbol: index into externs + 1 */
	struct err *e;
};

static bool starts_with(const char *s, const char *prefix)
{
	return strncmp(s, prefix, strlen(prefix)) == 0;
}

/* `name` itself or `name.more`. */
static bool is_section_of(const char *s, const char *name)
{
	size_t n = strlen(name);

	return strncmp(s, name, n) == 0 && (!s[n] || s[n] == '.');
}

bool references_is_frozen(const struct object *o, uint32_t section_index)
{
	return section_index < o->elf->section_count &&
	       is_section_of(o->elf->sections[section_index].name, ".rodata");
}

static bool is_data(const struct section *s)
{
	return is_section_of(s->name, ".rodata") || is_section_of(s->name, ".data") ||
	       is_section_of(s->name, ".bss");
}

static int add_ref(struct linker *k, struct ref ref)
{
	struct ref *more = array_grow(k->l->refs, &k->ref_cap, k->l->ref_count, sizeof(*more));

	if (!more)
		return err_memory(k->e, k->o->path);
	k->l->refs = more;
	k->l->refs[k->l->ref_count++] = ref;
	return 0;
}

/* Counts a use of the extern. What is undefined and still no extern for libbpf becomes one of which
 * nothing is known. */
static int extern_index(struct linker *k, uint32_t symbol, uint32_t *out)
{
	const struct symbol *sym = &k->o->elf->symbols[symbol];
	struct extern_defs *l = &k->externs;
	struct extern_def *more;

	if (!k->extern_of[symbol]) {
		more = array_grow(l->items, &l->cap, l->count, sizeof(*more));
		if (!more)
			return err_memory(k->e, k->o->path);
		l->items = more;
		more[l->count++] = (struct extern_def){.name = sym->name,
						       .kind = EXTERN_UNKNOWN,
						       .weak = sym->bind == STB_WEAK,
						       .symbol = symbol,
						       .bad = "its symbol is none of an extern"};
		k->extern_of[symbol] = (uint32_t)l->count;
	}
	*out = k->extern_of[symbol] - 1;
	l->items[*out].uses++;
	return 0;
}

/* A reference to a function: byte `at` of its section must be its first instruction. */
static int function_ref(struct linker *k, const struct section *from, struct ref *ref,
			uint32_t section_index, int64_t at)
{
	uint32_t p = OBJECT_NONE;

	if (at >= 0 && at <= UINT32_MAX)
		p = object_program_at(k->o, section_index, (uint32_t)at);
	if (p == OBJECT_NONE || k->o->programs[p].offset != at)
		return err_set(k->e, ERR_FORMAT, k->o->path, from->name, ref->insn_off,
			       "refers to byte %lld of section %u, where no function starts",
			       (long long)at, section_index);
	ref->target = p;
	return 0;
}

static int section_ref(struct linker *k, const struct section *from, const struct symbol *sym,
		       struct insn in, struct ref *ref)
{
	const struct section *s = &k->o->elf->sections[sym->section];
	uint32_t map;

	if (s->flags & SHF_EXECINSTR) {
		ref->kind = REF_FUNC;
		return function_ref(k, from, ref, s->index, (int64_t)sym->value + in.imm);
	}
	map = map_defs_at(&k->l->map_defs, s->index, sym->value);
	if (map != OBJECT_NONE) {
		ref->kind = REF_MAP;
		ref->target = map;
		return 0;
	}
	if (is_data(s)) {
		ref->kind = REF_DATA;
		ref->target = s->index;
		ref->offset = (int64_t)sym->value + in.imm;
	}
	return 0;
}

static int read_rel(struct linker *k, const struct section *code, struct rel rel)
{
	const struct elffile *c = k->o->elf;
	uint64_t off = rel.offset;
	struct ref ref = {.section_index = code->index, .kind = REF_OTHER, .symbol = rel.symbol};
	const struct symbol *sym;
	struct insn in;

	if (off % INSN_SIZE || !span_has(&code->bytes, off, INSN_SIZE) || off > UINT32_MAX)
		return err_set(k->e, ERR_FORMAT, c->input->path, code->name, off,
			       "a relocation lies on no instruction");
	if (rel.symbol >= c->symbol_count)
		return err_set(k->e, ERR_FORMAT, c->input->path, code->name, off,
			       "a relocation names symbol %u of %zu", rel.symbol, c->symbol_count);
	ref.insn_off = (uint32_t)off;
	sym = &c->symbols[rel.symbol];
	in = insn_load(code->bytes.at + off, k->o->big_endian);
	if (in.code != BPF_LDIMM64 && in.code != CALL_CODE)
		return 0;
	if (sym->section == SHN_UNDEF) {
		ref.kind = in.code == CALL_CODE ? REF_EXTERN_CALL : REF_EXTERN;
		if (extern_index(k, rel.symbol, &ref.target) < 0)
			return -1;
	} else if (sym->section >= c->section_count) {
		return add_ref(k, ref);
	} else if (in.code == CALL_CODE || rel.type == R_BPF_CALL) {
		ref.kind = REF_CALL;
		if (function_ref(k, code, &ref, sym->section,
				 (int64_t)sym->value + ((int64_t)in.imm + 1) * INSN_SIZE) < 0)
			return -1;
	} else if (section_ref(k, code, sym, in, &ref) < 0) {
		return -1;
	}
	return add_ref(k, ref);
}

static int by_place(const void *x, const void *y)
{
	const struct ref *a = x, *b = y;

	if (a->section_index != b->section_index)
		return a->section_index < b->section_index ? -1 : 1;
	return (a->insn_off > b->insn_off) - (a->insn_off < b->insn_off);
}

static void sort_refs(struct references *l)
{
	if (l->ref_count)
		qsort(l->refs, l->ref_count, sizeof(*l->refs), by_place);
}

/* Calls within a section carry their distance and no relocation. */
static int plain_calls(struct linker *k)
{
	const struct object *o = k->o;
	size_t relocated = k->l->ref_count;
	struct references sorted = {.refs = k->l->refs, .ref_count = relocated};

	for (size_t i = 0; i < o->program_count; i++) {
		const struct program *p = &o->programs[i];
		const struct section *s = &o->elf->sections[p->section_index];

		for (uint32_t n = 0; n < p->count; n++) {
			struct insn in = insn_load(p->insns + (size_t)n * INSN_SIZE, o->big_endian);
			struct ref ref = {.section_index = p->section_index,
					  .insn_off = p->offset + n * INSN_SIZE,
					  .kind = REF_CALL};

			sorted.refs = k->l->refs;
			if (in.code != CALL_CODE || in.src != PSEUDO_CALL ||
			    references_at(&sorted, ref.section_index, ref.insn_off))
				continue;
			if (function_ref(k, s, &ref, p->section_index,
					 (int64_t)ref.insn_off +
					     ((int64_t)in.imm + 1) * INSN_SIZE) < 0 ||
			    add_ref(k, ref) < 0)
				return -1;
		}
	}
	return 0;
}

/* A function pointer in the data of a struct_ops map. */
static int read_slot(struct linker *k, const struct section *data, struct rel rel)
{
	const struct object *o = k->o;
	struct references *l = k->l;
	uint32_t map = map_defs_around(&l->map_defs, data->index, rel.offset);
	struct struct_ops_slot *more, slot = {.map = map};
	const struct symbol *sym;

	if (rel.symbol >= o->elf->symbol_count)
		return err_set(k->e, ERR_FORMAT, o->path, data->name, rel.offset,
			       "a relocation names symbol %u of %zu", rel.symbol,
			       o->elf->symbol_count);
	sym = &o->elf->symbols[rel.symbol];
	if (map == OBJECT_NONE || sym->value > UINT32_MAX ||
	    !map_def_member(o->btf, &l->maps[map], rel.offset - l->maps[map].offset, &slot.member))
		return 0;
	slot.program = object_program_at(o, sym->section, (uint32_t)sym->value);
	if (slot.program == OBJECT_NONE || o->programs[slot.program].offset != sym->value)
		return 0;
	more = array_grow(l->slots, &k->slot_cap, l->slot_count, sizeof(*more));
	if (!more)
		return err_memory(k->e, o->path);
	l->slots = more;
	l->slots[l->slot_count++] = slot;
	return 0;
}

static int read_relocations(struct linker *k)
{
	const struct elffile *c = k->o->elf;

	for (size_t i = 1; i < c->section_count; i++) {
		const struct section *s = &c->sections[i], *of;
		enum map_kind kind;
		bool code;

		if (s->type != SHT_REL || s->info >= c->section_count)
			continue;
		of = &c->sections[s->info];
		code = of->type == SHT_PROGBITS && (of->flags & SHF_EXECINSTR);
		if (!code && !(map_kind_of(of, &kind) && kind == MAP_STRUCT_OPS))
			continue;
		if (s->bytes.len % REL_SIZE)
			return span_err(k->e, &s->bytes, s->bytes.len / REL_SIZE * REL_SIZE,
					"ends within a relocation of %d bytes", REL_SIZE);
		for (size_t n = 0; n < s->bytes.len / REL_SIZE; n++)
			if ((code ? read_rel : read_slot)(k, of, elffile_rel(s, n)) < 0)
				return -1;
	}
	sort_refs(k->l);
	return 0;
}

static int by_member(const void *x, const void *y)
{
	const struct struct_ops_slot *a = x, *b = y;

	if (a->map != b->map)
		return a->map < b->map ? -1 : 1;
	return (a->member > b->member) - (a->member < b->member);
}

static int settle_slots(struct linker *k)
{
	struct references *l = k->l;

	if (!l->slot_count)
		return 0;
	qsort(l->slots, l->slot_count, sizeof(*l->slots), by_member);
	l->slot_of = calloc(k->o->program_count, sizeof(*l->slot_of));
	if (!l->slot_of)
		return err_memory(k->e, k->o->path);
	for (size_t i = l->slot_count; i-- > 0;)
		l->slot_of[l->slots[i].program] = (uint32_t)i + 1;
	return 0;
}

static int read_externs(struct linker *k)
{
	struct references *l = k->l;
	uint32_t kconfig_size;

	if (extern_defs_read(k->o, &k->externs, &kconfig_size, k->e) < 0)
		return -1;
	for (size_t i = 0; i < k->externs.count; i++)
		k->extern_of[k->externs.items[i].symbol] = (uint32_t)i + 1;
	if (map_defs_read(k->o, kconfig_size, &l->map_defs, k->e) < 0)
		return -1;
	l->maps = l->map_defs.items;
	l->map_count = l->map_defs.count;
	return 0;
}

int references_open(const struct object *o, struct references **out, struct err *e)
{
	struct linker k = {.o = o, .e = e};
	size_t n = o->elf->symbol_count;
	int rc = -1;

	k.l = calloc(1, sizeof(*k.l));
	k.extern_of = calloc(n ? n : 1, sizeof(*k.extern_of));
	if (!k.l || !k.extern_of)
		err_memory(e, o->path);
	else if (read_externs(&k) == 0 && read_relocations(&k) == 0 && plain_calls(&k) == 0 &&
		 settle_slots(&k) == 0)
		rc = 0;
	free(k.extern_of);
	if (rc < 0) {
		free(k.externs.items);
		references_free(k.l);
		return -1;
	}
	k.l->externs = k.externs.items;
	k.l->extern_count = k.externs.count;
	k.l->has_tags = o->btf && btf_next(o->btf, &(struct btf_type){0}, BTF_DECL_TAG);
	sort_refs(k.l);
	*out = k.l;
	return 0;
}

void references_free(struct references *l)
{
	if (!l)
		return;
	free(l->refs);
	free(l->externs);
	free(l->slots);
	free(l->slot_of);
	map_defs_free(&l->map_defs);
	free(l);
}

const struct struct_ops_slot *references_slot_of(const struct references *l, uint32_t program)
{
	return l->slot_of && l->slot_of[program] ? &l->slots[l->slot_of[program] - 1] : NULL;
}

size_t references_from(const struct references *l, uint32_t section_index, uint32_t insn_off)
{
	struct ref key = {.section_index = section_index, .insn_off = insn_off};
	size_t low = 0, high = l->ref_count;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (by_place(&l->refs[mid], &key) < 0)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

const struct ref *references_at(const struct references *l, uint32_t section_index,
				uint32_t insn_off)
{
	size_t i = references_from(l, section_index, insn_off);

	if (i == l->ref_count || l->refs[i].section_index != section_index ||
	    l->refs[i].insn_off != insn_off)
		return NULL;
	return &l->refs[i];
}

static bool datasec_variable(const struct object *o, const char *name, uint32_t *section_index,
			     uint32_t *offset, uint32_t *size)
{
	const struct elffile *c = o->elf;

	for (size_t i = 1; o->btf && i < c->section_count; i++) {
		struct btf_type sec;
		uint32_t id;

		if (!is_data(&c->sections[i]))
			continue;
		id = btf_find(o->btf, c->sections[i].name, BTF_DATASEC);
		sec = btf_type(o->btf, id);
		for (uint32_t v = 0; id && v < sec.vlen; v++) {
			struct btf_secinfo info = btf_secinfo(&sec, v);

			if (strcmp(btf_type(o->btf, info.type).name, name) != 0)
				continue;
			*section_index = (uint32_t)i;
			*offset = info.offset;
			*size = info.size;
			return true;
		}
	}
	return false;
}

bool references_variable(const struct object *o, const char *name, uint32_t *section_index,
			 uint32_t *offset, uint32_t *size)
{
	const struct elffile *c = o->elf;

	for (size_t i = 0; i < c->symbol_count; i++) {
		const struct symbol *s = &c->symbols[i];

		if (s->section == 0 || s->section >= c->section_count || s->type != STT_OBJECT ||
		    !is_data(&c->sections[s->section]) || strcmp(s->name, name) != 0 ||
		    s->value > UINT32_MAX || s->size > UINT32_MAX)
			continue;
		*section_index = s->section;
		*offset = (uint32_t)s->value;
		*size = (uint32_t)s->size;
		return true;
	}
	return !starts_with(name, ".") && datasec_variable(o, name, section_index, offset, size);
}
