--- Registers of another architecture: where a kernel for it keeps what a member of pt_regs holds. The places
--- are those of bpf_tracing.h, below pt_regs.
local engine = require "btfl.engine"
local names = require "btfl.report.names"
local question = require "btfl.successor.question"

-- What a register is for, by its macro in bpf_tracing.h.
local ROLES = {
  "PT_REGS_PARM1", "PT_REGS_PARM2", "PT_REGS_PARM3", "PT_REGS_PARM4", "PT_REGS_PARM5", "PT_REGS_PARM6",
  "PT_REGS_RC", "PT_REGS_FP", "PT_REGS_SP", "PT_REGS_IP",
}

-- For each architecture its places, in the order of the roles; "" for none.
local ARCHES = engine.registers()

-- The structs that hold them: user space's is part of the kernel's, or the same.
local ROOTS = { pt_regs = true, user_pt_regs = true }

local COMPOSITE = { struct = true, union = true }

local function register_in(btfs, place)
  return question.find(btfs, question.parse("pt_regs." .. place))
end

-- The architecture of which the registers in these BTFs are.
local function arch_of(btfs)
  for _, btf in ipairs(btfs) do
    for root in pairs(ROOTS) do
      for t in btf:candidates(root) do
        local arch = COMPOSITE[t.kind] and engine.architecture(t)
        if arch then return arch end
      end
    end
  end
end

-- The suggestion for one role; likely: that it is that role which is meant.
local function suggest(role, was, is, found, likely)
  return {
    successor = "pt_regs." .. is.places[role], change = "register", role = ROLES[role],
    doubt = "it is a register of another architecture: build an object for each",
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
  if not ROOTS[engine.essential(q.names[1])] or #q.names < 2 then return nil end
  local was, is = { arch = arch_of(from) }, { arch = arch_of(to) }
  if not (was.arch and is.arch) or was.arch == is.arch then return nil end
  was.places, is.places = ARCHES[was.arch], ARCHES[is.arch]
  if not (was.places and is.places) then return nil end
  local place, list, seen = q.shown:gsub("^[^.]*%.", ""), {}, {}
  for role in ipairs(ROLES) do
    local found = was.places[role] == place and is.places[role] ~= "" and register_in(to, is.places[role])
    if found and not seen[is.places[role]] then
      seen[is.places[role]] = true
      list[#list + 1] = suggest(role, was, is, found, #list == 0 and 0.95 or 0.5)
    end
  end
  -- Its first argument and its result share a register there, and are two here.
  if #list > 1 then list[1].score, list[1].doubt = 0.7, nil end
  return list
end

--- A sentence on what holds there what some registers hold here; nil where none is known to.
---@param list btfl.question[]
---@param from btfl.btf[] of the object
---@param to btfl.btf[] of the kernel
---@return string?
function registers.words(list, from, to)
  local words = {}
  for _, q in ipairs(list) do
    for _, s in ipairs(registers.successors(q, from, to) or {}) do
      words[#words + 1] = ("%s there is `%s`"):format(s.role, s.successor)
    end
  end
  return #words > 0 and ("other architecture: %s"):format(names.some(words)) or nil
end

return registers
