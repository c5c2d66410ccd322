/*
 * classes: all Lua classes and how to push a value of each. `btf`, `object` and `target` parameters
 * are stack indexes of the owners' userdata. Every push raises when the owner is closed.
 */
#ifndef BTFL_CLASSES_H
#define BTFL_CLASSES_H

#include "bind/handle.h"
#include "core/resolution.h"
#include "format/opening.h"
#include "format/references.h"

struct align;

/* Of the parts of a btf. */
enum { TAG_TYPE, TAG_MEMBER, TAG_ENUMERATOR, TAG_PARAM, TAG_SECVAR };
/* Of the parts of an object; an object and the results of a pair both have accessors. */
enum {
	TAG_PROGRAM = 1,
	TAG_RELO,
	TAG_LINE,
	TAG_ACCESSOR,
	TAG_MAP,
	TAG_EXTERN,
	TAG_STRUCT_OPS,
	TAG_ATTACH,
	TAG_CALL
};
/* Of the results of a pair. */
enum { TAG_RESULT = 5, TAG_ATTEMPT };

extern const struct class error_class, btf_class, type_class, member_class, enumerator_class,
    param_class, secvar_class, object_class, program_class, relo_class, line_class, accessor_class,
    map_class, extern_class, struct_ops_class, attach_class, call_class, target_class, result_class,
    attempt_class, subset_class, verdict_class, obstacle_class, guard_class, version_class,
    builder_class;

/* Pushes e as a value of class btfl.error, as raise_err() raises it. */
void push_err(lua_State *L, const struct err *e);
/* engine.input_error(file, message): raises a malformed input that Lua has read. */
int engine_input_error(lua_State *L);

/* Pushes a version, "5.10.223", as a value that compares; see version.c. */
void push_version(lua_State *L, const char *text);

/* The functions of the module that open what there is to open. */
int open_btf(lua_State *L);
int open_object(lua_State *L);
int open_file(lua_State *L); /* an object, or else a btf */
int open_target(lua_State *L);
int open_subset(lua_State *L);

/* What lua/btfl/build/builder.lua asks for: see builder.c. */
int engine_builder(lua_State *L);
int engine_btf_of(lua_State *L);
int engine_type_alone(lua_State *L);
int engine_builder_string(lua_State *L);
int engine_builder_add(lua_State *L);

/* archive(files, packing): see btfl.archive in meta.lua. */
int engine_archive_write(lua_State *L);
/* engine.tsv(rows, columns, lists, cell): see tsv.c. */
int engine_tsv(lua_State *L);

/* insn(hex, endian): see insn.c. */
int engine_insn(lua_State *L);
/* Pushes a table of the fields of an instruction: of INSN_SIZE bytes, twice as many when it is
 * wide.
 */
void push_insn(lua_State *L, const uint8_t *bytes, bool wide, bool big);

/* What the tables of kernels say: see facts.c. */
int engine_helper_allowed(lua_State *L);
int engine_kfunc_allowed(lua_State *L);
int engine_helper_gpl_only(lua_State *L);
int engine_context_access(lua_State *L);
int engine_context_struct(lua_State *L);
int engine_context_moved(lua_State *L);
int engine_hook_allowed(lua_State *L);
int engine_helper_marker(lua_State *L);

/* A kernel's configuration, or the list of its symbols, in the file at path, which is read once in
 * the life of the Lua state, and kept as long. Raises when it cannot be read or is something else.
 */
struct kconfig *kept_kconfig(lua_State *L, const char *path);
/* Makes a text what that path is found to hold from then on; one that is no whole configuration is
 * refused. */
void keep_kconfig(lua_State *L, const char *path, const char *text, size_t len);
struct symbols *kept_symbols(lua_State *L, const char *path);

/* btf */

/* The open BTF behind the userdata at arg; raises otherwise. */
const struct btf *check_btf(lua_State *L, int arg);
/* The base at stack index arg; NULL when it is nil. */
const struct btf *optional_base(lua_State *L, int arg);
/* Gives the closed btf at idx what it owns. The userdata of the base that was given is at `base`,
 * nil for none; a file with a .BTF.base of its own stands on that, whatever was given. */
