--- The table of renames is true: of each row one kernel has the old name and a later one the new, by its release;
--- what `why` and the policy say by it, and what they say without.

local btfl = require "btfl"
local entries = require "btfl.policy.support.entries"
local made = require "spec.support.made"
local question = require "btfl.successor.question"
local run = require "spec.support.run"
local tmp = require "spec.support.tmp"
local trial = require "spec.support.trial"

local TABLE = require "btfl.policy.renames_table"

local function number(release)
  local major, minor = release:match "^(%d+)%.(%d+)"
  return major * 1000 + minor
end

-- The last release that has the old name alone, as far as one knows, and the first that has the new one.
local function bounds(since)
  local before, by = since:match "^(.+)%.%.(.+)$"
  return before and number(before) or number(since) - 1, number(by or since)
end

describe("the table of renames", function()
  local corpus = (os.getenv "BTFL_CORPUS" or "../shared/corpus") .. "/kernels/%s.btf.gz"
  -- In order of release, on one architecture.
  local NAMES = { "5.10.262-generic-amd64", "6.1.192-generic-amd64", "6.12.117-generic-amd64", "6.16.3-cloud-amd64",
    "6.18.15-cloud-amd64", "7.0.13-cloud-amd64", "7.3.4-generic-amd64" }
  local kernels = {}

  for key, list in entries.each(TABLE) do
    for _, to in ipairs(list) do
      it(("of %s: it has a release, and names apart"):format(key), function()
        assert.matches("^%d+%.%d+$", to.since:gsub("^%d+%.%d+%.%.", ""))
        local before, by = bounds(to.since)
        assert.is_true(before < by)
        assert.matches("^%x+$", to.commit or "0")
      end)
    end
  end

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
    local about, name = key:match "^(%a+)/(.*)$"
    if about == "func" then return kernel.btf:find(name, "func") ~= nil end
    if about then return kernel.btf:find("btf_trace_" .. name, "typedef") ~= nil end
    return question.find({ kernel.btf }, question.parse(key)) ~= nil
  end

  local function last(path) return path:match "[^.>]+$" end

  local function attach_point(key)
    return (key:gsub("^func/", "kprobe/"):gsub("^tracepoint/", "tp_btf/"))
  end

  -- What the newer kernel says of the old name by this entry.
  local function told(old, new, key, to)
    for s in new:successors(attach_point(key), { from = old }) do
      if s.score == 1 and not s.evidence:find(", then", 1, true) and last(s.successor) == last(to.name)
        and s.evidence:find(entries.when(to.since), 1, true) then
        return s
      end
    end
  end

  for key, list in entries.each(TABLE) do
    for _, to in ipairs(list) do
      it(("is true: %s is %s"):format(key, to.name), function()
        local before, by = bounds(list[1].since)
        local s, old
        for j, new in ipairs(kernels) do
          local here, release = has(new, key), number(NAMES[j])
          assert.is_false(here and release >= by, NAMES[j])
          if release <= before then assert.is_true(here or not old, NAMES[j]) end
          if here and release <= before then old = new end
          if old and not here then s = s or told(old, new, key, to) end
          -- What is followed was renamed, not added.
          local parent = key:match "^(.+)%.[^.]+$"
          local name = parent and parent .. "." .. to.name or to.name
          if to.follow then assert.is_false(here and has(new, name), NAMES[j]) end
        end
        assert.is_truthy(old)
        assert.is_truthy(s)
        -- And back, where one name leads to one.
        local about = key:match "^%a+/" or ""
        if to.reverse and not s.via and not has(old, about .. s.successor) then
          local back = old:successors(attach_point(about .. s.successor))()
          assert.same({ key:sub(#about + 1), 1 }, { back.successor, back.score })
        end
      end)
    end
  end
end)

describe("why, by the table of renames,", function()
  teardown(tmp.clean)

  local function answers(target, what, options)
    local list = {}
    for s in target:successors(what, options) do
      list[#list + 1] = ("%s %s %.2f %s"):format(s.change, s.successor, s.score, s.evidence)
    end
    return list
  end

  it("needs no witness, and no likeness", function()
    local target = made(function(t) t.struct("signal_struct", { { "group_exec_task", t.u8 } }) end)
    local list, asked = target:successors "signal_struct.group_exit_task"
    local s = list()
    assert.same({ true, 1, {} }, { s.told, s.score, s.signals })
    assert.equal("renamed in 5.17", s.evidence)
    assert.is_true(asked.known)
    local older = made(function(t) t.struct("signal_struct", { { "group_exit_task", t.u8 } }) end)
    assert.same({ "renamed signal_struct.group_exit_task 1.00 renamed in 5.17" },
      answers(older, "signal_struct.group_exec_task"))
    for s_alone in target:successors("signal_struct.group_exit_task", { table = false }) do
      assert.is_nil(s_alone.told)
    end
  end)

  it("is not asked where the name is there, and silent where the new one is not", function()
    local both = made(function(t) t.struct("signal_struct", { { "group_exit_task", t.u8 },
      { "group_exec_task", t.u8 } }) end)
    assert.matches("^same signal_struct.group_exit_task", answers(both, "signal_struct.group_exit_task")[1])
    local neither = made(function(t) t.struct("signal_struct", { { "other", t.u8 } }) end)
    assert.same({}, answers(neither, "signal_struct.group_exit_task", { from = both }))
  end)

  it("knows a struct inside another one, where a kernel tells which it is", function()
    local function kernel(name)
      return made(function(t) t.struct("rq", { { "cfs", t.struct("cfs_rq", { { name, t.int } }) } }) end)
    end
    assert.same({ "renamed rq.cfs.nr_queued 1.00 renamed in 6.14" }, answers(kernel "nr_queued", "rq.cfs.nr_running",
      { from = kernel "nr_running" }))
  end)

  it("follows one change after another, and does not go round", function()
    local function kernel(member)
      return made(function(t) t.struct("net", { { "ns", t.struct("ns_common", { { member, t.int } }) } }) end)
    end
    assert.same({ "moved net.ns.count 1.00 moved in 5.11" }, answers(kernel "count", "net.count"))
    assert.same({ "moved net.ns.__ns_ref 1.00 moved in 5.11, then renamed between 6.16 and 6.18" },
      answers(kernel "__ns_ref", "net.count"))
    assert.same({}, answers(kernel "neither", "net.count"))
  end)

  it("goes through a pointer to what that leads to", function()
    local target = made(function(t)
      t.struct("request", { { "q", t.b:ptr(t.struct("request_queue", { { "disk", t.b:ptr(t.int) } })) } })
    end)
    local s = target:successors "request.rq_disk"()
    assert.same({ "request_queue.disk", "request.q->disk", "moved" }, { s.successor, s.via, s.change })
    assert.equal("moved in 5.17 (f3fa33acca9f); via request.q->disk", s.evidence)
    assert.matches("core_exists(now->q) && core_exists(then->disk)", s:code(), 1, true)
    target = made(function(t)
      t.struct("bio", { { "bi_bdev", t.b:ptr(t.struct("block_device", { { "bd_disk", t.b:ptr(t.int) } })) } })
    end)
    assert.same({ "moved block_device.bd_disk 1.00 moved in 5.12 (309dca309fc3); via bio.bi_bdev->bd_disk",
      "renamed bio.bi_bdev 1.00 replaced in 5.12 (309dca309fc3)" }, answers(target, "bio.bi_disk"))
    assert.is_nil(target:successors "bio.bi_disk"().doubt)
  end)

  it("tells both that a member was split into, and refuses code for another meaning", function()
    local target = made(function(t)
      t.struct("inode", { { "i_atime_sec", t.u64 }, { "i_atime_nsec", t.int } })
      t.struct("hrtimer", { { "is_queued", t.u8 } })
    end)
    assert.same({ "split inode.i_atime_sec 1.00 replaced in 6.11", "split inode.i_atime_nsec 1.00 replaced in 6.11" },
      answers(target, "inode.i_atime"))
    assert.equal("its type or its meaning has changed", target:successors "hrtimer.state"().doubt)
    local r = run { "why", "hrtimer.state", "-t", target.path, "--code" }
    assert.equal(2, r.status)
    assert.matches("no code for `hrtimer.is_queued`", r.err, 1, true)
  end)

  it("is left out by --no-table", function()
    local target = made(function(t) t.struct("signal_struct", { { "group_exec_task", t.u8 } }) end)
    local words = { "why", "signal_struct.group_exit_task", "-t", target.path, "--format", "tsv" }
    assert.matches("\trenamed in 5.17\n", run(words).out, 1, true)
    words[#words + 1] = "--no-table"
    assert.is_nil(run(words).out:find("5.17", 1, true))
  end)
end)

describe("a table of renames", function()
  teardown(tmp.clean)

  it("may tell more than a policy follows, which leaves that alone", function()
    local obj, target = trial.open(function(l, t)
      local ti, li = t:int("int", 4, "signed"), l:int("int", 4, "signed")
      local far = t:struct("far", 8, { { "z", ti, 0 } })
      t:struct("foo", 32, { { "b", ti, 32 }, { "far", t:ptr(far), 64 } })
      return { { l:struct("foo", 4, { { "a", li, 0 } }), "0:0", "byte_off" } }
    end)
    local function said(entry)
      local policy = btfl.renames { ["foo.a"] = entry, ["func/f"] = "g", ["tracepoint/t"] = "u" }
      return trial.said(trial.results(obj, target, policy)[1])
    end
    assert.equal("ok 4", said { "b", since = "5.10..6.1" })
    assert.equal("foo.a is b, renamed between 5.10 and 6.1",
      trial.results(obj, target, btfl.renames { ["foo.a"] = { "b", since = "5.10..6.1" } })[1].note)
    assert.equal("poison no-field", said { "b", follow = false })
    assert.equal("poison no-field", said { "z", of = "far" })
    assert.equal("poison no-field", said { "far->z" })
    for _, entry in ipairs { { "b", of = 1 }, { "b", follow = "no" }, { "b", commit = 1 } } do
      assert.is_false((pcall(btfl.renames, { ["foo.a"] = entry })))
    end
    assert.is_false((pcall(btfl.renames, { ["other/f"] = "g" })))
  end)
end)
