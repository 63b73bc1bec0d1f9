"""parameter_groups: child i of n learns at lr * factor ** (n - 1 - i), and each trainable parameter stands once.

The chains come from support.py; parameters are told apart by their names there.
"""

from course.grading import batch, fail, points, same, scaffolding

support = scaffolding(__file__)


def reference(kind, lr, factor):
    """The learning rate of each parameter that is trained, by name."""
    model, rates = support.chain(kind), {}
    names = support.named(model)
    for i, child in enumerate(model):
        for parameter in child.parameters():
            if parameter.requires_grad:
                rates.setdefault(names[id(parameter)], lr * factor ** (len(model) - 1 - i))
    return rates


def facts(student, what, calls):
    function = student.parameter_groups.handle()
    found = batch(student.support.groups, [((what, function, *call), {}) for call in calls])
    for value in found:
        if isinstance(value, Exception):
            raise value
    return found


def check_rates(student, calls):
    for (kind, lr, factor), found in zip(calls, facts(student, "rates", calls), strict=True):
        expected = reference(kind, lr, factor)
        for name, rate in expected.items():
            if name in found:
                same(float(found[name]), rate, f"the rate of {name} in {show(kind)} for lr={lr}, factor={factor}", 1e-9)


def check_names(student, calls):
    for (kind, *_), found in zip(calls, facts(student, "names", calls), strict=True):
        expected = sorted(reference(kind, 1.0, 0.5))
        if len(set(found)) < len(found):
            fail(f"in {show(kind)}, these stand in the groups more than once: "
                 f"{', '.join(sorted({n for n in found if found.count(n) > 1}))}.")  # fmt: skip
        same(found, expected, f"the parameters in the groups of {show(kind)}")


def show(kind):
    layers = ", ".join(type(layer).__name__ for layer in support.chain(kind))
    return f"Sequential({layers})" + {"frozen": ", partly frozen", "tied": ", first and last weight tied"}.get(kind, "")


@points(1)
def test_rates(student):
    """The last child learns at lr, each child before it at factor times that."""
    check_rates(student, [("three", 0.1, 0.1), ("three", 0.01, 0.5), ("no biases", 0.3, 0.25), ("one", 0.2, 0.1),
                          ("blocks", 0.08, 0.5), ("three", 1.0, 2.0)])  # fmt: skip


@points(0.5)
def test_every_parameter_once(student):
    """Every trainable parameter stands in exactly one group."""
    check_names(student, [("three", 0.1, 0.5), ("blocks", 0.1, 0.5), ("no biases", 0.1, 0.5), ("gaps", 0.1, 0.5)])


@points(0.75)
def test_frozen(student):
    """Frozen parameters stand in no group, and no group is empty."""
    calls = [("frozen", 0.1, 0.5), ("gaps", 0.1, 0.5)]
    check_names(student, calls[:1])
    for (kind, *_), found in zip(calls, facts(student, "empty", calls), strict=True):
        same(found, 0, f"how many groups of {show(kind)} are empty")
    same(facts(student, "grads", calls[:1])[0], support.groups("grads", lambda *_: [], *calls[0]),
         "which parameters are frozen afterwards")  # fmt: skip


@points(0.75)
def test_gaps(student):
    """Children without parameters, and frozen ones, still count in n and i."""
    check_rates(student, [("gaps", 0.1, 0.5), ("gaps", 0.2, 0.1), ("frozen", 0.1, 0.5)])


@points(0.25)
def test_form(student):
    """The result is a list of dicts in the order of the children, and "params" of each is a list."""
    calls = [("blocks", 0.1, 0.5), ("gaps", 0.1, 0.5)]
    for found in facts(student, "type", calls):
        same(found, {"type": "list", "groups": ["dict"]}, "the result's type and that of its items")
    for found in facts(student, "params", calls):
        same(found, ["list"], 'the type of "params" in the groups')
    for (kind, *_), found in zip(calls, facts(student, "order", calls), strict=True):
        expected = sorted({int(name.partition(".")[0]) for name in reference(kind, 1.0, 0.5)})
        same(found, expected, f"the children of {show(kind)} as their groups come")


@points(0.5)
def test_shared(student):
    """A module that stands twice counts twice in n; what two children share belongs to the first of them."""
    calls = [("twice", 0.1, 0.5), ("tied", 0.1, 0.5)]
    check_rates(student, calls)
    check_names(student, calls)


@points(0.25)
def test_optimizer(student):
    """An optimiser takes the groups, and one step moves each parameter by its own rate."""
    for kind in ("blocks", "frozen"):
        found = student.support.steps_taken(student.parameter_groups.handle(), kind, 0.1, 0.5)
        rates = reference(kind, 0.1, 0.5)
        names = support.named(support.chain(kind)).values()
        expected = {name: round(rates.get(name, 0.0), 6) for name in sorted(names)}
        same(found, expected, f"how far one step with all gradients 1 moves each parameter of {show(kind)}", 1e-4)
