"""Runs cells and reports what their visible checks said: the text of a program, not a module (see ``visible``).

It reads a list of cells as JSON from stdin, and answers with a line of JSON for each on what was its stdout, after a
first one that says that it is ready. What the cells print goes nowhere. Nothing but the kit is imported, since student
code runs here.

    {"checks": [{"passed": true, "message": "ok: add(3, 4)"}], "error": null}
"""

import json
import os
import sys
import traceback


def main() -> None:
    cells = json.loads(sys.stdin.read())
    wire = os.fdopen(os.dup(1), "w", encoding="utf-8")

    def tell(event: object) -> None:
        wire.write(json.dumps(event) + "\n")
        wire.flush()

    from IPython.core.interactiveshell import InteractiveShell

    from coursekit.check import recording

    shell = InteractiveShell.instance()
    tell("ready")
    nowhere = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1, 2):
        os.dup2(nowhere, descriptor)
    for cell in cells:
        with recording() as results:
            outcome = shell.run_cell(cell)
        checks = [{"passed": bool(result.passed), "message": str(result.message)} for result in results]
        tell({"checks": checks, "error": describe(outcome.error_before_exec or outcome.error_in_exec)})
    wire.close()
    os._exit(0)  # whatever threads the cells left behind


def describe(error):  # type: ignore[no-untyped-def]
    """Type, message and the innermost line of a cell, or None."""
    if error is None:
        return None
    if isinstance(error, SyntaxError):
        return {"error": type(error).__name__, "message": error.msg, "line": (error.text or "").strip()}
    lines = [frame.line for frame in traceback.extract_tb(error.__traceback__) if "ipython-input" in frame.filename]
    return {"error": type(error).__name__, "message": str(error), "line": (lines[-1] or "") if lines else ""}


main()
