/* releases: since which release the verifier can tell what; see releases.h. A field that is set too
 * late costs precision, one that is set too early would call dead what a kernel explores: in doubt
 * the later release stands here. */
#include "verify/releases.h"

#include <stddef.h>
#include <string.h>

#include "core/kernel_version.h"

#define CODE(major, minor, sub) ((uint32_t)(major) << 16 | (minor) << 8 | (sub))
#define SINCE(major, minor, field)                                                   \
	{                                                                            \
		CODE(major, minor, 0), UINT32_MAX, offsetof(struct abilities, field) \
	}
/* What a stable series took over, from that release of it on. */
#define STABLE(major, minor, sub, field)                          \
	{                                                         \
		CODE(major, minor, sub), CODE(major, minor, 255), \
		    offsetof(struct abilities, field)             \
	}

static const struct {
	uint32_t first, last;
	size_t field;
} since[] = {
    SINCE(5, 11, linked_scalars),  SINCE(5, 11, packet_end),      SINCE(5, 12, spill_bounded),
    SINCE(5, 16, spill_small),     SINCE(6, 3, store_imm),        SINCE(6, 4, equal_by_range),
    SINCE(6, 4, constant_left),    SINCE(6, 4, linked_u32),       SINCE(6, 4, symbols_not_null),
    SINCE(6, 4, memory_not_null),  SINCE(6, 7, callback_later),   SINCE(6, 8, two_ranges),
    SINCE(6, 9, spill_any),        SINCE(6, 9, linked_spills),    SINCE(6, 10, or_xor_ranges),
    SINCE(6, 10, bitwise_signs),   SINCE(6, 12, deduce_extended), SINCE(6, 12, lazy_globals),
    SINCE(6, 14, reads_keep),      SINCE(6, 14, array_not_null),  SINCE(6, 15, multiply_signed),
    SINCE(6, 16, shift_32_signed), SINCE(6, 17, add_wraps),       SINCE(6, 17, deduce_crossing),
    SINCE(6, 18, negate),          SINCE(6, 18, equal_by_bits),   SINCE(7, 2, impossible_sides),
    STABLE(6, 18, 44, swap_bytes), SINCE(7, 0, swap_bytes),       STABLE(6, 18, 44, single_values),
    SINCE(7, 0, single_values),    SINCE(7, 1, divide),
};

static void set_since(struct abilities *out, uint32_t code)
{
	memset(out, 0, sizeof(*out));
	for (size_t i = 0; i < sizeof(since) / sizeof(*since); i++)
		if (code >= since[i].first && code <= since[i].last)
			*(bool *)((char *)out + since[i].field) = true;
}

bool releases_abilities(const char *release, struct abilities *out)
{
	uint32_t code = 0;
	bool known = kernel_version_code(release, &code);

	set_since(out, known ? code : 0);
	return known;
}

void releases_newest(struct abilities *out)
{
	set_since(out, UINT32_MAX);
}

void releases_bounds(const struct abilities *own, bool callbacks, bool globals,
		     struct abilities *least, struct abilities *most)
{
	*least = (struct abilities){0};
	releases_newest(most);
	most->impossible_sides = false;
	if (callbacks)
		least->callback_later = most->callback_later = own->callback_later;
	if (globals)
		least->lazy_globals = most->lazy_globals = own->lazy_globals;
}
