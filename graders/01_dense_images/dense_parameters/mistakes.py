"""Known wrong answers of dense_parameters."""

import math


def _checked(sizes):
    if not sizes or min(sizes) < 1:
        raise ValueError(f"sizes must be one or more numbers from 1 on, not {sizes}")
    return list(zip(sizes, sizes[1:], strict=False))


def no_bias(sizes, bias=True):
    """You count the weights only. Each output has a bias as well, unless bias=False (section 1.2)."""
    return sum(a * b for a, b in _checked(sizes))


def bias_always(sizes, bias=True):
    """You always count biases. With bias=False there are none (section 1.2)."""
    return sum((a + 1) * b for a, b in _checked(sizes))


def flag_the_other_way(sizes, bias=True):
    """bias works the other way round in your code: True means that biases are counted (section 1.2)."""
    return sum((a + (not bias)) * b for a, b in _checked(sizes))


def bias_of_each_weight(sizes, bias=True):
    """You count a bias for each weight. A bias belongs to an output: layer a → b has b of them (section 1.2)."""
    return sum(a * b * (1 + bias) for a, b in _checked(sizes))


def bias_of_each_input(sizes, bias=True):
    """You count a bias for each input. A bias is added to an output: layer a → b has b of them, not a (section
    1.2)."""
    return sum(a * (b + bias) for a, b in _checked(sizes))


def bias_of_inputs_and_outputs(sizes, bias=True):
    """You count a bias for the inputs of the chain, too. Biases belong to the outputs of layers; the pixels have none
    (section 1.2)."""
    pairs = _checked(sizes)
    return sum(a * b for a, b in pairs) + bias * sum(sizes) if pairs else 0


def one_bias_a_layer(sizes, bias=True):
    """You count one bias a layer. A layer has as many biases as outputs (section 1.2)."""
    return sum(a * b + bias for a, b in _checked(sizes))


def product_of_all_sizes(sizes, bias=True):
    """You multiply all sizes. Only neighbours are joined by weights; the layers are added (section 1.2)."""
    pairs = _checked(sizes)
    return math.prod(sizes) + bias * sum(sizes[1:]) if pairs else 0


def first_layer_only(sizes, bias=True):
    """You count the first layer only. Three sizes are two layers (section 1.2)."""
    return sum((a + bias) * b for a, b in _checked(sizes)[:1])


def leaves_out_the_last_layer(sizes, bias=True):
    """You leave out the last layer. L + 1 sizes are L layers (section 1.2)."""
    pairs = _checked(sizes)
    return sum((a + bias) * b for a, b in (pairs[:-1] if len(pairs) > 1 else pairs))


def from_first_to_last(sizes, bias=True):
    """You join the first size with the last. Each layer joins two neighbours of the list (section 1.2)."""
    return (sizes[0] + bias) * sizes[-1] if _checked(sizes) else 0


def last_layer_without_bias(sizes, bias=True):
    """You count no biases in the last layer. Every layer has them, the last one too (section 1.2)."""
    pairs = _checked(sizes)
    return sum((a + bias) * b for a, b in pairs) - (bias * sizes[-1] if pairs else 0)


def a_single_size_counts(sizes, bias=True):
    """One size alone gives its own number. A layer needs two sizes, so there are 0 parameters (section 1.2)."""
    pairs = _checked(sizes)
    return sum((a + bias) * b for a, b in pairs) if pairs else sizes[0]


def a_single_size_is_not_checked(sizes, bias=True):
    """A single size of 0 or below gives 0 in your code. Every size is checked, also when it stands alone (section
    1.2)."""
    return sum((a + bias) * b for a, b in _checked(sizes)) if len(sizes) != 1 else 0


def only_inputs_are_checked(sizes, bias=True):
    """You check the inputs of the layers only; the last size is never an input. Check all sizes (section 1.2)."""
    if not sizes or min([*sizes[:-1], 1]) < 1:
        raise ValueError(f"sizes must be one or more numbers from 1 on, not {sizes}")
    return sum((a + bias) * b for a, b in zip(sizes, sizes[1:], strict=False))


def accepts_zero(sizes, bias=True):
    """You refuse negative sizes and accept 0. A size below 1 is refused, and 0 is below 1 (section 1.2)."""
    if not sizes or min(sizes) < 0:
        raise ValueError(f"sizes must be one or more numbers from 1 on, not {sizes}")
    return sum((a + bias) * b for a, b in zip(sizes, sizes[1:], strict=False))


def never_refuses(sizes, bias=True):
    """You never raise ValueError. An empty list and a size below 1 are refused (section 1.2)."""
    return sum((a + bias) * b for a, b in zip(sizes, sizes[1:], strict=False))


def accepts_an_empty_list(sizes, bias=True):
    """An empty list gives a number in your code. Without a single size there is no picture and no network: raise
    ValueError (section 1.2)."""
    return sum((a + bias) * b for a, b in _checked(sizes)) if sizes else 0


def says_no_number(sizes, bias=True):
    """Your ValueError does not say which size was wrong. Put it into the message with an f-string (section 1.2)."""
    if not sizes or min(sizes) < 1:
        raise ValueError("a size is too small")
    return sum((a + bias) * b for a, b in zip(sizes, sizes[1:], strict=False))


def float_result(sizes, bias=True):
    """Your result is a float. Parameters are counted: return an int (section 1.2)."""
    return float(sum((a + bias) * b for a, b in _checked(sizes)))
