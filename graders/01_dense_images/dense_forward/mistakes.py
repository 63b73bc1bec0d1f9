"""Known wrong answers of dense_forward."""

import torch


def relu_after_the_last(x, layers):
    """ReLU comes after your last layer, too. It stands between layers; the last outputs may be negative (section
    1.3)."""
    for weight, bias in layers:
        x = (x @ weight.T + bias).relu()
    return x


def no_relu(x, layers):
    """There is no ReLU between your layers, so together they are no more than one layer (section 1.3)."""
    for weight, bias in layers:
        x = x @ weight.T + bias
    return x


def relu_before_the_first(x, layers):
    """ReLU cuts off negative pixels before the first layer. It stands between layers only (section 1.3)."""
    for weight, bias in layers:
        x = x.relu() @ weight.T + bias
    return x


def relu_once(x, layers):
    """ReLU comes after your first layer only. With L layers there are L - 1 of them (section 1.3)."""
    for number, (weight, bias) in enumerate(layers):
        x = (x.relu() if number == 1 else x) @ weight.T + bias
    return x


def weight_not_transposed(x, layers):
    """You multiply x by W instead of by its transpose. W has a row for each output: x Wᵀ (section 1.3)."""
    for number, (weight, bias) in enumerate(layers):
        x = (x if number == 0 else x.relu()) @ weight + bias
    return x


def bias_on_the_wrong_axis(x, layers):
    """You add the bias down the pictures. Each output has a bias, the same for every picture: (N, out) + (out,)
    (section 1.3)."""
    for number, (weight, bias) in enumerate(layers):
        x = (x if number == 0 else x.relu()) @ weight.T + bias[:, None]
    return x


def no_bias(x, layers):
    """You leave out the biases. Each output adds its own number (section 1.3)."""
    for number, (weight, _) in enumerate(layers):
        x = (x if number == 0 else x.relu()) @ weight.T
    return x


def bias_after_relu(x, layers):
    """You add the bias after ReLU. It belongs to the sum that ReLU looks at (section 1.3)."""
    for number, (weight, bias) in enumerate(layers):
        x = x @ weight.T
        x = (x.relu() if number < len(layers) - 1 else x) + bias
    return x


def last_layer_left_out(x, layers):
    """You leave out the last layer. It has weights like the others, only no ReLU after it (section 1.3)."""
    for number, (weight, bias) in enumerate(layers[:-1] or layers):
        x = (x if number == 0 else x.relu()) @ weight.T + bias
    return x


def softmax_at_the_end(x, layers):
    """Your outputs are probabilities. The result is what the last layer gives, without a softmax (section 1.3)."""
    for number, (weight, bias) in enumerate(layers):
        x = (x if number == 0 else x.relu()) @ weight.T + bias
    return x.softmax(1)


def sigmoid_between(x, layers):
    """Between your layers stands a sigmoid. ReLU keeps what is positive and makes the rest 0 (section 1.3)."""
    for number, (weight, bias) in enumerate(layers):
        x = (x if number == 0 else x.sigmoid()) @ weight.T + bias
    return x


def absolute_value(x, layers):
    """Between your layers negative numbers become positive. ReLU makes them 0 (section 1.3)."""
    for number, (weight, bias) in enumerate(layers):
        x = (x if number == 0 else x.abs()) @ weight.T + bias
    return x


def empties_the_list(x, layers):
    """You take the layers out of the list (pop, or del), so a second call finds none. Only read it (section 1.3)."""
    first = True
    while layers:
        weight, bias = layers.pop(0)
        x, first = (x if first else x.relu()) @ weight.T + bias, False
    return x


def writes_into_the_weights(x, layers):
    """Your function writes into the tensors that it was given. Work on tensors of your own (section 1.3)."""
    for number, (weight, bias) in enumerate(layers):
        x = (x if number == 0 else x.relu()) @ weight.T + bias
        weight.data += 1
    return x


def detached(x, layers):
    """The numbers are right, but no gradient flows back: `.detach()`, numpy, `torch.tensor(...)` or `torch.no_grad()`
    cuts it off (section 1.3)."""
    for number, (weight, bias) in enumerate(layers):
        x = (x if number == 0 else x.relu()) @ weight.T + bias
    return x.detach()


def weights_detached(x, layers):
    """The gradient reaches x, but not the weights: they were detached or copied on the way (section 1.3)."""
    for number, (weight, bias) in enumerate(layers):
        x = (x if number == 0 else x.relu()) @ weight.detach().T + bias.detach()
    return x


def float32_result(x, layers):
    """Your result is float32 whatever goes in. `torch.zeros(...)` is float32; the dtype of x is kept (section 1.3)."""
    for number, (weight, bias) in enumerate(layers):
        x = (x if number == 0 else x.relu()).float() @ weight.float().T + bias.float()
    return torch.as_tensor(x)
