--- What btfl computes for the running kernel is what libbpf loads into it, and what the kernel then
--- says that it runs.

local btfl = require "btfl"
local peer = require "spec.support.peer"
local tmp = require "spec.support.tmp"

local OBJECTS = { "loads.clang14.o", "loads.clang16.o", "loads.clang19.o", "loads.clang19.v4.o" }

local function why_not()
  local binary, missing = peer.binary()
  if not binary then return missing end
  local f = io.open("/sys/kernel/btf/vmlinux", "rb")
  if not f then return "the running kernel has no BTF" end
  f:close()
  local out = tmp.run("uname -r")
  if tonumber(out:match("^%d+")) < 6 then return "needs a kernel of 6.0 or later" end
  local loaded = peer.load("spec/fixtures/" .. OBJECTS[1])
  if loaded.errno == 1 then return "the kernel does not let programs be loaded here" end
end

--- The modes of loads that the verifier makes of a plain one, to survive bad pointers.
local function plain_mode(insn)
  local code = tonumber(insn:sub(1, 2), 16)
  local class, mode = code & 7, code & 0xe0
  if class == 1 and (mode == 0x20 or mode == 0x40) then
    return ("%02x%s"):format(code & 0x1f | (mode == 0x20 and 0x60 or 0x80), insn:sub(3))
  end
  return insn
end

describe("the running kernel", function()
  teardown(tmp.clean)

  local missing = why_not()
  if missing then
    pending("runs what btfl computes: " .. missing)
    return
  end

  local target
  setup(function() target = btfl.target() end)
  teardown(function() target:close() end)

  for _, name in ipairs(OBJECTS) do
    describe(name, function()
      local loaded, obj
      setup(function()
        loaded = peer.load("spec/fixtures/" .. name)
        obj = btfl.object("spec/fixtures/" .. name)
      end)
      teardown(function() obj:close() end)

      it("is loaded", function()
        assert.are.equal(0, loaded.errno, loaded.log)
      end)

      it("is loaded with the instructions that btfl computes", function()
        local compared = 0
        for program in obj:programs() do
          local theirs = loaded.programs[program.name]
          -- Static subprograms stand at the end of what calls them; their relocations below.
          for relo in program:relos() do
            if theirs then
              local res = relo:resolve(target)
              local at = relo.insn * 16
              assert.are.equal(res.after, theirs:sub(at + 1, at + #res.after),
                program.name .. ": " .. relo.path)
              compared = compared + 1
            end
          end
        end
        assert.is_true(compared > 20)
      end)

      it("is run with the instructions that btfl computes", function()
        local compared = 0
        for program in obj:programs() do
          local xlated = loaded.xlated[program.name]
          if not xlated then
            assert.are.equal(".text", program.section)
            xlated = loaded.xlated.calls
          end
          -- The verifier drops dead code, but what is left stays in order.
          local at = 1
          for relo in program:relos() do
            local res = relo:resolve(target)
            if res.status == "ok" and res.before ~= res.after then
              repeat
                local insn = plain_mode(xlated:sub(at, at + 15)) .. xlated:sub(at + 16, at + 31)
                at = at + 16
              until insn:sub(1, #res.after) == res.after or at > #xlated
              assert.is_true(at <= #xlated, program.name .. ": no " .. res.after .. " " .. relo.path)
              compared = compared + 1
            end
          end
        end
        assert.is_true(compared > 10)
      end)
    end)
  end
end)
