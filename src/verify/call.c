/* call: helpers, kernel functions, subprograms and callbacks, and the way back; see machine.h. */
#include "verify/machine.h"

#include "verify/helpers.h"
#include "verify/kfuncs.h"
#include "verify/map_fields.h"
#include "verify/map_uses.h"
#include "verify/regions.h"

enum { ARGUMENT_MOST = 5, ERRNO_MOST = 4095 };

static void forget_scratch(struct frame *f)
{
	for (unsigned i = 0; i <= ARGUMENT_MOST; i++)
		f->reg[i] = (struct value){.kind = VALUE_NONE};
}

static int64_t upper_bound(const struct machine *m, const struct value *v)
{
	m->w->by_number |= v->relocated;
	if (v->kind != VALUE_SCALAR || v->number.full.umax > STACK_SIZE)
		return -1;
	return (int64_t)v->number.full.umax;
}

/* Bytes behind an argument of a helper, -1 for as many as there are. */
static int64_t argument_size(const struct machine *m, const struct frame *f, uint32_t helper,
			     unsigned n, struct helper_arg arg)
{
	const struct value *map;
	const struct map_def *def;
	uint32_t size;

	switch (arg.size) {
	case SIZE_FIXED: return arg.bytes;
	case SIZE_NEXT: return n < ARGUMENT_MOST ? upper_bound(m, &f->reg[n + 1]) : -1;
	case SIZE_KEY:
	case SIZE_VALUE:
		map = &f->reg[helper_map(helper)];
		if (map->kind != VALUE_MAP)
			return -1;
		def = &m->w->externs->references->maps[map->which];
		size = arg.size == SIZE_KEY ? def->key_size : def->value_size;
		return size && size <= STACK_SIZE ? (int64_t)size : -1;
	default: return -1;
	}
}

/* Sizes of memory, and how often a loop turns, must be known. */
static void meet_argument_needs(struct machine *m, const struct frame *f, uint32_t helper)
{
	for (unsigned n = 1; n < ARGUMENT_MOST; n++)
		if (helper_arg(helper, n).size == SIZE_NEXT && f->reg[n + 1].kind == VALUE_SCALAR)
			needs_meet(&m->needs, f->reg[n + 1].need);
	if (helper == HELPER_loop && f->reg[1].kind == VALUE_SCALAR)
		needs_meet(&m->needs, f->reg[1].need);
}

static int helper_writes(struct machine *m, struct state *s, uint32_t helper)
{
	struct frame *f = TOP(s);

	for (unsigned n = 1; n <= ARGUMENT_MOST; n++) {
		struct helper_arg arg = helper_arg(helper, n);

		if (f->reg[n].kind != VALUE_STACK || arg.size == SIZE_NONE ||
		    (!arg.writes && m->w->abilities->reads_keep))
			continue;
		if (stack_clobber(s, &f->reg[n], argument_size(m, f, helper, n, arg)) < 0)
			return -1;
	}
	return 0;
}

/* Whether a look-up finds an item for sure: in an array, under a key that the verifier knows. */
static bool finds_item(struct machine *m, struct state *s, uint32_t helper)
{
	const struct value *map = &TOP(s)->reg[1];
	const struct map_def *def;
	struct value key;

	if (!m->w->abilities->array_not_null || helper != HELPER_map_lookup_elem ||
	    map->kind != VALUE_MAP)
		return false;
	def = &m->w->externs->references->maps[map->which];
	if (!map_is_array(def) || !stack_constant(s, &TOP(s)->reg[2], def->key_size, &key))
		return false;
	needs_meet(&m->needs, key.need);
	return key.number.bits.value < def->max_entries;
}

static struct value result_of(struct machine *m, struct state *s, uint32_t helper)
{
	const struct frame *f = TOP(s);
	struct value v = value_unknown();
	unsigned size_arg;

