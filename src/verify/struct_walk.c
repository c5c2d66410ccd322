/* struct_walk: see struct_walk.h. */
#include "verify/struct_walk.h"

#include <string.h>

#include "format/asked.h"

enum { NESTED_MOST = 64 };

/* Trailing arrays of numbers may be read since; and, in unions, past the end of a member. Before,
 * or when it is not known, none of them is told. That in elements behind the end of a struct was
 * seen to be let through by one build of 6.18.44, and refused by another. */
enum { NUMBER_TAILS = AGE_LINE(6, 1), LOOSE_UNIONS = AGE_LINE(6, 1), ODD_TAILS = AGE_LINE(6, 18) };

/* The kernel's own enum of what a walk ends in tells whether it has pointers that are no numbers.
 */
static bool walks_to_numbers(const struct target *t)
{
	uint32_t id = btf_find(t->btf[0], "bpf_struct_walk_result", BTF_ENUM);
	struct btf_type e = btf_type(t->btf[0], id);

	for (uint32_t i = 0; id && i < e.vlen; i++)
		if (strcmp(btf_enumerator(&e, i).name, "WALK_PTR_UNTRUSTED") == 0)
			return false;
	return id != 0;
}

uint32_t struct_pointee(const struct btf *b, const struct btf_type *pointer)
{
	uint32_t id = pointer->type;
	struct btf_head t = btf_head(b, id);

	while (t.kind == BTF_TYPEDEF || t.kind == BTF_CONST || t.kind == BTF_VOLATILE ||
	       t.kind == BTF_RESTRICT || t.kind == BTF_TYPE_TAG) {
		struct btf_type tag = btf_type(b, id);

		if (tag.kind == BTF_TYPE_TAG && !tag.kflag && strcmp(tag.name, "rcu") != 0)
			return 0;
		id = tag.type;
		t = btf_head(b, id);
	}
	return btf_is_kind_composite(t.kind) ? t.id : 0;
}

static struct landing nowhere(const char *cause, const struct btf_type *t, const char *member,
			      int64_t off)
{
	return (struct landing){
	    .kind = LANDS_NOWHERE, .cause = cause, .in = t->name, .member = member, .off = off};
}

static struct landing lands(enum landing_kind kind)
{
	return (struct landing){.kind = kind};
}

/* Behind the end of a struct stand the elements of an array without a size that is its last member:
 * then *t becomes the element's type, and *off the place in it. */
static bool in_tail(const struct btf *b, struct btf_type *t, int64_t *off,
		    const struct struct_rules *r, struct landing *out)
{
	struct btf_member last;
	struct btf_type array, elem;

	*out = nowhere("beyond", t, "", *off);
	if (!t->vlen)
		return false;
	last = btf_member(t, t->vlen - 1);
	array = btf_strip(b, last.type);
	if (array.kind != BTF_ARRAY || btf_array(&array).count || *off < last.bit_offset / 8)
		return false;
	elem = btf_strip(b, btf_array(&array).elem);
	if (elem.kind == BTF_INT)
		*out = lands(age_since(r->age, NUMBER_TAILS) ? LANDS_NUMBER : LANDS_SOMEWHERE);
	if (!btf_is_composite(&elem))
		return false;
	if (!elem.size) {
		*out = lands(LANDS_SOMEWHERE);
		return false;
	}
	*off = (*off - last.bit_offset / 8) % elem.size;
	*t = elem;
	return true;
}

static struct landing in_pointer(const struct btf *b, const struct btf_type *pointer,
				 const struct struct_rules *r)
{
	struct btf_type to = btf_strip(b, pointer->type);
	struct landing l = {.kind = LANDS_SOMEWHERE};

	l.type = struct_pointee(b, pointer);
	if (l.type)
		l.kind = LANDS_POINTER;
	else if (!btf_is_composite(&to) && walks_to_numbers(r->target))
		l.kind = LANDS_NUMBER;
	return l;
}

/* Of a load, what the walk knows besides the struct that it is in. */
struct load {
	const struct btf *btf;
	const struct struct_rules *rules;
	int64_t off;
	unsigned size;
	bool in_union, in_tail;
};

static bool is_odd(struct kernel_age age)
{
	return !age_before(age, ODD_TAILS) && !age_since(age, ODD_TAILS + 1);
}

/* The load goes past the end of a member. */
static struct landing over(const struct load *x, const struct btf_type *t,
			   const struct btf_member *m)
{
	bool odd = x->in_tail && is_odd(x->rules->age);
	struct landing l = nowhere(odd ? "over-unknown" : "over", t, m->name, x->off);

	l.doubtful = odd;
	return l;
}

/* The member that the load lands in: false when it is in a struct, which *t becomes. */
static bool in_member(struct load *x, struct btf_type *t, const struct btf_member *m, int64_t bytes,
		      struct landing *out)
{
	int64_t start = m->bit_offset / 8, end = start + bytes;
	struct btf_type in = btf_strip(x->btf, m->type);

	if (in.kind == BTF_ARRAY) {
		in = btf_innermost(x->btf, m->type);
		bytes = btf_size(x->btf, in.id);
		if (bytes <= 0) {
			*out = lands(LANDS_SOMEWHERE);
			return true;
		}
		start += (x->off - start) / bytes * bytes;
	}
	if (btf_is_composite(&in)) {
		x->off -= start;
		*t = in;
		return false;
	}
	if (in.kind == BTF_PTR && (bytes != x->size || x->off != start))
		*out = nowhere("part", t, m->name, x->off);
	else if (in.kind == BTF_PTR)
		*out = in_pointer(x->btf, &in, x->rules);
	else if (x->off + x->size <= end)
		*out = lands(LANDS_NUMBER);
	else if (x->in_union && !age_before(x->rules->age, LOOSE_UNIONS))
		*out = lands(LANDS_SOMEWHERE);
	else
		*out = over(x, t, m);
	return true;
}

