"""Every helper of the grader's vocabulary accepts what is right and says what is wrong."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch
import torch.nn.functional as F
from students import in_process

from course.grading import (
    Mismatch,
    agree,
    agree_gradients,
    agree_module,
    batch,
    fail,
    forbid,
    gradients,
    keeps_random_state,
    leaves_inputs,
    load,
    observe,
    refuses,
    same,
)
from course.grading.cases import Case, Draws
from course.grading.expect import student_error_sentence
from course.student import NotDefined, Student, StudentError


def student(body: str) -> Student:
    """``f`` is this lambda or these statements."""
    code = f"f = {body}" if body.startswith("lambda") else body
    return in_process(
        f"import math, random\nimport numpy as np, torch\nimport torch.nn.functional as F\n{code}", seed=5
    )


def why(helper: Callable[..., Any], *args: Any, **options: Any) -> Mismatch:
    with pytest.raises(Mismatch) as caught:
        helper(*args, **options)
    return caught.value


def affine(x: torch.Tensor, scale: float, shift: float = 0.0, *, upside_down: bool = False) -> torch.Tensor:
    return (-1 if upside_down else 1) * (x * scale + shift)


def any_affine(r: Draws) -> Case:
    return dict(x=r.tensor(r.randint(1, 4), r.randint(1, 4)), scale=float(r.randint(1, 5)),
                shift=float(r.randint(0, 3)), upside_down=r.maybe(True, False))  # fmt: skip


RIGHT = "lambda x, scale, shift=0.0, *, upside_down=False: (-1 if upside_down else 1) * (x * scale + shift)"


# -- agree --------------------------------------------------------------------------------------------------------


def test_agree_accepts_the_reference_and_its_rewritings() -> None:
    agree(student(RIGHT).f, affine, any_affine)
    agree(student("def f(x, scale, shift=0.0, **options):\n"
                  "    y = torch.stack([row * scale for row in x]) + shift\n"
                  "    return -y if options.get('upside_down') else y").f, affine, any_affine)  # fmt: skip


def test_agree_does_not_mind_what_the_arguments_without_default_are_called() -> None:
    agree(
        student("lambda a, b, shift=0.0, upside_down=False: (-1) ** upside_down * (a * b + shift)").f,
        affine,
        any_affine,
    )


def test_agree_shows_the_smallest_failing_call_and_counts_the_others() -> None:
    wrong = "lambda x, scale, shift=0.0, upside_down=False: (-1) ** upside_down * (x * scale - shift)"
    failure = why(agree, student(wrong).f, affine, any_affine)
    assert failure.message.startswith("f(x, 1, shift=1.0): the result is ")
    assert failure.message.endswith("calls fail.)")
    shown = failure.counterexample
    assert shown is not None and shown["inputs"]["x"]["shape"] == [1, 1]
    x, scale = torch.tensor(shown["inputs"]["x"]["values"]).double(), 1.0
    assert torch.equal(torch.tensor(shown["got"]["values"]).double(), x * scale - 1)
    assert torch.equal(torch.tensor(shown["expected"]["values"]).double(), x * scale + 1)


def test_the_shown_call_can_be_pasted_and_run() -> None:
    failure = why(agree, student("lambda x, scale, **rest: x * 0").f, affine, any_affine)
    assert failure.counterexample is not None
    names = {"torch": torch, "f": lambda x, *rest, **more: x}
    exec(failure.counterexample["code"], names)
    assert isinstance(names["x"], torch.Tensor)


@pytest.mark.parametrize(
    "body, part",
    [
        ("lambda x, scale, **k: None", "None: did the function return"),
        ("lambda x, scale, **k: x[None]", "has shape"),
        ("lambda x, scale, **k: x.float()", "has dtype float32, expected float64"),
        ("lambda x, scale, **k: x.numpy()", "expected a tensor of shape"),
        ("lambda x, scale, **k: torch.nn.Identity()", "Identity (module)"),
        ("lambda x, scale, **k: 1 / 0", "raised ZeroDivisionError: division by zero"),
        ("lambda x: x", "raised TypeError"),
        ("lambda x, scale, **k: x * float('nan')", "the result is nan, expected"),
        ("lambda x, scale, **k: 10 ** 5000", "Unsendable"),
    ],
)
def test_agree_says_what_is_wrong(body: str, part: str) -> None:
    assert part in why(agree, student(body).f, affine, any_affine).message


def test_agree_keeps_to_the_dtype_of_the_inputs() -> None:
    def floats(r: Draws) -> Case:
        return dict(x=r.tensor(3, dtype=torch.float32))

    agree(student("lambda x: x.double().softmax(0).float()").f, lambda x: x.softmax(0), floats)
    assert "float64, expected float32" in why(agree, student("lambda x: x.double()").f, lambda x: x, floats).message


def test_agree_compares_with_a_reference_in_float64() -> None:
    """The better answer must not fail because the reference summed in float32."""

    def long_rows(r: Draws) -> Case:
        return dict(x=r.tensor(1, 50_000, dtype=torch.float32) + 100)

    def summed_badly(x: torch.Tensor) -> torch.Tensor:
        return x.cumsum(1)[:, -1]

    agree(student("lambda x: x.double().sum(1).float()").f, summed_badly, long_rows, cases=2, tolerance=1e-6)


def test_agree_compares_dicts_lists_and_numbers() -> None:
    def reference(n: int, names: tuple[str, ...] = ()) -> dict[str, Any]:
        return {"half": n / 2, "items": [n, True], "shape": torch.Size([n])}

    def any_n(r: Draws) -> Case:
        return dict(n=r.randint(0, 9))

    agree(student("lambda n: dict(half=0.5 * n, items=(n, True), shape=(n,))").f, reference, any_n)
    wrong = student("lambda n: dict(half=n // 2, items=(n, True), shape=(n,))")
    assert "the result['half'] is 2, expected 2.5" in why(agree, wrong.f, reference, any_n).message


def test_a_missing_name_and_a_stub_are_said_so() -> None:
    with pytest.raises(NotDefined):
        agree(student("lambda: 0").g, affine, any_affine)
    with pytest.raises(StudentError) as caught:
        agree(student("def f(*a, **k): raise NotImplementedError('f: exercise 1')").f, affine, any_affine)
    assert "still raises NotImplementedError (f: exercise 1)" in student_error_sentence(caught.value)


def test_an_error_on_our_side_is_no_failed_expectation() -> None:
    def broken(x: torch.Tensor, scale: float) -> torch.Tensor:
        raise KeyError("ours")

    with pytest.raises(KeyError):
        agree(student("lambda x, scale: x").f, broken, lambda r: dict(x=r.tensor(2), scale=1.0))


def test_agree_can_be_about_one_item_of_a_tuple() -> None:
    draw = lambda r: dict(x=r.tensor(r.randint(2, 4)))
    reference = lambda x: (x.sum(), x.prod())
    half_right = student("lambda x: (x.sum(), x.mean())")
    agree(half_right.f, reference, draw, part=("total", 0))
    assert "product is" in why(agree, half_right.f, reference, draw, part=("product", 1)).message
    agree(student("lambda x: [x.sum(), x.prod()]").f, reference, draw, part=("product", 1))
    three = student("lambda x: (x.sum(),) * 3")
    assert "3 items, expected 2" in why(agree, three.f, reference, draw, part=("total", 0)).message


def test_agree_notes_which_replies_failed() -> None:
    here = student("lambda x, scale, shift=0.0, upside_down=False: x * scale + shift")
    why(agree, here.f, affine, any_affine)
    transcript = here._transcript
    assert len(transcript.replies) == 12 and 0 < len(transcript.failing) < 12


# -- agree_gradients ----------------------------------------------------------------------------------------------


def product(x: torch.Tensor, w: torch.Tensor, bias: torch.Tensor | None = None) -> torch.Tensor:
    y = x * w
    return y if bias is None else y + bias


def any_product(r: Draws) -> Case:
    n = r.randint(1, 4)
    return dict(x=r.tensor(n), w=r.tensor(n), bias=r.maybe(r.tensor(n)))


def test_gradients_that_are_right_are_accepted() -> None:
    agree_gradients(student("lambda x, w, bias=None: x * w + (0 if bias is None else bias)").f, product, any_product)
    agree_gradients(student("""
