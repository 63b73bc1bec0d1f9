"""A forbidden operation is refused on every way to it, in the exercise's clone only, and with the student's line."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import torch
from students import warm, warm_kernel

from course.grading import forbid
from course.kernels.parent import WarmParent
from course.kernels.warm import WarmKernel
from course.student import ForbiddenUse, Student

ROUTES = """import threading
import torch
import torch.nn as nn
import torch.nn.functional as F
from torch.nn.functional import conv2d as imported_before
from torch.utils._python_dispatch import _disable_current_modes

x, w = torch.randn(1, 2, 5, 5), torch.randn(3, 2, 3, 3)
scripted = torch.jit.trace(lambda a, b: F.conv2d(a, b), (x, w))
module = nn.Conv2d(2, 3, 3)

def functional(): return F.conv2d(x, w)
def early_import(): return imported_before(x, w)
def torch_function(): return torch.conv2d(x, w)
def new_module(): return nn.Conv2d(2, 3, 3)(x)
def old_module(): return module(x)
def lazy_module(): return nn.LazyConv2d(3, 3)(x)
def one_dimension(): return F.conv1d(x[0], w[:, :, 0])
def transposed(): return F.conv_transpose2d(x, w.transpose(0, 1))
def operator(): return torch.ops.aten.convolution(x, w, None, [1, 1], [0, 0], [1, 1], False, [0, 0], 1)
def backward_operator(): return torch.ops.aten.convolution_backward(
    x[:, :, :3, :3], x, w, None, [1, 1], [0, 0], [1, 1], False, [0, 0], 1, [True, False, False])
def slow_operator(): return torch._C._nn.slow_conv3d(x[:, :, None], w[:, :, None], (1, 3, 3))
def mkldnn(): return torch.mkldnn_convolution(x, w, None, (0, 0), (1, 1), (1, 1), 1)
def mkldnn_tensor(): return F.conv2d(x.to_mkldnn(), w.to_mkldnn()).to_dense()
def half(): return F.conv2d(x.bfloat16(), w.bfloat16())
def imaginary(): return F.conv2d(x.cfloat(), w.cfloat())
def time_batch(): return torch.conv_tbc(x[0], w[:, :, 0].permute(2, 1, 0), torch.zeros(3))
def script(): return scripted(x, w)
def vmapped(): return torch.vmap(lambda a: F.conv2d(a[None], w))(x)
def differentiated(): return torch.func.grad(lambda a: F.conv2d(a, w).sum())(x)
def without_modes():
    with _disable_current_modes(): return F.conv2d(x, w)
def without_dispatch():
    with torch._C._DisableTorchDispatch(): return F.conv2d(x, w)
def gradient_only(): return torch.nn.grad.conv2d_input(x.shape, w, torch.randn(1, 3, 3, 3))
def in_a_thread():
    thread = threading.Thread(target=lambda: F.conv2d(x, w))
    thread.start()
    thread.join()
    return torch.zeros(1)
class Sly(torch.autograd.Function):
    @staticmethod
    def forward(ctx, a): return a * 2
    @staticmethod
    def backward(ctx, g): return F.conv2d(g, torch.ones(2, 2, 1, 1))
def in_a_backward_pass():
    a = x.clone().requires_grad_()
    return torch.autograd.grad(Sly.apply(a).sum(), a)[0]
def swallowed():
    try: return F.conv2d(x, w)
    except Exception: return torch.zeros(1, 3, 3, 3)
"""

ALLOWED = """
import torch
import torch.nn.functional as F
x, w = torch.randn(1, 2, 5, 5), torch.randn(3, 2, 3, 3)
def einsum(): return torch.einsum("nchwij,ocij->nohw", x.unfold(2, 3, 1).unfold(3, 3, 1), w)
def matmul(): return x.reshape(2, 25) @ torch.randn(25, 3)
def strided(): return x.as_strided((1, 2, 3, 3, 3, 3), (50, 25, 5, 1, 5, 1)).sum()
def fourier(): return torch.fft.irfft2(torch.fft.rfft2(x) * torch.fft.rfft2(w[:1], s=(5, 5)))
def padding(): return F.pad(x, (1, 1, 1, 1), mode="reflect")
def linear(): return F.linear(x, torch.randn(4, 5))
def tensordot(): return torch.tensordot(x, w, dims=([1], [1]))
def cumulated(): return x.cumsum(-1).roll(1, -1).flip(-1)
def upsampled(): return F.interpolate(x, scale_factor=2)
def normalised(): return F.batch_norm(x, None, None, training=True)
def copied(): return x.to(torch.float64).clone().contiguous().to(torch.bfloat16)
def drawn(): return torch.randn(3, generator=torch.Generator().manual_seed(0))
def trained():
    p = torch.nn.Parameter(torch.ones(5))
    optimizer = torch.optim.Adam([p])
    (x @ p).sum().backward()
    optimizer.step()
    return p
