--- What of a source line a finding is about: the word that it names, where the text has it.

-- A member (`p->x`) is rather meant than a variable of its name (`x = p->x`).
local function word_at(text, mark, from)
  local word = "()%f[%w_]" .. mark .. "()%f[^%w_]"
  local first, after = text:match("[.>]%s*" .. word, math.max(1, from - 1))
  if not first then first, after = text:match(word, from) end
  return first, after
end

--- The first and last byte of what is meant in the text of finding.at: the word `mark` at or after
--- the line's column, else the character there. nil when the column lies outside of the text.
---@param finding btfl.finding whose `at` is a line
---@return integer? first
---@return integer? last
---@return boolean? exact the word was found
return function(finding)
  local text, column, mark = finding.at.text, finding.at.column, finding.mark
  if column < 1 or column > #text then return nil end
  if mark and mark:find("^[%w_]+$") then
    local first, after = word_at(text, mark, column)
    if first then return first, after - 1, true end
  end
  return column, column, false
end
