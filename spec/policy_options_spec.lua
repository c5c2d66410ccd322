--- Where a policy may be given: every command obeys --policy or refuses it, every option takes a name.

local btfl = require "btfl"
local object = require "spec.support.object"
local run = require "spec.support.run"
local tmp = require "spec.support.tmp"
local trial = require "spec.support.trial"

local function int(b) return b:int("int", 4, "signed") end

-- foo.a has become b; the enum is left as it was.
local function open()
  return trial.open(function(l, t)
    local li, ti = int(l), int(t)
    t:struct("foo", 32, { { "x", ti, 0 }, { "b", ti, 64 }, { "c", ti, 96 } })
    t:struct("flag", 4, { { "f", ti, 0 } })
    local foo = l:struct("foo", 8, { { "a", li, 0 } })
    return { { foo, "0:0", "byte_off" }, { foo, "0", "type_size", object.mov(1, 8) } }
  end)
end

-- What every case has.
local obj, target, file

local function around_each()
  before_each(function()
    obj, target = open()
    file = tmp.write("mine.lua", 'return btfl.renames({ ["foo.a"] = "b" }, "mine")')
  end)
  after_each(function()
    obj:close()
    target:close()
  end)
  teardown(tmp.clean)
end

describe("a policy's name", function()
  around_each()

  it("stands for it in every option", function()
    local relo = obj:relos()()
    local policy = btfl.policy(file)
    assert.equal("ok 8", trial.said(relo:resolve(target, { policy = file })))
    assert.equal(relo:resolve(target, { policy = policy }), relo:resolve(target, { policy = file }))
    assert.equal("ok 8", trial.said(obj:results(target, { policy = file })()))
    assert.equal("ok 8", trial.said(relo:try(target, target.btf:get "foo", { policy = file })))
    assert.equal("loads", obj:program("raw_tp_a"):verdict(target, { policy = file }).verdict)
    assert.equal("rejected", obj:program("raw_tp_a"):verdict(target, { policy = "libbpf" }).verdict)
    assert.equal(0, obj:check(target, { policy = file }).status)
    assert.equal(1, obj:check(target, { policy = "strict" }).status)
    assert.equal(target, btfl.subset(target, { policy = file }).target)
  end)

  it("that there is not is told", function()
    local relo = obj:relos()()
    for _, use in ipairs {
      function() relo:resolve(target, { policy = "nosuch" }) end,
      function() obj:check(target, { policy = "nosuch" }) end,
      function() btfl.subset(target, { policy = "nosuch" }) end,
      function() obj:program("raw_tp_a"):verdict(target, { policy = "nosuch" }) end,
    } do
      local ok, e = pcall(use)
      assert.is_false(ok)
      assert.matches("there is no policy `nosuch`", tostring(e), 1, true)
    end
    local ok, e = pcall(btfl.subset, target, { polcy = "x" })
    assert.is_false(ok)
    assert.matches("unknown option 'polcy'", e, 1, true)
  end)
end)

