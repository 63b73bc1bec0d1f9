# %% [markdown]
# # How little does it take to be wrong?
#
# A network that names 94 of 100 digits rightly can be made to miss most of them, by a change that you would hardly call one. Here you find such changes, with one step and with many, measure how far they carry from net to net, train against them, and prove for some pictures that no such change exists.

# %% [markdown]
# **How this notebook works**
#
# - Run the cells from top to bottom with Shift + Enter. The trainings in 16.6 take half a minute together.
# - An *exercise* is one cell. Replace its last line, `raise NotImplementedError(...)`; keep the name and the arguments. Helpers may stand in the same cell.
# - The cell below is a *visible check*. *Hidden tests* try many more cases after you hand in, and they make the grade. The docstring says what they may ask for.
# - Stuck? Each exercise has three *hints*. Open the one whose title is your symptom.
#
# **Letters.** A batch of pictures `x` has shape `N C H W` and pixels from 0 to 1; `y` holds the right classes. The change is δ, the attacked picture x + δ, and ε (in code, `epsilon`) says how large δ may be. All of torch and SciPy is yours.

# %% tags=["setup"]
import math
import time
from collections.abc import Callable

import torch
import torch.nn.functional as F
from scipy import stats
from torch import Tensor, nn

import coursekit as kit
from coursekit import check, check_raises


def small_cnn(channels: int = 1, size: int = 8, classes: int = 10) -> nn.Sequential:
    """Three convolutions and two linear layers, for pictures of size × size."""
    layers = [nn.Conv2d(channels, 16, 3, padding=1), nn.ReLU(), nn.Conv2d(16, 32, 3, padding=1), nn.ReLU()]
    layers += [nn.MaxPool2d(2), nn.Conv2d(32, 32, 3, padding=1), nn.ReLU(), nn.Flatten()]
    return nn.Sequential(*layers, nn.Linear(8 * size * size, 64), nn.ReLU(), nn.Linear(64, classes))


def digits(split: str) -> tuple[Tensor, Tensor]:
    """The kit's handwritten digits of 8 × 8 pixels, with pixels from 0 to 1."""
    images, labels = kit.data.digits(split)
    return (images * 0.37 + 0.3).clamp(0, 1), labels


# %% [markdown]
# ## 16.1 One step against a linear model
#
# Begin where everything can be counted: four pixels, four weights, one score. A positive score means class 1.

# %% tags=["experiment"]
w = torch.tensor([1.0, -2, 3, -1])
x = torch.tensor([0.6, 0.2, 0.4, 0.5])
kit.plots.grids(x, w, 0.2 * w.sign(), x - 0.2 * w.sign(), titles=["pixels x", "weights w", "0.2 · sign(w)", "moved"])

# %% [markdown]
# *Figure 1. Before: 1·0.6 − 2·0.2 + 3·0.4 − 1·0.5 = 0.9, class 1. Now each pixel moves by 0.2 against the sign of its weight: 1·0.4 − 2·0.4 + 3·0.2 − 1·0.7 = −0.5, class 0.*
#
# Each pixel takes 0.2 · |w| from the score, whichever sign its weight has: 0.2 · (1 + 2 + 3 + 1) = 1.4, and 0.9 − 1.4 = −0.5. No other change with pixels moved by at most 0.2 takes more. So for a linear model the worst change is known:
#
# ```
# δ = −ε · sign(w)          takes ε · Σ|wᵢ| from the score
# ```
#
# A random change of the same size adds and takes, and most of it cancels: it moves the score by about ε · √(Σwᵢ²). With 64 weights of size 1, that is 8 ε against 64 ε. *Many small steps in the right direction add up; in random directions they forget each other.*

# %% tags=["experiment"]
pixels = torch.tensor([16.0, 64, 256, 1024, 4096])
figure = kit.plots.curves(
    {
        "along the signs: ε · n": (pixels, 0.01 * pixels),
        "at random: ε · √n": (pixels, 0.01 * pixels.sqrt()),
    },
    xlabel="pixels n, all weights 1 or −1, ε = 0.01",
    ylabel="the score moves by",
)
figure.axes[0].loglog(base=2)
figure

# %% [markdown]
# *Figure 2. With 64 pixels 0.64 against 0.08; with 4096 pixels 40.96 against 0.64. A picture of 64 × 64 pixels leaves a lot of room for changes that nobody sees.*

# %% [markdown]
# ## 16.2 The same on a network
#
# A network is no linear model. But close to a picture its loss is nearly linear, and the gradient plays the part of w. So ask for the gradient of the loss by *pixel*, and step along its sign. This is the **fast gradient sign method**:
#
# ```
# x + δ = clamp(x + ε · sign(∂loss/∂x), 0, 1)          loss = cross-entropy of y
# ```
#
# Up, since the loss of the right class shall grow. With a **target**, a class that the net shall see instead, the loss of the target shall fall: minus in place of plus. Pixels below 0 or above 1 are no picture, hence the clamp.
#
# In the example, for class 1: loss = log(1 + e^(−0.9)) = 0.34 before. Its gradient by pixel is −0.29 · w, because e^(−0.9) / (1 + e^(−0.9)) = 0.29; its sign is −sign(w), as above. Afterwards the loss is log(1 + e^(0.5)) = 0.97.

# %% tags=["experiment"]
g = -0.29 * w
kit.plots.grids(w, g, g.sign(), titles=["weights w", "gradient by pixel", "its sign"])

# %% [markdown]
# *Figure 3. A pixel with weight −2 has the gradient −0.29 · −2 = 0.58: brightening it raises the loss. Only the signs go into the step, so that each pixel uses all of its ε.*
#
# ### Exercise 16.2 `fgsm`
# *medium · 20 minutes · 5 points · later: the first step of `pgd`, and a fast attack for training*


