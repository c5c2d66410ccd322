/* kernel_version: reads releases and versions; see kernel_version.h. */
#include "core/kernel_version.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

/* Reads one number of at most `most`; *s moves behind it. */
static bool read_number(const char **s, unsigned long most, uint32_t *out)
{
	char *end;
	unsigned long v;

	if (!isdigit((unsigned char)**s))
		return false;
	v = strtoul(*s, &end, 10);
	*out = (uint32_t)(v > most ? most : v);
	*s = end;
	return true;
}

bool kernel_version_code(const char *version, uint32_t *code)
{
	uint32_t major, minor, sub = 0;

	if (!version || !read_number(&version, 0xffff, &major) || *version++ != '.' ||
	    !read_number(&version, 255, &minor))
		return false;
	if (*version == '.') {
		version++;
		read_number(&version, 255, &sub);
	}
	*code = major << 16 | minor << 8 | sub;
	return true;
}

/* Length of numbers with dots between, as many as `parts`. */
static size_t numbers_len(const char *s, int parts)
{
	size_t i = 0;

	for (int part = 0; part < parts; part++) {
		if (part && s[i++] != '.')
			return 0;
		if (!isdigit((unsigned char)s[i]))
			return 0;
		while (isdigit((unsigned char)s[i]))
			i++;
	}
	return i;
}

size_t kernel_version_len(const char *s)
{
	return numbers_len(s, 3);
}

/* Of Linux itself; a distribution's version is beyond, or a kernel's without BTF. */
enum { OLDEST_MAJOR = 4, NEWEST_MAJOR = 7 };

size_t kernel_version_line_len(const char *name)
{
	size_t len = numbers_len(name, 2);
	unsigned long major = len ? strtoul(name, NULL, 10) : 0;

	if (major < OLDEST_MAJOR || major > NEWEST_MAJOR ||
	    (name[len] && !strchr("-_+.", name[len])))
		return 0;
	return len;
}

static const char *next_word(const char *s)
{
	s += strcspn(s, " \t");
	return s + strspn(s, " \t");
}

const char *kernel_version_in(const char *text, size_t *len)
{
	const char *debian = strstr(text, "Debian "), *at = text;

	if (strncmp(text, "Ubuntu ", 7) == 0)
		at = next_word(next_word(text));
	else if (debian)
		at = debian + 7;
	else if (kernel_version_hidden(text))
		return NULL;
	*len = kernel_version_len(at);
	if (!*len)
		*len = numbers_len(at, 2);
	return *len ? at : NULL;
}

const char *kernel_version_release(const char *banner, size_t *len)
{
	const char *at = next_word(next_word(banner));

	*len = strcspn(at, " \t");
	return at;
}

const char *kernel_version_told(const char *banner, size_t *len)
{
	/* What stands before is of the compiler, which names distributions, too. */
	const char *made = strchr(banner, '#');
	const char *ubuntu = made ? strstr(made, "(Ubuntu ") : NULL;

	if (ubuntu)
		return kernel_version_in(ubuntu + 1, len);
	if (made && strstr(made, "Debian "))
		return kernel_version_in(made, len);
	banner = kernel_version_release(banner, len);
	return kernel_version_hidden(banner) ? NULL : kernel_version_in(banner, len);
}

bool kernel_version_unread(const char *release)
{
	return release[numbers_len(release, 2)] && !kernel_version_len(release);
}

bool kernel_version_hidden(const char *release)
{
	size_t len = kernel_version_len(release);
	const char *rest = release + len;

	return len > 2 && strncmp(rest - 2, ".0-", 3) == 0 && isdigit((unsigned char)rest[1]) &&
	       !strstr(rest, ".el") && !strstr(rest, ".fc");
}
