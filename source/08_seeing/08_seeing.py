# %% [markdown]
# # What does the network look at?
#
# Your network says "triangle". Did it look at the triangle, or at the ground around it? Here are five ways to ask: its filters, its maps, its gradients, what it loses when a patch is covered, and the picture that it would like best. Each answers with a picture, and each can mislead you. So at the end you measure the answers, on pictures for which the right one is known.

# %% [markdown]
# **How this notebook works**
#
# - Run the cells from top to bottom with Shift + Enter. The training in 8.1 takes about half a minute.
# - An *exercise* is one cell. Replace its last line, `raise NotImplementedError(...)`; keep the name and the arguments. Helpers may stand in the same cell.
# - The cell below is a *visible check*. *Hidden tests* try many more cases after you hand in, and they make the grade. The docstring says what they may ask for.
# - Stuck? Each exercise has three *hints*. Open the one whose title is your symptom.
#
# **Letters.** Pictures have shape `N C H W`: pictures, channels, rows, columns. `y` holds one class a picture, `N`. A **logit** is a number of the last layer, before softmax; the logit of class y is that class's **score**. A **map** `N H W` has one number a pixel.
#
# **A guest leaves no trace.** Your functions look into somebody else's model. Afterwards it has no hooks of yours, its weights, their `.grad` and `requires_grad` are as they were, and each submodule is in the mode that it was in. `kit.train.mode(model, training=False)` is a `with` block that keeps the last promise. Hidden tests look for all of these.

# %% tags=["setup"]
import torch
import torch.nn.functional as F
from torch import Tensor, nn

import coursekit as kit
from coursekit import check, check_raises

# %% [markdown]
# ## 8.1 The filters
#
# First a network to look into. The pictures are drawn by the kit: one disc, square or triangle on a busy ground. Because they are drawn, we know for every pixel whether it belongs to the object.

# %% tags=["experiment"]
CLASSES = kit.scenes.NAMES[1:]


def draw(n: int, split: str, objects: int = 1) -> tuple[Tensor, Tensor]:
    """Pictures (n, 3, 32, 32) in [0, 1], and what each pixel shows (n, 32, 32): 0 is ground, k + 1 is class k."""
    knobs = {**kit.scenes.EASY, "radius": (0.35, 0.55), "size": 32, "objects": (objects, objects)}
    scenes = kit.scenes.scenes(n, seed=8, split=split, **knobs)
    return scenes.images * 0.25 + 0.5, scenes.labels


images, shows = draw(3000, "train")
labels = shows.flatten(1).amax(1) - 1
test_images, test_shows = draw(300, "test")
test_labels, test_masks = test_shows.flatten(1).amax(1) - 1, test_shows > 0


def shown(*parts: Tensor) -> Tensor:
    """Pictures and maps as one batch of colour pictures; each map is divided by its largest value."""
    drawn = []
    for part in parts:
        if part.ndim == 3:
            part = part.float() / part.flatten(1).amax(1).clamp(min=1e-12)[:, None, None]
            part = F.interpolate(part[:, None].clamp(min=0), size=32).expand(-1, 3, -1, -1)
        drawn.append(part)
    return torch.cat(drawn)


# three discs, three squares, two triangles
eight = torch.cat([(test_labels == k).nonzero()[:3, 0] for k in range(3)])[:8]
kit.plots.images(
    shown(test_images[eight], test_masks[eight]), titles=[CLASSES[i] for i in test_labels[eight]] + ["the object"] * 8
)

# %% [markdown]
# Four convolutions with batch norm and ReLU, the mean over all places, one linear layer. The modules have names, since you will ask for them: `stem.conv`, `stage3.relu`, `head`.


