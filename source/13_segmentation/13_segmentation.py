# %% [markdown]
# # Which pixel belongs to what?
#
# A classifier gives a picture one name. A car that drives by it needs more: which pixels are road, which are people, and which of these are the same person. Here you score such answers, build the heads that give them, train a network that paints, and compare masks object by object.

# %% [markdown]
# **How this notebook works**
#
# - Run the cells from top to bottom with Shift + Enter. The trainings in 13.4 and 13.7 take up to a minute each.
# - The lesson is *two sittings*: a class for each pixel in 13.1 to 13.4, objects in 13.5 to 13.8, each about two and a half hours. A line before 13.5 says what the second needs.
# - An *exercise* is one cell. Replace its last line, `raise NotImplementedError(...)`; keep the name and the arguments. Helpers may stand in the same cell.
# - The cell below is a *visible check*. *Hidden tests* try many more cases after you hand in, and they make the grade. The docstring says what they may ask for.
# - Stuck? Each exercise has three *hints*. Open the one whose title is your symptom.
#
# **What is not allowed.** `ASPP`, `nms` and `roi_align` must not import torchvision: they are compared with it. Everything else of torch and numpy is yours.
#
# **Letters.** A **mask** or map of classes has shape `N H W` and holds whole numbers: 0 is ground, 255 is **void**, a pixel that shall not count. `K` is the number of classes; a network gives logits `N K H W`, a number for each class at each pixel.

# %% tags=["setup"]
import math
import time
from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn

import coursekit as kit
from coursekit import check


def layer(in_channels: int, out_channels: int, stride: int = 1) -> nn.Sequential:
    """A 3 × 3 convolution with batch norm and ReLU; with stride 2 it halves height and width, rounding up."""
    conv = nn.Conv2d(in_channels, out_channels, 3, stride, padding=1, bias=False)
    return nn.Sequential(conv, nn.BatchNorm2d(out_channels), nn.ReLU())


def backbone(in_channels: int, widths: Sequence[int] = (16, 32, 64)) -> nn.Sequential:
    """Two layers for each width, the first of stride 2: the map is 2 ** len(widths) times smaller than the picture."""
    layers = []
    for before, width in zip((in_channels, *widths), widths, strict=False):
        layers += [layer(before, width, 2), layer(width, width)]
    return nn.Sequential(*layers)


class UNet(nn.Module):
    """Given: a small U-Net. Down twice by pooling, up twice, and each way up also reads what the way down had seen.

    x: (N, in_channels, H, W), H and W multiples of 4.  Returns logits (N, num_classes, H, W).
    """

    def __init__(self, in_channels: int, num_classes: int, width: int = 8) -> None:
        super().__init__()
        w1, w2, w3 = width, 2 * width, 4 * width
        self.down1 = nn.Sequential(layer(in_channels, w1), layer(w1, w1))
        self.down2 = nn.Sequential(layer(w1, w2), layer(w2, w2))
        self.bottom = nn.Sequential(layer(w2, w3), layer(w3, w3))
        self.up2, self.merge2 = nn.ConvTranspose2d(w3, w2, 2, 2), layer(2 * w2, w2)
        self.up1, self.merge1 = nn.ConvTranspose2d(w2, w1, 2, 2), layer(2 * w1, w1)
        self.score = nn.Conv2d(w1, num_classes, 1)

    def forward(self, x: Tensor) -> Tensor:
        fine = self.down1(x)
        middle = self.down2(F.max_pool2d(fine, 2))
        coarse = self.bottom(F.max_pool2d(middle, 2))
        middle = self.merge2(torch.cat([middle, self.up2(coarse)], dim=1))
        fine = self.merge1(torch.cat([fine, self.up1(middle)], dim=1))
        return self.score(fine)


# %% [markdown]
# ## 13.1 A mask, scored by hand
#
# A mask is wrong in many pixels or in few, of large things or of small ones. Which single number says how wrong? Take a mask of 6 × 6 pixels and a prediction that has put one square a pixel too far to the right.

# %% tags=["experiment"]
target = torch.zeros(6, 6, dtype=torch.int64)
target[1:4, 1:4], target[3:, 4:] = 1, 2
prediction = torch.zeros(6, 6, dtype=torch.int64)
prediction[3:, 4:], prediction[1:4, 2:5] = 2, 1
wrong = [tuple(place) for place in (prediction != target).nonzero().tolist()]
counts = torch.tensor([[19, 2, 0], [3, 6, 0], [0, 1, 5]])
kit.plots.grids(
    target,
    prediction,
    counts,
    titles=["target", "prediction", "pixels"],
    highlight=[wrong, wrong, []],
)

# %% [markdown]
# *Figure 1. Six framed pixels are wrong, 30 of 36 are right. The table counts pixels: row 1, those of class 1 in the target, holds 3 that were called 0, and 6 right ones. Column 1 holds what was called 1: 2 + 6 + 1 = 9.*
#
# That table is the **confusion matrix**: rows for the target, columns for the prediction. All scores of this section are made of it. To fill it without a loop, give each pixel one number that names its cell: with K = 3, target 1 and prediction 0 is cell 1 · 3 + 0 = 3.
#
# Some pixels have no sure answer: the rim between a person and a bench, say. The target marks them with `ignore_index`, mostly 255, and they count nowhere, whatever was predicted there.
#
# ### Exercise 13.1a `confusion_matrix`
# *easy · 15 minutes · 3 points · later: the next exercise, and the table behind every score of a classifier*


# %% exercise="confusion_matrix"
def confusion_matrix(prediction: Tensor, target: Tensor, num_classes: int, ignore_index: int = 255) -> Tensor:
    """Count pixels by their class in the target (row) and in the prediction (column).

    prediction, target: int64 of one shape, any shape: (H, W), (N, H, W), (M,); all pixels go into one matrix.
    target: 0 ... num_classes - 1, or ignore_index where a pixel does not count; there the prediction may hold any
    number. ignore_index may be the number of a class; a prediction equal to it is nothing special.
    Returns (num_classes, num_classes) int64, with zeros for classes that do not occur.  No argument is changed.
    400 × 400 pixels take less than a second.
    Example: prediction = [0, 1, 1], target = [0, 0, 255], num_classes = 2
             gives [[1, 1], [0, 0]].
    Source: https://en.wikipedia.org/wiki/Confusion_matrix
    """
    raise NotImplementedError("confusion_matrix: exercise 13.1a")


# %% check="confusion_matrix"
target = torch.zeros(6, 6, dtype=torch.int64)
target[1:4, 1:4], target[3:, 4:] = 1, 2
prediction = torch.zeros(6, 6, dtype=torch.int64)
prediction[3:, 4:], prediction[1:4, 2:5] = 2, 1
expected = torch.tensor([[19, 2, 0], [3, 6, 0], [0, 1, 5]])
check(confusion_matrix(prediction, target, 3), expected, "confusion_matrix in figure 1")
check(confusion_matrix(prediction, target, 5), F.pad(expected, (0, 2, 0, 2)), "confusion_matrix with two classes that do not occur")  # fmt: skip
void = target.clone()
void[:, 0] = 255
check(confusion_matrix(prediction, void, 3), expected - torch.tensor([[6, 0, 0], [0] * 3, [0] * 3]), "confusion_matrix with six ground pixels ignored")  # fmt: skip
expected = torch.tensor([[0, 0, 0], [3, 6, 0], [0, 1, 5]])
check(confusion_matrix(prediction, target, 3, ignore_index=0), expected, "confusion_matrix with ignore_index=0");  # fmt: skip

