/*
 * inputs: which files this process has read, so that none of them is written over.
 */
#ifndef BTFL_INPUTS_H
#define BTFL_INPUTS_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/stat.h>

/* Notes the file at path, of which st tells, if it is a regular one. From any thread. Returns -1
 * when memory is out. */
int inputs_note(const char *path, const struct stat *st);

/* Whether that file was noted, under whatever name, and is still where it was read. */
bool inputs_have(const struct stat *st);

/* How many were noted, and the path of one of them, which is kept for good. */
size_t inputs_count(void);
const char *inputs_path(size_t i);

#endif
