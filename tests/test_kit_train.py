"""The training loop: it learns, repeats itself, and leaves modes and random states as they were."""

import pytest
import torch
from torch import nn

from coursekit.data import digits
from coursekit.train import accuracy, fit, mode, predict

torch.set_num_threads(1)  # more cost time on tensors so small


def small_net():
    torch.manual_seed(0)
    return nn.Sequential(nn.Conv2d(1, 8, 3), nn.BatchNorm2d(8), nn.ReLU(), nn.Flatten(), nn.Linear(288, 10))


@pytest.fixture(scope="module")
def pictures():
    images, labels = digits()
    return images[:600], labels[:600]


@pytest.mark.parametrize("optimizer, lr", [("adamw", 1e-2), ("sgd", 1e-1)])
def test_it_learns(pictures, optimizer, lr):
    model = small_net()
    history = fit(model, *pictures, epochs=3, lr=lr, optimizer=optimizer)
    assert len(history) == 3 and history[0] > 2 * history[-1]
    assert accuracy(model, *digits("test")) > 0.8


def test_the_same_seed_gives_the_same_weights(pictures):
    runs = [small_net() for _ in range(3)]
    histories = [
        fit(model, *pictures, epochs=1, lr=1e-2, seed=seed) for model, seed in zip(runs, (5, 5, 6), strict=True)
    ]
    assert histories[0] == histories[1] != histories[2]
    assert torch.equal(runs[0][4].weight, runs[1][4].weight)


def test_random_state_and_inputs_are_left_alone(pictures):
    images, before = pictures[0].clone(), torch.get_rng_state()
    model = small_net()
    before = torch.get_rng_state()
    fit(model, *pictures, epochs=1, lr=1e-2)
    predict(model, pictures[0])
    assert torch.equal(torch.get_rng_state(), before)
    assert torch.equal(pictures[0], images)


def test_modes_are_restored_module_by_module(pictures):
    model = small_net()
    model[1].eval()
    seen = []
    model[1].register_forward_hook(lambda module, *_: seen.append(module.training))
    fit(model, *pictures, epochs=1, lr=1e-2)
    assert all(seen) and not model[1].training and model.training
    seen.clear()
    accuracy(model, *pictures)
    assert not any(seen) and not model[1].training and model.training


def test_modes_are_restored_after_an_error():
    model = small_net()
    with pytest.raises(RuntimeError), mode(model, training=False):
        raise RuntimeError
    assert model.training


def test_accuracy_is_the_share_of_right_answers():
    labels = torch.tensor([0, 1, 1, 0])
    scores = torch.eye(2)[torch.tensor([0, 1, 0, 0])]
    net = nn.Sequential(nn.Linear(2, 2, bias=False))
    net[0].weight.data = torch.eye(2)
    assert accuracy(net, scores, labels, batch_size=3) == 0.75
    assert predict(net, scores).tolist() == [0, 1, 0, 0]


def test_flat_pictures_train_too(pictures):
    assert len(fit(nn.Linear(64, 10), pictures[0].flatten(1), pictures[1], epochs=1, lr=1e-2)) == 1


def test_show_prints_a_line_an_epoch(pictures, capsys):
    fit(small_net(), *pictures, epochs=2, lr=1e-2, show=True)
    assert [line[:14] for line in capsys.readouterr().out.splitlines()] == ["epoch 1 of 2: ", "epoch 2 of 2: "]


def test_an_unknown_optimizer_is_refused(pictures):
    with pytest.raises(ValueError, match="'adam'"):
        fit(small_net(), *pictures, epochs=1, lr=1e-2, optimizer="adam")
