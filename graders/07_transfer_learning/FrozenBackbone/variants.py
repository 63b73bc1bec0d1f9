"""Right answers of FrozenBackbone of other kinds."""

import torch
from torch import nn


class by_loops(nn.Module):
    """Parameters one by one, gradients through the backbone allowed, children in train()."""

    def __init__(self, backbone, features, num_classes):
        super().__init__()
        for parameter in backbone.parameters():
            parameter.requires_grad = False
        self.backbone, self.head = backbone, nn.Linear(features, num_classes)
        self.train()

    def train(self, mode=True):
        self.training = mode
        self.head.train(mode)
        for module in self.backbone.modules():
            module.training = False
        return self

    def forward(self, x):
        return self.head(self.backbone(x))


class _Deaf(nn.Module):
    """Wraps a net that does not hear of train()."""

    def __init__(self, inner):
        super().__init__()
        self.inner = inner

    def train(self, mode=True):
        self.training = False
        self.inner.eval()
        return self

    @torch.no_grad()
    def forward(self, x):
        return self.inner(x)


class deaf_backbone(nn.Module):
    """The backbone's wrapper ignores train(); the whole overrides nothing."""

    def __init__(self, backbone, features, num_classes):
        super().__init__()
        self.backbone = _Deaf(backbone).requires_grad_(False).eval()
        self.head = nn.Linear(features, num_classes)

    def forward(self, x):
        return self.head(self.backbone(x))


class functional_head(nn.Module):
    """The head by hand from its weights, features detached, extra arguments allowed."""

    def __init__(self, backbone, features, num_classes, **options):
        super().__init__()
        self.head = nn.Linear(features, num_classes)
        self.backbone = backbone
        self.backbone.eval()
        self.backbone.requires_grad_(False)

    def train(self, mode=True):
        result = super().train(mode)
        result.backbone.train(False)
        return result

    def forward(self, x):
        features = self.backbone(x).detach()
        return torch.einsum("nf,cf->nc", features, self.head.weight) + self.head.bias
