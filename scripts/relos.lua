--- relos: every CO-RE relocation of BPF objects, and what it becomes on a kernel.
local cli = btfl.cli {
  about = "Every CO-RE relocation of BPF objects, and what it becomes on a kernel.",
  options = function(parser)
    parser:flag("--local", "Show the objects' side only; no kernel is opened.")
  end,
}

local columns = { "object", "section", "insn_off", "type_id", "type", "access", "kind", "status",
  "local", "target", "target_id", "insn_before", "insn_after" }
if cli.policy then table.move({ "rule", "note" }, 1, 2, #columns + 1, columns) end
if #cli.args.target > 1 then table.insert(columns, 1, "kernel") end
local text = { "source", "program", "insn", "kind", "path", "local", "target", "status", "reason" }
if cli.policy then table.move({ "rule", "note" }, 1, 2, #text + 1, text) end
local out = btfl.report("relos", {
  columns = columns,
  text = cli.args["local"] and { "source", "program", "insn", "kind", "path", "local", "reason" }
    or text,
  group = { "object", "kernel" },
})

-- An unsigned 64-bit number, which Lua shows as a negative one when it is large.
local function unsigned(value)
  return value and value < 0 and btfl.u64(value) or value
end

local function source(line)
  return line and ("%s:%d:%d"):format(line.file:gsub("^.*/", ""), line.line, line.column)
end

-- Columns that only the text has. They are a third of the work, and done where they are shown.
local TEXT = {
  source = function(relo) return source(relo.line) end,
  program = function(relo) return relo.program and relo.program.name end,
  insn = function(relo) return relo.insn end,
  path = function(relo) return relo.path end,
}

-- What a relocation is whatever the kernel.
local function describe(relo)
  return setmetatable({
    object = relo.object.path, section = relo.section, insn_off = relo.insn_off,
    type_id = relo.type.id, type = relo.type.name or "<anon>", access = relo.access, kind = relo.kind,
    ["local"] = unsigned(relo.value), insn_before = relo.bytes,
  }, {
    __index = function(self, column)
      local make = TEXT[column]
      if not make then return nil end
      local value = make(relo)
      rawset(self, column, value)
      return value
    end,
  })
end

local function local_row(relo)
  local row = describe(relo)
  row.status, row.reason = relo.reason and "error" or "ok", relo.reason
  return row
end

-- The rows of all kernels share what does not depend on one, which is most of a row.
local shared = {}

local function full_row(result, kernel)
  local relo, candidate = result.relo, result.candidate
  local rest = shared[relo]
  if not rest then
    rest = { __index = describe(relo) }
    shared[relo] = rest
  end
  local row = {
    kernel = kernel, status = result.status, reason = result.reason,
    target = result.ok and unsigned(result.value) or nil, target_id = candidate and candidate.id,
    insn_after = result.after,
  }
  if cli.policy then row.rule, row.note = result.rule, result.note end
  return setmetatable(row, rest)
end

if cli.args["local"] then
  for object in cli:objects() do
    for relo in object:relos() do out:row(local_row(relo)) end
  end
  return out
end

for object, target in cli:pairs() do
  local clash = object:clash(target)
  if clash then
    out:error(clash)
  else
    local kernel = target.name
    for result in object:results(target) do out:row(full_row(result, kernel)) end
  end
end
return out
