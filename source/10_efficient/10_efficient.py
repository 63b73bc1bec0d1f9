# %% [markdown]
# # Same accuracy, a tenth of the arithmetic?
#
# ResNet-50 makes four thousand million multiplications to name one photograph; EfficientNet-B0 makes four hundred million and names more of them rightly. A phone's battery knows the difference. Here you take the 3 × 3 convolution apart, count what each part costs, build the blocks of MobileNet and EfficientNet, and find out what arithmetic buys: in accuracy, and in seconds.

# %% [markdown]
# **How this notebook works**
#
# - Run the cells from top to bottom with Shift + Enter. The trainings in 10.8 take a minute together.
# - An *exercise* is one cell. Replace its last line, `raise NotImplementedError(...)`; keep the name and the arguments. Helpers may stand in the same cell.
# - The cell below is a *visible check*. *Hidden tests* try many more cases after you hand in, and they make the grade. The docstring says what they may ask for.
# - Stuck? Each exercise has three *hints*. Open the one whose title is your symptom.
# - Before you hand in, restart the kernel and run all cells.
#
# **What is not allowed.** `depthwise_conv2d` and `pointwise_conv2d` must not use the library's convolutions or `unfold`; `InvertedResidual` and `SqueezeExcitation` must not import torchvision. All else is yours.
#
# **Letters.** A batch of pictures has shape `N C H W`: pictures, channels, rows, columns. O is the number of output channels, K the side of a kernel. A *multiply-add* is one multiplication and the addition that follows it; many papers call it MAC, some count it as two FLOPs. A *state dict* holds all weights and statistics of a module by name.

# %% tags=["setup"]
import math
import time

import torch
import torch.nn.functional as F
from torch import Tensor, nn

import coursekit as kit
from coursekit import check, check_raises


def layout(module: nn.Module) -> dict[str, tuple[int, ...]]:
    """The names in a module's state dict, with their shapes."""
    return {name: tuple(tensor.shape) for name, tensor in module.state_dict().items()}


def made_up(shape: tuple[int, ...]) -> Tensor:
    """Numbers between -1 and 1 in no order that the eye would see."""
    k = torch.arange(100, 100 + torch.Size(shape).numel()).reshape(shape)
    return k * k * 31 % 1009 / 504 - 1


def with_made_up_weights(module: nn.Module) -> nn.Module:
    """The module in eval mode, every weight and statistic replaced."""
    with torch.no_grad():
        for name, tensor in module.state_dict().items():
            if tensor.ndim > 1:
                tensor.copy_(made_up(tensor.shape) * (12 / tensor[0].numel()) ** 0.5)
            elif tensor.ndim == 1:
                tensor.copy_(made_up(tensor.shape) / 2 + (1.5 if "var" in name else 0.2))
    return module.eval()


# %% [markdown]
# ## 10.1 First space: one kernel a channel
#
# An ordinary convolution does two things at once: it looks at neighbours, and it mixes channels. Take them apart. The first step only looks at neighbours: each channel gets a kernel of its own, and no channel sees another. That is a **depthwise** convolution.

# %% tags=["experiment"]
kit.plots.grids(
    torch.tensor([[1.0, 2, 0], [0, 1, 3], [2, 1, 0]]),
    torch.tensor([[1.0, 0], [-1, 2]]),
    torch.tensor([[3.0, 7], [0, 0]]),
    torch.tensor([[0.0, 1, 0], [1, 0, 1], [0, 1, 0]]),
    torch.tensor([[0.0, 1], [1, 0]]),
    torch.tensor([[2.0, 0], [0, 2]]),
    titles=["channel 0", "kernel 0", "map 0", "channel 1", "kernel 1", "map 1"],
    highlight=[[(0, 0), (0, 1), (1, 0), (1, 1)], [], [(0, 0)], [(0, 0), (0, 1), (1, 0), (1, 1)], [], [(0, 0)]],
)

# %% [markdown]
# *Figure 1. Two channels, two kernels, two maps. In the frames: 1 · 1 + 2 · 0 + 0 · (−1) + 1 · 2 = 3, and 0 · 0 + 1 · 1 + 1 · 1 + 0 · 0 = 2. An ordinary convolution with these two kernels would add the maps: 5, 7, 0 and 2. Here they stay apart.*
#
# With letters, for the map c at row i and column j, padding p around the picture and stride s:
#
# ```
# y[n, c, i, j] = sum over a, b of  x[n, c, i · s + a − p, j · s + b − p] · weight[c, 0, a, b]
# ```
#
# Compare with lesson 2: the sum over the channels is gone. The weight has the shape `(C, 1, K, K)`: C kernels, each of which sees 1 channel. torch does the same with `groups=C`.
#
# ### Exercise 10.1 `depthwise_conv2d`
# *medium · 25 minutes · 4 points · later: the first half of every block in this lesson*


# %% exercise="depthwise_conv2d"
def depthwise_conv2d(
    x: Tensor, weight: Tensor, stride: int | tuple[int, int] = 1, padding: int | tuple[int, int] = 0
) -> Tensor:
    """Slide over each channel the kernel of that channel, and sum the products of the window (cross-correlation).

    x: (N, C, H, W) float32 or float64, not changed.  weight: (C, 1, K, K) of the same dtype.
    stride: how far the window moves.  padding: zeros on each side.  Both are ints or (height, width) pairs.
    Returns (N, C, H', W') of the dtype of x, H' = (H + 2 * padding - K) // stride + 1, likewise W'. Gradients reach x
    and weight. x may be any view: transposed, sliced, channels last.
    Raises ValueError, with one of the sizes, if weight's first size is not C or its second is not 1.
    Not allowed: the library's convolutions (also with groups) and unfold of torch.nn; x.unfold is a view and allowed.
    Example: x = [[1, 2, 0], [0, 1, 3], [2, 1, 0]], weight = [[1, 0], [-1, 2]]
             gives [[3, 7], [0, 0]].
    Source: Howard et al. 2017 (MobileNet), https://arxiv.org/abs/1704.04861
    """
    raise NotImplementedError("depthwise_conv2d: exercise 10.1")


# %% check="depthwise_conv2d"
x = torch.tensor([[[[1.0, 2, 0], [0, 1, 3], [2, 1, 0]], [[0, 1, 0], [1, 0, 1], [0, 1, 0]]]])
weight = torch.tensor([[[[1.0, 0], [-1, 2]]], [[[0, 1], [1, 0]]]])
check(depthwise_conv2d(x, weight), torch.tensor([[[[3.0, 7], [0, 0]], [[2, 0], [0, 2]]]]), "depthwise_conv2d(x, weight) of figure 1")  # fmt: skip
y = depthwise_conv2d(x, weight, padding=1)
check(y[0, :, 0], torch.tensor([[2.0, 3, -2, 0], [0, 0, 1, 0]]), "the first row of both maps with padding=1")
check(depthwise_conv2d(x, weight, stride=(1, 2), padding=(0, 1)).shape, torch.Size([1, 2, 2, 2]), "the shape with stride=(1, 2), padding=(0, 1)")  # fmt: skip
check(depthwise_conv2d(x, weight, stride=2, padding=1), torch.tensor([[[[2.0, -2], [4, 0]], [[0, 1], [1, 2]]]]), "depthwise_conv2d(x, weight, stride=2, padding=1)")  # fmt: skip
check_raises(ValueError, depthwise_conv2d, x, weight[:1], mentions=(1, 2));  # fmt: skip

