--- What names were on one kernel after the other: see btfl.history in meta.lua. Of a kernel nothing is kept
--- but text, so that it may be closed behind its turn.
local report = require "btfl.report.report"
local series = require "btfl.kernels.series"

local history = {}

local KINDS = { struct = true, union = true, enum = true, typedef = true, func = true }

-- "struct foo.bar" is asked for as foo.bar, "unsigned int" as that.
local function plain(name)
  local kind, rest = name:match "^(%l+) (.+)$"
  return KINDS[kind] and rest or name
end

local function place(bits, member)
  return member.bitfield and bits % 8 ~= 0 and ("%d:%d"):format(bits // 8, bits % 8) or bits // 8
end

-- The member at a path, or the enumerator.
local function member_of(t, path)
  local member, bits = t:member(path)
  if not member then
    local value = t:value(path)
    return value and { type = "= " .. value.decimal } or nil
  end
  local type = member.type
  for _ in (path:match "[%[%]%d]*$"):gmatch "%[" do type = type:resolve().type end
  return { offset = place(bits, member), size = member.bitfield and ":" .. member.bit_size or type.size,
    type = (type:decl()) }
end

-- A type, a function, or else a tracepoint.
local function whole_of(btf, name)
  local t = btf:find(name)
  if t and t.kind == "func" then return { type = (t.type:decl()) } end
  if t then return { size = t.size, type = (t:decl()) } end
  t = btf:find("btf_trace_" .. name, "typedef")
  local pointer = t and t.type
  return pointer and { type = ((pointer.kind == "ptr" and pointer.type or pointer):decl()) } or nil
end

local function found_in(btf, name)
  local root, path = name:match "^([^.]+)%.(.+)$"
  if not root then return whole_of(btf, name) end
  for t in btf:candidates(root) do
    local found = t.name == root and member_of(t, path)
    if found then return found end
  end
  return nil
end

local function facts_of(target, name)
  local found = found_in(target.btf, name)
  for _, btf in target:modules() do found = found or found_in(btf, name) end
  if not found then return { status = "absent" } end
  found.status = "present"
  return found
end

-- What of two kernels is the same when all that is known of the name is.
local function key_of(facts)
  return ("%s\0%s\0%s\0%s"):format(facts.status, facts.offset, facts.size, facts.type)
end

-- "absent", or "offset 24, size 8, volatile long int".
local function words_of(facts)
  if facts.status == "absent" then return "absent" end
  local words = {}
  if facts.offset then words[1] = "offset " .. facts.offset end
  if facts.size then words[#words + 1] = "size " .. facts.size end
  words[#words + 1] = facts.type
  return table.concat(words, ", ")
end

-- The runs of kernels of one series on which a name is the same: { span, facts }, with `since` where it has
-- come, `again` where it had been there before, and where it has gone behind it `till`, the last that has it.
local function runs_of(list, facts)
  local out, was_there = {}, false
  for i, run in ipairs(series.spells(list, function(kernel) return key_of(facts[kernel]) end)) do
    local one, last = facts[run[1]], out[i - 1]
    local is_there = one.status == "present"
    local turns = last and (last.facts.status == "present") ~= is_there
    out[i] = { span = series.span(run), facts = one, until_ = run.until_,
      since = turns and is_there and run.since or nil, again = was_there }
    if turns and not is_there then last.till = last.until_ end
    was_there = was_there or is_there
  end
  return out
end

-- The kernels by series; those whose release is not known are each one of their own.
local function in_series(kernels)
  local lists, _, others = series.of(kernels)
  for _, kernel in ipairs(others) do lists[#lists + 1] = { name = "", kernel } end
  return lists
end

local function pad(text, width)
  return text .. (" "):rep(width - #text)
end

-- "  (since 6.1.0, until 6.2.0)", or nothing of what has been there all the time.
local function date_of(run)
  local words = {}
  if run.since then words[1] = (run.again and "again since " or "since ") .. run.since end
  if run.till then words[#words + 1] = "until " .. run.till end
  return #words > 0 and ("  (%s)"):format(table.concat(words, ", ")) or ""
end

-- The lines of a name, in columns.
local function lines_of(name, lists, facts)
  local lines, wide, far, runs = { name }, 0, 0, {}
  for i, list in ipairs(lists) do
    runs[i] = runs_of(list, facts)
    wide = math.max(wide, #list.name)
    for _, run in ipairs(runs[i]) do far = math.max(far, #run.span) end
  end
  for i, list in ipairs(lists) do
    for k, run in ipairs(runs[i]) do
      lines[#lines + 1] = ("  %s  %s  %s%s"):format(pad(k == 1 and list.name or "", wide),
        pad(run.span, far), words_of(run.facts), date_of(run))
    end
  end
  return lines
end

--- See btfl.history in meta.lua.
---@param names string[]
---@param targets btfl.target[]|fun(): btfl.target?
---@return btfl.report
function history.of(names, targets)
  local out = report.new("history", {
    columns = { "name", "target", "release", "status", "offset", "size", "type", "series" },
  })
  local kernels, facts, known, n = {}, {}, {}, 0
  for i in ipairs(names) do facts[i] = {} end
  local next_target = type(targets) == "table" and function()
    n = n + 1
    return targets[n]
  end or targets
  for target in next_target do
    local kernel = series.facts(target)
    kernels[#kernels + 1] = kernel
    for i, name in ipairs(names) do
      facts[i][kernel] = facts_of(target, plain(name))
      known[i] = known[i] or facts[i][kernel].status == "present"
    end
  end
  local lists = in_series(kernels)
  for i, name in ipairs(names) do
    for _, list in ipairs(lists) do
      for _, kernel in ipairs(list) do
        local one = facts[i][kernel]
        out:row { name = name, target = kernel.name, release = kernel.release, status = one.status,
          offset = one.offset, size = one.size, type = one.type, series = list.name }
      end
    end
    out:text(lines_of(name, lists, facts[i]))
    if not known[i] and #kernels > 0 then out:failure(("no kernel has `%s`"):format(name)) end
  end
  return out
end

return history
