--- btfl: the engine and what presents it. Everything that only some scripts need is loaded when it is
--- first used, so that a start costs little. The API is described in meta.lua.
local argument = require "btfl.argument"
local engine = require "btfl.engine"

-- Functions and fields of the module that come from elsewhere.
local LAZY = {
  format = function() return require("btfl.report.formats").define end,
  reasons = function() return require "btfl.diagnose.reasons" end,
  cli = function() return require("btfl.command.cli").new end,
  thresholds = function() return require "btfl.successor.thresholds" end,
  loaders = function() return require("btfl.policy.support.shipped").loaders end,
  policy = function() return require "btfl.policy.support.make" end,
  target = function() return require("btfl.kernels.open").target end,
  targets = function() return require("btfl.kernels.open").targets end,
  matrix = function()
    local known = { check = "table|function", shapes = "table|function", jobs = "number", memo = "boolean" }
    return function(objects, targets, options)
      if type(objects) ~= "function" then argument.list(1, objects, "btfl.object|string", "matrix") end
      argument.check(2, targets, "string|table|function|btfl.cli", "matrix")
      argument.options(3, options, known, "matrix")
      if options and options.jobs and type(targets) == "function" then
        error("bad argument #3 to 'matrix' (`jobs` does not go with kernels that a function gives)", 2)
      end
      return require("btfl.matrix.matrix").new(objects, targets, options)
    end
  end,
  project = function()
    return {
      load = function(path)
        argument.check(1, path, "string", "load")
        local project, wrong = require("btfl.project.load").file(path)
        return project or error(table.concat(wrong, "\n"), 2)
      end,
      init = function() return require("btfl.project.propose").write() end,
      editor = function() return require("btfl.project.editor").write() end,
    }
  end,
  builder = function()
    local new = require("btfl.build.builder").new
    return function(options) return argument.relay("builder", pcall(new, options)) end
  end,
  history = function()
    return function(names, targets)
      argument.list(1, names, "string", "history")
      argument.check(2, targets, "table|function", "history")
      return require("btfl.study.history").of(names, targets)
    end
  end,
  compare = function()
    local compare = require "btfl.runs.compare"
    return function(old, new)
      argument.check(1, old, "btfl.report", "compare")
      argument.check(2, new, "btfl.report", "compare")
      return compare(old, new)
    end
  end,
  parts = function()
    return function(paths)
      argument.list(1, paths, "string", "parts")
      return require("btfl.matrix.matrix").of_parts(paths)
    end
  end,
  renames = function() return require "btfl.policy.support.renames" end,
  report = function()
    local report = require "btfl.report.report"
    return setmetatable({ read = require "btfl.report.read" }, {
      __call = function(_, name, layout) return report.new(name, layout) end,
    })
  end,
  log = function()
    local explain = require "btfl.log.explain"
    return {
      events = function(text)
        argument.check(1, text, "string", "events")
        return explain.events(text)
      end,
      explain = function(text, objects, options)
        argument.check(1, text, "string", "explain")
        argument.list(2, objects, "btfl.object", "explain")
        argument.options(3, options, { targets = "btfl.target[]", verdict = "function" }, "explain")
        return explain.run(text, objects, options)
      end,
    }
  end,
  signatures = function()
    return function(targets, attach, name)
      argument.list(1, targets, "btfl.target", "signatures")
      argument.check(2, attach, "string|btfl.attach|table", "signatures")
      argument.optional(3, name, "string", "signatures")
      local of = require("btfl.arguments.signatures").of
      return argument.relay("signatures", pcall(of, targets, attach, name))
    end
  end,
  meant = function()
    local meant = require "btfl.meant"
    return function(name, known, quotes)
      argument.check(2, known, "table", "meant")
      argument.optional(3, quotes, "string", "meant")
      return argument.relay("meant", pcall(meant, name, known, quotes))
    end
  end,
  printable = function()
    local escape = require("btfl.report.terminal").escape
    return function(text)
      argument.check(1, text, "string", "printable")
      return escape(text)
    end
  end,
  pattern = function()
    return function(glob)
      argument.check(1, glob, "string", "pattern")
      local escaped = glob:gsub("[%^%$%(%)%%%.%[%]%+%-]", "%%%0"):gsub("%*", ".*"):gsub("%?", ".")
      return "^" .. escaped .. "$"
    end
  end,
  path = function() return require("btfl.command.host").folders() end,
}

local btfl = setmetatable({}, {
  __index = function(self, name)
    local make = LAZY[name]
    if not make then
      local known = {}
      for key in pairs(LAZY) do known[key] = true end
      for key in next, self do known[key] = true end
      error(("btfl has no field `%s`%s"):format(tostring(name), require "btfl.meant"(name, known)), 2)
    end
    local value = make()
    rawset(self, name, value)
    return value
  end,
})

btfl.archive = engine.archive_write

for _, name in ipairs {
  "version", "btf", "object", "open", "subset", "u64", "essential", "insn", "nearest", "same", "changes",
  "diff",
} do
  btfl[name] = engine[name]
end

-- Adds methods to a class of the engine.
local function extend(class, added)
  local methods = engine.class(class).methods
  for name, method in pairs(argument.of_class("btfl." .. class, added)) do methods[name] = method end
end

local RENAME = "table|function"

extend("type", {
  decl = function(self, name, options)
    argument.optional(1, name, "string", "decl")
    argument.options(2, options, { rename = RENAME }, "decl")
    return engine.type_decl(self, name, options and options.rename)
  end,
  define = function(self, options)
    argument.options(1, options, { comments = "string", rename = RENAME }, "define")
    options = options or {}
    return engine.type_define(self, options.comments, options.rename)
  end,
})

