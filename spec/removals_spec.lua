--- The table of removals is true: of each row one kernel has the name, and none since that release; what stands in its
--- sentence is there. What `why` and check say by it, and when they do not.

local btf = require "spec.support.btf"
local btfl = require "btfl"
local made = require "spec.support.made"
local object = require "spec.support.object"
local question = require "btfl.successor.question"
local run = require "spec.support.run"
local tmp = require "spec.support.tmp"

local ROWS = require "btfl.successor.removals"

local REMOVALS = {}
for _, row in ipairs(ROWS) do
  for _, key in ipairs(row) do REMOVALS[key] = row end
end

local function number(release)
  local major, minor = release:match "^(%d+)%.(%d+)"
  return major * 1000 + minor
end

local function sorted_keys(t)
  local keys = {}
  for key in pairs(t) do keys[#keys + 1] = key end
  table.sort(keys)
  return keys
end

describe("the table of removals", function()
  local corpus = (os.getenv "BTFL_CORPUS" or "../shared/corpus") .. "/kernels/%s.btf.gz"
  local NAMES = { "5.10.262-generic-amd64", "6.1.192-generic-amd64", "6.12.117-generic-amd64", "6.16.3-cloud-amd64",
    "6.18.15-cloud-amd64", "7.0.13-cloud-amd64", "7.3.4-generic-amd64" }
  local kernels = {}

  it("has a release and a reason for each, and no name that the table of renames has", function()
    local renames = require "btfl.policy.renames_table"
    local keys = 0
    for _, row in ipairs(ROWS) do keys = keys + #row end
    for key, entry in pairs(REMOVALS) do
      keys = keys - 1
      assert.matches("^%d+%.%d+$", (entry.since:gsub("^%d+%.%d+%.%.", "")), key)
      assert.is_truthy(entry.now:find "^[%l`]" and entry.now:find "[%w`]$", key)
      assert.is_nil(renames[key], key)
      for field in pairs(entry) do
        assert.is_true(math.type(field) == "integer" or field == "since" or field == "now", key)
      end
    end
    assert.equal(0, keys)
  end)

  local first <close> = io.open(corpus:format(NAMES[1]))
  if not first then
    pending("is true: needs a corpus, in $BTFL_CORPUS or ../shared/corpus")
    return
  end

  setup(function()
    for i, name in ipairs(NAMES) do kernels[i] = btfl.target(corpus:format(name)) end
  end)
  teardown(function()
    for _, kernel in ipairs(kernels) do kernel:close() end
  end)

  local function has(kernel, key)
    local func = key:match "^func/(.*)$" or key:match "^(.*)%(%)$"
    if func then return kernel.btf:find(func, "func") ~= nil end
    return question.find({ kernel.btf }, question.parse(key)) ~= nil
  end

  for _, key in ipairs(sorted_keys(REMOVALS)) do
    it("is true of " .. key, function()
      local entry = REMOVALS[key]
      local before, by = entry.since:match "^(.+)%.%.(.+)$"
      local last, first_gone = before and number(before) or number(entry.since) - 1, number(by or entry.since)
      local old
      for i, kernel in ipairs(kernels) do
        local here, release = has(kernel, key), number(NAMES[i])
        if release <= last then
          assert.is_true(here or not old, NAMES[i])
          old = here and kernel or old
        elseif release >= first_gone then
          assert.is_false(here, NAMES[i])
          for name in entry.now:gmatch "`(.-)`" do assert.is_true(has(kernel, name), name .. " " .. NAMES[i]) end
          local answers, asked = kernel:successors((key:gsub("^func/", "kprobe/")))
          assert.is_nil(answers())
          assert.equal(("removed %s: %s"):format(before and ("between %s and %s"):format(before, by)
            or "in " .. entry.since, entry.now), asked.removed)
        end
      end
      assert.is_truthy(old)
    end)
  end
end)

describe("a name that was removed", function()
  teardown(tmp.clean)

  local SAID = "removed in 6.1: areas are in the maple tree `mm_struct.mm_mt`, which bpf_find_vma() and iterators of "
    .. "type task_vma walk"

  local function kernel(release, names)
    local b = btf.new()
    local u8 = b:int("u8", 1)
    local members = {}
    for i, name in ipairs(names) do members[i] = { name, u8, 8 * (i - 1) } end
    b:struct("vm_area_struct", #names, members)
    return tmp.write(release .. "-removals.btf", b:bytes())
  end

  it("is told without a witness, and of what was in it", function()
    local target = made(function(t) t.struct("vm_area_struct", { { "vm_new", t.u8 } }) end)
    local answers, asked = target:successors "vm_area_struct.vm_next"
    assert.is_nil(answers())
    assert.same({ SAID, true }, { asked.removed, asked.known })
    answers, asked = target:successors "struct vm_area_struct___old.vm_rb.rb_left"
    assert.is_nil(answers())
    assert.equal(SAID, asked.removed)
  end)

  it("is not told where it is there, nor without the table, nor of an older kernel", function()
    local there = made(function(t) t.struct("vm_area_struct", { { "vm_next", t.u8 } }) end)
    local _, asked = there:successors "vm_area_struct.vm_next"
    assert.is_nil(asked.removed)
    local target = made(function(t) t.struct("vm_area_struct", { { "vm_new", t.u8 } }) end)
    _, asked = target:successors("vm_area_struct.vm_next", { table = false })
    assert.is_nil(asked.removed)
    for release, said in pairs { ["5.10.9"] = false, ["6.0.1"] = false, ["6.1.0"] = SAID, ["7.9.1"] = SAID } do
      _, asked = btfl.target(kernel(release, { "vm_new" })):successors "vm_area_struct.vm_next"
      assert.equal(said or nil, asked.removed, release)
    end
    -- Of what went between two releases only a kernel behind the first is asked.
    for release, said in pairs { ["6.12.200"] = false, ["6.13.1"] = true, ["6.16.2"] = true } do
      _, asked = btfl.target(kernel(release, { "vm_new" })):successors "vm_area_struct.detached"
      assert.equal(said, asked.removed ~= nil, release)
    end
  end)

  it("is told by the commands", function()
    local path = kernel("6.12.5", { "vm_new" })
    local old = kernel("5.10.5", { "vm_new", "vm_next" })
    local why = run { "why", "vm_area_struct.vm_next", "-t", path, "--from", old, "--format", "tsv" }
    assert.same({ 0, "" }, { why.status, why.err })
    assert.matches("vm_area_struct.vm_next\t1\t-\tremoved\t0.000\t" .. SAID, why.out, 1, true)
    local code = run { "why", "--code", "vm_area_struct.vm_next", "-t", path, "--format", "text" }
    assert.matches("/* vm_area_struct.vm_next was " .. SAID .. ". */", code.out, 1, true)
    local l = btf.new()
    local area = l:struct("vm_area_struct", 8, { { "vm_next", l:int("long", 8), 0 } })
    local o = object.new(l)
    o:program { insns = { object.mov(1, 0), object.exit() },
      relos = { { insn = 0, type = area, access = "0:0", kind = "byte_off" } } }
    local check = run { "check", "--why", tmp.write("area.o", o:bytes()), "-t", path }
    assert.matches("`vm_area_struct.vm_next` was " .. SAID, (check.out:gsub("%s+", " ")), 1, true)
  end)

  it("is told of a function", function()
    local target = made(function(t) t.struct("s", { { "m", t.u8 } }) end)
    for _, name in ipairs { "tcp_sendpage", "kprobe/tcp_sendpage", "fentry/tcp_sendpage" } do
      local answers, asked = target:successors(name)
      assert.is_nil(answers())
      assert.equal("removed in 6.5: `tcp_sendmsg()` sends pages by the flag MSG_SPLICE_PAGES", asked.removed, name)
    end
    local answers, asked = target:successors("kprobe/tcp_sendpage", { table = false })
    assert.is_nil(answers())
    assert.is_nil(asked.removed)
  end)
end)
