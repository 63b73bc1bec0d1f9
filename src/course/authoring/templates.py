"""What ``course new`` lays out: small lessons and exercises that work, to be changed into what you want.

``$name`` is the exercise, ``$number`` its section ("2.4"), ``$title`` the lesson's title.
"""

LESSON = """\
# %% [markdown]
# # $title
#
# One sentence: what you build here. One sentence: the question that it answers.

# %% [markdown]
# **How this notebook works**
#
# - Run the cells from top to bottom with Shift + Enter.
# - An *exercise* is one cell. Replace its last line, `raise NotImplementedError(...)`; keep the name and the arguments. Helper functions may stand in the same cell.
# - The cell below is a *visible check*. It prints `ok`, or says what differs. It knows a few cases only.
# - *Hidden tests* try many more cases after you hand in, and they make the grade. The docstring says what they may ask for.
# - Before you hand in, restart the kernel and run all cells.

# %% tags=["setup"]
import torch
from torch import Tensor

from coursekit import check, check_raises
"""  # noqa: E501

LESSON_SOLUTIONS = '''\
"""Reference answers to $name. The notebook's setup cells go before them."""
'''

SETUP = """
# %% tags=["setup"]
import torch
from torch import Tensor
"""

# --- an exercise that is tested ------------------------------------------------------------------------------------

CODE_SOURCE = '''
# %% [markdown]
# ## $number One patch and one kernel
#
# One sentence of why. Then an example with small numbers, done by hand: the patch [[1, 2], [0, 1]] and the kernel
# [[1, 0], [-1, 2]] give 1·1 + 2·0 + 0·(−1) + 1·2 = 3. Then the formula.
#
# ### Exercise $number `$name`
# *easy · 10 minutes · 4 points · later: what it is used for*


# %% exercise="$name"
def $name(patch: Tensor, kernel: Tensor) -> Tensor:
    """Multiply a patch with a kernel, number by number, and sum the products.

    patch: (K, K) float.  kernel: (K, K), of the same dtype.  Returns a tensor of shape () in that dtype.
    Raises ValueError with one of the sizes if the two shapes differ.
    Example: patch = [[1, 2], [0, 1]], kernel = [[1, 0], [-1, 2]]
             gives 3.
    """
    raise NotImplementedError("$name: exercise $number")


# %% check="$name"
from coursekit import check, check_raises

patch, kernel = torch.tensor([[1.0, 2], [0, 1]]), torch.tensor([[1.0, 0], [-1, 2]])
check($name(patch, kernel), torch.tensor(3.0), "$name([[1, 2], [0, 1]], [[1, 0], [-1, 2]])")
check_raises(ValueError, $name, patch, torch.ones(3, 3), mentions=(2, 3))

# %% [markdown]
# <details><summary>My result is not one number</summary>
#
# A question: how many products are there, and what is left after the sum?
# </details>
'''

CODE_SOLUTION = """

# %% $name
def $name(patch: Tensor, kernel: Tensor) -> Tensor:
    if patch.shape != kernel.shape:
        raise ValueError(f"a patch of shape {tuple(patch.shape)} does not fit a kernel of shape {tuple(kernel.shape)}")
    return (patch * kernel).sum()
"""

CODE_TESTS = '''\
"""$name: one output of a convolution. patch (K, K), kernel (K, K), result ()."""

import torch

from course.grading import agree, agree_gradients, points, refuses, same


def reference(patch, kernel):
    return (patch * kernel).sum()


def any_call(r):
    k = r.randint(1, 4)
    dtype = r.choice([torch.float64, torch.float32])
    return dict(patch=r.tensor(k, k, dtype=dtype), kernel=r.tensor(k, k, dtype=dtype))


@points(1)
def test_worked_example(student):
    """The example of section $number gives 3."""
    patch, kernel = torch.tensor([[1.0, 2], [0, 1]]), torch.tensor([[1.0, 0], [-1, 2]])
    same(student.$name(patch, kernel), torch.tensor(3.0), "the result for the example")


@points(1.5)
def test_any_call(student):
    """For any patch and kernel of the same shape it is the sum of the products."""
    agree(student.$name, reference, any_call)


@points(0.5)
def test_gradients(student):
    """Gradients reach the patch and the kernel."""
    agree_gradients(student.$name, reference, any_call)


@points(1)
def test_refuses_different_shapes(student):
    """Different shapes raise a ValueError that names one of the sizes."""
    with refuses(ValueError, mentions=(2, 3)):
        student.$name(torch.ones(2, 2), torch.ones(3, 3))
    with refuses(ValueError, mentions=(1, 4)):
        student.$name(torch.ones(4, 4), torch.ones(1, 1))
'''

