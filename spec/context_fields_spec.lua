--- What programs may do with their context: as the table says, as the running kernel says, as real programs
--- were loaded.

local btfl = require "btfl"
local callers = require "spec.support.callers"
local context = require "spec.support.context_fields"
local engine = require "btfl.engine"
local loads = require "spec.support.loads"
local tmp = require "spec.support.tmp"

local KPROBE, SCHED_CLS, TRACEPOINT, XDP, PERF_EVENT, SOCK_OPS, SYSCTL, SOCK_ADDR, TRACING, STRUCT_OPS =
  2, 3, 5, 6, 7, 13, 23, 18, 26, 27

local function access(type, offset, size, options)
  local question = { type = type, offset = offset, size = size }
  for key, value in pairs(options or {}) do question[key] = value end
  return engine.context_access(question)
end

local function exists(path)
  local f <close> = io.open(path)
  return f ~= nil
end

describe("an access to the context", function()
  it("is told by its field", function()
    local skb = { context = 192 }
    assert.is_true(access(SCHED_CLS, 8, 4, skb))
    assert.is_true(access(SCHED_CLS, 0, 1, skb))
    assert.is_false(access(SCHED_CLS, 76, 1, skb))
    assert.is_false(access(SCHED_CLS, 2, 4, skb))
    assert.is_false(access(XDP, 0, 8, { context = 24 }))
    skb.write = true
    assert.is_true(access(SCHED_CLS, 8, 4, skb))
    assert.is_false(access(SCHED_CLS, 0, 4, skb))
    assert.is_true(access(SYSCTL, 4, 4, { write = true, context = 8 }))
    assert.is_false(access(SYSCTL, 0, 4, { write = true, context = 8 }))
  end)

  it("is told by the attach type where it matters", function()
    assert.is_true(access(SOCK_ADDR, 4, 4, { attach = 8, context = 72 }))
    assert.is_false(access(SOCK_ADDR, 4, 4, { attach = 9, context = 72 }))
    assert.is_true(access(XDP, 20, 4, { attach = 33, context = 24 }))
    assert.is_false(access(XDP, 20, 4, { attach = 37, context = 24 }))
    assert.is_nil(access(SOCK_ADDR, 4, 4, { attach = 9999, context = 72 }))
    assert.is_false(access(SOCK_ADDR, 1, 4, { attach = 9999, context = 72 }))
  end)

  it("ends where the kernel's struct ends", function()
    assert.is_false(access(SOCK_OPS, 216, 8, { context = 216 }))
    assert.is_true(access(SOCK_OPS, 216, 8, { context = 224 }))
    assert.is_nil(access(SOCK_OPS, 216, 8))
    assert.is_true(access(KPROBE, 160, 8, { context = 168 }))
    assert.is_false(access(KPROBE, 168, 8, { context = 168 }))
    assert.is_true(access(KPROBE, 168, 8, { context = 336 }))
    assert.is_false(access(KPROBE, 4294967295, 8, { context = 336 }))
    assert.is_nil(access(KPROBE, 168, 8))
  end)

  it("reads whole registers, and the numbers behind them in part", function()
    local perf = { context = 184 }
    assert.is_true(access(PERF_EVENT, 0, 8, perf))
    assert.is_false(access(PERF_EVENT, 0, 2, perf))
    assert.is_false(access(PERF_EVENT, 0, 4, perf))
    assert.is_true(access(PERF_EVENT, 0, 4, { context = 88, word = 4 }))
    assert.is_false(access(PERF_EVENT, 0, 8, { context = 88, word = 4 }))
    assert.is_true(access(PERF_EVENT, 168, 4, perf))
    assert.is_false(access(PERF_EVENT, 0, 8, { context = 184, write = true }))
    assert.is_nil(access(PERF_EVENT, 168, 2))
  end)

  it("does not see what is the kernel's of a tracepoint", function()
    assert.is_false(access(TRACEPOINT, 0, 8))
    assert.is_true(access(TRACEPOINT, 8, 8))
    assert.is_nil(access(TRACEPOINT, 4096, 8))
    assert.is_false(access(TRACEPOINT, 8192, 8))
  end)

  it("is unknown where the type does not tell, or the kernel is newer than the table", function()
    assert.is_nil(access(TRACING, 0, 8, { attach = 24 }))
    assert.is_nil(access(STRUCT_OPS, 0, 8))
    assert.is_nil(access(4000000000, 0, 8))
    assert.is_nil(access(SCHED_CLS, 0, 4, { write = true, version = "9.0.1", context = 192 }))
    assert.is_nil(access(SCHED_CLS, 0, 3))
    assert.is_nil(access(SCHED_CLS, 0, 0))
  end)

  it("goes through the pointer as it was given, before kernels that follow it", function()
    local function moved(type, version, last_helper)
      return engine.context_moved { type = type, version = version, last_helper = last_helper }
    end
    assert.is_false(moved(TRACING, "5.10.223"))
    assert.is_false(moved(SOCK_OPS, "7.2.1"))
    assert.is_true(moved(TRACING, "7.2.1"))
    assert.is_nil(moved(TRACING, "7.0.1"))
    assert.is_nil(moved(TRACING))
    assert.is_false(moved(TRACING, nil, 175))
    assert.is_nil(moved(SOCK_OPS, "9.0.1"))
  end)
end)

