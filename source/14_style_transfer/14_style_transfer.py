# %% [markdown]
# # What is style, in numbers?
#
# A photograph can be painted over in the manner of another picture: its houses stay where they are, its colours and strokes are the other's. For a machine to do that, "manner" has to be a number. It is a small table, and you compute it with one matrix product.

# %% [markdown]
# **How this notebook works**
#
# - Run the cells from top to bottom with Shift + Enter. Painting in 14.6 takes a few seconds a picture, the training in 14.8 about a minute.
# - An *exercise* is one cell. Replace its last line, `raise NotImplementedError(...)`; keep the name and the arguments. Helpers may stand in the same cell.
# - The cell below is a *visible check*. *Hidden tests* try many more cases after you hand in, and they make the grade. The docstring says what they may ask for.
# - Stuck? Each exercise has three *hints*. Open the one whose title is your symptom.
#
# **Letters.** Pictures and features have shape `N C H W`: pictures, channels, rows, columns. Pictures in this lesson lie in [0, 1]. A **feature** is what a layer gives; one channel of it is a **map**.
#
# **Pictures.** The photographs are scikit-learn's: *china* by danielbuechele and *flower* by vultilion, both on Flickr, CC BY 2.0 (https://creativecommons.org/licenses/by/2.0/), cropped, reduced and, in what follows, painted over. The mosaic is drawn by the kit.

# %% tags=["setup"]
import time
from collections import OrderedDict
from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor, nn

import coursekit as kit
from coursekit import check

# %% [markdown]
# ## 14.1 Listening to a network
#
# A trained network has seen more pictures than you have. You will use one as a pair of eyes: show it a picture, and write down what its layers say on the way.

# %% tags=["experiment"]
x = torch.tensor([[1.0, -2], [3, 0]])
kit.plots.grids(
    x,
    2 * x - 1,
    (2 * x - 1).relu(),
    torch.tensor([[1.5]]),
    titles=["x", "conv1", "relu1", "pool1"],
    highlight=[[(0, 0)], [(0, 0)], [(0, 0)], []],
)

# %% [markdown]
# *Figure 1. A net of three layers. conv1 is a 1 × 1 convolution with weight 2 and bias −1: 2 · 1 − 1 = 1. relu1 keeps the 1 and the 5, pool1 takes the mean, (1 + 0 + 5 + 0) / 4 = 1.5.*
#
# Two things can go wrong when you keep what a layer gives. A ReLU that works **in place** writes into the tensor that it is handed: if you kept conv1's output, its −5 becomes 0 behind your back. And a net has an end: if you want relu1, computing pool1 is wasted work. In VGG-19, the network of this lesson, most of the time goes into layers that nobody listens to.
#
# ### Exercise 14.1 `capture`
# *easy · 15 minutes · 3 points · later: everything in this lesson starts with it*


# %% exercise="capture"
def capture(net: nn.Sequential, x: Tensor, layers: list[str]) -> dict[str, Tensor]:
    """The outputs of the named layers for the input x.

    net: its direct children have names, such as "conv1" or "3".  x: (N, C, H, W).
    layers: some of those names, at least one, in any order.  Returns a dict from name to tensor, in the net's order.
    Each tensor is what the layer gave, even if a later layer works in place, and gradients flow from it to x.
    The net runs as far as the last layer that is asked for. x is not changed, not even if the first layer works in
    place; the net has no hooks afterwards, and its modes and requires_grad are as before.
    Example: the net of figure 1, capture(net, x, ["relu1", "conv1"])
             gives {"conv1": [[1, -5], [5, -1]], "relu1": [[1, 0], [5, 0]]} (with two axes of length 1 in front).
    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.Module.html, named_children
    """
    raise NotImplementedError("capture: exercise 14.1")


# %% check="capture"
tiny = nn.Sequential(OrderedDict(conv1=nn.Conv2d(1, 1, 1), relu1=nn.ReLU(inplace=True), pool1=nn.AvgPool2d(2)))
nn.init.constant_(tiny.conv1.weight, 2.0)
nn.init.constant_(tiny.conv1.bias, -1.0)
x = torch.tensor([[[[1.0, -2], [3, 0]]]])
captured = capture(tiny, x, ["relu1", "conv1"])
expected = {"conv1": torch.tensor([[[[1.0, -5], [5, -1]]]]), "relu1": torch.tensor([[[[1.0, 0], [5, 0]]]])}
check(captured, expected, 'capture(net, x, ["relu1", "conv1"]) in figure 1')
check(list(captured), ["conv1", "relu1"], "the order of what was captured")
capture(nn.Sequential(nn.ReLU(inplace=True), nn.AvgPool2d(2)), x, ["0"])
check(x, torch.tensor([[[[1.0, -2], [3, 0]]]]), "x after a net whose first layer works in place")
leaf = x.clone().requires_grad_()
capture(tiny, leaf, ["relu1"])["relu1"].sum().backward()
check(leaf.grad, torch.tensor([[[[2.0, 0], [2, 0]]]]), "the gradient of x, for the sum of relu1");  # fmt: skip

