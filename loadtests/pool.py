"""Kept connections of one lane: opened before they are needed, retired when idle for 4 s, because uvicorn closes at 5.

Opening in advance keeps a stall of the broker from opening them all at once; a janitor renews what it retires.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence

import gevent

from loadtests.clock import Clock
from loadtests.connection import Connection, Endpoint
from loadtests.reply import ExchangeFailed

IDLE_US = 4_000_000
OPENING_S = 5.0
JANITOR_S = 0.5
OPENING_PAUSE_S = 0.002
"""Between two openings: a hundred at once would hold up what is due."""


class ConnectionPool:
    """Gives out connections, the most recently used first."""

    def __init__(self, endpoint: Endpoint, clock: Clock, *, kept: int = 0, sources: Sequence[str] = ()) -> None:
        self._endpoint = endpoint
        self._clock = clock
        self.kept = kept
        """How many to have open in advance."""
        self._sources = sources
        self._idle: deque[Connection] = deque()
        self.connects = 0

    def keep_open(self) -> None:
        """The janitor's work, for a greenlet of its own."""
        while True:
            self._retire()
            missing = self.kept - len(self._idle)
            for _ in range(missing):
                try:
                    with gevent.Timeout(OPENING_S):
                        self.give_back(self.fresh())
                except (ExchangeFailed, gevent.Timeout):
                    break
                gevent.sleep(OPENING_PAUSE_S)
            gevent.sleep(JANITOR_S)

    def _retire(self) -> None:
        oldest_us = self._clock() - IDLE_US
        while self._idle and self._idle[0].idle_since_us < oldest_us:
            self._idle.popleft().close()

    def take(self) -> Connection | None:
        """A kept connection that is still good; None where there is none."""
        oldest_us = self._clock() - IDLE_US
        while self._idle:
            connection = self._idle.pop()
            if connection.idle_since_us >= oldest_us and connection.alive():
                return connection
            connection.close()
        return None

    def fresh(self) -> Connection:
        """A new connection.

        Raises:
            ExchangeFailed: it cannot be opened.
        """
        source = self._sources[self.connects % len(self._sources)] if self._sources else None
        self.connects += 1
        connection = Connection(self._endpoint, self._clock, source)
        try:
            return connection.open()
        except BaseException:
            connection.close()
            raise

    def give_back(self, connection: Connection) -> None:
        """Keep a connection whose exchange is over, ordered by when it was used."""
        if connection.reusable:
            self._idle.append(connection)
        else:
            connection.close()

    def close(self) -> None:
        while self._idle:
            self._idle.pop().close()
