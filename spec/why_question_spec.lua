--- What `btfl why` makes of a question: each is told for what it is, what cannot be answered is status 2,
--- what is no more than a guess is no fact, and no code comes of what is in doubt.
local made = require "spec.support.made"
local run = require "spec.support.run"
local tmp = require "spec.support.tmp"

local function kernel(build)
  return made(function(t)
    build(t)
    local proto = t.b:func_proto(t.int, { { "task", t.int } })
    t.b:func("vfs_read", proto)
    t.b:var("jiffies", t.u64)
    t.b:fwd("hidden")
  end)
end

local function old_kernel()
  return kernel(function(t)
    local mm = t.struct("mm_struct", { { "users", t.int } })
    local se = t.struct("sched_entity", { { "vruntime", t.u64 } })
    t.struct("task_struct", { { "pid", t.int }, { "state", t.u64 }, { "mm", t.b:ptr(mm) }, { "se", se },
      { "comm", t.b:array(t.u8, 16) }, { "last", t.u8 } })
    t.b:enum("pageflags", { { "PG_locked", 0 }, { "PG_slab", 1 } })
    t.b:enum("one", { { "SAME", 0 } })
    t.b:enum("two", { { "SAME", 0 } })
    t.b:enum(nil, { { "NAMELESS", 0 } })
  end)
end

local function new_kernel()
  return kernel(function(t)
    local mm = t.struct("mm_struct", { { "users", t.int } })
    local se = t.struct("sched_entity", { { "vruntime", t.u64 } })
    t.struct("task_struct", { { "pid", t.int }, { "__state", t.u64 }, { "mm", t.b:ptr(mm) }, { "se", se },
      { "comm", t.b:array(t.u8, 16) }, { "last", t.u8 } })
    t.b:enum("pageflags", { { "PG_locked", 0 }, { "PG_slabs", 1 } })
    t.b:enum("one", { { "SAME", 0 } })
  end)
end

