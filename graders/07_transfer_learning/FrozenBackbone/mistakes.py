"""Known wrong answers of FrozenBackbone: one line away from the right one each."""

import torch
from torch import nn


class _Right(nn.Module):
    def __init__(self, backbone, features, num_classes):
        super().__init__()
        self.backbone = backbone.requires_grad_(False).eval()
        self.head = nn.Linear(features, num_classes)

    def train(self, mode=True):
        super().train(mode)
        self.backbone.eval()
        return self

    def forward(self, x):
        with torch.no_grad():
            features = self.backbone(x)
        return self.head(features)


class statistics_move(_Right):
    """The batch norm trap: your backbone is frozen and left in train mode. No weight of it moves, but each forward pass
    moves its running statistics, and it normalises with the batch. Put it in eval mode, and keep it there when train()
    is called (section 7.3)."""

    def __init__(self, backbone, features, num_classes):
        super().__init__(backbone, features, num_classes)
        self.backbone.train()

    def train(self, mode=True):
        return nn.Module.train(self, mode)


class train_resets(_Right):
    """The batch norm trap: your backbone starts in eval mode, and train() of the whole puts it back into train mode,
    since train() goes through all submodules. Override train() (section 7.3)."""

    def train(self, mode=True):
        return nn.Module.train(self, mode)


class eval_in_forward_only(_Right):
    """You put the backbone in eval mode at each forward pass, but not at the start and not when train() is called:
    until the next pass it stands in train mode. Do it in the constructor and in train() (section 7.3)."""

    def __init__(self, backbone, features, num_classes):
        super().__init__(backbone, features, num_classes)
        self.backbone.train()

    def train(self, mode=True):
        return nn.Module.train(self, mode)

    def forward(self, x):
        self.backbone.eval()
        return super().forward(x)


class dropout_active(_Right):
    """You keep the batch norms in eval mode, but not the dropout: in train mode the features are drawn anew each time.
    Put the whole backbone in eval mode, not one kind of layer (section 7.3)."""

    def train(self, mode=True):
        nn.Module.train(self, mode)
        for layer in self.backbone.modules():
            if isinstance(layer, nn.BatchNorm2d):
                layer.eval()
        return self


class momentum_zero(_Right):
    """You set the momentum of the batch norms to 0. The statistics stand still, but in train mode each layer still
    normalises with the batch, so a picture's logits depend on its neighbours. Use eval mode (section 7.3)."""

    def __init__(self, backbone, features, num_classes):
        super().__init__(backbone, features, num_classes)
        for layer in backbone.modules():
            if isinstance(layer, nn.BatchNorm2d):
                layer.momentum = 0.0

    def train(self, mode=True):
        nn.Module.train(self, mode)
        for layer in self.backbone.modules():
            if isinstance(layer, nn.Dropout):
                layer.eval()
        return self


class not_frozen(_Right):
    """The parameters of your backbone still have requires_grad=True: torch.no_grad() keeps gradients away, but they
    count as trainable, and weight decay would move them. Call requires_grad_(False) (section 7.3)."""

    def __init__(self, backbone, features, num_classes):
        super().__init__(backbone, features, num_classes)
        backbone.requires_grad_(True)


class backbone_learns(_Right):
    """Your backbone is trained along with the head: its parameters require gradients, and they get them. Call
    requires_grad_(False) on it (section 7.3)."""

    def __init__(self, backbone, features, num_classes):
        super().__init__(backbone, features, num_classes)
        backbone.requires_grad_(True)

    def forward(self, x):
        return self.head(self.backbone(x))


class head_frozen(_Right):
    """You freeze the head along with the backbone, so there is nothing left to train. Freeze the backbone only
    (section 7.3)."""

    def __init__(self, backbone, features, num_classes):
        super().__init__(backbone, features, num_classes)
        self.requires_grad_(False)


class no_gradient_for_the_head(_Right):
    """No gradient reaches the head: it stands inside torch.no_grad(), or you detach the logits. Only the features are
    computed without gradients; the head comes after that (section 7.3)."""

    def forward(self, x):
        with torch.no_grad():
            return self.head(self.backbone(x))


class train_returns_nothing(_Right):
    """Your train() returns None. It returns the module, so that net.train() can stand in an expression (section
    7.3)."""

    def train(self, mode=True):
        super().train(mode)


class whole_stays_in_eval(_Right):
    """Your train() puts the whole in eval mode, the head too. Only the backbone stays there: call the inherited train()
    first, then eval() on the backbone (section 7.3)."""

    def train(self, mode=True):
        return nn.Module.train(self, False)


class ignores_eval(_Right):
    """Your train() ignores its argument, and eval() is train(False): the whole is never out of train mode. Pass the
    argument on (section 7.3)."""

    def train(self, mode=True):
        nn.Module.train(self)
        self.backbone.eval()
        return self


class softmax_at_the_end(_Right):
    """Your net gives probabilities. Cross-entropy takes the softmax itself: give the head's logits (section 7.3)."""

    def forward(self, x):
        return super().forward(x).softmax(1)


class relu_before_the_head(_Right):
    """You put a ReLU between features and head. The head reads the features as they are, negative ones too (section
    7.3)."""

    def forward(self, x):
        with torch.no_grad():
            features = self.backbone(x)
        return self.head(features.relu())


class head_without_bias(_Right):
    """Your head has no bias. It is an ordinary nn.Linear: 6 features and 3 classes make 21 numbers (section 7.3)."""

    def __init__(self, backbone, features, num_classes):
        super().__init__(backbone, features, num_classes)
        self.head = nn.Linear(features, num_classes, bias=False)
