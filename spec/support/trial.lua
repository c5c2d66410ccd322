--- A relocation of each kind that a spec of policies asks for, on hand-made types: what it becomes by
--- libbpf's rules and by a policy's.

local btf = require "spec.support.btf"
local object = require "spec.support.object"
local tmp = require "spec.support.tmp"
local btfl = require "btfl"

local trial = {}

local n = 0

--- make(l, t, module) fills the local BTF and the target's, and that of a module when it calls module();
--- it returns a list of { type, access, kind, instruction or list of two, section? }. Options: endian.
---@return btfl.object, btfl.target
function trial.open(make, options)
  options = options or {}
  n = n + 1
  local l, t = btf.new { endian = options.endian }, btf.new { endian = options.endian }
  local m
  -- It goes on from what the target holds by then.
  local function module()
    m = m or btf.new { base = t }
    return m
  end
  local o = object.new(l)
  local programs = {}
  for _, r in ipairs(make(l, t, module)) do
    local insns = r[4] or { object.mov(1, 0) }
    if insns.code then insns = { insns } end
    local section = r[5] or "raw_tp/a"
    programs[section] = programs[section] or { section = section, name = section:gsub("%W", "_"),
      insns = {}, relos = {} }
    local p = programs[section]
    p.relos[#p.relos + 1] = { insn = #p.insns, type = r[1], access = r[2], kind = r[3] }
    table.move(insns, 1, #insns, #p.insns + 1, p.insns)
  end
  local names = {}
  for name in pairs(programs) do names[#names + 1] = name end
  table.sort(names)
  for _, name in ipairs(names) do
    table.insert(programs[name].insns, object.exit())
    o:program(programs[name])
  end
  local dir = tmp.mkdir(("trial%d"):format(n))
  local function file(name, b)
    return tmp.write(("trial%d/%s"):format(n, name), b:bytes())
  end
  assert(dir)
  local obj = btfl.object(file("x.bpf.o", o))
  local modules = m and { file("mod.btf", m) } or nil
  return obj, btfl.target(file("vmlinux-6.1.0-test.btf", t), modules)
end

--- The results by a policy (a name, a table or a policy; nil for libbpf).
function trial.results(obj, target, policy)
  if type(policy) == "string" or type(policy) == "table" then policy = btfl.policy(policy) end
  local list = {}
  for r in obj:results(target, { policy = policy or btfl.policy "libbpf" }) do list[#list + 1] = r end
  return list
end

--- "ok 4", "poison no-field", "error unsupported".
function trial.said(result)
  if result.ok then return "ok " .. btfl.u64(result.value) end
  return result.status .. (result.reason and " " .. result.reason or "")
end

--- What make's relocations become by each of the policies: a list of lists of strings.
function trial.compare(make, policies, options)
  local obj, target = trial.open(make, options)
  local out = {}
  for i, policy in ipairs(policies) do
    out[i] = {}
    for k, r in ipairs(trial.results(obj, target, policy)) do out[i][k] = trial.said(r) end
  end
  obj:close()
  target:close()
  return out
end

return trial
