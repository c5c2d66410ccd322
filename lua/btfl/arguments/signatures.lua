--- The signatures of one attach point on several kernels: those that are alike as one class.
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

-- Numbers of a release, for the order in which they came.
local function release_of(target)
  local a, b, c = (target.release or target.name):match("^(%d+)%.(%d+)%.?(%d*)")
  return ((tonumber(a) or 0) * 1000 + (tonumber(b) or 0)) * 100000 + (tonumber(c) or 0)
end

--- Classes of kernels that follow one another and have the same signature, in order of release.
---@param targets btfl.target[]
---@param attach btfl.attach|string
---@param name? string
---@return btfl.signatures[]
function signatures.of(targets, attach, name)
  local order, classes = {}, {}
  for i, target in ipairs(targets) do
    order[i] = { target = target, release = release_of(target), index = i }
  end
  table.sort(order, function(a, b)
    if a.release ~= b.release then return a.release < b.release end
    return a.index < b.index
  end)
  for _, one in ipairs(order) do
    local sig = signature.of(one.target, attach, name)
    local text, last = sig and tostring(sig) or "", classes[#classes]
    if last and last.text == text then
      table.insert(last.targets, one.target)
    else
      local class = { text = text, signature = sig, targets = { one.target } }
      classes[#classes + 1] = setmetatable(class, metatable)
    end
  end
  return classes
end

return signatures
