--- why: what a field, type, enumerator, function or tracepoint has become on a kernel that lacks it.
local function as_rank(word)
  local n = math.tointeger(tonumber(word))
  if n and n >= 1 then return n end
  return nil, ("--pick takes the rank of a suggestion, not '%s'"):format(word)
end

local cli = btfl.cli {
  about = "What a field, type, enumerator, function or tracepoint has become on a kernel that lacks it.",
  usage = "NAME...", objects = false, policy = "what became of a name is asked of kernels and not of rules",
  options = function(parser)
    parser:option("--from", "A kernel's BTF that still has it: what stood around it there is the evidence.")
      :argname("BTF"):count("*")
    parser:option("--object", "A BPF object that uses it, whose own types say what it was.")
      :argname("OBJ")
    parser:flag("--code", "Print C that works with either name, for the first suggestion.")
    parser:option("--pick", "With --code: for that suggestion, whatever speaks against it."):argname("N")
      :convert(as_rank)
    parser:flag("--no-table", "Only compare: leave out the table of known changes, with their releases.")
  end,
  epilog = "NAME is struct.field.field, a type, or enum.VALUE, as in task_struct.state; or a function, a "
    .. "tracepoint or what a program attaches to, as in do_unlinkat and tracepoint/kmem/kmalloc_node.",
}
if cli.args.pick and not cli.args.code then cli:error("--pick says for which suggestion --code prints C") end
local columns = { "query", "rank", "successor", "change", "score", "evidence" }
if cli:several() then table.insert(columns, 1, "target") end
local out = btfl.report("why", { columns = columns, group = cli:several() and { "target" } or nil })

-- What is suggested, and what is only worth a look: its likeness lies under that.
local SUGGESTED, PERHAPS = btfl.thresholds.suggested, btfl.thresholds.perhaps

-- Whether a word is a further witness, as in --from A B, and its kernel. A NAME is no kernel's file or
-- folder, and has no slash but behind a kind of program. Each file is opened once: it may be a pipe.
local function witness(word)
  if word == "" then return false end
  local ok, target = pcall(btfl.target, word)
  if ok then return true, target end
  local is_name = not word:find("/", 1, true) or word:find "^%a[%w_.]*/[%w_/:]+$"
  if is_name and tostring(target):find "No such file or directory$" then return false end
  cli:failure(target)
  return true
end

local names, from = {}, {}
for _, path in ipairs(cli.args.from) do from[#from + 1] = cli:try(btfl.target, path) end
for _, word in ipairs(cli.args.name) do
  local is_path, target
  if #cli.args.from > 0 then is_path, target = witness(word) end
  if is_path then from[#from + 1] = target else names[#names + 1] = word end
end
if #names == 0 then cli:error("no NAME is given, such as task_struct.state") end

-- A path as all write it: relocations have `::`, people a keyword.
local function plain(path)
  return (path:gsub("::", "."):gsub("^%a+%s+", ""))
end

-- A relocation of the object that accesses it by that path, with or without the flavor and the indices.
local function used(object, path)
  local asked, near = plain(path), nil
  for relo in object:relos() do
    local has = plain(relo.path):gsub("^[%w_]+", btfl.essential, 1)
    if relo.path == path or has == asked then return relo end
    if has:gsub("%[%d+%]", "") == asked:gsub("%[%d+%]", "") then near = near or relo end
  end
  return near or cli:error(("%s has no relocation of %s"):format(object.path, path))
end

local object = cli.args.object and btfl.object(cli.args.object)
local several = cli:several()

local function row(target, fields)
  fields.target = several and target.name or nil
  out:row(fields)
end

-- What is not in a kernel's own BTF may be in that of a module.
local function unless_module(target, root)
  if target:modules()() or target.btf:candidates(root)() then return "" end
  return " (a module's type needs its BTF: -m)"
end

local function rows(target, path, list, asked)
  local perhaps = {}
  for _, s in ipairs(list) do
    if s.score >= SUGGESTED then
      row(target, { query = path, rank = s.rank, successor = s.successor, change = s.change,
        score = ("%.3f"):format(s.score), evidence = s.evidence })
    elseif #perhaps < 2 then
      perhaps[#perhaps + 1] = ("%s (%.2f)"):format(s.successor, s.score)
    end
  end
  if list[1] and list[1].score >= SUGGESTED then return end
  local more = #perhaps > 0 and ("no more than perhaps %s"):format(table.concat(perhaps, " or "))
  row(target, { query = path, rank = 1, successor = "-", change = "removed", score = "0.000",
    evidence = asked.removed or asked.gone and (more or asked.gone)
      or (more or "nothing there is like it") .. unless_module(target, asked.path:match "^[^.%[]+") })
end

local function code(target, path, list, asked)
  local first = list[cli.args.pick or 1]
  local doubt = first and not cli.args.pick and first.doubt
  if not first and cli.args.pick then
    cli:failure(("%s on %s: there is no suggestion %d"):format(path, target.name, cli.args.pick))
  elseif not first or (doubt and first.score < SUGGESTED) then
    out:text(asked.removed and ("/* %s was %s. */"):format(path, asked.removed)
      or ("/* %s has no successor on %s. */"):format(path, target.name))
  elseif first.change == "same" then
    out:text(("/* %s is there on %s: it needs no other name. */"):format(path, target.name))
  elseif doubt then
    cli:failure(("%s on %s: no code for `%s`, because %s (--pick 1 prints it all the same)"):format(path,
      target.name, first.via or first.successor, doubt))
  else
    out:text(first:code())
  end
end

local function answer(target, path)
  local what = object and used(object, path) or path
  local answers, asked = target:successors(what, { from = from, least = PERHAPS,
    table = not cli.args.no_table })
  local list = {}
  for s in answers do list[#list + 1] = s end
  local suggested = list[1] and list[1].score >= SUGGESTED
  if asked.problem and not suggested then
    cli:failure(asked.problem)
    row(target, { query = path, rank = 1, successor = "-", change = "unknown", score = "0.000",
      evidence = asked.problem })
  else
    rows(target, path, list, asked)
    if cli.args.code then code(target, path, list, asked) end
  end
end

for target in cli:each_target() do
  for _, path in ipairs(names) do cli:try(answer, target, path) end
end
return out
