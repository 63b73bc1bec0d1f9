"""Feedback pages and reports: what they say, and that nothing a student writes can act on them."""

from __future__ import annotations

import base64
import io
import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from rich.console import Console
from tiny_course import graded

from course.grading.describe import as_data
from course.lessons import Course
from course.pages.feedback import ExercisePart, FeedbackPage, page_of, render
from course.pages.reading import Hint, Reading, Section, read_prose
from course.pages.report import show_scores
from course.pages.text import code_lines, markdown, visible
from course.pages.values import apart, scenes, show
from course.records import ExerciseRecord, TestRecord
from course.source import SourceCell, read_source

HOSTILE = [
    "<script>window.XSS=1</script>",
    "<img src=x onerror=window.XSS=1>",
    "<svg onload=window.XSS=1></svg>",
    "<details open ontoggle=window.XSS=1>x</details>",
    '<iframe srcdoc="<script>parent.XSS=1</script>"></iframe>',
    "[click](javascript:window.XSS=1)",
    '<a href="javascript:window.XSS=1">click</a>',
    "<style>body{display:none}</style>",
    '<form action="http://evil.example"><input name=a></form>',
    "![a](http://evil.example/a.png) ![b](attachment:missing.png)",
    '" onmouseover="window.XSS=1',
    "</code></pre></style></script><script>window.XSS=1</script>",
    "\x1b[31mred\x1b[0m \x07 \x00 \u202egnp.exe\u202c \u2066x\u2069 \u200b \ufeff",
    "{{ 7 * 7 }} {% for x in y %}",
    "a <!-- b --> <![CDATA[ c ]]>",
]


