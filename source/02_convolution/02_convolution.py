# %% [markdown]
# # What does a convolution compute?
#
# A **convolution** slides a small table of weights over a picture and writes down one weighted sum at each place. Nine weights can find an edge anywhere. Here you build it from raw tensors: forwards, as one matrix product, and backwards. The answer in one sentence waits in section 2.7.

# %% [markdown]
# **How this notebook works**
#
# - Run the cells from top to bottom with Shift + Enter.
# - An *exercise* is one cell. Replace its last line, `raise NotImplementedError(...)`; keep the name and the arguments. Helper functions may stand in the same cell.
# - The cell below is a *visible check*. It prints `ok`, or says what differs. It knows a few cases only.
# - *Hidden tests* try many more cases after you hand in, and they make the grade. The docstring says what they may ask for.
# - Stuck? Each exercise has three *hints*. Open the one whose title is your symptom.
# - Before you hand in, restart the kernel and run all cells.

# %% [markdown]
# **What is not allowed.** In all exercises of this lesson, library convolutions are refused: the `conv*` functions and layers of torch, `F.unfold`, `F.fold` and their layers, and the convolutions of NumPy and SciPy. Allowed are indexing, loops, the method `Tensor.unfold`, `as_strided`, `einsum`, `fft` and `F.pad`.
#
# **Letters.** A batch of pictures has shape `N C H W`: pictures, channels, rows, columns. A layer has `O` kernels of `KH` rows and `KW` columns.

# %% tags=["setup"]
import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

import coursekit as kit
from coursekit import check, check_raises


def pair(value) -> tuple[int, int]:
    """A size as (height, width): pair(2) gives (2, 2), pair((1, 2)) gives (1, 2)."""
    return (value, value) if isinstance(value, int) else (value[0], value[1])


# %% [markdown]
# ## 2.1 A kernel slides along a line
#
# Whether a signal rises *here* can be told from a few neighbours. So look through a short window, and slide the window.

# %% tags=["experiment"]
x = torch.tensor([1.0, 2, 3, 4, 5])
w = torch.tensor([1.0, 0, -1])
y = torch.tensor([-2.0, -2, -2])
kit.plots.grids(
    x, w, y, titles=["signal x", "kernel w", "result y"], highlight=[[(0, 1), (0, 2), (0, 3)], [], [(0, 1)]]
)

# %% [markdown]
# *Figure 1. The framed window gives 2·1 + 3·0 + 4·(−1) = −2. The two other windows give 1·1 + 2·0 + 3·(−1) = −2 and 3·1 + 4·0 + 5·(−1) = −2.*
#
# The row of weights is the **kernel**. A signal of N numbers has N − K + 1 windows of K numbers, and each gives one output:
#
# ```
# y[i] = Σₖ x[i + k] · w[k]          i = 0 … N − K
# ```
#
# Mathematicians turn the kernel round first, which gives 2, 2, 2. The layer called convolution does not; the exact name of what it does is **cross-correlation**. Weights are learned, so a network that needs a turned kernel learns it turned.
#
# ### Exercise 2.1 `correlate1d`
# *easy · 5 minutes · 2 points · later: the sum inside every layer of this course*


# %% exercise="correlate1d"
def correlate1d(x: Tensor, w: Tensor) -> Tensor:
    """Slide a kernel along a signal without turning it, and sum the products in each window.

    x: (N,).  w: (K,), of the same dtype.  Returns (N - K + 1,) in that dtype; no zeros are added at the ends.
    Raises ValueError with the two lengths if K > N.  Not allowed: library convolutions (top of the notebook).
    Example: x = [1, 2, 3, 4, 5], w = [1, 0, -1]
             gives [-2, -2, -2].
    Source: cross-correlation, https://en.wikipedia.org/wiki/Cross-correlation
    """
    raise NotImplementedError("correlate1d: exercise 2.1")


# %% check="correlate1d"
x, w = torch.tensor([1.0, 2, 3, 4, 5]), torch.tensor([1.0, 0, -1])
check(correlate1d(x, w), torch.tensor([-2.0, -2, -2]), "correlate1d([1, 2, 3, 4, 5], [1, 0, -1])")
check(correlate1d(x, torch.tensor([0.5, 2])), torch.tensor([4.5, 7, 9.5, 12]), "correlate1d([1, 2, 3, 4, 5], [0.5, 2])")
check_raises(ValueError, correlate1d, w, x, mentions=(3, 5));  # fmt: skip

# %% [markdown]
# <details><summary>My result has the wrong length</summary>
#
# A question: at which index does the last window start, if it must end inside the signal? Try N = 5, K = 3, then K = 5.
# </details>
# <details><summary>My signs are wrong, or the numbers come in the wrong order</summary>
#
# A pointer: the first weight meets the first number of the window. Which `k` meets `x[i + k]` in your code?
# </details>
# <details><summary>My fractions disappear, or the dtype differs</summary>
#
# The shape of the answer: N − K + 1 sums of K products. Look at how you make the tensor that holds them: does it ask `x` for its dtype?
# </details>

# %% [markdown]
# Now look at your function at work: a jump up, a plateau, a ramp down. Where is the answer 0? What does it say about the slope of the ramp?

# %% tags=["experiment"]
signal = torch.cat([torch.zeros(8), torch.ones(8), torch.linspace(1, 0, 11), torch.zeros(8)])
answer = correlate1d(signal, torch.tensor([1.0, 0, -1]))
kit.plots.curves(
    {"signal": (range(len(signal)), signal.tolist()), "answer": (range(1, len(answer) + 1), answer.tolist())},
    xlabel="position (middle of the window)",
    title="[1, 0, −1] answers to changes only",
)

# %% [markdown]
# ## 2.2 Two directions, and three kernels made by hand
#
# A picture has two directions, so the window is a small square.

