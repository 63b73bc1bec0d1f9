# %% [markdown]
# # What did each famous network fix?
#
# LeNet-5 of 1998 has 5 layers and reads digits. DenseNet-121 of 2017 has 121 and tells a thousand kinds of things apart. Between them lie five repairs, and each began with a network that failed at something. Here you build the parts, count what they cost, and write one function that describes them all.

# %% [markdown]
# **How this notebook works**
#
# - Run the cells from top to bottom with Shift + Enter. The longest, the race in 5.2, takes some ten seconds.
# - An *exercise* is one cell. Replace its last line, `raise NotImplementedError(...)`; keep the name and the arguments. Helpers may stand in the same cell.
# - The cell below is a *visible check*. *Hidden tests* try many more cases after you hand in, and they make the grade. The docstring says what they may ask for.
# - Stuck? Each exercise has three *hints*. Open the one whose title is your symptom.
# - Before you hand in, restart the kernel and run all cells.
#
# **What is not allowed.** The exercises must not import torchvision: your networks are compared with its. All of `torch.nn` is yours.
#
# **Letters.** A batch of pictures has shape `N C H W`: pictures, channels, rows, columns. K is the side of a kernel. A *multiply-add* is one multiplication and the addition that follows it. A *state dict* holds all weights and statistics of a module by name; where your names are torchvision's, its published weights load into your network.

# %% tags=["setup"]
import torch
import torch.nn.functional as F
from torch import Tensor, nn

import coursekit as kit
from coursekit import check


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
# ## 5.1 LeNet-5: the plan
#
# In 1998 a network read the digits on bank cheques. Its plan is still the plan: convolutions that widen the view, pooling that makes the maps smaller, more and more channels, and dense layers at the end. Between the layers stands the **sigmoid**, s(x) = 1 / (1 + e^(−x)), which squeezes every number into the range from 0 to 1, and its pooling takes the mean.

# %% tags=["experiment"]
answers = torch.tensor([[0.0, 4], [-2, 0]])
kit.plots.grids(
    answers,
    answers.sigmoid(),
    answers.sigmoid().mean().reshape(1, 1),
    answers.mean().sigmoid().reshape(1, 1),
    titles=["answers", "sigmoid", "then mean", "mean first"],
)

# %% [markdown]
# *Figure 1. s(0) = 0.5, s(4) = 0.98, s(−2) = 0.12, and the mean of the four is (0.5 + 0.98 + 0.12 + 0.5) / 4 = 0.53. The other way round it would be s((0 + 4 − 2 + 0) / 4) = s(0.5) = 0.62: the order of the two counts.*
#
# Every shape written down, for a picture of 32 × 32:
#
# | step | shape after it | parameters |
# | --- | --- | --- |
# | picture | N 1 32 32 | |
# | `conv1`: 5 × 5; sigmoid | N 6 28 28 | 6 · (25 + 1) = 156 |
# | average pooling 2 × 2 | N 6 14 14 | |
# | `conv2`: 5 × 5; sigmoid | N 16 10 10 | 16 · (6 · 25 + 1) = 2 416 |
# | average pooling 2 × 2 | N 16 5 5 | |
# | flatten | N 400 | |
# | `fc1`; sigmoid | N 120 | 400 · 120 + 120 = 48 120 |
# | `fc2`; sigmoid | N 84 | 10 164 |
# | `fc3` | N 10 | 850 |
#
# In sum 61 706. Nothing is padded. (The paper has a scaled tanh, learns two numbers for each pooling, and lets each map of `conv2` see only some of the six below. What everybody calls LeNet-5 today is the table.)
#
# ### Exercise 5.1 `LeNet5`
# *easy · 15 minutes · 3 points · later: it loses the race of 5.2, and is the first row of the table in 5.6*


# %% exercise="LeNet5"
class LeNet5(nn.Module):
    """The network of the table: two convolutions with sigmoid and average pooling, three dense layers.

    num_classes: the number of logits.  x: (N, 1, 32, 32), any N from 1 on, float32 or float64 as the parameters are;
    not changed.  Returns logits (N, num_classes): nothing follows fc3.
    Children with these names: conv1 (1 → 6) and conv2 (6 → 16), 5 × 5 without padding, each followed by the sigmoid and
    then 2 × 2 average pooling; fc1 (400 → 120) and fc2 (120 → 84), nn.Linear, each followed by the sigmoid; fc3
    (84 → num_classes). All with biases, nothing else is learned; sigmoid and pooling may be layers or functions.
    The maps are flattened channel by channel, row by row: in the order in which they lie in memory.
    Not allowed: torchvision.
    Example: sum(p.numel() for p in LeNet5().parameters())
             gives 61706.
    Source: LeCun et al. 1998, https://doi.org/10.1109/5.726791
    """

    def __init__(self, num_classes: int = 10) -> None:
        super().__init__()
        raise NotImplementedError("LeNet5: exercise 5.1")

    def forward(self, x: Tensor) -> Tensor:
        raise NotImplementedError("LeNet5: exercise 5.1")


# %% check="LeNet5"
net = LeNet5()
check(sum(p.numel() for p in net.parameters()), 61706, "the number of parameters of LeNet5()")
names = [f"{layer}.{part}" for layer in ("conv1", "conv2", "fc1", "fc2", "fc3") for part in ("bias", "weight")]
check(sorted(net.state_dict()), names, "the names in the state dict")
check(tuple(net(torch.zeros(1, 1, 32, 32)).shape), (1, 10), "the shape of the logits for one picture")
with torch.no_grad():
    logits = with_made_up_weights(net)(made_up((2, 1, 32, 32)) * 3)[:, :3]
check(logits, torch.tensor([[1.2753, -0.9086, 0.575], [1.255, -0.8988, 0.5649]]), "the first logits for made-up weights and pictures", tolerance=1e-3);  # fmt: skip

# %% [markdown]
# <details><summary>Shapes do not fit at fc1: 400 against another number</summary>
#
# A question: which row of the table is the first that your tensor does not match? 576 inputs mean that something was padded, 256 that your picture has 28 × 28 pixels.
# </details>
# <details><summary>The number of parameters is right, the logits are not</summary>
#
# A pointer: sigmoid and pooling have no parameters, so a wrong one has no name. There are four sigmoids. Which of figure 1's two orders is yours?
# </details>
# <details><summary>It works for one batch size only</summary>
#
# The shape of the answer: five layers in the constructor, a forward pass of one line a row of the table. `flatten(1)` keeps the axis of the pictures, whatever its length.
# </details>

