/* Of a build that counts what is come by: a child that leaves by _exit() counts, too, and one whose memory is out
 * (spec/faults/memory.c) has memory to count with. */
#include <stddef.h>

void faults_end(void) __attribute__((weak));
void __gcov_dump(void);
_Noreturn void __real__exit(int status);
_Noreturn void __wrap__exit(int status);

static __attribute__((destructor)) void end(void)
{
	if (faults_end)
		faults_end();
}

_Noreturn void __wrap__exit(int status)
{
	end();
	__gcov_dump();
	__real__exit(status);
}
