--- A BTF with members renamed or taken away, to ask for what is known to have happened.
local mutate = {}

-- What follows struct btf_type: bytes, or bytes for each element.
local FIXED = { [1] = 4, [3] = 12, [14] = 4, [17] = 4 }
local EACH = { [4] = 12, [5] = 12, [6] = 8, [13] = 8, [15] = 12, [19] = 12 }
local INT, STRUCT, UNION = 1, 4, 5

--- The raw BTF of a file, which may be gzip.
---@param path string
---@return string
function mutate.read(path)
  local pipe = assert(io.popen(("gzip -dcf '%s'"):format(path), "r"))
  local bytes = pipe:read("a")
  pipe:close()
  return bytes
end

local function cstring(bytes, at)
  return bytes:sub(at, bytes:find("\0", at, true) - 1)
end

--- Rewrites a little-endian BTF. choose(struct name, list of member names) gives nil, or the number of
--- a member and its new name ("" hides it).
---@param bytes string
---@param choose fun(name: string, members: string[]): integer?, string?
---@return string
function mutate.btf(bytes, choose)
  local header, type_off, type_len, str_off, str_len = ("<I4I4I4I4I4"):unpack(bytes, 5)
  local types, strings = header + type_off + 1, header + str_off + 1
  local edits, added, added_len = {}, {}, 0
  local at, id, int_id = types, 1, nil
  while at < types + type_len do
    local name_off, info = ("<I4I4"):unpack(bytes, at)
    local kind, vlen = info >> 24 & 0x1f, info & 0xffff
    if kind == INT then int_id = int_id or id end
    if (kind == STRUCT or kind == UNION) and name_off ~= 0 then
      local members = {}
      for i = 0, vlen - 1 do
        local off = ("<I4"):unpack(bytes, at + 12 + i * 12)
        members[i + 1] = cstring(bytes, strings + off)
      end
      local index, new = choose(cstring(bytes, strings + name_off), members)
      if index then
        local place = at + 12 + (index - 1) * 12
        if new == "" then
          edits[#edits + 1] = { place, ("<I4I4"):pack(0, int_id or 1) }
        else
          edits[#edits + 1] = { place, ("<I4"):pack(str_len + added_len) }
          added[#added + 1] = new .. "\0"
          added_len = added_len + #new + 1
        end
      end
    end
    at = at + 12 + (FIXED[kind] or 0) + (EACH[kind] or 0) * vlen
    id = id + 1
  end
  local out, from = {}, 1
  for _, edit in ipairs(edits) do
    out[#out + 1] = bytes:sub(from, edit[1] - 1)
    out[#out + 1] = edit[2]
    from = edit[1] + #edit[2]
  end
  out[#out + 1] = bytes:sub(from)
  local text = table.concat(out)
  -- The strings are moved to the end, where they can grow.
  local body = text:sub(header + 1, header + type_off + type_len)
  local names = text:sub(strings, strings + str_len - 1) .. table.concat(added)
  return text:sub(1, 4) .. ("<I4I4I4I4I4"):pack(header, type_off, type_len, type_off + type_len, #names)
    .. text:sub(25, header) .. body .. names
end

return mutate
