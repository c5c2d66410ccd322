--- What libbpf hands to the kernel of an object, asked through spec/peer/handed.c.

local tmp = require "spec.support.tmp"

local handed = {}

local BINARY = "build/peer/handed"

--- Why it cannot be asked, nil when it can.
---@return string?
function handed.missing()
  local _, err, status = tmp.run("make -s " .. BINARY)
  if status == 0 then return nil end
  if err:find "bpf/%w+%.h" or err:find("-lbpf", 1, true) then return "needs libbpf-dev" end
  error(err)
end

--- Its rows without the object's path: of each program alone in the running kernel, or of all of them relocated
--- against the BTF in a file.
---@param object string
---@param btf? string
---@return string[]
function handed.rows(object, btf)
  local words = btf and ("-t '%s' "):format(btf) or ""
  local rows = {}
  for line in tmp.run(("%s %s'%s'"):format(BINARY, words, object)):gmatch "[^\n]+" do
    rows[#rows + 1] = line:match "^[^\t]*\t(.*)$"
  end
  return rows
end

--- The stage of a row.
function handed.stage(row) return row:match "^[^\t]*\t[^\t]*\t(%w+)" end

return handed
