"""Figures for the lessons: tensors as grids of numbers, pictures, curves, bars. Each function returns the figure.

In a notebook, make the call the last line of the cell. Nothing here depends on colour alone.
"""

from collections.abc import Collection, Mapping, Sequence
from io import BytesIO
from typing import Any

import matplotlib.figure
from matplotlib.axes import Axes
from matplotlib.layout_engine import ConstrainedLayoutEngine
from torch import Tensor

CELL = 0.5  # inches a cell of a grid
LETTER = 0.09  # inches a letter of a title
MARKERS = "osD^vPX*"
LINES = ("-", "--", "-.", ":")


class Figure(matplotlib.figure.Figure):
    """A matplotlib figure that every notebook shows, and shows once: pyplot does not know of it."""

    def _repr_png_(self) -> bytes:
        file = BytesIO()
        self.savefig(file, format="png")
        return file.getvalue()


def grids(
    *tensors: Tensor,
    titles: Sequence[str] | None = None,
    highlight: Sequence[Collection[tuple[int, int]]] | None = None,
) -> Figure:
    """Draw small tensors side by side as grids with their numbers written in.

    tensors: 1-D (drawn as a row) or 2-D; leading axes of length 1 are dropped. Red is positive, blue negative, white 0.
    ``titles`` has one string a tensor; ``highlight`` has, for each tensor, the (row, column) cells to frame.
    Raises ValueError for a tensor that is not a grid.
    """
    tables = [_table(tensor) for tensor in tensors]
    titles = list(titles or [""] * len(tables))
    widths = [max(table.shape[1], len(title) * LETTER / CELL) for table, title in zip(tables, titles, strict=True)]
    height = max(table.shape[0] for table in tables)
    size = CELL * (sum(widths) + 0.6 * len(tables)), CELL * (height + 0.6) + 0.3 * any(titles)
    figure, axes = _axes(*size, len(tables), width_ratios=widths)
    for i, (ax, table, title) in enumerate(zip(axes, tables, titles, strict=True)):
        _draw_grid(ax, table)
        _frame(ax, set(highlight[i]) if highlight else set())
        ax.set_title(title, fontsize=11)
    return figure


