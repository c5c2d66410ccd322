--- Scores of suggestions that mean something: see btfl.thresholds in meta.lua.
local engine = require "btfl.engine"

return { perhaps = 0.2, suggested = engine.suggest_least, sure = 0.8 }
