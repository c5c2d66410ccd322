--- Whether a kernel has what a program attaches to: fentry, kprobe and lsm programs need a function, tp_btf
--- programs the typedef of a tracepoint.

-- A BTF cut down to what some objects need has no functions, and tells nothing. Asked once for each
-- target: the first function of a sorted BTF stands behind half of it.
local functions = setmetatable({}, { __mode = "k" })

local function tells(target)
  if functions[target] == nil then functions[target] = target.btf:scan("func")() ~= nil end
  return functions[target]
end

--- The name of what the program attaches to and the target lacks; nil when it is there, or when no BTF
--- can tell.
---@param program btfl.program
---@param target btfl.target
---@return string?
return function(program, target)
  local attach = program.attach
  local name = attach and (attach.in_btf or attach.form == "kprobe" and attach.name)
  if not name then return nil end
  local kind = attach.form == "tp_btf" and "typedef" or "func"
  if target.btf:find(name, kind) then return nil end
  for _, btf in target:modules() do
    if btf:find(name, kind) then return nil end
  end
  return tells(target) and name or nil
end
