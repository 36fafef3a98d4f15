"""An ordinary locustfile: `locust -f loadtests/locustfile.py --host https://broker`, with Locust's web UI or headless.

A user is `--arrivals-per-user` arrivals a second of its scenario, whatever the broker does: the number of users is the rate, the spawn rate
the ramp, the weights are the mix. Nothing is written and nothing judged here; `ainp-harness certify` does both.

Headless in one process, the agents are registered before `-t` begins to count; with workers, within it.
Exit codes: 0 nothing failed, 1 something did, 2 usage, 3 no broker or nothing measured.
"""

from __future__ import annotations

import sys
from argparse import Namespace
from pathlib import Path
from typing import Any

ROOMS = str(Path(__file__).resolve().parents[1])
if ROOMS not in sys.path:
    sys.path.append(ROOMS)

from locust import events  # noqa: E402  # needs nothing of the above, but stays beside the imports that do
from locust.argument_parser import LocustArgumentParser  # noqa: E402
from locust.env import Environment  # noqa: E402

from loadtests.locust_users import ArrivalUser, begin, end, judge_emptiness, prepare  # noqa: E402


class DiscoveryTextUser(ArrivalUser):
    """Discovery by text: half of the phase's load."""

    scenario = "discovery-text"
    weight = 53


class ConnectedAgentsUser(ArrivalUser):
    """Intents to connected agents, which answer them."""

    scenario = "connected-agents"
    weight = 10


class IntentByDidUser(ArrivalUser):
    """Signed intents to a seeded peer."""

    scenario = "intent-by-did"
    weight = 10


class MailboxUser(ArrivalUser):
    """Agents that look into their mailbox."""

    scenario = "mailbox"
    weight = 5


class ReadinessUser(ArrivalUser):
    """Readiness probes."""

    scenario = "readiness"
    weight = 6


class LivenessUser(ArrivalUser):
    """Liveness probes."""

    scenario = "liveness"
    weight = 6


def _options(parser: LocustArgumentParser, **_: Any) -> None:
    group = parser.add_argument_group("AINP")
    group.add_argument(
        "--arrivals-per-user", type=float, default=1.0, env_var="AINP_ARRIVALS_PER_USER", help="arrivals a second that a user stands for"
    )
    group.add_argument(
        "--agents",
        type=int,
        default=99,
        choices=range(2, 10_001),
        metavar="N",
        env_var="AINP_AGENTS",
        help="seeded agents to register (headless in one process: before -t begins; with workers: within -t) and connect",
    )
    group.add_argument("--identities", type=int, default=100, env_var="AINP_IDENTITIES", help="senders of discovery")
    group.add_argument("--binding", default="v1", env_var="AINP_BINDING", help="the broker's surface: a shipped binding's name, or a file")
    group.add_argument("--seed", default="", env_var="AINP_SEED", help="seed of identities, texts and times; random unless given")
    group.add_argument(
        "--transport", choices=("websocket", "polling"), default="websocket", env_var="AINP_TRANSPORT", help="how agents are reached"
    )
    group.add_argument("--source-addresses", type=int, default=0, help="spread connections over so many loopback addresses (Linux)")


def _prepare(environment: Environment, **_: Any) -> None:
    prepare(environment, environment.parsed_options or Namespace())


def _begin(environment: Environment, **_: Any) -> None:
    begin(environment, environment.parsed_options or Namespace())


def _end(environment: Environment, **_: Any) -> None:
    end(environment)


def _quitting(environment: Environment, **_: Any) -> None:
    judge_emptiness(environment)


hooks: Any = events  # Locust's own are untyped
hooks.init_command_line_parser.add_listener(_options)
hooks.init.add_listener(_prepare)
hooks.test_start.add_listener(_begin)
hooks.test_stop.add_listener(_end)
hooks.quitting.add_listener(_quitting)
