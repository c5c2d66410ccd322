/*
 * machine: what one instruction does to a state: the parts of which walk.c makes a walk.
 */
#ifndef BTFL_MACHINE_H
#define BTFL_MACHINE_H

#include "base/arena.h"
#include "verify/context.h"
#include "verify/dated.h"
#include "verify/liveness.h"
#include "verify/needs.h"
#include "verify/seen.h"
#include "verify/trace.h"

/* VALUE_DATA with this bit is the value of an extern, not a section. */
#define DATA_EXTERN 0x80000000u

struct machine {
	struct walk *w;
	struct liveness *liveness;
	bool ctx_numbers; /* the context holds numbers only */
	const struct context *context;
	uint32_t next_id;
	size_t step_cap, hit_cap;

	/* States to be walked, last in first out. */
	struct state **todo;
	size_t todo_count, todo_cap;
	struct seen *seen; /* by instruction */
	size_t kept;       /* bytes of states seen */
	uint64_t jumps;    /* of the instructions walked, those of the classes of jumps */
	uint64_t kept_work, kept_jumps; /* walked when the last state was kept */
	/* Those of the path that is walked, the latest last, from which others wait. */
	struct open_state *open;
	size_t open_count, open_cap;
	struct needs needs;
	struct dates dates;
	bool *called; /* by function: a global one that was called */
	uint32_t entry;
	uint64_t most; /* instructions walked */
	struct err *e;
};

/* A state that is seen, and how many waited when it was: it is open until fewer do. */
struct open_state {
	struct state *state; /* held */
	size_t waiting;
};

/* Where a path goes on after an instruction: GO_ON at state->at, or it ends. */
enum go { GO_ON, GO_END, GO_FAIL };

enum { MOVE_SIZE_MAX = 8 };

/* Fails for want of memory. */
enum go machine_fail(struct machine *m);
/* Ends the path of s where the verifier refuses its instruction, and notes the first that does. */
enum go machine_stop(struct machine *m, const struct state *s, enum obstacle_rule rule,
		     const char *cause, int64_t number);
/* The same with all that belongs to it: rule, cause, number, name, type and map of `what`. */
enum go machine_refuse(struct machine *m, const struct state *s, struct reached what);
/* Ends the walk, unless it has ended: what was not reached by then may be. */
enum go machine_give_up(struct machine *m, enum walk_end end, const char *why);
/* Puts a copy of s aside, to go on at `at` later. */
struct state *machine_fork(struct machine *m, const struct state *s, uint32_t at);
/* Moves s to another instruction than the next. */
enum go machine_jump(struct machine *m, struct state *s, uint32_t at);
/* Puts aside a state for the function, with no frame but its own. */
struct state *machine_start(struct machine *m, uint32_t func);
/* Gives v an id when it has none. */
void machine_identify(struct machine *m, struct value *v);

/* alu.c: arithmetic, ldimm64, and the loads of packets that older programs have. */
enum go machine_alu(struct machine *m, struct state *s, const struct linked_insn *n);
enum go machine_load_immediate(struct machine *m, struct state *s, const struct linked_insn *n);
enum go machine_load_packet(struct state *s);

/* memory.c: loads, stores and atomic operations. */
enum go machine_load(struct machine *m, struct state *s, const struct linked_insn *n);
enum go machine_store(struct machine *m, struct state *s, const struct linked_insn *n);

/* stack.c */
enum go stack_write(struct machine *m, struct state *s, const struct value *to, int64_t off,
		    unsigned size, const struct value *from);
/* What is loaded, before it is cut to `size` bytes or its sign extended. */
struct value stack_read(struct machine *m, struct state *s, const struct value *from, int64_t off,
			unsigned size);
/* Whether the verifier sees that the `size` bytes there are one constant, *out: bytes that are
 * known to be zero, or a whole spill (its get_constant_map_key). */
bool stack_constant(struct state *s, const struct value *from, uint32_t size, struct value *out);
/* Lets a range of the stack behind `to` hold anything. */
int stack_clobber(struct state *s, const struct value *to, int64_t size);

/* loop.c: loops whose end no verifier can count to. */
/* Gives every number of s, which is remembered, a need of its own, if it may decide something; live
 * has one entry a frame. */
void machine_name_needs(struct machine *m, struct state *s, const struct liveness *live);
/* What was needed after `old`, which covers `now`, is needed after `now`; live is theirs. */
void machine_meet_needs(struct machine *m, const struct state *old, const struct state *now,
			const struct liveness *live);
/* Puts aside a copy of s, at the same instruction, for another turn of the loop that it is at, and
 * remembers s as the entry of that loop. With `forgets`, the copy is widened. NULL when memory is
 * out. */
struct state *machine_turn(struct machine *m, struct state *s, bool forgets);
/* Forgets numbers of s that differ from those at the last entry of the loop that it is at, and that
 * nothing has needed since. */
void machine_widen(struct machine *m, struct state *s);

/* dated.c, for numbers that were made of the kernel's version */
/* The date of what is loaded from an extern's value; 0 for none. */
uint32_t dated_load(struct machine *m, uint32_t number, unsigned size);
/* Asks for what the instruction at s->at is about to find out, besides what the other two ask. */
void dated_step(struct machine *m, struct state *s, const struct linked_insn *n);
/* The date of v, which arithmetic has made of a number with the date `before`, or of none. */
uint32_t dated_result(struct machine *m, uint32_t before, const struct value *v, struct insn in);
/* The two are compared. */
void dated_compare(struct machine *m, const struct value *a, const struct value *b, uint8_t op,
		   bool wide);
/* Whether what s is at branches by the version: no place to tell states apart by that, which would
 * ask for the whole of it. */
bool dated_branch(const struct state *s, struct insn in);
/* Numbers of s are held against those of another state: those that may decide something by `live`,
 * which has one entry a frame; all for NULL. */
void dated_states(const struct state *s, const struct liveness *live);

/* branch.c */
enum go machine_branch(struct machine *m, struct state *s, const struct linked_insn *n);

/* packet.c: pointers into packets, and numbers beside them. */
/* What a program reads at byte `off` of its context where that tells of a packet: a pointer, or a
 * number for sure; else VALUE_NONE. */
struct value packet_of_context(const struct machine *m, int64_t off, unsigned size);
/* Whether `a op b` holds: 1 yes, 0 no, -1 unknown, or the two are not one and the end of a packet.
 */
int packet_holds(const struct value *a, const struct value *b, uint8_t op);
/* Lets a state learn whether `a op b` holds, of registers a and b; nothing for other values. */
void packet_learn(struct state *s, struct value *a, struct value *b, uint8_t op, bool holds);

/* call.c */
enum go machine_call(struct machine *m, struct state *s, const struct linked_insn *n);
enum go machine_exit(struct machine *m, struct state *s);

static inline struct value *machine_reg(struct state *s, unsigned n)
{
	return &TOP(s)->reg[n < REGISTERS ? n : 0];
}

#endif