# %% [markdown]
# Your network before any training, on 500 digits. The bars are the mean size of the gradient at each layer's weights. What happens to it on the way back from `fc3` to `conv1`?

# %% tags=["experiment"]
digits, digit_labels = kit.data.load("mnist", n=1500)
digits = F.pad(digits, (2, 2, 2, 2), value=-2.0)  # 32 × 32; -2 is the colour of the paper


def gradients(net: nn.Module) -> dict[str, float]:
    """The mean size of the gradient at each weight with at least two axes, on 500 digits."""
    weights = {name: p for name, p in net.named_parameters() if p.ndim > 1}
    loss = F.cross_entropy(net(digits[:500]), digit_labels[:500])
    found = torch.autograd.grad(loss, list(weights.values()))
    return {name: g.abs().mean().item() for name, g in zip(weights, found, strict=True)}


torch.manual_seed(0)
sigmoid_net = LeNet5()
sizes = gradients(sigmoid_net)
kit.plots.bars({name: 1e6 * size for name, size in sizes.items()}, xlabel="millionths", title="LeNet5, before training")

# %% [markdown]
# *Figure 2. The slope of the sigmoid is s · (1 − s), at most 0.5 · 0.5 = 1/4. Four of them lie between `conv1` and the loss, so at best (1/4)⁴ = 1/256 of the gradient is left, before the weights have their say. With these, about 8000 millionths at `fc3` have become 17 at `conv1`. (That `conv1` has as much as `conv2` is no gift of the sigmoid: each of its weights adds up over 28 · 28 places, those of `conv2` over 10 · 10.)*
#
# *A layer that squeezes numbers squeezes gradients too.* A network with twenty sigmoids hardly learns at its lower end.

# %% [markdown]
# ## 5.2 AlexNet: let gradients through, and go large
#
# In 2012 the same plan, eight layers deep, won the ImageNet contest by more than ten percentage points: 1.2 million photographs of a thousand classes. Three things had changed. **ReLU** came in the place of the sigmoid: its slope is 1 wherever the answer is positive. **Dropout** kept 60 million weights from learning the photographs by heart. And two graphics cards made the **scale** possible at all.

# %% tags=["experiment"]
numbers = torch.tensor([2.0, 4, 6, 8])
kit.plots.grids(
    numbers,
    torch.tensor([1.0, 0, 1, 0]),
    torch.tensor([4.0, 0, 12, 0]),
    torch.tensor([0.0, 8, 12, 0]),
    titles=["numbers", "coin tosses", "dropout", "another toss"],
)

# %% [markdown]
# *Figure 3. Dropout with p = 0.5: each number becomes 0 or is doubled. The mean of the first toss is (4 + 0 + 12 + 0) / 4 = 4, of the second 5, of all tosses 5, as it was. In eval mode nothing is dropped. No unit can rely on its neighbour being there, so each has to be of use by itself.*
#
# First the repair that helped most. Your LeNet5 races its twin with ReLU: the same layers, the same pictures, twelve epochs.

# %% tags=["experiment"]
torch.manual_seed(0)
relu_net = nn.Sequential(
    nn.Conv2d(1, 6, 5), nn.ReLU(), nn.AvgPool2d(2), nn.Conv2d(6, 16, 5), nn.ReLU(), nn.AvgPool2d(2),
    nn.Flatten(), nn.Linear(400, 120), nn.ReLU(), nn.Linear(120, 84), nn.ReLU(), nn.Linear(84, 10),
)  # fmt: skip
losses = {
    "sigmoid": kit.train.fit(sigmoid_net, digits, digit_labels, epochs=12, lr=0.002),
    "ReLU": kit.train.fit(relu_net, digits, digit_labels, epochs=12, lr=0.002),
}
kit.plots.curves(losses, xlabel="epoch", ylabel="training loss")

# %% [markdown]
# *Figure 4. Nothing but the function between the layers differs. With the sigmoid, the loss stays at that of guessing, ln 10 = 2.30, for four epochs and ends near 0.8; with ReLU it ends near 0.03. Four seeds: 0.71 to 0.81, with 83 to 85 % of the training pictures right, and 0.024 to 0.034, with 99 %.*
#
# The convolutional part, for a picture of 224 × 224:
#
# | step | height and width after it | parameters |
# | --- | --- | --- |
# | convolution 3 → 64, 11 × 11, stride 4, padding 2; ReLU | ⌊(224 + 4 − 11) / 4⌋ + 1 = 55 | 23 296 |
# | max pooling 3 × 3, stride 2 | 27 | |
# | convolution 64 → 192, 5 × 5, padding 2; ReLU | 27 | 307 392 |
# | max pooling 3 × 3, stride 2 | 13 | |
# | convolution 192 → 384, 3 × 3, padding 1; ReLU | 13 | 663 936 |
# | convolution 384 → 256, 3 × 3, padding 1; ReLU | 13 | 884 992 |
# | convolution 256 → 256, 3 × 3, padding 1; ReLU | 13 | 590 080 |
# | max pooling 3 × 3, stride 2 | 6 | |
#
# In sum 2 469 696. The windows of the pooling overlap: they are 3 wide and move by 2. Behind it, 256 · 6 · 6 = 9216 numbers go into three dense layers (4096, 4096, 1000) with dropout, and these have 58 631 144 parameters: 96 % of all.
#
# (These are the widths of Krizhevsky's second version of 2014, which torchvision has. The paper of 2012 has 96, 256, 384, 384, 256, half of them on each graphics card, and a *local response normalisation* that nobody uses any more.)
#
# ### Exercise 5.2 `alexnet_features`
# *easy · 15 minutes · 3 points · later: a row of the table in 5.6*


# %% exercise="alexnet_features"
def alexnet_features() -> nn.Sequential:
    """The convolutional part of AlexNet, as torchvision has it: the table above.

    Returns an nn.Sequential of 13 layers: five nn.Conv2d with biases, each followed by ReLU; max pooling 3 × 3 with
    stride 2 after the first, the second and the fifth. It takes (N, 3, H, W), H and W at least 63, unchanged.
    ReLUs and poolings are layers too, so that the numbers in the names are torchvision's: 0.weight, 3.weight, 6.weight,
    8.weight, 10.weight. No dropout, no normalisation, no dense layer.
    Not allowed: torchvision.
    Example: alexnet_features() has 2469696 parameters,
             and takes (1, 3, 224, 224) to (1, 256, 6, 6).
    Source: Krizhevsky 2014, https://arxiv.org/abs/1404.5997
    """
    raise NotImplementedError("alexnet_features: exercise 5.2")


