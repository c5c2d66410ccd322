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

#endif
