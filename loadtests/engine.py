"""The engine: scenarios, lanes, dispatcher and agents put together for one process. Locust's users or a sealed plan set the streams."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import ceil

import gevent
from websockets.http11 import Response as UpgradeResponse

from ainp_harness.evidence.files import EvidenceError
from ainp_harness.wire.exchange import Failure, FailureKind
from loadtests.agent_states import Registered
from loadtests.agents import Agents
from loadtests.arrivals import Stream
from loadtests.books import Books
from loadtests.clock import Clock
from loadtests.connection import Endpoint
from loadtests.deliveries import Delivery
from loadtests.dispatcher import Dispatcher
from loadtests.generator import SelfWatch
from loadtests.lane import INTERRUPTED, Job, Lane
from loadtests.pool import ConnectionPool
from loadtests.registration import Registrar
from loadtests.rendering import WireRequest, render_call
from loadtests.reply import ExchangeFailed, Reply
from loadtests.samples import NEVER, Finished, Sample, Sink
from loadtests.scenarios import SCENARIOS, make
from loadtests.scenarios.connected_agents import ConnectedAgents, answer_steps
from loadtests.scenarios.mailbox import Mailbox
from loadtests.steps import Call, Outcome, Scenario
from loadtests.world import TIMEOUT_S, World

SLOTS_LEAST, SLOTS_MOST = 16, 512
SLOTS_A_RATE = 2
"""Slots for two seconds of arrivals: a broker that stalls longer has every slot waiting for it."""

KEPT_A_RATE = 1
"""Connections opened in advance: rate x 2 x 0.5 s (docs/measuring.md, Load engine)."""

KEPT_LEAST = 2
SWEEP_S = 0.5

VISITS_LANE, VISITS_RATE = "visits", Fraction(4)
"""Slots of their own for polls that are no arrivals: they take none from what is measured."""


@dataclass(frozen=True)
class Keeper:
    """Who is offered the exchanges that are no arrivals."""

    setup: Callable[[str, WireRequest, Reply | None, ExchangeFailed | None, int], None] = lambda *_: None
    upgrade: Callable[[WireRequest, UpgradeResponse | None, ExchangeFailed | None, int, int], None] = lambda *_: None


class Engine:
    """One process's part of a load."""

    def __init__(
        self,
        world: World,
        endpoint: Endpoint,
        clock: Clock,
        *,
        sinks: Sequence[Sink],
        keeper: Keeper = Keeper(),  # frozen, and does nothing
        watch: SelfWatch | None = None,
        sources: Sequence[str] = (),
        on_fatal: Callable[[EvidenceError], None] = lambda _: None,
    ) -> None:
        self.world = world
        self._endpoint = endpoint
        self._clock = clock
        self._sinks = sinks
        self._keeper = keeper
        self._watch = watch
        self._books: Books | None = None
        self._sources = sources
        self._on_fatal = on_fatal
        self._scenarios: dict[str, Scenario] = {}
        self._lanes: dict[str, Lane] = {}
        self._rates: dict[str, Fraction] = {}
        self._unanswered: dict[str, Delivery] = {}
        self._recipients = {agent.did: agent for agent in world.agents}
        self._greenlets: list[gevent.Greenlet] = []
        self.dispatcher = Dispatcher(clock, self._begin, self._submit)
        self.agents: Agents | None = None
        world.ledger.on_acknowledged = self._acknowledged
        world.ledger.on_exchanged = self._exchanged

    # ---- setting up and ending

    def register(self, *, load_s: float, limit_s: float) -> Registered:
        """Advertise the agents, before the load."""
        pool = ConnectionPool(self._endpoint, self._clock, kept=0)
        try:
            return Registrar(self.world, pool, self._clock, render=self.render, keep=self._keeper.setup).register_all(
                load_s=load_s, limit_s=limit_s
            )
        finally:
            pool.close()

    def connect_agents(self, ramp_s: float) -> None:
        """Let the agents connect, or make them present by a first poll, within the ramp."""
        if self.world.transport == "websocket":
            self.agents = Agents(self.world, self._endpoint, self._clock, render=self.render, on_upgrade=self._upgraded)
            self.agents.start(ramp_s)
        else:
            self.poll_all(ramp_s)

    def poll_all(self, within_s: float) -> None:
        """Every agent looks into its mailbox once, spread over a time. Not arrivals: nothing of it is sampled."""
        self._poll(range(self.world.agent_count), within_s)

    def poll_pending(self, within_s: float) -> None:
        """The agents that are to get something look into their mailboxes: at the end nobody waits for an interval."""
        waited_for = {entry.to_did for entry in self.world.ledger.pending()}
        self._poll([number for number, agent in enumerate(self.world.agents) if agent.did in waited_for], within_s)

    def _poll(self, numbers: Sequence[int], within_s: float) -> None:
        mailbox = Mailbox(self.world)
        count = max(1, len(numbers))
        lane = self._lane(VISITS_LANE, VISITS_RATE)
        lane.grow(slots=SLOTS_LEAST, backlog=count, kept=0)
        for place, number in enumerate(numbers):
            self._greenlets.append(gevent.spawn_later(place * within_s / count, self._visit, mailbox, lane, number))

    def _visit(self, mailbox: Mailbox, lane: Lane, number: int) -> None:
        if self.world.visits[number]:
            return  # one visit at a time: what it will confirm is not to be read once more
        steps = mailbox.visit(number)
        call = next(steps)
        now_us = self._clock()
        lane.put(Job("", number, now_us, steps, call, self.render(call), now_us, follows=True))

    def start(self, *, until_us: int | None = None, books: Books | None = None) -> None:
        """Begin dispatching; with an end, arrivals due at or after it are no longer dispatched."""
        self._books = books
        self.dispatcher.until_us = until_us
        self._greenlets += [gevent.spawn(self.dispatcher.run), gevent.spawn(self._sweep)]

    def stop(self) -> None:
        """End at once."""
        gevent.killall(self._greenlets, block=True, timeout=1)
        if self.agents is not None:
            self.agents.stop()
        for lane in self._lanes.values():
            lane.stop()
        for intent in list(self._unanswered.values()):
            self._never_answered(intent, INTERRUPTED)

    @property
    def outstanding(self) -> int:
        """Arrivals waiting, in flight, or due once their intent is delivered."""
        return sum(lane.outstanding for lane in self._lanes.values()) + len(self._unanswered)

    @property
    def connects(self) -> int:
        return sum(lane.pool.connects for lane in self._lanes.values())

    # ---- streams

    def run_streams(self, streams: Iterable[Stream]) -> None:
        """Begin streams; slots and connections follow their rates."""
        for stream in streams:
            self._prepare(stream.scenario, stream.rate)
            self.dispatcher.follow([stream])

    def replace_stream(self, scenario: str, stream: Stream | None) -> None:
        """A scenario's new epoch, or its end."""
        if stream is not None:
            self._prepare(scenario, stream.rate)
        self.dispatcher.replace(scenario, stream)

    def _prepare(self, scenario: str, rate: Fraction) -> None:
        if scenario not in self._scenarios:
            self._scenarios[scenario] = make(scenario, self.world)
        self._rates[scenario] = rate
        lane = self._scenarios[scenario].lane
        self._lane(lane, sum((rate for name, rate in self._rates.items() if SCENARIOS[name].lane == lane), Fraction(0)))

    def _lane(self, name: str, rate: Fraction) -> Lane:
        lane = self._lanes.get(name)
        if lane is None:
            pool = ConnectionPool(self._endpoint, self._clock, sources=self._sources)
            lane = self._lanes[name] = Lane(self.world, pool, self._clock, render=self.render, emit=self._finished, on_follow=self._follows)
            lane.start()
        lane.grow(
            slots=min(SLOTS_MOST, max(SLOTS_LEAST, ceil(rate * SLOTS_A_RATE))),
            backlog=max(SLOTS_LEAST, ceil(rate * int(TIMEOUT_S))),
            kept=min(SLOTS_MOST, max(KEPT_LEAST, ceil(rate * KEPT_A_RATE))),
        )
        return lane

    def render(self, call: Call) -> WireRequest:
        return render_call(
            call, self.world.binding, prefix=self._endpoint.prefix, timestamp_ms=self._clock() // 1000, scheme=self.world.scheme
        )

    def _begin(self, stream: Stream, number: int) -> Job:
        arrival = stream.arrival(number)
        steps = self._scenarios[stream.scenario].steps(arrival)
        call = next(steps)
        return Job(stream.scenario, number, arrival.intended_us, steps, call, self.render(call))

    def _submit(self, job: Job) -> None:
        if self._watch is not None:
            self._watch.late(job.dispatched_us - job.intended_us)
        self._lanes[self._scenarios[job.scenario].lane].put(job)

    # ---- answers to intents

    def _acknowledged(self, intent: Delivery) -> None:
        if intent.kind == "INTENT" and intent.scenario == ConnectedAgents.name:
            self._unanswered[intent.id] = intent
            self._follows(intent.scenario, intent.acknowledged_us)

    def _exchanged(self, intent: Delivery) -> None:
        if self._unanswered.pop(intent.id, None) is None:
            return
        steps = answer_steps(self.world, self._recipients[intent.to_did], intent)
        call, now_us = next(steps), self._clock()
        job = Job(intent.scenario, intent.arrival.number, intent.acknowledged_us, steps, call, self.render(call), now_us, follows=True)
        self._lanes[ConnectedAgents.lane].put(job)

    def _sweep(self) -> None:
        """Answers that never became possible: their intent was accepted and not delivered in time."""
        while True:
            gevent.sleep(SWEEP_S)
            now_us = self._clock()
            for intent in [intent for intent in self._unanswered.values() if intent.deadline_us < now_us]:
                self._never_answered(intent, "NOT_DELIVERED")

    def _never_answered(self, intent: Delivery, code: str) -> None:
        self._unanswered.pop(intent.id, None)
        due_us = intent.acknowledged_us
        sample = Sample(
            intent.scenario, "send_result", "", intent.arrival.number, due_us, due_us, NEVER, NEVER,
            0, Outcome.TIMEOUT, code, 0, "", follows=True,
        )  # fmt: skip
        failure = Failure(FailureKind.TIMEOUT, "the intent was accepted and not delivered in time")
        self._finished(Finished(sample, "send_intent", None, None, failure))

    # ---- what is over

    def _follows(self, scenario: str, intended_us: int) -> None:
        if self._books is not None and scenario:
            self._books.follows(scenario, intended_us)

    def _finished(self, done: Finished) -> None:
        if not done.sample.scenario:
            return
        if self._books is not None:
            self._books.finished(done.sample)
        try:
            for sink in self._sinks:
                sink.finished(done)
        except EvidenceError as error:
            self._on_fatal(error)

    def _upgraded(self, request: WireRequest, answer: UpgradeResponse | None, failed: ExchangeFailed | None, started_us: int) -> None:
        try:
            self._keeper.upgrade(request, answer, failed, started_us, self._clock())
        except EvidenceError as error:
            self._on_fatal(error)