# %% check="alexnet_features"
net = alexnet_features()
check(sum(p.numel() for p in net.parameters()), 2469696, "the number of parameters of alexnet_features()")
names = [f"{number}.{part}" for number in (0, 3, 6, 8, 10) for part in ("weight", "bias")]
check(list(layout(net)), names, "the names in the state dict")
with torch.no_grad():
    for size, expected in ((224, 6), (256, 7)):
        shape = tuple(net(torch.zeros(1, 3, size, size)).shape)
        check(shape, (1, 256, expected, expected), f"the shape after a picture of {size} × {size}")
    maps = with_made_up_weights(net)(made_up((1, 3, 63, 63)))[0, :4, 0, 0]
check(maps, torch.tensor([6.7535, 3.1511, 2.8663, 5.5389]), "the first maps for made-up weights and a picture of 63 × 63", tolerance=1e-3);  # fmt: skip

# %% [markdown]
# <details><summary>The maps are 5 × 5, 7 × 7 or larger instead of 6 × 6</summary>
#
# A question: which row of the table is the first that your net does not match? `for layer in net: x = layer(x); print(x.shape)` tells you.
# </details>
# <details><summary>The names in the state dict have other numbers</summary>
#
# A pointer: `nn.Sequential` numbers everything in it, from 0, also what has no weights. The second convolution is number 3: what are 1 and 2?
# </details>
# <details><summary>Names and shapes are right, the maps are not</summary>
#
# The shape of the answer: thirteen layers in one `nn.Sequential`; the pattern is convolution, ReLU, pooling, twice, then three times convolution and ReLU, and a last pooling. Maxima, not means.
# </details>

# %% [markdown]
# What seven of your fresh first kernels answer to a photograph, after ReLU. They are noise, and yet some pass light and others edges; after training they are edges and patches of colour, as lesson 8 shows. Black maps are kernels whose answer is negative everywhere.

# %% tags=["experiment"]
torch.manual_seed(0)
net = alexnet_features()
photograph = kit.pictures.photo("china", 224)
with torch.no_grad():
    answer = net[1](net[0](photograph))[0, :7, None]
grey = lambda maps: (maps - maps.amin((1, 2, 3), keepdim=True)) / (maps.amax((1, 2, 3), keepdim=True) + 1e-9)
kit.plots.images(
    torch.cat([F.interpolate(photograph, size=55).mean(1, keepdim=True), grey(answer)]),
    titles=["photograph"] + [f"kernel {i}" for i in range(7)],
)

# %% [markdown]
# ## 5.3 VGG: one shape of kernel, many times
#
# AlexNet's kernels are 11, 5, 3, 3, 3 wide, with strides and widths that nobody could explain. In 2014 VGG asked: what if every kernel is 3 × 3, and depth does the rest?

# %% tags=["experiment"]
one, two = torch.tensor([1.0, 1, 1]), torch.tensor([1.0, 2, 3, 2, 1])
kit.plots.grids(one.outer(one), two.outer(two), titles=["paths to a unit: one 3 × 3", "two 3 × 3"])

# %% [markdown]
# *Figure 5. In how many ways does each pixel reach one unit? Through one layer in one way, each of 9 pixels. Through two layers there are 9 · 9 = 81 ways, from 5 × 5 pixels: 9 for the middle one, 1 for a corner.*
#
# Two 3 × 3 layers see what one 5 × 5 kernel sees, three see 7 × 7. With C channels everywhere and no biases, a layer has K · K weights for each pair of an input and an output channel, K² C² in all:
#
# ```
# field = n · (K − 1) + 1             weights = n · K² · C²
#
# two of 3 × 3:    5 × 5,  18 C²      one of 5 × 5:    25 C²
# three of 3 × 3:  7 × 7,  27 C²      one of 7 × 7:    49 C²
# ```
#
# The same view for 28 % and 45 % fewer weights, and with a ReLU after each layer: the stack can decide twice or three times where the large kernel decides once.
#
# ### Exercise 5.3a `stack`
# *easy · 5 minutes · 2 points · later: the figure below*


# %% exercise="stack"
def stack(kernel_size: int, depth: int, channels: int) -> dict[str, int]:
    """What n equal convolutions in a row see, and what they cost.

    kernel_size: K.  depth: n, at least 1.  channels: C, of every input and output.  Stride 1, no biases, no pooling.
    Returns {"receptive_field": pixels along one axis, "parameters": number of weights}, two ints.
    Example: stack(3, 2, 64)
             gives {"receptive_field": 5, "parameters": 73728}.
    Source: Simonyan and Zisserman 2014, section 2.3, https://arxiv.org/abs/1409.1556
    """
    raise NotImplementedError("stack: exercise 5.3a")


# %% check="stack"
check(stack(3, 2, 64), {"receptive_field": 5, "parameters": 73728}, "stack(3, 2, 64)")
check(stack(5, 1, 64), {"receptive_field": 5, "parameters": 102400}, "stack(5, 1, 64)")
check(stack(3, 3, 1), {"receptive_field": 7, "parameters": 27}, "stack(3, 3, 1)");  # fmt: skip

# %% [markdown]
# <details><summary>My field is 6 instead of 5</summary>
#
# A question: two windows of 3 that lie side by side cover 6 pixels. Do the windows of neighbouring units lie side by side, or do they overlap?
# </details>
# <details><summary>My number of weights is too small, by a factor of 64 or 3</summary>
#
# A pointer: one layer is `nn.Conv2d(channels, channels, kernel_size, bias=False)`. What is the shape of its weight?
# </details>
# <details><summary>A result such as 73728.0</summary>
#
# The shape of the answer: two products and one sum of whole numbers, in a dict. Nothing has to be divided.
# </details>

# %% [markdown]
# What a field of 3, 5, 7, ... pixels costs, as your function says. Which is the only field where a stack of 3 × 3 is not the cheaper one?

