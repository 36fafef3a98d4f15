"""Series over time as SVG, drawn by matplotlib without its global state, without dates, and with texts left as texts.

Colours leave matplotlib as class names with a light-mode fallback, so that the page's style sheet can recolour them and a page
whose styles are forbidden still shows a readable picture.
"""

from __future__ import annotations

import io
import re
from collections.abc import Sequence
from typing import Any

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, LogLocator, MaxNLocator, NullLocator

from reports.series import Clock, Floats, Latency, Throughput, Usage
from reports.words import number

# Okabe and Ito's palette: told apart by people with any common colour vision. The classes are recoloured in templates/report.css.
INK, MUTED, GRID, SHADE = "#1b2430", "#5b6673", "#dfe3e8", "#eceff3"
BLUE, ORANGE, GREEN, RED, PURPLE = "#0072b2", "#c96a00", "#00795a", "#c43c00", "#a0508a"
CLASSES = {INK: "ink", MUTED: "muted", GRID: "grid", SHADE: "shade", BLUE: "c1", ORANGE: "c2", GREEN: "c3", RED: "c4", PURPLE: "c5"}
SERIES = ((BLUE, "-"), (ORANGE, (0, (5, 2))), (GREEN, (0, (1.2, 1.2))), (PURPLE, (0, (6, 2, 1, 2))))
SIZE = (4.8, 2.25)
SETTINGS: dict[Any, Any] = {
    "svg.fonttype": "none",
    "text.parse_math": False,
    "font.size": 8.5,
    "axes.unicode_minus": True,
    "svg.image_inline": True,
}
NO_METADATA = {"Date": None, "Creator": None, "Format": None, "Type": None}
FLOOR_MS = 0.05


def latency_chart(key: str, series: Latency, clock: Clock, bound_ms: float | None) -> str:
    """p50, p95 and p99 by second on a logarithmic scale; seconds with errors or unsent arrivals are marked at the top edge."""
    with matplotlib.rc_context(SETTINGS | {"svg.hashsalt": key}):
        figure, axes = _empty(clock)
        finite = np.concatenate([values[np.isfinite(values)] for values in series.quantiles_ms])
        candidates = np.concatenate([finite, [bound_ms] if bound_ms else []])
        low = max(FLOOR_MS, float(candidates.min()) / 1.8) if len(candidates) else 1
        high = max(low * 10, float(candidates.max()) * 3) if len(candidates) else 1000
        axes.set_yscale("log")
        axes.set_ylim(low, high)
        axes.yaxis.set_major_locator(LogLocator(base=10, subs=(1,) if high / low > 1000 else (1, 3), numticks=12))
        axes.yaxis.set_minor_locator(NullLocator())
        axes.yaxis.set_major_formatter(
            FuncFormatter(lambda value, _: f"{number(value)} ms" if value < 1000 else f"{number(value / 1000)} s")
        )
        for name, values, (colour, dash), width in zip(("p50", "p95", "p99"), series.quantiles_ms, SERIES, (1.2, 1.8, 1.2), strict=False):
            shown = np.where(np.isinf(values), high, np.maximum(values, FLOOR_MS))
            axes.plot(clock.middles, shown, color=colour, linestyle=dash, linewidth=width, label=name)
        _bound_line(axes, bound_ms, "ms")
        _marks(axes, clock, series.failed, "x", "failed", high / 1.35)
        _marks(axes, clock, series.unsent, "v", "never sent", high / 1.9)
        return _svg(figure, axes)


def throughput_chart(key: str, series: Throughput, clock: Clock) -> str:
    with matplotlib.rc_context(SETTINGS | {"svg.hashsalt": key}):
        figure, axes = _empty(clock)
        axes.plot(clock.middles, series.offered, color=MUTED, linewidth=1.2, linestyle=(0, (4, 2)), label="offered", drawstyle="steps-mid")
        axes.plot(clock.middles, series.correct, color=BLUE, linewidth=1.6, label="answered correctly", drawstyle="steps-mid")
        _from_zero(axes, [series.offered, series.correct], "/s")
        return _svg(figure, axes)


def usage_chart(key: str, usages: Sequence[Usage], clock: Clock, *, memory: bool, bound: float | None) -> str:
    """CPU or memory of up to four broker instances."""
    with matplotlib.rc_context(SETTINGS | {"svg.hashsalt": key}):
        figure, axes = _empty(clock)
        unit = "MB" if memory else "%"
        values = [usage.memory_mb if memory else usage.cpu_percent for usage in usages[: len(SERIES)]]
        for usage, shown, (colour, dash) in zip(usages, values, SERIES, strict=False):
            axes.plot(usage.time_s, shown, color=colour, linestyle=dash, linewidth=1.6, label=usage.instance[:24] or "broker")
        _from_zero(axes, [*values, np.array([bound or 0.0])], unit)
        _bound_line(axes, bound, unit)
        return _svg(figure, axes)


def lateness_chart(key: str, median: Floats, p99: Floats, clock: Clock) -> str:
    with matplotlib.rc_context(SETTINGS | {"svg.hashsalt": key}):
        figure, axes = _empty(clock)
        axes.plot(clock.middles, median, color=BLUE, linewidth=1.2, label="p50")
        axes.plot(clock.middles, p99, color=ORANGE, linewidth=1.6, linestyle=SERIES[1][1], label="p99")
        _from_zero(axes, [median, p99], "ms")
        return _svg(figure, axes)


