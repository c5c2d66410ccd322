/* err: fills and prints struct err; see err.h. */
#include "base/err.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static void copy_tail(char *to, size_t size, const char *from)
{
	size_t n = from ? strlen(from) : 0;

	if (n >= size)
		from += n - (size - 1), n = size - 1;
	if (n)
		memcpy(to, from, n);
	to[n] = '\0';
}

void err_fill(struct err *e, enum err_code code, const char *file, const char *section,
	      uint64_t offset, const char *fmt, ...)
{
	va_list ap;

	e->code = code;
	e->offset = offset;
	copy_tail(e->file, sizeof(e->file), file);
	copy_tail(e->section, sizeof(e->section), section);
	va_start(ap, fmt);
	vsnprintf(e->message, sizeof(e->message), fmt, ap);
	va_end(ap);
}

char *err_line(const struct err *e, char *out, size_t size)
{
	char where[32] = "";

	if (e->offset != ERR_NO_OFFSET)
		snprintf(where, sizeof(where), "+%#llx", (unsigned long long)e->offset);
	snprintf(out, size, "%s%s%s%s%s%s", e->file, e->file[0] ? ": " : "", e->section, where,
		 e->section[0] || where[0] ? ": " : "", e->message);
	for (char *c = out; *c; c++)
		if ((unsigned char)*c < ' ' || *c == 0x7f)
			*c = '?';
	return out;
}
