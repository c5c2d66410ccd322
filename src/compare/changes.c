/*
 * changes: walks two types at once. A pair of bodies is a list of items each; what a field's type
 * is called is the spelling's question, and only what has no name is entered, or what `depth` asks
 * for.
 */
#include "compare/changes.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "compare/items.h"
#include "compare/seen_pairs.h"
#include "compare/spelling.h"
#include "core/compat.h"

enum { LEVELS = 2 * CHANGES_DEPTH_MOST };

struct walk {
	struct spelling s;
	const struct changes_options *o;
	change_fn *tell;
	void *ctx;
	struct buf path; /* ends with a NUL */
	struct seen_pairs seen;
	bool enough;
	struct err *e;
};

static int enter(struct walk *w, uint32_t old, uint32_t new, unsigned depth, int level);

static void append(struct walk *w, const char *text)
{
	w->path.len--;
	buf_add(&w->path, text, strlen(text) + 1);
}

/* Adds a name to the path, and gives its length before. */
static size_t push(struct walk *w, const char *name)
{
	size_t len = w->path.len;

	if (len > 1 && w->path.data[len - 2] != '>')
		append(w, ".");
	append(w, name);
	return len;
}

static void pop(struct walk *w, size_t len)
{
	w->path.len = len;
	w->path.data[len - 1] = '\0';
}

static int told(struct walk *w, struct change c)
{
	size_t len = w->path.len;
	bool pointed = len > 2 && w->path.data[len - 2] == '>';

	if (w->path.failed)
		return err_memory(w->e, w->s.old->name);
	/* What a pointer leads to, as a whole, has the pointer's path. */
	if (pointed)
		pop(w, len - 2);
	c.path = (const char *)w->path.data;
	w->enough = !w->tell(w->ctx, &c);
	if (pointed)
		append(w, "->");
	return 0;
}

/* Tells one of the item of that name. */
static int told_of(struct walk *w, const char *name, struct change c)
{
	size_t len = push(w, name);
	int rc = told(w, c);

	pop(w, len);
	return rc;
}

static int same_spelling(struct walk *w, uint32_t old, uint32_t new, bool *same)
{
	*same = spelling_same(&w->s, old, new);
	if (w->s.budget < 0)
		return err_set(w->e, ERR_LIMIT, w->s.old->name, NULL, ERR_NO_OFFSET,
			       "comparing a type takes more than %d steps", CHANGES_BUDGET);
	return 0;
}

/* What stands behind arrays and qualifiers of the same shape, of both types; adds "[0]" to the
 * path for each array. */
static void unwrap(struct walk *w, struct btf_type *old, struct btf_type *new)
{
	while (old->kind == new->kind) {
		struct btf_array x, y;

		switch (old->kind) {
		case BTF_CONST:
		case BTF_VOLATILE:
		case BTF_RESTRICT:
			*old = spelling_untagged(w->s.old, old->type);
			*new = spelling_untagged(w->s.new, new->type);
			continue;
		case BTF_ARRAY:
			x = btf_array(old);
			y = btf_array(new);
			if (x.count != y.count)
				return;
			append(w, "[0]");
			*old = spelling_untagged(w->s.old, x.elem);
			*new = spelling_untagged(w->s.new, y.elem);
			continue;
		default: return;
		}
	}
}

static bool has_body(const struct btf_type *t)
{
	return btf_is_composite(t) || btf_is_enum(t);
}

/* Whether both are bodies without a name, of one kind, which are looked into. */
static bool both_anonymous(const struct btf_type *a, const struct btf_type *b)
{
	return has_body(a) && btf_same_kind(a, b) && !*a->name && !*b->name;
}

/* The body with a name that a type leads to, by whatever; the path gets "->" for a pointer. */
static struct btf_type named_behind(const struct btf *b, uint32_t id, bool *pointer)
{
	for (int steps = 0;; steps++) {
		struct btf_type t = btf_innermost(b, id);

		if (t.kind != BTF_PTR || steps == SPELLING_DEPTH)
			return t;
		*pointer = true;
		id = t.type;
	}
}