/* Likewise, of a struct that it does not go beyond. */
static bool in_struct(struct load *x, struct btf_type *t, struct landing *out)
{
	for (uint32_t i = 0; i < t->vlen; i++) {
		struct btf_member m = btf_member(t, i);
		int64_t start = m.bit_offset / 8, bytes;

		if (x->off + x->size <= start)
			break;
		if (m.bit_size) {
			int64_t end = ((int64_t)m.bit_offset + m.bit_size + 7) / 8;

			if (x->off > start || end > x->off + x->size)
				continue;
			*out = lands(LANDS_NUMBER);
			return true;
		}
		if (x->off < start)
			break;
		bytes = btf_size(x->btf, m.type);
		if (bytes < 0) {
			*out = lands(LANDS_SOMEWHERE);
			return true;
		}
		if (x->off < start + bytes)
			return in_member(x, t, &m, bytes, out);
	}
	*out = nowhere("hole", t, "", x->off);
	return true;
}

static struct landing walk(const struct btf *b, uint32_t type, int64_t off, unsigned size,
			   const struct struct_rules *r)
{
	struct load x = {.btf = b, .rules = r, .off = off, .size = size};
	struct btf_type t = btf_strip(b, type);
	struct landing out = {.kind = LANDS_SOMEWHERE};

	if (off < 0)
		return nowhere("before", &t, "", off);
	for (unsigned nested = 0; nested < NESTED_MOST && btf_is_composite(&t); nested++) {
		x.in_union = x.in_union || (t.kind == BTF_UNION && t.vlen != 1);
		if (x.off + size > t.size) {
			if (!in_tail(b, &t, &x.off, r, &out))
				return out;
			x.in_tail = true;
		} else if (in_struct(&x, &t, &out)) {
			return out;
		}
	}
	return lands(LANDS_SOMEWHERE);
}

/* What is asked of another kernel: before the name of the struct, with no gaps. */
struct question {
	int64_t off;
	uint32_t size, kind;
	uint32_t place; /* of its BTF in the kernel */
	uint32_t rank;  /* of the type among those of its name */
};

enum { NAME_MOST = 256 };

enum { TEXT_MOST = sizeof(struct question) + NAME_MOST };

/* Writes it, and returns its length; 0 for a struct that has no name to ask for. */
static size_t put_question(const struct btf *b, uint32_t type, int64_t off, unsigned size,
			   const struct target *on, char text[TEXT_MOST])
{
	struct btf_type t = btf_type(b, type);
	struct question q = {.off = off, .size = size, .kind = t.kind};
	size_t len = strlen(t.name);

	if (!len || len > NAME_MOST || len != btf_named_len(b, -1, t.name) || !btf_is_composite(&t))
		return 0;
	while (q.place < on->count && on->btf[q.place] != t.btf)
		q.place++;
	q.rank = btf_rank(&t);
	memcpy(text, &q, sizeof(q));
	memcpy(text + sizeof(q), t.name, len);
	return sizeof(q) + len;
}

/* Puts both questions: it is the relocation's number that counts, or, where nobody knows what
 * relocations became, the sum. */
static void ask_moved(char text[TEXT_MOST], size_t len, struct moved_by by)
{
	struct question q;

	asked_for(ASKED_LANDED, 0, text, len);
	memcpy(&q, text, sizeof(q));
	q.off -= by.number;
	memcpy(text, &q, sizeof(q));
	asked_for(ASKED_LANDS, (uint32_t)by.relo, text, len);
}

/* Of all types on the way it matters only where that leads. */
struct landing struct_walk(const struct btf *b, uint32_t type, int64_t off, unsigned size,
			   struct moved_by by, const struct struct_rules *r)
{
	struct questions *heard_by = asked_pause();
	struct landing l = walk(b, type, off, size, r);
	char text[TEXT_MOST];
	size_t len = heard_by ? put_question(b, type, off, size, r->target, text) : 0;

	asked_go_on(heard_by);
	if (heard_by && !len && by.relo >= 0)
		asked_for(ASKED_PATCH, (uint32_t)by.relo, NULL, 0);
	if (heard_by && !len)
		return walk(b, type, off, size, r);
	if (heard_by) {
		/* A tool may say another release than that of which a kernel answers. */
		age_note(NUMBER_TAILS);
		age_note(ODD_TAILS);
		age_note(ODD_TAILS + 1);
		if (by.relo >= 0)
			ask_moved(text, len, by);
		else
			asked_for(ASKED_LANDING, 0, text, len);
	}
	return l;
}

bool struct_walk_is_question(size_t len)
{
	return len > sizeof(struct question) && len <= TEXT_MOST;
}

bool struct_walk_again(const struct target *t, const char *text, size_t len, int64_t moved,
		       const struct btf **b, struct landing *out)
{
	struct struct_rules rules = {t, age_of(t, target_known_as(t))};
	struct btf_type type;
	struct question q;
	uint32_t id;

	memcpy(&q, text, sizeof(q));
	text += sizeof(q);
	len -= sizeof(q);
	if (q.place >= t->count || q.off > INT64_MAX / 2 || q.off < -INT64_MAX / 2)
		return false;
	*b = t->btf[q.place];
	id = btf_first_named(*b, -1, text, len);
	while (q.rank-- && id)
		id = btf_next_named(*b, id, text, len);
	type = btf_type(*b, id);
	if (!id || type.kind != q.kind || type.name[len])
		return false;
	*out = walk(*b, id, q.off + moved, q.size, &rules);
	return true;
}