def _empty(clock: Clock) -> tuple[Figure, Axes]:
    figure = Figure(figsize=SIZE)
    FigureCanvasSVG(figure)
    axes = figure.add_axes((0.125, 0.155, 0.86, 0.71))
    figure.patch.set_visible(False)
    axes.patch.set_visible(False)
    for side, spine in axes.spines.items():
        spine.set_visible(side == "bottom")
        spine.set_color(MUTED)
    axes.grid(axis="y", color=GRID, linewidth=0.8)
    axes.set_axisbelow(True)
    axes.tick_params(colors=MUTED, length=0, labelcolor=MUTED, pad=4)
    axes.tick_params(axis="x", length=3)
    end = clock.pieces * clock.piece_s
    axes.set_xlim(0, max(end, 1))
    axes.xaxis.set_major_locator(MaxNLocator(nbins=7, integer=True, steps=[1, 2, 3, 5, 6, 10]))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:.0f} s" if end <= 900 else f"{value / 60:.0f} min"))
    for start, stop in ((0.0, clock.window_start_s), (clock.window_end_s, float(end))):
        if stop - start > clock.piece_s * 0.6:
            axes.axvspan(start, stop, color=SHADE, linewidth=0)
    if clock.window_start_s > 0.04 * end:
        axes.text(
            clock.window_start_s / 2,
            0.93,
            "warm-up",
            transform=axes.get_xaxis_transform(),
            color=MUTED,
            fontsize=7.5,
            ha="center",
            clip_on=True,
        )
    return figure, axes


def _from_zero(axes: Axes, all_values: Sequence[Floats], unit: str) -> None:
    finite = [float(values[np.isfinite(values)].max()) for values in all_values if np.isfinite(values).any()]
    axes.set_ylim(0, max([*finite, 1e-3]) * 1.2)
    axes.yaxis.set_major_locator(MaxNLocator(nbins=5))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{number(round(value, 6))}{'' if unit == '/s' else ' '}{unit}"))


def _bound_line(axes: Axes, bound: float | None, unit: str) -> None:
    if bound:
        axes.axhline(bound, color=RED, linewidth=1.3, linestyle=(0, (7, 3)))
        right = axes.get_xlim()[1] * 0.995
        axes.annotate(
            f"bound {number(bound)} {unit}", (right, bound), (0, 3), textcoords="offset points", color=RED, fontsize=7.5, ha="right"
        )


def _marks(
    axes: Axes, clock: Clock, counts: Floats | np.ndarray[tuple[int], np.dtype[np.int64]], marker: str, name: str, height: float
) -> None:
    where = clock.middles[counts > 0]
    if len(where):
        label = f"{name} ({int(counts.sum()):,})"
        axes.plot(
            where, np.full(len(where), height), color=RED, linestyle="none", marker=marker, markersize=4, markeredgewidth=1.2, label=label
        )


def _svg(figure: Figure, axes: Axes) -> str:
    if axes.get_legend_handles_labels()[0]:
        axes.legend(
            loc="lower left",
            bbox_to_anchor=(-0.01, 1.0),
            ncols=6,
            frameon=False,
            fontsize=8,
            labelcolor=INK,
            handlelength=2,
            columnspacing=1.1,
            borderaxespad=0.1,
        )
    text = io.StringIO()
    figure.savefig(text, format="svg", metadata=NO_METADATA)
    return _inline(text.getvalue())


def _inline(text: str) -> str:
    """A whole SVG file as what may stand inside a page: no prolog, no style element or attributes, no repeated ids, no size."""
    body = text[text.index("<svg") :]
    body = re.sub(r"<style.*?</style>|<metadata>.*?</metadata>|<!--.*?-->", "", body, flags=re.DOTALL)
    body = re.sub(r"<defs>\s*</defs>", "", body)
    body = re.sub(
        r'<svg [^>]*?viewBox="([^"]*)"[^>]*>', r'<svg viewBox="\1" class="chart" aria-hidden="true" focusable="false">', body, count=1
    )
    body = re.sub(r'(<g) id="[^"]*"', r"\1", body)
    body = re.sub(r'style="([^"]*)"', lambda found: _attributes(found.group(1)), body)
    body = re.sub(r' transform="rotate\(-0 [^"]*\)"', "", body).replace("xlink:href", "href")
    body = re.sub(r"<[^>]*>", lambda tag: re.sub(r"(\d+\.\d)\d+", r"\1", tag.group()), body)
    return re.sub(r"\s*\n\s*", "\n", body).strip()


def _attributes(style: str) -> str:
    """`fill: #0072b2; stroke-width: 1` as attributes, with a class where the colour is one of ours."""
    written, classes = [], []
    for declaration in style.split(";"):
        name, _, value = (part.strip() for part in declaration.partition(":"))
        if name in ("fill", "stroke") and value in CLASSES:
            classes.append(f"{name[0]}-{CLASSES[value]}")
        if name == "font":
            name, value = "font-size", value.split("px")[0]
        if name and name != "font-family":
            written.append(f'{name}="{value.removesuffix("px")}"')
    return " ".join(([f'class="{" ".join(classes)}"'] if classes else []) + written)
