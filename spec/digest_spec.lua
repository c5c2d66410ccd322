--- What tells contents of kernels and objects from others, whatever they are called.
local btf = require "spec.support.btf"
local btfl = require "btfl"
local run = require "spec.support.run"
local tmp = require "spec.support.tmp"

describe("a digest", function()
  teardown(tmp.clean)

  local SMALL, EXAMPLE = run.top .. "/spec/fixtures/small.btf", run.top .. "/spec/fixtures/example.bpf.o"

  local function of(path, options) return btfl.target(path, options).digest end

  it("is of what a kernel says, and not of its path, its name and how it is packed", function()
    local digest = of(SMALL)
    assert.matches("^" .. ("%x"):rep(32) .. "$", digest)
    local copy = tmp.write("other.btf", run.read(SMALL))
    assert.equal(digest, of(copy))
    assert.equal(digest, of(copy, { name = "called" }))
    tmp.run(("gzip -nk %s"):format(run.quote(copy)))
    assert.equal(digest, of(copy .. ".gz"))
  end)

  it("differs by all that answers depend on", function()
    local seen = {}
    local function differs(digest)
      assert.is_nil(seen[digest])
      seen[digest] = true
    end
    local config = "#\n# Linux/x86 6.1.1 Kernel Configuration\n#\nCONFIG_A=y\n"
    differs(of(SMALL))
    differs(of(SMALL, { release = "6.1.1" }))
    differs(of(SMALL, { version = "6.1.1" }))
    differs(of(SMALL, { kconfig = tmp.write("config-a", config) }))
    differs(of(SMALL, { kconfig = tmp.write("config-b", config .. "CONFIG_B=y\n") }))
    differs(of(SMALL, { kallsyms = tmp.write("syms-a", "0000000000000000 T one\n") }))
    differs(of(SMALL, { kallsyms = tmp.write("syms-b", "0000000000000000 T two\n") }))
    differs(of(SMALL, { kallsyms = tmp.write("syms-c", "0000000000000000 t two\n") }))
    local b = btf.new()
    b:int("int", 4)
    differs(of(tmp.write("int.btf", b:bytes())))
  end)

  it("is the same after a boot, which moves every symbol", function()
    local a = tmp.write("syms-1", "ffffffff81000000 T one\nffffffff81000010 t two\t[mod]\n")
    local b = tmp.write("syms-2", "0000000000000000 T one\n0000000000000000 t two\t[mod]\n")
    assert.equal(of(SMALL, { kallsyms = a }), of(SMALL, { kallsyms = b }))
  end)

  it("is of an object's bytes", function()
    local bytes = run.read(EXAMPLE)
    local digest = btfl.object(EXAMPLE).digest
    assert.equal(digest, btfl.object(tmp.write("copy.o", bytes)).digest)
    assert.not_equal(digest, btfl.object(tmp.write("longer.o", bytes .. "\0")).digest)
  end)
end)
