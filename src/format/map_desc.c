/* map_desc: reads the members of a map's description; see map_desc.h. */
#include "format/map_desc.h"

#include <string.h>

#include "format/uapi.h"

struct desc {
	const struct btf *b;
	struct arena *arena;
	struct map_def *m;
	bool inner;  /* m is what another map holds */
	bool failed; /* memory is out */
};

static void refuse(struct desc *d, const char *why)
{
	if (!d->m->bad)
		d->m->bad = why;
}

/* A number is described as a pointer to an array of that many elements. */
static uint32_t number(struct desc *d, struct btf_member m)
{
	struct btf_type t = btf_strip(d->b, m.type);

	if (t.kind == BTF_PTR)
		t = btf_type(d->b, t.type);
	if (t.kind == BTF_ARRAY)
		return btf_array(&t).count;
	refuse(d, "a number of its description is no pointer to an array");
	return 0;
}

/* `__ulong` is an enum of one value. */
static uint64_t long_number(struct desc *d, struct btf_member m)
{
	struct btf_type t = btf_strip(d->b, m.type);

	if (t.kind == BTF_PTR)
		return number(d, m);
	if (btf_is_enum(&t) && t.vlen == 1)
		return btf_enumerator(&t, 0).value;
	refuse(d, "a number of its description is no enum of one value");
	return 0;
}

static void set_size(struct desc *d, uint32_t *size, uint32_t value, const char *conflict)
{
	if (*size && *size != value)
		refuse(d, conflict);
	*size = value;
}

/* A type is described as a pointer to it. */
static void set_type(struct desc *d, struct btf_member m, uint32_t *size, uint32_t *type,
		     const char *conflict)
{
	struct btf_type t = btf_type(d->b, m.type);
	int64_t bytes = t.kind == BTF_PTR ? btf_size(d->b, t.type) : -1;

	if (bytes < 0) {
		refuse(d, "a type of its description is no pointer to a type with a size");
		return;
	}
	*type = t.type;
	set_size(d, size, (uint32_t)bytes, conflict);
}

static void read_desc(struct desc *d, struct btf_type t);

static void read_inner(struct desc *d, struct btf_type t)
{
	struct map_def *inner = arena_alloc(d->arena, 1, sizeof(*inner));
	struct desc of = {.b = d->b, .arena = d->arena, .m = inner, .inner = true};

	if (!inner) {
		d->failed = true;
		return;
	}
	*inner = (struct map_def){.name = d->m->name,
				  .section = d->m->section,
				  .section_index = d->m->section_index,
				  .offset = d->m->offset,
				  .kind = d->m->kind,
				  .type_id = t.id,
				  .automatic = d->m->automatic};
	read_desc(&of, t);
	d->m->inner = inner;
	if (inner->bad)
		refuse(d, inner->bad);
}

/* What a map of maps or of programs holds: an array of pointers, of no length. */
static void read_values(struct desc *d, struct btf_member m, bool last)
{
	bool programs = d->m->type == BPF_MAP_TYPE_PROG_ARRAY;
	bool maps =
	    d->m->type == BPF_MAP_TYPE_ARRAY_OF_MAPS || d->m->type == BPF_MAP_TYPE_HASH_OF_MAPS;
	struct btf_type t = btf_type(d->b, m.type);

	if (d->inner)
		refuse(d, "a map that a map holds can hold none itself");
	else if (!last)
		refuse(d, "`values` is not the last of its description");
	else if (!maps && !programs)
		refuse(d, "it has `values`, but holds neither maps nor programs");
	if (d->inner || !last || (!maps && !programs))
		return;
	set_size(d, &d->m->value_size, 4, "its size of values is not 4, though it has `values`");
	if (t.kind == BTF_ARRAY && btf_array(&t).count == 0)
		t = btf_strip(d->b, btf_array(&t).elem);
	if (t.kind == BTF_PTR)
		t = btf_strip(d->b, t.type);
	if (t.kind != (programs ? BTF_FUNC_PROTO : BTF_STRUCT))
		refuse(d, "`values` is no array of pointers to what it holds");
	else if (maps)
		read_inner(d, t);
}

static void read_pinning(struct desc *d, struct btf_member m)
{
	d->m->pinning = number(d, m);
	if (d->inner)
		refuse(d, "a map that a map holds cannot be pinned");
	else if (d->m->pinning > 1)
		refuse(d, "its `pinning` is neither 0 nor 1");
}

static void read_member(struct desc *d, struct btf_member m, bool last)
{
	static const char key[] = "it gives two sizes of keys",
			  value[] = "it gives two sizes of values";
	struct map_def *def = d->m;

	if (strcmp(m.name, "type") == 0)
		def->type = number(d, m);
	else if (strcmp(m.name, "max_entries") == 0)
		def->max_entries = number(d, m);
	else if (strcmp(m.name, "map_flags") == 0)
		def->flags = number(d, m);
	else if (strcmp(m.name, "numa_node") == 0)
		def->numa_node = number(d, m);
	else if (strcmp(m.name, "key_size") == 0)
		set_size(d, &def->key_size, number(d, m), key);
	else if (strcmp(m.name, "value_size") == 0)
		set_size(d, &def->value_size, number(d, m), value);
	else if (strcmp(m.name, "key") == 0)
		set_type(d, m, &def->key_size, &def->key_type, key);
	else if (strcmp(m.name, "value") == 0)
		set_type(d, m, &def->value_size, &def->value_type, value);
	else if (strcmp(m.name, "values") == 0)
		read_values(d, m, last);
	else if (strcmp(m.name, "pinning") == 0)
		read_pinning(d, m);
	else if (strcmp(m.name, "map_extra") == 0)
		def->extra = long_number(d, m);
	else
		refuse(d, "its description has a member that libbpf does not know");
}

static void read_desc(struct desc *d, struct btf_type t)
{
	enum { MEMBERS_MOST = 64 }; /* there are 11 names; who has more says nothing by it */

	if (t.vlen > MEMBERS_MOST)
		refuse(d, "its description has too many members");
	for (uint32_t i = 0; i < t.vlen && i < MEMBERS_MOST; i++)
		read_member(d, btf_member(&t, i), i + 1 == t.vlen);
	if (d->m->type == BPF_MAP_TYPE_UNSPEC)
		refuse(d, "its description says no type");
}

int map_desc_read(const struct btf *b, uint32_t var, struct btf_type t, struct arena *arena,
		  struct map_def *m)
{
	enum { GLOBAL = 1 };
	struct desc d = {.b = b, .arena = arena, .m = m};
	struct btf_type v = {0};

	if (var)
		v = btf_type(b, var);
	if (!b || !var)
		refuse(&d, "the object has no BTF for it");
	else if (v.kind != BTF_VAR || btf_tail_u32(&v) != GLOBAL)
		refuse(&d, "it is static");
	else if (t.kind != BTF_STRUCT)
		refuse(&d, "BTF does not describe it as a struct");
	if (btf_is_composite(&t))
		read_desc(&d, t);
	return d.failed ? -1 : 0;
}
