--- The processes of --jobs: what comes of a run is the same however many there are, whatever becomes of them.
local btf = require "spec.support.btf"
local object = require "spec.support.object"
local run = require "spec.support.run"
local tmp = require "spec.support.tmp"

local FIXTURES = run.top .. "/spec/fixtures/"
local OBJECTS = { "example", "fixed", "silent" }
local JOBS = { "1", "2", "3", "8" }

local function path_of(name) return FIXTURES .. name .. ".bpf.o" end

-- A folder of kernels, all of one BTF but for their releases.
local function kernels(count)
  local folder = tmp.path "kernels"
  tmp.run("mkdir -p " .. run.quote(folder))
  for i = 1, count do
    tmp.run(("cp %ssmall.btf %s/6.%d.0-x-amd64.btf"):format(FIXTURES, run.quote(folder), i))
  end
  return folder
end

-- Kernels that take long to be opened, as words of a command line.
local function large(...)
  local b, words = btf.new(), {}
  local int = b:int("int", 4, "signed")
  for _ = 1, 100000 do b:ptr(int) end
  for _, name in ipairs { ... } do
    table.move({ "-t", tmp.write(name .. ".btf", b:bytes()) }, 1, 2, #words + 1, words)
  end
  return words
end

local function objects()
  local list = {}
  for _, name in ipairs(OBJECTS) do
    if io.open(path_of(name)) then list[#list + 1] = path_of(name) end
  end
  assert.is_true(#list >= 3)
  return list
end

local function joined(...)
  local out = {}
  for _, list in ipairs { ... } do table.move(list, 1, #list, #out + 1, out) end
  return out
end

-- Runs a command with each number of jobs; gives what the first gave, of which the others are copies.
local function alike(words)
  local first
  for _, jobs in ipairs(JOBS) do
    local r = run(joined(words, { "-j", jobs }), { env = { SOURCE_DATE_EPOCH = "86400" } })
    first = first or r
    assert.same(first, r, "-j " .. jobs)
  end
  return first
end

local function script(body)
  return tmp.write("over.lua", ([[
local cli = btfl.cli { about = "x", verdicts = true }
local out = btfl.report("over", { columns = { "object", "target", "n" } })
%s
return out
]]):format(body))
end

local function policy(body, before)
  return tmp.write("policy.lua", ("%s\nreturn btfl.policy { name = 'p', member = function(m, type, default)\n%s\n"
    .. "return default(m, type) end }"):format(before or "", body))
end

-- The process that a shell of a policy's is to signal: the parent of its parent; none once that one is gone, of which
-- /proc says 0, which is all of the processes that run the specs.
local MAIN = "$(cut -d' ' -f4 /proc/$PPID/stat | grep -vx '[01]')"

describe("however many processes there are,", function()
  teardown(tmp.clean)

  it("a command prints the same", function()
    local words = joined(objects(), { "-t", kernels(5) })
    for _, command in ipairs { "check", "verdicts", "matrix", "arguments", "ladders", "relos", "dialects" } do
      for _, format in ipairs { "text", "jsonl", "tsv" } do
        local r = alike(joined({ command, "--format", format }, words))
        assert.is_true(#r.out > 0, command)
      end
    end
    local rest = { "json", "sarif", "junit", "github", "markdown", "html", "yaml" }
    for _, format in ipairs(rest) do alike(joined({ "matrix", "--format", format }, words)) end
    for _, format in ipairs(rest) do alike(joined({ "check", "--all", "--why", "--format", format }, words)) end
  end)

  -- So many copies of objects with names of their own.
  local function copies(count)
    local list = {}
    for i = 1, count do
      local path = tmp.path(("copy%d.bpf.o"):format(i))
      tmp.run(("cp %s %s"):format(run.quote(path_of(OBJECTS[i % #OBJECTS + 1])), run.quote(path)))
      list[i] = path
    end
    return list
  end

  it("a command prints the same where objects are shared, and not kernels", function()
    local many, words = copies(34), { "check", "--all" }
    for _, count in ipairs { 1, 2, 4 } do
      alike(joined(words, many, { "-t", kernels(count), "--format", "jsonl" }))
      alike(joined({ "verdicts", "--format", "tsv" }, many, { "-t", kernels(count) }))
      tmp.run("rm -r " .. run.quote(tmp.path "kernels"))
    end
    -- More processes than objects, of which some find none that is left.
    alike { "check", path_of "example", path_of "silent", "-t", FIXTURES .. "small.btf" }
    local folder = kernels(3)
    tmp.write("kernels/6.0.0-x-amd64.btf", run.read(FIXTURES .. "small.btf"):sub(1, 300))
    tmp.write("kernels/6.2.1-x-amd64.btf", run.read(FIXTURES .. "small.btf"):sub(1, 300))
    local r = alike(joined({ "check", "--format", "tsv" }, many, { "/no/such.o", "-t", folder }))
    assert.equal(2, r.status)
    assert.matches("6.0.0", r.err, 1, true)
    tmp.run("rm -r " .. run.quote(folder))
  end)

  it("objects that nobody else can open are shared, too", function()
    local list, pipes = copies(34), {}
    local packed = tmp.path "packed.bpf.o.gz"
    tmp.run(("gzip -c %s > %s"):format(path_of "example", run.quote(packed)))
    for i = 1, 2 do
      pipes[i] = tmp.path("pipe" .. i)
      tmp.run("mkfifo " .. run.quote(pipes[i]))
    end
    table.move({ packed, pipes[1], FIXTURES .. "small.btf.o", pipes[2] }, 1, 4, 5, list)
    local words = joined({ "relos" }, list, { "-t", kernels(4), "--format", "tsv" })
    local first
    for _, jobs in ipairs(JOBS) do
      for _, pipe in ipairs(pipes) do
        tmp.run(("cat %s > %s &"):format(path_of "silent", run.quote(pipe)))
      end
      local r = run(joined(words, { "-j", jobs }))
      first = first or r
      assert.same(first, r, "-j " .. jobs)
    end
    for _, path in ipairs { packed, pipes[1], pipes[2] } do assert.matches(path, first.out, 1, true) end
    assert.equal(2, first.status)
  end)

  it("an object that has changed since another one opened it is told of", function()
    local list, other = copies(34), run.read(path_of "fixed")
    local words = joined({ script(([[
cli:kernel_by_kernel(function(o, t, n)
  if n == 1 and o.path == %q then io.open(o.path, "wb"):write(%q):close() end
  return n
end, function(o, said) out:row { object = o.path, n = #o.license + #said } end)]]):format(list[5], other)) },
      list, { "-t", kernels(4), "--format", "tsv" })
    for _, jobs in ipairs { "2", "3" } do
      tmp.write("copy5.bpf.o", run.read(path_of "silent"))
      local r = run(joined(words, { "-j", jobs }))
      assert.equal(2, r.status)
      assert.matches("copy5.bpf.o: has changed since it was opened", r.err, 1, true)
      local _, rows = r.out:gsub("copy%d+%.bpf%.o\t", "")
      assert.equal(#list - 1, rows, r.out)
    end
  end)

  it("take() may ask an object for nothing but its path, and it is not read for that", function()
    local list = copies(34)
    local words = joined({ script(([[
cli:kernel_by_kernel(function(o, t, n)
  if n == 1 and o.path == %q then os.remove(o.path) end
  return n
end, function(o, said) out:row { object = o.path, n = #said } end, { rests = true })]]):format(list[5])) },
      list, { "-t", kernels(4), "--format", "tsv", "-j", "2" })
    local r = run(words)
    assert.equal(0, r.status, r.err)
    assert.matches(list[5] .. "\t", r.out, 1, true)
  end)

  it("one of them finds what holds for all kernels of an object", function()
    local many, log = copies(34), tmp.path "looks"
    local body = script(([[
cli:kernel_by_kernel(function(o, t)
  local log <close> = io.open(%q, "a")
  log:write(o.path, ";")
  return t:helper "ktime_get_ns" ~= nil
end, function(o, said, names) out:row { object = o.path, n = #said } end)]]):format(log))
    for _, jobs in ipairs(JOBS) do
      os.remove(log)
      local r = run(joined({ body }, many, { "-t", kernels(4), "-j", jobs }))
      assert.equal(0, r.status, r.err)
      local _, looks = run.read(log):gsub(";", "")
      assert.equal(#many, looks, "-j " .. jobs)
    end
  end)

  -- By process and what it looks at, how often each looks; of a script that tells nothing twice.
  local function looks_of(words, before)
    local log = tmp.write("looks", "")
    local body = script(([[
local function pid() local file <close> = io.open "/proc/self/stat" return file:read "a":match "%%d+" end
cli:kernel_by_kernel(function(o, t, n)
  %s
  local log <close> = io.open(%q, "a")
  log:write(("%%s %%d\n"):format(pid(), n))
  return n, true
end, function() end)]]):format(before, log))
    local r = run(joined({ body }, words, { "-j", "2" }))
    assert.equal(0, r.status, r.err)
    local counts = {}
    for process, n in run.read(log):gmatch "(%d+) (%d+)\n" do
      local of = counts[tonumber(n)] or {}
      counts[tonumber(n)] = of
      of[process] = (of[process] or 0) + 1
    end
    return counts
  end

  it("none of them takes more than its share while another is kept from its own", function()
    local many, folder, first = copies(34), kernels(3), tmp.path "first"
    local counts = looks_of(joined(many, { "-t", folder }), ([[
  if n == 1 and not begun then
    begun = true
    if os.rename(%q, %q) then io.popen("sleep 1"):close() end
  end]]):format(tmp.write("first", ""), first .. "-gone"))
    for n = 1, 3 do
      local all = 0
      for _, count in pairs(counts[n]) do
        all = all + count
        assert.is_true(count <= 20, ("%d of kernel %d"):format(count, n))
      end
      assert.equal(#many, all)
    end
    tmp.run("rm -r " .. run.quote(folder))
  end)

  it("each begins with other kernels, and goes on with those of the same architecture", function()
    local words = large("6.2-arm64", "6.3-amd64", "6.1-arm64", "6.1-amd64", "6.3-arm64", "6.2-amd64")
    -- None ends before the other begins.
    looks_of(joined(copies(3), words), ([[
  if not begun then
    begun = true
    if not os.rename(%q, %q) then os.remove(%q) end
    for _ = 1, 200 do
      if not io.open(%q) then break end
      io.popen("sleep 0.05"):close()
    end
  end]]):format(tmp.write("one", ""), tmp.path "other", tmp.path "other", tmp.path "other"))
    local first, list = {}, {}
    for process, n in run.read(tmp.path "looks"):gmatch "(%d+) (%d+)\n" do
      if not first[process] then first[process], list[#list + 1] = true, n end
    end
    table.sort(list)
    assert.same({ "3", "4" }, list)
  end)

  it("the last kernel that one of them has left is not taken from it while it is at work", function()
    local words, last = large("6.1-amd64", "6.2-amd64", "6.3-amd64", "6.4-amd64"), tmp.path "last"
    os.remove(last)
    local counts = looks_of(joined(copies(3), words), ([[
  if n == 4 then io.open(%q, "w"):close() end
  if n == 1 and not waited then
    waited = true
    for _ = 1, 200 do
      if io.open(%q) then break end
      io.popen("sleep 0.05"):close()
    end
    io.popen("sleep 0.5"):close()
  end]]):format(last, last))
    assert.equal(next(counts[1]), next(counts[2]))
    assert.equal(next(counts[3]), next(counts[4]))
    assert.not_equal(next(counts[1]), next(counts[3]))
  end)

  it("an object without a program has kernels in the order of those of others", function()
    local o = object.new(btf.new())
    local words = { "verdicts", "--format", "jsonl", tmp.write("none.bpf.o", o:bytes()), path_of "example" }
    local r = alike(joined(words, large("6.1-amd64", "6.1-arm64", "6.1-b-amd64", "6.1-b-arm64")))
    assert.matches('"targets":["6.1-amd64","6.1-arm64","6.1-b-amd64","6.1-b-arm64"]', r.out, 1, true)
  end)

  it("each opens other kernels where to open them takes long", function()
    local many, words = copies(34), large("6.1.0-x-amd64", "6.2.0-x-amd64", "6.3.0-x-amd64", "6.4.0-x-amd64")
    local counts = looks_of(joined(many, words), "")
    for n = 1, 4 do
      local process, count = next(counts[n])
      assert.equal(#many, count)
      assert.is_nil(next(counts[n], process))
    end
  end)

  -- What a script finds by all kernels, of which it looks at each; said goes before its look.
  local function finding(before)
    return script(([[
local function pid() local file <close> = io.open "/proc/self/stat" return file:read "a":match "%%d+" end
cli:kernel_by_kernel(function(o, t, n)
  %s
  return pid(), true
end, function(o, found, said, names)
  out:row { object = o.path, target = found, n = ("%%d %%d"):format(#said, #names) }
end, { find = function(o, said, names)
  for i = 2, #said do assert(said[i] == said[1], "looked at by several") end
  if o.path:find "copy7" then error "no seven" end
  return ("%%s %%d"):format(pid() == said[1] and "own" or "other", #names)
end })]]):format(before or ""))
  end

  it("one of them finds what follows from all kernels of an object", function()
    local many, folder = copies(34), kernels(4)
    table.remove(many, 7)
    local list = joined({ finding() }, many, { "-t", folder })
    local rows = alike(joined(list, { "--format", "tsv" })).out
    local _, own = rows:gsub("\town 4\t4 4\n", "")
    assert.equal(#many, own, rows)
    -- An error of any of them is raised in its turn.
    table.insert(list, 5, tmp.path "copy7.bpf.o")
    local failed = alike(list)
    assert.equal(2, failed.status)
    assert.matches("no seven", failed.err, 1, true)
    tmp.run("rm -r " .. run.quote(folder))
  end)

  it("a kernel that one of them can read, and another cannot, is none of either", function()
    local many, gone = copies(34), tmp.path "gone"
    table.remove(many, 7)
    -- The first at the second kernel takes the third away while it has it open; the other waits for that.
    local body = finding(([[
  local path, gone = t.path:gsub("6%%.2", "6.3"), %q
  if n == 2 and not claimed then
    claimed = true
    if not os.rename(gone .. "claim", gone .. "claimed") then
      for _ = 1, 200 do
        if io.open(gone) then break end
        io.popen("sleep 0.05"):close()
      end
    end
  elseif n == 3 then
    os.rename(t.path, gone)
  end]]):format(gone))
    for _ = 1, 2 do
      local folder = kernels(4)
      tmp.write("goneclaim", "")
      os.remove(gone)
      local r = run(joined({ body }, many, { "-t", folder, "-j", "2", "--format", "tsv" }))
      local _, three = r.out:gsub("\t%a+ 3\t3 3\n", "")
      local _, four = r.out:gsub("\t%a+ 4\t4 4\n", "")
      assert.equal(#many, math.max(three, four), r.out .. r.err)
      tmp.run("rm -r " .. run.quote(folder))
    end
  end)

  it("what is wrong with inputs is told in the same order, once", function()
    local folder = kernels(3)
    tmp.write("kernels/6.2.1-x-amd64.btf", run.read(FIXTURES .. "small.btf"):sub(1, 300))
    tmp.write("kernels/6.3.0-x-amd64.config", "no configuration")
    local damaged = tmp.write("damaged.bpf.o", run.read(path_of "fixed"):sub(1, 900))
    local list = { path_of "example", "/no/such.o", damaged, path_of "fixed", "-t", "/no/such.btf", "-t", folder }
    for _, command in ipairs { "check", "verdicts", "matrix", "relos" } do
      local r = alike(joined({ command, "--format", "json" }, list))
      assert.equal(2, r.status)
      assert.matches("such.o", r.err, 1, true)
      assert.matches("6.2.1", r.err, 1, true)
    end
    tmp.run("rm -r " .. run.quote(folder))
  end)

  it("a kernel has the facts that it has in one", function()
    local folder = tmp.path "facts"
    tmp.run("mkdir -p " .. run.quote(folder))
    for i = 1, 3 do tmp.run(("cp %ssmall.btf %s/6.%d.0-x-amd64.btf"):format(FIXTURES, run.quote(folder), i)) end
    local text = "#\n# Automatically generated file; DO NOT EDIT.\n# Linux/x86 %s Kernel Configuration\n#\n"
      .. 'CONFIG_CC_VERSION_TEXT="gcc-12 (Debian 12.2.0-14) 12.2.0"\nCONFIG_BPF=y\n'
    tmp.write("facts/6.1.0-x-amd64.config", text:format "6.1.0")
    tmp.write("facts/6.2.0-x-amd64.config", text:format "5.10.1")
    local r = alike { script "cli:each_pair(out, function(_, t) print(t.name, t.version, t.distro) end)",
      path_of "fixed", "-t", folder }
    assert.matches("6.2.0-x-amd64\t6.2.0\tnil\n", r.out, 1, true)
    assert.matches("6.1.0-x-amd64\t6.1.0\tdebian\n", r.out, 1, true)
  end)

  it("a name that no object has is told of", function()
    local words = { "check", path_of "example", path_of "fixed", "-t", kernels(2), "--skip", "nobody",
      "--release", "6.1.0-x-amd64=6.1.7", "--release", "no-such=6.1.7" }
    local r = alike(words)
    assert.matches("no object has a program nobody", r.err .. r.out, 1, true)
    assert.matches("is for a kernel no-such", r.err .. r.out, 1, true)
    assert.is_nil((r.err .. r.out):find("is for a kernel 6.1.0", 1, true))
    alike(joined({ "matrix" }, { table.unpack(words, 2) }))
  end)

  it("a baseline and an output in a file are the same", function()
    local words = joined(objects(), { "-t", kernels(3) })
    local texts = {}
    for _, command in ipairs { "check", "matrix" } do
      for i, jobs in ipairs(JOBS) do
        local known, out = tmp.path("known" .. jobs), tmp.path("out" .. jobs)
        local r = run(joined({ command, "-j", jobs, "--write-baseline", known, "--format", "sarif=" .. out }, words))
        assert.equal("", r.err)
        texts[i] = run.read(known) .. run.read(out):gsub("known%d", "known")
        assert.equal(texts[1]:gsub("known%d", "known"), (texts[i]:gsub("known%d", "known")))
      end
    end
  end)

  it("what hooks of a policy print stands where it did, and hooks may be closures", function()
    local path = policy("count = count + 1 io.stderr:write('hook\\n') print('hook')", "local count = 0")
    local words = { path_of "example", path_of "fixed", "-t", kernels(3), "--policy", path }
    for _, command in ipairs { "relos", "matrix" } do
      local r = alike(joined({ command, "--format", "tsv" }, words))
      assert.matches("hook\n", r.out, 1, true)
      assert.matches("hook\n", r.err, 1, true)
    end
  end)

  it("what raises in the work of a script raises in the script, with the line that it came from", function()
    local folder = kernels(3)
    for _, body in ipairs {
      "cli:each_pair(out, function(o, t) if t.name:find '6.2' then error 'mine' end out:row { n = 1 } end)",
      "cli:each_pair(out, function(o, t) cli:error 'no such thing' end)",
      "cli:kernel_by_kernel(function(o, t) local x = o.nope end, function() end)",
      "cli:each_pair(out, function(o, t) error { code = 7 } end)",
      "print(pcall(cli.each_pair, cli, out, function(o) btfl.object '/no/such.o' end))",
    } do
      local r = alike { script(body), path_of "example", path_of "fixed", "-t", folder }
      assert.is_true(r.status == 2 or body:find "pcall" ~= nil, r.err)
    end
  end)

  it("what a report holds that is no plain value is what it reads as", function()
    local r = alike { script [[
cli:each_pair(out, function(o, t)
  local line
  for relo in o:relos() do line = line or relo.line end
  out:note { rule = "x", message = "m", at = line, details = { version = t.version, line = line,
    deep = { 1, 2.5, math.maxinteger, math.mininteger, 4 }, bytes = "\0\xff" } }
  out:row(setmetatable({ n = 1 }, { __index = { object = o.path } }))
  out:summary { text = "s", of = setmetatable({ a = 1 }, { __tostring = function() return "one" end }) }
  out:text "some text"
end)]], path_of "example", path_of "fixed", "-t", kernels(2), "--format", "json" }
    assert.matches("9223372036854775807", r.out, 1, true)
  end)

  it("a function in a report is refused where it would have to leave its process", function()
    local r = run { script "cli:each_pair(out, function() out:summary { text = 's', f = print } end)",
      path_of "example", path_of "fixed", "-t", kernels(2), "-j", "2" }
    assert.equal(2, r.status)
    assert.matches("a function in a report stays in the process that made it", r.err, 1, true)
  end)

  it("an exit in the middle is that of the run", function()
    local r = alike { script [[
cli:each_pair(out, function(o, t)
  print(o.path, t.name)
  if t.name:find "6.2" then os.exit(7) end
end)]], path_of "example", path_of "fixed", "-t", kernels(3) }
    assert.equal(7, r.status)
    assert.is_nil(r.out:find "6.3")
  end)

  it("an input that only they read is not written over", function()
    local folder = kernels(2)
    local module = tmp.path "kernels/modules/6.1.0-x-amd64/m.btf"
    tmp.run("mkdir -p " .. run.quote(module:match "(.*)/"))
    tmp.run(("cp %ssmall.btf %s"):format(FIXTURES, run.quote(module)))
    local r = alike { script(([[
cli:each_pair(out, function() btfl.btf(%q) end)]]):format(module)), path_of "example", "-t", folder, "-t",
      path_of "example" and FIXTURES .. "small.btf", "-o", module }
    assert.matches("is an input: it is not written over", r.err, 1, true)
  end)
end)

describe("a process of --jobs", function()
  teardown(tmp.clean)

  it("that is killed is one error, and leaves nothing behind", function()
    local body = [[
cli:each_pair(out, function(o, t)
  if o.path:find "fixed" then io.popen("kill -9 $PPID"):close() end
  out:row { n = 1 }
end)]]
    local r = run { script(body), path_of "example", path_of "fixed", "-t", kernels(3), "-j", "2" }
    assert.same({ out = "", status = 2,
      err = "btfl: a worker was killed by signal 9, as for want of memory: fewer --jobs take less\n" }, r)
    local path = policy "io.popen('kill -9 $PPID'):close()"
    r = run { "matrix", path_of "example", "-t", kernels(3), "--policy", path, "-j", "2" }
    assert.equal(2, r.status)
    assert.matches("killed by signal 9", r.err, 1, true)
  end)

  it("ends with the one that began it", function()
    local marker = tmp.path "marker"
    local path = script(([[
cli:each_pair(out, function()
  io.popen("kill -9 %s"):close()
  for _ = 1, 100 do os.execute "sleep 0.05" end
  io.open(%q, "w"):close()
end)]]):format(MAIN, marker))
    run.program { "sh", "-c", run.btfl .. " \"$@\"; true", "x", path, path_of "example", "-t", kernels(2), "-j", "2" }
    tmp.run "sleep 6"
    assert.is_nil(io.open(marker))
  end)

  it("goes on when SIGINT comes, and the run ends with what is done, in order", function()
    local path = script(([[
cli:each_pair(out, function(o, t)
  if o.path:find "fixed" then
    if t.name:find "6.1.0" then io.popen("kill -INT %s"):close() end
    os.execute "sleep 0.2"
  end
  out:row { object = o.path:match "[^/]*$", target = t.name }
end)]]):format(MAIN))
    local words = { path, path_of "example", path_of "fixed", "-t", kernels(12), "--format", "tsv" }
    local r, whole = run(joined(words, { "-j", "2" })), run(words)
    assert.equal(130, r.status)
    assert.matches("btfl: interrupted: this is what was done until then\n", r.err, 1, true)
    assert.is_true(#r.out < #whole.out, r.out)
    assert.equal(whole.out:sub(1, #r.out), r.out)
    for _, command in ipairs { "check", "matrix", "verdicts", "relos" } do
      local once = tmp.path("once-" .. command)
      local sent = policy(("os.execute [[mkdir %s 2>/dev/null && kill -INT %s; sleep 0.1]]"):format(once, MAIN))
      local got = run { command, path_of "fixed", "-t", kernels(3), "--policy", sent, "-j", "2" }
      assert.same({ command, 130 }, { command, got.status })
    end
  end)

  it("tells of kernels that others have done when SIGINT comes while the first is looked at", function()
    local far, words = tmp.path "far", large("6.1-amd64", "6.2-amd64", "6.1-arm64", "6.2-arm64")
    local r = run(joined({ script(([[
cli:kernel_by_kernel(function(o, t)
  if t.name == "6.1-amd64" then
    for _ = 1, 100 do
      if io.open(%q) then break end
      os.execute "sleep 0.05"
    end
    os.execute "sleep 0.5"
    io.popen("kill -INT %s"):close()
    os.execute "sleep 1"
  elseif t.name == "6.2-arm64" then
    io.open(%q, "w"):close()
  end
  return true
end, function(o, said, names)
  for _, name in ipairs(names) do out:row { object = "o", target = name } end
end)]]):format(far, MAIN, far)), path_of "example" }, words, { "-j", "2", "--format", "tsv" }))
    assert.equal(130, r.status)
    assert.matches("6.1-arm64", r.out, 1, true)
    assert.not_matches("6.1-amd64", r.out, 1, true)
  end)

  it("is not needed: where there are none, one process does it all", function()
    local words = { "verdicts", path_of "example", path_of "fixed", "-t", kernels(2), "--format", "tsv" }
    local whole = run(words)
    -- Without the files that this one has open, there are few left to open.
    local few = "exec 3>&- 4>&- 5>&- 6>&- 7>&- 8>&-; ulimit -n 6; exec \"$@\""
    local r = run.program({ "sh", "-c", few, "x", run.btfl, table.unpack(joined(words, { "-j", "8" })) })
    assert.same({ whole.status, whole.out }, { r.status, r.out })
  end)

  it("is one for each processor that there is to be had, with auto", function()
    local function processors(prefix)
      local r = run.program(joined(prefix, { run.btfl, "-e", "return (require 'btfl.engine'.limits())" }))
      return r.out
    end
    assert.equal("1\n", processors { "taskset", "-c", "0" })
    alike { "verdicts", path_of "example", "-t", kernels(2), "-j", "auto" }
    -- As root, in a cgroup of the test's own.
    local group = "/sys/fs/cgroup/cpu/btfl-spec"
    if not os.execute("mkdir " .. group .. " 2>/dev/null") then return end
    local function within(quota)
      return processors { "sh", "-c",
        ("echo %d > %s/cpu.cfs_quota_us && echo $$ > %s/cgroup.procs && exec \"$@\""):format(quota, group, group), "x" }
    end
    local all = processors {}
    assert.equal("1\n", within(50000))
    assert.equal(all, within(-1))
    os.execute("rmdir " .. group)
  end)
end)

describe("what cgroups leave to a process", function()
  if os.getenv "ASAN_OPTIONS" or os.getenv "TSAN_OPTIONS" then return pending "the sanitizers need /proc" end
  teardown(tmp.clean)
  local number, page = 0, tonumber((tmp.run "getconf PAGESIZE"))

  -- What limits() gives where the files of /proc/self and of a hierarchy, which is mounted at DIR, are these.
  local function limits(self, files)
    number = number + 1
    local dir = tmp.mkdir("cgroups" .. number)
    for path, text in pairs(files) do
      tmp.mkdir(("cgroups%d/%s"):format(number, path:match "^(.*)/"))
      run.write(dir .. "/" .. path, text)
    end
    tmp.mkdir(("cgroups%d/self"):format(number))
    for name, text in pairs(self) do run.write(("%s/self/%s"):format(dir, name), (text:gsub("DIR", dir))) end
    local r = run.program { "unshare", "-m", "sh", "-c",
      "mount -t tmpfs none /proc && cp -r \"$0\"/self /proc/self && exec \"$@\"", dir, run.btfl, "-e",
      "local n, left, has = require 'btfl.engine'.limits() print(n == 1, left, has)" }
    assert.same({ "", 0 }, { r.err, r.status })
    return r.out
  end

  local function of_v2(path, files, root)
    return limits({ cgroup = "\nnothing\n0::" .. path .. "\n", statm = "900 7 3\n", mountinfo = ("1 0 0:9 / /x rw\n"
      .. "2 0 0:9 / /y rw - tmpfs tmpfs rw\n3 0 0:9 %s DIR/all rw - cgroup2 cgroup2 rw\n"):format(root or "/") }, files)
  end

  local function of_v1(files)
    return limits({ cgroup = "4:cpuset:/\n3:cpuacct,cpu:/job\n2:memory:/job/\n1:name=systemd:/\n", mountinfo =
      "3 0 0:9 / DIR/sets rw - cgroup cgroup rw,cpuset\n4 0 0:9 / DIR/cpu rw - cgroup cgroup rw,cpuacct,cpu\n"
      .. "5 0 0:9 / DIR/memory rw - cgroup cgroup rw,memory\n" }, files)
  end

  local one, resident = tostring((tmp.run "nproc") == "1\n"), 7 * page

  if not os.execute "unshare -m mount -t tmpfs none /mnt 2>/dev/null" then
    return pending "needs file systems of its own, as root"
  end

  it("is the least that one of them leaves, from that of the process outwards", function()
    assert.equal(("true\t500000\t%d\n"):format(resident), of_v2("/a/b", {
      ["all/a/b/cpu.max"] = "max 100000\n", ["all/a/cpu.max"] = "50000 100000\n",
      ["all/a/b/memory.max"] = "max\n", ["all/a/memory.max"] = "1000000\n", ["all/a/memory.current"] = "600000\n",
      ["all/a/memory.stat"] = "anon 5\ninactive_file 100000\n", ["all/memory.max"] = "800000\n",
      ["all/memory.current"] = "100000\n" }))
    assert.equal("true\t1600\t0\n", of_v1 {
      ["cpu/job/cpu.cfs_quota_us"] = "50000\n", ["cpu/job/cpu.cfs_period_us"] = "100000\n",
      ["memory/job/memory.limit_in_bytes"] = "2000\n", ["memory/job/memory.usage_in_bytes"] = "500\n",
      ["memory/job/memory.stat"] = "inactive_file 7\ntotal_inactive_file 100\n" })
  end)

  it("is nothing where more is used than they give, and not less", function()
    assert.equal(("%s\t0\t%d\n"):format(one, resident), of_v2("/a", { ["all/a/memory.max"] = "1000\n",
      ["all/a/memory.current"] = "3000\n", ["all/a/memory.stat"] = "inactive_file 10\n" }))
    assert.equal(("%s\t1000\t%d\n"):format(one, resident), of_v2("/a", { ["all/a/memory.max"] = "1000\n",
      ["all/a/memory.current"] = "300\n", ["all/a/memory.stat"] = "inactive_file 900\n" }))
  end)

  it("is told by what of them a container sees", function()
    local files = { ["all/x/memory.max"] = "1000\n", ["all/x/memory.current"] = "400\n",
      ["all/memory.max"] = "5000\n", ["all/memory.current"] = "4500\n" }
    assert.equal(("%s\t500\t%d\n"):format(one, resident), of_v2("/docker/1/x", files, "/docker/1"))
    files["all/x/memory.current"] = "700\n"
    assert.equal(("%s\t300\t%d\n"):format(one, resident), of_v2("/docker/1/x", files, "/docker/1"))
    -- A folder of a like name is not in it.
    assert.equal(("%s\t500\t%d\n"):format(one, resident), of_v2("/docker/12/x", files, "/docker/1"))
  end)

  it("is all where they set no limit, or nobody can tell", function()
    local all = ("%s\tnil\t%d\n"):format(one, resident)
    assert.equal(all, of_v2("/a", { ["all/a/cpu.max"] = "rubbish\n", ["all/a/memory.max"] = "1000\n",
      ["all/memory.max"] = "x\n" }))
    all = one .. "\tnil\t0\n"
    assert.equal(all, of_v1 { ["cpu/job/cpu.cfs_quota_us"] = "-1\n", ["cpu/job/cpu.cfs_period_us"] = "100000\n" })
    assert.equal(all, of_v1 { ["cpu/job/cpu.cfs_quota_us"] = "50000\n" })
    assert.equal(all, limits({ cgroup = "0::/\n" }, {}))
    assert.equal(all, limits({ cgroup = "0::/\n", mountinfo = "1 0 0:9 / /x rw - tmpfs tmpfs rw\n" }, {}))
    assert.equal(all, limits({ statm = "much\n" }, {}))
  end)
end)
