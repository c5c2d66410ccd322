--- Of many objects that are looked at kernel by kernel not all are in memory: one that rests is read again by who
--- asks for it, is the same then, and is told where it is not.

local btfl = require "btfl"
local btf = require "spec.support.btf"
local engine = require "btfl.engine"
local kept = require "btfl.kept"
local object_builder = require "spec.support.object"
local run = require "spec.support.run"
local tmp = require "spec.support.tmp"

local MIB <const> = 1 << 20

describe("objects that rest", function()
  local paths, kernels = {}, {}

  -- As large as what it has for its tool, with a field that not every kernel has.
  local function built(number)
    local b = btf.new()
    local foo = b:struct("foo", 8, { { "f" .. number % 3, b:int("int", 4, "signed"), 32 } })
    local o = object_builder.new(b)
    o:section(".rodata", ("\0"):rep(MIB), { flags = 2 })
    o:program { name = "p" .. number, insns = { object_builder.ldx(4, 0, 1, 4), object_builder.exit() },
      relos = { { insn = 0, type = foo, access = "0:0", kind = "byte_off" } },
      lines = { { insn = 0, text = "return p->f;", line = number } } }
    return o:bytes()
  end

  setup(function()
    for i = 1, 60 do paths[i] = tmp.write(("o%02d.o"):format(i), built(i)) end
    for i = 1, 3 do
      local b = btf.new()
      b:struct("foo", 64, { { "f" .. i % 3, b:int("int", 4, "signed"), 32 * i }, { "f0", 1, 256 } })
      kernels[i] = tmp.write(("k%d.btf"):format(i), b:bytes())
    end
  end)
  teardown(tmp.clean)

  local function words(command, objects, ...)
    local list = { command, ... }
    for _, path in ipairs(kernels) do table.move({ "-t", path }, 1, 2, #list + 1, list) end
    return table.move(objects, 1, #objects, #list + 1, list)
  end

  it("are recalled by what relocations became of them before they rested", function()
    local list = {}
    for i = 1, 40 do
      local b = btf.new()
      local foo = b:struct("foo", 8, { { "f0", b:int("int", 4, "signed"), 32 }, { "gone", 1, 0 } })
      local o = object_builder.new(b)
      o:section(".rodata", ("\0"):rep(MIB), { flags = 2 })
      o:program { name = "p" .. i, insns = { object_builder.mov(1, 4), object_builder.insn(0x25, 1, 0, 2, 20),
          object_builder.mov(0, 0), object_builder.exit(), object_builder.mov(0, 0), object_builder.exit() },
        relos = { { insn = 0, type = foo, access = "0:0", kind = "byte_off" },
          { insn = 4, type = foo, access = "0:1", kind = "byte_off" } } }
      list[i] = tmp.write(("by%02d.o"):format(i), o:bytes())
    end
    local with = run(words("verdicts", list, "--format", "tsv"))
    assert.equal(run(words("verdicts", list, "--format", "tsv", "--no-memo")).out, with.out)
    assert.equal(1, with.status, with.err)
  end)

  it("say what they say where all are open", function()
    for _, command in ipairs { "verdicts", "check", "matrix" } do
      local all = run(words(command, paths, "--format", "tsv"))
      assert.equal(1, all.status, all.err)
      local lines = {}
      for line in all.out:gmatch "[^\n]+" do lines[line] = (lines[line] or 0) + 1 end
      for first = 1, #paths, 10 do
        local few = run(words(command, table.move(paths, first, first + 9, 1, {}), "--format", "tsv"))
        assert.equal(1, few.status, few.err)
        for line in few.out:gmatch "[^\n]+" do
          assert.truthy(lines[line], line)
          if line:find(tmp.path "", 1, true) then
            lines[line] = lines[line] > 1 and lines[line] - 1 or nil
          end
        end
      end
      for line in pairs(lines) do assert.is_nil(line:find(tmp.path "", 1, true), line) end
      assert.equal(all.out, run(words(command, paths, "--format", "tsv", "--no-memo")).out)
      assert.equal(all.out, run(words(command, paths, "--format", "tsv", "-j", "2")).out)
    end
  end)

  local SCRIPT <const> = [[
    local cli, out = btfl.cli { about = "looks" }, btfl.report("looked", { columns = { "object", "relos" } })
    cli:kernel_by_kernel(function(object, target)
      if looked then looked(object, target) end
      local n = 0
      for res in object:results(target) do n = n + (res.ok and 1 or 0) end
      return n
    end, function(object, counts)
      out:row { object = object.path, relos = table.concat(counts, " ") }
    end)
    for line in io.lines "/proc/self/status" do
      local kib = line:match "^VmHWM:%s*(%d+)"
      if kib then io.stderr:write(kib, "\n") end
    end
    return out
  ]]

  it("take no memory", function()
    if os.getenv "ASAN_OPTIONS" then return pending "a sanitizer keeps what is freed" end
    local r = run(words(tmp.write("looks.lua", SCRIPT), paths, "--format", "tsv"))
    assert.equal(0, r.status, r.err)
    assert.is_true(tonumber(r.err) < 48 << 10, r.err)
  end)

  it("are mostly at rest where very many were opened", function()
    if os.getenv "ASAN_OPTIONS" then return pending "a sanitizer keeps what is freed" end
    local objects = {}
    for i = 1, 180 do
      objects[i] = tmp.path(("same%03d.o"):format(i))
      assert(os.execute(("ln %s %s"):format(run.quote(paths[i % 60 + 1]), run.quote(objects[i]))))
    end
    local script = tmp.write("last.lua", [[
      local cli, said = btfl.cli { about = "looks" }, nil
      cli:kernel_by_kernel(function(object, target)
        return object:results(target)().status
      end, function()
        if said then return end
        require "btfl.engine".give_back_memory()
        for line in io.lines "/proc/self/status" do said = said or line:match "^VmRSS:%s*(%d+)" end
      end)
      print(said)]])
    local few, many = run(words(script, table.move(objects, 1, 60, 1, {}))), run(words(script, objects))
    assert.same({ "", "" }, { few.err, many.err })
    assert.is_true(tonumber(many.out) < tonumber(few.out) - (8 << 10), few.out .. many.out)
  end)

  it("take no memory in a matrix, and are told where they have changed", function()
    local script = tmp.write("matrix.lua", [[
      local cli, status = btfl.cli { about = "matrix" }, {}
      for cell, why in btfl.matrix(cli:objects(), cli) do
        if cell.target == "k1" and cell.object:find "o60" then
          local file <close> = io.open(cell.object, "r+")
          file:seek("end", -1)
          file:write "\1"
        end
        local said = (cell.failures or { cell.state })[1]
        status[said] = (status[said] or 0) + 1
      end
      for said, n in pairs(status) do print(n, said) end
      for line in io.lines "/proc/self/status" do
        local kib = line:match "^VmHWM:%s*(%d+)"
        if kib then io.stderr:write(kib, "\n") end
      end]])
    local original = tmp.read(paths[60])
    local r = run(words(script, paths))
    tmp.write("o60.o", original)
    assert.matches("2\t[^\n]*o60.o: has changed since it was opened\n", r.out)
    local loads = 0
    for n in r.out:gmatch "(%d+)\t%l+\n" do loads = loads + tonumber(n) end
    assert.equal(178, loads, r.out .. r.err)
    if os.getenv "ASAN_OPTIONS" then return end
    assert.is_true(tonumber(r.err) < 48 << 10, r.err)
  end)

  it("take little of Lua's memory", function()
    -- By where it is told of all kernels: at places that no relocation gives.
    local insns = { object_builder.ldx(8, 6, 1, 0) }
    for i = 1, 24 do insns[#insns + 1] = object_builder.ldx(8, 3, 6, 8 * i) end
    insns[#insns + 1] = object_builder.mov(0, 0)
    insns[#insns + 1] = object_builder.exit()
    local list = {}
    for i = 1, 60 do
      local o = object_builder.new(btf.new())
      o:section(".rodata", ("\0"):rep(MIB), { flags = 2 })
      o:program { name = "p" .. i, section = "fentry/does" .. i, insns = insns }
      list[i] = tmp.write(("reads%02d.o"):format(i), o:bytes())
    end
    local b = btf.new()
    local foo = b:struct("foo", 256, { { "a", b:int("long", 8, "signed"), 0 } })
    for i = 1, 60 do b:func("does" .. i, b:func_proto(1, { { "x", b:ptr(foo) } })) end
    local kernel = tmp.write("does.btf", b:bytes())
    local script = tmp.write("held.lua", [[
      local engine = require "btfl.engine"
      local rest, looked, most = engine.rest, 0, {}
      function engine.rest(object)
        looked = looked + 1
        if looked == 60 or looked == 120 then
          collectgarbage()
          collectgarbage()
          most[#most + 1] = collectgarbage "count" * 1024
        end
        return rest(object)
      end
      local cli = btfl.cli { about = "held", verdicts = true }
      local out = btfl.report "held"
      cli:check_all(out, {})
      io.stderr:write((most[2] - most[1]) / 30 // 1 | 0, "\n")
      return out]])
    local r = run { script, "-t", kernel, table.unpack(list) }
    local bytes = tonumber(r.err:match "^(%d+)\n$")
    assert.is_true(bytes and bytes < 12000, r.err)
    assert.equal(run({ "check", "--no-memo", "-t", kernel, "--format", "tsv", table.unpack(list) }).out,
      run({ "check", "-t", kernel, "--format", "tsv", table.unpack(list) }).out)
  end)

  -- What comes of it when one of them is changed as the first is looked at on a kernel.
  local function changed_on(kernel)
    local changed = tmp.write("changed.o", built(59))
    local objects = table.move(paths, 1, 58, 1, {})
    objects[59], objects[60] = changed, paths[60]
    local script = tmp.write("changes.lua", ([[
      function looked(object, target)
        if done or target.name ~= %q then return end
        done = true
        local file <close> = assert(io.open(%q, "r+b"))
        file:seek("end", -1)
        file:write "\1"
      end
    ]]):format(kernel, changed) .. SCRIPT)
    local r = run(words(script, objects, "--format", "tsv"))
    local rows = 0
    for line in r.out:gmatch "[^\n]+" do rows = rows + (line:find(".o\t", 1, true) and 1 or 0) end
    return r, rows
  end

  it("are told where they have changed, and cost no other", function()
    local r, rows = changed_on "k2"
    assert.equal(2, r.status, r.err)
    assert.matches("changed.o: has changed since it was opened\n", r.err, 1, true)
    assert.matches("^[^\n]*\n%d+\n$", r.err)
    assert.equal(59, rows, r.out)
  end)

  it("are opened when they are looked at on the first kernel, and not before", function()
    local r, rows = changed_on "k1"
    assert.equal(0, r.status, r.err)
    assert.matches("^%d+\n$", r.err)
    assert.equal(60, rows, r.out)
  end)

  describe("that are asked again", function()
    local open, object

    -- The last of so many that there is no room for it.
    before_each(function()
      open = {}
      for i = 1, 40 do open[i] = btfl.object(paths[i]) end
      object = open[40]
    end)
    after_each(function()
      for _, one in ipairs(open) do one:close() end
    end)

    it("have the parts that they had", function()
      local program = object:program "p40"
      local relo = object:relos()()
      local foo, line = object.btf:get "foo", relo.line
      engine.rest(object)
      assert.equal(40, line.line)
      assert.equal(program, object:program "p40")
      assert.equal(foo, relo.type)
      assert.equal("foo.f1", relo.path)
      assert.equal(8, foo.size)
      assert.equal(btfl.object(paths[40]).digest, object.digest)
    end)

    it("do not answer by what was read before", function()
      local target <close> = btfl.target(kernels[1])
      local relo, foo = object:relos()(), object.btf:get "foo"
      local accessor, fields, scan, types = relo.accessor, foo:fields(), object.btf:scan(), object.btf:types()
      local members = object.btf:scan_members()
      local changes = btfl.changes(foo, target.btf:get "foo")
      local verdict, result = object:program "p40":verdict(target), object:results(target)()
      engine.rest(object)
      for name, ask in pairs {
        accessor = function() return accessor.last end, fields = fields, scan = scan, types = types,
        members = members, changes = changes, verdict = function() return verdict.ok end,
        result = function() return result.ok end,
      } do
        assert.has_error(ask, nil, name)
      end
      assert.equal("f1", relo.accessor.last.name)
      assert.is_true(object:program "p40":verdict(target).ok)
      assert.equal("f1", (foo:fields()()))
    end)

    it("have what was kept of them", function()
      local program, relo, foo = object:program "p40", object:relos()(), object.btf:get "foo"
      local twice, common, aside = { "twice", n = 1.5 }, { "common" }, setmetatable({}, {})
      local made = 0
      local of, put = kept.of_object(function(owner, key)
        made = made + 1
        return { [program] = key, relo, foo, relo.line, program.attach or false, owner, owner.btf, twice, twice,
          common, aside, print, ("long"):rep(20), ("long"):rep(20), -1, 1 << 62, true, around = { twice } }
      end)
      kept.shared(common)
      of(object, "key").itself = of(object, "key")
      put(object, "other", { "put" })
      kept.rest(object)
      local was = of(object, "key")
      kept.rest(object)
      local is = of(object, "key")
      assert.equal(1, made)
      assert.are_not.equal(was, is)
      assert.equal("key", is[program])
      for i, one in ipairs { relo, foo, relo.line, program.attach or false, object, object.btf } do
        assert.equal(one, is[i])
      end
      assert.same(twice, is[7])
      assert.are_not.equal(twice, is[7])
      assert.equal(is[7], is[8])
      assert.equal(is[7], is.around[1])
      assert.equal(is, is.itself)
      assert.equal(common, is[9])
      assert.equal(aside, is[10])
      assert.same({ print, ("long"):rep(20), ("long"):rep(20), -1, 1 << 62, true }, table.move(is, 11, 16, 1, {}))
      assert.same({ "put" }, of(object, "other"))
      put(object, "key", nil)
      kept.rest(object)
      assert.equal("key", of(object, "key")[program])
      assert.equal(2, made)
    end)

    it("are closed by who closes them", function()
      engine.rest(object)
      object:close()
      assert.has_error(function() return object.path end, ("object '%s' is closed"):format(paths[40]))
      assert.has_error(function() return object.digest end, ("object '%s' is closed"):format(paths[40]))
    end)

    it("stay open where they cannot be read again", function()
      local given = btfl.object { bytes = tmp.read(paths[40]) }
      engine.rest(given)
      assert.equal("p40", given:program "p40".name)
      given:close()
    end)
  end)
end)
