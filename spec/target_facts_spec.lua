--- What a target knows of a kernel besides types: its version, what it has, what programs attach to.
local btf = require "spec.support.btf"
local btfl = require "btfl"
local kernel = require "spec.support.kernel"
local object = require "spec.support.object"
local run = require "spec.support.run"
local tmp = require "spec.support.tmp"

local n = 0

-- A target of that BTF, and of modules, builders by name, over it.
local function open(b, options, modules, name)
  n = n + 1
  tmp.mkdir(("t%d"):format(n))
  options = options or {}
  for module, m in pairs(modules or {}) do
    options.modules = options.modules or {}
    table.insert(options.modules, tmp.write(("t%d/%s"):format(n, module), m:bytes()))
  end
  return btfl.target(tmp.write(("t%d/%s.btf"):format(n, name or "6.1.5-amd64"), b:bytes()), options)
end

local function symbols(...)
  n = n + 1
  local lines = {}
  for i, line in ipairs { "T _text", ... } do
    lines[i] = ("%016x %s\n"):format(0xffffffff81000000 + i, line)
  end
  return tmp.write(("symbols%d"):format(n), table.concat(lines))
end

local function config(version, ...)
  n = n + 1
  return tmp.write(("config%d"):format(n), ("#\n# Automatically generated file; DO NOT EDIT.\n"
    .. "# Linux/x86 %s Kernel Configuration\n#\nCONFIG_64BIT=y\n%s"):format(version, table.concat({ ... }, "\n")))
end

describe("a target's version", function()
  teardown(tmp.clean)

  local function version(name, options)
    local target <close> = open(kernel.new(), options, nil, name)
    return target.version and tostring(target.version), target.release
  end

  it("is its release", function()
    assert.same({ "6.12.117", "6.12.117" }, { version "6.12.117-generic-amd64" })
    assert.same({ "5.10.262", "5.10.262" }, { version "5.10.262-generic" })
    assert.same({ nil, nil }, { version "vmlinux-of-mine" })
    assert.equal("6.9.0", (version "6.9.0-rc3"))
  end)

  it("is not known of a release that hides it", function()
    for _, name in ipairs { "5.10.0-32-amd64", "6.8.0-31-generic", "5.15.0-1053-azure" } do
      local v, release = version(name)
      assert.is_nil(v)
      assert.equal(name:match "^[%d.]+", release)
      assert.is_nil((version("x", { release = name })))
    end
    assert.equal("5.14.0", (version "5.14.0-362.8.1.el9_3.x86_64"))
    assert.equal("6.8.0", (version "6.8.0-63.fc40.x86_64"))
  end)

  it("is known as far as its first two numbers of a name that begins with them", function()
    for _, name in ipairs { "7.1-ci-amd64", "5.15", "6.12_x86", "6.6+debug", "4.18.x" } do
      assert.same({ n = 2, nil, name:match "^%d+%.%d+" }, table.pack(version(name)), name)
    end
    for _, name in ipairs { "8.6-amd64", "22.04", "3.10", "ubuntu-6.1", "6.1rc", "6.", "7" } do
      assert.same({ n = 2 }, table.pack(version(name)), name)
    end
    assert.same({ n = 2, "6.1.5", "6.1.5" }, table.pack(version "5.15-as-of-6.1.5"))
  end)

  it("is in what the kernel says of itself, which comes before all else", function()
    for text, want in pairs {
      ["5.10.223"] = "5.10.223", ["5.10.223-1"] = "5.10.223", ["5.10"] = "5.10",
      ["#1 SMP Debian 5.10.223-1 (2024-08-10)"] = "5.10.223",
      ["#1 SMP PREEMPT_DYNAMIC Debian 6.1.76-1 (2024-02-01)"] = "6.1.76",
      ["Ubuntu 6.8.0-31.31-generic 6.8.1\n"] = "6.8.1",
    } do
      assert.equal(want, (version("6.1.0-3-amd64", { version = text, release = "6.2.1", kconfig = config "6.3.1" })))
    end
  end)

  it("is in the third line of a configuration, which comes before the release", function()
    assert.equal("5.10.223", (version("5.10.0-32-amd64", { kconfig = config "5.10.223" })))
    assert.equal("5.10.223", (version("6.1.2", { kconfig = config "5.10.223", release = "6.2.2" })))
    assert.equal("6.9.0", (version("x", { kconfig = config "6.9.0-rc3" })))
    local plain = tmp.write("plain", "CONFIG_64BIT=y\n# Linux 1.2.3 Kernel Configuration\n")
    assert.equal("6.1.2", (version("6.1.2", { kconfig = plain })))
  end)

  it("is libbpf's of the running kernel", function()
    local said = io.popen "uname -v":read "l":match "Debian (%d+%.%d+%.%d+)"
    local f = io.open "/proc/version_signature"
    local ubuntu = f and f:read "l":match "^%S+ %S+ (%d+%.%d+%.%d+)"
    local release = io.popen "uname -r":read "l"
    if not io.open "/sys/kernel/btf/vmlinux" then return pending "needs the BTF of the running kernel" end
    local target = btfl.target()
    assert.equal(ubuntu or said or release:match "^%d+%.%d+%.%d+", tostring(target.version))
    assert.equal(release, target.release)
  end)

  it("refuses what is none", function()
    for option, values in pairs {
      release = { "abc", "6", "" }, version = { "abc", "6", "", "5.10.0-32-amd64", "Ubuntu 6.8.0-31.31-generic" },
    } do
      for _, value in ipairs(values) do
        local ok, why = pcall(version, "6.1.1", { [option] = value })
        assert.is_false(ok, value)
        assert.truthy(tostring(why):find(("`%s` "):format(option), 1, true), why)
      end
    end
    assert.has_error(function() version("6.1.1", { relase = "6.1.2" }) end,
      "bad argument #2 to 'target' (no option `relase` (did you mean 'release'?))")
    assert.has_error(function() version("6.1.1", { release = 6.1 }) end,
      "bad argument #2 to 'target' (`release` must be a string)")
    assert.has_error(function() version("6.1.1", { kallsyms = "a\0b" }) end,
      "bad argument #2 to 'target' (`kallsyms` has a NUL in it)")
    local stub = tmp.write("System.map", "ffffffffffffffff B The real System.map is in the "
      .. "linux-image-6.1.0-dbg package\n")
    assert.error_matches(function() version("6.1.1", { kallsyms = stub }) end,
      "not a list of a kernel's symbols but a line that says that it is in another package")
    assert.error_matches(function() btfl.target(tmp.mkdir "no kernel") end,
      "no kernel: a folder is a kernel when it has a file `vmlinux` with BTF: No such file or directory")
  end)
end)

