--- Whether a kernel has what a program attaches to.

--- The name of what the program attaches to and the target lacks; nil when it is there, or when nobody can
--- tell.
---@param program btfl.program
---@param target btfl.target
---@return string?
return function(program, target)
  local there = program.attach and target:attach(program.attach)
  return there and (there.found == false or there.addressed == false) and there.name or nil
end