class Product(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x, w):
        ctx.save_for_backward(x, w)
        return x * w
    @staticmethod
    def backward(ctx, g):
        x, w = ctx.saved_tensors
        return g * w, g * x
def f(x, w, bias=None): return Product.apply(x, w) + (0 if bias is None else bias)
""").f, product, any_product)  # fmt: skip


@pytest.mark.parametrize(
    "body, part",
    [
        ("lambda x, w, bias=None: (x * w).detach() + (0 if bias is None else bias.detach())", "detached"),
        ("lambda x, w, bias=None: torch.from_numpy(x.detach().numpy() * w.detach().numpy())", "detached"),
        ("lambda x, w, bias=None: x.detach() * w + (0 if bias is None else bias)", "no gradient reaches x"),
        ("lambda x, w, bias=None: x * w.abs() * w.sign().detach() * 1.0 + x - x.detach()", "the gradient of x is"),
        ("lambda x, w, bias=None: (x * w).sum()", "the result has shape (), expected"),
        ("lambda x, w, bias=None: None", "the result is None"),
        ("lambda x, w, bias=None: x.add_(1) * w", "raised RuntimeError"),
    ],
)
def test_gradients_that_are_wrong_are_told_from_each_other(body: str, part: str) -> None:
    assert part in why(agree_gradients, student(body).f, product, any_product).message


def test_gradients_are_compared_in_the_dtype_of_the_inputs() -> None:
    def floats(r: Draws) -> Case:
        return dict(x=r.tensor(3, dtype=torch.float32), w=r.tensor(3, dtype=torch.float32))

    agree_gradients(student("lambda x, w: x * w").f, product, floats)


def test_an_argument_that_plays_no_part_needs_no_gradient() -> None:
    agree_gradients(student("lambda x, w: x * 2").f, lambda x, w: x * 2, lambda r: dict(x=r.tensor(2), w=r.tensor(2)))


def test_no_gradient_is_as_right_as_one_of_zeros() -> None:
    """A loop over windows that lie in the padding never touches the picture."""
    nothing, numbers = lambda x: x * 0, lambda r: dict(x=r.tensor(2))
    agree_gradients(student("lambda x: torch.zeros(2, dtype=x.dtype)").f, nothing, numbers)
    assert "gradient of x" in why(agree_gradients, student("lambda x: x - x.detach()").f, nothing, numbers).message


# -- what is noticed on the way -----------------------------------------------------------------------------------


def one_tensor(r: Draws) -> Case:
    return dict(x=r.tensor(r.randint(1, 3)), y=r.tensor(2))


def test_a_function_that_leaves_its_inputs_alone_is_accepted() -> None:
    leaves_inputs(student("lambda x, y: x + 1").f, one_tensor)


@pytest.mark.parametrize("body, name", [("x.add_(1)", "x"), ("y.data[0] = 9", "y"), ("x *= 2; y *= 2", "x")])
def test_a_function_that_changes_its_inputs_is_told_which(body: str, name: str) -> None:
    failure = why(leaves_inputs, student(f"def f(x, y): {body}").f, one_tensor)
    assert f"changes its argument {name} in place" in failure.message


def test_an_error_is_no_unchanged_input() -> None:
    assert "ZeroDivisionError" in why(leaves_inputs, student("lambda x, y: 1 / 0").f, one_tensor).message


def test_draws_from_the_global_random_state_are_noticed() -> None:
    own = "lambda x, y: torch.randn(3, generator=torch.Generator().manual_seed(1))"
    keeps_random_state(student(own).f, one_tensor)
    for draw in ("torch.randn(3)", "np.random.rand()", "random.random()", "torch.manual_seed(1)"):
        failure = why(keeps_random_state, student(f"lambda x, y: {draw}").f, one_tensor)
        assert "global random state" in failure.message


def test_observe_tells_what_a_call_did() -> None:
    seen = observe(
        student("def f(x):\n    print('hi')\n    return x.add_(1) * 2").f, torch.ones(2), count_operations=True
    )
    assert torch.equal(seen.value, torch.full((2,), 4.0))
    assert (seen.printed, seen.changed, seen.operations, seen.random_state_changed) == ("hi\n", (0,), 2, False)
    assert seen.seconds >= 0
    assert observe(student("lambda: torch.is_grad_enabled()").f, no_grad=True).value is False
    draw = student("lambda: torch.rand(1)").f
    assert observe(draw, seed=1).value == observe(draw, seed=1).value != observe(draw, seed=2).value
    with pytest.raises(StudentError):
        observe(student("lambda: 1 / 0").f)


def test_batch_gives_a_value_or_an_error_for_each_call() -> None:
    values = batch(student("lambda a, b=1: a / b").f, [dict(a=4, b=2), ((6,), {}), ((1, 0), {})])
    assert values[:2] == [2.0, 6.0]
    assert isinstance(values[2], StudentError) and values[2].type_name == "ZeroDivisionError"


def test_gradients_gives_outputs_inputs_and_parameters() -> None:
    found = gradients(student("lambda x, n, w: (x * w * n).sum()").f, torch.ones(2), 3, w=torch.tensor([1.0, 2.0]))
    assert found.outputs == 9 and found.parameters == {}
    assert [g.tolist() for g in found.inputs if g is not None] == [[3.0, 6.0], [3.0, 3.0]]
    found = gradients(student("lambda x: x * x").f, torch.ones(2), cotangents=torch.tensor([1.0, 0.0]))
    assert found.inputs[0] is not None and found.inputs[0].tolist() == [2.0, 0.0]
    found = gradients(student("f = torch.nn.Linear(2, 1)").f, torch.ones(1, 2))
    assert sorted(found.parameters) == ["bias", "weight"]


# -- same, fail, refuses, forbid ----------------------------------------------------------------------------------


def test_same_compares_one_value_and_names_it() -> None:
    same(3, 3)
    same(torch.ones(2), torch.ones(2), "the output")
    same(torch.tensor([1.01]), torch.tensor([1.0]), tolerance=0.1)
    failure = why(same, 4, 3, "add(1, 2)")
    assert failure.message == "add(1, 2) is 4, expected 3."
    assert why(same, 4, 3).message == "The result is 4, expected 3."
    assert failure.counterexample is not None and failure.counterexample["call"] == "add(1, 2)"


def test_same_shows_the_call_that_gave_the_value_and_only_that_one() -> None:
    here = in_process("import torch\ndef f(x, n=1):\n    return x + n, float(x.sum())",
                      parameters={"f": ["x", "n"]})  # fmt: skip
    early, _ = here.f(torch.ones(1))
    late, total = here.f(torch.zeros(1), n=2)
    for got, wrong in ((late, torch.zeros(1)), (late[0], torch.tensor(0.0)), (total, 1.0)):
        shown = why(same, got, wrong, "the second result").counterexample
        assert shown is not None and shown["call"] == "f(x, n=2)" and list(shown["inputs"]) == ["x", "n"]
        assert shown["code"] == "x = torch.tensor([0.0])\nf(x, n=2)"
    for got in (early, late + 1):
        shown = why(same, got, torch.zeros(1), "the result").counterexample
        assert shown is not None and shown["inputs"] == {} and shown["call"] == "the result"


def test_arguments_without_a_known_name_are_numbered() -> None:
    here = in_process("def f(x):\n    return x + 1")
    shown = why(same, here.f(torch.ones(1)), torch.ones(1), "f").counterexample
    assert shown is not None and shown["code"] == "argument_1 = torch.tensor([1.0])\nf(argument_1)"


def test_an_error_in_the_cell_of_another_exercise_names_that_cell() -> None:
    def told(**line: Any) -> str:
        return student_error_sentence(StudentError("ValueError", "no", (), [{"line": 4, **line}]))

    assert told(cell="conv2d", code=" x[4]").endswith("That happened in line 4 of the cell of conv2d: `x[4]`")
    assert told(cell="7").endswith("in line 4 of a cell that is no exercise.")
    assert told().endswith("in line 4 of the cell.")


def test_fail_says_it_in_ones_own_words() -> None:
    failure = why(fail, "Too slow.", misconception="loops", call="f(x)", inputs={"x": torch.ones(1)}, got=2, expected=1)
    assert (failure.message, failure.misconception) == ("Too slow.", "loops")
    assert failure.counterexample is not None
    assert failure.counterexample["code"] == "x = torch.tensor([1.0])\nf(x)"
    assert why(fail, "No.").counterexample is None


def refusing(body: str, *args: Any, error: Any = ValueError, mentions: tuple[Any, ...] = (3, 4)) -> None:
    here = student(body)
    with refuses(error, mentions):
        here.f(*(args or (torch.ones(2, 3), 4)))


def test_a_refusal_that_is_right_is_accepted() -> None:
    refusing("def f(x, n): raise ValueError(f'{x.shape[1]} channels, but {n}')")
    refusing("def f(x, n): raise ValueError('expected 4')")
    refusing("def f(x, n): raise ValueError", mentions=())
    refusing("class TooFew(ValueError): pass\ndef f(x, n): raise TooFew('3')")
    refusing("def f(x, n): raise KeyError('3')", error="LookupError")


@pytest.mark.parametrize(
    "body, part",
    [
        ("lambda x, n: x", "f(tensor (2, 3), 4) must raise ValueError, but it returned a result"),
        ("def f(x, n): raise TypeError('3')", "must raise ValueError, but it raised TypeError: 3"),
        ("def f(x, n): raise ValueError('no')", "put 3 or 4 into it"),
    ],
)
def test_a_refusal_that_is_wrong_is_told_how(body: str, part: str) -> None:
    assert part in why(refusing, body).message


def test_a_stub_does_not_count_as_a_refusal() -> None:
    with pytest.raises(StudentError, match="NotImplementedError"):
        refusing("def f(x, n): raise NotImplementedError('f')")
    with pytest.raises(NotDefined):
        refusing("lambda: 0\ndel f".replace("lambda: 0", "f = 0"))


def test_only_autograd_can_be_forbidden_for_a_part_of_a_test() -> None:
    with pytest.raises(ValueError), forbid("convolution"):
        pass


# -- modules ------------------------------------------------------------------------------------------------------

NET = """
class Net(torch.nn.Module):
    def __init__(self, bias=True):
        super().__init__()
        self.layer, self.norm = torch.nn.Linear(3, 2, bias=bias), torch.nn.BatchNorm1d(2)
    def forward(self, x): return self.norm(self.layer(x))
