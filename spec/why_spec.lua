--- target:why and `btfl why`: what became of names that a kernel lacks, on real renames and on BTFs
--- from which members were taken or renamed on purpose.
local btfl = require "btfl"
local made = require "spec.support.made"
local mutate = require "spec.support.mutate"
local renames = require "spec.fit.renames"
local run = require "spec.support.run"
local tmp = require "spec.support.tmp"

local corpus = os.getenv("BTFL_CORPUS") or "../shared/corpus"
local K510, K61, K612 = "5.10.262-generic-amd64", "6.1.192-generic-amd64", "6.12.117-generic-amd64"

local function kernel_path(name)
  return ("%s/kernels/%s.btf.gz"):format(corpus, name)
end

local function present(path)
  local file <close> = io.open(path)
  return file ~= nil
end

local kernel = renames.kernel

-- By comparing alone: what the table of renames tells is in renames_table_spec.lua.
local function first(target, what, options)
  options = options or {}
  options.table = false
  return target:successors(what, options)()
end

describe("why, on structs made for it", function()
  teardown(tmp.clean)

  local function answer(target, path, options)
    local suggestion = first(target, path, options)
    return suggestion and { suggestion.successor, suggestion.change, suggestion.via } or nil
  end

  it("finds a new name between the same neighbours", function()
    local function kernel_with(name)
      return made(function(t)
        t.struct("thing", { { "first", t.int }, { name, t.u64 }, { "third", t.u8 }, { "last", t.int } })
      end)
    end
    local old, new = kernel_with("alpha"), kernel_with("omega")
    assert.same({ "thing.omega", "renamed" }, answer(new, "thing.alpha", { from = old }))
    assert.same({ "thing.alpha", "renamed" }, answer(old, "thing.omega", { from = new }))
  end)

  it("is silent when nothing came for what went", function()
    local old = made(function(t)
      t.struct("thing", { { "first", t.int }, { "alpha", t.u64 }, { "third", t.int } })
    end)
    local new = made(function(t) t.struct("thing", { { "first", t.int }, { "third", t.int } }) end)
    assert.is_nil(answer(new, "thing.alpha", { from = old }))
  end)

  it("follows a member into a struct behind a pointer, with its siblings", function()
    local old = made(function(t)
      t.struct("thing", { { "first", t.int }, { "rx_lost", t.u64 }, { "tx_lost", t.u64 }, { "last", t.u8 } })
    end)
    local new = made(function(t)
      local counters = t.struct("thing_counters", { { "rx_lost", t.u64 }, { "tx_lost", t.u64 } })
      t.struct("thing", { { "first", t.int }, { "counters", t.b:ptr(counters) }, { "last", t.u8 } })
    end)
    assert.same({ "thing_counters.rx_lost", "moved", "thing.counters->rx_lost" },
      answer(new, "thing.rx_lost", { from = old }))
    -- And back, from a struct that is not there.
    assert.same({ "thing.rx_lost", "moved" }, answer(old, "thing_counters.rx_lost", { from = new }))
  end)

  it("follows members into a nested struct and out of it", function()
    local flat = made(function(t)
      t.struct("thing", { { "flow_lock", t.int }, { "flow_stop", t.u8 }, { "owner", t.u64 } })
    end)
    local nested = made(function(t)
      local flow = t.struct(nil, { { "lock", t.int }, { "stop", t.u8 } })
      t.struct("thing", { { "flow", flow }, { "owner", t.u64 } })
    end)
    assert.same({ "thing.flow.lock", "moved" }, answer(nested, "thing.flow_lock", { from = flat }))
    assert.same({ "thing.flow_lock", "moved" }, answer(flat, "thing.flow.lock", { from = nested }))
  end)

  it("sees bits become a word of flags", function()
    local old = made(function(t)
      t.struct("thing", { { "first", t.u64 }, { "bound", t.int, 1 }, { "hidden", t.int, 1 },
        { "shared", t.int, 1 }, { "busy", t.int, 1 }, { "last", t.u64 } })
    end)
    local new = made(function(t)
      t.struct("thing", { { "first", t.u64 }, { "flags", t.u64 }, { "last", t.u64 } })
    end)
    assert.same({ "thing.flags", "split" }, answer(new, "thing.hidden", { from = old }))
  end)

  it("says when it is the type that changed", function()
    local old = made(function(t) t.struct("thing", { { "kind", t.int }, { "last", t.u64 } }) end)
    local new = made(function(t)
      t.struct("thing", { { "kind", t.b:enum("thing_kind", { { "A", 0 } }) }, { "last", t.u64 } })
    end)
    local suggestion = first(new, "thing.kind", { from = old })
    assert.same({ "thing.kind", "retyped" }, { suggestion.successor, suggestion.change })
    assert.is_truthy(suggestion.evidence:find("was `int`, is `enum thing_kind`", 1, true))
  end)

  it("recognises a struct by its members and by who uses it", function()
    local function kernel_with(name)
      return made(function(t)
        local renamed = t.struct(name, { { "depth", t.int }, { "width", t.u64 }, { "colour", t.u8 } })
        t.struct("user", { { "box", t.b:ptr(renamed) }, { "other", t.int } })
        t.struct("box_label", { { "text", t.u64 } })
      end)
    end
    local old, new = kernel_with("box"), kernel_with("crate")
    assert.same({ "crate", "type" }, answer(new, "box", { from = old }))
    assert.same({ "crate.width", "moved" }, answer(new, "box.width", { from = old }))
  end)

  it("finds an enumerator by its place, and in another enum", function()
    local old = made(function(t)
      t.b:enum("state", { { "ST_IDLE", 0 }, { "ST_BUSY", 1 }, { "ST_DEAD", 2 }, { "ST_MAX", 3 } })
      t.b:enum("mode", { { "MODE_SLEEPER", 0 }, { "MODE_OTHER", 1 } })
    end)
    local new = made(function(t)
      t.b:enum("state", { { "ST_IDLE", 0 }, { "ST_WORKING", 1 }, { "ST_DEAD", 2 }, { "ST_MAX", 3 } })
      t.b:enum("mode", { { "MODE_OTHER", 1 } })
      t.b:enum("kind", { { "KIND_A", 0 }, { "MODE_SLEEPER", 7 } })
    end)
    assert.same({ "state.ST_WORKING", "enumval" }, answer(new, "state.ST_BUSY", { from = old }))
    assert.same({ "kind.MODE_SLEEPER", "enumval" }, answer(new, "mode.MODE_SLEEPER", { from = old }))
  end)

  it("follows a name from kernel to kernel", function()
    local function kernel_with(name, type)
      return made(function(t)
        t.struct("thing", { { "first", t.int }, { name, t[type] }, { "third", t.u8 }, { "last", t.int } })
      end)
    end
    local oldest, between, newest = kernel_with("alpha", "u64"), kernel_with("alpha_one", "u64"),
      kernel_with("one", "int")
    assert.same({ "thing.one", "renamed" }, answer(newest, "thing.alpha", { from = { oldest, between } }))
  end)

  it("rejects what is no question", function()
    local target = made(function(t) t.struct("thing", { { "first", t.int } }) end)
    assert.error_matches(function() target:successors(1) end, "expected")
    assert.error_matches(function() target:successors("thing", { form = target }) end, "did you mean `from`")
    assert.error_matches(function() target:successors("thing", { from = 1 }) end, "`from` must be a btfl.target")
    assert.is_nil(first(target, "no_such_thing.at_all"))
    assert.is_nil(first(target, ""))
  end)
end)