# %% [markdown]
# <details><summary>What I captured has zeros where it should be negative</summary>
#
# A question: which tensor does `nn.ReLU(inplace=True)` write into, and who else holds that tensor?
# </details>
# <details><summary>"a leaf Variable that requires grad is being used in an in-place operation", or x has changed</summary>
#
# A pointer: the same again, with x in the place of the captured tensor. What could the layer be handed instead?
# </details>
# <details><summary>A layer is missing, or the order is wrong</summary>
#
# The shape of the answer: one walk over `named_children()`, which goes in the net's order; one dict that grows; and a count of how many names are still to come, which says when to stop.
# </details>

# %% [markdown]
# Now get the network. Where VGG-19's published weights are on this machine, the kit takes them; otherwise a small net of the same layout with *random* weights stands in, and the line below says so. Random filters still answer to edges and colours in many directions; they know no eyes and no petals. Which of your maps shows the roof, which the sky?

# %% tags=["experiment"]
net = kit.vgg.features()
photo, flower, mosaic = (
    kit.pictures.photo("china", 96),
    kit.pictures.photo("flower", 96),
    kit.pictures.mosaic(96, cells=100),
)
tapped = ["relu1_1", "relu2_1", "relu3_1", "relu4_1"]
maps = []
for features in capture(net, photo, tapped).values():
    strongest = features[0].var((1, 2)).topk(2).indices
    maps += [F.interpolate(features[:, i : i + 1] / features[0, i].max(), 96) for i in strongest]
kit.plots.images(torch.cat(maps), titles=[name for name in tapped for _ in range(2)], columns=8)

# %% [markdown]
# ## 14.2 A table without places
#
# Style is not *where* things are. A mosaic remains the same mosaic when its stones change places. So look for a number that does not change when pixels move, and does change when the stones become others.

# %% tags=["experiment"]
a, b = torch.tensor([[1.0, 2], [0, 1]]), torch.tensor([[1.0, 0], [3, 1]])
gram = torch.tensor([[6.0, 2], [2, 11]])
kit.plots.grids(
    a,
    b,
    gram,
    gram / 8,
    titles=["map a", "map b", "sums", "divided by 8"],
    highlight=[[], [], [(0, 1)], [(0, 1)]],
)

# %% [markdown]
# *Figure 2. Multiply the two maps place by place and add up: 1 · 1 + 2 · 0 + 0 · 3 + 1 · 1 = 2. Each map with itself: 1 + 4 + 0 + 1 = 6, and 1 + 0 + 9 + 1 = 11. Divided by C · H · W = 2 · 2 · 2 = 8: 0.75, 0.25, 0.25, 1.375.*
#
# The 0.25 says how often a and b fire *together*. Move the pixels of both maps alike: the same products, added in another order. Move those of b alone, to 0 3 / 1 1, and the sum is 2 · 3 + 1 · 1 = 7: now strong meets strong, and that is another texture.
#
# ```
# G[c, d] = Σᵢ Σⱼ F[c, i, j] · F[d, i, j] / (C · H · W)
# ```
#
# This is the **Gram matrix** of a layer: C × C numbers, whatever the size of the picture. Put each map into one row, F as a table of C rows and H · W columns, and it is one product, F Fᵀ. The division makes pictures of different sizes comparable.
#
# *Style is what goes together, anywhere.*
#
# ### Exercise 14.2 `gram_matrix`
# *easy · 15 minutes · 4 points · later: the style loss, and what style_transfer paints towards*


# %% exercise="gram_matrix"
def gram_matrix(features: Tensor) -> Tensor:
    """For each picture, how strongly each pair of its channels fires together, divided by C * H * W.

    features: (N, C, H, W) float; their numbers need not lie side by side in memory (a transposed or cut picture).
    Returns (N, C, C) in the same dtype, one matrix a picture. Gradients flow to features, which are not changed.
    Example: features = [[1, 2], [0, 1]] and [[1, 0], [3, 1]] (one picture, two channels)
             gives [[0.75, 0.25], [0.25, 1.375]].
    Source: Gatys et al. 2015, equation 3, https://arxiv.org/abs/1508.06576 (divided as in torch's tutorial)
    """
    raise NotImplementedError("gram_matrix: exercise 14.2")


# %% check="gram_matrix"
features = torch.tensor([[[[1.0, 2], [0, 1]], [[1, 0], [3, 1]]]])
expected = torch.tensor([[[0.75, 0.25], [0.25, 1.375]]])
check(gram_matrix(features), expected, "gram_matrix in figure 2")
check(
    gram_matrix(torch.cat([features, 2 * features])), torch.cat([expected, 4 * expected]), "gram_matrix of two pictures"
)
check(gram_matrix(features.transpose(2, 3)), expected, "gram_matrix of the transposed picture")
wide = torch.arange(12.0).reshape(1, 3, 1, 4)
expected = torch.tensor([[[14.0, 38, 62], [38, 126, 214], [62, 214, 366]]]) / 12
check(gram_matrix(wide), expected, "gram_matrix of three maps of 1 × 4");  # fmt: skip

# %% [markdown]
# <details><summary>The shape is wrong: H × H, or N·C × N·C</summary>
#
# A question: which axes must be gone at the end, and which two stand in their place? What is the first axis doing in the product?
# </details>
# <details><summary>"view size is not compatible", or the numbers are right for one picture and scrambled for another</summary>
#
# A pointer: `view` needs numbers side by side, `reshape` and `flatten` do not. And neither of them transposes: to exchange two axes, use `transpose`.
# </details>
# <details><summary>Too large or too small by a factor</summary>
#
# The shape of the answer: (N, C, H·W) times (N, H·W, C), divided by one number. Is N part of that number in your code?
# </details>