# %% tags=["experiment"]
picture = torch.tensor([[1.0, 2, 0], [0, 1, 3], [2, 1, 0]])
kernel = torch.tensor([[1.0, 0], [-1, 2]])
feature_map = torch.tensor([[3.0, 7], [0, 0]])
kit.plots.grids(
    picture,
    kernel,
    feature_map,
    titles=["picture x", "kernel w", "feature map y"],
    highlight=[[(0, 0), (0, 1), (1, 0), (1, 1)], [], [(0, 0)]],
)

# %% [markdown]
# *Figure 2. The framed window gives 1·1 + 2·0 + 0·(−1) + 1·2 = 3. One step to the right: 2·1 + 0·0 + 1·(−1) + 3·2 = 7.*
#
# ```
# y[i, j] = Σₘ Σₙ x[i + m, j + n] · w[m, n]
# ```
#
# A kernel asks one question, *how much of my pattern is here?*, at every place. The table of the answers is a **feature map**.
#
# You can choose the question. Weights that add up to 0 ignore a flat area, since every pixel there counts the same. Weights that add up to 1 keep its brightness.
#
# ### Exercise 2.2 `edge_kernels`
# *easy · 10 minutes · 2 points · later: trained first layers learn kernels like these*
#
# Write down three 3 × 3 kernels. `vertical` answers where left and right differ and stays 0 where only top and bottom differ; `horizontal` the other way round; `blur` averages.


# %% exercise="edge_kernels"
def edge_kernels() -> dict[str, Tensor]:
    """Three kernels made by hand.

    Returns a dict with the keys "vertical", "horizontal" and "blur"; each value is a float tensor of shape (3, 3).
    vertical: answers to vertical edges (left against right), gives 0 on flat pictures and at horizontal edges.
    horizontal: the same with the directions exchanged.  Sign and scale of these two are free.
    blur: leaves flat pictures as they are; no weight is negative, the one in the centre is below 1.
    Example: on a flat picture of fours, the three give 0, 0
             and 4.
    Source: https://en.wikipedia.org/wiki/Kernel_(image_processing)
    """
    raise NotImplementedError("edge_kernels: exercise 2.2")


# %% check="edge_kernels"
kernels = edge_kernels()
dark_to_bright = torch.tensor([[0.0, 0, 1]] * 3)  # a vertical edge
check(sorted(kernels), ["blur", "horizontal", "vertical"], "the sorted keys of edge_kernels()")
check(all(kernel.is_floating_point() for kernel in kernels.values()), True, "whether all three are float")
check((kernels["vertical"] * 4.0).sum().item(), 0.0, '"vertical" on a flat picture of fours')
check((kernels["blur"] * 4.0).sum().item(), 4.0, '"blur" on a flat picture of fours')
check(
    abs((kernels["vertical"] * dark_to_bright).sum().item()) > 0.001,
    True,
    'whether "vertical" answers to a vertical edge',
)
check((kernels["horizontal"] * dark_to_bright).sum().item(), 0.0, '"horizontal" at a vertical edge');  # fmt: skip

# %% [markdown]
# <details><summary>"vertical" answers to horizontal edges, and the other way round</summary>
#
# A question: a vertical edge separates left from right. Along which direction do the weights have to change sign?
# </details>
# <details><summary>My edge kernel also answers on flat pictures</summary>
#
# A pointer: on a flat picture the answer is the brightness times the sum of the weights. What should that sum be?
# </details>
# <details><summary>My blur makes the picture brighter</summary>
#
# The shape of the answer: nine floats that add up to 1. The edge kernels are the row of 2.1, stacked in one direction or the other.
# </details>

# %% [markdown]
# Your kernels on a drawn picture (slid by torch here, by your own code from 2.4 on). White is a strong answer of either sign. Which sides of the shape does each kernel see?

# %% tags=["experiment"]
drawn, _ = kit.data.shapes(24, seed=3, clutter=0, bright=1.0, rot=0.2)
grey = drawn.mean(1, keepdim=True) * 0.25 + 0.5  # undo the normalisation
square = grey[3:4]
answers = [F.conv2d(square, kernel[None, None]).abs() for kernel in edge_kernels().values()]
answers = [F.pad(answer / answer.max(), (1, 1, 1, 1)) for answer in answers]
kit.plots.images(torch.cat([square, *answers]), titles=["picture", *edge_kernels()])

# %% [markdown]
# ## 2.3 Channels
#
# A colour picture has three numbers at each pixel, a layer deep in a network has hundreds. A kernel has one slice for each of these **channels**; the slices' answers are added, and the bias once.

# %% tags=["experiment"]
second = torch.tensor([[0.0, 1, 0], [1, 1, 0], [0, 0, 2]])
kit.plots.grids(
    picture,
    torch.tensor([[1.0, 0], [-1, 2]]),
    second,
    torch.tensor([[0.0, 1], [1, 0]]),
    torch.tensor([[6.0, 9], [2, 1]]),
    titles=["channel 0", "slice 0", "channel 1", "slice 1", "sum + bias 1"],
    highlight=[[(0, 0), (0, 1), (1, 0), (1, 1)], [], [(0, 0), (0, 1), (1, 0), (1, 1)], [], [(0, 0)]],
)

