--- One BPF instruction as a line of text, in the syntax of the kernel's log.
local engine = require "btfl.engine"

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
  local sign = i.code & 0xe0 == 0x80 and "s" or "u"
  return ("*(%s%d *)(r%d %s)"):format(sign, 8 * i.size, register, signed(i.off))
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
    return ("goto %+d"):format(i.class == "jmp32" and i.imm or i.off)
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

local CLASS = {
  ld = function(i, wide)
    if i.code ~= 0x18 then return nil end
    return ("r%d = 0x%x ll"):format(i.dst, wide and i.imm or i.imm & 0xffffffff)
  end,
  ldx = function(i) return ("r%d = %s"):format(i.dst, memory(i, i.src)) end,
  st = function(i) return ("%s = %d"):format(memory(i, i.dst), i.imm) end,
  stx = function(i)
    if i.code & 0xe0 ~= 0x60 then return nil end
    return ("%s = r%d"):format(memory(i, i.dst), i.src)
  end,
  alu = function(i) return alu(i, "w") end,
  jmp = function(i) return jump(i, "r") end,
  jmp32 = function(i) return jump(i, "w") end,
  alu64 = function(i) return alu(i, "r") end,
}

--- The instruction, 8 bytes or 16 in hex and in the file's byte order, as text; its opcode alone when
--- it is none that is known.
---@param hex string
---@param endian "little"|"big"
---@return string
return function(hex, endian)
  local i = engine.insn(hex, endian)
  if not i then return "(no instruction)" end
  return CLASS[i.class](i, #hex > 16) or ("(opcode 0x%02x)"):format(i.code)
end
