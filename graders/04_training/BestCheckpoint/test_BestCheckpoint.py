"""BestCheckpoint: the best model so far, in a file. After step i, all numbers of the model in support.py are i."""

from course.grading import Mismatch, fail, points, refuses, same

NAN, INF = float("nan"), float("inf")
RISING_AND_FALLING = [0.5, 0.7, 0.9, 0.6, 0.8]
WAYS = {
    "save": "torch.save stops in the middle",
    "replace": "the file cannot be renamed",
    "size": "the disk is full",
}


def compare(found, expected, what):
    """``same``, for what is told in words: "the file is a str" would help nobody."""
    try:
        same(found, expected, what)
    except Mismatch:
        fail(f"{what}: {found}; expected: {expected}.")


def call(student, what, *args):
    return getattr(student.support, what)(student.BestCheckpoint.handle(), *args)


@points(0.5)
def test_update(student):
    """update says whether this score is the best so far; the first one is, also a negative one."""
    same(call(student, "updates", RISING_AND_FALLING), [True, True, True, False, False],
         "what update returns for the scores 0.5, 0.7, 0.9, 0.6, 0.8")  # fmt: skip
    same(call(student, "updates", [-3.0, -5.0, -2.0]), [True, False, True], "what it returns for -3, -5, -2")
    same(call(student, "updates", [0.0, -1.0, 0.0]), [True, False, False], "what it returns for 0, -1, 0")
    same(call(student, "updates", [-INF, -1.0]), [True, True], "what it returns for -inf, -1")


@points(0.75)
def test_restore(student):
    """restore brings back the weights of the best step, by value: the model has gone on since; it returns the score."""
    for scores, step in (
        (RISING_AND_FALLING, 3),
        ([0.9, 0.1], 1),
        ([0.1, 0.2], 2),
        ([-3.0, -5.0], 1),
        ([0.0, -0.5], 1),
    ):
        told = ", ".join(map(str, scores))
        same(call(student, "restored", scores), float(step), f"the step that comes back after the scores {told}")
        same(call(student, "restored_score", scores), max(scores), f"the score from restore after {told}")


@points(0.25)
def test_ties(student):
    """An equal score is no better: the earlier model stays."""
    same(call(student, "updates", [0.5, 0.5]), [True, False], "what update returns for the scores 0.5, 0.5")
    same(call(student, "restored", [0.5, 0.5, 0.4]), 1.0, "the step that comes back after the scores 0.5, 0.5, 0.4")


@points(0.5)
def test_nan(student):
    """NaN is never best, and does not stop a later score from being best."""
    same(call(student, "updates", [0.5, NAN, 0.7]), [True, False, True], "what update returns for 0.5, nan, 0.7")
    same(call(student, "updates", [NAN, 0.2, 0.1]), [False, True, False], "what update returns for nan, 0.2, 0.1")
    same(call(student, "restored", [0.5, NAN]), 1.0, "the step that comes back after the scores 0.5, nan")


@points(0.5)
def test_file(student):
    """The file always holds the best state dict, for torch.load(path, weights_only=True); before, there is none."""
    found = call(student, "in_the_file", [0.5, 0.7, 0.6, 0.9])
    same(found, ["no file", 1.0, 2.0, 2.0, 4.0], "the step in the file before and after the scores 0.5, 0.7, 0.6, 0.9")


@points(0.5)
def test_too_early(student):
    """restore before an update is refused, also when an earlier run has left a file, which is never read."""
    with refuses(ValueError):
        call(student, "restored_too_early", False)
    with refuses(ValueError):
        call(student, "restored_too_early", True)
    found = call(student, "starts_afresh")
    same(
        found, [True, 5.0], "with the file of an earlier run, whose best was 0.9: what update says to 0.2, and the step"
    )


@points(0.5)
def test_failed_write(student):
    """If writing fails, the error comes through, and the old file and the old best stay; nothing is left beside it."""
    for way, story in WAYS.items():
        for what, expected, told in (
            ("said", "raises", "What update does when"),
            ("file", 1.0, "The step whose weights are in the file after"),
            ("next", True, "What the next update, 0.7 after 0.5, says after"),
            ("restored", [0.5, 1.0], "Score and step from restore after"),
            ("beside", 0, "How many files lie beside it after"),
        ):
            found = call(student, "after_a_failed_write", what, way)
            if found is None:
                break
            compare(found, expected, f"{told} {story if what == 'said' else f'a write failed ({story})'}")
        if (found := call(student, "after_a_failed_write", "file", way, False)) is not None:
            compare(found, "no file", f"The step whose weights are in the file after the first write failed ({story})")


@points(0.5)
def test_model(student):
    """update changes nothing in the model; restore writes into the same parameters and buffers and keeps the modes."""
    found = call(student, "model_after_update")
    if any(found.values()):
        fail(f"After update the model is another one: {found}.")
    found = call(student, "restored_in_place")
    if found["replaced"]:
        fail(f"restore puts new tensors in the place of {', '.join(found['replaced'])}.")
    if found["modes"]:
        fail(f"After restore, these are in another mode than before: {', '.join(found['modes'])}.")