# %% [markdown]
# *Figure 3. Slice 0 gives 3, as before. Slice 1 gives 0·0 + 1·1 + 1·1 + 1·0 = 2. With the bias: 3 + 2 + 1 = 6.*
#
# One kernel reads all C channels and makes one map. O kernels make O maps, which are the channels of the next layer:
#
# ```
# y[o, i, j] = bias[o] + Σ_c Σₘ Σₙ x[c, i + m, j + n] · weight[o, c, m, n]
# ```
#
# So `weight` has shape `O C KH KW` and `bias` shape `O`. A layer with 1 channel in, 32 out and 3 × 3 kernels has 32 · (1 · 9 + 1) = 320 parameters.
#
# Two habits for the code below. New tensors take their dtype from the picture: `x.new_zeros(...)`, since `torch.zeros(...)` is float32. And a picture may be a **view** (a slice, a transpose) whose numbers do not lie side by side in memory: `reshape` copes with that, `view` fails.
#
# ### Question 2.3 `count_parameters`
# *10 minutes · 3 points, graded by hand*
#
# `nn.Conv2d(3, 64, 3, padding=1)` makes 64 maps of 32 × 32 from a colour picture of 32 × 32.
#
# 1. How many parameters does it have? Show the calculation.
# 2. The pictures become 224 × 224. How many parameters now, and why?
# 3. How many parameters, biases included, has a dense layer that takes the same 3 × 32 × 32 numbers to the same 64 × 32 × 32 numbers?

# %% [markdown] exercise="count_parameters"
# *Write your answer here.*

# %% [markdown]
# ## 2.4 Stride, padding, dilation, groups
#
# Layers must fit together, so you need the size of an output before you have it. Four numbers decide it, along each axis alone: the kernel's size K, the **stride** S (pixels a step), the **padding** P (zeros added on each side) and the **dilation** D (pixels from one weight to the next).


# %% tags=["experiment"]
def draw_windows(ax, size, kernel_size, stride, padding, dilation):
    """One row a window: black where its weights lie, hatched where the zeros of the padding are."""
    padded = size + 2 * padding
    starts = range(0, padded - dilation * (kernel_size - 1), stride)
    taps = np.zeros((len(starts), padded))
    for row, start in enumerate(starts):
        taps[row, start : start + dilation * (kernel_size - 1) + 1 : dilation] = 1
    ax.pcolormesh(taps, cmap="Greys", vmax=1.4, edgecolors="0.6", linewidth=0.8)
    for left in (0, padded - padding):
        ax.axvspan(left, left + padding, facecolor="none", edgecolor="0.4", hatch="///", linewidth=0)
    ax.set(
        title=f"K = {kernel_size}, S = {stride}, P = {padding}, D = {dilation}: {len(starts)} windows", aspect="equal"
    )
    ax.set_xticks(np.arange(padded) + 0.5, labels=np.arange(padded) - padding)
    ax.set_yticks(np.arange(len(starts)) + 0.5, labels=range(len(starts)))
    ax.set(xlabel="pixel", ylabel="window")
    ax.invert_yaxis()
    ax.tick_params(length=0)


figure = kit.plots.Figure(figsize=(9, 2.6), layout="constrained")
for ax, dilation in zip(figure.subplots(1, 2), (1, 2), strict=True):
    draw_windows(ax, size=8, kernel_size=3, stride=2, padding=1, dilation=dilation)
figure

# %% [markdown]
# *Figure 4. Left: 8 pixels and 2 zeros make 10. A window of 3 can move 10 − 3 = 7 pixels, which is 3 whole steps of 2; with the first position that makes 4 windows. The last zero is left over. Right: three weights 2 apart span 5 pixels, so (10 − 5) // 2 + 1 = 3 windows.*
#
# K weights that lie D apart span D · (K − 1) + 1 pixels. From H rows come H' rows (⌊ ⌋ rounds down):
#
# ```
# H' = ⌊(H + 2P − D · (K − 1) − 1) / S⌋ + 1
# ```
#
# For H = 28, K = 3, S = 2, P = 1: ⌊27 / 2⌋ + 1 = 14. Some paddings have names:
#
# | name | zeros added | size at stride 1 |
# | --- | --- | --- |
# | `"valid"` | none | H − D · (K − 1) |
# | `"same"` | D · (K − 1) in total, stride 1 only | H |
# | `"full"` | D · (K − 1) on *each* side | H + D · (K − 1) |
#
# With "full", every weight meets every pixel; section 2.6 needs it. P = K // 2 is "same" for odd K only: with K = 4 it makes 29 of 28.
#
# ### Exercise 2.4a `output_size`
# *easy · 10 minutes · 2 points · later: the next three exercises, and the shapes of every network*


# %% exercise="output_size"
def output_size(size: int, kernel_size: int, stride: int = 1, padding: int | str = 0, dilation: int = 1) -> int:
    """The number of windows along one axis of a picture.

    size, kernel_size, stride, dilation: ints of at least 1, in pixels.
    padding: zeros on each side, or "valid" (none), "same" (as many in total as keep the size, for any kernel and
    dilation) or "full" (dilation * (kernel_size - 1) on each side, with any stride).  Returns an int.
    Raises ValueError, with the sizes in the message, where no window fits; also for "same" with a stride other than 1.
    Not allowed: library convolutions.
    Example: output_size(28, 3, stride=2, padding=1)
             gives 14.
    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.Conv2d.html
    """
    raise NotImplementedError("output_size: exercise 2.4a")


# %% check="output_size"
check(output_size(28, 3, 2, 1), 14, "output_size(28, 3, 2, 1)")
check(output_size(7, 3, stride=2, padding=1, dilation=2), 3, "output_size(7, 3, stride=2, padding=1, dilation=2)")
check(output_size(28, 4, padding="same"), 28, 'output_size(28, 4, padding="same")')
check(output_size(28, 4, padding="full"), 31, 'output_size(28, 4, padding="full")')
check_raises(ValueError, output_size, 3, 5, mentions=(3, 5));  # fmt: skip

