/*
 * main: what the command line of btfl means.
 *
 * btfl is a Lua 5.4 interpreter with the engine preloaded, and takes lua(1)'s options. It differs
 * in four ways: a script may be named without its path, -e takes the other arguments for its own
 * and prints its values, -v asks for full tracebacks, and what a script returns decides the exit
 * status.
 */
#include <ctype.h>
#include <errno.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <lauxlib.h>
#include <lualib.h>

#include "base/memory.h"
#include "host/host.h"
#include "host/stop.h"

struct arguments {
	int argc;
	char **argv;
	int end; /* index of the first argument that is not an option: the script's, if one runs */
	bool interactive, verbose, no_environment;
	bool code; /* -e was given: the arguments belong to it */
	bool help, version;
	uint64_t max_steps, max_memory; /* 0 for no limit; bytes */
	const char *help_of;            /* the page that is asked for */
	const char *shell;              /* the one to print completions for */
	const char *wrong;              /* the option that is none */
};

/* -e and -l take a value: the rest of their own argument, or the whole next one. */
static const char *option_value(const struct arguments *o, int *i)
{
	const char *arg = o->argv[*i];

	return arg[2] ? arg + 2 : o->argv[++*i];
}

static bool takes_value(const char *arg)
{
	return arg[0] == '-' && (arg[1] == 'e' || arg[1] == 'l');
}

static bool is_completion(const char *arg)
{
	return !strcmp(arg, "--completion");
}

static bool parse_flag(struct arguments *o, const char *arg)
{
	if (!strcmp(arg, "-i"))
		o->interactive = true;
	else if (!strcmp(arg, "-v"))
		o->verbose = true;
	else if (!strcmp(arg, "-E"))
		o->no_environment = true;
	else if (!strcmp(arg, "-h") || !strcmp(arg, "--help"))
		o->help = true;
	else if (!strcmp(arg, "--version"))
		o->version = true;
	else
		return false;
	return true;
}

/* The value of a long option, NULL when arg, the argument *i, is another one: what is behind its
 * `=`, or the whole next argument, "" where there is none. */
static const char *long_value(const struct arguments *o, const char *arg, int *i, const char *name)
{
	size_t n = strlen(name);

	if (strncmp(arg, name, n) != 0 || (arg[n] && arg[n] != '='))
		return NULL;
	if (arg[n])
		return arg + n + 1;
	return *i + 1 < o->argc ? o->argv[++*i] : "";
}

/* A number that is not 0, with K, M or G behind it where `units` is. 0 when it is none. */
static uint64_t parse_number(const char *text, bool units)
{
	static const char letters[] = "KMG";
	const char *unit;
	unsigned shift = 0;
	uint64_t n;
	char *end;

	errno = 0;
	n = isdigit((unsigned char)*text) ? strtoull(text, &end, 10) : 0;
	if (!n || errno)
		return 0;
	unit = units && *end ? strchr(letters, *end) : NULL;
	if (unit) {
		shift = 10 * (unsigned)(unit - letters + 1);
		end++;
	}
	return *end || n > UINT64_MAX >> shift ? 0 : n << shift;
}

/* False when this is no limit. */
static bool parse_limit(struct arguments *o, int *i)
{
	const char *arg = o->argv[*i], *value;

	if ((value = long_value(o, arg, i, "--max-steps"))) {
		o->max_steps = parse_number(value, false);
		o->wrong = o->max_steps ? NULL : "--max-steps";
	} else if ((value = long_value(o, arg, i, "--max-memory"))) {
		o->max_memory = parse_number(value, true);
		o->wrong = o->max_memory ? NULL : "--max-memory";
	}
	return value != NULL;
}

static void parse_options(struct arguments *o)
{
	int i;

	for (i = 1; !o->wrong && i < o->argc && o->argv[i][0] == '-' && o->argv[i][1]; i++) {
		const char *arg = o->argv[i];

		if (!strcmp(arg, "--")) {
			i++;
			break;
		}
		if (takes_value(arg)) {
			o->code |= arg[1] == 'e';
			if (!option_value(o, &i))
				o->wrong = arg;
		} else if (is_completion(arg) ? !(o->shell = o->argv[++i])
					      : !parse_limit(o, &i) && !parse_flag(o, arg)) {
			o->wrong = arg;
		}
	}
	o->end = i;
}

