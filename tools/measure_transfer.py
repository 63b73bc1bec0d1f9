"""Measure answers to lesson 07's fine_tune over seeds, for docs/calibration.md: does the gain of transfer hold in each?

    python tools/measure_transfer.py                        # the reference answer, trained and fresh weights, 10 seeds
    python tools/measure_transfer.py solution/2 head_only   # half of the budget; a known mistake

An answer is "solution", a name in mistakes.py or variants.py, or "from_scratch": the reference answer when it is given
fresh weights in the place of the trained ones. "/2" behind a name halves its budget. A seed is new digits, new hidden
digits, new weights and a new order. Trainings follow CPU seconds, so run one at a time, with one thread.
"""

import argparse
import statistics
import time
from pathlib import Path
from runpy import run_path

import torch

from course.answers import read_answers
from course.grading.trained import share_right
from course.lessons import Course
from course.source import read_source
from coursekit import transfer

LESSON, EXERCISE = "07_transfer_learning", "fine_tune"
ROOT = Path(__file__).parents[1]


def answers() -> dict:
    """Every known answer by its name."""
    lesson = Course.open(ROOT).lesson(LESSON)
    space: dict = {}
    for cell in read_source(lesson):
        if cell.role == "setup" and cell.kind == "code":
            exec(cell.source, space)
    exec(read_answers(lesson.solutions).code[EXERCISE], space)
    found = {"solution": space[EXERCISE], "from_scratch": space[EXERCISE]}
    for file in ("mistakes.py", "variants.py"):
        known = run_path(str(ROOT / "graders" / LESSON / EXERCISE / file))
        found |= {name: it for name, it in known.items() if callable(it) and not name.startswith("_")}
    return found


def measure(name: str, answer, test: dict, seed: int) -> tuple[float, float]:
    """Accuracy on hidden digits, and the CPU seconds of one training."""
    budget = test["BUDGET"] / (2 if name.endswith("/2") else 1)
    body = transfer.fresh(1000 + seed) if name.startswith("from_scratch") else transfer.backbone()
    images, labels = test["training_set"](seed)
    begun = time.process_time()
    net = answer(body, images, labels, seed=seed, budget=budget, device="cpu")
    seconds = time.process_time() - begun
    unseen, right = test["hidden_set"](1_000_000 + seed)
    with torch.no_grad():
        return share_right(net.eval()(unseen), right), seconds


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("answers", nargs="*", default=["solution", "from_scratch"])
    parser.add_argument("--seeds", type=int, default=10, help="how many")
    parser.add_argument("--first", type=int, default=0, help="the first of them")
    chosen = parser.parse_args()
    torch.set_num_threads(1)
    test, known = run_path(str(next((ROOT / "graders" / LESSON / EXERCISE).glob("test_*.py")))), answers()
    runs: dict[str, list[float]] = {name: [] for name in chosen.answers}
    for seed in range(chosen.first, chosen.first + chosen.seeds):
        for name in chosen.answers:
            accuracy, seconds = measure(name, known[name.removesuffix("/2")], test, seed)
            runs[name].append(accuracy)
            print(f"seed {seed}  {name:24} {accuracy:.3f}  {seconds:.1f} CPU seconds", flush=True)
    for name, found in runs.items():
        spread = statistics.stdev(found) if len(found) > 1 else 0.0
        print(f"{name:24} {statistics.mean(found):.3f} [{min(found):.3f}, {max(found):.3f}], deviation {spread:.3f}")
    first, *others = chosen.answers
    for name in others:
        ahead = sum(a > b for a, b in zip(runs[first], runs[name], strict=True))
        gain = min(a - b for a, b in zip(runs[first], runs[name], strict=True))
        print(f"{first} is ahead of {name} in {ahead} of {chosen.seeds} seeds, by {gain:.3f} at least")


if __name__ == "__main__":
    main()
