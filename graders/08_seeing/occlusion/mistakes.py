"""Known wrong answers of occlusion."""

from contextlib import contextmanager

import torch


@contextmanager
def _eval(model):
    before = {module: module.training for module in model.modules()}
    model.eval()
    try:
        yield
    finally:
        for module, was in before.items():
            module.training = was


def _starts(side, size, stride):
    return range(0, max(0, -(-(side - size) // stride)) * stride + 1, stride)


def _logit(logits, y):
    return logits.gather(1, y[:, None])[:, 0]


def _cover(x, top, left, size, value):
    covered = x.clone()
    covered[:, :, top : top + size, left : left + size] = value
    return covered


def _occlusion(model, x, y, size, stride, value=0.0, score=_logit, starts=_starts, cover=_cover):
    tops, lefts = starts(x.shape[2], size, stride), starts(x.shape[3], size, stride)
    fall = x.new_empty(len(x), len(tops), len(lefts))
    with _eval(model), torch.no_grad():
        before = score(model(x), y)
        for i, top in enumerate(tops):
            for j, left in enumerate(lefts):
                fall[:, i, j] = before - score(model(cover(x, top, left, size, value)), y)
    return fall


def rise_instead_of_fall(model, x, y, size, stride, value=0.0):
    """Your sign is the other way round. Asked for is the fall: score of the picture minus score of the covered one
    (section 8.6)."""
    return -_occlusion(model, x, y, size, stride, value)


def fall_of_the_probability(model, x, y, size, stride, value=0.0):
    """You measure the probability, after softmax. The score is the logit (section 8.6)."""
    return _occlusion(model, x, y, size, stride, value, score=lambda logits, y: _logit(logits.softmax(1), y))


def the_covered_score(model, x, y, size, stride, value=0.0):
    """You give the score of the covered picture. Asked for is how far it has fallen (section 8.6)."""
    with _eval(model), torch.no_grad():
        before = _logit(model(x), y)
    return before[:, None, None] - _occlusion(model, x, y, size, stride, value)


def absolute_fall(model, x, y, size, stride, value=0.0):
    """You take the absolute value. Where the score rises, the fall is negative (section 8.6)."""
    return _occlusion(model, x, y, size, stride, value).abs()


def of_the_predicted_class(model, x, y, size, stride, value=0.0):
    """You follow the largest logit, whatever y says. The score is the logit of class y (section 8.6)."""
    return _occlusion(model, x, y, size, stride, value, score=lambda logits, y: logits.amax(1))


def rises_left_out(model, x, y, size, stride, value=0.0):
    """You make negative falls 0. Where the score rises without the patch, the fall is negative, and stays so (section
    8.6)."""
    return _occlusion(model, x, y, size, stride, value).relu()


def patch_shifted_to_the_middle(model, x, y, size, stride, value=0.0):
    """Your patch is centred on i · stride. It begins there (section 8.6)."""

    def cover(x, top, left, size, value):
        covered, half = x.clone(), size // 2
        covered[:, :, max(0, top - half) : top - half + size, max(0, left - half) : left - half + size] = value
        return covered

    return _occlusion(model, x, y, size, stride, value, cover=cover)


def stride_forgotten(model, x, y, size, stride, value=0.0):
    """Patch number i begins at row i. It begins at row i · stride (section 8.6)."""
    return _occlusion(
        model, x, y, size, stride, value,
        cover=lambda x, top, left, size, value: _cover(x, top // stride, left // stride, size, value),
    )  # fmt: skip


def side_by_side(model, x, y, size, stride, value=0.0):
    """Your patches begin every `size` pixels. They begin every `stride` (section 8.6)."""
    return _occlusion(
        model, x, y, size, stride, value,
        cover=lambda x, top, left, size, value: _cover(x, top // stride * size, left // stride * size, size, value),
    )  # fmt: skip


def one_pixel_too_large(model, x, y, size, stride, value=0.0):
    """Your patch covers size + 1 pixels: a slice ends before its second number (section 8.6)."""
    return _occlusion(
        model, x, y, size, stride, value, cover=lambda x, top, left, size, value: _cover(x, top, left, size + 1, value)
    )


def border_left_out(model, x, y, size, stride, value=0.0):
    """You leave out the patch that the border cuts off, so the last rows or columns are never covered. Round up, not
    down (section 8.6)."""
    return _occlusion(
        model, x, y, size, stride, value,
        starts=lambda side, size, stride: range(0, max(0, (side - size) // stride) * stride + 1, stride),
    )  # fmt: skip


def too_many_patches(model, x, y, size, stride, value=0.0):
    """You go on until a patch would begin outside of the picture. Stop once a patch has reached the border (section
    8.6)."""
    return _occlusion(model, x, y, size, stride, value, starts=lambda side, size, stride: range(0, side, stride))


def no_patch_when_it_is_too_large(model, x, y, size, stride, value=0.0):
    """Where the patch is larger than the picture, H − size is negative, and so is your number of patches. There is at
    least one: max(0, ...) + 1 (section 8.6)."""
    if -(-(min(x.shape[2:]) - size) // stride) >= 0:
        return _occlusion(model, x, y, size, stride, value)
    h, w = (-(-(side - size) // stride) + 1 for side in x.shape[2:])
    return torch.zeros(len(x), h, w, dtype=x.dtype)


def last_patch_moved(model, x, y, size, stride, value=0.0):
    """You move the last patch back into the picture. It begins at i · stride like the others, and the border cuts it
    off (section 8.6)."""

    def cover(x, top, left, size, value):
        top, left = min(top, max(0, x.shape[2] - size)), min(left, max(0, x.shape[3] - size))
        return _cover(x, top, left, size, value)

    return _occlusion(model, x, y, size, stride, value, cover=cover)


def rows_and_columns_exchanged(model, x, y, size, stride, value=0.0):
    """Rows and columns are exchanged in your result: [n, i, j] is the patch at row i · stride, column j · stride
    (section 8.6)."""
    return _occlusion(model, x, y, size, stride, value).transpose(1, 2).contiguous()


def always_zero(model, x, y, size, stride, value=0.0):
    """You cover with 0 whatever `value` is (section 8.6)."""
    return _occlusion(model, x, y, size, stride)


def multiplied_by_the_value(model, x, y, size, stride, value=0.0):
    """You multiply the pixels of the patch by `value`, which is right for 0 only. They become `value` (section 8.6)."""

    def cover(x, top, left, size, value):
        covered = x.clone()
        covered[:, :, top : top + size, left : left + size] *= value
        return covered

    return _occlusion(model, x, y, size, stride, value, cover=cover)


def first_channel_only(model, x, y, size, stride, value=0.0):
    """You cover the first channel only. A patch covers all of them (section 8.6)."""

    def cover(x, top, left, size, value):
        covered = x.clone()
        covered[:, 0, top : top + size, left : left + size] = value
        return covered

    return _occlusion(model, x, y, size, stride, value, cover=cover)


def value_is_added_everywhere(model, x, y, size, stride, value=0.0):
    """You add `value` to the whole picture. Only the pixels of the patch get it (section 8.6)."""

    def cover(x, top, left, size, value):
        return _cover(x, top, left, size, 0.0) + value

    return _occlusion(model, x, y, size, stride, value, cover=cover)


def covers_add_up(model, x, y, size, stride, value=0.0):
    """You cover one copy of x again and again, so earlier patches stay covered. Make a new copy for each patch
    (section 8.6)."""
    work = x.clone()

    def cover(x, top, left, size, value):
        work[:, :, top : top + size, left : left + size] = value
        return work

    return _occlusion(model, x, y, size, stride, value, cover=cover)


def x_is_covered(model, x, y, size, stride, value=0.0):
    """You cover x itself, and earlier patches stay covered. Work on a new copy for each patch (section 8.6)."""

    def cover(x, top, left, size, value):
        x[:, :, top : top + size, left : left + size] = value
        return x

    return _occlusion(model, x, y, size, stride, value, cover=cover)


def mean_over_the_batch(model, x, y, size, stride, value=0.0):
    """You average the fall over the batch. Each picture has a map of its own (section 8.6)."""
    return _occlusion(model, x, y, size, stride, value).mean(0, keepdim=True).expand(len(x), -1, -1).clone()


def label_of_the_first(model, x, y, size, stride, value=0.0):
    """You follow the class of the first picture in all of them: logits[:, y[0]]. Each picture has its own y (section
    8.6)."""
    return _occlusion(model, x, y, size, stride, value, score=lambda logits, y: logits[:, int(y[0])])


def in_the_mode_that_it_is_in(model, x, y, size, stride, value=0.0):
    """You run the model in the mode that it is in. In train mode batch norm mixes the pictures: use eval mode (section
    8.6)."""
    tops, lefts = _starts(x.shape[2], size, stride), _starts(x.shape[3], size, stride)
    fall = x.new_empty(len(x), len(tops), len(lefts))
    with torch.no_grad():
        before = _logit(model(x), y)
        for i, top in enumerate(tops):
            for j, left in enumerate(lefts):
                fall[:, i, j] = before - _logit(model(_cover(x, top, left, size, value)), y)
    return fall


def ends_in_eval_mode(model, x, y, size, stride, value=0.0):
    """You leave the model in eval mode. Put each submodule back into its own mode (section 8.6)."""
    model.eval()
    return _occlusion(model, x, y, size, stride, value)


def attached(model, x, y, size, stride, value=0.0):
    """Your result hangs on the graph of the weights: work under torch.no_grad() (section 8.6)."""
    rows = []
    with _eval(model):
        before = _logit(model(x), y)
        for top in _starts(x.shape[2], size, stride):
            row = [
                before - _logit(model(_cover(x, top, left, size, value)), y)
                for left in _starts(x.shape[3], size, stride)
            ]
            rows.append(torch.stack(row, 1))
    return torch.stack(rows, 1)


def always_float32(model, x, y, size, stride, value=0.0):
    """Your result is float32 whatever x is: torch.zeros makes that unless told. Use x.new_zeros, or dtype=x.dtype
    (section 8.6)."""
    return _occlusion(model, x, y, size, stride, value).float()