# %% exercise="fgsm"
def fgsm(model: nn.Module, x: Tensor, y: Tensor, epsilon: float, *, targeted: bool = False) -> Tensor:
    """One step of size epsilon along the sign of the gradient of the loss, kept in [0, 1].

    model: takes x, gives logits (N, K); runs on the whole batch, in the mode that it is in.
    x: (N, C, H, W) float, in [0, 1].  y: (N,) int64, the classes to leave; with targeted, the classes to reach.
    epsilon: at least 0, in the units of the pixels.  The loss is the cross-entropy.
    Returns the moved pictures, shape and dtype of x, detached. A pixel whose gradient is 0 does not move.
    Afterwards all is as it was: x (no requires_grad, no .grad), the weights, their .grad (None, or the old numbers) and
    requires_grad, the mode of each submodule.
    Example: x = [0.6, 0.2, 0.4, 0.5], logits 0 and 1x₁ - 2x₂ + 3x₃ - 1x₄, y = 1, epsilon = 0.2
             gives [0.4, 0.4, 0.2, 0.7].
    Source: Goodfellow et al. 2015, https://arxiv.org/abs/1412.6572
    """
    raise NotImplementedError("fgsm: exercise 16.2")


# %% check="fgsm"
model = nn.Sequential(nn.Flatten(), nn.Linear(4, 2, bias=False))
with torch.no_grad():
    model[1].weight.copy_(torch.tensor([[0.0, 0, 0, 0], [1, -2, 3, -1]]))
x, one = torch.tensor([0.6, 0.2, 0.4, 0.5]).reshape(1, 1, 2, 2), torch.tensor([1])
expected = torch.tensor([0.4, 0.4, 0.2, 0.7]).reshape(1, 1, 2, 2)
check(fgsm(model, x, one, 0.2), expected, "fgsm(model, x, y, 0.2)")
check(any(p.grad is not None for p in model.parameters()), False, "whether a weight has a .grad afterwards")
check(x.requires_grad, False, "whether x requires gradients afterwards")
check(fgsm(model, x, 1 - one, 0.2, targeted=True), expected, "fgsm with the other class as target")
expected = torch.tensor([0.0, 0.9, 0.0, 1.0]).reshape(1, 1, 2, 2)
check(fgsm(model, x, one, 0.7), expected, "fgsm(model, x, y, 0.7)");  # fmt: skip

# %% [markdown]
# <details><summary>The weights have a .grad, or x requires gradients afterwards</summary>
#
# A question: for which tensors does `loss.backward()` store a gradient? Which function of `torch.autograd` gives back the gradient of one tensor and stores nothing?
# </details>
# <details><summary>Pixels leave [0, 1], or never get darker</summary>
#
# A pointer: δ has both signs and is not a picture. The thing that must lie in [0, 1] is the sum.
# </details>
# <details><summary>The net becomes surer of the right class</summary>
#
# The shape of the answer: a copy of x that requires gradients; one loss of y; one gradient; its sign times epsilon; added, or subtracted for a target; clamped; detached.
# </details>

# %% [markdown]
# Now a real net: the digits of 8 × 8 pixels, a small CNN, a few seconds of training. How many of the 297 test digits are right after your step? For comparison, each pixel moves by as much, up or down at random.

# %% tags=["experiment"]
train_x, train_y = digits("train")
test_x, test_y = digits("test")
torch.manual_seed(0)
plain = small_cnn()
kit.train.fit(plain, train_x, train_y, epochs=12, lr=0.003)
plain.eval()
sizes = [0, 0.05, 0.1, 0.15, 0.2, 0.3]
lines = {"FGSM": [], "random signs": []}
for size in sizes:
    signs = torch.randint(0, 2, test_x.shape, generator=torch.Generator().manual_seed(0)) * 2 - 1
    lines["FGSM"].append(kit.train.accuracy(plain, fgsm(plain, test_x, test_y, size), test_y))
    lines["random signs"].append(kit.train.accuracy(plain, (test_x + size * signs).clamp(0, 1), test_y))
    print(f"ε = {size}: FGSM {lines['FGSM'][-1]:.3f}, random signs {lines['random signs'][-1]:.3f}")
kit.plots.curves({name: (sizes, line) for name, line in lines.items()}, xlabel="ε", ylabel="test digits right")

# %% [markdown]
# *Figure 4. At ε = 0.15 one step leaves 28 % of the test digits; random signs of the same size leave 92 %, and without any change it is 94 %. So it is not the size of the change that fools the net. It is its direction.*

# %% tags=["experiment"]
moved = fgsm(plain, test_x, test_y, 0.15)
now = kit.train.predict(plain, moved)
fooled = ((now != test_y) & (kit.train.predict(plain, test_x) == test_y)).nonzero().flatten()[:8]
titles = [f"{test_y[i]}" for i in fooled] + [f"{now[i]}?" for i in fooled]
kit.plots.images(torch.cat([test_x[fooled], moved[fooled]]), titles=titles)

# %% [markdown]
# *Figure 5. Above, digits that the net gets right; below, the same after one step with ε = 0.15, and what the net now says. With 64 pixels you can see the change, and would still read most of them as before; a photograph has a thousand times as many pixels, and there ε = 0.01 is enough.*

# %% [markdown]
# ## 16.3 Two balls
#
# "At most so large" needs a ruler. Two are common. In the **l∞ ball** no pixel may move by more than ε. In the **l2 ball** the length of the whole change, √(Σδᵢ²), is at most ε: a few pixels may move far if the others rest.

# %% tags=["experiment"]
turn = torch.linspace(0, 2 * math.pi, 200)
figure = kit.plots.curves(
    {
        "l2 ball": (turn.cos(), turn.sin()),
        "l∞ ball": ([1, -1, -1, 1, 1], [1, 1, -1, -1, 1]),
        "δ = (1.5, 2)": ([0, 1.5], [0, 2]),
        "nearest in l2: (0.6, 0.8)": ([0.6], [0.8]),
        "nearest in l∞: (1, 1)": ([1], [1]),
    },
    xlabel="first pixel",
    ylabel="second pixel",
    title="ε = 1",
)
figure.set_size_inches(6, 5.4)
figure.axes[0].set_aspect("equal")
figure

# %% [markdown]
# *Figure 6. δ = (1.5, 2) has the length √(2.25 + 4) = 2.5. In the l2 ball it is scaled by 1 / 2.5, to (0.6, 0.8). In the l∞ ball each number is cut off at 1.*
#
# To **project** is to take the nearest point of the ball. What lies inside stays where it is. Each picture of a batch has a ball of its own.
#
# ### Exercise 16.3 `project`
# *easy · 10 minutes · 3 points · later: every step of `pgd`*


