--- Rows of a report that are said again with another value in one field, as of one kernel after another: a
--- list as any other, in which such a row is made when it is asked for: memory does not grow with them.
local stretches = require "btfl.stretches"

local repeated = {}

-- In the metatable of a list, of each part its rows, the field and its value (false where there is none), and
-- up to which row it goes: each a list of its own. One that `follows` has several rows, each with values from
-- one to another of a list, as stretches, for they may be as many as pairs of objects and kernels.
local function state_of(list)
  local behind = getmetatable(list)
  return behind and rawget(behind, "parts")
end

-- By row, the metatable of those that say it again.
local shared = setmetatable({}, { __mode = "k" })

local function said_again(row, field, value)
  local behind = shared[row]
  if not behind then
    behind = { __index = row }
    shared[row] = behind
  end
  return setmetatable({ [field] = value }, behind)
end

-- The number of the part that row n is in. Most ask for one row after another.
local function part_of(state, n)
  local ends, low, high = state.ends, 1, #state.ends
  for i = state.at, state.at + 1 do
    if ends[i] and n <= ends[i] and n > (ends[i - 1] or 0) then return i end
  end
  while low < high do
    local middle = (low + high) // 2
    if ends[middle] < n then low = middle + 1 else high = middle end
  end
  return low
end

-- So many bytes of stretches are one part.
local STRETCHES <const> = 1024

