--- init: writes a project file, btfl.lua, for the objects and kernels of this repository.
local cli = btfl.cli {
  about = "Writes btfl.lua, at the root of this repository, for the objects and kernels that are in it.",
  usage = "", objects = false, targets = false,
  options = function(parser)
    parser:flag("--editor", "Write .luarc.json instead, by which lua-language-server knows btfl's API.")
  end,
  epilog = "Objects are *.bpf.o, and what bpf2go writes (*_bpfel.o). What is there is not written over; "
    .. "where neither objects nor kernels are found nothing is written, and the status is 1.",
}

if cli.args.editor then
  local path, library = btfl.project.editor()
  if not path then cli:error(library) end
  cli:write(("%s: the API is described in %s\n"):format(path, library))
  return 0
end

local path, found = btfl.project.init()
if type(found) == "string" then cli:error(found) end
local hint = found.cut and "; there are more files, which were not looked at" or ""
if not path then
  io.stderr:write(("btfl init: no objects and no kernels in %s, so nothing is written%s\n")
    :format(found.folder, hint))
  return 1
end
local function count(list, what) return ("%d %s%s"):format(#list, what, #list == 1 and "" or "s") end
if not found.in_repository then
  hint = hint .. "; there is no repository here (.git), so give it as --project " .. path
end
cli:write(("%s: %s, %s of kernels%s\n"):format(path, count(found.objects, "object"),
  count(found.targets, "folder"), hint))
return 0