# %% exercise="project"
def project(delta: Tensor, epsilon: float, norm: str) -> Tensor:
    """The nearest change to delta in the ball of radius epsilon, for each picture by itself.

    delta: (N, C, H, W) float; not changed.  epsilon: at least 0.
    norm: "linf" (each number at most epsilon in size) or "l2" (root of the sum of squares over C, H and W).
    Returns shape and dtype of delta. A change inside the ball stays as it is; zeros stay zeros.
    Raises ValueError that names the norm for any other norm.
    Example: delta = [1.5, 2], epsilon = 1
             gives [0.6, 0.8] for "l2" and [1, 1] for "linf".
    """
    raise NotImplementedError("project: exercise 16.3")


# %% check="project"
delta = torch.tensor([[1.5, 2.0], [0.3, -0.4], [0.0, 0.0]]).reshape(3, 1, 1, 2)
expected = torch.tensor([[0.6, 0.8], [0.3, -0.4], [0.0, 0.0]]).reshape(3, 1, 1, 2)
check(project(delta, 1.0, "l2"), expected, 'project(delta, 1.0, "l2") for three pictures')
expected = torch.tensor([[1.0, 1.0], [0.3, -0.4], [0.0, 0.0]]).reshape(3, 1, 1, 2)
check(project(delta, 1.0, "linf"), expected, 'project(delta, 1.0, "linf") for three pictures')
delta = torch.tensor([3.0, 0, 0, 4]).reshape(1, 2, 2, 1)
check(project(delta, 1.0, "l2"), delta / 5, "project for one picture with two channels")
check_raises(ValueError, project, delta, 1.0, "l1", mentions=["l1"]);  # fmt: skip

# %% [markdown]
# <details><summary>The result is nan for a picture of zeros</summary>
#
# A question: how long is it, and what do you divide by what? Should anything happen to it at all?
# </details>
# <details><summary>Right for one picture, wrong for three</summary>
#
# A pointer: N lengths are needed, of shape (N, 1, 1, 1), so that they go with their own picture. `flatten(1)` keeps the first axis.
# </details>
# <details><summary>A short change gets longer</summary>
#
# The shape of the answer: a factor for each picture, ε over its length, but at most 1; zeros need a way round 0 / 0. The other norm is one call; the third case raises.
# </details>

# %% [markdown]
# The same step seen by the two balls: your projection of one random δ. Count the pixels that hit the limit.

# %% tags=["experiment"]
delta = torch.randn(1, 1, 4, 4, generator=torch.Generator().manual_seed(1))
kit.plots.grids(
    delta, project(delta, 1.0, "linf"), project(delta, 1.0, "l2"), titles=["δ", "in the l∞ ball", "in the l2 ball"]
)

# %% [markdown]
# ## 16.4 Many small steps
#
# One step trusts the gradient at x for the whole way. If the loss bends inside the ball, look again on the way: take a small step, go back into the ball if you have left it, and repeat. This is **projected gradient descent**, PGD (uphill, in spite of its name):
#
# ```
# x₀ = x + a random point of the ball, clamped to [0, 1]
# xₜ₊₁ = clamp(x + project(xₜ + step − x), 0, 1)
# step = step_size · sign(g)   for l∞        step_size · g / ‖g‖   for l2        g = ∂loss/∂xₜ
# ```
#
# Two things to see. The middle of the ball is x, in every step, not the last picture. And in the l2 ball the step has a *length*: the gradient of each picture divided by its own length.

# %% tags=["experiment"]
kit.plots.grids(
    torch.tensor([0.5, 0.6, 0.7, 0.7, 0.6]),
    torch.tensor([0.9, 1.0, 1.0, 1.0, 1.0]),
    titles=["signs +, +, +, −", "signs +, +, +, +"],
)

# %% [markdown]
# *Figure 7. Two pixels on their way, ε = 0.2, steps of 0.1. The first starts at 0.5: 0.6, 0.7, then 0.8 is projected back to 0.5 + 0.2 = 0.7; the fourth step turns round to 0.6. The second starts at 0.9 and is stopped by the range, at 1.*
#
# Why start at random? Right at x the loss can be flat, because training has flattened it there. A few tenths of ε away it no longer is.
#
# ### Exercise 16.4 `pgd`
# *medium · 30 minutes · 6 points · later: the yardstick of 16.5 and 16.6*


# %% exercise="pgd"
def pgd(
    model: nn.Module,
    x: Tensor,
    y: Tensor,
    epsilon: float,
    step_size: float,
    steps: int,
    *,
    norm: str = "linf",
    random_start: bool = True,
    generator: torch.Generator | None = None,
) -> Tensor:
    """Projected gradient steps uphill on the loss of y, inside the ball around x and inside [0, 1].

    model, x, y, epsilon: as in fgsm; the model is called once a step, on pictures inside ball and range.
    step_size: how far each pixel moves in a step (linf), or how long each picture's step is (l2).
    steps: 0 returns the start.  norm: "linf" or "l2".
    random_start: begin at a random point of the ball, another one for each picture, clamped to [0, 1]; else at x.
    generator: where the random numbers come from; None means torch's global one, which is used in no other case.
    Returns shape and dtype of x, detached. Where the gradient is 0 there is no step.
    Afterwards all is as it was: x, the weights, their .grad and requires_grad, the modes.
    Example: x = 0.5, a gradient that is always positive, epsilon = 0.2, step_size = 0.1, no random start:
             0.6 after one step, 0.7 after two, 0.7 after three.
    Source: Madry et al. 2018, https://arxiv.org/abs/1706.06083
    """
    raise NotImplementedError("pgd: exercise 16.4")


# %% check="pgd"
line = nn.Sequential(nn.Flatten(), nn.Linear(2, 2, bias=False))
with torch.no_grad():
    line[1].weight.copy_(torch.tensor([[0.0, 0], [-3, -4]]))
x, y = torch.tensor([0.5, 0.9]).reshape(1, 1, 1, 2), torch.tensor([1])  # both gradients are positive
for steps, values in ((0, [0.5, 0.9]), (1, [0.6, 1.0]), (2, [0.7, 1.0]), (3, [0.7, 1.0])):
    got = pgd(line, x, y, 0.2, 0.1, steps, random_start=False)
    check(got, torch.tensor(values).reshape(1, 1, 1, 2), f"x after {steps} steps of 0.1 with ε = 0.2")
