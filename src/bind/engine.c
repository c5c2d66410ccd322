/* engine: the Lua module btfl.engine: what opens inputs, the classes, and the words of the domain.
 */
#include "bind/classes.h"
#include "bind/data.h"
#include "bind/files.h"
#include "bind/plain.h"
#include "bind/policy/tier.h"
#include "bind/suggestion.h"
#include "bind/system.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/version.h"
#include "format/nearest.h"
#include "format/uapi.h"
#include "successor/suggest.h"
#include "verify/obstacle.h"

int luaopen_btfl_engine(lua_State *L);

static int engine_u64(lua_State *L)
{
	char text[24];

	snprintf(text, sizeof(text), "%" PRIu64, (uint64_t)luaL_checkinteger(L, 1));
	lua_pushstring(L, text);
	return 1;
}

static int engine_essential(lua_State *L)
{
	size_t len;
	const char *name = luaL_checklstring(L, 1, &len);

	lua_pushlstring(L, name, btf_essential_len(name, len));
	return 1;
}

/* Whether a text is printable ASCII throughout. A pattern takes 30 times as long to tell, which was
 * 4 % of `btfl relos`. */
static int engine_is_printable(lua_State *L)
{
	size_t len;
	const char *s = luaL_checklstring(L, 1, &len);
	bool printable = true;

	for (size_t i = 0; i < len; i++)
		printable &= s[i] >= ' ' && s[i] <= '~';
	lua_pushboolean(L, printable);
	return 1;
}

static int engine_digest(lua_State *L)
{
	size_t len;
	const char *text = luaL_checklstring(L, 1, &len);
	struct digester d = {0};

	digest_bytes(&d, text, len);
	push_digest(L, digest_of(&d));
	return 1;
}

/* Sorted by distance, then as given. The distances stand in a userdata, so no error can leak them.
 */
static int engine_nearest(lua_State *L)
{
	const char *name = luaL_checkstring(L, 1);
	unsigned limit = nearest_limit(name);
	lua_Integer n, found = 0;
	uint8_t *distance;

	luaL_checktype(L, 2, LUA_TTABLE);
	lua_settop(L, 2);
	n = (lua_Integer)lua_rawlen(L, 2);
	distance = lua_newuserdatauv(L, (size_t)n + 1, 0);
	for (lua_Integer i = 0; i < n; i++) {
		if (lua_rawgeti(L, 2, i + 1) != LUA_TSTRING)
			return luaL_argerror(L, 2, "a list of strings expected");
		distance[i] = (uint8_t)nearest_distance(name, lua_tostring(L, -1), limit);
		lua_pop(L, 1);
	}
	lua_newtable(L);
	for (unsigned d = 0; d <= limit; d++) {
		for (lua_Integer i = 0; i < n; i++) {
			if (distance[i] != d)
				continue;
			lua_rawgeti(L, 2, i + 1);
			lua_rawseti(L, -2, ++found);
		}
	}
	return 1;
}

static const char *reason_at(unsigned i)
{
	return reason_name((enum reason)(i + 1));
}

static const char *rule_at(unsigned i)
{
	return obstacle_rule_name((enum obstacle_rule)(i + 1));
}

static const char *kind_at(unsigned i)
{
	return btf_kind_name(i);
}

static const char *relo_kind_at(unsigned i)
{
	return relo_kind_name(i);
}

static const struct class *const classes[] = {
    &error_class,  &btf_class,      &type_class,    &member_class,     &enumerator_class,
    &param_class,  &secvar_class,   &object_class,  &program_class,    &relo_class,
    &line_class,   &accessor_class, &target_class,  &result_class,     &attempt_class,
    &subset_class, &policy_class,   &default_class, &verdict_class,    &obstacle_class,
    &guard_class,  &map_class,      &extern_class,  &struct_ops_class, &attach_class,
    &call_class,   &version_class,  &builder_class,
};

enum { CLASS_COUNT = sizeof(classes) / sizeof(*classes) };

static const char *class_at(unsigned i)
{
	return strchr(classes[i]->name, '.') + 1;
}

static int engine_class(lua_State *L)
{
	const char *name = luaL_checkstring(L, 1);

	for (unsigned i = 0; i < CLASS_COUNT; i++) {
		if (strcmp(class_at(i), name) != 0)
			continue;
		class_describe(L, classes[i]);
		return 1;
	}
	return luaL_argerror(L, 1, "no such class");
}

/* The kernel's number for a name of "prog_type" or "map_type", nil when there is none. */
static int engine_uapi_number(lua_State *L)
{
	static const char *const sets[] = {"prog_type", "map_type", NULL};
	int set = luaL_checkoption(L, 1, NULL, sets);
	int64_t number = uapi_number(set ? UAPI_MAP_TYPE : UAPI_PROG_TYPE, luaL_checkstring(L, 2));

	if (number > 0)
		lua_pushinteger(L, number);
	else
		lua_pushnil(L);
	return 1;
}

static void set_list(lua_State *L, const char *field, const char *(*at)(unsigned), unsigned n)
{
	lua_createtable(L, (int)n, 0);
	for (unsigned i = 0; i < n; i++) {
		lua_pushstring(L, at(i));
		lua_rawseti(L, -2, (lua_Integer)i + 1);
	}
	lua_setfield(L, -2, field);
}

