--- btfl doctor of sound BTF: who is too old for it, and what may surprise.
local builder = require "spec.support.btf"
local dkjson = require "dkjson"
local object = require "spec.support.object"
local run = require "spec.support.run"
local tmp = require "spec.support.tmp"

describe("doctor", function()
  teardown(tmp.clean)

  local function said(bytes, ...)
    local r = run { "doctor", tmp.write("x.btf", bytes), "--format", "json", ... }
    assert.same({ 0, "" }, { r.status, r.err })
    local out = {}
    for i, finding in ipairs(dkjson.decode(r.out).findings or {}) do
      out[i] = ("%s %s: %s"):format(finding.level, finding.rule, finding.message)
      for _, note in ipairs(finding.notes or {}) do out[i] = out[i] .. " | " .. note end
    end
    return out
  end

  local function made(make, options)
    local b = builder.new(options)
    make(b, b:int("int", 4, "signed"))
    return b:bytes()
  end

  it("has nothing to say of what every loader reads", function()
    assert.same({}, said(made(function(b, int) b:struct("foo", 4, { { "a", int, 0 } }) end)))
  end)

  it("tells of kinds and headers that came later", function()
    assert.same({
      "note old-loader: libbpf before 1.0 cannot read it: Unsupported BTF_KIND:19 (enum64)",
      "note old-loader: cilium/ebpf from before kernel 7.1 cannot read it: its header has 32 bytes, not 24",
    }, said(made(function(b, int)
      b:float("double", 8)
      b:decl_tag("x", b:typedef("t", int))
      b:type_tag("user", int)
      b:enum64("e", { { "A", 1 } })
    end, { layout = true })))
    assert.same({ "note old-loader: libbpf before 0.7 cannot read it: Unsupported BTF_KIND:18 (type_tag)" },
      said(made(function(b, int) b:float("double", 8) b:type_tag("user", int) end)))
  end)

  it("tells of kernel functions that show the verifier's own argument", function()
    local function make(fixed)
      return made(function(b, int)
        local aux = b:ptr(b:const(b:struct("bpf_prog_aux", 4, { { "id", int, 0 } })))
        local whole = b:func_proto(int, { { "wq", int }, { "aux", aux } })
        b:decl_tag("bpf_kfunc", b:func("bpf_wq_set", fixed and b:func_proto(int, { { "wq", int } }) or whole))
        if fixed then b:decl_tag("bpf_kfunc", b:func("bpf_wq_set_impl", whole)) end
        b:decl_tag("bpf_kfunc", b:func("bpf_other", b:func_proto(int, { { "aux", aux }, { "wq", int } })))
        b:func("inner", whole)
      end)
    end
    local tags = "note old-loader: libbpf before 0.6 cannot read it: Unsupported BTF_KIND:17 (decl_tag)"
    assert.same({ tags, "warning implicit-argument: 1 kernel function shows the argument that the verifier fills in "
      .. "| functions: bpf_wq_set" }, said(make(false)))
    assert.equal(1, #said(make(true)))
  end)

  it("tells of names that stand for several types, and where these differ", function()
    assert.same({ "note duplicate-type: 3 names stand for several structs or unions | foo: a moved "
      .. "| bar: the same twice | baz: as a whole retyped" }, said(made(function(b, int)
      b:struct("foo", 8, { { "a", int, 0 } })
      b:struct("foo", 8, { { "a", int, 32 } })
      b:struct("foo", 12, { { "a", int, 64 } })
      b:struct("bar", 4, { { "a", int, 0 } })
      b:struct("bar", 4, { { "a", int, 0 } })
      b:struct("baz", 4, { { "a", int, 0 } })
      b:union("baz", 4, { { "a", int, 0 } })
    end)))
  end)

  it("tells of a BTF without types", function()
    assert.same({ "warning no-types: has no types" }, said(builder.new():bytes()))
    local empty = tmp.write("empty.btf", builder.new():bytes { strings = "", types = "" })
    local r = run { "doctor", empty }
    assert.same({ 2, "btfl doctor: " .. empty .. ": +0x18: a header with no types behind it, as builds leave where "
      .. "pahole failed\n" }, { r.status, r.err })
  end)

  -- What is said of a split BTF over a kernel: its status, and the line on stderr without the paths.
  local function over(kernel, module, name)
    local base = tmp.write("vmlinux.btf", kernel)
    local r = run { "doctor", tmp.write(name or "module.btf", module), "--base", base }
    return r.status, (r.err:gsub("[^ ]*/", ""):gsub("\n$", ""))
  end

  it("tells of a module that was built for another vmlinux", function()
    local function kernel(name)
      local b = builder.new()
      b:struct(name, 4, { { "first", b:int("int", 4, "signed"), 0 } })
      b:typedef("last", 1)
      return b
    end
    local base = kernel "some"
    local split = builder.new { base = base }
    split:struct("own", 8, { { "first", 1, 0 }, { "second", 2, 32 } })
    split:typedef("last_t", 2)
    assert.same({ 0, "" }, { over(base:bytes(), split:bytes()) })
    for _, name in ipairs { "other", "so" } do
      assert.same({ 2, "btfl doctor: module.btf: +0: its names do not fit those of vmlinux.btf: it was built for "
        .. "another vmlinux" }, { over(kernel(name):bytes(), split:bytes()) }, name)
    end
  end)

  it("does not take a module with a damaged name for one of another vmlinux", function()
    local base = builder.new()
    base:int("int", 4, "signed")
    local split = builder.new { base = base }
    for i = 1, 9 do split:typedef("name" .. i, 1) end
    local bytes = split:bytes()
    local at = 24 + 1 -- the first typedef's name: in the middle of one
    assert.same({ 2, "btfl doctor: module.btf: +0x18: type [2] typedef: name offset 0x6 is inside a string" },
      { over(base:bytes(), bytes:sub(1, at - 1) .. string.char(bytes:byte(at) + 1) .. bytes:sub(at + 1)) })
  end)

  it("tells of a module whose .BTF.base is of another vmlinux", function()
    local distilled = builder.new()
    local int, foo = distilled:int("int", 4, "signed"), distilled:struct("foo", 16, {})
    distilled:fwd("bar", "struct")
    local split = builder.new { base = distilled }
    split:struct("own", 24, { { "a", foo, 0 }, { "b", int, 128 } })
    local elf = object.new(split, { machine = 62 })
    elf:section(".BTF.base", distilled:bytes())
    local function kernel(size)
      return made(function(b, i)
        b:struct("foo", 2 * size, { { "x", i, 0 } })
        b:struct("foo", size, { { "x", i, 0 } })
        b:struct("bar", 4, { { "x", i, 0 } })
      end)
    end
    assert.same({ 0, "" }, { over(kernel(16), elf:bytes(), "module.ko") })
    assert.same({ 2, "btfl doctor: module.ko: .BTF.base: its struct foo is not in vmlinux.btf: it was built for "
      .. "another vmlinux" }, { over(kernel(12), elf:bytes(), "module.ko") })
  end)

  it("finds the argument taken out in kernels of the corpus that have it", function()
    local folder = (os.getenv "BTFL_CORPUS" or "../shared/corpus") .. "/kernels/"
    if not io.open(folder .. "7.3.4-generic-amd64.btf.gz") then return pending "no corpus" end
    for _, name in ipairs { "5.10.262-generic-amd64", "7.0.13-cloud-amd64", "7.1-ci-amd64", "7.3.4-generic-amd64" } do
      local r = run { "doctor", folder .. name .. ".btf.gz" }
      assert.equal(0, r.status)
      assert.is_nil(r.out:find "implicit%-argument")
      assert.matches("%[duplicate%-type%]", r.out)
      assert.equal(name:find "^5" == nil, r.out:find("Unsupported BTF_KIND:19", 1, true) ~= nil, name)
      assert.equal(name:find "^7.1" ~= nil, r.out:find("its header has 32 bytes", 1, true) ~= nil, name)
    end
  end)
end)
