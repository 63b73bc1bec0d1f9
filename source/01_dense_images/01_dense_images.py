# %% [markdown]
# # Why not just flatten the picture?
#
# A dense layer takes a list of numbers, and a picture is a list of numbers once its rows are laid one after the other. Nothing stops you, and it even works: here you build such a network from tensors, forward and backward, and train it. Then you move the picture by two pixels, and shuffle its pixels, and see what the list has lost.

# %% [markdown]
# **How this notebook works**
#
# - Run the cells from top to bottom with Shift + Enter. Everything together takes about a minute.
# - An *exercise* is one cell. Replace its last line, `raise NotImplementedError(...)`; keep the name and the arguments. Helper functions may stand in the same cell.
# - The cell below is a *visible check*. It prints `ok`, or says what differs. It knows a few cases only.
# - *Hidden tests* try many more cases after you hand in, and they make the grade. The docstring says what they may ask for.
# - Stuck? Each exercise has three *hints*. Open the one whose title is your symptom.
# - Before you hand in, restart the kernel and run all cells.

# %% [markdown]
# **What is not allowed.** In `dense_backward`, autograd (`backward()`, `torch.autograd.grad`, `torch.func`) is refused: you write what it does. In `train_dense`, the network may contain no convolution and no `F.unfold`. Everything else of torch is yours.
#
# **Letters.** A batch of pictures has shape `N C H W`: pictures, channels, rows, columns. A dense layer has a weight W with one row for each output and one column for each input, and a bias b with one number for each output.

# %% tags=["setup"]
import time

import torch
import torch.nn.functional as F
from torch import Tensor, nn

import coursekit as kit
from coursekit import check, check_raises

# %% [markdown]
# ## 1.1 A picture as a list
#
# A picture with two channels, two rows and three columns holds twelve numbers. Memory has one direction only, so they lie there in a row already: channel after channel, in each channel row after row, in each row from left to right.

# %% tags=["experiment"]
twelve = torch.arange(1.0, 13)
kit.plots.grids(
    *twelve.reshape(2, 2, 3),
    twelve,
    titles=["channel 0", "channel 1", "flattened"],
    highlight=[[(0, 1), (1, 1)], [], [(0, 1), (0, 4)]],
)

# %% [markdown]
# *Figure 1. The 2 and the 5 are neighbours in the picture, one above the other. In the list they are 3 places apart, since a row has 3 pixels.*
#
# The pixel of channel c, row i, column j lands at the place
#
# ```
# place = c · H · W + i · W + j            the 5: c = 0, i = 1, j = 1, so 0 · 6 + 1 · 3 + 1 = 4
# ```
#
# counted from 0. In a picture of 28 × 28, the pixel at row 5, column 7 has place 5 · 28 + 7 = 147. Its right neighbour has place 148, its lower neighbour 175. The list does not say that 147 and 175 touch and that 167 (the last of row 5) and 168 (the first of row 6) do not.
#
# ### Exercise 1.1 `flatten`
# *easy · 5 minutes · 1 point · later: the step between the maps and the classes of a network*


# %% exercise="flatten"
def flatten(x: Tensor) -> Tensor:
    """Each picture as one row of numbers: channel after channel, row after row.

    x: (N, C, H, W), any dtype; may be a view whose numbers lie in another order in memory; N may be 0.
    Returns (N, C * H * W) in the dtype of x; autograd reaches x. The result may share memory with x.
    Example: x = [[[[1, 2], [3, 4]], [[5, 6], [7, 8]]]], one picture of two channels
             gives [[1, 2, 3, 4, 5, 6, 7, 8]].
    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.Flatten.html
    """
    raise NotImplementedError("flatten: exercise 1.1")


# %% check="flatten"
x = torch.arange(1.0, 13).reshape(1, 2, 2, 3)
check(flatten(x), torch.arange(1.0, 13)[None], "flatten(x) in figure 1")
check(
    flatten(x.transpose(2, 3)),
    torch.tensor([[1.0, 4, 2, 5, 3, 6, 7, 10, 8, 11, 9, 12]]),
    "flatten of figure 1 with rows and columns exchanged",
)
check(tuple(flatten(torch.zeros(5, 3, 4, 4)).shape), (5, 48), "the shape for 5 pictures of 3 × 4 × 4");  # fmt: skip

# %% [markdown]
# <details><summary>I get one long row for the whole batch</summary>
#
# A question: which axis must survive? How many rows should five pictures give?
# </details>
# <details><summary>An error about "view" and "not compatible", or numbers in another order</summary>
#
# A pointer: after a transpose, the numbers do not lie in memory as you read them. `view` refuses then, `reshape` copies. Which of the two do you use?
# </details>
# <details><summary>It fails for a batch of no pictures</summary>
#
# The shape of the answer: both numbers of the new shape can be written down from `x.shape`, so there is nothing to leave open with −1.
# </details>

# %% [markdown]
# ## 1.2 Count before you build
#
# In a **dense** layer (also: fully connected, linear), every output reads every input. Three inputs and two outputs make six weights, and each output has a **bias**, a number that is added whatever comes in.

