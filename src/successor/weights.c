/*
 * weights: how much each signal counts for a suggestion, as logarithms of odds. They were fitted to
 * real renames by `make fit`, and by hand where renames are too few. Those of routines are a
 * logistic regression over all that comes into question, or nothing, for 2,600 functions that 5.10
 * and 6.1 lost to 6.1 and 6.12: what their callers call in the same place there, or what the
 * sources have as static or inline, with a part of them taken to be told wrongly; and for the rows
 * that `make fit` tunes on, twice. All were then made smaller by a quarter, so that of the answers
 * that are sure some 96 in 100 are right. That of tracepoints, of which few are known, is by hand.
 */
#include "successor/suggest_impl.h"

static const char *const signal_names[SIGNAL_COUNT] = {
    "name",   "type",  "rare",   "place",  "paired", "sole",   "taken",      "old",     "kin",
    "home",   "along", "nest",   "away",   "back",   "within", "both",       "fits",    "flag",
    "bit",    "box",   "far",    "vague",  "clash",  "other",  "use",        "heir",    "spread",
    "sparse", "link",  "rival",  "agree",  "spelt",  "lead",   "apart",      "stem",    "took",
    "mixed",  "said",  "family", "called", "void",   "arity",  "tracepoint", "between",
};

/* `base` is that
 * of a name of the target for which nothing speaks. */
static const struct weights {
	float base, at[SIGNAL_COUNT];
} weights[SCALE_COUNT] = {
    [SCALE_FIELD] = {-3.5f, {[SIGNAL_NAME] = 6.2f,   [SIGNAL_TYPE] = 0.2f,   [SIGNAL_RARE] = 1.60f,
			     [SIGNAL_PLACE] = 2.6f,  [SIGNAL_PAIRED] = 0.9f, [SIGNAL_SOLE] = 2.3f,
			     [SIGNAL_TAKEN] = -2.1f, [SIGNAL_OLD] = -4.7f,   [SIGNAL_KIN] = 3.7f,
			     [SIGNAL_HOME] = 3.2f,   [SIGNAL_ALONG] = 3.3f,  [SIGNAL_NEST] = -1.0f,
			     [SIGNAL_AWAY] = -2.0f,  [SIGNAL_BACK] = 0.1f,   [SIGNAL_WITHIN] = 0.5f,
			     [SIGNAL_BOTH] = 1.2f,   [SIGNAL_FITS] = 0.9f,   [SIGNAL_FLAG] = 11.5f,
			     [SIGNAL_BOX] = -2.5f,   [SIGNAL_FAR] = -6.0f,   [SIGNAL_VAGUE] = -1.5f,
			     [SIGNAL_CLASH] = -1.7f, [SIGNAL_OTHER] = -1.2f, [SIGNAL_RIVAL] = 3.0f,
			     [SIGNAL_HEIR] = 2.8f,   [SIGNAL_BIT] = 8.0f,    [SIGNAL_SPREAD] = 4.5f,
			     [SIGNAL_SPARSE] = 4.0f, [SIGNAL_LINK] = 6.5f}},
    [SCALE_TYPE] = {-5.0f,
		    {[SIGNAL_NAME] = 5.0f,
		     [SIGNAL_TYPE] = 0.5f,
		     [SIGNAL_RARE] = 4.5f,
		     [SIGNAL_PLACE] = 0.5f,
		     [SIGNAL_OLD] = -2.0f,
		     [SIGNAL_USE] = 10.0f,
		     [SIGNAL_CLASH] = -1.0f,
		     [SIGNAL_RIVAL] = 2.5f}},
    [SCALE_ENUM] = {-3.6f,
		    {[SIGNAL_NAME] = 5.0f,
		     [SIGNAL_RARE] = 1.0f,
		     [SIGNAL_PLACE] = 3.2f,
		     [SIGNAL_PAIRED] = 0.8f,
		     [SIGNAL_TAKEN] = -1.2f,
		     [SIGNAL_OLD] = -2.6f,
		     [SIGNAL_KIN] = 3.2f,
		     [SIGNAL_AWAY] = -3.2f,
		     [SIGNAL_HOME] = 1.5f,
		     [SIGNAL_ALONG] = 1.2f,
		     [SIGNAL_LINK] = 1.5f,
		     [SIGNAL_FAR] = -1.0f,
		     [SIGNAL_BOTH] = 3.5f,
		     [SIGNAL_WITHIN] = 0.8f}},
    [SCALE_ROUTINE] =
	{-8.73f, {[SIGNAL_AGREE] = -2.65f,  [SIGNAL_APART] = -2.28f, [SIGNAL_ARITY] = -1.52f,
		  [SIGNAL_BETWEEN] = 3.30f, [SIGNAL_BOTH] = 0.65f,   [SIGNAL_CALLED] = 0.80f,
		  [SIGNAL_FAMILY] = 2.85f,  [SIGNAL_LEAD] = 0.76f,   [SIGNAL_MIXED] = 1.34f,
		  [SIGNAL_NAME] = 6.68f,    [SIGNAL_OLD] = -3.21f,   [SIGNAL_PAIRED] = 0.52f,
		  [SIGNAL_SAID] = 1.89f,    [SIGNAL_SPELT] = 1.23f,  [SIGNAL_STEM] = 0.72f,
		  [SIGNAL_TAKEN] = -1.09f,  [SIGNAL_TOOK] = 6.11f,   [SIGNAL_TRACEPOINT] = 1.60f,
		  [SIGNAL_TYPE] = 3.06f,    [SIGNAL_VOID] = -1.01f}},
};

const char *signal_name(enum signal s)
{
	return signal_names[s];
}

double weights_odds(enum scale scale, const float signals[SIGNAL_COUNT])
{
	double odds = weights[scale].base;

	for (size_t i = 0; i < SIGNAL_COUNT; i++)
		odds += (double)weights[scale].at[i] * (double)signals[i];
	return odds;
}
