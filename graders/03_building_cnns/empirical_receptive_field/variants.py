"""Right answers of empirical_receptive_field of other kinds."""

import torch
from torch import nn


def many_random_pictures(net, input_shape):
    """Everything that any of 32 random pictures moves, in one batch, in whatever mode the net is in."""
    dtype = next(net.parameters()).dtype
    x = torch.randn(32, *input_shape, generator=torch.Generator().manual_seed(1), dtype=dtype).requires_grad_()
    y = net(x)
    (g,) = torch.autograd.grad(y[:, :, y.size(2) // 2, y.size(3) // 2].sum(), [x])
    mask = g.abs().sum((0, 1)) > 0
    rows, cols = torch.where(mask.any(1))[0], torch.where(mask.any(0))[0]
    return int(rows[-1] - rows[0] + 1), int(cols[-1] - cols[0] + 1)


def picture_after_picture(net, input_shape):
    """The same one picture and one channel at a time, with backward; modes, gradients and random state put back."""
    modes = [(m, m.training) for m in net.modules()]
    kept = [p.grad for p in net.parameters()]
    state = torch.get_rng_state()
    net.zero_grad(set_to_none=True)
    net.eval()
    seen = torch.zeros(input_shape[1:], dtype=torch.bool)
    for _ in range(12):
        x = torch.randn(1, *input_shape, dtype=next(net.parameters()).dtype, requires_grad=True)
        out = net(x)
        for channel in range(out.shape[1]):
            x.grad = None
            out[0, channel, out.shape[2] // 2, out.shape[3] // 2].backward(retain_graph=True)
            seen |= x.grad[0].ne(0).any(0)
    for m, training in modes:
        m.training = training
    for p, grad in zip(net.parameters(), kept, strict=True):
        p.grad = grad
    torch.set_rng_state(state)
    ys, xs = seen.nonzero(as_tuple=True)
    return (ys.max() - ys.min()).item() + 1, (xs.max() - xs.min()).item() + 1


def nan_spreads(net, input_shape):
    """A nan in one row, or one column, reaches the middle unit or not."""
    c, h, w = input_shape
    dtype = next(net.parameters()).dtype

    @torch.no_grad()
    def reached(x):
        y = net(x)
        return y[:, :, y.shape[2] // 2, y.shape[3] // 2].isnan().any().item()

    rows, columns = [], []
    for i in range(h):
        x = torch.zeros(1, c, h, w, dtype=dtype)
        x[:, :, i] = float("nan")
        if reached(x):
            rows.append(i)
    for j in range(w):
        x = torch.zeros(1, c, h, w, dtype=dtype)
        x[..., j] = float("nan")
        if reached(x):
            columns.append(j)
    return rows[-1] - rows[0] + 1, columns[-1] - columns[0] + 1


def weights_for_a_while(net, input_shape):
    """Positive weights for the time being, and a picture for each pixel, which stands out from black."""
    c, h, w = input_shape
    state = {k: v.clone() for k, v in net.state_dict().items()}
    with torch.no_grad():
        for module in net.modules():
            if isinstance(module, nn.Conv2d):
                module.weight.fill_(0.1)
                module.bias.zero_()
        x = torch.eye(h * w, dtype=next(net.parameters()).dtype).reshape(h * w, 1, h, w).expand(-1, c, -1, -1)
        y = torch.cat([net(part) for part in x.split(64)])
        moved = y[:, :, y.shape[2] // 2, y.shape[3] // 2].amax(1).reshape(h, w) > 0
        net.load_state_dict(state)
    height, width = (moved.any(1 - axis).nonzero() for axis in (0, 1))
    return int(height[-1] - height[0]) + 1, int(width[-1] - width[0]) + 1


def moves_rows(net, input_shape):
    """Random pictures with one row, or one column, drawn anew: does any of them move the unit?"""
    generator = torch.Generator()
    generator.manual_seed(7)
    dtype = [p.dtype for p in net.parameters()][0]
    draw = lambda: 3 * torch.randn(24, *input_shape, generator=generator, dtype=dtype)

    def middle(x):
        with torch.no_grad():
            y = net(x)
        return y[:, :, y.shape[-2] // 2, y.shape[-1] // 2]

    base = draw()
    before = middle(base)
    sizes = []
    for axis in (2, 3):
        hit = []
        for i in range(base.shape[axis]):
            other = base.clone()
            other.select(axis, i).copy_(draw().select(axis, i))
            if not torch.allclose(middle(other), before, rtol=0, atol=1e-6):
                hit.append(i)
        sizes.append(max(hit) - min(hit) + 1)
    return tuple(sizes)
