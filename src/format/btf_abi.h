/*
 * btf_abi: the numbers of the BTF and .BTF.ext formats (Documentation/bpf/btf.rst of the kernel,
 * with the 32-byte header and layout section of 7.1). Own definitions, because distributions'
 * linux/btf.h lags behind. Records are read field by field at these offsets: input may be unaligned
 * and of either byte order.
 */
#ifndef BTFL_BTF_ABI_H
#define BTFL_BTF_ABI_H

#include <stdint.h>

#define BTF_MAGIC 0xeb9f
#define BTF_VERSION 1

enum btf_kind {
	BTF_VOID, /* type id 0; never stored */
	BTF_INT,
	BTF_PTR,
	BTF_ARRAY,
	BTF_STRUCT,
	BTF_UNION,
	BTF_ENUM,
	BTF_FWD,
	BTF_TYPEDEF,
	BTF_VOLATILE,
	BTF_CONST,
	BTF_RESTRICT,
	BTF_FUNC,
	BTF_FUNC_PROTO,
	BTF_VAR,
	BTF_DATASEC,
	BTF_FLOAT,
	BTF_DECL_TAG,
	BTF_TYPE_TAG,
	BTF_ENUM64,
	BTF_KIND_COUNT
};

/* Header: offsets in bytes. hdr_len is 24, or 32 with a layout section. */
enum {
	BTF_HDR_MAGIC = 0, /* u16 */
	BTF_HDR_VERSION = 2,
	BTF_HDR_FLAGS = 3,
	BTF_HDR_LEN = 4, /* u32, as are the rest */
	BTF_HDR_TYPE_OFF = 8,
	BTF_HDR_TYPE_LEN = 12,
	BTF_HDR_STR_OFF = 16,
	BTF_HDR_STR_LEN = 20,
	BTF_HDR_SIZE = 24,
	BTF_HDR_LAYOUT_OFF = 24,
	BTF_HDR_LAYOUT_LEN = 28,
	BTF_HDR_LAYOUT_SIZE = 32,
};

/* struct btf_type: u32 name_off, u32 info, u32 size or type; then what the kind says. */
enum { BTF_TYPE_SIZE = 12 };

/* Since 7.1 vlen takes bits 0-23 and kind bits 24-30; before, the bits between were reserved and 0,
 * so one reading serves both. */
#define BTF_INFO_VLEN(info) ((info)&0xffffffu)
#define BTF_INFO_KIND(info) (((info) >> 24) & 0x7fu)
#define BTF_INFO_KFLAG(info) (((info) >> 31) != 0)

/* INT: u32 of encoding (bits 24-27), offset (bits 16-23), bits (0-7). */
#define BTF_INT_ENCODING(v) (((v) >> 24) & 0x0fu)
#define BTF_INT_OFFSET(v) (((v) >> 16) & 0xffu)
#define BTF_INT_BITS(v) ((v)&0xffu)
enum { BTF_INT_SIGNED = 1, BTF_INT_CHAR = 2, BTF_INT_BOOL = 4 };

/* FUNC: vlen is the linkage, static, global or extern. */
enum { BTF_FUNC_STATIC, BTF_FUNC_GLOBAL, BTF_FUNC_EXTERN };

/* A member's offset when the struct has kind_flag: bits 0-23 are the offset, 24-31 the width. */
#define BTF_MEMBER_BIT_OFFSET(v) ((v)&0xffffffu)
#define BTF_MEMBER_BITFIELD_SIZE(v) ((v) >> 24)

/* Layout section: one record a kind, in kind order: u8 size of what follows struct btf_type once,
 * u8 size of each of the vlen elements, u16 flags. */
enum { BTF_LAYOUT_SIZE = 4 };

/* .BTF.ext header: magic, version, flags, hdr_len as above, then pairs of u32 offset and length. */
enum {
	BTF_EXT_FUNC_OFF = 8,
	BTF_EXT_FUNC_LEN = 12,
	BTF_EXT_LINE_OFF = 16,
	BTF_EXT_LINE_LEN = 20,
	BTF_EXT_HDR_SIZE = 24,
	BTF_EXT_RELO_OFF = 24,
	BTF_EXT_RELO_LEN = 28,
	BTF_EXT_HDR_RELO_SIZE = 32,
};

/* The shortest records: func_info (insn_off, type_id), line_info (insn_off, file_name_off,
 * line_off, line_col), core_relo (insn_off, type_id, access_str_off, kind). */
enum { BTF_EXT_FUNC_REC = 8, BTF_EXT_LINE_REC = 16, BTF_EXT_RELO_REC = 16 };

#endif
