--- btfl.target and btfl.targets: kernels by their paths, with what these tell of them.
local argument = require "btfl.argument"
local class = require "btfl.class"
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
---@return fun(): (btfl.target|false)?, any, btfl.matrix.kernel?
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
      tell()
      if ok then coroutine.yield(target) else coroutine.yield(false, target, find.unread(found)) end
    end
    tell()
  end)
end

--- Kernels for who looks at each in a process that may be another. work() opens one, looks at it, closes it
--- and gives plain values; take() makes of these, in the process that began, what look() gave: nil for one
--- that cannot be opened, of which tell() is told, and what is known of it.
---@class btfl.matrix.numbered
---@field count integer
---@field whole? fun(): number how many it takes as long to open as these
---@field order? fun(): integer[] in an order in which those that follow one another are alike
---@field value? fun(done: table): any what look() gave, before take() takes it and behind that
---@field work fun(i: integer, look: fun(target: btfl.target): any): table
---@field take fun(done: table, tell?: fun(ok: false, why: any, kernel: btfl.matrix.kernel?)): any
---@field over? fun(next_piece: fun(): ...): fun(): ...

--- The same by number; those that are open stay it.
---@param targets string|string[]|btfl.target[]
---@return btfl.matrix.numbered
function open.numbered(targets)
  local list = type(targets) == "string" and { targets } or targets
  if class(list[1]) == "btfl.target" then
    return {
      count = #list,
      work = function(i, look) return { value = look(list[i]) } end,
      take = function(done) return done.value end,
    }
  end
  local found = {}
  local function missing(why) found[#found + 1] = { why = why } end
  for one in find.each(list, missing) do found[#found + 1] = one end
  return {
    count = #found,
    work = function(i, look)
      local told = { found[i].why }
      local function failed(why) told[#told + 1] = why end
      if found[i].why then return { told = told } end
      local ok, target = protect.call(find.open, found[i], {}, failed)
      if not ok then return { told = told, unread = { target, find.unread(found[i]) } } end
      local value = look(target)
      target:close()
      return { told = told, value = value }
    end,
    take = function(done, tell)
      for _, why in ipairs(done.told) do tell(false, why) end
      if done.unread then tell(false, table.unpack(done.unread)) end
      return done.value
    end,
  }
end

return open