-- The fields of the first row of tsv, and the run.
local function ask(name, ...)
  local r = run { "why", name, "--format", "tsv", ... }
  local row = {}
  for field in ((r.out:match("\n([^\n]*)\n") or "") .. "\t"):gmatch("(.-)\t") do row[#row + 1] = field end
  return { query = row[1], successor = row[3], change = row[4], score = tonumber(row[5]), evidence = row[6] }, r
end

describe("a witness of why", function()
  local old, new

  setup(function() old, new = old_kernel(), new_kernel() end)
  teardown(tmp.clean)

  it("that cannot be read costs nothing of the others", function()
    for _, from in ipairs { { "/nonexistent", old.path }, { old.path, "/nonexistent" } } do
      local row, r = ask("task_struct.state", "-t", new.path, "--from", table.unpack(from))
      assert.same({ "task_struct.__state", "renamed", 2 }, { row.successor, row.change, r.status })
      assert.equal("btfl why: /nonexistent: No such file or directory\n", r.err)
    end
  end)

  it("that has a struct which the target may have in a module makes no fact of its absence", function()
    local with = kernel(function(t) t.struct("xfs_log", { { "l_size", t.int }, { "l_tail_space", t.u64 } }) end)
    local row, r = ask("xfs_log.l_size", "-t", new.path, "--from", with.path)
    assert.same({ "-", "removed", "nothing there is like it (a module's type needs its BTF: -m)", 0 },
      { row.successor, row.change, row.evidence, r.status })
  end)

  it("may follow another without a --from of its own, and a NAME is none, whatever stands in the folder", function()
    local folder = tmp.mkdir "here"
    tmp.write("here/old", tmp.read(old.path))
    tmp.write("here/new", tmp.read(new.path))
    tmp.write("here/notes", "no BTF")
    tmp.mkdir "here/mm_struct"
    local function here(...)
      return run({ "why", "-t", "new", "--format", "tsv", ... }, { cwd = folder })
    end
    local usual = here("task_struct.state", "mm_struct", "--from", "old")
    assert.equal(0, usual.status)
    assert.same(usual, here("task_struct.state", "mm_struct", "--from", "old", "old"))
    local r = here("task_struct.state", "mm_struct", "--from", "old", "notes")
    assert.same({ usual.out, 2 }, { r.out, r.status })
    assert.matches("^btfl why: notes: not BTF but text; [^\n]*\n$", r.err)
  end)
end)

describe("why is asked", function()
  local old, new

  setup(function() old, new = old_kernel(), new_kernel() end)
  teardown(tmp.clean)

  local function refuses(what, name, sentence)
    it(what .. ": " .. name, function()
      local row, r = ask(name, "-t", new.path, "--from", old.path)
      local whole = sentence:gsub("OLD", old.name)
      assert.same({ ("btfl why: %s\n"):format(whole), 2 }, { r.err, r.status })
      assert.same({ "-", "unknown", 0, whole }, { row.successor, row.change, row.score, row.evidence })
    end)
  end

  it("of a script: a name with a zero byte", function()
    local answers, asked = require "btfl".target(new.path):successors("task_struct.st\0ate")
    assert.is_nil(answers())
    assert.equal("`task_struct.st\0ate` is no name such as task_struct.state", asked.problem)
  end)

  local function answers(what, name, query, successor)
    it(what .. ": " .. name, function()
      local row, r = ask(name, "-t", new.path, "--from", old.path)
      assert.same({ "", 0 }, { r.err, r.status })
      assert.same({ name, successor }, { row.query, row.successor })
      local _, asked = new:successors(name, { from = old })
      assert.same({ path = query, known = true }, asked)
    end)
  end

  refuses("a misspelt type", "tsk_struct.state", "no type `tsk_struct` in OLD (did you mean `task_struct`?)")
  refuses("a misspelt type", "struct task_strct", "no struct `task_strct` in OLD (did you mean `task_struct`?)")
  refuses("a type of some module", "nf_conntrack_tuple.dst",
    "no type `nf_conntrack_tuple` in OLD; a module's type needs its BTF (-m)")
  refuses("a misspelt field", "task_struct.stat",
    "struct task_struct has no member `stat` in OLD (did you mean `state`?)")
  refuses("a misspelt field further in", "task_struct.se.vrutime",
    "struct sched_entity has no member `vrutime` in OLD (did you mean `vruntime`?)")
  refuses("a name that the witness never had", "task_struct.core_cookie",
    "struct task_struct has no member `core_cookie` in OLD")
  refuses("a misspelt enumerator", "pageflags.PG_lokced",
    "enum pageflags has no enumerator `PG_lokced` in OLD (did you mean `PG_locked`?)")
  refuses("a field without its struct", "vruntime",
    "no type `vruntime` in OLD; `vruntime` is a member of `sched_entity`")
  refuses("an enumerator of two enums", "SAME",
    "`SAME` is an enumerator of several enums: ask for one.SAME, two.SAME")
  refuses("an enumerator of no name to ask for", "NAMELESS",
    "`NAMELESS` is an enumerator of an enum without a name, which CO-RE cannot ask for")
  refuses("the wrong kind", "struct pageflags.PG_slab", "`pageflags` is no struct in OLD, but an enum")
  refuses("a path through a pointer", "task_struct.mm.users",
    "`task_struct.mm` is a pointer in OLD: ask for `mm_struct.users`")
  refuses("a path written with an arrow", "task_struct.mm->users",
    "`task_struct.mm->users` goes through a pointer: ask for the field of the struct that it points to")
  refuses("a member of a number", "task_struct.pid.x", "`task_struct.pid` is `int` in OLD, which has no members")
  refuses("an element of what is no array", "task_struct.pid[1]",
    "`task_struct.pid` is no array of that many dimensions in OLD")
  refuses("a type that is only declared", "hidden.x", "OLD has only a forward declaration of struct `hidden`")
  refuses("no name at all", "task struct.pid", "`task struct.pid` is no name such as task_struct.state")
  refuses("an index beyond all numbers", "task_struct.comm[99999999999999999999]",
    "`task_struct.comm[99999999999999999999]` is no name such as task_struct.state")
  refuses("an empty name", "task_struct..pid", "`task_struct..pid` is no name such as task_struct.state")

  answers("a field in C's words", "struct task_struct.state", "task_struct.state", "task_struct.__state")
  answers("an enumerator in C's words", "enum pageflags.PG_slab", "pageflags.PG_slab", "pageflags.PG_slabs")
  answers("an enumerator alone", "PG_slab", "pageflags.PG_slab", "pageflags.PG_slabs")
  answers("an enumerator as relocations write it", "pageflags::PG_slab", "pageflags.PG_slab",
    "pageflags.PG_slabs")
  answers("an element", "task_struct.comm[2]", "task_struct.comm[2]", "task_struct.comm[2]")
  answers("what the target has", "task_struct.pid", "task_struct.pid", "task_struct.pid")

  it("for what only the target has", function()
    local row, r = ask("task_struct.__state", "-t", new.path, "--from", old.path)
    assert.same({ "same", 0 }, { row.change, r.status })
  end)

  it("several things, of which one is wrong", function()
    local r = run { "why", "task_struct.stat", "task_struct.state", "-t", new.path, "--from", old.path,
      "--format", "tsv" }
    assert.equal(2, r.status)
    assert.matches("task_struct.stat\t1\t%-\tunknown", r.out)
    assert.matches("task_struct.state\t1\ttask_struct.__state\trenamed", r.out)
  end)

  it("without a witness, and does not take a like name for more than a guess", function()
    local row, r = ask("task_struct.state", "-t", new.path, "--no-table")
    assert.same({ "task_struct.__state", 0 }, { row.successor, r.status })
    assert.is_true(row.score < 0.8)
    assert.matches("by its name alone: no kernel that has it was given", row.evidence, 1, true)
    row, r = ask("task_struct.nothing_like_it", "-t", new.path)
    assert.same({ "unknown", 2 }, { row.change, r.status })
  end)
end)

describe("why", function()
  teardown(tmp.clean)

  it("shows what lies under the limit as no more than perhaps", function()
    local old = made(function(t)
      t.struct("queue", { { "first", t.u8 }, { "pending", t.u64 }, { "second", t.u8 }, { "last", t.u8 } })
    end)
    local new = made(function(t)
      t.struct("queue", { { "first", t.u8 }, { "second", t.u8 }, { "last", t.u8 }, { "zones", t.u64 },
        { "nr_pend", t.b:array(t.u8, 4) }, { "buckets", t.u64 } })
    end)
    local least = new:successors("queue.pending", { from = old, least = 0.2 })()
    assert.is_true(least.score >= 0.2 and least.score < 0.5, tostring(least.score))
    assert.equal("it is more often wrong than right", least.doubt)
    assert.is_nil(new:successors("queue.pending", { from = old })())
    local row, r = ask("queue.pending", "-t", new.path, "--from", old.path)
    assert.same({ "-", "removed", 0 }, { row.successor, row.change, r.status })
    assert.matches("^no more than perhaps queue%.nr_pend %(0%.%d%d%)", row.evidence)
    r = run { "why", "queue.pending", "-t", new.path, "--from", old.path, "--code" }
    assert.is_nil(r.out:find("INLINE", 1, true))
  end)
end)

describe("why --code", function()
  teardown(tmp.clean)

  local function kernels(before, after)
    local function one(name, kind)
      return made(function(t)
        local disk = t.b:ptr(t.struct("gendisk", { { "major", t.int }, { "minors", t.int } }))
        local bdev = t.b:ptr(t.struct("block_device", { { "dev", t.int }, { "part", t.int } }))
        local types = { disk = disk, bdev = bdev, u8 = t.u8, u64 = t.u64, int = t.int }
        t.struct("bio", { { "first", t.u8 }, { name, types[kind] }, { "last", t.u64 } })
      end)
    end
    return one(table.unpack(before)), one(table.unpack(after))
  end

  local function code(path, old, new, ...)
    return run { "why", path, "-t", new.path, "--from", old.path, "--code", "--no-table", ... }
  end

  it("refuses a suggestion of another type, unless it is picked", function()
    local old, new = kernels({ "bi_disk", "disk" }, { "bi_bdev", "bdev" })
    local r = code("bio.bi_disk", old, new)
    assert.same({ ("btfl why: bio.bi_disk on %s: no code for `bio.bi_bdev`, because its type differs: "
      .. "`struct gendisk *` became `struct block_device *` (--pick 1 prints it all the same)\n"):format(new.name),
      2 }, { r.err, r.status })
    assert.is_nil(r.out:find("INLINE", 1, true))
    r = code("bio.bi_disk", old, new, "--pick", "1")
    assert.same({ "", 0 }, { r.err, r.status })
    assert.is_not_nil(r.out:find("now->bi_bdev", 1, true), r.out)
  end)

  it("reads numbers of any width as numbers", function()
    local old, new = kernels({ "state", "u64" }, { "__state", "int" })
    local r = code("bio.state", old, new)
    assert.same({ "", 0 }, { r.err, r.status })
    assert.is_not_nil(r.out:find("now->__state", 1, true), r.out)
  end)

  it("refuses one that a close second disputes, unless one of them is picked", function()
    local old = made(function(t)
      t.struct("zone", { { "first", t.u8 }, { "pageset_high", t.int }, { "last", t.u64 } })
    end)
    local new = made(function(t)
      t.struct("zone", { { "first", t.u8 }, { "pageset_high_min", t.int }, { "pageset_high_max", t.int },
        { "last", t.u64 } })
    end)
    local r = code("zone.pageset_high", old, new)
    assert.equal(2, r.status)
    assert.matches("no code for `zone.pageset_high_%l+`, because `zone.pageset_high_%l+` is nearly as likely", r.err)
    assert.is_nil(r.out:find("INLINE", 1, true))
    r = code("zone.pageset_high", old, new, "--pick", "2")
    assert.same({ "", 0 }, { r.err, r.status })
    local second
    for s in new:successors("zone.pageset_high", { from = old, table = false }) do
      if s.rank == 2 then second = s end
    end
    assert.is_not_nil(r.out:find("now->" .. second.successor:match("[^.]*$"), 1, true), r.out)
  end)

  it("refuses the word that holds a bit", function()
    local old = made(function(t)
      t.struct("sock", { { "first", t.u64 }, { "bound", t.int, 1 }, { "hidden", t.int, 1 }, { "shared", t.int, 1 },
        { "last", t.u64 } })
    end)
    local new = made(function(t) t.struct("sock", { { "first", t.u64 }, { "flags", t.u64 }, { "last", t.u64 } }) end)
    local r = code("sock.hidden", old, new)
    assert.equal(2, r.status)
    assert.matches("because one bit of it is what the field was", r.err, 1, true)
  end)

  it("picks only what is there, and only for code", function()
    local old, new = kernels({ "state", "u64" }, { "__state", "u64" })
    local r = code("bio.state", old, new, "--pick", "7")
    assert.same({ ("btfl why: bio.state on %s: there is no suggestion 7\n"):format(new.name), 2 }, { r.err, r.status })
    assert.matches("takes the rank of a suggestion, not '0'", code("bio.state", old, new, "--pick", "0").err, 1, true)
    r = run { "why", "bio.state", "-t", new.path, "--from", old.path, "--pick", "1" }
    assert.same({ "btfl: --pick says for which suggestion --code prints C\n", 2 }, { r.err, r.status })
  end)

  it("needs no code for what is there", function()
    local old, new = kernels({ "state", "u64" }, { "__state", "u64" })
    local r = code("bio.first", old, new)
    assert.same({ "", 0 }, { r.err, r.status })
    assert.matches("it needs no other name", r.out, 1, true)
  end)
end)
