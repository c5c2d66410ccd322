--- What a program attaches to: where the kernel lacks it when it loads the program, and where that is only
--- found out later.
local btf = require "spec.support.btf"
local btfl = require "btfl"
local kernels = require "spec.support.kernel"
local object = require "spec.support.object"
local run = require "spec.support.run"
local tmp = require "spec.support.tmp"

local n = 0

-- A kernel with these functions, typedefs and, in a module `mod`, a function.
local function kernel(functions, typedefs, module)
  n = n + 1
  local t = kernels.new { statics = #functions > 0, prog_type = kernels.PROG_TYPES }
  local int = t:int("int", 4, "signed")
  local compiled = #functions > 0 and not functions.no_trampolines
  for _, name in ipairs(compiled and { "bpf_jit_binary_alloc", "register_ftrace_direct" } or {}) do
    t:func(name, t.proto)
  end
  for _, name in ipairs(functions) do
    -- That of an iterator takes its meta data first.
    local meta = name:find "^bpf_iter" and { { "meta", t:ptr(t:struct("bpf_iter_meta", 8, {})) } }
    t:func(name, t:func_proto(meta and int or 0, meta or nil))
  end
  for _, name in ipairs(typedefs or {}) do
    if name:find "^btf_trace" then kernels.tracepoint(t, name:sub(11)) else t:typedef(name, int) end
  end
  local path, modules = tmp.write(("6.12.%d-attach.btf"):format(n), t:bytes()), nil
  if module then
    local m = btf.new { base = t }
    m:func(module, m:func_proto(0))
    tmp.mkdir(("modules%d"):format(n))
    modules = { tmp.write(("modules%d/mod"):format(n), m:bytes()) }
  end
  return path, modules
end

-- An object with a program for each section: p1, p2 and so on.
local function programs(...)
  n = n + 1
  local o = object.new(btf.new())
  for i, section in ipairs { ... } do
    o:program { name = "p" .. i, section = section, insns = { object.mov(0, 0), object.exit() } }
  end
  return tmp.write(("attach%d.o"):format(n), o:bytes())
end

-- "error attach-target", "warning no-attach", or "-" for a program of that section.
local function said(section, functions, typedefs, module)
  local report = btfl.object(programs(section)):check(btfl.target(kernel(functions, typedefs, module)))
  if #report.findings == 0 then return "-" end
  assert.equal(1, #report.findings)
  local finding = report.findings[1]
  assert.equal("p1", finding.program)
  assert.equal("UNSUPPORTED_ATTACH_TYPE", finding.details.compat)
  assert.equal(1, #finding.help)
  return ("%s %s"):format(finding.level, finding.rule)
end

local REFUSED, LATE = "error attach-target", "warning no-attach"

describe("what programs attach to", function()
  teardown(tmp.clean)

  it("is a function that the kernel looks for when it loads the program", function()
    -- Whether it is for programs that sleep or change its result is told by the kernel's configuration alone.
    local unknown = { ["fentry.s"] = "warning sleepable", ["fexit.s"] = "warning sleepable",
      fmod_ret = "warning attach-target" }
    for _, prefix in ipairs { "fentry", "fentry.s", "fexit", "fexit.s", "fmod_ret", "?fentry" } do
      assert.equal(REFUSED, said(prefix .. "/do_it", { "do_it2" }), prefix)
      assert.equal(unknown[prefix] or "-", said(prefix .. "/do_it", { "do_it" }), prefix)
    end
    assert.equal(REFUSED, said("fentry/do_it", { "other" }, { "do_it" }))
  end)

  it("is a function that is looked for when a kprobe is attached", function()
    for _, prefix in ipairs { "kprobe", "kretprobe" } do
      assert.equal(LATE, said(prefix .. "/do_it", { "do_it2" }), prefix)
      assert.equal("-", said(prefix .. "/do_it", { "do_it" }), prefix)
    end
    assert.equal("-", said("kprobe/do_it+0x10", { "do_it" }))
    assert.equal(LATE, said("kprobe/do_it+16", { "other" }))
  end)

  it("needs a trampoline for fentry, which not every architecture has", function()
    assert.equal(LATE, said("fentry/do_it", { "do_it", no_trampolines = true }))
    assert.equal(LATE, said("lsm/file_open", { "bpf_lsm_file_open", no_trampolines = true }))
    assert.equal("-", said("kprobe/do_it", { "do_it", no_trampolines = true }))
  end)

  it("may be in the modules that were given, and behind a module's name", function()
    assert.equal("-", said("fentry/do_it", { "other" }, nil, "do_it"))
    assert.equal("-", said("fentry/mod:do_it", { "other" }, nil, "do_it"))
    assert.equal(REFUSED, said("fentry/mod:do_it", { "other" }, nil, "do_else"))
    assert.equal(REFUSED, said("fentry/else:do_it", { "other" }, nil, "do_it"))
    assert.equal(REFUSED, said("fentry/mod:do_it", { "do_it" }, nil, "do_else"))
    assert.equal(REFUSED, said("fentry/vmlinux:do_it", { "other" }, nil, "do_it"))
  end)

  it("is the typedef of a tracepoint, a hook or an iterator", function()
    assert.equal(REFUSED, said("tp_btf/sched", { "sched", "btf_trace_sched" }))
    assert.equal("-", said("tp_btf/sched", { "other" }, { "btf_trace_sched" }))
    assert.equal(REFUSED, said("lsm/file_open", { "file_open" }))
    assert.equal("-", said("lsm/file_open", { "bpf_lsm_file_open" }))
    assert.equal(REFUSED, said("lsm_cgroup/file_open", { "file_open" }))
    assert.equal(REFUSED, said("iter/task", { "task" }))
    assert.equal("-", said("iter.s/task", { "bpf_iter_task" }))
  end)

  it("is not asked of patterns, of what has no name to look for, or of a BTF that was cut down", function()
    for _, section in ipairs { "kprobe.multi/do_*", "kprobe/do_*", "kprobe", "xdp", "tc", "uprobe//bin/sh:main" } do
      assert.equal("-", said(section, { "other" }), section)
    end
    for _, section in ipairs { "fentry/a", "kprobe/a" } do assert.equal("-", said(section, {}), section) end
  end)

  it("must be set by a tool where the section names nothing", function()
    local object_, target = btfl.object(programs "fentry"), btfl.target(kernel { "do_it" })
    local verdict = object_:program("p1"):verdict(target)
    assert.same({ "refused", "attach-target", "unset", "attach" },
      { verdict.verdict, verdict.rule, verdict.first.cause, verdict.first.settable })
    assert.equal("say what the tool sets: --attach p1=NAME", verdict.first:help())
    assert.equal("loads", object_:program("p1"):verdict(target, { attach = "do_it" }).verdict)
  end)

  it("is an error on one kernel, and on some of several", function()
    local path = programs("fentry/dummy", "fentry/sometimes")
    local has, lacks = kernel { "sometimes" }, kernel { "other" }
    local function levels(...)
      local args, out = {}, {}
      for _, target in ipairs { ... } do args[#args + 1] = "-t" args[#args + 1] = target end
      for _, command in ipairs { "check", "verdicts" } do
        local r = run { command, path, "--format", "json", table.unpack(args) }
        for _, f in ipairs(require("dkjson").decode(r.out).findings) do
          out[#out + 1] = ("%s %s %s"):format(command, f.program, f.level)
          if f.level == "warning" then
            assert.equal(("set at run time? give --attach %s=NAME, or leave it out: --skip %s"):format(f.program,
              f.program), f.help[1])
          end
        end
        out[#out + 1] = r.status
      end
      return out
    end
    assert.same({ "check p1 error", 1, "verdicts p1 error", 1 }, levels(has))
    assert.same({ "check p1 warning", "check p2 error", 1, "verdicts p1 warning", "verdicts p2 error", 1 },
      levels(has, lacks))
    assert.same({ "check p1 warning", "check p2 warning", 0, "verdicts p1 warning", "verdicts p2 warning", 0 },
      levels(lacks, kernel { "another" }))
  end)

  it("may be set, and a program may be left out", function()
    local path, target = programs("fentry/dummy", "fentry/gone"), kernel { "do_it" }
    local r = run { "verdicts", path, "-t", target, "--format", "tsv", "--attach", "p1=do_it", "--skip", "p2" }
    assert.same({ "", 0 }, { r.err, r.status })
    assert.matches("\tp1\tfentry/dummy\t0\t0\tloads\t", r.out)
    assert.is_nil(r.out:find("\tp2\t", 1, true))
    r = run { "check", path, "-t", target, "--attach", "p1=do_it", "--skip", "p2" }
    local on = path .. " on " .. target:match "([^/]*)%.btf$"
    assert.same({ on .. ": 0 ok, 0 poison, 0 error; 1 program: 1 loads\n", 0 }, { r.out, r.status })
    assert.same({ "refused", "do_else" }, (function()
      local v = btfl.object(path):program("p1"):verdict(btfl.target(target), { attach = "do_else" })
      return { v.verdict, v.first.name }
    end)())
  end)

  it("is a note for a program in whose place another loads", function()
    local path, target = programs("fentry/gone", "fentry/do_it"), kernel { "do_it" }
    local report = btfl.object(path):check(btfl.target(target), { one_of = { { "p1", "p2" } } })
    assert.same({ "note", "attach-target", "another program loads in the place of p1" },
      { report.findings[1].level, report.findings[1].rule, report.findings[1].notes[1] })
    for _, command in ipairs { "check", "verdicts" } do
      local r = run { command, path, "-t", target, "--one-of", "p1,p2" }
      assert.equal(0, r.status, r.out .. r.err)
      assert.is_not_nil(r.out:find("note[attach-target]", 1, true), r.out)
    end
    -- Where none loads, all fail.
    assert.equal(1, run({ "check", path, "-t", kernel { "other" }, "--one-of", "p1,p2" }).status)
  end)
end)
