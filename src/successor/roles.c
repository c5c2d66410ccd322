/* roles: see roles.h. */
#include "successor/roles.h"

#include <stdlib.h>
#include <string.h>

enum role {
	ROLE_HEAD = 1,  /* holds many */
	ROLE_NODE = 2,  /* is one of many */
	ROLE_COUNT = 4, /* counts who uses it */
	ROLE_LOCK = 8,
	ROLE_LATER = 16, /* work that is put off */
	ROLE_WAIT = 32,  /* who waits for it */
	ROLE_QUEUE = 64, /* a ring of bytes */
	ROLE_SET = 128,  /* of bits */
};

/* By name. */
static const struct known {
	const char *name;
	unsigned roles;
} known[] = {
    {"atomic64_t", ROLE_COUNT},
    {"atomic_long_t", ROLE_COUNT},
    {"atomic_t", ROLE_COUNT},
    {"circ_buf", ROLE_QUEUE},
    {"completion", ROLE_WAIT},
    {"cpumask_t", ROLE_SET},
    {"cpumask_var_t", ROLE_SET},
    {"delayed_work", ROLE_LATER},
    {"file_ref_t", ROLE_COUNT},
    {"freelist_head", ROLE_HEAD},
    {"freelist_node", ROLE_NODE},
    {"hlist_bl_head", ROLE_HEAD},
    {"hlist_bl_node", ROLE_NODE},
    {"hlist_head", ROLE_HEAD},
    {"hlist_node", ROLE_NODE},
    {"hlist_nulls_head", ROLE_HEAD},
    {"hlist_nulls_node", ROLE_NODE},
    {"hrtimer", ROLE_LATER},
    {"ida", ROLE_HEAD},
    {"idr", ROLE_HEAD},
    {"irq_work", ROLE_LATER},
    {"kfifo", ROLE_QUEUE},
    {"kref", ROLE_COUNT},
    {"kthread_work", ROLE_LATER},
    {"list_head", ROLE_HEAD | ROLE_NODE},
    {"list_lru", ROLE_HEAD},
    {"llist_head", ROLE_HEAD},
    {"llist_node", ROLE_NODE},
    {"local64_t", ROLE_COUNT},
    {"local_t", ROLE_COUNT},
    {"lockref", ROLE_COUNT | ROLE_LOCK},
    {"maple_tree", ROLE_HEAD},
    {"mutex", ROLE_LOCK},
    {"nodemask_t", ROLE_SET},
    {"percpu_counter", ROLE_COUNT},
    {"percpu_ref", ROLE_COUNT},
    {"percpu_rw_semaphore", ROLE_LOCK},
    {"plist_head", ROLE_HEAD},
    {"plist_node", ROLE_NODE},
    {"qspinlock", ROLE_LOCK},
    {"radix_tree_root", ROLE_HEAD},
    {"raw_spinlock_t", ROLE_LOCK},
    {"rb_node", ROLE_NODE},
    {"rb_root", ROLE_HEAD},
    {"rb_root_cached", ROLE_HEAD},
    {"rcu_head", ROLE_LATER},
    {"rcu_work", ROLE_LATER},
    {"rcuref_t", ROLE_COUNT},
    {"rcuwait", ROLE_WAIT},
    {"refcount_t", ROLE_COUNT},
    {"rhash_head", ROLE_NODE},
    {"rhashtable", ROLE_HEAD},
    {"rhlist_head", ROLE_NODE},
    {"rhltable", ROLE_HEAD},
    {"rt_mutex", ROLE_LOCK},
    {"rw_semaphore", ROLE_LOCK},
    {"rwlock_t", ROLE_LOCK},
    {"semaphore", ROLE_LOCK},
    {"seqcount_spinlock_t", ROLE_LOCK},
    {"seqcount_t", ROLE_LOCK},
    {"seqlock_t", ROLE_LOCK},
    {"spinlock_t", ROLE_LOCK},
    {"swait_queue_head", ROLE_WAIT},
    {"tasklet_struct", ROLE_LATER},
    {"timer_list", ROLE_LATER},
    {"timerqueue_head", ROLE_HEAD},
    {"timerqueue_node", ROLE_NODE},
    {"wait_queue_head", ROLE_WAIT},
    {"wait_queue_head_t", ROLE_WAIT},
    {"work_struct", ROLE_LATER},
    {"xarray", ROLE_HEAD},
};

static int by_name(const void *key, const void *of)
{
	return strcmp(key, ((const struct known *)of)->name);
}

static unsigned roles_of(const char *name)
{
	const struct known *found =
	    bsearch(name, known, sizeof(known) / sizeof(*known), sizeof(*known), by_name);

	return found ? found->roles : 0;
}

bool roles_known(const char *name)
{
	return *name && roles_of(name);
}

bool roles_shared(const char *a, const char *b)
{
	unsigned roles = *a && *b ? roles_of(a) : 0;

	return roles && roles & roles_of(b);
}
