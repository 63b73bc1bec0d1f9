"""Known wrong answers of resize_schedule."""


def _check(sizes, epochs):
    if epochs < len(sizes):
        raise ValueError(f"{epochs} epochs for {len(sizes)} sizes")


def _spread(sizes, counts):
    return [size for size, count in zip(sizes, counts, strict=True) for _ in range(count)]


def remainder_to_the_first(sizes, epochs):
    """You give the epochs that are left over to the first sizes. They go to the last ones: the net ends on the size
    that counts (section 7.6)."""
    _check(sizes, epochs)
    each, rest = divmod(epochs, len(sizes))
    return _spread(sizes, [each + (i < rest) for i in range(len(sizes))])


def remainder_to_the_last(sizes, epochs):
    """You give all the epochs that are left over to the last size. Each of the last sizes gets one more: 3 sizes in 8
    epochs last 2, 3, 3 (section 7.6)."""
    _check(sizes, epochs)
    each, rest = divmod(epochs, len(sizes))
    return _spread(sizes, [each] * (len(sizes) - 1) + [each + rest])


def remainder_dropped(sizes, epochs):
    """Your list is shorter than the number of epochs: what is left over is dropped (section 7.6)."""
    _check(sizes, epochs)
    return _spread(sizes, [epochs // len(sizes)] * len(sizes))


def rounded_up(sizes, epochs):
    """You round up the epochs of each size, so the last ones are cut off or too short (section 7.6)."""
    _check(sizes, epochs)
    each = -(-epochs // len(sizes))
    return _spread(sizes, [each] * len(sizes))[:epochs]


def evenly_by_index(sizes, epochs):
    """You compute the size from epoch · n // epochs, which spreads the longer ones anywhere. The longer ones come last
    (section 7.6)."""
    _check(sizes, epochs)
    return [sizes[epoch * len(sizes) // epochs] for epoch in range(epochs)]


def round_and_round(sizes, epochs):
    """You go through the sizes again and again, so they fall. Each size comes once, for some epochs in a row (section
    7.6)."""
    _check(sizes, epochs)
    return [sizes[epoch % len(sizes)] for epoch in range(epochs)]


def large_first(sizes, epochs):
    """You begin with the largest size. The small and cheap ones come first (section 7.6)."""
    _check(sizes, epochs)
    each, rest = divmod(epochs, len(sizes))
    return _spread(sizes[::-1], [each + (i < rest) for i in range(len(sizes))])


def one_epoch_too_many(sizes, epochs):
    """Your last size lasts one epoch too long (section 7.6)."""
    _check(sizes, epochs)
    each, rest = divmod(epochs, len(sizes))
    return [*_spread(sizes, [each + (i >= len(sizes) - rest) for i in range(len(sizes))]), sizes[-1]]


def interpolated_sizes(sizes, epochs):
    """You interpolate between the first size and the last. Only the sizes of the list occur (section 7.6)."""
    _check(sizes, epochs)
    span = max(1, epochs - 1)
    return [round(sizes[0] + (sizes[-1] - sizes[0]) * epoch / span) for epoch in range(epochs)]


def one_number_a_size(sizes, epochs):
    """You return how long each size lasts. The result has one size an epoch (section 7.6)."""
    _check(sizes, epochs)
    each, rest = divmod(epochs, len(sizes))
    return [each + (i >= len(sizes) - rest) for i in range(len(sizes))]


def never_refuses(sizes, epochs):
    """You skip sizes when there are fewer epochs than sizes. Raise a ValueError with both numbers (section 7.6)."""
    each, rest = divmod(epochs, len(sizes))
    return _spread(sizes, [each + (i >= len(sizes) - rest) for i in range(len(sizes))])


def refuses_equality(sizes, epochs):
    """You refuse as many epochs as sizes, where each size lasts one epoch. Refuse fewer only (section 7.6)."""
    if epochs <= len(sizes):
        raise ValueError(f"{epochs} epochs for {len(sizes)} sizes")
    each, rest = divmod(epochs, len(sizes))
    return _spread(sizes, [each + (i >= len(sizes) - rest) for i in range(len(sizes))])


def empties_the_list(sizes, epochs):
    """You take the sizes out of the list that was given, which is empty afterwards. Leave it as it is (section 7.6)."""
    _check(sizes, epochs)
    result, left = [], epochs
    while sizes:
        count = left // len(sizes)
        result += [sizes.pop(0)] * count
        left -= count
    return result