# %% tags=["experiment"]
def block(channels_in: int, channels: int, kernel: int, stride: int) -> nn.Sequential:
    layers = nn.Sequential()
    layers.conv = nn.Conv2d(channels_in, channels, kernel, stride, kernel // 2, bias=False)
    layers.norm, layers.relu = nn.BatchNorm2d(channels), nn.ReLU()
    return layers


def fresh_net(seed: int) -> nn.Sequential:
    """The network with random weights, in eval mode."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        net = nn.Sequential()
        net.stem, net.stage1 = block(3, 16, 5, 1), block(16, 32, 3, 2)
        net.stage2, net.stage3 = block(32, 64, 3, 2), block(64, 64, 3, 1)
        net.pool, net.flatten, net.head = nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(64, 3)
    return net.eval()


net = fresh_net(0)
kit.train.fit(net, images, labels, epochs=8, lr=1e-2)
print(f"accuracy on new pictures: {kit.train.accuracy(net, test_images, test_labels):.2f}")

# %% [markdown]
# A filter of the first layer has as many channels as a picture, so it can be *drawn* as a picture. Its weights are positive and negative, and large in one filter, small in another. To see each, stretch each by itself: its smallest number becomes 0, its largest 1.

# %% tags=["experiment"]
three_filters = torch.tensor([[[-1.0, 0], [1, 3]], [[2, 2], [4, 2]], [[0, -4], [0, 4]]])[:, None]
laid_out = torch.full((7, 7), 0.5)
laid_out[1:3, 1:3], laid_out[1:3, 4:6] = torch.tensor([[0, 0.25], [0.5, 1]]), torch.tensor([[0.0, 0], [1, 0]])
laid_out[4:6, 1:3] = torch.tensor([[0.5, 0], [0.5, 1]])
kit.plots.grids(
    *three_filters,
    laid_out,
    titles=["filter 0", "filter 1", "filter 2", "in 2 columns, pad 1"],
    highlight=[[(0, 1)], [], [], [(1, 2)]],
)

# %% [markdown]
# *Figure 1. Filter 0 goes from −1 to 3, so its 0 becomes (0 − (−1)) / (3 − (−1)) = 0.25. The filters fill the rows from left to right. Around and between them lie strips of `pad` pixels, and the fourth cell is empty: all of these are 0.5.*
#
# ```
# height of the grid = rows · (k + pad) + pad          rows = O / columns, rounded up
# ```
#
# With three channels, a filter has *one* smallest and one largest number, over all of its channels. Otherwise its colours would be lost.
#
# ### Exercise 8.1 `filter_grid`
# *easy · 20 minutes · 3 points · later: the first look at any network*


# %% exercise="filter_grid"
def filter_grid(weight: Tensor, columns: int = 8, pad: int = 1) -> Tensor:
    """All filters of a layer side by side in one picture, each stretched to [0, 1] by itself.

    weight: (O, C, k, k) float, for instance the weight of a convolution; is not changed, and may require gradients.
    columns: how many filters stand in a row; fewer if there are fewer filters, min(columns, O).
    pad: strips of so many pixels lie around the grid and between the filters, and have the value 0.5.
    Filter i stands in row i // columns, column i % columns.  Each filter is scaled by its own smallest and largest
    number over all of its channels; one whose numbers are all the same becomes one value in [0, 1].  Empty cells: 0.5.
    Returns (C, H, W), H = rows * (k + pad) + pad and W likewise, detached, in the dtype of weight.
    Example: the three filters of figure 1 with columns=2, pad=1
             give the grid of figure 1, (1, 7, 7).
    Source: Krizhevsky et al. 2012, figure 3, https://papers.nips.cc/paper/4824
    """
    raise NotImplementedError("filter_grid: exercise 8.1")


# %% check="filter_grid"
weight = torch.tensor([[[-1.0, 0], [1, 3]], [[2, 2], [4, 2]], [[0, -4], [0, 4]]])[:, None]
expected = torch.full((1, 7, 7), 0.5)
expected[0, 1:3, 1:3], expected[0, 1:3, 4:6] = torch.tensor([[0, 0.25], [0.5, 1]]), torch.tensor([[0.0, 0], [1, 0]])
expected[0, 4:6, 1:3] = torch.tensor([[0.5, 0], [0.5, 1]])
check(filter_grid(weight, columns=2), expected, "filter_grid of figure 1")
check(tuple(filter_grid(torch.rand(10, 3, 5, 5)).shape), (3, 13, 49), "the shape of the grid of 10 filters of 5 × 5")
red_and_blue = torch.tensor([[[[2.0]], [[0.0]], [[1.0]]]])
check(
    filter_grid(red_and_blue, pad=0), torch.tensor([[[1.0]], [[0.0]], [[0.5]]]), "one filter of 1 × 1, three channels"
)
flat = filter_grid(torch.full((1, 1, 2, 2), 3.0), pad=0)
check(bool(flat.isnan().any()), False, "whether a constant filter gives NaN");  # fmt: skip

# %% [markdown]
# <details><summary>NaN, or a warning about dividing by zero</summary>
#
# A question: what is the span of a filter whose numbers are all 3, and what do you divide by then? `torch.where` can choose another divisor.
# </details>
# <details><summary>The last row is missing, or the strip at the right and at the bottom</summary>
#
# A pointer: how many rows do 3 filters take in 2 columns? And how many strips are there around and between 2 filters: 2 or 3?
# </details>
# <details><summary>I do not know where a filter begins</summary>
#
# The shape of the answer: a picture full of 0.5, and one loop over the filters. Filter i begins at row pad + (i // columns) · (k + pad). What is the column?
# </details>

# %% [markdown]
# The sixteen filters of the stem, before and after training. Before, they are noise. What do you see after?

# %% tags=["experiment"]
before, after = (filter_grid(model.stem.conv.weight, columns=4) for model in (fresh_net(0), net))
kit.plots.images(torch.stack([before, after]), titles=["before training", "after"], inches=3)

# %% [markdown]
# Not much, is it? There are a few blobs and slanted edges. In networks that were trained on a million photographs with filters of 7 × 7 or 11 × 11, edges and colours are plain to see. With 5 × 5 pixels and 3000 pictures they are faint: much of the noise that training began with is still there. And a filter of the second layer reads 16 maps, not 3 colours: what would you draw?
#
# *Filters say what a layer could see, not what it looks at now.*
#
# ## 8.2 What the layers say
#
# So give the network a picture, and write down what its layers answer. PyTorch lets you listen: a **forward hook** is a function that a module calls each time it has computed its output. `module.register_forward_hook(hook)` puts it there, and gives you a handle whose `remove()` takes it away.

# %% tags=["experiment"]
x = torch.tensor([[1.0, -2], [3, 0]])
kit.plots.grids(
    x,
    2 * x - 1,
    (2 * x - 1).relu(),
    titles=["x", "conv, when it returned", "the same tensor, later"],
    highlight=[[], [(0, 1)], [(0, 1)]],
)

# %% [markdown]
# *Figure 2. conv computes 2x − 1, so 2 · (−2) − 1 = −5. The ReLU after it works in place: it writes its 0 into the very tensor that conv returned. If your hook kept that tensor, your −5 is gone.*
#
# Four more things go wrong here:
#
# - **Hooks stay.** What you register works until you remove it, in every later pass. If the model fails on the way, the line that removes is never reached, unless it stands in a `finally`.
# - **Names have dots.** `stem.conv` is a child of a child; `model.named_modules()` knows it.
# - **A module may be called twice**, as a ReLU that is shared. Let the last call count.
# - **A function made in a loop** looks up the loop's variable when it is *called*. Then the loop is over, and all hooks write under the last name.
#
# ### Exercise 8.2 `activations`
# *medium · 25 minutes · 4 points · later: grad_cam listens in the same way*


# %% exercise="activations"
def activations(model: nn.Module, x: Tensor, names: list[str]) -> dict[str, Tensor]:
    """What the named modules gave while the model ran once on x, by forward hooks.

    x: (N, C, H, W).  names: as in model.named_modules(), such as "stem.conv"; at least one, in any order.
    Returns a dict from name to tensor, in the order of names.  Each tensor is what the module gave in its last call, as
    it was when the module returned, whatever works in place later; detached.
    The model runs in the mode that it is in.  No hook of yours is left, not even when a name is refused or the model
    itself raises (its error is passed on); hooks that were there before stay.
    Raises ValueError, with the name in the message, for a name that the model does not have, before the model runs;
    and for a module that was not called.
    Example: the net of figure 2, names=["conv"], x = [[1, -2], [3, 0]]
             gives {"conv": [[1, -5], [5, -1]]} (with two axes of length 1 in front).
    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.Module.html, register_forward_hook
    """
    raise NotImplementedError("activations: exercise 8.2")


# %% check="activations"
tiny = nn.Sequential()
tiny.body = nn.Sequential()
tiny.body.conv, tiny.body.relu, tiny.spare = nn.Conv2d(1, 1, 1), nn.ReLU(inplace=True), nn.Identity()
nn.init.constant_(tiny.body.conv.weight, 2.0)
nn.init.constant_(tiny.body.conv.bias, -1.0)
x = torch.tensor([[[[1.0, -2], [3, 0]]]])
caught = activations(tiny, x, ["body.relu", "body.conv"])
expected = {"body.relu": torch.tensor([[[[1.0, 0], [5, 0]]]]), "body.conv": torch.tensor([[[[1.0, -5], [5, -1]]]])}
check(caught, expected, "activations of the net of figure 2")
check(list(caught), ["body.relu", "body.conv"], "the order of the names")
hooks = sum(len(module._forward_hooks) for module in tiny.modules())
check(hooks, 0, "the number of hooks afterwards")
check(any(value.requires_grad for value in caught.values()), False, "whether what was caught requires gradients")
check_raises(ValueError, activations, tiny, x, ["body.norm"], mentions=("body.norm",));  # fmt: skip

# %% [markdown]
# <details><summary>Zeros where there should be negative numbers</summary>
#
# A question: does `detach()` copy the numbers, or give a second name to the same ones?
# </details>
# <details><summary>All names hold the same tensor, or only the last name is there</summary>
#
# A pointer: make the hook in a function of its own that takes the name, `def catch(name): ...`, and returns the hook.
# </details>
# <details><summary>Hooks are left, and I do remove them</summary>
#
# The shape of the answer: check the names; register, and keep the handles in a list; `try:` run the model, `finally:` remove each handle; check that each name was caught; build the dict in the order of `names`.
# </details>

# %% [markdown]
# Two maps of each stage, for one triangle. With each stage they get smaller, and more of the ground falls silent.

# %% tags=["experiment"]
one = (test_labels == 2).nonzero()[4]
stages = ["stem.relu", "stage1.relu", "stage2.relu", "stage3.relu"]
heard = activations(net, test_images[one], stages)
maps = [shown(value[0, value[0].var((1, 2)).topk(2).indices]) for value in heard.values()]
kit.plots.images(
    torch.cat([test_images[one], *maps]),
    titles=["picture", *[s.split(".")[0] for s in stages for _ in range(2)]],
    columns=9,
)

# %% [markdown]
# *Maps say what a layer found, not whether the answer depends on it.*
#
# ## 8.3 Which pixels matter
#
# Ask the answer itself: if this pixel changed a little, how much would the score of the class change? That is the gradient of the score by the picture. Training uses the gradient by the weights; this one costs the same single pass backwards.

# %% tags=["experiment"]
kit.plots.grids(
    torch.tensor([[1.0, -3], [0, 1]]),
    torch.tensor([[-2.0, 2], [0, 0]]),
    torch.tensor([[2.0, 3], [0, 1]]),
    titles=["gradient, channel 0", "channel 1", "saliency"],
    highlight=[[(0, 1)], [(0, 1)], [(0, 1)]],
)

# %% [markdown]
# *Figure 3. A linear score 1 · a − 3 · b + … has its weights as gradient. The second pixel has −3 in one channel and 2 in the other: its saliency is the larger size, 3.*
#
# ```
# saliency[n, i, j] = max over c of | ∂ score of class y[n] / ∂ x[n, c, i, j] |
# ```
#
# Take the size *before* the largest channel, or the −3 is lost. Take the **logit**, not the probability and not the loss: where the net is sure, probability 0.999, these hardly move any more, and their gradients are nearly 0. And use eval mode: in train mode, batch norm lets every picture of the batch depend on all others.
#
# `torch.autograd.grad(score, x)` gives this gradient and nothing else. `score.backward()` would also write into the `.grad` of every weight, where the next training step would find it.
#
# ### Exercise 8.3 `saliency`
# *easy · 20 minutes · 3 points · later: smooth_grad averages it, pointing_game measures it*


# %% exercise="saliency"
def saliency(model: nn.Module, x: Tensor, y: Tensor) -> Tensor:
    """The size of the gradient of each picture's class score, by pixel: the largest over the channels.

    x: (N, C, H, W) float; does not require gradients, is not changed, and gets neither requires_grad nor .grad.
    y: (N,) int64, the class of each picture.  Its score is the logit.
    Returns (N, H, W) in the dtype of x, detached, not scaled.  A picture's map does not depend on its neighbours.
    The model runs in eval mode; afterwards each submodule is in the mode that it was in, and weights, their .grad and
    requires_grad are as before.  All weights may be frozen.
    Example: the linear net of figure 3 gives [[2, 3], [0, 1]].
    Source: Simonyan et al. 2013, section 3, https://arxiv.org/abs/1312.6034
    """
    raise NotImplementedError("saliency: exercise 8.3")


# %% check="saliency"
linear = nn.Sequential(nn.Flatten(), nn.Linear(8, 2, bias=False))
with torch.no_grad():
    linear[1].weight.copy_(torch.tensor([[1.0, -3, 0, 1, -2, 2, 0, 0], [-1, 0, 4, 2, 1, 1, -1, 2]]))
x, y = torch.ones(2, 2, 2, 2), torch.tensor([0, 1])
check(
    saliency(linear, x, y),
    torch.tensor([[[2.0, 3], [0, 1]], [[1, 1], [4, 2]]]),
    "saliency in figure 3, classes 0 and 1",
)
check(linear[1].weight.grad, None, "the .grad of the weights")
check(x.requires_grad, False, "whether x requires gradients afterwards")
mixed = nn.Sequential(nn.BatchNorm2d(1, affine=False), nn.Flatten(), nn.Linear(4, 2))
with torch.no_grad():
    mixed[2].weight.copy_(torch.tensor([[1.0, 2, 3, 4], [0, 0, 0, 1]]))
got = saliency(mixed.train(), torch.tensor([[[[0.0, 1], [2, 3]]], [[[9, 0], [0, 9]]]]), torch.tensor([0, 1]))
check(
    got, torch.tensor([[[1.0, 2], [3, 4]], [[0, 0], [0, 1]]]), "saliency of a net with batch norm in train mode", 1e-4
)
check([module.training for module in mixed.modules()], [True] * 4, "the modes afterwards");  # fmt: skip

# %% [markdown]
# <details><summary>"does not require grad and does not have a grad_fn"</summary>
#
# A question: which tensor asks for a gradient here, if the weights are frozen? It must be one of yours: a copy of x.
# </details>
# <details><summary>The weights have a .grad, or modes are not restored</summary>
#
# A pointer: `torch.autograd.grad` returns the gradient and writes nowhere. `model.train(was_training)` sets all submodules alike; `kit.train.mode` remembers each.
# </details>
# <details><summary>Right for one picture, wrong for two</summary>
#
# The shape of the answer: a copy of x that requires gradients; logits (N, K) in eval mode; one logit a picture, with `gather` or `logits[torch.arange(N), y]`; their *sum*; its gradient; size, then the largest over the channels.
# </details>

# %% [markdown]
# For eight pictures, and the class that the net predicts. Bright pixels move the score most.

# %% tags=["experiment"]
predicted = kit.train.predict(net, test_images)
pixels = saliency(net, test_images[eight], predicted[eight])
kit.plots.images(shown(test_images[eight], pixels), titles=[CLASSES[i] for i in predicted[eight]] + ["saliency"] * 8)

# %% [markdown]
# ## 8.4 Ask several times
#
# These maps look like sand. One reason is that the gradient belongs to one exact picture: change it a little, and ReLUs switch, and the gradient jumps. So add noise, ask again, and average what comes again and again.

# %% tags=["experiment"]
kit.plots.grids(
    torch.tensor([-0.5, 0.5, 1.5]),
    torch.tensor([-1.0, 1, 3]),
    torch.tensor([1.0, 1, 3]),
    titles=["x + noise", "gradient 2x", "its size"],
)

# %% [markdown]
# *Figure 4. The score is x², the pixel is 0.5, the noise is −1, 0 and 1. The sizes have the mean (1 + 1 + 3) / 3 = 1.67. If you average first and take the size at the end, you get (−1 + 1 + 3) / 3 = 1: opposite signs cancel.*
#
# ```
# smooth_grad = mean over n draws of  saliency(x + σ · noise)
# ```
#
# The noise is normal, with fresh numbers for every draw, picture, channel and pixel. σ is in the units of the pixels: 0.1 is a tenth of the way from black to white.
#
# ### Exercise 8.4 `smooth_grad`
# *easy · 10 minutes · 2 points · later: one more map for pointing_game to measure*


# %% exercise="smooth_grad"
def smooth_grad(model: nn.Module, x: Tensor, y: Tensor, sigma: float, n: int, generator: torch.Generator) -> Tensor:
    """The mean of n saliency maps, each of x with fresh noise.

    x: (N, C, H, W) float, y: (N,) int64, as in saliency.  sigma: standard deviation of the normal noise, in the units of
    x.  n: number of draws, at least 1.  The noise is drawn anew for each draw and each picture, in the shape of x, from
    generator only; noisy pictures are not clamped.
    Returns (N, H, W) in the dtype of x, detached.  What saliency promises about model and x holds here as well.
    Example: score x ** 2, x = 0.5, noise -1, 0, 1 gives (1 + 1 + 3) / 3.
    Source: Smilkov et al. 2017, https://arxiv.org/abs/1706.03825
    """
    raise NotImplementedError("smooth_grad: exercise 8.4")


# %% check="smooth_grad"
class SumOfSquares(nn.Module):
    """score = Σ x², for both of its classes with weights 1 and 2."""

    def forward(self, x: Tensor) -> Tensor:
        return x.square().flatten(1).sum(1, keepdim=True) * torch.tensor([1.0, 2.0])


x, y = torch.zeros(2, 1, 20, 20), torch.tensor([0, 0])
still = smooth_grad(SumOfSquares(), x + 0.5, y, 0.0, 3, torch.Generator().manual_seed(0))
check(still, torch.ones(2, 20, 20), "smooth_grad without noise, for pixels of 0.5")
noisy = smooth_grad(SumOfSquares(), x, y, 0.5, 50, torch.Generator().manual_seed(0))
check(noisy.mean().item(), 0.798, "the mean of |2 · noise| for sigma = 0.5 (normal noise: 0.798)", 0.02)
check(bool((noisy[0] == noisy[1]).all()), False, "whether two pictures got the same noise")
again = smooth_grad(SumOfSquares(), x, y, 0.5, 50, torch.Generator().manual_seed(0))
check(again, noisy, "a second call with a generator of the same seed");  # fmt: skip

# %% [markdown]
# <details><summary>The mean is near 0, or too small</summary>
#
# A question: what is averaged in figure 4, the gradients or their sizes?
# </details>
# <details><summary>Two calls with the same seed differ, or two pictures get the same noise</summary>
#
# A pointer: `torch.randn(x.shape, generator=generator, dtype=x.dtype)` draws for every number of the batch. Where do you call it: once, or n times?
# </details>
# <details><summary>It works, but I repeat the whole of saliency</summary>
#
# The shape of the answer: a loop of n steps; in each, `saliency` of x plus σ times fresh noise; a running sum; a division. You may call your `saliency` from this cell.
# </details>

# %% tags=["experiment"]
four = eight[::2]
several = [
    smooth_grad(net, test_images[four], predicted[four], 0.1, n, torch.Generator().manual_seed(0)) for n in (1, 4, 32)
]
kit.plots.images(
    shown(test_images[four], *several), titles=[t for t in ("picture", "n = 1", "n = 4", "n = 32") for _ in range(4)]
)

# %% [markdown]
# *A gradient says what a tiny change would do. It does not say what is there.*
#
# ## 8.5 Which places speak for the class
#
# The last convolution knows more than the pixels do: each of its channels has found something, somewhere. Which of them speak for the class? Ask the gradient again, but by *these* numbers. A channel's weight is the mean of its gradient over all places; then add the channels up by their weights. That is **Grad-CAM**.

# %% tags=["experiment"]
a, b = torch.tensor([[1.0, 2], [1, 0]]), torch.tensor([[-3.0, 3], [0, 4]])
kit.plots.grids(
    a,
    b,
    2 * a - b,
    (2 * a - b).relu(),
    (2 * a - b).relu() / 5,
    titles=["channel a", "channel b", "2a − b", "ReLU", "divided by 5"],
    highlight=[[(1, 1)], [(1, 1)], [(1, 1)], [(1, 1)], [(1, 1)]],
)

# %% [markdown]
# *Figure 5. The score has, at each place, the gradient 2 in channel a and −1 in channel b, so these are the weights. The framed place: 2 · 0 − 1 · 4 = −4. It speaks against the class, and the ReLU takes it out. The largest number is 5.*
#
# ```
# weight[n, c] = mean over i, j of  ∂ score / ∂ maps[n, c, i, j]
# cam[n]       = ReLU( Σ over c of  weight[n, c] · maps[n, c] )
# ```
#
# The maps are small, 8 × 8 here. Enlarge the result to the picture (bilinear), then divide each map by its own largest number. If nothing speaks for the class, the map is 0 everywhere, and 0 / 0 must not happen.
#
# Your hook needs the layer's output *with* its graph this time. If a later layer works in place, it would write into what you keep; a hook that returns something puts that in the place of the output, so it can pass a copy on. And if all weights are frozen there is no graph, unless the picture that you hand in asks for one.
#
# ### Exercise 8.5 `grad_cam`
# *hard · 40 minutes · 6 points · later: the map that people show most often*


# %% exercise="grad_cam"
def grad_cam(model: nn.Module, x: Tensor, layer: str, y: Tensor | None = None) -> Tensor:
    """Which places of a layer speak for the class, as a map of the picture's size.

    x: (N, C, H, W) float.  layer: the name of a module, such as "stage3.relu", whose output is (N, channels, h, w).
    y: (N,) int64; None means the class that the model predicts, picture by picture.  The score is the logit.
    Weights are the means of the score's gradient over the places; the weighted sum goes through ReLU, is enlarged to
    (H, W) (bilinear, align_corners=False), and each map is divided by its maximum.  A map without anything above 0 is
    zeros.  The layer's output and its gradient are those before any later layer works in place.
    Returns (N, H, W) in the dtype of x, in [0, 1], detached.
    What saliency promises about model and x holds here as well, and no hook is left.
    Example: the channels and weights of figure 5 give [[1, 0.2], [0.4, 0]].
    Source: Selvaraju et al. 2016, https://arxiv.org/abs/1610.02391
    """
    raise NotImplementedError("grad_cam: exercise 8.5")


# %% check="grad_cam"
class TwoChannels(nn.Module):
    """The picture's channels, averaged over squares of `side` pixels, are the maps; the score of class 0 is
    8 · mean(a) − 4 · mean(b), of class 1 its negative."""

    def __init__(self, side: int = 1) -> None:
        super().__init__()
        self.maps = nn.AvgPool2d(side)

    def forward(self, x: Tensor) -> Tensor:
        a, b = self.maps(x * 1).mean((2, 3)).unbind(1)
        return torch.stack([8 * a - 4 * b, 4 * b - 8 * a], 1)


x = torch.tensor([[[1.0, 2], [1, 0]], [[-3, 3], [0, 4]]])[None]
figure5 = torch.tensor([[[1.0, 0.2], [0.4, 0]]])
check(grad_cam(TwoChannels(), x, "maps", torch.tensor([0])), figure5, "grad_cam in figure 5, class 0", 1e-3)
other = torch.tensor([[[0.0, 0], [0, 1]]])
check(grad_cam(TwoChannels(), x, "maps", torch.tensor([1])), other, "grad_cam in figure 5, class 1", 1e-3)
check(grad_cam(TwoChannels(), x, "maps"), figure5, "grad_cam without y (the scores are 4 and −4)", 1e-3)
nothing = grad_cam(TwoChannels(), torch.tensor([[[0.0, 0], [0, 0]], [[1, 2], [3, 4]]])[None], "maps", torch.tensor([0]))
check(nothing, torch.zeros(1, 2, 2), "grad_cam where nothing speaks for the class")
wide = torch.tensor([[2.0, 2, -2, -2], [2, 2, -2, -2]]).expand(1, 2, 2, 4)
pair = torch.cat([wide, wide / 10])
enlarged = torch.tensor([1, 0.75, 0.25, 0]).expand(2, 2, 4)
two = grad_cam(TwoChannels(2), pair, "maps", torch.tensor([0, 0]))
check(two, enlarged, "grad_cam of two pictures, the second a tenth of the first, from maps of 1 × 2", 1e-3)
strided = nn.Sequential(nn.Conv2d(1, 3, 3, 2), nn.ReLU(inplace=True), nn.Flatten(), nn.Linear(27, 2))
big = grad_cam(strided.requires_grad_(False), torch.rand(2, 1, 7, 7), "0")
check(tuple(big.shape), (2, 7, 7), "the shape for two pictures of 7 × 7, and maps of 3 × 3")
check(sum(len(module._forward_hooks) for module in strided.modules()), 0, "the number of hooks afterwards");  # fmt: skip

# %% [markdown]
# <details><summary>"One of the differentiated Tensors appears to not have been used in the graph"</summary>
#
# A question: is the tensor that you kept the one that went on through the net? `detach()` and `clone()` make another one. Keep the output itself, and let the hook *return* the copy.
# </details>
# <details><summary>NaN, or right for one picture and wrong for two</summary>
#
# A pointer: each map has a largest value of its own, `amax((1, 2), keepdim=True)`. What do you divide by where that is 0?
# </details>
# <details><summary>Nearly right: the map is shifted, blocky, or too broad</summary>
#
# The shape of the answer: output and gradient (N, C, h, w); weights (N, C, 1, 1), the mean over two axes; sum over channels, keeping the axis; ReLU; `F.interpolate(..., size=..., mode="bilinear", align_corners=False)`; drop the axis; divide. In this order.
# </details>

# %% [markdown]
# Now with *two* objects a picture. The same picture, asked for two classes. Does the map move?

# %% tags=["experiment"]
pair_images, pair_shows = draw(200, "shifted", objects=2)
disc, triangle = ((pair_shows == k + 1).sum((1, 2)) for k in (0, 2))
chosen = ((disc > 60) & (triangle > 40)).nonzero()[:6, 0]
for_disc, for_triangle = (grad_cam(net, pair_images[chosen], "stage3.relu", torch.full((6,), k)) for k in (0, 2))
kit.plots.images(
    shown(pair_images[chosen], for_disc, for_triangle),
    titles=[t for t in ("picture", "disc?", "triangle?") for _ in range(6)],
    columns=6,
)

# %% [markdown]
# *Grad-CAM says where the evidence for a class lies, as coarsely as the layer's map.*
#
# ## 8.6 Cover and see
#
# No gradient at all: cover a patch of the picture, and see how far the score falls. It is slow, one pass for each patch, and it needs nothing of the model but its answers.

# %% tags=["experiment"]
kit.plots.grids(
    torch.tensor([[1.0, 1, -1, 0], [1, 1, 0, -2], [2, 0, 0, 0], [0, 4, 1, 0]]),
    torch.tensor([[4.0, -3], [6, 1]]),
    titles=["what each pixel adds", "fall of the score"],
    highlight=[[(2, 0), (2, 1), (3, 0), (3, 1)], [(1, 0)]],
)

# %% [markdown]
# *Figure 6. Patches of 2 × 2, stride 2. Covering the framed one takes 2 + 0 + 0 + 4 = 6 away from the score. The one at the top right takes −3 away: without it the score is higher.*
#
# Patches begin at row 0, `stride`, 2 · `stride`, … until one reaches the end. The last may hang over the border, where it is cut off. For 7 rows, size 3 and stride 2: rows 0–2, 2–4, 4–6. For 8 rows one more, and it is cut off: 6–7.
#
# ```
# h = max(0, ⌈(H − size) / stride⌉) + 1          for H = 7: ⌈4 / 2⌉ + 1 = 3          for H = 8: ⌈5 / 2⌉ + 1 = 4
# ```
#
# ### Exercise 8.6 `occlusion`
# *medium · 20 minutes · 3 points · later: the map against which you can test the others*


# %% exercise="occlusion"
def occlusion(model: nn.Module, x: Tensor, y: Tensor, size: int, stride: int, value: float = 0.0) -> Tensor:
    """How far the score of class y falls when a square patch is covered, for each place of the patch.

    x: (N, C, H, W) float; is not changed.  y: (N,) int64; the score is the logit.
    size, stride: in pixels; a patch covers size × size pixels, in all channels, with value.  Patches begin at 0, stride,
    2 * stride, ...; the last one may be cut off by the border, and is not moved.
    Returns (N, h, w) in the dtype of x, detached: score of x minus score of the covered x, negative where it rises;
    h = max(0, ceil((H - size) / stride)) + 1, w likewise.
    The model runs in eval mode; modes, weights and .grad are as before.
    Example: the linear net of figure 6 on ones, size=2, stride=2 gives [[4, -3], [6, 1]].
    Source: Zeiler and Fergus 2013, section 4.2, https://arxiv.org/abs/1311.2901
    """
    raise NotImplementedError("occlusion: exercise 8.6")


# %% check="occlusion"
linear = nn.Sequential(nn.Flatten(), nn.Linear(16, 2, bias=False))
adds = torch.tensor([[1.0, 1, -1, 0], [1, 1, 0, -2], [2, 0, 0, 0], [0, 4, 1, 0]])
with torch.no_grad():
    linear[1].weight.copy_(torch.stack([adds.flatten(), -adds.flatten()]))
x, y = torch.ones(1, 1, 4, 4), torch.tensor([0])
check(occlusion(linear, x, y, 2, 2), torch.tensor([[[4.0, -3], [6, 1]]]), "occlusion in figure 6")
check(occlusion(linear, x, y, 2, 2, value=2.0), torch.tensor([[[-4.0, 3], [-6, -1]]]), "occlusion with value=2")
check(
    occlusion(linear, x, y, 3, 2),
    torch.tensor([[[5.0, -3], [7, 1]]]),
    "occlusion with patches of 3, cut off at the border",
)
check(occlusion(linear, x, y, 9, 1), torch.tensor([[[8.0]]]), "occlusion with one patch that covers everything")
check(x, torch.ones(1, 1, 4, 4), "x afterwards");  # fmt: skip

# %% [markdown]
# <details><summary>The second patch is right only if I call it alone, or x has changed</summary>
#
# A question: which picture do you cover, and is the patch before still covered in it?
# </details>
# <details><summary>The shape is wrong where sizes do not divide, or for a large patch</summary>
#
# A pointer: `-(-a // b)` is a / b rounded up. And what is (H − size) when the patch is larger than the picture?
# </details>
# <details><summary>It is slow, or memory grows</summary>
#
# The shape of the answer: `torch.no_grad()`; the score once, before the loops; two loops over the places, with the whole batch in each pass; a slice may reach over the border without an error.
# </details>

# %% tags=["experiment"]
grey = occlusion(net, test_images[eight], predicted[eight], 8, 2, value=0.5)
black = occlusion(net, test_images[eight], predicted[eight], 8, 2, value=0.0)
kit.plots.images(
    shown(test_images[eight], grey, black),
    titles=[CLASSES[i] for i in predicted[eight]] + ["grey patch"] * 8 + ["black patch"] * 8,
)

# %% [markdown]
# The two rows differ: a patch is itself something to see, a grey square. Ours knows squares.
#
# *A covered picture is a picture that the network has never seen.*
#
# ## 8.7 The picture that it would like best
#
# So far you asked about a given picture. Now ask for the picture: start with noise, and climb the score of one class with the pixels, as training does with the weights.

# %% tags=["experiment"]
kit.plots.grids(
    torch.tensor([0.5, 0.5]),
    torch.tensor([3.0, -4.0]),
    torch.tensor([0.6, -0.8]),
    torch.tensor([0.8, 0.1]),
    torch.tensor([0.64, 0.08]),
    titles=["picture", "gradient", "of length 1", "after a step", "after decay"],
)

# %% [markdown]
# *Figure 7. The gradient (3, −4) has the length 5. A step of `lr` = 0.5 along it: 0.5 + 0.5 · 0.6 = 0.8 and 0.5 − 0.5 · 0.8 = 0.1. Then `decay` = 0.4 multiplies by 1 − 0.5 · 0.4 = 0.8. At the end pixels are clamped to [0, 1]; here they are inside already.*
#
# Why divide by the length? The score has a scale of its own, and you do not want to look for a new `lr` in each network. You may scale the gradient in any way, or not at all. **Decay** pulls every pixel towards black, and only what the class needs stays bright.
#
# ### Exercise 8.7 `maximise`
# *medium · 25 minutes · 4 points · later: the pictures that style transfer paints are made in the same way*


# %% exercise="maximise"
def maximise(
    model: nn.Module,
    unit: int,
    shape: tuple[int, int, int],
    *,
    steps: int,
    lr: float,
    decay: float,
    generator: torch.Generator,
) -> Tensor:
    """A picture for which one logit is large, found by climbing with the pixels.

    unit: which logit, for a batch of one picture.  shape: (C, H, W) of the picture.
    The start is drawn from generator, inside [0, 1], float32; with steps=0 it is the result.
    Each of the steps moves the picture along the gradient of the logit, with the rate lr (the gradient may be scaled;
    a gradient of zeros moves nothing), multiplies it by 1 - lr * decay (not below 0) and clamps it to [0, 1].  Instead
    of multiplying you may descend decay * ||picture|| ** 2 / 2 along with the climb.
    Returns (C, H, W), in [0, 1], detached.
    The model runs in eval mode; its weights, modes, .grad and requires_grad are as before; it may be frozen.
    Example: picture [0.5, 0.5], gradient [3, -4], lr=0.5, decay=0.4 gives [0.64, 0.08] if the gradient gets length 1.
    Source: Simonyan et al. 2013, section 2, https://arxiv.org/abs/1312.6034
    """
    raise NotImplementedError("maximise: exercise 8.7")


# %% check="maximise"
linear = nn.Sequential(nn.Flatten(), nn.Linear(4, 3, bias=False))
with torch.no_grad():
    linear[1].weight.copy_(torch.tensor([[1.0, -1, 2, -2], [-1, 1, 1, -1], [0, 0, 0, 0]]))
kept = linear[1].weight.detach().clone()


def seeded() -> torch.Generator:
    return torch.Generator().manual_seed(0)


start = maximise(linear, 0, (1, 2, 2), steps=0, lr=0.1, decay=0.0, generator=seeded())
check(bool((start >= 0).all() and (start <= 1).all()), True, "whether the start lies in [0, 1]")
best = maximise(linear, 0, (1, 2, 2), steps=100, lr=0.1, decay=0.0, generator=seeded())
check(best, torch.tensor([[[1.0, 0], [1, 0]]]), "the best picture for the weights 1, −1, 2, −2", 0.02)
best = maximise(linear, 1, (1, 2, 2), steps=100, lr=0.1, decay=0.0, generator=seeded())
check(best, torch.tensor([[[0.0, 1], [1, 0]]]), "the best picture for the weights −1, 1, 1, −1", 0.02)
dark = maximise(linear, 0, (1, 2, 2), steps=100, lr=0.1, decay=9.5, generator=seeded())
check(bool(dark.square().mean() < 0.05), True, "whether a decay of 9.5 makes the picture dark")
best = maximise(linear.requires_grad_(False), 2, (1, 2, 2), steps=3, lr=0.1, decay=0.0, generator=seeded())
check(best, start, "the picture for a logit that is always 0, after 3 steps")
check(linear[1].weight.detach(), kept, "the weights afterwards");  # fmt: skip

# %% [markdown]
# <details><summary>Nothing moves, or everything goes the wrong way</summary>
#
# A question: which tensor do you return, and is it the one that was moved? Climbing adds the gradient; an optimiser of torch subtracts it.
# </details>
# <details><summary>"a leaf Variable that requires grad is being used in an in-place operation"</summary>
#
# A pointer: begin each step with a fresh leaf, `picture = picture.detach().requires_grad_()`, and make the next picture as a new tensor.
# </details>
# <details><summary>Decay does nothing, or makes the picture black at once</summary>
#
# The shape of the answer: a start (1, C, H, W) from `torch.rand(..., generator=generator)`; in a loop: logit, gradient, step, times `max(0, 1 − lr · decay)`, clamp. At the end the first picture of the batch, detached.
# </details>

# %% [markdown]
# What do the three classes look like to the network? The first row is the plain climb. The second has decay. For the third, the climb goes through a blur: the network sees only a smoothed picture, so that single pixels cannot shout.


# %% tags=["experiment"]
class Blur(nn.Module):
    """A Gaussian blur of about 1.5 pixels."""

    def forward(self, x: Tensor) -> Tensor:
        bell = torch.exp(-(torch.arange(-5.0, 6.0) ** 2) / (2 * 1.5**2))
        kernel = (bell[:, None] * bell / bell.sum() ** 2).expand(x.shape[1], 1, 11, 11)
        return F.conv2d(F.pad(x, (5, 5, 5, 5), mode="replicate"), kernel, groups=x.shape[1])


blurred = nn.Sequential(Blur(), net)
liked, certainty = [], []
for model, decay, steps in ((net, 0.0, 100), (net, 0.05, 100), (blurred, 0.05, 200)):
    for unit in range(3):
        dream = maximise(
            model, unit, (3, 32, 32), steps=steps, lr=1.0, decay=decay, generator=torch.Generator().manual_seed(1)
        )[None]
        with torch.no_grad():
            certainty.append(model(dream).softmax(1)[0, unit].item())
        liked.append(Blur()(dream) if model is blurred else dream)
kit.plots.images(
    torch.cat(liked), titles=[f"{CLASSES[i % 3]} {p:.2f}" for i, p in enumerate(certainty)], columns=3, inches=1.8
)

# %% [markdown]
# The number is the probability that the network gives its class. The first row gets nearly 1.00 and shows no shape that you would recognise: it is made of what the network answers to, not of what it has seen. In the third row you may recognise discs and triangles, more than one, anywhere: the mean over all places counts how much, not how many. And the square? Look at what the picture has and what it lacks. The triangles of this data set stand on their base, so an upper edge with two corners is enough to tell a square from them, and that may be all that was learned.
#
# *The favourite picture shows what is enough for the answer, not what the thing is.*
#
# ## 8.8 Keep the score
#
# Each map looks plausible, whatever method made it. But here the place of the object is known, so maps can be scored: point at the largest number of the map. Does the finger touch the object? The share of hits is the **pointing game**.

# %% tags=["experiment"]
kit.plots.grids(
    torch.tensor([[0.0, 0.9], [0.2, 0.3]]),
    torch.tensor([[0.4, 0.4], [0.6, 0.1]]),
    torch.tensor([[0.1, 0.0], [0.8, 0.2]]),
    titles=["hit", "miss", "no object"],
    highlight=[[(0, 1), (1, 1)], [(0, 0), (0, 1), (1, 1)], []],
)

# %% [markdown]
# *Figure 8. The frame is the object. In the first map the 0.9 lies inside: a hit. In the second the 0.6 lies outside: a miss. The third picture has no object and does not count. The share is 1 / 2 = 0.5, not 1 / 3.*
#
# ### Exercise 8.8 `pointing_game`
# *easy · 10 minutes · 2 points*


# %% exercise="pointing_game"
def pointing_game(maps: Tensor, masks: Tensor) -> float:
    """The share of pictures in which the map's largest value lies inside the object.

    maps: (N, H, W) float, any numbers, also negative ones.  masks: (N, H, W) bool, True inside of the object.
    At a tie the first of the largest values counts, row by row from the top left.  Pictures with an empty mask are left
    out; if all are empty the result is NaN.  Returns a float.
    Example: the three maps of figure 8 give 0.5.
    Source: Zhang et al. 2016, section 4.2, https://arxiv.org/abs/1608.00507
    """
    raise NotImplementedError("pointing_game: exercise 8.8")


# %% check="pointing_game"
maps = torch.tensor([[[0.0, 0.9], [0.2, 0.3]], [[0.4, 0.4], [0.6, 0.1]], [[0.1, 0.0], [0.8, 0.2]]])
masks = torch.tensor([[[0, 1], [0, 1]], [[1, 1], [0, 1]], [[0, 0], [0, 0]]]).bool()
check(pointing_game(maps, masks), 0.5, "pointing_game in figure 8")
check(pointing_game(torch.ones(1, 2, 2), masks[:1]), 0.0, "pointing_game for a map of ones (the first place counts)")
check(pointing_game(-maps, masks), 0.5, "pointing_game for negative maps")
check(pointing_game(maps, masks & False), float("nan"), "pointing_game without any object");  # fmt: skip

# %% [markdown]
# <details><summary>0.33 instead of 0.5</summary>
#
# A question: how many pictures of figure 8 can be hit at all?
# </details>
# <details><summary>I get the place in the flat map, not row and column</summary>
#
# A pointer: flatten the mask in the same way, and ask it at that place. You do not need row and column.
# </details>
# <details><summary>"torch.float64 vs torch.bool", or a tensor instead of a number</summary>
#
# The shape of the answer: maps and masks as (N, H · W); one place a picture, `argmax(1)`; the mask there, `gather`; keep the pictures whose mask has any True; mean of what is left as a float.
# </details>

# %% [markdown]
# All of your maps in one table, with four that know nothing of this network: the middle of the picture, edges (a plain filter that subtracts neighbours), and saliency and Grad-CAM of a network with *random* weights.


# %% tags=["experiment"]
def edges(x: Tensor) -> Tensor:
    """How much the lightness changes from each pixel to the next, right and down."""
    light = F.pad(x.mean(1, keepdim=True), (0, 1, 0, 1), mode="replicate")
    return ((light[..., :-1, 1:] - light[..., :-1, :-1]).abs() + (light[..., 1:, :-1] - light[..., :-1, :-1]).abs())[
        :, 0
    ]


def at_pixel_size(maps: Tensor) -> Tensor:
    return F.interpolate(maps[:, None], size=32, mode="bilinear", align_corners=False)[:, 0]


middle = torch.zeros(300, 32, 32)
middle[:, 16, 16] = 1
random_net = fresh_net(1)
generator = torch.Generator().manual_seed(0)
answers = {
    "saliency": saliency(net, test_images, predicted),
    "smooth_grad": smooth_grad(net, test_images, predicted, 0.1, 8, generator),
    "Grad-CAM, stage3 (8 × 8)": grad_cam(net, test_images, "stage3.relu", predicted),
    "Grad-CAM, stage1 (16 × 16)": grad_cam(net, test_images, "stage1.relu", predicted),
    "occlusion": at_pixel_size(occlusion(net, test_images, predicted, 8, 4, value=0.5)),
    "the middle": middle,
    "edges": edges(test_images),
    "saliency, random net": saliency(random_net, test_images, predicted),
    "Grad-CAM, random net": grad_cam(random_net, test_images, "stage3.relu", predicted),
}
kit.plots.bars({name: pointing_game(maps, test_masks) for name, maps in answers.items()}, xlabel="share of hits")

# %% [markdown]
# Objects cover about a tenth of a picture, so 0.1 is what a blind finger hits. What do you make of the edges?
#
# ## 8.9 When maps lie
#
# A map can hit the object and still know nothing of your network. Here is a test that takes no known places. Put random weights into the network, from the head backwards, one part after another, and make the map again. If the map stays as it was, it does not depend on what the network has learned: it is an **edge detector in disguise**, and tells you about the picture only.
#
# How alike are two maps? Rank the pixels of each, and correlate the ranks: 1 is the same order, 0 is none in common.


# %% tags=["experiment"]
def ranks(maps: Tensor) -> Tensor:
    return maps.flatten(1).argsort(1).argsort(1).double()


def alike(a: Tensor, b: Tensor) -> float:
    """The mean rank correlation of two batches of maps; maps that are zero throughout are left out."""
    kept = (a.flatten(1).amax(1) > 0) & (b.flatten(1).amax(1) > 0)
    a, b = (r - r.mean(1, keepdim=True) for r in (ranks(a[kept]), ranks(b[kept])))
    return ((a * b).sum(1) / (a.norm(dim=1) * b.norm(dim=1))).mean().item()


parts = ["head", "stage3", "stage2", "stage1", "stem"]
broken, hundred = fresh_net(0), slice(0, 100)
broken.load_state_dict(net.state_dict())
x, y = test_images[hundred], predicted[hundred]
first_maps = {"saliency": answers["saliency"][hundred], "Grad-CAM": answers["Grad-CAM, stage3 (8 × 8)"][hundred]}
likeness: dict[str, list[float]] = {"saliency": [1.0], "Grad-CAM": [1.0]}
pictures = [first_maps["saliency"][3:4], first_maps["Grad-CAM"][3:4]]
for part in parts:
    broken.get_submodule(part).load_state_dict(random_net.get_submodule(part).state_dict())
    now = {"saliency": saliency(broken, x, y), "Grad-CAM": grad_cam(broken, x, "stage3.relu", y)}
    for name, maps in now.items():
        likeness[name].append(alike(first_maps[name], maps))
        pictures.append(maps[3:4])
likeness["edges of the picture"] = [alike(first_maps["saliency"], edges(x))] * 6
figure = kit.plots.curves(likeness, xlabel="random from here on", ylabel="rank correlation with the first map")
figure.axes[0].set_xticks(range(1, 7), labels=["none", *parts])
figure

# %% tags=["experiment"]
order = pictures[0::2] + pictures[1::2]
kit.plots.images(
    torch.cat([shown(x[3:4], *order[:6]), shown(x[3:4], *order[6:])]),
    titles=["picture", "saliency", *parts, "picture", "Grad-CAM", *parts],
    columns=7,
)

# %% [markdown]
# ### Question 8.9 `when_maps_lie`
# *15 minutes · 3 points, graded by hand*
#
# 1. A colleague shows you a sharp map: all outlines of the object shine. "So the network looks at the right thing." Why does that not follow? Use the bars of 8.8.
# 2. Describe what your own two maps do in the test with random weights, with numbers from your figures. Which of them depends on what was learned?
# 3. Your network is right on a picture, and Grad-CAM points beside the object. Name two explanations that differ, and how you would find out which one is true.

# %% [markdown] exercise="when_maps_lie"
# *Write your answer here.*

# %% [markdown]
# **What you have now.** Filters, maps, gradients, patches, favourite pictures: five questions, five kinds of answers. None of them is a proof. Score a map where you know the place, break the network and see whether the map notices, and only then believe it.
