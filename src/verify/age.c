/* age: see age.h. When helpers ended with which is in helper_types.def. */
#include "verify/age.h"

#include "core/features.h"
#include "core/kernel_version.h"
#include "format/asked.h"

struct kernel_age age_of(const struct target *t, const char *release)
{
	struct questions *heard_by = asked_pause();
	struct kernel_age age = {.last_helper = features_last(t, FEATURE_HELPER)};

	asked_go_on(heard_by);
	if (!kernel_version_code(release, &age.version))
		age.version = 0;
	return age;
}

bool age_is_known(struct kernel_age age)
{
	return age_since(age, 0);
}

bool age_since(struct kernel_age age, uint32_t line)
{
	asked_for(ASKED_SINCE, line, NULL, 0);
	return line ? age.version >> 8 >= line : age.version != 0;
}

bool age_before(struct kernel_age age, uint32_t line)
{
	return age_is_known(age) && !age_since(age, line);
}

/* The release line that it is not newer than; UINT32_MAX when nobody knows. */
static uint32_t newest_line(struct kernel_age age)
{
	uint32_t line = age.version & 0xff ? age.version >> 8 : UINT32_MAX;

	/* The newer lines stand below. */
#define LAST_HELPER(major, minor, last)                                                    \
	if (age.last_helper && age.last_helper <= (last) && AGE_LINE(major, minor) < line) \
		return AGE_LINE(major, minor);
#include "verify/helper_types.def"
	return line;
}

bool age_up_to(struct kernel_age age, uint32_t line)
{
	asked_for(ASKED_UP_TO, line, NULL, 0);
	return newest_line(age) <= line;
}

bool age_is_unseen(struct kernel_age age)
{
#define NEWEST(major, minor) return age_since(age, AGE_LINE(major, minor) + 1);
#include "verify/helper_types.def"
}

bool age_lacks(struct kernel_age age, uint32_t helper)
{
	asked_for(ASKED_LAST, FEATURE_HELPER, NULL, 0);
	return age.last_helper < helper;
}

void age_note(uint32_t line)
{
	asked_for(ASKED_SINCE, 0, NULL, 0);
	asked_for(ASKED_SINCE, line, NULL, 0);
}
