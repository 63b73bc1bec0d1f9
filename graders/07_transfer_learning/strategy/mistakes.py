"""Known wrong answers of strategy."""


def similar_and_other_swapped(images, similar):
    """You exchange pictures like the backbone's with others. The more alike they are, the more of the net can stay as
    it is (section 7.7)."""
    if images <= 10_000:
        return "last_layers" if similar else "head"
    return "scratch" if similar else "all"


def few_and_many_swapped(images, similar):
    """You exchange few pictures with many. The fewer there are, the less can be trained (section 7.7)."""
    if images >= 100_000:
        return "head" if similar else "last_layers"
    return "all" if similar else "scratch"


def always_the_head(images, similar):
    """You train the head in every case. With many pictures, or pictures of another kind, that leaves accuracy behind
    (section 7.7)."""
    return "head"


def never_scratch(images, similar):
    """With many pictures of another kind you fine-tune everything. The table says scratch there (section 7.7)."""
    if images <= 10_000:
        return "head" if similar else "last_layers"
    return "all"


def head_for_few(images, similar):
    """With few pictures of another kind you train the head only. The late features do not fit them: train the last
    layers (section 7.7)."""
    if images <= 10_000:
        return "head"
    return "all" if similar else "scratch"


def thousand_is_many(images, similar):
    """You count more than 1000 pictures as many. For a net of millions of weights, up to 10 000 are few (section
    7.7)."""
    if images <= 1000:
        return "head" if similar else "last_layers"
    return "all" if similar else "scratch"


def ten_thousand_is_many(images, similar):
    """You count 10 000 pictures as many. They are the last number that is few (section 7.7)."""
    if images < 10_000:
        return "head" if similar else "last_layers"
    return "all" if similar else "scratch"


def hundred_thousand_is_few(images, similar):
    """You count 100 000 pictures as few. They are the first number that is many (section 7.7)."""
    if images <= 100_000:
        return "head" if similar else "last_layers"
    return "all" if similar else "scratch"


def spelled_otherwise(images, similar):
    """You write "last layers" with a space. The four answers are head, last_layers, all, scratch (section 7.7)."""
    if images <= 10_000:
        return "head" if similar else "last layers"
    return "all" if similar else "scratch"
