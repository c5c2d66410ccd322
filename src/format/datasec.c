/* datasec: sorts the variables of a section; see datasec.h. */
#include "format/datasec.h"

#include <stdlib.h>
#include <string.h>

static int by_name(const void *x, const void *y)
{
	const struct datasec_var *a = x, *b = y;
	int c = strcmp(a->name, b->name);

	return c ? c : (a->id > b->id) - (a->id < b->id);
}

int datasec_open(const struct btf *b, const char *section, struct datasec *out)
{
	uint32_t id = b ? btf_find(b, section, BTF_DATASEC) : 0;
	struct btf_type sec;

	*out = (struct datasec){0};
	if (!id)
		return 0;
	sec = btf_type(b, id);
	out->vars = calloc(sec.vlen ? sec.vlen : 1, sizeof(*out->vars));
	if (!out->vars)
		return -1;
	for (uint32_t i = 0; i < sec.vlen; i++) {
		struct btf_type v = btf_type(b, btf_secinfo(&sec, i).type);

		if (v.kind == BTF_VAR || v.kind == BTF_FUNC)
			out->vars[out->count++] = (struct datasec_var){v.name, v.id};
	}
	qsort(out->vars, out->count, sizeof(*out->vars), by_name);
	return 0;
}

void datasec_close(struct datasec *d)
{
	free(d->vars);
}

uint32_t datasec_find(const struct datasec *d, const char *name)
{
	size_t low = 0, high = d->count;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (strcmp(d->vars[mid].name, name) < 0)
			low = mid + 1;
		else
			high = mid;
	}
	return low < d->count && strcmp(d->vars[low].name, name) == 0 ? d->vars[low].id : 0;
}
