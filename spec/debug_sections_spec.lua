--- Of an object that was compiled with -g what is for debuggers alone is not read, and nothing is another for
--- it: what is asked of it, what is written of it, what is refused.

local btfl = require "btfl"
local btf = require "spec.support.btf"
local object_builder = require "spec.support.object"
local run = require "spec.support.run"
local tmp = require "spec.support.tmp"

local REL, RELA_INFO = 9, 0x40

-- An object, with so many bytes for debuggers. change(o, b) adds more.
local function built(debug, change)
  local b = btf.new()
  local foo = b:struct("foo", 8, { { "a", b:int("int", 4, "signed"), 32 } })
  local o = object_builder.new(b)
  if debug then
    o:section(".debug_info", ("d"):rep(debug))
    o:section(".rel.debug_info", ("r"):rep(16000), { type = REL, info = 3, flags = RELA_INFO })
  end
  o:program { insns = { object_builder.ldx(4, 0, 1, 4), object_builder.exit() },
    relos = { { insn = 0, type = foo, access = "0:0", kind = "byte_off" } },
    lines = { { insn = 0, text = "return p->a;", line = 7 } } }
  if change then change(o, b) end
  return o:bytes()
end

local LARGE <const> = 100000

describe("an object with sections for debuggers", function()
  local kernel

  setup(function()
    local b = btf.new()
    b:struct("foo", 16, { { "a", b:int("int", 4, "signed"), 64 } })
    kernel = tmp.write("kernel.btf", b:bytes())
  end)
  teardown(tmp.clean)

  local function relos(name, bytes)
    return run { "relos", tmp.write(name, bytes), "-t", kernel, "--format", "json" }
  end

  it("says what it does without", function()
    local with, without = relos("x.o", built(LARGE)), relos("x.o", built())
    assert.equal(0, with.status, with.err)
    assert.matches('"target":"8"', with.out, 1, true)
    assert.equal(without.out, with.out)
  end)

  it("takes no memory for them, however many they are", function()
    local path = tmp.write("large.o", built(60 << 20))
    local code = [[local o = btfl.object(arg[1])
      for line in io.lines "/proc/self/status" do
        local kib = line:match "^VmHWM:%s*(%d+)"
        if kib then print(kib, #o.path) end
      end]]
    local r = run { "-e", code, path }
    assert.equal(0, r.status, r.err)
    assert.is_true(tonumber(r.out:match "^%d+") < 50 << 10, r.out)
  end)

  it("has the digest of the whole file", function()
    local bytes = built(LARGE)
    local other = bytes:gsub("dddd", "dddx", 1)
    local one, two = btfl.object(tmp.write("one.o", bytes)), btfl.object(tmp.write("two.o", other))
    assert.equal(btfl.object { bytes = bytes }.digest, one.digest)
    assert.equal(btfl.object { bytes = other }.digest, two.digest)
    assert.not_equal(one.digest, two.digest)
  end)

  it("is written with all of them", function()
    local bytes = built(LARGE, function(o)
      o:section(".rel.BTF.ext", ("\xff"):rep(48000), { type = REL, info = 5, flags = RELA_INFO })
    end)
    local from_file = btfl.object(tmp.write("written.o", bytes)):relocate(btfl.target(kernel))
    local from_bytes = btfl.object { bytes = bytes }:relocate(btfl.target(kernel))
    assert.equal(#bytes, #from_file)
    assert.is_true(from_bytes == from_file)
    assert.truthy(from_file:find(("d"):rep(LARGE), 1, true))
  end)

  it("may have code in one of them, for what .BTF.ext says", function()
    local function change(o)
      o:section(".debug_code", ("\x95\0\0\0\0\0\0\0"):rep(LARGE // 8))
    end
    local function with_code(o, b)
      change(o)
      local func = b:func("hidden", b:func_proto(0))
      o.options.ext_over = { func = b:pack("I4I4I4I4I4", 8, b:string ".debug_code", 1, 8, func) }
    end
    local bytes = built(nil, with_code)
    local function listed(object)
      local names = {}
      for p in object:programs() do names[#names + 1] = ("%s %d"):format(p.name, #p) end
      return table.concat(names, "\n")
    end
    local from_file = listed(btfl.object(tmp.write("code.o", bytes)))
    assert.equal(listed(btfl.object { bytes = bytes }), from_file)
    assert.matches("hidden", from_file, 1, true)
  end)

  it("may have them where others stand, too", function()
    local bytes = built(LARGE)
    local at, size = bytes:find("return p->a;", 1, true), #"return p->a;"
    assert(at)
    -- .debug_info says that it has all of the file's bytes from its header on.
    local shoff = ("<I8"):unpack(bytes, 0x28 + 1)
    for i = 1, 20 do
      local header = shoff + i * 64
      if header + 64 > #bytes then break end
      local _, kind, _, _, offset, length = ("<I4I4I8I8I8I8"):unpack(bytes, header + 1)
      if kind == 1 and length == LARGE then
        bytes = bytes:sub(1, header + 24) .. ("<I8I8"):pack(offset, shoff - offset) .. bytes:sub(header + 41)
      end
    end
    assert.equal("return p->a;", bytes:sub(at, at + size - 1))
    local r = relos("shared.o", bytes)
    assert.equal(0, r.status, r.err)
    assert.equal(relos("shared.o", built()).out, r.out)
  end)

  it("that was overwritten since is told where it has to be read again", function()
    local path = tmp.write("changing.o", built(LARGE))
    local object = btfl.object(path)
    tmp.write("changing.o", (built(LARGE, function(o) o:section("more", "x") end)))
    for _, ask in ipairs {
      function() return object.digest end,
      function() return object:relocate(btfl.target(kernel)) end,
    } do
      local ok, e = pcall(ask)
      assert.is_false(ok)
      assert.equal(path .. ": has changed since it was opened", tostring(e))
    end
    assert.equal("return p->a;", object:program "prog":relos()().line.text)
  end)

  it("that is cut short is refused in one line", function()
    local bytes = built(LARGE)
    for _, n in ipairs { 20, 64, 1000, LARGE, #bytes - 100, #bytes - 1 } do
      local r = relos("cut.o", bytes:sub(1, n))
      assert.equal(2, r.status)
      assert.matches("^[^\n]*cut%.o[^\n]*\n$", r.err)
    end
  end)
end)
