# %% [markdown]
# # Why did deeper get worse, and what mended it?
#
# In 2015 a network of 56 layers did worse than one of 20, on the pictures that both were trained on. The repair is one plus sign. Here you watch the failure, put the plus sign in, build the networks that it made possible, and train one against the clock.

# %% [markdown]
# **How this notebook works**
#
# - Run the cells from top to bottom with Shift + Enter. The trainings in 6.1 and 6.3 take up to a minute each.
# - An *exercise* is one cell. Replace its last line, `raise NotImplementedError(...)`; keep the name and the arguments. Helpers may stand in the same cell.
# - The cell below is a *visible check*. *Hidden tests* try many more cases after you hand in, and they make the grade. The docstring says what they may ask for.
# - Stuck? Each exercise has three *hints*. Open the one whose title is your symptom.
#
# **What is not allowed.** `BasicBlock`, `Bottleneck` and `ResNet` must not import torchvision: they are compared with it. All of `torch.nn` is yours.
#
# **Letters.** A batch of pictures has shape `N C H W`: pictures, channels, rows, columns. `F(x)` is what a few layers compute from x; in code, `F` is `torch.nn.functional`.

# %% tags=["setup"]
import time

import torch
import torch.nn.functional as F
from torch import Tensor, nn

import coursekit as kit
from coursekit import check


def layout(module: nn.Module) -> dict[str, tuple[int, ...]]:
    """The names in a module's state dict, with their shapes."""
    return {name: tuple(tensor.shape) for name, tensor in module.state_dict().items()}


# %% [markdown]
# ## 6.1 Deeper gets worse
#
# More layers can compute more. So a deeper network should fit its training pictures at least as well. Try it: 1500 handwritten digits of 8 × 8 pixels, six epochs, once with 20 layers and once with 44.


# %% tags=["experiment"]
def plain(depth: int) -> nn.Sequential:
    """3 × 3 convolutions, each with batch norm and ReLU: a third of them 16 wide, a third 32, a third 64."""
    layers, before = [], 3
    for i in range(depth - 1):
        width = 16 * 2 ** max(0, (i - 1) // ((depth - 2) // 3))
        stride = 2 if width > before > 3 else 1
        layers += [nn.Conv2d(before, width, 3, stride, padding=1, bias=False), nn.BatchNorm2d(width), nn.ReLU()]
        before = width
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(64, 10))


def train_on_digits(net: nn.Module) -> list[float]:
    """Six epochs; the mean training loss of each."""
    history = kit.train.fit(net, digits, digit_labels, epochs=6, lr=0.05, optimizer="sgd")
    right = kit.train.accuracy(net, digits, digit_labels)
    print(f"training loss {history[-1]:.3f}, {100 * right:.1f} % of the training pictures right")
    return history


digits, digit_labels = kit.data.digits()
digits = digits.expand(-1, 3, -1, -1)  # three equal channels
losses = {}
for depth in (20, 44):
    torch.manual_seed(0)
    losses[f"plain, {depth} layers"] = train_on_digits(plain(depth))
kit.plots.curves(losses, xlabel="epoch", ylabel="training loss")

# %% [markdown]
# *Figure 1. The 20-layer net ends at a loss of about 0.04: it gives the right class a probability of e^(−0.04) = 0.96. The 44-layer net ends near 1.3, a probability of e^(−1.3) = 0.27, with half of its training pictures right; guessing has a loss of ln 10 = 2.30. Seven seeds: 0.036 to 0.052, and 1.16 to 1.55.*
#
# Is that overfitting? An overfitted network is good on its training pictures and bad on new ones. This one is bad on its *training* pictures, in the same six epochs. He et al. called it **degradation**.
#
# It is odd for a second reason. The deeper network can do all that the shallower one can: let 20 of its layers copy the small network, and let the other 24 pass their input on. For a 3 × 3 convolution with 16 channels, passing on means 16 weights equal to 1 and the other 16 · 16 · 9 − 16 = 2288 equal to 0. Such weights exist. Training does not find them, 24 times in a row, from a random start.

# %% [markdown]
# ## 6.2 F(x) + x
#
# If passing on is hard to learn, make it what a layer does before it has learned anything: add the input to the output.

# %% tags=["experiment"]
rows = [[2.0, -1, 3], [2.0, 0, 3], [-0.5, 0, -0.75], [1.5, -1, 2.25], [1.5, 0, 2.25]]
kit.plots.grids(
    *(torch.tensor(row) for row in rows),
    titles=["x", "ReLU(1 · x)", "F(x)", "F(x) + x", "ReLU(F(x) + x)"],
)

# %% [markdown]
# *Figure 2. Two layers with one weight each, 1 and −0.25. For the first number F(x) = −0.25 · ReLU(1 · 2) = −0.5, and the block gives ReLU(−0.5 + 2) = 1.5. With both weights at 0, F(x) = 0 and the block gives ReLU(x).*
#
# The layers inside are the **branch**, the wire around them is the **shortcut**, and the whole is a **residual block**: the branch has to learn only the residue, what should change.
#
# ```
# y = ReLU(F(x) + x)        F(x) = BN₂(conv₂(ReLU(BN₁(conv₁(x)))))
# ```
#
# *Write a correction into the margin, rather than the page anew.* The last ReLU comes after the sum: a ReLU at the end of F could only add, never take away, as −0.5 does here.
#
# The sum needs equal shapes. Where a block halves the picture or changes the number of channels, the shortcut gets a **projection**: a 1 × 1 convolution with the same stride, and batch norm. From 64 to 128 channels it has 64 · 128 = 8192 weights and 2 · 128 of batch norm.
#
# ### Exercise 6.2 `BasicBlock`
# *medium · 30 minutes · 6 points · later: ResNet-18 and ResNet-34 in 6.7, and your own net in 6.8*


