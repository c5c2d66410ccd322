/*
 * memory: how the process gets its memory from the system, and gives it back.
 */
#ifndef BTFL_MEMORY_H
#define BTFL_MEMORY_H

/* Tells malloc() how btfl uses memory. To be called before anything is allocated. */
void memory_keep(void);

/* Has malloc() ask the system for what is needed, and no more. */
void memory_spare(void);

/* Gives back the pages in which nothing is in use, where malloc() can tell. */
void memory_give_back(void);

#endif
