--- A matrix in markdown: the cases that need a look, then kernels down and objects across.
local layout = require "btfl.matrix.layout"
local markup = require "btfl.report.markup"
local names = require "btfl.report.names"
local states = require "btfl.matrix.states"

local markdown = {}

local code = markup.code

local SIGNS = {
  fine = "\u{2705}", dead = "\u{2705}", warn = "\u{26a0}\u{fe0f}", ask = "\u{2754}", bad = "\u{274c}",
  worse = "\u{274c}", none = "", known = "\u{1f4cc}",
}

-- Of more columns the heads are numbers.
local MOST_HEADS = 8

local function put_tests(out, matrix)
  local tests, list = layout.tests(matrix), {}
  for i, row in ipairs(tests) do list[i] = code(matrix.labels[row]) end
  out[#out + 1] = ""
  out[#out + 1] = ("Each case of every %s is on one of %d of %d kernels%s"):format(matrix.by, #tests,
    #matrix.targets, #tests > 0 and #tests <= 20 and ": " .. table.concat(list, ", ") or ".")
end

-- The cases of columns of which there is something to say.
local function put_cases(out, matrix, room)
  local items, plain = {}, 0
  for _, column in ipairs(matrix.columns) do
    if layout.is_plain(column) then
      plain = plain + 1
    else
      for _, case in ipairs(layout.cases(column)) do items[#items + 1] = { column = column, case = case } end
    end
  end
  if #items > 0 then
    markup.put_table(out, { matrix.by, "", "what", "on", "to test" }, items, room, function(item)
      local case, state = item.case, states.of(item.case.state)
      return { code(item.column.label), SIGNS[state.tone], case.reason and code(case.reason) or state.about,
        markup.folded(names.some, layout.names(matrix, case)),
        code(matrix.labels[layout.newest(matrix, case)]) }
    end, "%d more cases are cut.")
  end
  if plain > 0 then
    out[#out + 1] = ""
    out[#out + 1] = layout.plain_line(matrix, plain)
  end
end

-- What the letters mean, and how often each is there.
local function put_legend(out, matrix)
  local words = {}
  for _, state in ipairs(states.list) do
    local n = matrix.count[state.word]
    if n then words[#words + 1] = ("%s%s %s (%d)"):format(SIGNS[state.tone], state.letter, state.about, n) end
  end
  out[#out + 1] = ""
  out[#out + 1] = table.concat(words, "; ")
end

-- The names of numbered columns.
local function put_names(out, matrix, room)
  out[#out + 1] = ""
  out[#out + 1] = ("<details><summary>%d %ss</summary>"):format(#matrix.columns, matrix.by)
  out[#out + 1] = ""
  local items = {}
  for n, column in ipairs(matrix.columns) do items[n] = ("%d. %s"):format(n, code(column.label)) end
  markup.put_all(out, items, room, function(item) return item end, "%d more names are cut.")
  out[#out + 1] = ""
  out[#out + 1] = "</details>"
end

local function put_grid(out, matrix, room)
  local heads, numbered, rows = { "" }, #matrix.columns > MOST_HEADS, {}
  for n, column in ipairs(matrix.columns) do
    heads[n + 1] = numbered and tostring(n) or code(column.label)
  end
  for row in ipairs(matrix.targets) do rows[row] = row end
  markup.put_table(out, heads, rows, numbered and room * 3 // 4 or room, function(row)
    local cells = { code(matrix.labels[row]) }
    for n, column in ipairs(matrix.columns) do
      local state = column.at[row] and states.of(column.at[row].state)
      cells[n + 1] = state and SIGNS[state.tone] .. state.letter or ""
    end
    return cells
  end, "%d more kernels are cut.")
  put_legend(out, matrix)
  if numbered then put_names(out, matrix, room // 4) end
end

--- Adds what there is to see of a matrix.
---@param out string[] lines
---@param matrix btfl.matrix.layout
---@param room integer bytes for the cases, and as many for the table
function markdown.put(out, matrix, room)
  put_tests(out, matrix)
  put_cases(out, matrix, room)
  put_grid(out, matrix, room)
end

return markdown
