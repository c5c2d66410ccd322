--- Since and until when a finding holds: by release, among kernels of one series on some of which nothing is
--- wrong there. What two configurations or two machines have, or a module that was not given, is no history.
local class = require "btfl.class"
local series = require "btfl.kernels.series"

local spells = {}

--- The fields of a spell, which are texts.
---@type table<string, true>
spells.FIELDS = { series = true, since = true, until_ = true, fine_until = true, fine_since = true }

--- Whether a value is a list of such.
---@param value any
---@return boolean
function spells.are_these(value)
  if type(value) ~= "table" or class(value) then return false end
  for _, spell in ipairs(value) do
    if type(spell) ~= "table" then return false end
    for name, text in pairs(spell) do
      if not spells.FIELDS[name] or type(text) ~= "string" then return false end
    end
  end
  return true
end

local FACTS = { "release", "version", "arch", "flavour" }

--- What a summary tells of a kernel, and its name, as kernels.series takes it. It may have been read.
---@param name string
---@param facts any
---@return { name: string, release: string?, version: string?, arch: string?, flavour: string? }
function spells.kernel(name, facts)
  local out = { name = tostring(name) }
  for _, fact in ipairs(type(facts) == "table" and FACTS or {}) do
    if type(facts[fact]) == "string" then out[fact] = facts[fact] end
  end
  return out
end

local function add_all(into, names, kernels, value, is)
  for _, name in ipairs(names) do
    local kernel = kernels[name]
    if kernel then
      into[#into + 1] = kernel
      is[kernel] = value
    end
  end
end

-- Which kernels of a series are what, but for those of one version that are not the same: nobody knows which
-- of them is the newer.
local function known_of(list, is)
  local by_version, out = {}, {}
  for _, kernel in ipairs(list) do
    local version = series.version(kernel)
    if by_version[version] == nil then by_version[version] = is[kernel] end
    if by_version[version] ~= is[kernel] then by_version[version] = false end
  end
  for _, kernel in ipairs(list) do out[kernel] = by_version[series.version(kernel)] or nil end
  return out
end

local NO_HISTORY = { architecture = true, config = true, module = true }

--- Whether what lies behind a finding is no matter of releases.
---@param causes table<string, any>
---@return boolean
function spells.are_none(causes)
  for cause in pairs(causes) do
    if NO_HISTORY[cause] then return true end
  end
  return false
end

--- The spells in which a finding holds, of each series in which there are others; nil for none.
---@param failing string[] the kernels that it is about
---@param fine string[] those on which nothing is wrong
---@param kernels table<string, table> spells.kernel() of each
---@return btfl.finding.spell[]?
function spells.of(failing, fine, kernels)
  local all, is, out = {}, {}, {}
  add_all(all, failing, kernels, "failing", is)
  add_all(all, fine, kernels, "fine", is)
  local lists, _, others = series.of(all)
  for _, list in ipairs(lists) do
    local known = known_of(list, is)
    local runs = series.spells(list, function(kernel) return known[kernel] end)
    for i, run in ipairs(runs) do
      if run.value == "failing" and (run.since or run.until_) then
        out[#out + 1] = { series = #lists + #others > 1 and list.name ~= "" and list.name or nil,
          since = run.since, fine_until = run.since and runs[i - 1].until_,
          until_ = run.until_, fine_since = run.until_ and runs[i + 1].since }
      end
    end
  end
  return #out > 0 and out or nil
end

--- "since 6.1.192 in generic-amd64 (fine until 5.10.262)".
---@param spell btfl.finding.spell
---@return string
function spells.words(spell)
  local when, fine = {}, {}
  if spell.since and spell.since == spell.until_ then
    when[1] = "only on " .. spell.since
  else
    when[1] = spell.since and "since " .. spell.since
    when[#when + 1] = spell.until_ and "until " .. spell.until_
  end
  when[#when + 1] = spell.series and "in " .. spell.series
  fine[1] = spell.fine_until and "until " .. spell.fine_until
  fine[#fine + 1] = spell.fine_since and (#fine > 0 and "again " or "") .. "since " .. spell.fine_since
  return ("%s (fine %s)"):format(table.concat(when, " "), table.concat(fine, ", "))
end

return spells