local PRINT_OPTIONS = { format = "string", header = "any", types = "btfl.type[]", write = "function" }

local btf_methods = {}

for _, name in ipairs { "kfuncs", "tracepoints", "hooks", "helpers", "map_types", "program_types" } do
  btf_methods[name] = function(self) return require("btfl.study.inventory")[name](self) end
end

extend("btf", btf_methods)

extend("btf", {
  print = function(self, options)
    argument.options(1, options, PRINT_OPTIONS, "print")
    options = options or {}
    return engine.btf_print(self, options.format, options.header, options.types, options.write)
  end,
})

local CHECK_OPTIONS = {
  policy = "btfl.policy|string", others = "btfl.target[]", from = "btfl.target[]", why = "any", all = "any",
  verdict = "table", attach = "table", type = "table", skip = "string[]", maps = "table", only = "string[]",
  one_of = "table", sinks = "function", shape = "string",
}

extend("object", {
  clash = function(self, target)
    argument.check(1, target, "btfl.target", "clash")
    return require("btfl.diagnose.pair").clash(self, target)
  end,
  check = function(self, target, options)
    argument.check(1, target, "btfl.target", "check")
    argument.options(2, options, CHECK_OPTIONS, "check")
    return (require("btfl.diagnose.check").run(self, target, options))
  end,
  relocate = function(self, target, options)
    argument.check(1, target, "btfl.target", "relocate")
    argument.options(2, options, { policy = "btfl.policy|string", keep = "any", poison = "any" }, "relocate")
    return require("btfl.diagnose.relocated").of(self, target, options)
  end,
  fixed_reads = function(self, targets, options)
    argument.list(1, targets, "btfl.target", "fixed_reads")
    argument.options(2, options, CHECK_OPTIONS, "fixed_reads")
    options = options or {}
    local kernels = require("btfl.facts.live").of(self, targets, options.policy)
    local asks = require("btfl.arguments.fixed").asks(self, options)
    return require("btfl.diagnose.nocore").of(self, asks, kernels, options.shape)
  end,
  ladders = function(self, targets, options)
    argument.list(1, targets, "btfl.target", "ladders")
    argument.options(2, options, CHECK_OPTIONS, "ladders")
    options = options or {}
    local kernels = require("btfl.facts.live").of(self, targets, options.policy)
    return require("btfl.ladder.ladders").of(self, kernels, options)
  end,
})

-- One kernel or several.
local function from_of(options)
  local one = "btfl.target|btfl.btf"
  local given = type(options) == "table" and rawget(options, "from")
  return type(given) == "table" and one .. "[]" or one
end

-- The engine's own, which signature.lua adds names and slots to.
engine.prototype = engine.class("target").methods.signature

extend("target", {
  signature = function(self, attach, name)
    argument.check(1, attach, "btfl.attach|string|table", "signature")
    argument.optional(2, name, "string", "signature")
    return argument.relay("signature", pcall(require("btfl.arguments.signature").of, self, attach, name))
  end,
  successors = function(self, what, options)
    argument.check(1, what, "string|btfl.relo|btfl.attach", "successors")
    argument.options(2, options, { from = from_of(options), least = "number", table = "boolean" },
      "successors")
    return require("btfl.successor.suggest")(self, what, options)
  end,
})

extend("program", {
  arguments = function(self, target, options, sinks)
    argument.check(1, target, "btfl.target", "arguments")
    argument.optional(2, options, "table", "arguments")
    argument.optional(3, sinks, "table|function", "arguments")
    local work = require("btfl.arguments.drift").arguments
    return argument.relay("arguments", pcall(work, self, target, options, sinks))
  end,
  drift = function(self, target, options, sinks)
    argument.check(1, target, "btfl.target", "drift")
    argument.optional(2, options, "table", "drift")
    argument.optional(3, sinks, "table|function", "drift")
    local work = require("btfl.arguments.drift").drifting
    return argument.relay("drift", pcall(work, self, target, options, sinks))
  end,
  sinks = function(self, targets, options)
    argument.list(1, targets, "btfl.target|table", "sinks")
    argument.optional(2, options, "table", "sinks")
    return argument.relay("sinks", pcall(require("btfl.arguments.drift").sinks, self, targets, options))
  end,
  at_sinks = function(self, target, options)
    argument.check(1, target, "btfl.target", "at_sinks")
    argument.optional(2, options, "table", "at_sinks")
    return argument.relay("at_sinks", pcall(require("btfl.arguments.drift").told, self, target, options))
  end,
})

extend("builder", {
  add = function(self, t) return argument.relay("add", pcall(require("btfl.build.builder").add, self, t)) end,
})

extend("policy", {
  lint = function(self, targets)
    argument.list(1, targets, "btfl.target", "lint")
    local out = require("btfl.report.report").new "lint"
    for _, tier in ipairs(self:tiers()) do
      if tier.lint then tier.lint(targets, out) end
    end
    return out
  end,
})

extend("obstacle", {
  message = function(self) return require("btfl.diagnose.obstacle").message(self) end,
  help = function(self) return require("btfl.diagnose.obstacle").help(self) end,
})

extend("verdict", {
  report = function(self, options)
    argument.options(1, options, { others = "btfl.target[]", one_of = "table", verdicts = "btfl.verdict[]",
      shape = "string", nowhere = "boolean" }, "report")
    return require "btfl.diagnose.judged"(self, options)
  end,
})

extend("result", {
  why = function(self) return require("btfl.diagnose.message")(self) end,
})

return btfl
