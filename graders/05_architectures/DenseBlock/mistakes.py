"""Known wrong answers of DenseBlock. `_Block` is right; each mistake changes a part of it."""

import torch
import torch.nn.functional as F
from torch import nn


class _Layer(nn.Module):
    def __init__(self, before, growth_rate, width, bias=False):
        super().__init__()
        self.norm1 = nn.BatchNorm2d(before)
        self.conv1 = nn.Conv2d(before, width, 1, bias=bias)
        self.norm2 = nn.BatchNorm2d(width)
        self.conv2 = nn.Conv2d(width, growth_rate, 3, padding=1, bias=bias)

    def forward(self, x):
        return self.conv2(F.relu(self.norm2(self.conv1(F.relu(self.norm1(x))))))


class _Block(nn.Module):
    layer = _Layer

    def __init__(self, num_layers, in_channels, growth_rate=32, bn_size=4):
        super().__init__()
        self.in_channels, self.growth_rate = in_channels, growth_rate
        for i in range(num_layers):
            before = self.channels_before(i, in_channels, growth_rate)
            setattr(self, f"denselayer{i + 1}", self.layer(before, growth_rate, bn_size * growth_rate))

    def channels_before(self, i, in_channels, growth_rate):
        return in_channels + i * growth_rate

    def layers(self):
        return [getattr(self, name) for name, _ in self.named_children()]

    def forward(self, x):
        maps = [x]
        for layer in self.layers():
            maps.append(layer(torch.cat(maps, 1)))
        return torch.cat(maps, 1)


class added(_Block):
    """You add the new maps to the old ones, as ResNet does. A dense block lays them beside each other: `torch.cat`
    (section 5.5)."""

    def forward(self, x):
        for layer in self.layers():
            new = layer(x)
            width = min(new.shape[1], x.shape[1])
            total = torch.cat([x[:, :width] + new[:, :width], x[:, width:]], 1)
            x = torch.cat([total, new], 1)
        return x


class only_the_last_two(_Block):
    """Your layers read the input and the maps of the layer before only. Each reads the maps of all layers before it
    (section 5.5)."""

    def channels_before(self, i, in_channels, growth_rate):
        return in_channels + min(i, 1) * growth_rate

    def forward(self, x):
        maps = [x]
        for layer in self.layers():
            maps.append(layer(torch.cat(maps if len(maps) < 3 else [maps[0], maps[-1]], 1)))
        return torch.cat(maps, 1)


class plain_chain(_Block):
    """Each of your layers reads the layer before it only. Each reads the input and the maps of all layers before it
    (section 5.5)."""

    def channels_before(self, i, in_channels, growth_rate):
        return growth_rate if i else in_channels

    def forward(self, x):
        maps = [x]
        for layer in self.layers():
            maps.append(layer(maps[-1]))
        return torch.cat(maps, 1)


class only_the_input(_Block):
    """Your layers all read the input alone. Each reads the maps of the layers before it too (section 5.5)."""

    def channels_before(self, i, in_channels, growth_rate):
        return in_channels

    def forward(self, x):
        return torch.cat([x, *(layer(x) for layer in self.layers())], 1)


class new_maps_only(_Block):
    """Your block gives its new maps only. Its output begins with the input: in_channels + num_layers · growth_rate
    channels (section 5.5)."""

    def forward(self, x):
        return super().forward(x)[:, self.in_channels :]


class last_maps_only(_Block):
    """Your block gives the maps of its last layer only. It gives the input and the maps of all layers (section 5.5)."""

    def forward(self, x):
        return super().forward(x)[:, -self.growth_rate :]


class new_maps_first(_Block):
    """Your layers put their new maps in front. New maps come after the old ones: `torch.cat([x, new], 1)` (section
    5.5)."""

    def forward(self, x):
        for layer in self.layers():
            x = torch.cat([layer(x), x], 1)
        return x


class input_at_the_end(_Block):
    """Your output has the input behind the new maps. It comes first (section 5.5)."""

    def forward(self, x):
        y = super().forward(x)
        return torch.cat([y[:, self.in_channels :], y[:, : self.in_channels]], 1)


class growth_doubles(_Block):
    """Your channels are counted as if each layer doubled them. Layer i reads in_channels + i · growth_rate (i from 0)
    (section 5.5)."""

    def channels_before(self, i, in_channels, growth_rate):
        return in_channels * 2**i


class growth_counted_from_one(_Block):
    """Your first layer expects growth_rate channels too many. Layer i reads in_channels + i · growth_rate, i from 0
    (section 5.5)."""

    def channels_before(self, i, in_channels, growth_rate):
        return in_channels + (i + 1) * growth_rate


class conv_before_batch_norm(_Block):
    """Your layers have the order convolution, batch norm, ReLU. DenseNet's is batch norm, ReLU, convolution, twice
    (section 5.5)."""

    class layer(nn.Module):
        def __init__(self, before, growth_rate, width):
            super().__init__()
            self.conv1 = nn.Conv2d(before, width, 1, bias=False)
            self.norm1 = nn.BatchNorm2d(width)
            self.conv2 = nn.Conv2d(width, growth_rate, 3, padding=1, bias=False)
            self.norm2 = nn.BatchNorm2d(growth_rate)

        def forward(self, x):
            x = F.relu(self.norm1(self.conv1(x)))
            return F.relu(self.norm2(self.conv2(x)))


class relu_before_batch_norm(_Block):
    """Your ReLUs come before the batch norms. The order is batch norm, ReLU, convolution (section 5.5)."""

    class layer(_Layer):
        def forward(self, x):
            return self.conv2(self.norm2(F.relu(self.conv1(self.norm1(F.relu(x))))))


