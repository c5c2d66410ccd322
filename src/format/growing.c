/* growing: a buffer that doubles; see growing.h. */
#include "format/growing.h"

#include <stdlib.h>

#include "base/scale.h"

/* From which size on, and how many times the packed bytes, it is no kernel any more. */
#define SUSPECT SCALE((uint64_t)64 << 20, 1 << 16)
enum { RATIO_MOST = 200 };

int growing_check(uint64_t n, size_t packed, const char *path, struct err *e)
{
	if (n <= SUSPECT || n / RATIO_MOST <= packed)
		return 0;
	return err_set(
	    e, ERR_LIMIT, path, NULL, ERR_NO_OFFSET,
	    "unpacks to more than %d times its %zu bytes, as no kernel does: not read on",
	    RATIO_MOST, packed);
}

int growing_more(struct growing *g, struct err *e)
{
	size_t more = g->cap ? g->cap * 2 : SCALE((size_t)1 << 16, 16);
	uint8_t *p;

	if (g->cap >= INPUT_MAX)
		return err_set(e, ERR_LIMIT, g->path, NULL, ERR_NO_OFFSET,
			       "larger than %zu MiB, the most that is read", INPUT_MAX >> 20);
	if (g->packed && growing_check(g->n, g->packed, g->path, e) < 0)
		return -1;
	p = realloc(g->data, more);
	if (!p)
		return err_memory(e, g->path);
	g->data = p;
	g->cap = more;
	return 0;
}

int growing_add(struct growing *g, const void *data, size_t len, struct err *e)
{
	while (g->cap - g->n < len)
		if (growing_more(g, e) < 0)
			return -1;
	if (len)
		memcpy(g->data + g->n, data, len);
	g->n += len;
	return 0;
}

int growing_input(struct growing *g, struct input **out, struct err *e)
{
	*out = input_take(g->path, g->data, g->n);
	if (*out)
		return 0;
	free(g->data);
	return err_memory(e, g->path);
}
