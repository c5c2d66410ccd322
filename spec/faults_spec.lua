--- Whatever the system refuses, and wherever: one line says so, the status is 2, and nothing is half written.

local every_command = require "spec.support.every_command"
local run = require "spec.support.run"
local tmp = require "spec.support.tmp"

local SAN = os.getenv "ASAN_OPTIONS" ~= nil
local PROGRAMS = run.top .. (SAN and "/build/san/" or "/build/")

-- The whole of a file, nil where there is none.
local function text_of(path)
  local file <close> = io.open(path, "rb")
  return file and file:read "a"
end

local function name_of(words) return table.concat(words, " "):gsub("/[^ ]*/", "") end

it("every command is among those that are tried, but init, whose file is where it is run", function()
  local tried = {}
  for _, words in ipairs(every_command(tmp.mkdir "out")) do tried[words[1]] = true end
  for name in tmp.run("ls " .. run.quote(run.top .. "/scripts")):gmatch "(%S+)%.lua" do
    assert.is_true(tried[name] or name == "init", name)
  end
end)

describe("where memory is out,", function()
  local FAULTY = PROGRAMS .. "faulty"

  -- What libarchive says where zlib has none.
  local LIBARCHIVE = "^btfl.*: cannot be packed: Internal error initializing compression library$"

  teardown(tmp.clean)

  -- What became of each place that one command asks for memory at.
  local function places(words, env)
    local dir = tmp.mkdir "places"
    env.BTFL_FAULTS, env.BTFL_FAULTS_OUT = dir, words.out or false
    local whole = run.program({ FAULTY, table.unpack(words) }, { env = env, stdin = words.stdin })
    local list = {}
    for line in io.lines(dir .. "/log") do
      local n, status, temporary = line:match "^(%d+) (%-?%d+) (%d+)$"
      list[#list + 1] = { n = n, status = tonumber(status), temporary = tonumber(temporary),
        left = text_of(dir .. "/" .. n .. ".left"), out = run.read(dir .. "/" .. n .. ".out"),
        err = run.read(dir .. "/" .. n .. ".err") }
    end
    whole.left = words.out and run.read(words.out)
    tmp.run("rm -r " .. run.quote(dir))
    return whole, list
  end

  local function is_end(text, whole)
    return whole:sub(#whole - #text + 1) == text
  end

  -- It does all that it does with memory, or says that there is none.
  local function judge(place, whole)
    if place.temporary > 0 then return "a temporary file is left" end
    -- A report has what could be done, and comes to its end.
    if place.left and not is_end(place.left:sub(-8), whole.left) then return "the output is half written" end
    if place.status == 2 then
      for line in place.err:gmatch "[^\n]+" do
        if not line:find "^btfl.*memory" and not line:find(LIBARCHIVE) then
          return "not the words of memory that is out"
        end
      end
      return place.err == "" and "nothing is said"
    end
    if place.status ~= whole.status then return "the status" end
    -- What was printed before is the parent's.
    if not is_end(place.out, whole.out) or not is_end(place.err, whole.err) then
      return "another answer"
    end
    return place.left and place.left ~= whole.left and "another output"
  end

  local function at_places(words, env)
    local whole, list = places(words, env)
    assert.is_true(whole.status < 2, whole.err)
    assert.is_true(#list > 0)
    local wrong = {}
    for _, place in ipairs(list) do
      local why = judge(place, whole)
      if why then
        wrong[#wrong + 1] = ("place %s: %s: status %d: %s"):format(place.n, why, place.status, place.err)
      end
    end
    assert.same({}, table.move(wrong, 1, math.min(#wrong, 5), 1, {}))
  end

  for i, words in ipairs(every_command(tmp.mkdir "out")) do
    local name = name_of(words)
    for _, from in ipairs { false, "1" } do
      local how = from and "at a place and from there on" or "at a place"
      it(("%s: %s"):format(how, name), function()
        at_places(words, { BTFL_FAULTS_FROM = from, BTFL_FAULTS_EVERY = SAN and "397" or "97", BTFL_FAULTS_AT = i })
      end)
      it(("%s, at each: %s #long"):format(how, name), function()
        at_places(words, { BTFL_FAULTS_FROM = from })
      end)
    end
  end
end)

describe("where a call of the system fails,", function()
  if os.getenv "ASAN_OPTIONS" then return pending "a sanitizer has calls of its own, and does not go on without" end
  local REFUSE = run.top .. "/build/peer/refuse"
  local CANNOT = 77

  -- What fails, and how: ENOENT, EINTR, EIO, EAGAIN, ENOMEM, EACCES, EMFILE, ENOSPC. Not brk, without which
  -- glibc itself falls.
  local ERRORS = {
    openat = { 2, 4, 5, 13, 24 }, read = { 4, 5 }, pread64 = { 4, 5 }, write = { 4, 5, 28 }, mmap = { 12 },
    newfstatat = { 2, 5 }, lseek = { 5 }, fcntl = { 24 }, fchmod = { 5 }, rename = { 5, 13 }, clone = { 11 },
    clone3 = { 11 }, pipe2 = { 24 }, memfd_create = { 24 }, poll = { 4 }, wait4 = { 4 }, ftruncate = { 5 },
    getdents64 = { 5 }, readlink = { 2 }, access = { 2 }, dup2 = { 5 }, munmap = { 12 }, mprotect = { 12 },
    close = { 5 },
  }

  teardown(tmp.clean)

  local dir, list, few

  setup(function()
    dir = tmp.mkdir "refused"
    list = every_command(dir)
    local fixtures = run.top .. "/spec/fixtures/"
    table.insert(list, { "check", fixtures .. "example.bpf.o", fixtures .. "fixed.bpf.o", "-t",
      fixtures .. "small.btf",
      "--format", "html", "-j", "2", "-o", dir .. "/written", out = dir .. "/written" })
    few = { list[#list], list[3] }
  end)

  -- The Nth of a call fails, or that and all others; N is 0 for none. Gives how many there were, too.
  local function refused(words, call, code, n, from)
    if words.out then os.remove(words.out) end
    local r = run.program({ "timeout", "60", REFUSE, call, code, n .. (from and "+" or ""), dir .. "/count",
      PROGRAMS .. "btfl", table.unpack(words) }, { stdin = words.stdin })
    return r, r.status ~= CANNOT and tonumber(run.read(dir .. "/count")), words.out and text_of(words.out)
  end

  -- Before btfl begins the program that loads it says what is wrong, in its own words. Who cannot write, or
  -- find the end of what a worker wrote, says nothing.
  local function is_told(r, mute)
    if mute and r.status ~= 0 then return true end
    if r.status == 127 or r.err:find("shared librar", 1, true) then return true end
    if r.status ~= 2 or r.err == "" then return false end
    for line in r.err:gmatch "[^\n]+" do
      if not line:find "^btfl[^\n]*: " then return false end
    end
    return true
  end

  local function judge(r, left, whole, whole_left, mute)
    for name in tmp.run("ls -A " .. run.quote(dir)):gmatch "[^\n]+" do
      if name:find "^%.btfl%." then return "a temporary file is left" end
    end
    if left and left:sub(-8) ~= whole_left:sub(-8) then return "the output is half written" end
    local same = r.status == whole.status and r.out == whole.out and r.err == whole.err and left == whole_left
    return not same and not is_told(r, mute) and "neither the answer nor why there is none"
  end

  local EINTR = 4

  -- The first, the last and some in between; all of them every. Without its first pages nothing can be loaded.
  local function each_of(words, call, code, every)
    local first = call == "mmap" and 2 or 1
    local whole, count, whole_left = refused(words, call, code, 0)
    if not count then return pending "seccomp_unotify(2) is not to be had" end
    for n = first, count do
      if every or n == first or n == count or n % 13 == #call then
        for _, from in ipairs(code == EINTR and { false } or every and { false, true } or { n % 2 == 0 }) do
          local r, _, left = refused(words, call, code, n, from)
          local why = judge(r, left, whole, whole_left, from and (call == "write" or call == "lseek"))
          assert.is_true(not why, ("%s %d of %d%s: %s: %d %s: %s"):format(call, n, count, from and "+" or "", why,
            r.status, r.err, table.concat(words, " ")))
        end
      end
    end
  end

  local names = {}
  for call in pairs(ERRORS) do names[#names + 1] = call end
  table.sort(names)
  for _, call in ipairs(names) do
    for _, code in ipairs(ERRORS[call]) do
      it(("%s, with error %d"):format(call, code), function()
        for _, words in ipairs(few) do each_of(words, call, code) end
      end)
      it(("%s, with error %d, each of every command #long"):format(call, code), function()
        for _, words in ipairs(list) do each_of(words, call, code, true) end
      end)
    end
  end
end)