# %% [markdown]
# Does it measure style? Here is the distance of Gram matrices, at relu2_1, from one mosaic to five other pictures, as a part of the length of its own. Which two would you call "the same style", and how far away are their pixels?

# %% tags=["experiment"]
others = {
    "another mosaic": kit.pictures.mosaic(96, cells=100, seed=1),
    "the same, cut and shuffled": kit.pictures.shuffled(mosaic, 24),
    "the same, in grey": mosaic.mean(1, keepdim=True).expand(1, 3, 96, 96),
    "flower": flower,
    "china": photo,
}


def relu2_gram(picture: Tensor) -> Tensor:
    return gram_matrix(capture(net, picture, ["relu2_1"])["relu2_1"])


distances = {name: (relu2_gram(other) - relu2_gram(mosaic)).norm().item() for name, other in others.items()}
for name, other in others.items():
    print(f"{name}: pixels differ by {(other - mosaic).abs().mean():.2f} on average")
own = relu2_gram(mosaic).norm().item()
kit.plots.bars(
    {name: d / own for name, d in distances.items()},
    title="distance of the Gram matrices, relative",
)

# %% [markdown]
# ## 14.3 What stands there
#
# The result must still show the photograph. What is there is said best by the features themselves, compared place by place.

# %% tags=["experiment"]
kit.plots.grids(
    torch.tensor([[1.0, 2], [3, 4]]),
    torch.tensor([[1.0, 2], [3, 6]]),
    torch.tensor([[0.0, 0], [0, 4]]),
    torch.tensor([[0.0, 0], [0, -1]]),
    titles=["generated", "content", "squared difference", "gradient"],
    highlight=[[(1, 1)], [(1, 1)], [(1, 1)], [(1, 1)]],
)

# %% [markdown]
# *Figure 3. (4 − 6)² = 4, and the mean of 0, 0, 0, 4 is 1. The gradient of the last number is 2 · (4 − 6) / 4 = −1: the loss falls if it grows.*
#
# ```
# content loss = mean of (generated − content)²
# ```
#
# The content is the **target**: it stays where it is, and only the generated picture moves. In code that is one word, `detach()`. Without it, gradients flow to the target as well, through a graph that is gone after the first step.
#
# Which layer? The first layers know each pixel: held to those, the picture cannot change at all. Deeper ones know what is there, and leave some freedom in how it is painted.
#
# ### Exercise 14.3 `content_loss`
# *easy · 5 minutes · 2 points · later: half of what style_transfer minimises*


# %% exercise="content_loss"
def content_loss(generated: Tensor, content: Tensor) -> Tensor:
    """The mean squared difference of two tensors of features.

    generated, content: of one shape, (N, C, H, W), float.  Returns a tensor with no axes, the mean over everything.
    Gradients flow to generated and not to content, even if content requires them. Neither is changed.
    Example: generated = [1, 2, 3, 4], content = [1, 2, 3, 6]
             gives 1.
    Source: Gatys et al. 2015, equation 1, https://arxiv.org/abs/1508.06576 (a mean in place of half the sum)
    """
    raise NotImplementedError("content_loss: exercise 14.3")


# %% check="content_loss"
generated = torch.tensor([[[[1.0, 2], [3, 4]]]], requires_grad=True)
content = torch.tensor([[[[1.0, 2], [3, 6]]]], requires_grad=True)
loss = content_loss(generated, content)
check(loss, torch.tensor(1.0), "content_loss in figure 3")
loss.backward()
check(generated.grad, torch.tensor([[[[0.0, 0], [0, -1]]]]), "the gradient of generated")
check(content.grad is not None and content.grad.any().item(), False, "whether a gradient flows to content");  # fmt: skip

# %% [markdown]
# <details><summary>My loss is 4, 2 or 0.5</summary>
#
# A question: how many numbers does the mean run over in figure 3? Is there a factor ½ left from the paper?
# </details>
# <details><summary>content gets a gradient</summary>
#
# A pointer: which tensor method gives the same numbers without their history?
# </details>
# <details><summary>"grad can be implicitly created only for scalar outputs"</summary>
#
# The shape of the answer: one number for the whole batch, as a tensor, made by one function of `torch.nn.functional` or by three short operations.
# </details>

# %% [markdown]
# How forgiving is each layer? The photograph is moved by one pixel, made brighter, or replaced by the flower. Each bar is the content loss as a part of the layer's own mean square. In which layer does a shift of one pixel count least, compared with another picture?

# %% tags=["experiment"]
changed = {"moved by a pixel": photo.roll(1, 3), "brighter": (photo + 0.1).clamp(0, 1), "flower": flower}
tapped = ["relu1_1", "relu2_2", "relu3_2", "relu4_2"]
wanted = capture(net, photo, tapped)
lines = {}
for what, picture in changed.items():
    found = capture(net, picture, tapped)
    losses = [content_loss(found[name], wanted[name]) / wanted[name].square().mean() for name in tapped]
    lines[what] = [loss.item() for loss in losses]
figure = kit.plots.curves(lines, xlabel="layer", ylabel="content loss, relative")
figure.axes[0].set_yscale("log")
figure.axes[0].set_xticks(range(1, 5), labels=tapped)
figure

