"""Right answers of certified_radius of other kinds."""

import math
from statistics import NormalDist

from scipy import optimize, special, stats


def binomial_test(top_count, n, sigma, alpha=0.001):
    """scipy's exact interval of a one-sided test."""
    test = stats.binomtest(top_count, n, alternative="greater")
    low = test.proportion_ci(confidence_level=1 - alpha, method="exact").low
    return max(0.0, sigma * NormalDist().inv_cdf(low)) if low > 0 else 0.0


def root_of_the_tail(top_count, n, sigma, alpha=0.001):
    """The probability for which as many equal answers or more come with probability alpha."""
    if 2 * top_count <= n:
        return 0.0
    if top_count == n:
        p = alpha ** (1 / n)
    else:
        p = optimize.brentq(lambda p: stats.binom.sf(top_count - 1, n, p) - alpha, 1e-9, 1 - 1e-12, xtol=1e-15)
    return float(max(0.0, sigma * stats.norm.ppf(p)))


def incomplete_beta(top_count, n, sigma, alpha=0.001):
    """The inverse of the incomplete beta function; the quantile from erfinv, or by torch where it is easy."""
    if top_count <= n / 2:
        return 0.0
    p = special.betaincinv(top_count, n - top_count + 1, alpha)
    return 0.0 if p <= 0.5 else math.sqrt(2) * sigma * float(special.erfinv(2 * p - 1))


def bisection_by_hand(top_count, n, sigma, alpha=0.001):
    """Nothing but math: the tail summed term by term, halved sixty times."""
    if top_count == 0:
        return 0.0

    def tail(p):
        if p <= 0 or p >= 1:
            return float(p >= 1)
        logs = lambda k: math.lgamma(n + 1) - math.lgamma(k + 1) - math.lgamma(n - k + 1)
        total = 0.0
        for k in range(top_count, n + 1):
            total += math.exp(logs(k) + k * math.log(p) + (n - k) * math.log1p(-p))
        return total

    if tail(0.5) >= alpha:
        return 0.0
    low, high = 0.5, 1.0
    for _ in range(44):
        middle = (low + high) / 2
        low, high = (middle, high) if tail(middle) < alpha else (low, middle)
    return sigma * NormalDist().inv_cdf(low)
