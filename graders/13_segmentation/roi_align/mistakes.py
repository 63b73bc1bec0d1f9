import torch


def _pair(size):
    return (size, size) if isinstance(size, int) else tuple(size)


def _places(low, size, bins, samples):
    """(K, bins, samples) places along one axis."""
    step = (torch.arange(bins)[:, None] + (torch.arange(samples).to(low) + 0.5) / samples) / bins
    return low[:, None, None] + size[:, None, None] * step


def _weights(places, length, clamp=True, outside=True, half=True):
    """(K, bins, samples, length): how much each pixel of the axis counts at each place."""
    known = ((places >= -1) & (places <= length)) if outside else torch.ones_like(places, dtype=torch.bool)
    places = places.clamp(0, length - 1) if clamp else places
    near = 1 - (places[..., None] - torch.arange(length)).abs()
    return near.clamp(min=0) * known[..., None]


def _roi_align(features, boxes, output_size, spatial_scale, sampling_ratio, aligned, places=_places, weights=_weights,
               reduce="mean", least=True):  # fmt: skip
    (bins_h, bins_w), (height, width) = _pair(output_size), features.shape[-2:]
    picture = boxes[:, 0].long()
    x1, y1, x2, y2 = (boxes[:, 1:] * spatial_scale - (0.5 if aligned else 0)).unbind(1)
    w, h = x2 - x1, y2 - y1
    if not aligned and least:
        w, h = w.clamp(min=1), h.clamp(min=1)
    rows = weights(places(y1, h, bins_h, sampling_ratio), height).to(features)
    columns = weights(places(x1, w, bins_w, sampling_ratio), width).to(features)
    if reduce == "mean":
        return torch.einsum("kchw,kih,kjw->kcij", features[picture], rows.mean(2), columns.mean(2))
    samples = torch.einsum("kchw,kish,kjtw->kcijst", features[picture], rows, columns)
    return samples.amax((4, 5)) if reduce == "max" else samples.sum((4, 5))


def rounds_like_roi_pool(features, boxes, output_size, spatial_scale=1.0, sampling_ratio=2, aligned=True):
    """You round the corners of the boxes to whole pixels, as RoIPool does. RoIAlign's point is not to round: sample
    between the pixels (section 13.6)."""
    boxes = torch.cat([boxes[:, :1], (boxes[:, 1:] * spatial_scale).round()], 1)
    return _roi_align(features, boxes, output_size, 1.0, sampling_ratio, aligned)


def no_half_pixel(features, boxes, output_size, spatial_scale=1.0, sampling_ratio=2, aligned=True):
    """You do not shift by half a pixel. With `aligned=True` a pixel's number is its middle: subtract 0.5 from the
    scaled corners (section 13.6)."""
    return _roi_align(features, boxes, output_size, spatial_scale, sampling_ratio, False, least=not aligned)


def always_aligned(features, boxes, output_size, spatial_scale=1.0, sampling_ratio=2, aligned=True):
    """You always shift by half a pixel. With `aligned=False` nothing is subtracted (section 13.6)."""
    return _roi_align(features, boxes, output_size, spatial_scale, sampling_ratio, True)


def half_pixel_before_scaling(features, boxes, output_size, spatial_scale=1.0, sampling_ratio=2, aligned=True):
    """You subtract the half pixel before you scale. It is half a pixel of the map: scale first (section 13.6)."""
    if aligned:
        boxes = torch.cat([boxes[:, :1], boxes[:, 1:] - 0.5 + 0.5 / spatial_scale], 1)
    return _roi_align(features, boxes, output_size, spatial_scale, sampling_ratio, aligned)


def samples_at_the_corners(features, boxes, output_size, spatial_scale=1.0, sampling_ratio=2, aligned=True):
    """Your samples begin at the edge of each bin. They lie in the middles of its sampling_ratio equal parts: at (s +
    0.5) / sampling_ratio of its width (section 13.6)."""

    def places(low, size, bins, samples):
        step = (torch.arange(bins)[:, None] + torch.arange(samples).to(low) / samples) / bins
        return low[:, None, None] + size[:, None, None] * step

    return _roi_align(features, boxes, output_size, spatial_scale, sampling_ratio, aligned, places=places)


