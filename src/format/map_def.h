/*
 * map_def: the type and sizes of a map, from its BTF description or the older struct.
 */
#ifndef BTFL_MAP_DEF_H
#define BTFL_MAP_DEF_H

#include "format/references.h"

/* What the object says of the map at that symbol; zeros for what it does not say. */
struct map_def map_def_of(const struct object *o, const struct symbol *sym);

#endif
