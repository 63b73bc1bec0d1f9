"""Known wrong answers of filter_grid."""

import torch


def _scaled(w):
    low, high = w.amin((1, 2, 3), keepdim=True), w.amax((1, 2, 3), keepdim=True)
    return (w - low) / torch.where(high > low, high - low, 1)


def _laid_out(w, columns, pad, value=0.5, end=True):
    o, c, k, _ = w.shape
    columns = min(columns, o)
    rows = -(-o // columns)
    last = pad if end else 0
    grid = torch.full((c, rows * (k + pad) + last, columns * (k + pad) + last), value, dtype=w.dtype)
    for i in range(o):
        top, left = pad + i // columns * (k + pad), pad + i % columns * (k + pad)
        if not end:
            top, left = top - pad, left - pad
        grid[:, top : top + k, left : left + k] = w[i]
    return grid


def one_scale_for_all(weight, columns=8, pad=1):
    """You scale all filters by the smallest and largest number of the whole layer, so weak filters become plain grey.
    Each filter has a scale of its own (section 8.1)."""
    w = weight.detach()
    span = w.max() - w.min()
    return _laid_out((w - w.min()) / (span if span > 0 else 1), columns, pad)


def each_channel_apart(weight, columns=8, pad=1):
    """You scale each channel of a filter by itself, and its colours are lost. A filter has one minimum and one
    maximum, over all of its channels (section 8.1)."""
    w = weight.detach()
    low, high = w.amin((2, 3), keepdim=True), w.amax((2, 3), keepdim=True)
    return _laid_out((w - low) / torch.where(high > low, high - low, 1), columns, pad)


def filled_column_by_column(weight, columns=8, pad=1):
    """Your filters go down the columns. They go along the rows, like words on a page: number i stands in row i //
    columns, column i % columns (section 8.1)."""
    w = _scaled(weight.detach())
    o, c, k, _ = w.shape
    columns = min(columns, o)
    rows = -(-o // columns)
    grid = torch.full((c, rows * (k + pad) + pad, columns * (k + pad) + pad), 0.5, dtype=w.dtype)
    for i in range(o):
        top, left = pad + i % rows * (k + pad), pad + i // rows * (k + pad)
        grid[:, top : top + k, left : left + k] = w[i]
    return grid


def rows_and_columns_exchanged(weight, columns=8, pad=1):
    """Your grid has `columns` rows. `columns` says how many filters stand side by side (section 8.1)."""
    w = _scaled(weight.detach()).transpose(2, 3)
    return _laid_out(w, columns, pad).transpose(1, 2)


def nan_on_constant(weight, columns=8, pad=1):
    """A filter whose numbers are all the same gives 0 / 0 = NaN. Divide by the span only where it is above 0 (section
    8.1)."""
    w = weight.detach()
    low, high = w.amin((1, 2, 3), keepdim=True), w.amax((1, 2, 3), keepdim=True)
    return _laid_out((w - low) / (high - low), columns, pad)


def no_padding_at_the_end(weight, columns=8, pad=1):
    """The padding is missing at the right and at the bottom: there is one strip more than there are filters, H = rows
    · (k + pad) + pad (section 8.1)."""
    w = _scaled(weight.detach())
    o, c, k, _ = w.shape
    columns = min(columns, o)
    rows = -(-o // columns)
    full = _laid_out(w, columns, pad)
    return full[:, : rows * (k + pad), : columns * (k + pad)]


def only_between(weight, columns=8, pad=1):
    """Your padding lies between the filters only. It goes around the grid as well (section 8.1)."""
    full = _laid_out(_scaled(weight.detach()), columns, pad)
    return full[:, pad : full.shape[1] - pad, pad : full.shape[2] - pad]


def padding_of_zeros(weight, columns=8, pad=1):
    """Your padding and your empty cells are 0. They are 0.5, so that they are neither the darkest nor the brightest of
    a filter (section 8.1)."""
    return _laid_out(_scaled(weight.detach()), columns, pad, value=0.0)


def empty_cells_of_zeros(weight, columns=8, pad=1):
    """The empty cells of your last row are 0. They are 0.5, like the padding (section 8.1)."""
    w = _scaled(weight.detach())
    columns = min(columns, len(w))
    missing = -len(w) % columns
    return _laid_out(torch.cat([w, w.new_zeros(missing, *w.shape[1:])]), columns, pad)


def always_all_columns(weight, columns=8, pad=1):
    """Your grid keeps empty columns when there are fewer filters than columns. It has min(columns, O) of them (section
    8.1)."""
    w = _scaled(weight.detach())
    o, c, k, _ = w.shape
    rows = -(-o // columns)
    grid = torch.full((c, rows * (k + pad) + pad, columns * (k + pad) + pad), 0.5, dtype=w.dtype)
    for i in range(o):
        top, left = pad + i // columns * (k + pad), pad + i % columns * (k + pad)
        grid[:, top : top + k, left : left + k] = w[i]
    return grid


def last_row_dropped(weight, columns=8, pad=1):
    """Your grid drops the filters of the last row when it is not full: rows are O / columns rounded up, not down
    (section 8.1)."""
    w = _scaled(weight.detach())
    columns = min(columns, len(w))
    return _laid_out(w[: len(w) // columns * columns], columns, pad)


def absolute_values(weight, columns=8, pad=1):
    """You show how large the weights are, without their sign: −3 and 3 look alike. Take the numbers themselves
    (section 8.1)."""
    return _laid_out(_scaled(weight.detach().abs()), columns, pad)


def divided_by_the_largest(weight, columns=8, pad=1):
    """You divide each filter by its largest number, and negative weights stay below 0. Subtract the smallest, divide
    by the span (section 8.1)."""
    w = weight.detach()
    high = w.amax((1, 2, 3), keepdim=True)
    return _laid_out(w / torch.where(high != 0, high, 1), columns, pad)


def shifted_and_divided_by_the_largest(weight, columns=8, pad=1):
    """You subtract the smallest number and then divide by the largest as it was before, so the largest does not become
    1. Divide by the span, largest minus smallest (section 8.1)."""
    w = weight.detach()
    low, high = w.amin((1, 2, 3), keepdim=True), w.amax((1, 2, 3), keepdim=True)
    return _laid_out((w - low) / high, columns, pad)


def in_place(weight, columns=8, pad=1):
    """You scale the weights themselves, and the network is another one afterwards. Work on a copy (section 8.1)."""
    with torch.no_grad():
        weight.copy_(_scaled(weight))
    return _laid_out(weight.detach(), columns, pad)


def attached(weight, columns=8, pad=1):
    """Your picture still hangs on the graph of the weights: detach them first (section 8.1)."""
    return _laid_out(torch.zeros_like(weight), columns, pad).mul(0) + _laid_out(_scaled(weight), columns, pad)


def always_float32(weight, columns=8, pad=1):
    """Your picture is float32 whatever the weights are: `torch.full` and `torch.zeros` make that unless told. Give it
    dtype=weight.dtype, or use weight.new_full (section 8.1)."""
    return _laid_out(_scaled(weight.detach()), columns, pad).float()
