import math

import torch


def _counts(prediction, target, num_classes, ignore_index):
    known = target != ignore_index
    flat = target[known] * num_classes + prediction[known]
    return torch.bincount(flat, minlength=num_classes**2).reshape(num_classes, num_classes).double()


def _parts(counts):
    """Intersection, pixels of the prediction, pixels of the target."""
    return counts.diag(), counts.sum(0), counts.sum(1)


def _mean(values, occurs):
    return values[occurs].mean().item() if occurs.any() else math.nan


def _iou(counts):
    intersection, predicted, there = _parts(counts)
    union = predicted + there - intersection
    return intersection / union, union > 0


def absent_class_as_0(prediction, target, num_classes, ignore_index=255):
    """A class that occurs nowhere counts as 0 in your mean. It says nothing about the prediction: leave it out (section
    13.1)."""
    iou, occurs = _iou(_counts(prediction, target, num_classes, ignore_index))
    return iou.nan_to_num(0).mean().item() if occurs.any() else math.nan


def absent_class_as_1(prediction, target, num_classes, ignore_index=255):
    """A class that occurs nowhere counts as 1 in your mean, a present for doing nothing. Leave it out (section
    13.1)."""
    iou, occurs = _iou(_counts(prediction, target, num_classes, ignore_index))
    return iou.nan_to_num(1).mean().item() if occurs.any() else math.nan


def predicted_only_left_out(prediction, target, num_classes, ignore_index=255):
    """You average over the classes of the target only. A class that is predicted and is not there has an IoU of 0, and
    counts (section 13.1)."""
    counts = _counts(prediction, target, num_classes, ignore_index)
    return _mean(_iou(counts)[0], counts.sum(1) > 0)


def target_only_left_out(prediction, target, num_classes, ignore_index=255):
    """You average over the predicted classes only. A class that is there and was never predicted has an IoU of 0, and
    counts (section 13.1)."""
    counts = _counts(prediction, target, num_classes, ignore_index)
    return _mean(_iou(counts)[0], counts.sum(0) > 0)


def classes_without_a_hit_left_out(prediction, target, num_classes, ignore_index=255):
    """You leave out classes whose intersection is empty. A class that is there and was never found has an IoU of 0, and
    counts; only where the *union* is empty there is nothing to say (section 13.1)."""
    counts = _counts(prediction, target, num_classes, ignore_index)
    return _mean(_iou(counts)[0], counts.diag() > 0)


def ignored_pixels_in_the_union(prediction, target, num_classes, ignore_index=255):
    """What is predicted at ignored pixels enlarges your unions. Leave these pixels out of everything (section 13.1)."""
    total, known = [], target != ignore_index
    for c in range(num_classes):
        p, t = prediction == c, (target == c) & known
        if (p | t).any():
            total.append((p & t).sum().item() / (p | t).sum().item())
    return sum(total) / len(total) if total and known.any() else math.nan


def ignored_pixels_as_class_0(prediction, target, num_classes, ignore_index=255):
    """You set ignored pixels to 0 in both masks, so they count as hits of class 0. Leave them out (section 13.1)."""
    void = target == ignore_index
    if void.all():
        return math.nan
    counts = _counts(prediction.masked_fill(void, 0), target.masked_fill(void, 0), num_classes, -12345)
    return _mean(*_iou(counts))


def mean_over_pictures(prediction, target, num_classes, ignore_index=255):
    """You average over pictures. The pixels of all pictures go into one intersection and one union a class; a picture
    with ten pixels of a class weighs less than one with a thousand (section 13.1)."""
    pairs = zip(prediction, target, strict=True)
    values = [_mean(*_iou(_counts(p[None], t[None], num_classes, ignore_index))) for p, t in pairs]
    values = [value for value in values if value == value]
    return sum(values) / len(values) if values else math.nan


def pixel_accuracy(prediction, target, num_classes, ignore_index=255):
    """You return the share of right pixels. IoU divides, class by class, by the union (section 13.1)."""
    counts = _counts(prediction, target, num_classes, ignore_index)
    return (counts.diag().sum() / counts.sum()).item()


def class_accuracy(prediction, target, num_classes, ignore_index=255):
    """You divide by the pixels of the target alone, which is recall. The union also holds the pixels that were
    predicted wrongly (section 13.1)."""
    intersection, predicted, there = _parts(_counts(prediction, target, num_classes, ignore_index))
    return _mean((intersection / there).nan_to_num(0), predicted + there > 0)


def dice(prediction, target, num_classes, ignore_index=255):
    """You compute Dice, 2 · intersection / (prediction + target). IoU is intersection / union, which is never larger
    (section 13.1)."""
    intersection, predicted, there = _parts(_counts(prediction, target, num_classes, ignore_index))
    return _mean(2 * intersection / (predicted + there), predicted + there > 0)


def union_without_subtracting(prediction, target, num_classes, ignore_index=255):
    """Your union counts the intersection twice: it is prediction + target − intersection (section 13.1)."""
    intersection, predicted, there = _parts(_counts(prediction, target, num_classes, ignore_index))
    return _mean(intersection / (predicted + there), predicted + there > 0)


def weighted_by_pixels(prediction, target, num_classes, ignore_index=255):
    """You weight each class by its pixels. In mean IoU a class counts once, however small it is (section 13.1)."""
    counts = _counts(prediction, target, num_classes, ignore_index)
    iou, _ = _iou(counts)
    return (iou.nan_to_num(0) * counts.sum(1)).sum().div(counts.sum()).item()


def pooled_over_classes(prediction, target, num_classes, ignore_index=255):
    """You add up intersections and unions of all classes before you divide. Divide class by class, then take the mean
    (section 13.1)."""
    intersection, predicted, there = _parts(_counts(prediction, target, num_classes, ignore_index))
    return (intersection.sum() / (predicted + there - intersection).sum()).item()


def background_skipped(prediction, target, num_classes, ignore_index=255):
    """You leave out class 0. It is a class like the others; what shall not count is marked with `ignore_index` (section
    13.1)."""
    iou, occurs = _iou(_counts(prediction, target, num_classes, ignore_index))
    return _mean(iou[1:], occurs[1:])


def zero_for_nothing(prediction, target, num_classes, ignore_index=255):
    """Where every pixel is ignored you return 0. There is nothing to score, so the result is NaN (section 13.1)."""
    iou, occurs = _iou(_counts(prediction, target, num_classes, ignore_index))
    return iou[occurs].mean().item() if occurs.any() else 0.0


def returns_a_tensor(prediction, target, num_classes, ignore_index=255):
    """You return a tensor. The result is a Python float: `.item()` (section 13.1)."""
    iou, occurs = _iou(_counts(prediction, target, num_classes, ignore_index))
    return iou[occurs].mean().float()
