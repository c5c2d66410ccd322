/*
 * btf_open: from the bytes of a file to an open BTF: the header, the types (btf_pass.c), the index
 * of names (btf_index.c); and who keeps what alive. See btf.h.
 */
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "format/btf_impl.h"
#include "format/btf_kfuncs.h"
#include "format/elffile.h"
#include "format/foreign.h"
#include "format/kernel_banner.h"
#include "format/kernel_image.h"

/* What nobody else sees of a struct btf, which it begins with. */
struct btf_box {
	struct btf btf;
	atomic_uint refs;
	struct input *input;
	struct btf *base;
	uint32_t *kfuncs; /* in the sets of its ELF file */
	size_t kfunc_count;
	char *banner;
};

static struct btf_box *box_of(const struct btf *b)
{
	return (struct btf_box *)(uintptr_t)b;
}

static uint8_t guess_ptr_size(const struct btf *b)
{
	uint32_t id = btf_long(b);

	return id ? (uint8_t)btf_type(b, id).size : 8;
}

/* The sections that a header names must lie behind it, inside the BTF. */
static int subsection(const struct span *raw, uint32_t hdr_len, uint32_t field, const char *what,
		      struct span *out, struct err *e)
{
	uint64_t off = load_u32(raw->at + field, raw->swap);
	uint64_t len = load_u32(raw->at + field + 4, raw->swap);

	if (!span_has(raw, hdr_len + off, len))
		return span_err(
		    e, raw, field,
		    "%s section of %llu bytes at %#llx reaches past the end of the BTF (%zu bytes)",
		    what, (unsigned long long)len, (unsigned long long)(hdr_len + off), raw->len);
	*out = *raw;
	out->at = raw->at + hdr_len + off;
	out->len = len;
	return 0;
}

/* The strings of a split BTF go on from those of its base: the empty string, with which every other
 * BTF begins, is there already. */
static bool begins_anew(const struct btf *b)
{
	return b->strings_len && b->strings[0] == '\0';
}

static int check_strings(const struct btf *b, struct err *e)
{
	const struct span *raw = &b->raw;
	uint64_t at = (uint64_t)((const uint8_t *)b->strings - raw->at), len = b->strings_len;

	if (!b->base && !len && !b->types_len)
		return span_err(e, raw, at,
				"a header with no types behind it, as builds leave where pahole "
				"failed");
	if (!b->base && !begins_anew(b))
		return span_err(e, raw, at,
				"string section %s: if this is split BTF, such as a module's, it "
				"needs its kernel's as base (--base, or -m beside -t)",
				len ? "does not start with an empty string" : "is empty");
	if (len == 0)
		return 0;
	if (b->strings[len - 1] != '\0')
		return span_err(e, raw, at + len - 1, "string section does not end with a NUL");
	if (len > UINT32_MAX - b->first_string)
		return span_err(e, raw, at, "string offsets exceed 32 bits");
	return 0;
}

static int read_header(struct btf *b, struct span *layout, struct err *e)
{
	struct span *raw = &b->raw, types, strings;
	uint16_t magic;
	uint32_t hdr_len;

	if (raw->len < BTF_HDR_SIZE)
		return span_err(e, raw, 0, "%zu bytes are too few for a BTF header", raw->len);
	magic = load_u16(raw->at, false);
	if (magic != BTF_MAGIC && magic != __builtin_bswap16(BTF_MAGIC))
		return span_err(e, raw, 0, "not BTF: magic is %02x %02x", raw->at[0], raw->at[1]);
	b->swap = raw->swap = magic != BTF_MAGIC;
	b->big_endian = b->swap != host_big_endian();
	if (raw->at[BTF_HDR_VERSION] != BTF_VERSION)
		return span_err(e, raw, BTF_HDR_VERSION, "BTF version %u is unknown",
				raw->at[BTF_HDR_VERSION]);
	hdr_len = load_u32(raw->at + BTF_HDR_LEN, raw->swap);
	if (hdr_len < BTF_HDR_SIZE || hdr_len > raw->len)
		return span_err(e, raw, BTF_HDR_LEN, "header length %u is not 24 to %zu", hdr_len,
				raw->len);
	if (subsection(raw, hdr_len, BTF_HDR_TYPE_OFF, "type", &types, e) < 0 ||
	    subsection(raw, hdr_len, BTF_HDR_STR_OFF, "string", &strings, e) < 0)
		return -1;
	*layout = (struct span){0};
	if (hdr_len >= BTF_HDR_LAYOUT_SIZE &&
	    subsection(raw, hdr_len, BTF_HDR_LAYOUT_OFF, "layout", layout, e) < 0)
		return -1;
	b->types = types.at;
	b->types_len = (uint32_t)types.len;
	b->strings = (const char *)strings.at;
	b->strings_len = (uint32_t)strings.len;
	return 0;
}

