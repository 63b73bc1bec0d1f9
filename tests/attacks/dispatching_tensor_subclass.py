"""A wrapper tensor whose ``__torch_dispatch__`` gives every operation on it another value."""

HERE = "values are read without asking the subclass"


# %% correlate1d
class Wrapper(torch.Tensor):
    @staticmethod
    def __new__(cls, x, w):
        made = torch.Tensor._make_wrapper_subclass(cls, (len(x) - len(w) + 1,), dtype=x.dtype)
        made.asked = 0
        return made

    @classmethod
    def __torch_dispatch__(cls, func, types, args=(), kwargs=None):
        return torch.zeros(3)


def correlate1d(x, w):
    return Wrapper(x, w)