void open_closed_btf(lua_State *L, int idx, struct btf *b, int base);
/* Pushes a new handle of b, which is referenced. base is the index of its base's userdata (0: one
 * is made when b has a base); parent the index of the owner that it is closed with, 0 for none. */
void push_btf(lua_State *L, const struct btf *b, const char *path, int base, int parent);
/* Closes the btf at idx, and its bases, as far as `parent` is the owner that they are closed with.
 */
void close_btf_of(lua_State *L, int idx, const struct owner *parent);
/* Lets that of an object, which has none below it, rest with it; anything else is left. */
void rest_btf_of(lua_State *L, int idx, const struct owner *parent);
/* Frees what push_align() keeps of the btf at the top of the stack, and pops it. */
void close_align(lua_State *L);
/* An optional kind's name: -1 when absent, an argument error for an unknown one. */
int check_kind(lua_State *L, int arg);
void push_endian(lua_State *L, bool big_endian);

/* btf:scan(kind), btf:scan_members(name) and btf:functions(): see scan.c. */
int btf_scan_method(lua_State *L);
int btf_scan_members_method(lua_State *L);
int btf_functions_method(lua_State *L);
int btf_places_method(lua_State *L);
/* The ids of the functions that programs may call, as keys; nil where nobody can tell. */
int engine_kfunc_ids(lua_State *L); /* (btf) */

/* type and its elements */

void push_type(lua_State *L, int btf, uint32_t id);
/* Pushes element i of type id, a handle of the given class. */
void push_element(lua_State *L, int btf, const struct class *c, uint32_t id, uint32_t i);
/* The decoded type of a type's or an element's handle. */
struct btf_type handle_type(lua_State *L, const struct handle *h);
/* Pushes a type that an element at stack index 1 refers to. */
int push_referred(lua_State *L, uint32_t id);
/* Pushes the bits that a member of b takes, nil when its type has no size. */
void push_bit_size(lua_State *L, const struct btf *b, const struct btf_member *m);
/* Pushes what is known of the alignment of the types of the btf at that index, which is kept with
 * it, and gives it. */
struct align *push_align(lua_State *L, int btf);
/* type:fields(): see fields.c. */
int type_fields(lua_State *L);
/* engine.starts_with(type, name): whether it is, or starts with, a struct or union of that
 * essential name, as btf_starts.h has it. */
int engine_starts_with(lua_State *L);
/* engine.members_inline(type, with_types): lists of names, places and sizes in bits of the members
 * of a struct or union, those of anonymous ones inline, and with_types of their types and whether
 * each is a bitfield; empty ones for what is no struct. */
int engine_members_inline(lua_State *L);
/* What differs: see changes.c, and btfl.same, btfl.changes and btfl.diff in meta.lua. */
int engine_same(lua_State *L);
int engine_changes(lua_State *L);
int engine_diff(lua_State *L);
/* Types as text: see print.c, and btfl.type and btfl.btf in meta.lua; init.lua has looked at the
 * arguments. */
int engine_type_decl(lua_State *L);   /* (type, name, rename) */
int engine_type_define(lua_State *L); /* (type, comments, rename) */
int engine_btf_print(lua_State *L);   /* (btf, format, header, types, write) */
/* Getters of every element. */
int get_element_parent(lua_State *L, const void *self);
int get_element_index(lua_State *L, const void *self);

/* object and its parts */

/* The open object behind the userdata at arg; raises otherwise. */
struct object *check_object(lua_State *L, int arg);
/* Pushes an object that is closed as yet; and opens it with what it then owns. */
struct owner *push_closed_object(lua_State *L, const char *path);
void open_closed_object(lua_State *L, struct owner *o, struct object *native);
/* What the instructions of the object at that index refer to, read on first use and freed with it.
 */
const struct references *object_references(lua_State *L, int object);
/* Why libbpf does not open it, NULL when it does; likewise. */
const struct opening *object_opening(lua_State *L, int object);
void close_references(lua_State *L, int object);
/* Pushes the object's btf, nil when it has none. */
void push_object_btf(lua_State *L, int object);
/* Pushes a part of the object, nil for the number OBJECT_NONE. */
void push_part(lua_State *L, int object, const struct class *c, uint32_t number);
/* Pushes an iterator over relocations: of one program, or of all for OBJECT_NONE. */
int push_relos(lua_State *L, int object, uint32_t program);
/* Pushes what a program attaches to; nil when libbpf does not know its section. */
void push_attach(lua_State *L, int object, uint32_t program);
/* Pushes an iterator over the calls of a program. */
int push_calls(lua_State *L, int object, uint32_t program);
/* Pushes a type of the object whose part is at stack index 1, nil for 0, and returns 1. */
int push_object_type(lua_State *L, uint32_t id);
/* The getter of the owner, for all parts of an object. */
int get_owner(lua_State *L, const void *self);

