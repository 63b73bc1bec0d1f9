"""Known wrong answers of separable_ratio."""


def product(kernel_size, out_channels):
    """You multiply the two parts. The two steps come one after the other, so their shares are added (section 10.2)."""
    return 1 / (out_channels * kernel_size**2)


def inverse(kernel_size, out_channels):
    """You give how many times cheaper it is. The ratio is the separable one's share of the ordinary one's arithmetic,
    mostly below 1 (section 10.2)."""
    return 1 / (1 / out_channels + 1 / kernel_size**2)


def kernel_side(kernel_size, out_channels):
    """You divide by K. A kernel has K · K taps: 1/K² (section 10.2)."""
    return 1 / out_channels + 1 / kernel_size


def depthwise_only(kernel_size, out_channels):
    """You count the depthwise step alone, 1/O. The pointwise step adds 1/K² (section 10.2)."""
    return 1 / out_channels


def pointwise_only(kernel_size, out_channels):
    """You count the pointwise step alone, 1/K². The depthwise step adds 1/O (section 10.2)."""
    return 1 / kernel_size**2


def exchanged(kernel_size, out_channels):
    """You have squared the other number: it is 1/O + 1/K² (section 10.2)."""
    return 1 / out_channels**2 + 1 / kernel_size


def always_3x3(kernel_size, out_channels):
    """You write 9 whatever the kernel. It has K² taps (section 10.2)."""
    return 1 / out_channels + 1 / 9


def sum_of_denominators(kernel_size, out_channels):
    """You add O and K² below one line. 1/O + 1/K² is (O + K²) / (O · K²) (section 10.2)."""
    return 1 / (out_channels + kernel_size**2)


def whole_numbers(kernel_size, out_channels):
    """You divide with //, which drops everything behind the point. Use / (section 10.2)."""
    return float((out_channels + kernel_size**2) // (out_channels * kernel_size**2))


def rounded(kernel_size, out_channels):
    """You round the result. Give all its digits (section 10.2)."""
    return round(1 / out_channels + 1 / kernel_size**2, 2)


def as_percentage(kernel_size, out_channels):
    """You give a percentage. The ratio is a number, mostly below 1 (section 10.2)."""
    return 100 * (1 / out_channels + 1 / kernel_size**2)


def saved(kernel_size, out_channels):
    """You give what is saved. The ratio is what is left (section 10.2)."""
    return 1 - (1 / out_channels + 1 / kernel_size**2)
