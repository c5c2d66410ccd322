/*
 * files: functions of btfl.engine that write files, and tell which these are.
 */
#ifndef BTFL_FILES_H
#define BTFL_FILES_H

#include <lua.h>

/* write_file(path, text): replaces the file in one step, which no signal interrupts, or writes into
 * what is no regular file (a device, a pipe). Links are followed. Raises btfl.error when text could
 * not be written, or the file is one that was read; it is then as it was. */
int files_write_file(lua_State *L);

/* new_file(path): the same with a text that comes in pieces: a value with put(piece), and done(),
 * by which they take the place of the file; both raise likewise. Without done() it is as it was,
 * when the value is closed (`<close>`) or collected. */
int files_new_file(lua_State *L);

/* link_file(from, path): makes path another name of the file `from`, likewise. */
int files_link_file(lua_State *L);

/* make_folders(path): those that the file at path is to stand in; raises likewise. */
int files_make_folders(lua_State *L);

/* refuse_input(path): raises btfl.error, as write_file() does, where the file is one that was
 * read, or has no name. */
int files_refuse_input(lua_State *L);

/* note_input(path): that file, if it is there, is one that was read. */
int files_note_input(lua_State *L);

/* same_file(a, b): whether both paths lead to one file, which exists. */
int files_same_file(lua_State *L);

#endif
