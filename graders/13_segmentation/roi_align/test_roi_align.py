"""roi_align: the mean of bilinear samples in each bin of each box. boxes (K, 5): picture, x1, y1, x2, y2.

The reference is torchvision's. `features` are drawn smooth on no account: neighbouring pixels differ by much.
"""

import torch
import torchvision

from course.grading import agree, fail, leaves_inputs, points, same, scaffolding

bans = ("torchvision",)
DIGITS = 1e-5  # places computed in float32 are good enough
support = scaffolding(__file__)


def reference(features, boxes, output_size, spatial_scale=1.0, sampling_ratio=2, aligned=True):
    return torchvision.ops.roi_align(features, boxes, output_size, spatial_scale, sampling_ratio, aligned)


def maps(r, dtype=torch.float32):
    """float32 mostly: places that an answer computes in float32 are then as good as those of a known mistake."""
    return r.tensor(r.randint(1, 2), r.randint(1, 2), r.randint(4, 7), r.randint(4, 7), dtype=dtype)


def boxes_in(r, features, low, high, least, scale=1.0):
    """Up to three boxes whose corner lies between low and high times the map's size, and which are least … wide."""
    n, count = len(features), r.randint(1, 3)
    height, width = features.shape[-2:]
    share = lambda: torch.special.ndtr(r.tensor(count)).to(features)  # uniform in (0, 1), as tensors are normal
    corner = torch.stack([width * (low + (high - low) * share()), height * (low + (high - low) * share())], 1)
    size = least + torch.stack([0.6 * width * share(), 0.6 * height * share()], 1)
    picture = r.ints(count, 1, high=n - 1).to(corner)
    return torch.cat([picture, corner / scale, (corner + size) / scale], 1)


def inside(r):
    features = maps(r)
    boxes = boxes_in(r, features, 0.05, 0.3, 0.8)
    return dict(features=features, boxes=boxes, output_size=r.pair(1, 3))


def scaled(r):
    features, scale = maps(r), r.choice([0.5, 0.25, 2.0])
    boxes = boxes_in(r, features, 0.05, 0.3, 0.8, scale)
    return dict(features=features, boxes=boxes, output_size=r.pair(1, 3), spatial_scale=scale)


def sampled(r):
    features = maps(r)
    boxes = boxes_in(r, features, 0.05, 0.3, 0.8)
    return dict(features=features, boxes=boxes, output_size=r.pair(1, 3), sampling_ratio=r.choice([1, 3, 4]))


def not_aligned(r):
    features, scale = maps(r), r.choice([1.0, 0.5, 2.0])
    boxes = boxes_in(r, features, 0.05, 0.4, r.choice([0.8, 0.1]), scale)
    return dict(features=features, boxes=boxes, output_size=r.pair(1, 3), spatial_scale=scale, aligned=False)


def beyond_the_border(r):
    features = maps(r)
    boxes = boxes_in(r, features, -0.6, 0.9, 1.5)
    return dict(features=features, boxes=boxes, output_size=r.pair(1, 3))


def tiny(r):
    features = maps(r, torch.float64)
    boxes = boxes_in(r, features, 0.05, 0.8, 0.0)
    boxes[:, 3:] = boxes[:, 1:3] + 0.05 * (boxes[:, 3:] - boxes[:, 1:3])
    return dict(features=features, boxes=boxes, output_size=r.pair(1, 2))


@points(1.5)
def test_inside(student):
    """For boxes inside the map, the result is torchvision's, with (height, width) pairs too."""
    agree(student.roi_align, reference, inside, cases=8, tolerance=DIGITS)


@points(0.75)
def test_spatial_scale(student):
    """Boxes are in pixels of the picture; spatial_scale brings them to the map."""
    agree(student.roi_align, reference, scaled, cases=8, tolerance=DIGITS)


@points(0.5)
def test_sampling_ratio(student):
    """sampling_ratio² samples in each bin, evenly spread."""
    agree(student.roi_align, reference, sampled, cases=8, tolerance=DIGITS)


@points(0.75)
def test_not_aligned(student):
    """With aligned=False nothing is shifted by half a pixel, and a box is at least one pixel wide and high."""
    agree(student.roi_align, reference, not_aligned, cases=8, tolerance=DIGITS)


@points(1)
def test_border(student):
    """Samples up to one pixel outside of the map take the border's value, those farther out are 0."""
    agree(student.roi_align, reference, beyond_the_border, cases=12, tolerance=DIGITS)


@points(0.5)
def test_tiny(student):
    """Boxes much smaller than a pixel are sampled where they are."""
    agree(student.roi_align, reference, tiny, cases=8, tolerance=DIGITS)


@points(0.5)
def test_gradient(student):
    """The gradient with respect to the features is torchvision's."""
    generator = torch.Generator().manual_seed(13)
    features = torch.randn(2, 3, 5, 6, generator=generator, dtype=torch.float64)
    boxes = torch.tensor([[0, 0.7, 1.1, 4.3, 3.8], [1, 2.2, -0.9, 6.6, 2.5], [0, 1, 1, 1.2, 4]], dtype=torch.float64)
    cotangent = torch.randn(3, 3, 2, 3, generator=generator, dtype=torch.float64)
    got = student.support.gradient(student.roi_align.handle(), features, boxes, (2, 3), cotangent)
    if got is None:
        fail("no gradient reaches the features: the result is detached from them.")
    same(got, support.gradient(reference, features, boxes, (2, 3), cotangent), "the gradient of the features",
         tolerance=DIGITS)  # fmt: skip


@points(0.25)
def test_float32_and_no_boxes(student):
    """float32 stays float32; no boxes give an empty result of the right shape."""
    features = torch.arange(2 * 3 * 5 * 6.0).reshape(2, 3, 5, 6) % 7
    boxes = torch.tensor([[1, 0.5, 1, 4.2, 3.9], [0, 2, 0.3, 5, 4.4]])
    same(student.roi_align(features, boxes, 2), reference(features, boxes, 2), "roi_align in float32")
    same(student.roi_align(features, boxes[:0], (2, 3)), torch.zeros(0, 3, 2, 3), "roi_align without boxes")


@points(0.25)
def test_leaves_inputs(student):
    """Features and boxes are not changed."""
    leaves_inputs(student.roi_align, scaled)
