"""nbgrader's grading page with our settings: exercises have names, and nothing of a submission runs or is fetched."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import Any

import pytest
from nbconvert.exporters import HTMLExporter
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output
from nbgrader.server_extensions.formgrader.handlers import template_path
from traitlets.config import Config

from course.authoring.lab import TEMPLATES
from course.nbgrader_side.grading_page import clean
from course.nbgrader_side.settings import nbgrader_settings

ROOT = Path(__file__).parents[1]
WRITTEN = {"grade": True, "solution": True, "grade_id": "why", "points": 2, "locked": False, "task": False}
RESOURCES = {
    "assignment_id": "02_sums",
    "notebook_id": "02_sums",
    "submission_id": "abc",
    "index": 0,
    "total": 1,
    "base_url": "/jupyter",
    "student": "ada",
    "last_name": None,
    "first_name": None,
    "notebook_path": "autograded/ada/02_sums/02_sums.ipynb",
}


@pytest.fixture
def page(monkeypatch: pytest.MonkeyPatch) -> Any:
    """``page(*cells, student=...)``: the page as the formgrader's exporter makes it."""
    monkeypatch.setenv("JUPYTER_PATH", f"{TEMPLATES}:{sys.prefix}/share/jupyter")

    def make(*cells: Any, **names: str) -> str:
        config = Config()
        nbgrader_settings(config, ROOT)
        config.HTMLExporter.template_name = "formgrade"  # as nbgrader sets it
        config.HTMLExporter.extra_template_basedirs = [template_path]
        notebook = new_notebook(cells=list(cells))
        return HTMLExporter(config=config).from_notebook_node(notebook, resources={**RESOURCES, **names})[0]

    return make


def written(text: str, **about: Any) -> Any:
    return new_markdown_cell(text, metadata={"nbgrader": {**WRITTEN, **about}})


def body(html: str) -> str:
    """What stands in the page below nbgrader's own head and navigation."""
    return html.split('id="notebook-container"')[-1]


def test_every_exercise_has_its_name_and_points_above_its_cell(page):
    add = new_code_cell("b", metadata={"nbgrader": {**WRITTEN, "grade_id": "add", "points": 1}})
    html = body(page(written("a"), add))
    assert re.findall("<h3>(.*?)</h3>", html) == ["why (2 points)", "add (1 point)"]
    assert html.index("why (2 points)") < html.index('id="why"') < html.index("add (1 point)") < html.index('id="add"')


VECTORS = [
    "<script>window.XSS=1</script>",
    "<img src=x onerror='window.XSS=1'>",
    "<svg onload='window.XSS=1'></svg>",
    "<svg><script>window.XSS=1</script></svg>",
    "<math><mtext><table><mglyph><style><img src=x onerror=window.XSS=1></style></mglyph></table></mtext></math>",
    "<details open ontoggle=window.XSS=1>x</details>",
    "<iframe srcdoc='<script>parent.XSS=1</script>'></iframe>",
    "<a href='javascript:window.XSS=1'>x</a>",
    "[x](javascript:window.XSS=1)",
    "[x](data:text/html,<script>window.XSS=1</script>)",
    "<a href='data:text/html;base64,PHNjcmlwdD4='>x</a>",
    "<style>body { display: none }</style>",
    "<form action='http://evil.example'><input name=a><button>x</button></form>",
    "<link rel=stylesheet href='http://evil.example/a.css'>",
    "<meta http-equiv=refresh content='0; url=http://evil.example'>",
    "<base href='http://evil.example/'>",
    "<object data='http://evil.example/a'></object><embed src='http://evil.example/a'>",
    "<img src='http://evil.example/a.png'>",
    "![x](http://evil.example/a.png)",
    "![x](//evil.example/a.png)",
    "<p id=why style='position: fixed' class=score onclick=window.XSS=1>x</p>",
    "<input id=why><textarea id=why-comment></textarea>",
    "`</textarea><script>window.XSS=1</script>`",
    "```\n</pre><script>window.XSS=1</script>\n```",
    "$</script><script>window.XSS=1</script>$",
    "\\begin{a<script>window.XSS=1</script>}x\\end{a<script>window.XSS=1</script>}",
]
LIVE = re.compile(
    r"""<(?:script|style|svg|math|iframe|form|input|button|textarea|link|meta|base|object|embed|template)\b
      |<[^>]*\s(?:on\w+|style|id|class|srcdoc)\s*=
      |<[^>]*(?:javascript:|data:text)
      |<img[^>]*src\s*=\s*["']?(?!data:image/(?:png|jpeg|gif);base64,)""",
    re.VERBOSE | re.IGNORECASE,
)


@pytest.mark.parametrize("text", VECTORS)
def test_markdown_does_nothing(page, text):
    from nbconvert.filters.markdown_mistune import IPythonRenderer, MarkdownWithMath

    rendered = MarkdownWithMath(renderer=IPythonRenderer(escape=False)).render(text)
    assert not LIVE.search(clean(rendered)), clean(rendered)
    shown = re.search('rendered_html">(.*?)</div>', body(page(written(text))).split("why (2 points)")[1], re.DOTALL)
    assert shown and not LIVE.search(shown[1]), shown[1]


def test_the_probe_finds_each_vector_where_nothing_is_cleaned():
    from nbconvert.filters.markdown_mistune import IPythonRenderer, MarkdownWithMath

    markdown = MarkdownWithMath(renderer=IPythonRenderer(escape=False))
    for text in VECTORS:
        if not text.startswith(("`", "$")):  # code and formulas, which nbconvert escapes
            assert LIVE.search(markdown.render(text)), text


RICH = ("text/html", "text/markdown", "application/javascript", "image/svg+xml", "text/latex")


@pytest.mark.parametrize("kind", RICH)
def test_of_outputs_only_text_and_pictures_are_shown(page, kind):
    output = new_output("display_data", data={kind: "<script>window.XSS=1</script>", "text/plain": "it says <b>"})
    html = body(page(new_code_cell("f()", outputs=[output])))
    assert "XSS" not in html and "it says &lt;b&gt;" in html


def test_a_students_id_is_text(page):
    hostile = "x<img src=x onerror=window.XSS=1>"
    html = page(written("a"), student=hostile, notebook_path='autograded/x"><script>/a.ipynb')
    assert "<img" not in html and "x&lt;img src=x onerror=window.XSS=1&gt;" in html
    assert "<script>/a" not in html


@pytest.mark.parametrize("text", ["![a](attachment:missing.png)", "> " * 3000 + "deep", "[" * 5000, "\x00\u202e"])
def test_what_cannot_be_rendered_does_not_take_the_page_along(page, text):
    assert 'id="why"' in page(written(text))


def test_the_notebooks_own_pictures_formulas_and_hints_stay(page):
    dot = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
    cell = new_markdown_cell(
        "![a dot](attachment:dot.png) $a_1 < b_2$\n\n$$\\sum_i x_i$$\n\n<details><summary>Hint</summary>One.</details>",
        attachments={"dot.png": {"image/png": dot}},
    )
    html = body(page(cell))
    assert f'src="data:image/png;base64,{dot}"' in html
    assert "$a_1 &lt; b_2$" in html and "$$\\sum_i x_i$$" in html
    assert "<details><summary>Hint</summary>" in html


def test_nothing_is_fetched_from_elsewhere_and_formulas_come_from_the_server(page):
    html = page(written("$x$"))
    assert "cdnjs" not in html and not re.search(r'(?:src|href)="(?:https?:)?//', html)
    assert "/static/jupyter_server_mathjax/MathJax.js" in html
