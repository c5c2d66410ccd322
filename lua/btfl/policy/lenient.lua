--- lenient: settles what libbpf calls ambiguous where it makes no difference, and says so in a note:
---   * candidates that give the same value are as good as one, though the field stands elsewhere in
---     them (libbpf compares its offset even when only its size or existence is asked);
---   * target_type_id of several types of one kind and size is the first one's.
local function same_value(results)
  for _, other in ipairs(results) do
    if other.value ~= results[1].value or other.poison ~= results[1].poison then return false end
  end
  return true
end

local function same_shape(results)
  local first = results[1].candidate
  for _, other in ipairs(results) do
    local t = other.candidate
    if t.kind ~= first.kind or t.size ~= first.size then return false end
  end
  return true
end

return btfl.policy {
  name = "lenient",

  choose = function(relo, results, default)
    local chosen = default()
    if chosen then return chosen end
    if same_value(results) then
      return results[1], ("%d candidates give the same value"):format(#results)
    end
    if relo.kind == "target_type_id" and same_shape(results) then
      return results[1], ("the first of %d types of one kind and size"):format(#results)
    end
    return nil
  end,
}