/* What is said again of another kernel: see recall.c. */
int engine_rest(lua_State *L);
int engine_wake(lua_State *L);
int engine_stamp(lua_State *L);
int engine_resting_object(lua_State *L);
int engine_recall_new(lua_State *L);
int engine_recall_meet(lua_State *L);
int engine_recall_nothing(lua_State *L);
int engine_recall_part(lua_State *L);
int engine_recall_again(lua_State *L);
int engine_recall_unheard(lua_State *L);
int engine_recall_is_heard(lua_State *L);
int engine_recall_listen(lua_State *L);
int engine_recall_relocate(lua_State *L);
int engine_recall_join(lua_State *L);
int engine_recall_answers(lua_State *L);
int engine_recall_unchanged(lua_State *L);
int engine_recall_spell(lua_State *L);
int engine_recall_read(lua_State *L);

/* program:reads(target, options): see reads.c. */
int program_reads(lua_State *L);
/* What lua/btfl/arguments/alike.lua asks for. */
int engine_alike(lua_State *L);
int engine_alike_key(lua_State *L);
int engine_alike_ask(lua_State *L);
int engine_alike_reads(lua_State *L);
int engine_alike_refused(lua_State *L);
int engine_alike_ways(lua_State *L);

/* ladders */

/* program:branches(target, options) */
int program_branches(lua_State *L);

/* verdict */

/* program:verdict(target, options) */
int program_verdict(lua_State *L);

/* accessor */

/* Pushes the accessor of relocation `number` of an owner that was made already; false when there is
 * none. btf is that of its types. */
bool find_accessor(lua_State *L, int owner, int btf, uint32_t number);
/* Pushes a copy of s as the accessor of relocation `number` of an owner; btf is that of its types.
 */
void push_accessor(lua_State *L, int owner, int btf, uint32_t number, const struct accessor *s);
/* The same as a value of its own, which no handle of the owner is equal to. */
void push_free_accessor(lua_State *L, int owner, int btf, const struct accessor *s);
/* The accessor at arg; raises otherwise. */
const struct accessor *check_accessor(lua_State *L, int arg);
/* Appends the access in C to the buffer. */
void add_accessor_path(luaL_Buffer *out, const struct accessor *s);
/* The name of a type in a path: its own, or that of what stands behind its modifiers. */
const char *path_name(const struct btf *b, uint32_t id);

/* target */

const struct target *check_target(lua_State *L, int arg);
/* A list of paths at arg, whose strings it keeps; pushes what holds the array. */
const char **check_paths(lua_State *L, int arg, size_t *count);
/* The same of a list at stack index idx that is a part of that argument; `what` names it. */
const char **check_path_list(lua_State *L, int idx, int arg, const char *what, size_t *count);
/* What the options at arg (nil for none) say of a kernel besides its BTF. Strings are the table's,
 * files are kept. Raises for what is wrong, other options than those and `modules` included. */
