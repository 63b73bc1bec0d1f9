"""adain: each channel of the content gets the mean and the deviation of the style's channel.

content (N, C, H, W), style (N, C, H', W'). The reference divides by H·W (biased variance). Pictures have about 150
places, and the tolerance is wide enough for answers that divide by H·W − 1.
"""

import torch

from course.grading import agree, fail, gradients, leaves_inputs, points, same

TOLERANCE = 6e-3  # 1 / 150, about


def reference(content, style, eps=1e-5):
    def mean_and_deviation(x):
        return x.mean((2, 3), keepdim=True), (x.var((2, 3), keepdim=True, correction=0) + eps).sqrt()

    (mean, deviation), (new_mean, new_deviation) = mean_and_deviation(content), mean_and_deviation(style)
    return (content - mean) / deviation * new_deviation + new_mean


def case(r, pictures=1, other_size=False):
    dtype = r.choice([torch.float64, torch.float32])
    n, c = r.randint(1, pictures), r.randint(1, 3)
    scale, shift = (torch.arange(1.0, n * c + 1, dtype=dtype).reshape(n, c, 1, 1) * k for k in (0.5, 0.7))
    size = (r.randint(13, 14), 11) if other_size else (12, 12)
    return dict(
        content=r.tensor(n, c, 12, 12, dtype=dtype) * 2 + 1, style=r.tensor(n, c, *size, dtype=dtype) * scale + shift
    )


def any_call(r):
    return case(r, pictures=2)


def other_sizes(r):
    return case(r, other_size=True)


def large_eps(r):
    return case(r) | dict(eps=r.choice([0.5, 2.0]))


@points(1)
def test_any_call(student):
    """Each channel of each picture gets mean and deviation of the style's channel."""
    agree(student.adain, reference, any_call, cases=6, tolerance=TOLERANCE)


@points(0.5)
def test_sizes(student):
    """The style may have another height and width; the result has the content's."""
    agree(student.adain, reference, other_sizes, cases=4, tolerance=TOLERANCE)


@points(0.5)
def test_eps(student):
    """eps is added to the variances of content and style, under the root."""
    agree(student.adain, reference, large_eps, cases=4, tolerance=TOLERANCE)


@points(0.5)
def test_flat_channels(student):
    """A flat channel of the content becomes the style's mean, and a flat style makes a channel flat: nothing is NaN."""
    x = torch.randn(1, 2, 12, 12, generator=torch.Generator().manual_seed(3), dtype=torch.float64)
    flat = torch.full_like(x, 0.5)
    what = "the result for content = 0.5 everywhere"
    same(student.adain(flat, x), x.mean((2, 3), keepdim=True).expand_as(x), what, tolerance=1e-6)
    same(student.adain(x, flat), reference(x, flat), "the result for style = 0.5 everywhere", tolerance=TOLERANCE)


@points(0.5)
def test_gradients(student):
    """Gradients reach the content, and neither argument is changed."""
    g = torch.Generator().manual_seed(4)
    content, style = (torch.randn(2, 2, *size, generator=g, dtype=torch.float64) for size in ((12, 12), (12, 13)))
    cotangent = torch.randn(content.shape, generator=g, dtype=torch.float64)
    leaf = content.clone().requires_grad_()
    (expected,) = torch.autograd.grad(reference(leaf, style), leaf, cotangent)
    found = gradients(student.adain, content, style, cotangents=cotangent).inputs[0]
    if found is None:
        fail("No gradient flows to content.")
    same(found, expected, "the gradient of content", tolerance=2 * TOLERANCE)
    leaves_inputs(student.adain, any_call, cases=2)
