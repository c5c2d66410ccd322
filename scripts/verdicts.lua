--- verdicts: whether each program of BPF objects loads on a kernel.
local cli = btfl.cli {
  about = "Whether each program of BPF objects loads on a kernel, as its verifier decides.", verdicts = true,
}
local out = btfl.report("verdicts", {
  columns = { "object", "program", "section", "relocations", "failed", "verdict", "first_poison", "target" },
  text = { "program", "section", "relocations", "failed", "verdict", "first_poison" },
  group = { "object", "target" },
})

local function source(relo)
  return relo.line and ("%s:%d"):format(relo.line.name, relo.line.line) or relo.path
end

-- The relocation that decides: the first that is reached, or that a loader refuses.
local function culprit(verdict)
  for failure in verdict:failures() do
    if verdict.verdict ~= "error" or failure.result.status == "error" then return failure.relo end
  end
  return nil
end

-- What to say of a program that does not load.
local function tell(program, verdict)
  local relo = culprit(verdict)
  local finding = {
    object = program.object.path, program = program.name, target = verdict.target.name,
    at = relo and relo.line,
  }
  if verdict.verdict == "unknown" then
    finding.rule = "unknown"
    finding.message = verdict.why or tostring(verdict.first)
    out:warning(finding)
  elseif verdict.verdict == "rejected" then
    finding.rule = "rejected"
    finding.message = source(relo) .. " is reached"
    out:error(finding)
  elseif verdict.verdict == "error" then
    finding.rule = "error"
    finding.message = source(relo) .. " cannot be relocated"
    out:error(finding)
  end
end

for object, target in cli:pairs() do
  local options = cli:verdict_options(object)
  for program in object:programs() do
    local verdict = program.entry and cli:try(program.verdict, program, target, options)
    if verdict then
      out:row {
        object = object.path, program = program.name, section = program.section,
        relocations = verdict.relocations, failed = verdict.failed, verdict = verdict.verdict,
        first_poison = verdict.first_poison, target = target.name,
      }
      tell(program, verdict)
    end
  end
end
for _, name in ipairs(cli:unmet()) do
  out:warning { rule = "no-constant", message = ("no object has a constant %s"):format(name) }
end
return out
