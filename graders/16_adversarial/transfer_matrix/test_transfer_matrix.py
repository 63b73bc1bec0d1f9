"""transfer_matrix: how often pictures made against the row's model fool the column's. Linear models, one fixed step."""

import torch

from course.grading import fail, points, same, scaffolding

support = scaffolding(__file__)


def models(seed, count):
    """Relatives: one direction in common, so that some pictures transfer; labels that no model always meets."""
    draw = torch.Generator().manual_seed(seed)
    normal = lambda *shape: torch.randn(*shape, generator=draw, dtype=torch.float64)
    common, x = normal(2, 6), torch.rand(40, 1, 2, 3, generator=draw, dtype=torch.float64)
    weights = [common + 0.9 * normal(2, 6) for _ in range(count)]
    y = (support.linear(common)(x)[:, 1] > support.linear(common)(x)[:, 0]).long()
    return weights, 0.15, x, y


def reference(weights, size, x, y):
    nets, rows = [support.linear(weight) for weight in weights], []
    before = [net(x).argmax(1) == y for net in nets]
    for net in nets:
        moved = support.Stepper(size)(net, x, y)
        fooled = [right & (other(moved).argmax(1) != y) for other, right in zip(nets, before, strict=True)]
        rows.append([f.sum().item() / right.sum().item() for f, right in zip(fooled, before, strict=True)])
    return torch.tensor(rows, dtype=torch.float64)


def matrix(student, seed, count):
    got = student.support.transferred("matrix", student.transfer_matrix.handle(), *models(seed, count))
    if not isinstance(got, torch.Tensor) or not got.is_floating_point():
        fail("transfer_matrix must give one floating-point tensor.")
    return got


@points(1.5)
def test_values(student):
    """Row i, column j: of the pictures that net j gets right, the share that net i's attack makes it miss."""
    for seed, count in ((0, 3), (1, 2), (2, 4), (3, 1)):
        expected = reference(*models(seed, count))
        same(matrix(student, seed, count), expected, f"the matrix of {count} linear nets", 1e-5)


@points(0.75)
def test_attack(student):
    """The attack is called once for each row, on all pictures."""
    calls = student.support.transferred("calls", student.transfer_matrix.handle(), *models(0, 3))
    if len(calls) != 3:
        fail(f"For 3 models the attack is called {len(calls)} times, expected 3: once for each row.")
    same(calls, [40, 40, 40], "how many pictures each call of the attack got")


@points(0.75)
def test_modes(student):
    """Each submodule of each model is afterwards in the mode that it was in."""
    before, after = student.support.transferred("modes", student.transfer_matrix.handle(), *models(0, 2))
    same(after, before, "`.training` of the parts afterwards")
