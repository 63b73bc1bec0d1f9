"""controlled_comparison: the same start, order and number of epochs for each net; the test set once, at the end.

Probes in the student's kernel note when they are built and what they are shown (support.py).
"""

import torch

from course.grading import fail, points, same

NAMES = ["plain", "with dropout", "plain again"]


def probed(what, student, seed=3, epochs=2, **options):
    return student.support.probed(what, student.controlled_comparison.handle(), seed, epochs, **options)


def first_numbers(seed):
    """What torch.rand gives right after torch.manual_seed(seed)."""
    return [round(number, 6) for number in torch.rand(3, generator=torch.Generator().manual_seed(seed)).tolist()]


@points(0.75)
def test_same_start(student):
    """Each builder is called once, right after torch.manual_seed(seed): every net starts from the same random state."""
    met = {seed: probed("built", student, seed) for seed in (3, 8)}
    for seed, built in met.items():
        for name in NAMES:
            if len(built[name]) != 1:
                fail(f"The builder of {name!r} was called {len(built[name])} times; once is right.")
            if built[name][0] != first_numbers(seed):
                got, expected = number(built[name][0]), number(first_numbers(seed))
                fail(f"With seed={seed}, torch.rand() gives {got} in the builder of {name!r}; right after "
                     f"torch.manual_seed({seed}) it gives {expected}.", wrong_start(met))  # fmt: skip


def number(met):
    return f"{met[0]:.4f}" if met else "nothing"


def wrong_start(met):
    """The mistake behind wrong starts, whatever the batch size and the optimiser are; or None."""
    starts = {seed: [built[name][0] for name in NAMES] for seed, built in met.items() if all(built.values())}
    if len(starts) == len(met):
        low, high = starts.values()
        if all(found[0] == first_numbers(seed) for seed, found in starts.items()):
            later = [[first_numbers(seed + i) for i in range(len(NAMES))] for seed in starts]
            return "a_seed_for_each_net" if later == list(starts.values()) else "seed_set_once"
        if low == high and len({tuple(found) for found in low}) == 1:
            return "seed_fixed"
    return None


@points(0.75)
def test_same_batches(student):
    """Each net is trained on the same batches in the same order, also beside a net that draws random numbers."""
    batches = probed("batches", student)
    mistake = None
    if all(built == [first_numbers(3)] for built in probed("built", student).values()):  # else the start is to blame
        alike = batches[NAMES[2]] == batches[NAMES[0]]
        mistake = "order_shared_with_dropout" if alike else "order_runs_on"
    for name in NAMES[1:]:
        mine, first = batches[name], batches[NAMES[0]]
        if mine != first:
            step = next((i for i, (a, b) in enumerate(zip(mine, first, strict=False)) if a != b), None)
            where = f"they part in step {step + 1}" if step is not None else f"{len(mine)} and {len(first)} steps"
            fail(f"The nets {name!r} and {NAMES[0]!r} are trained on different batches: {where}.", mistake)


@points(0.5)
def test_epochs(student):
    """In each epoch, every training picture passes each net once in train mode, also those of a short last batch."""
    for epochs, count in ((1, 70), (3, 70), (2, 129)):
        times = probed("times", student, epochs=epochs, train_count=count)
        same(times, dict.fromkeys(NAMES, epochs), f"how often each of {count} pictures is learned with epochs={epochs}")


@points(0.5)
def test_test_set_is_not_learned(student):
    """No test picture passes a net in train mode."""
    learned = probed("learned from", student)
    for name in NAMES:
        if learned[name]:
            fail(f"{len(learned[name])} test pictures pass the net {name!r} in train mode.")


@points(0.5)
def test_test_set_comes_last(student):
    """A test picture is shown only after a net's last step, in eval mode, without gradients."""
    early = probed("early", student)
    if any(early.values()):
        fail("A test picture is shown to a net before the net's last step of training.")
    if any(probed("gradients", student).values()):
        fail("The nets see the test pictures with gradients on.")
    if not all(probed("tested", student).values()):
        fail("Not every test picture is shown to each net in eval mode.")


@points(0.5)
def test_result(student):
    """The result is the share of test pictures that are right, in [0, 1], under the names of the builders."""
    for wrong, count in (((0, 3), 7), ((), 5), ((1,), 300)):
        share = 1 - len(wrong) / count
        found = probed("result", student, wrong=wrong, test_count=count)
        same(found, dict.fromkeys(NAMES, share), f"the result where {len(wrong)} of {count} pictures are missed", 1e-6)


@points(0.5)
def test_repeatable(student):
    """The same call gives the same result, with dropout too, and the order of the builders does not matter."""
    kinds = ["plain", "dropout", "norm"]
    compared = lambda kinds, times: student.support.compared(
        student.controlled_comparison.handle(), kinds, seed=5, times=times
    )
    first, again = compared(kinds, 2)
    same(again, first, "the result of the second of two equal calls", 1e-9)
    (turned,) = compared(kinds[::-1], 1)
    same(turned, first, "the result with the builders in the opposite order", 1e-9)
