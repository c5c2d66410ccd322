/*
 * host: the pieces of the btfl command around a Lua state.
 *
 * What the user reads (errors, help, results) is made by lua/btfl/command/host.lua, whose module
 * table stands in the registry once setup_host() has run; C here only calls its functions by name.
 */
#ifndef BTFL_HOST_H
#define BTFL_HOST_H

#include <stdbool.h>
#include <stddef.h>
#include <lua.h>

/* Exit statuses of the command itself; 0 and 1 are the script's to give. */
enum { STATUS_FAILED = 2, STATUS_INTERRUPTED = 128 + 2 };

/* The engine as a Lua module, `btfl.engine`; src/bind defines it. */
int luaopen_btfl_engine(lua_State *L);

/* Preloads the engine, loads btfl.command.host and sets the global `btfl`. btfl's own Lua files are
 * those in the program, but for those of the folder that BTFL_LUA names (its modules only), else of
 * the tree that the program is at the top of: there package.path starts. Raises a Lua error when
 * BTFL_LUA names no such folder. */
void setup_host(lua_State *L, bool verbose);

/* Adds the folder of a script to the end of package.path. */
void setup_script_folder(lua_State *L, const char *script);

/* Calls the function of btfl.host of that name with the narg values on top, as lua_call does. */
void host_call(lua_State *L, const char *name, int narg, int nres);

/* Calls the function below the narg values on top as lua_pcall does. SIGINT raises "interrupted!"
 * in it. On an error one value is left: the text to show the user, which report_error() prints. */
int protected_call(lua_State *L, int narg, int nres);

/* Prints the error that protected_call() left on top and pops it. Returns the exit status for it.
 */
int report_error(lua_State *L, int status);

/* Loads code as an expression, so that it returns its values, else as statements. Returns what
 * lua_load does and leaves the function or the message. */
int load_code(lua_State *L, const char *code, size_t len, const char *chunkname);

/* Reads, runs and prints until the end of the input. */
void repl_run(lua_State *L);

/* Where the prompt's lines come from: an editor that completes, where both ends are a terminal and
 * readline is there. To be called before the others; L is the state that is asked for words. */
void lines_open(lua_State *L);
/* Pushes one line without its newline; pushes nothing and returns false at the end of the input. */
bool lines_push(lua_State *L, const char *prompt);
/* Keeps text for the editor's history, if it is any. */
void lines_remember(const char *text);

/* Puts functions in the place of xpcall and of those of `coroutine` that run threads; see
 * threads.c. */
void threads_install(lua_State *L);

/* The one Lua state of the process, to be closed with lua_close(). NULL when memory is out. */
lua_State *open_lua(void);

/* A lua_Alloc, for the one state of the process; see cells.c. */
void *cells_alloc(void *ctx, void *p, size_t old, size_t size);

#endif
