--- Verdicts and checks of many kernels, of which each is open during its turn only: what there is to say depends on
--- all of them, and memory does not grow with their number.
local alike = require "spec.support.alike"
local btf = require "spec.support.btf"
local json = require "dkjson"
local kernels = require "spec.support.kernel"
local object = require "spec.support.object"
local run = require "spec.support.run"
local tmp = require "spec.support.tmp"

local n = 0

-- A kernel with functions of these names, and others that make it large.
local function kernel(names, options)
  n = n + 1
  options = options or {}
  local t = kernels.new { endian = options.endian, statics = true, prog_type = kernels.PROG_TYPES }
  for _, name in ipairs { "bpf_jit_binary_alloc", "register_ftrace_direct" } do t:func(name, t.proto) end
  for _, name in ipairs(names) do t:func(name, t.proto) end
  for i = 1, options.types or 0 do t:struct(("type_%d"):format(i), 0, {}) end
  return tmp.write(("6.12.%d-x-amd64.btf"):format(n), t:bytes())
end

-- An object with a program for each section: p1, p2 and so on.
local function programs(...)
  n = n + 1
  local o = object.new(btf.new())
  for i, section in ipairs { ... } do
    o:program { name = "p" .. i, section = section, insns = { object.mov(0, 0), object.exit() } }
  end
  return tmp.write(("programs%d.o"):format(n), o:bytes())
end

