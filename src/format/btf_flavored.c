/*
 * btf_flavored: the types in whose names there is a `___`, noted when names are hashed: some 40 of
 * a kernel's 127,000. Where none of them is in question all rules of what is essential of a name
 * say the same, so that policies are not asked (semantics 9 has libbpf's). To look for them in the
 * strings instead takes 40 % of the instructions that opening a kernel takes.
 */
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "format/asked.h"
#include "format/btf_impl.h"

enum { MARK = 3 }; /* bytes of `___` */

/* Each covers one index of 2, 5, 8 …, so only these are looked at. */
bool btf_has_mark(const char *name, size_t len)
{
	for (size_t i = 2; i < len; i += MARK) {
		size_t first = i, last = i;

		if (name[i] != '_')
			continue;
		while (first > i - 2 && name[first - 1] == '_')
			first--;
		while (last < i + 2 && last + 1 < len && name[last + 1] == '_')
			last++;
		if (last - first >= 2)
			return true;
	}
	return false;
}

int btf_ids_add(struct btf_ids *l, uint32_t id)
{
	uint32_t *more = array_grow(l->ids, &l->cap, l->count, sizeof(*more));

	if (!more)
		return -1;
	l->ids = more;
	l->ids[l->count++] = id;
	return 0;
}

static const char *name_of(const struct btf *b, uint32_t id)
{
	return btf_stored(b, id).name;
}

static int by_name(const void *a, const void *b, void *btf)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
	int order = strcmp(name_of(btf, x), name_of(btf, y));

	return order ? order : x < y ? -1 : x > y;
}

static int by_id(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return x < y ? -1 : x > y;
}

void btf_flavored_sort(const struct btf *b, struct btf_ids *flavored)
{
	if (flavored->count)
		qsort_r(flavored->ids, flavored->count, sizeof(*flavored->ids), by_name,
			(void *)(uintptr_t)b);
}

/* How the name s stands to those that begin with these len bytes and go on with `more`. */
static int compare(const char *s, const char *name, size_t len, const char *more)
{
	int order = strncmp(s, name, len);

	return order ? order : strncmp(s + len, more, strlen(more));
}

/* The first that does not stand before such names. */
static size_t first_from(const struct btf *b, const char *name, size_t len, const char *more)
{
	const struct btf_ids *f = btf_flavored(b);
	size_t low = 0, high = f->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (compare(name_of(b, f->ids[middle]), name, len, more) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

bool btf_has_flavor(const struct btf *b, const char *name, size_t len)
{
	const struct btf_ids *f = btf_flavored(b);
	size_t i = first_from(b, name, len, "___");

	return i < f->count && compare(name_of(b, f->ids[i]), name, len, "___") == 0;
}

static size_t cut_len(const char *name, enum btf_cut cut)
{
	size_t len = strlen(name), last = len;

	if (cut == BTF_CUT_FIRST) {
		const char *at = strstr(name, "___");

		return at ? (size_t)(at - name) : len;
	}
	for (size_t i = 1; i + MARK <= len; i++)
		if (memcmp(name + i, "___", MARK) == 0)
			last = i;
	return last;
}

size_t btf_agreed_len(const char *name)
{
	size_t len = btf_essential_len(name, strlen(name));
	bool agreed = cut_len(name, BTF_CUT_FIRST) == len && cut_len(name, BTF_CUT_LAST) == len;

	return agreed ? len : 0;
}

int btf_cut_named(const struct btf *b, const char *name, enum btf_cut cut, struct btf_ids *out)
{
	const struct btf_ids *f = btf_flavored(b);
	size_t len = cut_len(name, cut);
	bool plain = len && !btf_has_mark(name, len);
	uint32_t id = plain ? btf_first_named(b, -1, name, len) : 0;

	asked_all(b);
	for (; id; id = btf_next_named(b, id, name, len))
		if (!name_of(b, id)[len] && btf_ids_add(out, id) < 0)
			return -1;
	for (size_t i = first_from(b, name, len, ""); i < f->count; i++) {
		const char *s = name_of(b, f->ids[i]);

		if (strncmp(s, name, len) != 0)
			break;
		if (cut_len(s, cut) == len && btf_ids_add(out, f->ids[i]) < 0)
			return -1;
	}
	if (out->count)
		qsort(out->ids, out->count, sizeof(*out->ids), by_id);
	return 0;
}
