--- Every object on every kernel, kernel after kernel: see btfl.matrix in meta.lua.
local check = require "btfl.diagnose.check"
local class = require "btfl.class"
local engine = require "btfl.engine"
local kept = require "btfl.kept"
local key_of = require "btfl.report.key"
local names = require "btfl.report.names"
local once = require "btfl.command.once"
local pacing = require "btfl.pacing"
local packed = require "btfl.runs.packed"
local protect = require "btfl.command.protect"
local recall = require "btfl.recall.recall"
local reached = require "btfl.diagnose.reached"
local states = require "btfl.matrix.states"
local workers = require "btfl.command.workers"
local written = require "btfl.matrix.written"

local cells = {}

-- Of a program whose twin loads nothing is wrong.
local function rows_of(verdicts, one_of)
  local excused, rows = reached.excused(verdicts, one_of), {}
  for i, verdict in ipairs(verdicts) do
    local first = verdict.first
    rows[i] = {
      program = verdict.program.name, state = states.of_verdict(verdict), verdict = verdict.verdict,
      rule = verdict.rule, name = first and (first.name or first.relo and first.relo.path) or nil,
      attaches = verdict.ok and verdict.attaches or nil, excused = excused[verdict.program.name] or nil,
    }
  end
  return rows
end

-- A program that loads and reads what is not what it takes it for.
local function mark_drifts(rows, findings)
  local drifting = {}
  for _, finding in ipairs(findings) do
    if finding.rule:find "^arg%-" and finding.level == "warning" then
      for _, name in ipairs(names.programs(finding)) do drifting[name] = true end
    end
  end
  for _, row in ipairs(rows) do
    if drifting[row.program] then row.state = states.worse(row.state, "drift") end
  end
end

local function is_other_machine(object, target)
  local here = object.arch
  -- Of most objects the kernel's is not asked.
  local there = here and target.arch
  return there ~= nil and here ~= there
end

-- Of an object without a program no row tells it.
local function is_unopened(findings)
  for _, finding in ipairs(findings) do
    if finding.rule == "open" then return true end
  end
  return false
end

-- What there is to say of a pair. Findings name no kernel: they hold for all of the case.
local function answer_of(object, target, options)
  if object:clash(target) or is_other_machine(object, target) then
    return { state = "not-applicable", programs = {}, findings = {} }
  end
  local report, verdicts = check.run(object, target, options)
  local findings = {}
  for i, finding in ipairs(report:merge().findings) do
    finding.target = nil
    findings[i] = finding
  end
  if #report.failures > 0 then
    return { state = "unreadable", programs = {}, findings = findings, failures = report.failures }
  end
  local rows = rows_of(verdicts or {}, options.one_of)
  mark_drifts(rows, findings)
  local state = #rows == 0 and is_unopened(findings) and "refused" or states.of_programs(rows)
  return { state = state, programs = rows, findings = findings }
end

