/* kconfig: looks up lines of a configuration; see kconfig.h. */
#include "core/kconfig.h"

#include <stdatomic.h>
#include <stdlib.h>

#include "core/kernel_version.h"
#include "format/asked.h"
#include "format/foreign.h"

/* Lines of the comment that a configuration starts with. */
enum { HEAD_LINES = 8 };

struct kconfig_box {
	struct kconfig kconfig;
	atomic_uint refs;
};

/* The line at `at`, without its end, and where the next one starts. */
static const char *line_end(const char *at, const char *end, const char **next)
{
	const char *stop = memchr(at, '\n', (size_t)(end - at));

	*next = stop ? stop + 1 : end;
	if (!stop)
		stop = end;
	return stop > at && stop[-1] == '\r' ? stop - 1 : stop;
}

/* The version in "# Linux/x86 5.10.223 Kernel Configuration"; false for any other line. */
static bool read_version(const char *at, size_t len, char *out, size_t size)
{
	char line[128], *space;
	size_t n;

	if (len >= sizeof(line))
		return false;
	memcpy(line, at, len);
	line[len] = '\0';
	if (strncmp(line, "# Linux/", 8) != 0 || !strstr(line, " Kernel Configuration"))
		return false;
	space = strchr(line + 8, ' ');
	n = space ? kernel_version_len(space + 1) : 0;
	if (!n || n >= size)
		return false;
	memcpy(out, space + 1, n);
	out[n] = '\0';
	return true;
}

/* -1 when memory is out. */
static int find_version(struct kconfig *k)
{
	const char *at = (const char *)k->input->data, *end = at + k->input->len, *next;
	char version[64];

	for (int i = 0; i < HEAD_LINES && at < end; i++, at = next) {
		const char *stop = line_end(at, end, &next);

		if (!read_version(at, (size_t)(stop - at), version, sizeof(version)))
			continue;
		k->version = strdup(version);
		return k->version ? 0 : -1;
	}
	return 0;
}

/* Takes over in. */
static int take(struct input *in, struct kconfig **out, struct err *e)
{
	struct kconfig_box *x = calloc(1, sizeof(*x));

	if (!x) {
		err_memory(e, in->path);
		input_unref(in);
		return -1;
	}
	atomic_init(&x->refs, 1);
	x->kconfig.input = in;
	if (foreign_is_config(in, e) < 0)
		goto fail;
	if (find_version(&x->kconfig) < 0) {
		err_memory(e, in->path);
		goto fail;
	}
	*out = &x->kconfig;
	return 0;
fail:
	kconfig_unref(&x->kconfig);
	return -1;
}

int kconfig_open(const char *path, struct kconfig **out, struct err *e)
{
	struct input *in;

	return input_open(path, &in, e) < 0 ? -1 : take(in, out, e);
}

int kconfig_of(const char *path, const void *data, size_t n, struct kconfig **out, struct err *e)
{
	const uint8_t *gzip = data;
	struct input *in;

	if (n >= 2 && gzip[0] == 0x1f && gzip[1] == 0x8b) {
		if (input_unpack(path, data, n, &in, e) < 0)
			return -1;
	} else {
		in = input_copy(path, data, n);
		if (!in)
			return err_memory(e, path);
	}
	if (take(in, out, e) < 0)
		return -1;
	if ((*out)->version)
		return 0;
	kconfig_unref(*out);
	return err_set(
	    e, ERR_UNSUPPORTED, path, NULL, ERR_NO_OFFSET,
	    "not a whole configuration but a defconfig, which leaves out what is as it is by "
	    "default: not used");
}

struct kconfig *kconfig_ref(const struct kconfig *k)
{
	struct kconfig_box *x = (struct kconfig_box *)(uintptr_t)k;

	atomic_fetch_add(&x->refs, 1);
	return &x->kconfig;
}

void kconfig_unref(struct kconfig *k)
{
	struct kconfig_box *x = (struct kconfig_box *)k;

	if (!k || atomic_fetch_sub(&x->refs, 1) != 1)
		return;
	input_unref(k->input);
	free(k->version);
	free(x);
}

const char *kconfig_value(const struct kconfig *k, const char *name, size_t *len)
{
	size_t n = strlen(name);
	const char *at = (const char *)k->input->data, *end = at + k->input->len, *next;

	asked_for(ASKED_CONFIG, 0, name, n);
	for (; at < end; at = next) {
		size_t line = (size_t)(line_end(at, end, &next) - at);

		if (line > n && memcmp(at, name, n) == 0 && at[n] == '=') {
			*len = line - n - 1;
			return at + n + 1;
		}
	}
	return NULL;
}

bool kconfig_is_built_in(const struct kconfig *k, const char *name)
{
	size_t len;
	const char *value = kconfig_value(k, name, &len);

	return value && len == 1 && *value == 'y';
}
