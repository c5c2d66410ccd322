--- kernel: what the kernel's own relocator does for light skeletons. It differs from libbpf's in these
--- points:
---   * a candidate's kind is strictly equal: an enum64 is no candidate for an enum;
---   * the list of candidates is made anew for each relocation, so none is forgotten;
---   * types nest 2 deep: parameters of parameters in type relocations, members and parameters in
---     type_matches. What is deeper is an error, not a mismatch.
local dialect = require "btfl.policy.support.dialect"

local DEPTH = 2

return btfl.policy {
  name = "kernel",

  when = { candidates = "disputed", compatible = { "type", "matches" } },

  candidates = function(relo, target, default)
    default()
    local want = relo.type
    local list = dialect.vmlinux_first(target, function(btf)
      local found = {}
      for t in btf:candidates(want.name) do
        if t.kind == want.kind then found[#found + 1] = t end
      end
      return found
    end)
    return list, "equal kinds, none forgotten"
  end,

  compatible = function(want, have, default)
    if default.what == "field" then return default() end
    if default.what == "matches" then
      return dialect.settle(default, dialect.kernel_match(want, have, default, DEPTH))
    end
    return dialect.settle(default,
      dialect.compatible(want, have, default, { depth = DEPTH, roots = true }))
  end,
}
