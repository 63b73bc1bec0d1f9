"""unfreeze_from: a direct child and all later ones can be trained; nothing else changes.

The net of support.py has children stem, layer1, relu, layer10, layer, body, fc, aux in this order, and a parameter
`scale` of its own: names that hold each other, and an order that is not the alphabet's.
"""

from course.grading import batch, points, refuses, same, scaffolding

support = scaffolding(__file__)
CHILDREN = ["stem", "layer1", "relu", "layer10", "layer", "body", "fc", "aux"]


def reference(model, name):
    children = dict(model.named_children())
    if name not in children:
        raise ValueError(name)
    for child in list(children)[list(children).index(name) :]:
        children[child].requires_grad_(True)


def check(student, what, calls):
    function = student.unfreeze_from.handle()
    found = batch(student.support.unfrozen, [((what, function, *call), {}) for call in calls])
    for call, value in zip(calls, found, strict=True):
        if isinstance(value, Exception):
            raise value
        kind, name, frozen = (*call, "all")[:3]
        before = {"all": "all frozen", "none": "all trained"}.get(frozen, f"{frozen} frozen")
        names = ", ".join(CHILDREN if kind == "named" else "01234")
        which = {"train": "can be trained", "frozen": "is frozen", "changed": "has changed otherwise",
                 "result": "is None or the model"}[what]  # fmt: skip
        same(value, support.unfrozen(what, reference, *call),
             f"what {which} after unfreeze_from(model, {name!r}) ({before} before; children {names})")  # fmt: skip


@points(1)
def test_later_ones(student):
    """The named child and all later ones can be trained, in the order of registration; earlier ones stay frozen."""
    check(student, "train", [("named", "layer"), ("named", "layer1"), ("named", "fc"), ("named", "relu")])
    check(student, "train", [("named", "aux"), ("named", "stem"), ("sequential", "2"), ("sequential", "1")])


@points(0.5)
def test_earlier_ones(student):
    """What is trained before, stays so: earlier children and parameters of the model itself."""
    check(student, "frozen", [("named", "layer10", "none"), ("named", "fc", "layer"), ("named", "layer10", "body"),
                              ("sequential", "4", "2")])  # fmt: skip


@points(0.25)
def test_nothing_else(student):
    """Modes, values and statistics stay as they are."""
    check(student, "changed", [("named", "layer1"), ("named", "body")])


@points(0.25)
def test_refuses(student):
    """A name that no direct child has raises a ValueError that names it."""
    for kind, name in (("named", "layer2"), ("named", "body.0"), ("sequential", "5"), ("named", "lay")):
        with refuses(ValueError, mentions=(name,)):
            student.unfreeze_from(student.support.layers_to_unfreeze(kind), name)
