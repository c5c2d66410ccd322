--- btfl against the system's libbpf: the same objects and targets, byte for byte.

local btfl = require "btfl"
local case = require "spec.support.case"
local cases = require "spec.support.cases"
local differing = require "spec.support.differing"
local peer = require "spec.support.peer"
local relocation = require "spec.support.relocated"
local tmp = require "spec.support.tmp"

local _, missing = peer.binary()
local little = string.pack("=I2", 1) == "\1\0"

local function relocated(path, target)
  local obj <close> = btfl.object(path)
  return relocation.of(obj, target)
end

-- Where libbpf has linked a map (it sets the source register of the ldimm64): the instructions' numbers.
local function maps_of(theirs)
  local maps = {}
  for at = 1, #theirs, 16 do
    if theirs:match("^18[^0]", at) then maps[at], maps[at + 16] = "a map", "its offset" end
  end
  return maps
end

-- A call's target and a map are not CO-RE's: libbpf fills them in while it links.
local function unlinked(hex, maps)
  local out = {}
  for at = 1, #hex, 16 do
    local insn = hex:sub(at, at + 15)
    if insn:match("^8510") then insn = insn:sub(1, 8) .. "........" end
    out[#out + 1] = maps[at] or insn
  end
  return table.concat(out, " ")
end

--- libbpf appends the subprograms that a program calls to it.
local function starts_with(theirs, ours)
  local maps = maps_of(theirs)
  return unlinked(theirs:sub(1, #ours), maps), unlinked(ours, maps)
end

describe("libbpf and btfl", function()
  teardown(tmp.clean)

  if missing or not little then
    pending("agree: " .. (missing or "needs a little-endian machine"))
    return
  end

  describe("agree on hand-made cases:", function()
    local old = peer.version() == "1.1"
    for _, c in ipairs(cases) do
      if c.endian ~= "big" and (not c.differs or old) then
        local name = ("rule %d: %s"):format(c.rule, c.name)
        if c.differs then name = name .. " (libbpf 1.1 " .. c.differs .. ")" end
        it(name, function()
          local k = case.new()
          c.make(k)
          local object, target = tmp.write("case.o", k:object()), tmp.write("case.btf", k:target())
          local theirs = peer.relocate(object, target)
          local opened <close> = btfl.target(target)
          local ours, errors, _, first = relocated(object, opened)
          local got = { crashed = theirs.crashed, error = theirs.errno ~= 0, hex = theirs.programs.prog }
          local want = { crashed = false, error = #errors > 0, hex = #errors == 0 and ours.prog or nil }
          if c.differs then
            assert.are_not.same(want, got)
          else
            assert.are.same(want, got, theirs.log)
            -- libbpf stops at the first error, which must be ours too.
            assert.are.equal(first, theirs.failed)
          end
        end)
      end
    end
  end)

  --- Fixtures with the targets they are made for.
  local function fixtures()
    local names, targets = {}, { "target.clang14.o", "target.clang19.o", "small.btf" }
    local list <close> = assert(io.popen("ls spec/fixtures"))
    for name in list:lines() do
      -- The functions of the kernel that loops and outside call, and silent attaches to, libbpf takes from the
      -- one that runs; its oldest versions know no arenas.
      local own = not (name:match "^loops" or name:match "^outside" or name:match "^silent" or name:match "^arena")
      if name:match("%.o$") and not name:match("%.eb%.o$") and own then names[#names + 1] = name end
    end
    assert(#names > 20, "no fixtures")
    return names, targets
  end

  local names, targets = fixtures()
  for _, target in ipairs(targets) do
    describe("agree on " .. target .. ":", function()
      local opened
      setup(function() opened = btfl.target("spec/fixtures/" .. target) end)
      teardown(function() opened:close() end)

      for _, name in ipairs(names) do
        it(name, function()
          local path = "spec/fixtures/" .. name
          local theirs = peer.relocate(path, "spec/fixtures/" .. target)
          local ours, errors, count = relocated(path, opened)
          if not (name:match("^target") or name:match("^bare")) then assert.is_true(count > 0) end
          assert.is_false(theirs.crashed)
          assert.are.equal(#errors > 0, theirs.errno ~= 0, table.concat(errors, "\n") .. theirs.log)
          if #errors > 0 then return end
          for program, hex in pairs(theirs.programs) do
            local got, want = starts_with(hex, assert(ours[program], program))
            assert.are.equal(want, got, program)
          end
        end)
      end
    end)
  end

  --- A case of one relocation, and what both make of it with these options for the object.
  local function both(options, change)
    local k = case.new()
    local foo = k.l:struct("foo", 8, { { "a", k.l:int("int", 4), 0 } })
    k.t:struct("foo", 8, { { "a", k.t:int("int", 4), 32 } })
    k:mov("byte_off", foo, "0:0", 0, 4)
    if change then change(k) end
    local object = tmp.write("both.o", k:object(options))
    local target = tmp.write("both.btf", k:target())
    local opened <close> = btfl.target(target)
    local ok, ours = pcall(relocated, object, opened)
    return peer.relocate(object, target), ok and ours.prog, k
  end

  for _, size in ipairs { 16, 20, 64 } do
    it(("agree on relocations of %d bytes (rule 27)"):format(size), function()
      local theirs, ours, k = both { rec = { func = size, line = size, relo = size } }
      local _, after = k:bytes_of(k.items[1])
      assert.are.equal(after .. "9500000000000000", ours)
      assert.are.equal(ours, theirs.programs.prog)
    end)
  end

  it("differ on a malformed .BTF.ext, which libbpf ignores (rule 27)", function()
    local theirs, ours = both { ext_over = { version = 9 } }
    assert.is_false(ours)
    assert.are.equal("b7010000000000009500000000000000", theirs.programs.prog)
  end)

  it("agree on targets with a layout section (rule 24)", function()
    local theirs, ours, k = both(nil, function(k) k.t.layout = true end)
    local _, after = k:bytes_of(k.items[1])
    assert.are.equal(after .. "9500000000000000", ours)
    assert.are.equal(ours, theirs.programs.prog)
  end)

  it("agree on what a static subprogram becomes", function()
    local path, target = "spec/fixtures/subprogs.clang16.o", "spec/fixtures/target.clang19.o"
    local opened <close> = btfl.target(target)
    local ours = relocated(path, opened)
    local theirs = peer.relocate(path, target)
    local found = 0
    for name, caller in pairs { first_of = "calls", delta_of = "calls_too" } do
      if theirs.programs[caller]:find(ours[name], 1, true) then found = found + 1 end
    end
    assert.are.equal(2, found)
  end)

  it("agree on changed records, access strings, instructions and types #long", function()
    local seed, count = 1, 4000
    local classes = differing.run(seed, count, function(class, number, text)
      local known = class:match "^same" or class:match "^documented" or class:match "damaged for btfl$"
        or class == "libbpf crashes"
      assert.is_truthy(known, ("btfl spec/differing.lua --seed %d --from %d --count 1: %s: %s"):format(seed, number,
        class, text))
    end)
    assert.is_true(classes["same: both relocate"] > count / 5)
    assert.is_true(classes["same: both refuse the relocation"] > count / 5)
  end)
end)
