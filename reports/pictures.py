"""Chooses the charts of a run and says in words what each one shows, for those who cannot see it.

Pure, apart from matplotlib drawing into memory. Damaged measurements give fewer charts and a note, never no report.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from ainp_harness.judging.verdict import TargetVerdict
from reports import charts
from reports.reading import Evidence
from reports.series import Clock, Floats, Latency, Usage, clock_of, latencies, lateness_ms, throughput, usages
from reports.words import number, one_line, plural


@dataclass(frozen=True)
class Chart:
    """`svg` is ours and safe to embed; the texts are not yet escaped."""

    title: str
    alt: str
    svg: str


def draw(evidence: Evidence, targets: Sequence[TargetVerdict]) -> tuple[Chart, ...]:
    """The charts in reading order; none where nothing was measured."""
    if evidence.samples is None:
        return ()
    clock = clock_of(evidence.load, evidence.samples)
    return (*_of_samples(evidence, clock, targets), *_of_resources(evidence, clock, targets), *_of_generator(evidence, clock))


def _of_samples(evidence: Evidence, clock: Clock, targets: Sequence[TargetVerdict]) -> Iterator[Chart]:
    assert evidence.samples is not None
    for at, series in enumerate(latencies(evidence.samples, clock)):
        bound = next(
            (one.bound for one in targets if one.scenario == series.scenario and one.metric == "latency.p95" and one.unit == "ms"), None
        )
        svg = charts.latency_chart(f"latency-{at}", series, clock, bound)
        yield Chart(f"Latency from the intended start: {one_line(series.scenario, 60)}", _latency_words(series, clock, bound), svg)
    flow = throughput(evidence.samples, clock)
    words = f"Offered {_middle(flow.offered)} requests a second, answered correctly {_middle(flow.correct)} (medians over the run)."
    yield Chart("Throughput: offered and answered correctly", words, charts.throughput_chart("throughput", flow, clock))


def _of_resources(evidence: Evidence, clock: Clock, targets: Sequence[TargetVerdict]) -> Iterator[Chart]:
    seen = usages(evidence.resources, clock.start_us) if evidence.resources is not None else ()
    if not seen:
        return
    for memory, title, metric, unit in (
        (False, "CPU of the broker, % of one core", "cpu.p95", "%"),
        (True, "Memory of the broker", "memory.max", "MB"),
    ):
        bound = next((one.bound for one in targets if one.metric == metric), None)
        svg = charts.usage_chart("memory" if memory else "cpu", seen, clock, memory=memory, bound=bound)
        yield Chart(title, f"{_usage_words(seen, memory=memory, unit=unit)} {_bound_words(bound, unit)}", svg)


def _of_generator(evidence: Evidence, clock: Clock) -> Iterator[Chart]:
    assert evidence.samples is not None
    median, p99 = lateness_ms(evidence.samples, clock)
    if np.isfinite(p99).any():
        most = number(_most(p99))
        words = f"Our own generator was late: typically by {_middle(median)} ms, p99 at worst {most} ms. The broker has no part in it."
        yield Chart("Lateness of the load generator itself", words, charts.lateness_chart("lateness", median, p99, clock))


def _latency_words(series: Latency, clock: Clock, bound: float | None) -> str:
    window = (clock.middles >= clock.window_start_s) & (clock.middles <= clock.window_end_s)
    p50, p95, p99 = (_middle(values[window]) for values in series.quantiles_ms)
    wrong = f"{plural(int(series.failed.sum()), 'failure')}, {int(series.unsent.sum()):,} never sent"
    return (
        f"By second, typically p50 {p50}, p95 {p95}, p99 {p99} ms over {series.arrivals:,} arrivals; {wrong}. {_bound_words(bound, 'ms')}"
    )


def _usage_words(seen: Sequence[Usage], *, memory: bool, unit: str) -> str:
    parts = []
    for usage in seen[: len(charts.SERIES)]:
        values = usage.memory_mb if memory else usage.cpu_percent
        parts.append(f"{one_line(usage.instance, 40) or 'broker'}: typically {_middle(values)}, at most {number(_most(values))} {unit}.")
    if len(seen) > len(charts.SERIES):
        parts.append(f"{len(seen) - len(charts.SERIES)} more instances are in the bundle.")
    return " ".join(parts)


def _bound_words(bound: float | None, unit: str) -> str:
    return f"The bound is {number(bound)} {unit}." if bound else ""


def _middle(values: Floats) -> str:
    known = values[~np.isnan(values)]
    return number(_short(float(np.sort(known)[len(known) // 2]))) if len(known) else "nothing"


def _most(values: Floats) -> float:
    known = values[np.isfinite(values)]
    return _short(float(known.max())) if len(known) else float("nan")


def _short(value: float) -> float:
    return round(value, 3) if np.isfinite(value) else value
