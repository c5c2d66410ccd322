/* Runs a target of `make fuzz` where there is no libFuzzer: TARGET CHANGES FILE...: on each file,
 * and on as many changes of it that its mutator makes, the same in every run. Prints how many runs
 * that were. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../support/fuzz.h"
#include "../support/mutate.h"

enum { MOST = 1 << 16 };

size_t LLVMFuzzerMutate(uint8_t *data, size_t len, size_t most)
{
	static uint32_t random = 1;

	(void)most;
	random = random * UINT32_C(1103515245) + 12345;
	if (len)
		data[random % len] ^= (uint8_t)(1 << (random >> 28 & 7));
	return len;
}

/* As libFuzzer does: of exactly that size, so that a sanitizer sees what is read behind it. */
static void target(const uint8_t *data, size_t len)
{
	uint8_t *copy = malloc(len ? len : 1);

	if (!copy)
		abort();
	memcpy(copy, data, len);
	LLVMFuzzerTestOneInput(copy, len);
	free(copy);
}

int main(int argc, char **argv)
{
	static uint8_t data[MOST], changed[MOST];
	unsigned changes = argc > 1 ? (unsigned)atoi(argv[1]) : 0, runs = 0;

	for (int i = 2; i < argc; i++) {
		FILE *f = fopen(argv[i], "rb");
		size_t len = f ? fread(data, 1, MOST, f) : 0;

		if (!f || fclose(f)) {
			perror(argv[i]);
			return 1;
		}
		target(data, len);
		runs++;
		for (unsigned seed = 0; seed < changes; seed++, runs++) {
			memcpy(changed, data, len);
			target(changed, LLVMFuzzerCustomMutator(changed, len, MOST, seed));
		}
	}
	printf("%u runs\n", runs);
	return 0;
}
