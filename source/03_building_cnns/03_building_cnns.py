# %% [markdown]
# # How do layers make a network, and what does one unit see?
#
# One convolution looks at nine pixels, and a digit is twenty pixels high. A network must make its maps smaller, its windows larger and its numbers tame. Here you build each of these parts from tensors, follow one unit down to the pixels that it sees, and put the parts together twice: once with 421 642 weights, once with a fraction of them.

# %% [markdown]
# **How this notebook works**
#
# - Run the cells from top to bottom with Shift + Enter. The last figure takes up to a minute.
# - An *exercise* is one cell. Replace its last line, `raise NotImplementedError(...)`; keep the name and the arguments. Helper functions may stand in the same cell.
# - The cell below is a *visible check*. It prints `ok`, or says what differs. It knows a few cases only.
# - *Hidden tests* try many more cases after you hand in, and they make the grade. The docstring says what they may ask for.
# - Stuck? Each exercise has three *hints*. Open the one whose title is your symptom.
# - Before you hand in, restart the kernel and run all cells.

# %% [markdown]
# **What is not allowed.** In `max_pool2d`, `avg_pool2d` and `global_avg_pool`, torch's pooling is refused: functions and layers with "pool" in their names, wherever they are. In `BatchNorm2d`, `F.batch_norm` and the `nn.BatchNorm` layers are. Everything else of torch is yours: indexing, loops, `Tensor.unfold`, `F.unfold`, `F.pad`, `amax`, convolutions.
#
# **Letters.** A batch of pictures has shape `N C H W`: pictures, channels, rows, columns. A window has `K` rows and columns, moves by the stride `S`, and the picture has `P` pixels of padding on each side. A *unit* is one number in a feature map.

# %% tags=["setup"]
import torch
import torch.nn.functional as F
from torch import Tensor, nn

import coursekit as kit
from coursekit import check, check_raises


def pair(value) -> tuple[int, int]:
    """A size as (height, width): pair(2) gives (2, 2), pair((1, 2)) gives (1, 2)."""
    return (value, value) if isinstance(value, int) else (value[0], value[1])


# %% [markdown]
# ## 3.1 Keep the strongest
#
# A feature map says how much of a pattern is at each place. Whether there is an ear matters more than whether it is at pixel 11 or 12. So cut the map into windows and keep the strongest answer of each.

# %% tags=["experiment"]
feature_map = torch.tensor([[1.0, 3, 0, 2], [2, 0, 1, 1], [0, 1, -4, -2], [1, 0, -3, -5]])
kit.plots.grids(
    feature_map,
    torch.tensor([[3.0, 2], [1, -2]]),
    titles=["map", "max pooling"],
    highlight=[[(2, 2), (2, 3), (3, 2), (3, 3)], [(1, 1)]],
)

# %% [markdown]
# *Figure 1. The framed window holds −4, −2, −3, −5. Its largest number is −2, not 0 and not −5.*
#
# This is **max pooling**. Each channel is pooled alone, and nothing is learned. The windows usually stand side by side: the stride is the window's own size unless you say otherwise. Sizes follow lesson 2, H' = ⌊(H + 2P − K) / S⌋ + 1. By hand, for 2 × 2 windows:
#
# ```
# 28 → ⌊(28 − 2) / 2⌋ + 1 = 14 → ⌊(14 − 2) / 2⌋ + 1 = 7 → ⌊(7 − 2) / 2⌋ + 1 = 3
# ```
#
# In the last step the seventh row and column are left over, and no window sees them.
#
# Padding must never win. A zero would beat −2, so the padding of max pooling counts as minus infinity:
#
# ```
# y[i, j] = max over m, n of  x[i · S + m − P, j · S + n − P]        pixels outside of x do not count
# ```
#
# If P were more than half of K, a window could lie wholly in the padding, with nothing to choose from. That is refused.
#
# ### Exercise 3.1 `max_pool2d`
# *medium · 25 minutes · 4 points · later: between the stages of every network up to ResNet*


# %% exercise="max_pool2d"
def max_pool2d(
    x: Tensor,
    kernel_size: int | tuple[int, int],
    stride: int | tuple[int, int] | None = None,
    padding: int | tuple[int, int] = 0,
) -> Tensor:
    """The largest number of each window, channel by channel.

    x: (N, C, H, W), float, negative numbers too; may be a view, and is not changed.
    kernel_size, stride, padding: int or (height, width), in pixels.  stride: None means kernel_size.
    Padding never wins.  Rows and columns that are left over at the right and at the bottom are not seen.
    Returns (N, C, H', W') in the dtype of x, H' = (H + 2 * padding - kernel_size) // stride + 1; autograd reaches x.
    Raises ValueError, with the numbers in the message, if the padding is more than half of the kernel, in height or in
    width.  Not allowed: torch's pooling.
    Example: x = [[1, 3, 0, 2], [2, 0, 1, 1], [0, 1, -4, -2], [1, 0, -3, -5]], kernel_size = 2
             gives [[3, 2], [1, -2]] (with two axes of length 1 in front of each).
    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.MaxPool2d.html
    """
    raise NotImplementedError("max_pool2d: exercise 3.1")


# %% check="max_pool2d"
x = torch.tensor([[1.0, 3, 0, 2], [2, 0, 1, 1], [0, 1, -4, -2], [1, 0, -3, -5]])[None, None]
check(max_pool2d(x, 2), torch.tensor([[[[3.0, 2], [1, -2]]]]), "max_pool2d in figure 1")
check(
    max_pool2d(x, (1, 3), stride=(2, 1)), torch.tensor([[[[3.0, 3], [1, 1]]]]), "max_pool2d(x, (1, 3), stride=(2, 1))"
)
corner = x[:, :, 2:, 2:]
check(max_pool2d(corner, 2, padding=1), corner, "max_pool2d of [[-4, -2], [-3, -5]] with kernel 2, padding 1")
check(
    tuple(max_pool2d(torch.zeros(2, 3, 7, 7), 2).shape), (2, 3, 3, 3), "the shape after 2 × 2 windows on 7 × 7 pixels"
)
check_raises(ValueError, max_pool2d, x, 3, padding=2, mentions=(2, 3));  # fmt: skip

