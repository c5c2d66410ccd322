--- btf:functions(), kfuncs(), tracepoints(), hooks(), helpers(), map_types() and program_types(): what a kernel
--- has for BPF programs, as plain values.
local btfl = require "btfl"
local builder = require "spec.support.btf"
local open = require "spec.support.opened"
local run = require "spec.support.run"
local tmp = require "spec.support.tmp"

local corpus = (os.getenv "BTFL_CORPUS" or "../shared/corpus") .. "/kernels/"

local function rows(...)
  local list = {}
  for a, b, c, d in ... do list[#list + 1] = { a, b, c, d } end
  return list
end

for _, endian in ipairs { "little", "big" } do
  describe("of a " .. endian .. "-endian kernel", function()
    teardown(tmp.clean)

    local b, id = builder.new { endian = endian }, {}
    id.int = b:int("int", 4, "signed")
    id.proto = b:func_proto(id.int, { { "x", id.int } })
    id.open = b:func("do_open", id.proto, "static")
    id.kfunc = b:func("bpf_do", id.proto)
    id.again = b:func("bpf_do", id.proto)
    b:decl_tag("bpf_kfunc", id.kfunc)
    b:decl_tag("bpf_kfunc", id.int)
    b:decl_tag("bpf_fastcall", id.open)
    id.trace = b:func_proto(0, { { "__data", b:ptr(0) }, { "p", id.int } })
    b:typedef("btf_trace_sched_switch", b:ptr(id.trace))
    b:typedef("btf_trace_odd", id.int)
    b:typedef("btf_trace_", b:ptr(id.trace))
    id.event = b:struct("trace_event_raw_sched_switch", 4, { { "prev", id.int, 0 } })
    id.class = b:struct("trace_event_raw_class", 4, {})
    id.lsm = b:func("bpf_lsm_file_open", id.proto)
    b:func("bpf_lsm_find_cgroup_shim", id.proto)
    b:union("security_list_options", 8, { { "file_open", b:ptr(id.proto), 0 } })
    id.iter = b:func("bpf_iter_task", id.proto)
    b:func("bpf_iter_task_new", id.proto)
    b:decl_tag("bpf_kfunc", b:func(nil, id.proto)) -- which nobody can call
    b:struct("bpf_iter__task", 4, { { "task", id.int, 0 } })
    id.ops = b:struct("congestion_ops", 4, { { "init", id.int, 0 } })
    id.wrapped = b:struct("bpf_struct_ops_congestion_ops", 8, { { "common", id.int, 0 }, { "data", id.ops, 32 } })
    b:struct("bpf_struct_ops_link", 8, { { "common", id.int, 0 } })
    b:enum("bpf_func_id", { { "BPF_FUNC_unspec", 0 }, { "BPF_FUNC_get_current_pid_tgid", 14 },
      { "__BPF_FUNC_MAX_ID", 15 } })
    b:enum("bpf_map_type", { { "BPF_MAP_TYPE_UNSPEC", 0 }, { "BPF_MAP_TYPE_HASH", 1 },
      { "BPF_MAP_TYPE_CGROUP_STORAGE", 19 }, { "BPF_MAP_TYPE_CGROUP_STORAGE_DEPRECATED", 19 },
      { "__MAX_BPF_MAP_TYPE", 20 } })
    local kernel = open(b)

    it("there are functions, with linkage", function()
      assert.same({ "do_open", id.open, id.proto, "static" }, rows(kernel:functions())[1])
      assert.same({ "bpf_do", id.kfunc, id.proto, "global" }, rows(kernel:functions())[2])
      assert.equal(7, #rows(kernel:functions()))
    end)

    it("there are kernel functions, where tags tell, each once", function()
      assert.same({ { "bpf_do", id.kfunc, id.proto } }, rows(kernel:kfuncs()))
      assert.is_true(select(2, kernel:kfuncs()))
      local other = builder.new { endian = endian }
      other:func("bpf_do", other:func_proto(0, {}))
      other = open(other)
      assert.same({}, rows(other:kfuncs()))
      assert.is_false(select(2, other:kfuncs()))
    end)

    it("there are tracepoints, by name", function()
      assert.same({ { "class", nil, id.class }, { "sched_switch", id.trace, id.event } }, rows(kernel:tracepoints()))
    end)

    it("there are hooks, and no functions that serve them", function()
      assert.same({ { "file_open", "lsm", id.lsm }, { "task", "iter", id.iter },
        { "congestion_ops", "struct_ops", id.wrapped } }, rows(kernel:hooks()))
    end)

    it("there are helpers and types, without prefix and counter", function()
      assert.same({ { "get_current_pid_tgid", 14 } }, rows(kernel:helpers()))
      assert.same({ { "hash", 1 }, { "cgroup_storage", 19 }, { "cgroup_storage_deprecated", 19 } },
        rows(kernel:map_types()))
      assert.same({}, rows(kernel:program_types()))
    end)

    it("those of a module are its own", function()
      local split = builder.new { base = b }
      local fid = split:func("mod_do", id.proto)
      split:decl_tag("bpf_kfunc", fid)
      local module = btfl.btf({ bytes = split:bytes() }, kernel)
      assert.same({ { "mod_do", fid, id.proto, "global" } }, rows(module:functions()))
      assert.same({ { "mod_do", fid, id.proto } }, rows(module:kfuncs()))
    end)
  end)
end

describe("an empty BTF", function()
  it("has none of all that", function()
    local b = btfl.btf { bytes = builder.new():bytes() }
    for _, name in ipairs { "functions", "kfuncs", "tracepoints", "hooks", "helpers", "map_types", "program_types" } do
      assert.same({}, rows(b[name](b)), name)
    end
  end)
end)

describe("kernels of the corpus", function()
  teardown(tmp.clean)

  -- Counts by what bpftool prints.
  local function said(path)
    local plain = tmp.path "kernel.btf"
    assert(os.execute(("gzip -dc %s > %s"):format(run.quote(path), run.quote(plain))))
    local pipe <close> = assert(io.popen(("bpftool btf dump file %s format raw"):format(run.quote(plain))))
    local n, tagged = { functions = 0, kfuncs = 0, protos = 0, events = 0 }, {}
    local name_of = {}
    local enum
    for line in pipe:lines() do
      local id, kind, name = line:match "^%[(%d+)%] (%u[%u_]*6?4?) '(.-)'"
      if id then enum = kind == "ENUM" and name or nil end
      if kind == "FUNC" then
        n.functions = n.functions + 1
        name_of[id] = name
      elseif kind == "DECL_TAG" and name == "bpf_kfunc" then
        tagged[line:match "type_id=(%d+)"] = true
      elseif kind == "TYPEDEF" and name:find "^btf_trace_." then
        n.protos = n.protos + 1
      elseif kind == "STRUCT" and name:find "^trace_event_raw_." then
        n.events = n.events + 1
      elseif enum and line:find "^\t'" then
        n[enum] = (n[enum] or 0) + (line:find "_MAX_" and 0 or line:lower():find "unspec'" and 0 or 1)
      end
    end
    local names = {}
    for id in pairs(tagged) do
      if not names[name_of[id]] then n.kfuncs = n.kfuncs + 1 end
      names[name_of[id]] = true
    end
    return n
  end

  for _, name in ipairs { "5.10.262-generic-amd64", "6.12.95-generic-s390x", "6.1.176-armmp-lpae-armhf",
    "7.3.4-generic-amd64" } do
    it("have as many as bpftool prints: " .. name, function()
      local path = corpus .. name .. ".btf.gz"
      if not io.open(path) then return pending "no corpus" end
      local b <close> = btfl.btf(path)
      local n, got = said(path), { protos = 0, events = 0 }
      for _, proto, event in b:tracepoints() do
        got.protos = got.protos + (proto and 1 or 0)
        got.events = got.events + (event and 1 or 0)
      end
      local names = {}
      for each in b:tracepoints() do names[#names + 1] = each end
      table.sort(names)
      for i = 2, #names do assert.not_equal(names[i - 1], names[i]) end
      assert.equal(n.functions, #rows(b:functions()))
      assert.equal(n.kfuncs, #rows(b:kfuncs()))
      assert.same({ n.protos, n.events }, { got.protos, got.events })
      assert.equal(n.bpf_func_id, #rows(b:helpers()))
      assert.equal(n.bpf_map_type, #rows(b:map_types()))
      assert.equal(n.bpf_prog_type, #rows(b:program_types()))
    end)
  end
end)
