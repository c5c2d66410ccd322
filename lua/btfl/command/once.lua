--- Tables that a worker gives again and again: each is sent to the first process once, and is a number from
--- then on.
local once = {}

-- Numbers as text, so many at a time.
local MOST <const> = 200

local function text_of(numbers)
  local parts = {}
  for i = 1, #numbers, MOST do
    parts[#parts + 1] = utf8.char(table.unpack(numbers, i, math.min(#numbers, i + MOST - 1)))
  end
  return table.concat(parts)
end

--- Of a worker: gives what is sent for a list of tables, of which it may have sent some before.
---@return fun(list: table[], piece: integer): table
function once.sender()
  local numbers, count, worker = setmetatable({}, { __mode = "k" }), 0, nil
  return function(list, piece)
    worker = worker or piece
    local codes, new = {}, {}
    for i, one in ipairs(list) do
      if not numbers[one] then
        count = count + 1
        numbers[one], new[#new + 1] = count, one
      end
      codes[i] = numbers[one]
    end
    return { worker = worker, new = new, codes = text_of(codes) }
  end
end

--- Of the first process: `arrive` takes up what each worker has sent, in the order in which it has, and
--- `list` gives the list of what has arrived.
---@return { arrive: fun(sent: table), list: fun(sent: table): table[] }
function once.receiver()
  local known = {}
  return {
    arrive = function(sent)
      local of_worker = known[sent.worker] or {}
      known[sent.worker] = of_worker
      table.move(sent.new, 1, #sent.new, #of_worker + 1, of_worker)
      sent.new = nil
    end,
    list = function(sent)
      local list, of_worker = {}, known[sent.worker]
      for _, number in utf8.codes(sent.codes, true) do list[#list + 1] = of_worker[number] end
      return list
    end,
  }
end

return once
