"""Known wrong answers of BatchNorm2d. Each changes one method of a right one."""

import torch
import torch.nn.functional as F
from torch import nn

ALL = (0, 2, 3)


def _wide(values):
    return values[:, None, None]


class _Norm(nn.Module):
    def __init__(self, num_features, eps=1e-5, momentum=0.1):
        super().__init__()
        self.eps, self.momentum = eps, momentum
        self.weight = nn.Parameter(torch.ones(num_features))
        self.bias = nn.Parameter(torch.zeros(num_features))
        self.register_buffer("running_mean", torch.zeros(num_features))
        self.register_buffer("running_var", torch.ones(num_features))
        self.register_buffer("num_batches_tracked", torch.tensor(0))

    def forward(self, x):
        if self.training:
            mean, variance = self.batch(x)
            with torch.no_grad():
                self.remember(x)
        else:
            mean, variance = _wide(self.running_mean), _wide(self.running_var)
        return self.affine(self.normalise(x, mean, variance))

    def batch(self, x):
        return x.mean(ALL, keepdim=True), x.var(ALL, unbiased=False, keepdim=True)

    def remember(self, x):
        self.move(self.running_mean, self.mean_of(x))
        self.move(self.running_var, self.variance_of(x))
        self.num_batches_tracked += 1

    def move(self, running, value):
        running.lerp_(value, self.momentum)

    def mean_of(self, x):
        return x.mean(ALL)

    def variance_of(self, x):
        return x.var(ALL, unbiased=True)

    def normalise(self, x, mean, variance):
        return (x - mean) / (variance + self.eps).sqrt()

    def affine(self, x):
        return _wide(self.weight) * x + _wide(self.bias)


class biased_running_variance(_Norm):
    """Your running variance divides by N·H·W. It stands for pictures to come: divide by N·H·W - 1 there, and by N·H·W
    only to normalise the batch itself (section 3.4)."""

    def variance_of(self, x):
        return x.var(ALL, unbiased=False)


class unbiased_normalisation(_Norm):
    """You normalise the batch with the variance that divides by N·H·W - 1, the default of `Tensor.var`. The batch's own
    variance divides by N·H·W; only the running one does not (section 3.4)."""

    def batch(self, x):
        return x.mean(ALL, keepdim=True), x.var(ALL, unbiased=True, keepdim=True)


class divisors_exchanged(_Norm):
    """The two divisors are exchanged: N·H·W normalises the batch, N·H·W - 1 goes into the running variance
    (section 3.4)."""

    def batch(self, x):
        return x.mean(ALL, keepdim=True), x.var(ALL, unbiased=True, keepdim=True)

    def variance_of(self, x):
        return x.var(ALL, unbiased=False)


class momentum_the_other_way(_Norm):
    """Your momentum works the other way round: you keep a tenth of the running statistics and take nine tenths of the
    batch's. Torch's momentum is the part of the *new* ones (section 3.4)."""

    def move(self, running, value):
        running.lerp_(value, 1 - self.momentum)


class momentum_ignored(_Norm):
    """You always move the running statistics by a tenth. Use the argument momentum (section 3.4)."""

    def move(self, running, value):
        running.lerp_(value, 0.1)


class statistics_added(_Norm):
    """You add a tenth of the new statistics, and keep all of the old ones: they grow without end. Keep 1 - momentum of
    the old ones (section 3.4)."""

    def move(self, running, value):
        running += self.momentum * value


class statistics_replaced(_Norm):
    """Your running statistics are those of the last batch. They move by momentum only (section 3.4)."""

    def move(self, running, value):
        running.copy_(value)


class running_variance_never_moves(_Norm):
    """Your running variance stays as it is. It moves towards the batch's variance, like the mean (section 3.4)."""

    def remember(self, x):
        self.move(self.running_mean, self.mean_of(x))
        self.num_batches_tracked += 1


class running_mean_never_moves(_Norm):
    """Your running mean stays as it is. It moves towards the batch's mean, like the variance (section 3.4)."""

    def remember(self, x):
        self.move(self.running_var, self.variance_of(x))
        self.num_batches_tracked += 1


class running_statistics_never_move(_Norm):
    """Your running statistics never move, so that eval mode knows nothing of the pictures. Each step in train mode
    moves them by momentum (section 3.4)."""

    def remember(self, x):
        self.num_batches_tracked += 1


class batches_not_counted(_Norm):
    """`num_batches_tracked` stays 0. It counts the steps in train mode (section 3.4)."""

    def remember(self, x):
        super().remember(x)
        self.num_batches_tracked -= 1


class standard_deviation_remembered(_Norm):
    """Your running_var remembers the standard deviation. It is the variance (section 3.4)."""

    def variance_of(self, x):
        return x.std(ALL)


class no_gamma_and_beta(_Norm):
    """γ and β do nothing in your forward pass. The normalised numbers are scaled by weight and moved by bias
    (section 3.4)."""

    def affine(self, x):
        return x


