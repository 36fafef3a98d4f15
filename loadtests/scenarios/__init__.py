"""The scenarios by name, one a file. A scenario is pure: it yields calls and gets answers."""

from __future__ import annotations

from loadtests.scenarios.connected_agents import ConnectedAgents
from loadtests.scenarios.discovery_text import DiscoveryByText
from loadtests.scenarios.intent_by_did import IntentByDid
from loadtests.scenarios.liveness import Liveness
from loadtests.scenarios.mailbox import Mailbox
from loadtests.scenarios.readiness import Readiness
from loadtests.steps import Scenario
from loadtests.world import World

SCENARIOS: dict[str, type[Scenario]] = {
    scenario.name: scenario for scenario in (Liveness, Readiness, DiscoveryByText, IntentByDid, ConnectedAgents, Mailbox)
}


def make(name: str, world: World) -> Scenario:
    """The scenario of a name, in a world.

    Raises:
        KeyError: there is none of that name.
    """
    return SCENARIOS[name](world)  # type: ignore[call-arg]
