"""style_transfer: a picture painted by gradient descent on its pixels. content (1, 3, H, W), style (1, 3, H', W').

Which optimiser an answer uses is free, so no test asks for its numbers: the losses of the result are computed here, on
the same small net. Where the limits lie, and why: docs/calibration.md.
"""

from functools import lru_cache

import torch

from course.grading import fail, observe, points, same, scaffolding
from course.grading.describe import what_it_is

limits = {"call_seconds": 20}

support = scaffolding(__file__)

STEPS, RATE = 25, 0.05
LITTLE, MUCH = 1.0, 300.0  # style weights: at the first one, content counts; at the second, style alone


@lru_cache
def pictures():
    """A smooth content with black and white in it, and a busy style of another size and colour."""
    down, right = torch.meshgrid(torch.linspace(0, 1, 16), torch.linspace(0, 1, 12), indexing="ij")
    content = torch.stack([down, right, (down + right > 1).float()])[None]
    noise = torch.rand(1, 3, 14, 18, generator=torch.Generator().manual_seed(14))
    style = (noise * torch.tensor([1.0, 0.6, 0.1])[:, None, None]).round(decimals=2)
    return content, style


def paint(student, style_weight, steps=STEPS, **options):
    copies = (picture.clone() for picture in pictures())
    told = student.support.paint(student.style_transfer, *copies, style_weight, steps, RATE, **options)
    result = told["result"]
    if not isinstance(result, torch.Tensor):
        fail(f"style_transfer returns {what_it_is(result)}; it must return the picture, a tensor.")
    if result.shape != pictures()[0].shape:
        fail(f"The result has shape {tuple(result.shape)}; it must have the content's, {tuple(pictures()[0].shape)}.")
    return told


def features(picture):
    layers = {}
    for name, layer in painter().named_children():
        picture = layer(picture)
        layers[name] = picture
    return layers


@lru_cache
def painter():
    return support.painter().double().requires_grad_(False)


@lru_cache
def targets():
    content, style = (features(picture.double()) for picture in pictures())
    return content, {name: gram(style[name]) for name in support.STYLE_LAYERS}


def gram(x):
    flat = x.flatten(2)
    return flat @ flat.mT / x[0].numel()


def losses(picture):
    """Content and style loss of a picture."""
    found, (content, style) = features(picture.detach().double()), targets()
    content_loss = sum((found[name] - content[name]).square().mean().item() for name in support.CONTENT_LAYERS)
    return content_loss, sum((gram(found[n]) - style[n]).square().mean().item() for n in support.STYLE_LAYERS)


@points(1)
def test_form(student):
    """The result is a picture in [0, 1] of the content's size, without a graph, and not the content itself."""
    result = paint(student, MUCH)["result"]
    low, high = result.min().item(), result.max().item()
    assert low >= 0 and high <= 1, f"The result's pixels lie between {low:.3f} and {high:.3f}; they must lie in [0, 1]."
    if result.requires_grad:
        fail("The result requires gradients: it still has the graph of its making.")
    if torch.equal(result, pictures()[0]):
        fail("The result is the content, unchanged.")


@points(1.5)
def test_loss_falls(student):
    """After 25 steps, content loss + style_weight · style loss is less than a quarter of what it was."""
    (_, start), (content, style) = losses(pictures()[0]), losses(paint(student, MUCH)["result"])
    before, after = MUCH * start, content + MUCH * style
    if not after <= 0.25 * before:
        fail(f"With style_weight={MUCH:g}, steps={STEPS}, lr={RATE} the loss goes from {before:.4f} to {after:.4f} "
             f"(content {content:.4f}, style {MUCH:g} · {style:.6f}).")  # fmt: skip


@points(1)
def test_keeps_content(student):
    """With style weight 0 the picture stays the content: painting starts there."""
    content = pictures()[0]
    result = paint(student, 0.0, steps=8)["result"]
    away = (result.detach() - content).abs().mean().item()
    if not away <= 0.05:
        fail(f"With style_weight=0 the pixels differ from the content's by {away:.3f} on average, after 8 steps.")


@points(1.5)
def test_tradeoff(student):
    """A larger style weight brings the Gram matrices nearer to the style's, at the cost of the content."""
    little, much = (losses(paint(student, weight)["result"]) for weight in (LITTLE, MUCH))
    weights = f"with style_weight={MUCH:g}", f"with style_weight={LITTLE:g}"
    if not much[1] <= 0.25 * little[1]:
        fail(f"The style loss is {much[1]:.5f} {weights[0]} and {little[1]:.5f} {weights[1]}; "
             "the first must be less than a quarter of the second.")  # fmt: skip
    if not little[0] <= 0.25 * much[0]:
        fail(f"The content loss is {little[0]:.5f} {weights[1]} and {much[0]:.5f} {weights[0]}; "
             "the first must be less than a quarter of the second.")  # fmt: skip


@points(1)
def test_leaves_the_net(student):
    """Weights, modes and requires_grad of the net are as before, frozen or not."""
    for frozen in (True, False):
        told = paint(student, MUCH, steps=3, frozen=frozen)
        for what in ("weights changed", "modes changed", "requires_grad changed"):
            if told[what]:
                names = ", ".join(name or "the net itself" for name in told[what])
                fail(f"After style_transfer, {what.removesuffix(' changed')} differ from before: {names}.")
        if told["hooks"]:
            fail(f"Hooks are left on {', '.join(told['hooks'])}.")


@points(0.5)
def test_leaves_inputs(student):
    """content and style are as before, and so is the global random state."""
    call = (student.style_transfer, *(picture.clone() for picture in pictures()), MUCH, 3, RATE)
    reply = observe(student.support.paint, *call)
    if reply.changed:
        fail("style_transfer changes a picture that it was given.")
    if reply.value["inputs require gradients"]:
        fail("A picture that was given to style_transfer requires gradients afterwards.")
    if reply.random_state_changed:
        fail("The global random state is another one afterwards.")


@points(1)
def test_callback(student):
    """callback(step, image) is called after each step, with the picture as it is now, detached."""
    told = paint(student, MUCH, steps=5, watched=True)
    first = told["steps"][0] if told["steps"] else 0
    if told["steps"] != list(range(first, first + 5)) or first not in (0, 1):
        fail(f"With steps=5 the callback was called for the steps {told['steps']}; expected 0 to 4, or 1 to 5.")
    if told["with graph"]:
        fail("The callback gets a picture that requires gradients: hand it image.detach().")
    moved = [(picture - pictures()[0]).abs().max().item() for picture in told["pictures"]]
    if min(moved) == 0:
        fail(f"In step {told['steps'][moved.index(min(moved))]} the callback gets the content, unchanged: it is to be "
             "called after the step.")  # fmt: skip
    same(told["pictures"][-1].clamp(0, 1), told["result"], "the last picture that the callback gets", tolerance=1e-5)


@points(0.5)
def test_targets(student):
    """The targets are computed before the first step: the net sees the style once, not in every step."""
    found = paint(student, MUCH, steps=8)["runs on the style"]
    if found > 3:
        fail(f"In 8 steps the net was run {found} times on the style.")