# %% [markdown]
# <details><summary>Rows and columns are exchanged</summary>
#
# A question: the square of figure 1 was called ground at 3 of its pixels. In which row does that 3 belong, and in which column?
# </details>
# <details><summary>Ignored pixels count, or 255 is out of range</summary>
#
# A pointer: a mask of booleans picks the pixels that count, from both maps, before anything else happens.
# </details>
# <details><summary>Right, but slow; or wrong where the last class does not occur</summary>
#
# The shape of the answer: one number a pixel, made of target, prediction and K; one call that counts how often each number occurs, for all K · K numbers and not only up to the largest that was found; one change of shape.
# </details>

# %% [markdown]
# Now the score. Say "ground" everywhere in figure 1, and 21 of 36 pixels are right. In a photograph with a small bird, 99 of 100 are. So the **accuracy** over pixels is a poor judge of small things. **Intersection over union** asks class by class:
#
# ```
# IoU = pixels that are c in both / pixels that are c in at least one          mIoU = the mean over the classes
# ```
#
# In figure 1, class 1 has 6 pixels in both, and 9 + 9 − 6 = 12 in at least one: 6 / 12 = 0.5. Class 2 has 5 / 6 and the ground 19 / 24, so mIoU = (19/24 + 1/2 + 5/6) / 3 = 0.708. For "ground everywhere" it is (21/36 + 0 + 0) / 3 = 0.194.
#
# Two rules make the number honest. A class that occurs neither in target nor in prediction has IoU 0 / 0; it is left out of the mean, since both 0 and 1 would be a lie. And the pixels of a whole batch go into one union a class: a picture with ten pixels of a bird must not weigh as much as one with a thousand.
#
# ### Exercise 13.1b `mean_iou`
# *medium · 20 minutes · 5 points · later: every comparison below, and the grade of 13.4*


# %% exercise="mean_iou"
def mean_iou(prediction: Tensor, target: Tensor, num_classes: int, ignore_index: int = 255) -> float:
    """Intersection over union of each class, averaged over the classes that occur.

    prediction, target: int64 of one shape, any shape, as in confusion_matrix; a batch is pooled, not averaged.
    A class occurs if a pixel that counts has it in the prediction or in the target; the ground is a class like others.
    Pixels whose target is ignore_index count neither in an intersection nor in a union.
    Returns a Python float, NaN if no class occurs (every pixel ignored).  No argument is changed.
    Example: prediction = [0, 1, 1], target = [0, 0, 1], num_classes = 5
             gives (1/2 + 1/2) / 2 = 0.5.
    Source: Long et al. 2015, section 5, https://arxiv.org/abs/1411.4038
    """
    raise NotImplementedError("mean_iou: exercise 13.1b")


# %% check="mean_iou"
target = torch.zeros(6, 6, dtype=torch.int64)
target[1:4, 1:4], target[3:, 4:] = 1, 2
prediction = torch.zeros(6, 6, dtype=torch.int64)
prediction[3:, 4:], prediction[1:4, 2:5] = 2, 1
check(mean_iou(prediction, target, 3), 17 / 24, "mean_iou in figure 1", tolerance=1e-5)
check(mean_iou(prediction, target, 20), 17 / 24, "mean_iou in figure 1 with 17 classes that do not occur", tolerance=1e-5)  # fmt: skip
ground = torch.zeros_like(target)
check(mean_iou(ground, target, 3), 7 / 36, "mean_iou of ground everywhere", tolerance=1e-5)
two = torch.stack([prediction, ground]), torch.stack([target, ground])
check(mean_iou(*two, 3), (55 / 60 + 1 / 2 + 5 / 6) / 3, "mean_iou of figure 1 and an empty picture", tolerance=1e-5)
check(mean_iou(ground, ground + 255, 3), math.nan, "mean_iou with every pixel ignored");  # fmt: skip

# %% [markdown]
# <details><summary>Right where all classes occur, wrong with 17 that do not</summary>
#
# A question: what does torch give for 0 / 0, and over how many classes do you divide?
# </details>
# <details><summary>Wrong for a batch</summary>
#
# A pointer: one matrix for all pixels of the batch, and only then intersections and unions.
# </details>
# <details><summary>Wrong where pixels are ignored</summary>
#
# The shape of the answer: the diagonal, the sums of the rows and of the columns; a union a class; a mean over some of the quotients. If the matrix leaves ignored pixels out, nothing else has to know of them. Hand `ignore_index` on to it; and what is wrong in your `confusion_matrix` is wrong here too.
# </details>

# %% [markdown]
# Squares of several sizes, each predicted one pixel too far to the right. Which score still tells a bad mask of a small thing from a good mask of a large one?

# %% tags=["experiment"]
sides, ious, accuracies = list(range(2, 25, 2)), [], []
for side in sides:
    target = torch.zeros(32, 32, dtype=torch.int64)
    target[2 : 2 + side, 2 : 2 + side] = 1
    prediction = target.roll(1, 1)
    ious.append(mean_iou(prediction, target, 2))
    accuracies.append((prediction == target).float().mean().item())
kit.plots.curves(
    {"mIoU": (sides, ious), "share of right pixels": (sides, accuracies)},
    xlabel="side of the square, in pixels",
    title="off by one pixel",
)

# %% [markdown]
# ## 13.2 From one name to a map of names
#
# The last layer of a classifier is a table of weights: one row a class, multiplied with the features of the picture. Do the same with the features of *each place*, and you have a map of scores. A layer that does that is a 1 × 1 convolution; a net made of convolutions only is **fully convolutional** and takes pictures of any size.

# %% tags=["experiment"]
features = torch.tensor([[[2.0, 0], [1, 3]], [[1, 1], [0, 2]]])
weights = torch.tensor([[1.0, -1], [0, 2]])
scores = torch.einsum("kc,chw->khw", weights, features)
kit.plots.grids(
    *features,
    weights,
    *scores,
    titles=["feature 0", "feature 1", "weights", "class 0", "class 1"],
    highlight=[[(0, 0)], [(0, 0)], [], [(0, 0)], [(0, 0)]],
)

# %% [markdown]
# *Figure 2. At the framed place the features are 2 and 1. Class 0 weighs them with 1 and −1: 2 − 1 = 1. Class 1 with 0 and 2: 2. So this place is class 1.*
#
# The map is small: each stride and each pooling on the way has halved it. To paint pixels it must grow again. A **transposed convolution** spreads each number over several pixels and adds up what overlaps. With the right kernel that is linear interpolation.

# %% tags=["experiment"]
row, kernel = torch.tensor([[1.0, 3]]), torch.tensor([[0.25, 0.75, 0.75, 0.25]])
large = F.conv_transpose1d(row[None], kernel[None], stride=2, padding=1)[0]
kit.plots.grids(row, kernel, large, titles=["scores", "kernel, f = 2", "twice as long"], highlight=[[], [], [(0, 1)]])

# %% [markdown]
# *Figure 3. Stride 2, padding 1. The framed pixel gets 0.75 from the 1 and 0.25 from the 3: 0.75 · 1 + 0.25 · 3 = 1.5. The next gets 0.25 · 1 + 0.75 · 3 = 2.5. At the ends nothing comes from outside, so 0.75 stands there and not 1.*
#
# For a factor f the kernel has K = 2f − f % 2 numbers, falls off from its middle (K − 1) / 2 by 1/f a pixel, and a square kernel is the product of a row and a column:
#
# ```
# w[i] = 1 − |i − (K − 1) / 2| / f          w[i, j] = w[i] · w[j]
# ```
#
# For f = 2 the middle is 1.5, and w[0] = 1 − 1.5 / 2 = 0.25. For f = 3 there are 5 numbers: 1/3, 2/3, 1, 2/3, 1/3.
#
# ### Exercise 13.2a `bilinear_kernel`
# *easy · 15 minutes · 3 points · later: the start of the next exercise*


