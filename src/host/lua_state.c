/*
 * lua_state: the Lua state of the process: where its memory comes from, and what it says outside of
 * everything that is protected.
 */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "host/host.h"

/* warn(), as lua(1) has it: off until "@on", and a message may come in pieces. */
static void warn(void *ctx, const char *message, int more)
{
	static bool on, inside;

	(void)ctx;
	if (!inside && !more && message[0] == '@') {
		if (!strcmp(message, "@on"))
			on = true;
		else if (!strcmp(message, "@off"))
			on = false;
		return;
	}
	if (on)
		fprintf(stderr, "%s%s%s", inside ? "" : "Lua warning: ", message, more ? "" : "\n");
	inside = more;
}

/* Memory may be out where nothing is protected: before a script starts, and after it. */
static int on_panic(lua_State *L)
{
	const char *message = lua_tostring(L, -1);

	fprintf(stderr, "btfl: %s\n", message ? message : "an error that is no text");
	_Exit(STATUS_FAILED);
}

lua_State *open_lua(void)
{
	lua_State *L = lua_newstate(cells_alloc, NULL);

	if (!L)
		return NULL;
	lua_atpanic(L, on_panic);
	lua_setwarnf(L, warn, NULL);
	return L;
}
