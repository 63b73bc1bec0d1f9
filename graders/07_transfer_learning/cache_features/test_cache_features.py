"""cache_features: what a backbone gives in eval mode, batch by batch, without a graph. images (N, C, H, W).

The backbone of support.py has batch norm and dropout, one layer of it already in eval mode, and keeps account of how it
is called.
"""

import torch

from course.grading import fail, points, same, scaffolding

support = scaffolding(__file__)


def pictures(n):
    generator = torch.Generator().manual_seed(n)
    return torch.randn(n, 2, 4, 5, generator=generator, dtype=torch.float64) + 2


def trace(student, what, n=5, **kwargs):
    return student.support.traces(what, student.cache_features.handle(), pictures(n), **kwargs)


@points(0.75)
def test_values(student):
    """The features are those of one batch in eval mode, in the order of the pictures; the last batch may be smaller."""
    function = student.cache_features.handle()
    for n, size in ((5, 2), (4, 2), (1, 3), (3, 8), (7, 1)):
        found = student.support.features(function, pictures(n), batch_size=size)
        expected = support.expected_features(pictures(n))
        same(found, expected, f"the features of {n} pictures with batch_size={size}", 1e-7)
    same(student.support.features(function, pictures(3)), support.expected_features(pictures(3)),
         "the features of 3 pictures with the default batch_size", 1e-7)  # fmt: skip


@points(0.25)
def test_maps(student):
    """Features of any shape are kept as they are, maps too."""
    found = student.support.features(student.cache_features.handle(), pictures(3), False, batch_size=2)
    same(found, support.expected_features(pictures(3), False), "features that are maps of 3 × 4 × 5", 1e-7)


@points(0.25)
def test_batches(student):
    """The backbone gets at most batch_size pictures at once, 128 unless told otherwise."""
    for n, size in ((5, 2), (300, 128)):
        sizes = trace(student, "sizes", n, **({} if size == 128 else {"batch_size": size}))
        if not sizes or max(sizes) > size:
            fail(f"for {n} pictures and batch_size={size}, the backbone gets {sizes} pictures at once; "
                 f"{size} are the most.")  # fmt: skip


@points(0.25)
def test_no_graph(student):
    """The result has no graph behind it."""
    same(trace(student, "graph", batch_size=2), False, "whether the result requires a gradient")


@points(0.5)
def test_leaves_the_backbone(student):
    """Afterwards each layer is in the mode that it was in; statistics, gradients and requires_grad are as before."""
    found = trace(student, "state", batch_size=2)
    assert not found, f"The call has changed these of the backbone: {', '.join(found)}."
    from_eval, found = (trace(student, what, batch_size=2) for what in ("modes from eval", "modes"))
    assert not from_eval, f"These were in eval mode before, as the whole backbone was: {', '.join(from_eval)}."
    assert not found, f"These were in another mode before (one of four layers was in eval mode): {', '.join(found)}."
    for what, name in (("frozen", "requires_grad"), ("grads", ".grad")):
        found = trace(student, what, batch_size=2)
        assert not found, f"The {name} of these has changed: {', '.join(found)}."