"""


class Twin(torch.nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.layer, self.norm = torch.nn.Linear(3, 2), torch.nn.BatchNorm1d(2)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.norm(self.layer(x))


def twins(code: str, *args: Any) -> tuple[Any, Twin]:
    torch.manual_seed(0)
    twin = Twin()
    handle = student(code).Net(*args)
    load(handle, twin)
    return handle, twin


X = torch.randn(4, 3, generator=torch.Generator().manual_seed(1))


@pytest.mark.parametrize("train", [True, False])
def test_the_same_module_with_the_same_weights_agrees(train: bool) -> None:
    handle, twin = twins(NET)
    handle.train(train)
    twin.train(train)
    agree_module(handle, twin, X)
    agree_module(handle, twin, X, what="the second time")


@pytest.mark.parametrize(
    "old, new, part",
    [
        ("self.norm(self.layer(x))", "self.norm(self.layer(x)).relu()", "The output is wrong"),
        ("self.norm(self.layer(x))", "self.norm(self.layer(x)).detach()", "is missing: nothing flows back"),
        ("self.norm(self.layer(x))", "self.norm(self.layer(x.detach()))", "The gradient of the input is missing"),
        ("self.norm(self.layer(x))",
         "F.batch_norm(self.layer(x), None, None, self.norm.weight, self.norm.bias, training=True)",
         "norm.running_mean after the forward pass"),
        ("self.norm(self.layer(x))", "None", "The output is None"),
        ("self.norm(self.layer(x))", "self.norm(F.linear(x, self.layer.weight.detach(), self.layer.bias))",
         "The gradient of layer.weight is missing"),
    ],
)  # fmt: skip
def test_a_module_that_differs_is_told_where(old: str, new: str, part: str) -> None:
    handle, twin = twins(NET.replace(old, new))
    assert part in why(agree_module, handle, twin, X).message


@pytest.mark.parametrize(
    "old, new, part",
    [
        ("Linear(3, 2", "Linear(3, 5", "layer.weight has shape (5, 3), expected (2, 3)"),
        ("self.layer, ", "self.linear, ", "it lacks layer.weight, layer.bias; it has linear.weight, linear.bias"),
        ("bias=bias", "bias=False", "it lacks layer.bias"),
        ("def forward", "def state_dict(self): return None\n    def forward", "Net's state dict is None"),
    ],
)
def test_weights_that_do_not_fit_are_named(old: str, new: str, part: str) -> None:
    assert part in why(twins, NET.replace(old, new)).message


@pytest.mark.parametrize("made", ["None", "torch.ones(2)", "3"])
def test_what_is_no_module_is_the_students_mistake(made: str) -> None:
    for helper in (load, agree_module):
        handle = student(f"def Net(): return {made}").Net()
        assert "Net() must return a module, but it returned" in why(helper, handle, Twin()).message


def test_convolutions_agree_as_in_the_documentation() -> None:
    def reference(
        x: torch.Tensor, weight: torch.Tensor, bias: torch.Tensor | None = None, stride: int = 1
    ) -> torch.Tensor:
        return F.conv2d(x, weight, bias, stride)

    def any_call(r: Draws) -> Case:
        c, k = r.randint(1, 3), r.randint(1, 3)
        return dict(x=r.tensor(r.randint(1, 3), c, r.randint(3, 7), r.randint(3, 7)), weight=r.tensor(2, c, k, k),
                    bias=r.maybe(r.tensor(2)), stride=r.randint(1, 3))  # fmt: skip

    right = student("""
def f(x, weight, bias=None, stride=1):
    k = weight.shape[-1]
    windows = x.unfold(2, k, stride).unfold(3, k, stride)
    y = torch.einsum("nchwij,ocij->nohw", windows, weight)
    return y if bias is None else y + bias[:, None, None]
""")
    agree(right.f, reference, any_call)
    agree_gradients(right.f, reference, any_call)
    flipped = student("lambda x, weight, bias=None, stride=1: F.conv2d(x, weight.flip(-1, -2), bias, stride)")
    failure = why(agree, flipped.f, reference, any_call)
    assert failure.counterexample is not None and failure.counterexample["inputs"]["weight"]["shape"][-2:] == [2, 2]
