"""Calls of one turn of the event loop go to a service together: one round trip for many callers.

Measured, the round trip and its driver cost more than anything else that a message needs, and under load there are always several
messages at once. Nothing waits for company: a call that finds no batch under way leaves at once.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, TypeVar

Item = TypeVar("Item")
Answer = TypeVar("Answer")


class Batch(Generic[Item, Answer]):
    """Wraps a function of many items, answering one for one in their order, as a function of one."""

    def __init__(self, run: Callable[[Sequence[Item]], Awaitable[Sequence[Answer]]], *, at_most: int = 256) -> None:
        self._run = run
        self._at_most = at_most
        self._waiting: deque[tuple[Item, asyncio.Future[Answer]]] = deque()
        self._task: asyncio.Task[None] | None = None

    async def __call__(self, item: Item) -> Answer:
        """The answer for this item; raises what the whole batch raised."""
        future: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        self._waiting.append((item, future))
        if self._task is None:
            self._task = asyncio.create_task(self._work())
        return await future

    async def _work(self) -> None:
        try:
            while self._waiting:
                batch = [self._waiting.popleft() for _ in range(min(self._at_most, len(self._waiting)))]
                await self._answer(batch)
        finally:
            self._task = None

    async def _answer(self, batch: list[tuple[Item, asyncio.Future[Answer]]]) -> None:
        try:
            answers = await self._run([item for item, _ in batch])
        except Exception as error:  # noqa: BLE001  # it belongs to the callers, each of which gets it
            for _, future in batch:
                if not future.done():
                    future.set_exception(error)
            return
        for (_, future), answer in zip(batch, answers, strict=True):
            if not future.done():
                future.set_result(answer)


async def outcomes(calls: Sequence[Awaitable[Answer]]) -> list[Answer | BaseException]:
    """What each of these calls gave or raised, all at once. Most messages have one recipient, and one call needs no task of its own."""
    if len(calls) != 1:
        return await asyncio.gather(*calls, return_exceptions=True)
    try:
        return [await calls[0]]
    except Exception as error:  # noqa: BLE001  # as gather: the caller looks at each
        return [error]
