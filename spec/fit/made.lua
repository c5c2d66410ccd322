--- Questions whose answer is known because the change was made: members that two kernels have are renamed, moved (into
--- a part, behind a pointer) or taken away in the newer one, one in a struct. What the kernels changed themselves is
--- around them, which is most between the first and the last. A made change is easier than a real one, for nothing
--- else changes with it: what these tell is what an answer costs where nothing came, and what is never found.

local btfl = require "btfl"
local mutate = require "spec.support.mutate"

local made = {}

local corpus = os.getenv("BTFL_CORPUS") or "../shared/corpus"

made.PAIRS = {
  { "6.18.15-cloud-amd64", "7.0.13-cloud-amd64" }, { "6.1.192-cloud-arm64", "6.12.107-generic-riscv64" },
  { "5.10.262-generic-amd64", "7.3.4-generic-amd64" },
}

local function hash(text)
  local h = 2166136261
  for i = 1, #text do h = ((h ~ text:byte(i)) * 16777619) & 0xffffffff end
  return h ~ h >> 15
end

local function path_of(kernel) return ("%s/kernels/%s.btf.gz"):format(corpus, kernel) end

local function words_of(name)
  local words = {}
  for word in name:gmatch("[^_]+") do words[#words + 1] = word end
  return words
end

-- A word of another name: what people choose is a word of the kernel's, too.
local function other_word(dice, names)
  local words = words_of(names[dice % #names + 1])
  return words[#words] or "thing"
end

-- How names change: each takes a name, a number and the names of all members.
local RENAMES = {
  prefix = function(name, dice, names) return (dice & 1 == 0 and "__" or other_word(dice, names) .. "_") .. name end,
  suffix = function(name, dice, names) return name .. "_" .. other_word(dice, names) end,
  word = function(name, dice, names)
    local words = words_of(name)
    if #words < 2 then return nil end
    words[dice % #words + 1] = other_word(dice >> 3, names)
    return table.concat(words, "_")
  end,
  dropped = function(name, dice)
    local words = words_of(name)
    if #words < 2 then return nil end
    table.remove(words, dice % #words + 1)
    return table.concat(words, "_")
  end,
  other = function(_, dice, names) return names[dice % #names + 1] end,
  gone = function() return "" end,
}

made.MODELS = { "prefix", "suffix", "word", "dropped", "other", "nested", "away", "far", "gone" }

-- Structs of both kernels and the members that both have with the same type.
local function common(old, new)
  local list, names, seen = {}, {}, {}
  for t in old:types("struct") do
    -- What an event writes down has names of its own for where it stands.
    local asked = t.name and not seen[t.name] and not t.name:find "^trace_event_"
    local now = asked and new:find(t.name, "struct")
    if now then
      seen[t.name] = true
      local entry = { name = t.name, old = t, new = now, members = {} }
      for m in t:members() do
        local there = m.name and now:member(m.name)
        if there then
          names[#names + 1] = m.name
          if there.type:decl() == m.type:decl() and there.bit_size == m.bit_size then
            entry.members[#entry.members + 1] = { name = m.name, decl = m.type:decl() }
          end
        end
      end
      if #entry.members > 0 then list[#list + 1] = entry end
    end
  end
  return list, names
end

-- Structs that a member of the entry's leads to, each with what it is called from there: that of the struct itself
-- behind a pointer, the path where it is part of it.
local function led_to(entry, by_name, model)
  local others = {}
  for m in entry.new:members() do
    local to = m.name and m.type:resolve()
    if to and model == "away" then to = to.kind == "ptr" and to.type:resolve() end
    if to and to.name and by_name[to.name] then
      others[#others + 1] = { entry = by_name[to.name],
        shown = model == "nested" and entry.name .. "." .. m.name or to.name }
    end
  end
  return others
end

-- Some of all, of a name that begins alike.
local function alike(entry, list, dice)
  local others = {}
  for i = 1, 400 do
    local other = list[(dice + i * 7919) % #list + 1]
    if words_of(other.name)[1] == words_of(entry.name)[1] then
      others[#others + 1] = { entry = other, shown = other.name }
    end
  end
  return others
end

-- Where a member of the same type can take the name: a struct that the entry embeds or points to, or one that is
-- called alike.
local function moved(entry, member, by_name, list, model, dice, taken)
  for _, other in ipairs(model == "far" and alike(entry, list, dice) or led_to(entry, by_name, model)) do
    if other.entry ~= entry and not taken[other.entry.name] then
      for _, m in ipairs(other.entry.members) do
        if m.decl == member.decl and m.name ~= member.name and not other.entry.new:member(member.name) then
          return other, m.name
        end
      end
    end
  end
end

--- Some questions of a model: the older kernel, the newer one changed, and what is asked and right ("-": nothing).
---@param pair string[]
---@param model string
---@param most integer
---@return btfl.target old, btfl.target new, { path: string, successor: string }[]
function made.questions(pair, model, most)
  local old, new = btfl.target(path_of(pair[1])), btfl.target(path_of(pair[2]))
  local list, names = common(old.btf, new.btf)
  local by_name, edits, cases = {}, {}, {}
  for _, entry in ipairs(list) do by_name[entry.name] = entry end
  table.sort(list, function(a, b) return hash(a.name .. model) < hash(b.name .. model) end)
  for _, entry in ipairs(list) do
    if #cases >= most then break end
    local dice = hash(model .. entry.name .. pair[1])
    local member = entry.members[dice % #entry.members + 1]
    if not edits[entry.name] then
      local rename = RENAMES[model] and RENAMES[model](member.name, dice >> 5, names)
      local path = entry.name .. "." .. member.name
      if rename and not (rename ~= "" and (entry.old:member(rename) or entry.new:member(rename))) then
        edits[entry.name] = { [member.name] = rename }
        cases[#cases + 1] = { path = path, successor = rename == "" and "-" or entry.name .. "." .. rename }
      elseif not RENAMES[model] then
        local other, name = moved(entry, member, by_name, list, model, dice, edits)
        if other then
          edits[entry.name], edits[other.entry.name] = { [member.name] = "" }, { [name] = member.name }
          cases[#cases + 1] = { path = path, successor = other.shown .. "." .. member.name }
        end
      end
    end
  end
  local bytes = mutate.btf(mutate.read(path_of(pair[2])), function(struct, members)
    for i, name in ipairs(members) do
      local rename = edits[struct] and edits[struct][name]
      if rename then return i, rename end
    end
  end)
  return old, btfl.target(btfl.btf { bytes = bytes, name = pair[2] }), cases
end

return made