# %% [markdown]
# <details><summary>I am off by one, or only for some strides</summary>
#
# A question: how far can the first window move before it touches the end? How many whole steps is that, and how many positions?
# </details>
# <details><summary>My results with dilation are too small</summary>
#
# A pointer: draw K = 3 and D = 2 on squared paper. How many gaps lie between three weights?
# </details>
# <details><summary>I get 13.5, 14.0 or 0</summary>
#
# The shape of the answer: first the total of the zeros for each kind of padding, then a test whether one window fits, then one line in whole numbers.
# </details>

# %% [markdown]
# Find two picture sizes that give the same map at stride 2. In one of them a row is left over, which no window sees.

# %% tags=["experiment"]
sizes = range(3, 29)
kit.plots.curves(
    {f"stride {s}": (sizes, [output_size(size, 3, stride=s, padding=1) for size in sizes]) for s in (1, 2, 3)},
    xlabel="size of the picture",
    ylabel="size of the map",
    title="kernel 3, padding 1",
)

# %% [markdown]
# ### The whole layer
#
# Windows, channels and these numbers now come together in one function.

# %% tags=["experiment"]
numbers = torch.arange(1.0, 17).reshape(4, 4)
maps = [
    F.conv2d(numbers[None, None], kernel[None, None], **how) for how in ({"stride": 2}, {"dilation": 2}, {"padding": 1})
]
kit.plots.grids(
    numbers,
    kernel,
    *maps,
    titles=["picture", "kernel", "stride 2", "dilation 2", "padding 1"],
    highlight=[[(0, 0), (0, 2), (2, 0), (2, 2)], [], [], [(0, 0)], []],
)

# %% [markdown]
# *Figure 5. With dilation 2 the weights meet the four framed pixels: 1·1 + 3·0 + 9·(−1) + 11·2 = 14. With stride 2 the first window gives 1·1 + 2·0 + 5·(−1) + 6·2 = 8, and the next begins two pixels on: 3·1 + 4·0 + 7·(−1) + 8·2 = 12. With padding 1 the first window holds three zeros and the pixel 1: 1·2 = 2.*
#
# With x padded, for each picture n alone:
#
# ```
# y[n, o, i, j] = bias[o] + Σ_c Σₘ Σₙ x[n, c, i · S + m · D, j · S + n · D] · weight[o, c, m, n]
# ```
#
# **Groups** deal the channels into G packs, in order; pack g of the kernels reads only pack g of the channels. With C = 4, O = 6 and G = 2, kernels 0, 1, 2 read channels 0, 1 and kernels 3, 4, 5 read channels 2, 3. So `weight` has shape `O C/G KH KW`.
#
# `"same"` with an even kernel adds an odd number of zeros; the extra one goes to the right and to the bottom. Sizes come as one int or as (height, width); `pair`, from the setup cell, makes a pair of both.
#
# ### Exercise 2.4b `conv2d`
# *hard · 35 minutes · 8 points · later: the measure for everything below*


# %% exercise="conv2d"
def conv2d(
    x: Tensor,
    weight: Tensor,
    bias: Tensor | None = None,
    stride: int | tuple[int, int] = 1,
    padding: int | tuple[int, int] | str = 0,
    dilation: int | tuple[int, int] = 1,
    groups: int = 1,
) -> Tensor:
    """Slide a bank of kernels over a batch of pictures, without turning them (cross-correlation).

    x: (N, C, H, W).  weight: (O, C / groups, KH, KW).  bias: (O,) or None, added once to each output.
    All have one float dtype, which the result keeps.  x and weight may be views; no argument is changed.
    stride, dilation: int or (height, width).  padding: int, (height, width), "valid" (none) or "same" (the output is as
    large as x, for any kernel and dilation; where the total is odd, the extra zeros go to the right and the bottom).
    Returns (N, O, H', W'), sizes as in output_size; autograd reaches x, weight and bias.
    Raises ValueError, with the numbers in the message, if C is not groups * weight.shape[1], if no window fits, and
    for "same" with a stride other than 1.
    Not allowed: library convolutions, and unfold or fold of torch.nn.
    Example: x = [[1, 2, 0], [0, 1, 3], [2, 1, 0]], weight = [[1, 0], [-1, 2]]
             gives [[3, 7], [0, 0]] (with two axes of length 1 in front of each).
    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.conv2d.html
    """
    raise NotImplementedError("conv2d: exercise 2.4b")


# %% check="conv2d"
x = torch.tensor([[[1.0, 2, 0], [0, 1, 3], [2, 1, 0]], [[0, 1, 0], [1, 1, 0], [0, 0, 2]]])[None]
weight = torch.tensor([[[1.0, 0], [-1, 2]], [[0, 1], [1, 0]]])[None]
check(conv2d(x[:, :1], weight[:, :1]), torch.tensor([[[[3.0, 7], [0, 0]]]]), "conv2d in figure 2")
check(conv2d(x, weight, torch.ones(1)), torch.tensor([[[[6.0, 9], [2, 1]]]]), "conv2d in figure 3")
expected = torch.tensor([[[[3.0, 7, -3], [0, 0, 3], [2, 1, 0]]]])
check(conv2d(x[:, :1], weight[:, :1], padding="same"), expected, 'conv2d in figure 2 with padding="same"')
wide = (torch.arange(2 * 4 * 5 * 7).reshape(2, 4, 5, 7) % 11).double()
bank = (torch.arange(6 * 2 * 3 * 2).reshape(6, 2, 3, 2) % 5 - 2).double()
options = dict(stride=(2, 1), padding=(1, 2), dilation=(1, 2), groups=2)
check(
    conv2d(wide, bank, **options),
    F.conv2d(wide, bank, **options),
    "conv2d with stride (2, 1), padding (1, 2), dilation (1, 2) and 2 groups",
)
check_raises(ValueError, conv2d, x, weight[:, :1], mentions=(1, 2));  # fmt: skip

