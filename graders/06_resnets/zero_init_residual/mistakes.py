"""Known wrong answers of zero_init_residual."""

import torch
from torch import nn


def _blocks(model):
    return [m for m in model.modules() if hasattr(m, "bn2")]


def _last(block):
    return block.bn3 if hasattr(block, "bn3") else block.bn2


def zeroes_the_convolution(model):
    """You set the weights of the last convolution of each branch to zero. Then its beta is all that comes out, and
    the batch norm gets a batch without variance. Set the gamma of the last batch norm to zero (section 6.5)."""
    for block in _blocks(model):
        nn.init.zeros_(block.conv3.weight if hasattr(block, "conv3") else block.conv2.weight)


def zeroes_first_bn(model):
    """You set the gamma of bn1 to zero. What follows it is convolved and normalised once more before the addition;
    only the last batch norm of the branch makes it zero: bn2 in BasicBlock, bn3 in Bottleneck (section 6.5)."""
    for block in _blocks(model):
        nn.init.zeros_(block.bn1.weight)


def zeroes_every_bn1(model):
    """You set the gamma of every bn1 to zero, the stem's as well, so that nothing gets into the net. Only the last
    batch norm of each branch: bn2 in BasicBlock, bn3 in Bottleneck (section 6.5)."""
    for module in model.modules():
        if hasattr(module, "bn1"):
            nn.init.zeros_(module.bn1.weight)


def zeroes_bn2_in_bottlenecks(model):
    """You set the gamma of bn2 to zero in every block. In Bottleneck a third batch norm follows: there it is the
    gamma of bn3 (section 6.5)."""
    for block in _blocks(model):
        nn.init.zeros_(block.bn2.weight)


def zeroes_bn2_and_bn3(model):
    """In Bottleneck you set the gammas of bn2 and bn3 to zero. Only the last one, bn3: with bn2 at zero too, the
    branch cannot begin to learn (section 6.5)."""
    for block in _blocks(model):
        nn.init.zeros_(block.bn2.weight)
        nn.init.zeros_(_last(block).weight)


def skips_basic_blocks(model):
    """You treat Bottleneck only. In BasicBlock the last batch norm is bn2, and its gamma becomes zero too
    (section 6.5)."""
    for block in _blocks(model):
        if hasattr(block, "bn3"):
            nn.init.zeros_(block.bn3.weight)


def skips_bottlenecks(model):
    """You treat BasicBlock only. In Bottleneck the last batch norm is bn3, and its gamma becomes zero too
    (section 6.5)."""
    for block in _blocks(model):
        if not hasattr(block, "bn3"):
            nn.init.zeros_(block.bn2.weight)


def skips_projected_blocks(model):
    """You leave blocks with a projection out. Their branch starts as zero too, so that they start as their projected
    shortcut (section 6.5)."""
    for block in _blocks(model):
        if not isinstance(block.downsample, nn.Sequential):
            nn.init.zeros_(_last(block).weight)


def zeroes_the_shortcut(model):
    """You set the gamma of the shortcut's batch norm to zero too. Then nothing gets through the block at all: the
    shortcut stays as it is (section 6.5)."""
    for block in _blocks(model):
        nn.init.zeros_(_last(block).weight)
        if isinstance(block.downsample, nn.Sequential):
            nn.init.zeros_(block.downsample[1].weight)


def zeroes_the_shortcut_instead(model):
    """Where there is a projection, you set the gamma of its batch norm to zero instead of the branch's. The branch
    starts as zero, the shortcut stays as it is (section 6.5)."""
    for block in _blocks(model):
        bn = [m for m in block.modules() if isinstance(m, nn.BatchNorm2d)][-1]
        nn.init.zeros_(bn.weight)


def zeroes_only_the_shortcut(model):
    """You set the gamma of the shortcut's batch norm to zero. It is the branch that starts as zero; the shortcut
    stays as it is (section 6.5)."""
    for block in _blocks(model):
        if isinstance(block.downsample, nn.Sequential):
            nn.init.zeros_(block.downsample[1].weight)


def zeroes_beta_too(model):
    """You set beta to zero as well. Only gamma, the `weight` of the last batch norm, becomes zero; its `bias` stays
    (section 6.5)."""
    for block in _blocks(model):
        nn.init.zeros_(_last(block).weight)
        nn.init.zeros_(_last(block).bias)


