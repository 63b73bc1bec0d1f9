"""What one process of a submission may use at most, by the operating system's own limits."""

from __future__ import annotations

import contextlib
import sys

GIB = 1 << 30

LIMITS = {  # name in `resource`: most, in bytes or as counted by the system
    "RLIMIT_DATA": 6 * GIB,  # private memory; torch itself takes about 1 GiB
    "RLIMIT_FSIZE": 1 * GIB,  # one file
    "RLIMIT_NOFILE": 1024,  # open files
    "RLIMIT_CORE": 0,  # no core dumps
}


def limit_this_process() -> None:
    """Apply the table to this process and all that it starts. Where the system has no such limits, nothing happens."""
    if sys.platform != "linux":
        return
    import resource

    for name, most in LIMITS.items():
        with contextlib.suppress(ValueError, OSError):  # a lower limit is in force already
            resource.setrlimit(getattr(resource, name), (most, most))
