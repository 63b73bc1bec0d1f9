import math

_RIGHT = dict(count=lambda room, stride: room // stride + 1, extent=lambda k, d: d * (k - 1))


def _size(size, kernel_size, stride, padding, dilation, **wrong):
    """The right answer, with parts replaced. room: how far the first window can travel."""
    part = {**_RIGHT, **wrong}
    extent = part["extent"](kernel_size, dilation)
    if padding == "same" and stride != 1 and not wrong.get("same_with_stride"):
        raise ValueError(f'"same" needs stride 1, not {stride}')
    words = {"valid": 0, "same": extent, "full": 2 * extent, **wrong.get("words", {})}
    total = words[padding] if isinstance(padding, str) else wrong.get("sides", 2) * padding
    room = size + total - extent - 1
    if room < 0 and not wrong.get("never_refuses"):
        raise ValueError(f"{kernel_size} taps do not fit into size {size}")
    return part["count"](room, stride)


def ceil(size, kernel_size, stride=1, padding=0, dilation=1):
    """You round the division up. A last window that would stick out does not count: round down with `//` (section
    2.4)."""
    return _size(size, kernel_size, stride, padding, dilation, count=lambda room, s: -(-room // s) + 1)


def forgets_plus_one(size, kernel_size, stride=1, padding=0, dilation=1):
    """The + 1 is missing. The division counts the steps of the window, and there is one position more than steps
    (section 2.4)."""
    return _size(size, kernel_size, stride, padding, dilation, count=lambda room, s: room // s)


def forgets_plus_one_and_refuses(size, kernel_size, stride=1, padding=0, dilation=1):
    """The + 1 is missing, and a size of 0 is refused although one window fits. The division counts the steps of the
    window, and there is one position more than steps (section 2.4)."""
    number = _size(size, kernel_size, stride, padding, dilation, count=lambda room, s: room // s)
    if number < 1:
        raise ValueError(f"{kernel_size} taps do not fit into size {size}")
    return number


def adds_one_before_dividing(size, kernel_size, stride=1, padding=0, dilation=1):
    """You add 1 before you divide by the stride. Divide first: the first position comes on top of the steps (section
    2.4)."""
    return _size(size, kernel_size, stride, padding, dilation, count=lambda room, s: (room + 1) // s)


def dilation_times_kernel(size, kernel_size, stride=1, padding=0, dilation=1):
    """You take a dilated kernel to be dilation * K wide. There are K - 1 gaps between K taps, so it covers dilation *
    (K - 1) + 1 (section 2.4)."""
    return _size(size, kernel_size, stride, padding, dilation, extent=lambda k, d: d * k - 1)


def dilation_ignored(size, kernel_size, stride=1, padding=0, dilation=1):
    """The dilation changes nothing in your result. A kernel of K taps covers dilation * (K - 1) + 1 pixels (section
    2.4)."""
    return _size(size, kernel_size, stride, padding, 1)


def pads_once(size, kernel_size, stride=1, padding=0, dilation=1):
    """You add the padding once. It goes on both sides: 2 * padding (section 2.4)."""
    return _size(size, kernel_size, stride, padding, dilation, sides=1)


def float_result(size, kernel_size, stride=1, padding=0, dilation=1):
    """The number is right, but a float. Sizes are counted: return an int, for instance by `//` between ints (section
    2.4)."""
    return float(_size(size, kernel_size, stride, padding, dilation))


def true_division(size, kernel_size, stride=1, padding=0, dilation=1):
    """You divide with `/`, which gives a fraction when the stride does not divide the way. Only whole windows count:
    divide with `//` (section 2.4)."""
    return _size(size, kernel_size, stride, padding, dilation, count=lambda room, s: room / s + 1)


def rounds(size, kernel_size, stride=1, padding=0, dilation=1):
    """You round to the nearest number. A last window that would stick out does not count, however little: round down
    with `//` (section 2.4)."""
    return _size(size, kernel_size, stride, padding, dilation, count=lambda room, s: round(room / s) + 1)


def rounds_the_sum(size, kernel_size, stride=1, padding=0, dilation=1):
    """You round to the nearest number after adding 1. A last window that would stick out does not count, however
    little: round down with `//` (section 2.4)."""
    return _size(size, kernel_size, stride, padding, dilation, count=lambda room, s: round(room / s + 1))


def rounds_half_up(size, kernel_size, stride=1, padding=0, dilation=1):
    """You add a half and round down, which is rounding to the nearest. A last window that would stick out does not
    count, however little (section 2.4)."""
    return _size(size, kernel_size, stride, padding, dilation, count=lambda room, s: math.floor(room / s + 0.5) + 1)


def truncates(size, kernel_size, stride=1, padding=0, dilation=1):
    """A kernel that does not fit is given one window, as by `int(a / b)`, which makes 0 of -1 / 2 where `//` rounds
    down to -1. Raise a ValueError that names the sizes (section 2.4)."""
    return _size(size, kernel_size, stride, padding, dilation, never_refuses=True,
                 count=lambda room, s: int(room / s) + 1)  # fmt: skip


def never_refuses(size, kernel_size, stride=1, padding=0, dilation=1):
    """Where no window fits you return 0 or less. Raise a ValueError that names the sizes (section 2.4)."""
    return _size(size, kernel_size, stride, padding, dilation, never_refuses=True)


def padding_not_counted_when_refusing(size, kernel_size, stride=1, padding=0, dilation=1):
    """You refuse a kernel that is larger than the picture, but the padding may make room for it. Check after padding
    (section 2.4)."""
    if size < dilation * (kernel_size - 1) + 1:
        raise ValueError(f"kernel {kernel_size} is larger than {size}")
    return _size(size, kernel_size, stride, padding, dilation)


def dilation_not_counted_when_refusing(size, kernel_size, stride=1, padding=0, dilation=1):
    """You compare the picture with K, but a dilated kernel covers dilation * (K - 1) + 1 pixels; where that is too
    much, raise a ValueError (section 2.4)."""
    if isinstance(padding, int) and size + 2 * padding < kernel_size:
        raise ValueError(f"kernel {kernel_size} is larger than {size}")
    return _size(size, kernel_size, stride, padding, dilation, never_refuses=True)


def same_for_odd_kernels_only(size, kernel_size, stride=1, padding=0, dilation=1):
    """You pad K // 2 on both sides for "same". For an even kernel that is one too many: 28 becomes 29 for K = 4. In
    total "same" adds dilation * (K - 1) (section 2.4)."""
    return _size(size, kernel_size, stride, padding, dilation, words={"same": 2 * (dilation * (kernel_size // 2))})


def same_without_dilation(size, kernel_size, stride=1, padding=0, dilation=1):
    """Your "same" adds K - 1 whatever the dilation. The size stays only if dilation * (K - 1) is added (section
    2.4)."""
    return _size(size, kernel_size, stride, padding, dilation, words={"same": kernel_size - 1})


def same_with_a_stride(size, kernel_size, stride=1, padding=0, dilation=1):
    """You give a size for "same" with a stride. With a stride the size cannot stay the same: raise a ValueError that
    names the stride (section 2.4)."""
    return _size(size, kernel_size, stride, padding, dilation, same_with_stride=True)


def same_is_the_size_whatever_the_stride(size, kernel_size, stride=1, padding=0, dilation=1):
    """You return the size itself for "same", with any stride. With a stride the size cannot stay the same: raise a
    ValueError that names the stride (section 2.4)."""
    return size if padding == "same" else _size(size, kernel_size, stride, padding, dilation)


def refuses_one_window(size, kernel_size, stride=1, padding=0, dilation=1):
    """You refuse a kernel that just fits. It has one window: refuse only where the kernel, with its dilation, is
    larger than the padded picture (section 2.4)."""
    extent = dilation * (kernel_size - 1)
    words = {"valid": 0, "same": extent, "full": 2 * extent}
    if size + (words[padding] if isinstance(padding, str) else 2 * padding) <= extent + 1:
        raise ValueError(f"{kernel_size} taps do not fit into size {size}")
    return _size(size, kernel_size, stride, padding, dilation)


def full_without_dilation(size, kernel_size, stride=1, padding=0, dilation=1):
    """Your "full" pads K - 1 on each side whatever the dilation. Every tap meets every pixel only with dilation * (K -
    1) on each side (section 2.4)."""
    return _size(size, kernel_size, stride, padding, dilation, words={"full": 2 * (kernel_size - 1)})


def full_pads_once(size, kernel_size, stride=1, padding=0, dilation=1):
    """Your "full" adds dilation * (K - 1) in total. It goes on each side, twice in total (section 2.4)."""
    return _size(size, kernel_size, stride, padding, dilation, words={"full": dilation * (kernel_size - 1)})


def full_ignores_the_stride(size, kernel_size, stride=1, padding=0, dilation=1):
    """Your "full" leaves the stride out. It may come with any stride (section 2.4)."""
    return _size(size, kernel_size, 1 if padding == "full" else stride, padding, dilation)
