"""Returns generators, lists, tuples, dicts and strings whose iteration and length never end."""

HERE = "only plain containers are data, and they are read without calling a method of the student's"

# %% correlate1d
import itertools


class Endless(list):
    __iter__ = lambda self: itertools.repeat(1.0)
    __len__ = lambda self: 2**62
    __getitem__ = lambda self, place: self


class EndlessDict(dict):
    items = keys = values = __iter__ = lambda self: itertools.repeat((1, 2))


def correlate1d(x, w):
    kinds = (
        Endless([1.0]),
        EndlessDict(a=1),
        itertools.count(),
        iter(int, 1),
        type("T", (tuple,), {"__iter__": Endless.__iter__})(),
        range(10**18),
    )
    return kinds[len(x) % len(kinds)]
