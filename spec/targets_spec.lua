--- Kernels as users have them: what -t names, what is known of each, and what lies beside it.

local btf = require "spec.support.btf"
local object = require "spec.support.object"
local run = require "spec.support.run"
local tmp = require "spec.support.tmp"

local OBJECT, KERNEL = run.top .. "/spec/fixtures/example.bpf.o", run.top .. "/spec/fixtures/small.btf"
local corpus = os.getenv("BTFL_CORPUS") or "../shared/corpus"
local q = run.quote

local CONFIG = "#\n# Automatically generated file; DO NOT EDIT.\n# Linux/x86 %s Kernel Configuration\n#\n"
  .. 'CONFIG_CC_VERSION_TEXT="gcc-12 (%s 12.2.0-14) 12.2.0"\nCONFIG_BPF=y\n'
local SYMBOLS = "ffffffff81000000 T _text\nffffffff81000010 T vfs_read\n"

local n = 0

-- A new folder with these files; a value of true is a kernel.
local function folder(files)
  n = n + 1
  local dir = tmp.mkdir(("f%d"):format(n))
  for name, bytes in pairs(files) do
    local inner = name:match "^(.*)/"
    if inner then tmp.mkdir(("f%d/%s"):format(n, inner)) end
    tmp.write(("f%d/%s"):format(n, name), bytes == true and run.read(KERNEL) or bytes)
  end
  return dir
end

-- The rows of `btfl targets`, each by its columns; paths are relative to the folder.
local function targets(dir, ...)
  local r = run { "targets", "--format", "json", ... }
  local rows = require "dkjson".decode(r.out).rows
  for _, row in ipairs(rows) do
    for name, value in pairs(row) do
      if type(value) == "string" then row[name] = value:gsub("^" .. dir:gsub("%p", "%%%0") .. "/", "") end
    end
  end
  return rows, r
end

local function column(rows, name)
  local out = {}
  for i, row in ipairs(rows) do out[i] = row[name] or "-" end
  return out
end

