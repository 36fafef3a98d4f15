"""What became of the agents of a load: their registering and their WebSockets. No I/O."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass
class Registered:
    """What became of it."""

    registered: int = 0
    failed: int = 0
    first_failure: str = ""
    gave_up: bool = False
    """Nobody answered, or all were refused for good: not every agent was tried."""


@dataclass
class Connectedness:
    """How the agents' connections fared."""

    connected: int = 0
    breaks: int = 0
    long_breaks: int = 0
    """Not mended within 5 s."""
    refused: dict[str, int] = field(default_factory=dict)