# %% exercise="bilinear_kernel"
def bilinear_kernel(channels: int, factor: int) -> Tensor:
    """The weight with which a grouped transposed convolution of stride `factor` interpolates linearly.

    channels, factor: ints of at least 1.
    Returns (channels, 1, K, K) float32, K = 2 * factor - factor % 2, the same kernel for each channel, as
    nn.ConvTranspose2d(channels, channels, K, factor, padding=(K - factor) // 2, groups=channels) takes it.
    Away from the border the result is that of F.interpolate(x, scale_factor=factor, mode="bilinear").
    Example: bilinear_kernel(1, 2)[0, 0, 0]
             is 0.25 * [0.25, 0.75, 0.75, 0.25].
    Source: Long et al. 2015, section 3.3, https://arxiv.org/abs/1411.4038
    """
    raise NotImplementedError("bilinear_kernel: exercise 13.2a")


# %% check="bilinear_kernel"
falls = torch.tensor([0.25, 0.75, 0.75, 0.25])
check(bilinear_kernel(1, 2), torch.outer(falls, falls)[None, None], "bilinear_kernel(1, 2)")
check(tuple(bilinear_kernel(4, 3).shape), (4, 1, 5, 5), "the shape of bilinear_kernel(4, 3)")
check(
    bilinear_kernel(2, 3)[1, 0, 2], torch.tensor([1, 2, 3, 2, 1]) / 3, "the middle row of bilinear_kernel(2, 3)[1, 0]"
)
ramp = torch.arange(5.0).expand(1, 1, 5, 5)
large = F.conv_transpose2d(ramp, bilinear_kernel(1, 4), stride=4, padding=2)[0, 0, 8, 4:-4]
check(large, torch.arange(12) / 4 + 0.625, "a ramp that is upsampled 4 times, away from the border");  # fmt: skip

# %% [markdown]
# <details><summary>Right for odd factors, off by half a pixel for even ones</summary>
#
# A question: six numbers stand in a row. Between which two of them is the middle?
# </details>
# <details><summary>The upsampled picture is too bright, too dark, or has a pattern</summary>
#
# A pointer: each output pixel must get weights that add up to 1. For f = 2 these are 0.75 and 0.25, for f = 3 one of them may be 1 alone.
# </details>
# <details><summary>The shape is wrong, or only one channel is filled</summary>
#
# The shape of the answer: one row of K weights from a formula; an outer product; as many copies as channels, with an axis of length 1 behind the first.
# </details>

# %% [markdown]
# Your kernel at work on a drawn picture, made 8 times smaller and large again, by the nearest neighbour and by yours. Where does yours go dark, and why?

# %% tags=["experiment"]
picture = kit.scenes.scenes(1, seed=4, size=64, **kit.scenes.EASY).images * 0.25 + 0.5
small = F.avg_pool2d(picture, 8)
mine = F.conv_transpose2d(small, bilinear_kernel(3, 8), stride=8, padding=4, groups=3)
nearest = F.interpolate(small, scale_factor=8)
kit.plots.images(torch.cat([picture, nearest, mine.clamp(0, 1)]), titles=["picture", "nearest", "your kernel"])

# %% [markdown]
# Now the head: scores first, on the small map with its few classes, then the upsampling. It *starts* linear and is trained like any other weight. A picture whose size the stride does not divide has got a map that is a little too large; what sticks out at the right and at the bottom is cut off.
#
# ### Exercise 13.2b `FCNHead`
# *medium · 20 minutes · 3 points · later: one of the three nets in 13.4*


# %% exercise="FCNHead"
class FCNHead(nn.Module):
    """Scores for each class at each place of a small map, upsampled to the size of the picture.

    in_channels, num_classes, factor: ints; the picture is `factor` times as large as the map.
    forward(features, size): features (N, in_channels, h, w), size (height, width), at most factor * (h, w).
    Returns logits (N, num_classes, height, width), no softmax: a 1 × 1 convolution to num_classes channels (its bias is
    yours to keep or leave), a transposed convolution without bias and with stride `factor`, which keeps the classes
    apart at the start and is F.interpolate(scale_factor=factor, mode="bilinear") away from the border, then the top left
    (height, width) of that map. Both weights are trained; names are yours.
    Example: FCNHead(64, 4, 8)(torch.zeros(1, 64, 6, 6), (45, 48))
             has shape (1, 4, 45, 48).
    Source: Long et al. 2015, https://arxiv.org/abs/1411.4038
    """

    def __init__(self, in_channels: int, num_classes: int, factor: int) -> None:
        super().__init__()
        raise NotImplementedError("FCNHead: exercise 13.2b")

    def forward(self, features: Tensor, size: tuple[int, int]) -> Tensor:
        raise NotImplementedError("FCNHead: exercise 13.2b")


# %% check="FCNHead"
torch.manual_seed(0)
head, features = FCNHead(5, 3, 4), torch.randn(2, 5, 6, 7)
logits = head(features, (22, 27)).detach()
check(tuple(logits.shape), (2, 3, 22, 27), "the shape of FCNHead(5, 3, 4) for size (22, 27)")
one_by_one = [p for p in head.parameters() if tuple(p.shape) == (3, 5, 1, 1)]
check(len(one_by_one), 1, "the number of weights of shape (3, 5, 1, 1), which make the scores")
bias = next((p for p in head.parameters() if p.ndim == 1), None)
expected = F.interpolate(F.conv2d(features, one_by_one[0], bias), scale_factor=4, mode="bilinear").detach()
check(logits[:, :, 4:20, 4:24], expected[:, :, 4:20, 4:24], "FCNHead(5, 3, 4) at the start, away from the border")
head(features, (22, 27)).square().sum().backward()
check(all(p.grad is not None and bool(p.grad.any()) for p in head.parameters()), True, "whether a gradient reaches every weight");  # fmt: skip

# %% [markdown]
# <details><summary>The map has the wrong size, or is shifted</summary>
#
# A question: which padding makes a map of h rows exactly factor · h rows? Section 13.2 uses stride 2, padding 1, K = 4.
# </details>
# <details><summary>Not linear at the start</summary>
#
# A pointer: a fresh `nn.ConvTranspose2d` is random. `module.weight = nn.Parameter(...)` replaces its weight; with `groups=num_classes` that weight has the shape of `bilinear_kernel`. If the check of 13.2a fails, mend that first.
# </details>
# <details><summary>A weight gets no gradient</summary>
#
# The shape of the answer: two layers with weights and one slice. `F.interpolate` has no weights, and `requires_grad=False` or `.data` tricks freeze what should learn.
# </details>

# %% [markdown]
# ## 13.3 Dilation instead of pooling
#
# Why make the map small at all? So that a unit sees far. But a unit can see far on a large map too: let the nine weights of a kernel lie r pixels apart. That is a convolution with **dilation**, or **rate**, r; the French for "with holes" gave it the name *atrous*.

# %% tags=["experiment"]
row = torch.tensor([[3.0, 1, 4, 1, 5, 9, 2, 6, 5]])
kit.plots.grids(
    row,
    row,
    row,
    titles=["rate 1", "rate 2", "rate 4"],
    highlight=[[(0, 4 - r), (0, 4), (0, 4 + r)] for r in (1, 2, 4)],
)

# %% [markdown]
# *Figure 4. A kernel of three ones on the pixel in the middle. Rate 1 gives 1 + 5 + 9 = 15, rate 2 gives 4 + 5 + 2 = 11, rate 4 gives 3 + 5 + 5 = 13. The mean of all nine is 36 / 9 = 4.*
#
# Three weights with rate r span 2r + 1 pixels; padding r keeps the size. Large objects want a large rate, small ones a small one. **Atrous spatial pyramid pooling** asks all of them at once: a 1 × 1 branch, a 3 × 3 branch for each rate, and the mean of the whole map, brought back to every place. Their maps are concatenated, and a 1 × 1 convolution weighs them.
#
# ```
# y = project(concat(conv1×1(x), conv3×3 rate r₁(x), conv3×3 rate r₂(x), …, image mean(x)))
# ```
#
# ### Exercise 13.3 `ASPP`
# *medium · 25 minutes · 4 points · later: another of the three nets in 13.4*


