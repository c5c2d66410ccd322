/* kernel_banner: looks for the words that every kernel begins it with; see kernel_banner.h. */
#include "format/kernel_banner.h"

#include <ctype.h>
#include <stdbool.h>
#include <string.h>

/* What begins so is looked at no further than that. */
enum { LONGEST = 1024 };

static size_t line_len(const uint8_t *s, size_t n)
{
	size_t len = 0;

	while (len < n && len < LONGEST && isprint(s[len]))
		len++;
	return len < n && (s[len] == '\n' || s[len] == '\0') ? len : 0;
}

/* Whether numbers of a release stand there, as they do not in a format, "Linux version %s". */
static bool is_release(const char *s)
{
	size_t n = strspn(s, "0123456789");

	return n && s[n] == '.' && isdigit((unsigned char)s[n + 1]);
}

char *kernel_banner_in(const uint8_t *s, size_t n)
{
	static const char words[] = "Linux version ";
	const size_t len = sizeof(words) - 1;
	const uint8_t *end = s + n, *at = s;

	while ((at = memmem(at, (size_t)(end - at), words, len))) {
		size_t line = line_len(at, (size_t)(end - at));

		if (line > len && is_release((const char *)at + len))
			return strndup((const char *)at, line);
		at += len;
	}
	return NULL;
}