# %% [markdown]
# <details><summary>Zeros appear where all pixels are negative</summary>
#
# A question: which number can you put around the picture that no pixel loses against? `F.pad` has an argument for it.
# </details>
# <details><summary>Right for 28, an error or a wrong shape for 7</summary>
#
# A pointer: a `reshape` into windows needs sizes that divide. `Tensor.unfold(axis, size, step)` drops what is left over, once for each axis, and can overlap.
# </details>
# <details><summary>The windows overlap although I gave no stride, or pairs come out turned</summary>
#
# The shape of the answer: the stride's default is decided inside the function. Then pad (last axis first), make windows (N, C, H', W', KH, KW), and reduce the last two axes.
# </details>

# %% [markdown]
# Your function on a handwritten digit, again and again. When do you stop knowing which digit it is? (The digits stand in for MNIST where that is not installed.)

# %% tags=["experiment"]
digits, digit_labels = kit.data.load("mnist", n=1500)
digits = digits * 0.25 + 0.5  # undo the normalisation: 0 is paper, 1 is ink
digit = digits[8:9]
pooled = [digit]
for _ in range(3):
    pooled.append(max_pool2d(pooled[-1], 2))
enlarged = [F.interpolate(p, size=(28, 28)) for p in pooled]
kit.plots.images(torch.cat(enlarged), titles=[f"{p.shape[2]} × {p.shape[3]}" for p in pooled])

# %% [markdown]
# ## 3.2 Or the average
#
# The maximum keeps one number of four and forgets three. The mean lets each count a quarter.

# %% tags=["experiment"]
small = torch.tensor([[4.0, 8], [2, 6]])
kit.plots.grids(
    feature_map,
    torch.tensor([[1.5, 1], [0.5, -3.5]]),
    F.pad(small, (1, 1, 1, 1)),
    small / 4,
    small,
    titles=["map", "average pooling", "map, padding 1", "zeros count", "they do not"],
    highlight=[[(0, 0), (0, 1), (1, 0), (1, 1)], [(0, 0)], [(0, 0), (0, 1), (1, 0), (1, 1)], [(0, 0)], [(0, 0)]],
)

# %% [markdown]
# *Figure 2. Left: (1 + 3 + 2 + 0) / 4 = 1.5. Right: with padding 1, the framed window holds three zeros and the pixel 4. If the zeros count, its mean is 4 / 4 = 1; if they do not, it is 4 / 1 = 4.*
#
# Zeros are a fair padding for a sum, but do they belong to the mean? Torch lets you choose. With `count_include_pad` every window is divided by K · K; without it, by the number of real pixels in it, which is smaller at the border only.
#
# ```
# y[i, j] = (sum of the window) / (K · K)     or     (sum of the window) / (its pixels inside of x)
# ```
#
# ### Exercise 3.2 `avg_pool2d`
# *easy · 15 minutes · 3 points · later: the head of nearly every network is an average*


# %% exercise="avg_pool2d"
def avg_pool2d(
    x: Tensor,
    kernel_size: int | tuple[int, int],
    stride: int | tuple[int, int] | None = None,
    padding: int | tuple[int, int] = 0,
    count_include_pad: bool = True,
) -> Tensor:
    """The mean of each window, channel by channel.

    x: (N, C, H, W), float; may be a view, and is not changed.
    kernel_size, stride, padding: int or (height, width), in pixels; at most half of the kernel is padding.
    stride: None means kernel_size.  Zeros of the padding add nothing to the sum; with count_include_pad they are
    counted in the number that the sum is divided by, without it only the pixels of x are.
    Returns (N, C, H', W') in the dtype of x, sizes as in max_pool2d; autograd reaches x.
    Not allowed: torch's pooling.
    Example: x = [[4, 8], [2, 6]], kernel_size = 2, padding = 1
             gives [[1, 2], [0.5, 1.5]], and [[4, 8], [2, 6]] with count_include_pad=False.
    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.AvgPool2d.html
    """
    raise NotImplementedError("avg_pool2d: exercise 3.2")


# %% check="avg_pool2d"
x = torch.tensor([[1.0, 3, 0, 2], [2, 0, 1, 1], [0, 1, -4, -2], [1, 0, -3, -5]])[None, None]
check(avg_pool2d(x, 2), torch.tensor([[[[1.5, 1], [0.5, -3.5]]]]), "avg_pool2d in figure 2")
check(
    avg_pool2d(x, (1, 2), stride=(3, 2)),
    torch.tensor([[[[2.0, 1], [0.5, -4]]]]),
    "avg_pool2d(x, (1, 2), stride=(3, 2))",
)
x = torch.tensor([[4.0, 8], [2, 6]])[None, None]
check(avg_pool2d(x, 2, padding=1), x / 4, "avg_pool2d with padding, zeros counted")
check(avg_pool2d(x, 2, padding=1, count_include_pad=False), x, "avg_pool2d with padding, zeros not counted");  # fmt: skip

# %% [markdown]
# <details><summary>Right in the middle, wrong at the border</summary>
#
# A question: in figure 2, by what is the framed window divided in each of the two cases? How many pixels of x does your middle window have?
# </details>
# <details><summary>I do not know how to count the pixels of a window</summary>
#
# A pointer: counting is summing ones. What would you sum over the same windows?
# </details>
# <details><summary>My loops over windows work and are long</summary>
#
# The shape of the answer: the windows of 3.1, with another padding and a sum; the same for a picture of ones; a division.
# </details>

# %% [markdown]
# What is the loss of place good for? Here a stroke moves by one pixel at a time.

