--- The lines of a loader's or verifier's log as events: what was said of which program, at which instruction.
--- A log may be cut at either end, wrapped, and of several programs. Nothing is known here of the object that
--- it is about.
local lines = require "btfl.log.lines"
local phrases = require "btfl.log.phrases"

local parse = {}

local trimmed = lines.trimmed

-- Of what a finding quotes so many bytes are kept, from the start of the line unless the phrase begins late.
local QUOTE, AHEAD = 240, 80

-- A line that a terminal may have broken off is at least so long.
local WRAPPED = 60

-- What verifiers print of states and of their own work; none of it says why a program is refused.
local STATE = {
  "mark_precise:", "regs=%x* stack=", "last_idx %d+ first_idx", "^%s*from %d+ to %d+", "parent state regs=",
  "parent didn't have", "^%s*propagating ", "^%s*%d+: [.%d]+ %(", "^%s*%d+: R%d", "^%s*%d+: frame%d",
  "^%s*R%d+_?%w*=", "^%s*frame%d", "^%(%d+%) ", "frame %d+ insn %d+", "^%s*caller:", "^%s*callee:",
  "^%s*func#%d+ @", "^%s*returning from callee", "^%s*to caller at", "^%s*stack depth ", "^%s*%d+: safe",
  "^%s*verification time ",
  "^%s*Live regs", "^%s*Validating ", "^%s*Func#%d+ %('", "for any args that match its prototype",
  "^%s*insn_idx ", "^%s*arg#%d+ reference type%('UNKNOWN '%) size", "^%s*Global function ",
}

local function is_state(line)
  for _, pattern in ipairs(STATE) do
    if line:find(pattern) then return true end
  end
  return false
end

-- The first phrase in a line: it, where it begins, and what it captures.
local function phrase_in(line)
  for _, phrase in ipairs(phrases) do
    if not phrase.plain or line:find(phrase.plain, 1, true) then
      local found = table.pack(line:find(phrase.find))
      if found[1] then return phrase, found end
    end
  end
end

