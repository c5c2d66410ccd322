--- What a page in Markdown shows: commands with what they print, and files.

local shown = {}

--- The commands of the console blocks, each with the output that is shown for it.
---@param text string
---@return { command: string, shown: string }[]
function shown.commands(text)
  local list = {}
  for block in text:gmatch "```console\n(.-)```" do
    for line in block:gmatch "([^\n]*)\n" do
      local command = line:match "^%$ (.*)"
      if command then
        list[#list + 1] = { command = command, shown = "" }
      else
        list[#list].shown = list[#list].shown .. line .. "\n"
      end
    end
  end
  return list
end

--- The blocks that are of a file, by its name: ```lua NAME, or a first line `-- NAME`.
---@param text string
---@return table<string, string>
function shown.files(text)
  local files = {}
  for name, block in text:gmatch "\n```%l+ ([%w_.]+)\n(.-)```" do files[name] = block end
  for block in text:gmatch "\n```lua\n(.-)```" do
    local name = block:match "^%-%- ([%w_]+%.lua)\n"
    if name then files[name] = block end
  end
  return files
end

--- The other blocks of a language.
---@param text string
---@param language string
---@return string[]
function shown.blocks(text, language)
  local list = {}
  for block in text:gmatch("\n```" .. language .. "\n(.-)```") do list[#list + 1] = block end
  return list
end

return shown