-- A BTF whose pt_regs has these members.
local function with_registers(...)
  local b = btf.new()
  local long = b:int("long unsigned int", 8)
  local members = {}
  for i, name in ipairs { ... } do members[i] = { name, long, (i - 1) * 64 } end
  b:struct("pt_regs", 8 * #members, members)
  return b:bytes()
end

describe("-t", function()
  teardown(tmp.clean)

  it("takes files, folders, patterns and lists, in order", function()
    local dir = folder { ["6.1.0.btf"] = true, ["6.2.0.btf"] = true, ["deep/er/6.3.0.btf"] = true,
      ["deep/readme.txt"] = "x\n", ["with space/6.4.0-größer.btf"] = true,
      ["list.txt"] = "# supported\n\n  6.2.0.btf  \nwith space\n*/er/*.btf\n" }
    local rows, r = targets(dir, "-t", dir .. "/6.2.0.btf", "-t", dir)
    assert.same({ "", 0 }, { r.err, r.status })
    assert.same({ "6.2.0", "6.1.0", "6.2.0", "6.3.0", "6.4.0-größer" }, column(rows, "name"))
    assert.same({ "6.1.0", "6.2.0" }, column(targets(dir, "-t", dir .. "/6.*.btf"), "name"))
    rows, r = targets(dir, "-t", "@" .. dir .. "/list.txt")
    assert.same({ "", 0 }, { r.err, r.status })
    assert.same({ "6.2.0.btf", "with space/6.4.0-größer.btf", "deep/er/6.3.0.btf" }, column(rows, "path"))
  end)

  it("tells in a line what it cannot use, and goes on", function()
    local dir = folder { ["6.1.0.btf"] = true, ["6.2.0.btf"] = "\x9f\xeb\1\0broken", ["6.3.0.btf"] = "",
      ["empty/x.txt"] = "x", ["list"] = "absent.btf\n6.1.0.btf\nno*such\n" }
    local rows, r = targets(dir, "-t", dir .. "/no*", "-t", dir, "-t", dir .. "/empty", "-t", "@" .. dir .. "/list",
      "-t", "@" .. dir .. "/absent")
    assert.equal(2, r.status)
    assert.same({ "6.1.0", "6.1.0" }, column(rows, "name"))
    for _, line in ipairs { "no*: no file matches", "6.2.0.btf: +0: 10 bytes are too few for a BTF header",
      "6.3.0.btf: not BTF but empty", "empty: no kernel in this folder", "absent.btf: No such file or directory",
      "no*such: no file matches", "absent: No such file or directory" } do
      assert.matches(line, r.err, 1, true)
    end
    assert.equal(7, select(2, r.err:gsub("\n", "")), r.err)
    local relos = run { "relos", OBJECT, "-t", dir, "--format", "tsv" }
    assert.equal(2, relos.status)
    assert.matches("\n6.1.0\t[^\n]*\tok\t", relos.out)
  end)

  it("goes into no folder twice, and opens no pipe", function()
    local dir = folder { ["a/6.1.0.btf"] = true }
    tmp.run(("cd %s && ln -s .. a/loop && ln -s a b && ln -s 6.1.0.btf a/again.btf && ln -s none a/gone.btf && "
      .. "mkfifo a/pipe a/pipe.btf"):format(q(dir)))
    local r = run.program { "timeout", "20", run.btfl, "targets", "-t", dir, "--format", "tsv" }
    assert.same({ "", 0 }, { r.err, r.status })
    assert.equal(2, select(2, r.out:gsub("\n", "")), r.out)
  end)

  it("opens one after the other", function()
    local dir = folder {}
    local big = btf.new()
    for i = 1, 40000 do big:struct(("type_%d"):format(i), 0, {}) end
    local path = tmp.write("big.btf", big:bytes())
    for i = 1, 120 do tmp.run(("ln %s %s/6.1.%d.btf"):format(q(path), q(dir), i)) end
    -- Bytes of memory at the end, after each was closed.
    local code = [[local n = 0
      for target in btfl.targets(%q) do n = n + 1 target:close() end
      local status <close> = io.open "/proc/self/status"
      print(n, tonumber(status:read "a":match "VmHWM:%%s+(%%d+)") < 60000)]]
    local r = run { "-e", code:format(dir) }
    assert.same({ "", "120\t" .. tostring(not os.getenv "ASAN_OPTIONS") .. "\n" }, { r.err, r.out })
    r = run { "targets", "-t", dir, "--format", "tsv" }
    assert.equal(121, select(2, r.out:gsub("\n", "")))
  end)

  it("is what the shell makes of a pattern, too", function()
    local dir = folder { ["6.1.0.btf"] = true, ["6.2.0.btf"] = true, ["6.3.0.btf"] = true }
    local whole = run { "relos", OBJECT, "-t", dir, "--format", "tsv" }
    for _, words in ipairs { "%s -t %s/*.btf", "-t %2$s/*.btf %1$s", "-t %2$s/6.1.0.btf %2$s/6.2* %1$s %2$s/6.3*" } do
      words = words:gsub("%%2%$s", "%%s"):gsub("%%1%$s", q(OBJECT))
      words = words:find "^%%s %-t" and words:format(q(OBJECT), dir) or words:gsub("%%s", (dir:gsub("%%", "%%%%")))
      local out, err, status = tmp.run(("%s relos --format tsv %s"):format(q(run.btfl), words))
      assert.same({ whole.out, "", 0 }, { out, err, status })
    end
  end)

  it("gives the same on several threads", function()
    local dir = folder { ["6.1.0.btf"] = true, ["6.1.0.config"] = CONFIG:format("6.1.9", "Debian"),
      ["6.2.0.btf"] = true, ["6.3.0.btf"] = "x" }
    local words = { "verdicts", OBJECT, "-t", dir, "-t", dir .. "/6.2*", "--format", "tsv" }
    local alone = run(words)
    table.move({ "-j", "3" }, 1, 2, #words + 1, words)
    assert.same(alone, run(words))
  end)
end)

describe("a kernel", function()
  teardown(tmp.clean)

  it("is named by its file, its folder or the tree that it stands in", function()
    local dir = folder { ["vmlinux-6.1.0-9-cloud-amd64"] = true, ["6.2.0-1.fc39.x86_64/vmlinux"] = true,
      ["ubuntu/20.04/arm64/5.4.0-1009-aws.btf"] = true, ["ubuntu/20.04/x86_64/5.4.0-1009-aws.btf"] = true,
      ["x/20.04/x86_64/5.5.0.btf"] = true, ["5.14.0-70.el9.s390x.btf.gz"] = true }
    local rows = targets(dir, "-t", dir)
    local got = {}
    for i, row in ipairs(rows) do
      got[i] = ("%s %s %s %s %s %s"):format(row.name, row.release, row.version, row.arch, row.distro, row.flavour)
    end
    assert.same({
      "5.14.0-70.el9.s390x 5.14.0 5.14.0 s390 rhel nil",
      "6.1.0-9-cloud-amd64 6.1.0 nil x86 nil cloud",
      "6.2.0-1.fc39.x86_64 6.2.0 6.2.0 x86 fedora nil",
      "ubuntu/20.04/arm64/5.4.0-1009-aws 5.4.0-1009-aws nil arm64 ubuntu 20.04 aws",
      "ubuntu/20.04/x86_64/5.4.0-1009-aws 5.4.0-1009-aws nil x86 ubuntu 20.04 aws",
      "5.5.0 5.5.0 5.5.0 nil nil nil",
    }, got)
  end)

  it("is for the architecture of its registers, whatever its path says", function()
    local dir = folder { ["x86_64.btf"] = with_registers("orig_x0", "pstate"), ["b.btf"] = with_registers("di", "si"),
      ["c-arm64.btf"] = with_registers("x"), ["d.btf"] = with_registers("psw", "gprs"),
      ["e.btf"] = with_registers("di", "pstate"), ["f.btf"] = with_registers("uregs") }
    assert.same({ "x86", "arm64", "s390", "-", "arm", "arm64" }, column(targets(dir, "-t", dir), "arch"))
  end)

  it("says what it is, in vmlinux and in an image of any name", function()
    local formats = "Linux version %s (%s)\0Linux version 5.%d\0"
    local function image(banner)
      return ("\0"):rep(0x38) .. "ARMd" .. formats .. banner .. "\n\0" .. run.read(KERNEL) .. ("\0"):rep(9)
    end
    local function vmlinux(banner)
      local o = object.new(btf.new(), { machine = 62, type = 2, btf_bytes = run.read(KERNEL) })
      o:section(".rodata", formats .. banner .. "\0")
      return o:bytes()
    end
    local debian = "Linux version 6.1.0-56-cloud-amd64 (debian-kernel@lists.debian.org) (gcc-12 (Debian 12.2.0-14) "
      .. "12.2.0, GNU ld (GNU Binutils for Debian) 2.40) #1 SMP PREEMPT_DYNAMIC Debian 6.1.192-2 (2026-11-16)"
    local ubuntu = "Linux version 6.8.0-31-generic (buildd@lcy02) (gcc-13 (Ubuntu 13.2.0-23ubuntu4) 13.2.0, GNU ld "
      .. "2.42) #31-Ubuntu SMP PREEMPT_DYNAMIC Sat Apr 20 00:40:06 UTC 2024 (Ubuntu 6.8.0-31.31-generic 6.8.1)"
    local fedora = "Linux version 6.12.7-200.fc41.aarch64 (mockbuild@x) (gcc (GCC) 14.2.1 (Red Hat 14.2.1-3)) #1 SMP"
    local own, hidden = "Linux version 6.9.3 (me@here) (clang) #2", "Linux version 5.10.0-9-x (me) (gcc) #1 SMP"
    local dir = folder { ["a/vmlinuz"] = image(debian), ["b/vmlinux"] = vmlinux(ubuntu), ["c/Image"] = image(fedora),
      ["d/bzImage"] = image(own), ["e/vmlinux-5.10.0-9-x"] = vmlinux(hidden),
      ["f/vmlinuz-6.1.0-9-x"] = image(debian), ["f/config-6.1.0-9-x"] = CONFIG:format("6.1.8", "SUSE"),
      ["g/vmlinuz"] = image("Linux version 6.9.3 cut off " .. ("x"):rep(2000)) }
    local rows = targets(dir, "-t", dir)
    local got = {}
    for i, row in ipairs(rows) do got[i] = ("%s %s %s"):format(row.release, row.version, row.distro) end
    assert.same({ "6.1.0-56-cloud-amd64 6.1.192 debian", "6.8.0-31-generic 6.8.1 ubuntu",
      "6.12.7-200.fc41.aarch64 6.12.7 fedora", "6.9.3 6.9.3 nil", "5.10.0-9-x nil nil",
      "6.1.0-56-cloud-amd64 6.1.8 suse", "nil nil nil" }, got)
    -- What is given comes before it.
    rows = targets(dir, "-t", dir .. "/a", "--release", "6.2.4")
    assert.same({ "6.2.4", "6.2.4" }, { rows[1].release, rows[1].version })
    rows = targets(dir, "-t", dir .. "/b", "--version", "6.8.9")
    assert.same({ "6.8.0-31-generic", "6.8.9" }, { rows[1].release, rows[1].version })
  end)

  it("has the configuration and symbols of its name", function()
    local dir = folder { ["vmlinux-6.1.0-9-amd64"] = true,
      ["config-6.1.0-9-amd64"] = CONFIG:format("6.1.76", "Debian"), ["System.map-6.1.0-9-amd64"] = SYMBOLS,
      ["6.2.0.btf"] = true, ["6.2.0.config"] = CONFIG:format("6.2.0", "Ubuntu"),
      ["6.2.0.kallsyms"] = SYMBOLS, ["6.2.0.System.map"] = SYMBOLS, ["6.3.0.btf"] = true, ["config"] = CONFIG,
      ["kallsyms"] = SYMBOLS, ["6.4.0.btf"] = true, ["6.4.0.config"] = CONFIG:format("5.9.1", "Debian") }
    local rows = targets(dir, "-t", dir)
    assert.same({ "6.2.0.config", "-", "-", "config-6.1.0-9-amd64" }, column(rows, "kconfig"))
    assert.same({ "6.2.0.kallsyms", "-", "-", "System.map-6.1.0-9-amd64" }, column(rows, "kallsyms"))
    assert.same({ "6.2.0", "6.3.0", "6.4.0", "6.1.76" }, column(rows, "version"))
    assert.same({ "ubuntu", "-", "-", "debian" }, column(rows, "distro"))
    -- Of a file that is given, too, and from Lua.
    assert.same(rows[1], targets(dir, "-t", dir .. "/6.2.0.btf")[1])
    assert.equal(dir .. "/6.2.0.config\n", run({ "-e", ("btfl.target(%q).kconfig"):format(dir .. "/6.2.0.btf") }).out)
    local code = "btfl.target(%q, { kconfig = false }).kconfig"
    assert.equal("nil\n", run({ "-e", code:format(dir .. "/6.2.0.btf") }).out)
  end)

  it("has those without a name where it is the only one", function()
    for _, name in ipairs { "6.1.0.btf", "vmlinux" } do
      local dir = folder { [name] = true, ["config"] = CONFIG:format("6.1.9", "SUSE"), ["System.map"] = SYMBOLS }
      local rows = targets(dir, "-t", dir .. "/" .. name)
      assert.same({ { "config" }, { "System.map" } }, { column(rows, "kconfig"), column(rows, "kallsyms") })
      run.write(dir .. "/6.1.1.btf", run.read(KERNEL))
      rows = targets(dir, "-t", dir .. "/" .. name)
      assert.same(name == "vmlinux" and { "config" } or { "-" }, column(rows, "kconfig"))
    end
  end)

  it("has none that is broken, which is a line, and not Debian's System.map", function()
    local dir = folder { ["6.1.0.btf"] = true,
      ["6.1.0.config"] = "#\n# Automatically generated file; DO NOT EDIT.\n?\n",
      ["System.map-6.1.0"] = "ffffffffffffffff B The real System.map is in the linux-image-6.1.0-dbg package\n" }
    local rows, r = targets(dir, "-t", dir)
    assert.same({ { "-" }, { "-" }, 2 }, { column(rows, "kconfig"), column(rows, "kallsyms"), r.status })
    assert.matches("^btfl targets: [^\n]*6.1.0.config: not a kernel's configuration[^\n]*\n$", r.err)
    r = run { "verdicts", OBJECT, "-t", KERNEL, "--kallsyms", dir .. "/System.map-6.1.0" }
    assert.equal(2, r.status)
    assert.matches("not a list of a kernel's symbols but a line that says that it is in another", r.err, 1, true)
  end)

  it("is told of by options of its name, or of every one", function()
    local dir = folder { ["a.btf"] = true, ["b.btf"] = true, ["c.btf"] = true,
      ["k"] = CONFIG:format("6.1.9", "Debian"), ["a=b"] = SYMBOLS }
    local rows, r = targets(dir, "-t", dir, "--release", "6.5.1", "--release", "b=5.4.3",
      "--kconfig", "a=" .. dir .. "/k", "--kallsyms", dir .. "/a=b", "--version", "c=Debian 5.10.223-1")
    assert.same({ "", 0 }, { r.err, r.status })
    assert.same({ "6.5.1", "5.4.3", "6.5.1" }, column(rows, "release"))
    assert.same({ "6.1.9", "5.4.3", "5.10.223" }, column(rows, "version"))
    assert.same({ "k", "-", "-" }, column(rows, "kconfig"))
    assert.same({ "a=b", "a=b", "a=b" }, column(rows, "kallsyms"))
    rows, r = targets(dir, "-t", dir .. "/a.btf", "--kconfig", "d=" .. dir .. "/k")
    assert.same({ 1, 0 }, { #rows, r.status })
    assert.matches("no%-target.*kernel d, and there is none", r.out)
    r = run { "verdicts", OBJECT, "-t", dir .. "/a.btf", "--release", "a=x" }
    assert.matches("`x` is no release such as 6.12.1", r.err, 1, true)
  end)

  it("in an archive has what lies beside it there", function()
    local probe = run({ "types", tmp.write("probe", "\xfd7zXZ\0"), "x" }).err
    if run.program({ "sh", "-c", "command -v xz" }).status ~= 0 or probe:find("libarchive, which", 1, true) then
      return pending "needs xz and libarchive"
    end
    local dir = folder { ["t/boot/vmlinux-6.1.0"] = true, ["t/boot/config-6.1.0"] = CONFIG:format("6.1.0", "Debian"),
      ["t/6.2.0.btf"] = true, ["t/config"] = CONFIG:format("6.2.0", "Ubuntu"), ["t/x.tar"] = ("x"):rep(257) .. "ustar" }
    tmp.run(("cd %s && tar cJf k.tar.xz -C t . && rm -r t"):format(q(dir)))
    local rows, r = targets(dir, "-t", dir .. "/k.tar.xz")
    assert.equal(2, r.status)
    assert.matches("k.tar.xz!x.tar: an archive in an archive is not looked into: unpack it\n", r.err, 1, true)
    table.sort(rows, function(a, b) return a.name < b.name end)
    assert.same({ "k.tar.xz!boot/vmlinux-6.1.0", "k.tar.xz!6.2.0.btf" }, column(rows, "path"))
    assert.same({ "k.tar.xz!boot/config-6.1.0", "k.tar.xz!config" }, column(rows, "kconfig"))
    assert.same({ "debian", "ubuntu" }, column(rows, "distro"))
    r = run { "verdicts", OBJECT, "-t", dir .. "/k.tar.xz!boot/vmlinux-6.1.0", "--format", "tsv" }
    assert.equal(1, r.status)
    assert.is_nil(r.err:find "^btfl verdicts: /")
  end)

  it("in an archive that has everything but a kernel is told", function()
    local dir = folder { ["boot/config-6.1.0"] = CONFIG:format("6.1.0", "Debian"),
      ["boot/vmlinuz-6.1.0"] = "no kernel\n", ["k/a.btf"] = true }
    tmp.run(("cd %s && tar cf k/none.tar -C . boot"):format(q(dir)))
    for _, word in ipairs { dir .. "/k/none.tar", dir .. "/k" } do
      local rows, r = targets(dir, "-t", word)
      assert.equal(2, r.status)
      assert.matches("^btfl targets: [^\n]*k/none.tar: has no kernel in it\n$", r.err)
      assert.equal(word:find "tar$" and 0 or 1, #rows)
    end
  end)
end)

describe("a list of kernel-crawler", function()
  teardown(tmp.clean)

  local function base64(text)
    return (tmp.run(("base64 -w0 %s"):format(q(tmp.write("to64", text)))))
  end

  it("names kernels that stand beside it, and has their configurations", function()
    local dir = folder { ["5.4.0-1009-aws.btf"] = true, ["sub/5.10.57.btf"] = true, ["6.0.0.btf"] = true,
      ["5.15.0-flatcar.btf"] = true }
    local list = {
      Ubuntu = { { kernelversion = "9", kernelrelease = "5.4.0-1009-aws", target = "ubuntu", headers = {} },
        { kernelrelease = "5.4.0-1010-aws", target = "ubuntu" } },
      minikube = { { kernelrelease = "5.10.57", target = "minikube", kernelconfigdata = base64 "CONFIG_BPF=y\n" } },
      Flatcar = { { kernelrelease = "5.15.0-flatcar", target = "flatcar",
        kernelconfigdata = base64(CONFIG:format("5.15.3", "Gentoo")) } } }
    run.write(dir .. "/list.json", require "dkjson".encode(list))
    for _, words in ipairs { { "@" .. dir .. "/list.json" }, { dir .. "/list.json" } } do
      local rows, r = targets(dir, "-t", words[1])
      assert.equal(2, r.status)
      assert.matches("list.json: 1 of its 4 kernels have no BTF beside the list, such as 5.4.0-1010-aws\n", r.err, 1,
        true)
      assert.matches("list.json!5.10.57.config: not a whole configuration but a defconfig", r.err, 1, true)
      assert.equal(2, select(2, r.err:gsub("\n", "")), r.err)
      assert.same({ "5.15.0-flatcar", "5.4.0-1009-aws", "5.10.57" }, column(rows, "name"))
      assert.same({ "flatcar", "ubuntu", "minikube" }, column(rows, "distro"))
      assert.same({ "list.json!5.15.0-flatcar.config", "-", "-" }, column(rows, "kconfig"))
      assert.same({ "5.15.3", "-", "5.10.57" }, column(rows, "version"))
    end
    local words = { "verdicts", OBJECT, "-t", "@" .. dir .. "/list.json", "--format", "tsv" }
    local alone = run(words)
    table.move({ "-j", "2" }, 1, 2, #words + 1, words)
    assert.same(alone, run(words))
  end)

  it("tells the same of a release of several distributions on each run", function()
    local dir, list = folder { ["6.1.0.btf"] = true }, {}
    for name in ("abcdefgh"):gmatch "." do list[name] = { { kernelrelease = "6.1.0", target = name } } end
    run.write(dir .. "/list.json", require "dkjson".encode(list))
    for _ = 1, 6 do assert.same({ "h" }, column(targets(dir, "-t", "@" .. dir .. "/list.json"), "distro")) end
  end)

  it("is none without such entries", function()
    local dir = folder { ["6.1.0.btf"] = true }
    for text, what in pairs { ["{"] = "not JSON", ["[]"] = "no `kernelrelease`", ["{\"a\":[1,{\"kernelrelease\":2}]}"] =
      "no `kernelrelease`", ["{\"a\":[{\"kernelrelease\":\"6.1.0\",\"kernelconfigdata\":\"?\"}]}"] = "not base64" } do
      run.write(dir .. "/list.json", text)
      local r = run { "targets", "-t", "@" .. dir .. "/list.json" }
      assert.equal(2, r.status)
      assert.matches("^btfl targets: [^\n]*list.json[^\n]*" .. what .. "[^\n]*\n$", r.err)
    end
  end)
end)

describe("btfl.targets", function()
  teardown(tmp.clean)

  it("goes over kernels, and says what it cannot use", function()
    local dir = folder { ["6.1.0.btf"] = true, ["6.2.0.btf"] = "\x9f\xeb", ["6.3.0.btf"] = true }
    local code = "for t, why in btfl.targets({ %q, 'no*ne' }) do "
      .. "print(t and t.name, why and tostring(why):match '[^/]*$') end"
    local r = run { "-e", code:format(dir) }
    assert.same({ "6.1.0\tnil\nfalse\t6.2.0.btf: 2 bytes are too few for a BTF header\n6.3.0\tnil\n"
      .. "false\tno*ne: no file matches\n", "" }, { (r.out:gsub("btf: %+0: ", "btf: ")), r.err })
    assert.matches("bad argument #1 to 'targets'", run({ "-e", "btfl.targets(1)" }).err, 1, true)
  end)

  it("knows the kernels of the corpus", function()
    if not io.open(corpus .. "/README.md") then return pending "needs the corpus" end
    local rows = targets(corpus, "-t", corpus .. "/kernels")
    local arch = {}
    for _, row in ipairs(rows) do arch[row.name:match "[^-]+$"] = row.arch end
    assert.same({ amd64 = "x86", arm64 = "arm64", armhf = "arm", ppc64el = "powerpc", riscv64 = "riscv",
      s390x = "s390" }, arch)
    assert.is_true(#rows >= 14)
  end)
end)