	switch (helper_result(helper)) {
	case RESULT_ITEM:
		v = value_of(VALUE_ITEM,
			     f->reg[1].kind == VALUE_MAP ? f->reg[1].which : UINT32_MAX);
		break;
	case RESULT_MEMORY: v = value_of(VALUE_MEMORY, 0); break;
	case RESULT_POINTER:
		v = value_any();
		v.which = m->context->shut && helper_gives_struct(helper);
		return v;
	case RESULT_ERRNO:
		size_arg = helper_arg(helper, 1).size == SIZE_NEXT ? 2 : 3;
		if (f->reg[size_arg].kind == VALUE_SCALAR)
			needs_meet(&m->needs, f->reg[size_arg].need);
		if (upper_bound(m, &f->reg[size_arg]) < 0)
			return v;
		v.number.full.smin = v.number.half.smin = -ERRNO_MOST;
		v.number.full.smax = v.number.half.smax = upper_bound(m, &f->reg[size_arg]);
		scalar_sync(&v.number, m->w->abilities);
		return v;
	default: return v;
	}
	v.maybe_null = !finds_item(m, s, helper);
	v.id = v.maybe_null ? ++m->next_id : 0;
	return v;
}

/* Why a frame could not be put on top of s. */
static enum go no_frame(struct machine *m, const struct state *s)
{
	if (s->depth < FRAMES)
		return machine_fail(m);
	return machine_give_up(m, WALK_BROKEN,
			       "calls are more than 8 deep, which the verifier refuses");
}

/* A callback's frame on top of s. */
static enum go enter_callback(struct machine *m, struct state *s, uint32_t helper,
			      const struct value *func)
{
	struct frame *caller = TOP(s), *f;
	unsigned to, from = helper_context(helper, &to);
	const struct value ctx = from ? caller->reg[from] : value_any();

	f = state_push(s, func->which, s->at);
	if (!f)
		return no_frame(m, s);
	f->callback = true;
	for (unsigned i = 1; i <= ARGUMENT_MOST; i++)
		f->reg[i] = value_any();
	if (helper == HELPER_loop)
		f->reg[1] = value_unknown();
	if (from)
		f->reg[to] = ctx;
	return machine_jump(m, s, m->w->linked->funcs[func->which].start);
}

/* The kernel calls the function at another time, with a stack of its own. */
static void call_later(struct machine *m, uint32_t func)
{
	if (m->w->later)
		m->w->later[func] = true;
}

/* A function that is walked apart from what hands it on. */
static enum go start_callback(struct machine *m, const struct state *s, uint32_t func, bool awake)
{
	struct state *later;

	if (s->async >= 2)
		return GO_ON;
	later = machine_start(m, func);
	if (!later)
		return GO_FAIL;
	later->async = s->async + 1;
	later->awake = awake;
	later->path = s->path;
	for (unsigned i = 1; i <= ARGUMENT_MOST; i++)
		TOP(later)->reg[i] = value_any();
	return GO_ON;
}

/* Puts aside a state in which the callback runs once more, unless bpf_loop() is at its end. */
static enum go run_callback(struct machine *m, struct state *s, uint32_t helper,
			    const struct value *func)
{
	const struct value *count = &TOP(s)->reg[1];
	uint32_t turns = TOP(s)->turns;
	struct state *other;

	TOP(s)->turns = 0;
	if (helper == HELPER_loop && count->kind == VALUE_SCALAR &&
	    turns >= count->number.full.umax)
		return GO_ON;
	other = machine_turn(m, s, false);
	if (!other)
		return GO_FAIL;
	TOP(other)->turns = helper == HELPER_loop ? turns + 1 : 0;
	return enter_callback(m, other, helper, func);
}

/* Whether the helper is passed a value of a map that surely lacks the field that it takes. */
static bool field_refused(const struct loading *l, const struct value *v, uint32_t helper,
			  uint32_t *map)
{
	enum map_field field = map_fields_taken(helper);

	*map = OBJECT_NONE;
	if (field == MAP_FIELDS)
		return false;
	if (v->kind == VALUE_ITEM && v->which != UINT32_MAX)
		*map = v->which;
	else if (v->kind == VALUE_DATA && !(v->which & DATA_EXTERN))
		*map = map_fields_of_data(l, v->which);
	return *map != OBJECT_NONE && map_fields_lack(l, *map, field);
}

