"""The static look sees routes around a ban in what the exercise reaches, and nowhere else."""

from __future__ import annotations

import pytest

from course.grading.look import forbidden_routes

USED = {
    "a function": "import numpy as np\ndef f(x):\n    return np.convolve(x, x)",
    "another name": "import numpy\ndef f(x):\n    conv = numpy.correlate\n    return conv(x, x)",
    "imported by name": "from numpy import convolve\ndef f(x):\n    return convolve(x, x)",
    "imported under another name": "from numpy import convolve as plus\ndef f(x):\n    return plus(x, x)",
    "imported inside": "def f(x):\n    from scipy.signal import correlate2d\n    return correlate2d(x, x)",
    "a module inside": "def f(x):\n    import scipy.ndimage\n    return scipy.ndimage.convolve(x, x)",
    "the parent package": "import scipy\ndef f(x):\n    return scipy.signal.fftconvolve(x, x)",
    "import by text": "def f(x):\n    return __import__('scipy.signal').signal.convolve(x, x)",
    "importlib": "import importlib\ndef f(x):\n    return importlib.import_module('scipy.signal')",
    "ctypes": "import ctypes\ndef f(x):\n    ctypes.string_at(0)",
    "a helper": "import numpy as np\ndef helper(x):\n    return np.convolve(x, x)\ndef f(x):\n    return helper(x)",
    "a helper's helper": "import numpy as np\ndef a(x): return np.convolve(x, x)\ndef b(x): return a(x)\nf = b",
    "a class": "import numpy as np\nclass f:\n    def __call__(self, x):\n        return np.convolve(x, x)",
    "a lambda": "import numpy as np\nf = lambda x: np.convolve(x, x)",
    "a decorated function": "import numpy as np\ndef wrap(g):\n    return np.convolve\n@wrap\ndef f(x): pass",
    "defined in a condition": "import numpy as np\nif True:\n    f = np.convolve",
    "a second definition": "import numpy as np\ndef f(x): return x\ndef f(x): return np.convolve(x, x)",
}

NOT_USED = {
    "a helper that only checks": "import numpy\ndef f(x): return x\ndef test():\n    return numpy.convolve([1], [1])",
    "other functions of numpy": "import numpy as np\ndef f(x): return np.dot(x, x) + np.convolution_like(x)",
    "a name of one's own": "def convolve(x): return x\ndef f(x): return convolve(x)",
    "a method of that name": "def f(x): return x.convolve(x)",
    "a comment and a text": "def f(x):\n    '''not numpy.convolve'''\n    return x  # scipy.signal",
    "code that does not parse": "def f(x:",
    "nothing": "",
}


@pytest.mark.parametrize("name", USED)
def test_a_route_is_seen(name: str) -> None:
    hits = forbidden_routes(USED[name], "f", ("convolution",))
    assert hits, USED[name]
    assert all(1 <= hit["line"] <= USED[name].count("\n") + 1 for hit in hits)


@pytest.mark.parametrize("name", NOT_USED)
def test_what_the_exercise_does_not_reach_does_not_count(name: str) -> None:
    assert forbidden_routes(NOT_USED[name], "f", ("convolution",)) == []


def test_a_hit_says_what_and_in_which_line() -> None:
    code = "import numpy as np\n\ndef f(x):\n    y = x + 1\n    return np.convolve(y, y)"
    assert forbidden_routes(code, "f", ("convolution",)) == [{"operation": "numpy.convolve", "line": 5, "cell": "f"}]


def test_names_that_the_setup_imported_are_known() -> None:
    code = "def f(x): return np.convolve(x, x) + signal.correlate(x, x)"
    setup = "import numpy as np\nfrom scipy import signal"
    operations = [hit["operation"] for hit in forbidden_routes(code, "f", ("convolution",), setup)]
    assert "numpy.convolve" in operations and "scipy.signal.correlate" in operations
    assert forbidden_routes(code, "f", ("convolution",)) == []


@pytest.mark.parametrize("magic", ["%matplotlib inline", "%%time", "!pip list", "  %timeit 1 + 1"])
def test_magics_do_not_blind_the_look(magic: str) -> None:
    code = "import numpy as np\ndef f(x):\n    return np.convolve(x, x)"
    spoiled = f"if True:\n{magic}" if magic.startswith(" ") else magic
    assert forbidden_routes(f"{spoiled}\n{code}", "f", ("convolution",))
    assert forbidden_routes(code, "f", ("convolution",), f"{spoiled}\nimport torch")


@pytest.mark.parametrize(
    "code",
    [
        "from scipy import signal\ndef f(signal, kernel):\n    return signal.mean() * kernel\nprint(signal.convolve)",
        "import numpy as np\ndef f(x):\n    y = x + 1\n    return y\ny = np.convolve([1], [1])\nassert f(1) == y",
        "import numpy as np\ndef f(x):\n    def g(check): return check\n    return g(x)\ncheck = np.convolve",
        "import numpy as np\ndef f(x): return [np for np in x]\nnp.convolve([1], [1])",
    ],
    ids=["an argument", "a local", "a local of a local", "a loop"],
)
def test_a_local_name_is_not_the_notebooks_name(code: str) -> None:
    """Students compare their function with numpy's in the same cell, and reuse names."""
    assert forbidden_routes(code, "f", ("convolution",)) == []


def test_a_helper_in_another_cell_is_seen_without_a_line() -> None:
    helper, answer = "import numpy as np\ndef helper(x): return np.convolve(x, x)", "def f(x): return helper(x)"
    found = forbidden_routes(answer, "f", ("convolution",), cells=(helper, answer))
    assert found == [{"operation": "numpy.convolve"}]
    assert forbidden_routes(answer, "f", ("convolution",), cells=(helper, "helper = len", answer)) == []


def test_of_several_cells_that_define_a_name_the_last_one_counts() -> None:
    draft, answer = "import numpy as np\ndef f(x): return np.convolve(x, x)", "def f(x): return x"
    assert forbidden_routes(answer, "f", ("convolution",), cells=(draft, answer)) == []
    assert forbidden_routes(answer, "f", ("convolution",), cells=(answer, draft)) == [{"operation": "numpy.convolve"}]


@pytest.mark.parametrize("other", ["def broken(:", "%%bash\nls", "return 3", "await f(3)", "x = " + "-" * 5000 + "1"])
def test_other_cells_may_be_anything(other: str) -> None:
    answer = "import numpy as np\ndef f(x): return np.convolve(x, x)"
    assert forbidden_routes(answer, "f", ("convolution",), cells=(other, answer))


def test_without_a_ban_everything_is_allowed() -> None:
    assert forbidden_routes(USED["a function"], "f", ()) == []
    assert forbidden_routes(USED["a function"], "f", ("pooling",)) == []


def test_torchvision_is_a_family_of_its_own() -> None:
    code = "import torchvision\ndef ResNet(n): return torchvision.models.resnet18(num_classes=n)"
    assert forbidden_routes(code, "ResNet", ("torchvision",))
    assert forbidden_routes(code, "ResNet", ("convolution",)) == []
