--- github: workflow commands, which GitHub Actions shows at the line of a pull request.
local class = require "btfl.class"
local names = require "btfl.report.names"
local source_path = require "btfl.report.source_path"
local underline = require "btfl.report.underline"
local terminal = require "btfl.report.terminal"

local COMMAND = { error = "error", warning = "warning", note = "notice" }

local function data(text)
  return (text:gsub("[%%\r\n]", { ["%"] = "%25", ["\r"] = "%0D", ["\n"] = "%0A" }))
end

local function property(text)
  return (data(text):gsub("[:,]", { [":"] = "%3A", [","] = "%2C" }))
end

local function command(name, properties, lines)
  local parts = {}
  for _, p in ipairs(properties) do
    parts[#parts + 1] = ("%s=%s"):format(p[1], property(terminal.escape(tostring(p[2]))))
  end
  for i, line in ipairs(lines) do lines[i] = terminal.escape(tostring(line)) end
  return ("::%s%s::%s\n"):format(name, #parts > 0 and " " .. table.concat(parts, ",") or "",
    data(table.concat(lines, "\n")))
end

local function location(finding)
  local at = finding.at
  if class(at) ~= "btfl.line" then
    local file = at or finding.object
    return file and { { "file", source_path.relative(tostring(file)) } } or {}
  end
  local out = { { "file", source_path.relative(at.file) } }
  if at.line > 0 then
    out[2] = { "line", at.line }
    local first, last = underline(finding)
    if first then
      out[3], out[4] = { "col", first }, { "endColumn", last + 1 }
    end
  end
  return out
end

local function lines_of(finding)
  local lines = { finding.message }
  local kernels = names.kernels(finding)
  if kernels then lines[2] = "on " .. kernels end
  for _, note in ipairs(finding.notes or {}) do lines[#lines + 1] = note end
  for _, help in ipairs(finding.help or {}) do lines[#lines + 1] = "help: " .. tostring(help) end
  return lines
end

---@param report btfl.report
---@return string
return function(report)
  local out = {}
  for i, finding in ipairs(report.findings) do
    local properties = location(finding)
    properties[#properties + 1] = { "title", ("btfl %s: %s"):format(report.name, finding.rule) }
    out[i] = command(COMMAND[finding.level] or "error", properties, lines_of(finding))
  end
  for _, failure in ipairs(report.failures) do
    out[#out + 1] = command("error", { { "title", "btfl " .. report.name } }, { failure })
  end
  return table.concat(out)
end