CODE_MISTAKES = '''\
"""What people get wrong in $name. The docstring is what the student reads: what was done, what to do, where to read."""


def _checked(patch, kernel):
    if patch.shape != kernel.shape:
        raise ValueError(f"shapes {tuple(patch.shape)} and {tuple(kernel.shape)} differ")
    return patch, kernel


def mean_instead_of_sum(patch, kernel):
    """You take the mean of the products. Sum them: a kernel of ones then adds up the patch (section $number)."""
    patch, kernel = _checked(patch, kernel)
    return (patch * kernel).mean()


def kernel_flipped(patch, kernel):
    """Your kernel is turned by 180 degrees before it meets the patch. Leave it as it is (section $number)."""
    patch, kernel = _checked(patch, kernel)
    return (patch * kernel.flip(0, 1)).sum()


def matrix_product(patch, kernel):
    """You use the matrix product `@`. Multiply number by number with `*` (section $number)."""
    patch, kernel = _checked(patch, kernel)
    return (patch @ kernel).sum()


def never_refuses(patch, kernel):
    """Different shapes give a result or another error. Compare the shapes first; where they differ, raise a ValueError
    that names a size (section $number)."""
    return (patch * kernel).sum()
'''

CODE_VARIANTS = '''\
"""Right answers of other kinds: each must get full points."""

import torch


def _checked(patch, kernel):
    if patch.shape != kernel.shape:
        raise ValueError(f"shapes {tuple(patch.shape)} and {tuple(kernel.shape)} differ")
    return patch, kernel


def loops(patch, kernel):
    """One product at a time."""
    patch, kernel = _checked(patch, kernel)
    total = torch.zeros((), dtype=patch.dtype)
    for i in range(len(patch)):
        for j in range(len(patch)):
            total = total + patch[i, j] * kernel[i, j]
    return total


def dot_product(patch, kernel):
    """Both as one long row."""
    patch, kernel = _checked(patch, kernel)
    return patch.flatten() @ kernel.flatten()


def einsum(patch, kernel):
    """Both indices summed."""
    return torch.einsum("ij,ij->", *_checked(patch, kernel))
'''

# --- a written answer ----------------------------------------------------------------------------------------------

WRITTEN_SOURCE = """
# %% [markdown]
# ## $number A question
#
# ### Exercise $number `$name` (written)
# *10 minutes · 2 points*
#
# 1. A layer has 64 kernels of 3 × 3 × 3 weights, each with a bias. How many parameters are these?
# 2. How many are they for a picture that is twice as wide? Why?

# %% [markdown] exercise="$name"
# *Write your answer here.*
"""

RUBRIC = """\
---
points: 2
---
- 1 point: 1 792, with the calculation 64 · (3 · 3 · 3 + 1). Half a point for 1 728 (biases left out).
- 1 point: the same number, because every place uses the same kernels.

## Model answer
1. Each kernel has 3 · 3 · 3 = 27 weights and one bias: 64 · (27 + 1) = **1 792**.
2. The same. The kernels slide, so a wider picture means more sums, not more weights.
"""

# --- an exercise whose answer trains a model -----------------------------------------------------------------------

TRAINED_SOURCE = '''
# %% [markdown]
# ## $number A network that reads digits
#
# ### Exercise $number `$name`
# *medium · 20 minutes · 5 points · later: what it is used for*


# %% exercise="$name"
def $name(images: Tensor, labels: Tensor, *, seed: int, budget: float, device: str) -> torch.nn.Module:
    """Train a network that names the digits of small pictures.

    images: (N, 1, 8, 8) float32, normalised.  labels: (N,) int64, 0 to 9.  seed: decides weights and order.
    budget: CPU seconds of this process; the run is stopped at twice as many.  device: where to train.
    Returns a module that maps images (M, 1, 8, 8) to scores (M, 10); at least 0.85 of 297 hidden pictures right.
    """
    raise NotImplementedError("$name: exercise $number")


# %% check="$name"
from coursekit import check
from coursekit.data import digits

images, labels = digits("train")
model = $name(images[:1000], labels[:1000], seed=0, budget=10.0, device="cpu").eval()
right = (model(images[1000:]).argmax(1) == labels[1000:]).double().mean().item()
print(f"{right:.3f} of the 500 pictures that it was not trained on are right")
check(right >= 0.85, True, "at least 0.85 right")
'''

