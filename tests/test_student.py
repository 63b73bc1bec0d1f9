"""The proxy that graders talk to: what comes back is a value, the student's error, or the submission's fault."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from students import in_process

from course.kernels.base import BadReply, KernelLost, SubmissionFault
from course.student import ForbiddenUse, Handle, NotDefined, Reply, Student, StudentError


class Told:
    """A connection that gives these replies, whatever is asked."""

    def __init__(self, *replies: dict[str, Any]) -> None:
        self.replies, self.asked, self.closed = list(replies), [], 0

    def ask(self, request: dict[str, Any], seconds: float, from_ref: Any) -> list[dict[str, Any]]:
        self.asked.append(request)
        return self.replies

    def close(self) -> None:
        self.closed += 1


def reply_of(**raw: Any) -> Reply:
    student = Student(lambda bans: Told(raw))
    return student._exchange([student.f._step("call", (), {})])[0]


def gradient_reply_of(value: Any) -> Reply:
    student = Student(lambda bans: Told({"status": "ok", "value": value}))
    attached = torch.ones(2, requires_grad=True)
    return student._exchange([student.f._step("gradients", (attached, 3), {}, cotangents=None)])[0]


# -- replies ------------------------------------------------------------------------------------------------------


def test_a_reply_is_read_with_what_was_noticed() -> None:
    noticed = dict(changed=[0], printed="hi", seconds=0.5, operations=3, random_state_changed=False)
    assert reply_of(status="ok", value=4, **noticed) == Reply(4, None, (0,), "hi", 0.5, 3, False)


def test_an_exception_is_the_students_error() -> None:
    line = {"cell": "f", "line": 3, "function": "f", "code": "return 1 / 0"}
    error = reply_of(status="exception", type="ZeroDivisionError", message="no", bases=["ArithmeticError"],
                     traceback=[line]).error  # fmt: skip
    assert isinstance(error, StudentError) and error.traceback == (line,) and error.isinstance(ArithmeticError)


def test_other_replies_are_errors_with_words() -> None:
    assert isinstance(reply_of(status="missing", name="f").error, NotDefined)
    assert reply_of(status="unsendable", message="a file").error.type_name == "Unsendable"  # type: ignore[union-attr]


def test_forbidden_operations_come_before_everything_else() -> None:
    with pytest.raises(ForbiddenUse) as caught:
        reply_of(status="ok", value=4, forbidden=[{"operation": "aten::conv2d", "cell": "f", "line": 2}])
    assert caught.value.hits == ({"operation": "aten::conv2d", "cell": "f", "line": 2},)


def test_long_texts_are_cut() -> None:
    error = reply_of(status="exception", type="E" * 10**6, message="m" * 10**6, bases=[], traceback=[]).error
    assert error is not None and len(str(error)) < 5000
    assert len(reply_of(status="ok", value=1, printed="x" * 10**6).printed) <= 20_000


ARRAY = torch.ones(2).numpy()


@pytest.mark.parametrize(
    "raw",
    [
        {},
        {"status": "ok"},
        {"status": "fine", "value": 4},
        {"status": None, "value": 4},
        {"status": ARRAY, "value": 4},
        {"status": torch.ones(2), "value": 4},
        {"status": "ok", "value": 4, "changed": 0},
        {"status": "ok", "value": 4, "changed": ["x"]},
        {"status": "ok", "value": 4, "changed": [torch.ones(1)]},
        {"status": "ok", "value": 4, "printed": b"x"},
        {"status": "ok", "value": 4, "seconds": "1"},
        {"status": "ok", "value": 4, "seconds": None},
        {"status": "ok", "value": 4, "operations": 1.5},
        {"status": "ok", "value": 4, "random_state_changed": 1},
        {"status": "ok", "value": 4, "forbidden": 3},
        {"status": "ok", "value": 4, "forbidden": [3]},
        {"status": "ok", "value": 4, "forbidden": [{}]},
        {"status": "ok", "value": 4, "forbidden": [{"operation": 3}]},
        {"status": "ok", "value": 4, "forbidden": [{"operation": "x", "line": [1]}]},
        {"status": "missing"},
        {"status": "missing", "name": 3},
        {"status": "unsendable"},
        {"status": "exception"},
        {"status": "exception", "type": 3, "message": "", "bases": [], "traceback": []},
        {"status": "exception", "type": "E", "message": None, "bases": [], "traceback": []},
        {"status": "exception", "type": "E", "message": "", "bases": 3, "traceback": []},
        {"status": "exception", "type": "E", "message": "", "bases": [3], "traceback": []},
        {"status": "exception", "type": "E", "message": "", "bases": [], "traceback": [3]},
        {"status": "exception", "type": "E", "message": "", "bases": [], "traceback": [{"line": {}}]},
    ],
    ids=str,
)
def test_what_our_agent_would_not_send_is_a_bad_reply(raw: dict[str, Any]) -> None:
    with pytest.raises(BadReply):
        reply_of(**raw)


def test_gradients_come_with_one_for_each_argument_that_asked() -> None:
    value = {"outputs": torch.ones(1), "inputs": [None], "parameters": {"weight": None, "bias": torch.ones(1)}}
    assert gradient_reply_of(value).value == value


@pytest.mark.parametrize(
    "value",
    [
        4,
        None,
        {},
        {"outputs": 1, "inputs": [None]},
        {"inputs": [None], "parameters": {}},
        {"outputs": 1, "inputs": [], "parameters": {}},
        {"outputs": 1, "inputs": [None, None], "parameters": {}},
        {"outputs": 1, "inputs": [3], "parameters": {}},
        {"outputs": 1, "inputs": None, "parameters": {}},
        {"outputs": 1, "inputs": [None], "parameters": []},
        {"outputs": 1, "inputs": [None], "parameters": {"a": 3}},
        {"outputs": 1, "inputs": [None], "parameters": {3: None}},
    ],
    ids=str,
)
def test_gradients_of_another_form_are_a_bad_reply(value: Any) -> None:
    with pytest.raises(BadReply):
        gradient_reply_of(value)


# -- conversations ------------------------------------------------------------------------------------------------


def test_a_conversation_that_broke_begins_anew_with_the_next_question() -> None:
    class Broken(Told):
        def ask(self, *args: Any) -> Any:
            raise KernelLost("gone")

    made = [Broken(), Told({"status": "ok", "value": 4})]
    waiting = iter(made)
    student = Student(lambda bans: next(waiting))
    with pytest.raises(SubmissionFault):
        student.f()
    assert student.f() == 4 and made[0].closed == 1
    student._close()
    assert made[1].closed == 1


def test_every_message_says_what_is_forbidden_and_with_which_seed() -> None:
    told = Told({"status": "ok", "value": 4})
    student = Student(lambda bans: told, bans=("pooling",), seed=7)
    student.f()
    student._begin_test(8)
    student.f()
    assert [(r["forbid"], r["seed"]) for r in told.asked] == [(["pooling"], 7), (["pooling"], 8)]


def test_the_transcript_holds_what_a_test_saw_but_not_the_search_for_a_smaller_case() -> None:
    student = in_process("f = lambda n: n + 1")
    student.f(1)
    with student._unrecorded():
        student.f(2)
    student.f(3)
    assert [r.value for r in student._transcript.replies] == [2, 4]
    student._begin_test(1)
    assert student._transcript.replies == []


def test_the_proxy_claims_no_private_names() -> None:
    """pytest and copy probe objects for these; they must not become calls to the student."""
    student = in_process("class Net: pass")
    for thing in (student, student.support, student.Net()):
        for name in ("__wrapped__", "_pytestfixturefunction", "__deepcopy__", "_repr_html_"):
            assert not hasattr(thing, name)


def test_everything_has_a_label_for_messages() -> None:
    student = in_process("class Net:\n    def go(self): return 1", support=["def net(): return 1"])
    net = student.Net()
    assert isinstance(net, Handle)
    assert (student.Net._label, student.support.net._label, net._label, net.go._label) == (
        "Net", "net", "the Net", "Net.go",
    )  # fmt: skip


def test_what_cannot_be_sent_to_the_kernel_is_our_error() -> None:
    with pytest.raises(ValueError, match="cannot be sent to the student's kernel"):
        in_process("f = lambda x: x").f(object())
