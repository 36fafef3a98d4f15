"""Expectations about intents' members, trust, and what a discovery tells of each agent it finds, shown held and broken."""

from __future__ import annotations

from typing import Any

from nacl.signing import SigningKey

from ainp_harness.wire.did import did_key
from ainp_harness.wire.envelope import MsgType
from ainp_harness.wire.exchange import Exchange
from ainp_harness.wire.messages import DISCOVER_RESULT_SCHEMA, Stamp, envelope
from ainp_harness.wire.signing import sign
from tests.judging.evidence import ALICE, BOB, CREATED_MS, error, exchange, unanswered

HELD, BROKEN, NOT_SHOWN = "held", "broken", "not_shown"
CARL = "did:key:z6MknGc3ocHs3zdPiJbnaaqDi58NGb4pk1Sp9WxWufuXSdxf"
DAY = 86_400_000
KEY = SigningKey(bytes(32))
BROKER = did_key(bytes(KEY.verify_key))
STAMP = Stamp("3c1f4b9e-5d0a-4c7e-9f21-6b8e2f0d7a11", "trace", int(CREATED_MS))


def agent(**members: Any) -> Exchange:
    return exchange("get_agent", 200, {"did": BOB, "credentials": ["urn:c:1"], **members}, method="GET")


def trusted(score: float, dimensions: Any = None, **members: Any) -> Exchange:
    told = {"reliability": 0.2, "honesty": 0.5, "competence": 0.1, "timeliness": 0.9} if dimensions is None else dimensions  # 0.355
    return agent(trust={"score": score, "dimensions": told, "decay_rate": 0.977, "last_updated": CREATED_MS - 100, **members})


def match(did: str, similarity: Any = 0.9, trust: Any = 0.5, **members: Any) -> dict[str, Any]:
    return {"did": did, "similarity": similarity, "trust": trust, **members}


def listed(*matches: dict[str, Any]) -> Exchange:
    return exchange("discover_text", 200, {"results": list(matches)}, method="GET")


def result(*dids: str, latency: Any = 1000.0, trace: str = "trace", key: SigningKey = KEY, **changes: Any) -> Exchange:
    """A DISCOVER and the signed message that answers it."""
    matches = [{"did": did, "score": 0.9, "trust": {"score": 0.5}, "estLatencyMs": latency} for did in dids]
    message = envelope(
        MsgType.DISCOVER_RESULT, STAMP, from_did=BROKER, to_did=ALICE, schema=DISCOVER_RESULT_SCHEMA, payload={"matches": matches}
    )
    return exchange("discover", 200, sign({**message, **changes}, key), sent={"trace_id": trace})


NO_LIST = exchange("discover_text", 200, {"results": None})
LIMITED = error(429, "RATE_LIMIT_EXCEEDED", headers={"retry-after": "30"})
ONE_OF_TWO = {"both": ALICE, "one": [BOB], "none": [CARL]}

