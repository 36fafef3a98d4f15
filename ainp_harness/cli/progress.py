"""Progress: what is under way, how far it is and how long it will take, in a terminal as a bar, elsewhere as a line a phase."""

from __future__ import annotations

import time
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn


class RunProgress:
    """The progress of one run, made of phases with an expected length in seconds each.

    Args:
        phases: name -> expected seconds, in order.
    """

    def __init__(self, console: Console, phases: dict[str, float]) -> None:
        self._console = console
        self._left = dict(phases)
        self._total = sum(phases.values())
        self._current: str | None = None
        self._expected = 0.0
        self._begun = time.monotonic()
        self._live = console.is_terminal
        columns = (TextColumn("{task.description}"), BarColumn(bar_width=24), TextColumn("{task.fields[left]}"), TimeElapsedColumn())
        self._bar = Progress(*columns, console=console, transient=True, disable=not self._live)
        self._task: TaskID = self._bar.add_task("starting", total=max(self._total, 1), left="")

    def begin(self, phase: str, description: str) -> None:
        """The phase begins; the one before it is over."""
        self._current = phase
        self._expected = self._left.pop(phase, 0.0)
        self._begun = time.monotonic()
        if not self._live:
            self._console.print(f"{description}  (about {self._remaining(0):.0f} s left)", highlight=False)
        self.update(0, description)

    def expect(self, phase: str, seconds: float) -> None:
        """A phase to come will take at least so long."""
        longer = seconds - self._left.get(phase, 0.0)
        if longer > 0:
            self._left[phase] = seconds
            self._total += longer
            self._bar.update(self._task, total=self._total)

    def update(self, share: float, description: str | None = None) -> None:
        """How much of the current phase is done, 0 to 1."""
        left = self._remaining(share)
        done = self._total - left
        self._bar.update(self._task, description=description, completed=max(done, 0), left=f"about {left:.0f} s left")

    def say(self, message: str) -> None:
        """A line that stays."""
        self._console.print(message, highlight=False)

    def _remaining(self, share: float) -> float:
        took = time.monotonic() - self._begun
        by_plan = self._expected * (1 - min(max(share, 0), 1))
        # Once a fifth is done, what it took is the better guess.
        current = took * (1 - share) / share if share > 0.2 else max(by_plan, self._expected - took if share == 0 else by_plan, 0)
        return max(current, 0) + sum(self._left.values())

    def __enter__(self) -> Self:
        self._bar.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._bar.stop()
