--- The bounds that README tells of: what is met at each, and that what has no bound takes as long for each as for one.

local btf = require "spec.support.btf"
local btfl = require "btfl"
local object = require "spec.support.object"
local run = require "spec.support.run"
local tmp = require "spec.support.tmp"

local README = run.read "README.md"

local function int(b) return b:int("int", 4, "signed") end

-- An object with so many relocations that a kernel answers, all in one program.
local function with_relocations(count)
  local b = btf.new()
  local foo = b:struct("foo", 8, { { "a", int(b), 0 }, { "b", int(b), 32 } })
  local insns, relos = {}, {}
  for i = 1, count do
    relos[i] = { insn = i - 1, type = foo, access = "0:1", kind = "byte_off" }
    insns[i] = object.ldx(4, 2, 1, 4)
  end
  insns[count + 1], insns[count + 2] = object.mov(0, 0), object.exit()
  local o = object.new(b)
  o:program { insns = insns, relos = relos, section = "raw_tp/x" }
  return tmp.write(("relocations%d.o"):format(count), o:bytes())
end

local function kernel()
  local b = btf.new()
  b:struct("foo", 8, { { "b", int(b), 0 }, { "a", int(b), 32 } })
  return tmp.write("6.1.0-test.btf", b:bytes())
end

-- The result of one relocation with this access of a type that make(b) adds to object and kernel.
local function result_of(access, make)
  local b = btf.new()
  local foo = make(b)
  local o = object.new(b)
  o:program { insns = { object.ldx(4, 2, 1, 0), object.mov(0, 0), object.exit() },
    relos = { { insn = 0, type = foo, access = access, kind = "byte_off" } } }
  local k = btf.new()
  make(k)
  local obj <close> = btfl.object { bytes = o:bytes() }
  local t <close> = btfl.target(btfl.btf { bytes = k:bytes() })
  local result = obj:relos()():resolve(t)
  return result.status, result.reason
end

-- CPU seconds of a command, as the shell tells of what it ran.
local function cost(words)
  local r = run.program { "sh", "-c", ("%s %s > /dev/null; times"):format(run.btfl, table.concat(words, " ")) }
  local m, s = r.out:match "\n(%d+)m([%d.]+)s"
  assert(m, r.out .. r.err)
  return m * 60 + s
end