got = pgd(line, x - 0.2, y, 0.5, 0.1, 1, norm="l2", random_start=False)
check(got, torch.tensor([0.36, 0.78]).reshape(1, 1, 1, 2), "(0.3, 0.7) after one l2 step of length 0.1 along (3, 4)")
many, ones = torch.full((50, 1, 1, 2), 0.9), torch.ones(50, dtype=torch.int64)
start = pgd(line, many, ones, 0.2, 0.1, 0, generator=torch.Generator().manual_seed(0))
check(bool((start - many).abs().max() <= 0.2 + 1e-6), True, "whether the random start lies inside the ball")
check(bool(start.max() <= 1), True, "whether the random start lies inside [0, 1]")
check(bool(start.min() < 0.9 < start.max()), True, "whether the random start lies on both sides of x")
start = pgd(line, many, ones, 0.2, 0.1, 0, norm="l2", generator=torch.Generator().manual_seed(0))
check(bool((start - many).flatten(1).norm(dim=1).max() <= 0.2 + 1e-6), True, "whether the same holds for the l2 ball")
check(any(p.grad is not None for p in line.parameters()), False, "whether a weight has a .grad afterwards");  # fmt: skip

# %% [markdown]
# <details><summary>The picture leaves the ball, a bit more with each step</summary>
#
# A question: which picture is the middle of the ball? What do you subtract before you project, and what do you add after it?
# </details>
# <details><summary>Right for l∞, too short or nan for l2</summary>
#
# A pointer: a direction has length 1. Whose length do you divide by: the batch's or the picture's? What if it is 0?
# </details>
# <details><summary>The random start fails: outside, on one side, not repeatable</summary>
#
# The shape of the answer: numbers from −ε to ε from the generator, one for each pixel of each picture (for l2: in the ball, for instance projected); added; clamped. Then a loop of five lines, and nothing before or after it touches the model.
# </details>

# %% [markdown]
# Does looking again help? The loss of the test digits on its way, and what is left of the accuracy.

# %% tags=["experiment"]
losses, rates = [], []
draw = torch.Generator().manual_seed(0)
steps = [0, 1, 2, 3, 5, 10, 20]
for count in steps:
    moved = pgd(plain, test_x, test_y, 0.15, 0.02, count, generator=draw)
    with torch.no_grad():
        losses.append(F.cross_entropy(plain(moved), test_y).item())
    rates.append(kit.train.accuracy(plain, moved, test_y))
    print(f"{count:2} steps: loss {losses[-1]:.2f}, right {rates[-1]:.3f}")
one = fgsm(plain, test_x, test_y, 0.15)
print(
    f"FGSM:     loss {F.cross_entropy(plain(one), test_y).item():.2f}, right {kit.train.accuracy(plain, one, test_y):.3f}"
)
kit.plots.curves({"PGD, ε = 0.15, steps of 0.02": (steps, rates)}, xlabel="steps", ylabel="test digits right")

# %% [markdown]
# *Figure 8. The loss rises from 0.31 at the start to 5.3 after 20 steps, and 20 % of the digits are left; FGSM with the same ε leaves 28 %. On a linear model with two classes, one step would already be the best: so inside this ball the net bends.*

# %% [markdown]
# ## 16.5 Measuring robustness
#
# The **robust accuracy** is the share of all pictures that are right *after* an attack. It depends on the attack: a weak attack gives a flattering number. So one always says which attack, which ball, which ε.

# %% tags=["experiment"]
kit.plots.grids(
    torch.tensor([1.0, 1, 1, 0]),
    torch.tensor([1.0, 1, 0, 1]),
    torch.tensor([0.0, 0]),
    titles=["batch 1: 3 of 4", "batch 2: 3 of 4", "batch 3: 0 of 2"],
)

# %% [markdown]
# *Figure 9. Ten pictures in batches of 4, 4 and 2; 1 is right after the attack. The share is 6 / 10 = 0.6. The mean of the three batches' shares is (0.75 + 0.75 + 0) / 3 = 0.5: it lets the two last pictures count twice.*
#
# ### Exercise 16.5a `robust_accuracy`
# *easy · 15 minutes · 2 points · later: every defence is judged by it*


# %% exercise="robust_accuracy"
def robust_accuracy(
    model: nn.Module,
    attack: Callable[[nn.Module, Tensor, Tensor], Tensor],
    images: Tensor,
    labels: Tensor,
    batch_size: int = 128,
) -> float:
    """The share of all pictures, 0 to 1, that the model still gets right after the attack.

    attack(model, x, y) gives the moved pictures; it needs gradients to be on.
    images: (N, C, H, W).  labels: (N,) int64.  Batches of batch_size in order, the last may be smaller; the attack gets
    each picture once. A picture that was wrong before and is wrong after counts as wrong.
    The model is in eval mode during attack and answer; afterwards each submodule is in the mode that it was in.
    Example: ten pictures, batch_size=4, right after the attack: 3 of 4, 3 of 4, 0 of 2
             gives 0.6.
    """
    raise NotImplementedError("robust_accuracy: exercise 16.5a")


# %% check="robust_accuracy"
class Reader(nn.Module):
    """Its answer is the number in the first pixel."""

    def __init__(self):
        super().__init__()
        self.part = nn.Identity()

    def forward(self, x):
        return F.one_hot(x[:, 0, 0, 0].long(), 3).float()


def spoil(model, x, y):
    """Writes the second pixel over the first one."""
    seen.append((len(x), torch.is_grad_enabled(), model.training))
    return x[:, :, :, 1:].repeat(1, 1, 1, 2)


seen, reader = [], Reader()
reader.part.eval()
labels = torch.tensor([0, 1, 2, 0, 1, 2, 0, 1, 2, 0])
second = torch.tensor([0, 1, 2, 1, 1, 2, 1, 1, 0, 1])
pictures = torch.stack([labels, second], 1).reshape(10, 1, 1, 2).float()
check(robust_accuracy(reader, spoil, pictures, labels, 4), 0.6, "the robust accuracy of figure 9")
expected = [(4, True, False), (4, True, False), (2, True, False)]
check(seen, expected, "(pictures, gradients on, train mode) in the calls of the attack")
check((reader.training, reader.part.training), (True, False), "whether the model and its part are in train mode again");  # fmt: skip

