"""edge_kernels: three 3 x 3 kernels made by hand. Sign and scale of the edge kernels are free."""

import torch

from course.grading import fail, points
from course.grading.describe import as_text

bans = ("convolution", "unfold")
EDGES = ("vertical", "horizontal")


def kernels(student):
    """The kernels as they came back, after a look at their names and shapes."""
    found = student.edge_kernels()
    names = sorted(map(str, found)) if isinstance(found, dict) else type(found).__name__
    if not isinstance(found, dict) or not {*EDGES, "blur"} <= set(found):
        fail(f"edge_kernels() should return a dict with the keys vertical, horizontal and blur, it returns {names}.")
    for name in (*EDGES, "blur"):
        kernel = found[name]
        if not isinstance(kernel, torch.Tensor):
            fail(f'The kernel "{name}" should be a tensor, it is of type {type(kernel).__name__}.')
        if kernel.shape != (3, 3):
            fail(f'The kernel "{name}" has shape {tuple(kernel.shape)}, expected (3, 3).', "wrong_shape")
        if not kernel.double().isfinite().all():
            fail(f'The kernel "{name}" has values that are not finite.')
    return found


def response(kernel, picture):
    """The largest answer anywhere in the picture, in units of the kernel's largest weight."""
    answers = (picture.double().unfold(0, 3, 1).unfold(1, 3, 1) * kernel.double()).sum((-2, -1))
    return (answers.abs().max() / kernel.double().abs().max().clamp(min=1e-30)).item()


def answers_on_flat(kernel):
    return response(kernel, torch.ones(5, 6)) > 1e-4


def edge(direction, at):
    """A picture of 7 x 7, dark before row or column `at` and bright from there on."""
    bright = (torch.arange(7) >= at).expand(7, 7)
    return bright if direction == "vertical" else bright.T


@points(0.5)
def test_float_kernels(student):
    """vertical, horizontal and blur are float tensors of shape (3, 3)."""
    found = kernels(student)
    for name in (*EDGES, "blur"):
        if not found[name].is_floating_point():
            fail(f'The kernel "{name}" is {found[name].dtype}, it should be float.', "integer_dtype")


@points(0.5)
def test_flat_picture(student):
    """On a flat picture the two edge kernels answer 0."""
    found = kernels(student)
    for name in EDGES:
        if answers_on_flat(found[name]):
            fail(f"{name} = {as_text(found[name])} answers {found[name].sum():.4g} on a flat picture of ones.",
                 "edge_kernel_does_not_sum_to_zero")  # fmt: skip


@points(0.5)
def test_step_edges(student):
    """At a vertical edge (left against right) only `vertical` answers, at a horizontal edge only `horizontal`."""
    found = kernels(student)
    answers = {(n, e): max(response(found[n], edge(e, at)) for at in range(1, 7)) > 1e-3 for n in EDGES for e in EDGES}
    if all(answers[n, e] == (n != e) for n in EDGES for e in EDGES):
        fail("vertical answers to horizontal edges only, and horizontal to vertical ones only.",
             "vertical_and_horizontal_swapped")  # fmt: skip
    for direction in EDGES:
        if all(answers[n, e] == (e == direction) for n in EDGES for e in EDGES):
            fail(f"vertical and horizontal both answer to {direction} edges only.", "one_direction_twice")
    for (name, direction), answer in answers.items():
        if name == direction and not answer:
            fail(f"{name} = {as_text(found[name])} stays 0 at {direction} edges, it should answer there.")
        if name != direction and answer:
            mistake = "edge_kernel_does_not_sum_to_zero" if answers_on_flat(found[name]) else "answers_to_every_edge"
            fail(f"{name} = {as_text(found[name])} answers at {direction} edges, it should stay 0 there.", mistake)


@points(0.5)
def test_blur(student):
    """The blur gives a flat picture back; it has no negative weight, and its centre is below 1."""
    blur = kernels(student)["blur"].double()
    if abs(total := blur.sum().item() - 1) > 2e-3:
        fail(f"blur = {as_text(blur)} makes {total + 1:.4g} of a flat picture of ones, it should make 1.",
             "blur_sums_to_nine" if abs(total - 8) < 1e-2 else "blur_does_not_sum_to_one")  # fmt: skip
    if blur.min() < 0:
        fail(f"blur = {as_text(blur)} has negative weights.", "blur_sharpens")
    if blur[1, 1] >= 1:
        fail(f"blur = {as_text(blur)} leaves each pixel as it is.", "blur_is_the_identity")
