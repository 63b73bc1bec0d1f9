"""Right answers to train_cnn of other kinds."""

import copy
import time

import torch
import torch.nn.functional as F
from torch import nn
from torch.utils.data import DataLoader, TensorDataset


def three_plain_blocks(images, labels, *, seed, budget, device):
    """Three convolutions with batch norm and pooling, Adam with one cycle, whole pictures; handed back in train
    mode."""
    start = time.process_time()
    torch.manual_seed(seed)
    layers = []
    for before, after in ((images.shape[1], 16), (16, 32), (32, 64)):
        layers += [nn.Conv2d(before, after, 3, padding=1), nn.BatchNorm2d(after), nn.ReLU(), nn.MaxPool2d(2)]
    net = nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(64, int(labels.max()) + 1))
    net, images = net.to(device, memory_format=torch.channels_last), images.to(device)
    steps = torch.optim.Adam(net.parameters(), lr=0.005)
    while (spent := (time.process_time() - start) / budget) < 0.95:
        for group in steps.param_groups:
            group["lr"] = 0.005 * min(spent / 0.3, (1 - spent) / 0.7) + 1e-5
        batch = torch.randint(len(images), (64,))
        x = images[batch].to(memory_format=torch.channels_last)
        steps.zero_grad()
        F.cross_entropy(net(x), labels[batch].to(device)).backward()
        steps.step()
    return net.train()


class _Shrunk(nn.Module):
    """Looks at pictures of half the size; no batch norm; the mean over all places in its own way."""

    def __init__(self, channels, classes):
        super().__init__()
        widths = (channels, 24, 48, 96, 96)
        self.layers = nn.ModuleList(nn.Conv2d(a, b, 3, padding=1) for a, b in zip(widths, widths[1:], strict=False))
        self.norms = nn.ModuleList(nn.GroupNorm(4, width) for width in widths[1:])
        self.fc = nn.Linear(96, classes)

    def forward(self, x):
        x = F.avg_pool2d(x, 2)
        for number, (layer, norm) in enumerate(zip(self.layers, self.norms, strict=True)):
            x = F.relu(norm(layer(x)))
            x = F.max_pool2d(x, 2) if number == 1 else x
        return self.fc(x.flatten(2).mean(2))


def group_norm_and_a_loader(images, labels, *, seed, budget, device):
    """Half-size pictures, group norm, a DataLoader, AdamW with a rate that only falls."""
    deadline, start = time.process_time() + 0.93 * budget, time.process_time()
    generator = torch.Generator().manual_seed(seed)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        net = _Shrunk(images.shape[1], len(labels.unique())).to(device)
    steps = torch.optim.AdamW(net.parameters(), lr=0.004, weight_decay=0.05)
    data = DataLoader(TensorDataset(images, labels), batch_size=48, shuffle=True, generator=generator)
    while True:
        for x, y in data:
            now = time.process_time()
            if now > deadline:
                return net.eval()
            for group in steps.param_groups:
                group["lr"] = 0.004 * max(0.01, 1 - (now - start) / budget)
            loss = F.nll_loss(net(x.to(device)).log_softmax(1), y.to(device))
            steps.zero_grad()
            loss.backward()
            steps.step()


def strided_with_augmentation(images, labels, *, seed, budget, device):
    """Strides in the place of pooling, mirrored and shifted copies, AdamW and averaged weights."""
    begun = time.process_time()
    torch.manual_seed(seed)
    images, labels, layers = images.to(device), labels.to(device), []
    for before, after, stride in ((images.shape[1], 24, 2), (24, 48, 2), (48, 64, 1), (64, 96, 1)):
        layers += [nn.Conv2d(before, after, 3, stride, 1, bias=False), nn.BatchNorm2d(after), nn.ReLU()]
    net = nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(96, int(labels.max()) + 1)).to(device)
    steps, average = torch.optim.AdamW(net.parameters(), lr=0.004), copy.deepcopy(net)
    while time.process_time() - begun < 0.92 * budget:
        batch = torch.randint(len(images), (64,))
        dy, dx = torch.randint(-3, 4, (2,)).tolist()
        x = torch.roll(images[batch], (dy, dx), (2, 3))
        x = x.flip(3) if torch.rand(()) < 0.5 else x
        steps.zero_grad()
        F.cross_entropy(net(x), labels[batch]).backward()
        steps.step()
        with torch.no_grad():
            for slow, fast in zip(average.state_dict().values(), net.state_dict().values(), strict=True):
                slow.copy_(slow * 0.97 + fast * 0.03 if slow.is_floating_point() else fast)
    return average.eval()
