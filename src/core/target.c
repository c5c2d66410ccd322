/* target: opens a kernel's BTF and its modules'; see target.h. */
#include "core/target.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/utsname.h>

#include "base/arena.h"

#define RUNNING_FOLDER "/sys/kernel/btf"

struct target_box {
	struct target target;
	struct arena arena; /* path, name, release, module names */
	size_t btf_cap, module_cap, skipped_cap;
};

static char *keep_text(struct target_box *x, const char *s, size_t n, struct err *e)
{
	char *copy = arena_alloc(&x->arena, n + 1, 1);

	if (!copy) {
		err_memory(e, NULL);
		return NULL;
	}
	memcpy(copy, s, n);
	copy[n] = '\0';
	return copy;
}

static const char *last_part(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

static bool ends_with(const char *s, size_t n, const char *suffix)
{
	size_t k = strlen(suffix);

	return n > k && memcmp(s + n - k, suffix, k) == 0;
}

/* Length of a file's name without the suffixes of BTF files. */
static size_t stem_len(const char *name)
{
	static const char *const suffixes[] = {".gz", ".btf", ".ko"};
	size_t n = strlen(name);

	for (size_t i = 0; i < sizeof(suffixes) / sizeof(*suffixes); i++)
		if (ends_with(name, n, suffixes[i]))
			n -= strlen(suffixes[i]);
	return n;
}

/* Length of the "N.N.N" at s, 0 when there is none. */
static size_t release_len(const char *s)
{
	size_t i = 0;

	for (int part = 0; part < 3; part++) {
		if (part && s[i++] != '.')
			return 0;
		if (!isdigit((unsigned char)s[i]))
			return 0;
		while (isdigit((unsigned char)s[i]))
			i++;
	}
	return i;
}

static int name_running(struct target_box *x, struct err *e)
{
	struct utsname u;

	if (uname(&u) < 0)
		return err_set(e, ERR_IO, NULL, NULL, ERR_NO_OFFSET, "uname: %s", strerror(errno));
	x->target.name = x->target.release = keep_text(x, u.release, strlen(u.release), e);
	return x->target.name ? 0 : -1;
}

/* A file that is just called vmlinux is named after its folder. */
static int name_file(struct target_box *x, struct err *e)
{
	const char *path = x->target.path, *name = last_part(path), *s;
	size_t n = stem_len(name);

	if (n == 7 && memcmp(name, "vmlinux", 7) == 0 && name - path > 1) {
		const char *end = name - 1;

		for (name = end; name > path && name[-1] != '/';)
			name--;
		n = (size_t)(end - name);
	}
	x->target.name = keep_text(x, name, n, e);
	if (!x->target.name)
		return -1;
	for (s = x->target.name; *s && !release_len(s); s++)
		;
	if (*s)
		x->target.release = keep_text(x, s, release_len(s), e);
	return *s && !x->target.release ? -1 : 0;
}

static int name_target(struct target_box *x, struct err *e)
{
	return strcmp(x->target.path, TARGET_RUNNING) == 0 ? name_running(x, e) : name_file(x, e);
}

/* Takes over b. */
static int add_btf(struct target_box *x, struct btf *b, const char *name, size_t name_len,
		   struct err *e)
{
	struct target *t = &x->target;
	struct btf **btf = array_grow(t->btf, &x->btf_cap, t->count, sizeof(*btf));
	char **module = array_grow(t->module, &x->module_cap, t->count, sizeof(*module));
	char *copy = keep_text(x, name, name_len, e);

	if (btf)
		t->btf = btf;
	if (module)
		t->module = module;
	if (!btf || !module || !copy) {
		btf_unref(b);
		return err_memory(e, t->path);
	}
	t->btf[t->count] = b;
	t->module[t->count++] = copy;
	return 0;
}

static int skip_module(struct target_box *x, const struct err *why, struct err *e)
{
	struct target *t = &x->target;
	struct err *more = array_grow(t->skipped, &x->skipped_cap, t->skipped_count, sizeof(*more));

	if (!more)
		return err_memory(e, t->path);
	t->skipped = more;
	t->skipped[t->skipped_count++] = *why;
	return 0;
}

static int add_module(struct target_box *x, const char *path, struct err *e)
{
	const char *name = last_part(path);
	struct btf *b;
	struct err why;

	if (btf_load(path, x->target.btf[0], &b, &why) < 0)
		return skip_module(x, &why, e);
	if (!b->base) {
		btf_unref(b);
		err_set(&why, ERR_UNSUPPORTED, path, NULL, ERR_NO_OFFSET,
			"not split BTF, so not that of a module");
		return skip_module(x, &why, e);
	}
	return add_btf(x, b, name, stem_len(name), e);
}

/* Other files may stand beside a vmlinux; only what is BTF by name or by its first bytes counts. */
static bool looks_like_btf(const char *path)
{
	const char *name = last_part(path);
	uint16_t magic = 0;
	FILE *f;

	if (name[stem_len(name)] != '\0')
		return true;
	f = fopen(path, "re");
	if (!f)
		return false;
	if (fread(&magic, sizeof(magic), 1, f) != 1)
		magic = 0;
	fclose(f);
	return magic == BTF_MAGIC || magic == __builtin_bswap16(BTF_MAGIC);
}

static int not_hidden(const struct dirent *d)
{
	return d->d_name[0] != '.';
}

static int add_folder(struct target_box *x, const char *folder, struct err *e)
{
	struct dirent **list;
	int n = scandir(folder, &list, not_hidden, alphasort), rc = 0;

	if (n < 0)
		return err_set(e, ERR_IO, folder, NULL, ERR_NO_OFFSET, "%s", strerror(errno));
	for (int i = 0; i < n; i++) {
		char path[4096];
		struct stat st;
		int len = snprintf(path, sizeof(path), "%s/%s", folder, list[i]->d_name);

		free(list[i]);
		if (rc < 0 || len < 0 || (size_t)len >= sizeof(path))
			continue;
		if (strcmp(last_part(path), "vmlinux") == 0 || stat(path, &st) < 0 ||
		    !S_ISREG(st.st_mode) || !looks_like_btf(path))
			continue;
		rc = add_module(x, path, e);
	}
	free(list);
	return rc;
}

static bool is_folder(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

static int add_modules(struct target_box *x, const char *const *modules, size_t count,
		       struct err *e)
{
	const char *path = x->target.path, *name = last_part(path);
	int rc = 0;

	if (strcmp(name, "vmlinux") == 0) {
		char *folder = name == path ? keep_text(x, ".", 1, e)
					    : keep_text(x, path, (size_t)(name - path), e);

		rc = folder ? add_folder(x, folder, e) : -1;
	}
	for (size_t i = 0; i < count && rc == 0; i++)
		rc = is_folder(modules[i]) ? add_folder(x, modules[i], e)
					   : add_module(x, modules[i], e);
	return rc;
}

static int set_path(struct target_box *x, const char *path, struct err *e)
{
	struct stat st;
	char *full;

	if (!path)
		path = TARGET_RUNNING;
	x->target.path = keep_text(x, path, strlen(path), e);
	if (!x->target.path || !is_folder(path))
		return x->target.path ? 0 : -1;
	full = arena_alloc(&x->arena, strlen(path) + sizeof("/vmlinux"), 1);
	if (!full)
		return err_memory(e, path);
	sprintf(full, "%s%svmlinux", path, path[strlen(path) - 1] == '/' ? "" : "/");
	x->target.path = full;
	if (stat(full, &st) < 0)
		return err_set(e, ERR_IO, path, NULL, ERR_NO_OFFSET,
			       "a folder is a kernel when it has a file `vmlinux` with BTF: %s",
			       strerror(errno));
	return 0;
}

static int open_path(struct target_box *x, const char *path, const char *const *modules,
		     size_t module_count, struct err *e)
{
	struct btf *b;

	if (set_path(x, path, e) < 0)
		return -1;
	if (name_target(x, e) < 0)
		return -1;
	if (btf_load(x->target.path, NULL, &b, e) < 0 || add_btf(x, b, "vmlinux", 7, e) < 0)
		return -1;
	return add_modules(x, modules, module_count, e);
}

int target_open(const char *path, const char *const *modules, size_t module_count,
		struct target **out, struct err *e)
{
	struct target_box *x = calloc(1, sizeof(*x));

	if (!x)
		return err_memory(e, path);
	if (open_path(x, path, modules, module_count, e) < 0) {
		target_free(&x->target);
		return -1;
	}
	*out = &x->target;
	return 0;
}

int target_of(struct btf *b, struct target **out, struct err *e)
{
	struct target_box *x = calloc(1, sizeof(*x));
	struct btf *first = b;
	int rc;

	if (!x)
		return err_memory(e, b->name);
	while (first->base)
		first = (struct btf *)(uintptr_t)first->base;
	x->target.path = keep_text(x, first->name, strlen(first->name), e);
	rc = x->target.path ? name_target(x, e) : -1;
	if (rc == 0)
		rc = add_btf(x, btf_ref(first), "vmlinux", 7, e);
	if (rc == 0 && b != first)
		rc = add_btf(x, btf_ref(b), last_part(b->name), stem_len(last_part(b->name)), e);
	if (rc < 0) {
		target_free(&x->target);
		return -1;
	}
	*out = &x->target;
	return 0;
}

void target_free(struct target *t)
{
	struct target_box *x = (struct target_box *)t;

	if (!t)
		return;
	for (size_t i = 0; i < t->count; i++)
		btf_unref(t->btf[i]);
	free(t->btf);
	free(t->module);
	free(t->skipped);
	arena_free(&x->arena);
	free(x);
}
