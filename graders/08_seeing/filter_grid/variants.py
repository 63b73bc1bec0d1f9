"""Right answers of filter_grid of other kinds."""

import numpy as np
import torch
import torch.nn.functional as F


def one_fold(weight, columns=8, pad=1):
    """Empty cells are added, each cell gets its padding, and one permutation lays them out."""
    w = weight.detach()
    flat = w.flatten(1)
    low, high = flat.min(1).values, flat.max(1).values
    w = (w - low[:, None, None, None]) / (high - low).clamp(min=1e-9)[:, None, None, None]
    o, c, k, _ = w.shape
    columns = min(o, columns)
    rows = (o + columns - 1) // columns
    w = torch.cat([w, torch.full((rows * columns - o, c, k, k), 0.5, dtype=w.dtype)])
    w = F.pad(w, (pad, 0, pad, 0), value=0.5)
    w = w.view(rows, columns, c, k + pad, k + pad).permute(2, 0, 3, 1, 4)
    return F.pad(w.reshape(c, rows * (k + pad), columns * (k + pad)), (0, pad, 0, pad), value=0.5)


def pixel_by_pixel(weight, columns=8, pad=1):
    """Goes through the picture's pixels and asks which filter stands there; in numpy."""
    w = weight.detach().numpy()
    o, c, k, _ = w.shape
    columns = min(columns, o)
    rows = int(np.ceil(o / columns))
    grid = np.full((c, rows * (k + pad) + pad, columns * (k + pad) + pad), 0.5, dtype=w.dtype)
    for y in range(grid.shape[1]):
        for x in range(grid.shape[2]):
            (row, i), (column, j) = divmod(y - pad, k + pad), divmod(x - pad, k + pad)
            number = row * columns + column
            if y >= pad and x >= pad and i < k and j < k and number < o:
                low, high = w[number].min(), w[number].max()
                grid[:, y, x] = (w[number, :, i, j] - low) / (high - low) if high > low else 0.5
    return torch.from_numpy(grid)


def rows_glued(weight, columns=8, pad=1):
    """Glues cells to rows and rows to the picture."""
    with torch.no_grad():
        o, c, k, _ = weight.shape
        columns = min(columns, o)
        cells = []
        for f in weight:
            f = f - f.min()
            if f.max() > 0:
                f = f / f.max()
            cells.append(f)
        while len(cells) % columns:
            cells.append(torch.full_like(cells[0], 0.5))
        upright = torch.full((c, k, pad), 0.5, dtype=weight.dtype)
        rows = []
        for first in range(0, len(cells), columns):
            parts = [upright]
            for cell in cells[first : first + columns]:
                parts += [cell, upright]
            rows.append(torch.cat(parts, 2))
        lying = torch.full((c, pad, rows[0].shape[2]), 0.5, dtype=weight.dtype)
        parts = [lying]
        for row in rows:
            parts += [row, lying]
        return torch.cat(parts, 1)


def torchvision_grid(weight, columns=8, pad=1):
    """torchvision's make_grid, channel by channel, on scaled filters."""
    from torchvision.utils import make_grid

    w = weight.detach().clone()
    for f in w:
        low, high = f.min().item(), f.max().item()
        f.sub_(low).div_((high - low) or 1.0)
    w = torch.cat([w, torch.full_like(w[:1], 0.5)])  # make_grid treats one picture in another way
    o = len(weight)
    columns = min(columns, o)
    fill = -o % columns
    w = torch.cat([w[:o], torch.full_like(w[:1], 0.5).expand(max(fill, 0), -1, -1, -1)])
    if len(w) == 1:
        return F.pad(w[0], (pad, pad, pad, pad), value=0.5)
    return torch.stack(
        [make_grid(w[:, i : i + 1], nrow=columns, padding=pad, pad_value=0.5)[0] for i in range(w.shape[1])]
    )