class no_gamma(_Norm):
    """γ does nothing in your forward pass: the normalised numbers are scaled by weight (section 3.4)."""

    def affine(self, x):
        return x + _wide(self.bias)


class no_beta(_Norm):
    """β does nothing in your forward pass: after the scaling, bias is added (section 3.4)."""

    def affine(self, x):
        return x * _wide(self.weight)


class gamma_and_beta_exchanged(_Norm):
    """γ and β are exchanged: weight scales, bias is added (section 3.4)."""

    def affine(self, x):
        return _wide(self.bias) * x + _wide(self.weight)


class beta_before_gamma(_Norm):
    """You add β before you multiply by γ. Scale first, then add (section 3.4)."""

    def affine(self, x):
        return _wide(self.weight) * (x + _wide(self.bias))


class no_affine_and_no_running_variance(_Norm):
    """Two things at once: γ and β do nothing in your forward pass, and the running variance never moves
    (section 3.4)."""

    def affine(self, x):
        return x

    def remember(self, x):
        self.move(self.running_mean, self.mean_of(x))
        self.num_batches_tracked += 1


class eps_outside_the_root(_Norm):
    """You add ε after the root. It belongs inside: √(variance + ε) (section 3.4)."""

    def normalise(self, x, mean, variance):
        return (x - mean) / (variance.sqrt() + self.eps)


class no_eps(_Norm):
    """Your ε is missing. It keeps the root away from 0: √(variance + ε) (section 3.4)."""

    def normalise(self, x, mean, variance):
        return (x - mean) / variance.sqrt()


class eps_ignored(_Norm):
    """You always use ε = 0.00001. Use the argument eps (section 3.4)."""

    def normalise(self, x, mean, variance):
        return (x - mean) / (variance + 1e-5).sqrt()


class divides_by_the_variance(_Norm):
    """You divide by the variance. Divide by its root, or the spread does not become 1 (section 3.4)."""

    def normalise(self, x, mean, variance):
        return (x - mean) / (variance + self.eps)


class mean_not_subtracted(_Norm):
    """You divide by the spread and do not subtract the mean (section 3.4)."""

    def normalise(self, x, mean, variance):
        return x / (variance + self.eps).sqrt()


class per_pixel(_Norm):
    """You normalise each place alone, over the pictures of the batch. Mean and variance run over pictures, rows and
    columns: one pair a channel (section 3.4)."""

    def batch(self, x):
        return x.mean(0, keepdim=True), x.var(0, unbiased=False, keepdim=True)


class per_picture(_Norm):
    """You normalise each picture alone. Mean and variance run over pictures, rows and columns: one pair a channel, for
    the whole batch (section 3.4)."""

    def batch(self, x):
        return x.mean((2, 3), keepdim=True), x.var((2, 3), unbiased=False, keepdim=True)


class over_channels_as_well(_Norm):
    """You take one mean and one variance over all channels. Each channel has its own pair (section 3.4)."""

    def batch(self, x):
        return x.mean(), x.var(unbiased=False)


class layer_norm(_Norm):
    """You normalise each picture over its channels, rows and columns. Batch norm takes each channel, over all pictures
    (section 3.4)."""

    def batch(self, x):
        return x.mean((1, 2, 3), keepdim=True), x.var((1, 2, 3), unbiased=False, keepdim=True)


class batch_statistics_in_eval(_Norm):
    """You use the batch's statistics in eval mode as well. There the running ones are used, so that a picture's answer
    does not depend on its neighbours: ask `self.training` (section 3.4)."""

    def forward(self, x):
        mean, variance = self.batch(x)
        if self.training:
            with torch.no_grad():
                self.remember(x)
        return self.affine(self.normalise(x, mean, variance))


class running_statistics_in_train(_Norm):
    """You use the running statistics in train mode as well. There the batch's own are used (section 3.4)."""

    def forward(self, x):
        if self.training:
            with torch.no_grad():
                self.remember(x)
        mean, variance = _wide(self.running_mean).clone(), _wide(self.running_var).clone()
        return self.affine(self.normalise(x, mean, variance))


class moves_in_eval(_Norm):
    """Your running statistics move in eval mode too. Only steps in train mode move them (section 3.4)."""

    def forward(self, x):
        output = super().forward(x)
        if not self.training:
            with torch.no_grad():
                self.remember(x)
        return output


class modes_exchanged(_Norm):
    """Train and eval mode are exchanged: `self.training` is True in train mode (section 3.4)."""

    def forward(self, x):
        self.training = not self.training
        try:
            return super().forward(x)
        finally:
            self.training = not self.training


class statistics_with_gradient(_Norm):
    """Your running statistics require a gradient: each remembers all batches before it, memory grows with every step,
    and the next backward pass may fail. Move them under `torch.no_grad()`, or detach the batch's statistics
    (section 3.4)."""

    def forward(self, x):
        if not self.training:
            return super().forward(x)
        mean, variance = self.batch(x)
        self.running_mean = (1 - self.momentum) * self.running_mean + self.momentum * self.mean_of(x)
        self.running_var = (1 - self.momentum) * self.running_var + self.momentum * self.variance_of(x)
        self.num_batches_tracked += 1
        return self.affine(self.normalise(x, mean, variance))


