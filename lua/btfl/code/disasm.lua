--- One BPF instruction as a line of text, in the syntax of the kernel's log.

local SIZE = { [0x00] = "u32", [0x08] = "u16", [0x10] = "u8", [0x18] = "u64" }

local ALU = {
  [0x00] = "+=", [0x10] = "-=", [0x20] = "*=", [0x30] = "/=", [0x40] = "|=", [0x50] = "&=",
  [0x60] = "<<=", [0x70] = ">>=", [0x90] = "%=", [0xa0] = "^=", [0xb0] = "=", [0xc0] = "s>>=",
}

local JUMP = {
  [0x10] = "==", [0x20] = ">", [0x30] = ">=", [0x40] = "&", [0x50] = "!=", [0x60] = "s>",
  [0x70] = "s>=", [0xa0] = "<", [0xb0] = "<=", [0xc0] = "s<", [0xd0] = "s<=",
}

local function signed(n)
  return n < 0 and ("- %d"):format(-n) or ("+ %d"):format(n)
end

local function memory(i, register)
  local size = SIZE[i.code & 0x18]
  if i.code & 0xe0 == 0x80 then size = size:gsub("u", "s") end
  return ("*(%s *)(r%d %s)"):format(size, register, signed(i.off))
end

local function alu(i, letter)
  local op, dst = i.code & 0xf0, letter .. i.dst
  if op == 0x80 then return ("%s = -%s"):format(dst, dst) end
  if op == 0xd0 then
    local order = letter == "r" and "bswap" or i.code & 8 == 0 and "le" or "be"
    return ("r%d = %s%d r%d"):format(i.dst, order, i.imm, i.dst)
  end
  if not ALU[op] then return nil end
  return ("%s %s %s"):format(dst, ALU[op], i.code & 8 ~= 0 and letter .. i.src or i.imm)
end

local function jump(i, letter)
  local op = i.code & 0xf0
  if op == 0x00 then
    return ("goto %+d"):format(i.code & 7 == 6 and i.imm or i.off)
  elseif op == 0x80 then
    return (i.src == 1 and "call pc%+d" or "call %d"):format(i.imm)
  elseif op == 0x90 then
    return "exit"
  elseif not JUMP[op] then
    return nil
  end
  local right = i.code & 8 ~= 0 and letter .. i.src or i.imm
  return ("if %s%d %s %s goto %+d"):format(letter, i.dst, JUMP[op], right, i.off)
end

-- By the instruction's class, its lowest three bits.
local CLASS = {
  [0] = function(i)
    if i.code ~= 0x18 then return nil end
    return ("r%d = %s ll"):format(i.dst, ("0x%x"):format(i.imm & 0xffffffff | (i.high or 0) << 32))
  end,
  [1] = function(i) return ("r%d = %s"):format(i.dst, memory(i, i.src)) end,
  [2] = function(i) return ("%s = %d"):format(memory(i, i.dst), i.imm) end,
  [3] = function(i)
    if i.code & 0xe0 ~= 0x60 then return nil end
    return ("%s = r%d"):format(memory(i, i.dst), i.src)
  end,
  [4] = function(i) return alu(i, "w") end,
  [5] = function(i) return jump(i, "r") end,
  [6] = function(i) return jump(i, "w") end,
  [7] = function(i) return alu(i, "r") end,
}

--- The instruction, 8 bytes or 16 in hex and in the file's byte order, as text; its opcode alone when
--- it is none that is known.
---@param hex string
---@param endian "little"|"big"
---@return string
return function(hex, endian)
  local raw = hex:gsub("%x%x", function(byte) return string.char(tonumber(byte, 16)) end)
  if #raw < 8 then return "(no instruction)" end
  local order = endian == "big" and ">" or "<"
  local code, regs, off, imm = string.unpack(order .. "I1I1i2i4", raw)
  local i = { code = code, off = off, imm = imm }
  i.dst, i.src = regs & 15, regs >> 4
  if endian == "big" then i.dst, i.src = i.src, i.dst end
  if #raw >= 16 then i.high = string.unpack(order .. "I4", raw, 13) end
  return CLASS[code & 7](i) or ("(opcode 0x%02x)"):format(code)
end
