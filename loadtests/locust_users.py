"""Locust's users as a rate. A user sends nothing itself: it counts, and the engine sends what so many users stand for.

Every quarter of a second the counts are compared with what runs; a scenario whose number of users changed begins a new epoch.
"""

from __future__ import annotations

import logging
import os
import secrets
from argparse import Namespace
from collections import Counter
from fractions import Fraction
from typing import ClassVar

import gevent
from locust import User, task
from locust.env import Environment
from locust.runners import MasterRunner, WorkerRunner

from ainp_harness.promises.bindings import load_binding
from ainp_harness.promises.corpus import load_corpus
from ainp_harness.promises.toml_files import PromiseError
from loadtests.arrivals import Stream
from loadtests.clock import Clock
from loadtests.connection import resolve
from loadtests.engine import Engine
from loadtests.locust_feed import LocustFeed
from loadtests.world import World

LOGGER = logging.getLogger(__name__)

EPOCH_S = 0.25
"""A change of the number of users takes effect within this: under the second that docs/measuring.md asks for."""

AGENTS_LIVE_S = 4 * 3600.0
SETUP_LIMIT_S = 60.0
RAMP_S = 2.0


class ArrivalUser(User):
    """`--arrivals-per-user` arrivals a second of one scenario."""

    abstract = True
    scenario: ClassVar[str]

    def on_start(self) -> None:
        _session(self.environment).users[self.scenario] += 1

    def on_stop(self) -> None:
        _session(self.environment).users[self.scenario] -= 1

    @task
    def stand_for_arrivals(self) -> None:
        """Be there."""
        gevent.sleep(1)


class Session:
    """One test of one worker process: an engine, and the users that set its rates."""

    def __init__(self, environment: Environment, options: Namespace) -> None:
        self.users: Counter[str] = Counter()
        self._per_user = Fraction(options.arrivals_per_user).limit_denominator(1000)
        self._running: dict[str, int] = {}
        self._epoch = 0
        self._clock = Clock()
        runner = environment.runner
        worker = runner.worker_index if isinstance(runner, WorkerRunner) else 0
        # A worker of several sends its own share of the traffic: its streams and its ids are its own.
        self._seed = options.seed or secrets.token_hex(8)
        self._stream_seed = f"{self._seed}/{worker}"
        self.world = World(
            seed=self._seed if worker == 0 else self._stream_seed,
            run_id=secrets.token_hex(8),
            binding=load_binding(options.binding),
            corpus=load_corpus(),
            agent_count=options.agents,
            identity_count=max(1, options.identities),
            transport=options.transport,
        )
        endpoint = resolve(environment.host or "", ca_file=os.environ.get("AINP_CA_FILE") or None)
        sources = tuple(f"127.0.0.{2 + number}" for number in range(options.source_addresses)) if endpoint.on_loopback else ()
        self.engine = Engine(self.world, endpoint, self._clock, sinks=[LocustFeed(environment)], sources=sources)
        self._greenlet: gevent.Greenlet | None = None

    def start(self) -> None:
        """Register and connect the agents, then follow the users."""
        if self.world.agent_count:
            done = self.engine.register(load_s=AGENTS_LIVE_S, limit_s=SETUP_LIMIT_S)
            if done.failed:
                LOGGER.warning("%d of %d agents could not be registered: %s", done.failed, self.world.agent_count, done.first_failure)
        self.engine.start()
        if self.world.agent_count:
            self.engine.connect_agents(RAMP_S)
        self._greenlet = gevent.spawn(self._follow)

    def stop(self) -> None:
        if self._greenlet is not None:
            self._greenlet.kill(timeout=1)
        self.engine.stop()

    def _follow(self) -> None:
        while True:
            for scenario, count in list(self.users.items()):
                if self._running.get(scenario, 0) != count:
                    self._running[scenario] = count
                    self._epoch += 1
                    self.engine.replace_stream(scenario, self._stream(scenario, count))
            gevent.sleep(EPOCH_S)

    def _stream(self, scenario: str, count: int) -> Stream | None:
        rate = self._per_user * count
        return Stream(self._stream_seed, self._epoch, scenario, rate, self._clock()) if rate > 0 else None


_SESSIONS: dict[int, Session] = {}


def _session(environment: Environment) -> Session:
    return _SESSIONS[id(environment)]


def begin(environment: Environment, options: Namespace) -> None:
    """A test starts. A master sends nothing and has no session."""
    if isinstance(environment.runner, MasterRunner):
        return
    try:
        session = Session(environment, options)
    except (PromiseError, OSError, ValueError) as error:
        LOGGER.error("the load cannot start: %s", error)
        environment.process_exit_code = 4
        if environment.runner is not None:
            environment.runner.quit()
        raise
    _SESSIONS[id(environment)] = session
    session.start()


def end(environment: Environment) -> None:
    """A test is over."""
    session = _SESSIONS.pop(id(environment), None)
    if session is not None:
        session.stop()