# %% [markdown]
# <details><summary>0.5 instead of 0.6</summary>
#
# A question: how many pictures does each of your averages stand for? What could you count instead?
# </details>
# <details><summary>The attack fails: a tensor does not require grad</summary>
#
# A pointer: `torch.no_grad()` also holds inside the functions that are called in its block. What in your loop needs gradients, and what does not?
# </details>
# <details><summary>A part of the model is in the wrong mode afterwards</summary>
#
# The shape of the answer: remember the mode of every entry of `model.modules()`; eval; a loop over slices that counts; put each mode back; one division.
# </details>

# %% [markdown]
# The second question is whether an attacker needs *your* net. Suppose that he has another one, trained on the same kind of pictures, and makes his pictures against that. Those which fool your net as well **transfer**.
#
# ### Exercise 16.5b `transfer_matrix`
# *medium · 15 minutes · 3 points · later: the experiment below, and again after 16.6*


# %% exercise="transfer_matrix"
def transfer_matrix(
    models: dict[str, nn.Module], attack: Callable[[nn.Module, Tensor, Tensor], Tensor], x: Tensor, y: Tensor
) -> Tensor:
    """How often pictures that were made against one model fool another.

    models: M models by name.  attack(model, x, y) gives the moved pictures.  x: (N, C, H, W).  y: (N,) int64.
    Returns (M, M) float, in the order of the dict. Entry i, j: of the pictures that model j gets right without attack,
    the share that model j gets wrong after the attack on model i.  (Each model gets at least one picture right.)
    The attack is called once for each row, on the whole batch. Models run in eval mode, and are restored as above.
    Example: model 1 gets 4 pictures right; of these, the attack on model 0 makes it miss 1
             gives 0.25 in row 0, column 1.
    Source: Papernot et al. 2016, https://arxiv.org/abs/1605.07277
    """
    raise NotImplementedError("transfer_matrix: exercise 16.5b")


# %% check="transfer_matrix"
class Looker(nn.Module):
    """Answers 1 where the pixel at its place is above one half."""

    def __init__(self, place):
        super().__init__()
        self.place = place

    def forward(self, x):
        return torch.stack([0.5 - x[:, 0, 0, self.place], x[:, 0, 0, self.place] - 0.5], 1)


def darken(model, x, y):
    """Puts the pixel that the model looks at to 0; that of model 0 with a slip of the brush."""
    moved = x.clone()
    moved[:, 0, 0, model.place] = 0
    if model.place == 0:
        moved[0, 0, 0, 1] = 0
    return moved


lookers = {"left": Looker(0), "right": Looker(1)}
x = torch.tensor([[1.0, 1], [1, 1], [1, 1], [0, 1], [0, 0]]).reshape(5, 1, 1, 2)
expected = torch.tensor([[1.0, 0.25], [0.0, 1.0]])
got = transfer_matrix(lookers, darken, x, torch.ones(5, dtype=torch.int64))
check(got.float(), expected, "the matrix of two models that look at one pixel each")
check([net.training for net in lookers.values()], [True, True], "whether the models are in train mode again");  # fmt: skip

# %% [markdown]
# <details><summary>0.2 instead of 0.25, or numbers above 1</summary>
#
# A question: which pictures may be counted in a column at all? Count them, and only errors among them.
# </details>
# <details><summary>The matrix is mirrored, or its rows are all equal</summary>
#
# A pointer: the row says against which net the pictures were made; the column says who looks at them. Which of the two does the attack get?
# </details>
# <details><summary>Correct, but the attack is called M² times</summary>
#
# The shape of the answer: what each net gets right without attack, once, before the loop; then for each row one attack and M answers.
# </details>

# %% [markdown]
# Three nets: the CNN from above, the same kind from another start, and a dense one. How much of an attack reaches the others?

# %% tags=["experiment"]
torch.manual_seed(1)
other = small_cnn()
dense = nn.Sequential(nn.Flatten(), nn.Linear(64, 128), nn.ReLU(), nn.Linear(128, 10))
for net in (other, dense):
    kit.train.fit(net, train_x, train_y, epochs=12, lr=0.003)
nets = {"CNN": plain, "other CNN": other, "dense": dense}


def by_pgd(epsilon: float) -> Callable[[nn.Module, Tensor, Tensor], Tensor]:
    """An attack: 20 steps of PGD, each an eighth of epsilon."""
    return lambda model, x, y: pgd(model, x, y, epsilon, epsilon / 8, 20, generator=torch.Generator().manual_seed(0))


def show_transfer(nets: dict[str, nn.Module]):
    figure = kit.plots.grids(
        transfer_matrix(nets, by_pgd(0.15), test_x, test_y), titles=["share fooled; row: made against, column: seen by"]
    )
    axes = figure.axes[0]
    for i, name in enumerate(nets):
        axes.text(-0.6, i, name, ha="right", va="center")
        axes.text(i, len(nets) - 0.35, name, ha="center", va="top", fontsize=9)
    figure.set_size_inches(5.6, 3.6)
    return figure


show_transfer(nets)

# %% [markdown]
# *Figure 10. Pictures made against the CNN fool it in 80 of 100 cases, its sibling in 60, and the dense net, which has no convolution, in 47. Weights differ, what was learned is similar; an attacker can practise at home.*

# %% [markdown]
# ## 16.6 Training against the attack
#
# If the net falls to pictures of a certain kind, show it such pictures. But they depend on the weights, so they must be made anew in each step: inside, an attacker looks for the worst picture in the ball; outside, the training lowers the loss of just that picture. This is **adversarial training**:
#
# ```
# min over weights   of   mean over pictures   of   max over δ in the ball   of   loss(x + δ, y)
# ```
#
# An attack of k steps costs k forward and backward passes, and the training step one more: with k = 5, an epoch takes six times as long. A loop as in 6.8, with the clock in hand, decides how many there are.

# %% tags=["experiment"]
spent = [i / 20 for i in range(21)]
kit.plots.curves(
    {
        "learning rate / 0.1": (spent, [min(s / 0.3, (1 - s) / 0.7) for s in spent]),
        "ε / 0.15": (spent, [min(1.0, 2 * s) for s in spent]),
    },
    xlabel="share of the budget that is spent",
    title="first easy, then the whole ball",
)

