/*
 * kernel_image: finds the packed kernel in an image, as the kernel's scripts/extract-vmlinux does,
 * and in a flat one its BTF. See kernel_image.h.
 */
#include "format/kernel_image.h"

#include <zlib.h>

#include "format/btf_abi.h"
#include "format/elffile.h"
#include "format/foreign.h"
#include "format/kernel_banner.h"

/* Marks that are tried, of those that stand in a file: a short one stands in code, too. */
enum { TRIES_MOST = 200 };

/* Of arch/x86/include/uapi/asm/bootparam.h, and of the EFI stub's zboot-header.S: bytes from the
 * start of the file. */
enum {
	SETUP_SECTORS = 0x1f1,
	HEADER_MAGIC = 0x202,
	HEADER_VERSION = 0x206,
	PAYLOAD_OFFSET = 0x248,
	PAYLOAD_LENGTH = 0x24c,
	ZBOOT_MAGIC = 4,
	ZBOOT_OFFSET = 8,
	ZBOOT_LENGTH = 12,
	SECTOR = 512,
};

/* How a packed kernel begins. */
static const struct packing {
	const char *name;
	uint8_t len;
	const char *mark;
} packings[] = {
    {"gzip", 3, "\x1f\x8b\x08"},
    {"xz", 6,
     "\xfd"
     "7zXZ\0"},
    {"zstd", 4, "\x28\xb5\x2f\xfd"},
    {"lz4", 4, "\x02\x21\x4c\x18"},
    {"lzma", 3, "\x5d\0\0"},
    {"bzip2", 3, "BZh"},
    {"lzo", 5, "\x89LZO\0"},
};

static const struct packing *packing_at(const uint8_t *s, size_t n)
{
	for (size_t i = 0; i < sizeof(packings) / sizeof(*packings); i++)
		if (n >= packings[i].len && memcmp(s, packings[i].mark, packings[i].len) == 0)
			return &packings[i];
	return NULL;
}

static uint32_t le32(const uint8_t *s)
{
	return load_u32(s, host_big_endian());
}

/* Ends of packed data, for what is behind them makes libarchive lose their last bytes; 0 when they
 * are none. */

/* The footer of xz: a CRC of what follows, the size of the index, the flags of the header, "YZ". */
static size_t xz_len(const uint8_t *s, size_t n)
{
	for (size_t at = 12; n >= 12 && at <= n - 12; at += 4) {
		const uint8_t *end = s + at;

		if (end[10] == 'Y' && end[11] == 'Z' && memcmp(end + 8, s + 6, 2) == 0 &&
		    crc32(0, end + 4, 6) == le32(end))
			return at + 12;
	}
	return 0;
}

/* Blocks of zstd, each of three bytes that say how long it is and whether it is the last. */
static size_t zstd_len(const uint8_t *s, size_t n)
{
	static const uint8_t dict[] = {0, 1, 2, 4}, content[] = {0, 2, 4, 8};
	size_t at = 5;
	uint32_t block;
	uint8_t d;

	if (n < at)
		return 0;
	d = s[4];
	at += (d & 0x20 ? 0u : 1u) + dict[d & 3] + content[d >> 6] +
	      (d >> 6 == 0 && d & 0x20 ? 1u : 0u);
	do {
		if (at > n || n - at < 3)
			return 0;
		block = s[at] | (uint32_t)s[at + 1] << 8 | (uint32_t)s[at + 2] << 16;
		at += 3 + ((block >> 1 & 3) == 1 ? 1 : block >> 3);
	} while (!(block & 1));
	at += d & 4 ? 4 : 0;
	return at <= n ? at : 0;
}

/* Blocks of the old format of lz4: each has its size before it, which is that of 8 MiB at most. */
static size_t lz4_len(const uint8_t *s, size_t n)
{
	const uint32_t most = (8u << 20) + (8u << 20) / 255 + 16;
	size_t at = 4;

	while (n - at >= 4 && le32(s + at) && le32(s + at) <= most && le32(s + at) <= n - at - 4)
		at += 4 + le32(s + at);
	return at > 4 ? at : 0;
}

/* What is packed at s, of n bytes at most. Kernels have their unpacked size behind it. */
static size_t packed_len(const struct packing *p, const uint8_t *s, size_t n)
{
	switch (*p->name) {
	case 'x': return xz_len(s, n);
	case 'z': return zstd_len(s, n);
	case 'g': return n;
	default: break;
	}
	if (strcmp(p->name, "lz4") == 0)
		return n >= 4 ? lz4_len(s, n) : 0;
	return n > 4 ? n - 4 : 0;
}

static bool has_string(const struct input *in, size_t at, const char *s)
{
	return in->len >= at + strlen(s) && memcmp(in->data + at, s, strlen(s)) == 0;
}

bool kernel_image_is(const struct input *in)
{
	return foreign_kind(in->data, in->len) == FOREIGN_IMAGE;
}

/* A part of the image that its head names; false when it names none that is there. */
static bool payload(const struct input *in, struct span *out)
{
	uint64_t at, len;

	if (has_string(in, HEADER_MAGIC, "HdrS") && in->len > PAYLOAD_LENGTH + 4 &&
	    load_u16(in->data + HEADER_VERSION, host_big_endian()) >= 0x208) {
		uint8_t sectors = in->data[SETUP_SECTORS];

		at = (sectors ? sectors + 1u : 5u) * (uint64_t)SECTOR +
		     le32(in->data + PAYLOAD_OFFSET);
		len = le32(in->data + PAYLOAD_LENGTH);
	} else if (has_string(in, ZBOOT_MAGIC, "zimg") && in->len > ZBOOT_LENGTH + 4) {
		at = le32(in->data + ZBOOT_OFFSET);
		len = le32(in->data + ZBOOT_LENGTH);
	} else {
		return false;
	}
	*out = (struct span){.at = in->data, .len = in->len, .file = in->path};
	if (!span_has(out, at, len) || !packing_at(in->data + at, len))
		return false;
	out->at += at;
	out->len = len;
	return true;
}

