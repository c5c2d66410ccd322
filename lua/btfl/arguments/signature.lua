--- What a program at a function, tracepoint or hook sees of it: parameters with their names, and by slot
--- of 8 bytes. See btfl.signature in meta.lua.
local engine = require "btfl.engine"
local kept = require "btfl.kept"

local signature = {}

local SLOT = 8

-- Programs that run when the function has returned see its result behind its arguments.
local SEES_RESULT = { fexit = true, fmod_ret = true, lsm = true, lsm_cgroup = true, fsession = true }
local IS_TRACEPOINT = { tp_btf = true, raw_tp = true, raw_tracepoint = true, tp = true, tracepoint = true }
local HAS_REGISTERS = { kprobe = true, kretprobe = true, kprobe_multi = true }

local methods = {}
local metatable = { __name = "btfl.signature", __index = methods }

-- A parameter takes two slots when it is a struct of more than 8 bytes.
local function slots_of(param)
  local t = param.type and param.type:resolve()
  if t and (t.kind == "struct" or t.kind == "union") and (t.size or 0) > SLOT then return 2 end
  return 1
end

--- What stands in that slot, from 1: a parameter and its number; "return"; nil for nothing, false for what
--- nobody can tell.
function methods:slot(n)
  local at = 1
  for i, param in ipairs(self.params) do
    if not param.type then return false end
    local size = slots_of(param)
    if size > 1 and self.registers then return false end
    if n >= at and n < at + size then return param, i end
    at = at + size
  end
  if n == at and self.sees_result then return "return" end
  return nil
end

local function param_text(param)
  if not param.type then return "..." end
  return (param.type:decl(param.name))
end

--- The parameter as C declares it.
signature.param_text = param_text

function metatable.__tostring(self)
  return signature.worded(self).text
end

--- A signature in words, which outlive its kernel.
---@param self btfl.signature
---@return { params: string[], ret: string, text: string }
function signature.worded(self)
  local params, ret = {}, (self.ret:decl())
  for i, param in ipairs(self.params) do params[i] = param_text(param) end
  return { params = params, ret = ret,
    text = ("(%s) -> %s"):format(#params > 0 and table.concat(params, ", ") or "void", ret) }
end

-- The prototype of a tracepoint has no names; the function that calls its probes has the same parameters.
local function named(target, name, list)
  local probe = target.btf:find("__traceiter_" .. name, "func")
  for _, module in target:modules() do
    probe = probe or module:find("__traceiter_" .. name, "func")
  end
  if not probe then return list end
  local params = {}
  for param in probe:params() do params[#params + 1] = param end
  if #params ~= #list + 1 then return list end
  return table.move(params, 2, #params, 1, {})
end

-- What is asked of the engine; the kind of program, and the name of what it attaches to.
local function parts(attach, name)
  if name then attach = ("%s/%s"):format(attach, name) end
  if type(attach) == "table" then return attach, attach.form, attach.name end
  local kind, rest = tostring(attach):match("^%??([%w_]+)[^/]*/(.+)$")
  return attach, kind, rest and rest:gsub("^[%w_-]+:", "")
end

--- See target:signature() in meta.lua.
---@param target btfl.target
---@param attach btfl.attach|string|table
---@param name? string
---@return btfl.signature?
function signature.of(target, attach, name)
  local asked, kind, rest = parts(attach, name)
  local found = engine.prototype(target, asked)
  if not found then return nil end
  local list = IS_TRACEPOINT[kind] and named(target, rest, found) or found
  local self = table.move(list, 1, #list, 1, {})
  self.params, self.ret, self.returns = table.move(list, 1, #list, 1, {}), found.returns, found.returns
  self.sees_result, self.registers = SEES_RESULT[kind] or false, HAS_REGISTERS[kind] or false
  return setmetatable(self, metatable)
end

local key_of = kept.of_kernel(function(target, _, attach)
  local key, whole = engine.signature_key(target, attach)
  return key and { key = key, whole = whole } or false
end)

--- A text that is equal for signatures of which fits.lua tells the same, as long as it does not look into
--- structs; nil for none. And whether those of one text are written alike.
---@param target btfl.target
---@param attach btfl.attach|string
---@param text string tostring(attach)
---@return string? key
---@return boolean? whole
function signature.key(target, attach, text)
  local known = key_of(target, text, attach)
  if known then return known.key, known.whole end
  return nil
end

local kept_of = kept.of_kernel(function(target, _, attach) return signature.of(target, attach) or false end)

--- signature.of(), which belongs to whoever asks that: nobody may change it. False for none.
---@param target btfl.target
---@param attach btfl.attach|string
---@param text string tostring(attach)
---@return btfl.signature|false
function signature.kept(target, attach, text)
  return kept_of(target, text, attach)
end

return signature
