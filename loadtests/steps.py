"""What a scenario is: a generator that yields calls and gets answers, without I/O, so that it is tested without a network.

The engine sends each call, checks what holds for every answer (status, JSON) and hands it back; the scenario says what else it expects.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property
from typing import Any

import orjson

from ainp_harness.wire.binding import Binding, Operation, pick
from ainp_harness.wire.identity import Identity
from loadtests.arrivals import Arrival


class Outcome(StrEnum):
    """What became of an arrival. All but CORRECT count as infinitely slow."""

    CORRECT = "correct"
    FAILED = "failed"
    TIMEOUT = "timeout"
    UNSENT = "unsent"
    LIMITED = "limited"


@dataclass(frozen=True, slots=True)
class Call:
    """One request that a scenario wants sent: a binding's operation, values of its placeholders, and whose it is."""

    operation: str
    values: Mapping[str, Any] = field(default_factory=dict)
    by: Identity | None = None
    envelope: Mapping[str, Any] | None = None
    """Without timestamp and signature: both come when it is rendered."""
    name: str | None = None
    """What the sample calls it, where that is not the operation's name."""
    timeout_s: float = 5.0
    query_class: str = ""
    on_dispatch: Callable[[int], None] | None = None
    """Told the intended start when the call is due, sent or not."""

    @property
    def label(self) -> str:
        return self.name or self.operation


@dataclass
class Answer:
    """An answer with a body to look into. `problem` is why it is not correct; the first expectation that fails names it."""

    operation: Operation
    binding: Binding
    status: int
    headers: Mapping[str, str]
    body: bytes
    sent_us: int
    done_us: int
    problem: str | None = None

    def __post_init__(self) -> None:
        self.expect(self.status in self.operation.success, f"status {self.status}")
        if self.body and self.problem is None:
            self.expect(self.json is not None, "the body is no JSON")

    @cached_property
    def json(self) -> Any:
        """The body as JSON; None where it is none."""
        try:
            return orjson.loads(self.body)
        except orjson.JSONDecodeError:
            return None

    def pick(self, name: str) -> Any:
        """The answer's field that the binding calls `name`."""
        return pick(self.operation, name, self.json)

    def expect(self, holds: object, problem: str) -> bool:
        """Say what must hold for this answer to be correct. Gives whether the answer is correct so far."""
        if not holds and self.problem is None:
            self.problem = problem
        return self.problem is None

    @property
    def limited(self) -> bool:
        """429, or 503 with Retry-After (docs/measuring.md, Common rules)."""
        return self.status == 429 or (self.status == 503 and "retry-after" in self.headers)

    @property
    def outcome(self) -> Outcome:
        if self.limited:
            return Outcome.LIMITED
        return Outcome.CORRECT if self.problem is None else Outcome.FAILED

    @property
    def error_code(self) -> str:
        """The standard code of a refusal, else what was wrong, in short; empty when nothing was."""
        if self.status not in self.operation.success:
            return self.binding.error_code(self.status, self.json) or f"HTTP_{self.status}"
        return "" if self.problem is None else "WRONG_ANSWER"


Steps = Generator[Call, Answer, None]
"""Yields calls, gets the answers of those that were answered with success or not; is closed when there is none."""


class Scenario(ABC):
    """One kind of arrival. `lane` names the slots and connections it shares with others."""

    name: str
    lane: str = "main"

    @abstractmethod
    def steps(self, arrival: Arrival) -> Steps:
        """The calls that this arrival makes, one after another."""
