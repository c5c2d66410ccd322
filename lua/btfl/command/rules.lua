--- Names of rules, as a command line or a project file has them.
local engine = require "btfl.engine"
local meant = require "btfl.meant"

local rules = {}

--- Those of obstacles, by name.
---@type table<string, true>
rules.obstacles = {}
for _, rule in ipairs(engine.rules) do rules.obstacles[rule] = true end

--- Those of findings.
---@type table<string, true>
rules.codes = {}
for _, doc in ipairs(require "btfl.diagnose.reasons") do rules.codes[doc.code] = true end

--- What may be said to fail: a rule, or a level, which is every rule of a finding of that level.
---@type table<string, true>
rules.failing = { error = true, warning = true }
for code in pairs(rules.codes) do rules.failing[code] = true end

--- What reads "RULE,RULE" for argparse.
---@param option string such as "--only"
---@param known table<string, true>
---@return fun(word: string): string[]?, string?
function rules.converter(option, known)
  return function(word)
    local list = {}
    for rule in (word .. ","):gmatch "([^,]*)," do
      if not known[rule] then
        return nil, ("option '%s': no rule `%s`%s"):format(option, rule, meant(rule, known))
      end
      list[#list + 1] = rule
    end
    return list
  end
end

return rules
