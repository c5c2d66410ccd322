--- Kernels as they are packed: xz, zstd, lz4, bzip2, archives and packages, and images that boot; and what
--- would unpack to more than any kernel.

local btf = require "spec.support.btf"
local object = require "spec.support.object"
local run = require "spec.support.run"
local tmp = require "spec.support.tmp"

local KERNEL = run.top .. "/spec/fixtures/small.btf"
local q = run.quote

local function has(tool) return run.program({ "sh", "-c", "command -v " .. tool }).status == 0 end

-- Whether this btfl can use libarchive.
local archives = not run({ "types", tmp.write("probe", "\xfd7zXZ\0"), "x" }).err:find("libarchive, which", 1, true)

-- The tool is there, and what reads its files, or the test is pending.
local function needs(...)
  if not archives and ... ~= "gzip" then
    pending "needs libarchive"
    return false
  end
  for _, tool in ipairs { ... } do
    if not has(tool) then
      pending("needs " .. tool)
      return false
    end
  end
  return true
end

local function sh(command, ...)
  local out, err, status = tmp.run(command:format(...))
  assert.same({ "", 0 }, { err, status }, command)
  return out
end

-- What `types` prints of a file that holds small.btf, and its one line for one that does not.
local function types(path) return run { "types", path, "sched_entity" } end

local function read_whole(path)
  local r = types(path)
  assert.same({ "", 0 }, { r.err, r.status })
  assert.matches("u64 vruntime", r.out, 1, true)
end

local function refused(path, what)
  local r = run.program { "timeout", "60", run.btfl, "types", path, "sched_entity" }
  assert.equal(2, r.status, r.err)
  assert.matches("^btfl: [^\n]+\n$", r.err)
  assert.matches(what, r.err)
  assert.equal("", r.out)
end

local function le(n) return string.pack("<I4", n) end

-- The bytes of a file packed by a command.
local function packed(bytes, command)
  local path = tmp.write("whole", bytes)
  sh("%s < %s > %s.packed", command, q(path), q(path))
  return run.read(path .. ".packed")
end

local PACKERS = {
  { "gzip", "gzip -nc" }, { "xz", "xz --check=crc32 -c" }, { "zstd", "zstd -qc" }, { "lz4", "lz4 -lqc" },
  { "bzip2", "bzip2 -c" }, { "lzma", "xz --format=lzma -c", "xz" },
}

-- How images begin that do not say where the payload is. That of s390 is a program for its channels, and then
-- blanks of EBCDIC.
local ARM_ZIMAGE <const> = ("\0"):rep(0x24) .. "\x18\x28\x6f\x01"
local S390_BZIMAGE <const> = "\0\8\0\0\x80\0\x20\0" .. "\2\0\0\x20\x60\0\0\x50" .. "\2\0\0\x68\x60\0\0\x50"
  .. ("\x40"):rep(56)

