"""compound_scale: depth, width and resolution grown together by one number, phi.

Numbers drawn so that no product lies within a millionth of a jump of its rounding, except where phi is 0 and the
product is a whole number in every way of computing it.
"""

import math

from course.grading import agree, points, same

B0 = dict(depths=[1, 2, 2, 3, 3, 4, 1], widths=[32, 16, 24, 40, 80, 112, 192, 320, 1280], resolution=224)
FAR = 1e-6  # how far a product must be from a jump


def reference(depths, widths, resolution, phi, alpha=1.2, beta=1.1, gamma=1.15):
    return (
        [math.ceil(depth * alpha**phi) for depth in depths],
        [rounded(width * beta**phi) for width in widths],
        round(resolution * gamma**phi),
    )


def rounded(width):
    return nearest(width) if nearest(width) >= 0.9 * width else nearest(width) + 8


def nearest(width):
    return max(8, int(width + 4) // 8 * 8)


def safe(depths, widths, resolution, phi, alpha=1.2, beta=1.1, gamma=1.15):
    """Whether every product is far from a jump, so that the order of multiplications does not matter."""
    if phi == 0:  # whole numbers times 1, exact in every order
        return all(width % 8 != 4 for width in widths)
    jumps = [(depth * alpha**phi, 1) for depth in depths]
    jumps += [(width * beta**phi + 4, 8) for width in widths]
    jumps += [(resolution * gamma**phi - 0.5, 1)]
    shares = [nearest(width * beta**phi) - 0.9 * width * beta**phi for width in widths]
    return all(abs(value - step * round(value / step)) > FAR for value, step in jumps) and all(
        abs(share) > FAR for share in shares
    )


def draw(r, phis=range(8), **coefficients):
    """Depths from 1 to 9, widths from 8 to 300, small ones more often; drawn again until it is safe."""
    for _ in range(50):
        case = dict(
            depths=[r.randint(1, 9) for _ in range(r.randint(1, 4))],
            widths=[r.randint(8, r.choice([36, 300])) for _ in range(r.randint(1, 4))],
            resolution=r.randint(24, 300),
            phi=r.choice(list(phis)),
            **{name: r.choice(values) for name, values in coefficients.items()},
        )
        if safe(**case):
            return case
    return dict(B0, phi=2)


def any_coefficients(r):
    return draw(r, range(1, 6), alpha=[1.07, 1.31, 1.43], beta=[1.03, 1.17, 1.26], gamma=[1.06, 1.19, 1.21])


def of(part):
    """The same draw with one part interesting and the others small, for the counterexample's sake."""

    def drawn(r):
        case = draw(r, range(1, 8))
        return dict(case, **{name: value for name, value in dict(depths=[1], widths=[16], resolution=32).items()
                             if name != part})  # fmt: skip

    return drawn


@points(0.5)
def test_depths(student):
    """Depths grow by alpha^phi and are rounded up."""
    agree(student.compound_scale, reference, of("depths"), part=("the depths", 0))


@points(0.75)
def test_widths(student):
    """Widths grow by beta^phi and become multiples of 8, never below 90 % of the product."""
    agree(student.compound_scale, reference, of("widths"), cases=24, part=("the widths", 1))


@points(0.5)
def test_resolution(student):
    """The resolution grows by gamma^phi and is rounded to the nearest whole number."""
    agree(student.compound_scale, reference, of("resolution"), part=("the resolution", 2))


@points(0.25)
def test_phi_0(student):
    """At phi = 0 nothing grows, but widths become multiples of 8 all the same."""
    agree(student.compound_scale, reference, lambda r: draw(r, [0]))


@points(0.5)
def test_efficientnet(student):
    """EfficientNet-B0's depths, widths and resolution for phi = 0 and 2 to 7, all as ints."""
    for phi in (0, *range(2, 8)):  # not 1: 40 · 1.1 = 44 lies on a jump
        found = student.compound_scale(B0["depths"], B0["widths"], B0["resolution"], phi)
        same(found, reference(**B0, phi=phi), f"compound_scale of B0 with phi={phi}")


@points(0.25)
def test_coefficients(student):
    """Other values of alpha, beta and gamma are used."""
    agree(student.compound_scale, reference, any_coefficients)


@points(0.25)
def test_inputs_untouched(student):
    """The lists that were passed in are as before."""
    for phi in (0, 2):
        before = [[1, 3], [33, 40]]
        after = student.support.lists_after(student.compound_scale, *before, 64, phi)
        same(after, before, f"depths and widths after compound_scale([1, 3], [33, 40], 64, {phi})")
