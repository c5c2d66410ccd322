--- What lies behind a failure before any renaming is thought of: another architecture, a module that
--- was not given, a member's type, the kernel's configuration.
local engine = require "btfl.engine"
local loaders = require("btfl.policy.support.shipped").loaders
local modules = require "btfl.kernels.modules"
local named = require "btfl.command.named"

local cause = {}

-- The structs that hold a program's registers.
local REGISTERS = { pt_regs = true, user_pt_regs = true, user_regs_struct = true }

local function composite(t)
  return t.kind == "struct" or t.kind == "union"
end

--- Whether it fails because its registers are those of another architecture than the kernel's.
---@param result btfl.result
---@return btfl.cause?
function cause.architecture(result)
  local relo, target = result.relo, result.target
  local root = relo.type:resolve()
  if not (root.essential and REGISTERS[root.essential] and composite(root)) then return nil end
  local there = target.arch
  local here, member = engine.architecture(root)
  if not there or there == here then return nil end
  local whose = here and ("the object is built for %s (its struct %s has `%s`), the kernel for %s")
    :format(here, root.essential, member, there)
    or ("the object is built for another architecture than the kernel, which is for %s"):format(there)
  return { kind = "architecture", note = whose,
    help = "build one object for each architecture (clang -D__TARGET_ARCH_...)" }
end

-- Modules

-- What lies beside the kernel, and was not given.
local function beside(result)
  if result.reason ~= "no-type" then return nil end
  local found = modules.beside(result.target)
  local module = found and modules.with(found.target, result.relo.type)
  return module and { kind = "module",
    note = ("module %s of this kernel has it; its BTF was not given"):format(module),
    help = ("add the modules: -m %s"):format(found.folder) }
end

-- kprobe/nf_conntrack:nf_ct_delete attaches to a function of that module.
local function attached(result)
  local program = result.reason == "no-type" and result.relo.program
  local module = program and program.attach and program.attach.module
  if not module or module == "vmlinux" then return nil end
  for given in result.target:modules() do
    if given == module then return nil end
  end
  return { kind = "module",
    note = ("the program attaches to module %s, whose BTF was not given"):format(module),
    help = ("add the BTF of that module: -m FOLDER/%s"):format(module) }
end

local function elsewhere(relo, kernel, kernels)
  local list, seen = kernels:compared(), {}
  for like, first, last in kernels:cases(list) do
    local n = list[first] == kernel and first + 1 or first
    local other = n <= last and not seen[like] and list[n]
    local module = other and kernels:module_of(other, relo.type)
    seen[like] = seen[like] or other
    if module then
      return { kind = "module", note = ("on %s it is in module %s"):format(other.name, module),
        help = ("add the BTF of that module: -m FOLDER/%s"):format(module) }
    end
  end
  return nil
end

-- The same release

local function same_arch(a, b)
  if a.arch and b.arch then return a.arch == b.arch end
  return a.name:match("[^-]*$") == b.name:match("[^-]*$")
end

local function configuration(relo, kernel, kernels)
  for other in kernels:comparable() do
    local same = other ~= kernel and other.release and other.release == kernel.release
    if same and same_arch(other, kernel) then
      local there = kernels:outcome(other, relo)
      if there.ok and not there.reason then
        return { kind = "config",
          note = ("%s, of the same release, has it: its configuration makes the difference")
            :format(other.name),
          help = "guard it: kernels without that option will not have it, whatever their version" }
      end
    end
  end
  return nil
end

-- The member's type

-- Which loaders accept what libbpf does not, as far as their policies tell.
local function accepting(attempt, options)
  if options.policy then return nil end
  local asked, names = 0, {}
  for _, loader in ipairs(loaders) do
    if loader.policy ~= "libbpf" and named.module("btfl.policy." .. loader.policy) then
      asked = asked + 1
      local result, policy = attempt.result, require "btfl.policy.support.make"(loader.policy)
      if result.relo:try(result.target, attempt.candidate, { policy = policy }).ok then
        names[#names + 1] = loader.name
      end
    end
  end
  if asked == 0 then return nil end
  return #names == 0 and "no loader that btfl knows accepts the new type"
    or ("libbpf does not accept the new type, %s would"):format(table.concat(names, " and "))
end

local function retyped(result, options)
  if result.reason ~= "incompatible" then return nil end
  for attempt in result:trail() do
    if attempt.reason == "incompatible" and attempt.want and attempt.have then
      return { kind = "retyped", note = accepting(attempt, options),
        help = "declare the new type in a flavor of the struct, and choose with bpf_core_field_exists()" }
    end
  end
  return nil
end

---@class btfl.cause
---@field kind "architecture"|"module"|"config"|"retyped"
---@field note string?
---@field help string

--- What lies behind a result that failed, as far as its kernel tells by itself; nil when none of these does.
---@param result btfl.result
---@param options? { policy?: btfl.policy }
---@return btfl.cause?
function cause.of(result, options)
  return cause.architecture(result) or beside(result) or retyped(result, options or {})
end

--- What lies behind it where no other kernel tells more.
---@param result btfl.result
---@return btfl.cause?
function cause.at_last(result)
  return attached(result)
end

local MISSING = { ["no-type"] = true, ["no-field"] = true, ["no-enumval"] = true }

--- Whether other kernels may tell what lies behind it.
---@param reason string
---@return boolean
function cause.asks(reason)
  return MISSING[reason] or false
end

--- What lies behind it as other kernels tell, where cause.of() gave nothing.
---@param relo btfl.relo
---@param failed { reason: string, at_last: btfl.cause? } of its result on the kernel
---@param kernel btfl.target
---@param kernels btfl.facts
---@return btfl.cause?
function cause.by_others(relo, failed, kernel, kernels)
  local module = failed.reason == "no-type" and elsewhere(relo, kernel, kernels)
  return module or failed.at_last or configuration(relo, kernel, kernels)
end

return cause
