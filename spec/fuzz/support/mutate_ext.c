/* mutate_ext: changes records of .BTF.ext, and instructions; see mutate.h. */
#include <string.h>

#include "format/btf_ext.h"
#include "format/insn.h"
#include "mutate.h"

enum { FIELDS = 4, GROUP_HEAD = 8 };

/* The offset of some string, of those that begin with a digit two times in three. */
static uint32_t some_string(struct draft *d, const char *strings, uint32_t len, bool digits)
{
	for (unsigned i = 0; i < 64 && len; i++) {
		uint32_t at = draft_below(d, len);

		while (at && strings[at - 1])
			at--;
		if (!digits || (strings[at] >= '0' && strings[at] <= '9'))
			return at;
	}
	return draft_edge(d, len);
}

/* Finds some record of a table: where it is, and how many bytes it has. */
static bool some_record(struct draft *d, unsigned table, size_t *at, uint32_t *size, size_t *group)
{
	uint32_t head = draft_u32(d, BTF_HDR_LEN), field = BTF_EXT_FUNC_OFF + table * 8;
	uint64_t start, end, off;
	unsigned groups = 0;

	if (head < field + 8 || head > d->len)
		return false;
	start = (uint64_t)head + draft_u32(d, field);
	end = start + draft_u32(d, field + 4);
	if (end > d->len || end - start < 4)
		return false;
	*size = draft_u32(d, start);
	if (*size < 8 || *size > 256)
		return false;
	for (off = start + 4; off + GROUP_HEAD <= end;) {
		uint32_t count = draft_u32(d, off + 4);
		uint64_t room = (end - off - GROUP_HEAD) / *size;

		count = count < room ? count : (uint32_t)room;
		if (count && draft_one_of(d, ++groups)) {
			*group = off;
			*at = off + GROUP_HEAD + (size_t)draft_below(d, count) * *size;
		}
		off += GROUP_HEAD + (uint64_t)count * *size;
	}
	return groups > 0;
}

/* A copy of the record behind it, or none of it: the group and the table have one more, or less. */
static bool change_count(struct draft *d, unsigned table, size_t at, uint32_t size, size_t group)
{
	uint8_t copy[256];
	uint32_t one = draft_one_of(d, 2) ? 1 : UINT32_MAX, field = BTF_EXT_FUNC_OFF + table * 8;

	memcpy(copy, d->at + at, size);
	if (!(one == 1 ? draft_splice(d, at, 0, copy, size) : draft_splice(d, at, size, NULL, 0)))
		return false;
	draft_set_u32(d, group + 4, draft_u32(d, group + 4) + one);
	draft_set_u32(d, field + 4, draft_u32(d, field + 4) + one * size);
	for (unsigned i = 0; i < 3; i++) {
		uint32_t other = BTF_EXT_FUNC_OFF + i * 8;

		if (i != table && other + 8 <= draft_u32(d, BTF_HDR_LEN) &&
		    draft_u32(d, other) > draft_u32(d, field))
			draft_set_u32(d, other, draft_u32(d, other) + one * size);
	}
	return true;
}

static uint32_t some_field(struct draft *d, unsigned table, unsigned field, uint32_t old,
			   uint32_t types, const char *strings, uint32_t len)
{
	if (draft_one_of(d, 12))
		return draft_edge(d, old);
	if (field == 0)
		return old + (draft_below(d, 9) - 4) * INSN_SIZE;
	if (field == 1 && table != EXT_LINE_INFO)
		return draft_below(d, types + 1);
	if (field == 3 && table == EXT_CORE_RELO)
		return draft_below(d, RELO_KIND_COUNT + 1);
	return some_string(d, strings, len, table == EXT_CORE_RELO && !draft_one_of(d, 3));
}

bool mutate_ext(struct draft *d, uint32_t types, const char *strings, uint32_t strings_len)
{
	unsigned table = draft_one_of(d, 3) ? draft_below(d, 3) : EXT_CORE_RELO;
	size_t at = 0, group = 0;
	uint32_t size = 0, off;

	if (d->len < BTF_EXT_HDR_SIZE)
		return false;
	if (draft_one_of(d, 16)) {
		off = 4 + draft_below(d, 7) * 4;
		if (off + 4 <= d->len)
			draft_set_u32(d, off, draft_edge(d, draft_u32(d, off)));
		return true;
	}
	if (!some_record(d, table, &at, &size, &group))
		return false;
	if (draft_one_of(d, 6))
		return change_count(d, table, at, size, group);
	off = draft_below(d, size / 4 < FIELDS ? size / 4 : FIELDS);
	draft_set_u32(
	    d, at + off * 4,
	    some_field(d, table, off, draft_u32(d, at + off * 4), types, strings, strings_len));
	return true;
}

/* Codes of instructions that objects have; 0 is the second half of an ldimm64. */
static uint8_t some_code(struct draft *d)
{
	static const uint8_t code[] = {
	    0x00, 0x05, 0x07, 0x0f, 0x15, 0x18, 0x1d, 0x2d, 0x47, 0x4f, 0x55, 0x57, 0x5f, 0x61,
	    0x62, 0x63, 0x65, 0x67, 0x69, 0x6b, 0x71, 0x73, 0x77, 0x79, 0x7a, 0x7b, 0x81, 0x85,
	    0x8d, 0x91, 0x95, 0xa5, 0xb4, 0xb7, 0xbc, 0xbf, 0xc3, 0xc7, 0xd4, 0xdb, 0xdc, 0xe5};

	return draft_one_of(d, 8) ? (uint8_t)draft_below(d, 256)
				  : code[draft_below(d, sizeof(code))];
}

bool mutate_insns(struct draft *d)
{
	uint32_t count = (uint32_t)d->len / INSN_SIZE;
	uint8_t copy[INSN_SIZE], *insn;

	if (!count)
		return false;
	insn = d->at + (size_t)draft_below(d, count) * INSN_SIZE;
	switch (draft_below(d, 8)) {
	case 0: insn[0] = some_code(d); break;
	case 1: insn[1] = (uint8_t)(draft_below(d, 12) | draft_below(d, 12) << 4); break;
	case 2:
		store_u16(insn + 2, (uint16_t)(draft_below(d, count + 4) - draft_below(d, count)),
			  d->swap);
		break;
	case 3:
		store_u16(insn + 2, (uint16_t)draft_edge(d, load_u16(insn + 2, d->swap)), d->swap);
		break;
	case 4: store_u32(insn + 4, draft_edge(d, load_u32(insn + 4, d->swap)), d->swap); break;
	case 5: store_u32(insn + 4, draft_below(d, 220), d->swap); break;
	default:
		memcpy(copy, d->at + (size_t)draft_below(d, count) * INSN_SIZE, INSN_SIZE);
		memcpy(insn, copy, INSN_SIZE);
	}
	return true;
}
