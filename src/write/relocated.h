/*
 * relocated: an object with its relocations applied, as a file of its own: what a loader has in
 * memory, to be signed, compared, verified elsewhere, or loaded where no BTF of the kernel is.
 */
#ifndef BTFL_RELOCATED_H
#define BTFL_RELOCATED_H

#include "core/resolution.h"

/* Writes the object of r to out, which has room for its file (object->elf->input->len bytes, as
 * many as are written). It is the file, byte for byte, but for
 *   - the instructions, which are those of the results; of an error it is what it was;
 *   - unless `keep` is set, the table of relocations: .BTF.ext says that it has none, as of an
 *     object that was compiled without, and ends before it, and so does what the linker was to
 *     relocate in it (.rel.BTF.ext). What the sections had there is 0, and in no section.
 * Fails where two relocations are of one instruction, of which loaders refuse the second, and
 * where bytes to be written are of something else, too. */
int relocated_write(const struct resolution *r, bool keep, uint8_t *out, struct err *e);

#endif
