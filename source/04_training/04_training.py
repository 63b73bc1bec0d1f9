# %% [markdown]
# # Does it beat the dense network, and how do you know?
#
# A network is only half of the answer; the other half is a loop that you can trust. Here you write one from its parts: the loss by hand, one step on paper, a measurement that leaves no trace, the best model in a file. Then you race a convolutional network against a dense one, with everything else equal, and find out what the convolutions were good for.

# %% [markdown]
# **How this notebook works**
#
# - Run the cells from top to bottom with Shift + Enter. The figures of 4.8 and 4.9 take up to a minute each.
# - An *exercise* is one cell. Replace its last line, `raise NotImplementedError(...)`; keep the name and the arguments. Helper functions may stand in the same cell.
# - The cell below is a *visible check*. It prints `ok`, or says what differs. It knows a few cases only.
# - *Hidden tests* try many more cases after you hand in, and they make the grade. The docstring says what they may ask for.
# - Stuck? Each exercise has three *hints*. Open the one whose title is your symptom.
# - Before you hand in, restart the kernel and run all cells.

# %% [markdown]
# **What is not allowed.** In the exercise `cross_entropy`, torch's own: `F.cross_entropy`, `F.nll_loss`, `log_softmax`, and the layers of these names. Everywhere else all of torch is yours.
#
# **Letters.** A batch has N pictures and K classes. **Logits** are N rows of K numbers, any real numbers, the larger the likelier. A **loader** is anything that a `for` loop gets pairs `(x, y)` from: a list, a `DataLoader`, a generator that can be used once.

# %% tags=["setup"]
import math
import os
import tempfile
import time
from collections.abc import Callable, Iterable
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.utils.data import DataLoader, TensorDataset

import coursekit as kit
from coursekit import check, check_raises

# %% [markdown]
# ## 4.1 Pictures as numbers
#
# A picture file holds bytes, 0 to 255. A network likes numbers near 0 on both sides: with inputs that are all positive, each picture pushes all weights of a unit up, or all of them down.

# %% tags=["experiment"]
kit.plots.grids(
    torch.tensor([[0.0, 51, 255]]),
    torch.tensor([[0.0, 0.2, 1]]),
    torch.tensor([[-1.0, -0.6, 1]]),
    titles=["bytes", "/ 255", "· 2 − 1"],
    highlight=[[(0, 1)], [(0, 1)], [(0, 1)]],
)

# %% [markdown]
# *Figure 1. 51 / 255 = 0.2, and 0.2 · 2 − 1 = −0.6.*
#
# ```
# bytes:  x / 255 · 2 − 1          floats in [0, 1]:  x · 2 − 1
# ```
#
# The numbers 255, 2 and 1 are the same for every picture. If you stretched each picture to its own darkest and brightest pixel, night would look like day. And ask for the dtype, not for the values: a dark picture of bytes may hold nothing above 1.
#
# ### Exercise 4.1 `normalise`
# *easy · 5 minutes · 1 point · later: the first thing that happens to every picture*


# %% exercise="normalise"
def normalise(images: Tensor) -> Tensor:
    """Pictures as floats in [-1, 1].

    images: any shape; uint8 from 0 to 255, or float32 or float64 in [0, 1], whatever the values are. Not changed.
    Returns float32 for uint8, and the dtype of images for floats.
    Example: images = [0, 51, 255] of dtype uint8
             gives [-1, -0.6, 1], and so does [0, 0.2, 1] of dtype float32.
    Source: LeCun et al. 1998, Efficient BackProp, section 4.3, http://yann.lecun.com/exdb/publis/pdf/lecun-98b.pdf
    """
    raise NotImplementedError("normalise: exercise 4.1")


# %% check="normalise"
expected = torch.tensor([[[[-1.0, -0.6, 1]]]])
check(normalise(torch.tensor([[[[0, 51, 255]]]], dtype=torch.uint8)), expected, "normalise of the bytes 0, 51, 255")
check(normalise(torch.tensor([[[[0, 0.2, 1]]]])), expected, "normalise of the floats 0, 0.2, 1")
dark = torch.tensor([[[[0, 1]]]], dtype=torch.uint8)
check(normalise(dark), torch.tensor([[[[-1.0, -0.9921569]]]]), "normalise of the bytes 0, 1");  # fmt: skip

# %% [markdown]
# <details><summary>Everything is near −1, or far above 1</summary>
#
# A question: which of the two kinds of pictures is divided by 255, and is it so in your code for both?
# </details>
# <details><summary>Right for floats, strange or wrapped numbers for bytes</summary>
#
# A pointer: arithmetic on uint8 stays uint8: 200 · 2 is 144. When does your picture become a float?
# </details>
# <details><summary>The pictures that I gave have changed</summary>
#
# The shape of the answer: one `if` on the dtype, then one line that makes a new tensor. `*=` and functions that end in `_` write into the old one.
# </details>

# %% [markdown]
# ## 4.2 A loss by hand
#
# The network says 2, 1, 0 for three classes. How wrong is that? Turn the logits into probabilities: take the exponential of each and divide by their sum. This is the **softmax**.

# %% tags=["experiment"]
z = torch.tensor([2.0, 1, 0])
kit.plots.grids(
    z, z.exp(), z.softmax(0), -z.log_softmax(0), titles=["logits", "exp", "softmax", "−log"], highlight=[[], [], [(0, 0)], [(0, 0)]]
)  # fmt: skip

# %% [markdown]
# *Figure 2. e² + e¹ + e⁰ = 7.389 + 2.718 + 1 = 11.107, and 7.389 / 11.107 = 0.665. If class 0 is right, the loss is −log 0.665 = 0.408; if class 2 is, 2.408.*
#
# **Cross-entropy** is minus the logarithm of the probability of the right class, averaged over the pictures of the batch. Being sure and right costs 0. Being sure and wrong costs as much as you were sure: there is no limit. Guessing among K classes costs log K, 2.303 for ten; a network that has not learned yet should start near that.
#
# ```
# loss = mean over the pictures of  −log softmax(logits)[right class]  =  mean of  log(Σ exp(logits)) − logit[right class]
# ```
#
# **Large logits.** exp(89) is too large for float32, and ∞ / ∞ is nan. But softmax only sees differences: 1002, 1001, 1000 has the same loss as 2, 1, 0. So subtract the largest logit of each row first. And do not take the softmax and then its log: a probability of 10⁻⁵⁰ becomes 0 in float32, its log −∞. Adding 10⁻⁸ inside the log hides the accident: the loss stops at 18.4, and no gradient comes back from the worst mistakes.
#
# ### Exercise 4.2a `cross_entropy`
# *medium · 20 minutes · 3 points · later: the loss of every classifier in this course*


# %% exercise="cross_entropy"
def cross_entropy(logits: Tensor, targets: Tensor) -> Tensor:
    """The mean over the pictures of minus the log of the softmax at the right class.

    logits: (N, K), float32 or float64, N and K from 1 on, finite, also 10000 and -10000.  targets: (N,) int64, 0 to K - 1.
    Returns one number, a tensor without axes, in the dtype of logits; autograd reaches logits. Nothing is changed.
    Not allowed: torch's cross_entropy, nll_loss, log_softmax. (logsumexp is.)
    Example: logits = [[2, 1, 0]], targets = [0]
             gives 0.4076; the gradient is [[-0.3348, 0.2447, 0.0900]].
    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.CrossEntropyLoss.html
    """
    raise NotImplementedError("cross_entropy: exercise 4.2a")


