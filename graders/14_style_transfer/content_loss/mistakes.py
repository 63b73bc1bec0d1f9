"""Known wrong answers of content_loss."""

import torch


def summed(generated, content):
    """You add the squared differences up. It is their mean, so that a picture of twice the size does not count for
    more (section 14.3)."""
    return (generated - content.detach()).square().sum()


def half_of_the_sum(generated, content):
    """You give half of the sum, as in the paper. Here it is the mean of the squared differences (section 14.3)."""
    return 0.5 * (generated - content.detach()).square().sum()


def half_of_the_mean(generated, content):
    """You halve the mean. Here it is the mean of the squared differences, without a factor (section 14.3)."""
    return 0.5 * (generated - content.detach()).square().mean()


def absolute_differences(generated, content):
    """You take absolute differences. They are squared, so that large ones count most (section 14.3)."""
    return (generated - content.detach()).abs().mean()


def signed_differences(generated, content):
    """You take the mean of the differences themselves, where too much here and too little there cancel. Square them
    first (section 14.3)."""
    return (generated - content.detach()).mean()


def square_of_the_mean(generated, content):
    """You take the mean first and square it: differences of opposite sign cancel. Square each difference, then take
    the mean (section 14.3)."""
    return (generated - content.detach()).mean().square()


def root_of_the_mean(generated, content):
    """You take the square root at the end. The mean of the squares is asked for (section 14.3)."""
    return (generated - content.detach()).square().mean().sqrt()


def one_loss_a_picture(generated, content):
    """You give one number a picture. A loss is a single number, the mean over the batch as well (section 14.3)."""
    return (generated - content.detach()).square().mean((1, 2, 3))


def summed_and_divided_by_the_batch(generated, content):
    """You divide the sum by N only. The mean runs over pictures, channels, rows and columns (section 14.3)."""
    return (generated - content.detach()).square().sum() / len(generated)


def gradient_to_content(generated, content):
    """A gradient flows to content as well. It is the target and stays where it is: detach it (section 14.3)."""
    return (generated - content).square().mean()


def detached(generated, content):
    """You detach generated, the picture that is to be painted: nothing can move it now. Detach content, the target
    (section 14.3)."""
    return (generated.detach() - content).square().mean()


def a_float(generated, content):
    """You return a Python float, through which no gradient flows. Return the tensor, without `.item()`
    (section 14.3)."""
    return (generated - content).square().mean().item()


def differences_in_place(generated, content):
    """You subtract in place (`-=`, `sub_`), which changes the features themselves. Make a new tensor
    (section 14.3)."""
    result = (generated - content.detach()).square().mean()
    with torch.no_grad():
        generated -= content
    return result
