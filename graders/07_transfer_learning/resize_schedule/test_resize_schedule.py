"""resize_schedule: the size of the pictures in each epoch. Each size lasts as long as the others, or one epoch more."""

from course.grading import agree, points, refuses, same


def reference(sizes, epochs):
    each, rest = divmod(epochs, len(sizes))
    late = len(sizes) - rest
    return [size for i, size in enumerate(sizes) for _ in range(each + (i >= late))]


def draw(r, remainder=True):
    n = r.randint(1, 5)
    sizes = [8 * r.randint(1, 3)]
    for _ in range(n - 1):
        sizes.append(sizes[-1] + 8 * r.randint(1, 3))
    each = r.randint(1, 4)
    return dict(sizes=sizes, epochs=n * each + (r.randint(0, n - 1) if remainder else 0))


@points(0.5)
def test_worked_example(student):
    """Sizes 16, 24, 32 in 8 epochs: 16 twice, 24 three times, 32 three times."""
    same(student.resize_schedule([16, 24, 32], 8), [16, 16, 24, 24, 24, 32, 32, 32], "resize_schedule([16, 24, 32], 8)")


@points(0.5)
def test_divides(student):
    """When the epochs divide, every size lasts equally long."""
    agree(student.resize_schedule, reference, lambda r: draw(r, remainder=False), cases=10)


@points(0.5)
def test_remainder(student):
    """What is left over goes to the last sizes, one epoch each."""
    agree(student.resize_schedule, reference, draw, cases=16)
    same(student.resize_schedule([16, 16, 32], 5), [16, 16, 16, 32, 32], "resize_schedule([16, 16, 32], 5)")


@points(0.25)
def test_edges(student):
    """As many epochs as sizes: one each. One size: always that. The list is not changed."""
    same(student.resize_schedule([16, 24, 32], 3), [16, 24, 32], "resize_schedule([16, 24, 32], 3)")
    same(student.resize_schedule([32], 4), [32, 32, 32, 32], "resize_schedule([32], 4)")
    same(student.support.sizes_after(student.resize_schedule.handle(), [16, 32], 5), [16, 32], "sizes after the call")


@points(0.25)
def test_refuses(student):
    """Fewer epochs than sizes raise a ValueError with the numbers."""
    for sizes, epochs in (([16, 24, 32], 2), ([8, 16], 1)):
        with refuses(ValueError, mentions=(epochs, len(sizes))):
            student.resize_schedule(sizes, epochs)
