--- junit: XML for test runners: a suite for each object and kernel, a case for each finding on it, one
--- case that passes where there is none; of a matrix a suite for each column, a case for each kernel.
---
--- It keeps the rules of both schemas in use, of the Ant task and of Jenkins, and so has elements and
--- attributes that mean nothing here. Warnings and notes are cases that pass; what they say is the output of
--- the suite. Jenkins drops one of two suites of a name, so names tell the command, too.
local frame = require "btfl.report.frame"
local names = require "btfl.report.names"
local pieces = require "btfl.report.pieces"
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

-- A finding as a case of suites, and what it says that is no failure.
local function case_of(report, finding)
  local programs = names.programs(finding)
  local case = { name = title_of(finding), class = programs[1] and names.some(programs) or report.name }
  local body = framed(finding)
  if finding.level ~= "error" then return case, body end
  case.kind, case.message, case.type, case.body = "failure", finding.message, finding.rule, body
  return case
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
    local targets, case, said = names.targets(finding), case_of(report, finding)
    for i = 1, math.max(1, #targets) do
      local own = suite(finding.object, targets[i])
      table.insert(own.cases, case)
      table.insert(own.out, said)
    end
  end
  for _, one in ipairs(suites) do
    one.cases[1] = one.cases[1] or { name = "nothing found", class = report.name }
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
  if not case.kind then return out:add(start .. "/>\n") end
  local list = { { "message", case.message } }
  if case.kind ~= "skipped" then list[2] = { "type", case.type } end
  out:add(start .. ">\n")
  out:add(("      <%s%s>%s</%s>\n"):format(case.kind, attributes(list), xml_lines(case.body), case.kind))
  out:add "    </testcase>\n"
end

-- Elements and attributes that one of the schemas demands.
local function put_suite(out, report, suite, id, time)
  local count = { failure = 0, error = 0, skipped = 0 }
  for _, case in ipairs(suite.cases) do
    if case.kind then count[case.kind] = count[case.kind] + 1 end
  end
  out:add(("  <testsuite%s>\n"):format(attributes {
    { "package", "btfl" }, { "id", id },
    { "name", ("btfl %s%s"):format(report.name, suite.name ~= "" and ": " .. suite.name or "") },
    { "timestamp", time }, { "hostname", "localhost" }, { "tests", #suite.cases },
    { "failures", count.failure }, { "errors", count.error }, { "skipped", count.skipped }, { "time", 0 } }))
  out:add "    <properties/>\n"
  for _, case in ipairs(suite.cases) do put_case(out, case) end
  out:add(("    <system-out>%s</system-out>\n"):format(xml_lines(table.concat(suite.out, "\n\n"))))
  out:add "    <system-err/>\n  </testsuite>\n"
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
---@param options? btfl.render.options
---@return string
return function(report, options)
  local suites = report.matrix and suites_of_matrix(require "btfl.matrix.layout".of(report.matrix))
    or suites_of(report)
  if #report.failures > 0 then suites[#suites + 1] = inputs_of(report) end
  local out, time = pieces(options), timestamp()
  out:add '<?xml version="1.0" encoding="UTF-8"?>\n<testsuites>\n'
  for i, suite in ipairs(suites) do put_suite(out, report, suite, i - 1, time) end
  out:add "</testsuites>\n"
  return out:rest()
end
