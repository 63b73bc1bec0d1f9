"""The kernel's side of the bridge: what it does with the student's functions, and what it notices on the way."""

from __future__ import annotations

import math
import sys
from typing import Any

import pytest
import torch
from students import in_process, warm

from course.kernels.parent import WarmParent
from course.student import Handle, Reply, StudentError
from coursebridge.agent import MAX_PRINTED, Agent
from coursebridge.codec import CodecError, Encoder, Name

X = torch.arange(4.0)


def reply_to(code: str, *args: Any, name: str = "f", **options: Any) -> Reply:
    """What calling the student's function gave, with what was noticed."""
    student = in_process(code)
    step = {"op": "call", "object": Name(name), "args": args, "kwargs": {}}
    return student._exchange([step], **{"watch": True, **options})[0]


def raised_by(code: str, *args: Any) -> StudentError:
    error = reply_to(code, *args).error
    assert error is not None
    return error


# -- exceptions ---------------------------------------------------------------------------------------------------


def test_an_exception_comes_with_the_students_own_lines_only() -> None:
    error = raised_by("import json\ndef g(x):\n    return json.loads(x)\ndef f(x):\n    return g(x)", "{")
    assert (error.type_name, error.message) == ("JSONDecodeError", "Expecting property name enclosed in double quotes: "
                                                "line 1 column 2 (char 1)")  # fmt: skip
    assert [(t["cell"], t["line"], t["function"], t["code"]) for t in error.traceback] == [
        ("answer", 5, "f", "return g(x)"),
        ("answer", 3, "g", "return json.loads(x)"),
    ]


def test_an_exception_knows_its_bases() -> None:
    error = raised_by("class Wrong(KeyError): pass\ndef f(): raise Wrong('no')")
    assert error.isinstance(KeyError) and error.isinstance("LookupError") and error.isinstance("Wrong")
    assert not error.isinstance(ValueError)


@pytest.mark.parametrize("name", ["SystemExit", "KeyboardInterrupt", "GeneratorExit", "StopIteration"])
def test_no_exception_of_the_student_ends_the_agent(name: str) -> None:
    assert raised_by(f"def f(): raise {name}").type_name == name


def test_endless_recursion_is_an_exception_like_others() -> None:
    assert raised_by("def f(): return f()").type_name == "RecursionError"


def test_an_exception_that_cannot_be_shown_is_no_harm() -> None:
    code = "class Bad(Exception):\n    def __str__(self): raise RuntimeError\ndef f(): raise Bad"
    assert "cannot be shown" in raised_by(code).message


def test_long_messages_are_cut() -> None:
    assert len(raised_by("def f(): raise ValueError('x' * 10**7)").message) <= 4000


def test_a_name_that_is_not_there_is_missing() -> None:
    error = raised_by("def g(): pass")
    assert (error.type_name, str(error)) == ("NameError", "NameError: f is not defined")


# -- what is noticed ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "body",
    ["x += 1", "x[0] = 5", "x.resize_(2)", "x.unsqueeze_(0)", "x.data.mul_(2)", "x.zero_(); return x.clone()"],
)
def test_a_change_in_place_is_noticed(body: str) -> None:
    assert reply_to(f"def f(x):\n    {body}", X.clone()).changed == (0,)


def test_only_the_changed_argument_is_named_even_in_a_list() -> None:
    code = "def f(a, tensors, *, b):\n    tensors[1].add_(1)"
    student = in_process(code)
    step = student.f._step("call", (X.clone(), [X.clone(), X.clone()]), {"b": X.clone()})
    assert student._exchange([step], watch=True)[0].changed == (2,)


@pytest.mark.parametrize(
    "tensor",
    [
        X,
        X.to(torch.bool),
        X.to(torch.complex64),
        torch.tensor([math.nan, 1.0]),
        X.expand(3, 4),
        torch.empty(0),
        X.clone().requires_grad_(),
    ],
    ids=["floats", "bools", "complex", "nan", "expanded", "empty", "leaf"],
)
def test_what_is_not_changed_is_not_reported(tensor: torch.Tensor) -> None:
    assert reply_to("def f(x):\n    return x + x", tensor).changed == ()


def test_a_nan_that_is_overwritten_is_a_change() -> None:
    assert reply_to("def f(x):\n    x[x.isnan()] = 0", torch.tensor([math.nan, 1.0])).changed == (0,)


def test_a_function_may_take_its_list_apart() -> None:
    reply = reply_to("def f(xs):\n    total = 0\n    while xs:\n        total += xs.pop()\n    return total", [1.0, X])
    assert reply.error is None and torch.equal(reply.value, X + 1) and reply.changed == ()


def test_what_is_printed_is_kept_apart(capsys: pytest.CaptureFixture[str]) -> None:
    code = "import sys\ndef f():\n    print('out')\n    print('err', file=sys.stderr)\n    return 1"
    assert reply_to(code).printed == "out\nerr\n"
    assert capsys.readouterr() == ("", "")


