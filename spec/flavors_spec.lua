--- A flavor starts at the last `___` of a name, wherever a name is shown or asked for.
local btf = require "spec.support.btf"
local btfl = require "btfl"
local object = require "spec.support.object"
local open = require "spec.support.opened"
local run = require "spec.support.run"
local tmp = require "spec.support.tmp"

local function write_kernel(file, struct, member)
  local b = btf.new()
  local word, long = b:int("int", 4, "signed"), b:int("long", 8, "signed")
  b:struct(struct, 24, { { "pid", word, 0 }, { member, long, 64 }, { "tgid", word, 128 } })
  return tmp.write(file, b:bytes())
end

local function write_object(struct)
  local b = btf.new()
  local word, long = b:int("int", 4, "signed"), b:int("long", 8, "signed")
  local root = b:struct(struct, 16, { { "pid", word, 0 }, { "state", long, 64 } })
  local o = object.new(b)
  o:program { insns = { object.mov(1, 8), object.exit() },
    relos = { { insn = 0, type = root, access = "0:1", kind = "byte_off" } } }
  return tmp.write("flavors.o", o:bytes())
end

local function asked(kernel, obj)
  return run({ "check", obj, "-t", kernel }).out:match "follow it: btfl why (%S+)"
end

local function code(path, kernel, witness)
  return run({ "why", path, "-t", kernel, "--from", witness, "--code" }).out
end

describe("a flavor", function()
  teardown(tmp.clean)

  it("starts at the first or the last three underscores where that is asked for", function()
    local names = { "foo", "foo___x", "foo___x___y", "foo____x", "___foo", "foo___", "foobar___x", "fo", "___",
      "foo", "a_long_name_of_more_than_thirty_two_bytes", "a_long_name_of_more_than_thirty_two_bytes___x" }
    local b = btf.new()
    for i, name in ipairs(names) do b[i % 2 == 0 and "union" or "struct"](b, name, 4, {}) end
    b:func("foo___z", b:func_proto(0))
    local opened <close> = open(b)
    local cut = {
      first = function(name) return name:match "^(.-)___" or name end,
      last = function(name) return name:match "^(.+)___" or name end,
    }
    local function ids(...)
      local list = {}
      for t in opened:candidates(...) do list[#list + 1] = t.id end
      return list
    end
    table.insert(names, "foo___none")
    for how, of in pairs(cut) do
      for _, name in ipairs(names) do
        local all, unions = {}, {}
        for id = 1, #names - 1 do
          if of(names[id]) == of(name) then
            all[#all + 1] = id
            unions[#unions + 1] = id % 2 == 0 and id or nil
          end
        end
        assert.same(all, ids(name, nil, how))
        assert.same(unions, ids(name, "union", how))
      end
      assert.same({}, ids("none", nil, how))
    end
    assert.has_error(function() opened:candidates("foo", nil, "middle") end)
    assert.has_error(function() opened:candidates("a\0b", nil, "first") end)
    local next_one = opened:candidates("foo", nil, "first")
    opened:close()
    assert.error_matches(next_one, "is closed")
  end)

  it("is what follows the last three underscores that stand alone", function()
    local names = {
      plain = "plain", a___b = "a", a___b___c = "a___b", ["___a"] = "___a", a___ = "a___", a____b = "a____b",
      a____b___c = "a____b", a___b____c = "a", ["___"] = "___", ["______"] = "______",
    }
    local b, sorted = btf.new(), {}
    for name in pairs(names) do
      b:struct(name, 4, {})
      sorted[#sorted + 1] = name
    end
    local opened = open(b)
    for id, name in ipairs(sorted) do
      assert.same({ name, names[name], names[name] },
        { opened:type(id).name, opened:type(id).essential, btfl.essential(name) })
    end
    assert.equal("", btfl.essential "")
    assert.has_error(function() btfl.essential() end)
  end)

  -- libbpf cuts these names, too, and takes none of what it finds.
  it("is no part of a function's name", function()
    local function build(...)
      local b = btf.new()
      local proto = b:func_proto(0)
      local id
      for _, name in ipairs { ... } do id = b:func(name, proto, "global") end
      return b, id
    end
    local kernel = build("run", "run___new", "run___old")
    local b, root = build "run___old"
    local o = object.new(b)
    o:program { insns = { object.mov(1, 1), object.exit() },
      relos = { { insn = 0, type = root, access = "0", kind = "type_exists" } } }
    local target <close> = btfl.target(tmp.write("functions.btf", kernel:bytes()))
    local obj <close> = btfl.object(tmp.write("functions.o", o:bytes()))
    for relo in obj:relos() do
      local res, tried = relo:resolve(target), {}
      for attempt in res:trail() do tried[#tried + 1] = attempt.candidate.name end
      assert.same({ "ok", 0, { "run___old" } }, { res.status, res.value, tried })
    end
  end)

  it("is left out of the question that check hints at", function()
    assert.equal("task.state", asked(write_kernel("k.btf", "task", "__state"), write_object "task___old"))
  end)

  it("stays there when what is before it would be read as having one", function()
    local kernel = write_kernel("k.btf", "task___v2___k", "__state")
    local path = asked(kernel, write_object "task___v2___old")
    assert.equal("task___v2___old.state", path)
    local r = run { "why", path, "-t", kernel, "--object", tmp.path "flavors.o", "--format", "tsv" }
    assert.matches("task___v2___k.__state\trenamed", r.out, 1, true)
  end)

  it("gives way to the flavors of code, which are found by the name before it", function()
    local old = write_kernel("old.btf", "task___v2___old", "state")
    local new = write_kernel("new.btf", "task___v2___k", "__state")
    local text = code("task___v2___old.state", new, old)
    assert.matches("struct task___v2___old {", text, 1, true)
    assert.is_nil(text:find("struct task___old", 1, true), text)
  end)
end)