/* arg[0] is the script, what follows it counts from 1, what precedes it from -1 down. */
static void set_arg(lua_State *L, const struct arguments *o)
{
	int zero = o->code ? o->end - 1 : o->end < o->argc ? o->end : 0;

	lua_createtable(L, o->argc - zero, zero + 1);
	for (int i = 0; i < o->argc; i++) {
		lua_pushstring(L, o->argv[i]);
		lua_rawseti(L, -2, i - zero);
	}
	if (o->code) {
		lua_pushliteral(L, "-e");
		lua_rawseti(L, -2, 0);
	}
	lua_setglobal(L, "arg");
}

static int push_args(lua_State *L, const struct arguments *o, int first)
{
	int n = 0;

	luaL_checkstack(L, o->argc, "too many arguments");
	for (int i = first; i < o->argc; i++, n++)
		lua_pushstring(L, o->argv[i]);
	return n;
}

static void check_load(lua_State *L, int status)
{
	if (status != LUA_OK)
		lua_error(L);
}

/* LUA_INIT holds code, or "@file". */
static void run_init(lua_State *L)
{
	const char *name = "LUA_INIT_5_4", *init = getenv(name);

	if (!init)
		init = getenv(name = "LUA_INIT");
	if (!init)
		return;
	if (init[0] == '@')
		check_load(L, luaL_loadfile(L, init + 1));
	else
		check_load(L,
			   luaL_loadbuffer(L, init, strlen(init), lua_pushfstring(L, "=%s", name)));
	lua_call(L, 0, 0);
}

static int run_code(lua_State *L, const struct arguments *o, const char *code)
{
	int status, top = lua_gettop(L);

	check_load(L, load_code(L, code, strlen(code), "=(command line)"));
	lua_call(L, push_args(L, o, o->end), LUA_MULTRET);
	host_call(L, "show", lua_gettop(L) - top, 1);
	status = (int)lua_tointeger(L, -1);
	lua_settop(L, top);
	return status;
}

/* -l name sets the global `name`; -l global=name sets `global`. */
static void require_module(lua_State *L, const char *word)
{
	const char *equals = strchr(word, '=');

	lua_getglobal(L, "require");
	lua_pushstring(L, equals ? equals + 1 : word);
	lua_call(L, 1, 1);
	if (equals)
		word = lua_pushlstring(L, word, (size_t)(equals - word));
	lua_pushvalue(L, equals ? -2 : -1);
	lua_setglobal(L, word);
	lua_settop(L, 0);
}

/* Runs every -e and -l in the order given. Returns the worst status that code had. */
static int run_options(lua_State *L, const struct arguments *o)
{
	int worst = 0;

	for (int i = 1; i < o->end; i++) {
		const char option = o->argv[i][1];

		if (!takes_value(o->argv[i]))
			continue;
		const char *value = option_value(o, &i);
		if (option == 'l') {
			require_module(L, value);
		} else {
			int status = run_code(L, o, value);

			worst = status > worst ? status : worst;
		}
	}
	return worst;
}

/* Runs the script named by arg[0], NULL for standard input, and hands on what it returned. */
static int run_script(lua_State *L, const struct arguments *o, const char *name)
{
	int status;

	if (name) {
		lua_pushstring(L, name);
		host_call(L, "find", 1, 2);
		name = lua_tostring(L, -2);
		lua_getglobal(L, "arg");
		lua_pushvalue(L, -3);
		lua_rawseti(L, -2, 0);
		lua_pop(L, 1);
	}
	int base = lua_gettop(L);
	if (name && lua_isfunction(L, base)) {
		base--; /* part of the program, and loaded */
	} else {
		if (name)
			setup_script_folder(L, name);
		check_load(L, luaL_loadfile(L, name));
	}
	lua_call(L, push_args(L, o, o->end + 1), LUA_MULTRET);
	host_call(L, "finish", lua_gettop(L) - base, 1);
	status = (int)lua_tointeger(L, -1);
	lua_settop(L, 0);
	return status;
}

static int run_input(lua_State *L, const struct arguments *o)
{
	int status = run_options(L, o);

	if (!o->code && o->end < o->argc) {
		const char *name = o->argv[o->end];

		status = run_script(L, o, strcmp(name, "-") ? name : NULL);
	} else if (!o->code && !o->interactive) {
		if (isatty(STDIN_FILENO))
			repl_run(L);
		else
			status = run_script(L, o, NULL);
	}
	if (o->interactive)
		repl_run(L);
	return status;
}

