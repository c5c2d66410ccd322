--- renames: follows members, enumerators and types that the kernel has renamed, in either direction: an
--- object built for 5.10 finds task_struct.__state, and one built for 6.12 finds task_struct.state. What
--- is there under its own name is left alone. The data stands in renames_table.lua; your own table is a
--- policy in one line: `return btfl.renames { ["foo.bar"] = "baz" }`.
return btfl.renames(require "btfl.policy.renames_table", "renames")
