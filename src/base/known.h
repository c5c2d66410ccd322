/*
 * known: an answer that may be missing.
 */
#ifndef BTFL_KNOWN_H
#define BTFL_KNOWN_H

enum known { KNOWN_NO, KNOWN_YES, KNOWN_NOT /* nobody can tell */ };

#endif
