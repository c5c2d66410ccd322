--- What the function that a program attaches to decides, and what a kernel's functions tell of a helper.

local btfl = require "btfl"
local callers = require "spec.support.callers"
local engine = require "btfl.engine"
local hooks = require "spec.support.hooks"
local tmp = require "spec.support.tmp"

local CORPUS = os.getenv "BTFL_CORPUS" or "../shared/corpus"

local D_PATH, SK_STORAGE_GET, IMA_INODE_HASH, MAP_LOOKUP, PROBE_READ, OVERRIDE = 147, 107, 161, 1, 4, 58
local KPROBE, TRACING, LSM, RAW_TP, FENTRY, ITER = 2, 26, 29, 23, 24, 28

local function sleeps(hook, version, last_helper)
  return engine.hook_allowed { target = hook, version = version, last_helper = last_helper }
end

local function calls(helper, type, attach, target, version)
  return engine.hook_allowed { helper = helper, type = type, attach = attach, target = target, version = version }
end

describe("an LSM hook", function()
  it("may sleep, or not", function()
    assert.is_true(sleeps("bpf_lsm_file_open", "6.12.1"))
    assert.is_false(sleeps("bpf_lsm_task_free", "6.12.1"))
    assert.is_false(sleeps("bpf_lsm_file_ope", "6.12.1"))
  end)

  it("came to it, or went, with a release", function()
    assert.is_false(sleeps("bpf_lsm_path_mkdir", "6.6.2"))
    assert.is_nil(sleeps("bpf_lsm_path_mkdir", "6.6.0"))
    assert.is_true(sleeps("bpf_lsm_path_mkdir", "6.12.1"))
    assert.is_false(sleeps("bpf_lsm_task_to_inode", "7.2.0"))
    assert.is_nil(sleeps("bpf_lsm_task_to_inode", "6.12.3"))
  end)

  it("is unknown in a kernel that the table does not know", function()
    assert.is_nil(sleeps("bpf_lsm_task_free"))
    assert.is_nil(sleeps("bpf_lsm_task_free", "5.12.1"))
    assert.is_nil(sleeps("bpf_lsm_task_free", "9.1.1"))
  end)
end)

describe("a function", function()
  it("decides whether d_path may be called", function()
    assert.is_true(calls(D_PATH, TRACING, FENTRY, "vfs_truncate", "6.1.1"))
    assert.is_false(calls(D_PATH, TRACING, FENTRY, "do_unlinkat", "6.1.1"))
    assert.is_false(calls(D_PATH, TRACING, RAW_TP, "btf_trace_sched_switch"))
    assert.is_true(calls(D_PATH, TRACING, ITER, "bpf_iter_task"))
    assert.is_true(calls(D_PATH, LSM, 27, "bpf_lsm_file_open", "6.1.1"))
    assert.is_false(calls(D_PATH, LSM, 27, "bpf_lsm_task_free", "6.1.1"))
    assert.is_nil(calls(D_PATH, TRACING, FENTRY, "do_unlinkat", "9.1.1"))
  end)

  it("decides so of few other helpers", function()
    assert.is_false(calls(IMA_INODE_HASH, LSM, 27, "bpf_lsm_task_free", "6.1.1"))
    assert.is_false(calls(SK_STORAGE_GET, TRACING, FENTRY, "bpf_sk_storage_free"))
    assert.is_true(calls(SK_STORAGE_GET, TRACING, FENTRY, "tcp_close"))
    assert.is_true(calls(SK_STORAGE_GET, 8, 0, ""))
    assert.is_true(calls(MAP_LOOKUP, KPROBE, 0, "do_unlinkat"))
  end)

  it("decides so for no program that a real kernel has loaded", function()
    local rows = callers.rows()
    if #rows == 0 then pending("needs a corpus, in $BTFL_CORPUS") return end
    local asked = 0
    callers.each(rows, function(judged)
      local target = judged.program.attach.in_btf
      if judged.row.outcome ~= "loads" or not target then return end
      for call in judged.program:calls() do
        if call.what == "helper" then
          assert.is_not_false(engine.hook_allowed { helper = call.id, type = judged.type, attach = judged.attach,
            target = target, version = judged.kernel.version, last_helper = judged.kernel.last_helper },
            judged.row.program)
          asked = asked + 1
        end
      end
    end)
    assert.is_true(asked > 500)
  end)
end)

describe("the table of hooks", function()
  teardown(tmp.clean)

  local function tree(minor, sleepable)
    local name = "linux-" .. minor
    tmp.mkdir(name .. "/kernel/bpf")
    tmp.mkdir(name .. "/kernel/trace")
    tmp.write(name .. "/Makefile", ("VERSION = 6\nPATCHLEVEL = %d\n"):format(minor))
    local ids = {}
    for i, hook in ipairs(sleepable) do ids[i] = ("BTF_ID(func, %s)\n"):format(hook) end
    tmp.write(name .. "/kernel/bpf/bpf_lsm.c", "BTF_SET_START(other)\nBTF_ID(func, bpf_lsm_other)\nBTF_SET_END(other)\n"
      .. "BTF_SET_START(sleepable_lsm_hooks)\n" .. table.concat(ids) .. "BTF_SET_END(sleepable_lsm_hooks)\n")
    tmp.write(name .. "/kernel/trace/bpf_trace.c",
      "BTF_SET_START(btf_allowlist_d_path)\nBTF_ID(func, vfs_open)\nBTF_SET_END(btf_allowlist_d_path)\n")
    return tmp.path(name)
  end

  it("is made from a kernel's sources", function()
    local dirs = { tree(9, { "always", "came" }), tree(1, { "always", "went" }), tree(4, { "always", "between" }) }
    assert.are.equal(table.concat({ "SLEEPS(always)", "SLEEPS(between)", "DROPS(between, 6, 9)", "SLEEPS(came)",
      "LACKS(came, 6, 4)", "SLEEPS(went)", "DROPS(went, 6, 4)", "PATHS(vfs_open)", "NEWEST(6, 9)", "" }, "\n"),
      hooks.table_of(dirs))
  end)
end)

describe("a kernel's functions", function()
  it("tell of a helper that its architecture leaves out", function()
    local f = io.open(CORPUS .. "/kernels/6.12.95-generic-s390x.btf.gz")
    if not f then pending("needs a corpus, in $BTFL_CORPUS") return end
    f:close()
    for name, has in pairs { ["6.12.95-generic-s390x"] = false, ["6.12.117-generic-amd64"] = true } do
      local target <close> = btfl.target(("%s/kernels/%s.btf.gz"):format(CORPUS, name))
      local func, beside = engine.helper_marker(PROBE_READ)
      assert.is_truthy(target.btf:find(beside, "func"))
      assert.are.equal(has, target.btf:find(func, "func") ~= nil)
    end
    assert.are.equal("bpf_override_return", (engine.helper_marker(OVERRIDE)))
    assert.is_nil((engine.helper_marker(MAP_LOOKUP)))
  end)
end)