# %% [markdown]
# <details><summary>Right for one channel, wrong for several</summary>
#
# A question: which axes does your sum run over? Which numbers of the weight belong to channel 1?
# </details>
# <details><summary>A size does not match, or a row is missing, with stride or padding</summary>
#
# A pointer: pad first, then forget about padding. For a picture of 5 pixels, K = 2 and stride 2: on which pixels do the windows begin, and how many windows are there?
# </details>
# <details><summary>It is right, and slow; or the gradient is missing</summary>
#
# The shape of the answer: K · K steps, one for each tap. The part of the padded picture that this tap meets is a slice with a step; it is multiplied by C numbers, one a channel, and added to the others. No number leaves the tensors.
# </details>

# %% [markdown]
# Your function on a photograph, with another kernel for each colour: a blur for red, a vertical edge for green, nothing but the pixel itself for blue.

# %% tags=["experiment"]
photo = kit.pictures.photo("flower", 96)
kernels = torch.zeros(3, 1, 3, 3)
kernels[0] = 1 / 9
kernels[1, 0] = torch.tensor([[-1.0, 0, 1], [-2, 0, 2], [-1, 0, 1]])
kernels[2, 0, 1, 1] = 1
maps = depthwise_conv2d(photo, kernels, padding=1)[0]
kit.plots.images(
    torch.stack([photo[0, 0], maps[0], photo[0, 1], maps[1].abs(), photo[0, 2], maps[2]])[:, None].clamp(0, 1),
    titles=["red", "blurred", "green", "edges", "blue", "as it was"],
)

# %% [markdown]
# ## 10.2 Then channels: one matrix a pixel
#
# Now mix. At each place stand C numbers, one a channel; a matrix of O rows and C columns makes O numbers of them. No neighbour has a say: that is a **pointwise** convolution, the 1 × 1 convolution of lesson 5.

# %% tags=["experiment"]
kit.plots.grids(
    torch.tensor([[3.0, 7], [0, 0]]),
    torch.tensor([[2.0, 0], [0, 2]]),
    torch.tensor([[1.0, 2], [0.5, 0], [-1, 1]]),
    torch.tensor([[7.0, 7], [0, 4]]),
    torch.tensor([[1.5, 3.5], [0, 0]]),
    torch.tensor([[-1.0, -7], [0, 2]]),
    titles=["map 0", "map 1", "weight", "output 0", "output 1", "output 2"],
    highlight=[[(0, 0)], [(0, 0)], [], [(0, 0)], [(0, 0)], [(0, 0)]],
)

# %% [markdown]
# *Figure 2. The maps of figure 1, and a weight of 3 × 2. At the framed place stand 3 and 2; the three outputs are 1 · 3 + 2 · 2 = 7, 0.5 · 3 + 0 · 2 = 1.5, and −1 · 3 + 1 · 2 = −1.*
#
# Depthwise, then pointwise: together they are a **separable convolution**. What does one place of the output cost, with C = 2 channels, O = 3 outputs and K = 2?
#
# | | multiply-adds at one place | here |
# | --- | --- | --- |
# | ordinary convolution | O · C · K² | 3 · 2 · 4 = 24 |
# | depthwise | C · K² | 2 · 4 = 8 |
# | pointwise | O · C | 3 · 2 = 6 |
#
# 8 + 6 = 14 in the place of 24, a ratio of 0.58. Divide both parts by O · C · K² and the ratio is seen to be 1/3 + 1/4: the channels C do not matter. For a real layer, 3 × 3 with 128 outputs, it is 1/128 + 1/9 = 0.119: *an eighth of the arithmetic, and most of that is the 1 × 1.*
#
# ### Exercise 10.2 `pointwise_conv2d`
# *easy · 10 minutes · 2 points · later: the second half of the separable convolution*


# %% exercise="pointwise_conv2d"
def pointwise_conv2d(x: Tensor, weight: Tensor) -> Tensor:
    """Mix the channels at each place: output o is the sum of weight[o, c] * x[c] over the channels (a 1 × 1 convolution).

    x: (N, C, H, W) float32 or float64, any view, not changed.  weight: (O, C) of the same dtype.
    Returns (N, O, H, W) in that order of axes, of the dtype of x; how it lies in memory is free. Gradients reach x and
    weight.
    Not allowed: the library's convolutions and unfold.
    Example: at a place with the channels [3, 2], weight = [[1, 2], [0.5, 0], [-1, 1]]
             gives [7, 1.5, -1].
    Source: Lin et al. 2013, https://arxiv.org/abs/1312.4400
    """
    raise NotImplementedError("pointwise_conv2d: exercise 10.2")


# %% check="pointwise_conv2d"
x = torch.tensor([[[[3.0, 7], [0, 0]], [[2, 0], [0, 2]]]])
weight = torch.tensor([[1.0, 2], [0.5, 0], [-1, 1]])
expected = torch.tensor([[[[7.0, 7], [0, 4]], [[1.5, 3.5], [0, 0]], [[-1, -7], [0, 2]]]])
check(pointwise_conv2d(x, weight), expected, "pointwise_conv2d(x, weight) of figure 2")
x = made_up((2, 3, 3, 3))
check(pointwise_conv2d(x.transpose(2, 3), torch.eye(3)), x.transpose(2, 3), "a transposed picture with the unit matrix")
check(pointwise_conv2d(x, torch.tensor([[0.0, 1, 0]])), x[:, 1:2], "a weight that picks channel 1");  # fmt: skip

# %% [markdown]
# <details><summary>The shape is right, the numbers are in other places</summary>
#
# A question: `reshape` and `view` read numbers in order and never move an axis. Which axis has to move before, and which after?
# </details>
# <details><summary>"view size is not compatible", or wrong only for a transposed picture</summary>
#
# A pointer: `view` wants the numbers in the order of memory. `reshape` copies where it has to.
# </details>
# <details><summary>I have a loop over the pixels, and it is slow</summary>
#
# The shape of the answer: one line. Either a product of matrices, with all places in a row, or one `einsum` whose letters say which axis is summed.
# </details>

# %% [markdown]
# ### Exercise 10.2 `separable_ratio`
# *easy · 3 minutes · 1 point · later: the figure below and the written question*


# %% exercise="separable_ratio"
def separable_ratio(kernel_size: int, out_channels: int) -> float:
    """The multiply-adds of a separable convolution, divided by those of the ordinary convolution that it replaces.

    kernel_size: the side K of the kernel, an int from 1 on.  out_channels: O, an int from 1 on.
    Returns a float. It depends neither on the number of input channels nor on the size of the picture.
    Example: separable_ratio(2, 3)
             gives 0.5833333333333333.
    Source: Howard et al. 2017, section 3.1, https://arxiv.org/abs/1704.04861
    """
    raise NotImplementedError("separable_ratio: exercise 10.2")


# %% check="separable_ratio"
check(separable_ratio(2, 3), 14 / 24, "separable_ratio(2, 3)")
check(separable_ratio(3, 128), 0.1189236111111111, "separable_ratio(3, 128)")
check(separable_ratio(1, 4), 1.25, "separable_ratio(1, 4), where separating costs more than it saves");  # fmt: skip

# %% [markdown]
# <details><summary>My number is above 1 where it should be 0.58</summary>
#
# A question: which of the two costs more, and which one stands below the line?
# </details>
# <details><summary>Right for one kernel, wrong for another</summary>
#
# A pointer: how many taps has a kernel of side 2, of side 3, of side 5?
# </details>
# <details><summary>I do not see where C went</summary>
#
# The shape of the answer: write both rows of the table one above the other as a fraction, and cancel what stands in every term. Two small fractions are left.
# </details>

