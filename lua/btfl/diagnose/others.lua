--- The other kernels of a run, which may have what one lacks.

-- What the relocation becomes there; nil where it cannot be held against that kernel.
local function there(result, other, policy)
  local relo = result.relo
  if other == result.target or other.endian ~= relo.object.endian then return nil end
  return relo:resolve(other, { policy = policy })
end

--- Iterates over the other kernels against which a relocation can be held, each with its result there.
---@param result btfl.result
---@param options? { others?: btfl.target[], policy?: btfl.policy }
---@return fun(): btfl.target?, btfl.result?
return function(result, options)
  local list, n = options and options.others or {}, 0
  return function()
    while n < #list do
      n = n + 1
      local found = there(result, list[n], options.policy)
      if found then return list[n], found end
    end
    return nil
  end
end
