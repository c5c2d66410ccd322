/*
 * features_impl: what the files of features share, and the room that a target has for them.
 */
#ifndef BTFL_FEATURES_IMPL_H
#define BTFL_FEATURES_IMPL_H

#include <pthread.h>
#include <stdatomic.h>

#include "core/features.h"

/* More than any of the enums has; larger numbers are none. */
enum { FEATURE_NUMBERS = 1024 };

/* What was asked of a target once. Zero-initialised, but for its lock. */
struct features {
	pthread_mutex_t lock; /* held to read the numbers */
	atomic_bool read;
	uint32_t last[FEATURE_SETS];
	bool whole[FEATURE_SETS]; /* the BTF has the kernel's enum */
	uint64_t bits[FEATURE_SETS][FEATURE_NUMBERS / 64];
	atomic_uchar mark[FEATURE_MARKS + 1]; /* 1 + enum known, 0 when it was not asked yet; the
					       * last is what features_tell() says */
};

/* Those of a target, which keeps them (target.c). */
struct features *target_features(const struct target *t);

/* Whether its BTF has functions: one cut down to what some objects need has none, and what it lacks
 * the kernel may have. */
bool features_tell(const struct target *t);

#endif