describe("an access to the context, tried on the running kernel,", function()
  local probe = "build/peer/probe"
  local why = not exists(probe) and "needs build/peer/probe" or not exists "/sys/kernel/btf/vmlinux" and "needs its BTF"
  local said = not why and tmp.run(probe .. " context") or ""
  if why or said == "" then return pending("is as the table says: " .. (why or "cannot load programs")) end

  it("is as the table says", function()
    local target <close> = btfl.target()
    local sizes, agreed = callers.kernel(target, "").sizes, 0
    for line in said:gmatch("[^\n]+") do
      local type, attach, _, way, offset, size, answer = table.unpack(loads.fields(line))
      type = math.tointeger(type)
      local got = access(type, math.tointeger(offset), math.tointeger(size), { attach = math.tointeger(attach),
        write = way == "w", context = sizes[type] })
      if got ~= nil then
        assert.are.equal(answer == "yes", got, line)
        agreed = agreed + 1
      end
    end
    assert.is_true(agreed > 10000)
  end)

  it("gives the rows of the table", function()
    local target <close> = btfl.target()
    local f <close> = assert(io.open "src/verify/context_fields.def")
    local rows = context.rows_of(said:gmatch("[^\n]+"), target)
    if not tmp.run("uname -r"):find("^6%.18%.") then pending("of the release that it was made with") return end
    assert.matches(rows, f:read("a"), nil, true)
  end)
end)

-- ---- real programs ----------------------------------------------------------------------------------

local SIZES = { ["61"] = 4, ["69"] = 2, ["71"] = 1, ["79"] = 8 }

-- Reads through r1 while it still is the context: offset and size, up to the first jump or call.
local function reads_of(program)
  local list, i = {}, 0
  while true do
    local hex = program:insn(i)
    local class = hex and tonumber(hex:sub(2, 2), 16) & 7
    if not hex or class == 5 or class == 6 then return list end
    if SIZES[hex:sub(1, 2)] and hex:sub(3, 3) == "1" then
      local low, high = hex:match("^....(..)(..)")
      list[#list + 1] = { tonumber(high .. low, 16), SIZES[hex:sub(1, 2)] }
    end
    if class ~= 2 and class ~= 3 and hex:sub(4, 4) == "1" then return list end
    i = i + 1
  end
end

describe("an access to the context, held against programs that real kernels have loaded,", function()
  local rows = callers.rows()
  if #rows == 0 then return pending("is as they say: needs a corpus, in $BTFL_CORPUS") end

  it("agrees with each", function()
    local read, moved = 0, 0
    callers.each(rows, function(judged)
      local row, kernel = judged.row, judged.kernel
      if row.outcome == "loads" then
        for _, place in ipairs(reads_of(judged.program)) do
          assert.is_not_false(access(judged.type, place[1], place[2], { attach = judged.attach,
            context = kernel.sizes[judged.type], version = kernel.version, last_helper = kernel.last_helper }),
            table.concat({ row.kernel, row.object, row.program }, " "))
          read = read + 1
        end
      elseif row.class == "ctx-access" then
        -- all through a pointer that was moved
        assert.is_false(engine.context_moved { type = judged.type, version = kernel.version,
          last_helper = kernel.last_helper }, row.kernel .. " " .. row.program)
        moved = moved + 1
      end
    end)
    assert.is_true(read > 100 and moved > 2)
  end)
end)
