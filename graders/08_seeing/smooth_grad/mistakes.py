"""Known wrong answers of smooth_grad."""

import torch


def _gradient(model, x, y):
    before = {module: module.training for module in model.modules()}
    model.eval()
    probe = x.detach().clone().requires_grad_()
    (gradient,) = torch.autograd.grad(model(probe).gather(1, y[:, None]).sum(), probe)
    for module, was in before.items():
        module.training = was
    return gradient


def _size(gradient):
    return gradient.abs().amax(1)


def _noise(x, generator):
    return torch.randn(x.shape, generator=generator, dtype=x.dtype)


def absolute_value_after_the_mean(model, x, y, sigma, n, generator):
    """You average the gradients and take their size at the end: opposite signs cancel. Make a saliency map of each
    noisy picture, and average the maps (section 8.4)."""
    return _size(sum(_gradient(model, x + sigma * _noise(x, generator), y) for _ in range(n)) / n)


def maximum_after_the_mean(model, x, y, sigma, n, generator):
    """You average each channel's size and take the largest channel at the end. Average finished maps (section 8.4)."""
    return (sum(_gradient(model, x + sigma * _noise(x, generator), y).abs() for _ in range(n)) / n).amax(1)


def noise_adds_up(model, x, y, sigma, n, generator):
    """Each of your noisy pictures starts from the one before, so noise adds up. Each starts from x (section 8.4)."""
    total, noisy = 0, x
    for _ in range(n):
        noisy = noisy + sigma * _noise(x, generator)
        total = total + _size(_gradient(model, noisy, y))
    return total / n


def one_noise_for_all(model, x, y, sigma, n, generator):
    """You draw the noise once, before the loop, and all n maps are the same. Draw it anew each time (section 8.4)."""
    noise = _noise(x, generator)
    return sum(_size(_gradient(model, x + sigma * noise, y)) for _ in range(n)) / n


def the_same_for_each_picture(model, x, y, sigma, n, generator):
    """All pictures of the batch get the same noise. Draw it in the shape of x (section 8.4)."""
    noises = [torch.randn(x[:1].shape, generator=generator, dtype=x.dtype) for _ in range(n)]
    return sum(_size(_gradient(model, x + sigma * noise, y)) for noise in noises) / n


def one_number_a_picture(model, x, y, sigma, n, generator):
    """All pixels of a picture get the same noise: you make pictures brighter or darker. Draw it in the shape of x
    (section 8.4)."""
    noises = [torch.randn(len(x), 1, 1, 1, generator=generator, dtype=x.dtype) for _ in range(n)]
    return sum(_size(_gradient(model, x + sigma * noise, y)) for noise in noises) / n


def the_same_in_all_channels(model, x, y, sigma, n, generator):
    """The channels of a pixel get the same noise. Draw it in the shape of x (section 8.4)."""
    noises = [torch.randn(x[:, :1].shape, generator=generator, dtype=x.dtype) for _ in range(n)]
    return sum(_size(_gradient(model, x + sigma * noise, y)) for noise in noises) / n


def squares(model, x, y, sigma, n, generator):
    """You average squared gradients. That is another method; the mean of the maps is asked for (section 8.4)."""
    return sum(_size(_gradient(model, x + sigma * _noise(x, generator), y)) ** 2 for _ in range(n)) / n


def not_divided(model, x, y, sigma, n, generator):
    """You add the maps up and do not divide by n (section 8.4)."""
    return sum(_size(_gradient(model, x + sigma * _noise(x, generator), y)) for _ in range(n))


def uniform_noise(model, x, y, sigma, n, generator):
    """Your noise is uniform: torch.rand. Normal noise is asked for, torch.randn (section 8.4)."""
    noises = [2 * torch.rand(x.shape, generator=generator, dtype=x.dtype) - 1 for _ in range(n)]
    return sum(_size(_gradient(model, x + sigma * noise, y)) for noise in noises) / n


def noise_on_one_side(model, x, y, sigma, n, generator):
    """Your noise is never negative: torch.rand gives 0 to 1. Normal noise around 0 is asked for, torch.randn (section
    8.4)."""
    noises = [torch.rand(x.shape, generator=generator, dtype=x.dtype) for _ in range(n)]
    return sum(_size(_gradient(model, x + sigma * noise, y)) for noise in noises) / n