# %% tags=["experiment"]
kit.plots.grids(
    torch.tensor([[0.0, 0, 5, 0, 0, 0], [0, 0, 0, 5, 0, 0], [0, 0, 0, 0, 5, 0]]),
    torch.tensor([[0.0, 5, 0], [0, 5, 0], [0, 0, 5]]),
    torch.tensor([[0.0, 2.5, 0], [0, 2.5, 0], [0, 0, 2.5]]),
    titles=["one row a picture", "max, windows of 2", "mean"],
)

# %% [markdown]
# *Figure 3. From the first picture to the second the stroke moves inside one window, and nothing changes. From the second to the third it crosses into the next window, and the result moves along. So pooling by 2 forgets some steps of one pixel, not all of them.*
#
# *Pooling keeps what is there and blurs where.* That helps a classifier and harms whoever must say where.
#
# There is a second way to halve a map: a convolution with stride 2. It costs weights, and with them it can learn what to keep.
#
# Your two functions on moved digits: how much of the result changes, compared with how much the picture changes?

# %% tags=["experiment"]
hundred = digits[:100]


def change(function, shift: int) -> float:
    """How far function(x) moves when the pictures are shifted to the right, as a part of its own size."""
    before, after = function(hundred), function(F.pad(hundred, (shift, -shift)))
    return ((after - before).norm() / before.norm()).item()


ways = {
    "the picture itself": lambda x: x,
    "max_pool2d, 4": lambda x: max_pool2d(x, 4),
    "avg_pool2d, 4": lambda x: avg_pool2d(x, 4),
    "avg_pool2d, 28": lambda x: avg_pool2d(x, 28),
}
figure = kit.plots.curves(
    {name: (range(5), [change(way, shift) for shift in range(5)]) for name, way in ways.items()},
    xlabel="shift in pixels",
    ylabel="relative change",
)
figure.axes[0].set_xticks(range(5))
figure

# %% [markdown]
# ### Question 3.2 `presence`
# *10 minutes · 3 points, graded by hand*
#
# 1. What does max pooling keep of a window, and what does it throw away? Give one shift that changes nothing and one that does.
# 2. Name a task for which the thrown away part does not matter, and one for which it does.
# 3. When is a convolution with stride 2 the better way to halve a map? Name an advantage and what it costs.

# %% [markdown] exercise="presence"
# *Write your answer here.*

# %% [markdown]
# ## 3.3 What one unit sees
#
# A unit of the second convolution reads nine units of the map below, and each of these has read some pixels. The part of the picture that can reach a unit is its **receptive field**. A unit cannot know what lies outside of it.
#
# Grow it by hand, along one axis, for the network of section 3.5: convolution 3, pooling 2, convolution 3, pooling 2.

# %% tags=["experiment"]
fields = torch.zeros(5, 12)
for row, (first, size) in enumerate([(5, 1), (4, 3), (4, 4), (2, 8), (2, 10)]):
    fields[row, first : first + size] = 1
figure = kit.plots.Figure(figsize=(7, 2.6), layout="constrained")
ax = figure.subplots()
ax.pcolormesh(fields.numpy(), cmap="Greys", vmin=0, vmax=1.6, edgecolors="0.6", linewidth=0.8)
ax.set_yticks([row + 0.5 for row in range(5)], labels=["one pixel", "conv 3", "pool 2", "conv 3", "pool 2"])
ax.set_xticks([])
ax.tick_params(length=0)
ax.invert_yaxis()
for row, size in enumerate((1, 3, 4, 8, 10)):
    ax.text(12.2, row + 0.5, str(size), va="center")
ax.set(title="pixels that reach one unit", xlim=(0, 13))
figure

# %% [markdown]
# *Figure 4. A unit of the first convolution sees 3 pixels. Pooling joins two neighbours, whose fields lie 1 pixel apart: 3 + 1 = 4. After it, neighbours lie 2 pixels apart, so the second convolution adds 2 · 2 = 4, which makes 8. The second pooling joins two of these: 8 + 1 · 2 = 10.*
#
# Two numbers are carried along: the field R, and the **jump** J, the pixels between the fields of two neighbours. A layer with K weights that lie D units apart reaches D · (K − 1) units further, and each of them is J pixels:
#
# ```
# R ← R + (K − 1) · D · J          then          J ← J · S          at the start R = 1, J = 1
# ```
#
# The stride of a layer does not widen its own field: J is the product of the strides *before* it. Pooling counts like any other layer; padding moves the field and does not change its size; ReLU looks at one unit and adds nothing.
#
# Two 3 × 3 convolutions in a row see 1 + 2 + 2 = 5 pixels, like one of 5 × 5, for 18 instead of 25 weights a pair of channels.
#
# ### Exercise 3.3a `receptive_field`
# *easy · 15 minutes · 4 points · later: you choose depth, stride and dilation by it*


# %% exercise="receptive_field"
def receptive_field(layers: list[tuple[int, int, int]]) -> list[int]:
    """The size of the receptive field after each layer, in pixels along one axis.

    layers: a list of (kernel_size, stride, dilation), first layer first, convolutions and poolings alike; not changed.
    Returns a list of as many ints; [] for no layer.
    Example: receptive_field([(3, 1, 1), (2, 2, 1), (3, 1, 1), (2, 2, 1)])
             gives [3, 4, 8, 10].
    Source: Araujo et al. 2019, https://distill.pub/2019/computing-receptive-fields/
    """
    raise NotImplementedError("receptive_field: exercise 3.3a")


# %% check="receptive_field"
check(receptive_field([(3, 1, 1), (2, 2, 1), (3, 1, 1), (2, 2, 1)]), [3, 4, 8, 10], "receptive_field in figure 4")
check(receptive_field([(3, 2, 1)]), [3], "receptive_field of one convolution with stride 2")
check(
    receptive_field([(3, 1, 2), (3, 2, 1), (3, 1, 2)]), [5, 7, 15], "receptive_field([(3, 1, 2), (3, 2, 1), (3, 1, 2)])"
)
check(receptive_field([]), [], "receptive_field([])");  # fmt: skip

