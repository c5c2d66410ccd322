/*
 * when: of which questions a hook is asked: words of a policy, each of which holds of some. What
 * the engine answers to the others stands, and costs no call: 57 objects on 13 kernels take 77 ms
 * by cilium's policy instead of 205, where libbpf's rules take 67.
 */
#ifndef BTFL_WHEN_H
#define BTFL_WHEN_H

#include "bind/policy/hook.h"

/* Bits, by number of what they stand for. */
struct when {
	bool always;      /* no words: of all questions */
	uint32_t relos;   /* kinds of relocations */
	uint32_t kinds;   /* kinds of types: that of the object which is compared (compatible) */
	uint32_t facts;   /* what else holds of a question; see when.c */
	uint32_t reasons; /* why the rules below refuse; why nothing was found (missing) */
};

/* Reads into w the list of words at that index, nil for none; raises for one that the hook has not.
 */
void when_read(lua_State *L, int words, enum hook hook, struct when *w);

/* Adds to w what is in more. */
void when_add(struct when *w, const struct when *more);

/* Whether one of the words holds of the question, whatever is answered. */
bool when_holds(const struct when *w, enum hook hook, const struct asked *a);

/* Whether one of them may hold of an answer; and whether one holds of it: one that refuses for that
 * reason, REASON_NONE for one that does not. */
bool when_looks(const struct when *w, enum hook hook);
static inline bool when_refused(const struct when *w, enum reason reason)
{
	return w->reasons >> reason & 1;
}

/* What held of the questions about a relocation that libbpf's rules have answered, and of their
 * answers. All zero to begin with. */
struct met {
	uint32_t hooks; /* that were asked */
	uint32_t kinds; /* as of struct when */
	uint32_t reasons[HOOK_COUNT];
	uint16_t facts[HOOK_COUNT];
};

/* Adds the question, before it is answered; and its answer. */
void when_meet(struct met *m, enum hook hook, const struct asked *a);
void when_answered(struct met *m, enum hook hook, const struct asked *a);

/* Whether a word holds of one of those questions to a hook, or of an answer, which then is not all
 * that there is to ask; `kind` is the relocation's. */
bool when_held(const struct when *w, enum hook hook, uint32_t kind, const struct met *m);

/* Pushes a table of the words of a hook, each true. */
void push_words(lua_State *L, enum hook hook);

#endif
