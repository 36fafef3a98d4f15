"""Measured rows to series over time: quantiles by scenario, throughput, the broker's CPU and memory, the generator's lateness.

Pure. A piece of time is one second, and longer only where a run has more than MOST_PIECES of them. What never answered counts as
infinitely slow.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from reports.reading import Columns, Json

MOST_PIECES = 300
MOST_SCENARIOS = 12
QUANTILES = (0.5, 0.95, 0.99)

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Clock:
    """The pieces that time is cut into, and the judged window, in seconds from the start of the load."""

    start_us: int
    piece_s: int
    pieces: int
    window_start_s: float
    window_end_s: float

    @property
    def middles(self) -> Floats:
        return (np.arange(self.pieces, dtype=np.float64) + 0.5) * self.piece_s

    def piece_of(self, times_us: NDArray[Any]) -> NDArray[np.int64]:
        return np.floor((times_us - self.start_us) / (1e6 * self.piece_s)).astype(np.int64)


@dataclass(frozen=True)
class Latency:
    """One scenario: milliseconds by piece for each of QUANTILES (inf: unanswered, nan: nothing was due), and how many went wrong."""

    scenario: str
    quantiles_ms: tuple[Floats, ...]
    failed: NDArray[np.int64]
    unsent: NDArray[np.int64]
    arrivals: int


@dataclass(frozen=True)
class Throughput:
    """Requests a second by piece: due, and answered correctly."""

    offered: Floats
    correct: Floats


@dataclass(frozen=True)
class Usage:
    """One broker instance at the times it was looked at: CPU as % of one core, memory in MB."""

    instance: str
    time_s: Floats
    cpu_percent: Floats
    memory_mb: Floats


def clock_of(load: Json | None, samples: Columns) -> Clock:
    """Pieces over all of the samples; without a usable load.json everything is window."""
    first, last = int(samples["intended_us"].min()), int(samples["intended_us"].max())
    marks = [(load or {}).get(name) for name in ("started_us", "window_start_us", "window_end_us")]
    started, opens, closes = (mark if isinstance(mark, int) and abs(mark - first) < 1e13 else None for mark in marks)
    start = min(first, started) if started is not None and first - started < 600e6 else first
    length_s = (last - start) / 1e6
    piece_s = max(1, int(np.ceil(length_s / MOST_PIECES)))
    return Clock(
        start_us=start,
        piece_s=piece_s,
        pieces=min(MOST_PIECES + 1, int(length_s // piece_s) + 1),
        window_start_s=((opens if opens is not None else start) - start) / 1e6,
        window_end_s=((closes if closes is not None else last) - start) / 1e6,
    )


def latencies(samples: Columns, clock: Clock) -> tuple[Latency, ...]:
    """The busiest scenarios, by name."""
    names, counts = np.unique(samples["scenario"], return_counts=True)
    busiest = sorted(names[np.argsort(-counts, kind="stable")][:MOST_SCENARIOS])
    pieces = clock.piece_of(samples["intended_us"])
    return tuple(_latency(str(name), samples, pieces, clock.pieces) for name in busiest)


def _latency(name: str, samples: Columns, pieces: NDArray[np.int64], count: int) -> Latency:
    mine = (samples["scenario"] == name) & (pieces >= 0) & (pieces < count)
    where = pieces[mine]
    outcome = samples["outcome"][mine]
    took = samples["latency_us"][mine].astype(np.float64) / 1000
    took[(took < 0) | (outcome == "failed") | (outcome == "timeout") | (outcome == "unsent")] = np.inf
    order = np.lexsort((took, where))
    took, sorted_where = took[order], where[order]
    edges = np.searchsorted(sorted_where, np.arange(count + 1))
    unsent = outcome == "unsent"
    wrong = (outcome != "correct") & ~unsent
    return Latency(
        scenario=name,
        quantiles_ms=tuple(_quantile(took, edges, share) for share in QUANTILES),
        failed=np.bincount(where[wrong], minlength=count),
        unsent=np.bincount(where[unsent], minlength=count),
        arrivals=len(took),
    )


def _quantile(ordered: Floats, edges: NDArray[np.int64], share: float) -> Floats:
    """The smallest value that at least `share` of a piece's arrivals do not exceed; no interpolation, for some are infinite."""
    found = np.full(len(edges) - 1, np.nan)
    sizes = np.diff(edges)
    full = sizes > 0
    found[full] = ordered[edges[:-1][full] + np.ceil(share * sizes[full]).astype(np.int64) - 1]
    return found


def throughput(samples: Columns, clock: Clock) -> Throughput:
    pieces = clock.piece_of(samples["intended_us"])
    inside = (pieces >= 0) & (pieces < clock.pieces)
    correct = inside & (samples["outcome"] == "correct")
    return Throughput(
        offered=np.bincount(pieces[inside], minlength=clock.pieces) / clock.piece_s,
        correct=np.bincount(pieces[correct], minlength=clock.pieces) / clock.piece_s,
    )


def lateness_ms(samples: Columns, clock: Clock) -> tuple[Floats, Floats]:
    """How long after their intended start arrivals were dispatched by the generator, by piece: median and 99 % quantile."""
    pieces = clock.piece_of(samples["intended_us"])
    usable = (samples["dispatched_us"] > 0) & (pieces >= 0) & (pieces < clock.pieces)
    late = (samples["dispatched_us"][usable] - samples["intended_us"][usable]).astype(np.float64) / 1000
    order = np.lexsort((late, pieces[usable]))
    edges = np.searchsorted(pieces[usable][order], np.arange(clock.pieces + 1))
    return _quantile(late[order], edges, 0.5), _quantile(late[order], edges, 0.99)


def usages(resources: Columns, start_us: int) -> tuple[Usage, ...]:
    """The broker's instances, at most eight. CPU is the difference between two looks at the same process; a restart leaves a gap."""
    broker = resources["role"] == "broker"
    names = sorted(set(resources["instance"][broker]))[:8]
    return tuple(_usage(str(name), resources, broker & (resources["instance"] == name), start_us) for name in names)


def _usage(name: str, resources: Columns, mine: NDArray[np.bool_], start_us: int) -> Usage:
    order = np.argsort(resources["time_us"][mine], kind="stable")
    rows = {column: values[mine][order] for column, values in resources.items()}
    time_s = (rows["time_us"] - start_us) / 1e6
    gone, spent = np.diff(time_s), np.diff(rows["cpu_s"].astype(np.float64))
    same = (np.diff(rows["started_us"]) == 0) & (gone > 0.2) & (spent >= 0)
    cpu = np.full(len(time_s), np.nan)
    cpu[1:][same] = 100 * spent[same] / gone[same]
    memory = np.where(rows["pss_bytes"] >= 0, rows["pss_bytes"], rows["rss_bytes"]).astype(np.float64) / 1e6
    step = max(1, -(-len(time_s) // MOST_PIECES))
    return Usage(name, time_s[::step], cpu[::step], np.where(memory >= 0, memory, np.nan)[::step])
