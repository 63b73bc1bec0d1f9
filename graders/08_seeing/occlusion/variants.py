"""Right answers of occlusion of other kinds."""

import copy
import math

import numpy as np
import torch


def one_large_batch(model, x, y, size, stride, value=0.0):
    """All covered pictures in one batch, made with masks."""
    n, c, height, width = x.shape
    h, w = (max(0, math.ceil((side - size) / stride)) + 1 for side in (height, width))
    rows, columns = torch.arange(height), torch.arange(width)
    in_row = (rows >= torch.arange(h)[:, None] * stride) & (rows < torch.arange(h)[:, None] * stride + size)
    in_column = (columns >= torch.arange(w)[:, None] * stride) & (columns < torch.arange(w)[:, None] * stride + size)
    masks = in_row[:, None, :, None] & in_column[None, :, None, :]
    covered = torch.where(masks[:, :, None, None], torch.tensor(value, dtype=x.dtype), x)
    before = {module: module.training for module in model.modules()}
    model.eval()
    with torch.inference_mode():
        scores = model(covered.reshape(-1, c, height, width))
        scores = scores.view(h, w, n, -1)[:, :, torch.arange(n), y]
        fall = (model(x)[torch.arange(n), y] - scores).permute(2, 0, 1)
    for module, was in before.items():
        module.training = was
    return fall.clone()


def in_numpy(model, x, y, size, stride, value=0.0):
    """Picture by picture on a copy of the model; numpy arrays."""
    twin, pixels = copy.deepcopy(model).eval(), x.numpy()

    def score(picture, label):
        return twin(torch.from_numpy(picture[None].copy()))[0, int(label)].item()

    result = []
    for picture, label in zip(pixels, y, strict=True):
        rows, top = [], 0
        while True:
            row, left = [], 0
            while True:
                covered = np.array(picture)
                covered[..., top : top + size, left : left + size] = value
                row.append(score(picture, label) - score(covered, label))
                if left + size >= picture.shape[2]:
                    break
                left += stride
            rows.append(row)
            if top + size >= picture.shape[1]:
                break
            top += stride
        result.append(rows)
    return torch.tensor(result, dtype=x.dtype)


def put_back(model, x, y, size, stride, value=0.0):
    """Covers a working copy and puts the patch back afterwards."""
    training = [module.training for module in model.modules()]
    model.eval()
    work = x.clone().detach()
    height, width = work.shape[2], work.shape[3]
    h = max(0, (height - size + stride - 1) // stride) + 1
    w = max(0, (width - size + stride - 1) // stride) + 1
    fall = torch.zeros(len(x), h, w, dtype=x.dtype)
    picked = torch.nn.functional.one_hot(y, model(work).shape[1])
    before = (model(work) * picked).sum(1)
    for place in range(h * w):
        i, j = divmod(place, w)
        window = work.narrow(2, i * stride, min(size, height - i * stride))
        window = window.narrow(3, j * stride, min(size, width - j * stride))
        old = window.clone()
        window.fill_(value)
        fall[:, i, j] = (before - (model(work) * picked).sum(1)).detach()
        window.copy_(old)
    for module, was in zip(model.modules(), training, strict=True):
        module.training = was
    return fall


def masks_by_a_transposed_convolution(model, x, y, size, stride, value=0.0):
    """Each place of the patch is a one that a transposed convolution enlarges to the patch."""
    (height, width), before = x.shape[2:], {module: module.training for module in model.modules()}
    h, w = (max(0, -((size - side) // stride)) + 1 for side in (height, width))
    places = torch.eye(h * w).view(h * w, 1, h, w)
    masks = torch.nn.functional.conv_transpose2d(places, torch.ones(1, 1, size, size), stride=stride)
    masks = torch.nn.functional.pad(masks, (0, width, 0, height))[..., :height, :width] > 0.5
    model.eval()
    with torch.no_grad():
        pick = lambda z: model(z).take_along_dim(y[:, None], 1)[:, 0]
        falls = [pick(x) - pick(torch.where(mask, torch.tensor(value, dtype=x.dtype), x)) for mask in masks]
    for module, was in before.items():
        module.training = was
    return torch.stack(falls, 1).view(-1, h, w)
