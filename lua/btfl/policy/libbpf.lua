--- libbpf: the engine's own rules, with no hook.
return btfl.policy { name = "libbpf" }
