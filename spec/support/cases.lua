--- Hand-made edge cases of the rules, each with what the rule says must come out; see cases/kit.lua.

local cases = {}

for _, name in ipairs { "insns", "search", "fields", "types" } do
  for _, c in ipairs(require("spec.support.cases." .. name)) do cases[#cases + 1] = c end
end

return cases