# %% tags=["experiment"]
kit.plots.grids(
    torch.tensor([[4.0, 1, 2]]),
    torch.tensor([[1.0, 0, 2], [-1, 3, 0]]),
    torch.tensor([[5.0], [0]]),
    torch.tensor([[13.0], [-1]]),
    titles=["three inputs", "weights", "biases", "two outputs"],
    highlight=[[(0, 0), (0, 1), (0, 2)], [(0, 0), (0, 1), (0, 2)], [(0, 0)], [(0, 0)]],
)

# %% [markdown]
# *Figure 2. The first output is 4 · 1 + 1 · 0 + 2 · 2 + 5 = 13. The layer has 3 · 2 + 2 = 8 parameters.*
#
# From sizes a to b a layer has a · b weights and b biases. Two layers from 784 pixels over 512 outputs to 10 classes:
#
# ```
# 784 → 512     784 · 512 + 512 = 401 920
# 512 → 10      512 ·  10 +  10 =   5 130          together 407 050
# ```
#
# That is the size of a small network. Now take a photograph of 224 × 224 pixels with three colours. It has 3 · 224 · 224 = 150 528 numbers, and its first layer alone has
#
# ```
# 150 528 → 512     150 528 · 512 = 77 070 336 weights, and 77 070 848 parameters with the biases
# ```
#
# At four bytes each these are 308 megabytes, before anything is learned. Twice the height and the width make four times as many.
#
# ### Exercise 1.2 `dense_parameters`
# *easy · 5 minutes · 2 points · later: you compare networks of equal size*


# %% exercise="dense_parameters"
def dense_parameters(sizes: list[int], bias: bool = True) -> int:
    """The number of parameters of dense layers in a chain, from sizes[0] inputs to sizes[-1] outputs.

    sizes: ints, at least one; two neighbours are the inputs and the outputs of one layer. One size alone is no layer.
    bias: whether each layer has a bias for each of its outputs.  Returns an int.
    Raises ValueError for an empty list, and for a size below 1 with that size in the message, also when it stands alone.
    Example: dense_parameters([784, 512, 10])
             gives 407050.
    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.Linear.html
    """
    raise NotImplementedError("dense_parameters: exercise 1.2")


# %% check="dense_parameters"
check(dense_parameters([3, 2]), 8, "dense_parameters([3, 2]) in figure 2")
check(dense_parameters([784, 512, 10]), 407050, "dense_parameters([784, 512, 10])")
check(dense_parameters([150528, 512], bias=False), 77070336, "dense_parameters([150528, 512], bias=False)")
check(dense_parameters([7]), 0, "dense_parameters([7])")
check_raises(ValueError, dense_parameters, [4, 0, 2], mentions=(0,));  # fmt: skip

# %% [markdown]
# <details><summary>My number is a little too small or a little too large</summary>
#
# A question: does a bias belong to an input, to an output or to a weight? How many has the first layer of 784, 512, 10?
# </details>
# <details><summary>Right for two sizes, wrong for three</summary>
#
# A pointer: three sizes are two layers. What do you do with the numbers of two layers? `zip(sizes, sizes[1:])` gives the pairs.
# </details>
# <details><summary>A size of 0, or an empty list, gives a number instead of an error</summary>
#
# The shape of the answer: look at all sizes before you count, and raise with an f-string that holds them; then one sum over the layers, in which `bias` counts as 0 or 1.
# </details>

# %% [markdown]
# Your function on square pictures with three channels, in front of 512 outputs. At 32 are the pictures of CIFAR-10, at 224 those that networks for ImageNet usually get.

# %% tags=["experiment"]
sides = range(32, 225, 16)
millions = [dense_parameters([3 * side * side, 512]) / 1e6 for side in sides]
kit.plots.curves(
    {"dense layer": (sides, millions)},
    xlabel="height and width in pixels",
    ylabel="million parameters of the first layer",
)

# %% [markdown]
# ## 1.3 Forward, by hand
#
# Two dense layers in a row would be one: a sum of sums is a sum. Between them stands **ReLU**, which keeps what is positive and makes the rest 0. After the last layer it does not stand, since a score may be negative.
#
# A network with two inputs, two hidden numbers and one output, on two pictures of two pixels:

# %% tags=["experiment"]
x = torch.tensor([[1.0, 2], [2, 0]])
layers = [
    (torch.tensor([[1.0, 1], [1, -1]]), torch.tensor([0.0, 0])),
    (torch.tensor([[2.0, 5]]), torch.tensor([1.0])),
]
hidden = torch.tensor([[3.0, -1], [2, 2]])
kit.plots.grids(
    x,
    layers[0][0],
    hidden,
    hidden.relu(),
    layers[1][0],
    torch.tensor([[7.0], [15]]),
    titles=["pictures", "W₁", "before ReLU", "after", "W₂", "outputs"],
    highlight=[[(0, 0), (0, 1)], [(1, 0), (1, 1)], [(0, 1)], [(0, 1)], [], []],
)

