/*
 * state: what the analysis knows at one instruction of one path: the registers and stack slots of
 * every frame.
 */
#ifndef BTFL_STATE_H
#define BTFL_STATE_H

#include "verify/scalar.h"

#include <stddef.h>

enum { REGISTERS = 11, FRAMES = 8, SLOTS = 64, SLOT_SIZE = 8, STACK_SIZE = SLOTS * SLOT_SIZE };

enum value_kind {
	VALUE_NONE,   /* never set */
	VALUE_SCALAR, /* a number; `which` is enum number_source */
	VALUE_STACK,  /* the stack of frame `which`, scalar bytes from its end */
	VALUE_DATA,   /* section `which`, scalar bytes from its start */
	VALUE_ITEM,   /* a value of map `which` */
	VALUE_MAP,    /* map `which` itself */
	VALUE_FUNC,   /* function `which` */
	VALUE_CTX,    /* the program's context */
	VALUE_PACKET, /* into a packet; `which` is enum packet_range */
	VALUE_PACKET_END,
	VALUE_MEMORY, /* other memory that is not null */
	VALUE_STRUCT, /* into struct `which` of the BTF of the context, scalar bytes from its start,
			 or null */
	VALUE_OBJECT, /* an object of the kernel that is not null */
	VALUE_ARENA,  /* somewhere in an arena */
	VALUE_SYMBOL, /* a kernel symbol */
	VALUE_ANY,    /* a number or a pointer, who knows; `which` is 1 for one that a license keeps
			 shut */
	VALUE_ITER,   /* on the stack only: an open-coded iterator; `which` is enum iter_state */
};

/* What a branch told of a pointer into a packet: that it is not before the end, or behind it. */
enum packet_range { PACKET_UNKNOWN, PACKET_AT_END, PACKET_BEYOND };

/* Why a number is no pointer for sure: an argument is none, or what was loaded by one. Of others
 * nobody knows, for memory of maps may hold pointers, too. */
enum number_source { NUMBER_UNKNOWN, NUMBER_ARGUMENT, NUMBER_LOADED };

enum iter_state { ITER_ACTIVE, ITER_DRAINED };

struct value {
	uint8_t kind;
	bool maybe_null; /* ITEM and MEMORY: not checked yet */
	bool relocated;  /* of a number, or of where a pointer leads: relocations made it so */
	uint32_t which;
	uint32_t id;     /* equal values have equal ids; 0 for none */
	uint32_t origin; /* what decided it, for explanations only; see trace.h */
	uint32_t need;   /* of a number, see needs.h */
	uint32_t dated;  /* likewise, see dated.h; 0 for none */
	struct scalar number;
};

enum byte_kind { BYTE_NONE, BYTE_ANY, BYTE_ZERO, BYTE_SPILL };

/* Eight bytes of stack; byte[0] has the lowest address. A spill covers 8 bytes or, from byte[0] on,
 * fewer of them. */
struct slot {
	uint8_t byte[SLOT_SIZE];
	struct value spill;
};

struct frame {
	struct value reg[REGISTERS];
	struct slot *slot; /* slot[i] is at -8 * (i + 1) from the frame pointer */
	uint16_t slot_count;
	uint32_t func;
	uint32_t call;  /* the instruction that called it */
	bool callback;  /* of a helper: returns to the call instruction */
	uint32_t turns; /* of the callback that the frame's next call runs */
};

/* How deep a path is in stretches where nothing may sleep, see regions.h. */
struct regions {
	uint8_t rcu, preempt, irq;
};

struct state {
	struct frame *frame[FRAMES];
	unsigned depth; /* of frame in use, at least 1 */
	uint32_t at;
	uint32_t path;  /* see walk.h */
	uint32_t async; /* nested asynchronous callbacks */
	bool awake;     /* of a callback that may sleep where the program may not */
	struct regions regions;

	/* How the path last came to the loops that it is in: by place, each once. */
	struct state **entries;
	uint32_t entry_count;
	uint32_t holders; /* of this state, as an entry of others, besides who made it */
	bool open;        /* remembered, while paths that lead on from it wait to be walked */
};

#define TOP(s) ((s)->frame[(s)->depth - 1])

/* A copy; NULL when memory is out. */
struct state *state_copy(const struct state *s);
void state_free(struct state *s); /* NULL is allowed */
size_t state_size(const struct state *s);

/* The state in which the path last was at this place, in the same calls; NULL when it was not. */
const struct state *state_entry(const struct state *s);
/* Remembers `entry` for that, which is shared; -1 when memory is out. */
int state_set_entry(struct state *s, struct state *entry);
void state_forget_entries(struct state *s);

/* A state with one frame, of which only the frame pointer is set; NULL when memory is out. */
struct state *state_new(uint32_t func, uint32_t at);
/* Adds a frame, or takes the last one off; push returns NULL when memory or frames are out. */
struct frame *state_push(struct state *s, uint32_t func, uint32_t call);
void state_pop(struct state *s);

/* Makes room for `count` slots; -1 when memory is out. */
int frame_grow(struct frame *f, unsigned count);
/* Gives up those from number `count` on. */
void frame_cut(struct frame *f, unsigned count);

struct value value_scalar(struct scalar n);
struct value value_unknown(void); /* a number */
struct value value_any(void);     /* a number or a pointer */
struct value value_of(enum value_kind kind, uint32_t which);

/* What liveness leaves to compare: see liveness.h. */
struct liveness {
	uint16_t live;      /* registers that are read again */
	uint16_t decides;   /* registers whose number may decide a branch */
	uint64_t slot_live; /* likewise of slots */
	uint64_t slot_decides;
};

/* Whether every path that starts at b, starts at a too. live has one entry a frame. Where the
 * context is read tells paths apart only when `context` is set. */
bool state_covers(const struct state *a, const struct state *b, const struct liveness *liveness,
		  bool context);

#endif
