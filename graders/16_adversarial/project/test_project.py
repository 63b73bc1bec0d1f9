"""project: the nearest change in the ball, picture by picture. delta (N, C, H, W), result like delta."""

import torch

from course.grading import agree, leaves_inputs, points, refuses, same


def reference(delta, epsilon, norm):
    if norm == "linf":
        return delta.clamp(-epsilon, epsilon)
    length = delta.flatten(1).norm(dim=1).view(-1, 1, 1, 1)
    return delta * torch.where(length > epsilon, epsilon / length, torch.ones_like(length))


def of(norm):
    def draw(r):
        """Pictures of which some lie inside, some outside."""
        n, dtype = r.randint(1, 3), r.choice([torch.float64, torch.float32])
        delta = r.tensor(n, r.randint(1, 3), r.randint(1, 3), r.randint(1, 3), dtype=dtype)
        scale = r.ints(n, 1, 1, 1, low=1, high=4).to(dtype) ** 2
        return dict(delta=delta * scale / 8, epsilon=r.choice([1.0, 0.5, 0.25, 2.0]), norm=norm)

    return draw


@points(1)
def test_linf(student):
    """In the l∞ ball each number is brought to the nearest of −ε to ε."""
    agree(student.project, reference, of("linf"), cases=10, tolerance=1e-5)


@points(1)
def test_l2(student):
    """In the l2 ball each picture that is longer than ε gets the length ε and keeps its direction; others stay."""
    agree(student.project, reference, of("l2"), cases=14, tolerance=1e-5)
    leaves_inputs(student.project, of("l2"), cases=2)


@points(0.5)
def test_zero(student):
    """A change of zeros stays zero, and with ε 0 everything becomes zero."""
    delta = torch.zeros(2, 1, 2, 2, dtype=torch.float64)
    delta[1] = 3.0
    for norm in ("linf", "l2"):
        expected = torch.zeros_like(delta)
        expected[1] = {"linf": 1.0, "l2": 0.5}[norm]
        same(student.project(delta, 1.0, norm), expected, f"a picture of zeros and one of threes, in {norm}", 1e-5)
        same(student.project(delta, 0.0, norm), torch.zeros_like(delta), f"the same with ε = 0, in {norm}", 1e-5)


@points(0.5)
def test_refuses(student):
    """Another norm raises a ValueError that names it."""
    for norm in ("l1", "L3"):
        with refuses(ValueError, mentions=(norm,)):
            student.project(torch.ones(1, 1, 2, 2), 1.0, norm)
