import math

import torch
import torch.nn.functional as F


def _pair(size):
    return (size, size) if isinstance(size, int) else tuple(size)


def loops(features, boxes, output_size, spatial_scale=1.0, sampling_ratio=2, aligned=True):
    """One sample after the other, as the C++ code does."""
    (bins_h, bins_w), (height, width) = _pair(output_size), features.shape[2:]
    out = features.new_zeros(len(boxes), features.shape[1], bins_h, bins_w)

    def at(picture, y, x):
        if y < -1 or y > height or x < -1 or x > width:
            return 0
        y, x = min(max(y, 0), height - 1), min(max(x, 0), width - 1)
        top, left = math.floor(y), math.floor(x)
        below, right = min(top + 1, height - 1), min(left + 1, width - 1)
        ly, lx = y - top, x - left
        upper = (1 - lx) * picture[:, top, left] + lx * picture[:, top, right]
        lower = (1 - lx) * picture[:, below, left] + lx * picture[:, below, right]
        return (1 - ly) * upper + ly * lower

    for k, (number, *corners) in enumerate(boxes.tolist()):
        x1, y1, x2, y2 = (c * spatial_scale - 0.5 * aligned for c in corners)
        w, h = (x2 - x1, y2 - y1) if aligned else (max(x2 - x1, 1), max(y2 - y1, 1))
        for i in range(bins_h):
            for j in range(bins_w):
                total = 0
                for a in range(sampling_ratio):
                    for b in range(sampling_ratio):
                        y = y1 + h / bins_h * (i + (a + 0.5) / sampling_ratio)
                        x = x1 + w / bins_w * (j + (b + 0.5) / sampling_ratio)
                        total = total + at(features[int(number)], y, x)
                out[k, :, i, j] = total / sampling_ratio**2
    return out


def _grid(boxes, output_size, spatial_scale, s, aligned):
    """y (K, bins_h · s) and x (K, bins_w · s)."""
    bins_h, bins_w = _pair(output_size)
    corners = boxes[:, 1:] * spatial_scale
    if aligned:
        corners = corners - 0.5
    size = corners[:, 2:] - corners[:, :2]
    if not aligned:
        size = size.clamp(min=1)
    steps = lambda bins: (torch.arange(bins * s, dtype=boxes.dtype) + 0.5) / (bins * s)
    y = corners[:, 1, None] + size[:, 1, None] * steps(bins_h)
    x = corners[:, 0, None] + size[:, 0, None] * steps(bins_w)
    return y, x


def grid_sample(features, boxes, output_size, spatial_scale=1.0, sampling_ratio=2, aligned=True):
    """torch's grid_sample with the border repeated, then average pooling of the samples."""
    height, width = features.shape[-2:]
    y, x = _grid(boxes, output_size, spatial_scale, sampling_ratio, aligned)
    if not len(boxes):
        return features.new_zeros(0, features.shape[1], *_pair(output_size))
    known = ((y >= -1) & (y <= height))[:, :, None] & ((x >= -1) & (x <= width))[:, None]
    columns, rows = ((2 * x + 1) / width - 1)[:, None], ((2 * y + 1) / height - 1)[:, :, None]
    grid = torch.stack([columns.expand(known.shape), rows.expand(known.shape)], -1)
    samples = F.grid_sample(features[boxes[:, 0].long()], grid, mode="bilinear", padding_mode="border",
                            align_corners=False)  # fmt: skip
    return F.avg_pool2d(samples * known[:, None], sampling_ratio)


def four_neighbours(features, boxes, output_size, spatial_scale=1.0, sampling_ratio=2, aligned=True):
    """Indexing with the four pixels around each place."""
    height, width = features.shape[-2:]
    y, x = _grid(boxes, output_size, spatial_scale, sampling_ratio, aligned)
    known = ((y >= -1) & (y <= height))[:, :, None] & ((x >= -1) & (x <= width))[:, None]
    y, x = y.clamp(0, height - 1), x.clamp(0, width - 1)
    top, left = y.floor().long(), x.floor().long()
    below, right = (top + 1).clamp(max=height - 1), (left + 1).clamp(max=width - 1)
    fy, fx = (y - top)[:, None, :, None], (x - left)[:, None, None, :]
    number = boxes[:, 0].long()[:, None, None]
    pick = lambda i, j: features.movedim(1, -1)[number, i[:, :, None], j[:, None]].movedim(-1, 1)
    samples = ((1 - fy) * ((1 - fx) * pick(top, left) + fx * pick(top, right))
               + fy * ((1 - fx) * pick(below, left) + fx * pick(below, right)))  # fmt: skip
    samples = torch.where(known[:, None], samples, torch.zeros((), dtype=samples.dtype))
    k, c, s = len(boxes), features.shape[1], sampling_ratio
    bins_h, bins_w = _pair(output_size)
    return samples.reshape(k, c, bins_h, s, bins_w, s).mean((3, 5))


def one_product_an_axis(features, boxes, output_size, spatial_scale=1.0, sampling_ratio=2, aligned=True):
    """Triangle weights for every pixel of an axis, averaged over the samples of a bin: two matrix products."""

    def weights(places, length, bins):
        known = (places >= -1) & (places <= length)
        near = 1 - (places.clamp(0, length - 1)[..., None] - torch.arange(length)).abs()
        near = near.clamp(min=0) * known[..., None]
        return near.reshape(len(places), bins, sampling_ratio, length).mean(2)

    y, x = _grid(boxes, output_size, spatial_scale, sampling_ratio, aligned)
    rows, columns = (weights(p, n, b) for p, n, b in zip((y, x), features.shape[-2:], _pair(output_size), strict=True))
    return rows[:, None] @ features[boxes[:, 0].long()] @ columns[:, None].mT
