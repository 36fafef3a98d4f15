"""Feeding Locust's statistics, so that its web UI, its summary and its CSV files tell what the engine measures."""

from __future__ import annotations

from typing import Any

from locust.env import Environment
from locust.stats import print_error_report, print_percentile_stats, print_stats

from loadtests.lane import INTERRUPTED
from loadtests.samples import NEVER, Finished
from loadtests.steps import Outcome


class ArrivalFailed(Exception):
    """What Locust lists under failures."""


class LocustFeed:
    """A sink that fires Locust's request event. Response times count from the intended start, as everywhere here."""

    def __init__(self, environment: Environment) -> None:
        self._environment = environment
        self._request: Any = environment.events.request  # Locust's events are untyped
        if environment.runner is None:
            environment.create_local_runner()  # it subscribes the statistics to the event

    def print_summary(self) -> None:
        """Locust's own tables, to the log."""
        print_stats(self._environment.stats, current=False)
        print_percentile_stats(self._environment.stats)
        print_error_report(self._environment.stats)

    def finished(self, done: Finished) -> None:
        sample = done.sample
        if sample.error_code == INTERRUPTED:
            return  # the test was stopped: nobody failed
        end_us = sample.done_us if sample.done_us != NEVER else None
        failure = None if sample.outcome is Outcome.CORRECT else ArrivalFailed(f"{sample.outcome}: {done.problem or sample.error_code}")
        self._request.fire(
            request_type=done.request.method if done.request else "-",
            name=f"{sample.scenario} {sample.operation}",
            response_time=None if end_us is None else (end_us - sample.intended_us) / 1000,
            response_length=sample.bytes,
            exception=failure,
            context={},
            response=None,
            url=None,
            start_time=sample.intended_us / 1e6,
        )
