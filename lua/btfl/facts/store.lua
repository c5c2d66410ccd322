--- What records of many kernels and objects have in common, each once, by its digest: types of kernels, as
--- BTF of their own, and plain values.
local engine = require "btfl.engine"
local structs = require "btfl.facts.structs"

---@class btfl.facts.store
---@field type fun(t: btfl.type): { id: integer, digest: string } puts a type into it
---@field value fun(value: table): string puts a plain value into it, which is not changed any more

local store = {}

-- Nothing was put in, as of most pairs.
local NOTHING <const> = {}

--- One for a process that looks at kernels: what is put into it the first time goes to sent() as well; with
--- `whole` all that is put into it.
---@param whole boolean
---@return btfl.facts.store
---@return fun(): table<string, string> sent what was put in since it was called last: bytes by digest
function store.sending(whole)
  local digests, packed, new = {}, setmetatable({}, { __mode = "k" }), {}
  local function put(bytes)
    local digest = digests[bytes]
    if whole or not digest then
      digest = digest or engine.digest(bytes)
      digests[bytes], new[digest] = digest, bytes
    end
    return digest
  end
  local own = {}
  function own.type(t)
    local kept = structs.keep(t)
    return { id = kept.id, digest = put(kept.bytes) }
  end
  function own.value(value)
    packed[value] = packed[value] or engine.pack(value, error, true)
    return put(packed[value])
  end
  return own, function()
    if next(new) == nil then return NOTHING end
    local sent = new
    new = {}
    return sent
  end
end

local methods = {}

-- Adds what a process sent.
function methods:add(sent)
  for digest, bytes in pairs(sent) do self.bytes[digest] = self.bytes[digest] or bytes end
end

-- The type that sending().type() told of.
function methods:type(kept)
  return structs.open { id = kept.id, bytes = self.bytes[kept.digest] }
end

-- The value that sending().value() told of.
function methods:value(digest)
  if not self.values[digest] then self.values[digest] = engine.unpack(self.bytes[digest], error) end
  return self.values[digest]
end

--- One of what was sent.
---@return table with add(sent), type(kept) and value(digest)
function store.new()
  return setmetatable({ bytes = {}, values = {} }, { __index = methods })
end

return store
