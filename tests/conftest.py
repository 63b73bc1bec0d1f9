"""What all tests share: one thread, one warm parent, and no silent skips in CI."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):  # before torch is imported
    os.environ[name] = "1"
sys.path.insert(0, str(Path(__file__).parent))  # helper modules stand beside the tests

import pytest  # noqa: E402
import torch  # noqa: E402

from course.config import Limits  # noqa: E402
from course.kernels.parent import WarmParent  # noqa: E402

torch.set_num_threads(1)

SYSTEM_PACKAGES = ("chromium", "bwrap", "bubblewrap", "postgresql")


@pytest.fixture(scope="session")
def warm_parent() -> Iterator[WarmParent]:
    """Starts kernels for the whole test session. Its limits may be changed with monkeypatch."""
    parent = WarmParent(Limits(cell_seconds=60.0))
    parent.wait()
    yield parent
    parent.close()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Iterator[None]:
    return _no_silent_skip((yield))


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(collector: pytest.Collector) -> Iterator[None]:
    return _no_silent_skip((yield))


def _no_silent_skip(report: Any) -> Any:
    """In CI, what a missing system package would skip fails instead."""
    if report.skipped and os.environ.get("CI") == "true":
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
        if any(package in reason.lower() for package in SYSTEM_PACKAGES):
            report.outcome = "failed"
            report.longrepr = f"a system package is missing (make system-deps): {reason}"
    return report
