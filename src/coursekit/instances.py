"""A small Mask R-CNN for pictures of 48 to 64 pixels, built from torchvision's parts, and its training loop.

He et al. 2017, https://arxiv.org/abs/1703.06870. Everything is as in the paper but smaller: one map of stride 4 with 32
channels instead of a pyramid with 256, so that a CPU trains it in a minute.
"""

import torch
from torch import Tensor, nn
from torchvision.models.detection import MaskRCNN
from torchvision.models.detection.anchor_utils import AnchorGenerator
from torchvision.models.detection.faster_rcnn import TwoMLPHead
from torchvision.models.detection.mask_rcnn import MaskRCNNHeads, MaskRCNNPredictor

LEAST = 12  # objects with fewer visible pixels are left out


def objects(labels: Tensor, instances: Tensor) -> list[dict[str, Tensor]]:
    """For each picture the visible objects: ``boxes`` (T, 4) float, ``labels`` (T,) int64 and ``masks`` (T, H, W) bool.

    labels, instances: (N, H, W) int64, as ``coursekit.scenes`` gives them.
    """
    found = []
    for label, instance in zip(labels, instances, strict=True):
        numbers, counts = instance[instance > 0].unique(return_counts=True)
        masks = instance == numbers[counts >= LEAST][:, None, None]
        classes = torch.stack([label[mask][0] for mask in masks]) if len(masks) else label.new_zeros(0)
        found.append({"boxes": boxes_of(masks), "labels": classes, "masks": masks})
    return found


def boxes_of(masks: Tensor) -> Tensor:
    """The tight boxes x1, y1, x2, y2 (T, 4) around masks (T, H, W), none of them empty.

    >>> boxes_of(torch.ones(1, 2, 3, dtype=torch.bool))
    tensor([[0., 0., 3., 2.]])
    """
    rows, columns = masks.any(2), masks.any(1)
    first = lambda line: line.float().argmax(1)
    last = lambda line: line.shape[1] - line.flip(1).float().argmax(1)
    return torch.stack([first(columns), first(rows), last(columns), last(rows)], 1).float()


def mask_rcnn(num_classes: int, size: int) -> MaskRCNN:
    """A Mask R-CNN with about 160 000 weights for pictures of ``size`` pixels; class 0 is the ground."""
    layers: list[nn.Module] = []
    for before, width, stride in ((3, 16, 1), (16, 16, 2), (16, 32, 2), (32, 32, 1), (32, 32, 1)):
        layers += [nn.Conv2d(before, width, 3, stride, 1, bias=False), nn.BatchNorm2d(width), nn.ReLU()]
    backbone = nn.Sequential(*layers)
    backbone.out_channels = 32  # type: ignore[assignment]
    return MaskRCNN(
        backbone,
        num_classes=None,
        min_size=size,
        max_size=size,
        image_mean=[0.0] * 3,
        image_std=[1.0] * 3,
        rpn_anchor_generator=AnchorGenerator(((12, 18, 27),), ((1.0,),)),
        rpn_pre_nms_top_n_train=200,
        rpn_post_nms_top_n_train=50,
        rpn_pre_nms_top_n_test=100,
        rpn_post_nms_top_n_test=20,
        rpn_batch_size_per_image=64,
        box_head=TwoMLPHead(32 * 7 * 7, 64),
        box_predictor=_Predictor(64, num_classes),
        box_batch_size_per_image=32,
        box_detections_per_img=10,
        mask_head=MaskRCNNHeads(32, (32, 32), 1),
        mask_predictor=MaskRCNNPredictor(32, 32, num_classes),
    )


class _Predictor(nn.Module):
    """Scores of the classes, and a corrected box for each."""

    def __init__(self, in_features: int, num_classes: int) -> None:
        super().__init__()
        self.scores, self.corrections = nn.Linear(in_features, num_classes), nn.Linear(in_features, 4 * num_classes)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        return self.scores(x), self.corrections(x)


def fit(
    model: MaskRCNN, images: Tensor, targets: list[dict[str, Tensor]], *, epochs: int, lr: float = 3e-3, seed: int = 0
) -> list[float]:
    """Train on pictures that have an object; return the mean over each epoch of the sum of the five losses."""
    kept = torch.tensor([i for i, target in enumerate(targets) if len(target["boxes"])])
    order = torch.Generator().manual_seed(seed)
    optimizer = torch.optim.AdamW(model.parameters(), lr)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, lr, total_steps=epochs * -(-len(kept) // 8))
    history = []
    model.train()
    for _ in range(epochs):
        total, batches = 0.0, kept[torch.randperm(len(kept), generator=order)].split(8)
        for batch in batches:
            chosen = [{**targets[i], "masks": targets[i]["masks"].byte()} for i in batch.tolist()]
            loss = sum(model(list(images[batch]), chosen).values())
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
            total += loss.item()
        history.append(total / len(batches))
    return history


def predict(model: MaskRCNN, images: Tensor) -> list[dict[str, Tensor]]:
    """For each picture ``boxes``, ``labels``, ``scores`` and ``masks`` (M, H, W) bool, the surest first."""
    model.eval()
    with torch.no_grad():
        found = [result for batch in images.split(20) for result in model(list(batch))]
    return [{**result, "masks": result["masks"][:, 0] > 0.5} for result in found]
