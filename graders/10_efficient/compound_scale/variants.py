"""Right answers of compound_scale of other kinds."""

import math

import numpy as np


def loops(depths, widths, resolution, phi, alpha=1.2, beta=1.1, gamma=1.15):
    """Multiplied step by step, rounded once at the end; the multiple of 8 searched for."""
    d = w = r = 1.0
    for _ in range(phi):
        d, w, r = d * alpha, w * beta, r * gamma
    new_depths = []
    for depth in depths:
        whole = int(depth * d)
        new_depths.append(whole if whole == depth * d else whole + 1)
    new_widths = []
    for width in widths:
        multiple = 8
        while multiple + 4 <= width * w:
            multiple += 8
        while multiple < 0.9 * width * w:
            multiple += 8
        new_widths.append(multiple)
    return new_depths, new_widths, int(resolution * r + 0.5)


def arrays(depths, widths, resolution, phi, alpha=1.2, beta=1.1, gamma=1.15):
    """numpy, turned back into ints."""
    deep = np.ceil(np.asarray(depths) * alpha**phi).astype(int)
    product = np.asarray(widths, dtype=float) * beta**phi
    wide = np.maximum(8, ((product + 4) // 8 * 8).astype(int))
    wide = np.where(wide < 0.9 * product, wide + 8, wide)
    return deep.tolist(), wide.tolist(), int(np.rint(resolution * gamma**phi))


def tuples(depths, widths, resolution, phi, alpha=1.2, beta=1.1, gamma=1.15):
    """Tuples in the place of lists; the ceiling as a negative floor."""

    def rounded(width):
        multiple = max(8, 8 * ((int(width) + 4) // 8))
        return multiple + 8 * (multiple < 0.9 * width)

    growth = [math.pow(c, phi) for c in (alpha, beta, gamma)]
    deep = tuple(int(-(-(depth * growth[0]) // 1)) for depth in depths)
    return deep, tuple(rounded(width * growth[1]) for width in widths), round(resolution * growth[2])
