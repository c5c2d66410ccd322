/*
 * machine: what every instruction may do to a walk: end it, go on elsewhere, and
 * put a state aside to go on with later; see machine.h.
 */
#include "verify/machine.h"

#include "verify/walk.h"

enum go machine_fail(struct machine *m)
{
	err_memory(m->e, m->w->linked->object->path);
	return GO_FAIL;
}

enum go machine_give_up(struct machine *m, enum walk_end end, const char *why)
{
	if (m->w->end == WALK_DONE) {
		m->w->end = end;
		m->w->why = why;
	}
	return GO_END;
}

enum go machine_refuse(struct machine *m, const struct state *s, struct reached what)
{
	struct walk *w = m->w;
	struct reached *more;

	if (w->traces[s->at].stopped)
		return GO_END;
	more = array_grow(w->hits, &m->hit_cap, w->hit_count, sizeof(*more));
	if (!more)
		return machine_fail(m);
	w->traces[s->at].stopped = true;
	w->hits = more;
	what.at = s->at;
	what.path = s->path;
	what.entry = m->entry;
	w->hits[w->hit_count++] = what;
	if (m->most > w->work + WALK_MOST_AFTER)
		m->most = w->work + WALK_MOST_AFTER;
	return GO_END;
}

enum go machine_stop(struct machine *m, const struct state *s, enum obstacle_rule rule,
		     const char *cause, int64_t number)
{
	return machine_refuse(m, s,
			      (struct reached){.rule = rule, .cause = cause, .number = number});
}

void machine_identify(struct machine *m, struct value *v)
{
	if (v->kind == VALUE_SCALAR && !v->id && !scalar_is_known(&v->number))
		v->id = ++m->next_id;
}

static int put_aside(struct machine *m, struct state *s)
{
	struct state **more = array_grow(m->todo, &m->todo_cap, m->todo_count, sizeof(*more));

	if (!more) {
		state_free(s);
		machine_fail(m);
		return -1;
	}
	m->todo = more;
	m->todo[m->todo_count++] = s;
	return 0;
}

struct state *machine_start(struct machine *m, uint32_t func)
{
	struct state *s = state_new(func, m->w->linked->funcs[func].start);

	if (!s) {
		machine_fail(m);
		return NULL;
	}
	return put_aside(m, s) < 0 ? NULL : s;
}

enum go machine_jump(struct machine *m, struct state *s, uint32_t at)
{
	struct walk *w = m->w;
	struct step_taken *more = array_grow(w->steps, &m->step_cap, w->step_count, sizeof(*more));

	if (!more)
		return machine_fail(m);
	w->steps = more;
	w->steps[w->step_count] = (struct step_taken){s->path, s->at, at};
	s->path = (uint32_t)w->step_count++;
	s->at = at;
	return GO_ON;
}

struct state *machine_fork(struct machine *m, const struct state *s, uint32_t at)
{
	struct state *copy = state_copy(s);

	if (!copy) {
		machine_fail(m);
		return NULL;
	}
	if (put_aside(m, copy) < 0 || (at != s->at && machine_jump(m, copy, at) != GO_ON))
		return NULL;
	return copy;
}