# %% [markdown]
# *Figure 11. A net that knows nothing yet learns badly from worst cases. Let the ball grow: after a quarter of the budget ε is 2 · 0.25 · 0.15 = 0.075, after half it is 0.15.*
#
# **What does not help.** A net can be made hard to attack without being robust: round the pixels, and the gradient is 0; multiply the logits by 10 000, and the softmax swallows it. PGD then reports wonders. This is called **gradient masking** (Athalye et al. 2018, https://arxiv.org/abs/1802.00420). An attack that never asks for a gradient sees through it: the Square attack changes random squares and keeps what lowers the logit of the right class.
#
# ### Exercise 16.6 `adversarial_train`
# *hard · 40 minutes · 7 points · later: compared with the plain net below*


# %% exercise="adversarial_train"
def adversarial_train(
    images: Tensor, labels: Tensor, *, epsilon: float, seed: int, budget: float, device: str
) -> nn.Module:
    """Train a net that stays right when each pixel may move by epsilon, within a budget of CPU seconds.

    images: (N, C, H, W) float32, pixels in [0, 1].  labels: (N,) int64, 0 to K - 1, each of which occurs.  C, H, W and K
    come from the data.  epsilon: the radius of the l∞ ball.
    seed: the same seed starts from the same weights, another seed from others; the global random state may change.
    budget: CPU seconds, as time.process_time() counts them on one thread. At most 1.1 times the budget may be used; at
    twice the budget the training does not count.  device: a string such as "cpu" or "cuda".
    Returns a module that takes pictures in [0, 1] and gives logits (N, K), no softmax, through which the gradient
    reaches the pixels. The grader calls eval(), and attacks it on pictures that you have never seen.
    Hidden tests: 1497 digits of 8 × 8 pixels, epsilon 0.15, budget 15. A new digit counts when it is right
    untouched, under noise, on a picture made against another model, under PGD with 20 steps, and under the Square
    attack, which asks for logits only. Two points for 50 % of the new digits, two more for 60 %; one for 90 % right
    without any attack.
    Example: adversarial_train(images, labels, epsilon=0.15, seed=0, budget=15.0, device="cpu")
             returns after about 15 seconds.
    Source: Madry et al. 2018, https://arxiv.org/abs/1706.06083
    """
    raise NotImplementedError("adversarial_train: exercise 16.6")


# %% check="adversarial_train"
images, labels = digits("train")
kit.train.fit(nn.Linear(64, 10), images.flatten(1), labels, epochs=1, lr=0.01)  # what torch loads once is not counted
start = time.process_time()
net = adversarial_train(images, labels, epsilon=0.15, seed=0, budget=8.0, device="cpu")
seconds = time.process_time() - start
images, labels = digits("test")
right = kit.train.accuracy(net, images, labels)
picture = images.clone().requires_grad_()
(gradient,) = torch.autograd.grad(F.cross_entropy(net.eval()(picture), labels), picture)
one_step = (images + 0.15 * gradient.sign()).clamp(0, 1)
held = kit.train.accuracy(net, one_step, labels)
print(f"{seconds:.1f} CPU seconds of 8; new digits right: {100 * right:.0f} %, after one step {100 * held:.0f} %")
check(seconds <= 8.8, True, "whether at most 1.1 times the budget was used")
check(right > 0.8, True, "whether more than 80 % of the new digits are right")
check(held > 0.6, True, "whether more than 60 % are right after one step of 0.15 along the sign of the gradient");  # fmt: skip

# %% [markdown]
# <details><summary>Good on untouched digits, falls to PGD</summary>
#
# A question: which pictures does your loss see? Are they moved uphill, by the whole ε, against the weights of this very step?
# </details>
# <details><summary>It learns nothing, or every picture gets the same class</summary>
#
# A pointer: the worst pictures of an untrained net teach it little. Start with a small ball and let it grow; try a tenth of your learning rate.
# </details>
# <details><summary>It holds, but not often enough</summary>
#
# The shape of the answer: a loop that asks the clock before each batch; inside, a few steps of sign and clamp between x − ε and x + ε (one step from a random start is surprisingly good, and much cheaper); then one ordinary step on the moved batch. A small net sees more epochs.
# </details>

# %% [markdown]
# Your net beside the plain one. How much of the untouched accuracy did it cost? And do pictures made against the plain net reach it?

# %% tags=["experiment"]
robust = adversarial_train(train_x, train_y, epsilon=0.15, seed=0, budget=15.0, device="cpu")
sizes = [0, 0.05, 0.1, 0.15, 0.2, 0.3]
lines = {"plain": [], "adversarially trained": []}
for size in sizes:
    for name, net in (("plain", plain), ("adversarially trained", robust)):
        lines[name].append(robust_accuracy(net, by_pgd(size), test_x, test_y))
    print(f"ε = {size}: plain {lines['plain'][-1]:.3f}, trained {lines['adversarially trained'][-1]:.3f}")
kit.plots.curves({name: (sizes, line) for name, line in lines.items()}, xlabel="ε", ylabel="right after PGD, 20 steps")

# %% [markdown]
# *Figure 12. At ε = 0.15 the plain net keeps 20 %, the trained one about 70 %. Untouched, it loses nothing on these digits (on richer pictures a defence usually costs some accuracy). At ε = 0.3, twice what it was trained for, it falls as well: robustness is bought for one ball.*

# %% tags=["experiment"]
show_transfer({"CNN": plain, "dense": dense, "yours": robust})

# %% [markdown]
# *Figure 13. With a net that keeps 70 % in figure 12, about 10 in 100 of the pictures made against the two others fool it, and about 20 in 100 of those made against it fool the others. With one that keeps 62 % it was 22 and about 40.*
#
# And the masked net. It is the plain one, with pixels rounded to eighths. PGD finds no gradient; pictures made against the plain net go through.


# %% tags=["experiment"]
class Rounded(nn.Module):
    """A net behind a rounding of its pixels to eighths."""

    def __init__(self, net: nn.Module) -> None:
        super().__init__()
        self.net = net

    def forward(self, x: Tensor) -> Tensor:
        return self.net((8 * x).round() / 8)


