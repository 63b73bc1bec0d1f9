"""TransformNet: a net that paints a picture in one pass. x (N, 3, H, W), H and W multiples of 4; output in [0, 1].

Names and details are free, so no test loads weights: what the net does is looked at from outside, and its shortcuts are
counted in autograd's graph (support.lengths).
"""

import torch

from course.grading import fail, points, same
from course.grading.describe import what_it_is

limits = {"call_seconds": 20}


def picture(n, height, width, seed=0):
    return torch.rand(n, 3, height, width, generator=torch.Generator().manual_seed(seed))


def net_of(student, *args, **kwargs):
    net = student.TransformNet(*args, **kwargs)
    if getattr(net, "kind", "") != "module":
        fail(f"TransformNet(...) gives {what_it_is(net)}; it must be an nn.Module.")
    return net


def painted(net, x):
    y = net(x)
    if not isinstance(y, torch.Tensor):
        fail(f"The net gives {what_it_is(y)}; it must give one tensor of pictures.")
    return y


@points(0.5)
def test_size(student):
    """The output has the input's size, for any multiples of 4."""
    net = net_of(student, width=8)
    for size in ((16, 16), (20, 28)):
        found = list(painted(net, picture(2, *size)).shape)
        if found[2:] != list(size) and size == (16, 16):
            fail(f"Pictures of 2 × 3 × 16 × 16 become {' × '.join(map(str, found))}.", "shrinks")
        if found[2:] != list(size):
            fail(
                f"Pictures of 2 × 3 × 20 × 28 become {' × '.join(map(str, found))}; 16 × 16 is right.", "one_size_only"
            )
        same(found, [2, 3, *size], f"the shape of the output for pictures of {size[0]} × {size[1]}")


@points(0.5)
def test_range(student):
    """The output lies in [0, 1], for any input and any weights."""
    net = net_of(student, width=8)
    found = []
    for factor in (1.0, 20.0):
        student.support.enlarge_weights(net, factor)
        found.append(painted(net, 5 * picture(1, 16, 16) - 2))
    low, high = min(y.min().item() for y in found), max(y.max().item() for y in found)
    if not (low >= 0 and high <= 1):
        slug = "from_minus_one_to_one" if -1 <= low and high <= 1 else "unbounded"
        fail(f"The output lies between {low:.3g} and {high:.3g}; it must lie in [0, 1].", slug)


@points(0.75)
def test_down(student):
    """The net works on a smaller picture: a convolution with a stride takes it down, and it comes up again."""
    looked = student.support.inside(net_of(student, width=8), picture(1, 32, 32))
    if looked["smallest"] is None:
        fail("The net has no convolution.")
    if looked["smallest"] > 16:
        fail(f"For a picture of 32 × 32 the smallest map has {looked['smallest']} rows.", "never_goes_down")


@points(0.75)
def test_residual(student):
    """There is a residual block: a way around at least one convolution."""
    lengths = student.support.lengths(net_of(student, width=8), picture(1, 16, 16))
    if not lengths:
        fail("No gradient flows from the output to the input.", "detached")
    if len(lengths) == 1:
        fail(f"Every way from input to output passes {lengths[0]} convolutions: there is no shortcut.", "no_shortcut")


@points(0.75)
def test_instance_norm(student):
    """Maps are normalised picture by picture: a picture's result does not depend on its neighbours in the batch."""
    net = net_of(student, width=8)
    if not student.support.inside(net, picture(1, 16, 16))["normalised"]:
        fail("Nothing in the net takes a mean: there is no normalisation.", "no_normalisation")
    batch = torch.cat([picture(1, 16, 16), 0.2 * picture(2, 16, 16, seed=1)])
    together, alone = painted(net, batch)[:1], painted(net, batch[:1])
    away = (together - alone).abs().max().item()
    if away > 1e-3:
        fail(f"In train mode the same picture gives another result beside other pictures; they differ by {away:.2g}.",
             "batch_norm")  # fmt: skip


@points(0.25)
def test_width(student):
    """`width` decides how many parameters there are; it is 32 unless told otherwise."""
    narrow, wide, usual, told = (
        student.support.parameters(net)
        for net in (net_of(student, width=8), net_of(student, 16), net_of(student), net_of(student, 32))
    )
    if not narrow < wide < told:
        fail(f"With width 8, 16 and 32 the net has {narrow}, {wide} and {told} parameters.", "width_ignored")
    same(usual, told, "the number of parameters of TransformNet(), compared with TransformNet(32)")


@points(0.5)
def test_learns(student):
    """A step down the gradient makes the error smaller."""
    net = net_of(student, width=8)
    before, after = student.support.step(net, picture(2, 16, 16), picture(2, 16, 16, seed=2))
    if not after < before:
        fail(f"The mean squared error is {before:.6f} before a step and at least {after:.6f} after it.")
