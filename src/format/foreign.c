/* foreign: a table of the first bytes of files, and how text is told; see foreign.h. */
#include "format/foreign.h"

#include <ctype.h>
#include <stdio.h>

#include "format/btf_abi.h"

/* The first that fits counts: what is more special stands before what is less. */
static const struct magic {
	uint16_t at; /* bytes from the start of the file */
	uint8_t len;
	const char *bytes;
	const char *name;
	enum foreign_kind kind;
} magics[] = {
    {0, 2, "\x9f\xeb", "BTF", FOREIGN_BTF},
    {0, 2, "\xeb\x9f", "BTF", FOREIGN_BTF},
    {0, 4,
     "\x7f"
     "ELF",
     "an ELF file", FOREIGN_ELF},
    {0x202, 4, "HdrS", "a compressed kernel (bzImage, vmlinuz)", FOREIGN_IMAGE},
    {0x38, 4, "ARM\x64", "a kernel image (arm64 Image, vmlinuz)", FOREIGN_IMAGE},
    {0x38, 4, "RSC\x05", "a kernel image (riscv Image, vmlinuz)", FOREIGN_IMAGE},
    {0x24, 4, "\x18\x28\x6f\x01", "a compressed kernel (arm zImage, vmlinuz)", FOREIGN_IMAGE},
    {0xc, 16, "\x60\0\0\x50\x02\0\0\x68\x60\0\0\x50\x40\x40\x40\x40",
     "a compressed kernel (s390 bzImage, vmlinuz)", FOREIGN_IMAGE},
    {4, 4, "zimg", "a compressed kernel (EFI zboot, vmlinuz)", FOREIGN_IMAGE},
    {0, 2, "MZ", "an EFI program, such as a unified kernel image", FOREIGN_IMAGE},
    {0, 4, "\x27\x05\x19\x56", "a kernel for U-Boot (uImage)", FOREIGN_IMAGE},
    {0, 21, "!<arch>\ndebian-binary", "a Debian package (.deb)", FOREIGN_ARCHIVE},
    {0, 8, "!<arch>\n", "an archive of objects (.a)", FOREIGN_OTHER},
    {0, 4, "\xed\xab\xee\xdb", "an RPM package", FOREIGN_ARCHIVE},
    {0, 6,
     "\xfd"
     "7zXZ\0",
     "data packed with xz", FOREIGN_PACKED},
    {0, 4, "\x28\xb5\x2f\xfd", "data packed with zstd", FOREIGN_PACKED},
    {0, 4, "\x04\x22\x4d\x18", "data packed with lz4", FOREIGN_PACKED},
    {0, 4, "\x02\x21\x4c\x18", "data packed with lz4", FOREIGN_PACKED},
    {0, 3, "BZh", "data packed with bzip2", FOREIGN_PACKED},
    {0, 5, "\x5d\0\0\x80\0", "data packed with lzma", FOREIGN_PACKED},
    {0, 5, "\x89LZO\0", "data packed with lzop", FOREIGN_OTHER},
    {0, 4, "PK\x03\x04", "a zip archive", FOREIGN_OTHER},
    {0, 5, "07070", "a cpio archive, such as an initrd", FOREIGN_OTHER},
    {0x101, 5, "ustar", "a tar archive", FOREIGN_ARCHIVE},
    {0, 4, "BC\xc0\xde", "LLVM bitcode, from clang -emit-llvm without llc", FOREIGN_OTHER},
};

static bool has(const struct input *in, const struct magic *m)
{
	return in->len >= (size_t)m->at + m->len && memcmp(in->data + m->at, m->bytes, m->len) == 0;
}

/* NULL for a file that begins as none of them. */
static const struct magic *magic_of(const struct input *in)
{
	for (size_t i = 0; i < sizeof(magics) / sizeof(*magics); i++)
		if (has(in, &magics[i]))
			return &magics[i];
	return NULL;
}

/* The digits of the address in a line "address letter name" of System.map or /proc/kallsyms; 0 for
 * any other. */
