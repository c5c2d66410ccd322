--- --format yaml: the kernels to boot, as a matrix of bpfcompat.
local btf = require "spec.support.btf"
local btfl = require "btfl"
local hostile = require "spec.support.hostile"
local object = require "spec.support.object"
local run = require "spec.support.run"
local tmp = require "spec.support.tmp"

local function reader()
  local b = btf.new()
  local task = b:struct("task", 8, { { "pid", b:int("int", 4), 32 } })
  local o = object.new(b)
  o:program { name = "reader", section = "raw_tp/sched_switch", insns = {
    object.ldx(8, 1, 1, 0), object.ldx(4, 0, 1, 4), object.exit(),
  }, relos = { { insn = 1, type = task, access = "0:0", kind = 0 } } }
  return tmp.write("reader.bpf.o", o:bytes())
end

local function kernel(folder, name, member)
  local b = btf.new()
  b:struct("task", 4, { { member, b:int("int", 4), 0 } })
  tmp.mkdir(folder)
  return tmp.write(folder .. "/" .. name .. ".btf", b:bytes())
end

local function yaml_of(...)
  local argv = { "matrix", reader(), "--format", "yaml" }
  for _, path in ipairs { ... } do table.move({ "-t", path }, 1, 2, #argv + 1, argv) end
  return run(argv)
end

-- A cell of a kernel, of the n-th case of one object.
local function cell(target, n)
  local row = { program = "p", state = "rejected", verdict = "rejected", rule = "no-field", name = "n" .. n }
  return { object = "x.o", target = target.name, kernel = target, shape = "default", state = "rejected", case = n,
    programs = { row }, findings = {} }
end

local function ids_of(text)
  local ids = {}
  for id in text:gmatch "%- id: '([^'\n]*)'\n" do ids[#ids + 1] = id end
  return ids
end

-- The names of the profiles for kernels that are a case each.
local function profiles(...)
  local r = btfl.report "matrix"
  r.matrix = { cells = {}, by = "object" }
  for i, target in ipairs { ... } do
    target.path = "k" .. i
    r.matrix.cells[i] = cell(target, i)
  end
  return ids_of(r:render "yaml")
end

describe("--format yaml", function()
  teardown(tmp.clean)

  it("is a matrix of bpfcompat: the kernels on which each case is", function()
    local r = yaml_of(kernel("k", "5.10.1-amd64", "pid"), kernel("k", "6.1.2-amd64", "pid"),
      kernel("k", "6.6.3-amd64", "tgid"))
    assert.equal([[
name: 'btfl-matrix'
profiles:
    # 6.1.2-amd64
    # reader: loads, case 1 of 2
  - id: '6.1.2-amd64'
    required: true
    # 6.6.3-amd64
    # reader: rejected (relocation task.pid), case 2 of 2
  - id: '6.6.3-amd64'
    required: false
]], r.out)
  end)

  it("names kernels of distributions as bpfcompat does", function()
    local r = yaml_of(kernel("ubuntu/22.04/x86_64", "5.15.0-118-generic", "pid"),
      kernel("debian/12/arm64", "6.1.0-28-arm64", "tgid"))
    assert.same({ "ubuntu-22.04-5.15", "debian-12-arm64-6.1" }, ids_of(r.out))
  end)

  it("names two kernels of one series by their releases, and none twice", function()
    local function jammy(release, name)
      return { name = name or release, release = release, distro = "Ubuntu 22.04", arch = "x86" }
    end
    assert.same({ "ubuntu-22.04-5.15", "ubuntu-22.04-5.15-k5.15.0-118" },
      profiles(jammy "5.15.0-91-generic", jammy "5.15.0-118-generic"))
    assert.same({ "ubuntu-22.04-5.15", "ubuntu-22.04-5.15-k5.15.0-91", "a" },
      profiles(jammy("5.15.0-91-generic", "a"), jammy("5.15.0-91-generic", "a"), jammy("5.15.0-91-generic", "a")))
    assert.same({ "k" }, profiles { name = "k", release = "6.12.95", distro = "debian 13", arch = "s390" })
    assert.same({ ("k"):rep(64) }, profiles { name = ("k"):rep(65) })
    assert.same({}, profiles { name = "\xff?" })
  end)

  it("has a list of profiles where there is none", function()
    local r = btfl.report "matrix"
    r.matrix = { cells = {} }
    assert.equal("name: 'btfl-matrix'\nprofiles: []\n", r:render "yaml")
  end)

  it("keeps any name in its line", function()
    for _, name in ipairs { "\u{2028}- id: x", "\u{2029}x", "\u{feff}x", "\u{85}x", "'x", table.unpack(hostile) } do
      local r = btfl.report(name)
      local one = cell({ name = name, path = name, release = name, distro = name .. " " .. name }, 1)
      one.object, one.shape, one.programs[1].rule, one.programs[1].name = name, name, name, name
      r.matrix = { cells = { one }, by = "object" }
      local text = r:render "yaml"
      for line in text:gmatch "[^\n]*" do
        assert.is_truthy(line == "" or line:find "^    # " or line:find "^profiles:" or line:find "^name: '.*'$"
          or line:find "^  %- id: '[%w._-]+'$" or line == "    required: false", line)
      end
      assert.equal(0, select(2, text:match "^name: '([^\n]*)'\n":gsub("''", ""):gsub("'", "")))
      for _, char in utf8.codes(text) do
        assert.is_true(char == 10 or char >= 32 and char ~= 127 and not (char >= 128 and char < 160) and char ~= 0x2028
          and char ~= 0x2029 and char ~= 0xfeff and char ~= 0xfffe and char ~= 0xffff)
      end
    end
  end)

  it("is refused for what is no matrix", function()
    local r = run { "check", "spec/fixtures/fixed.bpf.o", "-t", "spec/fixtures/small.btf", "--format", "yaml" }
    assert.same({ 2, "", "btfl: format yaml is for what `btfl matrix` reports: kernels and their cases\n" },
      { r.status, r.out, r.err })
  end)
end)
