--- Where the system gives no more files, memory or room, or has not what it usually has, one line says so, and it is
--- true.

local every_command = require "spec.support.every_command"
local run = require "spec.support.run"
local tmp = require "spec.support.tmp"

local OBJECT, KERNEL = run.top .. "/spec/fixtures/example.bpf.o", run.top .. "/spec/fixtures/small.btf"

describe("with few", function()
  teardown(tmp.clean)

  local COMMANDS = {
    { "check", "--why", OBJECT, "-t", KERNEL },
    { "check", OBJECT, "-t", KERNEL, "--format", "json", "--policy", "cilium" },
    { "verdicts", OBJECT, "-t", KERNEL, "-t", KERNEL, "-j", "2" },
    { "minbtf", OBJECT, "-t", KERNEL, "-o", "/dev/null" },
    { "relocate", OBJECT, "-t", KERNEL, "-o", "/dev/null" },
    { "types", KERNEL, "task_struct" }, { "explain" }, { "help" }, { "-e", "require 'dkjson' return 1" },
  }

  -- Runs a command under `ulimit OPTION n`, after the Lua code of init.
  local function limited(option, n, argv, init)
    local env = { LUA_INIT = init or false }
    -- The search for leaks needs files of its own.
    if os.getenv "ASAN_OPTIONS" then env.ASAN_OPTIONS = os.getenv "ASAN_OPTIONS" .. ":detect_leaks=0" end
    return run.program({ "sh", "-c", ("ulimit %s %d; exec \"$@\""):format(option, n), "x", run.btfl,
      table.unpack(argv) }, { env = env })
  end

  describe("files", function()
    -- Leaves no more than n.
    local HOARD = "hoard = {} repeat hoard[#hoard + 1] = io.open '/dev/null' or false until not hoard[#hoard]\n"
      .. "for i = 1, %d do hoard[#hoard - i]:close() end"

    it("open, says that there are too many", function()
      local failed = 0
      for _, argv in ipairs(COMMANDS) do
        local whole = run(argv)
        for n = 0, 2 do
          local r = limited("-n", 20, argv, HOARD:format(n))
          if r.out ~= whole.out or r.status ~= whole.status then
            assert.equal(2, r.status, r.err)
            local lines = 0
            for line in r.err:gmatch "[^\n]+" do
              assert.matches("^btfl[^\n]*: Too many open files$", line)
              lines = lines + 1
            end
            assert.is_true(lines == 1 or argv[1] == "verdicts" and lines == 2) -- one for each kernel
            failed = failed + 1
          end
        end
      end
      assert.is_true(failed > 0)
    end)

    it("left to a script, does not call a module or script missing that is there", function()
      tmp.write("beside.lua", "return {}")
      local path = tmp.write("hoard.lua", [[
local hoard = {}
require "btfl.policy.support.make"
repeat hoard[#hoard + 1] = io.open "/dev/null" or false until not hoard[#hoard]
print(pcall(require, "beside"))
print(pcall(require, "no.such"))
print(pcall(btfl.btf, arg[1]))
print(pcall(btfl.policy, "renames"))
]])
      local r = limited("-n", 20, { path, KERNEL })
      assert.equal(0, r.status, r.err)
      local lines = {}
      for line in r.out:gmatch "[^\n]+" do lines[#lines + 1] = line end
      assert.matches("^false\t/.*/beside.lua: Too many open files$", lines[1])
      assert.matches("^false\tmodule 'no.such' not found", lines[2])
      assert.matches("^false\t.*small.btf: Too many open files$", lines[#lines - 1])
      assert.matches("^false\t/.*/policy/renames.lua: Too many open files$", lines[#lines])
    end)
  end)

  it("memory, says that it is out", function()
    if os.getenv "ASAN_OPTIONS" then
      pending "AddressSanitizer cannot live in little memory"
      return
    end
    if os.getenv "COVERAGE" then return pending "counting takes memory, too" end
    for _, argv in ipairs(COMMANDS) do
      local whole, failed = run(argv), 0
      for kib = 8000, 80000, 4000 do
        local r = limited("-v", kib, argv)
        if r.status ~= whole.status or r.out ~= whole.out then
          failed = failed + 1
          assert.is_true(r.status == 2 or r.status == 127, ("%d KiB: %d %s"):format(kib, r.status, r.err))
          assert.matches("^[^\n]+\n$", r.err)
          assert.is_truthy(r.err:find "[Mm]emory" or r.err:find "shared librar" or r.err:find "map segment", r.err)
        end
      end
      assert.is_true(failed > 0)
    end
  end)
end)

-- Runs a command after lines of a shell, which have $dir. Gives what it says, its status, and what is in $dir then.
local function after(lines, dir, argv)
  local script = ("dir=%s\n{ %s\n\"$@\"; echo \"status $?\"; ls -A $dir; } 2>&1 | cat"):format(run.quote(dir), lines)
  local r = run.program({ "unshare", "-m", "sh", "-c", script, "x", run.btfl, table.unpack(argv) })
  local said, status, left = r.out:match "^(.*)status (%d+)\n(.*)$"
  return said, tonumber(status), left
end

local function can_mount()
  return (os.execute "unshare -m mount -t tmpfs none /mnt 2>/dev/null")
end

describe("where there is no room,", function()
  local dir, writing
  setup(function()
    dir = tmp.mkdir "room"
    local out = dir .. "/written"
    writing = {
      { "matrix", OBJECT, "-t", KERNEL, "--shard", "1/1", "-o", out },
      { "matrix", OBJECT, "-t", KERNEL, "--format", "html", "-o", out, "-j", "2" },
      { "check", OBJECT, "-t", KERNEL, "--write-baseline", out, "--quiet", "--format", "tsv" },
    }
    for _, words in ipairs(every_command(dir)) do
      if words.out then writing[#writing + 1] = words end
    end
  end)
  teardown(tmp.clean)

  -- In a file system of its own, which has a file.
  local function nothing_written(lines, reason)
    if not can_mount() then return pending "needs a file system of its own, as root" end
    for _, words in ipairs(writing) do
      local said, status, left = after("mount -t tmpfs -o size=64k none $dir; " .. lines, dir, words)
      local name = table.concat(words, " ")
      assert.matches("^btfl[^\n]*/written[^\n]*: cannot be written: " .. reason .. "\n", said, nil, name)
      assert.not_matches("\nbtfl", said)
      assert.same({ 2, "holds\n" }, { status, left }, name)
    end
  end

  it("what is written to a file system that is full is not there", function()
    nothing_written("head -c 64K /dev/zero >$dir/holds", "No space left on device")
  end)

  it("nor is what is larger than a file may be", function()
    nothing_written(": >$dir/holds; ulimit -f 0", "File too large")
  end)

  it("standard output tells it", function()
    local REDIRECT = { ["File too large"] = "ulimit -f 0; exec \"$@\" >" .. run.quote(tmp.path "out"),
      ["No space left on device"] = "exec \"$@\" >/dev/full" }
    for _, words in ipairs(every_command(dir)) do
      local whole = run(words, { stdin = words.stdin })
      for reason, redirect in pairs(words.out and {} or REDIRECT) do
        local r = run.program({ "sh", "-c", "(" .. redirect .. "; exit $?) 2>&1 | cat", "x", run.btfl,
          table.unpack(words) }, { stdin = words.stdin })
        assert.equal(whole.err .. "btfl: standard output: " .. reason .. "\n", r.out, table.concat(words, " "))
      end
    end
    local r = run.program { "sh", "-c", REDIRECT["No space left on device"], "x", run.btfl, "help" }
    assert.equal(2, r.status)
  end)
end)

describe("where nobody reads what is said,", function()
  teardown(tmp.clean)

  it("SIGPIPE ends it, also below what ignores that", function()
    for _, words in ipairs(every_command(tmp.mkdir "unread")) do
      local whole, name = run(words, { stdin = words.stdin }), table.concat(words, " ")
      for _, trap in ipairs { "", "trap '' PIPE; " } do
        local r = run.program({ "bash", "-c", trap .. "exec 3> >(exec true); wait $!; exec \"$@\" >&3", "x", run.btfl,
          table.unpack(words) }, { stdin = words.stdin })
        assert.same({ whole.err, whole.out == "" and whole.status or 141 }, { r.err, r.status }, trap .. name)
      end
    end
  end)
end)

describe("without /proc and /sys,", function()
  if os.getenv "ASAN_OPTIONS" then return pending "the sanitizers need /proc" end
  teardown(tmp.clean)
  local BARE = "mount -t tmpfs none /proc; mount -t tmpfs none /sys; exec \"$@\""

  local function bare(words)
    return run.program({ "unshare", "-m", "sh", "-c", BARE, "x", run.btfl, table.unpack(words) },
      { stdin = words.stdin })
  end

  -- Without /proc nobody knows in which tree the program stands: its own files are those in it.
  local function own(text) return (text:gsub(run.top .. "/lua", "[btfl]/lua")) end

  it("all is as it is with them", function()
    if not can_mount() then return pending "needs file systems of its own, as root" end
    for _, words in ipairs(every_command(tmp.mkdir "bare")) do
      local whole, left = run(words, { stdin = words.stdin }), words.out and run.read(words.out)
      local r = bare(words)
      assert.same({ own(whole.out), whole.err, whole.status }, { r.out, r.err, r.status }, table.concat(words, " "))
      assert.equal(left, words.out and run.read(words.out))
    end
  end)

  it("the running kernel is what cannot be read", function()
    if not can_mount() then return pending "needs file systems of its own, as root" end
    for _, words in ipairs { { "check", OBJECT }, { "relos", OBJECT }, { "targets" }, { "why", "a.b" } } do
      local r = bare(words)
      assert.same({ "", ("btfl %s: /sys/kernel/btf/vmlinux: no BTF of the running kernel, and -t names others: "
        .. "No such file or directory\n"):format(words[1]), 2 }, { r.out, r.err, r.status })
    end
  end)
end)
