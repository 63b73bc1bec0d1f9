"""output_size: how many windows fit along one axis. Padding is an int, "valid", "same" or "full"."""

from course.grading import agree, points, refuses, same

bans = ("convolution", "unfold")


def reference(size, kernel_size, stride=1, padding=0, dilation=1):
    extent = dilation * (kernel_size - 1)  # from the first tap of a window to its last
    total = {"valid": 0, "same": extent, "full": 2 * extent}[padding] if isinstance(padding, str) else 2 * padding
    return (size + total - extent - 1) // stride + 1


def any_call(r):
    kernel_size, padding, dilation = r.randint(1, 5), r.randint(0, 3), r.randint(1, 3)
    smallest = max(1, dilation * (kernel_size - 1) + 1 - 2 * padding)
    return dict(
        size=smallest + r.randint(0, 8),
        kernel_size=kernel_size,
        stride=r.randint(1, 4),
        padding=padding,
        dilation=dilation,
    )


def without_dilation(r):
    return {**(call := any_call(r)), "dilation": 1, "size": call["size"] + call["kernel_size"]}


def any_word(r):
    call = any_call(r)
    word = r.choice(["valid", "same", "full"])
    if word == "same":  # the size stays, however small the picture
        return {**call, "padding": word, "stride": 1, "size": r.randint(1, 8)}
    if word == "full":
        return {**call, "padding": word, "size": r.randint(1, 8)}
    return {**call, "padding": word, "size": call["size"] + 2 * call["padding"]}


@points(0.5)
def test_stride_and_padding(student):
    """For any size, kernel, stride and padding the number is torch's, as an int: 28, 3, 2, 1 gives 14."""
    same(student.output_size(28, 3, 2, 1), 14, "output_size(28, 3, 2, 1)")
    agree(student.output_size, reference, without_dilation, cases=150)


@points(0.5)
def test_dilation(student):
    """With dilation a kernel of K taps covers dilation * (K - 1) + 1 pixels."""
    agree(student.output_size, reference, any_call, cases=150)


@points(0.5)
def test_words(student):
    """ "valid" adds nothing, "same" keeps the size at stride 1, "full" adds dilation * (K - 1) on each side."""
    agree(student.output_size, reference, any_word, cases=150)


@points(0.5)
def test_refuses(student):
    """Where no window fits, or "same" meets a stride, a ValueError names one of the numbers."""
    for size, kernel_size, stride, padding, dilation in [
        (6, 7, 2, 0, 1),
        (3, 5, 1, 0, 1),
        (2, 9, 3, 3, 1),
        (8, 5, 1, 0, 2),
    ]:
        extent = dilation * (kernel_size - 1) + 1
        sizes = (size, size + 2 * padding, kernel_size, extent, (size + 2 * padding - extent) // stride + 1)
        with refuses(ValueError, mentions=sizes):
            student.output_size(size, kernel_size, stride=stride, padding=padding, dilation=dilation)
    with refuses(ValueError, mentions=(3, 5, -1)):
        student.output_size(3, 5, padding="valid")
    with refuses(ValueError, mentions=(1, 2, 3, 8)):
        student.output_size(8, 3, stride=2, padding="same")
