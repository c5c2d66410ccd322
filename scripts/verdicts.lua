--- verdicts: whether each program of BPF objects loads on a kernel.
local cli = btfl.cli {
  about = "Whether each program of BPF objects loads on a kernel, as a loader and its verifier decide.",
  verdicts = true, memo = true, shards = true,
}
local columns = {
  "object", "program", "section", "relocations", "failed", "verdict", "first_poison", "target", "rule",
  "name", "attaches",
}
local group = { "object", "target" }
if cli.project and cli.project.shapes then
  table.insert(columns, "shape")
  table.insert(group, "shape")
end
local out = btfl.report("verdicts", {
  columns = columns, group = group,
  text = { "program", "section", "relocations", "failed", "verdict", "rule", "name", "attaches" },
})

local YES_OR_NO = { [true] = "yes", [false] = "no" }

-- Rows stay until all kernels were asked: there is room in each for the fields that all have.
local function row_of(object, verdict, shape)
  local program, first = verdict.program, verdict.first
  local row = {
    object = object.path, program = program.name, section = program.section,
    relocations = verdict.relocations, failed = verdict.failed, verdict = verdict.verdict,
    attaches = verdict.ok and YES_OR_NO[verdict.attaches] or nil,
  }
  row.first_poison, row.rule = verdict.first_poison, verdict.rule
  row.name, row.shape = first and (first.name or first.relo and first.relo.path), shape.shape
  return row
end

-- Forms of attaching whose names are looked up in the kernel's BTF.
local LOOKED_UP = { func = true, lsm = true, iter = true, tp_btf = true }

local function question_of(form, name)
  return ("%s %s"):format(form, name)
end

-- What is looked up there for the programs of an object, by what an obstacle calls it.
local function questions_of(object, shape)
  local questions = {}
  for program, options in cli:programs(object, shape) do
    local attach, given = program.attach, options.attach
    local name = given and given:match "^[^:]*:(.*)" or given or attach and attach.name
    if name and attach and LOOKED_UP[attach.form] then
      questions[question_of(attach.form, name)] = { form = attach.form, name = name }
    end
  end
  return questions
end

-- The questions to which the kernel says yes, or that it cannot answer.
local function has(target, questions)
  local list = {}
  for question, attach in pairs(questions) do
    local found = cli:try(target.attach, target, attach)
    if not found or found.found ~= false then list[#list + 1] = question end
  end
  return list
end

-- What is said of a program. What it is attached to may be a placeholder, which other kernels tell.
local function add_findings(said, verdict, options)
  local first = verdict.first
  local report = verdict:report(options)
  if first and first.rule == "attach-target" then
    options.nowhere = true
    local nowhere = verdict:report(options)
    options.nowhere = nil
    if nowhere.findings[1].level ~= report.findings[1].level then
      said[#said + 1] = { finding = report.findings[1], nowhere = nowhere.findings[1],
        question = question_of(first.type, first.name) }
      return
    end
  end
  for _, finding in ipairs(report.findings) do said[#said + 1] = { finding = finding } end
end

-- What keeps every program of the object from loading is told once.
local function findings_of(verdicts, options)
  local told, said = {}, {}
  for _, verdict in ipairs(verdicts) do
    local first = verdict.first
    local key = first and first.scope == "object" and ("%s %s %s"):format(first.rule, first.name, first.cause)
    if not (key and told[key]) then add_findings(said, verdict, options) end
    if key then told[key] = true end
  end
  return said
end

-- What is said of an object without a program: what libbpf refuses has a row of its own.
local function of_programless(object, shape)
  local finding, level = cli:programless(object)
  if not finding then return {}, {} end
  finding.level, finding.shape = level, shape.shape
  local row = { object = object.path, relocations = 0, failed = 0, verdict = "refused", rule = finding.rule,
    shape = shape.shape }
  return level == "error" and { row } or {}, { { finding = finding } }
end

local function judge(object, target, shape)
  local verdicts, bad, rows = {}, {}, {}
  for program, options in cli:programs(object, shape) do
    local verdict = cli:try(program.verdict, program, target, options)
    if verdict then
      verdicts[#verdicts + 1] = verdict
      if not verdict.ok or verdict.attaches == false then bad[#bad + 1] = verdict end
      rows[#rows + 1] = row_of(object, verdict, shape)
    end
  end
  if #verdicts == 0 then return of_programless(object, shape) end
  return rows, findings_of(bad, { one_of = shape.one_of, verdicts = verdicts, shape = shape.shape })
end

-- What a tool sets at its start may lead other ways. Few objects are looked at again: nothing is kept of one.
local function look(object, target)
  local said = {}
  for i, shape in ipairs(cli:shapes(object)) do
    local rows, findings = judge(object, target, shape)
    said[i] = { rows = rows, findings = findings, has = has(target, questions_of(object, shape)) }
  end
  return said
end

-- Gives what was said of an object on a kernel, in each shape.
local function each_said(said, give)
  for _, of_shape in ipairs(said) do give(of_shape) end
end

-- Names at some places of a list, each once. Objects mostly have the same kernels, and are alike on the same.
local once = setmetatable({}, { __mode = "k" })

local function names_at(names, places)
  once[names] = once[names] or {}
  local key = table.concat(places, " ")
  if not once[names][key] then
    local list, seen = {}, {}
    for _, place in ipairs(places) do
      local name = names[place]
      if not seen[name] then list[#list + 1] = name end
      seen[name] = true
    end
    once[names][key] = list
  end
  return once[names][key]
end

-- Kernels of which the same was said: { said =, names = }, each where the first of them stands. One may be
-- given twice.
local function alike(of_kernels, names)
  local list, known = {}, {}
  for i, said in ipairs(of_kernels) do
    local one = known[said]
    if not one then
      one = { said = said, places = {} }
      list[#list + 1], known[said] = one, one
    end
    table.insert(one.places, i)
  end
  for _, one in ipairs(list) do one.names = names_at(names, one.places) end
  return list
end

local function on(finding, kernels)
  finding.target = #kernels == 1 and kernels[1] or nil
  finding.targets = #kernels > 1 and kernels or nil
  return finding
end

cli:kernel_by_kernel(look, function(_, of_kernels, names, kernels)
  local found = {}
  local first = 1
  while first <= #of_kernels do
    local said, last = of_kernels[first], first
    -- Kernels that follow one another are alike.
    while #said == 1 and of_kernels[last + 1] == said do last = last + 1 end
    each_said(said, function(of_shape)
      out:again(of_shape.rows, "target", names, first, last)
      for _, question in ipairs(of_shape.has) do found[question] = true end
    end)
    first = last + 1
  end
  for _, one in ipairs(alike(of_kernels, names)) do
    each_said(one.said, function(of_shape)
      for _, x in ipairs(of_shape.findings) do
        local is_nowhere = kernels > 1 and x.nowhere and not found[x.question]
        table.insert(out.findings, on(is_nowhere and x.nowhere or x.finding, one.names))
      end
    end)
  end
end, { rests = true })
return out:merge()
