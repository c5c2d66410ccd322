/*
 * repl: the interactive loop: when a chunk goes on, what is printed.
 */
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <lauxlib.h>

#include "host/host.h"

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
	if (!lines_push(L, prompt_of(L, true)))
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

		if (!lines_push(L,
				prompt)) { /* at index 2 stands what is wrong with half a chunk */
			lua_settop(L, 2);
			break;
		}
		lua_pushvalue(L, 1);
		lua_pushliteral(L, "\n");
		lua_pushvalue(L, -3);
		lua_concat(L, 3);
		lua_replace(L, 1);
	}
	lines_remember(lua_tostring(L, 1));
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

	lines_open(L);
	host_call(L, "prompt", 0, 0);
	if (isatty(STDIN_FILENO))
		host_call(L, "welcome", 0, 0);
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
