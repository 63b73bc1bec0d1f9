"""Right answers to fine_tune of other kinds."""

import copy
import time

import torch
import torch.nn.functional as F
from torch import nn


class _Classifier(nn.Module):
    def __init__(self, backbone, features, classes):
        super().__init__()
        self.backbone, self.head = backbone, nn.Linear(features, classes)

    def forward(self, x):
        return self.head(self.backbone(x))


def sgd_and_unfreezing(backbone, images, labels, *, seed, budget, device):
    """SGD with momentum; a fifth of the time for the head alone, then everything; a cosine."""
    start = time.process_time()
    generator = torch.Generator().manual_seed(seed)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        net = _Classifier(backbone, backbone(images[:4]).shape[1], int(labels.max()) + 1).to(device)
    net.backbone.requires_grad_(False)
    groups = [{"params": net.backbone.parameters(), "lr": 0.03}, {"params": net.head.parameters(), "lr": 0.1}]
    steps = torch.optim.SGD(groups, momentum=0.9, nesterov=True, weight_decay=5e-4)
    net.train()
    while (spent := (time.process_time() - start) / budget) < 0.92:
        if spent > 0.15:
            net.backbone.requires_grad_(True)
        for group, rate in zip(steps.param_groups, (0.03, 0.1), strict=True):
            group["lr"] = rate * 0.5 * (1 + torch.cos(torch.tensor(spent * torch.pi)).item())
        rows = torch.randperm(len(images), generator=generator)[:32]
        steps.zero_grad()
        F.cross_entropy(net(images[rows].to(device)), labels[rows].to(device)).backward()
        steps.step()
    return net.eval()


def frozen_norms_and_shifts(backbone, images, labels, *, seed, budget, device):
    """A copy of the backbone with its batch norms in eval mode throughout, pictures moved by a few pixels, Adam."""
    deadline = time.process_time() + 0.9 * budget
    torch.manual_seed(seed)
    body = copy.deepcopy(backbone).eval().to(device)
    net = nn.Sequential(body, nn.Linear(body(images[:1]).shape[1], len(labels.unique())))
    steps = torch.optim.Adam(net.parameters(), lr=0.002)
    begun = time.process_time()
    while (now := time.process_time()) < deadline:
        steps.param_groups[0]["lr"] = 0.002 * (1 - (now - begun) / (deadline - begun)) + 1e-5
        rows = torch.randint(len(images), (32,))
        down, across = torch.randint(-2, 3, (2,)).tolist()
        x = images[rows].roll((down, across), (2, 3)).to(device)
        loss = F.cross_entropy(net(x), labels[rows].to(device), label_smoothing=0.05)
        steps.zero_grad()
        loss.backward()
        steps.step()
    return net


def without_torch_optim(backbone, images, labels, *, seed, budget, device):
    """Momentum by hand, a smaller rate for each earlier child, starts with a head of zeros; ends in train mode."""
    start, state = time.process_time(), torch.get_rng_state()
    torch.manual_seed(seed)
    children = [*backbone.children()]
    net = nn.Sequential(*children, nn.Linear(96, int(labels.max()) + 1)).to(device).train()
    nn.init.zeros_(net[-1].weight)
    weights = [(p, 0.05 * 0.7 ** (len(net) - 1 - i)) for i, child in enumerate(net) for p in child.parameters()]
    velocity = [torch.zeros_like(p) for p, _ in weights]
    while (spent := (time.process_time() - start) / (0.93 * budget)) < 1:
        for batch in torch.randperm(len(images)).split(25):
            loss = -net(images[batch].to(device)).log_softmax(1)[range(len(batch)), labels[batch]].mean()
            found = torch.autograd.grad(loss, [p for p, _ in weights])
            for (p, rate), v, g in zip(weights, velocity, found, strict=True):
                p.data -= rate * max(0.02, 1 - spent) * v.mul_(0.9).add_(g)
    torch.set_rng_state(state)
    return net
