import torch


def _area(boxes):
    return (boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1])


def _intersection(box, boxes):
    size = torch.minimum(box[2:], boxes[:, 2:]) - torch.maximum(box[:2], boxes[:, :2])
    return size.clamp(min=0).prod(1)


def _iou(box, boxes):
    inter = _intersection(box, boxes)
    return inter / (_area(box[None]) + _area(boxes) - inter)


def _over(overlap, threshold):
    return overlap > threshold


def _nms(boxes, scores, threshold, iou=_iou, over=_over):
    rest, kept = scores.argsort(descending=True), []
    while len(rest):
        best, rest = rest[0], rest[1:]
        kept.append(best)
        rest = rest[~over(iou(boxes[best], boxes[rest]), threshold)]
    return torch.stack(kept) if kept else torch.zeros(0, dtype=torch.int64)


def suppresses_at_the_threshold(boxes, scores, threshold):
    """You also drop boxes whose IoU equals the threshold. Drop those above it only: `>`, not `>=` (section 13.5)."""
    return _nms(boxes, scores, threshold, over=lambda overlap, threshold: overlap >= threshold)


def keeps_what_is_below(boxes, scores, threshold):
    """You keep the boxes with `iou <= threshold`, and lose those whose IoU is 0 / 0, since no comparison with NaN
    holds. A box without area suppresses nobody: drop where `iou > threshold` (section 13.5)."""
    return _nms(boxes, scores, threshold, over=lambda overlap, threshold: ~(overlap <= threshold))


def in_the_order_of_the_input(boxes, scores, threshold):
    """The boxes are right, their order is not: the result begins with the highest score (section 13.5)."""
    return _nms(boxes, scores, threshold).sort().values


def never_sorts(boxes, scores, threshold):
    """You go through the boxes in the order in which they come. Sort by score first: the best box of a crowd survives
    (section 13.5)."""
    return _nms(boxes, -torch.arange(len(scores)).double(), threshold)


def lowest_score_first(boxes, scores, threshold):
    """You begin with the lowest score: `argsort` sorts upwards unless told otherwise (section 13.5)."""
    return _nms(boxes, -scores, threshold)


def suppressed_boxes_suppress(boxes, scores, threshold):
    """Boxes that have been suppressed suppress others in your answer. Only kept boxes do (section 13.5)."""
    order, kept = scores.argsort(descending=True), []
    for i, box in enumerate(order):
        if not (_iou(boxes[box], boxes[order[:i]]) > threshold).any():
            kept.append(box)
    return torch.stack(kept) if kept else torch.zeros(0, dtype=torch.int64)


def best_box_only(boxes, scores, threshold):
    """Only the box with the highest score suppresses in your answer. Each box that is kept does, in its turn (section
    13.5)."""
    order = scores.argsort(descending=True)
    if not len(order):
        return order
    rest = order[1:]
    return torch.cat([order[:1], rest[~(_iou(boxes[order[0]], boxes[rest]) > threshold)]])


def areas_with_one_pixel_more(boxes, scores, threshold):
    """You add 1 to widths and heights, as for corners that are whole pixels. Here corners are places: the width is x2 −
    x1 (section 13.5)."""

    def iou(box, boxes):
        more = torch.tensor([0, 0, 1, 1]).to(boxes)
        return _iou(box + more, boxes + more)

    return _nms(boxes, scores, threshold, iou)


def negative_overlap(boxes, scores, threshold):
    """Two boxes that lie apart in both directions overlap in your answer: the product of two negative lengths is
    positive. Clamp each length at 0 (section 13.5)."""

    def iou(box, boxes):
        inter = (torch.minimum(box[2:], boxes[:, 2:]) - torch.maximum(box[:2], boxes[:, :2])).prod(1)
        return inter / (_area(box[None]) + _area(boxes) - inter)

    return _nms(boxes, scores, threshold, iou)


def union_without_subtracting(boxes, scores, threshold):
    """Your union counts the intersection twice: it is area + area − intersection (section 13.5)."""
    return _nms(
        boxes, scores, threshold, lambda box, boxes: _intersection(box, boxes) / (_area(box[None]) + _area(boxes))
    )


def share_of_the_smaller_box(boxes, scores, threshold):
    """You divide by the smaller of the two areas. IoU divides by the union (section 13.5)."""
    smaller = lambda box, boxes: torch.minimum(_area(box[None]), _area(boxes))
    return _nms(boxes, scores, threshold, lambda box, boxes: _intersection(box, boxes) / smaller(box, boxes))


def width_and_height_for_corners(boxes, scores, threshold):
    """You read the last two numbers of a box as width and height. They are the right bottom corner: x1, y1, x2, y2
    (section 13.5)."""
    boxes = torch.cat([boxes[:, :2], boxes[:, :2] + boxes[:, 2:]], 1)
    return _nms(boxes, scores, threshold)


def places_in_the_sorted_list(boxes, scores, threshold):
    """You return places in the list that you have sorted. The caller knows the boxes by their place in the input: take
    the index through `order` (section 13.5)."""
    order = scores.argsort(descending=True)
    return _nms(boxes[order], scores[order], threshold)


def returns_boxes(boxes, scores, threshold):
    """You return the boxes. Their indices are wanted, so that scores, classes and masks can be picked too (section
    13.5)."""
    return boxes[_nms(boxes, scores, threshold)]


def returns_a_mask(boxes, scores, threshold):
    """You return which boxes are kept as True and False. Return their indices, highest score first (section 13.5)."""
    kept = torch.zeros(len(boxes), dtype=torch.bool)
    kept[_nms(boxes, scores, threshold)] = True
    return kept


def returns_a_list(boxes, scores, threshold):
    """You return a list. A tensor of int64 is wanted, also when there are no boxes (section 13.5)."""
    return _nms(boxes, scores, threshold).tolist()


def float_for_no_boxes(boxes, scores, threshold):
    """For no boxes you return a float tensor, as `torch.tensor([])` is. Indices are int64, also when there are none
    (section 13.5)."""
    return _nms(boxes, scores, threshold) if len(boxes) else torch.tensor([])