class no_relu(_Block):
    """There is no ReLU in your layers. One follows each batch norm (section 5.5)."""

    class layer(_Layer):
        def forward(self, x):
            return self.conv2(self.norm2(self.conv1(self.norm1(x))))


class no_first_relu(_Block):
    """The ReLU after norm1 is missing. One follows each batch norm (section 5.5)."""

    class layer(_Layer):
        def forward(self, x):
            return self.conv2(F.relu(self.norm2(self.conv1(self.norm1(x)))))


class no_second_relu(_Block):
    """The ReLU after norm2 is missing. One follows each batch norm (section 5.5)."""

    class layer(_Layer):
        def forward(self, x):
            return self.conv2(self.norm2(self.conv1(F.relu(self.norm1(x)))))


class relu_at_the_end(_Block):
    """A ReLU follows your second convolution. The layer ends with the convolution; the next layer's norm and ReLU
    follow (section 5.5)."""

    class layer(_Layer):
        def forward(self, x):
            return F.relu(super().forward(x))


class no_bottleneck(_Block):
    """Your layers have no 1 × 1 convolution. It stands before the 3 × 3 and has bn_size · growth_rate outputs
    (section 5.5)."""

    class layer(nn.Module):
        def __init__(self, before, growth_rate, width):
            super().__init__()
            self.norm1 = nn.BatchNorm2d(before)
            self.conv1 = nn.Conv2d(before, growth_rate, 3, padding=1, bias=False)

        def forward(self, x):
            return self.conv1(F.relu(self.norm1(x)))


class bottleneck_ignores_growth(_Block):
    """Your bottleneck has bn_size channels. It has bn_size · growth_rate (section 5.5)."""

    def __init__(self, num_layers, in_channels, growth_rate=32, bn_size=4):
        super().__init__(0, in_channels, growth_rate, bn_size)
        for i in range(num_layers):
            before = self.channels_before(i, in_channels, growth_rate)
            setattr(self, f"denselayer{i + 1}", _Layer(before, growth_rate, bn_size))


class bn_size_ignored(_Block):
    """bn_size changes nothing: your bottleneck always has 4 · growth_rate channels (section 5.5)."""

    def __init__(self, num_layers, in_channels, growth_rate=32, bn_size=4):
        super().__init__(num_layers, in_channels, growth_rate, 4)


class with_biases(_Block):
    """Your convolutions have biases. They have none here (section 5.5)."""

    def layer(self, before, growth_rate, width):
        return _Layer(before, growth_rate, width, bias=True)


class counted_from_zero(_Block):
    """Your layers are called denselayer0, denselayer1 and so on. Torchvision counts from 1 (section 5.5)."""

    def __init__(self, *arguments, **options):
        super().__init__(*arguments, **options)
        layers = self.layers()
        for i in range(len(layers)):
            delattr(self, f"denselayer{i + 1}")
        for i, layer in enumerate(layers):
            setattr(self, f"denselayer{i}", layer)


class a_list_of_layers(_Block):
    """Your layers stand in a list, so that their names are `layers.0.norm1`. They are children of the block:
    `denselayer1.norm1` (section 5.5)."""

    def __init__(self, *arguments, **options):
        super().__init__(*arguments, **options)
        found = self.layers()
        for i in range(len(found)):
            delattr(self, f"denselayer{i + 1}")
        self.kept = nn.ModuleList(found)

    def layers(self):
        return list(self.kept) if hasattr(self, "kept") else super().layers()


class other_names(_Block):
    """The parts of your layers have other names. They are norm1, conv1, norm2 and conv2 (section 5.5)."""

    class layer(nn.Module):
        def __init__(self, before, growth_rate, width):
            super().__init__()
            self.bn1, self.conv1 = nn.BatchNorm2d(before), nn.Conv2d(before, width, 1, bias=False)
            self.bn2, self.conv2 = nn.BatchNorm2d(width), nn.Conv2d(width, growth_rate, 3, padding=1, bias=False)

        def forward(self, x):
            return self.conv2(F.relu(self.bn2(self.conv1(F.relu(self.bn1(x))))))


class dropout(_Block):
    """Your new maps pass a dropout: in train mode the output is random. This block has none (section 5.5)."""

    class layer(_Layer):
        def forward(self, x):
            return F.dropout(super().forward(x), 0.2, self.training)


class always_running_statistics(_Block):
    """In train mode your batch norms use the running statistics, and these never move. Leave it to the module's mode
    (section 5.5)."""

    def forward(self, x):
        modes = {module: module.training for module in self.modules()}
        self.eval()
        y = super().forward(x)
        for module, mode in modes.items():
            module.training = mode
        return y


class runs_layers_twice(_Block):
    """Your layers run more than once in a forward pass, so in train mode their statistics move too often. Keep each
    layer's maps (section 5.5)."""

    def forward(self, x):
        if self.training:
            with torch.no_grad():
                super().forward(x)
        return super().forward(x)


class earlier_maps_detached(_Block):
    """Your layers read detached maps, so that no gradient flows back through them (section 5.5)."""

    def forward(self, x):
        maps = [x]
        for layer in self.layers():
            maps.append(layer(torch.cat(maps, 1).detach()))
        return torch.cat(maps, 1)


class changes_x(_Block):
    """Your block changes its input: an in-place ReLU or sum on x. Earlier maps are needed again, so nothing may be
    written into them (section 5.5)."""

    def forward(self, x):
        y = super().forward(x)
        with torch.no_grad():
            x.relu_()
        return y