/* From where its ids and string offsets go on. */
static void stand_on(struct btf *b, const struct btf *base)
{
	box_of(b)->base = base ? btf_ref(base) : NULL;
	b->base = base;
	b->first_id = base ? base->end_id : 1;
	b->first_string = base ? base->first_string + base->strings_len : 0;
}

static int open_in(struct btf *b, const struct btf *base, const struct elffile *elf, struct err *e)
{
	struct span layout;
	struct btf_named *named;
	size_t count;

	if (read_header(b, &layout, e) < 0)
		return -1;
	stand_on(b, begins_anew(b) ? NULL : base);
	if (check_strings(b, e) < 0)
		return -1;
	if (b->base && b->base->swap != b->swap)
		return span_err(e, &b->raw, 0, "its byte order is not that of its base %s",
				b->base->name);
	if (btf_pass(b, &layout, !elf || elf->machine != ELFFILE_EM_BPF, &named, &count, e) < 0 ||
	    btf_index_types(b, named, count, e) < 0)
		return -1;
	b->ptr_size = b->base ? b->base->ptr_size
		      : elf   ? (uint8_t)(elf->bits / 8)
			      : guess_ptr_size(b);
	return 0;
}

/* Keeps the bytes as they are when they are checked: those that may change are copied. */
static struct input *hold(struct input *in, struct span *raw)
{
	struct input *own;

	if (!input_may_change(in))
		return input_ref(in);
	own = input_copy(in->path, raw->at, raw->len);
	if (own) {
		raw->at = own->data;
		raw->file = own->path;
	}
	return own;
}

int btf_open(struct input *in, struct span raw, const struct btf *base, const struct elffile *elf,
	     struct btf **out, struct err *e)
{
	struct btf_box *x = calloc(1, sizeof(*x));
	struct btf *b;

	if (!x)
		return err_memory(e, in->path);
	b = &x->btf;
	atomic_init(&x->refs, 1);
	b->raw = raw;
	x->input = hold(in, &b->raw);
	if (!x->input) {
		btf_unref(b);
		return err_memory(e, in->path);
	}
	b->name = x->input->path;
	if (open_in(b, base, elf, e) < 0) {
		btf_unref(b);
		return -1;
	}
	*out = b;
	return 0;
}

struct btf *btf_ref(const struct btf *b)
{
	atomic_fetch_add(&box_of(b)->refs, 1);
	return (struct btf *)(uintptr_t)b;
}

unsigned btf_refs(const struct btf *b)
{
	return atomic_load(&box_of(b)->refs);
}

void btf_unref(struct btf *b)
{
	if (!b || atomic_fetch_sub(&box_of(b)->refs, 1) != 1)
		return;
	btf_unref(box_of(b)->base);
	input_unref(box_of(b)->input);
	free(box_of(b)->kfuncs);
	free(box_of(b)->banner);
	free(b->start);
	btf_index_free(b);
	free(b);
}