--- All that a cell says, as one text, but for what to do about it: that may name the kernel.
---@param answer table its state, programs, findings and failures, as btfl.matrix.cell has them
---@return string
function cells.text_of(answer)
  local parts = { answer.state }
  for _, row in ipairs(answer.programs) do
    parts[#parts + 1] = key_of(row.program, row.verdict, row.rule, row.name, row.attaches, row.excused,
      row.ignored, row.known)
  end
  for _, finding in ipairs(answer.findings) do
    parts[#parts + 1] = key_of(finding.level, finding.rule, finding.at, finding.count, finding.message,
      table.concat(names.programs(finding), "\n"), table.concat(finding.notes or {}, "\n"))
  end
  for _, failure in ipairs(answer.failures or {}) do parts[#parts + 1] = failure end
  return table.concat(parts, "\1")
end

--- The cases of an object in one shape, of which none is known yet.
---@return table
function cells.cases()
  return { by_text = {}, count = 0 }
end

--- The case of which that is said: one that is known, or the next.
---@param known table of cells.cases()
---@param answer table state, programs, findings, failures; of `unread` no number, for it is of no case
---@return table
function cells.numbered(known, answer)
  if answer.unread then return answer end
  local text = cells.text_of(answer)
  local case = known.by_text[text]
  if not case then
    known.count = known.count + 1
    case, answer.number = answer, known.count
    known.by_text[text] = case
  end
  return case
end

local function unreadable(why)
  return { state = "unreadable", programs = {}, findings = {}, failures = { tostring(why) } }
end

-- The case of a pair, of those of its object in one shape. A kernel that cannot be read costs no other.
local function case_of(known, object, target, options)
  local ok, answer = protect.call(answer_of, object, target, options)
  if not ok then answer = unreadable(answer) end
  answer.path = target.path
  return cells.numbered(known, answer)
end

local function joined(a, b)
  local out = {}
  for _, part in ipairs { a, b } do
    for name, value in pairs(part) do out[name] = value end
  end
  return out
end

-- What object:check() is to be given for an object, in each shape.
local function shapes_of(object, options)
  local shapes, given, list = options.shapes or {}, options.check or {}, {}
  if type(shapes) == "function" then return shapes(object) end
  local own = type(given) == "function" and given(object) or given
  for name, shape in pairs(shapes) do
    list[#list + 1] = joined(own, { verdict = joined(own.verdict or {}, shape), shape = name })
  end
  table.sort(list, function(a, b) return a.shape < b.shape end)
  return options.shapes and list or { own }
end

-- Targets one after another, and whether each is to be closed when it has been looked at.
local function each_target(targets)
  if type(targets) == "function" then return targets, false end
  if class(targets) == "btfl.cli" then return require("btfl.command.inputs").each_turn(targets), false end
  if type(targets) == "table" and class(targets[1]) == "btfl.target" then
    local n = 0
    return function()
      n = n + 1
      return targets[n]
    end, false
  end
  return require("btfl.kernels.open").targets(targets), true
end

-- Objects one after another, of a list of them or of paths, or as a function gives them.
local function each_object(objects)
  local n = 0
  local function next_of_list()
    n = n + 1
    return objects[n]
  end
  local next_object = type(objects) == "function" and objects or next_of_list
  return function()
    local one = next_object()
    if type(one) == "string" then return engine.object(one) end
    if one ~= nil and class(one) ~= "btfl.object" then
      error(("a matrix is of objects, and not of a %s"):format(class(one) or type(one)), 0)
    end
    return one
  end
end

local function kernel_of(target)
  return { name = target.name, path = target.path, release = target.release,
    version = target.version and tostring(target.version), arch = target.arch, distro = target.distro,
    flavour = target.flavour }
end

--- One object on one kernel in one shape.
---@param path string of the object
---@param kernel btfl.matrix.kernel
---@param shape string
---@param case table of cells.numbered()
---@param seen boolean?
---@return btfl.matrix.cell
function cells.cell(path, kernel, shape, case, seen)
  return {
    object = path, target = kernel.name, kernel = kernel, shape = shape, state = case.state,
    case = case.number, programs = case.programs, findings = case.findings, failures = case.failures,
    unread = case.unread, seen = seen or nil,
  }
end

-- What is said where there is no kernel to look at: of one that cannot be opened, a cell for each object.
local function without_target(runs, why, kernel, yield)
  if not kernel then return yield(false, why) end
  local case = unreadable(why)
  case.unread = true
  for _, run in ipairs(runs) do
    for _, options in ipairs(run.shapes) do
      yield(cells.cell(run.object.path, kernel, options.shape or "default", case))
    end
  end
end

-- The cases of an object on a kernel, by shape, and whether all could be looked into. It rests then.
local function look_into(run, target)
  local list, whole = {}, true
  for i, options in ipairs(run.shapes) do
    list[i] = case_of(run.cases[i], run.object, target, options)
    whole = whole and not list[i].failures
  end
  kept.rest(run.object)
  pacing.adjust()
  return list, whole
end

-- The same where one that answers alike has told it, and whether it has. One that rests is read again, and
-- may have changed.
local function recalled(run, target, memory)
  local why
  local function wake()
    local ok
    ok, why = protect.call(engine.wake, run.object)
    return ok
  end
  local list, seen = memory:of(run.object, function() return look_into(run, target) end, nil, wake)
  if list then return list, seen end
  list = {}
  for i in ipairs(run.shapes) do list[i] = cells.numbered(run.cases[i], unreadable(why)) end
  return list
end

-- Gives the case of each object in each shape on a kernel, and whether one that answers alike has told it.
local function each_case(runs, target, give)
  local memory = runs.memory
  if memory then memory:meet(target) end
  for n, run in ipairs(runs) do
    local list, seen = memory and run.alone and memory:still(run.object), true
    if not list and memory and run.alone then
      list, seen = recalled(run, target, memory)
    elseif not list then
      list, seen = look_into(run, target), nil
    end
    for i, case in ipairs(list) do give(n, i, case, seen) end
  end
end

local function on_target(runs, target, yield)
  local kernel = kernel_of(target)
  each_case(runs, target, function(n, i, case, seen)
    local run = runs[n]
    yield(cells.cell(run.object.path, kernel, run.shapes[i].shape or "default", case, seen))
  end)
end

-- What a worker says of a kernel: the case of each object in each shape.
local function said_of(runs, target, send, i)
  local list = {}
  each_case(runs, target, function(_, _, case) list[#list + 1] = case end)
  return { kernel = kernel_of(target), cases = send(list, i), learned = runs.memory and runs.memory:take() }
end

-- The cells of that; `known` has the cases of this process by those of the worker.
local function give_said(runs, kernel, list, known, yield)
  local n = 0
  for _, run in ipairs(runs) do
    for i, options in ipairs(run.shapes) do
      n = n + 1
      known[list[n]] = known[list[n]] or cells.numbered(run.cases[i], list[n])
      yield(cells.cell(run.object.path, kernel, options.shape or "default", known[list[n]]))
    end
  end
end

local function numbered(targets)
  local of = class(targets) == "btfl.cli" and "btfl.command.inputs" or "btfl.kernels.open"
  return require(of).numbered(targets)
end

-- Blocks for each process: kernels that follow one another are alike, and known cases are found sooner. Each
-- goes over them in order, since a case names the first kernel that has it.
local BLOCKS = 4

local function in_workers(runs, targets, jobs, yield)
  local list, starts, known = numbered(targets), {}, {}
  local send, receiver = once.sender(), once.receiver()
  for i = 1, list.count, math.max(1, list.count // (jobs * BLOCKS)) do starts[#starts + 1] = i end
  return workers.each({
    jobs = jobs, starts = starts, count = list.count,
    work = function(i)
      return list.work(i, function(target) return said_of(runs, target, send, i) end)
    end,
    take = function(done)
      local said = list.take(done, function(_, why, kernel) without_target(runs, why, kernel, yield) end)
      if said and said.learned then runs.memory:add(said.learned) end
      if not said then return end
      receiver.arrive(said.cases)
      give_said(runs, said.kernel, receiver.list(said.cases), known, yield)
    end,
  }, list.over)
end

-- Whether nothing but the object and the kernel tells what is said.
local function is_alone(options)
  return not (options.others or options.sinks or options.why)
end

-- Each object with its shapes, and the cases that are known of it in each.
local function runs_of(objects, options)
  local runs = {}
  for object in each_object(objects) do
    local run = { object = object, shapes = shapes_of(object, options), cases = {}, alone = true }
    for i, shape in ipairs(run.shapes) do
      run.cases[i] = cells.cases()
      run.alone = run.alone and is_alone(shape)
    end
    runs[#runs + 1], runs[object] = run, run
    kept.rest(object)
  end
  return runs
end

-- What is remembered of the run; of a command line, it may be kept for others.
local function memory_of(runs, targets, options)
  if options.memo == false then return nil end
  if class(targets) ~= "btfl.cli" then return recall.new() end
  return require("btfl.command.work").memory(targets, {
    about = "matrix",
    encode = function(list, object, target)
      local plain = written.encode(list, object, target)
      return plain and packed.pack(plain)
    end,
    decode = function(text, object, target)
      local run, cases = runs[object], nil
      local ok, plain = pcall(packed.unpack, text)
      if ok then cases = written.decode(plain, target) end
      if not cases or #cases ~= #run.shapes then return cases and nil end
      for i, case in ipairs(cases) do cases[i] = cells.numbered(run.cases[i], case) end
      return cases
    end,
  })
end

local function one_by_one(runs, targets, yield)
  local next_target, close = each_target(targets)
  for target, why, kernel in next_target do
    if target then
      on_target(runs, target, yield)
      if close then target:close() end
    else
      without_target(runs, why, kernel, yield)
    end
  end
end

--- See btfl.matrix in meta.lua.
---@param objects (btfl.object|string)[]|fun(): btfl.object?
---@param targets string|string[]|btfl.target[]|fun(): btfl.target?
---@param options? btfl.matrix.options
---@return fun(): btfl.matrix.cell?, any
function cells.each(objects, targets, options)
  options = options or {}
  local jobs = options.jobs or 1
  local runs = runs_of(objects, options)
  local memory = memory_of(runs, targets, options)
  runs.memory = memory
  return coroutine.wrap(function()
    if not (jobs > 1 and in_workers(runs, targets, jobs, coroutine.yield)) then
      one_by_one(runs, targets, coroutine.yield)
    end
    if memory and memory.cache then targets:try(memory.save, memory) end
  end)
end

return cells