/* Whether the helper is passed a map, or a value of one, that it does not take: why, and which. */
static const char *map_refused(const struct machine *m, struct state *s, uint32_t helper,
			       uint32_t *map)
{
	const struct value *v = &TOP(s)->reg[helper_map(helper)];

	if (field_refused(m->context->uses, &TOP(s)->reg[1], helper, map))
		return "field";
	if (!helper_map(helper))
		return NULL;
	*map = v->which;
	if (v->kind == VALUE_MAP)
		return map_uses_refused(m->context->uses, map_uses_type(m->context->uses, v->which),
					helper)
			   ? "helper"
			   : NULL;
	/* What a look-up in a map of maps gives is a map. */
	if (v->kind != VALUE_ITEM || v->maybe_null || v->which == UINT32_MAX)
		return NULL;
	return map_uses_refused(m->context->uses, map_uses_inner_type(m->context->uses, v->which),
				helper)
		   ? "inner"
		   : NULL;
}

/* Ends the path at a helper that is given the context by a pointer that was moved
 * (check_func_arg_reg_off() of the kernel's verifier.c). */
static enum go check_context_given(struct machine *m, const struct state *s, uint32_t helper)
{
	const struct value *v = &TOP(s)->reg[1];
	bool known = scalar_is_known(&v->number);

	if (v->kind != VALUE_CTX || !m->context->known || !helper_takes_context(helper) ||
	    (known && !v->number.bits.value) || !context_refuses_moved(m->context))
		return GO_ON;
	return machine_stop(m, s, RULE_CTX_ACCESS, known ? "passed" : "variable",
			    known ? (int64_t)v->number.bits.value : 0);
}

static enum go call_helper(struct machine *m, struct state *s, uint32_t helper)
{
	unsigned n = helper_callback(helper);
	struct value func = {.kind = VALUE_NONE}, result;
	const char *refused;
	enum go go;
	uint32_t map;
	bool runs;

	go = check_context_given(m, s, helper);
	if (go != GO_ON)
		return go;
	refused = m->context->uses ? map_refused(m, s, helper, &map) : NULL;
	if (refused)
		return machine_refuse(
		    m, s,
		    (struct reached){
			.rule = RULE_MAP_USE, .cause = refused, .number = helper, .map = map});
	if (n)
		func = TOP(s)->reg[n];
	runs = func.kind == VALUE_FUNC;
	if (runs && helper == HELPER_timer_set_callback) {
		call_later(m, func.which);
		if (start_callback(m, s, func.which, false) == GO_FAIL)
			return GO_FAIL;
	} else if (runs && m->w->abilities->callback_later &&
		   run_callback(m, s, helper, &func) == GO_FAIL) {
		return GO_FAIL;
	}
	meet_argument_needs(m, TOP(s), helper);
	result = result_of(m, s, helper);
	if (helper_writes(m, s, helper) < 0)
		return machine_fail(m);
	if (runs && helper != HELPER_timer_set_callback && !m->w->abilities->callback_later)
		return enter_callback(m, s, helper, &func);
	forget_scratch(TOP(s));
	TOP(s)->reg[0] = result;
	s->at++;
	return GO_ON;
}

/* The function prototype behind a FUNC of the object, of kind BTF_VOID when there is none. */
static struct btf_type prototype(const struct btf *b, uint32_t func_id)
{
	struct btf_type t = {.kind = BTF_VOID};

	if (!b || !func_id)
		return t;
	t = btf_type(b, func_id);
	if (t.kind == BTF_FUNC)
		t = btf_type(b, t.type);
	if (t.kind != BTF_FUNC_PROTO)
		t.kind = BTF_VOID;
	return t;
}

/* What is not walked may write to all memory that it is given. */
static int outside_writes(struct state *s, const struct btf *b, struct btf_type proto)
{
	struct frame *f = TOP(s);

	for (unsigned n = 1; n <= ARGUMENT_MOST; n++) {
		int64_t size = -1;

		if (f->reg[n].kind != VALUE_STACK)
			continue;
		if (proto.kind == BTF_FUNC_PROTO && n <= proto.vlen) {
			struct btf_type t = btf_strip(b, btf_param(&proto, n - 1).type);

			if (t.kind == BTF_PTR && n == proto.vlen)
				size = btf_size(b, t.type);
		}
		if (stack_clobber(s, &f->reg[n], size > 0 ? size : -1) < 0)
			return -1;
	}
	return 0;
}

