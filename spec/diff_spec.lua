--- btfl diff: what changed between two kernels, and for what objects use.
local builder = require "spec.support.btf"
local objects = require "spec.support.object"
local run = require "spec.support.run"
local tmp = require "spec.support.tmp"
local two = require "spec.support.two_kernels"

local function diff(...)
  local r = run { "diff", ... }
  assert.equal("", r.err)
  local rows = {}
  for line in r.out:gmatch "[^\n]+" do rows[#rows + 1] = line:gsub("\t", " ") end
  table.remove(rows, 1)
  return rows, r
end

describe("diff", function()
  teardown(tmp.clean)

  local old, new, object
  setup(function()
    local function kernel(name, make)
      local b = builder.new()
      make(b, b:int("int", 4, "signed"))
      return tmp.write(name, b:bytes())
    end
    old = kernel("5.10.0.btf", function(b, int)
      b:struct("task", 12, { { "pid", int, 0 }, { "state", int, 32 }, { "flag", int, 64, 3 } }, true)
      b:struct("gone", 4, { { "a", int, 0 } })
      b:enum("mode", { { "OFF", 0 }, { "ON", 1 } })
      b:func("wake", b:func_proto(int, { { "t", b:ptr(0) }, { "how", int } }))
      b:func("task", b:func_proto(int, {}))
      b:typedef("btf_trace_switch", b:ptr(b:func_proto(0, { { "data", b:ptr(0) }, { "p", int } })))
    end)
    new = kernel("6.1.0.btf", function(b, int)
      b:struct("task", 16, { { "pid", int, 0 }, { "flag", int, 35, 3 }, { "more", b:ptr(int), 64 } }, true)
      b:enum("mode", { { "OFF", 0 }, { "ON", 2 } })
      b:func("wake", b:func_proto(int, { { "t", b:ptr(0) } }))
      b:typedef("btf_trace_switch", b:ptr(b:func_proto(0, { { "data", b:ptr(0) }, { "q", int }, { "p", int } })))
      b:typedef("btf_trace_fresh", b:ptr(b:func_proto(0, { { "data", b:ptr(0) } })))
    end)
    local l = builder.new()
    local task = l:struct("task___x", 8, { { "pid", l:int("int", 4, "signed"), 0 }, { "flag", 1, 32 } })
    local o = objects.new(l)
    o:program { name = "probe", section = "fentry/wake", insns = { objects.mov(1, 4), objects.exit() },
      relos = { { insn = 0, type = task, access = "0:1", kind = "byte_off" } } }
    object = tmp.write("x.bpf.o", o:bytes())
  end)

  it("has a row for each field, with what CO-RE makes of it", function()
    assert.same({
      "struct task changed state removed int - no",
      "struct task changed flag moved 8 4:3 yes",
      "struct task changed more added - int * yes",
      "struct task changed - resized 12 16 yes",
      "struct gone removed - - - - no",
      "enum mode changed ON value 1 2 yes",
      "func wake changed how removed int - no",
      "func task removed - - int (void) - no",
      "tracepoint switch changed q added - int no",
      "tracepoint fresh added - - - void (void *data) yes",
    }, (diff(old, new, "--format", "tsv")))
  end)

  it("knows an int by its words, in whichever order compilers write them", function()
    -- what a member was and is, and whether that is another type
    local pairs_of = {
      { "long unsigned int", "unsigned long", 8 }, { "long long int", "long long", 8 }, { "short int", "short", 2 },
      { "signed int", "int", 4 }, { "int long", "long", 8 }, { "unsigned", "unsigned  int", 4 }, { "char", "char", 1 },
      { "unsigned char", "char", 1, true }, { "signed char", "char", 1, true }, { "long", "long long", 8, true },
      { "short", "int", 4, true }, { "unsigned int", "int", 4, true }, { "_Bool", "char", 1, true },
      { "unsigned short int", "short unsigned", 2 }, { "__int128", "__int128 int", 16, true },
    }
    local function made(name, side)
      local b, members, at = builder.new(), {}, 0
      for i, pair in ipairs(pairs_of) do
        members[i] = { "m" .. i, b:int(pair[side], pair[3]), at * 8 }
        at = at + 16
      end
      b:struct("ints", at, members)
      return tmp.write(name, b:bytes())
    end
    local want = {}
    for i, pair in ipairs(pairs_of) do
      if pair[4] then want[#want + 1] = ("m%d: %s -> %s"):format(i, pair[1], pair[2]) end
    end
    local r = run { "diff", made("ints-old.btf", 1), made("ints-new.btf", 2), "--format", "tsv" }
    local got = {}
    for member, was, is in r.out:gmatch "struct\tints\tchanged\t(%S+)\t[^\t]+\t([^\t]+)\t([^\t]+)" do
      got[#got + 1] = ("%s: %s -> %s"):format(member, was, is)
    end
    assert.same(want, got)
  end)

  it("tells a parameter with another name from another parameter", function()
    local function made(name, ...)
      local b = builder.new()
      local types, params = { i = b:int("int", 4, "signed"), p = b:ptr(0) }, {}
      for i, word in ipairs { ... } do params[i] = { word:sub(2), types[word:sub(1, 1)] } end
      b:func("f", b:func_proto(0, params))
      return tmp.write(name .. ".btf", b:bytes())
    end
    local function rows(old_params, new_params)
      return (diff(made("f-old", table.unpack(old_params)), made("f-new", table.unpack(new_params)), "--format", "tsv"))
    end
    assert.same({ "func f changed a renamed - b yes" }, rows({ "ia" }, { "ib" }))
    assert.same({ "func f changed a removed int - no", "func f changed b added - void * no" }, rows({ "ia" }, { "pb" }))
    assert.same({ "func f changed a removed int - no", "func f changed c added - int no" },
      rows({ "ia", "ib" }, { "ib", "ic" }))
    assert.same({}, rows({ "ia", "pb" }, { "ia", "pb" }))
  end)

  it("tells all of it in short, and how many there were", function()
    local _, r = diff(old, new)
    assert.matches("struct +task +changed +added 1, moved 1, removed 1, resized 1 +no\n", r.out)
    assert.matches("\nstruct of 2: 0 added, 1 removed, 1 changed %(added 1, moved 1, removed 1, resized 1%)\n", r.out)
    assert.matches("\nfunc of 2: 0 added, 1 removed, 1 changed %(parameter removed 1%)\n", r.out)
    assert.matches("\ntracepoint of 1: 1 added, 0 removed, 1 changed %(added 1%)\n$", r.out)
    assert.is_nil(r.out:find "typedef")
    assert.same({}, (diff(old, old, "--format", "tsv")))
  end)

  it("goes through modules, and tells nothing of what only moved between them", function()
    local function kernel(folder, modules)
      tmp.mkdir(folder)
      local base = builder.new()
      local int = base:int("int", 4, "signed")
      local proto = base:func_proto(int, { { "x", int } })
      if modules.vmlinux then modules.vmlinux(base, int, proto) end
      tmp.write(folder .. "/vmlinux", base:bytes())
      for name, make in pairs(modules) do
        local split = builder.new { base = base }
        make(split, int, proto)
        if name ~= "vmlinux" then tmp.write(("%s/%s.btf"):format(folder, name), split:bytes()) end
      end
      return tmp.path(folder)
    end
    local before = kernel("before", {
      vmlinux = function(b, _, proto) b:func("goes_out", proto) end,
      both = function(b, int, proto)
        b:struct("own", 8, { { "a", int, 0 }, { "b", int, 32 } })
        b:func("comes_in", proto)
        b:typedef("btf_trace_tick", b:ptr(proto))
      end,
      lone = function(b, int, proto)
        b:struct("lost", 4, { { "a", int, 0 } })
        b:func("moves", proto)
      end,
    })
    local after = kernel("after", {
      vmlinux = function(b, _, proto) b:func("comes_in", proto) end,
      both = function(b, int)
        b:struct("own", 8, { { "b", int, 0 }, { "a", int, 32 } })
        b:func("goes_out", b:func_proto(int))
      end,
      fresh = function(b, int, proto)
        b:enum64("got", { { "A", 1 } })
        b:enum64("got", { { "B", 1 } })
        b:func("moves", proto)
        b:typedef("int_t", int)
      end,
    })
    assert.same({
      "func goes_out changed x removed int - no",
      "struct own changed a reordered 0 4 yes",
      "struct own changed b moved 4 0 yes",
      "struct lost removed - - - - no",
      "enum got added - - - - yes",
      "typedef int_t added - - - - yes",
      "tracepoint tick removed - - int (int x) - no",
    }, (diff(before, after, "--format", "tsv")))
    assert.same({ "struct lost removed - - - - no" }, (diff(before, after, "lost", "--format", "tsv")))
    assert.same({}, (diff(after, after, "--format", "tsv")))
    local _, r = diff(before, after)
    assert.matches("\nstruct of 2: 0 added, 1 removed, 1 changed", r.out)
  end)

  it("writes rows for programs beside what people read", function()
    local file = tmp.path "beside.tsv"
    assert.equal(0, run({ "diff", old, new, "--format", "text", "--format", "tsv=" .. file }).status)
    local _, alone = diff(old, new, "--format", "tsv")
    assert.equal(alone.out, tmp.read(file))
  end)

  it("is asked for names and patterns", function()
    assert.same({ "enum mode changed ON value 1 2 yes", "tracepoint fresh added - - - void (void *data) yes" },
      (diff(old, new, "mo*", "fresh", "--format", "tsv")))
    assert.same({}, (diff(old, new, "x*", "--format", "tsv")))
    local r = run { "diff", old, new, "tsk" }
    assert.same({ 2, "" }, { r.status, r.out })
    assert.matches("^btfl: nothing is called 'tsk' in ", r.err)
  end)

  it("has what objects use: their fields, and the arguments of what they attach to", function()
    assert.same({ "struct task changed flag moved 8 4:3 yes", "func wake changed how removed int - no" },
      (diff(old, new, "--used-by", object, "--format", "tsv")))
  end)

  it("tells what it cannot read, and says nothing then", function()
    local r = run { "diff", old, "/nonexistent" }
    assert.same({ 2, "", "btfl diff: /nonexistent: No such file or directory\n" }, { r.status, r.out, r.err })
    r = run { "diff", old, new, "--used-by", "/nonexistent", "--format", "tsv" }
    assert.same({ 2, "btfl diff: /nonexistent: No such file or directory\n" }, { r.status, r.err })
  end)
end)

-- The same from what bpftool prints.
describe("diff of kernels of the corpus", function()
  teardown(tmp.clean)

  local folder = (os.getenv "BTFL_CORPUS" or "../shared/corpus") .. "/kernels/"

  -- A type in words, as far as its name.
  local function spelled(btf, id, depth)
    local t = id ~= 0 and btf.types[id]
    if not t then return "void" end
    if depth > 20 then return nil end
    if t.kind == "TYPE_TAG" then return spelled(btf, t.to, depth + 1) end
    if t.kind == "PTR" or t.kind == "CONST" or t.kind == "VOLATILE" or t.kind == "RESTRICT" then
      local to = spelled(btf, t.to, depth + 1)
      return to and ("%s(%s)"):format(t.kind, to)
    elseif t.kind == "FUNC_PROTO" then
      local words = { spelled(btf, t.ret, depth + 1) or "?" }
      for i, p in ipairs(t.list) do words[i + 1] = spelled(btf, p.to, depth + 1) or "?" end
      local text = "proto(" .. table.concat(words, ",") .. ")"
      return not text:find("?", 1, true) and text or nil
    elseif t.name then
      return (t.kind == "FWD" and "STRUCT" or t.kind:gsub("64", "")) .. " " .. t.name
    end
    return nil
  end

  -- What a function is called with, names included; nil for what has no name of its own in it.
  local function signature(btf, f)
    local proto = btf.types[f.to]
    local words = { spelled(btf, proto.ret, 0) or false }
    for i, p in ipairs(proto.list) do
      local type = spelled(btf, p.to, 0)
      words[i + 1] = type and (p.name or "") .. ":" .. type or false
    end
    for _, word in ipairs(words) do
      if not word then return nil end
    end
    return table.concat(words, ";")
  end

  local KINDS = { STRUCT = "struct", UNION = "union", ENUM = "enum", ENUM64 = "enum", TYPEDEF = "typedef",
    FUNC = "func", VAR = "var" }

  local function names_of(btf)
    local names, functions = {}, {}
    for _, t in ipairs(btf.types) do
      local kind = KINDS[t.kind]
      if kind and t.name then
        names[kind .. " " .. t.name] = true
        if kind == "func" then
          functions[t.name] = functions[t.name] or {}
          table.insert(functions[t.name], signature(btf, t) or "?")
        end
      end
    end
    return names, functions
  end

  for _, pair in ipairs { { "5.10.262-generic-amd64", "6.1.192-generic-amd64" },
    { "6.12.117-generic-amd64", "6.12.95-generic-s390x" }, { "6.1.176-armmp-lpae-armhf", "7.3.4-generic-amd64" } } do
    it("counts as bpftool's text does: " .. table.concat(pair, ", ") .. " #long", function()
      local a, b = folder .. pair[1] .. ".btf.gz", folder .. pair[2] .. ".btf.gz"
      if not io.open(a) then return pending "no corpus" end
      local old_names, old_functions = names_of(two.read(a))
      local new_names, new_functions = names_of(two.read(b))
      local got, changed = {}, {}
      for _, row in ipairs((diff(a, b, "--format", "tsv"))) do
        local kind, name, change = row:match "^(%S+) (%S+) (%S+)"
        if kind == "func" and change == "changed" then
          changed[name] = true
        elseif kind ~= "tracepoint" and change ~= "changed" then
          got[change .. " " .. kind .. " " .. name] = true
        end
      end
      local want = {}
      local function note(change, from, other)
        for name in pairs(from) do
          if not other[name] and not name:find "^typedef btf_trace_" then want[change .. " " .. name] = true end
        end
      end
      note("removed", old_names, new_names)
      note("added", new_names, old_names)
      for row in pairs(want) do if not got[row] then error("missing: " .. row) end end
      for row in pairs(got) do if not want[row] then error("too much: " .. row) end end
      for name, list in pairs(old_functions) do
        local other = new_functions[name]
        if #list == 1 and other and #other == 1 and list[1] ~= "?" and other[1] ~= "?" then
          if (list[1] ~= other[1]) ~= (changed[name] or false) then error(name .. ": " .. list[1] .. other[1]) end
        end
      end
    end)
  end
end)
