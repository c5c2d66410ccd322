--- Values that follow one another, of which most are those of some before: each has a first and a last place,
--- and is there once. A stretch of places with the same value takes some four bytes, for pairs of objects and
--- kernels are many.
local stretches = {}

-- What stands where in a list; behind that are its values. The last stretch may go on: that of its value, and
-- where it begins and ends so far. Of those before it, these as text, with how long it is for its end.
local TEXT <const>, VALUE <const>, FIRST <const>, LAST <const>, VALUES <const> = 1, 2, 3, 4, 5

-- So many of the values that came last are compared with the next.
local COMPARED <const> = 8

local function number_of(list, value)
  for i = #list, math.max(VALUES, #list - COMPARED + 1), -1 do
    if list[i] == value then return i end
  end
  list[#list + 1] = value
  return #list
end

--- Adds a value at places from first to last; behind the last stretch, if it is the same, that goes on.
---@param list table? nil for a new one
---@param value any but nil
---@param first integer
---@param last integer
---@return table list
function stretches.add(list, value, first, last)
  if not list then return { "", VALUES, first, last, value } end
  local open = list[VALUE]
  if list[open] == value and first == list[LAST] + 1 then
    list[LAST] = last
    return list
  end
  list[TEXT] = list[TEXT] .. utf8.char(open, list[FIRST], list[LAST] - list[FIRST])
  list[VALUE], list[FIRST], list[LAST] = number_of(list, value), first, last
  return list
end

--- Bytes that its stretches take besides values.
---@param list table
---@return integer
function stretches.size(list)
  return #list[TEXT]
end

--- Iterates over its stretches, in the order in which they were added.
---@param list table?
---@return fun(): any value, integer first, integer last
function stretches.each(list)
  local text, at, is_open = list and list[TEXT] or "", 0, list ~= nil
  local next_code = utf8.codes(text, true)
  return function()
    local number, first, more
    at, number = next_code(text, at)
    if at then
      at, first = next_code(text, at)
      at, more = next_code(text, at)
      return list[number], first, first + more
    end
    if not is_open then return nil end
    is_open, at = false, #text
    return list[list[VALUE]], list[FIRST], list[LAST]
  end
end

--- Iterates over its values, of which one may come twice.
---@param list table?
---@return fun(): any value
function stretches.values(list)
  local i = VALUES - 1
  return function()
    i = i + 1
    return list and list[i]
  end
end

return stretches
