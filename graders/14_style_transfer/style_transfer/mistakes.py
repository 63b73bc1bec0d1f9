"""Known wrong answers of style_transfer."""

import torch
import torch.nn.functional as F


def _capture(net, x, layers):
    captured, left = {}, set(layers)
    x = x.clone()
    for name, layer in net.named_children():
        x = layer(x)
        if name in layers:
            captured[name] = x.clone()
        left.discard(name)
        if not left:
            break
    return captured


def _gram(x):
    flat = x.flatten(2)
    return flat @ flat.transpose(1, 2) / x[0].numel()


def _style_losses(found, style, layers):
    return [(_gram(found[name]) - style[name]).square().mean() for name in layers]


def _content_losses(found, content, layers):
    return [(found[name] - content[name]).square().mean() for name in layers]


def _targets(net, content, style, content_layers, style_layers):
    with torch.no_grad():
        grams = {name: _gram(x) for name, x in _capture(net, style, style_layers).items()}
        return _capture(net, content, content_layers), grams


def _paint(
    content, style, net, content_layers, style_layers, style_weight, steps, lr, callback=None,
    start=None, loss=None, clamp=True, seen=lambda image: image, zero=True, finish=lambda image: image.detach(),
    told=lambda image: image.detach(), before_step=False,
):  # fmt: skip
    """A right painting; each mistake changes one of its parts."""
    targets = _targets(net, content, style, content_layers, style_layers)
    image = (content if start is None else start).clone().requires_grad_()
    optimizer = torch.optim.Adam([image], lr)
    for step in range(1, steps + 1):
        found = _capture(net, seen(image), [*content_layers, *style_layers])
        parts = (
            sum(_content_losses(found, targets[0], content_layers)),
            sum(_style_losses(found, targets[1], style_layers)),
        )
        total = parts[0] + style_weight * parts[1] if loss is None else loss(found, targets, *parts)
        if zero:
            optimizer.zero_grad()
        if before_step and callback is not None:
            callback(step, told(image))
        (image.grad,) = torch.autograd.grad(total, image) if zero or image.grad is None else (
            image.grad + torch.autograd.grad(total, image)[0],
        )  # fmt: skip
        optimizer.step()
        if clamp:
            with torch.no_grad():
                image.clamp_(0, 1)
        if callback is not None and not before_step:
            callback(step, told(image))
    return finish(image)


def _resized(style, content):
    return F.interpolate(style, size=content.shape[-2:], mode="bilinear")


def optimises_the_net(content, style, net, content_layers, style_layers, *, style_weight, steps, lr, callback=None):
    """Your optimiser changes the net's weights. The net only looks; the pixels are what is moved: give the optimiser
    the picture, which requires gradients (section 14.6)."""
    targets = _targets(net, content, style, content_layers, style_layers)
    trainable = [parameter.requires_grad for parameter in net.parameters()]
    net.requires_grad_()
    optimizer = torch.optim.Adam(net.parameters(), lr)
    for step in range(1, steps + 1):
        found = _capture(net, content, [*content_layers, *style_layers])
        total = sum(_content_losses(found, targets[0], content_layers))
        total = total + style_weight * sum(_style_losses(found, targets[1], style_layers))
        optimizer.zero_grad()
        total.backward()
        optimizer.step()
        if callback is not None:
            callback(step, content.clone())
    for parameter, wants in zip(net.parameters(), trainable, strict=True):
        parameter.requires_grad_(wants)
    net.zero_grad()
    return content.clone()


def returns_the_content(content, style, net, content_layers, style_layers, *, style_weight, steps, lr, callback=None):
    """You paint on a copy, and return the picture that you began with. Return the one that the optimiser moves
    (section 14.6)."""
    _paint(content, style, net, content_layers, style_layers, style_weight, steps, lr, callback)
    return content.clone()


def paints_on_a_lost_copy(content, style, net, content_layers, style_layers, *, style_weight, steps, lr, callback=None):
    """Your picture does not move: the loss is computed from one tensor and the optimiser holds another (a clone made
    before or after `requires_grad_`). One tensor is both (section 14.6)."""
    targets = _targets(net, content, style, content_layers, style_layers)
    image = content.clone().requires_grad_()
    other = content.clone().requires_grad_()
    optimizer = torch.optim.Adam([other], lr)
    for step in range(1, steps + 1):
        found = _capture(net, image, [*content_layers, *style_layers])
        total = sum(_content_losses(found, targets[0], content_layers))
        total = total + style_weight * sum(_style_losses(found, targets[1], style_layers))
        optimizer.zero_grad()
        torch.autograd.grad(total, image)
        optimizer.step()
        if callback is not None:
            callback(step, image.detach())
    return image.detach()


def never_clamps(content, style, net, content_layers, style_layers, *, style_weight, steps, lr, callback=None):
    """Your pixels leave the range from 0 to 1. After each step, put them back in place: `image.clamp_(0, 1)` under
    `torch.no_grad()` (section 14.6)."""
    return _paint(content, style, net, content_layers, style_layers, style_weight, steps, lr, callback, clamp=False)


