/* btf: a BTF, gzip of it, or an ELF file that has one: read from memory, and through windows from a
 * file. */
#include "support/fuzz.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

const unsigned fuzz_parts = 1;

/* The same bytes as a file, which is always the same one: btfl remembers what it has read. */
static int load(const uint8_t *data, size_t len, struct btf **out, struct err *e)
{
	static int fd = -1;
	char path[64];

	if (fd < 0)
		fd = memfd_create("input", MFD_CLOEXEC);
	if (ftruncate(fd, 0) < 0 || pwrite(fd, data, len, 0) != (ssize_t)len)
		abort();
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	return btf_load(path, NULL, out, e);
}

static int take(const uint8_t *data, size_t len, struct btf **out, struct err *e)
{
	struct input *in;
	int rc = input_bytes("input", data, len, &in, e);

	if (rc < 0)
		return -1;
	rc = btf_from_input(in, NULL, out, e);
	input_unref(in);
	return rc;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct btf *filed = NULL, *b = NULL;
	struct err there = {0}, here = {0};
	int rc = take(data, len, &b, &here), file = load(data, len, &filed, &there);

	if (rc < 0)
		fuzz_refused(&here);
	else
		fuzz_look(b);
	fuzz_holds(rc == file, "a file is taken where its bytes are: %s%s", here.message,
		   there.message);
	fuzz_holds(rc == 0 || (here.offset == there.offset && !strcmp(here.message, there.message)),
		   "a file has the defect that its bytes have: %s, %s", here.message,
		   there.message);
	if (rc == 0 && file == 0) {
		fuzz_holds(b->end_id == filed->end_id, "a file has the types that its bytes have");
		fuzz_look(filed);
	}
	btf_unref(filed);
	btf_unref(b);
	return 0;
}
