/*
 * system: functions of btfl.engine that are about the operating system.
 */
#ifndef BTFL_SYSTEM_H
#define BTFL_SYSTEM_H

#include <lua.h>

/* isatty(fd): whether the file descriptor is a terminal. */
int system_isatty(lua_State *L);
int system_interrupted(lua_State *L);
/* give_back_memory(): to the system, as memory_give_back() does. */
int system_give_back_memory(lua_State *L);
/* seconds(): of a clock that only goes on, from some time in the past. */
int system_seconds(lua_State *L);

/* columns(fd): how many columns the terminal has; nothing when it is none, or does not say. */
int system_columns(lua_State *L);

/* write_file(path, text): replaces the file in one step, which no signal interrupts, or writes into
 * what is no regular file (a device, a pipe). Links are followed. Raises btfl.error when text could
 * not be written, or the file is one that was read; it is then as it was. */
int system_write_file(lua_State *L);

/* link_file(from, path): makes path another name of the file `from`, likewise. */
int system_link_file(lua_State *L);

/* make_folders(path): those that the file at path is to stand in; raises likewise. */
int system_make_folders(lua_State *L);

/* refuse_input(path): raises btfl.error, as write_file() does, where the file is one that was
 * read, or has no name. */
int system_refuse_input(lua_State *L);

/* note_input(path): that file, if it is there, is one that was read. */
int system_note_input(lua_State *L);

/* same_file(a, b): whether both paths lead to one file, which exists. */
int system_same_file(lua_State *L);

#endif