# %% [markdown]
# Your function over the number of outputs. From which number on does the kernel alone decide?

# %% tags=["experiment"]
outputs = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024]
lines = {f"{k} × {k}": (outputs, [separable_ratio(k, o) for o in outputs]) for k in (3, 5, 7)}
figure = kit.plots.curves(lines, xlabel="output channels", ylabel="share of the arithmetic", title="separable convolution")
figure.axes[0].set_xscale("log", base=2)
figure.axes[0].set_yscale("log")
figure

# %% [markdown]
# ## 10.3 Count it
#
# One layer by hand: 3 × 3, from 64 to 128 channels, at 56 × 56 places.
#
# ```
# ordinary     128 · 56 · 56 outputs, each a sum of 64 · 9 products    231 211 008
# depthwise     64 · 56 · 56 outputs, each a sum of  1 · 9 products      1 806 336
# pointwise    128 · 56 · 56 outputs, each a sum of 64 · 1 products     25 690 112
# ```
#
# 27 496 448 / 231 211 008 = 0.1189 = 1/128 + 1/9. The rule for all three: *the number of outputs, times the products behind each of them.* Behind one output of a convolution stand K · K taps in each channel that it sees, and with `groups` it sees `in_channels / groups` of them.

# %% tags=["experiment"]
kit.plots.bars(
    {"ordinary 3 × 3": 231.211008, "separable: depthwise": 1.806336, "separable: pointwise": 25.690112},
    xlabel="millions of multiply-adds",
    title="64 to 128 channels, 56 × 56 places",
)

# %% [markdown]
# *Figure 3. The depthwise step is 7 % of the separable convolution, the pointwise step 93 %.*
#
# For a whole network, let the network count: run one input through it, and let each layer report what it gave. A **hook** is a function that torch calls after a module's forward pass:
#
# ```
# handle = layer.register_forward_hook(function)      # function(layer, inputs, output) after each call
# handle.remove()                                      # and it is gone
# ```
#
# A layer that is called twice reports twice. Only products count: no biases, no batch norm, no ReLU.
#
# ### Exercise 10.3 `count_macs`
# *medium · 25 minutes · 4 points · later: every comparison below, and the arithmetic that 10.8 allows you*


# %% exercise="count_macs"
def count_macs(net: nn.Module, input_shape: tuple[int, ...]) -> int:
    """The multiply-adds of the Conv2d and Linear layers of a net, for one input of this shape.

    net: float32, on the cpu; it may itself be a Conv2d or Linear.  input_shape: without the batch, (C, H, W) or (F,).
    Returns an int: for each call of a Conv2d, outputs * in_channels / groups * taps (a dilated kernel has no more taps);
    for each call of a Linear, outputs * inputs, at every place where it stands if its input has more than two axes.
    Subclasses of the two count, at any depth; biases and all other modules do not. What is called twice counts twice,
    what is not called does not count.
    One input is run, in eval mode and without gradients. Afterwards every submodule is in the mode that it was in, and
    weights, running statistics, gradients and the global random state are as before; no hook is left, and hooks that
    were there stay. That holds for hooks and modes also when the net's forward raises; the exception comes through.
    Example: count_macs(nn.Conv2d(64, 128, 3, padding=1), (64, 56, 56))
             gives 231211008.
    """
    raise NotImplementedError("count_macs: exercise 10.3")


# %% check="count_macs"
pair = nn.Sequential(nn.Conv2d(64, 64, 3, padding=1, groups=64), nn.BatchNorm2d(64), nn.Conv2d(64, 128, 1))
check(count_macs(nn.Conv2d(64, 128, 3, padding=1), (64, 56, 56)), 231211008, "the ordinary convolution of figure 3")
check(count_macs(pair, (64, 56, 56)), 27496448, "the separable convolution of figure 3")
check(count_macs(nn.Conv2d(2, 3, (1, 5), stride=2), (2, 9, 9)), 5 * 3 * 3 * 2 * 5, "nn.Conv2d(2, 3, (1, 5), stride=2) on 9 × 9")  # fmt: skip
layer = nn.Linear(4, 4)
check(count_macs(nn.Sequential(layer, nn.ReLU(), layer), (4,)), 32, "a dense layer that is called twice")
net = nn.Sequential(nn.Conv2d(1, 2, 3), nn.Sequential(nn.BatchNorm2d(2), nn.Flatten(), nn.Linear(8, 3)))
net[1][0].eval()  # one frozen norm in a net that trains
check(count_macs(net, (1, 4, 4)), 96, "a net of a convolution and a dense layer")
modes = [module.training for module in net.modules()]
check(modes, [True, True, True, False, True, True], "whether each module is in train mode afterwards")
check(sum(len(m._forward_hooks) for m in net.modules()), 0, "the number of hooks afterwards");  # fmt: skip

# %% [markdown]
# <details><summary>The number is too large, by a factor</summary>
#
# A question: which factor? 2 means two operations for a multiply-add, the number of groups means that you looked at `in_channels`, 4 with stride 2 means the input's size.
# </details>
# <details><summary>Too small, or right for a chain of layers and wrong for a net of nets</summary>
#
# A pointer: `net.children()` gives the direct children, `net.modules()` all of them and the net itself. What does a layer report that is called twice, and a dense layer on a tensor of three axes?
# </details>
# <details><summary>Hooks or modes are not as before</summary>
#
# The shape of the answer: note the mode of every module before, and put back each one by itself: `net.train()` would set all of them. What must happen whatever goes wrong stands in a `finally`.
# </details>

# %% [markdown]
# Now the question of this lesson, asked of seven famous networks. How much of ImageNet each one names rightly is torchvision's published number for its weights; the arithmetic is counted by your function.

# %% tags=["experiment"]
from torchvision import models

FAMOUS = ("resnet18", "resnet50", "mobilenet_v2", "mobilenet_v3_large", "shufflenet_v2_x1_0", "efficientnet_b0", "efficientnet_b1")  # fmt: skip
points = {}
for name in FAMOUS:
    weights = models.get_model_weights(name).IMAGENET1K_V1.meta
    macs = count_macs(models.get_model(name), (3, 224, 224))
    points[name] = ([macs / 1e6], [weights["_metrics"]["ImageNet-1K"]["acc@1"]])
    print(f"{name:20} {weights['num_params'] / 1e6:5.1f} million parameters, {macs / 1e6:6.0f} million multiply-adds")
figure = kit.plots.curves(points, xlabel="million multiply-adds at 224 × 224", ylabel="% of ImageNet right")
figure.axes[0].set_xscale("log")
figure.axes[0].set_xticks([150, 300, 600, 1200, 2400, 4800], labels=[150, 300, 600, 1200, 2400, 4800])
figure.axes[0].minorticks_off()
figure

# %% [markdown]
# *Figure 4. To the left is cheap, up is good. EfficientNet-B0 has 77.7 % for 386 million multiply-adds, ResNet-50 has 76.1 % for 4089 million: a bit more for less than a tenth. MobileNetV2 beats ResNet-18 by two points for a sixth. (Four years lie between the two, and training got better, too: with the recipe of 2021 the same ResNet-50 has 80.9 %.)*

# %% [markdown]
# ## 10.4 A layer for nets, and the clock
#
# MobileNet is a ResNet's cousin without shortcuts: one ordinary convolution, then thirteen times this, at about an eighth of the price.
#
# ```
# depthwise 3 × 3 – batch norm – ReLU – pointwise 1 × 1 – batch norm – ReLU
# ```

