"""Reference answers to 13_segmentation. The notebook's setup cell goes before them: imports, layer, backbone, UNet."""


# %% confusion_matrix
def confusion_matrix(prediction: Tensor, target: Tensor, num_classes: int, ignore_index: int = 255) -> Tensor:
    known = target != ignore_index
    pairs = target[known] * num_classes + prediction[known]
    return torch.bincount(pairs, minlength=num_classes**2).reshape(num_classes, num_classes)


# %% mean_iou
def mean_iou(prediction: Tensor, target: Tensor, num_classes: int, ignore_index: int = 255) -> float:
    known = target != ignore_index
    pairs = target[known] * num_classes + prediction[known]
    matrix = torch.bincount(pairs, minlength=num_classes**2).reshape(num_classes, num_classes).double()
    intersection = matrix.diag()
    union = matrix.sum(0) + matrix.sum(1) - intersection
    return (intersection / union).nanmean().item()  # 0 / 0, a class that occurs nowhere, is NaN and left out


# %% bilinear_kernel
def bilinear_kernel(channels: int, factor: int) -> Tensor:
    size = 2 * factor - factor % 2
    middle = (size - 1) / 2
    falls = 1 - (torch.arange(size) - middle).abs() / factor
    return torch.outer(falls, falls).repeat(channels, 1, 1, 1)


# %% FCNHead
class FCNHead(nn.Module):
    def __init__(self, in_channels: int, num_classes: int, factor: int) -> None:
        super().__init__()
        self.score = nn.Conv2d(in_channels, num_classes, 1)
        kernel = bilinear_kernel(num_classes, factor)
        size = kernel.shape[-1]
        self.up = nn.ConvTranspose2d(
            num_classes, num_classes, size, factor, padding=(size - factor) // 2, groups=num_classes, bias=False
        )
        self.up.weight = nn.Parameter(kernel)

    def forward(self, features: Tensor, size: tuple[int, int]) -> Tensor:
        height, width = size
        return self.up(self.score(features))[..., :height, :width]


# %% ASPP
def conv_norm(in_channels: int, out_channels: int, kernel_size: int, rate: int = 1) -> list[nn.Module]:
    """Convolution that keeps the size, batch norm, ReLU."""
    padding = rate * (kernel_size // 2)
    return [
        nn.Conv2d(in_channels, out_channels, kernel_size, padding=padding, dilation=rate, bias=False),
        nn.BatchNorm2d(out_channels),
        nn.ReLU(),
    ]


class ASPP(nn.Module):
    def __init__(self, in_channels: int, atrous_rates: Sequence[int], out_channels: int = 256) -> None:
        super().__init__()
        branches = [nn.Sequential(*conv_norm(in_channels, out_channels, 1))]
        branches += [nn.Sequential(*conv_norm(in_channels, out_channels, 3, rate)) for rate in atrous_rates]
        branches.append(nn.Sequential(nn.AdaptiveAvgPool2d(1), *conv_norm(in_channels, out_channels, 1)))
        self.convs = nn.ModuleList(branches)
        self.project = nn.Sequential(*conv_norm(len(branches) * out_channels, out_channels, 1), nn.Dropout(0.5))

    def forward(self, x: Tensor) -> Tensor:
        maps = [conv(x) for conv in self.convs]
        maps[-1] = maps[-1].expand(-1, -1, *x.shape[-2:])  # the mean, at every place
        return self.project(torch.cat(maps, dim=1))


# %% train_segmenter
def train_segmenter(
    images: Tensor, masks: Tensor, num_classes: int, *, seed: int, budget: float, device: str
) -> nn.Module:
    start = time.process_time()
    torch.manual_seed(seed)
    net = UNet(images.shape[1], num_classes).to(device, memory_format=torch.channels_last)
    images = images.to(device, memory_format=torch.channels_last)  # twice as fast on a CPU
    masks = masks.to(device)
    optimizer = torch.optim.AdamW(net.parameters())
    while True:
        for batch in torch.randperm(len(images)).split(16):
            spent = (time.process_time() - start) / budget
            if spent > 0.95:
                return net.eval()
            for group in optimizer.param_groups:
                group["lr"] = 0.008 * min(spent / 0.3, (1 - spent) / 0.7)  # up, then down to nearly 0
            loss = F.cross_entropy(net(images[batch]), masks[batch])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()


# %% nms
def nms(boxes: Tensor, scores: Tensor, threshold: float) -> Tensor:
    area = (boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1])
    rest = scores.argsort(descending=True)
    kept = []
    while len(rest):
        best, rest = rest[0], rest[1:]
        kept.append(best.item())
        low = torch.maximum(boxes[best, :2], boxes[rest, :2])
        high = torch.minimum(boxes[best, 2:], boxes[rest, 2:])
        intersection = (high - low).clamp(min=0).prod(1)
        union = area[best] + area[rest] - intersection
        rest = rest[~(intersection / union > threshold)]  # no comparison with NaN (0 / 0) holds, so it is kept
    return torch.tensor(kept, dtype=torch.int64)


