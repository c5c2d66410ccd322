/* recall: keeps what the kernel of now has answered; see recall.h. */
#include "verify/recall.h"

#include <stdlib.h>
#include <string.h>

#include "core/features.h"
#include "verify/answer.h"
#include "verify/context.h"
#include "verify/dated.h"
#include "verify/struct_walk.h"

/* What a kernel answers to a question. */
struct reply {
	struct digest answer;
	uint32_t turn;    /* of the kernel; 0 for none as yet */
	uint32_t changed; /* of the kernel that last gave another answer than before */
};

struct recall_box {
	struct recall recall;
	struct digest base;
	uint32_t base_changed;
	struct reply *replies; /* by question */
	size_t cap;
	struct became *became; /* by relocation of the object that was relocated last */
	size_t became_count, became_cap;
	bool by_id; /* what came of it depends on ids */
	uint32_t now;
};

static struct recall_box *box_of(struct recall *r)
{
	return (struct recall_box *)r;
}

int recall_new(struct recall **out, struct err *e)
{
	struct recall_box *x = calloc(1, sizeof(*x));

	if (!x)
		return err_memory(e, NULL);
	if (questions_new(&x->recall.questions, e) < 0) {
		free(x);
		return -1;
	}
	*out = &x->recall;
	return 0;
}

void recall_free(struct recall *r)
{
	if (!r)
		return;
	questions_free(r->questions);
	free(box_of(r)->replies);
	free(box_of(r)->became);
	free(r);
}

static bool is_same(const struct digest *x, const struct digest *y)
{
	return x->word[0] == y->word[0] && x->word[1] == y->word[1];
}

uint32_t recall_meet(struct recall *r, const struct target *t, uint64_t more)
{
	struct recall_box *x = box_of(r);
	struct digester d = {0};
	struct digest base;

	digest_add(&d, more);
	digest_digest(&d, answer_base(t));
	base = digest_of(&d);
	r->target = t;
	x->became_count = 0;
	x->now++;
	if (!is_same(&base, &x->base))
		x->base_changed = x->now;
	x->base = base;
	return x->now;
}

/* Room for the answers to all questions that there are. */
static int make_room(struct recall_box *x)
{
	size_t count = x->recall.questions->count, cap = count + count / 2 + 64;
	struct reply *list;

	if (count <= x->cap)
		return 0;
	list = realloc(x->replies, cap * sizeof(*list));
	if (!list)
		return -1;
	memset(list + x->cap, 0, (cap - x->cap) * sizeof(*list));
	x->replies = list;
	x->cap = cap;
	return 0;
}

int recall_relocated(struct recall *r, const struct resolution *of, struct digest *out,
		     struct err *e)
{
	struct recall_box *x = box_of(r);
	size_t count = of->object->relo_count;

	x->became_count = 0;
	if (count > x->became_cap) {
		struct became *list = realloc(x->became, count * sizeof(*list));

		if (!list)
			return err_memory(e, NULL);
		x->became = list;
		x->became_cap = count;
	}
	if (!answer_relocated(of, out, x->became, &x->by_id))
		return 1;
	x->became_count = count;
	return 0;
}

bool recall_goes_by_ids(struct recall *r, const uint32_t *besides, size_t count)
{
	const struct recall_box *x = box_of(r);
	bool by_id = x->by_id;

	for (size_t i = 0; i < count; i++) {
		const struct asked_what *q = &r->questions->list[besides[i]];

		/* No id is so large that it is negative. */
		if (asked_of_object(q->kind) && q->kind != ASKED_SIGN)
			by_id |= q->number >= x->became_count || x->became[q->number].has_id;
	}
	return by_id;
}

/* Has the kernel of now answer; false where it cannot. */
static bool ask(struct recall_box *x, uint32_t n)
{
	struct reply *reply = &x->replies[n];
	struct digest answer;

	if (reply->turn == x->now)
		return true;
	if (!answer_to(x->recall.target, &x->recall.questions->list[n], &answer))
		return false;
	if (!is_same(&answer, &reply->answer))
		reply->changed = x->now;
	reply->answer = answer;
	reply->turn = x->now;
	return true;
}

/* What a kernel answers to what is asked of the object, by what a relocation became there. */
static bool answer_of_object(const struct recall_box *x, const struct asked_what *q,
			     struct digest *out)
{
	const struct became *of = &x->became[q->number];
	struct digester sign = {0};

	switch (q->kind) {
	case ASKED_RESULT: *out = of->result; return true;
	case ASKED_PATCH: *out = of->patch; return true;
	case ASKED_LANDS: return answer_landing(x->recall.target, q, of->number, out);
	default:
		digest_add(&sign, of->number < 0);
		*out = digest_of(&sign);
		return true;
	}
}

/* What the kernel of now answers. What relocations became is about one object, and not kept. */
static bool answer(struct recall_box *x, bool relocated, uint32_t n, struct digest *out)
{
	const struct asked_what *q = &x->recall.questions->list[n];

	if (asked_of_object(q->kind)) {
		return relocated && q->number < x->became_count && answer_of_object(x, q, out);
	}
	if (q->kind == ASKED_LANDED && relocated) {
		*out = (struct digest){0};
		return true;
	}
	if (!ask(x, n))
		return false;
	*out = x->replies[n].answer;
	return true;
}

int recall_answers(struct recall *r, bool relocated, const uint32_t *list, size_t count,
		   struct digest *out, struct err *e)
{
	struct recall_box *x = box_of(r);
	struct digester d = {0};

	if (make_room(x) < 0)
		return err_memory(e, NULL);
	digest_digest(&d, x->base);
	for (size_t i = 0; i < count; i++) {
		struct digest told;

		if (!answer(x, relocated, list[i], &told))
			return 1;
		digest_digest(&d, told);
	}
	*out = digest_of(&d);
	return 0;
}

int recall_unchanged(struct recall *r, uint32_t since, const uint32_t *list, size_t count,
		     struct err *e)
{
	struct recall_box *x = box_of(r);

	if (make_room(x) < 0)
		return err_memory(e, NULL);
	if (x->base_changed > since)
		return 0;
	for (size_t i = 0; i < count; i++)
		if (!ask(x, list[i]) || x->replies[list[i]].changed > since)
			return 0;
	return 1;
}

bool recall_can_ask(const struct asked_what *q)
{
	switch (q->kind) {
	case ASKED_FUNCTION: return q->number <= q->len;
	case ASKED_FEATURE: return q->len == 1 && (uint8_t)q->text[0] < FEATURE_SETS;
	case ASKED_LAST: return q->number < FEATURE_SETS;
	case ASKED_MARK: return q->number <= FEATURE_MARKS;
	case ASKED_STARTS: return q->number <= q->len;
	case ASKED_LANDING:
	case ASKED_LANDED:
	case ASKED_LANDS: return struct_walk_is_question(q->len);
	case ASKED_ACCESS: return context_is_question(q->len);
	case ASKED_COMPARED: return dated_is_question(q->text, q->len);
	default: return (unsigned)q->kind < ASKED_KINDS;
	}
}
