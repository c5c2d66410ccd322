--- verdicts: whether each program of BPF objects loads on a kernel.
local cli = btfl.cli {
  about = "Whether each program of BPF objects loads on a kernel, as a loader and its verifier decide.",
  verdicts = true,
}
local out = btfl.report("verdicts", {
  columns = { "object", "program", "section", "relocations", "failed", "verdict", "first_poison", "target",
    "rule", "name", "attaches" },
  text = { "program", "section", "relocations", "failed", "verdict", "rule", "name", "attaches" },
  group = { "object", "target" },
})

local YES_OR_NO = { [true] = "yes", [false] = "no" }

local function row_of(object, target, verdict)
  local program, first = verdict.program, verdict.first
  return {
    object = object.path, program = program.name, section = program.section,
    relocations = verdict.relocations, failed = verdict.failed, verdict = verdict.verdict,
    first_poison = verdict.first_poison, target = target.name, rule = verdict.rule,
    name = first and (first.name or first.relo and first.relo.path),
    attaches = verdict.ok and YES_OR_NO[verdict.attaches] or nil,
  }
end

-- What the same target misses on all kernels of the run may be none.
local others = {}
for target in cli:targets() do others[#others + 1] = target end

-- What keeps every program of the object from loading is told once.
local function tell(verdicts, options)
  -- The other kernels tell only of what is missing on all.
  local told, plain = {}, options.one_of and { one_of = options.one_of, verdicts = options.verdicts }
  for _, verdict in ipairs(verdicts) do
    local first = verdict.first
    local key = first and first.scope == "object" and ("%s %s %s"):format(first.rule, first.name, first.cause)
    if not (key and told[key]) then
      out:append(verdict:report(first and first.rule == "attach-target" and options or plain))
    end
    if key then told[key] = true end
  end
end

for object, target in cli:pairs() do
  local verdicts, bad = {}, {}
  for program, options in cli:programs(object) do
    local verdict = cli:try(program.verdict, program, target, options)
    if verdict then
      verdicts[#verdicts + 1] = verdict
      if not verdict.ok or verdict.attaches == false then bad[#bad + 1] = verdict end
      out:row(row_of(object, target, verdict))
    end
  end
  local options = { others = others }
  if #cli.args.one_of > 0 then
    options.one_of, options.verdicts = cli:check_options(object).one_of, verdicts
  end
  tell(bad, options)
end
return out:merge()
