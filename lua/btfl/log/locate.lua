--- Where an event of a log stands in the objects: program, function, instruction, source line, relocation.
local layout = require "btfl.log.layout"

local locate = {}

-- A file's name without folders and what object files end in.
local function stem(path)
  return (path:match "[^/]*$":gsub("%.o$", ""):gsub("%.bpf$", ""))
end

local function entries(object, section)
  local list = {}
  for program in object:programs() do
    if program.entry and (not section or program.section == section) then list[#list + 1] = program end
  end
  return list
end

-- The programs that an event may be about: of the object that the log names, where one is it.
local function candidates(event, objects)
  local hinted = {}
  for _, object in ipairs(objects) do
    if event.object and stem(object.path) == stem(event.object) then hinted[#hinted + 1] = object end
  end
  local list = {}
  for _, object in ipairs(#hinted > 0 and hinted or objects) do
    if event.program and event.program ~= "" then
      list[#list + 1] = object:program(event.program)
    elseif event.section or event.block then
      table.move(entries(object, event.section), 1, 1 << 20, #list + 1, list)
    end
  end
  return list, hinted
end

-- The candidates whose instructions are those of the log, each with how its functions stand there; else none,
-- and the first instruction that differs.
local function fitting(list, block)
  local out, differs = {}, nil
  for _, program in ipairs(list) do
    local functions, misfit = layout.of(program, block)
    if functions then
      out[#out + 1] = { program = program, functions = functions }
    else
      differs = differs or { program = program, at = misfit }
    end
  end
  return out, differs
end

-- The relocation of that number in the section of a program, as libbpf counts them.
local function numbered(program, number)
  local n = 0
  for relo in program.object:relos() do
    if relo.section == program.section then
      if n == number then return relo end
      n = n + 1
    end
  end
end

-- The relocation of a program that the log names by its type and access.
local function described(functions, fields)
  for _, func in ipairs(functions) do
    for relo in func.program:relos() do
      if relo.access == fields.access and relo.type.id == fields.type_id
        and (not fields.kind or relo.kind == fields.kind) then
        return relo
      end
    end
  end
end

-- Whether a source line has a name as a word of its own.
local function has_word(text, name)
  local from = 1
  while true do
    local first, last = text:find(name, from, true)
    if not first then return false end
    if not text:sub(first - 1, first - 1):find "[%w_]" and not text:sub(last + 1, last + 1):find "[%w_]" then
      return true
    end
    from = last + 1
  end
end

-- The first instruction whose source line names something.
local function mentioned(objects, name)
  for _, object in ipairs(objects) do
    for program in object:programs() do
      local last
      for insn = 0, #program - 1 do
        local line = program:line(insn)
        if line and line ~= last and has_word(line.text, name) then return program, insn end
        last = line
      end
    end
  end
end

-- The call of a function at an instruction; with a name, its first call of that.
local function call_of(func, insn, name)
  for call in func:calls() do
    if call.insn == insn or name and call.name == name then return call end
  end
end

-- The first call of a kernel function, or of a helper, by its name.
local function called(objects, name)
  for _, object in ipairs(objects) do
    for func in object:programs() do
      local call = call_of(func, nil, name)
      if call then return func, call.insn end
    end
  end
end

local function place(out, func, insn)
  out.func, out.insn = func, insn
  out.call = call_of(func, insn)
  out.relo = layout.relo(func, insn)
  out.line = out.relo and out.relo.line or func:line(insn)
end

-- By what the event says of an instruction of the linked program, or of one function, or of a relocation.
local function by_number(out, event, functions)
  local fields, func, insn = event.fields, nil, nil
  if event.at then
    func, insn = layout.at(functions, event.at)
    out.linked = event.at
  elseif fields.insn and fields.program and fields.insn < #out.program then
    func, insn = out.program, fields.insn
  end
  if func then place(out, func, insn) end
  local relo = fields.relo and not func and numbered(out.program, fields.relo)
  if not relo and fields.access and not (out.relo and out.relo.access == fields.access) then
    relo = described(functions, fields)
  end
  if relo and relo.program and relo.insn then place(out, relo.program, relo.insn) end
end

-- By the name of what is missing: the debug output of a loader says where it is used, else a call or a source
-- line.
local function by_name(out, event, objects, uses)
  local name = event.fields.symbol or event.fields.map
  local use = name and uses[name]
  local func = use and out.object and out.object:program(use.program)
  if func and use.insn < #func then return place(out, func, use.insn) end
  if not name or name == "" then return end
  local within = out.object and { out.object } or objects
  local insn
  func, insn = called(within, name)
  if not func then func, insn = mentioned(within, name) end
  if not func then return end
  out.object = func.object
  place(out, func, insn)
end

-- The map that an event names, of one object.
local function map_of(out, event, objects)
  local name = event.fields.map
  for _, object in ipairs(out.object and { out.object } or objects) do
    for map in object:maps() do
      if map.name == name then return map end
    end
  end
end

--- Where an event stands: object, program (that is loaded), func and insn (in it), linked (its number there),
--- line, relo, call, map, as far as they are known; `missing` is a program that no object has, `differs` the
--- instruction that the log has otherwise than the object, `unclear` the programs that fit alike.
---@param event table see parse.lua
---@param objects btfl.object[]
---@param uses table<string, table> where symbols are used, as the log says
---@return table
function locate.find(event, objects, uses)
  local out = {}
  local list, hinted = candidates(event, objects)
  out.object = #hinted == 1 and hinted[1] or #objects == 1 and objects[1] or nil
  if #list > 0 then
    local fits, differs = fitting(list, event.block)
    if #fits == 0 then
      out.differs, out.object, out.program = differs, differs.program.object, #list == 1 and list[1] or nil
      return out
    elseif #fits > 1 and not event.program and event.block.count == 0 then
      return out
    elseif #fits > 1 and not event.program then
      out.unclear = {}
      for i, fit in ipairs(fits) do out.unclear[i] = fit.program.name end
    end
    out.program, out.object = fits[1].program, fits[1].program.object
    by_number(out, event, fits[1].functions)
  elseif event.program and event.program ~= "" then
    out.missing, out.object = event.program, nil
    return out
  end
  if not out.func then by_name(out, event, objects, uses) end
  out.map = map_of(out, event, objects)
  if not out.func and out.program then
    out.line = out.program:line(0)
  end
  return out
end

return locate
