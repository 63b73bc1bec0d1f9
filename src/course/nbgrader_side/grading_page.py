"""The formgrader's page for one submission, made harmless and readable by settings of nbconvert's exporter.

nbgrader renders a graded notebook as it is: Markdown and outputs could run script with a TA's rights, and graded cells
do not say which exercise they are. ``nbgrader_settings`` puts this preprocessor and this filter into the exporter.
What a template has to be changed for is in ``jupyter/``, which belongs on a ``JUPYTER_PATH``.
"""

from __future__ import annotations

from typing import Any

import nh3
from jinja2 import pass_context
from markupsafe import escape
from nbconvert.filters.markdown_mistune import IPythonRenderer, MarkdownWithMath
from nbconvert.preprocessors import Preprocessor
from nbformat import NotebookNode
from nbformat.v4 import new_markdown_cell

from course.pages import text

UNSAFE_NAMES = ("student", "first_name", "last_name", "notebook_path")  # which nbgrader prints as HTML
PLAIN = ("text/plain", "image/png")  # of an output, what cannot run
TAGS = nh3.ALLOWED_TAGS - {"map", "area"} | {"s", "details", "summary", "figure", "figcaption"}
ATTRIBUTES = {"a": {"href", "title"}, "img": {"src", "alt", "width", "height"}, "th": {"align"}, "td": {"align"}}
PICTURES = ("data:image/png;base64,", "data:image/jpeg;base64,", "data:image/gif;base64,")


class GradingPage(Preprocessor):
    """Names each exercise above its cell, and leaves nothing of a submission that could run."""

    def preprocess(self, nb: NotebookNode, resources: Any) -> Any:
        for name in UNSAFE_NAMES:
            if resources.get(name):
                resources[name] = str(escape(text.visible(resources[name])))
        cells = []
        for cell in nb.cells:
            about = cell.metadata.get("nbgrader", {})
            if about.get("grade"):
                points = about.get("points", 0)
                heading = f"### {about['grade_id']} ({points:g} {'point' if points == 1 else 'points'})"
                cells.append(new_markdown_cell(heading))
            if cell.cell_type == "code":
                cell.outputs = [_plain(output) for output in cell.outputs]
            cells.append(cell)
        nb.cells = cells
        return nb, resources


@pass_context
def safe_markdown(context: Any, source: str) -> str:
    """A cell's Markdown as nbconvert renders it, formulas and the notebook's own pictures included, made harmless."""
    attachments = context.get("cell", {}).get("attachments", {})
    renderer = IPythonRenderer(escape=False, attachments=attachments, embed_images=False, exclude_anchor_links=True)
    try:
        html = MarkdownWithMath(renderer=renderer).render(text.visible(source, text.MOST_CODE))
    except Exception:  # a picture that the notebook does not have, Markdown nested too deeply
        html = str(text.markdown(source))
    return clean(html)


def clean(html: str) -> str:
    """HTML with an allow-list of tags: nothing that runs, has an id, or is fetched from elsewhere."""
    return nh3.clean(
        html,
        tags=TAGS,
        attributes=ATTRIBUTES,
        attribute_filter=_attribute,
        url_schemes={"http", "https", "mailto", "data"},
        link_rel="noopener noreferrer nofollow",
    )


def _attribute(tag: str, name: str, value: str) -> str | None:
    """Pictures only from within the page, links only to elsewhere."""
    if name in ("src", "href"):
        allowed = value.startswith(PICTURES) if tag == "img" else not value.lower().startswith("data:")
        return value if allowed else None
    return value


def _plain(output: NotebookNode) -> NotebookNode:
    if "data" in output:
        output.data = {kind: value for kind, value in output.data.items() if kind in PLAIN}
    return output
