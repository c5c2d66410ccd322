--- The command that tells what became of a failed access, whole: as a shell takes it.

local function word(text)
  text = text:gsub("^%-", "./-")
  if text:find("^[%w_./:@%%+=,-]+$") then return text end
  return "'" .. text:gsub("'", "'\\''") .. "'"
end

-- The first kernel of the run on which it fails alike, so that all of them give one hint, and the first
-- that still has it.
local function witnesses(relo, reason, kernel, kernels, options)
  local lacks, has, seen = nil, nil, {}
  for like in kernels:cases(kernels:compared()) do
    local there = seen[like] or kernels:outcome(like, relo)
    seen[like] = there
    if there.reason == reason then lacks = lacks or like end
    if there.candidate then has = has or like end
  end
  return lacks or kernel, (options.from or {})[1] or has
end

---@param relo btfl.relo
---@param failed { reason: string, module: string? } the file of the module that has the struct, if any
---@param path string of the access, without the flavor
---@param kernel btfl.target
---@param kernels btfl.facts
---@param options btfl.check.options
---@return string
return function(relo, failed, path, kernel, kernels, options)
  local lacks, has = witnesses(relo, failed.reason, kernel, kernels, options)
  return table.concat({ "btfl why", word(path), "-t", word(lacks.path) }, " ")
    .. (failed.module and " -m " .. word(failed.module) or "")
    .. (has and " --from " .. word(has.path) or "")
    .. " --object " .. word(relo.object.path)
end
