/* extern_def: goes through the extern symbols; see extern_def.h. */
#include "format/extern_def.h"

#include <elf.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "format/datasec.h"

const char *extern_kind_name(enum extern_kind kind)
{
	switch (kind) {
	case EXTERN_KCONFIG: return "kconfig";
	case EXTERN_KSYM: return "ksym";
	case EXTERN_KFUNC: return "kfunc";
	default: return "unknown";
	}
}

struct extern_lister {
	const struct object *o;
	struct datasec kconfig, ksyms;
};

static bool is_extern(const struct symbol *s)
{
	return s->section == SHN_UNDEF && (s->bind == STB_GLOBAL || s->bind == STB_WEAK) &&
	       s->type == STT_NOTYPE && *s->name;
}

/* Whether libbpf can fill a value of that type in: a number, a bool, a tristate or text. */
static bool is_config_type(const struct btf *b, struct btf_type t)
{
	bool text = t.kind == BTF_ARRAY && btf_array(&t).count > 0;
	bool is_bool;

	if (text)
		t = btf_strip(b, btf_array(&t).elem);
	if (btf_is_enum(&t))
		return !text && strcmp(t.name, "libbpf_tristate") == 0 &&
		       (t.kind == BTF_ENUM64 || t.size == 4);
	if (t.kind != BTF_INT || t.size == 0 || t.size > 8 || (t.size & (t.size - 1)))
		return false;
	is_bool = BTF_INT_ENCODING(btf_tail_u32(&t)) & BTF_INT_BOOL;
	return t.size == 1 ? !(text && is_bool) : !text && !is_bool;
}

static const char *what_is_bad(const struct extern_lister *k, const struct extern_def *x,
			       struct btf_type v)
{
	enum { EXTERN_LINKAGE = 2 };

	if (!k->o->btf || !x->var_id)
		return "the object has no BTF for it";
	if ((v.kind == BTF_FUNC ? v.vlen : btf_tail_u32(&v)) != EXTERN_LINKAGE)
		return "its BTF does not call it extern";
	if (x->kind != EXTERN_KCONFIG)
		return NULL;
	if (v.kind == BTF_FUNC)
		return "a function cannot stand in .kconfig";
	if (!is_config_type(k->o->btf, btf_strip(k->o->btf, v.type)))
		return "a configuration value cannot be of its type";
	return NULL;
}

static void describe(const struct extern_lister *k, struct extern_def *x)
{
	const struct btf *b = k->o->btf;
	struct btf_type v = {0};
	int64_t size;

	x->kind = EXTERN_UNKNOWN;
	if ((x->var_id = datasec_find(&k->kconfig, x->name)))
		x->kind = EXTERN_KCONFIG;
	else if ((x->var_id = datasec_find(&k->ksyms, x->name)))
		x->kind = EXTERN_KSYM;
	if (x->var_id) {
		v = btf_type(b, x->var_id);
		if (x->kind == EXTERN_KSYM && v.kind == BTF_FUNC)
			x->kind = EXTERN_KFUNC;
		size = v.kind == BTF_VAR ? btf_size(b, v.type) : -1;
		x->size = size > 0 ? (uint32_t)size : 0;
		x->type_id = btf_strip(b, v.type).id;
	}
	x->bad = what_is_bad(k, x, v);
}

static int list(const struct extern_lister *k, struct extern_defs *out)
{
	const struct elffile *c = k->o->elf;

	for (size_t i = 0; i < c->symbol_count; i++) {
		struct extern_def *more;

		if (!is_extern(&c->symbols[i]))
			continue;
		more = array_grow(out->items, &out->cap, out->count, sizeof(*more));
		if (!more)
			return -1;
		out->items = more;
		more += out->count++;
		*more = (struct extern_def){.name = c->symbols[i].name,
					    .weak = c->symbols[i].bind == STB_WEAK,
					    .symbol = (uint32_t)i};
		describe(k, more);
	}
	return 0;
}

/* libbpf lays the values out by descending alignment, which leaves no gaps. */
static uint32_t config_size(const struct extern_defs *l)
{
	uint64_t size = 0;

	for (size_t i = 0; i < l->count; i++)
		if (l->items[i].kind == EXTERN_KCONFIG)
			size += l->items[i].size;
	return size > UINT32_MAX ? UINT32_MAX : (uint32_t)size;
}

int extern_defs_read(const struct object *o, struct extern_defs *out, uint32_t *kconfig_size,
		     struct err *e)
{
	struct extern_lister k = {.o = o};
	int rc = -1;

	*out = (struct extern_defs){0};
	if (datasec_open(o->btf, ".kconfig", &k.kconfig) == 0 &&
	    datasec_open(o->btf, ".ksyms", &k.ksyms) == 0 && list(&k, out) == 0)
		rc = 0;
	else
		err_memory(e, o->path);
	datasec_close(&k.kconfig);
	datasec_close(&k.ksyms);
	*kconfig_size = rc == 0 ? config_size(out) : 0;
	return rc;
}
