--- A type in C. A declarator is built from the inside out: the name first, then what stands around
--- it on the way to the type at the left.
local decl = {}

-- Parts of one declaration, parameters included; a hostile BTF can nest them without end.
local BUDGET = 1024

local QUALIFIERS = { const = true, volatile = true, restrict = true }

local function tag_text(t)
  local name = t.name or ""
  if t.kind_flag then return ("__attribute__((%s))"):format(name) end
  -- The kernel's own spelling: __user, __rcu.
  if name:find("^[%a_][%w_]*$") then return "__" .. name end
  return ('__attribute__((btf_type_tag("%s")))'):format(name)
end

local function keyword_name(keyword, t)
  return ("%s %s"):format(keyword, t.name or "{...}")
end

-- The text of a type that ends the chain.
local LEFT = {
  void = function() return "void" end,
  struct = function(t) return keyword_name("struct", t) end,
  union = function(t) return keyword_name("union", t) end,
  enum = function(t) return keyword_name("enum", t) end,
  enum64 = function(t) return keyword_name("enum", t) end,
  fwd = function(t) return keyword_name(t.fwd_kind or "struct", t) end,
}

local function left_of(t)
  local text = LEFT[t.kind]
  if text then return text(t) end
  return t.name or t.kind
end

local function append(a, b)
  if a == "" or b == "" then return a .. b end
  -- A star binds to what follows it, and a bracket to what stands before.
  if a:sub(-1) == "*" or b:sub(1, 1) == "[" then return a .. b end
  return a .. " " .. b
end

local build

local function params_of(proto, state)
  local out = {}
  for param in proto:params() do
    out[#out + 1] = param.type and (build(param.type, param.name or "", state)) or "..."
    if state.left < 0 then break end
  end
  return #out > 0 and table.concat(out, ", ") or "void"
end

-- A pointer's star needs parentheses before [] and ().
local function grouped(inner)
  return inner:sub(1, 1) == "*" and "(" .. inner .. ")" or inner
end

local WRAP = {}

function WRAP.array(t, inner)
  return ("%s[%d]"):format(grouped(inner), t.nelems)
end

function WRAP.func_proto(t, inner, state)
  return ("%s(%s)"):format(grouped(inner), params_of(t, state))
end

function WRAP.func(t, inner)
  return inner == "" and t.name or inner
end

function WRAP.var(t, inner)
  return inner == "" and t.name or inner
end

function build(t, inner, state)
  local quals, tags = {}, {} -- met since the last declarator
  while true do
    state.left = state.left - 1
    if state.left < 0 then return append("...", inner), t end
    local kind = t.kind
    if QUALIFIERS[kind] then
      -- A const array of const elements says it twice, C once.
      if not quals[kind] then quals[#quals + 1], quals[kind] = kind, true end
    elseif kind == "type_tag" then
      table.insert(tags, 1, tag_text(t))
    elseif kind == "ptr" then
      -- `int *const p`: what qualifies a pointer stands behind its star.
      table.move(tags, 1, #tags, #quals + 1, quals)
      inner = "*" .. append(table.concat(quals, " "), inner)
      quals, tags = {}, {}
    elseif WRAP[kind] then
      inner = WRAP[kind](t, inner, state)
      -- A qualified array has qualified elements; a function has nothing to qualify.
      if kind ~= "array" then quals, tags = {}, {} end
    else
      break
    end
    t = t.type
  end
  quals[#quals + 1] = left_of(t)
  table.move(tags, 1, #tags, #quals + 1, quals)
  return append(table.concat(quals, " "), inner), t
end

--- The type in C, and the type at its left: that behind its pointers, arrays and qualifiers.
---@param t btfl.type
---@param name? string
---@return string
---@return btfl.type base
function decl.of(t, name)
  return build(t, name or "", { left = BUDGET })
end

return decl
