/* map_def: map descriptions; see map_def.h. */
#include "format/map_def.h"

#include <string.h>

/* A number is described as a pointer to an array of that many elements. */
static uint32_t described_number(const struct btf *b, uint32_t type)
{
	struct btf_type t = btf_strip(b, type);

	if (t.kind != BTF_PTR)
		return 0;
	t = btf_strip(b, t.type);
	return t.kind == BTF_ARRAY ? btf_array(&t).count : 0;
}

/* A type is described as a pointer to it. */
static uint32_t described_size(const struct btf *b, uint32_t type)
{
	struct btf_type t = btf_strip(b, type);
	int64_t size = t.kind == BTF_PTR ? btf_size(b, t.type) : -1;

	return size > 0 ? (uint32_t)size : 0;
}

static void read_member(const struct btf *b, struct btf_member m, struct map_def *out)
{
	if (strcmp(m.name, "type") == 0)
		out->type = described_number(b, m.type);
	else if (strcmp(m.name, "max_entries") == 0)
		out->max_entries = described_number(b, m.type);
	else if (strcmp(m.name, "key_size") == 0)
		out->key_size = described_number(b, m.type);
	else if (strcmp(m.name, "value_size") == 0)
		out->value_size = described_number(b, m.type);
	else if (strcmp(m.name, "key") == 0)
		out->key_size = described_size(b, m.type);
	else if (strcmp(m.name, "value") == 0)
		out->value_size = described_size(b, m.type);
}

static void read_btf(const struct btf *b, struct map_def *out)
{
	uint32_t id = btf_find(b, ".maps", BTF_DATASEC);
	struct btf_type sec, t;

	if (!id)
		return;
	sec = btf_type(b, id);
	for (uint32_t i = 0; i < sec.vlen; i++) {
		t = btf_type(b, btf_secinfo(&sec, i).type);
		if (t.kind != BTF_VAR || strcmp(t.name, out->name) != 0)
			continue;
		t = btf_strip(b, t.type);
		for (uint32_t m = 0; btf_is_composite(&t) && m < t.vlen; m++)
			read_member(b, btf_member(&t, m), out);
	}
}

/* The older way: numbers in the section `maps`. */
static void read_struct(const struct section *s, const struct symbol *sym, struct map_def *out)
{
	const uint8_t *at;

	if (!span_has(&s->bytes, sym->value, 16))
		return;
	at = s->bytes.at + sym->value;
	out->type = load_u32(at, s->bytes.swap);
	out->key_size = load_u32(at + 4, s->bytes.swap);
	out->value_size = load_u32(at + 8, s->bytes.swap);
	out->max_entries = load_u32(at + 12, s->bytes.swap);
}

struct map_def map_def_of(const struct object *o, const struct symbol *sym)
{
	struct map_def out = {.name = sym->name};
	const struct section *s = &o->elf->sections[sym->section];

	if (strcmp(s->name, "maps") == 0)
		read_struct(s, sym, &out);
	else if (o->btf)
		read_btf(o->btf, &out);
	return out;
}
