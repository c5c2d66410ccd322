/* ctext: what all of ctext write with: names as the style has them, and the indentation; and
 * whether all was written. */
#include "print/ctext.h"

#include <stdlib.h>

void ctext_free(struct ctext *c)
{
	free(c->parts);
	c->parts = NULL;
	c->part_count = c->part_cap = 0;
}

int ctext_check(const struct ctext *c, struct err *e)
{
	if (c->failed)
		return err_memory(e, c->btf->name);
	if (!c->cut)
		return 0;
	if (c->members > c->most_members)
		return err_set(e, ERR_LIMIT, c->btf->name, NULL, ERR_NO_OFFSET,
			       "types without a name nest to more than %llu members",
			       (unsigned long long)c->most_members);
	return err_set(e, ERR_LIMIT, c->btf->name, NULL, ERR_NO_OFFSET,
		       "types without a name nest deeper than %d", CTEXT_DEPTH);
}

void ctext_name(struct ctext *c, const char *name, uint32_t number)
{
	if (c->style == CTEXT_SOURCE)
		names_write(c->out, name, number);
	else if (c->style == CTEXT_DECL)
		out_text(c->out, name);
	else
		out_name(c->out, name);
}

void ctext_type_name(struct ctext *c, const struct btf_type *t)
{
	const char *other = c->rename ? c->rename(c->rename_ctx, t) : NULL;

	if (other)
		ctext_name(c, other, 0);
	else if (c->names)
		names_type(c->names, c->out, t);
	else if ((t->kind == BTF_INT || t->kind == BTF_FLOAT) && names_is_builtin(t))
		out_text(c->out, t->name); /* of several words, as no other name is */
	else
		ctext_name(c, t->name, 0);
}

void ctext_indent(struct ctext *c)
{
	if (c->style == CTEXT_SOURCE)
		out_repeat(c->out, '\t', c->depth);
	else
		out_repeat(c->out, ' ', c->depth * 4ul);
}
