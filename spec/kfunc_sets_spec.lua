--- Kernel functions of a kernel whose BTF has no tags: the sets in the .BTF_ids section of its ELF file.
local btfl = require "btfl"
local builder = require "spec.support.btf"
local object = require "spec.support.object"
local tmp = require "spec.support.tmp"

local function words(order, list)
  local out = {}
  for i, word in ipairs(list) do out[i] = string.pack(order .. "I4", word) end
  return table.concat(out)
end

-- A BTF with functions whose ids are as high as in kernels.
local function kernel(endian, names)
  local b = builder.new { endian = endian }
  local int = b:int("int", 4, "signed")
  local proto = b:func_proto(int)
  for _ = 1, 9000 do b:ptr(int) end
  local ids = {}
  for i, name in ipairs(names) do ids[i] = b:func(name, proto) end
  return b, ids, int
end

local function vmlinux(b, ids)
  local elf = object.new(b, { machine = 62 })
  elf:section(".BTF_ids", type(ids) == "string" and ids or words(elf.order, ids))
  return tmp.write("vmlinux", elf:bytes())
end

-- The names, and whether they are known.
local function kfuncs(path, base)
  local opened <close> = btfl.btf(path, base)
  local names, next_kfunc, known = {}, opened:kfuncs()
  for name in next_kfunc do names[#names + 1] = name end
  return { known, table.concat(names, " ") }
end

describe("sets of kernel functions", function()
  teardown(tmp.clean)

  it("stand among lists and other sets, in both byte orders", function()
    for _, endian in ipairs { "little", "big" } do
      local b, f, int = kernel(endian, { "a", "b", "c", "d", "e" })
      assert.same({ true, "a c e" }, kfuncs(vmlinux(b, { int, f[2], 3, f[1], f[2], f[4], 2, 0, f[1], 0, f[3], 5,
        int, f[4], 1, f[2], 2, 0, 0, 0, f[5], 0x1fff, int })))
    end
  end)

  it("that say what they are leave out those that do not", function()
    local b, f = kernel("little", { "a", "b" })
    assert.same({ true, "b" }, kfuncs(vmlinux(b, { 1, 0, f[1], 0, 1, 1, f[2], 0 })))
    assert.same({ true, "b" }, kfuncs(vmlinux(b, { 1, 1, f[2], 0, 1, 0, f[1], 0 })))
  end)

  it("are not those that programs may attach to", function()
    local b, f = kernel("little", { "bpf_fentry_test1", "bpf_do", "hid_bpf_device_event" })
    assert.same({ true, "bpf_do" }, kfuncs(vmlinux(b, { 2, 0, f[1], 32, f[3], 0, 1, 0, f[2], 0 })))
  end)

  it("count only where nothing is tagged", function()
    local b, f = kernel("little", { "a", "b" })
    b:decl_tag("bpf_kfunc", f[1])
    assert.same({ true, "a" }, kfuncs(vmlinux(b, { 1, 0, f[2], 0 })))
  end)

  it("of a module have its own functions", function()
    local base, f = kernel("little", { "a" })
    local split = builder.new { base = base }
    local own = split:func("own", 2)
    local path = tmp.write("base.btf", base:bytes())
    local whole <close> = btfl.btf(path)
    assert.same({ true, "own" }, kfuncs(vmlinux(split, { 2, 0, f[1], 0, own, 1 }), whole))
  end)

  it("are unknown where there are none, or none can be read", function()
    local b, f, int = kernel("little", { "a" })
    for _, ids in ipairs { {}, { 0 }, { 1, 0, 0, 0 }, { 1, 0, int, 0 }, { 2, 0, f[1], 0 }, { 1, 2, f[1], 0 },
      { 0xffffffff, 0, f[1], 0 }, { 1, 0, 0xffffffff, 0 }, { 0, 0, f[1], 0 }, { 1, f[1] }, "\1\0\0\0\0\0\0" } do
      assert.same({ false, "" }, kfuncs(vmlinux(b, ids)))
    end
  end)

  it("are told as such in a header", function()
    local b, f = kernel("little", { "bpf_do", "other" })
    local opened <close> = btfl.btf(vmlinux(b, { 1, 0, f[1], 0 }))
    local text = opened:print { header = true }
    assert.truthy(text:find("extern int bpf_do(void) __weak __ksym;", 1, true))
    assert.is_nil(text:find("other(void) __weak", 1, true))
  end)
end)
