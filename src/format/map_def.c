/* map_def: lists the maps of an object, in the order in which libbpf makes them; see map_def.h. */
#include "format/map_def.h"

#include <elf.h>
#include <stdlib.h>
#include <string.h>

#include "format/datasec.h"
#include "format/map_desc.h"
#include "format/uapi.h"

enum { F_RDONLY_PROG = 1 << 7, F_MMAPABLE = 1 << 10, F_LINK = 1 << 13 };

static const char *const kind_names[MAP_KIND_COUNT] = {
    [MAP_DEFINED] = "defined",       [MAP_LEGACY] = "legacy", [MAP_DATA] = "data",
    [MAP_RODATA] = "rodata",         [MAP_BSS] = "bss",       [MAP_KCONFIG] = "kconfig",
    [MAP_STRUCT_OPS] = "struct_ops",
};

const char *map_kind_name(enum map_kind kind)
{
	return kind_names[kind];
}

/* `name` itself, or `name` and what follows `mark`. */
static bool is_name_of(const char *s, const char *name, char mark)
{
	size_t n = strlen(name);

	return strncmp(s, name, n) == 0 && (!s[n] || s[n] == mark);
}

bool map_kind_of(const struct section *s, enum map_kind *kind)
{
	const char *plain = s->name + (*s->name == '?');

	if (strcmp(s->name, ".maps") == 0)
		*kind = MAP_DEFINED;
	else if (is_name_of(s->name, "maps", '/'))
		*kind = MAP_LEGACY;
	else if (s->type == SHT_NOBITS)
		*kind = MAP_BSS;
	else if (is_name_of(s->name, ".rodata", '.'))
		*kind = MAP_RODATA;
	else if (is_name_of(s->name, ".data", '.'))
		*kind = MAP_DATA;
	else if (strcmp(plain, ".struct_ops") == 0 || strcmp(plain, ".struct_ops.link") == 0)
		*kind = MAP_STRUCT_OPS;
	else
		return false;
	if (*kind == MAP_BSS)
		return is_name_of(s->name, ".bss", '.');
	return s->type == SHT_PROGBITS && !(s->flags & SHF_EXECINSTR);
}

/* The sections whose maps BTF lists. */
static const char *const listed[] = {".maps", ".struct_ops", ".struct_ops.link", "?.struct_ops",
				     "?.struct_ops.link"};

enum { LISTED_COUNT = sizeof(listed) / sizeof(*listed) };

struct map_lister {
	const struct object *o;
	struct map_defs *l;
	struct datasec vars[LISTED_COUNT];
	uint8_t *mmapable; /* by DATASEC's id: 0 not asked yet, 1 no, 2 yes */
	struct err *e;
};

static int add(struct map_lister *k, struct map_def m)
{
	struct map_def *more = array_grow(k->l->items, &k->l->cap, k->l->count, sizeof(*more));

	if (!more)
		return err_memory(k->e, k->o->path);
	k->l->items = more;
	more[k->l->count++] = m;
	return 0;
}

/* The older way: numbers, as struct bpf_map_def or bpf_elf_map has them first. */
static void read_numbers(const struct section *s, struct map_def *m)
{
	const uint8_t *at;

	m->bad = "libbpf 1.0 and later know no maps in a section of that name";
	if (!span_has(&s->bytes, m->offset, 16))
		return;
	at = s->bytes.at + m->offset;
	m->type = load_u32(at, s->bytes.swap);
	m->key_size = load_u32(at + 4, s->bytes.swap);
	m->value_size = load_u32(at + 8, s->bytes.swap);
	m->max_entries = load_u32(at + 12, s->bytes.swap);
	if (span_has(&s->bytes, (uint64_t)m->offset + 16, 4))
		m->flags = load_u32(at + 16, s->bytes.swap);
}

static void read_struct_ops(const struct btf *b, struct btf_type t, struct map_def *m)
{
	m->type = BPF_MAP_TYPE_STRUCT_OPS;
	m->key_size = sizeof(int32_t);
	m->max_entries = 1;
	m->flags = strstr(m->section, ".link") ? F_LINK : 0;
	if (t.kind != BTF_STRUCT)
		m->bad = b ? "BTF does not describe it as a struct" : "the object has no BTF";
	else if (!*t.name)
		m->bad = "its struct has no name";
	else
		m->value_size = t.size;
}

