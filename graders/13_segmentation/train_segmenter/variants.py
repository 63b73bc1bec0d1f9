"""Right answers to train_segmenter of other kinds."""

import time

import torch
import torch.nn.functional as F
from torch import nn
from torch.utils.data import DataLoader, TensorDataset


def _conv(before, width, stride=1, rate=1, norm=nn.BatchNorm2d):
    return nn.Sequential(nn.Conv2d(before, width, 3, stride, rate, rate, bias=False), norm(width), nn.ReLU())


class _Rates(nn.Module):
    """A quarter of the size, three rates, and the mean of the picture; linear upsampling."""

    def __init__(self, channels, classes):
        super().__init__()
        self.body = nn.Sequential(_conv(channels, 16), _conv(16, 16, 2), _conv(16, 32), _conv(32, 32, 2))
        self.branches = nn.ModuleList(_conv(32, 16, rate=rate) for rate in (1, 2, 4))
        self.mean = nn.Conv2d(32, 16, 1)
        self.head = nn.Sequential(nn.Conv2d(64, 32, 1, bias=False), nn.BatchNorm2d(32), nn.ReLU(),
                                  nn.Conv2d(32, classes, 1))  # fmt: skip

    def forward(self, x):
        maps = self.body(x)
        pooled = F.relu(self.mean(maps.mean((2, 3), keepdim=True))).expand(-1, -1, *maps.shape[2:])
        logits = self.head(torch.cat([*(branch(maps) for branch in self.branches), pooled], 1))
        return F.interpolate(logits, size=x.shape[-2:], mode="bilinear", align_corners=False)


def rates_and_sgd(images, masks, num_classes, *, seed, budget, device):
    """Dilated branches, SGD with momentum and a cosine, mirrored together with the masks; handed back in train mode."""
    start = time.process_time()
    torch.manual_seed(seed)
    net = _Rates(images.shape[1], num_classes).to(device)
    images, masks = images.to(device), masks.to(device)
    steps = torch.optim.SGD(net.parameters(), lr=0.1, momentum=0.9, nesterov=True, weight_decay=1e-4)
    while (spent := (time.process_time() - start) / budget) < 0.95:
        for group in steps.param_groups:
            group["lr"] = 0.05 * (1 + torch.cos(torch.tensor(spent * torch.pi)).item())
        batch = torch.randint(len(images), (16,))
        x, y = images[batch], masks[batch]
        if torch.rand(()) < 0.5:
            x, y = x.flip(3), y.flip(2)
        steps.zero_grad()
        F.cross_entropy(net(x), y).backward()
        steps.step()
    return net.train()


class _Sum(nn.Module):
    """FCN-4s: scores of three maps, upsampled and added; group norm."""

    def __init__(self, channels, classes):
        super().__init__()
        norm = lambda width: nn.GroupNorm(4, width)
        self.a = nn.Sequential(_conv(channels, 12, norm=norm), _conv(12, 12, norm=norm))
        self.b = nn.Sequential(_conv(12, 24, 2, norm=norm), _conv(24, 24, norm=norm))
        self.c = nn.Sequential(_conv(24, 48, 2, norm=norm), _conv(48, 48, norm=norm), _conv(48, 48, norm=norm))
        self.scores = nn.ModuleList(nn.Conv2d(width, classes, 3, padding=1) for width in (12, 24, 48))

    def forward(self, x):
        a = self.a(x)
        b = self.b(a)
        c = self.c(b)
        total = 0
        for maps, score in zip((a, b, c), self.scores, strict=True):
            total = total + F.interpolate(score(maps), size=x.shape[-2:], mode="bilinear")
        return total


def sum_of_scores(images, masks, num_classes, *, seed, budget, device):
    """A DataLoader, Adam with a rate that falls in steps, whole epochs."""
    begun = time.process_time()
    generator = torch.Generator().manual_seed(seed)
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        net = _Sum(images.shape[1], num_classes).to(device)
    loader = DataLoader(TensorDataset(images, masks), batch_size=20, shuffle=True, generator=generator)
    optimizer = torch.optim.Adam(net.parameters(), lr=4e-3)
    while True:
        for x, y in loader:
            share = (time.process_time() - begun) / budget
            if share >= 0.93:
                return net.eval()
            optimizer.param_groups[0]["lr"] = 4e-3 if share < 0.6 else 1e-3 if share < 0.85 else 2e-4
            logits = net(x.to(device))
            loss = F.nll_loss(logits.log_softmax(1), y.to(device))
            optimizer.zero_grad(set_to_none=True)
            loss.backward()
            optimizer.step()


class _Shuffled(nn.Module):
    """Everything at half the size, and the last layer paints 2 × 2 pixels at once."""

    def __init__(self, channels, classes):
        super().__init__()
        self.body = nn.Sequential(_conv(channels, 16, 2), _conv(16, 32), _conv(32, 32, rate=2), _conv(32, 32, rate=4),
                                  _conv(32, 32))  # fmt: skip
        self.score = nn.Conv2d(32, 4 * classes, 1)

    def forward(self, x):
        return F.pixel_shuffle(self.score(self.body(x)), 2)


def paints_four_at_once(images, masks, num_classes, *, seed, budget, device):
    """No smaller map than a half; AdamW with a warm-up and a square root; weights for the classes in the loss."""
    t0 = time.process_time()
    torch.manual_seed(seed)
    net = _Shuffled(images.shape[1], num_classes).to(device)
    images, masks = images.to(device), masks.to(device)
    share = torch.bincount(masks.flatten(), minlength=num_classes).float() / masks.numel()
    weight = share.clamp(min=0.01) ** -0.25
    optimizer = torch.optim.AdamW(net.parameters(), lr=0.0, weight_decay=0.01)
    while (done := (time.process_time() - t0) / budget) < 0.94:
        optimizer.param_groups[0]["lr"] = 6e-3 * min(done / 0.1, 1) * max(0.0, 1 - done) ** 0.5
        picked = torch.randint(len(images), (16,), device=masks.device)
        optimizer.zero_grad()
        F.cross_entropy(net(images[picked]), masks[picked], weight).backward()
        optimizer.step()
    return net.eval()
