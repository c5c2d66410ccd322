--- Writes the pages of the manual and completions for shells into a folder, for `make`:
--- manual.lua FOLDER TIME
local completions = require "btfl.manual.completions"
local engine = require "btfl.engine"
local mdoc = require "btfl.manual.mdoc"
local pages = require "btfl.manual.pages"

local folder, time = arg[1], math.tointeger(tonumber(arg[2]))

local function write(path, text)
  path = folder .. "/" .. path
  engine.make_folders(path)
  engine.write_file(path, text)
end

for _, page in ipairs(pages.all()) do
  write(("man%d/%s.%d"):format(page.section, page.name, page.section), mdoc.of(page, time))
end
for shell, file in pairs(completions.files) do write(shell .. "/" .. file, completions.of(shell)) end
