--- Work on one input, so that what is wrong with it costs no other: an error that an input has is given
--- back; any other goes on as it was, and is told with the frames that it came from.
local class = require "btfl.class"
local host = require "btfl.command.host"

local protect = {}

-- A rule of the user's own that fails is no fault of an input.
local function is_of_input(value)
  return class(value) == "btfl.error" and value.code ~= "policy"
end

-- The frames are gone when the error is raised again.
local function handle(err)
  if not is_of_input(err) then host.keep(err) end
  return err
end

local function settle(ok, value, ...)
  if ok or is_of_input(value) then return ok, value, ... end
  error(value, 0)
end

--- true and what work(...) gives, or false and the error of an input.
---@param work fun(...): ...
---@return boolean ok
---@return any ...
function protect.call(work, ...)
  return settle(xpcall(work, handle, ...))
end

return protect