# %% tags=["experiment"]
kit.plots.grids(
    torch.full((2, 2), 9.0),
    torch.full((4, 4), 9.0),
    titles=["stride in the depthwise", "stride in the pointwise"],
    highlight=[[(0, 0), (0, 1), (1, 0), (1, 1)], [(0, 0), (0, 2), (2, 0), (2, 2)]],
)

# %% [markdown]
# *Figure 5. One channel of 4 × 4 pixels, halved. With stride 2 in the depthwise step: 4 places with 9 products each, 36. With stride 2 in the pointwise step the depthwise one computes 16 places, 144 products, and only the framed 36 are ever used.*

# %% [markdown]
# ### Exercise 10.4 `SeparableConv`
# *easy · 15 minutes · 3 points · later: the net of 10.8*


# %% exercise="SeparableConv"
class SeparableConv(nn.Module):
    """A separable convolution as a layer: depthwise 3 × 3, batch norm, ReLU, pointwise 1 × 1, batch norm, ReLU.

    in_channels, out_channels, stride: ints.  x: (N, in_channels, H, W), not changed.
    Returns (N, out_channels, H', W'), H' = ceil(H / stride).
    Children with weights, by these names: depthwise, an nn.Conv2d with weight (in_channels, 1, 3, 3), padding 1 and the
    stride; bn1; pointwise, an nn.Conv2d with weight (out_channels, in_channels, 1, 1); bn2. No convolution has a bias.
    There is no shortcut. Gradients reach x and all parameters, in train mode and in eval mode.
    Example: SeparableConv(64, 128) has 9152 parameters;
             nn.Conv2d(64, 128, 3) with batch norm has 73984.
    Source: Howard et al. 2017, figure 3, https://arxiv.org/abs/1704.04861
    """

    def __init__(self, in_channels: int, out_channels: int, stride: int = 1) -> None:
        super().__init__()
        raise NotImplementedError("SeparableConv: exercise 10.4")

    def forward(self, x: Tensor) -> Tensor:
        raise NotImplementedError("SeparableConv: exercise 10.4")


# %% check="SeparableConv"
layer = SeparableConv(4, 6, stride=2)
names = {name: shape for name, shape in layout(layer).items() if name.endswith(("weight", "bias"))}
expected = {"depthwise.weight": (4, 1, 3, 3), "bn1.weight": (4,), "bn1.bias": (4,)}
expected |= {"pointwise.weight": (6, 4, 1, 1), "bn2.weight": (6,), "bn2.bias": (6,)}
check(names, expected, "the weights of SeparableConv(4, 6, stride=2)")
check(tuple(layer(torch.ones(2, 4, 7, 6)).shape), (2, 6, 4, 3), "the shape after SeparableConv(4, 6, stride=2)")
check(count_macs(layer, (4, 7, 6)), 4 * 12 * 9 + 6 * 12 * 4, "the multiply-adds of SeparableConv(4, 6, stride=2) on 7 × 6")
with torch.no_grad():
    y = with_made_up_weights(SeparableConv(2, 3))(made_up((1, 2, 2, 2)) * 9)
expected = torch.tensor([[[0.0, 0], [0, 0]], [[0.1456, 0.1276], [0.1004, 0.2250]], [[0.3204, 0.2920], [0.2536, 0.4378]]])
check(y[0], expected, "the output for made-up weights", tolerance=1e-3);  # fmt: skip

# %% [markdown]
# <details><summary>The weight of depthwise is (4, 4, 3, 3)</summary>
#
# A question: how many channels does each of its kernels see? Which argument of `nn.Conv2d` says so?
# </details>
# <details><summary>The names or the number of parameters differ</summary>
#
# A pointer: a batch norm subtracts the mean, and with it any bias of the convolution before. And a `Sequential` names its layers 0, 1, 2.
# </details>
# <details><summary>Right shape, but the numbers are wrong, or too many multiply-adds</summary>
#
# The shape of the answer: four children, a forward pass of two lines. One ReLU after each norm; one of the two convolutions has the stride, so that the other works on the small maps.
# </details>

# %% [markdown]
# Does an eighth of the arithmetic take an eighth of the time? Four layers, each against its separable twin, on this machine: the two take turns, and the quickest of ten runs of each counts.

# %% tags=["experiment"]
def seconds(module: nn.Module, x: Tensor) -> float:
    """CPU seconds of one forward pass."""
    start = time.process_time()
    module(x)
    return time.process_time() - start


def ordinary(in_channels: int, out_channels: int) -> nn.Sequential:
    conv = nn.Conv2d(in_channels, out_channels, 3, padding=1, bias=False)
    return nn.Sequential(conv, nn.BatchNorm2d(out_channels), nn.ReLU())


torch.set_num_threads(1)
fewer, faster = {}, {}
for channels, size in ((16, 64), (32, 32), (64, 16), (128, 16), (256, 8)):
    x = torch.randn(16, channels, size, size).contiguous(memory_format=torch.channels_last)
    one, other = ordinary(channels, channels).eval(), SeparableConv(channels, channels).eval()
    with torch.no_grad():
        times = [(seconds(one, x), seconds(other, x)) for _ in range(12)][2:]
    label = f"{channels} channels, {size} × {size}"
    fewer[label] = count_macs(one, x.shape[1:]) / count_macs(other, x.shape[1:])
    faster[label] = min(t for t, _ in times) / min(t for _, t in times)
    print(f"{label:24} {fewer[label]:4.1f} times fewer multiply-adds, {faster[label]:4.1f} times faster")
places = range(len(fewer))
figure = kit.plots.curves(
    {"multiply-adds": (places, list(fewer.values())), "seconds": (places, list(faster.values()))},
    ylabel="ordinary / separable",
    title="what separating saves, measured here",
)
figure.axes[0].set_xticks(places, labels=[label.replace(", ", "\n") for label in fewer])
figure.axes[0].set_ylim(bottom=0)
figure

# %% [markdown]
# *Figure 6. When this page was written, separating made these five layers 1.0, 1.1, 1.6, 2.8 and 4.0 times as fast, for 6 to 9 times fewer multiply-adds; on your machine the numbers are others. The depthwise step makes nine products for each number that it reads and writes, where the ordinary convolution makes nine times the channels; and two norms and two ReLUs pass over the maps where there was one of each. With many channels the saving is real, with few it is eaten up.*

# %% [markdown]
# ## 10.5 Wide inside, narrow outside
#
# A ResNet's bottleneck is wide at its ends and narrow in the middle. MobileNetV2 turns that round: its maps are narrow between blocks, 16 to 320 channels, and each block widens them sixfold for a depthwise 3 × 3, which is cheap. Narrow maps have a danger, though. Two channels, at one place:

# %% tags=["experiment"]
kit.plots.grids(
    torch.tensor([[3.0], [-2]]),
    torch.tensor([[3.0], [0]]),
    torch.tensor([[3.0], [-3], [-2], [2]]),
    torch.tensor([[3.0], [0], [0], [2]]),
    torch.tensor([[3.0], [-2]]),
    titles=["x", "ReLU(x)", "widened", "ReLU", "narrow"],
)