-- The level of what is said of each program on each of the kernels, "p1 error", the same in any number of
-- processes.
local function levels(path, targets, ...)
  local words, first = { path, "--format", "json", ... }, nil
  for _, target in ipairs(targets) do table.move({ "-t", target }, 1, 2, #words + 1, words) end
  for _, jobs in ipairs { "1", "2", "3" } do
    local own = { "verdicts", "-j", jobs }
    local r = run(table.move(words, 1, #words, 4, own))
    first = first or r
    assert.same(first, r)
  end
  assert.equal("", first.err)
  local list = {}
  for i, finding in ipairs(json.decode(first.out).findings) do
    list[i] = ("%s %s"):format(finding.program, finding.level)
  end
  table.sort(list)
  return table.concat(list, ", ")
end

describe("verdicts on many kernels, each open during its turn,", function()
  teardown(tmp.clean)

  it("call what one of them has no placeholder, whichever it is", function()
    local path = programs("fentry/first", "fentry/last", "fentry/none", "fentry/all")
    local has_first, has_last, lacks = kernel { "all", "first" }, kernel { "all", "last" }, kernel { "all" }
    assert.equal("p1 error, p2 error, p3 warning", levels(path, { has_first, lacks, has_last }))
    assert.equal("p1 error, p2 error, p3 warning", levels(path, { has_last, lacks, has_first }))
    assert.equal("p1 warning, p2 warning, p3 warning", levels(path, { lacks, lacks }))
    assert.equal("p1 error, p2 error, p3 error", levels(path, { lacks }))
  end)

  it("ask for what a tool sets, in whichever module", function()
    local path, has, lacks = programs("fentry/x", "fentry/mod:y", "fentry"), kernel { "x", "y" }, kernel { "z" }
    assert.equal("p1 error, p2 error, p3 warning", levels(path, { lacks, has }))
    assert.equal("p1 error, p2 error, p3 error",
      levels(path, { lacks, has }, "--attach", "p1=y", "--attach", "p3=other:x"))
    assert.equal("p1 warning, p2 error, p3 error",
      levels(path, { lacks, has }, "--attach", "p1=gone", "--attach", "p3=x"))
  end)

  it("ask no kernel of the other byte order, and none that cannot be opened", function()
    local path, lacks, other = programs "fentry/x", kernel {}, kernel({ "x" }, { endian = "big" })
    local list = { "verdicts", path, "--format", "json", "-t", lacks, "-t", other }
    local found = json.decode(run(list).out).findings
    assert.same({ "warning", "attach-target", "error", "byte-order" },
      { found[1].level, found[1].rule, found[2].level, found[2].rule })
    list[#list] = tmp.write("broken.btf", "no kernel")
    found = json.decode(run(list).out).findings
    assert.same({ "error", "attach-target", 1 }, { found[1].level, found[1].rule, #found })
  end)

  it("call nothing a placeholder where another program loads in its place", function()
    local path, has, lacks = programs("fentry/x", "fentry/z"), kernel { "z" }, kernel { "z", "y" }
    assert.equal("p1 note", levels(path, { has, lacks }, "--one-of", "p1,p2"))
  end)
end)

-- In KiB, what a command takes of an object on so many kernels.
local function peak(command, path, targets, count)
  local words = command == "-e" and { command, path, "-" } or { command, path }
  for i = 1, count do table.move({ "-t", targets[i] }, 1, 2, #words + 1, words) end
  local init = [[at_end = setmetatable({}, { __gc = function()
    local status <close> = io.open "/proc/self/status"
    io.stderr:write(status:read "a":match "VmHWM:%s+(%d+)", "\n")
  end })]]
  return tonumber(run(words, { env = { LUA_INIT = init } }).err)
end

-- Opens all of them.
local OPEN = [[kept = {} for i = 3, #arg, 2 do kept[i] = btfl.target(arg[i]) end]]

describe("a command on many kernels, each open during its turn,", function()
  local path, targets

  setup(function()
    path, targets = programs("fentry/x", "fentry/y"), {}
    for i = 1, 60 do targets[i] = kernel({ "x" }, { types = 10000 }) end
  end)

  teardown(tmp.clean)

  for _, command in ipairs { "verdicts", "check", "matrix", "relos", "dialects", "arguments",
    "ladders" } do
    it("takes no more memory for more of them: " .. command, function()
      if os.getenv "ASAN_OPTIONS" then return pending "AddressSanitizer keeps what is given back for a while" end
      local few, many = peak(command, path, targets, 4), peak(command, path, targets, 60)
      local open = peak("-e", OPEN, targets, 60)
      -- What the collector leaves for later is no part of it.
      assert.is_true(many - few < (open - few) / 4, ("%d KiB, then %d; open %d"):format(few, many, open))
    end)
  end
end)

-- As a script of its own tells it, with all kernels open.
local function told_open(paths, kernel_paths)
  local out, objects, targets = btfl.report "check", {}, {}
  for i, path in ipairs(kernel_paths) do targets[i] = btfl.target(path) end
  for i, path in ipairs(paths) do objects[i] = btfl.object(path) end
  local function comparable(one)
    local list = {}
    for _, target in ipairs(targets) do
      if not one:clash(target) then list[#list + 1] = target end
    end
    return list
  end
  for _, one in ipairs(objects) do
    for _, target in ipairs(comparable(one)) do out:append(one:check(target, { others = targets })) end
  end
  for _, one in ipairs(objects) do
    local list = comparable(one)
    local told = one:ladders(list)
    table.insert(told, 1, one:fixed_reads(list))
    for i, said in ipairs(told) do
      for _, finding in ipairs(said.findings) do
        if i > 1 or finding.level ~= "note" then out[finding.level](out, finding) end
      end
    end
  end
  return json.decode(out:merge():render "json").findings
end

describe("check of real objects on real kernels, each open during its turn,", function()
  local corpus = os.getenv "BTFL_CORPUS" or "../shared/corpus"
  local tools = corpus .. "/objects/libbpf-tools-0.31.0+ds-7/"
  local list = { tools .. "filelife-libbpf.bpf.o", tools .. "biosnoop-libbpf.bpf.o", tools .. "opensnoop-libbpf.bpf.o",
    corpus .. "/objects/opensnitch-ebpf-modules-1.6.9-4/opensnitch.bpf.o" }
  local names = { "5.10.262-generic-amd64", "6.1.192-cloud-amd64", "6.1.192-generic-amd64", "6.12.117-generic-amd64",
    "6.16.3-cloud-amd64", "7.0.13-cloud-amd64", "7.3.4-generic-amd64" }

  -- In that order, and in the other, in which those that tell come last.
  for _, step in ipairs { 1, -1 } do
    it("tells what it does with all of them open: " .. step, function()
      if not io.open(list[1]) then return pending "needs a corpus" end
      local paths, words = {}, { "check", "--format", "json", table.unpack(list) }
      for i = 1, #names do
        local name = names[step > 0 and i or #names + 1 - i]
        paths[i] = ("%s/kernels/%s.btf.gz"):format(corpus, name)
        table.move({ "-t", paths[i] }, 1, 2, #words + 1, words)
      end
      local r = run(words)
      assert.equal("", r.err)
      local told = told_open(list, paths)
      local found = json.decode(r.out).findings
      assert.equal(#told, #found)
      for i, finding in ipairs(told) do assert.same(finding, found[i]) end
    end)
  end

  it("has the ladders of object:ladders()", function()
    if not io.open(list[1]) then return pending "needs a corpus" end
    local words, targets, told = { "ladders", "--format", "json", table.unpack(list) }, {}, {}
    for i, name in ipairs(names) do
      local path = ("%s/kernels/%s.btf.gz"):format(corpus, name)
      words[#words + 1], words[#words + 2], targets[i] = "-t", path, btfl.target(path)
    end
    for _, path in ipairs(list) do
      for _, ladder in ipairs(btfl.object(path):ladders(targets)) do
        local line = ladder.line
        told[#told + 1] = { object = path, program = ladder.program.name, question = ladder.question,
          line = line and ("%s:%d"):format(line.name, line.line), vector = ladder.vector, verdict = ladder.verdict }
      end
    end
    assert.is_true(#told > 0)
    assert.same(told, json.decode(run(words).out).rows)
  end)
end)

describe("what is said of kernels by a script", function()
  teardown(tmp.clean)

  it("is one finding where it is the same, though something else is not, in as many processes", function()
    local script = tmp.write("one_finding.lua", [[
local cli = btfl.cli { about = "one finding", verdicts = true }
local out = btfl.report "check"
cli:check_all(out)
for _, finding in ipairs(out.findings) do
  print(finding.program, table.concat(finding.targets or { finding.target }, " "))
end
return true]])
    local words = { script, programs("fentry/one", "fentry/other") }
    local names = {}
    for i, has in ipairs { {}, { "other" }, {}, { "one", "other" } } do
      local path = kernel(has)
      table.move({ "-t", path }, 1, 2, #words + 1, words)
      names[i] = path:match "([^/]*)%.btf$"
    end
    for _, jobs in ipairs { "1", "2" } do
      local r = run(table.move({ "-j", jobs }, 1, 2, #words + 1, table.move(words, 1, #words, 1, {})))
      assert.same({ ("p1\t%s %s %s\np2\t%s %s\n"):format(names[1], names[2], names[3], names[1], names[3]), "" },
        { r.out, r.err })
    end
  end)

  it("is of one byte order, though the same is said of kernels of the other", function()
    local words = { tmp.write("clashing.lua", [[
local cli = btfl.cli { about = "clashing", verdicts = true }
cli:kernel_by_kernel(function() return { "same" } end, function() end, { clashing = true })
return btfl.report "clashing"]]), alike.reader() }
    for _, endian in ipairs { "little", "big", "little" } do
      table.move({ "-t", kernel({ endian }, { endian = endian }) }, 1, 2, #words + 1, words)
    end
    local said = run(words).out
    assert.matches("= target: " .. words[6]:match "([^/]*)%.btf$" .. "\n", said, 1, true)
    assert.not_matches("= targets:", said, 1, true)
  end)

  it("is asked once where they answer alike, in whichever byte order, and is of that in a later run, too", function()
    local words = { tmp.write("asked.lua", [[
local cli = btfl.cli { about = "asked", verdicts = true, memo = true }
cli:kernel_by_kernel(function(object, target)
  io.stderr:write(target.endian, target.btf:find("asked", "func") and " has it" or "", "\n")
  return { object.endian .. " " .. target.endian }
end, function(_, said) print(said[1][1], said[2][1]) end, { clashing = true })
return btfl.report "asked"]]), alike.reader(), "--cache", tmp.path "asked" }
    for _, of in ipairs { { "little" }, { "big" }, { "big", "other" }, { "little", "other" }, { "big", "asked" } } do
      local path = kernel({ of[2] }, { endian = of[1] })
      table.move({ "-t", path }, 1, 2, #words + 1, words)
    end
    local first, second = run(words), run(words)
    assert.equal("little\nbig\nbig has it\n", first.err)
    assert.equal("", second.err)
    assert.equal(first.out, second.out)
    assert.matches("^little little\tlittle big\n", first.out)
    assert.matches("= targets: " .. table.concat({ words[8], words[10], words[14] }, ", "):gsub("[^ ]*/", "")
      :gsub("%.btf", "") .. "\n", first.out, 1, true)
  end)

  it("is one value where it is the same, though they answer differently", function()
    local path = alike.reader()
    local words = { tmp.write("said.lua", [[
local cli = btfl.cli { about = "said", verdicts = true }
local looks = 0
cli:kernel_by_kernel(function(object, target)
  looks = looks + 1
  local list = {}
  for program in object:programs() do
    list[#list + 1] = { name = program.name, verdict = program:verdict(target).verdict }
  end
  return list
end, function(_, values)
  local known, words = {}, {}
  for i, value in ipairs(values) do
    known[value] = known[value] or i
    words[i] = ("%d %s"):format(known[value], value[1].verdict)
  end
  print(looks, table.concat(words, ", "))
end)]]), path }
    for i = 1, 6 do
      local b = btf.new()
      local members = {}
      -- On the fourth it is not there.
      for k = 1, i do members[k] = { k == i and i ~= 4 and "pid" or "other" .. k, b:int("int", 4), 32 * (k - 1) } end
      b:struct("task", 4 * i, members)
      table.move({ "-t", tmp.write(("6.1.%d-amd64.btf"):format(i), b:bytes()) }, 1, 2, #words + 1, words)
    end
    assert.equal("6\t1 loads, 1 loads, 1 loads, 4 rejected, 1 loads, 1 loads\n", run(words).out)
  end)
end)
