"""grad_cam: which places of a layer speak for a class. x (N, C, H, W), result (N, H, W) in [0, 1].

The nets come from support.py, in float64; the reference runs a twin from the layer on, whose output is made a leaf.
"""

import torch
import torch.nn.functional as F

from course.grading import agree, fail, keeps_random_state, leaves_inputs, points, same, scaffolding

support = scaffolding(__file__)

TOLERANCE = 2e-3  # a small number added to the divisor is right
WIDE = torch.float64


def split(net, layer):
    """A net in two: up to the layer, and from there on. Nothing works in place across the cut."""
    if isinstance(net, support.Signs):
        return net.spread, lambda maps: net.head(net.relu(maps).mean((2, 3)))
    flat = []
    for name, child in net.named_children():
        if name != "body":
            flat.append((name, child))
            continue
        for stage, group in child.named_children():
            inner = (
                [("", group)]
                if stage == "stage3"
                else [(f".{inner}", layer_) for inner, layer_ in group.named_children()]
            )
            flat += [(f"body.{stage}{end}", layer_) for end, layer_ in inner]
    place = [name for name, _ in flat].index(layer) + 1

    def run(part):
        def through(value):
            for _, module in part:
                value = module(value.clone())
            return value

        return through

    return run(flat[:place]), run(flat[place:])


def reference_on(net):
    def reference(model, x, layer, y=None):
        before, after = split(net, layer)
        maps = before(x.double()).detach().requires_grad_()
        logits = after(maps)
        y = logits.argmax(1) if y is None else y
        (gradient,) = torch.autograd.grad(logits.gather(1, y[:, None]).sum(), maps)
        cam = (gradient.mean((2, 3), keepdim=True) * maps.detach()).sum(1, keepdim=True).relu()
        cam = F.interpolate(cam, size=x.shape[-2:], mode="bilinear", align_corners=False)[:, 0]
        largest = cam.amax((1, 2), keepdim=True)
        return (cam / torch.where(largest > 0, largest, 1)).to(x.dtype)

    return reference


def twin(kind):
    return support.make(kind, dtype="float64")


def call(model, layers, sizes=((8, 8),), predicted=False, dtype=WIDE):
    def draw(r):
        n, size = r.randint(1, 3), r.choice(sizes)
        case = dict(model=model, x=2 * r.tensor(n, 3, *size, dtype=dtype), layer=r.choice(layers))
        return case if predicted else dict(case, y=r.ints(n, high=3))

    return draw


@points(0.5)
def test_worked_example(student):
    """The two channels of section 8.5, by their weights 2 and −1, become 1, 0.2, 0.4 and 0."""
    model = student.support.hand_made()
    x = torch.tensor([[[1.0, 2], [1, 0]], [[-3, 3], [0, 4]]])[None]
    got = student.grad_cam(model, x, "maps", torch.tensor([0]))
    same(got, torch.tensor([[[1.0, 0.2], [0.4, 0]]]), "the map of section 8.5 for class 0", TOLERANCE)
    x = torch.tensor([[[3.0, 2], [1, 2]], [[0, 0], [0, -1]]])[None]
    got = student.grad_cam(model, x, "maps", torch.tensor([0]))
    expected = torch.tensor([[6.0, 4], [2, 5]])[None] / 6
    same(got, expected, "the map for the channels [[3, 2], [1, 2]] and [[0, 0], [0, -1]], class 0", TOLERANCE)


@points(1.5)
def test_plain_net(student):
    """On convolutions, ReLU and pooling, for each layer and each class, the map is right, enlarged to the picture."""
    model = student.support.make("plain_net", dtype="float64")
    layers, sizes = ["conv2", "relu2", "pool1", "conv1", "relu1"], ((8, 8), (9, 7), (6, 12))
    agree(student.grad_cam, reference_on(twin("plain_net")), call(model, layers, sizes), tolerance=TOLERANCE)


@points(0.5)
def test_prediction(student):
    """Without y, the class is the one that the model predicts, picture by picture."""
    model = student.support.make("plain_net", dtype="float64")
    agree(student.grad_cam, reference_on(twin("plain_net")), call(model, ["conv2", "relu1"], predicted=True),
          cases=8, tolerance=TOLERANCE)  # fmt: skip