def test_what_is_printed_is_bounded() -> None:
    for body in ("print('x' * 10**7)", "[print('x' * 100) for _ in range(10**4)]"):
        assert len(reply_to(f"def f(): {body}").printed) <= MAX_PRINTED


def test_stdout_is_put_back_whatever_the_student_does() -> None:
    before = sys.stdout
    reply_to("import sys\ndef f(): sys.stdout = None")
    assert sys.stdout is before


def test_operations_are_counted_where_it_is_asked_for() -> None:
    assert reply_to("def f(x): return x * 2 + 1", X, count_operations=True).operations == 2
    assert reply_to("def f(x): return x * 2 + 1", X).operations is None


@pytest.mark.parametrize("draw", ["torch.rand(1)", "numpy.random.rand()", "random.random()", "torch.manual_seed(0)"])
def test_use_of_a_global_random_state_is_noticed(draw: str) -> None:
    code = f"import random, numpy, torch\ndef f():\n    {draw}"
    assert reply_to(code, watch=True, seed=3).random_state_changed is True


def test_a_generator_of_ones_own_leaves_the_global_states_alone() -> None:
    code = "import torch\ndef f(): return torch.rand(1, generator=torch.Generator().manual_seed(0))"
    assert reply_to(code, watch=True).random_state_changed is False


@pytest.mark.parametrize("draw", ["torch.rand(3)", "float(numpy.random.rand())", "random.random()"])
def test_the_same_seed_gives_the_same_draws(draw: str) -> None:
    student = in_process(f"import random, numpy, torch\ndef f(): return {draw}")
    first, again, other = (student._exchange([student.f._step("call", (), {})], seed=s)[0].value for s in (1, 1, 2))
    assert str(first) == str(again) != str(other)


def test_gradients_are_off_where_it_is_asked_for() -> None:
    code = "import torch\ndef f(): return torch.is_grad_enabled()"
    assert reply_to(code).value is True
    assert reply_to(code, grad=False).value is False
    assert reply_to("import torch\ndef f():\n    torch.set_grad_enabled(False)").error is None
    assert torch.is_grad_enabled()


# -- gradients ----------------------------------------------------------------------------------------------------


def gradients_of(code: str, *args: Any, cotangents: Any = None) -> dict[str, Any]:
    student = in_process(code)
    step = student.f._step("gradients", args, {}, cotangents=cotangents)
    return student._exchange([step])[0].unwrap()


def test_gradients_follow_the_cotangent() -> None:
    x, y = X.clone().requires_grad_(), torch.ones(4, requires_grad=True)
    found = gradients_of("def f(x, y): return x * x * y", x, y, cotangents=[torch.tensor([1.0, 0, 2, 0])])
    assert torch.equal(found["inputs"][0], torch.tensor([0.0, 0, 8, 0]))
    assert torch.equal(found["inputs"][1], torch.tensor([0.0, 0, 8, 0]))
    assert torch.equal(found["outputs"], X * X)


def test_an_argument_that_nothing_flows_back_to_has_none() -> None:
    x, y = X.clone().requires_grad_(), X.clone().requires_grad_()
    inputs = gradients_of("def f(x, y): return (x * y.detach()).sum()", x, y)["inputs"]
    assert torch.equal(inputs[0], X) and inputs[1] is None
    assert gradients_of("def f(x): return x.detach().sum()", x)["inputs"] == [None]


def test_a_module_gives_its_parameters_gradients_by_name() -> None:
    student = in_process("import torch\nf = torch.nn.Linear(4, 1)\nf.bias.requires_grad_(False)")
    found = student._exchange([student.f._step("gradients", (X,), {}, cotangents=None)])[0].unwrap()
    assert list(found["parameters"]) == ["weight"]
    assert torch.equal(found["parameters"]["weight"], X[None])


def test_a_result_is_taken_as_it_was_when_the_call_returned() -> None:
    """A function may return a tensor that it goes on using; the calls of one message share the process."""
    student = in_process("import torch\ntotal = torch.zeros(2)\ndef f(x): return total.add_(x)")
    replies = student._exchange([student.f._step("call", (1.0,), {}) for _ in range(3)])
    assert [r.value.tolist() for r in replies] == [[1, 1], [2, 2], [3, 3]]


# -- handles ------------------------------------------------------------------------------------------------------

NET = """
import torch
class Net(torch.nn.Module):
    def __init__(self, width=2):
        super().__init__()
        self.layer, self.width = torch.nn.Linear(width, width), width
    def forward(self, x): return self.layer(x)
def train(net): return net.width
def numbers():
    yield 1
    yield 2
"""


def test_modules_stay_in_the_kernel_behind_a_handle() -> None:
    net = in_process(NET).Net(3)
    assert isinstance(net, Handle) and (net.kind, net.name) == ("module", "Net")
    assert net(torch.ones(3)).shape == (3,)
    assert net.get("training") is True and net.get("width") == 3
    net.eval()
    assert net.get("training") is False
    net.load_state_dict({"layer.weight": torch.eye(3), "layer.bias": torch.zeros(3)})
    assert torch.equal(net(torch.ones(3)), torch.ones(3))