# %% [markdown]
# *Figure 3. Picture 0 meets the second row of W₁: 1 · 1 + 2 · (−1) = −1, and ReLU makes it 0. Its output is 3 · 2 + 0 · 5 + 1 = 7, where b₂ = 1; b₁ is 0. Picture 1 gives 2 · 2 + 2 · 5 + 1 = 15.*
#
# One row of W belongs to one output. For a whole batch, with a picture in each row of A:
#
# ```
# Z = A Wᵀ + b                  (N, out) = (N, in) (in, out) + (out)
# A of the next layer = max(Z, 0)
# ```
#
# ### Exercise 1.3 `dense_forward`
# *easy · 15 minutes · 3 points · later: you differentiate it in 1.4*


# %% exercise="dense_forward"
def dense_forward(x: Tensor, layers: list[tuple[Tensor, Tensor]]) -> Tensor:
    """The outputs of a chain of dense layers, with ReLU between them and none after the last.

    x: (N, in), float.  layers: at least one pair (weight (out, in), bias (out)) of the dtype of x; the inputs of each
    are as many as the outputs of the one before. Neither list nor tensors are changed.
    Returns (N, out of the last layer) in the dtype of x; autograd reaches x, the weights and the biases.
    Example: x = [[1, 2]], layers = [([[1, 1], [1, -1]], [0, 0]), ([[2, 5]], [1])]
             gives [[7]].
    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.Linear.html
    """
    raise NotImplementedError("dense_forward: exercise 1.3")


# %% check="dense_forward"
x = torch.tensor([[1.0, 2], [2, 0]])
layers = [(torch.tensor([[1.0, 1], [1, -1]]), torch.tensor([0.0, 0])), (torch.tensor([[2.0, 5]]), torch.tensor([1.0]))]
check(dense_forward(x, layers), torch.tensor([[7.0], [15]]), "dense_forward in figure 3")
check(dense_forward(x, layers[:1]), torch.tensor([[3.0, -1], [2, 2]]), "dense_forward with the first layer only")
check(len(layers), 2, "the number of layers in the list after the calls");  # fmt: skip

# %% [markdown]
# <details><summary>Shapes cannot be multiplied, or right for square weights only</summary>
#
# A question: W has shape (out, in) and x has (N, in). Which of the two must be turned so that the inputs meet?
# </details>
# <details><summary>−1 comes out as 0 with one layer, or nothing is ever cut off</summary>
#
# A pointer: with L layers there are L − 1 ReLUs. In figure 3 one number is cut off, and the last outputs never are.
# </details>
# <details><summary>It works once, and the second call gives something else</summary>
#
# The shape of the answer: a loop over the pairs that carries one tensor along; the list is only read, nothing is popped from it and nothing is added in place (`+=` on x writes into the caller's pictures).
# </details>

# %% [markdown]
# ## 1.4 Backward, by hand
#
# Training asks how the loss changes when a weight changes. Somebody tells you how it changes with each output (`grad_output`); you pass that on to the weights, from the last layer to the first.
#
# Take the network of figure 3, and say that the loss grows by 1 for each unit of either output: `grad_output` is 1 for both pictures.
#
# - **The last weight.** 2 is multiplied by the first hidden number, which is 3 for picture 0 and 2 for picture 1. Raise 2 by a little, and the loss grows 3 + 2 = 5 times as much. For the 5 it is 0 + 2 = 2. The bias counts once a picture: 1 + 1 = 2.
# - **The hidden numbers.** Each is multiplied by its weight, so 2 and 5 come back, for both pictures.
# - **ReLU.** The second hidden number of picture 0 was cut off: moving −1 a little changes nothing. Its 5 becomes 0.
# - **The first weight.** The same rule again: what came back, times what went in, summed over the pictures.

# %% tags=["experiment"]
back = torch.tensor([[2.0, 0], [2, 5]])
kit.plots.grids(
    torch.tensor([[2.0, 5], [2, 5]]),
    back,
    torch.tensor([[1.0, 2], [2, 0]]),
    torch.tensor([[6.0, 4], [10, 0]]),
    back.sum(0),
    titles=["comes back", "through ReLU", "pictures", "grad W₁", "grad b₁"],
    highlight=[[(0, 1)], [(0, 0), (1, 0)], [(0, 0), (1, 0)], [(0, 0)], [(0, 0)]],
)

# %% [markdown]
# *Figure 4. The gradient of the first weight in W₁: what came back to hidden number 0 is 2 and 2, pixel 0 is 1 and 2, so 2 · 1 + 2 · 2 = 6. The bias collects 2 + 2 = 4.*
#
# With G for what comes back to a layer (N, out) and A for what went into it (N, in):
#
# ```
# grad W = Gᵀ A            (out, in) = (out, N) (N, in)
# grad b = sum of the rows of G
# G of the layer before = (G W), and 0 wherever ReLU had cut off
# ```
#
# Nothing is divided by the number of pictures: if the loss is a mean, `grad_output` holds that factor already.
#
# ### Exercise 1.4 `dense_backward`
# *medium · 30 minutes · 5 points · later: lesson 2 does the same for convolutions*


