--- The signatures of one attach point on several kernels: those that are alike as one class.
local series = require "btfl.kernels.series"
local signature = require "btfl.arguments.signature"

local signatures = {}

local metatable = { __name = "btfl.signatures" }

function metatable.__tostring(self)
  return ("%s: %s"):format(series.span(self.targets), self.signature and tostring(self.signature) or "absent")
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

-- The parameters as C, with "..." for those that are the same from the first on.
local function params_after(before, sig)
  local list, alike = {}, true
  for i, param in ipairs(sig.params) do
    local text = signature.param_text(param)
    local other = before and before.params[i]
    alike = alike and other ~= nil and signature.param_text(other) == text
    if not alike then list[#list + 1] = text end
  end
  if #list == #sig.params then return #list > 0 and table.concat(list, ", ") or "void" end
  table.insert(list, 1, "...")
  return table.concat(list, ", ")
end

-- What is as in the class before is not repeated.
local function words_of(class, before)
  local span, sig = series.span(class.targets), class.signature
  if not sig then return span .. ": absent" end
  local ret = sig.ret:decl()
  if before and before.ret:decl() == ret then ret = "..." end
  return ("%s: (%s) -> %s"):format(span, params_after(before, sig), ret)
end

--- Classes in one line: "6.12.43 .. 6.18.44: (gfp_t gfp, unsigned int order) -> struct folio *; 6.19.14 ..
--- 7.3.4: (..., struct mempolicy *policy) -> ...".
---@param classes btfl.signatures[]
---@return string
function signatures.line(classes)
  local list, before = {}, nil
  for i, class in ipairs(classes) do
    list[i] = words_of(class, before)
    before = class.signature or before
  end
  return table.concat(list, "; ")
end

return signatures
