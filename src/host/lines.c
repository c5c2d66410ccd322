/*
 * lines: where the prompt's lines come from.
 *
 * readline is opened by dlopen when both ends are a terminal; without it, and in a program that is
 * linked statically, lines come from fgets. The history lives only in memory. What Tab completes
 * is found by lua/btfl/prompt/complete.lua.
 */
#ifndef NO_DLOPEN
#include <dlfcn.h>
#endif
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <lauxlib.h>

#include "host/host.h"

static char *(*read_edited)(const char *prompt); /* NULL: no line editing; the line is malloc'd */
static void (*remember)(const char *line);

#ifndef NO_DLOPEN

/* readline's, by its names: its header is not needed to build. */
typedef char *generate(const char *text, int again);
typedef char **complete(const char *text, int start, int end);

static struct {
	lua_State *L;
	char **line;
	char **(*matches)(const char *text, generate *entry);
	int *append,
	    *over; /* the character behind a word that is whole; whether files are not tried */
} editor;

/* Pushes what the word may become, a list, or nothing at all when out of memory and the like: a Tab
 * is no place for errors. */
static int push_candidates(lua_State *L)
{
	host_call(L, "complete", 2, 1);
	return 1;
}

/* One candidate a call, malloc'd: readline frees it. The list is at the top of the stack. */
static char *next_candidate(const char *text, int again)
{
	static lua_Integer at;
	char *word = NULL;

	(void)text;
	if (!again)
		at = 0;
	if (lua_rawgeti(editor.L, -1, ++at) == LUA_TSTRING)
		word = strdup(lua_tostring(editor.L, -1));
	lua_pop(editor.L, 1);
	return word;
}

static char **complete_word(const char *text, int start, int end)
{
	lua_State *L = editor.L;
	char **found = NULL;

	(void)end;
	*editor.over = 1;
	*editor.append = '\0';
	if (!lua_checkstack(L, LUA_MINSTACK))
		return NULL;
	lua_pushcfunction(L, push_candidates);
	lua_pushlstring(L, *editor.line, (size_t)start);
	lua_pushstring(L, text);
	if (lua_pcall(L, 2, 1, 0) == LUA_OK && lua_istable(L, -1))
		found = editor.matches(text, next_candidate);
	lua_pop(L, 1);
	return found;
}

static void open_completion(lua_State *L, void *library)
{
	complete **attempt;
	const char **breaks;

	editor.L = L;
	*(void **)&editor.line = dlsym(library, "rl_line_buffer");
	*(void **)&editor.matches = dlsym(library, "rl_completion_matches");
	*(void **)&editor.append = dlsym(library, "rl_completion_append_character");
	*(void **)&editor.over = dlsym(library, "rl_attempted_completion_over");
	*(void **)&attempt = dlsym(library, "rl_attempted_completion_function");
	*(void **)&breaks = dlsym(library, "rl_completer_word_break_characters");
	if (!editor.line || !editor.matches || !editor.append || !editor.over || !attempt ||
	    !breaks)
		return;
	*attempt = complete_word;
	*breaks = " \t\n\"\\'`@$><=;|&{}()[]+-*/^%~#,!?"; /* all but those of a.b:c */
}

void lines_open(lua_State *L)
{
	static const char *const names[] = {"libreadline.so.8", "libreadline.so.7",
					    "libreadline.so", "libedit.so.2"};
	void *library = NULL;

	if (read_edited || !isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO))
		return;
	for (size_t i = 0; !library && i < sizeof(names) / sizeof(names[0]); i++)
		library = dlopen(names[i], RTLD_NOW | RTLD_LOCAL);
	if (!library)
		return;
	*(void **)&read_edited = dlsym(library, "readline");
	*(void **)&remember = dlsym(library, "add_history");
	open_completion(L, library);
}

#else

void lines_open(lua_State *L)
{
	(void)L;
}

#endif

bool lines_push(lua_State *L, const char *prompt)
{
	luaL_Buffer b;
	char part[512];
	bool any = false;

	if (read_edited) {
		char *line = read_edited(prompt);

		if (!line)
			return false;
		lua_pushstring(L, line);
		free(line);
		return true;
	}
	fputs(prompt, stdout);
	fflush(stdout);
	luaL_buffinit(L, &b);
	while (fgets(part, sizeof(part), stdin)) {
		size_t n = strcspn(part, "\n");
		bool whole = part[n];

		luaL_addlstring(&b, part, n);
		any = true;
		if (whole)
			break;
	}
	luaL_pushresult(&b);
	if (!any)
		lua_pop(L, 1);
	return any;
}

void lines_remember(const char *text)
{
	if (remember && *text)
		remember(text);
}
