"""Known wrong answers of gram_matrix."""

import torch


def _sums(features):
    return torch.einsum("nchw,ndhw->ncd", features, features)


def not_divided(features):
    """You do not divide. Without C · H · W a large picture has a larger Gram matrix than a small one of the same style
    (section 14.2)."""
    return _sums(features)


def divided_by_places_only(features):
    """You divide by H · W and not by C. Here the matrix is divided by C · H · W, so that wide layers do not outweigh
    narrow ones (section 14.2)."""
    n, c, h, w = features.shape
    return _sums(features) / (h * w)


def divided_by_channels_only(features):
    """You divide by C and not by H · W. The sum runs over all places, so a larger picture would have a larger matrix:
    divide by C · H · W (section 14.2)."""
    return _sums(features) / features.shape[1]


def divided_by_the_batch_too(features):
    """You divide by N as well (`features.numel()` counts the pictures, too). Each picture's matrix is its own,
    whatever other pictures are in the batch: divide by C · H · W (section 14.2)."""
    return _sums(features) / features.numel()


def divided_by_twice_as_much(features):
    """You divide by 2 · C · H · W. The 2 stands in some formulas of the loss, not in the matrix (section 14.2)."""
    n, c, h, w = features.shape
    return _sums(features) / (2 * c * h * w)


def mixes_the_batch(features):
    """You put the channels of all pictures into one matrix, N·C × N·C. Each picture has its own: keep the axis N and
    multiply matrices of (N, C, H·W) (section 14.2)."""
    n, c, h, w = features.shape
    flat = features.reshape(n * c, h * w)
    return flat @ flat.T / (c * h * w)


def one_table_for_all(features):
    """You put the channels of all pictures into one table of N·C rows, as code for a single picture does. Each picture
    has its own: keep the axis N, multiply matrices of (N, C, H·W), divide by C · H · W (section 14.2)."""
    n, c, h, w = features.shape
    flat = features.view(n * c, h * w)
    return flat @ flat.T / features.numel()


def sums_over_the_batch(features):
    """You add the matrices of all pictures to one. Each picture has its own: the result is N × C × C (section 14.2)."""
    n, c, h, w = features.shape
    return _sums(features).sum(0) / (c * h * w)


def mean_over_the_batch(features):
    """You give the mean over the pictures. Each picture has its own matrix: the result is N × C × C (section 14.2)."""
    n, c, h, w = features.shape
    return _sums(features).mean(0) / (c * h * w)


def without_the_batch_axis(features):
    """For a single picture you drop the first axis. The result is N × C × C, with N = 1 too; `squeeze()` drops every
    axis of length 1 (section 14.2)."""
    n, c, h, w = features.shape
    return _sums(features).squeeze(0) / (c * h * w)


def first_picture_only(features):
    """You give the first picture's matrix for every picture. Each picture has its own (section 14.2)."""
    n, c, h, w = features.shape
    return _sums(features)[:1].expand(n, c, c) / (c * h * w)


def scrambled(features):
    """You bring the channels to the end and then `reshape` to rows of H · W numbers: that cuts the numbers into rows
    of another kind, so each row mixes channels. (N, C, H, W) reshapes to (N, C, H·W) as it is (section 14.2)."""
    n, c, h, w = features.shape
    flat = features.permute(0, 2, 3, 1).reshape(n, c, h * w)
    return flat @ flat.transpose(1, 2) / (c * h * w)


def transposed_by_reshape(features):
    """You turn (N, C, H·W) into (N, H·W, C) with `reshape` or `view`, which keeps the order of the numbers and
    transposes nothing. Use `transpose(1, 2)` (section 14.2)."""
    n, c, h, w = features.shape
    flat = features.reshape(n, c, h * w)
    return flat @ flat.reshape(n, h * w, c) / (c * h * w)


def needs_adjacent_memory(features):
    """Your `view` fails for features whose numbers do not lie side by side in memory, such as a transposed or cut
    picture. `reshape` and `flatten` copy where they must (section 14.2)."""
    n, c, h, w = features.shape
    flat = features.view(n, c, h * w)
    return flat @ flat.transpose(1, 2) / (c * h * w)


def centred(features):
    """You subtract each channel's mean first: that is the covariance. The Gram matrix multiplies the features as they
    are (section 14.2)."""
    n, c, h, w = features.shape
    return _sums(features - features.mean((2, 3), keepdim=True)) / (c * h * w)


def cosine(features):
    """You divide each entry by the lengths of its two channels: that is the cosine, with 1 on the diagonal. How
    strongly a channel fires belongs to the style; divide by C · H · W only (section 14.2)."""
    sums = _sums(features)
    length = sums.diagonal(dim1=1, dim2=2).sqrt()
    return sums / (length[:, :, None] * length[:, None, :])


def rows_with_rows(features):
    """You multiply the maps as matrices, row with row, so the result has the axes H × H for each channel. Put all
    places of a map into one row first: (N, C, H·W) (section 14.2)."""
    n, c, h, w = features.shape
    return features @ features.transpose(2, 3) / (c * h * w)


def places_with_places(features):
    """You multiply places with places, which gives H·W × H·W. Channels meet channels: (N, C, H·W) times its transpose
    is C × C (section 14.2)."""
    n, c, h, w = features.shape
    flat = features.flatten(2)
    return flat.transpose(1, 2) @ flat / (c * h * w)


def detached(features):
    """Your result is detached from the features. It is the picture's matrix through which the gradient flows; detach
    the target's where you make the target (section 14.2)."""
    n, c, h, w = features.shape
    return _sums(features.detach()) / (c * h * w)


def divides_the_features_in_place(features):
    """You change the features in place. They are still needed, by the content loss for one: make new tensors
    (section 14.2)."""
    n, c, h, w = features.shape
    result = _sums(features) / (c * h * w)
    with torch.no_grad():
        features /= c * h * w
    return result


def divided_before_the_product(features):
    """You divide the features by C · H · W before you multiply, so the product is divided twice. Divide the product
    (section 14.2)."""
    n, c, h, w = features.shape
    return _sums(features / (c * h * w))
