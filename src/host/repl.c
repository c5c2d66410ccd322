/*
 * repl: the interactive loop: where a line comes from, when a chunk goes on, what is printed.
 *
 * readline is opened by dlopen when both ends are a terminal; without it, and in a program that is
 * linked statically, lines come from fgets. The history lives only in memory.
 */
#ifndef NO_DLOPEN
#include <dlfcn.h>
#endif
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <lauxlib.h>

#include "host/host.h"

static char *(*read_edited)(const char *prompt); /* NULL: no line editing; the line is malloc'd */
static void (*remember)(const char *line);

#ifdef NO_DLOPEN

static void open_readline(void)
{
}

#else

static void open_readline(void)
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
}

#endif

/* Pushes one line without its newline; pushes nothing and returns false at the end of the input. */
static bool push_line(lua_State *L, const char *prompt)
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

static const char *prompt_of(lua_State *L, bool first)
{
	lua_getglobal(L, first ? "_PROMPT" : "_PROMPT2");
	if (lua_isnil(L, -1))
		lua_pushstring(L, first ? "> " : ">> ");
	return luaL_tolstring(L, -1, NULL);
}

/* The parser wanted more: the text so far is the start of something. */
static bool incomplete(lua_State *L, int status)
{
	static const char mark[] = "<eof>";
	size_t n;
	const char *message = lua_tolstring(L, -1, &n);

	return status == LUA_ERRSYNTAX && n >= sizeof(mark) - 1 &&
	       !strcmp(message + n - (sizeof(mark) - 1), mark);
}

/* Reads lines until they make a chunk. Leaves the function or the message on an empty stack;
 * returns -1 at the end of the input. */
static int load_chunk(lua_State *L)
{
	int status;

	lua_settop(L, 0);
	if (!push_line(L, prompt_of(L, true)))
		return -1;
	lua_replace(L, 1);
	for (;;) {
		size_t n;
		const char *code = lua_tolstring(L, 1, &n);

		lua_settop(L, 1);
		if (code[0] == '=') /* as in old interpreters: the value of what follows */
			status = load_code(L, code + 1, n - 1, "=stdin");
		else
			status = load_code(L, code, n, "=stdin");
		if (!incomplete(L, status))
			break;
		const char *prompt = prompt_of(L, false);

		if (!push_line(L, prompt)) { /* at index 2 stands what is wrong with half a chunk */
			lua_settop(L, 2);
			break;
		}
		lua_pushvalue(L, 1);
		lua_pushliteral(L, "\n");
		lua_pushvalue(L, -3);
		lua_concat(L, 3);
		lua_replace(L, 1);
	}
	if (remember && lua_rawlen(L, 1) > 0)
		remember(lua_tostring(L, 1));
	lua_replace(L, 1);
	lua_settop(L, 1);
	return status;
}

/* The chunk to run is the argument. */
static int run_and_show(lua_State *L)
{
	lua_call(L, 0, LUA_MULTRET);
	host_call(L, "show", lua_gettop(L), 0);
	return 0;
}

/* Words a syntax error as any other. */
static int raise_message(lua_State *L)
{
	return lua_error(L);
}

void repl_run(lua_State *L)
{
	int status;

	open_readline();
	signal(SIGINT, SIG_DFL); /* at the prompt it ends the program, as in lua(1) */
	while ((status = load_chunk(L)) != -1) {
		lua_pushcfunction(L, status == LUA_OK ? run_and_show : raise_message);
		lua_insert(L, 1);
		status = protected_call(L, 1, 0);
		if (status != LUA_OK)
			report_error(L, status);
	}
	lua_settop(L, 0);
	fputc('\n', stdout);
}
