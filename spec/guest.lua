--- guest: what another kernel makes of programs, as a table that spec/loads.lua judges.
---
---     ./btfl spec/guest.lua FOLDER PACKAGE.deb[,PACKAGE.deb...] OBJECT...
---     ./btfl spec/loads.lua FOLDER/loads.tsv
---
--- The packages hold a kernel's image and its configuration; it is booted by qemu. A package of Debian comes by
--- `apt-get download linux-image-6.12.117+deb13-amd64-unsigned`; of newer ones the image is in `linux-binary-…`, the
--- configuration in `linux-base-…`. OBJECT is a path, or a folder with objects.
local guest = require "spec.support.guest"
local loads = require "spec.support.loads"
local run = require "spec.support.run"

local SECONDS <const> = 4 * 3600

local why = guest.missing()
if why then error(why, 0) end
local folder = assert(arg[1], "where do tables go?")
local packages, lines = {}, {}
for package in assert(arg[2], "which kernel?"):gmatch "[^,]+" do packages[#packages + 1] = package end
for i = 3, #arg do
  local path = arg[i]:find "^/" and arg[i] or run.top .. "/" .. arg[i]
  for _, object in ipairs(loads.objects(path)) do lines[#lines + 1] = object end
end
assert(os.execute("mkdir -p " .. run.quote(folder)))
local image, config = guest.unpack(packages, folder)
if not image then error("there is no vmlinuz in " .. arg[2], 0) end
local out = { loads.line() }
for _, row in ipairs(guest.load(image, config, lines, folder, SECONDS)) do out[#out + 1] = loads.line(row) end
run.write(folder .. "/loads.tsv", table.concat(out, "\n") .. "\n")