"""


@pytest.fixture(scope="module")
def kernel(warm_parent: WarmParent) -> Iterator[WarmKernel]:
    with warm_kernel(warm_parent, ROUTES, ALLOWED) as kernel:
        yield kernel


@pytest.fixture(scope="module")
def student(kernel: WarmKernel) -> Iterator[Student]:
    student = Student(kernel.snapshot, bans=("convolution", "unfold"), call_seconds=30)
    yield student
    student._close()


def names_in(code: str) -> list[str]:
    return [line[4 : line.index("(")] for line in code.splitlines() if line.startswith("def ")]


@pytest.mark.parametrize("route", names_in(ROUTES))
def test_no_route_to_a_convolution_is_open(student: Student, route: str) -> None:
    with pytest.raises(ForbiddenUse) as caught:
        getattr(student, route)()
    assert "conv" in caught.value.hits[0]["operation"]


@pytest.mark.parametrize("route", names_in(ALLOWED))
def test_what_is_not_forbidden_works(student: Student, route: str) -> None:
    assert getattr(student, route)() is not None


def test_the_ban_ends_with_the_clone(kernel: WarmKernel, student: Student) -> None:
    with pytest.raises(ForbiddenUse):
        student.functional()
    student._close()
    free = Student(kernel.snapshot)
    assert free.functional().shape == (1, 3, 3, 3)
    free._close()


def test_a_hit_names_the_operator_the_cell_and_the_line(student: Student) -> None:
    line = ROUTES.splitlines().index("def functional(): return F.conv2d(x, w)") + 1
    with pytest.raises(ForbiddenUse) as caught:
        student.functional()
    assert caught.value.hits[0] == {"operation": "aten::conv2d", "cell": "answer", "line": line}


@pytest.mark.parametrize(
    "family, used, allowed",
    [
        ("unfold", "F.unfold(x, 3)", "x.unfold(2, 3, 1)"),
        ("unfold", "F.fold(torch.ones(1, 18, 9), (5, 5), 3)", "F.conv2d(x, w)"),
        ("pooling", "F.max_pool2d(x, 2)", "x.amax((2, 3))"),
        ("pooling", "F.avg_pool2d(x, 2)", "x.mean((2, 3))"),
        ("pooling", "F.adaptive_avg_pool2d(x, 1)", "x.unfold(2, 2, 2).unfold(3, 2, 2).amax((-1, -2))"),
        ("pooling", "torch.nn.AdaptiveMaxPool2d(2)(x)", "x.sum()"),
        ("batch_norm", "F.batch_norm(x, None, None, training=True)", "(x - x.mean()) / x.std()"),
        ("batch_norm", "torch.nn.BatchNorm2d(2)(x)", "F.layer_norm(x, (5, 5))"),
        ("batch_norm", "torch.nn.BatchNorm2d(2).eval()(x)", "x.var((0, 2, 3), correction=0)"),
        ("cross_entropy", "F.cross_entropy(x[0, 0], torch.arange(5))", "x.exp() / x.exp().sum(1)"),
        ("cross_entropy", "F.log_softmax(x, 1)", "x - x.logsumexp(1)"),
        ("cross_entropy", "F.nll_loss(x[0, 0], torch.arange(5))", "x.gather(1, torch.zeros(1, 1, 1, 1).long())"),
    ],
)
def test_each_family_refuses_its_own_operations_only(
    warm_parent: WarmParent, family: str, used: str, allowed: str
) -> None:
    code = f"""
