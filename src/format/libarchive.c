/* libarchive: see libarchive.h. */
#include "format/libarchive.h"

#if LIBARCHIVE_KNOWN

#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

#define SONAME "libarchive.so.13"

static void *handle;
static char why[256]; /* it is not there, or lacks something */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static bool find(const char *const *names, size_t count, void *functions)
{
	if (!handle) {
		handle = dlopen(SONAME, RTLD_NOW | RTLD_LOCAL);
		if (!handle) {
			const char *said = dlerror();

			snprintf(why, sizeof(why), "%s", said ? said : SONAME);
			return false;
		}
	}
	for (size_t i = 0; i < count; i++) {
		void *address = dlsym(handle, names[i]);

		if (!address) {
			snprintf(why, sizeof(why), "it lacks %s", names[i]);
			return false;
		}
		memcpy((char *)functions + i * sizeof(address), &address, sizeof(address));
	}
	return true;
}

bool libarchive_find(const char *const *names, size_t count, void *functions)
{
	bool found;

	pthread_mutex_lock(&lock);
	found = find(names, count, functions);
	pthread_mutex_unlock(&lock);
	return found;
}

int libarchive_missing(struct err *e, const char *path, const char *done)
{
	return err_set(e, ERR_UNSUPPORTED, path, NULL, ERR_NO_OFFSET,
		       "is %s with libarchive, which is not there (install libarchive13 or "
		       "libarchive): %s",
		       done, why);
}

#else

bool libarchive_find(const char *const *names, size_t count, void *functions)
{
	(void)names;
	(void)count;
	(void)functions;
	return false;
}

int libarchive_missing(struct err *e, const char *path, const char *done)
{
#ifdef NO_DLOPEN
	const char *how = "STATIC=1 leaves it out";
#else
	const char *how = "install libarchive-dev, and run make again";
#endif

	return err_set(e, ERR_UNSUPPORTED, path, NULL, ERR_NO_OFFSET,
		       "is %s with libarchive, which this btfl was built without (%s)", done, how);
}

#endif
