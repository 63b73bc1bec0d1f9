"""nbgrader's way to our feedback page: an nbconvert exporter."""

from __future__ import annotations

from typing import Any

from nbconvert.exporters import Exporter
from nbformat import NotebookNode

from course.pages.feedback import page_of, render


class FeedbackExporter(Exporter):
    """A graded notebook as one HTML page: for ``nbgrader generate_feedback``, formgrader and ``course feedback``."""

    output_mimetype = "text/html"

    def _file_extension_default(self) -> str:
        return ".html"

    def from_notebook_node(self, nb: NotebookNode, resources: Any = None, **kw: Any) -> Any:
        notebook, resources = super().from_notebook_node(nb, resources=resources, **kw)
        return render(page_of(notebook, resources["nbgrader"], resources.get("reading"))), resources
