--- explain: what a code such as no-field means, and what to do about it.
local cli = btfl.cli {
  about = "What the code of a finding means, how it looks, and what to do about it; without one, all codes.",
  usage = "[REASON...]", objects = false, targets = false,
}
local reasons = btfl.reasons
local asked = cli.args.reason

local out = btfl.report("explain", {
  columns = { "code", "title", "text", "todo", "example", "says" }, text = { "code", "title" },
})

local function find(code)
  if reasons[code] and reasons[code].code == code then return reasons[code] end
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
  local doc = find(code)
  put(doc)
  out:text(block(doc))
end
return out
