"""What a load left behind, as arrays: the judged window's arrivals by scenario, deliveries, and the broker's resources."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from ainp_harness.evidence.bundle import Bundle


@dataclass(frozen=True)
class Arrivals:
    """The arrivals of a window. `latency_ms` is +inf for those that failed, timed out, were limited or never sent."""

    at_s: npt.NDArray[np.float64]
    latency_ms: npt.NDArray[np.float64]
    outcome: npt.NDArray[np.object_]
    status: npt.NDArray[np.int64]
    operation: npt.NDArray[np.object_]
    query_class: npt.NDArray[np.object_]
    scheduled: int
    """How many were due in the window, by the schedule; not how many were recorded."""

    @property
    def correct(self) -> npt.NDArray[np.bool_]:
        return np.asarray(self.outcome == "correct")

    def __len__(self) -> int:
        return len(self.at_s)

    def only(self, mask: npt.NDArray[np.bool_]) -> Arrivals:
        return Arrivals(
            self.at_s[mask],
            self.latency_ms[mask],
            self.outcome[mask],
            self.status[mask],
            self.operation[mask],
            self.query_class[mask],
            int(mask.sum()),
        )


@dataclass(frozen=True)
class Measurement:
    """A load's window with everything measured in it."""

    load: Mapping[str, Any]
    samples: pa.Table | None
    deliveries: pa.Table | None
    resources: pa.Table | None

    @classmethod
    def of(cls, bundle: Bundle) -> Measurement | None:
        """The measurement in a bundle; None where no load was recorded."""
        if bundle.load is None:
            return None
        return cls(bundle.load, bundle.table("samples"), bundle.table("deliveries"), bundle.table("resources"))

    @property
    def window_s(self) -> float:
        return float(self.load["window_end_us"] - self.load["window_start_us"]) / 1e6

    @property
    def complete(self) -> bool:
        return bool(self.load.get("complete"))

    def invalid(self, direction: str) -> list[str]:
        """The reasons for which the measurement is not to be trusted, of one direction: 'always' or 'adds-latency'."""
        return [str(entry["reason"]) for entry in self.load.get("invalid", []) if entry.get("direction") == direction]

    def arrivals(self, scenario: str) -> Arrivals:
        """The arrivals whose intended start lies in the window; 'mixed' is every scenario of the load."""
        scheduled = self.load.get("scheduled", {})
        due = sum(scheduled.values()) if scenario == "mixed" else scheduled.get(scenario, 0)
        if self.samples is None:
            empty, nobody = np.array([], dtype=np.float64), np.array([], dtype=object)
            return Arrivals(empty, empty, nobody, np.array([], dtype=np.int64), nobody, nobody, due)
        table = self._in_window(self.samples, "intended_us")
        if scenario != "mixed":
            table = table.filter(pc.equal(table["scenario"], scenario))
        outcome = np.asarray(table["outcome"].to_numpy(zero_copy_only=False), dtype=object)
        latency = table["latency_us"].to_numpy().astype(np.float64) / 1000
        latency[(outcome != "correct") | (latency < 0)] = math.inf
        at_s = (table["intended_us"].to_numpy().astype(np.float64) - self.load["window_start_us"]) / 1e6
        classes = np.asarray(table["query_class"].to_numpy(zero_copy_only=False), dtype=object)
        operation = np.asarray(table["operation"].to_numpy(zero_copy_only=False), dtype=object)
        return Arrivals(at_s, latency, outcome, table["status"].to_numpy().astype(np.int64), operation, classes, due)

    def agents_served(self) -> tuple[int, int]:
        """(agents of which every own message was acknowledged and every one to them delivered once, to them, in time; agents seen)."""
        if self.deliveries is None:
            return 0, 0
        table = self._in_window(self.deliveries, "intended_us")
        seen: set[str] = set()
        let_down: set[str] = set()
        for row in table.to_pylist():
            if row["kind"] == "INTENT":
                seen.add(row["to_did"])
            if row["acknowledged_us"] < 0:
                let_down.add(row["from_did"])
            elif row["times"] != 1 or row["received_by"] != row["to_did"] or not row["in_time"]:
                let_down.add(row["to_did"])
        return len(seen - let_down), len(seen | let_down)

    def broker_memory_bytes(self) -> float | None:
        """The most memory that any instance held: PSS of its process tree (RSS where unreadable), VmHWM for one of one process."""
        most: float | None = None
        for row in self._broker_rows():
            value = row["pss_bytes"] if row["pss_bytes"] >= 0 else row["rss_bytes"]
            if row["processes"] == 1:
                value = max(value, row["hwm_bytes"])
            most = value if most is None else max(most, value)
        return most

    def broker_cpu(self, mean_s: float = 10.0) -> npt.NDArray[np.float64]:
        """Means over `mean_s` of the CPU of each instance, in % of one core, in order of time."""
        means: list[float] = []
        rows = self._broker_rows()
        for instance in sorted({row["instance"] for row in rows}):
            times = [(row["time_us"] / 1e6, row["cpu_s"]) for row in rows if row["instance"] == instance]
            start = 0
            for end in range(1, len(times)):
                took = times[end][0] - times[start][0]
                if took >= mean_s - 0.5:
                    means.append(100 * (times[end][1] - times[start][1]) / took)
                    start = end
        return np.array(means)

    def database_connections(self) -> int | None:
        """The most connections that the broker held to PostgreSQL, all instances together."""
        if self.resources is None:
            return None
        counts = [row["connections"] for row in self._in_window(self.resources, "time_us").to_pylist() if row["connections"] >= 0]
        return max(counts) if counts else None

    def _broker_rows(self) -> list[dict[str, Any]]:
        if self.resources is None:
            return []
        table = self._in_window(self.resources, "time_us")
        return list(table.filter(pc.equal(table["role"], "broker")).sort_by("time_us").to_pylist())

    def _in_window(self, table: pa.Table, column: str) -> pa.Table:
        start, end = self.load["window_start_us"], self.load["window_end_us"]
        return table.filter(pc.and_(pc.greater_equal(table[column], start), pc.less(table[column], end)))
