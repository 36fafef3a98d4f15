"""Emptying an inbox: a queue by confirming, a listing page by page, one that keeps everything as far as needed."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import orjson
import pytest

from ainp_harness.evidence.recorder import Recorder
from ainp_harness.promises.bindings import load_binding
from ainp_harness.promises.shipped import Promises
from ainp_harness.wire.binding import Binding
from ainp_harness.wire.binding_data import parse_binding
from ainp_harness.wire.client import Client
from ainp_harness.wire.exchange import Body, Exchange, Request, Response
from conformance.kit.driver import Shared
from conformance.kit.inboxes import POLL_LIMIT
from conformance.kit.pacing import Pacer
from conformance.kit.probe import Probe
from conformance.kit.transport import Call, Transport
from tests.conformance.test_attempts import PLAN

SERVESYS = load_binding("servesys")
ONLY_READ = parse_binding({name: part for name, part in SERVESYS.data.items() if name not in ("confirm", "not_observable")})


@dataclass
class Listing:
    """An inbox of the surface servesys; `confirms`: whether it forgets what was confirmed."""

    messages: list[str]
    confirms: bool = True
    read: set[str] = field(default_factory=set)
    calls: list[str] = field(default_factory=list)

    def answer(self, operation: str, values: Mapping[str, Any]) -> tuple[int, Any]:
        self.calls.append(operation)
        if operation == "confirm":
            if not self.confirms:
                return 404, {"error": "Not found"}
            self.messages = [one for one in self.messages if one not in values["delivery_ids"]]
            return 204, None
        if operation == "mark_read":
            self.read.add(values["message_id"])
            return 200, {"success": True}
        begin = int(values.get("cursor") or 0)
        page = self.messages[begin : begin + values["limit"]]
        more = begin + len(page) < len(self.messages)
        rows = [{"id": one, "envelope_id": one, "read_at": 1 if one in self.read else None} for one in page]
        return 200, {"messages": rows, "pagination": {"cursor": str(begin + len(page)), "has_more": more}}


@dataclass
class Reader(Probe):
    """A probe whose broker is a listing."""

    listing: Listing = field(default_factory=lambda: Listing([]))

    async def call(self, operation: str, values: Mapping[str, Any], call: Call | None = None) -> Exchange:
        status, body = self.listing.answer(operation, values)
        response = Response(status, {}, Body.keep(b"" if body is None else orjson.dumps(body)))
        return Exchange("x", "http", operation, Request("GET", "/", {}, Body.keep(b"")), response, None, 0.0, 1.0)


MakeReader = Callable[[Binding, Listing], Reader]


@pytest.fixture
def reader(tmp_path: Path) -> Iterator[MakeReader]:
    recorder = Recorder(tmp_path, "c0")
    pacer = Pacer(per_did=100, per_ip=100, window_s=60, addresses=[None], announce=lambda message: None)

    def make(binding: Binding, listing: Listing) -> Reader:
        transport = Transport(binding, recorder, pacer, lambda address, url: Client("http://127.0.0.1:9"), None)
        return Reader(Shared(PLAN, transport, Promises.shipped("phase-0.3")), "test_x.py::test_x", listing=listing)

    yield make
    recorder.close()


MANY = [f"m{number:03}" for number in range(2 * POLL_LIMIT + 20)]


async def test_confirming_empties_it(reader: MakeReader) -> None:
    listing = Listing(list(MANY))
    probe = reader(SERVESYS, listing)

    assert len(await probe.drain(probe.agent("bob"), until=MANY[-1])) == 3
    assert listing.messages == []


async def test_where_nothing_is_confirmed_each_is_marked_and_the_pages_are_turned(reader: MakeReader) -> None:
    listing = Listing(list(MANY))
    probe = reader(ONLY_READ, listing)

    assert len(await probe.drain(probe.agent("bob"), until=MANY[-1])) == 3
    assert listing.read == set(MANY)
    assert probe.delivery_ids(await probe.poll(probe.agent("bob"))) == []


async def test_what_is_wanted_is_enough_where_it_is_never_empty(reader: MakeReader) -> None:
    """A broker in the field knows no confirming, though the binding offers it."""
    listing = Listing(list(MANY), confirms=False)
    probe = reader(SERVESYS, listing)

    assert len(await probe.drain(probe.agent("bob"), until=MANY[3])) == 1
    assert len(await probe.drain(probe.agent("bob"), until=MANY[POLL_LIMIT])) == 2
    assert len(listing.messages) == len(MANY)
