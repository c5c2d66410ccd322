--- check and verdicts in parts, each of some of the kernels: what is said of one kernel may depend on all, and merging
--- gives what the run without shards does.
local btf = require "spec.support.btf"
local btfl = require "btfl"
local dkjson = require "dkjson"
local kernels = require "spec.support.kernel"
local object = require "spec.support.object"
local reading = require "spec.support.reading"
local run = require "spec.support.run"
local tmp = require "spec.support.tmp"

local FORMATS = { "text", "json", "jsonl", "tsv", "sarif", "junit", "github", "markdown" }

-- junit has the time of its run.
local AT_ONE_TIME = { env = { SOURCE_DATE_EPOCH = "86400" } }

local function words(command, objects, targets, ...)
  local list = { command, table.unpack(objects) }
  for _, target in ipairs(targets) do table.move({ "-t", target }, 1, 2, #list + 1, list) end
  return table.move({ ... }, 1, select("#", ...), #list + 1, list)
end

-- The paths of n parts, the last one first.
local function parts_of(command, objects, targets, n, ...)
  local list = {}
  for i = 1, n do
    local path = tmp.path(("part-%d-%d"):format(i, n))
    os.remove(path)
    local r = run(words(command, objects, targets, "--shard", ("%d/%d"):format(i, n), "-o", path, ...))
    assert.equal("", r.out)
    assert.equal(r.err:gsub("btfl [^\n]*: skipped [^\n]*\n", "") == "" and 0 or 2, r.status)
    table.insert(list, 1, path)
  end
  return list
end

local function merge(parts, ...)
  local list = { "merge", table.unpack(parts) }
  return run(table.move({ ... }, 1, select("#", ...), #list + 1, list), AT_ONE_TIME)
end

local function same_run(whole, merged, what)
  assert.equal(whole.out, merged.out, what)
  assert.equal(whole.status, merged.status)
  assert.equal((whole.err:gsub("btfl %l+:", "btfl merge:")), merged.err)
end

-- Options are those of the command; it gives what the run in the last format says.
local function same(command, objects, targets, n, formats, ...)
  local parts, whole = parts_of(command, objects, targets, n, ...), nil
  for _, format in ipairs(formats) do
    whole = run(words(command, objects, targets, "--format", format, ...), AT_ONE_TIME)
    same_run(whole, merge(parts, "--format", format), format)
  end
  return whole
end

local function refused(r, why)
  assert.same({ "", 2 }, { r.out, r.status })
  assert.matches("^btfl[^\n]*: [^\n]+\n$", r.err)
  assert.is_truthy(r.err:find(why, 1, true), r.err)
end

-- An object whose programs are attached to kernels' functions: p1, p2 and so on.
local function attached(name, ...)
  local o = object.new(btf.new())
  for i, section in ipairs { ... } do
    o:program { name = "p" .. i, section = section, insns = { object.mov(0, 0), object.exit() } }
  end
  return tmp.write(name, o:bytes())
end

-- A kernel with functions of these names.
local function with_functions(path, ...)
  local b = kernels.new { statics = true, prog_type = kernels.PROG_TYPES }
  for _, name in ipairs { "bpf_jit_binary_alloc", "register_ftrace_direct", ... } do b:func(name, b.proto) end
  return tmp.write(path, b:bytes())
end

local function structs(b)
  local long = b:int("long unsigned int", 8)
  local function struct(name, member)
    return b:ptr(b:struct(name, 24, { { member, long, 0 }, { "next", b:ptr(0), 64 }, { "last", long, 128 } }))
  end
  return { task = struct("task", "pid"), inode = struct("inode", "ino"), int = b:int("int", 4, "signed"), long = long }
end

-- A kernel of which f() takes these, by the names of structs().
local function taking(path, ...)
  local b = kernels.new { prog_type = kernels.PROG_TYPES }
  local t, params = structs(b), {}
  b:struct("pt_regs", 168, { { "di", t.long, 112 * 8 } })
  for i, name in ipairs { ... } do params[i] = { "p" .. i, t[name] } end
  b:func("f", b:func_proto(0, params))
  return tmp.write(path, b:bytes())
end

-- An object whose program only hands on the second argument of f().
local function handing(path)
  local o = object.new(btf.new())
  o:program { name = "p", section = "kprobe/f", insns = { object.ldx(8, 6, 1, 104), object.mov(0, 0),
    object.stx(8, 1, 6, 0), object.mov(0, 0), object.exit() } }
  return tmp.write(path, o:bytes())
end

describe("check and verdicts in parts", function()
  teardown(tmp.clean)

  local objects, targets

  setup(function()
    objects = {
      reading.object("p.bpf.o", { name = "one", { "pid", line = 7 }, { "state", line = 8 } },
        { name = "two", section = "raw_tp/two", { "flags", line = 9, text = "x = \xff\xfe;" } }),
      reading.object("q\xff%.bpf.o", { { "comm", line = 7, file = "\xe9.c" } }),
      attached("a.bpf.o", "fentry/first", "fentry/none", "fentry/mod:last"),
      reading.object("big.bpf.o", { endian = "big", { "state", line = 7 } }),
    }
    targets = {}
    for i, members in ipairs { { "pid" }, { "pid", "state" }, { "pid", "state", "flags" }, { "pid" }, { "comm" },
      { "pid", "state" }, { "other" } } do
      targets[i] = reading.kernel(("k/6.%d.1-x.btf"):format(i), table.unpack(members))
    end
    table.insert(targets, 2, with_functions("k/6.1.1-y.btf", "first"))
    table.insert(targets, with_functions("k/6.9.1-y.btf", "last"))
  end)

  for _, command in ipairs { "check", "verdicts" } do
    it("merge to what the run without gives, byte for byte: " .. command, function()
      local whole = same(command, objects, targets, 3, FORMATS)
      assert.equal(1, whole.status)
      for _, n in ipairs { 1, 2, 9, 12 } do same(command, objects, targets, n, { "json" }) end
    end)

    it("do so in several processes, with a kernel twice, and a folder of them: " .. command, function()
      same(command, objects, targets, 2, { "json" }, "-j", "2")
      same(command, objects, { targets[1], targets[1], tmp.path "k" }, 4, { "json" })
      same(command, { objects[1], objects[1] }, { tmp.path "k" }, 3, { "json" }, "-j", "3")
    end)

    it("do so where kernels and objects cannot be read, and names are of none: " .. command, function()
      local broken = tmp.write("6.2.5-broken.btf", run.read(targets[3]):sub(1, -9))
      local some = { objects[1], tmp.path "none.o", objects[2] }
      local whole = same(command, some,
        { targets[1], tmp.path "missing.btf", broken, tmp.path "none*", targets[3], broken }, 3, FORMATS, "--skip",
        "nobody", "--release", "6.1.1-x=6.1.1", "--release", "nowhere=5.4.1")
      assert.equal(2, whole.status)
      same(command, some, { broken, tmp.path "missing.btf" }, 2, { "text", "json" })
    end)

    it("do so with what a tool sets, and with a project file: " .. command, function()
      same(command, objects, targets, 2, { "json", "text" }, "--skip", "two", "--only", "relocation")
      same(command, objects, targets, 3, { "json" }, "--fail-on", "no-attach", "--attach", "p1=last", "--full")
      same(command, objects, targets, 3, { "text" }, "--policy", "renames")
      local function project(text) return "--project", tmp.write("p.lua", text) end
      same(command, objects, targets, 3, { "json", "junit", "markdown" }, project [[return { optional = "tw*",
        one_of = { { "p1", "p3" } }, ignore = {
          { rule = "no-field", program = "one", target = "6.1.1-x", because = "old" },
          { rule = "no-field", object = "nosuch", because = "misspelt" },
          { rule = "no-type", target = "6.2*", because = "unused" },
          { program = "one", because = "over", until_ = "2020-01-01" } },
        shapes = { default = {}, less = { skip = { "two" } } } }]])
      same(command, objects, targets, 2, { "json" }, project [[return { fail_on = "no-attach" }]])
    end)
  end

  it("do so of all that check tells on request, of notes that are cut and of skipped modules", function()
    same("check", objects, targets, 3, { "json", "text" }, "--all", "--ladders", "--full")
    local modules = tmp.mkdir "modules"
    tmp.write("modules/bad.btf", "no BTF")
    local r = same("check", { objects[1] }, { targets[1], targets[2] }, 2, { "json" }, "-m", modules)
    assert.matches("skipped a module", r.err)
  end)

  it("do so without a memo, and with one that is kept", function()
    same("verdicts", objects, targets, 3, { "json" }, "--no-memo")
    same("verdicts", objects, targets, 3, { "json" }, "--cache", tmp.path "cache")
    same("verdicts", objects, targets, 3, { "json" }, "--cache", tmp.path "cache")
  end)

  it("write several formats at once", function()
    local parts = parts_of("check", objects, targets, 2)
    local function files(of, ...)
      local html, sarif = tmp.path(of .. ".html"), tmp.path(of .. ".sarif")
      local list = { ... }
      for _, word in ipairs { "--format", "html=" .. html, "--format", "sarif=" .. sarif, "--format", "json" } do
        list[#list + 1] = word
      end
      local r = run(list, AT_ONE_TIME)
      assert.equal("", r.err)
      return { r.out, r.status, run.read(html), run.read(sarif) }
    end
    assert.same(files("whole", table.unpack(words("check", objects, targets))),
      files("merged", "merge", table.unpack(parts)))
  end)

  for _, command in ipairs { "check", "matrix" } do
    it("are held against a baseline, and make one, where they are merged: " .. command, function()
      local known, again = tmp.path "known.json", tmp.path "again.json"
      local some, list = { targets[1], targets[2], targets[3] }, { objects[1], objects[3], objects[4] }
      assert.equal(0, run(words(command, list, some, "--write-baseline", known)).status)
      local parts = parts_of(command, list, some, 2)
      assert.equal(0, merge(parts, "--write-baseline", again).status)
      assert.equal(run.read(known), run.read(again))
      same_run(run(words(command, list, some, "--baseline", known)), merge(parts, "--baseline", known))
      parts = parts_of(command, list, targets, 3)
      local whole = run(words(command, list, targets, "--baseline", known, "--format", "json"))
      assert.equal(1, whole.status)
      same_run(whole, merge(parts, "--baseline", known, "--format", "json"))
    end)
  end

  it("fail for what merging is told, too", function()
    local parts = parts_of("check", objects, targets, 2)
    same_run(run(words("check", objects, targets, "--fail-on", "no-attach")), merge(parts, "--fail-on", "no-attach"))
  end)

  it("name what is missing, and tell the rest", function()
    local parts = parts_of("check", { objects[1] }, targets, 3)
    local r = merge({ parts[3], parts[1] }, "--format", "json")
    assert.equal(2, r.status)
    assert.equal(("btfl merge: shard 2/3 is missing: %s, %s, %s\n"):format(table.unpack(targets, 4, 6)), r.err)
    local rest = { targets[1], targets[2], targets[3], targets[7], targets[8], targets[9] }
    local whole = dkjson.decode(run(words("check", { objects[1] }, rest, "--format", "json")).out)
    whole.failures, whole.status = { (r.err:match ": (.*)\n") }, 2
    assert.same(whole, dkjson.decode(r.out))
  end)

  it("are refused twice, and with parts of another run", function()
    local parts = parts_of("check", objects, targets, 2)
    local function other(command, i, n, list, ...)
      local path = tmp.path "other"
      os.remove(path)
      run(words(command, objects, list, "--shard", ("%d/%d"):format(i, n), "-o", path, ...))
      return { parts[2], path }
    end
    refused(merge { parts[1], parts[2], parts[1] }, "shard 2/2, as ")
    refused(merge(other("check", 2, 3, targets)), "other: of another number of shards than ")
    refused(merge(other("check", 2, 2, { targets[1], targets[2] })), "other: of other kernels, or of another order")
    refused(merge(other("check", 2, 2, targets, "--skip", "two")), "other: made with other options than ")
    refused(merge(other("check", 2, 2, targets, "--policy", "renames")), "other: made with other options than ")
    refused(merge(other("check", 2, 2, targets, "--all")), "other: made with other options than ")
    refused(merge(other("verdicts", 2, 2, targets)), "other: of another command than ")
    refused(merge(other("matrix", 2, 2, targets)), "other: of another command than ")
    assert.has_error(function() btfl.parts(parts) end)
    local bytes = run.read(objects[1])
    run.write(objects[1], bytes .. "\0")
    refused(merge(other("check", 2, 2, targets)), "other: of other objects than ")
    -- Those that were left are others than those of the parts.
    refused(merge(parts), objects[1] .. ": it is another file now, and ")
    os.remove(objects[1])
    refused(merge(parts), objects[1] .. ": it cannot be read, and ")
    run.write(objects[1], bytes)
    local project = tmp.write("p.lua", "return { skip = 'one' }")
    parts = parts_of("check", objects, targets, 2, "--project", project)
    tmp.write("p.lua", "return { skip = 'two' }")
    refused(merge(other("check", 2, 2, targets, "--project", project)), "other: made with other options than ")
  end)

  it("are made with a policy, which runs only where it is asked for", function()
    local text = "return btfl.policy { name = 'own', choose = function(_, _, default) return default() end }\n"
    local policy = tmp.write("own.lua", text)
    assert.equal(1, run(words("check", objects, targets, "--policy", policy)).status)
    local parts = parts_of("check", objects, targets, 2, "--policy", policy)
    refused(merge(parts), ("by --policy %s"):format(policy))
    same_run(run(words("check", objects, targets, "--policy", policy)), merge(parts, "--policy", policy))
    tmp.write("own.lua", text .. "\n")
    refused(merge(parts, "--policy", policy), "own.lua: it is another policy than that of ")
    local path = tmp.path "other"
    run(words("check", objects, targets, "--shard", "2/2", "-o", path, "--policy", policy))
    refused(merge({ parts[2], path }, "--policy", policy), "other: made with another text of the policy than ")
    local project = tmp.write("p.lua", "return { policy = './own.lua' }")
    parts = parts_of("check", objects, targets, 2, "--project", project)
    local word = tmp.path "" .. "./own.lua"
    refused(merge(parts), "by --policy " .. word)
    same_run(run(words("check", objects, targets, "--project", project)), merge(parts, "--policy", word))
  end)

  it("are told where one is cut off or was changed, and the rest is merged", function()
    local parts = parts_of("check", objects, targets, 2)
    local text = run.read(parts[1])
    local broken = { "", "\n", "{}\n", "7", text:sub(1, -2), text:sub(2), text .. "\n", text .. text,
      (text:gsub("state", "stale", 1)), (text:gsub("\n[^\n]*\n", "\n", 1)), (text:gsub('"part":2', '"part":3')) }
    for at = 1, #text - 1, #text // 5 do broken[#broken + 1] = text:sub(1, at) end
    for _, bytes in ipairs(broken) do
      local path = tmp.write("broken", bytes)
      local r = merge({ parts[2], path }, "--format", "json")
      assert.equal(2, r.status)
      assert.matches("^btfl merge: [^\n]*broken: [^\n]+\nbtfl merge: shard 2/2 is missing: [^\n]+\n$", r.err)
      assert.matches("6.1.1%-x", r.out)
    end
  end)

  -- Somebody may have written the digest, too.
  it("are believed nothing that a part may not say", function()
    local engine = require "btfl.engine"
    local function forged(text, old, new)
      local body = text:match "^(.*\n)[^\n]*\n$"
      local changed, count = body:gsub(old, new, 1)
      assert.equal(1, count, old)
      local _, lines = changed:gsub("\n", "")
      local ending = ('{"digest":"%s","lines":%d}\n'):format(engine.digest(changed), lines)
      return tmp.write("forged", changed .. ending)
    end
    local ANY = {
      ['"command":"%l+"'] = '"command":"init"', ['"btfl":"'] = '"btfl":"9', ['"shard":{"i":1'] = '"shard":{"i":2',
      ['"of":%['] = '"of":[99,', ['"kernel":{"digest":'] = '"kernel":{"ingest":', ['"told":{}'] = '"told":[7]',
      ['"path":"'] = '"path":7,"x":"', ['"said":{'] = '"said":[{', ['"notes":{'] = '"notes":7,"x":{',
      ['"obj":%['] = '"obj":[7,', ['"skip":{}'] = '"skip":7', ['"set":{}'] = '"set":[7]', ['\n{"about":[^\n]*'] = "",
      ['"met":{'] = '"met":7,"x":{', ['"options":{'] = '"options":7,"x":{',
    }
    local OF = {
      check = { ['"draft":"'] = '"draft":7,"x":"', ['"draft":"%%b%%0'] = '"draft":"%%b%%7',
        ['"facts":"%%b%%07'] = '"facts":"%%b', ['"sent":{"'] = '"sent":{"x', ['"about":{'] = '"about":7,"x":{' },
      verdicts = { ['"findings":%[{"finding":{'] = '"findings":[{"finding":{"extra":1,', ['"rows":%['] = '"rows":[7,',
        ['"level":"error"'] = '"level":"grave"', ['"verdict":"'] = '"verdict":[7],"x":"',
        ['"about":"'] = '"about":7,"x":"' },
    }
    for command, own in pairs(OF) do
      local text = run.read(parts_of(command, { objects[1] }, targets, 1)[1])
      for _, changes in ipairs { ANY, own } do
        for old, new in pairs(changes) do refused(merge { forged(text, old, new) }, "forged") end
      end
    end
  end)

  -- Where an argument goes another one may go on most kernels, of which one shard knows nothing.
  it("look again into kernels that tell otherwise once all are known", function()
    local path, list = handing "sinks.bpf.o", {}
    for i = 1, 3 do list[i] = taking(("6.1.%d-sinks.btf"):format(i), "task", "inode") end
    list[4] = taking("6.1.4-sinks.btf", "inode", "task")
    local whole = run(words("check", { path }, list))
    assert.matches("arg%-type", whole.out)
    for _, n in ipairs { 2, 4 } do same("check", { path }, list, n, { "json" }) end
    local parts = parts_of("check", { path, objects[1] }, list, 4)
    os.rename(list[4], list[4] .. ".away")
    local r, again = merge(parts), "btfl merge: %s: has to be looked into again to put the parts together: %s\n"
    assert.equal(2, r.status)
    assert.equal(again:format(list[4], list[4] .. ": No such file or directory"), r.err)
    assert.matches("p.bpf.o", r.out)
    os.rename(list[4] .. ".away", list[4])
    run.write(list[4], run.read(list[4]) .. "\0")
    r = merge(parts)
    assert.equal(again:format(list[4], "it is another file now"), r.err)
  end)

  it("take no kernels where none has to be looked into again", function()
    local list = { reading.kernel("gone/6.1.1.btf", "pid"), reading.kernel("gone/6.2.1.btf", "state") }
    local whole, parts = run(words("check", objects, list)), parts_of("check", objects, list, 2)
    for _, kernel in ipairs(list) do os.remove(kernel) end
    same_run(whole, merge(parts))
  end)

  it("are whole or not there", function()
    local part = tmp.path "killed"
    for _, signal in ipairs { "KILL", "INT" } do
      for _, command in ipairs { "check", "verdicts", "matrix" } do
        local pipe = tmp.path(("6.9.9-%s-%s.btf"):format(signal, command))
        assert.is_truthy(os.execute("mkfifo " .. run.quote(pipe)))
        local list = { "timeout", "-s", signal, "0.5", run.btfl, table.unpack(words(command, { objects[1] },
          { targets[1], pipe, targets[2] })) }
        table.move({ "--shard", "1/1", "-o", part }, 1, 4, #list + 1, list)
        -- Who writes to the pipe gives no kernel, and does not wait for who was killed.
        local script = ("(sleep 1; : <>%s) & exec \"$@\""):format(run.quote(pipe))
        local r = run.program { "sh", "-c", script, "sh", table.unpack(list) }
        assert.not_equal(0, r.status)
        assert.is_nil(io.open(part), signal .. " " .. command)
      end
    end
  end)

  it("refuse what is of the whole, and what is no part of anything", function()
    for _, shard in ipairs { "0/2", "3/2", "x", "1/0" } do
      local r = run(words("check", objects, targets, "--shard", shard))
      assert.same({ "", 2 }, { r.out, r.status })
      assert.matches("^btfl check: [^\n]*%-%-shard[^\n]*\n", r.err)
    end
    for _, more in ipairs { { "--baseline", tmp.path "x" }, { "--write-baseline", tmp.path "x" }, { "--why" },
      { "--format", "json" }, { "--format", "json=" .. tmp.path "x" } } do
      local r = run(words("check", objects, targets, "--shard", "1/2", table.unpack(more)))
      assert.same({ "", 2 }, { r.out, r.status })
      assert.matches("^btfl check: %-%-shard writes a part, [^\n]*\n$", r.err)
    end
    refused(merge(parts_of("check", objects, targets, 1), "--by", "object"), "--by is for parts of a matrix")
  end)
end)

describe("check in parts of real objects on real kernels", function()
  local corpus = os.getenv "BTFL_CORPUS" or "../shared/corpus"
  local tools = corpus .. "/objects/libbpf-tools-0.31.0+ds-7/"
  local list = { tools .. "filelife-libbpf.bpf.o", tools .. "biosnoop-libbpf.bpf.o", tools .. "opensnoop-libbpf.bpf.o",
    corpus .. "/objects/opensnitch-ebpf-modules-1.6.9-4/opensnitch.bpf.o" }

  teardown(tmp.clean)

  it("is what it is in one", function()
    if not io.open(list[1]) then return pending "needs a corpus" end
    for _, n in ipairs { 3, 14 } do
      same("check", list, { corpus .. "/kernels" }, n, { "json" }, "--all", "--ladders")
    end
    same("verdicts", list, { corpus .. "/kernels" }, 3, { "json" })
  end)
end)