static uint32_t variable_of(const struct map_lister *k, const struct map_def *m)
{
	for (unsigned i = 0; i < LISTED_COUNT; i++)
		if (strcmp(listed[i], m->section) == 0)
			return datasec_find(&k->vars[i], m->name);
	return 0;
}

static int describe(struct map_lister *k, const struct section *s, struct map_def *m)
{
	const struct btf *b = k->o->btf;
	uint32_t var = variable_of(k, m);
	struct btf_type t = {0};

	if (m->kind == MAP_LEGACY) {
		read_numbers(s, m);
		return 0;
	}
	if (var && btf_type(b, var).kind == BTF_VAR)
		t = btf_strip(b, btf_type(b, var).type);
	m->type_id = t.id;
	if (m->kind == MAP_STRUCT_OPS) {
		read_struct_ops(b, t, m);
		return 0;
	}
	return map_desc_read(b, var, t, &k->l->arena, m) < 0 ? err_memory(k->e, k->o->path) : 0;
}

static int by_place(const void *x, const void *y)
{
	const struct map_def *a = x, *b = y;

	if (a->section_index != b->section_index)
		return a->section_index < b->section_index ? -1 : 1;
	if (a->offset != b->offset)
		return a->offset < b->offset ? -1 : 1;
	return strcmp(a->name, b->name);
}

/* Sorts the maps from `first` on by place, and keeps one for each. */
static void settle(struct map_defs *l, size_t first)
{
	size_t n = first;

	if (l->count > first)
		qsort(l->items + first, l->count - first, sizeof(*l->items), by_place);
	for (size_t i = first; i < l->count; i++)
		if (n == first || l->items[i].section_index != l->items[n - 1].section_index ||
		    l->items[i].offset != l->items[n - 1].offset)
			l->items[n++] = l->items[i];
	l->count = n;
}

/* A map for each symbol of a section whose kind is a bit of `kinds`. */
static int symbol_maps(struct map_lister *k, unsigned kinds)
{
	const struct elffile *c = k->o->elf;
	size_t first = k->l->count;

	for (size_t i = 0; i < c->symbol_count; i++) {
		const struct symbol *sym = &c->symbols[i];
		const struct section *s;
		struct map_def m = {.name = sym->name, .offset = (uint32_t)sym->value};

		if (sym->section == 0 || sym->section >= c->section_count || !*sym->name ||
		    sym->value > UINT32_MAX || (sym->type != STT_OBJECT && sym->type != STT_NOTYPE))
			continue;
		s = &c->sections[sym->section];
		if (!map_kind_of(s, &m.kind) || !(kinds >> m.kind & 1))
			continue;
		m.section = s->name;
		m.section_index = s->index;
		m.automatic = *s->name != '?';
		if (describe(k, s, &m) < 0 || add(k, m) < 0)
			return -1;
	}
	settle(k->l, first);
	return 0;
}

/* libbpf lets user space map the data of a section that BTF lists with a global variable. */
static bool is_mmapable(struct map_lister *k, uint32_t datasec)
{
	const struct btf *b = k->o->btf;
	uint8_t *known = &k->mmapable[datasec];
	struct btf_type sec = btf_type(b, datasec);

	for (uint32_t i = 0; *known == 0 && i < sec.vlen; i++) {
		struct btf_type v = btf_type(b, btf_secinfo(&sec, i).type);

		if (v.kind == BTF_VAR && btf_tail_u32(&v) != 0)
			*known = 2;
	}
	if (*known == 0)
		*known = 1;
	return *known == 2;
}

static int add_data(struct map_lister *k, const char *name, uint32_t section_index,
		    enum map_kind kind, uint64_t size)
{
	bool frozen = kind == MAP_RODATA || kind == MAP_KCONFIG;
	struct map_def m = {.name = name,
			    .section = name,
			    .section_index = section_index,
			    .kind = kind,
			    .type = BPF_MAP_TYPE_ARRAY,
			    .key_size = sizeof(int32_t),
			    .value_size = size > UINT32_MAX ? UINT32_MAX : (uint32_t)size,
			    .max_entries = 1,
			    .flags = frozen ? F_RDONLY_PROG : 0,
			    .automatic = true};

