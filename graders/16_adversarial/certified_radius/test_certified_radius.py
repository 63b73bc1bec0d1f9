"""certified_radius: the l2 radius that randomized smoothing proves, from a count. The reference is scipy's beta."""

from numbers import Real

from scipy import stats

from course.grading import agree, batch, fail, points, same


def reference(top_count, n, sigma, alpha=0.001):
    lowest = stats.beta.ppf(alpha, top_count, n - top_count + 1) if top_count else 0.0
    return float(sigma * stats.norm.ppf(lowest)) if lowest > 0.5 else 0.0


def certified(r):
    """Counts from which a radius follows, few and many."""
    n = r.choice([20, 100, 1000, 100_000])
    return dict(top_count=n - r.randint(0, n // 6), n=n, sigma=r.choice([1.0, 0.25, 0.5, 2.0]),
                alpha=r.choice([0.001, 0.01, 0.05]))  # fmt: skip


@points(1.5)
def test_values(student):
    """For counts up to 100 000, the radius is sigma times the normal quantile of the Clopper-Pearson lower bound."""
    agree(student.certified_radius, reference, certified, cases=16, tolerance=1e-6)


@points(0.5)
def test_default(student):
    """Without alpha, the bound holds with probability 0.999."""
    same(student.certified_radius(990, 1000, 0.5), reference(990, 1000, 0.5), "the radius for 990 of 1000", 1e-6)


@points(0.5)
def test_all_the_same(student):
    """When all of the n answers agree the radius is finite, and grows with n."""
    for n in (20, 100, 10_000):
        same(student.certified_radius(n, n, 1.0), reference(n, n, 1.0), f"the radius for {n} of {n}", 1e-6)


@points(1)
def test_abstains(student):
    """Where the lower bound is at most one half, nothing is proved and the result is 0.0."""
    for count, n, alpha in ((30, 100, 0.001), (50, 100, 0.05), (60, 100, 0.001), (3, 5, 0.01), (0, 100, 0.001)):
        same(student.certified_radius(count, n, 1.0, alpha), 0.0, f"the radius for {count} of {n} with alpha {alpha}")


@points(0.5)
def test_monotone(student):
    """More equal answers never give a smaller radius, and a radius is never negative."""
    counts = range(10, 201, 10)  # none at all: test_abstains
    calls = [((count, 200, 0.5), {}) for count in counts]
    found = batch(student.certified_radius, calls)
    for count, radius in zip(counts, found, strict=True):
        if isinstance(radius, Exception):
            raise radius
        if not isinstance(radius, Real) or not radius >= 0:
            fail(f"The radius for {count} of 200 is {radius}; it must be a number, at least 0.")
    for count, one, next_one in zip(counts, found, found[1:], strict=False):
        if next_one < one - 1e-9:
            fail(f"The radius falls from {one:.4g} for {count} of 200 to {next_one:.4g} for {count + 10}.")
