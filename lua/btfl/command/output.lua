--- Prints a report the way the command line asks: its format, its file, its colours.
local cli = require "btfl.command.cli"
local engine = require "btfl.engine"
local host = require "btfl.command.host"
local inputs = require "btfl.command.inputs"
local terminal = require "btfl.report.terminal"

local output = {}

local function wants_color(args)
  if args.color ~= "auto" then return args.color == "always" end
  local no_color = os.getenv("NO_COLOR")
  if no_color and no_color ~= "" or args.output then return false end
  return os.getenv("TERM") ~= "dumb" and engine.isatty(1)
end

-- Bytes that GitHub takes of what a step writes to the file that this variable names.
local SUMMARY, SUMMARY_FILE = 1 << 20, "GITHUB_STEP_SUMMARY"

-- How many are left for what goes to a file, or to standard output; nil where it is no such file.
local function room_of(path)
  local summary = os.getenv(SUMMARY_FILE) or ""
  if not engine.same_file(path or "/dev/stdout", summary) then return nil end
  local file <close> = not path and io.open(summary) or nil
  return math.max(0, SUMMARY - (file and file:seek "end" or 0))
end

-- A TSV table has no place for findings; they must not be lost.
local function print_findings(report, current)
  for _, finding in ipairs(report.findings) do
    local at = finding.at or finding.object
    if not current.args.quiet or finding.level == "error" then
      io.stderr:write(terminal.escape(("%s: %s%s[%s]: %s"):format(current.name,
        at and tostring(at) .. ": " or "", finding.level, finding.rule, finding.message)), "\n")
    end
  end
end

local function write(text)
  local ok, reason = io.stdout:write(text)
  if ok then ok, reason = io.stdout:flush() end
  if not ok then host.usage("standard output: %s", reason) end
end

-- Whether what was found stands in no output.
local function is_tsv_alone(args)
  for _, one in ipairs(args.files) do
    if one.format ~= "tsv" then return false end
  end
  return args.format == nil or args.format == "tsv"
end

-- A file with the report in a format, which is in its place when it is done.
local function file_with(report, path, format, options)
  local file = engine.new_file(path)
  options.put = function(text) file:put(text) end
  file:put(report:render(format, options))
  return file
end

-- What the files hold that the script has not written itself.
local function files_with(report, args)
  local files = {}
  for _, one in ipairs(args.files) do
    engine.refuse_input(one.file)
    if not one.done then
      files[#files + 1] = file_with(report, one.file, one.format, { color = args.color == "always",
        room = room_of(one.file), quiet = args.quiet })
    end
  end
  return files
end

-- Adds what became of the inputs. What could not be done is told as soon as that is known, and once.
local function add_inputs(report, current)
  local failures = report.failures
  report.failures = {}
  for _, message in ipairs(failures) do current:failure(message) end
  for _, message in ipairs(current.failures) do report:failure(message) end
  report:append(inputs.remarks(current))
end

--- Prints the report; its status is then the exit status. Where a part was written in its place, only what
--- could not be read makes that.
---@param report btfl.report
function output.emit(report)
  local current = cli.current
  local args = current and current.args or { format = "text", color = "auto", files = {} }
  if current and rawget(current, "is_part") then
    for _, message in ipairs(current.failures) do report:failure(message) end
    return
  elseif current then
    add_inputs(report, current)
    if current.project or args.fail_on then require("btfl.project.judge").settle(report, current) end
    if args.baseline or args.write_baseline then require("btfl.runs.judge").settle(report, current) end
  end
  local is_wanted = args.format and not args.done
  local options = { color = wants_color(args), quiet = args.quiet,
    width = not args.output and terminal.window() or nil, room = room_of(args.output) }
  -- They are written before standard output, whose reader may go away, and none where one of them may not be.
  local files = files_with(report, args)
  if is_wanted and args.output then
    files[#files + 1] = file_with(report, args.output, args.format, options)
  end
  for _, file in ipairs(files) do file:done() end
  if is_wanted and not args.output then
    options.put = write
    write(report:render(args.format, options))
  end
  if is_tsv_alone(args) and report.columns then print_findings(report, current) end
end

--- The exit status of a script that returned no report: 2 when one of its inputs could not be read, and at
--- least 1 when a pair could not be compared.
---@param status integer
---@return integer
function output.status(status)
  local current = cli.current
  if not current then return status end
  for _, one in ipairs(current.args.files) do
    if not one.done then host.usage("there is no report to write to %s", one.file) end
  end
  local remarks = inputs.remarks(current)
  print_findings(remarks, current)
  return #current.failures > 0 and 2 or math.max(status, remarks.status)
end

return output
