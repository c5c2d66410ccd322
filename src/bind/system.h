/*
 * system: functions of btfl.core that are about the operating system.
 */
#ifndef BTFL_SYSTEM_H
#define BTFL_SYSTEM_H

#include <lua.h>

/* isatty(fd): whether the file descriptor is a terminal. */
int system_isatty(lua_State *L);

/* columns(fd): how many columns the terminal has; nothing when it is none, or does not say. */
int system_columns(lua_State *L);

/* write_file(path, text): replaces the file in one step, or writes into what is no regular file (a
 * device, a pipe). Raises btfl.error when text could not be written; a file is then as it was. */
int system_write_file(lua_State *L);

#endif
