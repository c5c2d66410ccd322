/*
 * libelf: two functions of libelf's own that its archive lacks in elfutils 0.192 (Debian 13): they
 * stand in libeu.a, which is not installed. What they keep is for elf_getdata_rawchunk(), which
 * nothing here calls; where libelf has them, it does not use these.
 */
void eu_search_tree_init(void *tree, void *compare) __attribute__((weak));
void eu_search_tree_fini(void *tree, void *free_node) __attribute__((weak));

/* The tree is part of what calloc() gave. */
void eu_search_tree_init(void *tree, void *compare)
{
	(void)tree;
	(void)compare;
}

void eu_search_tree_fini(void *tree, void *free_node)
{
	(void)tree;
	(void)free_node;
}
