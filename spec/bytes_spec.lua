--- btfl.btf, btfl.object and btfl.open of bytes instead of a path: the same answers, the same errors.
local btfl = require "btfl"
local builder = require "spec.support.btf"
local read = require("spec.support.run").read

local OBJECT, KERNEL = "spec/fixtures/example.bpf.o", "spec/fixtures/small.btf"

local function raised(f, ...)
  local ok, message = pcall(f, ...)
  assert.is_false(ok)
  return tostring(message)
end

describe("bytes", function()
  it("are opened as the file that holds them", function()
    local of_file, of_bytes = btfl.btf(KERNEL), btfl.btf { bytes = read(KERNEL), name = "mine" }
    assert.equal("mine", of_bytes.path)
    assert.equal(of_file:print { format = "raw" }, of_bytes:print { format = "raw" })
    local object, target = btfl.object { bytes = read(OBJECT) }, btfl.target(of_bytes)
    assert.equal("(bytes)", object.path)
    assert.equal("mine", target.name)
    local values = {}
    for result in object:results(target) do values[#values + 1] = result.after end
    local want = {}
    for result in btfl.object(OBJECT):results(btfl.target(KERNEL)) do want[#want + 1] = result.after end
    assert.same(want, values)
    assert.equal("object", select(2, btfl.open { bytes = read(OBJECT) }))
    assert.equal("btf", select(2, btfl.open { bytes = read(KERNEL) }))
  end)

  it("may be packed, and outlive their string", function()
    local pipe <close> = assert(io.popen("gzip -c " .. KERNEL))
    local b = btfl.btf { bytes = pipe:read "a" }
    collectgarbage()
    assert.equal("task_struct", b:get("task_struct").name)
  end)

  it("of a split BTF stand on its base", function()
    local base = builder.new()
    local int = base:int("int", 4)
    local split = builder.new { base = base }
    split:struct("more", 4, { { "x", int, 0 } })
    local whole = btfl.btf { bytes = base:bytes() }
    local b = btfl.btf({ bytes = split:bytes() }, whole)
    assert.equal(whole, b.base)
    assert.equal("int", b:get("more"):member("x").type.name)
  end)

  it("that are broken are told by their name and the offset", function()
    local bytes = read(KERNEL)
    for _, open in ipairs { btfl.btf, btfl.object, btfl.open } do
      for length = 0, #bytes - 1, 7 do
        local text = raised(open, { bytes = bytes:sub(1, length), name = "mine" })
        assert.is_truthy(text:find("^mine: "), text)
        assert.is_nil(text:find "\n")
      end
    end
    assert.is_truthy(raised(btfl.object, { bytes = bytes }):find("^%(bytes%): "))
  end)

  it("are a string, and come with nothing but a name", function()
    assert.is_truthy(raised(btfl.btf, {}):find("`bytes` must be a string", 1, true))
    assert.is_truthy(raised(btfl.btf, { bytes = 1 }):find("`bytes` must be a string", 1, true))
    assert.is_truthy(raised(btfl.object, { bytes = "", name = 1 }):find("`name` must be a string", 1, true))
    assert.is_truthy(raised(btfl.open, { byte = "" }):find("no option `byte` (did you mean 'bytes'?)", 1, true))
    assert.is_truthy(raised(btfl.btf, { bytes = "", name = "a\0b" }):find("NUL", 1, true))
  end)
end)
