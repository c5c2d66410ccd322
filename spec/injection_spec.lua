--- Functions that programs may attach to that sleep, or that change a result: those on a kernel's list of functions
--- that may fail, as its configuration, symbols and release tell.

local btf = require "spec.support.btf"
local btfl = require "btfl"
local kernels = require "spec.support.kernel"
local object = require "spec.support.object"
local run = require "spec.support.run"
local tmp = require "spec.support.tmp"

local n = 0

local FUNCTIONS = { "do_it", "__x64_sys_getpgid", "bpf_fentry_test1", "bpf_modify_return_test2", "security_file_open",
  "should_failslab" }

local function kernel(release)
  local t = kernels.new { prog_type = kernels.PROG_TYPES }
  t:func("register_ftrace_direct", t.proto)
  t:func("bpf_jit_binary_alloc", t.proto)
  local proto = t:func_proto(t:int("int", 4, "signed"), {})
  for _, name in ipairs(FUNCTIONS) do t:func(name, proto) end
  n = n + 1
  return tmp.write(("%s-injection%d.btf"):format(release, n), t:bytes())
end

local function program(section)
  local o = object.new(btf.new())
  o:program { name = "prog", section = section, insns = { object.mov(0, 0), object.exit() },
    lines = { { insn = 0, text = "first", line = 7 } } }
  n = n + 1
  return tmp.write(("injection%d.o"):format(n), o:bytes())
end

local HEAD <const> = "#\n# Linux/x86 Kernel Configuration\n#\nCONFIG_BPF=y\n"

local function configured(with)
  n = n + 1
  return tmp.write(("config%d"):format(n), HEAD .. (with and "CONFIG_FUNCTION_ERROR_INJECTION=y\n"
    or "# CONFIG_FUNCTION_ERROR_INJECTION is not set\n"))
end

-- The verdict, the rule and cause of what stops the program, and that.
local function said(section, release, options)
  local verdict = btfl.object(program(section)):program "prog":verdict(btfl.target(kernel(release)), options)
  local x = verdict.first
  return { verdict.verdict, x and x.rule, x and x.cause }, x
end

describe("a program that sleeps", function()
  teardown(tmp.clean)

  local REFUSED, UNKNOWN = { "refused", "sleepable", "function" }, { "unknown", "sleepable", "function-unknown" }

  it("attaches to no function of a kernel without the list", function()
    local none = { kconfig = configured(false) }
    for _, kind in ipairs { "fentry.s", "fexit.s" } do
      local got, x = said(kind .. "/do_it", "6.12.9", none)
      assert.same(REFUSED, got)
      assert.equal("programs that sleep may not attach to `do_it()` on this kernel", x:message())
      assert.is_truthy(x:help():find("CONFIG_FUNCTION_ERROR_INJECTION", 1, true))
    end
    assert.same({ "loads" }, (said("fentry/do_it", "6.12.9", none)))
    assert.same({ "loads" }, (said("fentry.s/bpf_fentry_test1", "6.12.9", none)))
    assert.same(REFUSED, (said("fentry.s/bpf_fentry_test1", "6.1.9", none)))
  end)

  it("attaches to system calls without it on newer kernels", function()
    local none, section = { kconfig = configured(false) }, "fentry.s/__x64_sys_getpgid"
    assert.same(REFUSED, (said(section, "6.12.9", none)))
    assert.same(REFUSED, (said(section, "6.18.9", none)))
    assert.same(UNKNOWN, (said(section, "7.0.9", none)))
    assert.same({ "loads" }, (said(section, "7.2.9", none)))
  end)

  it("attaches to those on the list, as far as that is told", function()
    local with = { kconfig = configured(true) }
    assert.same({ "loads" }, (said("fentry.s/__x64_sys_getpgid", "6.12.9", with)))
    local got, x = said("fentry.s/do_it", "6.12.9", with)
    assert.same(UNKNOWN, got)
    assert.equal("whether programs that sleep may attach to `do_it()` on this kernel is not known", x:message())
    assert.same(UNKNOWN, (said("fentry.s/do_it", "6.12.9")))
    local symbols = tmp.write("injection.kallsyms",
      "ffffffff81000000 t do_it\nffffffff82000000 d _eil_addr_do_it\n")
    assert.same({ "loads" }, (said("fentry.s/do_it", "6.12.9", { kconfig = with.kconfig, kallsyms = symbols })))
    -- Not where the kernel takes it for one that may be called where nothing sleeps.
    assert.same(REFUSED, (said("fentry.s/should_failslab", "6.12.9", with)))
  end)

  it("is told of by check, on kernels that differ", function()
    local config = configured(false)
    local new, old = kernel "7.2.9", kernel "6.12.9"
    local r = run { "check", program "fentry.s/__x64_sys_getpgid", "-t", new, "-t", old, "--kconfig", config }
    assert.same({ 1, "" }, { r.status, r.err })
    assert.matches("error[sleepable]: programs that sleep may not attach to `__x64_sys_getpgid()`", r.out, 1, true)
    assert.matches("fine on 7.2.9-injection", r.out, 1, true)
  end)

  it("is told of each kernel by its own configuration, with what is remembered of others, too", function()
    local folder, bytes = tmp.mkdir "alike", run.read(kernel "6.12.9")
    local words = { "verdicts", program "fentry.s/__x64_sys_getpgid", "-t", folder, "--format", "tsv" }
    for name, config in pairs { a = false, b = configured(true), c = configured(false), d = false } do
      run.write(("%s/6.12.9-%s.btf"):format(folder, name), bytes)
      if config then
        words[#words + 1] = "--kconfig"
        words[#words + 1] = ("6.12.9-%s=%s"):format(name, config)
      end
    end
    local said_of = {}
    for name, verdict in run(words).out:gmatch "\n[^\n]*\t(%l+)\t%-\t6.12.9%-(%l)" do said_of[verdict] = name end
    assert.same({ a = "unknown", b = "loads", c = "refused", d = "unknown" }, said_of)
    local memo = run(words).out
    words[#words + 1] = "--no-memo"
    assert.equal(run(words).out, memo)
  end)
end)

describe("a program that changes a result", function()
  teardown(tmp.clean)

  local REFUSED, UNKNOWN = { "refused", "attach-target", "result" }, { "unknown", "attach-target", "result-unknown" }

  it("attaches to what is there for it", function()
    local none = { kconfig = configured(false) }
    local got, x = said("fmod_ret/do_it", "6.12.9", none)
    assert.same(REFUSED, got)
    assert.equal("the kernel lets no program change what `do_it()` returns", x:message())
    assert.same({ "loads" }, (said("fmod_ret/security_file_open", "6.12.9", none)))
    assert.same({ "loads" }, (said("fmod_ret/bpf_modify_return_test2", "6.12.9", none)))
    assert.same(REFUSED, (said("fmod_ret/bpf_modify_return_test2", "6.1.9", none)))
    assert.same(REFUSED, (said("fmod_ret/__x64_sys_getpgid", "6.12.9", none)))
    assert.same({ "loads" }, (said("fmod_ret/__x64_sys_getpgid", "7.2.9", none)))
    assert.same(UNKNOWN, (said("fmod_ret/do_it", "7.2.9", none)))
    assert.same(UNKNOWN, (said("fmod_ret/do_it", "6.12.9")))
    assert.same({ "loads" }, (said("fmod_ret/__x64_sys_getpgid", "6.12.9", { kconfig = configured(true) })))
    assert.same({ "loads" }, (said("fexit/do_it", "6.12.9", none)))
  end)
end)
