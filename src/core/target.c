/* target: opens a kernel's BTF and its modules'; see target.h. */
#include "core/target.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "base/arena.h"
#include "core/arch.h"
#include "core/distro.h"
#include "core/features_impl.h"
#include "core/kernel_version.h"
#include "format/asked.h"

#define RUNNING_FOLDER "/sys/kernel/btf"

struct target_box {
	struct target target;
	struct arena arena;      /* path, name, release, version, module names */
	const struct target *of; /* of target_with(): what else there is; NULL otherwise */
	struct kconfig *kconfig;
	struct symbols *symbols;
	pthread_mutex_t lock; /* held to read what the running kernel says */
	atomic_bool asked_kconfig, asked_symbols;
	struct features features;
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

/* Behind the last slash, or the "!" before a file in an archive. */
static const char *last_part(const char *path)
{
	const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;
	const char *member = strrchr(name, '!');

	return member && member[1] ? member + 1 : name;
}

static bool ends_with(const char *s, size_t n, const char *suffix)
{
	size_t k = strlen(suffix);

	return n > k && memcmp(s + n - k, suffix, k) == 0;
}

/* Length of a file's name without the suffixes of BTF files. */
static size_t stem_len(const char *name)
{
	static const char *const suffixes[] = {".gz",  ".xz",  ".zst", ".lz4", ".bz2",
					       ".tar", ".elf", ".btf", ".ko"};
	size_t n = strlen(name);

	for (size_t i = 0; i < sizeof(suffixes) / sizeof(*suffixes); i++)
		if (ends_with(name, n, suffixes[i]))
			n -= strlen(suffixes[i]);
	return n;
}

static const char *keep(struct target_box *x, const char *s, struct err *e)
{
	return keep_text(x, s, strlen(s), e);
}

/* What the running kernel's version is, as libbpf's get_kernel_version() has it: Ubuntu's word
 * comes first, then Debian's, then the release. */
static int ask_version(struct target_box *x, const struct utsname *u, struct err *e)
{
	char line[256] = "";
	const char *at = NULL;
	FILE *f = fopen("/proc/version_signature", "re");
	size_t len;

	if (f) {
		if (fgets(line, sizeof(line), f))
			at = kernel_version_in(line, &len);
		fclose(f);
	}
	if (!at && strstr(u->version, "Debian "))
		at = kernel_version_in(u->version, &len);
	if (!at) {
		at = u->release;
		len = kernel_version_len(at);
	}
	x->target.version = len ? keep_text(x, at, len, e) : NULL;
	x->target.unread = !kernel_version_len(at) && !kernel_version_len(u->release);
	return len && !x->target.version ? -1 : 0;
}

static int name_running(struct target_box *x, struct err *e)
{
	struct target *t = &x->target;
	struct utsname u;

	if (uname(&u) < 0)
		return err_set(e, ERR_IO, NULL, NULL, ERR_NO_OFFSET, "uname: %s", strerror(errno));
	t->name = t->release = keep(x, u.release, e);
	return t->name ? ask_version(x, &u, e) : -1;
}

const char *target_stem(const char *path, size_t *len)
{
	const char *name = last_part(path);
	size_t n = stem_len(name);
	bool is_linux =
	    n >= 7 && memcmp(name, "vmlinu", 6) == 0 && (name[6] == 'x' || name[6] == 'z');

	if (is_linux && n > 8 && name[7] == '-') {
		name += 8;
		n -= 8;
	} else if (is_linux && n == 7 && name - path > 1) {
		const char *end = name - 1;

		for (name = end; name > path && name[-1] != '/';)
			name--;
		n = (size_t)(end - name);
	}
	*len = n;
	return name;
}

static int name_file(struct target_box *x, const struct target_facts *f, struct err *e)
{
	struct target *t = &x->target;
	const char *s;
	size_t n;

	s = f && f->name ? f->name : target_stem(t->path, &n);
	t->name = f && f->name ? keep(x, s, e) : keep_text(x, s, n, e);
	if (!t->name)
		return -1;
	for (s = t->name; *s && !kernel_version_len(s); s++)
		;
	if (*s) {
		t->release = keep_text(x, s, kernel_version_len(s), e);
		if (!kernel_version_hidden(s))
			t->version = t->release;
	} else if (kernel_version_line_len(t->name)) {
		/* Which of them it is stays hidden. */
		t->release = keep_text(x, t->name, kernel_version_line_len(t->name), e);
	} else {
		return 0;
	}
	return t->release ? 0 : -1;
}

static bool is_running(const struct target *t)
{
	return strcmp(t->path, TARGET_RUNNING) == 0;
}

static int take_version(struct target_box *x, const char *text, struct err *e)
{
	size_t len;
	const char *at = kernel_version_in(text, &len);

	x->target.version = at ? keep_text(x, at, len, e) : NULL;
	return !at || x->target.version ? 0 : -1;
}

/* Likewise of what comes before the release for libbpf. */
static int take_told(struct target_box *x, const char *text, struct err *e)
{
	if (take_version(x, text, e) < 0)
		return -1;
	x->target.unread = x->target.unread && !kernel_version_len(x->target.version);
	return 0;
}

/* Keeps a text that may be missing. */
static int take_text(struct target_box *x, const char *given, const char **out, struct err *e)
{
	*out = given ? keep(x, given, e) : *out;
	return given && !*out ? -1 : 0;
}

/* What was given comes before what the name tells. */
static int take_facts(struct target_box *x, const struct target_facts *f, struct err *e)
{
	if (!f)
		return 0;
	if (take_text(x, f->distro, &x->target.distro, e) < 0 ||
	    take_text(x, f->flavour, &x->target.flavour, e) < 0)
		return -1;
	x->target.arch = f->arch ? arch_of_word(f->arch, strlen(f->arch)) : x->target.arch;
	x->kconfig = f->kconfig ? kconfig_ref(f->kconfig) : NULL;
	x->symbols = f->symbols ? symbols_ref(f->symbols) : NULL;
	if (f->release) {
		x->target.release = keep(x, f->release, e);
		if (!x->target.release || take_version(x, f->release, e) < 0)
			return -1;
		x->target.unread = kernel_version_unread(f->release);
	}
	if (f->version)
		return take_told(x, f->version, e);
	if (f->kconfig && f->kconfig->version)
		return take_version(x, f->kconfig->version, e);
	return 0;
}

/* What the kernel's own file tells, where nothing that was given does: its name may be anything. */
static int take_banner(struct target_box *x, const struct target_facts *f, const char *banner,
		       struct err *e)
{
	static const struct target_facts none;
	struct target *t = &x->target;
	const char *at;
	size_t len;