# %% exercise="BasicBlock"
class BasicBlock(nn.Module):
    """A residual block with two 3 × 3 convolutions, as in ResNet-18: ReLU(F(x) + shortcut(x)).

    in_channels, out_channels, stride: ints.  x: (N, in_channels, H, W).
    Returns (N, out_channels, H', W'), H' = ceil(H / stride).  x is not changed.
    Children, as torchvision names them, so that its weights load: conv1, bn1, conv2, bn2, and downsample, a Sequential
    of the 1 × 1 convolution (0) and its batch norm (1). Where stride is 1 and the channels are equal, the shortcut is
    x itself and the state dict has no entry for downsample.
    conv1 has the stride, conv2 has stride 1; both have padding 1. No convolution has a bias; ReLU has no name.
    Class attribute expansion = 1: how many times wider the output is than its second argument says.
    Not allowed: torchvision.
    Example: BasicBlock(64, 128, stride=2) takes (1, 64, 56, 56)
             to (1, 128, 28, 28).
    Source: He et al. 2015, figure 5 left, https://arxiv.org/abs/1512.03385
    """

    expansion = 1

    def __init__(self, in_channels: int, out_channels: int, stride: int = 1) -> None:
        super().__init__()
        raise NotImplementedError("BasicBlock: exercise 6.2")

    def forward(self, x: Tensor) -> Tensor:
        raise NotImplementedError("BasicBlock: exercise 6.2")


# %% check="BasicBlock"
block = BasicBlock(1, 1).eval()
with torch.no_grad():
    for conv, weight in ((block.conv1, 1.0), (block.conv2, -0.25)):
        conv.weight.zero_()
        conv.weight[0, 0, 1, 1] = weight
    y = block(torch.tensor([[[[2.0, -1, 3]]]]))
check(y, torch.tensor([[[[1.5, 0, 2.25]]]]), "the block of figure 2", tolerance=1e-4)
block = BasicBlock(4, 8, stride=2)
check(tuple(block(torch.ones(2, 4, 7, 6)).shape), (2, 8, 4, 3), "the shape after BasicBlock(4, 8, stride=2)")
names = {key: shape for key, shape in layout(block).items() if key.endswith("weight")}
expected = {"conv1.weight": (8, 4, 3, 3), "bn1.weight": (8,), "conv2.weight": (8, 8, 3, 3), "bn2.weight": (8,)}
expected |= {"downsample.0.weight": (8, 4, 1, 1), "downsample.1.weight": (8,)}
check(names, expected, "the weights of BasicBlock(4, 8, stride=2)")
check(any("downsample" in name for name in layout(BasicBlock(4, 4))), False, "whether BasicBlock(4, 4) has a projection");  # fmt: skip

# %% [markdown]
# <details><summary>The names of my state dict differ, or "unexpected key"</summary>
#
# A question: which attributes of the block hold weights or statistics? Only their names count. What does a state dict list for an `nn.Identity`, and for `None`?
# </details>
# <details><summary>Right in eval mode, wrong in train mode</summary>
#
# A pointer: in train mode, batch norm looks at the batch and remembers it. Does each norm see the tensor that it should, and exactly once in a forward pass?
# </details>
# <details><summary>Right at stride 1, an error or wrong numbers at stride 2</summary>
#
# The shape of the answer: two paths that begin at x and meet in one sum. Write the shape beside each step of both; one convolution on each path has the stride.
# </details>

# %% [markdown]
# Pictures go through 20 fresh blocks of yours, and through the same blocks without the shortcut. How much of the picture is left?

# %% tags=["experiment"]
torch.manual_seed(0)
pictures, _ = kit.data.shapes(64, seed=0)
with_shortcut = without = pictures
left = {"F(x) + x": [], "F(x)": []}
for block in [BasicBlock(3, 3) for _ in range(20)]:
    with_shortcut = block(with_shortcut).detach()
    without = F.relu(block.bn2(block.conv2(F.relu(block.bn1(block.conv1(without)))))).detach()
    for name, now in (("F(x) + x", with_shortcut), ("F(x)", without)):
        left[name].append(torch.corrcoef(torch.stack([now.flatten(), pictures.flatten()]))[0, 1].item())
figure = kit.plots.curves(left, xlabel="block", ylabel="correlation with the picture", title="twenty fresh blocks")
figure.axes[0].set_xticks(range(0, 21, 5))
figure

# %% [markdown]
# ## 6.3 A family for small pictures
#
# To compare deep with shallow and plain with residual, nothing else may differ, not even the number of weights. So here the shortcut must do without any.

# %% tags=["experiment"]
x = torch.arange(1.0, 17).reshape(4, 4)
kit.plots.grids(
    x,
    x[::2, ::2],
    torch.zeros(2, 2),
    titles=["channel 0", "channel 0", "new"],
    highlight=[[(0, 0), (0, 2), (2, 0), (2, 2)], [], []],
)

