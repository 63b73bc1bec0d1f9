"""Known wrong answers of certified_radius."""

import math

from scipy import stats


def _lowest(count, n, alpha):
    return stats.beta.ppf(alpha, count, n - count + 1) if count else 0.0


def _radius(lowest, sigma):
    return float(sigma * stats.norm.ppf(lowest)) if lowest > 0.5 else 0.0


def point_estimate(top_count, n, sigma, alpha=0.001):
    """You take top_count / n for the probability. That is an estimate; what is proved needs a lower bound, which lies
    below it (section 16.8)."""
    return _radius(top_count / n, sigma)


def point_estimate_never_abstains(top_count, n, sigma, alpha=0.001):
    """You take top_count / n for the probability, and never abstain. What is proved needs a lower bound, which lies
    below that share, and nothing is proved unless it is above one half (section 16.8)."""
    return float(sigma * stats.norm.ppf(top_count / n))


def two_sided(top_count, n, sigma, alpha=0.001):
    """Your bound is that of a two-sided interval, with alpha / 2 on each side. Only the lower side matters here: all of
    alpha (section 16.8)."""
    return _radius(_lowest(top_count, n, alpha / 2), sigma)


def upper_bound(top_count, n, sigma, alpha=0.001):
    """You exchanged alpha and 1 - alpha: your bound lies above the share of equal answers, not below it (section
    16.8)."""
    return _radius(stats.beta.ppf(1 - alpha, top_count, n - top_count + 1) if top_count else 0.0, sigma)


def normal_approximation(top_count, n, sigma, alpha=0.001):
    """You take the normal approximation of the bound. For shares near 1 it is too optimistic, and for n equal answers
    it has no width at all; Clopper and Pearson's bound is exact (section 16.8)."""
    p = top_count / n
    lowest = p + stats.norm.ppf(alpha) * math.sqrt(p * (1 - p) / n)
    return _radius(min(lowest, 1 - 1e-12), sigma)


def hoeffding(top_count, n, sigma, alpha=0.001):
    """You take Hoeffding's bound. It holds, but Clopper and Pearson's is larger and proves more (section 16.8)."""
    return _radius(top_count / n - math.sqrt(math.log(1 / alpha) / (2 * n)), sigma)


def wilson(top_count, n, sigma, alpha=0.001):
    """You take Wilson's interval, an approximation. Clopper and Pearson's bound is exact (section 16.8)."""
    interval = stats.binomtest(top_count, n, alternative="greater").proportion_ci(1 - alpha, method="wilson")
    return _radius(interval.low, sigma)


def one_count_off(top_count, n, sigma, alpha=0.001):
    """The second parameter of your beta distribution is n - top_count. It is n - top_count + 1 (section 16.8)."""
    if top_count == 0:
        return 0.0
    if top_count == n:
        return float("inf")
    return _radius(stats.beta.ppf(alpha, top_count, n - top_count), sigma)


def bayesian(top_count, n, sigma, alpha=0.001):
    """Your beta distribution has top_count + 1, a Bayesian's bound with a flat prior. Clopper and Pearson's has
    top_count and n - top_count + 1 (section 16.8)."""
    return _radius(stats.beta.ppf(alpha, top_count + 1, n - top_count + 1), sigma)


def negative_radius(top_count, n, sigma, alpha=0.001):
    """You return a negative radius where the bound is below one half. Nothing is proved there: return 0.0 (section
    16.8)."""
    return float(sigma * stats.norm.ppf(stats.beta.ppf(alpha, top_count, n - top_count + 1)))


def nan_without_votes(top_count, n, sigma, alpha=0.001):
    """Without any vote your result is nan: a beta distribution whose first parameter is 0 has no quantile. The bound is
    0 then, and nothing is proved: return 0.0 (section 16.8)."""
    lowest = stats.beta.ppf(alpha, top_count, n - top_count + 1)
    return 0.0 if lowest <= 0.5 else float(sigma * stats.norm.ppf(lowest))


def two_sided_never_abstains(top_count, n, sigma, alpha=0.001):
    """Your bound is that of a two-sided interval, with alpha / 2 on each side, and you never abstain. Only the lower
    side matters: all of alpha; and below one half nothing is proved: return 0.0 (section 16.8)."""
    return float(sigma * stats.norm.ppf(stats.beta.ppf(alpha / 2, top_count, n - top_count + 1)))


def none_to_abstain(top_count, n, sigma, alpha=0.001):
    """You return None where nothing is proved. Return 0.0: every result is a radius (section 16.8)."""
    lowest = _lowest(top_count, n, alpha)
    return _radius(lowest, sigma) if lowest > 0.5 else None


def minus_one_to_abstain(top_count, n, sigma, alpha=0.001):
    """You return -1 where nothing is proved. Return 0.0: every result is a radius (section 16.8)."""
    lowest = _lowest(top_count, n, alpha)
    return _radius(lowest, sigma) if lowest > 0.5 else -1.0


def variance(top_count, n, sigma, alpha=0.001):
    """You multiply by sigma squared. The radius grows like sigma (section 16.8)."""
    return _radius(_lowest(top_count, n, alpha), sigma**2)


def divides_by_sigma(top_count, n, sigma, alpha=0.001):
    """You divide by sigma. More noise proves a larger radius: multiply (section 16.8)."""
    return _radius(_lowest(top_count, n, alpha), 1 / sigma)


def distribution_instead_of_quantile(top_count, n, sigma, alpha=0.001):
    """You take the normal distribution function where its inverse belongs: norm.ppf, not norm.cdf (section 16.8)."""
    lowest = _lowest(top_count, n, alpha)
    return float(sigma * stats.norm.cdf(lowest)) if lowest > 0.5 else 0.0


def probability_without_quantile(top_count, n, sigma, alpha=0.001):
    """You multiply sigma by the probability. The radius is sigma times the normal quantile of it (section 16.8)."""
    lowest = _lowest(top_count, n, alpha)
    return float(sigma * lowest) if lowest > 0.5 else 0.0


def alpha_fixed(top_count, n, sigma, alpha=0.001):
    """alpha changes nothing in your result: a number stands in its place (section 16.8)."""
    return _radius(_lowest(top_count, n, 0.001), sigma)
