std = "lua54"
self = false
max_line_length = 110
read_globals = { "btfl" }
files["lua/btfl/meta.lua"] = { globals = { "btfl" }, ignore = { "2..", "4..", "6.." } }
files["spec"] = { std = "+busted", max_line_length = 120 }
