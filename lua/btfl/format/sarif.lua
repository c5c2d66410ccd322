--- sarif: SARIF 2.1.0, for code scanning: rules with their help, results with place and fingerprint.
local class = require "btfl.class"
local engine = require "btfl.engine"
local fingerprint = require "btfl.report.fingerprint"
local json = require "btfl.report.json"
local names = require "btfl.report.names"
local reasons = require "btfl.diagnose.reasons"
local source_path = require "btfl.report.source_path"
local underline = require "btfl.report.underline"

local SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"

local LEVELS = { error = "error", warning = "warning", note = "note" }

local function text(value)
  return { text = tostring(value) }
end

-- What is neither a letter nor plain punctuation is percent-encoded, so that any name is a URI.
local function encoded(path)
  return (path:gsub("[^%w%-._~/]", function(char) return ("%%%02X"):format(char:byte()) end))
end

local function artifact(path)
  path = source_path.relative(path)
  if path:sub(1, 1) == "/" then return { uri = "file://" .. encoded(path) } end
  return { order = { "uri", "uriBaseId" }, uri = encoded(path), uriBaseId = "SRCROOT" }
end

-- Columns count characters from 1.
local function column(line_text, byte)
  return (utf8.len(line_text:sub(1, byte - 1)) or byte - 1) + 1
end

local function region(finding)
  local at = finding.at
  if at.line < 1 then return nil end
  local out = { order = { "startLine", "startColumn", "endColumn", "snippet" }, startLine = at.line }
  local first, last = underline(finding)
  if first then
    out.startColumn, out.endColumn = column(at.text, first), column(at.text, last + 1)
    -- A column in the middle of a character still has a width.
    out.endColumn = math.max(out.endColumn, out.startColumn + 1)
  end
  if at.text ~= "" then out.snippet = text(at.text) end
  return out
end

local function logical(finding)
  local out = {}
  for i, program in ipairs(names.programs(finding)) do
    out[i] = { order = { "name", "fullyQualifiedName", "kind" }, name = program, kind = "function",
      fullyQualifiedName = finding.object and ("%s:%s"):format(finding.object, program) or program }
  end
  return #out > 0 and out or nil
end

local function location(finding)
  local at, out = finding.at, { order = { "physicalLocation", "logicalLocations" } }
  if class(at) == "btfl.line" then
    out.physicalLocation = { order = { "artifactLocation", "region" },
      artifactLocation = artifact(at.file), region = region(finding) }
  elseif at or finding.object then
    out.physicalLocation = { artifactLocation = artifact(tostring(at or finding.object)) }
  end
  out.logicalLocations = logical(finding)
  return (out.physicalLocation or out.logicalLocations) and { out } or nil
end

local function message_of(finding)
  local lines = { finding.message }
  local kernels = names.kernels(finding)
  if kernels then lines[2] = "On " .. kernels .. "." end
  for _, note in ipairs(finding.notes or {}) do lines[#lines + 1] = tostring(note) end
  for _, help in ipairs(finding.help or {}) do lines[#lines + 1] = "Help: " .. tostring(help) end
  return table.concat(lines, "\n")
end

local function properties_of(finding)
  local targets, shapes = names.targets(finding), finding.shapes or { finding.shape }
  return { order = { "object", "targets", "shapes", "fine", "history", "count", "details" },
    object = finding.object,
    targets = #targets > 0 and targets or nil, shapes = #shapes > 0 and shapes or nil, fine = finding.fine,
    history = finding.history, count = finding.count, details = finding.details }
end

local function result_of(finding, index, print)
  return {
    order = { "ruleId", "ruleIndex", "level", "message", "locations", "partialFingerprints", "properties" },
    ruleId = finding.rule, ruleIndex = index, level = LEVELS[finding.level],
    message = text(message_of(finding)), locations = location(finding),
    partialFingerprints = { ["btflFinding/v2"] = print },
    properties = properties_of(finding),
  }
end

local function rule_of(code)
  local out = { order = { "id", "shortDescription", "fullDescription", "help" }, id = code }
  local doc = reasons[code]
  if doc then
    out.shortDescription = text(doc.title)
    out.fullDescription = text(doc.text)
    out.help = text(doc.text .. "\n\n" .. doc.todo)
  end
  return out
end

-- The rules that were found, in order, and the index of each.
local function rules_of(report)
  local rules, index = {}, {}
  for _, finding in ipairs(report.findings) do
    local code = finding.rule
    if not index[code] then
      index[code] = #rules
      rules[#rules + 1] = rule_of(code)
    end
  end
  return rules, index
end

local function list(values)
  local out = {}
  for i, value in ipairs(values) do out[i] = json.value(value) end
  return setmetatable(out, { __jsontype = "array" })
end

local function invocation(report)
  local notes = {}
  for i, failure in ipairs(report.failures) do
    notes[i] = { order = { "level", "message" }, level = "error", message = text(failure) }
  end
  return { order = { "executionSuccessful", "exitCode", "toolExecutionNotifications" },
    executionSuccessful = report.status < 2, exitCode = report.status,
    toolExecutionNotifications = #notes > 0 and notes or nil }
end

---@param report btfl.report
---@return string
return function(report)
  local rules, index = rules_of(report)
  local results, prints = {}, fingerprint.list(report.findings)
  for i, finding in ipairs(report.findings) do
    results[i] = json.encode(json.value(result_of(finding, index[finding.rule], prints[i])))
  end
  local function member(name, value)
    return ("%s:%s"):format(json.encode(name), json.encode(value))
  end
  local driver = { member("name", "btfl"), member("version", engine.version), member("rules", list(rules)) }
  local run = {
    ('"tool":{"driver":{%s}}'):format(table.concat(driver, ",")),
    member("invocations", list { invocation(report) }),
    member("originalUriBaseIds", json.object { SRCROOT = { description = text "the top of the sources" } }),
    member("columnKind", "unicodeCodePoints"),
    ('"results":[%s]'):format(#results > 0 and "\n" .. table.concat(results, ",\n") .. "\n" or ""),
  }
  return ('{"$schema":%s,\n"version":"2.1.0",\n"runs":[{%s}]}\n'):format(json.encode(SCHEMA),
    table.concat(run, ",\n"))
end
