"""FCNHead: 1 × 1 scores, then a learned upsampling that starts bilinear, cropped to the wanted size.

Names are free, so weights are found by their shape: C differs from the number of classes in every case.
`case` is (in_channels, num_classes, factor, height, width of the features, height, width of the result).
"""

import torch
import torch.nn.functional as F

from course.grading import fail, gradients, observe, points, same

EVEN = [(3, 2, 2, 4, 5, 8, 10), (5, 3, 4, 4, 3, 16, 12)]
ODD = [(4, 3, 3, 4, 4, 12, 12)]
CROPPED = [(3, 2, 4, 4, 5, 14, 17), (4, 3, 2, 5, 6, 9, 11), (2, 4, 3, 5, 4, 13, 12)]


def name(case):
    return "FCNHead({}, {}, {})".format(*case[:3])


def features(case, seed=0):
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(2, case[0], case[3], case[4], generator=generator, dtype=torch.float64)


def head(student, case, seed=13):
    """The student's head in float64, with drawn scores and the upsampling as it begins."""
    made = student.FCNHead(*case[:3]).double()
    student.support.fill_by_shape(made, seed)
    return made


def scores(head, case, x):
    """The 1 × 1 scores, from the weights of the head."""
    state = head.state_dict()
    weights = [w for w in state.values() if tuple(w.shape) == (case[1], case[0], 1, 1)]
    biases = [b for b in state.values() if b.dim() == 1]
    if len(weights) != 1 or len(biases) > 1:
        shapes = ", ".join(str(tuple(w.shape)) for w in state.values())
        fail(f"{name(case)} has weights of the shapes {shapes}; one of (num_classes, in_channels, 1, 1) = "
             f"{(case[1], case[0], 1, 1)} must make the scores, with at most one bias in all.")  # fmt: skip
    return F.conv2d(x, weights[0], biases[0] if biases else None)


def check_start(student, case):
    made, x, (*_, factor, h, w, height, width) = head(student, case), features(case), case
    got = made(x, (height, width))
    same(list(got.shape), [2, case[1], height, width], f"the shape of {name(case)} for size ({height}, {width})")
    expected = F.interpolate(scores(made, case, x), scale_factor=factor, mode="bilinear")[..., :height, :width]
    inside = (..., slice(factor, min(height, factor * (h - 1))), slice(factor, min(width, factor * (w - 1))))
    what = f"{name(case)} for size ({height}, {width}), away from the border,"
    same(got[inside], expected[inside], what, tolerance=1e-5)


@points(0.75)
def test_starts_bilinear(student):
    """At the start the result is the bilinear upsampling of the 1 × 1 scores."""
    for case in EVEN + ODD:
        check_start(student, case)


@points(0.75)
def test_crop(student):
    """Sizes that the factor does not divide: the top left part of the upsampled map is kept."""
    for case in CROPPED:
        check_start(student, case)


@points(0.75)
def test_learned(student):
    """The upsampling is a transposed convolution of the scores without bias, whose weight may take any values."""
    for case in (EVEN[1], CROPPED[1], ODD[0]):
        made, x, factor = head(student, case), features(case), case[2]
        kernels = student.support.fill_kernels(made, 5)
        if len(kernels) != 1 or kernels[0].shape[1] not in (1, case[1]) or kernels[0].shape[0] != case[1]:
            shapes = ", ".join(str(tuple(kernel.shape)) for kernel in kernels) or "none"
            fail(f"{name(case)} has these kernels larger than 1 × 1: {shapes}; expected one of shape "
                 f"({case[1]}, 1, K, K) for the transposed convolution of the scores.")  # fmt: skip
        weight, groups = kernels[0], case[1] if kernels[0].shape[1] == 1 else 1
        padding = (weight.shape[-1] - factor) // 2
        expected = F.conv_transpose2d(scores(made, case, x), weight, stride=factor, padding=padding, groups=groups)
        expected = expected[..., : case[5], : case[6]]
        same(made(x, case[5:]), expected, f"{name(case)} with another weight in the upsampling")


@points(0.5)
def test_gradients(student):
    """Gradients reach the features and every weight."""
    case = EVEN[0]
    made = head(student, case)
    if number := student.support.frozen(made):
        fail(f"{number} parameters of {name(case)} require no gradient: the upsampling is learned, too.", "frozen")
    size = case[5:]
    found = gradients(made, features(case), size, cotangents=features((case[1], 0, 0, *size), seed=1))
    expected = sorted(found.parameters)
    missing = [key for key in expected if found.parameters[key] is None or not found.parameters[key].any()]
    if missing or found.inputs[0] is None:
        fail(f"no gradient reaches {', '.join(missing) or 'the features'} in {name(case)}.")


@points(0.25)
def test_leaves_features(student):
    """The features are not changed, and a head in eval mode gives the same."""
    case = EVEN[0]
    made, x = head(student, case), features(case)
    seen = observe(made, x, case[5:], no_grad=True)
    if seen.changed:
        fail(f"{name(case)} changes the features in place.")
    made.eval()
    same(made(x, case[5:]), seen.value, f"{name(case)} in eval mode")
