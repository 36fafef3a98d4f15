"""Looking where HTTP does not reach: into the database, the stream, Redis, the logs, a command's end. Each look is recorded as an exchange
of its own kind, without secrets, so that what is said of it can be said again from the bundle.

What is asked of each service is in `questions`; here is how it gets into the evidence.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import asyncpg
import orjson

from ainp_harness.targets.commands import database_beside
from ainp_harness.wire.exchange import ANSWER_KEPT_BYTES, Body, Exchange, Failure, FailureKind, Request, Response
from conformance.kit import questions
from conformance.kit.inboxes import Inboxes
from conformance.kit.reach import NoControl, Reach

LOOK_S = 15.0
COMMAND_S = 120.0
LOGGED_S = 3.0
"""How long a line may take from what happened to the log's file."""

LOG_BYTES = 512 * 1024
"""Of the lines that a look at the logs finds, the last of these are kept."""


@dataclass
class Inside(Inboxes):
    """The part of a probe that looks inside."""

    _read_from: dict[Path, int] = field(default_factory=dict)

    @property
    def reach(self) -> Reach:
        return self.shared.reach

    async def database(self, question: questions.DatabaseQuestion, *, of: str | None = None) -> Exchange:
        """Ask PostgreSQL, in the broker's database or another one of the same server."""

        async def ask() -> Any:
            async with self.database_connection(of) as connection:
                return await question(connection)

        return await self.look("database", question.__name__, ask)

    @asynccontextmanager
    async def database_connection(self, of: str | None = None) -> AsyncIterator[asyncpg.Connection]:
        """A connection of our own, closed at the end."""
        url = database_beside(str(self.reach.facts.database_url), of)
        connection = await asyncpg.connect(url, timeout=LOOK_S, command_timeout=LOOK_S)
        try:
            yield connection
        finally:
            await connection.close(timeout=LOOK_S)

    @asynccontextmanager
    async def database_beside(self) -> AsyncIterator[str]:
        """The name of an empty database of the same server, which is taken away at the end."""
        name = f"ainp_beside_{self.token}"
        try:
            async with self.database_connection() as connection:
                await questions.create_database(connection, name)
            yield name
        finally:
            async with self.database_connection() as connection:
                await questions.drop_database(connection, name)

    async def forget_cache(self) -> None:
        """Empty Redis."""
        exchange = await self.cache(questions.flush)
        if exchange.failure is not None:
            raise NoControl(f"Redis could not be emptied: {exchange.failure.message}")

    async def cache(self, question: questions.CacheQuestion) -> Exchange:
        """Ask Redis."""
        return await self.look("cache", question.__name__, lambda: question(str(self.reach.facts.redis_url)))

    async def stream(self, question: questions.StreamQuestion, asked: str = "") -> Exchange:
        """Ask NATS."""
        return await self.look("stream", question.__name__, lambda: question(str(self.reach.facts.stream_url), asked), asked)

    async def command(self, name: str, *, label: str = "", database: str | None = None) -> Exchange:
        """Run a command that the target's configuration names."""
        if name not in self.reach.facts.commands:
            self.leaves_out(f"a command {name!r}: the target's configuration names none")

        async def ask() -> Any:
            return asdict(await self.reach.run(name, label=label, database=database))

        return await self.look("command", name, ask, within_s=COMMAND_S)

    async def container(self, role: str = "broker") -> Exchange:
        """As whom a container runs, and what its image holds."""
        return await self.look("container", role, lambda: self.reach.container(role), within_s=COMMAND_S)

    def mark_logs(self) -> None:
        """What is in the broker's logs by now is not looked at."""
        self._read_from = {path: _size(path) for path in self._broker_logs()}

    async def logs(self, until: Iterable[str] = ()) -> Exchange:
        """The broker's log lines since the mark; it waits a little for lines that name all of these."""
        wanted = list(until)

        async def ask() -> Any:
            deadline = time.monotonic() + LOGGED_S
            while True:
                text = "\n".join(_read(path, self._read_from.get(path, 0)) for path in self._broker_logs())
                if all(word in text for word in wanted) or time.monotonic() > deadline:
                    return questions.of_log(text, self.reach.facts.secrets)
                await asyncio.sleep(0.1)

        return await self.look("logs", "broker", ask)

    async def look(
        self, kind: str, question: str, ask: Callable[[], Awaitable[Any]], asked: str = "", *, within_s: float = LOOK_S
    ) -> Exchange:
        """One look, recorded: the answer as JSON under status 200. What goes wrong with it is our own failure, and tells nothing."""
        recorder = self.shared.transport.recorder
        started, begun = time.time() * 1000, time.perf_counter()
        response, failure = None, None
        try:
            async with asyncio.timeout(within_s):
                answer = await ask()
            response = Response(200, {"content-type": "application/json"}, Body.keep(orjson.dumps(answer), ANSWER_KEPT_BYTES))
        except Exception as error:  # noqa: BLE001  # a driver may raise anything: no look is no answer
            failure = Failure(FailureKind.LOCAL, f"{type(error).__name__}: {error}")
        request = Request("ASK", question, {}, Body.keep(asked.encode()))
        taken = (time.perf_counter() - begun) * 1000
        return recorder.record(Exchange(recorder.next_id(), kind, kind, request, response, failure, started, taken, self.id, self.attempt))

    def _broker_logs(self) -> list[Path]:
        return [path for role, path in self.reach.facts.logs.items() if role.startswith("broker")]


def _size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0


def _read(path: Path, start: int) -> str:
    if not path.exists():
        return ""
    with path.open("rb") as file:
        file.seek(max(start, _size(path) - LOG_BYTES))
        return file.read(LOG_BYTES).decode("utf-8", errors="replace")