# %% check="cross_entropy"
z = torch.tensor([[2.0, 1, 0], [2, 1, 0]])
check(cross_entropy(z[:1], torch.tensor([0])), torch.tensor(0.40761), "cross_entropy of 2, 1, 0, class 0 being right")
check(cross_entropy(z, torch.tensor([0, 2])), torch.tensor(1.40761), "the mean for the right classes 0 and 2")
check(cross_entropy(z[:1] + 1000, torch.tensor([0])), torch.tensor(0.40761), "cross_entropy of 1002, 1001, 1000")
check(
    cross_entropy(torch.tensor([[0.0, 10000]]), torch.tensor([0])),
    torch.tensor(10000.0),
    "cross_entropy of 0, 10000, class 0 being right",
)
z = torch.tensor([[2.0, 1, 0]], dtype=torch.float64, requires_grad=True)
(gradient,) = torch.autograd.grad(cross_entropy(z, torch.tensor([0])), z)
check(gradient, torch.tensor([[-0.33475904, 0.24472847, 0.09003057]], dtype=torch.float64), "the gradient in the example", tolerance=1e-7);  # fmt: skip

# %% [markdown]
# <details><summary>nan or inf for large logits</summary>
#
# A question: what is the largest number whose exponential you take? What would have to be subtracted so that it is 0?
# </details>
# <details><summary>Right for one picture, wrong for two</summary>
#
# A pointer: along which axis do the classes of one picture lie? And how many numbers does the mean at the end average: N, or N · K?
# </details>
# <details><summary>I do not know how to take the right class of each row</summary>
#
# The shape of the answer: two terms for each row, log(Σ exp) and one logit; `gather`, or two lists of indices (rows and classes), takes the logit; then a mean.
# </details>

# %% [markdown]
# The loss is what you climb down; nobody can imagine 0.41. **Accuracy** is what you tell people: the share of the pictures whose largest logit stands at the right class. For 3 right ones of 4 it is 3 / 4 = 0.75. It has no slope, since a small step changes no answer, so nobody climbs down accuracy.
#
# ### Exercise 4.2b `accuracy`
# *easy · 5 minutes · 1 point · later: the number under every table*


# %% exercise="accuracy"
def accuracy(logits: Tensor, targets: Tensor) -> float:
    """The share of pictures whose largest logit is that of the right class.

    logits: (N, K) float, N and K from 1 on.  targets: (N,) int64, possibly all the same.
    Returns a Python float, 0 to 1.
    Example: logits = [[2, 1, 0], [0, 3, 1], [5, 4, 4]], targets = [0, 1, 2]
             gives 0.6667.
    Source: https://en.wikipedia.org/wiki/Accuracy_and_precision#In_classification
    """
    raise NotImplementedError("accuracy: exercise 4.2b")


# %% check="accuracy"
z = torch.tensor([[2.0, 1, 0], [0, 3, 1], [5, 4, 4]])
check(accuracy(z, torch.tensor([0, 1, 2])), 2 / 3, "accuracy in the example", tolerance=1e-6)
check(accuracy(z[:1], torch.tensor([0])), 1.0, "accuracy for one picture that is right");  # fmt: skip

# %% [markdown]
# <details><summary>An error about sizes, or a number that makes no sense</summary>
#
# A question: logits have N rows and K columns. Along which of the two do you look for the largest?
# </details>
# <details><summary>Always 0, although the answers look right</summary>
#
# A pointer: the largest logit is a float such as 2.0; the class is its place.
# </details>
# <details><summary>"is a tensor of shape ()"</summary>
#
# The shape of the answer: compare N places with N targets, count, divide by N. `.item()` turns a tensor with one number into a Python number.
# </details>

# %% [markdown]
# ## 4.3 One step, and many
#
# The gradient of the loss with respect to the logits is short: **softmax − 1 at the right class**, divided by N. For 2, 1, 0 and class 0 that is −0.335, 0.245, 0.090: up with the right one, down with the others, the more the surer they were. One step of size 1 downhill:

# %% tags=["experiment"]
z = torch.tensor([2.0, 1, 0])
gradient = z.softmax(0) - torch.tensor([1.0, 0, 0])
after = z - gradient
kit.plots.grids(
    z, gradient, after, titles=["logits, loss 0.41", "gradient", "one step later: 0.26"], highlight=[[(0, 0)], [(0, 0)], [(0, 0)]]
)  # fmt: skip

# %% [markdown]
# *Figure 3. 2 − (−0.335) = 2.335. The softmax of 2.335, 0.755, −0.090 gives class 0 the probability 0.772: the loss has fallen from 0.408 to 0.258.*
#
# Torch does the same for weights. An epoch is one pass over all pictures, and for each batch:
#
# ```
# z = model(x)  →  loss_fn(z, y)  →  optimizer.zero_grad()  →  loss.backward()  →  optimizer.step()
#                                    forgets old gradients     fills .grad         moves the weights
# ```
#
# `backward` *adds* to `.grad`. If nobody forgets, the gradients of old batches push on; if you forget between backward and step, nothing moves. The model must be in **train mode**: dropout and batch norm behave differently there.
#
# What does an epoch report? The mean loss *per picture*. Take batches of 4, 4 and 1 pictures with mean losses 1, 1 and 10. The mean of the three is 4, but the last number belongs to a single picture: (4 · 1 + 4 · 1 + 1 · 10) / 9 = 2. And it should add up numbers, not tensors: a loss that requires a gradient keeps everything that made it in memory.
#
# ### Exercise 4.3 `train_epoch`
# *medium · 20 minutes · 4 points · later: you will write these lines in every project*


# %% exercise="train_epoch"
def train_epoch(model: nn.Module, loader: Iterable, optimizer: torch.optim.Optimizer, loss_fn: Callable) -> float:
    """Train for one pass over the loader: one step a batch. Return the mean loss per picture.

    loader: gives pairs (x, y) on the model's device; it may have no length, and be usable only once. Batches may differ
    in size.  optimizer: holds the model's parameters.  loss_fn(model(x), y): the mean over the batch, a tensor.
    All parts of the model are in train mode meanwhile (afterwards: as you like). Gradients that lie in .grad before do
    not count. The loss of a batch is taken before its step and weighs len(y). No batch's graph is kept.
    Returns a Python float.
    Example: batches of 4, 4 and 1 pictures with losses 1, 1 and 10
             give 2.0.
    Source: https://docs.pytorch.org/tutorials/beginner/basics/optimization_tutorial.html
    """
    raise NotImplementedError("train_epoch: exercise 4.3")


# %% check="train_epoch"
model = nn.Linear(1, 1, bias=False)
nn.init.ones_(model.weight)
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
pairs = [(torch.tensor([[1.0], [1]]), torch.tensor([[0.0], [0]])), (torch.tensor([[2.0]]), torch.tensor([[0.0]]))]
# By hand: loss 1, gradient 2, weight 1 - 0.2 = 0.8; loss (2 · 0.8)² = 2.56, gradient 6.4, weight 0.8 - 0.64 = 0.16.
check(
    train_epoch(model.eval(), pairs, optimizer, F.mse_loss),
    (2 * 1 + 2.56) / 3,
    "the mean loss over batches of 2 and 1",
    tolerance=1e-6,
)
check(model.weight.detach(), torch.tensor([[0.16]]), "the weight after the epoch")
check(model.training, True, "whether the model was put into train mode")
train_epoch(model, iter(pairs), optimizer, F.mse_loss)
check(model.weight.detach(), torch.tensor([[0.0256]]), "the weight after a second epoch, from a loader without length");  # fmt: skip

