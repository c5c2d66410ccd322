--- Numbered pieces of work in several processes, and what came of them in order. Each process is a copy of
--- this one, with all that is open in it, and takes one block of pieces after another: what a piece gives
--- comes back, what else it changes stays there. Only plain values come back: packed.lua says what becomes of
--- others.
local engine = require "btfl.engine"
local host = require "btfl.command.host"
local packed = require "btfl.runs.packed"
local progress = require "btfl.command.progress"

local workers = {}

-- An error, and its words, which are made while the stack that it came from still stands.
local function caught(err)
  return { error = err, words = host.caught(err) }
end

-- What is called in a worker for each piece: it gives the bytes that are sent.
local function piece_of(work)
  local _, noted = engine.noted_inputs(0)
  local function done(i, all)
    local sent = { value = work(i, function() return all:draw() end) }
    sent.inputs, noted = engine.noted_inputs(noted)
    return packed.pack(sent)
  end
  return function(i, all)
    local ok, sent = xpcall(done, caught, i, all)
    if ok then return sent end
    local can_be, bytes = pcall(packed.pack, sent)
    return can_be and bytes or packed.pack { error = tostring(sent.error), words = sent.words }
  end
end

-- What a worker that did not come to its end makes of the run.
local function end_as(status, all)
  all:close()
  -- It has said why.
  if status >= 0 then os.exit(status) end
  host.usage("a worker was killed by signal %d%s", -status,
    status == -9 and ", as for want of memory: fewer --jobs take less" or "")
end

local function write(file, text)
  if text == "" then return end
  progress.clear()
  file:write(text)
end

-- Settles a piece when its turn has come; gives its value.
local function settle(piece, all)
  io.stdout:write(piece.out)
  write(io.stderr, piece.err)
  if not (piece.bytes or piece.sent) then end_as(piece.status, all) end
  local sent = piece.sent or packed.unpack(piece.bytes)
  if sent.words then
    host.keep(sent.error, sent.words)
    error(sent.error, 0)
  end
  for _, path in ipairs(sent.inputs) do engine.note_input(path) end
  return sent.value
end

-- What has come of a piece, until its turn comes.
local function arrived(piece, load)
  if not (piece.bytes and load.arrive) then return piece end
  piece.sent, piece.bytes = packed.unpack(piece.bytes), nil
  if piece.sent.value ~= nil then load.arrive(piece.sent.value) end
  return piece
end

-- Gives what came of the pieces, in order: true and a value, be it nil, or of shares a list of theirs;
-- nothing when there are no more or SIGINT came.
local function in_order(all, load)
  local waiting, turn, lost = {}, 0, nil
  local turns = load.count // (load.shares or 1)
  local function piece(n)
    while not waiting[n] do
      if engine.interrupted() then return false end
      local number, bytes, out, err, status = all:receive()
      -- What it was at may stand behind what nobody does any more.
      if number == nil and lost then settle(lost, all) end
      if number == nil then host.usage("a worker has ended before its time") end
      if number then
        local come = arrived({ bytes = bytes, out = out, err = err, status = status }, load)
        waiting[number] = come
        if not bytes then
          all:stop()
          lost = lost or come
        end
      end
    end
    local one = waiting[n]
    waiting[n] = nil
    return true, settle(one, all)
  end
  local function next_turn()
    turn = turn + 1
    if turn > turns then return nil end
    local of_shares = {}
    for share = 1, load.shares or 1 do
      local number = (share - 1) * turns + turn
      local come, value = piece(load.places and load.places[number] or number)
      -- Of what SIGINT left undone other processes may have done what stands behind.
      if not come and load.apart then return next_turn() end
      if not come then return nil end
      of_shares[share] = value
    end
    if load.shares then return true, of_shares end
    return true, of_shares[1]
  end
  return next_turn
end

--- As many as `jobs` asks for and memory is there for: one may come to have as much as this process has now.
---@param jobs integer
---@return integer
function workers.count(jobs)
  if jobs <= 1 then return 1 end
  local _, left, resident = engine.limits()
  return left and resident > 0 and math.max(1, math.min(jobs, left // resident)) or jobs
end

---@class btfl.workers.load
---@field jobs integer processes
---@field starts integer[] the first piece of each block; a worker does a block in order
---@field count integer of pieces
---@field work fun(i: integer, draw: fun(): integer): any what there is to do of a piece, in a worker; draw()
--- gives the numbers from 1, each to one worker
---@field take fun(value: any, turn: integer) takes what came of it, in this process, in order
---@field apart? boolean each process takes blocks that follow one another, from its own part of them, and
--- half of what another has left when that is done, but not the last that one will do itself; else always
--- the next one
---@field places? integer[] the numbers of the pieces in the order in which they are taken (default ascending)
---@field arrive? fun(value: any) told of what came of a piece when it has, of one process in order
---@field shares? integer the pieces are as often the same, one share behind the other: take() is given a list
--- of what came of a piece in each

--- A load of pieces of which those that follow one another in an order are alike: each process does such, and
--- they are taken ascending. The fields `jobs` and `take` are missing.
---@param order integer[] the numbers of all pieces
---@param work fun(i: integer): any
---@return btfl.workers.load
function workers.apart(order, work)
  local starts, places = {}, {}
  for place, number in ipairs(order) do starts[place], places[number] = place, place end
  return { starts = starts, count = #order, apart = true, places = places,
    work = function(place) return work(order[place]) end }
end

--- Does all of it. An error of work() is raised here when the turn of its piece has come; SIGINT ends it with
--- the pieces that were taken. Gives false, and has done nothing, where there are no processes to be had.
---@param load btfl.workers.load
---@param watched? fun(next_piece: fun(): ...): fun(): ... wraps what iterates over pieces: progress.over
---@return boolean
function workers.each(load, watched)
  local jobs = workers.count(load.jobs)
  local work = piece_of(load.work)
  local all <close> = jobs > 1 and engine.workers(jobs, load.starts, load.count, work, load.apart) or nil
  if not all then return false end
  local n, next_piece = 0, in_order(all, load)
  for _, value in watched and watched(next_piece) or next_piece do
    n = n + 1
    load.take(value, n)
  end
  return true
end

return workers
