--- How far a run over many inputs is: a line on a terminal when it takes a while, and SIGINT, on which it
--- ends with what is done.
local engine = require "btfl.engine"

local progress = {}

-- Seconds before there is a line, and between two.
local FIRST, NEXT = 0.5, 0.1

local shown = false

local function is_shown()
  return engine.isatty(2) and os.getenv("TERM") ~= "dumb"
end

--- Takes the line away, for what else is written to the terminal.
function progress.clear()
  if shown then io.stderr:write "\r\27[K" end
  shown = false
end

--- Wraps an iterator over inputs.
---@generic T
---@param name string of the command
---@param next_input fun(): T?
---@param total fun(): integer? how many there will be, where that is known
---@param clock? fun(): number seconds; of this process' work without
---@param ends? boolean next_input() itself ends when SIGINT has come, and may have something to give before
---@return fun(): T?
function progress.over(name, next_input, total, clock, ends)
  clock = clock or os.clock
  local count, due, visible = 0, clock() + FIRST, is_shown()
  return function()
    if visible and clock() > due then
      local all = total()
      io.stderr:write(("\r\27[K%s: %d%s"):format(name, count, all and " of " .. all or ""))
      shown, due = true, clock() + NEXT
    end
    if ends or not engine.interrupted() then
      count = count + 1
      local a, b, c = next_input()
      if a ~= nil then return a, b, c end
    end
    progress.clear()
    engine.interrupted(true)
    return nil
  end
end

return progress