struct target_facts check_facts(lua_State *L, int arg);
/* The same of a table that has other options, too. */
struct target_facts facts_of(lua_State *L, int arg);
/* engine.kernel_version(text): the version in it, nil for none. */
int engine_kernel_version(lua_State *L);
/* engine.distro_of_compiler(text): as core/distro.h has it, nil for none. */
int engine_distro_of_compiler(lua_State *L);
/* Raises, about argument arg, when a table has a key that is none of names (ends with NULL). */
void check_option_names(lua_State *L, int arg, int table, const char *const *names);
/* The option's string, which the table keeps; NULL when it is not given. */
const char *string_option(lua_State *L, int arg, const char *name);
/* The release, or a text with the version, of the options at arg; NULL when it is not given. */
const char *release_option(lua_State *L, int arg);
const char *version_option(lua_State *L, int arg);
/* Pushes a target that is closed as yet; and opens it with what it then owns. */
struct owner *push_closed_target(lua_State *L, const char *path);
void open_closed_target(lua_State *L, struct owner *o, struct target *native);
/* Methods of a target: see target_features.c. */
int target_has(lua_State *L);
int target_helper(lua_State *L);
int target_kfunc(lua_State *L);
int target_attach(lua_State *L);
int target_signature(lua_State *L);
/* Files and folders, for who looks for kernels: see inputs.c. */
int engine_file_kind(lua_State *L);
int engine_code_size(lua_State *L);
int engine_folder(lua_State *L);
int engine_glob(lua_State *L);
int engine_archive(lua_State *L);
int engine_stem(lua_State *L);
int engine_architecture(lua_State *L);
int engine_read_fact(lua_State *L);
int engine_keep_config(lua_State *L);
int engine_config_value(lua_State *L);

int engine_signature_key(lua_State *L);
int engine_outcomes(lua_State *L);
int engine_notable_results(lua_State *L);
int engine_distinct_relos(lua_State *L);
int engine_outcome(lua_State *L);
/* engine.batch(targets, modules, objects, jobs, facts, functions): see batch.c. */
int engine_batch(lua_State *L);
/* Processes that share work: see workers.c. */
int engine_workers(lua_State *L);
int engine_limits(lua_State *L);
int engine_noted_inputs(lua_State *L);
/* Pushes the userdata of one of the target's BTFs. */
void push_target_btf(lua_State *L, int target, const struct btf *b);

/* resolution: an owner that Lua never sees; it keeps results of one object on one target */

/* User values of a resolution. Decisions is a table, by relocation counted from 1: a
 * list of deciders, each followed by its note or false, and at 0 the resolution that it has taken
 * over from; nil without a policy. By libbpf's rules it is what was met, where that was watched. */
enum {
	RESOLUTION_OBJECT = OWNER_LINK,
	RESOLUTION_TARGET = OWNER_MORE,
	RESOLUTION_DECISIONS = OWNER_LAST,
	RESOLUTION_MET = OWNER_LAST,
};

/* Pushes the decider and the note (or nil) of a decision of the policy on a relocation, a number of
 * struct result or attempt; nil alone for 0. The handle at stack index 1 is of the resolution.
 * Returns how many it pushed. */
int push_decision(lua_State *L, uint32_t relo, uint32_t decision);
/* Pushes the resolution of the pair by the policy at that index (nil: libbpf's), made at the first
 * call. */
void push_resolution(lua_State *L, int object, int target, int policy);
/* Makes that by libbpf's rules, unless it is made, in a way in which those of policies made
 * afterwards take over from it what they do not decide. Stack indexes are absolute. */
void watch_resolution(lua_State *L, int object, int target);
/* Lets go of the pair's by libbpf's rules, which is made again when it is needed. */
void forget_resolutions(lua_State *L, int object, int target);
/* Pushes a new resolution of one relocation against one candidate. */
void push_trial(lua_State *L, int object, int target, int policy, uint32_t relo,
		struct candidate c);
/* Pushes a new resolution that no relocation is an error of; stack indexes are absolute. */
void push_forced(lua_State *L, int object, int target, int policy);
/* Pushes an iterator over the results of the resolution at that index. */
int push_results(lua_State *L, int resolution);
/* object:contested(target, policies, all): see contested.c. */
int object_contested(lua_State *L);
/* engine.relocate(object, target, options, keep, forced): see relocated.c. */
int engine_relocate(lua_State *L);
/* Lets the pair have a resolution by libbpf's rules that was made elsewhere; takes *native over. */
void adopt_resolution(lua_State *L, int object, int target, struct resolution **native);
/* Frees all resolutions of the object at that index, and its verdicts; what is of them raises from
 * then on. */
void close_resolutions(lua_State *L, int object);
/* Lets the verdict at that index be closed with them. */
void close_with_resolutions(lua_State *L, int object, int verdict);
/* The open resolution behind a result or an attempt. */
const struct resolution *handle_resolution(lua_State *L, const struct handle *h);
/* Pushes the object, or the target, of the result or attempt at stack index idx. */
void push_result_side(lua_State *L, int idx, int which);

#endif