-- Reads LINUX_KERNEL_VERSION, and a member that no kernel has where it is below `least`.
local function asks(least)
  local b = btf.new()
  local int = b:int("int", 4, "signed")
  local root = b:struct("s", 8, { { "x", int, 0 } })
  b:datasec(".kconfig", 4, { { b:var("LINUX_KERNEL_VERSION", int, "extern"), 0, 4 } })
  local o = object.new(b)
  local high, low = object.ldimm64(2, 0)
  o:program {
    section = "socket",
    insns = { high, low, object.ldx(4, 2, 2, 0), object.insn(0x35, 2, 0, 1, least), object.mov(1, 0),
      object.mov(0, 0), object.exit() },
    relos = { { insn = 4, type = root, access = "0:0", kind = "byte_off" } },
  }
  o:symbol { name = "LINUX_KERNEL_VERSION", section = 0 }
  o:rel("socket", 0, "LINUX_KERNEL_VERSION")
  return btfl.object(tmp.write("asks.o", o:bytes())):program "prog"
end

local function code(major, minor, sub) return major << 16 | minor << 8 | sub end

describe("LINUX_KERNEL_VERSION", function()
  teardown(tmp.clean)

  -- "guarded" where the kernel is known to be at least that version.
  local function verdict(least, options, name, more)
    local target <close> = open(kernel.new(), options, nil, name)
    more = more or {}
    more.only = { "relocation" }
    return asks(least):verdict(target, more).verdict
  end

  it("is the version's", function()
    local debian = { version = "#1 SMP Debian 5.10.223-1 (2024-08-10)" }
    assert.equal("guarded", verdict(code(5, 10, 223), debian, "5.10.0-32-amd64"))
    assert.equal("rejected", verdict(code(5, 10, 224), debian, "5.10.0-32-amd64"))
    local configured = { kconfig = config "5.10.223" }
    assert.equal("guarded", verdict(code(5, 10, 223), configured, "5.10.0-32-amd64"))
    assert.equal("rejected", verdict(code(5, 10, 224), configured, "5.10.0-32-amd64"))
    assert.equal("guarded", verdict(code(5, 10, 255), nil, "5.10.262"))
    assert.equal("rejected", verdict(code(5, 11, 0), nil, "5.10.262"))
  end)

  it("is nothing where libbpf reads no version: no program of the object loads", function()
    local function said(options, name)
      local target <close> = type(options) == "string" and btfl.target(tmp.write("vmlinux-7.3-amd64", options))
        or open(kernel.new(), options, nil, name)
      local v = asks(code(5, 10, 0)):verdict(target)
      local x = v.first
      return x and x.rule == "kconfig" and ("%s %s %s"):format(v.verdict, x.cause, x.name) or "read"
    end
    local unread = "refused version LINUX_KERNEL_VERSION"
    assert.equal(unread, said { release = "7.3-amd64" })
    assert.equal(unread, said { release = "7.3-amd64", version = "#1 SMP Debian 7.3~rc7-1~exp1 (2026-11-20)" })
    assert.equal(unread, said { release = "7.3-amd64", kconfig = config "7.3.0-rc7" })
    assert.equal("read", said { release = "7.3-amd64", version = "#1 SMP Debian 7.3.1-1 (2026-12-20)" })
    local function booted(words)
      local o = object.new(btf.new(), { machine = 62, type = 2, btf_bytes = kernel.new():bytes() })
      o:section(".rodata", ("Linux version 7.3-amd64 (me@here) (gcc) #1 SMP Debian %s (2026-11-20)\0"):format(words))
      return said(o:bytes())
    end
    assert.equal(unread, booted "7.3~rc7-1~exp1")
    assert.equal("read", booted "7.3.1-1")
    -- Short for a release, and the name of a file.
    assert.equal("read", said { release = "7.3" })
    assert.equal("read", said(nil, "7.3-amd64"))
  end)

  it("of a release that hides it has its first two numbers", function()
    assert.equal("guarded", verdict(code(5, 10, 0), nil, "5.10.0-32-amd64"))
    assert.equal("guarded", verdict(code(5, 8, 12), nil, "5.10.0-32-amd64"))
    assert.equal("rejected", verdict(code(5, 11, 0), nil, "5.10.0-32-amd64"))
    assert.not_equal("guarded", verdict(code(5, 10, 1), nil, "5.10.0-32-amd64"))
    assert.equal("guarded", verdict(code(5, 10, 0), nil, "5.10-mine"))
    assert.equal("rejected", verdict(code(5, 11, 0), nil, "5.10-mine"))
    assert.equal("unknown", verdict(code(5, 10, 1), nil, "5.10-mine"))
  end)

  it("is told by a verdict's options before the target", function()
    local target = { version = "5.10.223" }
    assert.equal("guarded", verdict(code(6, 1, 5), target, nil, { version = "6.1.5" }))
    assert.equal("rejected", verdict(code(6, 1, 6), target, nil, { version = "6.1.5", release = "6.2.1" }))
    assert.equal("guarded", verdict(code(6, 2, 1), target, nil, { release = "6.2.1" }))
    assert.equal("guarded", verdict(code(6, 3, 1), target, nil, { release = "6.2.1", kconfig = config "6.3.1" }))
    assert.equal("guarded", verdict(code(6, 3, 1), target, nil, { kconfig = config "6.3.1" }))
    assert.equal("rejected", verdict(code(6, 2, 1), target, nil, { release = "6.1.0-13-amd64" }))
    assert.equal("guarded", verdict(code(6, 1, 0), target, nil, { release = "6.1.0-13-amd64" }))
  end)
end)

