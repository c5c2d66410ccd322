/* insn: btfl.insn(hex, endian), an instruction taken apart. */
#include "bind/classes.h"

#include "format/insn.h"

static const char *const class_names[] = {"ld", "ldx", "st", "stx", "alu", "jmp", "jmp32", "alu64"};

static void set(lua_State *L, const char *field, lua_Integer value)
{
	lua_pushinteger(L, value);
	lua_setfield(L, -2, field);
}

void push_insn(lua_State *L, const uint8_t *bytes, bool wide, bool big)
{
	struct insn in = insn_load(bytes, big);
	int64_t imm = in.imm;

	if (wide) {
		uint32_t high = (uint32_t)insn_load(bytes + INSN_SIZE, big).imm;

		imm = (int64_t)((uint64_t)high << 32 | (uint32_t)in.imm);
	}
	lua_createtable(L, 0, 8);
	set(L, "code", in.code);
	set(L, "dst", in.dst);
	set(L, "src", in.src);
	set(L, "off", in.off);
	set(L, "imm", imm);
	if (BPF_CLASS(in.code) >= BPF_LDX && BPF_CLASS(in.code) <= BPF_STX)
		set(L, "size", insn_bytes(in.code));
	lua_pushstring(L, class_names[BPF_CLASS(in.code)]);
	lua_setfield(L, -2, "class");
}

int engine_insn(lua_State *L)
{
	static const char *const orders[] = {"little", "big", NULL};
	uint8_t bytes[2 * INSN_SIZE];
	size_t len;
	const char *hex = luaL_checklstring(L, 1, &len);
	bool big = luaL_checkoption(L, 2, NULL, orders) == 1;
	bool wide = len == 2 * sizeof(bytes);

	if ((!wide && len != sizeof(bytes)) || !read_hex(hex, len / 2, bytes))
		return 0;
	push_insn(L, bytes, wide, big);
	return 1;
}
