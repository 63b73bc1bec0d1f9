"""Known wrong answers of dense_backward."""


def _given(x, layers):
    """What each layer was given."""
    given = [x]
    for weight, bias in layers[:-1]:
        given.append((given[-1] @ weight.T + bias).relu())
    return given


def _backward(layers, given, grad, mask=lambda a, grad: a > 0, pair=lambda g, a: (g.T @ a, g.sum(0))):
    found = []
    for (weight, _), a in zip(reversed(layers), reversed(given), strict=True):
        found.insert(0, pair(grad, a))
        grad = grad @ weight
        grad = grad * mask(a, grad)
    return found


def forgets_the_mask(x, layers, grad_output):
    """You forget ReLU on the way back. Where it cut a number off, nothing comes back: multiply by (a > 0) (section
    1.4)."""
    return _backward(layers, _given(x, layers), grad_output, mask=lambda a, grad: 1)


def mask_of_the_outputs(x, layers, grad_output):
    """You cut grad_output off where the last outputs are negative, but there is no ReLU after the last layer (section
    1.4)."""
    given = _given(x, layers)
    outputs = given[-1] @ layers[-1][0].T + layers[-1][1]
    return _backward(layers, given, grad_output * (outputs > 0))


def mask_of_the_next_layer(x, layers, grad_output):
    """Your masks are one layer too late: the gradient of a layer's input is cut off by what that layer gives, instead
    of what it was given. Sizes do not even fit unless all are the same (section 1.4)."""
    given, grad, found = _given(x, layers), grad_output, []
    outputs = [*given[1:], given[-1] @ layers[-1][0].T + layers[-1][1]]
    for (weight, _), a, after in zip(reversed(layers), reversed(given), reversed(outputs), strict=True):
        found.insert(0, (grad.T @ a, grad.sum(0)))
        if weight.shape[0] != weight.shape[1]:
            raise RuntimeError("The size of the mask must match the size of the gradient")
        grad = (grad @ weight) * (after > 0)
    return found


def mask_from_the_gradient(x, layers, grad_output):
    """You apply ReLU to the gradient. What was cut off on the way forward decides, not the sign of what comes back
    (section 1.4)."""
    return _backward(layers, _given(x, layers), grad_output, mask=lambda a, grad: grad > 0)


def mask_also_for_the_last(x, layers, grad_output):
    """You cut grad_output off where it is negative. It is passed on as it comes (section 1.4)."""
    return _backward(layers, _given(x, layers), grad_output.relu())


def averages_over_the_batch(x, layers, grad_output):
    """You divide by the number of pictures. If the loss is a mean, grad_output holds that factor already: sum (section
    1.4)."""
    pair = lambda g, a: (g.T @ a / len(a), g.sum(0) / len(a))
    return _backward(layers, _given(x, layers), grad_output, pair=pair)


def bias_averaged(x, layers, grad_output):
    """You average the gradient of the bias over the pictures. It is summed, as that of the weight is (section 1.4)."""
    return _backward(layers, _given(x, layers), grad_output, pair=lambda g, a: (g.T @ a, g.mean(0)))


def bias_not_summed(x, layers, grad_output):
    """Your gradient of the bias has a row for each picture. It has the shape of the bias: sum over the pictures
    (section 1.4)."""
    return _backward(layers, _given(x, layers), grad_output, pair=lambda g, a: (g.T @ a, g))


def bias_over_the_outputs(x, layers, grad_output):
    """You sum the bias' gradient over the outputs. It has a number for each output: sum over the pictures, which is
    axis 0 (section 1.4)."""
    return _backward(layers, _given(x, layers), grad_output, pair=lambda g, a: (g.T @ a, g.sum(1)))


def bias_keeps_an_axis(x, layers, grad_output):
    """Your gradient of the bias has shape (1, out). It has the shape of the bias, (out,) (section 1.4)."""
    return _backward(layers, _given(x, layers), grad_output, pair=lambda g, a: (g.T @ a, g.sum(0, keepdim=True)))


def transposed(x, layers, grad_output):
    """Your gradient of the weight is turned over: (in, out). It has the shape of the weight, (out, in): Gᵀ A (section
    1.4)."""
    return _backward(layers, _given(x, layers), grad_output, pair=lambda g, a: (a.T @ g, g.sum(0)))


def pairs_turned(x, layers, grad_output):
    """Your pairs are (bias, weight). They are (weight, bias), as in `layers` (section 1.4)."""
    return _backward(layers, _given(x, layers), grad_output, pair=lambda g, a: (g.sum(0), g.T @ a))


def last_layer_first(x, layers, grad_output):
    """Your list begins with the last layer. Put it into the order of `layers` (section 1.4)."""
    return _backward(layers, _given(x, layers), grad_output)[::-1]


def numbers_before_relu(x, layers, grad_output):
    """You multiply by the numbers before ReLU. What went into the next layer is what ReLU left over (section 1.4)."""
    given, before = [x], [x]
    for weight, bias in layers[:-1]:
        before.append(given[-1] @ weight.T + bias)
        given.append(before[-1].relu())
    return _backward(layers, before, grad_output)


def no_relu_forward(x, layers, grad_output):
    """You go forward without ReLU, so all that the later layers were given is wrong. It stands between layers (section
    1.4)."""
    given = [x]
    for weight, bias in layers[:-1]:
        given.append(given[-1] @ weight.T + bias)
    return _backward(layers, given, grad_output)


def relu_of_the_pictures(x, layers, grad_output):
    """You cut off negative pixels before the first layer. ReLU stands between layers only (section 1.4)."""
    return _backward(layers, _given(x.relu(), layers), grad_output)


def weight_not_passed_back(x, layers, grad_output):
    """You go back through Wᵀ instead of W: G (N, out) times W (out, in) gives (N, in) (section 1.4)."""
    given, grad, found = _given(x, layers), grad_output, []
    for i in reversed(range(len(layers))):
        found.insert(0, (grad.T @ given[i], grad.sum(0)))
        if i:
            grad = (grad @ layers[i][0].T) * (given[i] > 0)
    return found


def last_layer_only(x, layers, grad_output):
    """Only the gradients of your last layer are not 0. Pass the gradient on to the layers before it (section 1.4)."""
    found = _backward(layers, _given(x, layers), grad_output)
    return [(0 * w, 0 * b) for w, b in found[:-1]] + found[-1:]


def float32_result(x, layers, grad_output):
    """Your gradients are float32 whatever goes in. `torch.zeros(...)` is float32; the dtype of x is kept (section
    1.4)."""
    return [(w.float(), b.float()) for w, b in _backward(layers, _given(x, layers), grad_output)]


def writes_into_grad_output(x, layers, grad_output):
    """Your function writes into its arguments (`*=`, `+=`, `[...] =`). Work on tensors of your own (section 1.4)."""
    found = _backward(layers, _given(x, layers), grad_output)
    grad_output *= 2
    return found


def empties_the_list(x, layers, grad_output):
    """You take the layers out of the list (pop, or del), so a second call finds none. Only read it (section 1.4)."""
    found = _backward(list(layers), _given(x, layers), grad_output)
    while layers:
        layers.pop()
    return found
