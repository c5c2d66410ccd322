# What is handed on: the sources, static programs, a Debian package. Two runs make the same tarball and programs, to the
# byte.
.PHONY: dist release deb

VERSION := $(shell sed -n 's/^\#define BTFL_VERSION "\(.*\)"/\1/p' src/base/version.h)
RELEASE := build/release
TARBALL := $(RELEASE)/btfl-$(VERSION).tar.gz

# The files of the repository, or of an unpacked tarball, which makes the tarball again.
LIST_FILES := $(if $(wildcard .git),git ls-files -z,\
	find . \( -path ./build -o -path ./btfl \) -prune -o -type f -printf '%P\0')

dist:
	@mkdir -p $(RELEASE) && echo "  DIST  $(TARBALL)"
	$(Q)$(LIST_FILES) | LC_ALL=C sort -z | tar --null --no-recursion --format=ustar --mtime=@$(EPOCH) --owner=0 --group=0 \
	    --numeric-owner --mode=u=rwX,go=rX --transform='s,^,btfl-$(VERSION)/,' -cf - -T - | gzip -9n >$(TARBALL)

# Machines that there is a static program for: this one, and those whose compiler and libraries are here.
HOST := $(shell uname -m)
OTHERS := $(filter-out $(HOST),x86_64 aarch64)
PROGRAM = $(RELEASE)/btfl-$(VERSION)-$*-linux

# Without what a debugger shows there is nothing in it that knows where it was built.
static-%: MAKE_STATIC = $(MAKE) --no-print-directory STATIC=1 CFLAGS=-O2 BUILD=$(RELEASE)/$* $(RELEASE)/$*/btfl
static-$(HOST): static-%:
	$(Q)$(MAKE_STATIC)
	$(Q)strip -o $(PROGRAM) $(RELEASE)/$*/btfl

# The program that compiles Lua files runs here: what it makes is the same for all machines of 64 bits and this byte
# order.
$(OTHERS:%=static-%): static-%: static-$(HOST)
	$(Q)export PKG_CONFIG_LIBDIR=/usr/lib/$*-linux-gnu/pkgconfig; \
	if command -v $*-linux-gnu-gcc >/dev/null && pkg-config --exists $(PC); then \
	    $(MAKE_STATIC) CC=$*-linux-gnu-gcc BARE=$(RELEASE)/$(HOST)/bare && \
	    $*-linux-gnu-strip -o $(PROGRAM) $(RELEASE)/$*/btfl; \
	else \
	    echo "  NOTE  there is no compiler for $*, or no Lua, libelf or zlib: no program for it"; rm -f $(PROGRAM); \
	fi

release: dist static-$(HOST) $(OTHERS:%=static-%)
	$(Q)cd $(RELEASE) && sha256sum $$(ls -d btfl-$(VERSION).tar.gz btfl-$(VERSION)-*-linux) >SHA256SUMS && cat SHA256SUMS

# A package for Debian, of the tarball and of src/release/debian, in which what is known elsewhere is filled in.
# Debian's own one would begin with -1, and take its place.
DEB := $(RELEASE)/deb
MAINTAINER ?= btfl authors <btfl@example.org>
BUILD_DEPS := $(patsubst pkg-config,pkgconf,$(filter-out gcc libc6-dev,$(DEPS)))
comma := ,
deb: TREE = $(DEB)/btfl-$(VERSION)
deb: dist
	$(Q)rm -rf $(DEB) && mkdir -p $(DEB) && tar -xzf $(TARBALL) -C $(DEB)
	$(Q)cp $(TARBALL) $(DEB)/btfl_$(VERSION).orig.tar.gz && cp -r src/release/debian $(TREE)
	$(Q)sed -i 's/@MAINTAINER@/$(MAINTAINER)/; s/@DEPS@/$(subst $() ,$(comma) ,$(BUILD_DEPS))/' \
	    $(TREE)/debian/control
	$(Q)printf '%s\n' 'btfl ($(VERSION)-0local1) unstable; urgency=medium' '' '  * Version $(VERSION).' '' \
	    " -- $(MAINTAINER)  $$(LC_ALL=C date -u -R -d @$(EPOCH))" >$(TREE)/debian/changelog
	$(Q)cd $(TREE) && env -u MAKEFLAGS -u MAKELEVEL dpkg-buildpackage -us -uc
