"""Faults: what was done to the broker and its services while they were looked at. One line of `faults/*.jsonl` is one of these."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

ENDS = frozenset({"stop", "kill", "pause"})
"""After one of these a part does not answer."""

MENDS = frozenset({"start", "resume"})
"""With one of these it comes back."""


@dataclass(frozen=True)
class Fault:
    """One act upon one part. Times are Unix milliseconds; `probe` is None where the harness put things right by itself."""

    id: str
    probe: str | None
    attempt: int
    role: str
    action: str
    began_ms: float
    ended_ms: float
    ok: bool
    detail: str = ""

    def to_data(self) -> dict[str, Any]:
        """The JSON form of docs/bundle-format.md."""
        return asdict(self)

    @classmethod
    def from_data(cls, data: Mapping[str, Any]) -> Fault:
        """The fault of a recorded line.

        Raises:
            KeyError, TypeError: the line is not of this format.
        """
        names = ("id", "probe", "attempt", "role", "action", "began_ms", "ended_ms", "ok")
        return cls(**{name: data[name] for name in names}, detail=str(data.get("detail", "")))


@dataclass(frozen=True)
class Outage:
    """A time in which a part certainly did not answer: from the end of what stopped it to the beginning of what brought it back."""

    role: str
    from_ms: float
    until_ms: float


def outages(faults: Iterable[Fault]) -> list[Outage]:
    """Every outage that was ended, by role and in order. One that was never ended is left out: until when it lasted is not known."""
    down: dict[str, float] = {}
    found = []
    for fault in sorted(faults, key=lambda fault: fault.began_ms):
        if fault.action in ENDS and fault.ok:
            down.setdefault(fault.role, fault.ended_ms)
        elif fault.action in MENDS and fault.role in down:
            found.append(Outage(fault.role, down.pop(fault.role), fault.began_ms))
    return found
