--- Holds verdicts against what real kernels made of the same programs (see spec.support.loads).

local btfl = require "btfl"
local composed = require "spec.support.composed"
local loads = require "spec.support.loads"
local programless = require "btfl.diagnose.programless"
local run = require "spec.support.run"

local judge = {}

local CORPUS = os.getenv("BTFL_CORPUS") or "../shared/corpus"

local function first_of(paths)
  for _, path in ipairs(paths) do
    local file = io.open(path)
    if file then
      file:close()
      return path
    end
  end
  return nil
end

-- A file of a kernel: beside the rows, or in the corpus.
local function file_of(folder, kernel, suffix)
  local paths = {}
  for _, dir in ipairs { folder or ".", CORPUS .. "/loads", CORPUS .. "/kernels" } do
    paths[#paths + 1] = ("%s/%s.%s"):format(dir, kernel, suffix)
    paths[#paths + 1] = ("%s/%s.%s.gz"):format(dir, kernel, suffix)
  end
  return first_of(paths)
end

--- A kernel and what is known of it.
---@class spec.Kernel
---@field target btfl.target
---@field options btfl.verdict.options

--- The kernel of that name, from the folder of the rows or the corpus; "running" is this one. nil where its
--- BTF is not there.
---@param name string
---@param folder string?
---@return spec.Kernel?
function judge.kernel(name, folder)
  if name == "running" then
    return { target = btfl.target(), options = { kallsyms = "/proc/kallsyms",
      kconfig = first_of { "/proc/config.gz", "/boot/config-" .. (btfl.target().release or "") } } }
  end
  local path = file_of(folder, name, "btf")
  -- What rows are of says of itself that it is called so, as libbpf reads it.
  local release = name:find "^%d+%.%d+" and name or nil
  return path and { target = btfl.target(path, { release = release }), options = {
    kconfig = file_of(folder, name, "config"), kallsyms = file_of(folder, name, "kallsyms"),
  } } or nil
end

--- Opens each object once: objects("path"); objects() closes them all.
---@return fun(path: string?): btfl.object?
function judge.objects()
  local open = {}
  return function(path)
    if path then
      open[path] = open[path] or btfl.object(path)
      return open[path]
    end
    for _, object in pairs(open) do object:close() end
    open = {}
    return nil
  end
end

-- Where an object of a row stands: the corpus' rows have none but from its folder on.
local function path_of(row)
  if row.kernel == "running" or row.object:find "^/" then return row.object end
  return ("%s/objects/%s"):format(CORPUS, row.object)
end

---@class spec.Said
---@field outcome "loads"|"no"|"unknown"
---@field rule string "-" where nothing stops it
---@field name string
---@field first_poison string
---@field attaches boolean?
---@field why string?

local OUTCOME = { loads = "loads", guarded = "loads", unknown = "unknown" }

local ONLY_RELOCATIONS = { rejected = "relocation", error = "relocation" }

-- A field that verdicts may not have yet.
local function field(verdict, name)
  local ok, value = pcall(function() return verdict[name] end)
  if ok then return value end
  return name == "rule" and ONLY_RELOCATIONS[verdict.verdict] or nil
end

---@return spec.Said
local function said_of(verdict)
  return {
    outcome = OUTCOME[verdict.verdict] or "no", rule = field(verdict, "rule") or "-",
    name = field(verdict, "name") or "-", first_poison = verdict.first_poison or "-",
    attaches = field(verdict, "attaches"), why = verdict.why,
  }
end

-- The rows without a program are of objects that libbpf does not open: no program of it loads.
local function said_of_object(object, kernel)
  local said
  local unopened, level = programless.finding(object)
  if unopened then
    return { outcome = level == "error" and "no" or "loads", rule = unopened.rule, name = "-", first_poison = "-" }
  end
  for program in object:programs() do
    if program.entry then
      said = said_of(program:verdict(kernel.target, kernel.options))
      if said.outcome ~= "no" or said.rule ~= "open" then return said end
    end
  end
  return said
end

--- What btfl says of a row.
---@param row spec.Load
---@param kernel spec.Kernel
---@param object btfl.object
---@return spec.Said
function judge.said(row, kernel, object)
  if row.program == "-" then return said_of_object(object, kernel) end
  local program = object:program(row.program)
  if not program then error(("%s has no program %s"):format(row.object, row.program)) end
  return said_of(program:verdict(kernel.target, kernel.options))
end

-- What nobody can know from object, BTF, symbols and configuration: a module that the guest had not
-- loaded, a setting that it had and its configuration does not tell.
local function apart(row)
  return row.outcome == "lost" or row.class == "machine" or row.class == "unknown"
    or row.note:find("^environment") ~= nil or row.note:find("^config") ~= nil
end

local function has_class(row, rule)
  for _, known in ipairs(loads.RULES[row.class] or {}) do
    if known == rule then return true end
  end
  return false
end

local function compare_attaches(row, said)
  if row.outcome ~= "loads" or not row.attaches then return nil end
  if row.attaches == "yes" and said.attaches == false then return "attaches" end
  if row.attaches == "2" and said.attaches == true then return "attaches" end
  return nil
end

--- How a row and what is said of it go together: "right", or what is wrong: "false loads", "false no",
--- "unknown", "class", "first poison", "attaches"; or what is no mistake: "beyond" ("loads" where the
--- verifier refuses what a program does with memory and numbers), "apart" (see the README of the corpus).
---@param row spec.Load
---@param said spec.Said
---@return string
function judge.compare(row, said)
  if apart(row) then return "apart" end
  if said.outcome == "unknown" then return "unknown" end
  if loads.BEYOND[row.class] then return said.outcome == "no" and "right" or "beyond" end
  if said.outcome ~= row.outcome then return "false " .. said.outcome end
  if row.outcome == "no" and not has_class(row, said.rule) then return "class" end
  if row.class == "relocation" and row.first_poison ~= "?" and row.first_poison ~= said.first_poison then
    return "first poison"
  end
  return compare_attaches(row, said) or "right"
end

-- One of two halves of the objects, the same ever after: to learn on one and to tell of the other.
local function half_of(row)
  local sum = 5381
  for i = 1, #row.object do sum = (sum * 33 + row.object:byte(i)) & 0xffffffff end
  return sum >> 7 & 1 == 0 and "a" or "b"
end

---@class spec.Judged
---@field row spec.Load
---@field said spec.Said
---@field kind string what judge.compare() gives
---@field change string? what was changed, of a mutant

---@class spec.Tally
---@field [string] integer by what judge.compare() gives, and rows
---@field wrong spec.Judged[] all that is neither right, beyond nor apart
---@field missing table<string, boolean> kernels that are not there

local function new_tally()
  return setmetatable({ rows = 0, wrong = {}, missing = {} }, { __index = function() return 0 end })
end

local FINE = { right = true, apart = true, beyond = true }

local function add(tally, kind, judged)
  tally.rows = tally.rows + 1
  tally[kind] = tally[kind] + 1
  if not FINE[kind] then table.insert(tally.wrong, judged) end
end

--- Judges rows. Options: half ("a" or "b"), folder (of files of kernels).
---@param rows spec.Load[]
---@param options? { half: string?, folder: string? }
---@return spec.Tally
function judge.rows(rows, options)
  options = options or {}
  local tally = new_tally()
  local kernels, objects = {}, judge.objects()
  for _, row in ipairs(rows) do
    if kernels[row.kernel] == nil then
      kernels[row.kernel] = judge.kernel(row.kernel, options.folder) or false
    end
    local kernel = kernels[row.kernel]
    if not kernel then
      tally.missing[row.kernel] = true
    elseif not options.half or half_of(row) == options.half then
      local said = judge.said(row, kernel, objects(path_of(row)))
      local kind = judge.compare(row, said)
      add(tally, kind, { row = row, said = said, kind = kind })
    end
  end
  objects()
  for _, kernel in pairs(kernels) do if kernel then kernel.target:close() end end
  return tally
end

local FIXTURES = { "guards.clang16.o", "guards.clang19.o", "loads.clang19.o", "pruning.clang16.o",
  "subprogs.clang19.o" }

-- A line of spec/support/loads_mutants.lua.
local function mutant_of(line)
  local f = loads.fields(line)
  local row = loads.of_fields(f)
  local n = #loads.COLUMNS
  row.program = ("%s (%s: %s)"):format(row.program, f[n + 1], f[n + 2])
  return f[n + 3], { row = row, kind = f[n + 3], change = f[n + 1],
    said = { outcome = f[n + 4], rule = f[n + 5], name = f[n + 6], why = f[n + 7] } }
end

--- Changes programs of the corpus (if it is there) and of fixtures, one thing in each, loads them into the
--- running kernel and judges them. What comes of a seed, a count and a number of jobs is always the same.
---@param count integer
---@param options? { seed: integer?, jobs: integer?, save: string?, relocations: boolean? } save: a file for all rows;
--- relocations: only changes by which relocations fail
---@return spec.Tally
function judge.mutants(count, options)
  options = options or {}
  local jobs, words = options.jobs or 2, {}
  for _, path in ipairs(loads.objects(CORPUS .. "/objects")) do words[#words + 1] = ("'%s'"):format(path) end
  for _, name in ipairs(FIXTURES) do words[#words + 1] = "spec/fixtures/" .. name end
  local tally, pipes = new_tally(), {}
  for job = 1, jobs do
    pipes[job] = assert(io.popen(("./btfl spec/support/loads_mutants.lua %d %d %d %d %s %s")
      :format(options.seed or 1, count // jobs, job - 1, jobs, options.relocations and "relocations" or "all",
        table.concat(words, " "))))
  end
  local save <close> = options.save and assert(io.open(options.save, "w")) or nil
  for job = 1, jobs do
    for line in pipes[job]:lines() do
      if save then save:write(line, "\n") end
      add(tally, mutant_of(line))
    end
    assert(pipes[job]:close())
  end
  return tally
end

--- Puts programs together by chance, see spec.support.composed, loads them into the running kernel and judges them.
---@param count integer
---@param seed integer
---@return spec.Tally
function judge.composed(count, seed)
  math.randomseed(seed)
  local kernel, tally, dir = judge.kernel "running", new_tally(), run.tmpdir()
  for first = 1, count, 250 do
    local lines = {}
    for i = first, math.min(first + 249, count) do
      local path = ("%s/%d.o"):format(dir, i)
      run.write(path, composed.object())
      lines[#lines + 1] = path .. "\tprog"
    end
    for _, row in ipairs(loads.run(lines)) do
      local object <close> = btfl.object(row.object)
      local said = judge.said(row, kernel, object)
      local kind = judge.compare(row, said)
      row.object = ("seed %d, %s"):format(seed, row.object:match "[^/]+$")
      add(tally, kind, { row = row, said = said, kind = kind })
    end
  end
  kernel.target:close()
  run.remove(dir)
  return tally
end

local KINDS = { "right", "false loads", "false no", "unknown", "class", "first poison", "attaches", "beyond",
  "apart" }

--- The counts as a line.
---@param tally spec.Tally
function judge.counts(tally)
  local words = {}
  for _, kind in ipairs(KINDS) do
    if tally[kind] > 0 then words[#words + 1] = ("%d %s"):format(tally[kind], kind) end
  end
  return ("%d rows: %s"):format(tally.rows, table.concat(words, ", "))
end

--- What is wrong as lines: how many by kernel or kind of change, kind, class and rule, with one row of
--- each for an example; with `all`, every row.
---@param tally spec.Tally
---@param all boolean?
---@return string[]
function judge.table(tally, all)
  local count, example, order = {}, {}, {}
  for _, wrong in ipairs(tally.wrong) do
    local row, said = wrong.row, wrong.said
    local key = ("%-22s %-12s %-19s %-19s"):format(wrong.change or row.kernel, wrong.kind, row.class, said.rule)
    if all then key = ("%s %s %s: %s, said %s %s"):format(key, row.object, row.program, row.detail, said.name,
      said.why or "") end
    if not count[key] then order[#order + 1] = key end
    count[key] = (count[key] or 0) + 1
    example[key] = example[key] or ("%s %s"):format(row.object, row.program)
  end
  table.sort(order)
  local lines = {
    ("%5s %-22s %-12s %-19s %-19s"):format("rows", "kernel or change", "is wrong", "class", "rule said"),
  }
  for _, key in ipairs(order) do
    lines[#lines + 1] = all and ("%5d %s"):format(count[key], key)
      or ("%5d %s such as %s"):format(count[key], key, example[key])
  end
  return lines
end

return judge
