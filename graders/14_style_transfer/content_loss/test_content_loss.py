"""content_loss: the mean squared difference of two tensors of features, of which the second is the target."""

import torch

from course.grading import agree, fail, gradients, leaves_inputs, points, same


def reference(generated, content):
    return (generated - content.detach()).square().mean()


def any_call(r):
    dtype = r.choice([torch.float64, torch.float32])
    shape = r.randint(1, 3), r.randint(1, 3), r.randint(1, 4), r.randint(1, 4)
    return dict(generated=r.tensor(*shape, dtype=dtype), content=r.tensor(*shape, dtype=dtype))


def gradient_call(r):
    shape = r.randint(1, 2), r.randint(1, 2), r.randint(1, 3), r.randint(1, 3)
    return dict(generated=r.tensor(*shape), content=r.tensor(*shape))


@points(1)
def test_any_call(student):
    """The loss is the mean of the squared differences, one number for the whole batch."""
    agree(student.content_loss, reference, any_call, cases=10)


@points(0.5)
def test_gradients(student):
    """The gradient of the generated picture's features is right, and no feature is changed."""
    for size in ((1, 1, 1, 2), (2, 2, 3, 1), (2, 3, 2, 4)):  # the target's gradient is the next test's matter
        g = torch.Generator().manual_seed(sum(size))
        x, target = (torch.randn(size, generator=g, dtype=torch.float64) for _ in range(2))
        found = gradients(student.content_loss, x, target).inputs[0]
        if found is None:
            fail("No gradient flows to generated, the picture's features.")
        same(found, 2 * (x - target) / x.numel(), f"the gradient of generated, of shape {size},")
    leaves_inputs(student.content_loss, gradient_call, cases=2)


@points(0.5)
def test_target(student):
    """No gradient flows to the content's features: they are a target."""
    x, target = torch.tensor([[[[1.0, 2, 3, 4]]]]), torch.tensor([[[[1.0, 2, 3, 6]]]])
    found = gradients(student.content_loss, x, target)
    if found.inputs[0] is None:
        fail("No gradient flows to generated, the picture's features.")
    if found.inputs[1] is not None and bool(found.inputs[1].any()):
        fail("A gradient flows to content, which is a target.", call="content_loss(generated, content)",
             inputs={"generated": x, "content": target}, got=found.inputs[1], expected="no gradient")  # fmt: skip