# %% [markdown]
# <details><summary>The weight does not move, or moves too far</summary>
#
# A question: in which order do backward, step and zero_grad stand, and what is in `.grad` at the moment of the step?
# </details>
# <details><summary>The weights are right, the loss is not</summary>
#
# A pointer: the last batch is shorter. By what do you multiply each batch's loss, and by what do you divide in the end?
# </details>
# <details><summary>Memory grows, or "object of type generator has no len()"</summary>
#
# The shape of the answer: train mode; two sums that start at 0, of losses and of pictures; a loop with the five stations of the text; `.item()` where the loss joins the sum.
# </details>

# %% [markdown]
# Your loop on handwritten digits: the first 1000 to learn from, 500 to look at. One network, three learning rates. Which is too small, which too large?

# %% tags=["experiment"]
digits, digit_labels = kit.data.digits()
learn, look = TensorDataset(digits[:1000], digit_labels[:1000]), TensorDataset(digits[1000:], digit_labels[1000:])


def small_net(seed: int = 0, dropout: float = 0.0) -> nn.Module:
    torch.manual_seed(seed)
    return nn.Sequential(nn.Flatten(), nn.Linear(64, 64), nn.ReLU(), nn.Dropout(dropout), nn.Linear(64, 10))


losses = {}
for rate in (0.003, 0.1, 3.0):
    model = small_net()
    optimizer = torch.optim.SGD(model.parameters(), lr=rate)
    loader = DataLoader(learn, batch_size=50, shuffle=True, generator=torch.Generator().manual_seed(0))
    losses[f"rate {rate}"] = [train_epoch(model, loader, optimizer, F.cross_entropy) for _ in range(12)]
figure = kit.plots.curves(losses, xlabel="epoch", ylabel="mean training loss")
figure.axes[0].set_yscale("log")
figure.axes[0].set_yticks([0.1, 0.2, 0.5, 1, 2, 5], labels=["0.1", "0.2", "0.5", "1", "2", "5"])
figure.axes[0].axhline(math.log(10), color="0.5", linewidth=1)
figure.axes[0].text(12, math.log(10) * 1.25, "guessing: log 10", ha="right", color="0.3")
figure

# %% [markdown]
# *Figure 4. The grey line is the loss of a network that gives each class the same probability. One rate has hardly left it after twelve epochs. Another leaps above it and then lies on it for good: one of its first steps was so long that hardly a ReLU lets anything through any more, and every picture gets the same answer.*
#
# The plain step, SGD, multiplies the gradient by one rate for all weights. **Adam** divides by the gradient's recent size, weight by weight, so that rare and small gradients count too. **AdamW** also pulls every weight a little towards 0 at each step; this *weight decay* keeps a network from leaning on a few pixels. AdamW at 0.001 is a fair first try; only trying tells more.
#
# ## 4.4 Measure, and leave no trace
#
# **Dropout** sets half of a layer's numbers to 0 at random while training, another half each time, and doubles the rest: 4, 0, 2, 6 may become 8, 0, 0, 12. The sum is the same on average. No unit can rely on a particular neighbour, which helps against learning by heart. But when it counts, nobody wants dice: in **eval mode** dropout does nothing, and batch norm uses its running statistics. Ask the same network about one digit, eight times in each mode:

# %% tags=["experiment"]
model = small_net(dropout=0.5)
optimizer = torch.optim.AdamW(model.parameters(), lr=0.003)
for _ in range(3):
    train_epoch(model, DataLoader(learn, batch_size=50, shuffle=True), optimizer, F.cross_entropy)
unsure = model.eval()(digits[1000:]).softmax(1).max(1).values.sub(0.5).abs().argmin() + 1000
answers = {}
for mode in ("train", "eval"):
    model.train(mode == "train")
    answers[f"{mode} mode"] = [model(digits[unsure][None]).softmax(1)[0, digit_labels[unsure]].item() for _ in range(8)]
figure = kit.plots.curves(answers, xlabel="asked for the n-th time", ylabel="probability of the right class")
figure.axes[0].set_ylim(0, 1)
figure

# %% [markdown]
# *Figure 5. The same picture, the same weights. In train mode the answer depends on the dice.*
#
# So a measurement goes: eval mode, no gradients (`with torch.no_grad():`), add up over pictures, and **put every mode back as it was**. Not "back to train mode": somebody may have frozen a part of the network in eval mode, and that part must not wake up. `model.modules()` goes through all parts, each of which has its own `training` flag.
#
# With the batches of 4.3, accuracy too must be a mean over pictures: 4 of 4, 4 of 4 and 0 of 1 right is 8 / 9 = 0.89, not (1 + 1 + 0) / 3 = 0.67.
#
# ### Exercise 4.4a `evaluate`
# *medium · 15 minutes · 3 points · later: after every epoch*


# %% exercise="evaluate"
def evaluate(model: nn.Module, loader: Iterable) -> tuple[float, float]:
    """Mean cross-entropy per picture, and accuracy. The model answers in eval mode, without gradients.

    loader: as in train_epoch; x on the model's device, y (n,) int64.  F.cross_entropy is allowed here.
    Afterwards each submodule is in the mode that it was in; weights, running statistics, every .grad and requires_grad
    are as before. Works on models whose parameters are frozen.
    Returns (loss, accuracy): two Python floats, the second 0 to 1.
    Example: a model that is right for 4 of 4, 4 of 4 and 0 of 1 pictures
             has accuracy 0.8889.
    Source: https://docs.pytorch.org/docs/stable/notes/autograd.html#evaluation-mode-nn-module-eval
    """
    raise NotImplementedError("evaluate: exercise 4.4a")


# %% check="evaluate"
model = nn.Sequential(nn.Linear(2, 2, bias=False), nn.Sequential(nn.Dropout(0.5)))
with torch.no_grad():
    model[0].weight.copy_(torch.eye(2))
model.train()
model[1].eval()
right, wrong = torch.tensor([[2.0, 0]]), torch.tensor([[0.0, 2]])
pairs = [(right.repeat(4, 1), torch.zeros(4, dtype=torch.int64)), (wrong, torch.tensor([0]))]
found = evaluate(model, pairs)
check(
    found,
    ((4 * 0.1269280 + 2.1269280) / 5, 0.8),
    "(loss, accuracy) of 4 right pictures and a wrong one",
    tolerance=1e-6,
)
check([part.training for part in model.modules()], [True, True, False, False], "the modes of the four parts afterwards")
model[1].train()
check(evaluate(model, iter(pairs)), found, "(loss, accuracy) of the same model in train mode, without a length", tolerance=1e-6);  # fmt: skip

