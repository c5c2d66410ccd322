/* reason: the stable names of reason codes; see reason.h. */
#include "core/reason.h"

const char *reason_name(enum reason r)
{
	static const char *const names[REASON_COUNT] = {
	    [REASON_NONE] = "",
	    [REASON_NO_TYPE] = "no-type",
	    [REASON_NO_FIELD] = "no-field",
	    [REASON_NO_ENUMVAL] = "no-enumval",
	    [REASON_NO_ELEMENT] = "no-element",
	    [REASON_INCOMPATIBLE] = "incompatible",
	    [REASON_AMBIGUOUS] = "ambiguous",
	    [REASON_BITFIELD_TOO_WIDE] = "bitfield-too-wide",
	    [REASON_SIZE_MISMATCH] = "size-mismatch",
	    [REASON_OFFSET_RANGE] = "offset-range",
	    [REASON_INSN_MISMATCH] = "insn-mismatch",
	    [REASON_INSN_UNSUPPORTED] = "insn-unsupported",
	    [REASON_BAD_ACCESS] = "bad-access",
	    [REASON_ANONYMOUS] = "anonymous",
	    [REASON_UNSIZED] = "unsized",
	    [REASON_UNSUPPORTED] = "unsupported",
	    [REASON_TOO_DEEP] = "too-deep",
	    [REASON_LIMIT] = "limit",
	    [REASON_TRUNCATED] = "truncated",
	    [REASON_BY_POLICY] = "by-policy",
	};

	return (unsigned)r < REASON_COUNT ? names[r] : "";
}
