--- What every handle promises: canonical, read-only, helpful about wrong names, dead once its owner
--- is closed, and an error of an input that says where it is.

local btfl = require "btfl"
local builder = require "spec.support.btf"
local loadable = require "spec.support.loadable"
local objects = require "spec.support.object"
local tmp = require "spec.support.tmp"

local OBJECT, KERNEL = "spec/fixtures/example.bpf.o", "spec/fixtures/small.btf"

local function raised(f, ...)
  local ok, message = pcall(f, ...)
  assert.is_false(ok)
  return tostring(message)
end

local function raises(text, f, ...)
  local message = raised(f, ...)
  assert.is_truthy(message:find(text, 1, true), ("%q does not say %q"):format(message, text))
end

local function field(value, name)
  return function() return value[name] end
end

local function list(iterator)
  local out = {}
  for value in iterator do out[#out + 1] = value end
  return out
end

-- One value of each class, all from one object, its BTF and one target.
local function one_of_each()
  local object, target = btfl.object(OBJECT), btfl.target(KERNEL)
  local relo = object:relos()()
  local result = relo:resolve(target)
  local values = {
    object = object, target = target, btf = object.btf, relo = relo, result = result,
    program = object:programs()(), line = relo.line, accessor = relo.accessor, type = relo.type,
    attempt = result:trail()(), subset = btfl.subset(target), builder = btfl.builder(),
    kernel_version = btfl.target(KERNEL, { version = "5.10" }).version,
  }
  local other = btfl.object(tmp.write("loadable.o", loadable.new():bytes()))
  values.map, values.extern, values.struct_ops = other:maps()(), other:externs()(), other:struct_ops()()
  values.attach, values.call = other:program("main").attach, other:program("main"):calls()()
  for program in object:programs() do
    local verdict = program:verdict(target)
    for failure in verdict:failures() do
      values.verdict, values.obstacle = values.verdict or verdict, values.obstacle or failure
      values.guard = values.guard or failure.guard
    end
  end
  values.policy = btfl.policy {
    name = "keeper",
    missing = function(_, _, default)
      values.default = default
      return default()
    end,
  }
  object:results(target, { policy = values.policy })
  for t in target.btf:types() do
    values.member = values.member or t:members()()
    values.enumerator = values.enumerator or t:values()()
  end
  for t in object.btf:types() do
    values.param = values.param or t.kind == "func_proto" and t:params()() or nil
    values.secvar = values.secvar or t:vars()()
  end
  return values
end

describe("a handle", function()
  it("exists for every class", function()
    local values = one_of_each()
    for _, class in ipairs(require("btfl.engine").classes) do
      if class ~= "error" then
        assert.is_not_nil(values[class], class)
        assert.equal("btfl." .. class, require "btfl.class"(values[class]))
      end
    end
  end)

  it("is the same value each time, whichever way it is reached", function()
    local v = one_of_each()
    local btf = v.target.btf
    local task = btf:get("task_struct")
    assert.equal(task, btf:type(task.id))
    assert.equal(task, btf:find("task_struct", "struct"))
    assert.equal(task, btf:candidates("task_struct")())
    assert.equal(task:members()(), task:members()())
    assert.equal(task, task:members()().parent)
    assert.equal(btf, task.btf)
    assert.equal(v.object.btf, v.relo.type.btf)
    assert.equal(v.relo, v.program.object:relos()())
    assert.equal(v.relo.accessor, v.relo.accessor)
    assert.equal(v.result, v.relo:resolve(v.target))
    assert.equal(v.result, v.object:results(v.target)())
    assert.equal(v.result, v.attempt.result)
    assert.equal(v.result.accessor, v.result.accessor)
    assert.equal(v.result.candidate, btf:type(v.result.candidate.id))
    assert.equal(v.program, v.relo.program)
    assert.equal(v.line, v.relo.line)
    assert.equal(v.program:line(1), v.program:line(1))
    assert.equal("found", ({ [task] = "found" })[btf:get("task_struct")])
  end)

  it("is distinct for distinct parts", function()
    local btf = btfl.btf(KERNEL)
    local seen, count = {}, 0
    for t in btf:types() do
      for _, values in ipairs { { t }, list(t:members()), list(t:values()) } do
        for _, value in ipairs(values) do
          assert.is_nil(seen[value])
          seen[value], count = true, count + 1
        end
      end
    end
    assert.is_true(count > #btf)
  end)

  it("keeps its owner alive", function()
    local member = btfl.btf(KERNEL):get("task_struct"):member("pid")
    local result = btfl.object(OBJECT):relos()():resolve(btfl.target(KERNEL))
    collectgarbage()
    collectgarbage()
    assert.equal("pid", member.name)
    assert.equal("task_struct", member.parent.name)
    assert.equal("ok", result.status)
    assert.equal(OBJECT, result.relo.object.path)
    assert.equal("small", result.target.name)
  end)

  it("goes when nothing refers to it", function()
    local btf = btfl.btf(KERNEL)
    local weak = setmetatable({ btf:type(1) }, { __mode = "v" })
    collectgarbage()
    assert.is_nil(weak[1])
    local kept <const> = btf:type(1)
    weak[1] = btf:type(1)
    collectgarbage()
    assert.equal(kept, weak[1])
  end)

  it("of a result keeps its target, the object does not", function()
    local object = btfl.object(OBJECT)
    local result = object:relos()():resolve(btfl.target(KERNEL))
    local weak = setmetatable({ result.target }, { __mode = "v" })
    collectgarbage()
    assert.equal("small", weak[1].name)
    assert.is_true(result.ok)
    result = nil
    -- A target has a finalizer: one cycle runs it, the next one frees the target.
    for _ = 1, 3 do collectgarbage() end
    assert.is_nil(result or weak[1])
    assert.equal(OBJECT, object.path)
  end)

  it("cannot be written to", function()
    for class, value in pairs(one_of_each()) do
      raises(("btfl.%s is read-only"):format(class), function() value.name = "x" end)
      raises("read-only", function() value.new_field = 1 end)
    end
  end)

  it("suggests the name that was meant", function()
    local v = one_of_each()
    raises("btfl.type has no field 'nmae' (did you mean 'name'?)", field(v.type, "nmae"))
    raises("btfl.type has no field 'membrs' (did you mean 'members'?)", field(v.type, "membrs"))
    raises("btfl.btf has no field 'edian' (did you mean 'endian'?)", field(v.btf, "edian"))
    raises("btfl.relo has no field 'resolv' (did you mean 'resolve'?)", field(v.relo, "resolv"))
    raises("btfl.type has no field 'dcl' (did you mean 'decl'?)", field(v.type, "dcl"))
    for class, value in pairs(v) do
      local message = raised(field(value, "qqqqqqqqqqqqqqqq"))
      assert.is_truthy(message:find(("btfl.%s has no field 'qqqqqqqqqqqqqqqq'$"):format(class)))
      raises(("btfl.%s has no field '1'"):format(class), field(value, 1))
    end
  end)

  it("says which argument is wrong, and of which method", function()
    local v = one_of_each()
    raises("bad argument #1 to 'type' (number expected, got string)",
      function() v.btf:type("first") end)
    raises("bad argument #1 to 'type' (btfl.btf expected, got btfl.type)",
      function() v.btf.type(v.type, 1) end)
    raises("bad argument #1 to 'type' (btfl.btf expected, got no value)", function() v.btf.type() end)
    raises("bad argument #1 to 'resolve' (btfl.target expected, got btfl.btf)",
      function() v.relo:resolve(v.btf) end)
    raises("no kind is called 'strct' (did you mean 'struct'?)",
      function() v.btf:find("x", "strct") end)
    raises("string contains a NUL", function() btfl.btf(KERNEL .. "\0.gz") end)
  end)

  it("shows itself", function()
    local v = one_of_each()
    local task = v.target.btf:get("task_struct")
    assert.equal(("[%d] struct task_struct"):format(task.id), tostring(task))
    assert.equal("task_struct.pid", tostring(task:member("pid")))
    assert.equal(("%s:%d:%d"):format(v.line.file, v.line.line, v.line.column), tostring(v.line))
    assert.equal(v.relo.path, tostring(v.relo.accessor))
  end)
end)

describe("get", function()
  it("raises with the nearest names, where find gives nil", function()
    local btf = btfl.btf(KERNEL)
    assert.is_nil(btf:find("task_strct"))
    raises("no type 'task_strct' in spec/fixtures/small.btf (did you mean 'task_struct'?)",
      btf.get, btf, "task_strct")
    raises("no union 'task_struct' in spec/fixtures/small.btf", btf.get, btf, "task_struct", "union")
  end)
end)

describe("a split BTF", function()
  local base_path, split_path, int, pair, own

  setup(function()
    local b = builder.new()
    int = b:int("int", 4, "signed")
    pair = b:struct("pair", 8, { { "a", int, 0 }, { "b", int, 32 } })
    base_path = tmp.write("base.btf", b:bytes())
    local s = builder.new { base = b }
    own = s:struct("own", 8, { { "both", pair, 0 } })
    split_path = tmp.write("split.btf", s:bytes())
  end)

  it("gives the base's handles for the base's types", function()
    local base = btfl.btf(base_path)
    local split = btfl.btf(split_path, base)
    assert.equal(base, split.base)
    assert.is_nil(base.base)
    assert.equal(base:type(pair), split:type(pair))
    assert.equal(base:type(pair), split:type(own):member("both").type)
    assert.equal(base:type(0), split:type(0))
    assert.equal(base, split:type(int).btf)
    assert.equal(split, split:type(own).btf)
    assert.equal(base:get("pair"), split:get("pair"))
    assert.is_nil(base:type(own))
    assert.equal(own, #split)
    assert.same({ split:type(own) }, list(split:types()))
    local member, offset = split:type(own):member("both.b")
    assert.equal(base:get("pair"):member("b"), member)
    assert.equal(32, offset)
  end)

  it("outlives the closing of its base, but not the base's handles", function()
    local base = btfl.btf(base_path)
    local split = btfl.btf(split_path, base)
    local t = split:type(own)
    base:close()
    assert.equal("own", t.name)
    assert.equal(8, t.size)
    raises(("btf '%s' is closed"):format(base_path), function() return split:type(pair) end)
    raises("is closed", function() return t:member("both").type end)
  end)

  it("is a target's BTF without being copied", function()
    local base = btfl.btf(base_path)
    local target = btfl.target(base)
    assert.equal(base, target.btf)
    target:close()
    assert.equal("pair", base:type(pair).name)
    local split = btfl.btf(split_path, base)
    local over = btfl.target(split)
    assert.equal(base, over.btf)
    local _, module = over:modules()()
    assert.equal(split, module)
  end)
end)

describe("closing", function()
  local function closes(owner, message, others)
    owner:close()
    for what, f in pairs(others) do
      local text = raised(f)
      assert.is_truthy(text:find(message, 1, true), what .. ": " .. text)
    end
    owner:close()
  end

  it("a BTF ends its handles and its iterators", function()
    local btf = btfl.btf(KERNEL)
    local t, types, named = btf:get("task_struct"), btf:types(), btf:candidates("task_struct")
    local member, members = t:member("pid"), t:members()
    types()
    members()
    closes(btf, "btf 'spec/fixtures/small.btf' is closed", {
      path = field(btf, "path"), len = function() return #btf end, type = field(t, "name"),
      member = field(member, "name"), parent = field(member, "parent"), types = types,
      named = named, members = members, find = function() return btf:find("x") end,
      method = function() return t:members() end, type_len = function() return #t end,
    })
    assert.equal("btf 'spec/fixtures/small.btf' (closed)", tostring(btf))
  end)

  it("an object ends its BTF, relocations and results", function()
    local v = one_of_each()
    local relos, results, trail = v.object:relos(), v.object:results(v.target), v.result:trail()
    local steps, target_spec = v.accessor:steps(), v.result.accessor
    closes(v.object, "object 'spec/fixtures/example.bpf.o' is closed", {
      btf = field(v.object, "btf"), old_btf = field(v.btf, "path"), type = field(v.type, "name"),
      program = field(v.program, "name"), relo = field(v.relo, "kind"),
      line = field(v.line, "text"), accessor = field(v.accessor, "path"), result = field(v.result, "ok"),
      attempt = field(v.attempt, "ok"), relos = relos, results = results, trail = trail,
      steps = steps, target_spec = field(target_spec, "path"), param = field(v.param, "name"),
    })
    assert.equal("small", v.target.name)
    assert.is_truthy(tostring(v.btf):find("(closed)", 1, true), "its BTF is freed too")
  end)

  it("leaves every handle something to show", function()
    for owner, path in pairs { object = OBJECT, target = KERNEL } do
      local v = one_of_each()
      v.kernel_type, v.kernel_btf = v.member.parent, v.target.btf
      local noun = ("%s '%s'"):format(owner, path)
      v[owner]:close()
      for class, value in pairs(v) do assert.is_string(tostring(value), class) end
      assert.equal(noun .. " (closed)", tostring(v[owner]))
      for _, class in ipairs { "result", "verdict" } do
        assert.equal(("%s of %s (closed)"):format(class, noun), tostring(v[class]))
      end
      local t = owner == "object" and v.type or v.kernel_type
      assert.equal(("type of %s (closed)"):format(noun), tostring(t))
      assert.equal("closed: " .. tostring(t), ("closed: %s"):format(t))
    end
    local v = one_of_each()
    v.object.btf:close()
    for class, value in pairs(v) do assert.is_string(tostring(value), class) end
    assert.equal(("accessor (btf '%s' is closed)"):format(OBJECT), tostring(v.accessor))
  end)

  it("a target ends its BTF and the results on it, but no others", function()
    local v = one_of_each()
    local other = btfl.target(KERNEL)
    local result, btf = v.relo:resolve(other), v.target.btf
    local results, modules = v.object:results(v.target), v.target:modules()
    closes(v.target, "target 'spec/fixtures/small.btf' is closed", {
      name = field(v.target, "name"), btf = field(btf, "path"), member = field(v.member, "name"),
      result = field(v.result, "value"), candidate = field(v.attempt, "candidate"),
      results = results, modules = modules,
      resolve = function() return v.relo:resolve(v.target) end,
    })
    assert.is_true(result.ok)
    assert.equal(v.relo, result.relo)
  end)

  it("happens at the end of a <close> variable", function()
    local btf, object, target
    do
      local b <close> = btfl.btf(KERNEL)
      local o <close> = btfl.object(OBJECT)
      local t <close> = btfl.target(KERNEL)
      btf, object, target = b, o, t
    end
    for _, owner in ipairs { btf, object, target } do raises("is closed", field(owner, "path")) end
  end)

  it("leaves a collected cycle of owners clean", function()
    for _ = 1, 20 do
      local v = one_of_each()
      v.cycle = v
    end
    collectgarbage()
    assert.equal("ok", one_of_each().result.status)
  end)
end)

describe("an error of an input", function()
  local function input_error(...)
    local ok, err = pcall(...)
    assert.is_false(ok)
    assert.equal("btfl.error", require "btfl.class"(err))
    return err
  end

  it("is a value with fields and one line of text", function()
    local path = tmp.write("cut.btf", builder.new():bytes():sub(1, 10))
    local err = input_error(btfl.btf, path)
    assert.equal("format", err.code)
    assert.equal(path, err.file)
    assert.is_nil(err.section)
    assert.equal(0, err.offset)
    assert.equal(("%s: +0: %s"):format(path, err.message), tostring(err))
    assert.equal("before " .. tostring(err), "before " .. err)
    assert.equal(tostring(err) .. 1, err .. 1)
    raises("btfl.error has no field 'cdoe' (did you mean 'code'?)", field(err, "cdoe"))
    raises("read-only", function() err.code = "x" end)
  end)

  it("names the section", function()
    local b = builder.new()
    b:int("int", 4)
    local o = objects.new(b, { btf_bytes = b:bytes():sub(1, -2) })
    o:program { insns = { objects.exit() } }
    local err = input_error(btfl.object, tmp.write("cut.o", o:bytes()))
    assert.equal("format", err.code)
    assert.equal(".BTF", err.section)
  end)

  it("has the operating system's reason", function()
    local err = input_error(btfl.object, tmp.path("missing.o"))
    assert.equal("io", err.code)
    assert.is_nil(err.offset)
    assert.is_truthy(tostring(err):find("No such file or directory", 1, true))
    assert.equal("io", input_error(btfl.target, tmp.path("missing")).code)
  end)

  it("raises again after a failure, and leaves nothing behind", function()
    local path = tmp.write("text.btf", "not BTF at all, just a text\n")
    for _ = 1, 200 do input_error(btfl.btf, path) end
    collectgarbage()
    assert.equal("unsupported", input_error(btfl.target, path).code)
  end)
end)
