--- dialects: where libbpf, the kernel, cilium/ebpf and aya would load other code, or refuse.
local LOADERS, who = {}, {}
for i, loader in ipairs(btfl.loaders) do LOADERS[i], who[i] = loader.policy, loader.of end

local cli = btfl.cli {
  about = ("Where %s and %s would load\ndifferent code for a relocation, or one of them would refuse it.")
    :format(table.concat(who, ", ", 1, #who - 1), who[#who]),
  policy = "the loaders are compared by their own rules", memo = true,
  options = function(parser)
    parser:flag("--all", "Show the relocations too on which all agree.")
    parser:flag("--rules", "Show the rules that decided, too.")
  end,
}

local columns = { "object", "target", "program", "section", "insn_off", "path", "kind" }
local text = { "program", "insn_off", "kind", "path" }
for _, loader in ipairs(LOADERS) do
  for _, field in ipairs { "status", "reason", "value", "insn", "rule" } do
    columns[#columns + 1] = loader .. "_" .. field
  end
  text[#text + 1] = loader
  if cli.args.rules then text[#text + 1] = loader .. "_rule" end
end
table.move(LOADERS, 1, #LOADERS, #columns + 1, columns)

local out = btfl.report("dialects", { columns = columns, text = text, group = { "object", "target" } })

local policies = {}
for i, loader in ipairs(LOADERS) do policies[i] = btfl.policy(loader) end

-- For people: the value, else what becomes of the instruction and why.
local function brief(result, differs)
  if result.ok then
    local resized = differs and result.after:sub(1, 2) ~= result.before:sub(1, 2)
    return btfl.u64(result.value) .. (resized and ", resized" or "")
  end
  return result.reason and result.status .. " " .. result.reason or result.status
end

local function row_of(relo, results)
  local program = relo.program
  local row = {
    object = relo.object.path, program = program and program.name, section = relo.section,
    insn_off = relo.insn_off, path = relo.path, kind = relo.kind,
  }
  for i, loader in ipairs(LOADERS) do
    local r = results[i]
    row[loader] = brief(r, r.after ~= results[1].after)
    row[loader .. "_status"], row[loader .. "_reason"] = r.status, r.reason
    row[loader .. "_value"] = r.ok and btfl.u64(r.value) or nil
    row[loader .. "_insn"] = r.status ~= "error" and r.after or nil
    row[loader .. "_rule"] = r.decider
  end
  return row
end

-- Refusals are alike, whatever their reason; else the code that is loaded tells.
local function agree(results)
  local refused, after = results[1].status == "error", results[1].after
  for i = 2, #LOADERS do
    local r = results[i]
    if refused ~= (r.status == "error") or not refused and after ~= r.after then return false end
  end
  return true
end

local counted = {} -- relocations of an object

local function count_relos(object)
  if not counted[object] then
    local count = 0
    for _ in object:relos() do count = count + 1 end
    counted[object] = count
  end
  return counted[object]
end

-- The rows of a pair, and how many relocations differ.
local function compare(object, target)
  local rows, differ = {}, 0
  for relo, results in object:contested(target, policies, cli.args.all) do
    local same = agree(results)
    if not same then differ = differ + 1 end
    if cli.args.all or not same then rows[#rows + 1] = row_of(relo, results) end
  end
  return { rows = rows, relocations = count_relos(object), differ = differ }
end

cli:kernel_by_kernel(function(object, target)
  return cli:try(compare, object, target)
end, function(object, of_kernels, names)
  for i, said in ipairs(of_kernels) do
    out:again(said.rows, "target", names, i, i)
    out:summary {
      order = { "object", "target", "relocations", "differ" },
      object = object.path, target = names[i], relocations = said.relocations, differ = said.differ,
      text = ("%s on %s: %d of %d relocations differ"):format(object.path, names[i], said.differ,
        said.relocations),
    }
  end
end)
return out
