"""pick_device: mps before cuda before cpu, unless one is wanted; what is wanted and missing is refused."""

from itertools import combinations

from course.grading import agree, points, refuses

KINDS = ("mps", "cuda", "cpu")
SETS = [set(chosen) for count in range(4) for chosen in combinations(KINDS, count)]


def reference(available, wanted=None):
    if wanted is None:
        return next((kind for kind in KINDS if kind in available), "cpu")
    return wanted.lower()


def nothing_wanted(r):
    return dict(available=set(r.choice(SETS)))


def there(r, spelled=str, index=""):
    """Something wanted that is there; the cpu always is."""
    available = set(r.choice(SETS))
    kind = r.choice(sorted({*available, "cpu"}))
    return dict(available=available, wanted=spelled(kind) + (index if kind != "cpu" else ""))


def in_lower_case(r):
    return there(r)


def with_an_index(r):
    return there(r, index=r.choice([":1", ":0", ":7"]))


def in_any_case(r):
    return there(r, spelled=r.choice([str.upper, str.capitalize]), index=r.choice(["", ":1"]))


@points(0.3)
def test_order(student):
    """When nothing is wanted: mps if it is there, else cuda if it is there, else cpu."""
    agree(student.pick_device, reference, nothing_wanted, cases=40)


@points(0.2)
def test_wanted(student):
    """What is wanted and there is taken, whatever else is there; the cpu always is there."""
    agree(student.pick_device, reference, in_lower_case, cases=24)


@points(0.2)
def test_index_and_case(student):
    """An index is kept, and capitals do not matter: "CUDA:1" gives "cuda:1"."""
    agree(student.pick_device, reference, with_an_index, cases=12)
    agree(student.pick_device, reference, in_any_case, cases=24)


@points(0.3)
def test_refuses(student):
    """What is wanted and not there is refused by a ValueError that names it; nothing else is taken silently."""
    for available, wanted in (({"cuda", "cpu"}, "mps"), ({"cpu"}, "cuda:1"), (set(), "cuda"), ({"mps"}, "CUDA")):
        kind = wanted.partition(":")[0]
        with refuses(ValueError, mentions=(wanted, kind, kind.lower(), kind.upper(), kind.capitalize())):
            student.pick_device(available, wanted)
