--- What instructions do to the context: which the verifier refuses for what they are.
local btf = require "spec.support.btf"
local btfl = require "btfl"
local kernels = require "spec.support.kernel"
local loads = require "spec.support.loads"
local object = require "spec.support.object"
local tmp = require "spec.support.tmp"

local ATOMIC_ADD, ATOMIC_LOAD = 0, 0x100

-- An object whose program is made of these.
local n = 0
local function program(section, ...)
  local o = object.new(btf.new())
  local insns = { ... }
  insns[#insns + 1], insns[#insns + 2] = object.mov(0, 0), object.exit()
  o:program { section = section, name = "prog", insns = insns, lines = { { insn = 0, text = "first", line = 7 } } }
  o:section("license", "GPL\0")
  n = n + 1
  return tmp.write(("insns%d.o"):format(n), o:bytes())
end

local function atomic(op, dst, src, off) return object.insn(0xc3, dst, src, off, op) end

local function target(release)
  local helpers = { "unspec" }
  for i = 1, 211 do helpers[i + 1] = "helper_" .. i end
  local t = kernels.new { prog_type = kernels.PROG_TYPES, helper = helpers }
  t:struct("__sk_buff", 192, { { "len", t:int("int", 4), 0 } })
  t:struct("xdp_md", 24, { { "data", t:int("int", 4), 0 } })
  kernels.tracepoint(t, "sched", { { "a", t:int("int", 4, "signed") } })
  n = n + 1
  return btfl.target(tmp.write(("%s-insns%d.btf"):format(release, n), t:bytes()))
end

-- What stops it first: rule and cause, and its message; or the verdict.
local function first(path, kernel)
  local o <close> = btfl.object(path)
  local v = o:program "prog":verdict(kernel)
  local x = v.first
  if x then return x.rule .. " " .. x.cause, x:message(), x:help() end
  return v.verdict
end

describe("an instruction that accesses the context", function()
  teardown(tmp.clean)

  it("may not be atomic", function()
    local kernel <close> = target "5.10.262"
    local said, message = first(program("tc", object.mov(2, 1), atomic(ATOMIC_ADD, 1, 2, 8)), kernel)
    assert.equal("ctx-access atomic", said)
    assert.equal("an atomic instruction is done on the context", message)
    assert.equal("ctx-access atomic", first(program("tp_btf/sched", object.mov(2, 1), atomic(ATOMIC_ADD, 1, 2, 0)),
      kernel))
    assert.equal("loads", first(program("tc", object.mov(2, 1), object.st(4, 10, -4, 0),
      atomic(ATOMIC_ADD, 10, 2, -4)), kernel))
    -- The context is what is added there.
    assert.equal("loads", first(program("tc", object.mov(2, 1), object.insn(0x7b, 10, 1, -8), object.st(4, 10, -12, 0),
      atomic(ATOMIC_ADD, 10, 2, -12)), kernel))
  end)

  it("may not store a constant before 6.4", function()
    local path = program("tc", object.st(4, 1, 8, 5))
    local by_register = program("tc", object.mov(2, 5), object.stx(4, 1, 2, 8))
    local old, new, unknown = target "6.1.192", target "6.6.63", target "some"
    local said, message, help = first(path, old)
    assert.equal("ctx-access constant", said)
    assert.equal("the program stores a constant in its context, which this kernel takes from a register only", message)
    assert.equal("compile for an instruction set before the fourth (-mcpu=v3)", help)
    assert.equal("loads", first(by_register, old))
    assert.equal("loads", first(path, new))
    assert.equal("loads", first(path, unknown))
  end)

  it("may not extend the sign of a pointer to a packet from 6.11 on", function()
    local old, new = target "6.6.63", target "6.12.117"
    for _, case in ipairs { { "tc", 76 }, { "tc", 140 }, { "xdp", 8 }, { "flow_dissector", 80 } } do
      local section, at = table.unpack(case)
      assert.equal("ctx-access sign", first(program(section, object.ldsx(4, 2, 1, at)), new))
      assert.equal("loads", first(program(section, object.ldx(4, 2, 1, at)), new))
      assert.not_equal("ctx-access sign", first(program(section, object.ldsx(4, 2, 1, at)), old))
    end
    assert.not_equal("ctx-access sign", first(program("tc", object.ldsx(4, 2, 1, 0)), new))
  end)

  local GET_HASH, GET_COOKIE, PROBE_READ = 34, 46, 4

  it("moves no pointer that a helper is given", function()
    local kernel = target "5.10.262"
    local said, message = first(program("tc", object.add(1, 8), object.call(GET_HASH)), kernel)
    assert.equal("ctx-access passed", said)
    assert.equal("a helper is given the context by a pointer that was moved by 8 bytes", message)
    assert.equal("ctx-access variable", first(program("tc", object.ldx(4, 2, 1, 0), object.insn(0x0f, 1, 2, 0),
      object.call(GET_HASH)), kernel))
    assert.equal("loads", first(program("tc", object.add(1, 8), object.add(1, -8), object.call(GET_HASH)), kernel))
    assert.equal("loads", first(program("tc", object.mov(6, 0), object.insn(0x15, 6, 0, 2, 0), object.add(1, 8),
      object.call(GET_HASH)), kernel))
  end)

  it("moves what the running kernel lets it", function()
    local peer, why = loads.peer()
    if not peer then return pending(why) end
    local kernel, paths = btfl.target(), {}
    for _, by in ipairs { 0, 8, -8 } do
      for section, helper in pairs { tc = GET_HASH, socket = GET_COOKIE, sockops = GET_COOKIE,
        ["cgroup/sock_create"] = GET_COOKIE, ["lwt_in"] = GET_HASH } do
        local path = program(section, object.add(1, by), object.call(helper))
        paths[path] = first(path, kernel) == "loads"
      end
      local path = program("tracepoint/sched/sched_switch", object.insn(0xbf, 3, 1, 0), object.add(3, by),
        object.mov(2, 8), object.insn(0xbf, 1, 10, 0), object.add(1, -8), object.call(PROBE_READ))
      paths[path] = first(path, kernel) == "loads"
    end
    assert.same(paths, loads.which_load(paths))
  end)

  it("does what the running kernel says", function()
    local peer, why = loads.peer()
    if not peer then return pending(why) end
    local kernel <close> = btfl.target()
    local paths, asked = {}, {}
    local function ask(what, section, ...)
      local path = program(section, ...)
      paths[path] = first(path, kernel)
      asked[path] = ("%s in %s"):format(what, section)
    end
    for _, section in ipairs { "tc", "xdp", "socket", "flow_dissector", "cgroup_skb/ingress", "sk_skb", "lwt_in",
      "sockops", "sk_msg", "sk_lookup", "sk_reuseport", "cgroup/dev" } do
      for _, at in ipairs { 0, 4, 8, 76, 80, 136, 140 } do
        ask("ldsx at " .. at, section, object.ldsx(4, 2, 1, at))
      end
      for _, at in ipairs { 0, 8, 48, 72 } do ask("st at " .. at, section, object.st(4, 1, at, 0)) end
      ask("add", section, object.mov(2, 0), atomic(ATOMIC_ADD, 1, 2, 8))
      ask("load", section, atomic(ATOMIC_LOAD, 2, 1, 8))
    end
    ask("add", "raw_tp/sched_switch", object.mov(2, 0), atomic(ATOMIC_ADD, 1, 2, 8))
    ask("add", "tp_btf/sched_switch", object.mov(2, 0), atomic(ATOMIC_ADD, 1, 2, 0))
    ask("add", "kprobe/x", object.mov(2, 0), atomic(ATOMIC_ADD, 1, 2, 8))
    local differ = {}
    for path, loaded in pairs(loads.which_load(paths)) do
      if loaded ~= (paths[path] == "loads") then differ[#differ + 1] = ("%s: %s"):format(asked[path], paths[path]) end
    end
    assert.same({}, differ)
  end)
end)
