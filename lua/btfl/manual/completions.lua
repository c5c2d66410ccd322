--- Completions for shells, which argparse writes: of commands, options, policies and formats.
local argparse = require "argparse"
local declared = require "btfl.manual.declared"
local outputs = require "btfl.command.outputs"
local shipped = require "btfl.policy.support.shipped"

local completions = {}

--- The shells that there are completions for, by the names of their files.
completions.files = { bash = "btfl", zsh = "_btfl", fish = "btfl.fish" }

local SHELLS = { "bash", "zsh", "fish" }

-- argparse completes files without a slash behind folders, and those with spaces as several; where it gives
-- no words, bash completes files as it does everywhere.
local function leave_files(text)
  return (text:gsub('COMPREPLY=%(%$%(compgen %-f %-%- "%$cur"%)%)', "COMPREPLY=()"))
end

--- What a shell is to read.
---@param shell "bash"|"zsh"|"fish"
---@return string
function completions.of(shell)
  local root = argparse "btfl":add_help(false)
  for _, item in ipairs(declared.own_items()) do
    local option = root:option(item.names[1], item.text):args(item.argument and 1 or 0)
    if item.argument == "SHELL" then option:choices(SHELLS) end
  end
  root:add_help_command { description = "Show the page of a command.", add_help = false }
  for _, one in ipairs(declared.commands()) do
    local command = root:command(one.name, one.about):add_help(false)
    declared.complete(command, one.definition, {
      ["--policy"] = shipped.names(), ["--format"] = outputs.names(one.definition.formats),
    })
  end
  return leave_files(root[("get_%s_complete"):format(shell)](root))
end

return completions