/* Goes into what two types of the same spelling lead to, once for each pair and depth. */
static int descend(struct walk *w, uint32_t old, uint32_t new, unsigned depth, int level)
{
	bool pointer = false, other = false;
	struct btf_type a = named_behind(w->s.old, old, &pointer);
	struct btf_type b = named_behind(w->s.new, new, &other);
	size_t len = w->path.len;
	int rc;

	if (!has_body(&a) || !btf_same_kind(&a, &b))
		return 0;
	switch (seen_pairs_add(&w->seen, a.id, b.id, depth)) {
	case SEEN_BEFORE: return 0;
	case SEEN_NO_MEMORY: return err_memory(w->e, w->s.old->name);
	case SEEN_NEW: break;
	}
	if (pointer)
		append(w, "->");
	rc = enter(w, a.id, b.id, depth - 1, level + 1);
	pop(w, len);
	return rc;
}

/* The types of a field, a parameter or a result. */
static int compare_types(struct walk *w, uint32_t old, uint32_t new, unsigned depth, int level)
{
	size_t len = w->path.len;
	struct btf_type a, b;
	bool same;
	int rc;

	if (same_spelling(w, old, new, &same) < 0)
		return -1;
	if (same && !depth)
		return 0;
	a = spelling_untagged(w->s.old, old);
	b = spelling_untagged(w->s.new, new);
	unwrap(w, &a, &b);
	if (both_anonymous(&a, &b) && level < LEVELS) {
		rc = enter(w, a.id, b.id, depth, level + 1);
		pop(w, len);
		return rc;
	}
	pop(w, len);
	if (same)
		return level < LEVELS ? descend(w, old, new, depth, level) : 0;
	return told(w, (struct change){.kind = CHANGE_RETYPED,
				       .old_type = old,
				       .new_type = new,
				       .core = compat_fields(w->s.old, old, w->s.new, new)});
}

/* Whether a load of the old size may be made one of the new: of what is no scalar only the place
 * is relocated. */
static bool can_resize(const struct walk *w, uint32_t old, uint32_t new)
{
	struct btf_type a = btf_innermost(w->s.old, old), b = btf_innermost(w->s.new, new);

	if (btf_is_composite(&a) && btf_is_composite(&b))
		return true;
	return compat_resizable(w->s.old, a.id, w->s.new, b.id);
}

static int compare_sizes(struct walk *w, const struct item *a, const struct item *b)
{
	int64_t old = btf_size(w->s.old, a->type), new = btf_size(w->s.new, b->type);

	if (w->o->no_layout || a->bits || b->bits || old < 0 || new < 0 || old == new)
		return 0;
	return told(w, (struct change){.kind = CHANGE_RESIZED,
				       .old = (uint64_t)old,
				       .new = (uint64_t) new,
				       .core = can_resize(w, a->type, b->type)});
}

static int compare_field(struct walk *w, const struct item *a, const struct item *b, unsigned depth,
			 int level)
{
	int rc = compare_types(w, a->type, b->type, depth, level);

	if (rc == 0 && !w->enough && a->bits != b->bits)
		rc = told(w, (struct change){.kind = CHANGE_BITFIELD,
					     .old = a->bits,
					     .new = b->bits,
					     .core = a->bits && b->bits});
	if (rc == 0 && !w->enough && !w->o->no_layout && a->at != b->at)
		rc = told(w, (struct change){.kind = a->reordered ? CHANGE_REORDERED : CHANGE_MOVED,
					     .old = a->at,
					     .new = b->at,
					     .core = true});
	if (rc == 0 && !w->enough)
		rc = compare_sizes(w, a, b);
	return rc;
}

static int compare_value(struct walk *w, const struct btf_type *old, const struct item *a,
			 const struct btf_type *new, const struct item *b)
{
	if (items_same_value(old, a->at, new, b->at))
		return 0;
	return told(w, (struct change){.kind = CHANGE_VALUE,
				       .old = items_value(old, a->at),
				       .new = items_value(new, b->at),
				       .is_value = true,
				       .core = true});
}

static int compare_param(struct walk *w, const struct item *a, const struct item *b, unsigned depth,
			 int level)
{
	int rc = compare_types(w, a->type, b->type, depth, level);

	if (rc == 0 && !w->enough && a->reordered)
		rc = told(w, (struct change){.kind = CHANGE_REORDERED, .old = a->at, .new = b->at});
	return rc;
}

struct bodies {
	struct btf_type old, new;
	struct items a, b;
};

