"""output_size: how many windows fit along one axis. Padding is an int, "valid", "same" or "full"."""

from course.grading import agree, points, refuses, same

bans = ("convolution", "unfold")


def reference(size, kernel_size, stride=1, padding=0, dilation=1):
    extent = dilation * (kernel_size - 1)  # from the first tap of a window to its last
    total = {"valid": 0, "same": extent, "full": 2 * extent}[padding] if isinstance(padding, str) else 2 * padding
    return (size + total - extent - 1) // stride + 1


def any_call(r, **options):
    """Room for a step of the window, also where an answer takes the dilated kernel to be larger than it is."""
    kernel_size, stride = r.randint(1, 5), r.randint(1, 4)
    padding, dilation = options.get("padding", 0), options.get("dilation", 1)
    margin = 2 * padding if isinstance(padding, int) else 0
    size = max(1, dilation * kernel_size + stride - margin) + r.randint(0, 8)
    return dict(size=size, kernel_size=kernel_size, stride=stride, **options)


def one_window(r):
    """No room for a second step."""
    padding, dilation, stride = r.randint(0, 2), r.randint(1, 3), r.randint(1, 4)
    kernel_size = 2 * padding + r.randint(1, 3)
    size = dilation * (kernel_size - 1) + 1 - 2 * padding + r.randint(0, stride - 1)
    return dict(size=size, kernel_size=kernel_size, stride=stride, padding=padding, dilation=dilation)


def any_word(r, **options):
    word = r.choice(["valid", "same", "full"])
    if word == "valid":
        return any_call(r, padding=word, **options)
    stride = 1 if word == "same" else r.randint(1, 4)
    return dict(size=r.randint(1, 9), kernel_size=r.randint(1, 5), stride=stride, padding=word, **options)


@points(0.5)
def test_stride_and_padding(student):
    """For any size, kernel, stride and padding the number is torch's, as an int: 28, 3, 2, 1 gives 14."""
    same(student.output_size(28, 3, 2, 1), 14, "output_size(28, 3, 2, 1)")
    agree(student.output_size, reference, lambda r: any_call(r, padding=r.randint(0, 4)), cases=40)


@points(0.5)
def test_dilation(student):
    """With dilation a kernel of K taps covers dilation * (K - 1) + 1 pixels."""
    draw = lambda r: any_call(r, padding=r.randint(0, 2), dilation=r.randint(1, 4))
    agree(student.output_size, reference, draw, cases=30)


@points(0.5)
def test_words(student):
    """The word valid adds nothing, same keeps the size, full adds dilation * (K - 1) on each side."""
    agree(student.output_size, reference, any_word, cases=20)
    agree(student.output_size, reference, lambda r: any_word(r, dilation=r.randint(1, 3)), cases=20)


@points(0.5)
def test_limits(student):
    """Where one window just fits there is 1; where none fits, or "same" meets a stride, a ValueError names a number."""
    agree(student.output_size, reference, one_window)
    too_large = [(6, 7, 2, 0, 1), (3, 5, 1, 0, 1), (2, 9, 3, 3, 1), (8, 5, 1, 0, 2)]
    for size, kernel_size, stride, padding, dilation in too_large:
        extent = dilation * (kernel_size - 1) + 1
        windows = (size + 2 * padding - extent) // stride + 1
        with refuses(ValueError, mentions=(size, kernel_size, size + 2 * padding, extent, windows)):
            student.output_size(size, kernel_size, stride=stride, padding=padding, dilation=dilation)
    with refuses(ValueError, mentions=(3, 5, -1)):
        student.output_size(3, 5, padding="valid")
    with refuses(ValueError, mentions=(2, 1, 3, 8)):
        student.output_size(8, 3, stride=2, padding="same")
