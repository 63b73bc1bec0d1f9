# %% [markdown]
# # What may you keep of somebody else's training?
#
# You have a hundred pictures. From scratch, a network of 173 304 weights learns next to nothing from them. But somebody has trained such a network before, on other pictures, and gives you its weights. Here you find out which of them are worth keeping, how to train what is left without harm, and where the trap lies that spoils a frozen network although nobody trains it.

# %% [markdown]
# **How this notebook works**
#
# - Run the cells from top to bottom with Shift + Enter. The trainings in 7.1 and 7.8 take about a minute each.
# - An *exercise* is one cell. Replace its last line, `raise NotImplementedError(...)`; keep the name and the arguments. Helpers may stand in the same cell.
# - The cell below is a *visible check*. *Hidden tests* try many more cases after you hand in, and they make the grade. The docstring says what they may ask for.
# - Stuck? Each exercise has three *hints*. Open the one whose title is your symptom.
#
# **Letters.** A batch of pictures has shape `N C H W`. The **backbone** is everything before the last layer; it turns a picture into F numbers, its **features**. The **head** is the last layer, from features to classes. The pictures that the backbone was trained on are the **source**, yours are the **target**. All of torch is yours.

# %% tags=["setup"]
import time

import torch
import torch.nn.functional as F
from torch import Tensor, nn

import coursekit as kit
from coursekit import check, check_raises


def grow(backbone: nn.Sequential, kept: int, classes: int, seed: int) -> nn.Sequential:
    """The first children of the backbone, frozen, then fresh ones, and a head."""
    torch.manual_seed(seed)
    fresh = kit.transfer.fresh(seed + 100)
    parts = [*list(backbone)[:kept], *list(fresh)[kept:]]
    for part in parts[:kept]:
        part.requires_grad_(False)
    return nn.Sequential(*parts, nn.Linear(kit.transfer.FEATURES, classes))


