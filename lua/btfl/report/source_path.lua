--- The path of a source file as a reader of reports wants it: relative to the top of the sources,
--- whatever folder the compiler ran in.
local source_path = {}

-- Folders in which distributions and CI build; what follows is the tree.
local BUILD_FOLDERS = {
  "^/build/reproducible%-path/[^/]+/", "^/builddir/build/BUILD/[^/]+/", "^/build/[^/]+/",
  "^/usr/src/debug/[^/]+/", "^/usr/src/[^/]+/", "^/home/runner/work/[^/]+/[^/]+/",
  "^/github/workspace/", "^/__w/[^/]+/[^/]+/", "^/builds/[^/]+/[^/]+/", "^/workspace/",
}

-- "a/./b", "a//b" and "a/../b" without the detours; what leads out of a relative path's start goes.
local function normal(path)
  local parts = {}
  for part in path:gmatch("[^/]+") do
    if part == ".." then
      parts[#parts] = nil
    elseif part ~= "." then
      parts[#parts + 1] = part
    end
  end
  return (path:sub(1, 1) == "/" and "/" or "") .. table.concat(parts, "/")
end

local function below(path, folder)
  if not folder or folder == "" or folder == "/" then return nil end
  folder = folder:gsub("/+$", "") .. "/"
  return path:sub(1, #folder) == folder and path:sub(#folder + 1) or nil
end

--- The path relative to the top of the sources; an absolute one where that cannot be told.
---@param path string
---@return string
function source_path.relative(path)
  path = normal(path)
  if path:sub(1, 1) ~= "/" then return path end
  local inside = below(path, os.getenv("GITHUB_WORKSPACE")) or below(path, os.getenv("PWD"))
  if inside then return inside end
  for _, pattern in ipairs(BUILD_FOLDERS) do
    local _, stop = path:find(pattern)
    if stop and stop < #path then return path:sub(stop + 1) end
  end
  return path
end

--- The path for display: as it was given, without a leading "./".
---@param path string
---@return string
function source_path.shown(path)
  local short = path:gsub("^%./+", "")
  return short ~= "" and short or path
end

return source_path