# %% [markdown]
# <details><summary>My numbers are too large from the first stride on</summary>
#
# A question: `[(3, 2, 1)]` has one layer, and its units look at three pixels. Where did your stride come in?
# </details>
# <details><summary>I am off by one everywhere, or get 0 for the first layer</summary>
#
# A pointer: with no layer at all, a unit is a pixel. And how many gaps lie between K weights?
# </details>
# <details><summary>I have one number instead of a list</summary>
#
# The shape of the answer: two numbers that change in a loop, in the right order, and a list that remembers one of them after each layer.
# </details>

# %% [markdown]
# Your function over a handwritten digit: the field of one unit near the middle, layer by layer, as the maps go from 28 to 14, 7 and on. Which layer is the first that could tell this digit from another?

# %% tags=["experiment"]
from matplotlib.patches import Rectangle

stack = [(3, 1, 1), (2, 2, 1), (3, 1, 1), (2, 2, 1), (3, 1, 1), (3, 1, 1)]  # all convolutions with padding 1
names = ["conv 3", "pool 2", "conv 3", "pool 2", "conv 3", "conv 3"]
figure = kit.plots.Figure(figsize=(11, 2.3), layout="constrained")
start, jump = 0, 1  # where the field of unit 0 begins, and how far apart two neighbours' fields are
for ax, (_, stride, _), name, size in zip(figure.subplots(1, 6), stack, names, receptive_field(stack), strict=True):
    start, jump = start - (jump if name == "conv 3" else 0), jump * stride
    corner = start + round((13.5 - (start + size / 2 - 0.5)) / jump) * jump  # of the unit nearest to the middle
    ax.imshow(digit[0, 0], cmap="gray_r", vmin=0, vmax=2)
    ax.add_patch(Rectangle((corner - 0.5, corner - 0.5), size, size, fill=False, linewidth=2.5))
    ax.set(title=f"{name}: {size} × {size}", xticks=[], yticks=[], xlim=(-3.5, 30.5), ylim=(30.5, -3.5))
figure

# %% [markdown]
# ### Ask the network
#
# The formula believes what you tell it about the layers. The other way is to ask the network itself: which pixels can move this unit? The gradient of a unit says how much it moves with each pixel; a pixel with gradient 0 does not reach it, *for this input*.

# %% tags=["experiment"]
kit.plots.grids(
    torch.tensor([1.0, 4, 2, 3, 0, 5]),
    torch.tensor([4.0, 3, 5]),
    torch.tensor([0.0, 0, 0, 1, 0, 1]),
    torch.tensor([0.0, 0, 1, 1, 1, 1]),
    titles=["pixels", "pool 2", "gradient of 3 + 5", "field"],
    highlight=[[(0, 3), (0, 5)], [(0, 1), (0, 2)], [], [(0, 2), (0, 3), (0, 4), (0, 5)]],
)

# %% [markdown]
# *Figure 5. Pooling by 2, then one unit that adds the two framed maxima, 3 + 5. Its gradient is 1 at two pixels, because each maximum listens to one pixel only. But other numbers in those windows would be heard as well: the field is the 4 pixels from index 2 to 5, and the gradient for this input spans 3.*
#
# So one input is not enough. A ReLU that is off, a maximum that looks elsewhere and a weight that is nearly 0 hide pixels; dilation leaves holes between them. The field is the *extent* of all pixels that can move the unit: from the first row to the last, from the first column to the last, whatever lies between.
#
# ### Exercise 3.3b `empirical_receptive_field`
# *hard · 35 minutes · 4 points · later: it tells you whether the net that you built is the one that you drew*


# %% exercise="empirical_receptive_field"
def empirical_receptive_field(net: nn.Module, input_shape: tuple[int, int, int]) -> tuple[int, int]:
    """Height and width of the part of the picture that can move the middle unit of the net's output.

    net: an nn.Sequential, which may hold others, or one layer: nn.Conv2d (also strided or dilated), nn.MaxPool2d,
    nn.AvgPool2d, nn.ReLU. There is a convolution in it; its parameters are all float32 or all float64.
    input_shape: (C, H, W), large enough that the field is not cut off by the border.  The output is (1, C', H', W').
    The middle unit is (H' // 2, W' // 2), in any channel; a pixel may be of any channel. The extent counts: from the
    first row to the last, holes included. A pixel counts if it moves the unit for some input, not only for one.
    Returns two ints, (height, width).
    Afterwards all is as it was: weights, .grad of every parameter (None, or the old numbers), train or eval mode of
    each submodule, the global random state (a torch.Generator of your own is free).
    Example: empirical_receptive_field(nn.Conv2d(1, 1, 3, dilation=2), (1, 15, 15))
             gives (5, 5).
    Source: Luo et al. 2016, https://arxiv.org/abs/1701.04128
    """
    raise NotImplementedError("empirical_receptive_field: exercise 3.3b")


