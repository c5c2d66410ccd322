--- Reads markdown as far as btfl's own texts use it: what a page is made of, whatever it is then written as.
local markdown = {}

--- A part of a page. Its text is one line with `code` in it, but for code and usage, which are lines.
---@class btfl.manual.block
---@field kind "section"|"part"|"text"|"code"|"usage"|"item" usage: how a command is called
---@field text string
---@field tag string? of an item: what it tells of; without, it is one of a list
---@field names string[]? of an item about an option: how that is called, and
---@field argument string? what it takes

-- Text without links and emphasis, which a terminal does not have.
local function inline(text)
  text = text:gsub("%[([^%]]-)%]%([^)%s]*%)", "%1"):gsub("%f[%*]%*(%a+)%*%f[^%*]", "%1")
  return (text:gsub("%s+", " "):gsub("^ ", ""):gsub(" $", ""))
end

-- "| a | b \| c |" as its cells.
local function cells_of(line)
  local cells = {}
  local text = line:gsub("\\|", "\0")
  for cell in text:match "^|(.*)|%s*$":gmatch "[^|]*" do
    cells[#cells + 1] = inline((cell:gsub("%z", "|")))
  end
  return cells
end

---@class btfl.manual.reader
local reader = {}
reader.__index = reader

function reader:add(block)
  self.blocks[#self.blocks + 1] = block
  return block
end

-- Ends the paragraph or the item that further lines would belong to.
function reader:finish()
  if self.open then self.open.text = inline(self.open.text) end
  self.open, self.in_table = nil, false
end

function reader:begin(block)
  self:finish()
  self.open = self:add(block)
end

function reader:row(line)
  if not self.in_table then
    self:finish()
    self.in_table = true -- the first row has titles
  elseif not line:find "^|[%s|:-]+$" then
    local cells = cells_of(line)
    self:add { kind = "item", tag = cells[1], text = table.concat(cells, "; ", 2) }
  end
end

function reader:code(line)
  local last = self.blocks[#self.blocks]
  if self.coding == last then
    last.text = last.text .. "\n" .. line
  else
    self.coding = self:add { kind = "code", text = line }
  end
end

local KINDS = { "title", "section", "part" }

-- A line outside of ``` ... ```.
function reader:line(line)
  local marks, title = line:match "^(#+) (.*)$"
  local item = line:match "^%* (.*)$" or line:match "^%d+%. (.*)$"
  if marks then
    self:finish()
    self:add { kind = KINDS[math.min(#marks, 3)], text = inline(title:gsub("`", "")) }
  elseif line == "" then
    self:finish()
  elseif line:find "^|" then
    self:row(line)
  elseif item then
    self:begin { kind = "item", text = item }
  elseif self.open then
    self.open.text = self.open.text .. " " .. line
  elseif line:find "^    " then
    self:code(line:sub(5))
  else
    self:begin { kind = "text", text = line }
  end
end

--- The blocks of a text. The heading of the whole is a block `title`.
---@param text string
---@return btfl.manual.block[]
function markdown.read(text)
  local self, fenced = setmetatable({ blocks = {} }, reader), false
  for line in (text .. "\n"):gmatch "([^\n]*)\n" do
    if line:find "^%s*```" then
      fenced = not fenced
      self:finish()
      self.coding = nil
    elseif fenced then
      self:code(line)
    else
      self:line(line)
    end
  end
  self:finish()
  return self.blocks
end

return markdown