# %% [markdown]
# ## 14.4 How it is painted
#
# One layer's Gram matrix knows marks of one size: relu1_1 sees 3 × 3 pixels, relu2_1 10 × 10, relu4_1 52 × 52 in the small net. A style has marks of several sizes, so take several layers.

# %% tags=["experiment"]
kit.plots.grids(
    torch.tensor([1.0, 2]),
    torch.tensor([1.0, 1, 1]),
    torch.tensor([0.0, 2]),
    torch.tensor([1.0, 1]),
    titles=["relu1, generated", "relu1, style", "relu2, generated", "relu2, style"],
)

# %% [markdown]
# *Figure 4. One channel a layer, so each Gram matrix is one number. relu1: (1 + 4) / 2 = 2.5 against (1 + 1 + 1) / 3 = 1, and (2.5 − 1)² = 2.25. relu2: 4 / 2 = 2 against 1, and (2 − 1)² = 1. With weights 1 and 0.5 the loss is 1 · 2.25 + 0.5 · 1 = 2.75.*
#
# ```
# style loss = Σ weight[layer] · mean of (G(generated[layer]) − G(style[layer]))²
# ```
#
# The generated features have 2 places and the style's have 3. That is no hindrance: the matrices are both C × C.
#
# ### Exercise 14.4 `style_loss`
# *easy · 15 minutes · 3 points · later: the other half of what style_transfer minimises*


# %% exercise="style_loss"
def style_loss(generated: dict[str, Tensor], style: dict[str, Tensor], weights: dict[str, float]) -> Tensor:
    """The weighted sum, over layers, of the mean squared difference of Gram matrices (those of 14.2).

    generated, style: from layer to features, (N, C, H, W) and (N, C, H', W'), as capture gives them; the same layers in
    any order.  weights: from layer to number; a layer without a weight counts nothing, at least one has a weight.
    Returns a tensor with no axes. Gradients flow to generated and not to style; no tensor is changed.
    Example: generated = {"relu1": [1, 2], "relu2": [0, 2]}, style = {"relu1": [1, 1, 1], "relu2": [1, 1]},
             weights = {"relu1": 1.0, "relu2": 0.5} gives 2.75.
    Source: Gatys et al. 2015, equations 4 and 5, https://arxiv.org/abs/1508.06576
    """
    raise NotImplementedError("style_loss: exercise 14.4")


# %% check="style_loss"
generated = {"relu1": torch.tensor([[[[1.0, 2]]]]), "relu2": torch.tensor([[[[0.0, 2]]]])}
style = {"relu2": torch.tensor([[[[1.0, 1]]]]), "relu1": torch.tensor([[[[1.0, 1, 1]]]])}
check(style_loss(generated, style, {"relu1": 1.0, "relu2": 0.5}), torch.tensor(2.75), "style_loss in figure 4")
check(style_loss(generated, style, {"relu1": 1.0}), torch.tensor(2.25), "the same without a weight for relu2")
leaf, target = torch.ones(1, 2, 2, 2).requires_grad_(), torch.full((1, 2, 3, 1), 2.0).requires_grad_()
style_loss({"a": leaf}, {"a": target}, {"a": 1.0}).backward()
check(leaf.grad, torch.full((1, 2, 2, 2), -0.375), "the gradient of generated = ones, style = twos")
check(target.grad is not None and target.grad.any().item(), False, "whether a gradient flows to style");  # fmt: skip

# %% [markdown]
# <details><summary>"The size of tensor a must match the size of tensor b"</summary>
#
# A question: are you comparing features, or Gram matrices? And are the two from the same layer?
# </details>
# <details><summary>A KeyError, or a layer without a weight counts</summary>
#
# A pointer: which of the three dicts decides which layers count? Go through that one.
# </details>
# <details><summary>My loss is off by a factor</summary>
#
# The shape of the answer: for each layer two Gram matrices, one mean of squares, one product with its weight; then a sum over layers, not a mean.
# </details>

# %% [markdown]
# ## 14.5 Roughness
#
# Features after pooling hardly notice single pixels, so paintings collect speckle. What counts speckle?

# %% tags=["experiment"]
rough = torch.tensor([[0.0, 2, 2], [3, 2, 5]])
kit.plots.grids(
    rough,
    rough.diff(dim=0).abs(),
    rough.diff(dim=1).abs(),
    titles=["picture", "down", "to the right"],
)

# %% [markdown]
# *Figure 5. Steps down: 3, 0, 3, on average 2. Steps to the right: 2, 0, 1, 3, on average 1.5. Together 3.5. A flat picture has 0, a checkerboard of 0 and 1 has 1 + 1 = 2.*
#
# ```
# TV = mean |x[i + 1, j] − x[i, j]|  +  mean |x[i, j + 1] − x[i, j]|
# ```
#
# This is the **total variation**. It takes absolute values and not squares, so one step of 1 costs no more than ten of 0.1: edges may stay, noise goes. The last column has no neighbour to its right; in particular not the first column.
#
# ### Exercise 14.5 `total_variation`
# *easy · 10 minutes · 2 points · later: training in 14.8*


# %% exercise="total_variation"
def total_variation(image: Tensor) -> Tensor:
    """The mean absolute difference of vertical neighbours, plus that of horizontal neighbours.

    image: (N, C, H, W) float, H and W at least 2.  Each mean runs over all pairs of its direction: pictures, channels,
    places. Pairs do not go round the border.
    Returns a tensor with no axes. Gradients flow to image, which is not changed.
    Example: image = [[0, 2, 2], [3, 2, 5]]
             gives 2 + 1.5 = 3.5.
    Source: Rudin, Osher, Fatemi 1992; as a loss on pictures: Mahendran and Vedaldi 2014, https://arxiv.org/abs/1412.0035
    """
    raise NotImplementedError("total_variation: exercise 14.5")


