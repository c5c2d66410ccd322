--- What a report shows as text in place of its rows: what the script gave, and the picture of a matrix.
---@param report btfl.report
---@param width? integer columns of the terminal
---@return string[][]
return function(report, width)
  if not report.matrix then return report.blocks end
  local blocks = table.move(report.blocks, 1, #report.blocks, 1, {})
  local matrix = require "btfl.matrix.layout".of(report.matrix)
  local picture = require "btfl.matrix.picture".blocks(matrix, width)
  return table.move(picture, 1, #picture, #blocks + 1, blocks)
end
