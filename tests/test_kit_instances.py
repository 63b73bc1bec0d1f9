"""The kit's Mask R-CNN: its targets, and that it runs, learns a little and gives masks."""

import torch

from coursekit.instances import boxes_of, fit, mask_rcnn, objects, predict
from coursekit.scenes import EASY, scenes

torch.set_num_threads(1)


def test_objects_have_tight_boxes_and_one_class_each():
    _, labels, instances = scenes(8, seed=0, size=32, **EASY)
    for label, instance, found in zip(labels, instances, objects(labels, instances), strict=True):
        for box, kind, mask in zip(found["boxes"], found["labels"], found["masks"], strict=True):
            x1, y1, x2, y2 = box.long().tolist()
            assert mask.sum() >= 12 and mask.sum() == mask[y1:y2, x1:x2].sum()
            assert mask[y1].any() and mask[y2 - 1].any() and mask[:, x1].any() and mask[:, x2 - 1].any()
            assert (label[mask] == kind).all() and len(instance[mask].unique()) == 1


def test_small_objects_are_left_out():
    labels = torch.zeros(1, 8, 8, dtype=torch.int64)
    labels[0, 0, :5] = 1
    (found,) = objects(labels, labels)
    assert found["boxes"].shape == (0, 4) and found["labels"].shape == (0,) and found["masks"].shape == (0, 8, 8)


def test_boxes_of_a_mask():
    mask = torch.zeros(1, 5, 6, dtype=torch.bool)
    mask[0, 1:4, 2] = mask[0, 3, 2:5] = True
    assert boxes_of(mask).tolist() == [[2, 1, 5, 4]]


def test_a_step_of_training_and_a_prediction():
    images, labels, instances = scenes(8, seed=0, size=32, **EASY)
    torch.manual_seed(0)
    model = mask_rcnn(4, 32)
    history = fit(model, images, objects(labels, instances), epochs=3)
    assert len(history) == 3 and history[-1] < history[0]
    found = predict(model, images[:2])
    assert len(found) == 2 and found[0]["masks"].dtype == torch.bool and found[0]["masks"].shape[1:] == (32, 32)
