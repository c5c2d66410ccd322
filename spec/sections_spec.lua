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

-- The fields of what it attaches to that are not nil, false or 0, as a text; "-" for a section that is unknown.
local function attached(section)
  local attach, out = program(section).attach, {}
  if not attach then return "-" end
  for _, field in ipairs { "form", "name", "in_btf", "module", "category", "path", "provider", "offset", "type",
    "pattern" } do
    local value = attach[field]
    if value and value ~= 0 then out[#out + 1] = field .. "=" .. tostring(value) end
  end
  return table.concat(out, " ")
end

describe("a program's section", function()
  teardown(tmp.clean)

  it("begins with the kind of what the program attaches to", function()
    for section, kind in pairs {
      ["fentry/f"] = "fentry", ["?fexit.s/f"] = "fexit", ["kprobe/f+8"] = "kprobe", ["kretprobe/f"] = "kretprobe",
      ["tp_btf/f"] = "tp_btf", ["raw_tp/f"] = "raw_tp", ["lsm.s/f"] = "lsm", ["kprobe.multi/f*"] = "kprobe",
      ["cgroup_skb/ingress"] = "cgroup_skb", xdp = "xdp", ["fentry+"] = false,
    } do
      local attach = program(section).attach
      assert.equal(kind, attach and attach.kind or false, section)
    end
  end)

  it("says what the program attaches to", function()
    for section, expected in pairs {
      ["fentry/do_it"] = "form=func name=do_it in_btf=do_it type=trace_fentry",
      ["?fexit.s/do_it"] = "form=func name=do_it in_btf=do_it type=trace_fexit",
      ["fsession/do_it"] = "form=func name=do_it in_btf=do_it type=trace_fsession",
      ["fmod_ret/mod_1:do_it"] = "form=func name=do_it in_btf=do_it module=mod_1 type=modify_return",
      ["fentry/a:b:c"] = "form=func name=b:c in_btf=b:c module=a type=trace_fentry",
      ["fentry/do_*"] = "form=func name=do_* in_btf=do_* type=trace_fentry pattern=true",
      ["tp_btf/mod:event"] = "form=tp_btf name=event in_btf=btf_trace_event module=mod type=trace_raw_tp",
      ["lsm.s/file_open"] = "form=lsm name=file_open in_btf=bpf_lsm_file_open type=lsm_mac",
      ["lsm_cgroup/file_open"] = "form=lsm name=file_open in_btf=bpf_lsm_file_open type=lsm_cgroup",
      ["iter.s/task"] = "form=iter name=task in_btf=bpf_iter_task type=trace_iter",
      ["freplace/a:b"] = "form=freplace name=a:b",
      ["kprobe/do_it+0x10"] = "form=kprobe name=do_it offset=16",
      ["kretprobe/do_it.part.0"] = "form=kprobe name=do_it.part.0",
      ["kprobe/mod:do_it+4"] = "form=kprobe name=do_it module=mod offset=4",
      ["kprobe.multi/do_*"] = "form=kprobe_multi name=do_* type=trace_kprobe_multi pattern=true",
      ["kprobe.session/do_it"] = "form=kprobe_multi name=do_it type=trace_kprobe_session",
      ["fentry.multi/mod:do_?"] = "form=func_multi name=do_? module=mod type=trace_fentry_multi pattern=true",
      ["ksyscall/openat"] = "form=ksyscall name=openat",
      ["tp/sched/sched_switch"] = "form=tracepoint name=sched_switch category=sched",
      ["raw_tp.w/sys_enter"] = "form=raw_tp name=sys_enter",
      ["uprobe//bin/sh:main+8"] = "form=uprobe name=main path=/bin/sh offset=8",
      ["uprobe.s/libc:a+b"] = "form=uprobe name=a+b path=libc",
      ["uprobe.multi//bin/*:f*"] = "form=uprobe_multi name=f* path=/bin/* type=trace_uprobe_multi pattern=true",
      ["usdt/libc:libc:setjmp"] = "form=usdt name=setjmp path=libc provider=libc",
      ["struct_ops.s/init"] = "form=struct_ops name=init",
      ["xdp.frags/cpumap"] = "form=none type=xdp_cpumap", ["tc"] = "form=none", ["cgroup_skb/ingress"] = "form=none",
    } do
      assert.equal(expected, attached(section), section)
    end
  end)

  it("names nothing where it names nothing that can be meant", function()
    for section, expected in pairs {
      ["fentry"] = "form=func type=trace_fentry", ["fentry/"] = "form=func type=trace_fentry",
      ["?fentry.s"] = "form=func type=trace_fentry", ["fentry/mod:"] = "form=func module=mod type=trace_fentry",
      ["kprobe"] = "form=kprobe", ["kprobe/"] = "form=kprobe", ["kprobe/do it"] = "form=kprobe",
      ["kprobe/do_*"] = "form=kprobe", ["kprobe/+4"] = "form=kprobe", ["tp/sched"] = "form=tracepoint",
      ["uprobe"] = "form=uprobe", ["uprobe//bin/sh"] = "form=uprobe", ["uprobe/:f"] = "form=uprobe",
      ["usdt/libc:setjmp"] = "form=usdt path=libc", ["kprobe.multi/a b"] = "form=kprobe_multi type=trace_kprobe_multi",
    } do
      assert.equal(expected, attached(section), section)
    end
  end)

  it("is unknown when libbpf knows it not", function()
    for _, section in ipairs { "?", "fentryx/do_it", "fentry.x/do_it", "fentry.s.s/do_it", "??fentry/do_it",
      "kprobe.s/x", "xdp/x", "tc/x", ".text", "/x", ".s/x", "s/x", "maps", "filter", "kprobe.multi.s/x" } do
      assert.equal("-", attached(section), section)
      assert.is_nil(program(section).type, section)
    end
  end)

  it("says the type of program, whether it sleeps and whether it is loaded unasked", function()
    for section, expected in pairs {
      ["?fentry.s/x"] = "tracing sleeps", ["fentry/x"] = "tracing auto", ["kprobe/x"] = "kprobe auto",
      ["raw_tp.w/x"] = "raw_tracepoint_writable auto", ["syscall"] = "syscall sleeps auto", ["?xdp"] = "xdp",
      ["struct_ops/x"] = "struct_ops auto", ["lsm_cgroup/x"] = "lsm auto", ["tcx/egress"] = "sched_cls auto",
    } do
      local p = program(section)
      local words = { p.type, p.attach.sleepable and "sleeps" or nil }
      if p.attach.auto then words[#words + 1] = "auto" end
      assert.equal(expected, table.concat(words, " "), section)
    end
  end)

  it("says whether the context holds numbers, also of one that sleeps or is loaded when asked", function()
    local b = btf.new()
    b:struct("s", 8, {})
    local target = btfl.target(tmp.write("6.12.0.btf", b:bytes()))
    local options = { release = "6.12.0", only = { "relocation" } }
    local function verdict(section) return program(section):verdict(target, options).verdict end
    for _, section in ipairs { "kprobe/x", "?kprobe/x", "uprobe.s//bin/sh:main", "uprobe", "kprobe.multi/do_*",
      "?raw_tp/x", "raw_tp.w/x", "tracepoint/a/b", "perf_event" } do
      assert.equal("guarded", verdict(section), section)
    end
    for _, section in ipairs { "fentry/x", "tp_btf/x", "kprobex/x", "kprob/x", "xdp" } do
      assert.equal("rejected", verdict(section), section)
    end
  end)
end)
