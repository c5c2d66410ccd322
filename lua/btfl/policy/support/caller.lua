--- Where in the user's files a policy is being made, for errors: a file ends in `return btfl.policy {...}`,
--- a tail call, of which the stack keeps nothing.
local caller = {}

local own = {}  -- sources of functions that are not the user's
local runs = {} -- the files that are at work, innermost last: { short =, line = }

--- Says that the functions of the file that calls this are not the user's.
function caller.mark_own()
  own[debug.getinfo(2, "S").source] = true
end

own[debug.getinfo(1, "S").source] = true

local function step(_, line)
  local run = runs[#runs]
  if debug.getinfo(2, "S").source == run.source then run.line = line end
end

--- Runs the chunk of a file, and remembers the line that it is at. Gives what it returns.
---@param chunk function
---@param ... any
---@return ...
function caller.run(chunk, ...)
  local info = debug.getinfo(chunk, "S")
  runs[#runs + 1] = { short = info.short_src, source = info.source }
  local hooked = debug.gethook() == nil -- another one stays; the line is then not known
  if hooked then debug.sethook(step, "l") end
  local results = table.pack(pcall(chunk, ...))
  if hooked and debug.gethook() == step then debug.sethook() end
  table.remove(runs)
  if not results[1] then error(results[2], 0) end
  return table.unpack(results, 2, results.n)
end

--- "mine.lua:3: " where the user's code calls, "" where that cannot be told.
---@return string
function caller.place()
  for level = 2, math.huge do
    local info = debug.getinfo(level, "Slf")
    if not info then return "" end
    if info.func == caller.run then
      local run = runs[#runs]
      return run.line and ("%s:%d: "):format(run.short, run.line) or run.short .. ": "
    end
    if info.what ~= "C" and not own[info.source] then
      return ("%s:%d: "):format(info.short_src, info.currentline)
    end
  end
end

--- The same of where a function is defined.
---@param f function
---@return string
function caller.definition(f)
  local info = debug.getinfo(f, "S")
  return info.linedefined > 0 and ("%s:%d: "):format(info.short_src, info.linedefined) or caller.place()
end

return caller