# %% check="total_variation"
check(total_variation(torch.tensor([[[[0.0, 2, 2], [3, 2, 5]]]])), torch.tensor(3.5), "total_variation in figure 5")
check(total_variation(torch.full((1, 3, 4, 4), 0.3)), torch.tensor(0.0), "total_variation of a flat picture")
ramp = torch.linspace(0, 1, 5).expand(2, 3, 4, 5)
check(total_variation(ramp), torch.tensor(0.25), "total_variation of two ramps in colour, from 0 to 1 in four steps");  # fmt: skip

# %% [markdown]
# <details><summary>Larger than expected</summary>
#
# A question: how many pairs are there in a row of W pixels? Does one of your pairs go from the last column to the first?
# </details>
# <details><summary>My numbers do not fit for H ≠ W</summary>
#
# A pointer: the two directions have different numbers of pairs, H − 1 rows of them and W − 1 columns. Which mean runs over which?
# </details>
# <details><summary>The axes are mixed up</summary>
#
# The shape of the answer: two differences of slices (or two calls of a method that makes them), along the last two axes; the absolute value of each, the mean of each, one sum.
# </details>

# %% [markdown]
# ## 14.6 Painting
#
# So far you trained weights on pictures. Now the weights stand still, and the *pixels* are trained. Here is one step for a picture of two pixels and a net that only passes them on.

# %% tags=["experiment"]
kit.plots.grids(
    torch.tensor([0.2, 0.6]),
    torch.tensor([-0.32, -0.96]),
    torch.tensor([0.36, 1.08]),
    torch.tensor([0.36, 1.0]),
    titles=["picture", "gradient", "after a step", "in range"],
)

# %% [markdown]
# *Figure 6. Content 0.2, 0.6; the style is white, so its Gram matrix is 1. The picture's is (0.04 + 0.36) / 2 = 0.2, and the style loss (0.2 − 1)² = 0.64. Its gradient is 2 · (0.2 − 1) · 0.2 = −0.32 for the first pixel and −0.96 for the second; the content loss is 0 and has none yet. A step of 0.5 against it gives 0.36 and 1.08. No screen shows 1.08, so it is set back to 1. The Gram matrix is now (0.13 + 1) / 2 = 0.56, and the style loss 0.19.*
#
# ```
# targets, once:       features of the content, Gram matrices of the style
# picture = a copy of the content
# repeat:              loss = content loss + style_weight · style loss
#                      move the picture against its gradient
#                      put it back into [0, 1]
# ```
#
# The optimiser holds one tensor: the picture. The step back into the range is no part of the graph, for a pixel that is clamped *inside* the graph gets no gradient any more. `style_weight` is the dial: at 0 nothing happens, since the start is the content; the larger it is, the more the style decides.
#
# ### Exercise 14.6 `style_transfer`
# *hard · 40 minutes · 8 points · later: every experiment below is a call of it*


# %% exercise="style_transfer"
def style_transfer(
    content: Tensor,
    style: Tensor,
    net: nn.Sequential,
    content_layers: list[str],
    style_layers: list[str],
    *,
    style_weight: float,
    steps: int,
    lr: float,
    callback: Callable[[int, Tensor], None] | None = None,
) -> Tensor:
    """Paint the content in the manner of the style, by gradient descent on the pixels.

    content: (1, 3, H, W), style: (1, 3, H', W'), both in [0, 1].  net: its direct children have names.
    Minimises, starting from the content: the content losses summed over content_layers + style_weight * the mean
    squared differences of Gram matrices summed over style_layers. Takes `steps` steps of torch.optim.Adam with rate lr
    (or of another optimiser that gets as far: in 25 steps at 0.05 the loss falls below a quarter).
    callback(step, image): called after each step, counted from 0 or 1, with the picture as it is then, detached.
    Returns the picture: (1, 3, H, W), in [0, 1], detached. With style_weight = 0 it is the content.
    The net sees the style before the first step only. Afterwards content, style, and the net's weights, modes and
    requires_grad are as before (its weights may or may not require gradients), and so is the global random state.
    Example: with net = nn.Sequential(OrderedDict(look=nn.Identity())), content = [0.2, 0.6] and style = [1, 1, 1],
             style_weight = 100, steps = 60 and lr = 0.05 it gives [1, 1], nearly.
    Source: Gatys et al. 2015, https://arxiv.org/abs/1508.06576
    """
    raise NotImplementedError("style_transfer: exercise 14.6")


# %% check="style_transfer"
look = nn.Sequential(OrderedDict(look=nn.Identity(), behind=nn.ReLU(inplace=True)))
content, white = torch.tensor([[[[0.2, 0.6]]]]), torch.ones(1, 1, 1, 3)
seen = []
options = dict(content_layers=["look"], style_layers=["look"], steps=60, lr=0.05)
painted = style_transfer(
    content, white, look, **options, style_weight=100.0, callback=lambda step, image: seen.append((step, image.clone()))
)
check(painted, torch.ones(1, 1, 1, 2), "the picture of figure 6 after 60 steps", tolerance=0.05)
check(painted.requires_grad or content.requires_grad, False, "whether a picture requires gradients afterwards")
check(content, torch.tensor([[[[0.2, 0.6]]]]), "the content afterwards")
check(len(seen), 60, "how often the callback was called")
check(seen[-1][1], painted, "the last picture that the callback got")
check(style_transfer(content, white, look, **options, style_weight=0.0), content, "the picture with style_weight=0");  # fmt: skip

