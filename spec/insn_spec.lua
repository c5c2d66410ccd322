--- An instruction is taken apart once, in the file's byte order.
local btfl = require "btfl"

local function insn(hex, endian)
  return btfl.insn(hex, endian or "little")
end

describe("btfl.insn", function()
  it("gives the fields of a load, with the bytes that it moves", function()
    assert.same({ code = 0x61, class = "ldx", dst = 1, src = 4, off = -8, imm = 0, size = 4 }, insn "6141f8ff00000000")
    assert.same({ code = 0x61, class = "ldx", dst = 1, src = 4, off = -8, imm = 0, size = 4 },
      insn("6114fff800000000", "big"))
    for code, size in pairs { [0x71] = 1, [0x69] = 2, [0x61] = 4, [0x79] = 8, [0x7a] = 8, [0x73] = 1, [0xdb] = 8 } do
      assert.equal(size, insn(("%02x00000000000000"):format(code)).size)
    end
  end)

  it("names each class", function()
    local names = { [0] = "ld", "ldx", "st", "stx", "alu", "jmp", "jmp32", "alu64" }
    for code = 0, 255 do
      local i = insn(("%02X00000000000000"):format(code))
      assert.same({ code, names[code & 7] }, { i.code, i.class })
      assert.equal(code & 7 >= 1 and code & 7 <= 3, i.size ~= nil)
    end
  end)

  it("has a signed immediate, and all 64 bits of a wide one", function()
    assert.equal(-1, insn("b4010000ffffffff").imm)
    assert.equal(0x100000002, insn("18010000020000000000000001000000").imm)
    assert.equal(-1, insn("18010000ffffffff00000000ffffffff").imm)
    assert.equal(0xffffffff, insn("18010000ffffffff0000000000000000").imm)
    assert.equal(0x1122334455667788, insn("18100000556677880000000011223344", "big").imm)
    assert.equal(-1, insn("18010000ffffffff").imm)
  end)

  it("is nil for what is none", function()
    for _, text in ipairs { "", "61", "6141f8ff0000000", "6141f8ff000000000", "6141f8ff0000000g", ("0"):rep(24),
      ("0"):rep(64), "6141f8ff 0000000", "0x41f8ff00000000" } do
      assert.is_nil(insn(text), text)
    end
  end)

  it("refuses wrong arguments", function()
    assert.error_matches(function() btfl.insn() end, "bad argument #1 to 'insn'")
    assert.error_matches(function() btfl.insn("6141f8ff00000000") end, "bad argument #2 to 'insn'")
    assert.error_matches(function() btfl.insn("6141f8ff00000000", "middle") end, "invalid option 'middle'")
  end)
end)
