--- minbtf: the parts of many kernels as files: what each is called, which are one, what is told of those that
--- are stale, and that nothing is left half written.

local btf = require "spec.support.btf"
local dkjson = require "dkjson"
local object = require "spec.support.object"
local run = require "spec.support.run"
local tmp = require "spec.support.tmp"

local CORPUS = os.getenv "BTFL_CORPUS" or "../shared/corpus"

local function int(b) return b:int("int", 4, "signed") end

-- A kernel whose foo has the members, four bytes each.
local function kernel(path, members, endian)
  local b, list = btfl.builder { endian = endian }, {}
  local i = b:add { kind = "int", name = "int", size = 4, encoding = "signed" }
  for n, name in ipairs(members) do list[n] = { name = name, type = i, bit_offset = 32 * (n - 1) } end
  b:add { kind = "struct", name = "foo", size = 4 * #members, members = list }
  tmp.mkdir(path:match "^(.*)/" or ".")
  return tmp.write(path, b:bytes())
end

-- An object that reads that member of foo.
local function reader(name, member, endian)
  local l = btf.new { endian = endian }
  local o = object.new(l)
  local foo = l:struct("foo", 4, { { member, int(l), 0 } })
  o:program { insns = { object.ldx(4, 1, 1, 0), object.exit() }, relos = {
    { insn = 0, type = foo, access = "0:0", kind = "byte_off" },
  } }
  return tmp.write(name, o:bytes())
end

-- Runs a command line in the shell; "$btfl" is the program.
local function sh(command)
  return run.program({ "sh", "-c", command }, { env = { btfl = run.btfl } })
end

local function names_in(folder)
  local names = {}
  for name in sh("cd " .. run.quote(folder) .. " && find . ! -type d | sort").out:gmatch "[^\n]+" do
    names[#names + 1] = name
  end
  return names
end

local function inode(path) return sh("stat -c %i " .. run.quote(path)).out end

describe("minbtf", function()
  local a, b, one, two, three, k

  setup(function()
    a, b = reader("a.o", "a"), reader("b.o", "b")
    k = tmp.path "k"
    one = kernel("k/6.1.0-one.btf", { "a", "b" })
    two = kernel("k/6.2.0-two.btf", { "a", "b", "c" })
    three = kernel("k/ubuntu/20.04/x86_64/5.4.0-3-generic.btf", { "b", "a" })
  end)
  teardown(tmp.clean)

  -- A folder that nothing is in.
  local count = 0
  local function fresh()
    count = count + 1
    return tmp.path("out" .. count)
  end

  it("needs a file", function()
    local r = run { "minbtf", a, "-t", one }
    assert.same({ "", "btfl: -o FILE is needed: BTF is no text\n", 2 }, { r.out, r.err, r.status })
    r = run { "minbtf", a, "-t", one, "--archive", "out.zip" }
    assert.same({ "", 2 }, { r.out, r.status })
    assert.matches("--archive takes OUT.tar.xz or OUT.tar.gz, not 'out.zip'", r.err, 1, true)
  end)

  it("writes nothing when an object cannot be read", function()
    local out = fresh()
    local r = run { "minbtf", a, "/nonexistent.o", "-t", one, "-o", out }
    assert.equal(2, r.status)
    assert.is_nil(io.open(out))
  end)

  it("writes of several kernels a file each, called as they are", function()
    local out = fresh()
    local r = run { "minbtf", a, b, "-t", k, "-o", out }
    assert.same({ "", "", 0 }, { r.out, r.err, r.status })
    assert.same({ "./6.1.0-one.btf", "./6.2.0-two.btf", "./ubuntu/20.04/x86_64/5.4.0-3-generic.btf" }, names_in(out))
    for file, path in pairs { ["6.1.0-one.btf"] = one, ["ubuntu/20.04/x86_64/5.4.0-3-generic.btf"] = three } do
      assert.equal(0, run({ "minbtf", a, b, "-t", path, "-o", tmp.path "single.btf" }).status)
      assert.equal(tmp.read(tmp.path "single.btf"), tmp.read(out .. "/" .. file))
    end
    r = run { "minbtf", a, "-t", one, "-o", out .. "/more/" }
    assert.same({ 0, { "./6.1.0-one.btf" } }, { r.status, names_in(out .. "/more") })
  end)

  it("makes files that are equal one, when asked, and parts them again", function()
    local out = fresh()
    local first, second = out .. "/6.1.0-one.btf", out .. "/6.2.0-two.btf"
    local function write(object_path, ...)
      assert.equal(0, run({ "minbtf", object_path, "-t", one, "-t", two, "-o", out, ... }).status)
    end
    write(a)
    assert.not_equal(inode(first), inode(second))
    for _ = 1, 2 do
      write(reader("size.o", "c"), "--link")
      assert.not_equal(inode(first), inode(second))
      two = kernel("k/6.2.0-two.btf", { "a", "b" })
      write(a, "--link")
      assert.equal(inode(first), inode(second))
      two = kernel("k/6.2.0-two.btf", { "a", "b", "c" })
    end
    assert.same({ "./6.1.0-one.btf", "./6.2.0-two.btf" }, names_in(out))
  end)

  it("writes one archive in the layout of BTFHub's, with the same bytes in every run", function()
    local out = fresh()
    for suffix, unpack in pairs { [".tar.xz"] = "xz -dc", [".tar.gz"] = "gzip -dc" } do
      local r = run { "minbtf", a, b, "-t", k, "--archive", out .. suffix }
      if r.err:find "libarchive" then return pending "needs libarchive" end
      assert.same({ "", "", 0 }, { r.out, r.err, r.status })
      local tar = sh(unpack .. " " .. run.quote(out .. suffix)).out
      assert.equal("./6.1.0-one.btf\0", tar:sub(1, 16))
      local list = run.program { "tar", "tvf", out .. suffix }
      assert.matches("^%-rw%-r%-%-r%-%- 0/0 +%d+ 1970%-01%-01 [%d:]+ %./6.1.0%-one.btf\n[^\n]+ %./6.2.0%-two.btf\n"
        .. "[^\n]+ %./ubuntu/20.04/x86_64/5.4.0%-3%-generic.btf\n$", list.out)
      local bytes = tmp.read(out .. suffix)
      sh "sleep 1.1"
      assert.equal(0, run({ "minbtf", a, b, "-t", three, "-t", two, "-t", one, "--archive", out .. suffix }).status)
      assert.equal(bytes, tmp.read(out .. suffix))
      assert.equal(0, run({ "relos", a, "-t", out .. suffix }).status)
    end
  end)

  it("packs what a name is, however long", function()
    local out = fresh()
    for _, name in ipairs { "k\u{fc}", ("n"):rep(200), "k\xff" } do kernel("odd/" .. name .. ".btf", { "a" }) end
    local r = run { "minbtf", a, "-t", tmp.path "odd", "--archive", out .. ".tar.xz" }
    if r.err:find "libarchive" then return pending "needs libarchive" end
    assert.same({ "", "", 0 }, { r.out, r.err, r.status })
    r = run { "minbtf", a, "-t", tmp.path "odd", "--verify", out .. ".tar.xz" }
    assert.same({ "", 0 }, { r.err, r.status })
  end)

  describe("--verify", function()
    local function verify(where, ...)
      local r = run { "minbtf", "--verify", where, "--format", "jsonl", ... }
      local said = {}
      for line in r.out:gmatch "[^\n]+" do
        local finding = dkjson.decode(line)
        if finding.rule then said[#said + 1] = finding.rule .. " " .. finding.at end
      end
      table.sort(said)
      return said, r.status, r
    end

    it("says nothing of files that are right, of a folder, an archive or one file", function()
      local out = fresh()
      run { "minbtf", a, "-t", k, "-o", out }
      run { "minbtf", a, "-t", k, "--archive", out .. ".tar.xz" }
      for _, where in ipairs { out, out .. "/", out .. ".tar.xz" } do
        local said, status, r = verify(where, a, "-t", k)
        assert.same({ {}, 0, "" }, { said, status, r.err })
      end
      assert.equal(0, run({ "minbtf", "--verify", out .. "/6.1.0-one.btf", a, "-t", one }).status)
      assert.equal(0, run({ "minbtf", "--verify", k, a, b, "-t", k }).status)
    end)

    it("tells which is stale, and by which relocation", function()
      local out = fresh()
      run { "minbtf", a, "-t", k, "-o", out }
      local said, status = verify(out, a, b, "-t", one)
      assert.same({ { "part-extra " .. out .. "/6.2.0-two.btf", "part-extra " .. out
        .. "/ubuntu/20.04/x86_64/5.4.0-3-generic.btf", "part-stale " .. out .. "/6.1.0-one.btf" }, 1 },
        { said, status })
      local r = run { "minbtf", "--verify", out, a, b, "-t", one }
      assert.matches("error[part-stale]: 1 relocation is otherwise than against the kernel\n", r.out, 1, true)
      assert.matches(b .. ": relocation 0 (byte_off foo.b) is ok 4 61", r.out, 1, true)
      assert.matches(" against the whole and poison against the part\n", r.out, 1, true)
    end)

    it("tells what is missing, and what a kernel of the same name has now", function()
      local out = fresh()
      run { "minbtf", a, "-t", one, "-t", two, "-o", out }
      kernel("now/6.2.0-two.btf", { "x", "a" })
      local said, status = verify(out, a, "-t", one, "-t", tmp.path "now", "-t", three)
      assert.same({ { "part-missing " .. out .. "/ubuntu/20.04/x86_64/5.4.0-3-generic.btf",
        "part-stale " .. out .. "/6.2.0-two.btf" }, 1 }, { said, status })
    end)

    it("calls nothing extra, nor right, that cannot be read", function()
      local out = fresh()
      run { "minbtf", a, "-t", one, "-t", two, "-o", out }
      local bytes = tmp.read(out .. "/6.1.0-one.btf")
      run.write(out .. "/6.1.0-one.btf", bytes:sub(1, 30))
      local said, status, r = verify(out, a, "-t", one, "-t", two)
      assert.same({ {}, 2 }, { said, status }, r.err)
      assert.matches("^btfl minbtf: [^\n]+6.1.0%-one.btf: [^\n]+\n$", r.err)
      said, status = verify(out, a, "-t", one, "-t", "/nonexistent.btf")
      assert.same({ {}, 2 }, { said, status })
      assert.equal(2, (run { "minbtf", "--verify", "/nonexistent", a, "-t", one }).status)
    end)
  end)

  it("leaves kernels and objects of another byte order to one another", function()
    local out = fresh()
    local big = kernel("6.1.0-big.btf", { "a" }, "big")
    local strange = reader("strange.o", "a", "big")
    local r = run { "minbtf", a, strange, "-t", one, "-t", big, "-o", out }
    assert.same({ "", "", 0 }, { r.out, r.err, r.status })
    assert.equal("big", btfl.btf(out .. "/6.1.0-big.btf").endian)
    r = run { "minbtf", a, "-t", one, "-t", big, "-o", out .. "/2" }
    assert.same({ "", ("btfl minbtf: %s: it is big-endian, and no object is\n"):format(big), 2 },
      { r.out, r.err, r.status })
    assert.same({ "./6.1.0-one.btf" }, names_in(out .. "/2"))
  end)

  it("writes the others where a kernel is damaged, or called as another one", function()
    local out = fresh()
    local damaged = tmp.write("6.3.0.btf", tmp.read(one):sub(1, 40))
    kernel("other/6.1.0-one.btf", { "b", "a" })
    local r = run { "minbtf", a, "-t", damaged, "-t", one, "-t", tmp.path "other/6.1.0-one.btf", "-t", two, "-o", out }
    assert.same({ "", 2 }, { r.out, r.status })
    assert.matches("^btfl minbtf: [^\n]+6.3.0.btf: [^\n]+\nbtfl minbtf: [^\n]+other/6.1.0%-one.btf: [^\n]+"
      .. "k/6.1.0%-one.btf is called 6.1.0%-one, too, which is written\n$", r.err)
    assert.same({ "./6.1.0-one.btf", "./6.2.0-two.btf" }, names_in(out))
  end)

  it("writes over no input, even one whose turn has not come", function()
    local before = { tmp.read(one), tmp.read(two) }
    for _, words in ipairs { { "-t", k, "-o", k }, { "-t", one, "-t", two, "-o", k }, { "-t", one, "-o", one },
      { "-t", one, "-o", k .. "/" }, { "-t", one, "--archive", tmp.write("in.tar.xz", before[1]), "-t",
        tmp.path "in.tar.xz" } } do
      local r = run { "minbtf", a, table.unpack(words) }
      assert.same({ "", 2 }, { r.out, r.status })
      assert.matches("is an input: it is not written over", r.err, 1, true)
      assert.same(before, { tmp.read(one), tmp.read(two) })
    end
    local first = kernel("later/6.9.0.btf", { "a" })
    local second = kernel("into/6.9.0.btf", { "b", "a" })
    local bytes = tmp.read(second)
    local r = run { "minbtf", a, "-t", first, "-t", second, "-o", tmp.path "into" }
    assert.equal(2, r.status)
    assert.equal(bytes, tmp.read(second))
  end)

  it("leaves nothing where it may not write all", function()
    if os.getenv "COVERAGE" then return pending "counts are written, too" end
    local out = fresh()
    local members = {}
    for i = 1, 90 do members[i] = "a_long_name_of_a_member_" .. i end
    members[#members + 1] = "a"
    local large = kernel("6.5.0-large.btf", members)
    local l = btf.new()
    local o, i, list, relos = object.new(l), int(l), {}, {}
    for n, name in ipairs(members) do list[n] = { name, i, 32 * (n - 1) } end
    local foo, insns = l:struct("foo", 4 * #members, list), {}
    for n = 1, #members do
      insns[n] = object.ldx(4, 1, 1, 4 * (n - 1))
      relos[n] = { insn = n - 1, type = foo, access = "0:" .. n - 1, kind = "byte_off" }
    end
    insns[#insns + 1] = object.exit()
    o:program { insns = insns, relos = relos }
    local path = tmp.write("large.o", o:bytes())
    local r = sh(("ulimit -f 1; exec \"$btfl\" minbtf %s %s -t %s -t %s -o %s"):format(path, a, large, one, out))
    assert.equal(2, r.status, r.err)
    assert.matches("^btfl minbtf: [^\n]+/6.5.0%-large.btf: cannot be written: File too large\n$", r.err)
    assert.same({ "./6.1.0-one.btf" }, names_in(out))
    assert.equal(0, run({ "minbtf", path, "-t", large, "-o", out .. "/" }).status)
  end)

  it("leads nowhere else than to its folder", function()
    local out = fresh()
    local odd = kernel("debian/../x86_64/6.1.0.btf", { "a" })
    local r = run({ "minbtf", a, "-t", "debian/../x86_64/6.1.0.btf", "-o", out .. "/" },
      { cwd = odd:match "^(.*)/debian/" })
    assert.same({ 0, { "./debian/x86_64/6.1.0.btf" } }, { r.status, names_in(out) }, r.err)
  end)

  it("is whole or not there when a signal ends it", function()
    if not io.open(CORPUS .. "/README.md") then return pending "needs a corpus" end
    local out = fresh()
    for i, signal in ipairs { "TERM", "INT", "HUP", "TERM", "INT" } do
      sh(("timeout -s %s 0.%d \"$btfl\" minbtf %s/objects/libbpf-tools*/*.o -t %s/kernels -o %s"):format(signal, i,
        CORPUS, CORPUS, out))
      tmp.mkdir(out:match "[^/]*$")
      for _, name in ipairs(names_in(out)) do
        assert.matches("^./[^/.][^/]*%.btf$", name)
        btfl.btf(out .. "/" .. name):close()
      end
      sh(("timeout -s %s 0.%d \"$btfl\" minbtf %s/objects/libbpf-tools*/*.o -t %s/kernels --archive %s.tar.xz"):format(
        signal, i, CORPUS, CORPUS, out))
      local archive = io.open(out .. ".tar.xz")
      if archive then assert.equal(0, run({ "targets", "-t", out .. ".tar.xz" }).status) end
    end
  end)
end)

describe("a minimal BTF of the corpus", function()
  teardown(tmp.clean)

  it("is larger than bpftool's only by what failed #long", function()
    if not io.open(CORPUS .. "/README.md") then return pending "needs a corpus" end
    if run.program({ "bpftool", "version" }).status ~= 0 then return pending "needs bpftool" end
    local list = sh(("find %s/objects -name '*.o' | sort"):format(run.quote(CORPUS))).out
    local compared, larger, ours_all, theirs_all = 0, 0, 0, 0
    for _, name in ipairs { "5.10.262-generic-amd64", "6.12.117-generic-amd64", "7.3.4-generic-amd64" } do
      local whole, theirs = tmp.path "whole.btf", tmp.path "theirs.btf"
      sh(("gzip -dc %s/kernels/%s.btf.gz > %s"):format(run.quote(CORPUS), name, whole))
      local target <close> = btfl.target(whole)
      for path in list:gmatch "[^\n]+" do
        local o <close> = btfl.object(path)
        if o.btf and o.endian == target.endian then
          local subset, failed = btfl.subset(target), false
          subset:add(o)
          for result in o:results(target) do
            for attempt in result:trail() do failed = failed or not attempt.ok end
          end
          assert.equal(0, run.program({ "bpftool", "gen", "min_core_btf", whole, theirs, path }).status)
          local ours, other = #subset:bytes(), #tmp.read(theirs)
          compared, ours_all, theirs_all = compared + 1, ours_all + ours, theirs_all + other
          if ours > other then
            larger = larger + 1
            assert.is_true(failed, path)
          end
        end
      end
    end
    assert.is_true(compared > 300 and larger < compared // 20 and ours_all < theirs_all * 3 // 4)
  end)

  it("gives the answers of the whole by every policy that is shipped #long", function()
    if not io.open(CORPUS .. "/README.md") then return pending "needs a corpus" end
    local list = sh(("find %s/objects -name '*.o' | sort"):format(run.quote(CORPUS))).out
    local relocations = 0
    local function answer(result)
      local id = result.relo.kind == "target_type_id"
      local words = { result.status, result.reason or "-", not id and result.value or "-",
        not id and result.after or "-" }
      for attempt in result:trail() do
        words[#words + 1] = ("%s: %s at %s of %s"):format(attempt.candidate:decl(), attempt.reason or "ok",
          attempt.step or "-", attempt.have and attempt.have:decl() or "-")
      end
      return table.concat(words, " ")
    end
    for _, policy in ipairs { "libbpf", "renames", "strict", "lenient", "kernel", "cilium", "aya" } do
      for target in btfl.targets(CORPUS .. "/kernels") do
        for path in list:gmatch "[^\n]+" do
          local o <close> = btfl.object(path)
          if o.btf and not o:clash(target) then
            local subset = btfl.subset(target, { policy = policy })
            subset:add(o)
            local part <close> = btfl.target(subset:btf())
            local whole = o:results(target, { policy = policy })
            for result in o:results(part, { policy = policy }) do
              relocations = relocations + 1
              assert.equal(answer(whole()), answer(result), path)
            end
          end
        end
        target:close()
      end
    end
    assert.is_true(relocations > 100000)
  end)
end)
