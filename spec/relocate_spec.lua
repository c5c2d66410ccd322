--- object:relocate and `btfl relocate`: what is written is what a loader makes of the object, and else the
--- object as it was.

local case = require "spec.support.case"
local elf = require "spec.support.elf"
local handed = require "spec.support.handed"
local object = require "spec.support.object"
local run = require "spec.support.run"
local tmp = require "spec.support.tmp"

local CORPUS = os.getenv "BTFL_CORPUS" or "../shared/corpus"
local EXAMPLE, SMALL = "spec/fixtures/example.bpf.o", "spec/fixtures/small.btf"
local SHT_REL = 9

local function list(command)
  local out = {}
  for line in tmp.run(command):gmatch "[^\n]+" do out[#out + 1] = line end
  return out
end

-- Each fixture with a kernel of its byte order.
local function fixtures()
  local out = {}
  for _, path in ipairs(list "ls spec/fixtures/*.o") do
    local eb = path:find("%.eb%.o$") and "eb." or ""
    if not path:find "target%." then out[#out + 1] = { path, ("spec/fixtures/target.clang19.%so"):format(eb) } end
  end
  assert(#out > 40)
  return out
end

local function count_relos(path)
  local opened <close>, n = btfl.object(path), 0
  for _ in opened:relos() do n = n + 1 end
  return n
end

-- Relocates what was read; gives the bytes and the report.
local function relocated(path, target, options)
  local opened <close> = btfl.object(path)
  return opened:relocate(target, options)
end

-- That two files differ in what the report says and in relocations alone.
local function same_but_for(before, after, rows)
  assert.equal(#before, #after)
  local old, new = elf.sections(before), elf.sections(after)
  local of, ext = {}, nil
  for _, row in ipairs(rows) do
    of[row.section] = of[row.section] or {}
    table.insert(of[row.section], row)
  end
  for i, s in ipairs(old) do
    local now, want = new[i], s.bytes
    for _, row in ipairs(of[s.name] or {}) do
      local insn = row.insn_after:gsub("%x%x", function(x) return string.char(tonumber(x, 16)) end)
      want = want:sub(1, row.insn_off) .. insn .. want:sub(row.insn_off + #insn + 1)
    end
    if s.name == ".BTF.ext" then
      ext = s
      want = s.bytes:sub(1, 28) .. "\0\0\0\0" .. s.bytes:sub(33, now.size)
      assert.is_true(now.size < s.size or #rows == 0)
    elseif s.name == ".rel.BTF.ext" then
      assert.equal(SHT_REL, s.type)
      -- What is left is what lies before the relocations, in the same order.
      local order, kept = before:byte(6) == 2 and ">" or "<", {}
      for at = 1, s.size, 16 do
        local offset = string.unpack(order .. "I8", s.bytes, at)
        if offset < new[ext and ext.index or i].size or not ext then kept[#kept + 1] = s.bytes:sub(at, at + 15) end
      end
      want = ext and table.concat(kept) or want
    else
      assert.equal(s.header, now.header, s.name)
    end
    if ext == s then s.index = i end
    assert.is_true(want == now.bytes, s.name)
    s.header = s.header:sub(1, 32) .. s.header:sub(41)
    assert.equal(s.header, now.header:sub(1, 32) .. now.header:sub(41), s.name)
  end
end

describe("a relocated object", function()
  teardown(tmp.clean)

  for _, pair in ipairs { { "fields.clang19", "target.clang19" }, { "fields.clang19.eb", "target.clang19.eb" } } do
    it("is the file but for instructions and relocations: " .. pair[1], function()
      local path = "spec/fixtures/" .. pair[1] .. ".o"
      local target <close> = btfl.target("spec/fixtures/" .. pair[2] .. ".o")
      local before, after, report = run.read(path), relocated(path, target)
      same_but_for(before, after, report.rows)
      assert.equal(count_relos(path), #report.rows)
      assert.equal(0, count_relos(tmp.write("after.o", after)))
    end)

    it("is read by others as the object is: " .. pair[1], function()
      local path = "spec/fixtures/" .. pair[1] .. ".o"
      local target <close> = btfl.target("spec/fixtures/" .. pair[2] .. ".o")
      local bytes, report = relocated(path, target)
      local after = tmp.write("after.o", bytes)
      local changed, slots = 0, 0
      for _, row in ipairs(report.rows) do
        slots = slots + (row.changed and #row.insn_after // 16 or 0)
        changed = changed + (row.changed and 1 or 0)
      end
      assert.is_true(changed > 50)
      for _, tool in ipairs { { "readelf -hsW", 0, 0 }, { "readelf -SW", 2, 2 }, { "bpftool btf dump file", 0, 0 },
        { "bpftool btf dump file %s format c", 0, 0 }, { "llvm-objdump -d", changed, slots } } do
        local command = tool[1]:find "%%s" and tool[1] or tool[1] .. " %s"
        local old, _, status = tmp.run(command:format(path))
        if status == 127 then return pending("needs " .. tool[1]) end
        local new, err, got = tmp.run(command:format(after))
        assert.same({ "", status }, { err, got }, command)
        local was, differ = {}, 0
        for line in old:gmatch "[^\n]+" do was[#was + 1] = line end
        local n = 0
        for line in new:gmatch "[^\n]+" do
          n = n + 1
          local named = line:find("file format", 1, true) or line:find("^File:")
          differ = differ + ((line == was[n] or named) and 0 or 1)
        end
        -- An ldimm64 that is poisoned is two instructions.
        assert.is_true(#was <= n and n <= #was + slots, command)
        assert.is_true(n > #was or differ >= tool[2] and differ <= tool[3] + tool[2], command .. ": " .. differ)
      end
    end)
  end

  it("has nothing left to relocate, and relocated again it is the same", function()
    for _, pair in ipairs(fixtures()) do
      local target <close> = btfl.target(pair[2])
      local once = relocated(pair[1], target, { poison = true })
      local path = tmp.write("once.o", once)
      assert.equal(0, count_relos(path), pair[1])
      assert.is_true(once == relocated(path, target), pair[1])
    end
  end)

  it("may keep its relocations, and relocated again it is the same", function()
    for _, pair in ipairs(fixtures()) do
      local target <close> = btfl.target(pair[2])
      local keep, plain = { keep = true, poison = true }, { poison = true }
      local once = relocated(pair[1], target, keep)
      local path = tmp.write("once.o", once)
      assert.equal(count_relos(pair[1]), count_relos(path), pair[1])
      assert.is_true(once == relocated(path, target, keep), pair[1])
      assert.is_true(relocated(pair[1], target, plain) == relocated(path, target, plain), pair[1])
    end
  end)

  it("may keep those of loads that cannot follow a field's size, and of such that did", function()
    for _, size in ipairs { 8, 2 } do
      for _, sign in ipairs { "signed", false } do
        local c = case.new()
        c.t:struct("foo", 16, { { "a", c.t:int("int", size, sign or nil), 0 } })
        c:load(4, c.l:struct("foo", 4, { { "a", c.l:int("int", 4, sign or nil), 0 } }), "0:0", 0)
        local path, target = tmp.write("sized.o", c:object()), btfl.target(tmp.write("sized.btf", c:target()))
        local once, report = relocated(path, target, { keep = true })
        assert.equal(sign and "poison" or "ok", report.rows[1].status)
        assert.is_true(report.rows[1].changed)
        path = tmp.write("once.o", once)
        assert.is_true(once == relocated(path, target, { keep = true }))
        local again = btfl.object(path):results(target)()
        assert.same({ "error", true }, { again.status, again.relocated })
        assert.matches("it was relocated before", again:why(), 1, true)
      end
    end
  end)

  it("with relocations says so to who relocates it again, as a loader refuses it", function()
    local target <close> = btfl.target(SMALL)
    local path = tmp.write("kept.o", (relocated(EXAMPLE, target, { keep = true })))
    local r = run { "check", path, "-t", SMALL, "--only", "relocation" }
    assert.equal(1, r.status)
    assert.matches("error[insn-mismatch]: the instruction is already what it would become: it was relocated before",
      r.out, 1, true)
    for result in btfl.object(path):results(target) do
      assert.equal(result.status == "error", result.relocated)
    end
  end)

  -- One relocation of foo.a, at 0 here and at 8 there, and what was wrong.
  local function made(change, options)
    local c = case.new(options and options.endian)
    local foo = c.l:struct("foo", 8, { { "a", c.l:int("int", 4), 0 } })
    c.t:struct("foo", 16, { { "a", c.t:int("int", 4), 64 } })
    c:mov("byte_off", foo, "0:0", 0, 8)
    if change then change(c, foo) end
    return tmp.write("made.o", c:object(options)), btfl.target(tmp.write("made.btf", c:target()))
  end

  local function refused(want, path, target)
    local opened <close> = btfl.object(path)
    local ok, why = pcall(opened.relocate, opened, target)
    assert.is_false(ok)
    assert.matches(want, tostring(why), 1, true)
  end

  -- The file with its .BTF.ext as change(order, ext) makes of it, which is as long.
  local function with_ext(path, change)
    local bytes = run.read(path)
    for _, s in ipairs(elf.sections(bytes)) do
      if s.name == ".BTF.ext" then
        local order = bytes:byte(6) == 2 and ">" or "<"
        bytes = bytes:sub(1, s.offset) .. change(order, s.bytes) .. bytes:sub(s.offset + s.size + 1)
      end
    end
    return tmp.write("ext.o", bytes)
  end

  it("keeps the place of relocations that something follows", function()
    for _, endian in ipairs { "little", "big" } do
      local path, target = made(nil, { endian = endian })
      local relo_len
      path = with_ext(path, function(order, ext)
        local _, func_len, _, _, relo_off, len = string.unpack(order .. "I4I4I4I4I4I4", ext, 9)
        relo_len = len
        return ext:sub(1, 8) .. string.pack(order .. "I4I4I4I4I4I4", len, func_len, 0, 0, 0, len)
          .. ext:sub(33 + relo_off) .. ext:sub(33, 32 + func_len)
      end)
      local before, after = run.read(path), relocated(path, target)
      for i, s in ipairs(elf.sections(before)) do
        local now = elf.sections(after)[i]
        assert.equal(s.header, now.header)
        if s.name == ".BTF.ext" then
          assert.equal(s.bytes:sub(1, 28) .. ("\0"):rep(4 + relo_len) .. s.bytes:sub(33 + relo_len), now.bytes)
        end
      end
      assert.equal(0, count_relos(tmp.write("after.o", after)))
    end
  end)

  it("does not leave a .BTF.ext of nothing but a header, of which loaders complain", function()
    local _, target = made()
    local c = case.new()
    local foo = c.l:struct("foo", 8, { { "a", c.l:int("int", 4), 0 } })
    local o = object.new(c.l)
    o:program { func = 0, insns = { object.mov(1, 0), object.exit() },
      relos = { { insn = 0, type = foo, access = "0:0", kind = "byte_off" } } }
    local path = tmp.write("bare.o", o:bytes())
    local after = relocated(path, target)
    for _, s in ipairs(elf.sections(after)) do
      if s.name == ".BTF.ext" then assert.equal(32 + 4 + 8 + 16, s.size) end
    end
    assert.equal(0, count_relos(tmp.write("after.o", after)))
  end)

  it("is refused where relocations are something else, too", function()
    local path, target = made()
    path = with_ext(path, function(_, ext)
      return ext:sub(1, 16) .. ext:sub(25, 32) .. ext:sub(25)
    end)
    refused(".BTF.ext+0x34: its tables share bytes, so none can be taken out", path, target)
  end)

  it("is refused where two relocations are of one instruction", function()
    refused("made.o: raw_tp/sys_enter+0: another relocation has changed this instruction",
      made(function(c) c.items[2] = c.items[1] end))
  end)

  it("is refused where what is to be written is something else, too", function()
    local path, target = made()
    local bytes, text, license = run.read(path), nil, nil
    for _, s in ipairs(elf.sections(bytes)) do
      if s.name == "raw_tp/sys_enter" then text = s end
      if s.name == "license" then license = s end
    end
    local at = bytes:find(license.header, 1, true) + 24
    local function with(offset)
      return tmp.write("overlap.o", bytes:sub(1, at - 1) .. string.pack("<I8", offset) .. bytes:sub(at + 8))
    end
    refused("overlap.o: raw_tp/sys_enter: cannot be written to: section license stands there, too",
      with(text.offset + text.size - 1), target)
    assert.is_string(relocated(with(text.offset + text.size), target))
    local size = bytes:find(text.header, 1, true) + 32
    refused("headers.o: raw_tp/sys_enter: cannot be written to: a header of the file stands in it",
      tmp.write("headers.o", bytes:sub(1, size - 1) .. string.pack("<I8", (#bytes - text.offset) // 8 * 8)
        .. bytes:sub(size + 8)), target)
  end)

  it("is refused where its relocations are compressed, which no loader reads", function()
    local c
    local path, target = made(function(x) c = x end)
    local ext
    for _, s in ipairs(elf.sections(run.read(path))) do if s.name == ".BTF.ext" then ext = s.bytes end end
    local a, b = 1, 0
    for at = 1, #ext do
      a = (a + ext:byte(at)) % 65521
      b = (b + a) % 65521
    end
    -- Of 64-bit ELF: method 1, the size and the alignment, then zlib's with one block as it is.
    local bytes = c:object { ext_bytes = string.pack("<I4I4I8I8", 1, 0, #ext, 1) .. "\x78\x01\1"
      .. string.pack("<I2I2", #ext, ~#ext & 0xffff) .. ext .. string.pack(">I4", b << 16 | a) }
    for _, s in ipairs(elf.sections(bytes)) do
      if s.name == ".BTF.ext" then
        local at = bytes:find(s.header, 1, true) + 8
        bytes = bytes:sub(1, at - 1) .. string.pack("<I8", 0x800) .. bytes:sub(at + 8)
      end
    end
    refused("packed.o: .BTF.ext: cannot be written to: it is compressed", tmp.write("packed.o", bytes), target)
  end)

  it("that would be refused is not made, unless what is an error is poisoned, as the loader poisons", function()
    local path, target = made(function(c, foo)
      c:imm64("type_exists", foo, "0:7", 1, case.error "bad-access")
      c:mov("byte_off", foo, "0:0", 0, 8)
    end)
    local bytes, report = relocated(path, target)
    assert.same({ nil, 1, "bad-access", 0 }, { bytes, report.status, report.findings[1].rule, #report.rows })
    local CALL, R10 = "8500000010 23ad0b", "180a00001023ad0b0000000000000000"
    CALL = CALL:gsub(" ", "")
    for policy, poison in pairs { libbpf = CALL .. CALL, kernel = CALL .. CALL, cilium = R10 } do
      bytes, report = relocated(path, target, { poison = true, policy = policy })
      local row = report.rows[2]
      assert.same({ 0, "warning", "poison", "bad-access", poison, "8" },
        { report.status, report.findings[1].level, row.status, row.reason, row.insn_after, report.rows[3].to }, policy)
      for _, s in ipairs(elf.sections(bytes)) do
        if s.name == "raw_tp/sys_enter" then
          assert.equal("b701000008000000" .. poison .. "b7010000080000009500000000000000",
            (s.bytes:gsub(".", function(c) return ("%02x"):format(c:byte()) end)))
        end
      end
    end
  end)

  it("is relocated by the rules that are asked for", function()
    local target <close> = btfl.target(SMALL)
    local usual, renamed = relocated(EXAMPLE, target), relocated(EXAMPLE, target, { policy = "renames" })
    assert.are_not.equal(usual, renamed)
    local rules = {}
    for _, row in ipairs(select(2, relocated(EXAMPLE, target, { policy = "renames" })).rows) do
      rules[row.rule] = (rules[row.rule] or 0) + 1
    end
    assert.is_true(rules["renames.member"] > 0 and rules.libbpf > 0)
  end)
end)

describe("btfl relocate", function()
  teardown(tmp.clean)

  it("writes the object, and what it has changed as JSON", function()
    local out, side = tmp.path "out.o", tmp.path "side.json"
    local r = run { "relocate", EXAMPLE, "-t", SMALL, "-o", out, "--json", side }
    assert.same({ EXAMPLE .. " on small: 15 of 18 instructions changed, 2 poisoned\n", "", 0 },
      { r.out, r.err, r.status })
    assert.is_true(tmp.read(out) == relocated(EXAMPLE, btfl.target(SMALL)))
    local rows = require "dkjson".decode(tmp.read(side)).rows
    local first = rows[1]
    assert.same({ 18, "raw_tp/sched_process_exec", "handle_exec", 12, 96, "example.bpf.c:74:2", "byte_off", "16",
      "224", true, "libbpf" }, { #rows, first.section, first.program, first.insn, first.insn_off, first.source,
      first.kind, first.from, first.to, first.changed, first.rule })
  end)

  it("writes nothing where a loader would refuse, and all the same with --poison", function()
    local c = case.new()
    local foo = c.l:struct("foo", 8, { { "a", c.l:int("int", 4), 0 } })
    c.t:struct("foo", 16, { { "a", c.t:int("int", 4), 64 } })
    c:mov("byte_off", foo, "0:0", 7, case.error "insn-mismatch")
    local path, target, out = tmp.write("bad.o", c:object()), tmp.write("bad.btf", c:target()), tmp.path "none.o"
    local r = run { "relocate", path, "-t", target, "-o", out }
    assert.same({ "", 1 }, { r.err, r.status })
    assert.matches("^error%[insn%-mismatch%]: the instruction holds 7, not the local value 0\n", r.out)
    assert.matches("= nothing is written: a loader refuses the whole object", r.out, 1, true)
    assert.is_nil(io.open(out))
    r = run { "relocate", path, "-t", target, "-o", out, "--poison" }
    assert.equal(0, r.status)
    assert.matches("^warning%[insn%-mismatch%]", r.out)
    assert.is_not_nil(tmp.read(out))
  end)

  it("leaves no file where a policy fails", function()
    local policy = tmp.write("raises.lua", "return btfl.policy { name = 'raises', member = function() error 'no' end }")
    local r = run { "relocate", EXAMPLE, "-t", SMALL, "--policy", policy, "-o", tmp.path "never.o" }
    assert.equal(2, r.status)
    assert.matches("policy 'raises', hook member", r.err, 1, true)
    assert.is_nil(io.open(tmp.path "never.o"))
  end)

  it("says in one line what cannot be done, and leaves no file", function()
    local folder = tmp.mkdir "none"
    local big = "spec/fixtures/fields.clang19.eb.o"
    local c = case.new()
    local damaged = tmp.write("damaged.btf", c:target():sub(1, 20))
    local elsewhere = tmp.write("other.o", c:object { machine = 62 })
    for _, one in ipairs {
      { "big%-endian", big, "-t", SMALL }, { "for BPF", elsewhere, "-t", SMALL }, { "no %.BTF", "BARE", "-t", SMALL },
      { "damaged.btf", EXAMPLE, "-t", damaged }, { "No such file", "none.o", "-t", SMALL },
      { "one target at a time", EXAMPLE, "-t", SMALL, "-t", SMALL },
    } do
      if one[2] == "BARE" then one[2] = tmp.write("bare.o", object.new(nil):bytes()) end
      local argv = { "relocate", table.unpack(one, 2) }
      table.move({ "-o", folder .. "/x.o", "--json", folder .. "/x.json" }, 1, 4, #argv + 1, argv)
      local r = run(argv)
      assert.same({ "", 2 }, { r.out, r.status }, one[1])
      assert.matches("^btfl[ relocate]*: [^\n]*" .. one[1] .. "[^\n]*\n$", r.err)
      tmp.run("rm -f " .. folder .. "/x.json") -- it says what could not be done
      assert.equal("", (tmp.run("ls -A " .. folder)))
    end
    local r = run { "relocate", EXAMPLE, "-t", SMALL }
    assert.matches("-o FILE is needed: an object is no text", r.err, 1, true)
    local copy = tmp.write("copy.o", run.read(EXAMPLE))
    for _, file in ipairs { copy, "--json=" .. copy } do
      local words = file == copy and { "-o", copy } or { "-o", folder .. "/x.o", "--json", copy }
      r = run { "relocate", copy, "-t", SMALL, table.unpack(words) }
      assert.same({ "", 2 }, { r.out, r.status })
      assert.matches("copy.o is an input: it is not written over", r.err, 1, true)
    end
    assert.equal("", (tmp.run("ls -A " .. folder)))
    assert.is_true(run.read(EXAMPLE) == run.read(copy))
    r = run { "relocate", EXAMPLE, "-t", SMALL, "-o", "/dev/full" }
    assert.same({ "", 2 }, { r.out, r.status })
  end)
end)

describe("libbpf and relocated objects", function()
  teardown(tmp.clean)

  local missing = handed.missing()
  if missing or string.pack("=I2", 1) ~= "\1\0" then
    pending("agree: " .. (missing or "needs a little-endian machine"))
    return
  end

  -- Holds what libbpf makes of the object on the BTF against what it makes of the relocated one.
  local function same_insns(path, target, btf)
    local bytes = relocated(path, target)
    local theirs = handed.rows(path, btf)
    if not bytes then
      assert.equal("relocate", handed.stage(theirs[1]), path)
      return "relocate"
    end
    assert.same(theirs, handed.rows(tmp.write("relocated.o", bytes), btf), path)
    return handed.stage(theirs[1])
  end

  it("agree on every fixture", function()
    local count = {}
    for _, pair in ipairs(fixtures()) do
      if not pair[1]:find "%.eb%.o" then
        local target <close> = btfl.target(pair[2])
        local stage = same_insns(pair[1], target, pair[2])
        count[stage] = (count[stage] or 0) + 1
      end
    end
    -- Newer libbpf open fewer of them.
    assert.is_true(count.load > 20, count.load)
  end)

  -- The objects of the corpus that have relocations and the target's byte order.
  local function each_object(target, work)
    for _, path in ipairs(list(("find %s/objects -name '*.o' | sort"):format(run.quote(CORPUS)))) do
      local opened <close> = btfl.object(path)
      if opened.btf and not opened:clash(target) and opened:relos()() then work(path) end
    end
  end

  it("load what a table of renames has relocated, and the kernel refuses without", function()
    local path = list(("ls %s/objects/*/runqlen-libbpf.bpf.o"):format(run.quote(CORPUS)))[1]
    if not path then return pending "needs the corpus" end
    if tmp.run("id -u") ~= "0\n" then return pending "needs root" end
    local found, target = pcall(btfl.target)
    if not found then return pending "needs the running kernel's BTF" end
    if not target.btf:get("cfs_rq"):member "nr_queued" then return pending "needs a kernel since 6.14" end
    local table_of = btfl.renames { ["cfs_rq.nr_running"] = "nr_queued" }
    local usual = tmp.write("usual.o", (relocated(path, target)))
    local renamed = tmp.write("renamed.o", (relocated(path, target, { policy = table_of })))
    target:close()
    assert.matches("^do_sample\t22\tload\t", handed.rows(path)[1])
    assert.same(handed.rows(path), handed.rows(usual))
    assert.matches("^do_sample\t0\tload\t", handed.rows(renamed)[1])
  end)

  it("agree on real objects and kernels #long", function()
    local kernels = list(("ls %s/kernels/*.btf.gz"):format(run.quote(CORPUS)))
    if #kernels == 0 then return pending "needs the corpus" end
    local loads, all = 0, 0
    for _, packed in ipairs(kernels) do
      local target <close> = btfl.target(packed)
      if target.endian == "little" then
        local btf = tmp.path "kernel.btf"
        tmp.run(("zcat %s > %s"):format(run.quote(packed), btf))
        each_object(target, function(path)
          all = all + 1
          if same_insns(path, target, btf) == "load" then loads = loads + 1 end
        end)
      end
    end
    assert.is_true(all > 500 and loads > 500, loads)
  end)

  it("load the same programs into the running kernel, which makes the same of them #long", function()
    if tmp.run("id -u") ~= "0\n" then return pending "needs root" end
    local found, target = pcall(btfl.target)
    if not found then return pending "needs the running kernel's BTF" end
    local objects, loaded = 0, 0
    local function compare(path)
      local theirs = handed.rows(path)
      assert.same(theirs, handed.rows(tmp.write("relocated.o", (relocated(path, target)))), path)
      objects = objects + 1
      for _, row in ipairs(theirs) do
        if row:match "^[^\t]*\t0\t" then loaded = loaded + 1 end
      end
    end
    each_object(target, compare)
    for _, pair in ipairs(fixtures()) do
      if not pair[1]:find "%.eb%.o" then compare(pair[1]) end
    end
    target:close()
    assert.is_true(objects > 40 and loaded > 100, loaded)
  end)

  it("give the same again with relocations kept, for every object and kernel #long", function()
    local n = 0
    for _, packed in ipairs(list(("ls %s/kernels/*.btf.gz"):format(run.quote(CORPUS)))) do
      local target <close> = btfl.target(packed)
      each_object(target, function(path)
        local once = relocated(path, target, { keep = true })
        n = n + 1
        assert.is_true(once == relocated(tmp.write("once.o", once), target, { keep = true }), path)
      end)
    end
    if n == 0 then return pending "needs the corpus" end
    assert.is_true(n > 500, n)
  end)
end)
