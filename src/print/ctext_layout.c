/* ctext_layout: the comments of a layout, in the words of pahole. */
#include "print/ctext.h"

static void start_comment(struct ctext *c)
{
	ctext_indent(c);
	out_text(c->out, "/* ");
}

static void end_comment(struct ctext *c)
{
	out_text(c->out, " */");
	out_line(c->out);
}

/* A number and what stands behind it. */
static void put(struct ctext *c, const char *before, uint64_t n, const char *after)
{
	out_text(c->out, before);
	out_u64(c->out, n, 0);
	out_text(c->out, after);
}

static void hole_comment(struct ctext *c, uint32_t n, const char *one, const char *many)
{
	if (!n)
		return;
	start_comment(c);
	put(c, "XXX ", n, n == 1 ? one : many);
	end_comment(c);
}

/* A cacheline that began since the last comment. */
static void cacheline_comment(struct ctext *c, uint64_t offset)
{
	uint64_t line = offset / HOLES_CACHELINE, ago = offset % HOLES_CACHELINE;

	if (line <= c->line)
		return;
	c->line = line;
	start_comment(c);
	put(c, "--- cacheline ", line, " boundary");
	put(c, " (", line * HOLES_CACHELINE, " bytes)");
	if (ago)
		put(c, " was ", ago, " bytes ago");
	out_text(c->out, " ---");
	end_comment(c);
}

void ctext_layout_member(struct ctext *c, const struct btf_member *m, struct gap gap)
{
	if (gap.bits || gap.bytes)
		out_line(c->out);
	hole_comment(c, gap.bits, " bit hole, try to pack", " bits hole, try to pack");
	hole_comment(c, gap.bytes, " byte hole, try to pack", " bytes hole, try to pack");
	if (gap.bits || gap.bytes)
		out_line(c->out);
	cacheline_comment(c, (c->start + m->bit_offset) / 8);
}

static void sums(struct ctext *c, const struct holes *h)
{
	if (h->member_sum) {
		start_comment(c);
		put(c, "sum members: ", h->member_sum, "");
		if (h->count) {
			put(c, ", holes: ", h->count, "");
			put(c, ", sum holes: ", h->sum, "");
		}
		end_comment(c);
	}
	if (h->bitfield_sum) {
		start_comment(c);
		put(c, "sum bitfield members: ", h->bitfield_sum, " bits");
		if (h->bit_count) {
			put(c, ", bit holes: ", h->bit_count, "");
			put(c, ", sum bit holes: ", h->bit_sum, " bits");
		} else {
			put(c, " (", h->bitfield_sum / 8, " bytes)");
		}
		end_comment(c);
	}
}

static void fact(struct ctext *c, const char *before, uint64_t n, const char *after)
{
	if (!n)
		return;
	start_comment(c);
	put(c, before, n, after);
	end_comment(c);
}

void ctext_layout_end(struct ctext *c, const struct btf_type *t, const struct holes *h)
{
	if (t->vlen)
		out_line(c->out);
	start_comment(c);
	put(c, "size: ", t->size, "");
	put(c, ", cachelines: ", ((uint64_t)t->size + HOLES_CACHELINE - 1) / HOLES_CACHELINE, "");
	put(c, ", members: ", t->vlen, "");
	end_comment(c);
	if (h->count || h->bit_count)
		sums(c, h);
	fact(c, "padding: ", h->padding, "");
	if (h->paddings) {
		start_comment(c);
		put(c, "paddings: ", h->paddings, "");
		put(c, ", sum paddings: ", h->padding_sum, "");
		end_comment(c);
	}
	fact(c, "bit_padding: ", h->bit_padding, " bits");
	fact(c, "last cacheline: ", t->size % HOLES_CACHELINE, " bytes");
}
