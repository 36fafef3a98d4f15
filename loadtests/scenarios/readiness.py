"""Readiness: the broker says that it and its services are ready. On connections of its own (targets.toml, AINP-PRF-001)."""

from __future__ import annotations

from loadtests.arrivals import Arrival
from loadtests.steps import Call, Scenario, Steps
from loadtests.world import TIMEOUT_S, World

SERVICES = ("database", "redis", "nats")


class Readiness(Scenario):
    """GET of the ready operation; a service that the surface names must be 'ok'."""

    name = "readiness"
    lane = "health"

    def __init__(self, world: World) -> None:
        self.world = world

    def steps(self, arrival: Arrival) -> Steps:
        answer = yield Call("ready", timeout_s=TIMEOUT_S)
        answer.expect(isinstance(answer.pick("status"), str), "no status in the body")
        for service in SERVICES:
            if service in answer.operation.pick:
                answer.expect(answer.pick(service) == "ok", f"{service} is not ok")
