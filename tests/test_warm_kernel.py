"""Kernels forked from the warm parent: like an ordinary kernel for cells, and unbreakable for who asks."""

from __future__ import annotations

import contextlib
import json
import os
import re
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from small_course import LESSON, grader_of, submission, write_lesson
from students import warm_kernel

from course.kernels.base import BadReply, KernelLost, KernelTimeout, SubmissionFault
from course.kernels.parent import WarmParent
from course.kernels.warm import WarmKernel, _held_up
from course.runs.grade import grade_submission
from course.student import ForbiddenUse, Student
from course.submission import Cell


def outputs_of(parent: WarmParent, *sources: str) -> list[list[dict[str, Any]]]:
    kernel = parent.start()
    try:
        return [result.outputs for result in kernel.run([Cell(source) for source in sources])]
    finally:
        kernel.close()


def errors_of(parent: WarmParent, *sources: str) -> list[str | None]:
    kernel = parent.start()
    try:
        return [result.error for result in kernel.run([Cell(source) for source in sources])]
    finally:
        kernel.close()


# -- cells --------------------------------------------------------------------------------------------------------

NOTEBOOK = [
    "print('one')\nprint('two', end='')\n'last value'",
    "import sys\nprint('out')\nprint('err', file=sys.stderr)\nprint('out again')",
    "from IPython.display import HTML, clear_output, display, update_display\ndisplay(HTML('<b>bold</b>'), {})\n3 + 4",
    "_ + 1, Out[1]",
    "x = 5;",
    "x;",
    "x",
    "def f():\n    return 1 / 0\nf()",
    "raise ValueError('no')",
    "def broken(:",
    "no_such_name",
    "assert x == 6, 'not six'",
    "for i in range(3):\n    clear_output(wait=True)\n    print(i)",
    "shown = display('first', display_id='d')\nupdate_display('second', display_id='d')",
    "import asyncio\nawait asyncio.sleep(0.01)\n'awaited'",
    "!echo from the shell",
    "%%capture caught\nprint('hidden')",
    "print(caught.stdout)",
    "class Shown:\n    def _repr_html_(self): return '<i>html</i>'\n    def __repr__(self): return 'text'\nShown()",
    "import warnings\nwarnings.warn('careful')",
    "import logging\nlogging.warning('logged')",
    "print(__name__)",
    "print('é ☃ 😀')",
    "help(len)",
    "sys.exit(3)",
    "print('still here')",
    "%matplotlib inline\nimport matplotlib.pyplot as plt\naxes = plt.figure(figsize=(1, 1)).gca()\naxes.plot([1, 2])",
    "plt.figure(figsize=(1, 1))\nplt.plot([1, 2])\nplt.show()\nprint('after the figure')",
    "%no_such_magic",
    "import numpy as np\nnp.arange(3)",
]


@pytest.mark.slow
def test_cells_show_what_they_show_in_an_ordinary_kernel(warm_parent: WarmParent) -> None:
    nbformat, nbclient = pytest.importorskip("nbformat"), pytest.importorskip("nbclient")
    ordinary = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source) for source in NOTEBOOK])
    nbclient.NotebookClient(ordinary, timeout=120, allow_errors=True, kernel_name="python3").execute()
    ours = outputs_of(warm_parent, *NOTEBOOK)
    for source, cell, mine in zip(NOTEBOOK, ordinary.cells, ours, strict=True):
        assert essence(mine) == essence(json.loads(json.dumps(cell.outputs))), source


def essence(outputs: list[dict[str, Any]]) -> list[Any]:
    """Outputs without terminal colours, paths, addresses and pixels; each stream in one piece, before the rest."""
    streams = {"stdout": "", "stderr": ""}
    rest: list[Any] = []
    for output in outputs:
        match output["output_type"]:
            case "stream":
                streams[output["name"]] += plain(output["text"])
            case "error":
                rest.append((output["ename"], plain(output["evalue"]), plain("\n".join(output["traceback"]))))
            case kind:
                shown = {k: plain(v) if k.startswith("text/") else "..." for k, v in output["data"].items()}
                rest.append((kind, output.get("execution_count"), shown))
    return [streams, rest]


