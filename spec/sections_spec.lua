--- What the name of a program's section says of it: what it attaches to, and what its context holds.
local btf = require "spec.support.btf"
local btfl = require "btfl"
local object = require "spec.support.object"
local tmp = require "spec.support.tmp"

local function raw(hex)
  return (hex:gsub("%x%x", function(byte) return string.char(tonumber(byte, 16)) end))
end

-- Reads 8 bytes of its context into r2, and a member that no kernel has where r2 is at most 5 and above 9.
local function program(section)
  local b = btf.new()
  local root = b:struct("s", 8, { { "x", b:int("int", 4, "signed"), 0 } })
  local o = object.new(b)
  o:program {
    section = section, name = "p",
    insns = { raw "7912000000000000", raw "2502030005000000", raw "2502010009000000", raw "0500010000000000",
      object.mov(1, 0), object.mov(0, 0), object.exit() },
    relos = { { insn = 4, type = root, access = "0:0", kind = "byte_off" } },
  }
  return btfl.object(tmp.write("sections.o", o:bytes())):program "p"
end

local function attached(section)
  return { program(section):attach() }
end

describe("a program's section", function()
  teardown(tmp.clean)

  it("names a function, a typedef or the function of a module", function()
    for section, point in pairs {
      ["fentry/do_it"] = { "func", "do_it" }, ["?fexit.s/do_it"] = { "func", "do_it" },
      ["fmod_ret.s/do_it"] = { "func", "do_it" }, ["fsession/do_it"] = { "func", "do_it" },
      ["kprobe/do_it+0x10"] = { "func", "do_it" }, ["kretprobe/do_it.part.0"] = { "func", "do_it.part.0" },
      ["fentry/mod_1:do_it"] = { "func", "do_it", "mod_1" }, ["kprobe/mod:do_it+4"] = { "func", "do_it", "mod" },
      ["tp_btf/sched_switch"] = { "typedef", "btf_trace_sched_switch" },
      ["tp_btf/mod:event"] = { "typedef", "btf_trace_event", "mod" },
      ["fentry//x"] = { "func", "/x" }, ["fentry/do_*"] = { "func", "do_*" },
      ["fentry/a:b:c"] = { "func", "b:c", "a" }, ["lsm.s/file_open"] = { "func", "bpf_lsm_file_open" },
      ["lsm_cgroup/file_open"] = { "func", "bpf_lsm_file_open" }, ["iter.s/task"] = { "func", "bpf_iter_task" },
    } do
      assert.same(point, attached(section), section)
    end
  end)

  it("says nothing where no BTF tells", function()
    for _, section in ipairs { "fentry", "fentry/", "fentry.s", "?", "?fentry", "fentry/mod:", "kprobe/do it",
      "fentryx/do_it", "fentry.x/do_it",
      "fentry.s.s/do_it", "??fentry/do_it", "kprobe.multi/do_it", "uprobe//bin/sh:main", "uprobe/libc:malloc",
      "tracepoint/a/b", "raw_tp/sys_enter", "xdp", "struct_ops/x", "/x", ".s/x", "s/x" } do
      assert.same({}, attached(section), section)
    end
  end)

  it("says whether the context holds numbers, also of one that sleeps or is loaded when asked", function()
    local b = btf.new()
    b:struct("s", 8, {})
    local target = btfl.target(tmp.write("6.12.0.btf", b:bytes()))
    local function verdict(section) return program(section):verdict(target, { release = "6.12.0" }).verdict end
    for _, section in ipairs { "kprobe/x", "?kprobe/x", "uprobe.s//bin/sh:main", "uprobe", "kprobe.multi/do_*",
      "?raw_tp/x", "raw_tp.w/x", "tracepoint/a/b", "perf_event" } do
      assert.equal("guarded", verdict(section), section)
    end
    for _, section in ipairs { "fentry/x", "tp_btf/x", "kprobex/x", "kprob/x", "xdp" } do
      assert.equal("rejected", verdict(section), section)
    end
  end)
end)