# %% exercise="dense_backward"
def dense_backward(x: Tensor, layers: list[tuple[Tensor, Tensor]], grad_output: Tensor) -> list[tuple[Tensor, Tensor]]:
    """The gradients of all weights and biases of `dense_forward(x, layers)`, without autograd.

    x: (N, in).  layers: as in dense_forward, at least one.  grad_output: (N, out of the last layer), the gradient of the
    loss with respect to the outputs; nothing is divided by N.  All of one float dtype, and none of them is changed.
    Returns a list of pairs (grad of the weight, grad of the bias) in the order and in the shapes of `layers`.
    A number that is exactly 0 before ReLU is not tested.  Not allowed: autograd; the call is made without gradients.
    Example: x = [[1, 2], [2, 0]], layers = [([[1, 1], [1, -1]], [0, 0]), ([[2, 5]], [1])], grad_output = [[1], [1]]
             gives [([[6, 4], [10, 0]], [4, 5]), ([[5, 2]], [2])].
    Source: Rumelhart, Hinton and Williams 1986, https://doi.org/10.1038/323533a0
    """
    raise NotImplementedError("dense_backward: exercise 1.4")


# %% check="dense_backward"
x = torch.tensor([[1.0, 2], [2, 0]])
layers = [(torch.tensor([[1.0, 1], [1, -1]]), torch.tensor([0.0, 0])), (torch.tensor([[2.0, 5]]), torch.tensor([1.0]))]
expected = [
    (torch.tensor([[6.0, 4], [10, 0]]), torch.tensor([4.0, 5])),
    (torch.tensor([[5.0, 2]]), torch.tensor([2.0])),
]
check(dense_backward(x, layers, torch.ones(2, 1)), expected, "dense_backward in figure 4")
check(
    dense_backward(x, layers[:1], torch.tensor([[1.0, 0], [0, -1]])),
    [(torch.tensor([[1.0, 2], [-2, 0]]), torch.tensor([1.0, -1]))],
    "dense_backward with the first layer only",
);  # fmt: skip

# %% [markdown]
# <details><summary>The last layer is right, the one before it is not</summary>
#
# A question: in figure 4, which number became 0 on its way back, and why? For which layer's numbers must you look whether they were cut off?
# </details>
# <details><summary>Shapes do not fit, or the gradient is turned over</summary>
#
# A pointer: the gradient of W has the shape of W. Of G (N, out) and A (N, in), which one do you turn so that the pictures disappear? And which axis of G disappears for the bias?
# </details>
# <details><summary>I do not know what to keep from the way forward</summary>
#
# The shape of the answer: go forward once and keep in a list what each layer was given. Then one loop from the last layer to the first with one tensor G; at each layer two gradients, then G for the layer before. The results come out in reverse.
# </details>

# %% [markdown]
# What does a first layer learn from? Your function on 64 handwritten digits and a fresh network of 784 → 8 → 10. Each of the eight pictures is the gradient of one row of W₁, drawn as a picture. (The digits stand in for MNIST where that is not installed.)

# %% tags=["experiment"]
digits, digit_labels = kit.data.load("mnist", n=1500)
new_digits, new_labels = kit.data.load("mnist", split="test", n=300)
digits, new_digits = digits * 0.25 + 0.5, new_digits * 0.25 + 0.5  # undo the normalisation: 0 is paper, 1 is ink

torch.manual_seed(0)
linear = [nn.Linear(784, 8), nn.Linear(8, 10)]
layers = [(layer.weight.detach(), layer.bias.detach()) for layer in linear]
pictures = digits[:64].flatten(1)
scores = linear[1](linear[0](pictures).relu()).detach()
grad_output = (scores.softmax(1) - F.one_hot(digit_labels[:64], 10)) / 64  # of cross-entropy; lesson 4
grad_weight, _ = dense_backward(pictures, layers, grad_output)[0]
kit.plots.images(grad_weight.reshape(8, 1, 28, 28))

# %% [markdown]
# *Figure 5. Grey is 0. Each gradient is a sum of digits, some added and some subtracted, for that is what the formula says: G times the pictures. Where no digit has ink, as along the border, it is exactly 0: those weights stay what they were at random. The seventh is grey all over: this hidden unit was off for all 64 digits, and ReLU let nothing back.*
#
# *A dense layer learns pixel by pixel, and only at pixels where there was something.* Remember this in 1.6.
#
# ## 1.5 Train one, against the clock
#
# Now let torch do the arithmetic. A network is trained as long as its *budget* of CPU seconds lasts, and scored on pictures that it has never seen. Two things decide more than the layers: when to stop, and how large a step to take. The clock is
#
# ```
# time.process_time()          CPU seconds of this process, whatever else the machine does
# ```
#
# Look at it before every step. A step along the gradient that works well is AdamW's, with a learning rate near 0.001 that falls to nearly 0 at the end: with 4 of 5 seconds spent, a rate that falls in a straight line from 0.001 is at 0.0002.
#
# ### Exercise 1.5 `train_dense`
# *medium · 30 minutes · 4 points · later: lesson 4 takes the loop apart and compares this network with a convolutional one*


