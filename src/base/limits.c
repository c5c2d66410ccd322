/* limits: sched_getaffinity(2), and the files of cgroups; see limits.h. */
#include "base/limits.h"

#include <limits.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* One folder of a hierarchy of cgroups, and how much of its path is where that is mounted. */
struct group {
	char path[2 * PATH_MAX];
	size_t mount;
	bool v2;
};

/* Reads the first line of a file of the group; false when there is none. */
static bool read_line(const struct group *g, const char *name, char *line, int size)
{
	char path[2 * PATH_MAX + 64];
	FILE *f;
	bool found;

	snprintf(path, sizeof(path), "%s/%s", g->path, name);
	f = fopen(path, "re");
	if (!f)
		return false;
	found = fgets(line, size, f) != NULL;
	fclose(f);
	return found;
}

/* A number, which "max" is none of, and -1 neither. */
static bool read_number(const struct group *g, const char *name, uint64_t *number)
{
	char line[64], *end;

	if (!read_line(g, name, line, sizeof(line)) || *line == '-')
		return false;
	*number = strtoull(line, &end, 10);
	return end != line;
}

/* The group that is around this one; false when this is the outermost that can be seen. */
static bool ascend(struct group *g)
{
	char *slash = strrchr(g->path, '/');

	if (strlen(g->path) <= g->mount || !slash)
		return false;
	*slash = '\0';
	return strlen(g->path) >= g->mount;
}

/* Whether a word is one of a list that commas part. */
static bool has_word(const char *list, const char *word)
{
	size_t n = strlen(word);

	for (const char *at = list; (at = strstr(at, word)); at += n)
		if ((at == list || at[-1] == ',') && (at[n] == ',' || at[n] == '\0'))
			return true;
	return false;
}

/* Where /proc/self/cgroup says that this process is: in the hierarchy of that controller, of the
 * second version for NULL. */
static bool find_path(const char *controller, char *path, size_t size)
{
	char line[PATH_MAX + 256];
	FILE *f = fopen("/proc/self/cgroup", "re");
	bool found = false;

	if (!f)
		return false;
	while (!found && fgets(line, sizeof(line), f)) {
		char *list = strchr(line, ':'), *at = list ? strchr(list + 1, ':') : NULL;

		if (!at)
			continue;
		*at++ = '\0';
		at[strcspn(at, "\n")] = '\0';
		found = controller ? has_word(list + 1, controller) : list[1] == '\0';
		if (found)
			snprintf(path, size, "%s", at);
	}
	fclose(f);
	return found;
}

/* Joins where a hierarchy is mounted with where the process is in it. A container may see a part of
 * the hierarchy only: root is what of it is mounted there. */
static void set_group(struct group *g, const char *mount, const char *root, const char *path)
{
	size_t n = strcmp(root, "/") ? strlen(root) : 0;
	bool inside = !strncmp(path, root, n) && (path[n] == '/' || path[n] == '\0');

	snprintf(g->path, sizeof(g->path), "%s%s", mount, inside ? path + n : "");
	g->mount = strlen(mount);
	while (strlen(g->path) > g->mount && g->path[strlen(g->path) - 1] == '/')
		g->path[strlen(g->path) - 1] = '\0';
}

/* The group of this process in the hierarchy of a controller, of the second version for NULL. */
static bool find_group(const char *controller, struct group *g)
{
	char line[2 * PATH_MAX + 512], path[PATH_MAX], root[PATH_MAX], mount[PATH_MAX];
	FILE *f;
	bool found = false;

	if (!find_path(controller, path, sizeof(path)) ||
	    !(f = fopen("/proc/self/mountinfo", "re")))
		return false;
	while (!found && fgets(line, sizeof(line), f)) {
		const char *rest = strstr(line, " - ");
		char *options, type[32];

		if (!rest || sscanf(rest, " - %31s", type) != 1 ||
		    sscanf(line, "%*s %*s %*s %4095s %4095s", root, mount) != 2)
			continue;
		line[strcspn(line, "\n")] = '\0';
		options = strrchr(line, ' ');
		found = controller ? !strcmp(type, "cgroup") && has_word(options + 1, controller)
				   : !strcmp(type, "cgroup2");
	}
	fclose(f);
	if (found)
		set_group(g, mount, root, path);
	g->v2 = !controller;
	return found;
}

/* Processors that a group may keep busy, 0 for any. */
static uint64_t quota_of(const struct group *g)
{
	uint64_t quota = 0, period = 0;
	char line[64];

	if (g->v2) {
		if (!read_line(g, "cpu.max", line, sizeof(line)) ||
		    sscanf(line, "%lu %lu", &quota, &period) != 2)
			return 0;
	} else if (!read_number(g, "cpu.cfs_quota_us", &quota) ||
		   !read_number(g, "cpu.cfs_period_us", &period)) {
		return 0;
	}
	return period && quota ? (quota + period - 1) / period : 0;
}

static const char *const cpu_controllers[] = {NULL, "cpu"};
static const char *const memory_controllers[] = {NULL, "memory"};

unsigned limits_processors(void)
{
	cpu_set_t set;
	long online = sysconf(_SC_NPROCESSORS_ONLN);
	uint64_t least = online > 0 ? (uint64_t)online : 1;
	struct group g = {0};

	/* Of a machine with more processors than a set has the call fails. */
	if (sched_getaffinity(0, sizeof(set), &set) == 0 && CPU_COUNT(&set) > 0)
		least = (uint64_t)CPU_COUNT(&set);
	for (size_t i = 0; i < 2; i++) {
		if (!find_group(cpu_controllers[i], &g))
			continue;
		do {
			uint64_t quota = quota_of(&g);

			least = quota && quota < least ? quota : least;
		} while (ascend(&g));
	}
	return (unsigned)least;
}

/* Bytes of files that are cached and that nobody has used of late. */
static uint64_t cached(const struct group *g)
{
	const char *want = g->v2 ? "inactive_file " : "total_inactive_file ";
	char path[2 * PATH_MAX + 64], line[128];
	uint64_t bytes = 0;
	FILE *f;

	snprintf(path, sizeof(path), "%s/memory.stat", g->path);
	f = fopen(path, "re");
	if (!f)
		return 0;
	while (fgets(line, sizeof(line), f))
		if (!strncmp(line, want, strlen(want)))
			bytes = strtoull(line + strlen(want), NULL, 10);
	fclose(f);
	return bytes;
}

uint64_t limits_memory(void)
{
	uint64_t least = UINT64_MAX;
	struct group g = {0};

	for (size_t i = 0; i < 2; i++) {
		if (!find_group(memory_controllers[i], &g))
			continue;
		do {
			uint64_t most, used, free;

			if (!read_number(&g, g.v2 ? "memory.max" : "memory.limit_in_bytes",
					 &most) ||
			    !read_number(&g, g.v2 ? "memory.current" : "memory.usage_in_bytes",
					 &used))
				continue;
			free = cached(&g);
			used -= free < used ? free : used;
			free = used < most ? most - used : 0;
			least = free < least ? free : least;
		} while (ascend(&g));
	}
	return least;
}

uint64_t limits_resident(void)
{
	unsigned long pages = 0;
	FILE *f = fopen("/proc/self/statm", "re");

	if (!f)
		return 0;
	if (fscanf(f, "%*u %lu", &pages) != 1)
		pages = 0;
	fclose(f);
	return (uint64_t)pages * (uint64_t)sysconf(_SC_PAGESIZE);
}
