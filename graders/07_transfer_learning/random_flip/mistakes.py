"""Known wrong answers of random_flip."""

import torch


def _chosen(images, p, generator):
    return torch.rand(len(images), 1, 1, 1, generator=generator) < p


def one_draw_for_the_batch(images, p=0.5, *, generator):
    """You draw once for the whole batch, so all its pictures are mirrored, or none. Draw one number a picture (section
    7.5)."""
    return images.flip(3) if torch.rand((), generator=generator) < p else images.clone()


def upside_down(images, p=0.5, *, generator):
    """You flip rows, so pictures stand on their head. Left and right are the last axis (section 7.5)."""
    return torch.where(_chosen(images, p, generator), images.flip(2), images)


def both_axes(images, p=0.5, *, generator):
    """You flip rows and columns, which turns the picture by 180 degrees. Flip the last axis only (section 7.5)."""
    return torch.where(_chosen(images, p, generator), images.flip(2, 3), images)


def probability_of_staying(images, p=0.5, *, generator):
    """With you, p is the probability that a picture stays as it is. It is the probability that it is mirrored (section
    7.5)."""
    return torch.where(_chosen(images, 1 - p, generator), images.flip(3), images)


def ignores_p(images, p=0.5, *, generator):
    """You mirror half of the pictures whatever p is (section 7.5)."""
    return torch.where(_chosen(images, 0.5, generator), images.flip(3), images)


def each_row_apart(images, p=0.5, *, generator):
    """You draw for each row of a picture, so a picture is torn to pieces. One draw decides for all of a picture
    (section 7.5)."""
    chosen = torch.rand(*images.shape[:1], 1, images.shape[2], 1, generator=generator) < p
    return torch.where(chosen, images.flip(3), images)


def each_channel_apart(images, p=0.5, *, generator):
    """You draw for each channel, so red may lie left while green lies right. One draw decides for all of a picture
    (section 7.5)."""
    chosen = torch.rand(*images.shape[:2], 1, 1, generator=generator) < p
    return torch.where(chosen, images.flip(3), images)


def global_random_state(images, p=0.5, *, generator):
    """You draw from torch's global random state and not from the generator that was given (section 7.5)."""
    return torch.where(torch.rand(len(images), 1, 1, 1) < p, images.flip(3), images)


def a_generator_of_its_own(images, p=0.5, *, generator):
    """You make a generator of your own with a fixed seed, so every call mirrors the same places. Use the one that was
    given (section 7.5)."""
    return torch.where(_chosen(images, p, torch.Generator().manual_seed(0)), images.flip(3), images)


def copies_the_generator(images, p=0.5, *, generator):
    """You draw from a copy of the generator, so the one that was given never moves on, and each epoch mirrors the same
    pictures (section 7.5)."""
    copy = torch.Generator()
    copy.set_state(generator.get_state())
    return torch.where(_chosen(images, p, copy), images.flip(3), images)


def in_place(images, p=0.5, *, generator):
    """You write into the pictures that were given, and the training set itself is changed for ever. Make a new tensor
    (section 7.5)."""
    chosen = _chosen(images, p, generator).flatten()
    images[chosen] = images[chosen].flip(3)
    return images


def float32_result(images, p=0.5, *, generator):
    """Your result is float32 whatever comes in: keep the dtype of the pictures (section 7.5)."""
    return torch.where(_chosen(images, p, generator), images.flip(3), images).float()
