--- The functions of an object as btfl relocates them, to be held against what libbpf makes of them.

local relocated = {}

--- Hex by name, what was an error, how many relocations there were, and the number of the first that was an error.
---@param object btfl.object
---@param target btfl.target
---@return table<string, string> programs, string[] errors, integer count, integer? first
function relocated.of(object, target)
  local programs, errors, count, first = {}, {}, 0, nil
  for program in object:programs() do
    local insns = {}
    for i = 0, #program - 1 do insns[i] = program:insn(i) end
    for relo in program:relos() do
      local res = relo:resolve(target)
      count = count + 1
      if res.status == "error" then
        first = first or count - 1
        errors[#errors + 1] = ("%s: %s %s: %s"):format(program.name, relo.kind, relo.path, res:why())
      end
      insns[relo.insn] = res.after:sub(1, 16)
      if #res.after == 32 then insns[relo.insn + 1] = res.after:sub(17) end
    end
    programs[program.name] = table.concat(insns, "", 0, #program - 1)
  end
  return programs, errors, count, first
end

return relocated
