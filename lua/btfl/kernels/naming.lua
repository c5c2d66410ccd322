--- What the path of a kernel tells of it: its name, architecture, distribution and flavour.
local engine = require "btfl.engine"

local naming = {}

-- Words of paths for distributions. BTFHub's tree has the first column of these as folders.
local DISTROS = {}
for word in ([[almalinux alpine amzn amazon anolis arch archlinux azurelinux bottlerocket centos cos debian
  fedora flatcar kylin mariner minikube ol openeuler opensuse opensuse-leap oracle photon
  raspbian rhel rocky sles suse talos ubuntu]]):gmatch "%S+" do DISTROS[word] = true end

-- What distributions have in the releases of their kernels.
local MARKS = {
  { "%.fc%d+", "fedora" }, { "%.el%d+uek", "oracle" }, { "%.el%d+", "rhel" }, { "%.amzn%d+", "amzn" },
  { "%.azl%d+", "azurelinux" }, { "%.cm%d+", "mariner" }, { "%.oe%d+", "openeuler" }, { "%.an%d+", "anolis" },
  { "%-arch%d+", "arch" }, { "%-flatcar", "flatcar" }, { "%-talos", "talos" },
}

local FLAVOURS = {}
for word in ([[4k 64k armmp aws azure cloud cos debug default edge fips gcp generic gke gkeop hardened hwe
  ibm intel iot kvm largemem lowlatency lpae lts nvidia octeon oem oracle parisc raspi
  realtime rpi rt snp starfive tegra uek virt vanilla zen]]):gmatch "%S+" do FLAVOURS[word] = true end

local function parts_of(path)
  local parts = {}
  for part in path:gmatch "[^/]+" do parts[#parts + 1] = part end
  return parts
end

-- The folders that a kernel stands in: within an archive those of that, if it has some.
local function folders_of(path)
  local file, member = naming.split(path)
  local inner = parts_of(member and member:match "^(.*)/" or "")
  return #inner > 2 and inner or parts_of(file:match "^(.*)/" or "")
end

--- FILE and MEMBER of "FILE!MEMBER"; the path itself where it is that of a file.
---@param path string
---@return string file
---@return string? member
function naming.split(path)
  if path:find("!", 1, true) and not engine.file_kind(path) then
    for at in path:gmatch "()!" do
      if engine.file_kind(path:sub(1, at - 1)) then return path:sub(1, at - 1), path:sub(at + 1) end
    end
  end
  return path, nil
end

-- <distro>/<version>/<arch>/<release>, as in BTFHub's archive.
local function tree_of(path, stem)
  local folders = folders_of(path)
  local distro, version, word = table.unpack(folders, #folders - 2)
  if #folders < 3 or not DISTROS[distro:lower()] then return nil end
  local arch = engine.architecture(word)
  if not arch then return nil end
  return { name = ("%s/%s/%s/%s"):format(distro, version, word, stem), distro = distro .. " " .. version,
    arch = word, release = stem:find "^%d+%.%d+%.%d+" and stem or nil }
end

-- A word for an architecture in a file's name, the last of them.
local function arch_in(text)
  if text:find("x86_64", 1, true) then return "x86_64" end
  local found
  for word in text:gmatch "[%w]+" do
    if engine.architecture(word) and word ~= "arm" then found = word end
  end
  return found
end

local function flavour_in(stem)
  local words = {}
  for word in (stem:match "%d+%.%d+[%d.]*(.*)$" or ""):gmatch "%w+" do
    if FLAVOURS[word] then words[#words + 1] = word end
  end
  return #words > 0 and table.concat(words, "-") or nil
end

local function distro_in(path, stem)
  for _, mark in ipairs(MARKS) do
    if stem:find(mark[1]) then return mark[2] end
  end
  for _, folder in ipairs(folders_of(path)) do
    if DISTROS[folder:lower()] then return folder end
  end
  return nil
end

--- The distribution that made a configuration, by the compiler that it names; nil when that tells none.
---@param kconfig string path
---@return string?
function naming.distro_of_config(kconfig)
  local ok, text = pcall(engine.config_value, kconfig, "CONFIG_CC_VERSION_TEXT")
  return ok and text and engine.distro_of_compiler(text) or nil
end

--- What the path alone tells, as options of engine.target().
---@param path string
---@return { name: string, arch: string?, distro: string?, flavour: string?, release: string? }
function naming.describe(path)
  local stem = engine.stem(path)
  local file = naming.split(path):match "[^/]*$"
  local tree = tree_of(path, stem)
  if tree then
    tree.flavour = flavour_in(stem)
    return tree
  end
  return { name = stem ~= "" and stem or path, arch = arch_in(stem) or arch_in(file),
    distro = distro_in(path, stem) or distro_in(path, file), flavour = flavour_in(stem) }
end

return naming