# %% roi_align
def roi_align(
    features: Tensor,
    boxes: Tensor,
    output_size: int | tuple[int, int],
    spatial_scale: float = 1.0,
    sampling_ratio: int = 2,
    aligned: bool = True,
) -> Tensor:
    bins = (output_size, output_size) if isinstance(output_size, int) else output_size
    corners = boxes[:, 1:] * spatial_scale - (0.5 if aligned else 0.0)
    size = corners[:, 2:] - corners[:, :2]
    if not aligned:
        size = size.clamp(min=1)
    columns = sample_weights(corners[:, 0], size[:, 0], bins[1], sampling_ratio, features.shape[3])
    rows = sample_weights(corners[:, 1], size[:, 1], bins[0], sampling_ratio, features.shape[2])
    return torch.einsum("kih,kchw,kjw->kcij", rows, features[boxes[:, 0].long()], columns)


def sample_weights(low: Tensor, size: Tensor, bins: int, samples: int, length: int) -> Tensor:
    """(K, bins, length): how much each pixel of one axis counts in each bin.

    A bilinear sample is a weight for rows times a weight for columns, so both axes can be treated alone.
    """
    steps = (torch.arange(bins * samples).to(low) + 0.5) / (bins * samples)
    places = low[:, None] + size[:, None] * steps
    known = (places >= -1) & (places <= length)
    places = places.clamp(0, length - 1)
    weights = (1 - (places[..., None] - torch.arange(length).to(low)).abs()).clamp(min=0) * known[..., None]
    return weights.reshape(len(low), bins, samples, length).mean(2)


# %% mask_ap
def mask_ap(predictions: list[tuple[Tensor, Tensor]], targets: list[Tensor], threshold: float = 0.5) -> float:
    total = sum(len(masks) for masks in targets)
    if total == 0:
        return math.nan
    ranking = []
    for picture, (masks, scores) in enumerate(predictions):
        ranking += [(score, picture, mask) for mask, score in zip(masks, scores.tolist(), strict=True)]
    ranking.sort(key=lambda row: row[0], reverse=True)
    free = [list(masks) for masks in targets]
    hits = []
    for _, picture, mask in ranking:
        overlaps = [((mask & other).sum() / (mask | other).sum()).item() for other in free[picture]]
        best = max(range(len(overlaps)), key=lambda i: overlaps[i], default=None)
        hits.append(best is not None and overlaps[best] >= threshold)
        if hits[-1]:
            del free[picture][best]
    found = torch.tensor(hits, dtype=torch.float64)
    precision = found.cumsum(0) / torch.arange(1, len(hits) + 1)
    if len(hits):
        precision = precision.flip(0).cummax(0).values.flip(0)  # the best at this recall or beyond
    return (found * precision).sum().item() / total  # recall grows by 1 / total at each hit


# %% panoptic_quality
def panoptic_quality(prediction: Tensor, target: Tensor, num_classes: int) -> dict[str, float]:
    void = target[0] == 255
    found, there = segments(prediction), segments(target)
    rows = []
    for c in range(num_classes):
        mine = [mask for (label, _), mask in found.items() if label == c]
        theirs = [mask for (label, _), mask in there.items() if label == c]
        ious, extra = [], 0
        for mask in mine:
            known = mask & ~void
            overlaps = [((known & other).sum() / (known | other).sum()).item() for other in theirs]
            best = max(overlaps, default=0.0)
            if best > 0.5:  # at most one can be so large
                ious.append(best)
            elif (mask & void).sum() <= 0.5 * mask.sum():
                extra += 1
        weight = len(ious) + (extra + len(theirs) - len(ious)) / 2
        if weight:
            sq = sum(ious) / len(ious) if ious else 0.0
            rows.append((sum(ious) / weight, sq, len(ious) / weight))
    means = torch.tensor(rows, dtype=torch.float64).reshape(-1, 3).mean(0).tolist()  # NaN without rows
    return dict(zip(("pq", "sq", "rq"), means, strict=True))


def segments(panoptic: Tensor) -> dict[tuple[int, int], Tensor]:
    """The mask of each (class, instance), without void."""
    names = {tuple(pair) for pair in panoptic.flatten(1).T.unique(dim=0).tolist() if pair[0] != 255}
    return {name: (panoptic[0] == name[0]) & (panoptic[1] == name[1]) for name in names}
