--- When a hook is asked: the words of a policy's `when`, and that what shipped policies leave to the rules below
--- them is what they would have answered.

local btfl = require "btfl"
local object = require "spec.support.object"
local tmp = require "spec.support.tmp"
local trial = require "spec.support.trial"

local corpus = os.getenv("BTFL_CORPUS") or "../shared/corpus"

-- The same policy without words.
local function always(name)
  local policy
  local tiers = btfl.policy(name):tiers()
  for i = #tiers, 1, -1 do
    local definition = {}
    for key, value in pairs(tiers[i]) do definition[key] = value end
    definition.when, definition.extends = nil, policy
    policy = btfl.policy(definition)
  end
  return policy
end

local function type_of(t) return t and ("%s[%d]"):format(t.btf.path, t.id) end

-- All that is told of a result.
local function told(r)
  local list = { r.status, r.reason, r.value, r.old, r.before, r.after, r.decider, r.note, r:refusal() }
  for i = 1, 10 do list[i] = tostring(list[i]) end
  for decider, note in r:decisions() do list[#list + 1] = ("%s (%s)"):format(decider, note) end
  for a in r:trail() do
    list[#list + 1] = ("%s: %s %s %s %s"):format(type_of(a.candidate), a.ok, a.reason, a.step, (a:refusal()))
  end
  return table.concat(list, ", ")
end

local function all_told(obj, target, policy)
  local list = {}
  for _, r in ipairs(trial.results(obj, target, policy)) do list[#list + 1] = told(r) end
  return list
end

local function int(b) return b:int("int", 4, "signed") end

local obj, target

local function open(make, options) obj, target = trial.open(make, options) end

-- How often a hook with these words is asked of each relocation of the pair that is open, as a policy on top of
-- another, and the results.
local function asked(hook, words, below)
  local count = {}
  local results = trial.results(obj, target, btfl.policy {
    name = "test", extends = below, when = { [hook] = words },
    [hook] = function(_, _, default)
      local i = default.relo.index + 1
      count[i] = (count[i] or 0) + 1
      return default()
    end,
  })
  for i = 1, #results do count[i] = count[i] or 0 end
  return count, results
end

describe("a policy's words", function()
  teardown(tmp.clean)

  after_each(function()
    if obj then obj:close() target:close() end
    obj, target = nil, nil
  end)

  local function refuses(definition, message)
    local ok, e = pcall(btfl.policy, definition)
    assert.is_false(ok)
    assert.matches(message, tostring(e), 1, true)
  end

  it("are those of its hooks", function()
    local function f() return nil end
    refuses({ name = "x", member = f, when = { member = "no-feild" } },
      "`no-feild` is no word of `when.member` (did you mean `no-field`?)")
    refuses({ name = "x", member = f, when = { member = { "refused", "poison" } } },
      "`poison` is no word of `when.member`")
    refuses({ name = "x", choose = f, when = { choose = "refused" } }, "`refused` is no word of `when.choose`")
    refuses({ name = "x", when = { member = "refused" } }, "it has no `member`")
    refuses({ name = "x", member = f, when = { membre = "refused" } }, "it has no `membre` (did you mean `member`?)")
    refuses({ name = "x", member = f, when = { member = 1 } }, "a word or a list of words, not a number value")
    refuses({ name = "x", member = f, when = { member = { 1 } } }, "`1` is no word of `when.member`")
    refuses({ name = "x", member = f, when = "refused" }, "when of a policy is a table, not a string value")
  end)

  it("are kinds of relocations, and reasons", function()
    open(function(l, t)
      t:struct("foo", 8, { { "b", int(t), 32 } })
      local foo = l:struct("foo", 8, { { "a", int(l), 0 }, { "b", 1, 32 } })
      return { { foo, "0:0", "byte_off" }, { foo, "0:1", "byte_off", object.mov(1, 4) },
        { foo, "0:1", "byte_sz", object.mov(1, 4) }, { l:struct("gone", 4, { { "a", 1, 0 } }), "0:0", "byte_off" } }
    end)
    assert.same({ 1, 1, 1, 0 }, (asked("member")))
    assert.same({ 0, 0, 1, 0 }, (asked("member", "byte_sz")))
    assert.same({ 1, 0, 0, 0 }, (asked("member", "refused")))
    assert.same({ 1, 0, 0, 0 }, (asked("member", { "no-enumval", "no-field" })))
    assert.same({ 1, 0, 1, 0 }, (asked("member", { "no-field", "byte_sz" })))
    assert.same({ 0, 0, 0, 0 }, (asked("member", "no-enumval")))
    assert.same({ 0, 0, 0, 0 }, (asked("member", {})))
    assert.same({ 0, 0, 0, 1 }, (asked("candidates", "no-type")))
    assert.same({ 1, 0, 0, 1 }, (asked("missing", "refused")))
    assert.same({ 0, 0, 0, 1 }, (asked("missing", "no-type")))
  end)

  it("are what is compared", function()
    open(function(l, t)
      local function make(b)
        local e = b:enum("e", { { "A", 1 } })
        local many = b:array(b:typedef("t", e), 2)
        return b:struct("foo", 24, { { "a", int(b), 0 }, { "e", e, 32 }, { "many", many, 64 } })
      end
      make(t)
      local foo = make(l)
      return { { foo, "0:0", "byte_off" }, { foo, "0:1", "byte_off", object.mov(1, 4) },
        { foo, "0:2", "byte_off", object.mov(1, 8) }, { foo, "0", "type_exists", object.mov(1, 1) },
        { foo, "0", "type_matches", object.mov(1, 1) } }
    end)
    assert.same({ 1, 1, 1, 0, 0 }, (asked("compatible", "field")))
    assert.same({ 0, 0, 0, 1, 0 }, (asked("compatible", "type")))
    assert.same({ 0, 0, 0, 0, 1 }, (asked("compatible", "matches")))
    assert.same({ 0, 1, 1, 0, 0 }, (asked("compatible", "enum")))
    assert.same({ 0, 0, 0, 1, 1 }, (asked("compatible", "struct")))
  end)

  it("are disputed candidates", function()
    open(function(l, t, module)
      local ti = int(t)
      local members = { { "a", ti, 0 } }
      for _, name in ipairs { "one", "two", "two", "several", "other___x", "under_", "kept" } do
        t:struct(name, 4, members)
      end
      t:typedef("several", ti)
      t:union("kind", 4, members)
      t:struct("under____x", 4, members)
      -- It stands for something else here.
      t:typedef("alias", t:ptr(ti))
      module():struct("away", 4, members)
      local relos, li = {}, int(l)
      for _, name in ipairs { "one", "two", "several", "other", "kind", "away", "none", "one___x", "one___",
        "one___x___y", "under_", "kept" } do
        relos[#relos + 1] = { l:struct(name, 4, { { "a", li, 0 } }), "0:0", "byte_off" }
      end
      relos[#relos + 1] = { l:typedef("alias", li), "0", "type_exists", object.mov(1, 1) }
      return relos
    end)
    local disputed = { 0, 1, 1, 1, 1, 1, 0, 0, 1, 1, 1, 0, 1 }
    assert.same(disputed, (asked("candidates", "disputed")))
    for i, n in ipairs((asked("value", "disputed"))) do assert.equal(disputed[i] > 0, n > 0, i) end
  end)

  it("are flavors of enumerators, bitfields and what becomes of an instruction", function()
    open(function(l, t)
      local function make(b, size)
        local a, bits = b:int("size" .. size, size, "signed"), b:int("b", 4, "signed")
        return b:struct("foo", 24, { { "a", a, 0 }, { "bits", bits, 64, 3 } })
      end
      make(t, 8)
      t:enum("plain", { { "A", 1 }, { "B", 2 } })
      t:enum("odd", { { "A", 1 }, { "B___x", 0x80000000 } })
      local foo = make(l, 4)
      local plain, odd = l:enum("plain", { { "A", 1 }, { "A___y", 1 } }), l:enum("odd", { { "B", 1 } })
      return { { foo, "0:0", "byte_off", object.ldx(4, 1, 2, 0) }, { foo, "0:1", "byte_off", object.mov(1, 8) },
        { plain, "0", "enumval_value", object.mov(1, 1) }, { plain, "1", "enumval_value", object.mov(1, 1) },
        { odd, "0", "enumval_value", object.mov(1, 1) }, { foo, "0:0", "byte_sz", object.insn(0xd4, 1, 0, 0, 4) },
        { l:struct("gone", 4, { { "a", 1, 0 } }), "0:0", "byte_off" } }
    end)
    assert.same({ 0, 0, 0, 1, 1, 0, 0 }, (asked("member", "flavored")))
    assert.same({ 0, 2, 0, 0, 0, 0, 0 }, (asked("value", "bitfield")))
    assert.same({ 1, 0, 0, 0, 0, 0, 0 }, (asked("patch", "resized")))
    assert.same({ 0, 0, 0, 0, 1, 0, 0 }, (asked("patch", "wide")))
    assert.same({ 0, 0, 0, 0, 0, 1, 0 }, (asked("patch", "swap")))
    assert.same({ 0, 0, 0, 0, 0, 0, 1 }, (asked("patch", "poison")))
  end)

  it("of a reason look at what the rules below answer, a policy's too", function()
    open(function(l, t)
      t:struct("foo", 8, { { "kept", int(t), 0 }, { "b", 1, 32 } })
      local foo = l:struct("foo", 12, { { "a", int(l), 0 }, { "kept", 1, 32 }, { "c", 1, 64 } })
      return { { foo, "0:0", "byte_off" }, { foo, "0:1", "byte_off", object.mov(1, 4) },
        { foo, "0:2", "byte_off", object.mov(1, 8) } }
    end)
    -- It finds a, refuses kept, and leaves c.
    local below = btfl.policy { name = "below", member = function(m, t, default)
      if m.name == "a" then return t:member "b" end
      if m.name == "kept" then return nil, "by-policy", "private" end
      return default()
    end }
    assert.same({ 0, 1, 1 }, (asked("member", "refused", below)))
    assert.same({ 0, 1, 0 }, (asked("member", "by-policy", below)))
    local count, results = asked("member", "no-field", below)
    assert.same({ 0, 0, 1 }, count)
    local said = {}
    for i, r in ipairs(results) do said[i] = trial.said(r) .. " " .. r.decider .. " " .. tostring(r:refusal()) end
    assert.same({ "ok 4 below.member nil", "poison by-policy below.member below.member", "poison no-field libbpf nil" },
      said)
    -- What below is asked by its own words, where the one above has none.
    local tier = below:tiers()[1]
    below = btfl.policy { name = "below", member = tier.member, when = { member = "no-enumval" } }
    count, results = asked("member", nil, below)
    assert.same({ 1, 1, 1 }, count)
    assert.equal("poison no-field", trial.said(results[1]))
    assert.equal("ok 0", trial.said(results[2]))
  end)

  it("hold of what another function asks default", function()
    open(function(l, t)
      t:struct("foo", 8, { { "b", int(t), 32 } })
      return { { l:struct("foo", 8, { { "a", int(l), 0 }, { "b", 1, 32 } }), "0:1", "byte_off", object.mov(1, 4) } }
    end)
    local seen = {}
    local below = btfl.policy { name = "below", when = { member = "no-field" }, member = function(m, _, default)
      seen[#seen + 1] = m.name
      return default()
    end }
    trial.results(obj, target, btfl.policy { name = "above", extends = below, member = function(m, t, default)
      assert.is_nil(default(m.parent:member "a", t))
      return default()
    end })
    assert.same({ "a" }, seen)
  end)
end)

-- What names go on with, which the rules of loaders take apart in different ways.
local TAILS = { "", "", "", "", "___x", "___y", "____x", "___", "___x___y", "_", "__x" }

-- Types of the object and of the target, much alike, and relocations, by chance.
local function chance(random)
  local function one(list) return list[random(#list)] end
  local function sometimes() return random(4) == 1 end
  local function name_of(base) return (sometimes() and one { "___", "x___" } or "") .. base .. one(TAILS) end

  local function enumerators()
    local values = {}
    for i, base in ipairs { "A", "B", "C" } do
      values[i] = { base .. one(TAILS), one { 1, 8, 0x7fffffff, 0x80000000, 0x80000000 } }
    end
    return values
  end

  -- What members are of: the same number is much the same on both sides.
  local function basics(b)
    local i = int(b)
    return { i, b:int("int", one { 4, 8 }, one { "signed", "bool" }), b:ptr(i), b:fwd(name_of "f", "struct"),
      b:enum(sometimes() and "" or name_of "e", enumerators()), b:array(i, 2), b:float("f", 4),
      b:enum64(name_of "e", enumerators()), b:struct("in", 4, { { "z", i, 0 } }) }
  end

  local makers = {
    function(b, name, parts, n)
      return b:struct(name, 4096, { { "a", parts[n], 0 }, { "state", parts[n % 3 + 1], 8192 },
        { "bits", 1, 16384 + one { 0, 28 }, one { 3, 9 } } })
    end,
    function(b, name, parts, n)
      return b:struct(name, 4096, { { "a", b:array(parts[n], 2), 0 }, { "__state", parts[n % 3 + 1], 8192 + 64 },
        { "bits", 1, 16384 + 32, sometimes() and 3 or nil } })
    end,
    function(b, name, parts, n)
      return b:union(name, 4096, { { "a", parts[n], 0 }, { "state", parts[n % 4 + 1], 0 } })
    end,
    function(b, name) return b:enum(name, enumerators(), 4, sometimes()) end,
    function(b, name) return b:enum64(name, enumerators()) end,
    function(b, name, parts, n) return b:typedef(name, parts[n]) end,
    function(b, name) return b:func(name, b:func_proto(1, { { "p", 1 } })) end,
  }
  local FIELD = { "byte_off", "byte_off", "byte_sz", "field_exists", "signed", "lshift_u64", "rshift_u64" }
  local TYPE = { "target_type_id", "local_type_id", "type_exists", "type_size", "type_matches" }
  local VALUE = { "enumval_exists", "enumval_value" }

  local function relocation(root, maker)
    local kind = one(sometimes() and TYPE or maker <= 3 and FIELD or (maker == 4 or maker == 5) and VALUE or TYPE)
    local access = (maker <= 3 and kind:find "_[so]" and not kind:find "^type") and one { "0:0", "0:1", "0:2", "0:0:0" }
      or one { "0:0", "0:1", "0:2", "0", "1" }
    if kind:find "^type" or kind:find "_type_id" then access = "0" end
    if kind:find "^enum" then access = one { "0", "1", "2" } end
    local held = one { 0, 1, 8, 1024, 2048, 4, 64, 61, root, 0x7fffffff, 0x80000000, -0x80000000 }
    if kind == "enumval_value" then held = one { 1, -0x80000000 } end
    return { root, access, kind, one { object.mov(1, held), object.mov(1, held), object.ldx(4, 1, 2, held & 0x7fff),
      object.ldx(8, 1, 2, held & 0x7fff), object.stx(4, 1, 2, held & 0x7fff), object.insn(0xd4, 1, 0, 0, held & 0x7fff),
      object.insn(0xdc, 1, 0, 0, held & 0x7fff), object.ldimm64(1, held) }, one { "raw_tp/a", "raw_tp/b" } }
  end

  return function(l, t, module)
    local theirs, ours, relos, roots = basics(t), basics(l), {}, {}
    local own = sometimes() and basics(module()) or nil
    for _ = 1, 5 do
      local base, maker = one { "foo", "bar", "task_struct", "bpf_lpm_trie_key" }, random(#makers)
      local n = sometimes() and 5 or random(#ours)
      roots[#roots + 1] = { makers[maker](l, name_of(base), ours, n), maker }
      for _ = 1, random(3) - 1 do
        local other = sometimes() and random(#makers) or maker
        local called = base == "bpf_lpm_trie_key" and sometimes() and base .. "_u8" or name_of(base)
        makers[other](t, called, theirs, sometimes() and random(#ours) or n)
      end
      if own and sometimes() then makers[maker](module(), name_of(base), own, n) end
    end
    for i = 1, 80 do
      local root = one(roots)
      relos[i] = relocation(root[1], root[2])
    end
    return relos
  end
end

-- What chance hardly meets: a value too wide for its instruction, a rename, names that only one rule finds alike.
local function rare(l, t)
  local function make(b, name, field, value)
    local e = b:enum(name, { { "A", value } })
    return b:struct("task_struct", 8, { { field, int(b), 0 }, { "e", e, 32 } }), e
  end
  make(t, "e", "__state", 0xfffffff0)
  local task, e = make(l, "e___x___y", "state", 1)
  local wide, wider = l:enum("e", { { "A", 1 } }), l:enum64("wider", { { "A", 1 } })
  t:enum64("wider", { { "A", 1 << 40 } })
  return { { task, "0:0", "byte_off" }, { task, "0:1", "byte_off", object.mov(1, 4) },
    { wide, "0", "enumval_value", object.mov(1, 1) }, { wider, "0", "enumval_value", object.mov(1, 1) },
    { e, "0", "enumval_value", object.mov(1, 1) } }
end

describe("what a shipped policy is not asked", function()
  teardown(tmp.clean)

  local names = { "kernel", "cilium", "aya", "strict", "lenient", "renames" }

  it("is what it would have left to the rules below it, by chance", function()
    local seed, differ = 1, {}
    local function random(n)
      seed = (seed * 6364136223846793005 + 1442695040888963407) & 0x7fffffffffffffff
      return (seed >> 33) % n + 1
    end
    for i = 1, 100 do
      local o, t = trial.open(i == 1 and rare or chance(random), { endian = random(4) == 1 and "big" or nil })
      local libbpf = all_told(o, t, "libbpf")
      for _, name in ipairs(names) do
        local got = all_told(o, t, name)
        assert.same(all_told(o, t, always(name)), got)
        for k, one in ipairs(got) do differ[name] = differ[name] or one ~= libbpf[k] end
      end
      o:close()
      t:close()
    end
    -- The cases are such that these rules tell.
    for _, name in ipairs { "kernel", "cilium", "aya", "strict" } do assert.is_true(differ[name], name) end
  end)

  local there = io.open(corpus .. "/README.md");
  (there and it or pending)("is that on the corpus, too", function()
    local kernels = { "5.10.262-generic-amd64", "6.1.176-armmp-lpae-armhf", "7.3.4-generic-amd64" }
    local pipe <close> = assert(io.popen("ls " .. corpus .. "/objects/*/*.o"))
    local objects, n = {}, 0
    for path in pipe:lines() do
      n = n + 1
      if n % 8 == 0 then objects[#objects + 1] = btfl.object(path) end
    end
    for _, kernel in ipairs(kernels) do
      local t <close> = btfl.target(("%s/kernels/%s.btf.gz"):format(corpus, kernel))
      for _, name in ipairs(names) do
        local plain = always(name)
        for _, o in ipairs(objects) do
          if o.endian == t.btf.endian then assert.same(all_told(o, t, plain), all_told(o, t, name)) end
        end
      end
    end
  end)
end)

-- Policies that decide by the kind of a relocation, so that a type has relocations that they decide and others:
-- what they leave of its candidates is what is left to all that follow. `calls` counts the questions.
local function deciders(calls)
  local function counted(answer)
    return function(a, b, default)
      calls[#calls + 1] = ("%d %s %s"):format(default.relo.index, a, type(b) ~= "table" and b or "")
      return answer(a, b, default)
    end
  end
  local definitions = {
    { candidates = counted(function(_, _, default)
      local list = default()
      return #list > 1 and { list[#list] } or list
    end), when = { candidates = "byte_sz" } },
    { candidates = counted(function(relo, on)
      local list = {}
      for t in on.btf:types(relo.type.kind) do if t.name and #list < 3 then list[#list + 1] = t end end
      return list
    end), when = { candidates = { "byte_sz", "type_size" } } },
    { compatible = counted(function() return true end), when = { compatible = { "incompatible", "enum64" } } },
    { member = counted(function() return nil, "no-field" end), when = { member = { "byte_sz", "enumval_exists" } } },
    { choose = counted(function(_, results) return results[1] end),
      when = { choose = { "byte_off", "enumval_value" } } },
    { missing = counted(function() return 7 end), when = { missing = { "no-type", "no-enumval", "type_size" } } },
    { value = counted(function() return 5 end), when = { value = { "signed", "refused", "disputed", "bitfield" } } },
    { patch = counted(function(_, _, default) return default() end), when = { patch = { "poison", "resized" } } },
    { member = counted(function(_, _, default) return default() end) },
    { member = counted(function(_, _, default) return default() end), when = { member = {} } },
  }
  local list = {}
  for i, definition in ipairs(definitions) do
    definition.name = "test" .. i
    list[i] = btfl.policy(definition)
  end
  return list
end

describe("what is taken over from libbpf's results", function()
  teardown(tmp.clean)

  it("is what a policy makes of relocations that it is not asked of", function()
    local seed, contested, left = 7, 0, 0
    local function random(n)
      seed = (seed * 6364136223846793005 + 1442695040888963407) & 0x7fffffffffffffff
      return (seed >> 33) % n + 1
    end
    for i = 1, 30 do
      local alone, t = trial.open(i == 1 and rare or chance(random), { endian = random(4) == 1 and "big" or nil })
      local calls = {}
      local policies = deciders(calls)
      for _, name in ipairs { "libbpf", "kernel", "cilium", "aya", "strict", "renames" } do
        policies[#policies + 1] = btfl.policy(name)
      end
      for _, policy in ipairs(policies) do
        local together <close> = btfl.object(alone.path)
        for k = 1, #calls do calls[k] = nil end
        local plain = all_told(alone, t, policy)
        local asked_alone, at, libbpf = table.concat(calls, "\n"), 0, all_told(alone, t, "libbpf")
        for k = 1, #calls do calls[k] = nil end
        for relo, results in together:contested(t, { "libbpf", policy }) do
          for k = at + 1, relo.index do
            assert.equal(libbpf[k], plain[k])
            left = left + 1
          end
          at = relo.index + 1
          contested = contested + 1
          assert.equal(relo, results[1].relo)
          assert.same({ libbpf[at], plain[at] }, { told(results[1]), told(results[2]) })
        end
        for k = at + 1, #plain do assert.equal(libbpf[k], plain[k]) end
        assert.same(plain, all_told(together, t, policy))
        assert.equal(asked_alone, table.concat(calls, "\n"))
        assert.equal(#plain, #trial.results(together, t, policy))
      end
      alone:close()
      t:close()
    end
    assert.is_true(contested > 1000 and left > 1000)
  end)

  it("is not what goes on from candidates that libbpf did not come to", function()
    local function make(l, t)
      local ti, li = t:int("long", 8, "signed"), l:int("long", 8, "signed")
      t:struct("foo", 16, { { "a", ti, 28, 60 } })
      t:struct("foo", 16, { { "b", ti, 64 } })
      local foo = l:struct("foo", 16, { { "a", li, 0, 60 }, { "b", li, 64 } })
      return { { foo, "0:0", "byte_off" }, { foo, "0:1", "byte_off", object.mov(1, 8) } }
    end
    local mine = btfl.policy { name = "mine", when = { value = "bitfield-too-wide" }, value = function() return 4 end }
    for _, watched in ipairs { false, true } do
      local o, t = trial.open(make)
      if watched then o:contested(t, { mine }) end
      local libbpf, own = trial.results(o, t), trial.results(o, t, mine)
      assert.same({ "error bitfield-too-wide", "ok 8" }, { trial.said(libbpf[1]), trial.said(libbpf[2]) })
      assert.same({ "ok 4", "poison no-field" }, { trial.said(own[1]), trial.said(own[2]) })
    end
  end)

  it("is left out of what is gone over, unless all is wanted", function()
    local o, t = trial.open(function(l, t)
      t:struct("foo", 8, { { "b", int(t), 32 } })
      local foo = l:struct("foo", 8, { { "a", int(l), 0 }, { "b", 1, 32 } })
      return { { foo, "0:0", "byte_off" }, { foo, "0:1", "byte_off", object.mov(1, 4) } }
    end)
    local mine = btfl.policy { name = "mine", when = { member = "no-field" },
      member = function() return "b" end }
    local function gone_over(...)
      local list = {}
      for relo, results in o:contested(t, ...) do
        local said = {}
        for i, r in ipairs(results) do said[i] = trial.said(r) end
        list[#list + 1] = relo.index .. ": " .. table.concat(said, ", ")
      end
      return list
    end
    -- Results that there are already are the same ones.
    local before = trial.results(o, t)
    assert.same({ "0: ok 4, poison no-field" }, gone_over { mine, "libbpf" })
    assert.same({}, gone_over { "libbpf" })
    assert.same({ "0: poison no-field, ok 4", "1: ok 4, ok 4" }, gone_over({ "libbpf", mine }, true))
    assert.same({ "poison no-field", "ok 4" }, { trial.said(before[1]), trial.said(before[2]) })
    for _, bad in ipairs { {}, { 1 }, { "no-such-policy" } } do
      assert.is_false(pcall(o.contested, o, t, bad))
    end
    assert.is_false(pcall(o.contested, o, t))
    local iterate = o:contested(t, { "libbpf", mine })
    o:close()
    assert.is_false(pcall(iterate))
  end)
end)
