"""Somebody's requests to several instances, each tried as a balancer in front of them would: where nobody listens, the next one is asked.

Every request is written down with its answer, so that a test can say what the broker said while something was away.
"""

from __future__ import annotations

import random
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field

import httpx

from tests.reference_broker.agents import Agent

BOUND_S = 10.0
"""A request that takes longer hangs: the broker waits 2 s at most for each service that it needs, and a pause here lasts 3 s."""


@dataclass(frozen=True)
class Answer:
    """What came of one request. `status` 0: its connection ended without an answer."""

    operation: str
    begun: float
    ended: float
    status: int
    degraded: bool = False
    error: str = ""

    @property
    def seconds(self) -> float:
        return self.ended - self.begun


@dataclass
class Callers:
    """Where the instances are, and what they answered."""

    clients: dict[str, httpx.AsyncClient]
    rng: random.Random
    answers: list[Answer] = field(default_factory=list)

    def agent(self) -> Agent:
        return Agent(next(iter(self.clients.values())))

    async def ask(self, operation: str, agent: Agent, call: Callable[[Agent], Awaitable[httpx.Response]]) -> httpx.Response | None:
        """One request by this agent to whatever instance; None where its answer got lost or nobody listened."""
        begun, error = time.monotonic(), "nobody listens"
        for client in self.rng.sample(list(self.clients.values()), len(self.clients)):
            try:
                answer = await call(Agent(client, agent.identity, agent.address))
            except httpx.ConnectError:  # not sent
                continue
            except httpx.HTTPError as broken:
                error = repr(broken)
                break
            degraded = answer.headers.get("X-RateLimit-Degraded") == "true"
            self.answers.append(Answer(operation, begun, time.monotonic(), answer.status_code, degraded))
            return answer
        self.answers.append(Answer(operation, begun, time.monotonic(), 0, error=error))
        return None

    def during(self, begun: float, ended: float, operation: str = "send") -> list[Answer]:
        """The answers to what was asked and answered within this time."""
        return [a for a in self.answers if a.operation == operation and begun <= a.begun and a.ended <= ended]

    def hung(self) -> list[Answer]:
        return [answer for answer in self.answers if answer.seconds > BOUND_S or "Timeout" in answer.error]

    def unanswered(self) -> list[Answer]:
        return [answer for answer in self.answers if answer.status == 0]


@asynccontextmanager
async def calling(urls: Sequence[str], seed: int) -> AsyncIterator[Callers]:
    async with AsyncExitStack() as stack:
        clients = {}
        for url in urls:
            client = httpx.AsyncClient(base_url=url, timeout=BOUND_S + 2, verify=False, limits=httpx.Limits(max_connections=200))
            clients[url] = await stack.enter_async_context(client)
        yield Callers(clients, random.Random(seed))