masked = Rounded(plain)
by_transfer = lambda model, x, y: by_pgd(0.15)(plain, x, y)
print(f"PGD on the masked net itself: {robust_accuracy(masked, by_pgd(0.15), test_x, test_y):.3f} right")
print(f"pictures made against the plain net: {robust_accuracy(masked, by_transfer, test_x, test_y):.3f} right")

# %% [markdown]
# ## 16.7 What can be proved: intervals
#
# An attack that fails proves nothing; the next one may succeed. The other way round: if each pixel lies *between* two numbers, between which numbers lie the logits? If the right one's lowest is above all others' highest, no attack exists in this box.

# %% tags=["experiment"]
kit.plots.grids(
    torch.tensor([[0.0, 1], [1, 3]]),
    torch.tensor([2.0, -1]),
    torch.tensor([[-2.5, 1.5]]),
    titles=["x₁, x₂: lower, upper", "weights 2, −1", "bounds, bias 0.5"],
)

# %% [markdown]
# *Figure 14. One linear layer. Lowest: 2·0 − 1·3 + 0.5 = −2.5, so the negative weight takes the upper bound. Highest: 2·1 − 1·1 + 0.5 = 1.5. In middle and radius: 2·0.5 − 1·2 + 0.5 = −0.5, radius 2·0.5 + 1·1 = 2, again −2.5 to 1.5.*
#
# ```
# centre c = (lower + upper) / 2        radius r = (upper − lower) / 2
# after a linear layer or a convolution:   W c + b   ±   |W| r
# ```
#
# ReLU keeps the order of numbers, so it acts on each bound. Layer by layer, that is **interval bound propagation**. It is sound: nothing comes out beyond the bounds. It is not tight over several layers: each layer assumes that all its inputs can be at their worst at once.
#
# ### Exercise 16.7 `interval_bounds`
# *medium · 20 minutes · 4 points · later: the experiment below*


# %% exercise="interval_bounds"
def interval_bounds(layers: list[nn.Module], lower: Tensor, upper: Tensor) -> tuple[Tensor, Tensor]:
    """Bounds on what comes out of the layers, one after the other, for all inputs between lower and upper.

    layers: nn.Linear, nn.Conv2d (zero padding; any stride, dilation, groups; with or without bias), nn.ReLU, nn.Flatten.
    lower, upper: (N, C, H, W) or (N, features), lower at most upper; not changed, nor are the layers.
    Returns (lower, upper) after the last layer. After one layer they are the smallest and the largest value possible;
    over several layers, each starts from the bounds of the one before. No layers: lower and upper as they are.
    Example: nn.Linear with weights (2, -1) and bias 0.5, lower (0, 1), upper (1, 3)
             gives (-2.5, 1.5).
    Source: Gowal et al. 2018, https://arxiv.org/abs/1810.12715
    """
    raise NotImplementedError("interval_bounds: exercise 16.7")


# %% check="interval_bounds"
linear = nn.Linear(2, 1)
with torch.no_grad():
    linear.weight.copy_(torch.tensor([[2.0, -1.0]]))
    linear.bias.fill_(0.5)
low, high = interval_bounds([linear], torch.tensor([[0.0, 1]]), torch.tensor([[1.0, 3]]))
check([low.item(), high.item()], [-2.5, 1.5], "the pair of bounds in figure 14", tolerance=1e-6)
low, high = interval_bounds([linear, nn.ReLU()], torch.tensor([[0.0, 1]]), torch.tensor([[1.0, 3]]))
check([low.item(), high.item()], [0.0, 1.5], "the pair of bounds after a ReLU", tolerance=1e-6)
torch.manual_seed(0)
layers = [nn.Conv2d(1, 3, 3, stride=2, padding=1), nn.ReLU(), nn.Flatten(), nn.Linear(27, 4)]
x = torch.rand(1, 1, 6, 6)
low, high = interval_bounds(layers, x, x)
check(low.detach(), nn.Sequential(*layers)(x).detach(), "the lower bound where both bounds are equal", tolerance=1e-5)
low, high = interval_bounds(layers, x - 0.1, x + 0.1)
out = nn.Sequential(*layers)(x + 0.2 * torch.rand(1000, 1, 6, 6) - 0.1)
check(bool((low <= out).all() and (out <= high).all()), True, "whether 1000 random pictures stay inside the bounds");  # fmt: skip

# %% [markdown]
# <details><summary>The lower bound is above the upper one</summary>
#
# A question: the weight is −1 and the input lies between 1 and 3. Which input gives the largest product?
# </details>
# <details><summary>Some random pictures come out beyond the bounds</summary>
#
# A pointer: with weights of both signs the worst input is a mixture of lower and upper. What happens to |W| if you take the absolute value after the sum?
# </details>
# <details><summary>Right for linear layers, wrong for convolutions, or off by the bias</summary>
#
# The shape of the answer: for each layer, centre and radius; the centre through the layer itself; the radius through the same operation with absolute weights, the layer's own stride, padding, dilation and groups, and no bias.
# </details>

# %% [markdown]
# For how many test digits can your bounds prove that no change within ε exists? The net here is a small one without pooling; beside it, what PGD leaves. The truth lies between the two curves.

# %% tags=["experiment"]
torch.manual_seed(0)
provable = nn.Sequential(nn.Flatten(), nn.Linear(64, 32), nn.ReLU(), nn.Linear(32, 10))
kit.train.fit(provable, train_x, train_y, epochs=12, lr=0.003)
sizes = [0.0, 0.002, 0.005, 0.01, 0.02, 0.05]
lines = {"right after PGD": [], "proved": []}
for size in sizes:
    low, high = interval_bounds(list(provable), (test_x - size).clamp(0, 1), (test_x + size).clamp(0, 1))
    others = high.scatter(1, test_y[:, None], -math.inf).amax(1)
    lines["right after PGD"].append(robust_accuracy(provable, by_pgd(size), test_x, test_y))
    lines["proved"].append((low.gather(1, test_y[:, None])[:, 0] > others).float().mean().item())
    print(f"ε = {size}: right after PGD {lines['right after PGD'][-1]:.3f}, proved {lines['proved'][-1]:.3f}")
kit.plots.curves({name: (sizes, line) for name, line in lines.items()}, xlabel="ε", ylabel="share of the test digits")