class statistics_detached(_Norm):
    """Your output is right, its gradient is not: mean and variance are detached from x. Each pixel moves all others of
    its channel through them; only the running statistics are kept free of gradients (section 3.4)."""

    def batch(self, x):
        return tuple(value.detach() for value in super().batch(x))


class variance_detached(_Norm):
    """Your output is right, its gradient is not: the variance is detached from x. Only the running statistics are kept
    free of gradients (section 3.4)."""

    def batch(self, x):
        mean, variance = super().batch(x)
        return mean, variance.detach()


class output_detached(_Norm):
    """Your output is right, but no gradient reaches x: the forward pass runs under `torch.no_grad()`, or detaches
    (section 3.4)."""

    def normalise(self, x, mean, variance):
        return super().normalise(x, mean, variance).detach()


class changes_x(_Norm):
    """Your forward pass writes into x (`x -= mean`). Make a new tensor: x - mean (section 3.4)."""

    def forward(self, x):
        output = super().forward(x)
        x.data -= x.data.mean(ALL, keepdim=True)
        return output


class statistics_no_buffers(_Norm):
    """The running statistics are plain attributes, so the state dict lacks them, and neither saving nor `double()` nor
    `to(device)` takes them along: use `register_buffer` (section 3.4)."""

    def __init__(self, num_features, eps=1e-5, momentum=0.1):
        super().__init__(num_features, eps, momentum)
        values = {name: getattr(self, name) for name in ("running_mean", "running_var", "num_batches_tracked")}
        for name, value in values.items():
            delattr(self, name)
            setattr(self, name, value)


class statistics_as_parameters(_Norm):
    """The running statistics are parameters. An optimiser would get them: use `register_buffer` for what is not learned
    (section 3.4)."""

    def __init__(self, num_features, eps=1e-5, momentum=0.1):
        super().__init__(num_features, eps, momentum)
        for name in ("running_mean", "running_var"):
            value = getattr(self, name)
            delattr(self, name)
            setattr(self, name, nn.Parameter(value, requires_grad=False))


class no_counter(_Norm):
    """`num_batches_tracked` is missing in the state dict, so torch's weights do not load strictly (section 3.4)."""

    def __init__(self, num_features, eps=1e-5, momentum=0.1):
        super().__init__(num_features, eps, momentum)
        del self.num_batches_tracked
        self.num_batches_tracked = 0


class float_counter(_Norm):
    """`num_batches_tracked` is a float tensor. It counts: int64, as `torch.tensor(0)` is (section 3.4)."""

    def __init__(self, num_features, eps=1e-5, momentum=0.1):
        super().__init__(num_features, eps, momentum)
        self.num_batches_tracked = torch.tensor(0.0)


class counter_with_an_axis(_Norm):
    """`num_batches_tracked` has an axis. It is one number of shape (): `torch.tensor(0)` (section 3.4)."""

    def __init__(self, num_features, eps=1e-5, momentum=0.1):
        super().__init__(num_features, eps, momentum)
        self.num_batches_tracked = torch.tensor([0])


class shaped_for_broadcasting(_Norm):
    """Your weights and statistics have the shape (1, C, 1, 1), so that torch's do not load. Keep them as (C,), and give
    them the axes where they meet x (section 3.4)."""

    def __init__(self, num_features, eps=1e-5, momentum=0.1):
        super().__init__(num_features, eps, momentum)
        shape = (1, num_features, 1, 1)
        self.weight, self.bias = nn.Parameter(torch.ones(shape)), nn.Parameter(torch.zeros(shape))
        self.running_mean, self.running_var = torch.zeros(shape), torch.ones(shape)

    def forward(self, x):
        flat = {name: value.flatten() for name, value in self.state_dict(keep_vars=True).items()}
        running = F.batch_norm(
            x, flat["running_mean"], flat["running_var"], flat["weight"], flat["bias"], self.training, self.momentum,
            self.eps,
        )  # fmt: skip
        return running


class gamma_starts_at_zero(_Norm):
    """Your weight starts at 0, so that nothing of x comes through. γ starts at 1, β at 0 (section 3.4)."""

    def __init__(self, num_features, eps=1e-5, momentum=0.1):
        super().__init__(num_features, eps, momentum)
        nn.init.zeros_(self.weight)


class weights_start_at_random(_Norm):
    """Your weight starts with random numbers. γ starts at 1, β at 0 (section 3.4)."""

    def __init__(self, num_features, eps=1e-5, momentum=0.1):
        super().__init__(num_features, eps, momentum)
        nn.init.normal_(self.weight)


class running_variance_starts_at_zero(_Norm):
    """Your running variance starts at 0. It starts at 1, the mean at 0 (section 3.4)."""

    def __init__(self, num_features, eps=1e-5, momentum=0.1):
        super().__init__(num_features, eps, momentum)
        nn.init.zeros_(self.running_var)
