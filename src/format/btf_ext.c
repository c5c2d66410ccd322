/* btf_ext: reads and checks the tables of .BTF.ext; see btf_ext.h. */
#include "format/btf_ext.h"

#include <stdlib.h>

#include "base/arena.h"

static const struct table {
	const char *name;
	uint32_t field;    /* of its offset in the header */
	uint32_t smallest; /* record, bytes */
} tables[] = {
    [EXT_FUNC_INFO] = {"func_info", BTF_EXT_FUNC_OFF, BTF_EXT_FUNC_REC},
    [EXT_LINE_INFO] = {"line_info", BTF_EXT_LINE_OFF, BTF_EXT_LINE_REC},
    [EXT_CORE_RELO] = {"core_relo", BTF_EXT_RELO_OFF, BTF_EXT_RELO_REC},
};

static uint32_t ext_u32(const struct span *ext, uint64_t off)
{
	return load_u32(ext->at + off, ext->swap);
}

bool btf_has_string(const struct btf *b, uint32_t off)
{
	return off == 0 || off < (uint64_t)b->first_string + b->strings_len;
}

int btf_ext_locate(const struct span *ext, enum btf_ext_table table, uint64_t *at, uint64_t *len,
		   struct err *e)
{
	const struct table *t = &tables[table];
	uint32_t hdr_len;

	*at = *len = 0;
	if (ext->len < BTF_EXT_HDR_SIZE)
		return span_err(e, ext, 0, "%zu bytes are too few for a header", ext->len);
	if (load_u16(ext->at, ext->swap) != BTF_MAGIC)
		return span_err(e, ext, 0, "magic is %02x %02x, not that of the object's BTF",
				ext->at[0], ext->at[1]);
	if (ext->at[BTF_HDR_VERSION] != BTF_VERSION)
		return span_err(e, ext, BTF_HDR_VERSION, "version %u is unknown",
				ext->at[BTF_HDR_VERSION]);
	hdr_len = ext_u32(ext, BTF_HDR_LEN);
	if (hdr_len < BTF_EXT_HDR_SIZE || hdr_len > ext->len)
		return span_err(e, ext, BTF_HDR_LEN, "header length %u is not 24 to %zu", hdr_len,
				ext->len);
	if (t->field + 8 > hdr_len)
		return 0;
	*at = (uint64_t)hdr_len + ext_u32(ext, t->field);
	*len = ext_u32(ext, t->field + 4);
	if (*len && !span_has(ext, *at, *len))
		return span_err(e, ext, t->field, "%s of %llu bytes at %#llx reaches past the end",
				t->name, (unsigned long long)*len, (unsigned long long)*at);
	return 0;
}

static int read_group(const struct span *ext, const struct btf *b, const struct table *t,
		      uint32_t size, uint64_t *at, uint64_t end, struct btf_ext_group *out,
		      struct err *e)
{
	uint32_t name, count;

	if (end - *at < 8)
		return span_err(e, ext, *at, "%s: a section header is cut off", t->name);
	name = ext_u32(ext, *at);
	count = ext_u32(ext, *at + 4);
	if (!btf_has_string(b, name))
		return span_err(e, ext, *at, "%s: section name offset %#x is out of range", t->name,
				name);
	if ((uint64_t)count * size > end - *at - 8)
		return span_err(e, ext, *at + 4, "%s: %u records of %u bytes reach past its end",
				t->name, count, size);
	*out = (struct btf_ext_group){.section = btf_string(b, name),
				      .records = ext->at + *at + 8,
				      .count = count,
				      .size = size};
	*at += 8 + (uint64_t)count * size;
	return 0;
}

int btf_ext_groups(const struct span *ext, const struct btf *b, enum btf_ext_table table,
		   struct btf_ext_group **out, size_t *count, struct err *e)
{
	const struct table *t = &tables[table];
	struct btf_ext_group *groups = NULL, *more;
	uint64_t at, len, end;
	size_t cap = 0;
	uint32_t size;

	*count = 0;
	*out = NULL;
	if (btf_ext_locate(ext, table, &at, &len, e) < 0)
		return -1;
	if (len == 0)
		return 0;
	end = at + len;
	if (len < 4)
		return span_err(e, ext, at, "%s: its record size is cut off", t->name);
	size = ext_u32(ext, at);
	if (size < t->smallest || size % 4)
		return span_err(e, ext, at, "%s: record size %u is not a multiple of 4 from %u on",
				t->name, size, t->smallest);
	for (at += 4; at < end; ++*count) {
		more = array_grow(groups, &cap, *count, sizeof(*groups));
		if (!more) {
			free(groups);
			return err_memory(e, ext->file);
		}
		groups = more;
		if (read_group(ext, b, t, size, &at, end, &groups[*count], e) < 0) {
			free(groups);
			return -1;
		}
	}
	*out = groups;
	return 0;
}