# %% [markdown]
# <details><summary>Another result each time I call it</summary>
#
# A question: in which mode is each part of the model while it answers?
# </details>
# <details><summary>The modes afterwards are wrong</summary>
#
# A pointer: `model.train()` and `model.train(mode)` set *all* parts. Where could you note the flag of each part before you touch it?
# </details>
# <details><summary>Right for equal batches, wrong for a short last one</summary>
#
# The shape of the answer: note the modes; eval; without gradients, three sums over the batches (loss, right ones, pictures), `reduction="sum"` or a factor len(y); put the modes back; two divisions.
# </details>

# %% [markdown]
# For new pictures there are no labels, only a question: which class? The helper that answers it is what other people will call, so it must be hard to use wrongly: any number of pictures, also none, and never more of them in memory than the machine can bear.
#
# ### Exercise 4.4b `predict`
# *easy · 10 minutes · 2 points · later: your network at work*


# %% exercise="predict"
def predict(model: nn.Module, images: Tensor, batch_size: int = 256) -> Tensor:
    """The most likely class of each picture, in order.

    images: (N, ...), N from 0 on.  The model gets at most batch_size of them at once, on its own device, in eval mode
    and without gradients; with N = 0 it is not called. Afterwards each submodule is in the mode that it was in.
    Returns (N,) int64 on the cpu.
    Example: predict(model, images[:0]) gives tensor([], dtype=torch.int64).
    Source: https://docs.pytorch.org/docs/stable/generated/torch.no_grad.html
    """
    raise NotImplementedError("predict: exercise 4.4b")


# %% check="predict"
model = nn.Sequential(nn.Identity(), nn.Dropout(0.5)).train()
z = torch.tensor([[0.0, 3, 1], [2, 0, 1], [0, 1, 5], [4, 1, 0], [0, 9, 0]])
check(predict(model, z, 2), torch.tensor([1, 0, 2, 0, 1]), "predict for five pictures in batches of 2")
check(predict(model, z), torch.tensor([1, 0, 2, 0, 1]), "predict for five pictures at once")
check(predict(model, z[:0]), torch.tensor([], dtype=torch.int64), "predict for no pictures")
check(model.training and model[1].training, True, "whether the model is in train mode afterwards, as before");  # fmt: skip

# %% [markdown]
# <details><summary>Some answers are missing</summary>
#
# A question: how many batches do 5 pictures make, 2 at a time? What does a slice do that reaches beyond the end?
# </details>
# <details><summary>An error with no pictures</summary>
#
# A pointer: `torch.cat` of an empty list fails. What could stand there from the start, before the first batch?
# </details>
# <details><summary>Other answers in train mode, or the mode is not put back</summary>
#
# The shape of the answer: the frame of `evaluate`; inside, a loop over starts 0, batch_size, 2 · batch_size …, an argmax for each slice, all joined at the end.
# </details>

# %% [markdown]
# Digits that a small network got wrong; above each its answer.

# %% tags=["experiment"]
test_digits, test_labels = kit.data.digits("test")
model = small_net()
optimizer = torch.optim.AdamW(model.parameters(), lr=0.003)
for _ in range(10):
    train_epoch(model, DataLoader(learn, batch_size=50, shuffle=True), optimizer, F.cross_entropy)
guesses = predict(model, test_digits)
wrong = (guesses != test_labels).nonzero().flatten()[:8]
kit.plots.images(test_digits[wrong] * 0.37 + 0.3, titles=[f"{guesses[i]}, not {test_labels[i]}" for i in wrong])

# %% [markdown]
# ## 4.5 The best, not the last
#
# On its training pictures the network gets better and better, on new ones it does not. After a while it learns its pictures by heart, and accuracy on others wobbles or falls. So look at pictures that it does not learn from, after each epoch, and keep the weights of the best one.

# %% tags=["experiment"]
scores = torch.tensor([0.5, 0.7, 0.9, 0.6, 0.8])
kit.plots.grids(
    scores,
    torch.tensor([1.0, 2, 3, 3, 3]),
    titles=["score after each epoch", "epoch whose weights are in the file"],
    highlight=[[(0, 2)], [(0, 2), (0, 3), (0, 4)]],
)

# %% [markdown]
# *Figure 6. From the third epoch on the file stays as it is: 0.6 and 0.8 are not above 0.9.*
#
# Three traps:
#
# - **By value.** `model.state_dict()` does not copy. Its tensors are the model's own and change with the next step; keep it in a variable, and the "best" weights are the last ones. A file, or a clone of each tensor, is safe.
# - **NaN.** A training that blows up gives nan, and every comparison with nan is false: `not score <= best` would let it win, and once it is the best, nothing is ever larger. Ask `math.isnan`.
# - **Half a file.** If the disk is full in the middle of writing, the old best is destroyed and the new one is not there. Write under another name in the same folder, then rename with `os.replace`: whoever looks finds the old file or the new one, never a part. If something fails, remove the unfinished file and let the error go on.
#
# A saved *model* holds code that runs when it is opened; a state dict holds tensors only, so `torch.load(path, weights_only=True)` reads it without risk.
#
# **Which pictures choose?** Not the test pictures. Whoever picks the best of forty epochs by their test score reports a lucky number. Keep some of the training pictures aside for choosing (the **validation** set), and look at the test pictures once, at the end.
#
# ### Exercise 4.5 `BestCheckpoint`
# *hard · 30 minutes · 4 points · later: every training that takes longer than your patience*


# %% exercise="BestCheckpoint"
class BestCheckpoint:
    """Keeps the best model so far in a file.

    path: str or Path; its folder exists. A new object starts afresh: a file of an earlier run is never read, and stays
    until the first best model replaces it.
    update(model, score): True if this score is the best so far, and then the file holds the model's state dict (alone or
    inside a dict), readable by torch.load(path, weights_only=True); else False. Higher is better; an equal score is not
    better; NaN is never best; the first score that is not NaN is, also minus infinity. The model is not changed.
    If writing fails, the exception comes through, the old file and the old best stay, and beside the file nothing is left.
    restore(model): writes the best weights and buffers into the model's own tensors, keeps its modes, returns the best
    score as a float.  Raises ValueError before the first successful update.
    Example: after scores 0.5, 0.7, 0.9, 0.6, 0.8, restore brings back the third model
             and returns 0.9.
    Source: https://docs.pytorch.org/tutorials/beginner/saving_loading_models.html
    """

    def __init__(self, path: str | Path) -> None:
        raise NotImplementedError("BestCheckpoint: exercise 4.5")

    def update(self, model: nn.Module, score: float) -> bool:
        raise NotImplementedError("BestCheckpoint: exercise 4.5")

    def restore(self, model: nn.Module) -> float:
        raise NotImplementedError("BestCheckpoint: exercise 4.5")


# %% check="BestCheckpoint"
with tempfile.TemporaryDirectory() as folder:
    path, model = Path(folder, "best.pt"), nn.Linear(1, 1)
    checkpoint = BestCheckpoint(path)
    check_raises(ValueError, checkpoint.restore, model)
    said = []
    for step, score in enumerate([0.5, float("nan"), 0.9, 0.6, 0.9], start=1):
        nn.init.constant_(model.weight, step)
        said.append(checkpoint.update(model, score))
    check(said, [True, False, True, False, False], "what update says to the scores 0.5, nan, 0.9, 0.6, 0.9")
    check(sorted(os.listdir(folder)), ["best.pt"], "the files in the folder")
    check(checkpoint.restore(model), 0.9, "what restore returns")
    check(BestCheckpoint(path).update(nn.Linear(1, 1), -3.0), True, "what a new object says to its first score, -3")
    check(model.weight.item(), 3.0, "the step whose weights come back");  # fmt: skip

