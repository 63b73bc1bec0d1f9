"""Figures: that they can be drawn without a display, hold what was given, and refuse what cannot be drawn."""

import struct

import pytest
import torch

from coursekit import plots


def texts(figure):
    return [text.get_text() for ax in figure.axes for text in ax.texts]


def size_of_png(png):
    assert png[:8] == b"\x89PNG\r\n\x1a\n"
    return struct.unpack(">II", png[16:24])


def test_grids_write_every_number():
    figure = plots.grids(torch.tensor([[1.0, -2.0], [0.5, 0.0]]), torch.tensor([3, 4]), titles=["x", "w"])
    assert texts(figure) == ["1", "-2", "0.50", "0", "3", "4"]
    assert [ax.get_title() for ax in figure.axes] == ["x", "w"]


def test_grids_colour_symmetrically_about_zero():
    figure = plots.grids(torch.tensor([[1.0, -3.0]]), torch.zeros(1, 1))
    for ax in figure.axes:
        low, high = ax.images[0].get_clim()
        assert low == -high < 0
    assert figure.axes[0].images[0].get_clim()[1] > 3


def test_grids_drop_leading_axes_of_length_one():
    assert len(texts(plots.grids(torch.zeros(1, 1, 2, 3)))) == 6


def test_grids_frame_the_outline_of_the_highlighted_cells():
    figure = plots.grids(torch.zeros(3, 3), torch.zeros(2, 2), highlight=[{(0, 0), (0, 1), (1, 0), (1, 1)}, []])
    assert [len(ax.lines) for ax in figure.axes] == [8, 0]


@pytest.mark.parametrize("tensor", [torch.zeros(2, 2, 2), torch.zeros(()), torch.zeros(0, 3)])
def test_grids_refuse_what_is_no_grid(tensor):
    with pytest.raises(ValueError, match="one or two axes"):
        plots.grids(tensor)


def test_grids_take_gradients_integers_and_odd_values():
    parameter = torch.ones(2, 2, requires_grad=True)
    odd = torch.tensor([float("nan"), float("inf"), -0.0, 12345.678])
    assert texts(plots.grids(parameter, odd, torch.tensor([True]))) == ["1"] * 4 + ["nan", "inf", "0", "12345.7", "1"]


@pytest.mark.parametrize("channels", [1, 3])
def test_images_are_laid_out_in_columns(channels):
    figure = plots.images(torch.randn(5, channels, 8, 8), titles=range(5), columns=2)
    drawn = [ax for ax in figure.axes if ax.images]
    assert len(drawn) == 5 and len(figure.axes) == 6
    assert [ax.get_title() for ax in drawn] == list("01234")
    assert all(0 <= ax.images[0].get_array().min() and ax.images[0].get_array().max() <= 1 for ax in drawn)


def test_images_in_range_keep_their_values():
    figure = plots.images(torch.full((1, 1, 2, 2), 0.25))
    assert figure.axes[0].images[0].get_array().max() == 0.25


@pytest.mark.parametrize("shape", [(3, 8, 8), (2, 2, 8, 8), (0, 3, 8, 8)])
def test_images_refuse_other_shapes(shape):
    with pytest.raises(ValueError, match=str(shape[0])):
        plots.images(torch.zeros(shape))


def test_curves_differ_in_line_and_marker():
    figure = plots.curves({"plain": [2.0, 1.0], "residual": ([8, 20], [1.0, 0.5])}, "epoch", "loss", "Depth")
    (ax,) = figure.axes
    first, second = ax.lines
    assert first.get_linestyle() != second.get_linestyle() and first.get_marker() != second.get_marker()
    assert list(first.get_xdata()) == [1, 2] and list(second.get_xdata()) == [8, 20]
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["plain", "residual"]
    assert (ax.get_xlabel(), ax.get_ylabel(), ax.get_title()) == ("epoch", "loss", "Depth")


def test_bars_carry_their_numbers():
    figure = plots.bars({"dense": 0.68, "CNN": 0.89}, "accuracy")
    assert texts(figure) == ["0.68", "0.89"]
    assert [label.get_text() for label in figure.axes[0].get_yticklabels()] == ["dense", "CNN"]


def test_a_figure_shows_itself_as_png_of_sensible_size():
    width, height = size_of_png(plots.grids(torch.zeros(3, 3), torch.zeros(2, 2))._repr_png_())
    assert 200 < width < 900 and 100 < height < 400


def test_pyplot_keeps_no_figure():
    from matplotlib import pyplot

    plots.curves({"a": [1.0, 2.0]})
    assert pyplot.get_fignums() == []