TRAINED_SOLUTION = """

# %% $name
def $name(images: Tensor, labels: Tensor, *, seed: int, budget: float, device: str) -> torch.nn.Module:
    torch.manual_seed(seed)
    model = torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(64, 10)).to(device)
    images, labels = images.to(device), labels.to(device)
    step = torch.optim.Adam(model.parameters(), lr=0.02)
    for _ in range(5):
        for batch in torch.randperm(len(images)).split(64):
            step.zero_grad()
            torch.nn.functional.cross_entropy(model(images[batch]), labels[batch]).backward()
            step.step()
    return model
"""

TRAINED_TESTS = '''\
"""$name: a trained classifier of 8 x 8 digits. images (N, 1, 8, 8) float32, labels (N,) int64."""

import pytest
from coursekit.data import digits

from course.grading import points
from course.grading.trained import Classifier, start_follows_the_seed, train

BUDGET = 10.0  # CPU seconds
SOME, MOST = 0.75, 0.85  # accuracy on hidden pictures
limits = {"call_seconds": 120, "exercise_seconds": 300}


@pytest.fixture(scope="module")
def training(student):
    known = digits("train")
    net, seconds = train(student.$name, *known, seed=0, budget=BUDGET)
    return Classifier(net, seconds, BUDGET, known, digits("test"))


@points(2)
def test_names_digits(training):
    """At least 75 in 100 hidden pictures are named rightly."""
    training.reaches(SOME)


@points(1)
def test_names_digits_well(training):
    """At least 85 in 100 hidden pictures are named rightly."""
    training.reaches(MOST)


@points(1)
def test_budget(training):
    """The training learns something, and takes at most 1.1 times its budget of CPU seconds."""
    training.keeps_to_the_budget()
    training.learned_something(0.3)


@points(1)
def test_start(student):
    """The same seed starts from the same weights, another seed from others."""
    start_follows_the_seed(student, student.$name, *digits("train"))
'''

TRAINED_MISTAKES = '''\
"""What people get wrong in $name. Those that only accuracy can see are listed as unnamed in calibration.toml."""

import torch


def _train(images, labels, seed, steps=5, lr=0.02):
    torch.manual_seed(seed)
    model = torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(64, 10))
    step = torch.optim.Adam(model.parameters(), lr=lr)
    for _ in range(steps):
        for batch in torch.randperm(len(images)).split(64):
            step.zero_grad()
            torch.nn.functional.cross_entropy(model(images[batch]), labels[batch]).backward()
            step.step()
    return model


def never_trains(images, labels, *, seed, budget, device):
    """The weights are those at the start: call the optimiser's step for each batch (section $number)."""
    return _train(images, labels, seed, steps=0)


def labels_shuffled(images, labels, *, seed, budget, device):
    """The pictures and their labels are shuffled apart: use the same order for both (section $number)."""
    return _train(images, labels[torch.randperm(len(labels))], seed)
'''

TRAINED_VARIANTS = '''\
"""Right answers of other kinds: each must get full points."""

import torch


def hidden_layer(images, labels, *, seed, budget, device):
    """A layer of 32 units in between, plain gradient descent with momentum."""
    torch.manual_seed(seed)
    model = torch.nn.Sequential(
        torch.nn.Flatten(), torch.nn.Linear(64, 32), torch.nn.ReLU(), torch.nn.Linear(32, 10)
    ).to(device)
    step = torch.optim.SGD(model.parameters(), lr=0.05, momentum=0.9)
    for _ in range(8):
        for batch in torch.randperm(len(images)).split(64):
            step.zero_grad()
            torch.nn.functional.cross_entropy(model(images[batch].to(device)), labels[batch].to(device)).backward()
            step.step()
    return model
'''

CALIBRATION = """\
# Its presence says that the answer trains a model. Measure anew after every change to the data or the thresholds.
data = "digits: 1500 to train, 297 hidden"
seeds = 10
cpu_seconds = 1.0           # of the slowest right run
unnamed = ["never_trains", "labels_shuffled"]       # mistakes that only accuracy can see: rejected, but not named

[accuracy]                  # lowest and highest of the seeds
solution = [0.886, 0.906]
hidden_layer = [0.889, 0.926]
never_trains = [0.051, 0.232]
labels_shuffled = [0.057, 0.202]
"""
