--- What an argument is on one kernel that was another one before, told from the text that bpftool prints of
--- their BTF, and with nothing of btfl's: what a program compiled against the older one makes of it there.
local tmp = require "spec.support.tmp"

local two = {}

local MODIFIER = { TYPEDEF = true, CONST = true, VOLATILE = true, RESTRICT = true, TYPE_TAG = true, DECL_TAG = true }

---@class spec.Btf
---@field types table[] by id: kind, name, to (id), size, count; members, params: { name, id, bit, width }
---@field named table<string, integer> by kind and name, "STRUCT inode": the first id
---@field release integer 6012 for 6.12

local function quoted(path) return "'" .. path:gsub("'", "'\\''") .. "'" end

--- Reads what bpftool prints of a BTF, which may be compressed.
---@param path string
---@return spec.Btf
function two.read(path)
  local plain = path
  if path:find "%.gz$" then
    plain = tmp.path((path:gsub("^.*/", ""):gsub("%.gz$", "")))
    assert(os.execute(("gzip -dc %s > %s"):format(quoted(path), quoted(plain))))
  end
  local btf, last = { types = {}, named = {} }, nil
  for line in io.popen(("bpftool btf dump file %s format raw"):format(quoted(plain))):lines() do
    local id, kind, name, rest = line:match "^%[(%d+)%] (%u[%u_]*6?4?) '(.-)'(.*)$"
    if id then
      last = { kind = kind, list = {}, name = name ~= "(anon)" and name or nil,
        size = tonumber(rest:match "size=(%d+)"),
        to = tonumber(rest:match "^ type_id=(%d+)"), ret = tonumber(rest:match "ret_type_id=(%d+)"),
        count = tonumber(rest:match "nr_elems=(%d+)") }
      btf.types[tonumber(id)] = last
      if last.name then
        local key = kind .. " " .. name
        btf.named[key] = btf.named[key] or tonumber(id)
      end
    elseif last then
      local member, to, more = line:match "^\t'(.-)' type_id=(%d+)(.*)$"
      if member then
        table.insert(last.list, { name = member ~= "(anon)" and member or nil, to = tonumber(to),
          bit = tonumber(more:match "bits_offset=(%d+)"), width = tonumber(more:match "bitfield_size=(%d+)") })
      end
    end
  end
  local major, minor = path:match "([%d]+)%.(%d+)[^/]*$"
  btf.release = (tonumber(major) or 0) * 1000 + (tonumber(minor) or 0)
  return btf
end

local VOID = { kind = "VOID" }

--- The type of that id, without what only changes how it is used.
function two.strip(btf, id)
  local t = id ~= 0 and btf.types[id] or VOID
  while MODIFIER[t.kind] do t = t.to ~= 0 and btf.types[t.to] or VOID end
  return t
end
local strip = two.strip

local function is_composite(t) return t.kind == "STRUCT" or t.kind == "UNION" end

--- What that type points to; nil where it is no pointer.
function two.pointee(btf, id)
  local t = strip(btf, id)
  return t.kind == "PTR" and strip(btf, t.to) or nil
end

local function proto_of(btf, id)
  local t = btf.types[id]
  while t and t.kind ~= "FUNC_PROTO" do t = t.to and btf.types[t.to] end
  return t
end

