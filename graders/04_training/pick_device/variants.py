"""Right answers of pick_device of other kinds."""

import re

import torch


def with_ifs(available, wanted=None):
    """One if after the other."""
    if wanted is not None:
        device = wanted.strip().lower()
        kind = device[: device.index(":")] if ":" in device else device
        if kind != "cpu" and kind not in available:
            raise ValueError("no " + kind + " on this machine, only " + str(available))
        return device
    if "mps" in available:
        return "mps"
    if "cuda" in available:
        return "cuda"
    return "cpu"


def by_rank(available, wanted=None):
    """A minimum by rank, a regular expression."""
    rank = {"mps": 0, "cuda": 1, "cpu": 2}
    everything = set(available) | {"cpu"}
    if wanted is None:
        return min(everything & set(rank), key=rank.get)
    kind, index = re.fullmatch(r"([a-z]+)(:\d+)?", wanted.casefold()).groups()
    if kind not in everything:
        raise ValueError(f"wanted {wanted!r}, available {sorted(everything)}")
    return kind + (index or "")


def by_matching(available, wanted=None):
    """A match, a generator, the cpu put into a new set."""
    there = available.union({"cpu"})
    match (wanted or "").lower().split(":"):
        case [""]:
            return next(kind for kind in ["mps", "cuda", "cpu"] if kind in there)
        case [kind, *index] if kind in there:
            return ":".join([kind, *index])
        case _:
            raise ValueError(f"no {wanted}")


def through_torch(available, wanted=None):
    """torch.device takes the string apart."""
    if not wanted:
        for kind in ["mps", "cuda"]:
            if kind in available:
                return kind
        return "cpu"
    device = torch.device(wanted.lower())
    if device.type not in (available | {"cpu"}):
        raise ValueError(f"{wanted} is not available here")
    return str(device)
