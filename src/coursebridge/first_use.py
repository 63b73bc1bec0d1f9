"""What torch puts off until it is used first, done once, so that forks have it ready.

An optimiser and a gradient with given output gradients import parts of torch's compiler and sympy: half a second, which
every fork would pay again.
"""

from __future__ import annotations

import torch


def use_torch_once() -> None:
    torch.set_num_threads(1)
    weight = torch.nn.Parameter(torch.randn(2, 1, 3, 3))
    for optimiser in (torch.optim.SGD([weight], lr=0.1), torch.optim.AdamW([weight], lr=0.1)):
        out = torch.nn.functional.conv2d(torch.randn(1, 1, 4, 4), weight)
        out.sum().backward()
        optimiser.step()
        torch.autograd.grad(torch.nn.functional.conv2d(torch.randn(1, 1, 4, 4), weight), weight, torch.ones(1, 2, 2, 2))
    torch.testing.assert_close(torch.ones(1), torch.ones(1))
