--- Makes the table of what attach targets decide (src/verify/hooks.def) from the sources of kernels.

local sources = require "spec.support.sources"

local hooks = {}

-- The functions of a BTF_SET, by name; nil when there is no such set.
local function set_of(text, name)
  local body = text:match("BTF_SET_START%(" .. name .. "%)(.-)BTF_SET_END")
  if not body then return nil end
  local set = {}
  for of in body:gmatch("BTF_ID%(func,%s*([%w_]+)%)") do set[of] = true end
  return set
end

local function names_of(lines, key)
  local all, list = {}, {}
  for _, line in ipairs(lines) do for name in pairs(line[key] or {}) do all[name] = true end end
  for name in pairs(all) do list[#list + 1] = name end
  table.sort(list)
  return list
end

-- The rows of a hook: since when it may sleep, and from when on no more. Of one that came and went the
-- first is not known, as stable releases take back, too.
local function rows_of(lines, name, out)
  local allowed, lacking, dropping = false, nil, nil
  for _, line in ipairs(lines) do
    if line.sleepable and line.sleepable[name] then
      allowed, dropping = true, nil
    elseif line.sleepable and allowed then
      dropping = dropping or line
    elseif line.sleepable then
      lacking = line
    end
  end
  out[#out + 1] = ("SLEEPS(%s)"):format(name)
  if dropping then
    out[#out + 1] = ("DROPS(%s, %d, %d)"):format(name, dropping.major, dropping.minor)
  elseif lacking then
    out[#out + 1] = ("LACKS(%s, %d, %d)"):format(name, lacking.major, lacking.minor)
  end
end

--- The rows of the table, to be put below its comment.
---@param dirs string[] source trees
---@return string
function hooks.table_of(dirs)
  local lines = {}
  for i, dir in ipairs(dirs) do
    local major, minor = sources.read(dir .. "/Makefile"):match("VERSION = (%d+)\nPATCHLEVEL = (%d+)")
    lines[i] = { major = math.tointeger(major), minor = math.tointeger(minor),
      sleepable = set_of(sources.read(dir .. "/kernel/bpf/bpf_lsm.c"), "sleepable_lsm_hooks"),
      paths = set_of(sources.read(dir .. "/kernel/trace/bpf_trace.c"), "btf_allowlist_d_path") }
  end
  table.sort(lines, function(a, b)
    if a.major ~= b.major then return a.major < b.major end
    return a.minor < b.minor
  end)
  local out = {}
  for _, name in ipairs(names_of(lines, "sleepable")) do rows_of(lines, name, out) end
  for _, name in ipairs(names_of(lines, "paths")) do out[#out + 1] = ("PATHS(%s)"):format(name) end
  out[#out + 1] = ("NEWEST(%d, %d)"):format(lines[#lines].major, lines[#lines].minor)
  return table.concat(out, "\n") .. "\n"
end

return hooks
