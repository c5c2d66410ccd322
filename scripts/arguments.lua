--- arguments: what programs take the arguments for that they read, and what those are on kernels.
local cli = btfl.cli {
  about = "The arguments that programs of BPF objects read, and what they are on kernels.",
  verdicts = true,
}
local out = btfl.report("arguments", {
  columns = { "object", "program", "attach", "argument", "taken_for", "by", "target", "has", "verdict",
    "consequence", "line" },
  text = { "program", "attach", "argument", "taken_for", "has", "verdict", "consequence", "line" },
  group = { "object", "target" },
})

local targets = {}
for target in cli:targets() do targets[#targets + 1] = target end

local function source(read)
  local line = read and read.program:line(read.insn)
  return line and ("%s:%d"):format(line.name, line.line)
end

local function row_of(object, row)
  return {
    object = object.path, program = row.program.name, attach = tostring(row.attach),
    argument = tostring(row.argument), taken_for = row.taken_for, by = row.by, target = row.target.name,
    has = row.has, verdict = row.verdict, consequence = row.consequence, line = source(row.first),
  }
end

local sinks = {}
cli:each_pair(out, function(object, target)
  for program, options in cli:programs(object) do
    sinks[program] = sinks[program] or cli:try(program.sinks, program, targets, options) or {}
    for _, row in ipairs(cli:try(program.arguments, program, target, options, sinks[program]) or {}) do
      out:row(row_of(object, row))
    end
  end
end)
return out:merge()
