--- The command that tells what became of a failed access, whole: as a shell takes it.

local function word(text)
  text = text:gsub("^%-", "./-")
  if text:find("^[%w_./:@%%+=,-]+$") then return text end
  return "'" .. text:gsub("'", "'\\''") .. "'"
end

-- What it is on a kernel of the run; nil where that cannot be told.
local function result_on(other, result, options)
  if other == result.target then return result end
  if other.endian ~= result.target.endian then return nil end
  local ok, there = pcall(result.relo.resolve, result.relo, other, { policy = options.policy })
  return ok and there or nil
end

-- The first kernel of the run on which it fails alike, so that all of them give one hint, and the first
-- that still has it.
local function kernels(result, options)
  local lacks, has
  for _, other in ipairs(options.others or {}) do
    local there = result_on(other, result, options)
    if there and there.reason == result.reason then lacks = lacks or other end
    if there and there.candidate then has = has or other end
  end
  return lacks or result.target, (options.from or {})[1] or has
end

-- The file of the module that has the struct; nil for vmlinux.
local function module_of(result)
  for attempt in result:trail() do
    local btf = attempt.candidate.btf
    if btf ~= result.target.btf then return btf.path end
  end
  return nil
end

---@param result btfl.result
---@param path string of the access, without the flavor
---@param options btfl.check.options
---@return string
return function(result, path, options)
  local lacks, has = kernels(result, options)
  local module = module_of(result)
  return table.concat({ "btfl why", word(path), "-t", word(lacks.path) }, " ")
    .. (module and " -m " .. word(module) or "")
    .. (has and " --from " .. word(has.path) or "")
    .. " --object " .. word(result.relo.object.path)
end
