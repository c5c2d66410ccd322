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

local function source(read)
  local line = read and read.program:line(read.insn)
  return line and ("%s:%d"):format(line.name, line.line)
end

local function row_of(object, row)
  return {
    object = object.path, program = row.program.name, attach = tostring(row.attach),
    argument = tostring(row.argument), taken_for = row.taken_for, by = row.by, has = row.has,
    verdict = row.verdict, consequence = row.consequence, line = source(row.first),
  }
end

-- Gives each program of an object, its number, and what options there are for it.
local function each_program(object)
  local next_program, n = cli:programs(object), 0
  return function()
    local program, options = next_program()
    n = n + 1
    return program, n, options
  end
end

local function rows_on(object, target, sinks_of)
  local rows = {}
  for program, n, options in each_program(object) do
    local sinks = sinks_of(n)
    for _, row in ipairs(cli:try(program.arguments, program, target, options, sinks) or {}) do
      rows[#rows + 1] = row_of(object, row)
    end
  end
  return rows
end

-- What there is of each object, in order: its rows on each kernel, what these are called, and, by the number
-- of a program, whether it was asked what other kernels have where arguments go, and what most have there.
local list, by_path = {}, {}

cli:kernel_by_kernel(function(object, target)
  local asked = {}
  local rows = rows_on(object, target, function(n)
    return function()
      asked[n] = true
      return {}
    end
  end)
  return { rows = rows, asked = asked }
end, function(object, of_kernels, names)
  -- One that is given twice is the same.
  local one = by_path[object.path] or { rows = {}, names = names, asked = {}, sinks = {} }
  for i, said in ipairs(of_kernels) do
    one.rows[i] = said.rows
    for n in pairs(said.asked) do one.asked[n] = true end
  end
  list[#list + 1], by_path[object.path] = one, one
end)

local function any(field)
  for _, one in ipairs(list) do
    if next(one[field]) then return true end
  end
  return false
end

-- What kernels have where those arguments go.
if cli:several() and any "asked" then
  cli:kernel_by_kernel(function(object, target)
    local one, there = by_path[object.path], {}
    if not one or not next(one.asked) then return nil end
    for program, n, options in each_program(object) do
      there[n] = one.asked[n] and cli:try(program.at_sinks, program, target, options) or false
    end
    return there
  end, function(object, of_kernels)
    local one = by_path[object.path]
    for program, n, options in each_program(object) do
      local there = {}
      for i, said in ipairs(of_kernels) do there[i] = said[n] end
      local sinks = one.asked[n] and cli:try(program.sinks, program, there, options)
      one.sinks[n] = sinks and next(sinks) and sinks or nil
    end
  end, { clashing = true })
end
-- Where most have the same, that is what it is taken for.
if any "sinks" then
  cli:kernel_by_kernel(function(object, target)
    local one = by_path[object.path]
    return one and next(one.sinks) and rows_on(object, target, function(n) return one.sinks[n] end) or nil
  end, function(object, of_kernels) by_path[object.path].rows = of_kernels end)
end

for _, one in ipairs(list) do
  for i, rows in ipairs(one.rows) do out:again(rows, "target", one.names, i, i) end
end
return out:merge()