# %% [markdown]
# <details><summary>The picture does not change at all</summary>
#
# A question: is the tensor that the optimiser holds the same object as the one that you send through the net? What do `clone()` and `requires_grad_()` return?
# </details>
# <details><summary>"Trying to backward through the graph a second time", or it gets slower and slower</summary>
#
# A pointer: the targets are numbers, not computations. Under which context does torch keep no history?
# </details>
# <details><summary>The loss falls, but the picture leaves [0, 1], or the result requires gradients</summary>
#
# The shape of the answer: two targets made without history; a leaf; an optimiser for that leaf; in the loop, a walk through the net, one loss, one gradient, one step, and one clamp in place that autograd does not see.
# </details>

# %% [markdown]
# The photograph, painted as a mosaic: after 0, 50 and 200 steps. Losses of different layers have different units, so style weights below are multiples of `even`: there, the style loss begins as large as the content's mean square. What has moved in the picture, and what has not?

# %% tags=["experiment"]
content_layers, style_layers = ["relu3_2"], ["relu1_1", "relu2_1", "relu3_1", "relu4_1"]
wanted, manner = capture(net, photo, content_layers), capture(net, mosaic, style_layers)
equal = dict.fromkeys(style_layers, 1.0)


def losses(picture: Tensor) -> tuple[float, float]:
    """Content loss and style loss of a picture, by your own functions."""
    found = capture(net, picture, [*content_layers, *style_layers])
    content = sum(content_loss(found[name], wanted[name]) for name in content_layers)
    return content.item(), style_loss(found, manner, equal).item()


scale, start = wanted["relu3_2"].square().mean().item(), losses(photo)[1]
even = scale / start
pictures, history = {"0 steps": photo}, []


def watch(step: int, image: Tensor) -> None:
    history.append(losses(image)[1] / start)
    if len(history) in (50, 200):
        pictures[f"{len(history)} steps"] = image.clone()


options = dict(content_layers=content_layers, style_layers=style_layers, lr=0.03)
painted = style_transfer(photo, mosaic, net, **options, style_weight=30 * even, steps=200, callback=watch)
print(f"style loss: {history[49]:.3f} of its start after 50 steps, {history[199]:.3f} after 200")
kit.plots.images(torch.cat([mosaic, *pictures.values()]), titles=["style", *pictures], columns=4, inches=2.0)

# %% [markdown]
# *Figure 7. Photograph by danielbuechele, CC BY 2.0. With the small net's random weights, the mosaic's colours and dark lines arrive, and the building stays. What does not arrive are its stones: random filters know edges and colours, not shapes, and leave a speckle. That is what the published weights are for.*
#
# Now turn the dial.

# %% tags=["experiment"]
dial = {}
for multiple in (0.03, 0.3, 3, 30):
    picture = style_transfer(photo, mosaic, net, **options, style_weight=multiple * even, steps=60)
    content, style = losses(picture)
    print(
        f"{multiple:5g} · even: content loss {content / scale:.3f} of the mean square, style loss {style / start:.3f} of its start"
    )
    dial[f"{multiple:g} · even"] = picture
kit.plots.images(torch.cat([*dial.values()]), titles=list(dial), columns=4, inches=2.0)

# %% [markdown]
# *Figure 8. The same photograph (danielbuechele, CC BY 2.0), 60 steps each. From left to right the content loss rises and the style loss falls. At small weights the paint hides where the content's layer does not look: in speckle, which pooling has averaged away before relu3_2. Colours come with larger weights. None is right; it is your choice how much of the photograph you give away.*
#
# And which layers? Each picture below is painted with the Gram matrix of *one* layer, each with a weight that makes its style loss begin at the same value.

# %% tags=["experiment"]
levels = []
for name in style_layers:
    begin = style_loss(capture(net, photo, [name]), capture(net, mosaic, [name]), {name: 1.0}).item()
    one = dict(content_layers=content_layers, style_layers=[name], lr=0.03)
    levels.append(style_transfer(photo, mosaic, net, **one, style_weight=10 * scale / begin, steps=60))
kit.plots.images(torch.cat(levels), titles=style_layers, columns=4, inches=2.0)

# %% [markdown]
# *Figure 9. One style layer at a time, from shallow to deep. Photograph by danielbuechele, CC BY 2.0.*
#
# ### Question 14.6 `levels`
# *15 minutes · 3 points, graded by hand*
#
# 1. What do shallow style layers bring into the picture, and what deep ones? Point at something in figure 9, and say how many pixels a unit of these layers sees.
# 2. Why does a Gram matrix not know where things are?
# 3. Content is compared place by place, in a deeper layer. Why place by place, and why not in relu1_1?

# %% [markdown] exercise="levels"
# *Write your answer here.*

# %% [markdown]
# ## 14.7 Two numbers a channel
#
# The Gram matrix has C · C numbers. How far do you get with two for each channel, its mean and its deviation?