# %% [markdown]
# <details><summary>I do not know where to begin, or my loops take seconds</summary>
#
# A question: which pixels does one weight meet, over all windows? They are a slice of the padded picture, with a start, an end and a step. So nine multiplications of whole pictures are enough for 3 × 3.
# </details>
# <details><summary>Right for square pictures, wrong where height and width differ</summary>
#
# A pointer: `F.pad` takes the last axis first (left, right, top, bottom), stride and dilation come as (height, width).
# </details>
# <details><summary>Right without groups, wrong with them; or a view that "is not compatible"</summary>
#
# The shape of the answer: split C into (G, C/G) and O into (G, O/G), sum over C/G, KH and KW, and join (G, O/G) again. `view` needs contiguous memory, `reshape` does not.
# </details>

# %% [markdown]
# Drawn pictures through your `conv2d`, with your kernels of 2.2. Each row below the pictures is one output channel: the same nine weights, at every place of every picture.

# %% tags=["experiment"]
six = grey[:6]
names = ["vertical", "horizontal", "blur"]
maps = conv2d(six, torch.stack([edge_kernels()[name] for name in names])[:, None], padding="same")  # (6, 3, 32, 32)
rows = torch.cat([six, *(maps[:, [channel]].abs() for channel in range(3))])
titles = [title if column == 0 else "" for title in ["picture", *names] for column in range(6)]
kit.plots.images(rows / rows.amax((1, 2, 3), keepdim=True), titles=titles, columns=6)

# %% [markdown]
# Nobody writes such kernels into a network. It starts from random weights and learns them; section 2.6 lets you watch.

# %% [markdown]
# ## 2.5 One matrix product
#
# Loops are slow and matrix products are fast. So copy every window into one column of a matrix.

# %% tags=["experiment"]
columns = torch.tensor([[1.0, 2, 0, 1], [2, 0, 1, 3], [0, 1, 2, 1], [1, 3, 1, 0]])
kit.plots.grids(
    picture,
    columns,
    titles=["picture x", "columns"],
    highlight=[[(0, 0), (0, 1), (1, 0), (1, 1)], [(row, 0) for row in range(4)]],
)

# %% [markdown]
# *Figure 6. The first window, rows (1, 2) and (0, 1), becomes the first column 1, 2, 0, 1. The windows follow in reading order: left to right, then down.*
#
# With L = H' · W' windows, pixel `(m, n)` of channel `c` stands in row `(c · KH + m) · KW + n`, and window `(i, j)` in column `i · W' + j`. The method is called **im2col**.
#
# ### Exercise 2.5a `im2col`
# *medium · 20 minutes · 4 points · later: the next exercise*


# %% exercise="im2col"
def im2col(
    x: Tensor,
    kernel_size: int | tuple[int, int],
    stride: int | tuple[int, int] = 1,
    padding: int | tuple[int, int] = 0,
    dilation: int | tuple[int, int] = 1,
) -> Tensor:
    """Copy every window of each picture into a column, in the order of torch.nn.functional.unfold.

    x: (N, C, H, W), float; the dtype is kept.  All sizes: int or (height, width).
    Returns (N, C * KH * KW, L) with L = H' * W'.  Down a column: channel slowest, then row, then column of the window.
    Along a row of the result: windows in reading order.  Autograd reaches x.
    Not allowed: library convolutions, and unfold or fold of torch.nn (Tensor.unfold is fine).
    Example: x = [[1, 2, 0], [0, 1, 3], [2, 1, 0]], kernel_size = 2
             gives [[1, 2, 0, 1], [2, 0, 1, 3], [0, 1, 2, 1], [1, 3, 1, 0]].
    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.Unfold.html
    """
    raise NotImplementedError("im2col: exercise 2.5a")


# %% check="im2col"
x = torch.tensor([[1.0, 2, 0], [0, 1, 3], [2, 1, 0]])[None, None]
expected = torch.tensor([[1.0, 2, 0, 1], [2, 0, 1, 3], [0, 1, 2, 1], [1, 3, 1, 0]])[None]
check(im2col(x, 2), expected, "im2col in figure 6")
wide = torch.arange(2.0 * 3 * 5 * 7).reshape(2, 3, 5, 7)
options = dict(kernel_size=(3, 2), stride=(2, 1), padding=(1, 0), dilation=(1, 2))
check(im2col(wide, **options), F.unfold(wide, **options), "im2col for (3, 2), stride (2, 1), padding (1, 0), dilation (1, 2)");  # fmt: skip

# %% [markdown]
# <details><summary>My result is transposed</summary>
#
# A question: what do you get from one window, a row or a column? The last axis counts the windows.
# </details>
# <details><summary>Right for one channel or a square kernel, wrong otherwise</summary>
#
# A pointer: a `reshape` joins only axes that already stand in the right order. Write the six axes down, with their letters, before and after `permute`.
# </details>
# <details><summary>I have all windows, but no matrix</summary>
#
# The shape of the answer: (N, C, KH, KW, H', W'), whose middle three and last two axes are joined.
# </details>

# %% [markdown]
# Each *row* of your matrix is a picture again. Here are the nine rows of a 3 × 3 kernel, with dilation 6 so that you see the difference.

# %% tags=["experiment"]
rows = im2col(grey[3:4], 3, dilation=6).reshape(9, 1, 20, 20)
kit.plots.images(rows, titles=[f"pixel {divmod(i, 3)}" for i in range(9)], columns=9)

# %% [markdown]
# Nine copies of the picture, each shifted by a few pixels. A 3 × 3 convolution is a weighted sum of nine shifted pictures; im2col pays for its speed with nine times the memory.

# %% [markdown]
# ### From columns to maps
#
# With the windows in columns, a kernel is a row, and the whole layer is one product.