/* Lets the functions run that a function of the kernel is handed. */
static enum go start_callbacks(struct machine *m, const struct state *s, bool awake)
{
	for (unsigned n = 1; n <= ARGUMENT_MOST; n++) {
		const struct value *v = &TOP(s)->reg[n];

		if (v->kind != VALUE_FUNC)
			continue;
		if (awake)
			call_later(m, v->which);
		if (start_callback(m, s, v->which, awake) == GO_FAIL)
			return GO_FAIL;
	}
	return GO_ON;
}

static enum go call_outside(struct machine *m, struct state *s, uint32_t func_id, bool number)
{
	const struct btf *b = m->w->linked->object->btf;
	struct btf_type proto = prototype(b, func_id);

	if (outside_writes(s, b, proto) < 0)
		return machine_fail(m);
	if (!number && proto.kind == BTF_FUNC_PROTO) {
		struct btf_type t = btf_strip(b, proto.type);

		number = t.kind == BTF_INT || btf_is_enum(&t);
	}
	forget_scratch(TOP(s));
	TOP(s)->reg[0] = number ? value_unknown() : value_any();
	s->at++;
	return GO_ON;
}

static enum go call_function(struct machine *m, struct state *s, uint32_t target)
{
	const struct linked *linked = m->w->linked;
	const struct linked_func *func = &linked->funcs[target];
	struct frame *caller = TOP(s), *f;

	if (func->global && target) {
		m->called[target] = true;
		return call_outside(m, s, linked->object->programs[func->program].func_id, true);
	}
	f = state_push(s, target, s->at);
	if (!f)
		return no_frame(m, s);
	for (unsigned i = 1; i <= ARGUMENT_MOST; i++)
		f->reg[i] = caller->reg[i];
	forget_scratch(caller);
	return machine_jump(m, s, func->start);
}

/* bpf_iter_X_new(), which writes the iterator that its first argument points to, and no more. */
static enum go start_iterator(struct machine *m, struct state *s, const struct extern_def *ext)
{
	const struct btf *b = m->w->linked->object->btf;
	struct btf_type proto = prototype(b, ext->var_id);
	const struct value it = TOP(s)->reg[1], active = value_of(VALUE_ITER, ITER_ACTIVE);
	int64_t size = -1;

	if (proto.kind == BTF_FUNC_PROTO && proto.vlen) {
		struct btf_type t = btf_strip(b, btf_param(&proto, 0).type);

		size = t.kind == BTF_PTR ? btf_size(b, t.type) : -1;
	}
	if (it.kind != VALUE_STACK || size <= 0)
		return call_outside(m, s, ext->var_id, true);
	TOP(s)->reg[1] = value_any();
	if (stack_clobber(s, &it, size) < 0)
		return machine_fail(m);
	if (stack_write(m, s, &it, 0, SLOT_SIZE, &active) == GO_FAIL)
		return GO_FAIL;
	return call_outside(m, s, ext->var_id, true);
}

/* What bpf_iter_X_next() gives while there is something. */
static struct value next_item(const struct machine *m, const struct extern_def *ext)
{
	const struct btf *b = m->w->linked->object->btf;
	struct btf_type proto = prototype(b, ext->var_id), t = {.kind = BTF_VOID};

	if (proto.kind == BTF_FUNC_PROTO)
		t = btf_strip(b, proto.type);
	if (t.kind == BTF_PTR)
		t = btf_strip(b, t.type);
	return value_of(t.kind == BTF_INT ? VALUE_MEMORY : VALUE_OBJECT, 0);
}

/* bpf_iter_X_next(): drained first, and then another turn with an item. */
static enum go next_of_iterator(struct machine *m, struct state *s, const struct extern_def *ext)
{
	const struct value it = TOP(s)->reg[1];
	struct value is = {.kind = VALUE_NONE}, drained = value_of(VALUE_ITER, ITER_DRAINED);
	struct state *turn;