describe("a subset by a policy", function()
  around_each()

  local function members(bytes)
    local names = {}
    for m in btfl.btf(tmp.write("part.btf", bytes)):get("foo"):members() do names[#names + 1] = m.name end
    return names
  end

  it("keeps what its rules find, and gives their answers", function()
    local plain = btfl.subset(target)
    plain:add(obj)
    assert.same({}, members((plain:bytes())))
    local subset = btfl.subset(target, { policy = file })
    subset:add(obj)
    local bytes = subset:bytes()
    assert.same({ "b" }, members(bytes))
    local part = btfl.target(tmp.write("part.btf", bytes))
    for i, r in ipairs(trial.results(obj, part, btfl.policy(file))) do
      local usual = trial.results(obj, target, btfl.policy(file))[i]
      assert.same({ usual.status, usual.value, usual.after }, { r.status, r.value, r.after })
    end
  end)

  it("is what minbtf --policy writes", function()
    local out = tmp.path "out.btf"
    local r = run { "minbtf", obj.path, "-t", target.path, "-o", out, "--policy", file }
    assert.same({ 0, "", "" }, { r.status, r.out, r.err })
    assert.same({ "b" }, members(tmp.read(out)))
    r = run { "minbtf", obj.path, "-t", target.path, "-o", out }
    assert.same({ 0, {} }, { r.status, members(tmp.read(out)) })
  end)

  it("meets the part that minbtf tries under the kernel's own name, with no file of it", function()
    local mine = tmp.write("telling.lua", [[
return btfl.policy { name = "telling", missing = function(_, t, default)
  io.stderr:write(t.path, "\n")
  return default()
end }]])
    local r = run { "minbtf", obj.path, "-t", target.path, "-o", tmp.path "out.btf", "--policy", mine }
    assert.same({ 0, "" }, { r.status, r.out })
    local lines = 0
    for line in r.err:gmatch "[^\n]+" do
      lines = lines + 1
      assert.equal(target.path, line)
    end
    assert.is_true(lines >= 2)
  end)

  it("is refused when a hook looks at more than it finds", function()
    local path = tmp.path "never.btf"
    local nosy = tmp.write("nosy.lua", [[
return btfl.policy { name = "nosy", member = function(m, t, default)
  return default(m, t) or default.target.btf:find "flag" and "b" or nil
end }]])
    local out = run { "minbtf", obj.path, "-t", target.path, "-o", path, "--policy", nosy }
    assert.same({ 2, "" }, { out.status, out.out })
    assert.equal(("btfl minbtf: %s: relocation 0 (byte_off foo.a) is ok 8 b701000008000000 against the whole and "
      .. "poison against the part: policy 'nosy' looks at more than it finds\n"):format(obj.path), out.err)
    assert.is_nil(io.open(path))
  end)

  it("cannot be closed by its hooks, nor a closed target be asked", function()
    local subset = btfl.subset(target, { policy = btfl.policy { name = "closing", member = function(_, _, default)
      default.target:close()
    end } })
    local ok, e = pcall(subset.add, subset, obj)
    assert.is_false(ok)
    assert.matches("cannot be closed while a policy is at work", tostring(e), 1, true)
  end)
end)

describe("--policy", function()
  around_each()

  -- What the command says of the pair without a policy and with one.
  local function both(command)
    local out = {}
    for i, words in ipairs { {}, { "--policy", file } } do
      local line = { table.unpack(command) }
      table.move(words, 1, #words, #line + 1, line)
      out[i] = run(line)
    end
    return out[1], out[2]
  end

  for _, command in ipairs { "check", "relos", "verdicts" } do
    it("is obeyed by " .. command, function()
      local plain, mine = both { command, obj.path, "-t", target.path, "--format", "json" }
      assert.is_true(plain.out:find('"foo.a"', 1, true) ~= nil or plain.out:find("poison", 1, true) ~= nil
        or plain.out:find("rejected", 1, true) ~= nil)
      assert.not_equal(plain.out, mine.out)
      assert.equal(0, mine.status)
    end)
  end

  for command, why in pairs {
    why = "what became of a name is asked of kernels and not of rules",
    dialects = "the loaders are compared by their own rules",
    lint = "the policies to look at are arguments",
  } do
    it(("is refused by %s, which does not offer it"):format(command), function()
      local r = run { command, "x", "-t", target.path, "--policy", "renames" }
      assert.same({ 2, "", ("btfl %s: %s: --policy does not apply\n"):format(command, why) },
        { r.status, r.out, r.err })
      assert.is_nil(run({ command, "--help" }).out:find("--policy", 1, true))
    end)
  end

  it("is refused by relos --local", function()
    local r = run { "relos", obj.path, "--local", "--policy", "renames" }
    assert.same({ 2, "", "btfl: --local shows what the objects hold, whatever the rules: --policy does not apply\n" },
      { r.status, r.out, r.err })
  end)

  it("is unknown to commands that relocate nothing", function()
    for _, command in ipairs { "types", "doctor", "explain" } do
      local r = run { command, "x", "y", "--policy", "renames" }
      assert.equal(2, r.status)
      assert.matches("unknown option '--policy'", r.err, 1, true)
    end
  end)
end)