# %% [markdown]
# *Figure 3. Left: before; right: after a shortcut from 1 channel to 2 with stride 2. It keeps the framed pixels 1, 3, 9, 11, every second one of every second row, and appends a channel of zeros. Weights: 0.*
#
# The family has one convolution of 16 channels, then three stages of n blocks with 16, 32 and 64 channels, each of two convolutions, then a mean over all places and one linear layer:
#
# ```
# depth = 1 + 3 · n · 2 + 1 = 6n + 2          n = 3: 20 layers     n = 7: 44 layers
# ```
#
# The second and the third stage begin with stride 2.
#
# ### Exercise 6.3 `cifar_resnet`
# *medium · 25 minutes · 4 points · later: the experiment below, and the written question*


# %% exercise="cifar_resnet"
def cifar_resnet(n: int, residual: bool = True) -> nn.Module:
    """The residual net for small pictures with 6n + 2 layers, or its plain twin with as many weights.

    x: (N, 3, H, W), H and W at least 4.  Returns logits (N, 10).
    Convolution 3 → 16 with batch norm and ReLU; three stages of n blocks with 16, 32, 64 channels, of which the second
    and the third halve height and width in their first convolution; mean over all places; one nn.Linear(64, 10).
    A block has two 3 × 3 convolutions with padding 1, batch norm after each, ReLU after the first and after the sum.
    All convolutions are nn.Conv2d without bias, all norms nn.BatchNorm2d; the names are yours.
    The shortcut has no weights: x itself, or every second pixel of x with channels of zeros appended (or put around).
    residual=False: the same net without any shortcut; the two have the same number of parameters.
    Example: cifar_resnet(3) has 269722 parameters,
             20 layers, and takes (1, 3, 32, 32) to (1, 10).
    Source: He et al. 2015, section 4.2, option A, https://arxiv.org/abs/1512.03385
    """
    raise NotImplementedError("cifar_resnet: exercise 6.3")


# %% check="cifar_resnet"
torch.manual_seed(0)
pictures = torch.randn(2, 3, 32, 32)
for residual in (True, False):
    net = cifar_resnet(3, residual).eval()
    check(sum(p.numel() for p in net.parameters()), 269722, f"the number of parameters of cifar_resnet(3, {residual})")
    check(tuple(net(pictures).shape), (2, 10), f"the shape of the logits of cifar_resnet(3, {residual})")
    norms = [module for module in net.modules() if isinstance(module, nn.BatchNorm2d)]
    with torch.no_grad():
        for norm in norms[1:]:
            norm.weight.zero_()
        one, other = net(pictures).detach()
    message = f"whether cifar_resnet(3, {residual}) tells two pictures apart when each F(x) is 0"
    check(not torch.equal(one, other), residual, message);  # fmt: skip

# %% [markdown]
# <details><summary>The number of parameters is too large, or that of the twins differs</summary>
#
# A question: how many weights does an `nn.Conv2d(16, 32, 1)` have? How many should your shortcut have?
# </details>
# <details><summary>The sum fails: 16 against 32 channels, or a picture one pixel too small</summary>
#
# A pointer: indexing with a step keeps the first pixel of a row, as the strided convolution does. `F.pad` takes pairs from the last axis backwards: width, height, channels.
# </details>
# <details><summary>The depth is not 6n + 2</summary>
#
# The shape of the answer: count convolutions and linear layers on paper for n = 1, which is 8. Two nested loops, over the widths and over n, make fresh blocks; one rule says which of them get stride 2.
# </details>

# %% [markdown]
# The race again, now with your nets. `plain(20)` of 6.1 is your `cifar_resnet(3, residual=False)`, so only the plus signs are new.

# %% tags=["experiment"]
for n in (3, 7):
    torch.manual_seed(0)
    losses[f"residual, {6 * n + 2} layers"] = train_on_digits(cifar_resnet(n))
kit.plots.curves(losses, xlabel="epoch", ylabel="training loss")

# %% [markdown]
# *Figure 4. 44 layers now end at about 0.01, where the plain ones ended at 1.3: e^(−0.01) = 0.99 for the right class. Seven seeds: 0.002 to 0.011, and at least 99.8 % right. Plain or residual, the net has 658 586 parameters.*

# %% [markdown]
# ## 6.4 What the gradient does along the shortcut
#
# Why does the sum help training so much? Follow the gradient backwards through a chain of 20 layers with one weight each.

# %% tags=["experiment"]
kit.plots.grids(
    torch.tensor([0.8**k for k in (1, 5, 10, 20)]),
    torch.tensor([1.25**k for k in (1, 5, 10, 20)]),
    torch.tensor([1.05**k for k in (1, 5, 10, 20)]),
    titles=["0.8 · x", "1.25 · x", "x + 0.05 · x"],
)

# %% [markdown]
# *Figure 5. The gradient after 1, 5, 10 and 20 layers. A layer multiplies it by its slope: 0.8²⁰ = 0.01 vanishes, 1.25²⁰ = 86.7 explodes. With a shortcut the slope is 1 + 0.05, and 1.05²⁰ = 2.65.*
#
# For blocks without the last ReLU, h[l + 1] = h[l] + F(h[l]), so the gradient is a sum as well:
#
# ```
# ∂loss/∂h[l] = ∂loss/∂h[l + 1] · (1 + F′(h[l]))
# ```
#
# The 1 carries the gradient to the lower layers undamped, whatever the weights do. *The shortcut is a direct line; in the plain chain, each layer retells the message.*
#
# Now measure it in your own nets.
#
# ### Exercise 6.4 `gradient_norms`
# *medium · 20 minutes · 2 points · later: the first thing to look at when a deep net does not learn*