# %% tags=["experiment"]
kit.plots.grids(
    torch.tensor([1.0, 0, -1, 2]),
    columns,
    torch.tensor([3.0, 7, 0, 0]),
    titles=["kernel as a row", "columns", "product"],
    highlight=[[(0, k) for k in range(4)], [(k, 0) for k in range(4)], [(0, 0)]],
)

# %% [markdown]
# *Figure 7. Row times first column: 1·1 + 0·2 + (−1)·0 + 2·1 = 3. The product 3, 7, 0, 0 folds back into the map of figure 2.*
#
# ```
# Y = weight as (O, C · KH · KW)  @  columns (C · KH · KW, L)          Y: (O, L) → (O, H', W')
# ```
#
# ### Exercise 2.5b `conv2d_matmul`
# *medium · 10 minutes · 4 points · later: how libraries made convolutions fast*
#
# Every tensor operation has a price of its own, whatever its size. So the hidden test counts them, views included: at most 80 for a 3 × 3 kernel, whatever N, H, W, C and O. One product takes 10 to 50, or 75 if you copy each of the nine taps to its place; nine products take 100, a loop over pixels hundreds.


# %% exercise="conv2d_matmul"
def conv2d_matmul(
    x: Tensor,
    weight: Tensor,
    bias: Tensor | None = None,
    stride: int | tuple[int, int] = 1,
    padding: int | tuple[int, int] = 0,
) -> Tensor:
    """The result of conv2d by a matrix product, without a loop over pixels, pictures or channels.

    x: (N, C, H, W).  weight: (O, C, KH, KW).  bias: (O,) or None.  stride, padding: int or (height, width).
    Returns (N, O, H', W') in the dtype of x.  With a 3 x 3 kernel it dispatches at most 80 tensor operations, a number
    that does not grow with N, H, W, C or O (each torch call counts, also indexing; a view counts as well).
    Not allowed: library convolutions, and unfold or fold of torch.nn.
    Example: x = [[1, 2, 0], [0, 1, 3], [2, 1, 0]], weight = [[1, 0], [-1, 2]]
             gives [[3, 7], [0, 0]] (with two axes of length 1 in front of each).
    Source: Chellapilla et al. 2006, High Performance Convolutional Neural Networks for Document Processing
    """
    raise NotImplementedError("conv2d_matmul: exercise 2.5b")


# %% check="conv2d_matmul"
x, weight = torch.tensor([[1.0, 2, 0], [0, 1, 3], [2, 1, 0]])[None, None], torch.tensor([[1.0, 0], [-1, 2]])[None, None]
check(conv2d_matmul(x, weight), torch.tensor([[[[3.0, 7], [0, 0]]]]), "conv2d_matmul in figure 2")
wide = (torch.arange(2 * 3 * 5 * 8).reshape(2, 3, 5, 8) % 11).double()
bank = (torch.arange(4 * 3 * 3 * 3).reshape(4, 3, 3, 3) % 5 - 2).double()
bias = torch.tensor([0.0, 10, 20, 30]).double()
options = dict(stride=(2, 1), padding=(1, 2))
expected = F.conv2d(wide, bank, bias, **options)
check(conv2d_matmul(wide, bank, bias, **options), expected, "conv2d_matmul with stride (2, 1), padding (1, 2)");  # fmt: skip

# %% [markdown]
# <details><summary>The shapes do not fit in the product</summary>
#
# A question: which axis do the flattened weights share with the columns? It is the one that disappears.
# </details>
# <details><summary>Right numbers in the wrong places</summary>
#
# A pointer: the weights are flattened in the order of the columns (channel, row, column), and L splits into (H', W') in this order. Test with H ≠ W.
# </details>
# <details><summary>Too many operations, or the bias does not fit</summary>
#
# The shape of the answer: (O, C·KH·KW) @ (N, C·KH·KW, L) is (N, O, L) for the whole batch; the bias has length O and needs an axis behind it.
# </details>

# %% [markdown]
# Three ways to the same numbers, on this machine: 4 pictures of 8 × 16 × 16, and 16 kernels of 3 × 3.

# %% tags=["experiment"]
from time import perf_counter


def milliseconds(function, *args) -> float:
    """The shortest of five calls."""
    times = []
    for _ in range(5):
        start = perf_counter()
        function(*args)
        times.append(perf_counter() - start)
    return 1000 * min(times)


batch, bank = torch.ones(4, 8, 16, 16), torch.ones(16, 8, 3, 3)
ways = {"conv2d (yours)": conv2d, "conv2d_matmul (yours)": conv2d_matmul, "F.conv2d": F.conv2d}
kit.plots.bars({name: milliseconds(way, batch, bank) for name, way in ways.items()}, xlabel="milliseconds")

# %% [markdown]
# ## 2.6 The way back
#
# A layer learns if each weight and each pixel is told how much it matters. Known is g: how fast the loss grows with each output.

# %% tags=["experiment"]
kit.plots.grids(
    torch.tensor([1.0, 10, 100]),
    torch.tensor([1.0, 10, 99, -10, -100]),
    torch.tensor([321.0, 432, 543]),
    titles=["g, the gradient of y", "gradient of x", "gradient of w"],
    highlight=[[(0, 0), (0, 1), (0, 2)], [(0, 2)], []],
)

