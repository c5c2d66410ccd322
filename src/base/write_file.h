/*
 * write_file: puts text into a file in one step: what cannot be written whole destroys nothing that
 * was there before.
 */
#ifndef BTFL_WRITE_FILE_H
#define BTFL_WRITE_FILE_H

#include <stdbool.h>
#include <stddef.h>

/* Replaces the file at path, which no signal interrupts, or writes into what is no regular file (a
 * device, a pipe). Links are followed. False with errno set, and all as it was, otherwise. */
bool write_file(const char *path, const char *text, size_t len);

/* Makes path another name of the file `from`, in place of what was there, likewise. */
bool write_link(const char *from, const char *path);

/* Makes the folders that the file at path is to stand in. False with errno set otherwise; those
 * that were made are left. */
bool write_folders(const char *path);

#endif