# %% exercise="gradient_norms"
def gradient_norms(model: nn.Module, x: Tensor, y: Tensor) -> dict[str, float]:
    """The length of the gradient at the weight of each convolution, leaving no trace in the model.

    model: gives logits (N, K); runs in the mode that it is in.  x: (N, C, H, W).  y: (N,) int64.
    The loss is the mean cross-entropy. The length is the root of the sum of squares.
    Returns a dict with the parameter's name, "layer1.0.conv1.weight", for each nn.Conv2d and nothing else; floats.
    Afterwards all is as it was: weights, .grad of every parameter (None, or the old numbers), running statistics and
    their counters, train or eval mode, the global random state (the model may contain dropout).
    Example: nn.Sequential(nn.Conv2d(1, 2, 1), nn.Flatten()) with all weights 0, one picture of one pixel 2, class 0:
             the gradient is (-1, 1), so {"0.weight": 1.414}.
    Source: https://docs.pytorch.org/docs/stable/generated/torch.autograd.grad.html
    """
    raise NotImplementedError("gradient_norms: exercise 6.4")


# %% check="gradient_norms"
torch.manual_seed(0)
net = nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.Flatten(), nn.Linear(144, 10))
x, y = torch.randn(5, 3, 8, 8), torch.tensor([3, 1, 4, 1, 5])
before = {name: tensor.clone() for name, tensor in net.state_dict().items()}
got = gradient_norms(net, x, y)
check(dict(net.state_dict()), before, "the state dict after gradient_norms(net, x, y)")
check(
    all(p.grad is None for p in net.parameters()), True, "whether every .grad is None after gradient_norms(net, x, y)"
)
F.cross_entropy(net(x), y).backward()
check(got, {"0.weight": net[0].weight.grad.norm().item()}, "gradient_norms(net, x, y)", tolerance=1e-4)
check(gradient_norms(net, x, y), got, "gradient_norms(net, x, y) once more", tolerance=1e-4);  # fmt: skip

# %% [markdown]
# <details><summary>The second call gives larger numbers</summary>
#
# A question: what does `backward()` do with the numbers that are already in `.grad`? Which function of `torch.autograd` returns gradients instead?
# </details>
# <details><summary>The running statistics have moved</summary>
#
# A pointer: eval mode would keep them, but give other gradients. What could you copy before the forward pass, and put back in place afterwards?
# </details>
# <details><summary>My dict has too many names, or none</summary>
#
# The shape of the answer: a filter over `named_modules()`, one forward pass, one request for many gradients, one dict. What must be remembered stands around the forward pass.
# </details>

# %% [markdown]
# Four fresh nets. Which way does the gradient change from the last layer to the first, and how much?

# %% tags=["experiment"]
lines = {}
for n in (3, 7):
    for residual in (False, True):
        torch.manual_seed(0)
        found = list(gradient_norms(cifar_resnet(n, residual), digits[:64], digit_labels[:64]).values())
        name = f"{'residual' if residual else 'plain'}, {6 * n + 2} layers"
        lines[name] = [found[-1 - i] / found[-1] for i in range(len(found))]
        print(f"{name}: first layer {found[0]:.1f}, last {found[-1]:.1f}, ratio {found[0] / found[-1]:.1f}")
figure = kit.plots.curves(lines, xlabel="convolutions back from the head", ylabel="gradient, as a multiple of the last")
figure.axes[0].set_yscale("log")
figure

# %% [markdown]
# *Figure 6. In the plain net of 44 layers the first convolution gets about 194, the last 0.96: a factor of 201 over 42 steps, or 1.135 a step (1.135⁴² = 204). In the residual twin it is 5.6 against 1.6, a factor of 3.6.*
#
# So nothing vanishes here: with batch norm, the gradient of a fresh plain net *grows* on its way down. ReLU takes away a part of the spread, the next norm divides it back up, and backwards each such division multiplies the gradient (Yang et al. 2019, https://arxiv.org/abs/1902.08129). One learning rate then has to serve gradients of which one is 200 times the other.
#
# ### Question 6.4 `degradation`
# *15 minutes · 3 points, graded by hand*
#
# 1. A friend says: "The 44-layer plain net is worse because it has more weights and overfits." Which number in this notebook speaks against that, and why?
# 2. The deeper net could copy the shallower one. What would its extra layers have to do, and why is that hard without a shortcut and easy with one?
# 3. What does the shortcut change for the gradient? Use numbers that you measured.

# %% [markdown] exercise="degradation"
# *Write your answer here.*

# %% [markdown]
# ## 6.5 Batch norm's place
#
# In these blocks, batch norm comes after each convolution and before ReLU. That makes the convolutions' biases useless, and it gives each branch a volume knob.

# %% tags=["experiment"]
kit.plots.grids(
    torch.tensor([1.0, 3]),
    torch.tensor([11.0, 13]),
    torch.tensor([-1.0, 1]),
    torch.tensor([-0.5, 0.5]),
    torch.tensor([0.0, 0]),
    titles=["channel", "with bias 10", "normalised", "γ = 0.5", "γ = 0"],
)

