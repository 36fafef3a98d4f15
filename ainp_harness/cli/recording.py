"""Recording resources while a run lasts: CPU and memory of broker and services, and the broker's connections to PostgreSQL, at 1 Hz."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import asyncpg

from ainp_harness.evidence.tables import RESOURCES, write_part
from ainp_harness.targets import Sampler, Target
from ainp_harness.targets.resources import ResourceSample

PART_ROWS = 50
ASK_S = 1.0

COUNT = "select count(*) from pg_stat_activity where backend_type = 'client backend' and pid <> pg_backend_pid()"
"""Everybody's connections but our own: in a target of ours nobody but the broker connects."""


class ResourceRecorder:
    """Writes a target's resources into a bundle until it is closed. Without processes to look at it does nothing."""

    def __init__(self, target: Target, folder: Path) -> None:
        self._target = target
        self._folder = folder / "resources"
        self._rows: list[tuple[Any, ...]] = []
        self._part = 0
        self._database = _Database(target.database_url) if target.database_url else None
        self._sampler = Sampler(target.processes, self._take)

    def _take(self, samples: Sequence[ResourceSample]) -> None:
        """Called in the sampler's thread, once a second."""
        connections = self._database.connections() if self._database else -1
        for sample in samples:
            if not sample.gone:
                self._rows.append(_row(sample, connections if sample.role == "broker" else -1))
        if len(self._rows) >= PART_ROWS:
            self._flush()

    def _flush(self) -> None:
        if self._rows:
            rows, self._rows = self._rows, []
            write_part(self._folder / f"part-{self._part:05}.parquet", RESOURCES, rows)
            self._part += 1

    def __enter__(self) -> Self:
        if self._target.processes():
            self._sampler.__enter__()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if self._target.processes():
            self._sampler.__exit__(kind, error, trace)
        self._flush()
        if self._database is not None:
            self._database.close()


class _Database:
    """One connection of our own, on a loop of the thread that asks."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._loop = asyncio.new_event_loop()
        self._connection: asyncpg.Connection | None = None

    def connections(self) -> int:
        """How many connections there are, -1 where it cannot be asked just now."""
        try:
            return self._loop.run_until_complete(asyncio.wait_for(self._ask(), ASK_S))
        except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError):
            self._connection = None
            return -1

    async def _ask(self) -> int:
        if self._connection is None or self._connection.is_closed():
            self._connection = await asyncpg.connect(self._url, server_settings={"application_name": "ainp-harness"})
        return int(await self._connection.fetchval(COUNT))

    def close(self) -> None:
        with suppress(OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError):
            if self._connection is not None:
                self._loop.run_until_complete(asyncio.wait_for(self._connection.close(), ASK_S))
        self._loop.close()


def _row(sample: ResourceSample, connections: int) -> tuple[Any, ...]:
    def number(value: int | None) -> int:
        return -1 if value is None else value

    role = "broker" if sample.role.startswith("broker") else sample.role
    return (
        int(sample.at * 1e6), role, sample.role, number(sample.processes), number(sample.rss), number(sample.pss), number(sample.hwm),
        sample.cpu_s or 0.0, number(sample.threads), number(sample.fds), int((sample.started_at or time.time()) * 1e6), connections,
    )  # fmt: skip