describe("what a kernel has", function()
  teardown(tmp.clean)

  it("is in its enums, by number and by name", function()
    local t = open(kernel.new())
    for _, name in ipairs { "hash", "HASH", "BPF_MAP_TYPE_HASH", 1 } do
      assert.is_true(t:has("map_type", name), name)
    end
    for _, name in ipairs { "ringbuf", "BPF_MAP_TYPE_RINGBUF", 4, 27, 0, -1, 1 << 40, "__MAX_BPF_MAP_TYPE", "",
      "unspec" } do
      assert.is_false(t:has("map_type", name), name)
    end
    assert.is_true(t:has("helper", "map_update_elem"))
    assert.is_true(t:has("attach_type", "cgroup_inet_ingress"))
    assert.is_true(t:has("attach_type", 0))
    assert.same({ 2, "map_update_elem" }, { t:helper "map_update_elem" })
    assert.same({ 2, "map_update_elem" }, { t:helper(2) })
    assert.is_false(t:helper(5))
    assert.is_false(t:helper "ktime_get_ns")
  end)

  it("is not known of a BTF that was cut down", function()
    local t = open(kernel.new { map_type = false, helper = { "unspec", "map_lookup_elem" }, statics = false })
    assert.is_nil(t:has("map_type", "hash"))
    assert.is_nil(t:has("helper", "map_lookup_elem"))
    assert.is_nil((t:helper(77)))
    for _, mark in ipairs { "fetch_atomics", "callbacks", "jit", "struct_args", "sleepable_lsm", "trampolines",
      "statics" } do
      assert.is_nil(t:has("mark", mark), mark)
    end
    assert.is_nil((t:kfunc "bpf_task_acquire"))
    assert.is_nil(t:attach("fentry/do_it").found)
    assert.is_nil(t:attach("tp_btf/sched_switch").found)
  end)

  it("is only what is built in, of program types", function()
    local b = kernel.new()
    local int = b:int("int", 4)
    b:struct("bpf_ctx_convert", 16, { { "BPF_PROG_TYPE_SOCKET_FILTER_prog", int, 0 },
      { "BPF_PROG_TYPE_SOCKET_FILTER_kern", int, 32 }, { "BPF_PROG_TYPE_KPROBE_prog", int, 64 },
      { "BPF_PROG_TYPE_LSM_kern", int, 96 } })
    local t = open(b)
    assert.is_true(t:has("prog_type", "socket_filter"))
    assert.is_true(t:has("prog_type", 2))
    assert.is_false(t:has("prog_type", "lsm"))
    assert.is_false(t:has("prog_type", "sched_cls"))
    assert.is_true(open(kernel.new()):has("prog_type", "lsm"))
  end)

  it("is told by marks, which are no functions of a BTF's static ones", function()
    local b = kernel.new { helper = { "unspec", "a", "b", "c", "check_mtu" }, statics = false }
    b:func("bpf_jit_binary_alloc", b.proto)
    b:struct("ftrace_ops", 8, { { "direct_call", b:int("long", 8), 0 } })
    b:struct("btf_func_model", 1, { { "ret_size", b:int("u8", 1), 0 } })
    local t = open(b)
    for mark, want in pairs { fetch_atomics = true, callbacks = false, jit = true, struct_args = false,
      sleepable_lsm = false, trampolines = true, statics = false } do
      assert.equal(want, t:has("mark", mark), mark)
    end
    assert.is_true(open(kernel.new()):has("mark", "statics"))
    assert.is_false(open(kernel.new()):has("mark", "trampolines"))
  end)

  it("is asked for by names that there are", function()
    local t = open(kernel.new())
    assert.has_error(function() t:has("maptype", "hash") end,
      "bad argument #1 to 'has' (there is no `maptype` to be asked for (did you mean 'map_type'?))")
    assert.has_error(function() t:has("mark", "jti") end,
      "bad argument #2 to 'has' (there is no mark `jti` (did you mean 'jit'?))")
  end)

  it("is a kfunc of vmlinux or of a module", function()
    local b = kernel.new()
    local id = b:func("bpf_one", b.proto)
    local m = btf.new { base = b }
    m:func("bpf_two", b.proto)
    m:func("bpf_one", b.proto)
    local t = open(b, nil, { ["nf-mod"] = m })
    local func, module = t:kfunc "bpf_one"
    assert.same({ id, "vmlinux" }, { func.id, module })
    func, module = t:kfunc "bpf_two"
    assert.same({ "bpf_two", "nf-mod" }, { func.name, module })
    assert.is_false((t:kfunc "bpf_three"))
    assert.is_true(t:attach("fentry/nf_mod:bpf_two").found)
    assert.equal("nf-mod", t:attach("fentry/nf_mod:bpf_one").module)
    assert.is_false(t:attach("fentry/vmlinux:bpf_two").found)
    assert.is_false(t:attach("fentry/other:bpf_two").found)
    assert.is_false(t:attach("fentry/other:bpf_two").elsewhere)
    assert.is_true(open(b):attach("fentry/bpf_two").elsewhere)
    assert.is_false(open(b):attach("fentry/vmlinux:bpf_two").elsewhere)
  end)
end)

