"""Right answers of random_resized_crop of other kinds."""

import math

import torch
import torch.nn.functional as F


def by_grid_sample(images, size, scale=(0.25, 1.0), ratio=(0.75, 1.3333), *, generator):
    """All windows at once, with fractions of pixels, read by grid_sample."""
    n, _, rows, columns = images.shape
    height, width = (size, size) if isinstance(size, int) else size
    uniform = lambda low, high: low + (high - low) * torch.rand(n, generator=generator, dtype=torch.float64)
    area, shape = uniform(*scale) * rows * columns, uniform(*ratio)
    w, h = (area * shape).sqrt().clamp(max=columns), (area / shape).sqrt().clamp(max=rows)
    left, top = uniform(0, 1) * (columns - w), uniform(0, 1) * (rows - h)
    x = left[:, None] + (torch.arange(width) + 0.5) / width * w[:, None]
    y = top[:, None] + (torch.arange(height) + 0.5) / height * h[:, None]
    x, y = 2 * x / columns - 1, 2 * y / rows - 1
    grid = torch.stack([x[:, None, :].expand(-1, height, -1), y[:, :, None].expand(-1, -1, width)], -1)
    return F.grid_sample(images, grid.to(images.dtype), mode="bilinear", padding_mode="border", align_corners=False)


def as_torchvision_does(images, size, scale=(0.25, 1.0), ratio=(0.75, 1.3333), *, generator):
    """Up to ten tries with a logarithmic ratio, then the middle; corners aligned."""
    size = [size, size] if isinstance(size, int) else list(size)
    _, _, rows, columns = images.shape
    crops = []
    for image in images:
        for _ in range(10):
            area = rows * columns * torch.empty(1).uniform_(*scale, generator=generator).item()
            logarithm = torch.empty(1).uniform_(math.log(ratio[0]), math.log(ratio[1]), generator=generator)
            shape = math.exp(logarithm.item())
            w, h = round(math.sqrt(area * shape)), round(math.sqrt(area / shape))
            if 0 < w <= columns and 0 < h <= rows:
                i = int(torch.randint(0, rows - h + 1, (1,), generator=generator))
                j = int(torch.randint(0, columns - w + 1, (1,), generator=generator))
                break
        else:
            h, w = min(rows, columns), min(rows, columns)
            i, j = (rows - h) // 2, (columns - w) // 2
        crops.append(F.interpolate(image[None, :, i : i + h, j : j + w], size, mode="bilinear", align_corners=True))
    return torch.cat(crops, 0)


def by_matrices(images, size, scale=(0.25, 1.0), ratio=(0.75, 1.3333), *, generator):
    """Two matrices of weights a picture: one for rows, one for columns."""
    height, width = (size, size) if isinstance(size, int) else size
    rows, columns = images.shape[-2:]
    out = images.new_empty(len(images), images.shape[1], height, width)
    for i in range(len(images)):
        a, r, u, v = torch.rand(4, generator=generator).tolist()
        area = (scale[0] + a * (scale[1] - scale[0])) * rows * columns
        r = ratio[0] + r * (ratio[1] - ratio[0])
        w, h = min(int((area * r) ** 0.5 + 0.5), columns), min(int((area / r) ** 0.5 + 0.5), rows)
        top, left = int(u * (rows - h + 1)), int(v * (columns - w + 1))
        down, across = _weights(h, height), _weights(w, width)
        out[i] = down.to(out) @ images[i, :, top : top + h, left : left + w] @ across.to(out).T
    return out


def _weights(inputs, outputs):
    """(outputs, inputs): each output is a mean of its two neighbours."""
    at = ((torch.arange(outputs, dtype=torch.float64) + 0.5) * inputs / outputs - 0.5).clamp(0, inputs - 1)
    return (1 - (at[:, None] - torch.arange(inputs)).abs()).clamp(min=0)


def antialiased(images, size, scale=(0.25, 1.0), ratio=(0.75, 1.3333), *, generator):
    """interpolate with antialias, as torchvision's transforms do for tensors."""
    crops, (rows, columns) = [], images.shape[2:]
    for image in images:
        share = torch.empty(()).uniform_(scale[0], scale[1], generator=generator)
        form = torch.empty(()).uniform_(ratio[0], ratio[1], generator=generator)
        w = int((share * rows * columns * form).sqrt().round().clamp(1, columns))
        h = int((share * rows * columns / form).sqrt().round().clamp(1, rows))
        y, x = (int(torch.randint(m + 1, (), generator=generator)) for m in (rows - h, columns - w))
        window = image[:, y:, x:][:, :h, :w].unsqueeze(0)
        target = (size, size) if isinstance(size, int) else tuple(size)
        crops.append(F.interpolate(window, target, mode="bilinear", antialias=True).squeeze(0))
    return torch.stack(crops)
