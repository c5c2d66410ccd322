--- One finding for each cause: report:merge(), and what check makes of programs, copies, kinds, kernels.
local btf = require "spec.support.btf"
local btfl = require "btfl"
local dkjson = require "dkjson"
local object = require "spec.support.object"
local run = require "spec.support.run"
local sarif = require "spec.support.sarif"
local tmp = require "spec.support.tmp"

local function report(findings, targets)
  local r = btfl.report "r"
  for _, f in ipairs(findings) do
    f.rule, f.message = f.rule or "r", f.message or "m"
    r[f.level or "error"](r, f)
    f.level = nil
  end
  for _, t in ipairs(targets or {}) do r:summary { object = "o", target = t } end
  return r
end

local function merged(findings, targets)
  return report(findings, targets):merge().findings
end

-- A finding of a relocation: kind, target, program.
local function of(fields)
  local f = { object = "o", program = fields.program or "p", target = fields.target or "a", at = "x.c:1",
    details = { order = { "access", "kind", "insn" }, access = fields.access or "t.x", kind = fields.kind or "byte_off",
      insn = fields.insn or 0 } }
  for name, value in pairs(fields) do
    if name ~= "access" and name ~= "kind" and name ~= "insn" then f[name] = value end
  end
  return f
end

describe("report:merge", function()
  it("gives the report back, its status and findings of different causes as they were", function()
    local r = report({ of { access = "t.x" }, of { access = "t.y" }, of { rule = "other" }, of { level = "note" },
      of { at = "x.c:2" }, of { object = "o2" } })
    assert.equal(r, r:merge())
    assert.equal(6, #r.findings)
    assert.equal(1, r.status)
    assert.is_nil(r.findings[1].count)
    assert.equal(0, r.findings[1].details.insn)
  end)

  -- KiB that merging takes at most where something fails on half of so many kernels, and is not known on the
  -- others: of so many objects, each with lists of its own.
  local function taken(objects, kernels)
    local r = run { tmp.write("taken.lua", ([[
local r, half = btfl.report "r", %d
for i = 1, %d do
  local on = { {}, {} }
  for k = 1, 2 * half do table.insert(on[k > half and 2 or 1], "6." .. k) end
  for n = 1, 4 do
    table.insert(r.findings, { level = n %% 2 == 1 and "error" or "warning", rule = "r", message = "m" .. n,
      object = i .. ".o", program = "p", details = { access = "t.x" .. n // 3 }, targets = on[n %% 2 + 1] })
    table.insert(r.findings, { level = "note", rule = "r", message = "n", object = i .. ".o", program = "p" .. n,
      details = { access = "t.y" }, targets = on[n %% 2 + 1] })
  end
  on = nil
end
collectgarbage()
local before, most = collectgarbage "count", 0
debug.sethook(function() most = math.max(most, collectgarbage "count") end, "", 10000)
r:merge()
debug.sethook()
print((most - before) // 1)]]):format(kernels // 2, objects)) }
    assert.equal("", r.err)
    return tonumber(r.out)
  end

  it("takes no memory for each object on each kernel", function()
    local more = taken(500, 400) - taken(500, 4)
    assert.is_true(more * 1024 < 500 * 396 * 40, more)
  end)

  it("does not go through all that is kept to merge a few", function()
    local r = run { tmp.write("few.lua", [[
local held, times = {}, 0
for i = 1, 400000 do held[i] = { i } end
collectgarbage()
local function again() return setmetatable({}, { __gc = function() times = times + 1 again() end }) end
again()
for _ = 1, 200 do
  local r = btfl.report "r"
  r:error { rule = "r", message = "m" }
  r:merge()
end
print(times)]]) }
    assert.equal("", r.err)
    assert.is_true(tonumber(r.out) < 5, r.out)
  end)

  it("makes one of the shapes in which the same is said of a program, and another of other shapes", function()
    local r = report({ of { shape = "a" }, of { shape = "b" }, of { shape = "b", program = "q" },
      of { shape = "a", program = "r" }, of { shape = "b", program = "r" } }):merge()
    local f = r.findings
    assert.equal(2, #f)
    assert.same({ { "p", "r" }, { "a", "b" } }, { f[1].programs, f[1].shapes })
    assert.same({ "q", "b" }, { f[2].program, f[2].shape })
    assert.is_nil(f[1].shape or f[2].shapes)
    assert.matches("target: a; in the shapes a, b\n", r:render "text", 1, true)
    local again = btfl.report.read(r:render "json").findings
    assert.same({ { "a", "b" }, "b" }, { again[1].shapes, again[2].shape })
    assert.same(f, r:merge().findings)
  end)

  it("makes one of the kinds, programs and copies, and counts them", function()
    local f = merged { of { insn = 1 }, of { insn = 1, kind = "field_exists" }, of { insn = 7 },
      of { insn = 7, kind = "field_exists" }, of { program = "q", insn = 1 } }
    assert.equal(1, #f)
    assert.same({ "p", "q" }, f[1].programs)
    assert.is_nil(f[1].program)
    assert.equal(5, f[1].count)
    assert.equal("byte_off/field_exists", f[1].details.kind)
    assert.is_nil(f[1].details.insn)
  end)

  it("lists the kernels, counts a place once, and tells where all is fine", function()
    local f = merged({ of { target = "a" }, of { target = "b" }, of { target = "b", insn = 5 },
      of { target = "c", rule = "other" } }, { "a", "b", "c", "d", "e" })
    assert.same({ "a", "b" }, f[1].targets)
    assert.is_nil(f[1].target)
    assert.same({ "d", "e" }, f[1].fine)
    assert.equal(2, f[1].count)
    assert.same({ "c", { "d", "e" } }, { f[2].target, f[2].fine })
  end)

  it("says of a note or message on which kernels it holds", function()
    local f = merged { of { target = "a", notes = { "all", "n1" }, help = { "h" } },
      of { target = "b", notes = { "all", "n2" }, help = { "h" } },
      of { target = "c", notes = { "all", "n2" }, message = "differently" } }
    assert.equal("m", f[1].message)
    assert.same({ "on c: differently", "all", "on a: n1", "on b, c: n2" }, f[1].notes)
    assert.same({ "h" }, f[1].help)
  end)

  it("names no more kernels than can be read", function()
    local list = {}
    for i = 1, 14 do list[i] = of { target = "k" .. i, notes = { "n" .. i } } end
    local r = report(list):merge()
    assert.equal(5, #r.findings[1].notes)
    assert.equal("and 10 more on other kernels", r.findings[1].notes[5])
    assert.matches("= targets: k1, k2, k3, k4 and 10 more\n", r:render "text")
    assert.equal(14, #assert(dkjson.decode(r:render "json")).findings[1].targets)
  end)

  it("has no more notes than can be read, of many programs", function()
    local list = {}
    for i = 1, 20 do list[i] = of { program = "p" .. i, notes = { "rejects p" .. i } } end
    local f = merged(list)
    assert.equal(7, #f[1].notes)
    assert.same({ "rejects p6", "and 14 more such" }, { f[1].notes[6], f[1].notes[7] })
    assert.equal(20, f[1].count)
  end)

  it("changes nothing the second time", function()
    local r = report({ of { target = "a", notes = { "n" } }, of { target = "b", insn = 3 }, of { program = "q" } },
      { "a", "b", "c" })
    local once = r:merge():render "json"
    assert.equal(once, r:merge():render "json")
  end)

  it("leaves findings alone that are of no object or kernel", function()
    local f = merged({ { message = "one" }, { message = "two" }, { message = "one" } }, { "a" })
    assert.equal(2, #f)
    assert.is_nil(f[1].fine)
    assert.is_nil(f[1].targets)
  end)

  it("keeps names apart that only together look alike", function()
    assert.equal(2, #merged { of { object = "a", at = "b c" }, of { object = "a b", at = "c" } })
  end)

  it("shows kernels in the one column of tsv", function()
    local text = report({ of { target = "a" }, of { target = "b" }, of { program = "q" } }):merge():render "tsv"
    assert.matches("\nerror\tr\to\tp,q\ta,b\tx.c:1\tm\n$", text)
  end)
end)

describe("check on several kernels", function()
  teardown(tmp.clean)

  local obj, targets
  setup(function()
    local l = btf.new()
    local int = l:int("int", 4, "signed")
    local foo = l:struct("foo", 8, { { "bit", int, 0, 3 }, { "x", int, 32, 0 } })
    local o = object.new(l)
    for _, name in ipairs { "one", "two" } do
      o:program { name = name, section = "kprobe/" .. name,
        insns = { object.mov(1, 1), object.mov(1, 0), object.mov(1, 4), object.mov(1, 0), object.mov(1, 4),
          object.exit() },
        relos = { { insn = 0, type = foo, access = "0:0", kind = "field_exists" },
          { insn = 1, type = foo, access = "0:0", kind = "byte_off" },
          { insn = 2, type = foo, access = "0:0", kind = "byte_sz" },
          { insn = 3, type = foo, access = "0:0", kind = "byte_off" },
          { insn = 4, type = foo, access = "0:0", kind = "byte_sz" } },
        lines = { { insn = 0, file = "f.bpf.c", line = 9, column = 2, text = "\tv = BITS(f, bit);" } } }
    end
    obj = tmp.write("f.bpf.o", o:bytes())
    targets = {}
    for i, name in ipairs { "5.10.1-amd64", "6.1.1-amd64", "6.6.1-amd64", "6.12.1-amd64", "7.0.1-amd64" } do
      local t = btf.new()
      local ti = t:int("int", 4, "signed")
      t:struct("foo", 8, { { i <= 2 and "old" or "bit", ti, 0, 3 } })
      targets[#targets + 1] = "-t"
      targets[#targets + 1] = tmp.write(name .. ".btf", t:bytes())
    end
  end)

  it("finds a bitfield access once for kinds, copies, programs and kernels", function()
    local r = run { "check", obj, table.unpack(targets) }
    assert.same({ "", 1 }, { r.err, r.status })
    local hint = ("btfl why foo.bit -t %s --from %s --object %s"):format(targets[2], targets[6], obj)
    assert.is_not_nil(r.out:find(([[
error[no-field]: struct foo has no member `bit`
 --> f.bpf.c:9:2   OBJ, programs one, two
  |
9 |         v = BITS(f, bit);
  |                     ^^^
  = access: foo.bit, kind: byte_off/byte_sz, in 8 places
  = targets: 5.10.1-amd64, 6.1.1-amd64; fine on 3 others; until 6.1.1 (fine since 6.6.1)
  = reachable, so the verifier rejects one
  = struct foo there has `int old : 3` at 0, where `bit` was
  = reachable, so the verifier rejects two
  = help: guard it with bpf_core_field_exists(struct foo, bit), or follow it: HINT

OBJ on 5.10.1-amd64, 6.1.1-amd64: 2 ok, 8 poison, 0 error; 2 programs: 2 rejected
]]):gsub("%u%u%u+", { OBJ = obj, HINT = hint }), 1, true), r.out)
  end)

  it("has one finding of a pair for each relocation, until they are merged", function()
    local found = btfl.object(obj):check(btfl.target(targets[2]))
    assert.equal(8, #found.findings)
    assert.equal(1, #found:merge().findings)
  end)
end)

describe("real objects on real kernels", function()
  local CORPUS = os.getenv("BTFL_CORPUS") or "../shared/corpus"

  local function list(pattern)
    local out = {}
    for path in run.program({ "sh", "-c", "ls " .. CORPUS .. pattern .. " 2>/dev/null" }).out:gmatch "[^\n]+" do
      out[#out + 1] = path
    end
    return out
  end

  it("have every failure in exactly one finding", function()
    local objects, targets = list "/objects/libbpf-tools*/*.o", {}
    if #objects == 0 then return pending "no corpus" end
    for _, path in ipairs(list "/kernels/*amd64.btf.gz") do targets[#targets + 1] = btfl.target(path) end
    local single, all = {}, btfl.report "check"
    for _, path in ipairs(objects) do
      local ok, obj = pcall(btfl.object, path)
      for _, target in ipairs(ok and targets or {}) do
        all:append(obj:check(target, { others = targets, all = true }))
      end
    end
    local function key(f, target)
      local place = f.at and ("%s:%d"):format(f.at.file, f.at.line) or f.program or ""
      return table.concat({ f.level, f.rule, f.object, place, f.details and f.details.access or f.message, target },
        "\0")
    end
    -- Whatever its level: an access may be guarded on one kernel and reached on another.
    local function about(f, target)
      return table.concat({ f.object, tostring(f.at or f.program), f.details.access or f.message, target }, "\0")
    end
    local failing = {}
    for _, f in ipairs(all.findings) do
      single[key(f, f.target)] = true
      if f.details then failing[about(f, f.target)] = true end
    end
    local before, seen = #all.findings, {}
    all:merge()
    assert.is_true(#all.findings * 5 < before, #all.findings .. " of " .. before)
    for _, f in ipairs(all.findings) do
      for _, target in ipairs(f.targets or { f.target }) do
        assert.is_true(single[key(f, target)])
        assert.is_nil(seen[key(f, target)])
        seen[key(f, target)] = true
      end
      for _, target in ipairs(f.fine or {}) do assert.is_nil(single[key(f, target)]) end
      for _, target in ipairs(f.details and not f.fine and targets or {}) do
        assert.is_true(failing[about(f, target.name)])
      end
    end
    for k in pairs(single) do assert.is_true(seen[k]) end
    sarif.check(assert(dkjson.decode(all:render "sarif")))
  end)
end)
