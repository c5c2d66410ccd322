--- -o: what it replaces, what it never destroys, and what it leaves behind.

local run = require "spec.support.run"
local tmp = require "spec.support.tmp"

local FIXTURES = run.top .. "/spec/fixtures/"

describe("--output", function()
  local dir, object, kernel

  before_each(function()
    dir = tmp.mkdir "out"
    object = tmp.write("out/o.bpf.o", run.read(FIXTURES .. "example.bpf.o"))
    kernel = tmp.write("out/k.btf", run.read(FIXTURES .. "small.btf"))
  end)
  after_each(tmp.clean)

  local function names()
    local list = {}
    for name in tmp.run("ls -A " .. dir):gmatch "[^\n]+" do list[#list + 1] = name end
    return list
  end

  local function mode_of(path)
    return (tmp.run("stat -c %a " .. path):gsub("\n", ""))
  end

  -- Nothing is written, by whatever command.
  local function refused(out, ...)
    local before, files = { run.read(object), run.read(kernel) }, names()
    for _, argv in ipairs { ... } do
      table.move({ "-o", out }, 1, 2, #argv + 1, argv)
      local r = run(argv)
      assert.same({ "", 2 }, { r.out, r.status })
      assert.matches("^btfl[^\n]*: [^\n]+ is an input: it is not written over\n$", r.err:gsub(": is an", " is an"))
      assert.same(before, { run.read(object), run.read(kernel) })
      assert.same(files, names())
    end
  end

  it("has a name", function()
    local r = run { "check", object, "-t", kernel, "-o", "" }
    assert.same({ "", "btfl: a file's name is empty\n", 2 }, { r.out, r.err, r.status })
  end)

  describe("is no input:", function()
    it("under its own name, in every command", function()
      refused(kernel, { "check", object, "-t", kernel }, { "minbtf", object, "-t", kernel },
        { "relos", object, "-t", kernel }, { "verdicts", object, "-t", kernel },
        { "dialects", object, "-t", kernel }, { "doctor", kernel },
        { "types", kernel, "task_struct" }, { "doctor", FIXTURES .. "small.btf", "--base", kernel },
        { "why", "task_struct.state", "-t", FIXTURES .. "small.btf", "--from", kernel },
        { "check", object, "-t", FIXTURES .. "small.btf", "-m", kernel },
        { "verdicts", object, "-t", FIXTURES .. "small.btf", "--kconfig", kernel })
      refused(object, { "check", object, "-t", kernel }, { "relos", object, "--local" },
        { "why", "task_struct.state", "-t", kernel, "--object", object })
    end)

    it("under another name, through links of both kinds", function()
      tmp.run(("cd %s && ln k.btf hard && ln -s k.btf soft && ln -s soft softer && ln -s ../out folder"):format(dir))
      for _, name in ipairs { "hard", "soft", "softer", "./k.btf", "folder/k.btf" } do
        refused(dir .. "/" .. name, { "minbtf", object, "-t", kernel })
      end
    end)

    it("that another broken one keeps from being read", function()
      refused(kernel, { "check", object, "-t", dir .. "/missing", "-m", kernel })
    end)

    it("of a folder, or of a script's own argument", function()
      tmp.run(("mv %s %s/vmlinux"):format(kernel, dir))
      kernel = dir .. "/vmlinux"
      refused(kernel, { "minbtf", object, "-t", dir })
      local script = tmp.write("own.lua", [[
local cli = btfl.cli { usage = "KERNEL", objects = false, targets = false }
cli:write(#btfl.btf(cli.args.kernel) .. "\n")]])
      refused(kernel, { script, kernel })
      refused(kernel, { "minbtf", object, "-j", "2", "-t", kernel })
    end)

    it("nor is the file of a policy, of one that it extends, or of a format", function()
      local base = tmp.write("out/base.lua", 'return btfl.policy { name = "base" }')
      local mine = tmp.write("out/mine.lua", ('return btfl.policy { name = "mine", extends = %q }'):format(base))
      local format = tmp.write("out/form.lua", "return function() return '' end")
      local before = { run.read(base), run.read(mine), run.read(format) }
      for _, path in ipairs { base, mine, format } do
        refused(path, { "check", object, "-t", kernel, "--policy", mine, "--format", format })
        refused(path, { "minbtf", object, "-t", kernel, "--policy", mine, "--format", format })
      end
      assert.same(before, { run.read(base), run.read(mine), run.read(format) })
    end)

    it("but one that is gone, whose number in the file system another has since", function()
      local script = tmp.write("reuse.lua", [[
local cli = btfl.cli { objects = false, targets = false }
local dir, kernel = cli.args.output:match "^(.*)/", cli.args.output .. ".btf"
for _ = 1, 20 do
  os.execute(("cp %s/k.btf %s"):format(dir, kernel))
  btfl.btf(kernel):close()
  os.remove(kernel)
  assert(io.open(cli.args.output, "w")):close()
  cli:write "new"
  os.remove(cli.args.output)
end]])
      local r = run { script, "-o", dir .. "/again" }
      assert.same({ "", 0 }, { r.err, r.status })
    end)

    it("nor the policy, the format or the script that is run", function()
      local policy = tmp.write("policy.lua", "return btfl.policy { name = 'p' }")
      local format = tmp.write("format.lua", "return function() return '' end")
      local script = tmp.write("script.lua", "btfl.cli { objects = false, targets = false }:write 'x'")
      refused(policy, { "check", object, "-t", kernel, "--policy", policy })
      refused(format, { "check", object, "-t", kernel, "--format", format })
      refused(script, { script })
    end)

    it("but may be a word that is no path, and the output of the last run", function()
      local r = run({ "types", kernel, "task_struct", "-o", "task_struct" }, { cwd = dir })
      assert.same({ "", 0 }, { r.err, r.status })
      r = run({ "types", kernel, "task_struct", "-o", "task_struct" }, { cwd = dir })
      assert.same({ "", 0 }, { r.err, r.status })
      r = run({ "check", object, "-t", kernel, "--policy", "strict", "-o", "strict" }, { cwd = dir })
      assert.same({ "", 1 }, { r.err, r.status })
      r = run({ "check", object, "-t", kernel, "--policy", "strict", "-o", "strict" }, { cwd = dir })
      assert.same({ "", 1 }, { r.err, r.status })
      assert.equal(0, run({ "minbtf", object, "-t", kernel, "-o", "/dev/null" }).status)
    end)
  end)

  local function minbtf(out)
    local r = run { "minbtf", object, "-t", kernel, "-o", out }
    assert.same({ "", "", 0 }, { r.out, r.err, r.status })
    assert.equal("\x9f\xeb", run.read(out):sub(1, 2))
  end

  it("may have a name of any length", function()
    for _, length in ipairs { 1, 249, 250, 255 } do
      minbtf(dir .. "/" .. ("x"):rep(length))
    end
    local r = run { "minbtf", object, "-t", kernel, "-o", dir .. "/" .. ("x"):rep(256) }
    assert.matches("^btfl: [^\n]*: cannot be written: File name too long\n$", r.err)
    assert.equal(6, #names())
  end)

  it("follows links, to what is not there yet too", function()
    tmp.run(("cd %s && mkdir sub && ln -s sub/new dangling && ln -s dangling twice && ln -s no/folder lost")
      :format(dir))
    minbtf(dir .. "/twice")
    assert.equal("symbolic link\nregular file\n", (tmp.run(("cd %s && stat -c %%F dangling sub/new"):format(dir))))
    minbtf(dir .. "/dangling")
    assert.equal("symbolic link\n", (tmp.run(("stat -c %%F %s/dangling"):format(dir))))
    assert.equal("new\n", (tmp.run(("ls -A %s/sub"):format(dir))))
    local r = run { "minbtf", object, "-t", kernel, "-o", dir .. "/lost" }
    assert.matches("^btfl: [^\n]*/lost: cannot be written: No such file or directory\n$", r.err)
  end)

  it("leaves nothing behind a dangling link when it cannot be written", function()
    tmp.run(("cd %s && ln -s new dangling"):format(dir))
    local out = tmp.run(("(ulimit -f 0; exec %s minbtf %s -t %s -o %s/dangling) 2>&1 | cat"):format(
      run.quote(run.btfl), object, kernel, dir))
    assert.matches("^btfl: [^\n]*/dangling: cannot be written: File too large\n$", out)
    assert.same({ "dangling", "k.btf", "o.bpf.o" }, names())
  end)

  it("keeps the permissions of what it replaces, but none to become another user", function()
    for before, after in pairs { [4755] = "755", [2711] = "711", [6600] = "600", [1644] = "644", [640] = "640" } do
      local path = tmp.write("out/old", "old")
      tmp.run(("chmod %d %s"):format(before, path))
      minbtf(path)
      assert.equal(after, mode_of(path))
    end
    local _, _, status = tmp.run(("umask 027 && %s minbtf %s -t %s -o %s/fresh"):format(run.quote(run.btfl), object,
      kernel, dir))
    assert.same({ 0, "640" }, { status, mode_of(dir .. "/fresh") })
  end)

  it("is there whole or not at all when a signal comes, with nothing beside it", function()
    local size = 32 << 20
    local script = tmp.write("large.lua", ([[
local cli = btfl.cli { objects = false, targets = false }
cli:write(("x"):rep(%d))]]):format(size))
    for signal, number in pairs { INT = 2, TERM = 15, HUP = 1, PIPE = 13 } do
      local folder = tmp.mkdir("signal" .. signal)
      local _, err, status = tmp.run(([[
env --default-signal=INT,PIPE %s %s -o %s/large & pid=$!
until ls -A %s | grep -q . || ! kill -0 $pid; do :; done
kill -%s $pid; wait $pid]]):format(run.quote(run.btfl), script, folder, folder, signal))
      assert.is_true(status == 128 + number or status == 0, ("%s: %d %s"):format(signal, status, err))
      assert.equal(("large %d\n"):format(size), (tmp.run(("cd %s && stat -c '%%n %%s' $(ls -A)"):format(folder))))
    end
  end)

  -- What makes it writes a piece of so many bytes so many times, and says `begun` when the first is there.
  local function streaming(size, times, pause)
    return tmp.write("streaming.lua", ([[
local cli = btfl.cli { objects = false, targets = false }
cli:stream(function(put)
  for i = 1, %d do
    put(("x"):rep(%d))
    if i == 1 then
      print "begun"
      io.stdout:flush()
      os.execute "sleep %s"
    end
  end
end)
for line in io.lines "/proc/self/status" do
  local kib = line:match "^VmHWM:%%s*(%%d+)"
  if kib then print(kib) end
end]]):format(times, size, pause))
  end

  it("comes in pieces, of which no memory is full", function()
    local path = dir .. "/pieces"
    local r = run { streaming(1 << 20, 64, 0), "-o", path }
    assert.same({ "", 0 }, { r.err, r.status })
    assert.equal("67108864\n", (tmp.run("stat -c %s " .. path)))
    if os.getenv "ASAN_OPTIONS" then return end
    assert.is_true(tonumber(r.out:match "%d+") < 24 << 10, r.out)
  end)

  it("is as it was, with nothing beside it, where a signal comes between pieces", function()
    -- In memory a file need not have a name; there are file systems where it does, and is left.
    local folder = tmp.run "mktemp -d -p /dev/shm":match "%S+"
    if not folder then return pending "no /dev/shm" end
    finally(function() tmp.run("rm -rf " .. run.quote(folder)) end)
    run.write(folder .. "/old", "old")
    local _, _, status = tmp.run(([[
%s %s -o %s/old >%s & pid=$!
until [ -s %s ]; do :; done
ls -A %s; kill $pid; wait $pid]]):format(run.quote(run.btfl), streaming(1 << 20, 2, 5), folder, dir .. "/begun",
      dir .. "/begun", folder))
    assert.equal(128 + 15, status)
    assert.equal("old\n", (tmp.run("ls -A " .. folder)))
    assert.equal("old", run.read(folder .. "/old"))
  end)

  it("is as it was where what makes it fails between pieces", function()
    local path = tmp.write("out/old", "old")
    local script = tmp.write("fails.lua", [[
local cli = btfl.cli { objects = false, targets = false }
cli:stream(function(put)
  put(("x"):rep(1 << 20))
  error "between pieces"
end)]])
    local before = names()
    local r = run { script, "-o", path }
    assert.equal(2, r.status)
    assert.matches("between pieces", r.err)
    assert.equal("old", run.read(path))
    assert.same(before, names())
  end)

  it("is for a pipe there when all is", function()
    local out = tmp.run(([[cd %s && mkfifo pipe && { wc -c <pipe & } && %s %s -o pipe; wait]]):format(dir,
      run.quote(run.btfl), streaming(1 << 20, 3, 0)))
    assert.matches("^begun\n.*3145728\n", out)
  end)
end)

describe("--format NAME=FILE", function()
  local dir, object, kernel

  before_each(function()
    dir = tmp.mkdir "out"
    object = tmp.write("out/o.bpf.o", run.read(FIXTURES .. "example.bpf.o"))
    kernel = tmp.write("out/k.btf", run.read(FIXTURES .. "small.btf"))
  end)
  after_each(tmp.clean)

  local function path(name) return dir .. "/" .. name end

  local function exists(name)
    local file <close> = io.open(path(name))
    return file ~= nil
  end

  -- What standard output has of a run in one format.
  local function alone(format, ...)
    local argv = { ... }
    table.move({ "--format", format }, 1, 2, #argv + 1, argv)
    return run(argv, { env = { COLUMNS = false } }).out
  end

  it("writes each format to its file, of every command, and text where it is asked for", function()
    local commands = {
      { "check", object, "-t", kernel }, { "verdicts", object, "-t", kernel }, { "matrix", object, "-t", kernel },
      { "relos", object, "-t", kernel }, { "dialects", object, "-t", kernel }, { "doctor", object },
      { "ladders", object, "-t", kernel }, { "arguments", object, "-t", kernel }, { "targets", kernel },
      { "why", "task_struct.state", "-t", kernel, "--object", object }, { "types", kernel, "task_struct" },
      { "types", kernel, "--all" }, { "types", kernel, "--header" }, { "explain", "no-field" },
    }
    for _, argv in ipairs(commands) do
      local words = table.move(argv, 1, #argv, 1, {})
      local formats = { "json", "tsv", "html", "sarif", "text" }
      for i, format in ipairs(formats) do
        words[#words + 1] = "--format"
        words[#words + 1] = ("%s=%s"):format(format, path(i))
      end
      local r = run(words)
      assert.equal("", r.out)
      assert.is_true(r.status < 2, r.err)
      for i, format in ipairs(formats) do
        assert.equal(alone(format, table.unpack(argv)), run.read(path(i)), argv[1] .. " " .. format)
      end
      words[#words + 1] = "--format"
      words[#words + 1] = "text"
      assert.equal(alone("text", table.unpack(argv)), run(words, { env = { COLUMNS = false } }).out)
    end
  end)

  it("goes with -o, which is for the one without a file", function()
    local r = run { "check", object, "-t", kernel, "--format", "json=" .. path "a", "-o", path "b" }
    assert.same({ "", 1 }, { r.out, r.status })
    assert.equal(alone("json", "check", object, "-t", kernel), run.read(path "a"))
    assert.equal(alone("text", "check", object, "-t", kernel), run.read(path "b"))
  end)

  it("takes a format of one's own, in a file of any name", function()
    local own = tmp.write("out/a=b.lua", "return function(report) return report.name end")
    assert.equal("check", run { "check", object, "-t", kernel, "--format", own }.out)
    local plain = tmp.write("out/ab.lua", "return function(report) return report.name end")
    run { "check", object, "-t", kernel, "--format", plain .. "=" .. path "c=d" }
    assert.equal("check", run.read(path "c=d"))
  end)

  local function refused(why, ...)
    local before = { run.read(object), run.read(kernel) }
    local argv = { "check", object, "-t", kernel }
    table.move({ ... }, 1, select("#", ...), #argv + 1, argv)
    local r = run(argv)
    assert.same({ "", 2 }, { r.out, r.status })
    assert.is_truthy(r.err:find(why, 1, true), r.err)
    assert.same(before, { run.read(object), run.read(kernel) })
    assert.is_false(exists "new")
  end

  it("refuses two outputs to one place, and to an input, before anything is written", function()
    local new = path "new"
    refused("--format json and --format tsv would both go to standard output", "--format", "json", "--format", "tsv")
    refused("would be written twice", "--format", "json=" .. new, "--format", "tsv=" .. new)
    refused("would be written twice", "--format", "json=" .. new, "--format", "tsv=" .. dir .. "/./new")
    refused("would be written twice", "--format", "json=" .. new, "-o", dir .. "/../out/new")
    refused("is an input: it is not written over", "--format", "json=" .. new, "--format", "tsv=" .. kernel)
    refused("is an input: it is not written over", "--format", "json=" .. new, "--format", "tsv=" .. object)
    refused("'json=' names no file", "--format", "json=")
    refused("there is no format 'xml'", "--format", "xml=" .. new)
    local old = tmp.write("out/old", "")
    tmp.run(("ln %s %s/hard && ln -s old %s/soft"):format(old, dir, dir))
    for _, name in ipairs { "hard", "soft" } do
      refused("would be written twice", "--format", "json=" .. old, "--format", "tsv=" .. path(name))
    end
  end)

  it("refuses an input that only the run finds, before anything is written", function()
    tmp.run(("mkdir %s/kernels && cp %s %s/kernels/k.btf"):format(dir, kernel, dir))
    local r = run { "check", object, "-t", path "kernels", "--format", "html=" .. path "new", "--format",
      "json=" .. path "kernels/k.btf" }
    assert.same({ "", 2 }, { r.out, r.status })
    assert.matches("k.btf: is an input: it is not written over", r.err, nil, true)
    assert.is_false(exists "new")
  end)

  it("tells that there is no report to write", function()
    local r = run { "minbtf", object, "-t", kernel, "-o", path "min", "--format", "json=" .. path "new" }
    assert.same({ "", 2 }, { r.out, r.status })
    assert.equal(("btfl: there is no report to write to %s\n"):format(path "new"), r.err)
  end)

  it("is written though the reader of standard output is gone", function()
    local err = select(2, tmp.run(("%s check %s -t %s --format json=%s --format text | true"):format(
      run.quote(run.btfl), object, kernel, path "a")))
    assert.matches('"report":"check"', run.read(path "a"), nil, true)
    assert.equal("", err)
  end)

  it("tells findings on stderr only where no output has them", function()
    assert.matches("no%-field", run { "verdicts", object, "-t", kernel, "--format", "tsv" }.err)
    assert.equal("", run({ "verdicts", object, "-t", kernel, "--format", "tsv", "--format", "json=" .. path "a" }).err)
  end)
end)
