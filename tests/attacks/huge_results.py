"""Returns results of every monstrous kind: larger than a reply may be, endlessly nested, with very many digits."""

HERE = "replies have limits of size, depth and count"


# %% correlate1d
def correlate1d(x, w):
    loop = []
    loop.append(loop)
    kinds = [
        lambda: torch.zeros(1, dtype=torch.uint8).expand(300_000_000),
        lambda: torch.zeros(1, dtype=torch.uint8).expand(10**15),
        lambda: loop,
        lambda: 10**100_000,
        lambda: list(range(1_000_000)),
        lambda: "x" * 100_000_000,
        lambda: {object(): i for i in range(200)},
        lambda: (i for i in range(10)),
        lambda: torch.zeros(3, device="meta"),
        lambda: torch.sparse_coo_tensor([[0]], [1.0], (10**12,)),
    ]
    return kinds[int(len(x) + len(w)) % len(kinds)]()
