"""Train the backbone of lesson 07 and write its weights, about 0.3 MB, into the kit.

``python tools/train_backbone.py``: 8000 of the kit's ten shapes, eight epochs, one thread: about a
minute. The seed is fixed, and the file need not be made again unless the net or the pictures change.
"""

import numpy as np
import torch
from torch import nn

from coursekit import train, transfer
from coursekit.shapes import shapes


def main() -> None:
    torch.set_num_threads(1)
    torch.manual_seed(0)
    body, head = transfer.fresh(seed=0), nn.Linear(transfer.FEATURES, 10)
    net = nn.Sequential(body, head)
    images, labels = shapes(8000, seed=707, noise=0.08)
    train.fit(net, images, labels, epochs=8, lr=0.008, show=True)
    test_images, test_labels = shapes(2000, seed=707, split="test", noise=0.08)
    print(f"new pictures of the ten shapes: {train.accuracy(net, test_images, test_labels):.3f} right")
    state = body.state_dict() | {f"head.{name}": tensor for name, tensor in head.state_dict().items()}
    halved = {name: tensor.half() if tensor.is_floating_point() else tensor for name, tensor in state.items()}
    np.savez_compressed(transfer.WEIGHTS, **{name: tensor.numpy() for name, tensor in halved.items()})
    print(f"{transfer.WEIGHTS.name}: {transfer.WEIGHTS.stat().st_size} bytes")


if __name__ == "__main__":
    main()