/* A parameter that only has another name is the same to a program. */
static int match_renamed(struct walk *w, struct bodies *x)
{
	for (size_t i = 0; i < x->a.count && i < x->b.count && !w->enough; i++) {
		struct item *a = &x->a.list[i], *b = &x->b.list[i];
		bool same;

		if (a->match != ITEM_NONE || b->match != ITEM_NONE)
			continue;
		if (same_spelling(w, a->type, b->type, &same) < 0)
			return -1;
		if (!same)
			continue;
		a->match = b->match = (uint32_t)i;
		if (told_of(w, a->name,
			    (struct change){
				.kind = CHANGE_RENAMED, .new_name = b->name, .core = true}) < 0)
			return -1;
	}
	return 0;
}

/* "#2" for a parameter without a name. */
static const char *name_of(const struct item *item, char room[24])
{
	if (*item->name)
		return item->name;
	snprintf(room, 24, "#%llu", (unsigned long long)item->at + 1);
	return room;
}

static int compare_match(struct walk *w, const struct bodies *x, const struct item *a,
			 unsigned depth, int level)
{
	const struct item *b = &x->b.list[a->match];
	char room[24];
	size_t len = push(w, name_of(a, room));
	int rc;

	if (btf_is_enum(&x->old))
		rc = compare_value(w, &x->old, a, &x->new, b);
	else if (x->old.kind == BTF_FUNC_PROTO)
		rc = compare_param(w, a, b, depth, level);
	else
		rc = compare_field(w, a, b, depth, level);
	pop(w, len);
	return rc;
}

static int tell_removed(struct walk *w, const struct bodies *x, const struct item *a)
{
	char room[24];

	return told_of(w, name_of(a, room),
		       (struct change){.kind = CHANGE_REMOVED,
				       .old_type = a->type,
				       .old = items_value(&x->old, a->at),
				       .is_value = btf_is_enum(&x->old)});
}

/* A parameter behind those that were there is none that a program would miss. */
static int tell_added(struct walk *w, const struct bodies *x)
{
	int rc = 0;

	for (size_t i = 0; i < x->b.count && rc == 0 && !w->enough; i++) {
		const struct item *b = &x->b.list[i];
		char room[24];

		if (b->match != ITEM_NONE)
			continue;
		rc = told_of(
		    w, name_of(b, room),
		    (struct change){.kind = CHANGE_ADDED,
				    .new_type = b->type,
				    .new = items_value(&x->new, b->at),
				    .is_value = btf_is_enum(&x->old),
				    .core = x->old.kind != BTF_FUNC_PROTO || i >= x->a.count});
	}
	return rc;
}

static int compare_items(struct walk *w, struct bodies *x, unsigned depth, int level)
{
	bool proto = x->old.kind == BTF_FUNC_PROTO;
	int rc = 0;

	if (items_of(&x->a, w->s.old, x->old.id, w->e) < 0 ||
	    items_of(&x->b, w->s.new, x->new.id, w->e) < 0)
		return -1;
	w->s.budget -= (long)(x->a.count + x->b.count);
	if (items_match(&x->a, &x->b, !w->o->by_place) < 0 ||
	    (!btf_is_enum(&x->old) && items_order(&x->a, &x->b) < 0))
		return err_memory(w->e, w->s.old->name);
	if (proto && match_renamed(w, x) < 0)
		return -1;
	for (size_t i = 0; i < x->a.count && rc == 0 && !w->enough; i++) {
		if (x->a.list[i].match == ITEM_NONE)
			rc = tell_removed(w, x, &x->a.list[i]);
		else
			rc = compare_match(w, x, &x->a.list[i], depth, level);
	}
	return rc == 0 ? tell_added(w, x) : rc;
}

/* The sizes of two bodies. */
static int compare_whole(struct walk *w, const struct bodies *x)
{
	if (w->enough || w->o->no_layout || !has_body(&x->old) || x->old.size == x->new.size)
		return 0;
	return told(
	    w, (struct change){
		   .kind = CHANGE_RESIZED, .old = x->old.size, .new = x->new.size, .core = true});
}

/* Whether two prototypes have nothing to tell: most of two kernels' are alike, and no list is made
 * for them, which takes a quarter of the time from a comparison of all names. */
static bool same_protos(struct walk *w, const struct btf_type *old, const struct btf_type *new)
{
	if (w->o->by_place || old->vlen != new->vlen || !spelling_same(&w->s, old->type, new->type))
		return false;
	for (uint32_t i = 0; i < old->vlen; i++) {
		struct btf_param a = btf_param(old, i), b = btf_param(new, i);

		if (strcmp(a.name, b.name) != 0 || !spelling_same(&w->s, a.type, b.type))
			return false;
	}
	return true;
}

