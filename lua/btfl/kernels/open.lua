--- btfl.target and btfl.targets: kernels by their paths, with what these tell of them.
local argument = require "btfl.argument"
local engine = require "btfl.engine"
local find = require "btfl.kernels.find"
local protect = require "btfl.command.protect"

local open = {}

-- A list is the option `modules`.
local function options_of(options)
  if options == nil then return {} end
  return #options > 0 and { modules = options } or options
end

--- See btfl.target in meta.lua.
---@param path? string|btfl.btf
---@param options? btfl.target.options|string[]
---@return btfl.target
function open.target(path, options)
  if type(path) ~= "string" or options ~= nil and type(options) ~= "table" then
    return engine.target(path, options)
  end
  return find.open(find.one(path), options_of(options), function(why) error(why, 0) end)
end

--- See btfl.targets in meta.lua.
---@param paths string|string[]
---@param options? btfl.target.options
---@return fun(): (btfl.target|false)?, any
function open.targets(paths, options)
  argument.check(1, paths, "string|table", "targets")
  argument.optional(2, options, "table", "targets")
  local given = options_of(options)
  return coroutine.wrap(function()
    local told = {}
    local function failed(why) told[#told + 1] = why end
    local function tell()
      for _, why in ipairs(told) do coroutine.yield(false, why) end
      told = {}
    end
    for found in find.each(type(paths) == "string" and { paths } or paths, failed) do
      local ok, target = protect.call(find.open, found, given, failed)
      if not ok then failed(target) end
      tell()
      if ok then coroutine.yield(target) end
    end
    tell()
  end)
end

return open
