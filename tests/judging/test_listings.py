"""What is judged of a surface that lists messages and announces them, instead of delivering envelopes (servesys)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import orjson
import pytest

from ainp_harness.judging.expectation import Context, evaluate
from ainp_harness.judging.expectations.delivery import deliveries, deliveries_in
from ainp_harness.judging.invariants import check_invariants
from ainp_harness.judging.verdict import Outcome
from ainp_harness.promises.bindings import load_binding
from ainp_harness.wire.binding_data import parse_binding
from ainp_harness.wire.exchange import Exchange, Frame
from tests.judging.evidence import ALICE, BOB, CREATED_MS, exchange

BINDING = load_binding("servesys")
CONTEXT = Context(BINDING)
ONLY_READ = Context(parse_binding({name: part for name, part in BINDING.data.items() if name not in ("confirm", "not_observable")}))
"""A surface without confirming, where what was read is done with."""

CAROL = "did:key:z6MkwZEKP5DDjjwbRKoW7XKprjYQnahWxzMxCJTWzfFuvN9M"


def sent(identifier: str = "I1", text: str = "a text", to: str = BOB) -> Exchange:
    envelope = {"id": identifier, "from_did": ALICE, "to_did": to, "payload": {"@type": "MESSAGE", "semantics": {"content": text}}}
    return exchange("send_intent", 200, {"status": "routed"}, sent=envelope)


def row(identifier: str = "i1", text: str = "a text", **changes: Any) -> dict[str, Any]:
    return {"id": f"m-{identifier}", "envelope_id": identifier, "from_did": ALICE, "body_text": text, "read_at": None, **changes}


def listed(*rows: dict[str, Any], by: str = BOB, status: int = 200) -> Exchange:
    return exchange("poll", status, {"messages": list(rows), "pagination": {}}, by=by, method="GET")


def announced(*message_ids: str, at_ms: float = CREATED_MS) -> Exchange:
    frames = tuple(Frame(at_ms, False, orjson.dumps({"@type": "NOTIFICATION", "message_id": one}).decode()) for one in message_ids)
    return replace(exchange("websocket", 101, b"", method="GET"), kind="ws", frames=frames)


def said(expectation: str, *exchanges: Exchange, **params: Any) -> Outcome:
    return evaluate(expectation, exchanges, params, CONTEXT).outcome


def test_a_row_is_a_delivery() -> None:
    (found,) = deliveries_in(listed(row("I1")), CONTEXT)
    assert (found.delivery_id, found.id, found.from_did, found.content, found.envelope) == ("m-I1", "i1", ALICE, "a text", None)


def test_what_was_read_is_done_with_only_where_nothing_is_confirmed() -> None:
    poll = listed(row("i1", read_at=5), row("i2"))
    assert [found.id for found in deliveries_in(poll, CONTEXT)] == ["i1", "i2"]
    assert [found.id for found in deliveries_in(poll, ONLY_READ)] == ["i2"]


@pytest.mark.parametrize(
    ("expectation", "exchanges", "params", "outcome"),
    [
        ("received", [listed(row())], {"ids": ["i1"]}, Outcome.HELD),
        ("received", [listed(row(), row())], {"ids": ["i1"]}, Outcome.BROKEN),
        ("received", [listed()], {"ids": ["i1"]}, Outcome.BROKEN),
        ("not_received", [listed(row("i2"))], {"ids": ["i1"], "after": "i2"}, Outcome.HELD),
        ("not_received", [listed(row(), row("i2"))], {"ids": ["i1"], "after": "i2"}, Outcome.BROKEN),
        ("carries", [listed(row())], {"id": "i1", "from_did": ALICE, "text": "a text"}, Outcome.HELD),
        ("carries", [listed(row(text="another"))], {"id": "i1", "from_did": ALICE, "text": "a text"}, Outcome.BROKEN),
        ("carries", [listed(row(from_did=BOB))], {"id": "i1", "from_did": ALICE, "text": "a text"}, Outcome.BROKEN),
        ("delivered_as_sent", [sent(), listed(row())], {}, Outcome.HELD),
        ("delivered_as_sent", [sent(), listed(row(text="a tex"))], {}, Outcome.BROKEN),
        ("delivered_as_sent", [sent(), listed(row(from_did=BOB))], {}, Outcome.BROKEN),
        ("delivered_as_sent", [sent(), listed()], {}, Outcome.BROKEN),
        ("refused_or_verifiable", [sent(), listed(row())], {"id": "i1", "text": "a text"}, Outcome.HELD),
        ("refused_or_verifiable", [sent(), listed(row(text="smuggled"))], {"id": "i1", "text": "a text"}, Outcome.BROKEN),
        ("refused_or_verifiable", [sent(), listed(row())], {"id": "i1"}, Outcome.NOT_SHOWN),
        ("nothing_delivered", [listed(row())], {}, Outcome.BROKEN),
        ("nothing_delivered", [listed()], {}, Outcome.HELD),
    ],
)
def test_rows(expectation: str, exchanges: list[Exchange], params: dict[str, Any], outcome: Outcome) -> None:
    assert said(expectation, *exchanges, **params) is outcome


def test_a_payload_of_another_kind_is_shown_as_json() -> None:
    note = {"@type": "FreeformNote", "semantics": {"body": "b"}}
    first = exchange("send_intent", 200, {}, sent={"id": "i1", "from_did": ALICE, "payload": note})
    assert said("delivered_as_sent", first, listed(row(text=orjson.dumps(note).decode()))) is Outcome.HELD
    assert said("delivered_as_sent", first, listed(row(text='{"@type": "FreeformNote"}'))) is Outcome.BROKEN


def test_an_announcement_counts_once_a_listing_names_it() -> None:
    assert [found.id for found in deliveries([announced("m-i1")], CONTEXT)] == [""]
    assert [found.id for found in deliveries([announced("m-i1"), listed(row(), row("i2"))], CONTEXT)] == ["i1"]
    assert said("received", announced("m-i1"), listed(row()), ids=["i1"]) is Outcome.HELD
    assert said("received", announced(), listed(row()), ids=["i1"]) is Outcome.BROKEN  # listed, and never announced
    assert said("closed_or_refused", announced("m-i1")) is Outcome.BROKEN  # a stranger must not even hear of it


def test_an_announcement_in_time() -> None:
    assert said("pushed_within", sent(), announced("m-i1", at_ms=CREATED_MS + 50), listed(row()), limit_ms=1_000) is Outcome.HELD
    assert said("pushed_within", sent(), announced("m-i1", at_ms=CREATED_MS + 5_000), listed(row()), limit_ms=1_000) is Outcome.BROKEN
    assert said("pushed_within", sent(), announced(), listed(row()), limit_ms=1_000) is Outcome.BROKEN


def test_both_connections_hear_of_it() -> None:
    assert said("second_connection_defined", announced("m-i1"), announced("m-i1"), listed(row()), id="i1") is Outcome.HELD
    assert said("second_connection_defined", announced(), announced(), listed(row()), id="i1") is Outcome.BROKEN


def test_nobody_sees_anothers_message_though_rows_name_no_addressee() -> None:
    def violations(*traffic: Exchange) -> int:
        return sum(len(result.violations) for result in check_invariants(traffic, CONTEXT) if result.requirement == "AINP-INT-003")

    assert violations(sent(), listed(row(), by=BOB)) == 0
    assert violations(sent(), listed(row(), by=CAROL)) == 1
    assert violations(sent(), listed(row(from_did=CAROL), by=CAROL)) == 0  # the same id from another sender is another message