def images(batch: Tensor, titles: Sequence[Any] | None = None, columns: int = 8, inches: float = 1.2) -> Figure:
    """Draw a batch of pictures (N, 3, H, W) or (N, 1, H, W), ``columns`` a row, with an optional title over each.

    inches: the width of each.
    A batch that leaves the range [0, 1] is stretched from its smallest to its largest value.
    """
    if batch.ndim != 4 or batch.shape[1] not in (1, 3) or not len(batch):
        raise ValueError(f"images draws a batch of shape (N, 3, H, W) or (N, 1, H, W), not {tuple(batch.shape)}")
    batch = batch.detach().cpu().float()
    if batch.min() < 0 or batch.max() > 1:
        batch = (batch - batch.min()) / (batch.max() - batch.min()).clamp(min=1e-12)
    columns = min(columns, len(batch))
    rows = -(-len(batch) // columns)
    figure, axes = _axes(inches * columns, (inches + 0.25 * bool(titles)) * rows, columns, rows)
    for i, ax in enumerate(axes):
        ax.axis("off")
        if i < len(batch):
            ax.imshow(batch[i].permute(1, 2, 0).numpy(), cmap="gray", vmin=0, vmax=1)
            ax.set_title(str(titles[i]) if titles else "", fontsize=10)
    return figure


def curves(
    lines: Mapping[str, Sequence[float] | tuple[Sequence[float], Sequence[float]]],
    xlabel: str = "",
    ylabel: str = "",
    title: str = "",
) -> Figure:
    """Draw labelled curves: ``{"plain": [0.9, 0.5]}`` over 1, 2, ..., or ``{"plain": (xs, ys)}``."""
    figure, (ax,) = _axes(6.4, 3.8)
    for i, (label, line) in enumerate(lines.items()):
        xs, ys = line if isinstance(line, tuple) else (range(1, len(line) + 1), line)
        look = MARKERS[i % len(MARKERS)] + LINES[i % len(LINES)]
        ax.plot(xs, ys, look, label=label, markevery=-(-len(ys) // 12))
    _name(ax, xlabel, ylabel, title)
    ax.grid(alpha=0.3)
    if len(lines) > 1:
        ax.legend()
    return figure


def bars(values: Mapping[str, float], xlabel: str = "", title: str = "") -> Figure:
    """Draw one horizontal bar a label, with its number at the end."""
    figure, (ax,) = _axes(6.4, 0.9 + 0.35 * len(values))
    drawn = ax.barh(list(values), list(values.values()), color="0.8", edgecolor="0.2")
    ax.bar_label(drawn, [_number(value) for value in values.values()], padding=4)
    ax.invert_yaxis()
    ax.margins(x=0.12)
    _name(ax, xlabel, "", title)
    return figure


def _axes(width: float, height: float, columns: int = 1, rows: int = 1, **grid: Any) -> tuple[Figure, list[Axes]]:
    layout = ConstrainedLayoutEngine(w_pad=0.08, h_pad=0.05)  # inches around each
    figure = Figure(figsize=(width, height), dpi=100, layout=layout)
    axes = figure.subplots(rows, columns, squeeze=False, gridspec_kw=grid)
    return figure, list(axes.flat)


def _name(ax: Axes, xlabel: str, ylabel: str, title: str) -> None:
    ax.set_xlabel(xlabel)
    ax.set_ylabel(ylabel)
    ax.set_title(title, fontsize=11)


def _table(tensor: Tensor) -> Tensor:
    table = tensor.detach().cpu().double()
    while table.ndim > 2 and len(table) == 1:
        table = table[0]
    table = table[None] if table.ndim == 1 else table
    if table.ndim != 2 or not table.numel():
        raise ValueError(f"grids draws tensors with one or two axes, not one of shape {tuple(tensor.shape)}")
    return table


def _draw_grid(ax: Axes, table: Tensor) -> None:
    rows, columns = table.shape
    texts = [[_number(value) for value in row] for row in table.tolist()]
    longest = max(len(text) for row in texts for text in row)
    limit = 2 * table.nan_to_num(posinf=0, neginf=0).abs().max().item() or 1  # pale enough for black numbers
    ax.imshow(table.numpy(), cmap="RdBu_r", vmin=-limit, vmax=limit)
    for row in range(rows):
        for column in range(columns):
            ax.text(column, row, texts[row][column], ha="center", va="center", fontsize=min(11, 46 / longest))
    ax.set_xticks([x - 0.5 for x in range(columns + 1)], labels=[])
    ax.set_yticks([y - 0.5 for y in range(rows + 1)], labels=[])
    ax.grid(color="0.6", linewidth=0.8)
    ax.tick_params(length=0)


def _frame(ax: Axes, cells: set[tuple[int, int]]) -> None:
    """Draw the outline of a set of cells: each side behind which no cell of the set lies."""
    for row, column in cells:
        for down, right in ((-1, 0), (1, 0), (0, -1), (0, 1)):
            if (row + down, column + right) not in cells:
                y, x = row + down / 2, column + right / 2
                ends = [x - abs(down) / 2, x + abs(down) / 2], [y - abs(right) / 2, y + abs(right) / 2]
                ax.plot(*ends, color="black", linewidth=3, solid_capstyle="projecting", clip_on=False)


def _number(value: float) -> str:
    """A number in at most six or so characters: whole ones as they are, others with about three digits.

    >>> [_number(value) for value in (-2.0, 614656.0, 1 / 3, 123.456, 0.0012, float("nan"))]
    ['-2', '614656', '0.33', '123.5', '1e-03', 'nan']
    """
    value = float(value) + 0.0  # turns -0.0 into 0.0
    if value.is_integer():
        return f"{value:.0f}"
    if abs(value) < 0.005:
        return f"{value:.0e}"
    return f"{value:.2f}" if abs(value) < 100 else f"{value:.1f}"
