"""Several workers under `-n` (pytest-xdist): which probes are whose, and how much of the addresses and of the request budget.

Every worker works out its own share from the same order of the same probes, so that it can begin its long waits at once. Limit probes stay
on the first; what needs the broker for itself (faults, and what uses up a budget) runs there too, after all other workers are done.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import pytest

from ainp_harness.wire.identity import derive

Value = TypeVar("Value")

INPUT = "ainp"
"""Where the controller's words for a worker are, in its `workerinput`."""

OTHERS_S = 1800.0
"""How long the first worker waits for the others before it goes on without them."""

LOOK_S = 0.1

TOGETHER = ("test_limits",)
"""Beginnings of files whose probes stay together on one worker."""


@dataclass(frozen=True)
class Share:
    """The n-th of so many workers; alone it is the first of one."""

    number: int = 0
    count: int = 1
    meeting: Path | None = None
    """Where it is told which workers are done."""

    @classmethod
    def of(cls, config: pytest.Config) -> Share:
        told = getattr(config, "workerinput", None)
        if told is None:
            return cls()
        return cls(int(told["workerid"].removeprefix("gw")) % told["workercount"], told["workercount"], Path(told[INPUT]["meeting"]))

    @property
    def worker(self) -> str:
        """Its name in the bundle."""
        return f"c{self.number}"

    def part(self, values: Sequence[Value]) -> list[Value]:
        """Its part of what can be divided."""
        return list(values[self.number :: self.count])

    def requests(self, budget: int | None) -> int | None:
        """Its part of the request budget; all parts together are the budget."""
        return None if budget is None else budget // self.count + (self.number < budget % self.count)

    def limit(self, whole: float) -> int:
        """Its part of a limit that all workers have in common."""
        return max(1, int(whole) // self.count)


def exclusive(item: pytest.Item) -> bool:
    """Whether a probe needs the broker for itself."""
    return any(item.get_closest_marker(name) is not None for name in ("last", "fault"))


def ordered(items: Sequence[pytest.Item], shuffle: str | None = None) -> list[pytest.Item]:
    """Signatures first, as all else builds on them; then the others; what was waited for meanwhile; budgets used up; faults."""

    def place(item: pytest.Item) -> tuple[int, int, bytes]:
        markers = ("long_wait", "last", "fault")
        late = max((rank for rank, name in enumerate(markers, 1) if item.get_closest_marker(name) is not None), default=0)
        if shuffle is not None:
            return late, 0, derive(shuffle, item.nodeid)
        return late, "test_signature" not in item.nodeid, b""

    return sorted(items, key=place)


def assigned(items: Sequence[pytest.Item], share: Share) -> list[pytest.Item]:
    """The probes of one worker, in order: each to whoever has the fewest, but those of the first worker to it."""
    if share.count == 1:
        return list(items)
    firsts = {item.nodeid for item in items if exclusive(item) or item.nodeid.rpartition("/")[2].startswith(TOGETHER)}
    load = [len(firsts), *([0] * (share.count - 1))]
    own = []
    for item in items:
        worker = 0
        if item.nodeid not in firsts:
            worker = load.index(min(load))
            load[worker] += 1
        if worker == share.number:
            own.append(item)
    return own


def wait_for_others(share: Share) -> None:
    """On the first worker: until every other one is done, or has had its time."""
    deadline = time.monotonic() + OTHERS_S
    while share.meeting is not None and len(list(share.meeting.iterdir())) < share.count - 1 and time.monotonic() < deadline:
        time.sleep(LOOK_S)


class Controller:
    """The process that pytest was started as, where the probes run in workers: hands on where the run is, and tells who is done."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._meeting = tempfile.TemporaryDirectory(prefix="ainp-workers-")

    @pytest.hookimpl(optionalhook=True)
    def pytest_configure_node(self, node: Any) -> None:
        node.workerinput[INPUT] = {"run_dir": str(self._folder), "meeting": self._meeting.name}

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any, error: object) -> None:
        (Path(self._meeting.name) / node.gateway.id).touch()

    @pytest.hookimpl(optionalhook=True)
    def pytest_xdist_make_scheduler(self, config: pytest.Config, log: Any) -> Any:
        # Imported here: without -n nobody needs it.
        from xdist.scheduler import EachScheduling

        class OwnShares(EachScheduling):  # type: ignore[misc]
            """Every worker runs all that it collected, which is its share, and ends."""

            def schedule(self) -> None:
                super().schedule()
                for node in self.nodes:
                    node.shutdown()

        return OwnShares(config, log)

    def pytest_unconfigure(self) -> None:
        self._meeting.cleanup()