# %% [markdown]
# *Figure 8. The example of 2.1, with x = 1, 2, 3, 4, 5 and w = 1, 0, −1. The middle pixel was in all three windows: it met w[2] in window 0, w[1] in window 1, w[0] in window 2. So it collects 1·(−1) + 10·0 + 100·1 = 99. The weight w[0] met 1, 2, 3: it collects 1·1 + 10·2 + 100·3 = 321. A bias would get 1 + 10 + 100 = 111.*
#
# Autograd does this, as long as you compute with tensors all the way: `.item()`, `.detach()` and NumPy cut the chain. By hand the rule is: whoever took part in a product gets the gradient of the sum, times its partner.
#
# ```
# bias[o]            gets   Σ g[n, o, i, j]                                 over n, i, j
# weight[o, c, m, k] gets   Σ g[n, o, i, j] · x[n, c, i·S + m, j·S + k]     over n, i, j
# x[n, c, a, b]      gets   Σ g[n, o, i, j] · weight[o, c, m, k]            over o, and all i·S + m = a, j·S + k = b
# ```
#
# with x padded. Read the last line at stride 1: as the window moves right, the weight that a pixel meets moves left. So the gradient of x is a "full" correlation of g with the kernel turned by 180 degrees. A stride leaves gaps: put S − 1 zeros between the numbers of g first (with S = 2, 1, 10 becomes 1, 0, 10). Pixels that no window reached get 0; the padding's part is cut off.
#
# ### Exercise 2.6 `conv2d_backward`
# *hard · 35 minutes · 6 points · later: the transposed convolution that draws pictures is this one*


# %% exercise="conv2d_backward"
def conv2d_backward(
    grad_output: Tensor,
    x: Tensor,
    weight: Tensor,
    stride: int | tuple[int, int] = 1,
    padding: int | tuple[int, int] = 0,
) -> tuple[Tensor, Tensor, Tensor]:
    """The gradients of a loss with respect to the three arguments of conv2d, without autograd.

    grad_output: (N, O, H', W'), the gradient with respect to the result.  x: (N, C, H, W).  weight: (O, C, KH, KW).
    stride, padding: int or (height, width), as in the forward pass; the stride may leave rows or columns over.
    Returns the tuple (grad_x, grad_weight, grad_bias) with the shapes of x, weight and (O,): sums over the batch,
    nothing is divided.  Called without gradients: autograd is refused, like library convolutions and fold.
    Example: grad_output = [1, 10, 100], x = [1, 2, 3, 4, 5], weight = [1, 0, -1] (three axes of length 1 in front)
             gives [1, 10, 99, -10, -100], [321, 432, 543] and [111].
    Source: Dumoulin and Visin 2016, https://arxiv.org/abs/1603.07285, section 4
    """
    raise NotImplementedError("conv2d_backward: exercise 2.6")


# %% check="conv2d_backward"
g, x, weight = (torch.tensor(v)[None, None, None] for v in ([1.0, 10, 100], [1.0, 2, 3, 4, 5], [1.0, 0, -1]))
numbers = {"grad_x": [1.0, 10, 99, -10, -100], "grad_weight": [321.0, 432, 543], "grad_bias": [111.0]}
for got, (name, expected) in zip(conv2d_backward(g, x, weight), numbers.items(), strict=True):
    check(got.flatten(), torch.tensor(expected), f"{name} in figure 8")
x = torch.tensor([1.0, 2, 3, 4, 5, 6])[None, None, None]
expected = torch.tensor([1.0, 0, 9, 0, -10, 0])[None, None, None]
check(conv2d_backward(g[..., :2], x, weight, stride=2)[0], expected, "grad_x with stride 2 and a column left over");  # fmt: skip

# %% [markdown]
# <details><summary>grad_weight is right and grad_x is not</summary>
#
# A question: in figure 8, which weight does the first pixel meet, and which the last? Do the same for a 2 × 2 kernel on 3 × 3 pixels.
# </details>
# <details><summary>Right at stride 1, wrong shape or wrong places at stride 2</summary>
#
# A pointer: lay g out at the positions of a stride-1 result, H + 2P − KH + 1 rows of them, with zeros elsewhere. The leftover rows are then part of the table.
# </details>
# <details><summary>I cannot get the signs of the indices right</summary>
#
# The shape of the answer: instead of gathering, add. Begin with zeros in the shape of the padded x; each weight adds g, times itself, onto one strided slice; at the end cut the padding off. All three results sum over everything that is not in their own shape.
# </details>

# %% [markdown]
# Your two functions are enough to learn. A kernel of nine zeros is shown pictures and what your `vertical` makes of them; each step moves it against the gradient that your `conv2d_backward` gives.

# %% tags=["experiment"]
pictures = torch.randn(8, 1, 16, 16, generator=torch.Generator().manual_seed(0))
wanted = edge_kernels()["vertical"]
target = conv2d(pictures, wanted[None, None])
learned, snapshots = torch.zeros(1, 1, 3, 3), {}
for step in range(41):
    if step in (0, 2, 10, 40):
        snapshots[f"step {step}"] = learned[0, 0].round(decimals=2)
    error = conv2d(pictures, learned) - target
    learned = learned - 0.1 * conv2d_backward(2 * error / error.numel(), pictures, learned)[1]
kit.plots.grids(*snapshots.values(), wanted, titles=[*snapshots, "wanted"])

# %% [markdown]
# ## 2.7 A dense layer with most weights struck out
#
# A convolution is linear, so a matrix does it to the flattened picture. That matrix shows what the layer assumes.

# %% tags=["experiment"]
matrix = torch.tensor(
    [
        [1.0, 2, 0, 3, 4, 0, 0, 0, 0],
        [0, 1, 2, 0, 3, 4, 0, 0, 0],
        [0, 0, 0, 1, 2, 0, 3, 4, 0],
        [0, 0, 0, 0, 1, 2, 0, 3, 4],
    ]
)
kit.plots.grids(torch.tensor([[1.0, 2], [3, 4]]), matrix, titles=["kernel", "its matrix for pictures of 3 × 3"])