def clamps_in_the_graph(content, style, net, content_layers, style_layers, *, style_weight, steps, lr, callback=None):
    """You clamp inside the graph, on the way to the loss. A pixel beyond 0 or 1 then gets no gradient and never comes
    back, and the picture itself stays out of range. Clamp the picture in place after each step, under
    `torch.no_grad()` (section 14.6)."""
    return _paint(
        content, style, net, content_layers, style_layers, style_weight, steps, lr, callback,
        clamp=False, seen=lambda image: image.clamp(0, 1),
    )  # fmt: skip


def starts_from_style(content, style, net, content_layers, style_layers, *, style_weight, steps, lr, callback=None):
    """You start from the style's picture. Start from the content, which is what the result should show
    (section 14.6)."""
    start = _resized(style, content)
    return _paint(content, style, net, content_layers, style_layers, style_weight, steps, lr, callback, start)


def starts_from_noise(content, style, net, content_layers, style_layers, *, style_weight, steps, lr, callback=None):
    """You start from noise. Here painting starts from the content, so that a style weight of 0 changes nothing
    (section 14.6)."""
    noise = torch.rand(content.shape, generator=torch.Generator().manual_seed(0), dtype=content.dtype)
    return _paint(content, style, net, content_layers, style_layers, style_weight, steps, lr, callback, noise)


def starts_from_grey(content, style, net, content_layers, style_layers, *, style_weight, steps, lr, callback=None):
    """You start from an empty picture. Start from the content (section 14.6)."""
    grey = torch.full_like(content, 0.5)
    return _paint(content, style, net, content_layers, style_layers, style_weight, steps, lr, callback, grey)


def content_target_moves(content, style, net, content_layers, style_layers, *, style_weight, steps, lr, callback=None):
    """You compute the content's target anew from the picture that is being painted, so the content loss is always 0
    and nothing holds the content. Compute it once, from content, before the first step (section 14.6)."""
    return _paint(
        content, style, net, content_layers, style_layers, style_weight, steps, lr, callback,
        loss=lambda found, targets, content_loss, style_loss: style_weight * style_loss,
    )  # fmt: skip


def recomputes_targets(content, style, net, content_layers, style_layers, *, style_weight, steps, lr, callback=None):
    """You run the net on the style in every step. Its Gram matrices do not change: compute them once, before the first
    step (section 14.6)."""

    def run_again(image):
        _targets(net, content, style, content_layers, style_layers)
        return image

    return _paint(content, style, net, content_layers, style_layers, style_weight, steps, lr, callback, seen=run_again)


def targets_with_graph(content, style, net, content_layers, style_layers, *, style_weight, steps, lr, callback=None):
    """Your targets keep their graph. If the net's weights require gradients, the second step goes back through it
    "a second time" and fails. Compute targets under `torch.no_grad()`, or detach them (section 14.6)."""
    targets = _capture(net, content, content_layers)
    grams = {name: _gram(x) for name, x in _capture(net, style, style_layers).items()}
    image = content.clone().requires_grad_()
    optimizer = torch.optim.Adam([image], lr)
    for step in range(1, steps + 1):
        found = _capture(net, image, [*content_layers, *style_layers])
        total = sum(_content_losses(found, targets, content_layers))
        total = total + style_weight * sum(_style_losses(found, grams, style_layers))
        optimizer.zero_grad()
        total.backward()
        optimizer.step()
        with torch.no_grad():
            image.clamp_(0, 1)
        if callback is not None:
            callback(step, image.detach())
    return image.detach()


def style_weight_ignored(content, style, net, content_layers, style_layers, *, style_weight, steps, lr, callback=None):
    """You add the two losses without style_weight. It multiplies the style's part (section 14.6)."""
    return _paint(content, style, net, content_layers, style_layers, 1.0, steps, lr, callback)


def weight_on_the_content(content, style, net, content_layers, style_layers, *, style_weight, steps, lr, callback=None):
    """You multiply the content's part by style_weight. It belongs to the style's part (section 14.6)."""
    return _paint(
        content, style, net, content_layers, style_layers, style_weight, steps, lr, callback,
        loss=lambda found, targets, content_loss, style_loss: style_weight * content_loss + style_loss,
    )  # fmt: skip


def layers_swapped(content, style, net, content_layers, style_layers, *, style_weight, steps, lr, callback=None):
    """You take the content from the style's layers and the style from the content's. Content stands before style, in
    the pictures and in the layers (section 14.6)."""
    return _paint(content, style, net, style_layers, content_layers, style_weight, steps, lr, callback)


def pictures_swapped(content, style, net, content_layers, style_layers, *, style_weight, steps, lr, callback=None):
    """You take the Gram matrices from the content and the features from the style (both pictures brought to one size):
    the two are swapped (section 14.6)."""
    other = _resized(style, content)
    return _paint(other, content, net, content_layers, style_layers, style_weight, steps, lr, callback, content)


