--- differing: where btfl and the system's libbpf disagree on relocations with random changes (as root).
---
---     ./btfl spec/differing.lua [--seed N] [--count N] [--from N] [--all]
---
--- Prints classes with their counts, and with --all what each case that is not the same says.
local differing = require "spec.support.differing"
local peer = require "spec.support.peer"
local tmp = require "spec.support.tmp"

local cli = btfl.cli {
  about = "Where btfl and libbpf disagree on relocations with random changes.", usage = "",
  objects = false, targets = false,
  options = function(parser)
    parser:option("--seed", "Of the changes."):convert(tonumber):default "1"
    parser:option("--count", "How many cases are tried."):convert(tonumber):default "1000"
    parser:option("--from", "The number of the first."):convert(tonumber):default "1"
    parser:option("--like", "Cases to be told: a pattern of their class."):default "^[^sd]"
  end,
}
local _, missing = peer.binary()
if missing then cli:error(missing) end
local out = btfl.report "differing"
local classes = differing.run(cli.args.seed, cli.args.count, function(class, number, text)
  if class:match(cli.args.like) then out:text(("%d: %s: %s"):format(number, class, text)) end
end, cli.args.from)
local names = {}
for name in pairs(classes) do names[#names + 1] = name end
table.sort(names)
for _, name in ipairs(names) do out:text(("%8d %s"):format(classes[name], name)) end
tmp.clean()
return out
