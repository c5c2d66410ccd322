/* accessor: an access string over every type of a BTF, and the values that it has. */
#include "support/fuzz.h"

#include <string.h>

#include "core/value.h"

const unsigned fuzz_parts = 2;

static void parse(const struct btf *b, uint32_t id, const char *access, uint32_t kind)
{
	struct accessor_room room;
	struct arena arena = {0};
	struct relo_value value;
	const struct accessor *kept;
	enum reason reason = accessor_parse(b, id, access, kind, &room);

	fuzz_holds(reason < REASON_COUNT, "a reason is one of reason.h");
	if (reason != REASON_NONE)
		return;
	fuzz_holds(room.accessor.len <= room.accessor.raw_len &&
		       room.accessor.raw_len <= ACCESSOR_MAX,
		   "an accessor has no more steps than numbers");
	for (uint32_t i = 0; i < room.accessor.len; i++)
		fuzz_holds(btf_has(b, room.accessor.step[i].type_id), "the type of a step exists");
	kept = accessor_keep(&room.accessor, &arena);
	fuzz_holds(kept && kept->len == room.accessor.len, "an accessor is kept");
	if (kind != RELO_LOCAL_TYPE_ID)
		value_calc(kept, b->big_endian, &value);
	arena_free(&arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct bytes part[FUZZ_PARTS_MOST];
	char access[512];
	uint32_t kind;
	struct btf *b;

	fuzz_split(data, len, part);
	if (part[1].len < 1 || part[1].len > sizeof(access))
		return 0;
	kind = part[1].at[0] % (RELO_KIND_COUNT + 1);
	memcpy(access, part[1].at + 1, part[1].len - 1);
	access[part[1].len - 1] = '\0';
	b = fuzz_btf(part[0], NULL);
	for (uint32_t id = 0; b && id < b->end_id; id++)
		parse(b, id, access, kind);
	btf_unref(b);
	return 0;
}