# %% [markdown]
# *Figure 7. ReLU of (3, −2) is (3, 0), and nobody can say any more that it was −2. Widen first, to x₀, −x₀, x₁, −x₁; then ReLU keeps 3, 0, 0, 2, and 3 − 0 and 0 − 2 give all back.*
#
# *Bend where it is wide; where it is narrow, leave it straight.* So the block's narrow end is **linear**: batch norm, and no activation. The shortcut joins the narrow ends, which makes it an **inverted residual** block. Inside, the activation is **ReLU6**, min(max(0, x), 6), which keeps numbers small enough for eight bits.
#
# ```
# 1 × 1, widen – BN – ReLU6 – 3 × 3 depthwise – BN – ReLU6 – 1 × 1, narrow – BN       (+ x)
# ```
#
# For 24 channels, expansion 6: 24 · 144 + 144 · 9 + 144 · 24 = 8208 weights in convolutions. An ordinary 3 × 3 on the wide maps would have 144 · 144 · 9 = 186 624.
#
# ### Exercise 10.5 `InvertedResidual`
# *medium · 30 minutes · 5 points · later: MobileNetV2 below is built from it*


# %% exercise="InvertedResidual"
class InvertedResidual(nn.Module):
    """The block of MobileNetV2: 1 × 1 widening, 3 × 3 depthwise, 1 × 1 narrowing without activation, and a shortcut.

    in_channels, out_channels: ints.  stride: 1 or 2.  expand_ratio: an int; the block is in_channels * expand_ratio wide
    inside. With 1 there is no widening step at all.
    x: (N, in_channels, H, W), not changed.  Returns (N, out_channels, H', W'), H' = ceil(H / stride).
    The first steps are convolution, batch norm, ReLU6; the last is convolution and batch norm. Padding 1 and the stride
    are in the 3 × 3; no convolution has a bias. x is added at stride 1 with equal widths, and only there; nothing
    follows the sum.
    The state dict is torchvision's, so that its weights load: all steps stand in one nn.Sequential, the attribute conv;
    convolution, norm and ReLU6 of a widening or depthwise step are a Sequential of their own in it (conv.0.0, conv.0.1,
    conv.1.0, conv.1.1), the last convolution and norm stand in it directly (conv.2, conv.3; without widening, conv.1
    and conv.2). Not allowed: torchvision.
    Example: InvertedResidual(24, 24, 1, 6)
             has 8208 weights in convolutions and 624 in batch norms.
    Source: Sandler et al. 2018, https://arxiv.org/abs/1801.04381
    """

    def __init__(self, in_channels: int, out_channels: int, stride: int, expand_ratio: int) -> None:
        super().__init__()
        raise NotImplementedError("InvertedResidual: exercise 10.5")

    def forward(self, x: Tensor) -> Tensor:
        raise NotImplementedError("InvertedResidual: exercise 10.5")


# %% check="InvertedResidual"
block = InvertedResidual(24, 24, 1, 6)
check(sum(p.numel() for p in block.parameters()), 8832, "the number of parameters of InvertedResidual(24, 24, 1, 6)")
weights = [name for name, tensor in block.state_dict().items() if tensor.ndim == 4]
check(weights, ["conv.0.0.weight", "conv.1.0.weight", "conv.2.weight"], "the names of its convolutions' weights")
weights = [name for name, tensor in InvertedResidual(4, 6, 2, 1).state_dict().items() if tensor.ndim == 4]
check(weights, ["conv.0.0.weight", "conv.1.weight"], "the names of InvertedResidual(4, 6, 2, 1)'s convolutions' weights")
check(tuple(InvertedResidual(4, 6, 2, 3)(torch.ones(2, 4, 7, 6)).shape), (2, 6, 4, 3), "the shape after InvertedResidual(4, 6, 2, 3)")  # fmt: skip
x = made_up((1, 2, 2, 2)) * 9
with torch.no_grad():
    results = {c: with_made_up_weights(InvertedResidual(2, c, 1, 2))(x) for c in (2, 3)}
expected = torch.tensor([[[-4.8521, -1.6778], [2.5914, 7.9685]], [[-3.4470, 4.1841], [-5.1332, 4.6777]]])
check(results[2][0], expected, "the output of InvertedResidual(2, 2, 1, 2) for made-up weights", tolerance=1e-3)
expected = torch.tensor([[-0.0842, -0.0706], [-0.0693, -0.0672]])
check(results[3][0, 0], expected, "map 0 of InvertedResidual(2, 3, 1, 2) for made-up weights", tolerance=1e-3);  # fmt: skip

# %% [markdown]
# <details><summary>Names differ: conv.0.weight instead of conv.0.0.weight</summary>
#
# A question: which layers of the row above belong together, and which of these groups is a Sequential inside the Sequential? What has no weights still takes a number.
# </details>
# <details><summary>The shapes fit, but the numbers are wrong</summary>
#
# A pointer: print the smallest and the largest number after each step. What must hold behind a ReLU6, and what at the narrow end? Is x added at the very end?
# </details>
# <details><summary>Right with expansion, wrong with expand_ratio 1</summary>
#
# The shape of the answer: a list of steps; the first is put into it only if it widens; two more follow in any case. One condition, worked out in the constructor, says whether forward adds x.
# </details>

# %% [markdown]
# The proof: take torchvision's MobileNetV2, put your blocks in the place of its seventeen, with the same random weights, and compare the logits. How many multiply-adds does your function count?

# %% tags=["experiment"]
torch.manual_seed(0)
theirs = models.mobilenet_v2().eval()
x = torch.randn(2, 3, 96, 64)
with torch.no_grad():
    expected = theirs(x)
for i, block in enumerate(theirs.features):
    if type(block).__name__ == "InvertedResidual":
        convolutions = [m for m in block.modules() if isinstance(m, nn.Conv2d)]
        first, depthwise, last = convolutions[0], convolutions[-2], convolutions[-1]
        ratio = depthwise.out_channels // first.in_channels
        mine = InvertedResidual(first.in_channels, last.out_channels, depthwise.stride[0], ratio)
        mine.load_state_dict(block.state_dict())
        theirs.features[i] = mine.eval()
with torch.no_grad():
    print(f"largest difference of the logits: {(theirs(x) - expected).abs().max():.1g}")
print(f"{count_macs(theirs, (3, 224, 224)):,} multiply-adds at 224 × 224, 300,774,272 are right")

# %% [markdown]
# ## 10.6 What was lost, and attention
#
# A depthwise step cannot ask one channel about another, and a 3 × 3 window cannot ask about the rest of the picture. **Attention** gives back a little of both, for very little arithmetic: look at the whole picture, and decide how much each channel counts.

# %% tags=["experiment"]
kit.plots.grids(
    torch.tensor([[4.0, 2], [2, 0]]),
    torch.tensor([[1.0, -1], [1, -1]]),
    torch.tensor([[2.0], [0]]),
    torch.tensor([[0.88], [0.5]]),
    torch.tensor([[3.52, 1.76], [1.76, 0]]),
    torch.tensor([[0.5, -0.5], [0.5, -0.5]]),
    titles=["channel 0", "channel 1", "means", "factors", "channel 0", "channel 1"],
)

# %% [markdown]
# *Figure 8. The means are (4 + 2 + 2 + 0) / 4 = 2 and 0. Were the two layers between mean and sigmoid to pass them on, the factors would be s(2) = 1 / (1 + e⁻²) = 0.88 and s(0) = 0.5: channel 0 keeps 88 %, channel 1 half.*
#
# Squeeze the picture into C means, let two small layers look at all of them, and scale. This is **squeeze and excitation**:
#
# ```
# factors = sigmoid(fc2(ReLU(fc1(mean of x over all places))))          y = factors · x
# ```
#
# For 96 channels squeezed to 4: 96 · 4 · 2 = 768 multiply-adds for the factors, whatever the picture's size. On 14 × 14 places a pointwise 96 × 96 has 1 806 336.
#
# ### Exercise 10.6 `SqueezeExcitation`
# *easy · 15 minutes · 3 points · later: it sits in every block of EfficientNet; the race of 10.8*