static size_t symbol_digits(const uint8_t *s, size_t n)
{
	size_t i = 0;

	while (i < n && isxdigit(s[i]))
		i++;
	return i <= 16 && n - i > 3 && s[i] == ' ' && isalpha(s[i + 1]) && s[i + 2] == ' ' &&
		       isgraph(s[i + 3])
		   ? i
		   : 0;
}

/* What Debian has as System.map is a line that says where the real one is. */
static bool is_stub(const uint8_t *s, size_t n)
{
	static const char says[] = " B The real System.map";

	return memmem(s, n, says, sizeof(says) - 1) != NULL;
}

static bool starts_with(const uint8_t *s, size_t n, const char *text)
{
	return n >= strlen(text) && memcmp(s, text, strlen(text)) == 0;
}

static enum foreign_kind text_kind(const struct input *in)
{
	size_t n = in->len < 512 ? in->len : 512, digits;

	for (size_t i = 0; i < n; i++)
		if (!isprint(in->data[i]) && !isspace(in->data[i]) && in->data[i] < 0x80)
			return FOREIGN_OTHER;
	digits = symbol_digits(in->data, n);
	if (digits == 1 || digits == 8 || digits == 16)
		return is_stub(in->data, n) ? FOREIGN_TEXT : FOREIGN_SYMBOLS;
	if (starts_with(in->data, n, "#\n# Automatically generated file; DO NOT EDIT.") ||
	    starts_with(in->data, n, "CONFIG_"))
		return FOREIGN_CONFIG;
	return in->data[0] < 0x80 ? FOREIGN_TEXT : FOREIGN_OTHER;
}

static const char *text_name(const struct input *in)
{
	switch (text_kind(in)) {
	case FOREIGN_SYMBOLS: return "a list of a kernel's symbols (System.map, kallsyms)";
	case FOREIGN_CONFIG: return "a kernel's configuration";
	case FOREIGN_TEXT: return "text";
	default: return NULL;
	}
}

/* The kernel's own is neither for BPF nor waits to be linked. */
static enum foreign_kind elf_kind_of(const uint8_t *head, size_t len)
{
	enum { DATA = 5, TYPE = 16, MACHINE = 18, MSB = 2, RELOCATABLE = 1, BPF = 247 };
	bool swap;

	if (len < MACHINE + 2)
		return FOREIGN_OTHER;
	swap = (head[DATA] == MSB) != host_big_endian();
	if (load_u16(head + TYPE, swap) != RELOCATABLE)
		return FOREIGN_ELF;
	return load_u16(head + MACHINE, swap) == BPF ? FOREIGN_OBJECT : FOREIGN_RELOCATABLE;
}

enum foreign_kind foreign_kind(const uint8_t *head, size_t len)
{
	struct input in = {.data = head, .len = len};
	const struct magic *m = magic_of(&in);

	if (len >= 2 && head[0] == 0x1f && head[1] == 0x8b)
		return FOREIGN_PACKED;
	if (m)
		return m->kind == FOREIGN_ELF ? elf_kind_of(head, len) : m->kind;
	return len ? text_kind(&in) : FOREIGN_OTHER;
}

bool foreign_is_kernel(const char *path, enum foreign_kind kind)
{
	static const char *const boots[] = {"vmlinu", "bzImage", "zImage",
					    "Image",  "linux",   "kernel"};
	const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;
	bool named = strstr(name, ".btf") != NULL || strstr(name, "vmlinu") != NULL;

	if (kind == FOREIGN_BTF || (kind == FOREIGN_OTHER && strstr(name, ".btf")))
		return true;
	if (kind == FOREIGN_ELF || kind == FOREIGN_PACKED)
		return named;
	for (size_t i = 0; kind == FOREIGN_IMAGE && i < sizeof(boots) / sizeof(*boots); i++)
		if (strncmp(name, boots[i], strlen(boots[i])) == 0)
			return true;
	return false;
}

/* What in is, as in "but a Debian package"; NULL when that is not known. */
static const char *foreign_name(const struct input *in)
{
	const struct magic *m = magic_of(in);

	if (!in->len)
		return "empty";
	return m ? m->name : text_name(in);
}

