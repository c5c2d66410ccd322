/* distro: a table of the names that compilers have; see distro.h. */
#include "core/distro.h"

#include <stddef.h>
#include <string.h>

/* The first that is there counts: Fedora's compiler is Red Hat's, and its releases have a mark. */
static const struct {
	const char *word, *distro;
} words[] = {
    {"Debian", "debian"}, {"Ubuntu", "ubuntu"}, {"SUSE", "suse"},
    {"Alpine", "alpine"}, {".fc", "fedora"},    {"Red Hat", "rhel"},
};

const char *distro_of_compiler(const char *text)
{
	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++)
		if (strstr(text, words[i].word))
			return words[i].distro;
	return NULL;
}
