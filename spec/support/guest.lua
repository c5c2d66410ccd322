--- What another kernel than the running one makes of programs: qemu boots it with nothing but spec/peer/load and
--- objects. Root is not needed, nor KVM: where programs are few, an emulated machine takes a minute.
local loads = require "spec.support.loads"
local run = require "spec.support.run"

local guest = {}

local quote = run.quote

-- The first process. Behind the console come three lines that carry a file each, packed.
local INIT = [[
#!/bin/sh
export PATH=/bin
mount -t proc proc /proc; mount -t sysfs sys /sys; mount -t devtmpfs dev /dev
mount -t tracefs tracefs /sys/kernel/tracing; mount -t bpf bpf /sys/fs/bpf; mount -t cgroup2 none /sys/fs/cgroup
echo 0 >/proc/sys/kernel/kptr_restrict
uname -r >/release
load -a - </list >/rows
for n in 1 2 3; do stty -F /dev/ttyS$n raw -echo; done
cat /release /rows | gzip >/dev/ttyS1
gzip </sys/kernel/btf/vmlinux >/dev/ttyS2
gzip </proc/kallsyms >/dev/ttyS3
poweroff -f
]]

local function capture(command)
  local pipe <close> = assert(io.popen(command))
  return (pipe:read("a"):gsub("\n$", ""))
end

local function must(command)
  if not os.execute(command) then error("this failed: " .. command, 0) end
end

--- Why this machine has nothing to boot a kernel with; nil where it has.
---@return string?
function guest.missing()
  for _, program in ipairs { "qemu-system-x86_64", "busybox", "cpio" } do
    if not os.execute(("command -v %s >/dev/null 2>&1"):format(program)) then return "needs " .. program end
  end
  if capture "uname -m" ~= "x86_64" then return "needs a machine of x86_64" end
  local peer = io.open "build/peer/load"
  if not peer then return "needs build/peer/load" end
  peer:close()
  return nil
end

-- The files that the loader needs, at the paths where it looks for them.
local function copy_loader(root)
  must(("mkdir -p %s/bin && cp build/peer/load %s/bin"):format(quote(root), quote(root)))
  for path in capture("ldd build/peer/load"):gmatch "(/%S+)" do
    must(("mkdir -p %s && cp -L %s %s"):format(quote(root .. path:match "^(.*)/"), path, quote(root .. path)))
  end
end

-- A root file system in memory, with what `lines` name.
local function make_root(root, lines)
  must(("mkdir -p %s/proc %s/sys %s/dev"):format(quote(root), quote(root), quote(root)))
  copy_loader(root)
  must(("cp \"$(command -v busybox)\" %s/bin/busybox"):format(quote(root)))
  for applet in ("sh mount cat gzip stty uname poweroff"):gmatch "%S+" do
    must(("ln -s busybox %s/bin/%s"):format(quote(root), applet))
  end
  local seen = {}
  for _, line in ipairs(lines) do
    local path = line:match "^[^\t]+"
    if not seen[path] then
      must(("mkdir -p %s && cp %s %s"):format(quote(root .. path:match "^(.*)/"), quote(path), quote(root .. path)))
    end
    seen[path] = true
  end
  run.write(root .. "/list", table.concat(lines, "\n") .. "\n")
  run.write(root .. "/init", INIT)
  must(("chmod +x %s/init"):format(quote(root)))
end

--- Boots a kernel and loads what `lines` name, absolute paths as spec/peer/load.c takes them. Leaves in `folder` what
--- judge.rows() takes: KERNEL.btf.gz, KERNEL.kallsyms.gz, KERNEL.config.gz; what the kernel says goes to "console".
---@param image string a vmlinuz
---@param config string? its configuration
---@param lines string[]
---@param folder string
---@param seconds integer the longest that it may take
---@return spec.Load[]
function guest.load(image, config, lines, folder, seconds)
  local root = folder .. "/root"
  make_root(root, lines)
  must(("cd %s && find . | cpio -o -H newc --quiet | gzip -1 >../root.cpio.gz"):format(quote(root)))
  must("rm -rf " .. quote(root))
  local words = {
    "timeout", tostring(seconds), "qemu-system-x86_64 -cpu max -m 2048 -display none -monitor none -no-reboot",
    "-kernel", quote(image), "-initrd", quote(folder .. "/root.cpio.gz"),
    "-append 'console=ttyS0 quiet panic=-1 mitigations=off nokaslr no_timer_check 8250.nr_uarts=4'",
  }
  for _, name in ipairs { "console", "rows.gz", "btf.gz", "kallsyms.gz" } do
    words[#words + 1] = "-serial " .. quote("file:" .. folder .. "/" .. name)
  end
  must(table.concat(words, " ") .. " </dev/null >/dev/null")
  os.remove(folder .. "/root.cpio.gz")
  local rows, release = {}, nil
  local pipe <close> = assert(io.popen("gzip -dc " .. quote(folder .. "/rows.gz")))
  for line in pipe:lines() do
    if not release then
      release = line
    else
      local row = loads.of_peer(line)
      row.kernel = release
      rows[#rows + 1] = row
    end
  end
  if not release then error(("no rows came; %s/console tells why"):format(folder), 0) end
  for _, name in ipairs { "btf", "kallsyms" } do
    assert(os.rename(("%s/%s.gz"):format(folder, name), ("%s/%s.%s.gz"):format(folder, release, name)))
  end
  if config then must(("gzip -c %s >%s"):format(quote(config), quote(("%s/%s.config.gz"):format(folder, release)))) end
  os.remove(folder .. "/rows.gz")
  return rows
end

--- The image and the configuration in kernel packages, unpacked into `folder`.
---@param packages string[] .deb
---@param folder string
---@return string? image
---@return string? config
function guest.unpack(packages, folder)
  for _, package in ipairs(packages) do
    must(("dpkg-deb --fsys-tarfile %s | tar -x -C %s --wildcards --no-anchored '*vmlinuz*' '*/config*' 2>/dev/null;"
      .. " true"):format(quote(package), quote(folder)))
  end
  local function found(pattern)
    local path = capture(("find %s -name '%s' ! -path '*/kernel/*' -type f | head -1"):format(quote(folder), pattern))
    return path ~= "" and path or nil
  end
  return found "vmlinuz*", found "config*"
end

return guest
