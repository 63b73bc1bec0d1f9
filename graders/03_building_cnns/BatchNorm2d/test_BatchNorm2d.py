"""BatchNorm2d: compared with torch's in float64, with drawn weights and statistics: no gamma is 1, no beta 0."""

import torch
from torch import nn

from course.grading import Mismatch, agree_module, observe, points, same, scaffolding

bans = ("batch_norm",)
support = scaffolding(__file__)

SHAPES = [(2, 3, 1, 1), (1, 2, 1, 2), (3, 2, 2, 3), (4, 3, 5, 4)]  # with 2, 2, 18 and 80 numbers a channel


def batch(shape, seed):
    """Numbers whose channels have means and spreads of their own; the pictures differ as well."""
    generator = torch.Generator().manual_seed(seed)
    draw = lambda *size: torch.randn(*size, generator=generator, dtype=torch.float64)
    n, c = shape[:2]
    return draw(*shape) * (draw(1, c, 1, 1).abs() + 0.5) + 2 * draw(1, c, 1, 1) + draw(n, c, 1, 1)


def pair(student, channels, train=True, **options):
    """The student's module and torch's, in one mode, with the same drawn weights and statistics."""
    twin = support.fill(nn.BatchNorm2d(channels, **options).double(), seed=3).train(train)
    module = student.BatchNorm2d(channels, **options).double()
    student.support.fill(module, seed=3)
    module.train(train)
    return module, twin


def check_output(student, shape, train, what, **options):
    module, twin = pair(student, shape[1], train, **options)
    x = batch(shape, seed=1)
    same(module(x), twin(x).detach(), f"the output for {what}, x of shape {shape},")


def check_statistics(student, channels, shapes, train=True, **options):
    module, twin = pair(student, channels, train, **options)
    for step, shape in enumerate(shapes, start=1):
        module(batch(shape, step))
        twin(batch(shape, step))
        found, mode = student.support.state(module), "train" if train else "eval"
        for name, buffer in twin.named_buffers():
            same(found.get(name), buffer, f"{name} after step {step} in {mode} mode, x of shape {shape},")


def right_in_train_mode(student):
    """Whether one batch in train mode comes out right, to say so where eval mode fails."""
    try:
        check_output(student, SHAPES[2], True, "train mode")
    except Mismatch:
        return False
    return True


@points(0.5)
def test_state_dict(student):
    """The state dict is that of nn.BatchNorm2d, with its values at the start; weight and bias are the parameters."""
    module, twin = student.BatchNorm2d(3), nn.BatchNorm2d(3)
    same(student.support.layout(module), support.layout(twin), "the state dict of BatchNorm2d(3)")
    found = student.support.state(module)
    for name, tensor in support.state(twin).items():
        same(found.get(name), tensor.detach(), f"{name} at the start")
    same(student.support.parameter_names(module), ["bias", "weight"], "the list of parameters of BatchNorm2d(3)")


@points(1)
def test_train(student):
    """In train mode the batch's mean and variance are used, over pictures, rows and columns, then γ and β."""
    for shape in SHAPES:
        check_output(student, shape, True, "train mode")


@points(1.25)
def test_running_statistics(student):
    """In train mode the running statistics move by a tenth at each step, the variance being that of N·H·W - 1."""
    check_statistics(student, 3, [(4, 3, 5, 4), (2, 3, 1, 1), (3, 3, 2, 2)])
    check_statistics(student, 2, [(1, 2, 1, 2), (1, 2, 3, 1)])


@points(1)
def test_eval(student):
    """In eval mode the running statistics are used, and nothing moves."""
    what = "eval mode (in train mode it is right)" if right_in_train_mode(student) else "eval mode"
    for shape in [(1, 2, 1, 1), *SHAPES]:
        check_output(student, shape, False, what)
    check_statistics(student, 3, [(4, 3, 5, 4)], train=False)


@points(0.5)
def test_eps_and_momentum(student):
    """Other values of eps and momentum are used where the formula has them."""
    for eps, momentum in [(0.5, 0.1), (1e-5, 0.3), (1e-3, 1.0)]:
        options = dict(eps=eps, momentum=momentum)
        for train in (True, False):
            mode = "train" if train else "eval"
            check_output(student, (3, 2, 2, 3), train, f"eps={eps}, momentum={momentum}, {mode} mode", **options)
        check_statistics(student, 2, [(3, 2, 2, 3), (2, 2, 1, 2)], **options)


@points(1)
def test_gradients(student):
    """Gradients reach x, weight and bias; in train mode also through mean and variance."""
    for train in (True, False):
        module, twin = pair(student, 2, train)
        agree_module(module, twin, batch((3, 2, 2, 3), 1), what=f"in {'train' if train else 'eval'} mode")


@points(0.5)
def test_statistics_keep_no_gradient(student):
    """The running statistics carry no gradient: a second step can be taken after the first."""
    module, _ = pair(student, 2)
    student.support.step_by_step(module, batch((3, 2, 2, 3), 1))
    found = student.support.with_history(module)
    assert not found, (
        f"After a step in train mode, {' and '.join(found)} require a gradient: they keep the whole batch alive."
    )


@points(0.25)
def test_input(student):
    """x is not changed, in neither mode."""
    for train in (True, False):
        module, _ = pair(student, 2, train)
        changed = observe(module, batch((3, 2, 2, 3), 1), no_grad=True).changed
        assert not changed, f"The input x is another one after a pass in {'train' if train else 'eval'} mode."
