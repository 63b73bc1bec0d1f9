"""occlusion: how far the class's score falls when a patch is covered. x (N, C, H, W), result (N, h, w).

The nets come from support.py; ``Places`` weighs every pixel differently, so a patch in a wrong place shows.
"""

import torch

from course.grading import agree, fail, keeps_random_state, leaves_inputs, points, same, scaffolding

support = scaffolding(__file__)

TOLERANCE = 1e-4


def on(twin):
    def reference(model, x, y, size, stride, value=0.0):
        wide, (height, width) = x.double(), x.shape[-2:]
        tops, lefts = (patches(side, size, stride) for side in (height, width))
        with torch.no_grad():
            before = twin(wide).gather(1, y[:, None])[:, 0]
            rows = []
            for top in tops:
                row = []
                for left in lefts:
                    covered = wide.clone()
                    covered[:, :, top : top + size, left : left + size] = value
                    row.append(before - twin(covered).gather(1, y[:, None])[:, 0])
                rows.append(torch.stack(row, 1))
        return torch.stack(rows, 1).to(x.dtype)

    return reference


def patches(side, size, stride):
    """Where patches begin: at 0, then every stride, until one reaches the end."""
    starts = [0]
    while starts[-1] + size < side:
        starts.append(starts[-1] + stride)
    return starts


def call(model, sizes, strides, value=False, dtype=torch.float32):
    def draw(r):
        n = r.randint(1, 3)
        height, width = r.randint(4, 8), r.randint(4, 8)
        x = r.tensor(n, 2, height, width, dtype=dtype)
        size, stride = r.choice(sizes), r.choice(strides)
        if any(patches(side, size, stride)[-1] >= side for side in (height, width)):
            stride = size  # with gaps between the patches the last one could lie outside, and cover nothing
        case = dict(model=model, x=x, y=r.ints(n, high=2), size=size, stride=stride)
        return dict(case, value=r.choice([0.5, -1.0, 2.0])) if value else case

    return draw


@points(0.5)
def test_worked_example(student):
    """The picture of section 8.6, with patches of 2 and stride 2: the score falls by 4, −3, 6 and 1."""
    weight = torch.zeros(2, 16)
    weight[0] = torch.tensor([[1.0, 1, -1, 0], [1, 1, 0, -2], [2, 0, 0, 0], [0, 4, 1, 0]]).flatten()
    model = student.support.straight(weight)
    got = student.occlusion(model, torch.ones(1, 1, 4, 4), torch.tensor([0]), 2, 2)
    same(got, torch.tensor([[[4.0, -3], [6, 1]]]), "the fall of the score in section 8.6", TOLERANCE)


@points(1)
def test_any_patches(student):
    """For patches of any size and stride, also ones that do not divide the picture, each fall is right."""
    model, twin = student.support.make("Places"), support.make("Places").double()
    agree(student.occlusion, on(twin), call(model, [2, 1, 3], [2, 1, 3, 4]), tolerance=TOLERANCE)


@points(0.25)
def test_one_patch(student):
    """A patch as large as the picture, or larger, gives one row or column."""
    model, twin = student.support.make("Places"), support.make("Places").double()
    agree(student.occlusion, on(twin), call(model, [8, 5, 9, 6], [1, 2]), cases=8, tolerance=TOLERANCE)


@points(0.5)
def test_value(student):
    """The patch has the number `value` in every channel."""
    model, twin = student.support.make("Places"), support.make("Places").double()
    agree(student.occlusion, on(twin), call(model, [2, 3], [2, 3], value=True), cases=8, tolerance=TOLERANCE)


@points(0.25)
def test_mode(student):
    """The model runs in eval mode, and each submodule is in its own mode afterwards."""

    def draw(r):
        n = r.randint(1, 3)
        return dict(model=model, x=r.tensor(n, 2, 5, 4, dtype=torch.float32), y=r.ints(n, high=2), size=2, stride=2)

    model = student.support.make("norm_net", train=True)
    agree(student.occlusion, on(support.make("norm_net").double()), draw, cases=4, tolerance=TOLERANCE)
    model = student.support.mixed_modes(student.support.make("norm_net"))
    x, y = torch.ones(2, 2, 5, 4), torch.tensor([0, 2])
    moved = student.support.traces(["modes"], False, student.occlusion.handle(), model, x, y, 2, 2)["modes"]
    assert not moved, f"The mode of {', '.join(moved)} is another one afterwards."


@points(0.5)
def test_leaves(student):
    """x, weights and their .grad are as before; the result is detached, in the dtype of x."""
    model = student.support.make("Places")
    leaves_inputs(student.occlusion, call(model, [2], [2]), cases=2)
    keeps_random_state(student.occlusion, call(model, [2], [2]), cases=1)
    model = student.support.partly_frozen(student.support.make("norm_net"))
    kinds = ["grads", "weights", "frozen", "x requires grad", "x grad", "attached"]
    x, y = torch.ones(2, 2, 5, 4), torch.tensor([0, 2])
    found = student.support.traces(kinds, True, student.occlusion.handle(), model, x, y, 2, 2)
    for kind, word in (("grads", "The .grad"), ("weights", "The value"), ("frozen", "requires_grad")):
        assert not found[kind], f"{word} of {', '.join(found[kind])} is another one afterwards."
    assert not found["x requires grad"] and not found["x grad"], "x requires gradients or has a .grad afterwards."
    assert not found["attached"], "The result requires gradients: detach it, or work under torch.no_grad()."
    wide = student.support.make("Places", dtype="float64")
    got = student.occlusion(wide, torch.ones(1, 2, 4, 4, dtype=torch.float64), torch.tensor([0]), 2, 2)
    if getattr(got, "dtype", None) != torch.float64:
        fail(f"the result for a float64 picture has dtype {getattr(got, 'dtype', None)}; it must be torch.float64.")
