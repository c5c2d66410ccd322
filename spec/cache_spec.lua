--- --cache: what a run has found is there for the next one, which prints the same as without, whatever is in the
--- folder.
local alike = require "spec.support.alike"
local btf = require "spec.support.btf"
local btfl = require "btfl"
local disk = require "btfl.recall.disk"
local engine = require "btfl.engine"
local run = require "spec.support.run"
local tmp = require "spec.support.tmp"

local EXAMPLE, SMALL = run.top .. "/spec/fixtures/example.bpf.o", run.top .. "/spec/fixtures/small.btf"

local function kernel(release, ...)
  local b = btf.new()
  b:struct("only_" .. release:gsub("%W", "_"), 0, {})
  local int, members = b:int("int", 4, "signed"), {}
  for i, member in ipairs { ... } do members[i] = { member, int, (i - 1) * 32 } end
  b:struct("task", 4 * #members, members)
  return tmp.write(release .. "-amd64.btf", b:bytes())
end

-- The files of a cache.
local function files(folder)
  local list = {}
  for _, build in ipairs(engine.folder(folder)) do
    for _, name in ipairs(build:find "^%." and {} or engine.folder(folder .. "/" .. build)) do
      if not name:find "^%." then list[#list + 1] = ("%s/%s/%s"):format(folder, build, name) end
    end
  end
  return list
end

local function with(words, ...)
  local all = table.move(words, 1, #words, 1, {})
  return run(table.move({ ... }, 1, select("#", ...), #all + 1, all))
end

local function read(path)
  local file <close> = assert(io.open(path, "rb"))
  return file:read "a"
end

local function write(path, text)
  local file <close> = assert(io.open(path, "wb"))
  file:write(text)
end

describe("--cache", function()
  local folder

  before_each(function() folder = tmp.mkdir "cache" end)
  after_each(tmp.clean)

  it("prints the same as without, the first time and later", function()
    local first, second = kernel("6.1.1", "pid"), kernel("6.1.2", "tgid")
    for _, command in ipairs { "verdicts", "matrix", "check" } do
      local words = { command, EXAMPLE, alike.reader(), "-t", SMALL, "-t", first, "-t", second, "--format", "json" }
      local without = with(words, "--no-memo")
      assert.same(without, with(words, "--cache", folder))
      assert.same(without, with(words, "--cache", folder))
      assert.same(without, with(words, "--cache", folder, "-j", "2"))
    end
    assert.equal(6, #files(folder))
  end)

  it("is written by processes of -j, too", function()
    local words = { "matrix", EXAMPLE, "-t", SMALL, "-t", kernel("6.1.1", "pid"), "--format", "json" }
    local without = with(words)
    assert.same(without, with(words, "--cache", folder, "-j", "2"))
    assert.equal(1, #files(folder))
    assert.same(without, with(words, "--cache", folder))
  end)

  it("tells of another kernel that answers alike, by its name and path", function()
    local path = alike.reader()
    for _, command in ipairs { "verdicts", "matrix", "check" } do
      with({ command, path, "-t", kernel("6.1.1", "tgid") }, "--cache", folder)
      local words = { command, path, "-t", kernel("6.1.7", "tgid"), "--format", "json" }
      local without, found = with(words), with(words, "--cache", folder)
      assert.matches("6.1.7", without.out)
      assert.same(without, found)
    end
  end)

  it("takes what is there", function()
    local words = { "verdicts", alike.reader(), "-t", kernel("6.1.1", "pid"), "--format", "tsv", "--cache", folder }
    assert.matches("\tloads\t", with(words).out)
    local own, key = files(folder)[1]:match "^(.*)/(.*)$"
    local cache = disk.open(folder, error)
    assert.equal(own, cache.folder)
    local record = cache:load(key)[1]
    record.value = record.value:gsub("loads", "other")
    write(files(folder)[1], "")
    cache:save(key, { record })
    assert.matches("\tother\t", with(words).out)
  end)

  it("takes no error of a kind that there is not", function()
    local ok, err = pcall(btfl.btf, "/missing/kernel.btf")
    assert.is_false(ok)
    local bytes = engine.pack({ err }, error)
    assert.equal(tostring(err), tostring(engine.unpack(bytes, error)[1]))
    local code = string.pack("I4", 1) -- that of what the system refused
    local at = assert(bytes:find(code, 1, true))
    local other = bytes:sub(1, at - 1) .. string.pack("I4", 0xffff) .. bytes:sub(at + #code)
    assert.error_matches(function() engine.unpack(other, error) end, "unknown error")
    local long = bytes:sub(1, at + 15) .. ("x"):rep(512 + 64 + 512) .. bytes:sub(at + 16 + 512 + 64 + 512)
    assert.equal(#bytes, #long)
    assert.matches("^x", tostring(engine.unpack(long, error)[1]))
  end)

  it("asks again where anything else is given", function()
    local path, file = alike.reader(), kernel("6.1.1", "pid")
    local function looked(...)
      local before = #files(folder)
      with({ "verdicts", path, "-t", file, "--cache", folder }, ...)
      return #files(folder) - before
    end
    assert.equal(1, looked())
    assert.equal(0, looked())
    assert.equal(0, looked("--format", "json", "-q"))
    assert.equal(1, looked("--only", "relocation"))
    assert.equal(1, looked("--type", "reader=kprobe"))
    path = alike.reader "kprobe/vfs_read"
    assert.equal(1, looked())
  end)

  it("refuses what it has not written, in a line, and looks itself", function()
    local words = { "matrix", EXAMPLE, "-t", SMALL, "--format", "json" }
    local without = with(words)
    with(words, "--cache", folder)
    local path = files(folder)[1]
    local whole = read(path)
    local damaged = { "x", whole:sub(1, #whole // 2), whole:sub(1, 32), whole .. "x", ("\255"):rep(100) }
    for i = 1, 20 do
      local at = (i * 7919) % #whole + 1
      damaged[#damaged + 1] = whole:sub(1, at - 1) .. string.char(whole:byte(at) ~ 1 << i % 8) .. whole:sub(at + 1)
    end
    for _, text in ipairs(damaged) do
      write(path, text)
      local found = with(words, "--cache", folder)
      assert.equal(without.out, found.out)
      assert.equal(without.status, found.status)
      assert.equal(("btfl matrix: not taken from --cache: %s is no file that it has written\n"):format(path), found.err)
      assert.same(without, with(words, "--cache", folder))
    end
  end)

  it("refuses questions and values that are none, with the right digest", function()
    local words = { "matrix", EXAMPLE, "-t", SMALL, "--format", "json" }
    local without = with(words)
    with(words, "--cache", folder)
    local path = files(folder)[1]
    local record = disk.open(folder, error):load(path:match "[^/]*$")[1]
    -- Kinds are those of enum asked_kind, in format/asked.h.
    for field, texts in pairs {
      questions = { "x", ("\0"):rep(11), ("\255"):rep(12), string.pack("<I4I4I4", 0, 0, 1 << 31),
        string.pack("<I4I4I4", 9, 3, 0), string.pack("<I4I4I4c1", 9, 3, 1, "\255"), string.pack("<I4I4I4", 6, 9, 0),
        string.pack("<I4I4I4", 10, 1 << 31, 0), string.pack("<I4I4I4", 11, 1 << 31, 0),
        string.pack("<I4I4I4", 17, 4, 3) .. "abc", string.pack("<I4I4I4", 18, 0, 3) .. "abc",
        string.pack("<I4I4I4", 19, 0, 3) .. "abc", string.pack("<I4I4I4", 20, 0, 3) .. "abc",
        string.pack("<I4I4I4", 22, 0, 3) .. "abc", string.pack("<I4I4I4", 22, 0, 48) .. ("\xff"):rep(48),
        string.pack("<I4I4I4", 26, 0, 3) .. "abc" },
      value = { "", "x", "[]", "{}", "[1]", '[{"state":"nosuch"}]', '[{"state":"loads","programs":[],"findings":[{}]}]',
        "null", '"text"', ("["):rep(10000) },
    } do
      for _, text in ipairs(texts) do
        local hostile = { questions = record.questions, answers = record.answers, value = record.value }
        hostile[field] = text
        local body = string.pack("<s4s4s4", hostile.questions, hostile.answers, hostile.value)
        write(path, engine.digest(body) .. body)
        local found = with(words, "--cache", folder)
        assert.equal(without.out, found.out)
        assert.matches("^btfl matrix: not taken from %-%-cache: [^\n]*\n$", found.err)
      end
    end
  end)

  it("is shared by processes", function()
    local words = { run.btfl, "matrix", EXAMPLE, alike.reader(), "-t", SMALL, "--format", "json",
      "--cache", folder }
    for i, word in ipairs(words) do words[i] = run.quote(word) end
    local all = {}
    for i = 1, 6 do all[i] = assert(io.popen(table.concat(words, " "))) end
    local first
    for _, pipe in ipairs(all) do
      local text = pipe:read "a"
      pipe:close()
      first = first or text
      assert.equal(first, text)
    end
    assert.equal(2, #files(folder))
  end)

  it("costs no result where it cannot be written", function()
    local words = { "verdicts", EXAMPLE, "-t", SMALL, "--format", "tsv" }
    local without, found = with(words), with(words, "--cache", tmp.write("file", "") .. "/in")
    assert.equal(without.out, found.out)
    assert.equal(2, found.status)
    assert.matches("^btfl verdicts: [^\n]*: cannot be written: [^\n]*\n", found.err)
  end)

  it("does not go with --no-memo", function()
    local words = { "verdicts", EXAMPLE, "-t", SMALL, "--no-memo", "--cache", folder }
    assert.equal(2, run(words).status)
  end)
end)
