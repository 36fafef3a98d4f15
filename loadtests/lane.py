"""A lane: the slots that send arrivals, the backlog before them and their connections.

A slot is a greenlet that carries one arrival at a time through its steps. An arrival that finds no slot waits with its intended time kept;
past the bound of the backlog or past its own deadline it is unsent, which counts as infinitely slow: nothing is dropped.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import gevent
from gevent.queue import SimpleQueue

from ainp_harness.wire.exchange import Failure, FailureKind
from loadtests.clock import Clock
from loadtests.connection import Connection
from loadtests.pool import ConnectionPool
from loadtests.rendering import WireRequest
from loadtests.reply import LOCAL, ExchangeFailed, Reply, Stale
from loadtests.samples import NEVER, Finished, Sample
from loadtests.steps import Answer, Call, Outcome, Steps
from loadtests.world import World

BACKLOG_MOST = 20_000
"""Arrivals that may wait, whatever the rate (docs/measuring.md, Load engine)."""

INTERRUPTED = "INTERRUPTED"


@dataclass(slots=True)
class Job:
    """An arrival on its way through its steps."""

    scenario: str
    number: int
    intended_us: int
    steps: Steps
    call: Call
    request: WireRequest
    dispatched_us: int = NEVER
    follows: bool = False

    @property
    def deadline_us(self) -> int:
        return self.intended_us + int(self.call.timeout_s * 1e6)


class Lane:
    """Slots with a backlog. `render` makes a call's bytes, `emit` takes every request that is over, `on_follow` is told when
    another becomes due by its answer."""

    def __init__(
        self,
        world: World,
        pool: ConnectionPool,
        clock: Clock,
        *,
        render: Callable[[Call], WireRequest],
        emit: Callable[[Finished], None],
        on_follow: Callable[[str, int], None],
    ) -> None:
        self._world = world
        self.pool = pool
        self._clock = clock
        self._backlog = 0
        self._render = render
        self._emit = emit
        self._on_follow = on_follow
        self._queue: SimpleQueue = SimpleQueue()
        self._greenlets: list[gevent.Greenlet] = []
        self._running: dict[int, Job] = {}
        self.busy = 0

    def start(self) -> None:
        self._greenlets = [gevent.spawn(self.pool.keep_open)]

    def grow(self, *, slots: int, backlog: int, kept: int) -> None:
        """Have at least so many slots, room in the backlog and connections opened in advance."""
        self._greenlets += [gevent.spawn(self._slot) for _ in range(slots + 1 - len(self._greenlets))]
        self._backlog = max(self._backlog, min(backlog, BACKLOG_MOST))
        self.pool.kept = max(self.pool.kept, kept)

    @property
    def outstanding(self) -> int:
        """Arrivals waiting or in flight."""
        return self.busy + int(self._queue.qsize())

    def put(self, job: Job) -> None:
        """Take an arrival that is due. Its `dispatched_us` is set already: that no slot is free is not its dispatcher's delay."""
        if job.call.on_dispatch is not None:
            job.call.on_dispatch(job.intended_us)
        if self._queue.qsize() >= self._backlog:
            self._unsent(job, "BACKLOG_FULL")
            return
        self._queue.put(job)

    def stop(self) -> None:
        """End at once: what is waiting or in flight is recorded as interrupted."""
        gevent.killall(self._greenlets, block=True, timeout=1)
        left = list(self._running.values())
        while not self._queue.empty():
            left.append(self._queue.get())
        for job in left:
            self._emit_failure(job, Outcome.TIMEOUT, INTERRUPTED, FailureKind.LOCAL, "the run was interrupted", NEVER)
        self._running.clear()
        self.pool.close()

    def _slot(self) -> None:
        while True:
            job: Job | None = self._queue.get()
            self.busy += 1
            try:
                while job is not None:
                    self._running[id(job)] = job
                    following = self._step(job)
                    self._running.pop(id(job), None)
                    job = following
            finally:
                self.busy -= 1

    def _step(self, job: Job) -> Job | None:
        """Send the call at hand, and give the job with the next one; None where the arrival is over."""
        if self._clock() >= job.deadline_us:
            self._unsent(job, "TOO_LATE")
            return None
        sent: list[int] = [NEVER]
        timer = gevent.Timeout.start_new((job.deadline_us - self._clock()) / 1e6)
        try:
            reply = self._exchange(job.request, sent)
        except gevent.Timeout as struck:
            if struck is not timer:
                raise
            self._emit_failure(
                job, Outcome.TIMEOUT, "TIMEOUT", FailureKind.TIMEOUT, f"no whole answer in {job.call.timeout_s:g} s", sent[0]
            )
            return None
        except ExchangeFailed as failed:
            self._emit_failure(job, Outcome.FAILED, failed.code, failed.kind, str(failed), sent[0])
            return None
        finally:
            timer.close()
        return self._answered(job, reply)

    def _exchange(self, request: WireRequest, sent: list[int]) -> Reply:
        kept = self.pool.take()
        if kept is not None:
            try:
                return self._over(kept, request, sent)
            except Stale:
                if not request.repeatable:
                    raise
        return self._over(self.pool.fresh(), request, sent)

    def _over(self, connection: Connection, request: WireRequest, sent: list[int]) -> Reply:
        try:
            reply = connection.exchange(request)
        except BaseException:  # a timeout, a failure or the end of the run: the connection is in the middle of something
            sent[0] = connection.sent_us
            connection.close()
            raise
        self.pool.give_back(connection)
        return reply

    def _answered(self, job: Job, reply: Reply) -> Job | None:
        binding = self._world.binding
        operation = binding.operations[job.call.operation]
        answer = Answer(operation, binding, reply.status, reply.headers, reply.body, reply.sent_us, reply.done_us)
        following: Call | None = None
        if answer.problem is None and not answer.limited:
            try:
                following = job.steps.send(answer)
            except StopIteration:
                following = None
            except (TypeError, ValueError, AttributeError) as error:  # a body of another shape than any that the scenario foresaw
                answer.expect(False, f"the body does not fit: {error}")
        if reply.done_us > job.deadline_us:
            self._emit_reply(job, reply, Outcome.TIMEOUT, "TIMEOUT", "late")
        else:
            self._emit_reply(job, reply, answer.outcome, answer.error_code, answer.problem)
        if following is None:
            job.steps.close()
            return None
        now_us = self._clock()
        job = Job(job.scenario, job.number, reply.done_us, job.steps, following, self._render(following), now_us, follows=True)
        self._on_follow(job.scenario, job.intended_us)
        if following.on_dispatch is not None:
            following.on_dispatch(job.intended_us)
        return job

    def _unsent(self, job: Job, code: str) -> None:
        own = job.dispatched_us - job.intended_us > int(job.call.timeout_s * 1e6) // 2 and not job.follows
        self._emit_failure(job, Outcome.UNSENT, code, FailureKind.LOCAL, "no slot was free in time", NEVER, own_fault=own)

    def _emit_failure(
        self, job: Job, outcome: Outcome, code: str, kind: FailureKind, message: str, sent_us: int, *, own_fault: bool = False
    ) -> None:
        sample = self._sample(job, outcome, code, sent_us=sent_us, own_fault=own_fault or code == LOCAL)
        self._emit(Finished(sample, job.call.operation, job.request, None, Failure(kind, message), message))
        job.steps.close()

    def _emit_reply(self, job: Job, reply: Reply, outcome: Outcome, code: str, problem: str | None) -> None:
        sample = self._sample(
            job,
            outcome,
            code,
            sent_us=reply.sent_us,
            done_us=reply.done_us,
            status=reply.status,
            size=len(reply.body),
            instance=reply.headers.get("x-ainp-instance", ""),
        )
        self._emit(Finished(sample, job.call.operation, job.request, reply, None, problem))

    @staticmethod
    def _sample(
        job: Job,
        outcome: Outcome,
        code: str,
        *,
        sent_us: int,
        done_us: int = NEVER,
        status: int = 0,
        size: int = 0,
        instance: str = "",
        own_fault: bool = False,
    ) -> Sample:
        call = job.call
        return Sample(
            job.scenario, call.label, call.query_class, job.number, job.intended_us, job.dispatched_us, sent_us, done_us,
            status, outcome, code, size, instance, job.follows, own_fault,
        )  # fmt: skip
