--- `btfl why --code` with several kernels: the code reads each of them, also those between, where it is right.
local made = require "spec.support.made"
local run = require "spec.support.run"
local tmp = require "spec.support.tmp"

local has_clang = (io.popen("command -v clang 2>/dev/null"):read("a") or "") ~= ""

-- A kernel whose task_struct has these members between others.
local function kernel(members)
  return made(function(t)
    local list = { { "pid", t.int } }
    for _, member in ipairs(type(members) == "function" and members(t) or members) do
      list[#list + 1] = { member[1], member[2] and (t[member[2]] or member[2]) or t.u64 }
    end
    list[#list + 1] = { "last", t.u8 }
    t.struct("task_struct", list)
  end)
end

local function first(target, path, from)
  return target:successors(path, { from = from, table = false })()
end

describe("why --code of several steps", function()
  local compile

  setup(function()
    local dir, n = run.tmpdir(), 0
    function compile(code)
      n = n + 1
      local source = run.write(("%s/steps%d.bpf.c"):format(dir, n), code .. [[

__attribute__((section("raw_tp"), used)) int prog(void *context)
{
	return (int)(long)]] .. code:match "INLINE [%w ]-%*?([%w_]+)%(const void" .. [[(context);
}
]])
      local r = run.program { "clang", "-target", "bpf", "-O2", "-g", "-Wall", "-Werror", "-c", source, "-o",
        source .. ".o" }
      assert.same({ "", "", 0 }, { r.out, r.err, r.status }, code)
      return btfl.object(source .. ".o")
    end
  end)
  teardown(tmp.clean)

  -- What a kernel is read by: the path of the first names that are all there, and its offset.
  local function read_by(object, target)
    local there, hop = false, nil
    for result in object:results(target) do
      local kind, path = result.relo.kind, result.relo.path:gsub("___[%w_]*", "")
      if kind:find "exists" then
        there = result.value == 1
        hop = nil
      elseif there then
        assert.is_true(result.ok, result:why())
        if not path:find "%->" then hop = path:gsub("::", ".") end
        return hop, result.value
      end
    end
    return nil
  end

  local function reads(code, expected)
    if not has_clang then return pending "needs clang" end
    local object = compile(code)
    for target, path in pairs(expected) do
      assert.equal(path, (read_by(object, target)), target.name .. "\n" .. code)
    end
  end

  it("tries the name of each kernel on the way, the newest first", function()
    local oldest, between = kernel { { "state" } }, kernel { { "__state" } }
    local newest = kernel(function(t)
      return { { "run", t.struct("run_info", { { "__state", t.u64 }, { "first", t.int } }) } }
    end)
    local s = first(newest, "task_struct.state", { oldest, between })
    assert.equal("task_struct.run.__state", s.successor)
    reads(s:code(), { [oldest] = "task_struct.state", [between] = "task_struct.__state",
      [newest] = "task_struct.run.__state" })
    assert.matches("is task_struct.run.__state or task_struct.__state on newer", s:code(), 1, true)
  end)

  it("tries an older name first where the newer one was something else", function()
    local old = kernel { { "state" }, { "run_state" } }
    local new = kernel { { "run_state" } }
    for s in new:successors("task_struct.state", { from = old, table = false, least = 0 }) do
      if s.successor == "task_struct.run_state" then
        return reads(s:code(), { [old] = "task_struct.state", [new] = "task_struct.run_state" })
      end
    end
    assert.is_true(false, "not suggested")
  end)

  it("does not follow a pointer for a like name alone", function()
    local function with(name)
      return kernel(function(t)
        local rcu = t.struct("callback_head", { { "next", t.u64 }, { "func", t.u64 } })
        local policy = { { "mode", t.int }, name and { name, rcu } or nil }
        return { { "policy", t.b:ptr(t.struct("mempolicy", policy)) }, not name and { "vm_rcu", rcu } or nil }
      end)
    end
    local met = 0
    for s in with "rcu":successors("task_struct.vm_rcu", { from = with(nil), table = false, least = 0 }) do
      if s.via then
        met = met + 1
        assert.is_truthy(s.doubt, s.via)
        if s.score > 0.8 then assert.matches("which may be another object", s.doubt, 1, true) end
      end
    end
    assert.is_true(met > 0)
  end)

  it("does not follow a pointer to what each processor has of its own", function()
    local function with(tag)
      return kernel(function(t)
        local stats = t.struct("net_stats", { { "rx_dropped", t.u64 }, { "rx_nohandler", t.u64 } })
        return { { "stats", t.b:ptr(tag and t.b:type_tag(tag, stats) or stats) } }
      end)
    end
    local old = kernel { { "rx_dropped" }, { "rx_nohandler" } }
    local s = first(with(nil), "task_struct.rx_dropped", old)
    assert.equal("task_struct.stats->rx_dropped", s.via)
    assert.is_nil(s.doubt)
    reads(s:code(), { [old] = "task_struct.rx_dropped" })
    assert.equal("`task_struct.stats` is a percpu pointer", first(with "percpu", "task_struct.rx_dropped", old).doubt)
  end)

  it("says where it does not know what the field is", function()
    local oldest, between, newest = kernel { { "state" } }, kernel {}, kernel { { "__state" } }
    local code = first(newest, "task_struct.state", { oldest, between }):code()
    assert.matches(("/* What it is on %s is not known. */"):format(between.name), code, 1, true)
    reads(code, { [oldest] = "task_struct.state", [newest] = "task_struct.__state" })
  end)
end)
