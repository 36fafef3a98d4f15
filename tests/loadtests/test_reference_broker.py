"""The load against the reference broker with real services: agents on WebSockets are served, and the oracle's answers are found."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from ainp_harness.targets import EmbeddedTarget
from tests.loadtests.conftest import LoadRun


@pytest.fixture
def broker_url(tmp_path: Path) -> Iterator[str]:
    logs = tmp_path / "logs"
    logs.mkdir()
    with EmbeddedTarget(logs) as target:
        yield target.base_urls[0]


def test_connected_agents_are_served(broker_url: str, start_load: Callable[..., LoadRun]) -> None:
    run = start_load(broker_url, warmup_s=1.5, duration_s=1.5, features=("websocket",))
    assert run.end() == 0, run.errors
    load, judged = run.load, run.judged()
    assert (load["transport"], load["setup"]) == ("websocket", {"registered": 99, "failed": 0})
    assert Counter(row["scenario"] for row in judged) == Counter(load["scheduled"])
    assert {row["outcome"] for row in judged} == {"correct"}
    assert load["generator"]["websockets"] == {"agents": 99, "breaks": 0, "long_breaks": 0, "not_opened": {}}
    assert "WebSocket" not in str(load["notes"])
    deliveries = [row for row in run.rows("deliveries") if row["intended_us"] >= load["window_start_us"]]
    assert {row["kind"] for row in deliveries} == {"INTENT", "RESULT"}
    for row in deliveries:
        assert (row["times"], row["received_by"], row["in_time"]) == (1, row["to_did"], True)
        assert row["confirmed_us"] >= row["received_us"] > 0
