/*
 * workers: processes that share numbered pieces of work. Each is a copy of the one that starts
 * them: what is open there it reads, and what it changes stays its own, but for the bytes that it
 * sends back of each piece. What it writes to standard output and standard error is caught and
 * comes with them.
 */
#ifndef BTFL_WORKERS_H
#define BTFL_WORKERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"

struct workers;

/* What is to be done: pieces from 0 to count - 1, in blocks that one worker does in order. */
struct workload {
	const size_t *starts; /* the first piece of each block, ascending; the first is 0 */
	size_t blocks, count;
	/* Each worker takes blocks that follow one another: so many of them are its own, and who
	 * has none left takes half of what another has left, from behind, but not the last, which
	 * that one does itself while it is at work. Else each takes the next one. */
	bool apart;
	/* Called in a worker: appends what is to be sent of piece i. Returns 0, or the status with
	 * which the worker is to end at once. */
	int (*work)(void *ctx, size_t i, struct buf *out);
	void *ctx;
};

/* What became of a piece. Bytes are the workers' until the next call. */
struct piece {
	size_t number;
	bool lost;  /* its worker ended in it: the bytes are missing */
	int status; /* of that end: with what it exited, or the signal that killed it, negative */
	const uint8_t *bytes;
	const char *out, *err; /* what was written to standard output and standard error */
	size_t len, out_len, err_len;
};

/* Starts at most `jobs` workers, fewer where no more can be had, be it none: then *out is NULL. In
 * a worker it is set before the first piece. No other thread may be alive. Returns -1 when memory
 * is out. */
int workers_start(const struct workload *load, unsigned jobs, struct workers **out, struct err *e);

enum received { RECEIVED_PIECE, RECEIVED_ALL, RECEIVED_SIGNAL };

/* Waits for the next piece, of whichever worker; those of one block come in order. A signal that is
 * caught ends waiting. Returns -1 when memory is out. */
int workers_receive(struct workers *w, struct piece *p, struct err *e);

/* The next number, from 0, of those that all workers draw: each is drawn once. */
size_t workers_draw(struct workers *w);

/* Lets no block be begun any more: those that are under way are done. */
void workers_stop(struct workers *w);

/* Ends all that are still at work. Of another process' workers only the memory is freed. */
void workers_free(struct workers *w);

#endif
