"""``python -m course.nbgrader_side.validation NOTEBOOK``: what nbgrader's Validate button says, as JSON on stdout."""

from __future__ import annotations

import json
import os
import sys
import traceback
from typing import Any


def validate(path: str) -> dict[str, Any]:
    """nbgrader's reply: ``success`` (whether the notebook could be checked) and ``value``, its findings or why not."""
    from nbgrader.apps import NbGrader
    from nbgrader.validator import Validator

    try:
        app = NbGrader()
        app.load_config_file()  # nbgrader_config.py of the working folder and of Jupyter's configuration
        return {"success": True, "value": Validator(config=app.config).validate(path)}
    except Exception:
        return {"success": False, "value": traceback.format_exc()}


def main() -> None:
    told = os.dup(1)
    os.dup2(2, 1)  # what kernels and libraries print is no reply
    found = json.dumps(validate(sys.argv[1]))
    with os.fdopen(told, "w") as reply:
        reply.write(found)


if __name__ == "__main__":
    main()