# %% tags=["experiment"]
kit.plots.grids(
    torch.tensor([1.0, 3, 1, 3]),
    torch.tensor([-1.0, 1, -1, 1]),
    torch.tensor([10.0, 14]),
    torch.tensor([10.0, 14, 10, 14]),
    titles=["content", "normalised", "style", "result"],
)

# %% [markdown]
# *Figure 10. One channel. The content has mean 2 and deviation 1, so (1 − 2) / 1 = −1 and (3 − 2) / 1 = 1. The style has mean 12 and deviation 2: −1 · 2 + 12 = 10 and 1 · 2 + 12 = 14.*
#
# ```
# AdaIN(x, s) = (x − mean(x)) / √(variance(x) + eps) · √(variance(s) + eps) + mean(s)
# ```
#
# Mean and variance run over the places of one channel of one picture. This is **adaptive instance normalisation**. It is related to the Gram matrix: the mean square of a channel, which stands on the diagonal, is variance + mean²; here (100 + 196) / 2 = 148 = 4 + 144. Nothing is optimised: one formula, no steps.
#
# ### Exercise 14.7 `adain`
# *easy · 10 minutes · 3 points · later: nets that paint in any style, and StyleGAN*


# %% exercise="adain"
def adain(content: Tensor, style: Tensor, eps: float = 1e-5) -> Tensor:
    """Give each channel of the content the mean and the deviation of the style's channel.

    content: (N, C, H, W), style: (N, C, H', W'), float.  Mean and variance are those of each channel of each picture,
    over its places; the variance divides by their number. eps is added to both variances, under the root.
    Returns (N, C, H, W). A flat channel becomes the style's mean. Gradients flow to content; nothing is changed.
    Example: content = [1, 3, 1, 3], style = [10, 14] (one channel)
             gives [10, 14, 10, 14].
    Source: Huang and Belongie 2017, equation 8, https://arxiv.org/abs/1703.06868
    """
    raise NotImplementedError("adain: exercise 14.7")


# %% check="adain"
content, style = torch.tensor([[[[1.0, 3, 1, 3]]]]), torch.tensor([[[[10.0, 14]]]])
check(adain(content, style), torch.tensor([[[[10.0, 14, 10, 14]]]]), "adain in figure 10", tolerance=1e-3)
check(
    adain(torch.full((1, 1, 2, 2), 5.0), style),
    torch.full((1, 1, 2, 2), 12.0),
    "adain of a flat channel",
    tolerance=1e-3,
)
two = torch.cat([content, 10 * content])
check(adain(two, two), two, "adain of two pictures with themselves as style", tolerance=1e-3)
check(adain(content, style, eps=3.0)[0, 0, 0, 1], torch.tensor(12 + 7**0.5 / 2), "adain with eps=3, at the second place", tolerance=1e-3);  # fmt: skip

# %% [markdown]
# <details><summary>Two pictures influence each other, or two channels do</summary>
#
# A question: how many means should there be for a batch of N pictures with C channels? Over which axes do yours run?
# </details>
# <details><summary>nan, or the flat channel is wrong</summary>
#
# A pointer: what is the deviation of a flat channel? Where does eps have to stand so that you never divide by it?
# </details>
# <details><summary>The result is spread too much or too little</summary>
#
# The shape of the answer: two statistics of each tensor, kept with axes of length 1 so that they broadcast; subtract, divide, multiply, add. Is what you multiply by a variance, or its root? And does it divide by the number of places? `var()` and `std()` divide by one less, unless told `correction=0`.
# </details>

# %% [markdown]
# Applied to the three colour channels of a photograph, it exchanges the palette, and nothing else:

# %% tags=["experiment"]
recoloured = [adain(photo, flower), adain(photo, mosaic), adain(flower, photo)]
titles = ["china as flower", "china as mosaic", "flower as china"]
kit.plots.images(torch.cat(recoloured).clamp(0, 1), titles=titles, columns=3, inches=2.0)

# %% [markdown]
# *Figure 11. Photographs by danielbuechele and vultilion, CC BY 2.0. On pixels, AdaIN is a colour filter. On the features of a deep layer, with a net trained to turn features back into a picture, it transfers style.*
#
# ## 14.8 One pass
#
# Painting took hundreds of steps for one picture. A net can learn to do it in one pass: give it photographs, let your losses judge what it makes of them, and train its weights. A painting costs a training once, and then milliseconds.
#
# Such a net goes **down** (two convolutions with stride 2), works at a quarter of the size in residual blocks, and comes **up** again. Up how? A transposed convolution spreads each pixel over its neighbours, and they overlap:

# %% tags=["experiment"]
ones, kernel = torch.ones(1, 1, 4), torch.ones(1, 1, 3)
kit.plots.grids(
    ones[0],
    F.conv_transpose1d(ones, kernel, stride=2)[0],
    ones[0].repeat_interleave(2, 1),
    F.conv1d(ones.repeat_interleave(2, 2), kernel / 3)[0],
    titles=["x", "transposed convolution, stride 2", "enlarged by 2", "then convolved"],
)

