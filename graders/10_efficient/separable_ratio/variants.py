"""Right answers of separable_ratio of other kinds."""

from fractions import Fraction


def from_the_counts(kernel_size, out_channels):
    """The two counts for one input channel and one place."""
    taps = kernel_size * kernel_size
    return (taps + out_channels) / (taps * out_channels)


def powers(kernel_size, out_channels):
    """Negative exponents."""
    return out_channels**-1.0 + kernel_size**-2.0


def fractions(kernel_size, out_channels):
    """Exact until the end."""
    return float(Fraction(1, out_channels) + Fraction(1, kernel_size**2))
