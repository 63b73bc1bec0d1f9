import torch


def _count(target, prediction, num_classes):
    flat = target.flatten() * num_classes + prediction.flatten()
    return torch.bincount(flat, minlength=num_classes**2).reshape(num_classes, num_classes)


def _right(prediction, target, num_classes, ignore_index):
    known = target != ignore_index
    return _count(target[known], prediction[known], num_classes)


def transposed(prediction, target, num_classes, ignore_index=255):
    """Your matrix is transposed: rows are the target's classes, columns the prediction's (section 13.1)."""
    return _right(prediction, target, num_classes, ignore_index).T


def ignored_number_counts(prediction, target, num_classes, ignore_index=255):
    """Numbers that are no class drop out of your matrix, but `ignore_index` itself is never looked at. It may be the
    number of a class: leave out every pixel whose target is `ignore_index` (section 13.1)."""
    classes = (target >= 0) & (target < num_classes)
    return _count(target[classes], prediction[classes], num_classes)


def ignores_255_only(prediction, target, num_classes, ignore_index=255):
    """You leave out the pixels with 255 and do not use the argument `ignore_index` (section 13.1)."""
    return _right(prediction, target, num_classes, 255)


def clamps_into_the_last_class(prediction, target, num_classes, ignore_index=255):
    """You clamp the numbers into the range of the classes, so that ignored pixels count for the last class. Leave them
    out (section 13.1)."""
    return _count(target.clamp(0, num_classes - 1), prediction.clamp(0, num_classes - 1), num_classes)


def ignored_as_class_0(prediction, target, num_classes, ignore_index=255):
    """You set ignored pixels to 0, and so they count for class 0. Leave them out (section 13.1)."""
    void = target == ignore_index
    return _count(target.masked_fill(void, 0), prediction.masked_fill(void, 0), num_classes)


def ignores_by_prediction(prediction, target, num_classes, ignore_index=255):
    """You also leave out pixels whose *prediction* is `ignore_index`. Only the target says which pixels count: a
    network cannot excuse itself (section 13.1)."""
    known = (target != ignore_index) & (prediction != ignore_index)
    return _count(target[known], prediction[known], num_classes)


def one_matrix_a_picture(prediction, target, num_classes, ignore_index=255):
    """You return one matrix a picture. All pixels of all pictures go into one matrix (section 13.1)."""
    pairs = zip(prediction, target, strict=True)
    return torch.stack([_right(p[None], t[None], num_classes, ignore_index) for p, t in pairs])


def first_picture_only(prediction, target, num_classes, ignore_index=255):
    """Only the first entry along the first axis counts in your matrix. Maps have any shape: flatten them (section
    13.1)."""
    return _right(prediction[:1], target[:1], num_classes, ignore_index)


def float_counts(prediction, target, num_classes, ignore_index=255):
    """Your counts are floats. Pixels are counted: int64 (section 13.1)."""
    return _right(prediction, target, num_classes, ignore_index).float()


def shares(prediction, target, num_classes, ignore_index=255):
    """You divide each row by its sum. Return the counts; shares come later, in the metrics (section 13.1)."""
    counts = _right(prediction, target, num_classes, ignore_index)
    return counts / counts.sum(1, keepdim=True).clamp(min=1)


def present_classes_only(prediction, target, num_classes, ignore_index=255):
    """Your matrix has only as many rows as classes occur. It is always `num_classes` × `num_classes`; absent classes
    have rows of zeros (section 13.1)."""
    counts = _right(prediction, target, num_classes, ignore_index)
    present = (counts.sum(0) + counts.sum(1)).nonzero().flatten()
    size = int(present.max()) + 1 if len(present) else 0
    return counts[:size, :size]


def no_cell_for_what_never_occurs(prediction, target, num_classes, ignore_index=255):
    """Your counts end at the last pair of classes that occurs, so they do not fill the matrix when the last class is
    absent. Ask for K × K counts, with zeros at the end: `bincount` has `minlength` (section 13.1)."""
    known = target != ignore_index
    flat = target[known] * num_classes + prediction[known]
    return torch.bincount(flat).reshape(num_classes, num_classes)


def repeated_pairs_count_once(prediction, target, num_classes, ignore_index=255):
    """You write `counts[target, prediction] += 1`, and torch adds 1 once to each cell, however often a pair comes.
    Count how often each pair occurs: `bincount` does, for instance (section 13.1)."""
    counts, known = torch.zeros(num_classes, num_classes, dtype=torch.int64), target != ignore_index
    counts[target[known], prediction[known]] += 1
    return counts


def loops_over_pixels(prediction, target, num_classes, ignore_index=255):
    """Right, but it takes each pixel out of its tensor by itself, which is slow: a picture has a million. Turn each
    pair (target, prediction) into one number and let torch count those (section 13.1)."""
    counts = torch.zeros(num_classes, num_classes, dtype=torch.int64)
    for p, t in zip(prediction.flatten(), target.flatten(), strict=True):
        if t.item() != ignore_index:
            counts[t.item(), p.item()] += 1
    return counts
