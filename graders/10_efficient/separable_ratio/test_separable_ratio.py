"""separable_ratio: the arithmetic of a separable convolution as a part of that of an ordinary one."""

from course.grading import points, same


@points(0.5)
def test_out_channels(student):
    """For a 3 × 3 kernel and any number of output channels: 1/O + 1/9."""
    for out_channels in (16, 1, 2, 3, 64, 128, 1000):
        same(student.separable_ratio(3, out_channels), 1 / out_channels + 1 / 9, f"separable_ratio(3, {out_channels})")


@points(0.5)
def test_kernel_size(student):
    """For any kernel size K: 1/O + 1/K²."""
    for kernel_size in (5, 1, 2, 7, 11):
        for out_channels in (6, 1, 256):
            what = f"separable_ratio({kernel_size}, {out_channels})"
            same(student.separable_ratio(kernel_size, out_channels), 1 / out_channels + 1 / kernel_size**2, what)
