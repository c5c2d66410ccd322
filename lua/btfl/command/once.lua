--- Tables that a worker gives again and again: each is sent to the first process once, and is a number from
--- then on.
local once = {}

--- Of a worker: gives what is sent for a list of tables, of which it may have sent some before.
---@return fun(list: table[], piece: integer): table
function once.sender()
  local numbers, count, worker = setmetatable({}, { __mode = "k" }), 0, nil
  return function(list, piece)
    worker = worker or piece
    local out = { worker = worker }
    for i, one in ipairs(list) do
      out[i] = numbers[one] or one
      if not numbers[one] then count, numbers[one] = count + 1, count + 1 end
    end
    return out
  end
end

--- Of the first process: gives the list again, of what the workers have sent, each in order.
---@return fun(sent: table): table[]
function once.receiver()
  local known = {}
  return function(sent)
    local list, out = known[sent.worker] or {}, {}
    known[sent.worker] = list
    for i, one in ipairs(sent) do
      if type(one) == "table" then list[#list + 1] = one end
      out[i] = list[one] or one
    end
    return out
  end
end

return once