def plain(text: str) -> str:
    text = re.sub(r"\x1b\[[0-9;]*m", "", text)
    text = re.sub(r"0x[0-9a-f]+", "0x", text)
    return re.sub(r"<cell [^>]*>|/\S*\.py|\d+\.py", "FILE", text)


def test_a_figure_is_an_image(warm_parent: WarmParent) -> None:
    (shown,) = outputs_of(warm_parent, "%matplotlib inline\nimport matplotlib.pyplot as plt\nplt.plot([1, 2]);")
    assert [set(output["data"]) for output in shown] == [{"image/png", "text/plain"}]


def test_output_without_end_is_cut(warm_parent: WarmParent) -> None:
    limit = warm_parent.limits.output_bytes
    flood, figures, after = outputs_of(
        warm_parent,
        "for i in range(100_000): print('x' * 100)",
        "from IPython.display import display\nfor i in range(100): display({'text/plain': 'y' * 10_000}, raw=True)",
        "print('short')",
    )
    assert len(flood) == 1 and len(flood[0]["text"]) < limit + 100 and flood[0]["text"].endswith("[output cut here]\n")
    assert sum(len(json.dumps(output)) for output in figures) < 2 * limit
    assert after[0]["text"] == "short\n"


def test_an_output_that_is_no_json_is_left_out_and_nothing_else_is_lost(warm_parent: WarmParent) -> None:
    shown, after = outputs_of(
        warm_parent,
        "from IPython.display import display\nprint('before')\ndisplay({'image/png': b''}, raw=True)\nprint('after')",
        "print('next')",
    )
    texts = "".join(output["text"] for output in shown)
    assert "before\n" in texts and "left out" in texts and "after\n" in texts
    assert after[0]["text"] == "next\n"


def test_an_error_names_its_line_and_the_next_cell_runs(warm_parent: WarmParent) -> None:
    failed, ran = errors_of(warm_parent, "x = 1\n\nraise ValueError('no')", "x + 1")
    assert failed == "ValueError: no (line 3)" and ran is None


