"""strategy: what to train, by the number of pictures and whether they are like those of the backbone."""

from course.grading import agree, points


def reference(images, similar):
    if images <= 10_000:
        return "head" if similar else "last_layers"
    return "all" if similar else "scratch"


@points(0.25)
def test_few_similar(student):
    """Few pictures, like the backbone's: the head."""
    draw = lambda r: dict(images=r.choice([200, 100, 1000, 5000, 10_000]), similar=True)
    agree(student.strategy, reference, draw, cases=6)


@points(0.25)
def test_few_other(student):
    """Few pictures of another kind: the last layers."""
    draw = lambda r: dict(images=r.choice([200, 100, 1000, 5000, 10_000]), similar=False)
    agree(student.strategy, reference, draw, cases=6)


@points(0.25)
def test_many_similar(student):
    """Many pictures, like the backbone's: everything."""
    draw = lambda r: dict(images=r.choice([200_000, 100_000, 1_000_000]), similar=True)
    agree(student.strategy, reference, draw, cases=6)


@points(0.25)
def test_many_other(student):
    """Many pictures of another kind: from scratch."""
    draw = lambda r: dict(images=r.choice([200_000, 100_000, 1_000_000]), similar=False)
    agree(student.strategy, reference, draw, cases=6)
