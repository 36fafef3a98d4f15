"""The dispatcher: one greenlet that hands every arrival to its lane when it is due, and stamps that moment, whether a slot is free or not.

The next arrival is rendered and signed up to 100 ms ahead, so that signing is not part of what is measured. After a pause of its own it
catches up at twice the rate at most: a burst that no user sent would make the broker look slow.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from gevent.event import Event

from loadtests.arrivals import Stream
from loadtests.clock import Clock
from loadtests.lane import Job
from loadtests.timer import PreciseTimer

AHEAD_US = 100_000
"""How long before its intended start a message may be signed (docs/measuring.md, Load engine)."""

PAUSE_US = 50_000
"""Later than this, a dispatch counts as the end of a pause of our own."""


@dataclass(order=True, slots=True)
class _Next:
    intended_us: int
    scenario: str
    number: int
    stream: Stream = field(compare=False)
    job: Job | None = field(compare=False, default=None)


class Dispatcher:
    """Feeds lanes from streams. `begin` makes the job of an arrival, `submit` takes it when it is due."""

    def __init__(
        self,
        clock: Clock,
        begin: Callable[[Stream, int], Job],
        submit: Callable[[Job], None],
        *,
        worker: int = 0,
        workers: int = 1,
    ) -> None:
        self._clock = clock
        self._begin = begin
        self._submit = submit
        self.until_us: int | None = None
        """Arrivals due at or after this are not dispatched, and `run` returns."""
        self._worker = worker
        self._workers = workers
        self._heap: list[_Next] = []
        self._turn_us: int | None = None
        self._changed = Event()
        self._timer = PreciseTimer(clock)
        self.timer_kind = self._timer.kind
        self.finished = Event()

    def follow(self, streams: Iterable[Stream]) -> None:
        """Add streams to those that are running."""
        for stream in streams:
            self._push(stream, self._worker)
        self._changed.set()

    def replace(self, scenario: str, stream: Stream | None) -> None:
        """A scenario's new epoch, or its end."""
        self._heap = [entry for entry in self._heap if entry.scenario != scenario]
        heapq.heapify(self._heap)
        if stream is not None:
            self._push(stream, self._worker)
        self._changed.set()

    @property
    def next_due_us(self) -> int | None:
        """The intended start of the earliest arrival that is not dispatched: all before it are. None when there is none."""
        return self._heap[0].intended_us if self._heap else None

    def run(self) -> None:
        """For a greenlet of its own. With an end, returns when the last arrival before it is dispatched."""
        try:
            while self._heap or self.until_us is None:
                self._turn()
        finally:
            self._timer.close()
            self.finished.set()

    def _turn(self) -> None:
        self._changed.clear()
        if not self._heap:
            self._changed.wait()
            return
        head = self._heap[0]
        early_us = head.intended_us - self._clock()
        if early_us > AHEAD_US:
            self._changed.wait((early_us - AHEAD_US // 2) / 1e6)
            return
        if head.job is None:
            head.job = self._begin(head.stream, head.number)
        self._timer.sleep_until(head.intended_us)
        if not self._heap or self._heap[0] is not head:
            return  # another epoch began, or an earlier arrival came in, while we slept
        heapq.heappop(self._heap)
        self._push(head.stream, head.number + self._workers)
        head.job.dispatched_us = self._clock()
        self._submit(head.job)
        self._catch_up(head.job.dispatched_us, late_us=head.job.dispatched_us - head.intended_us)

    def _catch_up(self, now_us: int, *, late_us: int) -> None:
        """After a pause, hold the next arrival until it is its turn at twice the rate, counted from the pause's end."""
        rate = sum(entry.stream.rate for entry in self._heap)
        if late_us < PAUSE_US or not rate:
            self._turn_us = None
            return
        self._turn_us = (now_us if self._turn_us is None else self._turn_us) + int(500_000 / rate)
        self._timer.sleep_until(self._turn_us)

    def _push(self, stream: Stream, number: int) -> None:
        intended_us = stream.intended_us(number)
        if self.until_us is None or intended_us < self.until_us:
            heapq.heappush(self._heap, _Next(intended_us, stream.scenario, number, stream))
