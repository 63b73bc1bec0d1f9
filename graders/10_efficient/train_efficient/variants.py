"""Right answers to train_efficient of other kinds."""

import copy
import time

import torch
import torch.nn.functional as F
from torch import nn
from torch.utils.data import DataLoader, TensorDataset


def thin_and_ordinary(images, labels, *, max_macs, seed, budget, device):
    """Ordinary convolutions with few channels, none separable; SGD with momentum, a cosine, mirrored copies."""
    start, end = time.process_time(), time.process_time() + 0.95 * budget
    torch.manual_seed(seed)
    images, labels, classes = images.to(device), labels.to(device), int(labels.max()) + 1
    width, layers, before = 7, [], images.shape[1]
    for after, stride in ((width, 2), (2 * width, 1), (2 * width, 1), (4 * width, 2), (4 * width, 1)):
        layers += [nn.Conv2d(before, after, 3, stride, 1, bias=False), nn.BatchNorm2d(after), nn.ReLU()]
        before = after
    net = nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(before, classes)).to(device)
    steps = torch.optim.SGD(net.parameters(), lr=0.1, momentum=0.9, nesterov=True, weight_decay=5e-4)
    while (now := time.process_time()) < end:
        for group in steps.param_groups:
            group["lr"] = 0.05 * (1 + torch.cos(torch.tensor((now - start) / budget * torch.pi)).item())
        batch = torch.randint(len(images), (64,))
        x = images[batch].flip(3) if torch.rand(()) < 0.5 else images[batch]
        steps.zero_grad()
        F.cross_entropy(net(x), labels[batch]).backward()
        steps.step()
    return net.train()


class _Inverted(nn.Module):
    def __init__(self, before, after, stride=1, ratio=3):
        super().__init__()
        hidden = before * ratio
        self.branch = nn.Sequential(
            nn.Conv2d(before, hidden, 1, bias=False), nn.BatchNorm2d(hidden), nn.ReLU6(),
            nn.Conv2d(hidden, hidden, 3, stride, 1, groups=hidden, bias=False), nn.BatchNorm2d(hidden), nn.ReLU6(),
            nn.Conv2d(hidden, after, 1, bias=False), nn.BatchNorm2d(after),
        )  # fmt: skip
        self.adds = stride == 1 and before == after

    def forward(self, x):
        return x + self.branch(x) if self.adds else self.branch(x)


class _Normalised(nn.Module):
    """A net that brings the pictures to mean 0 and deviation 1 itself."""

    def __init__(self, images, net):
        super().__init__()
        self.register_buffer("mean", images.mean((0, 2, 3), keepdim=True))
        self.register_buffer("deviation", images.std((0, 2, 3), keepdim=True))
        self.net = net

    def forward(self, x):
        return self.net((x - self.mean) / self.deviation)


def inverted_residuals_and_loader(images, labels, *, max_macs, seed, budget, device):
    """MobileNetV2's blocks, a DataLoader, Adam at a constant rate, a moving average of the weights; in eval mode."""
    deadline = time.process_time() + 0.9 * budget
    generator = torch.Generator().manual_seed(seed)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        stem = [nn.Conv2d(images.shape[1], 12, 3, 2, 1, bias=False), nn.BatchNorm2d(12), nn.ReLU6()]
        blocks = [_Inverted(12, 12), _Inverted(12, 24, 2), _Inverted(24, 24)]
        head = [nn.Conv2d(24, 64, 1, bias=False), nn.BatchNorm2d(64), nn.ReLU6()]
        head += [nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(64, len(labels.unique()))]
        net = _Normalised(images, nn.Sequential(*stem, *blocks, *head)).to(device)
    average, weight = copy.deepcopy(net), 0.98
    steps = torch.optim.Adam(net.parameters(), lr=0.003)
    data = DataLoader(TensorDataset(images, labels), batch_size=32, shuffle=True, generator=generator)
    while True:
        for x, y in data:
            if time.process_time() > deadline:
                return average.eval()
            loss = nn.functional.nll_loss(net(x.to(device)).log_softmax(1), y.to(device))
            steps.zero_grad()
            loss.backward()
            steps.step()
            with torch.no_grad():
                for slow, fast in zip(average.state_dict().values(), net.state_dict().values(), strict=True):
                    slow.copy_(fast if not slow.is_floating_point() else weight * slow + (1 - weight) * fast)


def shifted_grouped_without_norm_statistics(images, labels, *, max_macs, seed, budget, device):
    """Groups of four channels, shuffled, group norm, momentum written by hand, shifted copies, whole epochs."""
    start, torch_state = time.process_time(), torch.get_rng_state()
    torch.manual_seed(seed)
    w, layers = 16, [nn.Conv2d(images.shape[1], 16, 3, 2, 1), nn.GroupNorm(4, 16), nn.ReLU()]
    for before, after, stride in ((w, 2 * w, 1), (2 * w, 4 * w, 2), (4 * w, 4 * w, 1)):
        layers += [nn.Conv2d(before, after, 3, stride, 1, groups=4), nn.GroupNorm(4, after), nn.ReLU()]
        layers += [nn.ChannelShuffle(4)]
    head = [nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(4 * w, int(labels.max()) + 1)]
    net = nn.Sequential(*layers, *head).to(device)
    weights = list(net.parameters())
    velocity, longest = [torch.zeros_like(p) for p in weights], 0.0
    while (begun := time.process_time()) - start + longest < 0.95 * budget:
        rate = 0.1 * max(0.02, 1 - (begun - start) / budget)
        for batch in torch.randperm(len(images)).split(50):
            dy, dx = torch.randint(-1, 2, (2,)).tolist()
            x = images[batch].roll((dy, dx), (2, 3)).to(device)
            loss = F.cross_entropy(net(x), labels[batch].to(device))
            for p, v, g in zip(weights, velocity, torch.autograd.grad(loss, weights), strict=True):
                p.data -= rate * v.mul_(0.9).add_(g)
        longest = max(longest, time.process_time() - begun)
    torch.set_rng_state(torch_state)
    return net
