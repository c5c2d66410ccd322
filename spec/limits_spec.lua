--- What is many, deep or long takes the time that it needs, and what is more than anything real is cut
--- off with a word.

local btf = require "spec.support.btf"
local btfl = require "btfl"
local object = require "spec.support.object"
local run = require "spec.support.run"
local tmp = require "spec.support.tmp"

local MANY = 20000

local function int(b) return b:int("int", 4, "signed") end

local function jump(condition, dst, off) return object.insn(condition, dst, 0, off, 0) end
local ALWAYS_FAR, EQUAL = 0x06, 0x15 -- jmp32 ja, whose distance is in imm; jeq

--- A program of `count` failing loads. guarded: all lie behind one jump. Otherwise each is reached on a
--- path of its own.
local function failing(count, guarded)
  local b = btf.new()
  local foo = b:struct("foo", 4, { { "gone", int(b), 0 } })
  local insns, relos = {}, {}
  if guarded then insns[1] = object.insn(ALWAYS_FAR, 0, 0, 0, count) end
  for _ = 1, count do
    if not guarded then insns[#insns + 1] = jump(EQUAL, 1, 1) end
    relos[#relos + 1] = { insn = #insns, type = foo, access = "0:0", kind = "byte_off" }
    insns[#insns + 1] = object.ldx(4, 2, 1, 0)
  end
  insns[#insns + 1] = object.mov(0, 0)
  insns[#insns + 1] = object.exit()
  local o = object.new(b)
  o:program { insns = insns, relos = relos, section = "raw_tp/x" }
  return tmp.write(("failing%d%s.o"):format(count, guarded and "g" or "r"), o:bytes())
end

local function kernel()
  local b = btf.new()
  b:struct("foo", 4, { { "a", int(b), 0 } })
  return tmp.write("6.1.0-test.btf", b:bytes())
end

--- Functions of which each calls the next, and the last reads what fails.
local function chain(count)
  local b = btf.new()
  local foo = b:struct("foo", 4, { { "gone", int(b), 0 } })
  local o = object.new(b)
  for i = 1, count do
    local last = i == count
    o:program {
      name = "f" .. i, section = "raw_tp/x", static = i > 1,
      insns = { last and object.ldx(4, 0, 1, 0) or object.call(1, 1), object.exit() },
      relos = last and { { insn = 0, type = foo, access = "0:0", kind = "byte_off" } } or {},
    }
  end
  return tmp.write(("chain%d.o"):format(count), o:bytes())
end

--- Bytes of a BTF with an int and `foo`, a union or an enum of so many elements.
local function wide(kind, count)
  local b = btf.new()
  local i, name = int(b), b:string("m")
  local element = kind == "union" and b:pack("I4I4I4", name, i, 0) or b:pack("I4i4", name, 7)
  b:raw(b:pack("I4I4I4", b:string("foo"), count | btf.KIND[kind] << 24, 4) .. element:rep(count))
  return b:bytes()
end

describe("the verdict of a program", function()
  teardown(tmp.clean)

  -- The best of three, for other processes disturb; Lua's own work for a test is no part of it.
  local function seconds(path, work)
    local best
    for _ = 1, 3 do
      local o <close> = btfl.object(path)
      local t <close> = btfl.target(kernel())
      collectgarbage()
      local before = os.clock()
      work(o, t)
      local took = os.clock() - before
      best = math.min(best or took, took)
    end
    return best
  end

  -- Four times as much takes four times as long, where what is quadratic takes sixteen times as long.
  local function is_linear(guarded, work)
    local few, many = seconds(failing(MANY // 4, guarded), work), seconds(failing(MANY, guarded), work)
    assert.is_true(many < 8 * few + 0.05, ("%.2f s and %.2f s"):format(few, many))
  end

  for _, guarded in ipairs { true, false } do
    local name = ("with %d failing relocations, %s, "):format(MANY, guarded and "guarded" or "reached")
    it(name .. "takes as long for each as one of few", function()
      is_linear(guarded, function(o, t)
        local verdict, count = o:programs()():verdict(t), 0
        for failure in verdict:failures() do
          count = count + 1
          if failure.guarded ~= guarded or failure.reached == guarded then error(tostring(failure)) end
        end
        assert.equal(guarded and "guarded" or "rejected", verdict.verdict)
        assert.equal(verdict.failed, count)
      end)
    end)

    it(name .. "is told by check in as long for each as one of few", function()
      is_linear(guarded, function(o, t) o:check(t) end)
    end)
  end

  it("has the last lines of a path, or all", function()
    local b = btf.new()
    local foo = b:struct("foo", 4, { { "gone", int(b), 0 } })
    local insns, lines = {}, {}
    for i = 1, 3000 do
      insns[i] = object.mov(0, i)
      lines[i] = { insn = i - 1, text = "x", line = i // 2 + 1, column = i % 2 + 1 }
    end
    insns[3001] = object.ldx(4, 2, 1, 0)
    insns[3002] = object.exit()
    local o = object.new(b)
    o:program { insns = insns, lines = lines,
      relos = { { insn = 3000, type = foo, access = "0:0", kind = "byte_off" } } }
    local obj <close> = btfl.object(tmp.write("path.o", o:bytes()))
    local t <close> = btfl.target(kernel())
    local failure = obj:programs()():verdict(t):failures()()
    local all = failure:path()
    assert.equal(3000, #all)
    for i, line in ipairs(all) do assert.equal(i // 2 + 1, line.line) end
    for _, n in ipairs { 0, 1, 2, 7, 1000 } do
      local last = failure:path(n)
      assert.same(table.move(all, #all - n + 1, #all, 1, {}), last)
    end
    -- That far it looks; the load and what precedes it are of one line.
    assert.equal(1023, #failure:path(5000))
    assert.has_error(function() failure:path(-1) end)
    assert.matches("; the path: %.%.%. test%.bpf%.c:1497, [^\n]*, test%.bpf%.c:1501\n", obj:check(t):render "text")
  end)

  it("follows calls as deep as the verifier, and is unknown where they are deeper", function()
    local t = kernel()
    for count, expected in pairs { [8] = "rejected", [9] = "unknown", [30000] = "unknown" } do
      local file <close> = btfl.object(chain(count))
      local target <close> = btfl.target(t)
      -- A loader wants static functions in .text, which is no matter here.
      local verdict = file:program "f1":verdict(target, { only = { "relocation" } })
      assert.equal(expected, verdict.verdict)
      if expected == "unknown" then
        assert.equal("calls are more than 8 deep, which the verifier refuses", verdict.why)
      end
    end
    local r = run { "check", tmp.path "chain30000.o", failing(1, true), "-t", t, "--only", "relocation" }
    assert.same({ "", 0 }, { r.err, r.status })
    assert.matches("chain30000.o on 6.1.0-test: 0 ok, 1 poison, 0 error; 1 program: 1 unknown", r.out, 1, true)
    assert.matches("1 program: 1 guarded", r.out, 1, true)
  end)
end)

describe("a path of more branches than verifiers wait for", function()
  teardown(tmp.clean)

  it("is unknown, and of fewer walked", function()
    local target <close> = btfl.target(kernel())
    for count, expected in pairs { [4000] = "rejected", [9000] = "unknown" } do
      local b = btf.new()
      local foo = b:struct("foo", 4, { { "gone", int(b), 0 } })
      local insns = { object.call(7) }
      -- A number that nobody knows is compared, each time with another.
      for i = 1, count do insns[#insns + 1] = object.insn(EQUAL, 0, 0, count - i + 1, i) end
      insns[#insns + 1] = object.ldx(4, 2, 1, 0)
      insns[#insns + 1] = object.mov(0, 0)
      insns[#insns + 1] = object.exit()
      local o = object.new(b)
      o:program { insns = insns, section = "raw_tp/x", relos = {
        { insn = #insns - 3, type = foo, access = "0:0", kind = "byte_off" } } }
      local file <close> = btfl.object(tmp.write("branches.o", o:bytes()))
      local verdict = file:programs()():verdict(target, { only = { "relocation" } })
      assert.same({ expected, expected == "unknown" and "more than 8192 branches on one path" or nil },
        { verdict.verdict, verdict.why })
    end
  end)
end)

describe("a type", function()
  teardown(tmp.clean)

  for _, kind in ipairs { "union", "enum" } do
    it(("%s is shown whole, however many members it has"):format(kind), function()
      local path = tmp.write("wide.btf", wide(kind, (1 << 20) + 1))
      local before = os.time()
      local r = run { "types", path, "foo" }
      assert.is_true(os.time() - before < 20)
      assert.same({ "", 0 }, { r.err, r.status })
      local _, lines = r.out:gsub("\n", "")
      assert.equal((1 << 20) + 3, lines)
    end)

    it(("%s of more than 65535 members has as many rows, which is told"):format(kind), function()
      local path = tmp.write("wide.btf", wide(kind, 65536))
      local r = run { "types", path, "foo", "--format", "tsv" }
      assert.equal(2, r.status)
      assert.equal(("btfl types: %s: %s foo has more than 65535 members, the rest is not shown\n"):format(path, kind),
        r.err)
      local _, lines = r.out:gsub("\n", "")
      assert.equal(65536, lines)
    end)
  end

  it("with more members than are searched is told as the input's, in one line", function()
    local path = tmp.write("wide.btf", wide("union", (1 << 20) + 1))
    local r = run { "types", path, "foo.nosuch" }
    assert.same({ "", 2 }, { r.out, r.status })
    assert.equal(("btfl: %s: looking for 'nosuch' took more than 1000000 members\n"):format(path), r.err)
  end)
end)