# %% [markdown]
# *Figure 7. The channel holds 1 and 3: mean 2, deviation 1, so (1 − 2) / 1 = −1 and (3 − 2) / 1 = 1. A bias of 10 moves the mean as well and is gone. γ = 0.5 halves the branch, γ = 0 turns it off.*
#
# ```
# BN(x) = γ · (x − mean) / √(variance + 0.00001) + β          at the start γ = 1, β = 0
# ```
#
# In train mode, mean and variance are the batch's, and the running statistics take over a tenth of them; in eval mode they are the running ones. Two norms on the same path must not share statistics.
#
# If the *last* norm of each branch starts with γ = 0, then F(x) = 0 and a block starts as ReLU of its shortcut. A net of 100 such blocks starts as shallow as its stem and its projections. Training turns the branches up where they help.
#
# ### Exercise 6.5 `zero_init_residual`
# *easy · 10 minutes · 2 points · later: the usual start for training on many pictures at once*


# %% exercise="zero_init_residual"
def zero_init_residual(model: nn.Module) -> None:
    """Let every residual block start as (ReLU of) its shortcut: γ of the branch's last batch norm becomes 0.

    model: a net of residual blocks, or one block; blocks as in 6.2 (the last norm is bn2), or as in 6.6 and torchvision
    (conv1 bn1 conv2 bn2 conv3 bn3: the last norm is bn3).  Changed in place.  Returns None.
    Nothing else changes: not β, not the shortcut's norm (downsample.1), no convolution, not the stem's bn1. Parameters
    stay the same objects, so that an optimiser which already holds them keeps working.
    Example: after zero_init_residual(block) for block = BasicBlock(8, 8),
             block(x) is relu(x).
    Source: Goyal et al. 2017, section 5.1, https://arxiv.org/abs/1706.02677
    """
    raise NotImplementedError("zero_init_residual: exercise 6.5")


# %% check="zero_init_residual"
torch.manual_seed(0)
x, net = torch.randn(4, 3, 5, 5), nn.Sequential(BasicBlock(3, 3), BasicBlock(3, 5, stride=2))
before = {name: tensor.clone() for name, tensor in net.state_dict().items()}
parameters = list(net.parameters())
zero_init_residual(net)
changed = sorted(name for name, tensor in net.state_dict().items() if not torch.equal(tensor, before[name]))
check(changed, ["0.bn2.weight", "1.bn2.weight"], "what zero_init_residual changes")
same_objects = all(a is b for a, b in zip(parameters, net.parameters(), strict=True))
check(same_objects, True, "whether the parameters are the same objects")
check(net[0](x).detach(), x.relu(), "BasicBlock(3, 3) after zero_init_residual");  # fmt: skip

# %% [markdown]
# <details><summary>The block gives 0 instead of its input</summary>
#
# A question: which norms does the input pass on its way along the shortcut? Did you turn off one of those?
# </details>
# <details><summary>Blocks of one kind work, those of the other kind do not</summary>
#
# A pointer: the last norm has another name in each kind. Which of the names does only one kind have?
# </details>
# <details><summary>The parameters are not the same objects</summary>
#
# The shape of the answer: a loop over `model.modules()`, a test for which kind of block it is, and a change of one tensor in place; `nn.init` has functions that do so.
# </details>

# %% [markdown]
# Sixteen fresh blocks in a row, with and without your function: how large do the numbers get?

# %% tags=["experiment"]
lines = {}
for name, prepare in (("γ = 1", lambda blocks: None), ("γ = 0", zero_init_residual)):
    torch.manual_seed(0)
    x, blocks = torch.randn(8, 16, 16, 16), nn.Sequential(*(BasicBlock(16, 16) for _ in range(16)))
    prepare(blocks)
    lines[name] = []
    for block in blocks:
        x = block(x).detach()
        lines[name].append(x.std().item())
kit.plots.curves(lines, xlabel="block", ylabel="standard deviation of the output", title="sixteen fresh blocks")

# %% [markdown]
# ## 6.6 A narrow middle
#
# Late stages have many channels, and a 3 × 3 convolution pays for each pair of them nine times. A 1 × 1 convolution pays once. So go narrow first, look around there, and come back.

# %% tags=["experiment"]
wide, narrow = 9 * 256 * 256, 9 * 64 * 64
weights = {
    "wide 3 × 3": wide,
    "wide 3 × 3, again": wide,
    "1 × 1, down": 256 * 64,
    "narrow 3 × 3": narrow,
    "1 × 1, up": 64 * 256,
}
kit.plots.bars(
    {name: number / 1000 for name, number in weights.items()},
    xlabel="thousand weights",
    title="two wide convolutions, or a bottleneck of three",
)

# %% [markdown]
# *Figure 8. Two 3 × 3 convolutions with 256 channels have 2 · 256 · 256 · 9 = 1 179 648 weights. The narrow one has 256 · 64 + 64 · 64 · 9 + 64 · 256 = 69 632, a seventeenth.*
#
# ```
# F(x) = BN₃(conv₃(ReLU(BN₂(conv₂(ReLU(BN₁(conv₁(x)))))))          widths C → C → 4C
# ```
#
# This is the **bottleneck** block. Its output is 4 times as wide as its middle, so its first block in a stage needs a projection even at stride 1. The stride stands at the 3 × 3 convolution: at the first 1 × 1 it would throw three quarters of the pixels away unseen.
#
# ### Exercise 6.6 `Bottleneck`
# *medium · 20 minutes · 5 points · later: ResNet-50, 101 and 152*