# %% [markdown]
# *Figure 9. One row an output, one column a pixel. 16 of the 36 numbers are weights of the kernel; the others are 0. In row 0 the second half of the kernel stands one whole picture row further on: 1, 2, then a 0, then 3, 4.*
#
# A dense layer learns every number of its matrix. For maps of 28 × 28 that is 784 · 784 = 614 656. A 3 × 3 kernel with padding 1 leaves 6 724 of them (**locality**: far pixels do not count) and gives those only 9 different values (**weight sharing**: the same question at every place).
#
# So this is what a convolution computes: *a dense layer's weighted sums, with the weights that lie far away struck out and the others shared by all places.*
#
# ### Exercise 2.7 `convolution_matrix`
# *medium · 15 minutes · 3 points · later: why a transposed convolution has its name*


# %% exercise="convolution_matrix"
def convolution_matrix(weight: Tensor, height: int, width: int) -> Tensor:
    """The matrix M for which M @ x.flatten() is the flattened result of sliding weight over a picture x.

    weight: (KH, KW), float.  x: (height, width); stride 1, no padding.
    Returns (H' * W', height * width) in the dtype of weight, H' = height - KH + 1, W' = width - KW + 1.
    Raises ValueError with the sizes if the kernel is larger than the picture in either direction.
    Not allowed: library convolutions, and unfold or fold of torch.nn.
    Example: weight = [[1, 2]], height = 1, width = 3
             gives [[1, 2, 0], [0, 1, 2]].
    Source: Dumoulin and Visin 2016, https://arxiv.org/abs/1603.07285, section 4.1
    """
    raise NotImplementedError("convolution_matrix: exercise 2.7")


# %% check="convolution_matrix"
weight = torch.tensor([[1.0, 2], [3, 4]])
expected = torch.zeros(4, 9)
for row, first in enumerate([0, 1, 3, 4]):
    expected[row, [first, first + 1, first + 3, first + 4]] = torch.tensor([1.0, 2, 3, 4])
check(convolution_matrix(weight, 3, 3), expected, "convolution_matrix in figure 9")
check(convolution_matrix(weight[:1], 2, 3).shape, (4, 6), "the shape of convolution_matrix([[1, 2]], 2, 3)")
check_raises(ValueError, convolution_matrix, weight, 1, 3, mentions=(1, 2));  # fmt: skip

# %% [markdown]
# <details><summary>The first row is right, later rows are not</summary>
#
# A question: which pixel does window (1, 0) begin with? Count its place in the flattened picture, for a width of 3 and of 5.
# </details>
# <details><summary>A kernel wraps round at the end of a row</summary>
#
# A pointer: there are W' windows in a row, not W. Between the last window of one row and the first of the next, the start jumps by more than one pixel.
# </details>
# <details><summary>My matrix is transposed, or row and column are mixed up</summary>
#
# The shape of the answer: think of M as (H', W', height, width). Entry (i, j) is a whole picture, zero but for the kernel with its corner at (i, j). Flatten at the end.
# </details>

# %% [markdown]
# The matrix of your `vertical` for pictures of 8 × 8. Dark and light bands are the same weights again and again; grey is 0.

# %% tags=["experiment"]
matrix = convolution_matrix(edge_kernels()["vertical"], 8, 8)
figure = kit.plots.Figure(figsize=(7, 4.2), layout="constrained")
ax = figure.subplots()
ax.imshow(matrix.numpy(), cmap="gray")
nonzero = int((matrix != 0).sum())
ax.set(xlabel="pixel", ylabel="output", title=f"{nonzero} of {matrix.numel()} numbers are not 0")
figure

# %% [markdown]
# ## 2.8 What moves along, and what does not
#
# A cat further to the right is the same cat. What does a convolution make of a shift?

# %% tags=["experiment"]
kit.plots.grids(
    torch.tensor([[0.0, 0, 1, 0, 0, 0], [0, 0, 0, 1, 0, 0]]),
    torch.tensor([[3.0, 2, 1, 0], [0, 3, 2, 1]]),
    titles=["a signal, and shifted", "both after [1, 2, 3]"],
)

# %% [markdown]
# *Figure 10. The 1 moves by one place, from index 2 to 3. The first output was 0·1 + 0·2 + 1·3 = 3; now the second is. The sum of the outputs is 6 both times.*
#
# If a shift of the input shifts the output by as much, an operation is **equivariant** to shifts. If the output does not change at all, it is **invariant**. Test your `conv2d`: shift, then convolve; convolve, then shift; subtract.


# %% tags=["experiment"]
def shift(x: Tensor, columns: int) -> Tensor:
    """Move the pictures to the right; zeros come in from the left."""
    return F.pad(x, (columns, -columns))


one = torch.arange(64.0).reshape(1, 1, 8, 8) % 5 + 1
weight = torch.tensor([[1.0, 2, 3], [0, 1, 0], [1, 0, 1]])[None, None]


def difference(stride: int, moved: int, moved_after: int) -> Tensor:
    shifted_before = conv2d(shift(one, moved), weight, stride=stride, padding=1)
    return shifted_before - shift(conv2d(one, weight, stride=stride, padding=1), moved_after)


kit.plots.grids(
    difference(1, 1, 1)[0, 0],
    difference(2, 2, 1)[0, 0],
    difference(2, 1, 1)[0, 0],
    titles=["stride 1, moved by 1", "stride 2, moved by 2", "stride 2, moved by 1"],
)

# %% [markdown]
# *Figure 11. Zero means that the order does not matter. In the middle, 2 pixels at the input are 1 at the output.*
#
# ### Question 2.8 `equivariance`
# *10 minutes · 2 points, graded by hand*
#
# 1. Tell equivariance and invariance apart. Which of the two is a convolution, and what could follow it to give the other?
# 2. Figure 11 shows two things that break it. Name them, and say why each does.

# %% [markdown] exercise="equivariance"
# *Write your answer here.*

# %% [markdown]
# You have built a convolution, its matrix and its gradient. A network is a stack of them with something nonlinear in between.
