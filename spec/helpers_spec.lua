--- The table of helpers has the kernel's numbers and names, and what it lacks can be made from a kernel.

local btfl = require "btfl"
local btf = require "spec.support.btf"
local helpers = require "spec.support.helpers"
local tmp = require "spec.support.tmp"

local CORPUS = os.getenv "BTFL_CORPUS" or "../shared/corpus"

-- A kernel's sources, as far as the table is made from them.
local SOURCE = [[
/* case BPF_FUNC_commented: return &bpf_one_proto; */
const struct bpf_func_proto bpf_one_proto = {
	.func		= bpf_one,
	.ret_type	= RET_PTR_TO_MAP_VALUE_OR_NULL,
	.arg1_type	= ARG_CONST_MAP_PTR,
	.arg2_type	= ARG_PTR_TO_MAP_KEY,
	.arg3_type	= ARG_PTR_TO_MAP_VALUE | MEM_UNINIT,
	.arg4_type	= ARG_PTR_TO_MAP_VALUE_OR_NULL,
	.arg5_type	= ARG_ANYTHING,
};
static const struct bpf_func_proto bpf_two_proto_tp = {
	.ret_type	= RET_INTEGER,
	.arg1_type	= ARG_PTR_TO_UNINIT_MEM,
	.arg2_type	= ARG_CONST_SIZE,
	.arg3_type	= ARG_PTR_TO_MEM_OR_NULL | MEM_RDONLY,
	.arg4_type	= ARG_MEM_SIZE_OR_ZERO,
	.arg5_type	= ARG_PTR_TO_DYNPTR | DYNPTR_TYPE_LOCAL,
};
static const struct bpf_func_proto bpf_three_proto = {
	.ret_type	= RET_PTR_TO_RINGBUF_MEM_OR_NULL,
	.arg1_type	= ARG_PTR_TO_LONG,
	.arg2_type	= ARG_PTR_TO_FIXED_SIZE_MEM | MEM_UNINIT | MEM_WRITE | MEM_ALIGNED,
	.arg2_size	= sizeof(u32),
	.arg3_type	= ARG_PTR_TO_FIXED_SIZE_MEM | MEM_RDONLY,
	.arg3_size	= sizeof(struct iphdr),
};
static const struct bpf_func_proto bpf_four_proto = {
	.ret_type	= RET_PTR_TO_BTF_ID,
};
static const struct bpf_func_proto bpf_four_xdp_proto = {
	.ret_type	= RET_VOID,
	.arg1_type	= ARG_PTR_TO_CTX,
};
const struct bpf_func_proto *bpf_get_two_proto(void)
{
	return &bpf_two_proto_tp;
}
static const struct bpf_func_proto *one_func_proto(enum bpf_func_id func_id)
{
	switch (func_id) {
	case BPF_FUNC_one:
		return &bpf_one_proto;
	case BPF_FUNC_two:
		return bpf_get_two_proto();
	case BPF_FUNC_three:
		switch (prog->expected_attach_type) {
		case BPF_TRACE_ITER:
			return NULL;
		default:
			return &bpf_three_proto;
		}
#ifdef CONFIG_NET
	case BPF_FUNC_four:
		return allowed() ?
		       &bpf_four_proto : &bpf_four_xdp_proto;
#endif
	case BPF_FUNC_five:
	case BPF_FUNC_six:
		return &bpf_four_proto;
	default:
		return bpf_base_func_proto(func_id);
	}
}
static void do_refine_retval_range(struct bpf_reg_state *regs, int func_id)
{
	if (func_id != BPF_FUNC_two)
		return;
	ret_reg->smax_value = meta->msize_max_value;
}
]]

