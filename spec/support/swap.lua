--- A little-endian BPF object as a compiler for the other byte order writes it: headers, symbols, relocations,
--- instructions, BTF and its records, and the variables in sections, by their types.

local graph = require "spec.support.graph"
local rewrite = require "spec.support.rewrite"

local swap = {}

local SYMTAB, REL, NOBITS, EXEC = 2, 9, 8, 4

local function words(format, bytes)
  local size = ("<" .. format):packsize()
  assert(#bytes % size == 0)
  local out = {}
  for at = 1, #bytes, size do
    local got = { ("<" .. format):unpack(bytes, at) }
    out[#out + 1] = (">" .. format):pack(table.unpack(got, 1, #got - 1))
  end
  return table.concat(out)
end

--- Instructions: numbers are swapped, and which half of a byte is which register.
---@param bytes string
function swap.insns(bytes)
  local out = {}
  for at = 1, #bytes, 8 do
    local code, regs, off, imm = ("<I1I1I2I4"):unpack(bytes, at)
    out[#out + 1] = (">I1I1I2I4"):pack(code, (regs << 4 | regs >> 4) & 0xff, off, imm)
  end
  return table.concat(out)
end

-- Of BTF and .BTF.ext only the start of the header has anything but words.
local function btf(bytes, body)
  local header = ("<I4"):unpack(bytes, 5)
  return words("I2I1I1", bytes:sub(1, 4)) .. words("I4", bytes:sub(5, header)) .. body(bytes:sub(header + 1))
end

local function ext(bytes)
  return btf(bytes, function(body) return words("I4", body) end)
end

local INT, ARRAY, STRUCT, UNION, ENUM, ENUM64, DATASEC, FLOAT, PTR = 1, 3, 4, 5, 6, 19, 15, 16, 2

-- Tells put(offset, size) of each number in a variable of that type.
local function numbers(g, id, at, put)
  local t = g.types[id]
  if not t then return end
  if t.kind == INT or t.kind == ENUM or t.kind == ENUM64 or t.kind == FLOAT then
    put(at, t[3])
  elseif t.kind == PTR then
    put(at, 8)
  elseif t.kind == ARRAY then
    local each = swap.size(g, t[4])
    for i = 0, each > 1 and t[6] - 1 or -1 do numbers(g, t[4], at + i * each, put) end
  elseif t.kind == STRUCT or t.kind == UNION then
    -- Bitfields are not to be found in what these variables are.
    for i = 4, t.kind == UNION and math.min(6, #t) or #t, 3 do
      numbers(g, t[i + 1], at + (t[i + 2] & 0xffffff) // 8, put)
    end
  else
    numbers(g, t[3], at, put)
  end
end

--- The size of a type in bytes.
---@param g spec.Graph
function swap.size(g, id)
  local t = g.types[id]
  if not t then return 0 end
  if t.kind == PTR then return 8 end
  if t.kind == ARRAY then return t[6] * swap.size(g, t[4]) end
  if t.kind == INT or t.kind == ENUM or t.kind == ENUM64 or t.kind == FLOAT or t.kind == STRUCT or t.kind == UNION then
    return t[3]
  end
  return swap.size(g, t[3])
end

local function data(file, g, section, bytes)
  for _, t in ipairs(g and g.types or {}) do
    if t.kind == DATASEC and t.name == section.name then
      local values = {}
      for i = 4, #t, 3 do
        local base = t[i + 1]
        -- Where a variable stands, only its symbol tells.
        for n = 1, #file.symbols do
          local s = file.symbols[n]
          if s.section == section.index and s.name == g.types[t[i]].name and s.info & 15 == 1 then base = s.value end
        end
        numbers(g, g.types[t[i]][3], base, function(at, size) values[at] = size end)
      end
      for at, size in pairs(values) do
        if at + size <= #bytes then
          bytes = bytes:sub(1, at) .. bytes:sub(at + 1, at + size):reverse() .. bytes:sub(at + size + 1)
        end
      end
    end
  end
  return bytes
end

local function contents(file, g, s)
  local bytes = file:contents(s)
  if s.type == SYMTAB then return words("I4I1I1I2I8I8", bytes) end
  if s.type == REL then return words("I8I8", bytes) end
  if s.flags & EXEC ~= 0 then return swap.insns(bytes) end
  if s.name == ".BTF.ext" then return ext(bytes) end
  if s.name == ".BTF" then return (g:ordered(g:ids(), { endian = "big" })) end
  return data(file, g, s, bytes)
end

--- The object in the other byte order.
---@param bytes string
function swap.object(bytes)
  local file = assert(rewrite.open(bytes))
  local g = file.btf and graph.read(file:contents(file.sections[".BTF"]))
  local out = { bytes:sub(1, 5) .. "\2" .. bytes:sub(7, 16) .. words("I2I2I4I8I8I8I4I2I2I2I2I2I2", bytes:sub(17, 64)) }
  local at, headers = 64, {}
  for i = 0, #file.sections do
    local s = file.sections[i]
    local body = s.type == NOBITS and "" or contents(file, g, s)
    local pad = -at % 8
    local head = { ("<I4I4I8I8I8I8I4I4I8I8"):unpack(bytes, s.header + 1) }
    head[5], head[6] = at + pad, s.type == NOBITS and s.size or #body
    headers[i + 1] = (">I4I4I8I8I8I8I4I4I8I8"):pack(table.unpack(head, 1, 10))
    out[#out + 1] = ("\0"):rep(pad) .. body
    at = at + pad + #body
  end
  out[#out + 1] = ("\0"):rep(-at % 8)
  at = at + -at % 8
  local file_bytes = table.concat(out) .. table.concat(headers)
  return file_bytes:sub(1, 0x28) .. (">I8"):pack(at) .. file_bytes:sub(0x31)
end

return swap
