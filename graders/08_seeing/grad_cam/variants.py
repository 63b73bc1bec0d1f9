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


def a_zero_that_asks_for_a_gradient(model, x, layer, y=None):
    """The hook adds zeros to the layer's output: their gradient is the layer's."""
    kept, before = {}, {module: module.training for module in model.modules()}

    def hook(module, inputs, output):
        kept["maps"], kept["zeros"] = output.detach().clone(), torch.zeros_like(output, requires_grad=True)
        return output.detach() + kept["zeros"]

    handle = model.get_submodule(layer).register_forward_hook(hook)
    model.eval()
    try:
        logits = model(x)
    finally:
        handle.remove()
        for module, was in before.items():
            module.training = was
    y = logits.argmax(-1) if y is None else y
    (gradient,) = torch.autograd.grad(logits[torch.arange(len(y)), y].sum(), kept["zeros"])
    cam = torch.tensordot(gradient.mean((2, 3)), kept["maps"], dims=([1], [1])).diagonal(dim1=0, dim2=1)
    cam = F.interpolate(cam.permute(2, 0, 1)[:, None].relu(), x.shape[-2:], mode="bilinear")[:, 0]
    return torch.nan_to_num(cam / cam.amax((1, 2), keepdim=True))


def nothing_in_place(model, x, layer, y=None):
    """No copy: layers that work in place are told not to, for this pass."""
    modes = {module: module.training for module in model.modules()}
    in_place = [module for module in modes if getattr(module, "inplace", False)]
    kept = []
    handle = model.get_submodule(layer).register_forward_hook(lambda m, i, o: kept.append(o))
    try:
        for module in in_place:
            module.inplace = False
        logits = model.eval()(x.clone().requires_grad_())
    finally:
        handle.remove()
        for module in in_place:
            module.inplace = True
        for module, was in modes.items():
            module.training = was
    y = logits.argmax(1) if y is None else y
    (gradient,) = torch.autograd.grad(logits.gather(1, y[:, None]).sum(), kept[-1])
    cam = (F.adaptive_avg_pool2d(gradient, 1) * kept[-1].detach()).sum(1, keepdim=True).clamp(min=0)
    cam = F.interpolate(cam, x.shape[-2:], mode="bilinear", align_corners=False)[:, 0]
    return cam / (cam.amax((1, 2), keepdim=True) + 1e-7)
