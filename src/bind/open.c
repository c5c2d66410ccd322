/*
 * open: a file of which only its bytes tell whether it is an object or BTF, read once.
 */
#include "bind/classes.h"

int open_file(lua_State *L)
{
	const char *path = check_cstring(L, 1);
	const struct btf *base;
	struct owner *object;
	struct object *o = NULL;
	struct btf *b = NULL;
	struct input *in;
	struct err e;
	int rc;

	lua_settop(L, 2);
	base = optional_base(L, 2);
	owner_new(L, &btf_class, sizeof(struct owner), "btf", path);
	object = push_closed_object(L, path);
	if (input_open(path, &in, &e) < 0)
		return raise_err(L, &e);
	rc = object_is(in) ? object_from_input(in, &o, &e) : btf_from_input(in, base, &b, &e);
	input_unref(in);
	if (rc < 0)
		return raise_err(L, &e);
	if (o) {
		open_closed_object(L, object, o);
	} else {
		open_closed_btf(L, 3, b, 2);
		lua_settop(L, 3);
	}
	lua_pushstring(L, o ? "object" : "btf");
	return 2;
}
