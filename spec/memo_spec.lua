--- The memo of check, dialects, matrix, relos and verdicts: where a kernel answers all that is asked for an object
--- as one before it did, the pair is not looked into again, and what is said stays the same, byte for byte.
local alike = require "spec.support.alike"
local btf = require "spec.support.btf"
local btfl = require "btfl"
local engine = require "btfl.engine"
local object = require "spec.support.object"
local run = require "spec.support.run"
local tmp = require "spec.support.tmp"

local made = 0

-- A kernel whose struct task has these members of 4 bytes, and where vfs_read() is. Each has other ids.
local function kernel(release, ...)
  made = made + 1
  tmp.mkdir(("k%d"):format(made))
  local b = btf.new()
  for i = 1, made do b:struct(("other_%d"):format(i), i, {}) end
  local int, members = b:int("int", 4, "signed"), {}
  for i, member in ipairs { ... } do members[i] = { member, int, (i - 1) * 32 } end
  b:struct("task", 4 * #members, members)
  b:func("vfs_read", b:func_proto(int, { { "count", int } }))
  return tmp.write(("k%d/%s-amd64.btf"):format(made, release), b:bytes())
end

-- By kernel its state, its case, and whether that was seen.
local function states(path, targets, options)
  local list = {}
  for cell in btfl.matrix({ path }, targets, options) do
    list[#list + 1] = ("%s %d%s"):format(cell.state, cell.case, cell.seen and " seen" or "")
  end
  return list
end

describe("the memo of a matrix", function()
  teardown(tmp.clean)

  it("recalls what is the same under other ids and in other releases", function()
    local path = alike.reader()
    local kernels = { kernel("6.1.1", "pid"), kernel("6.1.2", "pid"), kernel("6.2.1", "pid"),
      kernel("6.1.3", "pad", "pid"), kernel("6.1.4", "pid") }
    assert.same({ "loads 1", "loads 1 seen", "loads 1 seen", "loads 1", "loads 1 seen" }, states(path, kernels))
    assert.same({ "loads 1", "loads 1", "loads 1", "loads 1", "loads 1" }, states(path, kernels, { memo = false }))
  end)

  -- The path of an object that calls a helper.
  local function caller(section, helper)
    local o = object.new(btf.new())
    o:program { name = "caller", section = section, insns = {
      object.insn(0x85, 0, 0, 0, helper), object.mov(0, 0), object.exit(),
    } }
    return tmp.write(("caller-%s-%d.bpf.o"):format((section:gsub("/", "-")), helper), o:bytes())
  end

  it("asks of the version on which side it is of each release that decides, and of the others nothing", function()
    local function states_on(path, ...)
      local kernels = {}
      for i, release in ipairs { ... } do kernels[i] = kernel(release, "pid") end
      local list = states(path, kernels)
      local without = states(path, kernels, { memo = false })
      for i, text in ipairs(list) do assert.equal(without[i], (text:gsub(" seen$", ""))) end
      return list
    end
    -- Socket filters call bpf_get_current_pid_tgid() since 6.7.
    assert.same({ "rejected 1", "rejected 1 seen", "loads 2", "loads 2 seen", "rejected 1 seen" },
      states_on(caller("socket", 14), "6.5.1", "6.6.2", "6.7.1", "6.19.1", "6.6.80"))
    -- A version that ends with 0 may be of any newer release, of which distributions take over.
    assert.same({ "loads 1", "loads 1 seen", "rejected 2" },
      states_on(caller("socket", 14), "6.6.0", "6.7.1", "6.6.1"))
    -- kprobes call bpf_ktime_get_coarse_ns() until 6.0.
    assert.same({ "loads 1", "loads 1 seen", "rejected 2", "rejected 2 seen" },
      states_on(caller("kprobe/vfs_write", 160), "5.19.1", "6.0.2", "6.1.1", "6.2.3"))
    local list = states_on(alike.reader(), "6.5.1", "6.6.2", "6.4.3", "6.3.1")
    assert.same({ "loads 1", "loads 1 seen", "loads 1 seen", "loads 1 seen" }, list)
    local function walked(...)
      local o = object.new(btf.new())
      o:program { name = "walked", section = "socket", insns = { ... } }
      return tmp.write("walked.bpf.o", o:bytes())
    end
    -- What walks the paths asks what the verifier can tell where walks go other ways by that, as since 6.4 where a
    -- range ends below a number.
    local ends = { object.call(14), object.mov(0, 0), object.exit() }
    assert.same({ "guarded 1", "guarded 1 seen", "rejected 2", "rejected 2 seen", "guarded 1 seen" },
      states_on(walked(object.call(7), object.insn(0x57, 0, 0, 0, 7), object.insn(0x55, 0, 0, 1, 20),
        table.unpack(ends)), "6.5.1", "6.6.2", "6.3.1", "6.3.2", "6.4.2"))
    -- And not where all go the same.
    assert.same({ "rejected 1", "rejected 1 seen", "rejected 1 seen" },
      states_on(walked(object.call(7), object.insn(0x55, 0, 0, 1, 20), table.unpack(ends)), "6.5.1", "6.6.2",
        "6.3.1"))
    assert.same({ "guarded 1", "guarded 1 seen", "guarded 1 seen" },
      states_on(walked(object.mov(0, 1), object.insn(0x55, 0, 0, 1, 20), table.unpack(ends)), "6.5.1", "6.3.1",
        "5.10.1"))
  end)

  it("recalls what is missing alike", function()
    local path = alike.reader()
    local kernels = { kernel("6.1.1", "tgid"), kernel("6.1.2", "tgid"), kernel("6.1.3", "gone"), kernel("6.1.4", "pid"),
      kernel("6.1.5", "gone") }
    local list = states(path, kernels)
    assert.matches("^rejected 1$", list[1])
    assert.matches("^rejected 1 seen$", list[2])
    assert.is_nil(list[3]:find "seen")
    assert.is_nil(list[4]:find "seen")
    assert.matches(" seen$", list[5])
    for i, text in ipairs(list) do list[i] = text:gsub(" seen$", "") end
    assert.same(states(path, kernels, { memo = false }), list)
  end)

  it("knows an id for another one where the program goes by it, and else for the same", function()
    local a, other = kernel("6.1.1", "pid"), kernel("6.1.2", "pid")
    local b = btf.new()
    local task = b:struct("task", 4, { { "pid", b:int("int", 4), 0 }, { "gone", 1, 0 } })
    local relos = { { insn = 0, type = task, access = "0", kind = 7 },
      { insn = 4, type = task, access = "0:1", kind = "byte_off" } }
    local function ids(jump)
      local o = object.new(b)
      o:program { name = "ids", section = "socket", relos = relos,
        insns = { object.mov(1, 0), jump, object.mov(0, 0), object.exit(), object.mov(0, 0), object.exit() } }
      return tmp.write(("ids%02x.bpf.o"):format(jump.code), o:bytes())
    end
    -- The first kernel's is the smaller one.
    local by_id = ids(object.insn(0x25, 1, 0, 2, btfl.target(a).btf:get("task").id))
    assert.same({ "guarded 1", "rejected 2", "guarded 1 seen" }, states(by_id, { a, other, a }))
    assert.same({ "guarded 1", "guarded 1 seen", "guarded 1 seen" },
      states(ids(object.insn(0xbf, 3, 1)), { a, other, a }))
  end)

  -- How often objects are relocated on kernels, on which they are looked at in turn.
  local function relocated_on(path, kernels)
    local relocate, count = engine.recall_relocate, 0
    function engine.recall_relocate(...)
      count = count + 1
      return relocate(...)
    end
    local list = states(path, kernels)
    engine.recall_relocate = relocate
    return count, list
  end

  -- An object that puts the id of struct task into an instruction of a function that nothing calls.
  local function with_id(name, insn)
    local b = btf.new()
    local task = b:struct("task", 4, { { "pid", b:int("int", 4), 0 } })
    local o = object.new(b)
    o:program { name = "main", section = "socket", insns = { object.mov(0, 0), object.exit() } }
    o:program { name = "idle", section = ".text", insns = { insn, object.mov(0, 0), object.exit() },
      relos = { { insn = 0, type = task, access = "0", kind = 7 } } }
    return tmp.write(name .. ".bpf.o", o:bytes())
  end

  it("relocates nothing again for another id that nothing goes by", function()
    local kernels = { kernel("6.1.1", "pid"), kernel("6.1.2", "pid"), kernel("6.1.3", "pid") }
    local count, list = relocated_on(with_id("unused", object.mov(1, 0)), kernels)
    assert.same({ "loads 1", "loads 1 seen", "loads 1 seen" }, list)
    assert.equal(1, count)
  end)

  it("knows that not each id fits an offset", function()
    local near, before = kernel("6.1.1", "pid"), made
    made = 1 << 15
    local far = kernel("6.1.2", "pid")
    made = before
    local path = with_id("offset", object.insn(0x62, 10, 0, 0, 0))
    local list = states(path, { near, far })
    assert.is_nil(list[2]:find "seen")
    assert.same(states(path, { near, far }, { memo = false }), list)
  end)

  it("hears what was kept of a kernel before", function()
    local path = alike.reader "fentry/vfs_read"
    local list = {}
    for i, file in ipairs { kernel("6.1.1", "pid"), kernel("6.1.2", "pid"), kernel("6.1.3", "pad", "pid") } do
      list[i] = btfl.target(file)
    end
    local without = states(path, list, { memo = false })
    local with = states(path, list)
    for i, text in ipairs(with) do with[i] = text:gsub(" seen$", "") end
    assert.same(without, with)
    assert.is_nil(states(path, list)[3]:find "seen")
  end)

  it("keeps of types that are too many to tell what relocations become, and nothing else", function()
    local function hostile(release, leaf, within)
      local b = btf.new()
      local int = b:int("int", 4, "signed")
      local inner = b:struct(nil, 0, { { leaf, b:array(int, 0), 0 } })
      for _ = 1, 40 do inner = b:struct(nil, 0, { { "a", inner, 0 }, { "b", inner, 0 } }) end
      local members = { { "pid", int, 0 }, { "rest", inner, 0 } }
      if within then members = { { "", b:struct(nil, 4, members), 0 } } end
      b:struct("task", 4, members)
      return tmp.write(release .. "-amd64.btf", b:bytes())
    end
    local function states_of(within)
      return states(alike.reader(), { hostile("6.1.1", "a", within), hostile("6.1.2", "a", within),
        hostile("6.1.3", "b", within) })
    end
    assert.same({ "loads 1", "loads 1 seen", "loads 1 seen" }, states_of(false))
    assert.same({ "loads 1", "loads 1", "loads 1" }, states_of(true))
  end)

  it("tells kernels apart by their symbols where these are asked for", function()
    local path, files = alike.reader "kprobe/vfs_read", kernel("6.1.1", "pid")
    local function symbols(name)
      return tmp.write("symbols-" .. name, ("ffffffff81000000 T _text\nffffffff81000010 T %s\n"):format(name))
    end
    local has, lacks = symbols "vfs_read", symbols "vfs_write"
    local list = {}
    for i, file in ipairs { has, lacks, has, lacks } do list[i] = btfl.target(files, { kallsyms = file }) end
    assert.same({ "loads 1", "no-attach 2", "loads 1 seen", "no-attach 2 seen" }, states(path, list))
    assert.same({ "loads 1", "loads 1 seen", "loads 1 seen", "loads 1 seen" }, states(alike.reader(), list))
  end)

  it("asks a policy of every pair, whose hooks may know more than the kernel", function()
    local kernels = { kernel("6.1.1", "tgid"), kernel("6.1.2", "tgid"), kernel("6.1.3", "tgid") }
    local asked = 0
    local policy = btfl.policy {
      name = "picky",
      member = function(member, target, default)
        asked = asked + 1
        return default(member, target) or asked ~= 2 and target:member "tgid" or nil
      end,
    }
    local list = states(alike.reader(), kernels, { check = { policy = policy } })
    assert.same({ "loads 1", "rejected 2", "loads 1" }, list)
    assert.equal(3, asked)
  end)

  it("keeps nothing where what is said depends on other kernels", function()
    local a, b = btfl.target(kernel("6.1.1", "pid")), btfl.target(kernel("6.1.2", "pid"))
    assert.same({ "loads 1", "loads 1" }, states(alike.reader(), { a, b }, { check = { others = { a, b } } }))
  end)

  it("has shapes apart", function()
    local options = { shapes = { a = {}, b = { unset = {} } } }
    local kernels = { kernel("6.1.1", "pid"), kernel("6.1.2", "pid") }
    assert.same({ "loads 1", "loads 1", "loads 1 seen", "loads 1 seen" }, states(alike.reader(), kernels, options))
  end)

  -- What a command prints in each format, and that --no-memo and two processes print the same.
  local function assert_same(...)
    local status = (... == "dialects" or ... == "relos") and 0 or 1
    for _, format in ipairs { "text", "tsv", "json" } do
      local words = { ... }
      table.move({ "--format", format }, 1, 2, #words + 1, words)
      local with = run(words)
      for _, more in ipairs { { "--no-memo" }, { "-j", "2" }, { "-j", "2", "--no-memo" } } do
        local other = run(table.move(more, 1, #more, #words + 1, table.move(words, 1, #words, 1, {})))
        assert.same({ status, status }, { with.status, other.status })
        assert.equal(with.out, other.out)
        assert.equal(with.err, other.err)
      end
    end
  end

  it("is left out by --no-memo, which prints the same", function()
    local path = run.top .. "/spec/fixtures/example.bpf.o"
    for _, command in ipairs { "matrix", "verdicts", "check", "dialects", "relos" } do
      assert_same(command, path, alike.reader(), "-t", kernel("5.10.1", "pid"),
        "-t", run.top .. "/spec/fixtures/small.btf",
        "-t", kernel("6.1.2", "pid"), "-t", kernel("5.10.2", "pid"))
    end
  end)

  it("tells of kernels in their order, be they alike or not", function()
    local words = { "verdicts", alike.reader(), alike.reader "fentry/nowhere" }
    for _, name in ipairs { "one", "two", "three", "four", "6.1.1", "6.1.1-two" } do
      table.move({ "-t", kernel(name, name:find "[o1]$" and "pid" or "tgid") }, 1, 2, #words + 1, words)
    end
    assert_same(table.unpack(words))
  end)

  it("has kernels in their order of an object without programs, be they alike or not", function()
    local o = object.new(btf.new())
    local words = { "verdicts", tmp.write("programless.bpf.o", o:bytes()), "--format", "json" }
    for i, size in ipairs { 8, 4, 8, 4 } do
      local b = btf.new()
      b:int("long unsigned int", size)
      local path = tmp.write(("order%d-6.1.1-amd64.btf"):format(i), b:bytes())
      table.move({ "-t", path }, 1, 2, #words + 1, words)
    end
    local with = run(words)
    words[#words + 1] = "--no-memo"
    assert.equal(run(words).out, with.out)
    assert.matches("order1.*order2.*order3.*order4", with.out)
  end)

  it("looks at what other kernels have for what a program attaches to", function()
    local here, there = kernel("6.1.1", "pid"), kernel("6.1.2", "pid")
    local path = alike.reader "fentry/vfs_write"
    assert_same("verdicts", path, alike.reader "fentry/vfs_read", "-t", here, "-t", there, "-t",
      kernel("6.1.3", "pad", "pid"))
    local lacking = run { "verdicts", path, "-t", here, "-t", there, "--format", "json" }
    assert.matches("set at run time", lacking.out)
  end)

  it("lets check hold kernels against those that answered alike", function()
    local words = { "check", alike.reader(), "--all" }
    for i, member in ipairs { "pid", "pid", "tgid", "pid", "tgid" } do
      table.move({ "-t", kernel("6.1." .. i, member) }, 1, 2, #words + 1, words)
    end
    assert_same(table.unpack(words))
    assert.matches("struct task there has `int tgid` at 0, where `pid` was", run(words).out)
    assert_same("check", alike.reader(), "-t", kernel("6.1.1", "pid"), "-t", kernel("6.1.1-two", "tgid"),
      "-t", kernel("6.1.2", "pid"), "-t", kernel("6.1.2-two", "tgid"))
  end)

  it("lets check tell arguments by kernels that answered alike", function()
    local fixtures = run.top .. "/spec/fixtures/"
    local words = { "check", fixtures .. "silent.bpf.o", fixtures .. "example.bpf.o", fixtures .. "fixed.bpf.o" }
    for i = 0, 1 do
      for _, name in ipairs { "6.18.44-amd64", "6.19.14-amd64", "small" } do
        local folder = tmp.mkdir(("copy%d"):format(i))
        local copy = ("%s/%s%s.btf"):format(folder, name, i > 0 and "-copy" or "")
        assert(os.execute(("cp %s%s.btf %s"):format(fixtures, name, copy)))
        table.move({ "-t", copy }, 1, 2, #words + 1, words)
      end
    end
    assert_same(table.unpack(words))
    assert.matches("argument 3 of fexit/filemap_alloc_folio is", run(words).out)
  end)

  it("looks into each pair by a policy that has hooks", function()
    assert_same("verdicts", run.top .. "/spec/fixtures/example.bpf.o", "--policy", "renames", "-t",
      run.top .. "/spec/fixtures/small.btf", "-t", kernel("6.1.1", "pid"), "-t", kernel("6.1.2", "pid"))
  end)
end)

-- Real objects on real kernels, and on those changed in what they ask for.

local corpus = os.getenv("BTFL_CORPUS") or "../shared/corpus"

local function list(...)
  local out = {}
  for _, pattern in ipairs { ... } do
    local p <close> = assert(io.popen(("ls %s/%s 2>/dev/null"):format(run.quote(corpus), pattern)))
    for path in p:lines() do out[#out + 1] = path end
  end
  return out
end

local function open_objects()
  local objects = {}
  for i, path in ipairs(list "objects/*/*.o") do objects[i] = btfl.object(path) end
  return objects
end

-- Of those that ask for a thing, a few, and one of the others.
local function chosen(aim, objects)
  local out, has = {}, {}
  for i = 1, 7 do
    local one = i < 7 and aim.objects[math.random(#aim.objects)] or objects[math.random(#objects)]
    if not has[one] then out[#out + 1], has[one] = one, true end
  end
  return out
end

-- Changes a kernel so often in what objects ask for, each time beside the kernel as it is: what is wrong, and how
-- many cells were recalled, of how many.
local function vary(path, objects, times, seed, options)
  local name, wrong, cells, seen, done = path:match "([^/]*)%.btf%.gz$", {}, 0, 0, 0
  local b, aims = alike.open(path), alike.aims(objects)
  tmp.mkdir "changed"
  tmp.mkdir "kept"
  local base = btfl.target(tmp.write(("kept/%s.btf"):format(name), b.bytes))
  math.randomseed(seed)
  while done < times do
    local aim = aims[math.random(#aims)]
    local bytes, what = alike.change(b, aim)
    -- Not all that is changed so is sound.
    local ok, target = pcall(btfl.target, tmp.write(("changed/%s.btf"):format(name), bytes or ""))
    if ok then
      done = done + 1
      local bad, all, recalled = alike.compare(chosen(aim, objects), { base, target }, options)
      cells, seen = cells + all, seen + recalled
      for _, text in ipairs(bad) do
        wrong[#wrong + 1] = ("%s %s: %s: %s"):format(aim.kind, aim.name, what, text)
      end
      target:close()
    end
  end
  return wrong, cells, seen
end

describe("the memo of a matrix of real objects", function()
  teardown(tmp.clean)

  local kernels = list "kernels/*.btf.gz"

  local function needs_corpus()
    if #kernels == 0 then pending("needs the corpus") end
    return #kernels > 0
  end

  it("prints the same in every format, and by a policy", function()
    if not needs_corpus() then return end
    local all = list("kernels/*.btf.gz", "loads/*.btf.gz")
    for _, policy in ipairs { "libbpf", "renames" } do
      local printed = {}
      for _, memo in ipairs { true, false } do
        local report = btfl.matrix(list "objects/*/*.o", all, { memo = memo, check = { policy = policy } }):report()
        for _, format in ipairs { "tsv", "json" } do
          local text = require("btfl.format." .. format)(report)
          assert.equal(printed[format] or text, text)
          printed[format] = text
        end
      end
      assert.is_true(#printed.json > 100000)
    end
  end)

  it("recalls only what is so, whatever changes", function()
    if not needs_corpus() then return end
    local objects = open_objects()
    local wrong, cells, seen = vary(kernels[#kernels // 2], objects, 60, 1)
    assert.equal("", table.concat(wrong, "\n"))
    -- Of two kernels the first is never recalled.
    assert.is_true(seen > cells / 6 and seen < cells / 2)
  end)

  -- What a command prints of a kernel and of such that are changed, with and without.
  local function printed_of(path, times, seed, ...)
    local b, name = alike.open(path), path:match "([^/]*)%.btf%.gz$"
    local aims = alike.aims(open_objects(), btfl.target(path))
    local words = { ... }
    table.move(list "objects/*/*.o", 1, 1000, #words + 1, words)
    math.randomseed(seed)
    for i = 0, times do
      local bytes = i > 0 and alike.change(b, aims[math.random(#aims)]) or b.bytes
      local file = tmp.write(("%d-%s.btf"):format(i, name), bytes)
      if pcall(btfl.target, file) then table.move({ "-t", file }, 1, 2, #words + 1, words) end
    end
    table.move({ "--format", "json" }, 1, 2, #words + 1, words)
    local with = run(words).out
    words[#words + 1] = "--no-memo"
    return with, run(words).out
  end

  it("says the same of programs, whatever changes", function()
    if not needs_corpus() then return end
    for seed, words in ipairs { { "verdicts" }, { "check", "--all", "--ladders" }, { "dialects", "--all" },
      { "relos" } } do
      local with, without = printed_of(kernels[#kernels // 2], 20, seed, table.unpack(words))
      assert.is_true(#with > 100000)
      assert.equal(without, with)
    end
  end)

  it("says the same of programs on all kernels, each changed a hundred times #long", function()
    if not needs_corpus() then return end
    for seed, path in ipairs(list("kernels/*.btf.gz", "loads/*.btf.gz")) do
      for _, words in ipairs { { "verdicts" }, { "check" }, { "check", "--all", "--ladders" },
        { "dialects", "--all" }, { "relos" } } do
        local with, without = printed_of(path, 100, seed, table.unpack(words))
        assert.equal(without, with)
      end
    end
  end)

  it("recalls only what is so of all kernels, each changed hundreds of times #long", function()
    if not needs_corpus() then return end
    local objects = open_objects()
    for seed, path in ipairs(list("kernels/*.btf.gz", "loads/*.btf.gz")) do
      for _, options in ipairs { {}, { check = { all = true } } } do
        local wrong = vary(path, objects, 300, seed, options)
        assert.equal("", table.concat(wrong, "\n"))
      end
    end
  end)

  it("recalls only what is so under other releases, configurations and symbols #long", function()
    if not needs_corpus() then return end
    local facts = {}
    for major, minors in pairs { [5] = 19, [6] = 19, [7] = 4 } do
      for minor = major == 5 and 4 or 0, minors do
        for _, sub in ipairs { 0, 1, 200 } do
          facts[#facts + 1] = { release = ("%d.%d.%d"):format(major, minor, sub) }
        end
      end
    end
    for _, pattern in ipairs { "kernels/*.config.gz", "loads/*.config.gz" } do
      for _, file in ipairs(list(pattern)) do facts[#facts + 1] = { kconfig = file } end
    end
    for _, file in ipairs(list "loads/*.kallsyms.gz") do facts[#facts + 1] = { kallsyms = file } end
    local path = tmp.write("kernel.btf", alike.open(kernels[#kernels // 2]).bytes)
    local targets = {}
    for i, fact in ipairs(facts) do targets[i] = btfl.target(path, fact) end
    local wrong, cells, seen = alike.compare(open_objects(), targets)
    assert.equal("", table.concat(wrong, "\n"))
    assert.is_true(seen > 0.6 * cells)
  end)
end)
