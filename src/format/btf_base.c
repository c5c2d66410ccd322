/*
 * btf_base: whether a split BTF was made for the base that it is opened over. Nothing in it says
 * which that was: its ids and string offsets go on from where those of the base end. But pahole and
 * libbpf store a string once, and none in the end of another; over another base most names begin in
 * the middle of one. (The kernel only asks whether they are names at all.)
 */
#include "format/btf_impl.h"

/* Over the right base no name is astray; over that of a near build of the same kernel at least
 * every fourth. A damaged file may have a few. */
enum { FEW = 8 };

struct fit {
	uint32_t names, astray; /* how many there are, and do not begin where a string does */
};

/* Whether each element of a kind begins with its name. */
static bool elements_named(unsigned kind)
{
	return kind == BTF_STRUCT || kind == BTF_UNION || kind == BTF_ENUM || kind == BTF_ENUM64 ||
	       kind == BTF_FUNC_PROTO;
}

static bool begins_string(const struct btf *b, uint32_t off)
{
	while (off < b->first_string)
		b = b->base;
	off -= b->first_string;
	return off < b->strings_len && (off == 0 || b->strings[off - 1] == '\0');
}

static void note(const struct btf *b, const uint8_t *at, struct fit *fit)
{
	uint32_t off = load_u32(at, b->swap);

	fit->names += off != 0;
	fit->astray += off != 0 && !begins_string(b, off);
}

int btf_base_check(const struct btf *b, struct err *e)
{
	struct fit fit = {0, 0};
	const uint8_t *p = b->types, *end = p + b->types_len;

	while ((size_t)(end - p) >= BTF_TYPE_SIZE) {
		uint32_t info = load_u32(p + 4, b->swap);
		struct btf_shape shape = b->shape[BTF_INFO_KIND(info)];
		uint64_t size = btf_record_size(b, p);

		if (!size || size > (size_t)(end - p))
			break;
		note(b, p, &fit);
		for (uint32_t i = 0; elements_named(BTF_INFO_KIND(info)) && i < BTF_INFO_VLEN(info);
		     i++)
			note(b, p + shape.size + (size_t)i * shape.each, &fit);
		p += size;
	}
	if (fit.astray <= fit.names / FEW)
		return 0;
	return span_err(e, &b->raw, 0,
			"its names do not fit those of %s: it was built for another vmlinux",
			b->base->name);
}
