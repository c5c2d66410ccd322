# btfl: `make demo` shows it on this machine, `make test` checks it. Both install what they need on
# Debian and Ubuntu; the README names the packages of other distributions.
#
#   make CC=clang     SAN=1: AddressSanitizer and UBSan     PREFIX=, DESTDIR=: for install
#   TSAN=1: ThreadSanitizer; make test then runs what has threads or processes
#   STATIC=1: a program that needs no shared library        SHARED=1: one that needs all
#   V=1: the commands in full
#   WERROR=-Werror: warnings are errors, as in `make test`
#   FUZZ_TIME=60: seconds of `make fuzz` for each target; FUZZ=: which, all of spec/fuzz else; FUZZ_CORPUS=: the folder
#   of what leads further, from which the next run goes on, build/fuzz/corpus else

.DEFAULT_GOAL := all
.DELETE_ON_ERROR:
.PHONY: all man test test-long fuzz fuzz-needs fuzz-targets plain-fuzz coverage counted lint analyze analyzed layers \
	fixtures bench fit install uninstall deps test-deps long-deps lint-deps analyze-deps demo clean

PREFIX ?= /usr/local
# Of $(PREFIX)/share: where shells look for completions.
BASH_COMPLETIONS ?= bash-completion/completions
ZSH_COMPLETIONS ?= zsh/site-functions
FISH_COMPLETIONS ?= fish/vendor_completions.d
BUILD := build$(if $(SAN),/san)$(if $(TSAN),/tsan)$(if $(COVERAGE),/cov)$(if $(STATIC),/static)$(if $(SHARED),/shared)
BUSTED ?= /usr/bin/busted
LUA := ./btfl
VMLINUX := /sys/kernel/btf/vmlinux

DEPS := gcc libc6-dev pkg-config liblua5.4-dev libelf-dev zlib1g-dev libarchive-dev lua-argparse lua-dkjson
TEST_DEPS := lua-busted libbpf-dev bpftool xz-utils mandoc
LONG_DEPS := dwarves qemu-system-x86 busybox-static cpio
LINT_DEPS := clang-format lua-check cppcheck
ANALYZE_DEPS := clang-tidy

Q := $(if $(V),,@)
# A path as a word of a shell.
quote = '$(subst ','\'',$1)'

WARN := -Wall -Wextra -Wshadow -Wmissing-prototypes -Wpedantic
test test-long: export WERROR ?= -Werror
CFLAGS ?= -O2 -g
SANFLAGS := $(if $(SAN),-DCHECK_LEAKS -fsanitize=address -fsanitize=undefined -fno-sanitize-recover=undefined)
comma := ,
# Threads count together. No optimisation and no copies of what is always inlined, so that a branch is one of the source.
COVFLAGS := $(if $(COVERAGE),-O0 -Dalways_inline=__unused__ --coverage -fprofile-update=atomic)
COVLINK := $(if $(COVERAGE),-Wl$(comma)--wrap=_exit spec/support/cov_exit.c)
ifdef TSAN
SANFLAGS := -DCHECK_LEAKS -fsanitize=thread
CHECKENV := TSAN_OPTIONS=exitcode=99:halt_on_error=1
SPECS := $(patsubst %,spec/%_spec.lua,workers matrix kernel_by_kernel targets damage inputs one_input)
endif
CHECKENV += $(if $(SAN),ASAN_OPTIONS=detect_leaks=1:allocator_may_return_null=1:exitcode=99 LSAN_OPTIONS=exitcode=99 \
	UBSAN_OPTIONS=print_stacktrace=1:exitcode=99)

