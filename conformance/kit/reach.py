"""The suite's end of the control channel: what the process that holds the target does for it, and where things are beside HTTP.

Empty where nobody serves one, as with a broker by URL: then no probe that needs it is in scope. What comes over it may be secret; what is
kept of it goes through the recorder, which takes the secrets out.
"""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ainp_harness.evidence.faults import Fault
from ainp_harness.targets.channel import VARIABLE
from ainp_harness.targets.commands import CommandRun

ANSWER_S = 150.0
"""For one question. The longest is a broker that is started and given time to become ready."""

LINE_BYTES = 4 * 1024 * 1024


class NoControl(Exception):
    """The target cannot be asked, or could not do what it was asked for."""


@dataclass(frozen=True)
class Facts:
    """Where everything is. Not for a file: secrets are in it."""

    roles: tuple[str, ...] = ()
    base_urls: tuple[str, ...] = ()
    database_url: str | None = None
    redis_url: str | None = None
    stream_url: str | None = None
    logs: Mapping[str, Path] = field(default_factory=dict)
    commands: tuple[str, ...] = ()
    secrets: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def parse(cls, told: Mapping[str, Any]) -> Facts:
        return cls(
            tuple(told["roles"]), tuple(told["base_urls"]), told["database_url"], told["redis_url"], told["stream_url"],
            {role: Path(path) for role, path in told["logs"].items()}, tuple(told["commands"]), told["secrets"],
        )  # fmt: skip


class Reach:
    """One connection to whoever holds the target; questions go one after another."""

    def __init__(self, streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None, facts: Facts | None = None) -> None:
        self._streams = streams
        self._one_at_a_time = asyncio.Lock()
        self.facts = facts or Facts()

    @classmethod
    async def connect(cls) -> Reach:
        """By the environment; an empty one where it names no channel.

        Raises:
            NoControl: it names one, and nobody answers there.
        """
        path = os.environ.get(VARIABLE)
        if not path:
            return cls()
        try:
            streams = await asyncio.open_unix_connection(path, limit=LINE_BYTES)
        except OSError as error:
            raise NoControl(f"nobody answers at the control channel that {VARIABLE} names: {error}") from error
        reach = cls(streams)
        reach.facts = Facts.parse(await reach._ask("describe"))
        return reach

    async def act(self, action: str, role: str, *, probe: str, attempt: int, **how: Any) -> Fault:
        """One fault, or its repair. Raises NoControl."""
        return Fault.from_data(await self._ask("act", action=action, role=role, probe=probe, attempt=attempt, **how))

    async def run(self, command: str, *, label: str = "", database: str | None = None) -> CommandRun:
        """One of the target's commands. Raises NoControl."""
        return CommandRun(**await self._ask("run", command=command, label=label, database=database))

    async def container(self, role: str) -> dict[str, Any]:
        """As whom a part's container runs, and what in its image looks like a secret. Raises NoControl."""
        return dict(await self._ask("container", role=role))

    async def close(self) -> None:
        if self._streams is not None:
            self._streams[1].close()
            with suppress(OSError):
                await self._streams[1].wait_closed()

    async def _ask(self, do: str, **asked: Any) -> Any:
        if self._streams is None:
            raise NoControl(f"this run gives no control over its target ({VARIABLE} names no channel)")
        reader, writer = self._streams
        async with self._one_at_a_time:
            try:
                writer.write(json.dumps({"do": do, **asked}).encode() + b"\n")
                async with asyncio.timeout(ANSWER_S):
                    await writer.drain()
                    line = await reader.readline()
            except (OSError, TimeoutError, ValueError) as error:
                raise NoControl(f"the target did not answer {do}: {error or type(error).__name__}") from error
        if not line:
            raise NoControl(f"the control channel was closed while {do} was asked")
        answer = json.loads(line)
        if not answer["ok"]:
            raise NoControl(answer["error"])
        return answer["answer"]