# %% exercise="ASPP"
class ASPP(nn.Module):
    """Atrous spatial pyramid pooling, with torchvision's names, so that DeepLab's weights load.

    in_channels, out_channels: ints.  atrous_rates: ints, one for each dilated branch.  x: (N, in_channels, H, W).
    Returns (N, out_channels, H, W).  x is not changed.
    Children: convs, a ModuleList: 0 is [1 × 1 convolution (0), batch norm (1), ReLU]; then for each rate, in order,
    [3 × 3 convolution with dilation and padding equal to the rate (0), batch norm (1), ReLU]; last
    [mean over all places (0), 1 × 1 convolution (1), batch norm (2), ReLU], brought back to H × W, where each place gets
    the same numbers. project: [1 × 1 convolution (0) of all branches, concatenated in this order, to out_channels,
    batch norm (1), ReLU, dropout of 0.5]. No convolution has a bias.
    Not allowed: torchvision.
    Example: ASPP(32, (2, 4), 16) has weights convs.0 to convs.3, and project.0.weight
             of shape (16, 64, 1, 1).
    Source: Chen et al. 2017, section 3.3, https://arxiv.org/abs/1706.05587
    """

    def __init__(self, in_channels: int, atrous_rates: Sequence[int], out_channels: int = 256) -> None:
        super().__init__()
        raise NotImplementedError("ASPP: exercise 13.3")

    def forward(self, x: Tensor) -> Tensor:
        raise NotImplementedError("ASPP: exercise 13.3")


# %% check="ASPP"
module = ASPP(2, (1, 3), 4).eval()
names = {name: tuple(tensor.shape) for name, tensor in module.state_dict().items() if tensor.ndim == 4}
expected = {"convs.0.0.weight": (4, 2, 1, 1), "convs.1.0.weight": (4, 2, 3, 3), "convs.2.0.weight": (4, 2, 3, 3)}
expected |= {"convs.3.1.weight": (4, 2, 1, 1), "project.0.weight": (4, 16, 1, 1)}
check(names, expected, "the convolutions of ASPP(2, (1, 3), 4)")
check(tuple(module(torch.ones(3, 2, 5, 7)).shape), (3, 4, 5, 7), "the shape after ASPP(2, (1, 3), 4)")
with torch.no_grad():
    for tensor in module.parameters():
        if tensor.ndim == 4:
            tensor.fill_(1.0)
    row = torch.tensor([3.0, 1, 4, 1, 5, 9, 2, 6, 5])
    x = torch.zeros(1, 2, 1, 9)
    x[0, 0, 0] = row
    got = module(x)[0, 0, 0, 4]
check(got, torch.tensor(4.0 * (5 + 15 + (1 + 5 + 6) + 4)), "all weights 1, at the middle of figure 4's row (branches 5, 15, 12, 4)", tolerance=1e-3);  # fmt: skip

# %% [markdown]
# <details><summary>The branches cannot be concatenated: sizes differ</summary>
#
# A question: how many pixels does a 3 × 3 kernel with rate r lose on each side? And how large is the map after the mean?
# </details>
# <details><summary>The names or shapes of my state dict differ</summary>
#
# A pointer: numbers in names come from the place in a Sequential or ModuleList; layers without weights take a place too. The pooling branch begins with such a layer.
# </details>
# <details><summary>Right names, wrong numbers</summary>
#
# The shape of the answer: a helper that makes convolution, batch norm and ReLU; a list of branches that all read x; one `torch.cat` along the channels. In eval mode nothing is dropped.
# </details>

# %% [markdown]
# Which pixels of a 33 × 33 map move the unit in the middle, through each 3 × 3 branch of your module? Each picture is one rate.

# %% tags=["experiment"]
torch.manual_seed(0)
module, pictures = ASPP(4, (2, 6, 12), 4).eval(), []
for branch in module.convs[1:4]:
    x = torch.randn(1, 4, 33, 33, requires_grad=True)
    branch[0](x)[0, :, 16, 16].sum().backward()
    pictures.append((x.grad.abs().sum((0, 1)) > 0).float())
kit.plots.images(torch.stack(pictures)[:, None], titles=["rate 2", "rate 6", "rate 12"])

# %% [markdown]
# ## 13.4 Three nets side by side
#
# The pictures are **scenes**: one to three discs, squares and triangles that may cover one another, on a busy ground. They come with a map of classes and a map of objects.

# %% tags=["experiment"]
train_scenes = kit.scenes.scenes(600, seed=0, size=32, **kit.scenes.EASY)
new_scenes = kit.scenes.scenes(200, seed=0, split="test", size=32, **kit.scenes.EASY)
ground = torch.zeros_like(new_scenes.labels)
print(f"ground everywhere: {100 * (new_scenes.labels == 0).float().mean():.0f} % of the pixels right,", end=" ")
print(f"mIoU {mean_iou(ground, new_scenes.labels, 4):.2f}")
shown = torch.cat([new_scenes.images[:8] * 0.25 + 0.5, kit.scenes.paint(new_scenes.labels[:8])])
kit.plots.images(shown)

# %% [markdown]
# *Figure 5. Scenes, and their classes below: ground dark, then square, disc and triangle, each lighter than the one before. The answer "ground everywhere" gets most pixels right and three classes of four wrong.*
#
# One loss does for all nets: cross-entropy at each pixel. `F.cross_entropy` takes logits `N K H W` and a mask `N H W`. The nets differ in how they bring back *where*:
#
# | net | smallest map | way back |
# | --- | --- | --- |
# | FCN | an eighth | your `FCNHead`: 8 times in one step |
# | ASPP | a quarter, and rates instead of more strides | a linear upsampling, 4 times |
# | U-Net | a quarter | step by step, with the maps of the way down |


# %% tags=["experiment"]
class FCN(nn.Module):
    def __init__(self, in_channels: int, num_classes: int) -> None:
        super().__init__()
        self.backbone, self.head = backbone(in_channels), FCNHead(64, num_classes, 8)

    def forward(self, x: Tensor) -> Tensor:
        return self.head(self.backbone(x), x.shape[-2:])


class DeepLab(nn.Module):
    def __init__(self, in_channels: int, num_classes: int) -> None:
        super().__init__()
        self.backbone, self.aspp = backbone(in_channels, (16, 32)), ASPP(32, (1, 2, 4), 32)
        self.score = nn.Conv2d(32, num_classes, 1)

    def forward(self, x: Tensor) -> Tensor:
        return F.interpolate(self.score(self.aspp(self.backbone(x))), size=x.shape[-2:], mode="bilinear")


painted = [new_scenes.images[:6] * 0.25 + 0.5]
for name, build, epochs in (("FCN", FCN, 15), ("ASPP", DeepLab, 15), ("U-Net", UNet, 18)):
    torch.manual_seed(0)
    net, start = build(3, 4), time.process_time()
    kit.train.fit(net, train_scenes.images, train_scenes.labels, epochs=epochs, lr=0.006, batch_size=16)
    guess = kit.train.predict(net, new_scenes.images)
    seconds, right = time.process_time() - start, (guess == new_scenes.labels).float().mean()
    score = mean_iou(guess, new_scenes.labels, 4)
    print(f"{name}: {seconds:.0f} CPU seconds, {100 * right:.1f} % of the pixels right, mIoU {score:.2f}")
    painted.append(kit.scenes.paint(guess[:6]))
painted.append(kit.scenes.paint(new_scenes.labels[:6]))
kit.plots.images(torch.cat(painted), columns=6)

# %% [markdown]
# *Figure 6. Top to bottom: pictures, FCN, ASPP, U-Net, the truth. The first two paint on a map of an eighth and of a quarter and enlarge it, so that their corners are round; the U-Net's way back ends at full size. The share of right pixels hardly tells them apart, mean IoU does.*
#
# ### Exercise 13.4 `train_segmenter`
# *hard · 40 minutes · 6 points · later: any task whose answer is a picture*