# %% exercise="train_dense"
def train_dense(images: Tensor, labels: Tensor, *, seed: int, budget: float, device: str) -> nn.Module:
    """Train a dense network of your own on these pictures within a budget of CPU seconds, and return it.

    images: (N, C, H, W) float32, as the kit gives them (already centred and scaled).  labels: (N,) int64, 0 to K - 1,
    each of which occurs.  C, H, W and K come from the data.
    seed: the same seed starts from the same weights, another seed from others; the global random state may change.
    budget: CPU seconds, as time.process_time() counts them on one thread. At most 1.1 times the budget may be used; at
    twice the budget the training does not count.  device: a string such as "cpu" or "cuda".
    Returns a module that takes such pictures (N, C, H, W) and gives logits (N, K), no softmax; in train or in eval mode:
    the grader calls eval() and scores pictures that you have never seen. No convolution and no unfold in it.
    Hidden tests: 3000 training pictures of 3 × 15 × 15, ten shapes as below, budget 3. One point for 60 % of the new
    pictures, one more for 78 %. One for a net in which nothing looks at neighbours: it is trained once more on pictures
    whose pixels are permuted, all in the same way, and must learn these as well (normalise and augment as you like).
    Example: train_dense(images, labels, seed=0, budget=5.0, device="cpu")
             returns after about 5 seconds.
    Source: AdamW, Loshchilov and Hutter 2017, https://arxiv.org/abs/1711.05101
    """
    raise NotImplementedError("train_dense: exercise 1.5")


# %% check="train_dense"
images, labels = kit.data.digits()
kit.train.fit(nn.Linear(64, 10), images.flatten(1), labels, epochs=1, lr=0.01)  # what torch loads once is not counted
start = time.process_time()
net = train_dense(images, labels, seed=0, budget=2.0, device="cpu")
seconds = time.process_time() - start
right = kit.train.accuracy(net, *kit.data.digits("test"))
print(f"{seconds:.1f} CPU seconds of 2; {100 * right:.0f} % of the new digits are right")
check(seconds <= 2.2, True, "whether at most 1.1 times the budget was used")
check(right > 0.8, True, "whether more than 80 % of the new digits are right");  # fmt: skip

# %% [markdown]
# <details><summary>mat1 and mat2 shapes cannot be multiplied</summary>
#
# A question: what shape does the first layer get, and which exercise makes a list of a picture? There is a layer of torch that does the same.
# </details>
# <details><summary>The loss falls during training, the accuracy is like guessing</summary>
#
# A pointer: pictures and labels must be drawn with the same indices. What you do to the pictures before the network, the grader does not do: put it into the network. And a rate that is too large gives every picture the same class.
# </details>
# <details><summary>It uses too much or too little of its time</summary>
#
# The shape of the answer: seed, network, optimiser; then shuffled batches again and again, in a loop that asks the clock before each step and returns when 0.9 of the budget is spent.
# </details>

# %% [markdown]
# Your network on shapes like those of the hidden tests, and pictures that it gets wrong: above stands its answer, below the truth.

# %% tags=["experiment"]
knobs = {"size": 15, **kit.shapes.EASY, "rot": 0.3}
images, labels = kit.data.shapes(3000, seed=1, **knobs)
new, answers = kit.data.shapes(1000, seed=1, split="test", **knobs)
net = train_dense(images, labels, seed=0, budget=3.0, device="cpu")
guesses = kit.train.predict(net, new)
wrong = (guesses != answers).nonzero().flatten()[:16]
print(f"{sum(p.numel() for p in net.parameters())} parameters")
for name, x, y in (("training", images, labels), ("new", new, answers)):
    print(f"{100 * kit.train.accuracy(net, x, y):.1f} % of the {name} pictures are right")
names = kit.shapes.NAMES
titles = [f"{names[guesses[i]]}?\n{names[answers[i]]}" for i in wrong]
kit.plots.images(new[wrong] * 0.25 + 0.5, titles=titles) if len(wrong) else "none is wrong"

# %% [markdown]
# So flattening works, in a way: what it has seen it knows, and of what is new it gets a good part right. The next two sections ask what it knows *about pictures*.
#
# ## 1.6 Move the picture
#
# A shift by dy rows and dx columns moves everything down by dy and to the right by dx; negative numbers move up and to the left. What leaves the picture is gone, and zeros come in.

# %% tags=["experiment"]
small = torch.tensor([[0.0, 0, 0, 0], [0, 1, 2, 0], [0, 3, 4, 0], [0, 0, 0, 0]])
down_right = torch.tensor([[0.0, 0, 0, 0], [0, 0, 0, 0], [0, 0, 0, 1], [0, 0, 0, 3]])
up = torch.tensor([[0.0, 1, 2, 0], [0, 3, 4, 0], [0, 0, 0, 0], [0, 0, 0, 0]])
kit.plots.grids(
    small,
    down_right,
    up,
    titles=["picture", "dy = 1, dx = 2", "dy = −1, dx = 0"],
    highlight=[[(1, 1)], [(2, 3)], [(0, 1)]],
)

