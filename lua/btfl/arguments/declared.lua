--- What the source says of a program's arguments: the line of BPF_PROG(name, type argument, ...), of
--- BPF_KPROBE and their like, as line_info has it. Of a declaration of several lines it has the first.
local kept = require "btfl.kept"

local declared = {}

-- Those that take the program's name first; BPF_KRETPROBE has the result only.
local MACROS = {
  BPF_PROG = "arguments", BPF_PROG2 = "arguments", BPF_KPROBE = "arguments", BPF_KRETPROBE = "result",
}

-- The parts between commas that stand in no brackets, from the opening bracket on; true when the closing
-- one is not there.
local function split(text)
  local list, depth, start = {}, 0, 1
  for at, c in text:gmatch "()([(),])" do
    if depth == 0 and c ~= "(" then
      list[#list + 1] = text:sub(start, at - 1)
      if c == ")" then return list end
      start = at + 1
    elseif c ~= "," then
      depth = depth + (c == "(" and 1 or -1)
    end
  end
  return list, true
end

-- "const struct path *path": its name, the struct that it points to, the text without the name.
local function parameter(text)
  text = text:gsub("^%s+", ""):gsub("%s+$", "")
  local rest, name = text:match("^(.-)([%a_][%w_]*)$")
  if not name or rest == "" then return { text = text } end
  return { text = text, name = name, struct = rest:match("struct%s+([%a_][%w_]*)[%s%a]*%*[%s%a]*$") }
end

local function of_text(text)
  local macro, rest = text:match("(BPF_[%u%d]+)%s*%((.*)$")
  local kind = MACROS[macro or ""]
  if not kind then return nil end
  local list, cut = split(rest)
  local out = { kind = kind, cut = cut }
  for i = 2, #list do out[i - 1] = parameter(list[i]) end
  return out
end

-- The instruction whose line says it, false for none: the same lines are read for each kernel.
local place_of = kept.of_object(function(_, program)
  local last
  for insn = 0, math.min(#program, 64) - 1 do
    local line = program:line(insn)
    if line and line ~= last and of_text(line.text) then return insn end
    last = line
  end
  return false
end)

--- The parameters that the program declares, each with `text`, `name` and `struct` (nil where it is none);
--- with `kind`, which is "result" for BPF_KRETPROBE, and `cut` when there may be more. nil for a program
--- that declares none.
---@param program btfl.program
---@return table?
function declared.of(program)
  local insn = place_of(program.object, program)
  return insn and of_text(program:line(insn).text) or nil
end

return declared