def test_a_cell_sees_nothing_of_our_environment(warm_parent: WarmParent, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COURSE_SECRET", "hidden tests")
    ((shown,),) = outputs_of(warm_parent, "import os\nprint(dict(os.environ))")
    assert "hidden tests" not in shown["text"] and str(Path.home()) not in re.sub(r"'PATH': '[^']*'", "", shown["text"])


def test_each_kernel_has_a_folder_of_its_own_that_goes_with_it(warm_parent: WarmParent) -> None:
    cell = "import os\nopen('note.txt', 'x').close()\nprint(os.path.exists('note.txt'), os.getcwd())"
    seen = [outputs_of(warm_parent, cell)[0][0]["text"] for _ in range(2)]
    assert seen == ["True /home/student\n"] * 2
    assert not Path("/home/student/note.txt").exists()


def test_kernels_start_with_the_same_seed(warm_parent: WarmParent) -> None:
    cell = "import random, numpy, torch\nprint(random.random(), numpy.random.rand(), torch.rand(1), hash('text'))"
    first, second = (outputs_of(warm_parent, cell)[0][0]["text"] for _ in range(2))
    assert first == second


# -- cells that take the kernel with them -------------------------------------------------------------------------


@pytest.fixture
def hasty(warm_parent: WarmParent, monkeypatch: pytest.MonkeyPatch) -> WarmParent:
    """The warm parent with a short limit for cells."""
    monkeypatch.setattr(warm_parent, "limits", replace(warm_parent.limits, cell_seconds=2.0))
    return warm_parent


@pytest.mark.parametrize(
    "source, reason",
    [
        ("while True: pass", "did not finish within 2 seconds"),
        ("max(range(10**12))", "did not finish within 2 seconds"),
        ("import time\nwhile True:\n    try: time.sleep(100)\n    except BaseException: pass", "did not finish"),
        ("import os\nos._exit(0)", "ended the process"),
        ("import ctypes\nctypes.string_at(0)", "ended the process"),
    ],
    ids=["loop", "loop in C", "stubborn sleep", "os._exit", "segfault"],
)
def test_a_cell_that_takes_the_kernel_with_it_is_left_out(hasty: WarmParent, source: str, reason: str) -> None:
    with warm_kernel(hasty, "def f(): return x", source, "x = 3") as kernel:
        error = kernel.run([Cell("def f(): return x"), Cell(source), Cell("x = 3")])[1].error
        assert error is not None and reason in error
        student = Student(kernel.snapshot)
        assert student.f() == 3
        student._close()


def test_time_for_which_a_busy_machine_lets_a_process_wait_is_not_held_against_it() -> None:
    core = min(os.sched_getaffinity(0))
    busy = [subprocess.Popen(["taskset", "-c", str(core), sys.executable, "-c", "while True: pass"]) for _ in range(3)]
    try:
        time.sleep(1)
        assert sum(_held_up(process.pid) for process in busy) > 1  # three share a second, and wait for the others
        assert _held_up(os.getpid()) < 1000 and _held_up(None) == 0
    finally:
        for process in busy:
            process.kill()
            process.wait()


TIMER = """
import signal
def alarm(*_): raise StopIteration
signal.signal(signal.SIGALRM, alarm)
signal.setitimer(signal.ITIMER_REAL, 0.01, 0.001)
"""


def test_a_timer_that_a_cell_leaves_costs_no_other_cell(hasty: WarmParent) -> None:
    with warm_kernel(hasty) as kernel:
        errors = [r.error for r in kernel.run([Cell("x = 3"), Cell(TIMER), Cell("def f(): return x"), Cell("y = 4")])]
        assert errors[0] is None and errors[2:] == [None, None]
        student = Student(kernel.snapshot)
        assert student.f() == 3
        student._close()


@pytest.mark.parametrize("left", ["sys.exit()", "exit()", "raise KeyboardInterrupt", "get_ipython().ask_exit()"])
def test_leaving_politely_does_not_end_the_kernel(warm_parent: WarmParent, left: str) -> None:
    assert errors_of(warm_parent, f"import sys\n{left}", "x = 1")[1] is None


# -- clones -------------------------------------------------------------------------------------------------------

COUNTER = """
import ctypes, os, signal, sys, threading, time, torch
seen = []
def count():
    seen.append(1)
    return len(seen)
def spin():
    while True: pass
def spin_in_c(): return max(range(10**12))
def stubborn():
    while True:
        try: time.sleep(100)
        except BaseException: pass
def leave(): os._exit(0)
def crash(): ctypes.string_at(0)
def die(): os.kill(os.getpid(), signal.SIGKILL)
def end_all(): os.kill(-1, signal.SIGKILL)
def convolve(): return torch.nn.functional.conv1d(torch.ones(1, 1, 3), torch.ones(1, 1, 2)).sum()
def orphan(): os.kill(os.getppid(), signal.SIGKILL); return 1
def huge(): return torch.zeros(3_000_000, dtype=torch.uint8)
def shout():
    os.write(1, b"x" * 100_000)
    os.write(2, b"x" * 100_000)
    sys.__stdout__ and sys.__stdout__.write("y")
    return 1
def background():
    threading.Thread(target=spin, daemon=True).start()
    return 1
"""


@pytest.fixture(scope="module")
def kernel(warm_parent: WarmParent) -> Any:
    with warm_kernel(warm_parent, COUNTER) as kernel:
        yield kernel


def test_state_does_not_leak_from_one_clone_to_the_next(kernel: WarmKernel) -> None:
    for _ in range(3):
        student = Student(kernel.snapshot)
        assert [student.count(), student.count()] == [1, 2]
        student._close()


def test_a_snapshot_ends_what_was_started_before(kernel: WarmKernel) -> None:
    first, second = Student(kernel.snapshot), Student(kernel.snapshot)
    assert [first.count(), first.count(), second.count()] == [1, 2, 1]
    with pytest.raises(KernelLost):
        first.count()
    second._close()


def test_exercises_with_the_same_bans_share_a_copy_and_nothing_else(kernel: WarmKernel) -> None:
    copies = set()
    for bans in [("convolution",), ("convolution",), ("pooling",), ()]:
        student = Student(kernel.snapshot, bans=bans)
        assert [student.count(), student.count()] == [1, 2]
        if "convolution" in bans:
            with pytest.raises(ForbiddenUse):
                student.convolve()
            copies.add(id(kernel._banned))
        else:
            assert student.convolve() is not None
        student._close()
    assert len(copies) == 1


def test_a_clone_that_ends_the_banned_copy_costs_itself_only(kernel: WarmKernel) -> None:
    first, second = Student(kernel.snapshot, bans=("pooling",)), Student(kernel.snapshot, bans=("pooling",))
    assert first.count() == 1
    with contextlib.suppress(KernelLost):
        first.end_all()
    first._close()
    assert second.count() == 1
    second._close()


def test_a_kernel_that_is_stopped_during_one_exercise_is_there_for_the_next(kernel: WarmKernel) -> None:
    for bans in [("pooling",), ()]:
        student = Student(kernel.snapshot, bans=bans)
        assert student.count() == 1
        kernel._parent.kill(kernel._name)  # as the watcher does
        time.sleep(0.5)
        with pytest.raises(KernelLost):
            student.count()
        student._close()
        again = Student(kernel.snapshot, bans=bans)
        assert again.count() == 1
        again._close()


@pytest.mark.parametrize("call", ["spin", "spin_in_c"])
def test_a_call_without_end_is_a_timeout_and_the_next_clone_is_fine(kernel: WarmKernel, call: str) -> None:
    student = Student(kernel.snapshot, call_seconds=0.5)
    with pytest.raises(KernelTimeout, match="within 0.5 seconds"):
        getattr(student, call)()
    assert student.count() == 1  # a fresh clone
    student._close()


def test_sleeping_through_the_limit_is_a_timeout_too(kernel: WarmKernel) -> None:
    student = Student(kernel.snapshot, call_seconds=0.3)
    with pytest.raises(KernelTimeout):
        student.stubborn()
    student._close()


@pytest.mark.parametrize("call", ["leave", "crash", "die"])
def test_a_call_that_ends_the_process_costs_that_call_only(kernel: WarmKernel, call: str) -> None:
    student = Student(kernel.snapshot)
    with pytest.raises(KernelLost, match="ended the process"):
        getattr(student, call)()
    assert student.count() == 1
    student._close()


def test_a_clone_cannot_kill_its_kernel(kernel: WarmKernel) -> None:
    assert Student(kernel.snapshot).orphan() == 1
    assert Student(kernel.snapshot).count() == 1


def test_a_clone_killed_from_outside_is_a_lost_kernel(kernel: WarmKernel) -> None:
    student = Student(kernel.snapshot)
    assert student.count() == 1
    assert student._connection is not None
    os.kill(student._connection._seen_from_here, signal.SIGKILL)  # type: ignore[attr-defined]
    with pytest.raises(KernelLost):
        student.count()
    assert student.count() == 1
    student._close()


def test_a_reply_larger_than_allowed_is_refused(
    warm_parent: WarmParent, kernel: WarmKernel, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(warm_parent, "limits", replace(warm_parent.limits, reply_bytes=1_000_000))
    student = Student(kernel.snapshot)
    with pytest.raises(BadReply, match="more than 1 MB"):
        student.huge()
    assert student.count() == 1
    student._close()


def test_what_is_written_to_the_descriptors_disturbs_nobody(kernel: WarmKernel) -> None:
    student = Student(kernel.snapshot)
    assert [student.shout(), student.count()] == [1, 1]
    student._close()


def test_a_thread_left_behind_by_a_call_ends_with_its_clone(kernel: WarmKernel) -> None:
    student = Student(kernel.snapshot)
    assert student.background() == 1
    assert student.count() == 1
    student._close()
    again = Student(kernel.snapshot)
    assert again.count() == 1
    again._close()


def test_a_thread_left_behind_by_a_cell_does_not_spoil_the_clones(warm_parent: WarmParent) -> None:
    cell = """
import threading, time
ticks = []
def tick():
    while True:
        ticks.append(1)
        time.sleep(0.001)
threading.Thread(target=tick, daemon=True).start()
def f(x): return x + 1
"""
    with warm_kernel(warm_parent, cell) as kernel:
        for _ in range(3):
            student = Student(kernel.snapshot)
            assert torch.equal(student.f(torch.ones(3)), torch.full((3,), 2.0))
            student._close()


def test_training_works_in_a_clone_and_is_the_same_in_each(warm_parent: WarmParent) -> None:
    cell = """
import torch
net = torch.nn.Linear(3, 1)
torch.nn.functional.mse_loss(net(torch.randn(5, 3)), torch.zeros(5, 1)).backward()  # autograd ran before the fork
def train():
    optimizer = torch.optim.Adam(net.parameters(), lr=0.1)
    for _ in range(20):
        optimizer.zero_grad()
        loss = net(torch.randn(8, 3)).square().mean()
        loss.backward()
        optimizer.step()
    return loss.item()
"""
    with warm_kernel(warm_parent, cell) as kernel:
        losses = []
        for _ in range(2):
            student = Student(kernel.snapshot, seed=1, call_seconds=60)
            losses.append(student.train())
            student._close()
    assert losses[0] == losses[1]


# -- forged replies -----------------------------------------------------------------------------------------------

FORGER = """
import gc, json, os, socket, struct
def the_socket():
    return next(s for s in gc.get_objects() if isinstance(s, socket.socket) and s.fileno() >= 0)
def frame(node, *buffers):
    header = node if isinstance(node, bytes) else json.dumps(node).encode()
    return struct.pack(f">QI{len(buffers)}Q", len(header), len(buffers), *map(len, buffers)) + header + b"".join(buffers)
def pairs(**fields): return {"t": "dict", "v": [[k, v] for k, v in fields.items()]}
right = pairs(status="ok", value=4)
deep = 0
for _ in range(50): deep = [deep]
FORGED = {
    "nothing but bytes": b"x" * 100,
    "a header without end": struct.pack(">QI", 2**60, 0),
    "very many buffers": struct.pack(">QI", 2, 2**31),
    "a huge buffer": struct.pack(">QIQ", 2, 1, 2**62),
    "no JSON": frame(b"{"),
    "nested JSON": frame(b"[" * 100_000),
    "a number": frame(3),
    "no reply": frame([]),
    "two replies": frame([right, right]),
    "a reply that is a list": frame([[1]]),
    "no status": frame([pairs(value=4)]),
    "another status": frame([pairs(status="fine", value=4)]),
    "a status that is an array": frame([pairs(status={"t": "array", "dtype": "int8", "shape": [2], "b": 0})], b"ab"),
    "no value": frame([pairs(status="ok")]),
    "an exception without type": frame([pairs(status="exception", message="x", bases=[], traceback=[])]),
    "a traceback of numbers": frame([pairs(status="exception", type="E", message="x", bases=[], traceback=[1])]),
    "a traceback of lists": frame([pairs(status="exception", type="E", message="x", bases=[], traceback=[pairs(line=[])])]),
    "changes of texts": frame([pairs(status="ok", value=4, changed=["x"])]),
    "printed numbers": frame([pairs(status="ok", value=4, printed=3)]),
    "seconds of text": frame([pairs(status="ok", value=4, seconds="long")]),
    "hits of numbers": frame([pairs(status="ok", value=4, forbidden=[3])]),
    "hits of nothing": frame([pairs(status="ok", value=4, forbidden=[pairs()])]),
    "hits that are a number": frame([pairs(status="ok", value=4, forbidden=3)]),
    "a deep value": frame([pairs(status="ok", value=deep)]),
    "an unknown tag": frame([pairs(status="ok", value={"t": "pickle", "v": "x"})]),
    "a tensor larger than its buffer": frame([pairs(status="ok", value={"t": "tensor", "dtype": "uint8", "shape": [10**9], "b": 0})], b"ab"),
    "a tensor that expands": frame([pairs(status="ok", value={"t": "tensor", "dtype": "uint8", "shape": [2**39], "stride": [0], "b": 0})], b"a"),
}
def f(name):
    the_socket().sendall(FORGED[name])
    return 4
def forge_right_answer():
    the_socket().sendall(frame([right]))
    os._exit(0)
def silent():
    the_socket().close()
    while True: pass
def shut():
    the_socket().shutdown(socket.SHUT_RDWR)
    return 4
def names(): return sorted(FORGED)
"""  # noqa: E501


@pytest.fixture(scope="module")
def forger(warm_parent: WarmParent) -> Any:
    with warm_kernel(warm_parent, FORGER) as kernel:
        yield kernel


FORGED = re.findall(r'^    "([^"]+)": ', FORGER, re.MULTILINE)


@pytest.mark.parametrize("name", FORGED)
def test_a_forged_reply_is_the_submissions_fault_and_nothing_else(forger: WarmKernel, name: str) -> None:
    student = Student(forger.snapshot, call_seconds=2.0)
    with pytest.raises(SubmissionFault):
        student.f(name)
    student._close()


def test_a_forged_reply_that_is_well_formed_is_only_an_answer(forger: WarmKernel) -> None:
    student = Student(forger.snapshot)
    assert student.forge_right_answer() == 4
    with pytest.raises(SubmissionFault):
        student.names()
    assert student.names() == sorted(FORGED)
    student._close()


@pytest.mark.parametrize("call", ["silent", "shut"])
def test_a_closed_socket_is_a_lost_kernel(forger: WarmKernel, call: str) -> None:
    student = Student(forger.snapshot, call_seconds=2.0)
    with pytest.raises(KernelLost):
        getattr(student, call)()
    student._close()


FORGED_CELLS = {
    "bytes": "send(b'x' * 100)",
    "another reply": "send(frame({'outputs': [], 'error': None}))",
    "many replies": "for _ in range(50): send(frame({'pid': 1, 'threads': 1}))",
    "odd numbers": "for _ in range(50): send(frame({'pid': 'x', 'threads': [], 'outputs': [], 'error': None}))",
    "an error of another kind": "send(frame({'outputs': 3, 'error': 3}))",
    "a closed socket": "the_socket().close()",
}


@pytest.mark.parametrize("name", FORGED_CELLS)
def test_a_cell_that_forges_replies_costs_the_submission_points_and_us_nothing(
    hasty: WarmParent, tmp_path: Path, name: str
) -> None:
    """What it gains is at most a score of 0 with a reason: no error of ours, no endless wait."""
    course = write_lesson(tmp_path, double=DOUBLE.format(name="double"))
    start = FORGER.partition("def pairs")[0] + "send = lambda data: the_socket().sendall(data)\n"
    handed_in = submission(course, f"# %% double\n{start}\n{FORGED_CELLS[name]}\ndef double(n): return 3 * n\n")
    record = grade_submission(grader_of(course), hasty, handed_in, ["double"]).exercises["double"]
    assert record.points == 0
    assert "engine failed" not in (record.reason or "") and "hidden test could not" not in (record.reason or "")


# -- exercises do not hurt each other -----------------------------------------------------------------------------

DOUBLE = """
from course.grading import points, same
limits = {{"call_seconds": 0.7}}

@points(1)
def test_two(student):
    same(student.{name}(2), 4, "{name}(2)")

@points(1)
def test_three(student):
    same(student.{name}(3), 6, "{name}(3)")
"""


def test_an_exercise_that_hangs_hogs_or_dies_costs_the_others_nothing(warm_parent: WarmParent, tmp_path: Path) -> None:
    bodies = {
        "right": "return 2 * n",
        "hangs": "while True: pass",
        "hangs_later": "return 4 if n == 2 else max(range(10**12))",
        "dies": "import os; os._exit(0)",
        "dies_later": "import os; return 4 if n == 2 else os._exit(0)",
        "kills_its_kernel": "import os, signal; os.kill(os.getppid(), signal.SIGKILL)",
        "also_right": "return n + n",
    }
    course = write_lesson(tmp_path, **{name: DOUBLE.format(name=name) for name in bodies})
    answers = "".join(f"# %% {name}\ndef {name}(n):\n    {body}\n" for name, body in bodies.items())
    record = grade_submission(grader_of(course), warm_parent, submission(course, answers), list(bodies))
    told = {name: (r.points, [t.outcome for t in r.tests]) for name, r in record.exercises.items()}
    assert told == {
        "right": (2, ["passed", "passed"]),
        "hangs": (0, ["timeout", "not_run"]),
        "hangs_later": (1, ["passed", "timeout"]),
        "dies": (0, ["failed", "failed"]),
        "dies_later": (1, ["passed", "failed"]),
        "kills_its_kernel": (0, ["failed", "failed"]),
        "also_right": (2, ["passed", "passed"]),
    }
    assert record.lesson == LESSON and all(r.status == "graded" for r in record.exercises.values())