/* Shows a page of the manual that no script has. A script shows its own. */
static bool shows_page(lua_State *L, const struct arguments *o)
{
	bool shown;

	if (!o->help_of)
		return false;
	lua_pushstring(L, o->help_of);
	host_call(L, "help_of", 1, 1);
	shown = lua_toboolean(L, -1);
	lua_settop(L, 0);
	return shown;
}

/* Called protected: the options as a light userdata. Returns the exit status. */
static int run(lua_State *L)
{
	struct arguments *o = lua_touserdata(L, 1);
	int status = 0;

	lua_settop(L, 0);
	if (o->no_environment) {
		lua_pushboolean(L, true);
		lua_setfield(L, LUA_REGISTRYINDEX, "LUA_NOENV");
	}
	luaL_openlibs(L);
	threads_install(L);
	setup_host(L, o->verbose);
	if (!stop_limit(L, o->max_steps, o->max_memory))
		luaL_error(L, "--max-memory: %s", strerror(errno));
	if (o->wrong) {
		lua_pushstring(L, o->wrong);
		host_call(L, "bad_option", 1, 0);
	} else if (o->help) {
		host_call(L, "help", 0, 0);
	} else if (o->version) {
		host_call(L, "version", 0, 0);
	} else if (o->shell) {
		lua_pushstring(L, o->shell);
		host_call(L, "completion", 1, 0);
	} else if (!shows_page(L, o)) {
		set_arg(L, o);
		if (!o->no_environment)
			run_init(L);
		status = run_input(L, o);
	}
	lua_pushinteger(L, status);
	return 1;
}

/* `btfl help` is --help, and `btfl help check` is `btfl check --help`, but for the page instead. */
static void rewrite_help(struct arguments *o)
{
	static char help[] = "--help";

	if (o->code || o->end >= o->argc || strcmp(o->argv[o->end], "help") != 0)
		return;
	if (o->end + 1 == o->argc) {
		o->help = true;
		return;
	}
	o->help_of = o->argv[o->end] = o->argv[o->end + 1];
	o->argv[o->end + 1] = help;
	o->argc = o->end + 2;
}

static bool failed; /* the user was told of an error already */

/* Output that could not be written must not look like success. */
static void check_stdout(void)
{
	if (fflush(stdout) == 0 && !ferror(stdout))
		return;
	if (failed)
		_exit(STATUS_FAILED);
	fprintf(stderr, "btfl: standard output: %s\n", errno ? strerror(errno) : "write error");
	_exit(STATUS_FAILED);
}

/* Very large files are mapped: where one has been cut short since, there is nothing to read any
 * more. Only what a signal handler may call is called; a file of --output is written whole or not
 * at all. */
static void on_missing_page(int sig, siginfo_t *info, void *context)
{
	static const char text[] = "btfl: an input file became shorter while it was read\n";

	(void)context;
	if (info->si_code == BUS_ADRERR && write(STDERR_FILENO, text, sizeof(text) - 1) >= 0)
		_exit(STATUS_FAILED);
	signal(sig, SIG_DFL);
	raise(sig);
}

static void catch_missing_pages(void)
{
	struct sigaction a = {.sa_sigaction = on_missing_page, .sa_flags = SA_SIGINFO};

	sigemptyset(&a.sa_mask);
	sigaction(SIGBUS, &a, NULL);
}

int main(int argc, char **argv)
{
	struct arguments o = {.argc = argc, .argv = argv};
	lua_State *L;
	int result;

	memory_keep();
	catch_missing_pages();
	signal(SIGXFSZ, SIG_IGN); /* a limit of the size of files is an error as any other */
	signal(SIGPIPE, SIG_DFL); /* who reads no more ends it, also below what ignores that */
	L = open_lua();
	if (!L) {
		fputs("btfl: not enough memory\n", stderr);
		return STATUS_FAILED;
	}
	atexit(check_stdout);
	parse_options(&o);
	rewrite_help(&o);
	lua_pushcfunction(L, run);
	lua_pushlightuserdata(L, &o);
	result = protected_call(L, 1, 1);
	failed = result != LUA_OK;
	if (failed)
		result = report_error(L, result);
	else
		result = (int)lua_tointeger(L, -1);
	lua_close(L);
	return result;
}
