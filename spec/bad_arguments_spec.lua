--- What a script gives that cannot be is told by what belongs there; nothing else comes of it.

local btf = require "spec.support.btf"
local btfl = require "btfl"
local tmp = require "spec.support.tmp"

local OBJECT, KERNEL = "spec/fixtures/example.bpf.o", "spec/fixtures/small.btf"

describe("a script is told", function()
  local o, k, program, task, relo, other

  setup(function()
    o, k = btfl.object(OBJECT), btfl.target(KERNEL, { version = "6.1.0" })
    program, task, relo = o:programs()(), k.btf:get "task_struct", o:relos()()
    local b = btf.new()
    b:int("int", 4, "signed")
    other = btfl.btf { bytes = b:bytes(), name = "other" }
  end)
  teardown(tmp.clean)

  -- A value that takes no part: not nil, and no table.
  local NO = true

  local function verdict(options) return function() return program:verdict(k, options) end end
  local function files(...)
    local list = { ... }
    return function() return btfl.archive(list) end
  end

  local CASES = {
    { "`only` must be a list of rules", verdict { only = "relocation" } },
    { "`only`: no rule `relocations` (did you mean 'relocation'?)", verdict { only = { "relocations" } } },
    { "`only`: no rule ``", verdict { only = { 7 } } },
    { "`attach` must be the name of what to attach to", verdict { attach = "" } },
    { "`attach` must be the name of what to attach to", verdict { attach = 7 } },
    { "`type`: no type of programs 'sched_clss'", verdict { type = "sched_clss" } },
    { "`type`: no type of programs 'unspec'", verdict { type = "unspec" } },
    { "`type`: no type of programs '3'", verdict { type = 3 } },
    { "`maps`: no type of maps 'hashh'", verdict { maps = { events = { type = "hashh" } } } },
    { "`maps`: no type of maps 'unspec'", verdict { maps = { events = { type = "unspec" } } } },
    { "`maps`: `type` must be a number", verdict { maps = { events = { type = -1 } } } },
    { "`maps`: `max_entries` must be a number", verdict { maps = { events = { max_entries = 1 << 32 } } } },
    { "`maps`: `value_size` must be a number", verdict { maps = { events = { value_size = 1.5 } } } },
    { "`maps` must be a table of settings by name", verdict { maps = "events" } },
    { "`maps` must be a table of settings by name", verdict { maps = { events = 7 } } },
    { "`maps` must be a table of settings by name", verdict { maps = { {} } } },
    { "`maps`: no map `nowhere`", verdict { maps = { nowhere = {} } } },
    { "`set` must be a table of numbers by name", verdict { set = "x" } },
    { "`set` must be a table of numbers by name", verdict { set = { 1 } } },
    { "`set` must be a table of numbers by name", verdict { set = { x = {} } } },
    { "`unset` must be a list of names", verdict { unset = "x" } },
    { "`unset` must be a list of names", verdict { unset = { 1 } } },
    { "`version` has no version such as 5.10.223: 'new'", verdict { version = "new" } },
    { "a list of tables of `name` and `bytes` expected", files "name" },
    { "file 1: `name` must be a string", files { bytes = "" } },
    { "file 2: `bytes` must be a string", files({ name = "a", bytes = "" }, { name = "b", bytes = 7 }) },
    { "the name of a file contains a NUL", files { name = "a\0b", bytes = "" } },
    { "file 1: `` is no name of a file", files { name = "", bytes = "" } },
    { "file 2: `a/` is no name of a file", files({ name = "a", bytes = "" }, { name = "a/", bytes = "" }) },
    { "file 1: `/` is no name of a file", files { name = "/", bytes = "" } },
    { "file 1: `.` is no name of a file", files { name = ".", bytes = "" } },
    { "file 1: `a/..` is no name of a file", files { name = "a/..", bytes = "" } },
    { "`depth` must not be negative", function() return btfl.same(task, task, { depth = -1 }) end },
    { "`depth` must not be negative", function() return btfl.same(task, task, { depth = 0 / 0 }) end },
    { "modules go with a path, not with an open btf", function() return btfl.target(k.btf, { modules = {} }) end },
    { "not a type of the target", function() return relo:try(k, other:type(1)) end },
    { "not a type of the target", function() return relo:try(k, k.btf:type(0)) end },
    { "`types` must be a list of btfl.type values; number 1 is a number", function()
      return k.btf:print { types = { 7 } }
    end },
    { "number 2 of the types is of another BTF", function()
      return k.btf:print { types = { task, other:type(1) } }
    end },
    { "rename gives a string or nil, not a boolean value", function()
      return task:define { rename = function() return true end }
    end },
    { 'a version is compared with one such as "5.16", not with number', function() return k.version < 5.10 end },
    { 'a version is compared with one such as "5.16", not with "new"', function() return k.version < "new" end },
    { "how many lines, 0 or more", function() return program:verdict(k):obstacles()():path(-1) end },
    { "unknown option 'rules' (there is only 'policy')", function() return btfl.subset(k, { rules = 1 }) end },
    { "unknown option '?' (there is only 'policy')", function() return btfl.subset(k, { [NO] = 1 }) end },
    { "is read-only: field 'name' cannot be set", function() task.name = "x" end },
    { "default takes a member of the object, not of " .. KERNEL, function()
      local policy = btfl.policy { name = "mine", member = function(_, t, default)
        return default(task:member "pid", t)
      end }
      for result in o:results(k, { policy = policy }) do assert(result) end
    end },
    { "'nowhere' is no reason code (nil goes with one, such as 'unsupported')", function()
      local policy = btfl.policy { name = "mine", patch = function() return nil, "nowhere" end }
      for result in o:results(k, { policy = policy }) do assert(result) end
    end },
  }

  for i, case in ipairs(CASES) do
    it(("%s (%d)"):format(case[1], i), function()
      local done, said = pcall(case[2])
      assert.is_false(done)
      assert.matches(case[1], tostring(said), 1, true)
      assert.not_matches("\n", tostring(said), 1, true)
    end)
  end
end)
