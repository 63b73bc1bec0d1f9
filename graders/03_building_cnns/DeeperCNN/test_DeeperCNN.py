"""DeeperCNN: five times convolution, batch norm, ReLU; global average pooling; one linear layer.

Widths, names and the way in which maps get smaller are free. So support.py looks at a net at work: hooks on its
convolutions, norms and linear layers see what goes in and out, in float64 with drawn weights.
"""

import torch

from course.grading import fail, points, same

MOST = 421_642


def pictures(number, size, dtype=torch.float64):
    generator = torch.Generator().manual_seed(size)
    return torch.randn(number, 1, size, size, generator=generator, dtype=torch.float64).to(dtype)


def anatomy(student, size=28):
    return student.support.anatomy(student.DeeperCNN(), pictures(2, size))


@points(0.5)
def test_layers(student):
    """Five nn.Conv2d, five nn.BatchNorm2d and one nn.Linear, with fewer parameters than SimpleCNN."""
    net = student.DeeperCNN()
    counts = student.support.counts(net, pictures(1, 28, torch.float32))
    expected = {"Conv2d": 5, "BatchNorm2d": 5, "Linear": 1}
    same(counts, expected, "the number of layers of each kind in DeeperCNN()")
    parameters = student.support.size(net)
    if parameters >= MOST:
        fail(f"DeeperCNN() has {parameters} parameters, expected fewer than {MOST}.", misconception="too_wide")


@points(1)
def test_blocks(student):
    """Each convolution is followed by a batch norm of its own, and this by ReLU."""
    found = anatomy(student)
    same(found["order"], ["Conv2d", "BatchNorm2d"] * 5 + ["Linear"], "the order in which the layers run")
    more = " There is more of this kind." * (len(found["unfit"]) > 1)
    assert not found["unfit"], f"In DeeperCNN(), {found['unfit'][0]}.{more}"


@points(0.5)
def test_head(student):
    """The linear layer gets the mean of each map, and what it gives is the result: logits."""
    for size in (28, 32):
        found = anatomy(student, size)
        assert found["head"] in ("the means", "unknown"), (
            f"For pictures of {size} × {size}, the linear layer gets {found['head']}, expected the mean of each map."
        )
        assert found["logits"], "The result is not what the linear layer gives: something comes after it."


@points(0.25)
def test_any_size(student):
    """Pictures of 28 × 28, 32 × 32 and other sizes give logits (N, num_classes), each picture its own."""
    for classes, number, size in ((10, 2, 28), (10, 1, 32), (7, 3, 32), (2, 1, 40)):
        net = student.DeeperCNN() if classes == 10 else student.DeeperCNN(classes)
        net.eval()
        what = f"the shape of the logits of DeeperCNN({classes}) for {number} picture(s) of {size} × {size}"
        same(list(net(pictures(number, size, torch.float32)).shape), [number, classes], what)
    alone = student.support.each_alone(student.DeeperCNN(), pictures(3, 28))
    assert alone, "In eval mode, a picture gets other logits in a batch than alone."


@points(0.5)
def test_every_weight(student):
    """Every parameter has an influence on the logits."""
    found = student.support.unused(student.DeeperCNN(), pictures(2, 28))
    assert not found, f"Parameters without influence on the logits are in layers of these kinds: {', '.join(found)}."


@points(0.25)
def test_training_lowers_the_loss(student):
    """A few steps of gradient descent on a batch lower its loss."""
    x, labels = pictures(8, 28, torch.float32), torch.arange(8)
    before, after = student.support.losses(student.DeeperCNN(), x, labels)
    assert after < before, f"After four steps the loss of the batch is {after:.4f}; before, it was {before:.4f}."