# %% exercise="Bottleneck"
class Bottleneck(nn.Module):
    """A residual block with a narrow middle, as in ResNet-50: 1 × 1, 3 × 3, 1 × 1, then ReLU(F(x) + shortcut(x)).

    in_channels, channels (of the middle), stride: ints.  x: (N, in_channels, H, W).
    Returns (N, 4 * channels, H', W'), H' = ceil(H / stride).  x is not changed.
    Children, as torchvision names them: conv1 bn1 conv2 bn2 conv3 bn3, and downsample (0 and 1) as in BasicBlock, where
    stride is not 1 or in_channels is not 4 * channels; otherwise the state dict has no entry for it.
    conv2 has the stride and padding 1. ReLU after bn1, after bn2 and after the sum. No convolution has a bias.
    Class attribute expansion = 4.
    Not allowed: torchvision.
    Example: Bottleneck(64, 64) takes (1, 64, 56, 56)
             to (1, 256, 56, 56).
    Source: He et al. 2015, figure 5 right, with the stride as in torchvision:
    https://docs.pytorch.org/vision/stable/models/generated/torchvision.models.resnet50.html
    """

    expansion = 4

    def __init__(self, in_channels: int, channels: int, stride: int = 1) -> None:
        super().__init__()
        raise NotImplementedError("Bottleneck: exercise 6.6")

    def forward(self, x: Tensor) -> Tensor:
        raise NotImplementedError("Bottleneck: exercise 6.6")


