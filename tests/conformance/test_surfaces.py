"""`--binding auto`: which surface a broker has is found by asking."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pytest

from ainp_harness.wire.binding import Rendered
from ainp_harness.wire.exchange import Body, Exchange, Request, Response
from conformance.kit.surfaces import choose

V1 = {"/api/v1": 200, "/api/v1/discovery": 200, "/api/v1/inbox": 401}
SERVESYS = {"/api/discovery/search": 200, "/api/mail/inbox": 400}


@dataclass
class Broker:
    """Answers the paths that it has; None: nobody is there."""

    paths: dict[str, int] | None
    base_url: str = "http://broker.example"
    asked: list[str] = field(default_factory=list)

    async def send(self, rendered: Rendered, operation: str, *, exchange_id: str, **_: Any) -> Exchange:
        self.asked.append(rendered.target)
        path = rendered.target.partition("?")[0].partition("/did:")[0]
        response = None if self.paths is None else Response(self.paths.get(path, 404), {}, Body.keep(b"{}"))
        return Exchange(exchange_id, "http", operation, Request(rendered.method, path, {}, Body.keep(b"")), response, None, 0.0, 1.0)


@pytest.mark.parametrize(
    ("paths", "chosen"),
    [
        (V1, "v1"),
        (SERVESYS, "servesys"),
        ({**V1, **SERVESYS}, "v1"),  # it shows more
        ({"/api/v1/discovery": 200}, "v1"),  # the deployment summary names no more
        ({"/api/v1": 200, **SERVESYS}, "servesys"),
        ({}, "v1"),
        (None, "v1"),
    ],
)
async def test_the_binding_that_fits_best(paths: dict[str, int] | None, chosen: str) -> None:
    binding, _ = await choose(Broker(paths))  # type: ignore[arg-type]
    assert binding.name == chosen


async def test_why_is_told() -> None:
    _, why = await choose(Broker(SERVESYS))  # type: ignore[arg-type]
    assert why == "binding servesys, by the operations that are there (v1 0 of 3, servesys 2 of 2)"


async def test_nobody_is_asked_on_and_on() -> None:
    broker = Broker(None)
    await choose(broker)  # type: ignore[arg-type]
    assert len(broker.asked) == 2