# Asked on first use, not before `deps` could run, and once. Lua 5.4 has a name in each distribution.
LUA_PC = $(shell for p in lua5.4 lua-5.4 lua54 lua; do pkg-config --exists "$$p >= 5.4 $$p < 5.5" && echo $$p && break; done)
PC = $(LUA_PC) libelf zlib
PKG_CFLAGS = $(eval PKG_CFLAGS := $$(shell pkg-config --cflags $$(PC) 2>/dev/null))$(PKG_CFLAGS)
# Lua, libelf and zlib, with what they need themselves, stand in the program where all have archives: it
# runs where they are not installed, and a start takes a sixth less. Lua as a whole, for modules in C
# look for its functions in the program.
SYSTEM := -lm -ldl -lpthread -pthread -lc
LIBS_ALL = $(eval LIBS_ALL := $$(shell pkg-config --static --libs $$(PC)))$(LIBS_ALL)
LIB_DIRS = $(eval LIB_DIRS := $$(shell for p in $$(PC); do pkg-config --variable=libdir $$$$p; done))$(LIB_DIRS)
ARCHIVES = $(patsubst -l%,lib%.a,$(filter -l%,$(filter-out $(SYSTEM),$(LIBS_ALL))))
NO_ARCHIVE = $(strip $(foreach a,$(or $(sort $(ARCHIVES)),libelf.a),$(if $(wildcard $(addsuffix /$a,$(LIB_DIRS))),,$a)))
LUA_LIB = $(filter -llua%,$(LIBS_ALL))
LIBS_STATIC = -Wl,-Bstatic -Wl,--whole-archive $(LUA_LIB) -Wl,--no-whole-archive \
	$(filter-out $(SYSTEM) $(LUA_LIB),$(LIBS_ALL)) $(if $(STATIC),-static,-Wl,-Bdynamic)
LIBS_SHARED = $(if $(STATIC),$(error STATIC=1 needs $(NO_ARCHIVE), of the packages in README.md or those for static \
	linking),$(shell pkg-config --libs $(PC)))
LIBS = $(if $(or $(SHARED),$(NO_ARCHIVE)),$(LIBS_SHARED),$(LIBS_STATIC)) -ldl -lm
# Opened when it is needed, by the name in packed.c: a program that many kernels are not packed for starts
# without it. Here it gives only the types of its functions.
ARCHIVE_CFLAGS = $(eval ARCHIVE_CFLAGS := $$(shell pkg-config --exists libarchive && \
	echo -DHAVE_LIBARCHIVE `pkg-config --cflags libarchive`))$(ARCHIVE_CFLAGS)
COMPILE = $(CC) -std=c11 -D_GNU_SOURCE -Isrc $(WARN) $(WERROR) $(CPPFLAGS) $(CFLAGS) $(SANFLAGS) $(COVFLAGS) $(PKG_CFLAGS) $(ARCHIVE_CFLAGS) \
	$(if $(STATIC),-DNO_DLOPEN)

