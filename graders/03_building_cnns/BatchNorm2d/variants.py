"""Right answers of BatchNorm2d of other kinds."""

import torch
from torch import nn


class channels_in_front(nn.Module):
    """x as one row a channel; sums by hand; buffers replaced instead of changed."""

    def __init__(self, num_features: int, eps: float = 1e-5, momentum: float = 0.1):
        super().__init__()
        self.num_features, self.eps, self.momentum = num_features, eps, momentum
        self.weight = nn.Parameter(torch.empty(num_features))
        self.bias = nn.Parameter(torch.empty(num_features))
        self.register_buffer("running_mean", torch.zeros((num_features,)))
        self.register_buffer("running_var", torch.ones((num_features,)))
        self.register_buffer("num_batches_tracked", torch.zeros((), dtype=torch.long))
        self.reset_parameters()

    def reset_parameters(self):
        nn.init.ones_(self.weight)
        nn.init.zeros_(self.bias)

    def forward(self, x):
        n, c, h, w = x.shape
        rows = x.transpose(0, 1).reshape(c, -1)
        m = rows.shape[1]
        if self.training:
            mu = rows.sum(dim=1) / m
            var = ((rows - mu.unsqueeze(1)) ** 2).sum(dim=1) / m
            self.running_mean = (1 - self.momentum) * self.running_mean + self.momentum * mu.detach()
            self.running_var = (1 - self.momentum) * self.running_var + self.momentum * var.detach() * m / (m - 1)
            self.num_batches_tracked = self.num_batches_tracked + 1
        else:
            mu, var = self.running_mean, self.running_var
        rows = (rows - mu.unsqueeze(1)) * torch.rsqrt(var.unsqueeze(1) + self.eps)
        rows = torch.addcmul(self.bias.unsqueeze(1), rows, self.weight.unsqueeze(1))
        return rows.reshape(c, n, h, w).transpose(0, 1)


class squares_and_var_mean(nn.Module):
    """torch.var_mean in train mode, the mean of squares for the running statistics; views of shape (1, C, 1, 1)."""

    def __init__(self, num_features, eps=0.00001, momentum=0.1):
        super().__init__()
        self.eps = eps
        self.momentum = momentum
        self.register_parameter("bias", nn.Parameter(torch.zeros(num_features)))
        self.register_parameter("weight", nn.Parameter(torch.ones(num_features)))
        self.register_buffer("num_batches_tracked", torch.tensor(0, dtype=torch.int64))
        self.register_buffer("running_var", torch.ones(num_features))
        self.register_buffer("running_mean", torch.zeros(num_features))

    def forward(self, x):
        shape = (1, -1, 1, 1)
        if self.training:
            var, mean = torch.var_mean(x, dim=(0, 2, 3), correction=0)
            with torch.no_grad():
                count = x.numel() / x.size(1)
                new_var = (x.pow(2).mean((0, 2, 3)) - x.mean((0, 2, 3)).pow(2)) * count / (count - 1)
                self.running_mean.mul_(1 - self.momentum).add_(self.momentum * mean)
                self.running_var.mul_(1 - self.momentum).add_(self.momentum * new_var)
                self.num_batches_tracked.add_(1)
        else:
            var, mean = self.running_var, self.running_mean
        out = (x - mean.view(shape)) / torch.sqrt(var.view(shape) + self.eps)
        return out * self.weight.view(shape) + self.bias.view(shape)


class one_scale_and_one_shift(nn.Module):
    """Everything folded into x · a + b; statistics by numpy; channel by channel."""

    def __init__(self, num_features, eps=1e-5, momentum=0.1):
        super().__init__()
        self.eps, self.momentum = eps, momentum
        self.weight, self.bias = (nn.Parameter(torch.full((num_features,), value)) for value in (1.0, 0.0))
        for name, value in (("running_mean", torch.zeros), ("running_var", torch.ones)):
            self.register_buffer(name, value(num_features))
        self.register_buffer("num_batches_tracked", torch.tensor(0))

    def forward(self, x):
        maps = []
        if self.training:
            self.num_batches_tracked += 1
        for channel in range(x.shape[1]):
            values = x[:, channel]
            if self.training:
                mean, var = values.mean(), values.var(correction=0)
                seen = values.detach().numpy()
                for running, new in ((self.running_mean, seen.mean()), (self.running_var, seen.var(ddof=1))):
                    running[channel] += self.momentum * (float(new) - running[channel])
            else:
                mean, var = self.running_mean[channel], self.running_var[channel]
            a = self.weight[channel] * (var + self.eps) ** -0.5
            maps.append(values * a + (self.bias[channel] - mean * a))
        return torch.stack(maps, 1)


class a_subclass(squares_and_var_mean):
    """Inherits what is remembered, and normalises in another way."""

    def forward(self, x):
        if self.training:
            super().forward(x.detach())
            mean, var = x.mean([0, 2, 3]), x.var([0, 2, 3], unbiased=False)
        else:
            mean, var = self.running_mean, self.running_var
        normal = (x.permute(0, 2, 3, 1) - mean) / (var + self.eps).sqrt()
        return (normal * self.weight + self.bias).permute(0, 3, 1, 2)
