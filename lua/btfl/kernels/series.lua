--- Kernels in series: those of one flavour and architecture, by their version. A flavour's configuration
--- differs from another's, so that only within one series something comes and goes with releases.
local engine = require "btfl.engine"

local series = {}

local function set_of(words)
  local set = {}
  for word in words:gmatch "%S+" do set[word] = true end
  return set
end

-- Words with a digit that tell kernels of one release apart; others count builds.
local FLAVOURS = set_of "4k 16k 64k"

-- What names have that tells nothing of the configuration.
local NOISE = set_of [[vmlinux vmlinuz linux kernel btf unsigned deb bpo rc el fc lp core debuginfo dbg
  image gz]]

local VERSION = "%d+%.%d[%d.]*"

-- What stands behind the version in a name: "6.1.0-18-cloud-amd64", "vmlinux-6.5.6-300.fc39.x86_64".
local function suffix(name)
  local _, last = name:find(VERSION)
  return last and name:sub(last + 1) or name
end

-- The flavour and architecture in one word, as the kernel's name has them: "cloud-amd64"; a flavour that it
-- does not tell is the target's. "" when nothing tells either.
local function name_of(target)
  local words, arch = {}, nil
  local text = suffix(target.name):lower():gsub("x86[_-]64", "amd64")
  for word in text:gmatch "%w+" do
    if engine.architecture(word) then
      arch = arch or word
    elseif FLAVOURS[word] or word:find "^%a+$" and not NOISE[word] then
      words[#words + 1] = word
    end
  end
  if #words == 0 and target.flavour ~= arch then words[1] = target.flavour end
  words[#words + 1] = arch
  return table.concat(words, "-")
end

-- Its version as text, nil when nothing tells one.
local function text_of(target)
  return target.version and tostring(target.version) or target.release or target.name:match(VERSION)
end

-- The numbers of its version. A release candidate stands before its release.
local function read_version(target)
  local numbers = {}
  for n in (text_of(target) or ""):gmatch "%d+" do numbers[#numbers + 1] = tonumber(n) end
  if #numbers == 0 then return nil end
  local candidate = target.name:match "%-rc(%d+)"
  return { numbers[1], numbers[2] or 0, numbers[3] or 0, candidate and tonumber(candidate) or math.huge }
end

-- Of kernels that are closed, which are asked for each object.
local known_version = setmetatable({}, { __mode = "k" })

local function version_of(target)
  if type(target) ~= "table" then return read_version(target) end
  local known = known_version[target]
  if known == nil then
    known = read_version(target) or false
    known_version[target] = known
  end
  return known or nil
end

-- Below, at or above 0, as a is older than b, as old, or newer.
local function compare(a, b)
  for i = 1, 4 do
    if a[i] ~= b[i] then return a[i] < b[i] and -1 or 1 end
  end
  return 0
end

local function before(a, b)
  local order = compare(a.version, b.version)
  if order ~= 0 then return order < 0 end
  return a.place < b.place
end

-- Kernels are mostly given so.
local function is_sorted(entries)
  for i = 2, #entries do
    if before(entries[i], entries[i - 1]) then return false end
  end
  return true
end

--- The version by which a kernel is ordered, as text; nil when nothing tells one.
---@param target btfl.target
---@return string?
function series.version(target)
  local version = version_of(target)
  return version and table.concat(version, ".")
end

--- What a kernel is called where its series is known: "6.12.43", "7.1.0-rc2".
---@param target btfl.target
---@return string
function series.short(target)
  local text = text_of(target)
  local candidate = text and not text:find "%-rc%d" and target.name:match "%-rc%d+"
  return text and text .. (candidate or "") or target.name
end

-- What names do not tell apart is called by its architecture, too.
local function add_arches(lists)
  local count = {}
  for _, list in ipairs(lists) do count[list.name] = (count[list.name] or 0) + 1 end
  for _, list in ipairs(lists) do
    local arch = list[1].arch
    if count[list.name] > 1 and arch then list.name = list.name == "" and arch or list.name .. "-" .. arch end
  end
end

-- The kernels whose version is known, sorted, as entries; and the others, as they were given.
local function sorted(targets, version)
  local entries, others = {}, {}
  for place, target in ipairs(targets) do
    local is = version(target)
    if is then
      entries[#entries + 1] = { version = is, place = place, target = target }
    else
      others[#others + 1] = target
    end
  end
  if not is_sorted(entries) then table.sort(entries, before) end
  return entries, others
end

--- The kernels whose version is known, in lists by flavour, each from the oldest to the newest; all of them
--- in one such list; and the others, as they were given.
---@param targets btfl.target[]
---@return { name: string, [integer]: btfl.target }[]
---@return btfl.target[]
---@return btfl.target[]
function series.of(targets)
  local lists, by_key, all, entries, others = {}, {}, {}, sorted(targets, version_of)
  for i, entry in ipairs(entries) do
    local name = name_of(entry.target)
    local key = ("%s %s"):format(name, entry.target.arch)
    if not by_key[key] then
      by_key[key] = { name = name }
      lists[#lists + 1] = by_key[key]
    end
    table.insert(by_key[key], entry.target)
    all[i] = entry.target
  end
  add_arches(lists)
  table.sort(lists, function(a, b) return a.name < b.name end)
  return lists, all, others
end

--- All kernels from the oldest to the newest; behind them those whose version is not known.
---@param targets btfl.target[]
---@return btfl.target[]
function series.in_order(targets)
  local entries, others = sorted(targets, version_of)
  for i, entry in ipairs(entries) do entries[i] = entry.target end
  return table.move(others, 1, #others, #entries + 1, entries)
end

-- In the place of one that is not known.
local FIRST <const> = { 0, 0, 0, 0 }

--- The places of kernels in a list in another order, in which those that follow one another are alike: by
--- architecture, and by version within one.
---@param list { name: string, arch: string?, release: string? }[]
---@return integer[]
function series.alike_in_order(list)
  local places, arches, versions = {}, {}, {}
  for place, kernel in ipairs(list) do
    places[place] = place
    arches[place] = kernel.arch and engine.architecture(kernel.arch) or kernel.arch or ""
    versions[place] = { version = version_of(kernel) or FIRST, place = place }
  end
  table.sort(places, function(a, b)
    if arches[a] ~= arches[b] then return arches[a] < arches[b] end
    return before(versions[a], versions[b])
  end)
  return places
end

--- Kernels by their distance in releases from a target: older ones first, the nearest of each first; those of
--- no known version last, as they were given.
---@param target btfl.target
---@param list btfl.target[]
---@return btfl.target[]
function series.nearest_first(target, list)
  if #list < 2 then return list end
  local at, older, rest = version_of(target), {}, {}
  if not at then return list end
  local entries, others = sorted(list, version_of)
  for _, entry in ipairs(entries) do
    local is_older = compare(entry.version, at) < 0
    table.insert(is_older and older or rest, is_older and 1 or #rest + 1, entry.target)
  end
  table.move(rest, 1, #rest, #older + 1, older)
  return table.move(others, 1, #others, #older + 1, older)
end

--- Those of a list that are newer than one of two kernels and older than the other, the nearest to `from`
--- first; none where the version of one is not known.
---@param from btfl.target
---@param to btfl.target
---@param list btfl.target[]
---@return btfl.target[]
function series.between(from, to, list)
  local first, last, out = version_of(from), version_of(to), {}
  if not (first and last) then return out end
  local way = compare(last, first)
  for _, entry in ipairs((sorted(list, version_of))) do
    if compare(entry.version, first) == way and compare(last, entry.version) == way and way ~= 0 then
      table.insert(out, way > 0 and #out + 1 or 1, entry.target)
    end
  end
  return out
end

-- By name; false for none. Findings list the same few over and over.
local of_name = {}

local function version_of_name(name)
  local known = of_name[name]
  if known == nil then
    known = name:find(VERSION) and version_of { name = name } or false
    of_name[name] = known
  end
  return known
end

local function are_in_order(names)
  local last
  for _, name in ipairs(names) do
    local version = version_of_name(name)
    if not version or last and compare(version, last) < 0 then return false end
    last = version
  end
  return true
end

--- Names of kernels by the version that they tell; as they are when one tells none.
---@param names string[]
---@return string[] names itself where nothing is to be moved
function series.names_in_order(names)
  if are_in_order(names) then return names end
  local entries, others = sorted(names, version_of_name)
  if #others > 0 then return names end
  for i, entry in ipairs(entries) do entries[i] = entry.target end
  return entries
end

--- Runs of equal values in a list, nil left out: lists of their items, each with its value.
---@param list any[]
---@param value fun(item: any): any
---@return { value: any, [integer]: any }[]
function series.runs(list, value)
  local out = {}
  for _, item in ipairs(list) do
    local is, run = value(item), out[#out]
    if is ~= nil and run and run.value == is then
      run[#run + 1] = item
    elseif is ~= nil then
      out[#out + 1] = { value = is, item }
    end
  end
  return out
end

--- Such runs of kernels of one series, with what they begin and end with: `since`, what the first of those
--- is called that come after others, and `until_`, the last of those that others follow. There is neither
--- between kernels of one version: nobody knows their order.
---@param list btfl.target[]
---@param value fun(target: btfl.target): any
---@return { value: any, since: string?, until_: string?, [integer]: btfl.target }[]
function series.spells(list, value)
  local out = series.runs(list, value)
  for i = 2, #out do
    local old, new = out[i - 1], out[i]
    local last, first = old[#old], new[1]
    if series.version(last) ~= series.version(first) then
      old.until_, new.since = series.short(last), series.short(first)
    end
  end
  return out
end

local function facts_of(target)
  return { name = target.name, release = target.release, arch = target.arch, flavour = target.flavour,
    version = target.version and tostring(target.version) }
end

--- What is known of a kernel that its series and its place there follow from, to be kept when it is closed.
---@param target btfl.target
---@return { name: string, release: string?, version: string?, arch: string?, flavour: string? }
function series.facts(target)
  return engine.recall_unheard(facts_of, target)
end

--- "6.1.192" or "6.1.192 .. 6.16.3".
---@param targets btfl.target[]
---@return string
function series.span(targets)
  local first, last = series.short(targets[1]), series.short(targets[#targets])
  return first == last and first or first .. " .. " .. last
end

return series
