--- Registers of another architecture: where a kernel for it keeps what a member of pt_regs holds. The places
--- are those of bpf_tracing.h, below pt_regs.
local engine = require "btfl.engine"
local question = require "btfl.successor.question"

-- What a register is for, by its macro in bpf_tracing.h.
local ROLES = {
  "PT_REGS_PARM1", "PT_REGS_PARM2", "PT_REGS_PARM3", "PT_REGS_PARM4", "PT_REGS_PARM5",
  "PT_REGS_RC", "PT_REGS_FP", "PT_REGS_SP", "PT_REGS_IP",
}

-- For each architecture its places, in the order of the roles.
local ARCHES = engine.registers()

-- The structs that hold them: user space's is part of the kernel's, or the same.
local ROOTS = { pt_regs = true, user_pt_regs = true }

local function register_in(btfs, place)
  return question.find(btfs, question.parse("pt_regs." .. place))
end

-- The architecture whose first argument and program counter these BTFs have.
local function arch_of(btfs)
  for arch, places in pairs(ARCHES) do
    if register_in(btfs, places[1]) and register_in(btfs, places[#ROLES]) then return arch end
  end
end

-- The suggestion for one role; likely: that it is that role which is meant.
local function suggest(role, was, is, found, likely)
  return {
    successor = "pt_regs." .. is.places[role], change = "register",
    score = likely, type = found.type, signals = {},
    evidence = ("other architecture: %s, `%s` on %s, is `%s` on %s"):format(ROLES[role], was.places[role],
      was.arch, is.places[role], is.arch),
  }
end

local registers = {}

--- What a register is on a kernel for another architecture, best first; nil when the question is of none, or
--- both are for the same one.
---@param q btfl.question
---@param from btfl.btf[] of the witnesses
---@param to btfl.btf[] of the target
---@return btfl.suggestion[]?
function registers.successors(q, from, to)
  if not ROOTS[q.names[1]] or #q.names < 2 then return nil end
  local was, is = { arch = arch_of(from) }, { arch = arch_of(to) }
  if not (was.arch and is.arch) or was.arch == is.arch then return nil end
  was.places, is.places = ARCHES[was.arch], ARCHES[is.arch]
  local place, list, seen = q.shown:gsub("^[^.]*%.", ""), {}, {}
  for role in ipairs(ROLES) do
    local found = was.places[role] == place and register_in(to, is.places[role])
    if found and not seen[is.places[role]] then
      seen[is.places[role]] = true
      list[#list + 1] = suggest(role, was, is, found, #list == 0 and 0.95 or 0.5)
    end
  end
  -- Its first argument and its result share a register there, and are two here.
  if #list > 1 then list[1].score = 0.7 end
  return list
end

return registers
