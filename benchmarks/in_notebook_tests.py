# ruff: noqa: F821
# What a teacher who uses plain nbgrader writes under each exercise of lesson 02: a few fixed cases against torch.

# %% correlate1d
for n, k in [(5, 3), (4, 4), (9, 1), (30, 7)]:
    x, w = torch.randn(n), torch.randn(k)
    assert torch.allclose(correlate1d(x, w), F.conv1d(x[None, None], w[None, None]).flatten(), atol=1e-5)
try:
    correlate1d(torch.ones(2), torch.ones(3))
    raise AssertionError("a kernel longer than the signal must raise a ValueError")
except ValueError:
    pass

# %% edge_kernels
kernels = edge_kernels()
edge = torch.tensor([[0.0, 0.0, 1.0]] * 3)
assert {name: tuple(k.shape) for name, k in kernels.items()} == dict.fromkeys(
    ("vertical", "horizontal", "blur"), (3, 3)
)
assert abs((kernels["vertical"] * edge).sum()) > 1e-3 and abs((kernels["horizontal"] * edge).sum()) < 1e-6
assert abs((kernels["horizontal"] * edge.T).sum()) > 1e-3 and abs((kernels["vertical"] * edge.T).sum()) < 1e-6
assert abs(kernels["blur"].sum() - 1) < 1e-6

# %% output_size
for size, kernel, stride, padding, dilation in [(28, 3, 1, 0, 1), (28, 3, 2, 1, 1), (7, 3, 3, 2, 2), (224, 7, 2, 3, 1)]:
    expected = F.conv1d(torch.ones(1, 1, size), torch.ones(1, 1, kernel), None, stride, padding, dilation).shape[2]
    assert output_size(size, kernel, stride, padding, dilation) == expected
assert output_size(9, 4, padding="same") == 9 and output_size(9, 4, padding="full") == 12

# %% conv2d
for shape, bank, options in [
    ((1, 1, 5, 5), (1, 1, 3, 3), {}),
    ((2, 3, 8, 7), (4, 3, 3, 2), {"stride": 2}),
    ((2, 3, 8, 7), (4, 3, 3, 2), {"stride": (2, 1), "padding": (1, 2), "dilation": (1, 2)}),
    ((2, 4, 6, 6), (6, 2, 3, 3), {"groups": 2, "padding": 1}),
    ((1, 2, 6, 6), (3, 2, 3, 3), {"padding": "valid"}),
]:
    x, weight, bias = torch.randn(shape), torch.randn(bank), torch.randn(bank[0])
    assert torch.allclose(conv2d(x, weight, bias, **options), F.conv2d(x, weight, bias, **options), atol=1e-4)

# %% im2col
for shape, options in [
    ((1, 1, 4, 4), {"kernel_size": 2}),
    ((2, 3, 7, 6), {"kernel_size": (3, 2), "stride": (2, 1), "padding": (1, 0)}),
    ((2, 2, 9, 9), {"kernel_size": 3, "dilation": 2}),
]:
    x = torch.randn(shape)
    assert torch.allclose(im2col(x, **options), F.unfold(x, **options))

# %% conv2d_matmul
for shape, bank, options in [
    ((1, 1, 5, 5), (1, 1, 3, 3), {}),
    ((2, 3, 8, 7), (4, 3, 3, 2), {"stride": 2}),
    ((2, 3, 8, 7), (4, 3, 3, 2), {"stride": (2, 1), "padding": (1, 2)}),
]:
    x, weight, bias = torch.randn(shape), torch.randn(bank), torch.randn(bank[0])
    assert torch.allclose(conv2d_matmul(x, weight, bias, **options), F.conv2d(x, weight, bias, **options), atol=1e-4)

# %% conv2d_backward
for shape, bank, options in [
    ((1, 1, 5, 5), (1, 1, 3, 3), {}),
    ((2, 3, 8, 7), (4, 3, 3, 2), {"stride": 2}),
    ((2, 3, 8, 7), (4, 3, 3, 2), {"stride": (2, 1), "padding": (1, 2)}),
]:
    x, weight = torch.randn(shape, requires_grad=True), torch.randn(bank, requires_grad=True)
    bias = torch.randn(bank[0], requires_grad=True)
    y = F.conv2d(x, weight, bias, **options)
    grad_output = torch.randn(y.shape)
    expected = torch.autograd.grad(y, (x, weight, bias), grad_output)
    for got, wanted in zip(conv2d_backward(grad_output, x.detach(), weight.detach(), **options), expected, strict=True):
        assert torch.allclose(got, wanted, atol=1e-4)

# %% convolution_matrix
for kernel, size in [((1, 2), (1, 3)), ((2, 2), (3, 3)), ((3, 2), (5, 6))]:
    weight, x = torch.randn(kernel), torch.randn(size)
    expected = F.conv2d(x[None, None], weight[None, None]).flatten()
    assert torch.allclose(convolution_matrix(weight, *size) @ x.flatten(), expected, atol=1e-5)
