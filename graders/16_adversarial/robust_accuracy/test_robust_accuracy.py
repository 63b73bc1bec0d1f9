"""robust_accuracy: the share of pictures that are right after an attack. images (N, 1, 1, 2), labels (N,).

The model of support.py answers with the number in the first pixel; the attack writes the second pixel over the first.
"""

import torch

from course.grading import points, same


def pictures(n, wrong):
    """n pictures, all right before the attack, of which those in `wrong` are wrong after it."""
    labels = torch.arange(n) % 4
    second = labels.clone()
    second[wrong] = (second[wrong] + 1) % 4
    return torch.stack([labels, second], 1).double().view(n, 1, 1, 2), labels


def attacked(what, student, n, wrong, *args):
    images, labels = pictures(n, wrong)
    return student.support.attacked(what, student.robust_accuracy.handle(), images, labels, *args)


def number(share):
    """A tensor with one number as that number: that it must be a float is asked in test_share alone."""
    return share.item() if isinstance(share, torch.Tensor) and share.numel() == 1 else share


@points(0.5)
def test_share(student):
    """The share of all pictures that are right after the attack, as a float, also when the last batch is smaller."""
    for n, wrong, size in ((10, [0, 9], 4), (8, [1, 2, 3], 4), (9, [8], 2), (5, [], 3), (6, list(range(6)), 4)):
        share = attacked("share", student, n, wrong, size)
        same(share, 1 - len(wrong) / n, f"the share for {n} pictures in batches of {size}, {len(wrong)} fooled", 1e-6)


@points(0.25)
def test_already_wrong(student):
    """A picture that is wrong without the attack is wrong, unless the attack puts it right."""
    images, labels = pictures(10, [0, 1])
    labels = labels.clone()
    labels[4] = (labels[4] + 2) % 4
    share = student.support.attacked("share", student.robust_accuracy.handle(), images, labels, 4)
    same(number(share), 0.7, "the share for 10 pictures, 2 fooled and 1 wrong before", 1e-6)


@points(0.5)
def test_calls(student):
    """The attack gets each picture once, in batches of at most batch_size (128 if not given), with its labels."""
    for n, args, sizes in ((10, (4,), [4, 4, 2]), (130, (), [128, 2])):
        calls = attacked("calls", student, n, [0], *args)
        same([call["pictures"] for call in calls], sizes, f"the sizes of the batches for {n} pictures")
        same([call["labels"] for call in calls], sizes, "how many labels go with them")


@points(0.25)
def test_gradients(student):
    """The attack is called with gradients on: it cannot work without them."""
    calls = attacked("calls", student, 5, [0], 4)
    assert all(call["gradients"] for call in calls), "The attack is called under torch.no_grad()."


@points(0.5)
def test_modes(student):
    """Attack and model run in eval mode; afterwards each submodule is in the mode that it was in."""
    calls = attacked("calls", student, 4, [0], 4)
    assert not any(call["training"] for call in calls), "The model is in train mode while it is attacked."
    share = attacked("share", student, 4, [0], 4)
    same(number(share), 0.75, "the share for a model that answers wrongly in train mode", 1e-6)
    before, after = attacked("modes", student, 4, [0], 4)
    same(after, before, "`.training` of the parts afterwards")
