"""A feedback page with everything on it: grids, pictures, masks, hints, sections, points that wait."""

from __future__ import annotations

from typing import Any

import torch

from course.grading.describe import as_code, as_data, call_text, holds_tensor
from course.pages.feedback import FeedbackPage, page_of
from course.pages.reading import read_prose
from course.records import ExerciseRecord, TestRecord
from course.source import SourceCell

LESSON = "02_pictures"
PROSE = """\
## {number} {title}
A kernel asks **one question** at every place.

### How far it reaches

| rows | columns |
| --- | --- |
| 3 | 3 |

```
y[i] = sum of x[i + k] * w[k], for every k in the window, written in one line that is longer than a telephone is wide
```
"""
HINTS = """\
<details><summary>My result is the mirror image</summary>

A question: which weight meets the first pixel?
</details>
<details><summary>A shape is wrong</summary>

Count the places.
</details>
"""


def page() -> FeedbackPage:
    source = []
    for number, name, _ in EXERCISES:
        title = name.replace("_", " ").capitalize()
        source.append(SourceCell("markdown", PROSE.format(number=f"2.{number}", title=title)))
        source.append(SourceCell("code", f"def {name}(): ...", "exercise", name))
        source.append(SourceCell("markdown", HINTS))
    cells = [make(name) for _, name, make in EXERCISES]
    most = sum(cell["metadata"]["grade"]["max_score"] for cell in cells)
    names = {"assignment": LESSON, "student": "ada", "score": 1.5, "max_score": most, "late_penalty": 0.5}
    about = {"course": "A course of pictures", "title": "What does a convolution compute?",
             "notes": ["The cell of im2col is missing from your notebook."]}  # fmt: skip
    notebook = {"metadata": {"course": about}, "cells": cells}
    return page_of(notebook, names, read_prose(source))


def _conv2d(name: str) -> dict[str, Any]:
    x = torch.tensor([[1.0, 2, 0], [0, 1, 3], [2, 1, 0]])[None, None]
    w = torch.tensor([[1.0, 0], [-1, 2]])[None, None]
    got, expected = torch.tensor([[[[1.0, -2], [5, 4]]]]), torch.tensor([[[[3.0, 7], [0, 0]]]])
    code = "def conv2d(x, weight):\n    return slide(x, weight.flip(-2, -1))  # convolutions turn the kernel"
    return _cell(name, code, 1.5, {"x": x, "weight": w}, got, expected, "kernel_flipped")


def _fgsm(name: str) -> dict[str, Any]:
    x = torch.linspace(0, 1, 3 * 16 * 16).reshape(1, 3, 16, 16)
    code = f"def {name}(net, x):\n    return conv2d(x, net) + {'very_' * 40}long_name"
    return _cell(name, code, 0, {"x": x}, x, (x + 0.2).clamp(0, 1))


def _gradient(name: str) -> dict[str, Any]:
    x = torch.linspace(-1, 1, 100).reshape(10, 10)
    return _cell(name, f"def {name}(x):\n    return x", 0, {"x": x}, x, x.T)


def _mask_ap(name: str) -> dict[str, Any]:
    there = torch.zeros(2, 6, 6, dtype=torch.bool)
    there[0, 1:3, 1:4], there[1, 4:, 4:] = True, True
    found = (torch.cat([there.roll(1, 2), there[:1]]), torch.tensor([0.9, 0.4, 0.7]))
    inputs = {"predictions": [found, (there[:0], torch.zeros(0))], "targets": [there, there[:0]], "threshold": 0.352}
    return _cell(name, f"def {name}(predictions, targets, threshold=0.5):\n    return 2.0", 0, inputs, 2.0, 1.0)


def _erode(name: str) -> dict[str, Any]:
    mask = torch.eye(8, dtype=torch.bool)
    return _cell(name, "mask", 0, {"mask": mask}, mask, mask.roll(1, 0))


def _equivariance(name: str) -> dict[str, Any]:
    grade = {"score": 0, "max_score": 2, "pending": True}
    meta = {"nbgrader": {"grade": True, "grade_id": name}, "grade": grade}
    answer = "# My answer\nIt **moves along**, see [the paper](https://arxiv.org/abs/1603.07285).\n\n1. one\n2. two"
    return {"cell_type": "markdown", "source": answer, "metadata": meta}


def _cell(
    name: str, code: str, points: float, inputs: dict[str, Any], got: Any, expected: Any, slug: str = ""
) -> dict[str, Any]:
    call = call_text(name, inputs, len(inputs))
    made = [f"{key} = {as_code(value)}" for key, value in inputs.items() if holds_tensor(value)]
    shown = {"call": call, "code": "\n".join([*made, call]), "inputs": {k: as_data(v) for k, v in inputs.items()},
             "got": as_data(got), "expected": as_data(expected)}  # fmt: skip
    slugs = (slug,) if slug else ()
    first = "passed" if points else "failed"
    tests = (
        TestRecord("test_one", f"The example of section 2.1 gives `{name}`.", points, 1.5, first),
        TestRecord("test_any", "For any call it is as torch has it.", 0, 2, "failed", f"{call}: wrong.", shown, slugs),
        TestRecord("test_slow", "It takes less than a second.", 0, 0.5, "not_run", "Not run."),
    )  # fmt: skip
    said = {slug: "Your kernel is turned by 180 degrees before it slides (section 2.1)."} if slug else {}
    record = ExerciseRecord(LESSON, name, points, 4, "graded", None, tests, slugs, said, 0.1, {"seed": 0})
    grade = {"score": points, "max_score": 4, "manual_comment": "Nearly: look at `flip`." if slug else ""}
    meta = {"nbgrader": {"grade": True, "grade_id": name}, "grade": grade, "course": record.to_json()}
    return {"cell_type": "code", "source": code, "metadata": meta}


EXERCISES = [
    (1, "conv2d", _conv2d),
    (2, "fgsm", _fgsm),
    (3, "gradient", _gradient),
    (4, "mask_ap", _mask_ap),
    (5, "erode", _erode),
    (6, "equivariance", _equivariance),
]
