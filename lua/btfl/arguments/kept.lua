--- Something of each program, made once for as long as its object lives: handles of programs go and come.
---@generic T
---@param make fun(program: btfl.program): T
---@return fun(program: btfl.program): T
return function(make)
  local objects = setmetatable({}, { __mode = "k" })
  return function(program)
    local object = program.object
    local known = objects[object]
    if not known then
      known = {}
      objects[object] = known
    end
    local value = known[program]
    if value == nil then
      value = make(program)
      known[program] = value
    end
    return value
  end
end
