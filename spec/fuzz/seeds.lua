--- What fuzzing starts with: `seeds.write(FOLDER)` makes a folder of inputs for each target, of fixtures and of
--- what the builders of specs make. None of it is kept: it is made for each run.

local broken = require "spec.support.broken"
local btf = require "spec.support.btf"
local case = require "spec.support.case"
local cases = require "spec.support.cases"
local tmp = require "spec.support.tmp"

local FIXTURES = "spec/fixtures/"
local KERNELS = { "small.btf", "6.18.44-amd64.btf", "6.19.14-amd64.btf", "target.clang14.o", "target.clang19.o",
  "target.clang19.eb.o" }

local function fixture(name) return tmp.read(FIXTURES .. name) end

local function names(pattern)
  local out = {}
  local list <close> = assert(io.popen("ls " .. FIXTURES))
  for name in list:lines() do
    if name:match(pattern) then out[#out + 1] = name end
  end
  return out
end

--- Parts as the one input that spec/fuzz/support/fuzz.h describes.
local function join(...)
  local parts = { ... }
  for i = 1, #parts - 1 do parts[i] = string.pack("<s4", parts[i]) end
  return table.concat(parts)
end

--- The raw BTF of a file, nil where it has none that stands in it as it is.
local function raw_btf(bytes)
  local at = bytes:find("\x9f\xeb\1\0\x18\0\0\0", 1, true)
  if not at then return nil end
  local _, type_len, str_off, str_len = ("<I4I4I4I4"):unpack(bytes, at + 8)
  return bytes:sub(at, at + 23 + math.max(type_len, str_off + str_len))
end

local function raw_ext(bytes)
  local at = bytes:find("\x9f\xeb\1\0\x20\0\0\0", 1, true)
  return at and bytes:sub(at, at + 1023)
end

--- Each target's inputs, by its name.
local make = {}

function make.btf()
  local out = {}
  for _, name in ipairs(KERNELS) do out[#out + 1] = fixture(name) end
  for _, b in ipairs(broken) do
    if b.as == "target" and type(b.bytes) == "string" then out[#out + 1] = b.bytes end
  end
  return out
end

function make.split()
  local base = btf.new()
  local int = base:int("int", 4, "signed")
  local foo = base:struct("foo", 8, { { "a", int, 0 }, { "b", int, 32 } })
  local b = btf.new { base = base }
  b:typedef("of_base", foo)
  b:struct("own", 16, { { "f", foo, 0 }, { "p", b:ptr(foo), 64 } })
  b:func("own_func", b:func_proto(int, { { "f", b:next_id() - 1 } }), "global")
  local out = { join(base:bytes(), b:bytes()) }
  for _, name in ipairs(KERNELS) do out[#out + 1] = join(raw_btf(fixture(name)) or "", b:bytes()) end
  return out
end

--- Kernels and objects, as far as `most` bytes together.
local function pairs_of(kernels, most)
  local out = {}
  for _, c in ipairs(cases) do
    local k = case.new(c.endian)
    c.make(k)
    out[#out + 1] = join(k:target(), k:object())
  end
  for _, name in ipairs(names "%.o$") do
    for _, kernel in ipairs(kernels) do
      local bytes = join(fixture(kernel), fixture(name))
      local big = name:find("%.eb%.") ~= nil
      if #bytes <= most and big == (kernel:find("%.eb%.") ~= nil) then out[#out + 1] = bytes end
    end
  end
  return out
end

function make.relocate() return pairs_of({ "small.btf", "target.clang19.o", "target.clang19.eb.o" }, 24000) end
make.subset, make.relocated = make.relocate, make.relocate

function make.verdict() return pairs_of({ "small.btf", "6.18.44-amd64.btf" }, 60000) end

function make.object()
  local out = {}
  for _, name in ipairs(names "%.o$") do out[#out + 1] = fixture(name) end
  for _, b in ipairs(broken) do
    if b.as == "object" and type(b.bytes) == "string" then out[#out + 1] = b.bytes end
  end
  return out
end

function make.btf_ext()
  local out = {}
  for _, name in ipairs(names "%.o$") do
    local bytes = fixture(name)
    local b, ext = raw_btf(bytes), raw_ext(bytes)
    if b and ext then out[#out + 1] = join(b, ext) end
  end
  return out
end

function make.accessor()
  local out = {}
  for _, name in ipairs { "fields.clang19.o", "enums.clang19.o", "types.clang19.o", "small.btf" } do
    for i, access in ipairs { "0", "0:1", "0:0:2", "0:1:0:3", "4294967295", "0:4294967296", "00:01" } do
      out[#out + 1] = join(raw_btf(fixture(name)) or fixture(name), string.char(i) .. access)
    end
  end
  return out
end

function make.packed()
  local folder = tmp.mkdir "packed"
  tmp.write("packed/vmlinux.btf", fixture "small.btf")
  tmp.write("packed/text", "text\n")
  local out = {}
  for _, command in ipairs {
    "gzip -nc vmlinux.btf", "xz -c vmlinux.btf", "zstd -qc vmlinux.btf", "bzip2 -c vmlinux.btf", "lz4 -qc vmlinux.btf",
    "tar cf - vmlinux.btf text", "tar czf - vmlinux.btf", "tar cJf - text vmlinux.btf",
    "ls vmlinux.btf text | cpio -o --quiet -H newc", "tar cJf data.tar.xz ./vmlinux.btf && ar rc - data.tar.xz",
    "printf 2.0 >debian-binary && tar cJf control.tar.xz text && ar rc k.deb debian-binary control.tar.xz "
      .. "data.tar.xz && cat k.deb",
  } do
    local bytes, _, status = tmp.run(("cd '%s' && %s"):format(folder, command))
    if status == 0 and #bytes > 0 then out[#out + 1] = bytes end
  end
  local gzip = tmp.run(("cd '%s' && gzip -nc vmlinux.btf"):format(folder))
  out[#out + 1] = "MZ\0\0zimg" .. string.pack("<I4I4", 64, #gzip) .. ("\0"):rep(48) .. gzip .. "rest"
  return out
end

function make.builder()
  local out = {}
  for _, name in ipairs(KERNELS) do out[#out + 1] = raw_btf(fixture(name)) end
  for _, name in ipairs(names "clang19%.o$") do out[#out + 1] = raw_btf(fixture(name)) end
  for _, c in ipairs(cases) do
    local k = case.new(c.endian)
    c.make(k)
    out[#out + 1] = k:target()
  end
  return out
end
make.print = make.builder

function make.archive() return { "\1a\0text\0b/c\0more text\0", "\2" .. ("n"):rep(120) .. "\0x\0", "\0a\0xz\0" } end

function make.why()
  local out = { join(raw_btf(fixture "6.18.44-amd64.btf") or "", raw_btf(fixture "6.19.14-amd64.btf") or "") }
  local a, b = fixture "small.btf", raw_btf(fixture "target.clang19.o")
  out[#out + 1] = join(b, a)
  out[#out + 1] = join(raw_btf(fixture "example.bpf.o"), a)
  for _, c in ipairs(cases) do
    local k = case.new(c.endian)
    c.make(k)
    out[#out + 1] = join(k.l:bytes(), k:target())
  end
  return out
end

function make.api()
  local out = {}
  math.randomseed(1)
  for i = 1, 40 do
    local bytes = {}
    for j = 1, 40 + 20 * i do bytes[j] = string.char(math.random(0, 255)) end
    out[i] = table.concat(bytes)
  end
  return out
end

local seeds = {}

--- Writes those of a target into the folder, which is made.
---@param target string
---@param folder string
function seeds.write(target, folder)
  assert(os.execute(("rm -rf '%s' && mkdir -p '%s'"):format(folder, folder)))
  for i, bytes in ipairs(assert(make[target], target)()) do
    local file <close> = assert(io.open(("%s/%d"):format(folder, i), "wb"))
    file:write(bytes)
  end
end

return seeds
