"""Correct: a broker that queues for nobody, and does not declare that it does. Who is away gets AGENT_OFFLINE told to the sender."""

from __future__ import annotations

import sys

from ainp_harness.wire.envelope import Envelope, MsgType
from reference_broker import routing
from reference_broker.__main__ import main
from reference_broker.routes import health
from reference_broker.settings import Settings

AREAS = ("intents", "identity")
PROFILE = "draft-00"
FINDS: frozenset[str] = frozenset()
RELATED: frozenset[str] = frozenset()

features = health.features


def features_without_queue(settings: Settings) -> list[str]:
    return [feature for feature in features(settings) if not feature.startswith("queue")]


def is_intent(envelope: Envelope) -> bool:
    return envelope.msg_type is MsgType.INTENT


if __name__ == "__main__":
    health.features = features_without_queue
    routing.no_queue = is_intent
    sys.exit(main(sys.argv[1:]))