describe("why, on real kernels", function()
  if not renames.have_kernels() then
    pending("no corpus at " .. corpus)
    return
  end

  it("names at the first place what became of a name, is silent without, and is not sure and wrong", function()
    local t = renames.judge(renames.rows())
    local wrong = table.concat(t.wrong, "\n")
    assert.is_true(t.right >= 0.83 * t.named, ("%d right of %d\n%s"):format(t.right, t.named, wrong))
    assert.is_true(t.silent >= 0.9 * t.gone, ("%d silent of %d\n%s"):format(t.silent, t.gone, wrong))
    assert.is_true(t.sure_right >= 0.95 * t.sure, ("%d right of %d sure\n%s"):format(t.sure_right, t.sure, wrong))
  end)

  it("answers a question in milliseconds", function()
    local target, from = kernel(K612), kernel(K61)
    first(target, "dentry.d_subdirs", { from = from })
    local start = os.clock()
    for _ = 1, 20 do first(target, "dentry.d_subdirs", { from = from }) end
    assert.is_true(os.clock() - start < 20 * 0.2)
  end)

  it("says the kind of change, and how to get there", function()
    local function change(to, from, path)
      return first(kernel(to), path, { from = kernel(from) }).change
    end
    assert.equal("renamed", change(K61, K510, "task_struct.state"))
    assert.equal("split", change(K612, K61, "inode.i_ctime"))
    assert.equal("retyped", change(K612, K61, "mm_struct.rss_stat"))
    assert.equal("type", change(K61, K510, "trace_event_raw_kmem_free"))
    assert.equal("enumval", change(K612, K61, "pageflags.PG_slab"))
    local moved = first(kernel(K61), "request_queue.backing_dev_info", { from = kernel(K510) })
    assert.equal("moved", moved.change)
    assert.equal("request_queue.disk->bdi", moved.via)
  end)

  it("has nothing to say of what is there", function()
    local suggestion = first(kernel(K612), "task_struct.pid", { from = kernel(K61) })
    assert.same({ "task_struct.pid", "same" }, { suggestion.successor, suggestion.change })
  end)

  it("takes several witnesses, whichever of them has the name", function()
    local suggestion = first(kernel(K612), "task_struct.state", { from = { kernel(K61), kernel(K510) } })
    assert.equal("task_struct.__state", suggestion.successor)
  end)

  it("takes a relocation, whose object looks elsewhere too", function()
    local object = btfl.object(corpus .. "/objects/libbpf-tools-0.31.0+ds-7/biosnoop-libbpf.bpf.o")
    local asked = 0
    for relo in object:relos() do
      if relo.path == "request___x.rq_disk" then
        asked = asked + 1
        assert.equal("request_queue.disk", first(kernel(K612), relo).successor)
        assert.equal("request_queue.disk", first(kernel(K612), relo, { from = kernel(K510) }).successor)
      end
    end
    assert.is_true(asked > 0)
  end)

  it("makes do without a witness", function()
    assert.equal("task_struct.__state", first(kernel(K612), "task_struct.state").successor)
    assert.is_nil(first(kernel(K612), "task_struct.nothing_like_it_at_all"))
  end)

  it("prints rows with exactly these columns", function()
    local r = run { "why", "file_operations.iterate", "sk_buff.scm_io_uring", "-t", kernel_path(K612),
      "--from", kernel_path(K61), "--format", "tsv" }
    assert.same({ "", 0 }, { r.err, r.status })
    local lines = {}
    for line in r.out:gmatch("[^\n]+") do lines[#lines + 1] = line end
    assert.equal("query\trank\tsuccessor\tchange\tscore\tevidence", lines[1])
    assert.is_truthy(lines[2]:find(
      "^file_operations.iterate\t1\tfile_operations.iterate_shared\trenamed\t0%.%d+\t."))
    assert.is_truthy(lines[#lines]:find("^sk_buff.scm_io_uring\t1\t%-\tremoved\t0%.000\t."))
  end)
end)

describe("why, on BTFs changed on purpose", function()
  if not present(kernel_path(K61)) then
    pending("no corpus at " .. corpus)
    return
  end
  local dir, from, bytes

  setup(function()
    dir = run.tmpdir()
    from = kernel(K510)
    bytes = mutate.read(kernel_path(K61))
  end)

  teardown(function() run.remove(dir) end)

  -- One member in every fifth struct or so; the same ones in each run.
  local function mutated(name, rename)
    local cases, state = {}, 12345
    local function random(n)
      state = (state * 1103515245 + 12345) & 0x7fffffff
      return (state >> 8) % n + 1
    end
    local seen = {}
    local text = mutate.btf(bytes, function(struct, members)
      if seen[struct] or #members < 5 then return nil end
      seen[struct] = true
      local was = from.btf:find(struct, "struct")
      if not was or random(12) > 1 then return nil end
      local index = random(#members)
      local member = members[index]
      if member == "" or not was:member(member) or member:find("pad") then return nil end
      local new = rename(member)
      if was:member(new) then return nil end
      for _, other in ipairs(members) do
        if other == new then return nil end
      end
      cases[#cases + 1] = { struct .. "." .. member, struct .. "." .. new }
      return index, new
    end)
    return btfl.target(run.write(("%s/%s.btf"):format(dir, name), text)), cases
  end

  it("finds a member that was renamed where it stands", function()
    local target, cases = mutated("renamed", function(member) return "__" .. member .. "_value" end)
    local right = 0
    for _, case in ipairs(cases) do
      local suggestion = first(target, case[1], { from = from })
      if suggestion and suggestion.successor == case[2] then right = right + 1 end
    end
    assert.is_true(#cases > 100)
    assert.is_true(right / #cases > 0.95, ("%d of %d"):format(right, #cases))
  end)

  it("is silent about a member that was taken away", function()
    local target, cases = mutated("removed", function() return "" end)
    local silent = 0
    for _, case in ipairs(cases) do
      if not first(target, case[1], { from = from }) then silent = silent + 1 end
    end
    assert.is_true(#cases > 100)
    assert.is_true(silent / #cases > 0.85, ("%d of %d"):format(silent, #cases))
  end)
end)

describe("why --code", function()
  local clang = (io.popen("command -v clang 2>/dev/null"):read("a") or "") ~= ""
  if not clang or not renames.have_kernels() then
    pending("needs clang and the corpus")
    return
  end
  local dir

  setup(function() dir = run.tmpdir() end)
  teardown(function() run.remove(dir) end)

  -- A program that calls every function of the code.
  local function compile(code, name)
    local calls = {}
    for called, params in code:gmatch("INLINE [%w ]-%*?([%w_]+)(%b())\n{") do
      calls[#calls + 1] = ("\tsum += (long)%s(%s);"):format(called, params == "(void)" and "" or "context")
    end
    assert.is_true(#calls > 0, code)
    local source = run.write(("%s/%s.bpf.c"):format(dir, name), code .. ([[

__attribute__((section("license"), used)) char LICENSE[] = "GPL";

__attribute__((section("raw_tp"), used)) int prog(void *context)
{
	long sum = 0;

%s
	return (int)sum;
}
]]):format(table.concat(calls, "\n")))
    local object = source:gsub("%.c$", ".o")
    local r = run.program { "clang", "-target", "bpf", "-O2", "-g", "-Wall", "-Werror", "-c", source,
      "-o", object }
    assert.same({ "", "", 0 }, { r.out, r.err, r.status }, code)
    return btfl.object(object)
  end

  -- Whether everything that is asked of a flavor is there; no result at all may be an error.
  local function has_flavor(object, target, flavor)
    local there, n = true, 0
    for result in object:results(target) do
      assert.not_equal("error", result.status, result:why())
      if result.relo.type.flavor == flavor and result.relo.kind:find("exists") then
        n = n + 1
        there = there and result.value == 1
      end
    end
    return n > 0 and there
  end

  -- Not all of them: each takes a compiler.
  for i, case in ipairs(table.move(renames.rows(nil, "renames"), 1, 43, 1, {})) do
    if case.successor ~= "-" then
      it(("compiles, resolves and loads on both kernels: %s"):format(case.path), function()
        local from, to = kernel(case.from), kernel(case.to)
        local suggestion = first(to, case.path, { from = from })
        if not suggestion then return end -- counted above
        local object = compile(suggestion:code(), "case" .. i)
        assert.is_true(has_flavor(object, to, "new"), "new on " .. to.name)
        assert.is_true(has_flavor(object, from, "old"), "old on " .. from.name)
        for _, target in ipairs { from, to } do
          local verdict = object:program("prog"):verdict(target)
          assert.is_true(verdict.ok, ("%s on %s"):format(verdict.verdict, target.name))
        end
      end)
    end
  end

  it("asks for the pointer, too, where the struct behind it is older", function()
    local from, to = kernel(K510), kernel(K61)
    local object = compile(to:successors("bio.bi_disk", { from = from })():code(), "pointer")
    for _, target in ipairs { from, to } do
      local verdict = object:program("prog"):verdict(target)
      assert.is_true(verdict.ok, ("%s on %s"):format(verdict.verdict, target.name))
    end
  end)

  it("is what the command prints", function()
    local r = run { "why", "task_struct.state", "-t", kernel_path(K61), "--from", kernel_path(K510),
      "--code" }
    assert.same({ "", 0 }, { r.err, r.status })
    compile(r.out, "command")
  end)
end)