# %% [markdown]
# <details><summary>restore brings back the last weights</summary>
#
# A question: which tensors does `state_dict()` give, and who writes into them at the next step?
# </details>
# <details><summary>nan wins, or nothing is better after it</summary>
#
# A pointer: write down what `nan > 0.5`, `nan <= 0.5` and `0.5 > nan` are. Which question does your code ask?
# </details>
# <details><summary>The hidden test says that a failed write destroys the file, or leaves another one</summary>
#
# The shape of the answer: `update` returns early for what is not better; saves under a name beside the path; renames; only then notes the score. Around saving and renaming stands a `try` whose `except` (or `finally`) removes the unfinished file and raises again.
# </details>

# %% [markdown]
# Your checkpoint at work: 60 digits to learn from, so that the network soon knows them by heart. 500 others choose the epoch.

# %% tags=["experiment"]
model = small_net()
optimizer = torch.optim.SGD(model.parameters(), lr=0.05, momentum=0.9)
few = TensorDataset(digits[:60], digit_labels[:60])
history = {"training": [], "validation": []}
with tempfile.TemporaryDirectory() as folder:
    checkpoint = BestCheckpoint(Path(folder, "best.pt"))
    for _ in range(30):
        train_epoch(model, DataLoader(few, batch_size=10, shuffle=True), optimizer, F.cross_entropy)
        history["training"].append(evaluate(model, DataLoader(few, batch_size=100))[1])
        history["validation"].append(evaluate(model, DataLoader(look, batch_size=100))[1])
        checkpoint.update(model, history["validation"][-1])
    last = (predict(model, test_digits) == test_labels).float().mean()
    chosen = checkpoint.restore(model)
best = (predict(model, test_digits) == test_labels).float().mean()
print("                     validation   test")
print(f"best epoch's model  {chosen:11.3f}{best:7.3f}")
print(f"last epoch's model  {history['validation'][-1]:11.3f}{last:7.3f}")
figure = kit.plots.curves(history, xlabel="epoch", ylabel="accuracy")
figure.axes[0].axvline(history["validation"].index(chosen) + 1, color="0.5", linewidth=1)
figure

# %% [markdown]
# *Figure 7. The grey line marks the epoch that is kept. The last 297 digits, the test pictures, are harder for every model, so compare differences: how far the best epoch is ahead on the pictures that chose it, and how much of that is left on pictures that did not. The last epoch's model may well be as good there.*
#
# ## 4.6 Where it runs
#
# The same code should run on a laptop, a Mac and a machine with GPUs. Torch calls these devices `cpu`, `mps` and `cuda`; with several GPUs, `cuda:1` is the second.

# %% tags=["experiment"]
figure = kit.plots.Figure(figsize=(7.6, 1.9), layout="constrained")
ax = figure.subplots()
ax.axis("off")
rows = [("cpu, cuda", "—", "cuda"), ("cpu, cuda, mps", "—", "mps"), ("cpu, cuda", "CUDA:1", "cuda:1"), ("cuda", "cpu", "cpu"), ("cpu", "cuda", "ValueError")]  # fmt: skip
table = ax.table([list(row) for row in rows], colLabels=["there is", "wanted", "taken"], loc="center", cellLoc="center")
table.scale(1, 1.35)
figure

# %% [markdown]
# *Figure 8. Nothing is wanted: mps, else cuda, else cpu. Something is wanted: that, or an error.*
#
# Two rules. **What is wanted and missing is an error**, not a reason to take something else: a silent fall back to the cpu costs a night. And **what is there is an argument**: a function that asks torch itself can only be tested on the machines that you own. The caller asks:
#
# ```
# available = {"cpu"} | ({"cuda"} if torch.cuda.is_available() else set()) | ({"mps"} if torch.backends.mps.is_available() else set())
# ```
#
# ### Exercise 4.6 `pick_device`
# *easy · 10 minutes · 1 point · later: the first line of a training script*


# %% exercise="pick_device"
def pick_device(available: set[str], wanted: str | None = None) -> str:
    """The device to use.

    available: some of "cpu", "cuda", "mps", bare and in lower case. The cpu counts as there even if it is not listed.
    wanted: None means mps if it is there, else cuda if it is there, else cpu. Otherwise a type with or without an index,
    in any case ("cuda", "CUDA:1"): returned in lower case with its index, if its type is there.
    Raises ValueError, naming what was wanted, if that is not there.
    Example: pick_device({"cpu", "cuda"}, "CUDA:1")
             gives "cuda:1".
    Source: https://docs.pytorch.org/docs/stable/tensor_attributes.html#torch.device
    """
    raise NotImplementedError("pick_device: exercise 4.6")


# %% check="pick_device"
check(pick_device({"cpu", "cuda"}), "cuda", 'pick_device({"cpu", "cuda"})')
check(pick_device({"cpu", "cuda", "mps"}), "mps", 'pick_device({"cpu", "cuda", "mps"})')
check(pick_device({"cpu", "cuda"}, "CUDA:1"), "cuda:1", 'pick_device({"cpu", "cuda"}, "CUDA:1")')
check(pick_device({"cuda"}, "cpu"), "cpu", 'pick_device({"cuda"}, "cpu")')
check_raises(ValueError, pick_device, {"cpu"}, "cuda", mentions=["cuda"]);  # fmt: skip

# %% [markdown]
# <details><summary>It takes cuda although mps is there</summary>
#
# A question: in which order does your code ask?
# </details>
# <details><summary>"cuda:1" is refused, or comes back as "cuda"</summary>
#
# A pointer: which part of it is compared with what is there, and which part is returned?
# </details>
# <details><summary>An empty set gives an error or None</summary>
#
# The shape of the answer: with nothing wanted, a search in a fixed order that ends in cpu; otherwise the part before the colon, in lower case, is looked up in what is there and the cpu.
# </details>

# %% [markdown]
# ## 4.7 The network
#
# The network of this race has the usual parts in an unusual order: ReLU *before* batch norm. Write the shape beside each step.
#
# | step | shape after it | parameters |
# | --- | --- | --- |
# | picture | N 1 28 28 | |
# | `conv1` 3 × 3, padding 1; ReLU; `bn1` | N 32 28 28 | 320 + 64 |
# | max pooling 2 × 2 | N 32 14 14 | |
# | `conv2` 3 × 3, padding 1; ReLU; `bn2` | N 64 14 14 | 18 496 + 128 |
# | max pooling 2 × 2 | N 64 7 7 | |
# | flatten | N 3136 | |
# | `fc1`; ReLU; dropout 0.5 | N 128 | 401 536 |
# | `fc2` | N 10 | 1 290 |
#
# In sum 320 + 64 + 18 496 + 128 + 401 536 + 1 290 = 421 834. Because of the ReLU between them, batch norm does not take away what the convolution's bias adds, so here the bias is not wasted. Where weights start: torch draws them uniformly, smaller the more inputs a unit has; He and others (2015) worked out which size keeps the numbers from growing or fading through ReLUs.

