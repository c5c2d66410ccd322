--- The signatures of one attach point on several kernels: those that are alike as one class.
local series = require "btfl.kernels.series"
local signature = require "btfl.arguments.signature"

local signatures = {}

local metatable = { __name = "btfl.signatures" }

function metatable.__tostring(self)
  return ("%s: %s"):format(series.span(self.targets), self.signature and tostring(self.signature) or "absent")
end

-- Classes of kernels that follow one another and are told the same of, in order of release.
local function classes_of(targets, tell)
  local classes = {}
  for _, target in ipairs(series.in_order(targets)) do
    local said, text = tell(target)
    local last = classes[#classes]
    if last and last.text == text then
      table.insert(last.targets, target)
    else
      classes[#classes + 1] = { text = text, signature = said, targets = { target } }
    end
  end
  return classes
end

--- Classes of kernels that follow one another and have the same signature, in order of release.
---@param targets btfl.target[]
---@param attach btfl.attach|string
---@param name? string
---@return btfl.signatures[]
function signatures.of(targets, attach, name)
  local classes = classes_of(targets, function(target)
    local sig = signature.of(target, attach, name)
    return sig, sig and tostring(sig) or ""
  end)
  for _, class in ipairs(classes) do setmetatable(class, metatable) end
  return classes
end

-- The parameters as C, with "..." for those that are the same from the first on.
local function params_after(before, words)
  local list, alike = {}, true
  for i, text in ipairs(words.params) do
    alike = alike and before ~= nil and before.params[i] == text
    if not alike then list[#list + 1] = text end
  end
  if #list == #words.params then return #list > 0 and table.concat(list, ", ") or "void" end
  table.insert(list, 1, "...")
  return table.concat(list, ", ")
end

-- What is as in the class before is not repeated.
local function words_of(class, before)
  local span, words = series.span(class.targets), class.signature
  if not words then return span .. ": absent" end
  local ret = before and before.ret == words.ret and "..." or words.ret
  return ("%s: (%s) -> %s"):format(span, params_after(before, words), ret)
end

--- Signatures in one line: "6.12.43 .. 6.18.44: (gfp_t gfp, unsigned int order) -> struct folio *; 6.19.14 ..
--- 7.3.4: (..., struct mempolicy *policy) -> ...".
---@param kernels btfl.target[]
---@param worded fun(kernel: btfl.target): { params: string[], ret: string, text: string }?
---@return string
function signatures.line(kernels, worded)
  local list, before = {}, nil
  for i, class in ipairs(classes_of(kernels, function(kernel)
    local words = worded(kernel)
    return words, words and words.text or ""
  end)) do
    list[i] = words_of(class, before)
    before = class.signature or before
  end
  return table.concat(list, "; ")
end

return signatures
