"""Known wrong answers of compound_scale. `_scale` is right; each mistake changes one step."""

import math


def _width(width):
    multiple = max(8, int(width + 4) // 8 * 8)
    return multiple if multiple >= 0.9 * width else multiple + 8


def _scale(depths, widths, resolution, factors, deep=math.ceil, wide=_width, large=round):
    d, w, r = factors
    return [deep(depth * d) for depth in depths], [wide(width * w) for width in widths], large(resolution * r)


def _powers(phi, alpha, beta, gamma):
    return alpha**phi, beta**phi, gamma**phi


def depths_rounded_down(depths, widths, resolution, phi, alpha=1.2, beta=1.1, gamma=1.15):
    """You round depths down. They are rounded up, so that no stage stays as it was (section 10.7)."""
    return _scale(depths, widths, resolution, _powers(phi, alpha, beta, gamma), deep=int)


def depths_rounded_to_nearest(depths, widths, resolution, phi, alpha=1.2, beta=1.1, gamma=1.15):
    """You round depths to the nearest number. They are rounded up: `math.ceil` (section 10.7)."""
    return _scale(depths, widths, resolution, _powers(phi, alpha, beta, gamma), deep=round)


def depths_plus_1(depths, widths, resolution, phi, alpha=1.2, beta=1.1, gamma=1.15):
    """You add 1 to the depth rounded down, also where the product is a whole number. `math.ceil` leaves that as it is
    (section 10.7)."""
    return _scale(depths, widths, resolution, _powers(phi, alpha, beta, gamma), deep=lambda depth: int(depth) + 1)


def widths_not_rounded_to_8(depths, widths, resolution, phi, alpha=1.2, beta=1.1, gamma=1.15):
    """Your widths are whole numbers, but no multiples of 8 (section 10.7)."""
    return _scale(depths, widths, resolution, _powers(phi, alpha, beta, gamma), wide=round)


def widths_cut_off(depths, widths, resolution, phi, alpha=1.2, beta=1.1, gamma=1.15):
    """Your widths are the products without what is behind the point. They are multiples of 8 (section 10.7)."""
    return _scale(depths, widths, resolution, _powers(phi, alpha, beta, gamma), wide=int)


def widths_rounded_down_to_8(depths, widths, resolution, phi, alpha=1.2, beta=1.1, gamma=1.15):
    """You take the multiple of 8 below. It is the nearest one: add 4 before dividing (section 10.7)."""
    down = lambda width: max(8, int(width) // 8 * 8)
    return _scale(depths, widths, resolution, _powers(phi, alpha, beta, gamma), wide=down)


def widths_rounded_up_to_8(depths, widths, resolution, phi, alpha=1.2, beta=1.1, gamma=1.15):
    """You take the multiple of 8 above. It is the nearest one; the one above only where the nearest is below 90 %
    (section 10.7)."""
    up = lambda width: math.ceil(width / 8) * 8
    return _scale(depths, widths, resolution, _powers(phi, alpha, beta, gamma), wide=up)


def below_90_percent(depths, widths, resolution, phi, alpha=1.2, beta=1.1, gamma=1.15):
    """Some of your widths are less than 90 % of the product. Then 8 more are taken (section 10.7)."""
    nearest = lambda width: max(8, int(width + 4) // 8 * 8)
    return _scale(depths, widths, resolution, _powers(phi, alpha, beta, gamma), wide=nearest)


def ninety_percent_of_the_base(depths, widths, resolution, phi, alpha=1.2, beta=1.1, gamma=1.15):
    """You compare with 90 % of the width that was passed in. It is 90 % of the product (section 10.7)."""
    d, w, r = _powers(phi, alpha, beta, gamma)
    scaled = []
    for width in widths:
        multiple = max(8, int(width * w + 4) // 8 * 8)
        scaled.append(multiple if multiple >= 0.9 * width else multiple + 8)
    return _scale(depths, [], resolution, (d, w, r))[0], scaled, round(resolution * r)


def rounded_before_growing(depths, widths, resolution, phi, alpha=1.2, beta=1.1, gamma=1.15):
    """You round to multiples of 8 first and multiply then. Multiply first (section 10.7)."""
    d, w, r = _powers(phi, alpha, beta, gamma)
    return _scale(depths, [_width(width) for width in widths], resolution, (d, w, r), wide=round)


def phi_multiplies(depths, widths, resolution, phi, alpha=1.2, beta=1.1, gamma=1.15):
    """You multiply by phi. It is an exponent: alpha ** phi (section 10.7)."""
    return _scale(depths, widths, resolution, (alpha * phi, beta * phi, gamma * phi))


def phi_adds(depths, widths, resolution, phi, alpha=1.2, beta=1.1, gamma=1.15):
    """You grow by (alpha − 1) · phi. Growth is compounded: alpha ** phi (section 10.7)."""
    return _scale(depths, widths, resolution, tuple(1 + (c - 1) * phi for c in (alpha, beta, gamma)))


def phi_ignored(depths, widths, resolution, phi, alpha=1.2, beta=1.1, gamma=1.15):
    """You multiply by alpha, beta and gamma once. phi is an exponent: alpha ** phi (section 10.7)."""
    return _scale(depths, widths, resolution, (alpha, beta, gamma))


def phi_of_2(depths, widths, resolution, phi, alpha=1.2, beta=1.1, gamma=1.15):
    """You square beta and gamma, as in α · β² · γ² ≈ 2. That is the arithmetic; widths grow by beta ** phi and the
    resolution by gamma ** phi (section 10.7)."""
    return _scale(depths, widths, resolution, (alpha**phi, beta ** (2 * phi), gamma ** (2 * phi)))


def step_by_step_rounding(depths, widths, resolution, phi, alpha=1.2, beta=1.1, gamma=1.15):
    """You round after each of phi steps, so that the errors add up. Multiply by the power, then round once
    (section 10.7)."""
    depths, widths, resolution = _scale(depths, widths, resolution, (1, 1, 1))
    for _ in range(phi):
        depths, widths, resolution = _scale(depths, widths, resolution, (alpha, beta, gamma))
    return depths, widths, resolution


def gamma_for_widths(depths, widths, resolution, phi, alpha=1.2, beta=1.1, gamma=1.15):
    """beta and gamma are exchanged: beta is for widths, gamma for the resolution (section 10.7)."""
    return _scale(depths, widths, resolution, _powers(phi, alpha, gamma, beta))


def alpha_for_widths(depths, widths, resolution, phi, alpha=1.2, beta=1.1, gamma=1.15):
    """alpha and beta are exchanged: alpha is for depths, beta for widths (section 10.7)."""
    return _scale(depths, widths, resolution, _powers(phi, beta, alpha, gamma))


def one_factor_for_all(depths, widths, resolution, phi, alpha=1.2, beta=1.1, gamma=1.15):
    """You grow everything by alpha. Widths grow by beta, the resolution by gamma (section 10.7)."""
    return _scale(depths, widths, resolution, _powers(phi, alpha, alpha, alpha))


def resolution_not_rounded(depths, widths, resolution, phi, alpha=1.2, beta=1.1, gamma=1.15):
    """Your resolution is a float. It is rounded to a whole number, an int (section 10.7)."""
    return _scale(depths, widths, resolution, _powers(phi, alpha, beta, gamma), large=float)


def resolution_rounded_down(depths, widths, resolution, phi, alpha=1.2, beta=1.1, gamma=1.15):
    """You round the resolution down. It is rounded to the nearest whole number (section 10.7)."""
    return _scale(depths, widths, resolution, _powers(phi, alpha, beta, gamma), large=int)


def resolution_rounded_up(depths, widths, resolution, phi, alpha=1.2, beta=1.1, gamma=1.15):
    """You round the resolution up. It is rounded to the nearest whole number; only depths go up (section 10.7)."""
    return _scale(depths, widths, resolution, _powers(phi, alpha, beta, gamma), large=math.ceil)


def resolution_to_multiples_of_8(depths, widths, resolution, phi, alpha=1.2, beta=1.1, gamma=1.15):
    """Your resolution is a multiple of 8. Only widths are (section 10.7)."""
    return _scale(depths, widths, resolution, _powers(phi, alpha, beta, gamma), large=_width)


def resolution_stays(depths, widths, resolution, phi, alpha=1.2, beta=1.1, gamma=1.15):
    """Your resolution does not grow. All three grow together (section 10.7)."""
    return _scale(depths, widths, resolution, (alpha**phi, beta**phi, 1))


def nothing_at_phi_0(depths, widths, resolution, phi, alpha=1.2, beta=1.1, gamma=1.15):
    """At phi = 0 you return the widths as they came. They are rounded there, too (section 10.7)."""
    if phi == 0:
        return list(depths), list(widths), resolution
    return _scale(depths, widths, resolution, _powers(phi, alpha, beta, gamma))


def coefficients_ignored(depths, widths, resolution, phi, alpha=1.2, beta=1.1, gamma=1.15):
    """You use 1.2, 1.1 and 1.15 whatever is passed in. These are only the defaults of alpha, beta and gamma
    (section 10.7)."""
    return _scale(depths, widths, resolution, _powers(phi, 1.2, 1.1, 1.15))


def changes_the_lists(depths, widths, resolution, phi, alpha=1.2, beta=1.1, gamma=1.15):
    """You write into the lists that were passed in. Make new ones (section 10.7)."""
    depths[:], widths[:], resolution = _scale(depths, widths, resolution, _powers(phi, alpha, beta, gamma))
    return depths, widths, resolution
