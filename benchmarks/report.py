"""Measured values as a table for the terminal, a page for docs/ and a plot."""

from __future__ import annotations

import datetime
import json
import os
import platform
from importlib.metadata import version
from pathlib import Path
from typing import Any

import jinja2
from rich.table import Table

HERE = Path(__file__).parent
RESULTS = HERE / "results.json"
PAGE, PLOT = HERE.parent / "docs" / "performance.md", HERE.parent / "docs" / "images" / "performance.png"
GROUPS = {  # what the page shows: spans of the stopwatch
    "kernel: fork, ready, end": ("kernel", "fork"),
    "cells of the notebook": ("cells",),
    "snapshots": ("snapshots",),
    "answers: the student's functions at work": ("answers",),
    "tests: references and comparisons": ("tests",),
    "codec, trusted side": ("codec",),
    "pytest and the rest around tests": ("harness",),
    "diagnosis": ("diagnosis",),
    "opening the notebook": ("opening",),
    "store": ("store",),
    "gradebook": ("gradebook",),
    "autograded/": ("autograded",),
}
STUDENTS_AND_TESTS = ("cells", "answers", "tests")
CLUSTER = (10, 50, 200)  # workers
CORE_HOUR = 0.05  # euros; see the page


def machine() -> dict[str, Any]:
    cpu = next((line.split(":")[1].strip() for line in _lines("/proc/cpuinfo") if line.startswith("model name")), "?")
    return {
        "date": f"{datetime.date.today()}",
        "cpu": cpu,
        "cores": len(os.sched_getaffinity(0)),
        "load": round(os.getloadavg()[0], 1),
        "versions": {"Python": platform.python_version()}
        | {name: version(name) for name in ("torch", "nbgrader", "ipykernel")},
    }


def per(result: dict[str, Any]) -> float:
    """Seconds a submission, the start counted."""
    return result["seconds"] / result["size"]


def ratio(results: dict[str, Any]) -> float:
    return per(results["plain"]) / per(results["ours"])


def own_cost(results: dict[str, Any]) -> float:
    """Seconds a right submission on one core, without the student's cells and the tests' own arithmetic."""
    spans = results["right"]["spans"]
    return sum(s for name, s in spans.items() if name != "start") - sum(results["floor"].values())


def last_line(results: dict[str, Any]) -> str:
    ours = results["ours"]
    return f"throughput {ratio(results):.1f}x nbgrader ({ours['size']} submissions, {ours['jobs']} workers)"


def grouped(spans: dict[str, float]) -> dict[str, float]:
    """Seconds a submission by group, the largest first."""
    sums = {group: sum(spans.get(name, 0.0) for name in names) for group, names in GROUPS.items()}
    return dict(sorted(sums.items(), key=lambda item: -item[1]))


def table(results: dict[str, Any]) -> Table:
    shown = Table("", "seconds", "s a submission", "CPU s a submission", "peak memory")
    for name, result in [("plain nbgrader", results["plain"]), ("ours", results["ours"])]:
        cpu = result["cpu"] / result["size"]
        shown.add_row(name, f"{result['seconds']:.1f}", f"{per(result):.2f}", f"{cpu:.2f}", gigabytes(result["peak"]))
    shown.add_row("engine's own cost", "", f"{own_cost(results):.2f}", "", "")
    return shown


def gigabytes(size: float) -> str:
    return f"{size / 1e9:.1f} GB"


def write_report(results: dict[str, Any]) -> None:
    """Keep the results, and write the page and its plot from them."""
    RESULTS.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(HERE),
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters["gigabytes"] = gigabytes
    page = environment.get_template("performance.md.jinja").render(
        r=results,
        per=per,
        ratio=ratio(results),
        own=own_cost(results),
        groups=grouped(results["ours"]["spans"]),
        own_groups=_own_groups(results),
        projection=_projection(results),
        core_hour=CORE_HOUR,
        lesson_start=results["ours"]["spans"]["start"],
    )
    PAGE.write_text(page, encoding="utf-8")
    _plot(results)


def _own_groups(results: dict[str, Any]) -> dict[str, float]:
    """The engine's own cost by group: what the floor needs is taken off."""
    spans = dict(results["right"]["spans"])
    for name, seconds in results["floor"].items():
        spans[name] = spans.get(name, 0.0) - seconds
    return grouped(spans)


def _projection(results: dict[str, Any], size: int = 10_000) -> list[dict[str, float]]:
    """A class on a cluster, from the largest class that one worker graded here."""
    alone = [run for run in results.get("growth", {}).values() if run["jobs"] == 1]
    spans = max(alone, key=lambda run: run["size"], default=results["ours"])["spans"]
    start, busy = spans["start"], sum(s for name, s in spans.items() if name != "start")
    coordinator = sum(spans.get(name, 0.0) for name in ("opening", "store", "gradebook", "autograded"))
    rows = []
    for workers in CLUSTER:
        seconds = start + max(size * busy / workers, size * coordinator)
        rows.append({"workers": workers, "minutes": seconds / 60, "euros": workers * seconds / 3600 * CORE_HOUR})
    return rows


def _plot(results: dict[str, Any]) -> None:
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    growth = results.get("growth", {})
    figure, axes = plt.subplots(1, 2 if growth else 1, figsize=(10 if growth else 6, 3.4), squeeze=False)
    bars = axes[0, 0]
    names, values = ["plain nbgrader", "ours"], [per(results["plain"]), per(results["ours"])]
    bars.barh(names, values, color=["#b0b0b0", "#2a6f97"])
    bars.bar_label(bars.containers[0], fmt="%.2f s", padding=3)
    bars.set(xlabel="seconds a submission, start counted", xlim=(0, max(values) * 1.2))
    bars.invert_yaxis()
    for workers, colour in (("1", "#89c2d9"), ("2", "#2a6f97")):
        points = [(r["size"], r["seconds"]) for key, r in growth.items() if key.endswith(f"/{workers}")]
        if points:
            axes[0, 1].plot(
                *zip(*points, strict=True), "o-", color=colour, label=f"{workers} worker{'s' * (workers > '1')}"
            )
    if growth:
        axes[0, 1].set(xlabel="submissions", ylabel="seconds", xlim=(0, None), ylim=(0, None))
        axes[0, 1].legend(frameon=False)
    for axis in axes.flat:
        axis.spines[["top", "right"]].set_visible(False)
    figure.tight_layout()
    PLOT.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(PLOT, dpi=120)
    plt.close(figure)


def _lines(path: str) -> list[str]:
    try:
        return Path(path).read_text(encoding="utf-8").splitlines()
    except OSError:
        return []
