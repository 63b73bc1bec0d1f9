"""What torch puts off until it is used first, done once, so that forks have it ready.

A gradient with given output gradients imports sympy, an optimiser imports torch's compiler: half a second and a second,
which every fork would pay again.
"""

from __future__ import annotations

import torch

from coursebridge.agent import Agent
from coursebridge.codec import Encoder, Name


def use_torch_once() -> None:
    torch.set_num_threads(1)
    weight = torch.nn.Parameter(torch.randn(2, 1, 3, 3))
    out = torch.nn.functional.conv2d(torch.randn(1, 1, 4, 4), weight)
    torch.autograd.grad(out, weight, torch.ones(1, 2, 2, 2))
    torch.testing.assert_close(torch.ones(1), torch.ones(1))


def use_agent() -> None:
    """Often enough that Python has specialised its code (PEP 659)."""
    agent = Agent({"twice": lambda x: x + x}, enforce_bans=False)
    step = {"op": "call", "object": Name("twice"), "args": (torch.ones(2, 2),), "kwargs": {}}
    for _ in range(20):
        encoder = Encoder(keep_layout=True)
        node = encoder.encode({"steps": [step], "seed": 0})
        agent.handle(node, [bytearray(buffer) for buffer in encoder.buffers])


def use_optimisers_once() -> None:
    weight = torch.nn.Parameter(torch.ones(1))
    for optimiser in (torch.optim.SGD([weight], lr=0.1), torch.optim.AdamW([weight], lr=0.1)):
        weight.square().sum().backward()
        optimiser.step()
