/*
 * map_desc: a map's description in BTF: a struct whose members say, by their types, what the map is
 * (libbpf.c: parse_btf_map_def, and bpf_helpers.h: __uint, __type, __array).
 */
#ifndef BTFL_MAP_DESC_H
#define BTFL_MAP_DESC_H

#include "format/map_def.h"

/* Fills m from the struct t that describes it; var is its VAR, 0 when BTF has none. m->bad says
 * what libbpf does not take; the other members are read all the same. An inner map is of the arena.
 * Returns -1 when memory is out. */
int map_desc_read(const struct btf *b, uint32_t var, struct btf_type t, struct arena *arena,
		  struct map_def *m);

#endif
