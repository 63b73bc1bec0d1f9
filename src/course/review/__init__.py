"""The TA's pages: a Jupyter server extension beside the formgrader, behind the same login.

Pages and their handlers live here, and what they show: clusters, similar answers, comments given to many at once. What
touches nbgrader's gradebook stands in ``course.nbgrader_side``; what students read is made in ``course.pages``.
"""

from __future__ import annotations

from typing import Any


def _jupyter_server_extension_points() -> list[dict[str, Any]]:
    from course.review.app import ReviewApp

    return [{"module": "course.review", "app": ReviewApp}]
