--- A kernel's own configuration and symbols: the files beside it that have its name, or, where it is the only
--- kernel there, that have none.
local engine = require "btfl.engine"

local beside = {}

-- Which names such files have; what tells the kernel is in the parentheses. The first is preferred:
-- System.map lacks the symbols of modules.
local FORMS = {
  kallsyms = { "^kallsyms%-(.+)$", "^(.+)%.kallsyms$", "^kallsyms()$", "^System%.map%-(.+)$",
    "^(.+)%.System%.map$", "^System%.map()$" },
  kconfig = { "^config%-(.+)$", "^(.+)%.config$", "^%.?config()$", "^kconfig()$" },
}

local KIND = { kallsyms = "symbols", kconfig = "config" }

local PACKED = { "%.gz$", "%.xz$", "%.zst$", "%.lz4$", "%.bz2$" }

--- What a file is by its name: "kallsyms" or "kconfig", of which kernel ("" when it says none), and how good
--- such a name is, 1 being the best; nil for any other file.
---@param path string
---@return string? role
---@return string? key
---@return integer? rank
function beside.role(path)
  local name = path:match "[^/!]*$"
  for _, suffix in ipairs(PACKED) do name = name:gsub(suffix, "") end
  for role, forms in pairs(FORMS) do
    for rank, form in ipairs(forms) do
      local key = name:match(form)
      if key then return role, type(key) == "string" and key or "", rank end
    end
  end
  return nil
end

local function release_in(text) return text:match "%d+%.%d+%.%d+" end

-- Whether a file of that key may be of the kernel: by its name, or because there is no other kernel.
local function belongs(key, stem, alone)
  if key ~= "" and key == stem then return true end
  if not alone then return false end
  local there, here = release_in(key), release_in(stem)
  if key == "" or not there or not here then return true end
  return there == here and (key:find(stem, 1, true) or stem:find(key, 1, true)) ~= nil
end

--- Those of the files that are a kernel's own.
---@param stem string of the kernel
---@param files { path: string, kind: string? }[] of its folder; the kind is asked for where it is nil
---@param alone boolean|fun(): boolean no other kernel is there
---@return { kallsyms: string?, kconfig: string? }
function beside.of(stem, files, alone)
  local found, best = {}, {}
  for _, file in ipairs(files) do
    local role, key, rank = beside.role(file.path)
    if role and (not best[role] or rank < best[role]) then
      local only = alone
      if type(only) == "function" then only = key ~= stem and only() end
      if belongs(key, stem, only) and (file.kind or engine.file_kind(file.path)) == KIND[role] then
        found[role], best[role] = file.path, rank
      end
    end
  end
  return found
end

return beside
