"""Known wrong answers of adain."""

import torch

PLACES = (2, 3)


def _mean(x, axes=PLACES):
    return x.mean(axes, keepdim=True)


def _variance(x, axes=PLACES):
    return x.var(axes, keepdim=True, correction=0)


def _adain(content, style, eps, axes=PLACES):
    normalised = (content - _mean(content, axes)) / (_variance(content, axes) + eps).sqrt()
    return normalised * (_variance(style, axes) + eps).sqrt() + _mean(style, axes)


def swapped(content, style, eps=1e-5):
    """Content and style are swapped: your result has the style's picture with the content's mean and deviation
    (section 14.7)."""
    return _adain(style, content, eps)


def over_the_batch(content, style, eps=1e-5):
    """You take mean and deviation over all pictures of the batch, as batch norm does. Each picture has its own: only
    rows and columns are averaged over (section 14.7)."""
    return _adain(content, style, eps, (0, 2, 3))


def over_the_channels(content, style, eps=1e-5):
    """You take one mean and one deviation a picture. Each channel has its own: only rows and columns are averaged over
    (section 14.7)."""
    return _adain(content, style, eps, (1, 2, 3))


def along_the_channels(content, style, eps=1e-5):
    """You take mean and deviation across channels, at each place, as layer norm in transformers does. It is the other
    way round: over places, for each channel (section 14.7)."""
    axes, flat = 1, style.mean(PLACES, keepdim=True)
    normalised = (content - _mean(content, axes)) / (_variance(content, axes) + eps).sqrt()
    return normalised * (_variance(flat, axes) + eps).sqrt() + _mean(flat, axes)


def variance_for_deviation(content, style, eps=1e-5):
    """You divide and multiply by the variance. The deviation is its square root (section 14.7)."""
    normalised = (content - _mean(content)) / (_variance(content) + eps)
    return normalised * (_variance(style) + eps) + _mean(style)


def style_variance_for_deviation(content, style, eps=1e-5):
    """You multiply by the style's variance. The deviation is its square root (section 14.7)."""
    normalised = (content - _mean(content)) / (_variance(content) + eps).sqrt()
    return normalised * (_variance(style) + eps) + _mean(style)


def content_variance_for_deviation(content, style, eps=1e-5):
    """You divide by the content's variance. The deviation is its square root (section 14.7)."""
    normalised = (content - _mean(content)) / (_variance(content) + eps)
    return normalised * (_variance(style) + eps).sqrt() + _mean(style)


def no_eps(content, style, eps=1e-5):
    """You leave eps out, so a channel that is the same everywhere divides 0 by 0. eps stands under both roots
    (section 14.7)."""
    return _adain(content, style, 0.0)


def eps_fixed(content, style, eps=1e-5):
    """You use a number of your own in the place of eps. The argument eps stands under both roots (section 14.7)."""
    return _adain(content, style, 1e-5)


def eps_outside_the_root(content, style, eps=1e-5):
    """You add eps to the deviation. It is added to the variance, under the root (section 14.7)."""
    normalised = (content - _mean(content)) / (_variance(content).sqrt() + eps)
    return normalised * (_variance(style).sqrt() + eps) + _mean(style)


def eps_outside_the_content_root(content, style, eps=1e-5):
    """You add eps to the content's deviation, and none to the style's. It is added to both variances, under the roots
    (section 14.7)."""
    return (content - _mean(content)) / (_variance(content).sqrt() + eps) * _variance(style).sqrt() + _mean(style)


def sample_deviation_and_eps(content, style, eps=1e-5):
    """You add eps to what `std()` gives, and none to the style's. It is added to both variances, under the roots; and
    `std()` divides by one place less than there are, unless told `correction=0` (section 14.7)."""
    spread = content.std(PLACES, keepdim=True) + eps
    return (content - _mean(content)) / spread * style.std(PLACES, keepdim=True) + _mean(style)


def eps_for_content_only(content, style, eps=1e-5):
    """You add eps to the content's variance only. It is added to the style's as well, so that a picture with itself as
    style stays as it is (section 14.7)."""
    normalised = (content - _mean(content)) / (_variance(content) + eps).sqrt()
    return normalised * _variance(style).sqrt() + _mean(style)


def not_centred(content, style, eps=1e-5):
    """You do not subtract the content's mean. First subtract it, then divide, multiply, and add the style's mean
    (section 14.7)."""
    return content / (_variance(content) + eps).sqrt() * (_variance(style) + eps).sqrt() + _mean(style)


def style_mean_missing(content, style, eps=1e-5):
    """You do not add the style's mean: your result has mean 0 (section 14.7)."""
    return _adain(content, style, eps) - _mean(style)


def style_deviation_missing(content, style, eps=1e-5):
    """You do not multiply by the style's deviation: your result has deviation 1 (section 14.7)."""
    return (content - _mean(content)) / (_variance(content) + eps).sqrt() + _mean(style)


def instance_norm_only(content, style, eps=1e-5):
    """You normalise the content and stop. The style's deviation and mean are missing (section 14.7)."""
    return (content - _mean(content)) / (_variance(content) + eps).sqrt()


def mean_kept(content, style, eps=1e-5):
    """You give the content its own mean back. It gets the style's mean (section 14.7)."""
    return _adain(content, style, eps) - _mean(style) + _mean(content)


def detached(content, style, eps=1e-5):
    """No gradient flows to content: it is detached, or a copy in NumPy. A net that ends in AdaIN has to learn through
    it (section 14.7)."""
    return _adain(content.detach(), style.detach(), eps)


def statistics_detached(content, style, eps=1e-5):
    """You detach the content's mean and deviation, so a part of its gradient is missing (section 14.7)."""
    normalised = (content - _mean(content).detach()) / (_variance(content).detach() + eps).sqrt()
    return normalised * (_variance(style) + eps).sqrt() + _mean(style)


def in_place(content, style, eps=1e-5):
    """You change content in place (`-=`, `sub_`). Make new tensors (section 14.7)."""
    result = _adain(content, style, eps)
    with torch.no_grad():
        content -= _mean(content)
    return result