def train_rest(net: nn.Sequential, kept: int, images: Tensor, labels: Tensor, *, epochs: int, lr: float) -> None:
    """Train what is not frozen; the frozen children are in eval mode."""
    rest = [p for p in net.parameters() if p.requires_grad]
    step, count = torch.optim.AdamW(rest, lr), epochs * (len(images) // 32)
    net.train()
    for part in net[:kept]:
        part.eval()
    for i in range(count):
        step.param_groups[0]["lr"] = lr * min((i + 1) / (0.25 * count), (1 - i / count) / 0.75)
        batch = torch.randperm(len(images))[:32]
        loss = F.cross_entropy(net(images[batch]), labels[batch])
        step.zero_grad()
        loss.backward()
        step.step()


# %% [markdown]
# ## 7.1 What does a trained network know?
#
# The kit has a small residual network, trained on 8000 pictures of ten shapes: discs, stars, bars. Of new pictures of these it names 97 in 100 rightly. Your pictures are others. *Near*: eight shapes that it has never seen. *Far*: handwritten digits in colour.

# %% tags=["experiment"]
source, _ = kit.data.shapes(8, seed=1)
near, near_labels = kit.transfer.new_shapes(80, seed=1)
far, far_labels = kit.transfer.digits(100, seed=1)
order, digit_order = near_labels.argsort()[::10], far_labels.argsort()[::10][:8]
names = (
    ["source"] * 8
    + [kit.transfer.NEW_NAMES[i] for i in near_labels[order]]
    + [f"a {i}" for i in far_labels[digit_order].tolist()]
)
kit.plots.images(torch.cat([source, near[order], far[digit_order]]) * 0.25 + 0.5, titles=names)

# %% [markdown]
# *Figure 1. Eight pictures of the source; one of each of the eight new shapes, of which you have 80 in all; eight of the hundred digits.*
#
# Ask each layer apart. Keep the first layers as they are, put fresh ones behind them, and train those on the target. The backbone is a `Sequential` of `stem`, `stage1`, `stage2`, `stage3` and `pool`, so you can cut it anywhere. With 0 kept, it is a training from scratch. With 4 kept, only the head is new: 96 · 10 + 10 = 970 weights.

# %% tags=["experiment"]
kept_layers, transferred = range(5), {}
for name, load, count in (
    ("near: eight new shapes", kit.transfer.new_shapes, 80),
    ("far: digits", kit.transfer.digits, 100),
):
    images, labels = load(count, seed=0)
    test_images, test_labels = load(500, seed=0, split="test")
    right = []
    for kept in kept_layers:
        net = grow(kit.transfer.backbone(), kept, int(labels.max()) + 1, seed=0)
        train_rest(net, kept, images, labels, epochs=30, lr=0.02 if kept == 4 else 0.005)
        right.append(100 * kit.train.accuracy(net, test_images, test_labels))
    transferred[name] = (kept_layers, right)
figure = kit.plots.curves(
    transferred, xlabel="how many of stem, stage1, stage2, stage3 are kept", ylabel="% of new pictures right"
)
figure.axes[0].set_xticks(kept_layers)
figure

# %% [markdown]
# *Figure 2. With this seed: the digits go from 11 % from scratch to 44 % with three layers kept, and back to 37 % when the last stage is kept as well. The new shapes rise all the way: 13 %, then 52 % with three, 73 % with four. Another seed gives other numbers and the same two shapes.*
#
# So *early layers are general, late ones are specific*: edges and corners serve every picture, the last stage serves pictures like those it was made for (Yosinski et al. 2014 measured the same on ImageNet).
#
# ## 7.2 A new head
#
# The old head answers "which of ten shapes?". Nobody asks that any more, so it has to go, and a new one with your number of classes takes its place. Everything else stays.

# %% tags=["experiment"]
kit.plots.bars(
    {"backbone: kept": 11_176_512 / 1000, "head of 1000 classes: goes": 513, "head of 10 classes: new": 5.13},
    xlabel="thousand weights",
    title="ResNet-18",
)

# %% [markdown]
# *Figure 3. ResNet-18 gives 512 features. Its head for the 1000 classes of ImageNet has 512 · 1000 + 1000 = 513 000 weights, one for ten classes has 512 · 10 + 10 = 5130. With that one, 5130 of 11 181 642 weights are new: one in 2180.*
#
# ```
# weights of the head = F · classes + classes
# ```
#
# Where the head sits depends on the network. In ResNet it is called `fc`; in VGG it is the last of three linear layers in `classifier`; in MobileNet it stands behind a dropout. What they share: it is the last `Linear` of `named_modules()`.
#
# ### Exercise 7.2 `replace_head`
# *easy · 15 minutes · 3 points · later: the first line of every transfer*


# %% exercise="replace_head"
def replace_head(model: nn.Module, num_classes: int) -> nn.Module:
    """Put a new, trainable head into a trained network, in place, and return the network.

    model: any nn.Module.  Its head is the last nn.Linear of model.named_modules(), at any depth and of any name.
    num_classes: outputs of the new head.  The new head is an nn.Linear with fresh weights that reads as many numbers as
    the old one, has its dtype and device, has a bias if the old one had, and is trainable also in a frozen model.
    Everything else stays: the same parameters as objects, the same values, the same requires_grad.
    Raises ValueError if the model has no nn.Linear.
    Example: replace_head(nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 1000)), 3)
             ends with Linear(8, 3); its first layer is untouched.
    Source: https://docs.pytorch.org/tutorials/beginner/transfer_learning_tutorial.html
    """
    raise NotImplementedError("replace_head: exercise 7.2")


# %% check="replace_head"
net = nn.Sequential(nn.Sequential(nn.Linear(4, 8), nn.ReLU()), nn.Sequential(nn.Dropout(), nn.Linear(8, 1000)))
net.requires_grad_(False)
first = net[0][0].weight
result = replace_head(net, 3)
check(result is net, True, "whether the result is the network that was given")
check(tuple(net[1][1].weight.shape), (3, 8), "the shape of the new head's weight")
check(net[0][0].weight is first, True, "whether the first layer's weight is the same object")
check(
    [name for name, p in net.named_parameters() if p.requires_grad], ["1.1.weight", "1.1.bias"], "what can be trained"
)
check_raises(ValueError, replace_head, nn.Sequential(nn.Conv2d(3, 4, 3)), 3);  # fmt: skip

# %% [markdown]
# <details><summary>It works for ResNet and not for VGG</summary>
#
# A question: what is the head called there, and how many levels down does it lie? `named_modules()` prints all names, with dots.
# </details>
# <details><summary>I found the layer, but assigning to the variable changes nothing</summary>
#
# A pointer: the network holds the old layer under a name. Its parent is what you must change: `get_submodule` finds a module by a dotted name, `setattr` works for numbers in a Sequential too.
# </details>
# <details><summary>The new head does not fit, or cannot be trained</summary>
#
# The shape of the answer: find the last name; read width, bias, dtype and device off the old layer; build one Linear; split the name into parent and child. A fresh layer is trainable by itself.
# </details>

# %% [markdown]
# Your function on the real thing. Everything but the head is frozen first:

# %% tags=["experiment"]
resnet = kit.transfer.resnet18()
replace_head(resnet.requires_grad_(False), 10)
trainable = sum(p.numel() for p in resnet.parameters() if p.requires_grad)
print(f"{trainable} of {sum(p.numel() for p in resnet.parameters())} weights are trained")

# %% [markdown]
# ## 7.3 Frozen, and the batch norm trap
#
# To freeze a backbone, switch the gradients of its weights off. No optimiser moves them then. Is that all?
#
# Batch norm remembers a running mean, and moves it in each forward pass in train mode: 0.9 parts of the old one, 0.1 of the batch's. No gradient is needed. Take a channel whose mean was 0 on the source and is 5 on your pictures.

# %% tags=["experiment"]
passes = torch.arange(6.0)
kit.plots.grids(torch.stack([passes, 5 * (1 - 0.9**passes)]), titles=["passes; running mean"])

# %% [markdown]
# *Figure 4. Five forward passes, and the running mean has gone from 0 to 5 · (1 − 0.9⁵) = 2.05. Not one weight has moved, nothing was trained, and yet the backbone is another one.*
#
# ```
# running mean ← 0.9 · running mean + 0.1 · mean of the batch       in train mode, gradients or not
# ```
#
# This is the **batch norm trap**: *frozen weights in train mode are not a frozen network*. And it opens again each epoch: `net.train()` goes down to every submodule, the backbone too. How much does it cost? Here the backbone is never trained; digits at dusk, a quarter as light, only pass through it, in train mode. Then it is asked for its own ten shapes.

# %% tags=["experiment"]
shapes, shape_labels = kit.data.shapes(500, seed=7, split="test")
digits, _ = kit.transfer.digits(320, seed=3)
dark = ((digits * 0.25 + 0.5) * 0.25 - 0.5) / 0.25
right = {"in train mode": [], "in eval mode": []}
for name in right:
    backbone = kit.transfer.backbone().requires_grad_(False)
    net = nn.Sequential(backbone, kit.transfer.source_head())
    right[name].append(100 * kit.train.accuracy(net, shapes, shape_labels))
    for batch in dark.split(16):
        backbone.train(name == "in train mode")
        backbone(batch)
        right[name].append(100 * kit.train.accuracy(net, shapes, shape_labels))
figure = kit.plots.curves(
    {k: (range(len(v)), v) for k, v in right.items()},
    xlabel="batches of dark pictures that passed through",
    ylabel="% of source pictures right",
    title="frozen weights, nothing trained",
)
figure.axes[0].set_xticks(range(0, 21, 5))
figure

# %% [markdown]
# *Figure 5. Seen in eval mode after each batch. The upper line is a backbone in eval mode: it stays as it was. The other one forgets: after twenty batches about 14 of 100 shapes that it knew are lost, and no weight of it has changed. With digits in daylight it loses one or two, since their means are nearly those of the source. So the trap may lie open for long before anybody notices.*
#
# Dropout is the smaller trap: in train mode it throws features away, and a picture's features differ from pass to pass. Eval mode closes both.
#
# ### Exercise 7.3a `FrozenBackbone`
# *medium · 30 minutes · 5 points · later: the safe way to use any trained network*


# %% exercise="FrozenBackbone"
class FrozenBackbone(nn.Module):
    """A backbone that stays exactly as it is, and a linear head that learns.

    backbone: an nn.Module from (N, C, H, W) to (N, features).  features, num_classes: ints.  Returns logits
    (N, num_classes).
    Attributes: backbone, and head, an nn.Linear(features, num_classes).
    No parameter of the backbone requires a gradient. The backbone is in eval mode from construction on, and stays there
    also after train() of the whole: its running statistics never move and its dropout never acts. The whole and the
    head follow train() and eval() as usual, and these return the module.
    Example: FrozenBackbone(kit.transfer.backbone(), 96, 10) has 970 trainable numbers,
             and FrozenBackbone(...).train().backbone.training is False.
    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.Module.html#torch.nn.Module.train
    """

    def __init__(self, backbone: nn.Module, features: int, num_classes: int) -> None:
        super().__init__()
        raise NotImplementedError("FrozenBackbone: exercise 7.3a")

    def forward(self, x: Tensor) -> Tensor:
        raise NotImplementedError("FrozenBackbone: exercise 7.3a")


# %% check="FrozenBackbone"
net = FrozenBackbone(kit.transfer.backbone(), 96, 10)
check(sum(p.numel() for p in net.parameters() if p.requires_grad), 970, "how many numbers can be trained")
check(net.train() is net, True, "whether train() returns the module")
check(
    [net.training, net.head.training, net.backbone.training],
    [True, True, False],
    "the modes after train(): whole, head, backbone",
)
before = net.backbone.stem[1].running_mean.clone()
net(torch.ones(4, 3, 32, 32)).sum().backward()
check(net.backbone.stem[1].running_mean, before, "the first running means after a pass in train mode")
check(net.head.weight.grad is not None, True, "whether the head has a gradient")
check(net.eval().training, False, "whether the whole is in train mode after eval()");  # fmt: skip

# %% [markdown]
# <details><summary>The running means move after train()</summary>
#
# A question: which modules does `train()` reach? Who calls it, and how often, in a usual training loop?
# </details>
# <details><summary>The head has no gradient</summary>
#
# A pointer: what stands under `torch.no_grad()`, or before `.detach()`? Only the features may be cut off; the head comes after the cut.
# </details>
# <details><summary>train() returns None, or eval() has no effect</summary>
#
# The shape of the answer: a method `train(self, mode=True)` of three lines: the inherited one with the same mode, then eval mode for one child, then the module itself. `eval()` is `train(False)`, so it goes the same way.
# </details>

# %% [markdown]
# ### Features, once
#
# A frozen backbone gives the same features for a picture in every epoch. So compute them once and train the head on them: 30 epochs for the price of one.
#
# ### Exercise 7.3b `cache_features`
# *easy · 15 minutes · 2 points · later: a head in a second, in 7.8 and in lesson 9*


# %% exercise="cache_features"
def cache_features(backbone: nn.Module, images: Tensor, batch_size: int = 128) -> Tensor:
    """What the backbone gives for each picture in eval mode, in the order of the pictures.

    images: (N, C, H, W), N at least 1.  Returns (N, ...): features of any shape, as one batch would give them, without
    a graph.
    The backbone gets at most batch_size pictures at once. Afterwards it is as before: each of its submodules in the mode
    that it was in, weights, statistics, .grad and requires_grad unchanged.
    Example: cache_features(kit.transfer.backbone(), torch.zeros(5, 3, 32, 32), batch_size=2).shape
             gives (5, 96), after batches of 2, 2 and 1.
    Source: https://cs231n.github.io/transfer-learning/
    """
    raise NotImplementedError("cache_features: exercise 7.3b")


# %% check="cache_features"
backbone = nn.Sequential(nn.Conv2d(1, 2, 1), nn.BatchNorm2d(2), nn.Dropout(), nn.Flatten())
backbone[1].eval()
pictures = torch.arange(20.0).view(5, 1, 2, 2)
features = cache_features(backbone, pictures, batch_size=2)
check([module.training for module in backbone], [True, False, True, True], "the modes of the four layers afterwards")
check(features.requires_grad, False, "whether the features carry a graph")
check(features, backbone.eval()(pictures).detach(), "the features of five pictures, two at a time");  # fmt: skip

# %% [markdown]
# <details><summary>The features change from call to call, or depend on the batch</summary>
#
# A question: in which mode is the backbone when it arrives? What do batch norm and dropout do there?
# </details>
# <details><summary>A layer is in another mode afterwards</summary>
#
# A pointer: not every layer was in the mode of the whole. Note the mode of each of `modules()` before, and put each back.
# </details>
# <details><summary>The last pictures are missing, or memory runs out</summary>
#
# The shape of the answer: `split` gives batches, the last one smaller; collect what each gives under `torch.no_grad()`; join with `torch.cat`.
# </details>

# %% [markdown]
# Features of the digits, from the frozen backbone, seen from two of their main directions. What has it sorted apart without ever having seen a digit?

# %% tags=["experiment"]
far, far_labels = kit.transfer.digits(300, seed=1)
features = cache_features(kit.transfer.backbone(), far)
centred = (features - features.mean(0)) / (features.std(0) + 1e-3)
_, _, directions = torch.pca_lowrank(centred, 2, center=False)
points = centred @ directions
figure = kit.plots.Figure(figsize=(6.4, 4.2), layout="constrained")
ax = figure.subplots()
for digit, marker in zip((0, 1, 4, 7), "o^sx", strict=True):
    mine = points[far_labels == digit]
    ax.scatter(mine[:, 0], mine[:, 1], marker=marker, label=f"a {digit}", alpha=0.8)
ax.set(xlabel="first direction", ylabel="second direction", title="features of digits, frozen backbone")
ax.legend()
figure

# %% [markdown]
# ## 7.4 Letting go, from the top, slowly
#
# A head alone cannot mend features that do not fit. So let the last layers learn too, but slowly: they start from something good, and the head starts from noise. A usual rule gives each layer a smaller rate than the one behind it, by a constant factor.

# %% tags=["experiment"]
figure = kit.plots.bars(
    {"stem, 0.1⁴": 1, "stage1, 0.1³": 10, "stage2, 0.1²": 100, "stage3, 0.1": 1000, "head, 1": 10000},
    xlabel="learning rate in millionths, for lr = 0.01 and a factor of 0.1",
)
figure.axes[0].set_xscale("log")
figure

# %% [markdown]
# *Figure 7. Five children, lr 0.01, factor 0.1. The head learns at 0.01; stage3, one place before it, at 0.01 · 0.1 = 0.001; the stem, four places before it, at 0.01 · 0.1⁴ = 0.000001.*
#
# ```
# rate of child i of n = lr · factor^(n − 1 − i)          i counts from 0
# ```
#
# Optimisers take such rates as **parameter groups**: a list of dicts with `params` and `lr`. A parameter that stands in no group is not trained at all, and nobody tells you.
#
# ### Exercise 7.4a `parameter_groups`
# *medium · 25 minutes · 4 points · later: fine-tuning in 7.8*


# %% exercise="parameter_groups"
def parameter_groups(model: nn.Sequential, lr: float, factor: float) -> list[dict]:
    """Groups for an optimiser: child i of n = len(model) learns at lr * factor ** (n - 1 - i).

    Each group is a dict with "params", a list, and "lr"; more keys are allowed. The groups come in the order of the
    children, and a child may have several. Every parameter with requires_grad stands in exactly one group, frozen ones
    stand in none, and no group is empty: a child without trainable parameters gets no group, but counts in n and i.
    A module that stands twice counts twice; what two children share belongs to the first of them.
    Example: parameter_groups(nn.Sequential(nn.Linear(2, 3), nn.ReLU(), nn.Linear(3, 2)), 0.1, 0.5)
             gives two groups with rates 0.025 and 0.1, of two parameters each.
    Source: Howard and Ruder 2018, section 3.2, https://arxiv.org/abs/1801.06146
    """
    raise NotImplementedError("parameter_groups: exercise 7.4a")


# %% check="parameter_groups"
net = nn.Sequential(nn.Linear(2, 3), nn.ReLU(), nn.Linear(3, 3), nn.Linear(3, 2))
net[2].weight.requires_grad_(False)
groups = parameter_groups(net, 0.08, 0.5)
rates = {tuple(p.shape): group["lr"] for group in groups for p in group["params"]}
check(rates, {(3, 2): 0.01, (3,): 0.04, (2, 3): 0.08, (2,): 0.08}, "the rate of each shape of parameter")
check(sum(len(group["params"]) for group in groups), 5, "how many parameters are in the groups")
check(
    any(p is net[2].weight for group in groups for p in group["params"]),
    False,
    "whether the frozen weight is among them",
)
steps = torch.optim.SGD(groups, lr=1.0)
check(len(steps.param_groups), 3, "the number of groups that the optimiser has");  # fmt: skip

# %% [markdown]
# <details><summary>The rates come out in the wrong order</summary>
#
# A question: which child has the power 0? Write i and n − 1 − i under the five children of figure 7.
# </details>
# <details><summary>The optimiser says that parameters appear in more than one group, or the list is empty</summary>
#
# A pointer: `child.parameters()` can be walked through once only; make a list at once. For what stands twice, keep a set of what you have seen.
# </details>
# <details><summary>Wrong only where a layer has no parameters or stands twice</summary>
#
# The shape of the answer: one loop over `enumerate(model)`, not over `children()`; a list of what can be trained and has not been seen; a group if the list holds anything.
# </details>

# %% [markdown]
# ### Gradual unfreezing
#
# The other way to go slowly: train the head alone first; then let go of the last stage as well, then of the one before it. A new head sends noise backwards, and at first that would only do damage.
#
# ### Exercise 7.4b `unfreeze_from`
# *easy · 10 minutes · 2 points · later: the schedule of 7.8*


# %% exercise="unfreeze_from"
def unfreeze_from(model: nn.Module, name: str) -> None:
    """Let this direct child of the model, and all later ones, be trained.

    name: of a direct child.  Later: in the order of model.named_children(), the order of registration.
    Earlier children, and parameters of the model itself, stay as they are, frozen or not; modes and statistics too.
    Raises ValueError, with the name in the message, if no direct child is called so; a dotted name is such a case.
    Example: unfreeze_from(resnet, "layer4")
             makes layer4, avgpool and fc trainable: 8 398 858 of ResNet-18's weights for 10 classes.
    Source: Howard and Ruder 2018, section 3.3, https://arxiv.org/abs/1801.06146
    """
    raise NotImplementedError("unfreeze_from: exercise 7.4b")


# %% check="unfreeze_from"
net = kit.transfer.fresh().requires_grad_(False)
unfreeze_from(net, "stage2")
check(
    sorted({name.partition(".")[0] for name, p in net.named_parameters() if p.requires_grad}),
    ["stage2", "stage3"],
    "the children that are trained after unfreeze_from(net, 'stage2')",
)
unfreeze_from(net, "pool")
check(
    sum(p.requires_grad for p in net.parameters()),
    18,
    "how many parameters are trained after unfreeze_from(net, 'pool') as well",
)
check_raises(ValueError, unfreeze_from, net, "stage", mentions=("stage",))
check_raises(ValueError, unfreeze_from, net, "stage1.conv1", mentions=("stage1.conv1",));  # fmt: skip

# %% [markdown]
# <details><summary>Only one child is unfrozen, or those before it</summary>
#
# A question: from the picture to the head, in which order do the layers stand? Which of them are the most specific?
# </details>
# <details><summary>layer1 also meets layer10, or a child without weights is never found</summary>
#
# A pointer: compare whole names of children, not the beginnings of names of parameters.
# </details>
# <details><summary>Something else changes too</summary>
#
# The shape of the answer: the list of children's names; an error if the name is not in it; `requires_grad_(True)` for each child from that place on, and nothing else.
# </details>

# %% [markdown]
# How many weights are trained, from which child on?

# %% tags=["experiment"]
counts = {}
for name in ("pool", "stage3", "stage2", "stage1", "stem"):
    net = nn.Sequential()
    for child, module in kit.transfer.fresh().named_children():
        net.add_module(child, module.requires_grad_(False))
    net.add_module("head", nn.Linear(96, 10))
    unfreeze_from(net, name)
    counts[f"from {name}"] = sum(p.numel() for p in net.parameters() if p.requires_grad)
kit.plots.bars(counts, xlabel="weights that are trained")

# %% [markdown]
# ## 7.5 More from the same pictures
#
# With a hundred pictures, each counts. A picture mirrored, cropped or lit otherwise shows the same thing with other pixels. This is **augmentation**, and it is drawn anew for each picture in each epoch.

# %% tags=["experiment"]
picture = torch.tensor([[1.0, 2, 3], [4, 5, 6]]) / 8
kit.plots.grids(
    picture,
    picture.flip(1),
    picture * 1.2,
    0.4375 + 0.5 * (picture - 0.4375),
    titles=["picture", "mirrored", "brightness 1.2", "contrast 0.5"],
)

# %% [markdown]
# *Figure 9. The mean of the picture is 0.4375. Brightness multiplies: 0.75 · 1.2 = 0.9. Contrast moves each pixel towards the mean or away from it: 0.4375 + 0.5 · (0.75 − 0.4375) = 0.59. Not every change keeps the meaning: a mirrored 3 is no 3.*
#
# All three functions take a `generator`. Draw from it and from nothing else, and a training can be repeated.
#
# ### Exercise 7.5a `random_flip`
# *easy · 10 minutes · 2 points · later: your own pictures in lesson 9*


# %% exercise="random_flip"
def random_flip(images: Tensor, p: float = 0.5, *, generator: torch.Generator) -> Tensor:
    """Exchange left and right in each picture with probability p, each picture for itself.

    images: (N, C, H, W), float in [0, 1]; not changed.  generator: on the CPU; all randomness comes from it, and it is
    advanced, so that a second call differs.  Returns (N, C, H, W) in the dtype of images.
    Example: [[1, 2, 3], [4, 5, 6]] / 8 with p=1
             gives [[3, 2, 1], [6, 5, 4]] / 8.
    Source: https://docs.pytorch.org/vision/stable/generated/torchvision.transforms.v2.RandomHorizontalFlip.html
    """
    raise NotImplementedError("random_flip: exercise 7.5a")


# %% check="random_flip"
generator = torch.Generator().manual_seed(0)
picture = (torch.arange(1.0, 7).view(1, 1, 2, 3)) / 8
check(
    random_flip(picture, p=1.0, generator=generator),
    torch.tensor([[[[3.0, 2, 1], [6, 5, 4]]]]) / 8,
    "the picture with p=1",
)
check(random_flip(picture, p=0.0, generator=generator), picture, "the picture with p=0")
many = random_flip(picture.expand(400, 1, 2, 3), p=0.25, generator=generator)
share = (many[:, 0, 0, 0] > 0.2).float().mean().item()
check(0.15 < share < 0.35, True, f"whether about a quarter of 400 pictures is mirrored with p=0.25 ({share:.2f} is)");  # fmt: skip

# %% [markdown]
# <details><summary>All pictures are mirrored, or none</summary>
#
# A question: how many random numbers does a batch of 64 pictures need?
# </details>
# <details><summary>Pictures stand on their head</summary>
#
# A pointer: the last axis goes from left to right.
# </details>
# <details><summary>Each epoch mirrors the same pictures</summary>
#
# The shape of the answer: N numbers from `torch.rand(..., generator=generator)`, compared with p; then `torch.where` between picture and mirror, with a condition of shape (N, 1, 1, 1).
# </details>

# %% [markdown]
# ### A window of the picture
#
# Cut out a window and bring it back to full size: the object is larger, elsewhere, and a little squeezed. The window has a share of the area, and a ratio of width to height. For a picture of 60 rows and 80 columns, a share of 0.25 and a ratio of 4/3:
#
# ```
# area = 0.25 · 60 · 80 = 1200     width = √(1200 · 4/3) = 40     height = √(1200 / (4/3)) = 30
# ```
#
# Then its first row can be any of 0 … 60 − 30, its first column any of 0 … 80 − 40.
#
# ### Exercise 7.5b `random_resized_crop`
# *medium · 25 minutes · 3 points · later: lesson 9*


# %% exercise="random_resized_crop"
def random_resized_crop(
    images: Tensor,
    size: int | tuple[int, int],
    scale: tuple[float, float] = (0.25, 1.0),
    ratio: tuple[float, float] = (0.75, 1.3333),
    *,
    generator: torch.Generator,
) -> Tensor:
    """A random window of each picture, resized bilinearly to `size`; each picture has a window of its own.

    images: (N, C, H, W), float in [0, 1]; not changed.  size: int or (height, width) of the result.
    The window's share of the picture's area is drawn from scale, its width / height in pixels from ratio, its place
    evenly; it lies inside the picture, and each side may be off by a pixel through rounding. A pair of share and ratio
    that does not fit is drawn again, or its sides are cut to the picture's.
    generator: on the CPU; all randomness comes from it, and it is advanced.
    Returns (N, C, height, width) in the dtype of images.
    Example: share 0.25 and ratio 4 / 3 of a picture of 60 x 80
             make a window of 30 rows and 40 columns.
    Source: Szegedy et al. 2014, https://arxiv.org/abs/1409.4842
    """
    raise NotImplementedError("random_resized_crop: exercise 7.5b")


# %% check="random_resized_crop"
generator = torch.Generator().manual_seed(0)
ramp = (torch.arange(40.0) / 40).expand(200, 1, 40, 40)
check(
    tuple(random_resized_crop(ramp[:2], (6, 9), generator=generator).shape), (2, 1, 6, 9), "the shape for size=(6, 9)"
)
check(
    random_resized_crop(ramp[:1], 40, scale=(1.0, 1.0), ratio=(1.0, 1.0), generator=generator),
    ramp[:1],
    "the whole picture",
    tolerance=1e-4,
)
crops = random_resized_crop(ramp, 40, scale=(0.25, 0.25), ratio=(1.0, 1.0), generator=generator)[:, 0, 20]
widths = (crops[:, 29] - crops[:, 9]) * 80  # a quarter of the area: half of the width
check(
    bool((widths - 20).abs().max() < 2.5),
    True,
    f"whether windows of a quarter of the area are 20 pixels wide (they are {widths.min():.0f} to {widths.max():.0f})",
)
check(bool(crops[:, 20].max() - crops[:, 20].min() > 0.3), True, "whether the windows lie at different places");  # fmt: skip

# %% [markdown]
# <details><summary>The windows are too small</summary>
#
# A question: if a window has half of the width and half of the height, what is its share of the area?
# </details>
# <details><summary>An enlarged picture shows squares</summary>
#
# A pointer: `F.interpolate` repeats pixels unless you name a mode.
# </details>
# <details><summary>All pictures get the same window, or parts are black</summary>
#
# The shape of the answer: a loop over the pictures; four draws in each (share, ratio, first row, first column); slicing; one call that resizes; a `torch.cat` at the end. The first row is at most H − height.
# </details>

# %% [markdown]
# ### Another light
#
# ### Exercise 7.5c `color_jitter`
# *easy · 15 minutes · 2 points · later: lesson 9*


# %% exercise="color_jitter"
def color_jitter(
    images: Tensor, brightness: float = 0.2, contrast: float = 0.2, *, generator: torch.Generator
) -> Tensor:
    """Change brightness and contrast of each picture by factors of its own, and clamp to [0, 1].

    images: (N, C, H, W), float in [0, 1]; not changed.  brightness, contrast: strengths s >= 0; the factor of each
    picture is uniform in [max(0, 1 - s), 1 + s], one for brightness and one for contrast; s = 0 changes nothing.
    Brightness multiplies the picture by its factor. Contrast stretches about the picture's mean m, over all channels
    and pixels (or that of its grey version): m + factor * (pixel - m).  In either order.
    generator: on the CPU; all randomness comes from it, and it is advanced.
    Returns (N, C, H, W) in the dtype of images.
    Example: pixels 0.25 and 0.75 with contrast factor 0.5 become
             0.375 and 0.625.
    Source: https://docs.pytorch.org/vision/stable/generated/torchvision.transforms.v2.ColorJitter.html
    """
    raise NotImplementedError("color_jitter: exercise 7.5c")


# %% check="color_jitter"
generator = torch.Generator().manual_seed(0)
pictures = torch.tensor([0.25, 0.75]).view(1, 1, 1, 2).expand(300, 3, 1, 2)
check(color_jitter(pictures, 0.0, 0.0, generator=generator), pictures, "the result with both strengths 0")
bright = color_jitter(pictures, brightness=0.3, contrast=0.0, generator=generator)
factors = bright[:, 0, 0, 0] / 0.25
check(
    bool((bright[:, 0, 0, 1] - 0.75 * factors).abs().max() < 1e-4),
    True,
    "whether brightness multiplies all pixels of a picture by one factor",
)
check(
    [round(factors.min().item(), 1), round(factors.max().item(), 1)],
    [0.7, 1.3],
    "the smallest and largest factor of 300 pictures",
)
flat = color_jitter(pictures, brightness=0.0, contrast=0.3, generator=generator)
check(bool((flat.mean((1, 2, 3)) - 0.5).abs().max() < 1e-4), True, "whether contrast leaves the mean of 0.5")
check(bool(color_jitter(pictures, 1.0, 1.0, generator=generator).max() <= 1), True, "whether the result stays below 1");  # fmt: skip

# %% [markdown]
# <details><summary>Contrast changes the mean of the picture</summary>
#
# A question: which pixel value must contrast leave where it is?
# </details>
# <details><summary>All pictures change alike, or each pixel by itself</summary>
#
# A pointer: the shape of the factors, (N, 1, 1, 1), says who shares one.
# </details>
# <details><summary>Pictures become black with a large strength</summary>
#
# The shape of the answer: a small helper that draws N factors for a strength, with 0 as the least lower end; two calls of it; multiply; stretch about the mean of each picture; clamp.
# </details>

# %% [markdown]
# Your three functions, one after the other, on one arrow. Would you still call all of these arrows?

# %% tags=["experiment"]
generator = torch.Generator().manual_seed(1)
arrow = (near[near_labels == 0][:1] * 0.25 + 0.5).clamp(0, 1)
copies = arrow.expand(16, -1, -1, -1)
copies = color_jitter(
    random_resized_crop(random_flip(copies, generator=generator), 32, generator=generator),
    0.4,
    0.4,
    generator=generator,
)
kit.plots.images(torch.cat([arrow, copies[:15]]), titles=["the picture"] + [""] * 15)

# %% [markdown]
# ## 7.6 Small pictures first
#
# A convolution has no fixed input size, and global pooling takes maps of any size. So begin with small pictures, which cost less, and end with large ones, which show more. This is **progressive resizing**.

# %% tags=["experiment"]
kit.plots.grids(
    torch.tensor([16, 16, 24, 24, 24, 32, 32, 32]),
    torch.tensor([256, 256, 576, 576, 576, 1024, 1024, 1024]),
    titles=["size in each of 8 epochs", "pixels of a picture"],
)

# %% [markdown]
# *Figure 11. Three sizes in eight epochs: 8 = 3 · 2 + 2, so each lasts two epochs, and the last two sizes one more. In sum 2 · 256 + 3 · 576 + 3 · 1024 = 5312 pixels a picture, against 8 · 1024 = 8192 at full size: 65 % of the arithmetic.*
#
# ### Exercise 7.6 `resize_schedule`
# *easy · 10 minutes · 2 points · later: lesson 9, if time is short*


# %% exercise="resize_schedule"
def resize_schedule(sizes: list[int], epochs: int) -> list[int]:
    """The size of the pictures in each epoch: from the first size to the last, each for about equally many epochs.

    sizes: not empty, never falling; not changed.  epochs: how many in all.
    Each size lasts epochs // len(sizes) epochs, or one more; the ones that last longer are the last ones.
    Returns a list of length epochs.  Raises ValueError, with a number in the message, if epochs < len(sizes).
    Example: resize_schedule([16, 24, 32], 8)
             gives [16, 16, 24, 24, 24, 32, 32, 32].
    Source: https://docs.fast.ai/callback.training.html, and Howard's DAWNBench entries of 2018
    """
    raise NotImplementedError("resize_schedule: exercise 7.6")


# %% check="resize_schedule"
check(resize_schedule([16, 24, 32], 8), [16, 16, 24, 24, 24, 32, 32, 32], "resize_schedule([16, 24, 32], 8)")
check(resize_schedule([16, 32], 4), [16, 16, 32, 32], "resize_schedule([16, 32], 4)")
check(resize_schedule([8, 16, 24], 4), [8, 16, 24, 24], "resize_schedule([8, 16, 24], 4)")
check_raises(ValueError, resize_schedule, [16, 24, 32], 2, mentions=(2, 3));  # fmt: skip

# %% [markdown]
# <details><summary>The list is too short or too long</summary>
#
# A question: what do `8 // 3` and `8 % 3` tell you about figure 11?
# </details>
# <details><summary>The first sizes last longer</summary>
#
# A pointer: which places in the list are the last r of n?
# </details>
# <details><summary>The sizes come mixed</summary>
#
# The shape of the answer: `divmod`; how often each size occurs; each size that many times, in the order of the list.
# </details>

# %% [markdown]
# ## 7.7 Which way, when?
#
# Two questions decide: how many pictures do you have, and are they like those of the source?

# %% tags=["experiment"]
figure = kit.plots.Figure(figsize=(6.4, 2.6), layout="constrained")
ax = figure.subplots()
answers = [["head", "last_layers"], ["all", "scratch"]]
for row in range(2):
    for column in range(2):
        ax.text(
            column + 0.5, row + 0.5, answers[row][column], ha="center", va="center", fontsize=13, family="monospace"
        )
ax.set(xlim=(0, 2), ylim=(2, 0), xticks=[0.5, 1.5], yticks=[0.5, 1.5])
ax.set_xticklabels(["like the source", "of another kind"])
ax.set_yticklabels(["up to 10 000 pictures", "100 000 and more"])
ax.tick_params(length=0)
ax.axhline(1, color="0.6")
ax.axvline(1, color="0.6")
figure

# %% [markdown]
# *Figure 12. Few pictures like the source: a new head, the rest frozen. Few of another kind: the last layers too, which are the specific ones. Many like the source: everything, at small rates. Many of another kind: from scratch, or start from the old weights all the same, which seldom harms.*
#
# The limits are rules of thumb for networks of ResNet's size. Between them both rows are defensible.
#
# ### Exercise 7.7 `strategy`
# *easy · 5 minutes · 1 point · later: the first decision of lesson 9*


# %% exercise="strategy"
def strategy(images: int, similar: bool) -> str:
    """What to train, by the number of pictures and whether they are like those of the source.

    Up to 10 000 pictures: "head" if similar, else "last_layers".  From 100 000 on: "all" if similar, else "scratch".
    In between any of the four will do.
    Example: strategy(200, similar=True)
             gives "head".
    Source: Yosinski et al. 2014, https://arxiv.org/abs/1411.1792; https://cs231n.github.io/transfer-learning/
    """
    raise NotImplementedError("strategy: exercise 7.7")


# %% check="strategy"
check(strategy(200, similar=True), "head", "strategy(200, similar=True)")
check(strategy(1_000_000, similar=False), "scratch", "strategy(1_000_000, similar=False)");  # fmt: skip

# %% [markdown]
# <details><summary>I do not see why fewer pictures mean less training</summary>
#
# A question: how many weights does each of the four ways train, and how many pictures are there for each weight?
# </details>
# <details><summary>Which of the limits belongs to which row?</summary>
#
# A pointer: 10 000 itself is few, 100 000 itself is many.
# </details>
# <details><summary>Two of four are wrong</summary>
#
# The shape of the answer: one condition on the number, one on the likeness, four words exactly as in figure 12.
# </details>

# %% [markdown]
# ### Question 7.7 `what_transfers`
# *15 minutes · 3 points, graded by hand*
#
# 1. Which layers of the backbone are general, and which are specific? Use two numbers from figure 2, and say why edges would be the general ones.
# 2. Why does the last stage help more on the near target than on the far one? What would you do about it on the far one?
# 3. Name a case in which you would not transfer, or in which you would expect little from it, and say why.

# %% [markdown] exercise="what_transfers"
# *Write your answer here.*

# %% [markdown]
# ## 7.8 Three hundred digits
#
# Now all of it. You get the trained backbone, three hundred coloured digits, thirty of each, and a few CPU seconds.
#
# What to expect of three hundred digits: from scratch about one in six new digits is named rightly, with a new head on the frozen backbone two in five, with everything trained about two in three.
#
# ### Exercise 7.8 `fine_tune`
# *medium · 40 minutes · 6 points · later: lesson 9 asks for it on your own pictures*


# %% exercise="fine_tune"
def fine_tune(
    backbone: nn.Module, images: Tensor, labels: Tensor, *, seed: int, budget: float, device: str
) -> nn.Module:
    """Make a classifier of a trained backbone and a few pictures, within a budget of CPU seconds.

    backbone: from (N, 3, H, W) to (N, F) features; F is found by running it. It arrives with all weights trainable and
    in train mode, and may be changed in place.
    images: (N, 3, H, W) float32, normalised as the kit gives them.  labels: (N,) int64, 0 to K - 1, each occurs.
    seed: decides the new weights; the same seed starts from the same ones.  device: a string, where it all runs.
    budget: CPU seconds of this process, by time.process_time(); at twice the budget the result does not count.
    Returns an nn.Module that takes such images and gives logits (N, K).
    Graded: the share of new pictures that are named rightly, against a network trained from scratch; points at 0.25 and 0.46.
    Hidden pictures show other digits, in other colours and places.
    Example: fine_tune(kit.transfer.backbone(), images, labels, seed=0, budget=8.0, device="cpu")
             names about 65 in 100 new digits rightly.
    Source: Howard and Ruder 2018, https://arxiv.org/abs/1801.06146
    """
    raise NotImplementedError("fine_tune: exercise 7.8")


# %% check="fine_tune"
few_digits, few_labels = kit.transfer.digits(300, seed=5)
torch.manual_seed(1)
begun = time.process_time()
tuned = fine_tune(kit.transfer.backbone(), few_digits, few_labels, seed=0, budget=2.0, device="cpu")
seconds = time.process_time() - begun
check(tuple(tuned(few_digits[:12]).shape), (12, 10), "the shape of the logits of 12 pictures")
check(seconds < 2.6, True, f"whether a budget of 2 CPU seconds is kept (it took {seconds:.1f})")
known = kit.train.accuracy(tuned, few_digits, few_labels)
check(known > 0.25, True, f"whether it knows a quarter of its training pictures after 2 seconds ({100 * known:.0f} % are right)");  # fmt: skip

# %% [markdown]
# <details><summary>It is no better than a network from scratch</summary>
#
# A question: are the backbone's weights still those you were given when training starts? And is the rate so large that the first ten steps wipe them out?
# </details>
# <details><summary>The training pictures are right, new ones are not</summary>
#
# A pointer: a head alone gets about 0.40 here. Which layers have to change for digits, and what could you do to the pictures between epochs? Mind that they are normalised: the functions of 7.5 want [0, 1].
# </details>
# <details><summary>The budget is not kept, or ends too early</summary>
#
# The shape of the answer: note `time.process_time()` at the start; a seed; a head for F features; groups with a smaller rate for the backbone; steps in batches of 32, each with a rate that rises and falls with the time spent; return before the budget is over.
# </details>

# %% [markdown]
# Three ways to learn the same three hundred digits, on new ones. The bars are of one run; yours depends on the seed.

# %% tags=["experiment"]
digits, digit_labels = kit.transfer.digits(300, seed=5)
new_digits, new_labels = kit.transfer.digits(500, seed=5, split="test")
scores = {}
for name, kept in (("from scratch", 0), ("frozen backbone, new head", 4)):
    net = grow(kit.transfer.backbone(), kept, 10, seed=5)
    train_rest(net, kept, digits, digit_labels, epochs=20, lr=0.02 if kept else 0.008)
    scores[name] = 100 * kit.train.accuracy(net, new_digits, new_labels)
tuned = fine_tune(kit.transfer.backbone(), digits, digit_labels, seed=5, budget=8.0, device="cpu")
scores["your fine_tune"] = 100 * kit.train.accuracy(tuned, new_digits, new_labels)
kit.plots.bars(scores, xlabel="% of new digits right, after 300 examples")

# %% [markdown]
# ### The real thing
#
# With ResNet-18's published weights on this machine (and best a GPU), the same experiment runs on photographs: features of a network that has seen 1.28 million pictures, and a head that is trained in seconds. Without the file, the cell says so.

# %% tags=["experiment"]
if kit.transfer.has_resnet18():
    photos, photo_labels = kit.data.load("cifar10", n=1000)
    new_photos, new_photo_labels = kit.data.load("cifar10", split="test", n=1000)
    mean, deviation = (torch.tensor(v).view(1, 3, 1, 1) for v in (kit.vgg.MEAN, kit.vgg.DEVIATION))
    device = "cuda" if torch.cuda.is_available() else "cpu"
    resnet = kit.transfer.resnet18()
    resnet.fc = nn.Identity()
    resnet = resnet.to(device)

    def features_of(pictures: Tensor) -> Tensor:
        """512 features a picture, enlarged to 112 pixels and normalised as ResNet-18 was trained."""
        parts = []
        for batch in pictures.split(100):
            batch = (F.interpolate(batch * 0.25 + 0.5, size=112, mode="bilinear") - mean) / deviation
            parts.append(cache_features(resnet, batch.to(device)).cpu())
        return torch.cat(parts)

    head = nn.Linear(512, 10)
    kit.train.fit(head, features_of(photos), photo_labels, epochs=30, lr=0.003)
    share = kit.train.accuracy(head, features_of(new_photos), new_photo_labels)
    print(f"A new head on ResNet-18's features, {len(photos)} pictures: {100 * share:.0f} % of new ones right")
else:
    print(f"{kit.transfer.RESNET18} is not on this machine; coursekit.transfer says where it is looked for.")

# %% [markdown]
# **The answer.** Keep the early layers always, the late ones if your pictures are like the source, and never the head. *Hire experienced, train for the job*: a new head first, then the last layers, slowly. And what is frozen must stand in eval mode, or batch norm will go on learning behind your back.