-- The rows of a part that follows, the value that each begins with, and up to which row of the part it goes.
local function following(state, i)
  if state.open ~= i then
    local rows, firsts, ends, n = {}, {}, {}, 0
    for own, first, last in stretches.each(state.rows[i]) do
      n = n + #own * (last - first + 1)
      rows[#rows + 1], firsts[#firsts + 1], ends[#ends + 1] = own, first, n
    end
    state.open, state.opened = i, { rows = rows, firsts = firsts, ends = ends, at = 1 }
  end
  return state.opened
end

-- Row n of a part that follows, and the value with which it is said.
local function row_that_follows(state, i, n)
  local opened = following(state, i)
  local k = part_of(opened, n)
  opened.at = k
  local own, at = opened.rows[k], n - (opened.ends[k - 1] or 0) - 1
  return own[at % #own + 1], state.values[i][opened.firsts[k] + at // #own]
end

local events = {}

function events:__len()
  local ends = state_of(self).ends
  return ends[#ends] or 0
end

function events:__index(n)
  local state = state_of(self)
  if math.type(n) ~= "integer" or n < 1 or n > #self then return nil end
  local i = part_of(state, n)
  state.at = i
  local rows, field, at = state.rows[i], state.fields[i], n - (state.ends[i - 1] or 0)
  if not field then return rows[at] end
  local row, value = rows[at], state.values[i]
  if state.follows[i] then row, value = row_that_follows(state, i, at) end
  return said_again(row, field, value)
end

-- All of them as they are from now on: who changes some has them all.
function events:__newindex(n, row)
  local list = repeated.plain(self)
  list[n] = row
  setmetatable(self, nil)
  table.move(list, 1, #list, 1, self)
end

--- A list to which repeated.add() adds, with the rows that are in another.
---@param rows table[]
---@return table[]
function repeated.from(rows)
  if state_of(rows) then return rows end
  local list = setmetatable({}, {
    __len = events.__len, __index = events.__index, __newindex = events.__newindex,
    parts = { rows = {}, fields = {}, values = {}, follows = {}, ends = {}, at = 1 },
  })
  if #rows > 0 then repeated.add(list, rows) end
  return list
end

--- Adds rows, all with that value in a field; the list of them stays as it is from now on. With `first` and
--- `last` the value is a list, and they are added with each of these of it.
---@param list table[] of repeated.from()
---@param rows table[]
---@param field? string
---@param value any
---@param first? integer
---@param last? integer
function repeated.add(list, rows, field, value, first, last)
  local times = first and last - first + 1 or 1
  if #rows == 0 or times < 1 then return end
  local state = state_of(list)
  local n, count = #state.rows, #list + #rows * times
  if first and state.follows[n] and state.fields[n] == field and state.values[n] == value
    and stretches.size(state.rows[n]) < STRETCHES then
    state.ends[n], state.open = count, nil
    stretches.add(state.rows[n], rows, first, last)
    return
  end
  n = n + 1
  state.ends[n], state.fields[n], state.values[n] = count, field or false, value or false
  state.rows[n], state.follows[n] = first and stretches.add(nil, rows, first, last) or rows, first ~= nil
end

---@class btfl.repeated.kind what there is to know of a list of rows by what is in its fields, `own`
---@field count fun(own: table): integer
---@field make fun(own: table, n: integer): table gives each row when it is asked for
---@field about fun(own: table, n: integer): string, string, table?, any for who needs no more: the object,
--- the kernel's name, what is known of the kernel, and what is the same where a row of that object is

local behind_of = setmetatable({}, { __mode = "k" })

--- A list of rows that are made, for repeated.add(): `own`, a table without numbers.
---@param own table
---@param kind btfl.repeated.kind
---@return table[]
function repeated.made(own, kind)
  local behind = behind_of[kind]
  if not behind then
    local count, make = kind.count, kind.make
    behind = { __len = count, about = kind.about, __index = function(self, n)
      return math.type(n) == "integer" and n >= 1 and n <= count(self) and make(self, n) or nil
    end }
    behind_of[kind] = behind
  end
  return setmetatable(own, behind)
end

--- What the kind of a list of repeated.made() has as `about`; nil of any other.
---@param rows table[]
---@return (fun(own: table, n: integer): string, string, table?, any)?
function repeated.about(rows)
  local behind = getmetatable(rows)
  return behind and rawget(behind, "about")
end

--- Gives what the rows of any list are about, in order: the object, the kernel's name, what is known of the
--- kernel; the number of the row; and what is the same of rows of one object that were made and say the same.
---@param list table[]
---@param visit fun(object: any, target: any, kernel: any, n: integer, like: any)
function repeated.each_about(list, visit)
  local n = 0
  for rows, field in repeated.parts(list) do
    local about = not field and repeated.about(rows)
    for i = 1, #rows do
      n = n + 1
      if about then
        local object, target, kernel, like = about(rows, i)
        visit(object, target, kernel, n, like)
      else
        local facts = list[n]
        visit(facts.object, facts.target, facts.kernel, n)
      end
    end
  end
end

--- Iterates over the parts of any list of rows: those that are there, and the field with which they are
--- said, nil where they stand for themselves; a list of values of that field, and from which to which of it
--- they are said one after another.
---@param list table[]
---@return fun(): table[]?, string?, any[]?, integer?, integer?
function repeated.parts(list)
  local state, n, next_stretch = state_of(list), 0, nil
  return function()
    local rows, first, last
    if next_stretch then rows, first, last = next_stretch() end
    if rows then return rows, state.fields[n], state.values[n], first, last end
    n = n + 1
    if not state then return n == 1 and list or nil end
    next_stretch = state.follows[n] and stretches.each(state.rows[n]) or nil
    if next_stretch then
      rows, first, last = next_stretch()
      return rows, state.fields[n], state.values[n], first, last
    end
    local field = state.fields[n]
    if not field then return state.rows[n] end
    return state.rows[n], field, { state.values[n] or nil }, 1, 1
  end
end

-- So many rows are there at a time: a finding may have the names of a thousand kernels.
local PIECE <const> = 64

--- Iterates over lists of the rows of a part, one after another.
---@param rows table[]
---@return fun(): table[]?
function repeated.pieces(rows)
  local at = 0
  return function()
    local first = at + 1
    if first > #rows then return nil end
    at = math.min(at + PIECE, #rows)
    return table.move(rows, first, at, 1, {})
  end
end

--- The same rows in a list without parts.
---@param list table[]
---@return table[]
function repeated.plain(list)
  return state_of(list) and table.move(list, 1, #list, 1, {}) or list
end

return repeated