	f = f ? f : &none;
	if (!t->distro)
		t->distro = distro_of_compiler(banner);
	if (f->release)
		return 0;
	at = kernel_version_release(banner, &len);
	t->release = keep_text(x, at, len, e);
	if (!t->release)
		return -1;
	if (f->version)
		return 0;
	at = kernel_version_told(banner, &len);
	t->unread = kernel_version_unread(t->release) && !(at && kernel_version_len(at));
	if (f->kconfig && f->kconfig->version)
		return 0;
	t->version = at ? keep_text(x, at, len, e) : NULL;
	return at && !t->version ? -1 : 0;
}

static int name_target(struct target_box *x, const struct target_facts *f, struct err *e)
{
	if ((is_running(&x->target) ? name_running(x, e) : name_file(x, f, e)) < 0)
		return -1;
	return take_facts(x, f, e);
}

/* Reads what the running kernel says of itself, once; x->lock is held. What it does not say is not
 * known. */
static void ask_kconfig(struct target_box *x)
{
	struct err ignored;

	if (!x->kconfig && is_running(&x->target) &&
	    kconfig_open("/proc/config.gz", &x->kconfig, &ignored) < 0)
		x->kconfig = NULL;
}

static void ask_symbols(struct target_box *x)
{
	struct err ignored;

	if (!x->symbols && is_running(&x->target) &&
	    symbols_open("/proc/kallsyms", &x->symbols, &ignored) < 0)
		x->symbols = NULL;
}

static struct target_box *ask(const struct target *t, atomic_bool *asked,
			      void (*read)(struct target_box *))
{
	struct target_box *x = (struct target_box *)(uintptr_t)t;

	if (atomic_load(asked))
		return x;
	pthread_mutex_lock(&x->lock);
	if (!atomic_load(asked))
		read(x);
	atomic_store(asked, true);
	pthread_mutex_unlock(&x->lock);
	return x;
}

/* The target that is asked for what t itself was not given. */
static const struct target *asked(const struct target *t, bool given)
{
	const struct target_box *x = (const struct target_box *)t;

	return x->of && !given ? x->of : t;
}

const struct kconfig *target_kconfig(const struct target *t)
{
	asked_for(ASKED_CONFIG, 0, NULL, 0);
	t = asked(t, ((const struct target_box *)t)->kconfig);
	return ask(t, &((struct target_box *)(uintptr_t)t)->asked_kconfig, ask_kconfig)->kconfig;
}

const struct symbols *target_symbols(const struct target *t)
{
	asked_for(ASKED_LISTED, 0, NULL, 0);
	t = asked(t, ((const struct target_box *)t)->symbols);
	return ask(t, &((struct target_box *)(uintptr_t)t)->asked_symbols, ask_symbols)->symbols;
}

const char *target_arch(const struct target *t)
{
	asked_for(ASKED_ARCH, 0, NULL, 0);
	return t->arch;
}

const char *target_known_as(const struct target *t)
{
	return t->version ? t->version : t->release;
}

struct features *target_features(const struct target *t)
{
	t = asked(t, false);
	return &((struct target_box *)(uintptr_t)t)->features;
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
	if (t->count == 0) {
		const char *arch = arch_of_btf(b);

		t->arch = arch ? arch : t->arch;
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
		err_fill(&why, ERR_UNSUPPORTED, path, NULL, ERR_NO_OFFSET,
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
	if (strcmp(path, TARGET_RUNNING) == 0 && access(path, R_OK) < 0)
		return err_set(e, ERR_IO, path, NULL, ERR_NO_OFFSET,
			       "no BTF of the running kernel, and -t names others: %s",
			       strerror(errno));
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
		     size_t module_count, const struct target_facts *facts, struct err *e)
{
	struct btf *b;

	if (set_path(x, path, e) < 0)
		return -1;
	if (name_target(x, facts, e) < 0)
		return -1;
	if (btf_load(x->target.path, NULL, &b, e) < 0 || add_btf(x, b, "vmlinux", 7, e) < 0)
		return -1;
	if (btf_banner(b) && take_banner(x, facts, btf_banner(b), e) < 0)
		return -1;
	return add_modules(x, modules, module_count, e);
}

static struct target_box *box_new(const char *path, struct err *e)
{
	struct target_box *x = calloc(1, sizeof(*x));

	if (!x) {
		err_memory(e, path);
		return NULL;
	}
	pthread_mutex_init(&x->lock, NULL);
	pthread_mutex_init(&x->features.lock, NULL);
	return x;
}

int target_open(const char *path, const char *const *modules, size_t module_count,
		const struct target_facts *facts, struct target **out, struct err *e)
{
	struct target_box *x = box_new(path, e);

	if (!x)
		return -1;
	if (open_path(x, path, modules, module_count, facts, e) < 0) {
		target_free(&x->target);
		return -1;
	}
	*out = &x->target;
	return 0;
}

int target_with(const struct target *t, const struct target_facts *facts, struct target **out,
		struct err *e)
{
	struct target_box *x = box_new(t->path, e);
	int rc;

	if (!x)
		return -1;
	x->of = t;
	x->target.path = t->path;
	x->target.name = t->name;
	x->target.release = t->release;
	x->target.version = t->version;
	x->target.unread = t->unread;
	x->target.arch = t->arch;
	x->target.distro = t->distro;
	x->target.flavour = t->flavour;
	rc = take_facts(x, facts, e);
	for (size_t i = 0; i < t->count && rc == 0; i++)
		rc = add_btf(x, btf_ref(t->btf[i]), t->module[i], strlen(t->module[i]), e);
	if (rc < 0) {
		target_free(&x->target);
		return -1;
	}
	*out = &x->target;
	return 0;
}

int target_of(struct btf *b, const struct target_facts *facts, struct target **out, struct err *e)
{
	struct target_box *x = box_new(b->name, e);
	struct btf *first = b;
	int rc;

	if (!x)
		return -1;
	while (first->base)
		first = (struct btf *)(uintptr_t)first->base;
	x->target.path = keep_text(x, first->name, strlen(first->name), e);
	rc = x->target.path ? name_target(x, facts, e) : -1;
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

struct digest target_digest(const struct target *t)
{
	const struct kconfig *config = target_kconfig(t);
	const struct symbols *symbols = target_symbols(t);
	struct digester d = {0};

	asked_all(NULL);
	digest_add(&d, t->count);
	for (size_t i = 0; i < t->count; i++) {
		digest_string(&d, t->module[i]);
		digest_bytes(&d, t->btf[i]->raw.at, t->btf[i]->raw.len);
	}
	digest_string(&d, t->release);
	digest_string(&d, t->version);
	digest_add(&d, t->unread);
	digest_string(&d, t->arch);
	digest_add(&d, config != NULL);
	if (config)
		digest_bytes(&d, config->input->data, config->input->len);
	digest_add(&d, symbols != NULL);
	if (symbols)
		symbols_digest(symbols, &d);
	return digest_of(&d);
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
	kconfig_unref(x->kconfig);
	symbols_unref(x->symbols);
	pthread_mutex_destroy(&x->lock);
	pthread_mutex_destroy(&x->features.lock);
	arena_free(&x->arena);
	free(x);
}