def zeroes_beta_instead(model):
    """You set beta, the `bias` of the last batch norm, to zero. It is gamma, its `weight`, that multiplies the branch
    (section 6.5)."""
    for block in _blocks(model):
        nn.init.zeros_(_last(block).bias)


def zeroes_every_bn(model):
    """You set the gamma of every batch norm to zero. Then nothing gets through the net: only the last one of each
    residual branch starts at zero (section 6.5)."""
    for module in model.modules():
        if isinstance(module, nn.BatchNorm2d):
            nn.init.zeros_(module.weight)


def zeroes_every_bn_of_the_branch(model):
    """You set the gammas of all batch norms of the branch to zero. Only the last one: with the others at zero too,
    the branch cannot begin to learn (section 6.5)."""
    for block in _blocks(model):
        for child in block.children():
            if isinstance(child, nn.BatchNorm2d):
                nn.init.zeros_(child.weight)


def first_block_of_each_stage(model):
    """You treat the first block of each stage only. Every residual branch starts as zero (section 6.5)."""
    for name, block in model.named_modules():
        if hasattr(block, "bn2") and name.endswith(".0"):
            nn.init.zeros_(_last(block).weight)


def last_block_only(model):
    """You treat the last block of the net only. Every residual branch starts as zero (section 6.5)."""
    nn.init.zeros_(_last(_blocks(model)[-1]).weight)


def gamma_small(model):
    """You make gamma small, not zero. At exactly zero the block starts as its shortcut, and gamma still gets a
    gradient (section 6.5)."""
    for block in _blocks(model):
        nn.init.constant_(_last(block).weight, 1e-3)


def gamma_one(model):
    """You set gamma to one, where batch norm starts anyway. It becomes zero (section 6.5)."""
    for block in _blocks(model):
        nn.init.ones_(_last(block).weight)


def replaces_parameters(model):
    """You put new Parameter objects in place of the old ones. An optimiser that was made before keeps training the
    old ones; change the values of the parameter that is there (section 6.5)."""
    for block in _blocks(model):
        _last(block).weight = nn.Parameter(torch.zeros_like(_last(block).weight))


def replaces_batch_norms(model):
    """You put a new batch norm in place of the last one, so that beta and the running statistics are lost too. Change
    the values of its `weight` (section 6.5)."""
    for block in _blocks(model):
        name = "bn3" if hasattr(block, "bn3") else "bn2"
        bn = nn.BatchNorm2d(getattr(block, name).num_features)
        nn.init.zeros_(bn.weight)
        setattr(block, name, bn)


def blocks_inside_only(model):
    """You look for blocks among the children and below, and a model that is itself a block is passed over.
    `model.modules()` begins with the model (section 6.5)."""
    for block in _blocks(model):
        if block is not model:
            nn.init.zeros_(_last(block).weight)


def freezes_gamma(model):
    """You switch the gradient of gamma off. It starts at zero and is trained from there: without a gradient the
    branch stays zero for ever (section 6.5)."""
    for block in _blocks(model):
        nn.init.zeros_(_last(block).weight)
        _last(block).weight.requires_grad_(False)


def zeroes_the_stem_too(model):
    """You set the gamma of the stem's bn1 to zero as well. Then nothing gets into the net: only the last batch norm
    of each residual branch starts at zero (section 6.5)."""
    for module in model.modules():
        batch_norms = [child for child in module.children() if isinstance(child, nn.BatchNorm2d)]
        if batch_norms and not isinstance(module, nn.Sequential):
            nn.init.zeros_(batch_norms[-1].weight)


def torchvision_blocks_only(model):
    """You treat blocks of torchvision's classes only. Blocks like those of this lesson have the same names and other
    classes: take each module that has a bn3, or else a bn2 (section 6.5)."""
    for block in _blocks(model):
        if type(block).__module__.startswith("torchvision."):
            nn.init.zeros_(_last(block).weight)


def changes_nothing(model):
    """Nothing changes in the model that you are given. Do you change a copy, look at its direct children only, or for
    blocks of your own classes? Take each of `model.modules()` that has a bn3, or else a bn2 (section 6.5)."""