MATCHES: list[tuple[str, list[Exchange], dict[str, Any], str]] = [
    # fields, and sets of messages
    ("tells", [agent()], {"field": "credentials", "value": ["urn:c:1"]}, HELD),
    ("tells", [agent(credentials=[])], {"field": "credentials", "value": ["urn:c:1"]}, BROKEN),
    ("tells", [agent()], {"field": "no_such", "value": 1}, NOT_SHOWN),
    ("tells", [error(404, operation="get_agent")], {"field": "did", "value": BOB}, BROKEN),
    ("tells", [agent(did=ALICE), agent()], {"field": "did", "value": BOB, "last": True}, HELD),
    ("tells_the_same", [agent(), agent()], {"field": "did"}, HELD),
    ("tells_the_same", [agent(), agent(did=ALICE)], {"field": "did"}, BROKEN),
    ("tells_the_same", [error(404, operation="get_agent"), agent()], {"field": "did"}, NOT_SHOWN),
    ("tells_some", [agent()], {"fields": ["did", "credentials"]}, HELD),
    ("tells_some", [agent()], {"fields": ["trust"]}, BROKEN),
    ("tells_some", [error(404, operation="get_agent")], {"fields": ["did"]}, BROKEN),
    ("each_refused", [error(422, "UNSUPPORTED_SCHEMA")], {"changes": ["without a"], "codes": ["UNSUPPORTED_SCHEMA"]}, HELD),
    ("each_refused", [error(422), exchange()], {"changes": ["without a", "without b"]}, BROKEN),
    ("each_refused", [LIMITED], {"changes": ["without a"]}, NOT_SHOWN),
    ("some_refused", [error(422), exchange()], {}, HELD),
    ("some_refused", [exchange(), exchange()], {}, BROKEN),
    ("some_refused", [error(422), error(500)], {}, BROKEN),
    ("turns_out", [exchange(), error(400), exchange(), error(400)], {"outcomes": ["accepted", "refused", "either", "either"]}, HELD),
    ("turns_out", [error(400)], {"outcomes": ["accepted"]}, BROKEN),
    ("turns_out", [exchange()], {"outcomes": ["refused"]}, BROKEN),
    ("turns_out", [error(500)], {"outcomes": ["either"]}, BROKEN),
    # trust
    ("trust_adds_up", [trusted(0.355)], {}, HELD),
    ("trust_adds_up", [trusted(0.36)], {}, HELD),  # two places
    ("trust_adds_up", [trusted(0.425)], {}, BROKEN),  # the plain mean
    ("trust_adds_up", [trusted(0.355 * 0.977**3, last_updated=CREATED_MS - 3.5 * DAY)], {}, HELD),
    ("trust_adds_up", [trusted(0.355 * 0.977**3.5, last_updated=CREATED_MS - 3.5 * DAY)], {}, HELD),  # less than two places tell
    ("trust_adds_up", [trusted(0.355, last_updated=CREATED_MS - 3.5 * DAY)], {}, BROKEN),
    ("trust_adds_up", [trusted(0.355 * 0.977, last_updated=CREATED_MS - 1500)], {"day_ms": 1000}, HELD),
    ("trust_adds_up", [trusted(0.355, decay_rate=0.5, last_updated=CREATED_MS - 1500)], {"day_ms": 1000}, BROKEN),
    ("trust_adds_up", [trusted(0.355, last_updated="yesterday")], {}, HELD),
    ("trust_adds_up", [trusted(0.355, {"reliability": 2})], {}, BROKEN),
    ("trust_adds_up", [agent()], {}, BROKEN),
    ("trust_adds_up", [error(404, operation="get_agent")], {}, NOT_SHOWN),
    ("trusts_alike", [listed(match(ALICE), match(BOB))], {"dids": [ALICE, BOB]}, HELD),
    ("trusts_alike", [listed(match(ALICE), match(BOB, trust=1.0))], {"dids": [ALICE, BOB]}, BROKEN),
    ("trusts_alike", [listed(match(ALICE))], {"dids": [ALICE, BOB]}, NOT_SHOWN),
    ("flagged_or_behind", [listed(match(ALICE), match(BOB))], {"did": BOB, "ahead": ALICE}, HELD),
    ("flagged_or_behind", [listed(match(ALICE))], {"did": BOB, "ahead": ALICE}, HELD),
    ("flagged_or_behind", [listed(match(BOB), match(ALICE))], {"did": BOB, "ahead": ALICE}, BROKEN),
    ("flagged_or_behind", [listed(match(BOB))], {"did": BOB, "ahead": ALICE}, NOT_SHOWN),
    # matches
    ("ranks", [listed(match(ALICE, 0.9), match(BOB, 0.9), match(CARL, 0.2))], {}, HELD),
    ("ranks", [listed(match(ALICE, 0.2), match(BOB, 0.9))], {}, BROKEN),
    ("ranks", [listed(match(ALICE), match(BOB, trust=None))], {}, BROKEN),
    ("ranks", [listed(match(ALICE))], {}, NOT_SHOWN),
    ("ranks", [NO_LIST], {}, BROKEN),
    ("filters_by_tags", [listed(match(ALICE))], {**ONE_OF_TWO, "tags": "all"}, HELD),
    ("filters_by_tags", [listed(match(ALICE), match(BOB))], {**ONE_OF_TWO, "tags": "any"}, HELD),
    ("filters_by_tags", [listed(match(ALICE), match(BOB))], ONE_OF_TWO, HELD),
    ("filters_by_tags", [listed(match(ALICE), match(BOB))], {**ONE_OF_TWO, "tags": "all"}, BROKEN),
    ("filters_by_tags", [listed(match(ALICE))], {**ONE_OF_TWO, "tags": "any"}, BROKEN),
    ("filters_by_tags", [listed(match(ALICE), match(BOB))], {"both": ALICE, "one": [BOB, CARL], "none": []}, BROKEN),
    ("filters_by_tags", [listed(match(ALICE), match(CARL))], ONE_OF_TWO, BROKEN),
    ("filters_by_tags", [listed(match(BOB))], ONE_OF_TWO, BROKEN),
    ("refused_or_finds_none_of", [listed(match(ALICE)), error(400, operation="discover_text")], {"dids": [BOB]}, HELD),
    ("refused_or_finds_none_of", [listed(match(BOB))], {"dids": [BOB]}, BROKEN),
    ("refused_or_finds_none_of", [error(500, operation="discover_text")], {"dids": [BOB]}, BROKEN),
    ("kept_apart", [error(400, operation="discover_text")], {"did": BOB}, HELD),
    ("kept_apart", [listed(match(ALICE, 1.0), match(BOB, 0.7))], {"did": BOB}, HELD),
    ("kept_apart", [listed(match(BOB, 1.0))], {"did": BOB}, BROKEN),
    ("kept_apart", [error(500, operation="discover_text")], {"did": BOB}, BROKEN),
    ("kept_apart", [listed(match(BOB, None))], {"did": BOB}, NOT_SHOWN),
    ("discover_result", [result(ALICE, BOB)], {"at_least": 2}, HELD),
    ("discover_result", [result(ALICE)], {"at_least": 2}, BROKEN),
    ("discover_result", [result(ALICE, latency=None)], {}, BROKEN),
    ("discover_result", [result(ALICE, msg_type="DISCOVER")], {}, BROKEN),
    ("discover_result", [error(400, operation="discover")], {}, BROKEN),
    ("signed_by_broker", [result(ALICE)], {"did": BROKER}, HELD),
    ("signed_by_broker", [result(ALICE)], {"did": BOB}, BROKEN),
    ("signed_by_broker", [result(ALICE)], {"did": None}, BROKEN),
    ("signed_by_broker", [result(ALICE, key=SigningKey(b"1" * 32))], {"did": BROKER}, BROKEN),
    ("signed_by_broker", [result(ALICE, trace="another")], {"did": BROKER}, BROKEN),
    ("signed_by_broker", [result(ALICE, qos=None)], {"did": BROKER}, BROKEN),
    ("signed_by_broker", [unanswered("discover")], {"did": BROKER}, NOT_SHOWN),
]  # fmt: skip