# %% tags=["experiment"]
x = torch.tensor([4.0, 0, 2, 6])
kit.plots.grids(
    x,
    torch.tensor([1.0, 0, 0, 1]),
    torch.tensor([8.0, 0, 0, 12]),
    titles=["after the ReLU", "dice", "after dropout"],
    highlight=[[(0, 2)], [(0, 2)], [(0, 2)]],
)

# %% [markdown]
# *Figure 9. Dropout in train mode: what is dropped is 0, what stays is doubled. In eval mode the first row goes on as it is.*
#
# ### Exercise 4.7 `FashionCNN`
# *easy · 15 minutes · 3 points · later: the next section races it*


# %% exercise="FashionCNN"
class FashionCNN(nn.Module):
    """The network of the table: convolution, ReLU, batch norm, pooling, twice; dense, ReLU, dropout, dense.

    num_classes: the number of logits.  x: (N, 1, 28, 28), any N, float32 or float64 as the parameters are; not changed.
    Returns logits (N, num_classes); no softmax. Dropout of 0.5 in train mode only, on what fc2 gets.
    Children with these names: conv1 (1 → 32) and conv2 (32 → 64), 3 × 3 with padding 1 and bias; bn1, bn2
    (nn.BatchNorm2d); fc1 (3136 → 128); fc2 (128 → num_classes). 2 × 2 max pooling. Nothing else is learned.
    Example: sum(p.numel() for p in FashionCNN().parameters())
             gives 421834.
    Source: Srivastava et al. 2014 for dropout, https://jmlr.org/papers/v15/srivastava14a.html
    """

    def __init__(self, num_classes: int = 10) -> None:
        super().__init__()
        raise NotImplementedError("FashionCNN: exercise 4.7")

    def forward(self, x: Tensor) -> Tensor:
        raise NotImplementedError("FashionCNN: exercise 4.7")


# %% check="FashionCNN"
net = FashionCNN().eval()
check(sum(p.numel() for p in net.parameters()), 421834, "the number of parameters of FashionCNN()")
check(
    sorted(name for name, child in net.named_children() if list(child.parameters())),
    ["bn1", "bn2", "conv1", "conv2", "fc1", "fc2"],
    "the children with weights",
)
with torch.no_grad():
    for p in net.parameters():
        k = torch.arange(p.numel()).reshape(p.shape)
        p.copy_((k * k * 31 % 1009 / 504 - 1) * (2 / max(1, p[0].numel())) ** 0.5)  # made-up weights
    k = torch.arange(2 * 784).reshape(2, 1, 28, 28)
    x = k * k * 17 % 1009 / 504 - 1
    logits = net(x)[:, :3]
check(
    logits,
    torch.tensor([[3.2367, -0.1467, -2.3088], [3.2633, -0.1211, -2.2961]]),
    "the first logits for made-up weights and pictures, in eval mode",
    tolerance=1e-3,
)
check(torch.equal(net(x), net(x)), True, "whether eval mode gives the same twice")
net.train()
check(torch.equal(net(x), net(x)), False, "whether train mode gives the same twice");  # fmt: skip

# %% [markdown]
# <details><summary>The number of parameters is right, the logits are not</summary>
#
# A question: in which order do ReLU, batch norm and pooling stand in your code, and in the table? Is there a ReLU after `fc1` and none after `fc2`?
# </details>
# <details><summary>Eval mode gives other logits each time</summary>
#
# A pointer: `F.dropout` does not know which mode your module is in; `nn.Dropout` as a child does.
# </details>
# <details><summary>Sizes do not fit at fc1</summary>
#
# The shape of the answer: six layers in the constructor, a forward pass of one line a block; `flatten(1)` keeps the axis of the pictures. Without padding the maps would shrink to 5 × 5.
# </details>

# %% [markdown]
# ## 4.8 One thing at a time
#
# Does the convolutional network beat the dense one? To blame the *network*, nothing else may differ: the same pictures, in the same batches, in the same order, for as many epochs, with the same optimiser; weights drawn from the same random state; a test at the same moment. One careless line is enough:


# %% tags=["experiment"]
def first_pictures(reset: bool) -> list[list[int]]:
    """The first six pictures that each of three nets is shown, with the order reset for each, or running on."""
    order, rows = torch.Generator().manual_seed(0), []
    for _ in range(3):
        order = torch.Generator().manual_seed(0) if reset else order
        rows.append(torch.randperm(100, generator=order)[:6].tolist())
    return rows


kit.plots.grids(
    torch.tensor(first_pictures(False)), torch.tensor(first_pictures(True)), titles=["one generator for all nets", "a fresh one each"]
)  # fmt: skip

# %% [markdown]
# *Figure 10. The first six pictures that each of three networks sees, one row a network. Left: the generator runs on, so the second network gets another order, and "better" may be luck.*
#
# Dropout is the hidden thief: it draws from the same global random numbers as `torch.randperm` without a generator. A network with dropout would see another order from its second epoch on. So the order gets a generator of its own. And the random state is set twice: right before a network is built (building draws as many numbers as there are weights), and again before it is trained.
#
# ### Exercise 4.8 `controlled_comparison`
# *medium · 30 minutes · 4 points · later: lesson 12 makes a method of it*


# %% exercise="controlled_comparison"
def controlled_comparison(
    builders: dict[str, Callable[[], nn.Module]],
    train: tuple[Tensor, Tensor],
    test: tuple[Tensor, Tensor],
    *,
    seed: int,
    epochs: int,
) -> dict[str, float]:
    """Train each network in the same way, and measure each on the test pictures.

    builders: functions without arguments that build a network. Each is called once, right after torch.manual_seed(seed).
    train, test: (images (N, ...), labels (N,)); small enough for one device.
    In each epoch every training picture passes each network once in train mode, in the same batches and the same order
    for all networks, whatever random numbers they draw (dropout). Test pictures pass a network only after its last
    epoch, in eval mode and without gradients. Optimiser, learning rate and batch size are yours, and the same for all.
    Returns the accuracy on test, a float in [0, 1], under the names of builders. The same call gives the same result, and
    the order of builders does not matter. The global random state may change.
    Example: controlled_comparison({"dense": dense, "cnn": FashionCNN}, train, test, seed=0, epochs=4)
             gives, for instance, {"dense": 0.71, "cnn": 0.93}.
    Source: https://docs.pytorch.org/docs/stable/notes/randomness.html
    """
    raise NotImplementedError("controlled_comparison: exercise 4.8")


# %% check="controlled_comparison"
class Spy(nn.Linear):
    """Two logits from two numbers; notes which pictures it is shown, and what random number it met when it was built."""

    def __init__(self, dropout: bool):
        self.met, self.seen, self.dropout = torch.rand(()).item(), [], dropout
        super().__init__(2, 2)

    def forward(self, x):
        if self.training:
            self.seen.append(x[:, 0].int().tolist())
            _ = torch.rand(7) if self.dropout else None
        return super().forward(x)


spies = []
builders = {
    name: (lambda name=name: spies.append(Spy(name == "dropout")) or spies[-1]) for name in ("plain", "dropout")
}
images = torch.stack([torch.arange(100.0), torch.arange(100) % 2 - 0.5], 1)
found = controlled_comparison(
    builders, (images, torch.arange(100) % 2), (images[:10], torch.arange(10) % 2), seed=1, epochs=2
)
check(sorted(found), ["dropout", "plain"], "the names in the result")
check(all(0 <= share <= 1 for share in found.values()), True, "whether the results lie in [0, 1]")
check([round(spy.met, 4) for spy in spies], [0.7576, 0.7576], "the random number that each builder meets, seed 1")
check(spies[0].seen == spies[1].seen, True, "whether both networks see the same batches")
check(sorted(sum(spies[0].seen, [])), sorted(2 * list(range(100))), "the pictures of two epochs, in order");  # fmt: skip

