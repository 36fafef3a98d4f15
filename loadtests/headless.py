"""A sealed plan's load, run in this process from registration to load.json. Needs gevent's patches in place.

Setting up, warm-up, window, draining, and the books. A signal ends it within two seconds with readable parts and "complete": false.
"""

from __future__ import annotations

import gc
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import gevent
import orjson
from gevent.event import AsyncResult
from locust.env import Environment

from ainp_harness.evidence.files import write_whole
from loadtests.agent_states import Registered
from loadtests.arrivals import Stream
from loadtests.books import Books
from loadtests.bundle_sink import PART_S, BundleSink
from loadtests.clock import Clock
from loadtests.connection import Endpoint
from loadtests.engine import Engine, Keeper
from loadtests.generator import SelfWatch
from loadtests.invalid import ALWAYS, Invalid, reasons
from loadtests.locust_feed import LocustFeed
from loadtests.notes import Found, notes
from loadtests.sealed import SealedLoad, Window, due_by_block, due_in
from loadtests.world import INTENT_TIMEOUT_S, World

FORMAT = 1
LEAD_US = 200_000
"""Between the end of setting-up and the first interval."""

SETUP_LIMIT_S = 60.0
DRAIN_S = INTENT_TIMEOUT_S + 1
"""After the window everything is over: the longest time-out, and a second."""

LAST_POLLS_S = 0.5
"""Between looks into the mailboxes of those who are to get something, once the window is over."""

RAMP_SHARE = 0.6
"""Agents connect within this part of the warm-up."""

COLLECT_AHEAD_US = 300_000
"""A full collection takes 50 ms: it is over, and its backlog gone, when the window begins."""

COLLECTOR_OFF_S = 600.0
"""In longer loads garbage collection goes on: cycles would add up."""

TICK_S = 0.1
PROGRESS_S = 0.5


class Interrupted(Exception):
    """A signal asked for the end."""


@dataclass(frozen=True)
class Settings:
    """What the command line gave beyond the plan."""

    run_dir: Path
    progress_fd: int | None = None
    sources: tuple[str, ...] = ()
    setup_limit_s: float = SETUP_LIMIT_S
    part_s: float = PART_S
    extra_headers: Mapping[str, str] = field(default_factory=dict)


