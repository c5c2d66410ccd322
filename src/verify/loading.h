/*
 * loading: a program as a tool hands it to a loader, and the kernel that it is for: what is asked
 * of a verdict.
 */
#ifndef BTFL_LOADING_H
#define BTFL_LOADING_H

#include "core/features.h"
#include "format/opening.h"
#include "format/section.h"
#include "verify/externs.h"
#include "verify/helper_types.h"
#include "verify/linked.h"
#include "verify/obstacle.h"
#include "verify/releases.h"

/* Every rule. */
#define LOADING_ALL UINT64_MAX

/* What a tool sets of a map before it loads. */
struct map_setting {
	const char *map;
	uint32_t type, key_size, value_size, max_entries; /* 0: as it is */
	bool inner;                                       /* an inner map is given */
};

struct loading {
	const struct resolution *resolution; /* of the object */
	const struct target *target;         /* its, or one with more facts */
	const struct externs *externs;
	const struct opening *refused; /* why libbpf does not open the object; NULL when it does */
	uint32_t entry;                /* the program, of the object */
	uint64_t wanted;               /* the rules that are asked about, see obstacle.h */
	const struct map_setting *settings;
	size_t setting_count;

	/* What loading_init() finds, and callers may set. */
	const char *release; /* what the kernel is known as; NULL when it is not */
	struct kernel_age age;
	struct attach_point attach;
	uint32_t prog_type, attach_type; /* 0: the program has none until a tool sets it */
	bool sleepable;
	bool retargeted;    /* by loading_attach() */
	struct found found; /* what it attaches to, where BTF has that; see loading_find() */
};

/* Fills in what the section of the program says. */
void loading_init(struct loading *l);

/* Lets a tool attach the program to something else: a function, tracepoint or hook of name, which
 * must outlive l. */
void loading_attach(struct loading *l, const char *name);

/* Looks for what the program attaches to in the target's BTF, once all of the above is set. */
void loading_find(struct loading *l);

/* The name in BTF of what was found; NULL when nothing was. */
const char *loading_function(const struct loading *l);

/* The map of that number, as it is created. */
struct map_def loading_map(const struct loading *l, uint32_t map);

/* Whether a tool gives the map of that name, a map of maps, what it holds. */
bool loading_sets_inner(const struct loading *l, const char *map);

/* What the kernel's verifier can tell by its release; whether that is known. */
bool loading_abilities(const struct loading *l, struct abilities *out);

#endif