# %% [markdown]
# <details><summary>The networks start from different random states</summary>
#
# A question: how many times do you set the seed, and what happens between setting it and building each network?
# </details>
# <details><summary>The batches part in the second epoch</summary>
#
# A pointer: who else draws from the global random numbers in the first epoch? `torch.randperm` takes a generator.
# </details>
# <details><summary>Two equal calls give different results</summary>
#
# The shape of the answer: a loop over builders; inside, seed, build, seed again, a fresh generator and a fresh optimiser, the epochs, and one measurement; everything that a run needs is made inside of the loop.
# </details>

# %% [markdown]
# Now the race. The dense network has 419 226 parameters, as many as `FashionCNN` but for 1 %. The pictures are grey shapes of 28 × 28, drawn on the spot, 1200 to learn from and 1000 to test on, other ones for each of three seeds. Then the same again on **permuted pixels**: one random order of the 784 places, the same for every picture, so that nothing is lost but who is whose neighbour.
#
# With Fashion-MNIST on this machine, `kit.data.load("fashion_mnist", n=5000)` in the place of `grey_shapes` gives the same experiment on clothes; for colour pictures such as CIFAR-10's the first layer of each network has to change. Try other kernel sizes, too.


# %% tags=["experiment"]
def dense() -> nn.Module:
    return nn.Sequential(
        nn.Flatten(), nn.Linear(784, 400), nn.ReLU(), nn.Linear(400, 256), nn.ReLU(), nn.Linear(256, 10)
    )


def grey_shapes(n: int, seed: int, split: str = "train") -> tuple[Tensor, Tensor]:
    images, labels = kit.data.shapes(n, seed=seed, split=split, size=28, **kit.shapes.EASY)
    return images.mean(1, keepdim=True), labels


def permuted(pictures: tuple[Tensor, Tensor], seed: int) -> tuple[Tensor, Tensor]:
    images, labels = pictures
    order = torch.randperm(784, generator=torch.Generator().manual_seed(seed))
    return images.flatten(2)[:, :, order].view_as(images), labels


builders = {"dense": dense, "CNN": FashionCNN}
race = {"dense": [], "CNN": [], "dense, permuted": [], "CNN, permuted": []}
for seed in range(3):
    train, test = grey_shapes(1200, seed), grey_shapes(1000, seed, "test")
    plain = controlled_comparison(builders, train, test, seed=seed, epochs=5)
    mixed = controlled_comparison(builders, permuted(train, seed), permuted(test, seed), seed=seed, epochs=5)
    for name in builders:
        race[name].append(plain[name])
        race[f"{name}, permuted"].append(mixed[name])
figure = kit.plots.Figure(figsize=(6.4, 2.8), layout="constrained")
ax = figure.subplots()
for row, values in enumerate(race.values()):
    ax.plot(values, [row] * 3, kit.plots.MARKERS[row], markersize=8, alpha=0.7)
    ax.text(1.02, row, f"{sum(values) / 3:.2f}", va="center", transform=ax.get_yaxis_transform())
ax.set_yticks(range(4), labels=list(race))
ax.invert_yaxis()
ax.set(xlabel="accuracy on test pictures, one mark a seed; the mean at the right", xlim=(0.4, 1))
ax.grid(alpha=0.3)
figure

# %% [markdown]
# *Figure 11. Both networks, three seeds each, on pictures and on permuted pixels.*
#
# ### Question 4.8 `one_variable`
# *15 minutes · 3 points, graded by hand*
#
# 1. What does the comparison show? Use numbers from your figure 11: the difference, and the spread between seeds.
# 2. What do the permuted pixels add to it, and why?
# 3. Name two things that the comparison does *not* show.

# %% [markdown] exercise="one_variable"
# *Write your answer here.*

# %% [markdown]
# ## 4.9 In earnest, against the clock
#
# Now train the best convolutional network that 30 CPU seconds pay for, on 6000 pictures of 3 × 32 × 32 with ten shapes, turned any way, on busy grounds. Two questions are asked of it. How many new pictures does it name rightly? And how many when the shapes lie where *none* lay in training, six to eight pixels off the middle?

# %% tags=["experiment"]
near, near_labels = kit.data.shapes(8, seed=0)
far, far_labels = kit.data.shapes(8, seed=0, split="shifted")
names = [kit.shapes.NAMES[i] for i in (*near_labels, *far_labels)]
kit.plots.images(torch.cat([near, far]) * 0.25 + 0.5, titles=names)

# %% [markdown]
# *Figure 12. Above: as in training. Below: shapes far from the middle. One run each of three networks, and the mean of ten of the last, 30 CPU seconds on a slow core:*
#
# | network | new pictures | far from the middle |
# | --- | --- | --- |
# | dense, 3072 – 256 – 128 – 10 | 67 % | 11 % |
# | three convolutions, flatten, two dense layers | 92 % | 26 % |
# | three convolutions with batch norm, mean over all places, one dense layer | 88 % | 80 % |
# | four convolutions, the first with stride 2; mean over all places | 95 % | 92 % |
#
# *A convolution finds its pattern anywhere; the layer after it decides what is made of that.* A dense layer on the flattened maps has a weight for each place, and for places where no shape lay, nobody taught it. A mean over all places has no places to forget.
#
# What else counts against the clock: pictures are many and seconds few, so a **small network** that sees each picture several times beats a large one that sees them once. A stride in the first layer quarters the cost of all that follows. Let the learning rate rise for a third of the time and then fall to nearly 0 (lesson 6 has more on this). Ask the clock, `time.process_time()`, before every step (not `time.time()`, which goes on while other programs have the processor), not after each epoch, and do not judge a step's length by the first one, which is slow.
#
# **On a GPU** (nothing of this is needed here): the batches come from a `DataLoader(..., num_workers=4, pin_memory=True)`, whose workers read the next pictures while the current ones are learned; and under `with torch.autocast("cuda", dtype=torch.bfloat16):` the forward pass runs in half the bits at about twice the speed. The loop stays the same.
#
# ### Exercise 4.9 `train_cnn`
# *hard · 40 minutes · 6 points · later: the same rules hold for every trained exercise of this course*


# %% exercise="train_cnn"
def train_cnn(images: Tensor, labels: Tensor, *, seed: int, budget: float, device: str) -> nn.Module:
    """Train a convolutional network of your own on these pictures within a budget of CPU seconds, and return it.

    images: (N, C, H, W) float32, as the kit gives them (already centred and scaled).  labels: (N,) int64, 0 to K - 1,
    each of which occurs.  C, H, W and K come from the data.
    seed: the same seed starts from the same weights, another seed from others; the global random state may change.
    budget: CPU seconds, as time.process_time() counts them on one thread. At most 1.1 times the budget may be used; at
    twice the budget the training does not count.  device: a string such as "cpu" or "cuda".
    Returns a module that takes such pictures and gives logits (N, K), no softmax; in train or in eval mode: the grader
    calls eval() and scores pictures that you have never seen. It has learned, or it gets no points for accuracy.
    Hidden tests: 6000 training pictures kit.data.shapes(6000, seed=...), budget 30. 1.5 points for 72 % of new pictures,
    one more for 80 %; one point for 45 % of the split "shifted", half a point more for 60 %.
    Example: train_cnn(images, labels, seed=0, budget=30.0, device="cpu")
             returns after about 30 seconds.
    Source: Lin et al. 2013 for the mean over all places, https://arxiv.org/abs/1312.4400
    """
    raise NotImplementedError("train_cnn: exercise 4.9")