/* The length of the BTF whose header stands at s; 0 when none does. Offsets count from its end. */
static size_t btf_len(const uint8_t *s, size_t n)
{
	bool swap = load_u16(s, false) != BTF_MAGIC;
	uint32_t head = load_u32(s + BTF_HDR_LEN, swap), types, strings, strings_len;

	if (s[BTF_HDR_VERSION] != BTF_VERSION || (head != BTF_HDR_SIZE && head != 32))
		return 0;
	types = load_u32(s + BTF_HDR_TYPE_OFF + 4, swap);
	strings = load_u32(s + BTF_HDR_STR_OFF, swap);
	strings_len = load_u32(s + BTF_HDR_STR_OFF + 4, swap);
	if (load_u32(s + BTF_HDR_TYPE_OFF, swap) || types < 12 || strings < types || !strings_len ||
	    (uint64_t)head + strings + strings_len > n)
		return 0;
	return s[head + strings] == 0 ? (size_t)head + strings + strings_len : 0;
}

/* The largest BTF in the n bytes at s: that of vmlinux, for there may be those of modules. */
static size_t find_btf(const uint8_t *s, size_t n, const uint8_t **found)
{
	size_t best = 0;

	for (size_t i = 0; n >= BTF_HDR_SIZE && i <= n - BTF_HDR_SIZE; i++) {
		uint16_t magic = load_u16(s + i, false);
		size_t len = magic == BTF_MAGIC || magic == __builtin_bswap16(BTF_MAGIC)
				 ? btf_len(s + i, n - i)
				 : 0;

		if (len <= best)
			continue;
		best = len;
		*found = s + i;
		i += len - 1;
	}
	return best;
}

/* What of a kernel is looked at further: the whole of an ELF file, of a flat one its BTF. Takes
 * over `kernel`; *out is NULL when there is neither. */
static int settle(struct input *kernel, struct input **out, char **banner, struct err *e)
{
	const uint8_t *btf;
	size_t len;
	int rc = 0;

	*out = NULL;
	if (elffile_is_elf(kernel)) {
		*out = kernel;
		return 0;
	}
	len = find_btf(kernel->data, kernel->len, &btf);
	if (len) {
		*out = input_copy(kernel->path, btf, len);
		*banner = *out ? kernel_banner_in(kernel->data, kernel->len) : NULL;
		rc = *out ? 0 : err_memory(e, kernel->path);
	}
	input_unref(kernel);
	return rc;
}

static int unpack(const struct input *in, const struct packing *p, const uint8_t *s, size_t n,
		  struct input **out, char **banner, struct err *e)
{
	struct input *kernel;
	size_t len = packed_len(p, s, n);

	if (strcmp(p->name, "lzo") == 0)
		return err_set(
		    e, ERR_UNSUPPORTED, in->path, NULL, ERR_NO_OFFSET,
		    "a kernel packed with lzo: btfl does not unpack that (extract-vmlinux "
		    "of the kernel's sources does)");
	if (!len)
		return err_set(e, ERR_FORMAT, in->path, NULL, (uint64_t)(s - in->data),
			       "the kernel that is packed here with %s has no end", p->name);
	if (input_unpack(in->path, s, len, &kernel, e) < 0)
		return -1;
	return settle(kernel, out, banner, e);
}

/* Tries every mark, as extract-vmlinux does. An error of the last one that was tried is no news. */
static int search(const struct input *in, struct input **out, char **banner, struct err *e)
{
	int tries = 0;

	*out = NULL;
	for (size_t i = 4; i < in->len && tries < TRIES_MOST; i++) {
		const struct packing *p = packing_at(in->data + i, in->len - i);
		struct err why;

		if (!p)
			continue;
		tries++; /* also where nothing has an end, for which all is looked through */
		if (!packed_len(p, in->data + i, in->len - i))
			continue;
		if (unpack(in, p, in->data + i, in->len - i, out, banner, &why) == 0) {
			if (*out)
				return 0;
			continue;
		}
		if (why.code == ERR_MEMORY || (why.code == ERR_UNSUPPORTED && *p->name != 'l')) {
			*e = why;
			return -1;
		}
	}
	return 0;
}

int kernel_image_open(const struct input *in, struct input **out, char **banner, struct err *e)
{
	struct span packed;
	const uint8_t *btf;
	size_t len;

	*out = NULL;
	*banner = NULL;
	if (payload(in, &packed)) {
		if (unpack(in, packing_at(packed.at, packed.len), packed.at, packed.len, out,
			   banner, e) < 0)
			return -1;
	} else if ((len = find_btf(in->data, in->len, &btf))) {
		*out = input_copy(in->path, btf, len);
		*banner = *out ? kernel_banner_in(in->data, in->len) : NULL;
		return *out ? 0 : err_memory(e, in->path);
	} else if (search(in, out, banner, e) < 0) {
		return -1;
	}
	if (*out)
		return 0;
	return err_set(
	    e, ERR_UNSUPPORTED, in->path, NULL, ERR_NO_OFFSET,
	    "a kernel image without BTF: nothing in it is BTF, or unpacks to a kernel that "
	    "has it");
}