@points(1)
def test_other_nets(student):
    """Layers inside of layers, batch norm, a residual block, a dense head; frozen weights as well."""
    layers = ["body.stage1.conv", "body.stage2.down", "body.stage2.relu", "body.stage3"]
    for frozen in (False, True):
        model = student.support.make("nested_net", dtype="float64", frozen=frozen)
        agree(student.grad_cam, reference_on(twin("nested_net")), call(model, layers), cases=6, tolerance=TOLERANCE)


@points(0.5)
def test_in_place(student):
    """A later layer that works in place changes neither the maps nor their gradient."""
    model = student.support.make("in_place_net", dtype="float64")
    agree(student.grad_cam, reference_on(twin("in_place_net")), call(model, ["conv1", "norm2", "conv2"]), cases=8,
          tolerance=TOLERANCE)  # fmt: skip


@points(0.5)
def test_nothing_speaks_for_it(student):
    """Where nothing speaks for the class, the map is 0 everywhere, never NaN; the other maps are as they are."""
    model = student.support.make("Signs", dtype="float64")
    x = torch.tensor([[1.0, 2, 0, 3], [0, 1, 0, 4], [2, 0, 1, 1]], dtype=WIDE).view(3, 1, 2, 2)
    for y in ([1, 0, 1], [1, 1, 1]):
        labels = torch.tensor(y)
        right = reference_on(twin("Signs"))(None, x, "spread", labels)
        same(
            student.grad_cam(model, x, "spread", labels),
            right,
            f"the maps for y={y} where nothing speaks for class 1",
            TOLERANCE,
        )


@points(0.75)
def test_mode(student):
    """The model runs in eval mode, also for its prediction, and each submodule is in its own mode afterwards."""
    model = student.support.make("nested_net", dtype="float64", train=True)
    for predicted in (False, True):
        draw = call(model, ["body.stage1.conv", "body.stage3"], predicted=predicted)
        agree(student.grad_cam, reference_on(twin("nested_net")), draw, cases=4, tolerance=TOLERANCE)
    model = student.support.mixed_modes(student.support.make("nested_net"))
    x, y = torch.ones(2, 3, 8, 8), torch.tensor([0, 2])
    found = student.support.traces(["modes"], False, student.grad_cam.handle(), model, x, "body.stage3", y)
    assert not found["modes"], f"The mode of {', '.join(found['modes'])} is another one afterwards."


@points(0.75)
def test_leaves_no_trace(student):
    """No hooks, no .grad, no changed weights and no changed x; the map is detached, in the dtype of x."""
    x, y = torch.ones(2, 3, 8, 8), torch.tensor([0, 1])
    kinds = ["hooks", "grads", "weights", "frozen", "x requires grad", "x grad", "attached"]
    for earlier in (False, True):
        model = student.support.make("nested_net")
        model = student.support.partly_frozen(model) if earlier else model
        found = student.support.traces(kinds, earlier, student.grad_cam.handle(), model, x, "body.stage2.down", y)
        assert not found["hooks"], f"These layers have hooks afterwards: {', '.join(found['hooks'])}."
        was = "had numbers before, and has others" if earlier else "was None before, and is not"
        assert not found["grads"], f"The .grad of {', '.join(found['grads'])} {was} afterwards."
        assert not found["weights"], f"These have changed: {', '.join(found['weights'])}."
        assert not found["frozen"], f"requires_grad of {', '.join(found['frozen'])} is another one afterwards."
        assert not found["x requires grad"] and not found["x grad"], (
            "x requires gradients or has a .grad: work on a copy."
        )
        assert not found["attached"], "The map hangs on the graph: it requires gradients. Detach it."
    model = student.support.make("plain_net")
    narrow = call(model, ["conv2"], dtype=torch.float32)
    leaves_inputs(student.grad_cam, narrow, cases=2)
    keeps_random_state(student.grad_cam, narrow, cases=1)
    got = student.grad_cam(model, x, "conv2", y)
    if getattr(got, "dtype", None) != torch.float32:
        fail(f"the map of a float32 picture has dtype {getattr(got, 'dtype', None)}; it must be torch.float32.")