-- An x86 image: boot sector, setup code, then the payload that its head names, and its unpacked size behind.
local function bzimage(payload, whole, gzip)
  local more = gzip and "" or le(#whole)
  local head = "MZ" .. ("\0"):rep(0x1ef) .. "\4" .. ("\0"):rep(0x10) .. "HdrS" .. string.pack("<I2", 0x20f)
  head = head .. ("\0"):rep(0x248 - #head) .. le(0x64) .. le(#payload + #more)
  return head .. ("\0"):rep(5 * 512 + 0x64 - #head) .. payload .. more .. ("code"):rep(64)
end

describe("a packed kernel", function()
  local vmlinux -- an ELF file with the BTF

  setup(function()
    local file = tmp.write("with.btf", run.read(KERNEL))
    sh("cp %s %s", q(file), q(tmp.path "small.btf"))
    vmlinux = object.new(btf.new(), { machine = 62, btf_bytes = run.read(KERNEL) }):bytes()
  end)
  teardown(tmp.clean)

  describe("by itself:", function()
    for _, row in ipairs { { "xz", "xz" }, { "zst", "zstd" }, { "bz2", "bzip2" }, { "lz4", "lz4" } } do
      it("." .. row[1], function()
        if not needs(row[2]) then return end
        local path = tmp.path("6.1.0." .. row[1])
        sh("%s -qc < %s > %s", row[2], q(KERNEL), q(path))
        read_whole(path)
        tmp.write("cut." .. row[1], run.read(path):sub(1, -9))
        refused(tmp.path("cut." .. row[1]), "cut." .. row[1] .. ": ")
      end)
    end

    it("an object is read as well", function()
      if not needs "xz" then return end
      sh("xz -c %s > %s", q(run.top .. "/spec/fixtures/example.bpf.o"), q(tmp.path "o.xz"))
      local function row(path)
        return (run({ "doctor", "--format", "tsv", path }).out:gsub(path:gsub("%p", "%%%0"), "X"))
      end
      assert.equal(row "spec/fixtures/example.bpf.o", row(tmp.path "o.xz"))
    end)
  end)

  describe("in an archive", function()
    it("is the one kernel of it, or is named", function()
      if not needs("tar", "xz") then return end
      local dir = tmp.mkdir "in a tar"
      for _, name in ipairs { "6.1.0 with spaces.btf", "6.2.0-größer.btf", "notes.txt" } do
        sh("cp %s %s", q(KERNEL), q(dir .. "/" .. name))
      end
      run.write(dir .. "/notes.txt", "nothing\n")
      local one, two = tmp.path "one.btf.tar.xz", tmp.path "two.tar.gz"
      sh("tar cJf %s -C %s './6.1.0 with spaces.btf' notes.txt", q(one), q(dir))
      sh("tar czf %s -C %s .", q(two), q(dir))
      read_whole(one)
      refused(two, "two.tar.gz: has more than one kernel, such as 6%.[12]%.0[^:]*: name it as FILE!MEMBER")
      read_whole(two .. "!6.2.0-größer.btf")
      read_whole(two .. "!6.1.0 with spaces.btf")
      refused(two .. "!absent", "two.tar.gz: has no file `absent`")
      refused(two .. "!notes.txt", "notes.txt: not BTF but text")
      sh("tar cf %s -C %s notes.txt", q(tmp.path "none.tar"), q(dir))
      refused(tmp.path "none.tar", "none.tar: has no kernel in it")
    end)

    it("has any name", function()
      if not needs "tar" then return end
      for _, name in ipairs { "../../up.btf", "/abs/olute.btf", "a/../b.btf" } do
        local path = tmp.path "names.tar"
        sh("tar cPf %s --transform 's|.*|%s|' -C %s small.btf", q(path), name, q(tmp.path "."))
        read_whole(path)
        assert.is_nil(io.open(tmp.path "../../up.btf"))
      end
    end)

    it("of archives is not looked for", function()
      if not needs "tar" then return end
      local dir = q(tmp.path ".")
      sh("cd %s && tar cf t1.tar small.btf && tar cf t2.tar t1.tar && tar cf t3.tar t2.tar", dir)
      refused(tmp.path "t3.tar", "t3.tar: has no kernel in it")
      refused(tmp.path "t3.tar" .. "!t2.tar", "t3.tar!t2.tar: not BTF but a tar archive")
    end)

    it("that is cut off is one line", function()
      if not needs("tar", "xz") then return end
      local whole = run.read(sh("cd %s && tar cf w.tar small.btf && echo w.tar", q(tmp.path ".")) and tmp.path "w.tar")
      refused(tmp.write("cut.tar", whole:sub(1, 700)), "cut.tar!?[^:]*: cannot be unpacked: [Tt]runcated")
      local xz = packed(whole, "xz -c")
      refused(tmp.write("cut.tar.xz", xz:sub(1, #xz // 2)), "cut.tar.xz[^:]*: cannot be unpacked: ")
      refused(tmp.write("bad.tar.xz", xz:sub(1, 100) .. ("\0"):rep(20) .. xz:sub(121)), "bad.tar.xz[^:]*: ")
    end)

    it("is in a Debian package", function()
      if not needs("dpkg-deb", "xz") then return end
      local image = tmp.mkdir "deb/boot"
      run.write(image .. "/vmlinuz-6.1.0-9-cloud-amd64", bzimage(packed(vmlinux, "xz -c"), vmlinux))
      tmp.mkdir "deb/DEBIAN"
      tmp.write("deb/DEBIAN/control", "Package: linux-image\nVersion: 1\nArchitecture: amd64\nMaintainer: x <x@y>\n"
        .. "Description: x\n")
      for _, method in ipairs { "xz", "gzip", "none" } do
        sh("dpkg-deb -Z%s --root-owner-group -b %s %s >/dev/null", method, q(tmp.path "deb"), q(tmp.path "k.deb"))
        read_whole(tmp.path "k.deb")
        read_whole(tmp.path "k.deb" .. "!boot/vmlinuz-6.1.0-9-cloud-amd64")
      end
    end)

    -- As linux-image-unsigned-…-dbgsym has it: the kernel for debuggers, its modules and links to both.
    describe("is in Ubuntu's debug package, .ddeb,", function()
      local release = "5.15.0-91-generic"
      local kernel = "usr/lib/debug/boot/vmlinux-" .. release
      local modules = "usr/lib/debug/lib/modules/" .. release

      local function write_package(pack, suffix)
        local dir = tmp.mkdir "ddeb"
        tmp.mkdir "ddeb/usr/lib/debug/boot"
        tmp.mkdir("ddeb/" .. modules .. "/kernel/net")
        run.write(dir .. "/" .. kernel,
          object.new(btf.new(), { machine = 62, type = 2, btf_bytes = run.read(KERNEL) }):bytes())
        run.write(dir .. "/" .. modules .. "/kernel/net/foo.ko",
          object.new(btf.new(), { machine = 62, btf_bytes = run.read(KERNEL) }):bytes())
        sh("cd %s && ln -sf ../../../boot/vmlinux-%s %s/vmlinux", q(dir), release, modules)
        run.write(dir .. "/debian-binary", "2.0\n")
        run.write(dir .. "/control", ("Package: linux-image-unsigned-%s-dbgsym\n"):format(release))
        sh("cd %s && rm -f *.tar* *.ddeb && tar cf control.tar ./control && tar cf data.tar ./usr", q(dir))
        if pack then sh("cd %s && %s control.tar data.tar", q(dir), pack) end
        local path = dir .. "/linux-image-unsigned-5.15.0-91-generic-dbgsym_5.15.0-91.101_amd64.ddeb"
        sh("cd %s && ar rc %s debian-binary control.tar%s data.tar%s", q(dir), q(path), suffix, suffix)
        return path
      end

      local packs = { { ".zst", "zstd -q --rm", "zstd" }, { ".xz", "xz", "xz" }, { ".gz", "gzip", "gzip" }, { "" } }
      for _, row in ipairs(packs) do
        it("with data.tar" .. row[1], function()
          if not needs("ar", "tar", row[3]) then return end
          local path = write_package(row[2], row[1])
          read_whole(path)
          read_whole(path .. "!" .. kernel)
          local r = run { "targets", path, "--format", "tsv" }
          assert.same({ "", 0 }, { r.err, r.status })
          assert.matches("\n" .. release .. "\t5.15.0\t", r.out, 1, true)
          assert.matches("\tgeneric\t", r.out, 1, true)
          assert.equal(path .. "!" .. kernel, r.out:match "\t([^\t]*)\n$")
        end)
      end
    end)

    it("is in an RPM", function()
      if not needs("rpmbuild", "cpio") then return end
      tmp.write("vmlinuz", bzimage(packed(vmlinux, "gzip -nc"), vmlinux, true))
      tmp.write("k.spec", ([[
Name: kernel-core
Version: 6.1.0
Release: 1.fc39
Summary: x
License: x
BuildArch: noarch
%%define _build_id_links none
%%global __os_install_post %%{nil}
%%description
x
%%install
mkdir -p %%{buildroot}/lib/modules/6.1.0-1.fc39.x86_64
cp %s %%{buildroot}/lib/modules/6.1.0-1.fc39.x86_64/vmlinuz
%%files
/lib/modules/6.1.0-1.fc39.x86_64/vmlinuz
]]):format(tmp.path "vmlinuz"))
      tmp.run(("rpmbuild --quiet --define '_topdir %s' -bb %s"):format(tmp.path "rpm", q(tmp.path "k.spec")))
      local rpm = tmp.run(("find %s -name '*.rpm'"):format(q(tmp.path "rpm"))):match "[^\n]+"
      assert.is_string(rpm)
      read_whole(rpm)
    end)
  end)

  describe("in an image", function()
    for _, row in ipairs(PACKERS) do
      it("for x86, with " .. row[1], function()
        if not needs(row[3] or row[1]) then return end
        local gzip = row[1] == "gzip"
        local bytes = packed(vmlinux, row[2])
        read_whole(tmp.write("vmlinuz", bzimage(bytes, vmlinux, gzip)))
        -- Where the head says nothing, the payload is searched for.
        if row[1] ~= "lzma" and row[1] ~= "bzip2" then
          for _, head in ipairs { ARM_ZIMAGE, S390_BZIMAGE } do
            read_whole(tmp.write("zImage", head .. ("\0"):rep(99) .. bytes .. (gzip and "" or le(#vmlinux)) .. "more"))
          end
        end
      end)
    end

    it("for arm64 and riscv, plain and as EFI zboot", function()
      local flat = ("\0"):rep(0x38) .. "ARMd" .. ("\x9f\xeb\1\0"):rep(9) .. run.read(KERNEL) .. ("\0"):rep(77)
      read_whole(tmp.write("Image", flat))
      read_whole(tmp.write("Image2", (flat:gsub("ARMd", "RSC\5"))))
      -- What only begins as BTF does: no types, strings within the types, no strings, an end outside, no first string.
      for _, parts in ipairs { { 0, 0, 16, 1 }, { 0, 16, 8, 1 }, { 0, 16, 16, 0 }, { 4, 16, 16, 1 },
        { 0, 16, 16, 1 << 31 }, { 0, 16, 16, 1 }, { 0, 16, 16, 1, 28 }, { 0, 16, 16, 1, 32 } } do
        local header = string.pack("<I2I1I1I4I4I4I4I4", 0xeb9f, 1, 0, parts[5] or 24, table.unpack(parts, 1, 4))
        read_whole(tmp.write("Image3", "\1" .. flat:sub(2, 0x40) .. header .. ("\1"):rep(40) .. flat:sub(0x41)))
      end
      for _, packer in ipairs { "gzip -nc", archives and has "zstd" and "zstd -qc" or "gzip -9nc" } do
        local bytes = packed(flat, packer)
        read_whole(tmp.write("vmlinuz.efi", "MZ\0\0zimg" .. le(64) .. le(#bytes) .. ("\0"):rep(48) .. bytes .. "rest"))
      end
    end)

    it("that is damaged is one line", function()
      local bytes = packed(vmlinux, "gzip -nc")
      local whole = bzimage(bytes, vmlinux, true)
      refused(tmp.write("cut1", whole:sub(1, 3000)), "a kernel image without BTF")
      refused(tmp.write("cut2", whole:sub(1, 0x24a)), "a kernel image without BTF")
      refused(tmp.write("bad", whole:sub(1, 2800) .. ("\xff"):rep(400) .. whole:sub(3201)),
        "bad: ")
      refused(tmp.write("lzo", bzimage("\x89LZO\0\r\n\x1a\n" .. bytes, vmlinux)), "packed with lzo")
      refused(tmp.write("no-btf", bzimage(packed(("\1\2\3"):rep(999), "gzip -nc"), "", true)), "without BTF")
      for _, cut in ipairs { "", "\0", "\0\x58\0", "\x20\1\0\0" } do
        refused(tmp.write("short", bzimage("\x28\xb5\x2f\xfd" .. cut, "", true):sub(1, -257)), "short: ")
      end
      refused(tmp.write("zimg", "MZ\0\0zimg\0\0\0"), "without BTF")
      refused(tmp.write("junk", bzimage(("junk"):rep(40), "", true)), "without BTF")
      -- Blocks of lz4: none, of more than there may be, of more than there is.
      for _, size in ipairs { 0, 0x7fffffff, 1000 } do
        local packed_so = "\2\x21\x4c\x18" .. le(size) .. ("x"):rep(20)
        refused(tmp.write("lz4", bzimage(packed_so, "", true)), "with lz4 has no end")
      end
      if archives and has "zstd" then
        -- A block of zstd that is five times one byte, in a frame that says how long it is.
        local block = string.pack("<I3", 5 << 3 | 1 << 1 | 1) .. "A"
        refused(tmp.write("rle", bzimage("\x28\xb5\x2f\xfd\x20\5" .. block, "", true)), "without BTF")
      end
      for _, packer in ipairs { "xz", "zstd" } do
        if has(packer) then
          local endless = packed(vmlinux, packer .. " -qc"):sub(1, -9)
          refused(tmp.write("endless", bzimage(endless, "")), "packed here with " .. packer .. " has no end")
        end
      end
    end)

    it("is searched for behind what is packed and no kernel, and where a head is too old to name it", function()
      local text, bytes = packed(("text "):rep(99), "gzip -nc"), packed(vmlinux, "gzip -nc")
      local zimage = ARM_ZIMAGE .. ("\0"):rep(99)
      read_whole(tmp.write("zImage", zimage .. text .. "\x89LZO\0\r\n\x1a\n" .. ("\0"):rep(9) .. bytes .. "more"))
      local old = bzimage(bytes, vmlinux, true):gsub("HdrS..", "HdrS" .. string.pack("<I2", 0x207), 1)
      read_whole(tmp.write("old", old))
      -- No sectors of setup are four, and one of a payload that lies outside is searched for.
      read_whole(tmp.write("none", (bzimage(bytes, vmlinux, true):gsub("\4", "\0", 1))))
      read_whole(tmp.write("far", (bzimage(bytes, vmlinux, true):gsub(le(0x64), le(0x7fffffff), 1))))
    end)
  end)

  describe("that would not end", function()
    local function bomb(command, suffix)
      local path = tmp.path("bomb" .. suffix)
      sh("(echo x; head -c 300M /dev/zero) | %s > %s", command, q(path))
      return path
    end

    local function with_little_memory(path, what)
      local r = run.program { "sh", "-c", "ulimit -v 1200000; exec timeout 60 \"$@\"", "x", run.btfl, "types", path,
        "x" }
      assert.same({ "", 2 }, { r.out, r.status }, r.err)
      assert.matches("^btfl: [^\n]+\n$", r.err)
      assert.matches(what, r.err)
    end

    it("is refused: a packed file", function()
      if os.getenv "ASAN_OPTIONS" then return pending "ASan takes more memory" end
      with_little_memory(bomb("gzip -1", ".btf.gz"), "unpacks to more than 200 times its %d+ bytes")
      if archives and has "zstd" then
        with_little_memory(bomb("zstd -q", ".btf.zst"), "unpacks to more than 200 times")
      end
    end)

    it("is refused: an image of nothing but marks", function()
      refused(tmp.write("vmlinuz-marks", "MZ" .. ("\xfd7zXZ\0"):rep(800000)), "a kernel image without BTF")
    end)

    it("is refused: a file of an archive, or holes in one", function()
      if os.getenv "ASAN_OPTIONS" then return pending "ASan takes more memory" end
      if not needs("tar", "truncate") then return end
      local dir = tmp.mkdir "holes"
      sh("cd %s && printf '\\237\\353' > 6.1.0.btf && printf x > data && truncate -s 10G 6.1.0.btf data", q(dir))
      for _, name in ipairs { "6.1.0.btf", "data" } do
        sh("printf x >> %s/%s", q(dir), name)
        sh("tar cSf %s -C %s %s", q(tmp.path "holes.tar"), q(dir), name)
        with_little_memory(tmp.path "holes.tar", "holes.tar![^:]+: unpacks to more than 200 times")
      end
      os.remove(dir .. "/data")
      os.remove(dir .. "/6.1.0.btf")
    end)
  end)

  it("is refused by a line that names libarchive where that cannot be used", function()
    if not has "xz" then return pending "needs xz" end
    sh("xz -c %s > %s", q(KERNEL), q(tmp.path "k.btf.xz"))
    local fake = tmp.mkdir "fake"
    tmp.write("fake/libarchive.so.13", "no library")
    local r = run({ "types", tmp.path "k.btf.xz", "x" }, { env = { LD_LIBRARY_PATH = fake } })
    assert.equal(2, r.status)
    assert.matches("^btfl: [^\n]*k.btf.xz: is read with libarchive, which [^\n]*\n$", r.err)
    tmp.write("zImage", ("\0"):rep(0x24) .. "\x18\x28\x6f\x01" .. packed(vmlinux, "xz --check=crc32 -c")
      .. le(#vmlinux))
    r = run({ "types", tmp.path "zImage", "x" }, { env = { LD_LIBRARY_PATH = fake } })
    assert.equal(2, r.status)
    assert.matches("^btfl: [^\n]*zImage: is read with libarchive, which [^\n]*\n$", r.err)
    r = run({ "types", KERNEL, "sched_entity" }, { env = { LD_LIBRARY_PATH = fake } })
    assert.same({ "", 0 }, { r.err, r.status })
  end)
end)