def samples_from_edge_to_edge(features, boxes, output_size, spatial_scale=1.0, sampling_ratio=2, aligned=True):
    """Your samples run from one edge of the box to the other, both included, as `linspace` does. They lie in the
    middles of equal parts: at (s + 0.5) / sampling_ratio of a bin (section 13.6)."""

    def places(low, size, bins, samples):
        step = torch.linspace(0, 1, bins * samples).to(low).reshape(bins, samples)
        return low[:, None, None] + size[:, None, None] * step

    return _roi_align(features, boxes, output_size, spatial_scale, sampling_ratio, aligned, places=places)


def boxes_with_one_pixel_more(features, boxes, output_size, spatial_scale=1.0, sampling_ratio=2, aligned=True):
    """You add 1 to the width and height of the boxes, as for corners that are whole pixels. Here corners are places:
    the length is scale · (x2 − x1) (section 13.6)."""
    boxes = torch.cat([boxes[:, :3], boxes[:, 3:] + 1 / spatial_scale], 1)
    return _roi_align(features, boxes, output_size, spatial_scale, sampling_ratio, aligned)


def one_sample_a_bin(features, boxes, output_size, spatial_scale=1.0, sampling_ratio=2, aligned=True):
    """You take one sample in the middle of each bin. It is the mean of sampling_ratio × sampling_ratio of them (section
    13.6)."""
    return _roi_align(features, boxes, output_size, spatial_scale, 1, aligned)


def always_two_samples(features, boxes, output_size, spatial_scale=1.0, sampling_ratio=2, aligned=True):
    """You take two samples a bin in each direction, whatever `sampling_ratio` says (section 13.6)."""
    return _roi_align(features, boxes, output_size, spatial_scale, 2, aligned)


def maximum_of_the_samples(features, boxes, output_size, spatial_scale=1.0, sampling_ratio=2, aligned=True):
    """You take the maximum of the samples of a bin. RoIAlign takes their mean (section 13.6)."""
    return _roi_align(features, boxes, output_size, spatial_scale, sampling_ratio, aligned, reduce="max")


def sum_of_the_samples(features, boxes, output_size, spatial_scale=1.0, sampling_ratio=2, aligned=True):
    """You add the samples of a bin up. Divide by their number, sampling_ratio² (section 13.6)."""
    return _roi_align(features, boxes, output_size, spatial_scale, sampling_ratio, aligned, reduce="sum")


def x_and_y_exchanged(features, boxes, output_size, spatial_scale=1.0, sampling_ratio=2, aligned=True):
    """You read the boxes as y1, x1, y2, x2. The order is x1, y1, x2, y2, and x counts columns (section 13.6)."""
    return _roi_align(features, boxes[:, [0, 2, 1, 4, 3]], output_size, spatial_scale, sampling_ratio, aligned)


def bins_exchanged(features, boxes, output_size, spatial_scale=1.0, sampling_ratio=2, aligned=True):
    """You read `output_size` as (width, height). It is (height, width) (section 13.6)."""
    size = _pair(output_size)[::-1]
    return _roi_align(features, boxes, size, spatial_scale, sampling_ratio, aligned)


def scale_ignored(features, boxes, output_size, spatial_scale=1.0, sampling_ratio=2, aligned=True):
    """You do not use `spatial_scale`. Boxes are in pixels of the picture; multiply them to get places in the map
    (section 13.6)."""
    return _roi_align(features, boxes, output_size, 1.0, sampling_ratio, aligned)


def divides_by_the_scale(features, boxes, output_size, spatial_scale=1.0, sampling_ratio=2, aligned=True):
    """You divide by `spatial_scale`. A map at half the picture's size has spatial_scale 0.5: multiply (section
    13.6)."""
    return _roi_align(features, boxes, output_size, 1 / spatial_scale, sampling_ratio, aligned)


def zero_outside_at_once(features, boxes, output_size, spatial_scale=1.0, sampling_ratio=2, aligned=True):
    """Your samples fade to 0 as soon as they leave the middle of the border pixels. Up to one pixel outside they take
    the border's value: clamp the place to 0 … size − 1 (section 13.6)."""
    weights = lambda places, length: _weights(places, length, clamp=False)
    return _roi_align(features, boxes, output_size, spatial_scale, sampling_ratio, aligned, weights=weights)


