--- What is told of inputs while a run is under way: at once, or kept until it is its turn, so that it stands
--- in the order of inputs whichever process met it.
local is = require "btfl.runs.is"
local progress = require "btfl.command.progress"

local told = {}

-- By what it is.
local SAY = {
  failure = function(cli, line, cause)
    for _, other in ipairs(cli.failures) do
      if other == line then return false end
    end
    table.insert(cli.failures, line)
    table.insert(cli.causes, cause or line)
    return true
  end,
  skipped = function() return true end,
  refused = function() return true end,
}

local WORDS = {
  failure = "%s: %s\n", skipped = "%s: skipped a module: %s\n",
  refused = "%s: not taken from --cache: %s is no file that it has written\n",
}

--- Tells a line on stderr: a `failure`, once, a module that is `skipped`, or a file of --cache that is
--- `refused`.
---@param cli btfl.cli
---@param what "failure"|"skipped"|"refused"
---@param line string
---@param cause any? what the line is of; lost of one that is kept
function told.say(cli, what, line, cause)
  local kept = rawget(cli, "kept")
  if kept then
    kept[#kept + 1] = { what, line }
  elseif SAY[what](cli, line, cause) then
    progress.clear()
    io.stderr:write(WORDS[what]:format(cli.name, line))
  end
end

--- Whether a value that was read is what keeping() keeps.
---@param kept any
---@return boolean
function told.fits(kept)
  return is.list(kept, function(one)
    return is.list(one, is.text) and #one == 2 and SAY[one[1]] ~= nil
  end)
end

-- Where nothing was to be told; of pairs that is most.
local NOTHING <const> = {}

--- What work(...) gives, and what was to be told meanwhile, which nobody changes.
---@param cli btfl.cli
---@param work fun(...): any
---@return table kept
---@return any ...
function told.keeping(cli, work, ...)
  local before, kept = rawget(cli, "kept"), {}
  rawset(cli, "kept", kept)
  local function finish(...)
    rawset(cli, "kept", before)
    return next(kept) and kept or NOTHING, ...
  end
  return finish(work(...))
end

--- Tells what was kept.
---@param cli btfl.cli
---@param kept table?
function told.settle(cli, kept)
  for _, one in ipairs(kept or {}) do told.say(cli, one[1], one[2]) end
end

return told
