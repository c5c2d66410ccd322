--- What functions, tracepoints and kfuncs have become: names and prototypes, on kernels made for it and on known
--- renames.
local btfl = require "btfl"
local kernels = require "spec.support.kernel"
local object = require "spec.support.object"
local btf = require "spec.support.btf"
local routines = require "spec.fit.routines"
local run = require "spec.support.run"
local tmp = require "spec.support.tmp"

-- Functions that stay: what is rare stands out against them.
local STAY = { "vfs_read", "vfs_write", "vfs_open", "tcp_connect", "tcp_close", "udp_sendmsg", "udp_recvmsg",
  "inode_init", "inode_free", "task_init", "task_free", "page_init", "page_free", "folio_init", "folio_free" }

-- A kernel with these functions { name, result, parameter types and names … } and tracepoints likewise, and with
-- so many types besides, each of 300 bytes.
local n = 0
local function path_of(functions, tracepoints, besides)
  n = n + 1
  local b = kernels.new()
  local t = { int = b:int("int", 4, "signed"), long = b:int("long unsigned int", 8), void = 0 }
  for _, name in ipairs { "page", "folio", "inode", "task", "filename" } do
    t[name] = b:ptr(b:struct(name, 8, { { "flags", t.long, 0 } }))
  end
  local function proto(row, first)
    local params = {}
    for i = first, #row do
      local type, name = row[i]:match "^(%w+) ?(%w*)$"
      params[#params + 1] = { name, t[type] }
    end
    return b:func_proto(t[row[2] or "void"], params), params
  end
  for i, name in ipairs(STAY) do
    b:func(name, (proto({ name, "int", i % 2 == 0 and "inode i" or "task t", "long l" }, 3)))
  end
  for _, row in ipairs(functions) do b:func(row[1], (proto(row, 3))) end
  for _, name in ipairs(tracepoints and { "kfree", "sched_switch", "page_alloc_node", "numa_node" } or {}) do
    kernels.tracepoint(b, name, { { "l", t.long } })
  end
  for _, row in ipairs(tracepoints or {}) do
    local _, params = proto(row, 3)
    kernels.tracepoint(b, row[1], params)
  end
  for i = 1, besides or 0 do b:int(("a type of a long name %d"):format(i):rep(12), 4) end
  return tmp.write(("6.%d.0-why.btf"):format(n), b:bytes())
end

local function kernel(functions, tracepoints) return btfl.target(path_of(functions, tracepoints)) end

-- By comparing alone: what the table of renames tells is in renames_table_spec.lua.
local function compared(old, new, what) return new:successors(what, { from = old, table = false })() end

local function first(old, new, what)
  local s = compared(old, new, what)
  return s and ("%s %s"):format(s.change, s.successor) or nil
end

describe("why, of functions,", function()
  teardown(tmp.clean)

  it("keeps no kernel open that was asked", function()
    if os.getenv "ASAN_OPTIONS" then return pending "a sanitizer keeps what is freed" end
    local function large(...) return path_of({ { ..., "int", "int dfd", "filename name" } }, nil, 20000) end
    local r = run { tmp.write("kept.lua", [[
local function taken()
  collectgarbage()
  require "btfl.engine".give_back_memory()
  local file <close> = assert(io.open "/proc/self/status")
  return tonumber(file:read "a":match "VmRSS:%s*(%d+)")
end
local first
for round = 1, 6 do
  local old, new = btfl.target(arg[1]), btfl.target(arg[2])
  assert(new:successors("do_unlinkat", { from = old, table = false })())
  new:successors("inode.flag", { from = old, table = false })()
  old:close()
  new:close()
  first = first or taken()
end
print(taken() - first)]]), large "do_unlinkat", large "filename_unlinkat" }
    assert.equal("", r.err)
    assert.is_true(tonumber(r.out) < 4000, r.out)
  end)

  it("has one kernel of many open at a time", function()
    if os.getenv "ASAN_OPTIONS" then return pending "a sanitizer takes more memory" end
    local folder, path = tmp.mkdir "many", path_of({ { "filename_unlinkat", "int" } }, nil, 20000)
    for i = 1, 40 do tmp.run(("cp %s %s/6.1.%d.btf"):format(run.quote(path), run.quote(folder), i)) end
    local r = run.program { "sh", "-c", "ulimit -v 150000; exec \"$@\"", "x", run.btfl, "why", "do_unlinkat", "-t",
      folder, "--format", "tsv" }
    assert.equal("", r.err)
    assert.equal(41, select(2, r.out:gsub("\n", "")))
  end)

  it("finds none where two kernels have the same", function()
    assert.is_nil(first(kernel {}, kernel {}, "do_unlinkat"))
  end)

  it("finds one by its words and its prototype", function()
    local old = kernel { { "do_unlinkat", "int", "int dfd", "filename name" } }
    local new = kernel { { "filename_unlinkat", "int", "int dfd", "filename name" },
      { "do_other", "int", "inode i" } }
    for _, what in ipairs { "do_unlinkat", "fentry/do_unlinkat", "kprobe/do_unlinkat+0x10", "kretprobe/do_unlinkat",
      "fexit.s/do_unlinkat" } do
      assert.equal("func filename_unlinkat", first(old, new, what), what)
    end
    local s = compared(old, new, "do_unlinkat")
    assert.matches("the same prototype", s.evidence, 1, true)
    assert.equal("(int dfd, struct filename *name) -> int", tostring(s.signature))
    assert.equal("(int dfd, struct filename *name) -> int", tostring(s.old_signature))
    assert.equal("func", s.type.kind)
  end)

  it("knows which words and types took the place of which all over the kernel", function()
    local was, is = {}, {}
    for _, name in ipairs { "unlock_%s_later", "wait_on_%s_bit", "mark_%s_accessed", "isolate_lru_%s" } do
      was[#was + 1] = { name:format "page", "int", "page page", "long l" }
      is[#is + 1] = { name:format "folio", "int", "folio folio", "long l" }
    end
    local old, new = kernel(was), kernel(is)
    assert.equal("func wait_on_folio_bit", first(old, new, "wait_on_page_bit"))
    local s = compared(old, new, "wait_on_page_bit")
    assert.matches("was (struct page *page, long unsigned int l) -> int, is (struct folio *folio, long unsigned int l)",
      s.evidence, 1, true)
  end)

  it("takes of two of the same types the one whose parameters are called the same", function()
    local function list(there, elsewhere)
      local functions = { elsewhere and { elsewhere, "int", "inode i", "page p" } }
      functions[#functions + 1] = { there, "int", "inode dir", "page victim" }
      return kernel(functions)
    end
    local old = list "scan_page_one"
    assert.equal("func scan_page_red", first(old, list("scan_page_red", "scan_page_sad"), "scan_page_one"))
    assert.equal("func scan_page_sad", first(old, list("scan_page_sad", "scan_page_red"), "scan_page_one"))
  end)

  it("doubts one that gives a result where the lost one gave none, or takes many more", function()
    local old = kernel { { "scan_page_one", "void", "inode dir" } }
    local function asked(row)
      return kernel { row }:successors("scan_page_one", { from = old, table = false, least = 0.001 })()
    end
    local same = asked { "scan_page_red", "void", "inode dir" }
    local result = asked { "scan_page_red", "page", "inode dir" }
    local more = asked { "scan_page_red", "void", "inode dir", "int a", "int b", "int c" }
    assert.is_true(same.score > result.score and same.score > more.score)
    assert.same({ 1, 0.6 }, { result.signals.void, math.floor(more.signals.arity * 10 + 0.5) / 10 })
  end)

  it("takes the one that stands where the lost one stood for it, though its name is little alike", function()
    local function list(between, after)
      local functions = {}
      for i = 1, 8 do
        functions[#functions + 1] = { ("zone_%d_near"):format(i), "int", "inode i" }
        functions[#functions + 1] = i == 4 and between and { between, "int", "page p" } or nil
      end
      for i = 1, 24 do
        functions[#functions + 1] = { ("%s_far"):format(("b"):rep(25 - i)), "void", "task t" }
        functions[#functions + 1] = i == 1 and after and { after, "int", "page p" } or nil
      end
      return kernel(functions)
    end
    local function signal(old, new)
      local s = new:successors("scan_page_one", { from = old, table = false, least = 0.001 })()
      return s and s.successor == "scan_page_red" and s.signals.between, s and s.signals.name
    end
    local old = list "scan_page_one"
    local between, name = signal(old, list "scan_page_red")
    assert.is_true(name > 0.5 and math.abs(between - (1 - name)) < 0.001, tostring(between))
    assert.is_nil((signal(old, list(nil, "scan_page_red"))))
  end)

  it("says of what has no successor that it may be inlined", function()
    local old, new = kernel { { "bdi_congested", "int", "page p" } }, kernel { { "attach_task", "int", "task t" } }
    local suggestions, asked = new:successors("bdi_congested", { from = old })
    assert.is_nil(suggestions())
    assert.is_true(asked.known)
    assert.matches("not in BTF", asked.gone, 1, true)
  end)

  it("does not take what another one became", function()
    local old = kernel { { "css_flush", "void", "page p" }, { "css_flush_release", "void", "page p" } }
    local new = kernel { { "css_flush_all", "void", "page p" } }
    local list = {}
    for _, name in ipairs { "css_flush", "css_flush_release" } do
      local s = new:successors(name, { from = old, least = 0.01 })()
      list[name] = s and s.score or 0
    end
    assert.is_true(list.css_flush > list.css_flush_release)
  end)

  it("takes of two that are as like the one that stands among the same neighbours", function()
    local around, far = {}, {}
    for i = 1, 8 do around[i] = { ("zone_%d_near"):format(i), "int", "inode i" } end
    for i = 1, 64 do far[i] = { ("b%d_far"):format(i % 8 * 10 + i // 8), "void", "task t" } end
    local function list(there, elsewhere)
      local functions = table.move(around, 1, 4, 1, {})
      if there then functions[#functions + 1] = { there, "int", "page p", "long l" } end
      table.move(around, 5, 8, #functions + 1, functions)
      table.move(far, 1, #far, #functions + 1, functions)
      if elsewhere then functions[#functions + 1] = { elsewhere, "int", "page p", "long l" } end
      return kernel(functions)
    end
    local old = list("scan_page_one")
    assert.equal("func scan_page_red", first(old, list("scan_page_red", "scan_page_sad"), "scan_page_one"))
    assert.equal("func scan_page_sad", first(old, list("scan_page_sad", "scan_page_red"), "scan_page_one"))
  end)

  it("takes of two that are as like the one whose words took the place of the same in others", function()
    -- Where a word alone stood, two came; what a struct was called became the same ones.
    local function list(word, type)
      local b = kernels.new()
      n = n + 1
      local long = b:int("long unsigned int", 8)
      local int = b:int("int", 4, "signed")
      local held = b:ptr(b:struct(type, 8, { { "flags", long, 0 } }))
      for i, name in ipairs(STAY) do b:func(name, (b:func_proto(int, { { "l", i % 2 == 0 and long or int } }))) end
      for _, name in ipairs(word) do b:func(name, (b:func_proto(int, { { "held", held }, { "l", long } }))) end
      return btfl.target(tmp.write(("6.%d.0-why.btf"):format(n), b:bytes()))
    end
    local old = list({ "drain_pagevec_now", "move_pagevec_later" }, "pagevec")
    local new = list({ "drain_folio_batch_now", "drain_vector_now", "move_folio_batch_later" }, "folio_batch")
    local s = new:successors("drain_pagevec_now", { from = old, table = false, least = 0.01 })()
    assert.equal("drain_folio_batch_now", s.successor)
    assert.is_true(s.signals.family > 0.6)
    assert.matches("its words took the place of the same elsewhere", s.evidence, 1, true)
  end)

  it("takes the one without a word that others lost, too, before one with another in its place", function()
    local was, is = {}, {}
    for _, part in ipairs { "param_get", "rate_get", "info_get", "pool_set" } do
      for _, port in ipairs { "", "port_" } do
        was[#was + 1] = { "devlink_nl_cmd_" .. port .. part .. "_doit", "int", "page p", "long l" }
        is[#is + 1] = { "devlink_nl_" .. port .. part .. "_doit", "int", "page p", "long l" }
      end
    end
    local old, new = kernel(was), kernel(is)
    for i, row in ipairs(was) do
      local s = compared(old, new, row[1])
      assert.equal(is[i][1], s and s.successor)
      assert.is_true(s.signals.family > 0.7)
    end
    -- Of two others it may be chance.
    old, new = kernel { was[1], was[3], was[5] }, kernel { is[1], is[3], is[5] }
    assert.is_nil(compared(old, new, was[1][1]).signals.family)
  end)

  it("takes no stub that Rust calls an inline function by for what that was before", function()
    local function one(name) return { name, "int", "page held", "long l" } end
    local new = kernel { one "rust_helper_refcount_dec_and_test" }
    assert.is_nil(first(kernel { one "refcount_dec_and_test" }, new, "refcount_dec_and_test"))
    assert.equal("func rust_helper_refcount_dec_test", first(new, kernel { one "rust_helper_refcount_dec_test" },
      "rust_helper_refcount_dec_and_test"))
  end)

  it("finds one of several of a name", function()
    local old = kernel { { "do_it", "int", "page p" }, { "do_it", "int", "inode i" },
      { "do_unlinkat", "int", "int dfd", "filename name" } }
    local new = kernel { { "do_it", "int", "page p" }, { "do_it", "int", "inode i" }, { "do_it", "int", "task t" },
      { "filename_unlinkat", "int", "int dfd", "filename name" } }
    assert.equal("func filename_unlinkat", first(old, new, "do_unlinkat"))
    assert.equal("func do_unlinkat", first(new, old, "filename_unlinkat"))
  end)

  it("finds one that was there before, and takes now what went took", function()
    local old = kernel { { "modify_direct", "int", "page p" }, { "modify_direct_multi", "int", "inode i", "long l" } }
    local same = kernel { { "modify_direct", "int", "page p" } }
    local new = kernel { { "modify_direct", "int", "inode i", "long l" } }
    assert.equal("func modify_direct", first(old, new, "modify_direct_multi"))
    assert.matches("takes now what that took", compared(old, new, "modify_direct_multi").evidence, 1, true)
    assert.is_nil(first(old, same, "modify_direct_multi"))
  end)

  it("finds one that was there before, from whose name it went on", function()
    local function one(name) return { name, "void", "inode root", "filename where", "int cpu", "page held" } end
    local old = kernel { one "memory_cgroup_rstat_flush_irqsafe", one "memory_cgroup_rstat_flush" }
    assert.equal("func memory_cgroup_rstat_flush", first(old, kernel { one "memory_cgroup_rstat_flush" },
      "memory_cgroup_rstat_flush_irqsafe"))
  end)

  it("knows which types functions that stayed take instead of others", function()
    local was, is = {}, {}
    for i, name in ipairs { "get_secid", "put_secid", "copy_secid", "show_secid" } do
      was[i], is[i] = { name, "int", "page p", "long l" }, { name, "int", "task t", "long l" }
    end
    local function score(from, to)
      local s = to:successors("peer_ask_one", { from = from, table = false, least = 0.001 })()
      return s and s.successor == "peer_tell_any" and s.score or 0
    end
    was[5], is[5] = { "peer_ask_one", "int", "page p", "long l" }, { "peer_tell_any", "int", "task t", "long l" }
    local old, new = kernel(was), kernel(is)
    was[5] = is[5]
    local other = kernel(was)
    assert.is_true(score(old, new) > score(old, other))
  end)

  it("answers the same when it is asked again, and of each pair of kernels for itself", function()
    local old = kernel({ { "do_unlinkat", "int", "int dfd", "filename name" } }, { { "dma_unmap", "void", "page p" } })
    local new = kernel({ { "filename_unlinkat", "int", "int dfd", "filename name" } },
      { { "dma_unmap_phys", "void", "page p" } })
    local third = kernel { { "path_unlinkat", "int", "int dfd", "filename name" } }
    for _ = 1, 3 do
      assert.equal("func filename_unlinkat", first(old, new, "do_unlinkat"))
      assert.equal("func path_unlinkat", first(old, third, "do_unlinkat"))
      assert.equal("func path_unlinkat", first(new, third, "filename_unlinkat"))
      assert.equal("func filename_unlinkat", first(third, new, "path_unlinkat"))
      assert.equal("tracepoint dma_unmap_phys", first(old, new, "tp_btf/dma_unmap"))
      collectgarbage()
    end
  end)

  it("is there where it is there, and unknown where nobody has it", function()
    local new = kernel { { "do_it", "int", "page p" } }
    assert.equal("func do_it", new:successors("fentry/do_it")().change == "same" and "func do_it")
    local suggestions, asked = new:successors("fentry/done_it", { from = new })
    assert.is_nil(suggestions())
    assert.same({ false, "no function `done_it` in any kernel that was given" }, { asked.known, asked.problem })
  end)

  it("finds tracepoints, and those of which there were two", function()
    local old = kernel({}, { { "kmalloc", "void", "long call", "page p", "inode i", "int node" },
      { "kmalloc_node", "void", "long call", "page p", "inode i", "int node" }, { "dma_unmap", "void", "page p" } })
    local new = kernel({}, { { "kmalloc", "void", "long call", "page p", "inode i", "int node" },
      { "dma_unmap_phys", "void", "page p" } })
    assert.equal("tracepoint kmalloc", first(old, new, "tracepoint/kmem/kmalloc_node"))
    assert.equal("tracepoint dma_unmap_phys", first(old, new, "tp_btf/dma_unmap"))
    assert.equal("tracepoint dma_unmap_phys", first(old, new, "dma_unmap"))
    assert.is_nil(first(old, new, "fentry/dma_unmap"))
  end)

  it("prints a program for each name", function()
    local old = kernel { { "do_unlinkat", "int", "int dfd", "filename name" } }
    local new = kernel { { "filename_unlinkat", "int", "int dfd", "filename name" } }
    local code = new:successors("fexit/do_unlinkat", { from = old })():code()
    assert.matches('SEC("?fexit/do_unlinkat")\nint BPF_PROG(on_do_unlinkat, int dfd, struct filename *name, int ret)',
      code, 1, true)
    assert.matches('SEC("?fexit/filename_unlinkat")', code, 1, true)
    assert.matches('libbpf_find_vmlinux_btf_id("filename_unlinkat", BPF_TRACE_FENTRY) > 0', code, 1, true)
  end)

  it("is asked on the command line, also with a slash in the name", function()
    local old = path_of { { "do_unlinkat", "int", "int dfd", "filename name" } }
    local new = path_of { { "filename_unlinkat", "int", "int dfd", "filename name" } }
    local r = run { "why", "kprobe/do_unlinkat", "do_unlinkat", "-t", new, "--from", old, "--format", "tsv" }
    assert.equal(0, r.status, r.err)
    local rows = {}
    for line in r.out:gmatch "[^\n]+" do rows[#rows + 1] = line:match "^(%S+\t%d\t%S+\t%S+)" end
    assert.same({ "kprobe/do_unlinkat\t1\tfilename_unlinkat\tfunc", "do_unlinkat\t1\tfilename_unlinkat\tfunc" }, rows)
    r = run { "why", "nowhere/at.btf", "-t", new, "--from", old }
    assert.matches("nowhere/at.btf: No such file", r.err, 1, true)
  end)

  it("is told by check --why beside what a program attaches to", function()
    local old = path_of { { "do_unlinkat", "int", "int dfd", "filename name" } }
    local new = path_of { { "filename_unlinkat", "int", "int dfd", "filename name" } }
    local b = btf.new()
    local o = object.new(b)
    o:section("license", "GPL\0")
    o:program { name = "f", section = "fentry/do_unlinkat", insns = { object.mov(0, 0), object.exit() } }
    o:program { name = "k", section = "kprobe/do_unlinkat", insns = { object.mov(0, 0), object.exit() } }
    local r = run { "check", "--why", tmp.write("why.o", o:bytes()), "-t", new, "-t", old }
    local _, count = r.out:gsub("renamed: now `filename_unlinkat`", "")
    assert.equal(2, count, r.out)
  end)
end)

describe("why, of real functions,", function()
  it("is right for three of four, and silent on nine of ten that are gone", function()
    local t = routines.judge("corpus", { table = false })
    if not t then return pending "needs a corpus" end
    assert.is_true(t.named > 30 and t.right >= 0.75 * t.named, ("%d of %d right"):format(t.right, t.named))
    assert.is_true(t.gone > 10 and t.silent >= 0.9 * t.gone, ("%d of %d silent"):format(t.silent, t.gone))
  end)
end)
