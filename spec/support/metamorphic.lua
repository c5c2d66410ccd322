--- What may not change an answer: `btfl spec/support/metamorphic.lua SEED COUNT [OBJECT... -- KERNEL...]` asks
--- objects of kernels that were changed at random, and again where only the form is another: types in another order, in
--- the other byte order, with others among them, in two parts, as few as are needed, of objects that are relocated.
--- Prints a line for each answer that differs, and at last how many comparisons and answers there were.

local graph = require "spec.support.graph"
local rewrite = require "spec.support.rewrite"
local run = require "spec.support.run"
local swap = require "spec.support.swap"

local random = math.random
local STRUCT, UNION, ENUM, TYPEDEF = 4, 5, 6, 8

local function pick(list) return list[random(#list)] end

-- An instruction in hex, as in a little-endian file.
local function insn_of(hex, endian)
  if endian == "little" then return hex end
  local bytes = hex:gsub("%x%x", function(byte) return string.char(tonumber(byte, 16)) end)
  return (swap.insns(bytes):gsub(".", function(byte) return ("%02x"):format(byte:byte()) end))
end

-- Of several types that have a field at the same place, libbpf takes from the first how wide a load or store becomes,
-- and whether it can, whatever the others say.
local function is_of_the_first(result)
  local class, fit = tonumber(result.before:sub(1, 2), 16) & 7, 0
  for attempt in result:trail() do fit = fit + (attempt.reason and 0 or 1) end
  return fit > 1 and class >= 1 and class <= 3
end

-- Messages that tell two types of a name apart have their ids.
local function without_ids(message) return (message:gsub("%[%d+%] ", "")) end

local function trail_of(result)
  local words = {}
  for attempt in result:trail() do
    words[#words + 1] = ("%s: %s at %s of %s"):format(attempt.candidate:decl(), attempt.reason or "ok",
      attempt.step or "-", attempt.have and attempt.have:decl() or "-")
  end
  return table.concat(words, "; ")
end

-- What is not the same in another form: ids, and on the other byte order how far a bitfield is shifted.
local function is_form(result, options)
  local kind = result.relo.kind
  if kind == "target_type_id" or kind == "local_type_id" then return true end
  if kind ~= "lshift_u64" or not options.swapped then return false end
  for _, _, m in result.relo.accessor and result.relo.accessor:steps() or function() end do
    if m and m.parent.kind ~= "enum" and m.bitfield then return true end
  end
  for _, _, m in result.accessor and result.accessor:steps() or function() end do
    if m and m.bitfield then return true end
  end
  return false
end

local function relo_line(result, object, options)
  local form = is_form(result, options)
  local r = result.relo
  if options.any_order and is_of_the_first(result) then return "-" end
  local line = { r.program and r.program.name or "-", r.kind, r.access, result.status, not form and result.value or "-",
    not form and insn_of(result.after, object.endian) or "-" }
  if not options.any_order then
    line[#line + 1] = result.reason or "-"
    line[#line + 1] = options.relocations and "-" or without_ids(result:why() or "-")
    line[#line + 1] = trail_of(result)
  end
  return table.concat(line, "\t")
end

local function verdict_line(program, target, options)
  local v = program:verdict(target, { release = "6.1.0" })
  local words = { program.name, v.verdict, v.rule or "-", v.first_poison or "-", tostring(v.attaches), v.why or "-" }
  if not options.any_order then
    for o in v:obstacles() do words[#words + 1] = without_ids(o:message()) end
  end
  return table.concat(words, "\t")
end

local function argument_lines(lines, program, target)
  for _, a in ipairs(program:arguments(target, { release = "6.1.0" })) do
    lines[#lines + 1] = table.concat({ program.name, a.argument, a.taken_for or "-", a.by or "-", a.has or "-",
      a.verdict, a.consequence or "-", a.doubt or "-", #a.reads }, "\t")
  end
end

-- The first answer to what fails. How rare a name is, and so the score, is for all types to say.
local function why_line(result, target, options)
  local s = target:successors(result.relo, { table = false })()
  return s and ("%s %s %s %s %s"):format(s.query, s.successor, s.change, s.evidence,
    options.others and "-" or s.score) or "-"
end

---@class spec.Metamorphic.Options
---@field swapped boolean? one of the two is in the other byte order
---@field any_order boolean? which of several types is the first is not the same
---@field others boolean? one of the two has other types, too
---@field relocations boolean? only these, and not in words: those tell what else there is

--- All answers for an object on a kernel, as lines.
---@param options spec.Metamorphic.Options
local function answers(object, target, options)
  local lines, by_order = {}, false
  for result in object:results(target) do
    lines[#lines + 1] = relo_line(result, object, options)
    by_order = by_order or options.any_order and is_of_the_first(result)
    if not result.ok and not options.any_order and not options.relocations then
      lines[#lines + 1] = why_line(result, target, options)
    end
  end
  if options.relocations or by_order then return lines end
  for program in object:programs() do
    lines[#lines + 1] = verdict_line(program, target, options)
    if not options.any_order then argument_lines(lines, program, target) end
  end
  return lines
end

local tally = { comparisons = 0, answers = 0, breaks = 0 }
local seen

local MOST = 800

local function tell(name, want, got)
  tally.breaks = tally.breaks + 1
  print(("%s, %s:\n  %s\n  %s"):format(seen, name, btfl.printable(tostring(want):sub(1, MOST)),
    btfl.printable(tostring(got):sub(1, MOST))))
end

-- Of two lists the first answer that differs is told.
local function same(name, want, got)
  tally.comparisons = tally.comparisons + 1
  tally.answers = tally.answers + #want
  for i = 1, math.max(#want, #got) do
    if want[i] ~= got[i] then return tell(name, want[i], got[i]) end
  end
end

local function kernel(bytes) return btfl.target(btfl.btf { bytes = bytes, name = "kernel" }) end

local function object_of(bytes) return btfl.object { bytes = bytes, name = "object.o" } end

-- A kernel that differs from the one that an object was made for: names, sizes and places.
local function changed(g)
  local new = setmetatable({ types = {}, strings = g.strings }, graph)
  for id, t in ipairs(g.types) do
    new.types[id] = table.move(t, 1, #t, 1, { kind = t.kind, name = t.name })
  end
  local places = {}
  for id, t in ipairs(new.types) do
    if t.kind == STRUCT or t.kind == UNION or t.kind == ENUM then places[#places + 1] = id end
  end
  for _ = 1, #places > 0 and random(0, 6) or 0 do
    local t = new.types[pick(places)]
    local each = t.kind == ENUM and 2 or 3
    local n = (#t - 3) // each
    local way = random(6)
    local at = n > 0 and 4 + random(0, n - 1) * each
    if way == 1 then
      t.name = "was_" .. t.name
      t[1] = new:string(t.name)
    elseif way == 2 and at then
      t[at] = new:string("was_" .. new.strings:match("^[^\0]*", t[at] + 1))
    elseif way == 3 and at and t.kind ~= ENUM then
      t[at + 1] = random(#g.types)
    elseif way == 4 and at and t.kind == ENUM then
      t[at + 1] = random(0, 100)
    elseif way == 5 and at and t.kind ~= ENUM then
      local other = 4 + random(0, n - 1) * 3
      t[at + 2], t[other + 2] = t[other + 2], t[at + 2]
    elseif t.name ~= "" then
      local copy = table.move(t, 1, #t, 1, { kind = t.kind, name = t.name })
      copy[1] = random(2) == 1 and new:string(t.name .. "___two") or t[1]
      if #copy > 5 and t.kind ~= ENUM then copy[5] = random(#g.types) end
      new.types[#new.types + 1] = copy
    end
  end
  return new
end

-- Types that nothing asks for, which refer to others.
local function with_more(g)
  local new = setmetatable({ types = table.move(g.types, 1, #g.types, 1, {}), strings = g.strings }, graph)
  local count = #g.types
  for i = 1, random(1, 8) do
    local int = new:add(1, "zq_int" .. i, 0, 8, 64)
    local ptr = new:add(2, nil, 0, random(count))
    new:add(STRUCT, "zq_pair" .. i, 2, 16, new:string("zq_left"), int, 0, new:string("zq_right"), ptr, 64)
    new:add(TYPEDEF, "zq_alias" .. i, 0, ptr)
  end
  return new
end

-- What may stand in a module: nothing else refers to it, and all types of a name stand together.
local function module_of(g)
  local users, of_name = {}, {}
  for id, t in ipairs(g.types) do
    for _, other in ipairs(graph.refers(t)) do
      users[other] = users[other] or {}
      table.insert(users[other], id)
    end
    local name = graph.essential(t.name)
    of_name[name] = of_name[name] or {}
    table.insert(of_name[name], id)
  end
  local inside, count = {}, 0
  local function add(first)
    local todo = { first }
    while #todo > 0 do
      local id = table.remove(todo)
      if not inside[id] then
        inside[id], count = true, count + 1
        table.move(users[id] or {}, 1, #(users[id] or {}), #todo + 1, todo)
        local t = g.types[id]
        if t.name ~= "" then
          local together = of_name[graph.essential(t.name)]
          table.move(together, 1, #together, #todo + 1, todo)
        end
      end
    end
  end
  while count < #g.types / 4 do add(random(#g.types)) end
  return inside
end

local dir = run.tmpdir()
local written = 0

-- A path of its own: what stood at another may still be mapped.
local function write(bytes)
  written = written + 1
  return run.write(("%s/%d.btf"):format(dir, written), bytes)
end

-- The same kernel in two parts.
local function split(g)
  local inside, base, module = module_of(g), {}, {}
  for id in ipairs(g.types) do table.insert(inside[id] and module or base, id) end
  local base_bytes, base_ids = g:ordered(base)
  -- Strings that begin with an empty one are those of a BTF that stands alone.
  local module_bytes = g:ordered(module, { first = #base + 1, known = base_ids, strings = "zq\0" })
  local paths = { write(base_bytes), write(module_bytes) }
  local target = btfl.target(paths[1], { modules = { paths[2] }, name = "kernel" })
  for problem in target:skipped() do error(problem) end
  return target
end

-- The object with its own types in another order.
local function renumbered(bytes)
  local file = rewrite.open(bytes)
  if not file or not file.btf then return nil end
  local g = graph.read(file:contents(file.sections[".BTF"]))
  local btf, new_id = g:ordered(g:shuffled(true))
  file:replace(file.sections[".BTF"], btf)
  for _, r in ipairs(file.relos) do file:retype(r, new_id[r.type]) end
  for _, f in ipairs(file.funcs) do file:put(f.at + 4, ("<I4"):pack(new_id[f.type])) end
  return file:bytes()
end

local function compare_relocated(object, target)
  local rows = {}
  for result in object:results(target) do rows[#rows + 1] = result end
  local ok, kept = pcall(object.relocate, object, target, { poison = true, keep = true })
  if not ok or not kept then return end
  local again <close> = object_of(kept)
  same("kept and relocated again", { kept }, { (again:relocate(target, { poison = true, keep = true })) })
  local i, after, now = 0, {}, {}
  for result in again:results(target) do
    i = i + 1
    if rows[i].status == "ok" then
      after[#after + 1] = rows[i].after
      now[#now + 1] = (result.ok or result.relocated) and result.before or result.status .. " " .. (result.reason or "")
    end
  end
  same("relocated instructions", after, now)
  local once = object:relocate(target, { poison = true })
  local done <close> = object_of(once)
  same("relocated twice", { once }, { (done:relocate(target)) })
end

local function try(path, bytes, g)
  local object <close> = object_of(bytes)
  local plain = g:ordered(g:ids())
  local target <close> = kernel(plain)
  seen = path
  local want = answers(object, target, {})

  local ids = g:shuffled(true)
  local permuted <close> = kernel((g:ordered(ids)))
  same("permuted", want, answers(object, permuted, {}))
  local anyhow <close> = kernel((g:ordered(g:shuffled())))
  same("permuted anyhow", answers(object, target, { any_order = true }), answers(object, anyhow, { any_order = true }))

  local fuller = with_more(g)
  local more <close> = kernel((fuller:ordered(fuller:ids())))
  same("with others", answers(object, target, { others = true }), answers(object, more, { others = true }))

  local parts <close> = split(g)
  local only = { relocations = true }
  same("in two parts", answers(object, target, only), answers(object, parts, only))

  local other = renumbered(bytes)
  if other then
    local again <close> = object_of(other)
    same("object permuted", want, answers(again, target, {}))
  end

  local need = btfl.subset(target)
  need:add(object)
  local part = need:bytes()
  local small <close> = kernel(part)
  same("minimised", answers(object, target, only), answers(object, small, only))
  for name, like in pairs { ["minimised twice"] = small, ["minimised, permuted"] = permuted,
    ["minimised, in two parts"] = parts } do
    local need_like = btfl.subset(like)
    need_like:add(object)
    same(name, { part }, { (need_like:bytes()) })
  end

  local swapped <close> = object_of(swap.object(bytes))
  local big <close> = kernel((g:ordered(g:ids(), { endian = "big" })))
  same("swapped", answers(object, target, { swapped = true }), answers(swapped, big, { swapped = true }))
  compare_relocated(object, target)
end

local FIXTURES = { "example.bpf.o", "fields.clang14.o", "fields.clang19.o", "guards.clang16.o", "guards.clang19.o",
  "types.clang16.o", "matches.clang19.o", "subprogs.clang19.o", "enums.clang19.o", "ambiguous.clang19.o",
  "loads.clang19.o", "nocore.clang19.o", "silent.bpf.o" }
local KERNELS = { "small.btf", "target.clang14.o", "target.clang19.o", "6.19.14-amd64.btf" }

local function inputs()
  local objects, kernels, list = {}, {}, nil
  for i = 3, #arg do
    if arg[i] == "--" then
      list = kernels
    else
      table.insert(list or objects, arg[i])
    end
  end
  if #arg > 2 then return objects, kernels end
  for i, name in ipairs(FIXTURES) do objects[i] = "spec/fixtures/" .. name end
  for i, name in ipairs(KERNELS) do kernels[i] = "spec/fixtures/" .. name end
  return objects, kernels
end

-- The BTF alone, of a file that is BTF or has it.
local function btf_bytes(path)
  local b = btfl.builder()
  local from <close> = btfl.btf(path)
  for t in from:types() do b:copy(t, { with = "all" }) end
  return b:bytes()
end

local seed, count = tonumber(arg[1]), tonumber(arg[2])
math.randomseed(seed)
local objects, kernels = inputs()
local graphs, files = {}, {}
for i, path in ipairs(kernels) do graphs[i] = graph.read(btf_bytes(path)) end
for i, path in ipairs(objects) do files[i] = run.read(path) end
local tried = 0
while tried < count do
  local g, at = pick(graphs), random(#objects)
  if random(8) > 1 then g = changed(g) end
  local sound = pcall(function() kernel((g:ordered(g:ids()))):close() end)
  if sound then
    tried = tried + 1
    try(("case %d, %s"):format(tried, objects[at]), files[at], g)
    for n = written - 1, written do os.remove(("%s/%d.btf"):format(dir, n)) end
  end
end
run.remove(dir)
print(("%d cases, %d comparisons, %d answers, %d differ"):format(tried, tally.comparisons, tally.answers, tally.breaks))