# %% exercise="train_segmenter"
def train_segmenter(
    images: Tensor, masks: Tensor, num_classes: int, *, seed: int, budget: float, device: str
) -> nn.Module:
    """Train a network that paints a class on each pixel, within a budget of CPU seconds, and return it.

    images: (N, C, H, W) float32, as the kit gives them (already centred and scaled).  masks: (N, H, W) int64, 0 to
    num_classes - 1.  C, H and W come from the data; H and W are multiples of 8.
    seed: the same seed starts from the same weights, another seed from others; the global random state may change.
    budget: CPU seconds, as time.process_time() counts them on one thread. At most 1.1 times the budget may be used; at
    twice the budget the training does not count.  device: a string such as "cpu" or "cuda".
    Returns a module that takes such pictures and gives logits (N, num_classes, H, W), no softmax; in train or in eval
    mode: the grader calls eval() and scores pictures that you have never seen.
    Hidden tests: 600 scenes of 3 × 32 × 32 as in figure 5, 4 classes, budget 20.
    Two points for a mean IoU of 0.60 on the new scenes, two more for 0.66.
    Example: train_segmenter(images, masks, 4, seed=0, budget=20.0, device="cpu")
             returns after about 20 seconds.
    Source: U-Net, Ronneberger et al. 2015, https://arxiv.org/abs/1505.04597
    """
    raise NotImplementedError("train_segmenter: exercise 13.4")


# %% check="train_segmenter"
images, masks, _ = kit.scenes.scenes(300, seed=7, size=16, **kit.scenes.EASY)
kit.train.fit(nn.Conv2d(3, 4, 1), images, masks, epochs=1, lr=0.01)  # what torch loads once is not counted
start = time.process_time()
net = train_segmenter(images, masks, 4, seed=0, budget=5.0, device="cpu")
seconds = time.process_time() - start
new, truth, _ = kit.scenes.scenes(100, seed=7, split="test", size=16, **kit.scenes.EASY)
with torch.no_grad():
    logits = net.eval()(new)
check(tuple(logits.shape), (100, 4, 16, 16), "the shape of the logits of 100 new scenes of 16 × 16")
found = (logits.argmax(1) == truth)[truth > 0].float().mean().item()
print(f"{seconds:.1f} CPU seconds of 5; of the new scenes' objects, {100 * found:.0f} % of the pixels are right")
check(seconds <= 5.5, True, "whether at most 1.1 times the budget was used")
check(found > 0.4, True, "whether more than 40 % of the objects' pixels are right");  # fmt: skip

# %% [markdown]
# <details><summary>Everything is ground</summary>
#
# A question: how many steps has your net taken when the budget is spent? Most pixels are ground, so that comes first, and objects later. Smaller batches and a smaller net give more steps. And which clock do you ask? `time.time()` runs on while your process waits, so the budget ends too early.
# </details>
# <details><summary>The loss complains about shapes</summary>
#
# A pointer: logits N K H W and masks N H W go into `F.cross_entropy` as they are, int64 for the masks. The logits must have the size of the picture: which part of your net brings it back?
# </details>
# <details><summary>Blobs instead of shapes, or too slow</summary>
#
# The shape of the answer: the U-Net, or the net with ASPP (a class may be defined in your cell; the FCN paints on a map of an eighth and ends near 0.68), a loop over shuffled batches of about 16 that asks the clock before each step, a learning rate that rises to about 0.008 and falls to 0 as the budget is spent. Channels-last memory makes small convolutions about twice as fast on a CPU.
# </details>

# %% [markdown]
# Your function on scenes like those of the hidden test. Pictures, your masks, the truth: where are the mistakes, inside the shapes or at their rims?

# %% tags=["experiment"]
net = train_segmenter(train_scenes.images, train_scenes.labels, 4, seed=0, budget=20.0, device="cpu")
guess = kit.train.predict(net, new_scenes.images)
print(f"mIoU {mean_iou(guess, new_scenes.labels, 4):.2f}")
shown = [new_scenes.images[8:16] * 0.25 + 0.5, kit.scenes.paint(guess[8:16]), kit.scenes.paint(new_scenes.labels[8:16])]
kit.plots.images(torch.cat(shown))

# %% [markdown]
# **Photographs.** PASCAL VOC has 1464 photographs with masks of 20 kinds of things, and 255 along their rims. On a machine that has the set and a GPU, this cell trains your function on them for ten minutes; otherwise it says what stands in, and shows that.

# %% tags=["experiment"]
from coursekit import voc

with_gpu = torch.cuda.is_available()
images, masks, classes = voc.load("train", n=None if with_gpu else 8, size=128)
if with_gpu and classes == voc.CLASSES:
    masks = masks.where(masks != voc.VOID, 0)  # or let your loss ignore 255
    net = train_segmenter(images, masks, classes, seed=0, budget=600.0, device="cuda")
    images, masks, _ = voc.load("val", n=200, size=128)
    print(f"mIoU {mean_iou(kit.train.predict(net, images), masks, classes):.3f} on photographs")
kit.plots.images(torch.cat([images[:8] * 0.25 + 0.5, kit.scenes.paint(masks[:8])]))

# %% [markdown]
# **Half of the lesson. A good place to stop.** You can score a map of classes, and train nets that paint one. For the second sitting run the setup cell at the top, and go on here: 13.5 to 13.8 use nothing else of what is above.
#
# ## 13.5 One object at a time: boxes
#
# A map of classes cannot count: two squares that touch become one. **Instance segmentation** finds objects first, as boxes with scores, and paints a mask into each. A detector proposes many boxes an object, so that the best must silence the others.


# %% tags=["experiment"]
def draw_boxes(ax, boxes, styles, labels):
    for (x1, y1, x2, y2), style, label in zip(boxes, styles, labels, strict=True):
        ax.plot([x1, x2, x2, x1, x1], [y1, y1, y2, y2, y1], style, color="black", linewidth=2)
        ax.text(x1 + 0.1, y1 + 0.5, label, fontsize=11)
    ax.set(xlim=(-0.5, 8), ylim=(5, -0.5), aspect="equal")


figure = kit.plots.Figure(figsize=(5, 3), layout="constrained")
boxes = [(0, 0, 4, 4), (1, 0, 5, 4), (3, 0, 7, 4)]
draw_boxes(figure.subplots(), boxes, ["-", "--", ":"], ["A", "B", "C"])
figure.axes[0].set_title("A 0.9 (line), B 0.8 (dashed), C 0.7 (dotted)")
figure

# %% [markdown]
# *Figure 7. A and B share 3 · 4 = 12 of 16 + 16 − 12 = 20 pixels, an IoU of 0.6. B and C share 8 of 24, 0.33. A and C share 4 of 28, 0.14.*
#
# **Non-maximum suppression** keeps the box with the highest score and drops those that overlap it by more than a threshold; then it goes on with the best of the rest. With 0.3: A stays and drops B. C overlaps B too, but B is gone, so C stays.
#
# ### Exercise 13.5 `nms`
# *medium · 20 minutes · 4 points · later: every detector ends with it*


# %% exercise="nms"
def nms(boxes: Tensor, scores: Tensor, threshold: float) -> Tensor:
    """Keep the best box, drop those that overlap it too much, and go on with the rest.

    boxes: (N, 4) float, x1, y1, x2, y2 with x1 <= x2 and y1 <= y2; the area is (x2 - x1) * (y2 - y1).
    scores: (N,) float, all different.  threshold: a box is dropped if its IoU with a kept box is *larger*.
    Returns the indices of the kept boxes (M,) int64, highest score first; an empty int64 tensor if N is 0.
    Boxes without area (points, lines) may occur; they suppress nobody, not even a copy of themselves.
    No argument is changed.  Not allowed: torchvision.
    Example: figure 7 with threshold 0.3
             gives [0, 2].
    Source: https://docs.pytorch.org/vision/stable/generated/torchvision.ops.nms.html
    """
    raise NotImplementedError("nms: exercise 13.5")


