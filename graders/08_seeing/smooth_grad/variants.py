"""Right answers of smooth_grad of other kinds."""

import torch


def _saliency(model, x, y):
    before = {module: module.training for module in model.modules()}
    model.eval()
    probe = x.detach().clone().requires_grad_()
    gradient = torch.autograd.grad(model(probe)[torch.arange(len(y)), y].sum(), probe)[0]
    for module, was in before.items():
        module.training = was
    return gradient.abs().amax(1)


def one_large_batch(model, x, y, sigma, n, generator):
    """All noisy copies in one batch."""
    noise = sigma * torch.randn(n, *x.shape, generator=generator)
    many = (x + noise).flatten(0, 1)
    return _saliency(model, many, y.repeat(n)).view(n, *x[:, 0].shape).mean(0)


def torch_normal(model, x, y, sigma, n, generator):
    """The noisy pictures by torch.normal, a list of maps, their stack's mean."""
    found = []
    for _ in range(n):
        noise = torch.empty_like(x).normal_(0, 1, generator=generator)
        found.append(_saliency(model, torch.add(x, noise, alpha=sigma), y))
    return torch.stack(found).mean(dim=0)


def picture_by_picture(model, x, y, sigma, n, generator):
    """For each picture n copies of its own, a running mean."""
    result = []
    for picture, label in zip(x, y, strict=True):
        mean = torch.zeros_like(picture[0])
        for step in range(n):
            noisy = picture + torch.randn(picture.shape, generator=generator, dtype=torch.float64).to(picture) * sigma
            mean = mean + (_saliency(model, noisy[None], label[None])[0] - mean) / (step + 1)
        result.append(mean)
    return torch.stack(result)