# %% exercise="SqueezeExcitation"
class SqueezeExcitation(nn.Module):
    """One factor between 0 and 1 for each channel, from the means of all channels; x times its factors.

    channels: C.  squeeze_channels: S, the width between the two layers, used as it is.
    x: (N, C, H, W), any size, not changed.  Returns the same shape: x * sigmoid(fc2(relu(fc1(mean)))), where mean is
    the mean of each channel of each picture over all places. Each picture has factors of its own.
    fc1 and fc2 are nn.Conv2d with 1 × 1 kernels and bias, weights (S, C, 1, 1) and (C, S, 1, 1), as torchvision.ops
    has them. Gradients reach x, through both of its ways, and all parameters. Not allowed: torchvision.
    Example: a channel whose factor's logit is 0 is halved,
             and with all weights and biases 0 the whole of x is.
    Source: Hu et al. 2018, https://arxiv.org/abs/1709.01507
    """

    def __init__(self, channels: int, squeeze_channels: int) -> None:
        super().__init__()
        raise NotImplementedError("SqueezeExcitation: exercise 10.6")

    def forward(self, x: Tensor) -> Tensor:
        raise NotImplementedError("SqueezeExcitation: exercise 10.6")


# %% check="SqueezeExcitation"
attention = SqueezeExcitation(2, 2)
expected = {"fc1.weight": (2, 2, 1, 1), "fc1.bias": (2,), "fc2.weight": (2, 2, 1, 1), "fc2.bias": (2,)}
check(layout(attention), expected, "the state dict of SqueezeExcitation(2, 2)")
with torch.no_grad():
    for layer in (attention.fc1, attention.fc2):  # the unit matrix: the means pass through, if ReLU lets them
        layer.weight.copy_(torch.eye(2)[:, :, None, None])
        layer.bias.zero_()
    x = torch.tensor([[[[4.0, 2], [2, 0]], [[1, -1], [1, -1]]]])
    expected = torch.stack([x[0, 0] * 0.8807971, x[0, 1] * 0.5])[None]
    check(attention(x), expected, "the example of figure 8", tolerance=1e-5)
    check(attention(-x), -x * 0.5, "the example with all signs turned, where ReLU stops the mean of -2", tolerance=1e-5)
check(layout(SqueezeExcitation(6, 4))["fc1.weight"], (4, 6, 1, 1), "fc1.weight of SqueezeExcitation(6, 4)");  # fmt: skip

# %% [markdown]
# <details><summary>fc1.weight has two axes instead of four</summary>
#
# A question: a dense layer and a 1 × 1 convolution on one pixel do the same. Which of the two has a weight of (S, C, 1, 1)?
# </details>
# <details><summary>The shape of the result is (N, C, 1, 1), or a size does not match in the product</summary>
#
# A pointer: what is the shape of your factors? `keepdim=True` leaves the two axes that broadcasting needs.
# </details>
# <details><summary>It is right for one picture and wrong for two</summary>
#
# The shape of the answer: a mean over two of the four axes, two layers, one product. Write the shape behind each step; which axis may never be summed?
# </details>

# %% [markdown]
# **CBAM** goes one step further. Its channel part looks at the maximum of each channel, too: a thing that is small has a small mean and a large maximum. Then a spatial part gives one factor to each *place*, from the mean and the maximum over the channels there.
#
# ```
# y = x · sigmoid(mlp(mean over places) + mlp(maximum over places))            mlp = fc2(ReLU(fc1(·))), the same for both
# z = y · sigmoid(spatial([mean over channels, maximum over channels]))        spatial: a 7 × 7 convolution from 2 maps to 1
# ```
#
# ### Exercise 10.6 `CBAM`
# *medium · 25 minutes · 4 points*


# %% exercise="CBAM"
class CBAM(nn.Module):
    """A convolutional block attention module: a factor for each channel, then a factor for each place.

    channels: C.  reduction: the middle is max(1, C // reduction) wide.  kernel_size: odd, of the spatial convolution.
    x: (N, C, H, W), any size, not changed.  Returns the same shape.
    Channel part: the mean and the maximum over all places go through the same two layers each, fc2(relu(fc1(·))); the
    sigmoid of the *sum* of the two results multiplies x. Spatial part, on what the channel part gives: the map of means
    and the map of maxima over the channels, in this order, are concatenated; the sigmoid of their convolution
    multiplies.
    Children: fc1 and fc2, nn.Conv2d with 1 × 1 kernels and bias; spatial, nn.Conv2d(2, 1, kernel_size,
    padding=kernel_size // 2, bias=False). Nothing else has weights: no batch norm. Gradients reach x and all parameters.
    Example: CBAM(32) has 32 · 2 + 2 + 2 · 32 + 32 + 2 · 49
             = 260 parameters.
    Source: Woo et al. 2018, https://arxiv.org/abs/1807.06521
    """

    def __init__(self, channels: int, reduction: int = 16, kernel_size: int = 7) -> None:
        super().__init__()
        raise NotImplementedError("CBAM: exercise 10.6")

    def forward(self, x: Tensor) -> Tensor:
        raise NotImplementedError("CBAM: exercise 10.6")


# %% check="CBAM"
attention = CBAM(32)
check(sum(p.numel() for p in attention.parameters()), 260, "the number of parameters of CBAM(32)")
expected = {"fc1.weight": (1, 4, 1, 1), "fc1.bias": (1,), "fc2.weight": (4, 1, 1, 1), "fc2.bias": (4,)}
expected |= {"spatial.weight": (1, 2, 3, 3)}
check(layout(CBAM(4, kernel_size=3)), expected, "the state dict of CBAM(4, kernel_size=3)")
attention, x = CBAM(2, reduction=1, kernel_size=3), torch.tensor([[[[4.0, 2], [2, 0]], [[1, -1], [1, -1]]]])
with torch.no_grad():
    for p in attention.parameters():
        p.zero_()
    check(attention(x), x / 4, "all weights 0: half for the channel, half for the place")
    for layer in (attention.fc1, attention.fc2):
        layer.weight.copy_(torch.eye(2)[:, :, None, None])
    factors = torch.tensor([0.99752738, 0.73105858])[:, None, None]  # s(2 + 4) and s(0 + 1)
    check(attention(x), x * factors / 2, "the channel part alone", tolerance=1e-5)
    attention.fc2.weight.zero_()
    attention.spatial.weight[0, :, 1, 1] = torch.tensor([1.0, 2])  # the mean plus twice the maximum
    places = torch.tensor([[0.99478, 0.90465], [0.93991, 0.43782]])  # s(5.25), s(2.25), s(2.75), s(-0.25)
    check(attention(x), x * places / 2, "the spatial part alone", tolerance=1e-4);  # fmt: skip

# %% [markdown]
# <details><summary>Too many parameters, or names that should not be there</summary>
#
# A question: how many layers do the mean and the maximum need, if they share them?
# </details>
# <details><summary>The channel part gives factors above 1, or the check with zero weights is not a quarter</summary>
#
# A pointer: one sigmoid a part. Is what you add in the channel part before the sigmoid or behind it?
# </details>
# <details><summary>The spatial part fails with a number of channels, or gives other numbers</summary>
#
# The shape of the answer: two maps of shape N 1 H W, one behind the other along the channels, the mean first; they come from the tensor that the channel part has scaled, not from x.
# </details>

