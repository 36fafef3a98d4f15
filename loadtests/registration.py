"""Registering the agents before the load: one signed ADVERTISE each, a few at a time, tried again when a limit says when."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import gevent
from gevent.pool import Pool

from ainp_harness.wire import messages
from ainp_harness.wire.binding import pick_path
from ainp_harness.wire.envelope import MsgType
from loadtests.arrivals import Arrival
from loadtests.clock import Clock
from loadtests.pool import ConnectionPool
from loadtests.rendering import WireRequest
from loadtests.reply import ExchangeFailed, Reply
from loadtests.steps import Answer, Call
from loadtests.world import World

AT_ONCE = 8
TRIES = 4
PAUSE_S = 0.3
"""Before another try after a failure that told no time."""

ANSWER_S = 10.0
LATER_MS = 60_000
"""Registrations outlive the load by this much, and no longer: agents of an old run must not answer the next one's queries."""


@dataclass
class Registered:
    """What became of it."""

    registered: int = 0
    failed: int = 0
    first_failure: str = ""


class Registrar:
    """Advertises agents. `keep` is offered every exchange."""

    def __init__(
        self,
        world: World,
        pool: ConnectionPool,
        clock: Clock,
        *,
        render: Callable[[Call], WireRequest],
        keep: Callable[[str, WireRequest, Reply | None, ExchangeFailed | None, int], None],
    ) -> None:
        self._world = world
        self._pool = pool
        self._clock = clock
        self._render = render
        self._keep = keep
        self.result = Registered()

    def register_all(self, *, load_s: float, limit_s: float) -> Registered:
        """Register every agent until the load is over. What is not done after `limit_s` has failed."""
        deadline_us = self._clock() + int(limit_s * 1e6)
        ttl_ms = int(load_s * 1000 + limit_s * 1000) + LATER_MS
        workers = Pool(AT_ONCE)
        for number in range(self._world.agent_count):
            workers.spawn(self._register, number, ttl_ms, deadline_us)
        workers.join(timeout=limit_s + ANSWER_S)
        workers.kill(timeout=1)
        self.result.failed = self._world.agent_count - self.result.registered
        return self.result

    def _register(self, number: int, ttl_ms: int, deadline_us: int) -> None:
        for attempt in range(TRIES):
            problem, wait_s = self._once(number, attempt, ttl_ms)
            if problem is None:
                self.result.registered += 1
                return
            self.result.first_failure = self.result.first_failure or problem
            if self._clock() + int(wait_s * 1e6) > deadline_us:
                return
            gevent.sleep(wait_s)

    def _once(self, number: int, attempt: int, ttl_ms: int) -> tuple[str | None, float]:
        agent = self._world.agents[number]
        arrival = Arrival(self._world.seed, attempt, "setup", number, 0)
        envelope = self._world.envelope(
            MsgType.ADVERTISE,
            arrival,
            from_did=agent.did,
            schema=messages.ADVERTISE_SCHEMA,
            payload={"capabilities": [self._world.capability_of(number)]},
            ttl_ms=ttl_ms,
        )
        request, started_us = self._render(Call("advertise", by=agent, envelope=envelope)), self._clock()
        try:
            with gevent.Timeout(ANSWER_S):
                reply = self._exchange(request)
        except ExchangeFailed as failed:
            self._keep("advertise", request, None, failed, started_us)
            return str(failed), PAUSE_S
        except gevent.Timeout:
            return f"no answer in {ANSWER_S:g} s", PAUSE_S
        self._keep("advertise", request, reply, None, started_us)
        binding = self._world.binding
        answer = Answer(binding.operations["advertise"], binding, reply.status, reply.headers, reply.body, reply.done_us)
        return (None, 0.0) if answer.problem is None else (f"{answer.problem} {answer.error_code}", self._told_wait(answer))

    def _told_wait(self, answer: Answer) -> float:
        told = pick_path(self._world.binding.error.get("retry_after_ms", "retry_after_ms"), answer.json)
        if isinstance(told, int | float) and not isinstance(told, bool) and told >= 0:
            return max(PAUSE_S, told / 1000)
        header = answer.headers.get("retry-after", "")
        return float(header) if header.isdecimal() else PAUSE_S

    def _exchange(self, request: WireRequest) -> Reply:
        connection = self._pool.take() or self._pool.fresh()
        try:
            reply = connection.exchange(request)
        except BaseException:
            connection.close()
            raise
        self._pool.give_back(connection)
        return reply