/* What is packed is told by its name only. */
static bool is_packed_tar(const struct input *in, const char *name)
{
	const char *slash = strrchr(in->path, '/');

	return starts_with((const uint8_t *)name, strlen(name), "data packed") &&
	       strstr(slash ? slash : in->path, ".tar.");
}

static int refuse(const struct input *in, const char *wanted, const char *instead, struct err *e)
{
	const char *name = foreign_name(in);
	unsigned first = 0;

	if (name)
		return err_set(e, ERR_UNSUPPORTED, in->path, NULL, ERR_NO_OFFSET,
			       "not %s but %s%s; %s", wanted,
			       is_packed_tar(in, name) ? "a tar archive, " : "", name, instead);
	for (size_t i = 0; i < 4 && i < in->len; i++)
		first = first << 8 | in->data[i];
	return err_set(e, ERR_FORMAT, in->path, NULL, ERR_NO_OFFSET,
		       "not %s: it starts with the bytes %0*x; %s", wanted,
		       in->len < 4 ? (int)in->len * 2 : 8, first, instead);
}

int foreign_btf(const struct input *in, struct err *e)
{
	return refuse(in, "BTF",
		      "taken are raw BTF, an ELF file with a .BTF section, such as vmlinux, "
		      "kernel images, packages and archives that have one, packed or not",
		      e);
}

const char foreign_kernel[] = "a kernel is given with -t";

int foreign_object(const struct input *in, struct err *e)
{
	bool is_btf = has(in, &magics[0]) || has(in, &magics[1]);

	return refuse(in, "a BPF object",
		      is_btf ? foreign_kernel
			     : "taken are ELF files for BPF, as clang -target bpf makes them",
		      e);
}

/* A line without its end; the next one, or the end of the text. */
static const uint8_t *next_line(const uint8_t *at, const uint8_t *end, size_t *len)
{
	const uint8_t *stop = memchr(at, '\n', (size_t)(end - at));

	*len = (size_t)((stop ? stop : end) - at);
	return stop ? stop + 1 : end;
}

/* CONFIG_NAME=value */
static bool is_setting(const uint8_t *s, size_t n)
{
	size_t i = strlen("CONFIG_");

	if (!starts_with(s, n, "CONFIG_"))
		return false;
	while (i < n && (isalnum(s[i]) || s[i] == '_'))
		i++;
	return i < n && s[i] == '=';
}

static bool is_blank(const uint8_t *s, size_t n)
{
	return n == 0 || s[0] == '#' || (n == 1 && s[0] == '\r');
}

int foreign_is_config(const struct input *in, struct err *e)
{
	static const char wanted[] = "a kernel's configuration";
	const uint8_t *at = in->data, *end = at + in->len, *next;
	size_t line = 0, settings = 0, len;

	for (; at < end; at = next) {
		next = next_line(at, end, &len);
		line++;
		if (is_setting(at, len))
			settings++;
		else if (!is_blank(at, len))
			break;
	}
	if (at == end && settings)
		return 0;
	if (settings)
		return err_set(e, ERR_FORMAT, in->path, NULL, ERR_NO_OFFSET,
			       "not %s: line %zu is no comment and no CONFIG_NAME=value", wanted,
			       line);
	if (at == end && in->len)
		return err_set(e, ERR_FORMAT, in->path, NULL, ERR_NO_OFFSET,
			       "not %s: it has no line CONFIG_NAME=value", wanted);
	return refuse(in, wanted, "taken are .config and /proc/config.gz, and gzip of either", e);
}

/* An address may be cut to a digit, for all that is asked of the list are its names. */
int foreign_is_symbols(const struct input *in, struct err *e)
{
	size_t len = 0;

	if (in->len)
		next_line(in->data, in->data + in->len, &len);
	if (is_stub(in->data, len))
		return err_set(e, ERR_UNSUPPORTED, in->path, NULL, ERR_NO_OFFSET,
			       "not a list of a kernel's symbols but a line that says that it is "
			       "in another package (Debian's linux-image-...-dbg)");
	if (symbol_digits(in->data, len))
		return 0;
	return refuse(in, "a list of a kernel's symbols",
		      "taken are System.map and /proc/kallsyms, and gzip of either", e);
}
