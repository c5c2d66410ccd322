/* interrupt: see interrupt.h. */
#include "base/interrupt.h"

#include <signal.h>

static volatile sig_atomic_t asking, came;

bool interrupt_asked(void)
{
	asking = 1;
	return came;
}

void interrupt_unasked(void)
{
	asking = 0;
}

bool interrupt_waits(void)
{
	bool waits = asking && !came;

	came = 1;
	return waits;
}