def sigma_is_the_variance(model, x, y, sigma, n, generator):
    """You take sigma for the variance. It is the standard deviation: multiply normal numbers by sigma (section 8.4)."""
    return sum(_size(_gradient(model, x + sigma**0.5 * _noise(x, generator), y)) for _ in range(n)) / n


def relative_to_the_range(model, x, y, sigma, n, generator):
    """You multiply sigma by the range of the picture. Here sigma is in the units of the pixels (section 8.4)."""
    span = x.amax((1, 2, 3), keepdim=True) - x.amin((1, 2, 3), keepdim=True)
    return sum(_size(_gradient(model, x + sigma * span * _noise(x, generator), y)) for _ in range(n)) / n


def clamped(model, x, y, sigma, n, generator):
    """You clamp the noisy pictures to [0, 1]. The net takes any numbers, and clamping moves the mean (section 8.4)."""
    return sum(_size(_gradient(model, (x + sigma * _noise(x, generator)).clamp(0, 1), y)) for _ in range(n)) / n


def noise_on_the_map(model, x, y, sigma, n, generator):
    """You add noise to the gradient. It belongs on the picture, before the model sees it (section 8.4)."""
    return sum(_size(_gradient(model, x, y) + sigma * _noise(x, generator)) for _ in range(n)) / n


def global_noise(model, x, y, sigma, n, generator):
    """Your noise comes from the global random state. Hand the generator to torch.randn (section 8.4)."""
    return sum(_size(_gradient(model, x + sigma * torch.randn(x.shape, dtype=x.dtype), y)) for _ in range(n)) / n


def generator_set_back(model, x, y, sigma, n, generator):
    """You set the generator back to its seed, or copy it, so each call gives the same noise. Use it as it comes
    (section 8.4)."""
    own = torch.Generator().manual_seed(generator.initial_seed())
    return sum(_size(_gradient(model, x + sigma * _noise(x, own), y)) for _ in range(n)) / n


def in_place(model, x, y, sigma, n, generator):
    """You add the noise to x itself. Make a new picture, `x + ...`, not `x += ...` (section 8.4)."""
    total = 0
    for _ in range(n):
        total = total + _size(_gradient(model, x.add_(sigma * _noise(x, generator)), y))
    return total / n


def in_the_mode_that_it_is_in(model, x, y, sigma, n, generator):
    """You run the model in the mode that it is in: in train mode batch norm mixes the pictures and moves its
    statistics. Use eval mode (section 8.4)."""
    total = 0
    for _ in range(n):
        probe = (x + sigma * _noise(x, generator)).detach().requires_grad_()
        (gradient,) = torch.autograd.grad(model(probe).gather(1, y[:, None]).sum(), probe)
        total = total + _size(gradient)
    return total / n


def leaves_gradients(model, x, y, sigma, n, generator):
    """backward() also writes into the .grad of every weight. torch.autograd.grad asks for the picture's gradient alone
    (section 8.4)."""
    before = {module: module.training for module in model.modules()}
    model.eval()
    total = 0
    for _ in range(n):
        probe = (x + sigma * _noise(x, generator)).detach().requires_grad_()
        model(probe).gather(1, y[:, None]).sum().backward()
        total = total + _size(probe.grad)
    for module, was in before.items():
        module.training = was
    return total / n


def ends_in_eval_mode(model, x, y, sigma, n, generator):
    """You leave the model in eval mode. Put each submodule back into its own mode (section 8.4)."""
    model.eval()
    return sum(_size(_gradient(model, x + sigma * _noise(x, generator), y)) for _ in range(n)) / n


def always_float32(model, x, y, sigma, n, generator):
    """Your map is float32 whatever x is: `torch.zeros` makes that unless told. Keep the dtype of x (section 8.4)."""
    total = torch.zeros(len(x), *x.shape[2:])
    for _ in range(n):
        total += _size(_gradient(model, x + sigma * _noise(x, generator), y))
    return total / n
