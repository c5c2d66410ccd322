--- verdicts: whether each program of BPF objects loads on a kernel.
local cli = btfl.cli {
  about = "Whether each program of BPF objects loads on a kernel, as a loader and its verifier decide.",
  verdicts = true,
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

local function row_of(object, target, verdict, shape)
  local program, first = verdict.program, verdict.first
  return {
    object = object.path, program = program.name, section = program.section,
    relocations = verdict.relocations, failed = verdict.failed, verdict = verdict.verdict,
    first_poison = verdict.first_poison, target = target.name, rule = verdict.rule,
    name = first and (first.name or first.relo and first.relo.path),
    attaches = verdict.ok and YES_OR_NO[verdict.attaches] or nil, shape = shape.shape,
  }
end

-- What the same target misses on all kernels of the run may be none.
local others = {}
for target in cli:targets() do others[#others + 1] = target end

-- What keeps every program of the object from loading is told once.
local function tell(verdicts, options)
  -- The other kernels tell only of what is missing on all.
  local told, plain = {}, { one_of = options.one_of, verdicts = options.verdicts, shape = options.shape }
  for _, verdict in ipairs(verdicts) do
    local first = verdict.first
    local key = first and first.scope == "object" and ("%s %s %s"):format(first.rule, first.name, first.cause)
    if not (key and told[key]) then
      out:append(verdict:report(first and first.rule == "attach-target" and options or plain))
    end
    if key then told[key] = true end
  end
end

local function judge(object, target, shape)
  local verdicts, bad = {}, {}
  for program, options in cli:programs(object, shape) do
    local verdict = cli:try(program.verdict, program, target, options)
    if verdict then
      verdicts[#verdicts + 1] = verdict
      if not verdict.ok or verdict.attaches == false then bad[#bad + 1] = verdict end
      out:row(row_of(object, target, verdict, shape))
    end
  end
  tell(bad, { others = others, one_of = shape.one_of, verdicts = verdicts, shape = shape.shape })
end

-- What a tool sets at its start may lead other ways.
local shapes = {}
cli:each_pair(out, function(object, target)
  shapes[object] = shapes[object] or cli:shapes(object)
  for _, shape in ipairs(shapes[object]) do judge(object, target, shape) end
end)
return out:merge()
