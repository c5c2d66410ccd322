--- Text in the making, which is put where it belongs as it becomes long: memory does not grow with it.
local Pieces = {}
Pieces.__index = Pieces

-- Bytes of a piece.
local FULL = 1 << 16

---@param text string
function Pieces:add(text)
  self[#self + 1] = text
  self.size = self.size + #text
  if self.put and self.size >= FULL then self.put(self:rest()) end
end

--- What was not put yet.
---@return string
function Pieces:rest()
  local text = table.concat(self)
  for i = #self, 1, -1 do self[i] = nil end
  self.size = 0
  return text
end

--- An empty text; all of it is held where the options have no `put`.
---@param options? btfl.render.options
---@return table
return function(options)
  return setmetatable({ put = options and options.put, size = 0 }, Pieces)
end