# %% [markdown]
# A spatial part set by hand: where a place and its neighbours are brighter than the picture's mean, its factor is near 1, where they are darker, near 0. Left the picture, in the middle the factors, right the result.

# %% tags=["experiment"]
photo = kit.pictures.photo("flower", 96)
attention = CBAM(3, kernel_size=7)
with torch.no_grad():
    for p in attention.parameters():
        p.zero_()
    attention.fc2.bias.fill_(20.0)  # the channel part lets everything through
    attention.spatial.weight[0, 0] = 12 / 49
    x = photo - photo.mean()
    factors = attention(x).abs().sum(1) / x.abs().sum(1)
kit.plots.images(
    torch.cat([photo, factors[None].expand(-1, 3, -1, -1), photo * factors]), titles=["x", "factors", "x · factors"],
    inches=1.8,
)  # fmt: skip

# %% [markdown]
# ## 10.7 Deeper, wider, larger: together
#
# A net that is too small can get more layers, more channels, or larger pictures. Each alone soon stops helping. EfficientNet grows all three at once by one number φ:
#
# ```
# depth · 1.2^φ          width · 1.1^φ          resolution · 1.15^φ
# ```
#
# Twice the depth is twice the arithmetic; twice the width is four times as much, since inputs and outputs both double; so is twice the resolution. One step of φ costs 1.2 · 1.1² · 1.15² = 1.92, about 2.

# %% tags=["experiment"]
phis = range(8)
kit.plots.curves(
    {
        "all three": (phis, [1.92**phi for phi in phis]),
        "resolution": (phis, [1.15 ** (2 * phi) for phi in phis]),
        "width": (phis, [1.1 ** (2 * phi) for phi in phis]),
        "depth": (phis, [1.2**phi for phi in phis]),
    },
    xlabel="φ",
    ylabel="times the arithmetic",
    title="what growing costs",
)

# %% [markdown]
# *Figure 9. After seven steps, depth alone costs 1.2⁷ = 3.6 times as much, width 3.8, resolution 7.1, and all of them 96 times.*
#
# Layers and channels are whole numbers. Depths are rounded **up**. Widths become multiples of 8, which processors like: 32 · 1.1 = 35.2 becomes 32 (the nearest), and 24 · 1.1² = 29.04 becomes 32. The nearest multiple may be too small: 10.5 would become 8, which is less than 90 % of it, 9.45; then 8 more are taken, 16.
#
# ### Exercise 10.7 `compound_scale`
# *easy · 15 minutes · 3 points*


# %% exercise="compound_scale"
def compound_scale(
    depths: list[int],
    widths: list[int],
    resolution: int,
    phi: int,
    alpha: float = 1.2,
    beta: float = 1.1,
    gamma: float = 1.15,
) -> tuple[list[int], list[int], int]:
    """Depths, widths and resolution of a network, grown together by phi steps.

    depths: the layers of each stage.  widths: the channels of each stage.  Both stay as they are.  phi: an int, 0 or more.
    Returns new depths, new widths and the new resolution, all as ints. Each is the old one times alpha ** phi, beta **
    phi and gamma ** phi; then depths are rounded up, and the resolution to the nearest whole number. A width w becomes
    the nearest multiple of 8, int(w + 4) // 8 * 8, but at least 8; if that is less than 0.9 * w, 8 more. All of this
    holds for phi = 0, too.
    Example: compound_scale([1, 2], [32, 24], 224, 2)
             gives ([2, 3], [40, 32], 296).
    Source: Tan and Le 2019, https://arxiv.org/abs/1905.11946
    """
    raise NotImplementedError("compound_scale: exercise 10.7")


# %% check="compound_scale"
check(compound_scale([1, 2], [32, 24], 224, 2), ([2, 3], [40, 32], 296), "compound_scale([1, 2], [32, 24], 224, 2)")
check(compound_scale([3], [33], 100, 0), ([3], [32], 100), "compound_scale([3], [33], 100, 0)")
check(compound_scale([1], [10], 100, 0)[1], [16], "the width 10, where 8 would be less than 90 %")
check(compound_scale([4], [80], 64, 3, alpha=1.5, beta=1.0, gamma=1.1), ([14], [80], 85), "compound_scale with other coefficients");  # fmt: skip

# %% [markdown]
# <details><summary>The numbers grow too fast or too slowly with phi</summary>
#
# A question: after two steps of 1.2, is the depth 1.2 · 2 times as large, or 1.2 · 1.2 times?
# </details>
# <details><summary>Some widths are 8 too small or too large</summary>
#
# A pointer: multiply first, round once. The 90 % are 90 % of the product, not of the width that came in.
# </details>
# <details><summary>A float where an int should be, or the list that I passed in has changed</summary>
#
# The shape of the answer: a helper that rounds one width, and three expressions, two of them lists that are made anew. `round` of a float gives an int.
# </details>

# %% [markdown]
# EfficientNet-B0's stages, grown by your function. (The published B1 to B7 were grown by these rules with numbers rounded by hand: B2 has 260 pixels where φ = 1 gives 258.)

# %% tags=["experiment"]
depths, widths = [1, 2, 2, 3, 3, 4, 1], [32, 16, 24, 40, 80, 112, 192, 320, 1280]
for phi in range(4):
    print(f"φ = {phi}:", *compound_scale(depths, widths, 224, phi), sep="\n   ")

# %% [markdown]
# ## 10.8 What does arithmetic buy?
#
# Four nets with the same plan race: a stem that halves the picture, four layers, a mean over all places, one dense layer. One is wide and ordinary. One is *thin* and ordinary: the same with a third of the channels. One is wide and separable. One is made of inverted residuals. Each gets the same pictures and the same eight CPU seconds, with the loop of lesson 6.


# %% tags=["experiment"]
def chain(width: int, layer) -> nn.Sequential:
    """Stem, four layers, mean, dense layer; layer(in_channels, out_channels, stride) makes one of the four."""
    w = width
    stem = [nn.Conv2d(3, w, 3, stride=2, padding=1, bias=False), nn.BatchNorm2d(w), nn.ReLU()]
    body = [layer(w, 2 * w, 1), layer(2 * w, 2 * w, 1), layer(2 * w, 4 * w, 2), layer(4 * w, 4 * w, 1)]
    return nn.Sequential(*stem, *body, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(4 * w, 10))


def ordinary_layer(in_channels: int, out_channels: int, stride: int) -> nn.Sequential:
    conv = nn.Conv2d(in_channels, out_channels, 3, stride, padding=1, bias=False)
    return nn.Sequential(conv, nn.BatchNorm2d(out_channels), nn.ReLU())


def train_for(net: nn.Module, images: Tensor, labels: Tensor, budget: float, rate: float = 0.01) -> float:
    """One cycle of the learning rate over so many CPU seconds; returns how often the net saw each picture."""
    net.train().to(memory_format=torch.channels_last)
    images = images.contiguous(memory_format=torch.channels_last)
    start, seen = time.process_time(), 0
    optimizer = torch.optim.AdamW(net.parameters())
    while True:
        for batch in torch.randperm(len(images)).split(64):
            spent = (time.process_time() - start) / budget
            if spent >= 1:
                return seen / len(images)
            optimizer.param_groups[0]["lr"] = rate * min(spent / 0.3, (1 - spent) / 0.7)
            loss = F.cross_entropy(net(images[batch]), labels[batch])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            seen += len(batch)