# %% check="Bottleneck"
block = Bottleneck(64, 64)
names = {key: shape for key, shape in layout(block).items() if key.endswith("weight") and len(shape) == 4}
expected = {"conv1.weight": (64, 64, 1, 1), "conv2.weight": (64, 64, 3, 3), "conv3.weight": (256, 64, 1, 1)}
check(names, expected | {"downsample.0.weight": (256, 64, 1, 1)}, "the convolutions of Bottleneck(64, 64)")
check(tuple(Bottleneck(8, 2, stride=2)(torch.ones(2, 8, 7, 6)).shape), (2, 8, 4, 3), "the shape after stride 2")
block = Bottleneck(4, 1).eval()
with torch.no_grad():
    for conv, weight in ((block.conv1, 1.0), (block.conv2, -1.0), (block.conv3, 1.0)):
        conv.weight.zero_()
        conv.weight[:, 0, conv.weight.shape[2] // 2, conv.weight.shape[3] // 2] = weight
    x = torch.tensor([2.0, -1, 3, 0]).reshape(1, 4, 1, 1)
    check(block(x), x.relu(), "a Bottleneck whose second ReLU stops everything", tolerance=1e-4)
    block.conv2.weight.neg_()
    check(block(x), (x + 2).relu(), "the same with conv2 at +1, which lets the 2 through", tolerance=1e-4);  # fmt: skip

# %% [markdown]
# <details><summary>The sum fails although the stride is 1</summary>
#
# A question: `Bottleneck(64, 64)`: how many channels arrive at the sum on each path?
# </details>
# <details><summary>Right at stride 1, other numbers at stride 2</summary>
#
# A pointer: three convolutions could halve the picture. Torchvision lets the one do it that looks at neighbours.
# </details>
# <details><summary>The outputs are near the right ones, but too large or too small</summary>
#
# The shape of the answer: three convolutions, three norms, and ReLU between them, but not after the third norm; one more after the sum.
# </details>

# %% [markdown]
# Your block at stride 2: on which pixels of a 6 × 6 picture does its branch depend (1)? And with the stride moved to the first 1 × 1?

# %% tags=["experiment"]
maps = []
for moved in (False, True):
    torch.manual_seed(0)
    block, x = Bottleneck(8, 2, stride=2), torch.randn(2, 8, 6, 6, requires_grad=True)
    if moved:
        block.conv1.stride, block.conv2.stride = (2, 2), (1, 1)
    nn.init.zeros_(block.downsample[1].weight)  # the shortcut shall not help
    block(x).square().sum().backward()
    maps.append((x.grad.abs().sum((0, 1)) > 0).float())
kit.plots.grids(*maps, titles=["stride in the 3 × 3", "in the first 1 × 1"])

# %% [markdown]
# ## 6.7 The family, from 18 to 152
#
# One recipe makes all of them: a **stem**, four stages, a mean, a linear layer. Only the kind of block and four numbers differ.

# %% tags=["experiment"]
figure = kit.plots.curves(
    {
        "height and width": (range(6), [112, 56, 56, 28, 14, 7]),
        "channels": (range(6), [64, 64, 64, 128, 256, 512]),
    },
    title="ResNet-18 on a picture of 224 × 224",
)
figure.axes[0].set_yscale("log", base=2)
figure.axes[0].set_yticks([7, 14, 28, 56, 112, 256, 512], labels=[7, 14, 28, 56, 112, 256, 512])
figure.axes[0].set_xticks(range(6), labels=["conv1", "maxpool", "layer1", "layer2", "layer3", "layer4"])
figure

# %% [markdown]
# *Figure 9. The stem, a 7 × 7 convolution with stride 2 and a 3 × 3 max pooling with stride 2, takes 224 to 112 and 56. Stage 1 keeps 56; each later stage halves it, and doubles the channels: 64, 128, 256, 512. The mean over the last 7 × 7 = 49 places leaves 512 numbers.*
#
# | net | block | blocks in the four stages | parameters |
# | --- | --- | --- | --- |
# | ResNet-18 | `BasicBlock` | 2, 2, 2, 2 | 11 689 512 |
# | ResNet-34 | `BasicBlock` | 3, 4, 6, 3 | 21 797 672 |
# | ResNet-50 | `Bottleneck` | 3, 4, 6, 3 | 25 557 032 |
# | ResNet-101 | `Bottleneck` | 3, 4, 23, 3 | 44 549 160 |
# | ResNet-152 | `Bottleneck` | 3, 8, 36, 3 | 60 192 808 |
#
# The names count the layers with weights, without projections: 1 + 2 · (2 + 2 + 2 + 2) + 1 = 18, and 1 + 3 · (3 + 4 + 6 + 3) + 1 = 50.
#
# ### Exercise 6.7 `ResNet`
# *hard · 40 minutes · 8 points · later: transfer learning starts from these nets and their published weights*
#
# The cell defines `ResNet`, and also `resnet18`, `resnet34` and `resnet50`.


# %% exercise="ResNet"
class ResNet(nn.Module):
    """The residual net of He et al., with torchvision's names, so that its weights load strictly.

    block: a class, called as block(in_channels, channels, stride), whose output has channels * block.expansion channels.
    layers: four ints, the number of blocks in each stage.  num_classes: the number of logits.
    x: (N, 3, H, W), any size from 32 on.  Returns logits (N, num_classes).
    Children: conv1 (3 → 64, 7 × 7, stride 2, padding 3, no bias), bn1, then ReLU and 3 × 3 max pooling with stride 2 and
    padding 1; layer1 to layer4, Sequentials of blocks with channels 64, 128, 256, 512, of which the first block of
    layer2, layer3 and layer4 has stride 2 and all others stride 1; mean over all places; fc (Linear with bias).
    resnet18, resnet34, resnet50: (num_classes=1000) -> ResNet, as in the table.
    Not allowed: torchvision.
    Example: sum(p.numel() for p in resnet18().parameters())
             gives 11689512.
    Source: He et al. 2015, table 1, https://arxiv.org/abs/1512.03385
    """

    def __init__(self, block: type[nn.Module], layers: list[int], num_classes: int = 1000) -> None:
        super().__init__()
        raise NotImplementedError("ResNet: exercise 6.7")

    def forward(self, x: Tensor) -> Tensor:
        raise NotImplementedError("ResNet: exercise 6.7")


def resnet18(num_classes: int = 1000) -> nn.Module:
    raise NotImplementedError("ResNet: exercise 6.7")


def resnet34(num_classes: int = 1000) -> nn.Module:
    raise NotImplementedError("ResNet: exercise 6.7")


def resnet50(num_classes: int = 1000) -> nn.Module:
    raise NotImplementedError("ResNet: exercise 6.7")


# %% check="ResNet"
def made_up(shape: tuple[int, ...], start: int) -> Tensor:
    """Numbers between -1 and 1 in no order that the eye would see."""
    k = torch.arange(start, start + torch.Size(shape).numel())
    return (k * k * 31 % 1009 / 504 - 1).reshape(shape)


for build, parameters in ((resnet18, 11689512), (resnet34, 21797672), (resnet50, 25557032)):
    net = build()
    check(sum(p.numel() for p in net.parameters()), parameters, f"the number of parameters of {build.__name__}()")
check(layout(net)["layer4.2.conv3.weight"], (2048, 512, 1, 1), "layer4.2.conv3.weight of resnet50()")
net = ResNet(BasicBlock, [1, 2, 1, 1], num_classes=3).eval()
strides = [net.layer1[0].conv1.stride, net.layer2[0].conv1.stride, net.layer2[1].conv1.stride]
check(strides, [(1, 1), (2, 2), (1, 1)], "the strides of layer1.0, layer2.0 and layer2.1")
with torch.no_grad():
    for name, p in net.named_parameters():
        if p.ndim > 1:
            p.copy_(made_up(p.shape, len(name)) * (6 / p[0].numel()) ** 0.5)
        else:
            p.fill_(1.0 if name.endswith("weight") else 0.0)
    logits = net(made_up((2, 3, 64, 40), 0))
expected = torch.tensor([[0.4500, -0.3450, -0.3722], [0.7531, -0.6921, -1.2293]])
check(logits, expected, "the logits for made-up weights and pictures of 64 × 40", tolerance=1e-3);  # fmt: skip

# %% [markdown]
# <details><summary>A stage fails: the block gets the wrong number of channels</summary>
#
# A question: how wide is what the block before gives, if `block.expansion` is 4? And the first block of a stage against the others?
# </details>
# <details><summary>Works for 224 × 224 and fails for other sizes</summary>
#
# A pointer: a mean over all places needs no size. Which layer of yours does?
# </details>
# <details><summary>All names and numbers of parameters are right, the logits are not</summary>
#
# The shape of the answer: a helper that makes one stage, called four times; a forward pass of nine steps. What in it has no weights, so that no name can miss it? Where do the strides stand?
# </details>

# %% [markdown]
# The proof: give torchvision's random weights to your net and compare the logits. What would a difference of 0.1 tell you?

# %% tags=["experiment"]
from torchvision import models

torch.manual_seed(0)
x = torch.randn(2, 3, 96, 64)
for name, mine in (("resnet18", resnet18()), ("resnet50", resnet50())):
    theirs = getattr(models, name)()
    mine.load_state_dict(theirs.state_dict())
    for train in (True, False):
        difference = (mine.train(train)(x) - theirs.train(train)(x)).abs().max().item()
        print(f"{name}, {'train' if train else 'eval'} mode: largest difference {difference:.1g}")

# %% [markdown]
# ## 6.8 Train one, against the clock
#
# A net is worth what it has learned when time is up. You get a budget of CPU seconds. The two things to decide are how large a net it pays for, and how the learning rate follows the clock.

# %% tags=["experiment"]
spent = [i / 20 for i in range(21)]
kit.plots.curves(
    {"learning rate": (spent, [0.008 * min(s / 0.3, (1 - s) / 0.7) for s in spent])},
    xlabel="share of the budget that is spent",
    title="one cycle: up for 30 %, then down to 0",
)

# %% [markdown]
# *Figure 10. When half of the budget is spent: 0.008 · min(0.5 / 0.3, 0.5 / 0.7) = 0.0057. A large rate gets far, a small one at the end settles.*
#
# The share that is spent comes from `time.process_time()`, the CPU seconds of this process:
#
# ```
# spent = (time.process_time() − start) / budget
# ```
#
# Look at it before every step, not after every epoch, and do not judge a step's length by the first one, which is slow.
#
# How large may the net be? 20 CPU seconds of one slow core, on pictures as in the exercise:
#
# | net | parameters | times it saw each picture | new pictures right |
# | --- | --- | --- | --- |
# | `resnet18(10)` | 11 181 642 | 1 | 24 % |
# | `cifar_resnet(3)` | 269 722 | 5 | 91 % |
# | one `BasicBlock` a stage, 16, 32, 64 channels | 78 042 | 13 | 95 % |
#
# ### Exercise 6.8 `train_resnet`
# *hard · 40 minutes · 6 points · later: the same rules hold for every trained exercise of this course*


# %% exercise="train_resnet"
def train_resnet(images: Tensor, labels: Tensor, *, seed: int, budget: float, device: str) -> nn.Module:
    """Train a residual net of your own on these pictures within a budget of CPU seconds, and return it.

    images: (N, C, H, W) float32, as the kit gives them (already centred and scaled).  labels: (N,) int64, 0 to K - 1,
    each of which occurs.  C, H, W and K come from the data.
    seed: the same seed starts from the same weights, another seed from others; the global random state may change.
    budget: CPU seconds, as time.process_time() counts them on one thread. At most 1.1 times the budget may be used; at
    twice the budget the training does not count.  device: a string such as "cpu" or "cuda".
    Returns a module that takes such pictures and gives logits (N, K), no softmax; in train or in eval mode: the grader
    calls eval() and scores pictures that you have never seen. It has learned, or it gets no points for accuracy.
    Hidden tests: 2000 training pictures of 3 × 16 × 16, ten shapes as below, budget 20.
    Two points for 60 % of the new pictures, two more for 70 %.
    Example: train_resnet(images, labels, seed=0, budget=20.0, device="cpu")
             returns after about 20 seconds.
    Source: one cycle of the learning rate, Smith 2018, https://arxiv.org/abs/1803.09820
    """
    raise NotImplementedError("train_resnet: exercise 6.8")


# %% check="train_resnet"
images, labels = kit.data.digits()
kit.train.fit(nn.Linear(64, 10), images.flatten(1), labels, epochs=1, lr=0.01)  # what torch loads once is not counted
start = time.process_time()
net = train_resnet(images, labels, seed=0, budget=6.0, device="cpu")
seconds = time.process_time() - start
right = kit.train.accuracy(net, *kit.data.digits("test"))
print(f"{seconds:.1f} CPU seconds of 6; {100 * right:.0f} % of the new digits are right")
check(seconds <= 6.6, True, "whether at most 1.1 times the budget was used")
check(right > 0.8, True, "whether more than 80 % of the new digits are right");  # fmt: skip

# %% [markdown]
# <details><summary>The loss is nan, or every picture gets the same class</summary>
#
# A question: how large is your learning rate? Adam likes 0.001 to 0.01, SGD with momentum 0.01 to 0.2. What happens with a tenth of yours?
# </details>
# <details><summary>The loss falls during training, the accuracy is like guessing</summary>
#
# A pointer: pictures and labels must be drawn with the same indices; and what you do to the pictures before the net, the grader does not do. Is your net in train mode while it trains?
# </details>
# <details><summary>It learns, but too slowly for the budget</summary>
#
# The shape of the answer: a small net (one block a stage, 16 to 64 channels), a loop over shuffled batches that asks the clock before each step, a rate that follows it. Channels-last memory makes small convolutions about twice as fast on a CPU.
# </details>

# %% [markdown]
# Your function on shapes like those of the hidden test, and pictures that it gets wrong: above stands its answer, below the truth. Which of them would you know?

# %% tags=["experiment"]
knobs = {"size": 16, **kit.shapes.EASY, "pos": 0.4}
images, labels = kit.data.shapes(2000, seed=1, **knobs)
new, answers = kit.data.shapes(1000, seed=1, split="test", **knobs)
net = train_resnet(images, labels, seed=0, budget=20.0, device="cpu")
guesses = kit.train.predict(net, new)
wrong = (guesses != answers).nonzero().flatten()[:16]
print(f"{sum(p.numel() for p in net.parameters())} parameters, {100 * (guesses == answers).float().mean():.1f} % right")
names = kit.shapes.NAMES
titles = [f"{names[guesses[i]]}?\n{names[answers[i]]}" for i in wrong]
kit.plots.images(new[wrong] * 0.25 + 0.5, titles=titles) if len(wrong) else "none is wrong"

# %% [markdown]
# **The answer.** Deeper got worse because a deep plain chain is hard to *train*: its layers cannot learn to pass things on, and the gradient's size runs away on its way down. The plus sign makes passing on the starting point, and gives the gradient a path on which nothing multiplies it. Since then, depth costs time and memory, not trainability.