def border_continues_for_ever(features, boxes, output_size, spatial_scale=1.0, sampling_ratio=2, aligned=True):
    """Your samples take the border's value however far out they are. Below −1 and above the size they are 0 (section
    13.6)."""
    weights = lambda places, length: _weights(places, length, outside=False)
    return _roi_align(features, boxes, output_size, spatial_scale, sampling_ratio, aligned, weights=weights)


def mean_of_the_samples_inside(features, boxes, output_size, spatial_scale=1.0, sampling_ratio=2, aligned=True):
    """You divide by the number of samples that lie in the map. A sample outside is 0 and counts: divide by
    sampling_ratio² (section 13.6)."""
    inside = _roi_align(torch.ones_like(features), boxes, output_size, spatial_scale, sampling_ratio, aligned)
    return _roi_align(features, boxes, output_size, spatial_scale, sampling_ratio, aligned) / inside.clamp(min=1e-6)


def box_is_clipped(features, boxes, output_size, spatial_scale=1.0, sampling_ratio=2, aligned=True):
    """You clip the boxes to the map before you divide them into bins, so that the bins get smaller. The box stays as it
    is; its samples are treated one by one (section 13.6)."""
    height, width = (size / spatial_scale for size in features.shape[-2:])
    x, y = boxes[:, 1::2].clamp(0, width), boxes[:, 2::2].clamp(0, height)
    boxes = torch.stack([boxes[:, 0], x[:, 0], y[:, 0], x[:, 1], y[:, 1]], 1)
    return _roi_align(features, boxes, output_size, spatial_scale, sampling_ratio, aligned)


def nearest_pixel(features, boxes, output_size, spatial_scale=1.0, sampling_ratio=2, aligned=True):
    """Your samples take the nearest pixel. Interpolate between the four around the place (section 13.6)."""

    def weights(places, length):
        known = (places >= -1) & (places <= length)
        nearest = places.clamp(0, length - 1).round().long()
        return torch.nn.functional.one_hot(nearest, length) * known[..., None]

    return _roi_align(features, boxes, output_size, spatial_scale, sampling_ratio, aligned, weights=weights)


def first_picture_only(features, boxes, output_size, spatial_scale=1.0, sampling_ratio=2, aligned=True):
    """You cut all boxes out of the first picture. The first number of a box says which picture it is in (section
    13.6)."""
    boxes = torch.cat([torch.zeros_like(boxes[:, :1]), boxes[:, 1:]], 1)
    return _roi_align(features, boxes, output_size, spatial_scale, sampling_ratio, aligned)


def least_size_when_aligned(features, boxes, output_size, spatial_scale=1.0, sampling_ratio=2, aligned=True):
    """You make boxes at least one pixel large with `aligned=True` too. That holds for `aligned=False` only (section
    13.6)."""
    x1, y1, x2, y2 = (boxes[:, 1:] * spatial_scale).unbind(1)
    large = torch.stack([boxes[:, 0], x1, y1, torch.maximum(x2, x1 + 1), torch.maximum(y2, y1 + 1)], 1)
    return _roi_align(features, large, output_size, 1.0, sampling_ratio, aligned)


def no_least_size(features, boxes, output_size, spatial_scale=1.0, sampling_ratio=2, aligned=True):
    """With `aligned=False`, a box that is smaller than one pixel of the map counts as one pixel wide and high; yours
    does not (section 13.6)."""
    return _roi_align(features, boxes, output_size, spatial_scale, sampling_ratio, aligned, least=False)


def least_size_before_scaling(features, boxes, output_size, spatial_scale=1.0, sampling_ratio=2, aligned=True):
    """With `aligned=False` you make boxes at least one pixel of the *picture* large. It is one pixel of the map: scale
    first (section 13.6)."""
    if not aligned:
        x1, y1, x2, y2 = boxes[:, 1:].unbind(1)
        boxes = torch.stack([boxes[:, 0], x1, y1, torch.maximum(x2, x1 + 1), torch.maximum(y2, y1 + 1)], 1)
    return _roi_align(features, boxes, output_size, spatial_scale, sampling_ratio, aligned, least=False)


def detached(features, boxes, output_size, spatial_scale=1.0, sampling_ratio=2, aligned=True):
    """The numbers are right, but no gradient reaches the features, so the backbone would learn nothing from the masks
    (section 13.6)."""
    return _roi_align(features.detach(), boxes, output_size, spatial_scale, sampling_ratio, aligned)
