"""Liveness: the process answers. On connections of its own, so that a busy pool is not mistaken for a slow broker."""

from __future__ import annotations

from loadtests.arrivals import Arrival
from loadtests.steps import Call, Scenario, Steps
from loadtests.world import TIMEOUT_S, World


class Liveness(Scenario):
    """GET of the health operation."""

    name = "liveness"
    lane = "health"

    def __init__(self, world: World) -> None:
        self.world = world

    def steps(self, arrival: Arrival) -> Steps:
        answer = yield Call("health", timeout_s=TIMEOUT_S)
        answer.expect(isinstance(answer.pick("status"), str), "no status in the body")
