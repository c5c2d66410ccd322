/* relocated: patches a copy of the file in place, so that all else stays where it is; see
 * relocated.h. */
#include "write/relocated.h"

#include <elf.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "format/btf_ext.h"

/* Sets the size of a section in its header. */
static void resize(const struct elffile *c, const struct section *s, uint64_t size, uint8_t *out)
{
	store_u64(out + elffile_header_at(c, s->index) + offsetof(Elf64_Shdr, sh_size), size,
		  s->bytes.swap);
}

/* Whether the sections that have relocations may be written to. */
static int check_sections(const struct object *o, struct err *e)
{
	bool *seen = calloc(o->elf->section_count, sizeof(*seen));
	int rc = seen ? 0 : err_memory(e, o->path);

	for (size_t i = 0; i < o->relo_count && rc == 0; i++) {
		uint32_t index = o->relos[i].section_index;
		size_t at;

		if (!seen[index])
			rc = elffile_writable(o->elf, &o->elf->sections[index], &at, e);
		seen[index] = true;
	}
	free(seen);
	return rc;
}

static int patch_all(const struct resolution *r, uint8_t *out, struct err *e)
{
	const struct object *o = r->object;

	for (size_t i = 0; i < o->relo_count; i++) {
		const struct relo *relo = &o->relos[i];
		const struct result *res = &r->results[i];
		size_t at = (size_t)(relo->insn - o->elf->input->data);

		if (memcmp(out + at, res->before, res->insn_len) != 0)
			return err_set(e, ERR_UNSUPPORTED, o->path,
				       o->elf->sections[relo->section_index].name, relo->insn_off,
				       "another relocation has changed this instruction");
		memcpy(out + at, res->after, res->insn_len);
	}
	return 0;
}

/* The bytes of .BTF.ext that go. */
struct gap {
	const struct section *ext;
	uint64_t at, len;
};

/* Takes out of s, whose bytes are in out as they were, what it relocates in the gap. */
static int trim_rels(const struct elffile *c, const struct section *s, const struct gap *gap,
		     uint8_t *out, struct err *e)
{
	size_t entry = s->type == SHT_RELA ? sizeof(Elf64_Rela) : sizeof(Elf64_Rel), at, kept = 0;

	if (!s->bytes.len && !s->unread)
		return 0;
	if (elffile_writable(c, s, &at, e) < 0)
		return -1;
	for (size_t i = 0; i + entry <= s->size; i += entry) {
		uint64_t offset = load_u64(out + at + i, s->bytes.swap);

		if (offset >= gap->at && offset - gap->at < gap->len)
			continue;
		memmove(out + at + kept, out + at + i, entry);
		kept += entry;
	}
	memset(out + at + kept, 0, s->size - kept);
	resize(c, s, kept, out);
	return 0;
}

/* Finds the table of relocations, which nothing else of .BTF.ext may share; a length of 0 for none.
 */
static int find_gap(const struct object *o, struct gap *gap, struct err *e)
{
	static const enum btf_ext_table others[] = {EXT_FUNC_INFO, EXT_LINE_INFO};

	*gap = (struct gap){.ext = elffile_section(o->elf, ".BTF.ext")};
	if (!gap->ext || !o->btf)
		return 0;
	if (btf_ext_locate(&gap->ext->bytes, EXT_CORE_RELO, &gap->at, &gap->len, e) < 0)
		return -1;
	for (size_t i = 0; gap->len && i < sizeof(others) / sizeof(*others); i++) {
		uint64_t at, len;

		if (btf_ext_locate(&gap->ext->bytes, others[i], &at, &len, e) < 0)
			return -1;
		if (at < gap->at + gap->len && gap->at < at + len)
			return span_err(e, &gap->ext->bytes, gap->at,
					"its tables share bytes, so none can be taken out");
	}
	return 0;
}

static int drop_records(const struct object *o, uint8_t *out, struct err *e)
{
	const struct elffile *c = o->elf;
	struct gap gap;
	size_t at;

	if (find_gap(o, &gap, e) < 0)
		return -1;
	if (!gap.len)
		return 0;
	if (elffile_writable(c, gap.ext, &at, e) < 0)
		return -1;
	store_u32(out + at + BTF_EXT_RELO_LEN, 0, gap.ext->bytes.swap);
	memset(out + at + gap.at, 0, gap.len);
	/* One that is a header and nothing else makes loaders complain. */
	if (gap.at + gap.len == gap.ext->bytes.len &&
	    gap.at > load_u32(gap.ext->bytes.at + BTF_HDR_LEN, gap.ext->bytes.swap))
		resize(c, gap.ext, gap.at, out);
	for (size_t i = 1; i < c->section_count; i++) {
		const struct section *s = &c->sections[i];

		if ((s->type == SHT_REL || s->type == SHT_RELA) && s->info == gap.ext->index &&
		    trim_rels(c, s, &gap, out, e) < 0)
			return -1;
	}
	return 0;
}

int relocated_write(const struct resolution *r, bool keep, uint8_t *out, struct err *e)
{
	struct input *whole;

	if (input_whole(r->object->elf->input, &whole, e) < 0)
		return -1;
	memcpy(out, whole->data, whole->len);
	input_unref(whole);
	if (check_sections(r->object, e) < 0 || patch_all(r, out, e) < 0)
		return -1;
	return keep ? 0 : drop_records(r->object, out, e);
}
