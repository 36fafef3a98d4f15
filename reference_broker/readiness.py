"""Whether the broker can do its work: PostgreSQL, Redis and NATS are really asked, all at once, each with a short deadline.

However many callers ask, one check is under way and its result serves them all for a tenth of a second: a probe that is called often
must not become a load of its own.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping

import structlog

CHECK_S = 1.0
FRESH_S = 0.1

Check = Callable[[], Awaitable[object]]

_log = structlog.get_logger("readiness")


class Readiness:
    """One answer for each dependency: 'ok' or 'error', nothing more."""

    def __init__(self, checks: Mapping[str, Check]) -> None:
        self._checks = dict(checks)
        self._under_way: asyncio.Task[dict[str, str]] | None = None
        self._checked_at = float("-inf")
        self.draining = False

    async def ask(self) -> tuple[bool, dict[str, str]]:
        """Whether everything works, and the word for each dependency."""
        if self._under_way is None or (self._under_way.done() and time.monotonic() - self._checked_at > FRESH_S):
            self._under_way = asyncio.create_task(self._check_all())
        words = await asyncio.shield(self._under_way)
        return not self.draining and all(word == "ok" for word in words.values()), words

    async def _check_all(self) -> dict[str, str]:
        words = await asyncio.gather(*(self._word(name, check) for name, check in self._checks.items()))
        self._checked_at = time.monotonic()
        return dict(zip(self._checks, words, strict=True))

    async def _word(self, name: str, check: Check) -> str:
        try:
            async with asyncio.timeout(CHECK_S):
                await check()
        except Exception as error:  # noqa: BLE001  # whatever it is, the dependency does not work
            _log.debug("not_ready", dependency=name, reason=type(error).__name__)
            return "error"
        return "ok"