static int compare_bodies(struct walk *w, const struct btf_type *old, const struct btf_type *new,
			  unsigned depth, int level)
{
	struct bodies x = {.old = *old, .new = *new};
	size_t len;
	int rc = 0;

	if (old->kind == BTF_FUNC_PROTO && !depth && same_protos(w, old, new))
		return 0;
	if (old->kind == BTF_FUNC_PROTO) {
		len = push(w, "return");
		rc = compare_types(w, old->type, new->type, depth, level);
		pop(w, len);
	}
	if (rc == 0 && !w->enough)
		rc = compare_items(w, &x, depth, level);
	if (rc == 0)
		rc = compare_whole(w, &x);
	items_free(&x.a);
	items_free(&x.b);
	return rc;
}

/* Both types are ints, of one name perhaps, on kernels of different pointers. */
static int compare_ints(struct walk *w, const struct btf_type *a, const struct btf_type *b)
{
	struct item old = {.type = a->id}, new = {.type = b->id};

	return a->kind == BTF_INT && b->kind == BTF_INT ? compare_sizes(w, &old, &new) : 0;
}

static bool is_declaration(const struct btf_type *t)
{
	return t->kind == BTF_FUNC || t->kind == BTF_VAR || t->kind == BTF_TYPEDEF;
}

/* Two types as wholes, whatever they are called: of a function its prototype, of a variable or a
 * typedef what stands for it, of a tracepoint the prototype that its typedef points to. */
static int enter(struct walk *w, uint32_t old, uint32_t new, unsigned depth, int level)
{
	struct btf_type a = spelling_untagged(w->s.old, old), b = spelling_untagged(w->s.new, new);
	struct btf_type x, y;
	int rc;

	if (has_body(&a) && btf_same_kind(&a, &b))
		return compare_bodies(w, &a, &b, depth, level);
	if (a.kind == b.kind && is_declaration(&a)) {
		a = spelling_untagged(w->s.old, a.type);
		b = spelling_untagged(w->s.new, b.type);
	}
	x = a;
	y = b;
	for (int i = 0; i < SPELLING_DEPTH && x.kind == BTF_PTR && y.kind == BTF_PTR; i++) {
		x = spelling_untagged(w->s.old, x.type);
		y = spelling_untagged(w->s.new, y.type);
	}
	if ((x.kind == BTF_FUNC_PROTO && y.kind == BTF_FUNC_PROTO) || both_anonymous(&x, &y))
		return compare_bodies(w, &x, &y, depth, level);
	rc = compare_types(w, a.id, b.id, depth, level);
	return rc == 0 && !w->enough ? compare_ints(w, &a, &b) : rc;
}

int changes_of(const struct btf *old_btf, uint32_t old, const struct btf *new_btf, uint32_t new,
	       const struct changes_options *options, change_fn *tell, void *ctx, struct err *e)
{
	struct walk w = {
	    .s = {old_btf, new_btf, !options->by_place, !options->no_layout, CHANGES_BUDGET},
	    .o = options,
	    .tell = tell,
	    .ctx = ctx,
	    .e = e};
	unsigned depth = options->depth > CHANGES_DEPTH_MOST ? CHANGES_DEPTH_MOST : options->depth;
	int rc;

	buf_add(&w.path, "", 1);
	if (w.path.failed ||
	    (depth && seen_pairs_add(&w.seen, old, new, UINT_MAX) == SEEN_NO_MEMORY))
		rc = err_memory(e, old_btf->name);
	else
		rc = enter(&w, old, new, depth, 0);
	free(w.path.data);
	seen_pairs_free(&w.seen);
	return rc;
}

const char *changes_name(enum change_kind kind)
{
	static const char *const names[CHANGE_KINDS] = {
	    [CHANGE_ADDED] = "added",         [CHANGE_REMOVED] = "removed",
	    [CHANGE_RETYPED] = "retyped",     [CHANGE_MOVED] = "moved",
	    [CHANGE_REORDERED] = "reordered", [CHANGE_RESIZED] = "resized",
	    [CHANGE_BITFIELD] = "bitfield",   [CHANGE_VALUE] = "value",
	    [CHANGE_RENAMED] = "renamed",
	};

	return names[kind];
}