# %% check="empirical_receptive_field"
torch.manual_seed(0)
net = nn.Conv2d(1, 1, 3, dilation=2)
check(empirical_receptive_field(net, (1, 15, 15)), (5, 5), "the field of nn.Conv2d(1, 1, 3, dilation=2)")
net = nn.Sequential(
    nn.Conv2d(1, 2, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(2, 2, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2)
)
check(empirical_receptive_field(net, (1, 28, 28)), (10, 10), "the field of the network in figure 4")
net = nn.Sequential(nn.Conv2d(2, 2, (5, 1)), nn.ReLU(), nn.AvgPool2d((1, 3), stride=2)).double()
check(empirical_receptive_field(net, (2, 21, 23)), (5, 3), "the field of a 5 × 1 kernel and a 1 × 3 average")
check(all(p.grad is None for p in net.parameters()), True, "whether every .grad is None afterwards");  # fmt: skip

# %% [markdown]
# <details><summary>The field is too small, or changes from call to call</summary>
#
# A question: what hides pixels for one input? What would many inputs have in common, or what could you change in a *copy* of the net so that nothing hides?
# </details>
# <details><summary>With dilation I get 3 or 9 instead of 5</summary>
#
# A pointer: dilated kernels leave holes. From the indices of what is not 0, take the first and the last, rows and columns apart.
# </details>
# <details><summary>Gradients stay behind in the net, or a seed changes</summary>
#
# The shape of the answer: `torch.autograd.grad` returns the gradient of one number in the picture and leaves `.grad` alone; a generator of your own draws the pictures; a mask remembers every pixel that was ever moved.
# </details>

# %% [markdown]
# All pixels of the field can reach a unit; do they count alike? Brightness is the mean size of the gradient over 200 random pictures, after two, four and eight 3 × 3 convolutions.

# %% tags=["experiment"]
torch.manual_seed(0)
maps, titles = [], []
for depth in (2, 4, 8):
    layers = [layer for i in range(depth) for layer in (nn.Conv2d(1 if i == 0 else 8, 8, 3, padding=1), nn.ReLU())]
    net, x = nn.Sequential(*layers), torch.randn(200, 1, 21, 21, requires_grad=True)
    gradient = torch.autograd.grad(net(x)[:, :, 10, 10].sum(), x)[0].abs().mean(0)
    maps.append(gradient / gradient.max())
    field = empirical_receptive_field(net, (1, 21, 21))
    titles.append(f"{depth} layers\n{field[0]} × {field[1]}")
kit.plots.images(torch.stack(maps).sqrt(), titles=titles)

# %% [markdown]
# *The field says how far a unit can look; its middle is where it does look.* Many paths lead from the middle pixels to the unit, and only one from a corner.

# %% [markdown]
# ## 3.4 Normalise a channel
#
# Stack ten layers, and the numbers shrink or grow at each. A layer then learns on inputs whose size it cannot know. **Batch norm** takes each channel, measures its mean and its spread over the batch, and sets them to 0 and 1.

# %% tags=["experiment"]
channel = torch.tensor([[1.0, 1], [5, 5]])
kit.plots.grids(
    channel,
    (channel - 3) / 2,
    3 * (channel - 3) / 2 + 1,
    titles=["channel", "normalised", "γ = 3, β = 1"],
)

# %% [markdown]
# *Figure 6. One channel of two pictures (the rows) with two pixels each. Mean (1 + 1 + 5 + 5) / 4 = 3, variance (4 + 4 + 4 + 4) / 4 = 4. So 1 becomes (1 − 3) / √4 = −1, and 3 · (−1) + 1 = −2.*
#
# The mean runs over pictures, rows and columns, N · H · W numbers, for each channel alone. The layer may undo it all: γ and β, one of each for a channel, are learned.
#
# ```
# y = γ · (x − mean) / √(variance + ε) + β            variance = Σ (x − mean)² / (N · H · W)
# ```
#
# A single picture at test time has no batch. So the layer keeps **running statistics**, and in eval mode it uses these instead of the batch's. Each training step moves them by a tenth of the way (momentum 0.1):
#
# ```
# running_mean ← 0.9 · running_mean + 0.1 · mean                                   here 0.9 · 0 + 0.1 · 3 = 0.3
# running_var  ← 0.9 · running_var  + 0.1 · Σ (x − mean)² / (N · H · W − 1)        here 0.9 · 1 + 0.1 · 16/3 = 1.433
# ```
#
# Look at the divisor. The batch is normalised with its own variance (16 / 4 = 4). The running one is an estimate for pictures to come, and a sample's own variance is too small for that; dividing by one less mends it (16 / 3 = 5.333). For 4 numbers that is a third more.
#
# The gradient goes through mean and variance in train mode: each pixel moves all others. The running statistics are a record, and no gradient goes through them.
#
# ### Exercise 3.4 `BatchNorm2d`
# *hard · 40 minutes · 6 points · later: in every network from here on; its two modes, mixed up, are a common bug*


# %% exercise="BatchNorm2d"
class BatchNorm2d(nn.Module):
    """Batch norm for pictures: each channel gets mean 0 and variance 1, then is scaled by weight (γ) and moved by bias (β).

    num_features: C.  eps: ε, under the root.  momentum: the part of the new statistics, 0.1 as in section 3.4.
    x: (N, C, H, W), float, not changed.  Returns the same shape and dtype.
    Train mode: statistics of the batch over N, H and W; the variance divides by N * H * W.  The running ones move by
    momentum, running_var with the variance that divides by N * H * W - 1, and num_batches_tracked grows by 1.
    Eval mode: the running statistics; nothing moves.
    The state dict is that of nn.BatchNorm2d: the parameters weight (C,), ones at the start, and bias (C,), zeros; the
    buffers running_mean (C,), zeros, running_var (C,), ones, and num_batches_tracked, an int64 tensor of shape ().
    Gradients reach x, weight and bias; none is kept in the running statistics.
    Not allowed: F.batch_norm and the nn.BatchNorm layers.
    Example: BatchNorm2d(1) takes [1, 1] and [5, 5], two pictures of 1 × 1 × 2,
             to [-1, -1] and [1, 1]; running_mean is then 0.3, running_var 1.433.
    Source: Ioffe and Szegedy 2015, https://arxiv.org/abs/1502.03167
    """

    def __init__(self, num_features: int, eps: float = 1e-5, momentum: float = 0.1) -> None:
        super().__init__()
        raise NotImplementedError("BatchNorm2d: exercise 3.4")

    def forward(self, x: Tensor) -> Tensor:
        raise NotImplementedError("BatchNorm2d: exercise 3.4")


# %% check="BatchNorm2d"
x = torch.tensor([[1.0, 1], [5, 5]])[:, None, None]
norm = BatchNorm2d(1)
check(norm(x).detach(), torch.tensor([[-1.0, -1], [1, 1]])[:, None, None], "the batch of figure 6 in train mode")
expected = {"weight": [1.0], "bias": [0.0], "running_mean": [0.3], "running_var": [1.4333], "num_batches_tracked": 1}
check(
    {name: tensor.tolist() for name, tensor in norm.state_dict().items()},
    expected,
    "the state dict after one step",
    tolerance=1e-4,
)
check(norm.running_var.requires_grad, False, "whether running_var requires a gradient")
with torch.no_grad():
    norm.weight.fill_(3)
    norm.bias.fill_(1)
check(
    norm(x).detach(), torch.tensor([[-2.0, -2], [4, 4]])[:, None, None], "the same with γ = 3 and β = 1", tolerance=1e-4
)
norm = norm.eval()
with torch.no_grad():
    norm.running_mean.fill_(1)
    norm.running_var.fill_(4)
check(
    norm(x).detach(),
    torch.tensor([[1.0, 1], [7, 7]])[:, None, None],
    "in eval mode with running mean 1, variance 4",
    tolerance=1e-4,
)
check(norm.running_mean.item(), 1.0, "running_mean after a pass in eval mode");  # fmt: skip

# %% [markdown]
# <details><summary>Right in train mode, wrong in eval mode (or the other way round)</summary>
#
# A question: which attribute of every module says the mode that it is in? Which two tensors does each mode divide and subtract with?
# </details>
# <details><summary>running_var is nearly right, or the output is</summary>
#
# A pointer: there are two divisors, and `Tensor.var` has an argument for them. Which one does each of the two formulas use? And is ε inside the root?
# </details>
# <details><summary>The statistics are missing in the state dict, or require a gradient</summary>
#
# The shape of the answer: what is learned is an `nn.Parameter`; what is only remembered is registered as a buffer and moved under `torch.no_grad()` (or detached); what is one number a channel needs the shape (1, C, 1, 1) to meet x.
# </details>

# %% [markdown]
# 64 pictures go through thirty fresh layers, with and without your batch norm. How much do the outputs still differ from picture to picture?

# %% tags=["experiment"]
pictures, spread = digits[:64], {}
for name in ("conv, ReLU", "conv, BatchNorm2d, ReLU"):
    torch.manual_seed(0)
    x, spread[name] = pictures, []
    for i in range(30):
        x = nn.Conv2d(1 if i == 0 else 16, 16, 3, padding=1)(x).detach()
        x = (BatchNorm2d(16)(x) if "Norm" in name else x).relu().detach()
        spread[name].append(x.std(0).mean().item())
figure = kit.plots.curves(spread, xlabel="layer", ylabel="standard deviation over the pictures")
figure.axes[0].set_yscale("log")
figure

# %% [markdown]
# ## 3.5 A network, with every shape written down
#
# Before you build a network, count it. A convolution has O kernels, each with C slices of K × K weights and one bias. With groups, a kernel reads only C / G channels.

# %% tags=["experiment"]
kit.plots.grids(
    torch.ones(3, 3),
    torch.ones(3, 3),
    torch.ones(1, 1),
    titles=["slice for channel 0", "for channel 1", "bias"],
)

# %% [markdown]
# *Figure 7. One kernel that reads 2 channels has 2 · 9 + 1 = 19 parameters. 32 kernels that read 1 channel have 32 · (1 · 9 + 1) = 320; 64 that read 32 have 64 · (32 · 9 + 1) = 18 496. In 4 groups, each of these 64 reads 8 channels: 64 · (8 · 9 + 1) = 4 672.*
#
# ```
# parameters = O · (C / G · KH · KW + 1)             without the 1 if there is no bias
# ```
#
# Height and width of the picture do not occur.
#
# ### Exercise 3.5a `conv_parameters`
# *easy · 5 minutes · 2 points · later: you compare networks of equal size*


# %% exercise="conv_parameters"
def conv_parameters(
    in_channels: int, out_channels: int, kernel_size: int | tuple[int, int], bias: bool = True, groups: int = 1
) -> int:
    """The number of parameters of nn.Conv2d(in_channels, out_channels, kernel_size, bias=bias, groups=groups).

    kernel_size: int or (height, width).  groups divides both numbers of channels.  Returns an int.
    Example: conv_parameters(32, 64, 3)
             gives 18496.
    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.Conv2d.html
    """
    raise NotImplementedError("conv_parameters: exercise 3.5a")


# %% check="conv_parameters"
check(conv_parameters(1, 32, 3), 320, "conv_parameters(1, 32, 3)")
check(conv_parameters(32, 64, 3), 18496, "conv_parameters(32, 64, 3)")
check(conv_parameters(4, 6, (1, 5), bias=False), 120, "conv_parameters(4, 6, (1, 5), bias=False)")
check(conv_parameters(32, 64, 3, groups=4), 4672, "conv_parameters(32, 64, 3, groups=4)");  # fmt: skip

# %% [markdown]
# <details><summary>My number is too small by 32 or 64, or much too large</summary>
#
# A question: how many outputs has the layer, and how many biases? One for each weight, or one for each map?
# </details>
# <details><summary>Right for 3, wrong for (1, 5)</summary>
#
# A pointer: `pair` in the setup cell makes a pair of both.
# </details>
# <details><summary>Wrong with groups, or a result such as 320.0</summary>
#
# The shape of the answer: one kernel's weights, times the number of kernels; the groups divide what one kernel reads. Whole numbers are divided with `//`.
# </details>

# %% [markdown]
# ### SimpleCNN
#
# Two convolutions with pooling, then two dense layers. Write the shape beside each step; it is the best bug finder there is.
#
# | step | shape after it | parameters |
# | --- | --- | --- |
# | picture | N 1 28 28 | |
# | `conv1`: 3 × 3, padding 1; ReLU | N 32 28 28 | 320 |
# | max pooling 2 × 2 | N 32 14 14 | |
# | `conv2`: 3 × 3, padding 1; ReLU | N 64 14 14 | 18 496 |
# | max pooling 2 × 2 | N 64 7 7 | |
# | flatten | N 3136 | |
# | `fc1`; ReLU | N 128 | 3136 · 128 + 128 = 401 536 |
# | `fc2` | N 10 | 128 · 10 + 10 = 1 290 |
#
# In sum 320 + 18 496 + 401 536 + 1 290 = 421 642. The last ten numbers are **logits**, any real numbers; the loss turns them into probabilities, so there is no softmax in the network. Without ReLU between them, two dense layers would be one.
#
# ### Exercise 3.5b `SimpleCNN`
# *easy · 15 minutes · 3 points · later: lesson 4 trains it*


# %% exercise="SimpleCNN"
class SimpleCNN(nn.Module):
    """The network of the table: two convolutions with ReLU and max pooling, two dense layers.

    num_classes: the number of logits.  x: (N, 1, 28, 28), any N from 1 on, float32 or float64 as the parameters are.
    Returns logits (N, num_classes); no softmax, no dropout.
    Children with these names: conv1 (1 → 32) and conv2 (32 → 64), 3 × 3 with padding 1, each followed by ReLU and 2 × 2
    max pooling; fc1 (3136 → 128), followed by ReLU; fc2 (128 → num_classes). All with biases; nothing else is learned.
    The maps are flattened channel by channel, row by row: in the order in which they lie in memory.
    Example: sum(p.numel() for p in SimpleCNN().parameters())
             gives 421642.
    Source: the layers of LeCun et al. 1998, with ReLU and max pooling, https://doi.org/10.1109/5.726791
    """

    def __init__(self, num_classes: int = 10) -> None:
        super().__init__()
        raise NotImplementedError("SimpleCNN: exercise 3.5b")

    def forward(self, x: Tensor) -> Tensor:
        raise NotImplementedError("SimpleCNN: exercise 3.5b")


# %% check="SimpleCNN"
net = SimpleCNN()
check(sum(p.numel() for p in net.parameters()), 421642, "the number of parameters of SimpleCNN()")
names = ["conv1.bias", "conv1.weight", "conv2.bias", "conv2.weight", "fc1.bias", "fc1.weight", "fc2.bias", "fc2.weight"]
check(sorted(net.state_dict()), names, "the names in the state dict")
check(tuple(net(torch.zeros(1, 1, 28, 28)).shape), (1, 10), "the shape of the logits for one picture")
with torch.no_grad():
    for p in net.parameters():
        k = torch.arange(p.numel()).reshape(p.shape)
        p.copy_((k * k * 31 % 1009 / 504 - 1) * (2 / max(1, p[0].numel())) ** 0.5)  # made-up weights
    k = torch.arange(2 * 784).reshape(2, 1, 28, 28)
    logits = net(k * k * 17 % 1009 / 504 - 1)[:, :3]
check(logits, torch.tensor([[2.7437, -0.9756, -1.8375], [2.7680, -0.9707, -1.7654]]), "the first logits for made-up weights and pictures", tolerance=1e-3);  # fmt: skip

# %% [markdown]
# <details><summary>Shapes do not fit at fc1: 3136 against another number</summary>
#
# A question: which row of the table is the first that your tensor does not match? Print the shape after each step.
# </details>
# <details><summary>The number of parameters is right, the logits are not</summary>
#
# A pointer: ReLU, pooling and flattening have no parameters, so a wrong one has no name. Is there a ReLU after `conv1`, `conv2` and `fc1`, and nothing after `fc2`?
# </details>
# <details><summary>It works for one batch size only</summary>
#
# The shape of the answer: four layers in the constructor, a forward pass of one line a row of the table. `flatten(1)` keeps the axis of the pictures, whatever its length.
# </details>

# %% [markdown]
# Where do the weights of your network sit?

# %% tags=["experiment"]
net = SimpleCNN()
kit.plots.bars(
    {name: sum(p.numel() for p in child.parameters()) / 1000 for name, child in net.named_children() if list(child.parameters())},
    xlabel="thousand parameters",
    title="SimpleCNN",
)  # fmt: skip

# %% [markdown]
# *Figure 8. `fc1` has 401 536 of 421 642: 95 %. The convolutions, which do the seeing, have 4.5 %.*
#
# ## 3.6 Average instead of flattening
#
# `fc1` has a weight for each place of each map: it learns anew for each of 49 places what a pattern there means. Take the mean over all places instead, and a map becomes one number.

# %% tags=["experiment"]
maps = torch.tensor([[[1.0, 3], [0, 4]], [[0, 0], [0, 6]]])
kit.plots.grids(
    maps[0],
    maps[1],
    torch.tensor([2.0, 1.5]),
    titles=["channel 0", "channel 1", "their means"],
    highlight=[[(0, 0), (0, 1), (1, 0), (1, 1)], [], [(0, 0)]],
)

# %% [markdown]
# *Figure 9. (1 + 3 + 0 + 4) / 4 = 2: how much of pattern 0 there is, anywhere in the picture.*
#
# This is **global average pooling**. From 64 maps of 7 × 7 to 10 classes, a dense layer on the flattened maps has 64 · 49 · 10 = 31 360 weights; on the 64 means it has 640. (Biases come on top: 10 in both.) And it does not care how large the maps are, so the network takes pictures of any size.
#
# ### Exercise 3.6a `global_avg_pool`
# *easy · 5 minutes · 1 point · later: the head of ResNet and of nearly everything after it*


# %% exercise="global_avg_pool"
def global_avg_pool(x: Tensor) -> Tensor:
    """The mean of each map.

    x: (N, C, H, W), float, any H and W; may be a view.  Returns (N, C) in the dtype of x, also for N or C of 1.
    Autograd reaches x.  Not allowed: torch's pooling.
    Example: x = [[[1, 3], [0, 4]], [[0, 0], [0, 6]]], one picture of two channels
             gives [[2, 1.5]].
    Source: Lin et al. 2013, https://arxiv.org/abs/1312.4400
    """
    raise NotImplementedError("global_avg_pool: exercise 3.6a")


# %% check="global_avg_pool"
x = torch.tensor([[[[1.0, 3], [0, 4]], [[0, 0], [0, 6]]]])
check(global_avg_pool(x), torch.tensor([[2.0, 1.5]]), "global_avg_pool in figure 9")
check(tuple(global_avg_pool(torch.zeros(3, 1, 5, 2)).shape), (3, 1), "the shape for 3 pictures of 1 × 5 × 2");  # fmt: skip

# %% [markdown]
# <details><summary>The shape has too many or too few axes</summary>
#
# A question: which two axes should disappear, and which two stay, even if they have length 1?
# </details>
# <details><summary>Right for 7 × 7 only</summary>
#
# A pointer: how many numbers are averaged? The shape of x knows.
# </details>
# <details><summary>I am refused although I use no layer</summary>
#
# The shape of the answer: one method of a tensor that takes several axes at once. Whatever has "pool" in its name is not it.
# </details>

# %% [markdown]
# ### Deeper, and smaller
#
# Now everything together: more convolutions for a wider field, batch norm so that they train, and a mean in the place of `fc1`.
#
# ```
# five times [convolution → batch norm → ReLU]  →  global average pooling  →  one linear layer
# ```
#
# The widths are yours, and so is how the maps get smaller: by pooling between the blocks, or by strides. A rule of thumb: double the channels where you halve the maps.
#
# Batch norm comes directly after the convolution and before ReLU. It takes the mean away, so the convolution's bias is useless there: `bias=False` saves it.
#
# ### Exercise 3.6b `DeeperCNN`
# *medium · 25 minutes · 3 points · later: lesson 4 races it against SimpleCNN*


# %% exercise="DeeperCNN"
class DeeperCNN(nn.Module):
    """A network of your own design: five times convolution, batch norm, ReLU; global average pooling; one linear layer.

    num_classes: the number of logits.  x: (N, 1, H, W), for instance 28 × 28 or 32 × 32.
    Returns logits (N, num_classes); no softmax.
    Exactly five nn.Conv2d, five nn.BatchNorm2d (torch's, not yours of 3.4) and one nn.Linear, each used once; batch norm
    directly after each convolution, ReLU after each batch norm (a layer or a function).  Pooling between the blocks or
    strides in the convolutions, widths and names: as you like, but fewer parameters than SimpleCNN's 421642.
    Global average pooling: the linear layer gets the mean of each map, so the size of the picture does not matter.
    Example: DeeperCNN()(torch.zeros(2, 1, 32, 32)).shape
             gives (2, 10).
    Source: Lin et al. 2013, https://arxiv.org/abs/1312.4400; Ioffe and Szegedy 2015, https://arxiv.org/abs/1502.03167
    """

    def __init__(self, num_classes: int = 10) -> None:
        super().__init__()
        raise NotImplementedError("DeeperCNN: exercise 3.6b")

    def forward(self, x: Tensor) -> Tensor:
        raise NotImplementedError("DeeperCNN: exercise 3.6b")


# %% check="DeeperCNN"
torch.manual_seed(0)
net = DeeperCNN().eval()
for size in (28, 32):
    check(
        tuple(net(torch.zeros(2, 1, size, size)).shape), (2, 10), f"the shape of the logits for {size} × {size} pixels"
    )
for kind, expected in ((nn.Conv2d, 5), (nn.BatchNorm2d, 5), (nn.Linear, 1)):
    found = sum(isinstance(module, kind) for module in net.modules())
    check(found, expected, f"the number of nn.{kind.__name__} in DeeperCNN()")
parameters = sum(p.numel() for p in net.parameters())
print(f"{parameters} parameters")
check(parameters < 421642, True, "whether DeeperCNN() has fewer parameters than SimpleCNN()");  # fmt: skip

# %% [markdown]
# <details><summary>It works for 28 × 28 and fails for 32 × 32</summary>
#
# A question: which layer knows the size of the maps? What should stand in its place?
# </details>
# <details><summary>It has too many parameters</summary>
#
# A pointer: `conv_parameters` tells you what each convolution costs. From 128 to 128 channels it is 147 584; how far do 16, 32, 64 get you?
# </details>
# <details><summary>The hidden test says that a ReLU or a batch norm is missing</summary>
#
# The shape of the answer: one helper that makes three layers from two numbers of channels, five times; every convolution has a norm of its own, and the last block has a ReLU too.
# </details>

# %% [markdown]
# Both networks after six epochs on 1500 digits, and then on digits that are moved by a few pixels, which neither has seen. Which part of SimpleCNN breaks? And if the strides and poolings of your DeeperCNN multiply to 4, why might it do better at 4 pixels than at 3?

# %% tags=["experiment"]
test_digits, test_labels = kit.data.load("mnist", split="test", n=300)
images, right = (digits - 0.5) / 0.25, {}
for build, rate in ((SimpleCNN, 0.002), (DeeperCNN, 0.01)):
    torch.manual_seed(0)
    net = build()
    kit.train.fit(net, images, digit_labels, epochs=6, lr=rate)
    moved = [F.pad(test_digits, (shift, -shift), value=-2.0) for shift in range(7)]
    name = f"{build.__name__}, {sum(p.numel() for p in net.parameters())} parameters"
    right[name] = (range(7), [100 * kit.train.accuracy(net, x, test_labels) for x in moved])
kit.plots.curves(right, xlabel="moved to the right, in pixels", ylabel="% of the test pictures right")

# %% [markdown]
# **The answer.** Layers make a network by taking turns: convolutions ask, ReLU decides, pooling and strides make each next question wider, batch norm keeps the numbers in range. One unit sees its receptive field and nothing else, and it grows by (K − 1) · D jumps a layer. A mean over all places ends it, with 640 weights where flattening has 31 360.