class Page(HTMLParser):
    """What a browser would see in a page: tags, their attributes, and the text."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str]] = []
        self.open: list[str] = []
        self.text = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [(name, value or "") for name, value in attrs]

    def handle_data(self, data: str) -> None:
        self.text += data


def part(name: str = "add", points: float = 0, max_points: float = 2, **more: object) -> ExercisePart:
    details = {"answer": "def add(a, b):\n    return a", "written": False, "record": graded(name, points, max_points)}
    return ExercisePart(name=name, points=points, max_points=max_points, **{**details, **more})  # type: ignore[arg-type]


def page(*parts: ExercisePart, **more: object) -> FeedbackPage:
    values = {"course": "A tiny course", "lesson": "02_sums", "title": "Sums", "student": "ada"}
    points, most = sum(p.points for p in parts), sum(p.max_points for p in parts)
    return FeedbackPage(**{**values, "points": points, "max_points": most, "exercises": list(parts), **more})  # type: ignore[arg-type]


def hostile_page() -> FeedbackPage:
    evil = "\n\n".join(HOSTILE)
    value = {"kind": "text", "text": evil}
    shown = {"call": evil, "code": evil, "inputs": {evil[:100]: value}, "got": value, "expected": value}
    test = TestRecord("test_add", evil, 0, 2, "failed", evil, shown, (evil,))
    record = ExerciseRecord("02_sums", "add", 0, 2, "graded", evil, (test,), (evil,), {evil: evil}, 0.0, {evil: evil})
    code = part(answer=evil, record=record, auto_comment=evil, manual_comment=evil)
    return page(code, part("why", written=True, answer=evil, record=None, manual_comment=evil), notes=[evil],
                student=evil, title=evil, course=evil)  # fmt: skip


def test_a_page_tells_points_tests_call_mistake_and_where_to_read() -> None:
    text = Page(render(page(part(), part("mean", 3, 3)))).text
    for said in ("3 of 5 points", "add", "0 / 2", "no points", "full points", "add(3, 5) is right.", "failed",
                 "add(3, 5) is 9, expected 8.", "You count one too many (section 2.1).", "off_by_one"):  # fmt: skip
        assert said in " ".join(text.split()), said


def test_states_are_words_and_marks_not_colour_alone() -> None:
    waiting = part("why", written=True, pending=True, record=None)
    empty = part("mean", record=ExerciseRecord.not_answered("02_sums", "mean", 2, "the cell is as it was handed out"))
    html = render(page(part(points=2), part("b", 1), part("c"), waiting, empty))
    for state in ("✓</span> full points", "◐</span> some points", "✗</span> no points", "…</span> waits for a person",
                  "○</span> not answered"):  # fmt: skip
        assert state in html


def test_both_comments_are_shown() -> None:
    text = Page(render(page(part(manual_comment="Look at *line 2*.", auto_comment="0 of 2 points.")))).text
    assert "Look at line 2." in text and "0 of 2 points." in text


def test_a_score_by_hand_and_an_unanswered_exercise_say_so() -> None:
    record = ExerciseRecord.not_answered("02_sums", "add", 2, "the cell is as it was handed out")
    assert "The cell is as it was handed out." in render(page(part(record=record)))
    assert "A person gave these points." in render(page(part(record=record, by_hand=True, points=1)))


def test_nothing_that_a_student_writes_acts() -> None:
    html = render(hostile_page())
    seen = Page(html)
    assert set(seen.tags) <= set(
        "html head meta title style body a header p h1 bdi strong svg rect dl dt dd ul li nav ol span main section div "
        "h2 h3 h4 details summary pre code table caption tbody tr td footer em".split()
    )
    names = {name for name, _ in seen.attributes}
    assert not [
        name for name in names if name.startswith("on") or name in ("style", "src", "srcset", "srcdoc", "action")
    ]
    for name, value in seen.attributes:
        if name == "href":
            assert value.startswith("#"), value
    assert "javascript:" not in "".join(value for _, value in seen.attributes)
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f\u200b\u202a-\u202e\u2066-\u2069\ufeff]", html)
    assert "⟨U+202E⟩" in html and "{{ 7 * 7 }}" in html


def test_students_pictures_and_outside_links_are_not_fetched() -> None:
    html = str(markdown("![plot](http://evil.example/x.png) [paper](https://arxiv.org) <img src=y>"))
    assert "<img" not in html and "[picture: plot]" in html
    assert '<a href="https://arxiv.org" rel="noopener noreferrer">paper</a>' in html


def test_markdown_keeps_what_prose_needs_below_the_pages_headings() -> None:
    html = str(markdown("# Title\n\n*a* **b** `c`\n\n- one\n\n| x |\n|---|\n| 1 |\n\n```\nd < e\n```"))
    assert "<h4>Title</h4>" in html and "<td>1</td>" in html and "d &lt; e" in html


@pytest.mark.parametrize(
    "text", ["![a](attachment:missing)", "[", "](", "*" * 5000, ">" * 5000, "`" * 3000, "<" * 3000]
)
def test_broken_markdown_is_taken_calmly(text: str) -> None:
    assert markdown(text) is not None


def test_code_keeps_every_character_and_line() -> None:
    code = 'def f(x):\n    """a\n    b"""\n    return f"<{x}>" and \'1\' # why & how\n\nx = 0x1F + 1_000e-3 \\\n    + 2'
    lines = code_lines(code)
    assert Page("\n".join(lines)).text == code
    assert len(lines) == code.count("\n") + 1
    assert '<span class="py-keyword">return</span>' in lines[3]


def test_unclosed_strings_are_code_too() -> None:
    for code in ('"""abc', "'abc\nd", 'x = "\\', '"""\\', "'''" * 2001 + "\\"):
        assert Page("\n".join(code_lines(code))).text == code


def test_pages_stay_small_whatever_is_in_them() -> None:
    big = "x = 1  # " + "é<" * 5_000_000
    value = {"kind": "text", "text": big}
    record = graded("add", 0, 2)
    test = replace(record.tests[0], message=big, counterexample={"call": big, "got": value, "expected": value})
    record = replace(record, tests=(test,) * 50, reason=big)
    html = render(
        page(*[part(f"e{i}", answer=big, record=record, manual_comment=big) for i in range(10)], notes=[big] * 99)
    )
    assert len(html.encode()) < 20_000_000 and "more characters" in html


def test_a_page_needs_nothing_from_elsewhere_and_is_the_same_twice() -> None:
    html = render(page(part()))
    assert "default-src 'none'" in html and '<html lang="en">' in html and "http" not in html.replace("http-equiv", "")
    assert html == render(page(part()))


def test_tensors_become_tables_with_their_differences_marked() -> None:
    got = {
        "kind": "tensor",
        "shape": [1, 2, 2],
        "dtype": "float32",
        "values": [[[1.0, -4.0], [0.0, "nan"]]],
        "summary": "",
    }
    expected = {**got, "values": [[[1.0, 4.0], [1e-9, 0.5]]]}
    (shown,) = show(got, expected, "y")
    assert shown.headline == "float32, shape (1, 2, 2)" and shown.tables[0].index == "[0]"
    cells = [cell for row in shown.tables[0].rows for cell in row]
    assert [c.text for c in cells] == ["1", "-4", "0", "nan"]
    assert [c.step for c in cells] == [1, -4, 0, 0]
    assert [c.differs for c in cells] == [False, True, False, True]


def test_small_differences_are_marked_when_there_are_no_others() -> None:
    got = {"kind": "tensor", "shape": [2], "dtype": "float64", "values": [1.00001, 2.0], "summary": ""}
    cells = show(got, {**got, "values": [1.0, 2.0]})[0].tables[0].rows[0]
    assert [c.differs for c in cells] == [True, False]


@pytest.mark.parametrize(
    "data",
    [
        None,
        {
            "kind": "tensor",
            "shape": [2, 3000],
            "dtype": "float32",
            "values": None,
            "summary": "a tensor of shape (2, 3000)",
        },
        {"kind": "tensor", "shape": [0, 3], "dtype": "float32", "values": [], "summary": "an empty tensor"},
        {"kind": "tensor", "shape": [], "dtype": "int64", "values": 3, "summary": ""},
        {"kind": "tensor", "shape": [2], "dtype": "bool", "values": [True, False], "summary": ""},
        {"kind": "tensor", "shape": [1], "dtype": "complex64", "values": ["1+2j"], "summary": ""},
        {"kind": "list", "items": [{"kind": "text", "text": "None"}]},
        {"kind": "dict", "items": {"w": {"kind": "text", "text": "3"}}},
        {"kind": "text", "text": ""},
    ],
)
def test_every_kind_of_value_is_shown(data: dict | None) -> None:
    shown = {"call": "f(x)", "inputs": {"x": data}, "got": data, "expected": {"kind": "text", "text": "7"}}
    record = graded("add", 0, 2)
    record = replace(record, tests=(replace(record.tests[0], counterexample=shown),))
    assert "Your result" in render(page(part(record=record)))


def test_page_of_takes_notebooks_that_the_engine_never_saw() -> None:
    cell = {"cell_type": "code", "source": "x", "metadata": {"nbgrader": {"grade": True, "grade_id": "add"}}}
    prose = {"cell_type": "markdown", "source": "# x", "metadata": {}}
    names = {"assignment": "02_sums", "student": "ada", "score": 0.0, "max_score": 2.0}
    made = page_of({"metadata": {}, "cells": [prose, cell]}, names)
    assert [p.name for p in made.exercises] == ["add"] and "02_sums" in render(made)


def test_visible_text_is_cut() -> None:
    assert visible("a" * 50, most=10) == "a" * 10 + "… (40 more characters)"


def test_the_report_marks_what_waits_and_what_a_person_gave() -> None:
    def entry(points: float, needs_manual: bool = False, by_hand: bool = False) -> dict:
        return {"points": points, "needs_manual": needs_manual, "by_hand": by_hand}

    students = [
        {"student": "[red]ada", "scores": {"add": entry(2), "why": entry(0, True)}, "points": 2.0, "penalty": 0.0,
         "needs_manual": True},
        {"student": "zoë", "scores": {"add": entry(0), "why": entry(1.5, True, True)}, "points": 1.0, "penalty": 0.5,
         "needs_manual": True},
    ]  # fmt: skip
    out = io.StringIO()
    scores = {"lesson": "02_sums", "title": "Sums", "exercises": {"add": 2, "why": 2}, "students": students}
    show_scores(scores, Console(file=out, width=100))
    text = out.getvalue()
    for said in ("[red]ada", "?", "1.5*", "−0.5 late", "mean 1.5", "2 students"):
        assert said in text
    out.truncate(0)
    show_scores({**scores, "students": []}, Console(file=out, width=100))
    assert "Nobody's 02_sums" in out.getvalue()


# -- where to begin, and what to read -----------------------------------------------------------------------------


def cell(name: str, source: str, score: float, most: float = 2, kind: str = "code") -> dict:
    grade = {"score": score, "max_score": most, "pending": kind == "markdown"}
    known = {"nbgrader": {"grade": True, "grade_id": name}, "course": graded(name, score, most).to_json()}
    return {"cell_type": kind, "source": source, "metadata": {**known, "grade": grade}}


def graded_page(*cells: dict, reading: Reading | None = None) -> FeedbackPage:
    most = sum(c["metadata"]["grade"]["max_score"] for c in cells)
    points = sum(c["metadata"]["grade"]["score"] for c in cells)
    names = {"assignment": "02_sums", "student": "ada", "score": points, "max_score": most}
    return page_of({"metadata": {}, "cells": list(cells)}, names, reading)


def test_an_exercise_built_on_a_wrong_one_says_where_to_begin() -> None:
    made = graded_page(
        cell("add", "def add(a, b): return a - b", 0),
        cell("double", "def double(a): return add(a, a)", 0),
        cell("four", "def four(a):\n    return double(double(a))", 0),
        cell("own", "def own(add): return 3", 0),  # an argument of that name
        cell("broken", "def broken(:", 0),
        cell("right", "def right(a): return add(a, a) + 1", 2),
    )
    assert {p.name: p.begin_with for p in made.exercises} == {
        "add": (), "double": ("add",), "four": ("add",), "own": (), "broken": (), "right": (),
    }  # fmt: skip
    assert made.begin_with == ["add"]
    text = " ".join(Page(render(made)).text.split())
    assert "Where to begin: add. Other exercises use it" in text
    assert "Begin with add: your answer uses it, and it is not right yet." in text


def test_what_the_right_answers_use_is_no_place_to_begin() -> None:
    made = graded_page(cell("add", "def add(a, b): return a + b", 2), cell("double", "double = lambda a: add(a, 1)", 0))
    assert made.begin_with == [] and "Where to begin" not in render(made)


def test_points_that_wait_stand_apart_from_lost_ones() -> None:
    made = graded_page(cell("add", "x", 1), cell("why", "Because.", 0, kind="markdown"))
    assert (made.points, made.lost, made.waiting) == (1, 1, 2)
    html = render(made)
    assert "1 of 4 points so far" in Page(html).text and "these points are not lost" in html
    for said, count in (("given", 1), ("lost", 1), ("waiting for a person", 2)):
        assert f"<dt>{said}</dt><dd>{count}</dd>" in html


LESSON = [
    SourceCell("markdown", "## 2.1 Two numbers\nA **sum** counts on.\n\n*Figure 1. Two.*\n\n### Exercise 2.1\nAdd."),
    SourceCell("code", "def add(a, b): ...", "exercise", "add"),
    SourceCell("code", "check(add(1, 2), 3)", "check", "add"),
    SourceCell("markdown", "<details><summary>It is one too many</summary>\n\nCount `b` once.\n</details>"),
    SourceCell("markdown", "Now look."),
    SourceCell("markdown", "## 2.2 Their mean\nHalf of it."),
    SourceCell("code", "def mean(a, b): ...", "exercise", "mean"),
]


def test_prose_is_read_by_section_and_hints_by_exercise() -> None:
    reading = read_prose(LESSON)
    assert reading.sections["2.1"] == Section("2.1", "Two numbers", "A **sum** counts on.\n\nNow look.")
    assert reading.section_of == {"add": "2.1", "mean": "2.2"}
    assert reading.hints == {"add": [Hint("It is one too many", "Count `b` once.")]}


def test_a_mistake_links_to_the_section_that_it_names_and_hints_stand_by_symptom() -> None:
    html = render(graded_page(cell("add", "x", 0), cell("mean", "x", 2), reading=read_prose(LESSON)))
    assert 'too many (<a href="#section-2.1">section 2.1</a>)' in html
    assert '<div class="prose" id="section-2.1"><p>A <strong>sum</strong> counts on.</p>' in html
    assert "<summary>It is one too many</summary>" in html and "section-2.2" not in html
    assert "Section 2.2, Their mean" in html


def test_every_lesson_can_be_read() -> None:
    course = Course.open(Path(__file__).parents[1])
    for lesson in course.lessons.values():
        reading = read_prose(read_source(lesson))
        assert set(reading.section_of) == set(lesson.exercises)
        assert all(number in reading.sections for number in reading.section_of.values()), lesson.name
        for name, exercise in lesson.exercises.items():
            assert exercise.written or len(reading.hints[name]) >= 3, f"{lesson.name}, {name}: too few hints"


# -- pictures -----------------------------------------------------------------------------------------------------


def pixels(uri: str) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(uri.partition(",")[2]))).convert("RGB")).astype(int)


def test_large_tensors_are_pictures_on_one_scale_and_differing_places_a_picture_of_their_own() -> None:
    got = torch.zeros(1, 1, 10, 12)
    expected = got.clone()
    got[0, 0, 2, 3], expected[0, 0, 9, 0] = 2.0, 4.0
    (mine,), (theirs,) = show(as_data(got), as_data(expected)), show(as_data(expected), as_data(got))
    assert mine.tables == [] and mine.pictures[0].alt == "values from 0 to 4" == theirs.pictures[0].alt
    k = 150 // 12
    assert abs(pixels(mine.pictures[0].uri)[2 * k + 1, 3 * k + 1] - 127).max() <= 2  # 2 on a scale from 0 to 4
    (where,) = apart(as_data(got), as_data(expected))
    assert where.pictures[0].alt == "2 of 120 values differ"
    assert apart(as_data(got), as_data(got)) == [] and apart(as_data(got), as_data(got[0])) == []


def test_signs_differ_in_colour_and_what_is_no_number_stands_out() -> None:
    values = torch.zeros(9, 9)
    values[0, 0], values[1, 1], values[2, 2] = 1.0, -1.0, float("nan")
    drawn, k = pixels(show(as_data(values))[0].pictures[0].uri), 150 // 9
    plus, minus, nan, zero = (drawn[n * k + 3, n * k + 3] for n in range(4))
    assert plus[2] > plus[0] and minus[0] > minus[2] and nan[0] > nan[1] and zero.min() > 250


def test_three_channels_between_0_and_1_are_one_colour_picture() -> None:
    picture = torch.zeros(2, 3, 8, 8)
    picture[1, 0] = 1.0
    (shown,) = show(as_data(picture))
    assert [p.label for p in shown.pictures] == ["[0]", "[1]"]
    assert pixels(shown.pictures[1].uri)[5, 5].tolist() == [255, 0, 0]


def test_two_masks_are_laid_over_each_other_in_patterns_not_colours_alone() -> None:
    a, b = torch.zeros(4, 4, dtype=torch.bool), torch.zeros(4, 4, dtype=torch.bool)
    a[0, :2], b[0, 1:3] = True, True
    (shown,) = apart(as_data(a), as_data(b))
    assert shown.pictures[0].alt == "1 pixels in both, 1 in the first only, 1 in the second only"
    drawn = pixels(shown.pictures[0].uri).mean(axis=2)
    first, both, second, empty = (drawn[2:14, n * 15 + 2 : n * 15 + 14] for n in range(4))
    assert both.max() < 60 and empty.min() > 240
    assert first.std() > 20 and second.std() > 20 and abs(np.corrcoef(first.ravel(), second.ravel())[0, 1]) < 0.5


def test_found_masks_are_laid_over_those_that_are_there_with_their_scores() -> None:
    there = torch.zeros(2, 4, 4, dtype=torch.bool)
    there[0, 0], there[1, 3] = True, True
    predictions = [(there[:1].roll(1, 2), torch.tensor([0.75])), (there[:0], torch.zeros(0))]
    found, targets, scenes_ = scenes({"predictions": as_data(predictions), "targets": as_data([there, there[:1]]),
                                      "threshold": as_data(0.5)})  # fmt: skip
    assert (found, targets) == ("predictions", "targets")
    assert [p.label for p in scenes_[0].found] == ["0.75"] and len(scenes_[0].there) == 2
    assert scenes_[0].found[0].alt == "4 pixels in both, 0 in the first only, 4 in the second only"
    assert scenes_[1].found == []
    assert scenes({"x": as_data(there), "y": as_data([there])}) is None


@pytest.mark.parametrize("broken", [{}, {"tiles": 1, "bytes": "!"}, {"tiles": 9, "low": 0, "high": 1, "bytes": ""}])
def test_a_picture_that_cannot_be_read_is_told_in_words(broken: dict) -> None:
    data = {**as_data(torch.zeros(10, 10)), "picture": broken}
    assert show(data)[0].headline.startswith("a float32 tensor of shape (10, 10)")


@pytest.mark.browser
@pytest.mark.skipif(not Path("/usr/bin/chromium").exists(), reason="needs Chromium")
def test_in_a_browser_nothing_runs_nothing_is_fetched_and_a_phone_needs_no_scrolling(tmp_path: Path) -> None:
    sync_api = pytest.importorskip("playwright.sync_api")
    path = tmp_path / "page.html"
    path.write_text(render(hostile_page()), encoding="utf-8")
    quiet = ["--no-sandbox", "--disable-quic", "--disable-background-networking", "--disable-component-update",
             "--disable-sync", "--no-first-run"]  # fmt: skip
    with sync_api.sync_playwright() as p:
        browser = p.chromium.launch(executable_path="/usr/bin/chromium", args=quiet)
        for width in (1280, 390):
            tab = browser.new_page(viewport={"width": width, "height": 800})
            fetched: list[str] = []
            tab.on("request", lambda request, fetched=fetched: fetched.append(request.url))
            tab.goto(path.as_uri())
            tab.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
            assert tab.evaluate("typeof window.XSS") == "undefined"
            assert [url for url in fetched if not url.startswith("file:")] == []
            assert tab.evaluate("document.documentElement.scrollWidth") <= width
        browser.close()
