"""replace_head: a new last Linear layer in a net that keeps everything else, objects included.

The nets come from support.py: heads named fc, classifier.6, classifier.1 and top.logits.1, of 6, 7, 9 and 3 features.
"""

from course.grading import batch, fail, points, refuses, same, scaffolding

support = scaffolding(__file__)
HEADS = {"resnet": ("fc", 6), "vgg": ("classifier.6", 7), "mobilenet": ("classifier.1", 9), "deep": ("top.logits.1", 3)}


def facts(student, what, *calls):
    """One fact for each (kind, num_classes, options)."""
    function = student.replace_head.handle()
    given = [((what, function, classes, kind), options) for kind, classes, options in calls]
    found = batch(student.support.replaced, given)
    for value in found:
        if isinstance(value, Exception):
            raise value
    return found


ALL = [("resnet", 10, {}), ("vgg", 3, {}), ("mobilenet", 4, {}), ("deep", 2, {})]


@points(1)
def test_head(student):
    """The last Linear layer gives num_classes numbers, whatever its name and its input width; the rest feeds it."""
    for (kind, classes, _), found in zip(ALL, facts(student, "head", *ALL), strict=True):
        name, width = HEADS[kind]
        if found["layer"] is None:
            fail(f"in the net whose head is {name}, no Linear layer is there afterwards.")
        same(found["sizes"], [width, classes, [classes, width]],
             f"in features, out features and weight shape of {name}")  # fmt: skip
    for (kind, classes, _), shape in zip(ALL, facts(student, "logits", *ALL), strict=True):
        same(shape, [2, classes], f"the shape of the logits for 2 pictures (head {HEADS[kind][0]}, {classes} classes)")


@points(0.75)
def test_rest(student):
    """Every other layer stays: the same parameters as objects, the same values, nothing added."""
    for (kind, _, _), found in zip(ALL, facts(student, "values", *ALL), strict=True):
        names = ", ".join(found)
        assert not found, f"These have other values than before, or are gone: {names} (head {HEADS[kind][0]})."
    for (kind, _, _), found in zip(ALL, facts(student, "objects", *ALL), strict=True):
        assert not found, f"These are other Parameter objects than before: {', '.join(found)} (head {HEADS[kind][0]})."
    for (kind, classes, _), found in zip(ALL, facts(student, "layers", *ALL), strict=True):
        expected = support.replaced("layers", support.nothing, classes, kind)
        same(found, expected, f"the layers of the net with head {HEADS[kind][0]}")


@points(0.25)
def test_in_place(student):
    """The model is changed in place, and the same object is returned."""
    for found in facts(student, "returned", *ALL):
        same(found["the same model"], True, f"whether the result (a {found['type']}) is the model that was given")


@points(0.5)
def test_trainable(student):
    """The new head has fresh weights that can be trained, in a frozen net too; no other requires_grad changes."""
    calls = [("resnet", 4, {"frozen": ["layer1", "fc"]}), ("vgg", 4, {"frozen": [""]}), *ALL[:1]]
    for found in facts(student, "frozen head", *calls):
        assert not found, f"The net was frozen in part; of its new head these are frozen: {', '.join(found)}."
    for found in facts(student, "training", *calls):
        assert not found, f"The requires_grad of these has changed: {', '.join(found)}."
    for (kind, *_), found in zip(calls, facts(student, "old object", *calls), strict=True):
        assert not found, f"These of the head {HEADS[kind][0]} are the old Parameter objects: {', '.join(found)}."
    for (kind, classes, _), found in zip(ALL, facts(student, "old rows", *ALL), strict=True):
        assert not found, (
            f"The weights of the new head {HEADS[kind][0]} ({classes} classes) are numbers of the old one."
        )


@points(0.25)
def test_like_the_old(student):
    """The new head has a bias if the old one had, and its dtype."""
    calls = [("resnet", 4, {"bias": False}), ("vgg", 4, {"double": True}), ("mobilenet", 4, {})]
    expected = [(False, "torch.float32"), (True, "torch.float64"), (True, "torch.float32")]
    for found, (bias, dtype) in zip(facts(student, "like the old", *calls), expected, strict=True):
        same(found["bias"], bias, "whether the new head has a bias")
        same(found["dtype"], dtype, "the dtype of the new head")


@points(0.25)
def test_refuses(student):
    """A net without any Linear layer raises a ValueError."""
    with refuses(ValueError):
        student.replace_head(student.support.without_linear(), 3)
