"""Right answers to train_resnet of other kinds."""

import copy
import time

import torch
import torch.nn.functional as F
from torch import nn
from torch.utils.data import DataLoader, TensorDataset


class _PreActivation(nn.Module):
    """Norm and ReLU before the convolutions; zero-padded shortcut without weights."""

    def __init__(self, in_channels, channels, stride=1, norm=nn.BatchNorm2d):
        super().__init__()
        self.bn1, self.conv1 = norm(in_channels), nn.Conv2d(in_channels, channels, 3, stride, 1, bias=False)
        self.bn2, self.conv2 = norm(channels), nn.Conv2d(channels, channels, 3, 1, 1, bias=False)
        self.stride, self.missing = stride, channels - in_channels

    def forward(self, x):
        shortcut = F.pad(x[:, :, :: self.stride, :: self.stride], (0, 0, 0, 0, 0, self.missing))
        out = self.conv1(F.relu(self.bn1(x)))
        return shortcut + self.conv2(F.relu(self.bn2(out)))


class _Bottleneck(nn.Module):
    def __init__(self, in_channels, channels, stride=1):
        super().__init__()
        out = 2 * channels
        self.branch = nn.Sequential(
            nn.Conv2d(in_channels, channels, 1, bias=False), nn.BatchNorm2d(channels), nn.ReLU(),
            nn.Conv2d(channels, channels, 3, stride, 1, bias=False), nn.BatchNorm2d(channels), nn.ReLU(),
            nn.Conv2d(channels, out, 1, bias=False), nn.BatchNorm2d(out),
        )  # fmt: skip
        self.shortcut = nn.Sequential(nn.Conv2d(in_channels, out, 1, stride, bias=False), nn.BatchNorm2d(out))

    def forward(self, x):
        return F.relu(self.branch(x) + self.shortcut(x))


class _Normalised(nn.Module):
    """A net that brings the pictures to mean 0 and deviation 1 itself."""

    def __init__(self, images, net):
        super().__init__()
        self.register_buffer("mean", images.mean((0, 2, 3), keepdim=True))
        self.register_buffer("deviation", images.std((0, 2, 3), keepdim=True))
        self.net = net

    def forward(self, x):
        return self.net((x - self.mean) / self.deviation)


def sgd_and_pre_activation(images, labels, *, seed, budget, device):
    """SGD with momentum, a cosine over the budget, mirrored copies; handed back in train mode."""
    end, start = time.process_time() + 0.95 * budget, time.process_time()
    torch.manual_seed(seed)
    images, labels, classes = images.to(device), labels.to(device), int(labels.max()) + 1
    net = nn.Sequential(
        nn.Conv2d(images.shape[1], 16, 3, 1, 1, bias=False),
        _PreActivation(16, 16), _PreActivation(16, 32, 2), _PreActivation(32, 64, 2),
        nn.BatchNorm2d(64), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(64, classes),
    ).to(device)  # fmt: skip
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


def loader_and_constant_rate(images, labels, *, seed, budget, device):
    """A DataLoader, Adam with a constant rate and a moving average of the weights, bottlenecks; in eval mode."""
    deadline = time.process_time() + 0.9 * budget
    generator = torch.Generator().manual_seed(seed)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        blocks = [_Bottleneck(16, 16), _Bottleneck(32, 24, 2), _Bottleneck(48, 32, 2)]
        stem = [nn.Conv2d(images.shape[1], 16, 3, 1, 1, bias=False), nn.BatchNorm2d(16), nn.ReLU()]
        head = [nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(64, len(labels.unique()))]
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


def group_norm_without_torch_optim(images, labels, *, seed, budget, device):
    """No batch norm at all, momentum written by hand, whole epochs as long as another one fits."""
    start, torch_state = time.process_time(), torch.get_rng_state()
    torch.manual_seed(seed)
    norm = lambda channels: nn.GroupNorm(4, channels)
    net = nn.Sequential(
        nn.Conv2d(images.shape[1], 16, 3, 1, 1),
        _PreActivation(16, 16, 1, norm), _PreActivation(16, 32, 2, norm), _PreActivation(32, 64, 2, norm),
        nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(64, int(labels.max()) + 1),
    ).to(device)  # fmt: skip
    weights = list(net.parameters())
    velocity, longest = [torch.zeros_like(p) for p in weights], 0.0
    while (begun := time.process_time()) - start + longest < 0.95 * budget:
        rate = 0.1 * max(0.02, 1 - (begun - start) / budget)
        for batch in torch.randperm(len(images)).split(50):
            loss = F.cross_entropy(net(images[batch].to(device)), labels[batch].to(device))
            for p, v, g in zip(weights, velocity, torch.autograd.grad(loss, weights), strict=True):
                p.data -= rate * v.mul_(0.9).add_(g)
        longest = max(longest, time.process_time() - begun)
    torch.set_rng_state(torch_state)
    return net
