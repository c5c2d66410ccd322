--- Scores of suggestions that mean something: see btfl.likeness in meta.lua.
local core = require "btfl.core"

return { perhaps = 0.2, suggested = core.suggest_least, sure = 0.8 }
