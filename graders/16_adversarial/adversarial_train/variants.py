"""Right answers to adversarial_train of other kinds."""

import copy
import time

import torch
import torch.nn.functional as F
from torch import nn
from torch.utils.data import DataLoader, TensorDataset


class _Net(nn.Module):
    """Strided convolutions with batch norm; brings the pixels to mean 0 itself."""

    def __init__(self, channels, classes):
        super().__init__()
        self.conv1, self.bn1 = nn.Conv2d(channels, 24, 3, 1, 1, bias=False), nn.BatchNorm2d(24)
        self.conv2, self.bn2 = nn.Conv2d(24, 48, 3, 2, 1, bias=False), nn.BatchNorm2d(48)
        self.conv3, self.bn3 = nn.Conv2d(48, 48, 3, 1, 1, bias=False), nn.BatchNorm2d(48)
        self.head = nn.Linear(48 * 16, classes)

    def forward(self, x):
        x = (x - 0.3) / 0.37
        for conv, bn in ((self.conv1, self.bn1), (self.conv2, self.bn2), (self.conv3, self.bn3)):
            x = F.relu(bn(conv(x)))
        return self.head(F.adaptive_avg_pool2d(x, 4).flatten(1))


def fast_gradient_sign(images, labels, *, epsilon, seed, budget, device):
    """One step of size epsilon from a random start (Wong et al. 2020), SGD with momentum; handed back in train mode."""
    start, generator = time.process_time(), torch.Generator().manual_seed(seed)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        net = nn.Sequential(
            nn.Conv2d(images.shape[1], 32, 3), nn.ReLU(), nn.Conv2d(32, 64, 3, 2), nn.ReLU(), nn.Flatten(),
            nn.LazyLinear(100), nn.ReLU(), nn.Linear(100, len(labels.unique())),
        )  # fmt: skip
        net(images[:1])
    steps = torch.optim.SGD(net.parameters(), 0.05, momentum=0.9, nesterov=True, weight_decay=5e-4)
    while (spent := (time.process_time() - start) / budget) < 0.95:
        for group in steps.param_groups:
            group["lr"] = 0.1 * min(spent / 0.2, 1 - spent)
        rows = torch.randint(len(images), (64,), generator=generator)
        x, y = images[rows], labels[rows]
        delta = (epsilon * (2 * torch.rand(x.shape, generator=generator) - 1)).requires_grad_()
        F.cross_entropy(net(x + delta), y).backward()
        delta = (delta.detach() + epsilon * delta.grad.sign()).clamp(-epsilon, epsilon)
        steps.zero_grad()
        F.cross_entropy(net((x + delta).clamp(0, 1)), y).backward()
        steps.step()
    return net


def clean_and_attacked(images, labels, *, epsilon, seed, budget, device):
    """Batch norm, a DataLoader, half of the loss on untouched pictures, AdamW at a constant rate, averaged weights."""
    deadline = time.process_time() + 0.9 * budget
    torch.manual_seed(seed)
    net = _Net(images.shape[1], int(labels.max()) + 1).to(device)
    average = copy.deepcopy(net)
    steps = torch.optim.AdamW(net.parameters(), 0.002)
    while True:
        for x, y in DataLoader(TensorDataset(images, labels), 100, shuffle=True):
            if time.process_time() > deadline:
                return average.eval()
            net.eval()
            moved = x + torch.empty_like(x).uniform_(-epsilon, epsilon)
            for _ in range(4):
                moved = moved.detach().requires_grad_()
                F.cross_entropy(net(moved), y).backward()
                moved = moved + 0.4 * epsilon * moved.grad.sign()
                moved = torch.min(torch.max(moved, x - epsilon), x + epsilon).clamp(0, 1)
            net.train()
            steps.zero_grad()
            (0.3 * F.cross_entropy(net(x), y) + 0.7 * F.cross_entropy(net(moved.detach()), y)).backward()
            steps.step()
            with torch.no_grad():
                for slow, fast in zip(average.state_dict().values(), net.state_dict().values(), strict=True):
                    slow.copy_(fast if not slow.is_floating_point() else 0.98 * slow + 0.02 * fast)


def trades(images, labels, *, epsilon, seed, budget, device):
    """TRADES (Zhang et al. 2019): the attacked prediction shall agree with the untouched one; no torch.optim."""
    begun = time.process_time()
    torch.manual_seed(seed)
    net = nn.Sequential(
        nn.Conv2d(images.shape[1], 16, 3, padding=1), nn.ReLU(), nn.Conv2d(16, 32, 3, padding=1), nn.ReLU(),
        nn.MaxPool2d(2), nn.Flatten(), nn.Linear(8 * images[0, 0].numel(), int(labels.max()) + 1),
    )  # fmt: skip
    weights = list(net.parameters())
    velocity = [torch.zeros_like(w) for w in weights]
    disagreement = lambda x, p: F.kl_div(net(x).log_softmax(1), p, reduction="batchmean")
    while (spent := (time.process_time() - begun) / budget) < 0.93:
        rows = torch.randperm(len(images))[:64]
        x, y = images[rows], labels[rows]
        target = net(x).softmax(1).detach()
        moved = x + 0.01 * torch.randn_like(x)
        for _ in range(5):
            moved.requires_grad_()
            (g,) = torch.autograd.grad(disagreement(moved, target), moved)
            moved = (moved.detach() + 0.5 * epsilon * g.sign()).clamp(x - epsilon, x + epsilon).clamp(0, 1)
        logits = net(x)
        loss = F.cross_entropy(logits, y) + 4 * disagreement(moved, logits.softmax(1))
        for w, v, g in zip(weights, velocity, torch.autograd.grad(loss, weights), strict=True):
            w.data -= 0.1 * min(1.0, 2 * (1 - spent)) * v.mul_(0.9).add_(g)
    return net.eval()
