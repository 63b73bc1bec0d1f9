"""SystemExit, KeyboardInterrupt, GeneratorExit and an exception that cannot be shown, one after the other."""

HERE = "an exception of any kind is a wrong answer"


# %% correlate1d
class Unshowable(Exception):
    def __str__(self):
        raise RuntimeError("no")

    __repr__ = __str__


RAISED = []


def correlate1d(x, w):
    RAISED.append(1)
    raise (SystemExit, KeyboardInterrupt, GeneratorExit, StopIteration, Unshowable)[len(RAISED) % 5]("2.0")