/* The bytes of a section outlive the ELF file only where they stand in the input itself. */
static struct input *section_input(const struct elffile *c, struct span *s)
{
	struct input *copy;

	if (s->at >= c->input->data && s->at < c->input->data + c->input->len)
		return input_ref(c->input);
	copy = input_copy(c->input->path, s->at, s->len);
	if (copy)
		s->at = copy->data;
	return copy;
}

int btf_from_section(const struct elffile *c, const char *name, const struct btf *base,
		     struct btf **out, struct err *e)
{
	const struct section *s = elffile_section(c, name);
	struct span bytes;
	struct input *in;
	int rc;

	if (!s)
		return err_set(e, ERR_UNSUPPORTED, c->input->path, NULL, ERR_NO_OFFSET,
			       "has no %s section", name);
	bytes = s->bytes;
	bytes.section = name;
	in = section_input(c, &bytes);
	if (!in)
		return err_memory(e, c->input->path);
	bytes.file = in->path;
	rc = btf_open(in, bytes, base, c, out, e);
	input_unref(in);
	return rc;
}

const uint32_t *btf_set_kfuncs(const struct btf *b, size_t *count)
{
	*count = box_of(b)->kfunc_count;
	return box_of(b)->kfuncs;
}

const char *btf_banner(const struct btf *b)
{
	return box_of(b)->banner;
}

/* What of a vmlinux is known besides its BTF. */
static void read_rest(const struct elffile *c, struct btf *b)
{
	const struct section *s = elffile_section(c, ".BTF_ids");

	if (s)
		box_of(b)->kfuncs = btf_kfuncs_in_sets(b, &s->bytes, &box_of(b)->kfunc_count);
	s = c->machine != ELFFILE_EM_BPF && !b->base ? elffile_section(c, ".rodata") : NULL;
	if (s)
		box_of(b)->banner = kernel_banner_in(s->bytes.at, s->bytes.len);
}

static int load_elf(struct input *in, const struct btf *base, struct btf **out, struct err *e)
{
	struct elffile *c;
	struct btf *own_base = NULL;
	int rc = 0;

	if (elffile_open(in, &c, e) < 0)
		return -1;
	if (elffile_section(c, ".BTF.base"))
		rc = btf_from_section(c, ".BTF.base", NULL, &own_base, e);
	if (rc == 0)
		rc = btf_from_section(c, ".BTF", own_base ? own_base : base, out, e);
	if (rc == 0)
		read_rest(c, *out);
	btf_unref(own_base);
	elffile_free(c);
	return rc;
}

static bool is_btf(const struct input *in)
{
	uint16_t magic = in->len < sizeof(magic) ? 0 : load_u16(in->data, false);

	return magic == BTF_MAGIC || magic == __builtin_bswap16(BTF_MAGIC);
}

static int load_image(struct input *in, struct btf **out, struct err *e)
{
	struct input *kernel;
	char *banner;
	int rc;

	if (kernel_image_open(in, &kernel, &banner, e) < 0)
		return -1;
	rc = btf_from_input(kernel, NULL, out, e);
	if (rc == 0 && banner) {
		free(box_of(*out)->banner);
		box_of(*out)->banner = banner;
	} else {
		free(banner);
	}
	input_unref(kernel);
	return rc;
}

int btf_from_input(struct input *in, const struct btf *base, struct btf **out, struct err *e)
{
	struct span raw = {.at = in->data, .len = in->len, .file = in->path};

	if (elffile_is_elf(in))
		return load_elf(in, base, out, e);
	if (is_btf(in))
		return btf_open(in, raw, base, NULL, out, e);
	return kernel_image_is(in) ? load_image(in, out, e) : foreign_btf(in, e);
}

int btf_load(const char *path, const struct btf *base, struct btf **out, struct err *e)
{
	struct input *in;
	int rc;

	if (input_open(path, &in, e) < 0)
		return -1;
	rc = btf_from_input(in, base, out, e);
	input_unref(in);
	return rc;
}
