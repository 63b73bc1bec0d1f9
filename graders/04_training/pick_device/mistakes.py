"""Known wrong answers of pick_device."""

import torch


def _best(available, order=("mps", "cuda")):
    return next((kind for kind in order if kind in available), "cpu")


def _there(wanted, available):
    return wanted.lower().partition(":")[0] in {*available, "cpu"}


def cuda_first(available, wanted=None):
    """You take cuda before mps. The order is mps, cuda, cpu (section 4.6)."""
    if wanted is None:
        return _best(available, ("cuda", "mps"))
    if not _there(wanted, available):
        raise ValueError(f"{wanted} is not there")
    return wanted.lower()


def cpu_first(available, wanted=None):
    """You take the cpu whenever it is there. It is what is left when there is no accelerator (section 4.6)."""
    if wanted is None:
        return _best(available, ("cpu", "mps", "cuda"))
    if not _there(wanted, available):
        raise ValueError(f"{wanted} is not there")
    return wanted.lower()


def falls_back_silently(available, wanted=None):
    """What is wanted is not there, and you take something else without a word. Then a training runs for a night on the
    cpu and nobody knows why: raise ValueError (section 4.6)."""
    if wanted is not None and _there(wanted, available):
        return wanted.lower()
    return _best(available)


def case_matters(available, wanted=None):
    """You refuse "CUDA", although cuda is there: make what is wanted lower case before you compare (section 4.6)."""
    if wanted is None:
        return _best(available)
    if wanted.partition(":")[0] not in {*available, "cpu"}:
        raise ValueError(f"{wanted} is not there")
    return wanted


def returned_as_written(available, wanted=None):
    """You compare in lower case and return what was written: "CUDA:1" has to give "cuda:1" (section 4.6)."""
    if wanted is None:
        return _best(available)
    if not _there(wanted, available):
        raise ValueError(f"{wanted} is not there")
    return wanted


def index_dropped(available, wanted=None):
    """You drop the index: "cuda:1" is the second card, and "cuda" is the first (section 4.6)."""
    if wanted is None:
        return _best(available)
    if not _there(wanted, available):
        raise ValueError(f"{wanted} is not there")
    return wanted.lower().partition(":")[0]


def index_not_split(available, wanted=None):
    """You look for "cuda:1" among the available types, where only "cuda" stands. Compare the part before the colon, and
    return all of it (section 4.6)."""
    if wanted is None:
        return _best(available)
    if wanted.lower() not in {*available, "cpu"}:
        raise ValueError(f"{wanted} is not there")
    return wanted.lower()


def cpu_must_be_listed(available, wanted=None):
    """You refuse the cpu, or find nothing, when it does not stand in the set. Every machine has one (section 4.6)."""
    if wanted is None:
        return next((kind for kind in ("mps", "cuda", "cpu") if kind in available), None)
    if wanted.lower().partition(":")[0] not in available:
        raise ValueError(f"{wanted} is not there")
    return wanted.lower()


def wanted_ignored(available, wanted=None):
    """You never look at `wanted` (section 4.6)."""
    return _best(available)


def asks_this_machine(available, wanted=None):
    """You ask torch what this machine has. What is there is given to you, so that the function can be tested anywhere
    (section 4.6)."""
    found = "cuda" if torch.cuda.is_available() else "cpu"
    if wanted is None:
        return found
    if not _there(wanted, {found}):
        raise ValueError(f"{wanted} is not there")
    return wanted.lower()


def device_object(available, wanted=None):
    """You return a torch.device. A string is asked for (section 4.6)."""
    if wanted is None:
        return torch.device(_best(available))
    if not _there(wanted, available):
        raise ValueError(f"{wanted} is not there")
    return torch.device(wanted.lower())


def unnamed_error(available, wanted=None):
    """Your ValueError does not say what was wanted. Put it into the message (section 4.6)."""
    if wanted is None:
        return _best(available)
    if not _there(wanted, available):
        raise ValueError("this device is not available")
    return wanted.lower()


def another_error(available, wanted=None):
    """You raise another error than ValueError, or an assertion fails (section 4.6)."""
    if wanted is None:
        return _best(available)
    assert _there(wanted, available), f"{wanted} is not there"
    return wanted.lower()
