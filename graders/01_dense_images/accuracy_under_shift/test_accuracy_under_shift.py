"""accuracy_under_shift: the share of pictures that a model gets right, for each shift.

The model of support.py answers with the place of the largest number in row 1 of the picture, in train mode with the
place beside it.  images (N, 1, 3, 4), labels (N,).
"""

import torch
import torch.nn.functional as F

from course.grading import fail, points, same
from course.grading.describe import what_it_is

DIRECTIONS = [(0, 0), (1, 0), (-1, 0), (0, 1), (0, -1)]
BOTH = [(1, 2), (-1, 2), (1, -2), (-1, -1), (1, 1), (-1, 1)]
FAR = [(3, 0), (0, -4), (-5, 7)]


def pictures(n, seed):
    """Pictures of different whole numbers above 0; labels that are right now and then, others by shift."""
    generator = torch.Generator().manual_seed(seed)
    images = torch.stack([torch.randperm(12, generator=generator) + 1.0 for _ in range(n)]).reshape(n, 1, 3, 4)
    labels = torch.randint(0, 4, (n,), generator=generator)
    labels[: n // 2] = images[: n // 2, 0, 1].argmax(1)
    return images, labels


def reference(images, labels, shifts):
    shares = {}
    for dy, dx in shifts:
        height, width = max(-3, min(3, dy)), max(-4, min(4, dx))
        moved = F.pad(images, (width, -width, height, -height))
        answers = (moved[:, 0, 1] + torch.tensor([0.4, 0.1, 0.3, 0.2])).argmax(1)
        shares[dy, dx] = (answers == labels).double().mean().item()
    return shares


def measured(what, student, n=23, shifts=DIRECTIONS, seed=1):
    images, labels = pictures(n, seed)
    return student.support.measured(what, student.accuracy_under_shift.handle(), images, labels, shifts)


def compare(student, shifts, n=23, seed=1):
    expected = reference(*pictures(n, seed), [tuple(shift) for shift in shifts])
    found = measured("shares", student, n, shifts, seed)
    if not isinstance(found, dict) or list(map(repr, found)) != list(map(repr, expected)):
        same(found, expected, f"the result for {n} pictures and shifts {list(shifts)}", 1e-6)
    for shift, share in expected.items():
        same(found[shift], share, f"the share for {n} pictures and the shift {shift}", 1e-6)


@points(0.75)
def test_shares(student):
    """For shifts along one axis, a dict with the share of right answers from 0 to 1."""
    compare(student, [(0, 0)])
    compare(student, DIRECTIONS)
    compare(student, DIRECTIONS, n=9, seed=5)


@points(0.5)
def test_shifts(student):
    """Shifts along both axes at once, and beyond the picture; each starts from the pictures as they are."""
    compare(student, BOTH)
    compare(student, FAR, n=11)
    compare(student, [(0, 1), (0, 1), (0, 0)], n=11)


@points(0.25)
def test_keys(student):
    """Pairs that come as lists become tuples; no shifts give an empty dict; the values are floats."""
    compare(student, [[1, 0], [0, -1]], n=7)
    compare(student, [], n=7)
    found = measured("as they are", student, 7, [(0, 0)])[0, 0]
    if not isinstance(found, float):
        fail(f"a share is {what_it_is(found)}, expected a float.")


@points(0.5)
def test_eval_mode(student):
    """The model runs in eval mode, all its parts; afterwards each part is in the mode in which it was."""
    calls = measured("calls", student)
    if not calls:
        fail("the model was never called.")
    if any(call["training"] for call in calls):
        fail("the model, or a part of it, is in train mode while it is measured.")
    before, after = measured("modes", student)
    for name, training in before.items():
        if after[name] != training:
            words = ["eval mode", "train mode"]
            fail(f"{name} was in {words[training]} before the call, and is in {words[not training]} afterwards.")


@points(0.5)
def test_no_gradients(student):
    """Gradients are off while the model runs."""
    calls = measured("calls", student)
    if not calls:
        fail("the model was never called.")
    if any(call["gradients"] for call in calls):
        fail("gradients are on while the model runs: torch keeps everything for a backward pass that never comes.")


@points(0.5)
def test_untouched(student):
    """Pictures, weights, their .grad and their requires_grad are as before, and the shares are right."""
    compare(student, [(0, 0)], n=8)
    changed = [name for name, touched in measured("untouched", student).items() if touched]
    if changed:
        fail(f"the call changes {', '.join(changed)}.")