# %% [markdown]
# *Figure 6. The 1 moves from row 1, column 1 to row 2, column 3. The 2 and the 4 have left. Pixel by pixel, the picture and its shift have no number in common but zeros.*
#
# ```
# y[i, j] = x[i − dy, j − dx]          0 where that pixel does not exist
# ```
#
# In the list of 1.1, a shift of a 28 × 28 picture by one row moves every number by 28 places. To a dense layer these are 784 other inputs, with weights of their own.
#
# ### Exercise 1.6a `shift_images`
# *easy · 15 minutes · 2 points · later: shifted copies are the commonest augmentation*


# %% exercise="shift_images"
def shift_images(images: Tensor, dy: int, dx: int) -> Tensor:
    """Move the content of all pictures down by dy and to the right by dx; zeros come in.

    images: (N, C, H, W), any dtype (uint8 too), not changed.  dy, dx: pixels; negative ones move up and to the left;
    larger than the picture leaves zeros only.
    Returns (N, C, H, W) in the dtype of images; for dy = dx = 0 it may be images itself.
    Example: images = [[[[1, 2], [3, 4]]]], dy = 0, dx = 1
             gives [[[[0, 1], [0, 3]]]].
    """
    raise NotImplementedError("shift_images: exercise 1.6a")


# %% check="shift_images"
x = torch.tensor([[[[0.0, 0, 0, 0], [0, 1, 2, 0], [0, 3, 4, 0], [0, 0, 0, 0]]]])
expected = torch.tensor([[[[0.0, 0, 0, 0], [0, 0, 0, 0], [0, 0, 0, 1], [0, 0, 0, 3]]]])
check(shift_images(x, 1, 2), expected, "shift_images(x, 1, 2) in figure 6")
x = torch.tensor([[[[1, 2], [3, 4]]]], dtype=torch.uint8)
check(shift_images(x, 0, -1), torch.tensor([[[[2, 0], [4, 0]]]], dtype=torch.uint8), "shift_images(x, 0, -1), bytes")
check(shift_images(x, 3, 0), torch.zeros_like(x), "shift_images(x, 3, 0), higher than the picture")
check(x.tolist(), [[[[1, 2], [3, 4]]]], "x after the calls");  # fmt: skip

# %% [markdown]
# <details><summary>Pixels that leave on one side come back on the other</summary>
#
# A question: `torch.roll` moves in a circle. Which rows and columns of its result should be 0?
# </details>
# <details><summary>The content moves up instead of down, or dy moves it sideways</summary>
#
# A pointer: rows are the axis before the last, and they are counted from the top. Which row of the result does row 0 become for dy = 1?
# </details>
# <details><summary>It fails when the shift is larger than the picture, or for dx = 0</summary>
#
# The shape of the answer: a result full of zeros, and one rectangle copied into it. Count how many rows are still visible (never less than 0), where they begin in the result and where in the picture; `x[:-0]` is empty, so write the ends as start plus length.
# </details>

# %% [markdown]
# How does a dense network take it? A network of 784 → 128 → 10, trained on 1500 digits where they are, then asked about new digits that are moved. A share of right answers is called **accuracy**.
#
# A network has two modes. In *train mode* some layers behave differently from picture to picture (dropout draws at random, batch norm looks at the batch). To measure, put it into *eval mode*, and afterwards leave every part of it in the mode in which you found it: whoever was training it will go on.
#
# ### Exercise 1.6b `accuracy_under_shift`
# *easy · 15 minutes · 3 points · later: you measure every network of this course like that*


# %% exercise="accuracy_under_shift"
def accuracy_under_shift(
    model: nn.Module, images: Tensor, labels: Tensor, shifts: list[tuple[int, int]]
) -> dict[tuple[int, int], float]:
    """The share of pictures that a model gets right when all of them are shifted, for each shift.

    model: takes images and gives logits (N, K); the answer is the class with the largest one.
    images: (N, C, H, W).  labels: (N,) int64.  shifts: pairs (dy, dx) as in shift_images; each starts from `images`.
    Returns a dict with the tuple (dy, dx) of each shift, and a float from 0 to 1. Also pairs given as lists become
    tuples.
    The model runs in eval mode and without gradients; afterwards each of its submodules is in the mode in which it was,
    and weights and their `.grad` are untouched. Batches of any size may be used.
    Example: accuracy_under_shift(model, images, labels, [(0, 0), (0, 2)])
             gives {(0, 0): 0.95, (0, 2): 0.5} or so.
    """
    raise NotImplementedError("accuracy_under_shift: exercise 1.6b")


# %% check="accuracy_under_shift"
x = torch.tensor([[9.0, 2, 1], [1, 9, 2], [2, 1, 9], [9, 1, 2]]).reshape(4, 1, 1, 3)
model = nn.Sequential(nn.Dropout(0.5), nn.Flatten()).train()  # its answer is the column of the largest number
model[1].eval()
found = accuracy_under_shift(model, x, torch.tensor([1, 2, 1, 1]), [(0, 0), (0, 1), [0, -1]])
check(found, {(0, 0): 0.0, (0, 1): 1.0, (0, -1): 0.5}, "accuracy_under_shift for a model that names the largest column")
check([module.training for module in model.modules()], [True, True, False], "the modes of model, dropout and flatten");  # fmt: skip

