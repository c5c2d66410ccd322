--- The rules of CO-RE relocation, src/core/semantics.md, one by one: what libbpf makes of each, and so
--- does btfl. Most cases stand in spec/support/cases/; here are those that need more than one object
--- and one target.

local btfl = require "btfl"
local btf = require "spec.support.btf"
local case = require "spec.support.case"
local cases = require "spec.support.cases"
local object = require "spec.support.object"
local tmp = require "spec.support.tmp"

local TITLES = {}
for number, title in tmp.read("src/core/semantics.md"):gmatch("\n### (%d+)%. ([^\n]+)") do
  TITLES[#TITLES + 1] = title
  assert(#TITLES == tonumber(number), "rules of semantics.md are not numbered from 1 on")
end

--- What became of the relocations of an object (bytes) on a target (bytes, or opened).
local function results(bytes, target)
  local obj = btfl.object(tmp.write("rules.o", bytes))
  if type(target) == "string" then target = btfl.target(tmp.write("rules.btf", target)) end
  local list = {}
  for relo in obj:relos() do
    local res = relo:resolve(target)
    -- Whatever the result, it can be told in a line.
    if res.status ~= "ok" then assert.matches("^[^\n]+$", res:why()) end
    list[#list + 1] = { kind = relo.kind, access = relo.access, status = res.status,
      reason = res.reason, value = res.value, before = res.before, after = res.after,
      sign_extended = res.sign_extended, section = relo.section, insn_off = relo.insn_off,
      program = relo.program and relo.program.name }
  end
  obj:close()
  target:close()
  return list
end

local function hold(c)
  local k = case.new(c.endian)
  c.make(k)
  local want = {}
  local got = results(k:object(), k:target())
  for i, item in ipairs(k.items) do
    local before, after = k:bytes_of(item)
    local e = item.expect
    want[i] = { kind = item.kind, access = item.access, status = e.status, reason = e.reason,
      value = e.value, before = before, after = after }
    -- A value beside an error is told, but is no rule.
    if got[i] then
      for key in pairs(got[i]) do
        if want[i][key] == nil and (key ~= "value" or e.status == "error") and key ~= "reason" then
          got[i][key] = nil
        end
      end
    end
  end
  assert.are.same(want, got)
end

--- A struct foo { int a, b } at other places there, and the instructions to ask for both.
local function simple(endian)
  local c = case.new(endian)
  local int = c.l:int("int", 4, "signed")
  local foo = c.l:struct("foo", 8, { { "a", int, 0 }, { "b", int, 32 } })
  return c, foo
end

local function foo_there(b, at)
  local int = b:int("int", 4, "signed")
  return b:struct("foo", at + 8, { { "b", int, at * 8 }, { "a", int, (at + 4) * 8 } })
end

local MORE = {}

MORE[7] = function()
  it("a result says that it was sign-extended", function()
    local c = case.new()
    local e = c.l:enum("e", { { "A", 0x80000000 }, { "B", 1 } })
    c.t:enum("e", { { "A", 0x80000000 }, { "B", 0x7fffffff } })
    c:imm64("enumval_value", e, "0", 0xffffffff80000000, 0xffffffff80000000)
    c:imm64("enumval_value", e, "1", 1, 0x7fffffff)
    local got = results(c:object(), c:target())
    assert.is_true(got[1].sign_extended)
    assert.is_false(got[2].sign_extended)
  end)

  it("a signed one is not said to be", function()
    local c = case.new()
    local e = c.l:enum("e", { { "A", -1 } }, 4, true)
    c.t:enum("e", { { "A", -2 } }, 4, true)
    c:imm64("enumval_value", e, "0", -1, -2)
    assert.is_false(results(c:object(), c:target())[1].sign_extended)
  end)
end

--- vmlinux and modules, as files of those names in a folder of their own.
local function kernel(name, vmlinux, modules)
  local dir = tmp.mkdir(name)
  tmp.write(name .. "/vmlinux", vmlinux:bytes())
  for module, b in pairs(modules) do tmp.write(name .. "/" .. module, b:bytes()) end
  return btfl.target(dir .. "/vmlinux")
end

MORE[10] = function()
  it("modules are searched when vmlinux has no candidate", function()
    local c, foo = simple()
    c:mov("byte_off", foo, "0:0", 0, 12)
    c:mov("target_type_id", foo, "0", foo, 0)
    local base = btf.new()
    base:int("long int", 8, "signed")
    local module = btf.new { base = base }
    local id = foo_there(module, 8)
    local got = results(c:object(), kernel("one", base, { amod = module }))
    assert.are.same({ 12, id }, { got[1].value, got[2].value })
  end)

  it("modules are not searched when vmlinux has one, even if it fails", function()
    local c, foo = simple()
    c:mov("byte_off", foo, "0:0", 0, case.poison "no-field")
    local base = btf.new()
    base:struct("foo", 4, { { "z", base:int("int", 4), 0 } })
    local module = btf.new { base = base }
    foo_there(module, 8)
    local got = results(c:object(), kernel("two", base, { amod = module }))
    assert.are.same({ "poison", "no-field" }, { got[1].status, got[1].reason })
  end)

  it("two modules that disagree are ambiguous", function()
    local c, foo = simple()
    c:mov("byte_off", foo, "0:0", 0, case.error "ambiguous")
    local base = btf.new()
    base:int("long int", 8, "signed")
    local first, second = btf.new { base = base }, btf.new { base = base }
    foo_there(first, 8)
    foo_there(second, 16)
    local got = results(c:object(), kernel("three", base, { amod = first, bmod = second }))
    assert.are.same({ "error", "ambiguous" }, { got[1].status, got[1].reason })
  end)
end

MORE[13] = function()
  it("the relocations after an error are resolved as if it had not been", function()
    local c, foo = simple()
    c:mov("byte_off", foo, "0:9", 0, case.error "bad-access")
    c:mov("byte_off", foo, "0:0", 99, case.error "insn-mismatch")
    c:mov("byte_off", foo, "0:0", 0, 12)
    foo_there(c.t, 8)
    local got = results(c:object(), c:target())
    assert.are.same({ "error", "error", "ok" }, { got[1].status, got[2].status, got[3].status })
    assert.are.same({ "bad-access", "insn-mismatch", 12 },
      { got[1].reason, got[2].reason, got[3].value })
  end)
end

MORE[24] = function()
  for _, endian in ipairs { "little", "big" } do
    it("objects and targets with a layout section, " .. endian .. "-endian", function()
      local c, foo = simple(endian)
      c.l.layout, c.t.layout = true, true
      c:mov("byte_off", foo, "0:0", 0, 12)
      foo_there(c.t, 8)
      assert.are.equal(12, results(c:object(), c:target())[1].value)
    end)
  end

  it("a kind that only the layout section knows is skipped", function()
    local c, foo = simple()
    local layout = btf.known_layout()
    layout[20] = { 8, 4 }
    c.t.layout = layout
    c.t:type(20, "new", 3, true, 0, ("\0"):rep(8 + 3 * 4))
    foo_there(c.t, 8)
    c:mov("byte_off", foo, "0:0", 0, 12)
    assert.are.equal(12, results(c:object(), c:target())[1].value)
  end)

  it("vlen has 24 bits", function()
    local c = case.new()
    local wide = {}
    for i = 0, 0x10000 do wide[i + 1] = { "E" .. i, i } end
    local e = c.l:enum("e", { { "E65536", 5 } })
    c.t:enum("e", wide)
    c:mov("enumval_value", e, "0", 5, 0x10000)
    assert.are.equal(0x10000, results(c:object(), c:target())[1].value)
  end)

  it("types sorted by name, so that members come after their struct", function()
    local c, foo = simple()
    c.t:struct("foo", 16, { { "b", 2, 64 }, { "a", 2, 96 } })
    c.t:int("int", 4, "signed")
    c:mov("byte_off", foo, "0:0", 0, 12)
    assert.are.equal(12, results(c:object(), c:target())[1].value)
  end)
end

MORE[25] = function()
  it("a module's BTF of a header only does not stop the others", function()
    local c, foo = simple()
    c:mov("byte_off", foo, "0:0", 0, 12)
    local base = btf.new()
    base:int("long int", 8, "signed")
    local empty, module = btf.new { base = base }, btf.new { base = base }
    foo_there(module, 8)
    assert.are.equal(24, #empty:bytes())
    local target = kernel("four", base, { aempty = empty, bmod = module })
    for line in target:skipped() do error(line) end
    assert.are.equal(12, results(c:object(), target)[1].value)
  end)

  it("a module's broken BTF is told, and does not stop the others", function()
    local c, foo = simple()
    c:mov("byte_off", foo, "0:0", 0, 12)
    local base = btf.new()
    base:int("long int", 8, "signed")
    local module = btf.new { base = base }
    foo_there(module, 8)
    local dir = tmp.mkdir("five")
    tmp.write("five/vmlinux", base:bytes())
    tmp.write("five/abroken", module:bytes():sub(1, 40))
    tmp.write("five/README", "no BTF at all")
    tmp.write("five/bmod", module:bytes())
    local target = btfl.target(dir .. "/vmlinux")
    local skipped = {}
    for line in target:skipped() do skipped[#skipped + 1] = line end
    assert.are.equal(1, #skipped)
    assert.matches("abroken", skipped[1], nil, true)
    assert.are.equal(12, results(c:object(), target)[1].value)
  end)
end

MORE[26] = function()
  it("a module's types may be made of the base's", function()
    local c, foo = simple()
    c:mov("byte_off", foo, "0:1", 4, 8)
    c:mov("target_type_id", foo, "0", foo, 0)
    local base = btf.new()
    local int = base:int("int", 4, "signed")
    base:struct("one", 4, { { "b", int, 0 } })
    local module = btf.new { base = base }
    -- "foo" and "b": a string of its own and one of the base's
    local id = module:struct("foo", 16, { { "b", int, 64 } })
    assert.are.equal(3, id)
    local got = results(c:object(), kernel("six", base, { amod = module }))
    assert.are.same({ 8, 3 }, { got[1].value, got[2].value })
  end)
end

MORE[27] = function()
  for _, rec in ipairs { { func = 8, line = 16, relo = 16 }, { func = 12, line = 16, relo = 16 },
    { func = 8, line = 24, relo = 16 }, { func = 8, line = 16, relo = 28 },
    { func = 64, line = 64, relo = 64 } } do
    it(("records of %d, %d and %d bytes"):format(rec.func, rec.line, rec.relo), function()
      local c, foo = simple()
      c:mov("byte_off", foo, "0:0", 0, 12)
      c:mov("byte_off", foo, "0:1", 4, 8)
      foo_there(c.t, 8)
      local got = results(c:object { rec = rec }, c:target())
      assert.are.same({ 12, 8 }, { got[1].value, got[2].value })
      assert.are.same({ "prog", "prog" }, { got[1].program, got[2].program })
    end)
  end

  it("records shorter than those known are an error that says where", function()
    local c, foo = simple()
    c:mov("byte_off", foo, "0:0", 0, 12)
    foo_there(c.t, 8)
    local ok, message = pcall(btfl.object, tmp.write("short.o",
      c:object { ext_over = { relo = string.pack("<I4I4I4", 12, 1, 1) .. ("\0"):rep(12) } }))
    assert.is_false(ok)
    assert.matches("short.o", tostring(message), nil, true)
    assert.matches(".BTF.ext", tostring(message), nil, true)
  end)
end

MORE[28] = function()
  it("offsets count from the start of the section, whatever function is there", function()
    local c, foo = simple()
    local o = object.new(c.l)
    local function body(at)
      return { object.mov(0, 0), object.ldx(4, 0, 1, at), object.exit() }
    end
    local function relo(access)
      return { { insn = 1, type = foo, access = access, kind = "byte_off" } }
    end
    o:program { name = "one", insns = body(0), relos = relo "0:0" }
    o:program { name = "two", insns = body(4), relos = relo "0:1" }
    o:program { name = "sub", section = ".text", static = true, insns = body(4), relos = relo "0:1" }
    foo_there(c.t, 8)
    local got = results(o:bytes(), c:target())
    local seen = {}
    for i, r in ipairs(got) do
      seen[i] = ("%s %s %d %s %d"):format(r.program, r.section, r.insn_off, r.status, r.value)
    end
    assert.are.same({ "one raw_tp/sys_enter 8 ok 12", "two raw_tp/sys_enter 32 ok 8",
      "sub .text 8 ok 8" }, seen)
  end)
end

teardown(tmp.clean)

for _, c in ipairs(cases) do assert(TITLES[c.rule], c.name .. ": there is no such rule") end
for rule, title in ipairs(TITLES) do
  describe(("rule %d: %s"):format(rule, title), function()
    local count = 0
    for _, c in ipairs(cases) do
      if c.rule == rule then
        count = count + 1
        it(c.name, function() hold(c) end)
      end
    end
    if MORE[rule] then MORE[rule]() end
    assert(count > 0 or MORE[rule], "no case shows rule " .. rule)
  end)
end
