--- The signatures of one attach point on several kernels: those that are alike as one class.
local series = require "btfl.kernels.series"
local signature = require "btfl.arguments.signature"

local signatures = {}

local metatable = { __name = "btfl.signatures" }

-- "6.12.43 .. 6.18.44", or "6.12.43" for one kernel.
local function range(targets)
  local first, last = targets[1].name, targets[#targets].name
  return #targets == 1 and first or ("%s .. %s"):format(first, last)
end

function metatable.__tostring(self)
  return ("%s: %s"):format(range(self.targets), self.signature and tostring(self.signature) or "absent")
end

--- Classes of kernels that follow one another and have the same signature, in order of release.
---@param targets btfl.target[]
---@param attach btfl.attach|string
---@param name? string
---@return btfl.signatures[]
function signatures.of(targets, attach, name)
  local classes = {}
  for _, target in ipairs(series.in_order(targets)) do
    local sig = signature.of(target, attach, name)
    local text, last = sig and tostring(sig) or "", classes[#classes]
    if last and last.text == text then
      table.insert(last.targets, target)
    else
      local class = { text = text, signature = sig, targets = { target } }
      classes[#classes + 1] = setmetatable(class, metatable)
    end
  end
  return classes
end

return signatures
