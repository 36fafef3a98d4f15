"""Locust's users as a rate. A user sends nothing itself: it counts, and the engine sends what so many users stand for.

Every quarter of a second the counts are compared with what runs; a scenario whose number of users changed begins a new epoch.
"""

from __future__ import annotations

import logging
import os
import secrets
import sys
from argparse import Namespace
from collections import Counter
from fractions import Fraction
from socket import gaierror
from typing import ClassVar

import gevent
from locust import User, task
from locust.env import Environment
from locust.exception import StopTest
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

USAGE, NOTHING_MEASURED, INTERRUPTED = 2, 3, 130
"""Exit codes, as those of `ainp-harness`."""

AGENTS_LIVE_S = 4 * 3600.0
SETUP_LIMIT_S = 60.0
RAMP_S = 2.0


KILLED_WITHIN_S = 10.0


class CannotStart(Exception):
    """No load can be sent: why, in one line, and with which exit code Locust ends."""

    def __init__(self, message: str, exit_code: int) -> None:
        super().__init__(message)
        self.exit_code = exit_code


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
        self._host = environment.host or ""
        self._surface = options.binding
        self._stopped = False
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
        endpoint = resolve(self._host, ca_file=os.environ.get("AINP_CA_FILE") or None)
        sources = tuple(f"127.0.0.{2 + number}" for number in range(options.source_addresses)) if endpoint.on_loopback else ()
        self.engine = Engine(self.world, endpoint, self._clock, sinks=[LocustFeed(environment)], sources=sources)
        self._greenlet: gevent.Greenlet | None = None

    def register(self) -> None:
        """Register the agents.

        Raises:
            CannotStart: not one could be.
        """
        count = self.world.agent_count
        if not count:
            return
        LOGGER.info("Registering %d agents at %s", count, self._host)
        done = self.engine.register(load_s=AGENTS_LIVE_S, limit_s=SETUP_LIMIT_S)
        if not done.registered:
            why = done.first_failure or f"nothing was answered in {SETUP_LIMIT_S:g} s"
            question = f"Is a broker running there, with the surface of --binding {self._surface}?"
            raise CannotStart(f"agents could not be registered at {self._host}: {why}. {question}", NOTHING_MEASURED)
        if done.failed:
            LOGGER.warning("%d of %d agents could not be registered: %s", done.failed, count, done.first_failure)

    def start(self) -> None:
        """Connect the agents, then follow the users."""
        if self._stopped:
            return  # while the agents were being registered
        self.engine.start()
        if self.world.agent_count:
            self.engine.connect_agents(RAMP_S)
        self._greenlet = gevent.spawn(self._follow)

    def stop(self) -> None:
        self._stopped = True
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


_READY: dict[int, Session] = {}
"""Made and registered before Locust starts the test."""

_SESSIONS: dict[int, Session] = {}


def _session(environment: Environment) -> Session:
    return _SESSIONS[id(environment)]


def _made(environment: Environment, options: Namespace) -> Session:
    try:
        return Session(environment, options)
    except gaierror as error:
        raise CannotStart(f"the name in --host {environment.host} cannot be looked up: {error}", NOTHING_MEASURED) from error
    except (PromiseError, OSError, ValueError) as error:
        raise CannotStart(str(error), USAGE) from error


def _starts_by_itself(environment: Environment) -> bool:
    """Whether the test begins with the process: headless or --autostart, and not at a master's word."""
    options = environment.parsed_options
    return bool(options and (options.headless or options.autostart)) and not isinstance(environment.runner, WorkerRunner)


def prepare(environment: Environment, options: Namespace) -> None:
    """Locust is set up, its clock not running yet. What cannot be tested is said now, and the agents are registered outside of `-t`.

    Raises:
        SystemExit: there is nothing to send to, or Ctrl-C.
    """
    if not _starts_by_itself(environment):
        return
    try:
        if not environment.host:
            raise CannotStart("no broker given: --host https://broker.example", USAGE)
        if isinstance(environment.runner, MasterRunner):
            return
        session = _made(environment, options)
        session.register()
    except CannotStart as error:
        LOGGER.error("%s", error)
        sys.exit(error.exit_code)
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)
    _READY[id(environment)] = session


def begin(environment: Environment, options: Namespace) -> None:
    """A test starts. A master sends nothing and has no session.

    Where no load can be sent it says why and ends the test, but not the web UI, if there is one.
    """
    if isinstance(environment.runner, MasterRunner):
        return
    session = _READY.pop(id(environment), None)
    try:
        if session is None:
            _SESSIONS[id(environment)] = session = _made(environment, options)
            session.register()
    except CannotStart as error:
        _SESSIONS.pop(id(environment), None)
        LOGGER.error("%s", error)
        _end_test(environment, error)
        return
    _SESSIONS[id(environment)] = session
    session.start()


def _end_test(environment: Environment, error: CannotStart) -> None:
    """From within the test's start: stopping it kills the greenlet at hand, so another has to."""
    runner = environment.runner
    assert runner is not None
    if environment.web_ui is None:
        environment.process_exit_code = error.exit_code
        gevent.spawn(runner.quit)
    else:
        gevent.spawn(runner.stop)
    gevent.sleep(KILLED_WITHIN_S)
    raise StopTest(str(error))


def end(environment: Environment) -> None:
    """A test is over."""
    session = _SESSIONS.pop(id(environment), None)
    if session is not None:
        session.stop()


def judge_emptiness(environment: Environment) -> None:
    """Locust is about to end: a run without a single request must not look like a good one."""
    if not _starts_by_itself(environment) or environment.process_exit_code is not None or environment.stats.total.num_requests:
        return
    LOGGER.error("not one request was sent and came to its end, so nothing was measured: more users (-u) or a longer run (-t)")
    environment.process_exit_code = NOTHING_MEASURED
