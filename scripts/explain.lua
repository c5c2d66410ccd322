--- explain: what a code such as no-field means, and what to do about it.
local cli = btfl.cli {
  about = "What the code of a finding means, how it looks, and what to do about it; without one, all codes.",
  usage = "[CODE...]", objects = false, targets = false,
  epilog = "CODE is that of a finding, or what a loader or verifier said, or three words of it, in quotes.",
}
local reasons = btfl.reasons
local asked = cli.args.code

local out = btfl.report("explain", {
  columns = { "code", "title", "text", "todo", "example", "says" }, text = { "code", "title" },
})

-- What a phrase has besides the names and numbers of its case.
local function shape(said)
  return (said:gsub("^%s*libbpf: ", ""):gsub("'[^']*'", "''"):gsub("%-?%d+", "0"))
end

-- As which a log that says so is read.
local function rule_of(said)
  local event = btfl.log.events(said)[1]
  return event and event.rule
end

-- Of so many words on, a part of a phrase is searched for.
local LEAST_WORDS = 3

-- The codes whose phrases this is one of, first that as which a log would be read; else those of which it is
-- a part, as somebody copies it.
local function by_phrase(said)
  local list, seen = {}, {}
  local function add(doc)
    if doc and not seen[doc] then
      list[#list + 1], seen[doc] = doc, true
    end
  end
  local rule = rule_of(said)
  add(rule and reasons[rule])
  for _, doc in ipairs(reasons) do
    for _, known in ipairs(doc.says or {}) do
      if shape(known) == shape(said) and rule_of(known) == rule then add(doc) end
    end
  end
  if #list > 0 then return list end
  local part = shape(said):gsub("^[%s:]+", ""):gsub("[%s:]+$", "")
  if select(2, part:gsub("%S+", "")) < LEAST_WORDS then return list end
  for _, doc in ipairs(reasons) do
    for _, known in ipairs(doc.says or {}) do
      if shape(known):find(part, 1, true) then add(doc) end
    end
  end
  return list
end

local function find(code)
  if reasons[code] and reasons[code].code == code then return { reasons[code] } end
  local said = by_phrase(code)
  if #said > 0 then return said end
  local codes = {}
  for i, doc in ipairs(reasons) do codes[i] = doc.code end
  local hint = btfl.meant(code, codes)
  cli:error(("there is no code `%s`%s"):format(code, hint ~= "" and hint or " (`btfl explain` lists them)"))
end

local function block(doc)
  local parts = { ("%s: %s"):format(doc.code, doc.title), doc.text }
  if doc.example then parts[3] = "    " .. doc.example:gsub("\n", "\n    ") end
  if doc.says then
    parts[#parts + 1] = "Loaders and verifiers say:\n    " .. table.concat(doc.says, "\n    ")
  end
  parts[#parts + 1] = "What to do:\n" .. doc.todo
  return table.concat(parts, "\n\n")
end

local function put(doc)
  out:row {
    code = doc.code, title = doc.title, text = doc.text, todo = doc.todo, example = doc.example,
    says = doc.says and table.concat(doc.says, "\n"),
  }
end

if #asked == 0 then
  for _, doc in ipairs(reasons) do put(doc) end
end
for _, code in ipairs(asked) do
  for _, doc in ipairs(find(code)) do
    put(doc)
    out:text(block(doc))
  end
end
return out
