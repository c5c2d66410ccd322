--- type:decl: types as C writes them.
local btf = require "spec.support.btf"
local open = require "spec.support.opened"
local tmp = require "spec.support.tmp"

describe("type:decl", function()
  teardown(tmp.clean)

  local b = btf.new()
  local int = b:int("int", 4, "signed")
  local char = b:int("char", 1, "signed")
  local foo = b:struct("foo", 4, { { "a", int, 0 } })
  local anon = b:struct(nil, 4, { { "a", int, 0 } })
  local fn = b:func_proto(int, { { "p", b:ptr(b:const(char)) }, { nil, int }, { nil, 0 } })
  local nothing = b:func_proto(0)
  local arr = b:array(int, 4)

  -- The id of a type, and how it reads without a name and with the name x.
  local cases = {
    { 0, "void", "void x" },
    { int, "int", "int x" },
    { b:float("double", 8), "double", "double x" },
    { foo, "struct foo", "struct foo x" },
    { b:union("u", 4, { { "a", int, 0 } }), "union u", "union u x" },
    { b:enum("e", { { "A", 0 } }), "enum e", "enum e x" },
    { b:enum64("e64", { { "B", 0 } }), "enum e64", "enum e64 x" },
    { b:fwd("later", "struct"), "struct later", "struct later x" },
    { b:fwd("either", "union"), "union either", "union either x" },
    { b:typedef("foo_t", foo), "foo_t", "foo_t x" },
    { anon, "struct {...}", "struct {...} x" },
    { b:enum(nil, { { "C", 0 } }), "enum {...}", "enum {...} x" },
    { b:ptr(0), "void *", "void *x" },
    { b:ptr(b:ptr(foo)), "struct foo **", "struct foo **x" },
    { b:ptr(b:const(char)), "const char *", "const char *x" },
    { b:const(b:ptr(char)), "char *const", "char *const x" },
    { b:const(b:ptr(b:volatile(b:const(char)))), "volatile const char *const", "volatile const char *const x" },
    { b:const(b:array(b:const(char), 11)), "const char[11]", "const char x[11]" },
    { b:const(b:array(b:array(b:volatile(b:const(char)), 2), 3)), "const volatile char[3][2]",
      "const volatile char x[3][2]" },
    { b:const(b:ptr(b:const(b:const(char)))), "const char *const", "const char *const x" },
    { b:restrict(b:ptr(0)), "void *restrict", "void *restrict x" },
    { arr, "int[4]", "int x[4]" },
    { b:array(arr, 2), "int[2][4]", "int x[2][4]" },
    { b:array(char, 0), "char[0]", "char x[0]" },
    { b:array(b:ptr(foo), 3), "struct foo *[3]", "struct foo *x[3]" },
    { b:ptr(arr), "int (*)[4]", "int (*x)[4]" },
    { b:const(b:array(b:ptr(char), 3)), "char *const[3]", "char *const x[3]" },
    { b:ptr(fn), "int (*)(const char *p, int, ...)", "int (*x)(const char *p, int, ...)" },
    { b:ptr(nothing), "void (*)(void)", "void (*x)(void)" },
    { b:array(b:ptr(nothing), 8), "void (*[8])(void)", "void (*x[8])(void)" },
    { b:ptr(b:func_proto(b:ptr(b:func_proto(b:ptr(arr), { { nil, int } })))),
      "int (*(*(*)(void))(int))[4]", "int (*(*(*x)(void))(int))[4]" },
    { b:const(b:ptr(nothing)), "void (*const)(void)", "void (*const x)(void)" },
    { b:func("main", fn), "int main(const char *p, int, ...)", "int x(const char *p, int, ...)" },
    { b:var("counter", b:volatile(int)), "volatile int counter", "volatile int x" },
    { b:ptr(b:type_tag("rcu", foo)), "struct foo __rcu *", "struct foo __rcu *x" },
    { b:ptr(b:type_tag("user", b:ptr(char))), "char *__user *", "char *__user *x" },
    { b:ptr(b:type_tag("two words", char)), 'char __attribute__((btf_type_tag("two words"))) *',
      'char __attribute__((btf_type_tag("two words"))) *x' },
    { b:ptr(b:type_tag("noderef", char, true)), "char __attribute__((noderef)) *",
      "char __attribute__((noderef)) *x" },
  }
  local open_btf = open(b)

  for _, case in ipairs(cases) do
    it("writes " .. case[2], function()
      local t = open_btf:type(case[1])
      assert.equal(case[2], (t:decl()))
      assert.equal(case[3], (t:decl("x")))
    end)
  end

  local id_of = {}
  for _, case in ipairs(cases) do id_of[case[2]] = case[1] end

  it("gives the type at the left", function()
    local function base(id) return select(2, open_btf:type(id):decl()) end
    assert.equal(open_btf:type(foo), base(foo))
    assert.equal(open_btf:find("char"), base(id_of["char *const[3]"]))
    assert.equal(open_btf:find("int"), base(arr))
  end)

  it("ends where function types refer to themselves", function()
    local c = btf.new()
    local ptr = c:ptr(c:next_id() + 1)
    local params = {}
    for i = 1, 20 do params[i] = { nil, ptr } end
    c:func_proto(ptr, params)
    local text = open(c):type(ptr):decl("x")
    assert.is_true(#text < 100000)
    assert.matches("...", text, 1, true)
  end)
end)
