--- object:check() of all objects on all kernels, in two phases: see cli:check_all in meta.lua; and, without
--- the rest, object:ladders(): see cli:each_ladders. In the first phase each kernel is open for its turn:
--- what there is to say of each object, and what is kept of the kernel, are plain values, and equal ones are
--- one. In the second the kernels that are closed tell of one another.
local alike = require "btfl.arguments.alike"
local argued = require "btfl.ladder.argued"
local carried = require "btfl.report.carried"
local check = require "btfl.diagnose.check"
local drift = require "btfl.arguments.drift"
local drifts = require "btfl.diagnose.drifts"
local engine = require "btfl.engine"
local inputs = require "btfl.command.inputs"
local kept = require "btfl.kept"
local closed = require "btfl.facts.closed"
local ladders = require "btfl.ladder.ladders"
local nocore = require "btfl.diagnose.nocore"
local packed = require "btfl.runs.packed"
local record = require "btfl.facts.record"
local reported = require "btfl.diagnose.reported"
local report = require "btfl.report.report"
local same_lists = require "btfl.report.same_lists"
local series = require "btfl.kernels.series"
local settled = require "btfl.arguments.settled"
local store = require "btfl.facts.store"
local stretches = require "btfl.stretches"

-- So many kernels are open again at a time: of few anything is asked in the second phase, but what has become
-- of something is asked of whichever lacks it and of those that have it, two at a time.
local AGAIN, AGAIN_FOR_WHY = 2, 32

local Run = {}
Run.__index = Run

local function kernel_of(target, number)
  local kernel = series.facts(target)
  kernel.path, kernel.endian, kernel.number = target.path, target.endian, number
  return kernel
end

-- The first phase, in whatever process: what look() says of a pair.

-- What is known of the sinks of a program: what stands there on kernels so far, whether these `differ`,
-- whether a walk asked for it, so that it is `open`, and what was counted; most have none.
local NO_SINKS <const> = kept.shared {}

local function sinks_to_note(asks, name)
  local sinks = asks.sinks[name]
  if not sinks then
    sinks = { all = {}, counts = {} }
    asks.sinks[name] = sinks
  end
  return sinks
end

-- By run.
local asks_of, put_asks = kept.of_object(function(object, _, self) return self:make_asks(object) end)

-- Notes of the sinks of a program what more is to be found there from now on.
local function learn(asks, name, what)
  local sinks = sinks_to_note(asks, name)
  if not sinks[what] then sinks[what], asks.learned = true, asks.learned + 1 end
end

-- What is said of the arguments of a program where the other kernels are not known: nil where nothing is, if
-- the sinks of all agree. Once they do not, as far as this process has seen, what stands there is counted.
local function arguments_alone(asks, found)
  return function(program, target, options)
    local name = program.name
    local fine, at = settled.alone(program, target, options)
    found.at[name] = at
    if at and not settled.agree(sinks_to_note(asks, name).all, at) then learn(asks, name, "differ") end
    local sinks = asks.sinks[name] or NO_SINKS
    local is_walked = not fine or sinks.differ
    local counts = sinks.differ or sinks.open or at and asks.is_bare
    if not is_walked and not counts then return nil end
    local list = alike.evidence(program, target, options)
    local most, out = sinks.differ and drift.most(sinks.counts) or {}, nil
    if counts then
      found.counts[name] = drift.at_sinks(program, target, options, list)
      table.insert(sinks_to_note(asks, name).counts, found.counts[name])
    end
    if is_walked then
      local found_so, rows = drifts.walked(program, target, options, most, list)
      out = found_so
      found.walks[name] = { asked = out.asked, rows = asks.laddered[name] and argued.rows(rows) or nil }
      if next(out.asked) ~= nil then learn(asks, name, "open") end
      out.asked = nil
    end
    return out
  end
end

-- Makes a draft plain, and equal to that of another kernel of which the same is said. What lies behind
-- several findings is one table.
local function make_plain(draft, keep)
  for _, entry in ipairs(check.entries(draft)) do
    local finding, failed = entry.finding, entry.behind and entry.behind.failed
    local at = finding.at
    finding.target = finding.target and ""
    finding.at = at and { file = at.file, line = at.line, column = at.column, text = at.text, nth = at.nth }
    if failed and type(failed.have) == "table" then failed.have = keep.value(failed.have) end
  end
  return draft
