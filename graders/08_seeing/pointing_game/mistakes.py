"""Known wrong answers of pointing_game."""

import torch

NAN = float("nan")


def _share(hits, masks):
    there = masks.flatten(1).any(1)
    return hits[there].double().mean().item() if there.any() else NAN


def _hits(maps, masks):
    return masks.flatten(1).gather(1, maps.flatten(1).argmax(1, keepdim=True))[:, 0]


def mean_inside(maps, masks):
    """You average the map inside the object. Only the place of the largest value counts (section 8.8)."""
    flat, inside = maps.flatten(1), masks.flatten(1)
    means = (flat * inside).sum(1) / inside.sum(1).clamp(min=1)
    return _share(means, masks)


def share_of_the_energy(maps, masks):
    """You measure which part of the map's sum lies inside the object. Only the place of the largest value counts
    (section 8.8)."""
    flat, inside = maps.flatten(1).clamp(min=0), masks.flatten(1)
    return _share((flat * inside).sum(1) / flat.sum(1).clamp(min=1e-12), masks)


def counts_empty_masks_as_misses(maps, masks):
    """You divide by the number of all pictures. Where there is no object, nothing can be hit: leave these out (section
    8.8)."""
    there = masks.flatten(1).any(1)
    return _hits(maps, masks).double().mean().item() if there.any() else NAN


def counts_empty_masks_as_hits(maps, masks):
    """A picture without an object counts as a hit. Leave it out (section 8.8)."""
    there = masks.flatten(1).any(1)
    return (_hits(maps, masks) | ~there).double().mean().item() if there.any() else NAN


def zero_when_there_is_none(maps, masks):
    """Without any object you give 0. There was nothing to hit, so NaN is asked for (section 8.8)."""
    share = _share(_hits(maps, masks), masks)
    return 0.0 if share != share else share


def flattens_the_batch(maps, masks):
    """You look for one largest value in the whole batch. Each picture has its own: flatten(1), not flatten() (section
    8.8)."""
    if not masks.any():
        return NAN
    return float(masks.flatten()[maps.flatten().argmax()])


def threshold(maps, masks):
    """You ask whether any value above half of the largest lies inside the object. Only the largest one counts (section
    8.8)."""
    flat = maps.flatten(1)
    high = flat > 0.5 * flat.amax(1, keepdim=True)
    return _share((high & masks.flatten(1)).any(1), masks)


def last_of_the_largest(maps, masks):
    """At a tie you take the last of the largest values. The first one counts, row by row (section 8.8)."""
    flat = maps.flatten(1).flip(1)
    return _share(masks.flatten(1).flip(1).gather(1, flat.argmax(1, keepdim=True))[:, 0], masks)


def any_of_the_largest(maps, masks):
    """At a tie you count a hit if any of the largest values lies inside the object, so a map of one value always hits.
    The first one counts, row by row (section 8.8)."""
    flat = maps.flatten(1)
    return _share(((flat == flat.amax(1, keepdim=True)) & masks.flatten(1)).any(1), masks)


def column_by_column(maps, masks):
    """You search column by column, so at a tie you take another place. Row by row is asked for (section 8.8)."""
    return _share(_hits(maps.transpose(1, 2), masks.transpose(1, 2)), masks)


def largest_absolute_value(maps, masks):
    """You look for the largest absolute value. A strongly negative place is not the largest (section 8.8)."""
    return _share(_hits(maps.abs(), masks), masks)


def masked_map(maps, masks):
    """You set the map to 0 outside of the object and look for the largest value then: where maps are positive, that
    always hits. Look in the whole map (section 8.8)."""
    return _share(_hits(maps * masks, masks), masks)


def smallest_value(maps, masks):
    """You look for the smallest value: argmin in the place of argmax (section 8.8)."""
    return _share(_hits(-maps, masks), masks)


def misses(maps, masks):
    """You count the misses. The share of hits is asked for (section 8.8)."""
    return _share(~_hits(maps, masks), masks)


def number_of_hits(maps, masks):
    """You count the hits and do not divide by the number of pictures with an object (section 8.8)."""
    there = masks.flatten(1).any(1)
    return float(_hits(maps, masks)[there].sum()) if there.any() else NAN


def a_tensor(maps, masks):
    """You give a tensor. A float is asked for: `.item()` (section 8.8)."""
    return torch.tensor(_share(_hits(maps, masks), masks))