describe("what a program attaches to", function()
  teardown(tmp.clean)

  local function base()
    local b = kernel.new()
    b.int = b:int("int", 4, "signed")
    b:func("do_it", b:func_proto(b.int, { { "a", b.int }, { "b", b:ptr(0) } }))
    b:func("bpf_lsm_file_open", b.proto)
    b:func("bpf_iter_task", b.proto)
    b:func("__x64_sys_read", b.proto)
    b:struct("trace_event_raw_old_event", 4, { { "x", b.int, 0 } })
    kernel.tracepoint(b, "sched_switch", { { "preempt", b.int } })
    return b
  end

  local function found(t, section)
    local there = t:attach(section)
    return there.found, there.addressed
  end

  it("is described by BTF", function()
    local t = open(base())
    for section, want in pairs {
      ["fentry/do_it"] = true, ["fexit.s/do_it"] = true, ["fentry/do_that"] = false, ["fentry/int"] = false,
      ["lsm/file_open"] = true, ["lsm/do_it"] = false, ["iter/task"] = true, ["iter/do_it"] = false,
      ["tp_btf/sched_switch"] = true, ["tp_btf/do_it"] = false, ["kprobe/do_it+4"] = true, ["kprobe/do_that"] = false,
      ["raw_tp/sched_switch"] = true, ["raw_tp/do_it"] = false, ["tp/sched/sched_switch"] = true,
      ["tp/x/old_event"] = true, ["tp/x/do_it"] = false, ["kprobe.multi/do_it"] = true, ["ksyscall/read"] = true,
      ["tp/syscalls/sys_enter_read"] = true, ["tp/syscalls/sys_exit_read"] = true,
    } do
      assert.equal(want, (found(t, section)), section)
    end
    assert.equal("bpf_lsm_file_open", t:attach("lsm/file_open").name)
    assert.equal("btf_trace_nosuch", t:attach("tp_btf/nosuch").name)
    assert.equal("typedef", t:attach("raw_tp/sched_switch").type.kind)
    assert.equal(2, #t:attach("fentry/do_it").proto)
  end)

  it("cannot be told of what BTF does not describe", function()
    local t = open(base())
    for _, section in ipairs { "xdp", "fentry", "kprobe", "uprobe//bin/sh:main", "usdt//bin/sh:a:b", "freplace/do_it",
      "struct_ops/x", "nosuch/do_it", "kprobe.multi/do_*", "kprobe/do_it.isra.0", "", "/", "ksyscall/sync",
      "tp/syscalls/sys_enter_sync" } do
      assert.same({}, { found(t, section) }, section)
    end
    local without = open(kernel.new { statics = false, helper = false })
    assert.is_nil((found(without, "raw_tp/x")))
    assert.is_nil((found(without, "tp/a/x")))
  end)

  it("may be a static function, of which some BTF has none", function()
    local b = kernel.new { statics = false }
    b:func("do_it", b.proto)
    local t = open(b)
    assert.is_true((found(t, "kprobe/do_it")))
    assert.is_nil((found(t, "kprobe/do_that")))
    assert.is_false((found(t, "fentry/do_that")))
    assert.is_false((found(open(b, { kallsyms = symbols "t do_it" }), "kprobe/do_that")))
  end)

  it("needs an address, which compilers move to another name", function()
    local function forms(section, ...) return { found(open(base(), { kallsyms = symbols(...) }), section) } end
    for _, form in ipairs { "fentry/", "kprobe/" } do
      assert.same({ true, true }, forms(form .. "do_it", "t do_it"))
      assert.same({ true, true }, forms(form .. "do_it", "t do_it.cold", "T do_it", "t do_it.part.0"))
      for _, moved in ipairs { "do_it.part.0", "do_it.isra.0", "do_it.constprop.0", "do_it.isra.0.cold",
        "do_it.part.0.constprop.0" } do
        assert.equal(false, forms(form .. "do_it", "t " .. moved)[2], moved)
      end
      assert.is_nil(forms(form .. "do_it", "t do_it.llvm.12345")[2])
      for _, other in ipairs { "d do_it", "t do_it2", "t do_i", "t ado_it", "t do_it_too.part.0",
        "t do_it\t[bpf]", "t do_it\t[__builtin__ftrace]" } do
        assert.equal(false, forms(form .. "do_it", other)[2], other)
      end
    end
    assert.same({ true, false }, forms("fentry/do_it", "t do_it.isra.0"))
    assert.same({ false, false }, forms("kprobe/do_it", "t do_it.isra.0"))
    assert.same({ true, true }, forms("kprobe/do_it.isra.0", "t do_it.isra.0"))
    assert.same({ true, true }, forms("kprobe/do_asm", "T do_asm"))
    assert.same({ true, true }, forms("iter/task", "T do_it"))
    assert.same({ true, true }, forms("tp_btf/sched_switch", "T do_it"))
    assert.same({ true, true }, forms("kprobe.multi/do_*m", "T do_asm"))
    assert.same({ true, true }, forms("kprobe.multi/d?_asm*", "T do_asm"))
    assert.same({ false, false }, forms("kprobe.multi/do_*x", "T do_asm", "d do_x"))
    for pattern, matches in pairs { ["d?_asm"] = true, ["?o_as?"] = true, ["do_asm?"] = false, ["d?asm"] = false,
      ["*"] = true, ["*asm"] = true, ["do_asm**"] = true, ["*_*s*m"] = true, ["do_asmx*"] = false, ["?"] = false } do
      assert.same({ matches, matches }, forms("kprobe.multi/" .. pattern, "T do_asm"), pattern)
    end
    assert.same({ true, true }, forms("ksyscall/read", "T __x64_sys_read"))
    assert.same({ false, false }, forms("ksyscall/sync", "T __x64_sys_read"))
  end)

  it("has its address in the module that it is in", function()
    local b = base()
    local m = btf.new { base = b }
    m:func("do_mod", b.proto)
    local function forms(section, ...)
      return { found(open(b, { kallsyms = symbols(...) }, { mod = m }), section) }
    end
    assert.same({ true, true }, forms("fentry/do_mod", "t do_mod\t[mod]"))
    assert.same({ true, false }, forms("fentry/do_mod", "t do_mod\t[other]"))
    assert.same({ true, false }, forms("fentry/do_mod", "t do_mod", "t x\t[mod]"))
    assert.same({ true, false }, forms("fentry/do_it", "t do_it\t[mod]"))
    assert.same({ true }, forms("fentry/do_mod", "t do_mod"), "a list without modules")
    assert.same({ true, true }, forms("kprobe/do_mod", "t do_mod\t[mod]"))
    assert.same({ true, true }, forms("kprobe/mod:do_mod", "t do_mod\t[mod]"))
    assert.same({ true }, forms("kprobe/mod:do_mod", "t do_it"))
  end)

  it("is no proof of a system call's event on every architecture", function()
    local b = kernel.new()
    b:func("__arm64_sys_read", b.proto)
    b:func("__arm64_sys_open", b.proto)
    local t = open(b)
    assert.is_nil((found(t, "tp/syscalls/sys_enter_open")))
    assert.is_true((found(t, "ksyscall/open")))
    t = open(b, { kallsyms = symbols("T __arm64_sys_read", "T __arm64_sys_open") })
    assert.is_nil((found(t, "tp/syscalls/sys_enter_open")))
    assert.is_false((found(t, "tp/syscalls/sys_enter_nosuch")))
  end)

  it("is none of a system call that has no event", function()
    local b = kernel.new()
    b:func("__x64_sys_read", b.proto)
    b:func("__x64_sys_stat", b.proto)
    b:func("__x64_sys_newstat", b.proto)
    local lines = { "T __x64_sys_read", "T __x64_sys_stat", "T __x64_sys_newstat" }
    for _, t in ipairs { open(b), open(b, { kallsyms = symbols(table.unpack(lines)) }) } do
      assert.is_true((found(t, "tp/syscalls/sys_enter_newstat")))
      assert.is_false((found(t, "tp/syscalls/sys_enter_stat")))
      assert.is_false((found(t, "tp/syscalls/sys_exit_stat")))
      assert.is_true((found(t, "ksyscall/stat")))
    end
    lines[3] = "W __x64_sys_newstat"
    local t = open(b, { kallsyms = symbols(table.unpack(lines)) })
    assert.is_false((found(t, "tp/syscalls/sys_enter_newstat")))
    assert.is_true((found(t, "ksyscall/newstat")))
  end)

  it("is an event of the running kernel where that has it", function()
    local events = io.open "/sys/kernel/tracing/events/syscalls/enable"
    local list = io.open "/proc/kallsyms"
    local arch = io.popen "uname -m":read "l"
    if not (events and list and arch == "x86_64" and io.open "/sys/kernel/btf/vmlinux") then
      pending "needs root, the events of system calls and BTF, of x86"
      return
    end
    events:close()
    local t, count, wrong = btfl.target("/sys/kernel/btf/vmlinux", { kallsyms = "/proc/kallsyms" }), 0, {}
    for line in list:lines() do
      local name = line:match "^%x+ %a __x64_sys_([%w_]+)$"
      local event = name and io.open(("/sys/kernel/tracing/events/syscalls/sys_enter_%s/id"):format(name))
      if name and t:attach("tp/syscalls/sys_enter_" .. name).found ~= (event ~= nil) then wrong[#wrong + 1] = name end
      if event then event:close() end
      count = count + (name and 1 or 0)
    end
    list:close()
    assert.is_true(count > 300, count)
    assert.equal("", table.concat(wrong, " "))
  end)

  it("can be given in parts", function()
    local t = open(base())
    assert.is_true(t:attach({ form = "func", name = "do_it" }).found)
    assert.is_false(t:attach({ form = "func", name = "do_it", module = "mod" }).found)
    assert.is_true(t:attach({ form = "tracepoint", name = "sys_enter_read", category = "syscalls" }).found)
    assert.is_nil(t:attach({ form = "func" }).found)
    assert.has_error(function() t:attach { form = "fn", name = "x" } end,
      "bad argument #1 to 'attach' (there is no form `fn`)")
    assert.has_error(function() t:attach { form = "func", name = 1 } end,
      "bad argument #1 to 'attach' (`name` must be a string)")
    assert.has_error(function() t:attach() end,
      "bad argument #1 to 'attach' (a section, or a table with form and name expected)")
  end)

  it("has a signature, as programs see it", function()
    local t = open(base())
    local function signature(what)
      local s = t:signature(what)
      if not s then return nil end
      local words = { s.returns.name or s.returns.kind }
      for i, p in ipairs(s) do words[i + 1] = p.name .. ":" .. (p.type.name or p.type.kind) end
      return table.concat(words, " ")
    end
    assert.equal("int a:int b:ptr", signature "do_it")
    assert.equal("int a:int b:ptr", signature "fentry/do_it")
    assert.equal("void preempt:int", signature "tp_btf/sched_switch")
    assert.equal("void preempt:int", signature { form = "raw_tp", name = "sched_switch" })
    assert.equal("void", signature "lsm/file_open")
    assert.is_nil(signature "nosuch")
    assert.is_nil(signature "fentry/nosuch")
    assert.is_nil(signature "tp/syscalls/sys_enter_read")
  end)
end)

describe("a list of symbols", function()
  teardown(tmp.clean)

  it("is refused by the line that is none", function()
    local path = tmp.write("bad", "0 T _text\n0 T a\n\nhello\n")
    local ok, why = pcall(open, kernel.new(), { kallsyms = path })
    assert.is_false(ok)
    assert.equal(path .. ": +0x11: not a list of a kernel's symbols: line 4 is no `address type name`", tostring(why))
  end)

  it("has lines of an address, a type and a name, and empty ones", function()
    for _, line in ipairs { "0", "0 ", "0 T", "0 T ", "0  x", "0 \1 x", "0 T\tx", "0 T \1", "g T x", "0T x", " ",
      "\r\r" } do
      n = n + 1
      local path = tmp.write("lines" .. n, "0 T _text\n" .. line .. "\n0 T x\n")
      local ok, why = pcall(open, kernel.new(), { kallsyms = path })
      assert.is_false(ok, line)
      assert.matches("line 2 is no `address type name`", tostring(why), nil, true)
    end
    for _, text in ipairs { "0 T _text\n\n\r\n0 T x\n\r", "ffffffff81000000 T x\t\t [m" } do
      local t = open(kernel.new(), { kallsyms = tmp.write(("lines%d"):format(n), text) })
      assert.is_true(t:attach("kprobe/x").found or t:attach("kprobe/m:x").found, text)
    end
  end)

  it("may end anywhere", function()
    for _, text in ipairs { "0 T _text", "0 T _text\n0 t x", "0 T _text\r\n0 t x\r\n", "0 T _text\n\n0 t x\t[m]",
      "0 T _text\n0 t .x\n0 t x" } do
      local t = open(kernel.new(), { kallsyms = tmp.write(("end%d"):format(n), text) })
      assert.equal(text:find " %.?x" ~= nil, t:attach("kprobe/x").found or t:attach("kprobe/m:x").found or false, text)
    end
  end)

  it("tells every kernel of a run, with threads too", function()
    local b = kernel.new()
    b:func("do_it", b.proto)
    local o = object.new(btf.new())
    o:program { section = "fentry/do_it", insns = { object.mov(0, 0), object.exit() } }
    local words = { "check", tmp.write("o.bpf.o", o:bytes()), "--format", "tsv" }
    for i = 1, 3 do
      table.move({ "-t", tmp.write(("6.1.%d.btf"):format(i), b:bytes()) }, 1, 2, #words + 1, words)
    end
    local function ran(...)
      local line = { ... }
      table.move(words, 2, #words, #line + 1, line)
      table.insert(line, 1, words[1])
      return run(line)
    end
    local moved, whole = symbols "t do_it.isra.0", symbols "t do_it"
    local one = ran("--kallsyms", moved)
    assert.truthy(one.out:find("no-address", 1, true), one.out .. one.err)
    assert.equal(one.out, ran("--kallsyms", moved, "-j", "2").out)
    assert.is_nil(ran("--kallsyms", whole).out:find("no-address", 1, true))
    for _, jobs in ipairs { "1", "2" } do
      local bad = ran("--kallsyms", tmp.write("none", "hello\n"), "-j", jobs)
      assert.equal(2, bad.status)
      assert.equal(1, select(2, bad.err:gsub("\n", "")), bad.err)
      assert.truthy(bad.err:find("none: not a list of a kernel's symbols but text", 1, true), bad.err)
    end
  end)

  it("is the real one of kernels whose outcomes are known", function()
    local corpus = os.getenv "BTFL_CORPUS" or "../shared/corpus"
    local f = io.open(corpus .. "/loads/loads.tsv")
    if not f then return pending "needs the corpus" end
    local targets, missing, refused = {}, 0, 0
    local function target(name)
      if targets[name] then return targets[name] end
      local path
      for _, folder in ipairs { "loads", "kernels" } do
        local at = ("%s/%s/%s.btf.gz"):format(corpus, folder, name)
        if io.open(at) then path = at end
      end
      targets[name] = btfl.target(path, { kallsyms = ("%s/loads/%s.kallsyms.gz"):format(corpus, name) })
      return targets[name]
    end
    for line in f:lines() do
      local on, _, program, section, _, class = line:match "^(.-)\t(.-)\t(.-)\t(.-)\t(.-)\t(.-)\t"
      if on ~= "kernel" and section ~= "-" then
        local there = target(on):attach(section)
        local by_btf = section:find "^%??f[em]" or section:find "^%??lsm" or section:find "^%??iter"
          or section:find "^%??tp_btf"
        if class == "attach-target" then
          assert.is_false(there.found, line)
          missing = missing + 1
        elseif class == "attach-addr" then
          assert.same({ true, false }, { there.found, there.addressed }, line)
          refused = refused + 1
        elseif by_btf then
          assert.same({ true, true }, { there.found, there.addressed }, program .. " " .. line)
        end
      end
    end
    assert.truthy(missing > 50 and refused > 0)
  end)
end)