describe("README's table of bounds", function()
  teardown(tmp.clean)

  it("is met by a file: what is larger than 1 GiB is one line", function()
    local path = tmp.path "large.btf"
    assert(os.execute(("truncate -s %d '%s'"):format((1 << 30) + 1, path)))
    local r = run { "doctor", path }
    os.remove(path)
    assert.equal(2, r.status)
    assert.matches("^btfl[^\n]*large%.btf: [^\n]*\n$", r.err)
  end)

  it("is met by an archive: 500,000 files are looked at, and no more", function()
    -- A ustar's header of an empty file.
    local head = "x" .. ("\0"):rep(99) .. "0000644\0000000000\0000000000\000" .. (("0"):rep(11) .. "\0"):rep(2)
    local rest = "0" .. ("\0"):rep(100) .. "ustar\00000" .. ("\0"):rep(247)
    local sum = 8 * 32
    for i = 1, #head do sum = sum + head:byte(i) end
    for i = 1, #rest do sum = sum + rest:byte(i) end
    local block = head .. ("%06o\0 "):format(sum) .. rest
    for count, what in pairs { [500000] = "has no kernel in it", [500001] = "more than 500000 files in an archive" } do
      local path = tmp.path "many.tar.gz"
      local gzip <close> = assert(io.popen("gzip -1 >" .. run.quote(path), "w"))
      for _ = 1, count // 1000 do gzip:write(block:rep(1000)) end
      gzip:write(block:rep(count % 1000), ("\0"):rep(1024))
      gzip:close()
      local r = run { "types", path, "x" }
      if r.err:find "libarchive" then return pending "needs libarchive" end
      assert.same({ "", 2 }, { r.out, r.status })
      assert.matches("^btfl: [^\n]*many%.tar%.gz: [^\n]*" .. what .. "[^\n]*\n$", r.err)
    end
  end)

  it("is met by an access string: 64 indexes are read, and 65 are too deep", function()
    local function nested(b)
      local inner = int(b)
      for i = 1, 64 do inner = b:struct(i == 64 and "foo" or "foo" .. i, 4, { { "a", inner, 0 } }) end
      return inner
    end
    assert.same({ "ok" }, { result_of("0" .. (":0"):rep(63), nested) })
    assert.same({ "error", "too-deep" }, { result_of("0" .. (":0"):rep(64), nested) })
  end)

  it("is met by arrays of arrays: the size of 32 is known", function()
    local function arrays(count)
      return function(b)
        local inner = int(b)
        for _ = 1, count do inner = b:array(inner, 1) end
        return b:struct("foo", 4, { { "a", inner, 0 } })
      end
    end
    assert.same({ "ok" }, { result_of("0:0" .. (":0"):rep(31), arrays(31)) })
    assert.same({ "error", "unsized" }, { result_of("0:0" .. (":0"):rep(40), arrays(40)) })
  end)

  it("is met by the number of candidates, which has none: each takes its time", function()
    local function candidates(count)
      local k = btf.new()
      for i = 1, count do k:struct("foo___" .. i, 8, { { "b", int(k), 0 } }) end
      local t = tmp.write(("candidates%d.btf"):format(count), k:bytes())
      return cost { "relos", with_relocations(1), "-t", t }
    end
    local few, many = candidates(5000), candidates(20000)
    assert.is_true(many < 8 * few + 0.2, ("%.2f s and %.2f s"):format(few, many))
  end)

  it("is met by a verdict: a million instructions are walked, and no more", function()
    local b = btf.new()
    local foo = b:struct("foo", 4, { { "gone", int(b), 0 } })
    local o = object.new(b)
    o:program { section = "raw_tp/x", relos = { { insn = 4, type = foo, access = "0:0", kind = "byte_off" } }, insns = {
      object.insn(0xbf, 6, 1), object.mov(2, 0), object.add(2, 1), object.insn(0xa5, 2, 0, -2, 2000000), -- jlt
      object.ldx(4, 0, 6, 0), object.exit(),
    } }
    local obj <close> = btfl.object { bytes = o:bytes() }
    local target <close> = btfl.target(kernel())
    local verdict = obj:programs()():verdict(target, { only = { "relocation" } })
    assert.same({ "unknown", "more than a million instructions on its paths" }, { verdict.verdict, verdict.why })
  end)

  local function relocations(count, words)
    return cost { words, with_relocations(count), "-t", kernel() }
  end

  it("is met by the number of relocations, which has none: each takes its time", function()
    for _, words in ipairs { "check", "check --format json", "verdicts" } do
      local few, many = relocations(5000, words), relocations(20000, words)
      assert.is_true(many < 8 * few + 0.2, ("%s: %.2f s and %.2f s"):format(words, few, many))
    end
  end)

  it("is met by those that find arguments, too", function()
    local function reading(count)
      local obj <close> = btfl.object(with_relocations(count))
      local start = os.clock()
      assert.equal(count, #obj:programs()():reads().located)
      return os.clock() - start
    end
    local few, many = reading(40000), reading(160000)
    assert.is_true(many < 8 * few + 0.2, ("%.2f s and %.2f s"):format(few, many))
  end)

  it("is met by a million of them #long", function()
    for _, words in ipairs { "check", "verdicts", "relos --format tsv" } do
      assert.is_true(relocations(1000000, words) < 60, words)
    end
    local r = run { "check", with_relocations(1000000), "-t", kernel() }
    assert.equal(0, r.status)
    assert.matches("1000000 ok, 0 poison, 0 error; 1 program: 1 loads\n$", r.out)
  end)

  it("names where each is specified, in files that are there", function()
    local rows = 0
    for path in README:match "\n### Bounds\n(.-)\n## ":gmatch "`(spec/[%w_]+%.lua)`" do
      rows = rows + 1
      assert.is_not_nil(io.open(path), path)
    end
    assert.is_true(rows >= 8)
  end)
end)