# %% [markdown]
# <details><summary>The numbers are 100 times too large, or tensors</summary>
#
# A question: is a share of 1 or 100 all of them? What does `.item()` do?
# </details>
# <details><summary>Right for the first shift, wrong from the second on</summary>
#
# A pointer: from which pictures does each shift start? Does anything write into `images`?
# </details>
# <details><summary>The modes are wrong afterwards</summary>
#
# The shape of the answer: `model.train()` at the end puts *everything* into train mode, also what was not. Note `module.training` of each of `model.modules()` before, and give it back one by one.
# </details>

# %% [markdown]
# Your function, for all shifts by up to four pixels:

# %% tags=["experiment"]
torch.manual_seed(0)
net = nn.Sequential(nn.Flatten(), nn.Linear(784, 128), nn.ReLU(), nn.Linear(128, 10))
kit.train.fit(net, digits, digit_labels, epochs=10, lr=0.003)
steps = range(-4, 5)
right = accuracy_under_shift(net, new_digits, new_labels, [(dy, dx) for dy in steps for dx in steps])
percent = torch.tensor([[100 * right[dy, dx] for dx in steps] for dy in steps]).round()
kit.plots.grids(percent, titles=["% right, for dy = −4 ... 4 (down) and dx = −4 ... 4"], highlight=[[(4, 4)]])

# %% [markdown]
# *Figure 7. The frame marks the digits in place; one cell is one pixel. With the digits that stand in for MNIST and this seed, 90 % are right in place, 66 % two pixels to the right, 29 % four pixels to the right, and 32 % two down and two to the right.*
#
# You read the shifted digits without noticing. To see why the network cannot, look at what it compares: the rows of its first weight, drawn as pictures, and a digit that moves.

# %% tags=["experiment"]
rows = net[1].weight.detach()
busiest = rows.norm(dim=1).argsort(descending=True)[:5]
weights = rows[busiest].reshape(-1, 1, 28, 28)
weights = weights / weights.abs().amax() / 2 + 0.5
moved = torch.cat([shift_images(new_digits[:1], 0, dx) for dx in (0, 2, 4)])
kit.plots.images(
    torch.cat([weights, moved]), titles=[*(f"weights {i}" for i in busiest.tolist()), "digit", "dx = 2", "dx = 4"]
)

# %% [markdown]
# *Figure 8. Grey is a weight of 0. In the middle the weights have the shapes of strokes at fixed places. Along the border they are the random numbers of the start (figure 5 told you why), and that is what a shifted digit runs into.*
#
# It is not that a dense network could not learn shifted digits. It has to be shown them, one place at a time:

# %% tags=["experiment"]
everywhere = [shift_images(digits, dy, dx) for dy in range(-2, 3) for dx in range(-2, 3)]
torch.manual_seed(0)
shown = nn.Sequential(nn.Flatten(), nn.Linear(784, 128), nn.ReLU(), nn.Linear(128, 10))
kit.train.fit(shown, torch.cat(everywhere), digit_labels.repeat(25), epochs=3, lr=0.003)
to_the_right = [(0, dx) for dx in range(9)]
curves = {}
for name, trained in (("trained in place", net), ("trained on 25 places, up to 2 pixels away", shown)):
    found = accuracy_under_shift(trained, new_digits, new_labels, to_the_right)
    curves[name] = (range(9), [100 * found[shift] for shift in to_the_right])
kit.plots.curves(curves, xlabel="moved to the right, in pixels", ylabel="% of the new digits right")

# %% [markdown]
# *Figure 9. With 25 times as many pictures, the network is right wherever it was taught (91 % in place, 90 % at two pixels), a little beyond (87 % at three), and then it falls just as steeply: 67 % at four, 29 % at six. What it learned at one place did not tell it anything about the next.*
#
# ## 1.7 Shuffle the pixels
#
# Now something crueller. Draw one random order of the pixels and rearrange *every* picture by it, in training and afterwards. By hand, for three pixels, one output, and the order 2, 0, 1:
#
# ```
# picture 1 2 3     weights 10 20 30     1 · 10 + 2 · 20 + 3 · 30 = 140
# picture 3 1 2     weights 30 10 20     3 · 30 + 1 · 10 + 2 · 20 = 140
# ```
#
# New place 0 takes what was at place 2, new place 1 what was at place 0, and so on. If the weights are rearranged alike, nothing changes. And since the weights start at random, each as likely at one place as at another, the network that learns on shuffled pictures is the same network with its weights at other places.

# %% tags=["experiment"]
kit.plots.grids(
    torch.tensor([[1.0, 2, 3], [4, 5, 6]]),
    torch.tensor([5, 0, 1, 2, 3, 4]),
    torch.tensor([[6.0, 1, 2], [3, 4, 5]]),
    titles=["picture", "permutation", "permuted"],
    highlight=[[(1, 2)], [(0, 0)], [(0, 0)]],
)

