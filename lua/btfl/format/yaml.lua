--- yaml: a matrix of bpfcompat (`bpfcompat test --matrix FILE`): kernels to boot, on which, taken together,
--- each case is. One on which all loads is required to.
---
--- bpfcompat names its profiles by distribution, version and kernel, and those of one release behind "-k", as
--- its `kernel-sweep` makes them: debian-12-6.1, ubuntu-22.04-arm64-5.15, ubuntu-22.04-5.15-k5.15.0-118. It
--- refuses a file with other fields, with two profiles of one name, and with none.
local layout = require "btfl.matrix.layout"
local states = require "btfl.matrix.states"
local terminal = require "btfl.report.terminal"

-- What ends a line in YAML 1.1, and what may not stand in it at all.
local REFUSED = { ["\u{2028}"] = "\\u2028", ["\u{2029}"] = "\\u2029", ["\u{feff}"] = "\\ufeff",
  ["\u{fffe}"] = "\\ufffe", ["\u{ffff}"] = "\\uffff" }

-- Text that stays in its line.
local function escaped(text)
  return (terminal.escape(tostring(text)):gsub(utf8.charpattern, REFUSED))
end

local function quoted(text)
  return "'" .. escaped(text):gsub("'", "''") .. "'"
end

-- What bpfcompat takes for the name of a profile: 1 to 64 of these.
local function as_id(text)
  return (text:gsub("[^%w._-]", "-"):gsub("^[^%w]+", ""):sub(1, 64))
end

-- What its profiles have between version and kernel; others than these it boots by no such name.
local ARCHES = { x86 = "", arm64 = "arm64-" }

-- The profile of a kernel's series, nil where nobody knows it: "debian-12-6.1".
local function series_of(kernel)
  local distro, version = (kernel.distro or ""):match "^(%S+) (%S+)$"
  local numbers = (kernel.release or ""):match "^%d+%.%d+"
  local arch = ARCHES[kernel.arch or "x86"]
  return distro and numbers and arch and ("%s-%s-%s%s"):format(distro:lower(), version, arch, numbers) or nil
end

-- A name that no other kernel has here: of the series, of the release in it, of the kernel; nil for none.
local function id_of(kernel, taken)
  local series, ids = series_of(kernel), {}
  if series then
    local release = kernel.release:gsub("%-generic$", ""):gsub("%.x86_64$", ""):gsub("%.aarch64$", "")
    ids = { as_id(series), as_id(series .. "-k" .. release) }
  end
  ids[#ids + 1] = as_id(kernel.name)
  for _, id in ipairs(ids) do
    if id ~= "" and not taken[id] then
      taken[id] = true
      return id
    end
  end
  return nil
end

local function is_fine_on(matrix, row)
  for _, column in ipairs(matrix.columns) do
    local case = column.at[row]
    if case and case.state ~= "not-applicable" and not states.is_fine(case.state) then return false end
  end
  return true
end

-- What is expected there, as comments.
local function put_cases(out, matrix, row)
  for _, column in ipairs(matrix.columns) do
    local cases = layout.is_plain(column) and {} or layout.cases(column)
    for n, case in ipairs(cases) do
      if case == column.at[row] then
        out[#out + 1] = "    # " .. escaped(("%s: %s%s, case %d of %d"):format(column.label, case.state,
          case.reason and " (" .. case.reason .. ")" or "", n, #cases))
      end
    end
  end
end

---@param report btfl.report
---@return string
return function(report)
  if not report.matrix then
    error("format yaml is for what `btfl matrix` reports: kernels and their cases", 0)
  end
  local matrix = layout.of(report.matrix)
  local profiles, taken = {}, {}
  for _, row in ipairs(layout.tests(matrix)) do
    local id = id_of(matrix.targets[row], taken)
    profiles[#profiles + 1] = "    # " .. escaped(matrix.labels[row])
    put_cases(profiles, matrix, row)
    profiles[#profiles + 1] = id and ("  - id: '%s'\n    required: %s"):format(id, is_fine_on(matrix, row))
      or "    # no profile has a name like that"
  end
  local out = { "name: " .. quoted("btfl-" .. report.name), next(taken) and "profiles:" or "profiles: []" }
  table.move(profiles, 1, #profiles, 3, out)
  return table.concat(out, "\n") .. "\n"
end