# %% [markdown]
# *Figure 15. At ε = 0.02 PGD leaves 82 % and intervals prove 60 %; for the rest nobody knows. At 0.05 it is 75 % against 8 %: the wider the box, the more the layers' worst cases are ones that cannot happen together. Nets can be trained so that their intervals stay tight.*

# %% [markdown]
# ## 16.8 What can be proved: noise
#
# Intervals look into the net. Another proof only asks it. Add Gaussian noise of standard deviation σ to the picture, many times, and let the net vote. If one class wins with a probability of at least p, then the *vote* cannot change for any change of length (l2) below
#
# ```
# radius = σ · Φ⁻¹(p)          Φ⁻¹: the quantile of the standard normal distribution
# ```
#
# But p is not known. You see `top_count` votes of `n`, and need a number that p exceeds almost surely: the one-sided **Clopper-Pearson** lower bound. It is the p for which as many votes or more would come with probability α only; written with the beta distribution:
#
# ```
# lower bound = the α-quantile of Beta(top_count, n − top_count + 1)
# ```

# %% tags=["experiment"]
votes = torch.arange(500, 1001, 10)
bounds = [stats.beta.ppf(0.001, int(k), 1000 - int(k) + 1) for k in votes]
kit.plots.curves(
    {
        "share of the votes": (votes, votes / 1000),
        "lower bound, α = 0.001": (votes, bounds),
    },
    xlabel="votes of 1000",
    ylabel="probability",
)

# %% [markdown]
# *Figure 16. 900 of 1000 votes are a share of 0.9; the lower bound is 0.867, and with σ = 1 the radius 1.11. 990 votes: bound 0.976. 550 votes, which look like a clear majority, prove just 0.5007; with 549, nothing. With 20 of 20 and α = 0.05 the bound is 0.05 to the power 1/20 = 0.861: p²⁰ = 0.05.*
#
# If the bound is not above one half, nothing is proved, and the honest answer is to abstain.
#
# ### Exercise 16.8 `certified_radius`
# *easy · 10 minutes · 4 points · later: the experiment below*


# %% exercise="certified_radius"
def certified_radius(top_count: int, n: int, sigma: float, alpha: float = 0.001) -> float:
    """The l2 radius that holds with probability 1 - alpha when top_count of n noisy votes were for one class.

    top_count: 0 to n.  n: at least 1, up to 100 000.  sigma: the noise, in the units of the pixels.  alpha: 0 to 1/2.
    Returns sigma times the standard normal quantile of the one-sided Clopper-Pearson lower bound (exact, no
    approximation), as a float; 0.0, which means abstain, where that bound is at most 1/2. Relative precision 1e-6.
    Example: certified_radius(990, 1000, 0.5)
             gives 0.989.
    Source: Cohen et al. 2019, https://arxiv.org/abs/1902.02918; the quantiles are in scipy.stats, here stats
    """
    raise NotImplementedError("certified_radius: exercise 16.8")


# %% check="certified_radius"
check(certified_radius(990, 1000, 0.5), 0.9890047910705997, "certified_radius(990, 1000, 0.5)", tolerance=1e-6)
check(certified_radius(20, 20, 1.0, 0.05), 1.0843341220556777, "certified_radius(20, 20, 1.0, 0.05)", tolerance=1e-6)
check(certified_radius(52, 100, 1.0), 0.0, "certified_radius(52, 100, 1.0)")
check(certified_radius(0, 100, 1.0), 0.0, "certified_radius(0, 100, 1.0)");  # fmt: skip

# %% [markdown]
# <details><summary>A radius for 52 of 100, or an infinite one for 20 of 20</summary>
#
# A question: if you toss a fair coin 100 times, how surprised are you by 52 heads? What is the smallest p that would not surprise you?
# </details>
# <details><summary>A bit too large or too small</summary>
#
# A pointer: one side only, so all of α lies below; the quantile at α, not at 1 − α; and n − top_count *plus one*.
# </details>
# <details><summary>nan, None, or a negative radius</summary>
#
# The shape of the answer: one quantile of a beta distribution (with no votes there is none: the bound is 0), one comparison with one half, one quantile of the normal distribution.
# </details>

# %% [markdown]
# 1000 noisy votes for each of 100 test digits, by your robust net. More noise proves more, until the net cannot read any longer.

# %% tags=["experiment"]
draw = torch.Generator().manual_seed(0)
radii = {}
for sigma in (0.1, 0.2, 0.4):
    found = []
    for picture, label in zip(test_x[:100], test_y[:100], strict=True):
        noisy = picture + sigma * torch.randn(1000, 1, 8, 8, generator=draw)
        count = int((kit.train.predict(robust, noisy) == label).sum())
        found.append(certified_radius(count, 1000, sigma))
    radii[f"σ = {sigma}"] = ([r / 40 for r in range(33)], [sum(f > r / 40 for f in found) / 100 for r in range(33)])
    print(f"σ = {sigma}: {sum(f > 0 for f in found)} of 100 certified, median radius {sorted(found)[50]:.2f}")
kit.plots.curves(radii, xlabel="l2 radius", ylabel="share certified beyond it")

# %% [markdown]
# *Figure 17. With 1000 equal votes the bound is 0.001 to the power 1/1000 = 0.9931, and Φ⁻¹ of it 2.46. So 1000 votes never prove more than 2.46 σ: 0.25 for σ = 0.1, where the first curve drops. With σ = 0.4 some digits get 0.6, and about 15 of 100 get nothing.*

# %% [markdown]
# ## 16.9 Why?
#
# ### Question 16.9 `why_vulnerable`
# *15 minutes · 3 points, graded by hand*
#
# 1. Explain in a few sentences why a change that nobody sees can move a net's score far (the *linear hypothesis*). What has the number of pixels to do with it?
# 2. Which numbers that you measured in this notebook fit that explanation?
# 3. Name one measurement, or one reason, which shows that it is not the whole truth.

# %% [markdown] exercise="why_vulnerable"
# *Write your answer here.*

# %% [markdown]
# **The answer.** Very little: a step of a few percent of the range in each pixel, if each goes in the right direction, since many small steps add up. Noise of the same size does next to nothing. Training on the worst pictures buys robustness inside the ball for which one has paid. And only a proof says that no change exists; an attack that fails may just have been a weak one.
