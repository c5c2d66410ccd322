--- What members, enumerators and types of the kernel have become: the data of the policy `renames`, and
--- an example of a table for btfl.renames. Left out is what keeps its place but changes its meaning, so
--- that a program would read something else without a word: bio.bi_disk became bi_bdev, another struct
--- behind the pointer; iov_iter.type became iter_type without the direction; a file's f_count became
--- f_ref, which counts otherwise. The times of an inode (i_atime.tv_sec is i_atime_sec) cannot be
--- expressed: the step to tv_sec has no struct to stand in.
return {
  -- scheduler
  ["task_struct.state"] = { "__state", since = "5.14" },
  ["rq.lock"] = { "__lock", since = "5.14" },
  ["ctx_state.CONTEXT_KERNEL"] = "CT_STATE_KERNEL",
  ["ctx_state.CONTEXT_USER"] = "CT_STATE_USER",
  ["ctx_state.CONTEXT_GUEST"] = "CT_STATE_GUEST",
  ["nsproxy.count.counter"] = "refs.counter",

  -- files and memory
  ["iov_iter.iov"] = { "__iov", since = "6.4" },
  ["address_space.private_data"] = { "i_private_data", since = "6.8" },
  ["address_space.private_lock"] = { "i_private_lock", since = "6.8" },
  ["address_space.private_list"] = { "i_private_list", since = "6.8" },
  ["page.index"] = { "__folio_index", since = "6.16" },
  ["renamedata.new_mnt_idmap"] = { "mnt_idmap", reverse = false },
  ["renamedata.old_mnt_idmap"] = { "mnt_idmap", reverse = false },
  ["kernfs_node.parent"] = "__parent",

  -- block layer, terminals
  ["req_flag_bits.__REQ_HIPRI"] = { "__REQ_POLLED", since = "5.16" },
  ["trace_event_raw_block_rq_complete"] = "trace_event_raw_block_rq_completion",
  ["tty_struct.ctrl_status"] = { "ctrl.pktstatus", since = "5.16" },

  -- BPF
  ["bpf_lpm_trie_key"] = "bpf_lpm_trie_key_u8",
}
