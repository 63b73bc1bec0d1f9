"""Right answers to train_dense of other kinds."""

import copy
import time

import torch
import torch.nn.functional as F
from torch import nn
from torch.utils.data import DataLoader, TensorDataset


class _Normalised(nn.Module):
    """Brings every pixel to mean 0 and deviation 1; two hidden layers with batch norm and dropout."""

    def __init__(self, images, classes):
        super().__init__()
        self.register_buffer("mean", images.mean(0))
        self.register_buffer("deviation", images.std(0) + 0.1)
        self.first, self.norm = nn.Linear(images[0].numel(), 192), nn.BatchNorm1d(192)
        self.second, self.last = nn.Linear(192, 96), nn.Linear(96, classes)

    def forward(self, x):
        x = ((x - self.mean) / self.deviation).flatten(1)
        x = F.dropout(F.relu(self.norm(self.first(x))), 0.2, self.training)
        return self.last(F.relu(self.second(x)))


def loader_and_batch_norm(images, labels, *, seed, budget, device):
    """A DataLoader, Adam at a constant rate, a moving average of the weights; dropout, batch norm."""
    deadline = time.process_time() + 0.9 * budget
    torch.manual_seed(seed)
    net = _Normalised(images, len(labels.unique())).to(device)
    average = copy.deepcopy(net)
    steps = torch.optim.Adam(net.parameters(), lr=0.001)
    data = DataLoader(TensorDataset(images, labels), batch_size=64, shuffle=True)
    while True:
        for x, y in data:
            if time.process_time() > deadline:
                return average.eval()
            loss = F.nll_loss(net(x.to(device)).log_softmax(1), y.to(device))
            steps.zero_grad()
            loss.backward()
            steps.step()
            with torch.no_grad():
                for slow, fast in zip(average.state_dict().values(), net.state_dict().values(), strict=True):
                    slow.copy_(fast if not slow.is_floating_point() else 0.99 * slow + 0.01 * fast)


def shifted_copies(images, labels, *, seed, budget, device):
    """Pictures shifted by a pixel at random, AdamW, a cosine over the budget; handed back in train mode."""
    start = time.process_time()
    torch.manual_seed(seed)
    layers = [nn.Linear(images[0].numel(), 256), nn.GELU(), nn.Linear(256, 64), nn.GELU()]
    net = nn.Sequential(nn.Flatten(), *layers, nn.Linear(64, int(labels.max()) + 1)).to(device)
    steps = torch.optim.AdamW(net.parameters(), lr=0.002, weight_decay=0.05)
    while (spent := (time.process_time() - start) / budget) < 0.92:
        for group in steps.param_groups:
            group["lr"] = 0.001 * (1 + torch.cos(torch.tensor(spent * torch.pi)).item())
        chosen = torch.randint(len(images), (64,))
        dy, dx = torch.randint(-1, 2, (2,)).tolist()
        x = images[chosen].roll((dy, dx), (2, 3))
        steps.zero_grad()
        F.cross_entropy(net(x.to(device)), labels[chosen].to(device)).backward()
        steps.step()
    return net.train()


class _Own(nn.Module):
    """Weights as plain parameters; the picture flattened by hand."""

    def __init__(self, sizes):
        super().__init__()
        draw = lambda a, b: nn.Parameter(torch.randn(b, a) * (2 / a) ** 0.5)
        self.weights = nn.ParameterList([draw(a, b) for a, b in zip(sizes, sizes[1:], strict=False)])
        self.biases = nn.ParameterList([torch.zeros(b) for b in sizes[1:]])

    def forward(self, x):
        x = x.reshape(x.shape[0], -1)
        for i, (w, b) in enumerate(zip(self.weights, self.biases, strict=True)):
            x = torch.einsum("ni,oi->no", x.clamp(min=0) if i else x, w) + b
        return x


def momentum_by_hand(images, labels, *, seed, budget, device):
    """No torch.optim: momentum written by hand, whole epochs as long as another one fits."""
    start, state = time.process_time(), torch.get_rng_state()
    torch.manual_seed(seed)
    net, longest = _Own([images[0].numel(), 160, int(labels.max()) + 1]).to(device), 0.0
    weights = list(net.parameters())
    velocity = [torch.zeros_like(p) for p in weights]
    while (begun := time.process_time()) - start + longest < 0.95 * budget:
        rate = 0.02 * max(0.02, 1 - (begun - start) / budget)
        for batch in torch.randperm(len(images)).split(50):
            loss = F.cross_entropy(net(images[batch].to(device)), labels[batch].to(device))
            for p, v, g in zip(weights, velocity, torch.autograd.grad(loss, weights), strict=True):
                p.data -= rate * v.mul_(0.9).add_(g)
        longest = max(longest, time.process_time() - begun)
    torch.set_rng_state(state)
    return net
