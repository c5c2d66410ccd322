--- The rules of the published SARIF 2.1.0 schema for what btfl writes, and what the text of the standard
--- adds: which properties an object may have, which it must have, and what they hold. Any property that
--- is not listed is refused, as the schema does (additionalProperties: false).

local sarif = {}

local check

local function fail(path, message, ...)
  error(path .. ": " .. message:format(...), 0)
end

local function is_array(value)
  local meta = getmetatable(value)
  return type(value) == "table" and meta ~= nil and meta.__jsontype == "array"
end

local function string_of(pattern)
  return function(value, path)
    if type(value) ~= "string" then fail(path, "no string") end
    if not utf8.len(value) then fail(path, "no UTF-8") end
    if pattern and not value:find(pattern) then fail(path, "%q is not of the form %s", value, pattern) end
  end
end

local function integer_from(least)
  return function(value, path)
    if math.type(value) ~= "integer" or value < least then fail(path, "no integer from %d", least) end
  end
end

local function boolean(value, path)
  if type(value) ~= "boolean" then fail(path, "no boolean") end
end

local function one_of(...)
  local set = {}
  for _, word in ipairs { ... } do set[word] = true end
  return function(value, path)
    if not set[value] then fail(path, "%s is none of the words", tostring(value)) end
  end
end

local function array_of(item, least)
  return function(value, path)
    if not is_array(value) then fail(path, "no array") end
    if #value < (least or 0) then fail(path, "fewer than %d items", least) end
    for i, v in ipairs(value) do check(item, v, ("%s[%d]"):format(path, i - 1)) end
  end
end

local function map_of(item)
  return function(value, path)
    if type(value) ~= "table" or is_array(value) then fail(path, "no object") end
    for name, v in pairs(value) do check(item, v, path .. "." .. name) end
  end
end

-- A relative URI, or an absolute one with a scheme; its characters and escapes.
local function uri_reference(value, path)
  string_of()(value, path)
  if not value:gsub("%%%x%x", ""):find("^[%w%-._~:/?#%[%]@!$&'()*+,;=]*$") then
    fail(path, "%q is no URI reference", value)
  end
  local first = value:match("^[^/?#]*")
  if first:find(":") and not first:find("^%a[%w+.-]*:") then fail(path, "%q starts with no scheme", value) end
end

local text = string_of()
local message = { required = { "text" }, text = string_of "." }

local SCHEMA = {}

SCHEMA.artifactLocation = { required = {}, uri = uri_reference, uriBaseId = text, description = message,
  index = integer_from(-1) }
SCHEMA.region = { required = {}, startLine = integer_from(1), startColumn = integer_from(1),
  endLine = integer_from(1), endColumn = integer_from(1), snippet = { required = {}, text = text } }
SCHEMA.location = { required = {},
  physicalLocation = { required = { "artifactLocation" }, artifactLocation = SCHEMA.artifactLocation,
    region = SCHEMA.region },
  logicalLocations = array_of { required = {}, name = text, fullyQualifiedName = text, kind = text } }
SCHEMA.result = { required = { "message" }, ruleId = text, ruleIndex = integer_from(-1),
  level = one_of("none", "note", "warning", "error"), message = message,
  locations = array_of(SCHEMA.location), partialFingerprints = map_of(text), properties = map_of(function() end) }
SCHEMA.rule = { required = { "id" }, id = text, shortDescription = message, fullDescription = message,
  help = message }
SCHEMA.run = { required = { "tool", "results" },
  tool = { required = { "driver" }, driver = { required = { "name" }, name = text, version = text,
    rules = array_of(SCHEMA.rule) } },
  invocations = array_of { required = { "executionSuccessful" }, executionSuccessful = boolean,
    exitCode = integer_from(0), toolExecutionNotifications = array_of { required = { "message" },
      message = message, level = one_of("none", "note", "warning", "error") } },
  originalUriBaseIds = map_of(SCHEMA.artifactLocation),
  columnKind = one_of("utf16CodeUnits", "unicodeCodePoints"), results = array_of(SCHEMA.result) }
SCHEMA.log = { required = { "version", "runs" }, ["$schema"] = string_of "^https://.*sarif.*2%.1%.0.*%.json$",
  version = one_of "2.1.0", runs = array_of(SCHEMA.run, 1) }

function check(rule, value, path)
  if type(rule) == "function" then return rule(value, path) end
  if type(value) ~= "table" or is_array(value) then fail(path, "no object") end
  for _, name in ipairs(rule.required) do
    if value[name] == nil then fail(path, "has no %s", name) end
  end
  for name, v in pairs(value) do
    local inner = name ~= "required" and rule[name]
    if not inner then fail(path, "may not have %s", name) end
    check(inner, v, path .. "." .. name)
  end
end

-- What the text of the standard demands beyond the schema, and code scanning of it.
local function check_run(run, path)
  local rules, prints = run.tool.driver.rules or {}, {}
  local ids = {}
  for i, rule in ipairs(rules) do
    if ids[rule.id] then fail(path, "two rules %s", rule.id) end
    ids[rule.id] = i - 1
  end
  for i, result in ipairs(run.results) do
    local at = ("%s.results[%d]"):format(path, i - 1)
    if ids[result.ruleId] ~= result.ruleIndex then fail(at, "ruleIndex is not that of ruleId") end
    if result.locations and #result.locations > 1 then fail(at, "several locations") end
    for _, location in ipairs(result.locations or {}) do
      local physical = location.physicalLocation
      local artifact, region = physical and physical.artifactLocation or {}, physical and physical.region
      if artifact.uriBaseId then
        if not run.originalUriBaseIds[artifact.uriBaseId] then fail(at, "unknown uriBaseId") end
        if artifact.uri:find("^/") or artifact.uri:find("^%a[%w+.-]*:") then fail(at, "the URI is not relative") end
      end
      if region and region.endColumn and region.endColumn <= region.startColumn then fail(at, "an empty region") end
      if region and region.startColumn and not region.startLine then fail(at, "a column without line") end
    end
    for name, print in pairs(result.partialFingerprints or {}) do
      if prints[name .. print] then fail(at, "a fingerprint appears twice") end
      prints[name .. print] = true
    end
  end
end

--- Raises with the place and what is wrong, unless a decoded log keeps the rules.
---@param log table
function sarif.check(log)
  check(SCHEMA.log, log, "log")
  for i, run in ipairs(log.runs) do check_run(run, ("log.runs[%d]"):format(i - 1)) end
end

return sarif