# %% tags=["experiment"]
fields = range(3, 16, 2)
kit.plots.curves(
    {
        "one large kernel": (fields, [stack(field, 1, 1)["parameters"] for field in fields]),
        "3 × 3 in a row": (fields, [stack(3, (field - 1) // 2, 1)["parameters"] for field in fields]),
    },
    xlabel="receptive field",
    ylabel="weights, in C²",
)

# %% [markdown]
# ### A network as a list
#
# All of VGG's layers look alike, so a network is a list: a number is a convolution with so many outputs, "M" is a 2 × 2 max pooling. VGG-11 begins with `[64, "M", 128, "M", 256, 256, "M", ...]`; each convolution reads the channels that the one before it gave, and the first reads 3.
#
# ```
# 4      →  convolution 3 → 4, 3 × 3, padding 1;  ReLU          4 · (3 · 9 + 1) = 112 parameters
# "M"    →  max pooling 2 × 2
# 6      →  convolution 4 → 6;  ReLU                            6 · (4 · 9 + 1) = 222
# ```
#
# A later variant puts a batch norm between each convolution and its ReLU.
#
# ### Exercise 5.3b `vgg_features`
# *medium · 20 minutes · 4 points · later: a row of the table in 5.6; VGG's features are the eyes of style transfer*


# %% exercise="vgg_features"
def vgg_features(config: list[int | str], batch_norm: bool = False) -> nn.Sequential:
    """The convolutional part of a VGG network from a list, with torchvision's names.

    config: numbers of output channels, and "M" for 2 × 2 max pooling with stride 2; also [] and a leading "M".
    Not changed.
    batch_norm: an nn.BatchNorm2d between each convolution and its ReLU. The convolutions keep their biases.
    Returns an nn.Sequential (empty for []) that takes (N, 3, H, W), unchanged. All its convolutions are 3 × 3 with
    padding 1 and biases. Convolutions, norms, ReLUs and poolings all stand in it, one after the other, so that the
    numbers in the names are torchvision's.
    Not allowed: torchvision.
    Example: list(vgg_features([4, "M", 6]).state_dict())
             gives ["0.weight", "0.bias", "3.weight", "3.bias"].
    Source: Simonyan and Zisserman 2014, table 1, https://arxiv.org/abs/1409.1556
    """
    raise NotImplementedError("vgg_features: exercise 5.3b")


# %% check="vgg_features"
net = vgg_features([4, "M", 6])
expected = {"0.weight": (4, 3, 3, 3), "0.bias": (4,), "3.weight": (6, 4, 3, 3), "3.bias": (6,)}
check(layout(net), expected, 'the state dict of vgg_features([4, "M", 6])')
check(tuple(net(torch.zeros(2, 3, 9, 8)).shape), (2, 6, 4, 4), "the shape after 9 × 8 pixels")
with torch.no_grad():
    maps = with_made_up_weights(net)(made_up((1, 3, 4, 4)))[0, 1:3]
check(
    maps,
    torch.tensor([[[0.0, 1.1272], [0.4694, 1.6067]], [[1.294, 0.0], [1.2227, 2.7107]]]),
    "two maps for made-up weights and a picture of 4 × 4",
    tolerance=1e-3,
)
names = [name for name in layout(vgg_features([4, "M", 6], batch_norm=True)) if name.endswith("weight")]
check(names, ["0.weight", "1.weight", "4.weight", "5.weight"], "the weights with batch_norm=True")
vgg16 = [64, 64, "M", 128, 128, "M", 256, 256, 256, "M", 512, 512, 512, "M", 512, 512, 512, "M"]
with torch.device("meta"):  # shapes without numbers: 14 million weights that take no memory
    net = vgg_features(vgg16)
check(sum(p.numel() for p in net.parameters()), 14714688, "the number of parameters of VGG-16's features");  # fmt: skip

# %% [markdown]
# <details><summary>Expected 3 channels, got 4 (or another two numbers)</summary>
#
# A question: how many channels does your second convolution read? Which entry of the list says so, and what if an "M" stands between?
# </details>
# <details><summary>The names in the state dict have other numbers</summary>
#
# A pointer: `nn.Sequential` counts everything that is in it. Is your ReLU in it? Are your layers in one Sequential, or in Sequentials of their own?
# </details>
# <details><summary>Right without batch norm, wrong with it</summary>
#
# The shape of the answer: a list of layers that grows in a loop over the config, a variable that remembers the channels, and one `nn.Sequential(*layers)` at the end. With batch norm each number adds three layers: convolution, norm, ReLU.
# </details>

# %% [markdown]
# Where do the weights of your VGG-16 sit, and where its arithmetic? A convolution multiplies each of its weights (biases apart) once at every place of its output.

# %% tags=["experiment"]
with torch.device("meta"):
    layers, x = vgg_features(vgg16), torch.zeros(1, 3, 224, 224)
weights, work, stage = {}, {}, 1
for layer in layers:
    x = layer(x)
    name = f"stage {stage}"
    if isinstance(layer, nn.Conv2d):
        weights[name] = weights.get(name, 0) + layer.weight.numel() / 1e6
        work[name] = work.get(name, 0) + layer.weight.numel() * x.shape[2] * x.shape[3] / 1e9
    stage += isinstance(layer, nn.MaxPool2d)
figure = kit.plots.Figure(figsize=(9, 2.6), layout="constrained")
for ax, values, label in zip(figure.subplots(1, 2, sharey=True), (weights, work), ("million weights", "billion multiply-adds"), strict=True):  # fmt: skip
    ax.bar_label(ax.barh(list(values), list(values.values()), color="0.8", edgecolor="0.2"), fmt="%.2f", padding=4)
    ax.set(xlabel=label, xmargin=0.15)
ax.invert_yaxis()
figure

# %% [markdown]
# *Figure 6. The first stage has 0.04 million weights and uses each of them at 224 · 224 = 50 176 places: 1.9 billion multiply-adds. The last has 7.1 million, at 14 · 14 = 196 places: 1.4 billion. In sum 15.3 billion, against 0.66 billion in AlexNet's convolutions.*
#
# *VGG is AlexNet with one idea instead of five, and pays for it with arithmetic:* 23 times as much, and with its dense layers 138 million parameters.

# %% [markdown]
# ## 5.4 Inception: make it narrow first
#
# Which kernel is right, 1 × 1, 3 × 3 or 5 × 5? In 2014 GoogLeNet took all of them, side by side, and a max pooling too. That would be far too expensive, were it not for the smallest kernel.

# %% tags=["experiment"]
channels = torch.tensor([[[2.0, 0], [1, 3]], [[1, 1], [0, 2]], [[4, 2], [2, 0]]])
kit.plots.grids(
    *channels,
    torch.tensor([1.0, -1, 0.5]),
    channels[0] - channels[1] + channels[2] / 2,
    titles=["channel 0", "channel 1", "channel 2", "1 × 1 kernel", "result"],
    highlight=[[(0, 0)], [(0, 0)], [(0, 0)], [], [(0, 0)]],
)

# %% [markdown]
# *Figure 7. A 1 × 1 convolution looks at one place and mixes its channels: 1 · 2 − 1 · 1 + 0.5 · 4 = 3. Three maps become one.*
#
# In GoogLeNet's first block, 192 channels come in, and its 5 × 5 branch gives 32. Directly that is 192 · 32 · 25 = 153 600 weights. With a 1 × 1 convolution to 16 channels before it, 192 · 16 + 16 · 32 · 25 = 3 072 + 12 800 = 15 872: a tenth, and a tenth of the arithmetic too. *Mix first, then look around.*
#
# ```
#               ┌─ branch 1:  1 × 1 → 64 ────────────────────┐
# 192 channels ─┼─ branch 2:  1 × 1 → 96,  3 × 3 → 128 ──────┼─ 64 + 128 + 32 + 32 = 256 channels
#               ├─ branch 3:  1 × 1 → 16,  5 × 5 → 32 ───────┤
#               └─ branch 4:  max pooling 3 × 3,  1 × 1 → 32 ┘
# ```
#
# All four keep height and width, so their maps can be laid side by side along the channels (`torch.cat`). Each convolution is followed by batch norm and ReLU, as in torchvision; the paper of 2014 had no batch norm yet. One thing torchvision has wrong, and cannot mend, because weights were trained with it: its branch 3 has a 3 × 3 kernel. Yours has 5 × 5, as the paper.
#
# ### Exercise 5.4 `Inception`
# *medium · 25 minutes · 5 points · later: nine of them are GoogLeNet, in the table of 5.6*


# %% exercise="Inception"
class Inception(nn.Module):
    """The four branches of GoogLeNet side by side, with torchvision's names.

    The arguments are numbers of channels: of the input; of branch 1; of branch 2 in the middle and at its end; of
    branch 3 in the middle and at its end; of branch 4.
    x: (N, in_channels, H, W), not changed.  Returns (N, ch1x1 + ch3x3 + ch5x5 + pool_proj, H, W), the branches in the
    order 1, 2, 3, 4.
    A *layer* is a module with the children conv (no bias) and bn (nn.BatchNorm2d with eps=0.001), followed by ReLU.
    branch1 is one layer, 1 × 1.  branch2: two layers, named 0 (1 × 1) and 1 (3 × 3, padding 1).  branch3: the same
    with 5 × 5 and padding 2.  branch4: 0 is 3 × 3 max pooling with stride 1 and padding 1, 1 is a layer, 1 × 1.
    So the state dict has branch1.conv.weight, branch2.0.conv.weight, branch3.1.bn.weight, branch4.1.conv.weight ...
    Not allowed: torchvision.
    Example: Inception(192, 64, 96, 128, 16, 32, 32) has 164064 parameters
             and takes (1, 192, 28, 28) to (1, 256, 28, 28).
    Source: Szegedy et al. 2014, figure 2b and table 1, https://arxiv.org/abs/1409.4842
    """

    def __init__(
        self, in_channels: int, ch1x1: int, ch3x3red: int, ch3x3: int, ch5x5red: int, ch5x5: int, pool_proj: int
    ) -> None:
        super().__init__()
        raise NotImplementedError("Inception: exercise 5.4")

    def forward(self, x: Tensor) -> Tensor:
        raise NotImplementedError("Inception: exercise 5.4")


# %% check="Inception"
block = Inception(192, 64, 96, 128, 16, 32, 32)
check(sum(p.numel() for p in block.parameters()), 164064, "the number of parameters of GoogLeNet's first block")
check(tuple(block(torch.zeros(2, 192, 3, 4)).shape), (2, 256, 3, 4), "the shape after its input of 3 × 4")
block = Inception(2, 2, 3, 3, 4, 3, 2)
shapes = {name: shape for name, shape in layout(block).items() if name.endswith("conv.weight")}
expected = {"branch1.conv.weight": (2, 2, 1, 1), "branch2.0.conv.weight": (3, 2, 1, 1)}
expected |= {"branch2.1.conv.weight": (3, 3, 3, 3), "branch3.0.conv.weight": (4, 2, 1, 1)}
expected |= {"branch3.1.conv.weight": (3, 4, 5, 5), "branch4.1.conv.weight": (2, 2, 1, 1)}
check(shapes, expected, "the convolutions of Inception(2, 2, 3, 3, 4, 3, 2)")
with torch.no_grad():
    y = with_made_up_weights(block)(3 * made_up((1, 2, 4, 4))).mean((0, 2, 3))
check(y, torch.tensor([0.0238, 0.1594, 0.0, 0.1162, 0.3151, 0.0, 0.0915, 0.2759, 0.1074, 0.5636]), "the means of its ten channels for made-up weights", tolerance=1e-3);  # fmt: skip

# %% [markdown]
# <details><summary>Names such as branch1.0.conv, or branch4.0.conv, in my state dict</summary>
#
# A question: which branches are a row of two things, and which is a single layer? What is at place 0 of branch 4?
# </details>
# <details><summary>torch.cat says that sizes must match</summary>
#
# A pointer: print the four shapes. A pooling whose stride is not given moves by its whole window; a 5 × 5 kernel needs more padding than a 3 × 3.
# </details>
# <details><summary>Names and shapes are right, the numbers are not</summary>
#
# The shape of the answer: a small class of your own for convolution, norm and ReLU, used six times; `nn.Sequential` for three of the branches; one `torch.cat` along axis 1. Is the norm's `eps` 0.001?
# </details>

# %% [markdown]
# Which pixels does each of your branches look at? Brightness is the mean size of the gradient over 100 random pictures, from the middle of the picture.

# %% tags=["experiment"]
torch.manual_seed(0)
block = Inception(1, 4, 4, 4, 4, 4, 4).eval()
x = torch.randn(100, 1, 7, 7, requires_grad=True)
maps = []
for branch in block(x).split(4, dim=1):
    (gradient,) = torch.autograd.grad(branch[:, :, 3, 3].sum(), x, retain_graph=True)
    maps.append(gradient.abs().mean(0) / gradient.abs().mean(0).max())
kit.plots.images(torch.stack(maps), titles=["branch 1", "branch 2", "branch 3", "branch 4"], inches=1.5)

# %% [markdown]
# *Figure 8. 1 × 1, 3 × 3, 5 × 5, and 3 × 3 again for the pooling. The next block gets all four views of each place, and training decides which to use.*
#
# At its end GoogLeNet takes the mean of each map instead of flattening. So it has one dense layer of about a million weights in the place of VGG's 124 million.

# %% [markdown]
# ## 5.5 DenseNet: nothing is forgotten
#
# Deeper than about 20 layers, plain networks got worse. ResNet mended that in 2015 by a sum, F(x) + x, and the next lesson is about it. In 2017 DenseNet went one step further: do not add to the old maps, keep them. Each layer reads *all* maps before it and lays a few new ones beside them; how many is its **growth rate**.

# %% tags=["experiment"]
reads = torch.tensor([[64.0] + [32.0] * i + [0.0] * (5 - i) for i in range(6)])
kit.plots.grids(reads, reads.sum(1, keepdim=True), titles=["channels read from the input and layers 1 to 5", "sum"])

# %% [markdown]
# *Figure 9. DenseNet-121's first block: rows are its six layers, growth rate 32. The third layer reads the 64 channels of the input and 32 of each layer before it, 64 + 2 · 32 = 128 in all. What comes out is 64 + 6 · 32 = 256 channels.*
#
# So a layer may be thin. But the later ones read many channels, and Inception's trick helps: a 1 × 1 convolution first makes them 4 · 32 = 128. Norm and ReLU come *before* each convolution here, since the same maps are read by many layers, and each wants a norm of its own:
#
# ```
# layer(x) = conv2(ReLU(norm2(conv1(ReLU(norm1(x))))))               conv1: 1 × 1 → 128,   conv2: 3 × 3 → 32
#
# the first layer's parameters:  norm1 2 · 64  +  conv1 64 · 128  +  norm2 2 · 128  +  conv2 128 · 32 · 9  =  45 440
# ```
#
# ### Exercise 5.5 `DenseBlock`
# *medium · 25 minutes · 5 points · later: four of them are DenseNet-121, in the table of 5.6*


# %% exercise="DenseBlock"
class DenseBlock(nn.Module):
    """Layers that each read all maps before them and add growth_rate new ones, with torchvision's names.

    num_layers: at least 1.  in_channels: of the input.  bn_size: the 1 × 1 convolution has bn_size * growth_rate outputs.
    x: (N, in_channels, H, W), not changed.  Returns (N, in_channels + num_layers * growth_rate, H, W): the input, then
    the new maps in the order of the layers.
    Children denselayer1, denselayer2, ...; layer i (from 1) reads in_channels + (i - 1) * growth_rate channels, in the
    order of the output. Its children: norm1, conv1 (1 × 1), norm2, conv2 (3 × 3, padding 1, growth_rate outputs); ReLU
    after each norm, the convolutions have no biases, there is no dropout.
    Not allowed: torchvision.
    Example: DenseBlock(6, 64) has 335040 parameters
             and takes (1, 64, 56, 56) to (1, 256, 56, 56).
    Source: Huang et al. 2017, section 3, https://arxiv.org/abs/1608.06993
    """

    def __init__(self, num_layers: int, in_channels: int, growth_rate: int = 32, bn_size: int = 4) -> None:
        super().__init__()
        raise NotImplementedError("DenseBlock: exercise 5.5")

    def forward(self, x: Tensor) -> Tensor:
        raise NotImplementedError("DenseBlock: exercise 5.5")


# %% check="DenseBlock"
block = DenseBlock(6, 64)
check(sum(p.numel() for p in block.parameters()), 335040, "the number of parameters of DenseBlock(6, 64)")
check(tuple(block(torch.zeros(2, 64, 3, 4)).shape), (2, 256, 3, 4), "the shape after its input of 3 × 4")
block = DenseBlock(2, 3, growth_rate=2, bn_size=5)
shapes = {name: shape for name, shape in layout(block).items() if name.endswith("weight")}
expected = {"denselayer1.norm1.weight": (3,), "denselayer1.conv1.weight": (10, 3, 1, 1)}
expected |= {"denselayer1.norm2.weight": (10,), "denselayer1.conv2.weight": (2, 10, 3, 3)}
expected |= {"denselayer2.norm1.weight": (5,), "denselayer2.conv1.weight": (10, 5, 1, 1)}
expected |= {"denselayer2.norm2.weight": (10,), "denselayer2.conv2.weight": (2, 10, 3, 3)}
check(shapes, expected, "the weights of DenseBlock(2, 3, growth_rate=2, bn_size=5)")
x = 3 * made_up((1, 3, 3, 3))
with torch.no_grad():
    y = with_made_up_weights(block)(x.clone())
check(y[:, :3], x, "the first three channels of the output: the input")
check(y[0, 3:, 1, 1], torch.tensor([-0.1731, -0.0865, -0.0826, -0.2373]), "its four new channels at one place, for made-up weights", tolerance=1e-3);  # fmt: skip

# %% [markdown]
# <details><summary>Layer 2 expects 3 channels and gets 5 (or another pair of numbers)</summary>
#
# A question: draw figure 9 for `DenseBlock(2, 3, growth_rate=2)`. How many channels does each of the two layers read?
# </details>
# <details><summary>The names in the state dict differ</summary>
#
# A pointer: children whose names are made in a loop: `add_module(name, module)` or `setattr`. The count begins with 1. A list of layers needs a name of its own, which the state dict would show.
# </details>
# <details><summary>Names and shapes are right, the numbers are not</summary>
#
# The shape of the answer: one class for a layer, with norm, ReLU, convolution, twice; in the block, a loop in which x becomes x with the layer's answer behind it. An in-place ReLU that writes into x spoils the maps that others read.
# </details>

# %% [markdown]
# What does reuse save? Parameters of your block, and of as many plain 3 × 3 convolutions whose outputs have the same channels.

# %% tags=["experiment"]
depths = range(1, 13)
with torch.device("meta"):
    dense = [sum(p.numel() for p in DenseBlock(n, 64).parameters()) for n in depths]
plain = [sum(9 * (64 + 32 * i) * (96 + 32 * i) for i in range(n)) for n in depths]
figure = kit.plots.curves(
    {"plain 3 × 3": (depths, [p / 1e6 for p in plain]), "DenseBlock": (depths, [p / 1e6 for p in dense])},
    xlabel="layers",
    ylabel="million parameters",
)
figure

# %% [markdown]
# *Figure 10. Six layers: 1.53 million against 0.335 million. The plain layers compute all channels anew; a dense layer computes 32 and finds the rest.*

# %% [markdown]
# ## 5.6 One table
#
# Five networks, five stories. To compare them you need the same numbers from each, without reading its code: what each layer gives, what it has learned, what it sees. A network tells you, if you listen while it runs.
#
# A **hook** is a function that a module calls after its forward pass, with itself, its input and its output:
#
# ```
# handle = module.register_forward_hook(lambda module, inputs, output: print(output.shape))
# net(x)               # prints a shape
# handle.remove()      # and never again
# ```
#
# Whatever listens must not disturb. A forward pass in train mode would move the statistics of batch norm; hooks that stay would speak at every later pass.
#
# For your LeNet5 written with layers for everything, the first rows are:
#
# | name | shape | parameters | receptive field |
# | --- | --- | --- | --- |
# | `conv1` | 6, 28, 28 | 156 | 1 + (5 − 1) · 1 = 5 |
# | `act` | 6, 28, 28 | 0 | 5 |
# | `pool` | 6, 14, 14 | 0 | 5 + (2 − 1) · 1 = 6 |
# | `conv2` | 16, 10, 10 | 2416 | 6 + (5 − 1) · 2 = 14 |
# | `act` | 16, 10, 10 | 0 | 14 |
# | `pool` | 16, 5, 5 | 0 | 14 + (2 − 1) · 2 = 16 |
#
# *Behind a pooling with stride 2, one step is 2 pixels.* It is the rule of lesson 3: R grows by (K − 1) · D · J, where J is the product of the strides before. `act` and `pool` are one module each, called twice: two rows each.
#
# ### Exercise 5.6 `describe`
# *hard · 35 minutes · 4 points · later: the table below; the first thing to do with a network that you did not write*


# %% exercise="describe"
def describe(net: nn.Module, input_shape: tuple[int, int, int]) -> list[dict]:
    """What each leaf module of a net gives, has learned, and sees: one row for each call, in the order of the calls.

    net: any module; a leaf is a module without children.  input_shape: (C, H, W) of one picture.
    Each row is a dict with these keys:
      name: the leaf's dotted name in the net, as named_modules() has it: "features.0".
      shape: the shape of its output without the axis of the pictures, a tuple or list of ints.
      parameters: how many parameters it has of its own, an int; buffers do not count.
      receptive_field: an int, in pixels along one axis, of the chain of all calls so far. nn.Conv2d (with its dilation),
        nn.MaxPool2d and nn.AvgPool2d widen it (their windows are square); all others keep the value before.
        Tests look at it in nets without branches, up to the first adaptive pooling, Flatten or Linear.
    A module that is called twice has two rows, both with its parameters; one that is never called has none.
    The net runs in eval mode. Afterwards all is as it was: train or eval mode of each submodule, weights, statistics,
    gradients, hooks that were there before, the global random state; no hook of yours stays.
    Example: describe(nn.Sequential(nn.Conv2d(1, 6, 5), nn.AvgPool2d(2)), (1, 32, 32))
             gives [{"name": "0", "shape": (6, 28, 28), "parameters": 156, "receptive_field": 5},
                    {"name": "1", "shape": (6, 14, 14), "parameters": 0, "receptive_field": 6}].
    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.Module.html (register_forward_hook)
    """
    raise NotImplementedError("describe: exercise 5.6")


# %% check="describe"
class Twice(nn.Module):
    """A net with one convolution and one pooling, both called twice, a norm, and a layer that is never called."""

    def __init__(self) -> None:
        super().__init__()
        self.never, self.pool = nn.Linear(2, 2), nn.MaxPool2d(2)
        self.body = nn.Sequential(nn.Conv2d(3, 3, 3, padding=1), nn.BatchNorm2d(3))

    def forward(self, x: Tensor) -> Tensor:
        return self.pool(self.body(self.pool(self.body(x))))


net = Twice()
net.body[1].eval()
rows = describe(net, (3, 8, 12))
first = [["body.0", (3, 8, 12), 84, 3], ["body.1", (3, 8, 12), 6, 3], ["pool", (3, 4, 6), 0, 4]]
second = [["body.0", (3, 4, 6), 84, 8], ["body.1", (3, 4, 6), 6, 8], ["pool", (3, 2, 3), 0, 10]]
got = [[row["name"], tuple(row["shape"]), row["parameters"], row["receptive_field"]] for row in rows]
for number, (row, expected) in enumerate(zip(got, first + second, strict=False)):
    check(row, expected, f"row {number}: name, shape, parameters, receptive field")
check(len(got), 6, "the number of rows")
check(
    [module.training for module in (net, net.body, net.body[1])], [True, True, False], "modes of the net, body, body.1"
)
check(net.body[1].num_batches_tracked.item(), 0, "batches that body.1 has seen")
check(sum(len(module._forward_hooks) for module in net.modules()), 0, "the number of hooks that stay");  # fmt: skip

# %% [markdown]
# <details><summary>Too many rows, or parameters that are counted several times</summary>
#
# A question: which modules have no children? What does `list(module.children())` give for a Sequential, and for a convolution?
# </details>
# <details><summary>The field is too small behind a pooling, or the second call of a module is missing</summary>
#
# A pointer: carry two numbers along, R and J, and change both *in the hook*, so that they follow the calls. A list grows with each call; a dict by name keeps one. `kernel_size` is a pair in `nn.Conv2d`, and may be an int in a pooling.
# </details>
# <details><summary>A mode, a statistic or a hook is not as it was</summary>
#
# The shape of the answer: remember each module's `training` in a dict; register hooks on leaves and keep the handles; `eval()`; one pass over `torch.zeros(1, *input_shape)` without gradients; then remove the handles and set each `training` back (`net.train()` would set all alike).
# </details>

# %% [markdown]
# Now the table, from your own code: your `LeNet5`, `alexnet_features`, `vgg_features`, `Inception` and `DenseBlock`, completed to whole networks, and ResNet-18 of the next lesson. Nothing is computed: on the *meta* device tensors have shapes and no numbers.
#
# Where a network has branches, the field follows the longest path: the 5 × 5 branch of each Inception, all layers of a dense block, the two convolutions of a residual block. `describe` gets that path as a chain of thin layers.

# %% tags=["experiment"]
from torchvision import models
from torchvision.models.googlenet import BasicConv2d, InceptionAux

dense_head = lambda width: [nn.Linear(width, 4096), nn.ReLU(), nn.Linear(4096, 4096), nn.ReLU(), nn.Linear(4096, 1000)]
with torch.device("meta"):
    nets = {
        "LeNet-5": LeNet5(),
        "AlexNet": nn.Sequential(alexnet_features(), nn.AdaptiveAvgPool2d(6), nn.Flatten(), *dense_head(9216)),
        "VGG-16": nn.Sequential(vgg_features(vgg16), nn.AdaptiveAvgPool2d(7), nn.Flatten(), *dense_head(25088)),
        "GoogLeNet": models.GoogLeNet(
            aux_logits=False, init_weights=False, blocks=[BasicConv2d, Inception, InceptionAux]
        ),
        "ResNet-18": models.resnet18(),
        "DenseNet-121": models.densenet121(),
    }
    for i, (depth, width) in enumerate(((6, 64), (12, 128), (24, 256), (16, 512)), start=1):
        setattr(nets["DenseNet-121"].features, f"denseblock{i}", DenseBlock(depth, width))

BESIDE_THE_LONGEST_PATH = {"GoogLeNet": ("branch1", "branch2", "branch4"), "ResNet-18": ("downsample",)}
published = {  # of the 50 000 validation photographs of ImageNet, in %
    "AlexNet": models.AlexNet_Weights, "VGG-16": models.VGG16_Weights, "GoogLeNet": models.GoogLeNet_Weights,
    "ResNet-18": models.ResNet18_Weights, "DenseNet-121": models.DenseNet121_Weights,
}  # fmt: skip


def path(name: str, net: nn.Module) -> list[nn.Module]:
    """The windows along the longest path, each with one channel; LeNet's poolings may be functions."""
    if name == "LeNet-5":
        return [nn.Conv2d(1, 1, 5), nn.AvgPool2d(2), nn.Conv2d(1, 1, 5), nn.AvgPool2d(2)]
    thin = []
    for part, module in net.named_modules():
        if any(word in part for word in BESIDE_THE_LONGEST_PATH.get(name, ())):
            continue
        if isinstance(module, nn.Conv2d):
            thin.append(nn.Conv2d(1, 1, module.kernel_size, module.stride, module.padding))
        elif isinstance(module, (nn.MaxPool2d, nn.AvgPool2d)):
            thin.append(module)
    return thin


table = {}
for name, net in nets.items():
    shape = (1, 32, 32) if name == "LeNet-5" else (3, 224, 224)
    with torch.device("meta"):
        rows, chain = describe(net, shape), nn.Sequential(*path(name, net))
        field = describe(chain, (1, *shape[1:]))[-1]["receptive_field"]
    work = dense = 0
    for row in rows:
        module = net.get_submodule(row["name"])
        if isinstance(module, nn.Conv2d):
            work += module.weight[0].numel() * torch.Size(row["shape"]).numel()
        elif isinstance(module, nn.Linear):
            work += module.weight.numel()
            dense += row["parameters"]
    depth = sum(isinstance(m, nn.Conv2d) for m in chain) + sum(isinstance(m, nn.Linear) for m in net.modules())
    accuracy = None
    if name in published:
        accuracy = published[name].IMAGENET1K_V1.meta["_metrics"]["ImageNet-1K"]["acc@1"]
    parameters = sum(row["parameters"] for row in rows)
    table[name] = depth, parameters / 1e6, 100 * dense / parameters, work / 1e9, field, accuracy

print(f"{'':14}{'layers':>7}{'million':>12}{'of them':>9}{'billion':>14}{'receptive':>11}{'top-1':>8}")
print(f"{'':14}{'':>7}{'parameters':>12}{'dense':>9}{'multiply-adds':>14}{'field':>11}{'':>8}")
for name, (depth, parameters, dense, work, field, accuracy) in table.items():
    accuracy = "" if accuracy is None else f"{accuracy:.1f} %"
    print(f"{name:14}{depth:7}{parameters:12.2f}{dense:7.0f} %{work:14.4f}{field:11}{accuracy:>8}")

# %% [markdown]
# *Parameters and arithmetic live in different places.* AlexNet and VGG-16 keep nine of ten parameters in their dense layers, which do 8 % and 0.8 % of the multiply-adds. VGG-16 multiplies 22 times as much as AlexNet (15.47 / 0.71) and is right 15 points more often. GoogLeNet comes within 2 points of it with a twentieth of its parameters (7.0 million) and a tenth of its arithmetic. DenseNet-121 has the most layers by far, and 8.0 million parameters.
#
# From GoogLeNet on, the field is wider than the picture's 224 pixels: a unit at the end can see everything. (LeNet-5's 16 pixels are those before its dense layers, which see all 32.)
#
# Read the last column with care. Torchvision publishes these numbers for its own weights, trained by recipes that differ, and its GoogLeNet has the 3 × 3 kernel in branch 3.

# %% tags=["experiment"]
figure = kit.plots.Figure(figsize=(7, 4), layout="constrained")
ax = figure.subplots()
for name, (_, parameters, _, work, _, accuracy) in table.items():
    if accuracy is not None:
        ax.scatter(work, accuracy, s=8 * parameters, color="0.8", edgecolor="0.2")
        left = name in ("GoogLeNet", "VGG-16")
        place = dict(xytext=(-22 if left else 22, 0), ha="right" if left else "left", va="center")
        ax.annotate(f"{name}\n{parameters:.0f} million", (work, accuracy), textcoords="offset points", **place)
ax.set(xscale="log", xlim=(0.4, 25), ylim=(54, 77))
ax.set_xticks([0.5, 1, 2, 5, 10, 20], labels=["0.5", "1", "2", "5", "10", "20"])
ax.set(xlabel="billion multiply-adds a picture", ylabel="% of ImageNet right (published)")
figure

# %% [markdown]
# *Figure 11. The area of a disc is the number of parameters. Left is cheap, up is good. VGG-16 bought 15 points with 22 times the arithmetic; GoogLeNet and ResNet-18 come within 2 points of it for a tenth of that, and DenseNet-121 is 3 points better for a fifth.*
#
# ### Question 5.6 `what_each_fixed`
# *20 minutes · 4 points, graded by hand*
#
# 1. Which failure of the network before it does AlexNet answer, and which does VGG? Name the change and one number for each.
# 2. GoogLeNet has a twentieth of VGG's parameters. Which two changes save them? Give a number for each.
# 3. What stops plain networks from going deeper, and how do ResNet and DenseNet differ in what they do about it? What does DenseNet's way cost, what does it save?
# 4. What stayed the same from LeNet-5 to DenseNet-121? Name three things.

# %% [markdown] exercise="what_each_fixed"
# *Write your answer here.*

# %% [markdown]
# **The answer.** LeNet-5 had the plan, and sigmoids that let no gradient through. AlexNet put ReLU in their place and made it large. VGG found that one small kernel, often, does what large ones do. Inception made the maps narrow before it looked around, and dropped the dense layers. ResNet and DenseNet gave every layer a direct way to the end. The plan is still there: look at small windows, make maps smaller and channels more, and answer at the end.