knobs = {"size": 16, **kit.shapes.EASY, "pos": 0.4}
images, labels = kit.data.shapes(2000, seed=1, **knobs)
new, answers = kit.data.shapes(2000, seed=1, split="test", **knobs)
RACERS = {
    "ordinary, wide": lambda: chain(24, ordinary_layer),
    "ordinary, thin": lambda: chain(8, ordinary_layer),
    "separable": lambda: chain(24, SeparableConv),
    "inverted residuals": lambda: chain(10, lambda before, after, stride: InvertedResidual(before, after, stride, 3)),
}
points = {}
for name, build in RACERS.items():
    torch.manual_seed(0)
    net = build()
    macs = count_macs(net, (3, 16, 16))
    epochs = train_for(net, images, labels, budget=8.0)
    right = 100 * kit.train.accuracy(net, new, answers)
    points[name] = ([macs / 1e6], [right])
    print(f"{name:20} {macs:9,} multiply-adds, saw each picture {epochs:4.1f} times, {right:.1f} % of new ones right")
figure = kit.plots.curves(points, xlabel="million multiply-adds", ylabel="% of new pictures right")
figure.axes[0].set_xscale("log")
figure.axes[0].set_xticks([0.25, 0.5, 1, 2, 4], labels=[0.25, 0.5, 1, 2, 4])
figure.axes[0].minorticks_off()
figure.axes[0].set_ylim(80, 96)
figure.axes[0].legend(loc="lower right")
figure

# %% [markdown]
# *Figure 10. Two runs when this page was written: 92.8 and 92.1 % for the wide ordinary net and its 4.0 million multiply-adds; 90.8 and 91.2 % for the thin one with a ninth of them, 90.6 and 90.0 % for the separable one with a seventh, 89.5 and 88.9 % for the inverted residuals. Of 2000 pictures, 1 % is one and a half standard deviations. About two points for a tenth of the arithmetic.*
#
# So thin is as good as separable here, and it saw each picture 29 times in its eight seconds, the separable net 14 times. What separating leaves is 1/O + 1/9: for the 16 outputs of the thin net's first layer a sixth, for the hundreds of an ImageNet net a ninth.
#
# ### Exercise 10.8 `train_efficient`
# *hard · 40 minutes · 5 points*


# %% exercise="train_efficient"
def train_efficient(
    images: Tensor, labels: Tensor, *, max_macs: int, seed: int, budget: float, device: str
) -> nn.Module:
    """Train a net of your own that takes at most max_macs multiply-adds for one picture, and return it.

    images: (N, C, H, W) float32, as the kit gives them (already centred and scaled).  labels: (N,) int64, 0 to K - 1,
    each of which occurs.  C, H, W and K come from the data.
    max_macs: counted for one picture in eval mode, in every convolution and matrix product that torch runs, also those
    that stand in no layer. A net that takes more gets no points at all.
    seed: the same seed starts from the same weights, another seed from others; the global random state may change.
    budget: CPU seconds, as time.process_time() counts them on one thread. At most 1.1 times the budget may be used; at
    twice the budget the training does not count.  device: a string such as "cpu" or "cuda".
    Returns a module that takes such pictures and gives logits (N, K), no softmax; in train or in eval mode: the grader
    calls eval() and scores pictures that you have never seen.
    Hidden tests: 2000 training pictures of 3 × 16 × 16, ten shapes as in the race, budget 15, max_macs 400000.
    One and a half points for 65 % of the new pictures, two more for 80 %.
    Example: train_efficient(images, labels, max_macs=400_000, seed=0, budget=15.0, device="cpu")
             returns after about 15 seconds.
    """
    raise NotImplementedError("train_efficient: exercise 10.8")


# %% check="train_efficient"
images, labels = kit.data.digits()
kit.train.fit(nn.Linear(64, 10), images.flatten(1), labels, epochs=1, lr=0.01)  # what torch loads once is not counted
start = time.process_time()
net = train_efficient(images, labels, max_macs=60_000, seed=0, budget=6.0, device="cpu")
seconds = time.process_time() - start
right = kit.train.accuracy(net, *kit.data.digits("test"))
print(f"{seconds:.1f} CPU seconds of 6; {100 * right:.0f} % of the new digits are right")
check(seconds <= 6.6, True, "whether at most 1.1 times the budget was used")
check(count_macs(net, (1, 8, 8)) <= 60_000, True, "whether the layers take at most 60 000 multiply-adds for 1 × 8 × 8")
check(right > 0.8, True, "whether more than 80 % of the new digits are right");  # fmt: skip

# %% [markdown]
# <details><summary>It says that my net takes too many multiply-adds</summary>
#
# A question: at which layer do most of them fall, and does a stride before that layer help? What does `count_macs` say for your net and a shape like (3, 16, 16)?
# </details>
# <details><summary>The loss falls during training, the accuracy is like guessing</summary>
#
# A pointer: pictures and labels must be drawn with the same indices; and what you do to the pictures before the net, the grader does not do. Is your net in train mode while it trains?
# </details>
# <details><summary>It works for 400 000 and not for 60 000</summary>
#
# The shape of the answer: a function that builds your net for any width, a loop that tries widths from large to small until `count_macs` is content, then the loop of lesson 6 (the one in the race is in a cell that does not run when you are graded: copy what you need into yours).
# </details>

# %% [markdown]
# Your function at four allowances. How much accuracy does an eighth of the arithmetic cost?

# %% tags=["experiment"]
images, labels = kit.data.shapes(2000, seed=1, **knobs)
allowed, reached = [50_000, 100_000, 200_000, 400_000], []
for max_macs in allowed:
    net = train_efficient(images, labels, max_macs=max_macs, seed=0, budget=4.0, device="cpu")
    reached.append(100 * kit.train.accuracy(net, new, answers))
    print(f"{count_macs(net, (3, 16, 16)):7,} of {max_macs:7,} multiply-adds: {reached[-1]:.1f} % right")
figure = kit.plots.curves({"train_efficient, 4 seconds": (allowed, reached)}, xlabel="multiply-adds allowed", ylabel="% of new pictures right")  # fmt: skip
figure.axes[0].set_xscale("log")
figure.axes[0].set_xticks(allowed, labels=[f"{n:,}" for n in allowed])
figure.axes[0].minorticks_off()
figure

# %% [markdown]
# ### Question 10.8 `where_it_pays`
# *15 minutes · 3 points, graded by hand*
#
# 1. For which of the layers measured in 10.4 does separating save the most *time*, for which the least? Give both ratios, of multiply-adds and of seconds, from your own run.
# 2. Why do the seconds lag behind? Count for one of the layers what else there is to do besides multiplying: numbers that are read and written.
# 3. You may take one of the race's four nets for a phone app, and one for a server that names millions of pictures on a CPU like this one. Which, and by which number of yours?

# %% [markdown] exercise="where_it_pays"
# *Write your answer here.*

# %% [markdown]
# **The answer.** Yes: by taking space and channels apart, widening where it is cheap, leaving the narrow ends linear, and growing depth, width and resolution together, EfficientNet-B0 beats ResNet-50 for a tenth of the arithmetic. But a multiply-add is no second: a depthwise step is over before its numbers have come from memory, and where channels are few, a thin ordinary net does as well. Count first, then measure on the machine that will run it.