--- What programs attach to: by "func NAME" and "tp NAME" { params (name, to), ret }.
function two.targets(btf)
  local list = {}
  for key, id in pairs(btf.named) do
    local func, tp = key:match "^FUNC ([%w_]+)$", key:match "^TYPEDEF btf_trace_([%w_]+)$"
    local proto = (func or tp) and proto_of(btf, id)
    if proto then
      local params = {}
      for i, param in ipairs(proto.list) do
        if not tp or i > 1 then params[#params + 1] = param end
      end
      local traced = tp and proto_of(btf, btf.named["FUNC __traceiter_" .. tp] or 0)
      for i, param in ipairs(traced and #traced.list == #proto.list and params or {}) do
        params[i] = { name = traced.list[i + 1].name, to = param.to }
      end
      list[(func and "func " or "tp ") .. (func or tp)] = { params = params, ret = proto.ret or 0 }
    end
  end
  return list
end

-- Whether a struct, or what stands in it at its start, is the one of that name.
local function starts_with(btf, t, name)
  if t.name == name then return true end
  for _, m in ipairs(is_composite(t) and t.list or {}) do
    if m.bit == 0 and not m.width and starts_with(btf, strip(btf, m.to), name) then return true end
  end
  return false
end

local function member_named(t, name)
  for _, m in ipairs(t.list) do
    if m.name == name then return m end
  end
  return nil
end

-- Where the member of that name stands, bits, also in what has no name itself.
local function place_named(btf, t, name)
  for _, m in ipairs(is_composite(t) and t.list or {}) do
    if m.name == name then return m.bit end
    local inner = not m.name and place_named(btf, strip(btf, m.to), name)
    if inner then return m.bit + inner end
  end
  return nil
end

local function is_renamed(t, other)
  if #t.list == 0 then return false end
  for _, m in ipairs(t.list) do
    local same = m.name and member_named(other, m.name)
    if not same or same.bit ~= m.bit then return false end
  end
  return true
end

--- Whether a value of type `id` may be the pointer to `struct name` that a program takes it for, by member
--- `member` where it reads one.
function two.may_be(btf, id, name, member)
  local t, to = strip(btf, id), two.pointee(btf, id)
  if not to then return t.kind == "INT" and t.size == 8 end
  if to.kind == "VOID" or to.kind == "INT" and to.size == 1 or to.name == name then return true end
  if not is_composite(to) then return false end
  local mine = btf.types[btf.named["STRUCT " .. name] or btf.named["UNION " .. name] or 0]
  if not mine or not to.name then return true end
  if starts_with(btf, to, name) or starts_with(btf, mine, to.name) or is_renamed(mine, to) then return true end
  local at = member and place_named(btf, mine, member)
  return at ~= nil and at == place_named(btf, to, member)
end

local function bytes(btf, id)
  local t = strip(btf, id)
  if t.kind == "PTR" then return 8 end
  if t.kind == "ARRAY" then return (t.count or 0) * bytes(btf, t.to) end
  return t.size or 0
end

-- Where a load of `size` bytes lands in a struct: "number", "pointer", "nowhere"; nil for where newer and
-- older kernels differ.
local function land(btf, t, off, size)
  local union = false
  for _ = 1, 32 do
    union = union or t.kind == "UNION" and #t.list ~= 1
    if off + size > t.size then
      local last = t.list[#t.list]
      local array = last and strip(btf, last.to)
      if array and array.kind == "ARRAY" and array.count == 0 and off >= last.bit // 8 then return nil end
      return "nowhere"
    end
    local inner
    for _, m in ipairs(t.list) do
      local start, held = m.bit // 8, strip(btf, m.to)
      if off + size <= start then return "nowhere" end
      if m.width and m.width > 0 then
        if off <= start and (m.bit + m.width + 7) // 8 <= off + size then return "number" end
      else
        if off < start then return "nowhere" end
        local whole = bytes(btf, m.to)
        if off < start + whole then
          local stop = start + whole
          if held.kind == "ARRAY" then
            local element = held
            while element.kind == "ARRAY" do element = strip(btf, element.to) end
            local each = element.kind == "PTR" and 8 or element.size
            start = start + (off - start) // each * each
            held = element
          end
          if is_composite(held) then
            inner, off = held, off - start
            break
          end
          if held.kind == "PTR" then return off == start and size == 8 and "pointer" or "nowhere" end
          if off + size <= stop then return "number" end
          return not union and "nowhere" or nil
        end
      end
    end
    if not inner then return "nowhere" end
    t = inner
  end
  return nil
end

--- Whether a verifier lets a program load `size` bytes, `off` from a value of type `id`: nil when that depends
--- on more than the BTF.
function two.may_load(btf, id, off, size)
  local to = two.pointee(btf, id)
  if not to or not is_composite(to) then return false end
  local where = land(btf, to, off, size)
  return where and where ~= "nowhere"
end

return two
