--- Reads the sections of an ELF64 file: enough to hold two files against one another.

local elf = {}

--- The sections in order, each { name, type, size, offset, header (its bytes), bytes }.
---@param file string the whole of it
---@return table[]
function elf.sections(file)
  local order = file:byte(6) == 2 and ">" or "<"
  local at = string.unpack(order .. "I8", file, 41)
  local count, names = string.unpack(order .. "I2I2", file, 61)
  local list = {}
  for i = 0, count - 1 do
    local from = at + i * 64
    local name, type, _, _, offset, size = string.unpack(order .. "I4I4I8I8I8I8", file, from + 1)
    list[i + 1] = { name = name, type = type, offset = offset, size = size,
      header = file:sub(from + 1, from + 64), bytes = type ~= 8 and file:sub(offset + 1, offset + size) or "" }
  end
  local strings = list[names + 1].bytes
  for _, s in ipairs(list) do s.name = string.unpack("z", strings, s.name + 1) end
  return list
end

return elf
