--- Inputs that can be read only once, and files of other kinds: what each is, and what is taken instead.

local btf = require "spec.support.btf"
local object = require "spec.support.object"
local run = require "spec.support.run"
local tmp = require "spec.support.tmp"

local OBJECT, KERNEL = run.top .. "/spec/fixtures/example.bpf.o", run.top .. "/spec/fixtures/small.btf"

describe("an input", function()
  teardown(tmp.clean)

  local btfl = run.quote(run.btfl)

  describe("that can be read once:", function()
    -- Runs btfl with a FIFO that holds the file.
    local function through_fifo(file, words)
      local fifo = tmp.path "fifo"
      local out, err, status = tmp.run(("rm -f %s; mkfifo %s; cat %s >%s & timeout 20 %s %s")
        :format(fifo, fifo, run.quote(file), fifo, btfl, words:format(fifo)))
      assert.same({ "", 0 }, { err, status })
      return (out:gsub(fifo:gsub("%p", "%%%0"), file))
    end

    it("a FIFO, for every command", function()
      for _, case in ipairs { { KERNEL, "doctor --format tsv %s" }, { OBJECT, "doctor --format tsv %s" },
        { KERNEL, "types %s task_struct" }, { OBJECT, "relos --local %s" },
        { KERNEL, ("why task_struct.tgid --format tsv -t %s --from %s "):format(run.quote(KERNEL), run.quote(KERNEL))
          .. "%s" },
        { KERNEL, "dialects " .. run.quote(OBJECT) .. " -t %s --format tsv" } } do
        local file, words = case[1], case[2]
        local whole = tmp.run(btfl .. " " .. words:format(run.quote(file)))
        local piped = through_fifo(file, words)
        if not words:find "dialects" then assert.equal(whole, piped) end -- a kernel is named after its file
      end
    end)

    it("a kernel's configuration and symbols, for many objects", function()
      local objects = ("%s/spec/fixtures/guards.clang19.o "):format(run.quote(run.top)):rep(3)
      local words = ("verdicts %s-t %s --format tsv "):format(objects, run.quote(KERNEL))
      local config = tmp.write("config", "CONFIG_X86=y\nCONFIG_HZ=250\n")
      local symbols = tmp.write("symbols", "ffffffff81000000 T _text\n")
      local fifo, other = tmp.path "config.fifo", tmp.path "symbols.fifo"
      tmp.run(("mkfifo %s %s"):format(fifo, other))
      local function piped(first, second)
        return tmp.run(("cat %s >%s & cat %s >%s & timeout 20 %s %s --kconfig %s --kallsyms %s"):format(first, fifo,
          second, other, btfl, words, fifo, other))
      end
      local whole = tmp.run(("%s %s --kconfig %s --kallsyms %s"):format(btfl, words, config, symbols))
      local out, _, status = piped(config, symbols)
      assert.same({ whole, 1 }, { out, status })
      assert.matches("\trejected\t", out, 1, true)
      local err
      _, err, status = piped(config, config)
      assert.same({ ("btfl verdicts: %s: not a list of a kernel's symbols but a kernel's configuration; taken are "
        .. "System.map and /proc/kallsyms, and gzip of either\n"):format(other), 2 }, { err, status })
    end)

    it("a pipe", function()
      local out, err, status = tmp.run(("cat %s | %s doctor --format tsv /dev/stdin"):format(run.quote(OBJECT), btfl))
      assert.same({ "", 0 }, { err, status })
      assert.matches("\n/dev/stdin\tobject\tlittle\t8\t%d+\t2\t18\n$", out)
      out = tmp.run(("gzip -c %s | %s doctor --format tsv /dev/stdin"):format(run.quote(OBJECT), btfl))
      assert.matches("\n/dev/stdin\tobject\t", out)
    end)
  end)

  it("of unknown kind is opened by what is in it", function()
    local r = run { "-e", ([[
      local o, kind = btfl.open %q
      print(o, kind)
      local b, kind2 = btfl.open %q
      print(b, kind2, b.base)
      print(pcall(btfl.open, "/nonexistent"))]]):format(OBJECT, KERNEL) }
    assert.equal(("object '%s'\tobject\nbtf '%s'\tbtf\tnil\nfalse\t/nonexistent: No such file or directory\n")
      :format(OBJECT, KERNEL), r.out)
  end)

  -- The first bytes of each, padded to more than any header.
  local function padded(bytes, at, more)
    bytes = bytes .. ("\0"):rep((at or #bytes) - #bytes) .. (more or "")
    return bytes .. ("\0"):rep(2048 - #bytes)
  end
  local KINDS = {
    { "lib.a", "an archive of objects (.a)", padded "!<arch>\n/               0" },
    { "k.zip", "a zip archive", padded "PK\3\4" },
    { "initrd", "a cpio archive, such as an initrd", padded "070701" },
    { "o.bc", "LLVM bitcode, from clang -emit-llvm without llc", padded "BC\xc0\xde" },
    { "System.map", "a list of a kernel's symbols (System.map, kallsyms)", "ffffffff81000000 T _text\n0000 x" },
    { "System.map-32", "a list of a kernel's symbols (System.map, kallsyms)", "c0008000 T stext\n" },
    { "config", "a kernel's configuration", "#\n# Automatically generated file; DO NOT EDIT.\n# Linux/x86 6.1\n" },
    { "config2", "a kernel's configuration", "CONFIG_X86=y\n" },
    { "vmlinux.h", "text", "#ifndef __VMLINUX_H__\n" },
    { "utf8.txt", "text", "/* gr\xc3\xbc\xc3\x9fe */\n" },
    { "empty.btf", "empty", "" },
  }

  for _, kind in ipairs(KINDS) do
    it(("is told to be %s: %s"):format(kind[2], kind[1]), function()
      local path = tmp.write(kind[1], kind[3])
      local r = run { "relos", OBJECT, "-t", path }
      assert.same({ "btfl relos: " .. path .. ": not BTF but " .. kind[2] .. "; taken are raw BTF, an ELF file with a "
        .. ".BTF section, such as vmlinux, kernel images, packages and archives that have one, packed or not\n", 2 },
        { r.err, r.status })
      r = run { "relos", path, "-t", KERNEL }
      assert.same({ "btfl relos: " .. path .. ": not a BPF object but " .. kind[2]
        .. "; taken are ELF files for BPF, as clang -target bpf makes them\n", 2 }, { r.err, r.status })
    end)
  end

  it("is told to be what is in it, packed with gzip", function()
    local path = tmp.write("k.tgz", padded("vmlinux", 0x101, "ustar\00000"))
    tmp.run(("gzip -f %s && mv %s.gz %s"):format(path, path, path))
    assert.matches("not BTF but a tar archive;", run({ "relos", OBJECT, "-t", path }).err, 1, true)
  end)

  it("that nobody knows is told by its first bytes, however few", function()
    for bytes, text in pairs { ["\1"] = "01", ["\1\2\3"] = "010203", ["\xde\xad\xbe\xef\0\0"] = "deadbeef",
      ["\x9f"] = "9f", ["M\1"] = "4d01" } do
      local r = run { "relos", OBJECT, "-t", tmp.write("unknown", bytes) }
      assert.equal(2, r.status)
      assert.matches("unknown: not BTF: it starts with the bytes " .. text .. "; taken are", r.err, 1, true)
    end
  end)

  it("that is a kernel's in the place of an object's is one", function()
    local folder = tmp.mkdir "kernels"
    for _, name in ipairs { "a", "b", "c" } do
      tmp.run(("gzip -c %s >%s/%s.btf.gz"):format(run.quote(KERNEL), folder, name))
    end
    local out, err, status = tmp.run(("%s relos %s -t %s/*.gz --format tsv"):format(btfl, run.quote(OBJECT), folder))
    assert.same({ "", 0 }, { err, status })
    for _, name in ipairs { "a", "b", "c" } do assert.matches("\n" .. name .. "\t[^\n]*\tok\t", out) end
    assert.equal(out, (tmp.run(("%s relos -t %s/*.gz %s --format tsv"):format(btfl, folder, run.quote(OBJECT)))))
    local r = run { "relos", folder .. "/a.btf.gz", "-t", folder .. "/b.btf.gz" }
    assert.equal("btfl relos: " .. folder .. "/a.btf.gz is a kernel, and no object is given\n", r.err)
    assert.equal(2, r.status)
    -- What waits to be linked is no kernel, but may be meant as one.
    local elf = tmp.write("vmlinux-6.1", object.new(btf.new(), { machine = 62 }):bytes())
    local plain = tmp.write("vmlinux-6.2", object.new(btf.new(), { machine = 62, no_btf = true }):bytes())
    err = run({ "relos", OBJECT, elf, plain, "-t", KERNEL }).err
    assert.matches("6.1: an ELF file for machine 62, not for BPF (247); a kernel is given with -t\n", err, 1, true)
    assert.matches("6.2: an ELF file for machine 62, not for BPF (247)\n", err, 1, true)
  end)

  it("may be a folder with a vmlinux", function()
    local boot = tmp.mkdir "boot"
    tmp.write("boot/vmlinuz-6.1.0", padded("MZ", 0x202, "HdrS"))
    local r = run { "relos", OBJECT, "-t", boot }
    assert.same({ ("btfl relos: %s/vmlinuz-6.1.0: a kernel image without BTF: nothing in it is BTF, or unpacks to a "
      .. "kernel that has it\n"):format(boot), 2 }, { r.err, r.status })
    tmp.run(("cp %s %s/vmlinux"):format(run.quote(KERNEL), boot))
    assert.equal(0, run({ "dialects", OBJECT, "-t", boot }).status)
  end)

  it("is no device and has a name, and else one line says what is wrong", function()
    local told = { ["/dev/null"] = "is a device", ["/dev/zero"] = "is a device", [""] = "a file's name is empty",
      [tmp.path "absent"] = "No such file or directory" }
    for path, what in pairs(told) do
      for _, argv in ipairs { { "doctor", path }, { "relos", path, "-t", KERNEL }, { "relos", OBJECT, "-t", path },
        { "verdicts", OBJECT, "-t", KERNEL, "--kconfig", path } } do
        local r = run.program { "timeout", "20", run.btfl, table.unpack(argv) }
        assert.equal(2, r.status, path .. r.err)
        assert.matches("^btfl[^\n]*: " .. what .. "\n$", r.err)
      end
    end
    local r = run { "check", OBJECT, "-t", KERNEL, "--format", tmp.path "absent" }
    assert.matches("there is no format '[^\n]*absent: No such file or directory%)\n", r.err)
  end)

  it("is a kernel that is named where the running one tells nothing of itself", function()
    local hidden = "mount -t tmpfs none /sys/kernel/btf && exec %s check spec/fixtures/example.bpf.o"
    local words = { "unshare", "-m", "sh", "-c", hidden:format(run.quote(run.btfl)) }
    if run.program({ "unshare", "-m", "sh", "-c", "mount -t tmpfs none /sys/kernel/btf" }).status ~= 0 then
      return pending "may hide no folder"
    end
    local r = run.program(words)
    assert.same({ "btfl check: /sys/kernel/btf/vmlinux: no BTF of the running kernel, and -t names others: "
      .. "No such file or directory\n", "", 2 }, { r.err, r.out, r.status })
  end)

  it("may be what no file is", function()
    for _, path in ipairs { "/proc/self/maps", "/proc/cmdline", "/proc/self/mem", tmp.mkdir "dir",
      "/proc/self/ns" } do
      for _, argv in ipairs { { "doctor", path }, { "types", path, "x" }, { "relos", path, "-t", KERNEL },
        { "relos", OBJECT, "-t", path }, { "minbtf", OBJECT, "-t", path, "-o", "/dev/null" } } do
        local r = run.program { "timeout", "20", run.btfl, table.unpack(argv) }
        assert.equal(2, r.status, path .. r.err)
        assert.matches("^btfl[^\n]*\n$", r.err)
      end
    end
  end)
end)

describe("split BTF", function()
  local base, module, other

  setup(function()
    local b = btf.new()
    local int = b:int("int", 4, "signed")
    b:struct("foo", 8, { { "a", int, 32 } })
    local split = btf.new { base = b }
    split:struct("bar", 12, { { "inner", 2, 0 }, { "n", int, 64 } })
    base, module = tmp.write("base.btf", b:bytes()), tmp.write("bar.btf", split:bytes())
    local empty = btf.new { base = b }
    empty:ptr(2)
    other = tmp.write("empty.btf", empty:bytes())
  end)
  teardown(tmp.clean)

  local HINT = "if this is split BTF, such as a module's, it needs its kernel's as base (--base, or -m beside -t)"

  it("says without its base that it needs one", function()
    for _, argv in ipairs { { "types", module, "bar" }, { "doctor", module }, { "relos", OBJECT, "-t", module } } do
      local r = run(argv)
      assert.equal(2, r.status)
      assert.matches("^btfl[^\n]+\n$", r.err)
      assert.matches(module .. ": +", r.err, 1, true)
      assert.matches("string section does not start with an empty string: " .. HINT .. "\n", r.err, 1, true)
    end
    assert.matches("string section is empty: " .. HINT, run({ "types", other, "x" }).err, 1, true)
  end)

  it("is read by types and doctor with --base", function()
    assert.equal([[
struct bar {
    struct foo inner;                                        /*      0      8 */
    int n;                                                   /*      8      4 */
};                                                           /* size 12 */
]], run({ "types", module, "bar", "--base", base }).out)
    assert.matches("struct foo {", run({ "types", "--base", base, module, "foo" }).out, 1, true)
    local r = run { "doctor", "--base", base, module, other, "--format", "tsv" }
    assert.same({ "", 0 }, { r.err, r.status })
    assert.matches("bar.btf\tsplit btf\t", r.out, 1, true)
    r = run { "types", module, "bar", "--base", tmp.path "none" }
    assert.matches("^btfl: [^\n]*none: No such file or directory\n$", r.err)
  end)

  it("is no BTF that stands on its own, whatever base is given", function()
    local r = run { "doctor", "--base", KERNEL, base, OBJECT, "--format", "tsv" }
    assert.same({ "", 0 }, { r.err, r.status })
    assert.matches("base.btf\tbtf\tlittle\t8\t2\t", r.out, 1, true)
    local words = { "types", OBJECT, "task_struct", "--base", base }
    assert.equal(run({ table.unpack(words, 1, 3) }).out, run(words).out)
    assert.equal("nil\n", run({ "-e", ("btfl.btf(%q, btfl.btf %q).base"):format(base, KERNEL) }).out)
    r = run { "relos", OBJECT, "-t", KERNEL, "-m", base }
    assert.equal(2, r.status)
    assert.matches("^btfl relos: [^\n]*base.btf: not split BTF, so not that of a module\n$", r.err)
  end)
end)
