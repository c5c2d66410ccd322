--- What functions that call one another may take of the stack together.

local btf = require "spec.support.btf"
local btfl = require "btfl"
local kernels = require "spec.support.kernel"
local loads = require "spec.support.loads"
local object = require "spec.support.object"
local tmp = require "spec.support.tmp"

local n = 0
local TAIL_CALL, TIMER_SET_CALLBACK, LOOP, LOAD_BYTES = 12, 170, 181, 26

local HELPERS = {}
for i = 0, 211 do HELPERS[i + 1] = i == 0 and "unspec" or "helper_" .. i end

-- options: arch, no_jit.
local function kernel(release, options)
  options = options or {}
  local t = kernels.new { prog_type = kernels.PROG_TYPES, helper = HELPERS }
  if not options.no_jit then t:func("bpf_jit_binary_alloc", t.proto) end
  kernels.tracepoint(t, "sched", { { "a", t:int("int", 4, "signed") } })
  n = n + 1
  return btfl.target(tmp.write(("%s-stack%d.btf"):format(release, n), t:bytes()), { arch = options.arch or "x86" })
end

-- Of functions, the first of which is the program: { frame = bytes that are stored to, call = { names }, more = insns
-- before the calls, name = }. Names in `more` are functions, whose address goes to r2.
local function program(section, functions)
  local o = object.new(btf.new(), { machine = 247 })
  local at, starts = 0, {}
  local function length(f)
    local size = f.frame and 1 or 0
    for _, x in ipairs(f.more or {}) do size = size + (type(x) == "table" and 1 or 2) end
    return size + #(f.call or {}) + 2
  end
  for i, f in ipairs(functions) do
    if i > 1 then
      starts[f.name] = at
      at = at + 8 * length(f)
    end
  end
  for i, f in ipairs(functions) do
    local insns, here = {}, i == 1 and 0 or starts[f.name]
    local where = i == 1 and section or ".text"
    if f.frame then insns[1] = object.st(8, 10, -f.frame, 0) end
    for _, x in ipairs(f.more or {}) do
      if type(x) == "table" then
        insns[#insns + 1] = x
      else
        o:rel(where, here + 8 * #insns, ".text", 1)
        insns[#insns + 1] = object.insn(0x18, 2, 0, 0, starts[x])
        insns[#insns + 1] = object.insn(0)
      end
    end
    for _, name in ipairs(f.call or {}) do
      o:rel(where, here + 8 * #insns, ".text", 10)
      insns[#insns + 1] = object.call(starts[name] // 8 - 1, 1)
    end
    insns[#insns + 1], insns[#insns + 2] = object.mov(0, 0), object.exit()
    o:program { section = where, name = f.name or "prog", static = i > 1, insns = insns }
  end
  if functions[2] then o:symbol { name = ".text", section = ".text", info = 3 } end
  o:section("license", "GPL\0")
  n = n + 1
  return tmp.write(("stack%d.o"):format(n), o:bytes())
end

-- A chain of functions with those frames.
local function chain(section, ...)
  local functions, frames = {}, { ... }
  for i, frame in ipairs(frames) do
    functions[i] = { name = i > 1 and "f" .. i or nil, frame = frame, call = frames[i + 1] and { "f" .. i + 1 } }
  end
  return program(section, functions)
end

-- "loads", or "verdict cause function bytes".
local function said(path, target, options)
  local v = btfl.object(path):program "prog":verdict(target, options)
  local x = v.first
  if not x then return v.verdict end
  return ("%s %s %s %s"):format(v.verdict, x.rule == "stack" and x.cause or x.rule, x.name, x.number), x
end

local function move(to, from) return object.insn(0xbf, to, from, 0) end

describe("the stack of functions that call one another", function()
  teardown(tmp.clean)

  it("has 512 bytes", function()
    local target = kernel "6.1.9"
    assert.equal("loads", (said(chain("tc", 256, 256), target)))
    local text, x = said(chain("tc", 256, 264), target)
    assert.equal("rejected calls f2 544", text)
    assert.same({ "walk", "program", true, 1 }, { x.stage, x.scope, x.reached, x.insn })
    assert.equal("`f2()` and what calls it take 544 bytes of the stack, and together there are 512", x:message())
    assert.equal("loads", (said(chain("tc", 160, 160, 192), target)))
    assert.equal("rejected calls f3 544", (said(chain("tc", 160, 192, 192), target)))
    assert.equal("loads", (said(chain("tc", 512), target)))
    -- One after the other.
    assert.equal("loads", (said(program("tc", { { frame = 200, call = { "f", "g" } }, { name = "f", frame = 256 },
      { name = "g", frame = 256 } }), target)))
  end)

  it("is rounded up to what the kernel gives a frame", function()
    local path = chain("tc", 496, 8)
    assert.equal("rejected calls f2 544", (said(path, kernel "6.1.9")))
    assert.equal("unknown calls-unknown f2 544", (said(path, kernel "6.6.9")))
    assert.equal("loads", (said(path, kernel "6.9.1")))
    assert.equal("rejected calls f2 544", (said(path, kernel("6.12.9", { no_jit = true }))))
    -- A function without a frame has the least of one where the kernel interprets.
    assert.equal("rejected calls f 544", (said(program("tc", { { frame = 512, call = { "f" } }, { name = "f" } }),
      kernel "6.1.9")))
  end)

  it("has all calls, and of each function what is reached", function()
    local target = kernel "6.1.9"
    local skip = { object.mov(0, 1), object.insn(0x15, 0, 0, 1, 1) }
    local function with(more, call) return program("tc", { { frame = 256, more = more, call = call },
      { name = "f", frame = 288 }, { name = "g", frame = 8, call = { "f" } } }) end
    assert.equal("rejected calls f 544", (said(with(nil, { "f" }), target)))
    assert.equal("loads", (said(with(skip, { "f" }), target)))
    -- What g takes stands above f, though its call is dead.
    assert.equal("rejected calls f 544", (said(program("tc", { { frame = 256, call = { "f", "g" } },
      { name = "f", frame = 256 }, { name = "g", frame = 32, more = skip, call = { "f" } } }), target)))
    assert.equal("loads", (said(program("tc", { { frame = 256, call = { "f" } }, { name = "f", more = {
      object.mov(0, 1), object.insn(0x15, 0, 0, 1, 1), object.st(8, 10, -400, 0) } } }), target)))
  end)

  it("is touched by what is handed to others, too", function()
    local target = kernel "6.1.9"
    -- f stores by a pointer into the frame of its caller.
    local by_pointer = program("tc", { { more = { move(1, 10), object.add(1, -400) }, call = { "f" } },
      { name = "f", frame = 128, more = { object.st(8, 1, 0, 0) } } })
    assert.equal("rejected calls f 544", (said(by_pointer, target)))
    local function by_helper(size) return program("tc", { { frame = 256, more = { move(6, 1) }, call = { "f" } },
      { name = "f", more = { move(3, 10), object.add(3, -264), object.mov(2, 0), object.mov(4, size),
        object.call(LOAD_BYTES) } } }) end
    assert.equal("rejected calls f 544", (said(by_helper(8), target)))
  end)

  it("has 255 above a tail call", function()
    local target = kernel "6.12.9"
    local function tail(section, frame, dead)
      local skip = dead and { object.mov(0, 1), object.insn(0x15, 0, 0, 1, 1) } or {}
      return program(section, { { frame = frame, call = { "f" } }, { name = "f", more = {
        skip[1] or object.mov(3, 1), skip[2] or object.mov(3, 1), dead and object.call(TAIL_CALL) or object.mov(3, 1),
        object.mov(0, 0) } }, { name = "g", more = { object.call(TAIL_CALL) } } })
    end
    assert.equal("loads", (said(tail("tc", 240, true), target)))
    local text, x = said(tail("tc", 248, true), target)
    assert.equal("rejected tail-call f 256", text)
    assert.equal("`f()` has a tail call, and what calls it takes 256 bytes of the stack: 256 or more may not be",
      x:message())
    assert.equal("loads", (said(tail("tc", 304, false), target)))
  end)

  it("is one of each function for programs of tracing, in newer kernels", function()
    local function of(section, release, options) return (said(chain(section, 256, 288), kernel(release, options))) end
    for _, section in ipairs { "kprobe/x", "tracepoint/a/b", "perf_event", "raw_tp/sched", "tp_btf/sched" } do
      assert.equal("rejected calls f2 544", of(section, "6.12.9"), section)
      assert.equal("loads", of(section, "6.18.9"), section)
      assert.equal("unknown calls-unknown f2 544", of(section, "6.18.9", { arch = "arm64" }), section)
      assert.equal("loads", of(section, "7.2.9", { arch = "arm64" }), section)
      assert.equal("unknown calls-unknown f2 544", of(section, "7.2.9", { arch = "riscv" }), section)
    end
    for _, section in ipairs { "tc", "xdp", "socket", "cgroup_skb/egress", "syscall" } do
      assert.equal("rejected calls f2 544", of(section, "7.2.9"), section)
    end
    -- A tail call anywhere takes that from it.
    assert.equal("rejected calls f 544", (said(program("kprobe/x", { { frame = 224, call = { "f" } },
      { name = "f", frame = 320,
        more = { object.mov(0, 1), object.insn(0x15, 0, 0, 1, 1), object.call(TAIL_CALL) } } }), kernel "6.18.9")))
  end)

  it("has callbacks on top, but those that are called at another time", function()
    local function calls_back(helper, frame, deep)
      return program("tc", { { frame = frame, more = { object.mov(1, 2), "f", object.mov(3, 0), object.mov(4, 0),
        object.call(helper) } }, { name = "f", frame = 288, call = deep and { "g" } }, { name = "g", frame = 256 } })
    end
    local target, only = kernel "6.12.9", { only = { "stack" } }
    assert.equal("rejected calls f 544", (said(calls_back(LOOP, 256), target, only)))
    assert.equal("loads", (said(calls_back(LOOP, 128), target, only)))
    assert.equal("loads", (said(calls_back(TIMER_SET_CALLBACK, 256), target, only)))
    assert.equal("rejected calls g 544", (said(calls_back(TIMER_SET_CALLBACK, 8, true), target, only)))
  end)

  it("is less than what was touched where a kernel takes out spills around a call", function()
    local function spilled(reg) return program("tc", { { frame = 256, more = { object.stx(8, 10, reg, -264),
      object.call(8), object.ldx(8, 1, 10, -264) }, call = { "f" } }, { name = "f", frame = 256 } }) end
    assert.equal("rejected calls f 544", (said(spilled(1), kernel "6.1.9")))
    assert.equal("unknown calls-unknown f 528", (said(spilled(1), kernel "6.12.9")))
    assert.equal("rejected calls f 528", (said(spilled(10), kernel "6.12.9")))
  end)

  it("is not known of a kernel whose release is not", function()
    assert.equal("unknown calls-unknown f2 544", (said(chain("tc", 256, 288), kernel "mine")))
    assert.equal("loads", (said(chain("tc", 256, 256), kernel "mine")))
  end)

  it("is not all touched by a store to a place that is not known", function()
    local anywhere = program("tc", { { frame = 240, more = { object.call(7), move(1, 10), object.insn(0x0f, 1, 0),
      object.st(8, 1, 0, 0) }, call = { "f" } }, { name = "f", frame = 256 } })
    assert.equal("loads", (said(anywhere, kernel "6.12.9")))
  end)

  it("is taken by all ways, of which there may be many, and none that ends", function()
    local functions = { { frame = 64, call = {} } }
    for level = 1, 6 do
      for i = 1, 4 do
        local call = {}
        for j = 1, 4 do call[j] = level < 6 and ("f%d_%d"):format(level + 1, j) or nil end
        functions[#functions + 1] = { name = ("f%d_%d"):format(level, i), frame = 72, call = call }
      end
    end
    for i = 1, 4 do functions[1].call[i] = "f1_" .. i end
    local verdict = said(program("tc", functions), kernel "6.1.9", { only = { "stack" } })
    assert.matches("^rejected calls f5", verdict)
    -- One that calls itself.
    assert.equal("unknown", (said(program("tc", { { frame = 256, call = { "f" } },
      { name = "f", frame = 288, call = { "f" } } }), kernel "6.1.9")))
  end)

  it("is nothing that is looked for when other rules are asked about", function()
    assert.equal("loads", (said(chain("tc", 256, 288), kernel "6.1.9", { only = { "insn" } })))
  end)

  it("is what the running kernel says", function()
    local peer, why = loads.peer()
    if not peer then return pending(why) end
    local paths, target = {}, btfl.target()
    for _, section in ipairs { "tc", "xdp", "kprobe/x", "raw_tp/sched_switch", "tp_btf/sched_switch", "socket" } do
      for _, frames in ipairs { { 256, 256 }, { 256, 264 }, { 496, 8 }, { 496, 24 }, { 512, 8 }, { 168, 168, 176 },
        { 160, 168, 184 }, { 480, 8, 8, 8 }, { 504, 8, 8 } } do
        local path = chain(section, table.unpack(frames))
        paths[path] = said(path, target) == "loads"
      end
    end
    assert.same(paths, loads.which_load(paths))
  end)
end)
