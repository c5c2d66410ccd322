--- Loads changed programs into the running kernel and judges them; see judge.mutants(), which runs it:
--- `btfl spec/support/loads_mutants.lua SEED COUNT PART PARTS all|relocations OBJECT...`, as root, takes every
--- PARTS-th object, and makes all changes or those by which relocations fail.
--- Writes rows as spec.support.loads does, each followed by the kind of the change, the change, how that goes
--- together (see judge.compare()), and the outcome, rule, name and reason that btfl gave.

local changes = require "spec.support.changes"
local judge = require "spec.support.judge"
local loads = require "spec.support.loads"
local rewrite = require "spec.support.rewrite"
local run = require "spec.support.run"

local seed, count, part, parts = tonumber(arg[1]), tonumber(arg[2]), tonumber(arg[3]), tonumber(arg[4])
local kinds = arg[5] == "relocations" and changes.OF_RELOCATIONS or nil
local BATCH = 256
local kernel = judge.kernel "running"
local names = changes.names(kernel.target)
local dir = run.tmpdir()

-- One in how many is changed of the programs that are refused as they are: what refuses them hides most
-- of what a change does.
local REFUSED = 6

-- The programs of an object, but for those that the machine refuses for its own reasons.
local function add_programs(list, path)
  local file = rewrite.open(run.read(path))
  if not file then return end
  local of = {}
  for _, row in ipairs(loads.run { path }) do of[row.program] = row end
  for _, program in ipairs(file:programs()) do
    local row = of[program.name]
    if row and (row.outcome == "loads" or row.class ~= "machine" and math.random(REFUSED) == 1) then
      list[#list + 1] = { path = path, name = program.name, program = program, file = file }
    end
  end
end

local function bases()
  local list = {}
  for i = 6 + part, #arg, parts do add_programs(list, arg[i]) end
  return list
end

-- A changed program as a file; nil when nothing could be changed.
local function mutant(base, number)
  local kind, what = changes.make({ file = base.file, program = base.program, names = names }, kinds)
  if not what then return nil end
  local path = ("%s/%d.o"):format(dir, number)
  run.write(path, base.file:bytes())
  base.file:reset()
  return { path = path, base = base, kind = kind, what = what, line = path .. "\t" .. base.name }
end

local function said_of(row, m)
  local ok, object = pcall(btfl.object, m.path)
  if not ok then return { outcome = "no", rule = "refused input", name = tostring(object), first_poison = "-" } end
  local good, said = pcall(judge.said, row, kernel, object)
  object:close()
  return good and said or { outcome = "unknown", rule = "error", name = "-", first_poison = "-", why = tostring(said) }
end

local function tell(batch)
  local lines, by_path = {}, {}
  for i, m in ipairs(batch) do
    lines[i] = m.line
    by_path[m.path] = m
  end
  for _, row in ipairs(loads.run(lines)) do
    local m = by_path[row.object]
    local said = said_of(row, m)
    local kind = judge.compare(row, said)
    row.object, row.program = m.base.path, m.base.name
    local why = (said.why or "-"):gsub("%s", " ")
    local fields = { loads.line(row), m.kind, m.what, kind, said.outcome, said.rule, said.name, why }
    io.write(table.concat(fields, "\t"), "\n")
  end
  for _, m in ipairs(batch) do os.remove(m.path) end
end

math.randomseed(seed, part)
local list, batch = bases(), {}
for number = 1, count do
  local m
  while not m do m = mutant(list[math.random(#list)], number) end
  batch[#batch + 1] = m
  if #batch == BATCH or number == count then
    tell(batch)
    batch = {}
  end
end
run.remove(dir)