end

-- What is said in one shape.
function Run:look_in(asks, target, clash)
  if clash then return { facts = engine.pack(record.of_clash(asks, target, self.sending), error, true) } end
  local found = { at = {}, walks = {}, counts = {} }
  local draft, why = check.draft(asks.object, target, asks.options, arguments_alone(asks, found))
  if not draft then return { failure = tostring(why) } end
  return { draft = engine.pack(make_plain(draft, self.sending), error, true),
    facts = engine.pack(record.of(asks, target, self.sending, found), error, true) }
end

-- What is said in each shape. A failure is of that kernel alone.
function Run:look_at(object, target)
  local shapes, clash, failed = {}, object:clash(target), false
  local learned = 0
  for i, asks in ipairs(self:asks_of(object)) do
    shapes[i] = self:look_in(asks, target, clash)
    failed = failed or shapes[i].failure ~= nil
    learned = learned + asks.learned
  end
  self.learned[object] = learned
  return { shapes = shapes, sent = self.sent() }, failed
end

-- Between the phases: what was said is kept, equal things once.

local function once(self, text)
  local known = self.texts[text]
  if not known then
    known = text
    self.texts[text] = text
  end
  return known
end

function Run:keep(said)
  self.store:add(said.sent)
  said.sent = nil
  for _, one in ipairs(said.shapes) do
    one.draft, one.facts = one.draft and once(self, one.draft), one.facts and once(self, one.facts)
  end
  return said.shapes
end

-- The second phase.

-- What make_plain() made plain, as it was.
function Run:restore(draft)
  for _, entry in ipairs(check.entries(draft)) do
    local finding, failed = entry.finding, entry.behind and entry.behind.failed
    finding.at = finding.at and report.line(finding.at)
    if failed and type(failed.have) == "string" then failed.have = self.store:value(failed.have) end
  end
  return draft
end

