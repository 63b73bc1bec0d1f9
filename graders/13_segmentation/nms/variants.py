import numpy as np
import torch


def matrix_of_overlaps(boxes, scores, threshold):
    """All IoUs at once, then one pass with a flag a box."""
    order = torch.argsort(scores, descending=True)
    b = boxes[order]
    low, high = torch.maximum(b[:, None, :2], b[None, :, :2]), torch.minimum(b[:, None, 2:], b[None, :, 2:])
    inter = (high - low).clamp(min=0).prod(-1)
    area = (b[:, 2:] - b[:, :2]).prod(1)
    overlaps = inter / (area[:, None] + area - inter) > threshold
    alive = torch.ones(len(b), dtype=torch.bool)
    for i in range(len(b)):
        if alive[i]:
            alive[i + 1 :] &= ~overlaps[i, i + 1 :]
    return order[alive]


def numpy_loop(boxes, scores, threshold):
    """The well-known numpy version, with its areas made for places."""
    x1, y1, x2, y2 = boxes.numpy().T
    areas = (x2 - x1) * (y2 - y1)
    order, keep = scores.numpy().argsort()[::-1], []
    while order.size > 0:
        i = order[0]
        keep.append(int(i))
        w = np.maximum(0.0, np.minimum(x2[i], x2[order[1:]]) - np.maximum(x1[i], x1[order[1:]]))
        h = np.maximum(0.0, np.minimum(y2[i], y2[order[1:]]) - np.maximum(y1[i], y1[order[1:]]))
        inter = w * h
        union = areas[i] + areas[order[1:]] - inter
        overlap = np.where(union > 0, inter / np.where(union > 0, union, 1), 0)
        order = order[1:][overlap <= threshold]
    return torch.tensor(keep, dtype=torch.int64)


def plain_python(boxes, scores, threshold):
    """Lists and floats; inter > threshold · union instead of a division."""
    rows, kept = boxes.tolist(), []
    for i in sorted(range(len(rows)), key=lambda i: -scores[i].item()):
        a = rows[i]
        for j in kept:
            b = rows[j]
            inter = max(0.0, min(a[2], b[2]) - max(a[0], b[0])) * max(0.0, min(a[3], b[3]) - max(a[1], b[1]))
            union = (a[2] - a[0]) * (a[3] - a[1]) + (b[2] - b[0]) * (b[3] - b[1]) - inter
            if inter > threshold * union:
                break
        else:
            kept.append(i)
    return torch.tensor(kept).long()


def remaining_mask(boxes, scores, threshold):
    """argmax of what is left, with an epsilon in the union."""
    left, kept = scores.clone(), []
    area = (boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1])
    while len(left) and left.max() > -torch.inf:
        i = left.argmax()
        kept.append(i.item())
        low, high = torch.max(boxes[i, :2], boxes[:, :2]), torch.min(boxes[i, 2:], boxes[:, 2:])
        inter = torch.relu(high - low).prod(1)
        iou = inter / (area[i] + area - inter).clamp(min=1e-12)
        left[(iou > threshold)] = -torch.inf
        left[i] = -torch.inf
    return torch.tensor(kept, dtype=torch.long)