-- What a verifier says of one program: `insns` are those it has met, by number.
local function new_block(self, about)
  local block = about or {}
  block.insns, block.count = {}, 0
  self.blocks[#self.blocks + 1], self.block = block, block
  return block
end

-- The block that a line of a verifier belongs to.
local function block_of(self)
  local block = self.block
  if not block or block.done then block = new_block(self) end
  return block
end

local NUMBERS = { insn = true, at = true, relo = true, type_id = true }

local function event_of(self, number, line, phrase, found)
  local event = { phrase = phrase, rule = phrase.rule, line = number, object = self.object, fields = {} }
  local from = found[1] > AHEAD and found[1] or 1
  event.text = trimmed(line:sub(from, from + QUOTE - 1):gsub("^%s*libbpf: ", ""))
  for i, name in ipairs(phrase.takes) do
    local value = found[i + 2]
    if value and value ~= "" then
      if NUMBERS[name] then
        event.fields[name] = math.tointeger(tonumber(value))
      else
        event.fields[name] = trimmed(value:sub(1, QUOTE))
      end
    end
  end
  event.program, event.section = event.fields.program, event.fields.section
  return event
end

-- A verifier's event belongs to its block; of several at one instruction the first says it, the others add.
local function add_verifier(self, event)
  local block = block_of(self)
  local at = event.fields.at or not event.phrase.whole and block.last or nil
  event.block, event.at = block, at
  if event.phrase.context then
    block.context = event
    return
  end
  local first = block.event
  if first and first.at == at then
    first.more = first.more or {}
    table.insert(first.more, event)
    for name, value in pairs(event.fields) do
      if first.fields[name] == nil then first.fields[name] = value end
    end
    return
  end
  if block.context and block.context.at == at then event.more = { block.context } end
  block.event = block.event or event
  self.events[#self.events + 1] = event
end

local function add_event(self, event)
  if event.phrase.verifier then return add_verifier(self, event) end
  if event.phrase.outcome and not event.phrase.object then event.block = self.block end
  self.events[#self.events + 1] = event
end

-- An instruction of the program as the verifier meets it: "12: (85) call bpf_loop#181   ; R0=scalar()". Gives
-- where in the line it begins, nil when there is none.
local function read_insn(self, line)
  local from, _, index, opcode, text = line:find "%f[%d](%d+): %((%x%x)%) ([^;\"]*)"
  if not from or line:sub(1, from - 1):find "before $" then return nil end
  index = math.tointeger(tonumber(index))
  if not index or index > 1 << 24 then return nil end
  local block = block_of(self)
  if block.insns[0] and index == 0 then block = new_block(self) end
  if not block.insns[index] then block.count = block.count + 1 end
  block.insns[index] = { opcode = tonumber(opcode, 16), text = trimmed(text) }
  block.last = index
  return from
end

-- "12: <invalid CO-RE relocation>", which libbpf writes over an instruction that it has poisoned.
local function read_poisoned(self, line)
  local index = line:match "%f[%d](%d+): <invalid "
  if index then block_of(self).last = math.tointeger(tonumber(index)) end
end

-- How loaders begin and end what the verifier says.
local function read_frame(self, line)
  local program = line:match "prog '([^']*)': BPF program load failed"
    or line:match "%f[%w]program ([%w_]+): load program: "
  local section = line:match "Prog section '([^']*)' rejected"
  if program or section then
    new_block(self, { program = program, section = section, failed = true, object = self.object })
    return
  end
  local began = line:find("-- BEGIN PROG LOAD LOG --", 1, true) or line:find("-- BEGIN DUMP LOG --", 1, true)
  if began then
    program = line:match "prog '([^']*)': %-%- BEGIN"
    local block = self.block
    -- The failure of the same program may stand before.
    if not block or block.done or block.count > 0 or block.program ~= program then
      new_block(self, { program = program, object = self.object })
    end
  elseif line:find("-- END PROG LOAD LOG --", 1, true) or line:find("-- END LOG --", 1, true) then
    if self.block then self.block.done = true end
  elseif line:find("load bpf program failed", 1, true) or line:find("BPF_PROG_LOAD", 1, true)
    or line:find("Failed to load program: ", 1, true) or line:find("load program: ", 1, true) then
    new_block(self, { failed = true, object = self.object })
  end
end

-- libbpf before 0.8 names the program behind its log.
local function read_after(self, line)
  local program = line:match "prog '([^']*)': failed to load: "
    or line:match "failed to load program '([^']*)'"
  local block = self.block
  if not program or not block then return end
  if block.program == nil and block.section == nil then block.program = program end
  if block.program == program then block.failed = true end
end

local function file_of(path)
  return path:match "[^/]*$"
end

-- What a loader's debug output tells of the object: which it is, and where its symbols are used.
local function read_facts(self, line)
  local object = line:match "libbpf: loading (%S+)$" or line:match "libbpf: loading object '([^']*)'"
  if object then self.object = file_of(object) end
  local program, symbol, insn = line:match "prog '([^']*)': found extern #%d+ '([^']*)' .*for insn #(%d+)"
  if not program then
    program, symbol, insn = line:match "prog '([^']*)': found map %d+ %(([^,]+),.*for insn #(%d+)"
  end
  if program and not self.uses[symbol] then
    self.uses[symbol] = { program = program, insn = math.tointeger(tonumber(insn)) }
  end
end

-- What verifiers of kernels since 7.4 write of the instruction at which they stop.
local function read_context(self, line)
  if line:find "^%s*Instruction context:" then
    self.context = true
  elseif self.context then
    local index = line:match "^%s*>>> *(%d+) | "
    if index then block_of(self).last, self.context = math.tointeger(tonumber(index)), nil end
  end
end

-- The last words of a verifier that no phrase is known for; a loader's own lines are none.
local function keep_last(self, number, line)
  local block = self.block
  if not block or block.done or block.count == 0 then return end
  if line:find "%a" and not line:find("libbpf: ", 1, true) then
    block.words, block.words_line, block.words_at = trimmed(line:sub(1, QUOTE)), number, block.last
  end
end

local function read_end(self, line)
  if not line:find "%f[%w]processed %d+ insns" then return false end
  if self.block then self.block.done = true end
  return true
end

-- A phrase that is broken over two lines, as a terminal does it.
local function read_wrapped(self, number, line)
  local before = self.before
  if not before or #before < WRAPPED or not before:find "%S" then return nil end
  for _, joint in ipairs { "", " " } do
    local phrase, found = phrase_in(before .. joint .. line)
    if phrase and found[1] <= #before and found[2] > #before then
      return event_of(self, number - 1, before .. joint .. line, phrase, found)
    end
  end
end

-- Of an instruction only what a loader has written over it tells: what follows is a state.
local function told_by_insn(line)
  return line:match "%f[%d]%d+: %(%x%x%) call (unknown#%d+)" or line:match "%f[%d]%d+: %(18%) (r10 = 0x%x+)"
end

local function read(self, number, line)
  if line:find "^%s*;" or line:find("mark_precise", 1, true) then return end
  local is_insn = read_insn(self, line)
  if not is_insn then
    read_frame(self, line)
    read_facts(self, line)
    read_poisoned(self, line)
    read_context(self, line)
  end
  local ended = not is_insn and read_end(self, line)
  local rest = not ended and line or nil
  if is_insn then rest = told_by_insn(line) elseif is_state(line) then rest = nil end
  local phrase, found
  if rest then phrase, found = phrase_in(rest) end
  local event = phrase and event_of(self, number, rest, phrase, found)
  if event and is_insn then event.text = trimmed(line:sub(is_insn, is_insn + QUOTE - 1)) end
  if not event and rest and not is_insn then event = read_wrapped(self, number, line) end
  if event then
    add_event(self, event)
  elseif rest and not is_insn then
    keep_last(self, number, line)
  end
  if event or is_insn or ended or line:find("libbpf: ", 1, true) then self.known = true end
  read_after(self, line)
  self.before = line
end

-- What a verifier said last where no phrase of it is known.
local UNKNOWN = { rule = "rejected", verifier = true, says = "{why}" }

local function add_unknown(self)
  for _, block in ipairs(self.blocks) do
    if block.failed and not block.event and block.words then
      block.event = {
        phrase = UNKNOWN, rule = UNKNOWN.rule, line = block.words_line, text = block.words, block = block,
        object = block.object, at = block.words_at, fields = { why = block.words },
      }
      self.events[#self.events + 1] = block.event
    end
  end
  for i, event in ipairs(self.events) do event.order = i end
  table.sort(self.events, function(a, b)
    if a.line ~= b.line then return a.line < b.line end
    return a.order < b.order
  end)
end

-- What two events of the same cause have in common: a loader may try again, or say it in two ways.
local function cause_of(event)
  local fields = event.fields
  return table.concat({
    event.program or event.section or "", event.at or fields.insn or "", fields.relo or "",
    fields.symbol or fields.map or fields.attach or "",
  }, "\0")
end

-- Outcomes only where nothing else is told of the program, or of the object; everything once.
local function told(events)
  local causes, programs, kept, seen = 0, {}, {}, {}
  for _, event in ipairs(events) do
    if not event.phrase.outcome then
      causes = causes + 1
      programs[event.program or ""], programs[event.section or ""] = true, true
    end
  end
  local function is_news(event)
    if not event.phrase.outcome then return true end
    if event.phrase.object then return causes == 0 and #kept == 0 end
    if event.block and event.block.event then return false end
    return not (programs[event.program] or programs[event.section])
  end
  for _, event in ipairs(events) do
    local cause = event.phrase.outcome and "outcome " .. (event.program or "") or cause_of(event)
    if is_news(event) and not seen[cause] then
      seen[cause] = true
      kept[#kept + 1] = event
    end
  end
  return kept
end

--- Reads a log: its failures in order; by symbol, where a loader has found it used, a function and an
--- instruction of it; whether any line is a loader's or a verifier's; and what verifiers said of each
--- program.
---@param text string
---@return { events: table[], uses: table<string, table>, known: boolean, blocks: table[] }
function parse.read(text)
  local self = { blocks = {}, events = {}, uses = {}, known = false }
  for number, line in lines.of(text) do read(self, number, line) end
  add_unknown(self)
  for _, event in ipairs(self.events) do
    local block = event.block
    if block then
      event.program, event.section = event.program or block.program, event.section or block.section
    end
  end
  return { events = told(self.events), uses = self.uses, known = self.known, blocks = self.blocks }
end

return parse
