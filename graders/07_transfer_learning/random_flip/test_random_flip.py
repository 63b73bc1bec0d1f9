"""random_flip: left and right exchanged in each picture with probability p. images (N, C, H, W) in [0, 1].

Which pictures a generator chooses is left to the answer; each is judged by whether it equals the picture or its mirror.
"""

import torch

from course.grading import fail, leaves_inputs, observe, points, same


def pictures(n=64, dtype=torch.float64):
    generator = torch.Generator().manual_seed(n)
    return torch.rand(n, 3, 4, 5, generator=generator, dtype=dtype)


def flip(student, images, seed=1, **kwargs):
    return student.support.seeded(student.random_flip.handle(), images, seed, **kwargs)


def chosen(images, result):
    """Which pictures were mirrored; a failure where one is neither itself nor its mirror."""
    same(list(result.shape) if isinstance(result, torch.Tensor) else type(result).__name__, list(images.shape),
         "the shape of the result")  # fmt: skip
    as_is, mirrored = alike(result, images), alike(result, images.flip(3))
    if not (as_is | mirrored).all():
        neither = int((~(as_is | mirrored)).sum())
        name = None
        if (as_is | alike(result, images.flip(2))).all():
            name = "upside_down"
        elif (as_is | alike(result, images.flip(2, 3))).all():
            name = "both_axes"
        fail(f"{neither} of {len(images)} pictures are neither as they were nor mirrored left to right.", name)
    return mirrored


def alike(a, b):
    return (a.double() - b.double()).abs().flatten(1).amax(1) < 1e-6


@points(0.5)
def test_always_and_never(student):
    """With p=1 every picture is mirrored left to right, with p=0 none is."""
    worked = torch.tensor([[1.0, 2, 3], [4, 5, 6]])[None, None] / 8
    same(flip(student, worked, p=1.0), torch.tensor([[3.0, 2, 1], [6, 5, 4]])[None, None] / 8,
         "the picture of section 7.5 with p=1", 1e-6)  # fmt: skip
    images = pictures(12)
    same(int(chosen(images, flip(student, images, p=1.0)).sum()), 12, "how many of 12 pictures are mirrored with p=1")
    same(int(chosen(images, flip(student, images, p=0.0)).sum()), 0, "how many of 12 pictures are mirrored with p=0")


@points(0.5)
def test_each_picture(student):
    """Each picture of a batch is drawn for itself: some are mirrored, others are not."""
    images = pictures()
    counts = [int(chosen(images, flip(student, images, seed)).sum()) for seed in range(4)]
    if all(count in (0, 64) for count in counts):
        fail(f"four batches of 64 pictures with p=0.5: {counts} are mirrored. The draw is one for the whole batch.",
             "one_draw_for_the_batch")  # fmt: skip
    assert all(10 < count < 54 for count in counts), (
        f"four batches of 64 pictures with p=0.5: {counts} are mirrored; about 32 should be."
    )


@points(0.5)
def test_probability(student):
    """Over 3000 pictures, about p of them are mirrored."""
    images = torch.rand(3000, 1, 1, 2, generator=torch.Generator().manual_seed(2)) * 0.5
    images[:, :, :, 1] += 0.5
    for p in (0.2, 0.5, 0.9):
        share = chosen(images, flip(student, images, 3, p=p)).double().mean().item()
        if abs(share - p) > 0.05:
            name = "probability_of_staying" if abs(1 - share - p) < 0.05 else None
            name = "ignores_p" if p != 0.5 and abs(share - 0.5) < 0.05 else name
            fail(f"{share:.2f} of 3000 pictures are mirrored with p={p}.", name)


@points(0.25)
def test_generator(student):
    """The generator decides: the same seed gives the same, a second call goes on, the global state is left alone."""
    first, second, again = student.support.three_times(student.random_flip.handle(), pictures())
    same(again, first, "the result with a fresh generator of the same seed")
    if torch.equal(second, first):
        fail("a second call with the same generator gives the same result: the generator is not advanced.")
    reply = observe(student.support.seeded, student.random_flip.handle(), pictures(4), 1)
    assert not reply.random_state_changed, "The call draws from the global random state; draw from the generator."


@points(0.25)
def test_leaves_the_pictures(student):
    """The pictures are not changed in place, and their dtype is kept."""
    function = student.random_flip.handle()
    draw = lambda r: dict(function=function, images=pictures(8), seed=r.randint(1, 9))
    leaves_inputs(student.support.seeded, draw, 2)
    same(str(flip(student, pictures(4)).dtype), "torch.float64", "the dtype for float64 pictures")
    same(str(flip(student, pictures(4, torch.float32)).dtype), "torch.float32", "the dtype for float32 pictures")