def last_style_layer_only(content, style, net, content_layers, style_layers, *, style_weight, steps, lr, callback=None):
    """You use one of the style layers only. The losses of all of them are added up (section 14.6)."""
    return _paint(content, style, net, content_layers, style_layers[-1:], style_weight, steps, lr, callback)


def style_without_gram(content, style, net, content_layers, style_layers, *, style_weight, steps, lr, callback=None):
    """You compare the style's features place by place (on a style brought to the content's size). Style is compared by
    Gram matrices (section 14.6)."""
    with torch.no_grad():
        wanted = _capture(net, _resized(style, content), style_layers)

    def loss(found, targets, content_loss, style_loss):
        return content_loss + style_weight * sum(_content_losses(found, wanted, style_layers))

    return _paint(content, style, net, content_layers, style_layers, style_weight, steps, lr, callback, loss=loss)


def climbs(content, style, net, content_layers, style_layers, *, style_weight, steps, lr, callback=None):
    """Your loss rises: the picture moves along the gradient instead of against it. Minimise the loss (section
    14.6)."""
    return _paint(
        content, style, net, content_layers, style_layers, style_weight, steps, lr, callback,
        loss=lambda found, targets, content_loss, style_loss: -content_loss - style_weight * style_loss,
    )  # fmt: skip


def leaves_the_net_frozen(content, style, net, content_layers, style_layers, *, style_weight, steps, lr, callback=None):
    """You switch off the gradients of the net's weights and leave them off. Put `requires_grad` back, or do not touch
    it: the gradient with respect to the picture does not need it (section 14.6)."""
    net.requires_grad_(False)
    return _paint(content, style, net, content_layers, style_layers, style_weight, steps, lr, callback)


def ends_in_eval_mode(content, style, net, content_layers, style_layers, *, style_weight, steps, lr, callback=None):
    """You put the net into eval mode and leave it there. Each layer keeps the mode that it was in (section 14.6)."""
    net.eval()
    return _paint(content, style, net, content_layers, style_layers, style_weight, steps, lr, callback)


def returns_the_graph(content, style, net, content_layers, style_layers, *, style_weight, steps, lr, callback=None):
    """Your result still requires gradients. Return the picture detached (section 14.6)."""
    return _paint(
        content, style, net, content_layers, style_layers, style_weight, steps, lr, callback,
        finish=lambda image: image,
    )  # fmt: skip


def paints_on_content(content, style, net, content_layers, style_layers, *, style_weight, steps, lr, callback=None):
    """You paint on the tensor that you were given, so the caller's content is gone, or requires gradients. Paint on a
    copy: `content.clone()` (section 14.6)."""
    result = _paint(content, style, net, content_layers, style_layers, style_weight, steps, lr, callback)
    content.copy_(result)
    return result


def draws_random_numbers(content, style, net, content_layers, style_layers, *, style_weight, steps, lr, callback=None):
    """You draw from the global random state (noise on the start, `manual_seed`). Painting from the content needs no
    random number (section 14.6)."""
    start = content + 1e-4 * torch.randn_like(content)
    return _paint(content, style, net, content_layers, style_layers, style_weight, steps, lr, callback, start)


def no_callback(content, style, net, content_layers, style_layers, *, style_weight, steps, lr, callback=None):
    """You never call the callback. Call it after each step, if it is not None (section 14.6)."""
    return _paint(content, style, net, content_layers, style_layers, style_weight, steps, lr)


def callback_at_the_end(content, style, net, content_layers, style_layers, *, style_weight, steps, lr, callback=None):
    """You call the callback once, at the end. Call it after each step (section 14.6)."""
    result = _paint(content, style, net, content_layers, style_layers, style_weight, steps, lr)
    if callback is not None:
        callback(steps, result)
    return result


def callback_before_the_step(
    content, style, net, content_layers, style_layers, *, style_weight, steps, lr, callback=None
):
    """You call the callback before the step, with the picture of the step before. Call it after the optimiser's step
    and the clamp (section 14.6)."""
    return _paint(
        content, style, net, content_layers, style_layers, style_weight, steps, lr, callback, before_step=True
    )


def callback_with_graph(content, style, net, content_layers, style_layers, *, style_weight, steps, lr, callback=None):
    """The callback gets the picture with its gradients. Whoever keeps it keeps a leaf that is still being painted:
    hand over `image.detach()` (section 14.6)."""
    return _paint(
        content, style, net, content_layers, style_layers, style_weight, steps, lr, callback, told=lambda image: image
    )


def one_step_too_few(content, style, net, content_layers, style_layers, *, style_weight, steps, lr, callback=None):
    """You take one step less than was asked for (section 14.6)."""
    return _paint(content, style, net, content_layers, style_layers, style_weight, steps - 1, lr, callback)
