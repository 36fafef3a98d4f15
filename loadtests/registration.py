"""Registering the agents before the load: one signed ADVERTISE each, a few at a time, tried again when a limit says when.

Where nobody answers at all, or every answer refuses for good, it is given up soon: the rest would only take the user's time.
"""

from __future__ import annotations

from collections.abc import Callable

import gevent
from gevent.pool import Pool

from ainp_harness.wire import messages
from ainp_harness.wire.binding import pick_path
from ainp_harness.wire.envelope import MsgType
from ainp_harness.wire.exchange import FailureKind
from loadtests.agent_states import Registered
from loadtests.arrivals import Arrival
from loadtests.clock import Clock
from loadtests.connection import Connection
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
CONNECT_S = 2.0
"""A connection that takes longer is none: by then its first packet was sent twice."""

NOBODY_THERE = 3
NOBODY_THERE_S = 1.0
"""So many tries without any answer, over at least this time, and nobody is there. A broker that starts anew has that second."""

UNANSWERED = frozenset({FailureKind.CONNECT, FailureKind.TLS, FailureKind.PROTOCOL, FailureKind.CLOSED})
REFUSED_FOR_GOOD = 8
"""So many agents refused in a way that no waiting mends, and none registered: this is no broker, or its surface is another."""

MENDED_BY_WAITING = frozenset({408, 425, 429, 500, 502, 503, 504})
LATER_MS = 60_000
"""Registrations outlive the load by this much, and no longer: agents of an old run must not answer the next one's queries."""


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
        self._answers = self._unanswered = self._refused_for_good = 0
        self._began_us = 0
        self.result = Registered()

    def register_all(self, *, load_s: float, limit_s: float) -> Registered:
        """Register every agent until the load is over. What is not done after `limit_s` has failed."""
        self._began_us = self._clock()
        deadline_us = self._began_us + int(limit_s * 1e6)
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
            if self._hopeless() or self._clock() >= deadline_us:
                return
            problem, wait_s = self._once(number, attempt, ttl_ms)
            if problem is None:
                self.result.registered += 1
                return
            self.result.first_failure = self.result.first_failure or problem
            if wait_s is None or self._clock() + int(wait_s * 1e6) > deadline_us:
                return
            gevent.sleep(wait_s)

    def _hopeless(self) -> bool:
        waited = self._clock() - self._began_us >= int(NOBODY_THERE_S * 1e6)
        nobody = not self._answers and self._unanswered >= NOBODY_THERE and waited
        no_broker = not self.result.registered and self._refused_for_good >= REFUSED_FOR_GOOD
        self.result.gave_up = self.result.gave_up or nobody or no_broker
        return self.result.gave_up

    def _once(self, number: int, attempt: int, ttl_ms: int) -> tuple[str | None, float | None]:
        """What was wrong, if anything, and how long to wait before another try; None where none can help."""
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
            self._unanswered += failed.kind in UNANSWERED
            return str(failed), PAUSE_S
        except gevent.Timeout:
            return f"no answer in {ANSWER_S:g} s", PAUSE_S
        self._keep("advertise", request, reply, None, started_us)
        self._answers += 1
        binding = self._world.binding
        answer = Answer(binding.operations["advertise"], binding, reply.status, reply.headers, reply.body, reply.sent_us, reply.done_us)
        if answer.problem is None:
            return None, None
        problem = f"{request.method} {request.target}: {answer.problem} {binding.error_code(reply.status, answer.json) or ''}".rstrip()
        if reply.status not in MENDED_BY_WAITING:
            self._refused_for_good += 1
            return problem, None
        return problem, self._told_wait(answer)

    def _told_wait(self, answer: Answer) -> float:
        told = pick_path(self._world.binding.error.get("retry_after_ms", "retry_after_ms"), answer.json)
        if isinstance(told, int | float) and not isinstance(told, bool) and told >= 0:
            return max(PAUSE_S, told / 1000)
        header = answer.headers.get("retry-after", "")
        return float(header) if header.isdecimal() else PAUSE_S

    def _exchange(self, request: WireRequest) -> Reply:
        connection = self._pool.take() or self._connected()
        try:
            reply = connection.exchange(request)
        except BaseException:
            connection.close()
            raise
        self._pool.give_back(connection)
        return reply

    def _connected(self) -> Connection:
        with gevent.Timeout(CONNECT_S, False):
            return self._pool.fresh()
        raise ExchangeFailed(FailureKind.CONNECT, f"no connection in {CONNECT_S:g} s", "CONNECT")
