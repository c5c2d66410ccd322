--- Arguments that a branch picks, and that the newest kernels of a gap, back in it, have something else for.
local argued = require "btfl.ladder.argued"
local questions = require "btfl.ladder.questions"
local reached = require "btfl.diagnose.reached"

local drifting = {}

local context = {}
local metatable = { __index = context }

--- What is found out once of a function: the programs that a tool loads with it.
---@param program btfl.program
---@param kernels btfl.facts
---@param options btfl.check.options
function drifting.context(program, kernels, options)
  local self = { program = program, kernels = kernels, entries = {},
    relos = questions.asked(program, questions.of(program)) }
  for entry, own in reached.programs(program.object, options) do
    for part in entry:linked() do
      if part == program then table.insert(self.entries, { program = entry, options = own }) end
    end
  end
  return setmetatable(self, metatable)
end

-- Whether one argument is taken for one of what the same one is taken for elsewhere.
local function is_taken_so(row, elsewhere)
  if row.argument ~= elsewhere.argument or not row.used then return false end
  for _, one in ipairs(row.types) do
    for _, like in ipairs(elsewhere.types) do
      if one.name == like.name then return true end
    end
  end
  return #elsewhere.types == 0
end

-- Whether no kernel that goes the other way takes the argument so.
function context:is_picked(entry, row, gap)
  for _, target in ipairs(gap.between) do
    for _, there in ipairs(self.kernels:arguments(target, entry.program, entry.options)) do
      if is_taken_so(there, row) then return false end
    end
  end
  return true
end

-- Whether what tells of an argument of a kernel stands behind the side of the branch that is taken there.
function context:is_behind(ladder, row, kernel)
  local key, here = questions.key(self.relos, kernel, self.kernels), argued.place(self.program)
  local branches = self.kernels:branches(kernel, self.program, key)
  local branch = branches.at[ladder.insn]
  local side = branch and branch.taken and branch[branch.taken]
  for _, one in ipairs(side and row.types or {}) do
    for _, read in ipairs(one.reads) do
      local place = read.place == here and branches.places[read.insn]
      if place and place >= side.from and place <= side.to then return true end
    end
  end
  return false
end

local function add_found(found, row, kernel, behind)
  for _, known in ipairs(found) do
    if known.row.program == row.program and known.row.argument == row.argument then
      known.behind = known.behind or behind
      known.on[kernel] = true
      return
    end
  end
  found[#found + 1] = { row = row, on = { [kernel] = true }, behind = behind }
end

function context:add_gap(found, ladder, gap, entry)
  for _, kernel in ipairs(gap.newest) do
    for _, row in ipairs(self.kernels:arguments(kernel, entry.program, entry.options)) do
      if row.told and row.consequence ~= "setting" then
        local behind = self:is_behind(ladder, row, kernel)
        if behind or self:is_picked(entry, row, gap) then add_found(found, row, kernel, behind) end
      end
    end
  end
end

--- The arguments that drift on the newest kernels of gaps, and are taken so because of the branch: each with
--- its row, of program:arguments() on one of them; the kernels; and whether what tells of it stands behind
--- the branch.
---@param ladders btfl.object.ladder[] of the function, those that are told together
---@return { row: btfl.argued, on: table<btfl.target, true>, behind: boolean }[]
function context:of(ladders)
  local found = {}
  for _, entry in ipairs(self.entries) do
    for _, ladder in ipairs(ladders) do
      for _, gap in ipairs(ladder.gaps) do self:add_gap(found, ladder, gap, entry) end
    end
  end
  return found
end

return drifting
