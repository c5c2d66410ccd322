--- A part of a run, as --shard writes it, in lines of JSON: the run and which part of it; what was found on
--- its kernels, which cells.lua or pieces.lua write and read; the count and digest of all that.
local engine = require "btfl.engine"
local exact = require "btfl.runs.exact"
local fields = require "btfl.project.fields"
local is = require "btfl.runs.is"
local told = require "btfl.command.told"

local part = {}

-- Of the form of parts: another one cannot be read.
local FORM = 2

--- The first and the last of so many kernels that shard i of n has: the last is before the first where there
--- are more shards than kernels.
---@param shard { i: integer, n: integer }
---@param count integer
---@return integer first
---@return integer last
function part.block(shard, count)
  return (shard.i - 1) * count // shard.n + 1, shard.i * count // shard.n
end

---@class btfl.runs.run what a part says of its run
---@field btfl string
---@field command string such as "check"
---@field shard { i: integer, n: integer }
---@field objects { path: string, digest: string }[]
---@field programs { name: string }[] of the objects, where there is a project file
---@field kernels string[] the paths of all that the run has, in order
---@field told string[][] what was told while kernels were looked for
---@field inputs { obj: string[], target: any[] } as the command line or the project file names them
---@field policy string? the digest of the file that is the policy
---@field options table<string, any>

--- The text of a part.
---@param run btfl.runs.run
---@param lines any[] what was found, each a line
---@return string
function part.text(run, lines)
  local out = { exact.encode { part = FORM, run = run } }
  for i, line in ipairs(lines) do out[i + 1] = exact.encode(line) end
  local text = table.concat(out, "\n") .. "\n"
  return ("%s%s\n"):format(text, exact.encode { lines = #out, digest = engine.digest(text) })
end

---@class btfl.runs.part
---@field path string
---@field run btfl.runs.run
---@field lines table[] what was found: values that nobody has looked at yet
---@field said btfl.runs.cells|btfl.runs.pieces what these say
---@field project btfl.project says what fails: `optional`, `ignore` and `fail_on` (or --fail-on)
local methods = {}
local metatable = { __index = methods }

--- Raises an error of the input.
---@param message string
---@param ... any for string.format
function methods:refuse(message, ...)
  engine.input_error(self.path, message:format(...))
end

--- A value that was made of one of the lines; raises where it is nil, for what is wrong.
---@generic T
---@param number integer of the line, from 1
---@param value T?
---@param wrong string?
---@return T
function methods:made(number, value, wrong)
  -- The run is the first line of the file.
  return value or self:refuse("line %d: %s", number + 1, wrong or "of no part")
end

local function is_object(value) return is.table(value) and is.text(value.path) and is.text(value.digest) end

local function is_named(value) return is.table(value) and is.text(value.name) end

local function is_shard(value)
  return is.table(value) and math.type(value.i) == "integer" and math.type(value.n) == "integer"
    and value.i >= 1 and value.i <= value.n
end

local function is_inputs(value)
  return is.table(value) and is.list(value.obj, is.text) and is.list(value.target, function() return true end)
end

local function is_run(run)
  return is.table(run) and is.text(run.btfl) and is.text(run.command) and is_shard(run.shard)
    and is.list(run.objects, is_object) and is.list(run.programs, is_named) and is.list(run.kernels, is.text)
    and is_inputs(run.inputs) and told.fits(run.told) and is.table(run.options)
    and (run.policy == nil or is.text(run.policy))
end

local function without_place(ignore)
  local out = {}
  for name, value in pairs(ignore) do
    if name ~= "place" then out[name] = value end
  end
  return out
end

-- What of the project file and the command line says what fails, read again as the file is.
function methods:judging(options)
  local given = is.table(options.project) and options.project or {}
  local data = { optional = given.optional, ignore = given.ignore,
    fail_on = options.fail_on or given.fail_on }
  if is.table(given.ignore) then
    data.ignore = {}
    for i, one in ipairs(given.ignore) do data.ignore[i] = is.table(one) and without_place(one) or one end
  end
  local project, wrong = fields.read(is.text(given.path) and given.path or self.path, data)
  if not project then self:refuse("%s", wrong[1]) end
  return project
end

-- What stands before the last line, which is of all that: a text without it is cut off.
function methods:checked(text)
  local before, last = text:match "^(.*\n)([^\n]*)\n$"
  local ending = last and exact.decode(last)
  local _, count = (before or text):gsub("\n", "")
  if not (is.table(ending) and math.type(ending.lines) == "integer" and is.text(ending.digest)) then
    self:refuse("it is cut off: its last line is not the count and digest of what stands before it")
  elseif ending.lines ~= count or ending.digest ~= engine.digest(before) then
    self:refuse "it was changed after it was written: its digest is of another text"
  end
  return before
end

--- The part of a text. Raises an error of the input for what is none, is cut off or was changed.
---@param text string
---@param path string of its file
---@return btfl.runs.part
function part.parse(text, path)
  local self = setmetatable({ path = path, lines = {} }, metatable)
  local first = exact.decode(text:match "^[^\n]*")
  if not (is.table(first) and first.part) then self:refuse "no part of a run that --shard wrote" end
  if first.part ~= FORM then self:refuse "a part in the form of another btfl" end
  local number = -1
  for line in self:checked(text):gmatch "([^\n]*)\n" do
    number = number + 1
    local value, wrong = exact.decode(line)
    if not is.table(value) then self:made(number, nil, wrong or "no object") end
    if number > 0 then self.lines[number] = value end
  end
  if not is_run(first.run) then self:refuse "it does not say of which run it is" end
  self.run, self.project = first.run, self:judging(first.run.options)
  return self
end

return part