def test_a_handle_can_be_an_argument_and_stays_the_same_object() -> None:
    student = in_process(NET)
    net = student.Net(5)
    assert student.train(net) == 5
    assert net.get("layer").id == net.get("layer").id != net.id


def test_classes_and_functions_can_be_passed_without_a_call() -> None:
    student = in_process("def apply(make, n): return make(n)\ndef twice(n): return 2 * n")
    assert student.apply(student.twice, 4) == 8
    assert student.apply(student.twice.handle(), 4) == 8


def test_generators_are_read_one_item_at_a_time() -> None:
    numbers = in_process(NET).numbers()
    assert (numbers.next(), numbers.next()) == (1, 2)
    with pytest.raises(StudentError, match="StopIteration"):
        numbers.next()


def test_an_unknown_handle_is_refused() -> None:
    agent = Agent({})
    encoder = Encoder()
    node = encoder.encode({"steps": [{"op": "resolve", "object": {}}]})
    node["v"][0][1][0]["v"][1][1] = {"t": "ref", "id": 7, "kind": "object", "name": "x"}
    with pytest.raises(CodecError, match="unknown handle"):
        agent.handle(node, [])


def test_support_is_a_module_in_the_students_kernel() -> None:
    student = in_process("def f(): return support.small(3)", support=["def small(n): return n + 1"])
    assert student.support.small(1) == 2
    assert student.f() == 4


# -- what cannot be sent ------------------------------------------------------------------------------------------


def test_a_value_that_cannot_cross_is_said_so_and_spoils_nothing_else() -> None:
    code = """
import numpy, torch
def f(n): return [lambda: 10**1000, lambda: numpy.array(["a"]), lambda: [0] * 10**6, lambda: torch.ones(3)][n]()
"""
    student = in_process(code)
    replies = student._exchange([student.f._step("call", (n,), {}) for n in (0, 1, 2, 3)])
    assert [r.error and r.error.type_name for r in replies] == ["Unsendable", "Unsendable", "Unsendable", None]
    assert torch.equal(replies[3].value, torch.ones(3))


LIAR = """
import torch
class Liar(torch.Tensor):
    @property
    def shape(self): return torch.Size([7])
    @property
    def requires_grad(self): return "yes"
    def numel(self): return 7
    def detach(self): return torch.zeros(7)
    def __eq__(self, other): return True
    @classmethod
    def __torch_function__(cls, func, types, args=(), kwargs=None): return torch.zeros(7)
def f(): return torch.ones(2).as_subclass(Liar)
class Bare(torch.Tensor):
    @staticmethod
    def __new__(cls): return torch.Tensor._make_wrapper_subclass(cls, (7,))
    @classmethod
    def __torch_dispatch__(cls, func, types, args=(), kwargs=None): raise ValueError("no")
def g(): return Bare()
"""


def test_a_tensor_that_lies_is_sent_as_what_it_is() -> None:
    student = in_process(LIAR)
    value = student.f()
    assert type(value) is torch.Tensor and torch.equal(value, torch.ones(2)) and not value.requires_grad


def test_a_tensor_without_values_is_the_students_error() -> None:
    with pytest.raises(StudentError):
        in_process(LIAR).g()


# -- robustness ---------------------------------------------------------------------------------------------------

PATCHED = """
import builtins, contextlib, io, json, os, random, socket, struct, sys, time, traceback, numpy, torch
def nonsense(*args, **kwargs): raise SystemError("patched")
def patch():
    {patch} = nonsense
def f(x): return x + 1
"""
PATCHES = {
    "builtins": "builtins.zip = builtins.sorted = builtins.abs = builtins.any = builtins.max",
    "torch": "torch.randn = torch.equal = torch.manual_seed = torch.ones_like = torch.empty = torch.frombuffer",
    "tensor methods": "torch.Tensor.detach = torch.Tensor.clone = torch.Tensor.__eq__ = torch.Tensor.as_subclass",
    "grad": "torch.autograd.grad = torch.no_grad = torch.enable_grad",
    "json": "json.dumps = json.loads = json.load = json.dump",
    "time": "time.monotonic = time.process_time = time.time",
    "random": "numpy.random.seed = numpy.random.get_state = random.seed = random.getstate = numpy.array",
    "context": "contextlib.redirect_stdout = io.StringIO = traceback.extract_tb = traceback.format_exc",
    "os": "os.read = os.write = os.fork = os._exit",
}


@pytest.mark.parametrize("name", PATCHES)
def test_patched_libraries_do_not_disturb_the_agent(warm_parent: WarmParent, name: str) -> None:
    with warm(warm_parent, PATCHED.format(patch=PATCHES[name])) as student:
        student.patch()
        reply = student._exchange([student.f._step("call", (X,), {})], seed=1, watch=True)[0]
        assert reply.error is None and torch.equal(reply.value, X + 1) and reply.random_state_changed is False
