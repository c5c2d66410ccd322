--- What lies behind a failure before any renaming is thought of: another architecture, a module that
--- was not given, a member's type, the kernel's configuration.
local engine = require "btfl.engine"
local loaders = require("btfl.policy.support.shipped").loaders
local named = require "btfl.command.named"
local others = require "btfl.diagnose.others"

local cause = {}

-- The structs that hold a program's registers.
local REGISTERS = { pt_regs = true, user_pt_regs = true, user_regs_struct = true }

local function composite(t)
  return t.kind == "struct" or t.kind == "union"
end

local function architecture(result)
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

local function has(btf, root)
  for t in btf:candidates(root.name) do
    if t.kind == root.kind then return true end
  end
  return false
end

local function module_with(target, root)
  for module, btf in target:modules() do
    if has(btf, root) then return module end
  end
  return nil
end

-- Where the modules of a kernel may stand whose BTF is a file.
local function module_folders(target)
  local folder, file = target.path:match("^(.*)/([^/]*)$")
  if not folder then folder, file = ".", target.path end
  local name = target.name
  local list = { ("%s/modules/%s"):format(folder, name), ("%s/../modules/%s"):format(folder, name),
    ("%s/%s"):format(folder, name), folder .. "/modules" }
  if file == "vmlinux" then table.remove(list) end
  return list
end

local function exists(path)
  local file <close> = io.open(path)
  return file ~= nil
end

local at_hand = setmetatable({}, { __mode = "k" })

-- The target with the modules that stand beside it, for one that was given without any.
local function with_modules(target)
  if at_hand[target] ~= nil then return at_hand[target] end
  at_hand[target] = false
  if not target:modules()() then
    for _, folder in ipairs(module_folders(target)) do
      local ok, other = false, nil
      if exists(folder) then ok, other = pcall(engine.target, target.path, { folder }) end
      if ok and other:modules()() then
        at_hand[target] = { target = other, folder = folder }
        break
      end
    end
  end
  return at_hand[target]
end

local function in_module(result, options)
  if result.reason ~= "no-type" then return nil end
  local relo, target = result.relo, result.target
  local root = relo.type
  local beside = with_modules(target)
  local module = beside and module_with(beside.target, root)
  if module then
    return { kind = "module",
      note = ("module %s of this kernel has it; its BTF was not given"):format(module),
      help = ("add the modules: -m %s"):format(beside.folder) }
  end
  for other in others(result, options) do
    local more = with_modules(other)
    module = not has(other.btf, root) and module_with(more and more.target or other, root)
    if module then
      return { kind = "module", note = ("on %s it is in module %s"):format(other.name, module),
        help = ("add the BTF of that module: -m FOLDER/%s"):format(module) }
    end
  end
  -- kprobe/nf_conntrack:nf_ct_delete attaches to a function of that module.
  local attach = relo.program and relo.program.attach
  module = attach and attach.module
  if module and module ~= "vmlinux" then
    for given in target:modules() do
      if given == module then return nil end
    end
    return { kind = "module",
      note = ("the program attaches to module %s, whose BTF was not given"):format(module),
      help = ("add the BTF of that module: -m FOLDER/%s"):format(module) }
  end
  return nil
end

-- The same release

local CONFIG = { ["no-type"] = true, ["no-field"] = true, ["no-enumval"] = true }

local function same_arch(a, b)
  if a.arch and b.arch then return a.arch == b.arch end
  return a.name:match("[^-]*$") == b.name:match("[^-]*$")
end

local function configuration(result, options)
  local target = result.target
  if not (CONFIG[result.reason] and target.release) then return nil end
  for other, there in others(result, options) do
    if other.release == target.release and same_arch(other, target) and there.ok and not there.reason then
      return { kind = "config",
        note = ("%s, of the same release, has it: its configuration makes the difference")
          :format(other.name),
        help = "guard it: kernels without that option will not have it, whatever their version" }
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

--- What lies behind a result that failed; nil when none of these does.
---@param result btfl.result
---@param options? { others?: btfl.target[], policy?: btfl.policy }
---@return { kind: "architecture"|"module"|"config"|"retyped", note: string?, help: string }?
function cause.of(result, options)
  options = options or {}
  return architecture(result) or in_module(result, options) or configuration(result, options)
    or retyped(result, options)
end

return cause