# %% check="train_cnn"
images, labels = kit.data.digits()
kit.train.fit(nn.Linear(64, 10), images.flatten(1), labels, epochs=1, lr=0.01)  # what torch loads once is not counted
start = time.process_time()
net = train_cnn(images, labels, seed=0, budget=6.0, device="cpu")
seconds = time.process_time() - start
right = kit.train.accuracy(net, *kit.data.digits("test"))
print(f"{seconds:.1f} CPU seconds of 6; {100 * right:.0f} % of the new digits are right")
check(seconds <= 6.6, True, "whether at most 1.1 times the budget was used")
check(right > 0.8, True, "whether more than 80 % of the new digits are right");  # fmt: skip

# %% [markdown]
# <details><summary>The loss is nan, or every picture gets the same class</summary>
#
# A question: how large is your learning rate? AdamW likes 0.001 to 0.01, SGD with momentum 0.01 to 0.2. What happens with a tenth of yours?
# </details>
# <details><summary>Good near the middle, bad far from it</summary>
#
# A pointer: which layer of your network has a weight for each *place*? What does section 3.6 put there?
# </details>
# <details><summary>It learns, but too slowly for the budget</summary>
#
# The shape of the answer: three or four convolutions with 16 to 128 channels, batch norm and ReLU after each, maps halved twice; a mean over all places; one linear layer; a loop over shuffled batches that asks the clock before each step. `for group in optimizer.param_groups: group["lr"] = ...` sets the learning rate; the share of the budget that is spent says where in the rise and fall you are. Channels-last memory makes small convolutions about twice as fast on a CPU.
# </details>

# %% [markdown]
# Your network and a dense one, on shapes at growing distance from the middle. In training the middle of a shape lay up to 4 pixels away along each axis. (What leaves a picture at the right comes back at its left.)

# %% tags=["experiment"]
images, labels = kit.data.shapes(6000, seed=1)
net = train_cnn(images, labels, seed=0, budget=30.0, device="cpu")
torch.manual_seed(0)
flat = nn.Sequential(nn.Flatten(), nn.Linear(3072, 256), nn.ReLU(), nn.Linear(256, 128), nn.ReLU(), nn.Linear(128, 10))
kit.train.fit(flat, images, labels, epochs=10, lr=0.001)
centred, answers = kit.data.shapes(500, seed=1, split="test", pos=0.0)
right = {"your network": [], "dense": []}
for shift in range(9):
    moved = torch.roll(centred, shift, dims=3)
    for name, model in (("your network", net), ("dense", flat)):
        right[name].append(100 * kit.train.accuracy(model, moved, answers))
print(f"{sum(p.numel() for p in net.parameters())} against {sum(p.numel() for p in flat.parameters())} parameters")
figure = kit.plots.curves(
    {name: (range(9), values) for name, values in right.items()}, xlabel="moved to the right, in pixels", ylabel="% right"
)  # fmt: skip
figure.axes[0].set_ylim(0, 100)
figure

# %% [markdown]
# ## 4.10 The same network in Keras (optional, not graded)
#
# Keras 3 is another way to write networks; it can run on torch. If it is installed (`pip install keras`), the cell below builds your `FashionCNN` there, copies the weights, and compares the logits. Four things differ:
#
# | | torch | Keras |
# | --- | --- | --- |
# | a batch of pictures | N C H W | N H W C |
# | a convolution's kernel | O C KH KW | KH KW C O |
# | a dense layer's weights | out × in | in × out |
# | batch norm, unless you say otherwise | ε = 10⁻⁵, the new batch counts 0.1 | ε = 10⁻³, the new batch counts 0.01 |
#
# The trap is the flatten. Torch lays out channel by channel, Keras place by place: unit 1 of the 3136 is place 1 of channel 0 in torch, and place 0 of channel 1 in Keras. So the columns of `fc1` have to be put into the other order.


# %%
def to_keras(model):
    """The same network with the same weights as a keras.Model for pictures (N, 28, 28, 1), on Keras 3's torch backend."""
    import keras
    from keras import layers

    net = keras.Sequential([
        keras.Input((28, 28, 1)),
        layers.Conv2D(32, 3, padding="same", activation="relu", name="conv1"),
        layers.BatchNormalization(momentum=0.9, epsilon=1e-5, name="bn1"),
        layers.MaxPooling2D(2),
        layers.Conv2D(64, 3, padding="same", activation="relu", name="conv2"),
        layers.BatchNormalization(momentum=0.9, epsilon=1e-5, name="bn2"),
        layers.MaxPooling2D(2),
        layers.Flatten(),
        layers.Dense(128, activation="relu", name="fc1"),
        layers.Dropout(0.5),
        layers.Dense(model.fc2.out_features, name="fc2"),
    ])  # fmt: skip
    fc1 = model.fc1.weight.view(128, 64, 7, 7).permute(2, 3, 1, 0)  # 128 C H W becomes H W C 128
    weights = {
        "conv1": (model.conv1.weight.permute(2, 3, 1, 0), model.conv1.bias),
        "bn1": (model.bn1.weight, model.bn1.bias, model.bn1.running_mean, model.bn1.running_var),
        "conv2": (model.conv2.weight.permute(2, 3, 1, 0), model.conv2.bias),
        "bn2": (model.bn2.weight, model.bn2.bias, model.bn2.running_mean, model.bn2.running_var),
        "fc1": (fc1.reshape(3136, 128), model.fc1.bias),
        "fc2": (model.fc2.weight.T, model.fc2.bias),
    }
    for name, tensors in weights.items():
        net.get_layer(name).set_weights([tensor.detach().cpu().numpy() for tensor in tensors])
    return net


# %% tags=["experiment"]
from importlib.util import find_spec

if find_spec("keras") is None:
    print("Keras is not installed, so this page is only to be read.")
else:
    os.environ.setdefault("KERAS_BACKEND", "torch")  # decided before Keras is imported
    net, pictures = FashionCNN().eval(), torch.randn(5, 1, 28, 28)
    with torch.no_grad():
        other = torch.as_tensor(to_keras(net)(pictures.permute(0, 2, 3, 1), training=False)).cpu()
        print(f"The largest difference between the two networks' logits is {(other - net(pictures)).abs().max():.1e}.")

# %% [markdown]
# **The answer.** It does beat the dense network, and you know because only the network differed: the same pictures, order, epochs and random state, more than one seed, and a test that nobody learned from or chose by. It wins because neighbouring pixels belong together; mix them up, and most of the advantage is gone.
#
# In a project of your own, the parts of this lesson become files that import each other: `config.py` (numbers, `pick_device`), `data.py` (`normalise`), `model.py`, `engine.py` (`train_epoch`, `evaluate`), `train.py` (the loop, `BestCheckpoint`) and `inference.py` (`predict`).