local function kernel(names)
  local b, list = btf.new(), { { "BPF_FUNC_unspec", 0 } }
  for number, name in pairs(names) do list[#list + 1] = { "BPF_FUNC_" .. name, number } end
  list[#list + 1] = { "__BPF_FUNC_MAX_ID", #list }
  b:enum("bpf_func_id", list)
  return tmp.write("kernel.btf", b:bytes())
end

local function source()
  local dir = tmp.mkdir("linux/kernel/bpf")
  tmp.write("linux/kernel/bpf/helpers.c", SOURCE)
  return (dir:gsub("/kernel/bpf$", ""))
end

describe("the table of helpers", function()
  teardown(tmp.clean)

  it("has ascending numbers, and five characters for arguments", function()
    local last = 0
    for _, row in ipairs(helpers.rows()) do
      assert.is_true(row.number > last, helpers.row(row))
      assert.matches("^[MkvVmw48rdc.?]*$", row.args)
      assert.is_true(#row.args <= 5)
      last = row.number
    end
  end)

  -- libbpf's header is made of the kernel's own descriptions of its helpers.
  local header = io.open "/usr/include/bpf/bpf_helper_defs.h"
  if not header then
    pending("has as many arguments, and the structs, that libbpf declares: needs libbpf's headers")
  else
    it("has as many arguments, and the structs, that libbpf declares", function()
      local declared = {}
      for name, params, number in header:read("a"):gmatch("%(%*[%s%l]-bpf_([%w_]+)%)(%b()) = %(void %*%) ?(%d+)") do
        local list = {}
        for param in params:sub(2, -2):gmatch("[^,]+") do list[#list + 1] = param end
        if params == "(void)" then list = {} end
        declared[math.tointeger(number)] = { name = name, params = list, varies = params:find("...", 1, true) }
      end
      header:close()
      local count = 0
      for _, row in ipairs(helpers.rows()) do
        local has = declared[row.number]
        if has then
          count = count + 1
          assert.are.equal(has.varies and 5 or #has.params, #row.args, row.name)
        end
      end
      assert.is_true(count > 200)
      for _, row in ipairs(helpers.structs()) do
        local has = declared[row.number]
        local param = has and has.params[row.argument]
        if has then
          assert.is_truthy(param:find("*", 1, true), has.name)
          assert.is_truthy(param:find("struct " .. row.struct, 1, true) or param:find("void *", 1, true), has.name)
        end
      end
    end)
  end

  it("has each helper, the last of which is cgrp_storage_delete", function()
    local rows = helpers.rows()
    for i, row in ipairs(rows) do assert.are.equal(i, row.number) end
    assert.are.same({ 211, "cgrp_storage_delete" }, { #rows, rows[#rows].name })
  end)

  local kernels = {}
  local list <close> = assert(io.popen("ls '" .. CORPUS .. "'/kernels/*.btf.gz 2>/dev/null"))
  for path in list:lines() do kernels[#kernels + 1] = path end
  if #kernels == 0 then pending("has the names of real kernels: needs a corpus, in $BTFL_CORPUS") end
  for _, path in ipairs(kernels) do
    it("has the names of " .. path:match("([^/]+)%.btf%.gz$"), function()
      local target <close> = btfl.target(path)
      local names, found = helpers.names(target), 0
      for _, row in ipairs(helpers.rows()) do
        if names[row.number] then
          found = found + 1
          assert.are.equal(names[row.number], row.name)
        end
      end
      assert.is_true(found > 90)
    end)
  end

  it("is found out when a number has another name", function()
    local path = tmp.write("helpers.def", '/* k: a key */\nHELPER(1, one, NUMBER, ".....")\n'
      .. 'HELPER(3, too, ITEM, ".k...")\n')
    assert.are.same({ { 'HELPER(3, too, ITEM, ".k...") is three' }, {}, {} },
      { helpers.compare(helpers.rows(path), { "one", [3] = "three" }) })
  end)

  it("is found out when a row cannot be read", function()
    local path = tmp.write("helpers.def", 'HELPER(1, one, NUMBER, ".....")\nHELPER(2, two, NUMBER)\n')
    assert.has_error(function() helpers.rows(path) end)
  end)

  it("is compared with prototypes of the kernel's sources", function()
    local path = tmp.write("helpers.def", 'HELPER(1, one, ITEM, "MkVv.")\nHELPER(2, two, NUMBER, "w.m.?")\n'
      .. 'HELPER(4, four, POINTER, ".....")\n')
    local names = { "one", "two", "three", "four", "five", "six", "commented" }
    assert.are.same({ {}, {
      'HELPER(2, two, NUMBER, "w.m.?") has ERRNO w.m.d in bpf_two_proto_tp',
      'HELPER(4, four, POINTER, ".....") has NUMBER c.... in bpf_four_xdp_proto, '
        .. 'POINTER ..... in bpf_four_proto',
    }, {
      'HELPER(3, three, MEMORY, "84r..")', 'HELPER(5, five, POINTER, ".....")',
      'HELPER(6, six, POINTER, ".....")', 'HELPER(7, commented, POINTER, "?????")',
    } }, { helpers.compare(helpers.rows(path), names, helpers.of_source(source())) })
  end)

  it("is held against a kernel by a script, which prints what it lacks", function()
    local out, err, status = tmp.run(("./btfl spec/helpers.lua -t %s %s")
      :format(kernel { [1] = "map_lookup_elem", [2] = "two", [900] = "three" }, source()))
    assert.are.equal("", err)
    assert.are.equal(1, status)
    assert.matches('error[helper-name]: HELPER(2, map_update_elem, NUMBER, "Mkv.") is two', out, nil, true)
    assert.matches('HELPER(900, three, MEMORY, "84r..")', out, nil, true)
    assert.not_matches("helper-prototype", out, nil, true)
  end)
end)