# %% check="nms"
boxes = torch.tensor([[1.0, 0, 5, 4], [3, 0, 7, 4], [0, 0, 4, 4]])
scores = torch.tensor([0.8, 0.7, 0.9])
check(nms(boxes, scores, 0.3), torch.tensor([2, 1]), "nms of B, C, A with threshold 0.3")
check(nms(boxes, scores, 0.7), torch.tensor([2, 0, 1]), "nms of B, C, A with threshold 0.7")
halves = torch.tensor([[0.0, 0, 2, 1], [0, 0, 1, 1]])
check(nms(halves, torch.tensor([0.1, 0.2]), 0.5), torch.tensor([1, 0]), "nms with an IoU equal to the threshold")
check(nms(boxes[:0], scores[:0], 0.5), torch.zeros(0, dtype=torch.int64), "nms of no boxes");  # fmt: skip

# %% [markdown]
# <details><summary>Boxes that lie apart suppress one another</summary>
#
# A question: two boxes are 2 apart in x and 3 apart in y. What is (−2) · (−3)?
# </details>
# <details><summary>Too many or too few are kept</summary>
#
# A pointer: only a box that is kept may drop others. Draw a chain A, B, C and go through it with your code on paper.
# </details>
# <details><summary>Boxes without area, or no boxes at all</summary>
#
# The shape of the answer: indices sorted by score; a loop that takes the first, and keeps of the others those that are *not* over the threshold, so that 0 / 0 does no harm; a list of ints that becomes an int64 tensor even when it is empty.
# </details>

# %% [markdown]
# Forty guesses round three objects, and what your function leaves of them.

# %% tags=["experiment"]
g = torch.Generator().manual_seed(1)
true_boxes = torch.tensor([[0.5, 0.5, 3, 3], [2.5, 1, 5, 4], [5.5, 0.5, 7.5, 2.5]])
guesses = true_boxes[torch.randint(3, (40,), generator=g)] + 0.2 * torch.randn(40, 4, generator=g)
kept = nms(guesses, torch.rand(40, generator=g), 0.3)
figure = kit.plots.Figure(figsize=(9, 3), layout="constrained")
axes = figure.subplots(1, 2)
draw_boxes(axes[0], guesses.tolist(), ["-"] * 40, [""] * 40)
draw_boxes(axes[1], guesses[kept].tolist(), ["-"] * len(kept), [""] * len(kept))
axes[0].set_title("40 guesses")
axes[1].set_title(f"{len(kept)} are left")
figure

# %% [markdown]
# ## 13.6 Cut a box out of a map, without rounding
#
# Each box shall be looked at by a small network, which wants maps of one size, say 7 × 7. A box of 20.4 × 13.7 pixels in the picture is 5.1 × 3.4 pixels in a map of stride 4, and begins between two of them. Rounding is no harm when you want a name; for a mask, half a pixel of the map is two of the picture.

# %% tags=["experiment"]
numbers = torch.tensor([[1.0, 2, 0, 1], [0, 4, 8, 2], [3, 0, 4, 1], [1, 1, 0, 2]])
kit.plots.grids(numbers, titles=["map"], highlight=[[(1, 1), (1, 2), (2, 1), (2, 2)]])

# %% [markdown]
# *Figure 8. The box (1, 1, 3, 3) covers the framed pixels, and one bin with one sample looks at its middle, (2, 2). The number of a pixel stands for its middle, half a pixel further: subtract 0.5. At row 1.5 and column 1.5 the four numbers count one quarter each: (4 + 8 + 0 + 4) / 4 = 4. Move the box by 0.2 to the right: at column 1.7, rows 1 and 2 give 0.3 · 4 + 0.7 · 8 = 6.8 and 0.3 · 0 + 0.7 · 4 = 2.8, and their mean is 4.8. With rounding it would still be 4.*
#
# **RoIAlign** divides a box into bins, takes samples inside each bin, evenly spread, each by linear interpolation, and averages them. For bin i of n along an axis, with S samples a bin:
#
# ```
# place = low + (i + (s + 0.5) / S) / n · length          s = 0 … S − 1
# low = scale · x1 − 0.5          length = scale · (x2 − x1)
# ```
#
# Near the border: a place below 0 is moved to 0, one above the last pixel to the last pixel. But if it is below −1 or above the size (H or W), the sample is 0. Both axes must lie inside.
#
# ### Exercise 13.6 `roi_align`
# *hard · 40 minutes · 6 points · later: what made Mask R-CNN's masks sharp*


# %% exercise="roi_align"
def roi_align(
    features: Tensor,
    boxes: Tensor,
    output_size: int | tuple[int, int],
    spatial_scale: float = 1.0,
    sampling_ratio: int = 2,
    aligned: bool = True,
) -> Tensor:
    """Sample each box of a map on a grid of bins, by linear interpolation, and average the samples of a bin.

    features: (N, C, H, W) float.  boxes: (K, 5) of the same dtype: number of the picture, x1, y1, x2, y2 in pixels of
    the picture; x counts columns.  output_size: bins, an int or (height, width).  spatial_scale: map / picture.
    sampling_ratio: samples in each bin, in each direction, at least 1.
    aligned=False: nothing is subtracted from the scaled corners, and each side of the scaled box is at least 1.
    Returns (K, C, height, width) in the dtype of features; K may be 0.  Autograd reaches features.
    No argument is changed.  Not allowed: torchvision.
    Example: figure 8's map, boxes = [[0, 1, 1, 3, 3]], output_size = 1, sampling_ratio = 1
             gives 4.
    Source: He et al. 2017, https://arxiv.org/abs/1703.06870; torchvision.ops.roi_align
    """
    raise NotImplementedError("roi_align: exercise 13.6")


# %% check="roi_align"
numbers = torch.tensor([[1.0, 2, 0, 1], [0, 4, 8, 2], [3, 0, 4, 1], [1, 1, 0, 2]])[None, None]
box = torch.tensor([[0.0, 1, 1, 3, 3], [0, 1.2, 1, 3.2, 3]])
got = roi_align(numbers, box, 1, sampling_ratio=1)
check(got.flatten(), torch.tensor([4.0, 4.8]), "the two boxes of figure 8, one sample")
got = roi_align(numbers, box[:1], 2, sampling_ratio=1)
check(got[0, 0], torch.tensor([[4.0, 8], [0, 4]]), "the first box with 2 × 2 bins, which are the four pixels")
got = roi_align(numbers, 2 * box[:1], (1, 2), spatial_scale=0.5, sampling_ratio=2)
check(got[0, 0], torch.tensor([[2.4375, 4.9375]]), "the same box at twice the size, scale 0.5, bins (1, 2)")
got = roi_align(numbers, torch.tensor([[0.0, -0.5, -0.5, 0.5, 0.5], [0, -4, 0, -2, 2]]), 1, sampling_ratio=1)
check(got.flatten(), torch.tensor([1.0, 0]), "a box over the corner, and one outside");  # fmt: skip

# %% [markdown]
# <details><summary>Everything is shifted a little</summary>
#
# A question: the box (1, 1, 2, 2) covers exactly one pixel. Which number should come out, and at which place do you sample?
# </details>
# <details><summary>Wrong where H ≠ W, or where bins are not square</summary>
#
# A pointer: boxes come as x, y, which is column, row; `output_size` and shapes come as height, width. Treat one axis at a time with one helper, and name what goes in.
# </details>
# <details><summary>Wrong near the border</summary>
#
# The shape of the answer: places along each axis; a test for each place, made *before* it is clamped; two neighbours and their weights; what fails the test counts 0. Since a sample's weights are a product of a row's and a column's, two small matrices a box are enough.
# </details>

