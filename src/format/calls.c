/* calls: tells calls by their instruction and what it refers to; see calls.h. */
#include "format/calls.h"

enum { CALL_CODE = BPF_JMP | JUMP_CALL, PSEUDO_KFUNC_CALL = 2 };

static const char *const what_names[CALL_WHAT_COUNT] = {
    [CALL_HELPER] = "helper",
    [CALL_KFUNC] = "kfunc",
    [CALL_SUBPROGRAM] = "subprogram",
    [CALL_CALLBACK] = "callback",
};

const char *call_what_name(enum call_what what)
{
	return what_names[what];
}

bool call_at(const struct object *o, const struct references *l, const struct program *p,
	     uint32_t insn, struct call *out)
{
	struct insn in = insn_load(p->insns + (size_t)insn * INSN_SIZE, o->big_endian);
	const struct ref *r;

	if (in.code != CALL_CODE && in.code != BPF_LDIMM64)
		return false;
	r = references_at(l, p->section_index, p->offset + insn * INSN_SIZE);
	*out = (struct call){.insn = insn, .id = r ? r->target : OBJECT_NONE};
	if (in.code == BPF_LDIMM64) {
		out->what = CALL_CALLBACK;
		return r && r->kind == REF_FUNC;
	}
	if (r && r->kind == REF_CALL) {
		out->what = CALL_SUBPROGRAM;
	} else if (r && r->kind == REF_EXTERN_CALL) {
		out->what = CALL_KFUNC;
	} else if (in.src == PSEUDO_KFUNC_CALL) {
		out->what = CALL_KFUNC;
		out->id = OBJECT_NONE;
	} else if (in.src == 0) {
		out->what = CALL_HELPER;
		out->id = (uint32_t)in.imm;
	} else {
		return false;
	}
	return true;
}
