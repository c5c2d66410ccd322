--- Which register of a kprobe is which argument, by the bpf_tracing.h that is installed: where the kernel's own
--- struct pt_regs has the members that its macros name.
local btf = require "spec.support.btf"
local btfl = require "btfl"
local object = require "spec.support.object"
local tmp = require "spec.support.tmp"

local ldx, mov, exit = object.ldx, object.mov, object.exit
local CORPUS = os.getenv "BTFL_CORPUS" or "../shared/corpus"

-- As the header calls the architecture, a kernel of it, a member that only its registers have, and what the
-- functions of system calls start with.
local ARCHES = {
  { "x86", "6.1.192-cloud-amd64", "di", "__x64_sys_" }, { "arm64", "6.1.192-cloud-arm64", "pstate", "__arm64_sys_" },
  { "s390", "6.12.95-generic-s390x", "gprs", "__s390x_sys_", endian = "big" },
  { "riscv", "6.12.107-generic-riscv64", "a0", "__riscv_sys_" }, { "powerpc", "6.12.95-64k-ppc64el", "gpr" },
}

local function read_file(path)
  local file <close> = io.open(path)
  return file and file:read "a"
end

-- The members by argument, and the result's as [0], of an architecture: those for the kernel's own headers.
local function members(header, arch)
  local part = header:match("\n#[el]*if defined%(bpf_target_" .. arch .. "%)(.-)\n#elif defined%(bpf_target_")
  local list = {}
  for digit, name in part:gmatch "#define __PT_PARM(%d)_REG ([%w_%[%]]+)" do
    local i = tonumber(digit)
    list[i] = list[i] or name
  end
  list[0] = part:match "#define __PT_RC_REG ([%w_%[%]]+)"
  return list
end

-- Where `gprs[2]` stands: registers are of 8 bytes.
local function place(regs, name)
  local array, index = name:match "^([%w_]+)%[(%d+)%]$"
  return regs:offsetof(array or name) + 8 * (tonumber(index) or 0)
end

local n = 0

-- The argument that a program of that section reads at byte `at` of its context.
local function argument(arch, section, at)
  n = n + 1
  local b = btf.new { endian = arch.endian }
  b:struct("pt_regs", 8, { { arch[3], b:int("long", 8), 0 } })
  local o = object.new(b)
  o:program { name = "p", section = section, insns = { ldx(8, 2, 1, at), mov(0, 0), exit() } }
  local reads = btfl.object(tmp.write(("regs%d.o"):format(n), o:bytes())):program "p":reads()
  return reads[1] and reads[1].argument
end

describe("registers of a kprobe", function()
  teardown(tmp.clean)
  local header = read_file "/usr/include/bpf/bpf_tracing.h"

  for _, arch in ipairs(ARCHES) do
    local path = ("%s/kernels/%s.btf.gz"):format(CORPUS, arch[2])

    it("are those of the header, of " .. arch[1], function()
      if not header then return pending "needs bpf/bpf_tracing.h" end
      if not read_file(path) then return pending "needs the corpus" end
      local regs = btfl.target(path).btf:get "pt_regs"
      local list = members(header, arch[1])
      assert.is_true(#list >= 5)
      for i, name in ipairs(list) do
        assert.equal(i, argument(arch, "kprobe/f", place(regs, name)), name)
      end
      assert.equal("return", argument(arch, "kretprobe/f", place(regs, list[0])))
    end)
  end
end)

describe("registers of an architecture that calls them as another does", function()
  teardown(tmp.clean)

  -- The first argument of mips is in regs[4], where arm64 has its fifth.
  it("are not the other's", function()
    local function read_by(own)
      n = n + 1
      local b = btf.new()
      local long = b:int("long", 8)
      local regs = b:struct("pt_regs", 264, { { "regs", b:array(long, 32), 0 }, { own, long, 2048 } })
      local o = object.new(b)
      o:program { name = "p", section = "kprobe/f", insns = { ldx(8, 2, 1, 32), mov(0, 0), exit() },
        relos = { { insn = 0, type = regs, access = "0:0:4", kind = "byte_off" } } }
      local reads = btfl.object(tmp.write(("named%d.o"):format(n), o:bytes())):program "p":reads()
      return reads[1] and reads[1].argument
    end
    assert.equal(5, read_by "pstate")
    assert.is_nil(read_by "cp0_epc")
  end)
end)

describe("the registers of a system call", function()
  teardown(tmp.clean)

  -- Its function has one argument, the registers of the caller, of which programs read the call's own: that is no
  -- argument of another type, however their headers call the struct.
  for _, arch in ipairs(ARCHES) do
    local path = ("%s/kernels/%s.btf.gz"):format(CORPUS, arch[2])

    -- Until lately powerpc had none.
    local define = arch[4] and it or function() end
    define("are an argument by themselves, of " .. arch[1], function()
      if not read_file(path) then return pending "needs the corpus" end
      local target = btfl.target(path)
      local regs = target.btf:get "pt_regs"
      local first = ({ x86 = "di", arm64 = "regs[0]", s390 = "gprs[2]", riscv = "a0" })[arch[1]]
      for _, name in ipairs { "pt_regs", "user_pt_regs", "user_regs_struct", "pt_regs___mine" } do
        local there = name == "pt_regs___mine" and regs or target.btf:find(name, "struct")
        local member = there and first:match "^%w+"
        if there and there:member(member) then
          n = n + 1
          local b = btf.new { endian = arch.endian }
          local long = b:int("long", 8)
          b:struct("pt_regs", 8, { { arch[3], long, 0 } })
          local s = b:struct(name, 400, { { member, first:find "%[" and b:array(long, 8) or long, 0 } })
          local o = object.new(b)
          o:program { name = "p", section = ("kprobe/%sread"):format(arch[4]),
            insns = { ldx(8, 6, 1, place(regs, first)), mov(3, 0), object.insn(0x0f, 3, 6),
              object.insn(0xbf, 1, 10), object.add(1, -8), mov(2, 8), object.call(113), mov(0, 0), exit() },
            relos = { { insn = 1, type = s, access = first:find "%[" and "0:0:0" or "0:0", kind = "byte_off" } } }
          local p = btfl.object(tmp.write(("call%d.o"):format(n), o:bytes())):program "p"
          local row = p:arguments(target)[1]
          assert.same({ 1, "access", "same" }, { row.argument, row.by, row.verdict }, name)
        end
      end
    end)
  end
end)