# %% [markdown]
# One object from a map of a quarter of the size. Its box, cut with rounded corners and with your function: which of the two is centred?

# %% tags=["experiment"]
drawn = kit.scenes.scenes(1, seed=12, size=64, **(kit.scenes.EASY | {"objects": (1, 1), "turn": 0.0}))
from coursekit import instances

found = instances.objects(drawn.labels, drawn.instances)[0]
small = F.avg_pool2d(drawn.images * 0.25 + 0.5, 4)
x1, y1, x2, y2 = (found["boxes"][0] / 4).tolist()
box = torch.tensor([[0.0, x1, y1, x2, y2]])
rounded = roi_align(small, box.round() + torch.tensor([0.0, 0, 0, 1, 1]), 14)
shown = [F.interpolate(small, size=(56, 56)), F.interpolate(rounded, size=(56, 56)), F.interpolate(roi_align(small, box, 14), size=(56, 56))]  # fmt: skip
kit.plots.images(torch.cat(shown).clamp(0, 1), titles=["map", "rounded", "yours"])

# %% [markdown]
# ## 13.7 How good are masks with scores?
#
# A detector gives masks and says how sure it is of each. Rank all masks of all pictures by score and go down the list: each is a hit if it finds an object that nobody has found before, otherwise a false alarm.

# %% tags=["experiment"]
precision, recall = [1.0, 1 / 2, 2 / 3, 2 / 4, 2 / 5], [1 / 3, 1 / 3, 2 / 3, 2 / 3, 2 / 3]
kit.plots.curves(
    {"as it is": (recall, precision), "interpolated": ([0, 1 / 3, 1 / 3, 2 / 3, 2 / 3, 1], [1, 1, 2 / 3, 2 / 3, 0, 0])},
    xlabel="recall: hits / objects",
    ylabel="precision: hits / masks so far",
    title="hit, miss, hit, miss, miss; three objects",
)

# %% [markdown]
# *Figure 9. Three objects, five masks. After the third mask, 2 of 3 are hits (precision 2/3), and 2 of 3 objects are found (recall 2/3). The area under the interpolated curve is 1/3 · 1 + 1/3 · 2/3 + 1/3 · 0 = 5/9 = 0.556.*
#
# **Interpolated** precision at a recall is the best precision at that recall or at a higher one. **Average precision** (AP) is the area under it.
#
# What is a hit? The mask takes, among the objects of its picture that are still free, the one with the largest IoU, if that is at least a threshold. "AP50" is AP with threshold 0.5.
#
# ### Exercise 13.7 `mask_ap`
# *medium · 30 minutes · 4 points · later: the score of the experiment below, and of every detector*


# %% exercise="mask_ap"
def mask_ap(predictions: list[tuple[Tensor, Tensor]], targets: list[Tensor], threshold: float = 0.5) -> float:
    """Average precision of the masks of one class over several pictures.

    predictions: for each picture (masks (M, H, W) bool, scores (M,) float); M may be 0. All scores are different.
    targets: for each picture masks (T, H, W) bool; T may be 0. No mask is empty; masks may overlap.
    In the order of their scores, over all pictures, each predicted mask is matched to the target of its picture that is
    not matched yet and has the largest IoU with it, if that is >= threshold; otherwise it is a false positive.
    Returns the area under interpolated precision over recall (every step of the curve counts), a Python float; NaN if
    there are no targets at all, 0.0 if there are targets and no predictions.  No argument is changed.
    Example: hits and misses as in figure 9, with three targets
             give 0.5556.
    Source: https://cocodataset.org/#detection-eval, with all points instead of 101
    """
    raise NotImplementedError("mask_ap: exercise 13.7")


# %% check="mask_ap"
def strip(first: int, last: int) -> Tensor:
    """A mask of 1 × 12 pixels, True from first to last - 1."""
    return ((torch.arange(12) >= first) & (torch.arange(12) < last))[None]


none = torch.zeros(0, 1, 12, dtype=torch.bool)
targets = [torch.stack([strip(0, 4), strip(6, 10)]), strip(0, 4)[None]]
predictions = [
    (torch.stack([strip(0, 4), strip(0, 4), strip(6, 10), strip(2, 8)]), torch.tensor([0.9, 0.8, 0.7, 0.5])),
    (strip(8, 12)[None], torch.tensor([0.4])),
]
check(mask_ap(predictions, targets), 5 / 9, "mask_ap of figure 9", tolerance=1e-5)
check(mask_ap([(strip(0, 3)[None], torch.ones(1))], [strip(0, 4)[None]], 0.75), 1.0, "mask_ap with an IoU equal to the threshold", tolerance=1e-5)  # fmt: skip
near = [(torch.stack([strip(0, 6), strip(1, 7)]), torch.tensor([0.9, 0.8]))]
check(mask_ap(near, [torch.stack([strip(0, 6), strip(3, 9)])]), 1.0, "mask_ap where the best target is taken and the next one fits", tolerance=1e-5)  # fmt: skip
check(mask_ap([(none, torch.zeros(0))], targets[1:]), 0.0, "mask_ap without predictions")
check(mask_ap(predictions[1:], [none]), math.nan, "mask_ap without targets");  # fmt: skip

# %% [markdown]
# <details><summary>Duplicates count as hits</summary>
#
# A question: where does your code remember which targets are taken? One list a picture, or one for all?
# </details>
# <details><summary>Right for one picture, wrong for several</summary>
#
# A pointer: first make one list of (score, picture, mask) from everything, then sort it. A match looks into its own picture only.
# </details>
# <details><summary>A little too low or too high</summary>
#
# The shape of the answer: a list of hits; its running sums give precision and recall; the largest precision from each place to the end; each hit adds 1 / number of targets to the recall.
# </details>

# %% [markdown]
# Now the real thing. **Mask R-CNN** proposes boxes, cuts each out of the map with RoIAlign, and asks three small heads: which class, which better box, which pixels. This is torchvision's, made small; the kit's `instances.py` has all of it on a page.

# %% tags=["experiment"]
scenes = kit.scenes.scenes(300, seed=0, size=48, **kit.scenes.EASY)
fresh = kit.scenes.scenes(80, seed=0, split="test", size=48, **kit.scenes.EASY)
torch.manual_seed(0)
detector, start = instances.mask_rcnn(num_classes=4, size=48), time.process_time()
losses = instances.fit(detector, scenes.images, instances.objects(scenes.labels, scenes.instances), epochs=8)
print(f"{time.process_time() - start:.0f} CPU seconds, loss {losses[0]:.2f} at first, {losses[-1]:.2f} at last")
found, there = instances.predict(detector, fresh.images), instances.objects(fresh.labels, fresh.instances)
for threshold in (0.5, 0.75):
    aps = []
    for c in (1, 2, 3):
        mine = [(one["masks"][one["labels"] == c], one["scores"][one["labels"] == c]) for one in found]
        aps.append(mask_ap(mine, [one["masks"][one["labels"] == c] for one in there], threshold))
    print(f"AP at {threshold}: " + ", ".join(f"{n} {ap:.2f}" for n, ap in zip(kit.scenes.NAMES[1:], aps, strict=True)))
painted = []
for one in found[:8]:
    canvas = torch.zeros(48, 48, dtype=torch.int64)
    for mask, label, score in zip(one["masks"].flip(0), one["labels"].flip(0), one["scores"].flip(0), strict=True):
        canvas[mask & (score > 0.5)] = label
    painted.append(canvas)
shown = [fresh.images[:8] * 0.25 + 0.5, kit.scenes.paint(torch.stack(painted)), kit.scenes.paint(fresh.labels[:8])]
kit.plots.images(torch.cat(shown))

