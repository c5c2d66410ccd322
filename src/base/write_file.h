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

/* The same with a text that comes in pieces. These lie beside the file, under no name where the
 * file system can do so, until all are there; those for what is no regular file, in memory. */
struct new_file;

/* NULL with errno set otherwise. */
struct new_file *new_file_open(const char *path);

/* False with errno set otherwise, after which it is to be dropped. */
bool new_file_put(struct new_file *n, const char *text, size_t len);

/* Puts it in its place, and drops it. False with errno set, and all as it was, otherwise. */
bool new_file_done(struct new_file *n);

/* NULL is fine. */
void new_file_drop(struct new_file *n);

/* Makes path another name of the file `from`, in place of what was there, likewise. */
bool write_link(const char *from, const char *path);

/* Makes the folders that the file at path is to stand in. False with errno set otherwise; those
 * that were made are left. */
bool write_folders(const char *path);

#endif
