/* btf_starts: see btf_starts.h. */
#include "format/btf_starts.h"

#include <string.h>

#include "format/asked.h"
#include "format/btf_impl.h"

/* Structs in structs, and members looked at: a hostile union may hold the same one over and over.
 */
enum { DEEPEST = 16, MOST = 4096 };

/* More than a name of C. */
enum { NAME_MOST = 512 };

struct start {
	const struct btf *btf;
	const char *name;
	size_t len;
	int left;
};

static bool is_called(const struct start *s, const struct btf_type *t)
{
	return s->len == btf_named_len(s->btf, -1, t->name) &&
	       memcmp(t->name, s->name, s->len) == 0;
}

static bool starts(struct start *s, const struct btf_type *t, int depth)
{
	if (is_called(s, t))
		return true;
	for (uint32_t i = 0; depth < DEEPEST && i < t->vlen && s->left-- > 0; i++) {
		struct btf_member m = btf_member(t, i);
		struct btf_type inner;

		if (m.bit_offset)
			break;
		inner = btf_strip(s->btf, m.type);
		if (btf_is_composite(&inner) && starts(s, &inner, depth + 1))
			return true;
	}
	return false;
}

static void note(const struct btf_type *t, size_t own, const char *name, size_t len)
{
	char text[2 * NAME_MOST];

	memcpy(text, t->name, own);
	memcpy(text + own, name, len);
	asked_for(ASKED_STARTS, (uint32_t)own, text, own + len);
}

bool btf_starts_with(const struct btf *b, uint32_t id, const char *name, size_t len)
{
	struct start s = {.btf = b, .name = name, .len = len, .left = MOST};
	struct btf_type stored = btf_stored(b, id), t;
	size_t own = btf_named_len(b, -1, stored.name);
	bool is_question = asked_by && own && own <= NAME_MOST && len <= NAME_MOST;
	struct questions *heard_by = is_question ? asked_pause() : NULL;
	bool is;

	t = btf_type(b, id);
	is = btf_is_composite(&t) && starts(&s, &t, 0);
	if (is_question) {
		asked_go_on(heard_by);
		note(&stored, own, name, len);
	}
	return is;
}
