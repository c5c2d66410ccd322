--- junit: XML for test runners: a suite for each object and kernel, a case for each finding on it, one
--- case that passes where there is none; of a matrix a suite for each column, a case for each kernel.
---
--- It keeps the rules of both schemas in use, of the Ant task and of Jenkins, and so has elements and
--- attributes that mean nothing here. Warnings and notes are cases that pass; what they say is the output of
--- the suite. Jenkins drops one of two suites of a name, so names tell the command, too.
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

local function framed(finding) return frame(finding, terminal.painter(false)) end

-- "no-field task_struct.state at exec.bpf.c:92:2"
local function title_of(finding)
  local title, access = { finding.rule }, finding.details and finding.details.access
  if access then title[2] = tostring(access) end
  if finding.at then title[#title + 1] = "at " .. source_path.shown(tostring(finding.at)) end
  return table.concat(title, " ")
end

-- A finding as a case of a suite.
local function add_finding(report, suite, finding)
  local programs = names.programs(finding)
  local case = { name = title_of(finding), class = programs[1] and names.some(programs) or report.name }
  if finding.level == "error" then
    case.kind, case.message, case.type, case.body = "failure", finding.message, finding.rule, framed(finding)
  else
    table.insert(suite.out, framed(finding))
  end
  table.insert(suite.cases, case)
end

-- The suites in order; those of the summary come first.
local function suites_of(report)
  local suites, by_name = {}, {}
  local function suite(object, target)
    local name = object and target and ("%s on %s"):format(source_path.shown(tostring(object)), target)
      or tostring(object or target or "")
    if not by_name[name] then
      by_name[name] = { name = name, cases = {}, out = {} }
      suites[#suites + 1] = by_name[name]
    end
    return by_name[name]
  end
  for _, facts in ipairs(report.summaries) do
    if facts.object and facts.target then suite(facts.object, facts.target) end
  end
  for _, finding in ipairs(report.findings) do
    local targets = names.targets(finding)
    for i = 1, math.max(1, #targets) do add_finding(report, suite(finding.object, targets[i]), finding) end
  end
  for _, one in ipairs(suites) do
    if #one.cases == 0 then one.cases[1] = { name = "nothing found", class = report.name } end
  end
  return suites
end

-- What the first kernel of a case says; it fails where a finding is an error, as the exit status does.
local function verdict_of(suite, case)
  local states = require "btfl.matrix.states"
  local errors = {}
  for _, finding in ipairs(case.findings) do
    table.insert(finding.level == "error" and errors or suite.out, framed(finding))
  end
  local kind = case.failures and "error" or #errors > 0 and "failure"
    or case.state == "not-applicable" and "skipped" or nil
  return { kind = kind, type = case.state, message = case.reason or states.of(case.state).about,
    body = table.concat(case.failures or errors, "\n\n") }
end

-- A suite for each column of a matrix; what a case says stands at the first of its kernels.
local function suites_of_matrix(matrix)
  local suites = {}
  for i, column in ipairs(matrix.columns) do
    local suite, first = { name = column.label, cases = {}, out = {} }, {}
    for row, label in ipairs(matrix.labels) do
      local case = column.at[row]
      local said = case and (first[case] or verdict_of(suite, case))
      if said then
        local body = first[case] and said.body ~= "" and "as on " .. said.name or said.body
        local own = { name = label, class = column.label, kind = said.kind, type = said.type,
          message = said.message, body = body }
        first[case] = first[case] or own
        table.insert(suite.cases, own)
      end
    end
    suites[i] = suite
  end
  return suites
end

-- Inputs that could not be read.
local function inputs_of(report)
  local suite = { name = "inputs", cases = {}, out = {} }
  for i, failure in ipairs(report.failures) do
    suite.cases[i] = { name = "input " .. i, class = report.name, kind = "error", type = "input",
      message = failure, body = "" }
  end
  return suite
end

local function put_case(out, case)
  local start = ("    <testcase%s"):format(attributes {
    { "name", case.name }, { "classname", case.class }, { "time", 0 } })
  if not case.kind then
    out[#out + 1] = start .. "/>"
    return
  end
  local list = { { "message", case.message } }
  if case.kind ~= "skipped" then list[2] = { "type", case.type } end
  out[#out + 1] = start .. ">"
  out[#out + 1] = ("      <%s%s>%s</%s>"):format(case.kind, attributes(list), xml_lines(case.body), case.kind)
  out[#out + 1] = "    </testcase>"
end

-- Elements and attributes that one of the schemas demands.
local function put_suite(out, report, suite, id, time)
  local count = { failure = 0, error = 0, skipped = 0 }
  for _, case in ipairs(suite.cases) do
    if case.kind then count[case.kind] = count[case.kind] + 1 end
  end
  out[#out + 1] = ("  <testsuite%s>"):format(attributes {
    { "package", "btfl" }, { "id", id },
    { "name", ("btfl %s%s"):format(report.name, suite.name ~= "" and ": " .. suite.name or "") },
    { "timestamp", time }, { "hostname", "localhost" }, { "tests", #suite.cases },
    { "failures", count.failure }, { "errors", count.error }, { "skipped", count.skipped }, { "time", 0 } })
  out[#out + 1] = "    <properties/>"
  for _, case in ipairs(suite.cases) do put_case(out, case) end
  out[#out + 1] = ("    <system-out>%s</system-out>"):format(xml_lines(table.concat(suite.out, "\n\n")))
  out[#out + 1] = "    <system-err/>"
  out[#out + 1] = "  </testsuite>"
end

-- One for all that a run renders: a report that is rendered twice is the same twice.
local NOW = os.time()

-- The run's time, or what the variable says for output that is to be the same again.
local function timestamp()
  local epoch = math.tointeger(tonumber(os.getenv "SOURCE_DATE_EPOCH" or ""))
  local ok, text = pcall(os.date, "!%Y-%m-%dT%H:%M:%S", epoch or NOW)
  return ok and #text == 19 and text or os.date("!%Y-%m-%dT%H:%M:%S", NOW)
end

---@param report btfl.report
---@return string
return function(report)
  local suites = report.matrix and suites_of_matrix(require "btfl.matrix.layout".of(report.matrix))
    or suites_of(report)
  if #report.failures > 0 then suites[#suites + 1] = inputs_of(report) end
  local out, time = { '<?xml version="1.0" encoding="UTF-8"?>', "<testsuites>" }, timestamp()
  for i, suite in ipairs(suites) do put_suite(out, report, suite, i - 1, time) end
  out[#out + 1] = "</testsuites>\n"
  return table.concat(out, "\n")
end
