"""The walls around a submission, tried from inside; and the ladder of what is done where they cannot be put up."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from students import warm_kernel

from course.authoring.crossings import attempts, cross
from course.config import NO_SANDBOX, Limits
from course.errors import InputError, NoWalls
from course.kernels import walls
from course.kernels.base import SubmissionFault
from course.kernels.parent import WarmParent
from course.kernels.warm import WarmKernel
from course.lessons import Course
from course.student import Student
from course.submission import Cell
from coursebridge.limits import MEMORY_BYTES
from coursebridge.watch import _is_ending, family_of

COURSE = Course.open(Path(__file__).parents[1])
ATTEMPTS = {attempt.wall: attempt for attempt in attempts(COURSE)}
pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="walls are Linux's")


@pytest.fixture
def hasty(warm_parent: WarmParent, monkeypatch: pytest.MonkeyPatch) -> WarmParent:
    monkeypatch.setattr(warm_parent, "limits", replace(warm_parent.limits, cell_seconds=10.0, notebook_seconds=30.0))
    return warm_parent


def run(parent: WarmParent, *cells: str) -> list[str | None]:
    """The errors of cells that run in a kernel of their own."""
    with warm_kernel(parent) as kernel:
        return [result.error for result in kernel.run([Cell(cell) for cell in cells])]


def test_bubblewrap_is_used_where_it_is_installed(warm_parent: WarmParent) -> None:
    if shutil.which("bwrap") is None:
        pytest.skip("bubblewrap is not installed")
    assert warm_parent.rung == "bubblewrap and namespaces"


@pytest.mark.parametrize("wall", [w for w in ATTEMPTS if w != "run for ever"])
def test_wall_holds(hasty: WarmParent, wall: str) -> None:
    (crossing,) = cross(hasty, [ATTEMPTS[wall]])
    assert crossing.stopped_by is not None, wall


def test_an_attempt_without_a_wall_succeeds() -> None:
    """The attempts are worth something: most of them succeed in a plain Python."""
    plain = ["read the course's configuration", "read the hidden tests", "read the solutions", "see other processes",
             "read the environment"]  # fmt: skip
    for wall in plain:
        done = subprocess.run([sys.executable, "-c", ATTEMPTS[wall].code], capture_output=True, text=True)
        assert done.returncode == 0, (wall, done.stderr)


def test_memory_of_several_processes_is_counted_together(hasty: WarmParent) -> None:
    hoard = f"[sys.executable, '-c', 'import time; hoard = bytearray(b\"x\") * ({MEMORY_BYTES} // 6); time.sleep(60)']"
    source = f"import subprocess, sys, time\nmany = [subprocess.Popen({hoard}) for _ in range(12)]\ntime.sleep(30)"
    (error,) = run(hasty, source)
    assert error is None or "of memory" in error  # the watcher may take them and leave the kernel
    left = "print(sum(p.poll() is None for p in many))"
    assert error is not None or run(hasty, source, left)[1] is None


def test_shared_memory_is_counted(hasty: WarmParent) -> None:
    source = f"import mmap\nm = mmap.mmap(-1, {2 * MEMORY_BYTES})\nfor i in range(0, len(m), 4096): m[i] = 1"
    assert "of memory" in str(run(hasty, source)[0])


def test_memory_of_no_process_cannot_be_had(warm_parent: WarmParent) -> None:
    for source in (
        "import os\nos.memfd_create('x')",
        "import ctypes\nassert ctypes.CDLL(None).shmget(0, 4096, 0o1600) >= 0",
    ):
        assert run(warm_parent, source)[0] is not None


def test_a_hog_in_a_call_costs_that_call_only(hasty: WarmParent) -> None:
    kernel = hasty.start()
    hog = "import torch\ndef hog():\n    return [torch.ones(1 << 24) for _ in range(200)]"
    kernel.run([Cell("kept = 7\ndef f(): return kept"), Cell(hog)])
    student = Student(kernel.snapshot)
    with pytest.raises(Exception, match="GiB of memory|can't allocate memory"):
        student.hog()
    student._close()
    again = Student(kernel.snapshot)
    assert again.f() == 7
    again._close()
    kernel.close()


BOMB = "import os\nif os.fork() == 0:\n    while True:\n        os.fork()"


def test_a_bomb_that_a_cell_leaves_costs_neither_the_next_cells_nor_the_calls(hasty: WarmParent) -> None:
    kernel = hasty.start()
    waits = Cell("import time\ntime.sleep(1)\ndef f(): return 7")
    assert [result.error for result in kernel.run([Cell(BOMB), waits, waits])] == [None] * 3
    assert answers_within(kernel, 1)
    kernel.close()


def answers_within(kernel: WarmKernel, gradings: int, **options: Any) -> bool:
    """What the watcher has seen just before may still hit a clone: grading asks twice."""
    for _ in range(gradings):
        student = Student(kernel.snapshot, **options)
        with contextlib.suppress(SubmissionFault):
            return [student.f() for _ in range(3)] == [7] * 3
        student._close()
    return False


@pytest.mark.parametrize("bans", [(), ("convolution",)])
def test_a_bomb_that_a_call_leaves_costs_the_next_clone_nothing(hasty: WarmParent, bans: tuple[str, ...]) -> None:
    kernel = hasty.start()
    kernel.run(
        [Cell(f"def f(): return 7\ndef explode():\n    {BOMB.replace(chr(10), chr(10) + '    ')}\n    return 1")]
    )
    for _ in range(3):
        student = Student(kernel.snapshot, bans=bans)
        with contextlib.suppress(SubmissionFault):
            student.explode()
        student._close()
        assert answers_within(kernel, 2, bans=bans)
    kernel.close()


def test_what_has_been_killed_does_not_count() -> None:
    child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    assert not _is_ending(child.pid)
    child.kill()
    assert _is_ending(child.pid)
    child.wait()
    assert _is_ending(child.pid)


def test_what_a_right_answer_needs_is_there(warm_parent: WarmParent) -> None:
    cells = [
        "import torch\nfrom torch.utils.data import DataLoader, TensorDataset\n"
        "loader = DataLoader(TensorDataset(torch.arange(8.0)), batch_size=2, num_workers=2)\n"
        "assert sum(batch[0].sum() for batch in loader) == 28",
        "from concurrent.futures import ThreadPoolExecutor\nassert list(ThreadPoolExecutor(4).map(abs, [-1])) == [1]",
        "import tempfile\nwith tempfile.TemporaryFile() as file: file.write(bytes(10_000_000))",
        "import torch\ntorch.save({'w': torch.ones(1000)}, 'net.pt')\nassert torch.load('net.pt')['w'].sum() == 1000",
        "import matplotlib.pyplot as plt\nplt.plot([1, 2])\nplt.savefig('figure.png')",
        "import torchvision, sklearn.datasets\nassert len(sklearn.datasets.load_digits().images) == 1797",
        "import getpass, pathlib\nassert getpass.getuser() and pathlib.Path.home().is_dir()",
        "import subprocess, sys\nsubprocess.run([sys.executable, '-c', 'import numpy'], check=True)",
    ]
    assert run(warm_parent, *cells) == [None] * len(cells)


def test_a_kernel_has_nothing_of_the_last_one(warm_parent: WarmParent) -> None:
    places = ("/tmp/note", "/dev/shm/note", "note")
    assert run(warm_parent, *(f"open({place!r}, 'x').close()" for place in places)) == [None] * 3
    assert run(warm_parent, *(f"open({place!r}, 'x').close()" for place in places)) == [None] * 3


def test_kernels_cannot_meet(warm_parent: WarmParent) -> None:
    """Two kernels at the same time have no address, socket or user in common."""
    first, second = warm_parent.start(), warm_parent.start()
    listen = (
        "import socket, os\ns = socket.socket(socket.AF_UNIX)\ns.bind('\\0meeting')\ns.listen()\nprint(os.getuid())"
    )
    call = "import socket, os\ns = socket.socket(socket.AF_UNIX)\ns.connect('\\0meeting')"
    try:
        told = first.run([Cell(listen)])[0]
        assert told.error is None
        assert "refused" in str(second.run([Cell(call)])[0].error)
        if os.geteuid() == 0:
            other = second.run([Cell("import os\nprint(os.getuid())")])[0]
            assert other.outputs != told.outputs
    finally:
        first.close()
        second.close()


def test_everything_that_a_kernel_started_ends_with_it(warm_parent: WarmParent) -> None:
    before = set(family_of(os.getpid()))
    kernel = warm_parent.start()
    leave = (
        "import os, time\ndef leave():\n    for _ in range(8):\n        if os.fork() == 0:\n"
        "            os.setsid()\n            os.fork()\n            time.sleep(600)"
    )
    assert kernel.run([Cell(leave)])[0].error is None
    Student(kernel.snapshot).leave()
    assert len(set(family_of(os.getpid())) - before) > 8
    kernel.close()
    deadline = time.monotonic() + 10
    while set(family_of(os.getpid())) - before:
        assert time.monotonic() < deadline
        time.sleep(0.05)


# -- the ladder ---------------------------------------------------------------------------------------------------


def test_without_bubblewrap_namespaces_are_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(walls, "bubblewrap_works", lambda: False)
    parent = WarmParent(Limits())
    try:
        parent.wait()
        assert parent.rung == "namespaces"
        chosen = ["read the hidden tests", "read files at home", "see other processes", "reach the network",
                  "change installed packages", "become root"]  # fmt: skip
        for crossing in cross(parent, [ATTEMPTS[wall] for wall in chosen]):
            assert crossing.stopped_by is not None, crossing.wall
    finally:
        parent.close()


def test_a_rung_that_does_not_hold_is_left_and_none_below_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    nothing = {"visible": ["/usr"], "links": [], "devices": ["/no/such/device"], "home": "/h", "switch_user": False}
    broken = walls.Walls("broken", False, nothing)
    monkeypatch.setattr("course.kernels.parent.ladder", lambda data, devices: [broken, broken])
    parent = WarmParent(Limits())
    with pytest.raises(NoWalls, match="make system-deps.*--no-sandbox"):
        parent.wait()


def test_without_walls_only_when_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    assert walls.NO_WALLS not in walls.ladder(None)
    monkeypatch.setenv(NO_SANDBOX, "1")
    assert walls.ladder(None) == [walls.NO_WALLS]


def test_nothing_but_system_packages_and_bridge_is_visible() -> None:
    for rung in walls.ladder(None):
        assert rung.view is not None
        shown = [Path(path) for path in rung.view["visible"]]
        assert not any(COURSE.root == path or path in COURSE.root.parents for path in shown)
        assert not any(path.name == "course" for path in shown if COURSE.root in path.parents)


def test_data_sets_are_visible_and_cannot_be_changed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "digits").mkdir(mode=0o755)
    (tmp_path / "digits" / "train.txt").write_text("seven")
    for folder in (tmp_path, *list(tmp_path.parents)[:2]):
        folder.chmod(0o755)
    monkeypatch.setenv("COURSE_DATA", str(tmp_path))
    parent = WarmParent(Limits())
    try:
        parent.wait()
        read = "import os\nroot = os.environ['COURSE_DATA']\nassert open(root + '/digits/train.txt').read() == 'seven'"
        errors = run(parent, read, "open(root + '/digits/train.txt', 'w')")
        assert errors[0] is None and re.search("Read-only|Permission", str(errors[1]))
    finally:
        parent.close()


# -- the gpu tier, as far as it can be seen without one -----------------------------------------------------------


@pytest.fixture
def gpu_parent(monkeypatch: pytest.MonkeyPatch) -> Iterator[WarmParent]:
    """A terminal's node stands for a GPU's."""
    monkeypatch.setattr("course.kernels.parent.gpus", lambda: walls.Gpus(("/dev/tty",), "7"))
    parent = WarmParent(Limits(), tier="gpu")
    parent.wait()
    yield parent
    parent.close()


def test_on_the_gpu_tier_each_exercise_has_a_fresh_kernel_and_nothing_is_forked(gpu_parent: WarmParent) -> None:
    cell = (
        "import os, resource\nseen = []\ndef count():\n    seen.append(1)\n    return len(seen), os.getpid()\n"
        "def place():\n    return os.environ['CUDA_VISIBLE_DEVICES'], os.path.exists('/dev/tty'), "
        "resource.getrlimit(resource.RLIMIT_DATA)[0] == resource.RLIM_INFINITY"
    )
    kernel = gpu_parent.start()
    kernel.run([Cell(cell)])
    for _ in range(2):
        student = Student(kernel.snapshot)
        assert (student.count(), student.count()) == ((1, 1), (2, 1))  # process 1: the kernel itself
        assert student.place() == ("7", True, True)
        student._close()
    kernel.close()
    environment = Path(f"/proc/{gpu_parent._process.pid}/environ").read_bytes().split(b"\0")
    assert b"CUDA_VISIBLE_DEVICES=" in environment  # the parent itself sees none


def test_without_a_gpu_its_tier_is_refused() -> None:
    if any(Path("/dev").glob("nvidia[0-9]*")):
        pytest.skip("this machine has a GPU")
    with pytest.raises(InputError, match="no NVIDIA GPU"):
        WarmParent(Limits(), tier="gpu")
