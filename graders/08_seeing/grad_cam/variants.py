"""Right answers of grad_cam of other kinds."""

import copy

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn


def output_becomes_a_leaf(model, x, layer, y=None):
    """The hook gives the rest of the net a leaf in the place of the layer's output."""
    before = {module: module.training for module in model.modules()}
    leaf = {}

    def hook(module, inputs, output):
        leaf["maps"] = output.detach().clone().requires_grad_()
        return leaf["maps"] * 1

    handle = model.get_submodule(layer).register_forward_hook(hook)
    try:
        model.eval()
        logits = model(x)
        if y is None:
            y = logits.detach().argmax(dim=1)
        score = logits[torch.arange(len(x)), y].sum()
        gradient = torch.autograd.grad(score, leaf["maps"])[0]
    finally:
        handle.remove()
        for module, was in before.items():
            module.training = was
    weights = gradient.flatten(2).mean(2)
    cam = torch.einsum("nc,nchw->nhw", weights, leaf["maps"].detach()).clamp(min=0)
    cam = nn.Upsample(size=tuple(x.shape[2:]), mode="bilinear")(cam.unsqueeze(1)).squeeze(1)
    return cam / (cam.flatten(1).max(1).values[:, None, None] + 1e-8)


def picture_by_picture_on_a_copy(model, x, layer, y=None):
    """A deep copy, a tensor hook for the gradient, one picture at a time; the sum in numpy."""
    twin = copy.deepcopy(model).eval()
    maps, gradients = [], []

    def hook(module, inputs, output):
        maps.append(output.detach().clone().numpy())
        output.register_hook(lambda gradient: gradients.append(gradient.numpy().copy()))

    dict(twin.named_modules())[layer].register_forward_hook(hook)
    result = []
    for i, picture in enumerate(x):
        probe = picture[None].clone().requires_grad_()
        logits = twin(probe)[0]
        logits[int(logits.argmax()) if y is None else int(y[i])].backward()
        weights = gradients[-1][0].mean(axis=(1, 2))
        cam = np.maximum((weights[:, None, None] * maps[-1][0]).sum(0), 0)
        cam = F.interpolate(torch.from_numpy(cam)[None, None], x.shape[-2:], mode="bilinear")[0, 0]
        result.append(cam / cam.max() if cam.max() > 0 else cam)
    return torch.stack(result)


def gradients_of_the_input_pass(model, x, layer, y=None):
    """backward() with weights' gradients put back; retain_grad; sums in the place of means, which is a scale."""
    before = [(module, module.training) for module in model.modules()]
    grads = [(p, p.grad) for p in model.parameters()]
    for p, _ in grads:
        p.grad = None
    kept = []

    def hook(module, inputs, output):
        output.retain_grad()
        kept.append(output)
        return output.clone()

    handle = model.get_submodule(layer).register_forward_hook(hook)
    model.eval()
    try:
        logits = model(x.detach().clone().requires_grad_(True))
        chosen = logits.max(1).indices if y is None else y
        (logits * F.one_hot(chosen, logits.shape[1])).sum().backward()
    finally:
        handle.remove()
        for module, was in before:
            module.training = was
        for p, grad in grads:
            p.grad = grad
    maps = kept[0]
    cam = F.relu((maps.grad.sum((-2, -1), keepdim=True) * maps.detach()).sum(1, keepdim=True))
    cam = F.interpolate(cam, size=(x.shape[2], x.shape[3]), mode="bilinear", align_corners=False).squeeze(1)
    largest = cam.amax(dim=(-2, -1), keepdim=True)
    return torch.where(largest > 0, cam / largest.clamp(min=torch.finfo(cam.dtype).tiny), 0.0)
