"""Everything that a load writes into the run bundle: samples, histograms, deliveries, its own resources and some exchanges whole."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import gevent

from ainp_harness.evidence.tables import DELIVERIES, HISTOGRAMS, RESOURCES, SAMPLES
from loadtests.clock import Clock
from loadtests.deliveries import Delivery, Ledger
from loadtests.generator import Usage
from loadtests.histograms import Intervals, interval_s
from loadtests.kept import KeptExchanges
from loadtests.parts import PartWriter
from loadtests.samples import Finished

PART_S = 5.0
SETTLE_US = 30_000_000
"""A histogram's interval is closed this long after its end: by then every arrival in it is over, timeouts included."""

DOUBLES_US = 30_000_000
"""A delivery is final this long after its deadline: a double would have come."""


class BundleSink:
    """Takes what is finished and writes parts every few seconds."""

    def __init__(
        self, run_dir: Path, clock: Clock, ledger: Ledger, *, load_s: float, extra_headers: Mapping[str, str], worker: str = "load-0"
    ) -> None:
        self._clock = clock
        self._ledger = ledger
        self._worker = worker
        self._samples = PartWriter(run_dir / "samples", SAMPLES)
        self._histograms = PartWriter(run_dir / "histograms", HISTOGRAMS)
        self._deliveries = PartWriter(run_dir / "deliveries", DELIVERIES)
        # The command line writes parts into resources/ too.
        self._resources = PartWriter(run_dir / "resources", RESOURCES, "part-load-")
        self._intervals = Intervals(clock(), interval_s(load_s))
        self.kept = KeptExchanges(run_dir, extra_headers)
        self.generator_started_us = 0

    def finished(self, done: Finished) -> None:
        s = done.sample
        self._samples.add(
            (
                s.scenario, s.operation, s.query_class, s.arrival, s.intended_us, s.dispatched_us, s.sent_us, s.latency_us, s.service_us,
                s.status, str(s.outcome), s.error_code, s.bytes, s.instance, self._worker,
            )
        )  # fmt: skip
        self._intervals.add(s)
        if done.request is not None and self.kept.wants(done.called, s.status, s.error_code):
            tags = tuple(tag for tag in ("load", s.scenario, s.operation if s.operation != done.called else "") if tag)
            started_us = s.sent_us if s.sent_us > 0 else s.dispatched_us
            ended_us = s.done_us if s.done_us > 0 else self._clock()
            self.kept.write(done.called, done.request, done.reply, done.failure, started_us=started_us, ended_us=ended_us, tags=tags)

    def usage(self, usage: Usage) -> None:
        """A reading of the generator's own process."""
        self._resources.add(
            (
                usage.time_us,
                "generator",
                "",
                1,
                usage.rss_bytes,
                -1,
                -1,
                usage.cpu_s,
                usage.threads,
                usage.fds,
                self.generator_started_us,
                -1,
            )
        )

    def write_parts(self, part_s: float = PART_S) -> None:
        """For a greenlet of its own."""
        while True:
            gevent.sleep(part_s)
            self._collect(self._clock() - SETTLE_US, self._clock() - DOUBLES_US, yielding=True)
            self.flush()

    def _collect(self, histograms_before_us: int, deliveries_before_us: int, *, yielding: bool) -> None:
        for row in self._intervals.take(histograms_before_us):
            self._histograms.add(row)
            if yielding:
                gevent.sleep(0)  # encoding one takes 0.2 to 0.4 ms
        for entry in self._ledger.take_final(deliveries_before_us):
            self._deliveries.add(delivery_row(entry))

    def flush(self, *, in_thread: bool = True) -> None:
        for writer in (self._samples, self._histograms, self._deliveries, self._resources):
            writer.flush(in_thread=in_thread)

    def close(self) -> None:
        """Write all that is left."""
        end_of_time_us = 1 << 62
        self._collect(end_of_time_us, end_of_time_us, yielding=False)
        self.flush(in_thread=False)
        self.kept.close()


def delivery_row(entry: Delivery) -> tuple[object, ...]:
    """One row of deliveries. Several receivers are joined by commas, the first that received it first."""
    return (
        entry.scenario, entry.id, entry.from_did, entry.to_did, entry.kind, entry.intended_us, entry.acknowledged_us, entry.received_us,
        ",".join(entry.received_by), entry.times, entry.confirmed_us, entry.in_time,
    )  # fmt: skip