class HeadlessRun:
    """One run. `stop` may be called from a signal handler."""

    def __init__(self, sealed: SealedLoad, world: World, endpoint: Endpoint, settings: Settings) -> None:
        self._sealed = sealed
        self._world = world
        self._settings = settings
        self._clock = Clock()
        self._sink = BundleSink(
            settings.run_dir,
            self._clock,
            world.ledger,
            load_s=sealed.info.warmup_s + sealed.info.duration_s,
            extra_headers=settings.extra_headers,
        )
        self._watch = SelfWatch(self._clock, self._sink.usage)
        self._sink.generator_started_us = self._watch.started_us
        self._feed = LocustFeed(Environment())
        self._engine = Engine(
            world,
            endpoint,
            self._clock,
            sinks=[self._sink, self._feed],
            keeper=Keeper(self._sink.kept.setup, self._sink.kept.upgrade),
            watch=self._watch,
            sources=settings.sources,
            on_fatal=self._end,
        )
        self._stopped: AsyncResult = AsyncResult()
        self._registered = Registered()
        self._window = Window(0, 0, 0)
        self._books = Books(0, 0)
        self._streams: list[Stream] = []
        self._began_us = self._clock()

    def stop(self) -> None:
        """Ask for the end."""
        self._end(Interrupted())

    def _end(self, reason: Exception) -> None:
        if not self._stopped.ready():
            self._stopped.set_exception(reason)

    def run(self) -> None:
        """Run the load and write what it found.

        Raises:
            Interrupted: a signal came; everything so far is written.
            EvidenceError: the bundle cannot be written.
        """
        complete = False
        writer = gevent.spawn(self._sink.write_parts, self._settings.part_s)
        writer.link_exception(lambda failed: self._end(failed.exception))
        self._watch.start()
        try:
            self._set_up()
            self._measure()
            self._drain()
            complete = True
        finally:
            gc.enable()
            self._watch.close_window()
            self._engine.stop()
            self._watch.stop()
            writer.kill(timeout=1)
            self._sink.close()
            self._write_load(complete=complete)
        self._say(self._window.load_s, "done")
        self._feed.print_summary()

    def _set_up(self) -> None:
        if not self._world.agent_count:
            return
        self._say(0.0, f"registering {self._world.agent_count} agents")
        info = self._sealed.info
        setup = gevent.spawn(self._engine.register, load_s=info.warmup_s + info.duration_s + DRAIN_S, limit_s=self._settings.setup_limit_s)
        try:
            while not setup.ready():
                self._wait(TICK_S)
        finally:
            setup.kill(timeout=1)
        self._registered = setup.get()

    def _measure(self) -> None:
        self._window = window = Window.starting(self._clock() + LEAD_US, self._sealed.info)
        self._books = Books(window.window_start_us, window.window_end_us)
        self._streams = self._sealed.streams(window)
        self._engine.run_streams(self._streams)
        self._engine.start(until_us=window.window_end_us, books=self._books)
        if self._world.agent_count:
            self._engine.connect_agents(self._sealed.info.warmup_s * RAMP_SHARE)
        self._wait_until(window.window_start_us - COLLECT_AHEAD_US, "warming up")
        gc.collect()
        gc.freeze()
        if self._sealed.info.duration_s <= COLLECTOR_OFF_S:
            gc.disable()
        self._wait_until(window.window_start_us, "warming up")
        self._watch.open_window()
        self._wait_until(window.window_end_us, "measuring")
        self._watch.close_window()
        gc.enable()

    def _drain(self) -> None:
        """Wait for what is due and not over: requests in flight, intents on their way, answers to them."""
        polling = self._world.transport == "polling"
        deadline_us = self._clock() + int(DRAIN_S * 1e6)
        while self._clock() < deadline_us and (self._engine.outstanding or any(self._world.ledger.pending())):
            if polling:
                self._engine.poll_pending(LAST_POLLS_S)
            self._wait(LAST_POLLS_S if polling else TICK_S)

    def _wait(self, seconds: float) -> None:
        self._stopped.wait(timeout=seconds)
        if self._stopped.ready():
            self._stopped.get()

    def _wait_until(self, time_us: int, message: str) -> None:
        while (left_us := time_us - self._clock()) > 0:
            self._say((self._clock() - self._window.start_us) / 1e6, message)
            self._wait(min(left_us / 1e6, PROGRESS_S))

    def _say(self, elapsed_s: float, message: str) -> None:
        fd = self._settings.progress_fd
        if fd is None:
            return
        info = self._sealed.info
        line = {"phase": "load", "elapsed_s": round(max(0.0, elapsed_s), 1), "total_s": info.warmup_s + info.duration_s, "message": message}
        try:
            os.write(fd, orjson.dumps(line) + b"\n")
        except OSError:
            return  # whoever listened is gone; the run goes on

    def _write_load(self, *, complete: bool) -> None:
        window, books = self._window, self._books
        # Of an interrupted window, the part is accounted for whose arrivals were dispatched.
        end_us = min(window.window_end_us, self._engine.dispatcher.next_due_us or window.window_end_us)
        due = due_in(self._streams, window.window_start_us, end_us)
        blocks = due_by_block(self._streams, window.window_start_us, end_us)
        scheduled = books.scheduled(due)
        invalid = [
            *books.differences(due, blocks),
            *reasons(
                self._watch.readings,
                rate=self._sealed.requests_a_second,
                p95_us=books.smallest_p95_us(),
                scheduled=sum(scheduled.values()),
                own_unsent=books.own_unsent,
            ),
        ]
        if not complete:
            invalid.append(Invalid(ALWAYS, "the load was interrupted before its window was over"))
        document = {
            "format": FORMAT,
            "load": self._sealed.info.name,
            "complete": complete,
            "started_us": window.start_us or self._began_us,
            "window_start_us": window.window_start_us,
            "window_end_us": window.window_end_us,
            "warmup_s": self._sealed.info.warmup_s,
            "duration_s": self._sealed.info.duration_s,
            "workers": 1,
            "parts": [part.to_data() for part in self._sealed.parts],
            "scheduled": scheduled,
            "agents": self._world.agent_count,
            "transport": self._world.transport,
            "setup": {"registered": self._registered.registered, "failed": self._registered.failed},
            "generator": self._watch.summary() | self._facts(),
            "invalid": [reason.to_data() for reason in invalid],
            "notes": self._notes(),
        }
        write_whole(self._settings.run_dir / "load.json", orjson.dumps(document, option=orjson.OPT_INDENT_2))

    def _facts(self) -> dict[str, Any]:
        """Technical facts beside what the generator read of itself."""
        facts: dict[str, Any] = {"timer": self._engine.dispatcher.timer_kind, "connections_opened": self._engine.connects}
        if self._engine.agents is not None:
            state = self._engine.agents.state
            facts["websockets"] = {
                "agents": state.connected,
                "breaks": state.breaks,
                "long_breaks": state.long_breaks,
                "not_opened": dict(sorted(state.refused.items())),
            }
        return facts

    def _notes(self) -> list[str]:
        agents = self._engine.agents
        return notes(
            Found(
                self._sealed.requests_a_second,
                self._world.agent_count,
                self._engine.dispatcher.timer_kind,
                self._registered,
                agents.state if agents is not None else None,
                self._world.ledger.foreign,
            )
        )
