--- What was found in other runs: a folder of files, of which each has what is known of one object, in one way
--- of asking. A file is replaced as a whole, so that processes may use a folder at once; what one has written
--- meanwhile may be lost to another, and is found again.
local build = require "btfl.recall.build"
local engine = require "btfl.engine"

-- Bytes of a file: what was found first is forgotten when there are more.
local MOST = 4 << 20

local RECORD = "<s4s4s4" -- questions, answers, value

local methods = {}

local function records_of(text)
  local list, at = {}, 1
  while at <= #text do
    local record = {}
    record.questions, record.answers, record.value, at = string.unpack(RECORD, text, at)
    list[#list + 1] = record
  end
  return list
end

-- The records of a file: none where there is no file; nil where it is none of these.
local function read(path)
  local file <close> = io.open(path, "rb")
  local text = file and file:read(MOST + 32)
  if not text then return {} end
  local body = text:sub(33)
  local ok, list = pcall(records_of, body)
  return ok and text:sub(1, 32) == engine.digest(body) and list or nil
end

--- Tells of a file that it is none of these.
---@param key string
function methods:refuse_key(key)
  self.refuse(("%s/%s"):format(self.folder, key))
end

--- What is known by a key.
---@param key string 32 digits
---@return { questions: string, answers: string, value: string }[]
function methods:load(key)
  local list = read(("%s/%s"):format(self.folder, key))
  if not list then self:refuse_key(key) end
  return list or {}
end

--- Adds records to those that are there by then.
---@param key string
---@param records { questions: string, answers: string, value: string }[]
function methods:save(key, records)
  local path = ("%s/%s"):format(self.folder, key)
  local list, parts, known, size = read(path) or {}, {}, {}, 0
  table.move(records, 1, #records, #list + 1, list)
  for i = #list, 1, -1 do
    local one = list[i]
    local asked = one.questions .. one.answers
    local part = string.pack(RECORD, one.questions, one.answers, one.value)
    size = size + #part
    if not known[asked] and size <= MOST then table.insert(parts, 1, part) end
    known[asked] = true
  end
  local body = table.concat(parts)
  engine.write_file(path, engine.digest(body) .. body)
end

local disk = {}

--- The files of a folder that this very btfl has written.
---@param folder string which is made where there is none
---@param refuse fun(path: string) is told of a file that is none of these
---@return table
function disk.open(folder, refuse)
  local own = ("%s/%s"):format(folder, build())
  engine.make_folders(own .. "/")
  return setmetatable({ folder = own, refuse = refuse }, { __index = methods })
end

return disk
