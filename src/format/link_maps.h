/*
 * link_maps: the type and sizes of a map, from its BTF description or the older struct.
 */
#ifndef BTFL_LINK_MAPS_H
#define BTFL_LINK_MAPS_H

#include "format/links.h"

/* What the object says of the map at that symbol; zeros for what it does not say. */
struct link_map link_map_of(const struct object *o, const struct symbol *sym);

#endif
