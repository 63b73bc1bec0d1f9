"""gradient_norms: how long the gradient of each convolution's weight is, without a trace left on the model.

The nets come from support.py, in float64 and with drawn weights; the reference is autograd on a twin.
"""

import torch
import torch.nn.functional as F
from torch import nn

from course.grading import observe, points, same, scaffolding

support = scaffolding(__file__)

X = torch.randn(6, 3, 6, 7, generator=torch.Generator().manual_seed(6), dtype=torch.float64)
Y = torch.tensor([0, 2, 1, 1, 0, 2])


def net_of(where, kind, train):
    """A net with drawn weights, in the student's kernel or here."""
    net = getattr(where, kind)().double()
    where.fill(net, seed=6)
    net.train(train)
    return net


def reference(net, x, y):
    names = [name for name, module in net.named_modules() if isinstance(module, nn.Conv2d)]
    weights = [net.get_submodule(name).weight for name in names]
    found = torch.autograd.grad(F.cross_entropy(net(x), y), weights)
    return {f"{name}.weight": gradient.norm().item() for name, gradient in zip(names, found, strict=True)}


def after(student, kind, train):
    """A net in the student's kernel that has been measured."""
    net = net_of(student.support, kind, train)
    student.support.run(student.gradient_norms, net, X, Y)
    return net


def check_norms(student, kind, train):
    net = net_of(student.support, kind, train)
    found = student.gradient_norms(net, X, Y)
    mode = "train" if train else "eval"
    same(found, reference(net_of(support, kind, train), X, Y), f"the norms of {kind} in {mode} mode", 1e-6)


@points(0.5)
def test_train(student):
    """In train mode, the norms of all convolutions' weights, and of nothing else, are autograd's."""
    for kind in ("basic_net", "bottleneck_net", "convolution_net"):
        check_norms(student, kind, train=True)


@points(0.25)
def test_eval(student):
    """A model in eval mode is measured in eval mode."""
    for kind in ("basic_net", "dropout_net"):
        check_norms(student, kind, train=False)


@points(0.25)
def test_earlier_gradients(student):
    """Gradients that lie in the model from before do not count."""
    net = net_of(student.support, "basic_net", train=True)
    student.support.give_gradients(net)
    expected = reference(net_of(support, "basic_net", train=True), X, Y)
    same(student.gradient_norms(net, X, Y), expected, "the norms of a net with earlier gradients", 1e-6)


@points(0.25)
def test_no_gradients(student):
    """A model that has no gradients has none afterwards."""
    net = after(student, "basic_net", train=True)
    for name, kind in student.support.gradients(net).items():
        assert kind == "none", f"The .grad of {name} holds {kind} afterwards. Before, it was None."


@points(0.25)
def test_statistics(student):
    """Weights and running statistics are as before."""
    found = student.support.state(after(student, "bottleneck_net", train=True))
    for name, tensor in support.state(net_of(support, "bottleneck_net", train=True)).items():
        same(found.get(name), tensor, f"{name} afterwards")


def mixed(where, train):
    """A net of which one stage is in the other mode."""
    net = net_of(where, "basic_net", train)
    stage = net.layer2 if where is support else net.get("layer2")
    stage.train(not train)
    return net


@points(0.25)
def test_modes(student):
    """Each submodule is in the mode that it was in, and each parameter can be trained as before."""
    found, expected = {}, {}
    for train in (True, False):
        net = mixed(student.support, train)
        student.support.run(student.gradient_norms, net, X, Y)
        found[train], expected[train] = student.support.modes(net), support.modes(mixed(support, train))
        frozen = student.support.frozen(net)
        assert not frozen, f"These do not require gradients any more: {', '.join(frozen)}."
    for train in (True, False):
        mode = "eval" if train else "train"
        what = f"with layer2 in {mode} mode and the rest not, training afterwards, by submodule,"
        same(found[train], expected[train], what)


@points(0.25)
def test_random_state(student):
    """The global random state is as before, also when the model draws from it."""
    for kind in ("basic_net", "dropout_net"):
        net = net_of(student.support, kind, train=True)
        changed = observe(student.support.run, student.gradient_norms, net, X, Y).random_state_changed
        assert not changed, f"The global random state is another one after gradient_norms on {kind} in train mode."