import torch, torch.nn.functional as F
x, w = torch.randn(1, 2, 5, 5), torch.randn(3, 2, 3, 3)
def f(): return {used}
def g(): return {allowed}
"""
    with warm(warm_parent, code, bans=(family,), call_seconds=30) as student:
        assert student.g() is not None
        with pytest.raises(ForbiddenUse):
            student.f()


# -- autograd -----------------------------------------------------------------------------------------------------

DERIVATIVES = """
import torch
from torch.autograd.forward_ad import dual_level, make_dual, unpack_dual
from torch.autograd import grad
x = torch.tensor([2.0], requires_grad=True)
point, one = x.detach(), torch.ones(1)
def square(t): return t * t
def early_import(): return grad(square(x).sum(), x)
def torch_autograd(): return torch.autograd.grad(square(x).sum(), x)
def backward(): square(x).sum().backward()
def torch_func(): return torch.func.grad(lambda t: square(t).sum())(point)
def vjp(): return torch.func.vjp(square, point)[1](one)
def jvp(): return torch.func.jvp(square, (point,), (one,))
def jacrev(): return torch.func.jacrev(square)(point)
def jacfwd(): return torch.func.jacfwd(square)(point)
def hessian(): return torch.func.hessian(lambda t: square(t).sum())(point)
def jacobian(): return torch.autograd.functional.jacobian(square, point)
def forward_mode():
    with dual_level(): return unpack_dual(square(make_dual(point, one))).tangent
def forward_operator():
    with dual_level(): return unpack_dual(square(torch.ops.aten._make_dual(point, one, 0))).tangent
"""


@pytest.fixture(scope="module")
def deriving(warm_parent: WarmParent) -> Iterator[Student]:
    with warm(warm_parent, DERIVATIVES, call_seconds=30) as student:
        yield student


@pytest.mark.parametrize("route", [n for n in names_in(DERIVATIVES) if n != "square"])
def test_no_route_to_a_derivative_is_open_in_the_block_and_every_one_after_it(deriving: Student, route: str) -> None:
    with forbid("autograd"), pytest.raises(ForbiddenUse) as caught:
        getattr(deriving, route)()
    assert caught.value.hits[0]["operation"] == "autograd"
    getattr(deriving, route)()


def test_without_autograd_ordinary_operations_work(deriving: Student) -> None:
    with forbid("autograd"):
        assert torch.equal(deriving.square(torch.tensor([3.0])), torch.tensor([9.0]))


# -- torchvision --------------------------------------------------------------------------------------------------

NETS = """
import torch, torchvision
from torchvision.models import resnet18
from torchvision.models.resnet import BasicBlock as Block, ResNet as Net
built = Net(Block, [1, 1, 1, 1]).eval()
class Mine(Net):
    pass
class Own(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.layer = torch.nn.Conv2d(3, 4, 3)
    def forward(self, x): return self.layer(x)
x = torch.zeros(1, 3, 32, 32)
def by_name(): return torchvision.models.resnet18()
def imported_before(): return resnet18()
def classes_imported_before(): return Net(Block, [1, 1, 1, 1])
def subclass(): return Mine(Block, [1, 1, 1, 1])
def block(): return Block(3, 3)
def built_before(): return built(x)
def operation(): return torchvision.ops.StochasticDepth(0.5, "batch")(x)
"""


@pytest.mark.slow  # torchvision is imported in the kernel
def test_no_route_to_torchvisions_models_is_open(warm_parent: WarmParent) -> None:
    with warm(warm_parent, NETS, bans=("torchvision",), call_seconds=60) as student:
        assert student.Own()(torch.zeros(1, 3, 5, 5)).shape == (1, 4, 3, 3)
        for route in names_in(NETS):
            with pytest.raises(ForbiddenUse) as caught:
                getattr(student, route)()
            assert "torchvision's" in caught.value.hits[0]["operation"]
            assert caught.value.hits[0]["cell"] == "answer"


# -- other programs -----------------------------------------------------------------------------------------------

PROGRAMS = """
import os, subprocess, sys
run, spawn = subprocess.run, os.posix_spawn
command = [sys.executable, "-c", ""]
def program(): return run(command).returncode
def shell(): return os.system("true")
def spawned(): return spawn(command[0], command, {})
def replaced(): return os.execv(command[0], command)
def swallowed():
    try: return run(command).returncode
    except Exception: return 0
"""


@pytest.mark.parametrize("program", names_in(PROGRAMS))
def test_no_program_is_started_where_something_is_forbidden(warm_parent: WarmParent, program: str) -> None:
    with (
        warm(warm_parent, PROGRAMS, bans=("unfold",), call_seconds=30) as student,
        pytest.raises(ForbiddenUse) as caught,
    ):
        getattr(student, program)()
    assert caught.value.hits[0]["operation"] == "another program"


def test_programs_may_be_started_where_nothing_is_forbidden(warm_parent: WarmParent) -> None:
    with warm(warm_parent, PROGRAMS, call_seconds=30) as student:
        assert student.program() == student.shell() == 0
