"""pointing_game: the share of maps whose largest value lies inside the object. maps (N, H, W), masks bool (N, H, W)."""

import math

import torch

from course.grading import agree, leaves_inputs, points, same


def reference(maps, masks):
    hits = tried = 0
    for one, mask in zip(maps, masks, strict=True):
        if not mask.any():
            continue
        tried += 1
        best, place = -math.inf, None
        for i, row in enumerate(one.tolist()):
            for j, value in enumerate(row):
                if value > best:
                    best, place = value, (i, j)
        hits += bool(mask[place])
    return hits / tried if tried else math.nan


def call(empty=0.0, ties=False):
    def draw(r):
        n, h, w = r.randint(1, 6), r.randint(2, 5), r.randint(2, 5)
        maps = r.ints(n, h, w, low=-2, high=1).float() if ties else r.tensor(n, h, w, dtype=torch.float32)
        masks = torch.zeros(n, h, w, dtype=torch.bool)
        for number, mask in enumerate(masks):
            if number and r.random() < empty:
                continue
            top, left = r.randint(0, h - 1), r.randint(0, w - 1)
            mask[top : top + r.randint(1, h), left : left + r.randint(1, w)] = True
            if r.randint(0, 2):
                place = (maps[number].flatten() == maps[number].max()).nonzero()[r.choice([0, 0, -1])].item()
                mask.view(-1)[place] = True
        return dict(maps=maps, masks=masks)

    return draw


@points(0.5)
def test_worked_example(student):
    """Of the three maps of section 8.8 one hits, one misses and one has no object: 0.5."""
    maps = torch.tensor([[[0.0, 0.9], [0.2, 0.3]], [[0.4, 0.4], [0.6, 0.1]], [[0.1, 0.0], [0.8, 0.2]]])
    masks = torch.tensor([[[0, 1], [0, 1]], [[1, 1], [0, 1]], [[0, 0], [0, 0]]]).bool()
    same(student.pointing_game(maps, masks), 0.5, "the share of section 8.8", 1e-6)


@points(0.5)
def test_any_maps(student):
    """For any maps and objects, the share of hits is right."""
    agree(student.pointing_game, reference, call(), cases=16, tolerance=1e-6)
    leaves_inputs(student.pointing_game, call(), cases=2)


@points(0.5)
def test_empty_masks(student):
    """Pictures without an object do not count; if none has one, the result is NaN."""
    agree(student.pointing_game, reference, call(empty=0.5), cases=12, tolerance=1e-6)
    nothing = torch.zeros(2, 3, 3, dtype=torch.bool)
    same(student.pointing_game(torch.rand(2, 3, 3), nothing), math.nan, "the share when no picture has an object")


@points(0.5)
def test_ties(student):
    """At a tie the first largest value counts, row by row; maps may be negative throughout."""
    agree(student.pointing_game, reference, call(ties=True), cases=16, tolerance=1e-6)
