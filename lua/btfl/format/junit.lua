--- junit: XML for test runners: a suite for each object and kernel, a case for each finding on it, one
--- case that passes where there is none.
local class = require "btfl.class"
local frame = require "btfl.report.frame"
local names = require "btfl.report.names"
local source_path = require "btfl.report.source_path"
local terminal = require "btfl.report.terminal"

local ENTITIES = { ["&"] = "&amp;", ["<"] = "&lt;", [">"] = "&gt;", ['"'] = "&quot;", ["'"] = "&apos;" }

-- Text that XML may hold: no control characters, no bytes that are no UTF-8, no U+FFFE and U+FFFF.
local function xml(text)
  text = terminal.escape(tostring(text))
  text = text:gsub("\xef\xbf\xbe", "\\ufffe"):gsub("\xef\xbf\xbf", "\\uffff")
  return (text:gsub("[&<>\"']", ENTITIES))
end

local function xml_lines(text)
  local lines = {}
  for line in (text .. "\n"):gmatch("(.-)\n") do lines[#lines + 1] = xml(line) end
  return table.concat(lines, "\n")
end

local function attributes(list)
  local out = {}
  for i, pair in ipairs(list) do out[i] = (' %s="%s"'):format(pair[1], xml(pair[2])) end
  return table.concat(out)
end

-- The suites in order, each with its findings; those of the summary come first.
local function suites_of(report)
  local suites, by_name = {}, {}
  local function suite(object, target)
    local name = object and target and ("%s on %s"):format(source_path.shown(tostring(object)), target)
      or tostring(object or target or report.name)
    if not by_name[name] then
      by_name[name] = { name = name, findings = {} }
      suites[#suites + 1] = by_name[name]
    end
    return by_name[name].findings
  end
  for _, facts in ipairs(report.summaries) do
    if facts.object and facts.target then suite(facts.object, facts.target) end
  end
  for _, finding in ipairs(report.findings) do
    local targets = names.targets(finding)
    for i = 1, math.max(1, #targets) do
      table.insert(suite(finding.object, targets[i]), finding)
    end
  end
  return suites
end

local function put_case(out, report, finding)
  local programs, at = names.programs(finding), finding.at
  local title = { finding.rule }
  local access = finding.details and finding.details.access
  if access then title[2] = tostring(access) end
  if at then title[#title + 1] = "at " .. source_path.shown(tostring(at)) end
  local list = { { "name", table.concat(title, " ") },
    { "classname", programs[1] and names.some(programs) or report.name } }
  if class(at) == "btfl.line" then
    list[3], list[4] = { "file", source_path.relative(at.file) }, { "line", at.line }
  end
  out[#out + 1] = ("    <testcase%s>"):format(attributes(list))
  local body = xml_lines(frame(finding, terminal.painter(false)))
  if finding.level == "error" then
    out[#out + 1] = ("      <failure%s>%s</failure>"):format(
      attributes { { "message", finding.message }, { "type", finding.rule } }, body)
  else
    out[#out + 1] = ("      <system-out>%s</system-out>"):format(body)
  end
  out[#out + 1] = "    </testcase>"
end

local function put_suite(out, report, suite)
  local failures = 0
  for _, finding in ipairs(suite.findings) do
    if finding.level == "error" then failures = failures + 1 end
  end
  local tests = math.max(1, #suite.findings)
  out[#out + 1] = ("  <testsuite%s>"):format(attributes {
    { "name", suite.name }, { "tests", tests }, { "failures", failures }, { "errors", 0 },
    { "skipped", 0 } })
  for _, finding in ipairs(suite.findings) do put_case(out, report, finding) end
  if #suite.findings == 0 then
    out[#out + 1] = ("    <testcase%s/>"):format(attributes {
      { "name", "nothing found" }, { "classname", report.name } })
  end
  out[#out + 1] = "  </testsuite>"
  return tests, failures
end

-- Inputs that could not be read.
local function put_failures(out, report)
  local count = #report.failures
  if count == 0 then return 0 end
  out[#out + 1] = ("  <testsuite%s>"):format(attributes {
    { "name", "inputs" }, { "tests", count }, { "failures", 0 }, { "errors", count }, { "skipped", 0 } })
  for i, failure in ipairs(report.failures) do
    out[#out + 1] = ("    <testcase%s><error%s/></testcase>"):format(
      attributes { { "name", "input " .. i }, { "classname", report.name } },
      attributes { { "message", failure }, { "type", "input" } })
  end
  out[#out + 1] = "  </testsuite>"
  return count
end

---@param report btfl.report
---@return string
return function(report)
  local out, tests, failures = {}, 0, 0
  for _, suite in ipairs(suites_of(report)) do
    local t, f = put_suite(out, report, suite)
    tests, failures = tests + t, failures + f
  end
  local errors = put_failures(out, report)
  return ('<?xml version="1.0" encoding="UTF-8"?>\n<testsuites%s>\n%s</testsuites>\n'):format(
    attributes { { "name", "btfl " .. report.name }, { "tests", tests + errors }, { "failures", failures },
      { "errors", errors } },
    #out > 0 and table.concat(out, "\n") .. "\n" or "")
end