static const luaL_Reg functions[] = {
    {"btf", open_btf},
    {"object", open_object},
    {"open", open_file},
    {"same", engine_same},
    {"changes", engine_changes},
    {"diff", engine_diff},
    {"kfunc_ids", engine_kfunc_ids},
    {"target", open_target},
    {"kernel_version", engine_kernel_version},
    {"distro_of_compiler", engine_distro_of_compiler},
    {"subset", open_subset},
    {"builder", engine_builder},
    {"btf_of", engine_btf_of},
    {"type_alone", engine_type_alone},
    {"builder_string", engine_builder_string},
    {"builder_add", engine_builder_add},
    {"relocate", engine_relocate},
    {"type_decl", engine_type_decl},
    {"type_define", engine_type_define},
    {"btf_print", engine_btf_print},
    {"batch", engine_batch},
    {"workers", engine_workers},
    {"limits", engine_limits},
    {"noted_inputs", engine_noted_inputs},
    {"pack", plain_pack},
    {"unpack", plain_unpack},
    {"pack_resting", plain_rest},
    {"unpack_resting", plain_wake},
    {"class", engine_class},
    {"closed", engine_closed},
    {"u64", engine_u64},
    {"essential", engine_essential},
    {"members_inline", engine_members_inline},
    {"starts_with", engine_starts_with},
    {"insn", engine_insn},
    {"helper_allowed", engine_helper_allowed},
    {"kfunc_allowed", engine_kfunc_allowed},
    {"helper_gpl_only", engine_helper_gpl_only},
    {"context_access", engine_context_access},
    {"context_struct", engine_context_struct},
    {"context_moved", engine_context_moved},
    {"signature_key", engine_signature_key},
    {"alike", engine_alike},
    {"alike_key", engine_alike_key},
    {"alike_ask", engine_alike_ask},
    {"alike_reads", engine_alike_reads},
    {"alike_refused", engine_alike_refused},
    {"alike_ways", engine_alike_ways},
    {"outcomes", engine_outcomes},
    {"notable_results", engine_notable_results},
    {"distinct_relos", engine_distinct_relos},
    {"outcome", engine_outcome},
    {"hook_allowed", engine_hook_allowed},
    {"helper_marker", engine_helper_marker},
    {"rest", engine_rest},
    {"wake", engine_wake},
    {"stamp", engine_stamp},
    {"resting_object", engine_resting_object},
    {"recall_new", engine_recall_new},
    {"recall_meet", engine_recall_meet},
    {"recall_nothing", engine_recall_nothing},
    {"recall_part", engine_recall_part},
    {"recall_again", engine_recall_again},
    {"recall_unheard", engine_recall_unheard},
    {"recall_is_heard", engine_recall_is_heard},
    {"recall_listen", engine_recall_listen},
    {"recall_relocate", engine_recall_relocate},
    {"recall_join", engine_recall_join},
    {"recall_answers", engine_recall_answers},
    {"recall_unchanged", engine_recall_unchanged},
    {"recall_spell", engine_recall_spell},
    {"recall_read", engine_recall_read},
    {"nearest", engine_nearest},
    {"is_printable", engine_is_printable},
    {"digest", engine_digest},
    {"uapi_number", engine_uapi_number},
    {"policy", engine_policy},
    {"default_policy", engine_default_policy},
    {"input_error", engine_input_error},
    {"suggest", engine_suggest},
    {"registers", engine_registers},
    {"file_kind", engine_file_kind},
    {"code_size", engine_code_size},
    {"folder", engine_folder},
    {"glob", engine_glob},
    {"archive", engine_archive},
    {"archive_write", engine_archive_write},
    {"tsv", engine_tsv},
    {"stem", engine_stem},
    {"architecture", engine_architecture},
    {"read_fact", engine_read_fact},
    {"keep_config", engine_keep_config},
    {"config_value", engine_config_value},
    {"isatty", system_isatty},
    {"interrupted", system_interrupted},
    {"give_back_memory", system_give_back_memory},
    {"seconds", system_seconds},
    {"columns", system_columns},
    {"write_file", files_write_file},
    {"new_file", files_new_file},
    {"link_file", files_link_file},
    {"make_folders", files_make_folders},
    {"refuse_input", files_refuse_input},
    {"note_input", files_note_input},
    {"same_file", files_same_file},
    {"data", data_read},
    {NULL, NULL},
};

int luaopen_btfl_engine(lua_State *L)
{
	luaL_newlib(L, functions);
	lua_pushliteral(L, BTFL_VERSION);
	lua_setfield(L, -2, "version");
	lua_pushnumber(L, SUGGEST_LEAST);
	lua_setfield(L, -2, "suggest_least");
	set_list(L, "classes", class_at, CLASS_COUNT);
	set_list(L, "reasons", reason_at, REASON_COUNT - 1);
	set_list(L, "rules", rule_at, RULE_COUNT - 1);
	set_list(L, "kinds", kind_at, BTF_KIND_COUNT);
	set_list(L, "relo_kinds", relo_kind_at, RELO_KIND_COUNT);
	push_hooks(L);
	lua_setfield(L, -2, "hooks");
	return 1;
}