# %% [markdown]
# *Figure 10. The permutation counts pixels row by row, as `flatten` does. Its first entry is 5, so the first pixel of the result is pixel 5 of the picture, the 6.*
#
# ```
# flattened result[i] = flattened picture[permutation[i]]        the same for every picture and every channel
# ```
#
# ### Exercise 1.7 `permute_pixels`
# *easy · 10 minutes · 2 points · later: lesson 4 does this to a convolutional network*


# %% exercise="permute_pixels"
def permute_pixels(images: Tensor, permutation: Tensor) -> Tensor:
    """Rearrange the pixels of all pictures and channels in the same way.

    images: (N, C, H, W), any dtype, H and W may differ; not changed.
    permutation: (H * W,) int64, each of 0 ... H * W - 1 once; pixels are counted row by row.
    Returns (N, C, H, W) in the dtype of images: pixel i of the result is pixel permutation[i] of the picture.
    Example: images = [[[[1, 2, 3], [4, 5, 6]]]], permutation = [5, 0, 1, 2, 3, 4]
             gives [[[[6, 1, 2], [3, 4, 5]]]].
    """
    raise NotImplementedError("permute_pixels: exercise 1.7")


# %% check="permute_pixels"
x = torch.tensor([[[[1.0, 2, 3], [4, 5, 6]]]])
order = torch.tensor([5, 0, 1, 2, 3, 4])
check(permute_pixels(x, order), torch.tensor([[[[6.0, 1, 2], [3, 4, 5]]]]), "permute_pixels in figure 10")
check(permute_pixels(permute_pixels(x, order), order.argsort()), x, "permuted, and back with the inverse permutation")
two = torch.cat([x, 10 * x], 1)
check(permute_pixels(two, order)[:, 1:], 10 * permute_pixels(x, order), "the second channel, which is 10 times the first");  # fmt: skip

# %% [markdown]
# <details><summary>Nothing seems to move, or whole rows do</summary>
#
# A question: the permutation has H · W entries. Which axis has as many? You may have to make it first.
# </details>
# <details><summary>The values are there, at the wrong places</summary>
#
# A pointer: there are two ways to use a permutation, `y = x[p]` and `y[p] = x`, and one undoes the other. Which of them makes the first pixel 6 in figure 10?
# </details>
# <details><summary>It fails when height and width differ, or with three channels</summary>
#
# The shape of the answer: join rows and columns into one axis and leave pictures and channels alone; index that axis; give the result the old shape.
# </details>

# %% [markdown]
# Ten digits, and the same ten permuted. Could you learn to read the second row?

# %% tags=["experiment"]
order = torch.randperm(784, generator=torch.Generator().manual_seed(1))
ten = digits[:10]
kit.plots.images(torch.cat([ten, permute_pixels(ten, order)]), titles=[*digit_labels[:10].tolist()] * 2, columns=10)

# %% [markdown]
# The network can. Three seeds each, nothing else changed:

# %% tags=["experiment"]
scores = {}
for name, change in (("as they are", lambda x: x), ("permuted", lambda x: permute_pixels(x, order))):
    for seed in range(3):
        torch.manual_seed(seed)
        net = nn.Sequential(nn.Flatten(), nn.Linear(784, 128), nn.ReLU(), nn.Linear(128, 10))
        kit.train.fit(net, change(digits), digit_labels, epochs=10, lr=0.003, seed=seed)
        scores[f"{name}, seed {seed}"] = 100 * kit.train.accuracy(net, change(new_digits), new_labels)
kit.plots.bars(scores, xlabel="% of the new digits right")

# %% [markdown]
# *Figure 11. Between 88.6 and 89.9 % as they are, between 88.9 and 90.2 % permuted: from seed to seed there is more difference than from one order of the pixels to the other.*
#
# *Whatever you know about pictures (that neighbours belong together, that a stroke is a stroke wherever it lies), the flattened network was never told. If a network uses any of it, shuffling must hurt it.*
#
# ### Question 1.8 `what_is_missing`
# *15 minutes · 3 points, graded by hand*
#
# Answer with the numbers that you measured above.
#
# 1. **Neighbours.** What did permuting the pixels do to the accuracy? What does that say about the use that a dense network makes of the fact that two pixels touch?
# 2. **The same weights everywhere.** What did a shift by two and by four pixels do, and what did it take to mend it? How many weights of the first layer does one stroke have, if it may lie at 25 places, and how many would do if the weights were shared between the places?
# 3. **Moving along.** Say in one sentence what you would like a layer to do with its output when its input is shifted, and why a dense layer does not.

# %% [markdown] exercise="what_is_missing"
# *Write your answer here.*

# %% [markdown]
# **The answer.** You may flatten the picture, and you pay three times: with weights (77 million for one layer on a photograph), with examples (each place is learned anew), and with everything that was known about pictures before training began. What is missing are two ideas: *look at neighbours only*, and *use the same weights everywhere*. A layer that does both is a convolution, and lesson 2 builds it.
