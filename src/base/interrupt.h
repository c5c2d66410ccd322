/*
 * interrupt: SIGINT for who would rather end in order. Whoever goes through many inputs asks
 * between two of them; only when nobody asks any more does the signal end what is under way.
 */
#ifndef BTFL_INTERRUPT_H
#define BTFL_INTERRUPT_H

#include <stdbool.h>

/* Whether SIGINT came. Once this was asked, the first one waits for being asked for. */
bool interrupt_asked(void);

/* Takes it from now on that nobody asks again. */
void interrupt_unasked(void);

/* Notes a SIGINT, in its handler: whether it waits. A second one does not. */
bool interrupt_waits(void);

#endif