# %% [markdown]
# *Figure 10. Scenes, the masks with a score above 0.5 (the surest on top), the truth. AP at 0.75 asks for masks that fit better, so it is lower than AP at 0.5. Two objects of a class that touch stay two masks here, which no map of 13.4 can say.*

# %% [markdown]
# ## 13.8 Stuff and things, in one number
#
# Sky and road are **stuff**: nobody counts them. Cars are **things**. A **panoptic** map gives each pixel both a class and a number of an instance; all pixels with the same pair are one **segment**. How good is such a map?

# %% tags=["experiment"]
classes, numbers = [0] * 8 + [1] * 4, [1] * 4 + [2] * 4 + [1] * 4
kit.plots.grids(
    torch.tensor([classes, numbers]),
    torch.tensor([classes, [7] * 3 + [1] * 5 + [1] * 4]),
    titles=["target: class, instance", "prediction"],
)

# %% [markdown]
# *Figure 11. Twelve pixels in a row: class above, instance below. The target's segment (0, 1) has pixels 0 to 3; (0, 7) of the prediction shares 3 of them: IoU 3/4. (0, 2) and (0, 1) share 4 of 5: 4/5. The numbers 7, 1 and 2 are names and mean nothing.*
#
# Two segments of the same class **match** if their IoU is *larger* than 0.5; then no other can match them. For each class:
#
# ```
# SQ = mean IoU of the matches          RQ = matches / (matches + unmatched found / 2 + unmatched there / 2)
# PQ = SQ · RQ
# ```
#
# In figure 11, class 0 has SQ = (0.75 + 0.8) / 2 = 0.775, RQ = 2 / 2 and PQ = 0.775; class 1 has PQ = 1. The mean is 0.8875. Had the prediction missed the second segment, class 0 would have RQ = 1 / (1 + 1/2) = 2/3.
#
# **Void** again: pixels that are void in the target are taken out of the predicted segments before IoU. A predicted segment that lies more than half in void, and matches nothing, is no false alarm.
#
# ### Exercise 13.8 `panoptic_quality`
# *hard · 35 minutes · 4 points · later: nothing here; it is the number that panoptic papers report*


# %% exercise="panoptic_quality"
def panoptic_quality(prediction: Tensor, target: Tensor, num_classes: int) -> dict[str, float]:
    """Panoptic quality, and its two factors, averaged over classes.

    prediction, target: (2, H, W) int64: class (0 ... num_classes - 1, or 255 for void) and instance, any number.
    A segment is all pixels with one class and one instance; void pixels belong to none, in both maps.
    IoU: without the pixels that are void in the target. A match: same class, IoU > 0.5. An unmatched predicted segment
    counts as a false positive unless more than half of its pixels are void in the target.
    Returns {"pq", "sq", "rq"}, floats: each the mean over the classes that have a match, a false positive or a miss; sq
    and pq of a class without a match are 0. All three are NaN if there is no such class.  No argument is changed.
    Example: figure 11
             gives {"pq": 0.8875, "sq": 0.8875, "rq": 1.0}.
    Source: Kirillov et al. 2018, section 4, https://arxiv.org/abs/1801.00868
    """
    raise NotImplementedError("panoptic_quality: exercise 13.8")


# %% check="panoptic_quality"
def row(*segments: tuple[int, int, int, int]) -> Tensor:
    """A map of one row of 12 pixels from (first, last, class, instance); void elsewhere."""
    panoptic = torch.full((2, 1, 12), 255)
    for first, last, label, number in segments:
        panoptic[0, 0, first:last], panoptic[1, 0, first:last] = label, number
    return panoptic


target = row((0, 4, 0, 1), (4, 8, 0, 2), (8, 12, 1, 1))
got = panoptic_quality(row((0, 3, 0, 7), (3, 8, 0, 1), (8, 12, 1, 1)), target, 2)
check(got, {"pq": 0.8875, "sq": 0.8875, "rq": 1.0}, "panoptic_quality in figure 11", tolerance=1e-5)
got = panoptic_quality(row((0, 4, 0, 1), (8, 12, 1, 1)), target, 5)
check(got, {"pq": 5 / 6, "sq": 1.0, "rq": 5 / 6}, "panoptic_quality with a miss", tolerance=1e-5)
got = panoptic_quality(row((0, 8, 0, 1), (9, 12, 0, 2)), row((0, 4, 0, 1)), 2)
check(got, {"pq": 1.0, "sq": 1.0, "rq": 1.0}, "panoptic_quality with void round the only segment", tolerance=1e-5)
got = panoptic_quality(row((0, 2, 0, 1), (2, 4, 0, 2)), row((0, 4, 0, 1)), 1)
check(got, {"pq": 0.0, "sq": 0.0, "rq": 0.0}, "panoptic_quality of two halves")
check(panoptic_quality(row(), row(), 2), {key: math.nan for key in ("pq", "sq", "rq")}, "panoptic_quality of void");  # fmt: skip

# %% [markdown]
# <details><summary>Right only if the instance numbers agree</summary>
#
# A question: figure 11 calls the first segment 1 in the target and 7 in the prediction. What makes them the same object?
# </details>
# <details><summary>Wrong where there is void</summary>
#
# A pointer: two different places need void: the mask of a predicted segment before IoU, and the decision whether an unmatched one counts. For the second, look at the segment as it was.
# </details>
# <details><summary>Right for one class, wrong for several</summary>
#
# The shape of the answer: a helper that lists the masks of all segments by (class, instance); a loop over the classes with three counts and a sum of IoUs; three lists of a value for each class that counts; three means.
# </details>

# %% [markdown]
# One scene as a panoptic map, and three ways to be wrong: two objects of a class merged into one, all shifted by two pixels, an object lost. Guess which of SQ and RQ falls before you look.

# %% tags=["experiment"]
drawn = kit.scenes.scenes(40, seed=21, size=48, **(kit.scenes.EASY | {"objects": (3, 3), "radius": (0.25, 0.4)}))
maps = zip(drawn.labels, drawn.instances, strict=True)  # the first with three objects of two classes is taken
number = next(i for i, (label, instance) in enumerate(maps) if len(instance.unique()) == 4 and len(label.unique()) == 3)
truth = torch.stack([drawn.labels[number], drawn.instances[number]])
merged, lost = truth.clone(), truth.clone()
merged[1] = 0  # one segment a class
lost[:, truth[1] == 1] = 0
for name, wrong in (("nothing", truth), ("merged", merged), ("shifted", truth.roll(2, 2)), ("one lost", lost)):
    values = panoptic_quality(wrong, truth, 4)
    print(f"{name:9}" + "  ".join(f"{key} {value:.2f}" for key, value in values.items()))
kit.plots.images(torch.cat([drawn.images[number, None] * 0.25 + 0.5, kit.scenes.paint(truth[:1]), kit.scenes.paint(truth[1:])]), titles=["scene", "classes", "instances"])  # fmt: skip

# %% [markdown]
# ### Question 13.8 `which_metric`
# *15 minutes · 3 points, graded by hand*
#
# 1. A friend's net gets 76 % of all pixels of these scenes right, and is proud of it. What would you ask, and which number of this notebook supports you?
# 2. Two squares of the same class touch, and a net paints both rightly as "square". What do mean IoU, mask AP and panoptic quality see of it? One sentence each, for a net that gives no instances (one mask a class).
# 3. Name a task for each where it is the right thing to have: a semantic, an instance and a panoptic map. Say why the other two would not do, or would be more than needed.

# %% [markdown] exercise="which_metric"
# *Write your answer here.*

# %% [markdown]
# **The answer.** Which pixel belongs to what is one classification a pixel, and the difficulty is *where*: strides see far and forget the place; skips, dilation and learned upsampling bring it back. *A class map cannot count; a box cannot paint; a panoptic map does both.* And every one of them needs a score that does not let the ground speak for the rest.