	if (size == 0)
		return 0;
	if (k->o->btf)
		m.value_type = btf_find(k->o->btf, name, BTF_DATASEC);
	if (m.value_type && is_mmapable(k, m.value_type))
		m.flags |= F_MMAPABLE;
	return add(k, m);
}

static int data_maps(struct map_lister *k)
{
	const struct elffile *c = k->o->elf;
	enum map_kind kind;

	for (size_t i = 1; i < c->section_count; i++) {
		const struct section *s = &c->sections[i];

		if (map_kind_of(s, &kind) &&
		    (kind == MAP_DATA || kind == MAP_RODATA || kind == MAP_BSS) &&
		    add_data(k, s->name, s->index, kind, s->size) < 0)
			return -1;
	}
	return 0;
}

static int list(struct map_lister *k, uint32_t kconfig_size)
{
	const struct btf *b = k->o->btf;

	k->mmapable = calloc(b ? b->end_id : 1, 1);
	if (!k->mmapable)
		return err_memory(k->e, k->o->path);
	for (unsigned i = 0; i < LISTED_COUNT; i++)
		if (datasec_open(b, listed[i], &k->vars[i]) < 0)
			return err_memory(k->e, k->o->path);
	if (symbol_maps(k, 1u << MAP_DEFINED | 1u << MAP_LEGACY) < 0)
		return -1;
	k->l->described = k->l->count;
	if (data_maps(k) < 0 || add_data(k, ".kconfig", 0, MAP_KCONFIG, kconfig_size) < 0)
		return -1;
	k->l->struct_ops = k->l->count;
	return symbol_maps(k, 1u << MAP_STRUCT_OPS);
}

int map_defs_read(const struct object *o, uint32_t kconfig_size, struct map_defs *out,
		  struct err *e)
{
	struct map_lister k = {.o = o, .l = out, .e = e};
	int rc;

	*out = (struct map_defs){0};
	rc = list(&k, kconfig_size);
	for (unsigned i = 0; i < LISTED_COUNT; i++)
		datasec_close(&k.vars[i]);
	free(k.mmapable);
	return rc;
}

void map_defs_free(struct map_defs *l)
{
	free(l->items);
	arena_free(&l->arena);
}

/* The last map from `low` to `high`, which are ordered by place, that starts at that byte or before
 * it; OBJECT_NONE for none in that section. */
static uint32_t last_until(const struct map_defs *l, size_t low, size_t high,
			   uint32_t section_index, uint64_t offset)
{
	size_t first = low;

	while (low < high) {
		size_t mid = low + (high - low) / 2;
		const struct map_def *m = &l->items[mid];

		if (m->section_index < section_index ||
		    (m->section_index == section_index && m->offset <= offset))
			low = mid + 1;
		else
			high = mid;
	}
	return low > first && l->items[low - 1].section_index == section_index ? (uint32_t)low - 1
									       : OBJECT_NONE;
}

uint32_t map_defs_until(const struct map_defs *l, uint32_t section_index, uint64_t offset)
{
	return last_until(l, 0, l->described, section_index, offset);
}

uint32_t map_defs_at(const struct map_defs *l, uint32_t section_index, uint64_t offset)
{
	uint32_t i = map_defs_until(l, section_index, offset);

	return i != OBJECT_NONE && l->items[i].offset == offset ? i : OBJECT_NONE;
}

uint32_t map_defs_around(const struct map_defs *l, uint32_t section_index, uint64_t offset)
{
	uint32_t i = last_until(l, l->struct_ops, l->count, section_index, offset);

	return i != OBJECT_NONE && offset - l->items[i].offset < l->items[i].value_size
		   ? i
		   : OBJECT_NONE;
}

/* Members of a struct in C stand in the order of their places. */
bool map_def_member(const struct btf *b, const struct map_def *m, uint64_t offset, uint32_t *member)
{
	struct btf_type t = btf_type(b, m->type_id);
	uint32_t low = 0, high = t.kind == BTF_STRUCT ? t.vlen : 0;

	while (low < high) {
		uint32_t mid = low + (high - low) / 2;

		if (btf_member(&t, mid).bit_offset < offset * 8)
			low = mid + 1;
		else
			high = mid;
	}
	*member = low;
	return t.kind == BTF_STRUCT && low < t.vlen && btf_member(&t, low).bit_offset == offset * 8;
}