# %% [markdown]
# *Figure 12. A flat signal. In the transposed convolution with three ones, places between two pixels get 1 + 1 = 2 and the others 1: a pattern that was not there. Enlarged first, then convolved with three thirds, flat stays flat: (1 + 1 + 1) / 3 = 1.*
#
# Weights can learn to avoid the pattern, but a **resize-convolution** cannot make it: `nn.Upsample(scale_factor=2)`, then a convolution. (Odena et al. 2016, https://distill.pub/2016/deconv-checkerboard)
#
# After each convolution comes **instance norm**: the normalisation of 14.7, with a learned mean and deviation in the place of the style's (`nn.InstanceNorm2d(channels, affine=True)`; without `affine` nothing is learned). It takes the photograph's own contrast away, which is not to be kept. And it looks at one picture alone: batch norm would let a picture's colours depend on its neighbours.
#
# The shortcut of a residual block has a plain meaning here: the content passes through, and the branch adds the paint.
#
# ### Exercise 14.8 `TransformNet`
# *medium · 30 minutes · 4 points · later: the training below*


# %% exercise="TransformNet"
class TransformNet(nn.Module):
    """A net that turns a picture into a painting in one pass.

    width: int, the channels after the first convolution; all others are multiples of it, so it decides the size.
    x: (N, 3, H, W), H and W multiples of 4, from 16 on.  Returns (N, 3, H, W), all values in [0, 1].
    Down: convolutions of which two have stride 2. Middle: at least one residual block, x + branch(x). Up:
    nn.Upsample(scale_factor=2) and a convolution, twice (transposed convolutions are accepted).
    Instance norm after the convolutions: a picture's result does not depend on the others in its batch.
    Names, kernel sizes and the number of blocks are yours.
    Example: TransformNet(8)(torch.rand(2, 3, 20, 32))
             has shape (2, 3, 20, 32).
    Source: Johnson et al. 2016, https://arxiv.org/abs/1603.08155; instance norm: Ulyanov et al. 2016,
    https://arxiv.org/abs/1607.08022
    """

    def __init__(self, width: int = 32) -> None:
        super().__init__()
        raise NotImplementedError("TransformNet: exercise 14.8")

    def forward(self, x: Tensor) -> Tensor:
        raise NotImplementedError("TransformNet: exercise 14.8")


# %% check="TransformNet"
torch.manual_seed(0)
painter = TransformNet(8)
batch = torch.rand(3, 3, 20, 32)
painted = painter(batch)
check(tuple(painted.shape), (3, 3, 20, 32), "the shape after TransformNet(8)")
check(0 <= painted.min().item() and painted.max().item() <= 1, True, "whether the output lies in [0, 1]")
difference = (painter(batch[:1]) - painted[:1]).abs().max().item()
check(difference < 1e-4, True, "whether a picture alone gives the same as in a batch")
sizes = [sum(p.numel() for p in TransformNet(width).parameters()) for width in (8, 16)]
check(sizes[0] < sizes[1], True, "whether TransformNet(16) has more parameters than TransformNet(8)");  # fmt: skip

# %% [markdown]
# <details><summary>The output has another size than the input</summary>
#
# A question: what does each convolution do to 20 rows? Which padding keeps the size, for 3 × 3 and for 5 × 5, and how often do you go down and up?
# </details>
# <details><summary>A picture alone gives another result than in a batch</summary>
#
# A pointer: which normalisation takes its mean over the batch, and which over one picture?
# </details>
# <details><summary>The constructor gets long, or channels do not fit</summary>
#
# The shape of the answer: a helper that makes convolution, norm and ReLU; a small class for the residual block; one `nn.Sequential` in three parts, with the channels of each part written beside it; a function with values in [0, 1] at the end.
# </details>

# %% [markdown]
# Train it with your losses on small cuts of the photographs. It sees no finished painting: only the judgement of the net.

# %% tags=["experiment"]
torch.manual_seed(0)
painter, steps = TransformNet(8), 300
optimizer = torch.optim.Adam(painter.parameters())
schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, 0.006, total_steps=steps)
large = torch.cat([kit.pictures.photo(name, 160) for name in kit.pictures.PHOTOS])
for_two = {name: features.expand(2, -1, -1, -1) for name, features in manner.items()}
for _ in range(steps):
    y, x = torch.randint(160 - 64, (2,)).tolist()
    cuts = large[:, :, y : y + 64, x : x + 64]
    made = painter(cuts)
    found = capture(net, made, [*content_layers, *style_layers])
    target = capture(net, cuts, content_layers)
    loss = sum(content_loss(found[name], target[name]) for name in content_layers) / scale
    loss = loss + style_loss(found, for_two, equal) / start + 0.03 * total_variation(made)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    schedule.step()

begin = time.perf_counter()
with torch.no_grad():
    made = painter(torch.cat([photo, flower]))
print(f"two pictures in {1000 * (time.perf_counter() - begin):.0f} ms")
kit.plots.images(
    torch.cat([photo, made[:1], flower, made[1:]]),
    titles=["china", "one pass", "flower", "one pass"],
    columns=4,
    inches=2.0,
)

# %% [markdown]
# *Figure 13. Photographs by danielbuechele and vultilion, CC BY 2.0. A net with 8 channels at the start after 300 steps on cuts of 64 × 64 pixels: outlines and colours are there, details are not. Johnson et al. took 40 000 steps on 80 000 photographs. It has learned one style; another style is another training, unless AdaIN brings the style's statistics in.*
#
# **The answer.** Style, in numbers, is the Gram matrix: which features go together, summed over all places. Content is the features in their places. Both come from a network that nobody trained for painting, and a picture is what makes them agree, found by moving pixels, or by a net that has learned how to move them.