	if (it.kind == VALUE_STACK)
		is = stack_read(m, s, &it, 0, SLOT_SIZE);
	if (is.kind != VALUE_ITER || is.which == ITER_ACTIVE) {
		turn = machine_turn(m, s, true);
		if (!turn)
			return GO_FAIL;
		forget_scratch(TOP(turn));
		TOP(turn)->reg[0] = next_item(m, ext);
		turn->at++;
	}
	if (is.kind == VALUE_ITER && stack_write(m, s, &it, 0, SLOT_SIZE, &drained) == GO_FAIL)
		return GO_FAIL;
	forget_scratch(TOP(s));
	TOP(s)->reg[0] = value_scalar(scalar_known(0));
	s->at++;
	return GO_ON;
}

static enum go call_kfunc(struct machine *m, struct state *s, const struct extern_def *ext)
{
	enum kfunc kind = kfunc_of(ext);

	if (start_callbacks(m, s, kind == KFUNC_WAKES) == GO_FAIL)
		return GO_FAIL;
	switch (kind) {
	case KFUNC_ITER_NEW: return start_iterator(m, s, ext);
	case KFUNC_ITER_NEXT: return next_of_iterator(m, s, ext);
	case KFUNC_THROW: return GO_END;
	default: return call_outside(m, s, ext->var_id, false);
	}
}

/* Ends the path at a call of what may sleep, where nothing may. */
static enum go refuse_sleep(struct machine *m, const struct state *s, const struct linked_insn *n)
{
	struct reached what = {.rule = RULE_SLEEPABLE, .doubtful = n->sleeps == KNOWN_NOT};

	if (n->ref_kind == REF_EXTERN_CALL) {
		what.cause = what.doubtful ? "kfunc-unknown" : "kfunc";
		what.name = m->w->externs->references->externs[n->target].name;
	} else {
		what.rule = RULE_HELPER_NOT_FOR_TYPE;
		what.cause = "type";
		what.number = n->in.imm;
		what.name = helper_name((uint32_t)n->in.imm);
		what.type = uapi_name(UAPI_PROG_TYPE, m->context->prog_type);
	}
	return machine_refuse(m, s, what);
}

/* Ends the path where it may sleep and must not, or must not for want of a lock. */
static enum go check_region(struct machine *m, struct state *s, const struct linked_insn *n)
{
	struct region_refusal refused;

	if (!regions_refuse(m->context->sleeps, m->w->linked, &s->regions, s->at, &refused)) {
		regions_step(&s->regions, m->w->externs, n);
		return GO_ON;
	}
	if (refused.doubtful)
		return machine_give_up(m, WALK_BROKEN,
				       "whether something may sleep on this kernel that is called "
				       "where nothing may is not known");
	return machine_refuse(m, s,
			      (struct reached){.rule = RULE_SLEEPABLE,
					       .cause = refused.cause,
					       .name = refused.name,
					       .type = refused.region});
}

enum go machine_call(struct machine *m, struct state *s, const struct linked_insn *n)
{
	const struct references *l = m->w->externs->references;
	enum go go = m->context->sleeps ? check_region(m, s, n) : GO_ON;

	if (go != GO_ON)
		return go;
	if (n->sleeps != KNOWN_NO && !s->awake)
		return refuse_sleep(m, s, n);
	if (n->ref_kind == REF_CALL)
		return call_function(m, s, n->target);
	if (n->ref_kind == REF_EXTERN_CALL)
		return call_kfunc(m, s, &l->externs[n->target]);
	if (n->in.src != 0) {
		if (start_callbacks(m, s, false) == GO_FAIL)
			return GO_FAIL;
		return call_outside(m, s, 0, false);
	}
	return call_helper(m, s, (uint32_t)n->in.imm);
}

enum go machine_exit(struct machine *m, struct state *s)
{
	struct frame *f = TOP(s);
	struct value result = f->reg[0];
	bool callback = f->callback;
	uint32_t call = f->call;

	if (s->depth == 1)
		return GO_END;
	state_pop(s);
	if (callback && result.kind == VALUE_SCALAR)
		needs_meet(&m->needs, result.need);
	if (callback && m->w->abilities->callback_later) {
		if (machine_jump(m, s, call) != GO_ON)
			return GO_FAIL;
		machine_widen(m, s);
		return GO_ON;
	}
	if (callback || result.kind == VALUE_STACK)
		result = value_unknown();
	forget_scratch(TOP(s));
	TOP(s)->reg[0] = result;
	return machine_jump(m, s, call + 1);
}