SRC := $(wildcard src/*/*.c src/*/*/*.c)
OBJ := $(SRC:src/%.c=$(BUILD)/%.o)
PEER := $(patsubst spec/peer/%.c,build/peer/%,$(wildcard spec/peer/*.c))

# ./btfl is the program of the last build, with or without SAN.
all: $(BUILD)/btfl
	@[ btfl -ef $< ] || ln -f $< btfl

META := lua/btfl/meta.lua
LUA_FILES := $(sort $(filter-out $(META),$(wildcard $(addprefix lua/btfl/,*.lua */*.lua */*/*.lua))) \
	$(wildcard scripts/*.lua))
# What the manual is made of, besides what commands declare.
TEXTS := README.md $(META) $(filter-out %_table.lua,$(wildcard lua/btfl/policy/*.*))

$(BUILD)/btfl: $(OBJ) $(BUILD)/lua_files.o
	$(if $(NO_ARCHIVE),@echo "  NOTE  there is no $(NO_ARCHIVE): linked with shared libraries")
	$(link)

# The same without Lua files of its own: it compiles them.
BARE := $(BUILD)/bare
$(BUILD)/bare: $(OBJ)
	$(link)

define link
@echo "  LINK  $@"
$(Q)$(CC) $(SANFLAGS) $(COVFLAGS) $(LDFLAGS) -Wl,-E -Wl,-z,now -pthread -o $@ $^ $(COVLINK) $(LIBS)
endef

# Folders change when a file goes.
$(BUILD)/lua_files.c: src/host/embed.lua $(LUA_FILES) $(TEXTS) $(sort $(dir $(LUA_FILES))) | $(BARE)
	@echo "  LUA   $@"
	$(Q)BTFL_LUA=lua $(BARE) $< $@ $(LUA_FILES) -- $(TEXTS)

$(BUILD)/lua_files.o: $(BUILD)/lua_files.c src/host/embedded.h Makefile
	@echo "  CC    $<"
	$(Q)$(COMPILE) -c -o $@ $<

# The same with memory that runs out, for spec/faults_spec.lua.
FAULTY := $(BUILD)/faulty
$(FAULTY): private LDFLAGS += -Wl,--wrap=malloc,--wrap=calloc,--wrap=realloc
$(FAULTY): $(OBJ) $(BUILD)/lua_files.o $(BUILD)/faults_memory.o
	$(link)

$(BUILD)/faults_memory.o: spec/faults/memory.c Makefile
	@mkdir -p $(@D) && echo "  CC    $<"
	$(Q)$(COMPILE) -c -o $@ $<

# What is missing is told by the names of packages, and not by the compiler.
$(BUILD)/needs: Makefile
	@missing=; \
	lack() { missing="$$missing $$1"; }; \
	has() { pkg-config --exists $$1 && compiles $$2 $$(pkg-config --cflags $$1) || lack $$3; }; \
	compiles() { h=$$1; shift; echo "#include <$$h>" | $(CC) "$$@" -x c -E - >/dev/null 2>&1; }; \
	command -v $(firstword $(CC)) >/dev/null || lack gcc; \
	command -v pkg-config >/dev/null || lack pkg-config; \
	[ "$$missing" ] || compiles stdio.h || lack libc6-dev; \
	[ "$$missing" ] || { \
	    has $(or $(LUA_PC),lua5.4) lua.h liblua5.4-dev; has libelf gelf.h libelf-dev; has zlib zlib.h zlib1g-dev; \
	}; \
	[ -z "$$missing" ] || { \
	    echo "not installed, under its name in Debian and Ubuntu:$$missing (README.md has others)" >&2; exit 1; \
	}; \
	mkdir -p $(@D) && touch $@

$(BUILD)/%.o: src/%.c Makefile | $(BUILD)/needs
	@mkdir -p $(@D) && echo "  CC    $<"
	$(Q)$(COMPILE) -pthread -MMD -MP -c -o $@ $<

-include $(OBJ:.o=.d)

# What the system's libbpf, and the running kernel, make of an object; no part of btfl.
build/peer/%: spec/peer/%.c Makefile
	@mkdir -p $(@D) && echo "  CC    $<"
	$(Q)$(CC) -std=c11 -D_GNU_SOURCE $(WARN) -O2 -g -o $@ $< -lbpf -lelf -lz

# As many as there are processors, where no -j says otherwise.
AT_ONCE = $(if $(filter -j%,$(MAKEFLAGS)),,-j$(shell nproc))

# SPECS=spec/x_spec.lua: only these; TIMES=1: and which took how much CPU; JOBS=1: so many at a time.
test test-long:
	@$(MAKE) --no-print-directory $(@:test-long=long)-deps
	@$(MAKE) --no-print-directory $(AT_ONCE) all $(FAULTY) $(PEER) $(if $(TSAN),,plain-fuzz)
	@$(CHECKENV) ./btfl spec/support/suite.lua $(BUSTED) $(if $(filter test-long,$@),--run=long) $(SPECS) </dev/null

# Which lines and branches of src the specs come by, by folder; SPECS=spec/x_spec.lua: only these specs do, KEEP=1: and
# those of runs before, ARGS=--lines: and which lines they do not. What a process does that is ended by a signal is not
# counted, nor is the program that system calls fail for: those of counting would be among them. What counting cannot
# write where a spec leaves no room is no message of btfl's.
coverage:
	@$(MAKE) --no-print-directory test-deps
	@$(MAKE) --no-print-directory $(AT_ONCE) all $(PEER)
	@$(MAKE) --no-print-directory $(AT_ONCE) COVERAGE=1 all build/cov/faulty plain-fuzz
	@$(MAKE) --no-print-directory COVERAGE=1 counted
	@./btfl spec/support/coverage.lua build/cov $(ARGS)
	@rm build/faulty
	@$(MAKE) --no-print-directory all

# With COVERAGE=1, which makes that specs run have from here.
counted: all $(FAULTY)
	@ln -f $(FAULTY) build/faulty
	$(if $(KEEP),,@find $(BUILD) -name '*.gcda' -delete)
	@GCOV_ERROR_FILE=/dev/null ./btfl spec/support/suite.lua $(BUSTED) $(SPECS) </dev/null || \
	    echo "coverage: not all specs pass" >&2

lint: deps lint-deps
	clang-format --dry-run -Werror src/*/*.[ch] src/*/*/*.[ch] spec/peer/*.c spec/faults/*.c spec/fuzz/*.c \
	    spec/fuzz/*/*.[ch]
	luacheck --quiet lua scripts spec src
	$(Q)$(COMPILE) -Werror -fsyntax-only $(SRC)
	@mkdir -p $(BUILD)/cppcheck
	cppcheck --quiet --cppcheck-build-dir=$(BUILD)/cppcheck --error-exitcode=1 --std=c11 \
	    --enable=warning,performance,portability --inline-suppr --suppress=missingIncludeSystem -D_GNU_SOURCE -Isrc src

# What hostile files make of the code: each file of spec/fuzz is a target of libFuzzer, with address and undefined
# behaviour sanitizers, and SMALL_LIMITS (base/scale.h). What is found lies in build/fuzz.
FUZZ_CC ?= clang
FUZZ_CORPUS ?= build/fuzz/corpus
FUZZ_TIME ?= 60
FUZZ ?= $(patsubst spec/fuzz/%.c,%,$(wildcard spec/fuzz/*.c))
FUZZ_FLAGS := -O1 -g -fno-omit-frame-pointer -DSMALL_LIMITS -DCHECK_LEAKS \
	-fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=undefined

fuzz: fuzz-targets
	@./btfl spec/fuzz/run.lua $(ARGS) $(call quote,$(FUZZ_CORPUS)) $(FUZZ_TIME) $(FUZZ)

fuzz-targets: fuzz-needs
	@$(MAKE) --no-print-directory all
	@$(MAKE) --no-print-directory BUILD=build/fuzz COVERAGE= CC=$(FUZZ_CC) CFLAGS="$(FUZZ_FLAGS)" \
	    $(addprefix build/fuzz/bin/,$(FUZZ))

fuzz-needs:
	@mkdir -p build/fuzz && echo 'int LLVMFuzzerTestOneInput(void); int LLVMFuzzerTestOneInput(void) { return 0; }' | \
	$(FUZZ_CC) -x c -fsanitize=fuzzer,address -o build/fuzz/needs.bin - 2>/dev/null || { \
	    echo "make fuzz needs clang with libFuzzer, on Debian and Ubuntu clang and the libclang-rt-dev of its version" >&2; \
	    exit 1; \
	}

FUZZ_SUPPORT := $(patsubst spec/fuzz/%.c,build/fuzz/spec/%.o,$(wildcard spec/fuzz/support/*.c))

build/fuzz/spec/%.o: spec/fuzz/%.c Makefile
	@mkdir -p $(@D) && echo "  CC    $<"
	$(Q)$(COMPILE) -MMD -MP -c -o $@ $<

build/fuzz/bin/%: build/fuzz/spec/%.o $(FUZZ_SUPPORT) $(filter-out $(BUILD)/host/main.o,$(OBJ))
	@mkdir -p $(@D) && echo "  LINK  $@"
	$(Q)$(CC) -fsanitize=fuzzer,address,undefined $(LDFLAGS) -Wl,-E -pthread -o $@ $^ $(LIBS)

.SECONDARY: $(FUZZ_SUPPORT)
-include $(wildcard build/fuzz/spec/*.d build/fuzz/spec/support/*.d)

# The same targets without libFuzzer, of the objects that there are: for spec/fuzz_spec.lua.
PLAIN_FUZZ := $(patsubst spec/fuzz/%.c,$(BUILD)/inputs/%,$(wildcard spec/fuzz/*.c))
PLAIN_SUPPORT := $(patsubst spec/fuzz/%.c,$(BUILD)/inputs/of/%.o,$(wildcard spec/fuzz/support/*.c) spec/fuzz/plain/main.c)

plain-fuzz: $(PLAIN_FUZZ)

$(BUILD)/inputs/of/%.o: spec/fuzz/%.c Makefile
	@mkdir -p $(@D) && echo "  CC    $<"
	$(Q)$(COMPILE) -MMD -MP -c -o $@ $<

$(PLAIN_FUZZ): $(BUILD)/inputs/%: $(BUILD)/inputs/of/%.o $(PLAIN_SUPPORT) $(filter-out $(BUILD)/host/main.o,$(OBJ))
	$(link)

.SECONDARY: $(PLAIN_SUPPORT)
-include $(wildcard $(BUILD)/inputs/of/*.d $(BUILD)/inputs/of/*/*.d)

# What takes long, and is no part of lint or test: clang and gcc follow the paths of each file, which is looked at again
# when it or what it includes has changed. Nothing is printed where nothing is found. .clang-tidy says what is off; of
# gcc, leaks, for gcc 12 loses sight of what is stored through a pointer: `make test SAN=1` finds them, where memory
# runs out too. At -O0 it takes more for unset that is not.
ANALYZED := $(SRC:src/%.c=build/analyzed/%)
ANALYZE = -std=c11 -D_GNU_SOURCE -Isrc $(PKG_CFLAGS) $(ARCHIVE_CFLAGS)

analyze: deps analyze-deps
	@$(MAKE) --no-print-directory --keep-going $(AT_ONCE) analyzed

analyzed: $(ANALYZED)
	@:

build/analyzed/%: src/%.c .clang-tidy Makefile
	@mkdir -p $(@D)
	$(Q)clang-tidy --quiet $< -- $(ANALYZE) 2>/dev/null
	$(Q)gcc $(ANALYZE) -O1 -fanalyzer -Wno-analyzer-malloc-leak -Werror -MMD -MP -MF $@.d -MT $@ -c -o $@ $<

-include $(wildcard $(ANALYZED:=.d))

LAYERS := host bind dataflow verify successor write print compare core format base

# Layers of one rank, which may not include one another.
PEERS := verify successor write print compare

# A layer includes only itself and what stands below it, always as "layer/file.h" or "layer/room/file.h".
layers:
	@bad=0; above=; \
	break_if() { if grep -nE "$$@"; then echo "layers: $$why" >&2; bad=1; fi; }; \
	for layer in $(LAYERS); do \
	    if [ -n "$$above" ]; then \
	        why="src/$$layer includes a layer above it"; \
	        break_if "#\s*include\s*[<\"]($$above)/" -r src/$$layer; \
	    fi; \
	    above=$$layer$${above:+|$$above}; \
	    why="an include of our own is written \"layer/file.h\" or \"layer/room/file.h\""; \
	    break_if "#\s*include\s*\"([^/]*|([^/]*/){3}.*|\.\..*)\"" -r src/$$layer; \
	done; \
	for layer in $(PEERS); do \
	    for other in $(PEERS); do \
	        why="src/$$layer includes src/$$other, which stands beside it"; \
	        [ $$layer = $$other ] || break_if "#\s*include\s*[<\"]$$other/" -r src/$$layer; \
	    done; \
	done; \
	why="only src/bind and src/host know Lua"; \
	break_if "include\s*[<\"](lua|lauxlib|lualib|luaconf)\.h" -r $(patsubst %,src/%,$(filter-out host bind,$(LAYERS))); \
	why="only src/format knows libelf"; \
	break_if "include\s*[<\"](libelf|gelf|elfutils/.*)\.h" -r $(patsubst %,src/%,$(filter-out format,$(LAYERS))); \
	why="no part of btfl uses libbpf"; \
	break_if "include\s*[<\"]bpf/" -r src; \
	why="a script requires nothing but \"btfl\""; \
	if grep -rnE "\b(require|dofile|loadfile)\b" scripts | \
	    grep -vE "require\s*\(?\s*[\"']btfl[\"']|:[0-9]+:\s*--"; then echo "layers: $$why" >&2; bad=1; fi; \
	why="src/core/semantics.md does not have the rule"; \
	grep -rInoE "\<(rules?|semantics) [0-9]+((,| and| to) [0-9]+)*|\<semantics$$" src lua scripts spec | \
	    awk -F: 'FNR == NR { if (sub(/^### /, "")) has[$$0 + 0] = ++rules; next } \
	        { known = split($$3, number, /[^0-9]+/) > 1 && $$3 ~ /[0-9]/; \
	          for (i in number) known = known && (number[i] == "" || number[i] in has); \
	          if (!known) { print; bad = 1 } } \
	        END { exit bad || !rules }' src/core/semantics.md - || { echo "layers: $$why" >&2; bad=1; }; \
	exit $$bad

# The rules that rebuild the committed test objects; they add to `fixtures`.
-include spec/fixtures/fixtures.mk
spec/fixtures/small.btf: | all

# What it prints are ratios against peers of the same run; ARGS=--json keeps them.
bench: test-deps
	@$(MAKE) --no-print-directory all $(PEER)
	./btfl spec/bench/bench.lua $(ARGS)

# How good `why` is on known renames and on changes made on purpose; ARGS=--weights: and what weights these would
# give.
fit: all
	./btfl spec/fit/fit.lua $(ARGS)

# When this was written, for what has a date: the same in every build, and in what `make dist` makes.
EPOCH = $(eval EPOCH := $$(or $$(SOURCE_DATE_EPOCH),$$(if $$(wildcard .git),$$(shell git log -1 --format=%ct)),$$(shell \
	stat -c %Y Makefile)))$(EPOCH)

# The pages and what shells complete by.
man: $(BUILD)/manual
$(BUILD)/manual: src/host/manual.lua $(BUILD)/btfl
	@echo "  MAN   $@"
	$(Q)rm -rf $@ && $(BUILD)/btfl -E $< $@ $(EPOCH)

install uninstall: SHARE = $(DESTDIR)$(PREFIX)/share
install: all man
	install -D -m 755 $(BUILD)/btfl $(call quote,$(DESTDIR)$(PREFIX)/bin/btfl)
	install -D -m 644 -t $(call quote,$(SHARE)/btfl) $(META)
	install -D -m 644 -t $(call quote,$(SHARE)/btfl/scripts) scripts/*.lua
	install -D -m 644 -t $(call quote,$(SHARE)/man/man1) $(BUILD)/manual/man1/*
	install -D -m 644 -t $(call quote,$(SHARE)/man/man7) $(BUILD)/manual/man7/*
	install -D -m 644 $(BUILD)/manual/bash/btfl $(call quote,$(SHARE)/$(BASH_COMPLETIONS)/btfl)
	install -D -m 644 $(BUILD)/manual/zsh/_btfl $(call quote,$(SHARE)/$(ZSH_COMPLETIONS)/_btfl)
	install -D -m 644 $(BUILD)/manual/fish/btfl.fish $(call quote,$(SHARE)/$(FISH_COMPLETIONS)/btfl.fish)

# Whatever version was installed.
uninstall:
	rm -f $(call quote,$(DESTDIR)$(PREFIX)/bin/btfl)
	rm -rf $(call quote,$(SHARE)/btfl)
	rm -f $(call quote,$(SHARE)/man/man)[17]/btfl.[17] $(call quote,$(SHARE)/man/man)[17]/btfl-*.[17]
	rm -f $(call quote,$(SHARE)/$(BASH_COMPLETIONS)/btfl) $(call quote,$(SHARE)/$(ZSH_COMPLETIONS)/_btfl) \
	    $(call quote,$(SHARE)/$(FISH_COMPLETIONS)/btfl.fish)

include src/release/release.mk

# Where the kernel has no BTF, a small committed one takes its place.
demo: deps
	@$(MAKE) --no-print-directory all
	./btfl relos spec/fixtures/example.bpf.o $(if $(wildcard $(VMLINUX)),,-t spec/fixtures/small.btf)

deps: PACKAGES := $(DEPS)
test-deps: PACKAGES := $(DEPS) $(TEST_DEPS)
long-deps: PACKAGES := $(DEPS) $(TEST_DEPS) $(LONG_DEPS)
lint-deps: PACKAGES := $(LINT_DEPS)
analyze-deps: PACKAGES := $(ANALYZE_DEPS)
APT := $(if $(filter-out 0,$(shell id -u)),sudo) env DEBIAN_FRONTEND=noninteractive apt-get -y -qq

# The lists are fetched only when an install fails without: they may be missing, or old.
deps test-deps long-deps lint-deps analyze-deps:
	@command -v apt-get >/dev/null || exit 0; \
	for p in $(PACKAGES); do \
	    case $$(dpkg-query -W -f='$${db:Status-Abbrev}' $$p 2>/dev/null) in \
	    ii*) ;; *) missing="$$missing $$p" ;; esac; \
	done; \
	[ -n "$$missing" ] || exit 0; \
	echo "installing$$missing"; \
	install="$(APT) install --no-install-recommends$$missing"; \
	$$install </dev/null >/dev/null 2>&1 || { $(APT) update </dev/null && $$install </dev/null >/dev/null; }

clean:
	rm -rf build btfl
