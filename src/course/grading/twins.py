"""A module of the student's beside its twin: a reference with the same arguments, the same drawn weights and
statistics, in the same mode.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

import torch

from course.grading.expect import Mismatch, agree_module, fail, observe, same
from course.student import Handle, Student

Shape = tuple[int, ...]


@dataclass(frozen=True)
class Twins:
    """How both are made from a shape, which is whatever tells the cases apart (most often the class's arguments).

    support: the lesson's scaffolding.  mine, twin: give the student's module and the reference.  picture: gives the
    input, (N, C, H, W) float64, for a shape, a size (H, W) and a seed.  name: what messages call it.  fill: the
    function of the scaffolding that draws weights; seed: what it draws from.
    """

    support: SimpleNamespace
    mine: Callable[[Student, Shape], Handle]
    twin: Callable[[Shape], torch.nn.Module]
    picture: Callable[..., torch.Tensor]
    name: Callable[[Shape], str]
    fill: str = "fill"
    seed: int = 5

    def pair(self, student: Student, shape: Shape, train: bool) -> tuple[Handle, torch.nn.Module]:
        twin = getattr(self.support, self.fill)(self.twin(shape).double(), seed=self.seed).train(train)
        module = self.mine(student, shape).double()
        getattr(student.support, self.fill)(module, seed=self.seed)
        module.train(train)
        return module, twin

    def agree_in_eval_mode(self, student: Student, shape: Shape, sizes: Iterable[tuple[int, int]]) -> None:
        module, twin = self.pair(student, shape, train=False)
        for size in sizes:
            x = self.picture(shape, size)
            same(module(x), twin(x).detach(), f"the output of {self.name(shape)} in eval mode")

    def agree_in_train_mode(self, student: Student, shape: Shape) -> None:
        """Outputs of two steps, and the running statistics after them."""
        mode = "in train mode (in eval mode it is right)" if self._right_in_eval(student, shape) else "in train mode"
        module, twin = self.pair(student, shape, train=True)
        for step in (1, 2):
            x = self.picture(shape, seed=step)
            same(module(x), twin(x).detach(), f"the output of {self.name(shape)} {mode}")
        found = student.support.statistics(module)
        for key, buffer in self.support.statistics(twin).items():
            same(found.get(key), buffer, f"{key} of {self.name(shape)} after two steps {mode}")

    def _right_in_eval(self, student: Student, shape: Shape) -> bool:
        module, twin = self.pair(student, shape, train=False)
        x = self.picture(shape)
        try:
            same(module(x), twin(x).detach())
        except Mismatch:
            return False
        return True

    def agree_in_gradients(self, student: Student, shape: Shape) -> None:
        """In both modes; of the input and of every parameter."""
        for train in (False, True):
            module, twin = self.pair(student, shape, train)
            what = f"of {self.name(shape)} in {'train' if train else 'eval'} mode"
            agree_module(module, twin, self.picture(shape), what=what)

    def leaves_its_input(self, student: Student, shape: Shape, mistake: str = "changes_x") -> None:
        for train in (False, True):
            module, _ = self.pair(student, shape, train)
            if observe(module, self.picture(shape), no_grad=True).changed:
                fail(f"{self.name(shape)} changes its input x in place.", misconception=mistake)


def pictures(channels: Callable[[Shape], int], shift: float = 0.0) -> Callable[..., torch.Tensor]:
    """Three pictures with normal values, three times as wide as usual; channels: of the input, given a shape."""

    def picture(shape: Shape, size: tuple[int, int] = (5, 6), seed: int = 0) -> torch.Tensor:
        generator = torch.Generator().manual_seed(seed)
        drawn: Any = torch.randn(3, channels(shape), *size, generator=generator, dtype=torch.float64)
        return 3 * drawn + shift

    return picture
