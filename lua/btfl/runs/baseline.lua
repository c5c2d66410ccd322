--- A baseline: what one run found, on which kernels, as a report that is read again: the failures are its
--- findings, kernels and objects its rows. What stays is the same line of the next one, wherever it is made.
local class = require "btfl.class"
local engine = require "btfl.engine"
local key_of = require "btfl.report.key"
local object_names = require "btfl.runs.object_names"
local read = require "btfl.report.read"
local report = require "btfl.report.report"
local text_file = require "btfl.runs.text_file"

local baseline = {}

---@class btfl.baseline
---@field path string
---@field btfl string the version that wrote it
---@field command string such as "check"
---@field kernels { name: string, digest: string }[]
---@field objects { name: string, digest: string }[]
---@field findings btfl.finding[]

-- What is kept of a finding: nothing that changes while it stays the same.
local KEPT = { "rule", "message", "program", "target", "subject", "fingerprint" }

local function sorted(list)
  if not list then return nil end
  list = table.move(list, 1, #list, 1, {})
  table.sort(list)
  return list
end

local function kept(finding, objects)
  local out, at, on = {}, finding.at, nil
  for _, name in ipairs(KEPT) do out[name] = finding[name] end
  for target, programs in pairs(finding.programs_on or {}) do
    on = on or {}
    on[target] = sorted(programs)
  end
  out.programs, out.targets, out.programs_on = sorted(finding.programs), sorted(finding.targets), on
  out.object = objects[finding.object] or finding.object
  out.at = class(at) == "btfl.line" and at.name or at
  return out
end

local function paths_of(list)
  local paths = {}
  for i, object in ipairs(list) do paths[i] = object.path end
  return paths
end

local function add_rows(out, what, list)
  table.sort(list, function(a, b) return key_of(a.name, a.digest) < key_of(b.name, b.digest) end)
  for _, one in ipairs(list) do out:row { what = what, name = one.name, digest = one.digest } end
end

--- The baseline of a report, as text. What is a note is no failure.
---@param found btfl.report
---@param kernels { name: string, digest: string }[] those that were looked at
---@param objects { path: string, digest: string }[]
---@return string
function baseline.text(found, kernels, objects)
  local out, called = report.new("baseline", { columns = { "what", "name", "digest" } }),
    object_names(paths_of(objects))
  out:summary { order = { "btfl", "command" }, btfl = engine.version, command = found.name,
    text = ("what `btfl %s` found, written by btfl %s"):format(found.name, engine.version) }
  local list = {}
  for i, object in ipairs(objects) do list[i] = { name = called[object.path], digest = object.digest } end
  add_rows(out, "kernel", table.move(kernels, 1, #kernels, 1, {}))
  add_rows(out, "object", list)
  for _, finding in ipairs(found.findings) do
    if finding.level ~= "note" then out[finding.level](out, kept(finding, called)) end
  end
  table.sort(out.findings, function(a, b)
    return key_of(a.object, a.rule, a.fingerprint) < key_of(b.object, b.rule, b.fingerprint)
  end)
  return out:render "json"
end

local ROWS = { kernel = "kernels", object = "objects" }

local function check_findings(list, refuse)
  for i, finding in ipairs(list) do
    local print = finding.fingerprint
    if not (print and print:find "^%x+:%d+$") then refuse(("finding %d has no fingerprint"):format(i)) end
  end
end

--- The baseline of a text. Raises what is wrong with it.
---@param text string
---@param path string of its file
---@return btfl.baseline
function baseline.parse(text, path)
  local function refuse(why) engine.input_error(path, "no baseline that btfl wrote: " .. why) end
  local found = read(text, path)
  local about = found.summaries[1] or {}
  if found.name ~= "baseline" then refuse(("it is a report of `%s`"):format(found.name)) end
  if type(about.btfl) ~= "string" or type(about.command) ~= "string" then
    refuse "it does not say what wrote it"
  end
  local out = { path = path, btfl = about.btfl, command = about.command, kernels = {}, objects = {},
    findings = found.findings }
  for i, row in ipairs(found.rows) do
    local list = out[ROWS[row.what] or ""]
    if not list or type(row.name) ~= "string" or type(row.digest) ~= "string" then
      refuse(("row %d is no kernel and no object"):format(i))
    end
    table.insert(list, { name = row.name, digest = row.digest })
  end
  check_findings(out.findings, refuse)
  return out
end

--- Reads one. Raises what is wrong with the file.
---@param path string
---@return btfl.baseline
function baseline.read(path)
  return baseline.parse(text_file(path), path)
end

return baseline
