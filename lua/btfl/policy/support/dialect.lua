--- What the policies named after loaders share: candidates by another rule of essential names, and the
--- comparisons of pairs of types, which loaders bound in different ways.
local engine = require "btfl.engine"

local dialect = {}

-- Types of a hostile BTF can multiply with each step down.
local STEPS = 100000
-- libbpf's bound on a chain of pointers, arrays and return types.
local CHAIN = 32

--- Cut at the last `___`, whatever stands beside it, but not at the start.
---@param name string
---@return string
function dialect.essential_last(name)
  -- Most names have none, and are not to be gone through backwards.
  return name:find("___", 1, true) and name:match "^(.+)___" or name
end

--- Cut at the first `___`.
---@param name string
---@return string
function dialect.essential_first(name)
  local at = name:find("___", 1, true)
  return at and name:sub(1, at - 1) or name
end

--- The BTFs of a target: vmlinux, then its modules.
---@param target btfl.target
---@return btfl.btf[]
function dialect.btfs(target)
  local list = { target.btf }
  for _, btf in target:modules() do list[#list + 1] = btf end
  return list
end

local function is_enum(t) return t.kind == "enum" or t.kind == "enum64" end

--- The types that `search` finds in vmlinux or, when it finds none there, in the modules.
---@param target btfl.target
---@param search fun(btf: btfl.btf): btfl.type[]
---@return btfl.type[]
function dialect.vmlinux_first(target, search)
  local list = search(target.btf)
  if #list > 0 then return list end
  for _, btf in target:modules() do
    for _, t in ipairs(search(btf)) do list[#list + 1] = t end
  end
  return list
end

--- Whether the kinds are the same, enum and enum64 counting as one.
---@param a btfl.type
---@param b btfl.type
---@return boolean
function dialect.same_kind(a, b)
  return a.kind == b.kind or is_enum(a) and is_enum(b)
end

--- The answer of a compatible hook, as default's own when it says the same.
---@param default btfl.default
---@param ok boolean
---@param reason string?
---@return boolean, string?
function dialect.settle(default, ok, reason)
  local usual, given = default()
  if ok == usual and (ok or reason == nil or reason == given) then return usual, given end
  return ok, reason
end

-- The type of a parameter; `...` is void.
local function param_types(t)
  local list = {}
  for p in t:params() do list[#list + 1] = p.type or t.btf:type(0) end
  return list
end

--- Whether two types are compatible for a type relocation. options: depth, how deep parameters may
--- nest (nil: as deep as they do, each pair once); roots, that the roots' kinds are compared before
--- typedefs are skipped; float, what two of them are: true, or a reason.
---@param want btfl.type
---@param have btfl.type
---@param default btfl.default
---@param options { depth?: integer, roots?: boolean, float?: true|string }
---@return boolean ok, string? reason
function dialect.compatible(want, have, default, options)
  local seen, steps = {}, 0
  local compare

  local function params(l, t, depth)
    local ls, ts = param_types(l), param_types(t)
    if #ls ~= #ts then return false end
    for i = 1, #ls do
      if depth == 0 then return false, "too-deep" end
      local ok, reason = compare(ls[i]:resolve(), ts[i]:resolve(), depth and depth - 1)
      if not ok then return false, reason end
    end
    return true
  end

  function compare(l, t, depth)
    for _ = 1, options.depth and CHAIN or STEPS do
      l, t, steps = l:resolve(), t:resolve(), steps + 1
      if steps > STEPS then return false, "limit" end
      if not dialect.same_kind(l, t) then return false end
      local key = not options.depth and l.id .. ":" .. t.id
      if key and seen[key] then return true end
      if key then seen[key] = true end
      if l.kind == "func_proto" then
        local ok, reason = params(l, t, depth)
        if not ok then return false, reason end
      elseif l.kind == "float" and options.float then
        if options.float == true then return true end
        return false, options.float
      elseif l.kind ~= "ptr" and l.kind ~= "array" then
        return (default(l, t))
      end
      l, t = l.type, t.type
    end
    return false, "too-deep"
  end

  if options.roots and not dialect.same_kind(want, have) then return false end
  return compare(want, have, options.depth)
end

local function enums_match(l, t, same_name)
  if l.size ~= t.size or #l > #t then return false end
  for v in l:values() do
    local found = false
    for w in t:values() do
      if same_name(v.name, w.name) then found = true break end
    end
    if not found then return false end
  end
  return true
end

--- type_matches by the kernel's rules: libbpf's, but for a bound on members and parameters.
---@param want btfl.type
---@param have btfl.type
---@param default btfl.default
---@param most integer how deep members and parameters may nest
---@return boolean ok, string? reason
function dialect.kernel_match(want, have, default, most)
  local compare

  local function members(l, t, depth)
    if l.kind ~= t.kind or #l > #t then return false end
    for lm in l:members() do
      local ok, reason = false, nil
      for tm in t:members() do
        if engine.essential(lm.name or "") == engine.essential(tm.name or "") then
          ok, reason = compare(lm.type, tm.type, false, depth - 1)
          if ok or reason then break end
        end
      end
      if not ok then return false, reason end
    end
    return true
  end

  local function composite(l, t, behind, depth)
    if not behind then return members(l, t, depth) end
    if t.kind == "fwd" then return l.kind == t.fwd_kind end
    return l.kind == t.kind
  end

  local function params(l, t, behind, depth)
    local ls, ts = param_types(l), param_types(t)
    if #ls ~= #ts then return false end
    for i = 1, #ls do
      local ok, reason = compare(ls[i], ts[i], behind, depth - 1)
      if not ok then return false, reason end
    end
    return true
  end

  function compare(l, t, behind, depth)
    if depth <= 0 then return false, "too-deep" end
    for _ = 1, CHAIN do
      l, t = l:resolve(), t:resolve()
      if l.essential ~= t.essential then return false end
      local kind = l.kind
      if kind == "struct" or kind == "union" then return composite(l, t, behind, depth) end
      if kind == "fwd" then
        if t.kind == "fwd" then return l.fwd_kind == t.fwd_kind end
        return behind and t.kind == l.fwd_kind
      end
      if kind == "func_proto" and t.kind == kind then
        local ok, reason = params(l, t, behind, depth)
        if not ok then return false, reason end
      elseif kind == "array" and t.kind == kind then
        if l.nelems ~= t.nelems then return false end
      elseif kind ~= "ptr" or t.kind ~= kind then
        return (default(l, t))
      end
      behind = behind or kind == "ptr"
      l, t = l.type, t.type
    end
    return false, "too-deep"
  end

  return compare(want, have, false, most)
end

--- type_matches by cilium/ebpf's rules: behind pointers too, each pair once; members match by exact
--- name, and an anonymous type matches a named one.
---@param want btfl.type
---@param have btfl.type
---@param essential fun(name: string): string
---@return boolean ok, string? reason
function dialect.cilium_match(want, have, essential)
  local seen, steps = {}, 0
  local compare

  local function same_name(a, b)
    return not a or not b or essential(a) == essential(b)
  end

  local function declares(fwd, t)
    return fwd.kind == "fwd" and t.kind == fwd.fwd_kind and same_name(fwd.name, t.name)
  end

  local function all(ls, ts)
    if #ls ~= #ts then return false end
    for i = 1, #ls do
      local ok, reason = compare(ls[i], ts[i])
      if not ok then return false, reason end
    end
    return true
  end

  local function members(l, t)
    if #l > #t then return false end
    local by_name = {}
    for m in t:members() do by_name[m.name or ""] = m end
    for m in l:members() do
      local other = by_name[m.name or ""]
      if not other then return false end
      local ok, reason = compare(m.type, other.type)
      if not ok then return false, reason end
    end
    return true
  end

  local KINDS = {
    void = function() return true end,
    fwd = function(l, t) return l.fwd_kind == t.fwd_kind end,
    struct = members, union = members,
    int = function(l, t)
      return l.size == t.size and (l.encoding == "signed") == (t.encoding == "signed")
    end,
    ptr = function(l, t)
      l, t = l.type:resolve(), t.type:resolve()
      if declares(l, t) or declares(t, l) then return true end
      return compare(l, t)
    end,
    array = function(l, t)
      if l.nelems ~= t.nelems then return false end
      return compare(l.type, t.type)
    end,
    func_proto = function(l, t)
      local ok, reason = all(param_types(l), param_types(t))
      if not ok then return false, reason end
      return compare(l.type, t.type)
    end,
  }

  function compare(l, t)
    l, t, steps = l:resolve(), t:resolve(), steps + 1
    if steps > STEPS then return false, "limit" end
    if not same_name(l.name, t.name) or not dialect.same_kind(l, t) then return false end
    local key = l.id .. ":" .. t.id
    if seen[key] then return true end
    seen[key] = true
    if is_enum(l) then return enums_match(l, t, same_name) end
    local match = KINDS[l.kind]
    if not match then return false, "unsupported" end
    return match(l, t)
  end

  return compare(want, have)
end

--- The two types behind arrays of both.
---@param want btfl.type
---@param have btfl.type
---@return btfl.type, btfl.type
function dialect.elements(want, have)
  want, have = want:resolve(), have:resolve()
  while want.kind == "array" and have.kind == "array" do
    want, have = want.type:resolve(), have.type:resolve()
  end
  return want, have
end

--- The enumerator that m has become, by essential names of that rule.
---@param m btfl.enumerator
---@param target btfl.type
---@param default btfl.default
---@param essential fun(name: string): string
---@return btfl.enumerator?, string?
function dialect.enumerator(m, target, default, essential)
  local usual, reason = default()
  local name = essential(m.name)
  for v in target:values() do
    if essential(v.name) == name then return v end
  end
  return nil, not usual and reason or nil
end

--- Classes of instructions that hold a value of 32 bits.
dialect.ALU = { alu = true, alu64 = true }

--- The note of a value that they cannot hold.
---@param value integer
---@return string
function dialect.too_wide(value)
  return ("value %s does not fit the instruction's 32 bits"):format(engine.u64(value))
end

--- The value of an enumerator as loaders have it that extend an unsigned one of 32 bits with zeros.
---@param accessor btfl.accessor
---@param value integer?
---@return integer?
function dialect.zero_extended(accessor, value)
  local root = accessor.root:resolve()
  if value and value < 0 and root.kind == "enum" and not root.signed then
    return value & 0xffffffff
  end
  return value
end

return dialect