-- What was kept of all kernels for an object in a shape, but of those on which nothing could be told. Equal
-- records are one table.
function Run:facts_of(asks, list, kernels_of, i)
  local kernels, records, opened, before, own = kernels_of, {}, {}, nil, nil
  for n, said in ipairs(list) do
    if said ~= before then
      local text = said[i].facts
      own = text and (opened[text] or engine.unpack(text, error))
      if text then opened[text] = own end
      before = said
    end
    if own then
      records[#records + 1] = own
      if kernels ~= kernels_of then kernels[#records] = kernels_of[n] end
    elseif kernels == kernels_of then
      kernels = table.move(kernels_of, 1, #records, 1, {})
    end
  end
  return closed.of(asks, kernels, records, self.store, function(kernel)
    return inputs.again(self.cli, kernel.number, self.options.why and AGAIN_FOR_WHY or AGAIN)
  end)
end

-- By release its kernels, of which one may have what another lacks.
local function releases_of(list)
  local known = {}
  for _, kernel in ipairs(list) do
    local release = kernel.release
    if release then known[release] = known[release] or {} table.insert(known[release], kernel.number) end
  end
  return known
end

-- The other kernels of its release.
local function twins_of(kernel, releases)
  local numbers = {}
  for _, number in ipairs(releases[kernel.release] or {}) do
    if number ~= kernel.number then numbers[#numbers + 1] = number end
  end
  return table.concat(numbers, " ")
end

-- Of each kernel of a list. Objects mostly have the same one, one after the other.
local known_twins = {}

local function twins_in(list)
  if known_twins.list == list then return known_twins.twins end
  local releases, twins = releases_of(list), {}
  for _, kernel in ipairs(list) do twins[kernel] = twins_of(kernel, releases) end
  known_twins = { list = list, twins = twins }
  return twins
end

-- Puts what was found again of programs in the place of what was.
local function replace(draft, again, asks)
  local found = {}
  for _, one in ipairs(draft.drifts) do found[one.program] = one end
  draft.drifts = {}
  for _, one in ipairs(asks.programs) do
    draft.drifts[#draft.drifts + 1] = again[one.program.name] or found[one.program.name]
  end
end

-- What is said of a pair: findings that all kernels of which the same is said have in common. `holds` is
-- whether it is said of all others of which the same was kept, and that have the same twins.
function Run:told(text, object, kernel, kernels, asks, known)
  local again = kernels:found_again(kernel)
  local own = self.options.why or next(again)
  local key, of_draft = own and kernel.number or twins_in(kernels.list)[kernel], known[text] or {}
  known[text] = of_draft
  if not of_draft[key] then
    local draft = self:restore(engine.unpack(text, error))
    if next(again) then replace(draft, again, asks) end
    of_draft[key] = { draft = draft, findings = check.complete(draft, object, kernel, kernels, asks.options),
      holds = not own }
  end
  return of_draft[key]
end

-- The same of what was said on a kernel, which is one table for others, too.
function Run:told_of(said, object, kernel, kernels, asks, known)
  local twins = twins_in(kernels.list)[kernel]
  local like = known[said] or {}
  known[said] = like
  if not like[twins] then
    local told = self.cli:try(self.told, self, said.draft, object, kernel, kernels, asks, known)
    if not (told and told.holds) then return told end
    like[twins] = told
  end
  return like[twins]
end

-- What is read without asking.
function Run:add_fixed_reads(out, object, asks, facts)
  local reads = self.cli:try(nocore.of, object, asks.readings, facts, asks.options.shape)
  for _, finding in ipairs(reads and reads.findings or {}) do
    if finding.level ~= "note" or self.options.all then out[finding.level](out, finding) end
  end
end

-- How the branches go that a kernel's answers decide.
function Run:add_ladders(out, object, asks, facts)
  for _, ladder in ipairs(self.cli:try(ladders.of, object, facts, asks.options) or {}) do
    for _, finding in ipairs(ladder.findings) do out[finding.level](out, finding) end
    if self.options.ladders and ladder.cleanup then out:note(ladder.cleanup) end
  end
end

-- Findings of an object, each once, whichever kernels it is said of; and what adds some and gives their
-- numbers. Check of 139 objects on 71 kernels has 581 instead of 12,894, and takes 3.6 instead of 3.9 s.
local function distinct_findings()
  local findings, numbers = {}, {}
  return findings, function(told)
    local list = {}
    for i, finding in ipairs(told) do
      finding.target = finding.target and ""
      local key = packed.key(finding)
      if not numbers[key] then
        findings[#findings + 1] = finding
        numbers[key] = #findings
      end
      list[i] = numbers[key]
    end
    return list
  end
end

-- What is said of an object on each kernel: `tells`, of which `at` has the numbers, stretches of lists by
-- shape, false for nothing, and which have numbers of `findings`; and `later`, what is told of all kernels
-- together.
function Run:find(object, list, kernels)
  local all, facts, known = self:asks_of(object), {}, {}
  for i, asks in ipairs(all) do facts[i], known[i] = self:facts_of(asks, list, kernels, i), {} end
  local tells, at, numbers, twins = {}, nil, {}, twins_in(kernels)
  local findings, add_findings = distinct_findings()
  local function number_of(told, asks)
    if not numbers[told] then
      tells[#tells + 1] = { findings = add_findings(told.findings),
        counted = check.counted(told.draft, asks.options.shape) }
      numbers[told] = #tells
    end
    return numbers[told]
  end
  local before, last_twins, own, first
  for n, said in ipairs(list) do
    local kernel = kernels[n]
    if said ~= before or twins[kernel] ~= last_twins then
      at = own and stretches.add(at, own, first, n - 1)
      before, last_twins, own, first = said, twins[kernel], {}, n
      for i, asks in ipairs(all) do
        local told = said[i].draft and self:told_of(said[i], object, kernel, facts[i], asks, known[i])
        own[i] = told and number_of(told, asks) or false
        -- The same is to be asked of the next kernel again.
        if said[i].draft and not (told and told.holds) then before = nil end
      end
    end
  end
  at = stretches.add(at, own, first, #list)
  local several, later = #facts[1]:in_order() > 1, report.new "check"
  for i, asks in ipairs(self.cli.args.only and {} or all) do
    self:add_fixed_reads(later, object, asks, facts[i])
    if several then self:add_ladders(later, object, asks, facts[i]) end
  end
  put_asks(object, self.number, nil)
  self.learned[object] = nil
  kept.rest(object)
  return { findings = findings, tells = tells, at = at, later = carried.take(later) }
end

-- What is asked of objects is mostly asked by equal options, which then are one table.
function Run:options_of(given)
  local key = engine.pack(given, error, true)
  local options = self.equal_options[key]
  if not options then
    options = kept.shared(given)
    options.from, options.why, options.all = self.from, self.options.why, self.options.all
    if options.verdict then kept.shared(options.verdict) end
    self.equal_options[key] = options
  end
  return options
end

-- The programs that have ladders, by name.
local function laddered(programs)
  local names = {}
  for _, one in ipairs(programs) do names[one.program.name] = one.has_ladders end
  return next(names) and names or NO_SINKS
end

function Run:make_asks(object)
  local all = {}
  for i, given in ipairs(self.only_ladders and { {} } or self.cli:shapes(object)) do
    local asks = record.asks(object, self:options_of(given), self.whole)
    asks.sinks, asks.laddered, asks.learned = {}, laddered(asks.programs), 0
    asks.is_bare = object:relos()() == nil and object:externs()() == nil or nil
    all[i] = asks
  end
  return all
end

function Run:asks_of(object)
  return asks_of(object, self.number, self)
end

-- How much has been learned of the sinks of an object.
function Run:learned_of(object)
  if not self.learned[object] then
    self:asks_of(object)
    self.learned[object] = 0
  end
  return self.learned[object]
end

-- What look_at() said, for another run.
local function encode(said)
  return engine.pack(said, error)
end

local function decode(text)
  local ok, said = pcall(engine.unpack, text, error)
  return ok and type(said) == "table" and said or nil
end

-- The same where only branches are asked for.

local LADDER_FIELDS <const> = { "question", "vector", "verdict" }

function Run:look_at_ladders(object, target)
  local asks = self:asks_of(object)[1]
  if #asks.ladders == 0 then return {} end
  local found = { at = {}, walks = {}, counts = {} }
  local look = arguments_alone(asks, found)
  for _, one in ipairs(asks.programs) do
    if one.has_ladders then look(one.program, target, one.options) end
  end
  local facts = engine.pack(record.of(asks, target, self.sending, found), error, true)
  self.learned[object] = asks.learned
  return { facts = facts, sent = self.sent() }
end

function Run:keep_ladders(said)
  if said.sent then self.store:add(said.sent) end
  return { { facts = said.facts and once(self, said.facts) } }
end

function Run:find_ladders(object, list, kernels)
  local asks = self:asks_of(object)[1]
  local found = #asks.ladders > 0
    and self.cli:try(ladders.of, object, self:facts_of(asks, list, kernels, 1), asks.options) or {}
  local rows = {}
  for i, ladder in ipairs(found) do
    local line = ladder.line
    rows[i] = { program = ladder.program.name, line = line and ("%s:%d"):format(line.name, line.line) }
    for _, field in ipairs(LADDER_FIELDS) do rows[i][field] = ladder[field] end
  end
  put_asks(object, self.number, nil)
  self.learned[object] = nil
  return rows
end

local run, runs = {}, 0

local function new(cli, options)
  local self = setmetatable({ cli = cli, options = options, from = options.from or {}, learned = {},
    texts = {}, store = store.new(), whole = cli.args.cache ~= nil, equal_options = {} }, Run)
  runs = runs + 1
  self.number = runs
  self.sending, self.sent = store.sending(self.whole)
  return self
end

--- See cli:each_ladders in meta.lua.
---@param cli btfl.cli
---@param take fun(object: btfl.object, rows: table[])
function run.ladders(cli, take)
  local self = new(cli, {})
  self.only_ladders = true
  cli:kernel_by_kernel(function(object, target) return self:look_at_ladders(object, target) end, take, {
    about = kernel_of, by = function(object) return self:learned_of(object) end,
    keep = function(said) return self:keep_ladders(said) end,
    find = function(object, said, kernels) return self:find_ladders(object, said, kernels) end,
  })
end

--- See cli:check_all in meta.lua.
---@param cli btfl.cli
---@param out btfl.report
---@param options btfl.cli.check_all.options
function run.of(cli, out, options)
  local self = new(cli, options)
  local later, same = report.new "check", same_lists()
  cli:kernel_by_kernel(function(object, target) return self:look_at(object, target) end,
    function(object, found, said, kernels) reported.put(out, later, object, said, kernels, found, same) end, {
      about = kernel_of, by = function(object) return self:learned_of(object) end,
      keep = function(said) return self:keep(said) end, clashing = true, encode = encode, decode = decode,
      find = function(object, said, kernels) return self:find(object, said, kernels) end,
    })
  out:append(later)
end

return run
